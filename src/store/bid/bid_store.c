/*
 * bid_store.c
 *		Rows of dwello.bids, their history and their lines of material.
 *
 * A bid past its expires_at counts as expired before any worker has marked
 * it; where it would stand in the way of a command it is marked here.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "core/geo/geo.h"
#include "core/learning/learning.h"
#include "server/crypto/crypto_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/agent/agent_store.h"
#include "store/bid/bid_store.h"

/*
 * The columns of an offer: a bid has them, and each version that it had.  A
 * version is written once and never changed: what somebody offered, and what
 * it was scored from, can be shown for ever.
 */
#define OFFER_COLUMNS(flags) \
	DW_COLUMN(INT4, DwBid, terms_version, terms_version, flags), \
	DW_COLUMN(INT8, DwBid, labor_cost, labor_cost, flags), \
	DW_COLUMN(INT8, DwBid, materials_cost, materials_cost, flags), \
	DW_COLUMN(INT8, DwBid, bid_amount, bid_amount, flags), \
	DW_COLUMN(CURRENCY, DwBid, currency, currency, flags), \
	DW_COLUMN(BOOL, DwBid, materials_included, materials_included, flags), \
	DW_COLUMN_OR(INT4, DwBid, timeline_days, timeline_days, flags, \
				 DW_BID_NO_DAYS), \
	DW_COLUMN(INT4, DwBid, warranty_months, warranty_months, flags), \
	DW_COLUMN(TEXT, DwBid, description, description, flags), \
	DW_COLUMN(TEXT, DwBid, special_terms, special_terms, flags), \
	DW_COLUMN(INT8, DwBid, comparable_price, price, flags), \
	DW_COLUMN_OR(INT8, DwBid, score_total, score_total, flags, \
				 DW_BID_NO_TOTAL), \
	DW_COLUMN(JSONB, DwBid, score_inputs, stored_inputs, flags), \
	DW_COLUMN(BOOL, DwBid, is_inconsistent, is_inconsistent, flags), \
	DW_COLUMN(TIME, DwBid, submitted_at, submitted_at, flags), \
	DW_COLUMN(TIME, DwBid, expires_at, expires_at, flags)

