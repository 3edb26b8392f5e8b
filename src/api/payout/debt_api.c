/*
 * debt_api.c
 *		What providers owe after a chargeback or a reversal: they pay it, or
 *		the platform bears it.
 *
 * A debt is netted with what is released and paid out later, so nobody has to
 * pay it; whoever does is asked by the payment company's worker, through the
 * outbox, and nothing is booked before the company says that it has the money.
 * What has arrived is booked, however much it is: a surplus is the provider's.
 * What was asked for is a row, which waits until pay_by for all of it; asking
 * anew takes its place.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "core/posting/posting.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "store/company/company_store.h"
#include "store/ledger/ledger_store.h"
#include "store/payout/payout_store.h"

#define CURRENCY_MAX	20		/* characters; only three can be right */

/* A part of a debt, and whose. */
typedef struct Debt
{
	DwUuid		user_id;		/* the provider, locked */
	DwUuid		id;				/* of what was asked for; nil = not asked */
	const char *currency;		/* of the balance */
	int64		amount;			/* 0 = all of it */
	const char *reason;			/* or NULL */
	DwPaymentSource method;		/* to pay with; nil where none is known */
	TimestampTz pay_by;			/* of what was asked for, else DT_NOBEGIN */
} Debt;

/*
 * Reads amount and currency; errors of arguments alone.  What a company
 * reports has no ceiling.
 */
static void
debt_read(DwCall *call, Debt *debt, bool is_fact)
{
	memset(debt, 0, sizeof(*debt));
	debt->pay_by = DT_NOBEGIN;
	dw_args_need(call, "currency", NULL);
	debt->currency = dw_arg_text(call, "currency", CURRENCY_MAX);
	if (dw_arg_has(call, "amount"))
	{
		debt->amount = is_fact ? dw_arg_int8(call, "amount")
			: dw_arg_amount(call, "amount");
		if (debt->amount <= 0)
			dw_arg_refuse(call, "amount", DW_BAD_VALUE,
						  "must be more than zero");
	}
	dw_arg_check_currency(call, "currency", debt->currency);
}

/* WD202 when it is more than they owe. */
static void
debt_decide(Debt *debt)
{
	DwBalance	balance;
	DwResult	result;

	(void) dw_balance_settle(&debt->user_id, debt->currency, &balance);
	result = dw_payout_debt(&balance, &debt->amount);
	if (result != DW_OK)
		dw_raise(result, "more than is owed",
				 psprintf("Available are " INT64_FORMAT ", receivable "
						  INT64_FORMAT " %s.", balance.available,
						  balance.receivable, debt->currency),
				 "See dwello.provider_balance().");
}

/* Tells the worker, and others. */
static void
debt_emit(const Debt *debt, const char *type, const DwUuid *transaction_id)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "provider_id", &debt->user_id);
	if (!dw_uuid_is_nil(&debt->id))
		dw_payload_uuid(&payload, "repayment_id", &debt->id);
	if (!dw_uuid_is_nil(&debt->method.id))
		dw_payload_uuid(&payload, "payment_method_id", &debt->method.id);
	dw_payload_uuid(&payload, "transaction_id", transaction_id);
	dw_payload_text(&payload, "psp", debt->method.psp);
	dw_payload_int8(&payload, "amount", debt->amount);
	dw_payload_text(&payload, "currency", debt->currency);
	if (strcmp(type, "repayment_requested") == 0)
		dw_payload_psp_amount(&payload, debt->method.psp, debt->currency,
							  debt->amount);
	if (debt->pay_by != DT_NOBEGIN)
		dw_payload_text(&payload, "pay_by",
						timestamptz_to_str(debt->pay_by));
	dw_payload_text(&payload, "reason", debt->reason);
	dw_event_emit(&debt->user_id, "user", &debt->user_id, type, &payload);
}

/* Fills the columns that all of the calls return. */
static void
debt_row(DwCall *call, const Debt *debt)
{
	dw_row_uuid(call, "user_id", &debt->user_id);
	if (!dw_uuid_is_nil(&debt->id))
		dw_row_uuid(call, "repayment_id", &debt->id);
	dw_row_int8(call, "amount", debt->amount);
	dw_row_text(call, "currency", debt->currency);
}

