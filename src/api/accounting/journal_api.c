/*
 * journal_api.c
 *		What an accountant books by hand: post_journal, approve_journal,
 *		reject_journal, reverse_journal, and the list of journals.
 *
 * A journal is a scope of its own; one that takes money out of suspense is in
 * its receipt's, whose row it brings up to date.  Journals are decided one
 * after the other: first their lock, then the receipt, then people by id,
 * then accounts.  With the setting journal_second_approver one is a proposal
 * until another administrator approves it, and is judged when it is booked.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "core/posting/posting.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "store/accounting/accounting_store.h"
#include "store/company/company_store.h"
#include "store/ledger/ledger_store.h"
#include "store/payout/payout_store.h"

#define REASON_MAX		1000	/* characters */
#define PEOPLE_MAX		2		/* of a journal: payer and payee */

/* A journal, and whatever it is about. */
typedef struct Journal
{
	DwJournalRow row;			/* as it is kept */
	DwPosting	posting;		/* what it books */
	DwUuid		original;		/* transaction taken back; nil = none */
	DwUuid		people[PEOPLE_MAX]; /* providers, by id */
	int			people_count;	/* of them */
	DwLeg	   *of_receipt;		/* the leg on suspense, or NULL */
	DwReceipt	receipt;		/* that it is about, locked */
} Journal;

/* ----------------------------------------------------------------------
 * Lines
 * ----------------------------------------------------------------------
 */

/* True for the account of a provider. */
static bool
is_of_person(DwAccountKind kind)
{
	return kind == DW_ACCOUNT_PROVIDER_AVAILABLE ||
		kind == DW_ACCOUNT_PROVIDER_RECEIVABLE;
}

/* The kind of account of a line. */
static DwAccountKind
line_kind(DwJsonItem *item)
{
	static const DwTextRule rule = {.max = 50};
	char	   *label = dw_json_item_text(item, "kind", rule);
	DwAccountKind kind = DW_ACCOUNT_ESCROW;

	if (label == NULL || !dw_account_kind_parse(label, &kind) ||
		!dw_posting_may(DW_POSTING_JOURNAL, kind, 1))
		dw_json_item_note(item, "kind", DW_BAD_VALUE,
						  "must be platform_fee, tax_payable, psp_fee, "
						  "platform_loss, rounding, fx_liquidity, bank, "
						  "suspense, provider_available or "
						  "provider_receivable");
	return kind;
}

/* Whose account it is: named for these kinds, and for no other. */
static void
line_owner(DwJsonItem *item, DwAccount *account)
{
	bool		is_owned = is_of_person(account->kind) ||
		account->kind == DW_ACCOUNT_SUSPENSE;

	if (dw_json_item_uuid(item, "owner", &account->owner_id) != is_owned)
		dw_json_item_note(item, "owner", DW_BAD_VALUE, is_owned
						  ? "must name the provider or the receipt"
						  : "must not be given for an account of the platform");
}

/* Reads one line. */
static void
read_line(DwJsonItem *item, DwLeg *leg)
{
	static const DwTextRule code = {.max = 20};
	static const DwTextRule name = {.max = DW_PSP_MAX,.is_needed = true};
	DwAccount  *account = &leg->account;

	account->kind = line_kind(item);
	line_owner(item, account);
	account->psp = dw_json_item_text(item, "psp", name);
	if (account->psp != NULL && account->kind != DW_ACCOUNT_PSP_FEE)
		dw_json_item_note(item, "psp", DW_BAD_VALUE,
						  "must only be given for psp_fee");
	if (account->psp == NULL)
		account->psp = "";
	account->currency = dw_json_item_text(item, "currency", code);
	if (account->currency == NULL ||
		dw_currency_exponent(account->currency) == DW_CURRENCY_UNKNOWN)
		dw_json_item_note(item, "currency", DW_BAD_VALUE,
						  "must be a currency of ISO 4217");
	leg->amount = dw_json_item_amount(item, "amount", 0);
	if (leg->amount == 0)
		dw_json_item_note(item, "amount", DW_BAD_VALUE,
						  "must be a whole number of minor units, not 0");
}

/* Reads the lines of a list into legs, at most DW_LEGS_MAX. */
static void
read_lines(const DwJsonArg *list, int count, DwArgError *error, DwLeg *legs)
{
	static const char *const names[] = {"kind", "owner", "psp", "currency",
	"amount", NULL};
	DwJsonItem	item = {.place = {"lines", DW_ARG_NO_ITEM, NULL},
	.error = error};

	memset(legs, 0, sizeof(DwLeg) * count);
	for (int i = 0; i < count; i++)
		if (dw_json_item_open(list, i, &item, names))
			read_line(&item, &legs[i]);
}

