-- reversal.sql
--   Undoing what was released or refunded.

CREATE OR REPLACE FUNCTION dwello.reverse_transaction(
  job_id uuid,
  transaction_id uuid,
  amount bigint DEFAULT NULL,
  reason text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT transaction_id uuid,
  OUT reverses uuid,
  OUT amount bigint,
  OUT fee bigint,
  OUT tax bigint,
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
AS 'MODULE_PATHNAME', 'dwello_reverse_transaction';
GRANT EXECUTE ON FUNCTION dwello.reverse_transaction(uuid, uuid, bigint, text, integer, text)
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.reverse_transaction(uuid, uuid, bigint, text, integer, text) IS
'Undoes a release, a refund or the settlement of a dispute, or a part of one; for administrators. The money lies in the escrow again; fee and tax are given back in proportion, and the provider owes what he was paid: it is netted from what he can be paid out. Arguments: job_id; transaction_id, what to undo; amount in minor units of what left the escrow, NULL = all that is not undone; reason, in words; expected_version, the escrow''s version that was read; idempotency_key. Returns job_id, transaction_id of the reversal, reverses, amount and of it fee and tax, then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back (minor units), version; replayed. Errors: WD402, WD401, 42501 not an administrator; 22004; 22001; 22023 an amount that is not positive; P0002 an unknown job or transaction; WD104; WD103; WD101 no escrow, or frozen by a chargeback; 22023 no completed release, refund or dispute; WD202 more than is left of it, or what a bank has taken back already.';
