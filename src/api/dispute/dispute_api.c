/*
 * dispute_api.c
 *		Commands on a dispute: open, answer, withdraw, resolve, and expire;
 *		and what becomes of disputes when a chargeback ends.
 *
 * What has expired is expired: past answer_by nobody moves a dispute any
 * more, and expire_disputes() ends it.
 *
 * A dispute about what was released holds nothing fast: the money is taken
 * back when it ends.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/dispute/dispute_api.h"
#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/company/company_store.h"
#include "store/dispute/dispute_store.h"
#include "store/job/job_store.h"
#include "store/payout/payout_store.h"

/* How a dispute ends. */
typedef struct Ending
{
	int64		figure;			/* what the provider is paid */
	DwDisputeStatus status;		/* settled or resolved */
	DwEscrowEvent event;		/* what ended it */
	DwCall	   *call;			/* in which call */
} Ending;

/* When a dispute that begins to wait now has waited long enough. */
static TimestampTz
deadline_of(const DwUuid *job_id, const DwDispute *dispute)
{
	const char *timer = dispute->status == DW_DISPUTE_ANSWERED
		? "mediation_days" : dispute->by_homeowner
		? "dispute_provider_days" : "dispute_homeowner_days";

	return dw_now() + dw_job_timer(job_id, timer) * USECS_PER_DAY;
}

/* The members of a payload that every event of a dispute has. */
static void
dispute_payload(DwPayload *payload, const DwEscrowRow *row,
				const DwDisputeRow *dispute)
{
	const DwDispute *facts = &dispute->dispute;

	dw_escrow_payload(payload, row);
	dw_payload_uuid(payload, "dispute_id", &facts->id);
	dw_payload_uuid(payload, "milestone_id", dispute->has_milestone
					? &dispute->milestone_id : NULL);
	dw_payload_text(payload, "status",
					dw_dispute_status_label(facts->status));
	dw_payload_int8(payload, "amount", facts->amount);
}

/* Emits to both sides how it ended. */
static void
emit_ended(const DwEscrowRow *row, const DwDisputeRow *dispute,
		   const DwSettlement *settlement)
{
	DwPayload	payload;

	dispute_payload(&payload, row, dispute);
	dw_payload_uuid(&payload, "transaction_id", &dispute->transaction_id);
	dw_payload_int8(&payload, "settled_amount", dispute->settled_amount);
	dw_payload_int8(&payload, "fee", settlement->release.fee);
	dw_payload_int8(&payload, "tax", settlement->release.tax);
	dw_payload_int8(&payload, "payout", settlement->release.payout);
	dw_payload_int8(&payload, "refund", settlement->refund);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "dispute_settled",
				  &payload);
}

/* The end of a dispute as a transaction, with its legs, in the ledger. */
static DwPaymentPart *
book_end(DwEscrowRow *row, DwDisputeRow *dispute, const Ending *ending,
		 const DwSettlement *settlement, int *part_count)
{
	const DwRelease *release = &settlement->release;
	const DwParties parties = DW_ESCROW_PARTIES(row);
	const DwEarnings earnings = {release->payout, release->fee, release->tax,
	dw_reserve_of(release->payout)};
	DwPaymentPart *parts;
	DwTransaction transaction;
	DwPosting	posting;

	/* before the ledger has this transaction, whose refund counts in it */
	parts = dw_payments_to_refund(&row->job_id, settlement->refund,
								  part_count);
	dw_escrow_begin_transaction(row, &transaction, DW_TRANSACTION_DISPUTE,
								&ending->call->actor);
	transaction.amount = release->amount + settlement->refund;
	transaction.platform_fee = release->fee;
	transaction.tax = release->tax;
	transaction.net_amount = release->payout;
	transaction.milestone_id = dispute->has_milestone
		? &dispute->milestone_id : NULL;
	transaction.request_id = dw_call_request_id(ending->call);
	dw_posting_settlement(&posting, &parties, &earnings,
						  dw_refund_parts(parts, *part_count), *part_count);
	dw_postings_ensure(&posting, 1);
	dw_ledger_book(&row->chain_end, &transaction, &posting, false);
	dispute->transaction_id = transaction.id;
	return parts;
}

/*
 * Divides what a dispute held, both ways in one transaction, writes the
 * escrow and asks the workers for the refunds.
 */
