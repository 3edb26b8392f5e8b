/*
 * What must hold of a row that money is in: CHECKs of tables.
 */

CREATE OR REPLACE FUNCTION dwello.escrow_is_valid(
  escrow record
)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_escrow_is_valid';
GRANT EXECUTE ON FUNCTION dwello.escrow_is_valid TO dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.escrow_is_valid IS
'The CHECK of escrow_accounts, invariant I3: funded = held + released + refunded + charged_back; contract_amount > 0; none of the others is negative, disputed <= held, fee_taken + tax_taken <= released. Argument: a row of the table. Returns whether it holds. Errors: 22023 any other argument.';

CREATE OR REPLACE FUNCTION dwello.milestone_is_valid(
  milestone record
)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_milestone_is_valid';
GRANT EXECUTE ON FUNCTION dwello.milestone_is_valid TO dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.milestone_is_valid IS
'The CHECK of job_milestones: no amount is negative; funded >= released + refunded + disputed; dispute_id and status_before are there exactly while the status is disputed; the title has 1 to 200 characters. Argument: a row of the table. Returns whether it holds. Errors: 22023 any other argument.';
