/*
 * Ways in beside a token.
 */
CREATE TABLE dwello.api_keys (
  id uuid CONSTRAINT api_keys_pkey PRIMARY KEY,
  user_id uuid NOT NULL CONSTRAINT api_keys_user_id_xfk REFERENCES dwello.users (id),
  name text NOT NULL,
  role text NOT NULL CONSTRAINT api_keys_role_check CHECK (role IN ('homeowner', 'service_provider', 'admin', 'support')),
  is_test boolean NOT NULL,
  secret_hash bytea NOT NULL CONSTRAINT api_keys_secret_check CHECK (pg_catalog.octet_length(secret_hash) = 32),
  previous_hash bytea CONSTRAINT api_keys_previous_check CHECK (pg_catalog.octet_length(previous_hash) = 32),
  previous_until timestamptz,
  scopes text[] NOT NULL CONSTRAINT api_keys_scopes_check
    CHECK (scopes <> '{}' AND scopes <@ ARRAY['read', 'write', 'money', 'personal', 'admin']),
  allowed_addresses inet[] NOT NULL DEFAULT '{}',
  logins_per_minute integer CONSTRAINT api_keys_rate_check CHECK (logins_per_minute > 0),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT api_keys_rotated_check CHECK ((previous_hash IS NULL) = (previous_until IS NULL))
);
CREATE INDEX api_keys_user_id_idx ON dwello.api_keys (user_id);
COMMENT ON TABLE dwello.api_keys IS 'API keys: each is shown once, and only SHA-256 of its secret is stored.';
COMMENT ON COLUMN dwello.api_keys.user_id IS 'The user for whom the bearer of the key acts.';
COMMENT ON COLUMN dwello.api_keys.name IS 'What the user calls it.';
COMMENT ON COLUMN dwello.api_keys.role IS 'In which role the bearer acts: that in which the key was made.';
COMMENT ON COLUMN dwello.api_keys.is_test IS 'Made in a test environment, and good in no other.';
COMMENT ON COLUMN dwello.api_keys.secret_hash IS 'SHA-256 of the secret.';
COMMENT ON COLUMN dwello.api_keys.previous_hash IS 'SHA-256 of the secret before, while the key is turned over; NULL if there was none.';
COMMENT ON COLUMN dwello.api_keys.previous_until IS 'Until when the secret before is good; NULL if there was none.';
COMMENT ON COLUMN dwello.api_keys.scopes IS 'What the key is good for: read, write, money, personal, admin.';
COMMENT ON COLUMN dwello.api_keys.allowed_addresses IS 'Networks that it may come from; none = from anywhere.';
COMMENT ON COLUMN dwello.api_keys.logins_per_minute IS 'How often it may be used; NULL = as often as it is.';
COMMENT ON COLUMN dwello.api_keys.expires_at IS 'From when it is refused; NULL = never.';
COMMENT ON COLUMN dwello.api_keys.last_used_at IS 'When it was last used, to the hour; kept by dwello.record_api_key_uses(). NULL = not yet.';
COMMENT ON COLUMN dwello.api_keys.revoked_at IS 'When it was revoked; NULL = it was not.';
SELECT pg_catalog.pg_extension_config_dump('dwello.api_keys', '');
CREATE POLICY api_keys_read ON dwello.api_keys FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT (id, user_id, name, role, is_test, previous_until, scopes, allowed_addresses, logins_per_minute,
  expires_at, last_used_at, revoked_at, created_at) ON dwello.api_keys
  TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.api_key_uses (
  key_id uuid NOT NULL,
  id uuid NOT NULL,
  used_at timestamptz NOT NULL,
  CONSTRAINT api_key_uses_pkey PRIMARY KEY (key_id, id)
);
COMMENT ON TABLE dwello.api_key_uses IS
  'That API keys were used: once an hour, or each time where the key has a rate. Moved to api_keys by dwello.record_api_key_uses().';
COMMENT ON COLUMN dwello.api_key_uses.key_id IS 'The key; no foreign key, which would lock it.';
COMMENT ON COLUMN dwello.api_key_uses.used_at IS 'When it was used.';
SELECT pg_catalog.pg_extension_config_dump('dwello.api_key_uses', '');

CREATE TABLE dwello.user_codes (
  user_id uuid NOT NULL CONSTRAINT user_codes_user_id_fkey REFERENCES dwello.users (id),
  id uuid NOT NULL,
  purpose dwello.code_purpose NOT NULL,
  key_id integer NOT NULL,
  code_digest bytea NOT NULL CONSTRAINT user_codes_code_check CHECK (pg_catalog.octet_length(code_digest) = 32),
  target bytea,
  tries integer NOT NULL CONSTRAINT user_codes_tries_check CHECK (tries BETWEEN 0 AND 5),
  created_at timestamptz NOT NULL,
  redeemed_at timestamptz,
  CONSTRAINT user_codes_pkey PRIMARY KEY (user_id, id)
);
CREATE INDEX user_codes_target_key_idx ON dwello.user_codes (pg_catalog.substr(target, 2, 4)) WHERE target IS NOT NULL;
COMMENT ON TABLE dwello.user_codes IS
  'Codes that users were sent, of the last day; only a keyed hash of each is stored, and the last of its purpose counts.';