static void
end_held(DwEscrowRow *row, DwDisputeRow *dispute, const Ending *ending,
		 DwSettlement *settlement)
{
	DwTransition transition = {ending->event, ending->call->actor,
	row->escrow.status, &dispute->transaction_id};
	DwPaymentPart *parts;
	int			part_count;

	if (dw_dispute_settle(&row->escrow, row->milestones,
						  row->milestone_count, &dispute->dispute,
						  settlement) != DW_OK)
		elog(ERROR, "dispute %s cannot end at " INT64_FORMAT,
			 dw_uuid_text(&dispute->dispute.id), ending->figure);
	parts = book_end(row, dispute, ending, settlement, &part_count);
	dw_escrow_apply(row, &transition);
	dw_refunds_ask(row, &dispute->transaction_id, parts, part_count,
				   "dispute");
}

/* What of released work is left, of one milestone or of all. */
static int64
released_left(const DwEscrowRow *row, const DwUuid *milestone_id,
			  const DwChargebackSum *taken)
{
	return dw_released_left(&row->escrow, row->milestones,
							row->milestone_count, milestone_id,
							taken->clawed_back);
}

/*
 * Takes from the provider what they do not keep of released work, as far as
 * it is there: a bank, a reversal or they themselves may have been quicker.
 */
static void
end_released(DwEscrowRow *row, DwDisputeRow *dispute, const Ending *ending,
			 DwSettlement *settlement)
{
	DwTransition transition = {ending->event, ending->call->actor,
	row->escrow.status, NULL};
	DwRefund	refund = {.event = ending->event,.from = row->escrow.status,
	.reason = "dispute"};
	const DwUuid *id = dispute->has_milestone ? &dispute->milestone_id : NULL;
	DwTakeBack	back = {.milestone_id = id};
	DwChargebackSum taken;

	dw_chargeback_sum(&row->job_id, NULL, &taken);
	back.price = dw_dispute_taken_back(&dispute->dispute, ending->figure,
									   released_left(row, id, &taken));
	if (dw_escrow_take_back(&row->escrow, row->milestones,
							row->milestone_count, taken.clawed_back,
							&back) != DW_OK)
		elog(ERROR, "dispute %s cannot end at " INT64_FORMAT,
			 dw_uuid_text(&dispute->dispute.id), ending->figure);
	settlement->refund = back.amount;
	if (back.amount > 0)
		dispute->transaction_id = dw_escrow_give_back(ending->call, row,
													  &back, &refund);
	else
		dw_escrow_apply(row, &transition);
}

/* The provider did not come, as it was settled: the contract ends by them. */
static void
end_no_show(DwCall *call, DwJob *job, DwEscrowRow *row)
{
	if (row->escrow.disputed > 0 || row->escrow.frozen ||
		!dw_machine_permits(dw_job_machine(), job->status,
							DW_JOB_EVENT_NO_SHOW, DW_ACTOR_SYSTEM,
							DW_JOB_CANCELLED))
		return;
	job->reason = pstrdup("no_show");
	(void) dw_contract_end(call, job, row, "no_show_confirmed");
}

/*
 * Ends a dispute in the ledger, the escrow and its own row, emits it to both
 * sides, and lets the job follow.
 */
static void
dispute_end(DwJob *job, DwEscrowRow *row, DwDisputeRow *dispute,
			const Ending *ending)
{
	DwSettlement settlement = {.figure = ending->figure,
	.unit = dw_psp_unit_of_job(&row->job_id, row->escrow.currency)};
	bool		is_no_show;

	if (dispute->dispute.is_released)
		end_released(row, dispute, ending, &settlement);
	else
		end_held(row, dispute, ending, &settlement);
	dispute->dispute.status = ending->status;
	dispute->settled_amount = settlement.figure;
	dw_dispute_save(dispute);
	emit_ended(row, dispute, &settlement);
	is_no_show = ending->figure == 0 &&
		dw_refund_request_is_no_show(&row->job_id, &dispute->dispute.id);
	if (is_no_show)
	{
		dw_job_fill(job);
		job->responsible = DW_JOB_SIDE_PROVIDER;
	}
	dw_escrow_return_rest(ending->call, row);
	dw_escrow_move_job(job, row);
	if (is_no_show)
		end_no_show(ending->call, job, row);
}

