/*
 * document_api.c
 *		Documents: issue_documents, invoices, invoice; and annual_totals, what
 *		a provider's come to.
 *
 * They are issued after the fact, of days that are over and on which nothing
 * will be booked any more, in the order of booked_on and transaction id.  So a
 * number is never before one of an earlier day, and none is left out.
 */
#include "postgres.h"

#include "utils/datetime.h"
#include "utils/hsearch.h"

#include "api/account/account_api.h"
#include "core/accounting/accounting.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "store/accounting/accounting_store.h"
#include "store/ledger/ledger_store.h"

#define YEAR_LEAST		1970	/* of totals */
#define YEAR_MOST		9999	/* likewise */
#define NUMBER_DIGITS	6		/* of a number as it is printed, at least */

/* Whose documents are counted together, within one call. */
typedef struct SeriesKey
{
	DwUuid		issuer_id;		/* a provider; nil for the platform */
	int32		kind;			/* a DwDocumentKind */
} SeriesKey;

/* Where to find a series. */
typedef struct SeriesEntry
{
	SeriesKey	key;			/* must be first */
	DwSeries   *series;			/* locked */
} SeriesEntry;

/* What one call issues. */
typedef struct Issuing
{
	DateADT		today;			/* on which it is issued */
	int32		year;			/* of that day */
	HTAB	   *by_key;			/* of SeriesEntry */
	DwSeries  **series;			/* all of them */
	int			series_count;	/* how many */
	DwInvoice  *invoices;		/* in the order of their numbers */
	int			count;			/* how many */
} Issuing;

/* The year of a day. */
static int32
year_of(DateADT day)
{
	int			year;
	int			month;
	int			day_of_month;

	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &day_of_month);
	return year;
}

