/*
 * payout.h
 *		What providers can be paid, and what companies say was paid.
 */
#ifndef DW_PAYOUT_H
#define DW_PAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/base.h"

/*
 * What a provider can be paid out, and what a payment does to their
 * accounts.
 *
 * Their money is one sum in two accounts: what was released (available)
 * and what they owe (receivable, below zero after a chargeback or a reversal;
 * above zero when one is won that they had made good before).  A payout
 * promises a part of the sum and, once it is paid, settles the two.
 *
 * All amounts are minor units of one currency.
 */

/* Type payout_status. */
typedef enum DwPayoutStatus
{
	DW_PAYOUT_PENDING,			/* asked for, maybe under way */
	DW_PAYOUT_COMPLETED,		/* paid, and booked */
	DW_PAYOUT_FAILED,			/* the company could not pay */
	DW_PAYOUT_CANCELLED			/* given up */
} DwPayoutStatus;

/* Type payout_hold_reason. */
typedef enum DwPayoutHold
{
	DW_PAYOUT_HOLD_ACCOUNT,		/* the provider's account is not active */
	DW_PAYOUT_HOLD_BALANCE,		/* their balance does not cover it */
	DW_PAYOUT_NOT_HELD			/* no label */
} DwPayoutHold;

/* When payouts are asked for by themselves: setting payout_schedule. */
typedef enum DwPayoutSchedule
{
	DW_SCHEDULE_MANUAL,			/* never */
	DW_SCHEDULE_DAILY,
	DW_SCHEDULE_MONDAY,			/* weekly, as the others */
	DW_SCHEDULE_TUESDAY,
	DW_SCHEDULE_WEDNESDAY,
	DW_SCHEDULE_THURSDAY,
	DW_SCHEDULE_FRIDAY,
	DW_SCHEDULE_SATURDAY,
	DW_SCHEDULE_SUNDAY
} DwPayoutSchedule;

DW_LABELS_OF(payout_schedule, DwPayoutSchedule);

/*
 * The day on which the turn that holds today has begun; a day is counted from
 * 2000-01-01.  Who was looked at before it is due.  False: none ever begins.
 */
extern bool dw_payout_turn(DwPayoutSchedule schedule, int32_t today,
						   int32_t *turn);

/* What a provider has in one currency. */
typedef struct DwBalance
{
	int64_t		available;		/* released and not paid out, >= 0 */
	int64_t		receivable;		/* below zero: a debt */
	int64_t		pending;		/* promised to payouts under way, >= 0 */
} DwBalance;

/* What a payout that was paid does to the two accounts. */
typedef struct DwNetting
{
	int64_t		available;		/* leg of provider_available */
	int64_t		receivable;		/* leg of provider_receivable */
} DwNetting;

DW_LABELS_OF(payout_status, DwPayoutStatus);
DW_LABELS_OF(payout_hold, DwPayoutHold);

/* A payout under way, as far as it decides who is held. */
typedef struct DwPromise
{
	int64_t		amount;			/* out of the balance, > 0 */
	bool		is_sent;		/* a worker has it */
	DwPayoutHold hold;			/* out: what is in its way */
} DwPromise;

/*
 * True when it changes anything that a payout is told to have ended so.  One
 * that failed or was cancelled may be paid all the same, one that was paid may
 * come back, any number of times.
 */
extern bool dw_payout_is_news(DwPayoutStatus status, DwPayoutStatus end);

/* available + receivable - pending; below zero: the debt is the greater. */
extern DwResult dw_payout_withdrawable(const DwBalance *balance,
									   int64_t *amount);

/*
 * A payout is asked for; *amount 0 = all there is, and is set to it.
 * DW_BAD_VALUE: negative.  DW_INSUFFICIENT_FUNDS: more than there is, or
 * nothing.
 */
extern DwResult dw_payout_request(const DwBalance *balance, int64_t *amount);

/*
 * A part of a debt is made good; *amount 0 = all that is owed beyond what is
 * available, and is set to it.  DW_INSUFFICIENT_FUNDS: more, or nothing owed.
 */
extern DwResult dw_payout_debt(const DwBalance *balance, int64_t *amount);

/*
 * Says which of all payouts under way in one currency are held; in the order
 * in which they were asked for, so an earlier one is covered first.  What a
 * worker has is on its way, and counts before all others.
 */
extern void dw_payouts_hold(const DwBalance *balance, bool is_active,
							DwPromise *promises, int count);

/* True for events of jobs after which a provider has more, or less. */
extern bool dw_payout_is_concerned(const char *event_type);

