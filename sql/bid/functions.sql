/*
 * Bids: offered, scored, accepted.
 */

-- ----------------------------------------------------------------------
-- The life of a bid: offered, revised, accepted, confirmed, ended.
-- ----------------------------------------------------------------------

/*
 * submit_bid
 *	Bids on an open job. The bid is scored once, against what was frozen
 *	when the job was published, and never against other bids.
 *
 * role: app, admin
 * args:
 *	job_id
 *	labor_cost: in minor units
 *	materials_cost: in minor units; bid_amount is the sum of both
 *	timeline_days: days of work; NULL for none offered
 *	warranty_months: months of warranty
 *	materials_included: false when the homeowner is to buy them;
 *	  materials_cost must then be 0
 *	materials: up to 200 lines {"item_name", "store_name", "quantity",
 *	  "unit_price", "store_url"}; a line's total is half-even(quantity ×
 *	  unit_price), quantities have up to six decimals
 *	description: up to 20000 characters
 *	special_terms: up to 20000 characters
 *	currency: NULL for the job's
 *	expires_at: NULL for bid_expiry_days from now
 *	terms_version: the terms that were priced; NULL for the present ones
 *	bid_id: its id; NULL for a fresh one
 *	lowest_amount: in open mode, how low bid_amount may go by itself to win,
 *	  in minor units, not below materials_cost; only the bidder can read it
 *	  (bid_floors). NULL: not at all
 *	idempotency_key
 * returns: a row
 *	job_id
 *	currency
 *	expires_at
 *	bid_id
 *	provider_id: the bidder
 *	status: pending
 *	bid_version: 1
 *	bid_amount: in minor units
 *	score: from 0 to 100; NULL when not eligible
 *	eligible: the bid passes every gate
 *	reasons: BID_NOT_LIVE, STALE_TERMS, PROVIDER_INACTIVE, CURRENCY,
 *	  REQUIREMENT_MISSING, OUTSIDE_RADIUS, NO_PLACE, BELOW_MINIMUM: such a
 *	  bid is kept, and cannot be accepted while a reason stands
 *	flags: INCONSISTENT_TOTAL for lines that do not add up to
 *	  materials_cost; those that depend on other bids in open mode only;
 *	  NULL for none to show
 *	version: version of the bid
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active, verified provider, or it is the
 *	  caller's own job
 *	22004 22001
 *	22003: a number is out of range, or the price with the materials
 *	  overflows
 *	22023: money that is negative or zero, materials of another shape,
 *	  infinite times, an expires_at that is not in the future, a
 *	  lowest_amount above bid_amount, below materials_cost or min_bid_amount,
 *	  or where the mode is not open or the price has no weight
 *	P0002: no such job, or one the caller may not see
 *	WD104
 *	WD103: older terms
 *	WD102: the time for bids is over
 *	WD101: the job is not open
 *	WD201: another currency
 *	23505: the caller has a live bid on the job (bids_live_key), or the id
 *	  is taken (bids_pkey)
 *	WD301: it follows a bid of the caller's that ended, and the offer was
 *	  changed bid_revisions_per_day times in 24 hours
 * example: provider_1
 *	SELECT status, bid_amount, score, eligible
 *	  FROM dwello.submit_bid(job_id => 'de000000-0000-7000-8000-000000000013',
 *	    labor_cost => 60000, materials_cost => 12000, timeline_days => 2, warranty_months => 12);
 */