/* A bank may have taken what it is about: false when nothing is left. */
static bool
reduce(const DwEscrowRow *row, DwDisputeRow *dispute)
{
	DwChargebackSum taken;

	if (!dispute->dispute.is_released)
		return dw_dispute_reduce(&dispute->dispute, row->milestones,
								 row->milestone_count);
	dw_chargeback_sum(&row->job_id, NULL, &taken);
	return dw_dispute_reduce_to(&dispute->dispute,
								released_left(row, dispute->has_milestone
											  ? &dispute->milestone_id : NULL,
											  &taken));
}

void
dw_disputes_unfreeze(const DwEscrowRow *row, const DwUuid *transaction_id)
{
	const DwSettlement nothing = {.figure = 0};
	int			count;
	DwDisputeRow *disputes = dw_disputes_open(&row->job_id, &count);

	for (int i = 0; i < count; i++)
	{
		DwDisputeRow *dispute = &disputes[i];

		if (!reduce(row, dispute))
		{
			dispute->settled_amount = 0;
			dispute->transaction_id = *transaction_id;
			emit_ended(row, dispute, &nothing);
		}
		else if (!row->escrow.frozen)
			dispute->answer_by = Max(dispute->answer_by,
									 deadline_of(&row->job_id,
												 &dispute->dispute));
		dw_dispute_save(dispute);
	}
}

/* Fills the columns of the dispute, then those of the escrow. */
static Datum
dispute_return(DwCall *call, const DwEscrowRow *row,
			   const DwDisputeRow *dispute)
{
	const DwDispute *facts = &dispute->dispute;

	dw_row_escrow(call, row);
	dw_row_uuid(call, "dispute_id", &facts->id);
	if (dispute->has_milestone)
		dw_row_uuid(call, "milestone_id", &dispute->milestone_id);
	dw_row_enum(call, "dispute_status", &dw_dispute_status_labels,
				facts->status);
	dw_row_int8(call, "disputed_amount", facts->amount);
	if (facts->homeowner_offer != DW_DISPUTE_NO_OFFER)
		dw_row_int8(call, "homeowner_offer", facts->homeowner_offer);
	if (facts->provider_offer != DW_DISPUTE_NO_OFFER)
		dw_row_int8(call, "provider_offer", facts->provider_offer);
	if (dispute->settled_amount != DW_DISPUTE_UNSETTLED)
		dw_row_int8(call, "settled_amount", dispute->settled_amount);
	if (!dw_uuid_is_nil(&dispute->transaction_id))
		dw_row_uuid(call, "transaction_id", &dispute->transaction_id);
	if (dw_dispute_is_open(facts))
		dw_row_time(call, "answer_by", dispute->answer_by);
	return dw_call_return(call);
}

/* An amount that may be zero, but not less. */
static int64
arg_figure(DwCall *call, const char *arg)
{
	int64		figure = dw_arg_amount(call, arg);

	if (figure < 0)
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must not be negative");
	return figure;
}

/* Emits to the other side what one of them has done. */
static void
emit_to_other(DwCall *call, const DwEscrowRow *row,
			  const DwDisputeRow *dispute, const char *type)
{
	bool		by_homeowner = call->actor.kind == DW_ACTOR_HOMEOWNER;
	DwPayload	payload;

	dispute_payload(&payload, row, dispute);
	dw_payload_uuid(&payload, "recipient_id", by_homeowner
					? &row->provider_id : &row->homeowner_id);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, type, &payload);
}

/* True while a dispute about all that was held is open. */
static bool
has_general(const DwUuid *job_id)
{
	int			count;
	DwDisputeRow *rows = dw_disputes_open(job_id, &count);

	for (int i = 0; i < count; i++)
		if (!rows[i].has_milestone && !rows[i].dispute.is_released)
			return true;
	return false;
}

/* WD101 while such a dispute is open. */
static void
refuse_second_general(const DwUuid *job_id)
{
	if (has_general(job_id))
		dw_raise(DW_INVALID_TRANSITION,
				 "a dispute about all that was held is open",
				 psprintf("It belongs to job %s.", dw_uuid_text(job_id)),
				 "Answer or withdraw that one, or dispute a milestone.");
}

/*
 * True when a dispute of the homeowner is about what was released: the
 * milestone is, or nothing is held that is not disputed.
 */
