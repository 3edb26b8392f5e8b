/*
 * ending_api.c
 *		How a job ends before its work is done: abandon_job, cancel_job.
 *
 * What is held goes back to the homeowner, a payment under way is given up,
 * and the job is cancelled with the side that it ended by.  What was released
 * stays: a side that wants it back opens a dispute first.  Who cancels as the
 * homeowner pays the provider's share by the contract's cancellation policy
 * out of what is held; once the work has begun they have to ask.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "store/authorization/authorization_store.h"
#include "store/bid/bid_store.h"
#include "store/cancellation/cancellation_store.h"
#include "store/company/company_store.h"
#include "store/escrow/escrow_store.h"
#include "store/job/job_store.h"
#include "store/ledger/ledger_store.h"
#include "store/payout/payout_store.h"

/* WD101 while a dispute or a bank holds fast what is to go back. */
static void
ending_check_free(const DwEscrowRow *row)
{
	if (row->escrow.disputed == 0 && !row->escrow.frozen)
		return;
	dw_raise(DW_INVALID_TRANSITION,
			 "the contract cannot end while a dispute or chargeback is open",
			 psprintf("Of what is held for job %s " INT64_FORMAT
					  " is disputed.", dw_uuid_text(&row->job_id),
					  row->escrow.disputed),
			 "Settle it first, see dwello.answer_dispute().");
}

/* WD101 for a contract that its provider can simply withdraw from. */
static void
ending_check_funded(const DwJob *job, const DwEscrowRow *row)
{
	if (job->started_at != DT_NOBEGIN || !job->is_escrowed ||
		row->escrow.funded > 0)
		return;
	dw_raise(DW_INVALID_TRANSITION, "nothing was paid for the contract",
			 psprintf("Job %s is in state \"%s\".", dw_uuid_text(&job->id),
					  dw_job_status_label(job->status)),
			 "dwello.withdraw_bid() ends it, and counts against nobody.");
}

/* Gives back all that is held; the transaction, or nil when nothing is. */
static DwUuid
ending_refund(DwCall *call, DwEscrowRow *row, const char *reason)
{
	DwRefund	refund = {
		.event = DW_ESCROW_EVENT_END,
		.from = row->escrow.status,
		.reason = reason
	};
	static const DwUuid none;

	if (row->escrow.held == 0)
		return none;
	if (dw_escrow_refund(&row->escrow, row->milestones, row->milestone_count,
						 &refund.selector, &refund.decided) != DW_OK)
		elog(ERROR, "what is held for job %s cannot go back",
			 dw_uuid_text(&row->job_id));
	return dw_refund_apply(call, row, &refund);
}

/* Gives up a payment that is under way; one that comes goes back. */
static void
ending_give_up_payment(const DwEscrowRow *row)
{
	DwTransaction payment;

	dw_authorizations_void(row);
	if (!dw_payment_find(&row->job_id, NULL, &payment))
		return;
	dw_transaction_end(&payment, DW_TRANSACTION_CANCELLED);
	dw_payment_emit(row, &payment, "payment_cancelled");
}

DwUuid
dw_contract_end(DwCall *call, DwJob *job, DwEscrowRow *row, const char *event)
{
	DwUuid		id;

	/* lock order: job, escrow with its milestones, then the outbox */
	ending_give_up_payment(row);
	id = ending_refund(call, row, job->reason);
	dw_job_end(job, event);
	return id;
}

