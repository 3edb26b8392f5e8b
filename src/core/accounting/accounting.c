/*
 * accounting.c
 *		Days of booking: which are closed, and what an open one takes; and the
 *		words of journals.
 */
#include "core/accounting/accounting.h"

static const char *const journal_status_labels[] = {
	[DW_JOURNAL_PROPOSED] = "proposed",
	[DW_JOURNAL_POSTED] = "posted",
	[DW_JOURNAL_REJECTED] = "rejected"
};

DW_LABELS(journal_status, DwJournalStatus, journal_status_labels);

int32_t
dw_period_day(int32_t day, int32_t closed_until)
{
	return day > closed_until ? day : closed_until + 1;
}

DwResult
dw_period_close(int32_t until, int32_t closed_until, int32_t today)
{
	if (until >= today)
		return DW_BAD_VALUE;
	if (until == closed_until)
		return DW_ALREADY_EXISTS;
	return until > closed_until ? DW_OK : DW_INVALID_TRANSITION;
}
