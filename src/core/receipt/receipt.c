/*
 * receipt.c
 *		The words of receipts: money that has arrived and fits no payment.
 */
#include "core/receipt/receipt.h"

static const char *const receipt_reason_labels[] = {
	[DW_RECEIPT_SURPLUS] = "surplus",
	[DW_RECEIPT_SECOND_CHARGE] = "second_charge",
	[DW_RECEIPT_WRONG_CURRENCY] = "wrong_currency",
	[DW_RECEIPT_UNKNOWN_JOB] = "unknown_job",
	[DW_RECEIPT_JOB_OVER] = "job_over",
	[DW_RECEIPT_LATE] = "late",
	[DW_RECEIPT_REFUND_FAILED] = "refund_failed",
	[DW_RECEIPT_GONE] = "gone"
};

static const char *const receipt_status_labels[] = {
	[DW_RECEIPT_HELD] = "held",
	[DW_RECEIPT_ASSIGNED] = "assigned",
	[DW_RECEIPT_RETURNED] = "returned",
	[DW_RECEIPT_CLEARED] = "cleared",
	[DW_RECEIPT_CHARGED_BACK] = "charged_back"
};

DW_LABELS(receipt_reason, DwReceiptReason, receipt_reason_labels);
DW_LABELS(receipt_status, DwReceiptStatus, receipt_status_labels);
