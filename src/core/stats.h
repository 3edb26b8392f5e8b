/*
 * stats.h
 *		What a provider's past counts for today.
 *
 * Sums are kept as of a day, in millionths, and lose half their weight in
 * 365 days; they are brought forward when read or added to.  Ages are whole
 * days, 0 ... 3650; what is older counts nothing, what lies ahead counts in
 * full.  Integers only, so every machine comes to the same numbers.
 */
#ifndef DW_STATS_H
#define DW_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/result.h"

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
 * else DW_BAD_VALUE; a sum past DW_STATS_MAX_WEIGHT is DW_OVERFLOW.
 */
extern DwResult dw_stats_add_rating(DwStats *stats, int stars);
extern DwResult dw_stats_add_award(DwStats *stats);
extern DwResult dw_stats_add_completion(DwStats *stats);

/* True for sums that events and decay can come to. */
extern bool dw_stats_valid(const DwStats *stats);

/* Utilities of valid sums, 0 ... 1000000: stats.c has the formulas. */
extern int64_t dw_stats_rating(const DwStats *stats);
extern int64_t dw_stats_reliability(const DwStats *stats);

/*
 * The mean of the stars in hundredths, 100 ... 500, rounded half-even; what
 * is recent counts more.  DW_STATS_NO_STARS when no rating counts any more.
 */
#define DW_STATS_NO_STARS	INT64_C(-1)
extern int64_t dw_stats_stars(const DwStats *stats);

#endif							/* DW_STATS_H */