/*
 * A payout of amount (> 0) was paid.  The legs sum to -amount; the debt is
 * made good as far as the rest goes, what is owed to the provider is added to
 * it, and available does not fall below zero, whatever came between.
 */
extern DwResult dw_payout_settle(const DwBalance *balance, int64_t amount,
								 DwNetting *netting);

/*
 * Compares a payment company's statement with what is booked here.
 *
 * A line and a booking belong together when they are of one kind and the
 * line's event or reference is a name of the booking.  A line goes by its
 * event if that is known for its kind, else by its reference.  Of one name
 * and kind first those of equal amount and currency are paired, then lines
 * that together make up the one booking left (a refund that was sent in
 * parts), then what is left in its order, as differing.  All in O(n log n),
 * however many share a name.
 *
 * Amounts are minor units, times microseconds since 2000-01-01 00:00 UTC.
 */

/* What a company did with money, seen from it. */
typedef enum DwExternalKind
{
	DW_EXTERNAL_PAYMENT,		/* a homeowner's, in */
	DW_EXTERNAL_REFUND,			/* to a homeowner, out */
	DW_EXTERNAL_REFUND_RETURNED,	/* one that was undone, in */
	DW_EXTERNAL_PAYOUT,			/* to a provider, out */
	DW_EXTERNAL_PAYOUT_RETURNED,	/* one that a bank sent back, in */
	DW_EXTERNAL_CHARGEBACK,		/* taken by a bank, out */
	DW_EXTERNAL_CHARGEBACK_WON	/* given back by it, in */
} DwExternalKind;

/* What became of a line or a booking. */
typedef enum DwExternalVerdict
{
	DW_EXTERNAL_MISSING_HERE,	/* stated, not booked */
	DW_EXTERNAL_MISSING_THERE,	/* booked, not stated */
	DW_EXTERNAL_AMOUNT_DIFFERS, /* amount or currency */
	DW_EXTERNAL_MATCHED			/* all is well */
} DwExternalVerdict;

/* Something that is booked here, or asked for and not booked. */
typedef struct DwExternalBooking
{
	DwUuid		scope_id;		/* a job, or a user for a payout */
	DwUuid		transaction_id; /* with leg its key; nil for a payout that is
								 * not booked */
	int32_t		leg;			/* of the transaction; 0 if not booked */
	DwExternalKind kind;		/* what it is */
	int64_t		amount;			/* > 0 */
	const char *currency;		/* ISO 4217 */
	int64_t		at;				/* completed */
	const char *status;			/* NULL if booked, else why not */
	bool		is_paired;		/* some line is about it */
} DwExternalBooking;

/* One name of a booking; it may have several, and share them. */
typedef struct DwExternalName
{
	const char *name;			/* an event's or a reference */
	DwExternalBooking *booking; /* what it names */
	int			next;			/* of the matcher: where to look on */
} DwExternalName;

/* One line of a statement; what is found about it is written to it. */
typedef struct DwExternalLine
{
	const char *event_id;		/* NULL = none */
	const char *reference;		/* NULL = none, but one of them is given */
	DwExternalKind kind;		/* what it is about */
	int64_t		amount;			/* > 0 */
	const char *currency;		/* ISO 4217 */
	int64_t		at;				/* as stated */
	int			position;		/* in the statement, from 1 */
	DwExternalVerdict verdict;	/* never missing_there */
	DwExternalBooking *booking; /* its pair, what is not booked, or NULL */
	int			repeats;		/* an earlier line of its name; 0 = none */
	int			parts;			/* lines that make up the booking, or 1 */
	int			first;			/* of the matcher: first name that fits */
} DwExternalLine;

/* Everything that is compared. */
typedef struct DwExternal
{
	DwExternalLine *lines;		/* in the order of the statement */
	int			line_count;		/* of them */
	DwExternalName *names;		/* in any order; they are sorted */
	int			name_count;		/* of them */
	DwExternalLine **order;		/* room for as many as there are lines */
} DwExternal;

DW_LABELS_OF(external_kind, DwExternalKind);
DW_LABELS_OF(external_verdict, DwExternalVerdict);

/* Pairs lines with bookings; bookings that no line is about stay unpaired. */
extern void dw_external_match(DwExternal *external);

/*
 * Reads a time as RFC 3339 has it: 2026-01-31T23:59:59.123456Z or with an
 * offset as +01:00, up to six digits of a second.  False for all else.
 */
extern bool dw_external_time(const char *text, int64_t *time);

#endif							/* DW_PAYOUT_H */
