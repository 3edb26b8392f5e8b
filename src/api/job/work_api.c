/*
 * work_api.c
 *		How a job goes on and ends: start_job, report_progress, complete_job,
 *		expire_jobs.
 *
 * Work begins and ends by what the escrow holds.  The job's row is locked,
 * and whoever changes an escrow locks that first; so what is read here stays
 * true.
 *
 * None of them moves money.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "store/authorization/authorization_store.h"
#include "store/bid/bid_store.h"
#include "store/escrow/escrow_store.h"
#include "store/ledger/ledger_store.h"

#define STATUS_MAX		2000	/* characters of how the work stands */
#define NOTES_MAX		10000	/* characters of notes to it */

/* Raises WD101 about a job whose escrow is not as the command needs it. */
static void
work_refuse(const DwJob *job, const char *message, const char *hint)
{
	dw_raise(DW_INVALID_TRANSITION, message,
			 psprintf("Job %s is in state \"%s\".", dw_uuid_text(&job->id),
					  dw_job_status_label(job->status)), hint);
}

/* What must be paid before the work may begin. */
static DwStartRule
start_rule(void)
{
	DwStartRule rule;

	if (!dw_start_rule_parse(dw_setting_find("start_requires"), &rule))
		elog(ERROR, "setting start_requires has no such word");
	return rule;
}

/* WD101: too little is paid for the work to begin. */
static void
start_refuse(const DwJob *job, const DwStartPaid *start, const char *currency)
{
	const char *message = "no money is held for the job";

	if (start->needed > 1)
		message = psprintf(INT64_FORMAT " of " INT64_FORMAT " %s is paid",
						   start->paid, start->needed, currency);
	work_refuse(job, message,
				"Work begins when the homeowner has paid what the setting"
				" start_requires asks for, see dwello.fund_escrow().");
}

/*
 * WD101 unless what the setting start_requires asks for is paid.  A contract
 * that is not paid through escrow is paid otherwise: nothing is waited for.
 */
static void
work_need_money(const DwJob *job)
{
	DwEscrowRow row;
	DwStartPaid start;

	if (!dw_escrow_lock(&job->id, &row))
		work_refuse(job, "the award is not confirmed",
					"dwello.confirm_award() confirms it.");
	dw_contract_need_time(job, &row.escrow);
	dw_contract_need_answered(&row);
	if (!job->is_escrowed)
		return;
	start = dw_start_paid(start_rule(), &row.escrow, row.milestones,
						  row.milestone_count);
	if (start.paid < start.needed)
		start_refuse(job, &start, row.escrow.currency);
}

/*
 * WD101 unless something was released, and nothing is held, frozen or on its
 * way.  False: there is no escrow.
 */
static bool
work_need_settled(const DwJob *job, DwEscrowRow *row)
{
	DwTransaction payment;

	if (!dw_escrow_lock(&job->id, row))
		return false;
	dw_contract_need_answered(row);
	if (row->escrow.frozen)
		work_refuse(job, "a chargeback of the job is open",
					"Wait until its company says how it ended, see"
					" dwello.close_chargeback().");
	if (job->is_escrowed && row->escrow.held == 0 && row->escrow.released == 0)
		work_refuse(job, "nothing was released for the job",
					"Who breaks the work off ends it with"
					" dwello.abandon_job() or dwello.cancel_job().");
	if (row->escrow.held > 0)
		work_refuse(job, "money is still held for the job",
					"Release it with dwello.release_escrow(), or have it "
					"refunded.");
	if (dw_payment_find(&job->id, NULL, &payment) &&
		dw_now() < payment.pay_by)
		work_refuse(job, "a payment for the job is on its way",
					"Wait until it is confirmed or has failed, or give it up"
					" with dwello.abandon_payment().");
	return true;
}

/* Writes that work began, and tells the homeowner. */
static void
work_start(DwJob *job)
{
	DwPayload	payload;

	job->started_at = dw_now();
	dw_job_save(job);
	dw_job_payload(&payload, job);
	dw_event_emit(&job->id, "job", &job->id, "job_started", &payload);
}

/* The row of both commands. */
static Datum
work_return(DwCall *call, const DwJob *job)
{
	dw_row_uuid(call, "job_id", &job->id);
	dw_row_enum(call, "status", &dw_job_status_labels, job->status);
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
	DwEscrowRow row;
	bool		has_escrow;

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
	has_escrow = work_need_settled(&job, &row);
	(void) dw_job_next(&call, &job, DW_JOB_EVENT_COMPLETE);
	if (has_escrow)
		dw_authorizations_void(&row);
	dw_job_complete(&job);
	return work_return(&call, &job);
}

