/*
 * dispute_service.c
 *		What the commands on disputes, and the end of a chargeback, share.
 */
#include "postgres.h"

#include "api/dispute/dispute_api.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/job/job_store.h"

TimestampTz
dw_dispute_deadline(const DwUuid *job_id, const DwDispute *dispute)
{
	const char *timer = dispute->status == DW_DISPUTE_ANSWERED
		? "mediation_days" : dispute->by_homeowner
		? "dispute_provider_days" : "dispute_homeowner_days";

	return dw_now() + dw_job_timer(job_id, timer) * USECS_PER_DAY;
}

void
dw_dispute_payload(DwPayload *payload, const DwEscrowRow *row,
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

/* Tells both sides how it ended. */
static void
emit_ended(const DwEscrowRow *row, const DwDisputeRow *dispute,
		   const DwSettlement *settlement)
{
	DwPayload	payload;

	dw_dispute_payload(&payload, row, dispute);
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
book_end(DwEscrowRow *row, DwDisputeRow *dispute, const DwEnding *ending,
		 const DwSettlement *settlement, int *part_count)
{
	const DwRelease *release = &settlement->release;
	const DwParties parties = DW_ESCROW_PARTIES(row);
	const DwEarnings earnings = {release->payout, release->fee, release->tax};
	DwPaymentPart *parts;
	DwTransaction transaction;
	DwPosting	posting;

	parts = dw_payments_to_refund(&row->job_id, settlement->refund,
								  part_count);
	dw_escrow_begin_transaction(row, &transaction, DW_TRANSACTION_DISPUTE,
								&ending->actor);
	transaction.amount = release->amount + settlement->refund;
	transaction.platform_fee = release->fee;
	transaction.tax = release->tax;
	transaction.net_amount = release->payout;
	transaction.milestone_id = dispute->has_milestone
		? &dispute->milestone_id : NULL;
	transaction.idempotency_key = ending->key;
	dw_posting_settlement(&posting, &parties, &earnings,
						  dw_refund_parts(parts, *part_count), *part_count);
	dw_ledger_book(&row->chain_end, &transaction, &posting, false);
	dispute->transaction_id = transaction.id;
	return parts;
}

void
dw_dispute_end(DwJob *job, DwEscrowRow *row, DwDisputeRow *dispute,
			   const DwEnding *ending)
{
	DwTransition transition = {ending->event, ending->actor,
	row->escrow.status, &dispute->transaction_id};
	DwSettlement settlement = {.figure = ending->figure};
	DwPaymentPart *parts;
	int			part_count;

	if (dw_dispute_settle(&row->escrow, row->milestones,
						  row->milestone_count, &dispute->dispute,
						  &settlement) != DW_OK)
		elog(ERROR, "dispute %s cannot end at " INT64_FORMAT,
			 dw_uuid_text(&dispute->dispute.id), ending->figure);
	dispute->dispute.status = ending->status;
	dispute->settled_amount = ending->figure;
	parts = book_end(row, dispute, ending, &settlement, &part_count);
	dw_escrow_apply(row, &transition);
	dw_dispute_save(dispute);
	for (int i = 0; i < part_count; i++)
		dw_refund_emit(row, &dispute->transaction_id, &parts[i], "dispute");
	emit_ended(row, dispute, &settlement);
	dw_escrow_move_job(job, row);
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

		if (!dw_dispute_reduce(&dispute->dispute, row->milestones,
							   row->milestone_count))
		{
			dispute->settled_amount = 0;
			dispute->transaction_id = *transaction_id;
			emit_ended(row, dispute, &nothing);
		}
		else if (!row->escrow.frozen)
			dispute->answer_by = Max(dispute->answer_by,
									 dw_dispute_deadline(&row->job_id,
														 &dispute->dispute));
		dw_dispute_save(dispute);
	}
}
