/*
 * score.h
 *		What a bid is worth to the homeowner, and in what order bids stand.
 */
#ifndef DW_SCORE_H
#define DW_SCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/base.h"

/*
 * What a provider's past counts for today.
 *
 * Sums are kept as of a day, in millionths, and lose half their weight in
 * 365 days; they are brought forward when read or added to.  Ages are whole
 * days, 0 ... 3650; what is older counts nothing, what lies ahead counts in
 * full.  Integers only, so every machine comes to the same numbers.
 */

#define DW_STATS_ONE		INT64_C(1000000)	/* one event of today */
#define DW_STATS_MAX_DAYS	3650	/* the age that still counts */
#define DW_STATS_MAX_WEIGHT	INT64_C(1000000000000)	/* of any sum */

/* How fast the past fades. */
typedef enum DwDecay
{
	DW_DECAY_STATS,				/* half-life 365 days */
	DW_DECAY_MARKET,			/* half-life 180 days */
	DW_DECAY_COUNT
} DwDecay;

/* provider_stats: every sum in millionths, each event weighed by its age. */
typedef struct DwStats
{
	int64_t		rating_weight;	/* sum of w, one w a review */
	int64_t		rating_sum;		/* sum of w * x, x = (stars - 1) / 4 */
	int64_t		rating_square;	/* sum of w * x * x */
	int64_t		completed;		/* sum of w over jobs completed */
	int64_t		awarded;		/* sum of w over jobs awarded */
} DwStats;

/* The weight, in millionths, of what happened so many days ago. */
extern int64_t dw_decay_weight(DwDecay decay, int64_t days);

/* Brings every sum forward by so many days (none when days <= 0). */
extern void dw_stats_decay(DwStats *stats, int64_t days);

/*
 * Add one event of the day the sums are of.  A rating has 1 ... 5 stars,
 * else DW_BAD_VALUE; a sum past DW_STATS_MAX_WEIGHT is DW_OVERFLOW.  Or take
 * an award of so many days ago out again, with the weight it has now.
 */
extern DwResult dw_stats_add_rating(DwStats *stats, int stars);
extern DwResult dw_stats_add_award(DwStats *stats);
extern DwResult dw_stats_add_completion(DwStats *stats);
extern void dw_stats_take_award(DwStats *stats, int64_t days);

/* True for sums that events and decay can come to. */
extern bool dw_stats_valid(const DwStats *stats);

/* Utilities of valid sums, 0 ... 1000000: score.c has the formulas. */
extern int64_t dw_stats_rating(const DwStats *stats);
extern int64_t dw_stats_reliability(const DwStats *stats);

/*
 * The mean of the stars in hundredths, 100 ... 500, rounded half-even; what
 * is recent counts more.  DW_STATS_NO_STARS when no rating counts any more.
 */
#define DW_STATS_NO_STARS	INT64_C(-1)
extern int64_t dw_stats_stars(const DwStats *stats);

/*
 * What a bid is worth to the homeowner, in millionths of a point.
 *
 * The score of a bid depends on the job as it was published and on the
 * bid's own inputs, never on the other bids: taking one away cannot change
 * the order of the rest.  It is linear in money against the reference R of
 * the job.  All arithmetic is in integers, so every machine agrees, and the
 * points of the criteria sum exactly to the total.
 *
 * With L = floor(R / 2), H = L + R and p' = max(p, L):
 * price points = floor(w_price * (H - p') * 10000 / (H - L))
 * any other    = floor(w_k * u_k / 100),  0 <= u_k <= 1000000
 */

#define DW_SCORE_POINT		INT64_C(1000000)	/* one point of a total */
#define DW_SCORE_UNITY		INT64_C(1000000)	/* the utility of one */
#define DW_SCORE_WEIGHT		10000	/* the sum of all weights */
#define DW_SCORE_MAX_HUNDREDTHS 10000	/* the score shown at most */

/* Price points go no lower, so that no total can overflow. */
#define DW_SCORE_LEAST		(INT64_C(-4000000000000000000))

#define DW_SCORE_UNKNOWN	INT64_C(-1) /* an input that nobody gave */

