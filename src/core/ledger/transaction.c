/*
 * transaction.c
 *		The words of a transaction.
 */
#include "core/ledger/ledger.h"

#include "core/base/base.h"

static const char *const transaction_type_labels[] = {
	[DW_TRANSACTION_PAYMENT] = "payment",
	[DW_TRANSACTION_REFUND] = "refund",
	[DW_TRANSACTION_DISPUTE] = "dispute",
	[DW_TRANSACTION_FEE] = "fee",
	[DW_TRANSACTION_RELEASE] = "release",
	[DW_TRANSACTION_CHARGEBACK] = "chargeback",
	[DW_TRANSACTION_PAYOUT] = "payout",
	[DW_TRANSACTION_REVERSAL] = "reversal"
};

static const char *const transaction_status_labels[] = {
	[DW_TRANSACTION_PENDING] = "pending",
	[DW_TRANSACTION_COMPLETED] = "completed",
	[DW_TRANSACTION_FAILED] = "failed",
	[DW_TRANSACTION_CANCELLED] = "cancelled",
	[DW_TRANSACTION_DISPUTED] = "disputed"
};

/* Definitions of the functions that ledger.h promises. */
DW_LABELS(transaction_type, DwTransactionType, transaction_type_labels);
DW_LABELS(transaction_status, DwTransactionStatus,
		  transaction_status_labels);
