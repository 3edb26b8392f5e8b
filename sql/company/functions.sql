/*
 * What companies and banks do with the platform's own money, and what
 * payment companies say that they did with all of it.
 */

/*
 * record_psp_fee
 *	Books the fee that a payment company keeps of what it holds (psp_fee
 *	against psp_clearing), also that of a dispute or a payout. A fact of
 *	its own: it belongs to no job.
 *
 * role: service
 * args:
 *	psp: the payment company
 *	event_id: its name for the event, told once and for all
 *	amount: in minor units, not 0; below zero for one that it gives back
 *	currency: ISO 4217 code
 *	psp_reference: what it is about, as the charge
 *	occurred_at: when it happened by their clock
 * returns: a row
 *	scope_id: of the fact: UUIDv8 of SHA-256(psp, 0, event_id)
 *	transaction_id: what was booked
 *	amount
 *	currency
 *	replayed: true when nothing was done, for it was told before
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004 22001 22003
 *	22023: an amount of 0, an unknown currency
 *	WD104: the event was another one before
 * example: system
 *	SELECT amount, currency, replayed FROM dwello.record_psp_fee(psp => 'demo-psp', event_id => 'evt_fee_1', amount => 1190,
 *	  currency => 'USD', occurred_at => '2031-03-03 09:00:00+00');
 */