COMMENT ON COLUMN dwello.user_codes.purpose IS 'What it is for.';
COMMENT ON COLUMN dwello.user_codes.key_id IS 'The index key under which it is hashed.';
COMMENT ON COLUMN dwello.user_codes.code_digest IS 'HMAC-SHA-256 of the code and its row.';
COMMENT ON COLUMN dwello.user_codes.target IS 'The address or number that it changes to, sealed; NULL = it verifies the one that is there.';
COMMENT ON COLUMN dwello.user_codes.tries IS 'How often it was tried.';
COMMENT ON COLUMN dwello.user_codes.redeemed_at IS 'When it was redeemed; NULL = not yet.';
SELECT pg_catalog.pg_extension_config_dump('dwello.user_codes', '');

CREATE TABLE dwello.user_sessions (
  id uuid CONSTRAINT user_sessions_pkey PRIMARY KEY,
  user_id uuid NOT NULL CONSTRAINT user_sessions_user_id_xfk REFERENCES dwello.users (id),
  device text,
  token_hash bytea NOT NULL CONSTRAINT user_sessions_token_check CHECK (pg_catalog.octet_length(token_hash) = 32),
  created_at timestamptz NOT NULL,
  refreshed_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ended_at timestamptz,
  end_reason text,
  CONSTRAINT user_sessions_end_check CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
CREATE INDEX user_sessions_user_id_idx ON dwello.user_sessions (user_id);
COMMENT ON TABLE dwello.user_sessions IS 'Where users are signed in; only SHA-256 of the refresh token''s secret is stored.';
COMMENT ON COLUMN dwello.user_sessions.user_id IS 'The user who is signed in.';
COMMENT ON COLUMN dwello.user_sessions.device IS 'What the application calls the device; NULL = nothing.';
COMMENT ON COLUMN dwello.user_sessions.token_hash IS 'SHA-256 of the secret of the refresh token that is good.';
COMMENT ON COLUMN dwello.user_sessions.refreshed_at IS 'When it was last refreshed, or opened.';
COMMENT ON COLUMN dwello.user_sessions.expires_at IS 'When it ends unless it is refreshed.';
COMMENT ON COLUMN dwello.user_sessions.ended_at IS 'When it was ended; NULL = it was not.';
COMMENT ON COLUMN dwello.user_sessions.end_reason IS
  'Why: signed_out, displaced by others, reused (a refresh token came twice), revoked, suspended, password_changed, password_reset.';
SELECT pg_catalog.pg_extension_config_dump('dwello.user_sessions', '');
CREATE POLICY user_sessions_read ON dwello.user_sessions FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT (id, user_id, device, created_at, refreshed_at, expires_at, ended_at, end_reason) ON dwello.user_sessions
  TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.used_refresh_tokens (
  session_id uuid NOT NULL,
  token_hash bytea NOT NULL,
  CONSTRAINT used_refresh_tokens_pkey PRIMARY KEY (session_id, token_hash)
);
COMMENT ON TABLE dwello.used_refresh_tokens IS 'Refresh tokens that were good once, as their hashes: one that comes again ends its session.';
COMMENT ON COLUMN dwello.used_refresh_tokens.session_id IS 'The session.';
COMMENT ON COLUMN dwello.used_refresh_tokens.token_hash IS 'SHA-256 of its secret.';
SELECT pg_catalog.pg_extension_config_dump('dwello.used_refresh_tokens', '');

CREATE TABLE dwello.contact_requests (
  id uuid CONSTRAINT contact_requests_pkey PRIMARY KEY,
  actor_id uuid NOT NULL,
  user_id uuid NOT NULL CONSTRAINT contact_requests_user_id_xfk REFERENCES dwello.users (id),
  transaction_number bigint NOT NULL,
  created_at timestamptz NOT NULL
);
CREATE INDEX contact_requests_actor_id_idx ON dwello.contact_requests (actor_id, user_id);
CREATE INDEX contact_requests_user_id_idx ON dwello.contact_requests (user_id);
COMMENT ON TABLE dwello.contact_requests IS
  'Requests of the last day to open contacts and sites. Not dumped: the numbers of transactions mean nothing elsewhere. The records are in data_access_log.';
COMMENT ON COLUMN dwello.contact_requests.id IS 'Its record in data_access_log.';
COMMENT ON COLUMN dwello.contact_requests.user_id IS 'The user whose contact it is.';
COMMENT ON COLUMN dwello.contact_requests.transaction_number IS 'The transaction that wrote it, in which nothing is opened.';

CREATE TABLE dwello.token_uses (
  user_id uuid NOT NULL,
  token_id text NOT NULL,
  transaction_number bigint NOT NULL,
  expires_at timestamptz NOT NULL,
  CONSTRAINT token_uses_pkey PRIMARY KEY (user_id, token_id)
);
COMMENT ON TABLE dwello.token_uses IS
  'Tokens that have moved money, until their user uses another after they expired, with the setting dwello.money_tokens_once. Not dumped: tokens are not good elsewhere.';
COMMENT ON COLUMN dwello.token_uses.user_id IS 'The user of the token; no foreign key, which would lock them.';
COMMENT ON COLUMN dwello.token_uses.token_id IS 'The id of the token (jti).';
COMMENT ON COLUMN dwello.token_uses.transaction_number IS 'The transaction that it is good for.';
COMMENT ON COLUMN dwello.token_uses.expires_at IS 'When the token expires.';