/* abandon_job(job_id, reason) → the job that has ended, what goes back */
DW_FUNCTION(dwello_abandon_job)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;
	DwEscrowRow row;
	char	   *reason;
	bool		found;
	int64		before;
	DwUuid		id;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER);
	dw_args_need(&call, "job_id", "reason", NULL);
	job_id = dw_arg_uuid(&call, "job_id");
	reason = dw_arg_text(&call, "reason", DW_NOTES_MAX);
	dw_job_for_command(&call, &job_id, &job);
	found = dw_escrow_lock(&job_id, &row);
	dw_job_need_provider(&call, &job);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, job.version);
	(void) dw_job_next(&call, &job, DW_JOB_EVENT_ABANDON);
	dw_escrow_need(&job_id, found);
	dw_contract_need_answered(&row);
	ending_check_funded(&job, &row);
	ending_check_free(&row);

	job.reason = reason;
	job.responsible = DW_JOB_SIDE_PROVIDER;
	before = row.escrow.refunded;
	id = dw_contract_end(&call, &job, &row, "job_abandoned");
	if (!dw_uuid_is_nil(&id))
		dw_row_uuid(&call, "transaction_id", &id);
	dw_row_int8(&call, "refund", row.escrow.refunded - before);
	dw_row_uuid(&call, "job_id", &job_id);
	dw_row_enum(&call, "status", &dw_job_status_labels, job.status);
	dw_row_enum(&call, "responsible", &dw_job_side_labels, job.responsible);
	dw_row_text(&call, "currency", row.escrow.currency);
	dw_row_int4(&call, "version", job.version);
	return dw_call_return(&call);
}

/* The reason given, or NULL; 22001, 22023. */
static char *
cancel_reason(DwCall *call)
{
	char	   *reason = dw_arg_text_opt(call, "reason", DW_NOTES_MAX);

	if (reason != NULL && strcmp(reason, DW_JOB_REASON_EXPIRED) == 0)
		dw_arg_refuse(call, "reason", DW_BAD_VALUE,
					  "must be another word: that one is for jobs whose time"
					  " for bids ran out");
	return reason;
}

/* WD101 while money is held for work that has begun, or once it was paid. */
static void
cancel_check_begun(const DwJob *job, const DwEscrowRow *row)
{
	if (job->status != DW_JOB_IN_PROGRESS)
		return;
	if (row->escrow.released > 0)
		dw_raise(DW_INVALID_TRANSITION, "work of the job was paid",
				 psprintf("Job %s is in state \"%s\".",
						  dw_uuid_text(&job->id),
						  dw_job_status_label(job->status)),
				 "End it with dwello.complete_job() when nothing is held.");
	if (row->escrow.held > 0)
		dw_raise(DW_INVALID_TRANSITION, "money is held for the job",
				 psprintf("The escrow of job %s holds " INT64_FORMAT " %s.",
						  dw_uuid_text(&row->job_id), row->escrow.held,
						  row->escrow.currency),
				 "The work has begun: ask for it with"
				 " dwello.request_refund().");
}

/* What becomes of the money of a contract that its homeowner cancels. */
typedef struct Cancel
{
	DwEscrowStatus from;		/* the escrow's state before */
	const char *reason;			/* in words, or NULL */
	DwCancellationTerms terms;	/* of the contract */
	DwCancellation money;		/* what core decided */
	DwUuid		transaction_id; /* that moved it */
} Cancel;

/* Emits what the provider is paid of it, and what goes back. */
static void
emit_paid(const DwEscrowRow *row, const Cancel *cancel)
{
	const DwRelease *share = &cancel->money.share;
	DwPayload	payload;

	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "transaction_id", &cancel->transaction_id);
	dw_payload_int8(&payload, "share_ppm", cancel->terms.share_ppm);
	dw_payload_int8(&payload, "price", cancel->money.price);
	dw_payload_int8(&payload, "amount", share->amount);
	dw_payload_int8(&payload, "fee", share->fee);
	dw_payload_int8(&payload, "tax", share->tax);
	dw_payload_int8(&payload, "payout", share->payout);
	dw_payload_int8(&payload, "refund", cancel->money.refund);
	dw_payload_text(&payload, "reason", cancel->reason);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "cancellation_paid",
				  &payload);
}

/* The cancel as a transaction. */
static void
begin_cancellation(DwCall *call, const DwEscrowRow *row,
				   const DwCancellation *money, DwTransaction *transaction)
{
	dw_escrow_begin_transaction(row, transaction,
								DW_TRANSACTION_CANCELLATION, &call->actor);
	transaction->amount = money->share.amount + money->refund;
	transaction->platform_fee = money->share.fee;
	transaction->tax = money->share.tax;
	transaction->net_amount = money->share.payout;
	transaction->request_id = dw_call_request_id(call);
}

