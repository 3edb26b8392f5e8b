/*
 * Ways in beside a token: API keys.
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
