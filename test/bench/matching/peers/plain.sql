-- plain PostGIS: everything in the circle, scored and sorted
SELECT j.id, 0.35 * (1 - ST_Distance(j.location, p.place, false) / :radius_m::float8)
             + 0.20 * least(1, coalesce(j.budget_max, j.budget_min, 0) / 500000.0::float8)
             + 0.20 * c.fit
             + 0.10 * (CASE WHEN j.is_emergency OR j.urgency = 'urgent' THEN 3 WHEN j.urgency = 'high' THEN 2
                            WHEN j.urgency = 'medium' THEN 1 ELSE 0 END) / 3.0::float8
             + 0.15 * greatest(1 - extract(epoch FROM bench.now() - j.published_at)::float8 / 518400, 0) AS score,
       ST_Distance(j.location, p.place, false) / 1609.344 AS distance_miles, j.category_id, j.title, j.urgency,
       j.budget_min, j.budget_max, j.currency, ST_X(j.location::geometry) AS longitude,
       ST_Y(j.location::geometry) AS latitude, j.published_at
  FROM (SELECT ST_MakePoint(:longitude::float8, :latitude::float8)::geography AS place) AS p
  JOIN dwello.jobs AS j ON ST_DWithin(j.location, p.place, :radius_m::float8, false)
  JOIN unnest(:category_ids::uuid[], :fits::float8[]) AS c (id, fit) ON c.id = j.category_id
 WHERE j.status = 'open' AND j.is_listed AND j.deleted_at IS NULL AND j.expires_at > bench.now()
   AND j.published_at <= bench.now() AND j.currency = 'USD' AND j.homeowner_id <> :provider_id::uuid
   AND j.requirement_bits & ~ :capabilities::bigint = 0
 ORDER BY score DESC, j.id LIMIT 20
