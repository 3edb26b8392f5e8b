/*
 * proposal_api.c
 *		Entry points of proposals: the list of them, and the provider's
 *		answers.
 *
 * A proposal is what the agent would have bid.  Approving it is bidding now:
 * every guard is asked anew, and the slot of the day is taken now, not when
 * it was proposed.  Only what the provider decides by approving is passed
 * over: hours, pacing, the least chance.
 */
#include "postgres.h"

#include <math.h>

#include "api/account/account_api.h"
#include "api/agent/agent_api_int.h"
#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/identity/identity_server.h"
#include "server/number/number_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/agent/agent_store.h"

#define REASON_REJECTED	"REJECTED"	/* of the row of a rejected proposal */

/* One call. */
typedef struct Answer
{
	DwJob		job;			/* locked */
	DwActivity	proposal;		/* that is answered */
} Answer;

/* What is listed. */
typedef struct ProposalList
{
	DwProposalPage wanted;		/* of the store, from the last row on */
	DwActivity *proposals;		/* of which some can be approved */
	int			count;			/* how many */
	DwJob	   *jobs;			/* theirs, in the order of their ids */
	int			job_count;		/* how many */
	DwJob	  **approvable;		/* job of each proposal; NULL: it cannot be */
} ProposalList;

static int32 list_emit(DwCall *call, const ProposalList *list, int32 most);
static void list_load(ProposalList *list);
static void list_judge(ProposalList *list);
static void row_proposal(DwCall *call, const DwActivity *proposal,
						 const DwJob *job, int64 days);
static void row_chance(DwCall *call, const DwActivity *proposal);
static void service_check(void);
static void row_bid(DwCall *call, const DwBid *bid);
static Datum answer_return(DwCall *call, const Answer *answer);
static void answer_begin(DwCall *call, Answer *answer);
static void answer_once(DwCall *call, const Answer *answer);
static void proposal_check(DwCall *call, const Answer *answer);
static void activity_begin(const Answer *answer, DwAgentAction action,
						   DwActivity *activity);
static bool offer_read(const DwActivity *proposal, DwAgentOffer *offer);
pg_noreturn static void guard_refuse(const Answer *answer,
									 DwAgentReason reason);

/* Days that a proposal stands: as long as a bid would. */
static int64
proposal_days(void)
{
	return dw_setting_int8("bid_expiry_days");
}

/* open_proposals(agent_id, after_id, max_results) → job_id, … */
DW_FUNCTION(dwello_open_proposals)
{
	DwCall		call;
	ProposalList list = {0};
	DwProposalPage *wanted = &list.wanted;
	int32		left;

	dw_query_begin(&call, fcinfo, DW_ACTOR_PROVIDER | DW_ACTOR_ADMIN |
				   DW_ACTOR_SYSTEM);
	dw_rows_begin(&call);
	wanted->user_id = dw_user_argument(&call, "agent_id");
	wanted->after_id = dw_arg_uuid_opt(&call, "after_id");
	wanted->max_results = left = dw_arg_page(&call, "max_results");
	wanted->days = proposal_days();
	if (call.actor.kind == DW_ACTOR_PROVIDER &&
		!dw_uuid_equal(&wanted->user_id, &call.actor.user_id))
		dw_raise(DW_FORBIDDEN, "only an administrator asks for another user",
				 psprintf("User %s does not call.",
						  dw_uuid_text(&wanted->user_id)),
				 "Leave agent_id out to ask for yourself.");
	do
	{
		list_load(&list);
		left -= list_emit(&call, &list, left);
	} while (left > 0 && list.count == wanted->max_results);
	return dw_list_return(&call);
}

/* Adds so many at most of what can be approved; gives how many. */
static int32
list_emit(DwCall *call, const ProposalList *list, int32 most)
{
	int32		emitted = 0;

	for (int i = 0; i < list->count && emitted < most; i++)
		if (list->approvable[i] != NULL)
		{
			row_proposal(call, &list->proposals[i], list->approvable[i],
						 list->wanted.days);
			emitted++;
		}
	return emitted;
}

/* Loads the next proposals, and finds out which of them can be approved. */
static void
list_load(ProposalList *list)
{
	DwUuid	   *ids;

	list->proposals = dw_proposals_load(&list->wanted, &list->count);
	list->approvable = palloc0_array(DwJob *, list->count + 1);
	if (list->count == 0)
		return;
	list->wanted.after_id = &list->proposals[list->count - 1].id;
	ids = palloc_array(DwUuid, list->count);
	for (int i = 0; i < list->count; i++)
		ids[i] = list->proposals[i].job_id;
	list->job_count = list->count;
	list->jobs = dw_jobs_load(ids, &list->job_count);
	list_judge(list);
}

