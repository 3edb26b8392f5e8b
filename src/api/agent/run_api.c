/*
 * run_api.c
 *		The work of agents: jobs are claimed, decisions made, and written.
 *
 * In this order, which is that of locks: jobs of crash notes, jobs, days of
 * agents, then what is written.  Before them comes what wakes put-off answers,
 * and their jobs, of which none is waited for.
 *
 * All agents decide once as things stand; who would bid has their day locked
 * and read anew, and decides again.  So those who decline, by far the most,
 * cost no lock, and no two workers can pass one cap together.
 *
 * A bid is a row of bids like any other: it wakes no agent.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "api/account/account_api.h"
#include "api/agent/agent_api_int.h"
#include "api/bid/bid_api.h"
#include "core/decision/decision.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/identity/identity_server.h"
#include "server/number/number_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/agent/agent_store.h"
#include "store/audience/audience_store.h"
#include "store/bid/bid_store.h"
#include "store/run/run_store.h"

/* Decisions of one call: what it holds in memory until it writes. */
#define DECISIONS_MAX	10000

#define AGENTS_SPARE	10		/* looked at for each one who is asked */
#define PPM				1000000
#define JOBS_MAX		1000	/* of one call */
#define RUN_MAX			(INT64CONST(3600) * USECS_PER_SEC)

/* What one call did. */
typedef struct DwRunCounts
{
	int32		jobs;			/* looked at */
	int32		decisions;		/* made, those below among them */
	int32		bids;			/* submitted */
	int32		proposals;		/* the provider is asked */
	int32		declines;		/* not these jobs */
	int32		deferred;		/* to be decided later */
} DwRunCounts;


/* One decision. */
typedef struct Decided
{
	bool		is_made;		/* before time was up */
	bool		is_failed;		/* with an error that it would raise again */
	bool		is_worth;		/* the job was worth a bid, which may wait */
	DwAgentDecision decision;	/* what core says */
	Datum		inputs;			/* that it said it of, jsonb */
	DwUuid		id;				/* of its row of activity */
} Decided;

/* A run. */
typedef struct Run
{
	TimestampTz until;			/* by the clock */
	bool		is_alone;		/* one suspected row, and no other */
	DwJob	   *jobs;			/* claimed, in the order of their ids */
	int			job_count;		/* of them */
	DwAgentWork *works;			/* of the jobs */
	int			work_count;		/* of them */
	DwAnswer   *answers;		/* of the jobs, old and new */
	int			answer_count;	/* of them */
	int			old_count;		/* those that were there, first */
	int			answer_room;	/* for so many */
	DwFactsPair *pairs;			/* answers that are due */
	Decided    *decided;		/* as many, beside them */
	int			pair_count;		/* of both */
	DwFacts    *facts;			/* of the pairs */
	DwBid	   *bids;			/* to be written */
	int			bid_count;		/* of them */
	DwAgentDay *days;			/* locked */
	DwAgentDay *added;			/* what the run adds to each */
	int			day_count;		/* of both */
	MemoryContext turn;			/* of one decision */
	DwRunCounts *counts;		/* of the call */
} Run;

/* True when the run has no time left. */
static bool
is_over(const Run *run)
{
	CHECK_FOR_INTERRUPTS();
	return GetCurrentTimestamp() >= run->until;
}

/* Raises the attempts of the row of a note; false when it needs none. */
static bool
note_take(const DwNote *note)
{
	DwAnswer	answer = {
		.job_id = note->job_id,
		.agent_id = note->agent_id,
		.terms_version = note->terms_version
	};

	if (dw_uuid_is_nil(&note->agent_id))
		return dw_work_suspect(&note->job_id, note->terms_version);
	if (!dw_answer_suspect(&answer))
		return false;
	if (answer.state == DW_ANSWER_QUARANTINED)
	{
		dw_quarantine_tell(&answer, "CRASHED");
		dw_work_settle(&note->job_id, note->terms_version);
	}
	return true;
}

