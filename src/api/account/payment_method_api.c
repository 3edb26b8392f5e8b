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
static void method_verify(DwCall *call, DwPaymentMethod *method);
static bool method_replay(DwCall *call, const DwUuid *user_id,
						  const DwUuid *id, DwPaymentMethod *method);
static void method_row(DwCall *call, const DwPaymentMethod *method);
static void method_announce(const DwPaymentMethod *method, const char *type);

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
	method.version = 1;
	method_announce(&method, "payment_method_added");
	method_row(&call, &method);
	return dw_call_return(&call);
}

/* remove_payment_method(payment_method_id, …) → user_id, … */
DW_FUNCTION(dwello_remove_payment_method)
{
	DwCall		call;
	DwUuid		id;
	DwUuid		user_id;
	DwPaymentMethod method;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER |
					 DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	id = dw_arg_uuid(&call, "payment_method_id");
	user_id = dw_user_argument(&call, "user_id");

	if (method_replay(&call, &user_id, &id, &method))
		return dw_call_return(&call);
	if (dw_payment_method_awaited(&method))
		dw_raise(DW_INVALID_TRANSITION, "a payment is under way",
				 psprintf("A payment with payment method %s may still arrive.",
						  dw_uuid_text(&id)),
				 "Wait for it or for its pay_by, or give it up with"
				 " dwello.abandon_payment().");
	dw_payment_method_remove(&method);
	method_announce(&method, "payment_method_removed");
	method_row(&call, &method);
	return dw_call_return(&call);
}

/* verify_payment_method(user_id, payment_method_id) → can_receive, … */
DW_FUNCTION(dwello_verify_payment_method)
{
	DwCall		call;
	DwUuid		user_id;
	DwUuid		id;
	DwPaymentMethod method;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	user_id = dw_arg_uuid(&call, "user_id");
	id = dw_arg_uuid(&call, "payment_method_id");

	if (method_replay(&call, &user_id, &id, &method))
		return dw_call_return(&call);
	if (method.can_receive)
		dw_call_replayed(&call);
	else
		method_verify(&call, &method);
	dw_row_bool(&call, "can_receive", method.can_receive);
	method_row(&call, &method);
	return dw_call_return(&call);
}

/* What each kind of payment method can: one row a kind. */
DW_FUNCTION(dwello_payment_method_abilities)
{
	DwCall		call;

	dw_list_begin(&call, fcinfo);
	for (int type = 0; type < DW_METHOD_TYPE_COUNT; type++)
	{
		DwMethodAbility ability =
			dw_method_ability((DwPaymentMethodType) type);

		dw_row_enum(&call, "method_type", &dw_payment_method_type_labels,
					type);
		dw_row_bool(&call, "can_pay", ability.can_pay);
		dw_row_bool(&call, "can_receive", ability.can_receive);
		dw_list_emit(&call);
	}
	return dw_list_return(&call);
}

/* 22023 for a kind that cannot receive, WD102 for one that has expired. */
static void
method_need_able(DwCall *call, const DwPaymentMethod *method)
{
	if (!dw_method_ability(method->method_type).can_receive)
		dw_arg_refuse(call, "payment_method_id", DW_BAD_VALUE,
					  "must be of a kind that can receive");
	if (!DATE_IS_NOBEGIN(method->expires_on) &&
		method->expires_on < dw_today())
		dw_raise(DW_DEADLINE_PASSED, "the payment method has expired",
				 psprintf("Payment method %s can no longer receive.",
						  dw_uuid_text(&method->id)),
				 "Add another with dwello.add_payment_method().");
}

/* From now on payouts may go to it. */
static void
method_verify(DwCall *call, DwPaymentMethod *method)
{
	method_need_able(call, method);
	dw_payment_method_verify(method);
	method_announce(method, "payment_method_verified");
}

/* Reads what is there (22004), none of it over its limit (22001). */
static void
method_read(DwCall *call, DwPaymentMethod *method)
{
	memset(method, 0, sizeof(*method));
	dw_args_need(call, "method_type", "psp", "psp_token", "is_default", NULL);
	method->user_id = dw_user_argument(call, "user_id");
	if (!dw_payment_method_type_parse(dw_arg_label(call, "method_type"),
									  &method->method_type))
		elog(ERROR, "unknown type of payment method");
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
						  dw_uuid_text(user_id), dw_uuid_text(id)),
				 "dwello.payment_methods has those that you may see.");
}

/*
 * Locks the user and the method; true when the call was done before.  Else the
 * method is live and of the version that is expected.
 */
static bool
method_replay(DwCall *call, const DwUuid *user_id, const DwUuid *id,
			  DwPaymentMethod *method)
{
	DwUser		user;

	dw_user_for_command(call, user_id, &user);
	method_need(dw_payment_method_lock(user_id, id, method), user_id, id);
	if (dw_call_replay(call, user_id))
		return true;
	/* only a retry may know of one that is gone */
	method_need(method->removed_at == DT_NOBEGIN, user_id, id);
	dw_call_version(call, method->version);
	return false;
}

/* Fills the columns that all commands on a method return. */
static void
method_row(DwCall *call, const DwPaymentMethod *method)
{
	dw_row_uuid(call, "user_id", &method->user_id);
	dw_row_uuid(call, "payment_method_id", &method->id);
	dw_row_int4(call, "version", method->version);
}

/* Tells the outside, without the token. */
static void
method_announce(const DwPaymentMethod *method, const char *type)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "user_id", &method->user_id);
	dw_payload_uuid(&payload, "payment_method_id", &method->id);
	dw_event_emit(&method->user_id, "user", &method->user_id, type, &payload);
}
