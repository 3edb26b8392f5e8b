/*
 * reversal_store.c
 *		A booked transaction of a job, as much of it as a reversal needs.
 */
#include "postgres.h"

#include "server/sql/sql_server.h"
#include "store/dispute/dispute_store.h"

bool
dw_original_load(const DwUuid *job_id, const DwUuid *id, DwOriginal *original)
{
	static DwStatement select_one =
		DW_STATEMENT("SELECT t.transaction_type::text, t.status::text, "
					 "t.milestone_id, t.psp, t.psp_reference, "
					 "COALESCE((SELECT pg_catalog.sum(x.amount) "
					 "FROM dwello.transactions AS x "
					 "WHERE x.scope_id = $1 AND x.reverses = t.id), "
					 "0)::bigint FROM dwello.transactions AS t "
					 "WHERE t.scope_id = $1 AND t.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, id);
	if (dw_execute(&select_one, &p) == 0)
		return false;
	memset(original, 0, sizeof(*original));
	original->id = *id;
	if (!dw_transaction_type_parse(dw_read_text(0, 1), &original->type) ||
		!dw_transaction_status_parse(dw_read_text(0, 2), &original->status))
		elog(ERROR, "transaction has an unknown type or status");
	original->has_milestone = dw_read_uuid(0, 3, &original->milestone_id);
	original->psp = dw_read_text(0, 4);
	original->psp_reference = dw_read_text(0, 5);
	original->reversed = dw_read_int8(0, 6);
	(void) dw_posting_load(job_id, id, &original->posting);
	return true;
}
