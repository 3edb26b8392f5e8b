/*
 * fee_store.c
 *		Fee schedules, promo codes, and the releases that fees were taken of.
 *
 * The columns of a schedule are its first tier; those above it are a list of
 * documents.  Everybody who uses a promo code with a budget locks its row
 * until they commit: that is what keeps two contracts from spending the same
 * cent.
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/fmgrprotos.h"

#include "server/call/call_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/fee/fee_store.h"

static const DwColumn schedule_columns[] = {
	DW_COLUMN(UUID, DwFeeRow, id, id, DW_COLUMN_KEY),
	DW_COLUMN(TEXT, DwFeeRow, name, name, 0),
	DW_COLUMN(UUID_COPY, DwFeeRow, category_id, category_id, 0),
	DW_COLUMN(TEXT, DwFeeRow, currency, currency, 0),
	DW_COLUMN_LABEL(subscription_tier, DwFeeRow, user_tier, tier, 0),
	DW_COLUMN_ENUM(fee_payer, DwFeeRow, payer, schedule.payer, 0,
				   dw_fee_payer_labels),
	DW_COLUMN_ENUM(fee_kind, DwFeeRow, kind, schedule.kind, 0,
				   dw_fee_kind_labels),
	DW_COLUMN(WIDE_INT4, DwFeeRow, rate_ppm, schedule.tiers[0].rate_ppm, 0),
	DW_COLUMN(INT8, DwFeeRow, fixed_fee, schedule.tiers[0].fixed, 0),
	DW_COLUMN(INT8, DwFeeRow, min_fee, schedule.tiers[0].min_fee, 0),
	DW_COLUMN_OR(INT8, DwFeeRow, max_fee, schedule.tiers[0].max_fee, 0,
				 DW_FEE_NO_MAX),
	DW_COLUMN(WIDE_INT4, DwFeeRow, tax_ppm, schedule.tax_ppm, 0),
	DW_COLUMN(JSONB, DwFeeRow, tiers, tiers, 0),
	DW_COLUMN(PERIOD, DwFeeRow, valid, valid, 0),
	DW_COLUMN(BOOL, DwFeeRow, is_builtin, is_builtin, DW_COLUMN_FIXED),
	DW_COLUMN(INT4, DwFeeRow, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED)
};

static DwTable schedules =
DW_TABLE("fee_schedules", DwFeeRow, schedule_columns);

/*
 * Only what is spent changes: contracts have copied the rest into their terms.
 * An update by the key is safe, for the row is locked from its reading on.
 */
static const DwColumn promo_columns[] = {
	DW_COLUMN(TEXT, DwPromo, code, code, DW_COLUMN_KEY),
	DW_COLUMN(WIDE_INT4, DwPromo, rate_ppm, rate_ppm, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwPromo, currency, currency, DW_COLUMN_FIXED),
	DW_COLUMN_OR(INT8, DwPromo, budget, budget, DW_COLUMN_FIXED,
				 DW_FEE_NO_MAX),
	DW_COLUMN(INT8, DwPromo, spent, spent, 0),
	DW_COLUMN(PERIOD, DwPromo, valid, valid, DW_COLUMN_FIXED),
	DW_COLUMN(INT4, DwPromo, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED)
};

static DwTable promos = DW_TABLE("promo_codes", DwPromo, promo_columns);

static const DwColumn used_code_fields[] = {
	DW_FIELD(TEXT, DwPromo, code, code),
	DW_FIELD(INT8, DwPromo, spent, spent)
};

static DwMap used_codes = DW_MAP(used_code_fields);

static const DwColumn release_fields[] = {
	DW_FIELD(UUID, DwPastRelease, id, id),
	DW_FIELD(UUID, DwPastRelease, reverses, reverses),
	DW_FIELD(UUID, DwPastRelease, provider_id, provider_id),
	DW_FIELD(UUID, DwPastRelease, scope_id, job_id),
	DW_FIELD(TEXT, DwPastRelease, currency, currency),
	DW_FIELD(INT8, DwPastRelease, contract_amount, contract_amount),
	DW_FIELD_ENUM(DwPastRelease, fee_payer, payer, dw_fee_payer_labels),
	DW_FIELD(INT8, DwPastRelease, platform_fee, quote.fee),
	DW_FIELD(INT8, DwPastRelease, tax, quote.tax),
	DW_FIELD(INT8, DwPastRelease, net_amount, quote.payout),
	DW_FIELD(BOOL, DwPastRelease, counts, counts)
};

static DwMap releases = DW_MAP(release_fields);

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

