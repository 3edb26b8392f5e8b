/*
 * The ledger: proof, statements, balances, exchange.
 */

-- ----------------------------------------------------------------------
-- Proof that nobody has changed the ledger.
-- ----------------------------------------------------------------------

/*
 * verify_ledger
 *	Makes the hash chain of every escrow anew and names the first row of
 *	each that was tampered with. No rows: nobody has.
 *
 *	For administrators, support and the service.
 *
 * role: app, service, support, admin
 * args:
 *	job_id: NULL for all
 * returns: rows, one a chain that does not hold
 *	job_id: the job; of a payout the user's id
 *	transaction_id: NULL where it cannot be known
 *	leg: the entry's; else NULL
 *	problem: entry_changed, entry_missing, transaction_changed,
 *	  transaction_missing; chain_broken for the columns of the chain itself,
 *	  or a transaction that was put in
 * errors:
 *	WD402 WD401 42501
 *	P0002: an unknown job
 * example: admin
 *	SELECT count(*) AS problems FROM dwello.verify_ledger();
 */
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
  'Makes the hash chain of every escrow anew and names the first row of each that was tampered with. Errors: WD402, WD401, 42501, P0002. See reference.md#verify_ledger.';

-- ----------------------------------------------------------------------
-- The audit of everything.
-- ----------------------------------------------------------------------

/*
 * reconcile
 *	Checks the invariants of all money. No rows: all hold. I1 entries
 *	balance; I2 sums are those of the entries; I3 what was funded is held,
 *	released, refunded or charged back, as the payments and refunds have
 *	it; I4 every currency sums to zero; I5 no forbidden debt; I6 nobody
 *	has changed them (verify_ledger); I7 releases divide without rest; I8
 *	a key pays once; I10 the history is complete.
 *
 *	For administrators, support and the service.
 *
 * role: app, service, support, admin
 * args:
 *	since: NULL for everything; else only jobs in which money moved from
 *	  that time on, with the rolled up parts of balances as they are
 * returns: rows, one a discrepancy
 *	invariant: I1 to I10
 *	object: the kind of thing
 *	object_id: its id
 *	currency: NULL for counts
 *	expected: in minor units, or a count
 *	actual: likewise
 * errors:
 *	WD402 WD401 42501
 *	22023: an infinite since
 * example: admin
 *	SELECT count(*) AS discrepancies FROM dwello.reconcile();
 */
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
  'Checks the invariants of all money. Errors: WD402, WD401, 42501, 22023. See reference.md#reconcile.';

-- ----------------------------------------------------------------------
-- What a side of a job may read of its escrow.
-- ----------------------------------------------------------------------

/*
 * escrow_statement
 *	The escrow of a job as a statement of account, a line for each
 *	completed transaction in order. For the homeowner and the provider of
 *	the job, support, administrators and the service.
 *
 * role: app, service, support, admin
 * args:
 *	job_id
 * returns: rows, one a line; none before the first payment
 *	line: number, from 1
 *	at: when it was completed
 *	transaction_type: what it did
 *	description: in words
 *	transaction_id: the transaction
 *	currency
 *	amount_in: into the escrow, in minor units
 *	amount_out: out of the escrow, in minor units, the sum of the four
 *	  that follow
 *	payout: to the provider, in minor units
 *	fee
 *	tax
 *	refund: the rest, to the homeowner or taken by the bank, in minor
 *	  units
 *	held: what lies in the escrow afterwards, in minor units
 *	amount: of the transaction, in minor units, also where it is none of
 *	  the escrow's: a chargeback of what was released, a refund sent
 * errors:
 *	WD402 WD401 22004
 *	P0002: an unknown job
 *	42501: the caller is not a side of it
 * example: homeowner
 *	SELECT line, transaction_type, amount_in, payout, fee, held
 *	  FROM dwello.escrow_statement(job_id => 'de000000-0000-7000-8000-000000000012');
 */
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
  OUT held bigint,
  OUT amount bigint
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 10
AS 'MODULE_PATHNAME', 'dwello_escrow_statement';
GRANT EXECUTE ON FUNCTION dwello.escrow_statement
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.escrow_statement IS
  'The escrow of a job as a statement of account, a line for each completed transaction in order. Errors: WD402, WD401, 22004, P0002, 42501. See reference.md#escrow_statement.';

-- ----------------------------------------------------------------------
-- Balances without their entries.
-- ----------------------------------------------------------------------

