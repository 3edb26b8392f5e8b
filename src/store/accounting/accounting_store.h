/*
 * accounting_store.h
 *		Periods of booking: how far they are closed, and who closed them.
 */
#ifndef DW_ACCOUNTING_STORE_H
#define DW_ACCOUNTING_STORE_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/accounting/accounting.h"
#include "core/base/base.h"
#include "core/fee/fee.h"
#include "core/ledger/ledger.h"
#include "server/call/call_server.h"

/* A row of dwello.accounting_periods: days were closed up to one of them. */
typedef struct DwPeriodRow
{
	DwUuid		id;				/* time-ordered */
	DateADT		closed_until;	/* last day that was closed */
	TimestampTz closed_at;		/* when */
	DwUuid		closed_by;		/* an administrator; nil for the system */
	const char *reopen_reason;	/* why it shall be open again, or NULL */
	const DwUuid *reopen_asked_by;	/* administrator, or NULL: nobody asks */
	TimestampTz reopen_asked_at;	/* when, or DT_NOBEGIN */
	const DwUuid *reopened_by;	/* another administrator, or NULL: closed */
	TimestampTz reopened_at;	/* when, or DT_NOBEGIN */
	TimestampTz carried_at;		/* balances were carried, or DT_NOBEGIN */
} DwPeriodRow;

/*
 * The day on which what is completed at a time is booked.  Holds off
 * close_period() until the end of the transaction, and so the answer is good
 * until then, whatever the caller's snapshot.
 */
extern DateADT dw_booking_day(TimestampTz time);

/* The day of now in the platform's time zone, and of another time. */
extern DateADT dw_booking_today(void);
extern DateADT dw_day_of(TimestampTz time);

/*
 * Waits until no booking is in flight and lets none begin before the end of
 * the transaction.  Gives the last closed day, or DATEVAL_NOBEGIN, whatever
 * the caller's snapshot.  55P03 when some are in flight for too long.
 */
extern DateADT dw_periods_lock(void);

/* The period that is closed last; false when none is.  Lock them first. */
extern bool dw_period_last(DwPeriodRow *row);

/* Writes a period, and what became of it. */
extern void dw_period_insert(const DwPeriodRow *row);
extern void dw_period_update(DwPeriodRow *row);

/*
 * Sums up the first period whose balances are not carried forward, from those
 * of the one before and the entries since; false when there is none.
 */
extern bool dw_balances_carry(void);

/* An account, or several that one owner has at payment companies. */
typedef struct DwReportAccount
{
	DwUuid		owner_id;		/* a provider, a job, a receipt; nil =
								 * platform */
	DwAccountKind kind;			/* DW_ACCOUNT_ESCROW for a job's */
	const char *currency;		/* ISO 4217 */
	const char *psp;			/* one company, or NULL for all */
	DwUuid		id;				/* of a provider's or a job's account */
} DwReportAccount;

/* Fills a row with what lies on it at the end of a day. */
extern void dw_balance_show(DwCall *call, const DwReportAccount *account,
							DateADT on_day);

/* Fills a set with what moved on it, between an opening and a closing. */
extern void dw_account_statement_list(DwCall *call,
									  const DwReportAccount *account,
									  DateADT from_day, DateADT to_day);

/* Fills a set with the balances of all kinds at the end of a day. */
extern void dw_trial_balance_list(DwCall *call, DateADT on_day);

/*
 * Fills a set with the lines of a journal for hledger: what came before the
 * first day as one transaction, then those of the days; debits above zero, or
 * credits as in the ledger.
 */
extern void dw_export_list(DwCall *call, DateADT from_day, DateADT to_day,
						   bool debits);

/* A row of dwello.journals: an accountant's own entry. */
typedef struct DwJournalRow
{
	DwUuid		id;				/* time-ordered */
	DwUuid		scope_id;		/* its own id, a receipt's, or that of the
								 * journal it takes back */
	DwJournalStatus status;		/* what became of it */
	Datum		lines;			/* jsonb as it was given; 0 for a reversal */
	const char *currency;		/* of all lines */
	int64		amount;			/* what its accounts gain, > 0 */
	const char *reason;			/* why */
	const char *reference;		/* the paper it is on, or NULL */
	const DwUuid *reverses;		/* journal taken back, or NULL */
	const DwUuid *transaction_id;	/* that booked it, or NULL */
	DwUuid		proposed_by;	/* an administrator */
	TimestampTz proposed_at;	/* by dw_now() */
	const DwUuid *decided_by;	/* who booked, approved or rejected it */
	TimestampTz decided_at;		/* when, or DT_NOBEGIN */
	const char *rejected_for;	/* why it was rejected, or NULL */
} DwJournalRow;

/* One of them, for update; false: no such. */
extern bool dw_journal_find(const DwUuid *id, DwJournalRow *row);

/* True when another takes it back, or shall. */
extern bool dw_journal_is_reversed(const DwUuid *id);

/* Writes a journal, and what became of it. */
extern void dw_journal_insert(const DwJournalRow *row);
extern void dw_journal_update(DwJournalRow *row);

/* Fills a set with journals, the newest first; a NULL status is any. */
extern bool dw_journal_seek(const DwUuid *id, DwCursor *cursor);
extern void dw_journals_list(DwCall *call, const char *status,
							 const DwCursor *after, int32 max_results);

