/*
 * What operators do: settings, flags, events, upkeep, the demonstration.
 */

-- ----------------------------------------------------------------------
-- The operator's settings.
-- ----------------------------------------------------------------------

/*
 * get_setting
 *	The value of a setting in force: the operator's, else the built-in
 *	one.
 *
 * role: app, service, support, admin
 * args:
 *	name: as the view dwello.settings lists it
 * returns: the value as text
 * errors:
 *	WD402 WD401 22004 22001
 *	22023: a blank name
 *	P0002: no such setting
 * example: homeowner
 *	SELECT dwello.get_setting(name => 'job_expiry_days');
 */
CREATE OR REPLACE FUNCTION dwello.get_setting(name text)
RETURNS text
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_get_setting';
GRANT EXECUTE ON FUNCTION dwello.get_setting
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.get_setting IS
  'The value of a setting in force: the operator''s, else the built-in one. Errors: WD402, WD401, 22004, 22001, 22023, P0002. See reference.md#get_setting.';

/*
 * set_setting
 *	Sets one of the operator's settings. The platform's percentage is
 *	shown among the settings but is the default fee schedule's.
 *
 * role: app, service, admin
 * args:
 *	name: as the view dwello.settings lists it
 *	value: a text of the setting's kind: an integer in its range, true or
 *	  false, or a text; NULL goes back to the built-in value
 *	expected_version: version of the setting, 1 while it was never set
 *	idempotency_key
 * returns: a row
 *	name
 *	value: the value in force
 *	version: version of the setting
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor an administrator
 *	22004: no name
 *	22001
 *	22023: no value of this setting, or platform_fee_percentage
 *	P0002: no such setting
 *	WD104 WD103
 * example: admin
 *	SELECT value, version FROM dwello.set_setting(name => 'job_expiry_days', value => '45');
 */
