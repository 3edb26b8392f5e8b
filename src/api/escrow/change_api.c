/*
 * change_api.c
 *		Entry points of a change of the contract after the award:
 *		propose_change_order, answer_change_order, and of its plan alone:
 *		plan_milestones, propose_plan, answer_plan.
 *
 * One side proposes, the other agrees, and then everything changes in one
 * transaction: the contract, its milestones and the escrow.  For more work
 * what is missing to the contract is asked for at once, as fund_escrow()
 * does; of less work, what was paid for it goes back at once.  The fee goes
 * by the numbers that the contract froze.
 *
 * What could not be agreed on now is refused when it is proposed: the other
 * side is not asked for something that cannot be.
 *
 * In a draft a plan is what was posted, in other words: proportions that the
 * award fits to the contract (plan_milestones).  Until something is paid the
 * homeowner divides the contract alone, from then on both do.  In between the
 * plan is part of what bidders have priced, and stands.
 */
#include "postgres.h"

#include "utils/datetime.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/cancellation/cancellation_store.h"
#include "store/escrow/escrow_store.h"
#include "store/job/job_store.h"

#define SIDES		(DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER)
#define DAYS_MAX	3650		/* that an order may move the end by */

/* 42501 unless the caller is the side of the contract that they act as. */
static void
need_side(DwCall *call, const DwJob *job)
{
	if (call->actor.kind == DW_ACTOR_PROVIDER)
		dw_job_need_provider(call, job);
	else
		dw_job_need_homeowner(call, job);
}

/* WD101 unless the contract is under way, and nothing of it is disputed. */
static void
need_changeable(DwCall *call, const DwJob *job, const DwEscrowRow *row)
{
	DwEscrowRow view = *row;

	if (job->status != DW_JOB_AWARDED && job->status != DW_JOB_IN_PROGRESS)
		dw_raise(DW_INVALID_TRANSITION, "the contract cannot be changed",
				 psprintf("Job %s is in state \"%s\".",
						  dw_uuid_text(&job->id),
						  dw_job_status_label(job->status)),
				 "It can be while the job is awarded or in progress.");
	if (row->escrow.disputed > 0)
		dw_raise(DW_INVALID_TRANSITION,
				 "the contract cannot be changed while a part is disputed",
				 psprintf("Of what is held for job %s " INT64_FORMAT
						  " is disputed.", dw_uuid_text(&job->id),
						  row->escrow.disputed),
				 "Settle the dispute first, see dwello.answer_dispute().");
	dw_contract_need_time(job, &row->escrow);
	dw_contract_need_answered(row);
	/* a payment that may still arrive is looked for apart */
	if (view.escrow.status == DW_ESCROW_FUNDING)
		view.escrow.status = DW_ESCROW_FAILED;
	dw_escrow_check(call, &view, DW_ESCROW_EVENT_CHANGE);
}

/*
 * A copy of the escrow with room for one milestone more, which more work
 * adds: planned, at the end.
 */
static void
contract_extend(DwEscrowRow *row, const DwChangeOrder *order)
{
	int			count = row->milestone_count;
	DwMilestone *milestones = palloc0_array(DwMilestone, count + 1);
	DwMilestoneRow *stored = palloc0_array(DwMilestoneRow, count + 1);

	memcpy(milestones, row->milestones, count * sizeof(DwMilestone));
	memcpy(stored, row->stored, count * sizeof(DwMilestoneRow));
	row->milestones = milestones;
	row->stored = stored;
	if (order->amount <= 0)
		return;
	milestones[count].id = dw_uuid_fresh();
	milestones[count].amount = order->amount;
	milestones[count].status = DW_MILESTONE_PLANNED;
	milestones[count].is_required = true;
	milestones[count].sort_order = milestones[count - 1].sort_order + 1;
	stored[count].job_id = row->job_id;
	stored[count].milestone = milestones[count];
	row->milestone_count++;
}

/* P0002, 22003, WD202: what core said of the change. */
static void
change_refuse(DwCall *call, const DwEscrowRow *row,
			  const DwChangeOrder *order, DwResult result)
{
	if (result == DW_INSUFFICIENT_FUNDS)
		dw_raise(result, "so much work is not left to be taken off",
				 psprintf("The order is of " INT64_FORMAT ", the contract of"
						  " job %s of " INT64_FORMAT ".", order->amount,
						  dw_uuid_text(&row->job_id),
						  row->escrow.contract_amount),
				 "Only work that was not delivered can be, and some must be"
				 " left; to end the contract there are"
				 " dwello.refund_escrow() and dwello.cancel_job().");
	if (result == DW_OVERFLOW)
		dw_raise(result, "amount is out of range for the contract", NULL,
				 "Propose a smaller amount.");
	dw_escrow_refuse(call, row, result);
}

