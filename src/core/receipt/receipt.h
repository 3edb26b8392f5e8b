/*
 * receipt.h
 *		Receipts: money that has arrived and fits no payment.
 */
#ifndef DW_RECEIPT_H
#define DW_RECEIPT_H

#include "core/base/base.h"

/* Type receipt_reason: why it does not fit. */
typedef enum DwReceiptReason
{
	DW_RECEIPT_SURPLUS,			/* more than the contract takes */
	DW_RECEIPT_SECOND_CHARGE,	/* no payment is open, or it was replaced */
	DW_RECEIPT_WRONG_CURRENCY,	/* not the escrow's */
	DW_RECEIPT_UNKNOWN_JOB,		/* it names no job, or none that is there */
	DW_RECEIPT_JOB_OVER,		/* completed, or cancelled */
	DW_RECEIPT_LATE,			/* the payment had been given up, or ended */
	DW_RECEIPT_REFUND_FAILED,	/* what was given back came back */
	DW_RECEIPT_GONE				/* it had left before it was told of */
} DwReceiptReason;

/* Type receipt_status: what became of it. */
typedef enum DwReceiptStatus
{
	DW_RECEIPT_HELD,			/* lies there until somebody decides */
	DW_RECEIPT_ASSIGNED,		/* it was a job's payment after all */
	DW_RECEIPT_RETURNED,		/* it goes back to who paid it */
	DW_RECEIPT_CLEARED,			/* a journal took it out of suspense */
	DW_RECEIPT_CHARGED_BACK		/* the bank of who paid took it */
} DwReceiptStatus;

DW_LABELS_OF(receipt_reason, DwReceiptReason);
DW_LABELS_OF(receipt_status, DwReceiptStatus);

#endif							/* DW_RECEIPT_H */
