/*
 * company_api.c
 *		What companies and banks do with the platform's own money: fees,
 *		settlements, and what the platform takes out.
 *
 * Such a fact is a scope of its own, so no two share a chain or a lock.  It
 * is kept among the events of payment companies, and told again it is
 * replayed.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/company/company_api.h"
#include "api/escrow/escrow_api.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "store/company/company_store.h"
#include "store/escrow/escrow_store.h"
#include "store/ledger/ledger_store.h"

#define CURRENCY_MAX	20		/* characters; only three can be right */

/* 22003 or 22023 for an amount that cannot be booked. */
static void
posting_need(DwCall *call, const DwPosting *posting)
{
	if (posting->result == DW_OVERFLOW)
		dw_arg_refuse(call, "amount", DW_OVERFLOW, "is out of range");
	if (posting->result != DW_OK)
		dw_arg_refuse(call, "amount", DW_BAD_VALUE, "must not be 0");
}

DwUuid
dw_company_book(DwCall *call, const DwCompanyEvent *fact,
				const DwPosting *posting)
{
	int64		amount = fact->amount < 0 ? -fact->amount : fact->amount;
	DwTransaction transaction = {
		.scope_id = fact->scope_id,
		.id = dw_transaction_id(),
		.type = dw_company_type(fact->fact),
		.amount = amount,
		.net_amount = amount,
		.currency = fact->currency,
		.psp = fact->psp,
		.psp_reference = fact->psp_reference,
		.actor = call->actor,
		.request_id = dw_call_request_id(call),
		.pay_by = DT_NOBEGIN,
		.created_at = dw_now(),
		.completed_at = DT_NOBEGIN,
		.occurred_at = fact->occurred_at,
		.booked_on = DATEVAL_NOBEGIN
	};

	dw_ledger_book_tail(&transaction, posting);
	return transaction.id;
}

/* The columns that all of them return. */
static void
row_fact(DwCall *call, const DwCompanyEvent *fact,
		 const DwUuid *transaction_id)
{
	dw_row_uuid(call, "scope_id", &fact->scope_id);
	dw_row_uuid(call, "transaction_id", transaction_id);
	dw_row_int8(call, "amount", fact->amount);
	dw_row_text(call, "currency", fact->currency);
}

/* Reads the arguments of an event; errors of arguments alone. */
static void
fact_read(DwCall *call, DwCompanyEvent *fact)
{
	dw_args_need(call, "psp", "event_id", "amount", "currency", NULL);
	fact->psp = dw_arg_text(call, "psp", DW_PSP_MAX);
	fact->event_id = dw_arg_text(call, "event_id", DW_PSP_REFERENCE_MAX);
	fact->amount = dw_arg_int8(call, "amount");
	fact->currency = dw_arg_text(call, "currency", CURRENCY_MAX);
	fact->psp_reference = dw_arg_text_opt(call, "psp_reference",
										  DW_PSP_REFERENCE_MAX);
	fact->occurred_at = dw_arg_time_opt(call, "occurred_at");
	dw_arg_check_currency(call, "currency", fact->currency);
}

/* Books what a company or a bank tells, once. */
static Datum
record(FunctionCallInfo fcinfo, DwCompanyFact kind)
{
	DwCall		call;
	DwCompanyEvent fact = {.fact = kind};
	DwPaymentEvent event = {0};
	DwPosting	posting;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	fact_read(&call, &fact);
	dw_company_posting(&posting, kind, fact.psp, fact.currency, fact.amount);
	posting_need(&call, &posting);
	fact.scope_id = dw_fact_id(fact.psp, fact.event_id);
	/* first, for another's first fact of this company may hold them */
	dw_postings_ensure(&posting, 1);
	dw_fact_lock(&fact.scope_id);
	event.psp = fact.psp;
	event.event_id = fact.event_id;
	event.type = dw_company_fact_label(kind);
	event.amount = fact.amount;
	event.currency = fact.currency;
	event.psp_reference = fact.psp_reference;
	event.occurred_at = fact.occurred_at;
	if (dw_payment_replay(&call, &event))
		return dw_call_return(&call);
	event.transaction_id = dw_company_book(&call, &fact, &posting);
	row_fact(&call, &fact, &event.transaction_id);
	return dw_payment_event_return(&call, &event);
}

DW_FUNCTION(dwello_record_psp_fee)
{
	return record(fcinfo, DW_COMPANY_FEE);
}

DW_FUNCTION(dwello_record_settlement)
{
	return record(fcinfo, DW_COMPANY_SETTLEMENT);
}

DW_FUNCTION(dwello_record_bank_fee)
{
	return record(fcinfo, DW_COMPANY_BANK_FEE);
}

/* Reads the arguments of withdraw_fees; errors of arguments alone. */
static void
withdrawal_read(DwCall *call, DwCompanyEvent *fact)
{
	dw_args_need(call, "amount", "currency", NULL);
	fact->amount = dw_arg_amount(call, "amount");
	if (fact->amount <= 0)
		dw_arg_refuse(call, "amount", DW_BAD_VALUE, "must be more than zero");
	fact->currency = dw_arg_text(call, "currency", CURRENCY_MAX);
	fact->psp_reference = dw_arg_text_opt(call, "reference",
										  DW_PSP_REFERENCE_MAX);
	fact->occurred_at = dw_arg_time_opt(call, "occurred_at");
	dw_arg_check_currency(call, "currency", fact->currency);
}

DW_FUNCTION(dwello_withdraw_fees)
{
	static const DwUuid platform;
	DwCall		call;
	DwCompanyEvent fact = {.fact = DW_COMPANY_WITHDRAWAL};
	DwAccount	earned;
	DwPosting	posting;
	DwUuid		transaction_id;
	DwUuid		name;
	int64		balance;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN);
	withdrawal_read(&call, &fact);
	earned = dw_account_of_platform(DW_ACCOUNT_PLATFORM_FEE, fact.currency);
	balance = dw_platform_balance_lock(&earned);
	if (dw_call_replay(&call, &platform))
		return dw_call_return(&call);
	if (balance < fact.amount)
		dw_raise(DW_INSUFFICIENT_FUNDS, "the platform has not earned as much",
				 psprintf("There are " INT64_FORMAT " %s of fees.", balance,
						  fact.currency),
				 "Withdraw at most that much.");
	dw_company_posting(&posting, fact.fact, "", fact.currency, fact.amount);
	dw_postings_ensure(&posting, 1);
	name = dw_uuid_fresh();
	fact.scope_id = dw_fact_id("", dw_uuid_text(&name));
	transaction_id = dw_company_book(&call, &fact, &posting);
	row_fact(&call, &fact, &transaction_id);
	dw_row_int8(&call, "remaining", balance - fact.amount);
	return dw_call_return(&call);
}
