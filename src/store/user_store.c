/*
 * user_store.c
 *		Rows of dwello.users: reading and writing.
 */
#include "postgres.h"

#include "store/plan_store.h"
#include "store/user_store.h"

/* The status of a user; see the header. */
DwUserStatus
dw_user_status(const DwUuid *user_id)
{
	static DwStatement select_status =
		DW_STATEMENT("SELECT u.status::text FROM dwello.users AS u "
					 "WHERE u.id = $1 AND u.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;
	DwUserStatus status;

	dw_param_uuid(&p, user_id);
	if (dw_query(&select_status, &p) == 0)
		return DW_USER_INACTIVE;
	if (!dw_user_status_parse(dw_read_text(0, 1), &status))
		elog(ERROR, "user has an unknown status");
	return status;
}
