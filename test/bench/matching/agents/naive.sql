-- what one writes first: no index can serve it
SELECT a.user_id, ST_Distance(a.location, ST_MakePoint(:longitude, :latitude)::geography, false) / 1609.344 AS distance_miles
  FROM bench.agent AS a
 WHERE ST_DWithin(a.location, ST_MakePoint(:longitude, :latitude)::geography, a.radius_m, false)
   AND a.category_ids && :path::uuid[]
   AND a.budget_min <= :most AND a.budget_max >= :least AND a.currency = :currency
   AND a.capability_bits & :requirement_bits = :requirement_bits
 ORDER BY a.user_id
