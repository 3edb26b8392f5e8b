/*
 * enqueue_agents
 *	Trigger AFTER UPDATE of a job: when it is published, or its terms rise
 *	while it is open, agents have to look at it (agent_work), once for each
 *	version of its terms.
 *
 * role: owner
 * errors:
 *	42501: called otherwise
 */
CREATE OR REPLACE FUNCTION dwello.enqueue_agents() RETURNS trigger
  AS 'MODULE_PATHNAME', 'dwello_enqueue_agents' LANGUAGE c;
COMMENT ON FUNCTION dwello.enqueue_agents IS
  'Trigger AFTER UPDATE of a job: when it is published, or its terms rise while it is open, agents have to look at it (agent_work), once for each version of its terms. Errors: 42501.';
