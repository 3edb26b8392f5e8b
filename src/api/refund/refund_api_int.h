/*
 * refund_api_int.h
 *		What the files of an event of a refund share.
 */
#ifndef DW_REFUND_API_INT_H
#define DW_REFUND_API_INT_H

#include "api/refund/refund_api.h"
#include "store/company/company_store.h"

/* The work on an event. */
typedef struct DwRefundWork
{
	DwCall	   *call;			/* that tells it, or books its line */
	DwRefundTold *told;			/* the event, and what becomes of it */
	DwReceipt  *receipts;		/* locked: that a refund had failed into, and
								 * those of its charge */
	int			receipt_count;	/* how many */
	DwRefundRow *rows;			/* that the names fit */
	int			row_count;		/* how many */
	DwUuid		only_id;		/* of the job's only payment through it */
	const char *reference;		/* of its charge, or NULL */
	DwCharge	charge;			/* what that is */
	int			picked;			/* of them, the first to be meant; -1: none */
	bool		is_clear;		/* it alone is, of what has failed */
	bool		is_known;		/* they are what the company's name is of */
	bool		fails_again;	/* that it failed was told before */
	DwRefundRow *beside;		/* what comes back with one that failed */
	int			beside_count;	/* how many */
} DwRefundWork;

/*
 * Locks what an event may write: its name, the charge, its receipts, the job
 * and who has repaid it; and finds the charge, and what of refunds
 * it may be about; of that it names by our ids told->is_by_id says.
 */
extern void dw_refund_lock(DwRefundWork *work);

#endif							/* DW_REFUND_API_INT_H */
