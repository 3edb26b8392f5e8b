/*
 * Types that only indexes and their queries use.  They are made by functions
 * of plain values; a stored one of ours is a generated column, and a dump and
 * restore computes it anew.  jobs have a job_key; agents, providers and
 * saved searches, which a new job asks, have an agent_key.
 */
CREATE TYPE dwello.job_key;

CREATE TYPE dwello.job_query;

/*
 * job_key_in
 *	Reads a key from the hexadecimal digits of its binary form.
 *
 * role: owner
 * errors:
 *	22P02: no such text, or a value out of range
 */
CREATE FUNCTION dwello.job_key_in(cstring)
RETURNS dwello.job_key
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_in';
COMMENT ON FUNCTION dwello.job_key_in IS
  'Reads a key from the hexadecimal digits of its binary form. Errors: 22P02.';

/*
 * job_key_out
 *	Writes a key in the hexadecimal digits of its binary form; what an index
 *	keeps of many jobs, which is no key, by its box in brackets.
 *
 * role: owner
 */
CREATE FUNCTION dwello.job_key_out(dwello.job_key)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_out';
COMMENT ON FUNCTION dwello.job_key_out IS
  'Writes a key in the hexadecimal digits of its binary form; what an index keeps of many jobs, which is no key, by its box in brackets.';

/*
 * job_key_recv
 *	Reads a key in binary as job_key_send() writes it.
 *
 * role: owner
 * errors:
 *	22P03: no such value, or one out of range
 */
CREATE FUNCTION dwello.job_key_recv(internal)
RETURNS dwello.job_key
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_recv';
COMMENT ON FUNCTION dwello.job_key_recv IS
  'Reads a key in binary as job_key_send() writes it. Errors: 22P03.';

/*
 * job_key_send
 *	Writes a key in binary. Words of eight bytes in network order: 1 (the
 *	version of the form), longitude and latitude in 1e-7 degree, category_id
 *	in two, published_at in microseconds since 2000, budget_min, budget_max,
 *	code of the currency, urgency_rank, requirement_bits.
 *
 * role: owner
 */
CREATE FUNCTION dwello.job_key_send(dwello.job_key)
RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_send';
COMMENT ON FUNCTION dwello.job_key_send IS
  'Writes a key in binary.';

/*
 * job_query_in
 *	Reads a query from the hexadecimal digits of its binary form.
 *
 * role: owner
 * errors:
 *	22P02: no such text, or a value out of range
 */
CREATE FUNCTION dwello.job_query_in(cstring)
RETURNS dwello.job_query
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_query_in';
COMMENT ON FUNCTION dwello.job_query_in IS
  'Reads a query from the hexadecimal digits of its binary form. Errors: 22P02.';

/*
 * job_query_out
 *	Writes a query in the hexadecimal digits of its binary form.
 *
 * role: owner
 */
CREATE FUNCTION dwello.job_query_out(dwello.job_query)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_query_out';
COMMENT ON FUNCTION dwello.job_query_out IS
  'Writes a query in the hexadecimal digits of its binary form.';

/*
 * job_query_recv
 *	Reads a query in binary as job_query_send() writes it.
 *
 * role: owner
 * errors:
 *	22P03: no such value, or one out of range
 */
CREATE FUNCTION dwello.job_query_recv(internal)
RETURNS dwello.job_query
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_query_recv';
COMMENT ON FUNCTION dwello.job_query_recv IS
  'Reads a query in binary as job_query_send() writes it. Errors: 22P03.';

/*
 * job_query_send
 *	Writes a query in binary. Words of eight bytes in network order: 1 (the
 *	version of the form), slots for categories (0 or a power of 2), number
 *	of categories, at most half of that, each with its fit, longitude,
 *	latitude, radius in metres, as_of in microseconds since 2000,
 *	budget_min, budget_max, code of the currency, capabilities, the five
 *	weights with the sum 1, the inverses of the reference budget and of
 *	twice the freshness in microseconds, fit of other categories (-1: they
 *	do not match), ceiling (2: none).
 *
 * role: owner
 */
CREATE FUNCTION dwello.job_query_send(dwello.job_query)
RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_query_send';
COMMENT ON FUNCTION dwello.job_query_send IS
  'Writes a query in binary.';

CREATE TYPE dwello.job_key (
  INPUT = dwello.job_key_in,
  OUTPUT = dwello.job_key_out,
  RECEIVE = dwello.job_key_recv,
  SEND = dwello.job_key_send,
  INTERNALLENGTH = 56,
  ALIGNMENT = double,
  STORAGE = plain
);
COMMENT ON TYPE dwello.job_key IS
  'What the index on open jobs knows of a job: place, category, time of publication, budget, currency, urgency, required credentials.';

