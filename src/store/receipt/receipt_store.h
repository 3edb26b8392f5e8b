/*
 * receipt_store.h
 *		Money that has arrived and fits no payment.
 */
#ifndef DW_RECEIPT_STORE_H
#define DW_RECEIPT_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/base/base.h"
#include "core/receipt/receipt.h"
#include "server/call/call_server.h"
#include "server/sql/sql_server.h"

/*
 * Rows of dwello.receipts: money that has arrived and fits no payment.  The
 * id is that of its event (dw_fact_id), the scope of all that it books and
 * the owner of its account.  Whoever changes one locks it before any job.
 */

/* A receipt as its row has it. */
typedef struct DwReceipt
{
	DwUuid		id;				/* key */
	DwUuid		job_id;			/* it was told for; nil = unknown */
	DwUuid		user_id;		/* who paid; nil = unknown */
	const char *psp;			/* company that has it */
	const char *event_id;		/* its name for the event */
	const char *psp_reference;	/* its name for the payment, or NULL */
	const DwUuid *payment_method_id;	/* or NULL */
	DwUuid		transaction_id; /* that booked it */
	int64		amount;			/* minor units, > 0 */
	int64		remaining;		/* of it, still there */
	const char *currency;		/* ISO 4217 */
	DwReceiptReason reason;		/* why it does not fit */
	DwReceiptStatus status;		/* what became of it */
	TimestampTz occurred_at;	/* by the company's clock, or DT_NOBEGIN */
	TimestampTz created_at;		/* when it was booked */
	TimestampTz closed_at;		/* DT_NOBEGIN while it is held */
	int32		version;		/* counted by dw_receipt_reduce() */
} DwReceipt;

/* Writes a new one; false when its event has one: somebody was quicker. */
extern bool dw_receipt_insert(const DwReceipt *receipt);

/* Reads and locks one; false when there is none. */
extern bool dw_receipt_lock(const DwUuid *id, DwReceipt *receipt);

/*
 * The receipts with these ids and all of a charge (reference; NULL: none
 * alone): reads and locks them, in the order of ids.
 */
extern DwReceipt *dw_receipts_lock(const DwUuid *ids, int id_count,
								   const char *psp,
								   const char *psp_reference, int *count);

/* So much has gone on (< 0: came back), to a payment or NULL; ends it so. */
extern void dw_receipt_reduce(DwReceipt *receipt, int64 amount,
							  DwReceiptStatus status, const DwUuid *payment);

/* What a list of receipts asks for. */
typedef struct DwReceiptQuery
{
	const char *status;			/* label; NULL = any */
	const char *reason;			/* label; NULL = any */
	const DwUuid *job_id;		/* NULL = any, and none */
	DwCursor	after;			/* place in the list, newest first */
	int32		max_results;	/* rows at most */
} DwReceiptQuery;

/* Places the cursor at a receipt; false when there is none. */
extern bool dw_receipt_seek(const DwUuid *id, DwCursor *cursor);

/* Fills a set with receipts. */
extern void dw_receipts_list(DwCall *call, const DwReceiptQuery *query);

#endif							/* DW_RECEIPT_STORE_H */
