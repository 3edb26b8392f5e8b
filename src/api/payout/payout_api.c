/*
 * payout_api.c
 *		Pays providers what was released to them, less what they owe, and
 *		says what that is.
 *
 * A request books nothing but its fee, if there is one: it promises a part of
 * the balance and asks the payment company's worker, through the outbox, to
 * send it after the hold.  The fee is taken while a payout is pending or
 * completed, so it goes back with one that was not paid or came back.
 * What was paid is booked in the provider's own scope, and what they owe is
 * netted.  In another currency that takes two transactions, one in each, at
 * the rate of the request.  What a bank sends back afterwards is mirrored,
 * leg by leg.  What a company says of a payout has happened, so it is booked
 * whatever the payout was thought to be.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "core/admin/admin.h"
#include "core/posting/posting.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/accounting/accounting_store.h"
#include "store/company/company_store.h"
#include "store/ledger/ledger_store.h"
#include "store/payout/payout_store.h"

#define CURRENCY_MAX	20		/* characters; only three can be right */

/* Reads what is asked for; errors of arguments alone. */
static void
request_read(DwCall *call, DwPayoutRow *row)
{
	memset(row, 0, sizeof(*row));
	dw_args_need(call, "currency", NULL);
	row->user_id = dw_user_argument(call, "user_id");
	row->currency = dw_arg_text(call, "currency", CURRENCY_MAX);
	row->paid_currency = dw_arg_text_opt(call, "paid_currency",
										 CURRENCY_MAX);
	if (dw_arg_has(call, "amount"))
	{
		row->amount = dw_arg_amount(call, "amount");
		if (row->amount <= 0)
			dw_arg_refuse(call, "amount", DW_BAD_VALUE,
						  "must be more than zero");
	}
	dw_arg_check_currency(call, "currency", row->currency);
	dw_arg_check_currency(call, "paid_currency", row->paid_currency);
	if (row->paid_currency == NULL)
		row->paid_currency = row->currency;
}

/* 42501 for an account that is not active: nobody pays it, whoever asks. */
static void
request_check_payee(const DwUser *user)
{
	if (user->status != DW_USER_ACTIVE)
		dw_raise(DW_FORBIDDEN, "the payee's account is not active",
				 psprintf("The account of user %s is %s.",
						  dw_uuid_text(&user->id),
						  dw_user_status_label(user->status)),
				 "See dwello.reinstate_user() and dwello.verify_user().");
}

/* True for whom the setting payout_needs_tax_profile keeps from payouts. */
static bool
lacks_tax_profile(const DwUuid *user_id)
{
	DwTaxProfile profile;

	return dw_setting_bool("payout_needs_tax_profile") &&
		!dw_tax_profile_find(user_id, false, &profile);
}

/* 42501 for them. */
static void
request_check_profile(const DwUuid *user_id)
{
	if (lacks_tax_profile(user_id))
		dw_raise(DW_FORBIDDEN, "the payee has no tax profile",
				 psprintf("User %s has to say who they are to a tax office "
						  "before they are paid out.",
						  dw_uuid_text(user_id)),
				 "Set one with dwello.set_tax_profile().");
}

/* P0002 for a payment method that they do not have. */
static void
refuse_method(const DwUuid *user_id, const DwUuid *id)
{
	dw_raise(DW_NOT_FOUND, "no such payment method",
			 psprintf("User %s has no payment method %s.",
					  dw_uuid_text(user_id), dw_uuid_text(id)),
			 "Add one with dwello.add_payment_method().");
}

/*
 * Where it is to go: the method that is named, else the one that is chosen
 * for them; NULL for none.
 */
static const DwDestination *
request_find_method(DwCall *call, const DwUuid *user_id)
{
	const DwUuid *id = dw_arg_uuid_opt(call, "payment_method_id");
	int			count;
	const DwDestination *all = dw_destinations_load(user_id, &count);

	if (id == NULL)
		return dw_destination_choose(all, count);
	for (int i = 0; i < count; i++)
		if (dw_uuid_equal(&all[i].id, id))
			return &all[i];
	refuse_method(user_id, id);
	return NULL;
}

