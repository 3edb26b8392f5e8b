/*
 * decide_api.c
 *		decide_agent(): what an agent would do with a job, and why;
 *		compare_agent(): the same under two settings.
 *
 * Nothing is written, and what the agent has answered before does not count:
 * the question is what it would do if it looked at the job now, or at another
 * time.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "api/report/report_api_int.h"
#include "core/job/job.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/job/job_store.h"
#include "store/report/report_store.h"
#include "store/run/run_store.h"

/* One question, and its answer. */
typedef struct Question
{
	DwUuid		agent_id;		/* the provider */
	DwJob		job;			/* as of the time */
	bool		is_dated;		/* of another time than now */
	TimestampTz as_of;			/* the time */
	DwOtherSettings other;		/* laid over the agent's */
	DwFactsPair pair;			/* as loaded */
	DwAgentInputs inputs;		/* what it is decided from */
	DwAgentDecision decision;	/* the answer */
} Question;

/* Raises P0002 for a job that the agent's provider does not see. */
pg_noreturn static void
refuse_job(const DwUuid *job_id)
{
	dw_raise(DW_NOT_FOUND, "job does not exist",
			 psprintf("There is no job %s.", dw_uuid_text(job_id)),
			 "Agents look at jobs that were published.");
}

/*
 * A job that is over by now takes bids again in a question about the time in
 * which it did, as far as its row says when that was.
 */
static void
job_date(DwJob *job, TimestampTz as_of)
{
	TimestampTz closed = job->expires_at;

	if (job->awarded_at != DT_NOBEGIN && job->awarded_at < closed)
		closed = job->awarded_at;
	else if (job->status == DW_JOB_CANCELLED &&
			 strcmp(job->reason, DW_JOB_REASON_EXPIRED) != 0)
		return;					/* nobody knows when */
	job->status = as_of >= job->published_at && as_of < closed
		? DW_JOB_OPEN : DW_JOB_CANCELLED;
}

/* Loads the facts as of the question's time, and decides. */
static void
decide(void *argument)
{
	Question   *question = argument;
	DwFacts    *facts;

	question->pair = (DwFactsPair)
	{
		.terms_version = question->job.terms_version,
			.agent_id = question->agent_id,
			.arrived_on = DATEVAL_NOBEGIN
	};
	facts = dw_facts_load(&question->job, 1, &question->pair, 1, false);
	dw_facts_lay(facts, dw_other_settings_lay, &question->other);
	if (!question->pair.agent->is_known)
		dw_raise(DW_NOT_FOUND, "agent does not exist",
				 psprintf("Provider %s has none.",
						  dw_uuid_text(&question->agent_id)),
				 "dwello.configure_agent() makes it.");
	dw_facts_inputs(facts, &question->pair, &question->inputs);
	if (question->inputs.job.is_invite_only &&
		!question->inputs.provider.is_invited)
		refuse_job(&question->job.id);
	/* a bid that the agent made is an answer of its own */
	question->inputs.provider.has_bid =
		dw_report_has_bid(&question->job.id, &question->agent_id);
	dw_other_parameters(&question->other, &question->agent_id,
						&question->inputs.parameters);
	dw_agent_decide(&question->inputs, NULL, &question->decision);
}

/* Begins a question: whose agent, which job, and when; up to 22023. */
static void
question_begin(DwCall *call, Question *question)
{
	memset(question, 0, sizeof(*question));
	dw_args_need(call, "job_id", NULL);
	question->agent_id = dw_report_agent(call);
	question->job.id = dw_arg_uuid(call, "job_id");
	question->as_of = dw_arg_time_opt(call, "as_of");
	question->is_dated = question->as_of != DT_NOBEGIN;
	if (!question->is_dated)
		question->as_of = dw_now();
}

/* Reads the job; P0002. */
static void
question_load(Question *question)
{
	DwUuid		job_id = question->job.id;

	if (!dw_job_load(&job_id, &question->job) ||
		question->job.published_at == DT_NOBEGIN)
		refuse_job(&job_id);
	if (question->is_dated)
		job_date(&question->job, question->as_of);
}

/* A question about other settings. */
static void
question_ask(Question *question, const DwOtherSettings *other)
{
	question->other = *other;
	dw_now_at(question->as_of, decide, question);
}