static bool
is_of_released(const DwEscrowRow *row, const DwDisputeRow *dispute)
{
	const DwMilestone *milestone;

	if (!dispute->dispute.by_homeowner)
		return false;
	if (!dispute->has_milestone)
		return row->escrow.released > 0 &&
			dw_milestones_available(row->milestones,
									row->milestone_count) == 0;
	milestone = dw_milestones_find(row->milestones, row->milestone_count,
								   &dispute->milestone_id);
	return milestone->status == DW_MILESTONE_RELEASED;
}

/*
 * WD101 while another dispute about what was released is open: of any
 * milestone (NULL), or of this one, whose release may have been undone since.
 */
static void
refuse_second_released(const DwUuid *job_id, const DwUuid *milestone_id)
{
	int			count;
	DwDisputeRow *rows = dw_disputes_open(job_id, &count);

	for (int i = 0; i < count; i++)
		if (rows[i].dispute.is_released &&
			(milestone_id == NULL || (rows[i].has_milestone &&
									  dw_uuid_equal(&rows[i].milestone_id,
													milestone_id))))
			dw_raise(DW_INVALID_TRANSITION,
					 "a dispute about what was released is open",
					 psprintf("It is dispute %s.",
							  dw_uuid_text(&rows[i].dispute.id)),
					 "Answer or withdraw that one first.");
}

/*
 * The price of what was released lately and no bank has taken; WD102 when
 * the days to dispute it are over.
 */
static int64
released_lately(const DwEscrowRow *row, const DwDisputeRow *dispute)
{
	const DwUuid *id = dispute->has_milestone ? &dispute->milestone_id : NULL;
	int64		days = dw_setting_int8("dispute_days_after_release");
	DwChargebackSum taken;
	DwReleased *releases;
	int			count;
	int64		price;

	releases = dw_releases_load(&row->job_id, &count);
	price = dw_released_since(releases, count, row->escrow.terms.payer, id,
							  dw_now() - days * USECS_PER_DAY);
	if (price == 0 || days == 0)
		dw_raise(DW_DEADLINE_PASSED, "the time to dispute a release is over",
				 psprintf("Of job %s nothing was released in the last "
						  INT64_FORMAT " days.", dw_uuid_text(&row->job_id),
						  days),
				 "The setting dispute_days_after_release says how long it"
				 " is.");
	dw_chargeback_sum(&row->job_id, NULL, &taken);
	return Min(price, released_left(row, id, &taken));
}

/* Opens a dispute in memory; what core says of it. */
static DwResult
dispute_decide(DwEscrowRow *row, DwDisputeRow *dispute)
{
	dispute->dispute.id = dw_uuid_fresh();
	dispute->created_at = dw_now();
	if (is_of_released(row, dispute))
	{
		refuse_second_released(&row->job_id, NULL);
		dispute->dispute.amount = released_lately(row, dispute);
		return dw_dispute_open_released(&row->escrow, row->milestones,
										row->milestone_count,
										dispute->has_milestone
										? &dispute->milestone_id : NULL,
										&dispute->dispute);
	}
	if (dispute->has_milestone)
		refuse_second_released(&row->job_id, &dispute->milestone_id);
	return dw_dispute_open(&row->escrow, row->milestones,
						   row->milestone_count, dispute->has_milestone
						   ? &dispute->milestone_id : NULL,
						   &dispute->dispute);
}

/* Writes a dispute that was opened, and tells the side that did not call. */
static void
dispute_write(DwCall *call, DwEscrowRow *row, DwDisputeRow *dispute,
			  DwEscrowStatus from)
{
	DwTransition transition = {DW_ESCROW_EVENT_OPEN_DISPUTE, call->actor,
	from, NULL};

	dispute->answer_by = deadline_of(&row->job_id, &dispute->dispute);
	dw_escrow_apply(row, &transition);
	dw_dispute_insert(row, dispute);
	emit_to_other(call, row, dispute, "dispute_opened");
}

bool
dw_dispute_disagree(DwCall *call, DwEscrowRow *row, DwDisputeRow *dispute)
{
	DwEscrowStatus from = row->escrow.status;

	dispute->dispute.provider_offer = DW_DISPUTE_NO_OFFER;
	if (dw_milestones_available(row->milestones, row->milestone_count) == 0 ||
		has_general(&row->job_id) || dispute_decide(row, dispute) != DW_OK)
		return false;
	(void) dw_dispute_offer(&dispute->dispute, false,
							dispute->dispute.amount);
	dispute_write(call, row, dispute, from);
	return true;
}

