/*
 * company_store.h
 *		Facts of companies and banks that belong to no job, and what is there
 *		of the platform's own accounts.
 */
#ifndef DW_COMPANY_STORE_H
#define DW_COMPANY_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/base/base.h"
#include "core/company/company.h"
#include "core/posting/posting.h"
#include "server/event/event_server.h"
#include "server/table/table_server.h"

/*
 * Lets nobody else tell this fact until the end of the transaction: no row
 * stands for it, so nothing but its name can be locked.
 */
extern void dw_fact_lock(const DwUuid *fact_id);

/*
 * Charges: money that a payment company has taken in, whatever it became
 * here.  A company's name for one (psp_reference) says whose it is, whatever
 * job or user an event about it is told for.
 */

/* What a charge is here. */
typedef enum DwChargeKind
{
	DW_CHARGE_UNKNOWN,			/* nobody has told of it */
	DW_CHARGE_PAYMENT,			/* of a job's escrow */
	DW_CHARGE_TIP,				/* for the provider of a job */
	DW_CHARGE_REPAYMENT,		/* of what a provider owes */
	DW_CHARGE_RECEIPT			/* it fits nothing of these */
} DwChargeKind;

/* What an event says of a charge. */
typedef struct DwChargeNames
{
	const char *psp;			/* company that tells of it */
	const DwUuid *id;			/* of its transaction; NULL = not said */
	const char *psp_reference;	/* its name, or NULL */
	DwUuid		job_id;			/* that it is told for; nil = none */
} DwChargeNames;

/* A charge. */
typedef struct DwCharge
{
	int32		kind;			/* a DwChargeKind */
	DwUuid		id;				/* transaction that booked it; nil = none */
	DwUuid		receipt_id;		/* that it lies in; nil = none */
	DwUuid		job_id;			/* whose it is; nil = no job's */
	DwUuid		user_id;		/* who paid it; nil = unknown */
	const DwUuid *payment_method_id;	/* that it was paid with, or NULL */
	const char *psp;			/* company that took it, or NULL */
	const char *psp_reference;	/* its name, or NULL */
	const char *currency;		/* ISO 4217; NULL: nothing is known */
	int64		amount;			/* that arrived; minor units */
	int64		left;			/* of it, what nobody took from the provider
								 * or the escrow; of a receipt, what lies
								 * there */
	TimestampTz occurred_at;	/* by the company's clock, or DT_NOBEGIN */
} DwCharge;

/*
 * Finds the charge with this id or, for NULL, this name; without a lock.
 * False, with *charge unknown: nobody has told of it.
 */
extern bool dw_charge_find(const DwChargeNames *names, DwCharge *charge);

/*
 * The same of one that has no name: the only payment of the job's escrow
 * through the company.  Where there are several it is one of them, with no
 * more known than its kind and its job.
 */
extern bool dw_charge_find_only(const DwUuid *job_id, const char *psp,
								DwCharge *charge);

/*
 * What went back of a charge, or a bank took, beyond what has arrived of it
 * by now; 0 when nothing did.
 */
extern int64 dw_charge_excess(const char *psp, const char *psp_reference,
							  const char *currency);

/* True when the escrow of this job has taken it, through this company. */
extern bool dw_charge_is_of(const DwCharge *charge, const DwUuid *job_id,
							const char *psp);

/* The escrow of a job that took money of a charge. */
typedef struct DwChargeJob
{
	DwUuid		job_id;			/* whose it is */
	int64		amount;			/* of the charge, that it took; minor units */
	int64		given;			/* of it, as refunds under its name */
	bool		is_assigned;	/* out of a receipt of the charge */
} DwChargeJob;

/*
 * All that took some in this currency, or in any for NULL, in the order of
 * their jobs' ids; none for a charge without a name.
 */
extern DwChargeJob *dw_charge_jobs(const char *psp, const char *psp_reference,
								   const char *currency, int *count);

/*
 * Lets nobody else tell of this charge until the end of the transaction; NULL
 * is none.  It comes before the locks of receipts and jobs: what is told
 * first of a charge has nothing else to be locked.
 */
extern void dw_charge_lock(const char *psp, const char *psp_reference);

/*
 * Lets nobody else decide on an account of the platform until the end of the
 * transaction (40001 for an older snapshot), makes it if it is not there,
 * and gives its balance.  22003 when that does not fit.
 */
extern int64 dw_platform_balance_lock(const DwAccount *account);

/*
 * What is booked with a payment company, to hold against its statement.
 */

/* Names of events, of payments, and ids as texts; they may repeat. */
typedef struct DwNames
{
	char	  **names;			/* none of them NULL */
	int			count;			/* of them */
} DwNames;

/* All bookings that can be compared with a statement. */
typedef struct DwExternalLedger
{
	DwExternalBooking *bookings;	/* of the period, in the order of time */
	int			count;			/* of them */
	DwExternalName *names;		/* of those that the statement names */
	int			name_count;		/* of them */
} DwExternalLedger;

/* Loads what happened with a company in [from, to), and nothing else. */
extern void dw_external_period(const char *psp, TimestampTz from,
							   TimestampTz to, DwExternalLedger *ledger);

/* All the names that the bookings of the period go by. */
extern DwNames dw_external_names(const char *psp,
								 const DwExternalLedger *ledger);

