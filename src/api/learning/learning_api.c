/*
 * learning_api.c
 *		learn_agents(): what came of bids goes into the agents' parameters.
 *
 * An agent learns into the version that is in shadow.  Before it learns from
 * an outcome, that version and the live one it is based on foretell it: so
 * what the shadow is worth is known from outcomes that it had not seen.
 *
 * What is learnt is a function of the outcomes in their order, and of nothing
 * that a batch has: cut anywhere, the next call goes on from the row.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "core/report/report.h"
#include "server/call/call_server.h"
#include "server/number/number_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/agent/agent_store.h"
#include "store/learning/learning_store.h"

#define DAY_MINUTES		1440
#define LEARNERS_FOUND	100		/* agents that are looked for at a time */
#define PACING_DAYS		28		/* that a usual day is made of */

/* One call. */
typedef struct Batch
{
	DwLearningSettings settings;	/* the constants */
	DwUuid	   *agents;			/* found */
	int32		left;			/* outcomes that may still be learnt */
	int32		taught;			/* agents that learnt */
	int32		outcomes;		/* learnt from, or passed over */
	int32		versions;		/* that were begun */
} Batch;

/* What one agent learns. */
typedef struct Lesson
{
	const DwLearningSettings *settings; /* of the batch */
	DwAgent		agent;			/* locked */
	DwParameters live;			/* by which it decides */
	DwParameters shadow;		/* into which it learns */
	DwReportResult *results;	/* for its goal, in the order of time */
	int			result_count;	/* of them */
} Lesson;

/* A decision as it was stored, made again. */
typedef struct Past
{
	DwAgentInputs inputs;		/* what it was made from */
	DwAgentDecision decision;	/* the same, but for the amount in the end */
} Past;

static bool agent_learn(int turn, void *argument);
static bool lesson_begin(Lesson *lesson);
static void lesson_results(Lesson *lesson, const DwOutcomeRow *waiting,
						   int count);
static void lesson_learn(Lesson *lesson, const DwOutcomeRow *outcome);
static void lesson_pace(Lesson *lesson, TimestampTz decided_at);

/* learn_agents(max_rows) → agents, outcomes, versions */
DW_FUNCTION(dwello_learn_agents)
{
	DwCall		call;
	Batch		batch = {0};
	DwUuid		last = {0};
	int			count;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	batch.left = dw_arg_max_rows(&call);
	dw_learning_settings(&batch.settings);
	do
	{
		batch.agents = dw_learners_find(&last, LEARNERS_FOUND, &count);
		dw_each_turn(count, agent_learn, &batch);
		if (count > 0)
			last = batch.agents[count - 1];
	} while (count == LEARNERS_FOUND && batch.left > 0);
	dw_row_int4(&call, "agents", batch.taught);
	dw_row_int4(&call, "outcomes", batch.outcomes);
	dw_row_int4(&call, "versions", batch.versions);
	return dw_call_return(&call);
}

/*
 * One agent learns as many outcomes as are left to the batch, unless another
 * worker has it: that one may just have learnt them all.
 */
static bool
agent_learn(int turn, void *argument)
{
	Batch	   *batch = argument;
	Lesson		lesson = {.settings = &batch->settings};
	DwOutcomeRow *outcomes;
	int			count;
	bool		is_new;

	if (!dw_agent_lock_free(&batch->agents[turn], &lesson.agent))
		return true;
	outcomes = dw_outcomes_waiting(&lesson.agent.user_id, batch->left, &count);
	if (count == 0)
		return true;
	is_new = lesson_begin(&lesson);
	lesson_results(&lesson, outcomes, count);
	for (int i = 0; i < count; i++)
		lesson_learn(&lesson, &outcomes[i]);
	if (is_new)
		dw_parameters_insert(&lesson.shadow);
	else
		dw_parameters_save(&lesson.shadow);
	dw_outcomes_mark(outcomes, count, lesson.shadow.version);
	batch->left -= count;
	batch->outcomes += count;
	batch->taught++;
	batch->versions += is_new;
	return batch->left > 0;
}

