/*
 * award_store.c
 *		Opens the escrow of a confirmed award, and anew that of a contract
 *		that lapsed.
 *
 * The posted plan of milestones gives proportions and is fitted to the
 * contract here; without one there is a single milestone.  The numbers of
 * the fee schedule are copied, so that a later schedule changes no contract.
 */
#include "postgres.h"

#include "server/crypto/crypto_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/escrow/escrow_store_int.h"
#include "store/fee/fee_store.h"

/*
 * What the award makes of a milestone: its part of the contract.  It is read
 * FOR UPDATE: above read committed a snapshot can be older than the job's
 * lock, and a plan that was changed since is a 40001.
 */
static const DwColumn planned_columns[] = {
	DW_COLUMN(UUID, DwMilestoneRow, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwMilestoneRow, id, milestone.id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwMilestoneRow, homeowner_id, homeowner_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwMilestoneRow, provider_id, provider_id,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN(INT4, DwMilestoneRow, sort_order, milestone.sort_order,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwMilestoneRow, title, title, DW_COLUMN_FIXED),
	DW_COLUMN(BOOL, DwMilestoneRow, is_required, milestone.is_required,
			  DW_COLUMN_FIXED),
	DW_COLUMN_OR(INT8, DwMilestoneRow, amount, milestone.amount, 0, 0),
	DW_COLUMN(INT4, DwMilestoneRow, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED)
};

static DwTable planned =
DW_TABLE("job_milestones", DwMilestoneRow, planned_columns);

/* Reads the posted plan; no rows when the job has none. */
static void
load_plan(DwEscrowRow *row)
{
	static DwTableQuery posted =
		DW_TABLE_QUERY(planned, "WHERE t.job_id = $1 "
					   "AND t.status = 'planned' "
					   "ORDER BY t.sort_order FOR UPDATE");
	DwParams	p = DW_PARAMS;
	int			count;

	dw_param_uuid(&p, &row->job_id);
	count = (int) dw_table_execute(&posted, &p);
	row->milestone_count = count;
	row->milestones = palloc0((count + 1) * sizeof(DwMilestone));
	row->stored = palloc0((count + 1) * sizeof(DwMilestoneRow));
	for (int i = 0; i < count; i++)
	{
		dw_table_read(&planned, i, &row->stored[i]);
		row->milestones[i] = row->stored[i].milestone;
	}
}

/* Makes the one milestone of a job without a plan, named as the job is. */
static void
insert_whole(DwEscrowRow *row, const char *title)
{
	DwMilestoneRow *stored = &row->stored[0];

	row->milestone_count = 1;
	row->milestones[0] = (DwMilestone)
	{
		.id = dw_uuid_fresh(),
			.sort_order = 1,
			.is_required = true,
			.amount = row->escrow.contract_amount
	};
	stored->job_id = row->job_id;
	stored->milestone = row->milestones[0];
	stored->homeowner_id = row->homeowner_id;
	stored->provider_id = row->provider_id;
	stored->title = title;
	stored->version = 1;
	dw_table_insert(&planned, stored);
}

/* Writes the milestones of the contract. */
static void
save_plan(DwEscrowRow *row, const char *title)
{
	if (row->milestone_count == 0)
	{
		insert_whole(row, title);
		return;
	}
	for (int i = 0; i < row->milestone_count; i++)
	{
		row->stored[i].milestone = row->milestones[i];
		row->stored[i].provider_id = row->provider_id;
		dw_table_update(&planned, &row->stored[i]);
	}
}

/* Finds the terms of a contract made now, and what of them is stored. */
static void
find_terms(const DwAward *award, DwEscrowRow *row, DwFeeTerms *terms)
{
	DwFeeRow	found;
	DwFeeScope	scope = {
		.category_id = &award->category_id,
		.currency = award->currency,
		.tier = dw_fee_tier_of(&award->provider_id),
		.as_of = dw_now()
	};

	/* the built-in one has no end and fits all, so there always is one */
	if (!dw_fee_schedule_find(&scope, &found))
		elog(ERROR, "dwello has no built-in fee schedule");
	dw_fee_schedule_terms(&found.schedule, award->amount, terms);
	terms->promo_max = DW_FEE_NO_MAX;
	row->fee_schedule_id = found.id;
	row->fee_rate_ppm = (int32) terms->rate_ppm;
	row->fee_tax_ppm = (int32) terms->tax_ppm;
	row->promo_ppm = (int32) terms->promo_ppm;
	row->fee_steps = dw_fee_steps_jsonb(terms);
}

DwResult
dw_escrow_open_for_award(const DwAward *award, DwEscrowRow *row)
{
	DwTransition opening = {.event = DW_ESCROW_EVENT_OPEN,
	.actor = award->actor};
	DwEscrow	before;
	DwFeeTerms	terms;
	DwResult	result;
	bool		is_reopened;

	memset(row, 0, sizeof(*row));
	is_reopened = dw_escrow_lock(&award->job_id, row);
	before = row->escrow;
	opening.from = is_reopened ? before.status : DW_ESCROW_CREATED;
	row->job_id = award->job_id;
	row->homeowner_id = award->homeowner_id;
	row->provider_id = award->provider_id;
	row->bid_id = award->bid_id;
	row->transition_count++;
	row->created_at = dw_now();
	row->consent_at = DT_NOBEGIN;
	find_terms(award, row, &terms);
	result = dw_escrow_open(&row->escrow, award->currency, award->amount,
							&terms);
	row->escrow.version += before.version;
	if (result == DW_OK)
		load_plan(row);
	if (result == DW_OK && row->milestone_count > 0)
		result = dw_milestones_plan(row->milestones, row->milestone_count,
									row->escrow.contract_amount);
	if (result != DW_OK)
		return result;			/* nothing is written yet */
	dw_escrow_write_opened(row, &opening, is_reopened);
	save_plan(row, award->title);
	return DW_OK;
}
