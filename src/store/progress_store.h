/*
 * progress_store.h
 *		Rows of dwello.job_progress: what a provider tells of his work.
 */
#ifndef DW_PROGRESS_STORE_H
#define DW_PROGRESS_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "store/job_store.h"

/* One report. */
typedef struct DwProgress
{
	DwUuid		id;				/* fresh */
	int32		progress;		/* 0 ... 100 percent; it may fall */
	const char *status_description; /* or NULL */
	Datum		photos;			/* text[] */
	const char *notes;			/* or NULL */
	TimestampTz created_at;		/* by dw_now() */
} DwProgress;

/* Writes a report about a locked job, by its provider. */
extern void dw_progress_insert(const DwJob *job, const DwProgress *progress);

#endif							/* DW_PROGRESS_STORE_H */
