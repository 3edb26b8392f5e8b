/*
 * timer_store.h
 *		The timers of a job: how long they are, and those that run now.
 */
#ifndef DW_TIMER_STORE_H
#define DW_TIMER_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/timer.h"
#include "core/uuid.h"

/* One timer of a job. */
typedef struct DwTimerRow
{
	DwTimer		timer;			/* what runs out */
	TimestampTz at;				/* when */
} DwTimerRow;

/*
 * The timers of a job by their time, in the caller's snapshot.  Of reviews,
 * those that the reviewer has written; NULL = all.  That the other side has
 * written one is nobody's business before it is shown.
 */
extern DwTimerRow *dw_timers_load(const DwUuid *job_id,
								  const DwUuid *reviewer_id, int *count);

/*
 * How long a timer of a job runs that starts now, in the unit of the setting
 * so named: the job's own, else the operator's.  The job is locked.
 */
extern int64 dw_job_timer(const DwUuid *job_id, const char *name);

/*
 * Gives a locked job timers of its own, a jsonb object by name of setting,
 * in place of those it had, and counts its version up.
 */
extern void dw_job_timers_save(const DwUuid *job_id, Datum timers);

#endif							/* DW_TIMER_STORE_H */
