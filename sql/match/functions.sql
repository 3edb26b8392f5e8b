/*
 * Open jobs for a provider, and providers for a new job.
 */

-- ----------------------------------------------------------------------
-- Open jobs for a provider, in the order of their scores.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.job_query(
  longitude float8,
  latitude float8,
  radius_miles float8,
  as_of timestamptz,
  category_ids uuid[] DEFAULT NULL,
  fits float8[] DEFAULT NULL,
  others_fit float8 DEFAULT NULL,
  budget_min bigint DEFAULT NULL,
  budget_max bigint DEFAULT NULL,
  currency text DEFAULT 'USD',
  capabilities bigint DEFAULT 0,
  weights float8[] DEFAULT NULL,
  reference_budget float8 DEFAULT 500000,
  freshness_hours float8 DEFAULT 72,
  ceiling float8 DEFAULT NULL
)
RETURNS dwello.job_query
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_query';
GRANT EXECUTE ON FUNCTION dwello.job_query
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.job_query IS
'Prepares what jobs are matched with by @@@ and <~>. Arguments: longitude and latitude of the centre in degrees; radius_miles, over 0 and at most 12450; as_of, to which ages are taken, jobs published later do not match; category_ids, the categories wanted, those below them named, too, NULL for all; fits, from 0 to 1, one for each of them, NULL for 1; others_fit, the fit of all other categories, NULL where they do not match; budget_min and budget_max in minor units, a range that the job''s must overlap; currency, the job''s; capabilities, bits of the credentials held, as requirement_bits of dwello.job_key(); weights of nearness, budget, category, urgency and freshness, not negative and not all 0, NULL for 35, 20, 20, 10 and 15; reference_budget in minor units, a job that pays as much has the budget term 1; freshness_hours, the age at which the freshness term is 1/2, at twice that age and beyond it is 0; ceiling, from 0 to 1, jobs with a higher score do not match, NULL for none. Errors: 22004; 22023 naming the argument.';

CREATE OR REPLACE FUNCTION dwello.job_score(key dwello.job_key, query dwello.job_query)
RETURNS float8
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 20
AS 'MODULE_PATHNAME', 'dwello_job_score';
GRANT EXECUTE ON FUNCTION dwello.job_score
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.job_score IS
'How well a job suits, from 0 to 1: the sum of five terms times their weights. nearness = 1 - distance / radius; budget = budget_max (else budget_min) / reference_budget, at most 1; category = its fit; urgency = rank / 3; freshness = 1 - age / (2 * freshness_hours), at least 0.';

