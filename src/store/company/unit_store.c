/*
 * unit_store.c
 *		Rows of dwello.psp_units: in what payment companies count.
 */
#include "postgres.h"

#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/company/company_store.h"

static const DwColumn unit_columns[] = {
	DW_COLUMN(TEXT, DwPspUnit, psp, psp, DW_COLUMN_KEY),
	DW_COLUMN(TEXT, DwPspUnit, currency, currency, DW_COLUMN_KEY),
	DW_COLUMN_OR(INT4, DwPspUnit, exponent, exponent, 0, DW_PSP_UNIT_UNSET),
	DW_COLUMN(INT4, DwPspUnit, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED)
};

static DwTable units = DW_TABLE("psp_units", DwPspUnit, unit_columns);

int
dw_psp_exponent(const char *psp, const char *currency)
{
	/* a company's own row comes before that of every company */
	static DwStatement select_exponent =
		DW_STATEMENT("SELECT u.exponent FROM dwello.psp_units AS u "
					 "WHERE u.psp IN ($1, '') AND u.currency = $2 "
					 "AND u.exponent IS NOT NULL "
					 "ORDER BY u.psp DESC LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, psp == NULL ? "" : psp);
	dw_param_text(&p, currency);
	if (dw_query(&select_exponent, &p) == 0)
		return dw_currency_exponent(currency);
	return dw_read_only_int4(0);
}

int64
dw_psp_unit_of(const char *psp, const char *currency)
{
	return dw_psp_unit(currency, dw_psp_exponent(psp, currency));
}

int64
dw_psp_unit_of_job(const DwUuid *job_id, const char *currency)
{
	static DwStatement select_companies =
		DW_STATEMENT("SELECT DISTINCT t.psp FROM dwello.transactions AS t "
					 "WHERE t.scope_id = $1 AND t.transaction_type = 'payment' "
					 "AND t.status = 'completed' AND t.psp IS NOT NULL");
	DwParams	p = DW_PARAMS;
	char	  **companies;
	uint64		count;
	int64		unit = 1;

	dw_param_uuid(&p, job_id);
	count = dw_query(&select_companies, &p);
	companies = palloc(sizeof(*companies) * (count + 1));
	for (uint64 i = 0; i < count; i++)
		companies[i] = dw_read_only_text(i);
	/* powers of ten: what is whole for the coarsest is whole for all */
	for (uint64 i = 0; i < count; i++)
		unit = Max(unit, dw_psp_unit_of(companies[i], currency));
	return unit;
}

void
dw_payload_psp_amount(DwPayload *payload, const char *psp,
					  const char *currency, int64 amount)
{
	const int	exponent = dw_psp_exponent(psp, currency);
	int64		theirs;

	/* a fact may be of a part of a unit, or beyond what fits */
	if (dw_psp_amount(currency, exponent, amount, &theirs) == DW_OK)
		dw_payload_int8(payload, "psp_amount", theirs);
	dw_payload_int8(payload, "exponent", exponent);
}

int32
dw_psp_unit_lock(const char *psp, const char *currency)
{
	static DwTableQuery lock =
		DW_TABLE_QUERY(units, "WHERE t.psp = $1 AND t.currency = $2 "
					   "FOR NO KEY UPDATE OF t");
	DwPspUnit	unit = {psp, currency, DW_PSP_UNIT_UNSET, 1};
	DwParams	p = DW_PARAMS;

	(void) dw_table_insert_new(&units, &unit);
	dw_param_text(&p, psp);
	dw_param_text(&p, currency);
	if (dw_table_execute(&lock, &p) == 0)
		elog(ERROR, "unit of \"%s\" in %s is gone", psp, currency);
	dw_table_read(&units, 0, &unit);
	return unit.version;
}

void
dw_psp_unit_save(const DwPspUnit *unit)
{
	DwPspUnit	row = *unit;

	dw_table_update(&units, &row);
}
