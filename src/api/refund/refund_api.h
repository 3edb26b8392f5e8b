/*
 * refund_api.h
 *		What a payment company tells of a refund.
 */
#ifndef DW_REFUND_API_H
#define DW_REFUND_API_H

#include "server/call/call_server.h"
#include "store/escrow/escrow_store.h"
#include "store/job/job_store.h"
#include "store/refund/refund_store.h"

/* An event of a refund, what it is about, and what became of that. */
typedef struct DwRefundTold
{
	DwPaymentEvent event;		/* as every event; amount 0 = not said */
	DwRefundNames names;		/* what it says of which refund it is */
	bool		has_failed;		/* else it was sent */
	bool		is_line;		/* of a statement, not a call's */
	bool		is_own;			/* that was told by nothing: what its names
								 * are of is another line's */
	const char *reason;			/* in words, or NULL */
	const char *currency;		/* of what nobody asked for, or NULL */
	bool		is_by_id;		/* out: it names one by our ids */
	bool		has_job;		/* out: there is one */
	DwJob		job;			/* then this one, locked */
	bool		has_escrow;		/* out: it has one */
	DwEscrowRow row;			/* then this one */
	DwRefundRow refund;			/* out: that it is about */
	DwUuid		booking_id;		/* out: that booked it; nil = nothing was */
	DwUuid		scope_id;		/* out: of the booking */
} DwRefundTold;

/*
 * Books what is told, under the locks of what it is about, and keeps the
 * event.  The caller has filled the first seven.  What was sent that nobody
 * asked for is taken out of the receipts of that charge, then out of what its
 * job's escrow holds, and the platform bears the rest.  True: it was told
 * before, and a call has its row.
 * WD101: a refund that is named is not there yet, or none that could fail.
 * WD104: the company's name for it was told of another amount or currency.
 * 22023: several may be meant, or it cannot be told how much of what.
 */
extern bool dw_refund_told(DwCall *call, DwRefundTold *told);

#endif							/* DW_REFUND_API_H */