/* The way to pay, if one is known; P0002 for one they do not have. */
static void
debt_find_method(DwCall *call, Debt *debt)
{
	const DwUuid *id = dw_arg_uuid_opt(call, "payment_method_id");
	bool		is_known = dw_payment_method_find(&debt->user_id, id,
												  &debt->method);

	if (id != NULL && !is_known)
		dw_raise(DW_NOT_FOUND, "no such payment method",
				 psprintf("User %s has no payment method %s.",
						  dw_uuid_text(&debt->user_id), dw_uuid_text(id)),
				 "Add one with dwello.add_payment_method().");
	if (!is_known)
		memset(&debt->method, 0, sizeof(debt->method));
}

/* 22023 for a payment method that has expired. */
static void
debt_check_method(const Debt *debt)
{
	if (debt->method.is_expired)
		dw_raise(DW_BAD_VALUE, "the payment method has expired",
				 psprintf("Payment method %s is past its last day.",
						  dw_uuid_text(&debt->method.id)),
				 "Add another with dwello.add_payment_method().");
}

/*
 * What is asked for is whole for the company: 22023 for an amount that is
 * named and is not; of all that is owed a little more, which is theirs.
 */
static void
debt_make_whole(Debt *debt, bool is_named)
{
	const int64 unit = dw_psp_unit_of(debt->method.psp, debt->currency);

	if (is_named)
		dw_need_whole(debt->method.psp, debt->currency, debt->amount);
	debt->amount += (unit - debt->amount % unit) % unit;
}

/* Until when what is asked for now is waited for. */
static TimestampTz
time_to_repay(const Debt *debt)
{
	const char *type = debt->method.type != NULL ? debt->method.type : "";

	if (strcmp(type, "bank_account") == 0)
		return dw_now() + USECS_PER_DAY *
			dw_setting_int8("payment_days_bank");
	return dw_now() + USECS_PER_MINUTE *
		dw_setting_int8(strcmp(type, "paypal") == 0 ||
						strcmp(type, "stripe") == 0
						? "payment_minutes_wallet" : "payment_minutes_card");
}

/* Ends one that is pending, and tells its worker. */
static void
repayment_end(DwRepaymentRow *row, DwRepaymentStatus status)
{
	Debt		debt = {
		.user_id = row->user_id,
		.id = row->id,
		.currency = row->currency,
		.amount = row->facts.amount - row->facts.received,
		.pay_by = DT_NOBEGIN
	};

	row->facts.status = status;
	dw_repayment_save(row);
	debt.method.psp = unconstify(char *, row->psp);
	debt.method.id = row->payment_method_id;
	debt_emit(&debt, status == DW_REPAYMENT_EXPIRED ? "repayment_expired"
			  : "repayment_cancelled", NULL);
}

/* Keeps what is asked for; what was asked for before in its currency ends. */
static void
debt_ask(Debt *debt)
{
	int			count;
	DwRepaymentRow *pending = dw_repayments_pending(&debt->user_id, &count);
	DwRepaymentRow row = {
		.user_id = debt->user_id,
		.id = dw_uuid_fresh(),
		.payment_method_id = debt->method.id,
		.facts = {.amount = debt->amount},
		.currency = debt->currency,
		.psp = debt->method.psp,
		.pay_by = time_to_repay(debt)
	};

	for (int i = 0; i < count; i++)
		if (strcmp(pending[i].currency, debt->currency) == 0)
			repayment_end(&pending[i], DW_REPAYMENT_CANCELLED);
	dw_repayment_insert(&row);
	debt->id = row.id;
	debt->pay_by = row.pay_by;
}

DW_FUNCTION(dwello_repay_balance)
{
	DwCall		call;
	DwUser		user;
	Debt		debt;
	bool		is_named;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER | DW_ACTOR_ADMIN);
	debt_read(&call, &debt, false);
	debt.user_id = dw_user_argument(&call, "user_id");
	dw_user_for_command(&call, &debt.user_id, &user);
	if (dw_call_replay(&call, &user.id))
		return dw_call_return(&call);
	is_named = debt.amount > 0;
	debt_find_method(&call, &debt);
	debt_decide(&debt);
	debt_check_method(&debt);
	debt_make_whole(&debt, is_named);
	dw_payout_mark_user(&debt.user_id);
	debt_ask(&debt);
	debt_emit(&debt, "repayment_requested", NULL);
	debt_row(&call, &debt);
	dw_row_time(&call, "pay_by", debt.pay_by);
	return dw_call_return(&call);
}