/* Finds whom a journal is about; false for more than one can name. */
static bool
find_people(Journal *journal)
{
	for (int i = 0; i < journal->posting.count; i++)
	{
		DwLeg	   *leg = &journal->posting.legs[i];
		const DwUuid *owner = &leg->account.owner_id;

		if (leg->account.kind == DW_ACCOUNT_SUSPENSE)
		{
			if (journal->of_receipt != NULL)
				return false;
			journal->of_receipt = leg;
		}
		if (!is_of_person(leg->account.kind) ||
			(journal->people_count > 0 &&
			 dw_uuid_equal(owner, &journal->people[0])) ||
			(journal->people_count > 1 &&
			 dw_uuid_equal(owner, &journal->people[1])))
			continue;
		if (journal->people_count == PEOPLE_MAX)
			return false;
		journal->people[journal->people_count++] = *owner;
	}
	if (journal->people_count == PEOPLE_MAX &&
		dw_uuid_compare(&journal->people[0], &journal->people[1]) > 0)
	{
		DwUuid		greater = journal->people[0];

		journal->people[0] = journal->people[1];
		journal->people[1] = greater;
	}
	return true;
}

/* The posting of some legs; errors of arguments alone. */
static void
make_posting(DwCall *call, const DwLeg *legs, int count, Journal *journal)
{
	dw_posting_journal(&journal->posting, legs, count);
	switch (journal->posting.result)
	{
		case DW_OK:
			break;
		case DW_CURRENCY_MISMATCH:
			dw_raise(DW_CURRENCY_MISMATCH, "the lines differ in currency",
					 "A journal is in one currency.",
					 "Post one journal for each currency.");
		case DW_OVERFLOW:
			dw_arg_refuse(call, "lines", DW_OVERFLOW,
						  "add up to more than is possible");
		default:
			dw_arg_refuse(call, "lines", DW_BAD_VALUE,
						  "must sum to zero and name each account once");
	}
	if (!find_people(journal))
		dw_arg_refuse(call, "lines", DW_BAD_VALUE,
					  "must name at most two providers and one receipt");
	if (journal->of_receipt != NULL && journal->of_receipt->amount > 0)
		dw_arg_refuse(call, "lines", DW_BAD_VALUE,
					  "must only take out of suspense; what a journal took "
					  "comes back by dwello.reverse_journal()");
	(void) dw_posting_gained(&journal->posting, &journal->row.amount);
	dw_arg_check_amount(call, "lines", journal->row.amount,
						journal->posting.currency);
}

/* Reads the arguments of post_journal; errors of arguments alone. */
static void
journal_read(DwCall *call, Journal *journal)
{
	DwLeg		legs[DW_LEGS_MAX];
	DwArgError	error = {0};
	DwJsonItem	item = {.place = {"lines", DW_ARG_NO_ITEM, NULL},
	.error = &error};
	DwJsonArg	list;
	int			count;

	dw_args_need(call, "lines", "reason", NULL);
	journal->row.reason = dw_arg_text(call, "reason", REASON_MAX);
	journal->row.reference = dw_arg_text_opt(call, "reference",
											 DW_PSP_REFERENCE_MAX);
	count = dw_json_item_list(call, &item, DW_LEGS_MAX, &list);
	read_lines(&list, count, &error, legs);
	dw_arg_error_raise(call, &error);
	journal->row.lines = dw_arg_jsonb(call, "lines");
	make_posting(call, legs, count, journal);
}

/* ----------------------------------------------------------------------
 * Locks and balances
 * ----------------------------------------------------------------------
 */

/* Journals are decided one after the other, until the transaction ends. */
static void
lock_journals(void)
{
	static const DwUuid all_of_them;

	dw_fact_lock(&all_of_them);
}

/* Locks the receipt; P0002 for none, WD201 for one in another currency. */
static void
lock_receipt(Journal *journal)
{
	const DwUuid *id;

	if (journal->of_receipt == NULL)
		return;
	id = &journal->of_receipt->account.owner_id;
	if (!dw_receipt_lock(id, &journal->receipt))
		dw_raise(DW_NOT_FOUND, "no such receipt",
				 psprintf("There is no receipt %s.", dw_uuid_text(id)),
				 "See dwello.receipts().");
	if (strcmp(journal->receipt.currency, journal->posting.currency) != 0)
		dw_raise(DW_CURRENCY_MISMATCH, "the receipt is in another currency",
				 psprintf("It is in %s.", journal->receipt.currency),
				 "Post the journal in the receipt's currency.");
	journal->of_receipt->account.psp = journal->receipt.psp;
	journal->row.scope_id = *id;
}

