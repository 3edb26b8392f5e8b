/*
 * request_api.c
 *		What a homeowner asks of the provider under a contract: a refund of
 *		work that has begun (request_refund), or that the contract ends, for
 *		the provider did not come (report_no_show).
 *
 * A yes, or no answer in time, moves the money, and ends the contract of a
 * report; a no opens a dispute in which each side has named its figure.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/dispute/dispute_api.h"
#include "api/escrow/escrow_api.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/cancellation/cancellation_store.h"
#include "store/dispute/dispute_store.h"
#include "store/job/job_store.h"
#include "store/refund/refund_store.h"

#define NO_SHOW		"no_show"	/* reason of a job that ended so */

/* Emits to a side what the other has done about a request. */
static void
emit_request(const DwRefundRequest *request, const DwUuid *recipient_id,
			 const char *type)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", &request->job_id);
	dw_payload_uuid(&payload, "request_id", &request->id);
	dw_payload_uuid(&payload, "homeowner_id", &request->homeowner_id);
	dw_payload_uuid(&payload, "provider_id", &request->provider_id);
	dw_payload_uuid(&payload, "recipient_id", recipient_id);
	if (request->amount != DW_REFUND_ALL)
		dw_payload_int8(&payload, "amount", request->amount);
	dw_payload_text(&payload, "currency", request->currency);
	dw_payload_text(&payload, "reason", request->reason);
	dw_payload_text(&payload, "answer_by",
					timestamptz_to_str(request->answer_by));
	dw_event_emit(&request->job_id, "escrow", &request->job_id, type,
				  &payload);
}

/* What of the undisputed work a request asks for now, at most what is left. */
static int64
request_price(const DwEscrowRow *row, const DwRefundRequest *request)
{
	int64		left = dw_milestones_available(row->milestones,
											   row->milestone_count);

	return request->amount == DW_REFUND_ALL ? left
		: Min(request->amount, left);
}

/* 23505 when something waits for an answer already. */
static void
refuse_second(const DwJob *job)
{
	DwRefundRequest pending;

	if (dw_refund_request_find(&job->id, &pending))
		dw_raise_constraint(DW_ALREADY_EXISTS, "refund_requests_pending_key",
							pending.is_no_show
							? "a report of a no-show is pending"
							: "a request for a refund is pending",
							psprintf("It is request %s.",
									 dw_uuid_text(&pending.id)),
							pending.is_no_show
							? "dwello.answer_no_show() with is_accepted =>"
							" false withdraws it."
							: "dwello.answer_refund() with is_accepted =>"
							" false withdraws it.");
}

/* WD101 unless work is under way, 23505 when a request waits already. */
static void
request_check(DwCall *call, const DwJob *job, const DwEscrowRow *row)
{
	if (job->started_at == DT_NOBEGIN)
		dw_raise(DW_INVALID_TRANSITION, "the work has not begun",
				 psprintf("Job %s is in state \"%s\".",
						  dw_uuid_text(&job->id),
						  dw_job_status_label(job->status)),
				 "dwello.refund_escrow() gives the money back at once.");
	dw_escrow_check(call, row, DW_ESCROW_EVENT_REFUND);
	refuse_second(job);
}

/* What both commands that ask write and return. */
static void
request_write(DwCall *call, const DwEscrowRow *row, DwRefundRequest *request,
			  const char *timer, const char *event)
{
	request->job_id = row->job_id;
	request->id = dw_uuid_fresh();
	request->homeowner_id = row->homeowner_id;
	request->provider_id = row->provider_id;
	request->currency = (char *) row->escrow.currency;
	request->created_at = dw_now();
	request->answer_by = request->created_at +
		dw_job_timer(&row->job_id, timer) * USECS_PER_DAY;
	dw_refund_request_insert(request);
	emit_request(request, &request->provider_id, event);
}

/* Fills the columns of a request. */
static void
row_request(DwCall *call, const DwRefundRequest *request)
{
	dw_row_uuid(call, "request_id", &request->id);
	dw_row_text(call, "request_status",
				dw_offer_status_label(request->status));
	dw_row_time(call, "answer_by", request->answer_by);
}

