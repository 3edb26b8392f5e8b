/*
 * escrow_store.h
 *		The escrow of a job: its row, its milestones, its payments.
 */
#ifndef DW_ESCROW_STORE_H
#define DW_ESCROW_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/base/base.h"
#include "core/escrow/escrow.h"
#include "core/offer/offer.h"
#include "server/event/event_server.h"
#include "store/ledger/ledger_store.h"

/*
 * The escrow of a job: its row, its milestones, its history.
 *
 * A command locks the job's row first, so nobody else changes the escrow or
 * its milestones meanwhile.  It loads everything with dw_escrow_lock(), lets
 * core decide on the structs, and writes what changed with
 * dw_escrow_apply(): the escrow, each milestone that moved, one event.
 */

/* A milestone as its row has it; title and sides only while it is made. */
typedef struct DwMilestoneRow
{
	DwUuid		job_id;			/* key, with the milestone's id */
	DwMilestone milestone;		/* as core decides on it */
	DwUuid		homeowner_id;	/* of the job */
	DwUuid		provider_id;	/* who has the award */
	const char *title;			/* as posted */
	TimestampTz submitted_at;	/* DT_NOBEGIN = never */
	TimestampTz auto_release_at;	/* DT_NOBEGIN = no clock runs */
	TimestampTz completed_at;	/* DT_NOBEGIN = it is not over */
	int32		version;		/* of the row */
} DwMilestoneRow;

/*
 * An escrow with its milestones, in plan order.  Core takes an array of
 * nothing but what it decides on; stored[i] is the row of milestones[i], and
 * what differs between the two is what dw_escrow_apply() writes.  So neither
 * array is sorted, and nothing is put into one, without the other.
 */
typedef struct DwEscrowRow
{
	DwUuid		job_id;			/* key, and the escrow's ledger account */
	DwUuid		homeowner_id;	/* who pays */
	DwUuid		provider_id;	/* who is paid */
	DwUuid		bid_id;			/* the accepted bid */
	DwUuid		fee_schedule_id;	/* where the terms came from */
	DwEscrow	escrow;			/* amounts, status, version, terms */
	int32		fee_rate_ppm;	/* of the terms, as it is stored */
	int32		fee_tax_ppm;	/* the same */
	int32		promo_ppm;		/* the same */
	Datum		fee_steps;		/* jsonb of the terms; 0 = none */
	char	   *psp;			/* company of the last payment, or NULL */
	const char *last_failure;	/* of the open payment, or NULL */
	TimestampTz consent_at;		/* silence about a request is consent from
								 * then on; DT_NOBEGIN: none is pending */
	int32		transition_count;	/* rows in escrow_events */
	DwChainEnd	chain_end;		/* of its transactions */
	bytea	   *last_hash;		/* the same, as it is stored */
	TimestampTz created_at;		/* when the award was confirmed */
	int			milestone_count;	/* at least one */
	DwMilestone *milestones;	/* as core decides on them */
	DwMilestoneRow *stored;		/* as they are in the table */
	DwEscrow	stored_escrow;	/* as the escrow is there */
	const char *stored_psp;		/* and its psp */
	const char *stored_failure; /* and its last failure */
} DwEscrowRow;

/* Whose money the escrow's events move. */
#define DW_ESCROW_PARTIES(row) \
	{(row)->job_id, (row)->provider_id, (row)->escrow.currency}

/* A confirmed award: what an escrow is opened for. */
typedef struct DwAward
{
	DwUuid		job_id;			/* locked by the caller */
	DwUuid		homeowner_id;	/* of the job */
	DwUuid		provider_id;	/* the accepted bidder */
	DwUuid		category_id;	/* of the job, for the fee */
	DwUuid		bid_id;			/* the accepted bid */
	const char *title;			/* of the job, for a single milestone */
	int64		amount;			/* price of the work: the contract */
	const char *currency;		/* of the bid and the job */
	DwActor		actor;			/* who confirms */
} DwAward;

