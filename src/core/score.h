/*
 * score.h
 *		What a bid is worth to the homeowner, in millionths of a point.
 *
 * The score of a bid depends on the job as it was published and on the
 * bid's own inputs, never on the other bids: taking one away cannot change
 * the order of the rest.  It is linear in money against the reference R of
 * the job.  All arithmetic is in integers, so every machine agrees, and the
 * points of the criteria sum exactly to the total.
 *
 * With L = floor(R / 2), H = L + R and p' = max(p, L):
 *		price points = floor(w_price * (H - p') * 10000 / (H - L))
 *		any other    = floor(w_k * u_k / 100),  0 <= u_k <= 1000000
 */
#ifndef DW_SCORE_H
#define DW_SCORE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/result.h"
#include "core/stats.h"

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
	int64_t		distance;		/* 1/10000 mile, or DW_SCORE_UNKNOWN */
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
extern bool dw_score_dollars(const DwScoreJob *job, int64_t points,
							 int64_t *dollars);

/* The word of a criterion, and back: false for none of them. */
extern const char *dw_criterion_label(DwCriterion criterion);
extern bool dw_criterion_parse(const char *label, DwCriterion *criterion);

/* The label of enum dwello.scoring_method, and back. */
extern const char *dw_scoring_method_label(DwScoringMethod method);
extern bool dw_scoring_method_parse(const char *label,
									DwScoringMethod *method);

#endif							/* DW_SCORE_H */
