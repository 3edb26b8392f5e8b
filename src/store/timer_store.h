/*
 * timer_store.h
 *		The timers of a job that run now.
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

#endif							/* DW_TIMER_STORE_H */
