/*
 * cancellation.h
 *		What a homeowner's cancel of a contract pays the provider.
 */
#ifndef DW_CANCELLATION_H
#define DW_CANCELLATION_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/base.h"
#include "core/escrow/escrow.h"

/*
 * A policy is a list of tiers: from so many hours before the start of the
 * work on, that share of the price of the work that is cancelled is the
 * provider's.  Before the first of them, without any, and while no start is
 * agreed on, nothing is.  Times are microseconds of any epoch.
 */

#define DW_CANCELLATION_TIERS_MAX	10
#define DW_CANCELLATION_HOURS_MAX	8760	/* a year */
#define DW_CANCELLATION_NO_START	INT64_MIN	/* none is agreed on */

/* One tier of a policy. */
typedef struct DwCancellationTier
{
	int64_t		hours_before_start; /* it holds from then on */
	int64_t		share_ppm;		/* of the price, the provider's */
} DwCancellationTier;

/* Tiers in the order of time, the nearest to the start last. */
typedef struct DwCancellationPolicy
{
	int			count;			/* of the next; 0 = nothing is ever paid */
	DwCancellationTier tiers[DW_CANCELLATION_TIERS_MAX];	/* in order */
} DwCancellationPolicy;

/*
 * Puts the tiers of an argument of that name in order, and notes what is
 * wrong with them: hours or shares out of range, two tiers of the same hours,
 * or a share that is less nearer to the start.
 */
extern void dw_cancellation_check(DwCancellationPolicy *policy,
								  const char *argument, DwArgError *error);

/* True when some cancel under the policy pays something. */
extern bool dw_cancellation_pays(const DwCancellationPolicy *policy);

/* From when on a tier holds; DW_CANCELLATION_NO_START without a start. */
extern int64_t dw_cancellation_since(const DwCancellationTier *tier,
									 int64_t starts_at);

/* The tier that holds now, and the one that comes next; NULL for none. */
extern const DwCancellationTier *
			dw_cancellation_tier(const DwCancellationPolicy *policy,
								 int64_t starts_at, int64_t now);
extern const DwCancellationTier *
			dw_cancellation_next(const DwCancellationPolicy *policy,
								 int64_t starts_at, int64_t now);

/* What a cancel comes to; minor units. */
typedef struct DwCancellation
{
	int64_t		price;			/* of the work that is cancelled */
	DwRelease	share;			/* the provider's of it; all 0 for nothing */
	int64_t		refund;			/* back to the homeowner */
	int64_t		unit;			/* in: what companies send whole; 0 = any */
} DwCancellation;

/*
 * Ends what is held of a contract: the share of the price of all work that is
 * neither paid nor given up, half-even and never more than is held, with the
 * fee as of any release; all the rest goes back, in whole units, for which
 * the share is less by a part of one.  DW_INVALID_TRANSITION:
 * nothing is held, or a part is disputed or frozen.
 */
extern DwResult dw_escrow_cancel_held(DwEscrow *escrow,
									  DwMilestone *milestones, int count,
									  int64_t share_ppm,
									  DwCancellation *out);

#endif							/* DW_CANCELLATION_H */