/* Reads the arguments and raises what is wrong with them alone. */
static void
progress_read(DwCall *call, DwProgress *progress)
{
	static const DwTextRule status = {STATUS_MAX, false};
	static const DwTextRule notes = {NOTES_MAX, false};
	DwArgError	error = {0};
	int32		photo_count;

	dw_args_need(call, "job_id", "progress", "photos", NULL);
	progress->progress = dw_arg_int4(call, "progress");
	if (progress->progress < 0 || progress->progress > 100)
		dw_arg_error_note(&error, "progress", DW_BAD_VALUE,
						  "must be from 0 to 100");
	progress->status_description =
		dw_arg_text_checked(call, &error, "status_description", status);
	progress->notes = dw_arg_text_checked(call, &error, "notes", notes);
	progress->photos = dw_job_photos(call, &error, &photo_count);
	if (photo_count > dw_setting_int8("max_photos_per_job"))
		dw_arg_error_note(&error, "photos", DW_BAD_VALUE,
						  "has more than the setting max_photos_per_job allows");
	dw_arg_error_raise(call, &error);
}

/* Writes the report, and tells the homeowner. */
static void
progress_write(const DwJob *job, DwProgress *progress)
{
	DwPayload	payload;

	progress->id = dw_uuid_fresh();
	progress->created_at = dw_now();
	dw_progress_insert(job, progress);
	dw_job_payload(&payload, job);
	dw_payload_uuid(&payload, "progress_id", &progress->id);
	dw_payload_int8(&payload, "progress", progress->progress);
	dw_event_emit(&job->id, "job", &job->id, "progress_reported", &payload);
}

/* report_progress(job_id, progress, ...) → job_id, progress_id, ... */
DW_FUNCTION(dwello_report_progress)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;
	DwProgress	progress;

	dw_command_begin(&call, fcinfo,
					 dw_machine_actors(dw_job_machine(),
									   DW_JOB_EVENT_REPORT));
	progress_read(&call, &progress);
	job_id = dw_arg_uuid(&call, "job_id");
	dw_job_for_command(&call, &job_id, &job);
	dw_job_need_provider(&call, &job);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	(void) dw_job_next(&call, &job, DW_JOB_EVENT_REPORT);
	progress_write(&job, &progress);

	dw_row_uuid(&call, "job_id", &job.id);
	dw_row_uuid(&call, "progress_id", &progress.id);
	dw_row_int4(&call, "progress", progress.progress);
	dw_row_time(&call, "created_at", progress.created_at);
	dw_row_int4(&call, "version", job.version);
	return dw_call_return(&call);
}

/* Open jobs whose time is over. */
typedef struct ExpiryBatch
{
	DwCall	   *call;			/* whose batch it is */
	const DwDue *jobs;			/* claimed */
	int			expired;		/* how many were expired so far */
} ExpiryBatch;

/*
 * Expires one of them.  It was found without a lock: its homeowner may have
 * awarded or cancelled it before this worker locked it.
 */
static bool
expire_job(int turn, void *argument)
{
	ExpiryBatch *batch = argument;
	const DwUuid *job_id = &batch->jobs[turn].job_id;
	DwJob		job;

	if (!dw_job_lock(job_id, &job))
		elog(ERROR, "claimed job %s is gone", dw_uuid_text(job_id));
	if (job.status != DW_JOB_OPEN || !dw_bidding_over(&job))
		return true;
	(void) dw_job_next(batch->call, &job, DW_JOB_EVENT_EXPIRE);
	dw_bids_end(&job, NULL, DW_BID_REASON_JOB_EXPIRED);
	dw_bids_abandon(&job);
	job.reason = pstrdup(DW_JOB_REASON_EXPIRED);
	dw_job_end(&job, "job_expired");
	batch->expired++;
	return true;
}

/* expire_jobs(max_rows) → expired */
DW_FUNCTION(dwello_expire_jobs)
{
	DwCall		call;
	ExpiryBatch batch = {.call = &call};
	int			count;

	dw_command_begin(&call, fcinfo,
					 dw_machine_actors(dw_job_machine(),
									   DW_JOB_EVENT_EXPIRE) &
					 DW_ACTOR_SYSTEM);
	batch.jobs = dw_jobs_claim_expired(dw_arg_max_rows(&call), &count);
	dw_each_turn(count, expire_job, &batch);
	return dw_call_return_datum(&call, Int32GetDatum(batch.expired), true,
								sizeof(int32));
}
