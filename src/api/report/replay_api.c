/*
 * replay_api.c
 *		replay_decision(): a decision made again from what is stored of it.
 *
 * Nothing but the row itself is read: its inputs, and the offer where somebody
 * else gave the amount.  Numbers are compared bit by bit.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "api/report/report_api_int.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/number/number_server.h"
#include "server/sql/sql_server.h"
#include "store/agent/agent_store.h"
#include "store/report/report_store.h"

#define DIFFERENCES_MAX	6		/* columns that are compared */

/* A stored row beside what it comes to now. */
typedef struct Replay
{
	DwActivity	stored;			/* the row */
	DwAgentInputs inputs;		/* read of it */
	DwAgentDecision decision;	/* made of them */
	const char *differences[DIFFERENCES_MAX];	/* columns that differ */
	int			count;			/* of them */
} Replay;

/* Notes a column that differs. */
static void
compare(Replay *replay, const char *column, bool is_equal)
{
	if (!is_equal)
		replay->differences[replay->count++] = column;
}

/* True when two doubles have the same bits. */
static bool
same_bits(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

/* True when a stored share is what this one is written as. */
static bool
same_share(Datum stored, double share)
{
	return stored != (Datum) 0 &&
		DatumGetBool(DirectFunctionCall2(numeric_eq, stored,
										 dw_share_numeric(share)));
}

/* What an agent did by a verdict; an approved one is a bid, too. */
static bool
same_action(DwAgentAction action, DwAgentVerdict verdict)
{
	switch (verdict)
	{
		case DW_AGENT_BID:
			return action == DW_AGENT_BID_SUBMITTED ||
				action == DW_AGENT_APPROVED;
		case DW_AGENT_ASK:
			return action == DW_AGENT_PROPOSED;
		case DW_AGENT_LOG:
			return action == DW_AGENT_SHADOWED;
		case DW_AGENT_DEFER:
			return action == DW_AGENT_DEFERRED;
		default:
			return action == DW_AGENT_DECLINED ||
				action == DW_AGENT_REFUSED;
	}
}

/*
 * The amount that a row has of a decision: what was offered, if somebody
 * offered, also where a guard fires before there is a price.
 */
static int64
stored_amount(const Replay *replay)
{
	DwAgentOffer offer;

	if (dw_numbers_read(&dw_agent_offer_fields, replay->stored.inputs,
						&offer) && offer.amount > 0)
		return offer.amount;
	return replay->decision.amount > 0 ? replay->decision.amount :
		DW_ACTIVITY_NO_NUMBER;
}

/* Compares what was stored with what it comes to. */
static void
replay_compare(Replay *replay)
{
	const DwActivity *stored = &replay->stored;
	const DwAgentDecision *decision = &replay->decision;
	bool		is_priced = decision->amount > 0;

	compare(replay, "action_type",
			same_action(stored->action, decision->verdict));
	compare(replay, "reason", stored->reason != NULL &&
			strcmp(stored->reason,
				   dw_agent_reason_label(decision->reason)) == 0);
	compare(replay, "amount", stored->amount == stored_amount(replay));
	compare(replay, "base_amount", stored->base_amount ==
			(is_priced ? decision->base_amount : DW_ACTIVITY_NO_NUMBER));
	if (!is_priced)
		return;
	compare(replay, "win_probability",
			same_bits(stored->win_probability, decision->win_probability));
	compare(replay, "confidence",
			same_share(stored->confidence, decision->confidence));
}

/* Loads the row: P0002, 22023. */
static void
replay_load(DwCall *call, Replay *replay)
{
	DwUuid		id = dw_arg_uuid(call, "decision_id");
	DwUuid		asked;
	DwUuid		job_id;
	DwUuid		agent_id;
	bool		is_any = !dw_arg_has(call, "agent_id") &&
		call->actor.kind != DW_ACTOR_PROVIDER;

	if (!is_any)
		asked = dw_report_agent(call);
	if (!dw_report_decision(is_any ? NULL : &asked, &id, &job_id,
							&agent_id) ||
		!dw_activity_load(&job_id, &agent_id, &id, &replay->stored))
		dw_raise(DW_NOT_FOUND, "decision does not exist",
				 psprintf("There is no decision %s.", dw_uuid_text(&id)),
				 "The table dwello.ai_agent_activity has them all.");
	if (replay->stored.core_version == DW_ACTIVITY_NO_NUMBER)
		dw_raise(DW_BAD_VALUE,
				 "decision_id must be of a row that decides something",
				 psprintf("The row says \"%s\", made from no inputs.",
						  dw_agent_action_label(replay->stored.action)),
				 "Rows with a core_version decide: bids, proposals, declines,"
				 " deferrals, and what a guard refused; decision_id of others"
				 " names theirs.");
	if (!dw_decision_again(replay->stored.inputs, &replay->inputs,
						   &replay->decision))
		dw_arg_refuse(call, "decision_id", DW_BAD_VALUE,
					  "must be of a row whose inputs can be read");
}

/* replay_decision(decision_id, agent_id) → is_equal, differences, … */
DW_FUNCTION(dwello_replay_decision)
{
	DwCall		call;
	Replay		replay = {0};
	const DwAgentDecision *decision = &replay.decision;

	dw_query_begin(&call, fcinfo, DW_REPORT_ACTORS);
	dw_args_need(&call, "decision_id", NULL);
	replay_load(&call, &replay);
	replay_compare(&replay);

	dw_row_uuid(&call, "agent_id", &replay.stored.user_id);
	dw_row_uuid(&call, "job_id", &replay.stored.job_id);
	dw_row_uuid(&call, "decision_id", &replay.stored.id);
	dw_row_text(&call, "decision", dw_agent_verdict_label(decision->verdict));
	dw_row_text(&call, "reason", dw_agent_reason_label(decision->reason));
	if (decision->amount > 0)
	{
		dw_row_int8(&call, "amount", decision->amount);
		dw_row_int8(&call, "base_amount", decision->base_amount);
		dw_row_text(&call, "currency", replay.stored.currency);
		dw_row_float8(&call, "win_probability", decision->win_probability);
		dw_row_datum(&call, "confidence",
					 dw_share_numeric(decision->confidence));
	}
	dw_row_int4(&call, "made_by", replay.stored.core_version);
	dw_row_int4(&call, "replayed_by", DW_AGENT_CORE_VERSION);
	dw_row_bool(&call, "is_equal", replay.count == 0);
	dw_row_texts(&call, "differences", replay.differences, replay.count);
	dw_row_datum(&call, "trace",
				 dw_decision_trace(&replay.inputs, decision,
								   replay.stored.created_at));
	return dw_call_return(&call);
}
