/*
 * escrow_api.c
 *		Commands that move what an escrow holds: to the provider, when work is
 *		approved or nobody objected to it in time, or back to the homeowner.
 *
 * release_due_escrows claims jobs, passing over those that somebody works
 * on, and then decides as the others do, all in one transaction.  What the
 * claim saw is looked at again under the lock.
 *
 * A refund leaves the escrow for the clearing accounts of the companies that
 * the payments came through; an intent in the outbox for each payment tells
 * its worker what to give back.  A refund of all that was paid ends a job
 * whose work had begun; before that, and after cancel_escrow, cancel_job()
 * does.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "core/base/base.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/authorization/authorization_store.h"
#include "store/cancellation/cancellation_store.h"
#include "store/company/company_store.h"
#include "store/dispute/dispute_store.h"
#include "store/escrow/escrow_store.h"
#include "store/job/job_store.h"
#include "store/ledger/ledger_store.h"
#include "store/payout/payout_store.h"

/* Where one release comes from, for the ledger. */
typedef struct Payout
{
	DwEscrowEvent event;		/* what released the money */
	DwActor		actor;			/* who did */
	DwEscrowStatus from;		/* the escrow's state before the decision */
	const DwUuid *milestone_id; /* all of one milestone; or NULL */
	const DwUuid *request_id;	/* of the call, or NULL */
	DwRelease	release;		/* what core decided */
} Payout;

/* Emits what was released. */
static void
emit_released(const DwEscrowRow *row, const DwTransaction *transaction,
			  int64 reserve)
{
	DwPayload	payload;

	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "transaction_id", &transaction->id);
	dw_payload_uuid(&payload, "milestone_id", transaction->milestone_id);
	dw_payload_int8(&payload, "amount", transaction->amount);
	dw_payload_int8(&payload, "fee", transaction->platform_fee);
	dw_payload_int8(&payload, "tax", transaction->tax);
	dw_payload_int8(&payload, "payout", transaction->net_amount);
	if (reserve > 0)
		dw_payload_int8(&payload, "reserve", reserve);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "escrow_released",
				  &payload);
}

/*
 * Puts a release that core has decided on into the ledger, counts it and
 * emits it; the rows of escrow, milestones and job are the caller's.
 */
static DwUuid
pay(DwEscrowRow *row, const Payout *payout)
{
	const DwRelease *release = &payout->release;
	DwTransition transition = {payout->event, payout->actor, payout->from,
	NULL};
	const DwParties parties = DW_ESCROW_PARTIES(row);
	const DwEarnings earnings = {release->payout, release->fee, release->tax,
	dw_reserve_of(release->payout)};
	DwTransaction transaction;
	DwPosting	posting;

	dw_escrow_begin_transaction(row, &transaction, DW_TRANSACTION_RELEASE,
								&payout->actor);
	transaction.amount = release->amount;
	transaction.platform_fee = release->fee;
	transaction.tax = release->tax;
	transaction.net_amount = release->payout;
	transaction.milestone_id = payout->milestone_id;
	transaction.request_id = payout->request_id;
	dw_posting_release(&posting, &parties, &earnings);
	dw_ledger_book(&row->chain_end, &transaction, &posting, false);
	transition.transaction_id = &transaction.id;
	dw_escrow_advance(row, &transition);
	emit_released(row, &transaction, earnings.reserve);
	return transaction.id;
}

/* The same with those rows, and the job, which the last one completes. */
static DwUuid
pay_out(DwCall *call, DwJob *job, DwEscrowRow *row, const Payout *payout)
{
	DwUuid		id;

	dw_reserves_ensure(&row->job_id, 1);
	id = pay(row, payout);
	dw_escrow_settle(row);
	dw_escrow_return_rest(call, row);
	dw_escrow_move_job(job, row);
	return id;
}

/*
 * Reads what of an escrow is meant: an amount, or a milestone.  22023: not
 * positive, or both.
 */
