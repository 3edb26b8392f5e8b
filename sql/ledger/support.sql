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
 *	transaction: a row of the table
 * returns: whether it holds
 * errors:
 *	22023: any other argument
 * example: system
 *	SELECT bool_and(dwello.transaction_is_valid(transaction => t)) AS all_valid FROM dwello.transactions AS t;
 */
CREATE OR REPLACE FUNCTION dwello.transaction_is_valid(
  transaction record
)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_transaction_is_valid';
GRANT EXECUTE ON FUNCTION dwello.transaction_is_valid TO dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.transaction_is_valid IS
  'The CHECK of transactions. amount > 0, platform_fee, tax and net_amount >= 0; hash is there exactly once the status is completed, completed_at as soon as it is not pending. Errors: 22023. See reference.md#transaction_is_valid.';
