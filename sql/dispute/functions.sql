/*
 * Money that a side or a bank wants back: disputes, chargebacks, reversals.
 */

-- ----------------------------------------------------------------------
-- Disputes about held money, and about what was released lately.
-- ----------------------------------------------------------------------

/*
 * open_dispute
 *	Opens a dispute about money that is held, or was released lately. What
 *	is held and disputed is neither released nor refunded until the
 *	dispute ends; the other milestones go on. The homeowner disputes work that was released, too, within the
 *	setting dispute_days_after_release: a released milestone, or, where
 *	nothing undisputed is held, all that was released in those days. Then
 *	nothing moves before the end, and what the provider does not keep is
 *	taken from them, with its share of the fee: out of what they have,
 *	else they owe it. The other side has the days of the job's timer, else the setting,
 *	dispute_provider_days or dispute_homeowner_days to answer; when it
 *	does not, the figure given here holds. Amounts of a dispute are the
 *	price of work, before any fee.
 *
 *	For the homeowner and the provider of the job.
 *
 * role: app, support, admin
 * args:
 *	job_id
 *	amount: what the provider shall be paid of the disputed work, or keep,
 *	  in minor units, 0 to all of it
 *	reason: up to 10000 characters
 *	milestone_id: NULL for all that is held and undisputed, else for all
 *	  that was released lately
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	dispute_id
 *	milestone_id: the milestone; NULL for all
 *	dispute_status
 *	disputed_amount
 *	homeowner_offer
 *	provider_offer
 *	settled_amount
 *	transaction_id
 *	answer_by
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
 *	42501: the caller is no active homeowner or provider, or it is not the
 *	  caller's job
 *	22004 22001 22003
 *	22023: a negative amount, or one beyond what is disputed
 *	P0002: an unknown job or milestone
 *	WD104 WD103
 *	WD101: no escrow, nothing held, frozen, the milestone is over or
 *	  disputed, or such a dispute about everything is open
 *	WD102: it was released longer ago than dispute_days_after_release
 *	WD202: nothing of it is paid, or a bank has taken what was released
 * example: homeowner, painting submitted
 *	SELECT dispute_status, disputed_amount, homeowner_offer, answer_by
 *	  FROM dwello.open_dispute(job_id => 'de000000-0000-7000-8000-000000000011', amount => 80000,
 *	    reason => 'Two doors stick.');
 */
