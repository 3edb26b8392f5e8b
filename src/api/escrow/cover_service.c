/*
 * cover_service.c
 *		Makes good what the platform bears for a charge out of the money of
 *		that very charge: what lies in receipts, and what its escrows hold.
 *
 * Events of a charge are told in any order, so money of it may come back (a
 * chargeback won, a refund that failed) when the platform has borne what a
 * refund or a bank has taken of it since.  The company does not have that
 * money twice: after each event none of a charge's is held for somebody while
 * the platform bears a loss of the same charge.  The escrow makes good what
 * was refunded and nobody had asked for, and what banks have taken in cases
 * about its payment that found less than they ask for.
 *
 * A receipt may have become payments of several jobs.  Their escrows make good
 * what a bank has taken, too, as refunds that the platform has paid; what a
 * bank gives back lies in the receipt then, to be assigned anew.
 */
#include "postgres.h"

#include "api/escrow/escrow_api.h"
#include "api/escrow/escrow_api_int.h"
#include "core/company/company.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/company/company_store.h"

DwTransaction
dw_cover_transaction(const DwCover *cover, const DwUuid *scope_id,
					 DwTransactionType type, int64 amount)
{
	return (DwTransaction)
	{
		.scope_id = *scope_id,
			.id = dw_transaction_id(),
			.type = type,
			.status = DW_TRANSACTION_PENDING,
			.amount = amount,
			.net_amount = amount,
			.currency = cover->currency,
			.psp = cover->psp,
			.psp_reference = cover->psp_reference,
			.actor = cover->actor,
			.pay_by = DT_NOBEGIN,
			.created_at = dw_now(),
			.completed_at = DT_NOBEGIN,
			.occurred_at = cover->occurred_at,
			.booked_on = DATEVAL_NOBEGIN
	};
}

/* Moves so much between a receipt and the platform's loss. */
static void
bear(const DwCover *cover, DwReceipt *receipt, DwTransactionType type,
	 int64 change)
{
	const bool	comes_back = change < 0;
	DwAccount	accounts[2];
	DwTransaction transaction = dw_cover_transaction(cover, &receipt->id, type,
											   llabs(change));
	DwPosting	posting;

	transaction.payer_id = receipt->user_id;
	transaction.currency = receipt->currency;
	transaction.psp = receipt->psp;
	transaction.psp_reference = receipt->psp_reference;
	accounts[comes_back] = dw_account_of_receipt(&receipt->id,
												 receipt->currency,
												 receipt->psp);
	accounts[!comes_back] = dw_account_of_platform(DW_ACCOUNT_PLATFORM_LOSS,
												   receipt->currency);
	dw_posting_move(&posting, DW_POSTING_CHARGEBACK_COVERED, &accounts[0],
					&accounts[1], transaction.amount);
	dw_postings_ensure(&posting, 1);
	dw_ledger_book_tail(&transaction, &posting);
	dw_receipt_reduce(receipt, change, type == DW_TRANSACTION_CHARGEBACK
					  ? DW_RECEIPT_CHARGED_BACK : DW_RECEIPT_RETURNED, NULL);
}

/* The receipts of the charge that are in its currency. */
static DwReceipt *
load_receipts(const DwCover *cover, int *count)
{
	int			all;
	DwReceipt  *receipts = dw_receipts_lock(NULL, 0, cover->psp,
											cover->psp_reference, &all);

	*count = 0;
	for (int i = 0; i < all; i++)
		if (strcmp(receipts[i].currency, cover->currency) == 0)
			receipts[(*count)++] = receipts[i];
	return receipts;
}

/* Gives so much back to the others, by what each has room for. */
static void
regain_apart(const DwCover *cover, const DwUuid *except, int64 amount)
{
	int			count;
	DwReceipt  *receipts = load_receipts(cover, &count);

	for (int i = 0; i < count && amount > 0; i++)
	{
		DwReceipt  *receipt = &receipts[i];
		const int64 part = Min(receipt->amount - receipt->remaining, amount);

		if (part == 0 || dw_uuid_equal(&receipt->id, except))
			continue;
		bear(cover, receipt, DW_TRANSACTION_CHARGEBACK, -part);
		amount -= part;
	}
	if (amount > 0)
		elog(ERROR, "receipts have no room for what they gave");
}

