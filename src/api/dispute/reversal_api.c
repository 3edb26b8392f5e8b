/*
 * reversal_api.c
 *		Undoes a release, a refund or the settlement of a dispute.
 *
 * Each leg is mirrored in proportion, and the money lies in the escrow
 * again.  Only the provider's leg goes another way: out of
 * provider_receivable instead of provider_available.  What was released may
 * have been paid out, by a call in another shard that this one does not
 * wait for; so they owe it, what they can withdraw falls at once, and their
 * next payout nets the two.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/job/job_api.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"
#include "store/dispute/dispute_store.h"
#include "store/refund/refund_store.h"

/* One reversal, from its request to its posting. */
typedef struct Undoing
{
	DwOriginal	original;		/* what is undone */
	DwRefundRow *refunds;		/* that it asked companies for */
	int			refund_count;	/* of them */
	int64		amount;			/* of it; 0 = all that is left */
	DwReversal	reversal;		/* what that comes to */
	DwPosting	posting;		/* and its legs */
	DwEscrowStatus from;		/* the escrow's state before */
	const char *reason;			/* in words, or NULL */
} Undoing;

/*
 * Locks job and escrow and reads the original, in the order of errors up to
 * 22023 for what cannot be undone.  True: done before.
 */
static bool
reversal_begin(DwCall *call, DwJob *job, DwEscrowRow *row, const DwUuid *id,
			   DwOriginal *original)
{
	DwUuid		job_id = dw_arg_uuid(call, "job_id");
	bool		found;

	dw_job_for_command(call, &job_id, job);
	found = dw_escrow_lock(&job_id, row);
	if (!dw_original_load(&job_id, id, original))
		dw_raise(DW_NOT_FOUND, "no such transaction",
				 psprintf("Job %s has no transaction %s.",
						  dw_uuid_text(&job_id), dw_uuid_text(id)),
				 "dwello.escrow_statement() has those of the job.");
	if (dw_call_replay(call, &job_id))
		return true;
	dw_escrow_need(&job_id, found);
	dw_call_version(call, row->escrow.version);
	dw_escrow_check(call, row, DW_ESCROW_EVENT_REVERSE);
	if (original->status != DW_TRANSACTION_COMPLETED ||
		(original->type != DW_TRANSACTION_RELEASE &&
		 original->type != DW_TRANSACTION_REFUND &&
		 original->type != DW_TRANSACTION_DISPUTE &&
		 original->type != DW_TRANSACTION_CANCELLATION))
		dw_arg_refuse(call, "transaction_id", DW_BAD_VALUE,
					  "must be a completed release, refund, dispute or"
					  " cancellation");
	return false;
}

/* What companies have still to send of it: as many parts, some of 0. */
static DwGivenBack *
list_unsent(const DwRefundRow *refunds, int count)
{
	DwGivenBack *unsent = palloc0(sizeof(DwGivenBack) * Max(count, 1));

	for (int i = 0; i < count; i++)
	{
		int			k = 0;

		unsent[i].psp = refunds[i].psp;
		while (strcmp(unsent[k].psp, refunds[i].psp) != 0)
			k++;
		unsent[k].amount += dw_refund_pending(&refunds[i].facts);
	}
	return unsent;
}

/* WD101 for a refund whose money came back and lies apart from the escrow. */
static void
check_failed(const DwRefundRow *refunds, int count)
{
	for (int i = 0; i < count; i++)
		if (!dw_uuid_is_nil(&refunds[i].failure_id))
			dw_raise(DW_INVALID_TRANSITION, "the refund has failed",
					 psprintf("Its money lies in receipt %s.",
							  dw_uuid_text(&refunds[i].failure_id)),
					 "Send it elsewhere with dwello.retry_refund().");
}

/* Decides what of the original is undone; WD101, WD202. */
static void
reversal_decide(DwCall *call, DwEscrowRow *row, Undoing *undoing)
{
	const DwOriginal *original = &undoing->original;
	DwReversal *reversal = &undoing->reversal;
	DwChargebackSum taken;
	DwResult	result;

	undoing->refunds = dw_refunds_of(&row->job_id, &original->id,
									 &undoing->refund_count);
	check_failed(undoing->refunds, undoing->refund_count);
	reversal->pending = list_unsent(undoing->refunds,
									undoing->refund_count);
	reversal->pending_count = undoing->refund_count;
	result = dw_reversal_decide(&original->posting, original->reversed,
								&undoing->amount, reversal,
								&undoing->posting);
	if (result != DW_OK)
		dw_escrow_refuse(call, row, result);
	if (original->has_milestone)
		reversal->milestone_id = &original->milestone_id;
	/* what a bank has taken out of releases is not there to be undone */
	dw_chargeback_sum(&row->job_id, NULL, &taken);
	result = dw_escrow_reverse(&row->escrow, row->milestones,
							   row->milestone_count, reversal,
							   taken.clawed_back);
	if (result != DW_OK)
		dw_escrow_refuse(call, row, result);
}