/*
 * Decides on the change in memory: the row is a copy afterwards, with what
 * is to be written.
 */
static void
change_decide(DwCall *call, DwEscrowRow *row, const DwChangeOrder *order,
			  DwContractChange *change)
{
	DwResult	result;

	memset(change, 0, sizeof(*change));
	change->amount = order->amount;
	if (order->amount == 0)
		return;					/* time alone */
	dw_arg_check_amount(call, "amount",
						row->escrow.contract_amount + order->amount,
						row->escrow.currency);
	if (order->amount > 0 &&
		row->milestone_count >= DW_MILESTONES_MAX)
		dw_raise(DW_LIMIT_REACHED, "the contract has as many milestones as"
				 " it can have",
				 psprintf("It has %d.", row->milestone_count),
				 "Divide it anew with dwello.plan_milestones().");
	if (order->amount < 0 && !dw_uuid_is_nil(&order->milestone_id))
		change->milestone_id = &order->milestone_id;
	contract_extend(row, order);
	result = dw_contract_change(&row->escrow, row->milestones,
								row->milestone_count, change);
	if (result != DW_OK)
		change_refuse(call, row, order, result);
}

/* The amount of an order and what goes with it; 22023. */
static void
order_read_amount(DwCall *call, DwChangeOrder *order)
{
	const DwUuid *milestone_id = dw_arg_uuid_opt(call, "milestone_id");

	order->amount = dw_arg_amount(call, "amount");
	order->due_date = dw_arg_date_opt(call, "due_date");
	if (dw_arg_has(call, "days"))
	{
		order->days = dw_arg_int4(call, "days");
		if (order->days == 0 || order->days < -DAYS_MAX ||
			order->days > DAYS_MAX)
			dw_arg_refuse(call, "days", DW_BAD_VALUE,
						  "must not be 0, nor more than ten years");
	}
	order->starts_at = dw_arg_time_opt(call, "starts_at");
	if (order->amount == 0 && order->days == DW_ORDER_NO_DAYS &&
		order->starts_at == DT_NOBEGIN)
		dw_arg_refuse(call, "amount", DW_BAD_VALUE,
					  "must not be 0 unless days or starts_at are given");
	if (order->starts_at != DT_NOBEGIN && order->starts_at <= dw_now())
		dw_arg_refuse(call, "starts_at", DW_BAD_VALUE,
					  "must be a time to come");
	if (order->amount <= 0 && order->due_date != DATEVAL_NOBEGIN)
		dw_arg_refuse(call, "due_date", DW_BAD_VALUE,
					  "must be NULL unless work is added");
	if (milestone_id == NULL)
		return;
	if (order->amount >= 0)
		dw_arg_refuse(call, "milestone_id", DW_BAD_VALUE,
					  "must be NULL unless work is taken off");
	order->milestone_id = *milestone_id;
}

/* Reads the proposal; errors of arguments alone. */
static void
order_read(DwCall *call, DwChangeOrder *order)
{
	static const DwTextRule title = {DW_POST_TITLE_MAX, true};
	static const DwTextRule text = {DW_POST_TEXT_MAX, false};
	DwArgError	error = {0};

	memset(order, 0, sizeof(*order));
	dw_args_need(call, "job_id", "title", "amount", NULL);
	order->job_id = dw_arg_uuid(call, "job_id");
	order->title = dw_arg_text_checked(call, &error, "title", title);
	order->description = dw_arg_text_checked(call, &error, "description",
											 text);
	dw_arg_error_raise(call, &error);
	order_read_amount(call, order);
}

/*
 * Ends the order of the other side that is pending, which this one answers;
 * 23505 when it is the caller's own.
 */
static void
order_answer_pending(DwCall *call, const DwJob *job)
{
	DwChangeOrder pending;

	if (!dw_change_order_find(&job->id, &pending))
		return;
	if (dw_uuid_equal(&pending.offered_by, &call->actor.user_id))
		dw_raise_constraint(DW_ALREADY_EXISTS, "change_orders_pending_key",
							"a change order of the caller's is pending",
							psprintf("It is change order %s.",
									 dw_uuid_text(&pending.id)),
							"Withdraw it first, see"
							" dwello.answer_change_order().");
	pending.status = DW_OFFER_COUNTERED;
	dw_change_order_save(&pending);
}