CREATE TYPE dwello.job_query (
  INPUT = dwello.job_query_in,
  OUTPUT = dwello.job_query_out,
  RECEIVE = dwello.job_query_recv,
  SEND = dwello.job_query_send,
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
 *	Reads a key from the hexadecimal digits of its binary form.
 *
 * role: owner
 * errors:
 *	22P02: no such text, or a value out of range
 */
CREATE FUNCTION dwello.agent_key_in(cstring)
RETURNS dwello.agent_key
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_in';
COMMENT ON FUNCTION dwello.agent_key_in IS
  'Reads a key from the hexadecimal digits of its binary form. Errors: 22P02.';

/*
 * agent_key_out
 *	Writes a key in the hexadecimal digits of its binary form; what an index
 *	keeps of many, which is no key, by its box in brackets.
 *
 * role: owner
 */
CREATE FUNCTION dwello.agent_key_out(dwello.agent_key)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_out';
COMMENT ON FUNCTION dwello.agent_key_out IS
  'Writes a key in the hexadecimal digits of its binary form; what an index keeps of many, which is no key, by its box in brackets.';

/*
 * agent_key_recv
 *	Reads a key in binary as agent_key_send() writes it.
 *
 * role: owner
 * errors:
 *	22P03: no such value, or one out of range
 */
CREATE FUNCTION dwello.agent_key_recv(internal)
RETURNS dwello.agent_key
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_recv';
COMMENT ON FUNCTION dwello.agent_key_recv IS
  'Reads a key in binary as agent_key_send() writes it. Errors: 22P03.';

/*
 * agent_key_send
 *	Writes a key in binary. Words of eight bytes in network order: 1 (the
 *	version of the form), 0 for a circle, 1 for a point, 2 for an area, its
 *	place in 1e-7 degree (longitude, latitude and, of a circle, the radius
 *	in metres; of an area west, east, south, north), category bits, number
 *	of tags and these, 1 when there are more categories, budget_min,
 *	budget_max, code of the currency (65535: any), capability_bits, and the
 *	first and the last day in days since 2000.
 *
 * role: owner
 */
CREATE FUNCTION dwello.agent_key_send(dwello.agent_key)
RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_send';
COMMENT ON FUNCTION dwello.agent_key_send IS
  'Writes a key in binary.';

/*
 * agent_query_in
 *	Reads a query from the hexadecimal digits of its binary form.
 *
 * role: owner
 * errors:
 *	22P02: no such text, or a value out of range
 */
CREATE FUNCTION dwello.agent_query_in(cstring)
RETURNS dwello.agent_query
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_query_in';
COMMENT ON FUNCTION dwello.agent_query_in IS
  'Reads a query from the hexadecimal digits of its binary form. Errors: 22P02.';

/*
 * agent_query_out
 *	Writes a query in the hexadecimal digits of its binary form.
 *
 * role: owner
 */
CREATE FUNCTION dwello.agent_query_out(dwello.agent_query)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_query_out';
COMMENT ON FUNCTION dwello.agent_query_out IS
  'Writes a query in the hexadecimal digits of its binary form.';

/*
 * agent_query_recv
 *	Reads a query in binary as agent_query_send() writes it.
 *
 * role: owner
 * errors:
 *	22P03: no such value, or one out of range
 */
CREATE FUNCTION dwello.agent_query_recv(internal)
RETURNS dwello.agent_query
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_query_recv';
COMMENT ON FUNCTION dwello.agent_query_recv IS
  'Reads a query in binary as agent_query_send() writes it. Errors: 22P03.';

/*
 * agent_query_send
 *	Writes a query in binary. Words of eight bytes in network order: 1 (the
 *	version of the form), longitude, latitude, radius in metres, category
 *	bits, number of tags and these, budget_min, budget_max, code of the
 *	currency, requirement_bits, and the day in days since 2000.
 *
 * role: owner
 */
CREATE FUNCTION dwello.agent_query_send(dwello.agent_query)
RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_query_send';
COMMENT ON FUNCTION dwello.agent_query_send IS
  'Writes a query in binary.';

CREATE TYPE dwello.agent_key (
  INPUT = dwello.agent_key_in,
  OUTPUT = dwello.agent_key_out,
  RECEIVE = dwello.agent_key_recv,
  SEND = dwello.agent_key_send,
  INTERNALLENGTH = 72,
  ALIGNMENT = double,
  STORAGE = plain
);
COMMENT ON TYPE dwello.agent_key IS
  'What the index of agents, providers and saved searches knows of one: where it wants jobs, categories, budgets, currency, credentials held.';

CREATE TYPE dwello.agent_query (
  INPUT = dwello.agent_query_in,
  OUTPUT = dwello.agent_query_out,
  RECEIVE = dwello.agent_query_recv,
  SEND = dwello.agent_query_send,
  INTERNALLENGTH = 104,
  ALIGNMENT = double,
  STORAGE = plain
);
COMMENT ON TYPE dwello.agent_query IS
  'What a new job asks that index with, prepared: place, category and those above it, budget, currency, mandatory credentials.';
