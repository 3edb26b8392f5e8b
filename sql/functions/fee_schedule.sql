-- fee_schedule.sql
--   Fee schedules of the operator, and what another one would have taken.

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
GRANT EXECUTE ON FUNCTION dwello.set_fee_schedule(text, integer, bigint, bigint, bigint, integer, dwello.fee_payer, dwello.fee_kind, jsonb, uuid, text, dwello.subscription_tier, timestamptz, timestamptz, uuid, text)
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.set_fee_schedule(text, integer, bigint, bigint, bigint, integer, dwello.fee_payer, dwello.fee_kind, jsonb, uuid, text, dwello.subscription_tier, timestamptz, timestamptz, uuid, text) IS
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
GRANT EXECUTE ON FUNCTION dwello.end_fee_schedule(uuid, timestamptz, text)
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.end_fee_schedule(uuid, timestamptz, text) IS
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
GRANT EXECUTE ON FUNCTION dwello.simulate_fees(jsonb, timestamptz, timestamptz)
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.simulate_fees(jsonb, timestamptz, timestamptz) IS
'Replays the releases of a time, the provider''s part of settled disputes among them, and their reversals, as if all contracts had had another fee schedule; writes nothing. For the service and administrators. Arguments: schedule, an object with the members kind, payer, rate_ppm, fixed_fee, min_fee, max_fee, tax_ppm and tiers as set_fee_schedule() takes them, and currency to look at one alone; from_time, to_time (not included). Contracts are replayed from their first release on, without promo codes; a reversal counts when it was made, with its part of what it undid. The schedule that was in force gives to the cent what was taken. Returns a row for each currency and provider, and one with provider_id NULL for the platform in each currency: releases, how many; the amount of work they paid for, less what was reversed; fee, tax and payout as they were and as simulated, likewise (below zero when more was reversed than released); and difference, what the providers would have gained (> 0) or lost (< 0); all in minor units. Errors: WD402, WD401, 42501; 22004; 22001; 22003; 22023; 22P02 an unknown kind or payer.';
