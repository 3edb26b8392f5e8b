/*
 * progress_store.c
 *		What a provider reports of the work.
 */
#include "postgres.h"

#include "server/table/table_server.h"
#include "store/job/job_store.h"

static const DwColumn progress_columns[] = {
	DW_COLUMN(UUID, DwProgress, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwProgress, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwProgress, homeowner_id, homeowner_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwProgress, provider_id, provider_id, DW_COLUMN_FIXED),
	DW_COLUMN(INT4, DwProgress, progress, progress, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwProgress, status_description, status_description,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TEXTS, DwProgress, photos, photos, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwProgress, notes, notes, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwProgress, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable progresses =
DW_TABLE("job_progress", DwProgress, progress_columns);

void
dw_progress_insert(const DwJob *job, DwProgress *progress)
{
	progress->job_id = job->id;
	progress->homeowner_id = job->homeowner_id;
	progress->provider_id = job->provider_id;
	dw_table_insert(&progresses, progress);
}
