/*
 * work_api.c
 *		start_job and complete_job: work begins, and is done.
 *
 * Both look at the escrow.  The job's row is locked, and whoever changes an
 * escrow locks that first; so what is read here stays true.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/job/job_api.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "store/admin/admin_store.h"
#include "store/escrow/escrow_store.h"

/* Raises WD101 about a job whose escrow is not as the command needs it. */
static void
work_refuse(const DwJob *job, const char *message, const char *hint)
{
	dw_raise(DW_INVALID_TRANSITION, message,
			 psprintf("Job %s is in state \"%s\".", dw_uuid_text(&job->id),
					  dw_job_status_label(job->status)), hint);
}

/*
 * WD101 unless money is held for the work.  A homeowner for whom payment
 * through escrow is off pays otherwise, and there is nothing to wait for.
 */
static void
work_need_money(const DwJob *job)
{
	DwEscrowRow row;

	if (!dw_escrow_lock(&job->id, &row))
		work_refuse(job, "the award is not confirmed",
					"dwello.confirm_award() confirms it.");
	if (row.escrow.held == 0 &&
		dw_flag_enabled(DW_FLAG_ESCROW, &job->homeowner_id))
		work_refuse(job, "no money is held for the job",
					"Work begins when the homeowner has paid, see "
					"dwello.fund_escrow().");
}

/* WD101 while money is held or on its way. */
static void
work_need_settled(const DwJob *job)
{
	DwTransaction payment;
	DwEscrowRow row;

	if (!dw_escrow_lock(&job->id, &row))
		return;
	if (row.escrow.held > 0)
		work_refuse(job, "money is still held for the job",
					"Release it with dwello.release_escrow(), or have it "
					"refunded.");
	if (dw_payment_find(&job->id, NULL, &payment) &&
		dw_now() < payment.pay_by)
		work_refuse(job, "a payment for the job is on its way",
					"Wait until it is confirmed or has failed.");
}

/* Writes that work began, and tells the homeowner. */
static void
work_start(DwJob *job)
{
	DwPayload	payload;

	job->started_at = dw_now();
	dw_job_save(job);
	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", &job->id);
	dw_payload_uuid(&payload, "homeowner_id", &job->homeowner_id);
	dw_payload_uuid(&payload, "provider_id", &job->provider_id);
	dw_payload_text(&payload, "title", job->title);
	dw_event_emit(&job->id, "job", &job->id, "job_started", &payload);
}

/* The row of both commands. */
static Datum
work_return(DwCall *call, const DwJob *job)
{
	dw_row_uuid(call, "job_id", &job->id);
	dw_row_text(call, "status", dw_job_status_label(job->status));
	dw_row_time(call, "completed_at", job->completed_at);
	dw_row_int4(call, "version", job->version);
	return dw_call_return(call);
}

/* start_job(job_id) → job_id, status, version, replayed */
DW_FUNCTION(dwello_start_job)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;
	DwJobStatus next;

	dw_command_begin(&call, fcinfo,
					 dw_machine_actors(dw_job_machine(),
									   DW_JOB_EVENT_START));
	job_id = dw_arg_uuid(&call, "job_id");
	dw_job_for_command(&call, &job_id, &job);
	dw_job_need_provider(&call, &job);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, job.version);
	next = dw_job_next(&call, &job, DW_JOB_EVENT_START);
	work_need_money(&job);
	job.status = next;
	work_start(&job);
	return work_return(&call, &job);
}

/* complete_job(job_id) → job_id, status, completed_at, version, replayed */
DW_FUNCTION(dwello_complete_job)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER);
	job_id = dw_arg_uuid(&call, "job_id");
	dw_job_for_command(&call, &job_id, &job);
	dw_job_need_homeowner(&call, &job);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	if (job.status == DW_JOB_COMPLETED)
	{
		dw_call_replayed(&call);	/* it completed by itself */
		return work_return(&call, &job);
	}
	dw_call_version(&call, job.version);
	work_need_settled(&job);
	(void) dw_job_next(&call, &job, DW_JOB_EVENT_COMPLETE);
	dw_job_complete(&job);
	return work_return(&call, &job);
}
