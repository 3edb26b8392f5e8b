/*
 * reversal_store.c
 *		A booked transaction of a job, as much of it as a reversal needs.
 */
#include "postgres.h"

#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/dispute/dispute_store.h"

static const DwColumn original_fields[] = {
	DW_FIELD_ENUM(DwOriginal, transaction_type, type,
				  dw_transaction_type_labels),
	DW_FIELD_ENUM(DwOriginal, status, status, dw_transaction_status_labels),
	DW_FIELD(UUID, DwOriginal, milestone_id, milestone_id),
	DW_FIELD(TEXT, DwOriginal, psp, psp),
	DW_FIELD(TEXT, DwOriginal, psp_reference, psp_reference),
	DW_FIELD(INT8, DwOriginal, reversed, reversed)
};

static DwMap originals = DW_MAP(original_fields);

bool
dw_original_load(const DwUuid *job_id, const DwUuid *id, DwOriginal *original)
{
	static DwStatement select_one =
		DW_STATEMENT("SELECT t.transaction_type, t.status, "
					 "t.milestone_id, t.psp, t.psp_reference, "
					 "COALESCE((SELECT pg_catalog.sum(x.amount) "
					 "FROM dwello.transactions AS x "
					 "WHERE x.scope_id = $1 AND x.reverses = t.id), "
					 "0)::bigint AS reversed FROM dwello.transactions AS t "
					 "WHERE t.scope_id = $1 AND t.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, id);
	if (dw_execute(&select_one, &p) == 0)
		return false;
	memset(original, 0, sizeof(*original));
	original->id = *id;
	dw_map_read(&originals, 0, original);
	original->has_milestone = !dw_uuid_is_nil(&original->milestone_id);
	(void) dw_posting_load(job_id, id, &original->posting);
	return true;
}
