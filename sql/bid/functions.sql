/*
 * Bids: offered, scored, accepted.
 */

-- ----------------------------------------------------------------------
-- The life of a bid: offered, revised, accepted, confirmed, ended.
-- ----------------------------------------------------------------------

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
'Bids on an open job; for an active and verified provider. The bid is scored once, against what was frozen when the job was published, and never against other bids. Arguments: job_id; labor_cost and materials_cost in minor units, bid_amount is their sum; timeline_days, NULL for none offered; warranty_months; materials_included, false when the homeowner is to buy them (materials_cost must then be 0); materials, [{"item_name", "store_name", "quantity", "unit_price", "store_url"}], up to 200 lines, a line''s total is half-even(quantity × unit_price), quantities have up to six decimals; description and special_terms, up to 20000 characters; currency, NULL for the job''s; expires_at, NULL for bid_expiry_days from now; terms_version that was priced, NULL for the present one; bid_id, NULL for a fresh one. Returns the bid with status (pending), score from 0 to 100 (NULL when not eligible), eligible, reasons (BID_NOT_LIVE, STALE_TERMS, PROVIDER_INACTIVE, CURRENCY, REQUIREMENT_MISSING, OUTSIDE_RADIUS, NO_PLACE, BELOW_MINIMUM: such a bid is kept, and cannot be accepted while a reason stands), flags (INCONSISTENT_TOTAL for lines that do not add up to materials_cost; those that depend on other bids in open mode only; NULL when there is none to show), version of the bid and replayed. Errors: WD402, WD401, 42501 the caller is no active, verified provider; 22004; 22001; 22003; 22023 money that is negative or zero, materials of another shape, infinite times; P0002 no such job, or one the caller may not see; 42501 his own job; WD104; WD103 older terms; WD102 the time for bids is over; WD101 the job is not open; WD201 another currency; 22023 expires_at is not in the future; 22003 the price with the materials overflows; 23505 the caller has a live bid on the job (bids_live_key), or the id is taken (bids_pkey).';

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
'Replaces all that a pending bid offers; for its bidder. What is left out is not kept but takes its default. The bid is scored anew, from what is known today and for the job''s present terms; earlier versions stay in bid_versions. Among bids that are otherwise equal it counts as submitted now. Arguments: job_id; bid_id; the offer and expires_at, terms_version as in submit_bid, money in minor units of the job''s currency; expected_version of the bid. Returns the bid as submit_bid does, bid_version one higher. Errors: WD402, WD401, 42501 the caller is no active, verified provider; 22004; 22001; 22003; 22023 as in submit_bid; P0002 no such job or bid, or one the caller may not see; 42501 another provider''s bid; WD104; WD103 the bid has another version, or the job other terms; WD101 the bid is not pending; WD102 the bid or the job has expired, marked or not; 22023 expires_at is not in the future; 22003 the price with the materials overflows.';

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
'Lets a pending bid stand for the job''s present terms after an edit of the job has raised terms_version; for its bidder. The offer stays as it is, expires_at too; it becomes a new version with a score of today. Arguments: job_id; bid_id; terms_version that the bidder has read, NULL for the present one; expected_version of the bid. Returns the bid as submit_bid does; for a bid that stands for the present terms already nothing is done and replayed is true. Errors: WD402, WD401, 42501 the caller is no active, verified provider; 22004; P0002 no such job or bid, or one the caller may not see; 42501 another provider''s bid; WD104; WD103 the bid has another version, or the job other terms; WD101 the bid is not pending; WD102 the bid or the job has expired, marked or not; 22003 the price with the materials overflows.';

