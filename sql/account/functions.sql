/*
 * Accounts: people and what belongs to them, and who calls.
 */

-- ----------------------------------------------------------------------
-- People and what belongs to them: accounts, verification, addresses, credentials, payment methods.
-- ----------------------------------------------------------------------

/*
 * register_user
 *	Makes an account, pending verification. E-mail and phone are sealed.
 *
 * role: service
 * args:
 *	email: one @ and a domain with a dot, up to 254 characters; case and
 *	  surrounding blanks do not count
 *	user_type: homeowner, service_provider or admin
 *	first_name: 1 to 100 characters
 *	last_name: 1 to 100 characters
 *	phone: 7 to 15 digits, a leading + and the usual punctuation allowed;
 *	  NULL for none
 *	password_hash: made outside, up to 500 characters: a plain password
 *	  never comes here
 *	timezone: a name of pg_timezone_names
 *	language: a tag like en or pt-BR
 *	user_id: the account's id; NULL for one derived from the idempotency
 *	  key, else a fresh one
 *	idempotency_key
 * returns: a row
 *	user_type
 *	user_id
 *	status: pending_verification
 *	created_at
 *	version: 1
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is not the service
 *	22004 22001
 *	22023: no such e-mail address, phone number, time zone or language
 *	  tag, or a blank text
 *	WD104
 *	23505: the id or the e-mail address is taken
 *	WD601
 * example: system
 *	SELECT user_type, status, version
 *	  FROM dwello.register_user(email => 'nora@example.com', user_type => 'homeowner',
 *	    first_name => 'Nora', last_name => 'Newcomer', timezone => 'America/New_York');
 */
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
  'Makes an account, pending verification. Errors: WD402, WD401, 42501, 22004, 22001, 22023, WD104, 23505, WD601. See reference.md#register_user.';

/*
 * verify_user
 *	Vouches for a user: for the e-mail address, the phone number, or the
 *	check as a service provider. A pending user becomes active once all is
 *	verified that the settings email_verification_required,
 *	phone_verification_required and auto_approve_providers ask for.
 *
 * role: app, service, admin
 * args:
 *	user_id
 *	what: email, phone or provider
 *	expected_version: version of the user
 *	idempotency_key
 * returns: a row
 *	user_id
 *	status: status of the account
 *	email_verified: the e-mail address is verified
 *	phone_verified: the phone number is verified
 *	provider_verified: the provider was checked
 *	version: version of the user
 *	replayed: true for what was verified before, or a repeated key
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor an administrator
 *	22004 22001
 *	22023: another word, provider for somebody who is none, phone for
 *	  somebody without one
 *	P0002: no such user
 *	WD104 WD103
 * example: admin
 *	SELECT status, email_verified, phone_verified
 *	  FROM dwello.verify_user(user_id => 'de000000-0000-7000-8000-000000000001', what => 'phone');
 */
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
  'Vouches for a user: for the e-mail address, the phone number, or the check as a service provider. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD104, WD103. See reference.md#verify_user.';

/*
 * add_address
 *	Adds an address. Street and exact place are sealed.
 *
 * role: app, service, support, admin
 * args:
 *	address_type: home, business or billing
 *	street: up to 200 characters
 *	city: up to 100 characters
 *	state: up to 100 characters
 *	postal_code: up to 20 characters
 *	country: two capital letters (ISO 3166)
 *	longitude: degrees east, exact; distances are taken from the place
 *	  rounded to 0.01 degree
 *	latitude: degrees north, likewise
 *	is_primary: takes the flag from the primary address before it; a
 *	  user's first address is primary in any case
 *	user_id: NULL for the caller; another's for administrators and the
 *	  system
 *	idempotency_key
 * returns: a row
 *	user_id
 *	address_id: the address
 *	version: 1
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is not active, or names another user
 *	22004 22001
 *	22023: a blank text, a country that is none, a place off the globe
 *	P0002: no such user
 *	WD104 WD601
 * example: homeowner
 *	SELECT user_id, version
 *	  FROM dwello.add_address(address_type => 'billing', street => '200 Pine Street', city => 'San Francisco',
 *	    state => 'CA', postal_code => '94104', country => 'US', longitude => -122.4004, latitude => 37.7922);
 */
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
  'Adds an address. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD104, WD601. See reference.md#add_address.';

