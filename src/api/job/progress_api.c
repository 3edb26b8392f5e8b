/*
 * progress_api.c
 *		report_progress: a provider tells how far the work is.
 *
 * A report changes nothing about the job: its version stays.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/job/job_api.h"
#include "core/job/job.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "store/job/job_store.h"

#define STATUS_MAX		2000	/* characters */
#define NOTES_MAX		10000	/* characters */

/* Reads the photos, not more than a job may have. */
static void
progress_read_photos(DwCall *call, DwProgress *progress,
					 DwArgError *error)
{
	static const DwTextRule rule = {DW_POST_PHOTO_MAX, true};
	char	  **photos;
	int			count;

	photos = dw_arg_texts(call, "photos", MaxAllocSize, &count);
	for (int i = 0; i < count; i++)
	{
		DwArgPlace	place = {"photos", i, NULL};

		dw_arg_error_check_text(error, place, photos[i], rule);
	}
	if (count > dw_setting_int8("max_photos_per_job"))
		dw_arg_error_note(error, "photos", DW_BAD_VALUE,
						  "has more than the setting max_photos_per_job allows");
	progress->photos = dw_arg_datum(call, "photos");
}

/* Reads the arguments and raises what is wrong with them alone. */
static void
progress_read(DwCall *call, DwProgress *progress)
{
	static const DwTextRule status = {STATUS_MAX, false};
	static const DwTextRule notes = {NOTES_MAX, false};
	DwArgError	error = {0};

	dw_args_need(call, "job_id", "progress", "photos", NULL);
	progress->progress = dw_arg_int4(call, "progress");
	if (progress->progress < 0 || progress->progress > 100)
		dw_arg_error_note(&error, "progress", DW_BAD_VALUE,
						  "must be from 0 to 100");
	progress->status_description =
		dw_arg_text_checked(call, &error, "status_description", status);
	progress->notes = dw_arg_text_checked(call, &error, "notes", notes);
	progress_read_photos(call, progress, &error);
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
	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", &job->id);
	dw_payload_uuid(&payload, "progress_id", &progress->id);
	dw_payload_uuid(&payload, "homeowner_id", &job->homeowner_id);
	dw_payload_uuid(&payload, "provider_id", &job->provider_id);
	dw_payload_text(&payload, "title", job->title);
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
