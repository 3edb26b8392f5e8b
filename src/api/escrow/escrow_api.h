/*
 * escrow_api.h
 *		What the commands on money have in common.
 */
#ifndef DW_ESCROW_API_H
#define DW_ESCROW_API_H

#include "core/dispute/dispute.h"
#include "server/call/call_server.h"
#include "store/dispute/dispute_store.h"
#include "store/escrow/escrow_store.h"
#include "store/job/job_store.h"
#include "store/ledger/ledger_store.h"
#include "store/receipt/receipt_store.h"
#include "store/refund/refund_store.h"

/*
 * What the commands on money have in common.
 */

#define DW_NOTES_MAX	10000	/* characters of a note, or of a reason */

/* WD101 unless the job is one whose work is still to be paid. */
extern void dw_job_need_payable(const DwJob *job);

/* Raises WD101 when the job has no escrow yet. */
extern void dw_escrow_need(const DwUuid *job_id, bool found);

/* WD101 unless the caller may do the event in the escrow's state. */
extern void dw_escrow_check(DwCall *call, const DwEscrowRow *row,
							DwEscrowEvent event);

/* Raises the result of core, naming the escrow's state and amounts. */
pg_noreturn extern void dw_escrow_refuse(DwCall *call, const DwEscrowRow *row,
										 DwResult result);

/*
 * Ends the contract of a locked job for job->reason and job->responsible,
 * with an event of that type: a payment under way is given up, all that is
 * held goes back.  The refund's transaction, or nil.
 */
extern DwUuid dw_contract_end(DwCall *call, DwJob *job, DwEscrowRow *row,
							  const char *event);

/*
 * Locks job and escrow, in the order of errors: P0002 for the job and the
 * milestone, if one is named; 42501 unless the caller is the homeowner, the
 * provider who has the award, or no party but staff; WD104; WD101 without an
 * escrow; WD103; WD102 by dw_contract_need_answered().  True: the very request
 * was done before.
 */
extern bool dw_escrow_begin(DwCall *call, DwJob *job, DwEscrowRow *row,
							const DwUuid *milestone_id);

/*
 * Lets the job follow its escrow: disputed while all that is held is, what
 * it was before afterwards, and completed with the last release.
 */
extern void dw_escrow_move_job(DwJob *job, const DwEscrowRow *row);

/*
 * Releases the milestones that were approved before they were fully paid, or
 * while the escrow was frozen, as far as they can be now.
 */
extern void dw_escrow_release_approved(DwCall *call, DwJob *job,
									   DwEscrowRow *row);

/*
 * Emits that money of an escrow is what went back of its payment; reason:
 * what was told of it, or NULL.
 */
extern void dw_escrow_emit_refunded(const DwEscrowRow *row,
									const DwTransaction *transaction,
									const char *reason);

/*
 * The history of what a bank takes, or gives back, when it neither asks nor
 * decides: of an escrow that is not frozen, as asked for and decided, for it
 * moves no other way.  It was in state from before.
 */
extern void dw_escrow_advance_charged(DwEscrowRow *row, DwActor actor,
									  DwEscrowStatus from,
									  const DwUuid *transaction_id);

/*
 * Emits what became of a refund, for its job if there is one, else for its
 * receipt; amount is what of it the event is about.  refund_requested asks
 * its company's worker for it.
 */
extern void dw_refund_emit(const DwRefundRow *refund, const char *type,
						   int64 amount, const char *reason);

/* Writes a row for each part that a company shall give back, and asks it. */
extern void dw_refunds_ask(const DwEscrowRow *row,
						   const DwUuid *transaction_id,
						   const DwPaymentPart *parts, int count,
						   const char *reason);

/* What had left a charge before it was told that it arrived. */
typedef struct DwGone
{
	DwRefundRow *refunds;		/* that the company sent */
	int			refund_count;	/* how many */
	DwChargebackRow *chargebacks;	/* that banks took */
	int			chargeback_count;	/* how many */
	int64		amount;			/* of what arrives; minor units */
} DwGone;

