/*
 * What keys, the index method and its operators call.
 */

/*
 * job_key
 *	The key of a job in the index on open jobs; jobs.key is made with it.
 *
 * role: service
 * args:
 *	longitude: degrees east, kept to 1e-7
 *	latitude: degrees north, kept to 1e-7
 *	category_id: the category of the job
 *	published_at: when it was published; NULL gives NULL
 *	budget_min: in minor units; NULL for none
 *	budget_max: in minor units; NULL for none
 *	currency: ISO 4217 code
 *	urgency_rank: 0 (low) to 3 (urgent, or an emergency)
 *	requirement_bits: a bit for each type of credential that is mandatory:
 *	  license 1, insurance 2, certification 4, experience 8, equipment 16
 * returns: the key
 * errors:
 *	22004
 *	22023: no place on the globe, budgets in the wrong order, no currency,
 *	  no such rank or bits
 * example: system
 *	SELECT dwello.job_key(longitude => -122.42, latitude => 37.77,
 *	    category_id => 'd0000000-0000-7000-8000-000000000011', published_at => NULL, budget_min => 80000,
 *	    budget_max => 120000, currency => 'USD', urgency_rank => 1, requirement_bits => 0) IS NULL AS unpublished;
 */
CREATE OR REPLACE FUNCTION dwello.job_key(
  longitude float8,
  latitude float8,
  category_id uuid,
  published_at timestamptz,
  budget_min bigint,
  budget_max bigint,
  currency text,
  urgency_rank integer,
  requirement_bits bigint
)
RETURNS dwello.job_key
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key';
GRANT EXECUTE ON FUNCTION dwello.job_key
  TO dwello_service;
COMMENT ON FUNCTION dwello.job_key IS
  'The key of a job in the index on open jobs; jobs.key is made with it. Errors: 22004, 22023. See reference.md#job_key.';

/*
 * job_matches
 *	True when a job is what a query asks for. It lies within the radius,
 *	is of a category that is wanted, budgets overlap in the same currency,
 *	every mandatory credential is held, it was published by as_of, and its
 *	score is not over the ceiling. The operator @@@.
 *
 * role: app, service, support, admin
 * args:
 *	key: key of a job
 *	query: what it is matched with
 * returns: whether it matches
 * example: system
 *	SELECT dwello.job_matches(key => j.key, query => dwello.job_query(-122.42, 37.77, 10, '2031-03-03 09:00+00'))
 *	  FROM dwello.jobs AS j WHERE j.id = 'de000000-0000-7000-8000-000000000011';
 */
CREATE OR REPLACE FUNCTION dwello.job_matches(key dwello.job_key, query dwello.job_query)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'dwello_job_matches';
GRANT EXECUTE ON FUNCTION dwello.job_matches
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.job_matches IS
  'True when a job is what a query asks for. See reference.md#job_matches.';

/*
 * job_distance
 *	1 - dwello.job_score(), from 0 to 1: what an index can order by. The
 *	operator <~>.
 *
 * role: app, service, support, admin
 * args:
 *	key: key of a job
 *	query: what it is matched with
 * returns: the distance
 * example: system
 *	SELECT round(dwello.job_distance(key => j.key, query => dwello.job_query(-122.42, 37.77, 10, '2031-03-03 09:00+00'))::numeric, 4) AS distance
 *	  FROM dwello.jobs AS j WHERE j.id = 'de000000-0000-7000-8000-000000000011';
 */
CREATE OR REPLACE FUNCTION dwello.job_distance(key dwello.job_key, query dwello.job_query)
RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'dwello_job_distance';
GRANT EXECUTE ON FUNCTION dwello.job_distance
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.job_distance IS
  '1 - dwello.job_score(), from 0 to 1: what an index can order by. See reference.md#job_distance.';

/*
 * job_key_consistent
 *	GiST support of dwello.job_key_ops: whether a page or row may match.
 *
 * role: owner
 */
CREATE OR REPLACE FUNCTION dwello.job_key_consistent(internal, dwello.job_query, smallint, oid, internal)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_consistent';
COMMENT ON FUNCTION dwello.job_key_consistent IS
  'GiST support of dwello.job_key_ops: whether a page or row may match.';

/*
 * job_key_union
 *	GiST support of dwello.job_key_ops: the bound of several keys.
 *
 * role: owner
 */
CREATE OR REPLACE FUNCTION dwello.job_key_union(internal, internal)
RETURNS dwello.job_key
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_union';
COMMENT ON FUNCTION dwello.job_key_union IS
  'GiST support of dwello.job_key_ops: the bound of several keys.';

