/*
 * transaction.h
 *		The words of a transaction: one row a deed of money.
 */
#ifndef DW_TRANSACTION_H
#define DW_TRANSACTION_H

#include <stdbool.h>

/* Type transaction_type. */
typedef enum DwTransactionType
{
	DW_TRANSACTION_PAYMENT,		/* homeowner to escrow */
	DW_TRANSACTION_REFUND,		/* escrow to homeowner */
	DW_TRANSACTION_DISPUTE,		/* a settled dispute: both ways at once */
	DW_TRANSACTION_FEE,			/* platform fee on its own */
	DW_TRANSACTION_RELEASE,		/* escrow to provider, fee and tax */
	DW_TRANSACTION_CHARGEBACK,	/* taken back by the bank */
	DW_TRANSACTION_PAYOUT,		/* provider's balance to his account */
	DW_TRANSACTION_REVERSAL		/* mirrors another */
} DwTransactionType;

/* Type transaction_status. */
typedef enum DwTransactionStatus
{
	DW_TRANSACTION_PENDING,		/* no entries yet; moves on once */
	DW_TRANSACTION_COMPLETED,	/* booked, in the hash chain */
	DW_TRANSACTION_FAILED,		/* never booked */
	DW_TRANSACTION_CANCELLED,	/* never booked */
	DW_TRANSACTION_DISPUTED		/* booked, under dispute */
} DwTransactionStatus;

extern const char *dw_transaction_type_label(DwTransactionType value);
extern bool dw_transaction_type_parse(const char *text,
									  DwTransactionType *value);
extern const char *dw_transaction_status_label(DwTransactionStatus value);
extern bool dw_transaction_status_parse(const char *text,
										DwTransactionStatus *value);

#endif							/* DW_TRANSACTION_H */
