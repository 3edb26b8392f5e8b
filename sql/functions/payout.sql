-- payout.sql
--   Paying providers what was released to them.

CREATE OR REPLACE FUNCTION dwello.request_payout(
  amount bigint DEFAULT NULL,
  currency text DEFAULT 'USD',
  payment_method_id uuid DEFAULT NULL,
  user_id uuid DEFAULT NULL,
  paid_currency text DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT user_id uuid,
  OUT payout_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT paid_amount bigint,
  OUT paid_currency text,
  OUT status dwello.payout_status,
  OUT hold_until timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_request_payout';
GRANT EXECUTE ON FUNCTION dwello.request_payout(bigint, text, uuid, uuid, text, text)
  TO dwello_app, dwello_support, dwello_admin, dwello_service;
COMMENT ON FUNCTION dwello.request_payout(bigint, text, uuid, uuid, text, text) IS
'Asks that a provider be paid out of what was released to him; for the provider, administrators, and the service on a schedule. Nothing is booked yet: the amount is promised, and an intent payout_requested in the outbox tells the worker of the payment company what to send after hold_until (setting payout_hold_days). Arguments: amount in minor units, NULL = all there is; currency of the balance; payment_method_id, NULL = the default or newest one, if any; user_id, NULL = the caller; paid_currency, another currency to send it in, exchanged at the rate in force now (rounded down; the remainder is booked to rounding); idempotency_key. Returns user_id, payout_id, amount and currency (out of the balance), paid_amount and paid_currency (what is sent), status, hold_until, version, replayed. Errors: WD402, WD401, 42501 not an active provider; 22004 no user; 22023 an amount that is not positive, an unknown currency; P0002 an unknown user or payment method; 42501 another''s; WD104; WD202 more than available - receivable - what is promised; 22023 no rate in force, or the amount buys nothing; 22003.';

CREATE OR REPLACE FUNCTION dwello.confirm_payout(
  user_id uuid,
  payout_id uuid,
  psp text,
  event_id text,
  psp_reference text DEFAULT NULL,
  OUT user_id uuid,
  OUT payout_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT paid_amount bigint,
  OUT paid_currency text,
  OUT status dwello.payout_status,
  OUT hold_until timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_confirm_payout';
GRANT EXECUTE ON FUNCTION dwello.confirm_payout(uuid, uuid, text, text, text)
  TO dwello_service;
COMMENT ON FUNCTION dwello.confirm_payout(uuid, uuid, text, text, text) IS
'Says that a payout was paid; for the worker of a payment company. It is booked, and what the provider owes (after a chargeback or a reversal) is made good out of his balance. The same psp and event_id again returns the same row with replayed true; so does another event_id for a payout that is completed. Arguments: user_id, the provider; payout_id; psp, the payment company; event_id, its name for the event; psp_reference, its name for the payout. Returns user_id, payout_id, transaction_id (of the half in paid_currency), amount, currency, paid_amount, paid_currency, status, hold_until, version, replayed. Errors: WD401, 42501 not the service; 22004, 22001 the arguments; P0002 an unknown user or payout; WD104 the event was another one before; WD101 the payout has failed.';

CREATE OR REPLACE FUNCTION dwello.fail_payout(
  user_id uuid,
  payout_id uuid,
  psp text,
  event_id text,
  reason text DEFAULT NULL,
  OUT user_id uuid,
  OUT payout_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT paid_amount bigint,
  OUT paid_currency text,
  OUT status dwello.payout_status,
  OUT hold_until timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_fail_payout';
GRANT EXECUTE ON FUNCTION dwello.fail_payout(uuid, uuid, text, text, text)
  TO dwello_service;
COMMENT ON FUNCTION dwello.fail_payout(uuid, uuid, text, text, text) IS
'Says that a payout could not be paid; for the worker of a payment company. What was promised to it can be paid out again; one that was paid and that the bank sends back is mirrored to the very accounts it came from, at the rate of its exchange, and fails so. The same psp and event_id again returns the same row with replayed true; so does another event_id for a payout that has failed. Arguments: user_id, the provider; payout_id; psp, the payment company; event_id, its name for the event; reason, in words. Returns as confirm_payout; transaction_id is that of the return, NULL if nothing was paid. Errors: as confirm_payout.';

CREATE OR REPLACE FUNCTION dwello.provider_balance(
  user_id uuid DEFAULT NULL,
  currency text DEFAULT NULL,
  OUT currency text,
  OUT available bigint,
  OUT receivable bigint,
  OUT pending_payouts bigint,
  OUT withdrawable bigint
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_provider_balance';
GRANT EXECUTE ON FUNCTION dwello.provider_balance(uuid, text)
  TO dwello_app, dwello_support, dwello_admin, dwello_service;
COMMENT ON FUNCTION dwello.provider_balance(uuid, text) IS
'What a provider has, a row for each currency; for the provider, administrators and the service. Arguments: user_id, NULL = the caller; currency, NULL = each in which he has an account. Returns currency, and in its minor units available (released to him and not paid out), receivable (below zero: he owes it after a chargeback or a reversal), pending_payouts (promised) and withdrawable (what request_payout() would give). Errors: WD402, WD401, 42501 not a provider, or another''s; 22004 no user; 22001, 22023 an unknown currency.';