/* request_refund(job_id, amount, reason) → the request */
DW_FUNCTION(dwello_request_refund)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwRefundRequest request = {.amount = DW_REFUND_ALL,
	.status = DW_OFFER_PENDING,.answered_at = DT_NOBEGIN};

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER);
	dw_args_need(&call, "job_id", NULL);
	request.reason = dw_arg_text_opt(&call, "reason", DW_NOTES_MAX);
	if (dw_arg_has(&call, "amount") &&
		(request.amount = dw_arg_amount(&call, "amount")) <= 0)
		dw_arg_refuse(&call, "amount", DW_BAD_VALUE, "must be more than zero");
	if (dw_escrow_begin(&call, &job, &row, NULL))
		return dw_call_return(&call);
	request_check(&call, &job, &row);
	if (request_price(&row, &request) < Max(request.amount, 1))
		dw_escrow_refuse(&call, &row, DW_INSUFFICIENT_FUNDS);
	if (request.amount != DW_REFUND_ALL &&
		dw_escrow_charge(&row.escrow) == row.escrow.contract_amount &&
		!dw_refund_is_whole(&job.id, request.amount))
		dw_arg_refuse(&call, "amount", DW_BAD_VALUE,
					  "is no whole unit of the company's");

	request_write(&call, &row, &request, "refund_answer_days",
				  "refund_proposed");
	row_request(&call, &request);
	dw_row_escrow(&call, &row);
	return dw_call_return(&call);
}

/*
 * Moves the money of a request that both agree on; one for which nothing is
 * left has been overtaken.
 */
static void
request_accept(DwCall *call, DwJob *job, DwEscrowRow *row,
			   DwRefundRequest *request)
{
	DwRefund	refund = {
		.event = DW_ESCROW_EVENT_AGREE,
		.from = row->escrow.status,
		.reason = request->reason
	};

	refund.selector.amount = request_price(row, request);
	refund.selector.has_amount = request->amount != DW_REFUND_ALL;
	request->status = DW_OFFER_ACCEPTED;
	if (dw_escrow_refund(&row->escrow, row->milestones, row->milestone_count,
						 &refund.selector, &refund.decided) == DW_OK)
		request->transaction_id = dw_refund_apply(call, row, &refund);
	else
		request->status = DW_OFFER_EXPIRED;
	dw_refund_request_save(request);
	if (request->status == DW_OFFER_ACCEPTED)
		emit_request(request, &request->homeowner_id, "refund_agreed");
	dw_escrow_move_job(job, row);
}

/* True while a report can end the contract. */
static bool
report_may_end(const DwJob *job, const DwEscrowRow *row)
{
	return row->escrow.disputed == 0 && !row->escrow.frozen &&
		dw_machine_permits(dw_job_machine(), job->status,
						   DW_JOB_EVENT_NO_SHOW, DW_ACTOR_SYSTEM,
						   DW_JOB_CANCELLED);
}

/* True when work was delivered: the provider came, whatever they answer. */
static bool
is_delivered(const DwEscrowRow *row)
{
	for (int i = 0; i < row->milestone_count; i++)
		if (row->stored[i].submitted_at != DT_NOBEGIN)
			return true;
	return false;
}

/* WD101 unless it can. */
static void
report_need_free(const DwJob *job, const DwEscrowRow *row)
{
	if (!report_may_end(job, row))
		dw_raise(DW_INVALID_TRANSITION,
				 "a dispute, a chargeback or the end of the job has come"
				 " before",
				 psprintf("Of what is held for job %s " INT64_FORMAT
						  " is disputed.", dw_uuid_text(&row->job_id),
						  row->escrow.disputed),
				 "Settle it first, see dwello.answer_dispute().");
}

/*
 * The report holds: the contract ends by the provider.  One that a dispute,
 * the job's end or, in silence, a delivery has overtaken says nothing more.
 */
static void
report_accept(DwCall *call, DwJob *job, DwEscrowRow *row,
			  DwRefundRequest *request)
{
	request->status = DW_OFFER_EXPIRED;
	if (report_may_end(job, row) &&
		(call->actor.kind != DW_ACTOR_SYSTEM || !is_delivered(row)))
	{
		dw_job_fill(job);
		job->reason = pstrdup(NO_SHOW);
		job->responsible = DW_JOB_SIDE_PROVIDER;
		request->status = DW_OFFER_ACCEPTED;
		request->transaction_id = dw_contract_end(call, job, row,
												  "no_show_confirmed");
	}
	dw_refund_request_save(request);
}

/*
 * The provider does not agree: a dispute about all that is undisputed, in
 * which both have named a figure.  None where nothing is left to be disputed.
 */
