/*
 * Types that only indexes and their queries use.  They are made by functions
 * of plain values, so a stored one is always a generated column, and a dump
 * and restore computes it anew.
 */
CREATE TYPE dwello.job_key;
CREATE TYPE dwello.job_query;

CREATE FUNCTION dwello.job_key_in(cstring)
RETURNS dwello.job_key
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_in';
COMMENT ON FUNCTION dwello.job_key_in(cstring) IS 'Refuses: a job_key is made by dwello.job_key(). Errors: 0A000.';

CREATE FUNCTION dwello.job_key_out(dwello.job_key)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_key_out';
COMMENT ON FUNCTION dwello.job_key_out(dwello.job_key) IS 'Place and category of a key, for people.';

CREATE FUNCTION dwello.job_query_in(cstring)
RETURNS dwello.job_query
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_query_in';
COMMENT ON FUNCTION dwello.job_query_in(cstring) IS 'Refuses: a job_query is made by dwello.job_query(). Errors: 0A000.';

CREATE FUNCTION dwello.job_query_out(dwello.job_query)
RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_job_query_out';
COMMENT ON FUNCTION dwello.job_query_out(dwello.job_query) IS 'Centre and radius of a query, for people.';

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
