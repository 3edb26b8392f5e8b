-- sound.sql
--   What must hold of a row that money is in: the CHECKs of three tables.

CREATE OR REPLACE FUNCTION dwello.escrow_is_sound(
  escrow record
)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_escrow_is_sound';
GRANT EXECUTE ON FUNCTION dwello.escrow_is_sound(record) TO dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.escrow_is_sound(record) IS
'The CHECK of escrow_accounts, invariant I3: funded = held + released + refunded + charged_back; contract_amount > 0; none of the others is negative, disputed <= held, fee_taken + tax_taken <= released. Argument: a row of the table. Returns whether it holds. Errors: 22023 any other argument.';

CREATE OR REPLACE FUNCTION dwello.milestone_is_sound(
  milestone record
)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_milestone_is_sound';
GRANT EXECUTE ON FUNCTION dwello.milestone_is_sound(record) TO dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.milestone_is_sound(record) IS
'The CHECK of job_milestones: no amount is negative; funded >= released + refunded + disputed; dispute_id and status_before are there exactly while the status is disputed; the title has 1 to 200 characters. Argument: a row of the table. Returns whether it holds. Errors: 22023 any other argument.';

CREATE OR REPLACE FUNCTION dwello.transaction_is_sound(
  transaction record
)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_transaction_is_sound';
GRANT EXECUTE ON FUNCTION dwello.transaction_is_sound(record) TO dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.transaction_is_sound(record) IS
'The CHECK of transactions: amount > 0, platform_fee, tax and net_amount >= 0; hash is there exactly once the status is completed, completed_at as soon as it is not pending. Argument: a row of the table. Returns whether it holds. Errors: 22023 any other argument.';
