/*
 * saved_api.c
 *		Entry points of searches that a provider wants to hear of.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/search/search_api_int.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/search/search_store.h"

#define SAVED_ACTORS \
	(DW_ACTOR_PROVIDER | DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM)

#define NAME_MAX_LENGTH 100

static void search_check(DwCall *call, DwSearch *search);
static void categories_check(const DwSearch *search);
static void owner_lock(DwCall *call, const char *arg, const DwUuid *user_id);
static void room_check(const DwUuid *user_id);
pg_noreturn static void search_refuse_unknown(const DwUuid *user_id,
											  const DwUuid *id);
static Datum saved_return(DwCall *call, const DwSavedSearch *saved,
						  const char *type);

/* save_search(query, …, name, search_id) → user_id, search_id, … */
DW_FUNCTION(dwello_save_search)
{
	DwCall		call;
	DwSearch	search = {0};
	DwSavedSearch saved = {.search = &search};
	const DwUuid *id;

	dw_command_begin(&call, fcinfo, SAVED_ACTORS);
	dw_args_need(&call, "currency", "name", NULL);
	saved.user_id = dw_user_argument(&call, "user_id");
	saved.name = dw_arg_text(&call, "name", NAME_MAX_LENGTH);
	search_check(&call, &search);

	id = dw_arg_uuid_opt(&call, "search_id");
	owner_lock(&call, "user_id", &saved.user_id);
	if (dw_call_replay(&call, &saved.user_id))
		return dw_call_return(&call);
	saved.id = id != NULL ? *id : dw_uuid_fresh();
	saved.version = id != NULL ? dw_saved_lock(&saved.user_id, id) : 0;
	if (id != NULL && saved.version == 0)
		search_refuse_unknown(&saved.user_id, id);
	dw_call_version(&call, saved.version);
	if (saved.version == 0)
		room_check(&saved.user_id);
	dw_saved_write(&saved, dw_now());
	return saved_return(&call, &saved, "search_saved");
}

/* delete_search(search_id) → user_id, search_id, version, replayed */
DW_FUNCTION(dwello_delete_search)
{
	DwCall		call;
	DwSavedSearch saved = {0};

	dw_command_begin(&call, fcinfo, SAVED_ACTORS);
	saved.id = dw_arg_uuid(&call, "search_id");
	saved.user_id = dw_user_argument(&call, "user_id");

	owner_lock(&call, "user_id", &saved.user_id);
	if (dw_call_replay(&call, &saved.user_id))
		return dw_call_return(&call);
	saved.version = dw_saved_lock(&saved.user_id, &saved.id);
	if (saved.version == 0)
		search_refuse_unknown(&saved.user_id, &saved.id);
	dw_call_version(&call, saved.version);
	dw_saved_delete(&saved.user_id, &saved.id);
	return saved_return(&call, &saved, "search_deleted");
}

/* Reads and judges what is searched for: 22004, 22001, 22023, P0002. */
static void
search_check(DwCall *call, DwSearch *search)
{
	DwArgError	error = {0};

	dw_search_read(call, search, &error);
	dw_search_check(search, &error);
	dw_arg_error_raise(call, &error);
	categories_check(search);
}

/* P0002 for a category that does not exist. */
static void
categories_check(const DwSearch *search)
{
	DwSearchPlan plan;
	DwUuid		unknown;

	if (!dw_search_prepare(search, &plan, &unknown))
		dw_raise(DW_NOT_FOUND, psprintf("category %s does not exist",
										dw_uuid_text(&unknown)),
				 NULL, "See dwello.categories for those there are.");
}

/* Locks whose search it is; 22023 for one who is no provider. */
static void
owner_lock(DwCall *call, const char *arg, const DwUuid *user_id)
{
	DwUser		user;

	dw_user_for_command(call, user_id, &user);
	if (user.type != DW_USER_PROVIDER)
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must be a service provider's");
}

/* WD301 for one search too many. */
static void
room_check(const DwUuid *user_id)
{
	int64		most = dw_setting_int8("saved_searches_max");

	if (dw_saved_count(user_id) >= most)
		dw_raise(DW_LIMIT_REACHED, "there are too many saved searches",
				 psprintf("A provider may have " INT64_FORMAT ".", most),
				 "Delete one with dwello.delete_search(), or change it: give its search_id.");
}

/* Raises P0002 for a search. */
static void
search_refuse_unknown(const DwUuid *user_id, const DwUuid *id)
{
	dw_raise(DW_NOT_FOUND, "saved search does not exist",
			 psprintf("User %s has no saved search %s.",
					  dw_uuid_text(user_id), dw_uuid_text(id)),
			 "dwello.saved_searches has those there are; leave search_id out to save a new one.");
}

/* Tells the outside, and makes the row that both return. */
static Datum
saved_return(DwCall *call, const DwSavedSearch *saved, const char *type)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "user_id", &saved->user_id);
	dw_payload_uuid(&payload, "search_id", &saved->id);
	dw_event_emit(&saved->user_id, "user", &saved->user_id, type, &payload);

	dw_row_uuid(call, "user_id", &saved->user_id);
	dw_row_uuid(call, "search_id", &saved->id);
	dw_row_int4(call, "version", saved->version);
	return dw_call_return(call);
}
