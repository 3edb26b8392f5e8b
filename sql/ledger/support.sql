/*
 * What must hold of a row that money is in: a CHECK of a table.
 */

/*
 * transaction_is_valid
 *	The CHECK of transactions. amount > 0, platform_fee, tax and
 *	net_amount >= 0; hash is there exactly once the status is completed,
 *	completed_at as soon as it is not pending.
 *
 * role: service, admin
 * args:
 *	amount: the column; NULL counts as 0
 *	platform_fee: the column; NULL counts as 0
 *	tax: the column; NULL counts as 0
 *	net_amount: the column; NULL counts as 0
 *	status: the column
 *	hash: the column
 *	completed_at: the column
 * returns: whether it holds
 * example: system
 *	SELECT bool_and(dwello.transaction_is_valid(t.amount, t.platform_fee, t.tax, t.net_amount,
 *	         t.status, t.hash, t.completed_at)) AS all_valid FROM dwello.transactions AS t;
 */
CREATE OR REPLACE FUNCTION dwello.transaction_is_valid(
  amount bigint,
  platform_fee bigint,
  tax bigint,
  net_amount bigint,
  status dwello.transaction_status,
  hash bytea,
  completed_at timestamptz
)
RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_transaction_is_valid';
GRANT EXECUTE ON FUNCTION dwello.transaction_is_valid TO dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.transaction_is_valid IS
  'The CHECK of transactions. amount > 0, platform_fee, tax and net_amount >= 0; hash is there exactly once the status is completed, completed_at as soon as it is not pending. See reference.md#transaction_is_valid.';
