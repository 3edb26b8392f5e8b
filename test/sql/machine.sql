--
-- machine.sql
--	The state machines as rows: whole where they are short, else in outline.
--
SELECT * FROM dwello.job_transitions();
SELECT * FROM dwello.bid_transitions();
SELECT event, string_agg(DISTINCT coalesce(state, '-'), ' ') AS states,
       string_agg(DISTINCT actor, ' ') AS actors,
       string_agg(DISTINCT next_state, ' ') AS next_states
  FROM dwello.escrow_transitions() GROUP BY event ORDER BY event;
SELECT event, string_agg(DISTINCT coalesce(state, '-'), ' ') AS states,
       string_agg(DISTINCT actor, ' ') AS actors,
       string_agg(DISTINCT next_state, ' ') AS next_states
  FROM dwello.milestone_transitions() GROUP BY event ORDER BY event;

-- anybody may ask, and nothing needs an identity
BEGIN;
SET LOCAL ROLE dwello_analyst;
SELECT count(*) > 0 AS some FROM dwello.escrow_transitions();
ROLLBACK;
