/*
 * proposal_store.c
 *		Proposals of agents: decisions of ai_agent_activity that wait for the
 *		provider.
 *
 * A proposal is answered by a row that names it; there is one at most, since
 * whoever writes it holds the lock of the job.
 */
#include "postgres.h"

#include "server/event/event_server.h"
#include "server/sql/sql_server.h"
#include "store/agent/agent_store.h"

/* Adds whose rows about which job are looked at. */
static void
param_agent(DwParams *p, const DwUuid *job_id, const DwUuid *user_id)
{
	dw_param_uuid(p, job_id);
	dw_param_uuid(p, user_id);
}

bool
dw_proposal_answered(const DwUuid *job_id, const DwUuid *user_id,
					 const DwUuid *decision_id)
{
	static DwStatement find =
		DW_STATEMENT("SELECT FROM dwello.ai_agent_activity AS f "
					 "WHERE f.job_id = $1 AND f.user_id = $2 "
					 "AND f.decision_id = $3 "
					 "AND f.action_type IN ('approved', 'refused')");
	DwParams	p = DW_PARAMS;

	param_agent(&p, job_id, user_id);
	dw_param_uuid(&p, decision_id);
	return dw_execute(&find, &p) > 0;
}

bool
dw_refusal_known(const DwActivity *activity)
{
	static DwStatement find =
		DW_STATEMENT("SELECT FROM dwello.ai_agent_activity AS a "
					 "WHERE a.job_id = $1 AND a.user_id = $2 "
					 "AND a.terms_version = $3 AND a.reason = $4 "
					 "AND a.action_type = 'refused'");
	DwParams	p = DW_PARAMS;

	param_agent(&p, &activity->job_id, &activity->user_id);
	dw_param_int4(&p, activity->terms_version);
	dw_param_text(&p, activity->reason);
	return dw_execute(&find, &p) > 0;
}

void
dw_proposal_emit(const DwUuid *job_id, const DwProposal *proposal)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", job_id);
	dw_payload_uuid(&payload, "provider_id", &proposal->agent_id);
	dw_payload_uuid(&payload, "decision_id", &proposal->decision_id);
	dw_payload_int8(&payload, "amount", proposal->amount);
	dw_payload_text(&payload, "currency", proposal->currency);
	dw_event_emit(job_id, "agent", &proposal->agent_id, "agent_proposed",
				  &payload);
}