void
dw_receipt_bear(const DwCover *cover, DwReceipt *receipt,
				DwTransactionType type, int64 change)
{
	const int64 part = Max(change, receipt->remaining - receipt->amount);

	if (part != 0)
		bear(cover, receipt, type, part);
	if (part > change)
		regain_apart(cover, &receipt->id, part - change);
}

/* A receipt bears so much of a refund from now on. */
static void
bear_refund(const DwCover *cover, DwReceipt *receipt, DwRefundRow *refund,
			int64 amount)
{
	refund->facts.loss -= amount;
	dw_refund_save(refund);
	bear(cover, receipt, DW_TRANSACTION_REFUND_PAYMENT, amount);
}

/* The same of a chargeback, which goes by the first that bears any of it. */
static void
bear_chargeback(const DwCover *cover, DwReceipt *receipt,
				DwChargebackRow *taken, int64 amount)
{
	taken->chargeback.covered += amount;
	if (dw_uuid_is_nil(&taken->receipt_id))
		taken->receipt_id = receipt->id;
	dw_chargeback_save(taken);
	bear(cover, receipt, DW_TRANSACTION_CHARGEBACK, amount);
}

void
dw_cover_load_borne(const DwCover *cover, DwBorne *borne)
{
	borne->refunds = dw_refunds_at_loss(cover->psp, cover->psp_reference,
										cover->currency,
										&borne->refund_count);
	borne->chargebacks = dw_chargebacks_at_loss(cover->psp,
												cover->psp_reference,
												cover->currency,
												&borne->chargeback_count);
	borne->count = borne->refund_count + borne->chargeback_count;
	borne->losses = palloc_array(int64, borne->count + 1);
	for (int i = 0; i < borne->refund_count; i++)
		borne->losses[i] = borne->refunds[i].facts.loss;
	for (int i = 0; i < borne->chargeback_count; i++)
		borne->losses[borne->refund_count + i] =
			dw_chargeback_borne(&borne->chargebacks[i].chargeback);
}

/* The receipts of the charge make good what they can. */
static void
cover_of_receipts(const DwCover *cover)
{
	int			count;
	DwReceipt  *receipts;
	DwBorne		borne;
	int64	   *lie;
	DwCovered  *covered;
	int			parts;

	receipts = load_receipts(cover, &count);
	dw_cover_load_borne(cover, &borne);
	lie = palloc_array(int64, count + 1);
	for (int i = 0; i < count; i++)
		lie[i] = receipts[i].remaining;
	covered = palloc_array(DwCovered, count + borne.count + 1);
	parts = dw_cover_losses(borne.losses, borne.count, lie, count, covered);
	for (int i = 0; i < parts; i++)
	{
		const DwCovered *part = &covered[i];
		DwReceipt  *receipt = &receipts[part->place];

		if (part->loss < borne.refund_count)
			bear_refund(cover, receipt, &borne.refunds[part->loss],
						part->amount);
		else
			bear_chargeback(cover, receipt,
							&borne.chargebacks[part->loss -
											   borne.refund_count],
							part->amount);
	}
}

/* Books what the escrow gives as a refund that the platform has paid. */
static void
book_refunded(const DwCover *cover, DwEscrowRow *row, int64 amount,
			  DwEscrowStatus from)
{
	DwTransition transition = {DW_ESCROW_EVENT_REFUND_SENT, cover->actor,
	from, NULL};
	const DwParties parties = DW_ESCROW_PARTIES(row);
	const DwGivenBack part = {NULL, amount};
	DwTransaction transaction = dw_cover_transaction(cover, &row->job_id,
													 DW_TRANSACTION_REFUND,
													 amount);
	DwPosting	posting;

	transaction.payer_id = row->provider_id;
	transaction.payee_id = row->homeowner_id;
	transaction.currency = row->escrow.currency;
	dw_posting_refund(&posting, &parties, &part, 1);
	dw_postings_ensure(&posting, 1);
	dw_ledger_book(&row->chain_end, &transaction, &posting, false);
	transition.transaction_id = &transaction.id;
	dw_escrow_apply(row, &transition);
	dw_escrow_emit_refunded(row, &transaction, NULL);
}

