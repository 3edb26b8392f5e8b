/*
 * saved_store.h
 *		Rows of dwello.saved_searches, and who hears of a job by them.
 *
 * A saved search has the columns of a search and a key in the same index as
 * agents (reach_store.h): a published job asks it, not the other way round.
 */
#ifndef DW_SAVED_STORE_H
#define DW_SAVED_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/search.h"
#include "core/uuid.h"

/* A search to be saved. */
typedef struct DwSavedSearch
{
	DwUuid		user_id;		/* whose it is */
	DwUuid		id;				/* saved_searches.id */
	const char *name;			/* as he calls it */
	const DwSearch *search;		/* judged; as_of does not count */
	int32		version;		/* of the row; 0 = not saved yet */
} DwSavedSearch;

/* The caller has locked the user in all of these. */

/* Locks a search; its version, or 0 when he has none of that id. */
extern int32 dw_saved_lock(const DwUuid *user_id, const DwUuid *id);

/* How many he has. */
extern int64 dw_saved_count(const DwUuid *user_id);

/* Inserts a search (version 0), or changes one, and counts it up. */
extern void dw_saved_write(DwSavedSearch *saved, TimestampTz now);

/* Deletes a locked search. */
extern void dw_saved_delete(const DwUuid *user_id, const DwUuid *id);

/*
 * Tells everybody of whom an active search fits a published job, once each
 * for the event; nobody when the job is no longer open to all.
 */
extern void dw_saved_notify(const DwUuid *job_id, const DwUuid *event_id);

#endif							/* DW_SAVED_STORE_H */
