/*
 * dispute_store.h
 *		Rows of disputes, chargebacks and reversals.
 */
#ifndef DW_DISPUTE_STORE_H
#define DW_DISPUTE_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/base/base.h"
#include "core/dispute/dispute.h"
#include "store/escrow/escrow_store.h"
#include "store/job/job_store.h"

/*
 * Rows of dwello.disputes.
 *
 * The caller has locked the job, so a dispute stands still; the milestones
 * that are in it know its id.
 */

#define DW_DISPUTE_UNSETTLED	INT64CONST(-1)	/* no figure holds yet */

/* A dispute as its row has it. */
typedef struct DwDisputeRow
{
	DwUuid		job_id;			/* whose escrow it is about */
	DwUuid		homeowner_id;	/* one side */
	DwUuid		provider_id;	/* the other */
	char	   *currency;		/* ISO 4217 */
	DwDispute	dispute;		/* as core decides on it */
	bool		has_milestone;	/* about one, not about all */
	DwUuid		milestone_id;	/* which one */
	DwUuid		opened_by;		/* the homeowner or the provider */
	char	   *reason;			/* the opener's words */
	char	   *answer;			/* the other side's last words, or NULL */
	char	   *resolution;		/* the mediator's words, or NULL */
	int64		settled_amount; /* the provider's part, or UNSETTLED */
	DwUuid		transaction_id; /* that paid it; nil = none */
	TimestampTz answer_by;		/* what happens then:
								 * dw_dispute_default_figure */
	TimestampTz created_at;		/* when it was opened */
	TimestampTz closed_at;		/* when it ended; DT_NOBEGIN: it is open */
	int32		version;		/* of the row */
} DwDisputeRow;

/* Reads a dispute of a job; false when there is no such. */
extern bool dw_dispute_load(const DwUuid *job_id, const DwUuid *id,
							DwDisputeRow *row);

/* The open disputes of a locked job, by deadline. */
extern DwDisputeRow *dw_disputes_open(const DwUuid *job_id, int *count);

/* Writes a new dispute about an escrow, whose sides and currency it gets. */
extern void dw_dispute_insert(const DwEscrowRow *escrow, DwDisputeRow *row);

/* Writes what became of a dispute. */
extern void dw_dispute_save(DwDisputeRow *row);

/*
 * Claims open disputes past their answer_by in escrows that are not frozen;
 * see dw_due_claim().
 */
extern DwDue *dw_disputes_claim_overdue(int max_rows, int *count);

/*
 * Refunds that a homeowner asks for once the work has begun, and reports that
 * the provider did not come, which ask for all.
 *
 * The caller has locked the job; one of a job may be pending.
 */

#define DW_REFUND_ALL	INT64CONST(-1)	/* all that is held and undisputed */

/* A row of dwello.refund_requests. */
typedef struct DwRefundRequest
{
	DwUuid		job_id;			/* key, with the next */
	DwUuid		id;				/* unique within the job */
	DwUuid		homeowner_id;	/* who asks */
	DwUuid		provider_id;	/* who answers */
	bool		is_no_show;		/* the provider did not come */
	int64		amount;			/* price of work, or DW_REFUND_ALL */
	char	   *currency;		/* the escrow's */
	char	   *reason;			/* the homeowner's words, or NULL */
	DwOfferStatus status;		/* moves by dw_offer_machine() only */
	DwUuid		transaction_id; /* of the refund; nil = none */
	DwUuid		dispute_id;		/* that a no has opened; nil = none */
	TimestampTz answer_by;		/* past it no answer is consent */
	TimestampTz created_at;		/* when it was asked for */
	TimestampTz answered_at;	/* or when it ended; DT_NOBEGIN: pending */
	int32		version;		/* of the row */
} DwRefundRequest;

/* Reads the one of a job that is pending; false when none is. */
extern bool dw_refund_request_find(const DwUuid *job_id,
								   DwRefundRequest *request);

/*
 * Writes a new one, and what became of one, as of now; the escrow knows from
 * when on silence about it is consent.
 */
extern void dw_refund_request_insert(const DwRefundRequest *request);
extern void dw_refund_request_save(DwRefundRequest *request);

/* True when a dispute came of a report that the provider did not come. */
extern bool dw_refund_request_is_no_show(const DwUuid *job_id,
										 const DwUuid *dispute_id);

/* Claims pending ones past their answer_by, of escrows that are not frozen. */
extern DwDue *dw_refund_requests_claim_overdue(bool is_no_show, int max_rows,
											   int *count);

