/*
 * award_store.c
 *		Opens the escrow of a confirmed award.
 *
 * The posted plan of milestones gives proportions and is fitted to the
 * contract here; without one there is a single milestone.  The numbers of
 * the fee schedule are copied, so that a later schedule changes no contract.
 */
#include "postgres.h"

#include "server/crypto/crypto_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/escrow/escrow_store.h"
#include "store/fee/fee_store.h"

/* Reads the posted plan; no rows when the job has none. */
static void
load_plan(DwEscrowRow *row)
{
	static DwStatement select_plan =
		DW_STATEMENT("SELECT m.id, m.amount, m.sort_order, m.is_required, "
					 "m.version FROM dwello.job_milestones AS m "
					 "WHERE m.job_id = $1 AND m.status = 'planned' "
					 "ORDER BY m.sort_order FOR UPDATE");
	DwParams	p = DW_PARAMS;
	uint64		count;

	dw_param_uuid(&p, &row->job_id);
	count = dw_execute(&select_plan, &p);
	row->milestone_count = (int) count;
	row->milestones = palloc0((count + 1) * sizeof(DwMilestone));
	row->stored = palloc0((count + 1) * sizeof(DwMilestone));
	row->milestone_versions = palloc0((count + 1) * sizeof(int32));
	for (uint64 i = 0; i < count; i++)
	{
		DwMilestone *milestone = &row->milestones[i];

		(void) dw_read_uuid(i, 1, &milestone->id);
		milestone->amount = dw_read_int8(i, 2);
		milestone->sort_order = dw_read_int4(i, 3);
		milestone->is_required = dw_read_bool(i, 4);
		row->milestone_versions[i] = dw_read_int4(i, 5);
	}
}

/* Writes a milestone of the plan as fitted to the contract. */
static void
save_planned(DwEscrowRow *row, int index)
{
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.job_milestones SET amount = $3, "
					 "provider_id = $4, version = $5 "
					 "WHERE job_id = $1 AND id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &row->job_id);
	dw_param_uuid(&p, &row->milestones[index].id);
	dw_param_int8(&p, row->milestones[index].amount);
	dw_param_uuid(&p, &row->provider_id);
	dw_param_int4(&p, ++row->milestone_versions[index]);
	(void) dw_execute(&update, &p);
}

/* Makes the one milestone of a job without a plan, named as the job is. */
static void
insert_whole(DwEscrowRow *row)
{
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.job_milestones (job_id, id, "
					 "homeowner_id, provider_id, sort_order, title, amount) "
					 "SELECT $1, $2, $3, $4, 1, j.title, $5 "
					 "FROM dwello.jobs AS j WHERE j.id = $1");
	DwMilestone *milestone = &row->milestones[0];
	DwParams	p = DW_PARAMS;

	milestone->id = dw_uuid_fresh();
	milestone->sort_order = 1;
	milestone->is_required = true;
	milestone->amount = row->escrow.contract_amount;
	row->milestone_versions[0] = 1;
	row->milestone_count = 1;
	dw_param_uuid(&p, &row->job_id);
	dw_param_uuid(&p, &milestone->id);
	dw_param_uuid(&p, &row->homeowner_id);
	dw_param_uuid(&p, &row->provider_id);
	dw_param_int8(&p, milestone->amount);
	(void) dw_execute(&insert, &p);
}

/* Fits the posted plan to the contract; nothing is written yet. */
static DwResult
fit_plan(DwEscrowRow *row)
{
	load_plan(row);
	if (row->milestone_count == 0)
		return DW_OK;
	return dw_milestones_plan(row->milestones, row->milestone_count,
							  row->escrow.contract_amount);
}

/* Writes the milestones of the contract. */
static void
save_plan(DwEscrowRow *row)
{
	if (row->milestone_count == 0)
		insert_whole(row);
	else
	{
		for (int i = 0; i < row->milestone_count; i++)
			save_planned(row, i);
	}
	memcpy(row->stored, row->milestones,
		   row->milestone_count * sizeof(DwMilestone));
}

/* Writes the escrow's row with the numbers of its fee. */
static void
insert_escrow(const DwEscrowRow *row, const DwUuid *bid_id)
{
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.escrow_accounts (job_id, "
					 "homeowner_id, provider_id, bid_id, currency, "
					 "contract_amount, fee_schedule_id, fee_payer, "
					 "fee_rate_ppm, fee_fixed, fee_min, fee_max, "
					 "fee_tax_ppm, fee_steps, transition_count, created_at) "
					 "VALUES ($1, $2, $3, $4, $5, $6, $7, "
					 "$8::text::dwello.fee_payer, $9, $10, $11, "
					 "NULLIF($12, -1), $13, $14::text::jsonb, 1, $15)");
	const DwFeeTerms *terms = &row->escrow.terms;
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &row->job_id);
	dw_param_uuid(&p, &row->homeowner_id);
	dw_param_uuid(&p, &row->provider_id);
	dw_param_uuid(&p, bid_id);
	dw_param_text(&p, row->escrow.currency);
	dw_param_int8(&p, row->escrow.contract_amount);
	dw_param_uuid(&p, &row->fee_schedule_id);
	dw_param_text(&p, dw_fee_payer_label(terms->payer));
	dw_param_int4(&p, (int32) terms->rate_ppm);
	dw_param_int8(&p, terms->fixed);
	dw_param_int8(&p, terms->min_fee);
	dw_param_int8(&p, terms->max_fee);
	dw_param_int4(&p, (int32) terms->tax_ppm);
	dw_param_text(&p, dw_fee_steps_text(terms));
	dw_param_time(&p, dw_now());
	(void) dw_execute(&insert, &p);
}

/* The terms of a contract made now, and the schedule they are from. */
static DwUuid
find_terms(const DwAward *award, DwFeeTerms *terms)
{
	DwFeeRow	row;
	DwFeeScope	scope = {
		.category_id = &award->category_id,
		.currency = award->currency,
		.tier = dw_fee_tier_of(&award->provider_id),
		.as_of = dw_now()
	};

	if (!dw_fee_schedule_find(&scope, &row))
		elog(ERROR, "dwello has no built-in fee schedule");
	dw_fee_schedule_terms(&row.schedule, award->amount, terms);
	return row.id;
}

DwResult
dw_escrow_open_for_award(const DwAward *award, DwEscrowRow *row)
{
	DwTransition opening = {DW_ESCROW_EVENT_OPEN, award->actor,
	DW_ESCROW_CREATED, NULL};
	DwFeeTerms	terms;
	DwResult	result;

	memset(row, 0, sizeof(*row));
	row->job_id = award->job_id;
	row->homeowner_id = award->homeowner_id;
	row->provider_id = award->provider_id;
	row->transition_count = 1;
	row->fee_schedule_id = find_terms(award, &terms);
	result = dw_escrow_open(&row->escrow, award->currency, award->amount,
							&terms);
	if (result == DW_OK)
		result = fit_plan(row);
	if (result != DW_OK)
		return result;
	insert_escrow(row, &award->bid_id);
	save_plan(row);
	dw_escrow_record(row, &opening);
	return DW_OK;
}