CREATE OR REPLACE FUNCTION dwello.submit_bid(
  INOUT job_id uuid,
  labor_cost bigint,
  materials_cost bigint DEFAULT 0,
  timeline_days integer DEFAULT NULL,
  warranty_months integer DEFAULT 0,
  materials_included boolean DEFAULT true,
  materials jsonb DEFAULT '[]',
  description text DEFAULT NULL,
  special_terms text DEFAULT NULL,
  INOUT currency text DEFAULT NULL,
  INOUT expires_at timestamptz DEFAULT NULL,
  terms_version integer DEFAULT NULL,
  INOUT bid_id uuid DEFAULT NULL,
  lowest_amount bigint DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT provider_id uuid,
  OUT status dwello.bid_status,
  OUT bid_version integer,
  OUT bid_amount bigint,
  OUT score numeric,
  OUT eligible boolean,
  OUT reasons text[],
  OUT flags text[],
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_submit_bid';
GRANT EXECUTE ON FUNCTION dwello.submit_bid
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.submit_bid IS
  'Bids on an open job. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002, WD104, WD103, WD102, WD101, WD201, 23505, WD301. See reference.md#submit_bid.';

/*
 * revise_bid
 *	Replaces all that a pending bid offers. What is left out is not kept
 *	but takes its default. The bid is scored anew, from what is known
 *	today and for the job's present terms; earlier versions stay in
 *	bid_versions. Among bids that are otherwise equal it counts as
 *	submitted now.
 *
 * role: app, admin
 * args:
 *	job_id
 *	bid_id
 *	labor_cost: in minor units
 *	materials_cost: in minor units
 *	timeline_days: days of work; NULL for none offered
 *	warranty_months: months of warranty
 *	materials_included: false when the homeowner is to buy them
 *	materials: as in submit_bid()
 *	description: up to 20000 characters
 *	special_terms: up to 20000 characters
 *	expires_at: NULL for bid_expiry_days from now
 *	terms_version: the terms that were priced; NULL for the present ones
 *	lowest_amount: as in submit_bid(); NULL: the bid stays at bid_amount
 *	expected_version: version of the bid
 *	idempotency_key
 * returns: a row
 *	job_id
 *	bid_id
 *	expires_at
 *	provider_id: the bidder
 *	status: pending
 *	bid_version: one higher
 *	bid_amount: in minor units
 *	currency: the job's
 *	score: from 0 to 100; NULL when not eligible
 *	eligible: the bid passes every gate
 *	reasons: as of submit_bid()
 *	flags: as of submit_bid()
 *	version: version of the bid
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active, verified provider, or it is another
 *	  provider's bid
 *	22004 22001
 *	22003: a number is out of range, or the price with the materials
 *	  overflows
 *	22023: as submit_bid()
 *	P0002: no such job or bid, or one the caller may not see
 *	WD104
 *	WD103: the bid has another version, or the job other terms
 *	WD101: the bid is not pending
 *	WD102: the bid or the job has expired, marked or not
 *	WD301: the offer was changed bid_revisions_per_day times in 24 hours
 * example: provider_1
 *	SELECT bid_version, bid_amount, score
 *	  FROM dwello.revise_bid(job_id => 'de000000-0000-7000-8000-000000000011',
 *	    bid_id => 'de000000-0000-7000-8000-000000000021',
 *	    labor_cost => 78000, materials_cost => 15000, timeline_days => 3, warranty_months => 24);
 */
CREATE OR REPLACE FUNCTION dwello.revise_bid(
  INOUT job_id uuid,
  INOUT bid_id uuid,
  labor_cost bigint,
  materials_cost bigint DEFAULT 0,
  timeline_days integer DEFAULT NULL,
  warranty_months integer DEFAULT 0,
  materials_included boolean DEFAULT true,
  materials jsonb DEFAULT '[]',
  description text DEFAULT NULL,
  special_terms text DEFAULT NULL,
  INOUT expires_at timestamptz DEFAULT NULL,
  terms_version integer DEFAULT NULL,
  lowest_amount bigint DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT provider_id uuid,
  OUT status dwello.bid_status,
  OUT bid_version integer,
  OUT bid_amount bigint,
  OUT currency text,
  OUT score numeric,
  OUT eligible boolean,
  OUT reasons text[],
  OUT flags text[],
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_revise_bid';
GRANT EXECUTE ON FUNCTION dwello.revise_bid
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.revise_bid IS
  'Replaces all that a pending bid offers. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002, WD104, WD103, WD101, WD102, WD301. See reference.md#revise_bid.';

/*
 * confirm_bid
 *	Lets a pending bid stand for the job's present terms after an edit of
 *	the job. The offer stays as it is, expires_at too; it becomes a new
 *	version with a score of today.
 *
 * role: app, admin
 * args:
 *	job_id
 *	bid_id
 *	terms_version: the terms that the bidder has read; NULL for the
 *	  present ones
 *	expected_version: version of the bid
 *	idempotency_key
 * returns: a row
 *	job_id
 *	bid_id
 *	provider_id: the bidder
 *	status: pending
 *	bid_version: one higher
 *	bid_amount: in minor units
 *	currency: the job's
 *	score: from 0 to 100; NULL when not eligible
 *	eligible: the bid passes every gate
 *	reasons: as of submit_bid()
 *	flags: as of submit_bid()
 *	expires_at: until when it stands
 *	version: version of the bid
 *	replayed: true for a bid that stands for the present terms already, or
 *	  a repeated key
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active, verified provider, or it is another
 *	  provider's bid
 *	22004
 *	P0002: no such job or bid, or one the caller may not see
 *	WD104
 *	WD103: the bid has another version, or the job other terms
 *	WD101: the bid is not pending
 *	WD102: the bid or the job has expired, marked or not
 *	22003: the price with the materials overflows
 * example: provider_1, painting edited
 *	SELECT bid_version, bid_amount, eligible
 *	  FROM dwello.confirm_bid(job_id => 'de000000-0000-7000-8000-000000000011',
 *	    bid_id => 'de000000-0000-7000-8000-000000000021');
 */
CREATE OR REPLACE FUNCTION dwello.confirm_bid(
  INOUT job_id uuid,
  INOUT bid_id uuid,
  terms_version integer DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT provider_id uuid,
  OUT status dwello.bid_status,
  OUT bid_version integer,
  OUT bid_amount bigint,
  OUT currency text,
  OUT score numeric,
  OUT eligible boolean,
  OUT reasons text[],
  OUT flags text[],
  OUT expires_at timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_confirm_bid';
GRANT EXECUTE ON FUNCTION dwello.confirm_bid
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.confirm_bid IS
  'Lets a pending bid stand for the job''s present terms after an edit of the job. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD101, WD102, 22003. See reference.md#confirm_bid.';

/*
 * accept_bid
 *	Accepts an eligible bid and rejects the others as not_selected. The
 *	job is awarded, no longer listed, and the bidder has until confirm_by
 *	to confirm. What a bid asks can change between reading and accepting,
 *	without a new version of the job: it is revised, or in open mode a rival
 *	goes; expected_amount refuses then.
 *
 * role: app, admin
 * args:
 *	job_id
 *	bid_id
 *	expected_amount: the bid_amount that rank_bids() showed; NULL accepts
 *	  whatever the bid asks by now
 *	expected_version: version of the job
 *	idempotency_key
 * returns: a row
 *	job_id
 *	bid_id
 *	provider_id: the bidder
 *	job_status: awarded
 *	bid_status: accepted
 *	bid_amount: in minor units
 *	currency
 *	confirm_by: by the job's timer, else the setting award_confirm_hours
 *	version: version of the job
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active homeowner
 *	22004
 *	P0002: no such job or bid
 *	WD104
 *	WD103: a row is not in the expected version, or the bid asks another
 *	  amount than expected_amount, the detail says which
 *	WD101: the job is not open, or the bid not pending
 *	WD102: the job's time is over
 *	22023: the bid fails a gate, the detail has the reasons; one past its
 *	  own expires_at has BID_NOT_LIVE, marked as expired or not
 * example: homeowner
 *	SELECT job_status, bid_status, bid_amount, confirm_by
 *	  FROM dwello.accept_bid(job_id => 'de000000-0000-7000-8000-000000000011',
 *	    bid_id => 'de000000-0000-7000-8000-000000000021', expected_amount => 95000);
 */
CREATE OR REPLACE FUNCTION dwello.accept_bid(
  INOUT job_id uuid,
  INOUT bid_id uuid,
  expected_amount bigint DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT provider_id uuid,
  OUT job_status dwello.job_status,
  OUT bid_status dwello.bid_status,
  OUT bid_amount bigint,
  OUT currency text,
  OUT confirm_by timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_accept_bid';
GRANT EXECUTE ON FUNCTION dwello.accept_bid
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.accept_bid IS
  'Accepts an eligible bid and rejects the others as not_selected. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD101, WD102, 22023. See reference.md#accept_bid.';

/*
 * confirm_award
 *	Confirms an award. The escrow opens with the fee schedule of that day,
 *	the milestones are fitted to the amount, and the provider sees the
 *	exact place.
 *
 * role: app, admin
 * args:
 *	job_id
 *	bid_id: NULL for the accepted bid
 *	expected_version: version of the job
 *	idempotency_key
 * returns: a row
 *	job_id
 *	bid_id
 *	job_status: awarded
 *	escrow_status: created
 *	amount: the contract's, in minor units
 *	currency
 *	fee_schedule_id: the fee schedule
 *	version: version of the job
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active provider, or another provider has the
 *	  award
 *	22004
 *	P0002: no such job, or a bid the caller may not see
 *	WD104 WD103
 *	WD101: the job is not awarded, the bid not accepted, or the award
 *	  confirmed already
 *	WD102: confirm_by has passed
 *	22023: there are more milestones than money to share
 * example: provider_1, painting accepted
 *	SELECT job_status, escrow_status, amount, currency
 *	  FROM dwello.confirm_award(job_id => 'de000000-0000-7000-8000-000000000011');
 */
CREATE OR REPLACE FUNCTION dwello.confirm_award(
  INOUT job_id uuid,
  INOUT bid_id uuid DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT job_status dwello.job_status,
  OUT escrow_status dwello.escrow_status,
  OUT amount bigint,
  OUT currency text,
  OUT fee_schedule_id uuid,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_confirm_award';
GRANT EXECUTE ON FUNCTION dwello.confirm_award
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.confirm_award IS
  'Confirms an award. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD101, WD102, 22023. See reference.md#confirm_award.';

/*
 * withdraw_bid
 *	Takes a bid back. After a pending one the provider may bid again. An
 *	accepted one can be withdrawn until something is paid for the contract,
 *	and then the award lapses: the best bid that was not selected and is
 *	eligible now takes it over with a confirm_by of its own; where there is
 *	none, the job is open again or, past its expires_at, cancelled as
 *	expired. Of a confirmed award the escrow is cancelled, a payment under
 *	way given up, and the plan is again what was posted; it counts against
 *	nobody.
 *
 * role: app, admin
 * args:
 *	job_id
 *	bid_id
 *	reason: up to 2000 characters, told to the homeowner (member note of
 *	  event bid_withdrawn) and not kept with the bid
 *	expected_version: version of the bid
 *	idempotency_key
 * returns: a row
 *	job_id
 *	bid_id
 *	provider_id: the bidder
 *	job_status: state of the job afterwards
 *	bid_status: withdrawn
 *	version: version of the bid
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active provider, or it is another provider's
 *	  bid
 *	22004 22001
 *	P0002: no such job or bid, or one the caller may not see
 *	WD104 WD103
 *	WD101: the bid is neither pending nor accepted, or something was paid
 *	  for the contract
 *	WD102: the bid, the job, the time to confirm or the time to pay has
 *	  expired, marked or not
 * example: provider_1
 *	SELECT job_status, bid_status
 *	  FROM dwello.withdraw_bid(job_id => 'de000000-0000-7000-8000-000000000011',
 *	    bid_id => 'de000000-0000-7000-8000-000000000021', reason => 'The week is full.');
 */
CREATE OR REPLACE FUNCTION dwello.withdraw_bid(
  INOUT job_id uuid,
  INOUT bid_id uuid,
  reason text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT provider_id uuid,
  OUT job_status dwello.job_status,
  OUT bid_status dwello.bid_status,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_withdraw_bid';
GRANT EXECUTE ON FUNCTION dwello.withdraw_bid
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.withdraw_bid IS
  'Takes a bid back. Errors: WD402, WD401, 42501, 22004, 22001, P0002, WD104, WD103, WD101, WD102. See reference.md#withdraw_bid.';

/*
 * reject_bid
 *	Declines a pending bid. Its provider may bid again.
 *
 * role: app, admin
 * args:
 *	job_id
 *	bid_id
 *	reason: up to 2000 characters, told to the bidder (member note of
 *	  event bid_rejected) and not kept with the bid
 *	expected_version: version of the bid
 *	idempotency_key
 * returns: a row
 *	job_id
 *	bid_id
 *	provider_id: the bidder
 *	job_status: state of the job
 *	bid_status: rejected; the bid's reason is declined
 *	version: version of the bid
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active homeowner, or it is another's job
 *	22004 22001
 *	P0002: no such job or bid, or a job the caller may not see
 *	WD104 WD103
 *	WD101: the bid is not pending
 *	WD102: the bid or the job has expired, marked or not
 * example: homeowner
 *	SELECT job_status, bid_status
 *	  FROM dwello.reject_bid(job_id => 'de000000-0000-7000-8000-000000000011',
 *	    bid_id => 'de000000-0000-7000-8000-000000000022');
 */
CREATE OR REPLACE FUNCTION dwello.reject_bid(
  INOUT job_id uuid,
  INOUT bid_id uuid,
  reason text DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT provider_id uuid,
  OUT job_status dwello.job_status,
  OUT bid_status dwello.bid_status,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_reject_bid';
GRANT EXECUTE ON FUNCTION dwello.reject_bid
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.reject_bid IS
  'Declines a pending bid. Errors: WD402, WD401, 42501, 22004, 22001, P0002, WD104, WD103, WD101, WD102. See reference.md#reject_bid.';

/*
 * counter_bid
 *	Offers another amount for a pending bid. The sides take turns, and the
 *	homeowner begins: each number lies strictly between the last one of
 *	either side, of which the bid's own is the provider's first; the
 *	homeowner's first is at least min_bid_amount. It answers the other
 *	side's counter-offer, if one is pending, which is then countered.
 *
 *	What was rejected or not answered in time stays what its maker has
 *	conceded; what they took back does not. Another version of the bid
 *	begins another dialogue, but counter_rounds_max counts all that were
 *	ever made about the bid. Only the two sides see a counter-offer,
 *	whatever the job's bid_mode.
 *
 * role: app, admin
 * args:
 *	job_id
 *	bid_id
 *	amount: what the bid's amount would be instead, in minor units
 *	message: words to the other side, up to 2000 characters
 *	expires_at: NULL for counter_expiry_hours from now, but not longer
 *	  than the bid
 *	expected_version: version of the bid
 *	idempotency_key
 * returns: a row
 *	job_id
 *	bid_id
 *	amount: the same
 *	expires_at: until when it can be accepted
 *	counter_id: the counter-offer
 *	provider_id: the bidder
 *	round: its number among those about the bid, from 1
 *	counter_status: pending
 *	currency: the bid's
 *	version: version of the bid
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither an active homeowner nor a verified
 *	  provider, or the bid is visible and another's
 *	22004 22001 22003
 *	22023: an amount that is not positive, infinite times; then, of the
 *	  bid, an amount that is not between the two numbers, an expires_at that
 *	  is not in the future or after the bid's end
 *	P0002: no such job or bid, or one the caller may not see
 *	WD104 WD103
 *	WD101: the bid is not pending, or was made for older terms of the job;
 *	  it is the other side's turn
 *	WD102: the bid or the job has expired, marked or not
 *	WD301: the bid has had counter_rounds_max
 * example: homeowner
 *	SELECT round, counter_status, amount
 *	  FROM dwello.counter_bid(job_id => 'de000000-0000-7000-8000-000000000011',
 *	    bid_id => 'de000000-0000-7000-8000-000000000021', amount => 88000, message => 'Without the ceiling.');
 */
CREATE OR REPLACE FUNCTION dwello.counter_bid(
  INOUT job_id uuid,
  INOUT bid_id uuid,
  INOUT amount bigint,
  message text DEFAULT NULL,
  INOUT expires_at timestamptz DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT counter_id uuid,
  OUT provider_id uuid,
  OUT round integer,
  OUT counter_status dwello.offer_status,
  OUT currency text,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_counter_bid';
GRANT EXECUTE ON FUNCTION dwello.counter_bid
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.counter_bid IS
  'Offers another amount for a pending bid. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002, WD104, WD103, WD101, WD102, WD301. See reference.md#counter_bid.';

/*
 * answer_counter
 *	Accepts or rejects the other side's counter-offer, or withdraws one's
 *	own. Accepted, the bid has its amount from now on, as a version of its
 *	own with a score of its own: the labour takes up the difference, and
 *	the materials where there is no labour left. The bid is still to be
 *	accepted, see accept_bid().
 *
 * role: app, admin
 * args:
 *	job_id
 *	counter_id: the counter-offer
 *	accept: true to accept; false to reject, or, by the side that made it,
 *	  to withdraw it
 *	expected_version: version of the bid
 *	idempotency_key
 * returns: a row
 *	job_id
 *	counter_id: the counter-offer
 *	counter_status: accepted, rejected or withdrawn
 *	amount: what was offered, in minor units
 *	bid_id
 *	provider_id: the bidder
 *	status: state of the bid
 *	bid_version: one higher if it was accepted
 *	bid_amount: in minor units
 *	currency: the bid's
 *	score: from 0 to 100; NULL when not eligible
 *	eligible: the bid passes every gate
 *	reasons: why not, as in submit_bid()
 *	flags: as in submit_bid()
 *	expires_at: of the bid
 *	version: version of the bid
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither an active homeowner nor a verified
 *	  provider, or would accept their own offer
 *	22004
 *	P0002: no such job or counter-offer, or one of others
 *	WD104 WD103
 *	WD101: it is not pending, or the bid is not
 *	WD102: its time is over, marked or not
 * example: provider_1, painting countered
 *	SELECT counter_status, status, bid_version, bid_amount
 *	  FROM dwello.answer_counter(job_id => 'de000000-0000-7000-8000-000000000011',
 *	    counter_id => (SELECT c.id FROM dwello.counter_offers AS c WHERE c.status = 'pending'), accept => true);
 */
CREATE OR REPLACE FUNCTION dwello.answer_counter(
  INOUT job_id uuid,
  INOUT counter_id uuid,
  accept boolean,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT counter_status dwello.offer_status,
  OUT amount bigint,
  OUT bid_id uuid,
  OUT provider_id uuid,
  OUT status dwello.bid_status,
  OUT bid_version integer,
  OUT bid_amount bigint,
  OUT currency text,
  OUT score numeric,
  OUT eligible boolean,
  OUT reasons text[],
  OUT flags text[],
  OUT expires_at timestamptz,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_answer_counter';
GRANT EXECUTE ON FUNCTION dwello.answer_counter
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.answer_counter IS
  'Accepts or rejects the other side''s counter-offer, or withdraws one''s own. Errors: WD402, WD401, 42501, 22004, P0002, WD104, WD103, WD101, WD102. See reference.md#answer_counter.';

/*
 * invite_provider
 *	Asks a provider to bid on an open job. Of a job that is by invitation
 *	only nobody else knows. The provider is told, and finds the job in
 *	my_invites(); what they offer is a bid like any other.
 *
 * role: app, admin
 * args:
 *	job_id
 *	provider_id: who is asked
 *	message: words to them, up to 2000 characters
 *	idempotency_key
 * returns: a row
 *	job_id
 *	provider_id: the same
 *	invite_id: the invitation
 *	invite_status: pending
 *	version: version of the job
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active homeowner, or it is not their job
 *	22004 22001
 *	22023: the provider is not active or not verified
 *	P0002: no such job, one the caller may not see, or no such provider
 *	WD104
 *	WD102: the time for bids is over
 *	WD101: the job is not open
 *	23505: the provider is invited already (job_invites_provider_key), or
 *	  has a live bid (bids_live_key)
 *	WD301: the job has had job_invites_max
 * example: homeowner
 *	SELECT invite_status FROM dwello.invite_provider(job_id => 'de000000-0000-7000-8000-000000000013',
 *	  provider_id => 'de000000-0000-7000-8000-000000000002', message => 'As last year?');
 */
CREATE OR REPLACE FUNCTION dwello.invite_provider(
  INOUT job_id uuid,
  INOUT provider_id uuid,
  message text DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT invite_id uuid,
  OUT invite_status dwello.offer_status,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_invite_provider';
GRANT EXECUTE ON FUNCTION dwello.invite_provider
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.invite_provider IS
  'Asks a provider to bid on an open job. Errors: WD402, WD401, 42501, 22004, 22001, 22023, P0002, WD104, WD102, WD101, 23505, WD301. See reference.md#invite_provider.';

/*
 * hire_provider
 *	Offers an open job to one provider at an amount. Whoever accepts it
 *	with answer_invite() has the job: a bid of that amount is made,
 *	accepted and confirmed at once. A job is offered to one provider at a
 *	time; an edit that makes new terms ends the offer, and so does the end
 *	of bidding.
 *
 * role: app, admin
 * args:
 *	job_id
 *	provider_id: to whom
 *	amount: for labour and materials, in minor units, at least
 *	  min_bid_amount
 *	message: words to them, up to 2000 characters; the description of the
 *	  bid
 *	timeline_days: days of work; NULL if not said
 *	expires_at: NULL for the time that a provider has to confirm an award,
 *	  but not beyond the end of bidding
 *	expected_version: version of the job
 *	idempotency_key
 * returns: a row
 *	job_id
 *	provider_id: the same
 *	amount: the same
 *	expires_at: until when it can be accepted
 *	invite_id: the offer
 *	invite_status: pending
 *	currency: the job's
 *	version: version of the job
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is no active homeowner, or it is not their job
 *	22004 22001 22003
 *	22023: an amount or days that are not positive, infinite times; then
 *	  an amount below min_bid_amount, a provider who is not active or not
 *	  verified, an expires_at that is not in the future or after the end of
 *	  bidding
 *	P0002: no such job, one the caller may not see, or no such provider
 *	WD104 WD103
 *	WD102: the time for bids is over
 *	WD101: the job is not open
 *	23505: the job is offered already (job_invites_hire_key), or the
 *	  provider has a live bid (bids_live_key)
 *	WD301: the job has had job_invites_max
 * example: homeowner
 *	SELECT invite_status, amount, currency
 *	  FROM dwello.hire_provider(job_id => 'de000000-0000-7000-8000-000000000013',
 *	    provider_id => 'de000000-0000-7000-8000-000000000002', amount => 70000, timeline_days => 2);
 */
CREATE OR REPLACE FUNCTION dwello.hire_provider(
  INOUT job_id uuid,
  INOUT provider_id uuid,
  INOUT amount bigint,
  message text DEFAULT NULL,
  timeline_days integer DEFAULT NULL,
  INOUT expires_at timestamptz DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT invite_id uuid,
  OUT invite_status dwello.offer_status,
  OUT currency text,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_hire_provider';
GRANT EXECUTE ON FUNCTION dwello.hire_provider
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.hire_provider IS
  'Offers an open job to one provider at an amount. Errors: WD402, WD401, 42501, 22004, 22001, 22003, 22023, P0002, WD104, WD103, WD102, WD101, 23505, WD301. See reference.md#hire_provider.';

/*
 * answer_invite
 *	Accepts or declines an invitation, or withdraws it. Who accepts an
 *	invitation to bid says that they will. Who accepts an offer of
 *	hire_provider() has the job at once, its award confirmed and its
 *	escrow open, if they pass every gate that a bid passes. Who declined
 *	may still bid. The homeowner of an open job withdraws an invitation to
 *	bid also after its answer; a bid that was made stands until
 *	reject_bid().
 *
 * role: app, admin
 * args:
 *	job_id
 *	accept: true to accept; false to decline, or, by the homeowner, to
 *	  withdraw it
 *	provider_id: whose invitation; NULL for the provider's own, the homeowner
 *	  names one
 *	expected_amount: to accept an offer, the amount that my_invites() showed;
 *	  NULL accepts whatever is offered by now
 *	expected_version: version of the job
 *	idempotency_key
 * returns: a row
 *	job_id
 *	provider_id: whose invitation
 *	invite_id: the invitation
 *	invite_status: accepted, rejected or withdrawn
 *	amount: of an offer, in minor units; NULL for an invitation to bid
 *	currency: of the amount
 *	bid_id: the bid that was made of an offer; NULL for none
 *	job_status: open, or awarded
 *	escrow_status: created, of an offer that was accepted; NULL for none
 *	version: version of the job
 *	replayed
 * errors:
 *	WD402 WD401
 *	42501: the caller is neither an active homeowner nor a verified
 *	  provider, it is another's invitation or job, or the homeowner would
 *	  accept their own
 *	22004
 *	22023: to accept an offer, the provider fails a gate, which the detail
 *	  names, or the milestones do not divide the amount
 *	P0002: no such job or invitation, or one the caller may not see
 *	WD104
 *	WD103: a row is not in the expected version, or the offer is for another
 *	  amount than expected_amount, the detail says which
 *	WD101: it was answered, and is no invitation to bid that the homeowner
 *	  withdraws; or the job is not open
 *	WD102: its time is over, or that for bids
 *	23505: to accept an offer, the provider has a live bid on the job
 *	  (bids_live_key)
 * example: provider_1, deck offered
 *	SELECT invite_status, amount, job_status, escrow_status
 *	  FROM dwello.answer_invite(job_id => 'de000000-0000-7000-8000-000000000013', accept => true);
 */
CREATE OR REPLACE FUNCTION dwello.answer_invite(
  INOUT job_id uuid,
  accept boolean,
  INOUT provider_id uuid DEFAULT NULL,
  expected_amount bigint DEFAULT NULL,
  expected_version integer DEFAULT NULL,
  idempotency_key text DEFAULT NULL,
  OUT invite_id uuid,
  OUT invite_status dwello.offer_status,
  OUT amount bigint,
  OUT currency text,
  OUT bid_id uuid,
  OUT job_status dwello.job_status,
  OUT escrow_status dwello.escrow_status,
  OUT version integer,
  OUT replayed boolean
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_answer_invite';
GRANT EXECUTE ON FUNCTION dwello.answer_invite
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.answer_invite IS
  'Accepts or declines an invitation, or withdraws it. Errors: WD402, WD401, 42501, 22004, 22023, P0002, WD104, WD103, WD101, WD102, 23505. See reference.md#answer_invite.';

/*
 * my_invites
 *	Lists the caller's invitations to open jobs, newest first, with all
 *	that a bidder may know of each job. Those that were withdrawn are left
 *	out.
 *
 * role: app, admin
 * args:
 *	after_id: the last invitation of the page before; NULL for the first
 *	  page
 *	max_results: 1 to 200
 * returns: rows, one an invitation
 *	invite_id: the invitation
 *	invite_status: pending, accepted, rejected, expired or countered
 *	message: the homeowner's words; NULL if none
 *	amount: what they offer for the job, in minor units; NULL for an
 *	  invitation to bid
 *	timeline_days: days of work that go with it; NULL if not said
 *	invited_at: when it was made
 *	answer_by: until when an offer can be accepted; NULL for an invitation
 *	  to bid
 *	job_id
 *	category_id: its category
 *	title: its title
 *	description: its description
 *	budget_min: in minor units; NULL if not said
 *	budget_max: in minor units; NULL if not said
 *	currency: of the job
 *	urgency: low, medium, high or urgent
 *	is_emergency: it cannot wait
 *	preferred_start_date: NULL if not said
 *	preferred_end_date: NULL if not said
 *	estimated_duration_hours: NULL if not said
 *	materials_provided: the homeowner has the materials
 *	materials_description: NULL if not said
 *	expected_materials: in minor units; NULL if not said
 *	special_requirements: NULL if none
 *	photos: addresses of pictures
 *	bid_mode: what bidders see of each other
 *	scoring_method: how bids are scored
 *	is_invite_only: only who is invited sees the job
 *	terms_version: version of what bidders price
 *	expires_at: until when the job takes bids
 *	longitude: of the place, rounded to 0.01 degree
 *	latitude: likewise
 *	requirements: as in post_job()
 *	milestones: as in post_job()
 * errors:
 *	WD402 WD401
 *	42501: the caller is no provider
 *	22023: max_results is not from 1 to 200
 * example: provider_1, deck to be bid for
 *	SELECT invite_status, title, budget_max, currency, requirements FROM dwello.my_invites();
 */
CREATE OR REPLACE FUNCTION dwello.my_invites(
  after_id uuid DEFAULT NULL,
  max_results integer DEFAULT 20,
  OUT invite_id uuid,
  OUT invite_status dwello.offer_status,
  OUT message text,
  OUT amount bigint,
  OUT timeline_days integer,
  OUT invited_at timestamptz,
  OUT answer_by timestamptz,
  OUT job_id uuid,
  OUT category_id uuid,
  OUT title text,
  OUT description text,
  OUT budget_min bigint,
  OUT budget_max bigint,
  OUT currency text,
  OUT urgency dwello.urgency,
  OUT is_emergency boolean,
  OUT preferred_start_date date,
  OUT preferred_end_date date,
  OUT estimated_duration_hours integer,
  OUT materials_provided boolean,
  OUT materials_description text,
  OUT expected_materials bigint,
  OUT special_requirements text,
  OUT photos text[],
  OUT bid_mode dwello.bid_mode,
  OUT scoring_method dwello.scoring_method,
  OUT is_invite_only boolean,
  OUT terms_version integer,
  OUT expires_at timestamptz,
  OUT longitude double precision,
  OUT latitude double precision,
  OUT requirements jsonb,
  OUT milestones jsonb
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 20
AS 'MODULE_PATHNAME', 'dwello_my_invites';
GRANT EXECUTE ON FUNCTION dwello.my_invites
  TO dwello_app, dwello_admin;
COMMENT ON FUNCTION dwello.my_invites IS
  'Lists the caller''s invitations to open jobs, newest first, with all that a bidder may know of each job. Errors: WD402, WD401, 42501, 22023. See reference.md#my_invites.';

/*
 * expire_bids
 *	Ends bids, awards and offers whose time is over. Awards that were not
 *	confirmed by confirm_by lapse: that bid expires as not_confirmed; the
 *	best one that was not selected and is eligible now is accepted with a
 *	confirm_by of its own, event bid_reoffered; where there is none, the
 *	job is open again, event job_reopened, or, past its expires_at,
 *	cancelled as expired, event job_expired. Pending bids past their
 *	expires_at expire, and so do offers: to a side of a bid, and of a job
 *	to a provider (hire_provider()). Bids that could not take
 *	over stay rejected, and their providers may bid again.
 *
 *	To be called again until it finds nothing; any number of workers may
 *	call it at once, for jobs that are locked are left to a later call.
 *
 * role: service
 * args:
 *	max_rows: awards, bids and offers together at most, 1 to 10000
 * returns: a row
 *	expired: bids that expired
 *	lapsed: awards that lapsed
 *	offers: counter-offers, and offers of a job to a provider, that expired
 * errors:
 *	WD402 WD401
 *	42501: the caller is not the system
 *	22004
 *	22023: max_rows is not from 1 to 10000
 * example: system, a month later
 *	SELECT expired, lapsed FROM dwello.expire_bids(max_rows => 100);
 */
CREATE OR REPLACE FUNCTION dwello.expire_bids(
  max_rows integer DEFAULT 1000,
  OUT expired integer,
  OUT lapsed integer,
  OUT offers integer
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_expire_bids';
GRANT EXECUTE ON FUNCTION dwello.expire_bids
  TO dwello_service;
COMMENT ON FUNCTION dwello.expire_bids IS
  'Ends bids, awards and offers whose time is over. Errors: WD402, WD401, 42501, 22004, 22023. See reference.md#expire_bids.';

/*
 * expire_contracts
 *	Ends contracts for which nothing was paid in time, without blame. Past
 *	jobs.fund_by, and when no payment is under way, the bid expires as
 *	not_funded, the escrow is cancelled, the milestones are the plan that
 *	was posted, and the job is open again (job_reopened) or, past its
 *	expires_at, expired (job_expired). Both sides are told
 *	(contract_lapsed). Before that every call treats the contract as over.
 *
 *	To be called again until it finds nothing; any number of workers may
 *	call it at once, for jobs that are locked are left to a later call.
 *
 * role: service
 * args:
 *	max_rows: contracts at most, 1 to 10000
 * returns: how many lapsed
 * errors:
 *	WD402 WD401
 *	42501: the caller is not the system
 *	22004
 *	22023: max_rows is not from 1 to 10000
 * example: system, a month later
 *	SELECT lapsed FROM dwello.expire_contracts(max_rows => 100) AS lapsed;
 */
CREATE OR REPLACE FUNCTION dwello.expire_contracts(
  max_rows integer DEFAULT 1000
)
RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_expire_contracts';
GRANT EXECUTE ON FUNCTION dwello.expire_contracts
  TO dwello_service;
COMMENT ON FUNCTION dwello.expire_contracts IS
  'Ends contracts for which nothing was paid in time, without blame. Errors: WD402, WD401, 42501, 22004, 22023. See reference.md#expire_contracts.';

-- ----------------------------------------------------------------------
-- The state machine as rows.
-- ----------------------------------------------------------------------

/*
 * bid_transitions
 *	Lists every move of the state machine of a bid, a row for each rule
 *	and actor. Needs no identity.
 *
 * role: app, service, support, analyst, admin
 * args: none
 * returns: rows, one a rule and actor
 *	state: the state before; NULL where the bid is made
 *	event: the command that does it, or a bare verb for what happens
 *	  inside another
 *	actor: homeowner, service_provider, admin, support or system
 *	next_state: the state after
 *	guard: what else must hold, in words; NULL for nothing
 * example: homeowner
 *	SELECT t.* FROM dwello.bid_transitions() AS t WHERE t.state = 'rejected';
 */
CREATE OR REPLACE FUNCTION dwello.bid_transitions(
  OUT state text,
  OUT event text,
  OUT actor text,
  OUT next_state text,
  OUT guard text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE ROWS 100
AS 'MODULE_PATHNAME', 'dwello_bid_transitions';
GRANT EXECUTE ON FUNCTION dwello.bid_transitions
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.bid_transitions IS
  'Lists every move of the state machine of a bid, a row for each rule and actor. See reference.md#bid_transitions.';

/*
 * offer_transitions
 *	Lists every move of the state machine of an offer, a row for each rule
 *	and actor: of a counter-offer, a change order or an invitation. Needs
 *	no identity.
 *
 * role: app, service, support, analyst, admin
 * args: none
 * returns: rows, one a rule and actor
 *	state: the state before; NULL where the offer is made
 *	event: a bare verb: what happens inside a command
 *	actor: homeowner, service_provider, admin, support or system
 *	next_state: the state after
 *	guard: what else must hold, in words; NULL for nothing
 * example: homeowner
 *	SELECT t.* FROM dwello.offer_transitions() AS t WHERE t.event = 'withdraw';
 */
CREATE OR REPLACE FUNCTION dwello.offer_transitions(
  OUT state text,
  OUT event text,
  OUT actor text,
  OUT next_state text,
  OUT guard text
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL SAFE ROWS 100
AS 'MODULE_PATHNAME', 'dwello_offer_transitions';
GRANT EXECUTE ON FUNCTION dwello.offer_transitions
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.offer_transitions IS
  'Lists every move of the state machine of an offer, a row for each rule and actor: of a counter-offer, a change order or an invitation. See reference.md#offer_transitions.';
