/*
 * take_back_service.c
 *		How money that was released comes back: it leaves who got it, lies in
 *		the escrow again, and is refunded, all in one command.
 *
 * In the ledger that is a reversal of each release that it is taken from, the
 * last one first, and one refund.  The provider's part comes out of what they
 * have (provider_available), the rest they owe; where their account is gone,
 * the platform bears it.  What they have is decided on under the lock of
 * their row, which comes after the job's: payouts lock it first, and lock no
 * job after it.
 */
#include "postgres.h"

#include "api/escrow/escrow_api.h"
#include "server/error/error_server.h"
#include "store/account/account_store.h"
#include "store/dispute/dispute_store.h"
#include "store/escrow/escrow_store.h"
#include "store/ledger/ledger_store.h"
#include "store/payout/payout_store.h"

/* What is still to be taken, and from whom. */
typedef struct Taking
{
	DwGivers	givers;			/* of the provider's part */
	int64		net;			/* of that part */
	int64		fee;			/* of the platform's fee */
	int64		tax;			/* of the tax on it */
} Taking;

/* Who gives the provider's part; nobody changes their balance meanwhile. */
static DwGivers
find_givers(const DwEscrowRow *row, int64 amount)
{
	DwBalance	balance = {0};
	DwUser		user;
	bool		is_there = dw_user_lock(&row->provider_id, &user);

	if (is_there)
		dw_payout_mark_user(&row->provider_id);
	dw_balance_load(&row->provider_id, row->escrow.currency, false, &balance);
	return dw_take_back_divide(amount, balance.available, is_there);
}

/* Takes at most so much; gives how much that was. */
static int64
take(int64 *from, int64 amount)
{
	int64		part = Min(*from, amount);

	*from -= part;
	return part;
}

/* What of the rest one release has brought, leg by leg. */
static DwPutBack
take_part(Taking *taking, const DwReleased *release)
{
	int64		net = take(&taking->net, release->net);
	DwPutBack	parts = {
		.fee = take(&taking->fee, release->fee),
		.tax = take(&taking->tax, release->tax)
	};

	parts.available = take(&taking->givers.available, net);
	parts.owed = take(&taking->givers.owed, net - parts.available);
	parts.loss = net - parts.available - parts.owed;
	return parts;
}

/* Tells who follows releases that one is undone. */
static void
emit_undone(const DwEscrowRow *row, const DwTransaction *transaction,
			const char *reason)
{
	DwPayload	payload;

	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "transaction_id", &transaction->id);
	dw_payload_uuid(&payload, "reverses", transaction->reverses);
	dw_payload_int8(&payload, "amount", transaction->amount);
	dw_payload_text(&payload, "reason", reason);
	dw_event_emit(&row->job_id, "escrow", &row->job_id,
				  "transaction_reversed", &payload);
}

/* Puts a part of a release into the escrow again. */
static void
undo_release(DwCall *call, DwEscrowRow *row, const DwReleased *release,
			 const DwPutBack *parts, const char *reason)
{
	const DwParties parties = DW_ESCROW_PARTIES(row);
	const DwUuid *milestone_id = &release->milestone_id;
	DwTransaction transaction;
	DwPosting	posting;

	dw_escrow_begin_transaction(row, &transaction, DW_TRANSACTION_REVERSAL,
								&call->actor);
	transaction.payer_id = row->provider_id;
	transaction.payee_id = row->homeowner_id;
	transaction.net_amount = parts->available + parts->owed + parts->loss;
	transaction.platform_fee = parts->fee;
	transaction.tax = parts->tax;
	transaction.amount = transaction.net_amount + parts->fee + parts->tax;
	if (!dw_uuid_is_nil(milestone_id))
		transaction.milestone_id = milestone_id;
	transaction.reverses = &release->id;
	dw_posting_take_back(&posting, &parties, parts);
	dw_postings_ensure(&posting, 1);
	dw_ledger_book(&row->chain_end, &transaction, &posting, false);
	emit_undone(row, &transaction, reason);
}