/* Room for the documents of some transactions. */
static void
issuing_begin(Issuing *issuing, int sales)
{
	HASHCTL		control = {
		.keysize = sizeof(SeriesKey),
		.entrysize = sizeof(SeriesEntry),
		.hcxt = CurrentMemoryContext
	};
	int			room = Max(sales, 1) * DW_DOCUMENTS_MAX;

	issuing->today = dw_booking_today();
	issuing->year = year_of(issuing->today);
	issuing->by_key = hash_create("dwello series", 64, &control,
								  HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	issuing->series = palloc(sizeof(DwSeries *) * room);
	issuing->series_count = 0;
	issuing->invoices = palloc0(sizeof(DwInvoice) * room);
	issuing->count = 0;
}

/* The series of a document, locked once. */
static DwSeries *
find_series(Issuing *issuing, const DwDocument *document)
{
	SeriesKey	key = {document->issuer_id, document->kind};
	bool		is_known;
	SeriesEntry *entry = hash_search(issuing->by_key, &key, HASH_ENTER,
									 &is_known);

	if (!is_known)
	{
		entry->series = palloc0(sizeof(DwSeries));
		entry->series->issuer_id = document->issuer_id;
		entry->series->kind = document->kind;
		entry->series->year = issuing->year;
		dw_series_lock(entry->series);
		issuing->series[issuing->series_count++] = entry->series;
	}
	return entry->series;
}

/* The tax profile of who issues a document, or of whom it is for. */
static DwUuid
profile_of(const DwSaleRow *row, const DwUuid *user_id)
{
	if (dw_uuid_is_nil(user_id))
		return row->platform_profile;
	return dw_uuid_equal(user_id, &row->sale.provider_id)
		? row->provider_profile : row->homeowner_profile;
}

/*
 * Numbers a document.  Its day is never before that of the number before it,
 * also where a clock or the time zone was set back.
 */
static void
issue(Issuing *issuing, const DwSaleRow *row, const DwDocument *document)
{
	DwSeries   *series = find_series(issuing, document);
	DwInvoice  *invoice = &issuing->invoices[issuing->count++];

	series->last_number++;
	series->last_issued_on = Max(issuing->today, series->last_issued_on);
	*invoice = (DwInvoice)
	{
		.scope_id = row->scope_id,
			.id = dw_uuid_fresh(),
			.transaction_id = row->transaction_id,
			.corrects = row->reverses,
			.document = *document,
			.currency = row->currency,
			.description = row->title,
			.issuer_profile = profile_of(row, &document->issuer_id),
			.recipient_profile = profile_of(row, &document->recipient_id),
			.year = series->year,
			.number = series->last_number,
			.document_number = psprintf("%s-%d-%0*lld",
										dw_document_prefix(document->kind),
										series->year, NUMBER_DIGITS,
										(long long) series->last_number),
			.issued_on = series->last_issued_on,
			.supplied_on = row->booked_on,
			.issued_at = dw_now()
	};
}

/* Issues the documents of one transaction. */
static void
issue_sale(Issuing *issuing, DwSaleRow *row)
{
	DwDocument	documents[DW_DOCUMENTS_MAX];
	int			count;

	row->sale.is_on_top = row->fee_payer == DW_FEE_PAYER_HOMEOWNER &&
		row->sale.type != DW_TRANSACTION_TIP;
	row->sale.is_undone = !dw_uuid_is_nil(&row->reverses);
	count = dw_documents_make(&row->sale, documents);
	for (int i = 0; i < count; i++)
		issue(issuing, row, &documents[i]);
}

/*
 * Where reading goes on: after the watermark, or at a day that is to be read
 * again for what was booked on it late.
 */
static DwWatermark
reading_place(DwCall *call, const DwWatermark *watermark)
{
	DwWatermark place = *watermark;

	if (dw_arg_has(call, "from_day"))
	{
		place.booked_on = Min(place.booked_on,
							  dw_arg_date_opt(call, "from_day"));
		memset(&place.transaction_id, 0, sizeof(place.transaction_id));
	}
	return place;
}

/* The last day that is over, and on which nothing will be booked any more. */
static DateADT
last_settled_day(void)
{
	TimestampTz settled = dw_ledger_settled();

	return settled == DT_NOBEGIN ? DATEVAL_NOBEGIN : dw_day_of(settled) - 1;
}

/* Moves the watermark to the last transaction that was looked at. */
static void
watermark_move(DwWatermark *watermark, const DwSaleRow *last)
{
	if (last->booked_on < watermark->booked_on ||
		(last->booked_on == watermark->booked_on &&
		 dw_uuid_compare(&last->transaction_id,
						 &watermark->transaction_id) <= 0))
		return;
	watermark->booked_on = last->booked_on;
	watermark->transaction_id = last->transaction_id;
	dw_watermark_save(watermark);
}

DW_FUNCTION(dwello_issue_documents)
{
	DwCall		call;
	DwWatermark watermark;
	DwWatermark place;
	DwSaleRow  *sales;
	Issuing		issuing;
	int32		max_rows;
	DateADT		through;
	int			count;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	max_rows = dw_arg_max_rows(&call);
	(void) dw_arg_date_opt(&call, "from_day");
	dw_watermark_lock(&watermark);
	place = reading_place(&call, &watermark);
	through = last_settled_day();
	sales = dw_sales_load(&place, through, max_rows, &count);
	issuing_begin(&issuing, count);
	for (int i = 0; i < count; i++)
		issue_sale(&issuing, &sales[i]);
	dw_invoices_write(issuing.invoices, issuing.count, issuing.series,
					  issuing.series_count);
	if (count > 0)
		watermark_move(&watermark, &sales[count - 1]);
	dw_row_int4(&call, "transactions", count);
	dw_row_int4(&call, "documents", issuing.count);
	if (through != DATEVAL_NOBEGIN)
		dw_row_datum(&call, "through", DateADTGetDatum(through));
	return dw_call_return(&call);
}

/* Whose documents the caller may see; NULL for everybody's. */
static const DwUuid *
visible_user(const DwCall *call)
{
	return call->actor.kind == DW_ACTOR_HOMEOWNER ||
		call->actor.kind == DW_ACTOR_PROVIDER ? &call->actor.user_id : NULL;
}

#define READERS	(DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER | DW_ACTOR_ADMIN | \
				 DW_ACTOR_SUPPORT | DW_ACTOR_SYSTEM)