/* WD101, WD102: another start is for work that has not begun, and to come. */
static void
need_start(const DwJob *job, const DwChangeOrder *order)
{
	if (order->starts_at == DT_NOBEGIN)
		return;
	if (job->started_at != DT_NOBEGIN)
		dw_raise(DW_INVALID_TRANSITION, "the work has begun",
				 psprintf("Work on job %s began at %s.",
						  dw_uuid_text(&job->id),
						  timestamptz_to_str(job->started_at)),
				 "Leave starts_at out.");
	if (order->starts_at <= dw_now())
		dw_raise(DW_DEADLINE_PASSED, "the start that was proposed is over",
				 psprintf("It was %s.", timestamptz_to_str(order->starts_at)),
				 "Propose another with dwello.propose_change_order().");
}

/* Both agree on another start: a cancel pays by it. */
static void
contract_restart(const DwUuid *job_id, const DwChangeOrder *order)
{
	DwCancellationTerms terms;

	if (order->starts_at == DT_NOBEGIN)
		return;
	if (!dw_cancellation_find(job_id, &terms))
		elog(ERROR, "a contract has no cancellation terms");
	terms.starts_at = order->starts_at;
	dw_cancellation_save(&terms);
}

/* Writes the proposal, and tells the other side. */
static void
order_write(DwCall *call, const DwEscrowRow *row, DwChangeOrder *order)
{
	order->id = dw_uuid_fresh();
	order->homeowner_id = row->homeowner_id;
	order->provider_id = row->provider_id;
	order->offered_by = call->actor.user_id;
	strlcpy(order->currency, row->escrow.currency, sizeof(order->currency));
	order->status = DW_OFFER_PENDING;
	order->contract_amount = DW_ORDER_OPEN;
	order->created_at = dw_now();
	order->answered_at = DT_NOBEGIN;
	dw_change_order_insert(order);
	dw_change_order_emit(order, order->milestones != (Datum) 0
						 ? "plan_proposed" : "change_order_proposed",
						 &call->actor.user_id);
}

/* The columns of both commands that are the order's. */
static void
row_order(DwCall *call, const DwChangeOrder *order)
{
	dw_row_uuid(call, "job_id", &order->job_id);
	dw_row_uuid(call, "change_order_id", &order->id);
	dw_row_text(call, "change_order_status",
				dw_offer_status_label(order->status));
	dw_row_uuid(call, "offered_by", &order->offered_by);
	dw_row_int8(call, "amount", order->amount);
	dw_row_text(call, "currency", order->currency);
	if (order->days != DW_ORDER_NO_DAYS)
		dw_row_int4(call, "days", order->days);
	if (order->starts_at != DT_NOBEGIN)
		dw_row_time(call, "starts_at", order->starts_at);
	if (!dw_uuid_is_nil(&order->milestone_id))
		dw_row_uuid(call, "milestone_id", &order->milestone_id);
}

/* propose_change_order(job_id, title, amount, …) → the change order */
DW_FUNCTION(dwello_propose_change_order)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwEscrowRow changed;
	DwChangeOrder order;
	DwContractChange change;
	bool		found;

	dw_command_begin(&call, fcinfo, SIDES);
	order_read(&call, &order);
	dw_job_for_command(&call, &order.job_id, &job);
	found = dw_escrow_lock(&job.id, &row);
	if (found && !dw_uuid_is_nil(&order.milestone_id) &&
		dw_milestones_find(row.milestones, row.milestone_count,
						   &order.milestone_id) == NULL)
		dw_escrow_refuse(&call, &row, DW_NOT_FOUND);
	need_side(&call, &job);
	if (dw_call_replay(&call, &job.id))
		return dw_call_return(&call);
	dw_escrow_need(&job.id, found);
	dw_call_version(&call, row.escrow.version);
	need_changeable(&call, &job, &row);
	need_start(&job, &order);
	changed = row;
	change_decide(&call, &changed, &order, &change);
	order_answer_pending(&call, &job);

	order_write(&call, &row, &order);
	row_order(&call, &order);
	dw_row_int4(&call, "version", row.escrow.version);
	return dw_call_return(&call);
}

