/*
 * statement_store.h
 *		An escrow's account as its sides read it, and what comes next.
 */
#ifndef DW_STATEMENT_STORE_H
#define DW_STATEMENT_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/uuid.h"

/* One line of the account: a completed transaction, in minor units. */
typedef struct DwStatementLine
{
	TimestampTz at;				/* when it was completed */
	char	   *type;			/* label of transaction_type */
	char	   *description;	/* in words */
	DwUuid		transaction_id; /* what was done */
	char	   *currency;		/* ISO 4217 */
	int64		amount_in;		/* came into the escrow */
	int64		amount_out;		/* left it: payout + fee + tax + refund */
	int64		payout;			/* of it, to the provider */
	int64		fee;			/* of it, the platform's */
	int64		tax;			/* of it, on the fee */
	int64		refund;			/* of it, all else: to the homeowner or bank */
	int64		balance;		/* held afterwards */
} DwStatementLine;

/* What will happen to an escrow by itself. */
typedef struct DwNextEvent
{
	char	   *event;			/* as in escrow_transitions() */
	TimestampTz at;				/* when */
	char	   *stoppable_by;	/* who can stop it before */
	char	   *detail;			/* what happens, and how to stop it */
} DwNextEvent;

/* How many lines the account of a job has, to be read one by one. */
extern uint64 dw_statement_load(const DwUuid *job_id);
extern void dw_statement_read(uint64 index, DwStatementLine *line);

/* How many things will happen to an escrow, to be read likewise. */
extern uint64 dw_next_events_load(const DwUuid *job_id);
extern void dw_next_event_read(uint64 index, DwNextEvent *next);

#endif							/* DW_STATEMENT_STORE_H */
