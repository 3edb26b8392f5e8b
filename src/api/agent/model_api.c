/*
 * model_api.c
 *		Entry points of outside models: work is claimed, and answered.
 *
 * A model is never trusted: it gets no amount of a rival, and what it gives
 * back passes the guards of the agent, or is refused.  A claim is a fencing
 * token: one answer by whoever has it last, while the lease holds.  Jobs are
 * locked first, as by run_agents(), and days of agents after them.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "api/account/account_api.h"
#include "api/agent/agent_api_int.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/number/number_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/agent/agent_store.h"

#define CLAIM_MAX		1000	/* rows of one call */

/* Reasons that are no guard's. */
#define STALE_CLAIM			"STALE_CLAIM"
#define LEASE_OVER			"LEASE_OVER"
#define ALREADY_ANSWERED	"ALREADY_ANSWERED"
#define MODEL_OFF			"MODEL_OFF"

/* What a call claims. */
typedef struct Claims
{
	int32		left;			/* rows that may still be claimed */
	TimestampTz until;			/* when the leases end */
	TimestampTz due;			/* run_after of what may be claimed */
	DwJob	   *jobs;			/* locked, in the order of their ids */
	Datum	   *words;			/* of each, for its bidders */
	int			job_count;		/* of both */
	DwAnswer   *answers;		/* of the jobs */
	int			answer_count;	/* of them */
} Claims;

/* One answer of a model. */
typedef struct Proposal
{
	DwUuid		job_id;			/* the job */
	DwUuid		agent_id;		/* the provider */
	DwUuid		claim_id;		/* that is answered */
	DwAgentOffer offer;			/* with what */
	DwJob		job;			/* locked */
	DwAnswer	answer;			/* of the agent */
} Proposal;

static void claims_gather(Claims *claims);
static int	job_of(const Claims *claims, const DwAnswer *answer);
static bool is_claimable(const Claims *claims, const DwAnswer *answer);
static bool claim_row(DwCall *call, const Claims *claims, int job,
					  DwAnswer *answer);
static Datum facts_make(Datum words, const DwAgentGate *gate);
static void proposal_read(DwCall *call, Proposal *proposal);
static void job_lock(Proposal *proposal);
static void answer_find(Proposal *proposal);
static void positive_check(DwCall *call, const char *arg, int64 number);
static const char *claim_fault(const Proposal *proposal);
static void refuse_claim(DwCall *call, const Proposal *proposal,
						 const char *reason);
static void answer_take_back(DwAnswer *answer);
static void proposal_answer(DwCall *call, Proposal *proposal);
static void proposal_tell(const DwActivity *activity);
static void decision_begin(const DwAgentGate *gate, DwAgentAction action,
						   DwActivity *activity);
static void answer_save(Proposal *proposal, const DwAgentGate *gate,
						const DwUuid *decision_id);

/* How long an agent leaves a job to its model. */
static int64
model_time(void)
{
	return dw_setting_int8("agent_model_minutes") * USECS_PER_MINUTE;
}

/* claim_agent_work(max_rows, lease_seconds) → claim_id, facts, … */
DW_FUNCTION(dwello_claim_agent_work)
{
	DwCall		call;
	Claims		claims = {0};
	int32		lease;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	dw_rows_begin(&call);
	dw_args_need(&call, "max_rows", "lease_seconds", NULL);
	claims.left = dw_arg_count(&call, "max_rows", CLAIM_MAX);
	lease = dw_arg_count(&call, "lease_seconds", SECS_PER_DAY);
	claims.until = dw_now() + lease * USECS_PER_SEC;
	claims.due = dw_now() + model_time();

	claims_gather(&claims);
	for (int i = 0; i < claims.answer_count && claims.left > 0; i++)
	{
		int			job = job_of(&claims, &claims.answers[i]);

		if (job < 0 || !is_claimable(&claims, &claims.answers[i]))
			continue;
		if (claim_row(&call, &claims, job, &claims.answers[i]))
			claims.left--;
	}
	return dw_list_return(&call);
}

/* The number of the job of an answer to its present terms, or -1. */
static int
job_of(const Claims *claims, const DwAnswer *answer)
{
	for (int i = 0; i < claims->job_count; i++)
		if (dw_uuid_equal(&claims->jobs[i].id, &answer->job_id) &&
			claims->jobs[i].terms_version == answer->terms_version)
			return i;
	return -1;
}

