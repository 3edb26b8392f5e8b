/*
 * Open jobs by words and on maps; searches that are saved.
 */

-- ----------------------------------------------------------------------
-- Open jobs by words, place, category, budget and urgency; counts of them.
-- ----------------------------------------------------------------------

/*
 * search_jobs
 *	Open jobs that fit, best first. Everybody finds the same: what
 *	is listed and not past its time.
 *
 *	Of more than 10000 jobs with the words, the 10000 published last are
 *	ranked; where neither the words nor the rest narrow a search to 50000
 *	jobs, they are looked for among the 200000 published last.
 *
 * role: app, service, support, admin, public
 * args:
 *	query: up to 1000 characters: words that all must be in the title, the
 *	  description or the special requirements in any of their English forms,
 *	  "..." for words next to each other, or, - for words that must not be
 *	  there; NULL, blank or nothing but stop words for any job
 *	longitude: degrees east of a place; NULL for anywhere
 *	latitude: degrees north of a place; NULL for anywhere
 *	radius_miles: around the place, above 0 to 12450; NULL for 25
 *	category_ids: 1 to 100 with all that is below them; NULL for all
 *	budget_min: in minor units, of a range that the job's must overlap,
 *	  where an end that is not said is open
 *	budget_max: in minor units, its other end
 *	currency: ISO 4217 code; others are never found
 *	urgency: exactly that; NULL for any
 *	as_of: time by which freshness is judged; NULL for now
 *	after_score: score of the last row of the page before, with its as_of
 *	after_id: job_id of the last row of the page before
 *	max_results: 1 to 200 rows
 * returns: rows, one a job, by score, highest first, then job_id
 *	longitude: degrees east of the job, rounded to 0.01 degree
 *	latitude: degrees north of the job, likewise
 *	budget_min: the job's, in minor units
 *	budget_max: the job's, in minor units
 *	currency: the job's
 *	urgency: the job's
 *	as_of: for the next page
 *	job_id
 *	score: 0 to 1: the mean of ts_rank() of the words, if there are any,
 *	  and .6 nearness, 1 - distance / radius, plus .4 freshness, 1 - age /
 *	  60 days, at least 0, the latter alone without a place
 *	distance_miles: NULL without a place
 *	category_id: its category
 *	title: its title
 *	published_at: when it was published
 * errors:
 *	WD402 WD401
 *	22004: no currency or max_results, a NULL category
 *	22001 22003
 *	22023: a place off the globe or half a one, a radius out of range or
 *	  without a place, an amount that is not positive, budgets in the wrong
 *	  order, an unknown currency, no category in the list, more than 100 or,
 *	  with those below them, more than 4096, as_of in the future, a cursor
 *	  that is not complete or not from 0 to 1, max_results out of range
 *	P0002: no such category
 * example: provider_1
 *	SELECT job_id, title, budget_max, round(score::numeric, 4) AS score
 *	  FROM dwello.search_jobs(query => 'cabinet or deck', longitude => -122.42, latitude => 37.77, radius_miles => 10);
 */
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
  TO dwello_app, dwello_service, dwello_support, dwello_admin, dwello_public;
COMMENT ON FUNCTION dwello.search_jobs IS
  'Open jobs that fit, best first. Errors: WD402, WD401, 22004, 22001, 22003, 22023, P0002. See reference.md#search_jobs.';

/*
 * search_facets
 *	How many of the jobs that search_jobs() finds have what. A job is
 *	counted in its own category and in every one above it; a value that no
 *	job has gets no row.
 *
 * role: app, service, support, admin, public
 * args:
 *	query: as search_jobs() has it, like all that follow
 *	longitude: degrees east of a place
 *	latitude: degrees north of a place
 *	radius_miles: around the place
 *	category_ids: 1 to 100 with all that is below them
 *	budget_min: in minor units
 *	budget_max: in minor units
 *	currency: ISO 4217 code
 *	urgency: exactly that; NULL for any
 *	as_of: NULL for now
 * returns: rows, one a value
 *	urgency: of a row urgency
 *	facet: total (first, always there), category, urgency, budget (by
 *	  budget_max or else budget_min) or, with a place, distance
 *	category_id: of a row category
 *	parent_id: the category above
 *	lower_bound: of a band, in minor units or miles; NULL for jobs without
 *	  a budget
 *	upper_bound: the band ends below it; NULL for the last
 *	jobs: how many jobs
 *	is_complete: false when 10000 or more fit: then the 10000 published
 *	  last are counted; and when nothing narrows the search to 50000 jobs
 *	  and fewer fit among the 200000 published last: then these are
 * errors:
 *	WD402 WD401
 *	22004: no currency, a NULL category
 *	22001 22003
 *	22023: as search_jobs()
 *	P0002: no such category
 * example: provider_1
 *	SELECT facet, urgency, lower_bound, upper_bound, jobs
 *	  FROM dwello.search_facets(longitude => -122.42, latitude => 37.77, radius_miles => 10)
 *	 WHERE facet <> 'category';
 */
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
  TO dwello_app, dwello_service, dwello_support, dwello_admin, dwello_public;