/* Orders an id and a job, for bsearch. */
static int
compare_job(const void *id, const void *job)
{
	return dw_uuid_compare(id, &((const DwJob *) job)->id);
}

/* The job of a proposal, as long as it takes bids; else NULL. */
static DwJob *
list_job(const ProposalList *list, const DwActivity *proposal)
{
	DwJob	   *job = bsearch(&proposal->job_id, list->jobs, list->job_count,
							  sizeof(DwJob), compare_job);

	return job == NULL || dw_bidding_over(job) ? NULL : job;
}

/* Whether the guards let a proposal through. */
static bool
is_approvable(DwFacts *facts, DwFactsPair *pair, const DwActivity *proposal)
{
	DwAgentInputs inputs;
	DwAgentOffer offer = {0};
	DwAgentDecision decision;

	if (!offer_read(proposal, &offer))
		return false;
	dw_facts_inputs(facts, pair, &inputs);
	dw_agent_decide(&inputs, &offer, &decision);
	return decision.verdict == DW_AGENT_BID;
}

/* Asks the guards of approve_proposal() about each, and locks nothing. */
static void
list_judge(ProposalList *list)
{
	DwFactsPair *pairs = palloc0_array(DwFactsPair, list->count);
	int			count = 0;
	DwFacts    *facts;

	for (int i = 0; i < list->count; i++)
	{
		DwJob	   *job = list_job(list, &list->proposals[i]);

		if (job == NULL)
			continue;
		pairs[count].job = (int) (job - list->jobs);
		pairs[count].terms_version = list->proposals[i].terms_version;
		pairs[count].agent_id = list->proposals[i].user_id;
		pairs[count++].answer = i;
	}
	facts = dw_facts_load(list->jobs, list->job_count, pairs, count, false);
	for (int i = 0; i < count; i++)
		if (is_approvable(facts, &pairs[i],
						  &list->proposals[pairs[i].answer]))
			list->approvable[pairs[i].answer] = &list->jobs[pairs[i].job];
}

/* Adds a proposal to the set. */
static void
row_proposal(DwCall *call, const DwActivity *proposal, const DwJob *job,
			 int64 days)
{
	dw_row_uuid(call, "job_id", &proposal->job_id);
	dw_row_uuid(call, "decision_id", &proposal->id);
	dw_row_int8(call, "amount", proposal->amount);
	dw_row_text(call, "currency", proposal->currency);
	row_chance(call, proposal);
	dw_row_int4(call, "version", proposal->terms_version);
	dw_row_time(call, "proposed_at", proposal->created_at);
	dw_row_time(call, "expires_at",
				Min(job->expires_at,
					proposal->created_at + days * USECS_PER_DAY));
	dw_list_emit(call);
}

/* What the agent thought of it, and why it asks, unless it always does. */
static void
row_chance(DwCall *call, const DwActivity *proposal)
{
	const char *passed = dw_agent_reason_label(DW_AGENT_PASSED);

	if (!isnan(proposal->win_probability))
		dw_row_float8(call, "win_probability", proposal->win_probability);
	if (proposal->confidence != (Datum) 0)
		dw_row_datum(call, "confidence", proposal->confidence);
	if (proposal->reason != NULL && strcmp(proposal->reason, passed) != 0)
		dw_row_text(call, "reason", proposal->reason);
}

/* approve_proposal(job_id, decision_id) → bid_id, status, … */
DW_FUNCTION(dwello_approve_proposal)
{
	DwCall		call;
	Answer		answer;
	DwAgentOffer offer;
	DwAgentGate gate;
	DwActivity	activity;
	DwBid		bid;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER);
	service_check();
	answer_begin(&call, &answer);
	if (dw_call_replay(&call, &answer.job.id))
		return dw_call_return(&call);
	answer_once(&call, &answer);
	proposal_check(&call, &answer);

	if (!offer_read(&answer.proposal, &offer))
		elog(ERROR, "inputs of a proposal cannot be read");
	dw_gate_judge(&gate, &answer.job, &call.actor.user_id,
				  answer.proposal.terms_version, &offer);
	if (gate.decision.verdict != DW_AGENT_BID)
		guard_refuse(&answer, gate.decision.reason);
	dw_gate_bid(&gate, &answer.proposal.id, &bid);
	activity_begin(&answer, DW_AGENT_APPROVED, &activity);
	activity.mandate_id = gate.pair.agent->mandate_id;
	activity.counted_on = gate.day.day;
	dw_activity_insert(&activity);

	row_bid(&call, &bid);
	return answer_return(&call, &answer);
}