DW_FUNCTION(dwello_open_dispute)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwDisputeRow dispute = {.settled_amount = DW_DISPUTE_UNSETTLED};
	DwEscrowStatus from;
	const DwUuid *milestone_id;
	DwResult	result;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER);
	dw_args_need(&call, "job_id", "amount", "reason", NULL);
	dispute.reason = dw_arg_text(&call, "reason", DW_NOTES_MAX);
	dispute.dispute.homeowner_offer = arg_figure(&call, "amount");
	dispute.dispute.provider_offer = dispute.dispute.homeowner_offer;
	milestone_id = dw_arg_uuid_opt(&call, "milestone_id");
	if (dw_escrow_begin(&call, &job, &row, milestone_id))
		return dw_call_return(&call);
	dw_escrow_check(&call, &row, DW_ESCROW_EVENT_OPEN_DISPUTE);
	if (milestone_id == NULL)
		refuse_second_general(&job.id);

	dispute.dispute.by_homeowner = call.actor.kind == DW_ACTOR_HOMEOWNER;
	dispute.has_milestone = milestone_id != NULL;
	if (milestone_id != NULL)
		dispute.milestone_id = *milestone_id;
	dispute.opened_by = call.actor.user_id;
	from = row.escrow.status;
	result = dispute_decide(&row, &dispute);
	if (result == DW_BAD_VALUE)
		dw_arg_refuse(&call, "amount", result, "is more than is disputed");
	if (result != DW_OK)
		dw_escrow_refuse(&call, &row, result);
	dispute_write(&call, &row, &dispute, from);
	dw_escrow_move_job(&job, &row);
	return dispute_return(&call, &row, &dispute);
}

/* P0002: a dispute that is named and not there. */
static void
refuse_unknown(const DwUuid *job_id, const DwUuid *id)
{
	dw_raise(DW_NOT_FOUND, "no such dispute",
			 psprintf("Job %s has no dispute %s.", dw_uuid_text(job_id),
					  dw_uuid_text(id)),
			 "dwello.disputes has those that you may see.");
}

/* The one open dispute, when none was named; WD101, 22023. */
static void
find_only(DwCall *call, const DwUuid *job_id, DwDisputeRow *dispute)
{
	int			open;
	DwDisputeRow *rows = dw_disputes_open(job_id, &open);

	if (open == 0)
		dw_raise(DW_INVALID_TRANSITION, "the job has no open dispute",
				 psprintf("It is job %s.", dw_uuid_text(job_id)),
				 "A side opens one with dwello.open_dispute().");
	if (open > 1)
		dw_raise(DW_BAD_VALUE, "the job has more than one open dispute",
				 psprintf("Job %s has %d.", dw_uuid_text(job_id), open),
				 "Say which with dispute_id.");
	*dispute = rows[0];
}

/* WD101 unless the dispute is open, WD102 when its time is over. */
static void
check_open(DwCall *call, const DwEscrowRow *row, const DwDisputeRow *dispute,
		   DwEscrowEvent event)
{
	const DwDispute *facts = &dispute->dispute;

	if (!dw_dispute_is_open(facts))
		dw_raise(DW_INVALID_TRANSITION, "the dispute has ended",
				 psprintf("Dispute %s is in state \"%s\".",
						  dw_uuid_text(&facts->id),
						  dw_dispute_status_label(facts->status)),
				 "dwello.open_dispute() disputes anew what is held or was"
				 " released lately.");
	dw_escrow_check(call, row, event);
	/* by the clock, not by whether a worker has come to it: both agree */
	if (dw_now() >= dispute->answer_by)
		dw_raise(DW_DEADLINE_PASSED, "the time to answer the dispute is over",
				 psprintf("Dispute %s could be answered until %s.",
						  dw_uuid_text(&facts->id),
						  timestamptz_to_str(dispute->answer_by)),
				 "It ends with dwello.expire_disputes().");
}

/*
 * Locks job and escrow and reads the dispute that argument `arg` names, or
 * the one open one, in the order of errors.  True: done before.
 */
