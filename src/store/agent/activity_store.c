/*
 * activity_store.c
 *		Rows of dwello.ai_agent_activity: what agents decided, from what, and
 *		what came of it.
 */
#include "postgres.h"

#include <math.h>

#include "server/crypto/crypto_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/table/table_server.h"
#include "store/agent/agent_store.h"

static const DwColumn activity_columns[] = {
	DW_COLUMN(UUID, DwActivity, job_id, job_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwActivity, user_id, user_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwActivity, id, id, DW_COLUMN_FIXED),
	DW_COLUMN(INT4, DwActivity, terms_version, terms_version, DW_COLUMN_FIXED),
	DW_COLUMN_ENUM(agent_action, DwActivity, action_type, action,
				   DW_COLUMN_FIXED, dw_agent_action_labels),
	DW_COLUMN(TEXT, DwActivity, reason, reason, DW_COLUMN_FIXED),
	DW_COLUMN(NUMERIC, DwActivity, confidence, confidence, DW_COLUMN_FIXED),
	DW_COLUMN(FLOAT8, DwActivity, win_probability, win_probability,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN_OR(INT8, DwActivity, amount, amount, DW_COLUMN_FIXED,
				 DW_ACTIVITY_NO_NUMBER),
	DW_COLUMN_OR(INT8, DwActivity, base_amount, base_amount, DW_COLUMN_FIXED,
				 DW_ACTIVITY_NO_NUMBER),
	DW_COLUMN(TEXT, DwActivity, currency, currency, DW_COLUMN_FIXED),
	DW_COLUMN(JSONB, DwActivity, inputs, inputs, DW_COLUMN_FIXED),
	DW_COLUMN_OR(INT4, DwActivity, parameters_version, parameters_version,
				 DW_COLUMN_FIXED, DW_ACTIVITY_NO_NUMBER),
	DW_COLUMN(UUID, DwActivity, mandate_id, mandate_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN_OR(INT4, DwActivity, core_version, core_version,
				 DW_COLUMN_FIXED, DW_ACTIVITY_NO_NUMBER),
	DW_COLUMN(DATE, DwActivity, counted_on, counted_on, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwActivity, decision_id, decision_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwActivity, actor_id, actor_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(TIME, DwActivity, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable activities =
DW_TABLE("ai_agent_activity", DwActivity, activity_columns);

void
dw_activity_begin(DwActivity *activity, const DwUuid *job_id,
				  const DwUuid *user_id, DwAgentAction action)
{
	memset(activity, 0, sizeof(*activity));
	activity->job_id = *job_id;
	activity->user_id = *user_id;
	activity->id = dw_uuid_fresh();
	activity->action = action;
	activity->win_probability = NAN;
	activity->amount = DW_ACTIVITY_NO_NUMBER;
	activity->base_amount = DW_ACTIVITY_NO_NUMBER;
	activity->parameters_version = DW_ACTIVITY_NO_NUMBER;
	activity->core_version = DW_ACTIVITY_NO_NUMBER;
	activity->counted_on = DATEVAL_NOBEGIN;
	activity->created_at = dw_now();
}

void
dw_activity_insert(const DwActivity *activity)
{
	DwActivity	row = *activity;
	DwPayload	nothing;

	if (row.inputs == (Datum) 0)
	{
		dw_payload_begin(&nothing);
		row.inputs = dw_payload_end(&nothing);
	}
	dw_table_insert(&activities, &row);
}

bool
dw_activity_load(const DwUuid *job_id, const DwUuid *user_id,
				 const DwUuid *id, DwActivity *activity)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(activities, "WHERE t.job_id = $1 AND t.user_id = $2 "
					   "AND t.id = $3");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	if (dw_table_query(&by_key, &p) == 0)
		return false;
	dw_table_read(&activities, 0, activity);
	return true;
}

DwActivity *
dw_proposals_load(const DwProposalPage *page, int *count)
{
	static DwTableQuery of_agent =
		DW_TABLE_QUERY(activities, "JOIN dwello.jobs AS j ON j.id = t.job_id "
					   "AND j.status = 'open' "
					   "AND j.terms_version = t.terms_version "
					   "AND j.expires_at > $4 AND j.deleted_at IS NULL "
					   "WHERE t.user_id = $1 AND t.action_type = 'proposed' "
					   "AND ($2::uuid IS NULL OR t.id > $2) "
					   "AND t.created_at > $5 "
					   "AND NOT EXISTS (SELECT "
					   "FROM dwello.ai_agent_activity AS f "
					   "WHERE f.job_id = t.job_id AND f.user_id = t.user_id "
					   "AND f.decision_id = t.id "
					   "AND f.action_type IN ('approved', 'refused')) "
					   "AND NOT EXISTS (SELECT FROM dwello.bids AS b "
					   "WHERE b.job_id = t.job_id "
					   "AND b.provider_id = t.user_id "
					   "AND b.status IN ('pending', 'accepted') "
					   "AND b.deleted_at IS NULL) ORDER BY t.id LIMIT $3");
	DwParams	p = DW_PARAMS;
	TimestampTz now = dw_now();
	DwActivity *rows;

	dw_param_uuid(&p, &page->user_id);
	dw_param_uuid(&p, page->after_id);
	dw_param_int4(&p, page->max_results);
	dw_param_time(&p, now);
	dw_param_time(&p, now - page->days * USECS_PER_DAY);
	*count = (int) dw_table_query(&of_agent, &p);
	rows = palloc(sizeof(DwActivity) * (*count + 1));
	for (int i = 0; i < *count; i++)
		dw_table_read(&activities, i, &rows[i]);
	return rows;
}
