/*
 * accounting.h
 *		Days of booking: which are closed, and what an open one takes; and
 *		what becomes of journals.
 */
#ifndef DW_ACCOUNTING_H
#define DW_ACCOUNTING_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/base.h"
#include "core/ledger/ledger.h"

/*
 * A day is the number of days since 2000-01-01, in the platform's time zone.
 * All days up to one of them are closed: nothing is booked on them any more.
 */
#define DW_PERIOD_NONE INT32_MIN	/* no day is closed yet */

/*
 * The day on which what is completed on a day is booked: that day, or the
 * first open one when it is closed, as for what a company tells late.
 */
extern int32_t dw_period_day(int32_t day, int32_t closed_until);

/*
 * Whether the days up to `until` can be closed.  DW_BAD_VALUE: it is not
 * before today; DW_ALREADY_EXISTS: they are closed, exactly so far;
 * DW_INVALID_TRANSITION: later ones are.
 */
extern DwResult dw_period_close(int32_t until, int32_t closed_until,
								int32_t today);

/* Type journal_status: what became of an accountant's own entry. */
typedef enum DwJournalStatus
{
	DW_JOURNAL_PROPOSED,		/* another administrator has to approve it */
	DW_JOURNAL_POSTED,			/* it is booked */
	DW_JOURNAL_REJECTED			/* it never will be */
} DwJournalStatus;

DW_LABELS_OF(journal_status, DwJournalStatus);

/* Type document_kind: what is issued about a transaction. */
typedef enum DwDocumentKind
{
	DW_DOCUMENT_COMMISSION,		/* the platform's fee, from the platform */
	DW_DOCUMENT_COMMISSION_CREDIT,	/* that part of it is undone */
	DW_DOCUMENT_RECEIPT,		/* work that was paid, from its provider */
	DW_DOCUMENT_RECEIPT_CREDIT	/* that part of it is undone */
} DwDocumentKind;

DW_LABELS_OF(document_kind, DwDocumentKind);

/* A transaction that documents are about.  Amounts are minor units. */
typedef struct DwSale
{
	DwTransactionType type;		/* what it did */
	bool		is_undone;		/* it takes another back */
	DwUuid		homeowner_id;	/* who paid */
	DwUuid		provider_id;	/* who was paid */
	bool		is_on_top;		/* the homeowner bears all of the fee */
	int64_t		fee;			/* the platform's, >= 0 */
	int64_t		tax;			/* on the fee, >= 0 */
	int64_t		payout;			/* what the provider got, >= 0 */
} DwSale;

/* One document. */
typedef struct DwDocument
{
	DwDocumentKind kind;		/* what it is */
	DwUuid		issuer_id;		/* a provider; nil for the platform */
	DwUuid		recipient_id;	/* whom it is for */
	int64_t		net;			/* without tax, >= 0 */
	int64_t		tax;			/* >= 0 */
	int64_t		total;			/* both, > 0 */
} DwDocument;

#define DW_DOCUMENTS_MAX 2		/* of one transaction */

/*
 * The documents of a transaction, at most one of each kind; how many.  Who
 * bears the fee gets the commission invoice, the provider where both do, and
 * for the fee of a payout, which nobody but they have to do with; so
 * the receipt is over all else that the homeowner paid, and what they have in
 * hand sums to what left the escrow.
 */
extern int	dw_documents_make(const DwSale *sale,
							  DwDocument documents[DW_DOCUMENTS_MAX]);

/* How a document's number begins, before its year: "INV" and its like. */
extern const char *dw_document_prefix(DwDocumentKind kind);

#endif							/* DW_ACCOUNTING_H */
