/*
 * external_api.c
 *		reconcile_external: a payment company's statement against the ledger.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "api/escrow/escrow_api.h"
#include "core/base/base.h"
#include "server/call/call_server.h"
#include "store/payout/payout_store.h"

#define LINES_MAX	200000

/* What a statement covers. */
typedef struct Statement
{
	DwExternalLine *lines;		/* in their order */
	int			count;			/* of them */
	TimestampTz from;			/* what is booked from then on */
	TimestampTz to;				/* and before then should be in it */
} Statement;

/* A time that has to be given. */
static TimestampTz
item_time(DwJsonItem *item, const char *member)
{
	static const DwTextRule rule = {.max = 40,.is_needed = true};
	char	   *text = dw_json_item_text(item, member, rule);
	int64		time = 0;

	if (text == NULL || !dw_external_time(text, &time))
		dw_json_item_note(item, member, DW_BAD_VALUE,
						  "must be a time as \"2026-01-31T23:59:59Z\"");
	return time;
}

/* What the company did. */
static DwExternalKind
item_kind(DwJsonItem *item)
{
	static const DwTextRule rule = {.max = 40};
	char	   *label = dw_json_item_text(item, "kind", rule);
	DwExternalKind kind = DW_EXTERNAL_PAYMENT;

	if (label == NULL || !dw_external_kind_parse(label, &kind))
		dw_json_item_note(item, "kind", DW_BAD_VALUE,
						  "must be payment, refund, refund_returned, payout, "
						  "payout_returned, chargeback or chargeback_won");
	return kind;
}

/* Reads one line. */
static void
read_line(DwJsonItem *item, DwExternalLine *line)
{
	static const DwTextRule name = {.max = DW_PSP_REFERENCE_MAX,
	.is_needed = true};
	static const DwTextRule code = {.max = 20};

	line->event_id = dw_json_item_text(item, "event_id", name);
	line->reference = dw_json_item_text(item, "reference", name);
	if (line->event_id == NULL && line->reference == NULL)
		dw_json_item_note(item, "event_id", DW_BAD_VALUE,
						  "must be given, or a reference");
	line->kind = item_kind(item);
	line->amount = dw_json_item_int8(item, "amount", 0);
	if (line->amount <= 0)
		dw_json_item_note(item, "amount", DW_BAD_VALUE,
						  "must be a whole number of minor units above zero");
	line->currency = dw_json_item_text(item, "currency", code);
	if (line->currency == NULL ||
		dw_currency_exponent(line->currency) == DW_CURRENCY_UNKNOWN)
		dw_json_item_note(item, "currency", DW_BAD_VALUE,
						  "must be a currency of ISO 4217");
	line->at = item_time(item, "time");
}

/* Reads the lines of a list. */
static void
read_lines(DwJsonItem *item, const DwJsonArg *list, Statement *statement)
{
	static const char *const names[] = {"event_id", "reference", "kind",
	"amount", "currency", "time", NULL};

	if (statement->count > LINES_MAX)
	{
		dw_arg_error_note(item->error, "statement", DW_BAD_VALUE,
						  psprintf("must not have more than %d lines",
								   LINES_MAX));
		statement->count = 0;
	}
	statement->lines = palloc0(sizeof(DwExternalLine) *
							   Max(statement->count, 1));
	for (int i = 0; i < statement->count; i++)
		if (dw_json_item_open(list, i, item, names))
			read_line(item, &statement->lines[i]);
}

/* A bare list of lines covers the time of its lines. */
static void
cover_lines(Statement *statement, DwArgError *error)
{
	if (statement->count == 0)
		dw_arg_error_note(error, "statement", DW_BAD_VALUE,
						  "must have lines, or be an object with from and to");
	for (int i = 0; i < statement->count; i++)
	{
		TimestampTz at = statement->lines[i].at;

		if (i == 0 || at < statement->from)
			statement->from = at;
		if (i == 0 || at >= statement->to)
			statement->to = at + 1;
	}
}

