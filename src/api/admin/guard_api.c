/*
 * guard_api.c
 *		What the server asks before it lets a change be: triggers, the rules
 *		of rows, and the guard of DROP EXTENSION.
 *
 * Triggers keep the time of a row's change, rows that may not change, and
 * what backends remember; one records every change.  All of them refuse to be
 * called in any other way than as the trigger they are.  None does anything
 * on INSERT that a restore would feel: a dump is loaded with triggers live,
 * and the one that records knows it.
 *
 * The rules of rows are CHECKs: of rows that money is in, and of documents
 * that are read again.  The server reads a CHECK's expression anew for every
 * statement that writes the table, at some thousands of instructions a word.
 * So a table has one call, with the columns that the rule is about, and the
 * rule is the one that core keeps anyway.  The columns are named, not the
 * row: a shard of the table, or a copy of it, has a row type of its own.
 *
 * DROP EXTENSION drops every row without asking, and so does whatever
 * cascades to it: DROP SCHEMA public CASCADE goes through PostGIS.  The
 * server tells a hook of each object that is about to be dropped, the
 * extension's own row among them.  The hook is there once the library is
 * loaded; an event trigger on the start of every definition command does
 * nothing but load it, so that no session is without the guard.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type_d.h"
#include "commands/event_trigger.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/rel.h"
#include "utils/rls.h"

#include "api/admin/admin_api.h"
#include "core/escrow/escrow.h"
#include "core/job/job.h"
#include "core/ledger/ledger.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/account/account_store.h"
#include "store/admin/admin_store.h"
#include "store/agent/agent_store.h"
#include "store/audit/audit_store.h"
#include "store/job/job_store.h"
#include "store/match/match_store.h"
#include "store/run/run_store.h"

/* Columns of a transaction that its one step from pending may change. */
static const char *const step_columns[] = {
	"status", "completed_at", "occurred_at", "booked_on", "psp",
	"psp_reference", "prev_hash", "hash", "amount", "net_amount"
};

/* How a function of ours may be hung on a table. */
typedef struct Firing
{
	const char *name;			/* of the function */
	bool		before;			/* before the change */
	bool		row_only;		/* for each row, never for the statement */
	bool		update_only;	/* of an update */
} Firing;

/* The trigger's data; 42501 unless it fires as the extension's own do. */
static TriggerData *
trigger_data(FunctionCallInfo fcinfo, const Firing *firing)
{
	TriggerData *data = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		dw_raise(DW_FORBIDDEN,
				 "this function can only be called as a trigger", NULL,
				 "The triggers of schema dwello are part of the extension.");
	if ((firing->before != (TRIGGER_FIRED_BEFORE(data->tg_event) != 0)) ||
		(firing->row_only && !TRIGGER_FIRED_FOR_ROW(data->tg_event)) ||
		(firing->update_only && !TRIGGER_FIRED_BY_UPDATE(data->tg_event)))
		dw_raise(DW_FORBIDDEN,
				 psprintf("%s() fires %s %s%s", firing->name,
						  firing->before ? "before" : "after",
						  firing->update_only ? "an update" : "a change",
						  firing->row_only ? " of a row" : ""),
				 NULL, "This trigger belongs to tables of schema dwello alone.");
	return data;
}

/*
 * The number of a column of the trigger's table; 42501 when it has none of
 * that type.  Anybody can make a table with columns of these names, and a
 * value taken for one of another type is a wild pointer.  InvalidOid asks for
 * no type in particular.
 */
static int
trigger_column(TriggerData *data, const char *name, Oid type)
{
	TupleDesc	desc = RelationGetDescr(data->tg_relation);
	int			column = SPI_fnumber(desc, name);

	if (column <= 0 ||
		(OidIsValid(type) && SPI_gettypeid(desc, column) != type))
		dw_raise(DW_FORBIDDEN,
				 psprintf("table \"%s\" has no column \"%s\"%s%s",
						  RelationGetRelationName(data->tg_relation), name,
						  OidIsValid(type) ? " of type " : "",
						  OidIsValid(type) ? format_type_be(type) : ""),
				 NULL, "This trigger belongs to tables of schema dwello alone.");
	return column;
}