static bool
dispute_begin(DwCall *call, DwJob *job, DwEscrowRow *row,
			  DwDisputeRow *dispute, const DwUuid *id)
{
	DwUuid		job_id = dw_arg_uuid(call, "job_id");
	bool		found;

	dw_job_for_command(call, &job_id, job);
	found = dw_escrow_lock(&job_id, row);
	if (id != NULL && !dw_dispute_load(&job_id, id, dispute))
		refuse_unknown(&job_id, id);
	if (call->actor.kind == DW_ACTOR_HOMEOWNER)
		dw_job_need_homeowner(call, job);
	if (call->actor.kind == DW_ACTOR_PROVIDER)
		dw_job_need_provider(call, job);
	if (dw_call_replay(call, &job_id))
		return true;
	dw_escrow_need(&job_id, found);
	dw_call_version(call, row->escrow.version);
	if (id == NULL)
		find_only(call, &job_id, dispute);
	return false;
}

/* Writes an answer that did not settle: the figures, and what comes now. */
static void
answer_apply(DwCall *call, DwEscrowRow *row, DwDisputeRow *dispute,
			 DwDisputeStatus before)
{
	DwTransition transition = {DW_ESCROW_EVENT_ANSWER_DISPUTE, call->actor,
	row->escrow.status, NULL};

	if (dispute->dispute.status != before)
		dispute->answer_by = deadline_of(&row->job_id,
										 &dispute->dispute);
	dw_escrow_apply(row, &transition);
	dw_dispute_save(dispute);
	emit_to_other(call, row, dispute, "dispute_answered");
}

DW_FUNCTION(dwello_answer_dispute)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwDisputeRow dispute;
	Ending		ending = {.status = DW_DISPUTE_SETTLED,
	.event = DW_ESCROW_EVENT_ANSWER_DISPUTE};
	DwDisputeStatus before;
	char	   *notes;
	int64		offer;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER);
	dw_args_need(&call, "job_id", "amount", NULL);
	notes = dw_arg_text_opt(&call, "notes", DW_NOTES_MAX);
	offer = arg_figure(&call, "amount");
	if (dispute_begin(&call, &job, &row, &dispute, dw_arg_uuid_opt(&call,
																   "dispute_id")))
		return dw_call_return(&call);
	check_open(&call, &row, &dispute, DW_ESCROW_EVENT_ANSWER_DISPUTE);

	/* a new figure in the same state goes on with the time that is running */
	before = dispute.dispute.status;
	if (notes != NULL)
		dispute.answer = notes;
	if (dw_dispute_offer(&dispute.dispute,
						 call.actor.kind == DW_ACTOR_HOMEOWNER,
						 offer) != DW_OK)
		dw_arg_refuse(&call, "amount", DW_BAD_VALUE,
					  "is more than is disputed");
	ending.call = &call;
	if (dw_dispute_meets(&dispute.dispute, &ending.figure))
		dispute_end(&job, &row, &dispute, &ending);
	else
		answer_apply(&call, &row, &dispute, before);
	return dispute_return(&call, &row, &dispute);
}

/*
 * Sets review clocks forward by the time that the dispute made them stand
 * still; they are written with the milestones, which go on being submitted.
 */
static void
give_time_back(DwEscrowRow *row, const DwDisputeRow *dispute)
{
	for (int i = 0; i < row->milestone_count; i++)
		if (dw_uuid_equal(&row->milestones[i].dispute_id,
						  &dispute->dispute.id) &&
			row->milestones[i].status_before == DW_MILESTONE_SUBMITTED)
			row->stored[i].auto_release_at += dw_now() - dispute->created_at;
}

DW_FUNCTION(dwello_withdraw_dispute)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwDisputeRow dispute;
	DwTransition transition = {.event = DW_ESCROW_EVENT_WITHDRAW_DISPUTE};

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER);
	dw_args_need(&call, "job_id", NULL);
	if (dispute_begin(&call, &job, &row, &dispute, dw_arg_uuid_opt(&call,
																   "dispute_id")))
		return dw_call_return(&call);
	if (!dw_uuid_equal(&dispute.opened_by, &call.actor.user_id))
		dw_raise(DW_FORBIDDEN, "only who opened a dispute may withdraw it",
				 psprintf("Dispute %s was opened by the other side.",
						  dw_uuid_text(&dispute.dispute.id)),
				 "dwello.answer_dispute() names a figure.");
	check_open(&call, &row, &dispute, DW_ESCROW_EVENT_WITHDRAW_DISPUTE);

	transition.actor = call.actor;
	transition.from = row.escrow.status;
	/* core takes the milestones out of the dispute, so this comes first */
	give_time_back(&row, &dispute);
	if (dw_dispute_withdraw(&row.escrow, row.milestones, row.milestone_count,
							&dispute.dispute) != DW_OK)
		dw_escrow_refuse(&call, &row, DW_INVALID_TRANSITION);
	dw_escrow_apply(&row, &transition);
	dw_dispute_save(&dispute);
	emit_to_other(&call, &row, &dispute, "dispute_withdrawn");
	dw_escrow_move_job(&job, &row);
	return dispute_return(&call, &row, &dispute);
}

