/*
 * fx_store.c
 *		Rates of exchange, each for a range of time.
 */
#include "postgres.h"

#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/ledger/ledger_store.h"

static const DwColumn rate_columns[] = {
	DW_COLUMN(TEXT, DwFxRow, from_currency, from_currency, DW_COLUMN_KEY),
	DW_COLUMN(TEXT, DwFxRow, to_currency, to_currency, DW_COLUMN_KEY),
	DW_COLUMN(PERIOD, DwFxRow, valid, valid, DW_COLUMN_KEY),
	DW_COLUMN(INT8, DwFxRow, numerator, rate.numerator, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwFxRow, denominator, rate.denominator, DW_COLUMN_FIXED)
};

static DwTable rates = DW_TABLE("fx_rates", DwFxRow, rate_columns);

bool
dw_fx_find(const char *from_currency, const char *to_currency,
		   TimestampTz as_of, DwFxRate *rate)
{
	static DwTableQuery in_force =
		DW_TABLE_QUERY(rates, "WHERE t.from_currency = $1 "
					   "AND t.to_currency = $2 AND t.valid @> $3");
	DwParams	p = DW_PARAMS;
	DwFxRow		row;

	dw_param_text(&p, from_currency);
	dw_param_text(&p, to_currency);
	dw_param_time(&p, as_of);
	if (dw_table_query(&in_force, &p) == 0)
		return false;
	dw_table_read(&rates, 0, &row);
	*rate = row.rate;
	return true;
}

void
dw_fx_lock(void)
{
	static DwStatement lock_rates =
		DW_STATEMENT("LOCK TABLE dwello.fx_rates "
					 "IN SHARE ROW EXCLUSIVE MODE");
	DwParams	p = DW_PARAMS;

	(void) dw_execute(&lock_rates, &p);
}

void
dw_fx_supersede(const DwFxRow *row)
{
	static DwStatement update_end =
		DW_STATEMENT("UPDATE dwello.fx_rates SET "
					 "valid = pg_catalog.tstzrange("
					 "pg_catalog.lower(valid), $3) "
					 "WHERE from_currency = $1 AND to_currency = $2 "
					 "AND pg_catalog.upper_inf(valid) "
					 "AND pg_catalog.lower(valid) < $3");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, row->from_currency);
	dw_param_text(&p, row->to_currency);
	dw_param_time(&p, row->valid.from);
	(void) dw_execute(&update_end, &p);
}

void
dw_fx_insert(const DwFxRow *row)
{
	dw_table_insert(&rates, row);
}
