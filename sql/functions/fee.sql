-- fee.sql
--   What a fee comes to, and how an amount divides.

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
GRANT EXECUTE ON FUNCTION dwello.fee_amount(bigint, bigint, bigint, bigint, bigint)
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.fee_amount(bigint, bigint, bigint, bigint, bigint) IS
'The bare arithmetic of a fee: half-even(amount × rate_ppm / 1000000) + fixed, not under min_fee, not over max_fee, at most the amount. Arguments: amount, fixed, min_fee and max_fee in minor units (max_fee NULL = no limit); rate_ppm in parts per million, 0 to 1000000. Returns the fee in minor units. Errors: 22004 one besides max_fee is NULL; 22023 a negative amount or impossible terms.';

CREATE OR REPLACE FUNCTION dwello.allocate(
  amount bigint,
  weights bigint[]
)
RETURNS bigint[]
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_allocate';
GRANT EXECUTE ON FUNCTION dwello.allocate(bigint, bigint[])
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.allocate(bigint, bigint[]) IS
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
GRANT EXECUTE ON FUNCTION dwello.quote_fee(bigint, text, uuid, text, text, timestamptz)
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.quote_fee(bigint, text, uuid, text, text, timestamptz) IS
'What the platform would take of a contract made at as_of: the later charge to the cent, in however many releases. Arguments: amount in minor units; currency, an ISO 4217 code; category_id, NULL for no particular one; user_tier, the provider''s subscription tier, NULL = the caller''s own, basic for one who has none; promo_code, one that will be used (apply_promo), with what is left of its budget now; as_of, NULL = now. The schedule is that of the category, then of its ancestors, then of all; the tier''s before any tier''s; an operator''s before the built-in one. Returns the schedule, and in minor units: fee, what the promo code waived of it, tax on it, payout (what the provider gets) and charge (what the homeowner pays); rate_ppm is that of the tier, in a marginal schedule of the first. Errors: WD401 no identity; 22004 amount or currency is NULL; 22001 a text too long; 22023 an amount that is not positive, an unknown currency; 22P02 an unknown tier; P0002 an unknown category, or a promo code that is not in force; WD201 a code for another currency; WD301 nothing is left of its budget; 22003 overflow.';
