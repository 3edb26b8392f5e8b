/*
 * fuzz_report.c
 *		Whatever an agent decided and whatever came of it, what is said of it
 *		adds up, and a replay keeps to the limits that it replays.
 *
 * A history is replayed job by job, with deferrals, under limits of the day,
 * the month, exposure and open jobs.  Beside it stand the bids and jobs that
 * it has taken up, added anew each time.
 */
#include "fuzz.h"

#include "../unit/agent_random.h"

#include "core/report/report.h"

#define JOBS		12
#define DAY			1440		/* minutes */
#define ROOM		4096		/* bytes of an input */
#define LOOKS		400			/* at all jobs, more than any can need */

/* A number of the input. */
static int64_t
draw(void *source, int64_t least, int64_t most)
{
	return fuzz_range(source, least, most);
}

/* Any outcome. */
static DwOutcome
read_outcome(FuzzInput * input)
{
	return (DwOutcome) fuzz_range(input, 0, DW_OUTCOME_COUNT - 1);
}

/* ----------------------------------------------------------------------
 * Scores, goals, changes
 * ---------------------------------------------------------------------- */

/* Figures stay in their range, and the bins have every bid once. */
static void
check_scores(FuzzInput * input)
{
	DwReportScore score = {0};
	DwReportFigures figures;
	int64_t		count = 0;
	int64_t		won = 0;
	double		chance = 0;

	for (int64_t i = fuzz_range(input, 0, 30); i > 0; i--)
	{
		double		shown = (double) fuzz_range(input, 0, 1000) / 1000;
		DwOutcome	outcome = read_outcome(input);
		int64_t		loss = dw_report_loss(shown, outcome);

		check(loss >= 0 && (outcome != DW_OUTCOME_CENSORED || loss == 0));
		dw_report_add(&score, shown, outcome);
		count += outcome != DW_OUTCOME_CENSORED;
		won += outcome == DW_OUTCOME_WON;
		chance += outcome != DW_OUTCOME_CENSORED ? shown : 0;
	}
	check(score.won == won && score.won + score.lost == count);
	for (int i = 0; i < DW_REPORT_BINS; i++)
	{
		check(score.bins[i].won >= 0);
		check(score.bins[i].won <= score.bins[i].count);
		count -= score.bins[i].count;
		won -= score.bins[i].won;
		chance -= score.bins[i].chance;
	}
	check(count == 0 && won == 0 && chance < 1e-9 && chance > -1e-9);
	if (!dw_report_figures(&score, &figures))
	{
		check(score.won + score.lost == 0);
		return;
	}
	check(figures.win_rate >= 0 && figures.win_rate <= 1);
	check(figures.brier >= 0 && figures.brier <= 1);
	check(figures.log_score >= 0);
	check(figures.skill <= 1);
	check(figures.calibration_error >= 0);
	check(figures.calibration_error <= 1 + 1e-9);
}

/* What came later than the minute, or is older than the window, is nothing. */
static void
check_reached(FuzzInput * input)
{
	DwAgentGoal goal = (DwAgentGoal) fuzz_range(input, 0,
												DW_AGENT_GOAL_COUNT - 1);
	DwReportResult results[16];
	int			count = (int) fuzz_range(input, 0, 16);
	int			until = 0;
	int64_t		minute = 0;
	int64_t		all;
	int64_t		those;
	bool		is_known;

	for (int i = 0; i < count; i++)
	{
		minute += fuzz_range(input, 0, 10 * DAY);
		results[i] = (DwReportResult)
		{
			.minute = minute,.is_won = fuzz_range(input, 0, 1) == 1,
				.hours = fuzz_range(input, 0, 1000),
				.profit = fuzz_range(input, -(INT64_C(1) << 40),
									 INT64_C(1) << 40),
				.cost = fuzz_range(input, 0, INT64_C(1) << 40)
		};
	}
	minute = fuzz_range(input, 0, minute + DAY);
	while (until < count && results[until].minute <= minute)
		until++;
	is_known = dw_report_reached(goal, results, count, minute, &all);
	check(is_known ==
		  dw_report_reached(goal, results, until, minute, &those));
	check(all == those);
	if (goal == DW_AGENT_TARGET_WIN_RATE)
		check(all >= 0 && all <= DW_PPM);
	if (goal == DW_AGENT_FILL_HOURS)
		check(is_known && all >= 0 && all <= 16 * 1000);
}