/*
 * Loads both versions of a locked agent; true when the one in shadow begins
 * now.  One that is based on another than the live one is retired: that was
 * changed by hand, and what follows from the old one with it.
 */
static bool
lesson_begin(Lesson *lesson)
{
	const DwUuid *user_id = &lesson->agent.user_id;
	int32		version = lesson->agent.parameters_version;
	DwParameters *shadow = &lesson->shadow;

	if (!dw_parameters_load(lesson->settings, user_id, version,
							&lesson->live))
		(void) dw_parameters_load(lesson->settings, user_id, 0,
								  &lesson->live);
	if (dw_parameters_load_shadow(lesson->settings, user_id, shadow))
	{
		if (shadow->based_on == lesson->live.version)
			return false;
		shadow->status = DW_PARAMETERS_RETIRED;
		dw_parameters_save(shadow);
	}
	*shadow = lesson->live;
	shadow->version = dw_parameters_next(user_id);
	shadow->status = DW_PARAMETERS_SHADOW;
	shadow->based_on = lesson->live.version;
	shadow->trials = 0;
	shadow->trial_loss = 0;
	shadow->live_loss = 0;
	shadow->created_at = dw_now();
	return true;
}

/* Minutes since 1970 of a moment. */
static int64
minute_of(TimestampTz moment)
{
	const int64 epoch = (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) *
		USECS_PER_DAY;

	return (moment + epoch) / USECS_PER_MINUTE;
}

/*
 * Makes a decision again from what is stored of it, at the amount that was
 * asked in the end; false when that cannot be read (any more).
 */
static bool
past_read(const DwOutcomeRow *outcome, Past *past)
{
	DwAgentOffer offer;

	memset(past, 0, sizeof(*past));
	if (outcome->inputs == (Datum) 0 ||
		!dw_numbers_read(&dw_agent_input_fields, outcome->inputs,
						 &past->inputs) ||
		!dw_numbers_read(&dw_agent_offer_fields, outcome->inputs, &offer) ||
		past->inputs.job.anchor <= 0)
		return false;
	dw_agent_decide(&past->inputs, offer.amount > 0 ? &offer : NULL,
					&past->decision);
	past->decision.anchor = past->inputs.job.anchor;
	past->decision.amount = outcome->amount;
	if (past->decision.timeline_days < 1)
		past->decision.timeline_days = 1;
	return true;
}

/* Adds an outcome to what a goal looks back at. */
static void
result_add(Lesson *lesson, const DwOutcomeRow *outcome, const Past *past)
{
	DwReportResult *result = &lesson->results[lesson->result_count++];

	*result = (DwReportResult)
	{
		.minute = minute_of(outcome->decided_at),
			.is_won = outcome->outcome == DW_OUTCOME_WON,
			.hours = past->inputs.job.hours,
			.cost = past->decision.cost
	};
	result->profit = dw_report_payout(&past->inputs, outcome->amount) -
		result->cost;
}

/*
 * Makes room for the results of these outcomes, and puts before them those
 * that were learnt earlier and that the goal still looks back at.
 */
static void
lesson_results(Lesson *lesson, const DwOutcomeRow *waiting, int count)
{
	DwOutcomeRow *learned = NULL;
	int			learned_count = 0;
	Past		past;

	if (count > 0 && lesson->agent.goal != DW_AGENT_MAX_PROFIT)
		learned = dw_outcomes_learned(&lesson->agent.user_id,
									  waiting[0].decided_at -
									  DW_REPORT_WINDOW * USECS_PER_MINUTE,
									  waiting[count - 1].decided_at,
									  &learned_count);
	lesson->results = palloc(sizeof(DwReportResult) *
							 (learned_count + count + 1));
	for (int i = 0; i < learned_count; i++)
		if (learned[i].outcome != DW_OUTCOME_CENSORED &&
			past_read(&learned[i], &past))
			result_add(lesson, &learned[i], &past);
}

