/*
 * score_store.c
 *		What gates and scores are decided from, loaded from the tables.
 *
 * What belongs to the job (its bids, its requirements) and what belongs to
 * the providers (account, address, statistics, credentials) is read by their
 * keys, one statement each for all bids, so that ranking a hundred of them
 * costs three or four; which credential meets which requirement, distances
 * and the verdict are core's.
 */
#include "postgres.h"

#include "access/xact.h"
#include "port/pg_bitutils.h"
#include "utils/date.h"

#include "core/account/account.h"
#include "core/admin/admin.h"
#include "core/geo/geo.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/score/score_store.h"

#define SECONDS_PER_MINUTE	60

/*
 * What the settings ask of every bid and every provider, as columns: one row,
 * joined to the providers, spares a statement a call.  Settings are on every
 * node of a cluster, so this join crosses nothing.
 */
#define RULES \
	"(SELECT " \
	"max(s.value) FILTER (WHERE s.name = 'max_bid_radius_miles')::bigint " \
	"AS radius, " \
	"max(s.value) FILTER (WHERE s.name = 'email_verification_required')" \
	"::boolean AS email_required, " \
	"max(s.value) FILTER (WHERE s.name = 'phone_verification_required')" \
	"::boolean AS phone_required, " \
	"NOT max(s.value) FILTER (WHERE s.name = 'auto_approve_providers')" \
	"::boolean AS provider_required " \
	"FROM dwello.settings AS s WHERE s.name IN ('max_bid_radius_miles', " \
	"'email_verification_required', " \
	"'phone_verification_required', 'auto_approve_providers')) AS s"

/* A provider as the gates see them. */
typedef struct Provider
{
	DwUuid		id;				/* of the user */
	bool		is_active;		/* their account */
	DwVerification verified;	/* what has been vouched for */
	bool		has_place;		/* a primary address */
	DwDegrees	place;			/* where it is */
	DwVerification required;	/* by the settings, as the next two */
	int64		radius;			/* miles */
	uint64		met;			/* requirements of the job, a bit each */
} Provider;

/* What has been vouched for, and what the settings want of that. */
#define VERIFICATION_FIELDS \
	DW_FIELD(BOOL, Provider, email_verified, verified.email), \
	DW_FIELD(BOOL, Provider, phone_verified, verified.phone), \
	DW_FIELD(BOOL, Provider, provider_verified, verified.provider), \
	DW_FIELD(BOOL, Provider, email_required, required.email), \
	DW_FIELD(BOOL, Provider, phone_required, required.phone), \
	DW_FIELD(BOOL, Provider, provider_required, required.provider)

static const DwColumn verification_fields[] = {VERIFICATION_FIELDS};

static DwMap verification_map = DW_MAP(verification_fields);

static const DwColumn provider_fields[] = {
	DW_FIELD(UUID, Provider, id, id),
	DW_FIELD(BOOL, Provider, is_active, is_active),
	VERIFICATION_FIELDS,
	DW_FIELD(BOOL, Provider, has_place, has_place),
	DW_FIELD(FLOAT8, Provider, longitude, place.longitude),
	DW_FIELD(FLOAT8, Provider, latitude, place.latitude),
	DW_FIELD(INT8, Provider, radius, radius)
};

static DwMap provider_map = DW_MAP(provider_fields);

/*
 * The requirements of a job: as many as the bits of a word, at most, so that
 * what a provider meets is one number and what they lack is a count of bits.
 */
typedef struct Requirements
{
	DwPostRequirement items[DW_POST_REQUIREMENTS_MAX];	/* in no order */
	int			count;			/* of them */
	uint64		mandatory;		/* those, a bit each */
} Requirements;

static const DwColumn requirement_fields[] = {
	DW_FIELD_ENUM(DwPostRequirement, requirement_type, type,
				  dw_credential_type_labels),
	DW_FIELD(TEXT, DwPostRequirement, requirement_value, value),
	DW_FIELD(BOOL, DwPostRequirement, is_mandatory, is_mandatory),
	DW_FIELD(INT4, DwPostRequirement, weight, weight)
};