CREATE OR REPLACE FUNCTION dwello.open_dispute(
  job_id uuid,
  amount bigint,
  reason text,
  milestone_id uuid DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT dispute_id uuid,
  OUT milestone_id uuid,
  OUT dispute_status dwello.dispute_status,
  OUT disputed_amount bigint,
  OUT homeowner_offer bigint,
  OUT provider_offer bigint,
  OUT settled_amount bigint,
  OUT transaction_id uuid,
  OUT answer_by timestamptz,
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
AS 'MODULE_PATHNAME', 'dwello_open_dispute';
GRANT EXECUTE ON FUNCTION dwello.open_dispute
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.open_dispute IS
  'Opens a dispute about money that is held, or was released lately. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002, WD104, WD103, WD101, WD102, WD202. See reference.md#open_dispute.';

/*
 * answer_dispute
 *	Names a figure in a dispute, the first or another one. When the
 *	homeowner's figure is not below the provider's, the dispute settles at
 *	once half way between them, the remainder to the homeowner: the
 *	provider is paid less the fee, the rest goes back. Once both sides
 *	have named a figure and they do not meet, a mediator has the days of
 *	the job's timer, else the setting, mediation_days; after that it
 *	settles half way.
 *
 *	For the homeowner and the provider of the job.
 *
 * role: app, support, admin
 * args:
 *	job_id
 *	amount: what the provider shall be paid, in minor units
 *	dispute_id: NULL for the one open dispute
 *	notes: up to 10000 characters
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	dispute_id
 *	milestone_id: the milestone; NULL for all
 *	dispute_status
 *	disputed_amount
 *	homeowner_offer
 *	provider_offer
 *	settled_amount
 *	transaction_id
 *	answer_by
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
 *	42501: the caller is no active homeowner or provider, or it is not the
 *	  caller's job
 *	22004 22001 22003
 *	22023: a negative amount, more than is disputed, or more than one
 *	  dispute is open and none is named
 *	P0002: an unknown job or dispute
 *	WD104 WD103
 *	WD101: no such dispute is open, or the escrow is frozen
 *	WD102: past answer_by
 * example: provider_1, painting disputed
 *	SELECT dispute_status, homeowner_offer, provider_offer, answer_by
 *	  FROM dwello.answer_dispute(job_id => 'de000000-0000-7000-8000-000000000011', amount => 90000);
 */
CREATE OR REPLACE FUNCTION dwello.answer_dispute(
  job_id uuid,
  amount bigint,
  dispute_id uuid DEFAULT NULL,
  notes text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT dispute_id uuid,
  OUT milestone_id uuid,
  OUT dispute_status dwello.dispute_status,
  OUT disputed_amount bigint,
  OUT homeowner_offer bigint,
  OUT provider_offer bigint,
  OUT settled_amount bigint,
  OUT transaction_id uuid,
  OUT answer_by timestamptz,
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
AS 'MODULE_PATHNAME', 'dwello_answer_dispute';
GRANT EXECUTE ON FUNCTION dwello.answer_dispute
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.answer_dispute IS
  'Names a figure in a dispute, the first or another one. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002, WD104, WD103, WD101, WD102. See reference.md#answer_dispute.';

/*
 * withdraw_dispute
 *	Takes a dispute back. Its milestones are what they were before, and
 *	the time to review delivered work, which stood still, goes on.
 *
 *	For the side that opened it.
 *
 * role: app, support, admin
 * args:
 *	job_id
 *	dispute_id: NULL for the one open dispute
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	dispute_id
 *	milestone_id: the milestone; NULL for all
 *	dispute_status
 *	disputed_amount
 *	homeowner_offer
 *	provider_offer
 *	settled_amount
 *	transaction_id
 *	answer_by
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
 *	42501: the caller is no active homeowner or provider, it is not the
 *	  caller's job, or the other side opened it
 *	22004
 *	P0002: an unknown job or dispute
 *	WD104 WD103
 *	WD101: no such dispute is open, or the escrow is frozen
 *	WD102: past answer_by
 *	22023: more than one dispute is open and none is named
 * example: homeowner, painting disputed
 *	SELECT dispute_status, escrow_status
 *	  FROM dwello.withdraw_dispute(job_id => 'de000000-0000-7000-8000-000000000011');
 */
CREATE OR REPLACE FUNCTION dwello.withdraw_dispute(
  job_id uuid,
  dispute_id uuid DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT dispute_id uuid,
  OUT milestone_id uuid,
  OUT dispute_status dwello.dispute_status,
  OUT disputed_amount bigint,
  OUT homeowner_offer bigint,
  OUT provider_offer bigint,
  OUT settled_amount bigint,
  OUT transaction_id uuid,
  OUT answer_by timestamptz,
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
AS 'MODULE_PATHNAME', 'dwello_withdraw_dispute';
GRANT EXECUTE ON FUNCTION dwello.withdraw_dispute
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.withdraw_dispute IS
  'Takes a dispute back. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD101, WD102, 22023. See reference.md#withdraw_dispute.';

/*
 * resolve_dispute
 *	Decides a dispute to the cent. Both parts move in one transaction; the
 *	fee is taken once, of the provider's part, and where the homeowner
 *	pays the fee, their share for the rest goes back.
 *
 *	For a mediator (support or an administrator) who is no side of it.
 *
 * role: app, support, admin
 * args:
 *	job_id
 *	homeowner_amount: the price of work that is given back, in minor units
 *	provider_amount: what the provider is paid before the fee, in minor
 *	  units; NULL for the rest
 *	dispute_id: NULL for the one open dispute
 *	reason: up to 10000 characters
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	dispute_id
 *	milestone_id: the milestone; NULL for all
 *	dispute_status
 *	disputed_amount
 *	homeowner_offer
 *	provider_offer
 *	settled_amount
 *	transaction_id
 *	answer_by
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
 *	42501: the caller is neither support nor an administrator, or is a
 *	  side
 *	22004 22001 22003
 *	22023: a negative amount, amounts that do not add up to what is
 *	  disputed, or more than one dispute is open and none is named
 *	P0002: an unknown job or dispute
 *	WD104 WD103
 *	WD101: no such dispute is open, or the escrow is frozen
 *	WD102: past answer_by
 * example: support, painting disputed
 *	SELECT dispute_status, settled_amount, released, refunded
 *	  FROM dwello.resolve_dispute(job_id => 'de000000-0000-7000-8000-000000000011', homeowner_amount => 10000,
 *	    reason => 'One of the two doors was warped before.');
 */
CREATE OR REPLACE FUNCTION dwello.resolve_dispute(
  job_id uuid,
  homeowner_amount bigint,
  provider_amount bigint DEFAULT NULL,
  dispute_id uuid DEFAULT NULL,
  reason text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_id uuid,
  OUT dispute_id uuid,
  OUT milestone_id uuid,
  OUT dispute_status dwello.dispute_status,
  OUT disputed_amount bigint,
  OUT homeowner_offer bigint,
  OUT provider_offer bigint,
  OUT settled_amount bigint,
  OUT transaction_id uuid,
  OUT answer_by timestamptz,
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
AS 'MODULE_PATHNAME', 'dwello_resolve_dispute';
GRANT EXECUTE ON FUNCTION dwello.resolve_dispute
  TO dwello_app, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.resolve_dispute IS
  'Decides a dispute to the cent. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002, WD104, WD103, WD101, WD102. See reference.md#resolve_dispute.';

/*
 * expire_disputes
 *	Ends disputes whose answer_by has passed. When one side has not named
 *	a figure, the other's holds; when both have and no mediator decided in
 *	time, it settles half way, the remainder to the homeowner. Jobs that
 *	somebody works on are passed over, and so are frozen escrows.
 *
 * role: service
 * args:
 *	max_rows: disputes to end at most, 1 to 10000
 * returns: a row
 *	settled: how many ended
 * errors:
 *	WD401
 *	42501: the caller is not the service
 *	22004
 *	22023: max_rows is out of range
 * example: system, painting disputed for a month
 *	SELECT settled FROM dwello.expire_disputes(max_rows => 100);
 */
CREATE OR REPLACE FUNCTION dwello.expire_disputes(
  max_rows integer DEFAULT 100,
  OUT settled integer
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_expire_disputes';
GRANT EXECUTE ON FUNCTION dwello.expire_disputes
  TO dwello_service;
COMMENT ON FUNCTION dwello.expire_disputes IS
  'Ends disputes whose answer_by has passed. Errors: WD401, 42501, 22004, 22023. See reference.md#expire_disputes.';

-- ----------------------------------------------------------------------
-- Commands of payment companies' workers: a bank takes a payment back.
-- ----------------------------------------------------------------------

/*
 * open_chargeback
 *	Says that a homeowner's bank asks for a payment back. The escrow is
 *	frozen until the bank has decided (close_chargeback). The amount is
 *	taken out of what is held, then out of what was released, which the
 *	provider owes and which is netted when they are paid out; what is
 *	neither is the platform's loss, as all of it is when the payment never
 *	reached the escrow or was in another currency; but what of that charge
 *	lies in a receipt comes out of there. Of a tip the provider owes what
 *	they had of it. An inquiry moves no money and freezes nothing
 *	(chargeback_inquired in the outbox).
 *
 * role: service
 * args:
 *	job_id: NULL where there is none; psp_reference and transaction_id say
 *	  whose it is, whatever stands here
 *	psp: the company the payment came through
 *	event_id
 *	amount: in minor units
 *	currency
 *	psp_reference: the company's name for the payment, or else for the
 *	  case
 *	reason: in words
 *	transaction_id: the payment that is asked back; NULL for the one that
 *	  psp_reference names, else the only one through that company
 *	fee: what the company takes for it, in minor units; NULL for nothing
 *	is_inquiry: the bank only asks what it was
 *	occurred_at: by the company's clock
 *	case_reference: the company's name for the case: told once more under
 *	  another event_id it is replayed; NULL for a psp_reference that is no
 *	  payment's
 * returns: a row
 *	job_id
 *	chargeback_id: the chargeback; NULL for an inquiry
 *	payment_id: the payment that is asked back; NULL when nothing says
 *	  which of several
 *	amount: in minor units
 *	held_amount: taken out of what was held, in minor units
 *	clawed_back: taken out of what was released, in minor units
 *	receipt_id: that bears what else were a loss; NULL = none
 *	covered_amount: what of it that bears, in minor units; NULL without one
 *	escrow_status: NULL with all that follows of the escrow where there is
 *	  none
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
 *	22023: a blank text, an amount that is not positive, or a fee below
 *	  zero
 *	WD104: the event, or the case of case_reference, was another one before
 *	WD101: transaction_id is no payment that is there yet, or nobody has
 *	  told of psp_reference while a payment of the job is under way
 * example: system, painting paid
 *	SELECT held_amount, clawed_back, escrow_status
 *	  FROM dwello.open_chargeback(job_id => 'de000000-0000-7000-8000-000000000011', psp => 'demo-psp',
 *	    event_id => 'evt_3', amount => 95000, currency => 'USD');
 */
CREATE OR REPLACE FUNCTION dwello.open_chargeback(
  job_id uuid,
  psp text,
  event_id text,
  amount bigint,
  currency text,
  psp_reference text DEFAULT NULL,
  reason text DEFAULT NULL,
  transaction_id uuid DEFAULT NULL,
  fee bigint DEFAULT NULL,
  is_inquiry boolean DEFAULT false,
  occurred_at timestamptz DEFAULT NULL,
  case_reference text DEFAULT NULL,
  OUT job_id uuid,
  OUT chargeback_id uuid,
  OUT payment_id uuid,
  OUT amount bigint,
  OUT held_amount bigint,
  OUT clawed_back bigint,
  OUT receipt_id uuid,
  OUT covered_amount bigint,
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
AS 'MODULE_PATHNAME', 'dwello_open_chargeback';
GRANT EXECUTE ON FUNCTION dwello.open_chargeback
  TO dwello_service;
COMMENT ON FUNCTION dwello.open_chargeback IS
  'Says that a homeowner''s bank asks for a payment back. Errors: WD401, 42501, 22004, 22001, 22023, WD104, WD101. See reference.md#open_chargeback.';

/*
 * close_chargeback
 *	Says how a bank has decided on a chargeback. Won, all that was taken
 *	goes back to the very accounts it was taken from; lost, the money is
 *	the bank's, and the milestones give up what can no longer be paid for
 *	them. The escrow is frozen no longer unless another chargeback is
 *	open, what was approved meanwhile is released, and submitted
 *	milestones have the time for review back that it was frozen. The same
 *	decision under another event_id changes nothing if chargeback_id is
 *	given; another decision undoes it: what was lost and is won lies where
 *	it was taken, what was won and is lost, or lost in another part, is
 *	taken anew.
 *
 * role: service
 * args:
 *	job_id: NULL where one of the names says which it is
 *	psp: the company that told of the chargeback
 *	event_id
 *	won: the money stays
 *	chargeback_id: NULL for the one that is open
 *	lost_amount: what of it is lost, in minor units; NULL for all
 *	reason: in words
 *	occurred_at: by the company's clock
 *	psp_reference: the company's name for the payment, or for the case
 *	case_reference: its name for the case
 * returns: a row
 *	job_id
 *	chargeback_id
 *	chargeback_status: won or lost
 *	receipt_id: that bears what else were a loss; NULL = none
 *	covered_amount: what of it that bears, in minor units; NULL without one
 *	escrow_status: NULL with all that follows of the escrow where there is
 *	  none
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
 *	22004: also when neither job_id nor a name of it is given
 *	22001
 *	WD104: the event was another one before
 *	WD101: there is none, or none is open (the event may have come too
 *	  early), or several are and none is named
 *	22023: a lost_amount of one that is won, not positive, or more than it is
 *	  of
 * example: system, painting charged back
 *	SELECT chargeback_status, escrow_status, held
 *	  FROM dwello.close_chargeback(job_id => 'de000000-0000-7000-8000-000000000011', psp => 'demo-psp',
 *	    event_id => 'evt_4', won => true);
 */
CREATE OR REPLACE FUNCTION dwello.close_chargeback(
  job_id uuid,
  psp text,
  event_id text,
  won boolean,
  chargeback_id uuid DEFAULT NULL,
  lost_amount bigint DEFAULT NULL,
  reason text DEFAULT NULL,
  occurred_at timestamptz DEFAULT NULL,
  psp_reference text DEFAULT NULL,
  case_reference text DEFAULT NULL,
  OUT job_id uuid,
  OUT chargeback_id uuid,
  OUT chargeback_status dwello.chargeback_status,
  OUT receipt_id uuid,
  OUT covered_amount bigint,
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
AS 'MODULE_PATHNAME', 'dwello_close_chargeback';
GRANT EXECUTE ON FUNCTION dwello.close_chargeback
  TO dwello_service;
COMMENT ON FUNCTION dwello.close_chargeback IS
  'Says how a bank has decided on a chargeback. Errors: WD401, 42501, 22004, 22001, WD104, WD101, 22023. See reference.md#close_chargeback.';

-- ----------------------------------------------------------------------
-- Undoing what was released or refunded.
-- ----------------------------------------------------------------------

/*
 * reverse_transaction
 *	Undoes a release, a refund or the settlement of a dispute, or a part
 *	of one. The money lies in the escrow again; fee and tax are given back
 *	in proportion, and the provider owes what they were paid: it is netted
 *	from what they can be paid out. What the payment companies have not
 *	sent of a refund is not sent (refund_withdrawn in the outbox); what
 *	they have, the platform bears.
 *
 * role: app, admin
 * args:
 *	job_id
 *	transaction_id: what to undo
 *	amount: in minor units of what left the escrow; NULL for all that is
 *	  not undone
 *	reason: in words
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	transaction_id: the reversal
 *	reverses: what it undoes
 *	amount: in minor units
 *	fee: given back of the fee, in minor units
 *	tax: given back of the tax, in minor units
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
 *	42501: the caller is no administrator
 *	22004 22001 22003
 *	22023: an amount that is not positive, or no completed release, refund
 *	  or dispute
 *	P0002: an unknown job or transaction
 *	WD104 WD103
 *	WD101: no escrow, or frozen by a chargeback
 *	WD202: more than is left of it, or what a bank has taken back already
 * example: admin
 *	SELECT amount, fee, escrow_status, held
 *	  FROM dwello.reverse_transaction(job_id => 'de000000-0000-7000-8000-000000000012',
 *	    transaction_id => (SELECT s.transaction_id
 *	                         FROM dwello.escrow_statement('de000000-0000-7000-8000-000000000012') AS s
 *	                        WHERE s.transaction_type = 'release'),
 *	    amount => 5000, reason => 'The valve was not replaced.');
 */
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
  'Undoes a release, a refund or the settlement of a dispute, or a part of one. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002, WD104, WD103, WD101, WD202. See reference.md#reverse_transaction.';

-- ----------------------------------------------------------------------
-- Refunds by consent.
-- ----------------------------------------------------------------------

/*
 * request_refund
 *	Asks for a refund of work that has begun, which the homeowner does not
 *	take back alone. The provider answers with answer_refund() by
 *	answer_by; no answer is consent.
 *
 * role: app, admin
 * args:
 *	job_id
 *	amount: the price of work that is to be given up in minor units; NULL
 *	  for all that is held and undisputed when it is answered
 *	reason: up to 10000 characters, told to the provider
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	request_id: the request
 *	request_status: pending
 *	answer_by: by the job's timer, else the setting refund_answer_days
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
 *	42501: the caller is no active homeowner, or it is not the caller's job
 *	22004 22001 22003
 *	22023: an amount that is not positive, or is no whole unit of the
 *	  company's (psp_units)
 *	P0002: an unknown job
 *	WD104 WD103
 *	WD101: no escrow, the work has not begun (refund_escrow() gives back at
 *	  once), nothing held, frozen or all disputed
 *	23505: a request is pending (refund_requests_pending_key)
 *	WD202: more than is held and undisputed
 * example: homeowner, painting started
 *	SELECT request_status, escrow_status, held
 *	  FROM dwello.request_refund(job_id => 'de000000-0000-7000-8000-000000000011', amount => 15000,
 *	    reason => 'The ceiling stays as it is.');
 */
CREATE OR REPLACE FUNCTION dwello.request_refund(
  INOUT job_id uuid,
  amount bigint DEFAULT NULL,
  reason text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT request_id uuid,
  OUT request_status dwello.offer_status,
  OUT answer_by timestamptz,
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
AS 'MODULE_PATHNAME', 'dwello_request_refund';
GRANT EXECUTE ON FUNCTION dwello.request_refund
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.request_refund IS
  'Asks for a refund of work that has begun, which the homeowner does not take back alone. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002, WD104, WD103, WD101, 23505, WD202. See reference.md#request_refund.';

/*
 * answer_refund
 *	Answers the request for a refund that is pending. The provider's yes
 *	moves the money, as far as it is held and undisputed still; their no
 *	opens a dispute about all of that, in which both sides have named their
 *	figure, for a mediator or another figure to end. The homeowner
 *	withdraws the request with is_accepted => false.
 *
 * role: app, admin
 * args:
 *	job_id
 *	is_accepted: yes or no
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	request_id: the request
 *	request_status: accepted, rejected or withdrawn; expired when nothing
 *	  was left to go back
 *	refund: what went back, in minor units
 *	transaction_id: of the refund; NULL = none
 *	dispute_id: that was opened; NULL = none
 *	answer_by: until when it could be answered
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
 *	42501: the caller is no active side of the job, or the homeowner says
 *	  yes
 *	22004
 *	P0002: an unknown job
 *	WD104 WD103
 *	WD101: no escrow, no request is pending, or the escrow is frozen or over
 *	WD102: the time to answer is over, which was consent
 * example: provider_1, painting to be refunded
 *	SELECT request_status, refund, escrow_status, held
 *	  FROM dwello.answer_refund(job_id => 'de000000-0000-7000-8000-000000000011', is_accepted => true);
 */
CREATE OR REPLACE FUNCTION dwello.answer_refund(
  INOUT job_id uuid,
  is_accepted boolean,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT request_id uuid,
  OUT request_status dwello.offer_status,
  OUT refund bigint,
  OUT transaction_id uuid,
  OUT dispute_id uuid,
  OUT answer_by timestamptz,
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
AS 'MODULE_PATHNAME', 'dwello_answer_refund';
GRANT EXECUTE ON FUNCTION dwello.answer_refund
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.answer_refund IS
  'Answers the request for a refund that is pending. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD101, WD102. See reference.md#answer_refund.';

/*
 * expire_refund_requests
 *	Moves the money of requests for a refund that nobody answered in time,
 *	which is consent. Those in escrows that a chargeback has frozen wait.
 *
 *	To be called again until it finds nothing; any number of workers may
 *	call it at once, for jobs that are locked are left to a later call.
 *
 * role: service
 * args:
 *	max_rows: requests at most, 1 to 10000
 * returns: how many there were
 * errors:
 *	WD402 WD401
 *	42501: the caller is not the system
 *	22004
 *	22023: max_rows is not from 1 to 10000
 * example: system, a month later
 *	SELECT agreed FROM dwello.expire_refund_requests(max_rows => 100) AS agreed;
 */
CREATE OR REPLACE FUNCTION dwello.expire_refund_requests(
  max_rows integer DEFAULT 1000
)
RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_expire_refund_requests';
GRANT EXECUTE ON FUNCTION dwello.expire_refund_requests
  TO dwello_service;
COMMENT ON FUNCTION dwello.expire_refund_requests IS
  'Moves the money of requests for a refund that nobody answered in time, which is consent. Errors: WD402, WD401, 42501, 22004, 22023. See reference.md#expire_refund_requests.';

-- ----------------------------------------------------------------------
-- Reports that the provider did not come.
-- ----------------------------------------------------------------------

/*
 * report_no_show
 *	Reports that the provider did not come. They answer with
 *	answer_no_show() by answer_by; no answer is consent. When it holds the
 *	job ends cancelled by the provider, what is held goes back, and both
 *	may review.
 *
 * role: app, admin
 * args:
 *	job_id
 *	reason: up to 10000 characters, told to the provider
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	request_id: the report
 *	request_status: pending
 *	answer_by: by the job's timer, else the setting no_show_answer_days
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
 *	42501: the caller is no active homeowner, or it is not the caller's job
 *	22004 22001
 *	P0002: an unknown job
 *	WD104 WD103
 *	WD101: no contract is under way, the start that both sides agree on is
 *	  yet to come, nothing was paid for one that is to be paid through
 *	  escrow, or all of it went back, work was delivered or paid, or a
 *	  dispute or chargeback is open
 *	WD102: the time to answer the request before is over
 *	23505: a report, or a request for a refund, is pending
 *	  (refund_requests_pending_key)
 * example: homeowner, painting started
 *	SELECT request_status, escrow_status, held
 *	  FROM dwello.report_no_show(job_id => 'de000000-0000-7000-8000-000000000011',
 *	    reason => 'Nobody came on Monday, nor called.');
 */
CREATE OR REPLACE FUNCTION dwello.report_no_show(
  INOUT job_id uuid,
  reason text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT request_id uuid,
  OUT request_status dwello.offer_status,
  OUT answer_by timestamptz,
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
AS 'MODULE_PATHNAME', 'dwello_report_no_show';
GRANT EXECUTE ON FUNCTION dwello.report_no_show
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.report_no_show IS
  'Reports that the provider did not come. Errors: WD402, WD401, 42501, 22004, 22001, P0002, WD104, WD103, WD101, WD102, 23505. See reference.md#report_no_show.';

/*
 * answer_no_show
 *	Answers the report of a no-show that is pending. The provider's yes
 *	ends the job; their no opens a dispute about all that is held, in which
 *	the homeowner wants all of it back and the provider to be paid for all
 *	of it, for a mediator or another figure to end; when all of it goes
 *	back the report holds. The homeowner withdraws the report with
 *	is_accepted => false.
 *
 * role: app, admin
 * args:
 *	job_id
 *	is_accepted: yes or no
 *	expected_version: version of the escrow
 *	idempotency_key
 * returns: a row
 *	job_id
 *	request_id: the report
 *	request_status: accepted, rejected or withdrawn
 *	refund: what went back, in minor units
 *	transaction_id: of the refund; NULL = none
 *	dispute_id: that was opened; NULL = none
 *	status: the job's
 *	answer_by: until when it could be answered
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
 *	42501: the caller is no active side of the job, or the homeowner says
 *	  yes
 *	22004
 *	P0002: an unknown job
 *	WD104 WD103
 *	WD101: no escrow, no report is pending, or a dispute or chargeback is
 *	  open
 *	WD102: the time to answer is over, which was consent
 * example: provider_1, painting reported
 *	SELECT request_status, refund, status, escrow_status
 *	  FROM dwello.answer_no_show(job_id => 'de000000-0000-7000-8000-000000000011', is_accepted => true);
 */
CREATE OR REPLACE FUNCTION dwello.answer_no_show(
  INOUT job_id uuid,
  is_accepted boolean,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT request_id uuid,
  OUT request_status dwello.offer_status,
  OUT refund bigint,
  OUT transaction_id uuid,
  OUT dispute_id uuid,
  OUT status dwello.job_status,
  OUT answer_by timestamptz,
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
AS 'MODULE_PATHNAME', 'dwello_answer_no_show';
GRANT EXECUTE ON FUNCTION dwello.answer_no_show
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.answer_no_show IS
  'Answers the report of a no-show that is pending. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD101, WD102. See reference.md#answer_no_show.';

/*
 * expire_no_shows
 *	Ends the contracts whose provider did not answer the report of a
 *	no-show in time, which is consent, unless work was delivered since.
 *	Those in escrows that a chargeback has frozen wait.
 *
 *	To be called again until it finds nothing; any number of workers may
 *	call it at once, for jobs that are locked are left to a later call.
 *
 * role: service
 * args:
 *	max_rows: reports at most, 1 to 10000
 * returns: how many there were
 * errors:
 *	WD402 WD401
 *	42501: the caller is not the system
 *	22004
 *	22023: max_rows is not from 1 to 10000
 * example: system, a month later
 *	SELECT ended FROM dwello.expire_no_shows(max_rows => 100) AS ended;
 */
CREATE OR REPLACE FUNCTION dwello.expire_no_shows(
  max_rows integer DEFAULT 1000
)
RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_expire_no_shows';
GRANT EXECUTE ON FUNCTION dwello.expire_no_shows
  TO dwello_service;
COMMENT ON FUNCTION dwello.expire_no_shows IS
  'Ends the contracts whose provider did not answer the report of a no-show in time, which is consent, unless work was delivered since. Errors: WD402, WD401, 42501, 22004, 22023. See reference.md#expire_no_shows.';
