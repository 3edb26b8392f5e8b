/*
 * history_store.c
 *		Records of a row, and the row as they make it.
 */
#include "postgres.h"

#include "server/call/call_server.h"
#include "server/sql/sql_server.h"
#include "store/audit/audit_store.h"

void
dw_audit_history(DwCall *call, const DwAuditedRow * row,
				 const DwUuid *before_id, int32 max_results)
{
	static DwStatement select_records =
		DW_STATEMENT("SELECT l.id, l.created_at, l.operation, l.user_id, "
					 "l.actor_role, l.database_role, l.session_role, "
					 "l.request_id, l.before, l.after, l.withheld "
					 "FROM dwello.audit_log AS l "
					 "WHERE l.table_name = $1 AND l.row_key = $2 "
					 "AND ($3 IS NULL OR l.id < $3) "
					 "ORDER BY l.id DESC LIMIT $4");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, row->table);
	dw_param_text(&p, row->key);
	dw_param_uuid(&p, before_id);
	dw_param_int4(&p, max_results);
	dw_list_query(call, &select_records, &p);
}

/*
 * The records from the last insert on, one put over the other: of members
 * with one name the last one counts.
 */
bool
dw_audit_as_of(DwCall *call, const DwAuditedRow * row, TimestampTz time)
{
	static DwStatement select_image =
		DW_STATEMENT("WITH r AS (SELECT l.* FROM dwello.audit_log AS l "
					 "WHERE l.table_name = $1 AND l.row_key = $2 "
					 "AND l.created_at <= $3), "
					 "birth AS (SELECT r.id, r.operation FROM r "
					 "WHERE r.operation <> 'update' "
					 "ORDER BY r.id DESC LIMIT 1) "
					 "SELECT max(r.created_at) AS changed_at, "
					 "coalesce(b.operation, 'update') <> 'delete' AS row_exists, "
					 "b.operation IS NOT NULL AS is_complete, "
					 "(SELECT jsonb_object_agg(k.key, k.value ORDER BY x.id) "
					 "FROM r AS x CROSS JOIN LATERAL jsonb_each(x.after) AS k "
					 "WHERE b.id IS NULL OR x.id >= b.id) AS image "
					 "FROM r LEFT JOIN birth AS b ON true "
					 "GROUP BY b.id, b.operation");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, row->table);
	dw_param_text(&p, row->key);
	dw_param_time(&p, time);
	return dw_row_query(call, &select_image, &p);
}
