/*
 * escrow_service.c
 *		What the commands on an escrow and on its payments share: they find
 *		it, answer for it, let its job follow, ask the workers of payment
 *		companies for something, and take each of their events once.
 *
 * The job is locked first, so the escrow and its milestones stand still; the
 * accounts of the platform and the provider are not touched, only added to.
 *
 * Companies tell things twice, and in any order: an event is known by its
 * name, and who delivers it again gets the row that was returned first.
 */
#include "postgres.h"

#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/authorization/authorization_store.h"
#include "store/company/company_store.h"
#include "store/escrow/escrow_store.h"
#include "store/ledger/ledger_store.h"

void
dw_escrow_need(const DwUuid *job_id, bool found)
{
	if (!found)
		dw_raise(DW_INVALID_TRANSITION, "the job has no escrow yet",
				 psprintf("The award of job %s is not confirmed.",
						  dw_uuid_text(job_id)),
				 "The provider must call dwello.confirm_award() first.");
}

void
dw_escrow_check(DwCall *call, const DwEscrowRow *row, DwEscrowEvent event)
{
	if (dw_machine_next(dw_escrow_machine(), row->escrow.status, event,
						call->actor.kind, NULL) != DW_OK)
		dw_escrow_refuse(call, row, DW_INVALID_TRANSITION);
}

void
dw_escrow_refuse(DwCall *call, const DwEscrowRow *row, DwResult result)
{
	const DwEscrow *escrow = &row->escrow;
	const char *message;

	if (result == DW_INVALID_TRANSITION)
		message = psprintf("%s is not possible in this state",
						   dw_call_name(call));
	else if (result == DW_INSUFFICIENT_FUNDS)
		message = "more than is held and undisputed";
	else if (result == DW_NOT_FOUND)
		message = "no such milestone";
	else
		message = psprintf("%s cannot take this amount", dw_call_name(call));
	dw_raise(result, message,
			 psprintf("The escrow of job %s is in state \"%s\": " INT64_FORMAT
					  " of " INT64_FORMAT " paid, " INT64_FORMAT
					  " held, " INT64_FORMAT " disputed.",
					  dw_uuid_text(&row->job_id),
					  dw_escrow_status_label(escrow->status), escrow->funded,
					  dw_escrow_charge(escrow), escrow->held,
					  escrow->disputed),
			 result == DW_INSUFFICIENT_FUNDS
			 ? "No more can move than what is held less what is disputed."
			 : "dwello.escrow_transitions() says what is possible in each state.");
}

void
dw_row_escrow(DwCall *call, const DwEscrowRow *row)
{
	const DwEscrow *escrow = &row->escrow;

	dw_row_uuid(call, "job_id", &row->job_id);
	dw_row_enum(call, "escrow_status", &dw_escrow_status_labels,
				escrow->status);
	dw_row_text(call, "currency", escrow->currency);
	dw_row_int8(call, "funded", escrow->funded);
	dw_row_int8(call, "held", escrow->held);
	dw_row_int8(call, "released", escrow->released);
	dw_row_int8(call, "refunded", escrow->refunded);
	dw_row_int8(call, "charged_back", escrow->charged_back);
	dw_row_int4(call, "version", escrow->version);
}

bool
dw_escrow_begin(DwCall *call, DwJob *job, DwEscrowRow *row,
				const DwUuid *milestone_id)
{
	DwUuid		job_id = dw_arg_uuid(call, "job_id");
	bool		found;

	dw_job_sides_for_command(call, &job_id, job);

	/*
	 * What is not there is said before who may not, and both before what was
	 * done already: a stranger who knows a key learns nothing by it.
	 */
	found = dw_escrow_lock(&job_id, row);
	if (found && milestone_id != NULL &&
		dw_milestones_find(row->milestones, row->milestone_count,
						   milestone_id) == NULL)
		dw_escrow_refuse(call, row, DW_NOT_FOUND);
	if (call->actor.kind == DW_ACTOR_HOMEOWNER)
		dw_job_need_homeowner(call, job);
	if (call->actor.kind == DW_ACTOR_PROVIDER)
		dw_job_need_provider(call, job);
	if (dw_call_replay(call, &job_id))
		return true;
	dw_escrow_need(&job_id, found);
	dw_call_version(call, row->escrow.version);
	dw_contract_need_answered(row);
	return false;
}