static void
read_selector(DwCall *call, DwSelector *selector)
{
	memset(selector, 0, sizeof(*selector));
	selector->has_amount = dw_arg_has(call, "amount");
	if (selector->has_amount)
		selector->amount = dw_arg_amount(call, "amount");
	selector->milestone_id = dw_arg_uuid_opt(call, "milestone_id");
	if (selector->has_amount && selector->amount <= 0)
		dw_arg_refuse(call, "amount", DW_BAD_VALUE, "must be more than zero");
	if (selector->has_amount && selector->milestone_id != NULL)
		dw_arg_refuse(call, "amount", DW_BAD_VALUE,
					  "must be NULL when a milestone is given");
}

/* Fills the columns of what was released. */
static void
row_release(DwCall *call, const DwRelease *release)
{
	dw_row_int8(call, "amount", release->amount);
	dw_row_int8(call, "fee", release->fee);
	dw_row_int8(call, "tax", release->tax);
	dw_row_int8(call, "payout", release->payout);
}

DW_FUNCTION(dwello_release_escrow)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwSelector	selector;
	Payout		payout = {.event = DW_ESCROW_EVENT_RELEASE};
	DwUuid		transaction_id;
	DwResult	result;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_ADMIN);
	dw_args_need(&call, "job_id", NULL);
	read_selector(&call, &selector);
	if (dw_escrow_begin(&call, &job, &row, selector.milestone_id))
		return dw_call_return(&call);
	dw_escrow_check(&call, &row, DW_ESCROW_EVENT_RELEASE);

	payout.actor = call.actor;
	payout.from = row.escrow.status;
	payout.milestone_id = selector.milestone_id;
	payout.request_id = dw_call_request_id(&call);
	result = dw_escrow_release(&row.escrow, row.milestones,
							   row.milestone_count, &selector,
							   &payout.release);
	if (result != DW_OK)
		dw_escrow_refuse(&call, &row, result);
	transaction_id = pay_out(&call, &job, &row, &payout);

	dw_row_uuid(&call, "transaction_id", &transaction_id);
	row_release(&call, &payout.release);
	dw_row_escrow(&call, &row);
	return dw_call_return(&call);
}

/* Writes a milestone that is approved but cannot be released yet. */
static void
rest_approved(DwEscrowRow *row, const DwUuid *milestone_id)
{
	DwPayload	payload;

	dw_escrow_save_milestones(row);
	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "milestone_id", milestone_id);
	dw_event_emit(&row->job_id, "escrow", &row->job_id,
				  "milestone_approved", &payload);
}

DW_FUNCTION(dwello_approve_milestone)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	Payout		payout = {.event = DW_ESCROW_EVENT_APPROVE};
	DwUuid		milestone_id;
	DwResult	result;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_ADMIN);
	dw_args_need(&call, "job_id", "milestone_id", NULL);
	milestone_id = dw_arg_uuid(&call, "milestone_id");
	if (dw_escrow_begin(&call, &job, &row, &milestone_id))
		return dw_call_return(&call);

	payout.actor = call.actor;
	payout.from = row.escrow.status;
	payout.milestone_id = &milestone_id;
	payout.request_id = dw_call_request_id(&call);
	result = dw_escrow_approve(&row.escrow, row.milestones,
							   row.milestone_count, &milestone_id,
							   &payout.release);
	if (result != DW_OK)
		dw_escrow_refuse(&call, &row, result);
	if (payout.release.amount == 0)
		rest_approved(&row, &milestone_id);
	else
	{
		DwUuid		id = pay_out(&call, &job, &row, &payout);

		dw_row_uuid(&call, "transaction_id", &id);
	}
	row_release(&call, &payout.release);
	dw_row_escrow(&call, &row);
	return dw_call_return(&call);
}

void
dw_escrow_release_approved(DwCall *call, DwJob *job, DwEscrowRow *row)
{
	DwMilestone *milestone;

	if (dw_escrow_is_agreed(row, dw_now()))
		return;					/* by silence, and goes back */
	while ((milestone = dw_milestones_approved(row->milestones,
											   row->milestone_count)) != NULL)
	{
		DwSelector	selector = {.milestone_id = &milestone->id};
		Payout		payout = {
			.event = DW_ESCROW_EVENT_RELEASE_DUE,
			.actor = {.kind = DW_ACTOR_SYSTEM},
			.from = row->escrow.status,
			.milestone_id = &milestone->id
		};

		if (dw_escrow_release(&row->escrow, row->milestones,
							  row->milestone_count, &selector,
							  &payout.release) != DW_OK)
			break;				/* frozen: it goes on resting */
		(void) pay_out(call, job, row, &payout);
	}
}

