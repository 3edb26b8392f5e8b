/*
 * What must hold of a row that money is in: CHECKs of tables.
 */

/*
 * escrow_is_valid
 *	The CHECK of escrow_accounts, invariant I3. funded = held + released +
 *	refunded + charged_back; contract_amount > 0; none of the others is
 *	negative, disputed <= held, fee_taken + tax_taken <= released.
 *
 * role: service, admin
 * args:
 *	escrow: a row of the table
 * returns: whether it holds
 * errors:
 *	22023: any other argument
 * example: system
 *	SELECT dwello.escrow_is_valid(escrow => e) FROM dwello.escrow_accounts AS e;
 */
CREATE OR REPLACE FUNCTION dwello.escrow_is_valid(
  escrow record
)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_escrow_is_valid';
GRANT EXECUTE ON FUNCTION dwello.escrow_is_valid TO dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.escrow_is_valid IS
  'The CHECK of escrow_accounts, invariant I3. funded = held + released + refunded + charged_back; contract_amount > 0; none of the others is negative, disputed <= held, fee_taken + tax_taken <= released. Errors: 22023. See reference.md#escrow_is_valid.';

/*
 * milestone_is_valid
 *	The CHECK of job_milestones. No amount is negative; funded >= released
 *	+ refunded + disputed; dispute_id and status_before are there exactly
 *	while the status is disputed; the title has 1 to 200 characters.
 *
 * role: service, admin
 * args:
 *	milestone: a row of the table
 * returns: whether it holds
 * errors:
 *	22023: any other argument
 * example: system
 *	SELECT dwello.milestone_is_valid(milestone => m) FROM dwello.job_milestones AS m
 *	 WHERE m.job_id = 'de000000-0000-7000-8000-000000000012';
 */
CREATE OR REPLACE FUNCTION dwello.milestone_is_valid(
  milestone record
)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_milestone_is_valid';
GRANT EXECUTE ON FUNCTION dwello.milestone_is_valid TO dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.milestone_is_valid IS
  'The CHECK of job_milestones. Errors: 22023. See reference.md#milestone_is_valid.';
