/*
 * Fees: schedules, promo codes, what they come to.
 */

-- ----------------------------------------------------------------------
-- What a fee comes to, and how an amount divides.
-- ----------------------------------------------------------------------

/*
 * fee_amount
 *	The bare arithmetic of a fee. It is half-even(amount × rate_ppm /
 *	1000000) + fixed, not under min_fee, not over max_fee, at most the
 *	amount.
 *
 * role: app, service, support, analyst, admin
 * args:
 *	amount: in minor units
 *	rate_ppm: parts per million, 0 to 1000000
 *	fixed: in minor units
 *	min_fee: in minor units
 *	max_fee: in minor units; NULL for no limit
 * returns: the fee in minor units
 * errors:
 *	22004
 *	22023: a negative amount or impossible terms
 * example: homeowner
 *	SELECT dwello.fee_amount(amount => 95000, rate_ppm => 50000);
 */
CREATE OR REPLACE FUNCTION dwello.fee_amount(
  amount bigint,
  rate_ppm bigint,
  fixed bigint DEFAULT 0,
  min_fee bigint DEFAULT 0,
  max_fee bigint DEFAULT NULL
)
RETURNS bigint
LANGUAGE c IMMUTABLE PARALLEL SAFE COST 1
AS 'MODULE_PATHNAME', 'dwello_fee_amount';
GRANT EXECUTE ON FUNCTION dwello.fee_amount
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.fee_amount IS
  'The bare arithmetic of a fee. Errors: 22004, 22023. See reference.md#fee_amount.';

/*
 * allocate
 *	Splits an amount in proportion to weights by largest remainder, ties
 *	in the order of the list. The parts always sum to the amount.
 *
 * role: app, service, support, analyst, admin
 * args:
 *	amount: in minor units
 *	weights: 1 to 100000 of them, none negative and not all zero
 * returns: the parts in minor units, one a weight
 * errors:
 *	22004
 *	22023: no weights, a negative one, or all zero
 *	22003: the weights overflow
 * example: homeowner
 *	SELECT dwello.allocate(amount => 10000, weights => '{1,1,1}');
 */
CREATE OR REPLACE FUNCTION dwello.allocate(
  amount bigint,
  weights bigint[]
)
RETURNS bigint[]
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_allocate';
GRANT EXECUTE ON FUNCTION dwello.allocate
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.allocate IS
  'Splits an amount in proportion to weights by largest remainder, ties in the order of the list. Errors: 22004, 22023, 22003. See reference.md#allocate.';

/*
 * quote_fee
 *	What the platform would take of a contract made at as_of. It is the
 *	later charge to the cent, in however many releases. The schedule is
 *	that of the category, then of its ancestors, then of all; the tier's
 *	before any tier's; an operator's before the built-in one.
 *
 * role: app, service, support, admin
 * args:
 *	amount: in minor units
 *	currency: ISO 4217 code
 *	category_id: NULL for no particular one
 *	user_tier: the provider's subscription tier; NULL for the caller's
 *	  own, basic for one who has none
 *	promo_code: one that will be used (apply_promo), with what is left of
 *	  its budget now
 *	as_of: NULL for now
 * returns: a row
 *	schedule_id: the fee schedule
 *	amount: as given, in minor units
 *	currency: as given
 *	fee: in minor units
 *	tax: on the fee, in minor units
 *	waived: what the promo code waived of the fee, in minor units
 *	payout: what the provider gets, in minor units
 *	charge: what the homeowner pays, in minor units
 *	payer: who pays the fee
 *	rate_ppm: rate of the tier, in a marginal schedule of the first
 * errors:
 *	WD402 WD401 22004 22001
 *	22023: an amount that is not positive, an unknown currency
 *	22P02: an unknown tier
 *	P0002: an unknown category, or a promo code that is not in force
 *	WD201: a code for another currency
 *	WD301: nothing is left of its budget
 *	22003
 * example: homeowner
 *	SELECT fee, tax, payout, charge, payer, rate_ppm FROM dwello.quote_fee(amount => 95000);
 */
