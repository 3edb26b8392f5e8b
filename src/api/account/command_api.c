/*
 * command_api.c
 *		Begins a command: its caller is known, active, and may write here.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "tcop/utility.h"

#include "api/account/account_api.h"
#include "server/error/error_server.h"
#include "store/account/account_store.h"

/* 42501 unless the acting user may do what `pending_may` allows. */
static void
check_account_status(DwCall *call, bool pending_may)
{
	DwUserStatus status;

	if (call->actor.kind == DW_ACTOR_SYSTEM)
		return;
	status = dw_user_status(&call->actor.user_id);
	if (status == DW_USER_ACTIVE ||
		(pending_may && status == DW_USER_PENDING_VERIFICATION))
		return;
	dw_raise(DW_FORBIDDEN, "the user is not active",
			 psprintf("User %s has the status \"%s\".",
					  dw_uuid_text(&call->actor.user_id),
					  dw_user_status_label(status)),
			 status == DW_USER_PENDING_VERIFICATION
			 ? "The user must be verified first, see dwello.verify_user()."
			 : "An administrator can tell why.");
}

void
dw_command_begin(DwCall *call, FunctionCallInfo fcinfo, DwActorSet actors)
{
	dw_query_begin(call, fcinfo, actors);
	check_account_status(call, false);
	PreventCommandIfReadOnly(psprintf("dwello.%s()", dw_call_name(call)));
}

/* Begins a command that a user pending verification may call, too. */
void
dw_draft_begin(DwCall *call, FunctionCallInfo fcinfo, DwActorSet actors)
{
	dw_query_begin(call, fcinfo, actors);
	check_account_status(call, true);
	PreventCommandIfReadOnly(psprintf("dwello.%s()", dw_call_name(call)));
}