/* What a bid is judged by, in the order in which it is explained. */
typedef enum DwCriterion
{
	DW_CRITERION_PRICE,
	DW_CRITERION_RATING,
	DW_CRITERION_RELIABILITY,
	DW_CRITERION_TIMELINE,
	DW_CRITERION_WARRANTY,
	DW_CRITERION_DISTANCE,
	DW_CRITERION_QUALIFICATION,
	DW_CRITERION_RESPONSIVENESS,
	DW_CRITERION_COUNT
} DwCriterion;

/* How the criteria become one number; enum dwello.scoring_method. */
typedef enum DwScoringMethod
{
	DW_SCORING_METHOD_VALUE,	/* price and quality by weight */
	DW_SCORING_METHOD_LOWEST_PRICE, /* price alone */
	DW_SCORING_METHOD_FIXED_BUDGET_QUALITY, /* quality alone */
	DW_SCORING_METHOD_MEAT,		/* price for each point of quality */
	DW_SCORING_METHOD_COUNT
} DwScoringMethod;

/* Basis points by criterion; they sum to DW_SCORE_WEIGHT. */
typedef struct DwScoreWeights
{
	int32_t		bps[DW_CRITERION_COUNT];	/* each 0 ... 10000 */
} DwScoreWeights;

/* What the terms of a job say about its scoring. */
typedef struct DwScoreJob
{
	DwScoringMethod method;		/* frozen at publish */
	DwScoreWeights weights;		/* as dw_score_weights_choose() gave them */
	int64_t		reference;		/* R in minor units; 0 = there is none */
	int64_t		estimated_hours;	/* or DW_SCORE_UNKNOWN */
} DwScoreJob;

/* What a bid asks for, as far as its price goes. */
typedef struct DwScoreOffer
{
	int64_t		bid_amount;		/* labour and materials, minor units */
	int64_t		materials_cost; /* part of the amount */
	int64_t		lines_total;	/* sum of the material lines */
	int32_t		line_count;		/* how many lines there are */
	bool		materials_included; /* else the homeowner buys them */
} DwScoreOffer;

/* The numbers stored with each version of a bid: they are all it takes. */
typedef struct DwScoreInputs
{
	int64_t		price;			/* p, comparable, minor units */
	DwStats		stats;			/* of the provider, brought to that day */
	int64_t		timeline_days;	/* offered, or DW_SCORE_UNKNOWN */
	int64_t		warranty_months;	/* offered, >= 0 */
	int64_t		distance;		/* 1/10000 mile, or DW_SCORE_UNKNOWN; the
								 * store gives whole miles */
	int64_t		optional_met;	/* weight of optional requirements met */
	int64_t		optional_all;	/* weight of all of them */
	int64_t		reply_seconds;	/* median first reply, or unknown */
} DwScoreInputs;

/* A score and how it comes about; points sum exactly to the total. */
typedef struct DwScore
{
	int64_t		utility[DW_CRITERION_COUNT];	/* millionths; the price's is
												 * below 0 above H */
	int64_t		points[DW_CRITERION_COUNT]; /* millionths of a point */
	int64_t		total;			/* millionths of a point, unclamped */
	bool		has_points;		/* false: ranked, but score is NULL */
} DwScore;

/* The built-in weights; urgent and emergency jobs pay for speed. */
extern DwScoreWeights dw_score_weights_default(bool is_urgent);

/* DW_CHECK_VIOLATION unless each is >= 0 and they sum to 10000. */
extern DwResult dw_score_weights_check(const DwScoreWeights *weights);

/*
 * The weights a method works with: lowest_price puts all on the price,
 * fixed_budget_quality scales the others to 10000 by largest remainder
 * (DW_CHECK_VIOLATION when they are all zero), value and meat keep them.
 */
extern DwResult dw_score_weights_choose(DwScoringMethod method,
										const DwScoreWeights *given,
										DwScoreWeights *chosen);

/*
 * p, what the homeowner will really spend.  expected_materials is the job's
 * or DW_SCORE_UNKNOWN.  is_inconsistent: the bid includes materials and its
 * lines, if it has any, do not add up to materials_cost.
 */
extern DwResult dw_score_price(const DwScoreOffer *offer,
							   int64_t expected_materials,
							   int64_t *price, bool *is_inconsistent);

/*
 * Scores a bid.  DW_BAD_VALUE when price < 0, or when method value has no
 * reference; DW_CHECK_VIOLATION for weights that do not sum to 10000.
 */