/* A day as milestones are posted with it: YYYY-MM-DD. */
static char *
date_text(DateADT date)
{
	int			year;
	int			month;
	int			day;

	j2date(date + POSTGRES_EPOCH_JDATE, &year, &month, &day);
	return psprintf("%04d-%02d-%02d", year, month, day);
}

/* Writes the milestone that more work has added as the last. */
static void
milestone_write(const DwEscrowRow *row, DwChangeOrder *order)
{
	DwMilestone *milestone = &row->milestones[row->milestone_count - 1];
	DwPostMilestone words = {
		.title = order->title,
		.description = order->description,
		.amount = order->amount,
		.is_required = true
	};
	DwPlan		plan = {
		.job_id = row->job_id,
		.homeowner_id = row->homeowner_id,
		.provider_id = row->provider_id,
		.count = 1,
		.words = &words,
		.milestones = milestone
	};

	if (order->due_date != DATEVAL_NOBEGIN)
		words.due_date = date_text(order->due_date);
	dw_plan_append(&plan);
	order->milestone_id = milestone->id;
}

/* What of the missing can be asked for is; false: nothing. */
static bool
contract_ask(DwEscrowRow *row, const DwPaymentWay *way, int64 *amount)
{
	*amount = dw_payment_whole(way, row->escrow.currency,
							   dw_escrow_missing(&row->escrow));
	return *amount > 0 && dw_escrow_fund(&row->escrow, amount) == DW_OK;
}

/*
 * More work: its milestone, and a payment of what is missing to the
 * contract, unless it is not paid through escrow.
 */
static void
contract_more(DwCall *call, DwEscrowRow *row, DwChangeOrder *order,
			  bool is_escrowed, DwEscrowStatus from)
{
	DwTransition transition = {DW_ESCROW_EVENT_CHANGE, call->actor, from,
	NULL};
	DwTransaction payment;
	DwPaymentWay way;
	DwPaymentAsked asked = {.type = DW_TRANSACTION_PAYMENT};

	milestone_write(row, order);
	way.is_known = dw_payment_method_find(&row->homeowner_id, NULL,
										  &way.method);
	if (is_escrowed && contract_ask(row, &way, &asked.amount))
	{
		dw_payment_ask(call, row, &way, &asked, &payment);
		order->transaction_id = payment.id;
		transition.transaction_id = &payment.id;
	}
	dw_escrow_apply(row, &transition);
	if (transition.transaction_id == NULL)
		return;
	dw_payment_emit(row, &payment, "payment_requested");
	dw_row_int8(call, "transaction_amount", payment.amount);
	dw_row_time(call, "pay_by", payment.pay_by);
}

/* Less work: what was paid for it goes back, if anything was. */
static void
contract_less(DwCall *call, DwEscrowRow *row, DwChangeOrder *order,
			  const DwContractChange *change, DwEscrowStatus from)
{
	DwTransition transition = {DW_ESCROW_EVENT_CHANGE, call->actor, from,
	NULL};
	DwRefund	refund = {
		.event = DW_ESCROW_EVENT_CHANGE,
		.selector = {.milestone_id = change->milestone_id},
		.reason = order->title,
		.from = from,
		.decided = change->refund
	};

	if (change->refund.amount == 0)
	{
		dw_escrow_apply(row, &transition);
		return;
	}
	order->transaction_id = dw_refund_apply(call, row, &refund);
	dw_row_int8(call, "transaction_amount", change->refund.amount);
}

/* Changes the contract by an order that the caller accepts. */
static void
order_accept(DwCall *call, DwJob *job, DwEscrowRow *row,
			 DwChangeOrder *order)
{
	DwTransaction stale;
	DwContractChange change;
	DwEscrowStatus from;
	bool		is_stale;

	need_changeable(call, job, row);
	need_start(job, order);
	is_stale = dw_payment_find_stale(&job->id, &stale);
	from = row->escrow.status;
	if (is_stale)
	{
		DwEscrowRow view = *row;

		/* refused before anything is written */
		change_decide(call, &view, order, &change);
		dw_payment_expire(row, &stale);
		from = row->escrow.status;
	}
	change_decide(call, row, order, &change);
	if (order->amount > 0)
		contract_more(call, row, order, job->is_escrowed, from);
	else if (order->amount < 0)
		contract_less(call, row, order, &change, from);
	contract_restart(&job->id, order);
	order->contract_amount = row->escrow.contract_amount;
}