CREATE OR REPLACE FUNCTION dwello.match_jobs(
  provider_id uuid DEFAULT NULL,
  INOUT as_of timestamptz DEFAULT NULL,
  after_score float8 DEFAULT NULL,
  after_id uuid DEFAULT NULL,
  max_results integer DEFAULT 20,
  radius_miles float8 DEFAULT NULL,
  category_ids uuid[] DEFAULT NULL,
  INOUT budget_min bigint DEFAULT NULL,
  INOUT budget_max bigint DEFAULT NULL,
  INOUT currency text DEFAULT 'USD',
  weights jsonb DEFAULT NULL,
  OUT job_id uuid,
  OUT score float8,
  OUT distance_miles float8,
  OUT category_id uuid,
  OUT title text,
  OUT urgency dwello.urgency,
  OUT longitude float8,
  OUT latitude float8,
  OUT published_at timestamptz
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER COST 2000 ROWS 20
AS 'MODULE_PATHNAME', 'dwello_match_jobs';
GRANT EXECUTE ON FUNCTION dwello.match_jobs
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.match_jobs IS
'The open jobs that suit a provider best, by falling score, then by job_id. Arguments: provider_id, NULL for the caller, another only for the service and administrators; as_of, the time to which ages are taken, NULL for now; as_of, after_score and after_id together, from the last row of the page before, for the next page; max_results, 1 to 500 rows; radius_miles round his primary address (else any of his), over 0 and at most 12450, NULL for that of his agent, else the setting match_radius_miles; category_ids, with all categories below them, a level below fits 0.8 times as well; NULL for all, of which those that his agent prefers fit, the others do not; budget_min and budget_max in minor units, a range that the job''s must overlap, the latter also the budget that counts in full (else the setting match_budget_reference); currency, the job''s; weights, a JSON object of numbers by the names nearness, budget, category, urgency, freshness, what is left out is 0, NULL for the settings. Never shown: jobs that are not open and listed, that expired, that were published after as_of, that ask for a credential of a type he does not hold verified, and his own. Returns job_id, score from 0 to 1 (see dwello.job_score()), distance_miles to the rounded place, and of the job category_id, title, urgency, budgets, currency, longitude, latitude, published_at; as_of for the next page. Errors: WD402, WD401, 42501; 22004; 22001; 22023 a number out of range or NaN, as_of in the future, a cursor without one of its three parts, no element or an unknown category in category_ids, no currency, weights that are negative or all 0, a provider without an address; 42501 another provider; P0002 no such provider.';

CREATE OR REPLACE FUNCTION dwello.explain_match(
  provider_id uuid DEFAULT NULL,
  job_id uuid DEFAULT NULL,
  OUT term text,
  OUT value float8,
  OUT weight float8,
  OUT points float8,
  OUT score float8,
  OUT distance_miles float8,
  OUT matches boolean,
  OUT reasons text[]
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 5
AS 'MODULE_PATHNAME', 'dwello_explain_match';
GRANT EXECUTE ON FUNCTION dwello.explain_match
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.explain_match IS
'Why dwello.match_jobs() shows a job to a provider where it does, as of now and with nothing else asked for; or why it does not. Arguments: provider_id, NULL for the caller, another only for the service and administrators; job_id. Returns a row for each term, in the order nearness, budget, category, urgency, freshness: term, value from 0 to 1, weight (they sum to 1), points = weight times value; and on every row score, the sum of the points, distance_miles, matches, and reasons, empty when it matches: NOT_OPEN, EXPIRED, OWN_JOB, TOO_FAR, CREDENTIAL_MISSING. value, points, score and distance_miles are NULL for a job that was never published. Errors: WD402, WD401, 42501; 22004 no job_id, or no provider_id where the caller is none; 42501 another provider; P0002 no such provider or job, or none that the caller may see; 22023 the provider has no address.';

-- ----------------------------------------------------------------------
-- Which agents and providers a new job is for.
-- ----------------------------------------------------------------------

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
GRANT EXECUTE ON FUNCTION dwello.agent_query
  TO dwello_service;
COMMENT ON FUNCTION dwello.agent_query IS
'Prepares what a job asks with by @@@. Arguments: longitude and latitude of the job in degrees; radius_miles, for keys without one of their own, NULL for none; category_ids, the job''s category and all above it, 1 to 10; budget_min and budget_max in minor units, NULL for none; currency; requirement_bits of the mandatory credentials, NULL for none. Errors: 22004; 22023 naming the argument.';

CREATE OR REPLACE FUNCTION dwello.match_agents(job_id uuid, OUT agent_id uuid, OUT distance_miles float8)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_match_agents';
GRANT EXECUTE ON FUNCTION dwello.match_agents TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.match_agents IS
'Every agent that a job reaches. For administrators and the system. Argument: job_id. An agent is reached when it is active, its provider is active and verified and not the homeowner, the job is within its radius (and max_bid_radius_miles of the settings) of his primary address and inside his service area if he has drawn one, the job''s category or one above it is among its preferred_categories (if it has none, among those that his specialties name; if they name none, any), budgets overlap in its currency, and he holds a verified credential of each mandatory type that is valid through the planned end. Returns agent_id (the provider''s user id) and distance_miles along the sphere from his address to the place that is shown, ordered by agent_id; no rows for a job that is not open to all, or past expires_at. Errors: WD402, WD401; 42501 another role; 22004; P0002 no such job.';

CREATE OR REPLACE FUNCTION dwello.match_providers(job_id uuid, OUT provider_id uuid, OUT distance_miles float8)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_match_providers';
GRANT EXECUTE ON FUNCTION dwello.match_providers TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.match_providers IS
'Every provider whom a job reaches, whether or not he has an agent. For administrators and the system. Argument: job_id. A provider is reached when he is active and verified and not the homeowner, the job is inside the service area that he has drawn, else within the radius of his agent if he has one, else within match_radius_miles of the settings, in any case within max_bid_radius_miles, of his primary address; the job''s category or one above it is among those that his specialties name (if they name none, any); and he holds a verified credential of each mandatory type that is valid through the planned end. Returns provider_id and distance_miles along the sphere from his address to the place that is shown, ordered by provider_id; no rows for a job that is not open to all, or past expires_at. Errors: WD402, WD401; 42501 another role; 22004; P0002 no such job.';

CREATE OR REPLACE FUNCTION dwello.refresh_matching(max_rows integer DEFAULT 1000) RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_refresh_matching';
GRANT EXECUTE ON FUNCTION dwello.refresh_matching TO dwello_service;
COMMENT ON FUNCTION dwello.refresh_matching IS
'Repairs the columns by which providers and their agents are matched, for up to max_rows (1 to 100000) users in whom they differ from what they are made of. The commands keep them; this is for rows that were written past the commands, and after a category got another name (specialties name categories). Returns the number of users repaired; call it again until it is 0. For dwello_service. Errors: 42501 with a token; 22004, 22023 max_rows; 25006 on a standby.';