/* What a version shows for a past decision. */
static double
shown_by(const DwParameters *parameters, const Past *past,
		 const DwFeatures *features)
{
	double		odds = dw_learning_rivals(&parameters->values, features,
										  past->inputs.platform.rivals);

	return dw_learning_shown(&parameters->values, odds);
}

/*
 * Foretells an outcome by both versions, then learns from it.  One that is
 * censored, or whose decision cannot be read, teaches nothing.
 */
static void
lesson_learn(Lesson *lesson, const DwOutcomeRow *outcome)
{
	DwParameters *shadow = &lesson->shadow;
	DwAgentSettings aims = {
		.goal = lesson->agent.goal,.goal_target = lesson->agent.goal_target
	};
	DwFeatures	features;
	Past		past;
	int64		reached;

	if (outcome->outcome == DW_OUTCOME_CENSORED ||
		!past_read(outcome, &past))
		return;
	lesson_pace(lesson, outcome->decided_at);
	dw_agent_features(&past.inputs, &past.decision, &features);
	shadow->trials++;
	shadow->trial_loss += dw_report_loss(shown_by(shadow, &past, &features),
										 outcome->outcome);
	shadow->live_loss += dw_report_loss(shown_by(&lesson->live, &past,
												 &features),
										outcome->outcome);
	dw_learning_outcome(lesson->settings, &features,
						past.inputs.platform.rivals, outcome->outcome,
						&shadow->values);
	shadow->samples = (int32) Min(shadow->values.samples, PG_INT32_MAX);
	result_add(lesson, outcome, &past);
	if (dw_report_reached(lesson->agent.goal, lesson->results,
						  lesson->result_count,
						  minute_of(outcome->decided_at), &reached))
		dw_agent_pace(lesson->settings, &aims, reached, &shadow->values);
	shadow->learned_until = outcome->decided_at;
}

/* True when a job was worth a bid, whether or not there was room for one. */
static bool
is_worth_a_bid(const DwAgentDecision *decision)
{
	return decision->reason == DW_AGENT_PASSED ||
		decision->reason == DW_AGENT_OVER_THRESHOLD ||
		decision->reason == DW_AGENT_PACING ||
		decision->reason == DW_AGENT_DAY_CAP;
}

/*
 * Learns what a usual day brings, of the weeks before the day of an outcome,
 * at the first outcome of that day.  Days are those of UTC: what is learnt
 * must not hang on where the provider moves.
 */
static void
lesson_pace(Lesson *lesson, TimestampTz decided_at)
{
	DwParameters *shadow = &lesson->shadow;
	int64		day = minute_of(decided_at) / DAY_MINUTES;
	TimestampTz until = decided_at - decided_at % USECS_PER_DAY;
	int64		first = day;
	Datum	   *inputs;
	int64	   *values;
	int			count;
	int			kept = 0;

	if (shadow->learned_until != DT_NOBEGIN &&
		minute_of(shadow->learned_until) / DAY_MINUTES >= day)
		return;
	inputs = dw_decisions_priced(&lesson->agent.user_id,
								 until - PACING_DAYS * USECS_PER_DAY, until,
								 &count);
	values = palloc(sizeof(int64) * (count + 1));
	for (int i = 0; i < count; i++)
	{
		DwOutcomeRow row = {.inputs = inputs[i]};
		Past		past;

		if (!past_read(&row, &past) || !is_worth_a_bid(&past.decision))
			continue;
		values[kept++] = past.decision.value;
		first = Min(first, past.inputs.provider.clock.now / DAY_MINUTES);
	}
	if (kept > 0)
		dw_pacing_learn(values, kept, Max(day - first, 1), &shadow->values);
}