extern DwResult dw_bid_score(const DwScoreJob *job,
							 const DwScoreInputs *inputs, DwScore *score);

/* DwScore.has_points of every bid on the job. */
extern bool dw_score_has_points(const DwScoreJob *job);

/* The total of a bid of that price and those points for all else. */
extern int64_t dw_score_total(const DwScoreJob *job, int64_t price,
							  int64_t quality);

/* The score as shown, in hundredths: half-even, clamped to 0 ... 10000. */
extern int64_t dw_score_hundredths(int64_t total);

/*
 * What points are worth in minor units: half-even(points * (H - L) * 100 /
 * w_price), saturated; false, and nothing written, where price has no
 * weight or there is no reference.
 */
extern bool dw_score_amount(const DwScoreJob *job, int64_t points,
							int64_t *amount);

DW_LABELS_OF(criterion, DwCriterion);
DW_LABELS_OF(scoring_method, DwScoringMethod);

/*
 * Which bids may win, and in what order.
 *
 * Gates come first: a bid that fails one has no score, is ranked last and
 * says why.  The others are ordered by total; ties go to the lower price,
 * then the earlier submission of the current terms, then the id, so the
 * order is total and does not depend on how the bids arrive.  Flags inform
 * and never move a bid.
 */

#define DW_GATE_ABSENT	INT64_C(-1) /* no such number, or no limit */

/* Why a bid may not win; labels in upper case, in this order. */
typedef enum DwGate
{
	DW_GATE_BID_NOT_LIVE,		/* not to be accepted, or expired */
	DW_GATE_STALE_TERMS,		/* made for earlier terms of the job */
	DW_GATE_PROVIDER_INACTIVE,	/* suspended, deleted or not verified */
	DW_GATE_CURRENCY,			/* not the job's */
	DW_GATE_REQUIREMENT_MISSING,	/* a mandatory one is not met */
	DW_GATE_OUTSIDE_RADIUS,		/* too far from the job */
	DW_GATE_NO_PLACE,			/* the provider has no primary address */
	DW_GATE_BELOW_MINIMUM,		/* under min_bid_amount */
	DW_GATE_COUNT
} DwGate;

/* A set of gates that failed: bit 1 << DwGate; empty = eligible. */
typedef uint32_t DwGateSet;

/* What the gates ask, as of the call. */
typedef struct DwGateFacts
{
	bool		is_live;		/* pending, accepted, or not_selected */
	bool		is_active;		/* the provider's account */
	bool		is_verified;	/* the provider, as the settings want it */
	bool		is_same_currency;	/* bid and job */
	int32_t		terms_version;	/* of the bid */
	int32_t		job_terms_version;	/* of the job, now */
	int32_t		missing_requirements;	/* mandatory ones not met */
	int64_t		now;			/* microseconds, as expires_at */
	int64_t		expires_at;		/* INT64_MAX = never */
	int64_t		distance;		/* 1/10000 mile, or DW_GATE_ABSENT */
	int64_t		radius;			/* 1/10000 mile, or DW_GATE_ABSENT */
	int64_t		bid_amount;		/* minor units */
	int64_t		min_bid_amount; /* minor units; 0 = none */
} DwGateFacts;

/* What is worth a look; labels in upper case. */
typedef enum DwBidFlag
{
	DW_BID_FLAG_ABNORMALLY_LOW, /* p < 0.70 median, p < 0.75 R */
	DW_BID_FLAG_IDENTICAL_PRICE,	/* another eligible bid has the same p */
	DW_BID_FLAG_SINGLE_BID,		/* the only eligible bid */
	DW_BID_FLAG_INCONSISTENT_TOTAL, /* dw_score_price() found it */
	DW_BID_FLAG_COUNT
} DwBidFlag;

/* A set of flags: bit 1 << DwBidFlag. */
typedef uint32_t DwBidFlagSet;

/* One bid among those of its job, as ranking sees it. */
typedef struct DwRankedBid
{
	DwUuid		id;				/* of the bid */
	int64_t		bid_amount;		/* minor units */
	int64_t		price;			/* p, minor units */
	int64_t		submitted_at;	/* of the current terms, microseconds */
	int64_t		total;			/* DwScore.total; unread if not eligible */
	int64_t		quality;		/* total less price points; read where the
								 * bid's amount is another than its own */
	int64_t		lowest_amount;	/* as far as it goes by itself in open mode; 0
								 * = it stays at bid_amount */
	DwGateSet	reasons;		/* empty = eligible */
	DwBidFlagSet flags;			/* set the bid's own ones before */
	bool		needs_review;	/* abnormally low, and 35 % below the second:
								 * set by dw_rank_flag() */
	uint32_t	position;		/* the caller's: where the bid came from */
} DwRankedBid;