/* True when the statement itself has moved the time of a row on. */
static bool
is_touched(TriggerData *data, int column, TimestampTz now)
{
	TupleDesc	desc = RelationGetDescr(data->tg_relation);
	bool		before_null;
	bool		after_null;
	Datum		before = heap_getattr(data->tg_trigtuple, column, desc,
									  &before_null);
	Datum		after = heap_getattr(data->tg_newtuple, column, desc,
									 &after_null);

	return !before_null && !after_null &&
		DatumGetTimestampTz(after) > DatumGetTimestampTz(before) &&
		DatumGetTimestampTz(after) <= now;
}

/*
 * Where a column lies in the data of a tuple whose columns before it are of a
 * fixed length and not NULL; -1 for another tuple, or one that nobody has
 * read a column of.
 */
static int
column_offset(HeapTuple tuple, int column, TupleDesc desc)
{
	if (HeapTupleHasNulls(tuple))
		for (int i = 0; i < column; i++)
			if (att_isnull(i, tuple->t_data->t_bits))
				return -1;
	return dw_attribute_offset(desc, column - 1);
}

/*
 * A copy of a tuple with another time in one column.  Forming it anew from
 * all its columns takes ten times as much as writing the time into a copy.
 */
static HeapTuple
with_time(HeapTuple tuple, int column, TupleDesc desc, TimestampTz time)
{
	int			offset = column_offset(tuple, column, desc);
	Datum		value = TimestampTzGetDatum(time);
	bool		isnull = false;
	HeapTuple	copy;

	if (offset < 0)
		return heap_modify_tuple_by_cols(tuple, desc, 1, &column, &value,
										 &isnull);
	copy = heap_copytuple(tuple);
	memcpy((char *) copy->t_data + copy->t_data->t_hoff + offset, &time,
		   sizeof(time));
	return copy;
}

/*
 * touch_updated_at(): BEFORE UPDATE, sets updated_at to the clock, unless the
 * statement has done so and spares the row another copy.
 */
DW_FUNCTION(dwello_touch_updated_at)
{
	static const Firing firing = {"touch_updated_at", true, true, true};
	TriggerData *data = trigger_data(fcinfo, &firing);
	int			column = trigger_column(data, "updated_at", TIMESTAMPTZOID);
	TimestampTz now = dw_now();

	if (is_touched(data, column, now))
		return PointerGetDatum(data->tg_newtuple);
	return PointerGetDatum(with_time(data->tg_newtuple, column,
									 RelationGetDescr(data->tg_relation),
									 now));
}

/* True when a row's is_builtin is set; false for no row. */
static bool
row_is_builtin(TriggerData *data, HeapTuple tuple, int column)
{
	bool		isnull;
	Datum		value = heap_getattr(tuple, column,
									 RelationGetDescr(data->tg_relation),
									 &isnull);

	return !isnull && DatumGetBool(value);
}

/* True when a column is one that the step from pending may change. */
static bool
is_step_column(const char *name)
{
	for (size_t i = 0; i < lengthof(step_columns); i++)
		if (strcmp(step_columns[i], name) == 0)
			return true;
	return false;
}

/*
 * True when old and new row differ in nothing, or, with `step`, in nothing
 * but the columns of the step from pending.
 */
static bool
only_differ_in_step(TriggerData *data, bool step)
{
	TupleDesc	desc = RelationGetDescr(data->tg_relation);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);
		bool		oldnull;
		bool		newnull;
		Datum		oldvalue;
		Datum		newvalue;

		if (column->attisdropped ||
			(step && is_step_column(NameStr(column->attname))))
			continue;
		oldvalue = heap_getattr(data->tg_trigtuple, i + 1, desc, &oldnull);
		newvalue = heap_getattr(data->tg_newtuple, i + 1, desc, &newnull);
		if (oldnull != newnull ||
			(!oldnull && !datum_image_eq(oldvalue, newvalue, column->attbyval,
										 column->attlen)))
			return false;
	}
	return true;
}

/*
 * guard_builtin(): refuses every change of a built-in row outside the
 * extension's own scripts (42501).  An update that changes nothing passes: a
 * copy of the table to another node, or of its rows over themselves, is none.
 */
