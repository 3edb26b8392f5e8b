/*
 * drop_api.c
 *		The guard of DROP EXTENSION.
 *
 * DROP EXTENSION drops every row without asking, and so does whatever
 * cascades to it: DROP SCHEMA public CASCADE goes through PostGIS.  The
 * server tells a hook of each object that is about to be dropped, the
 * extension's own row among them.  The hook is there once the library is
 * loaded; an event trigger on the start of every definition command does
 * nothing but load it, so that no session is without the guard.
 */
#include "postgres.h"

#include "catalog/objectaccess.h"
#include "catalog/pg_extension.h"
#include "commands/event_trigger.h"
#include "commands/extension.h"

#include "api/admin/admin_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"

static object_access_hook_type next_hook = NULL;

/* True when the object is the row of extension dwello. */
static bool
is_dwello(Oid class_id, Oid object_id)
{
	char	   *name;

	if (class_id != ExtensionRelationId)
		return false;
	name = get_extension_name(object_id);
	return name != NULL && strcmp(name, "dwello") == 0;
}

/* WD901 when the extension is about to be dropped without leave. */
static void
refuse_drop(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id,
			void *argument)
{
	if (next_hook != NULL)
		next_hook(access, class_id, object_id, sub_id, argument);
	if (access != OAT_DROP || dw_allow_drop() ||
		!is_dwello(class_id, object_id))
		return;
	dw_raise(DW_DROP_REFUSED,
			 "dropping the extension dwello would drop every row it holds",
			 "Jobs, bids, escrows and the ledger are tables of the extension.",
			 "As a superuser, SET dwello.allow_drop = on, if that is what you want.");
}

void
dw_drop_init(void)
{
	next_hook = object_access_hook;
	object_access_hook = refuse_drop;
}

/* guard_drop(): event trigger; that it is called has loaded the library. */
DW_FUNCTION(dwello_guard_drop)
{
	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		dw_raise(DW_FORBIDDEN,
				 "this function can only be called as an event trigger",
				 NULL, "The event trigger dwello_guard_drop is part of the extension.");
	PG_RETURN_NULL();
}
