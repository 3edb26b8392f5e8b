/*
 * fee_schedule_store.c
 *		Writes the fee schedules of an operator.
 *
 * The columns of a row are the first tier; the tiers above it are a list of
 * documents, each with all its numbers, so that nobody needs the first to
 * understand another.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "server/sql/sql_server.h"
#include "store/fee/fee_store.h"

/* The tiers above the first as jsonb text. */
static char *
tiers_text(const DwFeeSchedule *schedule)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoChar(&text, '[');
	for (int i = 1; i < schedule->tier_count; i++)
	{
		const DwFeeTier *tier = &schedule->tiers[i];

		appendStringInfo(&text, "%s{\"from_amount\": " INT64_FORMAT
						 ", \"rate_ppm\": " INT64_FORMAT,
						 i == 1 ? "" : ",", tier->from_amount,
						 tier->rate_ppm);
		if (schedule->kind == DW_FEE_KIND_FLAT)
			appendStringInfo(&text, ", \"fixed\": " INT64_FORMAT
							 ", \"min_fee\": " INT64_FORMAT, tier->fixed,
							 tier->min_fee);
		if (tier->max_fee != DW_FEE_NO_MAX)
			appendStringInfo(&text, ", \"max_fee\": " INT64_FORMAT,
							 tier->max_fee);
		appendStringInfoChar(&text, '}');
	}
	appendStringInfoChar(&text, ']');
	return text.data;
}

/* The columns of a draft, $1 to $15. */
static void
param_draft(DwParams *p, const DwFeeDraft *draft)
{
	const DwFeeSchedule *schedule = &draft->schedule;
	const DwFeeTier *first = &schedule->tiers[0];

	dw_param_uuid(p, &draft->id);
	dw_param_text(p, draft->name);
	dw_param_uuid(p, draft->category_id);
	dw_param_text(p, draft->currency);
	dw_param_text(p, draft->tier);
	dw_param_text(p, dw_fee_payer_label(schedule->payer));
	dw_param_text(p, dw_fee_kind_label(schedule->kind));
	dw_param_int4(p, (int32) first->rate_ppm);
	dw_param_int8(p, first->fixed);
	dw_param_int8(p, first->min_fee);
	dw_param_datum(p, INT8OID, Int64GetDatum(first->max_fee),
				   first->max_fee == DW_FEE_NO_MAX);
	dw_param_int4(p, (int32) schedule->tax_ppm);
	dw_param_text(p, tiers_text(schedule));
	dw_param_time(p, draft->valid_from);
	dw_param_datum(p, TIMESTAMPTZOID, TimestampTzGetDatum(draft->valid_until),
				   draft->valid_until == DT_NOEND);
}

bool
dw_fee_schedule_insert(const DwFeeDraft *draft)
{
	static DwStatement insert_schedule =
		DW_STATEMENT("INSERT INTO dwello.fee_schedules (id, name, "
					 "category_id, currency, user_tier, payer, kind, "
					 "rate_ppm, fixed_fee, min_fee, max_fee, tax_ppm, "
					 "tiers, valid) VALUES ($1, $2, $3, $4, "
					 "$5::text::dwello.subscription_tier, "
					 "$6::text::dwello.fee_payer, "
					 "$7::text::dwello.fee_kind, $8, $9, $10, $11, $12, "
					 "$13::text::jsonb, pg_catalog.tstzrange($14, $15)) "
					 "ON CONFLICT (id) DO NOTHING");
	DwParams	p = DW_PARAMS;

	param_draft(&p, draft);
	return dw_execute(&insert_schedule, &p) > 0;
}

bool
dw_fee_schedule_lock(const DwUuid *id, DwFeeLife *life)
{
	static DwStatement select_life =
		DW_STATEMENT("SELECT COALESCE(pg_catalog.lower(f.valid), "
					 "'-infinity'), COALESCE(pg_catalog.upper(f.valid), "
					 "'infinity'), f.is_builtin, f.version "
					 "FROM dwello.fee_schedules AS f WHERE f.id = $1 "
					 "FOR UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	if (dw_execute(&select_life, &p) == 0)
		return false;
	life->valid_from = dw_read_time(0, 1);
	life->valid_until = dw_read_time(0, 2);
	life->is_builtin = dw_read_bool(0, 3);
	life->version = dw_read_int4(0, 4);
	return true;
}

void
dw_fee_schedule_replace(const DwFeeDraft *draft, int32 version)
{
	static DwStatement update_schedule =
		DW_STATEMENT("UPDATE dwello.fee_schedules SET name = $2, "
					 "category_id = $3, currency = $4, "
					 "user_tier = $5::text::dwello.subscription_tier, "
					 "payer = $6::text::dwello.fee_payer, "
					 "kind = $7::text::dwello.fee_kind, rate_ppm = $8, "
					 "fixed_fee = $9, min_fee = $10, max_fee = $11, "
					 "tax_ppm = $12, tiers = $13::text::jsonb, "
					 "valid = pg_catalog.tstzrange($14, $15), "
					 "version = $16 WHERE id = $1");
	DwParams	p = DW_PARAMS;

	param_draft(&p, draft);
	dw_param_int4(&p, version);
	(void) dw_execute(&update_schedule, &p);
}

void
dw_fee_schedule_end(const DwUuid *id, TimestampTz valid_until, int32 version)
{
	static DwStatement update_end =
		DW_STATEMENT("UPDATE dwello.fee_schedules SET "
					 "valid = pg_catalog.tstzrange("
					 "pg_catalog.lower(valid), $2), version = $3 "
					 "WHERE id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	dw_param_time(&p, valid_until);
	dw_param_int4(&p, version);
	(void) dw_execute(&update_end, &p);
}

void
dw_fee_schedule_delete(const DwUuid *id)
{
	static DwStatement delete_schedule =
		DW_STATEMENT("DELETE FROM dwello.fee_schedules WHERE id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	(void) dw_execute(&delete_schedule, &p);
}