/* A row of dwello.tax_profiles: who somebody is to a tax office, from then. */
typedef struct DwTaxProfile
{
	DwUuid		user_id;		/* whose it is; nil for the platform */
	DwUuid		id;				/* that its sealed values are bound to */
	int32		version;		/* counts up for each user */
	const char *legal_name;		/* plain; sealed in the row, as the next two */
	const char *tax_id;			/* or NULL */
	const char *vat_id;			/* or NULL */
	bytea	   *sealed_legal_name;	/* as the row has it */
	bytea	   *sealed_tax_id;	/* or NULL */
	bytea	   *sealed_vat_id;	/* or NULL */
	const char *country;		/* ISO 3166 alpha-2 */
	bool		is_business;	/* not a private person */
	DwUuid		created_by;		/* who said so */
	TimestampTz created_at;		/* by dw_now() */
} DwTaxProfile;

/*
 * The profile in force, opened; false: there is none.  is_read: in the
 * snapshot of a STABLE function.
 */
extern bool dw_tax_profile_find(const DwUuid *user_id, bool is_read,
								DwTaxProfile *profile);

/* Seals it and writes it as the next version. */
extern void dw_tax_profile_insert(DwTaxProfile *profile);

/* How far transactions have their documents: up to the last one's place. */
typedef struct DwWatermark
{
	bool		is_there;		/* the key: there is one */
	DateADT		booked_on;		/* its day; DATEVAL_NOBEGIN = none yet */
	DwUuid		transaction_id; /* and id, nil */
} DwWatermark;

/* Numbers of one issuer, kind and year. */
typedef struct DwSeries
{
	DwUuid		issuer_id;		/* a provider; nil for the platform */
	DwDocumentKind kind;		/* of its documents */
	int32		year;			/* in which they are issued */
	int64		last_number;	/* 0 = none yet */
	DateADT		last_issued_on; /* day of that one, or DATEVAL_NOBEGIN */
} DwSeries;

/* A row of dwello.invoices: a document as it was issued, for ever. */
typedef struct DwInvoice
{
	DwUuid		scope_id;		/* the transaction's */
	DwUuid		id;				/* time-ordered */
	DwUuid		transaction_id; /* what it is about */
	DwUuid		corrects;		/* the one that this one undoes; nil */
	DwDocument	document;		/* from whom, for whom, how much */
	const char *currency;		/* ISO 4217 */
	const char *description;	/* the job's title at the time */
	DwUuid		issuer_profile; /* tax profile at the time; nil = none */
	DwUuid		recipient_profile;	/* and that of whom it is for */
	int32		year;			/* of its series */
	int64		number;			/* in it, from 1 without a gap */
	const char *document_number;	/* as it is printed */
	DateADT		issued_on;		/* not before the number before it */
	DateADT		supplied_on;	/* booked_on of the transaction */
	TimestampTz issued_at;		/* by dw_now() */
} DwInvoice;

/* A transaction that may have documents. */
typedef struct DwSaleRow
{
	DwUuid		scope_id;		/* a job's, or of a payout its provider's */
	DwUuid		transaction_id; /* its key beside it */
	DwUuid		reverses;		/* the one it takes back; nil */
	DateADT		booked_on;		/* its day */
	DwFeePayer	fee_payer;		/* of the escrow */
	const char *currency;		/* ISO 4217 */
	const char *title;			/* of the job, or what the fee is for */
	DwUuid		homeowner_profile;	/* tax profiles in force; nil = none */
	DwUuid		provider_profile;	/* likewise */
	DwUuid		platform_profile;	/* likewise */
	DwSale		sale;			/* who paid whom how much */
} DwSaleRow;

/* The watermark, locked: documents are issued by one after the other. */
extern void dw_watermark_lock(DwWatermark *watermark);
extern void dw_watermark_save(DwWatermark *watermark);

/* Transactions without documents after a place, up to a day, in order. */
extern DwSaleRow *dw_sales_load(const DwWatermark *after, DateADT through,
								int32 max_rows, int *count);

/* The series of a document, made if it is the first, and locked. */
extern void dw_series_lock(DwSeries *series);

/* Writes documents, and how far their series are. */
extern void dw_invoices_write(const DwInvoice *invoices, int count,
							  DwSeries *const *series, int series_count);

/* Which documents a list shows; NULL for any. */
typedef struct DwInvoiceQuery
{
	const DwUuid *user_id;		/* who issued it, or whom it is for */
	const char *kind;			/* label of a kind */
	DwCursor	after;			/* where the page before ended */
	int32		max_results;	/* rows at most */
} DwInvoiceQuery;

/* Places a cursor at a document; false: no such.  Fills a set with a page. */
extern bool dw_invoice_seek(const DwUuid *id, DwCursor *cursor);
extern void dw_invoices_list(DwCall *call, const DwInvoiceQuery *query);

/* Fills a row with a document that the user may see; false for none. */
extern bool dw_invoice_show(DwCall *call, const DwUuid *id,
							const DwUuid *user_id);

/* Fills a set with what providers made in a year; a NULL provider is any. */
extern void dw_annual_totals_list(DwCall *call, DateADT from_day,
								  DateADT to_day, const DwUuid *provider_id);

#endif							/* DW_ACCOUNTING_STORE_H */