/* 22023 unless there is a method and it can receive; the row keeps it. */
static void
request_keep_method(DwPayoutRow *row, const DwDestination *method)
{
	if (method == NULL)
		dw_raise(DW_BAD_VALUE, "there is no one destination for the payout",
				 psprintf("User %s has no default payment method that can "
						  "receive, and not exactly one that can.",
						  dw_uuid_text(&row->user_id)),
				 "Name one in payment_method_id, or add one and have it "
				 "verified with dwello.verify_payment_method().");
	if (!method->can_receive)
		dw_raise(DW_BAD_VALUE, "the payment method cannot receive",
				 psprintf("Payment method %s is not verified, or has "
						  "expired.", dw_uuid_text(&method->id)),
				 "See dwello.verify_payment_method().");
	row->payment_method_id = method->id;
	row->psp = method->psp;
}

/* WD202 when it is more than they can be paid. */
static void
request_decide(DwPayoutRow *row)
{
	DwBalance	balance;
	DwResult	result;

	(void) dw_balance_settle(&row->user_id, row->currency, &balance);
	row->fee = dw_setting_amount(DW_SETTING_PAYOUT_FEE, row->currency);
	result = dw_payout_request(&balance, row->fee, &row->amount);
	if (result != DW_OK)
		dw_raise(result, "more than can be paid out",
				 psprintf("Available are " INT64_FORMAT ", receivable "
						  INT64_FORMAT ", promised to payouts " INT64_FORMAT
						  " %s, and the fee is " INT64_FORMAT ".",
						  balance.available, balance.receivable,
						  balance.pending, row->currency, row->fee),
				 "See dwello.provider_balance().");
}

/* True when it is worth sending: not below payout_minimum. */
static bool
is_enough(const DwPayoutRow *row)
{
	return row->amount >= dw_setting_amount(DW_SETTING_MIN_PAYOUT,
											row->currency);
}

/* 22023 for less than the smallest payout. */
static void
request_check_minimum(const DwPayoutRow *row)
{
	if (!is_enough(row))
		dw_raise(DW_BAD_VALUE, "the payout is too small",
				 psprintf("The smallest payout is of " INT64_FORMAT " %s.",
						  dw_setting_amount(DW_SETTING_MIN_PAYOUT,
											row->currency), row->currency),
				 "Ask again when more can be paid out, see "
				 "dwello.provider_balance().");
}

/*
 * What is sent is whole for the company: 22023 for an amount that is named
 * and is not, and for less than a unit; else the rest stays in the balance.
 */
static void
request_make_whole(DwPayoutRow *row, bool is_named)
{
	const int64 rest = row->amount % dw_psp_unit_of(row->psp, row->currency);

	if (is_named || rest == row->amount)
		dw_need_whole(row->psp, row->currency, row->amount);
	row->amount -= rest;
	row->paid_amount = row->amount;
}

/*
 * Exchanges the amount at the rate of now, for what is whole for the company;
 * 22023 without a rate.
 */
static void
request_exchange(DwCall *call, DwPayoutRow *row, bool is_named)
{
	DwFxRate	rate;
	DwFxTrade	trade;

	if (strcmp(row->paid_currency, row->currency) == 0)
	{
		request_make_whole(row, is_named);
		return;
	}
	if (!dw_fx_find(row->currency, row->paid_currency, dw_now(), &rate))
		dw_arg_refuse(call, "paid_currency", DW_BAD_VALUE,
					  "has no rate of exchange in force");
	if (dw_fx_convert(row->amount, &rate,
					  dw_psp_unit_of(row->psp, row->paid_currency),
					  &trade) != DW_OK)
		dw_raise(DW_OVERFLOW, "the payout is out of range in that currency",
				 NULL,
				 "Ask for less, or for the currency of the balance.");
	if (trade.bought == 0)
		dw_arg_refuse(call, "amount", DW_BAD_VALUE,
					  "buys nothing of that currency");
	row->paid_amount = trade.bought;
	row->remainder = trade.remainder;
}

/* Fills the columns that all commands on a payout return. */
static void
row_payout(DwCall *call, const DwPayoutRow *row)
{
	dw_row_uuid(call, "user_id", &row->user_id);
	dw_row_uuid(call, "payout_id", &row->id);
	if (!dw_uuid_is_nil(&row->transaction_id))
		dw_row_uuid(call, "transaction_id", &row->transaction_id);
	dw_row_int8(call, "amount", row->amount);
	dw_row_text(call, "currency", row->currency);
	dw_row_int8(call, "paid_amount", row->paid_amount);
	dw_row_text(call, "paid_currency", row->paid_currency);
	dw_row_int8(call, "fee", row->fee);
	dw_row_enum(call, "status", &dw_payout_status_labels, row->status);
	dw_row_time(call, "hold_until", row->hold_until);
	dw_row_int4(call, "version", row->version);
}

