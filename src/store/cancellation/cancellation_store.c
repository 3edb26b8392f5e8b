/*
 * cancellation_store.c
 *		Rows of dwello.cancellation_terms, and the policies of jobs and of
 *		categories that they are made from.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

#include "server/call/call_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/cancellation/cancellation_store.h"

static const DwColumn terms_columns[] = {
	DW_COLUMN(UUID, DwCancellationTerms, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwCancellationTerms, homeowner_id, homeowner_id, 0),
	DW_COLUMN(UUID, DwCancellationTerms, provider_id, provider_id, 0),
	DW_COLUMN(JSONB, DwCancellationTerms, policy, stored_policy, 0),
	DW_COLUMN(TIME, DwCancellationTerms, starts_at, starts_at, 0),
	DW_COLUMN(TIME, DwCancellationTerms, created_at, created_at, 0),
	DW_COLUMN(TIME, DwCancellationTerms, cancelled_at, cancelled_at, 0),
	DW_COLUMN_OR(INT4, DwCancellationTerms, share_ppm, share_ppm, 0,
				 DW_CANCELLATION_NOT_YET),
	DW_COLUMN_OR(INT8, DwCancellationTerms, price, price, 0,
				 DW_CANCELLATION_NOT_YET),
	DW_COLUMN_OR(INT8, DwCancellationTerms, share, share, 0,
				 DW_CANCELLATION_NOT_YET),
	DW_COLUMN(UUID, DwCancellationTerms, transaction_id, transaction_id,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(INT4, DwCancellationTerms, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED)
};

static DwTable terms_table =
DW_TABLE("cancellation_terms", DwCancellationTerms, terms_columns);

/* A policy in force, and the first day of the work as it was posted. */
typedef struct InForce
{
	Datum		of_job;			/* jsonb, or 0 */
	Datum		of_category;	/* jsonb, or 0 */
	DateADT		start_date;		/* DATEVAL_NOBEGIN = not said */
} InForce;

static const DwColumn in_force_fields[] = {
	DW_FIELD(JSONB, InForce, of_job, of_job),
	DW_FIELD(JSONB, InForce, of_category, of_category),
	DW_FIELD(DATE, InForce, start_date, start_date)
};

static DwMap in_force_map = DW_MAP(in_force_fields);

Datum
dw_cancellation_jsonb(const DwCancellationPolicy *policy)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoChar(&text, '[');
	for (int i = 0; i < policy->count; i++)
		appendStringInfo(&text, "%s{\"hours_before_start\": " INT64_FORMAT
						 ", \"share_ppm\": " INT64_FORMAT "}",
						 i == 0 ? "" : ",",
						 policy->tiers[i].hours_before_start,
						 policy->tiers[i].share_ppm);
	appendStringInfoChar(&text, ']');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(text.data));
}

/* A member of a stored tier. */
static int64
tier_member(const DwJsonArg *tier, const char *name)
{
	int64		value = 0;

	if (dw_json_arg_int8(tier, name, &value) != DW_MEMBER_GIVEN)
		elog(ERROR, "a stored tier of a cancellation policy has no %s", name);
	return value;
}

/* Reads stored tiers; none for 0. */
static void
policy_read(Datum tiers, DwCancellationPolicy *policy)
{
	DwJsonArg	list;
	DwJsonArg	tier;

	memset(policy, 0, sizeof(*policy));
	if (tiers == (Datum) 0)
		return;
	if (!dw_json_arg_list(tiers, &list, &policy->count) ||
		policy->count > DW_CANCELLATION_TIERS_MAX)
		elog(ERROR, "a stored cancellation policy is no list of tiers");
	for (int i = 0; i < policy->count; i++)
	{
		if (!dw_json_arg_item(&list, i, &tier))
			elog(ERROR, "a stored tier of a cancellation policy is no object");
		policy->tiers[i].hours_before_start =
			tier_member(&tier, "hours_before_start");
		policy->tiers[i].share_ppm = tier_member(&tier, "share_ppm");
	}
}

const char *
dw_cancellation_source_label(DwCancellationSource source)
{
	static const char *const labels[] = {
		[DW_CANCELLATION_NONE] = NULL,
		[DW_CANCELLATION_OF_CONTRACT] = "contract",
		[DW_CANCELLATION_OF_JOB] = "job",
		[DW_CANCELLATION_OF_CATEGORY] = "category"
	};

	return labels[source];
}

/*
 * Of a category and those above it the nearest that says anything; an empty
 * list says that nothing is paid.  The bound is for what is no tree.
 */
#define OF_CATEGORY(id) \
	"(WITH RECURSIVE up (id, parent_id, tiers, level) AS (" \
	"SELECT c.id, c.parent_id, " \
	"COALESCE(o.cancellation_policy, c.cancellation_policy), 1 " \
	"FROM dwello.service_categories AS c " \
	"LEFT JOIN dwello.category_overrides AS o ON o.category_id = c.id " \
	"WHERE c.id = " id " UNION ALL " \
	"SELECT c.id, c.parent_id, " \
	"COALESCE(o.cancellation_policy, c.cancellation_policy), up.level + 1 " \
	"FROM up JOIN dwello.service_categories AS c ON c.id = up.parent_id " \
	"LEFT JOIN dwello.category_overrides AS o ON o.category_id = c.id " \
	"WHERE up.tiers IS NULL AND up.level < 100) " \
	"SELECT up.tiers FROM up WHERE up.tiers IS NOT NULL) AS of_category "

