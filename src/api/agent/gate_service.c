/*
 * gate_service.c
 *		The gate for bids that an agent did not decide on by itself.
 *
 * Whoever offers an amount, core's guards judge it, with the counters that
 * are locked: the job first, then the provider's day.  So the cap holds
 * whoever bids at the same time, on this job or on another.
 */
#include "postgres.h"

#include "api/agent/agent_api_int.h"
#include "api/bid/bid_api.h"
#include "server/sql/sql_server.h"
#include "store/agent/agent_store.h"

void
dw_gate_judge(DwAgentGate *gate, const DwJob *job, const DwUuid *agent_id,
			  int32 terms_version, const DwAgentOffer *offer)
{
	DwFacts    *facts;

	memset(gate, 0, sizeof(*gate));
	gate->job = job;
	gate->pair.terms_version = terms_version;
	gate->pair.agent_id = *agent_id;
	facts = dw_facts_load(job, 1, &gate->pair, 1, true);
	if (offer != NULL)
	{
		gate->offer = *offer;
		gate->day.user_id = *agent_id;
		gate->day.day = gate->pair.agent->today;
		gate->day.clock_offset =
			(int32) gate->pair.agent->provider.clock.offset;
		dw_agent_days_lock(&gate->day, 1);
		/* what was counted before the lock may be less than what is */
		dw_facts_refresh(facts);
	}
	dw_facts_inputs(facts, &gate->pair, &gate->inputs);
	dw_agent_decide(&gate->inputs, offer == NULL ? NULL : &gate->offer,
					&gate->decision);
}

void
dw_gate_bid(const DwAgentGate *gate, const DwUuid *decision_id, DwBid *bid)
{
	static const DwMaterials none;
	DwAgentDay	slot = {
		.user_id = gate->day.user_id,
		.day = gate->day.day,
		.clock_offset = gate->day.clock_offset,
		.bids = 1
	};

	memset(bid, 0, sizeof(*bid));
	bid->provider_id = gate->pair.agent_id;
	bid->decision_id = *decision_id;
	bid->bid_amount = gate->decision.amount;
	bid->timeline_days = (int32) gate->decision.timeline_days;
	/* one whose time is over stands in nobody's way */
	dw_bid_expire_overdue(&gate->job->id, &bid->provider_id);
	dw_bids_make(gate->job, bid, 1);
	dw_bid_insert(gate->job, bid, &none);
	dw_bid_emit(bid, "bid_submitted");
	dw_agent_day_add(&slot);
}

void
dw_quarantine_tell(const DwAnswer *answer, const char *reason)
{
	DwActivity	row;

	dw_activity_begin(&row, &answer->job_id, &answer->agent_id,
					  DW_AGENT_QUARANTINED);
	row.terms_version = answer->terms_version;
	row.reason = reason;
	dw_activity_insert(&row);
}
