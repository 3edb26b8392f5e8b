/*
 * timer_api.c
 *		What will happen to a job by itself, and how long each of it waits:
 *		job_next_events, set_timers.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "api/account/account_api.h"
#include "api/job/job_api.h"
#include "core/admin/admin.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "store/job/job_store.h"

pg_noreturn static void timer_refuse(DwCall *call, const char *name,
									 const DwSettingRule *rule);

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

	dw_row_enum(call, "event", &dw_timer_labels, row->timer);
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
	job_id = dw_arg_uuid(&call, "job_id");
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

/* 22023 for a member of timers. */
static void
timer_refuse(DwCall *call, const char *name, const DwSettingRule *rule)
{
	if (rule == NULL || !rule->is_timer)
		dw_raise(DW_BAD_VALUE,
				 psprintf("%s has a member that is no timer",
						  "timers"),
				 "The timers are award_confirm_hours, fund_days, "
				 "payment_minutes_card, payment_minutes_wallet, "
				 "payment_days_bank, auto_release_days, refund_answer_days, "
				 "no_show_answer_days, "
				 "dispute_provider_days, "
				 "dispute_homeowner_days and mediation_days.",
				 "Name one of these.");
	dw_raise(DW_BAD_VALUE,
			 psprintf("%s.%s cannot have this value",
					  "timers", name),
			 psprintf("It must be an integer from " INT64_FORMAT " to "
					  INT64_FORMAT ".", rule->min, rule->max),
			 "Leave the member out to go by the setting.");
}

/* The timers of the argument, each number in its one spelling; 22023. */
static Datum
arg_timers(DwCall *call)
{
	DwJsonArg	given;
	DwPayload	timers;
	char	  **names;
	int			count;

	if (!dw_json_arg_object(dw_arg_jsonb(call, "timers"), &given))
		dw_arg_refuse(call, "timers", DW_BAD_VALUE, "must be an object");
	names = dw_json_arg_names(&given, &count);
	dw_payload_begin(&timers);
	for (int i = 0; i < count; i++)
	{
		const DwSettingRule *rule = dw_setting_rule(names[i]);
		int64		value;

		if (rule == NULL || !rule->is_timer ||
			dw_json_arg_int8(&given, names[i], &value) != DW_MEMBER_GIVEN ||
			!dw_setting_in_range(rule, value))
			timer_refuse(call, names[i], rule);
		dw_payload_int8(&timers, rule->name, value);
	}
	return dw_payload_end(&timers);
}

/* WD101: bidders have seen the job, so its homeowner lets its timers be. */
static void
timers_check(DwCall *call, const DwJob *job)
{
	if (call->actor.kind != DW_ACTOR_HOMEOWNER || job->status == DW_JOB_DRAFT)
		return;
	dw_raise(DW_INVALID_TRANSITION,
			 psprintf("the homeowner cannot set the timers of a job that is "
					  "%s", dw_job_status_label(job->status)),
			 psprintf("Job %s is in state \"%s\".", dw_uuid_text(&job->id),
					  dw_job_status_label(job->status)),
			 "They can while it is a draft, an administrator at any time.");
}

/* set_timers(job_id, timers) → job_id, timers, version, replayed */
DW_FUNCTION(dwello_set_timers)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;
	Datum		timers;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_ADMIN |
					 DW_ACTOR_SYSTEM);
	dw_args_need(&call, "job_id", "timers", NULL);
	job_id = dw_arg_uuid(&call, "job_id");
	timers = arg_timers(&call);
	dw_job_for_command(&call, &job_id, &job);
	if (call.actor.kind == DW_ACTOR_HOMEOWNER)
		dw_job_need_homeowner(&call, &job);
	if (dw_call_replay(&call, &job.id))
		return dw_call_return(&call);
	dw_call_version(&call, job.version);
	timers_check(&call, &job);

	dw_job_timers_save(&job.id, timers);
	dw_row_uuid(&call, "job_id", &job.id);
	dw_row_datum(&call, "timers", timers);
	dw_row_int4(&call, "version", job.version + 1);
	return dw_call_return(&call);
}
