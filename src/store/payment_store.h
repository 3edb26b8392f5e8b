/*
 * payment_store.h
 *		Payments that were asked for, ways to pay, and the events of payment
 *		companies (psp).
 *
 * An event is known by (psp, event_id) everywhere, not only within a job.
 * Its row is written at the end of the command that applies it, with the
 * result: whoever delivers it again gets that, and of two who deliver it at
 * once the second waits for the first.
 */
#ifndef DW_PAYMENT_STORE_H
#define DW_PAYMENT_STORE_H

#include "postgres.h"

#include "core/uuid.h"
#include "store/ledger_store.h"

/* A way to pay. */
typedef struct DwPaymentMethod
{
	DwUuid		id;				/* its row, with its owner */
	char	   *psp;			/* payment company */
	bool		is_expired;		/* past its last day */
} DwPaymentMethod;

/* What an event says: column event_type. */
#define DW_PAYMENT_CONFIRMED	"payment_confirmed"
#define DW_PAYMENT_FAILED		"payment_failed"
#define DW_PAYOUT_CONFIRMED		"payout_confirmed"
#define DW_PAYOUT_IS_FAILED		"payout_failed"
#define DW_CHARGEBACK_OPENED	"chargeback_opened"
#define DW_CHARGEBACK_IS_WON	"chargeback_won"
#define DW_CHARGEBACK_IS_LOST	"chargeback_lost"

/* An event of a payment company: money has arrived, or will not. */
typedef struct DwPaymentEvent
{
	const char *psp;			/* payment company */
	const char *event_id;		/* its name for the event */
	const char *type;			/* one of the above */
	DwUuid		job_id;			/* what was paid for; nil for a payout */
	DwUuid		user_id;		/* who is paid out; nil for a payment */
	DwUuid		transaction_id; /* the payment asked for; nil = unknown */
	int64		amount;			/* minor units */
	const char *currency;		/* ISO 4217 */
	const char *psp_reference;	/* its name for the payment, or NULL */
	const char *object;			/* column of the row that names what it is
								 * about; NULL = nothing more to compare */
	DwUuid		object_id;		/* what it says there */
	Datum		result;			/* jsonb of the row that was returned */
} DwPaymentEvent;

/*
 * A live payment method of a user: the one with this id, or, for NULL, of
 * those that have not expired his default one, else his newest.  False: no
 * such, or it was removed.  Nobody removes it until the transaction ends.
 */
extern bool dw_payment_method_find(const DwUuid *user_id, const DwUuid *id,
								   DwPaymentMethod *method);

/* Of a payment that lies in an escrow, what a refund gives back. */
typedef struct DwPaymentPart
{
	DwUuid		payment_id;		/* the payment's transaction */
	const DwUuid *payment_method_id;	/* or NULL */
	const char *psp;			/* payment company */
	const char *psp_reference;	/* its name for the payment, or NULL */
	int64		amount;			/* minor units, > 0 */
} DwPaymentPart;

/* Reads the event with this psp and event_id; false when it is new. */
extern bool dw_payment_event_find(const char *psp, const char *event_id,
								  DwPaymentEvent *event);

/* Keeps an event that was applied; false when somebody else has kept it. */
extern bool dw_payment_event_keep(const DwPaymentEvent *event);

/* True when an event has said that this payment arrived, late or not. */
extern bool dw_payment_has_arrived(const DwUuid *job_id,
								   const DwUuid *transaction_id);

/* The pending payment of a job, or its payment of this id; false: none. */
extern bool dw_payment_find(const DwUuid *job_id, const DwUuid *id,
							DwTransaction *transaction);

/* The payment of a job that was asked for last, however it ended. */
extern bool dw_payment_find_last(const DwUuid *job_id,
								 DwTransaction *transaction);

/*
 * The payments that a refund gives back, in the order in which they came.
 * Each company gives back at most what it still has of the job: what it
 * brought, less what it gave back and what banks have taken from it.  Should
 * all of them together not have it, the last payment bears the rest.
 */
extern DwPaymentPart *dw_payments_to_refund(const DwUuid *job_id,
											int64 amount, int *count);

#endif							/* DW_PAYMENT_STORE_H */
