-- machine.sql
--   The state machines as rows.

CREATE OR REPLACE FUNCTION dwello.job_transitions(
  OUT state text,
  OUT event text,
  OUT actor text,
  OUT next_state text,
  OUT guard text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE ROWS 100
AS 'MODULE_PATHNAME', 'dwello_job_transitions';
GRANT EXECUTE ON FUNCTION dwello.job_transitions()
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.job_transitions() IS
'Lists every move of the state machine of a job, a row for each rule and actor: state (NULL where the job is made), event (the command that does it, or a bare verb for what happens inside another), actor (homeowner, service_provider, admin, support or system), next_state, guard (what else must hold, in words; NULL for nothing). No arguments, no errors, no identity needed.';

CREATE OR REPLACE FUNCTION dwello.bid_transitions(
  OUT state text,
  OUT event text,
  OUT actor text,
  OUT next_state text,
  OUT guard text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE ROWS 100
AS 'MODULE_PATHNAME', 'dwello_bid_transitions';
GRANT EXECUTE ON FUNCTION dwello.bid_transitions()
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.bid_transitions() IS
'Lists every move of the state machine of a bid, a row for each rule and actor: state (NULL where the bid is made), event (the command that does it, or a bare verb for what happens inside another), actor (homeowner, service_provider, admin, support or system), next_state, guard (what else must hold, in words; NULL for nothing). No arguments, no errors, no identity needed.';

CREATE OR REPLACE FUNCTION dwello.escrow_transitions(
  OUT state text,
  OUT event text,
  OUT actor text,
  OUT next_state text,
  OUT guard text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE ROWS 100
AS 'MODULE_PATHNAME', 'dwello_escrow_transitions';
GRANT EXECUTE ON FUNCTION dwello.escrow_transitions()
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.escrow_transitions() IS
'Lists every move of the state machine of a escrow, a row for each rule and actor: state (NULL where the escrow is made), event (the command that does it, or a bare verb for what happens inside another), actor (homeowner, service_provider, admin, support or system), next_state, guard (what else must hold, in words; NULL for nothing). No arguments, no errors, no identity needed.';

CREATE OR REPLACE FUNCTION dwello.milestone_transitions(
  OUT state text,
  OUT event text,
  OUT actor text,
  OUT next_state text,
  OUT guard text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE ROWS 100
AS 'MODULE_PATHNAME', 'dwello_milestone_transitions';
GRANT EXECUTE ON FUNCTION dwello.milestone_transitions()
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.milestone_transitions() IS
'Lists every move of the state machine of a milestone, a row for each rule and actor: state (NULL where the milestone is made), event (the command that does it, or a bare verb for what happens inside another), actor (homeowner, service_provider, admin, support or system), next_state, guard (what else must hold, in words; NULL for nothing). No arguments, no errors, no identity needed.';