/* Books what a payout costs, or that it comes back; the transaction's id. */
static DwUuid
book_fee(DwCall *call, const DwPayoutRow *row, const DwPayoutBooking *booking)
{
	DwTransaction transaction = {
		.scope_id = row->user_id,
		.id = dw_transaction_id(),
		.payer_id = row->user_id,
		.payee_id = row->user_id,
		.type = DW_TRANSACTION_FEE,
		.amount = row->fee,
		.platform_fee = row->fee,
		.currency = row->currency,
		.actor = call->actor,
		.pay_by = DT_NOBEGIN,
		.created_at = dw_now(),
		.completed_at = DT_NOBEGIN,
		.occurred_at = DT_NOBEGIN,
		.booked_on = DATEVAL_NOBEGIN
	};

	if (!dw_uuid_is_nil(&booking->reverses))
		transaction.reverses = &booking->reverses;
	dw_payout_mark_user(&row->user_id);
	dw_ledger_book_tail(&transaction, &booking->posting);
	return transaction.id;
}

/* Takes the fee, unless there is none, or it is taken. */
static void
take_fee(DwCall *call, DwPayoutRow *row)
{
	DwPaid		fee = {
		.provider_id = row->user_id,
		.currency = row->currency,
		.paid_amount = row->fee
	};
	DwPayoutBooking booking = {.reverses = {{0}}};
	DwBalance	balance;
	DwNetting	netting;

	if (row->fee == 0 || !dw_uuid_is_nil(&row->fee_transaction_id))
		return;
	dw_balance_load(&row->user_id, row->currency, false, &balance);
	dw_payout_settle_fee(&balance, row->fee, &netting);
	fee.available = netting.available;
	fee.receivable = netting.receivable;
	dw_posting_payout_fee(&booking.posting, &fee);
	dw_postings_ensure(&booking.posting, 1);
	row->fee_transaction_id = book_fee(call, row, &booking);
}

/* Gives a fee back that was taken: the payout was not paid, or came back. */
static void
return_fee(DwCall *call, DwPayoutRow *row)
{
	DwPayoutBooking booking;

	if (dw_uuid_is_nil(&row->fee_transaction_id))
		return;
	dw_payout_fee_mirror(&row->user_id, &row->fee_transaction_id, &booking);
	(void) book_fee(call, row, &booking);
	memset(&row->fee_transaction_id, 0, sizeof(row->fee_transaction_id));
}

/* Writes a payout that is decided on, takes its fee, and tells the worker. */
static void
request_apply(DwCall *call, DwPayoutRow *row)
{
	row->id = dw_uuid_fresh();
	take_fee(call, row);
	row->hold_until = dw_now() +
		dw_setting_int8("payout_hold_days") * USECS_PER_DAY;
	dw_payout_insert(row);
	dw_payout_emit(row, "payout_requested", NULL);
}

DW_FUNCTION(dwello_request_payout)
{
	DwCall		call;
	DwUser		user;
	DwPayoutRow row;
	const DwDestination *method;
	bool		is_named;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER | DW_ACTOR_ADMIN |
					 DW_ACTOR_SYSTEM);
	request_read(&call, &row);
	is_named = row.amount > 0;
	dw_user_for_command(&call, &row.user_id, &user);
	request_check_payee(&user);
	if (dw_call_replay(&call, &user.id))
		return dw_call_return(&call);
	request_check_profile(&user.id);
	method = request_find_method(&call, &user.id);
	dw_payout_mark_user(&user.id);
	request_decide(&row);
	request_check_minimum(&row);
	request_keep_method(&row, method);
	request_exchange(&call, &row, is_named);

	request_apply(&call, &row);
	row_payout(&call, &row);
	return dw_call_return(&call);
}