/* What an answer does; 42501 for a yes to one's own. */
static DwOfferEvent
order_event(DwCall *call, const DwChangeOrder *order, const char *arg)
{
	DwOfferEvent event;

	if (dw_offer_answer(dw_uuid_equal(&call->actor.user_id,
									  &order->offered_by),
						dw_arg_bool(call, arg), &event) != DW_OK)
		dw_raise(DW_FORBIDDEN, "only the other side can accept an offer",
				 psprintf("Change order %s is the caller's own.",
						  dw_uuid_text(&order->id)),
				 psprintf("%s => false withdraws it.", arg));
	return event;
}

/* Reads the order that the caller answers: 42501, P0002. */
static DwOfferEvent
order_for_side(DwCall *call, const DwJob *job, DwChangeOrder *order)
{
	DwUuid		id = dw_arg_uuid(call, "change_order_id");

	need_side(call, job);
	if (!dw_change_order_load(&job->id, &id, order) ||
		order->milestones != (Datum) 0)
		dw_raise(DW_NOT_FOUND, "no such change order",
				 psprintf("Job %s has no change order %s.",
						  dw_uuid_text(&job->id), dw_uuid_text(&id)),
				 "dwello.change_orders has those of your jobs.");
	return order_event(call, order, "accept");
}

/* WD101: the state of the order after the event. */
static DwOfferStatus
order_next(DwCall *call, const DwChangeOrder *order, DwOfferEvent event)
{
	int			next;

	if (dw_machine_next(dw_offer_machine(), order->status, event,
						call->actor.kind, &next) != DW_OK)
		dw_raise(DW_INVALID_TRANSITION,
				 psprintf("a change order that is %s cannot be answered",
						  dw_offer_status_label(order->status)),
				 psprintf("Change order %s is in state \"%s\".",
						  dw_uuid_text(&order->id),
						  dw_offer_status_label(order->status)),
				 "dwello.offer_transitions() lists what is possible.");
	return (DwOfferStatus) next;
}

/* Writes the answer, and tells the side that waited for it. */
static void
order_answer(DwCall *call, DwChangeOrder *order)
{
	static const char *const types[][2] = {
		[DW_OFFER_ACCEPTED] = {"change_order_accepted", "plan_accepted"},
		[DW_OFFER_REJECTED] = {"change_order_rejected", "plan_rejected"},
		[DW_OFFER_WITHDRAWN] = {"change_order_withdrawn", "plan_withdrawn"}
	};

	dw_change_order_save(order);
	dw_change_order_emit(order,
						 types[order->status][order->milestones != (Datum) 0],
						 &call->actor.user_id);
}

/* answer_change_order(job_id, change_order_id, accept, …) → it, escrow */
DW_FUNCTION(dwello_answer_change_order)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;
	DwEscrowRow row;
	DwChangeOrder order;
	DwOfferEvent event;
	bool		found;

	dw_command_begin(&call, fcinfo, SIDES);
	dw_args_need(&call, "job_id", "change_order_id", "accept", NULL);
	job_id = dw_arg_uuid(&call, "job_id");
	dw_job_for_command(&call, &job_id, &job);
	found = dw_escrow_lock(&job_id, &row);
	event = order_for_side(&call, &job, &order);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_escrow_need(&job_id, found);
	dw_call_version(&call, row.escrow.version);
	order.status = order_next(&call, &order, event);
	if (event == DW_OFFER_EVENT_ACCEPT)
		order_accept(&call, &job, &row, &order);
	order_answer(&call, &order);
	/* what completes a job ends its orders, but for the one that did */
	if (event == DW_OFFER_EVENT_ACCEPT && order.amount != 0)
		dw_escrow_move_job(&job, &row);

	dw_row_escrow(&call, &row);
	row_order(&call, &order);
	dw_row_int8(&call, "contract_amount", row.escrow.contract_amount);
	if (!dw_uuid_is_nil(&order.transaction_id))
		dw_row_uuid(&call, "transaction_id", &order.transaction_id);
	return dw_call_return(&call);
}

/* Makes the milestones of the words of a plan. */
static void
plan_fill(DwPlan *plan)
{
	plan->milestones = palloc0(plan->count * sizeof(DwMilestone));
	for (int i = 0; i < plan->count; i++)
	{
		DwMilestone *milestone = &plan->milestones[i];

		milestone->status = DW_MILESTONE_PLANNED;
		milestone->is_required = plan->words[i].is_required;
		if (plan->words[i].amount != DW_POST_ABSENT)
			milestone->amount = plan->words[i].amount;
	}
}