static const DwColumn bid_columns[] = {
	DW_COLUMN(UUID, DwBid, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwBid, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwBid, homeowner_id, homeowner_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwBid, provider_id, provider_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwBid, decision_id, decision_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN_ENUM(bid_status, DwBid, status, status, 0,
				   dw_bid_status_labels),
	DW_COLUMN(TEXT, DwBid, reason, reason, 0),
	DW_COLUMN(INT4, DwBid, bid_version, bid_version, 0),
	DW_COLUMN(INT4, DwBid, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED),
	OFFER_COLUMNS(0)
};

static DwTable bids = DW_TABLE("bids", DwBid, bid_columns);

static const DwColumn version_columns[] = {
	DW_COLUMN(UUID, DwBid, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwBid, bid_id, id, DW_COLUMN_KEY),
	DW_COLUMN(INT4, DwBid, bid_version, bid_version, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwBid, homeowner_id, homeowner_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwBid, provider_id, provider_id, DW_COLUMN_FIXED),
	OFFER_COLUMNS(DW_COLUMN_FIXED)
};

static DwTable versions = DW_TABLE("bid_versions", DwBid, version_columns);

/*
 * How low a version of a bid may go by itself.  A table of its own, because
 * whoever may see a bid would see a column of it: this row is the bidder's.
 */
static const DwColumn floor_columns[] = {
	DW_COLUMN(UUID, DwBid, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwBid, bid_id, id, DW_COLUMN_KEY),
	DW_COLUMN(INT4, DwBid, bid_version, bid_version, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwBid, provider_id, provider_id, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwBid, lowest_amount, lowest_amount, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwBid, score_total, lowest_total, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwBid, quality, quality, DW_COLUMN_FIXED)
};

static DwTable floors = DW_TABLE("bid_floors", DwBid, floor_columns);

/* A line of material as its row has it. */
typedef struct Line
{
	DwUuid		job_id;			/* of the bid, as all but the last three */
	DwUuid		bid_id;			/* the bid */
	int32		bid_version;	/* the one that it belongs to */
	DwUuid		homeowner_id;	/* of the job */
	DwUuid		provider_id;	/* the bidder */
	DwUuid		id;				/* its own */
	int32		sort_order;		/* its place in the list, from 1 */
	DwMaterial	material;		/* what is bought */
} Line;

static const DwColumn line_columns[] = {
	DW_COLUMN(UUID, Line, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, Line, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, Line, bid_id, bid_id, DW_COLUMN_FIXED),
	DW_COLUMN(INT4, Line, bid_version, bid_version, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, Line, homeowner_id, homeowner_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, Line, provider_id, provider_id, DW_COLUMN_FIXED),
	DW_COLUMN(INT4, Line, sort_order, sort_order, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, Line, item_name, material.item_name, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, Line, store_name, material.store_name, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, Line, store_url, material.store_url, DW_COLUMN_FIXED),
	DW_COLUMN(NUMERIC, Line, quantity, material.quantity, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, Line, unit_price, material.unit_price, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, Line, total_price, material.total_price,
			  DW_COLUMN_FIXED)
};

static DwTable lines = DW_TABLE("bid_materials", Line, line_columns);

static const DwColumn rank_columns[] = {
	DW_COLUMN(UUID, DwBidRank, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwBidRank, bid_id, bid_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwBidRank, provider_id, provider_id, DW_COLUMN_FIXED),
	DW_COLUMN_OR(INT4, DwBidRank, third, third, 0, DW_RANK_NO_THIRD),
	DW_COLUMN(TIME, DwBidRank, due_at, due_at, 0)
};

static DwTable ranks = DW_TABLE("bid_ranks", DwBidRank, rank_columns);

/* What the event of the end of a bid tells of it. */
static const DwColumn ended_fields[] = {
	DW_FIELD(UUID, DwBid, job_id, job_id),
	DW_FIELD(UUID, DwBid, id, id),
	DW_FIELD(UUID, DwBid, homeowner_id, homeowner_id),
	DW_FIELD(UUID, DwBid, provider_id, provider_id),
	DW_FIELD(UUID, DwBid, decision_id, decision_id),
	DW_FIELD(INT4, DwBid, terms_version, terms_version),
	DW_FIELD(INT8, DwBid, bid_amount, bid_amount),
	DW_FIELD(CURRENCY, DwBid, currency, currency),
	DW_FIELD_ENUM(DwBid, status, status, dw_bid_status_labels),
	DW_FIELD(TEXT, DwBid, reason, reason)
};

static DwMap endings = DW_MAP(ended_fields);

/* What is asked of the bids that a provider has on a job. */
static const DwColumn live_fields[] = {
	DW_FIELD(UUID, DwBid, id, id),
	DW_FIELD_ENUM(DwBid, status, status, dw_bid_status_labels),
	DW_FIELD(TIME, DwBid, expires_at, expires_at)
};

static DwMap lives = DW_MAP(live_fields);

/* What RETURNING gives of bids that have ended. */
#define ENDED_COLUMNS \
	"b.job_id, b.id, b.homeowner_id, b.provider_id, b.decision_id, " \
	"b.terms_version, b.bid_amount, b.currency, b.status, b.reason"

static void emit(const DwBid *bid, const char *type, const char *note);
static void decision_record(const DwBid *bid, DwOutcome outcome);

/*
 * A member of score_inputs.  All are integers, so that a score made from them
 * again is the same to the last digit; what was not known is left out, and a
 * version that adds a member finds it unknown in older bids.
 */
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

/* The value of a member of the inputs. */
static int64 *
input_value(DwScoreInputs *inputs, const DwInputMember *member)
{
	return (int64 *) ((char *) inputs + member->offset);
}

/* The inputs as the jsonb of a row; what is not known is left out. */
static Datum
inputs_store(const DwScoreInputs *inputs)
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

/* The inputs of a row. */
static void
inputs_read(Datum stored, DwScoreInputs *inputs)
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

/* Reads a bid of a query. */
static void
row_read(uint64 index, DwBid *bid)
{
	dw_table_read(&bids, index, bid);
	inputs_read(bid->stored_inputs, &bid->inputs);
}

/* Reads the one bid of a query, if there is one. */
static bool
bid_read(uint64 count, DwBid *bid)
{
	if (count == 0)
		return false;
	row_read(0, bid);
	return true;
}

#define BY_KEY "WHERE t.job_id = $1 AND t.id = $2 AND t.deleted_at IS NULL "

bool
dw_bid_lock(const DwUuid *job_id, const DwUuid *id, DwBid *bid)
{
	static DwTableQuery lock_bid =
		DW_TABLE_QUERY(bids, BY_KEY "FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, id);
	return bid_read(dw_table_execute(&lock_bid, &p), bid);
}

bool
dw_bid_lock_accepted(const DwUuid *job_id, DwBid *bid)
{
	/* an index allows a job one accepted bid, so there is no second */
	static DwTableQuery lock_accepted =
		DW_TABLE_QUERY(bids, "WHERE t.job_id = $1 AND t.deleted_at IS NULL "
					   "AND t.status = 'accepted' FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	return bid_read(dw_table_execute(&lock_accepted, &p), bid);
}

bool
dw_bid_load(const DwUuid *job_id, const DwUuid *id, DwBid *bid)
{
	static DwTableQuery load_bid = DW_TABLE_QUERY(bids, BY_KEY);
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, id);
	return bid_read(dw_table_query(&load_bid, &p), bid);
}

DwBid *
dw_bids_load(const DwUuid *job_id, int *count)
{
	static DwTableQuery load_bids =
		DW_TABLE_QUERY(bids, "WHERE t.job_id = $1 AND t.deleted_at IS NULL "
					   "ORDER BY t.id");
	DwParams	p = DW_PARAMS;
	DwBid	   *rows;

	dw_param_uuid(&p, job_id);
	*count = (int) dw_table_query(&load_bids, &p);
	rows = palloc_array(DwBid, Max(*count, 1));
	for (int i = 0; i < *count; i++)
		row_read(i, &rows[i]);
	return rows;
}

bool
dw_bid_exists(const DwUuid *job_id, const DwUuid *id)
{
	static DwStatement find_id =
		DW_STATEMENT("SELECT FROM dwello.bids AS b "
					 "WHERE b.job_id = $1 AND b.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, id);
	return dw_execute(&find_id, &p) > 0;
}

DwBidLife
dw_bid_find_live(const DwUuid *job_id, const DwUuid *provider_id, DwUuid *id)
{
	/* at most one is live, and comes first */
	static DwStatement find_live =
		DW_STATEMENT("SELECT b.id, b.status, b.expires_at "
					 "FROM dwello.bids AS b "
					 "WHERE b.job_id = $1 AND b.provider_id = $2 "
					 "AND b.deleted_at IS NULL ORDER BY b.status LIMIT 1");
	DwParams	p = DW_PARAMS;
	DwBid		found;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, provider_id);
	if (dw_execute(&find_live, &p) == 0)
		return DW_BID_NEVER;
	dw_map_read(&lives, 0, &found);
	*id = found.id;
	if (found.status == DW_BID_ACCEPTED)
		return DW_BID_LIVE;
	if (found.status != DW_BID_PENDING)
		return DW_BID_ENDED;
	return found.expires_at <= dw_now() ? DW_BID_OVERDUE : DW_BID_LIVE;
}

TimestampTz
dw_bid_next_offer(const DwUuid *job_id, const DwUuid *provider_id, int64 most)
{
	/*
	 * Every version is an offer, and the first of them no change: so the one
	 * before the last so many decides.  It may be of a bid that was
	 * withdrawn.
	 */
	static DwStatement find_offer =
		DW_STATEMENT("SELECT v.submitted_at FROM dwello.bid_versions AS v "
					 "WHERE v.job_id = $1 AND v.provider_id = $2 "
					 "AND v.submitted_at > $3 "
					 "ORDER BY v.submitted_at DESC OFFSET $4 LIMIT 1");
	TimestampTz day_ago = dw_now() - USECS_PER_DAY;
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, provider_id);
	dw_param_time(&p, day_ago);
	dw_param_int8(&p, most);
	if (dw_execute(&find_offer, &p) == 0)
		return DT_NOBEGIN;
	return dw_read_only_time(0) + USECS_PER_DAY;
}

/* Keeps the present version of a bid in its history, with its materials. */
static void
keep_version(const DwBid *bid, const DwMaterials *materials)
{
	Line		line = {
		.job_id = bid->job_id,
		.bid_id = bid->id,
		.bid_version = bid->bid_version,
		.homeowner_id = bid->homeowner_id,
		.provider_id = bid->provider_id
	};

	/* floor and lines belong to a version, and point to it */
	dw_table_insert(&versions, bid);
	if (bid->lowest_amount != DW_BID_NO_FLOOR)
		dw_table_insert(&floors, bid);
	for (int i = 0; i < materials->count; i++)
	{
		line.id = dw_uuid_fresh();
		line.sort_order = i + 1;
		line.material = materials->lines[i];
		dw_table_insert(&lines, &line);
	}
}

void
dw_bid_load_floor(DwBid *bid)
{
	static DwTableQuery of_version =
		DW_TABLE_QUERY(floors, "WHERE t.job_id = $1 AND t.bid_id = $2 "
					   "AND t.bid_version = $3");
	DwParams	p = DW_PARAMS;
	DwBid		row = {.lowest_amount = DW_BID_NO_FLOOR};

	dw_param_uuid(&p, &bid->job_id);
	dw_param_uuid(&p, &bid->id);
	dw_param_int4(&p, bid->bid_version);
	if (dw_table_execute(&of_version, &p) > 0)
		dw_table_read(&floors, 0, &row);
	bid->lowest_amount = row.lowest_amount;
	bid->lowest_total = row.lowest_total;
	bid->quality = row.quality;
}

void
dw_materials_load(const DwBid *bid, DwMaterials *materials)
{
	static DwTableQuery of_version =
		DW_TABLE_QUERY(lines, "WHERE t.job_id = $1 AND t.bid_id = $2 "
					   "AND t.bid_version = $3 ORDER BY t.sort_order");
	DwParams	p = DW_PARAMS;
	Line		line;

	dw_param_uuid(&p, &bid->job_id);
	dw_param_uuid(&p, &bid->id);
	dw_param_int4(&p, bid->bid_version);
	memset(materials, 0, sizeof(*materials));
	materials->count = (int) dw_table_execute(&of_version, &p);
	materials->lines = palloc_array(DwMaterial, Max(materials->count, 1));
	for (int i = 0; i < materials->count; i++)
	{
		dw_table_read(&lines, i, &line);
		materials->lines[i] = line.material;
		materials->total += line.material.total_price;
	}
}

/*
 * Ends the counter-offers that are pending about some bids: what they were
 * made about has changed or ended, which the bids' own events tell.
 */
static void
counters_overtake(const DwBid *bids, int count)
{
	static DwStatement overtake =
		DW_STATEMENT("UPDATE dwello.counter_offers AS c "
					 "SET status = 'expired', answered_at = $1 FROM unnest($2, $3) AS d (job_id, bid_id) "
					 "WHERE c.job_id = d.job_id AND c.bid_id = d.bid_id "
					 "AND c.status = 'pending'");
	DwUuid	   *jobs = palloc_array(DwUuid, Max(count, 1));
	DwUuid	   *ids = palloc_array(DwUuid, Max(count, 1));
	DwParams	p = DW_PARAMS;

	for (int i = 0; i < count; i++)
	{
		jobs[i] = bids[i].job_id;
		ids[i] = bids[i].id;
	}
	dw_param_time(&p, dw_now());
	dw_param_uuids(&p, jobs, count);
	dw_param_uuids(&p, ids, count);
	(void) dw_execute(&overtake, &p);
}

/*
 * Makes the row that the rank of a new bid is kept in.  It is looked at when
 * those of its rivals are: else withdrawing a bid and making another would be
 * a way to be told at once.
 */
static void
keep_rank(const DwBid *bid)
{
	static DwStatement find_due =
		DW_STATEMENT("SELECT max(r.due_at) FROM dwello.bid_ranks AS r "
					 "WHERE r.job_id = $1");
	DwParams	p = DW_PARAMS;
	DwBidRank	rank = {
		.job_id = bid->job_id,
		.bid_id = bid->id,
		.provider_id = bid->provider_id,
		.third = DW_RANK_NO_THIRD
	};

	dw_param_uuid(&p, &bid->job_id);
	(void) dw_execute(&find_due, &p);
	rank.due_at = Max(dw_read_only_time(0), bid->submitted_at);
	dw_table_insert(&ranks, &rank);
}

void
dw_bid_insert(const DwJob *job, DwBid *bid, const DwMaterials *materials)
{
	bid->stored_inputs = inputs_store(&bid->inputs);
	dw_table_insert(&bids, bid);
	keep_version(bid, materials);
	if (job->bid_mode == DW_BID_MODE_RANK_ONLY)
		keep_rank(bid);
}

void
dw_bid_revise(DwBid *bid, const DwMaterials *materials)
{
	bid->bid_version++;
	dw_bid_save(bid);
	keep_version(bid, materials);
}

void
dw_bid_save(DwBid *bid)
{
	bid->stored_inputs = inputs_store(&bid->inputs);
	dw_table_update(&bids, bid);
	counters_overtake(bid, 1);
}

/* The event that tells of the end of a bid. */
static const char *
end_type(DwBidStatus status)
{
	switch (status)
	{
		case DW_BID_REJECTED:
			return "bid_rejected";
		case DW_BID_WITHDRAWN:
			return "bid_withdrawn";
		case DW_BID_EXPIRED:
			return "bid_expired";
		case DW_BID_PENDING:
		case DW_BID_ACCEPTED:
			break;
	}
	elog(ERROR, "bid has not ended");
}

/*
 * What came of an agent's bid that has ended.  One that was not selected may
 * still win when the award lapses: dw_bids_decide() and dw_bids_abandon() say
 * when it cannot.
 */
static void
end_decision(const DwBid *bid)
{
	const char *not_selected =
		dw_bid_reason_label(DW_BID_REASON_NOT_SELECTED);

	if (dw_uuid_is_nil(&bid->decision_id) ||
		strcmp(bid->reason, not_selected) == 0)
		return;
	decision_record(bid, DW_OUTCOME_CENSORED);
}

/* Bids that a statement has ended. */
typedef struct Ended
{
	DwBid	   *bids;			/* as ended_fields have them */
	int			count;			/* of them */
	bool		had_contract;	/* what came of them is written */
} Ended;

/*
 * Orders bids by id, for qsort.  RETURNING has no order, and events that come
 * in another one each time make no test and no replay of a log equal.
 */
static int
bid_compare(const void *a, const void *b)
{
	return dw_uuid_compare(&((const DwBid *) a)->id,
						   &((const DwBid *) b)->id);
}

/* Writes the events of ended bids; work for dw_write_batch(). */
static void
emit_ended(void *argument)
{
	const Ended *ended = argument;

	for (int i = 0; i < ended->count; i++)
	{
		dw_bid_emit(&ended->bids[i], end_type(ended->bids[i].status));
		if (!ended->had_contract)
			end_decision(&ended->bids[i]);
	}
}

/*
 * Ends bids by a statement that returns ENDED_COLUMNS; how many.  Of a bid
 * that had become a contract the confirmation has written what came of it.
 */
static int
end_by(DwStatement *statement, const DwParams *p, bool had_contract)
{
	Ended		ended = {
		.count = (int) dw_execute(statement, p),
		.had_contract = had_contract
	};

	if (ended.count == 0)
		return 0;
	ended.bids = palloc0_array(DwBid, ended.count);
	for (int i = 0; i < ended.count; i++)
		dw_map_read(&endings, i, &ended.bids[i]);
	SPI_freetuptable(SPI_tuptable);
	qsort(ended.bids, ended.count, sizeof(DwBid), bid_compare);
	counters_overtake(ended.bids, ended.count);
	if (ended.count == 1 || dw_write_is_batched())
		emit_ended(&ended);
	else
		dw_write_batch(emit_ended, &ended);
	return ended.count;
}

void
dw_bids_end(const DwJob *job, const DwUuid *but, DwBidReason reason)
{
	/*
	 * Which of the two ends a bid comes to depends on its own time, so the
	 * statement decides row by row; both are constants of the enum.
	 */
	static DwStatement end_bids =
		DW_STATEMENT("UPDATE dwello.bids AS b SET "
					 "status = CASE WHEN $4 OR b.status = 'pending' "
					 "AND b.expires_at <= $3 THEN 'expired'::dwello.bid_status "
					 "ELSE 'rejected'::dwello.bid_status END, "
					 "reason = CASE WHEN b.status = 'pending' "
					 "AND b.expires_at <= $3 THEN 'expired' ELSE $5 END, "
					 "version = b.version + 1 "
					 "WHERE b.job_id = $1 AND b.deleted_at IS NULL "
					 "AND b.status IN ('pending', 'accepted') "
					 "AND b.id IS DISTINCT FROM $2 "
					 "RETURNING " ENDED_COLUMNS);
	DwBidStatus status = dw_bid_reason_status(reason);
	DwParams	p = DW_PARAMS;

	Assert(status == DW_BID_EXPIRED || status == DW_BID_REJECTED);
	dw_param_uuid(&p, &job->id);
	dw_param_uuid(&p, but);
	dw_param_time(&p, dw_now());
	dw_param_bool(&p, status == DW_BID_EXPIRED);
	dw_param_text(&p, dw_bid_reason_label(reason));
	(void) end_by(&end_bids, &p, job->confirmed_at != DT_NOBEGIN);
}

/*
 * Marks as expired what is over at $1.  The condition is asked again by the
 * statement that writes: a bid that was found overdue may have been withdrawn
 * or confirmed anew meanwhile.
 */
#define EXPIRE_BIDS \
	"UPDATE dwello.bids AS b SET status = 'expired', reason = 'expired', " \
	"version = b.version + 1 "
#define BID_IS_OVER \
	"b.status = 'pending' AND b.expires_at <= $1 AND b.deleted_at IS NULL "

void
dw_bid_expire_overdue(const DwUuid *job_id, const DwUuid *provider_id)
{
	static DwStatement expire_bid =
		DW_STATEMENT(EXPIRE_BIDS "WHERE b.job_id = $2 AND b.provider_id = $3 "
					 "AND " BID_IS_OVER "RETURNING " ENDED_COLUMNS);
	DwParams	p = DW_PARAMS;

	dw_param_time(&p, dw_now());
	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, provider_id);
	(void) end_by(&expire_bid, &p, false);
}

