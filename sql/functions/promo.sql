-- promo.sql
--   Promo codes, which waive a part of the fee.

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
GRANT EXECUTE ON FUNCTION dwello.add_promo_code(text, integer, bigint, text, timestamptz, timestamptz, text)
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.add_promo_code(text, integer, bigint, text, timestamptz, timestamptz, text) IS
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
GRANT EXECUTE ON FUNCTION dwello.apply_promo(uuid, text, integer, text)
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.apply_promo(uuid, text, integer, text) IS
'Uses a promo code on a contract: after the award is confirmed, before anything is paid, once. For its homeowner and its provider. What the code waives of the whole contract is taken from its budget now, and is the most that the releases leave out. Arguments: job_id; code; expected_version of the escrow. Returns job_id, code, waived (of the fee, in minor units), charge (what the homeowner has to pay in all), the escrow''s amounts, version and replayed. Errors: WD402, WD401; 22004; 22001; P0002 no such job, or no such code in force; 42501 somebody else''s contract; WD104; WD103; WD101 the award is not confirmed, money is under way or paid, or there is a code already; WD201 a code for another currency; WD301 nothing is left of its budget.';