void
dw_job_need_payable(const DwJob *job)
{
	if (job->status == DW_JOB_AWARDED || job->status == DW_JOB_IN_PROGRESS)
		return;
	dw_raise(DW_INVALID_TRANSITION, "the job takes no payment",
			 psprintf("Job %s is in state \"%s\".", dw_uuid_text(&job->id),
					  dw_job_status_label(job->status)),
			 "An escrow is funded while the job is awarded or in progress.");
}

/* Makes the job disputed, or what it was before. */
static void
job_follow(DwJob *job, const DwEscrowRow *row)
{
	/* started_at tells the two states apart that a dispute can interrupt */
	bool		is_disputed = row->escrow.status == DW_ESCROW_DISPUTED;
	DwJobEvent	event = is_disputed ? DW_JOB_EVENT_DISPUTE
		: DW_JOB_EVENT_SETTLE;
	DwJobStatus next = is_disputed ? DW_JOB_DISPUTED
		: job->started_at != DT_NOBEGIN ? DW_JOB_IN_PROGRESS
		: DW_JOB_AWARDED;

	/* frozen, the escrow does not show whether all of it is disputed */
	if (row->escrow.status == DW_ESCROW_FROZEN ||
		!dw_machine_permits(dw_job_machine(), job->status, event,
							DW_ACTOR_SYSTEM, next))
		return;
	dw_job_fill(job);
	job->status = next;
	dw_job_save(job);
}

/*
 * Completes the job once nothing is held and all that must be is released;
 * and one that was begun also when what was not released went back.
 */
static void
job_complete_if_settled(DwJob *job, const DwEscrowRow *row)
{
	bool		is_done =
		dw_escrow_is_complete(&row->escrow, row->milestones,
							  row->milestone_count) ||
		(row->escrow.status == DW_ESCROW_SETTLED &&
		 job->started_at != DT_NOBEGIN);

	if (!is_done ||
		!dw_machine_permits(dw_job_machine(), job->status,
							DW_JOB_EVENT_COMPLETE, DW_ACTOR_SYSTEM,
							DW_JOB_COMPLETED))
		return;
	dw_authorizations_void(row);
	dw_job_complete(job);
}

/* Ends the job when all that was paid went back once the work had begun. */
static void
job_end_if_refunded(DwJob *job, const DwEscrowRow *row)
{
	DwJobSide	responsible = job->responsible;

	if (row->escrow.status != DW_ESCROW_REFUNDED ||
		!dw_machine_permits(dw_job_machine(), job->status,
							DW_JOB_EVENT_REFUND, DW_ACTOR_SYSTEM,
							DW_JOB_CANCELLED))
		return;
	dw_authorizations_void(row);
	dw_job_fill(job);
	job->reason = pstrdup("refunded");
	job->responsible = responsible;
	dw_job_end(job, "job_ended");
}

void
dw_escrow_move_job(DwJob *job, const DwEscrowRow *row)
{
	job_follow(job, row);
	job_complete_if_settled(job, row);
	job_end_if_refunded(job, row);
}

/*
 * True unless two events are about different jobs.  One may name none, or one
 * that was not there, or not that of the charge, and is the same when it is
 * told again.
 */
static bool
is_same_job(const DwPaymentEvent *event, const DwPaymentEvent *kept)
{
	return dw_uuid_is_nil(&event->job_id) ||
		dw_uuid_is_nil(&kept->job_id) ||
		dw_uuid_equal(&event->job_id, &kept->job_id) ||
		dw_uuid_equal(&event->told_job_id, &kept->job_id);
}

/* What differs between an event and the one kept under its name, or NULL. */
static const char *
event_difference(const DwPaymentEvent *event, const DwPaymentEvent *kept)
{
	if (!is_same_job(event, kept))
		return "job_id";
	if (!dw_uuid_equal(&event->user_id, &kept->user_id))
		return "user_id";
	if (strcmp(event->type, kept->type) != 0)
		return "type";
	if (strcmp(event->type, DW_PAYMENT_CONFIRMED) != 0 &&
		!dw_uuid_is_nil(&event->transaction_id) &&
		!dw_uuid_equal(&event->transaction_id, &kept->transaction_id))
		return "transaction_id";
	if (event->amount != 0 && event->amount != kept->amount)
		return "amount";
	if (event->currency != NULL &&
		strcmp(event->currency, kept->currency) != 0)
		return "currency";
	return NULL;
}