/* 42501 for a mediator who is a side of the job. */
static void
need_stranger(DwCall *call, const DwJob *job)
{
	if (dw_uuid_equal(&call->actor.user_id, &job->homeowner_id) ||
		dw_uuid_equal(&call->actor.user_id, &job->provider_id))
		dw_raise(DW_FORBIDDEN, "nobody decides a dispute of their own",
				 psprintf("The caller is a side of job %s.",
						  dw_uuid_text(&job->id)),
				 "Another of the staff decides it.");
}

DW_FUNCTION(dwello_resolve_dispute)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwDisputeRow dispute;
	Ending		ending = {.status = DW_DISPUTE_RESOLVED,
	.event = DW_ESCROW_EVENT_RESOLVE_DISPUTE};
	char	   *reason;
	int64		back;
	bool		has_figure;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SUPPORT | DW_ACTOR_ADMIN);
	dw_args_need(&call, "job_id", "homeowner_amount", NULL);
	reason = dw_arg_text_opt(&call, "reason", DW_NOTES_MAX);
	back = arg_figure(&call, "homeowner_amount");
	has_figure = dw_arg_has(&call, "provider_amount");
	if (has_figure)
		ending.figure = arg_figure(&call, "provider_amount");
	if (dispute_begin(&call, &job, &row, &dispute, dw_arg_uuid_opt(&call,
																   "dispute_id")))
		return dw_call_return(&call);
	need_stranger(&call, &job);
	check_open(&call, &row, &dispute, DW_ESCROW_EVENT_RESOLVE_DISPUTE);

	if (back > dispute.dispute.amount)
		dw_arg_refuse(&call, "homeowner_amount", DW_BAD_VALUE,
					  "is more than is disputed");
	if (!has_figure)
		ending.figure = dispute.dispute.amount - back;
	else if (ending.figure != dispute.dispute.amount - back)
		dw_arg_refuse(&call, "provider_amount", DW_BAD_VALUE,
					  "does not add up to what is disputed");
	ending.call = &call;
	dispute.resolution = reason;
	dispute_end(&job, &row, &dispute, &ending);
	return dispute_return(&call, &row, &dispute);
}

/* Overdue disputes, one a turn. */
typedef struct ExpiryBatch
{
	DwCall	   *call;			/* the caller's */
	const DwDue *rows;			/* claimed */
	int			ended;			/* how many were ended so far */
} ExpiryBatch;

/*
 * Ends a claimed dispute as if the other side had agreed, unless it was
 * answered, or the escrow frozen, before its job was locked.
 */
static bool
dispute_expire(int turn, void *argument)
{
	ExpiryBatch *batch = argument;
	const DwDue *due = &batch->rows[turn];
	Ending		ending = {
		.status = DW_DISPUTE_SETTLED,
		.event = DW_ESCROW_EVENT_DEFAULT_DECISION,
		.call = batch->call
	};
	DwJob		job;
	DwEscrowRow row;
	DwDisputeRow dispute;

	if (!dw_job_lock(&due->job_id, &job) ||
		!dw_escrow_lock(&due->job_id, &row) ||
		!dw_dispute_load(&due->job_id, &due->id, &dispute))
		elog(ERROR, "claimed dispute %s is gone", dw_uuid_text(&due->id));
	if (row.escrow.frozen || !dw_dispute_is_open(&dispute.dispute) ||
		dispute.answer_by > dw_now())
		return true;
	ending.figure = dw_dispute_default_figure(&dispute.dispute);
	dispute_end(&job, &row, &dispute, &ending);
	batch->ended++;
	return true;
}

DW_FUNCTION(dwello_expire_disputes)
{
	DwCall		call;
	ExpiryBatch batch = {.call = &call};
	int			count;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	batch.rows = dw_disputes_claim_overdue(dw_arg_max_rows(&call), &count);
	dw_each_turn(count, dispute_expire, &batch);
	return dw_call_return_datum(&call, Int32GetDatum(batch.ended), true,
								sizeof(int32));
}
