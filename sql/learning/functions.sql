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

/*
 * promote_parameters
 *	Has an agent decide by the version of its parameters that is in shadow.
 *	It must have foretold so many outcomes as the setting
 *	agent_promote_trials says, before it learned from them, with no
 *	greater log loss than the version that it is to replace, and replayed
 *	on the jobs of the last agent_promote_days it must have made no less.
 *	The one that it replaces is retired.
 *
 *	For the provider, administrators and the system.
 *
 * role: app, service, admin
 * args:
 *	agent_id: the provider's user id; NULL for the caller
 *	version: which of agent_parameters; must be given
 *	expected_version: version of the agent
 *	idempotency_key
 * returns: a row
 *	agent_id
 *	parameters_version: by which the agent decides from now on
 *	samples: outcomes that it was learned from
 *	version: version of the agent
 *	replayed: true when it was live already, or the call was made before
 *	  under its key
 * errors:
 *	WD402 WD401
 *	42501: a homeowner, or another's agent
 *	22004
 *	22023: a negative version, or the user is no provider
 *	P0002: no such user, agent or version
 *	WD104 WD103
 *	WD101: the version is not in shadow, is based on another than the live
 *	  one, cannot be read, has foretold too little, or worse, or would have
 *	  made less of the agent's past
 * example: provider_1
 *	SELECT parameters_version, replayed FROM dwello.promote_parameters(version => 0);
 */
CREATE OR REPLACE FUNCTION dwello.promote_parameters(
  INOUT agent_id uuid DEFAULT NULL,
  version integer DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT parameters_version integer,
  OUT samples integer,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_promote_parameters';
GRANT EXECUTE ON FUNCTION dwello.promote_parameters
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.promote_parameters IS
  'Has an agent decide by the version of its parameters that is in shadow. Errors: WD402, WD401, 42501, 22004, 22023, P0002, WD104, WD103, WD101. See reference.md#promote_parameters.';

/*
 * revert_agent
 *	Has an agent decide by an older version of its parameters again: one
 *	that was poisoned, or has learned what is no longer so, is back in one
 *	call. All versions after it are retired, the one in shadow too, also when
 *	the version is live already.
 *
 *	For the provider, administrators and the system.
 *
 * role: app, service, admin
 * args:
 *	agent_id: the provider's user id; NULL for the caller
 *	version: which of agent_parameters, 0 for what every agent begins with;
 *	  must be given
 *	expected_version: version of the agent
 *	idempotency_key
 * returns: a row
 *	agent_id
 *	parameters_version: by which the agent decides from now on
 *	samples: outcomes that it was learned from
 *	version: version of the agent
 *	replayed: true when it was live already with none in shadow, or the call
 *	  was made before under its key
 * errors:
 *	WD402 WD401
 *	42501: a homeowner, or another's agent
 *	22004
 *	22023: a negative version, or the user is no provider
 *	P0002: no such user, agent or version
 *	WD104 WD103
 *	WD101: the version was never live, is later than the live one, or cannot
 *	  be read
 * example: provider_1
 *	SELECT parameters_version, replayed FROM dwello.revert_agent(version => 0);
 */
CREATE OR REPLACE FUNCTION dwello.revert_agent(
  INOUT agent_id uuid DEFAULT NULL,
  version integer DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT parameters_version integer,
  OUT samples integer,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_revert_agent';
GRANT EXECUTE ON FUNCTION dwello.revert_agent
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.revert_agent IS
  'Has an agent decide by an older version of its parameters again: one that was poisoned, or has learned what is no longer so, is back in one call. Errors: WD402, WD401, 42501, 22004, 22023, P0002, WD104, WD103, WD101. See reference.md#revert_agent.';
