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
-- Journals: what an accountant books by hand.
-- ----------------------------------------------------------------------

/*
 * post_journal
 *	Books what an accountant writes: lines on accounts of the platform, of
 *	providers, and out of suspense, that sum to zero. Never on an escrow,
 *	nor on what companies, chargebacks and reserves account for. With the
 *	setting journal_second_approver it is a proposal until another
 *	administrator approves it.
 *
 *	For administrators.
 *
 * role: app, admin
 * args:
 *	lines: 2 to 16 objects with "kind" (platform_fee, tax_payable, psp_fee,
 *	  platform_loss, rounding, fx_liquidity, bank, suspense,
 *	  provider_available, provider_receivable), "currency", "amount" in
 *	  minor units (below zero gives), "owner" (the provider, or the receipt
 *	  of suspense) and "psp" (the company of psp_fee). All in one currency,
 *	  each account once, at most two providers, and of one receipt only less
 *	reason: why, up to 1000 characters
 *	reference: the paper that it is on
 *	idempotency_key
 * returns: a row
 *	journal_id: of the journal
 *	status: posted, or proposed with journal_second_approver
 *	amount: what its accounts gain, in minor units
 *	currency
 *	scope_id: of its transaction
 *	transaction_id: that booked it; NULL while nothing is booked
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no administrator
 *	22004 22001
 *	22003: an amount that is too large
 *	22023: lines that are not as described, or do not sum to zero; an owner
 *	  who is no provider
 *	22P02: an owner that is no UUID
 *	WD201: several currencies, or not the receipt's
 *	P0002: no such user or receipt
 *	WD104
 *	WD202: a provider has not as much, or owes less; the receipt has less
 *	  left, or less tax is owed
 *	25006
 * example: admin
 *	SELECT status, amount, currency
 *	  FROM dwello.post_journal(lines => '[{"kind": "bank", "currency": "USD", "amount": -700},
 *	    {"kind": "platform_loss", "currency": "USD", "amount": 700}]', reason => 'A transfer was counted twice.');
 */
