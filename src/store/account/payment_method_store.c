/*
 * payment_method_store.c
 *		Rows of dwello.payment_methods.
 *
 * The caller has locked the user, so the default method is theirs to move.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/account/account_store.h"

static const DwColumn method_columns[] = {
	DW_COLUMN(UUID, DwPaymentMethod, user_id, user_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwPaymentMethod, id, id, DW_COLUMN_KEY),
	DW_COLUMN_ENUM(payment_method_type, DwPaymentMethod, method_type,
				   method_type, DW_COLUMN_FIXED,
				   dw_payment_method_type_labels),
	DW_COLUMN(TEXT, DwPaymentMethod, psp, psp, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwPaymentMethod, psp_token, psp_token, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwPaymentMethod, last_four, last_four, DW_COLUMN_FIXED),
	DW_COLUMN(DATE, DwPaymentMethod, expires_on, expires_on,
			  DW_COLUMN_FIXED),
	DW_COLUMN(BOOL, DwPaymentMethod, is_default, is_default, 0),
	DW_COLUMN(BOOL, DwPaymentMethod, can_receive, can_receive, 0),
	DW_COLUMN(TIME, DwPaymentMethod, removed_at, removed_at, DW_COLUMN_BORN),
	DW_COLUMN(TIME, DwPaymentMethod, created_at, created_at,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwPaymentMethod, updated_at, created_at,
			  DW_COLUMN_FIXED),
	DW_COLUMN(INT4, DwPaymentMethod, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED)
};

static DwTable methods =
DW_TABLE("payment_methods", DwPaymentMethod, method_columns);

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

void
dw_payment_method_insert(const DwPaymentMethod *method)
{
	/* first, for two of them would offend the unique index */
	if (method->is_default)
		default_yield(&method->user_id);
	dw_table_insert(&methods, method);
}

bool
dw_payment_method_lock(const DwUuid *user_id, const DwUuid *id,
					   DwPaymentMethod *method)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(methods, "WHERE t.user_id = $1 AND t.id = $2 "
					   "FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	if (dw_table_execute(&by_key, &p) == 0)
		return false;
	dw_table_read(&methods, 0, method);
	return true;
}

void
dw_payment_method_verify(DwPaymentMethod *method)
{
	method->can_receive = true;
	dw_table_update(&methods, method);
}

static const DwColumn destination_fields[] = {
	DW_FIELD(UUID, DwDestination, id, id),
	DW_FIELD(TEXT, DwDestination, psp, psp),
	DW_FIELD(BOOL, DwDestination, can_receive, can_receive),
	DW_FIELD(BOOL, DwDestination, is_default, is_default)
};

static DwMap destinations = DW_MAP(destination_fields);

DwDestination *
dw_destinations_load(const DwUuid *user_id, int *count)
{
	static DwStatement select_live =
		DW_STATEMENT("SELECT m.id, m.psp, m.can_receive AND "
					 "COALESCE(m.expires_on >= $2, true) AS can_receive, "
					 "m.is_default FROM dwello.payment_methods AS m "
					 "WHERE m.user_id = $1 AND m.removed_at IS NULL "
					 "ORDER BY m.id");
	DwParams	p = DW_PARAMS;
	DwDestination *all;

	dw_param_uuid(&p, user_id);
	dw_param_date(&p, dw_today());
	*count = (int) dw_execute(&select_live, &p);
	all = palloc0((*count + 1) * sizeof(DwDestination));
	for (int i = 0; i < *count; i++)
		dw_map_read(&destinations, i, &all[i]);
	return all;
}

bool
dw_payment_method_awaited(const DwPaymentMethod *method)
{
	/*
	 * Whoever asks for a payment shares the lock of the method's row until it
	 * is written, so none is missed.
	 */
	static DwStatement select_pending =
		DW_STATEMENT("SELECT FROM dwello.transactions AS t "
					 "WHERE t.payer_id = $1 AND t.payment_method_id = $2 "
					 "AND t.status = 'pending' AND t.pay_by > $3 LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &method->user_id);
	dw_param_uuid(&p, &method->id);
	dw_param_time(&p, dw_now());
	return dw_execute(&select_pending, &p) > 0;
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

void
dw_payment_method_remove(DwPaymentMethod *method)
{
	bool		was_default = method->is_default;

	method->removed_at = dw_now();
	method->is_default = false;
	dw_table_update(&methods, method);
	if (was_default)
		default_pass(&method->user_id);
}