COMMENT ON FUNCTION dwello.search_facets IS
  'How many of the jobs that search_jobs() finds have what. Errors: WD402, WD401, 22004, 22001, 22003, 22023, P0002. See reference.md#search_facets.';

-- ----------------------------------------------------------------------
-- Saved searches: what a provider is notified of.
-- ----------------------------------------------------------------------

/*
 * save_search
 *	Saves a search: deliver_events() notifies its owner of every job that
 *	is published and fits. There is one notification a job however many of
 *	the owner's searches fit. A provider may have as many as the setting
 *	saved_searches_max says.
 *
 *	For a provider, administrators and the system.
 *
 * role: app, service, admin
 * args:
 *	query: as search_jobs() has it
 *	longitude: degrees east of a place, which is kept rounded to 0.01;
 *	  NULL for anywhere
 *	latitude: degrees north, likewise
 *	radius_miles: around the place; NULL for 25
 *	category_ids: 1 to 100 with all that is below them; NULL for all
 *	budget_min: in minor units
 *	budget_max: in minor units
 *	currency: ISO 4217 code
 *	urgency: exactly that; NULL for any
 *	name: 1 to 100 characters, which the notification shows
 *	search_id: a search of the owner's that is to be replaced as a whole;
 *	  NULL for a new one
 *	user_id: the owner; NULL for the caller
 *	expected_version: version of the saved search
 *	idempotency_key
 * returns: a row
 *	search_id
 *	user_id
 *	version: version of the saved search
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: no provider, or another's
 *	22004 22001 22003
 *	22023: as search_jobs(), a blank name, a user who is no provider
 *	P0002: no such category, search or user
 *	WD104 WD103
 *	WD301: too many
 * example: provider_1
 *	SELECT user_id, version
 *	  FROM dwello.save_search(query => 'deck', longitude => -122.42, latitude => 37.77, radius_miles => 15, name => 'Decks');
 */
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
  'Saves a search: deliver_events() notifies its owner of every job that is published and fits. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002, WD104, WD103, WD301. See reference.md#save_search.';

/*
 * delete_search
 *	Deletes a saved search. Notifications of it stay.
 *
 *	For its owner, administrators and the system.
 *
 * role: app, service, admin
 * args:
 *	search_id: the search
 *	user_id: the owner; NULL for the caller
 *	expected_version: version of the saved search
 *	idempotency_key
 * returns: a row
 *	search_id
 *	user_id
 *	version: its last version
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: no provider, or another's
 *	22004
 *	22023: the user is no provider
 *	P0002: no such search or user
 *	WD104 WD103
 * example: provider_1, a saved search
 *	SELECT user_id, version
 *	  FROM dwello.delete_search(search_id => (SELECT s.id FROM dwello.saved_searches AS s));
 */
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
  'Deletes a saved search. Errors: WD402, WD401, 42501, 22004, 22023, P0002, WD104, WD103. See reference.md#delete_search.';

-- ----------------------------------------------------------------------
-- Open jobs on maps: vector tiles, clusters, and the counts behind them.
-- ----------------------------------------------------------------------

/*
 * tile_x
 *	The column (x, eastwards from 0) of the tile in which a cell lies.
 *
 * role: app, service, support, analyst, admin
 * args:
 *	cell: of tile_cell()
 *	zoom: of the tile, 0 to 34 (a tile of zoom z is 4096 columns of zoom z
 *	  + 12 wide)
 * returns: the column
 * errors:
 *	22023: no such cell or zoom
 * example: provider_1
 *	SELECT dwello.tile_x(cell => dwello.tile_cell(-122.42, 37.77), zoom => 14);
 */
CREATE OR REPLACE FUNCTION dwello.tile_x(cell bigint, zoom integer)
RETURNS bigint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_tile_x';
GRANT EXECUTE ON FUNCTION dwello.tile_x
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.tile_x IS
  'The column (x, eastwards from 0) of the tile in which a cell lies. Errors: 22023. See reference.md#tile_x.';

/*
 * tile_y
 *	The row (y, southwards from 0) of the tile in which a cell lies.
 *
 * role: app, service, support, analyst, admin
 * args:
 *	cell: of tile_cell()
 *	zoom: of the tile, as of tile_x()
 * returns: the row
 * errors:
 *	22023: no such cell or zoom
 * example: provider_1
 *	SELECT dwello.tile_y(cell => dwello.tile_cell(-122.42, 37.77), zoom => 14);
 */
