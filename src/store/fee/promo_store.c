/*
 * promo_store.c
 *		Promo codes: what each waives of a fee, and out of which budget.
 *
 * Everybody who uses a code with a budget locks its row until they commit:
 * that is what keeps two contracts from spending the same cent.
 */
#include "postgres.h"

#include "server/sql/sql_server.h"
#include "store/fee/fee_store.h"

#define PROMO_IN_FORCE \
	"SELECT c.rate_ppm, c.currency, c.budget, c.spent, " \
	"pg_catalog.lower(c.valid), COALESCE(pg_catalog.upper(c.valid), " \
	"'infinity'), c.version FROM dwello.promo_codes AS c " \
	"WHERE c.code = $1 AND c.valid @> $2"

/* Reads the last result; false when it is empty. */
static bool
read_promo(const char *code, uint64 count, DwPromo *promo)
{
	if (count == 0)
		return false;
	promo->code = code;
	promo->rate_ppm = dw_read_int4(0, 1);
	promo->currency = dw_read_text(0, 2);
	promo->budget = dw_read_null(0, 3) ? DW_FEE_NO_MAX : dw_read_int8(0, 3);
	promo->spent = dw_read_int8(0, 4);
	promo->valid_from = dw_read_time(0, 5);
	promo->valid_until = dw_read_time(0, 6);
	promo->version = dw_read_int4(0, 7);
	return true;
}

bool
dw_promo_load(const char *code, TimestampTz as_of, DwPromo *promo)
{
	static DwStatement select_promo = DW_STATEMENT(PROMO_IN_FORCE);
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, code);
	dw_param_time(&p, as_of);
	return read_promo(code, dw_query(&select_promo, &p), promo);
}

bool
dw_promo_lock(const char *code, TimestampTz as_of, DwPromo *promo)
{
	static DwStatement lock_promo =
		DW_STATEMENT(PROMO_IN_FORCE " FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, code);
	dw_param_time(&p, as_of);
	return read_promo(code, dw_execute(&lock_promo, &p), promo);
}

bool
dw_promo_insert(const DwPromo *promo)
{
	static DwStatement insert_promo =
		DW_STATEMENT("INSERT INTO dwello.promo_codes (code, rate_ppm, "
					 "currency, budget, valid) VALUES ($1, $2, $3, $4, "
					 "pg_catalog.tstzrange($5, $6)) "
					 "ON CONFLICT (code) DO NOTHING");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, promo->code);
	dw_param_int4(&p, (int32) promo->rate_ppm);
	dw_param_text(&p, promo->currency);
	dw_param_datum(&p, INT8OID, Int64GetDatum(promo->budget),
				   promo->budget == DW_FEE_NO_MAX);
	dw_param_time(&p, promo->valid_from);
	dw_param_datum(&p, TIMESTAMPTZOID,
				   TimestampTzGetDatum(promo->valid_until),
				   promo->valid_until == DT_NOEND);
	return dw_execute(&insert_promo, &p) > 0;
}

void
dw_promo_spend(const DwPromo *promo, int64 amount)
{
	static DwStatement update_spent =
		DW_STATEMENT("UPDATE dwello.promo_codes SET spent = spent + $2, "
					 "version = version + 1 WHERE code = $1");
	DwParams	p = DW_PARAMS;

	if (promo->budget == DW_FEE_NO_MAX)
		return;
	dw_param_text(&p, promo->code);
	dw_param_int8(&p, amount);
	(void) dw_execute(&update_spent, &p);
}

void
dw_promo_apply(const DwUuid *job_id, const char *code,
			   const DwFeeTerms *terms, int32 version)
{
	static DwStatement update_escrow =
		DW_STATEMENT("UPDATE dwello.escrow_accounts SET promo_code = $2, "
					 "promo_ppm = $3, promo_max = $4, version = $5 "
					 "WHERE job_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_text(&p, code);
	dw_param_int4(&p, (int32) terms->promo_ppm);
	dw_param_datum(&p, INT8OID, Int64GetDatum(terms->promo_max),
				   terms->promo_max == DW_FEE_NO_MAX);
	dw_param_int4(&p, version);
	(void) dw_execute(&update_escrow, &p);
}

char *
dw_promo_of(const DwUuid *job_id)
{
	static DwStatement select_code =
		DW_STATEMENT("SELECT e.promo_code FROM dwello.escrow_accounts AS e "
					 "WHERE e.job_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	return dw_execute(&select_code, &p) > 0 ? dw_read_only_text(0) : NULL;
}
