/*
 * valid_api.c
 *		What must hold of a row, as a CHECK of its table: rows that money is
 *		in, and documents that are read again.
 *
 * The server reads a CHECK's expression anew for every statement that writes
 * the table, at some thousands of instructions a word.  So a table has one
 * call, with the columns that the rule is about, and the rule is the one
 * that core keeps anyway.  The columns are named, not the row: a shard of the
 * table, or a copy of it, has a row type of its own.
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#include "core/escrow/escrow.h"
#include "core/job/job.h"
#include "core/ledger/ledger.h"
#include "server/call/call_server.h"
#include "server/sql/sql_server.h"
#include "store/account/account_store.h"
#include "store/agent/agent_store.h"

/* The arguments of a call, taken one after the other. */
typedef struct Columns
{
	FunctionCallInfo fcinfo;	/* the call */
	int			next;			/* position of the next one */
} Columns;

/* Takes a bigint; 0 when it is NULL, which the column itself refuses. */
static int64
next_amount(Columns *columns)
{
	int			i = columns->next++;
	NullableDatum *argument = &columns->fcinfo->args[i];

	return argument->isnull ? 0 : DatumGetInt64(argument->value);
}

/* Takes the label of an enum; "" when it is NULL. */
static const char *
next_label(Columns *columns)
{
	int			i = columns->next++;
	NullableDatum *argument = &columns->fcinfo->args[i];

	if (argument->isnull)
		return "";
	return DatumGetCString(DirectFunctionCall1(enum_out, argument->value));
}

/* Takes any value: true when it is there. */
static bool
next_is_given(Columns *columns)
{
	int			i = columns->next++;

	return !columns->fcinfo->args[i].isnull;
}

/* Takes a title: true when it is there and no longer than it may be. */
static bool
next_title_is_valid(Columns *columns)
{
	int			i = columns->next++;
	NullableDatum *argument = &columns->fcinfo->args[i];
	text	   *title;
	int			size;

	if (argument->isnull)
		return false;
	title = DatumGetTextPP(argument->value);
	size = VARSIZE_ANY_EXHDR(title);
	return size > 0 &&
		pg_mbstrlen_with_len(VARDATA_ANY(title), size) <= DW_POST_TITLE_MAX;
}

/* escrow_is_valid(contract_amount, …) → whether invariant I3 holds */
DW_FUNCTION(dwello_escrow_is_valid)
{
	Columns		columns = {.fcinfo = fcinfo};
	int64		contract_amount = next_amount(&columns);
	DwEscrow	escrow = {0};

	escrow.funded = next_amount(&columns);
	escrow.held = next_amount(&columns);
	escrow.released = next_amount(&columns);
	escrow.refunded = next_amount(&columns);
	escrow.charged_back = next_amount(&columns);
	escrow.disputed = next_amount(&columns);
	escrow.fee_taken = next_amount(&columns);
	escrow.tax_taken = next_amount(&columns);
	PG_RETURN_BOOL(contract_amount > 0 && dw_escrow_is_valid(&escrow));
}

/* milestone_is_valid(amount, funded, …) → whether the row can be */
DW_FUNCTION(dwello_milestone_is_valid)
{
	Columns		columns = {.fcinfo = fcinfo};
	int64		amount = next_amount(&columns);
	int64		funded = next_amount(&columns);
	int64		released = next_amount(&columns);
	int64		refunded = next_amount(&columns);
	int64		disputed = next_amount(&columns);
	bool		in_dispute = strcmp(next_label(&columns), "disputed") == 0;
	bool		has_dispute = next_is_given(&columns);
	bool		has_status_before = next_is_given(&columns);

	PG_RETURN_BOOL(amount >= 0 && released >= 0 && refunded >= 0 &&
				   disputed >= 0 &&
				   funded >= (__int128) released + refunded + disputed &&
				   in_dispute == has_dispute &&
				   in_dispute == has_status_before &&
				   next_title_is_valid(&columns));
}

/* transaction_is_valid(amount, …) → whether the row can be */
DW_FUNCTION(dwello_transaction_is_valid)
{
	Columns		columns = {.fcinfo = fcinfo};
	bool		has_amount = next_amount(&columns) > 0;
	bool		has_fee = next_amount(&columns) >= 0;
	bool		has_tax = next_amount(&columns) >= 0;
	bool		has_net = next_amount(&columns) >= 0;
	const char *label = next_label(&columns);
	bool		has_hash = next_is_given(&columns);
	bool		has_end = next_is_given(&columns);
	DwTransactionStatus status;

	PG_RETURN_BOOL(has_amount && has_fee && has_tax && has_net &&
				   dw_transaction_status_parse(label, &status) &&
				   (status == DW_TRANSACTION_COMPLETED) == has_hash &&
				   (status != DW_TRANSACTION_PENDING) == has_end);
}

/* service_areas_are_valid(document) → whether it is an area on the globe */
DW_FUNCTION(dwello_service_areas_are_valid)
{
	PG_RETURN_BOOL(dw_area_shape_fault(fcinfo->args->value) == NULL);
}

/* working_hours_are_valid(document) → whether they can be read */
DW_FUNCTION(dwello_working_hours_are_valid)
{
	PG_RETURN_BOOL(dw_agent_hours_error(fcinfo->args->value) == NULL);
}

/* agent_costs_are_valid(document) → whether they can be read */
DW_FUNCTION(dwello_agent_costs_are_valid)
{
	PG_RETURN_BOOL(dw_agent_costs_error(fcinfo->args->value) == NULL);
}
