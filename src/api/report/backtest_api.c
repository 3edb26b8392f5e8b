/*
 * backtest_api.c
 *		backtest_agent(): what an agent would have done, job by job.
 *
 * History is walked in the order of time, with a clock that shows it.  What
 * the market and the provider's reviews knew is what was known when the day
 * began on which a job was published; bids, wins and counts are those of the
 * replay.  Core decides, as it decides for run_agents().
 *
 * No amount of a rival is read: see report.h for who wins.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "pgstat.h"
#include "tcop/tcopprot.h"

#include "api/report/report_api.h"
#include "api/report/report_api_int.h"
#include "core/report/report.h"
#include "core/score/score.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/job/job_store.h"
#include "store/report/report_store.h"
#include "store/run/run_store.h"

#define CHUNK_JOBS		200		/* of one day that are loaded at once */
#define PROGRESS_JOBS	1000	/* between two signs of progress */

/* A job that waits to be decided about, or to be looked at again. */
typedef struct Waiting
{
	int64		minute;			/* not before */
	int64		number;			/* of the job, in the order of time */
	DwBacktestJob job;			/* as the replay has it */
	DwAgentInputs inputs;		/* but for what the replay fills */
} Waiting;

/* One call. */
typedef struct Walk
{
	DwUuid		agent_id;		/* whose decisions they are */
	DwOtherSettings other;		/* laid over the agent's */
	TimestampTz from;			/* of the period */
	TimestampTz until;			/* end of it */
	TimestampTz now;			/* of the call */
	DwAgentParameters parameters;	/* of the time when it begins */
	DwHistoryJob *jobs;			/* in the order of time */
	int			count;			/* of them */
	int			first;			/* of the chunk, as the next */
	int			last;			/* one past its end */
	DwHistoryReview *reviews;	/* of the provider, in the order of time */
	int			review_count;	/* of them */
	int			review_next;	/* that is not in stats yet */
	DwStats		stats;			/* of those before */
	DateADT		stats_day;		/* to which they are decayed */
	char	   *timezone;		/* of the provider */
	char		currency[DW_CURRENCY_SIZE]; /* of the agent */
	int64		bid_minutes;	/* that a bid stands */
	Waiting   **waiting;		/* a heap, the earliest first */
	int			waiting_count;	/* in it */
	int			waiting_room;	/* for so many */
	MemoryContext kept;			/* what outlives a chunk */
	DwBacktest	replay;			/* so far */
	uint8		digest[DW_SHA256_BYTES];	/* of all decisions so far */
} Walk;

/* Whole minutes since 1970. */
static int64
minute_of(TimestampTz time)
{
	const int64 epoch = (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) *
		USECS_PER_DAY;

	return (time + epoch) / USECS_PER_MINUTE;
}

/* The time of a minute. */
static TimestampTz
time_of(int64 minute)
{
	const int64 epoch = (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) *
		USECS_PER_DAY;

	return minute * USECS_PER_MINUTE - epoch;
}

/* ----------------------------------------------------------------------
 * Jobs that wait: a heap by minute, then by their order
 * ---------------------------------------------------------------------- */

/* True when one comes before the other. */
static bool
is_before(const Waiting *a, const Waiting *b)
{
	return a->minute != b->minute ? a->minute < b->minute :
		a->number < b->number;
}

/* Makes room for one more. */
static void
waiting_widen(Walk *walk)
{
	size_t		size = (walk->waiting_room * 2 + 64) * sizeof(Waiting *);

	if (walk->waiting_count < walk->waiting_room)
		return;
	walk->waiting = walk->waiting == NULL
		? MemoryContextAlloc(walk->kept, size)
		: repalloc(walk->waiting, size);
	walk->waiting_room = walk->waiting_room * 2 + 64;
}

/* Puts one in. */
static void
waiting_push(Walk *walk, Waiting *item)
{
	int			i;

	waiting_widen(walk);
	i = walk->waiting_count++;
	for (; i > 0 && is_before(item, walk->waiting[(i - 1) / 2]);
		 i = (i - 1) / 2)
		walk->waiting[i] = walk->waiting[(i - 1) / 2];
	walk->waiting[i] = item;
}

/* Takes the first one out. */
static Waiting *
waiting_pop(Walk *walk)
{
	Waiting    *first = walk->waiting[0];
	Waiting    *item = walk->waiting[--walk->waiting_count];
	int			i = 0;

	for (;;)
	{
		int			child = 2 * i + 1;

		if (child + 1 < walk->waiting_count &&
			is_before(walk->waiting[child + 1], walk->waiting[child]))
			child++;
		if (child >= walk->waiting_count ||
			!is_before(walk->waiting[child], item))
			break;
		walk->waiting[i] = walk->waiting[child];
		i = child;
	}
	walk->waiting[i] = item;
	return first;
}

