/*
 * company.h
 *		What a payment company or a bank does with the platform's own money,
 *		and what companies say that they did with all of it.
 */
#ifndef DW_COMPANY_H
#define DW_COMPANY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/ledger/ledger.h"
#include "core/posting/posting.h"

/*
 * Facts that belong to no job and no user: a company keeps its fee, pays
 * what it holds into the platform's bank account, a bank takes a fee.  All
 * amounts are minor units; one below zero is the same the other way: a fee
 * that is given back, a settlement that the company collects.
 */
typedef enum DwCompanyFact
{
	DW_COMPANY_FEE,				/* a company keeps its fee */
	DW_COMPANY_SETTLEMENT,		/* it pays the platform's bank */
	DW_COMPANY_BANK_FEE,		/* the bank takes its fee */
	DW_COMPANY_ADJUSTMENT,		/* a company corrects its account, in favour
								 * of the platform */
	DW_COMPANY_WITHDRAWAL,		/* the platform takes what it earned */
	DW_COMPANY_FACT_COUNT
} DwCompanyFact;

/* What each is called where events are kept. */
DW_LABELS_OF(company_fact, DwCompanyFact);

/* The type of its transaction. */
extern DwTransactionType dw_company_type(DwCompanyFact fact);

/*
 * What it books.  psp is the company or bank that tells it, which must
 * outlive the posting.  DW_BAD_VALUE: an amount of 0; DW_OVERFLOW: one whose
 * opposite does not fit.
 */
extern void dw_company_posting(DwPosting *posting, DwCompanyFact fact,
							   const char *psp, const char *currency,
							   int64_t amount);

/* So much of a loss is made good out of money that lies somewhere. */
typedef struct DwCovered
{
	int			loss;			/* which of the losses */
	int			place;			/* which of the places of money */
	int64_t		amount;			/* minor units, > 0 */
} DwCovered;

/*
 * What of the losses of a charge the money of that charge makes good, that
 * lies in so many places: the first loss before the second, out of the first
 * place before the second.  No amount is below zero.  Gives how many parts,
 * for fewer than loss_count + place_count of which covered has room.
 */
extern int	dw_cover_losses(const int64_t *losses, int loss_count,
							const int64_t *lies, int place_count,
							DwCovered *covered);

/*
 * Compares a payment company's statement with what is booked here.
 *
 * A line and a booking belong together when they are of one kind and the
 * line's event or reference is a name of the booking.  A line goes by the
 * transaction that it was booked as, else by its event if that is known for
 * its kind, else by its reference.  Of one name
 * and kind first those of equal amount and currency are paired (a fee also
 * with one that is a fee of a dispute, or not, on one side only), then lines
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
	DW_EXTERNAL_CHARGEBACK_WON, /* given back by it, in */
	DW_EXTERNAL_FEE,			/* its own, out */
	DW_EXTERNAL_DISPUTE_FEE,	/* of a chargeback: booked as a fee */
	DW_EXTERNAL_SETTLEMENT,		/* to the platform's bank, out */
	DW_EXTERNAL_ADJUSTMENT		/* of its own account, in */
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
	int64_t		amount;			/* as the line's, see dw_external_amount_may */
	const char *currency;		/* ISO 4217 */
	int64_t		at;				/* by the company, else completed */
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
	const char *booked_as;		/* id of its transaction; NULL = none yet */
	const char *booked_apart;	/* id of that of an accepted difference */
	DwExternalKind kind;		/* what it is about */
	int64_t		amount;			/* as its kind has it, but what is booked
								 * apart */
	const char *currency;		/* ISO 4217 */
	int64_t		at;				/* as stated */
	int			position;		/* in the statement, from 1 */
	DwExternalVerdict verdict;	/* never missing_there */
	DwExternalBooking *booking; /* its pair, what is not booked, or NULL */
	int			repeats;		/* an equal line of its name; 0 = none */
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

/*
 * True for an amount that a line of the kind may have: above zero, and of a
 * fee, a settlement or an adjustment also below, which is the other way.
 */
extern bool dw_external_amount_may(DwExternalKind kind, int64_t amount);

/*
 * The fact that such a line is when it is booked by itself, false for what
 * has a command of its own.
 */
extern bool dw_external_fact(DwExternalKind kind, DwCompanyFact *fact);

/* Pairs lines with bookings; bookings that no line is about stay unpaired. */
extern void dw_external_match(DwExternal *external);

/* What is to be booked so that a line which differs is whole. */
typedef struct DwExternalDifference
{
	int64_t		difference;		/* of the line's amount */
	DwCompanyFact fact;			/* that books it */
	int64_t		amount;			/* of the fact */
} DwExternalDifference;

/*
 * Reckons that: its difference from all that is booked under its name and
 * that no other line is about, as a fact of the line's kind if it is one,
 * else as an adjustment.  DW_INVALID_TRANSITION: it does not differ;
 * DW_CURRENCY_MISMATCH: by its currency, too; DW_OVERFLOW.
 */
extern DwResult dw_external_differs(const DwExternal *external,
									const DwExternalLine *line,
									DwExternalDifference *out);

/*
 * Reads a time as RFC 3339 has it: 2026-01-31T23:59:59.123456Z or with an
 * offset as +01:00, up to six digits of a second.  False for all else.
 */
extern bool dw_external_time(const char *text, int64_t *time);

/*
 * In what a payment company counts a currency: 10^-exponent of it.  That may
 * be more than a minor unit, or less.
 */

#define DW_PSP_EXPONENT_MAX 4

/* The least amount in minor units that is whole for them, 1 or more. */
extern int64_t dw_psp_unit(const char *currency, int exponent);

/*
 * An amount of minor units in theirs.  DW_BAD_VALUE: it is not whole;
 * DW_OVERFLOW: it does not fit.
 */
extern DwResult dw_psp_amount(const char *currency, int exponent,
							  int64_t amount, int64_t *theirs);

#endif							/* DW_COMPANY_H */