/*
 * job_key_penalty
 *	GiST support of dwello.job_key_ops: how much a bound must grow for a
 *	key.
 *
 * role: owner
 */
CREATE OR REPLACE FUNCTION dwello.job_key_penalty(internal, internal, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_penalty';
COMMENT ON FUNCTION dwello.job_key_penalty IS
  'GiST support of dwello.job_key_ops: how much a bound must grow for a key.';

/*
 * job_key_picksplit
 *	GiST support of dwello.job_key_ops: divides a page that is full.
 *
 * role: owner
 */
CREATE OR REPLACE FUNCTION dwello.job_key_picksplit(internal, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_picksplit';
COMMENT ON FUNCTION dwello.job_key_picksplit IS
  'GiST support of dwello.job_key_ops: divides a page that is full.';

/*
 * job_key_same
 *	GiST support of dwello.job_key_ops: whether two keys are equal.
 *
 * role: owner
 */
CREATE OR REPLACE FUNCTION dwello.job_key_same(dwello.job_key, dwello.job_key, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_same';
COMMENT ON FUNCTION dwello.job_key_same IS
  'GiST support of dwello.job_key_ops: whether two keys are equal.';

/*
 * job_key_distance
 *	GiST support of dwello.job_key_ops: the least distance of a page or
 *	row.
 *
 * role: owner
 */
CREATE OR REPLACE FUNCTION dwello.job_key_distance(internal, dwello.job_query, smallint, oid, internal)
RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_distance';
COMMENT ON FUNCTION dwello.job_key_distance IS
  'GiST support of dwello.job_key_ops: the least distance of a page or row.';

/*
 * job_key_sortsupport
 *	GiST support of dwello.job_key_ops: the order in which an index is
 *	built.
 *
 * role: owner
 */
CREATE OR REPLACE FUNCTION dwello.job_key_sortsupport(internal)
RETURNS void
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_sortsupport';
COMMENT ON FUNCTION dwello.job_key_sortsupport IS
  'GiST support of dwello.job_key_ops: the order in which an index is built.';

/*
 * job_match_selectivity
 *	The planner's estimate for @@@ of jobs.
 *
 * role: owner
 */
CREATE OR REPLACE FUNCTION dwello.job_match_selectivity(root internal, operator_id oid, arguments internal, relation integer)
RETURNS float8
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_match_selectivity';
COMMENT ON FUNCTION dwello.job_match_selectivity IS
  'The planner''s estimate for @@@ of jobs.';

/*
 * agent_key
 *	The key of an agent, a provider or a saved search in the index that a
 *	new job asks. The columns named key are made with it.
 *
 * role: service
 * args:
 *	longitude: degrees east, kept to 1e-7
 *	latitude: degrees north, kept to 1e-7
 *	radius_miles: above 0 and at most 12450; NULL for the query's
 *	area: west, south, east and north of the bounding box of an area in
 *	  degrees, before which place and radius do not count; NULL here and for
 *	  the place gives NULL
 *	category_ids: empty or NULL for all
 *	budget_min: in minor units; NULL for no limit
 *	budget_max: in minor units; NULL for no limit
 *	currency: ISO 4217 code; NULL for any
 *	capability_bits: of the credentials held, as requirement_bits of jobs,
 *	  and from bit 16 what is verified of the account; NULL for all
 *	capability_from: first day on which they are valid together, which
 *	  does not decide a match but whether it is certain; NULL for no limit
 *	capability_until: last such day; NULL for no limit
 * returns: the key
 * errors:
 *	22004
 *	22023: no place on the globe, no box, no list, budgets in the wrong
 *	  order, no currency
 * example: system
 *	SELECT dwello.agent_key(longitude => NULL, latitude => NULL, radius_miles => 10, area => NULL,
 *	    category_ids => NULL, budget_min => NULL, budget_max => NULL, currency => NULL,
 *	    capability_bits => NULL) IS NULL AS nowhere;
 */
CREATE OR REPLACE FUNCTION dwello.agent_key(
  longitude float8,
  latitude float8,
  radius_miles float8,
  area float8[],
  category_ids uuid[],
  budget_min bigint,
  budget_max bigint,
  currency text,
  capability_bits bigint,
  capability_from date DEFAULT NULL,
  capability_until date DEFAULT NULL
)
RETURNS dwello.agent_key
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key';
GRANT EXECUTE ON FUNCTION dwello.agent_key
  TO dwello_service;
COMMENT ON FUNCTION dwello.agent_key IS
  'The key of an agent, a provider or a saved search in the index that a new job asks. Errors: 22004, 22023. See reference.md#agent_key.';

/*
 * agent_matches
 *	True when an agent may want a job. The job lies in its circle, or in
 *	the bounding box of its area, a category of it is the job's or above
 *	that (with more than eight, or by chance one time in ten thousand,
 *	another is taken for it), budgets overlap in the same currency, and
 *	every mandatory credential is held. The operator @@@.
 *
 * role: service
 * args:
 *	key: key of an agent, a provider or a saved search
 *	query: what a job asks with
 * returns: whether it matches
 * example: system
 *	SELECT dwello.agent_matches(key => a.key, query => dwello.agent_query(-122.42, 37.77, 25,
 *	    ARRAY['d0000000-0000-7000-8000-000000000011']::uuid[], 80000, 120000, 'USD', 0))
 *	  FROM dwello.ai_bidding_agents AS a WHERE a.user_id = 'de000000-0000-7000-8000-000000000002';
 */
CREATE OR REPLACE FUNCTION dwello.agent_matches(key dwello.agent_key, query dwello.agent_query)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 10
AS 'MODULE_PATHNAME', 'dwello_agent_matches';
GRANT EXECUTE ON FUNCTION dwello.agent_matches TO dwello_service;
COMMENT ON FUNCTION dwello.agent_matches IS
  'True when an agent may want a job. See reference.md#agent_matches.';

/*
 * agent_key_consistent
 *	GiST support of dwello.agent_key_ops: whether a page or row may match.
 *
 * role: owner
 */
CREATE OR REPLACE FUNCTION dwello.agent_key_consistent(internal, dwello.agent_query, smallint, oid, internal)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_consistent';
COMMENT ON FUNCTION dwello.agent_key_consistent IS
  'GiST support of dwello.agent_key_ops: whether a page or row may match.';

/*
 * agent_key_union
 *	GiST support of dwello.agent_key_ops: the bound of several keys.
 *
 * role: owner
 */
CREATE OR REPLACE FUNCTION dwello.agent_key_union(internal, internal)
RETURNS dwello.agent_key
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_union';
COMMENT ON FUNCTION dwello.agent_key_union IS
  'GiST support of dwello.agent_key_ops: the bound of several keys.';

/*
 * agent_key_penalty
 *	GiST support of dwello.agent_key_ops: how much a bound must grow for a
 *	key.
 *
 * role: owner
 */
CREATE OR REPLACE FUNCTION dwello.agent_key_penalty(internal, internal, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_penalty';
COMMENT ON FUNCTION dwello.agent_key_penalty IS
  'GiST support of dwello.agent_key_ops: how much a bound must grow for a key.';

/*
 * agent_key_picksplit
 *	GiST support of dwello.agent_key_ops: divides a page that is full.
 *
 * role: owner
 */
CREATE OR REPLACE FUNCTION dwello.agent_key_picksplit(internal, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_picksplit';
COMMENT ON FUNCTION dwello.agent_key_picksplit IS
  'GiST support of dwello.agent_key_ops: divides a page that is full.';

/*
 * agent_key_same
 *	GiST support of dwello.agent_key_ops: whether two keys are equal.
 *
 * role: owner
 */
CREATE OR REPLACE FUNCTION dwello.agent_key_same(dwello.agent_key, dwello.agent_key, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_same';
COMMENT ON FUNCTION dwello.agent_key_same IS
  'GiST support of dwello.agent_key_ops: whether two keys are equal.';

/*
 * agent_key_sortsupport
 *	GiST support of dwello.agent_key_ops: the order in which an index is
 *	built.
 *
 * role: owner
 */
CREATE OR REPLACE FUNCTION dwello.agent_key_sortsupport(internal)
RETURNS void
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_sortsupport';
COMMENT ON FUNCTION dwello.agent_key_sortsupport IS
  'GiST support of dwello.agent_key_ops: the order in which an index is built.';

/*
 * agent_match_selectivity
 *	The planner's estimate for @@@ of agents.
 *
 * role: owner
 */
CREATE OR REPLACE FUNCTION dwello.agent_match_selectivity(internal, oid, internal, integer)
RETURNS float8
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_match_selectivity';
COMMENT ON FUNCTION dwello.agent_match_selectivity IS
  'The planner''s estimate for @@@ of agents.';