/* An argument that names a fact, which no column keeps as it was told. */
typedef struct ToldArg
{
	const char *name;			/* of any command that tells an event */
	enum
	{
		TOLD_ID, TOLD_NAME, TOLD_BOOL
	}			form;
} ToldArg;

/*
 * amount, lost_amount, job_id and user_id are columns, fee is the
 * chargeback's; reason, occurred_at and expires_at, which a worker may reckon
 * itself, say something of the fact.
 */
static const ToldArg told_args[] = {
	{"transaction_id", TOLD_ID},
	{"refund_id", TOLD_ID},
	{"chargeback_id", TOLD_ID},
	{"payout_id", TOLD_ID},
	{"repayment_id", TOLD_ID},
	{"psp_reference", TOLD_NAME},
	{"refund_reference", TOLD_NAME},
	{"case_reference", TOLD_NAME},
	{"currency", TOLD_NAME},
	{"is_final", TOLD_BOOL}
};

/* An argument of the call as it was told; NULL: it was not. */
static const char *
told_text(DwCall *call, const ToldArg *arg)
{
	const DwUuid *id;

	if (!dw_arg_exists(call, arg->name) || !dw_arg_has(call, arg->name))
		return NULL;
	switch (arg->form)
	{
		case TOLD_ID:
			id = dw_arg_uuid_opt(call, arg->name);
			return dw_uuid_text(id);
		case TOLD_NAME:
			return dw_arg_name_opt(call, arg->name, DW_PSP_REFERENCE_MAX);
		case TOLD_BOOL:
			return dw_arg_bool(call, arg->name) ? "true" : "false";
	}
	pg_unreachable();
}

/* What of the call names the fact that it tells. */
static Datum
told_jsonb(DwCall *call)
{
	DwPayload	told;

	dw_payload_begin(&told);
	for (size_t i = 0; i < lengthof(told_args); i++)
		dw_payload_text(&told, told_args[i].name,
						told_text(call, &told_args[i]));
	return dw_payload_end(&told);
}

/*
 * What an event was told with otherwise before; NULL: nothing that was said
 * both times.
 */
static const char *
told_difference(DwCall *call, const DwPaymentEvent *kept)
{
	for (size_t i = 0; kept->told != 0 && i < lengthof(told_args); i++)
	{
		const char *name = told_args[i].name;
		const char *said = told_text(call, &told_args[i]);
		JsonbValue	before;

		if (said != NULL &&
			getKeyJsonValueFromContainer(&DatumGetJsonbP(kept->told)->root,
										 name, strlen(name),
										 &before) != NULL &&
			strcmp(said, pnstrdup(before.val.string.val,
								  before.val.string.len)) != 0)
			return name;
	}
	return NULL;
}

/* What an event was, and what it has booked; for a message. */
static const char *
kept_text(const DwPaymentEvent *kept)
{
	return dw_uuid_is_nil(&kept->transaction_id)
		? psprintf("\"%s\", which booked nothing", kept->type)
		: psprintf("\"%s\", transaction %s", kept->type,
				   dw_uuid_text(&kept->transaction_id));
}

/* WD104: an event's name stands for another event. */
static void
refuse_event(const DwPaymentEvent *event, const DwPaymentEvent *kept,
			 const char *differs)
{
	dw_raise(DW_IDEMPOTENCY_MISMATCH,
			 "the event of the payment company was another one before",
			 strcmp(differs, "type") == 0
			 ? psprintf("Event \"%s\" of \"%s\" is \"%s\" now, and was %s.",
						event->event_id, event->psp, event->type,
						kept_text(kept))
			 : psprintf("Event \"%s\" of \"%s\" had another %s; it was %s.",
						event->event_id, event->psp, differs,
						kept_text(kept)),
			 "An event_id names one event for ever.");
}

