/*
 * payment_method_store.c
 *		Rows of dwello.payment_methods.
 *
 * The caller has locked the user, so the default method is theirs to move.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/account/account_store.h"

static void default_yield(const DwUuid *user_id);
static void default_pass(const DwUuid *user_id);

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

bool
dw_payment_method_lock(const DwUuid *user_id, const DwUuid *id,
					   DwMethodState *state)
{
	static DwStatement lock_method =
		DW_STATEMENT("SELECT m.is_default, m.removed_at IS NOT NULL, "
					 "m.version FROM dwello.payment_methods AS m "
					 "WHERE m.user_id = $1 AND m.id = $2 "
					 "FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	if (dw_execute(&lock_method, &p) == 0)
		return false;
	state->is_default = dw_read_bool(0, 1);
	state->is_removed = dw_read_bool(0, 2);
	state->version = dw_read_int4(0, 3);
	return true;
}

/*
 * Looks for a payment that waits.  Whoever asks for one shares the lock of
 * the method's row until it is written, so none is missed.
 */
bool
dw_payment_method_awaited(const DwUuid *user_id, const DwUuid *id)
{
	static DwStatement select_pending =
		DW_STATEMENT("SELECT FROM dwello.transactions AS t "
					 "WHERE t.payer_id = $1 AND t.payment_method_id = $2 "
					 "AND t.status = 'pending' AND t.pay_by > $3 LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	dw_param_time(&p, dw_now());
	return dw_execute(&select_pending, &p) > 0;
}

void
dw_payment_method_remove(const DwUuid *user_id, const DwUuid *id,
						 DwMethodState *state)
{
	static DwStatement update_removed =
		DW_STATEMENT("UPDATE dwello.payment_methods "
					 "SET removed_at = $3, is_default = false, "
					 "version = version + 1 "
					 "WHERE user_id = $1 AND id = $2 RETURNING version");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	dw_param_time(&p, dw_now());
	(void) dw_execute(&update_removed, &p);
	state->version = dw_read_only_int4(0);
	if (state->is_default)
		default_pass(user_id);
}

/* Gives the flag to the newest method that was not removed, if any. */
static void
default_pass(const DwUuid *user_id)
{
	static DwStatement update_newest =
		DW_STATEMENT("UPDATE dwello.payment_methods AS m "
					 "SET is_default = true, version = m.version + 1 "
					 "WHERE m.user_id = $1 AND m.id = "
					 "(SELECT n.id FROM dwello.payment_methods AS n "
					 "WHERE n.user_id = $1 AND n.removed_at IS NULL "
					 "ORDER BY n.created_at DESC, n.id DESC LIMIT 1)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	(void) dw_execute(&update_newest, &p);
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
