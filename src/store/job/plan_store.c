/*
 * plan_store.c
 *		Writes another plan of milestones for a job.
 *
 * All rows first move DW_MILESTONES_MAX places up, so that the new plan
 * finds its places free.  Those cancelled stay there and move on each time.
 */
#include "postgres.h"

#include "server/crypto/crypto_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/job/job_store.h"

/* Makes the places free, and gives the rows of the old plan in order. */
static DwUuid *
make_room(const DwUuid *job_id, int *count)
{
	static DwStatement move_up =
		DW_STATEMENT("UPDATE dwello.job_milestones "
					 "SET sort_order = sort_order + $2 WHERE job_id = $1");
	static DwStatement select_old =
		DW_STATEMENT("SELECT m.id FROM dwello.job_milestones AS m "
					 "WHERE m.job_id = $1 AND m.status <> 'cancelled' "
					 "ORDER BY m.sort_order");
	DwParams	move = DW_PARAMS;
	DwParams	p = DW_PARAMS;
	DwUuid	   *ids;

	dw_param_uuid(&move, job_id);
	dw_param_int4(&move, DW_MILESTONES_MAX);
	(void) dw_execute(&move_up, &move);
	dw_param_uuid(&p, job_id);
	*count = (int) dw_execute(&select_old, &p);
	ids = palloc((*count + 1) * sizeof(DwUuid));
	for (int i = 0; i < *count; i++)
		(void) dw_read_only_uuid(i, &ids[i]);
	return ids;
}

/* Adds what a milestone of the plan is, as columns $1 to $11. */
static void
param_milestone(DwParams *p, const DwPlan *plan, int i)
{
	const DwPostMilestone *words = &plan->words[i];
	const DwMilestone *milestone = &plan->milestones[i];

	dw_param_uuid(p, &plan->job_id);
	dw_param_uuid(p, &milestone->id);
	dw_param_int4(p, milestone->sort_order);
	dw_param_text(p, words->title);
	dw_param_text(p, words->description);
	dw_param_text(p, words->due_date);
	dw_param_bool(p, words->is_required);
	if (milestone->amount > 0)
		dw_param_int8(p, milestone->amount);
	else
		dw_param_null(p, INT8OID);
	dw_param_int8(p, milestone->funded);
	dw_param_text(p, dw_milestone_status_label(milestone->status));
	dw_param_time(p, dw_now());
}

/* Writes a milestone into a row of the old plan. */
static void
keep_milestone(const DwPlan *plan, int i)
{
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.job_milestones SET sort_order = $3, "
					 "title = $4, description = $5, "
					 "due_date = $6::text::date, is_required = $7, "
					 "amount = $8, funded = $9, "
					 "status = $10::text::dwello.milestone_status, "
					 "updated_at = $11, version = version + 1 "
					 "WHERE job_id = $1 AND id = $2");
	DwParams	p = DW_PARAMS;

	param_milestone(&p, plan, i);
	(void) dw_execute(&update, &p);
}

/* Writes a milestone that the old plan has no row for. */
static void
add_milestone(const DwPlan *plan, int i)
{
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.job_milestones (job_id, id, "
					 "sort_order, title, description, due_date, "
					 "is_required, amount, funded, status, created_at, "
					 "homeowner_id, provider_id) "
					 "VALUES ($1, $2, $3, $4, $5, $6::text::date, $7, $8, "
					 "$9, $10::text::dwello.milestone_status, $11, $12, "
					 "$13)");
	bool		is_draft = dw_uuid_is_nil(&plan->provider_id);
	DwParams	p = DW_PARAMS;

	param_milestone(&p, plan, i);
	dw_param_uuid(&p, &plan->homeowner_id);
	dw_param_uuid(&p, is_draft ? NULL : &plan->provider_id);
	(void) dw_execute(&insert, &p);
}

/* Ends a row of the old plan that the new one has no place for. */
static void
drop_milestone(const DwPlan *plan, const DwUuid *id)
{
	static DwStatement delete_row =
		DW_STATEMENT("DELETE FROM dwello.job_milestones "
					 "WHERE job_id = $1 AND id = $2");
	static DwStatement cancel_row =
		DW_STATEMENT("UPDATE dwello.job_milestones "
					 "SET status = 'cancelled', funded = 0, "
					 "version = version + 1 WHERE job_id = $1 AND id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &plan->job_id);
	dw_param_uuid(&p, id);
	(void) dw_execute(dw_uuid_is_nil(&plan->provider_id)
					  ? &delete_row : &cancel_row, &p);
}

void
dw_plan_replace(DwPlan *plan)
{
	int			old_count;
	DwUuid	   *old = make_room(&plan->job_id, &old_count);

	for (int i = plan->count; i < old_count; i++)
		drop_milestone(plan, &old[i]);
	for (int i = 0; i < plan->count; i++)
	{
		DwMilestone *milestone = &plan->milestones[i];

		milestone->sort_order = i + 1;
		milestone->id = i < old_count ? old[i] : dw_uuid_fresh();
		if (i < old_count)
			keep_milestone(plan, i);
		else
			add_milestone(plan, i);
	}
}