CREATE OR REPLACE FUNCTION dwello.record_psp_fee(
  psp text,
  event_id text,
  amount bigint,
  currency text,
  psp_reference text DEFAULT NULL,
  occurred_at timestamptz DEFAULT NULL,
  OUT scope_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_record_psp_fee';
GRANT EXECUTE ON FUNCTION dwello.record_psp_fee
  TO dwello_service;
COMMENT ON FUNCTION dwello.record_psp_fee IS
  'Books the fee that a payment company keeps of what it holds (psp_fee against psp_clearing), also that of a dispute or a payout. Errors: WD401, 42501, 22004, 22001, 22003, 22023, WD104. See reference.md#record_psp_fee.';

/*
 * record_settlement
 *	Books what a payment company has paid into the platform's bank account
 *	(psp_clearing to bank).
 *
 * role: service
 * args:
 *	psp: the payment company
 *	event_id: its name for the event, told once and for all
 *	amount: in minor units, not 0; below zero when the company collects it from there
 *	currency: ISO 4217 code
 *	psp_reference: what it is about, as the charge
 *	occurred_at: when it happened by their clock
 * returns: a row
 *	scope_id: of the fact: UUIDv8 of SHA-256(psp, 0, event_id)
 *	transaction_id: what was booked
 *	amount
 *	currency
 *	replayed: true when nothing was done, for it was told before
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004 22001 22003
 *	22023: an amount of 0, an unknown currency
 *	WD104: the event was another one before
 * example: system
 *	SELECT amount, currency, replayed FROM dwello.record_settlement(psp => 'demo-psp', event_id => 'evt_settlement_1', amount => 1190,
 *	  currency => 'USD', occurred_at => '2031-03-03 09:00:00+00');
 */
CREATE OR REPLACE FUNCTION dwello.record_settlement(
  psp text,
  event_id text,
  amount bigint,
  currency text,
  psp_reference text DEFAULT NULL,
  occurred_at timestamptz DEFAULT NULL,
  OUT scope_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_record_settlement';
GRANT EXECUTE ON FUNCTION dwello.record_settlement
  TO dwello_service;
COMMENT ON FUNCTION dwello.record_settlement IS
  'Books what a payment company has paid into the platform''s bank account (psp_clearing to bank). Errors: WD401, 42501, 22004, 22001, 22003, 22023, WD104. See reference.md#record_settlement.';

/*
 * record_bank_fee
 *	Books the fee that a bank takes out of the platform's account there
 *	(psp_fee of that bank against bank).
 *
 * role: service
 * args:
 *	psp: the bank, by the name it has as a teller of events
 *	event_id: its name for the event, told once and for all
 *	amount: in minor units, not 0; below zero for one that it gives back
 *	currency: ISO 4217 code
 *	psp_reference: what it is about, as the charge
 *	occurred_at: when it happened by their clock
 * returns: a row
 *	scope_id: of the fact: UUIDv8 of SHA-256(psp, 0, event_id)
 *	transaction_id: what was booked
 *	amount
 *	currency
 *	replayed: true when nothing was done, for it was told before
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004 22001 22003
 *	22023: an amount of 0, an unknown currency
 *	WD104: the event was another one before
 * example: system
 *	SELECT amount, currency, replayed FROM dwello.record_bank_fee(psp => 'demo-bank', event_id => 'evt_bank_fee_1', amount => 1190,
 *	  currency => 'USD', occurred_at => '2031-03-03 09:00:00+00');
 */
CREATE OR REPLACE FUNCTION dwello.record_bank_fee(
  psp text,
  event_id text,
  amount bigint,
  currency text,
  psp_reference text DEFAULT NULL,
  occurred_at timestamptz DEFAULT NULL,
  OUT scope_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_record_bank_fee';
GRANT EXECUTE ON FUNCTION dwello.record_bank_fee
  TO dwello_service;
COMMENT ON FUNCTION dwello.record_bank_fee IS
  'Books the fee that a bank takes out of the platform''s account there (psp_fee of that bank against bank). Errors: WD401, 42501, 22004, 22001, 22003, 22023, WD104. See reference.md#record_bank_fee.';

/*
 * withdraw_fees
 *	Books that the platform has taken fees that it earned out of its bank
 *	account (platform_fee against bank).
 *
 * role: app, admin
 * args:
 *	amount: in minor units
 *	currency: ISO 4217 code
 *	reference: the transfer, as the bank names it
 *	occurred_at: when it happened by the bank's clock
 *	idempotency_key
 * returns: a row
 *	scope_id: of the withdrawal
 *	transaction_id: what was booked
 *	amount
 *	currency
 *	remaining: of the fees earned, in minor units
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no administrator
 *	22004 22001
 *	22023: an amount that is not positive, an unknown currency
 *	WD104
 *	WD202: more than the fees earned
 *	22003
 * example: admin, painting released
 *	SELECT amount, remaining
 *	  FROM dwello.withdraw_fees(amount => 1, currency => 'USD', reference => 'wire 7', idempotency_key => 'fees-1');
 */
CREATE OR REPLACE FUNCTION dwello.withdraw_fees(
  amount bigint,
  currency text,
  reference text DEFAULT NULL,
  occurred_at timestamptz DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT scope_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT remaining bigint,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_withdraw_fees';
GRANT EXECUTE ON FUNCTION dwello.withdraw_fees
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.withdraw_fees IS
  'Books that the platform has taken fees that it earned out of its bank account (platform_fee against bank). Errors: WD402, WD401, 42501, 22004, 22001, 22023, WD104, WD202, 22003. See reference.md#withdraw_fees.';

-- ----------------------------------------------------------------------
-- Statements of payment companies, held against ours.
-- ----------------------------------------------------------------------

/*
 * import_statement
 *	Keeps the lines of a payment company's statement (statement_lines), to
 *	be compared by reconcile_external(). A line counts once: the same again
 *	changes nothing. Nothing is booked.
 *
 *	A line has line_id, the company's own id of it; event_id or reference
 *	or both, texts; kind: payment, refund, refund_returned, payout,
 *	payout_returned, chargeback (the day the bank takes the money),
 *	chargeback_won, fee, dispute_fee, settlement or adjustment; amount,
 *	minor units above zero, of the last four also below: the other way (an
 *	adjustment above zero is in favour of the platform); currency; time as
 *	RFC 3339 has it; nothing else.
 *
 * role: app, service, admin
 * args:
 *	psp: the payment company
 *	lines: the list of lines, at most 1000000
 *	idempotency_key
 * returns: a row
 *	lines: how many there were
 *	imported: how many of them are new
 *	replayed: true when none was new
 * errors:
 *	WD401 WD402
 *	42501: the caller is neither the service nor an administrator
 *	22004 22001 22003
 *	22023: anything wrong with a line, with its place as lines[3].amount
 *	  (lines count from 0)
 *	WD104: a line was another one before
 * example: system
 *	SELECT lines, imported
 *	  FROM dwello.import_statement(psp => 'demo-psp', lines => '[{"line_id": "txn_1", "event_id": "evt_demo_1", "kind": "payment",
 *	    "amount": 35000, "currency": "USD", "time": "2031-03-03T09:00:00Z"},
 *	    {"line_id": "txn_2", "reference": "evt_demo_1", "kind": "fee", "amount": 1045, "currency": "USD",
 *	    "time": "2031-03-03T09:00:00Z"}]');
 */
CREATE OR REPLACE FUNCTION dwello.import_statement(
  psp text,
  lines jsonb,
  idempotency_key text DEFAULT NULL,
  OUT lines integer,
  OUT imported integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_import_statement';
GRANT EXECUTE ON FUNCTION dwello.import_statement
  TO dwello_app, dwello_admin, dwello_service;
COMMENT ON FUNCTION dwello.import_statement IS
  'Keeps the lines of a payment company''s statement (statement_lines), to be compared by reconcile_external(). Errors: WD401, WD402, 42501, 22004, 22001, 22003, 22023, WD104. See reference.md#import_statement.';

/*
 * reconcile_external
 *	Holds the lines of a payment company that were imported against what is
 *	booked with it. A booking is known by the event_id and psp_reference
 *	that it was confirmed with, by its transaction's id, a payout by its own
 *	id, too, and goes by the company's own time where that was told. A
 *	refund may be stated in parts. Books nothing.
 *
 * role: app, service, admin
 * args:
 *	psp: the payment company
 *	from_time: of the lines, and of what should be in them; NULL: from the
 *	  first on
 *	to_time: before which; NULL: no end. Without either all lines are
 *	  compared, and no booking is missing there
 * returns: a row a line, in the order of time, then a row for each booking of the time that no line is about
 *	line_id: of the line; NULL for a booking that no line is about
 *	event_id: of the line; else of the event that told of the booking
 *	reference: of the line; else what the event, or dwello, called the
 *	  payment or what it was
 *	kind: of the line or booking
 *	verdict: matched, amount_differs (or the currency), missing_here,
 *	  missing_there
 *	scope_id: the job, the user or the fact
 *	transaction_id: the booking
 *	stated_amount: in minor units
 *	stated_currency: of the line
 *	stated_at: of the line
 *	booked_amount: in minor units
 *	booked_currency: of the booking
 *	booked_at: of the booking, by the company's clock where that was told
 *	note: of missing_here: that it repeats a line, or is pending, failed
 *	  or cancelled here; of matched: that it is one of several lines, or
 *	  that its difference was accepted
 * errors:
 *	WD401 WD402
 *	42501: the caller is neither the service nor an administrator
 *	22004 22001
 *	22023: to_time is not after from_time
 * example: system, a statement
 *	SELECT line_id, kind, verdict, stated_amount, booked_amount
 *	  FROM dwello.reconcile_external(psp => 'demo-psp', from_time => '2031-03-03', to_time => '2031-03-04');
 */
CREATE OR REPLACE FUNCTION dwello.reconcile_external(psp text, from_time timestamptz DEFAULT NULL,
  to_time timestamptz DEFAULT NULL, OUT line_id text, OUT event_id text,
  OUT reference text, OUT kind text, OUT verdict text, OUT scope_id uuid, OUT transaction_id uuid,
  OUT stated_amount bigint, OUT stated_currency text, OUT stated_at timestamptz, OUT booked_amount bigint,
  OUT booked_currency text, OUT booked_at timestamptz, OUT note text) RETURNS SETOF record
  AS 'MODULE_PATHNAME', 'dwello_reconcile_external' LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER;
COMMENT ON FUNCTION dwello.reconcile_external IS
  'Holds the lines of a payment company that were imported against what is booked with it. Errors: WD401, WD402, 42501, 22004, 22001, 22023. See reference.md#reconcile_external.';
GRANT EXECUTE ON FUNCTION dwello.reconcile_external TO dwello_service, dwello_app, dwello_admin;

/*
 * book_statement_line
 *	Books a line of a statement that nothing else has told of: a fee, a
 *	dispute's fee, a settlement or an adjustment (psp_clearing against
 *	platform_loss), by its event_id or its line_id; and a refund, as
 *	confirm_refund() would, asked for or not. A line that is about
 *	what is booked already only notes that. Either way the line names its
 *	transaction afterwards. What belongs to somebody has a command of its
 *	own (WD101), which the hint names.
 *
 *	A fee is booked by its line_id, for the event_id may be the payment's
 *	or the dispute's, which can be told afterwards; so is all else whose
 *	event_id was told as something else, or by another line of another kind
 *	or amount.
 *
 *	For what is booked with another amount accept_difference books the
 *	difference, as a fact of the line's kind if it is one of those above,
 *	else as an adjustment; the line is matched from then on. A line that
 *	is missing_here has none: what its names are of is another line's.
 *
 * role: app, service, admin
 * args:
 *	psp: the payment company
 *	line_id: its id of the line
 *	accept_difference: book by how much it differs from what is booked
 * returns: a row
 *	line_id
 *	scope_id: of the transaction
 *	transaction_id: what the line, or its difference, is booked as
 *	amount: of the line, in minor units
 *	currency: of the line
 *	difference: what of the amount the transaction is, in minor units; NULL
 *	  where it is all
 *	replayed: true when nothing was booked, for it was before
 * errors:
 *	WD401 WD402
 *	42501: the caller is neither the service nor an administrator
 *	22004 22001
 *	P0002: no such line was imported
 *	WD104: its event was told with another amount, or is that of another
 *	  line which says the same
 *	WD101: the line is of a kind with a command of its own, or another
 *	  amount is booked for it; a refund by a name that nobody has told
 *	  of; with accept_difference: none is
 *	WD201: with accept_difference: another currency is booked for it
 *	22003: a difference out of range
 * example: system, a statement
 *	SELECT line_id, amount, currency, replayed
 *	  FROM dwello.book_statement_line(psp => 'demo-psp', line_id => 'txn_2');
 */
CREATE OR REPLACE FUNCTION dwello.book_statement_line(
  psp text,
  line_id text,
  accept_difference boolean DEFAULT false,
  OUT line_id text,
  OUT scope_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT difference bigint,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_book_statement_line';
GRANT EXECUTE ON FUNCTION dwello.book_statement_line
  TO dwello_app, dwello_admin, dwello_service;
COMMENT ON FUNCTION dwello.book_statement_line IS
  'Books a line of a statement that nothing else has told of: a fee, a dispute''s fee, a settlement or an adjustment (psp_clearing against platform_loss), by its event_id or its line_id; and a refund, as confirm_refund() would, asked for or not. Errors: WD401, WD402, 42501, 22004, 22001, P0002, WD104, WD101, WD201, 22003. See reference.md#book_statement_line.';

/*
 * set_psp_units
 *	Says in what a payment company counts a currency, where that is not as
 *	for every company. Intents name an amount in these units beside the one
 *	in minor units, and what is no whole unit is not asked for. What was
 *	asked for before stays as it was.
 *
 * role: app, service, admin
 * args:
 *	psp: the payment company
 *	currency: ISO 4217
 *	exponent: digits after the point of what they count, 0 to 4: 0 for whole
 *	  units; NULL goes back to that of every company
 *	expected_version: version of the row, 1 while it was never set
 *	idempotency_key
 * returns: a row
 *	psp
 *	currency
 *	exponent: in force
 *	version: version of the row
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor an administrator
 *	22004: no company or currency
 *	22001
 *	22023: a blank text, an unknown currency, an exponent not from 0 to 4
 *	WD104 WD103
 * example: admin
 *	SELECT exponent, version
 *	  FROM dwello.set_psp_units(psp => 'demo-psp', currency => 'ISK', exponent => 2);
 */
CREATE OR REPLACE FUNCTION dwello.set_psp_units(
  INOUT psp text,
  INOUT currency text,
  INOUT exponent integer DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_set_psp_units';
GRANT EXECUTE ON FUNCTION dwello.set_psp_units
  TO dwello_app, dwello_service, dwello_admin;
COMMENT ON FUNCTION dwello.set_psp_units IS
  'Says in what a payment company counts a currency, where that is not as for every company. Errors: WD402, WD401, 42501, 22004, 22001, 22023, WD104, WD103. See reference.md#set_psp_units.';

/*
 * psp_exponent
 *	In what a payment company counts a currency: digits after the point. An
 *	amount in minor units is theirs times 10^(minor digits - exponent).
 *
 * role: app, service, support, admin
 * args:
 *	psp: the payment company; NULL for one that is not known yet
 *	currency: ISO 4217
 * returns: the exponent, 0 to 4
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor staff
 *	22004: no currency
 *	22001
 *	22023: a blank text, or an unknown currency
 * example: system
 *	SELECT dwello.psp_exponent(psp => 'demo-psp', currency => 'HUF') AS huf,
 *	  dwello.psp_exponent(psp => 'demo-psp', currency => 'USD') AS usd;
 */
CREATE OR REPLACE FUNCTION dwello.psp_exponent(psp text, currency text)
RETURNS integer
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_psp_exponent';
GRANT EXECUTE ON FUNCTION dwello.psp_exponent
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.psp_exponent IS
  'In what a payment company counts a currency: digits after the point. Errors: WD402, WD401, 42501, 22004, 22001, 22023. See reference.md#psp_exponent.';
