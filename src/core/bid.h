/*
 * bid.h
 *		The words and the life of a bid.
 */
#ifndef DW_BID_H
#define DW_BID_H

#include <stdbool.h>

#include "core/machine.h"

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
	DW_BID_EVENT_ACCEPT,		/* accept_bid */
	DW_BID_EVENT_CONFIRM_AWARD, /* confirm_award */
	DW_BID_EVENT_NOT_SELECTED,	/* another bid was accepted */
	DW_BID_EVENT_REJECT,		/* reject_bid */
	DW_BID_EVENT_WITHDRAW,		/* withdraw_bid */
	DW_BID_EVENT_EXPIRE,		/* expire_bids */
	DW_BID_EVENT_LAPSE,			/* the award was not confirmed in time */
	DW_BID_EVENT_REOFFER,		/* takes over a lapsed award */
	DW_BID_EVENT_JOB_CANCELLED, /* cancel_job */
	DW_BID_EVENT_JOB_EXPIRED	/* expire_jobs */
} DwBidEvent;

extern const char *dw_bid_status_label(DwBidStatus value);
extern bool dw_bid_status_parse(const char *text, DwBidStatus *value);
extern const char *dw_bid_reason_label(DwBidReason value);
extern bool dw_bid_reason_parse(const char *text, DwBidReason *value);

/* The state in which a reason leaves a bid: each reason belongs to one. */
extern DwBidStatus dw_bid_reason_status(DwBidReason reason);

extern const char *dw_bid_event_label(DwBidEvent value);
extern bool dw_bid_event_parse(const char *text, DwBidEvent *value);

/* States are DwBidStatus, events are DwBidEvent. */
extern const DwMachine *dw_bid_machine(void);

#endif							/* DW_BID_H */
