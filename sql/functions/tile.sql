-- tile.sql
--   Open jobs on maps: vector tiles, clusters, and the counts behind them.

CREATE OR REPLACE FUNCTION dwello.tile_cell(longitude double precision, latitude double precision)
RETURNS bigint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_tile_cell';
GRANT EXECUTE ON FUNCTION dwello.tile_cell(double precision, double precision)
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.tile_cell(double precision, double precision) IS
'A place as a number: its tile of zoom 31 of a web map (2 cm), bits of row and column in turn, so that what lies in one tile of any zoom is one run of numbers. Arguments: longitude and latitude in degrees; beyond 85.0511 north or south it is on the edge of the map. Returns 0 to 2^62 - 1. Errors: 22023 off the globe.';

CREATE OR REPLACE FUNCTION dwello.tile_x(cell bigint, zoom integer)
RETURNS bigint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_tile_x';
GRANT EXECUTE ON FUNCTION dwello.tile_x(bigint, integer)
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.tile_x(bigint, integer) IS
'The column (x, eastwards from 0) of the tile in which a cell lies. Arguments: cell, of tile_cell(); zoom of the tile, 0 to 34 (a tile of zoom z is 4096 columns of zoom z + 12 wide). Errors: 22023.';

CREATE OR REPLACE FUNCTION dwello.tile_y(cell bigint, zoom integer)
RETURNS bigint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_tile_y';
GRANT EXECUTE ON FUNCTION dwello.tile_y(bigint, integer)
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.tile_y(bigint, integer) IS
'The row (y, southwards from 0) of the tile in which a cell lies; see tile_x(). Errors: 22023.';

CREATE OR REPLACE FUNCTION dwello.jobs_mvt(z integer, x integer, y integer)
RETURNS bytea
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_jobs_mvt';
GRANT EXECUTE ON FUNCTION dwello.jobs_mvt(integer, integer, integer)
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.jobs_mvt(integer, integer, integer) IS
'The visible open jobs of a tile of a web map, in Mapbox''s vector tile format; for every known user, who all see the same. From zoom 11 on the layer jobs: a point for each job, with id, category (its id), urgency, budget (budget_max, else budget_min, in minor units; left out where there is none) and currency; of more than 10000 those published last. Before it the layer counts: a point for each of 16 by 16 cells that has jobs, at their mean place, with jobs (how many) and under the id of each root category how many of it; as of the last refresh_tiles(). Places are rounded to 0.01 degree. Arguments: z, 0 to 22; x and y, 0 to 2^z - 1. Returns the tile, of no bytes when there is nothing. Errors: WD402, WD401; 22004; 22023 no such tile.';

CREATE OR REPLACE FUNCTION dwello.cluster_jobs(
  west double precision,
  south double precision,
  east double precision,
  north double precision,
  zoom integer,
  OUT longitude double precision,
  OUT latitude double precision,
  OUT jobs integer,
  OUT job_id uuid,
  OUT category_ids uuid[],
  OUT category_counts integer[]
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_cluster_jobs';
GRANT EXECUTE ON FUNCTION dwello.cluster_jobs(double precision, double precision, double precision, double precision, integer)
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.cluster_jobs(double precision, double precision, double precision, double precision, integer) IS
'The visible open jobs of a box in clusters, for maps that read rows; for every known user, who all see the same. A cluster is a cell of 32 by 32 pixels (8 by 8 in a tile of 256); all that the box touches are given whole. Arguments: west, south, east and north of the box in degrees, over the antimeridian where west is greater than east; zoom of the map, 0 to 22. Returns a row a cluster: longitude and latitude, the mean place of its jobs (places are rounded to 0.01 degree); jobs, how many; job_id, when it is one; category_ids, the root categories, and category_counts, how many of each. Up to zoom 11 they are as of the last refresh_tiles(). Errors: WD402, WD401; 22004; 22023 a corner off the globe, a box without width or height, a zoom out of range or so large that the box would touch more than 128 tiles.';

CREATE OR REPLACE FUNCTION dwello.refresh_tiles(
  max_jobs integer DEFAULT 2000,
  OUT changed bigint,
  OUT is_complete boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_refresh_tiles';
GRANT EXECUTE ON FUNCTION dwello.refresh_tiles(integer) TO dwello_service;
COMMENT ON FUNCTION dwello.refresh_tiles(integer) IS
'Brings the counts that jobs_mvt() and cluster_jobs() show at low zooms up to date: what events tell of and what has run out since the last call, and, going round the map, the tiles of about max_jobs (1 to 1000000) jobs, whatever has happened to them. Call it every few seconds; at first, until is_complete. One worker at a time: another does nothing and returns 0. Returns changed, the rows of job_tiles that were written, and is_complete, whether the way round the map has come to its end. For dwello_service. Errors: 42501 with a token; 22004; 22023 max_jobs; 25006 on a standby.';
