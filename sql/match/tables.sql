/*
 * Operators of keys and queries, and the index method's classes of them.
 */
CREATE OPERATOR dwello.@@@ (
  LEFTARG = dwello.job_key,
  RIGHTARG = dwello.job_query,
  FUNCTION = dwello.job_matches,
  RESTRICT = dwello.job_match_selectivity,
  JOIN = pg_catalog.contjoinsel
);
COMMENT ON OPERATOR dwello.@@@ (dwello.job_key, dwello.job_query) IS 'The job is what the query asks for.';

CREATE OPERATOR dwello.<~> (
  LEFTARG = dwello.job_key,
  RIGHTARG = dwello.job_query,
  FUNCTION = dwello.job_distance
);
COMMENT ON OPERATOR dwello.<~> (dwello.job_key, dwello.job_query) IS '1 - the score of the job for the query.';

CREATE OPERATOR CLASS dwello.job_key_ops
  DEFAULT FOR TYPE dwello.job_key USING gist AS
  OPERATOR 1 dwello.@@@ (dwello.job_key, dwello.job_query),
  OPERATOR 2 dwello.<~> (dwello.job_key, dwello.job_query) FOR ORDER BY pg_catalog.float_ops,
  FUNCTION 1 dwello.job_key_consistent(internal, dwello.job_query, smallint, oid, internal),
  FUNCTION 2 dwello.job_key_union(internal, internal),
  FUNCTION 5 dwello.job_key_penalty(internal, internal, internal),
  FUNCTION 6 dwello.job_key_picksplit(internal, internal),
  FUNCTION 7 dwello.job_key_same(dwello.job_key, dwello.job_key, internal),
  FUNCTION 8 dwello.job_key_distance(internal, dwello.job_query, smallint, oid, internal),
  FUNCTION 11 dwello.job_key_sortsupport(internal);
COMMENT ON OPERATOR CLASS dwello.job_key_ops USING gist IS 'Jobs that a query asks for, the best first.';

CREATE OPERATOR dwello.@@@ (
  LEFTARG = dwello.agent_key,
  RIGHTARG = dwello.agent_query,
  FUNCTION = dwello.agent_matches,
  RESTRICT = dwello.agent_match_selectivity,
  JOIN = pg_catalog.contjoinsel
);
COMMENT ON OPERATOR dwello.@@@ (dwello.agent_key, dwello.agent_query) IS 'The agent may want the job.';

CREATE OPERATOR CLASS dwello.agent_key_ops
  DEFAULT FOR TYPE dwello.agent_key USING gist AS
  OPERATOR 1 dwello.@@@ (dwello.agent_key, dwello.agent_query),
  FUNCTION 1 dwello.agent_key_consistent(internal, dwello.agent_query, smallint, oid, internal),
  FUNCTION 2 dwello.agent_key_union(internal, internal),
  FUNCTION 5 dwello.agent_key_penalty(internal, internal, internal),
  FUNCTION 6 dwello.agent_key_picksplit(internal, internal),
  FUNCTION 7 dwello.agent_key_same(dwello.agent_key, dwello.agent_key, internal),
  FUNCTION 11 dwello.agent_key_sortsupport(internal);
COMMENT ON OPERATOR CLASS dwello.agent_key_ops USING gist IS 'Agents, providers and saved searches that may want a job.';
