/*
 * simulation_store.c
 *		Reads the releases that fees were taken of, for simulate_fees.
 */
#include "postgres.h"

#include "store/plan_store.h"
#include "store/simulation_store.h"

/*
 * Finds the releases; see the header.  A release's fee depends on those
 * before it, so an escrow is read from its beginning.
 */
uint64
dw_releases_find(TimestampTz from_time, TimestampTz to_time,
				 const char *currency)
{
	static DwStatement select_releases =
		DW_STATEMENT("WITH paid AS (SELECT t.payee_id, t.scope_id, "
					 "t.currency, t.platform_fee, t.tax, t.net_amount, "
					 "t.completed_at, t.id, pg_catalog.bool_or("
					 "t.completed_at >= $1) OVER (PARTITION BY t.scope_id) "
					 "AS is_asked FROM dwello.transactions AS t "
					 "JOIN dwello.escrow_accounts AS a "
					 "ON a.job_id = t.scope_id AND a.provider_id = t.payee_id "
					 "WHERE t.status = 'completed' "
					 "AND t.transaction_type IN ('release', 'dispute') "
					 "AND t.completed_at < $2 "
					 "AND ($3 IS NULL OR t.currency = $3) "
					 "AND NOT EXISTS (SELECT FROM dwello.transactions AS r "
					 "WHERE r.scope_id = t.scope_id AND r.reverses = t.id "
					 "AND r.status = 'completed')) "
					 "SELECT p.payee_id, p.scope_id, p.currency, "
					 "e.contract_amount, e.fee_payer::text, p.platform_fee, "
					 "p.tax, p.net_amount, p.completed_at >= $1 "
					 "FROM paid AS p JOIN dwello.escrow_accounts AS e "
					 "ON e.job_id = p.scope_id WHERE p.is_asked "
					 "ORDER BY p.currency, p.payee_id, p.scope_id, "
					 "p.completed_at, p.id");
	DwParams	p = DW_PARAMS;

	dw_param_time(&p, from_time);
	dw_param_time(&p, to_time);
	dw_param_text(&p, currency);
	return dw_query(&select_releases, &p);
}

/* Reads one release; see the header. */
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
}
