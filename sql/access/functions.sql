/*
 * Ways in beside a token: API keys, codes, sessions.
 */

/*
 * create_api_key
 *	Makes an API key, with which a program acts for the user. The key is in
 *	the answer and nowhere else. A key makes no keys, and signs nobody in.
 *
 * role: app, service, support, admin
 * args:
 *	name: what the user calls it, up to 100 characters
 *	scopes: what it is good for, one or several of read (look), write (jobs,
 *	  bids, messages, the profile), money (contracts, payments, payouts),
 *	  personal (opens what is sealed) and admin
 *	expires_at: from when it is refused; NULL for never
 *	allowed_addresses: networks that it may come from, up to 100; none for
 *	  anywhere
 *	logins_per_minute: how often it may be used, 1 to 60000; NULL for as
 *	  often as it is
 *	user_id: NULL for the caller; another's for the system only
 * returns: a row
 *	user_id
 *	key_id: the key's id, which is no secret
 *	api_key: the key, 80 characters, with which login_api_key() is called
 *	created_at
 * errors:
 *	WD402 WD401
 *	42501: the caller is not active, names another user, or came with an API
 *	  key
 *	22004 22001
 *	22023: no scope or an unknown one, a time that is past, a rate out of
 *	  range, too many networks
 *	P0002: no such user
 *	WD301: the user has api_keys_max already
 * example: provider_1
 *	SELECT length(api_key), created_at <= now() + interval '1 minute' AS is_made
 *	  FROM dwello.create_api_key(name => 'Calendar', scopes => '{read,write}', logins_per_minute => 60);
 */
