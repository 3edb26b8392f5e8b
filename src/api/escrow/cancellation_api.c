/*
 * cancellation_api.c
 *		What cancelling a contract costs its homeowner, before they do it:
 *		cancellation_policy, quote_cancellation.
 *
 * Neither writes.  What a cancel would pay now is decided by the very
 * function of core that cancel_job() calls, on a copy that is thrown away.
 */
#include "postgres.h"

#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "store/cancellation/cancellation_store.h"
#include "store/company/company_store.h"
#include "store/escrow/escrow_store.h"
#include "store/job/job_store.h"

/* The policy of a job or a category, and the start it counts from. */
typedef struct InForce
{
	DwCancellationSource source;	/* where it comes from */
	DwCancellationPolicy policy;	/* its tiers */
	TimestampTz starts_at;		/* DT_NOBEGIN = none is agreed on */
} InForce;

/* Of a job: that of its contract once a bid is accepted. */
static void
load_of_job(const DwJob *job, InForce *found)
{
	DwCancellationTerms terms;

	found->starts_at = DT_NOBEGIN;
	/* those of an award that lapsed stay until the next one */
	if (dw_uuid_is_nil(&job->provider_id) ||
		!dw_cancellation_load(&job->id, &terms))
	{
		found->source = dw_cancellation_in_force(&job->id, NULL,
												 &found->policy);
		return;
	}
	found->source = DW_CANCELLATION_OF_CONTRACT;
	found->policy = terms.policy;
	found->starts_at = terms.starts_at;
}

/* P0002 for a category that is not there. */
static void
load_of_category(const DwUuid *id, InForce *found)
{
	DwCategory	category;

	if (!dw_category_load(id, &category))
		dw_raise(DW_NOT_FOUND, psprintf("category %s does not exist",
										dw_uuid_text(id)), NULL,
				 "The view dwello.categories lists them all.");
	found->starts_at = DT_NOBEGIN;
	found->source = dw_cancellation_in_force(NULL, id, &found->policy);
}

/* From when on a tier holds, unless no start is agreed on. */
static void
row_since(DwCall *call, const char *name, const DwCancellationTier *tier,
		  TimestampTz starts_at)
{
	if (starts_at != DT_NOBEGIN)
		dw_row_time(call, name, dw_cancellation_since(tier, starts_at));
}

/* Emits one tier. */
static void
emit_tier(DwCall *call, const InForce *found, const DwCancellationTier *tier)
{
	dw_row_int4(call, "hours_before_start",
				(int32) tier->hours_before_start);
	dw_row_int4(call, "share_ppm", (int32) tier->share_ppm);
	row_since(call, "holds_from", tier, found->starts_at);
	dw_row_text(call, "source", dw_cancellation_source_label(found->source));
	dw_list_emit(call);
}

/*
 * P0002 for a bidder once the job takes no bids: its terms are those of who
 * has the award.
 */
static void
need_reader(DwCall *call, const DwJob *job)
{
	if (call->actor.kind == DW_ACTOR_PROVIDER &&
		job->status != DW_JOB_OPEN &&
		!dw_uuid_equal(&call->actor.user_id, &job->homeowner_id) &&
		!dw_uuid_equal(&call->actor.user_id, &job->provider_id))
		dw_job_refuse_unknown(&job->id);
}

/* The policy that is asked for; 22023, P0002. */
static void
load_asked(DwCall *call, InForce *found)
{
	const DwUuid *job_id = dw_arg_uuid_opt(call, "job_id");
	const DwUuid *category_id = dw_arg_uuid_opt(call, "category_id");
	DwJob		job;

	if ((job_id == NULL) == (category_id == NULL))
		dw_arg_refuse(call, "category_id", DW_BAD_VALUE,
					  "must be given in place of job_id, and only then");
	if (job_id == NULL)
	{
		load_of_category(category_id, found);
		return;
	}
	dw_job_for_query(call, job_id, &job);
	need_reader(call, &job);
	load_of_job(&job, found);
}

/* cancellation_policy(job_id | category_id) → its tiers */
DW_FUNCTION(dwello_cancellation_policy)
{
	DwCall		call;
	InForce		found = {0};

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	load_asked(&call, &found);
	dw_rows_begin(&call);
	for (int i = 0; i < found.policy.count; i++)
		emit_tier(&call, &found, &found.policy.tiers[i]);
	return dw_list_return(&call);
}

/*
 * What of the money of a contract would go which way now; false when a cancel
 * is not possible, or nothing is held.
 */
static bool
quote_money(const DwJob *job, DwEscrowRow *row,
			const DwCancellationTier *tier, DwCancellation *money)
{
	if (job->status != DW_JOB_AWARDED || dw_escrow_is_agreed(row, dw_now()))
		return false;
	money->unit = dw_psp_unit_of_job(&row->job_id, row->escrow.currency);
	return dw_escrow_cancel_held(&row->escrow, row->milestones,
								 row->milestone_count,
								 tier == NULL ? 0 : tier->share_ppm,
								 money) == DW_OK;
}

/* The columns of the tier that holds, and of the next one. */
static void
row_tiers(DwCall *call, const InForce *found,
		  const DwCancellationTier *tier)
{
	const DwCancellationTier *next =
		dw_cancellation_next(&found->policy, found->starts_at, dw_now());

	dw_row_text(call, "source", dw_cancellation_source_label(found->source));
	if (found->starts_at != DT_NOBEGIN)
		dw_row_time(call, "starts_at", found->starts_at);
	if (tier != NULL)
		dw_row_int4(call, "hours_before_start",
					(int32) tier->hours_before_start);
	dw_row_int4(call, "share_ppm",
				tier == NULL ? 0 : (int32) tier->share_ppm);
	if (next == NULL)
		return;
	row_since(call, "next_at", next, found->starts_at);
	dw_row_int4(call, "next_share_ppm", (int32) next->share_ppm);
}

/* The columns of the money. */
static void
row_money(DwCall *call, const DwCancellation *money)
{
	dw_row_int8(call, "price", money->price);
	dw_row_int8(call, "amount", money->share.amount);
	dw_row_int8(call, "fee", money->share.fee);
	dw_row_int8(call, "tax", money->share.tax);
	dw_row_int8(call, "payout", money->share.payout);
	dw_row_int8(call, "refund", money->refund);
}

/* quote_cancellation(job_id) → what cancel_job() would pay now */
DW_FUNCTION(dwello_quote_cancellation)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;
	DwEscrowRow row;
	InForce		found = {0};
	DwCancellation money = {0};
	const DwCancellationTier *tier;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	dw_args_need(&call, "job_id", NULL);
	job_id = dw_arg_uuid(&call, "job_id");
	dw_job_for_query(&call, &job_id, &job);
	if (call.actor.kind == DW_ACTOR_PROVIDER)
		dw_job_need_provider(&call, &job);
	load_of_job(&job, &found);
	tier = dw_cancellation_tier(&found.policy, found.starts_at, dw_now());
	if (dw_escrow_load(&job_id, &row))
		(void) quote_money(&job, &row, tier, &money);

	dw_row_uuid(&call, "job_id", &job_id);
	row_tiers(&call, &found, tier);
	row_money(&call, &money);
	dw_row_text(&call, "currency", job.currency);
	return dw_call_return(&call);
}
