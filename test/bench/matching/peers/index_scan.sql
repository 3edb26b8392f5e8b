-- the scan of the index alone, with a query that is made of what peers are told
SELECT j.id, 1 - (j.key OPERATOR(dwello.<~>) q.query) AS score, j.category_id, j.title, j.urgency, j.budget_min, j.budget_max,
       j.currency, ST_X(j.location::geometry) AS longitude, ST_Y(j.location::geometry) AS latitude, j.published_at
  FROM (SELECT dwello.job_query(longitude => :longitude::float8, latitude => :latitude::float8,
                                radius_miles => :radius_miles::float8, as_of => bench.now(),
                                category_ids => :category_ids::uuid[], fits => :fits::float8[],
                                capabilities => :capabilities::bigint) AS query) AS q,
       dwello.jobs AS j
 WHERE j.status = 'open' AND j.key OPERATOR(dwello.@@@) q.query AND j.is_listed AND j.deleted_at IS NULL
   AND j.expires_at > bench.now() AND j.homeowner_id <> :provider_id::uuid
 ORDER BY j.key OPERATOR(dwello.<~>) q.query LIMIT 20
