/*
 * What an accountant signs: closed periods and the reports of their days.
 */

-- ----------------------------------------------------------------------
-- Periods.
-- ----------------------------------------------------------------------

/*
 * close_period
 *	Closes all days up to one: nothing is booked on them any more, and what
 *	happens late is booked on the first open day. Waits for bookings in
 *	flight, for some seconds at most; bookings wait for it 100 ms at a time.
 *
 *	For administrators, and the service on a schedule.
 *
 * role: app, service, support, admin
 * args:
 *	until: last day that is closed, of booked_on; before today by the
 *	  setting platform_timezone
 *	idempotency_key
 * returns: a row
 *	until
 *	period_id: id of its row in accounting_periods
 *	closed_at: when it was closed
 *	replayed: true when the days were closed exactly so far
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the service nor an administrator
 *	22004
 *	22023: until is infinite, today or later
 *	WD104
 *	WD101: a later day is closed
 *	55P03: bookings are in flight for too long; call it again
 *	25006
 * example: admin
 *	SELECT until, replayed FROM dwello.close_period(until => '2020-12-31');
 */
CREATE OR REPLACE FUNCTION dwello.close_period(
  INOUT until date,
  idempotency_key text DEFAULT NULL,
  OUT period_id uuid,
  OUT closed_at timestamptz,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_close_period';
GRANT EXECUTE ON FUNCTION dwello.close_period
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.close_period IS
  'Closes all days up to one: nothing is booked on them any more, and what happens late is booked on the first open day. Errors: WD402, WD401, 42501, 22004, 22023, WD104, WD101, 55P03, 25006. See reference.md#close_period.';

/*
 * reopen_period
 *	Opens the period that was closed last again, once two administrators
 *	have asked for it. The row of accounting_periods stays and names both.
 *
 *	For administrators.
 *
 * role: app, support, admin
 * args:
 *	until: last day of that period
 *	reason: why, up to 1000 characters; the first one's is kept
 *	idempotency_key
 * returns: a row
 *	until
 *	period_id: id of its row in accounting_periods
 *	closed_at: when it was closed
 *	is_reopened: false when another administrator has to ask for it, too
 *	replayed: true when the caller had asked before
 * errors:
 *	WD402 WD401
 *	42501: the caller is no administrator
 *	22004
 *	22001: a reason over its limit
 *	22023: until is infinite, or a blank reason
 *	WD104
 *	P0002: until is not the day that the last closed period ends on
 *	55P03: bookings are in flight for too long; call it again
 *	25006
 * example: admin
 *	SELECT o.until, o.is_reopened FROM dwello.close_period(until => '2020-12-31') AS c,
 *	  dwello.reopen_period(until => c.until, reason => 'A fee was forgotten.') AS o;
 */
CREATE OR REPLACE FUNCTION dwello.reopen_period(
  INOUT until date,
  reason text,
  idempotency_key text DEFAULT NULL,
  OUT period_id uuid,
  OUT closed_at timestamptz,
  OUT is_reopened boolean,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_reopen_period';
GRANT EXECUTE ON FUNCTION dwello.reopen_period
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.reopen_period IS
  'Opens the period that was closed last again, once two administrators have asked for it. Errors: WD402, WD401, 42501, 22004, 22001, 22023, WD104, P0002, 55P03, 25006. See reference.md#reopen_period.';

/*
 * carry_balances
 *	Carries forward what each kind of account came to at the end of closed
 *	periods, into period_balances. Reports are the same with and without
 *	it; with it they read the entries since the period. Call it some time
 *	after each close; it holds nobody up.
 *
 * role: service
 * returns: how many periods were carried forward
 * errors:
 *	42501: the caller is not the system
 *	25006
 * example: system
 *	SELECT dwello.carry_balances();
 */
CREATE OR REPLACE FUNCTION dwello.carry_balances()
RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_carry_balances';
GRANT EXECUTE ON FUNCTION dwello.carry_balances TO dwello_service;
COMMENT ON FUNCTION dwello.carry_balances IS
  'Carries forward what each kind of account came to at the end of closed periods, into period_balances. Errors: 42501, 25006. See reference.md#carry_balances.';

-- ----------------------------------------------------------------------
-- Reports, by days of booking.
-- ----------------------------------------------------------------------

/*
 * balance_at
 *	What lay on an account at the end of a day.
 *
 *	For administrators, support and the service; providers read their own
 *	accounts.
 *
 * role: app, service, support, admin
 * args:
 *	kind: one of ledger_account_kind, or escrow
 *	currency: ISO 4217 code
 *	owner: the provider, the job of an escrow, the receipt of suspense;
 *	  NULL for the platform, or the provider who calls
 *	on_day: a day of booked_on; NULL for today
 *	psp: one payment company; NULL for all of them together
 * returns: a row
 *	balance: in minor units; 0 where nothing was booked
 *	is_final: true when the day is closed, so that it does not change
 * errors:
 *	WD402 WD401
 *	42501: a homeowner, or another's account
 *	22004
 *	22001
 *	22023: an unknown currency, an infinite day or one before the year 1000
 *	  or after 3000, an owner that does not go with the kind
 *	22P02: an unknown kind
 * example: provider_1
 *	SELECT balance, is_final FROM dwello.balance_at(kind => 'provider_available', currency => 'USD');
 */
CREATE OR REPLACE FUNCTION dwello.balance_at(
  kind text,
  currency text,
  owner uuid DEFAULT NULL,
  on_day date DEFAULT NULL,
  psp text DEFAULT NULL,
  OUT balance bigint,
  OUT is_final boolean
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_balance_at';
GRANT EXECUTE ON FUNCTION dwello.balance_at
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.balance_at IS
  'What lay on an account at the end of a day. Errors: WD402, WD401, 42501, 22004, 22001, 22023, 22P02. See reference.md#balance_at.';

/*
 * account_statement
 *	What moved on an account from one day to another: its balance before,
 *	a line for each entry, and its balance afterwards. That of a provider
 *	goes over all their jobs and payouts.
 *
 *	For administrators, support and the service; providers read their own
 *	accounts.
 *
 * role: app, service, support, admin
 * args:
 *	kind: one of ledger_account_kind, or escrow
 *	currency: ISO 4217 code
 *	from_day: first day of booked_on
 *	to_day: last day; NULL for today
 *	owner: the provider, the job of an escrow, the receipt of suspense;
 *	  NULL for the platform, or the provider who calls
 *	psp: one payment company; NULL for all of them together
 * returns: rows, in the order of line
 *	line: number, from 0
 *	line_type: opening, entry or closing
 *	booked_on: day of booking; NULL for opening and closing, as the next
 *	occurred_at: when it happened by who told of it, if they said so
 *	transaction_type: what it did
 *	transaction_id: the transaction
 *	scope_id: the job, user or fact that it belongs to
 *	amount: what the entry adds, in minor units
 *	balance: what lies there afterwards, in minor units
 *	is_final: true when all of the days are closed
 * errors:
 *	WD402 WD401
 *	42501: a homeowner, or another's account
 *	22004
 *	22001
 *	22023: an unknown currency, an infinite day or one before the year 1000
 *	  or after 3000, days in the wrong order, an owner that does not go
 *	  with the kind
 *	22P02: an unknown kind
 * example: provider_1
 *	SELECT line, line_type, transaction_type, amount, balance
 *	  FROM dwello.account_statement(kind => 'provider_available', currency => 'USD', from_day => '2026-01-01');
 */
CREATE OR REPLACE FUNCTION dwello.account_statement(
  kind text,
  currency text,
  from_day date,
  to_day date DEFAULT NULL,
  owner uuid DEFAULT NULL,
  psp text DEFAULT NULL,
  OUT line integer,
  OUT line_type text,
  OUT booked_on date,
  OUT occurred_at timestamptz,
  OUT transaction_type dwello.transaction_type,
  OUT transaction_id uuid,
  OUT scope_id uuid,
  OUT amount bigint,
  OUT balance bigint,
  OUT is_final boolean
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 100
AS 'MODULE_PATHNAME', 'dwello_account_statement';
GRANT EXECUTE ON FUNCTION dwello.account_statement
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.account_statement IS
  'What moved on an account from one day to another: its balance before, a line for each entry, and its balance afterwards. Errors: WD402, WD401, 42501, 22004, 22001, 22023, 22P02. See reference.md#account_statement.';

/*
 * trial_balance
 *	What each kind of account came to at the end of a day. In each currency
 *	it sums to zero. All escrows are one line, as are all providers.
 *
 *	For administrators, support and the service.
 *
 * role: app, service, support, admin
 * args:
 *	on_day: a day of booked_on; NULL for today
 * returns: rows, by currency, kind and psp
 *	kind: one of ledger_account_kind, or escrow
 *	currency
 *	psp: the payment company, or an empty text
 *	balance: in minor units
 *	is_final: true when the day is closed, so that nothing of it changes
 * errors:
 *	WD402 WD401 42501
 *	22023: an infinite day, or one before the year 1000 or after 3000
 * example: admin
 *	SELECT currency, sum(balance) AS total FROM dwello.trial_balance() GROUP BY currency ORDER BY currency;
 */
CREATE OR REPLACE FUNCTION dwello.trial_balance(
  on_day date DEFAULT NULL,
  OUT kind text,
  OUT currency text,
  OUT psp text,
  OUT balance numeric,
  OUT is_final boolean
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 30
AS 'MODULE_PATHNAME', 'dwello_trial_balance';
GRANT EXECUTE ON FUNCTION dwello.trial_balance
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.trial_balance IS
  'What each kind of account came to at the end of a day. Errors: WD402, WD401, 42501, 22023. See reference.md#trial_balance.';

/*
 * export_ledger
 *	The ledger of some days as the text of a journal, for hledger. An
 *	account is its kind, with the company below it; all escrows are one,
 *	and all providers. What came before the first day is one transaction,
 *	so its balances are those of trial_balance(to_day).
 *
 *	For administrators, support and the service.
 *
 * role: app, service, support, admin
 * args:
 *	from_day: first day of booked_on
 *	to_day: last day; NULL for today
 *	format: hledger
 * returns: rows, in the order of line
 *	line: number, from 1
 *	text: a line of the journal
 * errors:
 *	WD402 WD401 42501
 *	22004
 *	22001
 *	22023: an infinite day or one before the year 1000 or after 3000, days
 *	  in the wrong order, another format
 * example: admin
 *	SELECT text FROM dwello.export_ledger(from_day => '2026-01-01') WHERE text NOT LIKE '%transaction:%';
 */
CREATE OR REPLACE FUNCTION dwello.export_ledger(
  from_day date,
  to_day date DEFAULT NULL,
  format text DEFAULT 'hledger',
  OUT line integer,
  OUT text text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 1000
AS 'MODULE_PATHNAME', 'dwello_export_ledger';
GRANT EXECUTE ON FUNCTION dwello.export_ledger
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.export_ledger IS
  'The ledger of some days as the text of a journal, for hledger. Errors: WD402, WD401, 42501, 22004, 22001, 22023. See reference.md#export_ledger.';
