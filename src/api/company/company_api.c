/*
 * company_api.c
 *		What companies and banks do with the platform's own money: fees,
 *		settlements, and what the platform takes out; and companies'
 *		statements: held against the ledger, and a line booked that nothing
 *		else has told of.
 *
 * Such a fact is a scope of its own, so no two share a chain or a lock.  It
 * is kept among the events of payment companies, and told again it is
 * replayed.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/refund/refund_api.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "store/company/company_store.h"
#include "store/escrow/escrow_store.h"
#include "store/ledger/ledger_store.h"
#include "store/refund/refund_store.h"

#define CURRENCY_MAX	20		/* characters; only three can be right */

/* A fact that belongs to no job and no user. */
typedef struct Fact
{
	DwCompanyFact fact;			/* what happened */
	DwUuid		scope_id;		/* its own, of dw_fact_id() */
	const char *psp;			/* company or bank; NULL for the platform */
	const char *event_id;		/* its name for the event */
	const char *psp_reference;	/* what it is about, or NULL */
	const char *currency;		/* ISO 4217 */
	int64		amount;			/* minor units; below zero: the other way */
	TimestampTz occurred_at;	/* by who told of it, or DT_NOBEGIN */
} Fact;

/* 22003 or 22023 for an amount that cannot be booked. */
static void
posting_need(DwCall *call, const DwPosting *posting)
{
	if (posting->result == DW_OVERFLOW)
		dw_arg_refuse(call, "amount", DW_OVERFLOW, "is out of range");
	if (posting->result != DW_OK)
		dw_arg_refuse(call, "amount", DW_BAD_VALUE, "must not be 0");
}

/* Books a fact whose accounts are there and whose scope is locked. */
static DwUuid
book(DwCall *call, const Fact *fact, const DwPosting *posting)
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
row_fact(DwCall *call, const Fact *fact,
		 const DwUuid *transaction_id)
{
	dw_row_uuid(call, "scope_id", &fact->scope_id);
	dw_row_uuid(call, "transaction_id", transaction_id);
	dw_row_int8(call, "amount", fact->amount);
	dw_row_text(call, "currency", fact->currency);
}

/* Reads the arguments of an event; errors of arguments alone. */
static void
fact_read(DwCall *call, Fact *fact)
{
	dw_args_need(call, "psp", "event_id", "amount", "currency", NULL);
	fact->psp = dw_arg_text(call, "psp", DW_PSP_MAX);
	fact->event_id = dw_arg_text(call, "event_id", DW_PSP_REFERENCE_MAX);
	fact->amount = dw_arg_int8(call, "amount");
	fact->currency = dw_arg_text(call, "currency", CURRENCY_MAX);
	fact->psp_reference = dw_arg_name_opt(call, "psp_reference",
										  DW_PSP_REFERENCE_MAX);
	fact->occurred_at = dw_arg_time_opt(call, "occurred_at");
	dw_arg_check_currency(call, "currency", fact->currency);
}

/* The event that tells of a fact. */
static DwPaymentEvent
fact_event(const Fact *fact)
{
	return (DwPaymentEvent)
	{
		.psp = fact->psp,
			.event_id = fact->event_id,
			.type = dw_company_fact_label(fact->fact),
			.amount = fact->amount,
			.currency = fact->currency,
			.psp_reference = fact->psp_reference,
			.occurred_at = fact->occurred_at
	};
}

/*
 * Names the fact's scope, makes the accounts and then locks the scope: the
 * accounts first, for another's first fact of this company may hold them.
 */
static void
fact_lock(Fact *fact, const DwPosting *posting)
{
	fact->scope_id = dw_fact_id(fact->psp, fact->event_id);
	dw_postings_ensure(posting, 1);
	dw_fact_lock(&fact->scope_id);
}

/*
 * Books a fact and keeps its event with the row of the call, unless it was
 * told before: the transaction's id either way, and its scope is noted in the
 * fact.  WD104 for an event that was another one.
 */
