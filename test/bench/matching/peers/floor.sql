-- the floor: the same twenty rows by key
SELECT j.id, j.category_id, j.title, j.urgency, j.budget_min, j.budget_max, j.currency,
       ST_X(j.location::geometry) AS longitude, ST_Y(j.location::geometry) AS latitude, j.published_at
  FROM dwello.jobs AS j WHERE j.id = ANY (:ids::uuid[])