/* What of the charge the escrow took and nobody has taken out of it. */
static int64
left_in(const DwCover *cover, const DwEscrowRow *row)
{
	const DwChargeNames names = {.psp = cover->psp,
		.psp_reference = cover->psp_reference,
	.job_id = row->job_id};
	DwCharge	charge;

	if (strcmp(cover->currency, row->escrow.currency) != 0)
		return 0;
	(void) dw_charge_find(&names, &charge);
	return dw_charge_is_of(&charge, &row->job_id, cover->psp)
		? Max(charge.left, 0) : 0;
}

/* The escrow gives up to so much; what it gave. */
static int64
give(const DwCover *cover, DwEscrowRow *row, int64 amount)
{
	const DwEscrowStatus from = row->escrow.status;
	int64		taken;

	if (amount <= 0)
		return 0;
	dw_escrow_load_contested(row);
	taken = dw_refund_take(&row->escrow, row->milestones,
						   row->milestone_count, amount);
	if (taken > 0)
		book_refunded(cover, row, taken, from);
	return taken;
}

/* It bears of refunds that nobody had asked for what it has room for. */
static int64
give_for_refunds(const DwCover *cover, DwEscrowRow *row, int64 room)
{
	int64		loss = 0;
	int			count = 0;
	int64		left;
	DwRefundRow *refunds = dw_refunds_at_loss(cover->psp,
											  cover->psp_reference,
											  cover->currency, &count);
	int64		given;

	for (int i = 0; i < count; i++)
		loss += refunds[i].is_unasked ? refunds[i].facts.loss : 0;
	if (loss == 0)
		return 0;
	given = left = give(cover, row, Min(loss, room));
	for (int i = 0; i < count && left > 0; i++)
	{
		const int64 part = Min(refunds[i].facts.loss, left);

		if (!refunds[i].is_unasked)
			continue;
		refunds[i].facts.loss -= part;
		dw_refund_save(&refunds[i]);
		left -= part;
	}
	return given;
}

/*
 * It bears of chargebacks what it has room for.  They go by a receipt that has
 * become its payment, where a bank that gives it back leaves it.
 */
static int64
give_for_chargebacks(const DwCover *cover, DwEscrowRow *row, int64 room)
{
	int			count;
	int			receipt_count;
	DwReceipt  *receipts = load_receipts(cover, &receipt_count);
	DwChargebackRow *rows = dw_chargebacks_at_loss(cover->psp,
												   cover->psp_reference,
												   cover->currency, &count);
	int64		given = 0;

	for (int i = 0; i < count && receipt_count > 0 && given < room; i++)
	{
		DwChargeback *chargeback = &rows[i].chargeback;
		const int64 part = give(cover, row,
								Min(dw_chargeback_borne(chargeback),
									room - given));

		if (part == 0)
			break;
		chargeback->covered += part;
		if (dw_uuid_is_nil(&rows[i].receipt_id))
			rows[i].receipt_id = receipts[0].id;
		dw_chargeback_save(&rows[i]);
		given += part;
	}
	return given;
}

/* Emits that a case takes more than it did. */
static void
emit_raised(const DwEscrowRow *row, const DwChargebackRow *taken,
			const DwTransaction *transaction)
{
	const DwChargeback *chargeback = &taken->chargeback;
	DwPayload	payload;

	dw_escrow_payload(&payload, row);
	dw_payload_text(&payload, "psp", taken->psp);
	dw_payload_text(&payload, "psp_reference", taken->psp_reference);
	dw_payload_text(&payload, "case_reference", taken->case_reference);
	dw_payload_uuid(&payload, "chargeback_id", &taken->id);
	dw_payload_text(&payload, "chargeback_status",
					dw_chargeback_status_label(chargeback->status));
	dw_payload_uuid(&payload, "payment_id", &taken->payment_id);
	dw_payload_uuid(&payload, "transaction_id", &transaction->id);
	dw_payload_int8(&payload, "amount", transaction->amount);
	dw_payload_int8(&payload, "held_amount", chargeback->held_amount);
	dw_payload_int8(&payload, "clawed_back", chargeback->clawed_back);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "chargeback_raised",
				  &payload);
}