static DwUuid
record_once(DwCall *call, Fact *fact, const DwPosting *posting)
{
	DwPaymentEvent event = fact_event(fact);

	fact_lock(fact, posting);
	if (dw_payment_replay(call, &event) &&
		dw_payment_event_find(event.psp, event.event_id, &event))
		return event.transaction_id;
	event.transaction_id = book(call, fact, posting);
	row_fact(call, fact, &event.transaction_id);
	event.result = dw_row_jsonb(call);
	if (!dw_payment_event_keep(&event))
		elog(ERROR, "event \"%s\" is not locked", event.event_id);
	return event.transaction_id;
}

/*
 * A fee that a line of its event has booked is known by that line: the event
 * may be another's, too, as the payment's that it is of.
 */
static void
fact_of_line(Fact *fact)
{
	const DwFeeNames names = {
		.psp = fact->psp,
		.event_id = fact->event_id,
		.amount = fact->amount
	};
	DwPaymentEvent kept;
	DwStatementLine line;

	if (fact->fact != DW_COMPANY_FEE ||
		(dw_payment_event_find(fact->psp, fact->event_id, &kept) &&
		 strcmp(kept.type, dw_company_fact_label(fact->fact)) == 0))
		return;
	if (dw_statement_find_fee(&names, &line))
		fact->event_id = line.line_id;
}