CREATE OR REPLACE FUNCTION dwello.post_journal(
  lines jsonb,
  reason text,
  reference text DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT journal_id uuid,
  OUT status dwello.journal_status,
  OUT amount bigint,
  OUT currency text,
  OUT scope_id uuid,
  OUT transaction_id uuid,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_post_journal';
GRANT EXECUTE ON FUNCTION dwello.post_journal
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.post_journal IS
  'Books what an accountant writes: lines on accounts of the platform, of providers, and out of suspense, that sum to zero. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, 22P02, WD201, P0002, WD104, WD202, 25006. See reference.md#post_journal.';

/*
 * approve_journal
 *	Books a journal that another administrator has posted. Whether its
 *	accounts have what it takes is asked now.
 *
 *	For administrators.
 *
 * role: app, admin
 * args:
 *	journal_id: of the journal
 *	idempotency_key
 * returns: a row
 *	journal_id: of the journal
 *	status: posted
 *	amount: what its accounts gain, in minor units
 *	currency
 *	scope_id: of its transaction
 *	transaction_id: that booked it; NULL while nothing is booked
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no administrator, or has posted it themselves
 *	22004
 *	P0002: no such journal, user or receipt
 *	WD104
 *	WD101: it is booked or rejected already
 *	WD202: a provider has not as much, or owes less; the receipt has less
 *	  left, or less tax is owed
 *	25006
 * example: admin, a journal of another administrator
 *	SELECT o.status, o.amount
 *	  FROM dwello.journals(status => 'proposed') AS p, dwello.approve_journal(p.journal_id) AS o;
 */
CREATE OR REPLACE FUNCTION dwello.approve_journal(
  INOUT journal_id uuid,
  idempotency_key text DEFAULT NULL,
  OUT status dwello.journal_status,
  OUT amount bigint,
  OUT currency text,
  OUT scope_id uuid,
  OUT transaction_id uuid,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_approve_journal';
GRANT EXECUTE ON FUNCTION dwello.approve_journal
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.approve_journal IS
  'Books a journal that another administrator has posted. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD101, WD202, 25006. See reference.md#approve_journal.';

/*
 * reject_journal
 *	Rejects a journal that waits for a second administrator, or withdraws
 *	one's own.
 *
 *	For administrators.
 *
 * role: app, admin
 * args:
 *	journal_id: of the journal
 *	reason: why, up to 1000 characters
 *	idempotency_key
 * returns: a row
 *	journal_id: of the journal
 *	status: rejected
 *	amount: what its accounts gain, in minor units
 *	currency
 *	scope_id: of its transaction
 *	transaction_id: NULL
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no administrator
 *	22004
 *	22001: a reason over its limit
 *	22023: a blank reason
 *	P0002: no such journal
 *	WD104
 *	WD101: it is booked or rejected already
 *	25006
 * example: admin, a journal of another administrator
 *	SELECT o.status
 *	  FROM dwello.journals(status => 'proposed') AS p,
 *	    dwello.reject_journal(p.journal_id, reason => 'Twice the same.') AS o;
 */
CREATE OR REPLACE FUNCTION dwello.reject_journal(
  INOUT journal_id uuid,
  reason text,
  idempotency_key text DEFAULT NULL,
  OUT status dwello.journal_status,
  OUT amount bigint,
  OUT currency text,
  OUT scope_id uuid,
  OUT transaction_id uuid,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_reject_journal';
GRANT EXECUTE ON FUNCTION dwello.reject_journal
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.reject_journal IS
  'Rejects a journal that waits for a second administrator, or withdraws one''s own. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD104, WD101, 25006. See reference.md#reject_journal.';

/*
 * reverse_journal
 *	Takes a journal back: books the opposite of each of its lines, on the
 *	day on which it is called. What it took out of suspense is there again.
 *	It is a journal itself, and with journal_second_approver a proposal.
 *
 *	For administrators.
 *
 * role: app, admin
 * args:
 *	journal_id: what is taken back
 *	reason: why, up to 1000 characters
 *	reference: the paper that it is on
 *	idempotency_key
 * returns: a row
 *	journal_id: of the new one
 *	status: posted, or proposed with journal_second_approver
 *	amount: what its accounts gain, in minor units
 *	currency
 *	scope_id: of its transaction
 *	transaction_id: that booked it; NULL while nothing is booked
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no administrator
 *	22004 22001
 *	22023: a blank reason
 *	P0002: no such journal
 *	WD104
 *	WD101: it is not booked, is taken back already, or takes another back
 *	WD202: a provider has not as much any more, or owes less
 *	25006
 * example: admin, a journal
 *	SELECT o.status, o.amount
 *	  FROM dwello.journals(status => 'posted') AS p,
 *	    dwello.reverse_journal(p.journal_id, reason => 'It was right.') AS o;
 */
CREATE OR REPLACE FUNCTION dwello.reverse_journal(
  INOUT journal_id uuid,
  reason text,
  reference text DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT status dwello.journal_status,
  OUT amount bigint,
  OUT currency text,
  OUT scope_id uuid,
  OUT transaction_id uuid,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_reverse_journal';
GRANT EXECUTE ON FUNCTION dwello.reverse_journal
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.reverse_journal IS
  'Takes a journal back: books the opposite of each of its lines, on the day on which it is called. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD104, WD101, WD202, 25006. See reference.md#reverse_journal.';

/*
 * journals
 *	Lists journals, the newest first.
 *
 *	For administrators, support and the service.
 *
 * role: app, service, support, admin
 * args:
 *	status: NULL for any
 *	after_id: journal_id of the last row of the page before; NULL for the
 *	  first page
 *	max_results: 1 to 200 rows
 * returns: rows, one a journal
 *	journal_id: of the journal
 *	status
 *	lines: as they were given; of one that takes another back the other's,
 *	  each turned round
 *	amount: what its accounts gain, in minor units
 *	currency
 *	reason: why it is booked
 *	reference: the paper that it is on
 *	reverses: the journal that it takes back
 *	reversed_by: the journal that takes it back, or shall
 *	scope_id: of its transaction
 *	transaction_id: that booked it
 *	proposed_by: the administrator who posted it
 *	proposed_at: when they did
 *	decided_by: who booked, approved or rejected it
 *	decided_at: when they did
 *	rejected_for: why it was rejected
 * errors:
 *	WD402 WD401
 *	42501: the caller is no administrator, support or service
 *	22004
 *	22023: max_results is out of range
 *	P0002: no such journal
 * example: admin, a journal
 *	SELECT status, reason, amount FROM dwello.journals(max_results => 10);
 */
CREATE OR REPLACE FUNCTION dwello.journals(
  status dwello.journal_status DEFAULT NULL,
  after_id uuid DEFAULT NULL,
  max_results integer DEFAULT 50,
  OUT journal_id uuid,
  OUT status dwello.journal_status,
  OUT lines jsonb,
  OUT amount bigint,
  OUT currency text,
  OUT reason text,
  OUT reference text,
  OUT reverses uuid,
  OUT reversed_by uuid,
  OUT scope_id uuid,
  OUT transaction_id uuid,
  OUT proposed_by uuid,
  OUT proposed_at timestamptz,
  OUT decided_by uuid,
  OUT decided_at timestamptz,
  OUT rejected_for text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 50
AS 'MODULE_PATHNAME', 'dwello_journals';
GRANT EXECUTE ON FUNCTION dwello.journals
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.journals IS
  'Lists journals, the newest first. Errors: WD402, WD401, 42501, 22004, 22023, P0002. See reference.md#journals.';

-- ----------------------------------------------------------------------
-- Documents: invoices, receipts, credit notes.
-- ----------------------------------------------------------------------

/*
 * issue_documents
 *	Issues the documents of completed transactions, of days that are over:
 *	commission invoices and their credit notes from the platform, also for
 *	what payouts cost; receipts and their credit notes from providers. Numbers have no gap, and are in
 *	the order of days. Call it again until transactions is 0.
 *
 *	A day is over for it once rollup_margin_seconds have passed since its
 *	end and no transaction that began before that is in flight.
 *
 * role: service
 * args:
 *	max_rows: transactions at most, 1 to 10000
 *	from_day: read again from this day on, for what check() finds without
 *	  a document
 * returns: a row
 *	transactions: how many were looked at
 *	documents: how many were issued
 *	through: the last day that is over; NULL when a prepared transaction or
 *	  the caller's old snapshot hides it
 *	replayed: false
 * errors:
 *	42501: the caller is not the system
 *	22004
 *	22023: max_rows is out of range, or an infinite day
 *	25006
 * example: system, painting released a month ago
 *	SELECT transactions, documents FROM dwello.issue_documents(max_rows => 1000);
 */
CREATE OR REPLACE FUNCTION dwello.issue_documents(
  max_rows integer DEFAULT 1000,
  from_day date DEFAULT NULL,
  OUT transactions integer,
  OUT documents integer,
  OUT through date,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_issue_documents';
GRANT EXECUTE ON FUNCTION dwello.issue_documents TO dwello_service;
COMMENT ON FUNCTION dwello.issue_documents IS
  'Issues the documents of completed transactions, of days that are over: commission invoices and their credit notes from the platform, also for what payouts cost; receipts and their credit notes from providers. Errors: 42501, 22004, 22023, 25006. See reference.md#issue_documents.';

/*
 * invoices
 *	Lists documents, the newest first.
 *
 *	People see those that they issued or that are for them;
 *	administrators, support and the service see all.
 *
 * role: app, service, support, admin
 * args:
 *	user_id: who issued them or whom they are for; NULL for the caller, or
 *	  for all
 *	kind: NULL for any
 *	after_id: invoice_id of the last row of the page before; NULL for the
 *	  first page
 *	max_results: 1 to 200 rows
 * returns: rows, one a document
 *	invoice_id: of the document
 *	kind: what it is
 *	document_number: as it is printed
 *	year: of its series
 *	number: in it, from 1 without a gap
 *	issuer_id: the provider; the nil UUID for the platform
 *	recipient_id: whom it is for
 *	issued_on: day of issue
 *	supplied_on: day of the transaction
 *	net: without tax, in minor units
 *	tax: in minor units
 *	total: both, in minor units
 *	currency
 *	description: title of the job at the time
 *	scope_id: the job
 *	transaction_id: that it is about
 *	corrects_id: the document that a credit note takes back
 *	corrects_number: its number
 *	issued_at: when it was issued
 * errors:
 *	WD402 WD401
 *	42501: another's documents
 *	22004
 *	22023: max_results is out of range
 *	P0002: no such document
 * example: provider_1, painting with documents
 *	SELECT kind, document_number, total, currency FROM dwello.invoices(max_results => 10);
 */
CREATE OR REPLACE FUNCTION dwello.invoices(
  user_id uuid DEFAULT NULL,
  kind dwello.document_kind DEFAULT NULL,
  after_id uuid DEFAULT NULL,
  max_results integer DEFAULT 50,
  OUT invoice_id uuid,
  OUT kind dwello.document_kind,
  OUT document_number text,
  OUT year integer,
  OUT number bigint,
  OUT issuer_id uuid,
  OUT recipient_id uuid,
  OUT issued_on date,
  OUT supplied_on date,
  OUT net bigint,
  OUT tax bigint,
  OUT total bigint,
  OUT currency text,
  OUT description text,
  OUT scope_id uuid,
  OUT transaction_id uuid,
  OUT corrects_id uuid,
  OUT corrects_number text,
  OUT issued_at timestamptz
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 50
AS 'MODULE_PATHNAME', 'dwello_invoices';
GRANT EXECUTE ON FUNCTION dwello.invoices
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.invoices IS
  'Lists documents, the newest first. Errors: WD402, WD401, 42501, 22004, 22023, P0002. See reference.md#invoices.';

/*
 * invoice
 *	One document, as it was issued; to_jsonb() of the row is the same as
 *	JSON.
 *
 *	For whoever issued it, whom it is for, administrators, support and the
 *	service.
 *
 * role: app, service, support, admin
 * args:
 *	invoice_id: of the document
 * returns: a row
 *	invoice_id: of the document
 *	kind: what it is
 *	document_number: as it is printed
 *	year: of its series
 *	number: in it, from 1 without a gap
 *	issuer_id: the provider; the nil UUID for the platform
 *	recipient_id: whom it is for
 *	issued_on: day of issue
 *	supplied_on: day of the transaction
 *	net: without tax, in minor units
 *	tax: in minor units
 *	total: both, in minor units
 *	currency
 *	description: title of the job at the time
 *	scope_id: the job
 *	transaction_id: that it is about
 *	corrects_id: the document that a credit note takes back
 *	corrects_number: its number
 *	issued_at: when it was issued
 *	issuer_name: by the tax profile of then, as the next ones; NULL for none
 *	issuer_country: ISO 3166 code
 *	issuer_tax_id: number at the tax office; NULL for a private person
 *	issuer_vat_id: number for value added tax
 *	recipient_name: by the tax profile of then, as the next ones
 *	recipient_country: ISO 3166 code
 *	recipient_vat_id: number for value added tax
 * errors:
 *	WD402 WD401
 *	22004
 *	P0002: no such document, or not the caller's
 *	WD601 WD602
 * example: provider_1, painting with documents
 *	SELECT to_jsonb(i) - 'invoice_id' - 'transaction_id' - 'issued_at' AS document
 *	  FROM dwello.invoices(kind => 'receipt', max_results => 1) AS l, dwello.invoice(l.invoice_id) AS i;
 */
CREATE OR REPLACE FUNCTION dwello.invoice(
  INOUT invoice_id uuid,
  OUT kind dwello.document_kind,
  OUT document_number text,
  OUT year integer,
  OUT number bigint,
  OUT issuer_id uuid,
  OUT recipient_id uuid,
  OUT issued_on date,
  OUT supplied_on date,
  OUT net bigint,
  OUT tax bigint,
  OUT total bigint,
  OUT currency text,
  OUT description text,
  OUT scope_id uuid,
  OUT transaction_id uuid,
  OUT corrects_id uuid,
  OUT corrects_number text,
  OUT issued_at timestamptz,
  OUT issuer_name text,
  OUT issuer_country text,
  OUT issuer_tax_id text,
  OUT issuer_vat_id text,
  OUT recipient_name text,
  OUT recipient_country text,
  OUT recipient_vat_id text
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_invoice';
GRANT EXECUTE ON FUNCTION dwello.invoice
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.invoice IS
  'One document, as it was issued; to_jsonb() of the row is the same as JSON. Errors: WD402, WD401, 22004, P0002, WD601, WD602. See reference.md#invoice.';

/*
 * set_tax_profile
 *	Says who somebody is to a tax office, from now on: documents that are
 *	issued later have it, and those before keep what they had.
 *
 *	For everybody about themselves, and administrators about anybody and
 *	about the platform.
 *
 * role: app, support, admin
 * args:
 *	legal_name: name or firm, up to 300 characters
 *	country: ISO 3166 code of two letters
 *	tax_id: number at the tax office, up to 50 characters
 *	vat_id: number for value added tax, up to 50 characters
 *	is_business: not a private person
 *	user_id: NULL for the caller; the nil UUID for the platform
 *	idempotency_key
 * returns: a row
 *	user_id: whose it is
 *	version: how many they have had
 *	country
 *	is_business
 *	created_at: from when it is in force
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: another's, or the caller is not active
 *	22004 22001
 *	22023: a blank name or number, or no country
 *	P0002: no such user
 *	WD104 WD601
 *	25006
 * example: provider_1
 *	SELECT version, country, is_business FROM dwello.set_tax_profile(legal_name => 'Pat Painter', country => 'US',
 *	  tax_id => '123-45-6789', is_business => true);
 */
CREATE OR REPLACE FUNCTION dwello.set_tax_profile(
  legal_name text,
  country text,
  tax_id text DEFAULT NULL,
  vat_id text DEFAULT NULL,
  is_business boolean DEFAULT false,
  user_id uuid DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT user_id uuid,
  OUT version integer,
  OUT country text,
  OUT is_business boolean,
  OUT created_at timestamptz,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_set_tax_profile';
GRANT EXECUTE ON FUNCTION dwello.set_tax_profile
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.set_tax_profile IS
  'Says who somebody is to a tax office, from now on: documents that are issued later have it, and those before keep what they had. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD104, WD601, 25006. See reference.md#set_tax_profile.';

/*
 * tax_profile
 *	Who somebody is to a tax office.
 *
 *	For everybody about themselves, and for administrators.
 *
 * role: app, support, admin
 * args:
 *	user_id: NULL for the caller; the nil UUID for the platform
 * returns: a row
 *	user_id: whose it is
 *	version: how many they have had
 *	legal_name: name or firm
 *	country: ISO 3166 code
 *	tax_id: number at the tax office
 *	vat_id: number for value added tax
 *	is_business: not a private person
 *	created_at: since when it is in force
 * errors:
 *	WD402 WD401
 *	42501: another's
 *	P0002: they have none
 *	WD601 WD602
 * example: provider_1, a tax profile
 *	SELECT legal_name, country, tax_id, version FROM dwello.tax_profile();
 */
CREATE OR REPLACE FUNCTION dwello.tax_profile(
  user_id uuid DEFAULT NULL,
  OUT user_id uuid,
  OUT version integer,
  OUT legal_name text,
  OUT country text,
  OUT tax_id text,
  OUT vat_id text,
  OUT is_business boolean,
  OUT created_at timestamptz
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_tax_profile';
GRANT EXECUTE ON FUNCTION dwello.tax_profile
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.tax_profile IS
  'Who somebody is to a tax office. Errors: WD402, WD401, 42501, P0002, WD601, WD602. See reference.md#tax_profile.';

/*
 * annual_totals
 *	What providers made in a year, by month, as tax forms want it: the sums
 *	of the receipts that they have issued or will, by booked_on.
 *
 *	For administrators, support and the service; providers read their own.
 *
 * role: app, service, support, admin
 * args:
 *	year: of booked_on, 1970 to 9999
 *	user_id: one provider; NULL for all, or the provider who calls
 * returns: rows, by provider, currency and month
 *	provider_id: who made it
 *	country: by the tax profile in force at the end of the year, else by
 *	  the first one since; NULL for none
 *	currency: ISO 4217 code
 *	month: 1 to 12
 *	transactions: how many
 *	gross: what homeowners paid for their work and as tips, in minor units
 *	refunds: what was undone of it, in minor units
 *	fees: what they bore of fees and tax on them, less what was undone
 *	net: gross less refunds and fees
 *	is_final: true when the year is closed
 * errors:
 *	WD402 WD401
 *	42501: a homeowner, or another's
 *	22004
 *	22023: a year that is out of range
 * example: provider_1, painting released
 *	SELECT month, currency, transactions, gross, fees, net FROM dwello.annual_totals(year => 2031);
 */
CREATE OR REPLACE FUNCTION dwello.annual_totals(
  year integer,
  user_id uuid DEFAULT NULL,
  OUT provider_id uuid,
  OUT country text,
  OUT currency text,
  OUT month integer,
  OUT transactions integer,
  OUT gross numeric,
  OUT refunds numeric,
  OUT fees numeric,
  OUT net numeric,
  OUT is_final boolean
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 100
AS 'MODULE_PATHNAME', 'dwello_annual_totals';
GRANT EXECUTE ON FUNCTION dwello.annual_totals
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.annual_totals IS
  'What providers made in a year, by month, as tax forms want it: the sums of the receipts that they have issued or will, by booked_on. Errors: WD402, WD401, 42501, 22004, 22023. See reference.md#annual_totals.';

-- ----------------------------------------------------------------------
-- Reports, by days of booking.
-- ----------------------------------------------------------------------

/*
 * balance_at
 *	What lay on an account at the end of a day.
 *
 *	Above zero is what the platform owes or has earned, below zero what it
 *	owns or has spent: credit less debit.
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
 *	Above zero is what the platform owes or has earned, below zero what it
 *	owns or has spent: credit less debit.
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
 *	Above zero is what the platform owes or has earned, below zero what it
 *	owns or has spent: credit less debit.
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
 *	so its balances are those of trial_balance(to_day), with their signs;
 *	"hledger balance --invert" prints them as debit less credit. Accounts
 *	have their type, so hledger_debits, which has the opposite signs, gives
 *	the reports of income ("hledger is") and of what is owned and owed.
 *
 *	For administrators, support and the service.
 *
 * role: app, service, support, admin
 * args:
 *	from_day: first day of booked_on
 *	to_day: last day; NULL for today
 *	format: hledger, or hledger_debits, with debits above zero
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