#define SELECT_OF_JOB \
	"SELECT j.cancellation_policy AS of_job, " OF_CATEGORY("j.category_id") \
	", j.preferred_start_date AS start_date " \
	"FROM dwello.jobs AS j WHERE j.id = $1"

/* The policy of what was read, and where it comes from. */
static DwCancellationSource
choose(const InForce *found, DwCancellationPolicy *policy)
{
	policy_read(found->of_job != (Datum) 0 ? found->of_job
				: found->of_category, policy);
	if (found->of_job != (Datum) 0)
		return DW_CANCELLATION_OF_JOB;
	return found->of_category != (Datum) 0 ? DW_CANCELLATION_OF_CATEGORY
		: DW_CANCELLATION_NONE;
}

/* A user's time zone. */
static const char *
timezone_of(const DwUuid *user_id)
{
	static DwStatement select_zone =
		DW_STATEMENT("SELECT u.timezone FROM dwello.users AS u "
					 "WHERE u.id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	if (dw_execute(&select_zone, &p) == 0)
		elog(ERROR, "a homeowner is gone");
	return dw_read_only_text(0);
}

/* When a day begins in a time zone. */
static TimestampTz
day_begins(DateADT day, const char *zone)
{
	Datum		midnight = TimestampGetDatum(day * USECS_PER_DAY);

	return DatumGetTimestampTz(DirectFunctionCall2(timestamp_zone,
												   CStringGetTextDatum(zone),
												   midnight));
}

/* The start of work posted for a day; DT_NOBEGIN when the day is over. */
static TimestampTz
start_of(DateADT day, const DwUuid *homeowner_id)
{
	const char *zone;

	if (DATE_NOT_FINITE(day))
		return DT_NOBEGIN;
	zone = timezone_of(homeowner_id);
	if (day_begins(day + 1, zone) <= dw_now())
		return DT_NOBEGIN;
	return day_begins(day, zone);
}

void
dw_cancellation_freeze(const DwUuid *job_id, const DwUuid *homeowner_id,
					   const DwUuid *provider_id)
{
	static DwStatement select_policy = DW_STATEMENT(SELECT_OF_JOB);
	DwCancellationTerms terms = {
		.job_id = *job_id,
		.homeowner_id = *homeowner_id,
		.provider_id = *provider_id,
		.created_at = dw_now(),
		.cancelled_at = DT_NOBEGIN,
		.share_ppm = DW_CANCELLATION_NOT_YET,
		.price = DW_CANCELLATION_NOT_YET,
		.share = DW_CANCELLATION_NOT_YET
	};
	InForce		found;
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	if (dw_execute(&select_policy, &p) == 0)
		elog(ERROR, "a locked job is gone");
	dw_map_read(&in_force_map, 0, &found);
	(void) choose(&found, &terms.policy);
	terms.stored_policy = dw_cancellation_jsonb(&terms.policy);
	terms.starts_at = start_of(found.start_date, homeowner_id);
	/* those of a contract that lapsed before are the new one's */
	if (!dw_table_insert_new(&terms_table, &terms))
		dw_table_update(&terms_table, &terms);
}

/* Reads the only row of the last result, if there is one. */
static bool
read_terms(uint64 count, DwCancellationTerms *terms)
{
	if (count == 0)
		return false;
	dw_table_read(&terms_table, 0, terms);
	policy_read(terms->stored_policy, &terms->policy);
	return true;
}

bool
dw_cancellation_find(const DwUuid *job_id, DwCancellationTerms *terms)
{
	/* above read committed a snapshot may be older than the job's lock */
	static DwTableQuery by_job =
		DW_TABLE_QUERY(terms_table, "WHERE t.job_id = $1 FOR UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	return read_terms(dw_table_execute(&by_job, &p), terms);
}

bool
dw_cancellation_load(const DwUuid *job_id, DwCancellationTerms *terms)
{
	static DwTableQuery by_job =
		DW_TABLE_QUERY(terms_table, "WHERE t.job_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	return read_terms(dw_table_query(&by_job, &p), terms);
}

char *
dw_cancellation_funded_on(const DwUuid *job_id)
{
	static DwStatement select_day =
		DW_STATEMENT("SELECT pg_catalog.to_char(min(v.created_at) "
					 "AT TIME ZONE 'UTC', 'YYYY-MM-DD') "
					 "FROM dwello.escrow_events AS v WHERE v.job_id = $1 "
					 "AND v.event = 'confirm_payment'");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	(void) dw_execute(&select_day, &p);
	return dw_read_only_text(0);
}

void
dw_cancellation_save(DwCancellationTerms *terms)
{
	dw_table_update(&terms_table, terms);
}

DwCancellationSource
dw_cancellation_in_force(const DwUuid *job_id, const DwUuid *category_id,
						 DwCancellationPolicy *policy)
{
	static DwStatement of_job = DW_STATEMENT(SELECT_OF_JOB);
	static DwStatement of_category =
		DW_STATEMENT("SELECT NULL::jsonb AS of_job, " OF_CATEGORY("$1")
					 ", NULL::date AS start_date");
	InForce		found = {0};
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id != NULL ? job_id : category_id);
	if (dw_query(job_id != NULL ? &of_job : &of_category, &p) > 0)
		dw_map_read(&in_force_map, 0, &found);
	return choose(&found, policy);
}
