/*
 * Open jobs by words and on maps; searches that are saved.
 */

-- ----------------------------------------------------------------------
-- Open jobs by words, place, category, budget and urgency; counts of them.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.search_jobs(
  query text DEFAULT NULL,
  INOUT longitude double precision DEFAULT NULL,
  INOUT latitude double precision DEFAULT NULL,
  radius_miles double precision DEFAULT NULL,
  category_ids uuid[] DEFAULT NULL,
  INOUT budget_min bigint DEFAULT NULL,
  INOUT budget_max bigint DEFAULT NULL,
  INOUT currency text DEFAULT 'USD',
  INOUT urgency dwello.urgency DEFAULT NULL,
  INOUT as_of timestamptz DEFAULT NULL,
  after_score double precision DEFAULT NULL,
  after_id uuid DEFAULT NULL,
  max_results integer DEFAULT 20,
  OUT job_id uuid,
  OUT score double precision,
  OUT distance_miles double precision,
  OUT category_id uuid,
  OUT title text,
  OUT published_at timestamptz
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_search_jobs';
GRANT EXECUTE ON FUNCTION dwello.search_jobs
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.search_jobs IS
'Open jobs that fit, best first; for every known user, who all find the same: what is listed and not past its time. Arguments: query, up to 1000 characters, words that all must be in the title, the description or the special requirements in any of their English forms, "..." for words next to each other, or, - for words that must not be there; NULL, blank or nothing but stop words = any job; longitude and latitude in degrees of a place, NULL = anywhere; radius_miles around it, above 0 to 12450, NULL = 25; category_ids, 1 to 100 with all that is below them, NULL = all; budget_min and budget_max in minor units, of a range that the job''s must overlap, where an end that is not said is open; currency, ISO 4217, others are never found; urgency, exactly that; as_of, by which freshness is judged, NULL = now; after_score and after_id, the last row of the page before, with its as_of; max_results, 1 to 200 rows. Of more than 10000 jobs with the words, the 10000 published last are ranked; where neither the words nor the rest narrow a search to 50000 jobs, they are looked for among the 200000 published last. Returns a row a job by score, highest first, then job_id: job_id, score (0 to 1: the mean of ts_rank() of the words, if there are any, and .6 nearness, 1 - distance / radius, plus .4 freshness, 1 - age / 60 days, at least 0, the latter alone without a place), distance_miles (NULL without a place), category_id, title, urgency, budget_min, budget_max, currency, longitude and latitude (rounded to 0.01 degree), published_at, and as_of for the next page. Errors: WD402, WD401; 22004 no currency or max_results, a NULL category; 22001 query; 22023 a place off the globe or half a one, a radius out of range or without a place, an amount that is not positive, budgets in the wrong order, an unknown currency, no category in the list, more than 100 or, with those below them, more than 4096, as_of in the future, a cursor that is not complete or not from 0 to 1, max_results; P0002 no such category.';

CREATE OR REPLACE FUNCTION dwello.search_facets(
  query text DEFAULT NULL,
  longitude double precision DEFAULT NULL,
  latitude double precision DEFAULT NULL,
  radius_miles double precision DEFAULT NULL,
  category_ids uuid[] DEFAULT NULL,
  budget_min bigint DEFAULT NULL,
  budget_max bigint DEFAULT NULL,
  currency text DEFAULT 'USD',
  INOUT urgency dwello.urgency DEFAULT NULL,
  as_of timestamptz DEFAULT NULL,
  OUT facet text,
  OUT category_id uuid,
  OUT parent_id uuid,
  OUT lower_bound bigint,
  OUT upper_bound bigint,
  OUT jobs bigint,
  OUT is_complete boolean
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_search_facets';
GRANT EXECUTE ON FUNCTION dwello.search_facets
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.search_facets IS
'How many of the jobs that search_jobs() finds have what, for the same first ten arguments. Returns a row a value: facet total (first, always there); category, with category_id and parent_id, a job counted in its own and in every one above it; urgency; budget, by budget_max or else budget_min, from lower_bound to below upper_bound in minor units, both NULL for jobs without one; distance, in miles likewise, if there is a place. The last band has no upper_bound. A value that no job has gets no row. is_complete is false when 10000 or more fit: then the 10000 published last are counted; and when nothing narrows the search to 50000 jobs and fewer fit among the 200000 published last: then these are. Errors: as search_jobs().';

-- ----------------------------------------------------------------------
-- Searches that a provider wants to hear of.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.save_search(
  query text DEFAULT NULL,
  longitude double precision DEFAULT NULL,
  latitude double precision DEFAULT NULL,
  radius_miles double precision DEFAULT NULL,
  category_ids uuid[] DEFAULT NULL,
  budget_min bigint DEFAULT NULL,
  budget_max bigint DEFAULT NULL,
  currency text DEFAULT 'USD',
  urgency dwello.urgency DEFAULT NULL,
  name text DEFAULT 'Search',
  INOUT search_id uuid DEFAULT NULL,
  INOUT user_id uuid DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_save_search';
GRANT EXECUTE ON FUNCTION dwello.save_search
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.save_search IS
'Saves a search: deliver_events() tells its owner of every job that is published and fits, with one notification a job however many of his searches fit. For a provider, administrators and the system. Arguments: the first nine as search_jobs() has them; name, 1 to 100 characters, which the notification shows; search_id, of a search of his that is to be replaced as a whole, NULL for a new one; user_id, NULL for the caller; expected_version of the saved search. A provider may have saved_searches_max (20) of them. Returns search_id, user_id, version and replayed. Errors: WD402, WD401; 42501 no provider, or another''s; 22004; 22001; 22023 as search_jobs(), a blank name, no provider; P0002 no such category, search or user; WD104; WD103; WD301 too many.';

CREATE OR REPLACE FUNCTION dwello.delete_search(
  INOUT search_id uuid,
  INOUT user_id uuid DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_delete_search';
GRANT EXECUTE ON FUNCTION dwello.delete_search
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.delete_search IS
'Deletes a saved search; what was told already stays. For its owner, administrators and the system. Arguments: search_id; user_id, NULL for the caller; expected_version of the saved search. Returns search_id, user_id, its last version and replayed. Errors: WD402, WD401; 42501 no provider, or another''s; 22004; 22023 no provider; P0002 no such search or user; WD104; WD103.';

-- ----------------------------------------------------------------------
-- Open jobs on maps: vector tiles, clusters, and the counts behind them.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.tile_x(cell bigint, zoom integer)
RETURNS bigint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_tile_x';
GRANT EXECUTE ON FUNCTION dwello.tile_x
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.tile_x IS
'The column (x, eastwards from 0) of the tile in which a cell lies. Arguments: cell, of tile_cell(); zoom of the tile, 0 to 34 (a tile of zoom z is 4096 columns of zoom z + 12 wide). Errors: 22023.';

CREATE OR REPLACE FUNCTION dwello.tile_y(cell bigint, zoom integer)
RETURNS bigint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_tile_y';
GRANT EXECUTE ON FUNCTION dwello.tile_y
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.tile_y IS
'The row (y, southwards from 0) of the tile in which a cell lies; see tile_x(). Errors: 22023.';

CREATE OR REPLACE FUNCTION dwello.jobs_mvt(z integer, x integer, y integer)
RETURNS bytea
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_jobs_mvt';
GRANT EXECUTE ON FUNCTION dwello.jobs_mvt
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.jobs_mvt IS
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
GRANT EXECUTE ON FUNCTION dwello.cluster_jobs
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.cluster_jobs IS
'The visible open jobs of a box in clusters, for maps that read rows; for every known user, who all see the same. A cluster is a cell of 32 by 32 pixels (8 by 8 in a tile of 256); all that the box touches are given whole. Arguments: west, south, east and north of the box in degrees, over the antimeridian where west is greater than east; zoom of the map, 0 to 22. Returns a row a cluster: longitude and latitude, the mean place of its jobs (places are rounded to 0.01 degree); jobs, how many; job_id, when it is one; category_ids, the root categories, and category_counts, how many of each. Up to zoom 11 they are as of the last refresh_tiles(). Errors: WD402, WD401; 22004; 22023 a corner off the globe, a box without width or height, a zoom out of range or so large that the box would touch more than 128 tiles.';

CREATE OR REPLACE FUNCTION dwello.refresh_tiles(
  max_jobs integer DEFAULT 2000,
  OUT changed bigint,
  OUT is_complete boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_refresh_tiles';
GRANT EXECUTE ON FUNCTION dwello.refresh_tiles TO dwello_service;
COMMENT ON FUNCTION dwello.refresh_tiles IS
'Brings the counts that jobs_mvt() and cluster_jobs() show at low zooms up to date: what events tell of and what has run out since the last call, and, going round the map, the tiles of about max_jobs (1 to 1000000) jobs, whatever has happened to them. Call it every few seconds; at first, until is_complete. One worker at a time: another does nothing and returns 0. Returns changed, the rows of job_tiles that were written, and is_complete, whether the way round the map has come to its end. For dwello_service. Errors: 42501 with a token; 22004; 22023 max_jobs; 25006 on a standby.';