/* Asks for all that a provider has in a currency; true when that is any. */
static bool
ask_for_all(DwCall *call, const DwUuid *user_id, const char *currency,
			const DwDestination *method)
{
	DwPayoutRow row = {
		.user_id = *user_id,
		.payment_method_id = method->id,
		.currency = currency,
		.paid_currency = currency,
		.psp = method->psp,
		.fee = dw_setting_amount(DW_SETTING_PAYOUT_FEE, currency)
	};
	DwBalance	balance;

	(void) dw_balance_settle(user_id, currency, &balance);
	if (dw_payout_request(&balance, row.fee, &row.amount) != DW_OK)
		return false;
	row.amount -= row.amount % dw_psp_unit_of(row.psp, currency);
	if (row.amount == 0 || !is_enough(&row))
		return false;
	row.paid_amount = row.amount;
	request_apply(call, &row);
	return true;
}

/* The same in every currency; how many payouts that makes. */
static int
ask_in_all(DwCall *call, const DwPayee *payee)
{
	int			count;
	const DwDestination *all = dw_destinations_load(&payee->id, &count);
	const DwDestination *method = dw_destination_choose(all, count);
	char	  **currencies;
	int			asked = 0;

	/* without a single destination the provider has to say which */
	if (!payee->is_active || method == NULL || lacks_tax_profile(&payee->id))
		return 0;
	dw_payout_mark_user(&payee->id);
	currencies = dw_balance_currencies(&payee->id, &count);
	for (int i = 0; i < count; i++)
		asked += ask_for_all(call, &payee->id, currencies[i], method);
	return asked;
}

/* A batch of providers whose turn it is. */
typedef struct Due
{
	DwPayee    *payees;			/* locked */
	int			count;			/* of them */
	int			asked;			/* payouts so far */
	DwCall	   *call;			/* of the worker */
} Due;

/* Asks for what one of them can be paid; a turn of dw_each_turn(). */
static bool
ask_turn(int turn, void *argument)
{
	Due		   *due = argument;

	due->asked += ask_in_all(due->call, &due->payees[turn]);
	return true;
}

/* The day on which the turn of today has begun; false: there are none. */
static bool
schedule_turn(DateADT *turn)
{
	DwPayoutSchedule schedule;

	if (!dw_payout_schedule_parse(dw_setting_find("payout_schedule"),
								  &schedule))
		elog(ERROR, "setting payout_schedule has no such word");
	return dw_payout_turn(schedule, dw_today(), turn);
}

/* request_due_payouts(max_rows) → providers, payouts */
DW_FUNCTION(dwello_request_due_payouts)
{
	DwCall		call;
	DateADT		turn;
	int32		max_rows;
	Due			due = {.call = &call};

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	max_rows = dw_arg_max_rows(&call);
	if (schedule_turn(&turn))
		due.payees = dw_payees_claim(max_rows, turn, &due.count);
	dw_each_turn(due.count, ask_turn, &due);
	dw_row_int4(&call, "providers", due.count);
	dw_row_int4(&call, "payouts", due.asked);
	return dw_call_return(&call);
}

/* A batch of providers whose reserves are looked at. */
typedef struct Reserves
{
	DwPayee    *payees;			/* locked */
	int			freed;			/* accounts of which a part was free */
} Reserves;

/* Settles the reserves of one of them; a turn of dw_each_turn(). */
static bool
settle_turn(int turn, void *argument)
{
	Reserves   *reserves = argument;
	const DwPayee *payee = &reserves->payees[turn];

	reserves->freed += dw_reserves_settle(&payee->id);
	dw_payouts_review(payee);
	return true;
}

/* release_reserves(max_rows) → providers, freed */
DW_FUNCTION(dwello_release_reserves)
{
	DwCall		call;
	int			count;
	Reserves	reserves = {.freed = 0};

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	reserves.payees = dw_reserves_claim(dw_arg_max_rows(&call), &count);
	dw_each_turn(count, settle_turn, &reserves);
	dw_row_int4(&call, "providers", count);
	dw_row_int4(&call, "freed", reserves.freed);
	return dw_call_return(&call);
}

/* Finds a payout of a locked user; P0002. */
static void
payout_need(const DwUuid *user_id, const DwUuid *id, DwPayoutRow *row)
{
	if (!dw_payout_find(user_id, id, row))
		dw_raise(DW_NOT_FOUND, "no such payout",
				 psprintf("User %s has no payout %s.",
						  dw_uuid_text(user_id), dw_uuid_text(id)),
				 "dwello.payouts has them all.");
}