/* Locks what a journal is about, and makes its accounts. */
static void
lock_parties(DwCall *call, Journal *journal)
{
	lock_receipt(journal);
	for (int i = 0; i < journal->people_count; i++)
		dw_provider_for_command(call, "lines", &journal->people[i]);
	dw_postings_ensure(&journal->posting, 1);
}

/* What lies on the account of a leg; 0 for one that may be anything. */
static int64
leg_balance(const Journal *journal, const DwLeg *leg)
{
	const DwAccount *account = &leg->account;
	DwBalance	balance;

	switch (account->kind)
	{
		case DW_ACCOUNT_SUSPENSE:
			return journal->receipt.remaining;
		case DW_ACCOUNT_TAX_PAYABLE:
			return dw_platform_balance_lock(account);
		case DW_ACCOUNT_PROVIDER_AVAILABLE:
		case DW_ACCOUNT_PROVIDER_RECEIVABLE:
			dw_balance_load(&account->owner_id, account->currency, false,
							&balance);
			return account->kind == DW_ACCOUNT_PROVIDER_AVAILABLE
				? balance.available : balance.receivable;
		default:
			return 0;
	}
}

/*
 * WD202 for a leg that would leave an account below zero that must not be,
 * or a provider's debt above it.
 */
static void
check_leg(const Journal *journal, const DwLeg *leg)
{
	DwAccountKind kind = leg->account.kind;
	bool		is_debt = kind == DW_ACCOUNT_PROVIDER_RECEIVABLE;
	int64		balance;
	int64		after;

	/* tax may be owed back, but nobody books by hand that it is */
	if (is_debt ? leg->amount < 0 : leg->amount > 0 ||
		(dw_account_kind_may_owe(kind) && kind != DW_ACCOUNT_TAX_PAYABLE))
		return;
	balance = leg_balance(journal, leg);
	if (dw_money_add(balance, leg->amount, &after) == DW_OK &&
		(is_debt ? after <= 0 : after >= 0))
		return;
	dw_raise(DW_INSUFFICIENT_FUNDS,
			 is_debt ? "more than is owed" : "more than lies there",
			 psprintf("On %s lie " INT64_FORMAT " %s.",
					  dw_account_kind_label(leg->account.kind), balance,
					  leg->account.currency),
			 "See dwello.balance_at() and dwello.receipts().");
}

/* All legs of a journal that is about to be booked. */
static void
check_balances(const Journal *journal)
{
	for (int i = 0; i < journal->people_count; i++)
		dw_payout_mark_user(&journal->people[i]);
	for (int i = 0; i < journal->posting.count; i++)
		check_leg(journal, &journal->posting.legs[i]);
}

/* ----------------------------------------------------------------------
 * Booking
 * ----------------------------------------------------------------------
 */

/* Brings the row of its receipt up to date. */
static void
save_receipt(Journal *journal)
{
	if (journal->of_receipt != NULL)
		dw_receipt_reduce(&journal->receipt, -journal->of_receipt->amount,
						  DW_RECEIPT_CLEARED, NULL);
}

/* Tells a provider what it adds to what they have, and what they owe. */
static void
emit(const Journal *journal, const DwUuid *user_id)
{
	DwPayload	payload;
	int64		amount = 0;

	for (int i = 0; i < journal->posting.count; i++)
		if (dw_uuid_equal(&journal->posting.legs[i].account.owner_id,
						  user_id))
			amount += journal->posting.legs[i].amount;
	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "provider_id", user_id);
	dw_payload_uuid(&payload, "journal_id", &journal->row.id);
	dw_payload_uuid(&payload, "transaction_id", journal->row.transaction_id);
	dw_payload_int8(&payload, "amount", amount);
	dw_payload_text(&payload, "currency", journal->posting.currency);
	dw_event_emit(user_id, "user", user_id, "balance_adjusted", &payload);
}