/* Both ways in one transaction; the workers are asked for what goes back. */
static void
book_cancellation(DwCall *call, DwEscrowRow *row, Cancel *cancel)
{
	const DwRelease *share = &cancel->money.share;
	const DwParties parties = DW_ESCROW_PARTIES(row);
	const DwEarnings earnings = {share->payout, share->fee, share->tax,
	dw_reserve_of(share->payout)};
	DwTransition transition = {DW_ESCROW_EVENT_CANCEL_JOB, call->actor,
	cancel->from, &cancel->transaction_id};
	DwPaymentPart *parts;
	int			part_count;
	DwTransaction transaction;
	DwPosting	posting;

	/* before the ledger has this transaction, whose refund counts in it */
	parts = dw_payments_to_refund(&row->job_id, cancel->money.refund,
								  &part_count);
	begin_cancellation(call, row, &cancel->money, &transaction);
	dw_posting_cancellation(&posting, &parties, &earnings,
							dw_refund_parts(parts, part_count), part_count);
	dw_postings_ensure(&posting, 1);
	dw_ledger_book(&row->chain_end, &transaction, &posting, false);
	cancel->transaction_id = transaction.id;
	dw_escrow_apply(row, &transition);
	dw_refunds_ask(row, &transaction.id, parts, part_count, "cancelled");
	emit_paid(row, cancel);
}

/* All that is held goes back: no share is due. */
static void
refund_cancelled(DwCall *call, DwEscrowRow *row, Cancel *cancel)
{
	DwRefund	refund = {
		.event = DW_ESCROW_EVENT_CANCEL_JOB,
		.from = cancel->from,
		.reason = cancel->reason,
		.decided = {.amount = cancel->money.refund,
		.payout = cancel->money.refund}
	};

	cancel->transaction_id = dw_refund_apply(call, row, &refund);
}

/* Divides what is held by the contract's policy, as of now. */
static void
cancel_held(DwCall *call, DwEscrowRow *row, Cancel *cancel)
{
	DwCancellationTerms *terms = &cancel->terms;
	const DwCancellationTier *tier;

	if (!dw_cancellation_find(&row->job_id, terms))
		elog(ERROR, "a contract has no cancellation terms");
	terms->cancelled_at = dw_now();
	tier = dw_cancellation_tier(&terms->policy, terms->starts_at,
								terms->cancelled_at);
	terms->share_ppm = tier == NULL ? 0 : (int32) tier->share_ppm;
	cancel->money.unit = dw_psp_unit_of_job(&row->job_id,
											row->escrow.currency);
	if (dw_escrow_cancel_held(&row->escrow, row->milestones,
							  row->milestone_count, terms->share_ppm,
							  &cancel->money) != DW_OK)
		elog(ERROR, "what is held for job %s cannot be divided",
			 dw_uuid_text(&row->job_id));
	if (cancel->money.share.amount > 0)
		book_cancellation(call, row, cancel);
	else
		refund_cancelled(call, row, cancel);
	terms->price = cancel->money.price;
	terms->share = cancel->money.share.part;
	terms->transaction_id = cancel->transaction_id;
	dw_cancellation_save(terms);
}

/*
 * Gives up an escrow that holds nothing.  One that money has passed through
 * stays as it ended.
 */
static void
cancel_empty(DwCall *call, DwEscrowRow *row, const DwUuid *payment_id)
{
	DwTransition transition = {DW_ESCROW_EVENT_CANCEL, call->actor,
	row->escrow.status, payment_id};

	if (dw_escrow_cancel(&row->escrow, row->milestones,
						 row->milestone_count) == DW_OK)
		dw_escrow_apply(row, &transition);
}

