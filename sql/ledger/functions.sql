/*
 * The books: proof, statements, balances, exchange.
 */

-- ----------------------------------------------------------------------
-- Proof that nobody has changed the books.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.verify_ledger(
  job_id uuid DEFAULT NULL,
  OUT job_id uuid,
  OUT transaction_id uuid,
  OUT leg integer,
  OUT problem text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 1
AS 'MODULE_PATHNAME', 'dwello_verify_ledger';
GRANT EXECUTE ON FUNCTION dwello.verify_ledger
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.verify_ledger IS
'Makes the hash chain of every escrow anew and names the first row of each that was tampered with: zero rows = nobody has. For administrators, support and the service. Argument: job_id, NULL = all. Returns a row for each chain that does not hold: job_id (of a payout: the user''s id), transaction_id (NULL where it cannot be known), leg (the entry''s, else NULL), problem (entry_changed, entry_missing, transaction_changed, transaction_missing; chain_broken for the columns of the chain itself, or a transaction that was put in). Errors: WD402, WD401, 42501 the caller; P0002 an unknown job.';

-- ----------------------------------------------------------------------
-- The audit of everything.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.reconcile(
  since timestamptz DEFAULT NULL,
  OUT invariant text,
  OUT object text,
  OUT object_id uuid,
  OUT currency text,
  OUT expected numeric,
  OUT actual numeric
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 1
AS 'MODULE_PATHNAME', 'dwello_reconcile';
GRANT EXECUTE ON FUNCTION dwello.reconcile
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.reconcile IS
'Checks the invariants of all money: zero rows = healthy. For administrators, support and the service. Argument: since, NULL = everything, else only jobs in which money moved from that time on, with the rolled up parts of balances as they are. Returns a row a fault: invariant (I1 entries balance, I2 sums are those of the entries, I3 what was funded is held, released, refunded or charged back, as the payments and refunds have it, I4 every currency sums to zero, I5 no forbidden debt, I6 nobody has changed them (verify_ledger), I7 releases divide without rest, I8 a key pays once, I10 the history is complete), object (the kind of thing), object_id, currency (NULL for counts), expected and actual, in minor units or counts. Errors: WD402, WD401, 42501 the caller; 22023 an infinite since.';

-- ----------------------------------------------------------------------
-- Undoing what was released or refunded.
-- ----------------------------------------------------------------------

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
GRANT EXECUTE ON FUNCTION dwello.reverse_transaction
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.reverse_transaction IS
'Undoes a release, a refund or the settlement of a dispute, or a part of one; for administrators. The money lies in the escrow again; fee and tax are given back in proportion, and the provider owes what he was paid: it is netted from what he can be paid out. Arguments: job_id; transaction_id, what to undo; amount in minor units of what left the escrow, NULL = all that is not undone; reason, in words; expected_version, the escrow''s version that was read; idempotency_key. Returns job_id, transaction_id of the reversal, reverses, amount and of it fee and tax, then the escrow: escrow_status, currency, funded, held, released, refunded, charged_back (minor units), version; replayed. Errors: WD402, WD401, 42501 not an administrator; 22004; 22001; 22023 an amount that is not positive; P0002 an unknown job or transaction; WD104; WD103; WD101 no escrow, or frozen by a chargeback; 22023 no completed release, refund or dispute; WD202 more than is left of it, or what a bank has taken back already.';

-- ----------------------------------------------------------------------
-- What a side of a job may read of its escrow.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.escrow_statement(
  job_id uuid,
  OUT line integer,
  OUT at timestamptz,
  OUT transaction_type dwello.transaction_type,
  OUT description text,
  OUT transaction_id uuid,
  OUT currency text,
  OUT amount_in bigint,
  OUT amount_out bigint,
  OUT payout bigint,
  OUT fee bigint,
  OUT tax bigint,
  OUT refund bigint,
  OUT held bigint
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 10
AS 'MODULE_PATHNAME', 'dwello_escrow_statement';
GRANT EXECUTE ON FUNCTION dwello.escrow_statement
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.escrow_statement IS
'The escrow of a job as a statement of account, a line for each completed transaction in order; for the homeowner and the provider of the job, support, administrators and the service. Argument: job_id. Returns line (from 1), at, transaction_type, description (in words), transaction_id, currency, and in minor units amount_in and amount_out of the escrow, what amount_out is made of: payout (to the provider), fee, tax, refund (the rest: to the homeowner, or taken by the bank), and held, what lies in the escrow afterwards; no rows before the first payment. Errors: WD402, WD401; 22004 job_id is NULL; P0002 an unknown job; 42501 not a side of it.';

-- ----------------------------------------------------------------------
-- What providers own.
-- ----------------------------------------------------------------------

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
GRANT EXECUTE ON FUNCTION dwello.provider_balance
  TO dwello_app, dwello_support, dwello_admin, dwello_service;
COMMENT ON FUNCTION dwello.provider_balance IS
'What a provider has, a row for each currency; for the provider, administrators and the service. Arguments: user_id, NULL = the caller; currency, NULL = each in which he has an account. Returns currency, and in its minor units available (released to him and not paid out), receivable (below zero: he owes it after a chargeback or a reversal), pending_payouts (promised) and withdrawable (what request_payout() would give). Errors: WD402, WD401, 42501 not a provider, or another''s; 22004 no user; 22001, 22023 an unknown currency.';

-- ----------------------------------------------------------------------
-- Balances without their entries.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.rollup_balances(max_rows integer DEFAULT 100000, OUT accounts integer, OUT entries bigint,
  OUT created integer, OUT rolled_up_before timestamptz, OUT waits_for text)
  AS 'MODULE_PATHNAME', 'dwello_rollup_balances' LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER;
COMMENT ON FUNCTION dwello.rollup_balances IS
  'Rolls up entries of ledger accounts into rolled_up_balance, so that a balance is read from few entries; the sums stay as they are. Only what no transaction in flight can still come below is rolled up: entries of transactions older than the oldest of them by the setting rollup_margin_seconds, and of a payment company''s clearing none that is later than the oldest pending payment. Makes rows of ledger_accounts that are missing, too. At most max_rows entries (1 to 1000000) are rolled up, and the rest of the last transaction. Returns the accounts rolled up a step further, the entries rolled up, the rows of accounts made, the time before which entries could be rolled up, and what it waits for when nothing can be: transaction (a session whose start is not known: track_activities is off), prepared_transaction, or snapshot (the caller''s own, in REPEATABLE READ); call it again until accounts and created are 0. Several workers may call it at once. For dwello_service. Errors: 22004; 22023 max_rows out of range; 42501 with a token; 25006 on a standby.';
GRANT EXECUTE ON FUNCTION dwello.rollup_balances TO dwello_service;

-- ----------------------------------------------------------------------
-- Rates of exchange.
-- ----------------------------------------------------------------------

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
GRANT EXECUTE ON FUNCTION dwello.set_fx_rate
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.set_fx_rate IS
'Sets what a currency is worth in another, as an exact fraction of minor units: numerator of to_currency for denominator of from_currency. A rate without an end holds until the next one begins. For the service and administrators. Arguments: from_currency, to_currency, ISO 4217 codes; numerator, denominator, above zero; valid_from, NULL = now; valid_until, NULL = until the next. Returns the rate as it is stored, and replayed. Errors: WD402, WD401, 42501; 22004; 22001; 22023; WD104; 23P01 another rate holds in a part of that time (23505: in the very same time).';

-- ----------------------------------------------------------------------
-- Between decimal amounts and minor units.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.to_minor(
  amount numeric,
  currency text
)
RETURNS bigint
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_to_minor';
GRANT EXECUTE ON FUNCTION dwello.to_minor
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.to_minor IS
'A decimal amount in minor units, exactly: 950.00 USD is 95000, 950 JPY is 950, 1.500 KWD is 1500. Arguments: amount; currency, an ISO 4217 code (0, 2, 3 or 4 digits). Returns minor units. Errors: 22004 a NULL; 22003 out of the range of bigint; 22023 NaN or infinity, an unknown currency; WD203 more digits than the currency has.';

CREATE OR REPLACE FUNCTION dwello.from_minor(
  amount bigint,
  currency text
)
RETURNS numeric
LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_from_minor';
GRANT EXECUTE ON FUNCTION dwello.from_minor
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.from_minor IS
'Minor units as a decimal amount with the digits of its currency: 95000 USD is 950.00. Arguments: amount in minor units; currency, an ISO 4217 code. Returns the decimal amount. Errors: 22004 a NULL; 22023 an unknown currency.';
