/*
 * What a bid is worth.
 */

-- ----------------------------------------------------------------------
-- How bids stand: scores, ranks and the reasons for them.
-- ----------------------------------------------------------------------

/*
 * score_bid
 *	The score of one bid: its stored total, in open mode that of the
 *	amount which rank_bids() shows the caller, and the gates it fails now.
 *	For the job's homeowner, the bidder, support, administrators and the
 *	system; in open mode for every active provider.
 *
 * role: app, service, support, admin
 * args:
 *	job_id
 *	bid_id
 * returns: a row
 *	score: from 0 to 100, half-even to two decimals; NULL when not
 *	  eligible, or where a total is no sum of points (method meat, or no
 *	  reference to measure a price by)
 *	total: unclamped, in millionths of a point; NULL when not eligible
 *	eligible: the bid passes every gate
 *	reasons: codes of failed gates
 * errors:
 *	WD402 WD401 22004
 *	P0002: no such job or bid, or none that the caller may see
 * example: homeowner
 *	SELECT score, total, eligible
 *	  FROM dwello.score_bid(job_id => 'de000000-0000-7000-8000-000000000011',
 *	    bid_id => 'de000000-0000-7000-8000-000000000021');
 */
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
  'The score of one bid: its stored total, in open mode that of the amount which rank_bids() shows the caller, and the gates it fails now. Errors: WD402, WD401, 22004, P0002. See reference.md#score_bid.';

/*
 * rank_bids
 *	The bids of a job, best first. They are ordered by total, then the
 *	lower comparable price, the earlier submission, the id; bids that are
 *	not eligible come last, by submission.
 *
 *	The homeowner, support, administrators and the system see all of them,
 *	and so does every active provider in open mode; in the other modes a
 *	provider sees the own one, in rank_only with the third in which it
 *	stood when refresh_ranks() looked last.
 *
 *	In open mode bids may undercut by themselves, down to an amount that
 *	their bidder alone knows. The one that scores best at its lowest amount
 *	wins, and asks for the highest amount at which it still ranks before the
 *	best of the others at theirs; all others ask for what they offered. Score
 *	and total are at the amount shown.
 *
 *	To the homeowner, support, administrators and the system, that is; a
 *	provider is shown what all have offered, as if none undercut, and the bid
 *	of another that has the award only once it is confirmed, so that nobody
 *	finds by trying how low their rivals go. In a transaction that has
 *	written a bid on the job all ask for what they offered, but for the
 *	system.
 *
 * role: app, service, support, admin
 * args:
 *	job_id
 * returns: rows, one a bid
 *	rank: place, from 1; NULL for a provider outside open mode
 *	bid_id
 *	provider_id: the bidder
 *	bid_amount: in minor units: to the homeowner what accept_bid() would
 *	  award the job for, its expected_amount; to a provider what was offered
 *	currency
 *	score: as of score_bid()
 *	total: as of score_bid()
 *	eligible: the bid passes every gate
 *	reasons: codes of failed gates
 *	flags: ABNORMALLY_LOW, IDENTICAL_PRICE, SINGLE_BID,
 *	  INCONSISTENT_TOTAL; to a provider outside open mode only the last,
 *	  NULL when there is none
 *	third: to the bidder in rank_only: 1 when the bid is in the best third
 *	  of the eligible ones, 2, or 3; at most rank_refresh_hours old, NULL
 *	  until the first look and while it is not eligible
 * errors:
 *	WD402 WD401 22004
 *	P0002: no such job, or none that the caller may see
 * example: homeowner
 *	SELECT rank, provider_id, bid_amount, score, flags
 *	  FROM dwello.rank_bids(job_id => 'de000000-0000-7000-8000-000000000011');
 */
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
  OUT flags text[],
  OUT third integer
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 10
AS 'MODULE_PATHNAME', 'dwello_rank_bids';
GRANT EXECUTE ON FUNCTION dwello.rank_bids
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.rank_bids IS
  'The bids of a job, best first. Errors: WD402, WD401, 22004, P0002. See reference.md#rank_bids.';

/*
 * award_robustness
 *	How much the choice among a job's bids depends on the weights of its
 *	criteria: how many weightings each eligible bid would win, of all ways to
 *	share the weight among the criteria in steps of 20 %, and the least weight
 *	that makes another bid win when it is moved from one criterion to another.
 *
 *	Visible as rank_bids() is; a provider outside open mode has the own bid
 *	with all figures NULL. Methods fixed_budget_quality and meat share the
 *	weight among all criteria but the price; lowest_price has one weighting.
 *	In open mode bids are taken at the amounts that rank_bids() shows the
 *	caller.
 *
 * role: app, service, support, admin
 * args:
 *	job_id
 * returns: rows, one a bid, by rank
 *	rank: as of rank_bids()
 *	bid_id
 *	provider_id: the bidder
 *	wins: weightings that it wins; NULL when not eligible
 *	weightings: how many there are: 792, 462 or 1
 *	share: wins / weightings, half-even to six decimals; NULL when not
 *	  eligible
 *	flip_from: the same on each row: the criterion whose weight is lowered;
 *	  NULL when no such change makes another bid win
 *	flip_to: the criterion whose weight is raised by as much
 *	flip_bps: basis points that are moved; the fewer, the closer the choice
 *	flip_bid_id: the bid that then wins
 * errors:
 *	WD402 WD401 22004
 *	P0002: no such job, or none that the caller may see
 * example: homeowner
 *	SELECT rank, wins, weightings, share, flip_from, flip_to, flip_bps
 *	  FROM dwello.award_robustness(job_id => 'de000000-0000-7000-8000-000000000011');
 */
