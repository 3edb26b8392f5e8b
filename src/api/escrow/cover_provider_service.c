/*
 * cover_provider_service.c
 *		Makes good what the platform bears for a charge out of what a provider
 *		has of it: a tip, or what they have repaid.
 */
#include "postgres.h"

#include "api/escrow/escrow_api.h"
#include "api/escrow/escrow_api_int.h"
#include "core/company/company.h"
#include "store/company/company_store.h"
#include "store/payout/payout_store.h"

/* A provider who has money of the charge, and may have to give it up. */
typedef struct Holder
{
	DwEscrowRow *row;			/* of the job that it was a tip of, or NULL */
	DwUuid		scope_id;		/* that job, else the provider */
	DwUuid		provider_id;	/* who has it */
	int64		left;			/* what nobody has taken of it */
} Holder;

/* Finds who got it as a tip, or has repaid it; false: nobody. */
static bool
find_holder(const DwCover *cover, DwEscrowRow *row, Holder *holder)
{
	const DwChargeNames names = {.psp = cover->psp,
		.psp_reference = cover->psp_reference,
	.job_id = row != NULL ? row->job_id : (DwUuid) {{0}}};
	DwCharge	charge;

	*holder = (Holder)
	{
		0
	};
	if (!dw_charge_find(&names, &charge) ||
		strcmp(charge.currency, cover->currency) != 0)
		return false;
	holder->left = charge.left;
	if (charge.kind == DW_CHARGE_REPAYMENT)
		holder->scope_id = holder->provider_id = charge.user_id;
	else if (charge.kind == DW_CHARGE_TIP && row != NULL &&
			 dw_uuid_equal(&charge.job_id, &row->job_id))
	{
		holder->row = row;
		holder->scope_id = row->job_id;
		holder->provider_id = row->provider_id;
	}
	return holder->left > 0 && !dw_uuid_is_nil(&holder->provider_id);
}

/* They owe so much of it that the platform had borne. */
static void
owe(const DwCover *cover, Holder *holder, DwTransactionType type,
	int64 amount)
{
	const DwAccount owed = dw_account_of(DW_ACCOUNT_PROVIDER_RECEIVABLE,
										 &holder->provider_id,
										 cover->currency);
	const DwAccount loss = dw_account_of_platform(DW_ACCOUNT_PLATFORM_LOSS,
												  cover->currency);
	DwTransaction transaction =
		dw_cover_transaction(cover, &holder->scope_id, type, amount);
	DwPosting	posting;

	transaction.payer_id = holder->provider_id;
	dw_posting_move(&posting, DW_POSTING_LOSS_OWED, &owed, &loss, amount);
	dw_postings_ensure(&posting, 1);
	if (holder->row != NULL)
	{
		dw_ledger_book(&holder->row->chain_end, &transaction, &posting, false);
		dw_escrow_save(holder->row);
		return;
	}
	dw_payout_mark_user(&holder->provider_id);
	dw_ledger_book_tail(&transaction, &posting);
}

/* A provider bears so much of what was refunded. */
static void
owe_refund(const DwCover *cover, Holder *holder, DwRefundRow *refund,
		   int64 amount)
{
	refund->facts.loss -= amount;
	dw_refund_save(refund);
	owe(cover, holder, DW_TRANSACTION_REFUND_PAYMENT, amount);
}

/* The same of what a bank took. */
static void
owe_chargeback(const DwCover *cover, Holder *holder, DwChargebackRow *taken,
			   int64 amount)
{
	taken->chargeback.clawed_back += amount;
	dw_chargeback_save(taken);
	owe(cover, holder, DW_TRANSACTION_CHARGEBACK, amount);
}

/* What a provider does not bear: what was asked for, or is of nobody's. */
static void
keep_theirs(DwBorne *borne, const Holder *holder)
{
	int64	   *chargebacks = borne->losses + borne->refund_count;

	for (int i = 0; i < borne->refund_count; i++)
		if (!borne->refunds[i].is_unasked)
			borne->losses[i] = 0;
	for (int i = 0; i < borne->chargeback_count; i++)
		if (!dw_uuid_equal(&borne->chargebacks[i].provider_id,
						   &holder->provider_id))
			chargebacks[i] = 0;
}

void
dw_provider_cover(const DwCover *cover, DwEscrowRow *row)
{
	Holder		holder;
	DwBorne		borne;
	DwCovered  *covered;
	int			parts;

	if (cover->psp_reference == NULL || cover->currency == NULL)
		return;
	dw_cover_load_borne(cover, &borne);
	if (borne.count == 0 || !find_holder(cover, row, &holder))
		return;
	keep_theirs(&borne, &holder);
	covered = palloc_array(DwCovered, borne.count + 2);
	parts = dw_cover_losses(borne.losses, borne.count, &holder.left, 1,
							covered);
	for (int i = 0; i < parts; i++)
	{
		const DwCovered *part = &covered[i];

		if (part->loss < borne.refund_count)
			owe_refund(cover, &holder, &borne.refunds[part->loss],
					   part->amount);
		else
			owe_chargeback(cover, &holder,
						   &borne.chargebacks[part->loss -
											  borne.refund_count],
						   part->amount);
	}
}
