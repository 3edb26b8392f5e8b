/*
 * bid.h
 *		The life of a bid, and the amount that bids are measured against.
 */
#ifndef DW_BID_H
#define DW_BID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/base.h"

/*
 * The words and the life of a bid.
 */

/* Type bid_status. */
typedef enum DwBidStatus
{
	DW_BID_PENDING,				/* live, waits for the homeowner */
	DW_BID_ACCEPTED,			/* has the award; one a job */
	DW_BID_REJECTED,			/* reason says by what */
	DW_BID_WITHDRAWN,			/* by its provider */
	DW_BID_EXPIRED				/* its own or the award's deadline passed */
} DwBidStatus;

/* Why a bid is no longer live; column reason. */
typedef enum DwBidReason
{
	DW_BID_REASON_NOT_SELECTED, /* another bid was accepted */
	DW_BID_REASON_DECLINED,		/* reject_bid */
	DW_BID_REASON_JOB_CANCELLED,	/* cancel_job */
	DW_BID_REASON_JOB_EXPIRED,	/* expire_jobs */
	DW_BID_REASON_NOT_CONFIRMED,	/* the award was not confirmed in time */
	DW_BID_REASON_NOT_FUNDED,	/* the contract was not paid in time */
	DW_BID_REASON_EXPIRED,		/* past its own expires_at */
	DW_BID_REASON_WITHDRAWN		/* withdraw_bid */
} DwBidReason;

/* What can happen to a bid. */
typedef enum DwBidEvent
{
	DW_BID_EVENT_SUBMIT,		/* submit_bid, or an agent */
	DW_BID_EVENT_REVISE,		/* revise_bid */
	DW_BID_EVENT_CONFIRM_TERMS, /* confirm_bid: stands for the new terms */
	DW_BID_EVENT_COUNTER,		/* counter_bid */
	DW_BID_EVENT_AGREE,			/* answer_counter: the other amount it is */
	DW_BID_EVENT_ACCEPT,		/* accept_bid */
	DW_BID_EVENT_HIRE,			/* answer_invite: hired at an offer */
	DW_BID_EVENT_CONFIRM_AWARD, /* confirm_award */
	DW_BID_EVENT_NOT_SELECTED,	/* another bid was accepted */
	DW_BID_EVENT_REJECT,		/* reject_bid */
	DW_BID_EVENT_WITHDRAW,		/* withdraw_bid */
	DW_BID_EVENT_EXPIRE,		/* expire_bids */
	DW_BID_EVENT_LAPSE,			/* not confirmed, or not paid, in time */
	DW_BID_EVENT_REOFFER,		/* takes over a lapsed award */
	DW_BID_EVENT_JOB_CANCELLED, /* cancel_job */
	DW_BID_EVENT_JOB_EXPIRED	/* expire_jobs */
} DwBidEvent;

DW_LABELS_OF(bid_status, DwBidStatus);
DW_LABELS_OF(bid_reason, DwBidReason);

/* The state in which a reason leaves a bid: each reason belongs to one. */
extern DwBidStatus dw_bid_reason_status(DwBidReason reason);

DW_LABELS_OF(bid_event, DwBidEvent);

/* States are DwBidStatus, events are DwBidEvent. */
extern const DwMachine *dw_bid_machine(void);

/*
 * The amount a job's bids are measured against, frozen at publish.
 */

#define DW_REFERENCE_ABSENT		INT64_C(-1) /* no such number is known */

/* Where a reference comes from, best first. */
typedef enum DwReferenceSource
{
	DW_REFERENCE_NONE,			/* nothing to go by: label NULL */
	DW_REFERENCE_BUDGET_MIDPOINT,	/* both ends of the budget */
	DW_REFERENCE_BUDGET_MAX,	/* 80 % of the upper end */
	DW_REFERENCE_MARKET,		/* decayed median of winning prices */
	DW_REFERENCE_CATEGORY_DEFAULT,	/* service_categories.reference_amount */
	DW_REFERENCE_COUNT
} DwReferenceSource;

/* What may serve as a reference; minor units or DW_REFERENCE_ABSENT. */
typedef struct DwReferenceFacts
{
	int64_t		budget_min;		/* of the job */
	int64_t		budget_max;		/* of the job */
	int64_t		market;			/* dw_market_reference() */
	int64_t		category_default;	/* of the category or an ancestor */
} DwReferenceFacts;

/* The reference of a job: amount > 0, or zero with no source. */
typedef struct DwReference
{
	int64_t		amount;			/* minor units */
	DwReferenceSource source;	/* which of the facts it is */
} DwReference;

/* The first of the facts that gives a positive amount. */
extern DwReference dw_reference_choose(const DwReferenceFacts *facts);

/* DW_REFERENCE_NONE has no label: NULL. */
DW_LABELS_OF(reference_source, DwReferenceSource);

#endif							/* DW_BID_H */
