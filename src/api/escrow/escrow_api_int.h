/*
 * escrow_api_int.h
 *		What the parts of a cover share: that of receipts and escrows, and that
 *		of providers.
 */
#ifndef DW_ESCROW_API_INT_H
#define DW_ESCROW_API_INT_H

#include "api/escrow/escrow_api.h"
#include "store/dispute/dispute_store.h"
#include "store/ledger/ledger_store.h"

/* What the platform bears for a charge. */
typedef struct DwBorne
{
	DwRefundRow *refunds;		/* that the company sent */
	int			refund_count;	/* how many */
	DwChargebackRow *chargebacks;	/* that banks took */
	int			chargeback_count;	/* how many */
	int64	   *losses;			/* of the refunds, then of the chargebacks */
	int			count;			/* of these */
} DwBorne;

/* Loads it. */
extern void dw_cover_load_borne(const DwCover *cover, DwBorne *borne);

/* A transaction that books what happened to the charge; its sides are open. */
extern DwTransaction dw_cover_transaction(const DwCover *cover,
										  const DwUuid *scope_id,
										  DwTransactionType type,
										  int64 amount);

#endif							/* DW_ESCROW_API_INT_H */