/* Locks jobs with work, and reads them and their answers. */
static void
claims_gather(Claims *claims)
{
	DwUuid	   *ids;

	dw_agents_wake_asked();
	ids = dw_model_jobs_claim(claims->left, claims->due, &claims->job_count);
	if (claims->job_count == 0)
		return;
	claims->jobs = dw_jobs_load_locked(ids, claims->job_count);
	claims->words = dw_model_words(ids, claims->job_count);
	claims->answers = dw_answers_load(ids, claims->job_count,
									  &claims->answer_count);
}

/*
 * True for an answer that nobody has now.  It is claimed, and claimed again
 * when that was not used, while it is left to the model, and not after that:
 * then it is the agent's.
 */
static bool
is_claimable(const Claims *claims, const DwAnswer *answer)
{
	if (!answer->is_model || answer->attempts > 0 ||
		answer->run_after <= dw_now())
		return false;
	if (answer->state == DW_ANSWER_CLAIMED)
		return answer->lease_until <= dw_now();
	return (answer->state == DW_ANSWER_WAITING ||
			answer->state == DW_ANSWER_DEFERRED) &&
		answer->run_after <= claims->due;
}

/* What a claim's facts are made of. */
typedef struct ClaimFacts
{
	const DwJob *job;			/* the job */
	const DwAnswer *answer;		/* that is claimed */
	Datum		words;			/* of the job */
	Datum		facts;			/* made of all that */
	bool		uses_model;		/* the agent, still */
} ClaimFacts;

/* Makes the facts; work for dw_attempt(). */
static void
claim_facts(void *argument)
{
	ClaimFacts *claim = argument;
	DwAgentGate gate;

	dw_gate_judge(&gate, claim->job, &claim->answer->agent_id,
				  claim->answer->terms_version, NULL);
	claim->facts = facts_make(claim->words, &gate);
	claim->uses_model = gate.pair.agent->uses_model;
}

/*
 * Claims one answer and adds its row; false when its facts cannot be made,
 * and it is given up, or when the agent uses no model any more.
 */
static bool
claim_row(DwCall *call, const Claims *claims, int job, DwAnswer *answer)
{
	ClaimFacts	claim = {
		.job = &claims->jobs[job],
		.answer = answer,
		.words = claims->words[job]
	};
	ErrorData  *error = dw_attempt(claim_facts, &claim);

	if (error != NULL)
	{
		dw_warn_left_out(error, psprintf("Job %s, agent %s.",
										 dw_uuid_text(&answer->job_id),
										 dw_uuid_text(&answer->agent_id)));
		answer->state = DW_ANSWER_QUARANTINED;
		dw_answer_save(answer);
		dw_quarantine_tell(answer, "FAILED");
		dw_work_settle(&answer->job_id, answer->terms_version);
		return false;
	}
	if (!claim.uses_model)
	{
		answer_take_back(answer);
		return false;
	}
	answer->state = DW_ANSWER_CLAIMED;
	answer->claim_id = dw_uuid_fresh();
	answer->lease_until = Min(claims->until, answer->run_after);
	dw_answer_save(answer);
	dw_row_uuid(call, "job_id", &answer->job_id);
	dw_row_int4(call, "terms_version", answer->terms_version);
	dw_row_uuid(call, "agent_id", &answer->agent_id);
	dw_row_uuid(call, "claim_id", &answer->claim_id);
	dw_row_datum(call, "facts", claim.facts);
	dw_list_emit(call);
	return true;
}

/* The text of a document. */
static char *
document_text(Datum document)
{
	Jsonb	   *jsonb = DatumGetJsonbP(document);

	return JsonbToCString(NULL, &jsonb->root, VARSIZE(jsonb));
}

/* What a model is told: the job, the inputs, and what they come to. */
static Datum
facts_make(Datum words, const DwAgentGate *gate)
{
	const DwAgentDecision *decision = &gate->decision;
	Datum		inputs = dw_numbers_write(&dw_agent_input_fields,
										  &gate->inputs);
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfo(&text, "{\"job\": %s, \"inputs\": %s, "
					 "\"decision\": \"%s\", \"reason\": \"%s\", "
					 "\"floor\": " INT64_FORMAT ", \"ceiling\": "
					 INT64_FORMAT ", \"amount\": " INT64_FORMAT
					 ", \"timeline_days\": " INT64_FORMAT
					 ", \"win_ppm\": " INT64_FORMAT "}",
					 document_text(words), document_text(inputs),
					 dw_agent_verdict_label(decision->verdict),
					 dw_agent_reason_label(decision->reason),
					 decision->floor, decision->ceiling, decision->amount,
					 decision->timeline_days,
					 (int64) (decision->win_probability * DW_PPM + 0.5));
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(text.data));
}

