/*
 * work_store.c
 *		Rows of dwello.agent_work: versions of terms that agents look at.
 */
#include "postgres.h"

#include "utils/timestamp.h"

#include "server/setting/setting_server.h"
#include "server/table/table_server.h"
#include "store/run/run_store.h"

/* A row, when it is made. */
typedef struct Work
{
	DwUuid		job_id;			/* of the job */
	int32		terms_version;	/* that was published */
	TimestampTz created_at;		/* when it was */
}			Work;

static const DwColumn work_columns[] = {
	DW_COLUMN(UUID, Work, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(INT4, Work, terms_version, terms_version, DW_COLUMN_KEY),
	DW_COLUMN(TIME, Work, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable works = DW_TABLE("agent_work", Work, work_columns);

void
dw_work_enqueue(const DwUuid *job_id, int32 terms_version)
{
	Work		work = {
		.job_id = *job_id,
		.terms_version = terms_version,
		.created_at = dw_now()
	};

	(void) dw_table_insert_new(&works, &work);
}