/* Books what a company or a bank tells, once. */
static Datum
record(FunctionCallInfo fcinfo, DwCompanyFact kind)
{
	DwCall		call;
	Fact		fact = {.fact = kind};
	DwPaymentEvent event;
	DwPosting	posting;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	fact_read(&call, &fact);
	dw_company_posting(&posting, kind, fact.psp, fact.currency, fact.amount);
	posting_need(&call, &posting);
	fact_lock(&fact, &posting);
	fact_of_line(&fact);
	event = fact_event(&fact);
	if (dw_payment_replay(&call, &event))
		return dw_call_return(&call);
	event.transaction_id = book(&call, &fact, &posting);
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
withdrawal_read(DwCall *call, Fact *fact)
{
	dw_args_need(call, "amount", "currency", NULL);
	fact->amount = dw_arg_amount(call, "amount");
	if (fact->amount <= 0)
		dw_arg_refuse(call, "amount", DW_BAD_VALUE, "must be more than zero");
	fact->currency = dw_arg_text(call, "currency", CURRENCY_MAX);
	fact->psp_reference = dw_arg_name_opt(call, "reference",
										  DW_PSP_REFERENCE_MAX);
	fact->occurred_at = dw_arg_time_opt(call, "occurred_at");
	dw_arg_check_currency(call, "currency", fact->currency);
}

DW_FUNCTION(dwello_withdraw_fees)
{
	static const DwUuid platform;
	DwCall		call;
	Fact		fact = {.fact = DW_COMPANY_WITHDRAWAL};
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
	transaction_id = book(&call, &fact, &posting);
	row_fact(&call, &fact, &transaction_id);
	dw_row_int8(&call, "remaining", balance - fact.amount);
	return dw_call_return(&call);
}

/* ----------------------------------------------------------------------
 * Comparing
 * ----------------------------------------------------------------------
 */

/* Everything that is compared. */
typedef struct Comparison
{
	const char *psp;			/* payment company */
	DwPeriod	period;			/* what is looked at */
	bool		is_bounded;		/* it has an end: what is missing there is
								 * told */
	DwStatementLine *kept;		/* lines of the period, then those outside it
								 * that are about its bookings */
	int			shown;			/* of them in the period */
	int			count;			/* of all */
	DwExternalLedger ledger;	/* what is booked */
	DwExternal	external;		/* the lines as they are matched */
} Comparison;

/* Reads the arguments; errors of arguments alone. */
static void
comparison_read(DwCall *call, Comparison *comparison)
{
	DwPeriod   *period = &comparison->period;

	dw_args_need(call, "psp", NULL);
	comparison->psp = dw_arg_text(call, "psp", DW_PSP_MAX);
	period->from = dw_arg_time_opt(call, "from_time");
	period->until = dw_arg_time_opt(call, "to_time");
	comparison->is_bounded = dw_arg_has(call, "from_time") ||
		dw_arg_has(call, "to_time");
	if (!dw_arg_has(call, "to_time"))
		period->until = DT_NOEND;
	if (period->from >= period->until)
		dw_arg_refuse(call, "to_time", DW_BAD_VALUE, "must be after from_time");
}

/* Adds lines outside the period that its bookings are about. */
static void
comparison_add_named(Comparison *comparison)
{
	DwNames		names = dw_external_names(comparison->psp,
										  &comparison->ledger);
	int			count;
	DwStatementLine *named = dw_statement_load_named(comparison->psp,
													 &comparison->period,
													 &names, &count);

	comparison->kept = repalloc_huge(comparison->kept,
									 sizeof(DwStatementLine) *
									 (comparison->count + count + 1));
	memcpy(&comparison->kept[comparison->count], named,
		   sizeof(DwStatementLine) * count);
	comparison->count += count;
}

/* Orders texts, for qsort. */
static int
text_compare(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/* All that lines go by, each once. */
static DwNames
line_names(const DwExternalLine *lines, int count)
{
	DwNames		names = {.names = palloc_extended(sizeof(char *) *
												  ((Size) count * 4 + 1),
												  MCXT_ALLOC_HUGE)};
	int			kept = 0;

	for (int i = 0; i < count; i++)
	{
		const char *const all[] = {lines[i].event_id, lines[i].reference,
		lines[i].booked_as, lines[i].booked_apart};

		for (size_t k = 0; k < lengthof(all); k++)
			if (all[k] != NULL)
				names.names[names.count++] = unconstify(char *, all[k]);
	}
	qsort(names.names, names.count, sizeof(char *), text_compare);
	for (int i = 0; i < names.count; i++)
		if (i == 0 || strcmp(names.names[i], names.names[kept - 1]) != 0)
			names.names[kept++] = names.names[i];
	names.count = kept;
	return names;
}

/* A kept line, to be matched: without what of it was booked apart. */
static DwExternalLine
matched_line(const DwStatementLine *kept)
{
	const bool	is_apart = kept->difference != 0;
	const char *id = dw_uuid_is_nil(&kept->transaction_id) ? NULL
		: dw_uuid_text(&kept->transaction_id);

	return (DwExternalLine)
	{
		.event_id = kept->event_id,
			.reference = kept->reference,
			.booked_as = is_apart ? NULL : id,
			.booked_apart = is_apart ? id : NULL,
			.kind = kept->kind,
			.amount = kept->amount - kept->difference,
			.currency = kept->currency,
			.at = kept->occurred_at
	};
}

/* Matches all lines with what they name. */
static void
comparison_match(Comparison *comparison)
{
	DwExternal *external = &comparison->external;
	DwNames		names;

	external->line_count = comparison->count;
	external->lines = palloc_extended(sizeof(DwExternalLine) *
									  (comparison->count + 1),
									  MCXT_ALLOC_HUGE);
	external->order = palloc_extended(sizeof(DwExternalLine *) *
									  (comparison->count + 1),
									  MCXT_ALLOC_HUGE);
	for (int i = 0; i < comparison->count; i++)
		external->lines[i] = matched_line(&comparison->kept[i]);
	names = line_names(external->lines, comparison->count);
	dw_external_load(comparison->psp, &names, &comparison->ledger);
	external->names = comparison->ledger.names;
	external->name_count = comparison->ledger.name_count;
	dw_external_match(external);
}

/* The columns of a booking. */
static void
row_booking(DwCall *call, const DwExternalBooking *booking)
{
	dw_row_uuid(call, "scope_id", &booking->scope_id);
	dw_row_uuid(call, "transaction_id", &booking->transaction_id);
	dw_row_int8(call, "booked_amount", booking->amount);
	dw_row_text(call, "booked_currency", booking->currency);
	if (booking->status == NULL)
		dw_row_time(call, "booked_at", booking->at);
}

/* What is to be said of a line besides its verdict; NULL = nothing. */
static const char *
line_note(const Comparison *comparison, const DwExternalLine *line)
{
	int64		apart = comparison->kept[line->position - 1].difference;

	if (line->parts > 1)
		return psprintf("one of %d lines that make up the booking",
						line->parts);
	if (apart != 0 && line->verdict == DW_EXTERNAL_MATCHED)
		return psprintf(INT64_FORMAT " of it is a difference that was"
						" accepted", apart);
	if (line->verdict != DW_EXTERNAL_MISSING_HERE)
		return NULL;
	if (line->repeats != 0)
		return psprintf("repeats line %s",
						comparison->kept[line->repeats - 1].line_id);
	if (line->booking == NULL)
		return NULL;
	return line->booking->status != NULL
		? psprintf("is %s here", line->booking->status)
		: "another line is about that booking";
}

/* Adds a line to the list. */
static void
emit_line(DwCall *call, const Comparison *comparison, int i)
{
	const DwExternalLine *line = &comparison->external.lines[i];

	if (line->booking != NULL)
		row_booking(call, line->booking);
	dw_row_text(call, "line_id", comparison->kept[i].line_id);
	dw_row_text(call, "event_id", line->event_id);
	dw_row_text(call, "reference", line->reference);
	dw_row_enum(call, "kind", &dw_external_kind_labels, line->kind);
	dw_row_enum(call, "verdict", &dw_external_verdict_labels, line->verdict);
	dw_row_int8(call, "stated_amount", comparison->kept[i].amount);
	dw_row_text(call, "stated_currency", line->currency);
	dw_row_time(call, "stated_at", line->at);
	dw_row_text(call, "note", line_note(comparison, line));
	dw_list_emit(call);
}

/* Adds a booking that no line is about to the list. */
static void
emit_booking(DwCall *call, const DwExternalBooking *booking,
			 const DwExternalTold *told)
{
	row_booking(call, booking);
	dw_row_text(call, "event_id", told->event_id);
	dw_row_text(call, "reference", told->reference);
	dw_row_enum(call, "kind", &dw_external_kind_labels, booking->kind);
	dw_row_enum(call, "verdict", &dw_external_verdict_labels,
				DW_EXTERNAL_MISSING_THERE);
	dw_list_emit(call);
}

/* Adds the bookings of the period that no line is about to the list. */
static void
emit_missing(DwCall *call, const Comparison *comparison)
{
	const DwExternalLedger *ledger = &comparison->ledger;
	DwExternalBooking **missing =
		palloc(sizeof(*missing) * (ledger->count + 1));
	DwExternalTold *told;
	DwExternalTold *of_each;
	int			count = 0;
	int			found;

	for (int i = 0; i < ledger->count; i++)
		if (!ledger->bookings[i].is_paired)
			missing[count++] = &ledger->bookings[i];
	of_each = palloc0(sizeof(*of_each) * (count + 1));
	told = dw_external_told(comparison->psp, missing, count, &found);
	for (int i = 0; i < found; i++)
		of_each[told[i].place - 1] = told[i];
	for (int i = 0; i < count; i++)
		emit_booking(call, missing[i], &of_each[i]);
}

DW_FUNCTION(dwello_reconcile_external)
{
	DwCall		call;
	Comparison	comparison = {0};
	const DwPeriod *period = &comparison.period;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	dw_rows_begin(&call);
	comparison_read(&call, &comparison);
	comparison.kept = dw_statement_load(comparison.psp, period->from,
										period->until, &comparison.shown);
	comparison.count = comparison.shown;
	if (comparison.is_bounded)
	{
		dw_external_period(comparison.psp, period->from, period->until,
						   &comparison.ledger);
		comparison_add_named(&comparison);
	}
	comparison_match(&comparison);
	for (int i = 0; i < comparison.shown; i++)
		emit_line(&call, &comparison, i);
	emit_missing(&call, &comparison);
	return dw_list_return(&call);
}

/* ----------------------------------------------------------------------
 * Booking a line
 * ----------------------------------------------------------------------
 */

/* P0002 for a line that was not imported. */
static void
refuse_unknown(const DwStatementLine *line)
{
	dw_raise(DW_NOT_FOUND, "no such line",
			 psprintf("No line \"%s\" of \"%s\" was imported.", line->line_id,
					  line->psp),
			 "Import it with dwello.import_statement().");
}

/* WD101 for a line of an amount that is not what is booked for it. */
static void
refuse_difference(const DwStatementLine *line,
				  const DwExternalBooking *booking)
{
	dw_raise(DW_INVALID_TRANSITION, "another amount is booked for the line",
			 psprintf("The line says " INT64_FORMAT " %s; transaction %s has "
					  INT64_FORMAT " %s.", line->amount, line->currency,
					  dw_uuid_text(&booking->transaction_id),
					  booking->amount, booking->currency),
			 "Ask the company which is right, and tell it nothing twice; accept_difference books the difference.");
}

/* WD101 for a line that has a command of its own. */
static void
refuse_kind(const DwStatementLine *line)
{
	static const char *const commands[] = {
		[DW_EXTERNAL_PAYMENT] = "confirm_payment",
		[DW_EXTERNAL_REFUND_RETURNED] = "fail_refund",
		[DW_EXTERNAL_PAYOUT] = "confirm_payout",
		[DW_EXTERNAL_PAYOUT_RETURNED] = "fail_payout",
		[DW_EXTERNAL_CHARGEBACK] = "open_chargeback",
		[DW_EXTERNAL_CHARGEBACK_WON] = "close_chargeback"
	};

	dw_raise(DW_INVALID_TRANSITION, "the line cannot be booked by itself",
			 psprintf("A line of kind \"%s\" belongs to somebody.",
					  dw_external_kind_label(line->kind)),
			 psprintf("Tell it with dwello.%s(): then it is matched.",
					  commands[line->kind]));
}

/* Loads the lines that may be about what the line names, and itself. */
static void
load_rivals(const DwStatementLine *line, Comparison *comparison)
{
	DwExternalLine named = matched_line(line);
	DwNames		names = line_names(&named, 1);
	DwExternalLedger ledger = {0};
	DwNames		others;

	dw_external_load(line->psp, &names, &ledger);
	ledger.bookings = palloc_array(DwExternalBooking, ledger.name_count + 1);
	for (int i = 0; i < ledger.name_count; i++)
		ledger.bookings[ledger.count++] = *ledger.names[i].booking;
	others = dw_external_names(line->psp, &ledger);
	names.names = repalloc(names.names, sizeof(char *) *
						   (names.count + others.count + 1));
	for (int i = 0; i < others.count; i++)
		names.names[names.count++] = others.names[i];
	comparison->kept = dw_statement_load_alike(line->psp, &names, &ledger,
											   &comparison->count);
}

/*
 * What is booked under the line's names, and how it differs, beside all lines
 * that may be about that, by whatever name: as reconcile_external() has it.
 */
static const DwExternalLine *
line_compare(const DwStatementLine *line, Comparison *comparison)
{
	comparison->psp = line->psp;
	load_rivals(line, comparison);
	comparison_match(comparison);
	for (int i = 0; i < comparison->count; i++)
		if (strcmp(comparison->kept[i].line_id, line->line_id) == 0)
			return &comparison->external.lines[i];
	elog(ERROR, "line \"%s\" does not have its own names", line->line_id);
}

/*
 * The booking that the line is about, found by its names, that is equal to it
 * and that no other line names; NULL: none.
 */
static const DwExternalBooking *
line_find_booking(const DwExternalLine *found)
{
	if (found->verdict != DW_EXTERNAL_MATCHED || found->booking == NULL ||
		dw_statement_names(&found->booking->transaction_id))
		return NULL;
	return found->booking;
}

/* Books what a line says; its transaction is noted in it. */
static void
line_record(DwCall *call, DwStatementLine *line, DwCompanyFact kind,
			const char *event_id, int64 amount)
{
	Fact		fact = {
		.fact = kind,
		.psp = line->psp,
		.event_id = event_id,
		.psp_reference = line->reference,
		.currency = line->currency,
		.amount = amount,
		.occurred_at = line->occurred_at
	};
	DwPosting	posting;

	dw_company_posting(&posting, kind, fact.psp, fact.currency, fact.amount);
	posting_need(call, &posting);
	line->transaction_id = record_once(call, &fact, &posting);
	line->scope_id = fact.scope_id;
}

/*
 * What the fact of a line is called: its event, unless that was told as
 * something else, or is another line's that says otherwise.  Companies give
 * a payment and its fees one event, which the payment may yet be told by: a
 * fee that is not told leaves it free.
 */
static const char *
line_event(const DwStatementLine *line, DwCompanyFact kind)
{
	DwPaymentEvent kept;

	if (line->event_id == NULL)
		return line->line_id;
	if (!dw_payment_event_find(line->psp, line->event_id, &kept))
		return kind == DW_COMPANY_FEE ? line->line_id : line->event_id;
	return strcmp(kept.type, dw_company_fact_label(kind)) != 0 ||
		dw_statement_names_other(&kept.transaction_id, line)
		? line->line_id : line->event_id;
}

/* WD104 for a line of an event that another line is of. */
static void
refuse_event(const DwUuid *transaction_id)
{
	dw_raise(DW_IDEMPOTENCY_MISMATCH, "another line is about that event",
			 psprintf("Transaction %s is that line's.",
					  dw_uuid_text(transaction_id)),
			 "Two lines that are two facts have two event ids.");
}

/* True when the other line is of the same kind and event, and was booked. */
static bool
is_event_of(const DwStatementLine *line, const DwStatementLine *other)
{
	return line->event_id != NULL && other->event_id != NULL &&
		other->kind == line->kind && !dw_uuid_is_nil(&other->transaction_id) &&
		strcmp(other->event_id, line->event_id) == 0;
}

/* WD104 for a fee of an event that an equal line has booked. */
static void
need_only(const DwStatementLine *line, const Comparison *comparison)
{
	for (int i = 0; i < comparison->count; i++)
	{
		const DwStatementLine *other = &comparison->kept[i];

		if (is_event_of(line, other) && other->amount == line->amount &&
			strcmp(other->currency, line->currency) == 0)
			refuse_event(&other->transaction_id);
	}
}

/* Books a line that nothing has told of. */
static void
line_book(DwCall *call, DwStatementLine *line, DwCompanyFact kind,
		  const Comparison *comparison)
{
	if (kind == DW_COMPANY_FEE)
		need_only(line, comparison);
	line_record(call, line, kind, line_event(line, kind), line->amount);
	if (dw_statement_names(&line->transaction_id))
		refuse_event(&line->transaction_id);
}

/* Books by how much a line differs from what is booked for it. */
static void
line_accept(DwCall *call, DwStatementLine *line,
			const Comparison *comparison, const DwExternalLine *found)
{
	DwExternalDifference out;
	DwResult	result = dw_external_differs(&comparison->external, found,
											 &out);

	if (result != DW_OK)
		dw_raise(result, result == DW_CURRENCY_MISMATCH
				 ? "another currency is booked for the line"
				 : result == DW_OVERFLOW ? "the difference is out of range"
				 : "no other amount is booked for the line",
				 psprintf("Line \"%s\" is %s.", line->line_id,
						  dw_external_verdict_label(found->verdict)),
				 found->verdict == DW_EXTERNAL_MISSING_HERE
				 ? "Book it without accept_difference, or tell it by its"
				 " command: it is one more."
				 : "dwello.reconcile_external() says what is booked for it.");
	line_record(call, line, out.fact,
				psprintf("%s difference", line->line_id), out.amount);
	line->difference = out.difference;
}

/* What a line of a refund says of it. */
static DwRefundTold
line_told(const DwStatementLine *line, bool is_own)
{
	DwPaymentEvent kept;
	const bool	is_free = line->event_id != NULL &&
		!dw_payment_event_find(line->psp, line->event_id, &kept);
	DwRefundTold told = {
		.event = {
			.type = DW_REFUND_CONFIRMED,
			.psp = line->psp,
			/* companies give a payment and what follows it one event */
			.event_id = is_free ? line->event_id : line->line_id,
			.amount = line->amount,
			.occurred_at = line->occurred_at
		},
		.names = {.psp = line->psp,.psp_reference = line->reference},
		.currency = line->currency,
		.is_line = true,
		.is_own = is_own
	};

	return told;
}

/* True when nobody has told of a charge of the line's name. */
static bool
is_unknown(const DwStatementLine *line)
{
	const DwChargeNames names = {.psp = line->psp,
	.psp_reference = line->reference};
	DwCharge	charge;

	return line->reference != NULL && !dw_charge_find(&names, &charge);
}

/*
 * WD101: a refund by its own name, or of a charge that is still to come.  To
 * book it as a loss would leave what was asked for, or is held, for ever.
 */
pg_noreturn static void
refuse_unheard(const DwStatementLine *line)
{
	dw_raise(DW_INVALID_TRANSITION, "nobody has told of such a refund",
			 psprintf("\"%s\" is no charge, refund or request of \"%s\".",
					  line->reference, line->psp),
			 "Tell it by dwello.confirm_refund() with its refund_id or its"
			 " charge as psp_reference, and this name as refund_reference:"
			 " the line is matched then.");
}

/*
 * Which refund a line is of, or of which charge: where what it names is
 * another line's, it is one more of that charge.
 */
static void
line_name_refund(const DwStatementLine *line, DwRefundTold *told,
				 DwRefundRow *refund)
{
	DwRefundNames *names = &told->names;
	DwPaymentEvent kept;

	if (line->reference != NULL &&
		dw_refund_find(line->psp, line->reference, refund))
	{
		names->psp_reference = told->is_own ? refund->psp_reference : NULL;
		if (told->is_own)
			names->job_id = refund->job_id;
		else if (refund->refund_reference != NULL &&
				 strcmp(refund->refund_reference, line->reference) == 0)
			names->refund_reference = refund->refund_reference;
		else
			names->id = &refund->id;
	}
	else if (told->is_own && line->event_id != NULL &&
			 dw_payment_event_find(line->psp, line->event_id, &kept))
	{
		if (line->reference == NULL)
			names->psp_reference = kept.psp_reference;
		names->job_id = kept.job_id;
	}
	else if (!told->is_own && is_unknown(line))
		refuse_unheard(line);
}

/*
 * Books a refund that the company states and nothing has told of: one that
 * it was asked for, or what it gave back by itself.
 */
static void
line_refund(DwCall *call, DwStatementLine *line, bool is_own)
{
	DwRefundTold told = line_told(line, is_own);
	DwRefundRow refund;

	line_name_refund(line, &told, &refund);
	(void) dw_refund_told(call, &told);
	if (dw_uuid_is_nil(&told.booking_id))
		dw_raise(DW_INVALID_TRANSITION, "the refund was told before",
				 psprintf("Refund %s is \"%s\".",
						  dw_uuid_text(&told.refund.id),
						  dw_refund_status_label(told.refund.facts.status)),
				 "dwello.reconcile_external() says which line it is.");
	line->scope_id = told.scope_id;
	line->transaction_id = told.booking_id;
}

/*
 * True when what a line names is booked for another line: then it is a fact
 * of its own.  WD104 when that line is of the same event.
 */
static bool
line_is_own(const DwStatementLine *line, const Comparison *comparison,
			const DwExternalLine *found)
{
	if (found->booking == NULL || found->booking->status != NULL ||
		found->parts > 1)
		return false;
	for (int i = 0; i < comparison->count; i++)
		if (is_event_of(line, &comparison->kept[i]))
			refuse_event(&comparison->kept[i].transaction_id);
	return true;
}

/*
 * Lets nobody else tell of a line's fee, before what is booked is looked up;
 * the accounts first, as fact_lock() has it.
 */
static void
line_lock_fee(const DwStatementLine *line)
{
	const DwFeeNames names = {
		.psp = line->psp,
		.event_id = line->event_id,
		.psp_reference = line->reference
	};
	DwCompanyFact fact;
	DwPosting	posting;

	if (!dw_external_fact(line->kind, &fact) || fact != DW_COMPANY_FEE)
		return;
	dw_company_posting(&posting, fact, line->psp, line->currency,
					   line->amount);
	dw_postings_ensure(&posting, 1);
	dw_fee_lock(&names);
}

/* Notes what is booked for the line, or books it; WD101 where neither is. */
static void
line_settle(DwCall *call, DwStatementLine *line)
{
	Comparison	comparison = {0};
	const DwExternalLine *found;
	const DwExternalBooking *booking;
	DwCompanyFact fact;

	line_lock_fee(line);
	dw_query_afresh_begin();
	found = line_compare(line, &comparison);
	dw_query_afresh_end();
	booking = line_find_booking(found);
	if (dw_arg_bool(call, "accept_difference"))
		line_accept(call, line, &comparison, found);
	else if (booking != NULL)
	{
		/* it was told before: the line is about that */
		line->scope_id = booking->scope_id;
		line->transaction_id = booking->transaction_id;
		dw_call_replayed(call);
	}
	else if (dw_external_fact(line->kind, &fact))
		line_book(call, line, fact, &comparison);
	else if (found->verdict == DW_EXTERNAL_AMOUNT_DIFFERS &&
			 found->booking != NULL && found->booking->status == NULL)
		refuse_difference(line, found->booking);
	else if (line->kind == DW_EXTERNAL_REFUND)
		line_refund(call, line, line_is_own(line, &comparison, found));
	else
		refuse_kind(line);
	dw_statement_book(line);
}

DW_FUNCTION(dwello_book_statement_line)
{
	DwCall		call;
	DwStatementLine line = {0};

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	dw_args_need(&call, "psp", "line_id", "accept_difference", NULL);
	line.psp = dw_arg_text(&call, "psp", DW_PSP_MAX);
	line.line_id = dw_arg_text(&call, "line_id", DW_PSP_REFERENCE_MAX);
	if (!dw_statement_lock(line.psp, line.line_id, &line))
		refuse_unknown(&line);
	if (!dw_uuid_is_nil(&line.transaction_id))
		dw_call_replayed(&call);
	else
		line_settle(&call, &line);
	dw_row_text(&call, "line_id", line.line_id);
	dw_row_uuid(&call, "scope_id", &line.scope_id);
	dw_row_uuid(&call, "transaction_id", &line.transaction_id);
	dw_row_int8(&call, "amount", line.amount);
	dw_row_text(&call, "currency", line.currency);
	if (line.difference != 0)
		dw_row_int8(&call, "difference", line.difference);
	return dw_call_return(&call);
}