/* One transition of an escrow. */
typedef struct DwTransition
{
	DwEscrowEvent event;		/* what happened */
	DwActor		actor;			/* who did it */
	DwEscrowStatus from;		/* state before; the row has the one after */
	const DwUuid *transaction_id;	/* of its money; NULL for none */
} DwTransition;

/* What a provider delivered of a milestone. */
typedef struct DwDelivery
{
	const char *notes;			/* their words, or NULL */
	Datum		photos;			/* text[] */
	TimestampTz submitted_at;	/* now */
	TimestampTz auto_release_at;	/* when no answer is consent */
} DwDelivery;

/*
 * Opens the escrow of a confirmed award, inside confirm_award: finds the fee
 * schedule and freezes its numbers, fits the posted milestones to the
 * contract or makes one, gives them the provider, and records the event.
 * *row is the escrow, status created.  Where a contract of the job lapsed
 * before, its escrow is the new one's, with versions that go on.
 * DW_BAD_VALUE: the plan does not divide the amount; nothing is written.
 */
extern DwResult dw_escrow_open_for_award(const DwAward *award,
										 DwEscrowRow *row);

/*
 * Loads the escrow of a job that the caller has locked, whose lock is the
 * escrow's, too: whoever writes here has it.  False when there is none yet.
 */
extern bool dw_escrow_lock(const DwUuid *job_id, DwEscrowRow *row);

/* The same without a lock, in the caller's snapshot. */
extern bool dw_escrow_load(const DwUuid *job_id, DwEscrowRow *row);

/* True when silence has agreed to what the homeowner asks for. */
extern bool dw_escrow_is_agreed(const DwEscrowRow *row, TimestampTz now);

/*
 * The same for many jobs, in the order of their ids; those without an escrow
 * are left out.
 */
extern DwEscrowRow *dw_escrows_lock(const DwUuid *job_ids, int job_count,
									int *count);

/*
 * Claims the jobs of at most max_rows milestones whose release is due, as
 * dw_due_claim(), and gives their ids in order.  Due is what was approved
 * before it could be paid and can be now, and then what nobody reviewed in
 * time, the longest overdue first.
 */
extern DwUuid *dw_releases_claim_due(int max_rows, int *count);

/*
 * Writes a decision: the escrow as it now is, the milestones that changed,
 * and the event.  Counts the transition; the version too, but not for an
 * event that changes neither amounts nor status (submit_milestone,
 * request_changes).  In two steps: the event and the counting, for each of
 * several decisions, and in the end the rows.
 */
extern void dw_escrow_apply(DwEscrowRow *row, const DwTransition *transition);
extern void dw_escrow_advance(DwEscrowRow *row,
							  const DwTransition *transition);
extern void dw_escrow_settle(DwEscrowRow *row);

/* Writes the milestones alone, for a change that is no move of the escrow. */
extern void dw_escrow_save_milestones(DwEscrowRow *row);

/* Writes a milestone that was submitted with what was delivered of it. */
extern void dw_escrow_deliver(DwEscrowRow *row, const DwMilestone *milestone,
							  const DwDelivery *delivery);

/*
 * Writes what a decision may change of the escrow's row, and that alone: all
 * of a change that is no move of it, as another plan.  An internal error when
 * the amounts do not add up.
 */
extern void dw_escrow_save(DwEscrowRow *row);

/* A fresh transaction of an escrow, made now, with nothing moved yet. */
extern void dw_escrow_begin_transaction(const DwEscrowRow *row,
										DwTransaction *transaction,
										DwTransactionType type,
										const DwActor *actor);

/*
 * Makes the rows of accounts that a payment's money will pass: the company's
 * clearing, the provider's, the platform's.  Releases need not look at them.
 */
extern void dw_escrow_ensure_accounts(const DwEscrowRow *row,
									  const char *psp);

/*
 * Payments that were asked for, ways to pay, and the events of payment
 * companies (psp).
 *
 * An event is known by (psp, event_id) everywhere, not only within a job.
 * Its row is written at the end of the command that applies it, with the
 * result: whoever delivers it again gets that, and of two who deliver it at
 * once the second waits for the first.
 */

