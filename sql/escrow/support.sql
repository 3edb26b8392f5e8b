/*
 * What must hold of a row that money is in: CHECKs of tables.  The columns
 * are named one by one, so that a shard or a copy of the table can carry the
 * CHECK, too; a state is read as its label, hence STABLE.
 */

/*
 * escrow_is_valid
 *	The CHECK of escrow_accounts, invariant I3. funded = held + released +
 *	refunded + charged_back; contract_amount > 0; none of the others is
 *	negative, disputed <= held, fee_taken + tax_taken <= released.
 *
 * role: service, admin
 * args:
 *	contract_amount: the column; NULL counts as 0
 *	funded: the column; NULL counts as 0
 *	held: the column; NULL counts as 0
 *	released: the column; NULL counts as 0
 *	refunded: the column; NULL counts as 0
 *	charged_back: the column; NULL counts as 0
 *	disputed: the column; NULL counts as 0
 *	fee_taken: the column; NULL counts as 0
 *	tax_taken: the column; NULL counts as 0
 * returns: whether it holds
 * example: system
 *	SELECT dwello.escrow_is_valid(e.contract_amount, e.funded, e.held, e.released, e.refunded,
 *	         e.charged_back, e.disputed, e.fee_taken, e.tax_taken)
 *	  FROM dwello.escrow_accounts AS e;
 */
CREATE OR REPLACE FUNCTION dwello.escrow_is_valid(
  contract_amount bigint,
  funded bigint,
  held bigint,
  released bigint,
  refunded bigint,
  charged_back bigint,
  disputed bigint,
  fee_taken bigint,
  tax_taken bigint
)
RETURNS boolean
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_escrow_is_valid';
GRANT EXECUTE ON FUNCTION dwello.escrow_is_valid TO dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.escrow_is_valid IS
  'The CHECK of escrow_accounts, invariant I3. funded = held + released + refunded + charged_back; contract_amount > 0; none of the others is negative, disputed <= held, fee_taken + tax_taken <= released. See reference.md#escrow_is_valid.';

/*
 * milestone_is_valid
 *	The CHECK of job_milestones. No amount is negative; funded >= released
 *	+ refunded + disputed; dispute_id and status_before are there exactly
 *	while the status is disputed; the title has 1 to 200 characters.
 *
 * role: service, admin
 * args:
 *	amount: the column; NULL counts as 0
 *	funded: the column; NULL counts as 0
 *	released: the column; NULL counts as 0
 *	refunded: the column; NULL counts as 0
 *	disputed: the column; NULL counts as 0
 *	status: the column
 *	dispute_id: the column
 *	status_before: the column
 *	title: the column
 * returns: whether it holds
 * example: system
 *	SELECT dwello.milestone_is_valid(m.amount, m.funded, m.released, m.refunded, m.disputed,
 *	         m.status, m.dispute_id, m.status_before, m.title)
 *	  FROM dwello.job_milestones AS m
 *	 WHERE m.job_id = 'de000000-0000-7000-8000-000000000012';
 */
CREATE OR REPLACE FUNCTION dwello.milestone_is_valid(
  amount bigint,
  funded bigint,
  released bigint,
  refunded bigint,
  disputed bigint,
  status dwello.milestone_status,
  dispute_id uuid,
  status_before dwello.milestone_status,
  title text
)
RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_milestone_is_valid';
GRANT EXECUTE ON FUNCTION dwello.milestone_is_valid TO dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.milestone_is_valid IS
  'The CHECK of job_milestones. See reference.md#milestone_is_valid.';