/* Books it; a provider is its payer or payee, and so sees it. */
static void
book(DwCall *call, Journal *journal, DwUuid *transaction_id)
{
	const DwUuid *people = journal->people;
	int			last = journal->people_count - 1;
	bool		is_reversal = !dw_uuid_is_nil(&journal->original);
	DwTransaction transaction = {
		.scope_id = journal->row.scope_id,
		.id = dw_transaction_id(),
		.type = DW_TRANSACTION_JOURNAL,
		.amount = journal->row.amount,
		.net_amount = journal->row.amount,
		.currency = journal->posting.currency,
		.reverses = is_reversal ? &journal->original : NULL,
		.actor = call->actor,
		.request_id = dw_call_request_id(call),
		.pay_by = DT_NOBEGIN,
		.created_at = dw_now(),
		.completed_at = DT_NOBEGIN,
		.occurred_at = DT_NOBEGIN,
		.booked_on = DATEVAL_NOBEGIN
	};

	if (last >= 0)
	{
		transaction.payer_id = people[0];
		transaction.payee_id = people[last];
	}
	check_balances(journal);
	dw_ledger_book_tail(&transaction, &journal->posting);
	*transaction_id = transaction.id;
	journal->row.transaction_id = transaction_id;
	save_receipt(journal);
	(void) dw_payouts_review_all(people, journal->people_count, true);
	for (int i = 0; i <= last; i++)
		emit(journal, &people[i]);
}

/* The columns that all of the commands return. */
static Datum
return_journal(DwCall *call, const DwJournalRow *row)
{
	dw_row_uuid(call, "journal_id", &row->id);
	dw_row_enum(call, "status", &dw_journal_status_labels, row->status);
	dw_row_int8(call, "amount", row->amount);
	dw_row_text(call, "currency", row->currency);
	dw_row_uuid(call, "scope_id", &row->scope_id);
	if (row->transaction_id != NULL)
		dw_row_uuid(call, "transaction_id", row->transaction_id);
	return dw_call_return(call);
}

/* Books a new one, or proposes it where another has to approve. */
static Datum
propose(DwCall *call, Journal *journal)
{
	DwJournalRow *row = &journal->row;
	DwUuid		transaction_id;

	row->currency = journal->posting.currency;
	row->proposed_by = call->actor.user_id;
	row->proposed_at = dw_now();
	row->decided_at = DT_NOBEGIN;
	row->status = DW_JOURNAL_PROPOSED;
	if (!dw_setting_bool("journal_second_approver"))
	{
		book(call, journal, &transaction_id);
		row->status = DW_JOURNAL_POSTED;
		row->decided_by = &row->proposed_by;
		row->decided_at = row->proposed_at;
	}
	dw_journal_insert(row);
	return return_journal(call, row);
}

DW_FUNCTION(dwello_post_journal)
{
	DwCall		call;
	Journal		journal = {.people_count = 0};

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN);
	journal_read(&call, &journal);
	journal.row.id = journal.row.scope_id = dw_uuid_fresh();
	lock_journals();
	lock_parties(&call, &journal);
	if (dw_call_replay(&call, &call.actor.user_id))
		return dw_call_return(&call);
	return propose(&call, &journal);
}

/* ----------------------------------------------------------------------
 * Deciding, and taking back
 * ----------------------------------------------------------------------
 */

/* The journal that an argument names, locked; P0002. */
static void
find(DwCall *call, DwJournalRow *row)
{
	DwUuid		id = dw_arg_uuid(call, "journal_id");

	lock_journals();
	if (!dw_journal_find(&id, row))
		dw_raise(DW_NOT_FOUND, "no such journal",
				 psprintf("There is no journal %s.", dw_uuid_text(&id)),
				 "See dwello.journals().");
}

/* WD101 unless the journal is in a state. */
static void
need_status(const DwJournalRow *row, DwJournalStatus status)
{
	if (row->status != status)
		dw_raise(DW_INVALID_TRANSITION,
				 psprintf("the journal is not %s",
						  dw_journal_status_label(status)),
				 psprintf("It is %s.", dw_journal_status_label(row->status)),
				 "See dwello.journals().");
}

/* Makes the posting of what takes a journal back. */
static void
make_reversal(Journal *journal, const DwJournalRow *original)
{
	DwPosting	posting;

	journal->original = *original->transaction_id;
	if (!dw_posting_load(&original->scope_id, &journal->original, &posting))
		elog(ERROR, "journal %s is not booked", dw_uuid_text(&original->id));
	dw_posting_journal_reversed(&journal->posting, &posting);
	journal->row.scope_id = original->scope_id;
	journal->row.amount = original->amount;
	(void) find_people(journal);
}

/* Makes the posting of one that was proposed. */
static void
restore_posting(DwCall *call, Journal *journal)
{
	DwJournalRow original;
	DwLeg		legs[DW_LEGS_MAX];
	DwArgError	error = {0};
	DwJsonArg	list;
	int			count;

	if (journal->row.reverses != NULL)
	{
		if (!dw_journal_find(journal->row.reverses, &original))
			elog(ERROR, "journal %s is gone",
				 dw_uuid_text(journal->row.reverses));
		make_reversal(journal, &original);
		return;
	}
	if (!dw_json_arg_list(journal->row.lines, &list, &count) ||
		count > DW_LEGS_MAX)
		elog(ERROR, "journal %s has no lines",
			 dw_uuid_text(&journal->row.id));
	read_lines(&list, count, &error, legs);
	dw_arg_error_raise(call, &error);
	make_posting(call, legs, count, journal);
}

