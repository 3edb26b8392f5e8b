/*
 * Whom a new job reaches.
 */

-- ----------------------------------------------------------------------
-- The audience of a new job: agents and providers.
-- ----------------------------------------------------------------------

/*
 * agent_query
 *	Prepares what a job asks agents with by @@@.
 *
 * role: service
 * args:
 *	longitude: degrees east of the job
 *	latitude: degrees north of the job
 *	radius_miles: for keys without one of their own; NULL for none
 *	category_ids: the job's category and all above it, 1 to 10
 *	budget_min: in minor units; NULL for none
 *	budget_max: in minor units; NULL for none
 *	currency: the job's
 *	requirement_bits: of the mandatory credentials; NULL for none
 * returns: the query
 * errors:
 *	22004
 *	22023: a value out of range; the message names the argument
 * example: system
 *	SELECT count(*) AS agents
 *	  FROM dwello.ai_bidding_agents AS a
 *	 WHERE a.key OPERATOR(dwello.@@@) dwello.agent_query(longitude => -122.42, latitude => 37.77, radius_miles => 25,
 *	    category_ids => ARRAY['d0000000-0000-7000-8000-000000000011']::uuid[],
 *	    budget_min => 80000, budget_max => 120000, currency => 'USD', requirement_bits => 0);
 */
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
  'Prepares what a job asks agents with by @@@. Errors: 22004, 22023. See reference.md#agent_query.';

/*
 * match_agents
 *	The agents in the audience of a job. An agent is in it when it is
 *	active, its provider is active and verified and not the homeowner, the
 *	job is within its radius (and max_bid_radius_miles of the settings) of
 *	the provider's primary address and inside the service area if one is
 *	drawn, the job's category or one above it is among its
 *	preferred_categories (if it has none, among the provider's; if they
 *	have none either, it is in no audience), budgets overlap in its
 *	currency, and
 *	the provider holds a verified credential of each mandatory type that
 *	is valid through the planned end.
 *
 *	For administrators and the system.
 *
 * role: app, service, admin
 * args:
 *	job_id
 * returns: rows by agent_id; none for a job that is not open to all, or past expires_at
 *	agent_id: the provider's user id
 *	distance_miles: whole miles, halves up, along the sphere between the
 *	  rounded places of both
 * errors:
 *	WD402 WD401
 *	42501: another role
 *	22004
 *	P0002: no such job
 * example: admin
 *	SELECT agent_id, distance_miles
 *	  FROM dwello.match_agents(job_id => 'de000000-0000-7000-8000-000000000011');
 */
CREATE OR REPLACE FUNCTION dwello.match_agents(job_id uuid, OUT agent_id uuid, OUT distance_miles float8)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_match_agents';
GRANT EXECUTE ON FUNCTION dwello.match_agents TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.match_agents IS
  'The agents in the audience of a job. Errors: WD402, WD401, 42501, 22004, P0002. See reference.md#match_agents.';

/*
 * match_providers
 *	The providers in the audience of a job, with an agent or without. A
 *	provider is in it when active, verified and not the homeowner, the job
 *	is inside the service area that is drawn, else within the radius of
 *	the provider's agent, else within match_radius_miles of the settings,
 *	in any case within max_bid_radius_miles, of the primary address; the
 *	job's category or one above it is among theirs: those they have
 *	chosen, else those that the words of their specialties name, else
 *	none; and the provider holds a verified
 *	credential of each mandatory type that is valid through the planned
 *	end.
 *
 *	For administrators and the system.
 *
 * role: app, service, admin
 * args:
 *	job_id
 * returns: rows by provider_id; none for a job that is not open to all, or past expires_at
 *	provider_id: the provider
 *	distance_miles: whole miles, halves up, along the sphere between the
 *	  rounded places of both
 * errors:
 *	WD402 WD401
 *	42501: another role
 *	22004
 *	P0002: no such job
 * example: admin
 *	SELECT provider_id, distance_miles
 *	  FROM dwello.match_providers(job_id => 'de000000-0000-7000-8000-000000000013');
 */
CREATE OR REPLACE FUNCTION dwello.match_providers(job_id uuid, OUT provider_id uuid, OUT distance_miles float8)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_match_providers';
GRANT EXECUTE ON FUNCTION dwello.match_providers TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.match_providers IS
  'The providers in the audience of a job, with an agent or without. Errors: WD402, WD401, 42501, 22004, P0002. See reference.md#match_providers.';

/*
 * refresh_matching
 *	Repairs the columns by which providers and their agents are matched,
 *	where they differ from what they are made of. The commands keep them;
 *	this is for rows that were written past the commands, and after a
 *	category got another name (words of specialties may name it).
 *
 * role: service
 * args:
 *	max_rows: 1 to 100000 users at most
 * returns: the number of users repaired; call it again until it is 0
 * errors:
 *	42501: the caller is not the system
 *	22004
 *	22023: max_rows is out of range
 *	25006
 * example: system
 *	SELECT dwello.refresh_matching(max_rows => 100);
 */
CREATE OR REPLACE FUNCTION dwello.refresh_matching(max_rows integer DEFAULT 1000) RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_refresh_matching';
GRANT EXECUTE ON FUNCTION dwello.refresh_matching TO dwello_service;
COMMENT ON FUNCTION dwello.refresh_matching IS
  'Repairs the columns by which providers and their agents are matched, where they differ from what they are made of. Errors: 42501, 22004, 22023, 25006. See reference.md#refresh_matching.';
