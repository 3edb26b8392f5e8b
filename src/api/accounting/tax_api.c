/*
 * tax_api.c
 *		Who people are to a tax office: set_tax_profile, tax_profile.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "core/account/account.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "store/accounting/accounting_store.h"

#define LEGAL_NAME_MAX 300		/* characters of a legal name */
#define TAX_ID_MAX	50			/* characters of a number */
#define COUNTRY_MAX 20			/* characters; only two can be right */

/* A number, if one is given; 22023 for a blank one. */
static const char *
arg_number(DwCall *call, const char *arg)
{
	return dw_arg_has(call, arg) ? dw_arg_text(call, arg, TAX_ID_MAX) : NULL;
}

/* Reads the arguments of set_tax_profile; errors of arguments alone. */
static void
profile_read(DwCall *call, DwTaxProfile *profile)
{
	memset(profile, 0, sizeof(*profile));
	dw_args_need(call, "legal_name", "country", "is_business", NULL);
	profile->legal_name = dw_arg_text(call, "legal_name",
									  LEGAL_NAME_MAX);
	profile->country = dw_arg_text(call, "country", COUNTRY_MAX);
	profile->tax_id = arg_number(call, "tax_id");
	profile->vat_id = arg_number(call, "vat_id");
	profile->is_business = dw_arg_bool(call, "is_business");
	if (!dw_country_valid(profile->country))
		dw_arg_refuse(call, "country", DW_BAD_VALUE,
					  "must be two capital letters of ISO 3166");
}

/*
 * Locks whom a profile is of; the platform's, which the nil id names, is an
 * administrator's to set.
 */
static void
lock_owner(DwCall *call, const DwUuid *user_id)
{
	DwWatermark watermark;
	DwUser		user;

	if (!dw_uuid_is_nil(user_id) || call->actor.kind != DW_ACTOR_ADMIN)
		dw_user_for_command(call, user_id, &user);
	else
		dw_watermark_lock(&watermark);
}

/* The columns that both return but for what is sealed. */
static void
row_profile(DwCall *call, const DwTaxProfile *profile)
{
	dw_row_uuid(call, "user_id", &profile->user_id);
	dw_row_int4(call, "version", profile->version);
	dw_row_text(call, "country", profile->country);
	dw_row_bool(call, "is_business", profile->is_business);
	dw_row_time(call, "created_at", profile->created_at);
}

DW_FUNCTION(dwello_set_tax_profile)
{
	DwCall		call;
	DwTaxProfile profile;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER |
					 DW_ACTOR_ADMIN);
	profile_read(&call, &profile);
	profile.user_id = dw_user_argument(&call, "user_id");
	lock_owner(&call, &profile.user_id);
	if (dw_call_replay(&call, &profile.user_id))
		return dw_call_return(&call);
	profile.created_by = call.actor.user_id;
	profile.created_at = dw_now();
	dw_tax_profile_insert(&profile);
	row_profile(&call, &profile);
	return dw_call_return(&call);
}

DW_FUNCTION(dwello_tax_profile)
{
	DwCall		call;
	DwTaxProfile profile;
	DwUuid		user_id;

	dw_query_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER |
				   DW_ACTOR_ADMIN);
	user_id = dw_user_argument(&call, "user_id");
	if (call.actor.kind != DW_ACTOR_ADMIN &&
		!dw_uuid_equal(&user_id, &call.actor.user_id))
		dw_raise(DW_FORBIDDEN, "the tax profile is not the caller's",
				 "People read their own.", "Leave user_id out.");
	if (!dw_tax_profile_find(&user_id, true, &profile))
		dw_raise(DW_NOT_FOUND, "there is no tax profile",
				 psprintf("User %s has none.", dw_uuid_text(&user_id)),
				 "Set one with dwello.set_tax_profile().");
	row_profile(&call, &profile);
	dw_row_text(&call, "legal_name", profile.legal_name);
	dw_row_text(&call, "tax_id", profile.tax_id);
	dw_row_text(&call, "vat_id", profile.vat_id);
	return dw_call_return(&call);
}