static DwMap requirement_map = DW_MAP(requirement_fields);

/* A credential, and whose it is. */
typedef struct Credential
{
	DwUuid		user_id;		/* the provider */
	DwCredentialFacts credential;	/* what it can meet */
} Credential;

static const DwColumn credential_fields[] = {
	DW_FIELD(UUID, Credential, user_id, user_id),
	DW_FIELD_ENUM(Credential, credential_type, credential.type,
				  dw_credential_type_labels),
	DW_FIELD(TEXT, Credential, issuer, credential.issuer),
	DW_FIELD(TEXT, Credential, name, credential.name),
	DW_FIELD_OR(INT8, Credential, amount, credential.amount,
				DW_CREDENTIAL_NO_NUMBER),
	DW_FIELD_OR(INT4, Credential, years_experience, credential.years,
				DW_CREDENTIAL_NO_NUMBER)
};

static DwMap credential_map = DW_MAP(credential_fields);

/* What a provider's past and place bring to a score. */
typedef struct Past
{
	DwStats		stats;			/* as of a day */
	DateADT		as_of;			/* that day; DATEVAL_NOBEGIN: no past */
	int32		reply_minutes;	/* median, or -1 */
	bool		has_place;		/* a primary address */
	DwDegrees	place;			/* where it is */
} Past;

#define NO_REPLIES	(-1)

static const DwColumn past_fields[] = {
	DW_FIELD(DATE, Past, as_of, as_of),
	DW_FIELD(INT8, Past, rating_weight, stats.rating_weight),
	DW_FIELD(INT8, Past, rating_sum, stats.rating_sum),
	DW_FIELD(INT8, Past, rating_square_sum, stats.rating_square),
	DW_FIELD(INT8, Past, completed, stats.completed),
	DW_FIELD(INT8, Past, awarded, stats.awarded),
	DW_FIELD_OR(INT4, Past, median_reply_minutes, reply_minutes, NO_REPLIES),
	DW_FIELD(BOOL, Past, has_place, has_place),
	DW_FIELD(FLOAT8, Past, longitude, place.longitude),
	DW_FIELD(FLOAT8, Past, latitude, place.latitude)
};

static DwMap past_map = DW_MAP(past_fields);

/* A bid as its row has it, on its way into a ranking. */
typedef struct Entry
{
	DwRankedBid bid;			/* as core ranks it */
	DwContender contender;		/* whose it is */
	DwGateFacts facts;			/* what its gates ask */
	bool		is_inconsistent;	/* its own flag */
} Entry;

static const DwColumn entry_fields[] = {
	DW_FIELD(UUID, Entry, id, bid.id),
	DW_FIELD(UUID, Entry, provider_id, contender.provider_id),
	DW_FIELD(CURRENCY, Entry, currency, contender.currency),
	DW_FIELD(INT8, Entry, bid_amount, bid.bid_amount),
	DW_FIELD(INT8, Entry, comparable_price, bid.price),
	DW_FIELD(INT8, Entry, score_total, bid.total),
	DW_FIELD(TIME, Entry, submitted_at, bid.submitted_at),
	DW_FIELD(TIME, Entry, expires_at, facts.expires_at),
	DW_FIELD(INT4, Entry, terms_version, facts.terms_version),
	DW_FIELD(BOOL, Entry, is_live, facts.is_live),
	DW_FIELD(BOOL, Entry, is_inconsistent, is_inconsistent)
};

static DwMap entry_map = DW_MAP(entry_fields);

/* How low a bid may go, and which transaction wrote it last. */
typedef struct Floor
{
	DwUuid		id;				/* of the bid */
	int64		lowest_amount;	/* 0: it stays */
	int64		quality;		/* 0 where it stays */
	int64		writer;			/* xmin of the bid */
} Floor;