/* propose_agent_bid(job_id, agent_id, claim_id, …) → action, … */
DW_FUNCTION(dwello_propose_agent_bid)
{
	DwCall		call;
	Proposal	proposal = {0};
	const char *fault;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	proposal_read(&call, &proposal);
	job_lock(&proposal);
	if (dw_call_replay(&call, &proposal.job_id))
		return dw_call_return(&call);
	answer_find(&proposal);

	dw_row_uuid(&call, "job_id", &proposal.job_id);
	dw_row_uuid(&call, "agent_id", &proposal.agent_id);
	dw_row_int8(&call, "amount", proposal.offer.amount);
	dw_row_text(&call, "currency", proposal.job.currency);
	fault = claim_fault(&proposal);
	if (fault != NULL)
		refuse_claim(&call, &proposal, fault);
	else
		proposal_answer(&call, &proposal);
	return dw_call_return(&call);
}

/* Locks the job, and waits for a bid that the provider is making; P0002. */
static void
job_lock(Proposal *proposal)
{
	dw_job_queue(&proposal->job_id, &proposal->agent_id);
	if (!dw_job_lock(&proposal->job_id, &proposal->job))
		dw_raise(DW_NOT_FOUND, "job does not exist",
				 psprintf("There is no job %s.",
						  dw_uuid_text(&proposal->job_id)),
				 "dwello.claim_agent_work() gives out what there is to answer.");
}

/* Reads what the agent has to answer; P0002. */
static void
answer_find(Proposal *proposal)
{
	if (!dw_answer_find(&proposal->job_id, &proposal->agent_id,
						&proposal->claim_id, &proposal->answer))
		dw_raise(DW_NOT_FOUND, "the agent was never asked about the job",
				 psprintf("Agent %s has no answer to give for job %s.",
						  dw_uuid_text(&proposal->agent_id),
						  dw_uuid_text(&proposal->job_id)),
				 "dwello.claim_agent_work() hands out what there is.");
}

/* Reads the arguments: 22004, 22023. */
static void
proposal_read(DwCall *call, Proposal *proposal)
{
	dw_args_need(call, "job_id", "agent_id", "claim_id", "amount",
				 "timeline_days", NULL);
	proposal->job_id = dw_arg_uuid(call, "job_id");
	proposal->agent_id = dw_arg_uuid(call, "agent_id");
	proposal->claim_id = dw_arg_uuid(call, "claim_id");
	proposal->offer.amount = dw_arg_amount(call, "amount");
	proposal->offer.timeline_days = dw_arg_int4(call, "timeline_days");
	positive_check(call, "amount", proposal->offer.amount);
	positive_check(call, "timeline_days", proposal->offer.timeline_days);
}

/* 22023 for a number that is not above zero. */
static void
positive_check(DwCall *call, const char *arg, int64 number)
{
	if (number <= 0)
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must be above zero");
}

/* What is wrong with the claim; NULL when it is good. */
static const char *
claim_fault(const Proposal *proposal)
{
	const DwAnswer *answer = &proposal->answer;

	if (!dw_uuid_equal(&answer->claim_id, &proposal->claim_id))
		return STALE_CLAIM;
	if (answer->state != DW_ANSWER_CLAIMED)
		return ALREADY_ANSWERED;
	return answer->lease_until <= dw_now() ? LEASE_OVER : NULL;
}

/*
 * Refuses an answer without a good claim, and records it: a reason once, so
 * that whoever repeats it a thousand times a second fills no table.
 */
static void
refuse_claim(DwCall *call, const Proposal *proposal, const char *reason)
{
	DwActivity	activity;

	dw_activity_begin(&activity, &proposal->job_id, &proposal->agent_id,
					  DW_AGENT_REFUSED);
	activity.terms_version = proposal->answer.terms_version;
	activity.reason = reason;
	activity.amount = proposal->offer.amount;
	activity.currency = proposal->job.currency;
	activity.decision_id = proposal->answer.decision_id;
	dw_row_text(call, "action", dw_agent_action_label(DW_AGENT_REFUSED));
	dw_row_text(call, "reason", reason);
	if (dw_refusal_known(&activity))
		return;
	dw_activity_insert(&activity);
	dw_row_uuid(call, "decision_id", &activity.id);
}

/* Gives an answer to the agent, whose provider has taken it from its model. */
static void
answer_take_back(DwAnswer *answer)
{
	answer->state = DW_ANSWER_WAITING;
	answer->is_model = false;
	answer->run_after = dw_now();
	memset(&answer->claim_id, 0, sizeof(answer->claim_id));
	answer->lease_until = DT_NOBEGIN;
	dw_answer_save(answer);
}