/* Books a part of a debt that is made good; the id of the transaction. */
static DwUuid
debt_book(DwCall *call, const Debt *debt, DwTransaction *transaction,
		  const DwPosting *posting)
{
	dw_payout_mark_user(&debt->user_id);
	dw_postings_ensure(posting, 1);
	transaction->scope_id = debt->user_id;
	transaction->id = dw_transaction_id();
	transaction->payer_id = transaction->payee_id = debt->user_id;
	transaction->amount = transaction->net_amount = debt->amount;
	transaction->currency = debt->currency;
	transaction->actor = call->actor;
	transaction->pay_by = DT_NOBEGIN;
	transaction->created_at = dw_now();
	dw_ledger_book_tail(transaction, posting);
	/* with a debt that is smaller, payouts may be covered again */
	(void) dw_payouts_review_all(&debt->user_id, 1, true);
	return transaction->id;
}

/* The provider's account that is below zero while they owe. */
static DwAccount
debt_account(const Debt *debt)
{
	return (DwAccount)
	{
		.owner_id = debt->user_id,.kind = DW_ACCOUNT_PROVIDER_RECEIVABLE,
			.currency = debt->currency,.psp = ""
	};
}

/* Reads the arguments of confirm_repayment; errors of arguments alone. */
static void
repayment_read(DwCall *call, DwPaymentEvent *event, Debt *debt)
{
	const DwUuid *id;

	memset(event, 0, sizeof(*event));
	event->occurred_at = dw_arg_time_opt(call, "occurred_at");
	dw_args_need(call, "user_id", "psp", "event_id", "amount", "currency",
				 NULL);
	debt_read(call, debt, true);
	event->type = DW_REPAYMENT_CONFIRMED;
	event->user_id = debt->user_id = dw_arg_uuid(call, "user_id");
	event->psp = dw_arg_text(call, "psp", DW_PSP_MAX);
	event->event_id = dw_arg_text(call, "event_id", DW_PSP_REFERENCE_MAX);
	event->amount = debt->amount;
	event->currency = debt->currency;
	event->psp_reference = dw_arg_name_opt(call, "psp_reference",
										   DW_PSP_REFERENCE_MAX);
	id = dw_arg_uuid_opt(call, "repayment_id");
	if (id == NULL)
		return;
	debt->id = event->object_id = *id;
	event->object = "repayment_id";
}

/* WD101: what it was asked for by is not there, so it comes too early. */
static void
repayment_refuse(const Debt *debt)
{
	dw_raise(DW_INVALID_TRANSITION, "no such repayment was asked for yet",
			 psprintf("User %s has no repayment %s.",
					  dw_uuid_text(&debt->user_id), dw_uuid_text(&debt->id)),
			 "Tell of it again later, or without repayment_id.");
}

/* 22023 for the repayment of who is no provider and can owe nothing. */
static void
repayment_need_provider(const DwUser *user)
{
	if (user->type != DW_USER_PROVIDER)
		dw_raise(DW_BAD_VALUE, "user_id must be a service provider's",
				 psprintf("User %s owes nothing that could be repaid.",
						  dw_uuid_text(&user->id)),
				 "What a homeowner pays is told with"
				 " dwello.confirm_payment().");
}

/* Counts what has arrived for what was asked for, if it names that. */
static void
repayment_receive(const Debt *debt)
{
	DwRepaymentRow row;

	if (dw_uuid_is_nil(&debt->id))
		return;
	if (!dw_repayment_find(&debt->user_id, &debt->id, &row))
		repayment_refuse(debt);
	/* in another currency it is theirs all the same, and more is to come */
	if (strcmp(row.currency, debt->currency) != 0)
		return;
	(void) dw_repayment_receive(&row.facts, debt->amount);
	dw_repayment_save(&row);
}

/* Providers whose repayments are overdue. */
typedef struct Overdue
{
	const DwPayee *payees;		/* locked */
	int32		ended;			/* repayments so far */
} Overdue;

/* Ends what one of them has not paid in time; a turn of dw_each_turn(). */
static bool
overdue_turn(int turn, void *argument)
{
	Overdue    *overdue = argument;
	int			count;
	DwRepaymentRow *rows = dw_repayments_pending(&overdue->payees[turn].id,
												 &count);

	for (int i = 0; i < count; i++)
		if (rows[i].pay_by <= dw_now())
		{
			repayment_end(&rows[i], DW_REPAYMENT_EXPIRED);
			overdue->ended++;
		}
	return true;
}