/*
 * Takes back what a company was asked for and has not sent, the last payment
 * first, and tells its worker.
 */
static void
withdraw_from(DwRefundRow *refunds, int count, const char *psp, int64 amount)
{
	for (int i = count - 1; i >= 0 && amount > 0; i--)
	{
		DwRefundRow *refund = &refunds[i];
		int64		part;

		if (strcmp(refund->psp, psp) != 0)
			continue;
		part = dw_refund_withdraw(&refund->facts, amount);
		if (part == 0)
			continue;
		amount -= part;
		dw_refund_save(refund);
		dw_refund_emit(refund, "refund_withdrawn", part, NULL);
	}
}

/* Takes back what companies were asked for and have not sent. */
static void
withdraw_refunds(const Undoing *undoing)
{
	for (int i = 0; i < undoing->posting.count; i++)
	{
		const DwLeg *leg = &undoing->posting.legs[i];

		if (leg->account.kind == DW_ACCOUNT_REFUND_PENDING)
			withdraw_from(undoing->refunds, undoing->refund_count,
						  leg->account.psp, -leg->amount);
	}
}

/*
 * Puts a reversal into the ledger, writes the escrow, and emits what was
 * undone.  It says where the money lies in the ledger, and moves none
 * outside: workers only hear of what they need not send any more.
 */
static DwUuid
reversal_apply(DwCall *call, DwEscrowRow *row, const Undoing *undoing)
{
	const DwOriginal *original = &undoing->original;
	const DwReversal *reversal = &undoing->reversal;
	DwTransition transition = {DW_ESCROW_EVENT_REVERSE, call->actor,
	undoing->from, NULL};
	DwTransaction transaction;
	DwPayload	payload;

	dw_escrow_begin_transaction(row, &transaction, DW_TRANSACTION_REVERSAL,
								&call->actor);
	transaction.payer_id = row->provider_id;
	transaction.payee_id = row->homeowner_id;
	transaction.amount = reversal->released + reversal->refunded;
	transaction.platform_fee = reversal->fee;
	transaction.tax = reversal->tax;
	transaction.net_amount = reversal->released - reversal->fee -
		reversal->tax;
	transaction.milestone_id = reversal->milestone_id;
	transaction.psp = original->psp;
	transaction.psp_reference = original->psp_reference;
	transaction.reverses = &original->id;
	transaction.request_id = dw_call_request_id(call);
	dw_postings_ensure(&undoing->posting, 1);
	dw_ledger_book(&row->chain_end, &transaction, &undoing->posting, false);
	transition.transaction_id = &transaction.id;
	dw_escrow_apply(row, &transition);
	withdraw_refunds(undoing);

	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "transaction_id", &transaction.id);
	dw_payload_uuid(&payload, "reverses", &original->id);
	dw_payload_int8(&payload, "amount", transaction.amount);
	dw_payload_text(&payload, "reason", undoing->reason);
	dw_event_emit(&row->job_id, "escrow", &row->job_id,
				  "transaction_reversed", &payload);
	return transaction.id;
}

DW_FUNCTION(dwello_reverse_transaction)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	Undoing		undoing = {0};
	DwUuid		id;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN);
	dw_args_need(&call, "job_id", "transaction_id", NULL);
	id = dw_arg_uuid(&call, "transaction_id");
	undoing.reason = dw_arg_text_opt(&call, "reason", DW_NOTES_MAX);
	if (dw_arg_has(&call, "amount"))
	{
		undoing.amount = dw_arg_amount(&call, "amount");
		if (undoing.amount <= 0)
			dw_arg_refuse(&call, "amount", DW_BAD_VALUE,
						  "must be more than zero");
	}
	if (reversal_begin(&call, &job, &row, &id, &undoing.original))
		return dw_call_return(&call);

	undoing.from = row.escrow.status;
	reversal_decide(&call, &row, &undoing);
	id = reversal_apply(&call, &row, &undoing);
	dw_escrow_move_job(&job, &row);

	dw_row_uuid(&call, "transaction_id", &id);
	dw_row_uuid(&call, "reverses", &undoing.original.id);
	dw_row_int8(&call, "amount", undoing.amount);
	dw_row_int8(&call, "fee", undoing.reversal.fee);
	dw_row_int8(&call, "tax", undoing.reversal.tax);
	dw_row_escrow(&call, &row);
	return dw_call_return(&call);
}