DW_FUNCTION(dwello_guard_builtin)
{
	static const Firing firing = {"guard_builtin", true, true, false};
	TriggerData *data = trigger_data(fcinfo, &firing);
	int			column = trigger_column(data, "is_builtin", BOOLOID);
	bool		update = TRIGGER_FIRED_BY_UPDATE(data->tg_event);

	if (!creating_extension &&
		(row_is_builtin(data, data->tg_trigtuple, column) ||
		 (update && row_is_builtin(data, data->tg_newtuple, column))) &&
		!(update && only_differ_in_step(data, false)))
		dw_raise(DW_FORBIDDEN, "a built-in row cannot be changed",
				 psprintf("Built-in rows of \"%s\" belong to the version of dwello.",
						  RelationGetRelationName(data->tg_relation)),
				 "Add a row of your own instead.");
	return PointerGetDatum(update ? data->tg_newtuple : data->tg_trigtuple);
}

/* True when the update ends a pending row, and changes nothing else. */
static bool
is_step_from_pending(TriggerData *data)
{
	int			column = trigger_column(data, "status", InvalidOid);
	TupleDesc	desc = RelationGetDescr(data->tg_relation);
	const char *before = SPI_getvalue(data->tg_trigtuple, desc, column);
	const char *after = SPI_getvalue(data->tg_newtuple, desc, column);

	return before != NULL && after != NULL &&
		strcmp(before, "pending") == 0 &&
		(strcmp(after, "completed") == 0 || strcmp(after, "failed") == 0 ||
		 strcmp(after, "cancelled") == 0) &&
		only_differ_in_step(data, true);
}

/* True when the argument of a trigger from the second on names a column. */
static bool
is_named(const Trigger * trigger, const char *column)
{
	for (int i = 1; i < trigger->tgnargs; i++)
		if (strcmp(trigger->tgargs[i], column) == 0)
			return true;
	return false;
}

/* True when both values of a column open to the same text. */
static bool
is_same_sealed(TriggerData *data, int column)
{
	TupleDesc	desc = RelationGetDescr(data->tg_relation);
	int			id_column = trigger_column(data, "id", UUIDOID);
	const char *name = NameStr(TupleDescAttr(desc, column - 1)->attname);
	char	   *place = psprintf("%s.%s", data->tg_trigger->tgargs[0], name);
	HeapTuple	rows[] = {data->tg_trigtuple, data->tg_newtuple};
	char	   *texts[lengthof(rows)];

	if (trigger_column(data, name, BYTEAOID) != column)
		return false;
	for (size_t i = 0; i < lengthof(rows); i++)
	{
		bool		isnull;
		Datum		value = heap_getattr(rows[i], column, desc, &isnull);
		Datum		id = heap_getattr(rows[i], id_column, desc, &isnull);

		if (isnull)
			return false;
		texts[i] = dw_seal_try(place, (DwUuid *) DatumGetPointer(id),
							   DatumGetByteaPP(value));
	}
	return texts[0] != NULL && texts[1] != NULL &&
		strcmp(texts[0], texts[1]) == 0;
}

/* True when the rows differ in nothing but how the same texts are sealed. */
static bool
only_sealed_anew(TriggerData *data)
{
	TupleDesc	desc = RelationGetDescr(data->tg_relation);

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);
		bool		oldnull;
		bool		newnull;
		Datum		oldvalue;
		Datum		newvalue;

		if (column->attisdropped)
			continue;
		oldvalue = heap_getattr(data->tg_trigtuple, i + 1, desc, &oldnull);
		newvalue = heap_getattr(data->tg_newtuple, i + 1, desc, &newnull);
		if (oldnull && newnull)
			continue;
		if (oldnull || newnull)
			return false;
		if (!datum_image_eq(oldvalue, newvalue, column->attbyval,
							column->attlen) &&
			!(is_named(data->tg_trigger, NameStr(column->attname)) &&
			  is_same_sealed(data, i + 1)))
			return false;
	}
	return true;
}

