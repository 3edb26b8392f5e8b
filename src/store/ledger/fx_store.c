/*
 * fx_store.c
 *		Rates of exchange, each for a range of time.
 */
#include "postgres.h"

#include "server/sql/sql_server.h"
#include "store/ledger/ledger_store.h"

bool
dw_fx_find(const char *from_currency, const char *to_currency,
		   TimestampTz as_of, DwFxRate *rate)
{
	static DwStatement select_rate =
		DW_STATEMENT("SELECT r.numerator, r.denominator "
					 "FROM dwello.fx_rates AS r "
					 "WHERE r.from_currency = $1 AND r.to_currency = $2 "
					 "AND r.valid @> $3");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, from_currency);
	dw_param_text(&p, to_currency);
	dw_param_time(&p, as_of);
	if (dw_query(&select_rate, &p) == 0)
		return false;
	rate->numerator = dw_read_int8(0, 1);
	rate->denominator = dw_read_int8(0, 2);
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
	dw_param_time(&p, row->valid_from);
	(void) dw_execute(&update_end, &p);
}

void
dw_fx_insert(const DwFxRow *row)
{
	static DwStatement insert_rate =
		DW_STATEMENT("INSERT INTO dwello.fx_rates (from_currency, "
					 "to_currency, numerator, denominator, valid) "
					 "VALUES ($1, $2, $3, $4, "
					 "pg_catalog.tstzrange($5, $6))");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, row->from_currency);
	dw_param_text(&p, row->to_currency);
	dw_param_int8(&p, row->rate.numerator);
	dw_param_int8(&p, row->rate.denominator);
	dw_param_time(&p, row->valid_from);
	dw_param_datum(&p, TIMESTAMPTZOID,
				   TimestampTzGetDatum(row->valid_until),
				   row->valid_until == DT_NOEND);
	(void) dw_execute(&insert_rate, &p);
}