#define PORTION 500				/* jobs whose release is written at once */

/* What is released together. */
typedef struct Release
{
	DwActor		actor;			/* the caller */
	TimestampTz now;			/* by when it must be due */
	DwEscrowRow *rows;			/* of locked jobs, by id */
	int			count;			/* of rows */
	int			left;			/* milestones that may still be released */
} Release;

/*
 * True when a milestone is to be released: approved and fully paid by now,
 * or submitted, and the time to object is over.
 */
static bool
is_due(const DwEscrowRow *row, int index, TimestampTz now)
{
	const DwMilestone *milestone = &row->milestones[index];
	TimestampTz due = row->stored[index].auto_release_at;

	if (milestone->status == DW_MILESTONE_APPROVED)
		return milestone->funded == milestone->amount;
	return milestone->status == DW_MILESTONE_SUBMITTED &&
		due != DT_NOBEGIN && due <= now;
}

/* Releases one milestone that is due; false when it cannot be, after all. */
static bool
release_milestone(const Release *release, DwEscrowRow *row, int index)
{
	DwUuid		milestone_id = row->milestones[index].id;
	DwSelector	selector = {.milestone_id = &milestone_id};
	Payout		payout = {
		.event = DW_ESCROW_EVENT_RELEASE_DUE,
		.actor = release->actor,
		.from = row->escrow.status,
		.milestone_id = &milestone_id
	};

	if (dw_escrow_release(&row->escrow, row->milestones,
						  row->milestone_count, &selector,
						  &payout.release) != DW_OK)
		return false;			/* frozen since, or disputed */
	(void) pay(row, &payout);
	return true;
}

/* Releases what is due of one escrow; how many milestones that was. */
static int
release_escrow(const Release *release, DwEscrowRow *row)
{
	int			released = 0;

	/* one damaged row does not keep the others of the batch from theirs */
	if (!dw_escrow_is_valid(&row->escrow))
		return 0;				/* reconcile() tells of it */
	if (dw_escrow_is_agreed(row, release->now))
		return 0;				/* by silence, and goes back */
	for (int i = 0; i < row->milestone_count; i++)
		if (released < release->left &&
			is_due(row, i, release->now) &&
			release_milestone(release, row, i))
			released++;
	if (released > 0)
		dw_escrow_settle(row);
	return released;
}

/* True when a release may have moved the job, too. */
static bool
moves_job(const DwEscrowRow *row)
{
	return row->escrow.status == DW_ESCROW_DISPUTED ||
		row->escrow.status == DW_ESCROW_SETTLED ||
		dw_escrow_is_complete(&row->escrow, row->milestones,
							  row->milestone_count);
}

/* Lets the jobs of escrows follow them; most need no look at the job. */
static void
move_jobs(DwEscrowRow **rows, int count)
{
	DwUuid	   *ids = palloc(sizeof(DwUuid) * Max(count, 1));
	DwJob	   *jobs;

	for (int i = 0; i < count; i++)
		ids[i] = rows[i]->job_id;
	jobs = dw_jobs_load_locked(ids, count);
	for (int i = 0; i < count; i++)
		dw_escrow_move_job(&jobs[i], rows[i]);
}

/* Releases what is due of all the escrows: work for dw_write_batch(). */
static void
release_escrows(void *argument)
{
	Release    *release = argument;
	DwEscrowRow **moving = palloc(sizeof(DwEscrowRow *) * release->count);
	int			count = 0;

	for (int i = 0; i < release->count; i++)
	{
		DwEscrowRow *row = &release->rows[i];
		int			released = release_escrow(release, row);

		release->left -= released;
		if (released > 0 && moves_job(row))
			moving[count++] = row;
	}
	/* reads jobs, which no statement of this batch has written */
	if (count > 0)
		move_jobs(moving, count);
}

/* The whole of a call, released a portion a turn. */
typedef struct ReleaseBatch
{
	DwCall	   *call;			/* the caller's */
	const DwUuid *jobs;			/* claimed, by id */
	int			count;			/* of jobs */
	int			left;			/* milestones that may still be released */
} ReleaseBatch;