/* What a booking was told by. */
typedef struct DwExternalTold
{
	int64		place;			/* of the booking, from 1 */
	const char *event_id;		/* NULL = by no event */
	const char *reference;		/* NULL = none */
} DwExternalTold;

/* What so many bookings were told by, as far as is known; in any order. */
extern DwExternalTold *dw_external_told(const char *psp,
										DwExternalBooking *const *bookings,
										int count, int *told);

/* Adds what names (each once) stand for, whenever it was. */
extern void dw_external_load(const char *psp, DwNames *named,
							 DwExternalLedger *ledger);

/*
 * Lines of statements as they were imported.
 */

/* A row of dwello.statement_lines. */
typedef struct DwStatementLine
{
	const char *psp;			/* payment company */
	const char *line_id;		/* its id of the line */
	DwExternalKind kind;		/* what it did */
	const char *event_id;		/* NULL = not said */
	const char *reference;		/* NULL = not said, but one of them is */
	int64		amount;			/* as its kind has it */
	const char *currency;		/* ISO 4217 */
	TimestampTz occurred_at;	/* by the company's clock */
	TimestampTz created_at;		/* when it was imported */
	DwUuid		scope_id;		/* of the next; nil = none yet */
	DwUuid		transaction_id; /* that it was booked as; nil = none yet */
	int64		difference;		/* what of the amount that booked; 0 = all */
	TimestampTz booked_at;		/* when; DT_NOBEGIN = not yet */
} DwStatementLine;

/*
 * Keeps a line.  False: it is there already, and *is_same says whether it
 * says the same.  What it needs is freed by the end, so that any number can
 * be kept in the memory of one.
 */
extern bool dw_statement_keep(const DwStatementLine *line, bool *is_same);

/* The lines of a company of [from, to), in the order of time. */
extern DwStatementLine *dw_statement_load(const char *psp, TimestampTz from,
										  TimestampTz to, int *count);

/* Those outside of [from, to) that are about one of the names. */
extern DwStatementLine *dw_statement_load_named(const char *psp,
												const DwPeriod *but,
												const DwNames *named,
												int *count);

/*
 * Those of a company whose event or reference is one of the names, or that
 * were booked as one of the ledger's bookings.
 */
extern DwStatementLine *dw_statement_load_alike(const char *psp,
												const DwNames *named,
												const DwExternalLedger *ledger,
												int *count);

/* Locks a line and reads it; false: no such. */
extern bool dw_statement_lock(const char *psp, const char *line_id,
							  DwStatementLine *line);

/* True when a line names this transaction. */
extern bool dw_statement_names(const DwUuid *transaction_id);

/* True when a line names it that is of another kind or amount than this. */
extern bool dw_statement_names_other(const DwUuid *transaction_id,
									 const DwStatementLine *line);

/* A fee that a line may have booked before its event was told. */
typedef struct DwFeeNames
{
	const char *psp;			/* company that took it */
	const char *event_id;		/* that tells of it, or NULL */
	const char *case_reference; /* of the dispute that it is of, or NULL */
	const char *psp_reference;	/* of the charge that it is of, or NULL */
	int64		amount;			/* minor units */
	const char *currency;		/* ISO 4217 */
} DwFeeNames;

/*
 * Lets nobody else tell, or book a line, of a fee by any of its names until
 * the end of the transaction.
 */
extern void dw_fee_lock(const DwFeeNames *names);

/*
 * Finds a line of the event's fee that was booked by itself, one of its amount
 * before any other.  False: there is none.
 */
extern bool dw_statement_find_fee(const DwFeeNames *names,
								  DwStatementLine *line);

/*
 * Finds a line of just that fee of a dispute that was booked by itself and is
 * no other dispute's; by its event or case before its charge.
 */
extern bool dw_statement_find_dispute_fee(const DwFeeNames *names,
										  DwStatementLine *line);

/* Writes what a locked line was booked as, as of now. */
extern void dw_statement_book(DwStatementLine *line);

/*
 * Rows of dwello.psp_units: in what payment companies count.  The rows of no
 * company are the built-in ones, of every company without its own; a
 * currency without one is counted in minor units.
 */

#define DW_PSP_UNIT_UNSET	(-1)	/* goes by the built-in one */

/* A row of the table. */
typedef struct DwPspUnit
{
	const char *psp;			/* key; "" = built in */
	const char *currency;		/* key; ISO 4217 */
	int32		exponent;		/* digits of what they count, or unset */
	int32		version;		/* of the row */
} DwPspUnit;

/* The exponent of a company; psp NULL: of one that is not known yet. */
extern int	dw_psp_exponent(const char *psp, const char *currency);

/* What of minor units is whole for it: dw_psp_unit() of that. */
extern int64 dw_psp_unit_of(const char *psp, const char *currency);

/* The same for all companies that payments of a job came through. */
extern int64 dw_psp_unit_of_job(const DwUuid *job_id, const char *currency);

/* Adds an amount as the company counts it: psp_amount and exponent. */
extern void dw_payload_psp_amount(DwPayload *payload, const char *psp,
								  const char *currency, int64 amount);

/* Locks the row of a company, made if it is not there; its version. */
extern int32 dw_psp_unit_lock(const char *psp, const char *currency);

/* Writes it; the version counts up. */
extern void dw_psp_unit_save(const DwPspUnit *unit);

#endif							/* DW_COMPANY_STORE_H */
