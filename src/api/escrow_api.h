/*
 * escrow_api.h
 *		What the commands on money have in common.
 */
#ifndef DW_ESCROW_API_H
#define DW_ESCROW_API_H

#include "api/call_api.h"
#include "store/escrow_store.h"
#include "store/event_store.h"
#include "store/job_store.h"
#include "store/ledger_store.h"

/* Where one release comes from, for its books. */
typedef struct DwPayout
{
	DwEscrowEvent event;		/* what let the money go */
	DwActor		actor;			/* who did */
	DwEscrowStatus from;		/* the escrow's state before the decision */
	const DwUuid *milestone_id; /* all of one milestone; or NULL */
	const char *key;			/* idempotency key of the call, or NULL */
	DwRelease	release;		/* what core decided */
} DwPayout;

/* Raises WD101 when the job has no escrow yet. */
extern void dw_escrow_need(const DwUuid *job_id, bool found);

/* WD101 unless the caller may do the event in the escrow's state. */
extern void dw_escrow_check(DwCall *call, const DwEscrowRow *row,
							DwEscrowEvent event);

/* Raises what core said no with, naming the escrow's state and amounts. */
pg_noreturn extern void dw_escrow_refuse(DwCall *call, const DwEscrowRow *row,
										 DwResult result);

/*
 * Books a release that core has decided on, writes the escrow, tells the
 * world, and completes the job when that was the last of it.  Gives the
 * transaction's id.
 */
extern DwUuid dw_escrow_pay_out(DwJob *job, DwEscrowRow *row,
								const DwPayout *payout);

/* The members of a payload that every event of an escrow has. */
extern void dw_escrow_payload(DwPayload *payload, const DwEscrowRow *row);

/* Tells the worker of the payment company, and others, of a payment. */
extern void dw_payment_emit(const DwEscrowRow *row,
							const DwTransaction *payment, const char *type);

/* Fills the columns that all commands on an escrow return. */
extern void dw_row_escrow(DwCall *call, const DwEscrowRow *row);

/* A currency that is given and known, else 22023. */
extern void dw_arg_check_currency(DwCall *call, int arg,
								  const char *currency);

#endif							/* DW_ESCROW_API_H */