/* A change is one of its setting alone, towards more bids. */
static void
check_changes(FuzzInput * input, const DwAgentInputs *inputs)
{
	DwReportChange change = (DwReportChange)
		fuzz_range(input, 0, DW_REPORT_CHANGE_COUNT - 1);
	DwAgentSettings settings = inputs->settings;
	int64_t		before;
	int64_t		after;

	settings.numbers.radius = (int32_t) fuzz_range(input, 5, 50);
	settings.numbers.bids_per_day = (int32_t) fuzz_range(input, 1, 20);
	settings.numbers.min_value = fuzz_range(input, 1, INT64_MAX);
	settings.numbers.max_value = fuzz_range(input, settings.numbers.min_value,
											INT64_MAX);
	settings.max_open_jobs = random_limit(draw, input, 1000);
	settings.max_exposure = random_limit(draw, input, INT64_MAX);
	settings.hours.is_limited = fuzz_range(input, 0, 1) == 1;
	before = dw_report_setting(&settings, change);
	check(dw_report_change(&settings, change) ==
		  (dw_report_setting(&settings, change) != before));
	after = dw_report_setting(&settings, change);
	for (int i = 0; i < DW_REPORT_CHANGE_COUNT; i++)
		if (strcmp(dw_report_change_label((DwReportChange) i),
				   dw_report_change_label(change)) != 0)
		{
			DwAgentSettings other = inputs->settings;

			(void) dw_report_change(&other, change);
			check(dw_report_setting(&other, (DwReportChange) i) ==
				  dw_report_setting(&inputs->settings, (DwReportChange) i));
		}
	switch (change)
	{
		case DW_REPORT_MIN_VALUE:
		case DW_REPORT_MARGIN:
		case DW_REPORT_MIN_WIN:
			check(after >= 0 && after <= before);
			break;
		case DW_REPORT_RADIUS:
			check(after >= before && after <= DW_AGENT_RADIUS_MAX);
			break;
		case DW_REPORT_BIDS_PER_DAY:
			check(after >= before && after <= DW_AGENT_DAY_MAX);
			break;
		case DW_REPORT_MAX_VALUE:
		case DW_REPORT_EXPOSURE:
		case DW_REPORT_OPEN_JOBS:
			check(after >= before);
			break;
		default:
			break;
	}
}

/* What is said of a decision never makes less of it than it was. */
static void
check_values(FuzzInput * input, const DwAgentInputs *inputs)
{
	DwAgentReason reason = (DwAgentReason)
		fuzz_range(input, 0, DW_AGENT_REASON_COUNT - 1);
	DwAgentDecision decision;

	dw_agent_decide(inputs, NULL, &decision);
	check(dw_report_value(&decision) == 0 || decision.amount > 0);
	if (decision.amount > 0)
	{
		check(dw_report_best_value(inputs, &decision) >= decision.value);
		check(dw_report_payout(inputs, decision.amount) ==
			  payout_at(inputs, decision.amount));
	}
	/* what stopped it, and nobody has a say in, misses nothing */
	if (reason == DW_AGENT_PASSED || reason == DW_AGENT_NO_ANCHOR ||
		reason == DW_AGENT_JOB_NOT_OPEN || reason == DW_AGENT_PLATFORM_OFF)
		check(dw_report_missed(inputs, reason) == 0);
	if (decision.verdict == DW_AGENT_DECLINE)
		check(dw_report_missed(inputs, decision.reason) >= 0);
}

/* ----------------------------------------------------------------------
 * The replay
 * ---------------------------------------------------------------------- */

