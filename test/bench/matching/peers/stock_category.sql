-- stock SQL: a btree on category and cell that covers the score
SELECT j.id, t.score, t.distance_miles, j.category_id, j.title, j.urgency, j.budget_min, j.budget_max, j.currency,
       ST_X(j.location::geometry) AS longitude, ST_Y(j.location::geometry) AS latitude, j.published_at
  FROM (SELECT s.id, 0.35 * (1 - d.metres / :radius_m::float8) + 0.20 * least(1, s.top / 500000) + 0.20 * c.fit
               + 0.10 * s.urgency / 3.0::float8
               + 0.15 * greatest(1 - extract(epoch FROM bench.now() - s.published_at)::float8 / 518400, 0) AS score,
               d.metres / 1609.344 AS distance_miles
          FROM unnest(:lows::integer[], :highs::integer[]) AS r (low, high),
               unnest(:category_ids::uuid[], :fits::float8[]) AS c (id, fit),
               LATERAL (SELECT * FROM bench.stock AS s
                         WHERE s.category_id = c.id AND s.cell BETWEEN r.low AND r.high OFFSET 0) AS s,
               LATERAL (SELECT (s.x - :x::float8) * (s.x - :x::float8) + (s.y - :y::float8) * (s.y - :y::float8)
                               + (s.z - :z::float8) * (s.z - :z::float8) AS square OFFSET 0) AS h,
               LATERAL (SELECT 2 * 6371008.7714 * asin(sqrt(h.square) / 2) AS metres) AS d
         WHERE h.square <= 4 * sin(:radius_m::float8 / 12742017.5428) ^ 2
           AND s.expires_at > bench.now() AND s.published_at <= bench.now() AND s.currency = 'USD'
           AND s.homeowner_id <> :provider_id::uuid AND s.requirement_bits & ~ :capabilities::bigint = 0
         ORDER BY score DESC, s.id LIMIT 20) AS t
  JOIN dwello.jobs AS j ON j.id = t.id
 ORDER BY t.score DESC, t.id