/* reject_proposal(job_id, decision_id) → job_id, decision_id, version */
DW_FUNCTION(dwello_reject_proposal)
{
	DwCall		call;
	Answer		answer;
	DwActivity	activity;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER);
	answer_begin(&call, &answer);
	if (dw_call_replay(&call, &answer.job.id))
		return dw_call_return(&call);
	answer_once(&call, &answer);

	activity_begin(&answer, DW_AGENT_REFUSED, &activity);
	activity.reason = REASON_REJECTED;
	dw_activity_insert(&activity);

	return answer_return(&call, &answer);
}

/*
 * 42501 for a role that could have made the provider's token itself: a model
 * must not approve what it has proposed.
 */
static void
service_check(void)
{
	if (dw_role_is_service())
		dw_raise(DW_FORBIDDEN, "a service approves no proposal",
				 "The database role is a member of dwello_service, which"
				 " issues tokens.",
				 "Let the provider call through a role of dwello_app alone.");
}

/* What was bid. */
static void
row_bid(DwCall *call, const DwBid *bid)
{
	dw_row_uuid(call, "bid_id", &bid->id);
	dw_row_text(call, "status", dw_bid_status_label(bid->status));
	dw_row_int8(call, "bid_amount", bid->bid_amount);
	dw_row_text(call, "currency", bid->currency);
	dw_row_time(call, "expires_at", bid->expires_at);
}

/* What both answers return. */
static Datum
answer_return(DwCall *call, const Answer *answer)
{
	dw_row_uuid(call, "job_id", &answer->job.id);
	dw_row_uuid(call, "decision_id", &answer->proposal.id);
	dw_row_int4(call, "version", answer->job.terms_version);
	return dw_call_return(call);
}

/* Locks the job and reads the caller's proposal; 22004, P0002. */
static void
answer_begin(DwCall *call, Answer *answer)
{
	DwUuid		job_id;
	DwUuid		decision_id;

	dw_args_need(call, "job_id", "decision_id", NULL);
	job_id = dw_arg_uuid(call, "job_id");
	decision_id = dw_arg_uuid(call, "decision_id");
	/* an approved one makes a bid, and waits for one that is being made */
	dw_job_queue(&job_id, &call->actor.user_id);
	dw_job_for_command(call, &job_id, &answer->job);
	if (!dw_activity_load(&job_id, &call->actor.user_id, &decision_id,
						  &answer->proposal))
		dw_raise(DW_NOT_FOUND, "decision does not exist",
				 psprintf("Your agent has made no decision %s about job"
						  " %s.", dw_uuid_text(&decision_id),
						  dw_uuid_text(&job_id)),
				 "dwello.open_proposals() lists what waits for you.");
}

/* WD103, WD101: whether there is something to answer. */
static void
answer_once(DwCall *call, const Answer *answer)
{
	const DwActivity *proposal = &answer->proposal;

	dw_call_version(call, answer->job.terms_version);
	if (proposal->action != DW_AGENT_PROPOSED)
		dw_raise(DW_INVALID_TRANSITION, "the decision is no proposal",
				 psprintf("What the agent did is \"%s\".",
						  dw_agent_action_label(proposal->action)),
				 "dwello.open_proposals() lists what waits for you.");
	if (dw_proposal_answered(&proposal->job_id, &proposal->user_id,
							 &proposal->id))
		dw_raise(DW_INVALID_TRANSITION, "the proposal was answered before",
				 psprintf("Proposal %s was approved or rejected.",
						  dw_uuid_text(&proposal->id)),
				 "dwello.revise_bid() and dwello.withdraw_bid() change a bid"
				 " that was made; without one dwello.submit_bid() bids"
				 " without the agent.");
}

/* WD103, WD101, WD102: whether the job and the proposal still stand. */
static void
proposal_check(DwCall *call, const Answer *answer)
{
	const DwJob *job = &answer->job;

	if (answer->proposal.terms_version != job->terms_version)
		dw_raise(DW_STALE_VERSION, "the job's terms have changed",
				 psprintf("The proposal is for terms version %d, the job has"
						  " %d.", answer->proposal.terms_version,
						  job->terms_version),
				 "The agent looks at the new terms by itself.");
	dw_bidding_need_open(job);
	if (dw_now() >= answer->proposal.created_at +
		proposal_days() * USECS_PER_DAY)
		dw_raise(DW_DEADLINE_PASSED, "the proposal has expired",
				 psprintf("Proposal %s was made too long ago.",
						  dw_uuid_text(&answer->proposal.id)),
				 "dwello.submit_bid() bids without the agent.");
}