void
dw_bids_expire_overdue(const DwBid *next, int count)
{
	static DwStatement expire_bids =
		DW_STATEMENT(EXPIRE_BIDS "FROM unnest($2, $3) "
					 "AS n (job_id, provider_id) WHERE b.job_id = n.job_id "
					 "AND b.provider_id = n.provider_id AND " BID_IS_OVER
					 "RETURNING " ENDED_COLUMNS);
	DwUuid	   *jobs = palloc_array(DwUuid, Max(count, 1));
	DwUuid	   *providers = palloc_array(DwUuid, Max(count, 1));
	DwParams	p = DW_PARAMS;

	for (int i = 0; i < count; i++)
	{
		jobs[i] = next[i].job_id;
		providers[i] = next[i].provider_id;
	}
	dw_param_time(&p, dw_now());
	dw_param_uuids(&p, jobs, count);
	dw_param_uuids(&p, providers, count);
	(void) end_by(&expire_bids, &p, false);
}

DwDue *
dw_bids_claim_overdue(int max_rows, int *count)
{
	static DwStatement find_bids =
		DW_STATEMENT("SELECT b.expires_at AS due, b.id, b.job_id "
					 "FROM dwello.bids AS b WHERE " BID_IS_OVER
					 "AND (b.expires_at, b.id) > ($2, $3) "
					 "ORDER BY b.expires_at, b.id LIMIT $4");

	return dw_due_claim(&find_bids, max_rows, count);
}

