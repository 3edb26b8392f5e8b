/*
 * What providers are paid.
 */

-- ----------------------------------------------------------------------
-- Paying providers what was released to them.
-- ----------------------------------------------------------------------

/*
 * provider_balance
 *	What a provider has, a row for each currency. For the provider,
 *	administrators and the service.
 *
 * role: app, service, support, admin
 * args:
 *	user_id: NULL for the caller
 *	currency: NULL for each in which the provider has an account
 * returns: rows, one a currency
 *	currency: ISO 4217 code
 *	available: released and not paid out, in minor units
 *	receivable: below zero: owed after a chargeback or a reversal
 *	pending_payouts: promised, in minor units
 *	withdrawable: what request_payout() would give, less the payout_fee, in
 *	  minor units
 *	reserved: kept back of what was released (setting reserve_ppm), in
 *	  minor units; what is due, and what covers a debt, is available
 * errors:
 *	WD402 WD401
 *	42501: the caller is no provider, or it is another's
 *	22004: no user
 *	22001
 *	22023: an unknown currency
 * example: provider_1
 *	SELECT * FROM dwello.provider_balance();
 */
CREATE OR REPLACE FUNCTION dwello.provider_balance(
  user_id uuid DEFAULT NULL,
  currency text DEFAULT NULL,
  OUT currency text,
  OUT available bigint,
  OUT receivable bigint,
  OUT pending_payouts bigint,
  OUT withdrawable bigint,
  OUT reserved bigint
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_provider_balance';
GRANT EXECUTE ON FUNCTION dwello.provider_balance
  TO dwello_app, dwello_support, dwello_admin, dwello_service;
COMMENT ON FUNCTION dwello.provider_balance IS
  'What a provider has, a row for each currency. Errors: WD402, WD401, 42501, 22004, 22001, 22023. See reference.md#provider_balance.';

/*
 * request_payout
 *	Asks that a provider be paid out of what was released to them. The
 *	amount is promised and not booked yet; an intent payout_requested in
 *	the outbox tells the worker of the payment company what to send. The
 *	amount setting payout_fee is taken beside it, and comes back with a
 *	payout that is cancelled, fails or is returned.
 *	claim_events() gives it out after hold_until, unless it is held then
 *	(payouts.hold_reason).
 *
 *	For the provider, administrators, and the service on a schedule.
 *
 * role: app, service, support, admin
 * args:
 *	amount: in minor units; NULL for all there is but the fee
 *	currency: of the balance
 *	payment_method_id: where it goes: one that can receive; NULL for the
 *	  default one that can, else the only one. The payout keeps it, also
 *	  when it is removed
 *	user_id: NULL for the caller
 *	paid_currency: another currency to send it in, exchanged at the rate
 *	  in force now, rounded down; the remainder is booked to rounding
 *	idempotency_key
 * returns: a row
 *	user_id
 *	payout_id
 *	amount: out of the balance, in minor units
 *	currency: of the balance
 *	paid_amount
 *	paid_currency
 *	fee: beside the amount, in minor units of currency
 *	status: pending
 *	hold_until
 *	version: version of the payout
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active provider, it is another's balance, or
 *	  the payee's account is not active, whoever asks; or they have no tax
 *	  profile, with the setting payout_needs_tax_profile
 *	22004: no user
 *	22023: an amount that is not positive, below the amount setting
 *	  payout_minimum or no whole unit of the company's (psp_units), an
 *	  unknown currency, no rate in force, the amount buys
 *	  nothing, a payment method that cannot receive,
 *	  or none was named and there is no default nor only one that can
 *	P0002: an unknown user or payment method
 *	WD104
 *	WD202: with the fee, more than available + receivable - what is
 *	  promised
 *	22003
 * example: provider_1
 *	SELECT amount, currency, paid_amount, status, hold_until FROM dwello.request_payout(amount => 20000);
 */
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
  OUT fee bigint,
  OUT status dwello.payout_status,
  OUT hold_until timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_request_payout';
GRANT EXECUTE ON FUNCTION dwello.request_payout
  TO dwello_app, dwello_support, dwello_admin, dwello_service;
COMMENT ON FUNCTION dwello.request_payout IS
  'Asks that a provider be paid out of what was released to them. Errors: WD402, WD401, 42501, 22004, 22023, P0002, WD104, WD202, 22003. See reference.md#request_payout.';

/*
 * request_due_payouts
 *	Asks for payouts by the setting payout_schedule: of each active provider
 *	who has a destination, all that can be paid out, in every currency, but
 *	nothing below the amount setting payout_minimum. Each
 *	provider is looked at once a day, or once a week from its day on; a
 *	call looks at so many, so call it until providers is 0. Any number of
 *	workers can call it side by side: who is busy is left for the next
 *	call.
 *
 * role: service
 * args:
 *	max_rows: providers to look at at most, 1 to 10000
 * returns: a row
 *	providers: how many were looked at; 0 = all of this turn were
 *	payouts: how many were asked for
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004
 *	22023: max_rows is out of range
 * example: system
 *	SELECT providers, payouts FROM dwello.request_due_payouts(max_rows => 100);
 */
CREATE OR REPLACE FUNCTION dwello.request_due_payouts(
  max_rows integer DEFAULT 100,
  OUT providers integer,
  OUT payouts integer
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_request_due_payouts';
GRANT EXECUTE ON FUNCTION dwello.request_due_payouts
  TO dwello_service;
COMMENT ON FUNCTION dwello.request_due_payouts IS
  'Asks for payouts by the setting payout_schedule: of each active provider who has a destination, all that can be paid out, in every currency, but nothing below the amount setting payout_minimum. Errors: WD401, 42501, 22004, 22023. See reference.md#request_due_payouts.';

/*
 * release_reserves
 *	Makes available what was kept back of releases (setting reserve_ppm)
 *	and is older than reserve_days, the oldest first, or covers what the
 *	provider owes. Looks at each provider who has a reserve once a day; a
 *	call looks at so many, so call it until providers is 0. Any number of
 *	workers can call it side by side. Whoever asks for a payout before has
 *	what is due all the same.
 *
 * role: service
 * args:
 *	max_rows: providers to look at at most, 1 to 10000
 * returns: a row
 *	providers: how many were looked at; 0 = all of today were
 *	freed: reserves, one a provider and currency, of which a part was free
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004
 *	22023: max_rows is out of range
 * example: system
 *	SELECT providers, freed FROM dwello.release_reserves(max_rows => 100);
 */
CREATE OR REPLACE FUNCTION dwello.release_reserves(
  max_rows integer DEFAULT 100,
  OUT providers integer,
  OUT freed integer
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_release_reserves';
GRANT EXECUTE ON FUNCTION dwello.release_reserves
  TO dwello_service;
COMMENT ON FUNCTION dwello.release_reserves IS
  'Makes available what was kept back of releases (setting reserve_ppm) and is older than reserve_days, the oldest first, or covers what the provider owes. Errors: WD401, 42501, 22004, 22023. See reference.md#release_reserves.';

/*
 * cancel_payout
 *	Gives up a payout that no worker has yet, held or not. Its amount can
 *	be paid out again. For the provider and administrators.
 *
 * role: app, admin
 * args:
 *	payout_id: the payout
 *	user_id: the provider; NULL for the caller
 *	expected_version: version of the payout
 *	idempotency_key
 * returns: a row
 *	user_id
 *	payout_id
 *	amount: in minor units
 *	currency: of the balance
 *	paid_amount
 *	paid_currency
 *	fee: beside the amount, in minor units of currency
 *	status: cancelled
 *	hold_until
 *	version: version of the payout
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither a provider nor an administrator, or it is
 *	  another's
 *	22004
 *	P0002: an unknown user or payout
 *	WD104 WD103
 *	WD101: the payout has ended, or claim_events() has given it to a worker
 * example: provider_1, a payout
 *	SELECT amount, status
 *	  FROM dwello.cancel_payout(payout_id => (SELECT p.id FROM dwello.payouts AS p));
 */
CREATE OR REPLACE FUNCTION dwello.cancel_payout(
  payout_id uuid,
  user_id uuid DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT user_id uuid,
  OUT payout_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT paid_amount bigint,
  OUT paid_currency text,
  OUT fee bigint,
  OUT status dwello.payout_status,
  OUT hold_until timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_cancel_payout';
GRANT EXECUTE ON FUNCTION dwello.cancel_payout
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.cancel_payout IS
  'Gives up a payout that no worker has yet, held or not. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD101. See reference.md#cancel_payout.';

/*
 * confirm_payout
 *	Says that a payout was paid. It is booked, and what the provider owes
 *	(after a chargeback or a reversal) is made good out of their balance.
 *	So is one that had failed, was cancelled or is held: the money has
 *	left, out of what the provider has, else they owe it. Another event
 *	about a payout that is completed changes nothing.
 *
 * role: service
 * args:
 *	user_id: the provider
 *	payout_id: the payout
 *	psp
 *	event_id
 *	psp_reference: the company's name for the payout
 *	occurred_at: when it happened by their clock
 * returns: a row
 *	user_id
 *	payout_id
 *	transaction_id: of the half in paid_currency
 *	amount: in minor units
 *	currency: of the balance
 *	paid_amount
 *	paid_currency
 *	fee: beside the amount, in minor units of currency
 *	status: completed
 *	hold_until
 *	version: version of the payout
 *	replayed: true when nothing was done, for it was told before
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004 22001
 *	P0002: an unknown user or payout
 *	WD104: the event was another one before
 * example: system, a payout
 *	SELECT amount, paid_amount, status
 *	  FROM dwello.confirm_payout(user_id => 'de000000-0000-7000-8000-000000000002',
 *	    payout_id => (SELECT p.id FROM dwello.payouts AS p), psp => 'demo-psp', event_id => 'evt_5');
 */
CREATE OR REPLACE FUNCTION dwello.confirm_payout(
  user_id uuid,
  payout_id uuid,
  psp text,
  event_id text,
  psp_reference text DEFAULT NULL,
  occurred_at timestamptz DEFAULT NULL,
  OUT user_id uuid,
  OUT payout_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT paid_amount bigint,
  OUT paid_currency text,
  OUT fee bigint,
  OUT status dwello.payout_status,
  OUT hold_until timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_confirm_payout';
GRANT EXECUTE ON FUNCTION dwello.confirm_payout
  TO dwello_service;
COMMENT ON FUNCTION dwello.confirm_payout IS
  'Says that a payout was paid. Errors: WD401, 42501, 22004, 22001, P0002, WD104. See reference.md#confirm_payout.';

/*
 * fail_payout
 *	Says that a payout could not be paid. What was promised to it can be
 *	paid out again; one that was paid and that the bank sends back is
 *	mirrored to the very accounts it came from, at the rate of its
 *	exchange, and fails so, each time. Another event about a payout that
 *	has failed, or was cancelled, changes nothing.
 *
 * role: service
 * args:
 *	user_id: the provider
 *	payout_id: the payout
 *	psp
 *	event_id
 *	reason: in words
 *	occurred_at: when it happened by their clock
 * returns: a row
 *	user_id
 *	payout_id
 *	transaction_id: of the return; NULL if nothing was paid
 *	amount: in minor units
 *	currency: of the balance
 *	paid_amount
 *	paid_currency
 *	fee: beside the amount, in minor units of currency
 *	status: failed, or cancelled
 *	hold_until
 *	version: version of the payout
 *	replayed: true when nothing was done, for it was told before
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004 22001
 *	P0002: an unknown user or payout
 *	WD104: the event was another one before
 * example: system, a payout
 *	SELECT amount, status
 *	  FROM dwello.fail_payout(user_id => 'de000000-0000-7000-8000-000000000002',
 *	    payout_id => (SELECT p.id FROM dwello.payouts AS p), psp => 'demo-psp', event_id => 'evt_5',
 *	    reason => 'account_closed');
 */
CREATE OR REPLACE FUNCTION dwello.fail_payout(
  user_id uuid,
  payout_id uuid,
  psp text,
  event_id text,
  reason text DEFAULT NULL,
  occurred_at timestamptz DEFAULT NULL,
  OUT user_id uuid,
  OUT payout_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT paid_amount bigint,
  OUT paid_currency text,
  OUT fee bigint,
  OUT status dwello.payout_status,
  OUT hold_until timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_fail_payout';
GRANT EXECUTE ON FUNCTION dwello.fail_payout
  TO dwello_service;
COMMENT ON FUNCTION dwello.fail_payout IS
  'Says that a payout could not be paid. Errors: WD401, 42501, 22004, 22001, P0002, WD104. See reference.md#fail_payout.';

-- ----------------------------------------------------------------------
-- What providers owe.
-- ----------------------------------------------------------------------

/*
 * repay_balance
 *	Asks that a provider pay what they owe after a chargeback or a reversal,
 *	beyond what they have. Nothing is booked yet: an intent
 *	repayment_requested in the outbox tells the worker of the payment
 *	company what to collect until pay_by. What was asked for before in the
 *	currency and has not arrived is cancelled by it. For the provider and
 *	administrators.
 *
 * role: app, admin
 * args:
 *	amount: in minor units; NULL for all that is owed
 *	currency: of the balance
 *	payment_method_id: NULL for the default or newest one, if any
 *	user_id: the provider; NULL for the caller
 *	idempotency_key
 * returns: a row
 *	user_id
 *	repayment_id: names what is asked for
 *	amount: in minor units
 *	currency: of the balance
 *	pay_by: until when it is waited for, by the kind of payment method as
 *	  for a payment
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither a provider nor an administrator, or it is
 *	  another's
 *	22004 22001 22003
 *	P0002: an unknown user or payment method
 *	WD104
 *	WD202: more than is owed
 *	22023: an amount that is not positive or is no whole unit of the
 *	  company's (psp_units), an unknown currency, or a payment method that
 *	  has expired
 * example: provider_1, a debt
 *	SELECT amount, currency FROM dwello.repay_balance(amount => 1000);
 */
CREATE OR REPLACE FUNCTION dwello.repay_balance(
  amount bigint DEFAULT NULL,
  currency text DEFAULT 'USD',
  payment_method_id uuid DEFAULT NULL,
  user_id uuid DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT user_id uuid,
  OUT repayment_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT pay_by timestamptz,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_repay_balance';
GRANT EXECUTE ON FUNCTION dwello.repay_balance
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.repay_balance IS
  'Asks that a provider pay what they owe after a chargeback or a reversal, beyond what they have. Errors: WD402, WD401, 42501, 22004, 22001, 22003, P0002, WD104, WD202, 22023. See reference.md#repay_balance.';

/*
 * confirm_repayment
 *	Says that a provider's payment has arrived. It is set off against what
 *	they owe; what is more is theirs, and can be paid out. What it was
 *	asked for by is completed once all of that is there, in parts too and
 *	after pay_by; the same psp_reference, amount and currency under
 *	another event is the same payment.
 *
 * role: service
 * args:
 *	user_id: the provider
 *	psp
 *	event_id
 *	amount: what has arrived, in minor units
 *	currency: of the payment
 *	repayment_id: what it was asked for by; NULL if by nothing
 *	psp_reference: the company's name for the payment
 *	occurred_at: when it happened by their clock
 * returns: a row
 *	user_id
 *	repayment_id: what it was asked for by
 *	transaction_id: that books it
 *	amount: in minor units
 *	currency: of the payment
 *	replayed
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004 22001
 *	22023: an amount that is not positive, an unknown currency, or a user who
 *	  is no provider
 *	P0002: an unknown user
 *	WD104: the event was another one before
 *	WD101: repayment_id is not there yet; tell of it again later
 * example: system, a debt
 *	SELECT amount, currency
 *	  FROM dwello.confirm_repayment(user_id => 'de000000-0000-7000-8000-000000000002', psp => 'demo-psp',
 *	    event_id => 'evt_7', amount => 1000, currency => 'USD');
 */
CREATE OR REPLACE FUNCTION dwello.confirm_repayment(
  user_id uuid,
  psp text,
  event_id text,
  amount bigint,
  currency text,
  repayment_id uuid DEFAULT NULL,
  psp_reference text DEFAULT NULL,
  occurred_at timestamptz DEFAULT NULL,
  OUT user_id uuid,
  OUT repayment_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_confirm_repayment';
GRANT EXECUTE ON FUNCTION dwello.confirm_repayment
  TO dwello_service;
COMMENT ON FUNCTION dwello.confirm_repayment IS
  'Says that a provider''s payment has arrived. Errors: WD401, 42501, 22004, 22001, 22023, P0002, WD104, WD101. See reference.md#confirm_repayment.';

/*
 * expire_repayments
 *	Ends what providers were asked to pay of a debt and have not paid by
 *	pay_by: event repayment_expired, on which the worker stops collecting.
 *	What they owe stays. Those who are busy are left for the next call.
 *
 * role: service
 * args:
 *	max_rows: at most, 1 to 10000
 * returns: how many ended
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004
 *	22023: max_rows is out of range
 * example: system
 *	SELECT dwello.expire_repayments(max_rows => 100);
 */
CREATE OR REPLACE FUNCTION dwello.expire_repayments(max_rows integer DEFAULT 100)
RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_expire_repayments';
GRANT EXECUTE ON FUNCTION dwello.expire_repayments
  TO dwello_service;
COMMENT ON FUNCTION dwello.expire_repayments IS
  'Ends what providers were asked to pay of a debt and have not paid by pay_by: event repayment_expired, on which the worker stops collecting. Errors: WD401, 42501, 22004, 22023. See reference.md#expire_repayments.';

/*
 * write_off
 *	Gives up what a provider owes, beyond what they have: the platform bears
 *	it. For administrators.
 *
 * role: app, admin
 * args:
 *	user_id: the provider
 *	reason: in words, up to 10000 characters
 *	amount: in minor units; NULL for all that is owed
 *	currency: of the balance
 *	idempotency_key
 * returns: a row
 *	user_id
 *	transaction_id: that books it
 *	amount: in minor units
 *	currency: of the balance
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no administrator
 *	22004 22001 22003
 *	P0002: an unknown user
 *	WD104
 *	WD202: more than is owed
 *	22023: an amount that is not positive, an unknown currency, a blank
 *	  reason
 * example: admin, a debt
 *	SELECT amount, currency
 *	  FROM dwello.write_off(user_id => 'de000000-0000-7000-8000-000000000002', reason => 'Moved abroad.');
 */
CREATE OR REPLACE FUNCTION dwello.write_off(
  user_id uuid,
  reason text,
  amount bigint DEFAULT NULL,
  currency text DEFAULT 'USD',
  idempotency_key text DEFAULT NULL,
  OUT user_id uuid,
  OUT transaction_id uuid,
  OUT amount bigint,
  OUT currency text,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_write_off';
GRANT EXECUTE ON FUNCTION dwello.write_off
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.write_off IS
  'Gives up what a provider owes, beyond what they have: the platform bears it. Errors: WD402, WD401, 42501, 22004, 22001, 22003, P0002, WD104, WD202, 22023. See reference.md#write_off.';