/* WD101 for one that has ended, or that a worker has. */
static void
cancel_check(const DwPayoutRow *row)
{
	if (row->status != DW_PAYOUT_PENDING)
		dw_raise(DW_INVALID_TRANSITION, "the payout has ended",
				 psprintf("Payout %s is %s.", dw_uuid_text(&row->id),
						  dw_payout_status_label(row->status)),
				 "Ask for another with dwello.request_payout().");
	if (row->sent_at != DT_NOBEGIN)
		dw_raise(DW_INVALID_TRANSITION, "the payout is on its way",
				 psprintf("Payout %s was given to a worker at %s.",
						  dw_uuid_text(&row->id),
						  timestamptz_to_str(row->sent_at)),
				 "Wait for what the payment company says of it.");
}

/* cancel_payout(payout_id, user_id, …) → the payout */
DW_FUNCTION(dwello_cancel_payout)
{
	DwCall		call;
	DwUser		user;
	DwUuid		user_id;
	DwUuid		id;
	DwPayoutRow row;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER | DW_ACTOR_ADMIN);
	id = dw_arg_uuid(&call, "payout_id");
	user_id = dw_user_argument(&call, "user_id");
	dw_user_for_command(&call, &user_id, &user);
	payout_need(&user_id, &id, &row);
	if (dw_call_replay(&call, &user_id))
		return dw_call_return(&call);
	dw_call_version(&call, row.version);
	cancel_check(&row);
	return_fee(&call, &row);
	dw_payout_end(&row, DW_PAYOUT_CANCELLED);
	dw_payout_emit(&row, "payout_cancelled", NULL);
	(void) dw_payouts_review_all(&user_id, 1, true);
	row_payout(&call, &row);
	return dw_call_return(&call);
}

/* Reads user, payout, psp and event: what the worker's calls begin with. */
static void
event_read(DwCall *call, DwPaymentEvent *event, DwUuid *payout_id)
{
	memset(event, 0, sizeof(*event));
	dw_args_need(call, "user_id", "payout_id", "psp", "event_id", NULL);
	event->occurred_at = dw_arg_time_opt(call, "occurred_at");
	event->user_id = dw_arg_uuid(call, "user_id");
	*payout_id = dw_arg_uuid(call, "payout_id");
	event->psp = dw_arg_text(call, "psp", DW_PSP_MAX);
	event->event_id = dw_arg_text(call, "event_id", DW_PSP_REFERENCE_MAX);
}

/* Locks the user and finds the payout; P0002.  True: the event was applied. */
static bool
event_begin(DwCall *call, DwPaymentEvent *event, const DwUuid *payout_id,
			DwPayoutRow *row)
{
	DwUser		user;
	DwPaymentEvent kept;

	event->object = "payout_id";
	event->object_id = *payout_id;
	/* told before of another payout, or of another's: WD104, not P0002 */
	if (dw_payment_event_find(event->psp, event->event_id, &kept) &&
		!dw_payout_find(&event->user_id, payout_id, row))
	{
		event->amount = kept.amount;
		event->currency = kept.currency;
		(void) dw_payment_replay(call, event);
	}
	dw_user_for_command(call, &event->user_id, &user);
	payout_need(&event->user_id, payout_id, row);
	event->amount = row->paid_amount;
	event->currency = row->paid_currency;
	return dw_payment_replay(call, event);
}

/* Books one transaction of a payout; its id. */
static DwUuid
book_payout(DwCall *call, const DwPayoutRow *row,
			const DwPayoutBooking *booking)
{
	DwTransaction transaction = {
		.scope_id = row->user_id,
		.id = dw_transaction_id(),
		.payer_id = row->user_id,
		.payee_id = row->user_id,
		.type = DW_TRANSACTION_PAYOUT,
		.amount = booking->amount,
		.net_amount = booking->amount,
		.currency = booking->posting.currency,
		.payment_method_id = &row->payment_method_id,
		.psp = row->psp,
		.psp_reference = row->psp_reference,
		.actor = call->actor,
		.pay_by = DT_NOBEGIN,
		.created_at = dw_now(),
		.completed_at = DT_NOBEGIN,
		.occurred_at = booking->occurred_at,
		.booked_on = DATEVAL_NOBEGIN
	};

	if (!dw_uuid_is_nil(&booking->reverses))
		transaction.reverses = &booking->reverses;
	dw_ledger_book_tail(&transaction, &booking->posting);
	return transaction.id;
}