static const DwColumn floor_fields[] = {
	DW_FIELD(UUID, Floor, id, id),
	DW_FIELD_OR(INT8, Floor, lowest_amount, lowest_amount, 0),
	DW_FIELD_OR(INT8, Floor, quality, quality, 0),
	DW_FIELD(INT8, Floor, writer, writer)
};

static DwMap floor_map = DW_MAP(floor_fields);

/* True when a provider who is vouched for so would become active today. */
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

bool
dw_provider_verified(const DwUuid *provider_id)
{
	static DwStatement select_verification =
		DW_STATEMENT("SELECT u.email_verified, u.phone_verified, "
					 "u.provider_verified, s.email_required, "
					 "s.phone_required, s.provider_required "
					 "FROM dwello.users AS u CROSS JOIN " RULES " "
					 "WHERE u.id = $1 AND u.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;
	Provider	provider;

	dw_param_uuid(&p, provider_id);
	if (dw_query(&select_verification, &p) == 0)
		return false;
	dw_map_read(&verification_map, 0, &provider);
	return is_verified(&provider.verified, &provider.required);
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

/* Runs a read: in the caller's snapshot, or seeing this command's writes. */
static int
run(DwStatement *statement, const DwParams *p, bool is_fresh)
{
	return (int) (is_fresh ? dw_execute(statement, p)
				  : dw_query(statement, p));
}

/* Loads what a job demands of its bidders. */
static void
requirements_load(const DwJob *job, bool is_fresh, Requirements *found)
{
	static DwStatement select_requirements =
		DW_STATEMENT("SELECT r.requirement_type, r.requirement_value, "
					 "r.is_mandatory, r.weight "
					 "FROM dwello.job_requirements AS r "
					 "WHERE r.job_id = $1");
	DwParams	p = DW_PARAMS;

	StaticAssertStmt(DW_POST_REQUIREMENTS_MAX <= 64,
					 "the requirements of a job fit a word");
	dw_param_uuid(&p, &job->id);
	found->count = run(&select_requirements, &p, is_fresh);
	found->mandatory = 0;
	if (found->count > DW_POST_REQUIREMENTS_MAX)
		elog(ERROR, "job has too many requirements");
	for (int i = 0; i < found->count; i++)
	{
		dw_map_read(&requirement_map, i, &found->items[i]);
		if (found->items[i].is_mandatory)
			found->mandatory |= UINT64CONST(1) << i;
	}
}

/* The requirements that a credential meets, a bit each. */
static uint64
met_by(const Requirements *requirements, const DwCredentialFacts *credential)
{
	uint64		met = 0;

	for (int i = 0; i < requirements->count; i++)
		if (dw_requirement_met(&requirements->items[i], credential))
			met |= UINT64CONST(1) << i;
	return met;
}

/*
 * The provider of that id among some in the order of their ids.  There is
 * one: rows of users are never deleted while a bid points to them.
 */
static Provider *
provider_find(Provider *providers, int count, const DwUuid *id)
{
	return bsearch(id, providers, count, sizeof(Provider), dw_id_compare);
}

/*
 * Finds out which requirements some providers meet by credentials that are
 * verified and valid through the work.
 */
static void
credentials_load(const DwJob *job, const Requirements *requirements,
				 bool is_fresh, Provider *providers, int count)
{
	/*
	 * All that are valid on the day, of any kind: a provider has a handful,
	 * and core says what each of them meets.
	 */
	static DwStatement select_credentials =
		DW_STATEMENT("SELECT c.user_id, c.credential_type, c.issuer, "
					 "c.name, c.amount, c.years_experience "
					 "FROM dwello.provider_credentials AS c "
					 "WHERE c.user_id = ANY ($1) "
					 "AND c.verified_at IS NOT NULL "
					 "AND (c.valid_from IS NULL OR c.valid_from <= $2) "
					 "AND (c.valid_until IS NULL OR c.valid_until >= $2)");
	DwParams	p = DW_PARAMS;
	DwUuid	   *ids = palloc_array(DwUuid, Max(count, 1));
	int			rows;

	for (int i = 0; i < count; i++)
		ids[i] = providers[i].id;
	dw_param_uuids(&p, ids, count);
	dw_param_date(&p, planned_end(job));
	rows = run(&select_credentials, &p, is_fresh);
	for (int i = 0; i < rows; i++)
	{
		Credential	row;
		Provider   *provider;

		dw_map_read(&credential_map, i, &row);
		provider = provider_find(providers, count, &row.user_id);
		provider->met |= met_by(requirements, &row.credential);
	}
}

/*
 * The distance in 1/10000 mile of a provider to the job.  A home must not be
 * found by posting jobs and looking who is how far from them, or who is
 * outside the radius: so it is taken from the provider's place, as rounded as
 * the job's is, and what a bid shows of it is whole miles.
 */
static int64
distance_to(const DwJob *job, bool has_place, const DwDegrees *place,
			bool is_shown)
{
	if (!has_place)
		return DW_GEO_NO_DISTANCE;
	return (is_shown ? dw_geo_whole_miles : dw_geo_tenthousandth_miles)
		(place->longitude, place->latitude,
		 job->place.longitude, job->place.latitude);
}

/* Adds what providers meet of the optional requirements. */
static void
optional_load(const DwJob *job, const DwUuid *providers, int count,
			  DwScoreInputs *inputs)
{
	Requirements requirements;
	Provider   *known = palloc0_array(Provider, count);

	for (int i = 0; i < count; i++)
		known[i].id = providers[i];
	requirements_load(job, true, &requirements);
	if (requirements.count > pg_popcount64(requirements.mandatory))
		credentials_load(job, &requirements, true, known, count);
	for (int i = 0; i < requirements.count; i++)
	{
		const DwPostRequirement *item = &requirements.items[i];

		if (item->is_mandatory)
			continue;
		for (int k = 0; k < count; k++)
		{
			inputs[k].optional_all += item->weight;
			if ((known[k].met & UINT64CONST(1) << i) != 0)
				inputs[k].optional_met += item->weight;
		}
	}
}

/* What a past brings to the inputs. */
static void
past_apply(const DwJob *job, const Past *past, DwScoreInputs *inputs)
{
	memset(inputs, 0, sizeof(*inputs));
	inputs->stats = past->stats;
	if (!DATE_IS_NOBEGIN(past->as_of))
		dw_stats_decay(&inputs->stats, (int64) dw_today() - past->as_of);
	inputs->reply_seconds = past->reply_minutes == NO_REPLIES
		? DW_SCORE_UNKNOWN
		: (int64) past->reply_minutes * SECONDS_PER_MINUTE;
	inputs->distance = distance_to(job, past->has_place, &past->place, true);
}

void
dw_score_inputs_load_all(const DwJob *job, const DwUuid *providers,
						 int count, DwScoreInputs *inputs)
{
	static DwStatement select_past =
		DW_STATEMENT("SELECT s.as_of, s.rating_weight, s.rating_sum, "
					 "s.rating_square_sum, s.completed, s.awarded, "
					 "s.median_reply_minutes, "
					 "a.user_id IS NOT NULL AS has_place, "
					 "st_x(a.place::geometry) AS longitude, "
					 "st_y(a.place::geometry) AS latitude "
					 "FROM dwello.users AS u "
					 "LEFT JOIN dwello.provider_stats AS s "
					 "ON s.user_id = u.id "
					 "LEFT JOIN dwello.user_addresses AS a "
					 "ON a.user_id = u.id AND a.is_primary "
					 "WHERE u.id = ANY ($1) ORDER BY u.id");
	DwParams	p = DW_PARAMS;

	dw_param_uuids(&p, providers, count);
	if (dw_execute(&select_past, &p) != (uint64) count)
		elog(ERROR, "a bidder is gone");
	for (int i = 0; i < count; i++)
	{
		Past		past;

		dw_map_read(&past_map, i, &past);
		past_apply(job, &past, &inputs[i]);
	}
	optional_load(job, providers, count, inputs);
}

void
dw_score_inputs_load(const DwJob *job, const DwUuid *provider_id,
					 DwScoreInputs *inputs)
{
	dw_score_inputs_load_all(job, provider_id, 1, inputs);
}

bool
dw_requirements_missing(const DwJob *job, const DwUuid *providers, int count,
						bool is_fresh, int64 *missing)
{
	Requirements requirements;
	Provider   *known;

	requirements_load(job, is_fresh, &requirements);
	if (requirements.mandatory == 0)
		return false;
	known = palloc0_array(Provider, count);
	for (int i = 0; i < count; i++)
		known[i].id = providers[i];
	credentials_load(job, &requirements, is_fresh, known, count);
	for (int i = 0; i < count; i++)
		missing[i] = pg_popcount64(requirements.mandatory & ~known[i].met);
	return true;
}

/*
 * Loads the bids of a job, or the one named, in the order of their ids.  An
 * accepted bid waits for its award to be confirmed and has no time of its
 * own; what was not selected may still win until the job is open again.
 */
static Entry *
entries_load(const DwJob *job, const DwUuid *bid_id, bool is_fresh,
			 int *count)
{
	static DwStatement select_bids =
		DW_STATEMENT("SELECT b.id, b.provider_id, b.currency, b.bid_amount, "
					 "b.comparable_price, b.score_total, b.submitted_at, "
					 "CASE b.status WHEN 'accepted' THEN 'infinity' "
					 "ELSE b.expires_at END AS expires_at, b.terms_version, "
					 "b.status IN ('pending', 'accepted') OR NOT $3 "
					 "AND b.status = 'rejected' "
					 "AND b.reason = 'not_selected' AS is_live, "
					 "b.is_inconsistent FROM dwello.bids AS b "
					 "WHERE b.job_id = $1 AND b.deleted_at IS NULL "
					 "AND ($2 IS NULL OR b.id = $2) ORDER BY b.id");
	DwParams	p = DW_PARAMS;
	Entry	   *entries;

	dw_param_uuid(&p, &job->id);
	dw_param_uuid(&p, bid_id);
	dw_param_bool(&p, job->status == DW_JOB_OPEN);
	*count = run(&select_bids, &p, is_fresh);
	entries = palloc0_array(Entry, Max(*count, 1));
	for (int i = 0; i < *count; i++)
		dw_map_read(&entry_map, i, &entries[i]);
	return entries;
}

/* Adds how low the bids of a job in open mode, in order, may go. */
static void
floors_load(const DwJob *job, bool is_fresh, DwRanking *ranking)
{
	static DwStatement select_floors =
		DW_STATEMENT("SELECT b.id, f.lowest_amount, f.quality, "
					 "b.xmin::text::bigint AS writer "
					 "FROM dwello.bids AS b LEFT JOIN dwello.bid_floors AS f "
					 "ON f.job_id = b.job_id AND f.bid_id = b.id "
					 "AND f.bid_version = b.bid_version "
					 "WHERE b.job_id = $1");
	DwParams	p = DW_PARAMS;
	int			rows;

	dw_param_uuid(&p, &job->id);
	rows = run(&select_floors, &p, is_fresh);
	for (int i = 0; i < rows; i++)
	{
		Floor		row;
		int			place;

		dw_map_read(&floor_map, i, &row);
		ranking->is_tried |=
			TransactionIdIsCurrentTransactionId((TransactionId) row.writer);
		place = dw_ranking_place(ranking, &row.id);
		if (place < 0)
			continue;
		ranking->bids[place].lowest_amount = row.lowest_amount;
		ranking->bids[place].quality = row.quality;
	}
}

/* Loads the bidders, in the order of their ids, each once. */
static Provider *
providers_load(const Entry *entries, int entry_count, bool is_fresh,
			   int *count)
{
	static DwStatement select_providers =
		DW_STATEMENT("SELECT u.id, "
					 "u.status = 'active' AND u.deleted_at IS NULL "
					 "AS is_active, u.email_verified, u.phone_verified, "
					 "u.provider_verified, a.user_id IS NOT NULL "
					 "AS has_place, st_x(a.place::geometry) AS longitude, "
					 "st_y(a.place::geometry) AS latitude, s.* "
					 "FROM dwello.users AS u CROSS JOIN " RULES " "
					 "LEFT JOIN dwello.user_addresses AS a "
					 "ON a.user_id = u.id AND a.is_primary "
					 "WHERE u.id = ANY ($1) ORDER BY u.id");
	DwParams	p = DW_PARAMS;
	DwUuid	   *ids = palloc_array(DwUuid, Max(entry_count, 1));
	Provider   *providers;

	for (int i = 0; i < entry_count; i++)
		ids[i] = entries[i].contender.provider_id;
	dw_param_uuids(&p, ids, entry_count);
	*count = run(&select_providers, &p, is_fresh);
	providers = palloc0_array(Provider, Max(*count, 1));
	for (int i = 0; i < *count; i++)
		dw_map_read(&provider_map, i, &providers[i]);
	return providers;
}

/* Adds what the gates ask of bidder and job. */
static void
facts_complete(const DwJob *job, const Provider *provider,
			   uint64 mandatory, Entry *entry)
{
	DwGateFacts *facts = &entry->facts;

	facts->is_active = provider->is_active;
	facts->is_verified = is_verified(&provider->verified,
									 &provider->required);
	facts->is_same_currency = strcmp(entry->contender.currency,
									 job->currency) == 0;
	facts->job_terms_version = job->terms_version;
	facts->missing_requirements = pg_popcount64(mandatory & ~provider->met);
	facts->now = dw_now();
	facts->distance = distance_to(job, provider->has_place,
								  &provider->place, false);
	facts->radius = provider->radius * DW_GEO_MILE;
	facts->bid_amount = entry->bid.bid_amount;
	facts->min_bid_amount = dw_setting_amount(DW_SETTING_MIN_BID,
											  job->currency);
}

void
dw_ranking_load(const DwJob *job, const DwUuid *bid_id, bool is_fresh,
				DwRanking *ranking)
{
	int			provider_count;
	Requirements requirements;
	Entry	   *entries = entries_load(job, bid_id, is_fresh,
									   &ranking->count);
	Provider   *providers = providers_load(entries, ranking->count, is_fresh,
										   &provider_count);

	requirements_load(job, is_fresh, &requirements);
	if (requirements.mandatory != 0)
		credentials_load(job, &requirements, is_fresh, providers,
						 provider_count);
	ranking->bids = palloc_array(DwRankedBid, Max(ranking->count, 1));
	ranking->contenders = palloc_array(DwContender, Max(ranking->count, 1));
	for (int i = 0; i < ranking->count; i++)
	{
		Entry	   *entry = &entries[i];

		facts_complete(job, provider_find(providers, provider_count,
										  &entry->contender.provider_id),
					   requirements.mandatory, entry);
		entry->bid.reasons = dw_gate_check(&entry->facts);
		entry->bid.position = i;
		if (entry->is_inconsistent)
			entry->bid.flags = 1u << DW_BID_FLAG_INCONSISTENT_TOTAL;
		ranking->bids[i] = entry->bid;
		ranking->contenders[i] = entry->contender;
	}
	ranking->is_tried = false;
	if (job->bid_mode == DW_BID_MODE_OPEN)
		floors_load(job, is_fresh, ranking);
}

void
dw_ranking_settle(const DwJob *job, DwRanking *ranking, bool is_system)
{
	DwScoreJob	terms;

	if (job->bid_mode != DW_BID_MODE_OPEN ||
		(ranking->is_tried && !is_system))
		return;
	dw_score_job_read(job, &terms);
	dw_proxy_settle(&terms, ranking->bids, ranking->count);
}

int
dw_ranking_place(const DwRanking *ranking, const DwUuid *bid_id)
{
	for (int i = 0; i < ranking->count; i++)
		if (dw_uuid_equal(&ranking->bids[i].id, bid_id))
			return i;
	return -1;
}