/* The row that answers a proposal, of its provider. */
static void
activity_begin(const Answer *answer, DwAgentAction action,
			   DwActivity *activity)
{
	const DwActivity *proposal = &answer->proposal;

	dw_activity_begin(activity, &proposal->job_id, &proposal->user_id,
					  action);
	activity->terms_version = proposal->terms_version;
	activity->amount = proposal->amount;
	activity->currency = proposal->currency;
	activity->mandate_id = proposal->mandate_id;
	activity->decision_id = proposal->id;
	activity->actor_id = proposal->user_id;
}

/*
 * What was proposed: the amount, and the days, which the inputs tell again;
 * false when they cannot be read.
 */
static bool
offer_read(const DwActivity *proposal, DwAgentOffer *offer)
{
	DwAgentInputs inputs;
	DwAgentOffer given;
	DwAgentDecision decision;

	if (!dw_numbers_read(&dw_agent_input_fields, proposal->inputs,
						 &inputs) ||
		!dw_numbers_read(&dw_agent_offer_fields, proposal->inputs, &given))
		return false;
	dw_agent_decide(&inputs, given.amount > 0 ? &given : NULL, &decision);
	offer->amount = proposal->amount;
	offer->timeline_days = Max(decision.timeline_days, 1);
	offer->is_approved = true;
	return true;
}

/* The error of a guard that fails. */
static DwResult
guard_code(DwAgentReason reason)
{
	switch (reason)
	{
		case DW_AGENT_MONTH_QUOTA:
		case DW_AGENT_DAY_CAP:
		case DW_AGENT_CAPACITY:
		case DW_AGENT_EXPOSURE:
		case DW_AGENT_FLOOR_ABOVE_CEILING:
		case DW_AGENT_BELOW_FLOOR:
		case DW_AGENT_ABOVE_CEILING:
			return DW_LIMIT_REACHED;
		case DW_AGENT_OWN_JOB:
		case DW_AGENT_NOT_INVITED:
		case DW_AGENT_PROVIDER_INACTIVE:
			return DW_FORBIDDEN;
		case DW_AGENT_ALREADY_BID:
			return DW_ALREADY_EXISTS;
		case DW_AGENT_CURRENCY:
			return DW_CURRENCY_MISMATCH;
		default:
			return DW_INVALID_TRANSITION;
	}
}

#define HINT_OFF \
	"Try again when agents are switched on; dwello.submit_bid() bids" \
	" without the agent."
#define HINT_ACTIVE \
	"dwello.configure_agent(is_active => true) has the agent work."
#define HINT_LIMIT \
	"dwello.configure_agent() and dwello.sign_mandate() set the limits;" \
	" dwello.submit_bid() bids without the agent."
#define HINT_BARRED \
	"Without the agent they could not bid on this job either."

static const char *const hints[DW_AGENT_REASON_COUNT] = {
	[DW_AGENT_PLATFORM_OFF] = HINT_OFF,[DW_AGENT_CATEGORY_OFF] = HINT_OFF,
	[DW_AGENT_PROVIDER_OFF] = HINT_OFF,
	[DW_AGENT_AGENT_OFF] =
	"dwello.switch_agents() switches the agent on.",
	[DW_AGENT_AGENT_INACTIVE] = HINT_ACTIVE,
	[DW_AGENT_COOLING_DOWN] = HINT_ACTIVE,
	[DW_AGENT_ALREADY_BID] =
	"dwello.revise_bid() changes the bid that there is.",
	[DW_AGENT_CAPACITY] = HINT_LIMIT,[DW_AGENT_EXPOSURE] = HINT_LIMIT,
	[DW_AGENT_ABOVE_CEILING] = HINT_LIMIT,[DW_AGENT_DAY_CAP] = HINT_LIMIT,
	[DW_AGENT_FLOOR_ABOVE_CEILING] = HINT_LIMIT,
	[DW_AGENT_BELOW_FLOOR] = HINT_LIMIT,[DW_AGENT_OWN_JOB] = HINT_BARRED,
	[DW_AGENT_NOT_INVITED] = HINT_BARRED,
	[DW_AGENT_PROVIDER_INACTIVE] = HINT_BARRED
};

/* What a provider can do about a guard. */
static const char *
guard_hint(DwAgentReason reason)
{
	return hints[reason] != NULL ? hints[reason] :
		"dwello.submit_bid() bids without the agent.";
}

/* Raises that a guard stops the bid, and which one it is. */
static void
guard_refuse(const Answer *answer, DwAgentReason reason)
{
	dw_raise_constraint(guard_code(reason), dw_agent_reason_label(reason),
						psprintf("the agent's guard %s stops the bid",
								 dw_agent_reason_label(reason)),
						psprintf("It is about proposal %s.",
								 dw_uuid_text(&answer->proposal.id)),
						guard_hint(reason));
}
