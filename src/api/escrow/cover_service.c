/*
 * cover_service.c
 *		Makes good what the platform bears for a charge out of the money of
 *		that very charge that lies in receipts.
 *
 * Events of a charge are told in any order, so money of it may come back (a
 * chargeback won, a refund that failed) when the platform has borne what a
 * refund or a bank has taken of it since.  The company does not have that
 * money twice: after each event none of a charge's is held for somebody in a
 * receipt while the platform bears a loss of the same charge.
 */
#include "postgres.h"

#include "api/escrow/escrow_api.h"
#include "core/company/company.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"

/* Moves so much between a receipt and the platform's loss. */
static void
bear(const DwCover *cover, DwReceipt *receipt, DwTransactionType type,
	 int64 change)
{
	const bool	comes_back = change < 0;
	DwAccount	accounts[2];
	DwTransaction transaction = {
		.scope_id = receipt->id,
		.id = dw_transaction_id(),
		.payer_id = receipt->user_id,
		.type = type,
		.status = DW_TRANSACTION_PENDING,
		.amount = Abs(change),
		.net_amount = Abs(change),
		.currency = receipt->currency,
		.psp = receipt->psp,
		.psp_reference = receipt->psp_reference,
		.actor = cover->actor,
		.pay_by = DT_NOBEGIN,
		.created_at = dw_now(),
		.completed_at = DT_NOBEGIN,
		.occurred_at = cover->occurred_at,
		.booked_on = DATEVAL_NOBEGIN
	};
	DwPosting	posting;

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

/* What the platform bears for a charge. */
typedef struct Borne
{
	DwRefundRow *refunds;		/* that the company sent */
	int			refund_count;	/* how many */
	DwChargebackRow *chargebacks;	/* that banks took */
	int			chargeback_count;	/* how many */
	int64	   *losses;			/* of the refunds, then of the chargebacks */
	int			count;			/* of these */
} Borne;

/* Loads it. */
static void
load_borne(const DwCover *cover, Borne *borne)
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

void
dw_charge_cover(const DwCover *cover)
{
	int			count;
	DwReceipt  *receipts;
	Borne		borne;
	int64	   *lie;
	DwCovered  *covered;
	int			parts;

	if (cover->psp_reference == NULL || cover->currency == NULL)
		return;
	receipts = load_receipts(cover, &count);
	load_borne(cover, &borne);
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