CREATE OR REPLACE FUNCTION dwello.create_api_key(
  name text,
  scopes text[],
  expires_at timestamptz DEFAULT NULL,
  allowed_addresses inet[] DEFAULT '{}',
  logins_per_minute integer DEFAULT NULL,
  INOUT user_id uuid DEFAULT NULL,
  OUT key_id uuid,
  OUT api_key text,
  OUT created_at timestamptz
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_create_api_key';
GRANT EXECUTE ON FUNCTION dwello.create_api_key
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.create_api_key IS
  'Makes an API key, with which a program acts for the user. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD301. See reference.md#create_api_key.';

/*
 * rotate_api_key
 *	Gives an API key another secret. The one before is good for a while
 *	longer, so that programs can be changed one after the other; one before
 *	that ends at once.
 *
 * role: app, service, support, admin
 * args:
 *	key_id: the key, made in the role in which the caller is
 *	overlap: how long the secret before is good, up to thirty days
 * returns: a row
 *	key_id
 *	user_id
 *	api_key: the key with its other secret
 *	previous_until: until when the key as it was is good
 * errors:
 *	WD402 WD401
 *	42501: the caller is not active, or came with an API key
 *	22004
 *	22023: an overlap out of range
 *	P0002: no such key of the caller's
 *	WD101: it was revoked, or has expired
 * example: provider_1
 *	SELECT length(r.api_key), r.previous_until > now() AS both_are_good
 *	  FROM dwello.create_api_key(name => 'Calendar', scopes => '{read}') AS k,
 *	       dwello.rotate_api_key(key_id => k.key_id, overlap => '1 day') AS r;
 */
CREATE OR REPLACE FUNCTION dwello.rotate_api_key(
  INOUT key_id uuid,
  overlap interval DEFAULT '7 days',
  OUT user_id uuid,
  OUT api_key text,
  OUT previous_until timestamptz
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_rotate_api_key';
GRANT EXECUTE ON FUNCTION dwello.rotate_api_key
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.rotate_api_key IS
  'Gives an API key another secret. Errors: WD402, WD401, 42501, 22004, 22023, P0002, WD101. See reference.md#rotate_api_key.';

/*
 * revoke_api_key
 *	Ends an API key: it is refused in every transaction that logs in once
 *	this one has committed.
 *
 * role: app, service, support, admin
 * args:
 *	key_id: a key of the caller's; administrators and the system name any
 * returns: a row
 *	key_id
 *	user_id
 *	revoked_at: when it was revoked first
 *	replayed: true for one that was revoked before
 * errors:
 *	WD402 WD401
 *	42501: the caller is suspended, or came with an API key
 *	22004
 *	P0002: no such key of the caller's
 * example: provider_1
 *	SELECT r.replayed
 *	  FROM dwello.create_api_key(name => 'Calendar', scopes => '{read}') AS k,
 *	       dwello.revoke_api_key(key_id => k.key_id) AS r;
 */
CREATE OR REPLACE FUNCTION dwello.revoke_api_key(
  INOUT key_id uuid,
  OUT user_id uuid,
  OUT revoked_at timestamptz,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_revoke_api_key';
GRANT EXECUTE ON FUNCTION dwello.revoke_api_key
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.revoke_api_key IS
  'Ends an API key: it is refused in every transaction that logs in once this one has committed. Errors: WD402, WD401, 42501, 22004, P0002. See reference.md#revoke_api_key.';

/*
 * login_api_key
 *	Says who calls by an API key, from here to the end of the transaction,
 *	as login() does by a token. The caller is the key's user, and may do what
 *	its scopes allow.
 *
 * role: app, service, support, analyst, admin
 * args:
 *	api_key: always as a bind parameter, for a literal shows in logs; NULL
 *	  or empty ends the identity
 *	address: where the key comes from, as the application's server sees it;
 *	  NULL for the other end of this connection
 * returns: the user's id; NULL when the identity was ended
 * errors:
 *	WD402: the key is malformed, unknown, revoked, expired, of another
 *	  environment, not allowed from there, or its user is suspended
 *	WD301: logins_per_minute was reached
 *	WD601
 * example: system
 *	SELECT dwello.login_api_key(api_key => k.api_key) AS user_id
 *	  FROM dwello.create_api_key('Calendar', '{read}', user_id => 'de000000-0000-7000-8000-000000000001') AS k;
 */
CREATE OR REPLACE FUNCTION dwello.login_api_key(
  api_key text,
  address inet DEFAULT NULL
)
RETURNS uuid
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'dwello_login_api_key';
GRANT EXECUTE ON FUNCTION dwello.login_api_key
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.login_api_key IS
  'Says who calls by an API key, from here to the end of the transaction, as login() does by a token. Errors: WD402, WD301, WD601. See reference.md#login_api_key.';

/*
 * record_api_key_uses
 *	Writes when API keys were last used, which their logins only note. Call
 *	it every hour or so; several can run at once.
 *
 * role: service
 * args:
 *	max_rows: keys at most, 1 to 10000
 * returns: how many keys there were; call it again while it is max_rows
 * errors:
 *	WD402 WD401
 *	42501: the caller is not the service
 *	22004
 *	22023: max_rows out of range
 * example: system
 *	SELECT dwello.record_api_key_uses();
 */
CREATE OR REPLACE FUNCTION dwello.record_api_key_uses(max_rows integer DEFAULT 1000) RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_record_api_key_uses';
GRANT EXECUTE ON FUNCTION dwello.record_api_key_uses
  TO dwello_service;
COMMENT ON FUNCTION dwello.record_api_key_uses IS
  'Writes when API keys were last used, which their logins only note. Errors: WD402, WD401, 42501, 22004, 22023. See reference.md#record_api_key_uses.';

/*
 * issue_code
 *	Makes a code of eight digits for the application to send to a user. It
 *	is good for 15 minutes, once, and for five tries; the next one of the
 *	same purpose takes its place.
 *
 * role: service
 * args:
 *	user_id: who is sent it
 *	purpose: email or phone (verify it, or change to the target), password
 *	  (set another one) or sign_in
 *	target: another address or number, to which it is sent and which is the
 *	  user's once it is redeemed; NULL for the one that they have
 * returns: a row
 *	code: to be sent and not kept
 *	expires_at: until when it is good
 * errors:
 *	WD402 WD401
 *	42501: the caller is not the service, or the user is suspended
 *	22004: no user_id or purpose, or a user without a number and no target
 *	22001
 *	22023: a target that is no address or number, or with another purpose
 *	P0002: no such user
 *	WD301: codes_per_hour of the purpose
 *	WD601
 * example: system
 *	SELECT length(code) FROM dwello.issue_code(user_id => 'de000000-0000-7000-8000-000000000001', purpose => 'sign_in');
 */
CREATE OR REPLACE FUNCTION dwello.issue_code(
  user_id uuid,
  purpose dwello.code_purpose,
  target text DEFAULT NULL,
  OUT code text,
  OUT expires_at timestamptz
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_issue_code';
GRANT EXECUTE ON FUNCTION dwello.issue_code
  TO dwello_service;
COMMENT ON FUNCTION dwello.issue_code IS
  'Makes a code of eight digits for the application to send to a user. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD301, WD601. See reference.md#issue_code.';

/*
 * redeem_code
 *	Takes the code that a user says. A wrong one is an answer and no error,
 *	so that its try counts: commit it, whatever the user is told. A right one
 *	verifies or changes the address or number; for a password it ends all
 *	sessions, tokens and API keys of the user, and set_password_hash()
 *	follows.
 *
 * role: service
 * args:
 *	user_id: who says it
 *	purpose: as it was issued
 *	code: what the user says
 * returns: a row
 *	user_id
 *	is_redeemed: it was the code
 *	tries_left: 0 when there is no live code, or none any more
 *	status: status of the account
 *	previous: the address or number before, for the service to tell it of
 *	  the change
 * errors:
 *	WD402 WD401
 *	42501: the caller is not the service
 *	22004 22001
 *	22023: a blank code
 *	P0002: no such user
 *	23505: the address is taken meanwhile
 *	WD601 WD602
 * example: system
 *	SELECT r.is_redeemed, r.tries_left
 *	  FROM dwello.issue_code('de000000-0000-7000-8000-000000000001', 'sign_in') AS c,
 *	       dwello.redeem_code('de000000-0000-7000-8000-000000000001', 'sign_in', c.code) AS r;
 */
CREATE OR REPLACE FUNCTION dwello.redeem_code(
  INOUT user_id uuid,
  purpose dwello.code_purpose,
  code text,
  OUT is_redeemed boolean,
  OUT tries_left integer,
  OUT status dwello.user_status,
  OUT previous text
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_redeem_code';
GRANT EXECUTE ON FUNCTION dwello.redeem_code
  TO dwello_service;
COMMENT ON FUNCTION dwello.redeem_code IS
  'Takes the code that a user says. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, 23505, WD601, WD602. See reference.md#redeem_code.';

/*
 * open_session
 *	Signs a user in on a device. The application's server keeps a refresh
 *	token, for which refresh_session() gives tokens.
 *
 * role: service
 * args:
 *	user_id: whose password or code was right
 *	device: what the application calls it, up to 200 characters
 * returns: a row
 *	session_id: the session
 *	refresh_token: good once, in the answer and nowhere else
 *	expires_at: when the session ends unless it is refreshed
 * errors:
 *	WD402 WD401
 *	42501: the caller is not the service, or the user is suspended
 *	22004 22001
 *	P0002: no such user
 * example: system
 *	SELECT length(refresh_token) FROM dwello.open_session(user_id => 'de000000-0000-7000-8000-000000000001', device => 'Telephone');
 */
CREATE OR REPLACE FUNCTION dwello.open_session(
  user_id uuid,
  device text DEFAULT NULL,
  OUT session_id uuid,
  OUT refresh_token text,
  OUT expires_at timestamptz
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_open_session';
GRANT EXECUTE ON FUNCTION dwello.open_session
  TO dwello_service;
COMMENT ON FUNCTION dwello.open_session IS
  'Signs a user in on a device. Errors: WD402, WD401, 42501, 22004, 22001, P0002. See reference.md#open_session.';

/*
 * refresh_session
 *	Gives a token of 15 minutes and the next refresh token. A refresh token
 *	that comes a second time was stolen by somebody: its session ends, which
 *	is an answer and no error: commit it.
 *
 * role: service
 * args:
 *	refresh_token: always as a bind parameter
 * returns: a row
 *	refresh_token: the next one; NULL when the session was ended
 *	session_id: the session
 *	user_id
 *	token: for login(); NULL when the session was ended
 *	expires_at: when the session ends unless it is refreshed
 *	is_reused: the token had been used before, and the session has ended
 * errors:
 *	WD401
 *	WD402: the refresh token is malformed or unknown, or its session has
 *	  ended
 *	42501: the caller is not the service
 *	22004 22001
 *	WD601
 * example: system
 *	SELECT r.token IS NOT NULL AS has_token, r.is_reused
 *	  FROM dwello.open_session('de000000-0000-7000-8000-000000000001') AS s, dwello.refresh_session(refresh_token => s.refresh_token) AS r;
 */
CREATE OR REPLACE FUNCTION dwello.refresh_session(
  INOUT refresh_token text,
  OUT session_id uuid,
  OUT user_id uuid,
  OUT token text,
  OUT expires_at timestamptz,
  OUT is_reused boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_refresh_session';
GRANT EXECUTE ON FUNCTION dwello.refresh_session
  TO dwello_service;
COMMENT ON FUNCTION dwello.refresh_session IS
  'Gives a token of 15 minutes and the next refresh token. Errors: WD401, WD402, 42501, 22004, 22001, WD601. See reference.md#refresh_session.';

/*
 * sessions
 *	Lists where the caller is signed in, the last used first.
 *
 * role: app, support, admin
 * args: none
 * returns: rows
 *	session_id: the session, for end_session()
 *	device: what the application calls it
 *	created_at
 *	refreshed_at: when it was last used for a token, or opened
 *	expires_at: when it ends unless it is refreshed
 * errors:
 *	WD402 WD401
 * example: homeowner
 *	SELECT count(*) FROM dwello.sessions();
 */
CREATE OR REPLACE FUNCTION dwello.sessions(
  OUT session_id uuid,
  OUT device text,
  OUT created_at timestamptz,
  OUT refreshed_at timestamptz,
  OUT expires_at timestamptz
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE SECURITY DEFINER ROWS 5
AS 'MODULE_PATHNAME', 'dwello_sessions';
GRANT EXECUTE ON FUNCTION dwello.sessions
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.sessions IS
  'Lists where the caller is signed in, the last used first. Errors: WD402, WD401. See reference.md#sessions.';

/*
 * end_session
 *	Signs a user out on one device: its refresh token is refused from now
 *	on. A token that was given for it ends by itself, or with
 *	revoke_tokens().
 *
 * role: app, service, support, admin
 * args:
 *	session_id: one of the caller's; administrators and the system name any
 * returns: a row
 *	session_id
 *	ended_at: when it was ended first
 *	replayed: true for one that had ended before
 * errors:
 *	WD402 WD401
 *	42501: the caller is suspended, or came with an API key
 *	22004
 *	P0002: no such session of the caller's
 * example: system
 *	SELECT e.replayed FROM dwello.open_session('de000000-0000-7000-8000-000000000001') AS s, dwello.end_session(session_id => s.session_id) AS e;
 */
CREATE OR REPLACE FUNCTION dwello.end_session(
  INOUT session_id uuid,
  OUT ended_at timestamptz,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_end_session';
GRANT EXECUTE ON FUNCTION dwello.end_session
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.end_session IS
  'Signs a user out on one device: its refresh token is refused from now on. Errors: WD402, WD401, 42501, 22004, P0002. See reference.md#end_session.';
