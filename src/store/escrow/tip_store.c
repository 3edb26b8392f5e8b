/*
 * tip_store.c
 *		What a tip has brought, and what of it was given back.
 *
 * A tip is booked right after its payment, so it is what comes next in the
 * chain of its job.
 */
#include "postgres.h"

#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/escrow/escrow_store.h"

static const DwColumn tip_fields[] = {
	DW_FIELD(UUID, DwTip, id, id),
	DW_FIELD(INT8, DwTip, amount, amount),
	DW_FIELD(INT8, DwTip, fee, fee),
	DW_FIELD(INT8, DwTip, returned, returned),
	DW_FIELD(INT8, DwTip, fee_returned, fee_returned)
};

static DwMap tips = DW_MAP(tip_fields);

bool
dw_tip_find(const DwTransaction *payment, DwTip *tip)
{
	static DwStatement select_tip =
		DW_STATEMENT("SELECT t.id, t.amount, t.platform_fee AS fee, "
					 "COALESCE(pg_catalog.sum(b.amount), 0)::bigint "
					 "AS returned, "
					 "COALESCE(pg_catalog.sum(b.platform_fee), 0)::bigint "
					 "AS fee_returned FROM dwello.transactions AS p "
					 "JOIN dwello.transactions AS t "
					 "ON t.scope_id = p.scope_id AND t.prev_hash = p.hash "
					 "AND t.transaction_type = 'tip' "
					 "LEFT JOIN dwello.transactions AS b "
					 "ON b.scope_id = t.scope_id AND b.reverses = t.id "
					 "AND b.transaction_type = 'tip' "
					 "WHERE p.scope_id = $1 AND p.id = $2 "
					 "GROUP BY t.id, t.amount, t.platform_fee");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &payment->scope_id);
	dw_param_uuid(&p, &payment->id);
	if (dw_execute(&select_tip, &p) == 0)
		return false;
	dw_map_read(&tips, 0, tip);
	return true;
}
