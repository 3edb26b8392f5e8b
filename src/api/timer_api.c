/*
 * timer_api.c
 *		job_next_events: what will happen to a job by itself, and when.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "api/error_api.h"
#include "api/job_api.h"
#include "store/setting_store.h"
#include "store/timer_store.h"

/* 42501 for a provider who may know of the job and is no side of it. */
static void
need_side(DwCall *call, const DwJob *job)
{
	if (call->actor.kind == DW_ACTOR_PROVIDER)
		dw_job_need_provider(call, job);
}

/* "homeowner, provider": a set of actors in words; NULL when it is empty. */
static char *
actor_list(DwActorSet actors)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int actor = 1; actor <= DW_ACTOR_SYSTEM; actor <<= 1)
		if ((actors & actor) != 0)
			appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "",
							 dw_actor_label((DwActorKind) actor));
	return text.len > 0 ? text.data : NULL;
}

/* Emits one timer; once it has run out, nobody can stop it. */
static void
emit_timer(DwCall *call, const DwTimerRow *row)
{
	const DwTimerFacts *facts = dw_timer_facts(row->timer);
	bool		is_over = row->at <= dw_now();

	dw_row_text(call, "event", dw_timer_label(row->timer));
	dw_row_time(call, "at", row->at);
	dw_row_text(call, "actor", dw_actor_label(DW_ACTOR_SYSTEM));
	dw_row_text(call, "stoppable_by",
				actor_list(is_over ? DW_ACTOR_NONE : facts->stoppable_by));
	dw_row_text(call, "detail", facts->detail);
	dw_list_emit(call);
}

/* job_next_events(job_id) → event, at, actor, stoppable_by, detail */
DW_FUNCTION(dwello_job_next_events)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;
	DwTimerRow *rows;
	bool		is_side;
	int			count;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	job_id = dw_arg_uuid(&call, 0);
	dw_job_for_query(&call, &job_id, &job);
	need_side(&call, &job);
	is_side = (call.actor.kind &
			   (DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER)) != 0;
	rows = dw_timers_load(&job_id, is_side ? &call.actor.user_id : NULL,
						  &count);
	dw_rows_begin(&call);
	for (int i = 0; i < count; i++)
		emit_timer(&call, &rows[i]);
	return dw_list_return(&call);
}