/* Undoes releases, of the milestone or of others, until nothing is left. */
static void
undo_releases(DwCall *call, DwEscrowRow *row, Taking *taking,
			  const DwRefund *refund, bool of_milestone)
{
	const DwUuid *id = refund->selector.milestone_id;
	int			count;
	DwReleased *releases = dw_releases_load(&row->job_id, &count);

	for (int i = 0; i < count; i++)
	{
		DwPutBack	parts;

		if ((id == NULL || dw_uuid_equal(&releases[i].milestone_id, id)) !=
			of_milestone)
			continue;
		parts = take_part(taking, &releases[i]);
		if (parts.available + parts.owed + parts.loss + parts.fee +
			parts.tax > 0)
			undo_release(call, row, &releases[i], &parts, refund->reason);
	}
}

/* The platform's part of what of a tip goes back: in all that of its share. */
static int64
tip_fee_back(const DwTip *tip, int64 amount)
{
	int64		due;

	if (dw_money_scale(tip->fee, tip->returned + amount, tip->amount,
					   &due) != DW_OK)
		elog(ERROR, "a part of a tip is out of range");
	return Max(due - tip->fee_returned, 0);
}

/* Books what of a tip goes back by the company that its payment came by. */
static void
tip_book_return(DwEscrowRow *row, const DwTransaction *payment,
				const DwPutBack *parts, DwTransaction *transaction)
{
	const DwParties parties = DW_ESCROW_PARTIES(row);
	DwPosting	posting;

	transaction->payer_id = row->provider_id;
	transaction->payee_id = row->homeowner_id;
	transaction->net_amount = parts->available + parts->owed + parts->loss;
	transaction->platform_fee = parts->fee;
	transaction->amount = transaction->net_amount + parts->fee;
	dw_posting_tip_returned(&posting, &parties, parts, payment->psp);
	dw_postings_ensure(&posting, 1);
	dw_ledger_book(&row->chain_end, transaction, &posting, false);
}

/* Tells the homeowner. */
static void
emit_tip_returned(const DwEscrowRow *row, const DwTransaction *transaction,
				  const DwUuid *payment_id, const char *reason)
{
	DwPayload	payload;

	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "payment_id", payment_id);
	dw_payload_uuid(&payload, "transaction_id", &transaction->id);
	dw_payload_int8(&payload, "amount", transaction->amount);
	dw_payload_text(&payload, "reason", reason);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "tip_returned",
				  &payload);
}

DwUuid
dw_escrow_give_back(DwCall *call, DwEscrowRow *row, const DwTakeBack *back,
					DwRefund *refund)
{
	Taking		taking = {
		.net = back->taken - back->fee - back->tax,
		.fee = back->fee,
		.tax = back->tax
	};

	taking.givers = find_givers(row, taking.net);
	refund->selector.milestone_id = back->milestone_id;
	undo_releases(call, row, &taking, refund, true);
	undo_releases(call, row, &taking, refund, false);
	if (taking.net + taking.fee + taking.tax > 0)
		elog(ERROR, "the releases of job %s do not come to what goes back",
			 dw_uuid_text(&row->job_id));
	refund->decided.part += back->price;
	refund->decided.amount += back->amount;
	refund->decided.payout += back->amount;
	return dw_refund_apply(call, row, refund);
}

DwUuid
dw_tip_give_back(DwCall *call, DwEscrowRow *row, const DwTransaction *payment,
				 const DwRefund *refund)
{
	DwPaymentPart part = {payment->id, payment->payment_method_id,
	payment->psp, payment->psp_reference, refund->decided.amount};
	DwTip		tip;
	DwGivers	givers;
	DwPutBack	parts = {0};
	DwTransaction transaction;

	if (!dw_tip_find(payment, &tip))
		elog(ERROR, "a tip that arrived was never given");
	parts.fee = tip_fee_back(&tip, part.amount);
	givers = find_givers(row, part.amount - parts.fee);
	parts.available = givers.available;
	parts.owed = givers.owed;
	parts.loss = givers.loss;
	dw_escrow_begin_transaction(row, &transaction, DW_TRANSACTION_TIP,
								&call->actor);
	transaction.request_id = dw_call_request_id(call);
	transaction.reverses = &tip.id;
	tip_book_return(row, payment, &parts, &transaction);
	dw_escrow_save(row);
	dw_refunds_ask(row, &transaction.id, &part, 1, "tip");
	emit_tip_returned(row, &transaction, &payment->id, refund->reason);
	return transaction.id;
}
