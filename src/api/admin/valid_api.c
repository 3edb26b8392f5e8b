/*
 * valid_api.c
 *		What must hold of a row that money is in, as its table's one CHECK.
 *
 * The server reads a CHECK's expression anew for every statement that writes
 * the table, at some four thousand instructions a word; one call with the
 * whole row is two words, and the rule is the one that core keeps anyway.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "mb/pg_wchar.h"
#include "utils/lsyscache.h"

#include "core/escrow/escrow.h"
#include "core/job/job.h"
#include "core/ledger/ledger.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"

/*
 * Takes the argument apart; 22023 unless it is a row of the table.  A shape
 * that knows the type has seen it before.
 */
static void
row_of(FunctionCallInfo fcinfo, const char *table, DwShape *shape,
	   DwRecord *record)
{
	Oid			type = HeapTupleHeaderGetTypeId(PG_GETARG_HEAPTUPLEHEADER(0));

	if (type != shape->type &&
		get_relname_relid(table, get_namespace_oid("dwello", false)) !=
		get_typ_typrelid(type))
		dw_raise(DW_BAD_VALUE, psprintf("the argument is no row of dwello.%s",
										table), NULL, NULL);
	dw_record_of(record, shape, PG_GETARG_DATUM(0));
}

/* True when columns `first` to `last` are not negative; NULL is not. */
static bool
none_negative(const DwRecord *record, int first, int last)
{
	for (int i = first; i <= last; i++)
		if (dw_record_int8(record, i) < 0)
			return false;
	return true;
}

/* escrow_is_valid: see its COMMENT. */
DW_FUNCTION(dwello_escrow_is_valid)
{
	static const char *const columns[] = {
		"contract_amount", "funded", "held", "released", "refunded",
		"charged_back", "disputed", "fee_taken", "tax_taken"
	};
	static DwShape shape = DW_SHAPE(columns);
	DwRecord	record;
	DwEscrow	escrow = {0};

	row_of(fcinfo, "escrow_accounts", &shape, &record);
	escrow.funded = dw_record_int8(&record, 1);
	escrow.held = dw_record_int8(&record, 2);
	escrow.released = dw_record_int8(&record, 3);
	escrow.refunded = dw_record_int8(&record, 4);
	escrow.charged_back = dw_record_int8(&record, 5);
	escrow.disputed = dw_record_int8(&record, 6);
	escrow.fee_taken = dw_record_int8(&record, 7);
	escrow.tax_taken = dw_record_int8(&record, 8);
	PG_RETURN_BOOL(dw_record_int8(&record, 0) > 0 &&
				   dw_escrow_is_valid(&escrow));
}

/* True when a title is there and no longer than it may be. */
static bool
title_is_valid(Datum title)
{
	text	   *plain = DatumGetTextPP(title);
	int			size = VARSIZE_ANY_EXHDR(plain);

	return size > 0 &&
		pg_mbstrlen_with_len(VARDATA_ANY(plain), size) <= DW_POST_TITLE_MAX;
}

/* milestone_is_valid: see its COMMENT. */
DW_FUNCTION(dwello_milestone_is_valid)
{
	static const char *const columns[] = {
		"amount", "funded", "released", "refunded", "disputed", "status",
		"dispute_id", "status_before", "title"
	};
	static DwShape shape = DW_SHAPE(columns);
	DwRecord	record;
	__int128	spent;
	bool		disputed;

	row_of(fcinfo, "job_milestones", &shape, &record);
	spent = (__int128) dw_record_int8(&record, 2) +
		dw_record_int8(&record, 3) + dw_record_int8(&record, 4);
	disputed = strcmp(dw_record_label(&record, 5), "disputed") == 0;
	PG_RETURN_BOOL(none_negative(&record, 0, 4) &&
				   dw_record_int8(&record, 1) >= spent &&
				   disputed != record.nulls[6] &&
				   disputed != record.nulls[7] &&
				   title_is_valid(record.values[8]));
}

/* transaction_is_valid: see its COMMENT. */
DW_FUNCTION(dwello_transaction_is_valid)
{
	static const char *const columns[] = {
		"amount", "platform_fee", "tax", "net_amount", "status", "hash",
		"completed_at"
	};
	static DwShape shape = DW_SHAPE(columns);
	DwRecord	record;
	DwTransactionStatus status;

	row_of(fcinfo, "transactions", &shape, &record);
	PG_RETURN_BOOL(dw_record_int8(&record, 0) > 0 &&
				   none_negative(&record, 1, 3) &&
				   dw_transaction_status_parse(dw_record_label(&record, 4),
											   &status) &&
				   (status == DW_TRANSACTION_COMPLETED) != record.nulls[5] &&
				   (status == DW_TRANSACTION_PENDING) == record.nulls[6]);
}