CREATE OR REPLACE FUNCTION dwello.accept_bid(
  INOUT job_id uuid,
  INOUT bid_id uuid,
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
'Accepts an eligible bid and rejects the others as not_selected; for the job''s homeowner. The job is awarded, no longer listed, and the bidder has until confirm_by (the job''s timer, else the setting award_confirm_hours) to confirm. Arguments: job_id; bid_id; expected_version of the job. Returns the job''s and the bid''s status, bid_amount in minor units of currency, confirm_by and the job''s version. Errors: WD402, WD401, 42501 the caller is no active homeowner; 22004; P0002 no such job or bid; WD104; WD103; WD101 the job is not open, or the bid not pending; WD102 the job''s time is over; 22023 the bid fails a gate, the detail has the reasons (a bid past its own expires_at has BID_NOT_LIVE, marked as expired or not).';

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
'Confirms an award: the escrow opens with the fee schedule of that day, the milestones are fitted to the amount, and the provider sees the exact place. For the provider whose bid was accepted. Arguments: job_id; bid_id, NULL for the accepted bid; expected_version of the job. Returns job_status (awarded), escrow_status (created), the contract''s amount in minor units of currency, fee_schedule_id and the job''s version. Errors: WD402, WD401, 42501 the caller is no active provider; 22004; P0002 no such job, or a bid the caller may not see; 42501 another provider has the award; WD104; WD103; WD101 the job is not awarded, the bid not accepted, or the award confirmed already; WD102 confirm_by has passed; 22023 there are more milestones than money to share.';

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
'Takes a bid back; for its bidder. A pending bid is withdrawn, and he may bid again. An accepted one can be withdrawn until the award is confirmed, and then the award lapses: the best bid that was not selected and is eligible now takes it over with a confirm_by of its own; where there is none, the job is open again or, past its expires_at, cancelled as expired. Arguments: job_id; bid_id; reason, up to 2000 characters, told to the homeowner (member note of event bid_withdrawn) and not kept with the bid; expected_version of the bid. Returns job_status and bid_status (withdrawn) afterwards and the bid''s version. Errors: WD402, WD401, 42501 the caller is no active provider; 22004; 22001; P0002 no such job or bid, or one the caller may not see; 42501 another provider''s bid; WD104; WD103; WD101 the bid is neither pending nor accepted, or the award is confirmed; WD102 the bid, the job or the time to confirm has expired, marked or not.';

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
'Declines a pending bid; for the job''s homeowner. Its provider may bid again. Arguments: job_id; bid_id; reason, up to 2000 characters, told to the bidder (member note of event bid_rejected) and not kept with the bid; expected_version of the bid. Returns job_status, bid_status (rejected; the bid''s reason is declined) and the bid''s version. Errors: WD402, WD401, 42501 the caller is no active homeowner; 22004; 22001; P0002 no such job or bid, or a job the caller may not see; 42501 another''s job; WD104; WD103; WD101 the bid is not pending; WD102 the bid or the job has expired, marked or not.';

CREATE OR REPLACE FUNCTION dwello.expire_bids(
  max_rows integer DEFAULT 1000,
  OUT expired integer,
  OUT lapsed integer
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_expire_bids';
GRANT EXECUTE ON FUNCTION dwello.expire_bids
  TO dwello_service;
COMMENT ON FUNCTION dwello.expire_bids IS
'Marks what is over: awards that were not confirmed by confirm_by lapse (that bid expires as not_confirmed; the best one that was not selected and is eligible now is accepted with a confirm_by of its own, event bid_reoffered; where there is none, the job is open again, event job_reopened, or, past its expires_at, cancelled as expired, event job_expired), and pending bids past their expires_at expire. Bids that could not take over stay rejected, and their providers may bid again. A service command, to be called again until it finds nothing; any number of workers may call it at once, for jobs that are locked are left to a later call. Arguments: max_rows, how many awards and bids together at most. Returns the numbers of bids expired and awards lapsed. Errors: WD402, WD401, 42501 the caller is not the system; 22004; 22023 max_rows is not positive.';

-- ----------------------------------------------------------------------
-- The state machine as rows.
-- ----------------------------------------------------------------------

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
'Lists every move of the state machine of a bid, a row for each rule and actor: state (NULL where the bid is made), event (the command that does it, or a bare verb for what happens inside another), actor (homeowner, service_provider, admin, support or system), next_state, guard (what else must hold, in words; NULL for nothing). No arguments, no errors, no identity needed.';

-- ----------------------------------------------------------------------
-- How bids stand: scores, ranks and the reasons for them.
-- ----------------------------------------------------------------------

CREATE OR REPLACE FUNCTION dwello.score_bid(
  job_id uuid,
  bid_id uuid,
  OUT score numeric,
  OUT total bigint,
  OUT eligible boolean,
  OUT reasons text[]
)
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_score_bid';
GRANT EXECUTE ON FUNCTION dwello.score_bid
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.score_bid IS
'The score of one bid: its stored total, and the gates it fails now. For the job''s homeowner, the bidder, support, administrators and the system; in open mode for every active provider. Arguments: job_id; bid_id. Returns score, from 0 to 100, half-even to two decimals; total, unclamped, in millionths of a point; eligible; reasons, the codes of failed gates. score and total are NULL when not eligible, score also where a total is no sum of points (method meat, or no reference to measure a price by). Errors: WD402, WD401; 22004; P0002 no such job or bid, or none that the caller may see.';

CREATE OR REPLACE FUNCTION dwello.rank_bids(
  job_id uuid,
  OUT rank integer,
  OUT bid_id uuid,
  OUT provider_id uuid,
  OUT bid_amount bigint,
  OUT currency text,
  OUT score numeric,
  OUT total bigint,
  OUT eligible boolean,
  OUT reasons text[],
  OUT flags text[]
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 10
AS 'MODULE_PATHNAME', 'dwello_rank_bids';
GRANT EXECUTE ON FUNCTION dwello.rank_bids
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.rank_bids IS
'The bids of a job, best first: by total, then the lower comparable price, the earlier submission, the id; bids that are not eligible come last, by submission. The homeowner, support, administrators and the system see all of them, and so does every active provider in open mode; in the other modes a provider sees his own, with its rank in rank_only. Argument: job_id. Returns rank, bid_id, provider_id, bid_amount in minor units of currency, score, total (as score_bid), eligible, reasons, and flags: ABNORMALLY_LOW, IDENTICAL_PRICE, SINGLE_BID, INCONSISTENT_TOTAL; to a provider outside open mode only the last, NULL when there is none. Errors: WD402, WD401; 22004; P0002 no such job, or none that the caller may see.';

CREATE OR REPLACE FUNCTION dwello.explain_bid(
  job_id uuid,
  bid_id uuid,
  OUT criterion text,
  OUT raw text,
  OUT utility integer,
  OUT weight_bps integer,
  OUT points numeric,
  OUT dollars bigint,
  OUT gap_to_leader numeric,
  OUT amount_to_lead bigint
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 8
AS 'MODULE_PATHNAME', 'dwello_explain_bid';
GRANT EXECUTE ON FUNCTION dwello.explain_bid
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.explain_bid IS
'How the score of a bid comes about: a row for each of price, rating, reliability, timeline, warranty, distance, qualification, responsiveness. Visible as score_bid is. The inputs are those stored with the bid; only the gates are asked anew. Arguments: job_id; bid_id. Returns criterion; raw, the input in words; utility in millionths; weight_bps, basis points; points with six decimals, which sum exactly to total / 10^6; dollars, what the points are worth in minor units, NULL where the price has no weight or nothing to be measured by; gap_to_leader in points, the same on each row, NULL for a provider outside open mode; amount_to_lead, in open mode the highest bid_amount at which the bid would rank before the best of the others, NULL when there is none. points, dollars, gap_to_leader and amount_to_lead are NULL for a bid that is not eligible. Errors: WD402, WD401; 22004; P0002 no such job or bid, or none that the caller may see.';
