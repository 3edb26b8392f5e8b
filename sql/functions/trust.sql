-- trust.sql
--   Who calls: keyring, tokens, login, contacts.

CREATE OR REPLACE FUNCTION dwello.current_user_id()
RETURNS uuid
LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_current_user_id';
GRANT EXECUTE ON FUNCTION dwello.current_user_id()
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.current_user_id() IS
'The user that the token in dwello.token proves. NULL without a token, also for a worker that acts as the system. Errors: WD402 for a token that is not good in this transaction, WD601 without a keyring.';

CREATE OR REPLACE FUNCTION dwello.own_scopes()
RETURNS uuid[]
LANGUAGE c STABLE SECURITY DEFINER PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'dwello_own_scopes';
GRANT EXECUTE ON FUNCTION dwello.own_scopes()
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.own_scopes() IS
'The scopes of money that the caller is a side of: his own id and the ids of the jobs whose escrow names him; what the policy of ledger_entries asks. NULL without a token. Errors: WD402, WD601.';

CREATE OR REPLACE FUNCTION dwello.login(
  token text,
  is_local boolean DEFAULT true
)
RETURNS uuid
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'dwello_login';
GRANT EXECUTE ON FUNCTION dwello.login(text, boolean)
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.login(text, boolean) IS
'Says who calls, from here to the end of the transaction. Arguments: token, always as a bind parameter (a literal shows in logs), NULL or empty ends the identity; is_local, false for the whole session, which wants the setting dwello.session_tokens. Returns the user''s id, NULL when the identity was ended. Errors: 22004 is_local is NULL; 42501 a token for the session while dwello.session_tokens is off; WD402 the token is not good; WD601 without a keyring.';

CREATE OR REPLACE FUNCTION dwello.create_keyring(
  OUT kind text,
  OUT key_id integer,
  OUT created boolean
)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 3
AS 'MODULE_PATHNAME', 'dwello_create_keyring';
COMMENT ON FUNCTION dwello.create_keyring() IS
'Makes the file named by dwello.keyring_file with a first key of each kind (token, pii, index), or adds the kinds that it lacks; a key that is there is never touched. For superusers. Returns a row for each kind: its newest key, and whether this call made it. Errors: 42501 not a superuser; WD601 the file cannot be read or written.';

CREATE OR REPLACE FUNCTION dwello.issue_token(
  user_id uuid,
  ttl interval DEFAULT '15 minutes',
  role text DEFAULT NULL
)
RETURNS text
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_issue_token';
GRANT EXECUTE ON FUNCTION dwello.issue_token(uuid, interval, text)
  TO dwello_service;
COMMENT ON FUNCTION dwello.issue_token(uuid, interval, text) IS
'Makes a signed token (JWT, HS256) for a user, for the service. Arguments: user_id; ttl, its life from one second to thirty days, counted in whole seconds; role, NULL for the user''s type, support for administrators only. Returns the token. Errors: 42501 the caller is not the service or the user is suspended; 22004 user_id or ttl is NULL; 22023 ttl out of range or a role that the user cannot have; P0002 no such user; WD601 without a keyring.';

CREATE OR REPLACE FUNCTION dwello.revoke_tokens(
  INOUT user_id uuid DEFAULT NULL,
  OUT not_before timestamptz
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_revoke_tokens';
GRANT EXECUTE ON FUNCTION dwello.revoke_tokens(uuid)
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.revoke_tokens(uuid) IS
'Signs a user out everywhere: tokens issued until now are refused (WD402) in every transaction that begins once this one has committed; the caller''s own identity holds to the end of his transaction. A token issued afterwards is good at once. Argument: user_id, NULL for the caller, another''s for administrators and the system. Returns user_id and not_before: tokens issued before it are refused (infinity while the user is suspended). Errors: WD402, WD401, 42501 the caller is suspended or names another user; 22004 user_id is NULL and the system calls; P0002 no such user.';

CREATE OR REPLACE FUNCTION dwello.find_login(
  email text,
  OUT user_id uuid,
  OUT password_hash text,
  OUT status dwello.user_status
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE SECURITY DEFINER ROWS 1
AS 'MODULE_PATHNAME', 'dwello_find_login';
GRANT EXECUTE ON FUNCTION dwello.find_login(text)
  TO dwello_service;
COMMENT ON FUNCTION dwello.find_login(text) IS
'Finds the account of an e-mail address, for the service that checks passwords. Argument: email, in any case and with blanks around it. Returns one row, none when nobody has the address. Errors: WD401 or 42501 the caller is not the service; 22004 email is NULL; WD601 without a keyring.';

CREATE OR REPLACE FUNCTION dwello.get_user_contact(
  user_id uuid,
  reason text,
  OUT email text,
  OUT phone text,
  OUT addresses jsonb
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_get_user_contact';
GRANT EXECUTE ON FUNCTION dwello.get_user_contact(uuid, text)
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.get_user_contact(uuid, text) IS
'Opens a user''s sealed contact and writes down who looked, and why. For the user himself, administrators, support, the system, and the homeowner and confirmed provider of a job that was not cancelled. Arguments: user_id; reason, up to 200 characters. Returns email, phone (NULL when there is none) and addresses, an array of objects with is_primary, address_type, street, city, state, postal_code and country. Errors: WD401 no identity; 42501 the caller is suspended; 22004, 22001, 22023 the arguments; P0002 no such user, or none that the caller works with; WD601 without a keyring; WD602 a sealed value does not open.';