/* A history, what waits of it, and what the replay has taken up. */
typedef struct History
{
	DwAgentInputs inputs[JOBS];
	DwBacktestJob jobs[JOBS];
	bool		is_over[JOBS];
	int			count;
	DwBacktestItem bids[JOBS];	/* that stand, as we count */
	DwBacktestItem works[JOBS]; /* jobs won, likewise */
	int			bid_count;
	int			work_count;
}			History;

/* Jobs in the order of time, days apart or at the same minute. */
static void
read_history(FuzzInput * input, History * history)
{
	int64_t		now = USUAL_NOW - fuzz_range(input, 0, 400) * DAY;
	DwAgentInputs inputs;

	memset(history, 0, sizeof(*history));
	random_inputs(draw, input, &inputs);
	inputs.provider.month_quota = fuzz_range(input, 0, 8);
	inputs.settings.max_open_jobs = random_limit(draw, input, 4);
	inputs.settings.hours.is_limited = fuzz_range(input, 0, 1) == 1;
	for (int day = 0; day < DW_AGENT_WEEK; day++)
		if (fuzz_range(input, 0, 2) > 0)
		{
			inputs.settings.hours.count[day] = 2;
			inputs.settings.hours.minute[day][0] =
				(int16_t) fuzz_range(input, 0, 700);
			inputs.settings.hours.minute[day][1] =
				(int16_t) fuzz_range(input, 701, 1440);
		}
	history->count = (int) fuzz_range(input, 1, JOBS);
	for (int i = 0; i < history->count; i++)
	{
		DwBacktestJob *job = &history->jobs[i];

		now += fuzz_range(input, 0, 1) ? 0 : fuzz_range(input, 0, 3 * DAY);
		history->inputs[i] = inputs;
		history->inputs[i].job.anchor = fuzz_range(input, 0, 300000);
		history->inputs[i].provider.clock.now = now;
		job->id.bytes[0] = (uint8_t) i;
		job->id.bytes[1] = (uint8_t) fuzz_range(input, 0, 255);
		job->closed = fuzz_range(input, 0, 3) == 0 ? INT64_MAX :
			now + fuzz_range(input, 0, 10 * DAY);
		job->done = job->closed == INT64_MAX || fuzz_range(input, 0, 1)
			? INT64_MAX : job->closed + fuzz_range(input, 0, 20 * DAY);
		job->bid_minutes = fuzz_range(input, 0, 14 * DAY);
		job->is_awarded = fuzz_range(input, 0, 2) > 0;
		job->outcome = read_outcome(input);
		job->amount = fuzz_range(input, 1, 400000);
	}
}

/* The next one that is to be looked at; -1: none. */
static int
next_job(const History * history)
{
	int			next = -1;

	for (int i = 0; i < history->count; i++)
		if (!history->is_over[i] &&
			(next < 0 || history->inputs[i].provider.clock.now <
			 history->inputs[next].provider.clock.now))
			next = i;
	return next;
}

/* What stands, or is under way, at a minute. */
static int64_t
afoot(const DwBacktestItem *items, int count, int64_t now, bool is_money)
{
	int64_t		sum = 0;

	for (int i = 0; i < count; i++)
		if (items[i].from <= now && now < items[i].until)
			sum += is_money ? items[i].amount : 1;
	return sum;
}

/* A bid keeps to every limit, with what we count ourselves. */
static void
check_bid(const DwBacktest *replay, const History * history, int i,
		  const DwBacktestStep *step)
{
	const DwAgentInputs *inputs = &history->inputs[i];
	const DwAgentSettings *settings = &inputs->settings;
	const DwBacktestJob *job = &history->jobs[i];
	int64_t		exposure = step->decision.amount +
		afoot(history->bids, history->bid_count, inputs->provider.clock.now,
			  true);

	check(step->is_final && step->decision.amount > 0);
	check(within(exposure, settings->max_exposure));
	check(within(exposure, settings->mandate.max_exposure));
	check(settings->max_open_jobs == DW_AGENT_NO_LIMIT ||
		  afoot(history->works, history->work_count,
				inputs->provider.clock.now, false) < settings->max_open_jobs);
	check(replay->day_bids <= settings->numbers.bids_per_day);
	check(within(replay->day_bids, settings->mandate.bids_per_day));
	check(inputs->provider.month_quota == DW_AGENT_UNLIMITED ||
		  replay->month_bids <= inputs->provider.month_quota);
	/* who asks as they did fares as they did; nobody wins what none won */
	if (job->outcome != DW_OUTCOME_CENSORED &&
		job->amount == step->decision.amount)
		check(step->is_won == (job->outcome == DW_OUTCOME_WON));
	if (job->outcome == DW_OUTCOME_LOST && step->is_won)
		check(step->decision.amount < job->amount);
	check(!step->is_won || job->is_awarded ||
		  job->outcome == DW_OUTCOME_WON);
}

