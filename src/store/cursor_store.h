/*
 * cursor_store.h
 *		A place in a list that is read newest first, page by page.
 *
 * Rows are in the order of created_at and id, which together name a place;
 * a page goes on with what comes after it, so nothing is counted over.
 */
#ifndef DW_CURSOR_STORE_H
#define DW_CURSOR_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/uuid.h"
#include "store/plan_store.h"

/* A place in the list; DW_CURSOR_NEWEST is before the newest row. */
typedef struct DwCursor
{
	TimestampTz created_at;		/* of the row it stands at */
	DwUuid		id;				/* its id */
} DwCursor;

#define DW_CURSOR_NEWEST	{.created_at = DT_NOEND}

/* Adds two parameters, to be compared with the row (created_at, id). */
extern void dw_param_cursor(DwParams *p, const DwCursor *cursor);

/*
 * Places the cursor at the row of that id, whose created_at is the one
 * column of the last result; false when that has no rows.
 */
extern bool dw_read_cursor(uint64 rows, const DwUuid *id, DwCursor *cursor);

#endif							/* DW_CURSOR_STORE_H */
