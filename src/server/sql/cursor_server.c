/*
 * cursor_server.c
 *		A place in a list that is read newest first, page by page.
 */
#include "postgres.h"

#include "server/sql/sql_server.h"

/* Adds the two parameters of a place. */
void
dw_param_cursor(DwParams *p, const DwCursor *cursor)
{
	dw_param_time(p, cursor->created_at);
	dw_param_uuid(p, &cursor->id);
}

bool
dw_read_cursor(uint64 rows, const DwUuid *id, DwCursor *cursor)
{
	if (rows == 0)
		return false;
	cursor->created_at = dw_read_time(0, 1);
	cursor->id = *id;
	return true;
}