/*
 * Raises the attempts of rows over which processes died, which are decided
 * alone by later calls; true when there were some.  A note whose job is gone
 * says nothing, and goes as well.
 */
static bool
notes_take(void)
{
	int			count;
	bool		is_raised = false;
	DwNote	   *notes = dw_notes_collect(&count);

	for (int i = 0; i < count; i++)
	{
		switch (dw_note_job_lock(&notes[i].job_id))
		{
			case DW_NOTE_JOB_LOCKED:
				is_raised |= note_take(&notes[i]);
				break;
			case DW_NOTE_JOB_BUSY:
				dw_note_return(i);
				break;
			case DW_NOTE_JOB_GONE:
				break;
		}
	}
	return is_raised;
}

/* The number of the job of that id, or -1. */
static int
job_number(const Run *run, const DwUuid *id)
{
	int			low = 0;
	int			high = run->job_count - 1;

	while (low <= high)
	{
		int			middle = (low + high) / 2;
		int			order = dw_uuid_compare(&run->jobs[middle].id, id);

		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return -1;
}

/* Orders answers by job, version and agent, as they are read. */
static int
answer_compare(const void *a, const void *b)
{
	const DwAnswer *one = a;
	const DwAnswer *two = b;
	int			order = dw_uuid_compare(&one->job_id, &two->job_id);

	if (order == 0 && one->terms_version != two->terms_version)
		order = one->terms_version < two->terms_version ? -1 : 1;
	return order != 0 ? order
		: dw_uuid_compare(&one->agent_id, &two->agent_id);
}

/* True when the version has an answer of that agent since before. */
static bool
has_answer(const Run *run, const DwAgentWork *work, const DwUuid *agent_id)
{
	DwAnswer	key = {
		.job_id = work->job_id,
		.terms_version = work->terms_version,
		.agent_id = *agent_id
	};

	return bsearch(&key, run->answers, run->old_count, sizeof(DwAnswer),
				   answer_compare) != NULL;
}

/* Adds a new answer about a job's present terms. */
static void
answer_add(Run *run, const DwJob *job, const DwUuid *agent_id)
{
	if (run->answer_count == run->answer_room)
	{
		run->answer_room = run->answer_room * 2 + 64;
		run->answers = repalloc_huge(run->answers, run->answer_room *
									 sizeof(DwAnswer));
	}
	run->answers[run->answer_count++] = (DwAnswer)
	{
		.job_id = job->id,
			.terms_version = job->terms_version,
			.agent_id = *agent_id,
			.state = DW_ANSWER_WAITING,
			.run_after = dw_now(),
			.lease_until = DT_NOBEGIN,
			.arrived_on = DATEVAL_NOBEGIN,
			.created_at = dw_now(),
			.is_new = true
	};
}

/*
 * Finds those who want a version of a job, which is asked for once; false
 * when nobody can bid on that any more.
 */
static bool
choice_begin(Run *run, DwAgentWork *work, int most, DwChoice *choice)
{
	const DwJob *job = &run->jobs[job_number(run, &work->job_id)];
	DwNote		note = {
		.job_id = work->job_id,
		.terms_version = work->terms_version
	};
	DwUuid	   *agents;

	work->claimed_at = dw_now();
	if (job->status != DW_JOB_OPEN ||
		job->terms_version != work->terms_version)
		return false;
	memset(choice, 0, sizeof(*choice));
	choice->job = job;
	dw_note_write(&note);
	agents = job->is_invite_only
		? dw_agents_invited(&job->id, most, &choice->count)
		: dw_audience_nearest(&job->id, most, &choice->count);
	dw_note_write(NULL);
	choice->candidates = palloc0_array(DwCandidate, Max(choice->count, 1));
	for (int i = 0; i < choice->count; i++)
	{
		DwCandidate *candidate = &choice->candidates[i];

		candidate->agent_id = agents[i];
		candidate->is_asked = has_answer(run, work, &agents[i]);
		candidate->promise = candidate->is_asked ? DW_PROMISE_NOW
			: DW_PROMISE_NEVER;
		choice->ready += candidate->is_asked;
	}
	return true;
}

/* Makes the answers of versions that were not looked at before. */
static void
answers_make(Run *run, int most)
{
	DwChoice   *choices = palloc_array(DwChoice, Max(run->work_count, 1));
	int			count = 0;
	int			planned = 0;	/* what was answered long ago is no work */

	for (int i = 0; i < run->work_count; i++)
	{
		DwAgentWork *work = &run->works[i];

		/* over which a process died: alone, or not again */
		if (work->claimed_at != DT_NOBEGIN ||
			(work->attempts > 0 && !run->is_alone))
			continue;
		if (planned >= DECISIONS_MAX || (i > 0 && is_over(run)))
			break;
		if (!choice_begin(run, work, most * AGENTS_SPARE, &choices[count]))
			continue;
		planned += Min(choices[count].count, most);
		count++;
	}
	dw_agents_choose(choices, count, most, run->until);
	for (int i = 0; i < count; i++)
		for (int k = 0; k < choices[i].count; k++)
			if (!choices[i].candidates[k].is_asked)
				answer_add(run, choices[i].job,
						   &choices[i].candidates[k].agent_id);
}

/* Reads what there is to do for the jobs, and makes answers. */
static void
answers_gather(Run *run)
{
	DwUuid	   *ids = palloc_array(DwUuid, Max(run->job_count, 1));

	for (int i = 0; i < run->job_count; i++)
		ids[i] = run->jobs[i].id;
	run->works = dw_works_load(ids, run->job_count, &run->work_count);
	run->answers = dw_answers_load(ids, run->job_count, &run->answer_count);
	run->answer_room = Max(run->answer_count, 1);
	run->old_count = run->answer_count;
	answers_make(run, (int) dw_setting_int8("max_agents_per_job"));
}

/* True for an answer that is to be given now. */
static bool
is_due(const DwAnswer *answer, TimestampTz now)
{
	switch (answer->state)
	{
		case DW_ANSWER_WAITING:
		case DW_ANSWER_DEFERRED:
			return answer->run_after <= now;
		case DW_ANSWER_CLAIMED:
			return answer->lease_until <= now && answer->run_after <= now;
		default:
			return false;
	}
}

/* Lists the answers that are due: all, or one that is suspected. */
static void
pairs_gather(Run *run, const DwAnswer *suspect)
{
	TimestampTz now = dw_now();

	run->pairs = palloc0(Max(run->answer_count, 1) * sizeof(DwFactsPair));
	for (int i = 0; i < run->answer_count &&
		 run->pair_count < DECISIONS_MAX; i++)
	{
		const DwAnswer *answer = &run->answers[i];

		if (!is_due(answer, now))
			continue;
		if (suspect == NULL ? answer->attempts > 0 :
			answer->terms_version != suspect->terms_version ||
			!dw_uuid_equal(&answer->agent_id, &suspect->agent_id))
			continue;
		run->pairs[run->pair_count++] = (DwFactsPair)
		{
			.job = job_number(run, &answer->job_id),
				.terms_version = answer->terms_version,
				.agent_id = answer->agent_id,
				.arrived_on = answer->arrived_on,
				.answer = i
		};
	}
	run->decided = palloc0(Max(run->pair_count, 1) * sizeof(Decided));
}

/* Whether a decision found the job worth a bid. */
static bool
is_worth(const DwAgentDecision *decision)
{
	return decision->verdict <= DW_AGENT_LOG ||
		decision->reason == DW_AGENT_PACING ||
		decision->reason == DW_AGENT_DAY_CAP;
}

/* One pair of a run. */
typedef struct OnePair
{
	Run		   *run;			/* the run */
	int			number;			/* of the pair */
} OnePair;

/* Decides about one pair; this is the part that a note is for. */
static void
decide(void *argument)
{
	const OnePair *one = argument;
	Run		   *run = one->run;
	DwFactsPair *pair = &run->pairs[one->number];
	Decided    *decided = &run->decided[one->number];
	MemoryContext before = MemoryContextSwitchTo(run->turn);
	DwAgentInputs inputs;
	Datum		document;

	dw_facts_inputs(run->facts, pair, &inputs);
	dw_agent_decide(&inputs, NULL, &decided->decision);
	document = dw_numbers_write(&dw_agent_input_fields, &inputs);
	MemoryContextSwitchTo(before);
	decided->inputs = PointerGetDatum(PG_DETOAST_DATUM_COPY(document));
	decided->is_worth = is_worth(&decided->decision);
	decided->is_made = true;
	MemoryContextReset(run->turn);
}

/*
 * The same with its note.  An error leaves this pair out and no other; its
 * answer is given up.
 */
static void
decide_noted(Run *run, int i)
{
	const DwFactsPair *pair = &run->pairs[i];
	Decided    *decided = &run->decided[i];
	OnePair		one = {.run = run,.number = i};
	ErrorData  *error;
	DwNote		note = {
		.job_id = run->jobs[pair->job].id,
		.agent_id = pair->agent_id,
		.terms_version = pair->terms_version
	};

	dw_note_write(&note);
	error = dw_attempt(decide, &one);
	if (error == NULL)
		return;
	dw_warn_left_out(error, psprintf("Job %s, agent %s.",
									 dw_uuid_text(&note.job_id),
									 dw_uuid_text(&note.agent_id)));
	decided->is_failed = true;
	decided->is_made = decided->is_worth = false;
}

/*
 * Leaves new answers of agents who use an outside model to that, for a while:
 * they are written as waiting, and come back when nobody has answered.
 */
static void
models_spare(Run *run)
{
	TimestampTz until = dw_now() +
		dw_setting_int8("agent_model_minutes") * USECS_PER_MINUTE;
	int			kept = 0;

	for (int i = 0; i < run->pair_count; i++)
	{
		const DwFactsPair *pair = &run->pairs[i];
		DwAnswer   *answer = &run->answers[pair->answer];

		if (answer->is_new && pair->agent->uses_model)
		{
			answer->is_model = true;
			answer->run_after = until;
		}
		else
			run->pairs[kept++] = *pair;
	}
	run->pair_count = kept;
}

/* Everybody decides as things stand, until time is up. */
static void
decide_all(Run *run)
{
	for (int i = 0; i < run->pair_count; i++)
	{
		if (i > 0 && i % 32 == 0 && is_over(run))
			break;
		decide_noted(run, i);
	}
	dw_note_write(NULL);
}

/* Orders days by agent and day. */
static int
day_compare(const void *a, const void *b)
{
	const DwAgentDay *one = a;
	const DwAgentDay *two = b;
	int			order = dw_uuid_compare(&one->user_id, &two->user_id);

	if (order != 0)
		return order;
	return one->day < two->day ? -1 : one->day > two->day;
}

/* Locks the days of the agents who would bid. */
static void
days_lock(Run *run)
{
	int			count = 0;

	run->days = palloc0(Max(run->pair_count, 1) * sizeof(DwAgentDay));
	for (int i = 0; i < run->pair_count; i++)
		if (run->decided[i].is_worth)
			run->days[count++] = (DwAgentDay)
		{
			.user_id = run->pairs[i].agent_id,
				.day = run->pairs[i].agent->today,
				.clock_offset =
				(int32) run->pairs[i].agent->provider.clock.offset
		};
	qsort(run->days, count, sizeof(DwAgentDay), day_compare);
	for (int i = 0; i < count; i++)
		if (run->day_count == 0 ||
			day_compare(&run->days[run->day_count - 1], &run->days[i]) != 0)
			run->days[run->day_count++] = run->days[i];
	dw_agent_days_lock(run->days, run->day_count);
	run->added = palloc(Max(run->day_count, 1) * sizeof(DwAgentDay));
	for (int i = 0; i < run->day_count; i++)
		run->added[i] = (DwAgentDay)
	{
		.user_id = run->days[i].user_id,.day = run->days[i].day,
			.clock_offset = run->days[i].clock_offset
	};
}

/* What the run adds to the day of a pair. */
static DwAgentDay *
added_day(Run *run, const DwFactsPair *pair)
{
	DwAgentDay	key = {.user_id = pair->agent_id,.day = pair->agent->today};

	return bsearch(&key, run->added, run->day_count, sizeof(DwAgentDay),
				   day_compare);
}

/* Counts what was decided, for the decisions that come after it. */
static void
count_worth(Run *run, int i)
{
	DwFactsPair *pair = &run->pairs[i];
	DwAgentProvider *provider = &pair->agent->provider;
	const DwAgentDecision *decision = &run->decided[i].decision;
	DwAgentDay *day = added_day(run, pair);

	if (pair->arrived_on != pair->agent->today)
	{
		pair->arrived_on = pair->agent->today;
		provider->day_jobs++;
		day->jobs++;
	}
	if (decision->verdict != DW_AGENT_BID)
		return;
	provider->day_bids++;
	provider->month_bids++;
	if (__builtin_add_overflow(provider->exposure, decision->amount,
							   &provider->exposure))
		provider->exposure = PG_INT64_MAX;
	day->bids++;
	run->bid_count++;
}

/* Who would bid decides again, of what their days have left. */
static void
decide_again(Run *run)
{
	dw_facts_refresh(run->facts);
	for (int i = 0; i < run->pair_count; i++)
	{
		Decided    *decided = &run->decided[i];

		if (!decided->is_worth)
			continue;
		decide_noted(run, i);
		if (decided->is_worth)
			count_worth(run, i);
	}
	dw_note_write(NULL);
}

/* The bids of one job. */
typedef struct JobBids
{
	const DwJob *job;			/* the job */
	DwBid	   *bids;			/* to be made */
	int			count;			/* of them */
} JobBids;

/* Makes the bids of one job; work for dw_attempt(). */
static void
job_bids_make(void *argument)
{
	const JobBids *part = argument;

	dw_bids_make(part->job, part->bids, part->count);
}

/* Takes back what was counted of the bids of a job that failed. */
static void
job_bids_fail(Run *run, int first, int end)
{
	for (int i = first; i < end; i++)
	{
		Decided    *decided = &run->decided[i];

		if (!decided->is_made || decided->decision.verdict != DW_AGENT_BID)
			continue;
		decided->is_failed = true;
		decided->is_made = false;
		added_day(run, &run->pairs[i])->bids--;
	}
}

/* The bids of the pairs from first to before end, which are of one job. */
static void
job_bids_begin(Run *run, int first, int end, JobBids *part)
{
	for (int i = first; i < end; i++)
	{
		const Decided *decided = &run->decided[i];
		DwBid	   *bid = &part->bids[part->count];

		if (!decided->is_made || decided->decision.verdict != DW_AGENT_BID)
			continue;
		bid->provider_id = run->pairs[i].agent_id;
		bid->decision_id = decided->id;
		bid->bid_amount = decided->decision.amount;
		bid->timeline_days = (int32) decided->decision.timeline_days;
		part->count++;
	}
}

/* Makes the bids, job by job; one that fails leaves out its own alone. */
static void
bids_make(Run *run)
{
	run->bids = palloc0(Max(run->bid_count, 1) * sizeof(DwBid));
	run->bid_count = 0;
	for (int first = 0, end; first < run->pair_count; first = end)
	{
		JobBids		part = {
			.job = &run->jobs[run->pairs[first].job],
			.bids = &run->bids[run->bid_count]
		};
		ErrorData  *error;

		for (end = first + 1; end < run->pair_count &&
			 run->pairs[end].job == run->pairs[first].job; end++)
			;
		job_bids_begin(run, first, end, &part);
		if (part.count == 0)
			continue;
		error = dw_attempt(job_bids_make, &part);
		if (error == NULL)
		{
			run->bid_count += part.count;
			continue;
		}
		dw_warn_left_out(error, psprintf("All bids of agents on job %s.",
										 dw_uuid_text(&part.job->id)));
		memset(part.bids, 0, part.count * sizeof(DwBid));
		job_bids_fail(run, first, end);
	}
	/* one whose time is over stands in nobody's way */
	if (run->bid_count > 0)
		dw_bids_expire_overdue(run->bids, run->bid_count);
}

/* A share as numeric, to six places. */
static Datum
share_numeric(double share)
{
	int64		ppm = (int64) (share * PPM + 0.5);

	return NumericGetDatum(int64_div_fast_to_numeric(ppm, 6));
}

/* What an agent did by a verdict. */
static DwAgentAction
action_of(DwAgentVerdict verdict)
{
	static const DwAgentAction actions[DW_AGENT_VERDICT_COUNT] = {
		[DW_AGENT_BID] = DW_AGENT_BID_SUBMITTED,
		[DW_AGENT_ASK] = DW_AGENT_PROPOSED,
		[DW_AGENT_LOG] = DW_AGENT_SHADOWED,
		[DW_AGENT_DEFER] = DW_AGENT_DEFERRED,
		[DW_AGENT_DECLINE] = DW_AGENT_DECLINED
	};

	return actions[verdict];
}

/* Writes the row of a decision. */
static void
decision_write(Run *run, int i)
{
	const DwFactsPair *pair = &run->pairs[i];
	const DwJob *job = &run->jobs[pair->job];
	const Decided *decided = &run->decided[i];
	const DwAgentDecision *decision = &decided->decision;
	DwActivity	row;

	dw_activity_begin(&row, &job->id, &pair->agent_id,
					  action_of(decision->verdict));
	row.id = decided->id;
	row.terms_version = pair->terms_version;
	row.reason = dw_agent_reason_label(decision->reason);
	row.inputs = decided->inputs;
	row.parameters_version = pair->agent->parameters_version;
	row.mandate_id = pair->agent->mandate_id;
	row.core_version = DW_AGENT_CORE_VERSION;
	if (decision->amount > 0)
	{
		row.amount = decision->amount;
		row.base_amount = decision->base_amount;
		row.currency = job->currency;
		row.win_probability = decision->win_probability;
		row.confidence = share_numeric(decision->confidence);
	}
	if (decision->verdict == DW_AGENT_BID)
		row.counted_on = pair->agent->today;
	dw_activity_insert(&row);
}

/* The time of a minute since 1970. */
static TimestampTz
time_of_minute(int64 minute)
{
	return time_t_to_timestamptz((pg_time_t) (minute * SECS_PER_MINUTE));
}

/* Writes the answer that a decision gave. */
static void
answer_write(Run *run, int i)
{
	const DwFactsPair *pair = &run->pairs[i];
	const Decided *decided = &run->decided[i];
	DwAnswer   *answer = &run->answers[pair->answer];
	bool		waits = decided->decision.verdict == DW_AGENT_DEFER;

	answer->state = waits ? DW_ANSWER_DEFERRED : DW_ANSWER_ANSWERED;
	if (waits)
		answer->run_after = time_of_minute(decided->decision.run_after);
	/* a claim whose lease is over has lost the answer */
	memset(&answer->claim_id, 0, sizeof(answer->claim_id));
	answer->lease_until = DT_NOBEGIN;
	answer->decision_id = decided->id;
	answer->arrived_on = pair->arrived_on;
	answer->attempts = 0;
	dw_answer_save(answer);
}

/* Gives an answer up that fails with an error whenever it is tried. */
static void
answer_give_up(Run *run, int i)
{
	DwAnswer   *answer = &run->answers[run->pairs[i].answer];

	answer->state = DW_ANSWER_QUARANTINED;
	dw_answer_save(answer);
	dw_quarantine_tell(answer, "FAILED");
}

/* Tells the provider of a proposal. */
static void
proposal_tell(const Run *run, int i)
{
	const DwJob *job = &run->jobs[run->pairs[i].job];
	DwProposal	proposal = {
		.agent_id = run->pairs[i].agent_id,
		.decision_id = run->decided[i].id,
		.amount = run->decided[i].decision.amount,
		.currency = job->currency
	};

	dw_proposal_emit(&job->id, &proposal);
}

/* Counts a decision for the caller. */
static void
count_decision(DwRunCounts *counts, DwAgentVerdict verdict)
{
	counts->decisions++;
	counts->bids += verdict == DW_AGENT_BID;
	counts->proposals += verdict == DW_AGENT_ASK;
	counts->declines += verdict == DW_AGENT_DECLINE;
	counts->deferred += verdict == DW_AGENT_DEFER;
}

/* True for an answer that is still to be given. */
static bool
is_to_be_given(const DwAnswer *answer)
{
	return answer->state != DW_ANSWER_ANSWERED &&
		answer->state != DW_ANSWER_QUARANTINED;
}

/* Orders versions by job and number, as they are read; for bsearch. */
static int
work_compare(const void *a, const void *b)
{
	const DwAgentWork *one = a;
	const DwAgentWork *two = b;
	int			order = dw_uuid_compare(&one->job_id, &two->job_id);

	if (order != 0)
		return order;
	return one->terms_version < two->terms_version ? -1
		: one->terms_version > two->terms_version;
}

/* Which of the versions have an answer that is still to be given. */
static bool *
works_waiting(const Run *run)
{
	bool	   *waiting = palloc0_array(bool, Max(run->work_count, 1));

	for (int i = 0; i < run->answer_count; i++)
	{
		const DwAnswer *answer = &run->answers[i];
		DwAgentWork key = {
			.job_id = answer->job_id,.terms_version = answer->terms_version
		};
		DwAgentWork *work;

		if (!is_to_be_given(answer))
			continue;
		work = bsearch(&key, run->works, run->work_count, sizeof(DwAgentWork),
					   work_compare);
		if (work != NULL)
			waiting[work - run->works] = true;
	}
	return waiting;
}

/* Writes what became of the versions. */
static void
works_write(Run *run)
{
	bool	   *waiting = works_waiting(run);

	for (int i = 0; i < run->work_count; i++)
	{
		DwAgentWork *work = &run->works[i];

		if (work->claimed_at == DT_NOBEGIN)
			continue;
		if (!waiting[i])
			work->done_at = dw_now();
		dw_work_save(work);
	}
}

/*
 * Writes it all; work for dw_write_batch(), which writes each table once, in
 * the order in which they come here: answers, then what hangs on them, days
 * of agents and the outbox last.
 */
static void
write_all(void *argument)
{
	static const DwMaterials none;
	Run		   *run = argument;

	for (int i = 0; i < run->pair_count; i++)
		if (run->decided[i].is_failed)
			answer_give_up(run, i);
		else if (run->decided[i].is_made)
		{
			answer_write(run, i);
			decision_write(run, i);
		}
	for (int i = run->old_count; i < run->answer_count; i++)
		if (run->answers[i].is_new)
			dw_answer_save(&run->answers[i]);
	works_write(run);
	for (int i = 0; i < run->day_count; i++)
		if (run->added[i].bids > 0 || run->added[i].jobs > 0)
			dw_agent_day_add(&run->added[i]);
	for (int i = 0; i < run->bid_count; i++)
	{
		DwBid	   *bid = &run->bids[i];

		dw_bid_insert(&run->jobs[job_number(run, &bid->job_id)], bid, &none);
		dw_bid_emit(bid, "bid_submitted");
	}
	for (int i = 0; i < run->pair_count; i++)
		if (run->decided[i].is_made &&
			run->decided[i].decision.verdict == DW_AGENT_ASK)
			proposal_tell(run, i);
}

/* Claims what the call works on: one suspected row alone, or many jobs. */
static DwUuid *
jobs_claim(Run *run, int32 max_jobs, DwAnswer *suspect, int *count)
{
	DwUuid	   *job = palloc0(sizeof(DwUuid));

	*count = 1;
	run->is_alone = true;
	/* what was suspected just now is left to another transaction */
	if (!notes_take())
	{
		if (dw_suspect_claim(suspect))
		{
			*job = suspect->job_id;
			return job;
		}
		if (dw_work_suspect_claim(job))
			return job;
	}
	run->is_alone = false;
	return dw_work_claim(max_jobs, count);
}

/*
 * Has agents decide about up to max_jobs jobs until a time by the clock; all
 * is written at the end.
 */
static void
agents_run(int32 max_jobs, TimestampTz until, DwRunCounts *counts)
{
	Run			run = {.until = until,.counts = counts};
	DwAnswer	suspect = {0};
	DwUuid	   *ids;

	memset(counts, 0, sizeof(*counts));
	dw_agents_wake_asked();
	ids = jobs_claim(&run, max_jobs, &suspect, &run.job_count);
	if (run.job_count == 0)
		return;
	run.jobs = dw_jobs_load_locked(ids, run.job_count);
	run.turn = AllocSetContextCreate(CurrentMemoryContext, "dwello decision",
									 ALLOCSET_DEFAULT_SIZES);
	answers_gather(&run);
	pairs_gather(&run, dw_uuid_is_nil(&suspect.agent_id) ? NULL : &suspect);
	run.facts = dw_facts_load(run.jobs, run.job_count, run.pairs,
							  run.pair_count, true);
	models_spare(&run);
	decide_all(&run);
	days_lock(&run);
	decide_again(&run);
	for (int i = 0; i < run.pair_count; i++)
		if (run.decided[i].is_made)
			run.decided[i].id = dw_uuid_fresh();
	bids_make(&run);
	for (int i = 0; i < run.pair_count; i++)
		if (run.decided[i].is_made)
			count_decision(counts, run.decided[i].decision.verdict);
	dw_write_batch(write_all, &run);
	counts->jobs = run.job_count;
	MemoryContextDelete(run.turn);
}

/* The argument run_for in microseconds; 22023 unless up to an hour. */
static int64
run_for_read(DwCall *call)
{
	Interval   *value = DatumGetIntervalP(dw_arg_datum(call, "run_for"));
	int64		run_for = value->time;

	if (value->month != 0 || value->day != 0 || run_for <= 0 ||
		run_for > RUN_MAX)
		dw_arg_refuse(call, "run_for", DW_BAD_VALUE,
					  "must be above zero and not longer than an hour");
	return run_for;
}

/* run_agents(max_jobs, run_for) → jobs, decisions, bids, … */
DW_FUNCTION(dwello_run_agents)
{
	DwCall		call;
	int32		max_jobs;
	int64		run_for;
	DwRunCounts counts;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	dw_args_need(&call, "max_jobs", "run_for", NULL);
	max_jobs = dw_arg_count(&call, "max_jobs", JOBS_MAX);
	run_for = run_for_read(&call);

	agents_run(max_jobs, GetCurrentTimestamp() + run_for, &counts);
	dw_heartbeat_write();
	dw_row_int4(&call, "jobs", counts.jobs);
	dw_row_int4(&call, "decisions", counts.decisions);
	dw_row_int4(&call, "bids", counts.bids);
	dw_row_int4(&call, "proposals", counts.proposals);
	dw_row_int4(&call, "declines", counts.declines);
	dw_row_int4(&call, "deferred", counts.deferred);
	return dw_call_return(&call);
}

/* purge_agent_answers(max_rows) → answers */
DW_FUNCTION(dwello_purge_agent_answers)
{
	DwCall		call;
	int64		deleted;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	deleted = dw_answers_purge(dw_arg_max_rows(&call));
	return dw_call_return_datum(&call, Int64GetDatum(deleted), true,
								sizeof(int64));
}
