-- fx.sql
--   Rates of exchange.

CREATE OR REPLACE FUNCTION dwello.set_fx_rate(
  INOUT from_currency text,
  INOUT to_currency text,
  INOUT numerator bigint,
  INOUT denominator bigint,
  INOUT valid_from timestamptz DEFAULT NULL,
  INOUT valid_until timestamptz DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_set_fx_rate';
GRANT EXECUTE ON FUNCTION dwello.set_fx_rate(text, text, bigint, bigint, timestamptz, timestamptz, text)
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.set_fx_rate(text, text, bigint, bigint, timestamptz, timestamptz, text) IS
'Sets what a currency is worth in another, as an exact fraction of minor units: numerator of to_currency for denominator of from_currency. A rate without an end holds until the next one begins. For the service and administrators. Arguments: from_currency, to_currency, ISO 4217 codes; numerator, denominator, above zero; valid_from, NULL = now; valid_until, NULL = until the next. Returns the rate as it is stored, and replayed. Errors: WD402, WD401, 42501; 22004; 22001; 22023; WD104; 23P01 another rate holds in a part of that time (23505: in the very same time).';