/* Gives back what no work is left for; then the job is completed, too. */
static void
return_rest(DwCall *call, DwEscrowRow *row)
{
	DwJob	   *job;

	if (!dw_escrow_has_rest(&row->escrow, row->milestones,
							row->milestone_count))
		return;
	dw_escrow_return_rest(call, row);
	job = dw_jobs_load_locked(&row->job_id, 1);
	dw_escrow_move_job(job, row);
}

/* Releases what is due in some of the jobs, each statement once for all. */
static bool
release_portion(int turn, void *argument)
{
	ReleaseBatch *batch = argument;
	int			first = turn * PORTION;
	int			count = Min(PORTION, batch->count - first);
	Release		release = {
		.actor = batch->call->actor,
		.now = dw_now(),
		.left = batch->left
	};

	/* the jobs are locked, so none of them can have lost its escrow */
	release.rows = dw_escrows_lock(&batch->jobs[first], count,
								   &release.count);
	if (release.count != count)
		elog(ERROR, "a claimed job has lost its escrow");
	dw_write_batch(release_escrows, &release);
	for (int i = 0; i < release.count; i++)
		return_rest(batch->call, &release.rows[i]);
	batch->left = release.left;
	return batch->left > 0;
}

DW_FUNCTION(dwello_release_due_escrows)
{
	DwCall		call;
	ReleaseBatch batch = {.call = &call};
	int32		max_rows;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	max_rows = dw_arg_max_rows(&call);
	batch.left = max_rows;
	batch.jobs = dw_releases_claim_due(max_rows, &batch.count);
	dw_reserves_ensure(batch.jobs, batch.count);
	dw_each_turn((batch.count + PORTION - 1) / PORTION, release_portion,
				 &batch);
	dw_row_int4(&call, "released", max_rows - batch.left);
	dw_row_int4(&call, "jobs", batch.count);
	return dw_call_return(&call);
}

/* WD101: what a cancellation policy may give the provider stays until then. */
static void
check_policy(const DwJob *job)
{
	DwCancellationTerms terms;

	if (!dw_cancellation_find(&job->id, &terms) ||
		!dw_cancellation_pays(&terms.policy))
		return;
	dw_raise(DW_INVALID_TRANSITION,
			 "the contract has a cancellation policy",
			 psprintf("A cancel of job %s may pay the provider a share.",
					  dw_uuid_text(&job->id)),
			 "dwello.cancel_job() ends the contract by it, see"
			 " dwello.quote_cancellation(); less work takes"
			 " dwello.propose_change_order().");
}

/* WD101: the money of work that has begun is not the homeowner's alone. */
static void
check_consent(DwCall *call, const DwJob *job)
{
	if (call->actor.kind != DW_ACTOR_HOMEOWNER)
		return;
	if (job->started_at == DT_NOBEGIN)
	{
		check_policy(job);
		return;
	}
	dw_raise(DW_INVALID_TRANSITION,
			 "the work has begun, so the provider must agree",
			 psprintf("Work on job %s began at %s.", dw_uuid_text(&job->id),
					  timestamptz_to_str(job->started_at)),
			 "Ask for it with dwello.request_refund(), or open a dispute "
			 "with dwello.open_dispute().");
}

/*
 * What of a refund by the provider is not held, but was released: what an
 * amount is above what is held, a milestone that is released, or all, where
 * nothing is held.  The rest is left in the selector, if anything is.
 */
static int64
split_released(const DwEscrowRow *row, DwSelector *selector)
{
	int64		held = dw_milestones_available(row->milestones,
											   row->milestone_count);
	int64		beyond = selector->amount - held;

	if (selector->milestone_id != NULL)
		return dw_milestones_find(row->milestones, row->milestone_count,
								  selector->milestone_id)->status ==
			DW_MILESTONE_RELEASED ? INT64_MAX : 0;
	if (!selector->has_amount)
		return held > 0 ? 0 : INT64_MAX;
	if (beyond <= 0)
		return 0;
	selector->amount = held;
	return beyond;
}

/*
 * Decides on what a refund takes out of released work; WD202 when so much is
 * not there.
 */