int
dw_bids_expire(const DwDue *bids, int count)
{
	static DwStatement expire_bids =
		DW_STATEMENT(EXPIRE_BIDS "FROM unnest($2, $3) AS d (job_id, id) "
					 "WHERE b.job_id = d.job_id AND b.id = d.id "
					 "AND " BID_IS_OVER "RETURNING " ENDED_COLUMNS);
	DwUuid	   *jobs = palloc_array(DwUuid, Max(count, 1));
	DwUuid	   *ids = palloc_array(DwUuid, Max(count, 1));
	DwParams	p = DW_PARAMS;

	for (int i = 0; i < count; i++)
	{
		jobs[i] = bids[i].job_id;
		ids[i] = bids[i].id;
	}
	dw_param_time(&p, dw_now());
	dw_param_uuids(&p, jobs, count);
	dw_param_uuids(&p, ids, count);
	return end_by(&expire_bids, &p, false);
}

void
dw_bids_lock_live(const DwUuid *job_id)
{
	/* in one order for all, so that two who end bids of a job cannot meet */
	static DwStatement lock_live =
		DW_STATEMENT("SELECT FROM dwello.bids AS b "
					 "WHERE b.job_id = $1 AND b.deleted_at IS NULL "
					 "AND b.status IN ('pending', 'accepted') "
					 "ORDER BY b.id FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	(void) dw_execute(&lock_live, &p);
}

void
dw_bid_end(DwBid *bid, DwBidReason reason, const char *note)
{
	Assert(bid->status == dw_bid_reason_status(reason));
	bid->reason = pstrdup(dw_bid_reason_label(reason));
	dw_bid_save(bid);
	emit(bid, end_type(bid->status), note);
	end_decision(bid);
}

void
dw_bid_end_contract(DwBid *bid, DwBidReason reason, const char *note)
{
	Assert(bid->status == dw_bid_reason_status(reason));
	bid->reason = pstrdup(dw_bid_reason_label(reason));
	dw_bid_save(bid);
	emit(bid, end_type(bid->status), note);
}

/* Writes what came of bids that were decided; work for dw_write_batch(). */
static void
record_decided(void *argument)
{
	const Ended *decided = argument;

	for (int i = 0; i < decided->count; i++)
		decision_record(&decided->bids[i],
						decided->bids[i].status == DW_BID_ACCEPTED
						? DW_OUTCOME_WON : DW_OUTCOME_LOST);
}

/* The same of bids on a job that nobody got. */
static void
record_undecided(void *argument)
{
	const Ended *undecided = argument;

	for (int i = 0; i < undecided->count; i++)
		decision_record(&undecided->bids[i], DW_OUTCOME_CENSORED);
}

/*
 * Writes what came of the bids of agents that have no end of their own: the
 * accepted one, and those that were not selected.
 */
static void
decide_by(const DwUuid *job_id, DwWork record)
{
	static DwStatement select_decided =
		DW_STATEMENT("SELECT " ENDED_COLUMNS " FROM dwello.bids AS b "
					 "WHERE b.job_id = $1 AND b.decision_id IS NOT NULL "
					 "AND b.deleted_at IS NULL AND (b.status = 'accepted' "
					 "OR b.status = 'rejected' AND b.reason = 'not_selected') "
					 "AND NOT EXISTS (SELECT FROM dwello.ai_agent_activity "
					 "AS a WHERE a.job_id = b.job_id "
					 "AND a.user_id = b.provider_id "
					 "AND a.decision_id = b.decision_id "
					 "AND a.action_type IN ('bid_won', 'bid_lost', "
					 "'bid_expired')) "
					 "ORDER BY b.id");
	DwParams	p = DW_PARAMS;
	Ended		decided;

	dw_param_uuid(&p, job_id);
	decided.count = (int) dw_execute(&select_decided, &p);
	if (decided.count == 0)
		return;
	decided.bids = palloc0_array(DwBid, decided.count);
	for (int i = 0; i < decided.count; i++)
		dw_map_read(&endings, i, &decided.bids[i]);
	SPI_freetuptable(SPI_tuptable);
	dw_write_batch(record, &decided);
}

void
dw_bids_decide(const DwUuid *job_id)
{
	decide_by(job_id, record_decided);
}

void
dw_bids_abandon(const DwJob *job)
{
	/* with the confirmation all was decided, and is recorded */
	if (job->confirmed_at == DT_NOBEGIN)
		decide_by(&job->id, record_undecided);
}

void
dw_bid_emit(const DwBid *bid, const char *type)
{
	emit(bid, type, NULL);
}

/*
 * Writes what came of the decision that an agent's bid came from: a row of
 * its activity, and the event by which the provider's side knows of it.
 */
static void
decision_record(const DwBid *bid, DwOutcome outcome)
{
	static const DwAgentAction actions[DW_OUTCOME_COUNT] = {
		[DW_OUTCOME_WON] = DW_AGENT_BID_WON,
		[DW_OUTCOME_LOST] = DW_AGENT_BID_LOST,
		[DW_OUTCOME_CENSORED] = DW_AGENT_BID_EXPIRED
	};
	DwActivity	row;
	DwPayload	payload;

	dw_activity_begin(&row, &bid->job_id, &bid->provider_id,
					  actions[outcome]);
	row.terms_version = bid->terms_version;
	row.reason = bid->reason;
	row.amount = bid->bid_amount;
	row.currency = bid->currency;
	row.decision_id = bid->decision_id;
	dw_activity_insert(&row);

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", &bid->job_id);
	dw_payload_uuid(&payload, "provider_id", &bid->provider_id);
	dw_payload_uuid(&payload, "decision_id", &bid->decision_id);
	dw_payload_text(&payload, "outcome", dw_outcome_label(outcome));
	dw_payload_int8(&payload, "amount", bid->bid_amount);
	dw_event_emit(&bid->job_id, "agent", &bid->provider_id, "agent_outcome",
				  &payload);
}

/* Writes the event of a bid with a note to the other side. */
static void
emit(const DwBid *bid, const char *type, const char *note)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", &bid->job_id);
	dw_payload_uuid(&payload, "bid_id", &bid->id);
	dw_payload_uuid(&payload, "homeowner_id", &bid->homeowner_id);
	dw_payload_uuid(&payload, "provider_id", &bid->provider_id);
	if (!dw_uuid_is_nil(&bid->decision_id))
		dw_payload_uuid(&payload, "decision_id", &bid->decision_id);
	dw_payload_int8(&payload, "amount", bid->bid_amount);
	dw_payload_text(&payload, "currency", bid->currency);
	dw_payload_text(&payload, "reason", bid->reason);
	dw_payload_text(&payload, "note", note);
	dw_event_emit(&bid->job_id, "bid", &bid->id, type, &payload);
}

