/*
 * Who calls, for the policies of tables.
 */

CREATE OR REPLACE FUNCTION dwello.current_user_id()
RETURNS uuid
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_current_user_id';
GRANT EXECUTE ON FUNCTION dwello.current_user_id
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.current_user_id IS
'The user that the token in dwello.token proves. NULL without a token, also for a worker that acts as the system. Errors: WD402 for a token that is not good in this transaction, WD601 without a keyring.';

CREATE OR REPLACE FUNCTION dwello.own_scopes()
RETURNS uuid[]
LANGUAGE c STABLE SECURITY DEFINER PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'dwello_own_scopes';
GRANT EXECUTE ON FUNCTION dwello.own_scopes
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.own_scopes IS
'The scopes of money that the caller is a side of: his own id and the ids of the jobs whose escrow names him; what the policy of ledger_entries asks. NULL without a token. Errors: WD402, WD601.';