/* Judges an answer and writes what comes of it. */
static void
proposal_answer(DwCall *call, Proposal *proposal)
{
	static const DwAgentAction actions[DW_AGENT_VERDICT_COUNT] = {
		[DW_AGENT_BID] = DW_AGENT_BID_SUBMITTED,
		[DW_AGENT_ASK] = DW_AGENT_PROPOSED,
		[DW_AGENT_LOG] = DW_AGENT_SHADOWED,
		[DW_AGENT_DEFER] = DW_AGENT_DEFERRED,
		[DW_AGENT_DECLINE] = DW_AGENT_REFUSED
	};
	DwAgentGate gate;
	DwAgentAction action;
	DwActivity	activity;
	DwBid		bid;

	dw_gate_judge(&gate, &proposal->job, &proposal->agent_id,
				  proposal->answer.terms_version, &proposal->offer);
	if (!gate.pair.agent->uses_model)
	{
		refuse_claim(call, proposal, MODEL_OFF);
		answer_take_back(&proposal->answer);
		return;
	}
	action = actions[gate.decision.verdict];
	decision_begin(&gate, action, &activity);
	answer_save(proposal, &gate, &activity.id);
	if (action == DW_AGENT_BID_SUBMITTED)
	{
		dw_gate_bid(&gate, &activity.id, &bid);
		dw_row_uuid(call, "bid_id", &bid.id);
	}
	dw_activity_insert(&activity);
	dw_work_settle(&proposal->job_id, proposal->answer.terms_version);
	if (action == DW_AGENT_PROPOSED)
		proposal_tell(&activity);

	dw_row_uuid(call, "decision_id", &activity.id);
	dw_row_text(call, "action", dw_agent_action_label(action));
	if (gate.decision.reason != DW_AGENT_PASSED)
		dw_row_text(call, "reason", activity.reason);
}

/* What the decision was made from: inputs and offer make it again. */
static Datum
inputs_of(const DwAgentGate *gate)
{
	return DirectFunctionCall2(jsonb_concat,
							   dw_numbers_write(&dw_agent_input_fields,
												&gate->inputs),
							   dw_numbers_write(&dw_agent_offer_fields,
												&gate->offer));
}

/* A share as numeric, to six places. */
static Datum
share_numeric(double share)
{
	int64		ppm = (int64) (share * DW_PPM + 0.5);

	return NumericGetDatum(int64_div_fast_to_numeric(ppm, 6));
}

/* The row of a decision about an offer. */
static void
decision_begin(const DwAgentGate *gate, DwAgentAction action,
			   DwActivity *activity)
{
	const DwAgentDecision *decision = &gate->decision;
	const DwFactsAgent *agent = gate->pair.agent;

	dw_activity_begin(activity, &gate->job->id, &agent->user_id, action);
	activity->terms_version = gate->pair.terms_version;
	activity->reason = dw_agent_reason_label(decision->reason);
	activity->amount = gate->offer.amount;
	activity->currency = gate->job->currency;
	activity->inputs = inputs_of(gate);
	activity->parameters_version = agent->parameters_version;
	activity->mandate_id = agent->mandate_id;
	activity->core_version = DW_AGENT_CORE_VERSION;
	if (action == DW_AGENT_BID_SUBMITTED)
		activity->counted_on = gate->day.day;
	if (decision->amount == 0)
		return;
	activity->base_amount = decision->base_amount;
	activity->win_probability = decision->win_probability;
	activity->confidence = share_numeric(decision->confidence);
}

/*
 * Writes the agent's answer: it is given, or waits for a time, and then for
 * the model as long as a new one does.
 */
static void
answer_save(Proposal *proposal, const DwAgentGate *gate,
			const DwUuid *decision_id)
{
	DwAnswer   *answer = &proposal->answer;

	answer->state = DW_ANSWER_ANSWERED;
	answer->lease_until = DT_NOBEGIN;
	answer->decision_id = *decision_id;
	if (gate->decision.verdict == DW_AGENT_DEFER)
	{
		answer->state = DW_ANSWER_DEFERRED;
		answer->run_after =
			time_t_to_timestamptz((pg_time_t) (gate->decision.run_after *
											   SECS_PER_MINUTE)) +
			model_time();
	}
	dw_answer_save(answer);
}

/* Tells the provider of a proposal. */
static void
proposal_tell(const DwActivity *activity)
{
	DwProposal	proposal = {
		.agent_id = activity->user_id,
		.decision_id = activity->id,
		.amount = activity->amount,
		.currency = activity->currency
	};

	dw_proposal_emit(&activity->job_id, &proposal);
}