/*
 * Payments that a homeowner's bank has taken back.
 *
 * A row is in the scope of what it books: a job, a receipt, or a fact of its
 * own.  Who writes one has locked that, and the job that it is about.
 */

/* A row of dwello.chargebacks. */
typedef struct DwChargebackRow
{
	DwUuid		scope_id;		/* of what it books */
	DwUuid		id;				/* its key beside the scope's */
	DwUuid		job_id;			/* that it is about; nil = none */
	DwUuid		receipt_id;		/* that bears a loss; nil = none */
	DwUuid		homeowner_id;	/* who paid; nil = unknown */
	DwUuid		provider_id;	/* of the job's escrow; nil = none */
	const char *psp;			/* payment company that tells of it */
	const char *psp_reference;	/* its name for the payment, or NULL */
	const char *case_reference; /* its name for the case, or NULL */
	DwUuid		payment_id;		/* that is asked back; nil = unknown */
	int64		fee;			/* of the company, for it; minor units */
	DwUuid		fee_id;			/* transaction that books it; nil = none */
	char		currency[DW_CURRENCY_SIZE]; /* of the payment */
	DwUuid		transaction_id; /* that opened it, or opened it anew */
	DwChargeback chargeback;	/* state and amounts */
	int32		version;		/* counts its changes */
	TimestampTz created_at;		/* when it was told of */
	TimestampTz closed_at;		/* or DT_NOBEGIN */
} DwChargebackRow;

/* What a company says of a chargeback that tells which it is. */
typedef struct DwChargebackNames
{
	const char *psp;			/* that tells of it */
	DwUuid		job_id;			/* that it is about; nil = not said */
	const DwUuid *id;			/* of the row, or NULL */
	const char *psp_reference;	/* of the payment or the case, or NULL */
	const char *case_reference; /* of the case, or NULL */
} DwChargebackNames;

/* All that the names fit, in the order of ids; one of them must be said. */
extern DwChargebackRow *dw_chargebacks_named(const DwChargebackNames *names,
											 int *count);

/*
 * What banks took of a charge, of which the platform bears some; the caller
 * has locked the charge.
 */
extern DwChargebackRow *dw_chargebacks_at_loss(const char *psp,
											   const char *psp_reference,
											   const char *currency,
											   int *count);

/*
 * Those of a job's escrow that found less than they ask for, and still do, in
 * the order of ids: of payments that are known; the caller has locked the job.
 */
extern DwChargebackRow *dw_chargebacks_short(const DwUuid *job_id, int *count);

/* The one that a kept event has told of; false: none, as of an inquiry. */
extern bool dw_chargeback_find_told(const DwPaymentEvent *event,
									DwChargebackRow *row);

/* The sums over those that are not won; but not of `except`, unless NULL. */
extern void dw_chargeback_sum(const DwUuid *job_id, const DwUuid *except,
							  DwChargebackSum *sum);

/* Tells core what banks may still give back to a frozen escrow. */
extern void dw_escrow_load_contested(DwEscrowRow *row);

/* Writes a new one, and what the bank has decided on one, or otherwise. */
extern void dw_chargeback_insert(DwChargebackRow *row);
extern void dw_chargeback_save(DwChargebackRow *row);

/* Writes whose money it takes from now on; it was kept in that scope. */
extern void dw_chargeback_move(const DwChargebackRow *row,
							   const DwUuid *scope_id);

/*
 * The last one open has just ended: submitted milestones are given the time
 * for review back that the escrow was frozen.
 */
extern void dw_chargeback_free_clocks(DwEscrowRow *escrow,
									  const DwUuid *last);

/*
 * A completed transaction of a job, as much of it as a reversal needs.
 */

/* What is to be undone. */
typedef struct DwOriginal
{
	DwUuid		id;				/* of the transaction */
	DwTransactionType type;		/* what it did */
	DwTransactionStatus status; /* only a completed one has legs */
	bool		has_milestone;	/* it was of one milestone */
	DwUuid		milestone_id;	/* which */
	const char *psp;			/* payment company, or NULL */
	const char *psp_reference;	/* its name for it, or NULL */
	int64		reversed;		/* amount of it undone before */
	DwPosting	posting;		/* its entries; no legs if none */
} DwOriginal;

/* A transaction of a locked job; false when the job has none such. */
extern bool dw_original_load(const DwUuid *job_id, const DwUuid *id,
							 DwOriginal *original);

/* What was released of a locked job and is not undone, the last first. */
extern DwReleased *dw_releases_load(const DwUuid *job_id, int *count);

#endif							/* DW_DISPUTE_STORE_H */