static void
request_reject(DwCall *call, DwJob *job, DwEscrowRow *row,
			   DwRefundRequest *request)
{
	DwDisputeRow dispute = {
		.settled_amount = DW_DISPUTE_UNSETTLED,
		.dispute.by_homeowner = true,
		.opened_by = request->homeowner_id,
		.reason = request->reason != NULL ? request->reason
		: request->is_no_show ? "The provider did not come."
		: "A refund was asked for."
	};

	dispute.dispute.homeowner_offer =
		dw_milestones_available(row->milestones, row->milestone_count) -
		request_price(row, request);
	request->status = DW_OFFER_REJECTED;
	if (dw_dispute_disagree(call, row, &dispute))
		request->dispute_id = dispute.dispute.id;
	dw_refund_request_save(request);
	dw_escrow_move_job(job, row);
}

/* WD101 unless one is pending; its time is looked at before. */
static void
request_find(const DwUuid *job_id, bool is_no_show, DwRefundRequest *request)
{
	if (dw_refund_request_find(job_id, request) &&
		request->is_no_show == is_no_show)
		return;
	dw_raise(DW_INVALID_TRANSITION, is_no_show
			 ? "no report of a no-show is pending"
			 : "no request for a refund is pending",
			 psprintf("It is job %s.", dw_uuid_text(job_id)), is_no_show
			 ? "The homeowner makes one with dwello.report_no_show()."
			 : "The homeowner makes one with dwello.request_refund().");
}

/* Applies an answer: yes, no, or the homeowner takes it back. */
static void
request_answer(DwCall *call, DwJob *job, DwEscrowRow *row,
			   DwRefundRequest *request)
{
	DwOfferEvent event;

	if (dw_offer_answer(call->actor.kind == DW_ACTOR_HOMEOWNER,
						dw_arg_bool(call, "is_accepted"), &event) != DW_OK)
		dw_raise(DW_FORBIDDEN, request->is_no_show
				 ? "only the provider can agree to a report"
				 : "only the provider can agree to a refund",
				 psprintf("Request %s is the caller's own.",
						  dw_uuid_text(&request->id)),
				 "is_accepted => false withdraws it.");
	if (event != DW_OFFER_EVENT_WITHDRAW && request->is_no_show)
		report_need_free(job, row);
	else if (event != DW_OFFER_EVENT_WITHDRAW)
		dw_escrow_check(call, row, DW_ESCROW_EVENT_AGREE);
	if (event == DW_OFFER_EVENT_ACCEPT && request->is_no_show)
		report_accept(call, job, row, request);
	else if (event == DW_OFFER_EVENT_ACCEPT)
		request_accept(call, job, row, request);
	else if (event == DW_OFFER_EVENT_REJECT)
		request_reject(call, job, row, request);
	else
	{
		request->status = DW_OFFER_WITHDRAWN;
		dw_refund_request_save(request);
		emit_request(request, &request->provider_id, request->is_no_show
					 ? "no_show_withdrawn" : "refund_withdrawn");
	}
}

/* Both commands that answer. */
static Datum
answer(FunctionCallInfo fcinfo, bool is_no_show)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwRefundRequest request;
	int64		before;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER);
	dw_args_need(&call, "job_id", "is_accepted", NULL);
	if (dw_escrow_begin(&call, &job, &row, NULL))
		return dw_call_return(&call);
	request_find(&job.id, is_no_show, &request);
	before = row.escrow.refunded;
	request_answer(&call, &job, &row, &request);

	dw_row_int8(&call, "refund", row.escrow.refunded - before);
	if (!dw_uuid_is_nil(&request.transaction_id))
		dw_row_uuid(&call, "transaction_id", &request.transaction_id);
	if (!dw_uuid_is_nil(&request.dispute_id))
		dw_row_uuid(&call, "dispute_id", &request.dispute_id);
	if (is_no_show)
		dw_row_enum(&call, "status", &dw_job_status_labels, job.status);
	row_request(&call, &request);
	dw_row_escrow(&call, &row);
	return dw_call_return(&call);
}

/* answer_refund(job_id, is_accepted) → the request, refund or dispute */
DW_FUNCTION(dwello_answer_refund)
{
	return answer(fcinfo, false);
}

/* answer_no_show(job_id, is_accepted) → the report, and what came of it */
DW_FUNCTION(dwello_answer_no_show)
{
	return answer(fcinfo, true);
}

/*
 * WD101 before the start that both sides agree on: nobody had to come yet,
 * and a homeowner who wants out cancels, which pays by the contract's policy.
 */