CREATE OR REPLACE FUNCTION dwello.award_robustness(
  job_id uuid,
  OUT rank integer,
  OUT bid_id uuid,
  OUT provider_id uuid,
  OUT wins integer,
  OUT weightings integer,
  OUT share numeric,
  OUT flip_from text,
  OUT flip_to text,
  OUT flip_bps integer,
  OUT flip_bid_id uuid
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 10
AS 'MODULE_PATHNAME', 'dwello_award_robustness';
GRANT EXECUTE ON FUNCTION dwello.award_robustness
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.award_robustness IS
  'How much the choice among a job''s bids depends on the weights of its criteria: how many weightings each eligible bid would win, of all ways to share the weight among the criteria in steps of 20 %, and the least weight that makes another bid win when it is moved from one criterion to another. Errors: WD402, WD401, 22004, P0002. See reference.md#award_robustness.';

/*
 * refresh_ranks
 *	Looks at the ranks that bidders of jobs in mode rank_only are told of:
 *	each bid gets the third of the eligible ones in which it stands, all
 *	bids of a job at once, and not again within rank_refresh_hours. So no
 *	bid tells by its own rank what a rival asks for.
 *
 *	To be called again until it finds nothing; any number of workers may
 *	call it at once, for jobs that are locked are left to a later call.
 *
 * role: service
 * args:
 *	max_rows: bids that are due, at most, 1 to 10000; the other bids of
 *	  their jobs are looked at with them
 * returns: a row
 *	jobs: jobs that were looked at
 *	bids: live bids on them
 * errors:
 *	WD402 WD401
 *	42501: the caller is not the system
 *	22004
 *	22023: max_rows is not from 1 to 10000
 * example: system
 *	SELECT jobs, bids FROM dwello.refresh_ranks(max_rows => 100);
 */
CREATE OR REPLACE FUNCTION dwello.refresh_ranks(
  max_rows integer DEFAULT 1000,
  OUT jobs integer,
  OUT bids integer
)
LANGUAGE c VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS 'MODULE_PATHNAME', 'dwello_refresh_ranks';
GRANT EXECUTE ON FUNCTION dwello.refresh_ranks
  TO dwello_service;
COMMENT ON FUNCTION dwello.refresh_ranks IS
  'Looks at the ranks that bidders of jobs in mode rank_only are told of: each bid gets the third of the eligible ones in which it stands, all bids of a job at once, and not again within rank_refresh_hours. Errors: WD402, WD401, 42501, 22004, 22023. See reference.md#refresh_ranks.';

/*
 * explain_bid
 *	How the score of a bid comes about, a row for each criterion. Visible
 *	as score_bid() is. The inputs are those stored with the bid; only the
 *	gates are asked anew. points, amount, gap_to_leader and
 *	amount_to_lead are NULL for a bid that is not eligible.
 *
 * role: app, service, support, admin
 * args:
 *	job_id
 *	bid_id
 * returns: rows, one each for price, rating, reliability, timeline, warranty, distance, qualification and responsiveness
 *	criterion: the criterion
 *	raw: the input in words
 *	utility: in millionths
 *	weight_bps: basis points
 *	points: six decimals, which sum exactly to total / 10^6
 *	amount: what the points are worth in minor units of the job's currency;
 *	  NULL where the price has no weight or nothing to be measured by
 *	gap_to_leader: in points, the same on each row; NULL for a provider
 *	  outside open mode
 *	amount_to_lead: in open mode the highest bid_amount at which the bid
 *	  would rank before the best of the others at what rank_bids() shows of
 *	  it, which may undercut it again; NULL when there is none
 * errors:
 *	WD402 WD401 22004
 *	P0002: no such job or bid, or none that the caller may see
 * example: homeowner
 *	SELECT criterion, raw, weight_bps, points
 *	  FROM dwello.explain_bid(job_id => 'de000000-0000-7000-8000-000000000011',
 *	    bid_id => 'de000000-0000-7000-8000-000000000021');
 */
CREATE OR REPLACE FUNCTION dwello.explain_bid(
  job_id uuid,
  bid_id uuid,
  OUT criterion text,
  OUT raw text,
  OUT utility integer,
  OUT weight_bps integer,
  OUT points numeric,
  OUT amount bigint,
  OUT gap_to_leader numeric,
  OUT amount_to_lead bigint
)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED SECURITY DEFINER ROWS 8
AS 'MODULE_PATHNAME', 'dwello_explain_bid';
GRANT EXECUTE ON FUNCTION dwello.explain_bid
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
COMMENT ON FUNCTION dwello.explain_bid IS
  'How the score of a bid comes about, a row for each criterion. Errors: WD402, WD401, 22004, P0002. See reference.md#explain_bid.';