/* decide_agent(agent_id, job_id, settings, as_of) → decision, reason, … */
DW_FUNCTION(dwello_decide_agent)
{
	DwCall		call;
	Question	question;
	DwOtherSettings other;
	const DwAgentDecision *decision = &question.decision;

	dw_query_begin(&call, fcinfo, DW_REPORT_ACTORS);
	question_begin(&call, &question);
	dw_other_settings(&call, "settings", &other);
	question_load(&question);
	question_ask(&question, &other);

	dw_row_uuid(&call, "agent_id", &question.agent_id);
	dw_row_uuid(&call, "job_id", &question.job.id);
	dw_row_text(&call, "decision", dw_agent_verdict_label(decision->verdict));
	dw_row_text(&call, "reason", dw_agent_reason_label(decision->reason));
	if (decision->amount > 0)
	{
		dw_row_int8(&call, "amount", decision->amount);
		dw_row_text(&call, "currency", question.job.currency);
		dw_row_float8(&call, "win_probability", decision->win_probability);
		dw_row_datum(&call, "confidence",
					 dw_share_numeric(decision->confidence));
	}
	dw_row_datum(&call, "trace",
				 dw_decision_trace(&question.inputs, decision,
								   question.as_of));
	return dw_call_return(&call);
}

/* One line of a comparison; NULL: the decision does not come to it. */
static void
compare_emit(DwCall *call, const char *item, const char *a, const char *b)
{
	bool		is_same = a == NULL ? b == NULL : b != NULL &&
		strcmp(a, b) == 0;

	dw_row_text(call, "item", item);
	dw_row_text(call, "under_a", a);
	dw_row_text(call, "under_b", b);
	dw_row_bool(call, "differs", !is_same);
	dw_list_emit(call);
}

/* An amount, NULL for none. */
static char *
amount_text(int64 amount)
{
	return amount == 0 ? NULL : psprintf(INT64_FORMAT, amount);
}

/* A share, NULL where no price was reached. */
static char *
share_text(const DwAgentDecision *decision, double share)
{
	return decision->amount == 0 ? NULL :
		DatumGetCString(DirectFunctionCall1(numeric_out,
											dw_share_numeric(share)));
}

/* The numbers of two decisions, line by line. */
static void
compare_numbers(DwCall *call, const DwAgentDecision *a,
				const DwAgentDecision *b)
{
	static const struct
	{
		const char *item;		/* as an answer names it */
		size_t		offset;		/* of an int64 of a decision */
	}			lines[] = {
		{"amount", offsetof(DwAgentDecision, amount)},
		{"expected_profit", offsetof(DwAgentDecision, value)},
		{"cost", offsetof(DwAgentDecision, cost)},
		{"floor", offsetof(DwAgentDecision, floor)},
		{"ceiling", offsetof(DwAgentDecision, ceiling)},
		{"anchor", offsetof(DwAgentDecision, anchor)},
		{"base_amount", offsetof(DwAgentDecision, base_amount)},
		{"timeline_days", offsetof(DwAgentDecision, timeline_days)}
	};

	compare_emit(call, "win_probability",
				 share_text(a, a->win_probability),
				 share_text(b, b->win_probability));
	compare_emit(call, "confidence", share_text(a, a->confidence),
				 share_text(b, b->confidence));
	for (int i = 0; i < (int) lengthof(lines); i++)
		compare_emit(call, lines[i].item,
					 amount_text(*(const int64 *) ((const char *) a +
												   lines[i].offset)),
					 amount_text(*(const int64 *) ((const char *) b +
												   lines[i].offset)));
}

/* Guards that let one of them pass and not the other. */
static void
compare_guards(DwCall *call, const DwAgentInputs *a, const DwAgentInputs *b)
{
	static const char *const words[] = {"stops", "passes"};

	for (int guard = DW_AGENT_PASSED + 1; guard < DW_AGENT_OVER_THRESHOLD;
		 guard++)
	{
		bool		passes_a = dw_agent_passes(a, NULL, guard);
		bool		passes_b = dw_agent_passes(b, NULL, guard);

		if (passes_a != passes_b)
			compare_emit(call, dw_agent_reason_label(guard), words[passes_a],
						 words[passes_b]);
	}
}

/* compare_agent(agent_id, job_id, a, b, as_of) → item, under_a, … */
DW_FUNCTION(dwello_compare_agent)
{
	DwCall		call;
	Question	one;
	Question	two;
	DwOtherSettings a;
	DwOtherSettings b;

	dw_query_begin(&call, fcinfo, DW_REPORT_ACTORS);
	dw_rows_begin(&call);
	question_begin(&call, &one);
	dw_other_settings(&call, "a", &a);
	dw_other_settings(&call, "b", &b);
	question_load(&one);
	two = one;
	question_ask(&one, &a);
	question_ask(&two, &b);

	compare_emit(&call, "decision",
				 dw_agent_verdict_label(one.decision.verdict),
				 dw_agent_verdict_label(two.decision.verdict));
	compare_emit(&call, "reason", dw_agent_reason_label(one.decision.reason),
				 dw_agent_reason_label(two.decision.reason));
	compare_numbers(&call, &one.decision, &two.decision);
	compare_guards(&call, &one.inputs, &two.inputs);
	return dw_list_return(&call);
}