/* expire_repayments(max_rows) → how many ended */
DW_FUNCTION(dwello_expire_repayments)
{
	DwCall		call;
	int			count;
	Overdue		overdue = {.ended = 0};

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	overdue.payees = dw_repayments_claim_overdue(dw_arg_max_rows(&call),
												 &count);
	dw_each_turn(count, overdue_turn, &overdue);
	return dw_call_return_datum(&call, Int32GetDatum(overdue.ended), true,
								sizeof(int32));
}

/* Books what has arrived of a repayment, and is still there. */
static void
repayment_book(DwCall *call, const Debt *debt, DwPaymentEvent *event)
{
	const DwAccount clearing =
		dw_account_of_psp(DW_ACCOUNT_PSP_CLEARING, debt->currency, event->psp);
	const DwAccount account = debt_account(debt);
	DwPosting	posting;
	DwTransaction transaction = {
		.type = DW_TRANSACTION_REPAYMENT,
		.psp = event->psp,
		.psp_reference = event->psp_reference,
		.occurred_at = event->occurred_at
	};

	repayment_receive(debt);
	dw_posting_move(&posting, DW_POSTING_REPAYMENT, &clearing, &account,
					debt->amount);
	event->transaction_id = debt_book(call, debt, &transaction, &posting);
	debt_emit(debt, "balance_repaid", &event->transaction_id);
}

/* What of it had left the company again goes through a receipt. */
static void
repayment_cover(DwCall *call, Debt *debt, DwPaymentEvent *event)
{
	DwGone		gone;
	DwReceipt	receipt = {
		.user_id = debt->user_id,
		.psp = event->psp,
		.event_id = event->event_id,
		.psp_reference = event->psp_reference,
		.currency = debt->currency,
		.reason = DW_RECEIPT_GONE,
		.occurred_at = event->occurred_at
	};

	dw_gone_find(event, &gone);
	if (gone.amount == 0)
		return;
	receipt.amount = gone.amount;
	(void) dw_receipt_book(call, &receipt, &gone);
	event->transaction_id = receipt.transaction_id;
	debt->amount -= gone.amount;
}

DW_FUNCTION(dwello_confirm_repayment)
{
	DwCall		call;
	DwUser		user;
	Debt		debt;
	DwPaymentEvent event;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	repayment_read(&call, &event, &debt);
	dw_charge_lock(event.psp, event.psp_reference);
	dw_user_for_command(&call, &debt.user_id, &user);
	repayment_need_provider(&user);
	if (dw_payment_replay(&call, &event))
		return dw_call_return(&call);

	debt.method.psp = unconstify(char *, event.psp);
	repayment_cover(&call, &debt, &event);
	if (debt.amount > 0)
		repayment_book(&call, &debt, &event);
	dw_row_uuid(&call, "transaction_id", &event.transaction_id);
	debt_row(&call, &debt);
	dw_row_int8(&call, "amount", event.amount);
	return dw_payment_event_return(&call, &event);
}

DW_FUNCTION(dwello_write_off)
{
	DwCall		call;
	DwUser		user;
	Debt		debt;
	DwAccount	loss = {.kind = DW_ACCOUNT_PLATFORM_LOSS,.psp = ""};
	DwAccount	account;
	DwPosting	posting;
	DwTransaction transaction = {
		.type = DW_TRANSACTION_WRITE_OFF,
		.occurred_at = DT_NOBEGIN
	};
	DwUuid		id;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN);
	dw_args_need(&call, "user_id", "reason", NULL);
	debt_read(&call, &debt, false);
	debt.user_id = dw_arg_uuid(&call, "user_id");
	debt.reason = dw_arg_text(&call, "reason", DW_NOTES_MAX);
	dw_user_for_command(&call, &debt.user_id, &user);
	if (dw_call_replay(&call, &user.id))
		return dw_call_return(&call);
	debt_decide(&debt);

	loss.currency = debt.currency;
	account = debt_account(&debt);
	dw_posting_move(&posting, DW_POSTING_WRITE_OFF, &loss, &account,
					debt.amount);
	id = debt_book(&call, &debt, &transaction, &posting);
	debt_emit(&debt, "balance_written_off", &id);
	dw_row_uuid(&call, "transaction_id", &id);
	debt_row(&call, &debt);
	return dw_call_return(&call);
}
