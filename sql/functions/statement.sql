-- statement.sql
--   What a side of a job may read of its escrow.

CREATE OR REPLACE FUNCTION dwello.escrow_statement(
  job_id uuid,
  OUT line integer,
  OUT at timestamptz,
  OUT transaction_type dwello.transaction_type,
  OUT description text,
  OUT transaction_id uuid,
  OUT currency text,
  OUT amount_in bigint,
  OUT amount_out bigint,
  OUT payout bigint,
  OUT fee bigint,
  OUT tax bigint,
  OUT refund bigint,
  OUT held bigint
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 10
AS 'MODULE_PATHNAME', 'dwello_escrow_statement';
GRANT EXECUTE ON FUNCTION dwello.escrow_statement(uuid)
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.escrow_statement(uuid) IS
'The escrow of a job as a statement of account, a line for each completed transaction in order; for the homeowner and the provider of the job, support, administrators and the service. Argument: job_id. Returns line (from 1), at, transaction_type, description (in words), transaction_id, currency, and in minor units amount_in and amount_out of the escrow, what amount_out is made of: payout (to the provider), fee, tax, refund (the rest: to the homeowner, or taken by the bank), and held, what lies in the escrow afterwards; no rows before the first payment. Errors: WD402, WD401; 22004 job_id is NULL; P0002 an unknown job; 42501 not a side of it.';

CREATE OR REPLACE FUNCTION dwello.escrow_next_events(
  job_id uuid,
  OUT event text,
  OUT at timestamptz,
  OUT actor text,
  OUT stoppable_by text,
  OUT detail text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 2
AS 'MODULE_PATHNAME', 'dwello_escrow_next_events';
GRANT EXECUTE ON FUNCTION dwello.escrow_next_events(uuid)
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.escrow_next_events(uuid) IS
'Says what will happen to the escrow of a job by itself, in the order of time; for the homeowner and the provider of the job, support, administrators and the service. Argument: job_id. Returns event (as in escrow_transitions()), at, actor (the system), stoppable_by (who can stop it before; NULL once its time has come), detail (what happens, and how to stop it). Errors: WD402, WD401; 22004 job_id is NULL; P0002 an unknown job; 42501 not a side of it.';
