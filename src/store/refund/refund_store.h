/*
 * refund_store.h
 *		Money that goes back: of which payments, and what companies were
 *		asked for.
 */
#ifndef DW_REFUND_STORE_H
#define DW_REFUND_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/base/base.h"
#include "core/refund/refund.h"
#include "store/receipt/receipt_store.h"

/*
 * Of a payment that lies in an escrow, what a refund gives back; or what no
 * payment can give back, which has no company and no name.
 */
typedef struct DwPaymentPart
{
	DwUuid		payment_id;		/* the payment's transaction */
	const DwUuid *payment_method_id;	/* or NULL */
	const char *psp;			/* payment company; NULL = none */
	const char *psp_reference;	/* its name for the payment, or NULL */
	int64		amount;			/* minor units, > 0 */
} DwPaymentPart;

/*
 * The payments that a refund gives back, in the order in which they came, as
 * dw_refund_spread() has it; last what no payment can, if there is such.
 */
extern DwPaymentPart *dw_payments_to_refund(const DwUuid *job_id,
											int64 amount, int *count);

/*
 * False when the companies of a job's payments cannot give back this amount
 * to the last minor unit, for they count in larger ones.
 */
extern bool dw_refund_is_whole(const DwUuid *job_id, int64 amount);

/*
 * Rows of dwello.refunds: what payment companies were asked to give back,
 * one row a payment and transaction.  The caller has locked the job, or the
 * receipt, whose scope they are in.
 */

/* A refund as its row has it. */
typedef struct DwRefundRow
{
	DwUuid		scope_id;		/* of its transaction: a job, or a receipt */
	DwUuid		id;				/* its key beside the scope's */
	DwUuid		job_id;			/* whose money it was; nil = none's */
	DwUuid		receipt_id;		/* that goes back; nil = out of an escrow */
	DwUuid		homeowner_id;	/* who gets it; nil = nobody we know */
	DwUuid		provider_id;	/* of the job, or nil */
	DwUuid		transaction_id; /* that asked for it */
	DwUuid		payment_id;		/* that goes back; nil = none */
	const DwUuid *payment_method_id;	/* or NULL */
	const char *psp;			/* payment company */
	const char *psp_reference;	/* its name for the payment, or NULL */
	const char *refund_reference;	/* its name for the refund, or NULL */
	char		currency[DW_CURRENCY_SIZE]; /* of the payment */
	DwRefundFacts facts;		/* as core decides on it */
	bool		is_unasked;		/* the company gave it back by itself */
	const char *event_id;		/* that told it as sent, or NULL */
	DwUuid		confirmation_id;	/* that booked it as sent; nil = none */
	DwUuid		failure_id;		/* receipt it failed into; nil = none */
	int32		version;		/* counts its changes */
	TimestampTz created_at;		/* when it was asked for */
	TimestampTz completed_at;	/* when it was confirmed, or DT_NOBEGIN */
} DwRefundRow;

/* Writes a new one; id, and what became of it, are set here. */
extern void dw_refund_insert(DwRefundRow *refund);

/* Writes a part of one, or one that nobody asked for, as it is. */
extern void dw_refund_add(DwRefundRow *refund);

/* Writes what became of one. */
extern void dw_refund_save(DwRefundRow *refund);

/* All that a transaction of either asked for, in the order of payments. */
extern DwRefundRow *dw_refunds_of(const DwUuid *job_id,
								  const DwUuid *transaction_id, int *count);

/*
 * What a company gave back of a charge, of which the platform bears some; the
 * caller has locked the charge.
 */
extern DwRefundRow *dw_refunds_at_loss(const char *psp,
									   const char *psp_reference,
									   const char *currency, int *count);

/* Of the job's escrow what nobody asked for and failed into a receipt. */
extern DwRefundRow *dw_refunds_failed_into(const DwUuid *job_id,
										   const DwUuid *receipt_id,
										   int *count);

/* What nobody asked for that the event of a refund has booked beside it. */
extern DwRefundRow *dw_refunds_beside(const DwRefundRow *refund, int *count);

/* What a company says of a refund that tells which it is. */
typedef struct DwRefundNames
{
	DwUuid		job_id;			/* of it, or of its receipt; nil = none's */
	bool		or_none;		/* it names no job: one of none may be meant */
	const char *psp;			/* company that was asked */
	const DwUuid *id;			/* of the row, or NULL */
	const DwUuid *transaction_id;	/* that asked for it, or NULL */
	const char *psp_reference;	/* of the payment, or NULL */
	const char *refund_reference;	/* the company's own name, or NULL */
	const DwUuid *payment_id;	/* where no name is said: of the job's only
								 * payment through it, or NULL */
} DwRefundNames;

/* All that one refund of a company was booked as, in the order of ids. */
extern DwRefundRow *dw_refunds_called(const char *psp,
									  const char *refund_reference,
									  int *count);

/*
 * All that the other names fit, in the order of ids; where none is said, what
 * a company has still to send of the job, its receipts too, or of what is no
 * job's, what was withdrawn, and all of payment_id.
 */
extern DwRefundRow *dw_refunds_named(const DwRefundNames *names, int *count);

/* When it last failed by the company's clock; DT_NOBEGIN: not said. */
extern TimestampTz dw_refund_failed_at(const DwRefundRow *refund);

/* True when a refund of the job went to the payment method and failed. */
extern bool dw_refund_has_failed(const DwUuid *job_id,
								 const DwUuid *payment_method_id);

/* The job of the refund that is named; *job_id stays if it is none's. */
extern void dw_refund_find_job(const DwRefundNames *names, DwUuid *job_id);

/*
 * Reads the refund that a text names: itself, its transaction, or by the
 * company's own name for it.
 */
extern bool dw_refund_find(const char *psp, const char *name,
						   DwRefundRow *refund);

/*
 * What of the charge behind a receipt neither went back nor was taken by a
 * bank; INT64_MAX while no bank has taken any of it.
 */
extern int64 dw_receipt_room(const DwReceipt *receipt);

#endif							/* DW_REFUND_STORE_H */
