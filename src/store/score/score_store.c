/*
 * score_store.c
 *		What gates and scores are decided from, loaded from the tables.
 *
 * One statement loads everything about all bids of a job, so that ranking a
 * hundred of them costs one execution; only the distance and the verdict
 * are made here, by core.  Where the job demands something, another lists
 * the bids that lack it: both come in the order of ids and are merged.
 */
#include "postgres.h"

#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "core/account/account.h"
#include "core/geo/geo.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/score/score_store.h"

#define SECONDS_PER_MINUTE	60

/* What the settings ask of every bid. */
typedef struct DwGateRules
{
	int64		radius;			/* 1/10000 mile */
	int64		min_bid_amount; /* minor units */
	DwVerification required;	/* of the provider */
	TimestampTz now;			/* one moment for all bids */
} DwGateRules;

/* What the bids of a job lack of its mandatory requirements. */
typedef struct DwMissingList
{
	DwUuid	   *bids;			/* ids, ascending */
	int32	   *counts;			/* requirements not met, of each */
	int			count;			/* of each of the two */
	int			place;			/* the first that is not merged yet */
} DwMissingList;

/*
 * True when provider "who" has, on the day "day", a verified credential that
 * meets requirement r.  A number is only read where it is one.
 */
#define REQUIREMENT_MET(who, day) \
	"EXISTS (SELECT FROM dwello.provider_credentials AS c " \
	"WHERE c.user_id = " who " " \
	"AND c.credential_type = r.requirement_type " \
	"AND c.verified_at IS NOT NULL " \
	"AND (c.valid_from IS NULL OR c.valid_from <= " day ") " \
	"AND (c.valid_until IS NULL OR c.valid_until >= " day ") " \
	"AND CASE WHEN r.requirement_value = '' THEN true " \
	"WHEN r.requirement_type IN ('license', 'certification', 'equipment') " \
	"THEN " DW_FOLDED("r.requirement_value") " IN (" \
	DW_FOLDED("c.issuer") ", " DW_FOLDED("c.name") ") " \
	"WHEN r.requirement_value !~ '^[0-9]{1,18}$' THEN false " \
	"WHEN r.requirement_type = 'insurance' " \
	"THEN c.amount >= r.requirement_value::bigint " \
	"ELSE c.years_experience >= r.requirement_value::bigint END)"

/* A member of score_inputs; all are integers. */
typedef struct DwInputMember
{
	const char *name;			/* in the jsonb */
	size_t		offset;			/* in DwScoreInputs */
} DwInputMember;

static const DwInputMember input_members[] = {
	{"price", offsetof(DwScoreInputs, price)},
	{"rating_weight", offsetof(DwScoreInputs, stats.rating_weight)},
	{"rating_sum", offsetof(DwScoreInputs, stats.rating_sum)},
	{"rating_square", offsetof(DwScoreInputs, stats.rating_square)},
	{"completed", offsetof(DwScoreInputs, stats.completed)},
	{"awarded", offsetof(DwScoreInputs, stats.awarded)},
	{"timeline_days", offsetof(DwScoreInputs, timeline_days)},
	{"warranty_months", offsetof(DwScoreInputs, warranty_months)},
	{"distance", offsetof(DwScoreInputs, distance)},
	{"optional_met", offsetof(DwScoreInputs, optional_met)},
	{"optional_all", offsetof(DwScoreInputs, optional_all)},
	{"reply_seconds", offsetof(DwScoreInputs, reply_seconds)}
};

static int64 *input_value(DwScoreInputs *inputs,
						  const DwInputMember *member);
static void rules_load(DwGateRules *rules);
static bool is_verified(const DwVerification *has,
						const DwVerification *required);
static DateADT planned_end(const DwJob *job);
static int64 distance_read(uint64 row, int column, const DwJob *job);
static void missing_load(const DwJob *job, const DwUuid *bid_id,
						 bool is_fresh, DwMissingList *missing);
static int32 missing_of(const DwUuid *bid_id, DwMissingList *missing);
static void contender_read(uint64 row, const DwJob *job,
						   const DwGateRules *rules, DwMissingList *missing,
						   DwRanking *ranking);