/*
 * True when the row that was returned with an event is about what this one
 * names, or nothing is named.
 */
static bool
event_is_about(const DwCall *call, const DwPaymentEvent *event)
{
	if (event->object == NULL || dw_uuid_is_nil(&event->object_id))
		return true;
	for (int i = 0; i < call->desc->natts; i++)
	{
		const Form_pg_attribute column = TupleDescAttr(call->desc, i);

		if (strcmp(NameStr(column->attname), event->object) == 0)
			return !call->nulls[i] &&
				dw_uuid_equal((DwUuid *) DatumGetPointer(call->values[i]),
							  &event->object_id);
	}
	elog(ERROR, "the row has no column \"%s\"", event->object);
}

bool
dw_payment_replay(DwCall *call, const DwPaymentEvent *event)
{
	DwPaymentEvent kept;
	const char *differs;

	if (dw_payment_event_find(event->psp, event->event_id, &kept))
	{
		differs = event_difference(event, &kept);
		if (differs == NULL)
			differs = told_difference(call, &kept);
		if (differs != NULL)
			refuse_event(event, &kept, differs);
		dw_row_from_jsonb(call, kept.result);
		if (!event_is_about(call, event))
			refuse_event(event, &kept, event->object);
	}
	else if (event->psp_reference != NULL &&
			 dw_payment_event_find_same(event, &kept))
		dw_row_from_jsonb(call, kept.result);
	else
		return false;
	dw_call_replayed(call);
	return true;
}

void
dw_payment_need_told(const DwUuid *job_id, const DwPaymentEvent *event)
{
	DwTransaction pending;

	if (dw_payment_find(job_id, NULL, &pending))
		dw_raise(DW_INVALID_TRANSITION, "no such payment has arrived",
				 psprintf("No payment \"%s\" of \"%s\" is known, and one of"
						  " job %s is under way.", event->psp_reference,
						  event->psp, dw_uuid_text(job_id)),
				 "An event that came too early can be delivered again; without"
				 " psp_reference it is booked as it is.");
}

Datum
dw_payment_event_return(DwCall *call, DwPaymentEvent *event)
{
	/* two calls of one job cannot come here at once, those of two jobs can */
	event->result = dw_row_jsonb(call);
	event->told = told_jsonb(call);
	if (!dw_payment_event_keep(event))
		ereport(ERROR,
				(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
				 errmsg("the event is told by another call at this time"),
				 errhint("Tell it again.")));
	return dw_call_return(call);
}

bool
dw_payment_find_stale(const DwUuid *job_id, DwTransaction *payment)
{
	if (!dw_payment_find(job_id, NULL, payment))
		return false;
	if (dw_now() < payment->pay_by)
		dw_raise(DW_INVALID_TRANSITION, "a payment is under way",
				 psprintf("Transaction %s may arrive until %s.",
						  dw_uuid_text(&payment->id),
						  timestamptz_to_str(payment->pay_by)),
				 "Wait for it, or have the homeowner give it up with"
				 " dwello.abandon_payment(); past that time it counts as"
				 " failed.");
	return true;
}

void
dw_payment_expire(DwEscrowRow *row, const DwTransaction *pending)
{
	DwTransition transition = {
		.event = DW_ESCROW_EVENT_FAIL_PAYMENT,
		.actor = {.kind = DW_ACTOR_SYSTEM},
		.from = row->escrow.status,
		.transaction_id = &pending->id
	};

	if (pending->type == DW_TRANSACTION_TIP_PAYMENT)
	{
		dw_payment_emit(row, pending, "payment_cancelled");
		dw_tip_fail(row, pending, "expired");
		return;
	}
	dw_transaction_end(pending, DW_TRANSACTION_FAILED);
	/* an escrow that is over by now stays as it is */
	if (dw_machine_next(dw_escrow_machine(), row->escrow.status,
						DW_ESCROW_EVENT_FAIL_PAYMENT, DW_ACTOR_SYSTEM,
						NULL) == DW_OK)
	{
		if (row->escrow.status == DW_ESCROW_FUNDING)
			row->escrow.status = DW_ESCROW_FAILED;
		dw_escrow_apply(row, &transition);
	}
	dw_payment_emit(row, pending, "payment_cancelled");
	dw_payment_emit(row, pending, "payment_expired");
}