/* Reads the statement; errors of arguments alone. */
static void
statement_read(DwCall *call, Statement *statement)
{
	static const char *const names[] = {"from", "to", "lines", NULL};
	DwArgError	error = {0};
	DwJsonItem	item = {.place = {"statement", DW_ARG_NO_ITEM, NULL},
	.error = &error};
	Datum		json = dw_arg_jsonb(call, "statement");
	DwJsonArg	list = {0};

	memset(statement, 0, sizeof(*statement));
	if (dw_json_arg_list(json, &list, &statement->count))
	{
		read_lines(&item, &list, statement);
		cover_lines(statement, &error);
	}
	else if (dw_json_arg_object(json, &item.object))
	{
		dw_json_item_names(&item, names);
		statement->from = item_time(&item, "from");
		statement->to = item_time(&item, "to");
		if (statement->from >= statement->to)
			dw_json_item_note(&item, "to", DW_BAD_VALUE, "must be after from");
		if (!dw_json_arg_member_list(&item.object, "lines", &list,
									 &statement->count) || list.root == NULL)
			dw_json_item_note(&item, "lines", DW_BAD_VALUE,
							  "must be a JSON array");
		read_lines(&item, &list, statement);
	}
	else
		dw_arg_error_note(&error, "statement", DW_BAD_VALUE,
						  "must be a JSON array or object");
	dw_arg_error_raise(call, &error);
}

/* All events and references of the statement, as text[]. */
static Datum
statement_names(const Statement *statement)
{
	Datum	   *names = palloc(sizeof(Datum) * (statement->count * 2 + 1));
	int			count = 0;

	for (int i = 0; i < statement->count; i++)
	{
		const DwExternalLine *line = &statement->lines[i];

		if (line->event_id != NULL)
			names[count++] = CStringGetTextDatum(line->event_id);
		if (line->reference != NULL)
			names[count++] = CStringGetTextDatum(line->reference);
	}
	return PointerGetDatum(construct_array(names, count, TEXTOID, -1, false,
										   TYPALIGN_INT));
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
line_note(const DwExternalLine *line)
{
	if (line->parts > 1)
		return psprintf("one of %d lines that make up the booking",
						line->parts);
	if (line->verdict != DW_EXTERNAL_MISSING_HERE)
		return NULL;
	if (line->repeats != 0)
		return psprintf("repeats line %d", line->repeats);
	if (line->booking == NULL)
		return NULL;
	return line->booking->status != NULL
		? psprintf("is %s here", line->booking->status)
		: "another line is about that booking";
}

/* Adds a line to the list. */
static void
emit_line(DwCall *call, const DwExternalLine *line)
{
	if (line->booking != NULL)
		row_booking(call, line->booking);
	dw_row_int4(call, "line", line->position);
	dw_row_text(call, "event_id", line->event_id);
	dw_row_text(call, "reference", line->reference);
	dw_row_enum(call, "kind", &dw_external_kind_labels, line->kind);
	dw_row_enum(call, "verdict", &dw_external_verdict_labels, line->verdict);
	dw_row_int8(call, "stated_amount", line->amount);
	dw_row_text(call, "stated_currency", line->currency);
	dw_row_time(call, "stated_at", line->at);
	dw_row_text(call, "note", line_note(line));
	dw_list_emit(call);
}

/* Adds a booking that no line is about to the list. */
static void
emit_booking(DwCall *call, const DwExternalBooking *booking)
{
	row_booking(call, booking);
	dw_row_enum(call, "kind", &dw_external_kind_labels, booking->kind);
	dw_row_enum(call, "verdict", &dw_external_verdict_labels,
				DW_EXTERNAL_MISSING_THERE);
	dw_list_emit(call);
}

DW_FUNCTION(dwello_reconcile_external)
{
	DwCall		call;
	Statement	statement;
	DwExternalLedger ledger;
	DwExternal	external = {0};
	char	   *psp;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	dw_rows_begin(&call);
	dw_args_need(&call, "psp", "statement", NULL);
	psp = dw_arg_text(&call, "psp", DW_PSP_MAX);
	statement_read(&call, &statement);
	dw_external_load(psp, statement_names(&statement), statement.from,
					 statement.to, &ledger);
	external.lines = statement.lines;
	external.line_count = statement.count;
	external.names = ledger.names;
	external.name_count = ledger.name_count;
	external.order = palloc(sizeof(DwExternalLine *) *
							Max(statement.count, 1));
	dw_external_match(&external);
	for (int i = 0; i < statement.count; i++)
		emit_line(&call, &statement.lines[i]);
	for (int i = 0; i < ledger.count; i++)
		if (!ledger.bookings[i].is_paired)
			emit_booking(&call, &ledger.bookings[i]);
	return dw_list_return(&call);
}