/* True for an update that the argument of the trigger lets pass. */
static bool
is_permitted(TriggerData *data)
{
	const		Trigger *trigger = data->tg_trigger;

	if (!TRIGGER_FIRED_BY_UPDATE(data->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(data->tg_event))
		return false;
	if (trigger->tgnargs == 1 && strcmp(trigger->tgargs[0], "pending") == 0)
		return is_step_from_pending(data);
	return trigger->tgnargs > 1 && only_sealed_anew(data);
}

/*
 * guard_append(['pending' | table, column...]): refuses UPDATE, DELETE and
 * TRUNCATE (42501); with the first, an UPDATE of a row may end a pending one,
 * with the second it may seal anew what these columns have.
 */
DW_FUNCTION(dwello_guard_append)
{
	static const Firing firing = {"guard_append", true, false, false};
	TriggerData *data = trigger_data(fcinfo, &firing);

	if (is_permitted(data))
		return PointerGetDatum(data->tg_newtuple);
	if (TRIGGER_FIRED_BY_DELETE(data->tg_event) && dw_partition_is_moving())
		return PointerGetDatum(data->tg_trigtuple);
	dw_raise(DW_FORBIDDEN,
			 psprintf("rows of \"%s\" cannot be changed",
					  RelationGetRelationName(data->tg_relation)),
			 "The table is append only.",
			 "Correct a command by another one that reverses it.");
}

/*
 * True while a dump is restored, whose rows have their records with them.
 * pg_dump's text and pg_restore both begin by setting these two off, and
 * copy as themselves; a command of ours runs as the owner, and with
 * row_security off not at all.
 */
static bool
is_restore(void)
{
	return !row_security && !check_function_bodies &&
		GetUserId() == GetOuterUserId();
}

/*
 * audit_row(table): AFTER a change of a row, records it in dwello.audit_log.
 * A shard of the table has a name of its own, so the argument says whose
 * columns the registry is asked for.
 */
DW_FUNCTION(dwello_audit_row)
{
	static const Firing firing = {"audit_row", false, true, false};
	TriggerData *data = trigger_data(fcinfo, &firing);

	if (data->tg_trigger->tgnargs != 1)
		dw_raise(DW_FORBIDDEN, "audit_row() needs the name of a table",
				 NULL, "This trigger belongs to tables of schema dwello alone.");
	if (!creating_extension &&
		!(TRIGGER_FIRED_BY_INSERT(data->tg_event) && is_restore()))
		dw_audit_record(data, data->tg_trigger->tgargs[0]);
	return PointerGetDatum(NULL);
}

/*
 * guard_truncate(): refuses TRUNCATE of an audited table (42501), which would
 * take its rows away and leave no record of them.
 */
DW_FUNCTION(dwello_guard_truncate)
{
	static const Firing firing = {"guard_truncate", true, false, false};
	TriggerData *data = trigger_data(fcinfo, &firing);

	if (!TRIGGER_FIRED_BY_TRUNCATE(data->tg_event))
		dw_raise(DW_FORBIDDEN, "guard_truncate() fires before a truncate",
				 NULL, "This trigger belongs to tables of schema dwello alone.");
	dw_raise(DW_FORBIDDEN,
			 psprintf("table \"%s\" cannot be truncated",
					  RelationGetRelationName(data->tg_relation)),
			 "TRUNCATE leaves no record of the rows that go.",
			 "Use DELETE: each row is recorded in dwello.audit_log.");
}

/*
 * guard_cycle(): AFTER a change of a category, refuses one below itself
 * (23514).  Deferred, so it looks at what the transaction leaves.
 */
DW_FUNCTION(dwello_guard_cycle)
{
	static const Firing firing = {"guard_cycle", false, true, false};
	TriggerData *data = trigger_data(fcinfo, &firing);
	int			column = trigger_column(data, "id", UUIDOID);
	HeapTuple	row = TRIGGER_FIRED_BY_UPDATE(data->tg_event)
		? data->tg_newtuple : data->tg_trigtuple;
	DwCategoryMove move = {0};
	bool		isnull;
	Datum		id = SPI_getbinval(row, data->tg_relation->rd_att, column,
								   &isnull);

	dw_spi_connect();
	if (!isnull)
		dw_category_measure((DwUuid *) id, (DwUuid *) id, &move);
	if (move.parent_depth >= DW_CATEGORY_ENDLESS)
		dw_raise_constraint(DW_CHECK_VIOLATION, "category_cycle",
							"a category cannot be below itself",
							psprintf("Category %s is its own ancestor.",
									 dw_uuid_text((DwUuid *) id)),
							"Set the parent_id of one of its ancestors to another, or to NULL.");
	SPI_finish();
	return PointerGetDatum(NULL);
}

/*
 * forget_kept(table): AFTER any change, ends what backends keep of the table
 * of that name.  The trigger's own relation may be a shard of it, under a
 * name of its own.
 */
DW_FUNCTION(dwello_forget_kept)
{
	static const Firing firing = {"forget_kept", false, false, false};
	TriggerData *data = trigger_data(fcinfo, &firing);

	if (data->tg_trigger->tgnargs != 1)
		dw_raise(DW_FORBIDDEN,
				 "forget_kept() needs the name of a table", NULL,
				 "This trigger belongs to tables of schema dwello alone.");
	dw_match_rules_forget(data->tg_trigger->tgargs[0]);
	return PointerGetDatum(NULL);
}

/* What agents are woken by, of a row of jobs. */
typedef struct Terms
{
	bool		is_draft;		/* status, which may be neither, as the next */
	bool		is_open;		/* takes bids */
	int32		version;		/* terms_version; 0 for NULL */
} Terms;

/* Columns of a job by their number. */
typedef struct JobColumns
{
	int			id;				/* uuid */
	int			status;			/* dwello.job_status */
	int			terms_version;	/* integer */
} JobColumns;

/* Reads one of the two rows of an update. */
static Terms
terms_read(TriggerData *data, const JobColumns *columns, HeapTuple row)
{
	TupleDesc	desc = RelationGetDescr(data->tg_relation);
	const char *status = SPI_getvalue(row, desc, columns->status);
	bool		isnull;
	Datum		version = heap_getattr(row, columns->terms_version, desc,
									   &isnull);
	Terms		terms = {.version = isnull ? 0 : DatumGetInt32(version)};

	if (status != NULL)
	{
		terms.is_draft =
			strcmp(status, dw_job_status_label(DW_JOB_DRAFT)) == 0;
		terms.is_open =
			strcmp(status, dw_job_status_label(DW_JOB_OPEN)) == 0;
	}
	return terms;
}

/*
 * enqueue_agents(): AFTER UPDATE of a job, has agents look at it when it was
 * published or its terms have risen.  Whoever may update jobs may do the rest:
 * the commands are all of the owner.
 */
DW_FUNCTION(dwello_enqueue_agents)
{
	static const Firing firing = {"enqueue_agents", false, true, true};
	TriggerData *data = trigger_data(fcinfo, &firing);
	JobColumns	columns = {
		.id = trigger_column(data, "id", UUIDOID),
		.status = trigger_column(data, "status", dw_type_find("job_status")),
		.terms_version = trigger_column(data, "terms_version", INT4OID)
	};
	Terms		before = terms_read(data, &columns, data->tg_trigtuple);
	Terms		after = terms_read(data, &columns, data->tg_newtuple);
	bool		is_new;
	bool		isnull;
	Datum		id;

	is_new = before.is_draft ||
		(before.is_open && after.version > before.version);
	if (!after.is_open || !is_new || after.version <= 0)
		return PointerGetDatum(NULL);
	id = heap_getattr(data->tg_newtuple, columns.id,
					  RelationGetDescr(data->tg_relation), &isnull);
	if (isnull)
		return PointerGetDatum(NULL);
	dw_spi_connect();
	dw_work_enqueue((DwUuid *) DatumGetPointer(id), after.version);
	SPI_finish();
	return PointerGetDatum(NULL);
}

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

static object_access_hook_type next_hook = NULL;

/* True when the object is the row of extension dwello. */
static bool
is_dwello(Oid class_id, Oid object_id)
{
	char	   *name;

	if (class_id != ExtensionRelationId)
		return false;
	name = get_extension_name(object_id);
	return name != NULL && strcmp(name, "dwello") == 0;
}

/* WD901 when the extension is about to be dropped without leave. */
static void
refuse_drop(ObjectAccessType access, Oid class_id, Oid object_id, int sub_id,
			void *argument)
{
	if (next_hook != NULL)
		next_hook(access, class_id, object_id, sub_id, argument);
	if (access != OAT_DROP || dw_allow_drop() ||
		!is_dwello(class_id, object_id))
		return;
	dw_raise(DW_DROP_REFUSED,
			 "dropping the extension dwello would drop every row it holds",
			 "Jobs, bids, escrows and the ledger are tables of the extension.",
			 "As a superuser, SET dwello.allow_drop = on, if that is what you want.");
}

void
dw_drop_init(void)
{
	next_hook = object_access_hook;
	object_access_hook = refuse_drop;
}

/* guard_drop(): event trigger; that it is called has loaded the library. */
DW_FUNCTION(dwello_guard_drop)
{
	if (!CALLED_AS_EVENT_TRIGGER(fcinfo))
		dw_raise(DW_FORBIDDEN,
				 "this function can only be called as an event trigger",
				 NULL, "The event trigger dwello_guard_drop is part of the extension.");
	PG_RETURN_NULL();
}