/*
 * add_credential
 *	Adds a licence, an insurance or the like of a service provider. It
 *	counts once it is verified; its number is sealed.
 *
 * role: app, service, admin
 * args:
 *	credential_type: license, insurance, certification, experience or
 *	  equipment
 *	name: what a job's requirement asks for, up to 200 characters
 *	issuer: up to 200 characters
 *	number: up to 100 characters
 *	valid_from: its first day
 *	valid_until: its last day
 *	amount: sum insured in minor units, above zero
 *	years_experience: 0 to 100 years
 *	user_id: NULL for the caller; another's for administrators and the
 *	  system
 *	idempotency_key
 * returns: a row
 *	user_id
 *	credential_id: the credential
 *	version: 1
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active provider, or names another user
 *	22004 22001 22003
 *	22023: a blank text, days in the wrong order or infinite, a number out
 *	  of range, a user who is no provider
 *	P0002: no such user
 *	WD104 WD601
 * example: provider_1
 *	SELECT user_id, version
 *	  FROM dwello.add_credential(credential_type => 'license', name => 'C-33 Painting',
 *	    issuer => 'CSLB', number => '1012345', valid_until => '2032-06-30');
 */
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
  'Adds a licence, an insurance or the like of a service provider. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002, WD104, WD601. See reference.md#add_credential.';

/*
 * verify_credential
 *	Vouches for a provider's credential.
 *
 * role: app, service, admin
 * args:
 *	user_id: the provider
 *	credential_id: the credential
 *	expected_version: version of the credential
 *	idempotency_key
 * returns: a row
 *	user_id
 *	credential_id
 *	verified_at: when it was verified
 *	version: version of the credential
 *	replayed: true for one that was verified before, or a repeated key
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor an administrator
 *	22004
 *	P0002: no such user or credential
 *	WD104 WD103
 *	WD102: the credential has expired
 * example: system, a credential
 *	SELECT verified_at, version
 *	  FROM dwello.verify_credential(user_id => 'de000000-0000-7000-8000-000000000002',
 *	    credential_id => (SELECT c.id FROM dwello.provider_credentials AS c));
 */
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
  'Vouches for a provider''s credential. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD102. See reference.md#verify_credential.';

/*
 * add_payment_method
 *	Adds a way to pay, or to be paid: payouts may go to it once
 *	verify_payment_method() has vouched for it.
 *
 * role: app, service, admin
 * args:
 *	method_type: credit_card, debit_card, bank_account, paypal or stripe
 *	psp: the payment company's name, up to 100 characters
 *	psp_token: the company's opaque word for the card or account, up to
 *	  500 characters; never a card number
 *	last_four: its last four digits, to show
 *	expires_on: its last day
 *	is_default: takes the flag from the default before it; a user's first
 *	  method is the default in any case
 *	user_id: NULL for the caller; another's for administrators and the
 *	  system
 *	idempotency_key
 * returns: a row
 *	user_id
 *	payment_method_id: the method
 *	version: 1
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is not active, or names another user
 *	22004 22001
 *	22023: a blank text, a card number, other than four digits, a day in
 *	  the past, an administrator's account
 *	P0002: no such user
 *	WD104
 * example: homeowner
 *	SELECT user_id, version
 *	  FROM dwello.add_payment_method(method_type => 'bank_account', psp => 'demo-psp',
 *	    psp_token => 'tok_demo_bank', last_four => '6789');
 */
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
  'Adds a way to pay, or to be paid: payouts may go to it once verify_payment_method() has vouched for it. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD104. See reference.md#add_payment_method.';

/*
 * verify_payment_method
 *	Vouches that a payment method is its user's own and can receive:
 *	payouts may go to it.
 *
 * role: app, service, admin
 * args:
 *	user_id: whose it is
 *	payment_method_id: the method
 *	expected_version: version of the method
 *	idempotency_key
 * returns: a row
 *	user_id
 *	payment_method_id
 *	can_receive: true
 *	version: version of the method
 *	replayed: true for one that was verified before, or a repeated key
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor an administrator
 *	22004
 *	P0002: no such user or method, or it was removed
 *	WD104 WD103
 *	22023: a kind that cannot receive (payment_method_abilities)
 *	WD102: the method has expired
 * example: system, a bank account
 *	SELECT can_receive, version
 *	  FROM dwello.verify_payment_method(user_id => 'de000000-0000-7000-8000-000000000003',
 *	    payment_method_id => (SELECT m.id FROM dwello.payment_methods AS m
 *	      WHERE m.user_id = 'de000000-0000-7000-8000-000000000003'));
 */
