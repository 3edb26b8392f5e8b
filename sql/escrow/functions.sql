/*
 * Money held for a job: paid in, released, given back, disputed, paid out.
 */

-- ----------------------------------------------------------------------
-- Commands on money: paying in, approving, releasing, giving back.
-- ----------------------------------------------------------------------

/*
 * fund_escrow
 *	Asks for a payment into the escrow of a job. No money moves yet: a
 *	pending transaction is written, and an intent payment_requested in the
 *	outbox for the worker of the payment company, who answers with
 *	confirm_payment(). A payment that did not arrive by pay_by counts as
 *	failed and is replaced; so is the first payment while it is still open
 *	(payment_cancelled tells its worker).
 *
 * role: app, support, admin
 * args:
 *	job_id
 *	amount: in minor units; NULL for what is missing to the contract, in
 *	  whole units of the company's
 *	payment_method_id: NULL for the caller's default or newest one, if any
 *	currency: NULL for the escrow's
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	transaction_id
 *	amount: what is asked for, in minor units
 *	pay_by: by the job's timer, else the setting, of the kind of method:
 *	  payment_minutes_card, payment_minutes_wallet or payment_days_bank
 *	escrow_status
 *	currency
 *	funded
 *	held
 *	released
 *	refunded
 *	charged_back
 *	version
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active homeowner, it is not the caller's job,
 *	  or it is not paid through escrow (jobs.is_escrowed)
 *	22004 22003
 *	22023: an amount that is not positive or is no whole unit of the
 *	  company's (psp_units), an unknown currency, more than is missing,
 *	  nothing is missing, or the method has expired
 *	P0002: an unknown job or payment method
 *	WD104 WD103
 *	WD101: no escrow yet, a payment is under way, or a state that takes
 *	  none
 *	WD102: nothing was paid by fund_by, so the contract has lapsed
 *	WD201: another currency
 * example: homeowner, painting confirmed
 *	SELECT amount, currency, pay_by, escrow_status
 *	  FROM dwello.fund_escrow(job_id => 'de000000-0000-7000-8000-000000000011');
 */
