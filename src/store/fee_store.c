/*
 * fee_store.c
 *		Finds the fee schedule that applies.
 */
#include "postgres.h"

#include "store/fee_store.h"
#include "store/plan_store.h"

/* Reads the first row of the look-up. */
static void
schedule_read(DwFeeSchedule *schedule)
{
	DwFeeTerms *terms = &schedule->terms;

	(void) dw_read_uuid(0, 1, &schedule->id);
	if (!dw_fee_payer_parse(dw_read_text(0, 2), &terms->payer))
		elog(ERROR, "fee schedule has an unknown payer");
	terms->rate_ppm = dw_read_int4(0, 3);
	terms->fixed = dw_read_int8(0, 4);
	terms->min_fee = dw_read_int8(0, 5);
	terms->max_fee = dw_read_null(0, 6) ? DW_FEE_NO_MAX : dw_read_int8(0, 6);
	terms->tax_ppm = dw_read_int4(0, 7);
}

/* The schedule that applies; see the header for the order. */
bool
dw_fee_schedule_find(const DwFeeScope *scope, DwFeeSchedule *schedule)
{
	static DwStatement select_schedule =
		DW_STATEMENT("WITH RECURSIVE lineage AS ("
					 "SELECT c.id, c.parent_id, 0 AS distance "
					 "FROM dwello.service_categories AS c WHERE c.id = $1 "
					 "UNION ALL "
					 "SELECT c.id, c.parent_id, l.distance + 1 "
					 "FROM dwello.service_categories AS c "
					 "JOIN lineage AS l ON c.id = l.parent_id) "
					 "SELECT f.id, f.payer::text, f.rate_ppm, f.fixed_fee, "
					 "f.min_fee, f.max_fee, f.tax_ppm "
					 "FROM dwello.fee_schedules AS f "
					 "LEFT JOIN lineage AS l ON l.id = f.category_id "
					 "WHERE (f.category_id IS NULL OR l.id IS NOT NULL) "
					 "AND (f.user_tier IS NULL "
					 "OR f.user_tier = $2::text::dwello.subscription_tier) "
					 "AND (f.currency IS NULL OR f.currency = $3) "
					 "AND f.valid @> $4 "
					 "ORDER BY l.distance NULLS LAST, f.user_tier IS NULL, "
					 "f.currency IS NULL, f.is_builtin "
					 "LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, scope->category_id);
	dw_param_text(&p, scope->tier);
	dw_param_text(&p, scope->currency);
	dw_param_time(&p, scope->as_of);
	if (dw_query(&select_schedule, &p) == 0)
		return false;
	schedule_read(schedule);
	return true;
}

/* True when there is such a category. */
bool
dw_fee_category_exists(const DwUuid *category_id)
{
	static DwStatement select_category =
		DW_STATEMENT("SELECT FROM dwello.service_categories AS c "
					 "WHERE c.id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, category_id);
	return dw_query(&select_category, &p) > 0;
}
