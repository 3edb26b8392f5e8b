/*
 * job.h
 *		The words and the life of a job.
 */
#ifndef DW_JOB_H
#define DW_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "core/machine.h"

/* Type job_status. */
typedef enum DwJobStatus
{
	DW_JOB_DRAFT,				/* seen by its homeowner alone */
	DW_JOB_OPEN,				/* published, takes bids */
	DW_JOB_AWARDED,				/* a bid is accepted */
	DW_JOB_IN_PROGRESS,			/* work has begun */
	DW_JOB_COMPLETED,			/* done, nothing held */
	DW_JOB_CANCELLED,			/* ended before work, or expired */
	DW_JOB_DISPUTED				/* all that is held is disputed */
} DwJobStatus;

/* Type urgency. */
typedef enum DwUrgency
{
	DW_URGENCY_LOW,				/* any time */
	DW_URGENCY_MEDIUM,			/* the default */
	DW_URGENCY_HIGH,			/* soon */
	DW_URGENCY_URGENT			/* moves weight from price to time */
} DwUrgency;

/* Type bid_mode: what a rival may see of the bids of a job. */
typedef enum DwBidMode
{
	DW_BID_MODE_SEALED,			/* nothing */
	DW_BID_MODE_OPEN,			/* everything */
	DW_BID_MODE_RANK_ONLY		/* his own rank */
} DwBidMode;

/* What can happen to a job. */
typedef enum DwJobEvent
{
	DW_JOB_EVENT_POST,			/* post_job: the draft is made */
	DW_JOB_EVENT_EDIT,			/* edit_job */
	DW_JOB_EVENT_PUBLISH,		/* publish_job */
	DW_JOB_EVENT_ACCEPT,		/* accept_bid */
	DW_JOB_EVENT_CONFIRM,		/* confirm_award: the escrow opens */
	DW_JOB_EVENT_REOFFER,		/* the award lapsed, the next bid takes it */
	DW_JOB_EVENT_REOPEN,		/* the award lapsed, no bid takes it */
	DW_JOB_EVENT_START,			/* start_job */
	DW_JOB_EVENT_REPORT,		/* report_progress */
	DW_JOB_EVENT_COMPLETE,		/* complete_job, or by itself */
	DW_JOB_EVENT_CANCEL,		/* cancel_job */
	DW_JOB_EVENT_EXPIRE,		/* expire_jobs */
	DW_JOB_EVENT_DISPUTE,		/* all that is held became disputed */
	DW_JOB_EVENT_SETTLE			/* not all that is held is disputed now */
} DwJobEvent;

extern const char *dw_job_status_label(DwJobStatus value);
extern bool dw_job_status_parse(const char *text, DwJobStatus *value);
extern const char *dw_urgency_label(DwUrgency value);
extern bool dw_urgency_parse(const char *text, DwUrgency *value);
extern const char *dw_bid_mode_label(DwBidMode value);
extern bool dw_bid_mode_parse(const char *text, DwBidMode *value);
extern const char *dw_job_event_label(DwJobEvent value);
extern bool dw_job_event_parse(const char *text, DwJobEvent *value);

/* States are DwJobStatus, events are DwJobEvent. */
extern const DwMachine *dw_job_machine(void);

/*
 * What happens to a job whose award has lapsed: the next bid takes it over,
 * whatever the time; else it takes bids again until expires_at (in the units
 * of now), and from then on it expires.
 */
extern DwJobEvent dw_job_after_lapse(bool has_next, int64_t now,
									 int64_t expires_at);

#endif							/* DW_JOB_H */
