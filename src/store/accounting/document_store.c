/*
 * document_store.c
 *		Documents: what is to be issued, the numbers, and what was issued; and
 *		the tax profiles of both sides.
 *
 * A tax profile has a row for each version, sealed on the way in and opened
 * on the way out.  None is ever changed or deleted: documents name the one
 * that was in force when they were issued.
 *
 * Who issues holds the row of the watermark to the end of the transaction, and
 * the rows of the series that they number in.  Numbers are kept in rows, so a
 * rollback takes them back and leaves no gap.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "server/crypto/crypto_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/accounting/accounting_store.h"
#include "store/accounting/accounting_store_int.h"

static const DwColumn profile_columns[] = {
	DW_COLUMN(UUID, DwTaxProfile, user_id, user_id, DW_COLUMN_KEY),
	DW_COLUMN(INT4, DwTaxProfile, version, version, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwTaxProfile, id, id, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, DwTaxProfile, legal_name, sealed_legal_name,
			  DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, DwTaxProfile, tax_id, sealed_tax_id, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, DwTaxProfile, vat_id, sealed_vat_id, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwTaxProfile, country, country, DW_COLUMN_FIXED),
	DW_COLUMN(BOOL, DwTaxProfile, is_business, is_business, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwTaxProfile, created_by, created_by, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwTaxProfile, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable profiles =
DW_TABLE("tax_profiles", DwTaxProfile, profile_columns);

/* Reads the one row of a result and opens it; false for none. */
static bool
open_profile(uint64 rows, DwTaxProfile *profile)
{
	if (rows == 0)
		return false;
	dw_table_read(&profiles, 0, profile);
	profile->legal_name = dw_unseal(DW_SEAL_LEGAL_NAME, &profile->id,
									profile->sealed_legal_name);
	profile->tax_id = dw_unseal(DW_SEAL_TAX_ID, &profile->id,
								profile->sealed_tax_id);
	profile->vat_id = dw_unseal(DW_SEAL_VAT_ID, &profile->id,
								profile->sealed_vat_id);
	return true;
}

bool
dw_tax_profile_find(const DwUuid *user_id, bool is_read,
					DwTaxProfile *profile)
{
	static DwTableQuery in_force =
		DW_TABLE_QUERY(profiles, "WHERE t.user_id = $1 "
					   "ORDER BY t.version DESC LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	return open_profile(is_read ? dw_table_query(&in_force, &p)
						: dw_table_execute(&in_force, &p), profile);
}

