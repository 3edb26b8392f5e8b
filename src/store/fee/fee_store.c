/*
 * fee_store.c
 *		Finds the fee schedule that applies.
 *
 * What an operator writes is in fee_schedule_store.c.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/fmgrprotos.h"

#include "server/call/call_server.h"
#include "server/sql/sql_server.h"
#include "store/fee/fee_store.h"

/* A member of a stored tier, or what stands for one that is not there. */
static int64
tier_member(const DwJsonArg *tier, const char *name, int64 absent)
{
	int64		value = absent;
	DwMember	found = dw_json_arg_int8(tier, name, &value);

	if (found != DW_MEMBER_GIVEN && found != DW_MEMBER_ABSENT)
		elog(ERROR, "stored fee tier has no valid %s", name);
	return value;
}

/* Opens a stored list, or 0 for none; the number of its items. */
static int
open_tiers(Datum value, int max, DwJsonArg *list)
{
	int			count;

	if (value == 0)
		return 0;
	if (!dw_json_arg_list(value, list, &count) || count > max)
		elog(ERROR, "stored fee tiers are no list of at most %d", max);
	return count;
}

/* Reads the tiers above the first. */
static void
read_tiers(uint64 row, int column, DwFeeSchedule *schedule)
{
	DwJsonArg	list;
	DwJsonArg	item;
	bool		isnull;
	Datum		value = dw_read_datum(row, column, &isnull);
	int			count = open_tiers(isnull ? 0
								   : PointerGetDatum(PG_DETOAST_DATUM(value)),
								   DW_FEE_TIERS_MAX - 1, &list);

	for (int i = 0; i < count; i++)
	{
		DwFeeTier  *tier = &schedule->tiers[schedule->tier_count++];

		if (!dw_json_arg_item(&list, i, &item))
			elog(ERROR, "stored fee tier is no object");
		tier->from_amount = tier_member(&item, "from_amount", 0);
		tier->rate_ppm = tier_member(&item, "rate_ppm", 0);
		tier->fixed = tier_member(&item, "fixed", 0);
		tier->min_fee = tier_member(&item, "min_fee", 0);
		tier->max_fee = tier_member(&item, "max_fee", DW_FEE_NO_MAX);
	}
}

void
dw_fee_steps_read(Datum steps, DwFeeTerms *terms)
{
	DwJsonArg	list;
	DwJsonArg	item;

	terms->step_count = open_tiers(steps, DW_FEE_STEPS_MAX, &list);
	for (int i = 0; i < terms->step_count; i++)
	{
		if (!dw_json_arg_item(&list, i, &item))
			elog(ERROR, "stored fee step is no object");
		terms->steps[i].from_amount = tier_member(&item, "from_amount", 0);
		terms->steps[i].rate_ppm = tier_member(&item, "rate_ppm", 0);
	}
}

Datum
dw_fee_steps_jsonb(const DwFeeTerms *terms)
{
	StringInfoData text;

	if (terms->step_count == 0)
		return 0;
	initStringInfo(&text);
	for (int i = 0; i < terms->step_count; i++)
		appendStringInfo(&text, "%c{\"from_amount\": " INT64_FORMAT
						 ", \"rate_ppm\": " INT64_FORMAT "}",
						 i == 0 ? '[' : ',', terms->steps[i].from_amount,
						 terms->steps[i].rate_ppm);
	appendStringInfoChar(&text, ']');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(text.data));
}

/* Reads the first row of the look-up. */
static void
read_schedule(DwFeeRow *row)
{
	DwFeeSchedule *schedule = &row->schedule;
	DwFeeTier  *first = &schedule->tiers[0];

	memset(row, 0, sizeof(*row));
	(void) dw_read_uuid(0, 1, &row->id);
	if (!dw_fee_payer_parse(dw_read_text(0, 2), &schedule->payer) ||
		!dw_fee_kind_parse(dw_read_text(0, 3), &schedule->kind))
		elog(ERROR, "fee schedule has an unknown payer or kind");
	first->rate_ppm = dw_read_int4(0, 4);
	first->fixed = dw_read_int8(0, 5);
	first->min_fee = dw_read_int8(0, 6);
	first->max_fee = dw_read_null(0, 7) ? DW_FEE_NO_MAX : dw_read_int8(0, 7);
	schedule->tax_ppm = dw_read_int4(0, 8);
	schedule->tier_count = 1;
	read_tiers(0, 9, schedule);
}

bool
dw_fee_schedule_find(const DwFeeScope *scope, DwFeeRow *row)
{
	static DwStatement select_schedule =
		DW_STATEMENT("WITH RECURSIVE lineage AS ("
					 "SELECT c.id, c.parent_id, 0 AS distance "
					 "FROM dwello.service_categories AS c WHERE c.id = $1 "
					 "UNION ALL "
					 "SELECT c.id, c.parent_id, l.distance + 1 "
					 "FROM dwello.service_categories AS c "
					 "JOIN lineage AS l ON c.id = l.parent_id) "
					 "SELECT f.id, f.payer::text, f.kind::text, f.rate_ppm, "
					 "f.fixed_fee, f.min_fee, f.max_fee, f.tax_ppm, "
					 "f.tiers "
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
	read_schedule(row);
	return true;
}

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

char *
dw_fee_tier_of(const DwUuid *user_id)
{
	static DwStatement select_tier =
		DW_STATEMENT("SELECT a.tier::text FROM dwello.ai_bidding_agents AS a "
					 "WHERE a.user_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	if (dw_query(&select_tier, &p) == 0)
		return DW_TIER_DEFAULT;
	return dw_read_only_text(0);
}