/* The award counts against nobody: not for a homeowner who cancels. */
static void
emit_cancelled(const DwEscrowRow *row)
{
	DwPayload	payload;

	if (row->escrow.funded == 0)
		return;					/* it has not counted yet */
	dw_escrow_payload(&payload, row);
	dw_payload_text(&payload, "funded_on",
					dw_cancellation_funded_on(&row->job_id));
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "contract_cancelled",
				  &payload);
}

/* Ends what there is of a contract: a payment under way, and its money. */
static void
cancel_contract(DwCall *call, DwEscrowRow *row, Cancel *cancel)
{
	DwTransaction payment;
	bool		has_payment = dw_payment_find(&row->job_id, NULL, &payment);

	cancel->from = row->escrow.status;
	if (has_payment)
		dw_payment_cancel(row, &payment);
	dw_authorizations_void(row);
	if (row->escrow.held > 0)
		cancel_held(call, row, cancel);
	else
		cancel_empty(call, row, has_payment ? &payment.id : NULL);
	emit_cancelled(row);
}

/* The columns of the job, and of what was held: NULL when nothing was. */
static void
row_cancel(DwCall *call, const DwJob *job, const DwEscrowRow *row,
		   const Cancel *cancel)
{
	dw_row_uuid(call, "job_id", &job->id);
	dw_row_enum(call, "status", &dw_job_status_labels, job->status);
	dw_row_int4(call, "version", job->version);
	if (dw_uuid_is_nil(&cancel->transaction_id))
		return;
	dw_row_uuid(call, "transaction_id", &cancel->transaction_id);
	dw_row_int4(call, "share_ppm", cancel->terms.share_ppm);
	dw_row_int8(call, "amount", cancel->money.share.amount);
	dw_row_int8(call, "fee", cancel->money.share.fee);
	dw_row_int8(call, "tax", cancel->money.share.tax);
	dw_row_int8(call, "payout", cancel->money.share.payout);
	dw_row_int8(call, "refund", cancel->money.refund);
	dw_row_text(call, "currency", row->escrow.currency);
}

/*
 * Locks the job, its live bids and its escrow, in the order of errors; true
 * when the very request was done before.
 */
static bool
cancel_begin(DwCall *call, DwJob *job, DwEscrowRow *row, bool *has_escrow)
{
	DwUuid		job_id = dw_arg_uuid(call, "job_id");

	dw_job_for_command(call, &job_id, job);
	dw_job_need_homeowner(call, job);
	if (dw_call_replay(call, &job_id))
		return true;
	dw_call_version(call, job->version);
	if (dw_bidding_over(job))
		dw_bidding_refuse_late(job);
	(void) dw_job_next(call, job, DW_JOB_EVENT_CANCEL);
	/* lock order: job, bids in the order of their ids, escrow */
	dw_bids_lock_live(&job_id);
	*has_escrow = dw_escrow_lock(&job_id, row);
	if (!*has_escrow)
		return false;
	dw_contract_need_answered(row);
	cancel_check_begun(job, row);
	if (row->escrow.held > 0)
		ending_check_free(row);
	return false;
}

/* cancel_job(job_id, reason) → the job that has ended, what it paid */
DW_FUNCTION(dwello_cancel_job)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	Cancel		cancel = {0};
	bool		has_escrow;

	dw_command_begin(&call, fcinfo,
					 dw_machine_actors(dw_job_machine(),
									   DW_JOB_EVENT_CANCEL));
	dw_args_need(&call, "job_id", NULL);
	cancel.reason = cancel_reason(&call);
	if (cancel_begin(&call, &job, &row, &has_escrow))
		return dw_call_return(&call);

	dw_bids_end(&job, NULL, DW_BID_REASON_JOB_CANCELLED);
	dw_bids_abandon(&job);
	if (has_escrow)
		cancel_contract(&call, &row, &cancel);
	job.reason = (char *) cancel.reason;
	if (job.confirmed_at != DT_NOBEGIN)
		job.responsible = DW_JOB_SIDE_HOMEOWNER;
	dw_job_end(&job, "job_cancelled");

	row_cancel(&call, &job, &row, &cancel);
	return dw_call_return(&call);
}
