/*
 * flag_api.c
 *		Entry points of feature flags: setting one, asking one.
 *
 * As settings, flags belong to no job and no user: the record of a request
 * is in the scope of whoever calls.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "utils/array.h"

#include "api/account/account_api.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"
#include "store/admin/admin_store.h"

#define USERS_MAX 10000			/* whom one flag may name */


static void edit_read(DwCall *call, DwFlagEdit *edit);
static void edit_check(DwCall *call, const DwFlagEdit *edit);
static Datum user_ids_read(DwCall *call);
static void asked_user_guard(DwCall *call, const DwUuid *user_id);

/* set_flag(name, is_enabled, …) → name, is_enabled, … */
DW_FUNCTION(dwello_set_flag)
{
	DwCall		call;
	DwFlagEdit	edit;
	int32		version;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	edit_read(&call, &edit);
	edit_check(&call, &edit);

	version = dw_flag_lock(edit.name);
	if (dw_call_replay(&call, &call.actor.user_id))
		return dw_call_return(&call);
	dw_call_version(&call, version);
	dw_flag_save(&call, &edit);
	return dw_call_return(&call);
}

/* flag_enabled(name, user_id) → boolean */
DW_FUNCTION(dwello_flag_enabled)
{
	DwCall		call;
	const char *name;
	DwUuid		user_id;
	DwFlagState state;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	dw_args_need(&call, "name", NULL);
	user_id = dw_user_argument(&call, "user_id");
	name = dw_arg_text(&call, "name", DW_FLAG_NAME_MAX);
	asked_user_guard(&call, &user_id);

	state = dw_flag_state(name, &user_id);
	if (state == DW_FLAG_UNKNOWN)
		dw_raise(DW_NOT_FOUND, "flag does not exist",
				 psprintf("There is no flag \"%s\".", name),
				 "The view dwello.flags lists them all.");
	if (state == DW_FLAG_NOBODY)
		dw_raise(DW_NOT_FOUND, "user does not exist",
				 psprintf("There is no user %s.", dw_uuid_text(&user_id)),
				 "dwello.find_login() finds an account.");
	return dw_call_return_datum(&call, BoolGetDatum(state == DW_FLAG_ON),
								true, sizeof(bool));
}

/* Reads what is there (22004), the name not over its limit (22001). */
static void
edit_read(DwCall *call, DwFlagEdit *edit)
{
	memset(edit, 0, sizeof(*edit));
	dw_args_need(call, "name", NULL);
	edit->has_user_ids = dw_arg_has(call, "user_ids");
	if (edit->has_user_ids)
		edit->user_ids = user_ids_read(call);
	edit->name = dw_arg_text_opt(call, "name", DW_FLAG_NAME_MAX);
	edit->has_is_enabled = dw_arg_has(call, "is_enabled");
	if (edit->has_is_enabled)
		edit->is_enabled = dw_arg_bool(call, "is_enabled");
	edit->has_rollout = dw_arg_has(call, "rollout_percentage");
	if (edit->has_rollout)
		edit->rollout_percentage = dw_arg_int4(call, "rollout_percentage");
	edit->has_targets = dw_arg_has(call, "targets");
	if (edit->has_targets)
		edit->targets = dw_arg_jsonb(call, "targets");
}

/* The array of users; 22004 for a NULL among them. */
static Datum
user_ids_read(DwCall *call)
{
	ArrayType  *array =
		DatumGetArrayTypeP(dw_arg_datum(call, "user_ids"));

	if (array_contains_nulls(array))
		dw_arg_refuse(call, "user_ids", DW_NULL_VALUE,
					  "must not have a NULL element");
	return PointerGetDatum(array);
}

/* Judges every value (22023). */
static void
edit_check(DwCall *call, const DwFlagEdit *edit)
{
	DwFlagTargets targets;
	const char *fault;

	if (!dw_flag_name_valid(edit->name))
		dw_arg_refuse(call, "name", DW_BAD_VALUE,
					  "must be a word like new_feature");
	if (edit->has_rollout && (edit->rollout_percentage < 0 ||
							  edit->rollout_percentage > 100))
		dw_arg_refuse(call, "rollout_percentage", DW_BAD_VALUE,
					  "must be from 0 to 100");
	if (edit->has_targets)
	{
		fault = dw_flag_targets_read(edit->targets, &targets);
		if (fault != NULL)
			dw_arg_refuse(call, "targets", DW_BAD_VALUE, fault);
	}
	if (edit->has_user_ids)
	{
		ArrayType  *array = DatumGetArrayTypeP(edit->user_ids);

		if (ARR_NDIM(array) > 1)
			dw_arg_refuse(call, "user_ids", DW_BAD_VALUE,
						  "must have one dimension");
		if (ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) > USERS_MAX)
			dw_arg_refuse(call, "user_ids", DW_BAD_VALUE,
						  psprintf("must not name more than %d", USERS_MAX));
	}
}

/* 42501 unless the caller may ask for this user. */
static void
asked_user_guard(DwCall *call, const DwUuid *user_id)
{
	if ((call->actor.kind & (DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM)) == 0 &&
		!dw_uuid_equal(user_id, &call->actor.user_id))
		dw_raise(DW_FORBIDDEN,
				 "only an administrator asks for another user",
				 psprintf("User %s does not call.", dw_uuid_text(user_id)),
				 "Leave user_id out to ask for yourself.");
}