void
dw_need_whole(const char *psp, const char *currency, int64 amount)
{
	const int64 unit = dw_psp_unit_of(psp, currency);

	if (amount % unit != 0)
		dw_raise(DW_BAD_VALUE, "amount is no whole unit of the company's",
				 psprintf("%s counts %s in units of " INT64_FORMAT
						  " minor units.",
						  psp != NULL ? psp : "The payment company",
						  currency, unit),
				 "dwello.psp_units says in what companies count.");
}

int64
dw_payment_whole(const DwPaymentWay *way, const char *currency, int64 amount)
{
	return amount - amount % dw_psp_unit_of(way->is_known ? way->method.psp
											: NULL, currency);
}

/* Until when a payment that is asked for now may arrive. */
static TimestampTz
time_to_pay(const DwEscrowRow *row, const DwPaymentWay *way)
{
	const char *type = way->is_known ? way->method.type : "credit_card";

	if (strcmp(type, "bank_account") == 0)
		return dw_now() + USECS_PER_DAY *
			dw_job_timer(&row->job_id, "payment_days_bank");
	return dw_now() + USECS_PER_MINUTE *
		dw_job_timer(&row->job_id, strcmp(type, "paypal") == 0 ||
					 strcmp(type, "stripe") == 0
					 ? "payment_minutes_wallet" : "payment_minutes_card");
}

void
dw_payment_way_find(DwCall *call, DwPaymentWay *way)
{
	const DwUuid *id = dw_arg_uuid_opt(call, "payment_method_id");

	way->is_known = dw_payment_method_find(&call->actor.user_id, id,
										   &way->method);
	if (id != NULL && !way->is_known)
		dw_raise(DW_NOT_FOUND, "no such payment method",
				 psprintf("The caller has no payment method %s.",
						  dw_uuid_text(id)),
				 "Add one with dwello.add_payment_method().");
}

void
dw_payment_way_check(const DwPaymentWay *way)
{
	if (way->is_known && way->method.is_expired)
		dw_raise(DW_BAD_VALUE, "the payment method has expired",
				 psprintf("Payment method %s is past its last day.",
						  dw_uuid_text(&way->method.id)),
				 "Add another with dwello.add_payment_method().");
}

void
dw_payment_ask(DwCall *call, const DwEscrowRow *row, const DwPaymentWay *way,
			   const DwPaymentAsked *asked, DwTransaction *payment)
{
	dw_escrow_begin_transaction(row, payment, asked->type, &call->actor);
	payment->amount = asked->amount;
	payment->net_amount = asked->amount;
	payment->request_id = dw_call_request_id(call);
	payment->pay_by = time_to_pay(row, way);
	if (way->is_known)
	{
		payment->payment_method_id = &way->method.id;
		payment->psp = way->method.psp;
	}
	if (asked->psp != NULL)
		payment->psp = asked->psp;
	payment->psp_reference = asked->psp_reference;
	dw_transaction_insert(payment);
}

void
dw_escrow_emit_refunded(const DwEscrowRow *row,
						const DwTransaction *transaction, const char *reason)
{
	DwPayload	payload;

	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "transaction_id", &transaction->id);
	dw_payload_int8(&payload, "amount", transaction->amount);
	dw_payload_text(&payload, "reason", reason);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "escrow_refunded",
				  &payload);
}

void
dw_escrow_advance_charged(DwEscrowRow *row, DwActor actor, DwEscrowStatus from,
						  const DwUuid *transaction_id)
{
	const DwEscrowStatus status = row->escrow.status;
	DwTransition opening = {DW_ESCROW_EVENT_OPEN_CHARGEBACK, actor, from,
	transaction_id};
	DwTransition closing = {DW_ESCROW_EVENT_CLOSE_CHARGEBACK, actor,
	DW_ESCROW_FROZEN, transaction_id};

	row->escrow.status = DW_ESCROW_FROZEN;
	dw_escrow_advance(row, &opening);
	row->escrow.status = status;
	if (!row->escrow.frozen)
		dw_escrow_advance(row, &closing);
}
