/*
 * Accounts: people and what belongs to them, and who calls.
 */

-- ----------------------------------------------------------------------
-- People and what belongs to them: accounts, verification, addresses, credentials, payment methods.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.register_user(
  email text,
  INOUT user_type dwello.user_type,
  first_name text,
  last_name text,
  phone text DEFAULT NULL,
  password_hash text DEFAULT NULL,
  timezone text DEFAULT 'UTC',
  language text DEFAULT 'en',
  INOUT user_id uuid DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT status dwello.user_status,
  OUT created_at timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_register_user';
GRANT EXECUTE ON FUNCTION dwello.register_user
  TO dwello_service;
COMMENT ON FUNCTION dwello.register_user IS
'Makes an account, pending verification; for the service. Arguments: email, one @ and a domain with a dot, up to 254 characters, its case and blanks around it do not count; user_type; first_name and last_name, 1 to 100 characters; phone, 7 to 15 digits, a leading + and the usual punctuation allowed; password_hash, made outside, up to 500 characters: a plain password never comes here; timezone, a name of pg_timezone_names; language, a tag like en or pt-BR; user_id, the account''s id, else one is derived from the idempotency key, else a fresh one. E-mail and phone are sealed. Returns user_id, user_type, status, created_at, version (1) and replayed. Errors: WD402, WD401, 42501 the caller is not the service; 22004 a needed value is NULL; 22001 a text over its limit; 22023 no such e-mail address, phone number, time zone or language tag, or a blank text; WD104 the key was used for another request; 23505 the id or the e-mail address is taken; WD601 without a keyring.';

CREATE OR REPLACE FUNCTION dwello.verify_user(
  INOUT user_id uuid,
  what text,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT status dwello.user_status,
  OUT email_verified boolean,
  OUT phone_verified boolean,
  OUT provider_verified boolean,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_verify_user';
GRANT EXECUTE ON FUNCTION dwello.verify_user
  TO dwello_service, dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.verify_user IS
'Vouches for a user: his e-mail address or phone number is his, or he was checked as a service provider. For the service and administrators. A pending user becomes active once all is verified that the settings email_verification_required, phone_verification_required and auto_approve_providers ask for. Arguments: user_id; what, email, phone or provider; expected_version of the user. Returns the user''s status, what is verified, and version; what was verified before changes nothing and has replayed true. Errors: WD402, WD401, 42501; 22004; 22023 another word, provider for somebody who is none, phone for somebody without one; P0002 no such user; WD104; WD103.';

CREATE OR REPLACE FUNCTION dwello.add_address(
  address_type dwello.address_type,
  street text,
  city text,
  state text,
  postal_code text,
  country text,
  longitude double precision,
  latitude double precision,
  is_primary boolean DEFAULT false,
  INOUT user_id uuid DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT address_id uuid,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_add_address';
GRANT EXECUTE ON FUNCTION dwello.add_address
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.add_address IS
'Adds an address. Arguments: address_type; street (up to 200 characters, sealed), city and state (100), postal_code (20), none of them blank; country, two capital letters (ISO 3166); longitude and latitude in degrees; is_primary, takes the flag from the primary address before it, and a user''s first address is primary in any case; user_id, NULL for the caller, another''s for administrators and the system. Returns user_id, address_id, version of the address (1) and replayed. Errors: WD402, WD401, 42501 the caller is not active or names another user; 22004; 22001; 22023 a blank text, a country that is none, a place off the globe; P0002 no such user; WD104; WD601 without a keyring.';

CREATE OR REPLACE FUNCTION dwello.add_credential(
  credential_type dwello.credential_type,
  name text,
  issuer text DEFAULT NULL,
  number text DEFAULT NULL,
  valid_from date DEFAULT NULL,
  valid_until date DEFAULT NULL,
  amount bigint DEFAULT NULL,
  years_experience integer DEFAULT NULL,
  INOUT user_id uuid DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT credential_id uuid,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_add_credential';
GRANT EXECUTE ON FUNCTION dwello.add_credential
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.add_credential IS
'Adds a licence, an insurance or the like of a service provider; it counts once it is verified. Arguments: credential_type; name (up to 200 characters), what a job''s requirement asks for; issuer (200); number (100), sealed; valid_from and valid_until, its first and last day; amount insured, in minor units, above zero; years_experience, 0 to 100; user_id, NULL for the caller, another''s for administrators and the system. Returns user_id, credential_id, version of the credential (1) and replayed. Errors: WD402, WD401, 42501 the caller is no active provider, or names another user; 22004; 22001; 22023 a blank text, days in the wrong order or infinite, a number out of range, a user who is no provider; P0002 no such user; WD104; WD601 without a keyring.';

CREATE OR REPLACE FUNCTION dwello.verify_credential(
  INOUT user_id uuid,
  INOUT credential_id uuid,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT verified_at timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_verify_credential';
GRANT EXECUTE ON FUNCTION dwello.verify_credential
  TO dwello_service, dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.verify_credential IS
'Vouches for a provider''s credential. For the service and administrators. Arguments: user_id, whose it is; credential_id; expected_version of the credential. Returns user_id, credential_id, verified_at and version; one that was verified before changes nothing and has replayed true. Errors: WD402, WD401, 42501; 22004; P0002 no such user or credential; WD104; WD103; WD102 the credential has expired.';

CREATE OR REPLACE FUNCTION dwello.add_payment_method(
  method_type dwello.payment_method_type,
  psp text,
  psp_token text,
  last_four text DEFAULT NULL,
  expires_on date DEFAULT NULL,
  is_default boolean DEFAULT false,
  INOUT user_id uuid DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT payment_method_id uuid,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_add_payment_method';
GRANT EXECUTE ON FUNCTION dwello.add_payment_method
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.add_payment_method IS
'Adds a way to pay. Arguments: method_type; psp, the payment company''s name (up to 100 characters); psp_token, its opaque word for the card or account (500), never a card number; last_four digits to show; expires_on, its last day; is_default, takes the flag from the default before it, and a user''s first method is the default in any case; user_id, NULL for the caller, another''s for administrators and the system. Returns user_id, payment_method_id, version of the method (1) and replayed. Errors: WD402, WD401, 42501 the caller is not active or names another user; 22004; 22001; 22023 a blank text, a card number, other than four digits, a day in the past, an administrator''s account; P0002 no such user; WD104.';

CREATE OR REPLACE FUNCTION dwello.remove_payment_method(
  INOUT payment_method_id uuid,
  INOUT user_id uuid DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_remove_payment_method';
GRANT EXECUTE ON FUNCTION dwello.remove_payment_method
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.remove_payment_method IS
'Removes a way to pay; payments that were made with it keep their record. The default leaves the flag to the newest that remains. Arguments: payment_method_id; user_id, NULL for the caller, another''s for administrators and the system; expected_version of the method. Returns user_id, payment_method_id, version of the method and replayed. Errors: WD402, WD401, 42501 the caller is not active or names another user; 22004; P0002 no such user or method, or it was removed before; WD104; WD103; WD101 a payment with it was asked for and may still arrive.';

CREATE OR REPLACE FUNCTION dwello.suspend_user(
  INOUT user_id uuid,
  reason text,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT status dwello.user_status,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_suspend_user';
GRANT EXECUTE ON FUNCTION dwello.suspend_user
  TO dwello_service, dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.suspend_user IS
'Keeps a user out: every token of his is refused (WD402) and none is issued until dwello.reinstate_user(); a transaction that he is in ends with 42501 at its next command. His jobs, bids and escrows stay as they are; a suspended provider''s bids fail the gate PROVIDER_INACTIVE. For the service and administrators, who may suspend another administrator but not themselves. Arguments: user_id; reason, 1 to 500 characters, kept in user_activity_logs, where the user can read it once he is back, and in no event; expected_version of the user. Returns user_id, status, version of the user and replayed, true for one who was suspended before. Errors: WD402, WD401, 42501; 22004; 22001; 22023 a blank reason, the caller himself; P0002 no such user; WD104; WD103.';

CREATE OR REPLACE FUNCTION dwello.reinstate_user(
  INOUT user_id uuid,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT status dwello.user_status,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_reinstate_user';
GRANT EXECUTE ON FUNCTION dwello.reinstate_user
  TO dwello_service, dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.reinstate_user IS
'Ends a suspension. The user becomes active, or pending_verification when the settings ask for more than has been verified of him; tokens issued before stay refused, new ones are good. For the service and administrators. Arguments: user_id; expected_version of the user. Returns user_id, status, version of the user and replayed, true for one who is not suspended. Errors: WD402, WD401, 42501; 22004; P0002 no such user; WD104; WD103; WD101 an inactive user.';

CREATE OR REPLACE FUNCTION dwello.set_password_hash(
  INOUT user_id uuid,
  password_hash text,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_set_password_hash';
GRANT EXECUTE ON FUNCTION dwello.set_password_hash
  TO dwello_service;
COMMENT ON FUNCTION dwello.set_password_hash IS
'Sets the hash of a new password and revokes the tokens issued until now, as dwello.revoke_tokens() does; for the service. Arguments: user_id; password_hash, made outside, 1 to 500 characters, as a bind parameter: a plain password never comes here; expected_version of the user. The hash enters neither the record of the request nor an event. Returns user_id, version of the user and replayed. Errors: WD402, WD401, 42501 the caller is not the service; 22004; 22001; 22023 a blank hash; P0002 no such user; WD104; WD103.';

-- ----------------------------------------------------------------------
-- What users tell of themselves, and what others see of a provider.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.update_profile(
  bio text DEFAULT NULL,
  company_name text DEFAULT NULL,
  website text DEFAULT NULL,
  years_experience integer DEFAULT NULL,
  specialties text[] DEFAULT NULL,
  service_areas jsonb DEFAULT NULL,
  availability_schedule jsonb DEFAULT NULL,
  emergency_available boolean DEFAULT NULL,
  insurance_info jsonb DEFAULT NULL,
  license_info jsonb DEFAULT NULL,
  profile_image_url text DEFAULT NULL,
  timezone text DEFAULT NULL,
  language text DEFAULT NULL,
  first_name text DEFAULT NULL,
  last_name text DEFAULT NULL,
  INOUT user_id uuid DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_update_profile';
GRANT EXECUTE ON FUNCTION dwello.update_profile
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.update_profile IS
'Changes a profile; what is NULL stays as it is. An empty bio, company_name, website or profile_image_url, an empty array of specialties and the document null take the value away. A user pending verification may call it, too. Arguments: bio, up to 5000 characters; company_name, 200; website and profile_image_url, http or https, 500; years_experience, 0 to 100; specialties, up to 50 of 1 to 100 characters; service_areas, a GeoJSON Polygon or MultiPolygon in degrees, its rings closed and not crossing, up to 102400 bytes as jsonb (cut at the antimeridian); availability_schedule, insurance_info and license_info, JSON objects up to 20480 bytes, not sealed: the number of a policy or a licence belongs in dwello.add_credential(); emergency_available; timezone, a name of pg_timezone_names; language, a tag like en or pt-BR; first_name and last_name, 1 to 100 characters; user_id, NULL for the caller, another''s for administrators and the system; expected_version of the profile. Returns user_id, version of the profile (that of user_profiles; users counts its own where a name, image, time zone or language is given) and replayed, true where nothing was given. Errors: WD402, WD401, 42501 the caller is suspended or names another user; 22004 a NULL specialty, or user_id for the system; 22001; 22023 a blank text, another address, number, list or document than said; P0002 no such user; WD104; WD103.';

CREATE OR REPLACE FUNCTION dwello.provider_summary(
  INOUT provider_id uuid,
  OUT first_name text,
  OUT last_name text,
  OUT company_name text,
  OUT bio text,
  OUT specialties text[],
  OUT years_experience integer,
  OUT rating numeric,
  OUT review_count integer,
  OUT completed_count integer,
  OUT awarded_count integer,
  OUT member_since timestamptz,
  OUT provider_verified boolean,
  OUT emergency_available boolean,
  OUT verified_credentials text[]
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_provider_summary';
GRANT EXECUTE ON FUNCTION dwello.provider_summary
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.provider_summary IS
'What everybody with an identity may know of an active service provider; nothing by which he could be reached. Argument: provider_id. Returns first_name; last_name, its first letter and a dot for strangers, in full for himself, administrators, support, the system and the homeowner of a job that he has confirmed; company_name, bio, specialties, years_experience; rating, the mean of the stars of revealed reviews with two decimals, where a year old counts half, NULL for none; review_count, completed_count and awarded_count of all time; member_since; provider_verified; emergency_available; verified_credentials, the types of those that are verified and valid today. Errors: WD402, WD401; 22004; P0002 no such provider, or not an active one.';

-- ----------------------------------------------------------------------
-- Who calls: keyring, tokens, login, contacts.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.login(
  token text,
  is_local boolean DEFAULT true
)
RETURNS uuid
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'dwello_login';
GRANT EXECUTE ON FUNCTION dwello.login
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.login IS
'Says who calls, from here to the end of the transaction. Arguments: token, always as a bind parameter (a literal shows in logs), NULL or empty ends the identity; is_local, false for the whole session, which wants the setting dwello.session_tokens. Returns the user''s id, NULL when the identity was ended. Errors: 22004 is_local is NULL; 42501 a token for the session while dwello.session_tokens is off; WD402 the token is not good; WD601 without a keyring.';

CREATE OR REPLACE FUNCTION dwello.create_keyring(
  OUT kind text,
  OUT key_id integer,
  OUT created boolean
)
RETURNS SETOF record
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 3
AS 'MODULE_PATHNAME', 'dwello_create_keyring';
COMMENT ON FUNCTION dwello.create_keyring IS
'Makes the file named by dwello.keyring_file with a first key of each kind (token, pii, index), or adds the kinds that it lacks; a key that is there is never touched. For superusers. Returns a row for each kind: its newest key, and whether this call made it. Errors: 42501 not a superuser; WD601 the file cannot be read or written.';

CREATE OR REPLACE FUNCTION dwello.issue_token(
  user_id uuid,
  ttl interval DEFAULT '15 minutes',
  role text DEFAULT NULL
)
RETURNS text
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_issue_token';
GRANT EXECUTE ON FUNCTION dwello.issue_token
  TO dwello_service;
COMMENT ON FUNCTION dwello.issue_token IS
'Makes a signed token (JWT, HS256) for a user, for the service. Arguments: user_id; ttl, its life from one second to thirty days, counted in whole seconds; role, NULL for the user''s type, support for administrators only. Returns the token. Errors: 42501 the caller is not the service or the user is suspended; 22004 user_id or ttl is NULL; 22023 ttl out of range or a role that the user cannot have; P0002 no such user; WD601 without a keyring.';

CREATE OR REPLACE FUNCTION dwello.revoke_tokens(
  INOUT user_id uuid DEFAULT NULL,
  OUT not_before timestamptz
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_revoke_tokens';
GRANT EXECUTE ON FUNCTION dwello.revoke_tokens
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.revoke_tokens IS
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
GRANT EXECUTE ON FUNCTION dwello.find_login
  TO dwello_service;
COMMENT ON FUNCTION dwello.find_login IS
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
GRANT EXECUTE ON FUNCTION dwello.get_user_contact
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.get_user_contact IS
'Opens a user''s sealed contact and writes down who looked, and why. For the user himself, administrators, support, the system, and the homeowner and confirmed provider of a job that was not cancelled. Arguments: user_id; reason, up to 200 characters. Returns email, phone (NULL when there is none) and addresses, an array of objects with is_primary, address_type, street, city, state, postal_code and country. Errors: WD401 no identity; 42501 the caller is suspended; 22004, 22001, 22023 the arguments; P0002 no such user, or none that the caller works with; WD601 without a keyring; WD602 a sealed value does not open.';