/*
 * Finds what has gone of the charge that an event tells of.  The caller has
 * locked the charge, which is all that these rows are written under here.
 */
extern void dw_gone_find(const DwPaymentEvent *event, DwGone *gone);

/*
 * Books money that a company has and that fits no payment; psp, event_id,
 * amount, currency, reason and what is known of the payer are the caller's,
 * the rest is set here.  What of it has gone makes good what the platform
 * bore for it; the rest goes back at once where the setting
 * receipt_default_REASON says so.  False: its event has a receipt already,
 * and nothing was written.
 */
extern bool dw_receipt_book(DwCall *call, DwReceipt *receipt, DwGone *gone);

/* An event of a charge, after which its losses are made good. */
typedef struct DwCover
{
	const char *psp;			/* company that tells of it */
	const char *psp_reference;	/* its name for the charge, or NULL */
	const char *currency;		/* of what the event moves; NULL = none */
	DwUuid		job_id;			/* that the event has locked; nil = none */
	DwActor		actor;			/* who tells it */
	TimestampTz occurred_at;	/* by the company's clock, or DT_NOBEGIN */
} DwCover;

/*
 * Locks the jobs whose escrows took money of the charge, after its receipts
 * and before any other job.
 */
extern void dw_charge_lock_jobs(const char *psp, const char *psp_reference);

/*
 * Makes good what the platform bears for the charge: out of its receipts, of
 * row (NULL = none of it) what refunds took that nobody had asked for, and of
 * the escrows of other jobs that took some of it.  It reads and writes the
 * rows of refunds and chargebacks anew.  The caller has locked the charge, its
 * receipts and its jobs.  True: row gave some, and the caller moves its job.
 */
extern bool dw_charge_cover(const DwCover *cover, DwEscrowRow *row);

/*
 * After that, makes good what the platform still bears out of what the
 * provider has of the charge: a tip of the job of row (NULL = none of it), or
 * what they have repaid.  They owe it; the caller has locked as above, and
 * reviews the payouts of who has repaid.
 */
extern void dw_provider_cover(const DwCover *cover, DwEscrowRow *row);

/*
 * A locked receipt bears so much of what the platform had borne, of a
 * chargeback or a refund_payment (type); < 0: that much of a chargeback is
 * back, in this one as far as it has room, then in others of the charge, which
 * the caller has locked, too.
 */
extern void dw_receipt_bear(const DwCover *cover, DwReceipt *receipt,
							DwTransactionType type, int64 change);

/* WD202 for a receipt of whose charge a bank has taken what it holds. */
extern void dw_receipt_need_room(const DwReceipt *receipt);

/*
 * A payment that did not arrive in time, still pending in its row; WD101
 * when one is under way.
 */
extern bool dw_payment_find_stale(const DwUuid *job_id,
								  DwTransaction *payment);

/*
 * A payment that did not arrive in time counts as failed: it is ended, the
 * escrow moves on, its worker and both sides are told.
 */
extern void dw_payment_expire(DwEscrowRow *row, const DwTransaction *pending);


/* A way to pay, if there is one. */
typedef struct DwPaymentWay
{
	bool		is_known;		/* the homeowner has a method */
	DwPaymentSource method;		/* which it is */
} DwPaymentWay;

/* What a payment is for: a payment into escrow, or a tip; and how much. */
typedef struct DwPaymentAsked
{
	DwTransactionType type;		/* payment or tip_payment */
	int64		amount;			/* minor units, > 0 */
	const char *psp;			/* who has it authorised; NULL = nobody */
	const char *psp_reference;	/* its name for that, or NULL */
} DwPaymentAsked;

/*
 * Writes a payment that core has decided to ask for, pending until the timer
 * of its kind of method runs out; the escrow, its event and the intent
 * (dw_payment_emit) are the caller's.
 */