/* P0002 for a document that is not there, or not the caller's. */
pg_noreturn static void
refuse_unknown(const DwUuid *id, const char *hint)
{
	dw_raise(DW_NOT_FOUND, "no such document",
			 psprintf("There is no document %s.", dw_uuid_text(id)), hint);
}

/* invoices(user_id, kind, after_id, max_results) → documents */
DW_FUNCTION(dwello_invoices)
{
	DwCall		call;
	DwInvoiceQuery query = {.after = DW_CURSOR_NEWEST};
	const DwUuid *after_id;

	dw_query_begin(&call, fcinfo, READERS);
	query.max_results = dw_arg_page(&call, "max_results");
	query.kind = dw_arg_label_opt(&call, "kind");
	query.user_id = dw_arg_uuid_opt(&call, "user_id");
	after_id = dw_arg_uuid_opt(&call, "after_id");
	if (after_id != NULL && !dw_invoice_seek(after_id, &query.after))
		refuse_unknown(after_id,
					   "after_id is the invoice_id of the last row of a page.");
	if (visible_user(&call) != NULL)
	{
		if (query.user_id != NULL &&
			!dw_uuid_equal(query.user_id, visible_user(&call)))
			dw_raise(DW_FORBIDDEN, "the documents are not the caller's",
					 "People read their own documents.",
					 "Leave user_id out.");
		query.user_id = visible_user(&call);
	}
	dw_rows_begin(&call);
	dw_invoices_list(&call, &query);
	return dw_list_return(&call);
}

/* invoice(invoice_id) → the document */
DW_FUNCTION(dwello_invoice)
{
	DwCall		call;
	DwUuid		id;

	dw_query_begin(&call, fcinfo, READERS);
	dw_args_need(&call, "invoice_id", NULL);
	id = dw_arg_uuid(&call, "invoice_id");
	if (!dw_invoice_show(&call, &id, visible_user(&call)))
		refuse_unknown(&id, "See dwello.invoices().");
	return dw_call_return(&call);
}

/* annual_totals(year, user_id) → what providers made, by month */
DW_FUNCTION(dwello_annual_totals)
{
	DwCall		call;
	const DwUuid *user_id;
	int32		year;

	dw_query_begin(&call, fcinfo, DW_ACTOR_PROVIDER | DW_ACTOR_ADMIN |
				   DW_ACTOR_SUPPORT | DW_ACTOR_SYSTEM);
	dw_args_need(&call, "year", NULL);
	year = dw_arg_int4(&call, "year");
	user_id = dw_arg_uuid_opt(&call, "user_id");
	if (year < YEAR_LEAST || year > YEAR_MOST)
		dw_arg_refuse(&call, "year", DW_BAD_VALUE,
					  "must lie between 1970 and 9999");
	if (call.actor.kind == DW_ACTOR_PROVIDER && user_id == NULL)
		user_id = &call.actor.user_id;
	if (visible_user(&call) != NULL &&
		!dw_uuid_equal(user_id, visible_user(&call)))
		dw_raise(DW_FORBIDDEN, "the totals are not the caller's",
				 "Providers read their own.", "Leave user_id out.");
	dw_rows_begin(&call);
	dw_annual_totals_list(&call, date2j(year, 1, 1) - POSTGRES_EPOCH_JDATE,
						  date2j(year, 12, 31) - POSTGRES_EPOCH_JDATE,
						  user_id);
	return dw_list_return(&call);
}
