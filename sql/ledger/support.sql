/*
 * What must hold of a row that money is in: a CHECK of a table.
 */

CREATE OR REPLACE FUNCTION dwello.transaction_is_valid(
  transaction record
)
RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_transaction_is_valid';
GRANT EXECUTE ON FUNCTION dwello.transaction_is_valid TO dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.transaction_is_valid IS
'The CHECK of transactions: amount > 0, platform_fee, tax and net_amount >= 0; hash is there exactly once the status is completed, completed_at as soon as it is not pending. Argument: a row of the table. Returns whether it holds. Errors: 22023 any other argument.';
