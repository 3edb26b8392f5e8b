/*
 * escrow_service.c
 *		What the commands on an escrow share: they find it, answer for it,
 *		release its money, and let its job follow.
 *
 * The job is locked first, so the escrow and its milestones stand still; the
 * accounts of the platform and the provider are not touched, only added to.
 */
#include "postgres.h"

#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"
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
			 "dwello.escrow_transitions() says what is possible in each state.");
}

void
dw_row_escrow(DwCall *call, const DwEscrowRow *row)
{
	const DwEscrow *escrow = &row->escrow;

	dw_row_uuid(call, "job_id", &row->job_id);
	dw_row_text(call, "escrow_status",
				dw_escrow_status_label(escrow->status));
	dw_row_text(call, "currency", escrow->currency);
	dw_row_int8(call, "funded", escrow->funded);
	dw_row_int8(call, "held", escrow->held);
	dw_row_int8(call, "released", escrow->released);
	dw_row_int8(call, "refunded", escrow->refunded);
	dw_row_int8(call, "charged_back", escrow->charged_back);
	dw_row_int4(call, "version", escrow->version);
}

void
dw_arg_check_currency(DwCall *call, const char *arg, const char *currency)
{
	if (currency != NULL &&
		dw_currency_exponent(currency) == DW_CURRENCY_UNKNOWN)
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "is no currency of ISO 4217");
}

void
dw_escrow_payload(DwPayload *payload, const DwEscrowRow *row)
{
	dw_payload_begin(payload);
	dw_payload_uuid(payload, "job_id", &row->job_id);
	dw_payload_uuid(payload, "homeowner_id", &row->homeowner_id);
	dw_payload_uuid(payload, "provider_id", &row->provider_id);
	dw_payload_text(payload, "currency", row->escrow.currency);
}

void
dw_arg_selector(DwCall *call, DwSelector *selector)
{
	memset(selector, 0, sizeof(*selector));
	selector->has_amount = dw_arg_has(call, "amount");
	if (selector->has_amount)
		selector->amount = dw_arg_int8(call, "amount");
	selector->milestone_id = dw_arg_uuid_opt(call, "milestone_id");
	if (selector->has_amount && selector->amount <= 0)
		dw_arg_refuse(call, "amount", DW_BAD_VALUE, "must be more than zero");
	if (selector->has_amount && selector->milestone_id != NULL)
		dw_arg_refuse(call, "amount", DW_BAD_VALUE,
					  "must be NULL when a milestone is given");
}

bool
dw_escrow_begin(DwCall *call, DwJob *job, DwEscrowRow *row,
				const DwUuid *milestone_id)
{
	DwUuid		job_id = dw_arg_uuid(call, "job_id");
	bool		found;

	dw_job_sides_for_command(call, &job_id, job);
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
	return false;
}

/* Makes the job disputed, or what it was before. */
static void
job_follow(DwJob *job, const DwEscrowRow *row)
{
	bool		is_disputed = row->escrow.status == DW_ESCROW_DISPUTED;
	DwJobEvent	event = is_disputed ? DW_JOB_EVENT_DISPUTE
		: DW_JOB_EVENT_SETTLE;
	DwJobStatus next = is_disputed ? DW_JOB_DISPUTED
		: job->started_at != DT_NOBEGIN ? DW_JOB_IN_PROGRESS
		: DW_JOB_AWARDED;

	if (row->escrow.status == DW_ESCROW_FROZEN ||
		!dw_machine_permits(dw_job_machine(), job->status, event,
							DW_ACTOR_SYSTEM, next))
		return;
	dw_job_fill(job);
	job->status = next;
	dw_job_save(job);
}

/* Completes the job once nothing is held and all that must be is released. */
static void
job_complete_if_settled(DwJob *job, const DwEscrowRow *row)
{
	if (dw_escrow_is_complete(&row->escrow, row->milestones,
							  row->milestone_count) &&
		dw_machine_permits(dw_job_machine(), job->status,
						   DW_JOB_EVENT_COMPLETE, DW_ACTOR_SYSTEM,
						   DW_JOB_COMPLETED))
		dw_job_complete(job);
}

void
dw_escrow_move_job(DwJob *job, const DwEscrowRow *row)
{
	job_follow(job, row);
	job_complete_if_settled(job, row);
}

/* Emits what was released. */
static void
emit_released(const DwEscrowRow *row, const DwTransaction *transaction)
{
	DwPayload	payload;

	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "transaction_id", &transaction->id);
	dw_payload_uuid(&payload, "milestone_id", transaction->milestone_id);
	dw_payload_int8(&payload, "amount", transaction->amount);
	dw_payload_int8(&payload, "fee", transaction->platform_fee);
	dw_payload_int8(&payload, "tax", transaction->tax);
	dw_payload_int8(&payload, "payout", transaction->net_amount);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "escrow_released",
				  &payload);
}

DwUuid
dw_escrow_pay(DwEscrowRow *row, const DwPayout *payout)
{
	const DwRelease *release = &payout->release;
	DwTransition transition = {payout->event, payout->actor, payout->from,
	NULL};
	const DwParties parties = DW_ESCROW_PARTIES(row);
	const DwEarnings earnings = {release->payout, release->fee, release->tax};
	DwTransaction transaction;
	DwPosting	posting;

	dw_escrow_begin_transaction(row, &transaction, DW_TRANSACTION_RELEASE,
								&payout->actor);
	transaction.amount = release->amount;
	transaction.platform_fee = release->fee;
	transaction.tax = release->tax;
	transaction.net_amount = release->payout;
	transaction.milestone_id = payout->milestone_id;
	transaction.idempotency_key = payout->key;
	dw_posting_release(&posting, &parties, &earnings);
	dw_ledger_book(&row->chain_end, &transaction, &posting, false);
	transition.transaction_id = &transaction.id;
	dw_escrow_advance(row, &transition);
	emit_released(row, &transaction);
	return transaction.id;
}

DwUuid
dw_escrow_pay_out(DwJob *job, DwEscrowRow *row, const DwPayout *payout)
{
	DwUuid		id = dw_escrow_pay(row, payout);

	dw_escrow_settle(row);
	dw_escrow_move_job(job, row);
	return id;
}

void
dw_escrow_release_approved(DwCall *call, DwJob *job, DwEscrowRow *row)
{
	DwMilestone *milestone;

	while ((milestone = dw_milestones_approved(row->milestones,
											   row->milestone_count)) != NULL)
	{
		DwSelector	selector = {.milestone_id = &milestone->id};
		DwPayout	payout = {
			.event = DW_ESCROW_EVENT_RELEASE_DUE,
			.actor = call->actor,
			.from = row->escrow.status,
			.milestone_id = &milestone->id
		};

		if (dw_escrow_release(&row->escrow, row->milestones,
							  row->milestone_count, &selector,
							  &payout.release) != DW_OK)
			break;				/* frozen: it goes on resting */
		(void) dw_escrow_pay_out(job, row, &payout);
	}
}
