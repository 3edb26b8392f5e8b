/*
 * import_api.c
 *		Imports the statements of payment companies: kept line by line, each
 *		once.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "core/company/company.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "store/company/company_store.h"

#define LINES_MAX	1000000		/* of one import */
#define PORTION		1000		/* lines that are read into memory together */

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
						  "payout_returned, chargeback, chargeback_won, fee, "
						  "dispute_fee, settlement or adjustment");
	return kind;
}

/* A name that a line has; a blank one is none, as in every event. */
static char *
item_name(DwJsonItem *item, const char *member)
{
	static const DwTextRule rule = {.max = DW_PSP_REFERENCE_MAX};
	char	   *name = dw_json_item_text(item, member, rule);

	return name == NULL || name[strspn(name, " \t\r\n")] == '\0' ? NULL : name;
}

/* Reads one line. */
static void
read_line(DwJsonItem *item, DwStatementLine *line)
{
	static const DwTextRule name = {.max = DW_PSP_REFERENCE_MAX,
	.is_needed = true};
	static const DwTextRule code = {.max = 20};

	line->line_id = dw_json_item_text(item, "line_id", name);
	if (line->line_id == NULL)
		dw_json_item_note(item, "line_id", DW_BAD_VALUE, "must be given");
	line->event_id = item_name(item, "event_id");
	line->reference = item_name(item, "reference");
	if (line->event_id == NULL && line->reference == NULL)
		dw_json_item_note(item, "event_id", DW_BAD_VALUE,
						  "must be given, or a reference");
	line->kind = item_kind(item);
	line->amount = dw_json_item_int8(item, "amount", 0);
	if (!dw_external_amount_may(line->kind, line->amount))
		dw_json_item_note(item, "amount", DW_BAD_VALUE,
						  "must be a whole number of minor units above zero; "
						  "below only of a fee, settlement or adjustment");
	line->currency = dw_json_item_text(item, "currency", code);
	if (line->currency == NULL ||
		dw_currency_exponent(line->currency) == DW_CURRENCY_UNKNOWN)
		dw_json_item_note(item, "currency", DW_BAD_VALUE,
						  "must be a currency of ISO 4217");
	line->occurred_at = item_time(item, "time");
}

/* Raises WD104 for a line that was another one before. */
pg_noreturn static void
refuse_changed(const DwStatementLine *line)
{
	dw_raise(DW_IDEMPOTENCY_MISMATCH, "the line was another one before",
			 psprintf("Line \"%s\" of \"%s\" says something else than when "
					  "it was first imported.", line->line_id, line->psp),
			 "A line_id names one line for ever; correct it by another line.");
}

/* Keeps some lines of a list, as their portion; how many are new. */
static int
keep_portion(DwCall *call, const char *psp, const DwJsonArg *list, int from,
			 int to)
{
	static const char *const names[] = {"line_id", "event_id", "reference",
	"kind", "amount", "currency", "time", NULL};
	DwStatementLine *lines = palloc0(sizeof(DwStatementLine) * (to - from));
	DwArgError	error = {0};
	DwJsonItem	item = {.place = {"lines", DW_ARG_NO_ITEM, NULL},
	.error = &error};
	int			kept = 0;

	for (int i = from; i < to; i++)
		if (dw_json_item_open(list, i, &item, names))
			read_line(&item, &lines[i - from]);
	dw_arg_error_raise(call, &error);
	for (int i = 0; i < to - from; i++)
	{
		DwStatementLine *line = &lines[i];
		bool		is_same;

		line->psp = psp;
		line->created_at = dw_now();
		line->booked_at = DT_NOBEGIN;
		if (dw_statement_keep(line, &is_same))
			kept++;
		else if (!is_same)
			refuse_changed(line);
	}
	return kept;
}

/* Keeps the lines of a list in memory that is used again. */
static int
keep_lines(DwCall *call, const char *psp, const DwJsonArg *list, int count)
{
	MemoryContext outer = CurrentMemoryContext;
	MemoryContext turn = AllocSetContextCreate(outer, "dwello statement",
											   ALLOCSET_DEFAULT_SIZES);
	int			kept = 0;

	for (int i = 0; i < count; i += PORTION)
	{
		CHECK_FOR_INTERRUPTS();
		MemoryContextSwitchTo(turn);
		kept += keep_portion(call, psp, list, i, Min(i + PORTION, count));
		MemoryContextSwitchTo(outer);
		MemoryContextReset(turn);
	}
	MemoryContextDelete(turn);
	return kept;
}

DW_FUNCTION(dwello_import_statement)
{
	static const DwUuid platform;
	DwCall		call;
	DwArgError	error = {0};
	DwJsonItem	item = {.place = {"lines", DW_ARG_NO_ITEM, NULL},
	.error = &error};
	DwJsonArg	list;
	char	   *psp;
	int			count;
	int			kept;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	dw_args_need(&call, "psp", "lines", NULL);
	psp = dw_arg_text(&call, "psp", DW_PSP_MAX);
	count = dw_json_item_list(&call, &item, LINES_MAX, &list);
	dw_arg_error_raise(&call, &error);
	if (dw_call_replay(&call, &platform))
		return dw_call_return(&call);
	kept = keep_lines(&call, psp, &list, count);
	if (kept == 0)
		dw_call_replayed(&call);
	dw_row_int4(&call, "lines", count);
	dw_row_int4(&call, "imported", kept);
	return dw_call_return(&call);
}
