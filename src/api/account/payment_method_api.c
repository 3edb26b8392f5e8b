/*
 * payment_method_api.c
 *		Entry points of a user's payment methods.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "core/account/account.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/account/account_store.h"

#define PSP_MAX_LENGTH		100
#define TOKEN_MAX_LENGTH	500
#define LAST_FOUR_MAX_LENGTH	100 /* more than four digits is 22023 */

static void method_read(DwCall *call, DwPaymentMethod *method);
static void method_check(DwCall *call, const DwPaymentMethod *method);
static void method_need(bool found, const DwUuid *user_id, const DwUuid *id);
static void method_announce(const DwUuid *user_id, const DwUuid *id,
							const char *type);

/* add_payment_method(method_type, …) → user_id, payment_method_id, … */
DW_FUNCTION(dwello_add_payment_method)
{
	DwCall		call;
	DwPaymentMethod method;
	DwUser		user;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER |
					 DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	method_read(&call, &method);
	method_check(&call, &method);

	dw_user_for_command(&call, &method.user_id, &user);
	if (dw_call_replay(&call, &user.id))
		return dw_call_return(&call);
	if (user.type == DW_USER_ADMIN)
		dw_arg_refuse(&call, "user_id", DW_BAD_VALUE,
					  "must be a homeowner's or a service provider's");

	/* somebody with one method has a default one */
	if (!method.is_default)
		method.is_default = !dw_payment_method_has_default(&user.id);
	method.id = dw_uuid_fresh();
	method.created_at = dw_now();
	dw_payment_method_insert(&method);
	method_announce(&user.id, &method.id, "payment_method_added");

	dw_row_uuid(&call, "user_id", &user.id);
	dw_row_uuid(&call, "payment_method_id", &method.id);
	dw_row_int4(&call, "version", 1);
	return dw_call_return(&call);
}

/* remove_payment_method(payment_method_id, …) → user_id, … */
DW_FUNCTION(dwello_remove_payment_method)
{
	DwCall		call;
	DwUuid		id;
	DwUuid		user_id;
	DwUser		user;
	DwPaymentMethod method;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER |
					 DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	id = dw_arg_uuid(&call, "payment_method_id");
	user_id = dw_user_argument(&call, "user_id");

	dw_user_for_command(&call, &user_id, &user);
	method_need(dw_payment_method_lock(&user_id, &id, &method), &user_id, &id);
	if (dw_call_replay(&call, &user_id))
		return dw_call_return(&call);
	/* only a retry may know of one that is gone */
	method_need(method.removed_at == DT_NOBEGIN, &user_id, &id);
	dw_call_version(&call, method.version);
	if (dw_payment_method_awaited(&method))
		dw_raise(DW_INVALID_TRANSITION, "a payment is under way",
				 psprintf("A payment with payment method %s may still arrive.",
						  dw_uuid_text(&id)),
				 "Wait for it, or for its pay_by.");
	dw_payment_method_remove(&method);
	method_announce(&user_id, &id, "payment_method_removed");

	dw_row_uuid(&call, "user_id", &user_id);
	dw_row_uuid(&call, "payment_method_id", &id);
	dw_row_int4(&call, "version", method.version);
	return dw_call_return(&call);
}

/* Reads what is there (22004), none of it over its limit (22001). */
static void
method_read(DwCall *call, DwPaymentMethod *method)
{
	dw_args_need(call, "method_type", "psp", "psp_token", "is_default", NULL);
	method->user_id = dw_user_argument(call, "user_id");
	method->method_type = dw_arg_label(call, "method_type");
	method->psp = dw_arg_text_opt(call, "psp", PSP_MAX_LENGTH);
	method->psp_token = dw_arg_text_opt(call, "psp_token",
										TOKEN_MAX_LENGTH);
	method->last_four = dw_arg_text_opt(call, "last_four",
										LAST_FOUR_MAX_LENGTH);
	method->expires_on = dw_arg_date_opt(call, "expires_on");
	method->is_default = dw_arg_bool(call, "is_default");
}

/* Judges every value (22023). */
static void
method_check(DwCall *call, const DwPaymentMethod *method)
{
	(void) dw_arg_text(call, "psp", PSP_MAX_LENGTH);
	(void) dw_arg_text(call, "psp_token", TOKEN_MAX_LENGTH);
	if (dw_card_number_like(method->psp_token))
		dw_arg_refuse(call, "psp_token", DW_BAD_VALUE,
					  "must be the company's token, not a card number");
	if (method->last_four != NULL && !dw_last_four_valid(method->last_four))
		dw_arg_refuse(call, "last_four", DW_BAD_VALUE,
					  "must be four digits");
	if (!DATE_IS_NOBEGIN(method->expires_on) &&
		method->expires_on < dw_today())
		dw_arg_refuse(call, "expires_on", DW_BAD_VALUE,
					  "must not be in the past");
}

/* P0002 unless the method was found. */
static void
method_need(bool found, const DwUuid *user_id, const DwUuid *id)
{
	if (!found)
		dw_raise(DW_NOT_FOUND, "payment method does not exist",
				 psprintf("User %s has no payment method %s.",
						  dw_uuid_text(user_id), dw_uuid_text(id)), NULL);
}

/* Tells the outside, without the token. */
static void
method_announce(const DwUuid *user_id, const DwUuid *id, const char *type)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "user_id", user_id);
	dw_payload_uuid(&payload, "payment_method_id", id);
	dw_event_emit(user_id, "user", user_id, type, &payload);
}