/* The amounts of a payout that was paid: what the provider owes is netted. */
static DwPaid
paid_now(const DwPayoutRow *row)
{
	DwPaid		paid = {
		.provider_id = row->user_id,
		.currency = row->currency,
		.remainder = row->remainder,
		.psp = row->psp,
		.paid_currency = row->paid_currency,
		.paid_amount = row->paid_amount
	};
	DwBalance	balance;
	DwNetting	netting;

	dw_balance_load(&row->user_id, row->currency, false, &balance);
	if (dw_payout_settle(&balance, row->amount, &netting) != DW_OK)
		elog(ERROR, "payout %s cannot be settled", dw_uuid_text(&row->id));
	paid.available = netting.available;
	paid.receivable = netting.receivable;
	return paid;
}

/* Why somebody may want to look at a payout that was paid; NULL: nothing. */
static const char *
paid_although(DwPayoutStatus status)
{
	if (status == DW_PAYOUT_FAILED)
		return "paid after it had failed";
	return status == DW_PAYOUT_CANCELLED ? "paid although cancelled" : NULL;
}

/* Books a payout that was paid. */
static void
confirm_apply(DwCall *call, DwPayoutRow *row, TimestampTz occurred_at)
{
	const char *reason = paid_although(row->status);
	DwPaid		paid;
	DwPosting	postings[2];
	int			count;

	take_fee(call, row);
	paid = paid_now(row);
	count = dw_posting_payout(postings, &paid);
	dw_postings_ensure(postings, count);
	for (int i = 0; i < count; i++)
	{
		DwPayoutBooking booking = {
			.posting = postings[i],
			.occurred_at = occurred_at
		};

		booking.amount = i + 1 < count ? row->amount : row->paid_amount;
		row->transaction_id = book_payout(call, row, &booking);
	}
	dw_payout_end(row, DW_PAYOUT_COMPLETED);
	dw_payout_emit(row, "payout_completed", reason);
}

/*
 * Mirrors a payout that was paid and came back, leg by leg, both halves of an
 * exchange at its rate; the transaction of the half in paid_currency.  The
 * row keeps the one that paid.
 */
static DwUuid
return_apply(DwCall *call, const DwPayoutRow *row, TimestampTz occurred_at)
{
	DwPayoutBooking booking;
	DwUuid		returned;

	dw_payout_mirror(&row->user_id, &row->transaction_id, &booking);
	booking.occurred_at = occurred_at;
	returned = book_payout(call, row, &booking);
	if (strcmp(row->paid_currency, row->currency) != 0)
	{
		DwUuid		sold = booking.before;

		dw_payout_mirror(&row->user_id, &sold, &booking);
		booking.occurred_at = occurred_at;
		(void) book_payout(call, row, &booking);
	}
	return returned;
}

/*
 * Ends a worker's call: the row, kept with the event.  What it has changed may
 * be in the way of other payouts, or no longer.
 */
static Datum
event_return(DwCall *call, DwPaymentEvent *event, const DwPayoutRow *row)
{
	(void) dw_payouts_review_all(&row->user_id, 1, true);
	event->psp_reference = row->psp_reference;
	event->transaction_id = row->transaction_id;
	row_payout(call, row);
	return dw_payment_event_return(call, event);
}

/* True when the other thing was told before, and happened afterwards. */
static bool
is_overtaken(const DwPaymentEvent *event, const DwPayoutRow *row,
			 const char *other)
{
	return dw_payment_event_is_overtaken(event, "payout_id", &row->id, other,
										 other);
}

/* A payout could not be paid, or comes back; the booking of the latter. */
static DwUuid
fail_apply(DwCall *call, DwPayoutRow *row, TimestampTz occurred_at,
		   const char *reason)
{
	DwUuid		returned = {{0}};

	if (row->status == DW_PAYOUT_COMPLETED)
	{
		dw_payout_mark_user(&row->user_id);
		returned = return_apply(call, row, occurred_at);
	}
	return_fee(call, row);
	dw_payout_end(row, DW_PAYOUT_FAILED);
	dw_payout_emit(row, "payout_failed", reason);
	return returned;
}

