/*
 * What agents learn.
 */

/*
 * learn_agents
 *	Lets agents learn from what came of their bids: whether they won or
 *	lost, and what they asked themselves. An agent learns into a version of
 *	its parameters that is in shadow (agent_parameters); it decides by the
 *	live one until promote_parameters() changes that. Any number of workers
 *	may call it, and what is learned is the same whatever they take at a
 *	time.
 *
 * role: service
 * args:
 *	max_rows: 1 to 10000 outcomes to learn from
 * returns: a row
 *	agents: how many learned
 *	outcomes: how many were taken; those that were neither won nor lost teach
 *	  nothing
 *	versions: how many versions were begun
 * errors:
 *	22004
 *	22023: max_rows is out of range
 *	42501: the caller is not the system
 *	25006
 * example: system
 *	SELECT * FROM dwello.learn_agents();
 */
CREATE OR REPLACE FUNCTION dwello.learn_agents(
  max_rows integer DEFAULT 1000,
  OUT agents integer,
  OUT outcomes integer,
  OUT versions integer
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_learn_agents';
GRANT EXECUTE ON FUNCTION dwello.learn_agents TO dwello_service;
COMMENT ON FUNCTION dwello.learn_agents IS
  'Lets agents learn from what came of their bids: whether they won or lost, and what they asked themselves. Errors: 22004, 22023, 42501, 25006. See reference.md#learn_agents.';