/* ----------------------------------------------------------------------
 * Decisions
 * ---------------------------------------------------------------------- */

/* Writes a number, its first byte first, and gives where the next begins. */
static uint8 *
number_put(uint8 *bytes, int64 number)
{
	for (int shift = 56; shift >= 0; shift -= 8)
		*bytes++ = (uint8) ((uint64) number >> shift);
	return bytes;
}

/* Adds a decision to the digest, in an order of bytes that holds anywhere. */
static void
digest_add(Walk *walk, const Waiting *item, const DwBacktestStep *step)
{
	int64		numbers[] = {
		item->inputs.provider.clock.now, step->decision.verdict,
		step->decision.reason, step->decision.run_after,
		step->decision.amount, step->decision.value, step->is_won
	};
	uint8		bytes[DW_SHA256_BYTES + sizeof(DwUuid) + sizeof(numbers)];
	uint8	   *next = bytes + DW_SHA256_BYTES + sizeof(DwUuid);

	memcpy(bytes, walk->digest, DW_SHA256_BYTES);
	memcpy(bytes + DW_SHA256_BYTES, &item->job.id, sizeof(DwUuid));
	for (int i = 0; i < (int) lengthof(numbers); i++)
		next = number_put(next, numbers[i]);
	dw_sha256(bytes, sizeof(bytes), walk->digest);
}

/* Decides about one that waits; it is gone, or waits on. */
static void
waiting_decide(Walk *walk, Waiting *item)
{
	DwBacktestStep step;

	CHECK_FOR_INTERRUPTS();
	dw_facts_clock(walk->timezone, time_of(item->minute),
				   &item->inputs.provider.clock);
	if (!dw_backtest_step(&walk->replay, &item->inputs, &item->job, &step))
		dw_raise(DW_BAD_VALUE, "the replay has too much afoot",
				 psprintf("More than %d bids and jobs would stand at once.",
						  DW_BACKTEST_ITEMS),
				 "Choose a shorter period, or fewer bids a day.");
	digest_add(walk, item, &step);
	if (step.is_final)
	{
		pfree(item);
		return;
	}
	item->minute = step.decision.run_after;
	waiting_push(walk, item);
}

/* Decides about all that wait until a minute. */
static void
waiting_decide_until(Walk *walk, int64 minute)
{
	while (walk->waiting_count > 0 && walk->waiting[0]->minute < minute)
		waiting_decide(walk, waiting_pop(walk));
}

/* ----------------------------------------------------------------------
 * A chunk: jobs of one day, with what was known before it
 * ---------------------------------------------------------------------- */

/* The rating that the provider's reviews come to by the day of the walk. */
static void
rating_read(Walk *walk, DwAgentProvider *provider)
{
	DateADT		today = dw_today();
	int64		stars;

	for (; walk->review_next < walk->review_count; walk->review_next++)
	{
		const DwHistoryReview *review = &walk->reviews[walk->review_next];

		if (review->day >= today)
			break;
		dw_stats_decay(&walk->stats, review->day - walk->stats_day);
		walk->stats_day = review->day;
		(void) dw_stats_add_rating(&walk->stats, review->stars);
	}
	if (walk->stats_day < today)
	{
		dw_stats_decay(&walk->stats, today - walk->stats_day);
		walk->stats_day = today;
	}
	stars = dw_stats_stars(&walk->stats);
	provider->stars = stars == DW_STATS_NO_STARS ? 0 : stars;
	provider->rating = dw_stats_rating(&walk->stats);
}

/* Switches and pauses are not replayed. */
static void
switches_open(DwAgentInputs *inputs)
{
	inputs->platform.is_on = true;
	inputs->job.is_category_on = true;
	inputs->provider.is_agent_on = true;
	inputs->provider.is_provider_on = true;
	inputs->settings.is_active = true;
	inputs->settings.paused_until = 0;
}

/*
 * Nor are the provider's own answers of then.  An edited job is one whose
 * first terms nobody knows any more.
 */
static void
inputs_date(const Walk *walk, const DwJob *row, DwAgentInputs *inputs)
{
	switches_open(inputs);
	inputs->job.is_open = true;
	inputs->job.is_current = row->terms_version == 1;
	inputs->provider.is_answered = false;
	inputs->provider.has_bid = false;
	inputs->parameters = walk->parameters;
}

