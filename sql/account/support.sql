/*
 * Who calls, for the policies of tables.
 */

/*
 * current_user_id
 *	The user that the token in dwello.token proves. NULL without a token,
 *	also for a worker that acts as the system.
 *
 * role: app, service, support, analyst, admin
 * args: none
 * returns: the user's id, or NULL
 * errors:
 *	WD402: the token is not good in this transaction
 *	WD601
 * example: homeowner
 *	SELECT dwello.current_user_id();
 */
CREATE OR REPLACE FUNCTION dwello.current_user_id()
RETURNS uuid
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_current_user_id';
GRANT EXECUTE ON FUNCTION dwello.current_user_id
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.current_user_id IS
  'The user that the token in dwello.token proves. Errors: WD402, WD601. See reference.md#current_user_id.';

/*
 * own_scopes
 *	The scopes of money that the caller is a side of. They are the
 *	caller's own id and the ids of the jobs whose escrow names them; the
 *	policy of ledger_entries asks for them.
 *
 * role: app, service, support, admin
 * args: none
 * returns: an array of ids; NULL without a token
 * errors:
 *	WD402 WD601
 * example: homeowner
 *	SELECT dwello.own_scopes();
 */
CREATE OR REPLACE FUNCTION dwello.own_scopes()
RETURNS uuid[]
LANGUAGE c STABLE SECURITY DEFINER PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'dwello_own_scopes';
GRANT EXECUTE ON FUNCTION dwello.own_scopes
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.own_scopes IS
  'The scopes of money that the caller is a side of. Errors: WD402, WD601. See reference.md#own_scopes.';