/*
 * rollup_balances
 *	Rolls up entries of ledger accounts into rolled_up_balance, so that a
 *	balance is read from few entries. The sums stay as they are. Only what
 *	no transaction in flight can still come below is rolled up: entries of
 *	transactions older than the oldest of them by the setting
 *	rollup_margin_seconds, and of a payment company's clearing none that
 *	is later than the oldest pending payment. Makes rows of
 *	ledger_accounts that are missing, too. Several workers may call it at
 *	once.
 *
 * role: service
 * args:
 *	max_rows: 1 to 1000000 entries at most, and the rest of the last
 *	  transaction
 * returns: a row; call it again until accounts and created are 0
 *	accounts: accounts rolled up a step further
 *	entries: entries rolled up
 *	created: rows of accounts made
 *	rolled_up_before: time before which entries could be rolled up
 *	waits_for: what it waits for when nothing can be: transaction (a
 *	  session whose start is not known: track_activities is off),
 *	  prepared_transaction, or snapshot (the caller's own, in REPEATABLE
 *	  READ)
 * errors:
 *	22004
 *	22023: max_rows is out of range
 *	42501: the caller is not the system
 *	25006
 * example: system
 *	SELECT created, waits_for FROM dwello.rollup_balances(max_rows => 1000);
 */
CREATE OR REPLACE FUNCTION dwello.rollup_balances(max_rows integer DEFAULT 100000, OUT accounts integer, OUT entries bigint,
  OUT created integer, OUT rolled_up_before timestamptz, OUT waits_for text)
  AS 'MODULE_PATHNAME', 'dwello_rollup_balances' LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER;
COMMENT ON FUNCTION dwello.rollup_balances IS
  'Rolls up entries of ledger accounts into rolled_up_balance, so that a balance is read from few entries. Errors: 22004, 22023, 42501, 25006. See reference.md#rollup_balances.';
GRANT EXECUTE ON FUNCTION dwello.rollup_balances TO dwello_service;

-- ----------------------------------------------------------------------
-- Rates of exchange.
-- ----------------------------------------------------------------------

/*
 * set_fx_rate
 *	Sets what a currency is worth in another, as an exact fraction of
 *	minor units. It is numerator of to_currency for denominator of
 *	from_currency. A rate without an end holds until the next one begins.
 *
 * role: app, service, admin
 * args:
 *	from_currency: ISO 4217 code
 *	to_currency: ISO 4217 code
 *	numerator: above zero
 *	denominator: above zero
 *	valid_from: NULL for now
 *	valid_until: NULL for until the next
 *	idempotency_key
 * returns: a row
 *	from_currency
 *	to_currency
 *	numerator
 *	denominator
 *	valid_from
 *	valid_until
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor an administrator
 *	22004 22001
 *	22023: an unknown currency, one and the same, a number that is not
 *	  positive, times in the wrong order
 *	WD104
 *	23P01: another rate holds in a part of that time
 *	23505: another rate holds in the very same time
 * example: admin
 *	SELECT from_currency, to_currency, numerator, denominator, valid_from
 *	  FROM dwello.set_fx_rate(from_currency => 'USD', to_currency => 'EUR', numerator => 92, denominator => 100);
 */
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
  'Sets what a currency is worth in another, as an exact fraction of minor units. Errors: WD402, WD401, 42501, 22004, 22001, 22023, WD104, 23P01, 23505. See reference.md#set_fx_rate.';

-- ----------------------------------------------------------------------
-- Between decimal amounts and minor units.
-- ----------------------------------------------------------------------

/*
 * to_minor
 *	A decimal amount in minor units, exactly. 950.00 USD is 95000, 950 JPY
 *	is 950, 1.500 KWD is 1500.
 *
 * role: app, service, support, analyst, admin
 * args:
 *	amount: the decimal amount
 *	currency: ISO 4217 code (0, 2, 3 or 4 digits)
 * returns: minor units
 * errors:
 *	22004
 *	22003: out of the range of bigint
 *	22023: NaN or infinity, an unknown currency
 *	WD203: more digits than the currency has
 * example: provider_1
 *	SELECT dwello.to_minor(amount => 950.00, currency => 'USD');
 */
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
  'A decimal amount in minor units, exactly. 950.00 USD is 95000, 950 JPY is 950, 1.500 KWD is 1500. Errors: 22004, 22003, 22023, WD203. See reference.md#to_minor.';

/*
 * from_minor
 *	Minor units as a decimal amount with the digits of its currency. 95000
 *	USD is 950.00.
 *
 * role: app, service, support, analyst, admin
 * args:
 *	amount: in minor units
 *	currency: ISO 4217 code
 * returns: the decimal amount
 * errors:
 *	22004
 *	22023: an unknown currency
 * example: provider_1
 *	SELECT dwello.from_minor(amount => 95000, currency => 'USD');
 */
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
  'Minor units as a decimal amount with the digits of its currency. 95000 USD is 950.00. Errors: 22004, 22023. See reference.md#from_minor.';