/* A job of the chunk, ready to be decided about. */
static void
job_begin(Walk *walk, DwFacts *facts, DwFactsPair *pair, const DwJob *row,
		  int number)
{
	const DwHistoryJob *history = &walk->jobs[number];
	Waiting    *item = MemoryContextAllocZero(walk->kept, sizeof(Waiting));
	TimestampTz closed = history->closed_at;

	dw_facts_inputs(facts, pair, &item->inputs);
	/* one that the provider was not invited to is none for them */
	if (item->inputs.job.is_invite_only && !item->inputs.provider.is_invited)
	{
		pfree(item);
		return;
	}
	inputs_date(walk, row, &item->inputs);
	rating_read(walk, &item->inputs.provider);
	item->minute = minute_of(history->published_at);
	item->number = number;
	item->job = (DwBacktestJob)
	{
		.id = history->id,
			.agent_id = walk->agent_id,
		/* what would be looked at later than now, is not */
			.closed = minute_of(closed == DT_NOBEGIN ? walk->now : closed) + 1,
			.done = history->completed_at == DT_NOBEGIN ? PG_INT64_MAX :
			minute_of(history->completed_at),
			.bid_minutes = walk->bid_minutes,
			.is_awarded = history->is_awarded,
			.outcome = history->outcome,
			.amount = history->amount
	};
	waiting_push(walk, item);
}

