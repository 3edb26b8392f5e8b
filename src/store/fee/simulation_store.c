/*
 * simulation_store.c
 *		Reads the releases that fees were taken of, for simulate_fees.
 */
#include "postgres.h"

#include "server/sql/sql_server.h"
#include "store/fee/fee_store.h"

/*
 * Finds the releases.  A release's fee depends on those
 * before it, so an escrow is read from its beginning.  A settlement in which
 * all went back, and a reversal of a refund, paid nobody and are left out.
 */
uint64
dw_releases_find(TimestampTz from_time, TimestampTz to_time,
				 const char *currency)
{
	static DwStatement select_releases =
		DW_STATEMENT("WITH paid AS (SELECT t.scope_id, t.currency, "
					 "t.platform_fee, t.tax, t.net_amount, "
					 "t.completed_at, t.id, t.reverses, pg_catalog.bool_or("
					 "t.completed_at >= $1) OVER (PARTITION BY t.scope_id) "
					 "AS is_asked FROM dwello.transactions AS t "
					 "WHERE t.status = 'completed' AND t.transaction_type "
					 "IN ('release', 'dispute', 'reversal') "
					 "AND (t.net_amount > 0 OR t.platform_fee > 0 "
					 "OR t.tax > 0) AND t.completed_at < $2 "
					 "AND ($3 IS NULL OR t.currency = $3)) "
					 "SELECT e.provider_id, p.scope_id, p.currency, "
					 "e.contract_amount, e.fee_payer::text, p.platform_fee, "
					 "p.tax, p.net_amount, p.completed_at >= $1, p.id, "
					 "p.reverses "
					 "FROM paid AS p JOIN dwello.escrow_accounts AS e "
					 "ON e.job_id = p.scope_id WHERE p.is_asked "
					 "ORDER BY p.currency, e.provider_id, p.scope_id, p.id");
	DwParams	p = DW_PARAMS;

	dw_param_time(&p, from_time);
	dw_param_time(&p, to_time);
	dw_param_text(&p, currency);
	return dw_query(&select_releases, &p);
}

void
dw_release_read(uint64 row, DwPastRelease *release)
{
	DwFeeQuote *quote = &release->quote;

	(void) dw_read_uuid(row, 1, &release->provider_id);
	(void) dw_read_uuid(row, 2, &release->job_id);
	release->currency = dw_read_text(row, 3);
	release->contract_amount = dw_read_int8(row, 4);
	if (!dw_fee_payer_parse(dw_read_text(row, 5), &release->payer))
		elog(ERROR, "escrow has an unknown fee payer");
	quote->fee = dw_read_int8(row, 6);
	quote->tax = dw_read_int8(row, 7);
	quote->payout = dw_read_int8(row, 8);
	quote->charge = quote->payout + quote->fee + quote->tax;
	release->counts = dw_read_bool(row, 9);
	(void) dw_read_uuid(row, 10, &release->id);
	release->is_reversal = dw_read_uuid(row, 11, &release->reverses);
}