CREATE OR REPLACE FUNCTION dwello.tile_y(cell bigint, zoom integer)
RETURNS bigint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_tile_y';
GRANT EXECUTE ON FUNCTION dwello.tile_y
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.tile_y IS
  'The row (y, southwards from 0) of the tile in which a cell lies. Errors: 22023. See reference.md#tile_y.';

/*
 * jobs_mvt
 *	The visible open jobs of a tile of a web map, in Mapbox's vector tile
 *	format. Everybody sees the same.
 *
 *	From zoom 11 on the layer jobs: a point for each job, with id,
 *	category (its id), urgency, budget (budget_max, else budget_min, in
 *	minor units; left out where there is none) and currency; of more than
 *	10000 those published last. Before it the layer counts: a point for
 *	each of 16 by 16 cells that has jobs, at their mean place, with jobs
 *	(how many) and under the id of each root category how many of it; as
 *	of the last refresh_tiles(). Places are rounded to 0.01 degree.
 *
 * role: app, service, support, admin, public
 * args:
 *	z: zoom, 0 to 22
 *	x: column, 0 to 2^z - 1
 *	y: row, 0 to 2^z - 1
 * returns: the tile, of no bytes when there is nothing
 * errors:
 *	WD402 WD401 22004
 *	22023: no such tile
 * example: provider_1
 *	SELECT octet_length(dwello.jobs_mvt(z => 14, x => 2620, y => 6333)) > 0 AS has_jobs;
 */
CREATE OR REPLACE FUNCTION dwello.jobs_mvt(z integer, x integer, y integer)
RETURNS bytea
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_jobs_mvt';
GRANT EXECUTE ON FUNCTION dwello.jobs_mvt
  TO dwello_app, dwello_service, dwello_support, dwello_admin, dwello_public;
COMMENT ON FUNCTION dwello.jobs_mvt IS
  'The visible open jobs of a tile of a web map, in Mapbox''s vector tile format. Errors: WD402, WD401, 22004, 22023. See reference.md#jobs_mvt.';

/*
 * cluster_jobs
 *	The visible open jobs of a bounding box in clusters, for maps that read
 *	rows.
 *	Everybody sees the same. A cluster is a cell of 32 by 32 pixels
 *	(8 by 8 in a tile of 256); all that the box touches are whole.
 *	Up to zoom 11 they are as of the last refresh_tiles().
 *
 * role: app, service, support, admin, public
 * args:
 *	west: degrees; over the antimeridian where it is greater than east
 *	south: degrees
 *	east: degrees
 *	north: degrees
 *	zoom: of the map, 0 to 22
 * returns: rows, one a cluster
 *	longitude: mean of its jobs' places, which are rounded to 0.01 degree
 *	latitude: likewise
 *	jobs: how many
 *	job_id: when it is one
 *	category_ids: the root categories
 *	category_counts: how many of each
 * errors:
 *	WD402 WD401 22004
 *	22023: a corner off the globe, a box without width or height, a zoom
 *	  out of range or so large that the box would touch more than 128 tiles
 * example: provider_1
 *	SELECT jobs, category_counts
 *	  FROM dwello.cluster_jobs(west => -122.6, south => 37.6, east => -122.2, north => 37.9, zoom => 12);
 */
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
  TO dwello_app, dwello_service, dwello_support, dwello_admin, dwello_public;
COMMENT ON FUNCTION dwello.cluster_jobs IS
  'The visible open jobs of a bounding box in clusters, for maps that read rows. Errors: WD402, WD401, 22004, 22023. See reference.md#cluster_jobs.';

/*
 * refresh_tiles
 *	Brings the counts that jobs_mvt() and cluster_jobs() show at low zooms
 *	up to date. It counts the tiles of jobs that have had an event or have
 *	expired since the last call, and, going round the map, the tiles of
 *	about max_jobs jobs, whatever has happened to them. Call it every few seconds; at
 *	first, until is_complete. One worker at a time: another does nothing
 *	and returns 0.
 *
 * role: service
 * args:
 *	max_jobs: 1 to 1000000
 * returns: a row
 *	changed: rows of job_tiles that were written
 *	is_complete: the end of the map was reached, and the next call begins
 *	  anew
 * errors:
 *	42501: the caller is not the system
 *	22004
 *	22023: max_jobs is out of range
 *	25006
 * example: system
 *	SELECT changed, is_complete FROM dwello.refresh_tiles(max_jobs => 2000);
 */
CREATE OR REPLACE FUNCTION dwello.refresh_tiles(
  max_jobs integer DEFAULT 2000,
  OUT changed bigint,
  OUT is_complete boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_refresh_tiles';
GRANT EXECUTE ON FUNCTION dwello.refresh_tiles TO dwello_service;
COMMENT ON FUNCTION dwello.refresh_tiles IS
  'Brings the counts that jobs_mvt() and cluster_jobs() show at low zooms up to date. Errors: 42501, 22004, 22023, 25006. See reference.md#refresh_tiles.';
