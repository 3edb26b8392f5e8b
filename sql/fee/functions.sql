/*
 * Fees: schedules, promo codes, what they come to.
 */

-- ----------------------------------------------------------------------
-- What a fee comes to, and how an amount divides.
-- ----------------------------------------------------------------------

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
'The bare arithmetic of a fee: half-even(amount × rate_ppm / 1000000) + fixed, not under min_fee, not over max_fee, at most the amount. Arguments: amount, fixed, min_fee and max_fee in minor units (max_fee NULL = no limit); rate_ppm in parts per million, 0 to 1000000. Returns the fee in minor units. Errors: 22004 one besides max_fee is NULL; 22023 a negative amount or impossible terms.';

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
'Splits an amount in proportion to weights by largest remainder, ties in the order of the list; the parts always sum to the amount. Arguments: amount in minor units; weights, from 1 to 100000 of them, none negative and not all zero. Returns the parts in minor units, one a weight. Errors: 22004 a NULL; 22023 no weights, a negative one, or all zero; 22003 the weights overflow.';

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
'What the platform would take of a contract made at as_of: the later charge to the cent, in however many releases. Arguments: amount in minor units; currency, an ISO 4217 code; category_id, NULL for no particular one; user_tier, the provider''s subscription tier, NULL = the caller''s own, basic for one who has none; promo_code, one that will be used (apply_promo), with what is left of its budget now; as_of, NULL = now. The schedule is that of the category, then of its ancestors, then of all; the tier''s before any tier''s; an operator''s before the built-in one. Returns the schedule, and in minor units: fee, what the promo code waived of it, tax on it, payout (what the provider gets) and charge (what the homeowner pays); rate_ppm is that of the tier, in a marginal schedule of the first. Errors: WD401 no identity; 22004 amount or currency is NULL; 22001 a text too long; 22023 an amount that is not positive, an unknown currency; 22P02 an unknown tier; P0002 an unknown category, or a promo code that is not in force; WD201 a code for another currency; WD301 nothing is left of its budget; 22003 overflow.';

-- ----------------------------------------------------------------------
-- Fee schedules of the operator, and what another one would have taken.
-- ----------------------------------------------------------------------

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
'Sets how the fee of contracts confirmed from valid_from on is worked out; contracts made before keep theirs. For the service and administrators. Arguments: name, 1 to 100 characters; rate_ppm, tax_ppm (on the fee) in parts per million, 0 to 1000000; fixed_fee, min_fee, max_fee (NULL = no limit) in minor units; payer; kind; tiers, a list of up to 16 [{"from_amount", "rate_ppm"}] above the first, which the other arguments are: from_amount in minor units, rising, above 0 (with rate_ppm NULL the first of the list is the first tier and begins at 0). flat: the one tier that the contract''s amount falls into holds for all of it, and may also have "fixed", "min_fee", "max_fee" (absent = as the arguments); marginal: what lies above from_amount pays that rate, fixed part and limits are of the sum. category_id (with those below it), currency, user_tier: what it is for, NULL = any; valid_from, NULL = now; valid_until, NULL = open. schedule_id: one that has not begun is replaced, else the id of the new one (NULL: one derived from the idempotency key, else a fresh one). Returns schedule_id, version and replayed. Errors: WD402, WD401, 42501; 22004; 22001; 22003; 22023 a blank name, an unknown currency, times in the wrong order, numbers by which some fee would be negative, fall, or rise by more than the amount; P0002 no such category; WD104; WD101 the schedule has begun or is built in; 23P01 another one of the same category, currency and tier holds in a part of that time.';

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
'Ends a fee schedule, or moves its end; one that has not begun by then is withdrawn. Contracts keep the terms they have. For the service and administrators. Arguments: schedule_id; valid_until, the first moment at which it no longer holds, NULL = now. Returns schedule_id, valid_until (NULL: withdrawn), version and replayed. Errors: WD402, WD401, 42501; 22004; P0002; WD104; WD101 it has ended already or is built in; 22023 a time in the past; 23P01 a later schedule would be run into.';

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
'Replays the releases of a time, the provider''s part of settled disputes among them, and their reversals, as if all contracts had had another fee schedule; writes nothing. For the service and administrators. Arguments: schedule, an object with the members kind, payer, rate_ppm, fixed_fee, min_fee, max_fee, tax_ppm and tiers as set_fee_schedule() takes them, and currency to look at one alone; from_time, to_time (not included). Contracts are replayed from their first release on, without promo codes; a reversal counts when it was made, with its part of what it undid. The schedule that was in force gives to the cent what was taken. Returns a row for each currency and provider, and one with provider_id NULL for the platform in each currency: releases, how many; the amount of work they paid for, less what was reversed; fee, tax and payout as they were and as simulated, likewise (below zero when more was reversed than released); and difference, what the providers would have gained (> 0) or lost (< 0); all in minor units. Errors: WD402, WD401, 42501; 22004; 22001; 22003; 22023; 22P02 an unknown kind or payer.';

-- ----------------------------------------------------------------------
-- Promo codes, which waive a part of the fee.
-- ----------------------------------------------------------------------

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
'Adds a promo code, which waives a part of the fee of the contracts it is used on. For the service and administrators. Arguments: code, 3 to 40 of A-Z, 0-9, _ and -; rate_ppm, the part of the fee in parts per million; budget, what it may waive in all, in minor units, NULL = no limit; currency, an ISO 4217 code, NULL = any (not with a budget); valid_from, NULL = now; valid_until, NULL = open. Returns code, version and replayed. Errors: WD402, WD401, 42501; 22004; 22001; 22023; WD104; 23505 there is such a code.';

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
'Uses a promo code on a contract: after the award is confirmed, before anything is paid, once. For its homeowner and its provider. What the code waives of the whole contract is taken from its budget now, and is the most that the releases leave out. Arguments: job_id; code; expected_version of the escrow. Returns job_id, code, waived (of the fee, in minor units), charge (what the homeowner has to pay in all), the escrow''s amounts, version and replayed. Errors: WD402, WD401; 22004; 22001; P0002 no such job, or no such code in force; 42501 somebody else''s contract; WD104; WD103; WD101 the award is not confirmed, money is under way or paid, or there is a code already; WD201 a code for another currency; WD301 nothing is left of its budget.';