bool
dw_provider_verified(const DwUuid *provider_id)
{
	static DwStatement select_verification =
		DW_STATEMENT("SELECT u.email_verified, u.phone_verified, "
					 "u.provider_verified FROM dwello.users AS u "
					 "WHERE u.id = $1 AND u.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;
	DwGateRules rules;
	DwVerification has;

	rules_load(&rules);
	dw_param_uuid(&p, provider_id);
	if (dw_query(&select_verification, &p) == 0)
		return false;
	has.email = dw_read_bool(0, 1);
	has.phone = dw_read_bool(0, 2);
	has.provider = dw_read_bool(0, 3);
	return is_verified(&has, &rules.required);
}

void
dw_score_job_read(const DwJob *job, DwScoreJob *score_job)
{
	score_job->method = job->scoring_method;
	score_job->weights = job->weights;
	score_job->reference = job->reference_amount;
	score_job->estimated_hours = job->estimated_hours == DW_JOB_NO_HOURS ?
		DW_SCORE_UNKNOWN : job->estimated_hours;
}

void
dw_score_inputs_load(const DwJob *job, const DwUuid *provider_id,
					 DwScoreInputs *inputs)
{
	static DwStatement select_inputs =
		DW_STATEMENT("SELECT s.as_of, s.rating_weight, s.rating_sum, "
					 "s.rating_square_sum, s.completed, s.awarded, "
					 "s.median_reply_minutes, "
					 "st_x(a.location::geometry), "
					 "st_y(a.location::geometry), o.met, o.total "
					 "FROM (SELECT "
					 "COALESCE(sum(r.weight) FILTER (WHERE "
					 REQUIREMENT_MET("$2", "$3") "), 0) AS met, "
					 "COALESCE(sum(r.weight), 0) AS total "
					 "FROM dwello.job_requirements AS r "
					 "WHERE r.job_id = $1 AND NOT r.is_mandatory) AS o "
					 "LEFT JOIN dwello.provider_stats AS s "
					 "ON s.user_id = $2 "
					 "LEFT JOIN dwello.user_addresses AS a "
					 "ON a.user_id = $2 AND a.is_primary");
	DwParams	p = DW_PARAMS;
	bool		isnull;
	Datum		as_of;

	dw_param_uuid(&p, &job->id);
	dw_param_uuid(&p, provider_id);
	dw_param_datum(&p, DATEOID, DateADTGetDatum(planned_end(job)), false);
	(void) dw_execute(&select_inputs, &p);

	memset(inputs, 0, sizeof(*inputs));
	inputs->stats.rating_weight = dw_read_int8(0, 2);
	inputs->stats.rating_sum = dw_read_int8(0, 3);
	inputs->stats.rating_square = dw_read_int8(0, 4);
	inputs->stats.completed = dw_read_int8(0, 5);
	inputs->stats.awarded = dw_read_int8(0, 6);
	as_of = dw_read_datum(0, 1, &isnull);
	if (!isnull)
		dw_stats_decay(&inputs->stats,
					   (int64) dw_today() - DatumGetDateADT(as_of));
	inputs->reply_seconds = dw_read_null(0, 7) ? DW_SCORE_UNKNOWN :
		(int64) dw_read_int4(0, 7) * SECONDS_PER_MINUTE;
	inputs->distance = distance_read(0, 8, job);
	inputs->optional_met = dw_read_int8(0, 10);
	inputs->optional_all = dw_read_int8(0, 11);
}

/* The inputs as stored; what is unknown is left out.  See the header. */
Datum
dw_score_inputs_store(const DwScoreInputs *inputs)
{
	DwScoreInputs copy = *inputs;
	DwPayload	stored;

	dw_payload_begin(&stored);
	for (int i = 0; i < (int) lengthof(input_members); i++)
	{
		int64		number = *input_value(&copy, &input_members[i]);

		if (number != DW_SCORE_UNKNOWN)
			dw_payload_int8(&stored, input_members[i].name, number);
	}
	return dw_payload_end(&stored);
}

void
dw_score_inputs_read(Datum stored, DwScoreInputs *inputs)
{
	Jsonb	   *object = DatumGetJsonbP(stored);

	for (int i = 0; i < (int) lengthof(input_members); i++)
	{
		const char *name = input_members[i].name;
		int64	   *number = input_value(inputs, &input_members[i]);
		JsonbValue	value;

		*number = DW_SCORE_UNKNOWN;
		if (getKeyJsonValueFromContainer(&object->root, name, strlen(name),
										 &value) != NULL)
		{
			Datum		given = NumericGetDatum(value.val.numeric);

			*number = DatumGetInt64(DirectFunctionCall1(numeric_int8, given));
		}
	}
}

void
dw_ranking_load(const DwJob *job, const DwUuid *bid_id, bool is_fresh,
				DwRanking *ranking)
{
	static DwStatement select_bids =
		DW_STATEMENT("SELECT b.id, b.provider_id, b.bid_amount, "
					 "b.comparable_price, b.score_total, b.submitted_at, "
					 "CASE b.status WHEN 'accepted' THEN 'infinity' "
					 "ELSE b.expires_at END, b.terms_version, "
					 "b.status IN ('pending', 'accepted') OR NOT $3 "
					 "AND b.status = 'rejected' AND b.reason = 'not_selected', "
					 "b.is_inconsistent, "
					 "u.status = 'active' AND u.deleted_at IS NULL, "
					 "u.email_verified, u.phone_verified, "
					 "u.provider_verified, b.currency, "
					 "st_x(a.location::geometry), "
					 "st_y(a.location::geometry) "
					 "FROM dwello.bids AS b "
					 "JOIN dwello.users AS u ON u.id = b.provider_id "
					 "LEFT JOIN dwello.user_addresses AS a "
					 "ON a.user_id = b.provider_id AND a.is_primary "
					 "WHERE b.job_id = $1 AND b.deleted_at IS NULL "
					 "AND ($2 IS NULL OR b.id = $2) ORDER BY b.id");
	DwParams	p = DW_PARAMS;
	DwGateRules rules;
	DwMissingList missing;
	uint64		count;

	rules_load(&rules);
	missing_load(job, bid_id, is_fresh, &missing);
	dw_param_uuid(&p, &job->id);
	dw_param_uuid(&p, bid_id);
	dw_param_bool(&p, job->status == DW_JOB_OPEN);
	count = is_fresh ? dw_execute(&select_bids, &p)
		: dw_query(&select_bids, &p);

	ranking->count = 0;
	ranking->bids = palloc0(Max(count, 1) * sizeof(DwRankedBid));
	ranking->contenders = palloc0(Max(count, 1) * sizeof(DwContender));
	for (uint64 row = 0; row < count; row++)
		contender_read(row, job, &rules, &missing, ranking);
}

/* The value of a member of the inputs. */
static int64 *
input_value(DwScoreInputs *inputs, const DwInputMember *member)
{
	return (int64 *) ((char *) inputs + member->offset);
}

/* Loads what the settings ask of every bid. */
static void
rules_load(DwGateRules *rules)
{
	static DwStatement select_rules =
		DW_STATEMENT("SELECT "
					 "max(s.value) FILTER (WHERE s.name = "
					 "'max_bid_radius_miles')::bigint, "
					 "max(s.value) FILTER (WHERE s.name = "
					 "'min_bid_amount')::bigint, "
					 "max(s.value) FILTER (WHERE s.name = "
					 "'email_verification_required')::boolean, "
					 "max(s.value) FILTER (WHERE s.name = "
					 "'phone_verification_required')::boolean, "
					 "max(s.value) FILTER (WHERE s.name = "
					 "'auto_approve_providers')::boolean "
					 "FROM dwello.settings AS s WHERE s.name IN ("
					 "'max_bid_radius_miles', 'min_bid_amount', "
					 "'email_verification_required', "
					 "'phone_verification_required', "
					 "'auto_approve_providers')");

	(void) dw_query(&select_rules, NULL);
	rules->radius = dw_read_int8(0, 1) * DW_GEO_MILE;
	rules->min_bid_amount = dw_read_int8(0, 2);
	rules->required.email = dw_read_bool(0, 3);
	rules->required.phone = dw_read_bool(0, 4);
	rules->required.provider = !dw_read_bool(0, 5);
	rules->now = dw_now();
}

/* True when a provider with these marks would become active today. */
static bool
is_verified(const DwVerification *has, const DwVerification *required)
{
	return dw_user_verified_status(DW_USER_PROVIDER,
								   DW_USER_PENDING_VERIFICATION,
								   has, required) == DW_USER_ACTIVE;
}

/* The day through which credentials must be valid. */
static DateADT
planned_end(const DwJob *job)
{
	return DATE_IS_NOBEGIN(job->preferred_end) ? dw_today()
		: job->preferred_end;
}

/*
 * The distance in 1/10000 mile from a longitude and the latitude in the
 * column after it to the job; absent when there is no place.
 */
static int64
distance_read(uint64 row, int column, const DwJob *job)
{
	if (dw_read_null(row, column))
		return DW_GEO_NO_DISTANCE;
	return dw_geo_tenthousandth_miles(dw_read_float8(row, column),
									  dw_read_float8(row, column + 1),
									  job->longitude, job->latitude);
}

/*
 * Lists the bids of a job, or the one named, whose providers do not meet all
 * mandatory requirements.
 */
static void
missing_load(const DwJob *job, const DwUuid *bid_id, bool is_fresh,
			 DwMissingList *missing)
{
	static DwStatement select_missing =
		DW_STATEMENT("SELECT b.id, count(*)::integer "
					 "FROM dwello.job_requirements AS r "
					 "JOIN dwello.bids AS b ON b.job_id = r.job_id "
					 "WHERE r.job_id = $1 AND r.is_mandatory "
					 "AND b.deleted_at IS NULL "
					 "AND ($2 IS NULL OR b.id = $2) "
					 "AND NOT " REQUIREMENT_MET("b.provider_id", "$3") " "
					 "GROUP BY b.id ORDER BY b.id");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &job->id);
	dw_param_uuid(&p, bid_id);
	dw_param_datum(&p, DATEOID, DateADTGetDatum(planned_end(job)), false);
	missing->count = (int) (is_fresh ? dw_execute(&select_missing, &p)
							: dw_query(&select_missing, &p));
	missing->bids = palloc(Max(missing->count, 1) * sizeof(DwUuid));
	missing->counts = palloc(Max(missing->count, 1) * sizeof(int32));
	missing->place = 0;
	for (int row = 0; row < missing->count; row++)
	{
		(void) dw_read_uuid(row, 1, &missing->bids[row]);
		missing->counts[row] = dw_read_int4(row, 2);
	}
}