/* 42501 for who has proposed it. */
static void
need_another(DwCall *call, const DwJournalRow *row)
{
	if (dw_uuid_equal(&row->proposed_by, &call->actor.user_id))
		dw_raise(DW_FORBIDDEN, "the journal is the caller's own",
				 "It takes a second administrator to approve a journal.",
				 "Another administrator calls dwello.approve_journal().");
}

DW_FUNCTION(dwello_approve_journal)
{
	DwCall		call;
	Journal		journal = {.people_count = 0};
	DwUuid		transaction_id;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN);
	dw_args_need(&call, "journal_id", NULL);
	find(&call, &journal.row);
	need_another(&call, &journal.row);
	if (dw_call_replay(&call, &call.actor.user_id))
		return dw_call_return(&call);
	need_status(&journal.row, DW_JOURNAL_PROPOSED);
	restore_posting(&call, &journal);
	lock_parties(&call, &journal);
	book(&call, &journal, &transaction_id);
	journal.row.status = DW_JOURNAL_POSTED;
	journal.row.decided_by = &call.actor.user_id;
	journal.row.decided_at = dw_now();
	dw_journal_update(&journal.row);
	return return_journal(&call, &journal.row);
}

DW_FUNCTION(dwello_reject_journal)
{
	DwCall		call;
	DwJournalRow row;
	const char *reason;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN);
	dw_args_need(&call, "journal_id", "reason", NULL);
	reason = dw_arg_text(&call, "reason", REASON_MAX);
	find(&call, &row);
	if (dw_call_replay(&call, &call.actor.user_id))
		return dw_call_return(&call);
	need_status(&row, DW_JOURNAL_PROPOSED);
	row.status = DW_JOURNAL_REJECTED;
	row.rejected_for = reason;
	row.decided_by = &call.actor.user_id;
	row.decided_at = dw_now();
	dw_journal_update(&row);
	return return_journal(&call, &row);
}

/* WD101 for one that is taken back already, or takes another back. */
static void
need_unreversed(const DwJournalRow *row)
{
	if (row->reverses != NULL || dw_journal_is_reversed(&row->id))
		dw_raise(DW_INVALID_TRANSITION, "the journal is reversed already",
				 row->reverses != NULL ? "It takes back another one."
				 : "Another one takes it back, or shall.",
				 "Post a new one with dwello.post_journal().");
}

DW_FUNCTION(dwello_reverse_journal)
{
	DwCall		call;
	Journal		journal = {.people_count = 0};
	DwJournalRow original;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN);
	dw_args_need(&call, "journal_id", "reason", NULL);
	journal.row.reason = dw_arg_text(&call, "reason", REASON_MAX);
	journal.row.reference = dw_arg_text_opt(&call, "reference",
											DW_PSP_REFERENCE_MAX);
	find(&call, &original);
	if (dw_call_replay(&call, &call.actor.user_id))
		return dw_call_return(&call);
	need_status(&original, DW_JOURNAL_POSTED);
	need_unreversed(&original);
	journal.row.id = dw_uuid_fresh();
	journal.row.reverses = &original.id;
	make_reversal(&journal, &original);
	lock_parties(&call, &journal);
	return propose(&call, &journal);
}

/* journals(status, after_id, max_results) → the journals */
DW_FUNCTION(dwello_journals)
{
	DwCall		call;
	DwCursor	after = DW_CURSOR_NEWEST;
	const DwUuid *after_id;
	const char *status;
	int32		max_results;

	dw_query_begin(&call, fcinfo, DW_ACTOR_SYSTEM | DW_ACTOR_SUPPORT |
				   DW_ACTOR_ADMIN);
	max_results = dw_arg_page(&call, "max_results");
	status = dw_arg_label_opt(&call, "status");
	after_id = dw_arg_uuid_opt(&call, "after_id");
	if (after_id != NULL && !dw_journal_seek(after_id, &after))
		dw_raise(DW_NOT_FOUND, "no such journal",
				 psprintf("There is no journal %s.", dw_uuid_text(after_id)),
				 "after_id is the journal_id of the last row of a page.");
	dw_rows_begin(&call);
	dw_journals_list(&call, status, &after, max_results);
	return dw_list_return(&call);
}
