/*
 * Types that only indexes and their queries use.  They are made by functions
 * of plain values, so a stored one is always a generated column, and a dump
 * and restore computes it anew.  jobs have a job_key; agents, providers and
 * saved searches, which a new job asks, have an agent_key.
 */
CREATE TYPE dwello.job_key;

CREATE TYPE dwello.job_query;

/*
 * job_key_in
 *	Rejects any text: a job_key is made by dwello.job_key().
 *
 * role: owner
 * errors:
 *	0A000: always
 */
CREATE FUNCTION dwello.job_key_in(cstring)
RETURNS dwello.job_key
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_in';
COMMENT ON FUNCTION dwello.job_key_in IS
  'Rejects any text: a job_key is made by dwello.job_key(). Errors: 0A000.';

/*
 * job_key_out
 *	Place and category of a key, for people.
 *
 * role: owner
 */
CREATE FUNCTION dwello.job_key_out(dwello.job_key)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_out';
COMMENT ON FUNCTION dwello.job_key_out IS
  'Place and category of a key, for people.';

/*
 * job_query_in
 *	Rejects any text: a job_query is made by dwello.job_query().
 *
 * role: owner
 * errors:
 *	0A000: always
 */
CREATE FUNCTION dwello.job_query_in(cstring)
RETURNS dwello.job_query
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_query_in';
COMMENT ON FUNCTION dwello.job_query_in IS
  'Rejects any text: a job_query is made by dwello.job_query(). Errors: 0A000.';

/*
 * job_query_out
 *	Centre and radius of a query, for people.
 *
 * role: owner
 */
CREATE FUNCTION dwello.job_query_out(dwello.job_query)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_query_out';
COMMENT ON FUNCTION dwello.job_query_out IS
  'Centre and radius of a query, for people.';

CREATE TYPE dwello.job_key (
  INPUT = dwello.job_key_in,
  OUTPUT = dwello.job_key_out,
  INTERNALLENGTH = 56,
  ALIGNMENT = double,
  STORAGE = plain
);
COMMENT ON TYPE dwello.job_key IS
  'What the index on open jobs knows of a job: place, category, time of publication, budget, currency, urgency, required credentials.';

CREATE TYPE dwello.job_query (
  INPUT = dwello.job_query_in,
  OUTPUT = dwello.job_query_out,
  INTERNALLENGTH = VARIABLE,
  ALIGNMENT = double,
  STORAGE = plain
);
COMMENT ON TYPE dwello.job_query IS
  'What a provider asks of jobs, prepared: circle, categories with their fits, budget, currency, credentials, weights of the score.';

CREATE TYPE dwello.agent_key;

CREATE TYPE dwello.agent_query;

/*
 * agent_key_in
 *	Rejects any text: an agent_key is made by dwello.agent_key().
 *
 * role: owner
 * errors:
 *	0A000: always
 */
CREATE FUNCTION dwello.agent_key_in(cstring)
RETURNS dwello.agent_key
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_in';
COMMENT ON FUNCTION dwello.agent_key_in IS
  'Rejects any text: an agent_key is made by dwello.agent_key(). Errors: 0A000.';

/*
 * agent_key_out
 *	Circle, point or box of a key, for people.
 *
 * role: owner
 */
CREATE FUNCTION dwello.agent_key_out(dwello.agent_key)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_out';
COMMENT ON FUNCTION dwello.agent_key_out IS
  'Circle, point or box of a key, for people.';

/*
 * agent_query_in
 *	Rejects any text: an agent_query is made by dwello.agent_query().
 *
 * role: owner
 * errors:
 *	0A000: always
 */
CREATE FUNCTION dwello.agent_query_in(cstring)
RETURNS dwello.agent_query
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_query_in';
COMMENT ON FUNCTION dwello.agent_query_in IS
  'Rejects any text: an agent_query is made by dwello.agent_query(). Errors: 0A000.';

/*
 * agent_query_out
 *	Place of a query, for people.
 *
 * role: owner
 */
CREATE FUNCTION dwello.agent_query_out(dwello.agent_query)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_query_out';
COMMENT ON FUNCTION dwello.agent_query_out IS
  'Place of a query, for people.';

CREATE TYPE dwello.agent_key (
  INPUT = dwello.agent_key_in,
  OUTPUT = dwello.agent_key_out,
  INTERNALLENGTH = 72,
  ALIGNMENT = double,
  STORAGE = plain
);
COMMENT ON TYPE dwello.agent_key IS
  'What the index of agents, providers and saved searches knows of one: where it wants jobs, categories, budgets, currency, credentials held.';

CREATE TYPE dwello.agent_query (
  INPUT = dwello.agent_query_in,
  OUTPUT = dwello.agent_query_out,
  INTERNALLENGTH = 104,
  ALIGNMENT = double,
  STORAGE = plain
);
COMMENT ON TYPE dwello.agent_query IS
  'What a new job asks that index with, prepared: place, category and those above it, budget, currency, mandatory credentials.';