/* What a bid lacks; asked for bids in the order of their ids. */
static int32
missing_of(const DwUuid *bid_id, DwMissingList *missing)
{
	while (missing->place < missing->count &&
		   dw_uuid_compare(&missing->bids[missing->place], bid_id) < 0)
		missing->place++;
	if (missing->place == missing->count ||
		!dw_uuid_equal(&missing->bids[missing->place], bid_id))
		return 0;
	return missing->counts[missing->place];
}

/* What the gates ask, but for what comes from elsewhere than the row. */
static void
gate_facts_read(uint64 row, const DwJob *job, const DwGateRules *rules,
				DwGateFacts *facts)
{
	DwVerification has = {
		.email = dw_read_bool(row, 12),
		.phone = dw_read_bool(row, 13),
		.provider = dw_read_bool(row, 14)
	};
	DwGateFacts read = {
		.is_live = dw_read_bool(row, 9),
		.is_active = dw_read_bool(row, 11),
		.is_verified = is_verified(&has, &rules->required),
		.terms_version = dw_read_int4(row, 8),
		.job_terms_version = job->terms_version,
		.now = rules->now,
		.expires_at = dw_read_time(row, 7),
		.distance = distance_read(row, 16, job),
		.radius = rules->radius,
		.bid_amount = dw_read_int8(row, 3),
		.min_bid_amount = rules->min_bid_amount
	};

	*facts = read;
}

/* Adds the bid of a row. */
static void
contender_read(uint64 row, const DwJob *job, const DwGateRules *rules,
			   DwMissingList *missing, DwRanking *ranking)
{
	DwRankedBid *bid = &ranking->bids[ranking->count];
	DwContender *contender = &ranking->contenders[ranking->count];
	DwGateFacts facts;

	(void) dw_read_uuid(row, 1, &bid->id);
	(void) dw_read_uuid(row, 2, &contender->provider_id);
	strlcpy(contender->currency, dw_read_text(row, 15),
			sizeof(contender->currency));
	bid->bid_amount = dw_read_int8(row, 3);
	bid->price = dw_read_int8(row, 4);
	bid->total = dw_read_int8(row, 5);
	bid->submitted_at = dw_read_time(row, 6);
	if (dw_read_bool(row, 10))
		bid->flags = 1u << DW_BID_FLAG_INCONSISTENT_TOTAL;

	gate_facts_read(row, job, rules, &facts);
	facts.is_same_currency = strcmp(contender->currency, job->currency) == 0;
	facts.missing_requirements = missing_of(&bid->id, missing);
	bid->reasons = dw_gate_check(&facts);
	bid->position = ranking->count++;
}