/* A way to pay. */
typedef struct DwPaymentSource
{
	DwUuid		id;				/* its row, with its owner */
	char	   *psp;			/* payment company */
	char	   *type;			/* label of payment_method_type */
	bool		is_expired;		/* past its last day */
} DwPaymentSource;

/* The members of a payload that every event of an escrow has. */
extern void dw_escrow_payload(DwPayload *payload, const DwEscrowRow *row);

/* Emits a payment, to the worker of its company and to others. */
extern void dw_payment_emit(const DwEscrowRow *row,
							const DwTransaction *payment, const char *type);

/* Ends an open payment that is given up, and tells its worker. */
extern void dw_payment_cancel(const DwEscrowRow *row,
							  const DwTransaction *pending);

/* What an event says: column event_type. */
#define DW_PAYMENT_CONFIRMED	"payment_confirmed"
#define DW_PAYMENT_FAILED		"payment_failed"
#define DW_PAYOUT_CONFIRMED		"payout_confirmed"
#define DW_PAYOUT_IS_FAILED		"payout_failed"
#define DW_REPAYMENT_CONFIRMED	"repayment_confirmed"
#define DW_REFUND_CONFIRMED		"refund_confirmed"
#define DW_REFUND_IS_FAILED		"refund_failed"
#define DW_CHARGEBACK_OPENED	"chargeback_opened"
#define DW_CHARGEBACK_INQUIRED	"chargeback_inquired"
#define DW_CHARGEBACK_IS_WON	"chargeback_won"
#define DW_CHARGEBACK_IS_LOST	"chargeback_lost"

/* An event of a payment company: money has arrived, or will not. */
typedef struct DwPaymentEvent
{
	const char *psp;			/* payment company */
	const char *event_id;		/* its name for the event */
	const char *type;			/* one of the above */
	DwUuid		job_id;			/* what was paid for; nil for a payout */
	DwUuid		told_job_id;	/* it was told for, before the charge said
								 * whose it is; nil = the same */
	DwUuid		user_id;		/* who is paid out; nil for a payment */
	DwUuid		transaction_id; /* the payment asked for; nil = unknown */
	DwUuid		capture_id;		/* the same, of a capture that is named */
	int64		amount;			/* minor units */
	const char *currency;		/* ISO 4217 */
	const char *psp_reference;	/* its name for the payment, or NULL */
	const char *object;			/* column of what it is about, or NULL */
	DwUuid		object_id;		/* what it says there */
	Datum		result;			/* jsonb of the row that was returned */
	Datum		told;			/* jsonb of what names the fact; 0 = unknown */
	TimestampTz occurred_at;	/* by the company's clock, or DT_NOBEGIN */
	TimestampTz created_at;		/* when it was applied */
} DwPaymentEvent;

/*
 * A live payment method of a user: the one with this id, or, for NULL, of
 * those that have not expired the default one, else the newest.  False: no
 * such, or it was removed.  Nobody removes it until the transaction ends.
 */
extern bool dw_payment_method_find(const DwUuid *user_id, const DwUuid *id,
								   DwPaymentSource *method);

/* Reads the event with this psp and event_id; false when it is new. */
extern bool dw_payment_event_find(const char *psp, const char *event_id,
								  DwPaymentEvent *event);

/*
 * Reads the event that told of the same money under another name: of the same
 * type, psp, psp_reference, amount and currency, whatever job or user it was
 * told for; only of what arrives.  False: there is none.
 */
extern bool dw_payment_event_find_same(const DwPaymentEvent *event,
									   DwPaymentEvent *same);

/* Keeps an applied event; false when it, or the same money, was kept. */
extern bool dw_payment_event_keep(DwPaymentEvent *event);

/*
 * True when something that happened later, by the company's clock, was told
 * of the same object before: an event of the type, or of the other one.
 * `object` is the column of its row that names it.  False where the company
 * does not say when.
 */
extern bool dw_payment_event_is_overtaken(const DwPaymentEvent *event,
										  const char *object,
										  const DwUuid *object_id,
										  const char *type,
										  const char *other);

