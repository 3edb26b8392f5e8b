/*
 * The operator of agents and jobs, and the index method's class of it.
 */
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