/* The profile of an id, opened; false: no such. */
static bool
load_profile(const DwUuid *id, DwTaxProfile *profile)
{
	static DwTableQuery by_id =
		DW_TABLE_QUERY(profiles, "WHERE t.id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	return open_profile(dw_table_query(&by_id, &p), profile);
}

void
dw_tax_profile_insert(DwTaxProfile *profile)
{
	DwTaxProfile last = {.version = 0};

	(void) dw_tax_profile_find(&profile->user_id, false, &last);
	profile->version = last.version + 1;
	profile->id = dw_uuid_fresh();
	profile->sealed_legal_name = dw_seal(DW_SEAL_LEGAL_NAME, &profile->id,
										 profile->legal_name);
	profile->sealed_tax_id = dw_seal(DW_SEAL_TAX_ID, &profile->id,
									 profile->tax_id);
	profile->sealed_vat_id = dw_seal(DW_SEAL_VAT_ID, &profile->id,
									 profile->vat_id);
	dw_table_insert(&profiles, profile);
}

static const DwColumn watermark_columns[] = {
	DW_COLUMN(BOOL, DwWatermark, is_there, is_there, DW_COLUMN_KEY),
	DW_COLUMN(DATE, DwWatermark, booked_on, booked_on, 0),
	DW_COLUMN(UUID, DwWatermark, transaction_id, transaction_id,
			  DW_COLUMN_NULLABLE)
};

static DwTable watermarks =
DW_TABLE("invoice_watermark", DwWatermark, watermark_columns);

static const DwColumn series_columns[] = {
	DW_COLUMN(UUID, DwSeries, issuer_id, issuer_id, DW_COLUMN_KEY),
	DW_COLUMN_ENUM(document_kind, DwSeries, kind, kind, DW_COLUMN_KEY,
				   dw_document_kind_labels),
	DW_COLUMN(INT4, DwSeries, year, year, DW_COLUMN_KEY),
	DW_COLUMN(INT8, DwSeries, last_number, last_number, 0),
	DW_COLUMN(DATE, DwSeries, last_issued_on, last_issued_on, 0)
};

static DwTable series_table =
DW_TABLE("invoice_series", DwSeries, series_columns);

static const DwColumn invoice_columns[] = {
	DW_COLUMN(UUID, DwInvoice, scope_id, scope_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwInvoice, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwInvoice, transaction_id, transaction_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwInvoice, corrects, corrects,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN_ENUM(document_kind, DwInvoice, kind, document.kind,
				   DW_COLUMN_FIXED, dw_document_kind_labels),
	DW_COLUMN(UUID, DwInvoice, issuer_id, document.issuer_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwInvoice, recipient_id, document.recipient_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwInvoice, net, document.net, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwInvoice, tax, document.tax, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwInvoice, total, document.total, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwInvoice, currency, currency, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwInvoice, description, description, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwInvoice, issuer_profile, issuer_profile,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwInvoice, recipient_profile, recipient_profile,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(INT4, DwInvoice, year, year, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwInvoice, series_number, number, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwInvoice, document_number, document_number,
			  DW_COLUMN_FIXED),
	DW_COLUMN(DATE, DwInvoice, issued_on, issued_on, DW_COLUMN_FIXED),
	DW_COLUMN(DATE, DwInvoice, supplied_on, supplied_on, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwInvoice, issued_at, issued_at, DW_COLUMN_FIXED)
};

static DwTable invoices = DW_TABLE("invoices", DwInvoice, invoice_columns);

void
dw_watermark_lock(DwWatermark *watermark)
{
	static DwTableQuery the_one =
		DW_TABLE_QUERY(watermarks, "WHERE t.is_there FOR UPDATE");
	DwWatermark first = {.is_there = true,.booked_on = DATEVAL_NOBEGIN};
	DwParams	p = DW_PARAMS;

	(void) dw_table_insert_new(&watermarks, &first);
	if (dw_table_execute(&the_one, &p) == 0)
		elog(ERROR, "the watermark of documents is gone");
	dw_table_read(&watermarks, 0, watermark);
}

void
dw_watermark_save(DwWatermark *watermark)
{
	dw_table_update(&watermarks, watermark);
}

static const DwColumn sale_fields[] = {
	DW_FIELD(UUID, DwSaleRow, scope_id, scope_id),
	DW_FIELD(UUID, DwSaleRow, transaction_id, transaction_id),
	DW_COLUMN(UUID, DwSaleRow, reverses, reverses, DW_COLUMN_NULLABLE),
	DW_FIELD(DATE, DwSaleRow, booked_on, booked_on),
	DW_FIELD_ENUM(DwSaleRow, fee_payer, fee_payer, dw_fee_payer_labels),
	DW_FIELD(TEXT, DwSaleRow, currency, currency),
	DW_FIELD(TEXT, DwSaleRow, title, title),
	DW_COLUMN(UUID, DwSaleRow, homeowner_profile, homeowner_profile,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwSaleRow, provider_profile, provider_profile,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwSaleRow, platform_profile, platform_profile,
			  DW_COLUMN_NULLABLE),
	DW_FIELD_ENUM(DwSaleRow, transaction_type, sale.type,
				  dw_transaction_type_labels),
	DW_FIELD(UUID, DwSaleRow, homeowner_id, sale.homeowner_id),
	DW_FIELD(UUID, DwSaleRow, provider_id, sale.provider_id),
	DW_FIELD(INT8, DwSaleRow, platform_fee, sale.fee),
	DW_FIELD(INT8, DwSaleRow, tax, sale.tax),
	DW_FIELD(INT8, DwSaleRow, net_amount, sale.payout)
};

static DwMap sale_map = DW_MAP(sale_fields);

/* The tax profile in force of a user; that of the platform has no user. */
#define PROFILE_OF(user_id) \
	"(SELECT p.id FROM dwello.tax_profiles AS p WHERE p.user_id = " user_id \
	" ORDER BY p.version DESC LIMIT 1) "

static DwStatement select_sales =
DW_STATEMENT("SELECT t.scope_id, t.id AS transaction_id, "
			 "t.reverses, t.booked_on, COALESCE(e.fee_payer, "
			 "'provider'::dwello.fee_payer) AS fee_payer, t.currency, "
			 "COALESCE(j.title, 'payout') AS title, "
			 "t.transaction_type, COALESCE(e.homeowner_id, "
			 "t.payer_id) AS homeowner_id, COALESCE(e.provider_id, "
			 "t.payer_id) AS provider_id, "
			 "t.platform_fee, t.tax, t.net_amount, "
			 PROFILE_OF("e.homeowner_id") "AS homeowner_profile, "
			 PROFILE_OF("COALESCE(e.provider_id, t.payer_id)")
			 "AS provider_profile, "
			 PROFILE_OF("'00000000-0000-0000-0000-000000000000'")
			 "AS platform_profile "
			 "FROM dwello.transactions AS t "
			 "LEFT JOIN dwello.escrow_accounts AS e "
			 "ON e.job_id = t.scope_id "
			 "LEFT JOIN dwello.jobs AS j ON j.id = t.scope_id "
			 "WHERE t.booked_on >= COALESCE($1, '-infinity') "
			 "AND t.booked_on <= $2 AND (t.booked_on, t.id) "
			 "> (COALESCE($1, '-infinity'), $3) "
			 "AND (t.transaction_type = 'fee' OR e.job_id IS NOT NULL "
			 "AND t.transaction_type IN ('release', 'dispute', "
			 "'cancellation', 'reversal', 'tip')) "
			 "AND NOT EXISTS (SELECT FROM dwello.invoices AS v "
			 "WHERE v.scope_id = t.scope_id "
			 "AND v.transaction_id = t.id) "
			 "ORDER BY t.booked_on, t.id LIMIT $4");

DwSaleRow *
dw_sales_load(const DwWatermark *after, DateADT through, int32 max_rows,
			  int *count)
{
	DwParams	p = DW_PARAMS;
	DwSaleRow  *rows;

	dw_param_date(&p, after->booked_on);
	dw_param_date(&p, through);
	dw_param_uuid(&p, &after->transaction_id);
	dw_param_int4(&p, max_rows);
	*count = (int) dw_execute(&select_sales, &p);
	rows = palloc0(sizeof(DwSaleRow) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
		dw_map_read(&sale_map, i, &rows[i]);
	return rows;
}

void
dw_series_lock(DwSeries *series)
{
	static DwTableQuery of_kind =
		DW_TABLE_QUERY(series_table, "WHERE t.issuer_id = $1 "
					   "AND t.kind = $2 AND t.year = $3 FOR UPDATE");
	DwParams	p = DW_PARAMS;

	series->last_number = 0;
	series->last_issued_on = DATEVAL_NOBEGIN;
	(void) dw_table_insert_new(&series_table, series);
	dw_param_uuid(&p, &series->issuer_id);
	dw_param_enum(&p, "document_kind", dw_document_kind_label(series->kind));
	dw_param_int4(&p, series->year);
	if (dw_table_execute(&of_kind, &p) == 0)
		elog(ERROR, "a series of documents is gone");
	dw_table_read(&series_table, 0, series);
}

/* What is written at once. */
typedef struct Issue
{
	const DwInvoice *invoices;	/* in the order of their numbers */
	int			count;			/* of them */
	DwSeries   *const *series;	/* that they are in */
	int			series_count;	/* of those */
} Issue;

/* Writes it; work for dw_write_batch(). */
static void
write_issue(void *argument)
{
	const Issue *issue = argument;

	for (int i = 0; i < issue->count; i++)
		dw_table_insert(&invoices, &issue->invoices[i]);
	for (int i = 0; i < issue->series_count; i++)
		dw_table_update(&series_table, issue->series[i]);
}

void
dw_invoices_write(const DwInvoice *rows, int count,
				  DwSeries *const *series, int series_count)
{
	Issue		issue = {rows, count, series, series_count};

	if (count > 0)
		dw_write_batch(write_issue, &issue);
}

/* What is shown of a document; the one it corrects is of the first kind. */
#define SHOWN \
	"v.id AS invoice_id, v.kind, v.document_number, v.year, " \
	"v.series_number AS number, " \
	"v.issuer_id, v.recipient_id, v.issued_on, v.supplied_on, v.net, v.tax, " \
	"v.total, v.currency, v.description, v.scope_id, v.transaction_id, " \
	"o.id AS corrects_id, o.document_number AS corrects_number, v.issued_at "
#define FROM_INVOICES \
	"FROM dwello.invoices AS v LEFT JOIN dwello.invoices AS o " \
	"ON o.scope_id = v.scope_id AND o.transaction_id = v.corrects " \
	"AND o.kind = CASE v.kind WHEN 'commission_credit' " \
	"THEN 'commission'::dwello.document_kind ELSE 'receipt' END "

bool
dw_invoice_seek(const DwUuid *id, DwCursor *cursor)
{
	static DwStatement select_place =
		DW_STATEMENT("SELECT v.issued_at FROM dwello.invoices AS v "
					 "WHERE v.id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	return dw_read_cursor(dw_query(&select_place, &p), id, cursor);
}

void
dw_invoices_list(DwCall *call, const DwInvoiceQuery *query)
{
	static DwStatement of_all =
		DW_STATEMENT("SELECT " SHOWN FROM_INVOICES
					 "WHERE ($1::text IS NULL OR v.kind::text = $1) "
					 "AND (v.issued_at, v.id) < ($2, $3) "
					 "ORDER BY v.issued_at DESC, v.id DESC LIMIT $4");
	static DwStatement of_user =
		DW_STATEMENT("SELECT " SHOWN FROM_INVOICES
					 "WHERE ($1::text IS NULL OR v.kind::text = $1) "
					 "AND (v.issued_at, v.id) < ($2, $3) "
					 "AND (v.issuer_id = $5 OR v.recipient_id = $5) "
					 "ORDER BY v.issued_at DESC, v.id DESC LIMIT $4");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, query->kind);
	dw_param_cursor(&p, &query->after);
	dw_param_int4(&p, query->max_results);
	if (query->user_id != NULL)
		dw_param_uuid(&p, query->user_id);
	dw_list_query(call, query->user_id != NULL ? &of_user : &of_all, &p);
}

/* The names and numbers of one side, as they were when it was issued. */
static void
show_party(DwCall *call, const DwUuid *profile_id, bool is_issuer)
{
	DwTaxProfile profile;

	if (dw_uuid_is_nil(profile_id) ||
		!load_profile(profile_id, &profile))
		return;
	dw_row_text(call, is_issuer ? "issuer_name" : "recipient_name",
				profile.legal_name);
	dw_row_text(call, is_issuer ? "issuer_country" : "recipient_country",
				profile.country);
	dw_row_text(call, is_issuer ? "issuer_vat_id" : "recipient_vat_id",
				profile.vat_id);
	/* that of a private person is nobody else's business */
	if (is_issuer && profile.is_business)
		dw_row_text(call, "issuer_tax_id", profile.tax_id);
}

bool
dw_invoice_show(DwCall *call, const DwUuid *id, const DwUuid *user_id)
{
	static DwStatement by_id =
		DW_STATEMENT("SELECT " SHOWN FROM_INVOICES "WHERE v.id = $1 "
					 "AND ($2::uuid IS NULL "
					 "OR v.issuer_id = $2 OR v.recipient_id = $2)");
	static DwTableQuery row_by_id =
		DW_TABLE_QUERY(invoices, "WHERE t.id = $1");
	DwParams	p = DW_PARAMS;
	DwParams	of_row = DW_PARAMS;
	DwInvoice	invoice;

	dw_param_uuid(&p, id);
	dw_param_uuid(&p, user_id);
	if (!dw_row_query(call, &by_id, &p))
		return false;
	dw_param_uuid(&of_row, id);
	(void) dw_table_query(&row_by_id, &of_row);
	dw_table_read(&invoices, 0, &invoice);
	show_party(call, &invoice.issuer_profile, true);
	show_party(call, &invoice.recipient_profile, false);
	return true;
}

/*
 * What a provider made of a transaction, as their receipts have it: without
 * what the homeowner paid the platform, with the fee that they bear.
 */
#define MADE \
	"SELECT e.provider_id, t.currency, " \
	"EXTRACT(month FROM t.booked_on)::integer AS month, " \
	"t.reverses IS NOT NULL AS is_undone, " \
	"t.net_amount + b.fee AS gross, b.fee " \
	"FROM dwello.transactions AS t " \
	"JOIN dwello.escrow_accounts AS e ON e.job_id = t.scope_id " \
	"CROSS JOIN LATERAL (SELECT CASE WHEN e.fee_payer = 'homeowner' " \
	"AND t.transaction_type <> 'tip' THEN 0 " \
	"ELSE t.platform_fee + t.tax END AS fee) AS b " \
	"WHERE t.booked_on BETWEEN $1 AND $2 AND t.transaction_type " \
	"IN ('release', 'dispute', 'cancellation', 'reversal', 'tip') " \
	"AND t.net_amount + b.fee > 0 " \
	"AND ($3::uuid IS NULL OR e.provider_id = $3)"

/* What one provider made in a month and a currency. */
typedef struct AnnualTotal
{
	DwUuid		provider_id;	/* who made it */
	const char *currency;		/* ISO 4217 */
	int32		month;			/* 1 to 12 */
	int32		transactions;	/* how many */
	Datum		gross;			/* numeric, as all of them */
	Datum		refunds;		/* what was undone */
	Datum		fees;			/* what they bore */
	Datum		net;			/* what is left */
	bool		is_final;		/* the year is closed */
} AnnualTotal;

static const DwColumn total_fields[] = {
	DW_FIELD(UUID, AnnualTotal, provider_id, provider_id),
	DW_FIELD(TEXT, AnnualTotal, currency, currency),
	DW_FIELD(INT4, AnnualTotal, month, month),
	DW_FIELD(INT4, AnnualTotal, transactions, transactions),
	DW_FIELD(NUMERIC, AnnualTotal, gross, gross),
	DW_FIELD(NUMERIC, AnnualTotal, refunds, refunds),
	DW_FIELD(NUMERIC, AnnualTotal, fees, fees),
	DW_FIELD(NUMERIC, AnnualTotal, net, net),
	DW_FIELD(BOOL, AnnualTotal, is_final, is_final)
};

static DwMap total_map = DW_MAP(total_fields);

/* The totals of a year, by provider, currency and month. */
static AnnualTotal *
load_totals(DateADT from_day, DateADT to_day, const DwUuid *provider_id,
			int *count)
{
	static DwStatement select_totals =
		DW_STATEMENT("WITH made AS (" MADE "), "
					 "total AS (SELECT m.provider_id, m.currency, m.month, "
					 "pg_catalog.count(*)::integer AS transactions, "
					 "COALESCE(pg_catalog.sum(m.gross) "
					 "FILTER (WHERE NOT m.is_undone), 0) AS gross, "
					 "COALESCE(pg_catalog.sum(m.gross) "
					 "FILTER (WHERE m.is_undone), 0) AS refunds, "
					 "pg_catalog.sum(CASE WHEN m.is_undone THEN -m.fee "
					 "ELSE m.fee END) AS fees FROM made AS m GROUP BY 1, 2, 3) "
					 "SELECT s.*, s.gross - s.refunds - s.fees AS net, "
					 IS_FINAL("$2") " AS is_final FROM total AS s "
					 "ORDER BY s.provider_id, s.currency COLLATE \"C\", "
					 "s.month");
	DwParams	p = DW_PARAMS;
	AnnualTotal *totals;

	dw_param_date(&p, from_day);
	dw_param_date(&p, to_day);
	dw_param_uuid(&p, provider_id);
	*count = (int) dw_query(&select_totals, &p);
	totals = palloc(sizeof(AnnualTotal) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
		dw_map_read(&total_map, i, &totals[i]);
	return totals;
}

/* Their country by the profile at the end of a day, else by the next one. */
static const char *
country_at(const DwUuid *user_id, DateADT day)
{
	static DwStatement select_country =
		DW_STATEMENT("SELECT p.country FROM dwello.tax_profiles AS p "
					 "WHERE p.user_id = $1 ORDER BY p.created_at >= $2 + 1, "
					 "CASE WHEN p.created_at < $2 + 1 THEN -p.version "
					 "ELSE p.version END LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_date(&p, day);
	return dw_query(&select_country, &p) > 0 ? dw_read_only_text(0) : NULL;
}

void
dw_annual_totals_list(DwCall *call, DateADT from_day, DateADT to_day,
					  const DwUuid *provider_id)
{
	int			count;
	AnnualTotal *totals = load_totals(from_day, to_day, provider_id, &count);
	const char *country = NULL;

	for (int i = 0; i < count; i++)
	{
		const AnnualTotal *total = &totals[i];

		CHECK_FOR_INTERRUPTS();
		if (i == 0 || !dw_uuid_equal(&total->provider_id,
									 &totals[i - 1].provider_id))
			country = country_at(&total->provider_id, to_day);
		dw_row_uuid(call, "provider_id", &total->provider_id);
		dw_row_text(call, "country", country);
		dw_row_text(call, "currency", total->currency);
		dw_row_int4(call, "month", total->month);
		dw_row_int4(call, "transactions", total->transactions);
		dw_row_datum(call, "gross", total->gross);
		dw_row_datum(call, "refunds", total->refunds);
		dw_row_datum(call, "fees", total->fees);
		dw_row_datum(call, "net", total->net);
		dw_row_bool(call, "is_final", total->is_final);
		dw_list_emit(call);
	}
}
