-- reach.sql
--   Whom a new job reaches: agents, providers, saved searches.

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
GRANT EXECUTE ON FUNCTION dwello.agent_key(float8, float8, float8, float8[], uuid[], bigint, bigint, text, bigint, date, date)
  TO dwello_service;
COMMENT ON FUNCTION dwello.agent_key(float8, float8, float8, float8[], uuid[], bigint, bigint, text, bigint, date, date) IS
'The key of an agent, a provider or a saved search in the index that a new job asks; the columns named key are made with it. Arguments: longitude and latitude in degrees, kept to 1e-7; radius_miles, above 0 and at most 12450, NULL for the query''s; area, west, south, east and north of the box of an area in degrees, before which place and radius do not count; both NULL gives NULL; category_ids, empty or NULL for all; budget_min and budget_max in minor units, NULL for no limit; currency, NULL for any; capability_bits of the credentials held, as requirement_bits of jobs, and from bit 16 of standing, NULL for all; capability_from and capability_until, the days on which they are valid together, NULL for no limit, which do not decide a match but whether it is certain. Errors: 22004; 22023 no place on the globe, no box, no list, budgets in the wrong order, no currency.';

CREATE OR REPLACE FUNCTION dwello.agent_query(
  longitude float8,
  latitude float8,
  radius_miles float8,
  category_ids uuid[],
  budget_min bigint,
  budget_max bigint,
  currency text,
  requirement_bits bigint
)
RETURNS dwello.agent_query
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_query';
GRANT EXECUTE ON FUNCTION dwello.agent_query(float8, float8, float8, uuid[], bigint, bigint, text, bigint)
  TO dwello_service;
COMMENT ON FUNCTION dwello.agent_query(float8, float8, float8, uuid[], bigint, bigint, text, bigint) IS
'Prepares what a job asks with by @@@. Arguments: longitude and latitude of the job in degrees; radius_miles, for keys without one of their own, NULL for none; category_ids, the job''s category and all above it, 1 to 10; budget_min and budget_max in minor units, NULL for none; currency; requirement_bits of the mandatory credentials, NULL for none. Errors: 22004; 22023 naming the argument.';

CREATE OR REPLACE FUNCTION dwello.agent_matches(key dwello.agent_key, query dwello.agent_query)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 10
AS 'MODULE_PATHNAME', 'dwello_agent_matches';
GRANT EXECUTE ON FUNCTION dwello.agent_matches(dwello.agent_key, dwello.agent_query) TO dwello_service;
COMMENT ON FUNCTION dwello.agent_matches(dwello.agent_key, dwello.agent_query) IS
'True when an agent may want a job: the job lies in its circle, or in the box of its area, a category of it is the job''s or above that (with more than eight, or by chance one time in ten thousand, another is taken for it), budgets overlap, the same currency, every mandatory credential held. The operator @@@.';

CREATE OR REPLACE FUNCTION dwello.agent_key_consistent(internal, dwello.agent_query, smallint, oid, internal)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_consistent';
COMMENT ON FUNCTION dwello.agent_key_consistent(internal, dwello.agent_query, smallint, oid, internal) IS 'GiST support of dwello.agent_key_ops.';

CREATE OR REPLACE FUNCTION dwello.agent_key_union(internal, internal)
RETURNS dwello.agent_key
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_union';
COMMENT ON FUNCTION dwello.agent_key_union(internal, internal) IS 'GiST support of dwello.agent_key_ops.';

CREATE OR REPLACE FUNCTION dwello.agent_key_penalty(internal, internal, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_penalty';
COMMENT ON FUNCTION dwello.agent_key_penalty(internal, internal, internal) IS 'GiST support of dwello.agent_key_ops.';

CREATE OR REPLACE FUNCTION dwello.agent_key_picksplit(internal, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_picksplit';
COMMENT ON FUNCTION dwello.agent_key_picksplit(internal, internal) IS 'GiST support of dwello.agent_key_ops.';

CREATE OR REPLACE FUNCTION dwello.agent_key_same(dwello.agent_key, dwello.agent_key, internal)
RETURNS internal
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_same';
COMMENT ON FUNCTION dwello.agent_key_same(dwello.agent_key, dwello.agent_key, internal) IS 'GiST support of dwello.agent_key_ops.';

CREATE OR REPLACE FUNCTION dwello.agent_key_sortsupport(internal)
RETURNS void
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_sortsupport';
COMMENT ON FUNCTION dwello.agent_key_sortsupport(internal) IS 'GiST support of dwello.agent_key_ops.';

CREATE OR REPLACE FUNCTION dwello.agent_match_selectivity(internal, oid, internal, integer)
RETURNS float8
LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_match_selectivity';
COMMENT ON FUNCTION dwello.agent_match_selectivity(internal, oid, internal, integer) IS 'The planner''s estimate for @@@.';

CREATE OR REPLACE FUNCTION dwello.match_agents(job_id uuid, OUT agent_id uuid, OUT distance_miles float8)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_match_agents';
GRANT EXECUTE ON FUNCTION dwello.match_agents(uuid) TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.match_agents(uuid) IS
'Every agent that a job reaches. For administrators and the system. Argument: job_id. An agent is reached when it is active, its provider is active and verified and not the homeowner, the job is within its radius (and max_bid_radius_miles of the settings) of his primary address and inside his service area if he has drawn one, the job''s category or one above it is among its preferred_categories (if it has none, among those that his specialties name; if they name none, any), budgets overlap in its currency, and he holds a verified credential of each mandatory type that is valid through the planned end. Returns agent_id (the provider''s user id) and distance_miles along the sphere from his address to the place that is shown, ordered by agent_id; no rows for a job that is not open to all, or past expires_at. Errors: WD402, WD401; 42501 another role; 22004; P0002 no such job.';

CREATE OR REPLACE FUNCTION dwello.match_providers(job_id uuid, OUT provider_id uuid, OUT distance_miles float8)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_match_providers';
GRANT EXECUTE ON FUNCTION dwello.match_providers(uuid) TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.match_providers(uuid) IS
'Every provider whom a job reaches, whether or not he has an agent. For administrators and the system. Argument: job_id. A provider is reached when he is active and verified and not the homeowner, the job is inside the service area that he has drawn, else within the radius of his agent if he has one, else within match_radius_miles of the settings, in any case within max_bid_radius_miles, of his primary address; the job''s category or one above it is among those that his specialties name (if they name none, any); and he holds a verified credential of each mandatory type that is valid through the planned end. Returns provider_id and distance_miles along the sphere from his address to the place that is shown, ordered by provider_id; no rows for a job that is not open to all, or past expires_at. Errors: WD402, WD401; 42501 another role; 22004; P0002 no such job.';

CREATE OR REPLACE FUNCTION dwello.refresh_matching(max_rows integer DEFAULT 1000) RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_refresh_matching';
GRANT EXECUTE ON FUNCTION dwello.refresh_matching(integer) TO dwello_service;
COMMENT ON FUNCTION dwello.refresh_matching(integer) IS
'Repairs the columns by which providers and their agents are matched, for up to max_rows (1 to 100000) users in whom they differ from what they are made of. The commands keep them; this is for rows that were written past the commands, and after a category got another name (specialties name categories). Returns the number of users repaired; call it again until it is 0. For dwello_service. Errors: 42501 with a token; 22004, 22023 max_rows; 25006 on a standby.';
