/*
 * external_store.h
 *		What is booked with a payment company, to hold against its statement.
 */
#ifndef DW_EXTERNAL_STORE_H
#define DW_EXTERNAL_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/external.h"

/* All bookings that can be compared with a statement. */
typedef struct DwExternalBooks
{
	DwExternalBooking *bookings;	/* in the order of time */
	int			count;			/* of them */
	DwExternalName *names;		/* of those that the statement names */
	int			name_count;		/* of them */
} DwExternalBooks;

/*
 * Loads what was completed with a company in [from, to), and what the events
 * and references name (an array of text), whenever it was.
 */
extern void dw_external_load(const char *psp, Datum named, TimestampTz from,
							 TimestampTz to, DwExternalBooks *books);

#endif							/* DW_EXTERNAL_STORE_H */