CREATE OR REPLACE FUNCTION dwello.quote_fee(
  amount bigint,
  currency text DEFAULT 'USD',
  category_id uuid DEFAULT NULL,
  user_tier text DEFAULT NULL,
  promo_code text DEFAULT NULL,
  as_of timestamptz DEFAULT NULL,
  OUT schedule_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT fee bigint,
  OUT tax bigint,
  OUT waived bigint,
  OUT payout bigint,
  OUT charge bigint,
  OUT payer dwello.fee_payer,
  OUT rate_ppm integer
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_quote_fee';
GRANT EXECUTE ON FUNCTION dwello.quote_fee
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.quote_fee IS
  'What the platform would take of a contract made at as_of. Errors: WD402, WD401, 22004, 22001, 22023, 22P02, P0002, WD201, WD301, 22003. See reference.md#quote_fee.';

-- ----------------------------------------------------------------------
-- Fee schedules of the operator, and what another one would have taken.
-- ----------------------------------------------------------------------

/*
 * set_fee_schedule
 *	Sets how the fee of contracts confirmed from valid_from on is worked
 *	out. Contracts made before keep theirs.
 *
 *	flat: the one tier that the contract's amount falls into holds for all
 *	of it, and may also have "fixed", "min_fee", "max_fee" (absent = as
 *	the arguments). marginal: what lies above from_amount pays that rate;
 *	fixed part and limits are of the sum.
 *
 * role: app, service, admin
 * args:
 *	name: 1 to 100 characters
 *	rate_ppm: parts per million, 0 to 1000000
 *	fixed_fee: in minor units
 *	min_fee: in minor units
 *	max_fee: in minor units; NULL for no limit
 *	tax_ppm: on the fee, in parts per million, 0 to 1000000
 *	payer: provider, homeowner or split
 *	kind: flat or marginal
 *	tiers: up to 16 of {"from_amount", "rate_ppm"} above the first, which
 *	  the other arguments are; from_amount in minor units, rising, above 0
 *	  (with rate_ppm NULL the first of the list is the first tier and begins
 *	  at 0)
 *	category_id: with those below it; NULL for any
 *	currency: NULL for any, with nothing but rates: fixed_fee, min_fee,
 *	  max_fee and from_amount are amounts of one
 *	user_tier: NULL for any
 *	valid_from: NULL for now
 *	valid_until: NULL for open
 *	schedule_id: one that has not begun is replaced, else the id of the
 *	  new one; NULL for one derived from the idempotency key, else a fresh
 *	  one
 *	idempotency_key
 * returns: a row
 *	schedule_id
 *	version: version of the schedule
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor an administrator
 *	22004 22001 22003
 *	22023: a blank name, an unknown currency, amounts without one, times in
 *	  the wrong order, numbers by which some fee would be negative, fall, or
 *	  rise by more than the amount
 *	P0002: no such category
 *	WD104
 *	WD101: the schedule has begun or is built in
 *	23P01: another one of the same category, currency and tier holds in a
 *	  part of that time
 * example: admin
 *	SELECT version
 *	  FROM dwello.set_fee_schedule(name => 'Painting in spring', rate_ppm => 40000,
 *	    category_id => 'd0000000-0000-7000-8000-000000000011', valid_until => '2031-06-01 00:00+00');
 */
CREATE OR REPLACE FUNCTION dwello.set_fee_schedule(
  name text,
  rate_ppm integer DEFAULT NULL,
  fixed_fee bigint DEFAULT 0,
  min_fee bigint DEFAULT 0,
  max_fee bigint DEFAULT NULL,
  tax_ppm integer DEFAULT 0,
  payer dwello.fee_payer DEFAULT 'provider',
  kind dwello.fee_kind DEFAULT 'flat',
  tiers jsonb DEFAULT '[]',
  category_id uuid DEFAULT NULL,
  currency text DEFAULT NULL,
  user_tier dwello.subscription_tier DEFAULT NULL,
  valid_from timestamptz DEFAULT NULL,
  valid_until timestamptz DEFAULT NULL,
  INOUT schedule_id uuid DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_set_fee_schedule';
GRANT EXECUTE ON FUNCTION dwello.set_fee_schedule
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.set_fee_schedule IS
  'Sets how the fee of contracts confirmed from valid_from on is worked out. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002, WD104, WD101, 23P01. See reference.md#set_fee_schedule.';

/*
 * end_fee_schedule
 *	Ends a fee schedule, or moves its end; one that has not begun by then
 *	is withdrawn. Contracts keep the terms they have.
 *
 * role: app, service, admin
 * args:
 *	schedule_id: the schedule
 *	valid_until: the first moment at which it no longer holds; NULL for
 *	  now
 *	idempotency_key
 * returns: a row
 *	schedule_id
 *	valid_until: its end; NULL when it was withdrawn
 *	version: version of the schedule
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor an administrator
 *	22004
 *	P0002: no such schedule
 *	WD104
 *	WD101: it has ended already or is built in
 *	22023: a time in the past
 *	23P01: a later schedule would be run into
 * example: admin, a fee schedule
 *	SELECT valid_until, version
 *	  FROM dwello.end_fee_schedule(schedule_id => 'de000000-0000-7000-8000-0000000000f2',
 *	    valid_until => '2031-04-01 00:00+00');
 */
CREATE OR REPLACE FUNCTION dwello.end_fee_schedule(
  INOUT schedule_id uuid,
  INOUT valid_until timestamptz DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_end_fee_schedule';
GRANT EXECUTE ON FUNCTION dwello.end_fee_schedule
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.end_fee_schedule IS
  'Ends a fee schedule, or moves its end; one that has not begun by then is withdrawn. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD101, 22023, 23P01. See reference.md#end_fee_schedule.';

/*
 * simulate_fees
 *	Replays the releases of a time, the provider's part of settled
 *	disputes among them, and their reversals, as if all contracts had had
 *	another fee schedule. It writes nothing. Contracts are replayed from
 *	their first release on, without promo codes; a reversal counts when it
 *	was made, with its part of what it undid. The schedule that was in
 *	force gives to the cent what was taken.
 *
 * role: app, service, admin
 * args:
 *	schedule: an object with the members kind, payer, rate_ppm, fixed_fee,
 *	  min_fee, max_fee, tax_ppm and tiers as set_fee_schedule() takes them,
 *	  and currency to look at one alone, which amounts need
 *	from_time: from then on
 *	to_time: to before then
 * returns: rows, one a currency and provider, and one with provider_id NULL for the platform in each currency
 *	provider_id: the provider; NULL for the platform
 *	currency
 *	releases: how many
 *	amount: of work they paid for, less what was reversed, in minor units
 *	fee: as it was, in minor units; below zero when more was reversed than
 *	  released, like those that follow
 *	tax: as it was, in minor units
 *	payout: as it was, in minor units
 *	simulated_fee: in minor units
 *	simulated_tax: in minor units
 *	simulated_payout: in minor units
 *	difference: what the providers would have gained (> 0) or lost (< 0),
 *	  in minor units
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor an administrator
 *	22004 22001 22003
 *	22023: anything wrong with the schedule or the times
 *	22P02: an unknown kind or payer
 * example: admin
 *	SELECT provider_id, releases, fee, simulated_fee, difference
 *	  FROM dwello.simulate_fees(schedule => '{"rate_ppm": 40000}', from_time => '2020-01-01 00:00+00',
 *	    to_time => '2040-01-01 00:00+00');
 */
CREATE OR REPLACE FUNCTION dwello.simulate_fees(
  schedule jsonb,
  from_time timestamptz,
  to_time timestamptz
)
RETURNS TABLE (
  provider_id uuid,
  currency text,
  releases integer,
  amount bigint,
  fee bigint,
  tax bigint,
  payout bigint,
  simulated_fee bigint,
  simulated_tax bigint,
  simulated_payout bigint,
  difference bigint
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_simulate_fees';
GRANT EXECUTE ON FUNCTION dwello.simulate_fees
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.simulate_fees IS
  'Replays the releases of a time, the provider''s part of settled disputes among them, and their reversals, as if all contracts had had another fee schedule. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, 22P02. See reference.md#simulate_fees.';

-- ----------------------------------------------------------------------
-- Promo codes, which waive a part of the fee.
-- ----------------------------------------------------------------------

/*
 * add_promo_code
 *	Adds a promo code, which waives a part of the fee of the contracts it
 *	is used on.
 *
 * role: app, service, admin
 * args:
 *	code: 3 to 40 of A-Z, 0-9, _ and -
 *	rate_ppm: the part of the fee, in parts per million
 *	budget: what it may waive in all, in minor units; NULL for no limit
 *	currency: ISO 4217 code; NULL for any, not with a budget
 *	valid_from: NULL for now
 *	valid_until: NULL for open
 *	idempotency_key
 * returns: a row
 *	code
 *	version: 1
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor an administrator
 *	22004 22001 22003
 *	22023: an argument outside its limits, a budget without a currency,
 *	  times in the wrong order
 *	WD104
 *	23505: there is such a code
 * example: admin
 *	SELECT code, version FROM dwello.add_promo_code(code => 'SPRING-10', rate_ppm => 100000);
 */
CREATE OR REPLACE FUNCTION dwello.add_promo_code(
  INOUT code text,
  rate_ppm integer,
  budget bigint DEFAULT NULL,
  currency text DEFAULT NULL,
  valid_from timestamptz DEFAULT NULL,
  valid_until timestamptz DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_add_promo_code';
GRANT EXECUTE ON FUNCTION dwello.add_promo_code
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.add_promo_code IS
  'Adds a promo code, which waives a part of the fee of the contracts it is used on. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, WD104, 23505. See reference.md#add_promo_code.';

/*
 * apply_promo
 *	Uses a promo code on a contract: after the award is confirmed, before
 *	anything is paid, once. What the code waives of the whole contract is
 *	taken from its budget now, and is the most that the releases leave
 *	out.
 *
 *	For the homeowner and the provider of the job.
 *
 * role: app, admin
 * args:
 *	job_id
 *	code: the promo code
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	code
 *	waived: of the fee, in minor units
 *	charge: what the homeowner has to pay in all, in minor units
 *	escrow_status
 *	currency
 *	funded
 *	held
 *	released
 *	refunded
 *	charged_back
 *	version: version of the escrow
 *	replayed
 * errors:
 *	WD402 WD401 22004 22001
 *	P0002: no such job, or no such code in force
 *	42501: somebody else's contract
 *	WD104 WD103
 *	WD101: the award is not confirmed, money is under way or paid, or
 *	  there is a code already
 *	WD201: a code for another currency
 *	WD301: nothing is left of its budget
 * example: homeowner, painting confirmed with a promo code at hand
 *	SELECT code, waived, charge
 *	  FROM dwello.apply_promo(job_id => 'de000000-0000-7000-8000-000000000011', code => 'SPRING-10');
 */
CREATE OR REPLACE FUNCTION dwello.apply_promo(
  INOUT job_id uuid,
  INOUT code text,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT waived bigint,
  OUT charge bigint,
  OUT escrow_status dwello.escrow_status,
  OUT currency text,
  OUT funded bigint,
  OUT held bigint,
  OUT released bigint,
  OUT refunded bigint,
  OUT charged_back bigint,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_apply_promo';
GRANT EXECUTE ON FUNCTION dwello.apply_promo
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.apply_promo IS
  'Uses a promo code on a contract: after the award is confirmed, before anything is paid, once. Errors: WD402, WD401, 22004, 22001, P0002, 42501, WD104, WD103, WD101, WD201, WD301. See reference.md#apply_promo.';
