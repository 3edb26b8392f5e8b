--
-- stock.sql
--	What the best stock SQL found reads: the open jobs in a table of their own,
--	as narrow as can be, in the order of their cells, covered by btrees.
--
-- The distance is that along a chord between points on a unit sphere, which
-- takes no trigonometric function for a row that is too far.
--
DROP TABLE IF EXISTS bench.stock;
CREATE TABLE bench.stock AS
SELECT j.id, j.category_id, bench.cell(longitude, latitude) AS cell,
       cos(radians(latitude)) * cos(radians(longitude)) AS x,
       cos(radians(latitude)) * sin(radians(longitude)) AS y, sin(radians(latitude)) AS z,
       coalesce(budget_max, budget_min, 0)::float8 AS top, published_at, expires_at, homeowner_id,
       array_position(enum_range(NULL::dwello.urgency), CASE WHEN is_emergency THEN 'urgent' ELSE urgency END) - 1 AS urgency,
       currency, j.requirement_bits
  FROM dwello.jobs AS j, LATERAL (SELECT ST_X(location::geometry) AS longitude, ST_Y(location::geometry) AS latitude) AS p
 WHERE status = 'open' AND is_listed AND deleted_at IS NULL
 ORDER BY cell, category_id;
CREATE INDEX stock_cell_idx ON bench.stock (cell);
CREATE INDEX stock_category_cell_idx ON bench.stock (category_id, cell)
  INCLUDE (id, x, y, z, top, published_at, expires_at, homeowner_id, urgency, currency, requirement_bits);
VACUUM (ANALYZE) bench.stock;