CREATE OR REPLACE FUNCTION dwello.fund_escrow(
  job_id uuid,
  amount bigint DEFAULT NULL,
  payment_method_id uuid DEFAULT NULL,
  currency text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT pay_by timestamptz,
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
AS 'MODULE_PATHNAME', 'dwello_fund_escrow';
GRANT EXECUTE ON FUNCTION dwello.fund_escrow
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.fund_escrow IS
  'Asks for a payment into the escrow of a job. Errors: WD402, WD401, 42501, 22004, 22003, 22023, P0002, WD104, WD103, WD101, WD102, WD201. See reference.md#fund_escrow.';

/*
 * tip
 *	Asks for a tip on top of the contract of a completed job. It is paid as
 *	a payment is: an intent payment_requested in the outbox (purpose "tip"),
 *	answered by confirm_payment() or fail_payment(). What has arrived of it
 *	is the provider's, less the platform's part, which is nothing unless the
 *	setting tip_fee_ppm says so (event tip_received). One is under way at a
 *	time; abandon_payment() gives it up, and one that fails or does not
 *	arrive by pay_by is over (event tip_failed). Any number may follow.
 *
 * role: app, support, admin
 * args:
 *	job_id
 *	amount: in minor units of the escrow's currency
 *	payment_method_id: NULL for the caller's default or newest one, if any
 *	idempotency_key
 * returns: a row
 *	job_id
 *	amount: what is asked for, in minor units
 *	transaction_id: of the payment
 *	currency
 *	pay_by: by the job's timer, else the setting, of the kind of method:
 *	  payment_minutes_card, payment_minutes_wallet or payment_days_bank
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active homeowner, or it is not the caller's job
 *	22004 22003
 *	22023: an amount that is not positive or is no whole unit of the
 *	  company's (psp_units), or the method has expired
 *	P0002: an unknown job or payment method
 *	WD104
 *	WD101: the job is not completed or was not paid through escrow, or a
 *	  payment is under way
 * example: homeowner, painting released
 *	SELECT amount, currency FROM dwello.tip(job_id => 'de000000-0000-7000-8000-000000000011', amount => 2000);
 */
CREATE OR REPLACE FUNCTION dwello.tip(
  INOUT job_id uuid,
  INOUT amount bigint,
  payment_method_id uuid DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT transaction_id uuid,
  OUT currency text,
  OUT pay_by timestamptz,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_tip';
GRANT EXECUTE ON FUNCTION dwello.tip
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.tip IS
  'Asks for a tip on top of the contract of a completed job. Errors: WD402, WD401, 42501, 22004, 22003, 22023, P0002, WD104, WD101. See reference.md#tip.';

/*
 * confirm_payment
 *	Says that money has arrived at a payment company, whatever was asked
 *	for. What the contract takes is held from here: of an open payment, or
 *	of what is missing. What it does not take becomes a receipt, in an
 *	account of its own, with the reason: surplus, second_charge (no payment
 *	is open, or another has replaced it), wrong_currency, unknown_job,
 *	job_over, or late (it was given up, or past pay_by). The setting
 *	receipt_default_REASON says whether that goes back at once (intent
 *	refund_requested in the outbox) or is held for assign or return, see
 *	receipts().
 *
 *	Less than was asked for is held as what it is, and the rest stays to be
 *	paid. The same psp_reference, amount and currency under another
 *	event_id is the same payment, told again, whatever job it was told
 *	for.
 *
 * role: service
 * args:
 *	job_id: NULL when nobody knows
 *	psp
 *	event_id
 *	amount: as paid, in minor units
 *	currency: as paid
 *	transaction_id: NULL for the one pending payment
 *	psp_reference: the company's name for the payment
 *	occurred_at: when it happened, by the company's clock
 * returns: a row
 *	job_id: NULL for money of no job that is there, as are the escrow's
 *	  columns
 *	transaction_id: the payment, or the receipt's if nothing is held
 *	amount: as paid, in minor units
 *	is_late: nothing of it is held in the escrow
 *	receipt_id: of what does not fit; NULL where all does
 *	receipt_amount: what does not fit, in minor units
 *	receipt_reason: why it does not
 *	escrow_status
 *	currency
 *	funded
 *	held
 *	released
 *	refunded
 *	charged_back
 *	version
 *	replayed: true when nothing was done, for it was told before
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004 22001
 *	22023: a blank text, an amount that is not positive, or an unknown
 *	  currency
 *	WD104: the event was another one before
 *	WD101: too early: the named payment is not there yet
 * example: system, painting asked to pay
 *	SELECT amount, is_late, escrow_status, held
 *	  FROM dwello.confirm_payment(job_id => 'de000000-0000-7000-8000-000000000011', psp => 'demo-psp',
 *	    event_id => 'evt_2', amount => 95000, currency => 'USD');
 */
CREATE OR REPLACE FUNCTION dwello.confirm_payment(
  job_id uuid,
  psp text,
  event_id text,
  amount bigint,
  currency text,
  transaction_id uuid DEFAULT NULL,
  psp_reference text DEFAULT NULL,
  occurred_at timestamptz DEFAULT NULL,
  OUT job_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT is_late boolean,
  OUT receipt_id uuid,
  OUT receipt_amount bigint,
  OUT receipt_reason dwello.receipt_reason,
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
AS 'MODULE_PATHNAME', 'dwello_confirm_payment';
GRANT EXECUTE ON FUNCTION dwello.confirm_payment
  TO dwello_service;
COMMENT ON FUNCTION dwello.confirm_payment IS
  'Says that money has arrived at a payment company, whatever was asked for. Errors: WD401, 42501, 22004, 22001, 22023, WD104, WD101. See reference.md#confirm_payment.';

/*
 * confirm_authorization
 *	Says that a payment company has authorised an amount: it may take it
 *	later, until expires_at. No money moves and nothing is held; the payment
 *	that was asked for has its answer and is open no more. The amount is
 *	taken by request_capture(), and confirm_payment() says that it was.
 *	What the contract has no use for (it is over, the payment was given up
 *	or is late, or the currency is another) is voided at once: intent
 *	void_requested in the outbox.
 *
 * role: service
 * args:
 *	job_id
 *	psp
 *	event_id
 *	amount: as authorised, in minor units
 *	currency: as authorised
 *	expires_at: when the company takes nothing of it any more
 *	transaction_id: NULL for the one pending payment, if any
 *	psp_reference: the company's name for it
 *	occurred_at: when it happened, by the company's clock
 * returns: a row
 *	job_id
 *	authorization_id: names it
 *	authorization_status: open, or voided
 *	amount
 *	expires_at
 *	escrow_status
 *	currency
 *	funded
 *	held
 *	released
 *	refunded
 *	charged_back
 *	version
 *	replayed
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004 22001
 *	22023: a blank text, an amount that is not positive, or an unknown
 *	  currency
 *	P0002: an unknown job
 *	WD104: the event was another one before
 *	WD101: no escrow, or the named payment is not there yet
 * example: system, painting asked to pay
 *	SELECT amount, authorization_status, escrow_status, held
 *	  FROM dwello.confirm_authorization(job_id => 'de000000-0000-7000-8000-000000000011', psp => 'demo-psp',
 *	    event_id => 'evt_auth', amount => 95000, currency => 'USD', expires_at => '2031-03-10');
 */
CREATE OR REPLACE FUNCTION dwello.confirm_authorization(
  job_id uuid,
  psp text,
  event_id text,
  amount bigint,
  currency text,
  expires_at timestamptz,
  transaction_id uuid DEFAULT NULL,
  psp_reference text DEFAULT NULL,
  occurred_at timestamptz DEFAULT NULL,
  OUT job_id uuid,
  OUT authorization_id uuid,
  OUT authorization_status dwello.authorization_status,
  OUT amount bigint,
  OUT expires_at timestamptz,
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
AS 'MODULE_PATHNAME', 'dwello_confirm_authorization';
GRANT EXECUTE ON FUNCTION dwello.confirm_authorization
  TO dwello_service;
COMMENT ON FUNCTION dwello.confirm_authorization IS
  'Says that a payment company has authorised an amount: it may take it later, until expires_at. Errors: WD401, 42501, 22004, 22001, 22023, P0002, WD104, WD101. See reference.md#confirm_authorization.';

/*
 * request_capture
 *	Asks for the capture of what is authorised, or of a part of it: a
 *	pending payment and an intent capture_requested in the outbox, which
 *	the worker answers with confirm_payment() or fail_payment() as any
 *	payment. What is captured is held from there.
 *
 * role: app, service, support, admin
 * args:
 *	job_id
 *	amount: in minor units; NULL for as much as is authorised and missing
 *	authorization_id: NULL for the open one that expires first
 *	is_last: the company voids the rest; false where it allows more
 *	  than one capture
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	authorization_id: what is captured
 *	transaction_id: of the payment
 *	amount: what is asked for, in minor units
 *	pay_by: by payment_minutes_card
 *	escrow_status
 *	currency
 *	funded
 *	held
 *	released
 *	refunded
 *	charged_back
 *	version
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither the homeowner of the job nor an
 *	  administrator nor the service
 *	22004 22003
 *	22023: an amount that is not positive, is no whole unit of the
 *	  company's (psp_units), or more than is missing, or nothing is missing
 *	P0002: an unknown job or authorization
 *	WD104 WD103
 *	WD101: no escrow, nothing is authorised any more, a payment is under
 *	  way, or a state that takes none
 *	WD102: nothing was paid by fund_by, so the contract has lapsed
 *	WD202: more than is authorised
 * example: homeowner, painting authorised
 *	SELECT amount, currency, escrow_status
 *	  FROM dwello.request_capture(job_id => 'de000000-0000-7000-8000-000000000011', amount => 40000);
 */
CREATE OR REPLACE FUNCTION dwello.request_capture(
  job_id uuid,
  amount bigint DEFAULT NULL,
  authorization_id uuid DEFAULT NULL,
  is_last boolean DEFAULT true,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT authorization_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT pay_by timestamptz,
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
AS 'MODULE_PATHNAME', 'dwello_request_capture';
GRANT EXECUTE ON FUNCTION dwello.request_capture
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.request_capture IS
  'Asks for the capture of what is authorised, or of a part of it: a pending payment and an intent capture_requested in the outbox, which the worker answers with confirm_payment() or fail_payment() as any payment. Errors: WD402, WD401, 42501, 22004, 22003, 22023, P0002, WD104, WD103, WD101, WD102, WD202. See reference.md#request_capture.';

/*
 * expire_authorizations
 *	Ends authorizations whose time is up (event authorization_expired), and
 *	tells of those whose time is soon (authorization_expiring, by the
 *	setting authorization_warn_hours). Before that every call treats what
 *	is past its time as over.
 *
 *	To be called again until it finds nothing; any number of workers may
 *	call it at once, for jobs that are locked are left to a later call.
 *
 * role: service
 * args:
 *	max_rows: authorizations at most, 1 to 10000
 * returns: how many were told of
 * errors:
 *	WD402 WD401
 *	42501: the caller is not the system
 *	22004
 *	22023: max_rows is not from 1 to 10000
 * example: system, painting authorised
 *	SELECT told FROM dwello.expire_authorizations(max_rows => 100) AS told;
 */
CREATE OR REPLACE FUNCTION dwello.expire_authorizations(
  max_rows integer DEFAULT 1000
)
RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_expire_authorizations';
GRANT EXECUTE ON FUNCTION dwello.expire_authorizations
  TO dwello_service;
COMMENT ON FUNCTION dwello.expire_authorizations IS
  'Ends authorizations whose time is up (event authorization_expired), and tells of those whose time is soon (authorization_expiring, by the setting authorization_warn_hours). Errors: WD402, WD401, 42501, 22004, 22023. See reference.md#expire_authorizations.';

/*
 * receipts
 *	Lists money that has arrived and fits no payment, the newest first.
 *	How it comes to that says confirm_payment().
 *
 * role: app, service, support, admin
 * args:
 *	status: NULL for any
 *	reason: NULL for any
 *	job_id: that it was told for; NULL for any, and for none
 *	after_id: receipt_id of the last row of the page before; NULL for the
 *	  first page
 *	max_results: 1 to 200 rows
 * returns: rows, one a receipt
 *	receipt_id: made of psp and event_id
 *	job_id: NULL for none, or none that is there
 *	user_id: who paid; NULL when nobody knows
 *	psp
 *	event_id
 *	psp_reference: the company's name for the payment
 *	payment_method_id: what it was paid with; NULL when nobody knows
 *	transaction_id: that booked it
 *	amount: in minor units
 *	remaining: what of it still lies there
 *	currency
 *	reason
 *	status
 *	occurred_at: by the company's clock, if it said
 *	created_at
 *	closed_at: when it was assigned or returned
 *	version
 * errors:
 *	WD402 WD401
 *	42501: the caller is no service, support or administrator
 *	22004
 *	22023: max_results is out of range
 *	P0002: no such receipt
 * example: system
 *	SELECT count(*) AS held FROM dwello.receipts(status => 'held');
 */
CREATE OR REPLACE FUNCTION dwello.receipts(
  status dwello.receipt_status DEFAULT NULL,
  reason dwello.receipt_reason DEFAULT NULL,
  job_id uuid DEFAULT NULL,
  after_id uuid DEFAULT NULL,
  max_results integer DEFAULT 50,
  OUT receipt_id uuid,
  OUT job_id uuid,
  OUT user_id uuid,
  OUT psp text,
  OUT event_id text,
  OUT psp_reference text,
  OUT payment_method_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT remaining bigint,
  OUT currency text,
  OUT reason dwello.receipt_reason,
  OUT status dwello.receipt_status,
  OUT occurred_at timestamptz,
  OUT created_at timestamptz,
  OUT closed_at timestamptz,
  OUT version integer
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_receipts';
GRANT EXECUTE ON FUNCTION dwello.receipts
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.receipts IS
  'Lists money that has arrived and fits no payment, the newest first. Errors: WD402, WD401, 42501, 22004, 22023, P0002. See reference.md#receipts.';

/*
 * release_escrow
 *	Releases money that is held to the provider, less the platform's fee.
 *	The fee is cumulative: any way of cutting a payment pays the same. The
 *	job completes when nothing is held and all required milestones are
 *	released.
 *
 *	For the homeowner of the job and administrators. With neither amount
 *	nor milestone_id all that is held and undisputed is released.
 *
 * role: app, support, admin
 * args:
 *	job_id
 *	amount: the price of work to release in minor units, taken from the
 *	  milestones in their order
 *	milestone_id: all of one milestone
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	transaction_id
 *	amount: what left the escrow, in minor units
 *	fee
 *	tax
 *	payout
 *	escrow_status
 *	currency
 *	funded
 *	held
 *	released
 *	refunded
 *	charged_back
 *	version
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active homeowner or administrator, or it is
 *	  not the caller's job
 *	22004 22003
 *	22023: an amount that is not positive, or both selectors
 *	P0002: an unknown job or milestone
 *	WD104 WD103
 *	WD101: no escrow, nothing held, frozen or all disputed, or the
 *	  milestone is over
 *	WD202: more than is held and undisputed
 * example: homeowner, painting submitted
 *	SELECT amount, fee, tax, payout, escrow_status, held
 *	  FROM dwello.release_escrow(job_id => 'de000000-0000-7000-8000-000000000011', amount => 50000);
 */
CREATE OR REPLACE FUNCTION dwello.release_escrow(
  job_id uuid,
  amount bigint DEFAULT NULL,
  milestone_id uuid DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT fee bigint,
  OUT tax bigint,
  OUT payout bigint,
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
AS 'MODULE_PATHNAME', 'dwello_release_escrow';
GRANT EXECUTE ON FUNCTION dwello.release_escrow
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.release_escrow IS
  'Releases money that is held to the provider, less the platform''s fee. Errors: WD402, WD401, 42501, 22004, 22003, 22023, P0002, WD104, WD103, WD101, WD202. See reference.md#release_escrow.';

/*
 * approve_milestone
 *	Approves a milestone and releases its money at once. While the escrow
 *	is frozen or the milestone is not fully funded it rests in approved:
 *	transaction_id is NULL and the amounts are 0, and it is released once
 *	it can be.
 *
 *	For the homeowner of the job and administrators.
 *
 * role: app, support, admin
 * args:
 *	job_id
 *	milestone_id
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	transaction_id: the release, or NULL
 *	amount: what left the escrow, in minor units
 *	fee
 *	tax
 *	payout
 *	escrow_status
 *	currency
 *	funded
 *	held
 *	released
 *	refunded
 *	charged_back
 *	version
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active homeowner or administrator, or it is
 *	  not the caller's job
 *	22004
 *	P0002: an unknown job or milestone
 *	WD104 WD103
 *	WD101: no escrow, or the milestone is over or disputed
 *	WD202: more than is held and undisputed
 * example: homeowner, painting submitted
 *	SELECT amount, fee, payout, escrow_status
 *	  FROM dwello.approve_milestone(job_id => 'de000000-0000-7000-8000-000000000011',
 *	    milestone_id => (SELECT m.id FROM dwello.job_milestones AS m
 *	                      WHERE m.job_id = 'de000000-0000-7000-8000-000000000011'));
 */
CREATE OR REPLACE FUNCTION dwello.approve_milestone(
  job_id uuid,
  milestone_id uuid,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT fee bigint,
  OUT tax bigint,
  OUT payout bigint,
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
AS 'MODULE_PATHNAME', 'dwello_approve_milestone';
GRANT EXECUTE ON FUNCTION dwello.approve_milestone
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.approve_milestone IS
  'Approves a milestone and releases its money at once. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD101, WD202. See reference.md#approve_milestone.';

/*
 * refund_escrow
 *	Gives money back to the homeowner: what is held and, by the provider,
 *	also what was released to them. The payments go back
 *	in the order in which they came, each at most what neither went back
 *	nor was taken by a bank, through its own company: a row of refunds and
 *	an intent refund_requested in the outbox for each, which
 *	confirm_refund() answers. Where the homeowner
 *	pays the fee, their share of it goes back too. A job of which all goes
 *	back once the work has begun ends cancelled, by the provider when they
 *	gave it; before that it stays as it is until cancel_job(), and one that
 *	was completed stays completed. If all required milestones have been
 *	paid in part the job completes by itself.
 *
 *	What was released comes out of what the provider has, the rest they
 *	owe; the fee of it goes back, too. They give it back at any time: what
 *	an amount is above what is held, a milestone that is released, or, with
 *	neither, all that was released where nothing undisputed is held.
 *
 *	A tip that has arrived goes back in the same way, with the platform's
 *	part of it, by its provider alone (event tip_returned): no amount of the
 *	contract moves.
 *
 *	For the provider of the job and administrators, and for the homeowner
 *	until the work begins; from then on they ask with request_refund().
 *	With neither amount nor milestone_id all that is held and undisputed
 *	goes back.
 *
 * role: app, support, admin
 * args:
 *	job_id
 *	amount: the price of work that is given up in minor units, taken from
 *	  the milestones in their order, of released ones from the last on
 *	milestone_id: all that is left of one milestone, or was released of it
 *	reason: up to 10000 characters, told to both
 *	tip_id: a tip that the provider gives back, by the transaction_id of
 *	  tip(): all that is left of it, or an amount
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	transaction_id
 *	amount: what goes back, in minor units
 *	escrow_status
 *	currency
 *	funded
 *	held
 *	released
 *	refunded
 *	charged_back
 *	version
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active homeowner, provider or administrator,
 *	  or it is not the caller's job, or a tip that they were not given
 *	22004 22001 22003
 *	22023: an amount that is not positive or is no whole unit of the
 *	  company's (psp_units), or two selectors
 *	P0002: an unknown job, milestone or tip
 *	WD104 WD103
 *	WD101: no escrow, nothing held, frozen or all disputed, the milestone
 *	  is over, the homeowner calls and the work has begun, or the tip has
 *	  not arrived
 *	WD202: more than is held and undisputed, by the provider more than
 *	  that and what was released, or more than is left of the tip
 * example: provider_1, painting paid
 *	SELECT amount, escrow_status, held, refunded
 *	  FROM dwello.refund_escrow(job_id => 'de000000-0000-7000-8000-000000000011', amount => 15000,
 *	    reason => 'The primer was on hand.');
 */
CREATE OR REPLACE FUNCTION dwello.refund_escrow(
  job_id uuid,
  amount bigint DEFAULT NULL,
  milestone_id uuid DEFAULT NULL,
  reason text DEFAULT NULL,
  tip_id uuid DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
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
AS 'MODULE_PATHNAME', 'dwello_refund_escrow';
GRANT EXECUTE ON FUNCTION dwello.refund_escrow
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.refund_escrow IS
  'Gives money back to the homeowner: what is held and, by the provider, also what was released to them. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002, WD104, WD103, WD101, WD202. See reference.md#refund_escrow.';

/*
 * cancel_escrow
 *	Gives up an escrow that no payment has reached. A payment under way is
 *	cancelled (payment_cancelled in the outbox tells its worker); should
 *	it arrive all the same, it goes back. The milestones are cancelled;
 *	the job stays as it is until cancel_job().
 *
 * role: app, support, admin
 * args:
 *	job_id
 *	reason: up to 10000 characters, told to the provider
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	transaction_id: the payment that was cancelled, or NULL
 *	escrow_status
 *	currency
 *	funded
 *	held
 *	released
 *	refunded
 *	charged_back
 *	version
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active homeowner, or it is not the caller's
 *	  job
 *	22004 22001
 *	P0002: an unknown job
 *	WD104 WD103
 *	WD101: no escrow, or money has been paid: refund_escrow() gives it
 *	  back
 * example: homeowner, painting asked to pay
 *	SELECT escrow_status, funded
 *	  FROM dwello.cancel_escrow(job_id => 'de000000-0000-7000-8000-000000000011', reason => 'The house is sold.');
 */
CREATE OR REPLACE FUNCTION dwello.cancel_escrow(
  job_id uuid,
  reason text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT transaction_id uuid,
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
AS 'MODULE_PATHNAME', 'dwello_cancel_escrow';
GRANT EXECUTE ON FUNCTION dwello.cancel_escrow
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.cancel_escrow IS
  'Gives up an escrow that no payment has reached. Errors: WD402, WD401, 42501, 22004, 22001, P0002, WD104, WD103, WD101. See reference.md#cancel_escrow.';

/*
 * cancellation_policy
 *	Lists the tiers of the cancellation policy of a job, or of a category:
 *	what its homeowner's cancel pays the provider, and from when on. That
 *	of a job is frozen when a bid is accepted; before, it is the job's
 *	own (post_job()), else that of its category or of the nearest one above
 *	that has any. Providers read it while the job takes bids; then only who
 *	has the award does.
 *
 * role: app, service, support, admin
 * args:
 *	job_id: a job that the caller may see
 *	category_id: a category, in place of a job
 * returns: rows, by time; none when a cancel pays nothing
 *	hours_before_start: from so many hours before the start on
 *	share_ppm: that share of the price of the work that is cancelled is
 *	  the provider's, in parts per million
 *	holds_from: when that is; NULL before a bid is accepted, and while no
 *	  start is agreed on
 *	source: contract, job or category
 * errors:
 *	WD402 WD401
 *	22023: not one of the two is given
 *	P0002: no such job, or one the caller may not see, or no such category
 * example: homeowner, painting accepted
 *	SELECT count(*) AS tiers, max(share_ppm) AS greatest
 *	  FROM dwello.cancellation_policy(job_id => 'de000000-0000-7000-8000-000000000011');
 */
CREATE OR REPLACE FUNCTION dwello.cancellation_policy(
  job_id uuid DEFAULT NULL,
  category_id uuid DEFAULT NULL,
  OUT hours_before_start integer,
  OUT share_ppm integer,
  OUT holds_from timestamptz,
  OUT source text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_cancellation_policy';
GRANT EXECUTE ON FUNCTION dwello.cancellation_policy
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.cancellation_policy IS
  'Lists the tiers of the cancellation policy of a job, or of a category: what its homeowner''s cancel pays the provider, and from when on. Errors: WD402, WD401, 22023, P0002. See reference.md#cancellation_policy.';

/*
 * quote_cancellation
 *	What cancel_job() would pay now: the tier of the contract's policy that
 *	holds, and what of the money that is held would go which way. For the
 *	homeowner, the provider who has the award, and staff. Amounts are 0
 *	when nothing is held, and when a cancel is not possible: before the
 *	award is confirmed, once the work has begun, while a dispute or a
 *	chargeback is open, and when silence has agreed to a refund.
 *
 * role: app, service, support, admin
 * args:
 *	job_id
 * returns: a row
 *	job_id
 *	source: where the policy comes from: contract, job or category; NULL
 *	  when there is none
 *	starts_at: when the work is to begin, as both sides agree; NULL when
 *	  they do not, and then a cancel pays nothing
 *	hours_before_start: of the tier that holds; NULL when none does
 *	share_ppm: of that tier, in parts per million; 0 when none holds
 *	next_at: when the next tier holds; NULL when there is none
 *	next_share_ppm: of that tier
 *	price: of the work that would be cancelled, in minor units
 *	amount: what would leave the escrow for the provider
 *	fee: the platform's fee in it
 *	tax: tax on the fee
 *	payout: what the provider would get
 *	refund: what would go back to the homeowner
 *	currency: ISO 4217 code
 * errors:
 *	WD402 WD401 22004
 *	P0002: no such job, or one the caller may not see
 *	42501: the caller is a provider who has not the award
 * example: homeowner, painting paid
 *	SELECT source, starts_at, share_ppm, price, payout, refund
 *	  FROM dwello.quote_cancellation(job_id => 'de000000-0000-7000-8000-000000000011');
 */
CREATE OR REPLACE FUNCTION dwello.quote_cancellation(
  INOUT job_id uuid,
  OUT source text,
  OUT starts_at timestamptz,
  OUT hours_before_start integer,
  OUT share_ppm integer,
  OUT next_at timestamptz,
  OUT next_share_ppm integer,
  OUT price bigint,
  OUT amount bigint,
  OUT fee bigint,
  OUT tax bigint,
  OUT payout bigint,
  OUT refund bigint,
  OUT currency text
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_quote_cancellation';
GRANT EXECUTE ON FUNCTION dwello.quote_cancellation
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.quote_cancellation IS
  'What cancel_job() would pay now: the tier of the contract''s policy that holds, and what of the money that is held would go which way. Errors: WD402, WD401, 22004, P0002, 42501. See reference.md#quote_cancellation.';

/*
 * abandon_payment
 *	Gives up the one payment that is open, and leaves the contract alive:
 *	a wrong card, or a wrong amount. The payment is cancelled
 *	(payment_cancelled in the outbox tells its worker), and fund_escrow()
 *	asks for another; should it arrive all the same, it is a receipt. To
 *	give up the contract is cancel_escrow().
 *
 * role: app, support, admin
 * args:
 *	job_id
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	transaction_id: the payment that was cancelled
 *	escrow_status
 *	currency
 *	funded
 *	held
 *	released
 *	refunded
 *	charged_back
 *	version
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active homeowner, or it is not the caller's
 *	  job
 *	22004
 *	P0002: an unknown job
 *	WD104 WD103
 *	WD101: no escrow, or no payment is open
 * example: homeowner, painting asked to pay
 *	SELECT escrow_status, funded
 *	  FROM dwello.abandon_payment(job_id => 'de000000-0000-7000-8000-000000000011');
 */
CREATE OR REPLACE FUNCTION dwello.abandon_payment(
  job_id uuid,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT transaction_id uuid,
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
AS 'MODULE_PATHNAME', 'dwello_abandon_payment';
GRANT EXECUTE ON FUNCTION dwello.abandon_payment
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.abandon_payment IS
  'Gives up the one payment that is open, and leaves the contract alive: a wrong card, or a wrong amount. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD101. See reference.md#abandon_payment.';

/*
 * expire_payments
 *	Ends payments that did not arrive by their pay_by. The escrow has
 *	failed if nothing was ever paid into it; the worker is told to cancel
 *	it at the company (payment_cancelled), and both sides are told
 *	(payment_expired). Before that every call treats it as over.
 *
 *	To be called again until it finds nothing; any number of workers may
 *	call it at once, for jobs that are locked are left to a later call.
 *
 * role: service
 * args:
 *	max_rows: payments at most, 1 to 10000
 * returns: how many ended
 * errors:
 *	WD402 WD401
 *	42501: the caller is not the system
 *	22004
 *	22023: max_rows is not from 1 to 10000
 * example: system, a month later
 *	SELECT expired FROM dwello.expire_payments(max_rows => 100) AS expired;
 */
CREATE OR REPLACE FUNCTION dwello.expire_payments(
  max_rows integer DEFAULT 1000
)
RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_expire_payments';
GRANT EXECUTE ON FUNCTION dwello.expire_payments
  TO dwello_service;
COMMENT ON FUNCTION dwello.expire_payments IS
  'Ends payments that did not arrive by their pay_by. Errors: WD402, WD401, 42501, 22004, 22023. See reference.md#expire_payments.';

/*
 * fail_payment
 *	Says that an attempt to pay failed, as when a card was declined. The
 *	payment stays open until pay_by, and may succeed; escrow_accounts has
 *	the reason in last_failure (event payment_attempt_failed).
 *
 *	is_final: it will not come any more (event payment_failed). Then the
 *	escrow has failed if nothing was ever paid into it, and can be funded
 *	anew; else its state stays. An event about a payment that has ended or
 *	arrived already changes nothing. A payment that failed for good and
 *	arrives all the same is a receipt, see confirm_payment().
 *
 * role: service
 * args:
 *	job_id
 *	psp
 *	event_id
 *	transaction_id: NULL for the one pending payment
 *	reason: up to 10000 characters
 *	is_final: the payment will not come, not only this attempt
 *	occurred_at: when it happened, by the company's clock
 * returns: a row
 *	job_id
 *	transaction_id
 *	amount: of the payment, in minor units
 *	escrow_status
 *	currency
 *	funded
 *	held
 *	released
 *	refunded
 *	charged_back
 *	version
 *	replayed: true when nothing was done, for it was told before
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004 22001
 *	22023: a blank text
 *	P0002: an unknown job
 *	WD104: the event was another one before
 *	WD101: no payment was asked for, or not this one yet
 * example: system, painting asked to pay
 *	SELECT amount, escrow_status
 *	  FROM dwello.fail_payment(job_id => 'de000000-0000-7000-8000-000000000011', psp => 'demo-psp',
 *	    event_id => 'evt_2', reason => 'card_declined', is_final => true);
 */
CREATE OR REPLACE FUNCTION dwello.fail_payment(
  job_id uuid,
  psp text,
  event_id text,
  transaction_id uuid DEFAULT NULL,
  reason text DEFAULT NULL,
  is_final boolean DEFAULT false,
  occurred_at timestamptz DEFAULT NULL,
  OUT job_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
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
AS 'MODULE_PATHNAME', 'dwello_fail_payment';
GRANT EXECUTE ON FUNCTION dwello.fail_payment
  TO dwello_service;
COMMENT ON FUNCTION dwello.fail_payment IS
  'Says that an attempt to pay failed, as when a card was declined. Errors: WD401, 42501, 22004, 22001, 22023, P0002, WD104, WD101. See reference.md#fail_payment.';

-- ----------------------------------------------------------------------
-- The state machines as rows.
-- ----------------------------------------------------------------------

/*
 * escrow_transitions
 *	Lists every move of the state machine of an escrow, a row for each
 *	rule and actor. Needs no identity.
 *
 * role: app, service, support, analyst, admin
 * args: none
 * returns: rows, one a rule and actor
 *	state: the state before; NULL where the escrow is made
 *	event: the command that does it, or a bare verb for what happens
 *	  inside another
 *	actor: homeowner, service_provider, admin, support or system
 *	next_state: the state after
 *	guard: what else must hold, in words; NULL for nothing
 * example: homeowner
 *	SELECT t.* FROM dwello.escrow_transitions() AS t WHERE t.state = 'created';
 */
CREATE OR REPLACE FUNCTION dwello.escrow_transitions(
  OUT state text,
  OUT event text,
  OUT actor text,
  OUT next_state text,
  OUT guard text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE ROWS 100
AS 'MODULE_PATHNAME', 'dwello_escrow_transitions';
GRANT EXECUTE ON FUNCTION dwello.escrow_transitions
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.escrow_transitions IS
  'Lists every move of the state machine of an escrow, a row for each rule and actor. See reference.md#escrow_transitions.';

/*
 * milestone_transitions
 *	Lists every move of the state machine of a milestone, a row for each
 *	rule and actor. Needs no identity.
 *
 * role: app, service, support, analyst, admin
 * args: none
 * returns: rows, one a rule and actor
 *	state: the state before; NULL where the milestone is made
 *	event: the command that does it, or a bare verb for what happens
 *	  inside another
 *	actor: homeowner, service_provider, admin, support or system
 *	next_state: the state after
 *	guard: what else must hold, in words; NULL for nothing
 * example: homeowner
 *	SELECT t.* FROM dwello.milestone_transitions() AS t WHERE t.state = 'funded' AND t.event = 'submit_milestone';
 */
CREATE OR REPLACE FUNCTION dwello.milestone_transitions(
  OUT state text,
  OUT event text,
  OUT actor text,
  OUT next_state text,
  OUT guard text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE ROWS 100
AS 'MODULE_PATHNAME', 'dwello_milestone_transitions';
GRANT EXECUTE ON FUNCTION dwello.milestone_transitions
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.milestone_transitions IS
  'Lists every move of the state machine of a milestone, a row for each rule and actor. See reference.md#milestone_transitions.';

-- ----------------------------------------------------------------------
-- Commands on the parts of a job: planning, delivering, sending back.
-- ----------------------------------------------------------------------

/*
 * submit_milestone
 *	Delivers the work of a milestone. From here the homeowner has until
 *	auto_release_at to answer.
 *
 * role: app, support, admin
 * args:
 *	job_id
 *	milestone_id: NULL for the first that waits for delivery
 *	notes: up to 10000 characters
 *	photos: addresses of pictures, as many as the setting
 *	  max_photos_per_job allows
 *	expected_version: version of the milestone
 *	idempotency_key
 * returns: a row
 *	job_id
 *	milestone_id
 *	milestone_status: submitted
 *	amount: of the milestone, in minor units
 *	currency
 *	auto_release_at: by the job's timer, else the setting
 *	  auto_release_days
 *	version: version of the milestone
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active provider, or has not the award
 *	22004 22001
 *	22023: too many photos
 *	P0002: an unknown job or milestone
 *	WD104 WD103
 *	WD101: the job is not in progress, the milestone is not funded, or
 *	  nothing waits for delivery
 * example: provider_1, painting started
 *	SELECT milestone_status, amount, auto_release_at
 *	  FROM dwello.submit_milestone(job_id => 'de000000-0000-7000-8000-000000000011', notes => 'Two coats, dry.');
 */
CREATE OR REPLACE FUNCTION dwello.submit_milestone(
  job_id uuid,
  milestone_id uuid DEFAULT NULL,
  notes text DEFAULT NULL,
  photos text[] DEFAULT '{}',
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT milestone_id uuid,
  OUT milestone_status dwello.milestone_status,
  OUT amount bigint,
  OUT currency text,
  OUT auto_release_at timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_submit_milestone';
GRANT EXECUTE ON FUNCTION dwello.submit_milestone
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.submit_milestone IS
  'Delivers the work of a milestone. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD104, WD103, WD101. See reference.md#submit_milestone.';

/*
 * request_changes
 *	Sends delivered work back. The clock of the automatic release stops
 *	until the provider delivers again.
 *
 * role: app, support, admin
 * args:
 *	job_id
 *	milestone_id: NULL for the first that is submitted
 *	notes: what is to be changed, up to 10000 characters, told to the
 *	  provider
 *	expected_version: version of the milestone
 *	idempotency_key
 * returns: a row
 *	job_id
 *	milestone_id
 *	milestone_status: changes_requested
 *	amount: of the milestone, in minor units
 *	currency
 *	version: version of the milestone
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active homeowner, or it is not the caller's
 *	  job
 *	22004 22001
 *	P0002: an unknown job or milestone
 *	WD104 WD103
 *	WD101: no escrow, a state in which nothing is held undisputed, or
 *	  nothing is submitted
 * example: homeowner, painting submitted
 *	SELECT milestone_status, amount
 *	  FROM dwello.request_changes(job_id => 'de000000-0000-7000-8000-000000000011', notes => 'One door drips.');
 */
CREATE OR REPLACE FUNCTION dwello.request_changes(
  job_id uuid,
  milestone_id uuid DEFAULT NULL,
  notes text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT milestone_id uuid,
  OUT milestone_status dwello.milestone_status,
  OUT amount bigint,
  OUT currency text,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_request_changes';
GRANT EXECUTE ON FUNCTION dwello.request_changes
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.request_changes IS
  'Sends delivered work back. Errors: WD402, WD401, 42501, 22004, 22001, P0002, WD104, WD103, WD101. See reference.md#request_changes.';

-- ----------------------------------------------------------------------
-- What becomes due by itself.
-- ----------------------------------------------------------------------

/*
 * propose_change_order
 *	Proposes to change the contract: more work, less work, another time or
 *	another start. The other side accepts or rejects it, see answer_change_order().
 *	A job has one that is pending: the other side answers it with one of
 *	their own, and it is countered then. What could not be accepted now is
 *	refused at once.
 *
 * role: app, admin
 * args:
 *	job_id
 *	title: what is changed, up to 200 characters; of more work, the title
 *	  of its milestone
 *	amount: by how much the price of the work changes, in minor units:
 *	  less than 0 for less work, 0 for another time alone
 *	description: the reason, or the work in detail, up to 20000 characters
 *	days: by how many days the work takes longer, or less than 0 shorter,
 *	  up to 3650; NULL for none
 *	due_date: when more work should be done; NULL if not said
 *	milestone_id: of less work, the one milestone it is taken from; NULL
 *	  for the last ones
 *	starts_at: when the work is to begin instead, a time to come, which the
 *	  cancellation policy counts from; NULL for none
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	amount: the same
 *	days: the same
 *	milestone_id: the same
 *	starts_at: the same
 *	change_order_id: the change order
 *	change_order_status: pending
 *	offered_by: the caller
 *	currency: the contract's
 *	version: version of the escrow
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active side of the contract
 *	22004 22001
 *	22023: an amount of 0 without days or starts_at, days that are 0 or too many, a
 *	  blank title, a due_date without more work, a milestone_id without less
 *	  work
 *	P0002: no such job, one the caller may not see, or no such milestone
 *	WD104 WD103
 *	WD101: the job is neither awarded nor in progress, the award is not
 *	  confirmed, a part is disputed, the escrow is frozen or over; with
 *	  starts_at, the work has begun
 *	WD202: so much work is not left to be taken off
 *	22003: the contract would be out of range
 *	WD301: the contract has 100 milestones
 *	23505: a change order of the caller's is pending
 *	  (change_orders_pending_key)
 *	WD102: nothing was paid by fund_by, so the contract has lapsed
 * example: provider_1, painting started
 *	SELECT change_order_status, amount, days
 *	  FROM dwello.propose_change_order(job_id => 'de000000-0000-7000-8000-000000000011',
 *	    title => 'The ceiling, too', amount => 20000, days => 1);
 */
CREATE OR REPLACE FUNCTION dwello.propose_change_order(
  INOUT job_id uuid,
  title text,
  INOUT amount bigint,
  description text DEFAULT NULL,
  INOUT days integer DEFAULT NULL,
  due_date date DEFAULT NULL,
  INOUT milestone_id uuid DEFAULT NULL,
  INOUT starts_at timestamptz DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT change_order_id uuid,
  OUT change_order_status dwello.offer_status,
  OUT offered_by uuid,
  OUT currency text,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_propose_change_order';
GRANT EXECUTE ON FUNCTION dwello.propose_change_order
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.propose_change_order IS
  'Proposes to change the contract: more work, less work, another time or another start. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD104, WD103, WD101, WD202, 22003, WD301, 23505, WD102. See reference.md#propose_change_order.';

/*
 * answer_change_order
 *	Accepts or rejects the other side's change order, or withdraws one's
 *	own. Accepted, the contract, its milestones and the escrow change in
 *	one transaction, by the fee that the contract froze.
 *
 *	More work is a milestone of its own at the end; what is missing to the
 *	contract is asked for at once, as fund_escrow() does without an
 *	amount, by the homeowner's own way to pay, unless the job is not paid
 *	through escrow (jobs.is_escrowed). Less work is taken from milestones
 *	that were not delivered, the last first: what was not paid makes the
 *	contract smaller, and what was paid is given up and goes back, as in
 *	refund_escrow(). Where that leaves nothing to do, the job is
 *	completed.
 *
 * role: app, admin
 * args:
 *	job_id
 *	change_order_id: the change order
 *	accept: true to accept; false to reject, or, by the side that made it,
 *	  to withdraw it
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	change_order_id: the change order
 *	change_order_status: accepted, rejected or withdrawn
 *	offered_by: who proposed it
 *	amount: by how much the price of the work changes, in minor units
 *	days: by how many days the time does; NULL if not said
 *	starts_at: when the work is to begin instead; NULL as it was
 *	milestone_id: the milestone that more work became, or that less was
 *	  taken from; NULL for none in particular
 *	contract_amount: the contract now, in minor units; what was refunded
 *	  is given up, and still a part of it
 *	transaction_id: the payment that is asked for, or the refund; NULL for
 *	  neither
 *	transaction_amount: of it, in minor units
 *	pay_by: until when the payment is awaited; NULL for none
 *	escrow_status
 *	currency
 *	funded
 *	held
 *	released
 *	refunded
 *	charged_back
 *	version: version of the escrow
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active side of the contract, or would accept
 *	  their own
 *	22004
 *	P0002: no such job or change order, or a job the caller may not see
 *	WD104 WD103
 *	WD101: it is not pending; to accept it, the job is neither awarded nor
 *	  in progress, a part is disputed, the escrow is frozen or over, a
 *	  payment is under way, or with starts_at the work has begun
 *	WD202: so much work is not left to be taken off by now
 *	22003: the contract would be out of range
 *	WD301: the contract has 100 milestones
 *	WD102: to accept it, nothing was paid by fund_by, so the contract has
 *	  lapsed, or starts_at is over
 * example: homeowner, painting to be extended
 *	SELECT change_order_status, contract_amount, transaction_amount, escrow_status, held
 *	  FROM dwello.answer_change_order(job_id => 'de000000-0000-7000-8000-000000000011',
 *	    change_order_id => (SELECT c.id FROM dwello.change_orders AS c WHERE c.status = 'pending'), accept => true);
 */
CREATE OR REPLACE FUNCTION dwello.answer_change_order(
  INOUT job_id uuid,
  INOUT change_order_id uuid,
  accept boolean,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT change_order_status dwello.offer_status,
  OUT offered_by uuid,
  OUT amount bigint,
  OUT days integer,
  OUT starts_at timestamptz,
  OUT milestone_id uuid,
  OUT contract_amount bigint,
  OUT transaction_id uuid,
  OUT transaction_amount bigint,
  OUT pay_by timestamptz,
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
AS 'MODULE_PATHNAME', 'dwello_answer_change_order';
GRANT EXECUTE ON FUNCTION dwello.answer_change_order
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.answer_change_order IS
  'Accepts or rejects the other side''s change order, or withdraws one''s own. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD101, WD202, 22003, WD301, WD102. See reference.md#answer_change_order.';

/*
 * propose_plan
 *	Proposes to divide what has not begun of the contract into other parts.
 *	The other side accepts or rejects it, see answer_plan(). It is a change
 *	of the contract like a change order: a job has one that is pending, and
 *	the other side answers with one of their own, which counters it. What
 *	could not be accepted now is refused at once. Until anything is paid
 *	the homeowner divides the contract alone with plan_milestones().
 *
 * role: app, admin
 * args:
 *	job_id
 *	milestones: as plan_milestones(): all amounts, which sum to the
 *	  milestones of which nothing was delivered, approved, disputed, released
 *	  or refunded, or none for equal parts
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	plan_id: the change order
 *	plan_status: pending
 *	offered_by: the caller
 *	escrow_status
 *	currency
 *	funded
 *	held
 *	released
 *	refunded
 *	charged_back
 *	version
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active side of the contract
 *	22004 22001 22003
 *	22023: what the list says, or amounts that do not sum to what has not
 *	  begun
 *	P0002: an unknown job
 *	WD104 WD103
 *	WD102: the time to answer a request is over, or nothing was paid by
 *	  fund_by, so the contract has lapsed
 *	WD101: the job is neither awarded nor in progress, a part is disputed,
 *	  the escrow is frozen or over, or everything has begun
 *	23505: a change order or plan of the caller's is pending
 *	  (change_orders_pending_key)
 * example: provider_1, painting started
 *	SELECT plan_status, held
 *	  FROM dwello.propose_plan(job_id => 'de000000-0000-7000-8000-000000000011',
 *	    milestones => '[{"title": "Doors", "amount": 60000}, {"title": "Drawers", "amount": 35000}]');
 */
CREATE OR REPLACE FUNCTION dwello.propose_plan(
  INOUT job_id uuid,
  milestones jsonb,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT plan_id uuid,
  OUT plan_status dwello.offer_status,
  OUT offered_by uuid,
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
AS 'MODULE_PATHNAME', 'dwello_propose_plan';
GRANT EXECUTE ON FUNCTION dwello.propose_plan
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.propose_plan IS
  'Proposes to divide what has not begun of the contract into other parts. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002, WD104, WD103, WD102, WD101, 23505. See reference.md#propose_plan.';

/*
 * answer_plan
 *	Accepts or rejects the plan that the other side has proposed, or
 *	withdraws one's own. Accepted, it takes the place of what has not
 *	begun: what is paid of that fills it in order, and the contract, its
 *	fee and what was released stay as they are.
 *
 * role: app, admin
 * args:
 *	job_id
 *	is_accepted: true to accept; false to reject, or, by the side that made
 *	  it, to withdraw it
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	plan_id: the change order
 *	plan_status: accepted, rejected or withdrawn
 *	offered_by: who proposed it
 *	escrow_status
 *	currency
 *	funded
 *	held
 *	released
 *	refunded
 *	charged_back
 *	version
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active side of the contract, or accepts their
 *	  own
 *	22004
 *	P0002: an unknown job
 *	WD104 WD103
 *	WD102: the time to answer a request is over, or the contract has lapsed
 *	WD101: no plan is proposed, or what propose_plan() says
 *	22023: the amounts do not sum to what has not begun any more
 * example: homeowner, painting to be divided
 *	SELECT plan_status, held
 *	  FROM dwello.answer_plan(job_id => 'de000000-0000-7000-8000-000000000011', is_accepted => true);
 */
CREATE OR REPLACE FUNCTION dwello.answer_plan(
  INOUT job_id uuid,
  is_accepted boolean,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT plan_id uuid,
  OUT plan_status dwello.offer_status,
  OUT offered_by uuid,
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
AS 'MODULE_PATHNAME', 'dwello_answer_plan';
GRANT EXECUTE ON FUNCTION dwello.answer_plan
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.answer_plan IS
  'Accepts or rejects the plan that the other side has proposed, or withdraws one''s own. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD102, WD101, 22023. See reference.md#answer_plan.';

/*
 * release_due_escrows
 *	Releases milestones whose time for review has passed, and those
 *	approved before they could be paid that can be now. To be called as
 *	often as one likes; any number of workers can call it side by side:
 *	jobs that somebody works on are passed over.
 *
 * role: service
 * args:
 *	max_rows: milestones to release at most, 1 to 10000
 * returns: a row
 *	released: how many were; their sums are in transactions, for they may
 *	  be of several currencies
 *	jobs: how many jobs were looked at
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004
 *	22023: max_rows is out of range
 * example: system, painting left alone for a month
 *	SELECT released, jobs FROM dwello.release_due_escrows(max_rows => 100);
 */
CREATE OR REPLACE FUNCTION dwello.release_due_escrows(
  max_rows integer DEFAULT 100,
  OUT released integer,
  OUT jobs integer
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_release_due_escrows';
GRANT EXECUTE ON FUNCTION dwello.release_due_escrows
  TO dwello_service;
COMMENT ON FUNCTION dwello.release_due_escrows IS
  'Releases milestones whose time for review has passed, and those approved before they could be paid that can be now. Errors: WD401, 42501, 22004, 22023. See reference.md#release_due_escrows.';

/*
 * escrow_next_events
 *	What will happen to the escrow of a job by itself, in the order of
 *	time. For the homeowner and the provider of the job, support,
 *	administrators and the service.
 *
 * role: app, service, support, admin
 * args:
 *	job_id
 * returns: rows, by time
 *	event: as in escrow_transitions()
 *	at: its time
 *	actor: the system
 *	stoppable_by: who can stop it before; NULL once its time has come
 *	detail: what happens, and how to stop it
 * errors:
 *	WD402 WD401 22004
 *	P0002: an unknown job
 *	42501: the caller is not a side of it
 * example: homeowner, painting submitted
 *	SELECT event, at, stoppable_by, detail
 *	  FROM dwello.escrow_next_events(job_id => 'de000000-0000-7000-8000-000000000011');
 */
CREATE OR REPLACE FUNCTION dwello.escrow_next_events(
  job_id uuid,
  OUT event text,
  OUT at timestamptz,
  OUT actor text,
  OUT stoppable_by text,
  OUT detail text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 2
AS 'MODULE_PATHNAME', 'dwello_escrow_next_events';
GRANT EXECUTE ON FUNCTION dwello.escrow_next_events
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.escrow_next_events IS
  'What will happen to the escrow of a job by itself, in the order of time. Errors: WD402, WD401, 22004, P0002, 42501. See reference.md#escrow_next_events.';

/*
 * confirm_refund
 *	Says that a payment company has sent a refund. Until now the ledger
 *	had it as asked for. What of it was undone before (reverse_transaction)
 *	and was sent all the same is the platform's loss; so is what had
 *	failed (fail_refund), unless the receipt still has its money. Sent in
 *	parts, each part is a row of its own, and the rest stays pending. What
 *	nobody asked for, and what is above what was, is booked too: out of the
 *	receipts of that charge, then out of what its job's escrow holds and
 *	nobody disputes, and the platform bears the rest.
 *
 * role: service
 * args:
 *	job_id: whose refund it is, or whose receipt's; NULL for one of a
 *	  receipt without a job, and where the rest says whose it is
 *	psp: the company that has sent it
 *	event_id
 *	transaction_id: the refund, as refund_requested names it; NULL for the
 *	  one that is pending through that company
 *	reason: in words
 *	refund_id: one of several of that transaction
 *	occurred_at: by the company's clock
 *	amount: what it has sent, in minor units: less than is asked for, or
 *	  more, or what nobody asked for; NULL for what is still asked for
 *	psp_reference: of the payment that goes back
 *	currency: of the amount; NULL for that of the payment
 *	refund_reference: the company's own name for the refund: one that is
 *	  known is told again, a new one is another refund, however alike
 * returns: a row
 *	job_id
 *	refund_id: the row of refunds; the first, when it was of several
 *	transaction_id: the booking
 *	amount: what was sent, in minor units
 *	refund_status: completed
 *	escrow_status: NULL with all that follows of the escrow where there is
 *	  none
 *	currency: of amount; the others are in the escrow's
 *	funded
 *	held
 *	released
 *	refunded
 *	charged_back
 *	version
 *	replayed: true when nothing was done, for it was told before
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004 22001
 *	WD104: the event, or refund_reference, was another one before
 *	WD101: refund_id or transaction_id is not there yet through that company;
 *	  several are pending and neither one nor an amount is named; or nobody
 *	  has told of its charge, and no currency is said
 *	22023: a blank text, an amount that is not positive, or no currency; then
 *	  nobody asked for it and the amount, or its currency, is not said
 * example: system, painting refunded
 *	SELECT amount, refund_status, refunded
 *	  FROM dwello.confirm_refund(job_id => 'de000000-0000-7000-8000-000000000011', psp => 'demo-psp',
 *	    event_id => 'evt_5');
 */
CREATE OR REPLACE FUNCTION dwello.confirm_refund(
  job_id uuid,
  psp text,
  event_id text,
  transaction_id uuid DEFAULT NULL,
  reason text DEFAULT NULL,
  refund_id uuid DEFAULT NULL,
  occurred_at timestamptz DEFAULT NULL,
  amount bigint DEFAULT NULL,
  psp_reference text DEFAULT NULL,
  currency text DEFAULT NULL,
  refund_reference text DEFAULT NULL,
  OUT job_id uuid,
  OUT refund_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT refund_status dwello.refund_status,
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
AS 'MODULE_PATHNAME', 'dwello_confirm_refund';
GRANT EXECUTE ON FUNCTION dwello.confirm_refund
  TO dwello_service;
COMMENT ON FUNCTION dwello.confirm_refund IS
  'Says that a payment company has sent a refund. Errors: WD401, 42501, 22004, 22001, WD104, WD101, 22023. See reference.md#confirm_refund.';

/*
 * fail_refund
 *	Says that a refund could not be sent, or came back, even after it was
 *	confirmed. Its money lies in a receipt then,
 *	reason refund_failed, from which retry_refund() sends it elsewhere.
 *	What the platform had borne of it, for it was undone before it was
 *	sent, is the platform's again.
 *
 * role: service
 * args:
 *	job_id: whose refund it is, or whose receipt's; NULL for one of a
 *	  receipt without a job
 *	psp: the company that was asked
 *	event_id
 *	transaction_id: the refund, as refund_requested names it; NULL for the
 *	  one that is pending through that company
 *	reason: in words
 *	refund_id: one of several of that transaction
 *	occurred_at: by the company's clock
 *	psp_reference: of the payment that was to go back
 *	refund_reference: the company's own name for the refund, which alone
 *	  says which it is, once it was told of as sent
 * returns: a row
 *	job_id
 *	refund_id: the row of refunds
 *	receipt_id: that has its money; NULL when nothing came back
 *	transaction_id: the booking
 *	amount: what failed, in minor units
 *	refund_status: failed
 *	escrow_status: NULL with all that follows of the escrow where there is
 *	  none
 *	currency: of amount; the others are in the escrow's
 *	funded
 *	held
 *	released
 *	refunded
 *	charged_back
 *	version
 *	replayed: true when nothing was done, for it was told before, was
 *	  undone before it was sent, or was sent later by occurred_at
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004 22001
 *	WD104: the event was another one before
 *	WD101: there is no such refund through that company, or not yet; or
 *	  refund_reference is new, and no refund_id or transaction_id is said; or
 *	  several may be meant, and none is named
 *	22023: a blank text
 * example: system, painting refunded
 *	SELECT amount, refund_status, receipt_id IS NOT NULL AS has_receipt
 *	  FROM dwello.fail_refund(job_id => 'de000000-0000-7000-8000-000000000011', psp => 'demo-psp',
 *	    event_id => 'evt_6', reason => 'The account is closed.');
 */
CREATE OR REPLACE FUNCTION dwello.fail_refund(
  job_id uuid,
  psp text,
  event_id text,
  transaction_id uuid DEFAULT NULL,
  reason text DEFAULT NULL,
  refund_id uuid DEFAULT NULL,
  occurred_at timestamptz DEFAULT NULL,
  psp_reference text DEFAULT NULL,
  refund_reference text DEFAULT NULL,
  OUT job_id uuid,
  OUT refund_id uuid,
  OUT receipt_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT refund_status dwello.refund_status,
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
AS 'MODULE_PATHNAME', 'dwello_fail_refund';
GRANT EXECUTE ON FUNCTION dwello.fail_refund
  TO dwello_service;
COMMENT ON FUNCTION dwello.fail_refund IS
  'Says that a refund could not be sent, or came back, even after it was confirmed. Errors: WD401, 42501, 22004, 22001, WD104, WD101, 22023. See reference.md#fail_refund.';

/*
 * return_receipt
 *	Gives back what a receipt holds, by that very charge. Its company is
 *	asked for a refund that names the charge, and confirms it or fails it
 *	as any other (confirm_refund, fail_refund). retry_refund() sends it to
 *	another payment method, assign_receipt() makes it a payment. A charge
 *	that could not take it back (reason refund_failed) is asked again only
 *	where nobody knows who paid.
 *
 * role: app, service, support, admin
 * args:
 *	receipt_id: of a row of receipts()
 *	reason: in words
 *	expected_version: version of the receipt
 *	idempotency_key
 * returns: a row
 *	receipt_id: the same
 *	refund_id: the new refund
 *	amount: in minor units
 *	currency
 *	receipt_status: returned
 *	version: of the receipt
 *	replayed
 * errors:
 *	WD401
 *	42501: the caller is no service, support or administrator
 *	22004 22001
 *	P0002: an unknown receipt
 *	WD104 WD103
 *	WD101: the receipt is not held any more, or is a refund that failed
 *	WD202: a bank has taken its charge back
 *	22023: an amount that its company cannot count
 * example: system, painting to be paid by a receipt
 *	SELECT x.amount, x.receipt_status
 *	  FROM dwello.receipts(status => 'held') AS r
 *	 CROSS JOIN dwello.return_receipt(receipt_id => r.receipt_id) AS x;
 */
CREATE OR REPLACE FUNCTION dwello.return_receipt(
  receipt_id uuid,
  reason text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT receipt_id uuid,
  OUT refund_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT receipt_status dwello.receipt_status,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_return_receipt';
GRANT EXECUTE ON FUNCTION dwello.return_receipt
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.return_receipt IS
  'Gives back what a receipt holds, by that very charge. Errors: WD401, 42501, 22004, 22001, P0002, WD104, WD103, WD101, WD202, 22023. See reference.md#return_receipt.';

/*
 * assign_receipt
 *	Makes what a receipt holds a payment of a job. The open payment of the
 *	job is what it was meant for, if there is one; else it is a payment
 *	nobody asked for. What the contract does not take stays in the
 *	receipt, and can be assigned or given back (return_receipt). What a
 *	company had given back by itself, out of the escrow of this very job,
 *	and came back (fail_refund), an administrator so undoes: the escrow,
 *	its milestones and its payment are what they were, also of a job that
 *	has ended by it and stays so.
 *
 * role: app, service, support, admin
 * args:
 *	receipt_id: of a row of receipts()
 *	job_id
 *	expected_version: version of the receipt
 *	idempotency_key
 * returns: a row
 *	receipt_id: the same
 *	receipt_status: assigned, or held while some of it remains
 *	remaining: what stays in the receipt, in minor units
 *	job_id
 *	transaction_id: the payment, or what undid the refund
 *	amount: what of it is held now
 *	escrow_status
 *	currency
 *	funded
 *	held
 *	released
 *	refunded
 *	charged_back
 *	version: of the receipt
 *	replayed
 * errors:
 *	WD401
 *	42501: the caller is no service, support or administrator
 *	22004
 *	P0002: an unknown receipt or job
 *	WD104 WD103
 *	WD101: no escrow, the receipt is not held any more, the job is over, or
 *	  its contract takes nothing of it
 *	WD201: another currency than the escrow's
 *	WD202: a bank has taken its charge back
 * example: system, painting to be paid by a receipt
 *	SELECT x.amount, x.remaining, x.receipt_status, x.escrow_status
 *	  FROM dwello.receipts(status => 'held') AS r
 *	 CROSS JOIN dwello.assign_receipt(receipt_id => r.receipt_id, job_id => 'de000000-0000-7000-8000-000000000011') AS x;
 */
CREATE OR REPLACE FUNCTION dwello.assign_receipt(
  receipt_id uuid,
  job_id uuid,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT receipt_id uuid,
  OUT receipt_status dwello.receipt_status,
  OUT remaining bigint,
  OUT job_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
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
AS 'MODULE_PATHNAME', 'dwello_assign_receipt';
GRANT EXECUTE ON FUNCTION dwello.assign_receipt
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.assign_receipt IS
  'Makes what a receipt holds a payment of a job. Errors: WD401, 42501, 22004, P0002, WD104, WD103, WD101, WD201, WD202. See reference.md#assign_receipt.';

/*
 * retry_refund
 *	Sends what a receipt holds to another payment method of who paid it.
 *	For a refund that failed, or any money whose own charge cannot take it
 *	back: a refund of its own is asked of that method's company, which
 *	confirms it or fails it as any other (confirm_refund, fail_refund).
 *
 * role: app, service, support, admin
 * args:
 *	receipt_id: of a row of receipts()
 *	payment_method_id: a live one of who paid
 *	reason: in words
 *	expected_version: version of the receipt
 *	idempotency_key
 * returns: a row
 *	receipt_id: the same
 *	refund_id: the new refund
 *	amount: in minor units
 *	currency
 *	receipt_status: returned
 *	version: of the receipt
 *	replayed
 * errors:
 *	WD401
 *	42501: the caller is no service, support or administrator
 *	22004 22001
 *	P0002: an unknown receipt, or no payment method of who paid
 *	WD104 WD103
 *	WD101: the receipt is not held any more
 *	WD202: a bank has taken its charge back
 *	22023: a payment method past its last day, or to which a refund of the
 *	  job failed before; an amount that its company cannot count
 * example: system, painting refund failed, and another card
 *	SELECT x.amount, x.receipt_status
 *	  FROM dwello.receipts(reason => 'refund_failed') AS r
 *	  JOIN dwello.payment_methods AS m ON m.user_id = r.user_id AND m.last_four = '1881'
 *	 CROSS JOIN dwello.retry_refund(receipt_id => r.receipt_id, payment_method_id => m.id) AS x;
 */
CREATE OR REPLACE FUNCTION dwello.retry_refund(
  receipt_id uuid,
  payment_method_id uuid,
  reason text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT receipt_id uuid,
  OUT refund_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT receipt_status dwello.receipt_status,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_retry_refund';
GRANT EXECUTE ON FUNCTION dwello.retry_refund
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.retry_refund IS
  'Sends what a receipt holds to another payment method of who paid it. Errors: WD401, 42501, 22004, 22001, P0002, WD104, WD103, WD101, WD202, 22023. See reference.md#retry_refund.';

