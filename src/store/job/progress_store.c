/*
 * progress_store.c
 *		Rows of dwello.job_progress: what a provider tells of their work.
 */
#include "postgres.h"

#include "server/sql/sql_server.h"
#include "store/job/job_store.h"

void
dw_progress_insert(const DwJob *job, const DwProgress *progress)
{
	static DwStatement insert_progress =
		DW_STATEMENT("INSERT INTO dwello.job_progress (job_id, id, "
					 "homeowner_id, provider_id, progress, "
					 "status_description, photos, notes, created_at) "
					 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &job->id);
	dw_param_uuid(&p, &progress->id);
	dw_param_uuid(&p, &job->homeowner_id);
	dw_param_uuid(&p, &job->provider_id);
	dw_param_int4(&p, progress->progress);
	dw_param_text(&p, progress->status_description);
	dw_param_datum(&p, TEXTARRAYOID, progress->photos, false);
	dw_param_text(&p, progress->notes);
	dw_param_time(&p, progress->created_at);
	(void) dw_execute(&insert_progress, &p);
}