/* Keeps what a bid takes up. */
static void
keep_bid(History * history, int i, const DwBacktestStep *step)
{
	const DwBacktestJob *job = &history->jobs[i];
	int64_t		now = history->inputs[i].provider.clock.now;
	int64_t		lapse = now + job->bid_minutes;

	history->bids[history->bid_count++] = (DwBacktestItem)
	{
		.from = now,.until = lapse < job->closed ? lapse : job->closed,
			.amount = step->decision.amount
	};
	if (step->is_won)
		history->works[history->work_count++] = (DwBacktestItem)
	{
		.from = job->closed,.until = job->done
	};
}

/* Replays all of it; each job is looked at to the end once. */
static void
run_replay(History * history, DwBacktest *replay)
{
	int64_t		stopped = 0;
	int			next;

	memset(replay, 0, sizeof(*replay));
	for (int looks = 0; (next = next_job(history)) >= 0; looks++)
	{
		DwAgentInputs *inputs = &history->inputs[next];
		DwBacktestStep step;

		check(looks < LOOKS);
		check(dw_backtest_step(replay, inputs, &history->jobs[next], &step));
		check(!step.is_won || step.is_bid);
		if (step.is_bid)
		{
			check_bid(replay, history, next, &step);
			keep_bid(history, next, &step);
		}
		history->is_over[next] = step.is_final;
		if (step.is_final)
			continue;
		check(step.decision.run_after > inputs->provider.clock.now);
		check(step.decision.run_after < history->jobs[next].closed);
		inputs->provider.clock.now = step.decision.run_after;
	}
	for (int i = 0; i < DW_AGENT_REASON_COUNT; i++)
		stopped += replay->reasons[i];
	check(replay->jobs == history->count);
	check(replay->bids == history->bid_count);
	check(replay->wins == history->work_count);
	check(replay->bids + stopped == replay->jobs);
	check(replay->wins == 0 ? replay->revenue == 0 && replay->cost == 0 :
		  replay->revenue > 0);
}

/*
 * The input, and behind it numbers that follow from it (splitmix64): a
 * history takes more of them than an input is long.
 */
static FuzzInput
lengthen(const uint8_t *data, size_t size)
{
	static uint8_t bytes[ROOM];
	uint64_t	state = size;

	memset(bytes, 0, sizeof(bytes));
	memcpy(bytes, data, size < ROOM ? size : ROOM);
	for (size_t i = 0; i < size; i++)
		state = (state ^ data[i]) * UINT64_C(0x9e3779b97f4a7c15);
	for (size_t i = size; i < ROOM; i++)
	{
		state += UINT64_C(0x9e3779b97f4a7c15);
		state = (state ^ (state >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
		bytes[i] = (uint8_t) (state >> 56);
	}
	return (FuzzInput)
	{
		bytes, sizeof(bytes)
	};
}

/* One input: sums of decisions, then a history, twice. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static DwBacktest first;
	static DwBacktest second;
	static History history;
	static History again;
	FuzzInput	input = lengthen(data, size);
	DwAgentInputs inputs;

	random_inputs(draw, &input, &inputs);
	check_scores(&input);
	check_reached(&input);
	check_changes(&input, &inputs);
	check_values(&input, &inputs);
	read_history(&input, &history);
	again = history;
	run_replay(&history, &first);
	run_replay(&again, &second);
	check(memcmp(&first, &second, sizeof(first)) == 0);
	return 0;
}