CREATE OR REPLACE FUNCTION dwello.set_setting(
  INOUT name text,
  INOUT value text,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_set_setting';
GRANT EXECUTE ON FUNCTION dwello.set_setting
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.set_setting IS
  'Sets one of the operator''s settings. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD104, WD103. See reference.md#set_setting.';

/*
 * set_setting_amount
 *	Sets one of the operator's settings that are amounts, for a currency.
 *
 *	Nobody may ask for, offer, agree on or set more than max_amount
 *	(22003); what payment companies report is not bound by it. The smallest
 *	eligible bid is min_bid_amount, the smallest payout payout_minimum,
 *	what one costs the provider payout_fee. A
 *	budget of match_budget_reference counts in full when jobs are matched;
 *	without one budgets count nothing.
 *
 * role: app, service, admin
 * args:
 *	name: as dwello.setting_amounts() lists it
 *	currency: ISO 4217
 *	amount: in minor units; 0 for none, which max_amount cannot be; NULL
 *	  goes back to the built-in one
 *	expected_version: version of the amount, 1 while it was never set
 *	idempotency_key
 * returns: a row
 *	name
 *	currency
 *	amount: in force, in minor units; 0 = none
 *	version: version of the amount
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor an administrator
 *	22004: no name or currency
 *	22001
 *	22003: an amount beyond 10^15
 *	22023: an unknown currency, an amount below 0
 *	P0002: no such setting
 *	WD104 WD103
 * example: admin
 *	SELECT amount, version
 *	  FROM dwello.set_setting_amount(name => 'min_bid_amount', currency => 'EUR', amount => 4500);
 */
CREATE OR REPLACE FUNCTION dwello.set_setting_amount(
  INOUT name text,
  INOUT currency text,
  INOUT amount bigint DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_set_setting_amount';
GRANT EXECUTE ON FUNCTION dwello.set_setting_amount
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.set_setting_amount IS
  'Sets one of the operator''s settings that are amounts, for a currency. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002, WD104, WD103. See reference.md#set_setting_amount.';

/*
 * setting_amounts
 *	The settings that are amounts, as they are in force for a currency.
 *
 * role: app, service, support, admin
 * args:
 *	currency: ISO 4217
 * returns: rows, one a setting
 *	name: as dwello.set_setting_amount() takes it
 *	amount: in minor units; 0 = none
 *	is_overridden: the operator has set it
 *	version: version of the amount
 * errors:
 *	WD402 WD401 22004 22001
 *	22023: an unknown currency
 * example: homeowner
 *	SELECT name, amount, is_overridden FROM dwello.setting_amounts(currency => 'USD') ORDER BY name;
 */
CREATE OR REPLACE FUNCTION dwello.setting_amounts(currency text)
RETURNS TABLE (
  name text,
  amount bigint,
  is_overridden boolean,
  version integer
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_setting_amounts';
GRANT EXECUTE ON FUNCTION dwello.setting_amounts
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.setting_amounts IS
  'The settings that are amounts, as they are in force for a currency. Errors: WD402, WD401, 22004, 22001, 22023. See reference.md#setting_amounts.';

-- ----------------------------------------------------------------------
-- Feature flags: who gets what.
-- ----------------------------------------------------------------------

/*
 * set_flag
 *	Sets a feature flag, or makes one of the operator's own, which is off
 *	and for all until told otherwise. What is NULL stays as it is.
 *
 * role: app, service, admin
 * args:
 *	name: 3 to 63 small letters, digits and underscores, a letter first
 *	is_enabled: false turns it off for all
 *	rollout_percentage: 0 to 100 of those whom the targets fit, always the
 *	  same users and more of them as it rises
 *	targets: an object that may have user_types (a list of user types),
 *	  regions (a list of ISO 3166 countries: that of the primary address)
 *	  and minimum_rating (mean stars, 0 to 5, to six places; above 0 nobody
 *	  unrated meets it), all of which must fit
 *	user_ids: up to 10000 users for whom it is on while it is enabled,
 *	  whatever rollout and targets say
 *	expected_version: version of the flag, 1 for a built-in one never set
 *	idempotency_key
 * returns: a row
 *	name
 *	is_enabled
 *	rollout_percentage
 *	version: version of the flag
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor an administrator
 *	22004: no name, a NULL among user_ids
 *	22001
 *	22023: no such name, percentage or targets
 *	WD104 WD103
 * example: admin
 *	SELECT name, is_enabled, rollout_percentage
 *	  FROM dwello.set_flag(name => 'photo_estimates', is_enabled => true, rollout_percentage => 25);
 */
CREATE OR REPLACE FUNCTION dwello.set_flag(
  INOUT name text,
  INOUT is_enabled boolean DEFAULT NULL,
  INOUT rollout_percentage integer DEFAULT NULL,
  targets jsonb DEFAULT NULL,
  user_ids uuid[] DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_set_flag';
GRANT EXECUTE ON FUNCTION dwello.set_flag
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.set_flag IS
  'Sets a feature flag, or makes one of the operator''s own, which is off and for all until told otherwise. Errors: WD402, WD401, 42501, 22004, 22001, 22023, WD104, WD103. See reference.md#set_flag.';

/*
 * flag_enabled
 *	Whether a feature is on for a user. Off for all while the flag is not
 *	enabled; else on for the users it names; else on for those whom its
 *	targets fit and who are in its rollout, by a hash of flag and user
 *	that never changes.
 *
 * role: app, service, support, admin
 * args:
 *	name: as the view dwello.flags lists it
 *	user_id: NULL for the caller; another's for administrators and the
 *	  system
 * returns: true when it is on
 * errors:
 *	WD402 WD401
 *	22004: no name, or no user where the system calls
 *	22001
 *	22023: a blank name
 *	42501: another user
 *	P0002: no such flag or user
 * example: provider_1
 *	SELECT dwello.flag_enabled(name => 'mobile_app_notifications');
 */
CREATE OR REPLACE FUNCTION dwello.flag_enabled(name text, user_id uuid DEFAULT NULL)
RETURNS boolean
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_flag_enabled';
GRANT EXECUTE ON FUNCTION dwello.flag_enabled
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.flag_enabled IS
  'Whether a feature is on for a user. Errors: WD402, WD401, 22004, 22001, 22023, 42501, P0002. See reference.md#flag_enabled.';

-- ----------------------------------------------------------------------
-- Events of the outbox: applied to users, given to consumers.
-- ----------------------------------------------------------------------

/*
 * deliver_events
 *	Applies events of the outbox that are due to users: notifications and
 *	the running sums of providers, each once per user and event. What
 *	contracts were paid becomes the market's prices. Several workers may
 *	call it at once.
 *
 *	An event that raises an error is left out with a warning, and the rest
 *	is applied. It is tried again after event_retry_seconds, twice as long
 *	each further time (an hour at most), and is dead after event_attempts:
 *	check() names it, requeue_events('deliver_events') has it tried anew.
 *
 * role: service
 * args:
 *	max_rows: 1 to 100000 events at most
 * returns: the number applied; call it again until it is 0
 * errors:
 *	22004
 *	22023: max_rows is out of range
 *	42501: the caller is not the system
 *	25006
 * example: system, painting accepted
 *	SELECT dwello.deliver_events(max_rows => 100);
 */
CREATE OR REPLACE FUNCTION dwello.deliver_events(max_rows integer DEFAULT 1000) RETURNS integer
  AS 'MODULE_PATHNAME', 'dwello_deliver_events' LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER;
COMMENT ON FUNCTION dwello.deliver_events IS
  'Applies events of the outbox that are due to users: notifications and the running sums of providers, each once per user and event. Errors: 22004, 22023, 42501, 25006. See reference.md#deliver_events.';
GRANT EXECUTE ON FUNCTION dwello.deliver_events TO dwello_service;

/*
 * claim_events
 *	Gives a consumer events of the outbox to carry outside. Every event is
 *	given at least once: again when its lease runs out before
 *	ack_events(), so a worker does what it does under a key of the event's
 *	id. What was given event_attempts times and never done is dead: it is
 *	left aside in outbox_deliveries.
 *
 *	The events of one scope come in the order of their ids, the next one
 *	not before the one before is done or dead (those of one claim are to
 *	be done in their order); scopes overtake one another. Consumers know
 *	nothing of each other, nor of deliver_events(). Claims of one consumer
 *	wait for one another until the claim commits, so commit it before the
 *	work.
 *
 *	payout_requested is given once the payout may be sent: after its
 *	hold_until, while the provider's account is active and their balance
 *	covers it; a payout that ended before it was given is passed over.
 *	From then on the payout counts as sent (payouts.sent_at), so let only
 *	who sends payouts ask for this type.
 *
 * role: service
 * args:
 *	consumer: a name of up to 100 characters, made at its first claim and
 *	  then given every event of the past; deliver_events is taken
 *	max_rows: 1 to 10000 events at most
 *	types: types of events, NULL for all; a consumer that asks for other
 *	  types than before gets those of the past too
 *	lease: one second to one day
 * returns: rows, one an event
 *	id: the event
 *	scope_id: the job or user it belongs to
 *	aggregatetype: kind of the thing that changed
 *	aggregateid: its id
 *	type: what happened to it
 *	payload: the event itself
 *	created_at
 *	attempt: 1 at first
 *	lease_id: names the claim
 * errors:
 *	42501: the caller is not the system
 *	22004 22001
 *	22023: max_rows, lease, an empty list of types, or the name
 *	  deliver_events
 *	25006
 *	40001: claims race in REPEATABLE READ
 * example: system
 *	SELECT aggregatetype, type, attempt
 *	  FROM dwello.claim_events(consumer => 'mailer', types => ARRAY['job_published'], max_rows => 2);
 */
CREATE OR REPLACE FUNCTION dwello.claim_events(consumer text, max_rows integer DEFAULT 100, types text[] DEFAULT NULL,
  lease interval DEFAULT '1 minute', OUT id uuid, OUT scope_id uuid, OUT aggregatetype text, OUT aggregateid text,
  OUT type text, OUT payload jsonb, OUT created_at timestamptz, OUT attempt integer, OUT lease_id uuid) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'dwello_claim_events' LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER;
COMMENT ON FUNCTION dwello.claim_events IS
  'Gives a consumer events of the outbox to carry outside. Errors: 42501, 22004, 22001, 22023, 25006, 40001. See reference.md#claim_events.';
GRANT EXECUTE ON FUNCTION dwello.claim_events TO dwello_service;

/*
 * ack_events
 *	Says what became of events that claim_events() gave. What failed is
 *	given again after event_retry_seconds, after twice as long each
 *	further time (an hour at most), and is dead after event_attempts. A
 *	lease that has run out still counts until the event is given again.
 *
 * role: service
 * args:
 *	consumer: its name
 *	lease_id: as claimed
 *	ids: events that are done; NULL for all of the claim but failed_ids
 *	failed_ids: events that failed
 *	error: why, up to 10000 characters
 * returns: a row
 *	acked: how many are now done
 *	retried: how many will be given again
 *	dead: how many are dead
 *	lost: how many stand under this lease no more and were left alone:
 *	  said before, or given to another worker since; an id named twice is
 *	  lost the second time
 * errors:
 *	42501: the caller is not the system
 *	22004 22001
 *	22023: an argument outside its limits
 *	25006
 * example: system
 *	SELECT a.acked, a.retried, a.dead, a.lost
 *	  FROM (SELECT c.lease_id FROM dwello.claim_events(consumer => 'mailer', max_rows => 2) AS c LIMIT 1) AS claim,
 *	       dwello.ack_events(consumer => 'mailer', lease_id => claim.lease_id) AS a;
 */
CREATE OR REPLACE FUNCTION dwello.ack_events(consumer text, lease_id uuid, ids uuid[] DEFAULT NULL,
  failed_ids uuid[] DEFAULT '{}', error text DEFAULT NULL, OUT acked integer, OUT retried integer, OUT dead integer,
  OUT lost integer)
  AS 'MODULE_PATHNAME', 'dwello_ack_events' LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER;
COMMENT ON FUNCTION dwello.ack_events IS
  'Says what became of events that claim_events() gave. Errors: 42501, 22004, 22001, 22023, 25006. See reference.md#ack_events.';
GRANT EXECUTE ON FUNCTION dwello.ack_events TO dwello_service;

/*
 * requeue_events
 *	Gives dead events of a consumer their attempts anew, once what they
 *	died of is mended. The next claim_events() has them, the first attempt
 *	again. Events of their scopes that came later may have been done
 *	meanwhile. Waits for claims of the consumer that have not committed;
 *	called again, it returns none.
 *
 * role: app, service, admin
 * args:
 *	consumer: its name; deliver_events for what that could not apply
 *	event_ids: NULL for all that are dead; others are left alone
 *	max_rows: 1 to 10000 events at most, oldest first
 * returns: rows, one an event
 *	id: the event
 *	scope_id: the job or user it belongs to
 *	type: what happened
 *	attempts: how often it was given
 *	dead_at: when it was left aside
 *	last_error: what the worker said last
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor an administrator
 *	22004 22001
 *	22023: an argument outside its limits
 *	P0002: no such consumer
 *	25006
 * example: system, a consumer
 *	SELECT count(*) AS requeued FROM dwello.requeue_events(consumer => 'mailer');
 */
CREATE OR REPLACE FUNCTION dwello.requeue_events(consumer text, event_ids uuid[] DEFAULT NULL,
  max_rows integer DEFAULT 1000, OUT id uuid, OUT scope_id uuid, OUT type text, OUT attempts integer,
  OUT dead_at timestamptz, OUT last_error text) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'dwello_requeue_events' LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER;
COMMENT ON FUNCTION dwello.requeue_events IS
  'Gives dead events of a consumer their attempts anew, once what they died of is mended. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, 25006. See reference.md#requeue_events.';
GRANT EXECUTE ON FUNCTION dwello.requeue_events TO dwello_app, dwello_service, dwello_admin;

-- ----------------------------------------------------------------------
-- What operators run: partitions, and the check of everything.
-- ----------------------------------------------------------------------

/*
 * ensure_partitions
 *	Makes the monthly partitions of every log, and moves rows out of the
 *	default partition into them. To be run daily. A log that somebody's
 *	transaction keeps in use is left after a second, and said so: nobody
 *	waits behind a call that waits.
 *
 * role: service
 * args:
 *	months_ahead: 0 to 120 months after the present one
 *	from_month: first month; NULL for the present one
 * returns: rows, one a log and month
 *	table_name: the log
 *	partition_name: its partition
 *	created: false where it was there, or the log is busy
 *	is_busy: true where a transaction that uses the log did not end; call
 *		again later. Its later months are left, too
 * errors:
 *	22004
 *	22023: months_ahead or from_month is out of range
 *	42501: the caller is not the system
 *	25006
 * example: system
 *	SELECT table_name, partition_name, created
 *	  FROM dwello.ensure_partitions(months_ahead => 0)
 *	 WHERE table_name = 'audit_log';
 */
CREATE OR REPLACE FUNCTION dwello.ensure_partitions(months_ahead integer DEFAULT 3, from_month date DEFAULT NULL)
  RETURNS TABLE (table_name text, partition_name text, created boolean, is_busy boolean)
  AS 'MODULE_PATHNAME', 'dwello_ensure_partitions' LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER;
COMMENT ON FUNCTION dwello.ensure_partitions IS
  'Makes the monthly partitions of every log, and moves rows out of the default partition into them. Errors: 22004, 22023, 42501, 25006. See reference.md#ensure_partitions.';
GRANT EXECUTE ON FUNCTION dwello.ensure_partitions TO dwello_service;

/*
 * check
 *	Says what is wrong with the installation or its data. No rows: it is
 *	healthy. Includes every row of dwello.reconcile(). A superuser without
 *	a token may call it, too, whatever dwello.act_as_system says.
 *
 * role: app, service, admin
 * args: none
 * returns: rows, one a finding
 *	rule: the rule that does not hold
 *	object: where
 *	detail: what was found
 *	hint: what to do
 * errors:
 *	WD401 WD402
 *	42501: the caller is neither the service nor an administrator
 * example: admin, partitions of today
 *	SELECT count(*) AS findings FROM dwello.check() AS c
 *	 WHERE c.rule NOT IN ('preload_missing', 'keyring_in_data_directory', 'parameters_logged');
 */
CREATE OR REPLACE FUNCTION dwello.check()
  RETURNS TABLE (rule text, object text, detail text, hint text)
  AS 'MODULE_PATHNAME', 'dwello_check' LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER;
COMMENT ON FUNCTION dwello.check IS
  'Says what is wrong with the installation or its data. Errors: WD401, WD402, 42501. See reference.md#check.';
GRANT EXECUTE ON FUNCTION dwello.check TO dwello_service, dwello_app, dwello_admin;

-- ----------------------------------------------------------------------
-- The demonstration.
-- ----------------------------------------------------------------------

/*
 * load_demo
 *	Plays a small story through the commands. There are one homeowner, two
 *	providers and an administrator in San Francisco; a plumbing job done,
 *	paid and reviewed, a painting job with two bids, a deck job without
 *	any; an agent of each provider that asks before it bids. A second call
 *	returns the same rows and changes nothing.
 *
 *	For trials, as a superuser without a token; it turns
 *	dwello.act_as_system on for itself.
 *
 * role: owner
 * args: none
 * returns: rows
 *	name: what it is
 *	id: its id; an agent's is its provider's
 * errors:
 *	42501: the caller is not a superuser, or has a token
 *	WD601
 * example: superuser
 *	SELECT name, id FROM dwello.load_demo() WHERE name LIKE 'job%';
 */
CREATE OR REPLACE FUNCTION dwello.load_demo()
  RETURNS TABLE (name text, id uuid)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  homeowner CONSTANT uuid := 'de000000-0000-7000-8000-000000000001';
  provider_1 CONSTANT uuid := 'de000000-0000-7000-8000-000000000002';
  provider_2 CONSTANT uuid := 'de000000-0000-7000-8000-000000000003';
  admin CONSTANT uuid := 'de000000-0000-7000-8000-000000000004';
  job_painting CONSTANT uuid := 'de000000-0000-7000-8000-000000000011';
  job_plumbing CONSTANT uuid := 'de000000-0000-7000-8000-000000000012';
  job_deck CONSTANT uuid := 'de000000-0000-7000-8000-000000000013';
  bid_950 CONSTANT uuid := 'de000000-0000-7000-8000-000000000021';
  bid_1100 CONSTANT uuid := 'de000000-0000-7000-8000-000000000022';
  bid_350 CONSTANT uuid := 'de000000-0000-7000-8000-000000000023';
  painting CONSTANT uuid := 'd0000000-0000-7000-8000-000000000011';
  plumbing CONSTANT uuid := 'd0000000-0000-7000-8000-000000000012';
  landscaping CONSTANT uuid := 'd0000000-0000-7000-8000-000000000016';
  acting CONSTANT text := current_setting('dwello.act_as_system');
BEGIN
  IF NOT (SELECT r.rolsuper FROM pg_roles AS r WHERE r.rolname = current_user)
    OR dwello.current_user_id() IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = '42501',
      MESSAGE = 'only a superuser may call dwello.load_demo',
      HINT = 'Call it as a superuser, without a token.';
  END IF;
  IF NOT EXISTS (SELECT FROM dwello.users AS u WHERE u.id = homeowner) THEN
    -- off again at the end; an error rolls it back
    PERFORM set_config('dwello.act_as_system', 'on', true);
    PERFORM dwello.ensure_partitions();
    PERFORM dwello.set_flag('ai_bidding_enabled', rollout_percentage => 100,
      targets => '{"user_types": ["service_provider"]}');

    -- the people
    PERFORM dwello.register_user(email => 'hanna@example.com', user_type => 'homeowner',
      first_name => 'Hanna', last_name => 'Homeowner', phone => '+14155550101',
      timezone => 'America/Los_Angeles', user_id => homeowner);
    PERFORM dwello.register_user(email => 'paul@example.com', user_type => 'service_provider',
      first_name => 'Paul', last_name => 'Painter', phone => '+14155550102',
      timezone => 'America/Los_Angeles', user_id => provider_1);
    PERFORM dwello.register_user(email => 'petra@example.com', user_type => 'service_provider',
      first_name => 'Petra', last_name => 'Premium', phone => '+14155550103',
      timezone => 'America/Los_Angeles', user_id => provider_2);
    PERFORM dwello.register_user(email => 'ada@example.com', user_type => 'admin',
      first_name => 'Ada', last_name => 'Admin', user_id => admin);
    PERFORM dwello.verify_user(user_id => u, what => 'email')
      FROM unnest(ARRAY[homeowner, provider_1, provider_2, admin]) AS u;
    PERFORM dwello.verify_user(user_id => u, what => 'provider')
      FROM unnest(ARRAY[provider_1, provider_2]) AS u;
    PERFORM dwello.add_address(address_type => 'home', street => '1 Market Street',
      city => 'San Francisco', state => 'CA', postal_code => '94105', country => 'US',
      longitude => -122.4194, latitude => 37.7749, is_primary => true, user_id => homeowner);
    PERFORM dwello.add_address(address_type => 'business', street => '20 Columbus Avenue',
      city => 'San Francisco', state => 'CA', postal_code => '94111', country => 'US',
      longitude => -122.4094, latitude => 37.7849, is_primary => true, user_id => provider_1);
    PERFORM dwello.add_address(address_type => 'business', street => '5 Embarcadero',
      city => 'San Francisco', state => 'CA', postal_code => '94111', country => 'US',
      longitude => -122.3994, latitude => 37.7949, is_primary => true, user_id => provider_2);
    PERFORM dwello.verify_payment_method(user_id => m.user_id, payment_method_id => m.payment_method_id)
      FROM dwello.add_payment_method(method_type => 'bank_account', psp => 'demo-psp', psp_token => 'tok_demo_paul',
        last_four => '6789', user_id => provider_1) AS m;
    PERFORM dwello.update_profile(user_id => u, categories => ARRAY[painting, plumbing, landscaping])
      FROM unnest(ARRAY[provider_1, provider_2]) AS u;
    PERFORM dwello.configure_agent(agent_id => provider_1, is_active => true, strategy => 'balanced',
      max_bid_radius_miles => 15, max_bids_per_day => 8, min_project_value => 20000, max_project_value => 200000);
    PERFORM dwello.configure_agent(agent_id => provider_2, is_active => true, strategy => 'premium',
      max_bid_radius_miles => 20, max_bids_per_day => 12, min_project_value => 30000, max_project_value => 500000);

    -- the plumbing job: bid on, won, done, paid and reviewed
    PERFORM dwello.login(dwello.issue_token(homeowner));
    PERFORM dwello.add_payment_method(method_type => 'credit_card', psp => 'demo-psp',
      psp_token => 'tok_demo_hanna', last_four => '4242', is_default => true);
    PERFORM dwello.post_job(category_id => plumbing, title => 'Bathroom plumbing repair',
      description => 'The tap leaks and the drain is slow.', longitude => -122.4194, latitude => 37.7749,
      budget_min => 20000, budget_max => 40000, urgency => 'urgent', is_emergency => true,
      estimated_duration_hours => 4, job_id => job_plumbing);
    PERFORM dwello.publish_job(job_id => job_plumbing);
    PERFORM dwello.login(NULL);
    PERFORM dwello.login(dwello.issue_token(provider_1));
    PERFORM dwello.submit_bid(job_id => job_plumbing, labor_cost => 25000, materials_cost => 10000,
      timeline_days => 1, warranty_months => 12, description => 'New washer, drain cleaned, today.',
      materials => '[{"item_name": "Tap cartridge", "store_name": "City Plumbing Supply", "quantity": 2, "unit_price": 3500},
                     {"item_name": "Drain kit", "store_name": "City Plumbing Supply", "quantity": 1, "unit_price": 3000}]',
      bid_id => bid_350);
    PERFORM dwello.login(NULL);
    PERFORM dwello.login(dwello.issue_token(homeowner));
    PERFORM dwello.accept_bid(job_id => job_plumbing, bid_id => bid_350);
    PERFORM dwello.login(NULL);
    PERFORM dwello.login(dwello.issue_token(provider_1));
    PERFORM dwello.confirm_award(job_id => job_plumbing);
    PERFORM dwello.login(NULL);
    PERFORM dwello.login(dwello.issue_token(homeowner));
    PERFORM dwello.fund_escrow(job_id => job_plumbing);
    PERFORM dwello.login(NULL);
    PERFORM dwello.confirm_payment(job_id => job_plumbing, psp => 'demo-psp', event_id => 'evt_demo_1',
      amount => 35000, currency => 'USD', psp_reference => 'pay_demo_1');
    PERFORM dwello.login(dwello.issue_token(provider_1));
    PERFORM dwello.start_job(job_id => job_plumbing);
    PERFORM dwello.submit_milestone(job_id => job_plumbing, notes => 'Tap and drain work again.');
    PERFORM dwello.login(NULL);
    PERFORM dwello.login(dwello.issue_token(homeowner));
    PERFORM dwello.release_escrow(job_id => job_plumbing);
    PERFORM dwello.post_review(job_id => job_plumbing, rating => 5, title => 'Quick and clean',
      comment => 'Came the same day and left no mess.');
    PERFORM dwello.login(NULL);
    PERFORM dwello.login(dwello.issue_token(provider_1));
    PERFORM dwello.post_review(job_id => job_plumbing, rating => 5, title => 'A pleasure',
      comment => 'Clear description, paid at once.');
    PERFORM dwello.login(NULL);
    PERFORM dwello.deliver_events();

    -- the painting job: open, two bids
    PERFORM dwello.login(dwello.issue_token(homeowner));
    PERFORM dwello.post_job(category_id => painting, title => 'Kitchen cabinet painting',
      description => 'Twelve doors and six drawers, from oak to white.', longitude => -122.4194,
      latitude => 37.7749, budget_min => 80000, budget_max => 120000, urgency => 'medium',
      estimated_duration_hours => 16, job_id => job_painting);
    PERFORM dwello.publish_job(job_id => job_painting);
    PERFORM dwello.login(NULL);
    PERFORM dwello.login(dwello.issue_token(provider_1));
    PERFORM dwello.submit_bid(job_id => job_painting, labor_cost => 80000, materials_cost => 15000,
      timeline_days => 3, warranty_months => 24, description => 'Sanded, primed, two coats by spray gun.',
      materials => '[{"item_name": "Cabinet enamel, gallon", "store_name": "Bay Paint", "quantity": 2, "unit_price": 5400},
                     {"item_name": "Bonding primer, gallon", "store_name": "Bay Paint", "quantity": 1, "unit_price": 4200}]',
      bid_id => bid_950);
    PERFORM dwello.login(NULL);
    PERFORM dwello.login(dwello.issue_token(provider_2));
    PERFORM dwello.submit_bid(job_id => job_painting, labor_cost => 90000, materials_cost => 20000,
      timeline_days => 2, warranty_months => 24, description => 'Premium enamel, doors taken to the workshop.',
      materials => '[{"item_name": "Premium enamel, gallon", "store_name": "Bay Paint", "quantity": 2.5, "unit_price": 8000}]',
      bid_id => bid_1100);

    -- the deck: open, no bid yet
    PERFORM dwello.login(NULL);
    PERFORM dwello.login(dwello.issue_token(homeowner));
    PERFORM dwello.post_job(category_id => landscaping, title => 'Deck staining',
      description => 'About 300 square feet of redwood.', longitude => -122.4194, latitude => 37.7749,
      budget_min => 60000, budget_max => 90000, urgency => 'low', job_id => job_deck);
    PERFORM dwello.publish_job(job_id => job_deck);
    PERFORM dwello.login(NULL);
    PERFORM dwello.deliver_events();
    PERFORM set_config('dwello.act_as_system', acting, true);
  END IF;

  RETURN QUERY VALUES
    ('homeowner', homeowner), ('provider_1', provider_1), ('provider_2', provider_2), ('admin', admin),
    ('job_painting', job_painting), ('job_plumbing', job_plumbing), ('job_deck', job_deck),
    ('bid_950', bid_950), ('bid_1100', bid_1100), ('bid_350', bid_350),
    ('agent_balanced', provider_1), ('agent_premium', provider_2);
END
$$;
COMMENT ON FUNCTION dwello.load_demo IS
  'Plays a small story through the commands. Errors: 42501, WD601. See reference.md#load_demo.';