/* Reads the tiers above the first, which the columns have. */
static void
read_tiers(DwFeeRow *row)
{
	DwFeeSchedule *schedule = &row->schedule;
	DwJsonArg	list;
	DwJsonArg	item;
	int			count = open_tiers(row->tiers, DW_FEE_TIERS_MAX - 1, &list);

	schedule->tier_count = 1;
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

/*
 * The tiers above the first as they are stored, each with all its numbers, so
 * that nobody needs the first to understand another.
 */
static Datum
tiers_jsonb(const DwFeeSchedule *schedule)
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
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(text.data));
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
					 "SELECT f FROM dwello.fee_schedules AS f "
					 "LEFT JOIN lineage AS l ON l.id = f.category_id "
					 "WHERE (f.category_id IS NULL OR l.id IS NOT NULL) "
					 "AND (f.user_tier IS NULL OR f.user_tier = $2) "
					 "AND (f.currency IS NULL OR f.currency = $3) "
					 "AND f.valid @> $4 "
					 "ORDER BY l.distance NULLS LAST, f.user_tier IS NULL, "
					 "f.currency IS NULL, f.is_builtin "
					 "LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, scope->category_id);
	dw_param_enum(&p, "subscription_tier", scope->tier);
	dw_param_text(&p, scope->currency);
	dw_param_time(&p, scope->as_of);
	if (dw_query(&select_schedule, &p) == 0)
		return false;
	dw_table_read(&schedules, 0, row);
	read_tiers(row);
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

bool
dw_fee_schedule_lock(const DwUuid *id, DwFeeRow *row)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(schedules, "WHERE t.id = $1 FOR UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	if (dw_table_execute(&by_key, &p) == 0)
		return false;
	dw_table_read(&schedules, 0, row);
	return true;
}

bool
dw_fee_schedule_insert(DwFeeRow *draft, DwFeeRow *stored)
{
	draft->tiers = tiers_jsonb(&draft->schedule);
	draft->version = 1;
	if (dw_table_insert_new(&schedules, draft))
		return true;
	if (dw_fee_schedule_lock(&draft->id, stored))
		return false;

	/* not the id is taken, but the time: the table raises that */
	dw_table_insert(&schedules, draft);
	return true;
}

void
dw_fee_schedule_replace(DwFeeRow *draft)
{
	draft->tiers = tiers_jsonb(&draft->schedule);
	dw_table_update(&schedules, draft);
}

void
dw_fee_schedule_end(DwFeeRow *row, TimestampTz valid_until)
{
	row->valid.until = valid_until;
	dw_table_update(&schedules, row);
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

bool
dw_promo_find(const char *code, TimestampTz as_of, bool to_use,
			  DwPromo *promo)
{
	static DwTableQuery in_force =
		DW_TABLE_QUERY(promos, "WHERE t.code = $1 AND t.valid @> $2");
	static DwTableQuery with_budget =
		DW_TABLE_QUERY(promos, "WHERE t.code = $1 AND t.valid @> $2 "
					   "AND t.budget IS NOT NULL FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;
	bool		found;

	dw_param_text(&p, code);
	dw_param_time(&p, as_of);
	if (!to_use)
		found = dw_table_query(&in_force, &p) > 0;
	else
		found = dw_table_execute(&with_budget, &p) > 0 ||
			dw_table_execute(&in_force, &p) > 0;
	if (!found)
		return false;
	dw_table_read(&promos, 0, promo);
	return true;
}

bool
dw_promo_insert(const DwPromo *promo)
{
	return dw_table_insert_new(&promos, promo);
}

void
dw_promo_spend(DwPromo *promo, int64 amount)
{
	if (promo->budget == DW_FEE_NO_MAX)
		return;
	promo->spent += amount;
	dw_table_update(&promos, promo);
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

void
dw_promo_return(const DwUuid *job_id)
{
	static DwStatement select_used =
		DW_STATEMENT("SELECT e.promo_code AS code, "
					 "COALESCE(e.promo_max, 0) AS spent "
					 "FROM dwello.escrow_accounts AS e "
					 "WHERE e.job_id = $1 AND e.promo_code IS NOT NULL");
	static DwStatement clear =
		DW_STATEMENT("UPDATE dwello.escrow_accounts SET promo_code = NULL, "
					 "promo_ppm = 0, promo_max = NULL WHERE job_id = $1");
	static DwStatement give_back =
		DW_STATEMENT("UPDATE dwello.promo_codes SET spent = spent - $2 "
					 "WHERE code = $1");
	DwParams	p = DW_PARAMS;
	DwParams	back = DW_PARAMS;
	DwPromo		promo;

	dw_param_uuid(&p, job_id);
	if (dw_execute(&select_used, &p) == 0)
		return;
	dw_map_read(&used_codes, 0, &promo);
	(void) dw_execute(&clear, &p);
	dw_param_text(&back, promo.code);
	dw_param_int8(&back, promo.spent);
	(void) dw_execute(&give_back, &back);
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

/*
 * A release's fee depends on those before it, so an escrow is read from its
 * beginning.  A settlement in which
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
					 "IN ('release', 'dispute', 'cancellation', 'reversal') "
					 "AND (t.net_amount > 0 OR t.platform_fee > 0 "
					 "OR t.tax > 0) AND t.completed_at < $2 "
					 "AND ($3 IS NULL OR t.currency = $3)) "
					 "SELECT e.provider_id, p.scope_id, p.currency, "
					 "e.contract_amount, e.fee_payer, p.platform_fee, p.tax, "
					 "p.net_amount, p.completed_at >= $1 AS counts, p.id, "
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

	dw_map_read(&releases, row, release);
	quote->charge = quote->payout + quote->fee + quote->tax;
	release->is_reversal = !dw_uuid_is_nil(&release->reverses);
}
