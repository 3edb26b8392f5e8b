/*
 * accounting.h
 *		Days of booking: which are closed, and what an open one takes; and
 *		what becomes of journals.
 */
#ifndef DW_ACCOUNTING_H
#define DW_ACCOUNTING_H

#include <stdint.h>

#include "core/base/base.h"

/*
 * A day is the number of days since 2000-01-01, in the platform's time zone.
 * All days up to one of them are closed: nothing is booked on them any more.
 */
#define DW_PERIOD_NONE INT32_MIN	/* no day is closed yet */

/*
 * The day on which what is completed on a day is booked: that day, or the
 * first open one when it is closed, as for what a company tells late.
 */
extern int32_t dw_period_day(int32_t day, int32_t closed_until);

/*
 * Whether the days up to `until` can be closed.  DW_BAD_VALUE: it is not
 * before today; DW_ALREADY_EXISTS: they are closed, exactly so far;
 * DW_INVALID_TRANSITION: later ones are.
 */
extern DwResult dw_period_close(int32_t until, int32_t closed_until,
								int32_t today);

/* Type journal_status: what became of an accountant's own entry. */
typedef enum DwJournalStatus
{
	DW_JOURNAL_PROPOSED,		/* another administrator has to approve it */
	DW_JOURNAL_POSTED,			/* it is booked */
	DW_JOURNAL_REJECTED			/* it never will be */
} DwJournalStatus;

DW_LABELS_OF(journal_status, DwJournalStatus);

#endif							/* DW_ACCOUNTING_H */
