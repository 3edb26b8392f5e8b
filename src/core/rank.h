/*
 * rank.h
 *		Which bids may win, and in what order.
 *
 * Gates come first: a bid that fails one has no score, is ranked last and
 * says why.  The others are ordered by total; ties go to the lower price,
 * then the earlier submission of the current terms, then the id, so the
 * order is total and does not depend on how the bids arrive.  Flags inform
 * and never move a bid.
 */
#ifndef DW_RANK_H
#define DW_RANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/score.h"
#include "core/uuid.h"

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
	int64_t		quality;		/* total less price points; only
								 * dw_rank_amount_to_lead() reads it */
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
 * Adds the flags that depend on the other bids (R = 0: none is known) and
 * leaves the bids as dw_score_rank() does.
 */
extern void dw_rank_flag(DwRankedBid *bids, size_t count,
						 int64_t reference);

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

#endif							/* DW_RANK_H */
