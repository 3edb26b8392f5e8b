/*
 * reference_store.c
 *		What a job's reference amount may come from.
 *
 * A winning price is the comparable price of an award that was confirmed:
 * what the homeowner was going to spend, materials included.  The newest
 * thousand are more than enough for a median that forgets.
 */
#include "postgres.h"

#include "core/geo/geo.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/bid/bid_store.h"

/* The winning prices around a job, with their age in days. */
static DwMarketPrice *
market_prices(const DwJob *job, size_t *count)
{
	static DwStatement load_prices =
		DW_STATEMENT("SELECT b.comparable_price, "
					 "floor(extract(epoch FROM $1 - j.confirmed_at) / 86400)"
					 "::bigint FROM dwello.jobs AS j JOIN dwello.bids AS b "
					 "ON b.job_id = j.id AND b.status = 'accepted' "
					 "WHERE j.confirmed_at IS NOT NULL "
					 "AND j.category_id = $2 AND j.currency = $3 "
					 "AND j.deleted_at IS NULL AND st_dwithin(j.location, "
					 "st_setsrid(st_makepoint($4, $5), 4326)::geography, $6, "
					 "false) ORDER BY j.confirmed_at DESC LIMIT 1000");
	DwParams	p = DW_PARAMS;
	DwMarketPrice *prices;

	dw_param_time(&p, dw_now());
	dw_param_uuid(&p, &job->category_id);
	dw_param_text(&p, job->currency);
	dw_param_float8(&p, job->longitude);
	dw_param_float8(&p, job->latitude);
	dw_param_float8(&p, DW_GEO_METRES_PER_MILE *
					dw_setting_int8("market_radius_miles"));
	*count = dw_execute(&load_prices, &p);
	prices = palloc((*count + 1) * sizeof(*prices));
	for (size_t i = 0; i < *count; i++)
	{
		prices[i].amount = dw_read_int8(i, 1);
		prices[i].age_days = dw_read_int8(i, 2);
	}
	return prices;
}

/* The market's price, or none when too few were won. */
static int64
market_reference(const DwJob *job)
{
	size_t		count;
	DwMarketPrice *prices = market_prices(job, &count);

	if (count < (size_t) dw_setting_int8("market_minimum"))
		return DW_REFERENCE_ABSENT;
	return dw_reference_market(prices, count);
}

/* The default of the category or of its nearest ancestor with one. */
static int64
category_reference(const DwUuid *category_id)
{
	static DwStatement load_default =
		DW_STATEMENT("WITH RECURSIVE line (id, parent_id, amount, depth) AS ("
					 "SELECT c.id, c.parent_id, c.reference_amount, 0 "
					 "FROM dwello.categories AS c WHERE c.id = $1 "
					 "UNION ALL "
					 "SELECT c.id, c.parent_id, c.reference_amount, "
					 "line.depth + 1 FROM line "
					 "JOIN dwello.categories AS c "
					 "ON c.id = line.parent_id "
					 "WHERE line.amount IS NULL AND line.depth < 100) "
					 "SELECT line.amount FROM line "
					 "WHERE line.amount IS NOT NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, category_id);
	if (dw_execute(&load_default, &p) == 0)
		return DW_REFERENCE_ABSENT;
	return dw_read_only_int8(0);
}

void
dw_reference_load(const DwJob *job, DwReferenceFacts *facts)
{
	facts->budget_min = job->budget_min;
	facts->budget_max = job->budget_max;
	facts->market = DW_REFERENCE_ABSENT;
	facts->category_default = DW_REFERENCE_ABSENT;
	if (dw_reference_choose(facts).source != DW_REFERENCE_NONE)
		return;					/* the rest is not looked at */
	facts->market = market_reference(job);
	facts->category_default = category_reference(&job->category_id);
}
