/*
 * payment_method_store.c
 *		Rows of dwello.payment_methods.
 *
 * The caller has locked the user, so the default method is his to move.
 */
#include "postgres.h"

#include "store/payment_method_store.h"
#include "store/plan_store.h"

static void default_yield(const DwUuid *user_id);

/* True when the user has a default method. */
bool
dw_payment_method_has_default(const DwUuid *user_id)
{
	static DwStatement select_default =
		DW_STATEMENT("SELECT FROM dwello.payment_methods AS m "
					 "WHERE m.user_id = $1 AND m.is_default "
					 "AND m.removed_at IS NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	return dw_execute(&select_default, &p) > 0;
}

/* Writes the method; see the header. */
void
dw_payment_method_insert(const DwPaymentMethod *method)
{
	static DwStatement insert_method =
		DW_STATEMENT("INSERT INTO dwello.payment_methods "
					 "(user_id, id, method_type, psp, psp_token, last_four, "
					 "expires_on, is_default, created_at, updated_at) "
					 "VALUES ($1, $2, $3::text::dwello.payment_method_type, "
					 "$4, $5, $6, $7, $8, $9, $9)");
	DwParams	p = DW_PARAMS;

	if (method->is_default)
		default_yield(&method->user_id);
	dw_param_uuid(&p, &method->user_id);
	dw_param_uuid(&p, &method->id);
	dw_param_text(&p, method->method_type);
	dw_param_text(&p, method->psp);
	dw_param_text(&p, method->psp_token);
	dw_param_text(&p, method->last_four);
	dw_param_date(&p, method->expires_on);
	dw_param_bool(&p, method->is_default);
	dw_param_time(&p, method->created_at);
	(void) dw_execute(&insert_method, &p);
}

/* Takes the flag from the default method, if there is one. */
static void
default_yield(const DwUuid *user_id)
{
	static DwStatement update_default =
		DW_STATEMENT("UPDATE dwello.payment_methods "
					 "SET is_default = false, version = version + 1 "
					 "WHERE user_id = $1 AND is_default "
					 "AND removed_at IS NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	(void) dw_execute(&update_default, &p);
}