DwDue *
dw_ranks_claim_due(int max_rows, int *count)
{
	static DwStatement find_ranks =
		DW_STATEMENT("SELECT r.due_at AS due, r.bid_id AS id, r.job_id "
					 "FROM dwello.bid_ranks AS r WHERE r.due_at <= $1 "
					 "AND (r.due_at, r.bid_id) > ($2, $3) "
					 "ORDER BY r.due_at, r.bid_id LIMIT $4");

	return dw_due_claim(&find_ranks, max_rows, count);
}

DwBidRank *
dw_ranks_load(const DwUuid *job_id, int *count)
{
	static DwTableQuery of_job =
		DW_TABLE_QUERY(ranks, "WHERE t.job_id = $1 ORDER BY t.bid_id");
	DwParams	p = DW_PARAMS;
	DwBidRank  *rows;

	dw_param_uuid(&p, job_id);
	*count = (int) dw_table_execute(&of_job, &p);
	rows = palloc_array(DwBidRank, Max(*count, 1));
	for (int i = 0; i < *count; i++)
		dw_table_read(&ranks, i, &rows[i]);
	return rows;
}

/* Rows on their way into the table. */
typedef struct RankBatch
{
	DwBidRank  *rows;			/* of one job */
	int			count;			/* of them */
} RankBatch;

