/*
 * The types of the index that a new job asks for agents, providers and saved
 * searches: as those of 02_key.sql, made by functions of plain values alone.
 */
CREATE TYPE dwello.agent_key;
CREATE TYPE dwello.agent_query;

CREATE FUNCTION dwello.agent_key_in(cstring)
RETURNS dwello.agent_key
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_in';
COMMENT ON FUNCTION dwello.agent_key_in(cstring) IS 'Refuses: an agent_key is made by dwello.agent_key(). Errors: 0A000.';

CREATE FUNCTION dwello.agent_key_out(dwello.agent_key)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_key_out';
COMMENT ON FUNCTION dwello.agent_key_out(dwello.agent_key) IS 'Circle, point or box of a key, for people.';

CREATE FUNCTION dwello.agent_query_in(cstring)
RETURNS dwello.agent_query
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_query_in';
COMMENT ON FUNCTION dwello.agent_query_in(cstring) IS 'Refuses: an agent_query is made by dwello.agent_query(). Errors: 0A000.';

CREATE FUNCTION dwello.agent_query_out(dwello.agent_query)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_agent_query_out';
COMMENT ON FUNCTION dwello.agent_query_out(dwello.agent_query) IS 'Place of a query, for people.';

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