static void
take_released(DwCall *call, DwEscrowRow *row, int64 price, DwTakeBack *back)
{
	DwChargebackSum taken;
	DwResult	result;

	dw_chargeback_sum(&row->job_id, NULL, &taken);
	back->price = price;
	result = dw_escrow_take_back(&row->escrow, row->milestones,
								 row->milestone_count, taken.clawed_back,
								 back);
	if (result == DW_OK &&
		(back->amount == 0 || (price != INT64_MAX && back->price < price)))
		result = DW_INSUFFICIENT_FUNDS;
	if (result != DW_OK)
		dw_escrow_refuse(call, row, result);
}

/* Decides on a refund and applies it: what is held goes first. */
static DwUuid
refund_all(DwCall *call, DwEscrowRow *row, DwRefund *refund)
{
	DwTakeBack	back = {.milestone_id = refund->selector.milestone_id};
	int64		released = 0;
	DwResult	result = DW_OK;

	if (call->actor.kind == DW_ACTOR_PROVIDER)
		released = split_released(row, &refund->selector);
	if (released == 0 || refund->selector.amount > 0)
		result = dw_escrow_refund(&row->escrow, row->milestones,
								  row->milestone_count, &refund->selector,
								  &refund->decided);
	if (result != DW_OK)
		dw_escrow_refuse(call, row, result);
	if (released == 0)
		return dw_refund_apply(call, row, refund);
	take_released(call, row, released, &back);
	return dw_escrow_give_back(call, row, &back, refund);
}

/*
 * WD101 unless the state has something to refund.  What was released is the
 * provider's, and only they give it back.
 */
static void
check_refundable(DwCall *call, const DwEscrowRow *row)
{
	const DwEscrow *escrow = &row->escrow;

	if (dw_machine_next(dw_escrow_machine(), escrow->status,
						DW_ESCROW_EVENT_REFUND, call->actor.kind,
						NULL) == DW_OK)
		return;
	if (call->actor.kind != DW_ACTOR_PROVIDER && escrow->held == 0 &&
		escrow->released > 0 && !escrow->frozen)
		dw_raise(DW_INVALID_TRANSITION, "nothing is held that could go back",
				 psprintf("The escrow of job %s is in state \"%s\".",
						  dw_uuid_text(&row->job_id),
						  dw_escrow_status_label(escrow->status)),
				 call->actor.kind == DW_ACTOR_ADMIN
				 ? "Only the provider gives back what was released;"
				 " dwello.reverse_transaction() undoes a release, and what"
				 " is held again can be refunded."
				 : "Only the provider gives back what was released; for some"
				 " time dwello.open_dispute() can claim it.");
	dw_escrow_refuse(call, row, DW_INVALID_TRANSITION);
}

/* Gives back of the contract; the job follows. */
static DwUuid
refund_contract(DwCall *call, DwJob *job, DwEscrowRow *row, DwRefund *refund)
{
	DwUuid		transaction_id;

	check_refundable(call, row);
	check_consent(call, job);
	refund->from = row->escrow.status;
	transaction_id = refund_all(call, row, refund);
	if (call->actor.kind == DW_ACTOR_PROVIDER)
		job->responsible = DW_JOB_SIDE_PROVIDER;
	dw_escrow_move_job(job, row);
	return transaction_id;
}

/* 42501 for a tip by anybody but the provider; 22023 beside a milestone. */
static void
check_tip_caller(DwCall *call, const DwSelector *selector)
{
	if (call->actor.kind != DW_ACTOR_PROVIDER)
		dw_raise(DW_FORBIDDEN, "only the provider gives a tip back",
				 "A tip is the provider's once it has arrived.",
				 "Leave tip_id out.");
	if (selector->milestone_id != NULL)
		dw_arg_refuse(call, "milestone_id", DW_BAD_VALUE,
					  "must be NULL when a tip is given");
}