/* The row of a job, of rows in the order of their ids; NULL: it is gone. */
static int
row_find(const DwJob *rows, int count, const DwUuid *id)
{
	int			low = 0;
	int			high = count - 1;

	while (low <= high)
	{
		int			middle = (low + high) / 2;
		int			order = dw_uuid_compare(&rows[middle].id, id);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return -1;
}

/* Loads the chunk's jobs with what was known before their day. */
static void
chunk_load(void *argument)
{
	Walk	   *walk = argument;
	int			count = walk->last - walk->first;
	int			row_count = count;
	DwUuid	   *ids = palloc(count * sizeof(DwUuid));
	DwFactsPair *pairs = palloc0(count * sizeof(DwFactsPair));
	DwFactsPair **of_row = palloc0(count * sizeof(DwFactsPair *));
	DwJob	   *rows;
	DwFacts    *facts;

	for (int i = 0; i < count; i++)
		ids[i] = walk->jobs[walk->first + i].id;
	rows = dw_jobs_load(ids, &row_count);
	for (int i = 0; i < row_count; i++)
		pairs[i] = (DwFactsPair)
	{
		.job = i,.terms_version = rows[i].terms_version,
			.agent_id = walk->agent_id,.arrived_on = DATEVAL_NOBEGIN
	};
	facts = dw_facts_load(rows, row_count, pairs, row_count, false);
	dw_facts_lay(facts, dw_other_settings_lay, &walk->other);
	/* loading has put them in an order of its own */
	for (int i = 0; i < row_count; i++)
		of_row[pairs[i].job] = &pairs[i];
	for (int i = 0; i < count; i++)
	{
		int			row = row_find(rows, row_count, &ids[i]);

		if (row < 0)
			continue;
		if (walk->timezone == NULL)
			walk->timezone = MemoryContextStrdup(walk->kept,
												 of_row[row]->agent->timezone);
		job_begin(walk, facts, of_row[row], &rows[row], walk->first + i);
	}
}

/* The day of UTC of a time, as so many since 2000. */
static int64
day_of(TimestampTz time)
{
	int64		day = time / USECS_PER_DAY;

	return day - (time % USECS_PER_DAY < 0);
}

/* Shows how far the walk is, in pg_stat_activity. */
static void
progress_show(const Walk *walk)
{
	char	   *text = psprintf("dwello.backtest_agent: %d of %d jobs",
								walk->first, walk->count);

	pgstat_report_activity(STATE_RUNNING, text);
	pfree(text);
}

/* Walks through all jobs, then through what waits. */
static void
walk_through(Walk *walk)
{
	int			shown = 0;

	walk->kept = CurrentMemoryContext;
	while (walk->first < walk->count)
	{
		int64		day = day_of(walk->jobs[walk->first].published_at);

		walk->last = walk->first;
		while (walk->last < walk->count &&
			   walk->last - walk->first < CHUNK_JOBS &&
			   day_of(walk->jobs[walk->last].published_at) == day)
			walk->last++;
		if (walk->first >= shown)
		{
			progress_show(walk);
			shown = walk->first + PROGRESS_JOBS;
		}
		/* a connection of its own: what statements return goes with it */
		dw_spi_connect();
		dw_now_at(day * USECS_PER_DAY, chunk_load, walk);
		waiting_decide_until(walk,
							 walk->last == walk->count ? PG_INT64_MAX :
							 minute_of(walk->jobs[walk->last].published_at));
		SPI_finish();
		walk->first = walk->last;
	}
	if (shown > 0)
		pgstat_report_activity(STATE_RUNNING, debug_query_string == NULL ? "" :
							   debug_query_string);
}

/* Minutes that a bid stands. */
static int64
bid_minutes(void)
{
	return dw_setting_int8("bid_expiry_days") * MINS_PER_HOUR * HOURS_PER_DAY;
}

/* Reads the arguments: 22004, 22023. */
static void
walk_begin(DwCall *call, Walk *walk)
{
	dw_args_need(call, "from_time", "to_time", NULL);
	walk->agent_id = dw_report_agent(call);
	walk->from = dw_arg_time_opt(call, "from_time");
	walk->until = dw_arg_time_opt(call, "to_time");
	if (walk->from >= walk->until)
		dw_arg_refuse(call, "from_time", DW_BAD_VALUE,
					  "must be before to_time");
	dw_other_settings(call, "settings", &walk->other);
	walk->now = dw_now();
	walk->bid_minutes = bid_minutes();
}

/* Loads what the agent met in the period. */
static void
walk_history(Walk *walk)
{
	walk->reviews = dw_history_reviews(&walk->agent_id, &walk->review_count);
	walk->jobs = dw_history_jobs(&walk->agent_id, walk->from, walk->until,
								 &walk->count);
	if (walk->review_count > 0)
		walk->stats_day = walk->reviews[0].day;
}

/* Loads what is the same for the whole period: P0002, 22023. */
static void
walk_load(DwCall *call, Walk *walk)
{
	if (!dw_report_currency(&walk->agent_id, walk->currency))
		dw_raise(DW_NOT_FOUND, "agent does not exist",
				 psprintf("Provider %s has none.",
						  dw_uuid_text(&walk->agent_id)),
				 "dwello.configure_agent() makes it.");
	if (walk->other.parameters_version < 0)
		walk->other.parameters_version =
			dw_history_parameters(&walk->agent_id, walk->from);
	dw_other_parameters(&walk->other, &walk->agent_id, &walk->parameters);
	walk_history(walk);
	if (walk->count > DW_HISTORY_JOBS)
		dw_arg_refuse(call, "from_time", DW_BAD_VALUE,
					  psprintf("must leave a period with at most %d jobs",
							   DW_HISTORY_JOBS));
}

void
dw_backtest_version(const DwVersionReplay *replay,
					DwVersionWorth *worth)
{
	Walk	   *walk = palloc0(sizeof(Walk));

	walk->agent_id = replay->agent_id;
	walk->other.parameters_version = -1;
	walk->now = walk->until = dw_now();
	walk->from = replay->from;
	walk->bid_minutes = bid_minutes();
	walk->parameters = *replay->parameters;
	walk->replay.judge = replay->judge;
	walk_history(walk);
	/* the last ones, where there are more */
	walk->first = Max(walk->count - DW_REPLAY_JOBS, 0);
	walk_through(walk);
	worth->jobs = walk->replay.jobs;
	worth->bids = walk->replay.bids;
	worth->worth = walk->replay.worth;
	pfree(walk);
}

/* What stopped it, and how often. */
static Datum
declines_document(const DwBacktest *replay)
{
	DwPayload	document;

	dw_payload_begin(&document);
	for (int i = 0; i < DW_AGENT_REASON_COUNT; i++)
		if (replay->reasons[i] > 0)
			dw_payload_int8(&document, dw_agent_reason_label(i),
							replay->reasons[i]);
	return dw_payload_end(&document);
}

/* The digest as hexadecimal digits. */
static char *
digest_text(const uint8 digest[DW_SHA256_BYTES])
{
	char	   *text = palloc(2 * DW_SHA256_BYTES + 1);

	for (int i = 0; i < DW_SHA256_BYTES; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return text;
}

/* backtest_agent(agent_id, from_time, to_time, settings) → jobs, … */
DW_FUNCTION(dwello_backtest_agent)
{
	DwCall		call;
	Walk	   *walk = palloc0(sizeof(Walk));
	DwBacktest *replay = &walk->replay;
	DwReportFigures figures;

	dw_query_begin(&call, fcinfo, DW_REPORT_ACTORS);
	walk_begin(&call, walk);
	walk_load(&call, walk);
	walk_through(walk);

	dw_row_uuid(&call, "agent_id", &walk->agent_id);
	dw_row_int8(&call, "jobs", replay->jobs);
	dw_row_int8(&call, "bids", replay->bids);
	dw_row_int8(&call, "wins", replay->wins);
	dw_row_int8(&call, "revenue", replay->revenue);
	dw_row_int8(&call, "cost", replay->cost);
	dw_row_int8(&call, "profit", replay->revenue - replay->cost);
	dw_row_int8(&call, "expected_profit", replay->expected);
	dw_row_text(&call, "currency", walk->currency);
	if (dw_report_figures(&replay->score, &figures))
	{
		dw_row_float8(&call, "brier", figures.brier);
		dw_row_float8(&call, "calibration_error", figures.calibration_error);
	}
	dw_row_int8(&call, "outcomes", replay->score.won + replay->score.lost);
	dw_row_int4(&call, "parameters_version", walk->other.parameters_version);
	dw_row_datum(&call, "declines", declines_document(replay));
	dw_row_text(&call, "digest", digest_text(walk->digest));
	return dw_call_return(&call);
}