/* Reads the plan; errors of arguments alone. */
static void
plan_read(DwCall *call, DwPlan *plan)
{
	DwArgError	error = {0};

	memset(plan, 0, sizeof(*plan));
	dw_args_need(call, "job_id", "milestones", NULL);
	plan->job_id = dw_arg_uuid(call, "job_id");
	plan->words = dw_post_milestones(dw_arg_jsonb(call, "milestones"),
									 &plan->count, &error);
	if (plan->count == 0)
		dw_arg_error_note(&error, "milestones", DW_BAD_VALUE,
						  "must have at least one element");
	dw_arg_error_raise(call, &error);
	plan_fill(plan);
}

/* WD101: the plan of a job in this state stands. */
static void
plan_refuse_state(const DwJob *job)
{
	dw_raise(DW_INVALID_TRANSITION, "the plan cannot be changed now",
			 psprintf("Job %s is in state \"%s\".", dw_uuid_text(&job->id),
					  dw_job_status_label(job->status)),
			 job->status == DW_JOB_OPEN
			 ? "Bidders have priced the plan; dwello.edit_job() changes what "
			 "they priced."
			 : "A plan is made in a draft, or once the award is confirmed.");
}

/* WD101 or 22023: what core said of the plan for this escrow. */
static void
plan_refuse(const DwEscrowRow *row, DwResult result)
{
	const char *job = dw_uuid_text(&row->job_id);

	if (result == DW_INVALID_TRANSITION)
		dw_raise(result, "the plan cannot be changed any more",
				 psprintf("The escrow of job %s is in state \"%s\".", job,
						  dw_escrow_status_label(row->escrow.status)),
				 "What was delivered, approved, disputed, released or refunded"
				 " stays as it is.");
	dw_raise(result, "milestones must sum to what has not begun",
			 psprintf("The contract of job %s is " INT64_FORMAT ".", job,
					  row->escrow.contract_amount),
			 "Give amounts that sum to it, or none for equal parts.");
}

/* Emits to the provider that the parts have changed. */
static void
plan_emit(const DwEscrowRow *row, int count)
{
	DwPayload	payload;

	dw_escrow_payload(&payload, row);
	dw_payload_int8(&payload, "milestones", count);
	dw_event_emit(&row->job_id, "escrow", &row->job_id,
				  "milestones_planned", &payload);
}

/* Fits a plan to what has not begun of a contract; WD101, 22023. */
static void
plan_decide(DwPlan *plan, const DwEscrowRow *row)
{
	DwResult	result = dw_escrow_replan(&row->escrow, row->milestones,
										  row->milestone_count,
										  plan->milestones, plan->count);

	if (result != DW_OK)
		plan_refuse(row, result);
	plan->job_id = row->job_id;
	plan->homeowner_id = row->homeowner_id;
	plan->provider_id = row->provider_id;
}

/* The same, and writes it; the escrow's new version. */
static int32
plan_apply(DwPlan *plan, DwEscrowRow *row)
{
	plan_decide(plan, row);
	dw_plan_replace(plan);
	row->escrow.version++;
	dw_escrow_save(row);
	plan_emit(row, plan->count);
	return row->escrow.version;
}

/* WD101: once anything is paid, both sides change the plan together. */
static void
plan_need_unpaid(const DwEscrowRow *row)
{
	if (row->escrow.funded > 0)
		dw_raise(DW_INVALID_TRANSITION, "something of the contract is paid",
				 psprintf("Of the contract of job %s " INT64_FORMAT
						  " is paid.", dw_uuid_text(&row->job_id),
						  row->escrow.funded),
				 "dwello.propose_plan() proposes a plan to the other side.");
}

/* Emits the plan as it is now. */
static Datum
plan_return(DwCall *call, const DwPlan *plan, int32 version)
{
	for (int i = 0; i < plan->count; i++)
	{
		const DwMilestone *milestone = &plan->milestones[i];

		dw_row_uuid(call, "milestone_id", &milestone->id);
		dw_row_text(call, "title", plan->words[i].title);
		if (milestone->amount > 0)
			dw_row_int8(call, "amount", milestone->amount);
		dw_row_int4(call, "sort_order", milestone->sort_order);
		dw_row_enum(call, "milestone_status", &dw_milestone_status_labels,
					milestone->status);
		dw_row_int4(call, "version", version);
		dw_list_emit(call);
	}
	return dw_list_return(call);
}