/*
 * True when the very fact was told before, by whatever name: an event of its
 * type, of the same object, time and, if it says one, amount.
 */
extern bool dw_payment_event_is_known(const DwPaymentEvent *event,
									  const char *object,
									  const DwUuid *object_id);

/* True when an event has said that this payment arrived, late or not. */
extern bool dw_payment_has_arrived(const DwUuid *job_id,
								   const DwUuid *transaction_id);

/* True when an event has said that it failed, and when that was. */
extern bool dw_payment_has_failed_at(const DwUuid *job_id,
									 const DwUuid *transaction_id);

/* The pending payment of a job, or its payment of this id; false: none. */
extern bool dw_payment_find(const DwUuid *job_id, const DwUuid *id,
							DwTransaction *payment);

/*
 * Claims the jobs of at most max_rows payments that are past their pay_by, as
 * dw_due_claim().
 */
extern DwUuid *dw_payments_claim_overdue(int max_rows, int *count);

/* The payment of a job that was asked for last, however it ended. */
extern bool dw_payment_find_last(const DwUuid *job_id,
								 DwTransaction *payment);

/* What the payment of a tip has become.  Amounts are minor units. */
typedef struct DwTip
{
	DwUuid		id;				/* the transaction that gave it */
	int64		amount;			/* that arrived */
	int64		fee;			/* of it, the platform's */
	int64		returned;		/* of it, what the provider gave back */
	int64		fee_returned;	/* of the fee, likewise */
} DwTip;

/* Of a payment that has arrived; false: it is no tip's. */
extern bool dw_tip_find(const DwTransaction *payment, DwTip *tip);

/*
 * Rows of dwello.change_orders: changes of a contract that one side proposes
 * and the other answers.  The caller has locked the job.
 */

#define DW_ORDER_NO_DAYS	0	/* the time of the work is not changed */
#define DW_ORDER_OPEN		INT64CONST(-1)	/* it is not accepted */

/* A change order as its row has it. */
typedef struct DwChangeOrder
{
	DwUuid		job_id;			/* key, with the next */
	DwUuid		id;				/* unique within the job */
	DwUuid		homeowner_id;	/* of the job */
	DwUuid		provider_id;	/* who has the award */
	DwUuid		offered_by;		/* one of the two */
	char	   *title;			/* what is changed */
	char	   *description;	/* or NULL */
	int64		amount;			/* more > 0, less < 0; minor units */
	char		currency[DW_CURRENCY_SIZE]; /* the escrow's */
	int32		days;			/* more > 0, or DW_ORDER_NO_DAYS */
	DateADT		due_date;		/* or DATEVAL_NOBEGIN */
	TimestampTz starts_at;		/* of the work; DT_NOBEGIN: as it was */
	Datum		milestones;		/* jsonb of another plan; 0 = none */
	DwOfferStatus status;		/* moves by dw_offer_machine() only */
	DwUuid		milestone_id;	/* made, or to be made less; nil = none */
	DwUuid		transaction_id; /* asked for, or given back; nil = none */
	int64		contract_amount;	/* afterwards, or DW_ORDER_OPEN */
	TimestampTz created_at;		/* when it was proposed */
	TimestampTz answered_at;	/* or when it ended; DT_NOBEGIN: pending */
} DwChangeOrder;

/* Reads one of a job, or the one that is pending; false: there is none. */
extern bool dw_change_order_load(const DwUuid *job_id, const DwUuid *id,
								 DwChangeOrder *order);
extern bool dw_change_order_find(const DwUuid *job_id, DwChangeOrder *order);

/* Writes a new one, or what became of one, as of now. */
extern void dw_change_order_insert(const DwChangeOrder *order);
extern void dw_change_order_save(DwChangeOrder *order);

/* Writes an event of one, for the side that did not cause it. */
extern void dw_change_order_emit(const DwChangeOrder *order, const char *type,
								 const DwUuid *actor_id);

#endif							/* DW_ESCROW_STORE_H */