/* The gates a bid fails, none left out. */
extern DwGateSet dw_gate_check(const DwGateFacts *facts);

/* The reason code of a gate, and the label of a flag. */
extern const char *dw_gate_label(DwGate gate);
extern const char *dw_bid_flag_label(DwBidFlag flag);

/* Negative when a ranks before b; zero for the same bid only. */
extern int	dw_rank_compare(const DwRankedBid *a, const DwRankedBid *b);

/* Sorts the bids of one job in place: best first, ineligible last. */
extern void dw_score_rank(DwRankedBid *bids, size_t count);

/*
 * Proxy bids, in closed form: what undercutting step by step would come to.
 * The winner is the bid whose score at its lowest amount is the best, and it
 * asks for the highest amount at which it still ranks before the best of the
 * others at theirs, its bid_amount at most.
 */

/* True where a lower price can win: elsewhere a proxy bid makes no sense. */
extern bool dw_proxy_makes_sense(const DwScoreJob *job);

/*
 * Gives the winner among the eligible bids of a job the bid_amount, price and
 * total that it wins with; all others keep theirs.  Leaves their order alone:
 * dw_score_rank() then puts the winner first.
 */
extern void dw_proxy_settle(const DwScoreJob *job, DwRankedBid *bids,
							size_t count);

/*
 * The bid that takes over an award that lapsed: the best of the job's that is
 * eligible, settled like dw_proxy_settle() without those that do not count;
 * NULL when none is.  Of each bidder, bidders[position], only the
 * last bid counts: whoever let the award lapse is not asked again by an
 * earlier one.  Sorts the bids in place.
 */
extern const DwRankedBid *dw_rank_successor(const DwScoreJob *job,
											DwRankedBid *bids, size_t count,
											const DwUuid *bidders);

/*
 * Adds the flags that depend on the other bids (R = 0: none is known) and
 * leaves the bids as dw_score_rank() does.
 */
extern void dw_rank_flag(DwRankedBid *bids, size_t count,
						 int64_t reference);

/*
 * The third of count eligible bids in which the one of that place, from 1,
 * is: 1 the best, 3 the last.
 */
extern int	dw_rank_third(int64_t place, int64_t count);

/* The points, in millionths, that a bid is behind the leader: >= 0. */
extern int64_t dw_rank_gap(const DwRankedBid *leader, const DwRankedBid *bid);

/*
 * The highest bid_amount at which an eligible bid would rank before the
 * rival (the best of the others), all else as it is; not below minimum.
 * False when no amount would do, or any would.
 */
extern bool dw_rank_amount_to_lead(const DwScoreJob *job,
								   const DwRankedBid *bid,
								   const DwRankedBid *rival,
								   int64_t minimum, int64_t *amount);

/* How much a choice depends on the weights: robustness.c. */
#define DW_ROBUSTNESS_STEP	2000	/* basis points, of the lattice */

/* An eligible bid; of two with one total the one that stands first wins. */
typedef struct DwRobustBid
{
	int64_t		price;			/* p, minor units */
	int64_t		utility[DW_CRITERION_COUNT];	/* DwScore.utility */
	int			wins;			/* weightings of the lattice that it wins */
} DwRobustBid;

/* Weight that is moved from one criterion to another. */
typedef struct DwWeightShift
{
	DwCriterion from;			/* the weight is above 0 */
	DwCriterion to;				/* another */
	int32_t		bps;			/* basis points, > 0 */
	size_t		winner;			/* the place of the bid that then wins */
} DwWeightShift;

/* Counts the wins of each bid; how many weightings there are. */
extern int	dw_robustness_share(const DwScoreJob *job, DwRobustBid *bids,
								size_t count);

/* The least shift that changes the winner; false when none does. */
extern bool dw_robustness_flip(const DwScoreJob *job,
							   const DwRobustBid *bids, size_t count,
							   DwWeightShift *least);

#endif							/* DW_SCORE_H */