extern void dw_payment_ask(DwCall *call, const DwEscrowRow *row,
						   const DwPaymentWay *way,
						   const DwPaymentAsked *asked,
						   DwTransaction *payment);

/* The way that the call names, else the caller's own, if any; P0002. */
extern void dw_payment_way_find(DwCall *call, DwPaymentWay *way);

/* 22023 for an amount of which the company (NULL: any) moves no part. */
extern void dw_need_whole(const char *psp, const char *currency,
						  int64 amount);

/* What of an amount can be paid that way: whole units of its company. */
extern int64 dw_payment_whole(const DwPaymentWay *way, const char *currency,
							  int64 amount);

/* 22023 for one that has expired. */
extern void dw_payment_way_check(const DwPaymentWay *way);

/* A pending tip will not arrive: it has failed, for this reason. */
extern void dw_tip_fail(const DwEscrowRow *row, const DwTransaction *payment,
						const char *reason);

/* A refund, for the ledger. */
typedef struct DwRefund
{
	DwEscrowEvent event;		/* what gives back */
	DwSelector	selector;		/* what was asked for */
	const char *reason;			/* in words, or NULL */
	DwEscrowStatus from;		/* the escrow's state before the decision */
	bool		is_rest;		/* beside what the call was asked for */
	DwRelease	decided;		/* what core decided */
	DwPaymentPart *parts;		/* out: of the payments that are given back */
	int			part_count;		/* out: how many */
} DwRefund;

/*
 * Puts a refund that core has decided on into the ledger, writes the escrow
 * and its event and tells the workers; the transaction's id.  Which payments
 * it gives back is read before anything is written: the ledger's own entries
 * say what each company still has.
 */
extern DwUuid dw_refund_apply(DwCall *call, DwEscrowRow *row,
							  DwRefund *refund);

/*
 * Books what core has taken back of released work (back->amount > 0) and
 * refunds it, with what the refund has already; event, reason, from and what
 * of held money goes back are the caller's.
 */
extern DwUuid dw_escrow_give_back(DwCall *call, DwEscrowRow *row,
								  const DwTakeBack *back, DwRefund *refund);

/*
 * What of a tip refund->decided says goes back by the payment's company, out
 * of what the provider has, the rest they owe.
 */
extern DwUuid dw_tip_give_back(DwCall *call, DwEscrowRow *row,
							   const DwTransaction *payment,
							   const DwRefund *refund);

/*
 * Gives back what is held though no work is left (dw_escrow_has_rest), beside
 * what the call has done.
 */
extern void dw_escrow_return_rest(DwCall *call, DwEscrowRow *row);

/* What of payments goes back, for the posting. */
extern DwGivenBack *dw_refund_parts(const DwPaymentPart *parts, int count);

/* Fills the columns that all commands on an escrow return. */
extern void dw_row_escrow(DwCall *call, const DwEscrowRow *row);

/*
 * What confirm_payment and fail_payment have in common: an event of a
 * payment company, which counts once.
 */

#define DW_PSP_MAX			100 /* characters of a company's name */
#define DW_PSP_REFERENCE_MAX	500 /* characters of its ids */

/*
 * True, with the row filled, when this very event was applied before, or
 * another name of the same payment.  What names the fact is compared where it
 * is said both times (WD104): an amount of 0, a NULL or a nil id is not said.
 */
extern bool dw_payment_replay(DwCall *call, const DwPaymentEvent *event);

/*
 * WD101 where a payment of the job is under way that the one the event names,
 * which nobody has told of, may be.
 */
extern void dw_payment_need_told(const DwUuid *job_id,
								 const DwPaymentEvent *event);

/*
 * Ends a call whose columns are filled: returns the row, and keeps it with
 * the event for who delivers it again.
 */
extern Datum dw_payment_event_return(DwCall *call, DwPaymentEvent *event);

#endif							/* DW_ESCROW_API_H */