DW_FUNCTION(dwello_plan_milestones)
{
	DwCall		call;
	DwJob		job;
	DwPlan		plan;
	DwEscrowRow row;
	bool		found;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER);
	dw_rows_begin(&call);
	plan_read(&call, &plan);
	dw_job_for_command(&call, &plan.job_id, &job);
	dw_job_need_homeowner(&call, &job);
	if (dw_list_replay(&call, &job.id))
		return dw_list_return(&call);
	/* under a contract the plan is the escrow's, before it is the job's */
	found = dw_escrow_lock(&job.id, &row);
	dw_call_version(&call, found ? row.escrow.version : job.version);
	plan.homeowner_id = job.homeowner_id;
	if (job.status == DW_JOB_DRAFT)
	{
		dw_plan_replace(&plan);
		dw_job_save(&job);
		return plan_return(&call, &plan, job.version);
	}
	if (job.status != DW_JOB_AWARDED && job.status != DW_JOB_IN_PROGRESS)
		plan_refuse_state(&job);
	dw_escrow_need(&job.id, found);
	dw_contract_need_time(&job, &row.escrow);
	dw_contract_need_answered(&row);
	plan_need_unpaid(&row);
	return plan_return(&call, &plan, plan_apply(&plan, &row));
}

/* The columns of both commands on a plan. */
static void
row_plan(DwCall *call, const DwChangeOrder *order, const DwEscrowRow *row)
{
	dw_row_uuid(call, "plan_id", &order->id);
	dw_row_text(call, "plan_status", dw_offer_status_label(order->status));
	dw_row_uuid(call, "offered_by", &order->offered_by);
	dw_row_escrow(call, row);
}

/* propose_plan(job_id, milestones) → the plan that waits for an answer */
DW_FUNCTION(dwello_propose_plan)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwPlan		plan;
	DwChangeOrder order = {.title = "Another plan"};

	dw_command_begin(&call, fcinfo, SIDES);
	plan_read(&call, &plan);
	if (dw_escrow_begin(&call, &job, &row, NULL))
		return dw_call_return(&call);
	dw_job_fill(&job);
	need_changeable(&call, &job, &row);
	plan_decide(&plan, &row);
	order_answer_pending(&call, &job);

	order.job_id = job.id;
	order.due_date = DATEVAL_NOBEGIN;
	order.starts_at = DT_NOBEGIN;
	order.milestones = dw_arg_jsonb(&call, "milestones");
	order_write(&call, &row, &order);
	row_plan(&call, &order, &row);
	return dw_call_return(&call);
}

/* Divides the rest of the contract by a plan that the caller accepts. */
static void
plan_accept(DwCall *call, DwJob *job, DwEscrowRow *row, DwChangeOrder *order)
{
	DwPlan		plan = {.job_id = job->id};
	DwArgError	error = {0};

	need_changeable(call, job, row);
	/* they were checked when it was proposed */
	plan.words = dw_post_milestones(order->milestones, &plan.count, &error);
	plan_fill(&plan);
	(void) plan_apply(&plan, row);
	order->contract_amount = row->escrow.contract_amount;
}

/* answer_plan(job_id, is_accepted) → the plan, and the escrow */
DW_FUNCTION(dwello_answer_plan)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwChangeOrder order;
	DwOfferEvent event;

	dw_command_begin(&call, fcinfo, SIDES);
	dw_args_need(&call, "job_id", "is_accepted", NULL);
	if (dw_escrow_begin(&call, &job, &row, NULL))
		return dw_call_return(&call);
	dw_job_fill(&job);
	if (!dw_change_order_find(&job.id, &order) ||
		order.milestones == (Datum) 0)
		dw_raise(DW_INVALID_TRANSITION, "no plan is proposed",
				 psprintf("It is job %s.", dw_uuid_text(&job.id)),
				 "A side proposes one with dwello.propose_plan().");
	event = order_event(&call, &order, "is_accepted");
	order.status = order_next(&call, &order, event);
	if (event == DW_OFFER_EVENT_ACCEPT)
		plan_accept(&call, &job, &row, &order);
	order_answer(&call, &order);
	row_plan(&call, &order, &row);
	return dw_call_return(&call);
}