/* The payment of a tip, and what of it goes back; P0002, WD101, WD202. */
static void
decide_tip(DwCall *call, const DwEscrowRow *row, DwTransaction *payment,
		   DwRefund *refund)
{
	const DwUuid *id = dw_arg_uuid_opt(call, "tip_id");
	const DwChargeNames names = {.psp = "",.id = id};
	DwCharge	charge;

	if (!dw_payment_find(&row->job_id, id, payment) ||
		payment->type != DW_TRANSACTION_TIP_PAYMENT)
		dw_raise(DW_NOT_FOUND, "no such tip",
				 psprintf("Job %s has no tip %s.",
						  dw_uuid_text(&row->job_id), dw_uuid_text(id)),
				 "It is the transaction_id that dwello.tip() gave.");
	if (payment->status != DW_TRANSACTION_COMPLETED ||
		!dw_charge_find(&names, &charge))
		dw_raise(DW_INVALID_TRANSITION, "the tip has not arrived",
				 psprintf("Its payment is %s.",
						  dw_transaction_status_label(payment->status)),
				 "There is nothing of it that could go back.");
	refund->decided.amount = refund->selector.has_amount
		? refund->selector.amount
		: charge.left - charge.left %
		dw_psp_unit_of(payment->psp, payment->currency);
	if (refund->decided.amount <= 0 || refund->decided.amount > charge.left)
		dw_raise(DW_INSUFFICIENT_FUNDS, "more than is left of the tip",
				 psprintf("Of tip %s " INT64_FORMAT " %s are left.",
						  dw_uuid_text(id), Max(charge.left, 0),
						  payment->currency),
				 "What was given back, or a bank took, is not there, and less"
				 " than a unit of the company cannot be sent.");
	dw_need_whole(payment->psp, payment->currency, refund->decided.amount);
}

DW_FUNCTION(dwello_refund_escrow)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwRefund	refund = {.event = DW_ESCROW_EVENT_REFUND};
	DwTransaction payment;
	DwUuid		transaction_id;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER |
					 DW_ACTOR_ADMIN);
	dw_args_need(&call, "job_id", NULL);
	refund.reason = dw_arg_text_opt(&call, "reason", DW_NOTES_MAX);
	read_selector(&call, &refund.selector);
	if (dw_arg_has(&call, "tip_id"))
		check_tip_caller(&call, &refund.selector);
	if (dw_escrow_begin(&call, &job, &row, refund.selector.milestone_id))
		return dw_call_return(&call);
	if (dw_arg_has(&call, "tip_id"))
	{
		decide_tip(&call, &row, &payment, &refund);
		transaction_id = dw_tip_give_back(&call, &row, &payment, &refund);
	}
	else
		transaction_id = refund_contract(&call, &job, &row, &refund);

	dw_row_uuid(&call, "transaction_id", &transaction_id);
	dw_row_int8(&call, "amount", refund.decided.amount);
	dw_row_escrow(&call, &row);
	return dw_call_return(&call);
}

/*
 * Writes that an escrow is given up, and emits it to the provider.  Core
 * refuses once money has come, so a pending payment is all that there can
 * be to end: should it arrive all the same, it is a receipt.
 */
static void
cancel_apply(DwCall *call, DwEscrowRow *row, const DwTransaction *payment,
			 const char *reason)
{
	DwTransition transition = {DW_ESCROW_EVENT_CANCEL, call->actor,
	row->escrow.status, payment == NULL ? NULL : &payment->id};
	DwPayload	payload;

	if (dw_escrow_cancel(&row->escrow, row->milestones,
						 row->milestone_count) != DW_OK)
		dw_escrow_refuse(call, row, DW_INVALID_TRANSITION);
	if (payment != NULL)
		dw_payment_cancel(row, payment);
	dw_authorizations_void(row);
	dw_escrow_apply(row, &transition);
	dw_escrow_payload(&payload, row);
	dw_payload_text(&payload, "reason", reason);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "escrow_cancelled",
				  &payload);
}

DW_FUNCTION(dwello_cancel_escrow)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwTransaction payment;
	const char *reason;
	bool		pending;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER);
	dw_args_need(&call, "job_id", NULL);
	reason = dw_arg_text_opt(&call, "reason", DW_NOTES_MAX);
	if (dw_escrow_begin(&call, &job, &row, NULL))
		return dw_call_return(&call);
	dw_escrow_check(&call, &row, DW_ESCROW_EVENT_CANCEL);
	pending = dw_payment_find(&job.id, NULL, &payment);
	cancel_apply(&call, &row, pending ? &payment : NULL, reason);

	if (pending)
		dw_row_uuid(&call, "transaction_id", &payment.id);
	dw_row_escrow(&call, &row);
	return dw_call_return(&call);
}