CREATE OR REPLACE FUNCTION dwello.verify_payment_method(
  INOUT user_id uuid,
  INOUT payment_method_id uuid,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT can_receive boolean,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_verify_payment_method';
GRANT EXECUTE ON FUNCTION dwello.verify_payment_method
  TO dwello_service, dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.verify_payment_method IS
  'Vouches that a payment method is its user''s own and can receive: payouts may go to it. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, 22023, WD102. See reference.md#verify_payment_method.';

/*
 * payment_method_abilities
 *	Lists what each kind of payment method can, a row for each kind.
 *	Needs no identity.
 *
 * role: app, service, support, admin
 * args: none
 * returns: rows, one a kind
 *	method_type: the kind
 *	can_pay: money can be asked of it
 *	can_receive: payouts can go to it, once it was verified
 * example: homeowner
 *	SELECT method_type, can_pay, can_receive FROM dwello.payment_method_abilities();
 */
CREATE OR REPLACE FUNCTION dwello.payment_method_abilities(
  OUT method_type dwello.payment_method_type,
  OUT can_pay boolean,
  OUT can_receive boolean
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE ROWS 5
AS 'MODULE_PATHNAME', 'dwello_payment_method_abilities';
GRANT EXECUTE ON FUNCTION dwello.payment_method_abilities
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.payment_method_abilities IS
  'Lists what each kind of payment method can, a row for each kind. See reference.md#payment_method_abilities.';

/*
 * remove_payment_method
 *	Removes a way to pay. Payments that were made with it keep their
 *	record, payouts that are under way their destination; the default leaves the flag to the newest that remains.
 *
 * role: app, service, admin
 * args:
 *	payment_method_id: the method
 *	user_id: NULL for the caller; another's for administrators and the
 *	  system
 *	expected_version: version of the method
 *	idempotency_key
 * returns: a row
 *	payment_method_id
 *	user_id
 *	version: version of the method
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is not active, or names another user
 *	22004
 *	P0002: no such user or method, or it was removed before
 *	WD104 WD103
 *	WD101: a payment with it was asked for and may still arrive
 * example: homeowner
 *	SELECT user_id, version
 *	  FROM dwello.remove_payment_method(payment_method_id => (SELECT m.id FROM dwello.payment_methods AS m));
 */
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
  'Removes a way to pay. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD101. See reference.md#remove_payment_method.';

/*
 * suspend_user
 *	Keeps a user out until dwello.reinstate_user(). Every token of theirs
 *	is refused (WD402), none is issued, and a transaction that they are in
 *	ends with 42501 at its next command. Their jobs, bids and escrows stay
 *	as they are; a suspended provider's bids fail the gate
 *	PROVIDER_INACTIVE, and their payouts are held unless a worker has them.
 *
 *	For the service and administrators, who may suspend another
 *	administrator but not themselves.
 *
 * role: app, service, admin
 * args:
 *	user_id
 *	reason: 1 to 500 characters, kept in user_activity_logs, where the
 *	  user can read it afterwards, and in no event
 *	expected_version: version of the user
 *	idempotency_key
 * returns: a row
 *	user_id
 *	status: suspended
 *	version: version of the user
 *	replayed: true for one who was suspended before, or a repeated key
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor an administrator
 *	22004 22001
 *	22023: a blank reason, or the caller themselves
 *	P0002: no such user
 *	WD104 WD103
 * example: admin
 *	SELECT status, version
 *	  FROM dwello.suspend_user(user_id => 'de000000-0000-7000-8000-000000000003', reason => 'Insurance has lapsed.');
 */
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
  'Keeps a user out until dwello.reinstate_user(). Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD104, WD103. See reference.md#suspend_user.';

/*
 * reinstate_user
 *	Ends a suspension. The user becomes active, or pending_verification
 *	when the settings ask for more than has been verified; tokens issued
 *	before stay refused, new ones are good.
 *
 * role: app, service, admin
 * args:
 *	user_id
 *	expected_version: version of the user
 *	idempotency_key
 * returns: a row
 *	user_id
 *	status: active or pending_verification
 *	version: version of the user
 *	replayed: true for one who is not suspended, or a repeated key
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor an administrator
 *	22004
 *	P0002: no such user
 *	WD104 WD103
 *	WD101: an inactive user
 * example: admin, provider_2 suspended
 *	SELECT status, version
 *	  FROM dwello.reinstate_user(user_id => 'de000000-0000-7000-8000-000000000003');
 */
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
  'Ends a suspension. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD101. See reference.md#reinstate_user.';

/*
 * set_password_hash
 *	Sets the hash of a new password and revokes the tokens issued until
 *	now, as dwello.revoke_tokens() does. The hash enters neither the
 *	record of the request nor an event.
 *
 * role: service
 * args:
 *	user_id
 *	password_hash: made outside, 1 to 500 characters, as a bind parameter:
 *	  a plain password never comes here
 *	expected_version: version of the user
 *	idempotency_key
 * returns: a row
 *	user_id
 *	version: version of the user
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is not the service
 *	22004 22001
 *	22023: a blank hash
 *	P0002: no such user
 *	WD104 WD103 WD601
 * example: system
 *	SELECT version
 *	  FROM dwello.set_password_hash(user_id => 'de000000-0000-7000-8000-000000000001',
 *	    password_hash => '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA');
 */
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
  'Sets the hash of a new password and revokes the tokens issued until now, as dwello.revoke_tokens() does. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD104, WD103, WD601. See reference.md#set_password_hash.';

-- ----------------------------------------------------------------------
-- What users tell of themselves, and what others see of a provider.
-- ----------------------------------------------------------------------

/*
 * update_profile
 *	Changes a profile. What is NULL stays as it is; an empty bio,
 *	company_name, website or profile_image_url, an empty array and the
 *	document null take the value away.
 *
 *	A user pending verification may call it, too.
 *
 * role: app, service, support, admin
 * args:
 *	bio: up to 5000 characters
 *	company_name: up to 200 characters
 *	website: http or https, up to 500 characters
 *	years_experience: 0 to 100 years
 *	specialties: up to 50 of 1 to 100 characters, for readers; where no
 *	  categories are chosen, those that they name stand for them
 *	service_areas: a GeoJSON Polygon or MultiPolygon in degrees, its rings
 *	  closed and not crossing, up to 102400 bytes as jsonb, cut at the
 *	  antimeridian
 *	availability_schedule: a JSON object up to 20480 bytes; of its members
 *	  mon to sun each has times like "08:00", from and until in turns
 *	emergency_available: takes emergencies outside the schedule
 *	insurance_info: a JSON object up to 20480 bytes, not sealed: a
 *	  policy's number belongs in dwello.add_credential()
 *	license_info: a JSON object up to 20480 bytes, likewise
 *	profile_image_url: http or https, up to 500 characters
 *	timezone: a name of pg_timezone_names
 *	language: a tag like en or pt-BR
 *	first_name: 1 to 100 characters
 *	last_name: 1 to 100 characters
 *	categories: up to 100, with all that is below them: what jobs a provider
 *	  is told of, and their agent bids for; an empty array takes them away
 *	user_id: NULL for the caller; another's for administrators and the
 *	  system
 *	expected_version: version of the profile
 *	idempotency_key
 * returns: a row
 *	user_id
 *	version: version of the profile, in user_profiles; users counts its
 *	  own where a name, image, time zone or language is given
 *	replayed: true when nothing was given, or the call was made before
 *	  under its key
 * errors:
 *	WD402 WD401
 *	42501: the caller is suspended, or names another user
 *	22004: a NULL element, or no user_id when the system calls
 *	22001
 *	22023: a blank text; another address, number, list or document than
 *	  said
 *	P0002: no such user or category
 *	WD104 WD103
 * example: provider_1
 *	SELECT user_id, version
 *	  FROM dwello.update_profile(company_name => 'Bay Brush', specialties => ARRAY['painting & decorating']);
 */
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
  categories uuid[] DEFAULT NULL,
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
  'Changes a profile. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD104, WD103. See reference.md#update_profile.';

/*
 * provider_summary
 *	What everybody may know of an active service provider. Nothing in it tells how to reach them.
 *
 * role: app, service, support, admin, public
 * args:
 *	provider_id: the provider
 * returns: a row
 *	provider_id
 *	first_name: given name
 *	last_name: its first letter and a dot for strangers; in full for the
 *	  provider, administrators, support, the system and the homeowner of a
 *	  job that the provider has confirmed
 *	company_name: name of the company
 *	bio: what the provider tells
 *	specialties: what the provider does best
 *	years_experience: years of experience
 *	rating: mean of the stars of revealed reviews with two decimals, where
 *	  one a year old counts half; NULL for none
 *	review_count: reviews of all time
 *	completed_count: completed jobs of all time
 *	awarded_count: awarded jobs of all time
 *	member_since: when the account was made
 *	provider_verified: the provider was checked
 *	emergency_available: takes emergencies outside the schedule
 *	verified_credentials: types of credentials that are verified and valid
 *	  today
 * errors:
 *	WD402 WD401 22004
 *	P0002: no such provider, or not an active one
 * example: homeowner
 *	SELECT first_name, last_name, rating, completed_count, provider_verified
 *	  FROM dwello.provider_summary(provider_id => 'de000000-0000-7000-8000-000000000002');
 */
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
  TO dwello_app, dwello_service, dwello_support, dwello_admin, dwello_public;
COMMENT ON FUNCTION dwello.provider_summary IS
  'What everybody may know of an active service provider. Errors: WD402, WD401, 22004, P0002. See reference.md#provider_summary.';

-- ----------------------------------------------------------------------
-- Who calls: keyring, tokens, login, contacts.
-- ----------------------------------------------------------------------

/*
 * login
 *	Says who calls, from here to the end of the transaction.
 *
 * role: app, service, support, analyst, admin
 * args:
 *	token: always as a bind parameter, for a literal shows in logs; NULL
 *	  or empty ends the identity
 *	is_local: false for the whole session, which wants the setting
 *	  dwello.session_tokens
 * returns: the user's id; NULL when the identity was ended
 * errors:
 *	22004: is_local is NULL
 *	42501: a token for the session while dwello.session_tokens is off
 *	WD402 WD601
 * example: system
 *	SELECT dwello.login(token => dwello.issue_token('de000000-0000-7000-8000-000000000001')) AS user_id;
 */
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
  'Says who calls, from here to the end of the transaction. Errors: 22004, 42501, WD402, WD601. See reference.md#login.';

/*
 * create_keyring
 *	Makes the file named by dwello.keyring_file with a first key of each
 *	kind, or adds the kinds that it lacks. A key that is there is never
 *	touched. The data id of the database is made with it.
 *
 * role: owner
 * args:
 *	force: true makes keys although nothing opens what the error names:
 *	  that stays closed until the true keyring is found again
 * returns: rows, one a kind
 *	kind: token, pii or index
 *	key_id: its newest key
 *	created: this call made it
 * errors:
 *	42501: the caller is not a superuser
 *	22004: force is NULL
 *	WD601: the file cannot be read or written
 *	WD603: values or indexes are there that no key of the file fits, or the
 *	  database has used keys that it lacks
 * example: superuser
 *	SELECT kind, created FROM dwello.create_keyring();
 */
CREATE OR REPLACE FUNCTION dwello.create_keyring(
  force boolean DEFAULT false,
  OUT kind text,
  OUT key_id integer,
  OUT created boolean
)
RETURNS SETOF record
LANGUAGE c VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 3
AS 'MODULE_PATHNAME', 'dwello_create_keyring';
COMMENT ON FUNCTION dwello.create_keyring IS
  'Makes the file named by dwello.keyring_file with a first key of each kind, or adds the kinds that it lacks. Errors: 42501, 22004, WD601, WD603. See reference.md#create_keyring.';

/*
 * rotate_key
 *	Makes a new key of a kind, which new work uses from now on. What the
 *	older keys have signed, sealed or indexed stays good. Every standby
 *	needs the new file.
 *
 * role: owner
 * args:
 *	kind: token, pii or index
 * returns: a row
 *	kind: as given
 *	key_id: the new key
 * errors:
 *	42501: the caller is not a superuser
 *	22004 22001
 *	22023: there is no such kind
 *	WD601: the file cannot be read or written, or is full
 *	WD603 25006
 * example: superuser
 *	SELECT count(r.key_id) AS rotated
 *	  FROM (SELECT 'token' AS kind WHERE NOT EXISTS (SELECT FROM dwello.key_ids AS k
 *	          WHERE k.kind = 'token' AND k.made_at > now() - interval '1 year')) AS due,
 *	       dwello.rotate_key(due.kind) AS r;
 */
CREATE OR REPLACE FUNCTION dwello.rotate_key(
  INOUT kind text,
  OUT key_id integer
)
RETURNS SETOF record
LANGUAGE c VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1
AS 'MODULE_PATHNAME', 'dwello_rotate_key';
COMMENT ON FUNCTION dwello.rotate_key IS
  'Makes a new key of a kind, which new work uses from now on. Errors: 42501, 22004, 22001, 22023, WD601, WD603, 25006. See reference.md#rotate_key.';

/*
 * retire_key
 *	Takes a key that nothing needs any more out of the keyring file. Of kind
 *	pii and index: nothing is sealed or indexed with it, which dwello.reseal()
 *	sees to. Of kind token: the tokens that it has signed end. It is called in
 *	a transaction of its own, and the key leaves the file as that commits.
 *
 * role: owner
 * args:
 *	kind: token, pii or index
 *	key_id: the key; not the newest of its kind
 * returns: a row
 *	kind: as given
 *	key_id: as given
 * errors:
 *	42501: the caller is not a superuser
 *	22004 22001
 *	22023: there is no such kind
 *	P0002: the keyring has no such key
 *	WD101: it is the newest of its kind, or in use, or the transaction has a
 *	  savepoint or has written something
 *	WD601: the file cannot be read or written
 *	WD603 25006
 * example: superuser
 *	SELECT count(r.key_id) AS retired
 *	  FROM (SELECT k.kind, k.key_id FROM dwello.key_ids AS k WHERE k.kind = 'token' AND k.retired_at IS NULL
 *	           AND k.made_at < now() - interval '13 months' LIMIT 1) AS old,
 *	       dwello.retire_key(old.kind, old.key_id) AS r;
 */
CREATE OR REPLACE FUNCTION dwello.retire_key(
  INOUT kind text,
  INOUT key_id integer
)
RETURNS SETOF record
LANGUAGE c VOLATILE SECURITY DEFINER PARALLEL UNSAFE ROWS 1
AS 'MODULE_PATHNAME', 'dwello_retire_key';
COMMENT ON FUNCTION dwello.retire_key IS
  'Takes a key that nothing needs any more out of the keyring file. Errors: 42501, 22004, 22001, 22023, P0002, WD101, WD601, WD603, 25006. See reference.md#retire_key.';

/*
 * reseal
 *	Seals values of old keys anew under the newest, a batch of rows. E-mail
 *	addresses and telephone numbers are indexed anew likewise. A row that
 *	somebody else has locked is left for the next call, and nobody waits for
 *	it: call it again, while everything goes on, until is_complete.
 *
 * role: service
 * args:
 *	max_rows: most rows of this call, 1 to 10000
 * returns: a row
 *	resealed: rows that were written
 *	unreadable: values that do not open, and stay as they are
 *	is_complete: nothing else is left under an old key
 * errors:
 *	WD402 WD401
 *	42501: the caller is not the service
 *	22004
 *	22023: max_rows is out of range
 *	WD601 25006
 * example: system
 *	SELECT resealed, is_complete FROM dwello.reseal();
 */
CREATE OR REPLACE FUNCTION dwello.reseal(
  max_rows integer DEFAULT 1000,
  OUT resealed integer,
  OUT unreadable integer,
  OUT is_complete boolean
)
LANGUAGE c VOLATILE SECURITY DEFINER PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'dwello_reseal';
GRANT EXECUTE ON FUNCTION dwello.reseal TO dwello_service;
COMMENT ON FUNCTION dwello.reseal IS
  'Seals values of old keys anew under the newest, a batch of rows. Errors: WD402, WD401, 42501, 22004, 22023, WD601, 25006. See reference.md#reseal.';

/*
 * token_audience
 *	Whom the tokens of this database are for, and the only audience that it
 *	accepts. It is the setting dwello.token_audience, or, while that is
 *	empty, "dwello:" and 16 digits that this database alone has, and its
 *	standbys. A restored or copied database has others.
 *
 * role: app, service, admin
 * args: none
 * returns: the audience
 * errors:
 *	WD402
 *	WD401: no identity, and the session is not the service's
 *	42501: the caller is neither an administrator nor the service
 * example: system
 *	SELECT dwello.token_audience() LIKE 'dwello:%' AS is_own;
 */
CREATE OR REPLACE FUNCTION dwello.token_audience()
RETURNS text
LANGUAGE c STABLE PARALLEL SAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_token_audience';
GRANT EXECUTE ON FUNCTION dwello.token_audience
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.token_audience IS
  'Whom the tokens of this database are for, and the only audience that it accepts. Errors: WD402, WD401, 42501. See reference.md#token_audience.';

/*
 * issue_token
 *	Makes a signed token (JWT, HS256) for a user.
 *
 * role: service
 * args:
 *	user_id
 *	ttl: its life, one second to thirty days, in whole seconds
 *	role: NULL for the user's type; support for administrators only
 * returns: the token
 * errors:
 *	42501: the caller is not the service, or the user is suspended
 *	22004: user_id or ttl is NULL
 *	22023: ttl out of range, or a role that the user cannot have
 *	P0002: no such user
 *	WD601
 * example: system
 *	SELECT dwello.issue_token(user_id => 'de000000-0000-7000-8000-000000000001', ttl => '1 hour') AS token;
 */
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
  'Makes a signed token (JWT, HS256) for a user. Errors: 42501, 22004, 22023, P0002, WD601. See reference.md#issue_token.';

/*
 * revoke_tokens
 *	Signs a user out everywhere. Tokens issued until now are refused
 *	(WD402) in every transaction that begins once this one has committed;
 *	the caller's own identity holds to the end of the transaction. A token
 *	issued afterwards is good at once.
 *
 * role: app, service, support, admin
 * args:
 *	user_id: NULL for the caller; another's for administrators and the
 *	  system
 * returns: a row
 *	user_id
 *	not_before: tokens issued before it are refused; infinity while the
 *	  user is suspended
 * errors:
 *	WD402 WD401
 *	42501: the caller is suspended, or names another user
 *	22004: no user_id when the system calls
 *	P0002: no such user
 * example: homeowner
 *	SELECT user_id FROM dwello.revoke_tokens();
 */
CREATE OR REPLACE FUNCTION dwello.revoke_tokens(
  INOUT user_id uuid DEFAULT NULL,
  OUT not_before timestamptz
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_revoke_tokens';
GRANT EXECUTE ON FUNCTION dwello.revoke_tokens
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.revoke_tokens IS
  'Signs a user out everywhere. Errors: WD402, WD401, 42501, 22004, P0002. See reference.md#revoke_tokens.';

/*
 * find_login
 *	Finds the account of an e-mail address, for the service that checks
 *	passwords.
 *
 * role: service
 * args:
 *	email: in any case and with blanks around it
 * returns: one row, none when nobody has the address
 *	user_id: the account
 *	password_hash: the hash that register_user() or set_password_hash()
 *	  was given
 *	status: status of the account
 * errors:
 *	WD401: no identity, and the session is not the service's
 *	42501: the caller is not the service
 *	22004 WD601 WD602
 * example: system
 *	SELECT user_id, status FROM dwello.find_login(email => ' Hanna@Example.com');
 */
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
  'Finds the account of an e-mail address, for the service that checks passwords. Errors: WD401, 42501, 22004, WD601, WD602. See reference.md#find_login.';

/*
 * request_contact
 *	Asks to open a user's contact, and writes down who asks, and why. For
 *	whom get_user_contact() opens it, and job_site() where a job of theirs
 *	is, in another transaction once this one has committed: the record
 *	stays, whatever becomes of that.
 *
 * role: app, service, support, admin
 * args:
 *	user_id: whose contact
 *	reason: why, up to 200 characters; kept in data_access_log
 * returns: the id of the record in data_access_log
 * errors:
 *	WD402 WD401
 *	42501: the caller is suspended
 *	22004 22001
 *	22023: a blank reason
 *	P0002: no such user, or none that the caller works with
 * example: homeowner, painting confirmed
 *	SELECT dwello.request_contact(user_id => 'de000000-0000-7000-8000-000000000002',
 *	    reason => 'To agree on a day.') IS NOT NULL AS is_written;
 */
CREATE OR REPLACE FUNCTION dwello.request_contact(
  user_id uuid,
  reason text
) RETURNS uuid
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_request_contact';
GRANT EXECUTE ON FUNCTION dwello.request_contact
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.request_contact IS
  'Asks to open a user''s contact, and writes down who asks, and why. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002. See reference.md#request_contact.';

/*
 * get_user_contact
 *	Opens a user's sealed contact and writes down who looked, and why. For
 *	the user, and after request_contact() for administrators, support, the
 *	system, and for homeowner and provider of a contract: from when
 *	something is paid, or at once where the work is not paid through
 *	escrow, until contact_days after the job is completed, and not once it
 *	is cancelled. These learn no address; job_site() has that of the job.
 *
 * role: app, service, support, admin
 * args:
 *	user_id: whose contact
 *	reason: why, up to 200 characters; kept in data_access_log
 * returns: a row
 *	email: the e-mail address
 *	phone: the phone number; NULL when there is none
 *	addresses: an array of objects with is_primary, address_type, street,
 *	  city, state, postal_code, country, longitude and latitude; NULL for
 *	  the other side of a contract
 * errors:
 *	WD402 WD401
 *	42501: the caller is suspended
 *	22004 22001
 *	22023: a blank reason
 *	P0002: no such user, or none that the caller works with
 *	WD101: the caller has not asked for it in the last contact_minutes, in
 *	  another transaction that has committed
 *	WD601 WD602
 * example: homeowner
 *	SELECT email, phone
 *	  FROM dwello.get_user_contact(user_id => 'de000000-0000-7000-8000-000000000001',
 *	    reason => 'My own.');
 */
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
  'Opens a user''s sealed contact and writes down who looked, and why. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD101, WD601, WD602. See reference.md#get_user_contact.';

/*
 * export_user_data
 *	All that the database has of a person, a row for each row: whatever the
 *	registry names as theirs, with who looked at their data. Sealed columns
 *	are opened, secrets are left out. Rows of others that name the person
 *	(the other side's jobs, reviews of them, payments) are among them, without
 *	what is personal of the others. For the person, and after
 *	request_contact() for administrators, support and the system.
 *
 * role: app, service, support, admin
 * args:
 *	user_id: whose data; NULL for the caller's own
 *	reason: why, up to 200 characters; kept in data_access_log
 * returns: rows, one a row of a table
 *	table_name: the table
 *	row_key: the row's id; where it has none its job's, else its
 *	  transaction's or the user's
 *	data: the row
 * errors:
 *	WD402 WD401
 *	42501: the caller is suspended, or the data is another user's
 *	22001
 *	22004: reason is NULL, or user_id is and no user calls
 *	22023: a blank reason
 *	P0002: no such user
 *	WD101: the caller has not asked for it in the last contact_minutes, in
 *	  another transaction that has committed
 *	WD601 WD602
 *	25006
 * example: homeowner
 *	SELECT data ->> 'email' AS email
 *	  FROM dwello.export_user_data(reason => 'My own.') WHERE table_name = 'users';
 */
CREATE OR REPLACE FUNCTION dwello.export_user_data(user_id uuid DEFAULT NULL, reason text DEFAULT 'The person asked.')
  RETURNS TABLE (table_name text, row_key text, data jsonb)
  AS 'MODULE_PATHNAME', 'dwello_export_user_data' LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER;
COMMENT ON FUNCTION dwello.export_user_data IS
  'All that the database has of a person, a row for each row: whatever the registry names as theirs, with who looked at their data. Errors: WD402, WD401, 42501, 22001, 22004, 22023, P0002, WD101, WD601, WD602, 25006. See reference.md#export_user_data.';
GRANT EXECUTE ON FUNCTION dwello.export_user_data TO dwello_app, dwello_service, dwello_support, dwello_admin;
