/*
 * What keys, the index method and its operators call.
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
'The key of a job in the index on open jobs; jobs.key is made with it. Arguments: longitude and latitude in degrees, kept to 1e-7; category_id; published_at, NULL gives NULL; budget_min and budget_max in minor units, NULL for none; currency; urgency_rank, 0 (low) to 3 (urgent, or an emergency); requirement_bits, one bit for each type of credential that is mandatory (license 1, insurance 2, certification 4, experience 8, equipment 16). Errors: 22004; 22023 no place on the globe, budgets in the wrong order, no currency, no such rank or bits.';

CREATE OR REPLACE FUNCTION dwello.job_matches(key dwello.job_key, query dwello.job_query)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'dwello_job_matches';
GRANT EXECUTE ON FUNCTION dwello.job_matches
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.job_matches IS
'True when a job is what a query asks for: within the radius, of a category that is wanted, budgets overlap, the same currency, every mandatory credential held, published by as_of, score not over the ceiling. The operator @@@.';

CREATE OR REPLACE FUNCTION dwello.job_distance(key dwello.job_key, query dwello.job_query)
RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'dwello_job_distance';
GRANT EXECUTE ON FUNCTION dwello.job_distance
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.job_distance IS
'1 - dwello.job_score(), from 0 to 1: what an index can order by. The operator <~>.';

CREATE OR REPLACE FUNCTION dwello.job_key_consistent(internal, dwello.job_query, smallint, oid, internal)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_consistent';
COMMENT ON FUNCTION dwello.job_key_consistent IS 'GiST support of dwello.job_key_ops.';

CREATE OR REPLACE FUNCTION dwello.job_key_union(internal, internal)
RETURNS dwello.job_key
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_union';
COMMENT ON FUNCTION dwello.job_key_union IS 'GiST support of dwello.job_key_ops.';

CREATE OR REPLACE FUNCTION dwello.job_key_penalty(internal, internal, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_penalty';
COMMENT ON FUNCTION dwello.job_key_penalty IS 'GiST support of dwello.job_key_ops.';

CREATE OR REPLACE FUNCTION dwello.job_key_picksplit(internal, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_picksplit';
COMMENT ON FUNCTION dwello.job_key_picksplit IS 'GiST support of dwello.job_key_ops.';

CREATE OR REPLACE FUNCTION dwello.job_key_same(dwello.job_key, dwello.job_key, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_same';
COMMENT ON FUNCTION dwello.job_key_same IS 'GiST support of dwello.job_key_ops.';

CREATE OR REPLACE FUNCTION dwello.job_key_distance(internal, dwello.job_query, smallint, oid, internal)
RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_distance';
COMMENT ON FUNCTION dwello.job_key_distance IS 'GiST support of dwello.job_key_ops.';

CREATE OR REPLACE FUNCTION dwello.job_key_sortsupport(internal)
RETURNS void
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_sortsupport';
COMMENT ON FUNCTION dwello.job_key_sortsupport IS 'GiST support of dwello.job_key_ops.';

CREATE OR REPLACE FUNCTION dwello.job_match_selectivity(root internal, operator_id oid, arguments internal, relation integer)
RETURNS float8
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_match_selectivity';
COMMENT ON FUNCTION dwello.job_match_selectivity IS 'The planner''s estimate for @@@.';

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
'The key of an agent, a provider or a saved search in the index that a new job asks; the columns named key are made with it. Arguments: longitude and latitude in degrees, kept to 1e-7; radius_miles, above 0 and at most 12450, NULL for the query''s; area, west, south, east and north of the box of an area in degrees, before which place and radius do not count; both NULL gives NULL; category_ids, empty or NULL for all; budget_min and budget_max in minor units, NULL for no limit; currency, NULL for any; capability_bits of the credentials held, as requirement_bits of jobs, and from bit 16 of the account status, NULL for all; capability_from and capability_until, the days on which they are valid together, NULL for no limit, which do not decide a match but whether it is certain. Errors: 22004; 22023 no place on the globe, no box, no list, budgets in the wrong order, no currency.';

CREATE OR REPLACE FUNCTION dwello.agent_matches(key dwello.agent_key, query dwello.agent_query)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 10
AS 'MODULE_PATHNAME', 'dwello_agent_matches';
GRANT EXECUTE ON FUNCTION dwello.agent_matches TO dwello_service;
COMMENT ON FUNCTION dwello.agent_matches IS
'True when an agent may want a job: the job lies in its circle, or in the box of its area, a category of it is the job''s or above that (with more than eight, or by chance one time in ten thousand, another is taken for it), budgets overlap, the same currency, every mandatory credential held. The operator @@@.';

CREATE OR REPLACE FUNCTION dwello.agent_key_consistent(internal, dwello.agent_query, smallint, oid, internal)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_consistent';
COMMENT ON FUNCTION dwello.agent_key_consistent IS 'GiST support of dwello.agent_key_ops.';

CREATE OR REPLACE FUNCTION dwello.agent_key_union(internal, internal)
RETURNS dwello.agent_key
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_union';
COMMENT ON FUNCTION dwello.agent_key_union IS 'GiST support of dwello.agent_key_ops.';

CREATE OR REPLACE FUNCTION dwello.agent_key_penalty(internal, internal, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_penalty';
COMMENT ON FUNCTION dwello.agent_key_penalty IS 'GiST support of dwello.agent_key_ops.';

CREATE OR REPLACE FUNCTION dwello.agent_key_picksplit(internal, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_picksplit';
COMMENT ON FUNCTION dwello.agent_key_picksplit IS 'GiST support of dwello.agent_key_ops.';

CREATE OR REPLACE FUNCTION dwello.agent_key_same(dwello.agent_key, dwello.agent_key, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_same';
COMMENT ON FUNCTION dwello.agent_key_same IS 'GiST support of dwello.agent_key_ops.';

CREATE OR REPLACE FUNCTION dwello.agent_key_sortsupport(internal)
RETURNS void
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_sortsupport';
COMMENT ON FUNCTION dwello.agent_key_sortsupport IS 'GiST support of dwello.agent_key_ops.';

CREATE OR REPLACE FUNCTION dwello.agent_match_selectivity(internal, oid, internal, integer)
RETURNS float8
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_match_selectivity';
COMMENT ON FUNCTION dwello.agent_match_selectivity IS 'The planner''s estimate for @@@.';