static void
report_need_start(const DwJob *job)
{
	DwCancellationTerms terms;

	if (job->started_at == DT_NOBEGIN &&
		dw_cancellation_find(&job->id, &terms) &&
		terms.starts_at != DT_NOBEGIN && dw_now() < terms.starts_at)
		dw_raise(DW_INVALID_TRANSITION, "the work is not to begin yet",
				 psprintf("The start of job %s is agreed on for %s.",
						  dw_uuid_text(&job->id),
						  timestamptz_to_str(terms.starts_at)),
				 "Report it from then on; dwello.cancel_job() ends the"
				 " contract before.");
}

/* WD101 unless the provider could have come, and nothing shows they did. */
static void
report_check(DwCall *call, const DwJob *job, const DwEscrowRow *row)
{
	const char *message = NULL;

	if (!dw_machine_permits(dw_job_machine(), job->status,
							DW_JOB_EVENT_NO_SHOW, DW_ACTOR_SYSTEM,
							DW_JOB_CANCELLED))
		message = "no contract is under way";
	else if (job->is_escrowed && row->escrow.funded == 0)
		message = "nothing was paid for the contract";
	else if (row->escrow.released > 0)
		message = "work of the contract was paid";
	else if (job->is_escrowed && row->escrow.held == 0 &&
			 !row->escrow.frozen)
		message = "all that was paid for the contract went back";
	else if (is_delivered(row))
		message = "work of the contract was delivered";
	if (message != NULL)
		dw_raise(DW_INVALID_TRANSITION, message,
				 psprintf("Job %s is in state \"%s\".", dw_uuid_text(&job->id),
						  dw_job_status_label(job->status)),
				 "dwello.cancel_job() ends what was not paid, or went back;"
				 " dwello.request_refund() and dwello.open_dispute() are for"
				 " work that was.");
	report_need_start(job);
	report_need_free(job, row);
	refuse_second(job);
}

/* report_no_show(job_id, reason) → the report */
DW_FUNCTION(dwello_report_no_show)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwRefundRequest request = {.amount = DW_REFUND_ALL,.is_no_show = true,
	.status = DW_OFFER_PENDING,.answered_at = DT_NOBEGIN};

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER);
	dw_args_need(&call, "job_id", NULL);
	request.reason = dw_arg_text_opt(&call, "reason", DW_NOTES_MAX);
	if (dw_escrow_begin(&call, &job, &row, NULL))
		return dw_call_return(&call);
	dw_job_fill(&job);
	report_check(&call, &job, &row);
	request_write(&call, &row, &request, "no_show_answer_days",
				  "no_show_reported");
	row_request(&call, &request);
	dw_row_escrow(&call, &row);
	return dw_call_return(&call);
}

/* Overdue requests, one a turn. */
typedef struct ExpiryBatch
{
	DwCall	   *call;			/* the caller's */
	const DwDue *rows;			/* claimed */
	int			ended;			/* how many were ended so far */
} ExpiryBatch;

/* Takes no answer as consent, unless it was answered before the lock. */
static bool
request_expire(int turn, void *argument)
{
	ExpiryBatch *batch = argument;
	const DwDue *due = &batch->rows[turn];
	DwJob		job;
	DwEscrowRow row;
	DwRefundRequest request;

	if (!dw_job_lock(&due->job_id, &job) ||
		!dw_escrow_lock(&due->job_id, &row))
		elog(ERROR, "claimed job %s is gone", dw_uuid_text(&due->job_id));
	if (row.escrow.frozen ||
		!dw_refund_request_find(&due->job_id, &request) ||
		!dw_uuid_equal(&request.id, &due->id) ||
		dw_now() < request.answer_by)
		return true;
	if (request.is_no_show)
		report_accept(batch->call, &job, &row, &request);
	else
		request_accept(batch->call, &job, &row, &request);
	batch->ended++;
	return true;
}

/* Both workers' commands. */
static Datum
expire(FunctionCallInfo fcinfo, bool is_no_show)
{
	DwCall		call;
	ExpiryBatch batch = {.call = &call};
	int			count;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	batch.rows = dw_refund_requests_claim_overdue(is_no_show,
												  dw_arg_max_rows(&call),
												  &count);
	dw_each_turn(count, request_expire, &batch);
	return dw_call_return_datum(&call, Int32GetDatum(batch.ended), true,
								sizeof(int32));
}

/* expire_refund_requests(max_rows) → how many were agreed to by silence */
DW_FUNCTION(dwello_expire_refund_requests)
{
	return expire(fcinfo, false);
}

/* expire_no_shows(max_rows) → how many reports hold by silence */
DW_FUNCTION(dwello_expire_no_shows)
{
	return expire(fcinfo, true);
}