/* Writes some rows; work for dw_write_batch(). */
static void
save_ranks(void *argument)
{
	RankBatch  *batch = argument;

	for (int i = 0; i < batch->count; i++)
		dw_table_update(&ranks, &batch->rows[i]);
}

void
dw_ranks_save(DwBidRank *rows, int count)
{
	RankBatch	batch = {.rows = rows,.count = count};

	if (count > 0)
		dw_write_batch(save_ranks, &batch);
}

void
dw_ranks_drop(const DwUuid *job_id, const DwUuid *ended, int count)
{
	static DwStatement delete_ranks =
		DW_STATEMENT("DELETE FROM dwello.bid_ranks AS r "
					 "WHERE r.job_id = $1 AND r.bid_id = ANY ($2)");
	DwParams	p = DW_PARAMS;

	if (count == 0)
		return;
	dw_param_uuid(&p, job_id);
	dw_param_uuids(&p, ended, count);
	(void) dw_execute(&delete_ranks, &p);
}

int32
dw_rank_load_third(const DwUuid *job_id, const DwUuid *bid_id)
{
	static DwTableQuery of_bid =
		DW_TABLE_QUERY(ranks, "WHERE t.job_id = $1 AND t.bid_id = $2");
	DwParams	p = DW_PARAMS;
	DwBidRank	rank;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, bid_id);
	if (dw_table_query(&of_bid, &p) == 0)
		return DW_RANK_NO_THIRD;
	dw_table_read(&ranks, 0, &rank);
	return rank.third;
}