/* Books that a case takes so much more. */
static void
book_raised(const DwCover *cover, DwEscrowRow *row,
			const DwChargebackRow *taken, const DwRaise *raise,
			DwEscrowStatus from)
{
	const DwParties parties = DW_ESCROW_PARTIES(row);
	const DwTakenBack back = {taken->psp, raise->held, raise->clawed_back, 0};
	DwTransaction transaction =
		dw_cover_transaction(cover, &row->job_id, DW_TRANSACTION_CHARGEBACK,
							 raise->held + raise->clawed_back);
	DwPosting	posting;

	transaction.payer_id = row->provider_id;
	transaction.payee_id = row->homeowner_id;
	dw_posting_chargeback_raise(&posting, &parties, &back);
	dw_postings_ensure(&posting, 1);
	dw_ledger_book(&row->chain_end, &transaction, &posting, false);
	dw_escrow_advance_charged(row, cover->actor, from, &transaction.id);
	dw_escrow_settle(row);
	emit_raised(row, taken, &transaction);
}

/* What of its payment nobody has taken. */
static int64
left_of(const DwChargebackRow *taken)
{
	const DwChargeNames names = {.psp = taken->psp,.id = &taken->payment_id,
	.job_id = taken->job_id};
	DwCharge	charge;

	(void) dw_charge_find(&names, &charge);
	return Max(charge.left, 0);
}

/*
 * Cases about its payments take of what is there again what they would have
 * taken of it at first.
 */
static bool
raise_chargebacks(const DwCover *cover, DwEscrowRow *row)
{
	int			count;
	DwChargebackRow *rows = dw_chargebacks_short(&row->job_id, &count);
	bool		gave = false;

	for (int i = 0; i < count; i++)
	{
		const DwEscrowStatus from = row->escrow.status;
		DwRaise		raise = {.room = left_of(&rows[i])};

		dw_chargeback_sum(&row->job_id, NULL, &raise.all);
		dw_chargeback_raise(&row->escrow, row->milestones,
							row->milestone_count, &rows[i].chargeback, &raise);
		if (raise.held + raise.clawed_back == 0)
			continue;
		dw_chargeback_save(&rows[i]);
		book_raised(cover, row, &rows[i], &raise, from);
		gave = true;
	}
	return gave;
}

/* The escrow of another job makes good what it can. */
static void
cover_of_job(const DwCover *cover, const DwChargeJob *part)
{
	DwJob		job;
	DwEscrowRow row;
	int64		room;
	int64		given;

	if (!dw_job_lock(&part->job_id, &job) ||
		!dw_escrow_lock(&part->job_id, &row))
		return;
	/* what it gave before, for whatever was told, was of its part */
	room = Min(left_in(cover, &row), part->amount - part->given);
	given = give_for_refunds(cover, &row, room);
	if (part->is_assigned)
		given += give_for_chargebacks(cover, &row, room - given);
	if (given > 0)
		dw_escrow_move_job(&job, &row);
}

/* True when the platform bears some of the charge still. */
static bool
is_borne(const DwCover *cover)
{
	DwBorne		borne;

	dw_cover_load_borne(cover, &borne);
	return borne.count > 0;
}

/* The escrows of other jobs make good the rest. */
static void
cover_of_others(const DwCover *cover)
{
	int			count;
	DwChargeJob *parts;

	if (!is_borne(cover))
		return;
	parts = dw_charge_jobs(cover->psp, cover->psp_reference,
						   cover->currency, &count);
	for (int i = 0; i < count; i++)
		if (!dw_uuid_equal(&parts[i].job_id, &cover->job_id))
			cover_of_job(cover, &parts[i]);
}

void
dw_charge_lock_jobs(const char *psp, const char *psp_reference)
{
	int			count;
	DwChargeJob *parts;
	DwJob		job;

	if (psp_reference == NULL)
		return;
	parts = dw_charge_jobs(psp, psp_reference, NULL, &count);
	for (int i = 0; i < count; i++)
		(void) dw_job_lock(&parts[i].job_id, &job);
}

bool
dw_charge_cover(const DwCover *cover, DwEscrowRow *row)
{
	bool		gave = false;

	if (cover->currency == NULL)
		return false;
	if (cover->psp_reference != NULL)
	{
		cover_of_receipts(cover);
		gave = row != NULL &&
			give_for_refunds(cover, row, left_in(cover, row)) > 0;
	}
	gave |= row != NULL && raise_chargebacks(cover, row);
	if (cover->psp_reference != NULL)
		cover_of_others(cover);
	return gave;
}