DW_FUNCTION(dwello_confirm_payout)
{
	DwCall		call;
	DwPaymentEvent event;
	DwPayoutRow row;
	DwUuid		payout_id;
	const char *reference;
	bool		fails_again;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	event_read(&call, &event, &payout_id);
	reference = dw_arg_name_opt(&call, "psp_reference", DW_PSP_REFERENCE_MAX);
	event.type = DW_PAYOUT_CONFIRMED;
	if (event_begin(&call, &event, &payout_id, &row))
		return dw_call_return(&call);
	if (dw_payout_is_news(row.status, DW_PAYOUT_COMPLETED) &&
		!dw_payment_event_is_known(&event, "payout_id", &row.id))
	{
		row.psp = event.psp;
		row.psp_reference = reference;
		dw_payout_mark_user(&row.user_id);
		/* it was paid, and then came back, as was told before */
		fails_again = row.status == DW_PAYOUT_FAILED &&
			is_overtaken(&event, &row, DW_PAYOUT_IS_FAILED);
		confirm_apply(&call, &row, event.occurred_at);
		if (fails_again)
			(void) fail_apply(&call, &row, event.occurred_at, "told before");
	}
	else
		dw_call_replayed(&call);	/* told twice, under two names */
	return event_return(&call, &event, &row);
}

DW_FUNCTION(dwello_fail_payout)
{
	DwCall		call;
	DwPaymentEvent event;
	DwPayoutRow row;
	DwUuid		payout_id;
	const char *reason;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	event_read(&call, &event, &payout_id);
	reason = dw_arg_text_opt(&call, "reason", DW_NOTES_MAX);
	event.type = DW_PAYOUT_IS_FAILED;
	if (event_begin(&call, &event, &payout_id, &row))
		return dw_call_return(&call);
	if (!dw_payout_is_news(row.status, DW_PAYOUT_FAILED) ||
		dw_payment_event_is_known(&event, "payout_id", &row.id) ||
		(row.status == DW_PAYOUT_COMPLETED &&
		 is_overtaken(&event, &row, DW_PAYOUT_CONFIRMED)))
	{
		dw_call_replayed(&call);	/* of one that was cancelled, no more, and
									 * of one that was paid after it failed */
		return event_return(&call, &event, &row);
	}
	row.transaction_id = fail_apply(&call, &row, event.occurred_at, reason);
	return event_return(&call, &event, &row);
}

/* Adds the balance in one currency to the list. */
static void
emit_balance(DwCall *call, const DwUuid *user_id, const char *currency)
{
	const int64 fee = dw_setting_amount(DW_SETTING_PAYOUT_FEE, currency);
	DwBalance	balance;
	int64		withdrawable;

	dw_balance_load(user_id, currency, true, &balance);
	/* what is due is theirs, booked or not */
	(void) dw_reserve_free(&balance);
	if (dw_payout_withdrawable(&balance, &withdrawable) != DW_OK ||
		dw_money_subtract(withdrawable, fee, &withdrawable) != DW_OK)
		dw_raise(DW_OVERFLOW, "the balance is out of range", NULL,
				 "Call dwello.reconcile(): no true balance is.");
	dw_row_text(call, "currency", currency);
	dw_row_int8(call, "available", balance.available);
	dw_row_int8(call, "receivable", balance.receivable);
	dw_row_int8(call, "pending_payouts", balance.pending);
	dw_row_int8(call, "withdrawable", Max(withdrawable, 0));
	dw_row_int8(call, "reserved", balance.reserved);
	dw_list_emit(call);
}

DW_FUNCTION(dwello_provider_balance)
{
	DwCall		call;
	DwUuid		user_id;
	char	   *currency;
	char	  **currencies;
	int			count;

	dw_query_begin(&call, fcinfo, DW_ACTOR_PROVIDER | DW_ACTOR_ADMIN |
				   DW_ACTOR_SYSTEM);
	dw_rows_begin(&call);
	user_id = dw_user_argument(&call, "user_id");
	currency = dw_arg_text_opt(&call, "currency", CURRENCY_MAX);
	dw_arg_check_currency(&call, "currency", currency);
	if (call.actor.kind == DW_ACTOR_PROVIDER &&
		!dw_uuid_equal(&user_id, &call.actor.user_id))
		dw_raise(DW_FORBIDDEN, "another provider's balance",
				 NULL,
				 "Leave user_id out for your own.");
	if (currency != NULL)
	{
		emit_balance(&call, &user_id, currency);
		return dw_list_return(&call);
	}
	currencies = dw_balance_currencies(&user_id, &count);
	for (int i = 0; i < count; i++)
		emit_balance(&call, &user_id, currencies[i]);
	return dw_list_return(&call);
}
