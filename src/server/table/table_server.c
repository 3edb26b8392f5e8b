/*
 * table_server.c
 *		A table as one list of columns: what reads and writes its rows.
 *
 * Rows are read whole, as one column of the result: the server spends some
 * 2000 instructions on the description of each column, at every execution.
 * Where its columns stand is looked up by their names, once for a row type; a
 * type that has gained or lost columns, or another, is looked up anew.
 */
#include "postgres.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_type_d.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/rangetypes.h"
#include "utils/typcache.h"
#include "utils/uuid.h"

#include "server/table/table_server.h"

/* What each form takes in a struct, and what it is in SQL; 0: any. */
static const struct
{
	size_t		size;
	Oid			type;
}			forms[] = {
	[DW_FORM_UUID] = {sizeof(DwUuid), UUIDOID},
	[DW_FORM_UUID_COPY] = {sizeof(DwUuid *), UUIDOID},
	[DW_FORM_UUIDS] = {sizeof(DwUuids), UUIDARRAYOID},
	[DW_FORM_INT8] = {sizeof(int64), INT8OID},
	[DW_FORM_INT4] = {sizeof(int32), INT4OID},
	[DW_FORM_WIDE_INT4] = {sizeof(int64), INT4OID},
	[DW_FORM_FLOAT8] = {sizeof(double), FLOAT8OID},
	[DW_FORM_BOOL] = {sizeof(bool), BOOLOID},
	[DW_FORM_TIME] = {sizeof(TimestampTz), TIMESTAMPTZOID},
	[DW_FORM_PERIOD] = {sizeof(DwPeriod), TSTZRANGEOID},
	[DW_FORM_DATE] = {sizeof(DateADT), DATEOID},
	[DW_FORM_TEXT] = {sizeof(char *), TEXTOID},
	[DW_FORM_CURRENCY] = {DW_CURRENCY_SIZE, TEXTOID},
	[DW_FORM_JSONB] = {sizeof(Datum), JSONBOID},
	[DW_FORM_TEXTS] = {sizeof(Datum), TEXTARRAYOID},
	[DW_FORM_NUMERIC] = {sizeof(Datum), NUMERICOID},
	[DW_FORM_POINT] = {sizeof(DwDegrees), InvalidOid},
	[DW_FORM_BYTEA] = {sizeof(bytea *), BYTEAOID},
	[DW_FORM_DATUM] = {sizeof(Datum), InvalidOid},
	[DW_FORM_LABEL] = {sizeof(char *), InvalidOid},
	[DW_FORM_ENUM] = {sizeof(int), InvalidOid}
};

/* Keeps a text for the life of the backend. */
static const char *
keep(StringInfo text)
{
	return MemoryContextStrdup(TopMemoryContext, text->data);
}

/* Holds a column to its struct. */
static void
check_column(const DwColumn *column)
{
	if (column->size != forms[column->form].size)
		elog(ERROR, "column %s does not fit its struct", column->name);
}

/* Looks the list over, once, and names its columns for the reader. */
static void
table_prepare(DwTable *table)
{
	const char **names;

	/* the names are set last: an error half way leaves it to be done again */
	if (table->shape.names != NULL)
		return;
	names = MemoryContextAlloc(TopMemoryContext,
							   table->count * sizeof(char *));
	for (int i = 0; i < table->count; i++)
	{
		check_column(&table->columns[i]);
		names[i] = table->columns[i].name;
	}
	table->shape.count = table->count;
	table->shape.names = names;
}

/* Makes the statement of a query. */
static DwStatement *
query_statement(DwTableQuery *query)
{
	StringInfoData sql;

	table_prepare(query->table);
	if (query->statement.sql == NULL)
	{
		initStringInfo(&sql);
		appendStringInfo(&sql, "SELECT t FROM dwello.%s AS t %s",
						 query->table->name, query->tail);
		query->statement.sql = keep(&sql);
	}
	return &query->statement;
}

uint64
dw_table_execute(DwTableQuery *query, const DwParams *p)
{
	return dw_execute(query_statement(query), p);
}

uint64
dw_table_query(DwTableQuery *query, const DwParams *p)
{
	return dw_query(query_statement(query), p);
}

/* True for a member that may be missing: its stand-in is NULL. */
static bool
may_be_null(const DwColumn *column)
{
	return (column->flags & DW_COLUMN_NULLABLE) != 0;
}

/* A text, or the label of an enum, of which a statement made one or not. */
static char *
label_of(const DwColumn *column, Datum value, Oid type)
{
	return type == TEXTOID || column->form == DW_FORM_TEXT
		? TextDatumGetCString(value)
		: DatumGetCString(DirectFunctionCall1(enum_out, value));
}

/* The value of an enum, of which a statement made a text or not. */
static int
value_of(const DwColumn *column, Datum value, Oid type)
{
	int			found;

	if (type != TEXTOID)
		return dw_enum_value(column->labels, type, value);
	found = dw_label_find(column->labels->labels, column->labels->count,
						  TextDatumGetCString(value));
	if (found < 0)
		elog(ERROR, "column %s has an unknown label", column->name);
	return found;
}

/* What stands for the NULL of an enum. */
static int
value_of_null(const DwColumn *column)
{
	if (!may_be_null(column))
		elog(ERROR, "column %s has no label", column->name);
	return (int) column->null;
}

/* A copy of a uuid. */
static const DwUuid *
uuid_copy(Datum value)
{
	DwUuid	   *copy = palloc(sizeof(*copy));

	memcpy(copy, DatumGetUUIDP(value), sizeof(*copy));
	return copy;
}

/* The elements of an array of uuids, which has no NULLs. */
static DwUuids
uuids_copy(Datum value)
{
	ArrayType  *array = DatumGetArrayTypeP(value);
	DwUuids		uuids = {.count = ArrayGetNItems(ARR_NDIM(array),
												 ARR_DIMS(array))};
	DwUuid	   *ids = palloc((uuids.count + 1) * sizeof(*ids));

	if (array_contains_nulls(array))
		elog(ERROR, "an array of ids has a NULL");
	/* elements of sixteen bytes without alignment lie one after the other */
	memcpy(ids, (char *) array + ARR_OVERHEAD_NONULLS(ARR_NDIM(array)),
		   uuids.count * sizeof(*ids));
	uuids.ids = ids;
	return uuids;
}

/* Puts what stands for NULL into a member. */
static void
read_null(const DwColumn *column, char *member)
{
	switch (column->form)
	{
		case DW_FORM_INT8:
		case DW_FORM_WIDE_INT4:
			*(int64 *) member = column->null;
			break;
		case DW_FORM_INT4:
			*(int32 *) member = (int32) column->null;
			break;
		case DW_FORM_FLOAT8:
			*(double *) member =
				(column->flags & DW_COLUMN_NULLABLE) != 0 ? NAN : 0.0;
			break;
		case DW_FORM_TIME:
			*(TimestampTz *) member = DT_NOBEGIN;
			break;
		case DW_FORM_PERIOD:
			*(DwPeriod *) member = (DwPeriod)
			{
				DT_NOBEGIN, DT_NOEND
			};
			break;
		case DW_FORM_DATE:
			*(DateADT *) member = DATEVAL_NOBEGIN;
			break;
		case DW_FORM_ENUM:
			*(int *) member = value_of_null(column);
			break;
		default:
			memset(member, 0, column->size);
			break;
	}
}

/* The type tstzrange, as the server's functions on ranges want it. */
static TypeCacheEntry *
period_type(void)
{
	return lookup_type_cache(TSTZRANGEOID, TYPECACHE_RANGE_INFO);
}

/* A range as its two ends. */
static DwPeriod
period_of(Datum value)
{
	RangeBound	lower;
	RangeBound	upper;
	bool		empty;

	range_deserialize(period_type(), DatumGetRangeTypeP(value), &lower,
					  &upper, &empty);
	if (empty)
		elog(ERROR, "a period is empty");
	return (DwPeriod)
	{
		lower.infinite ? DT_NOBEGIN : DatumGetTimestampTz(lower.val),
			upper.infinite ? DT_NOEND : DatumGetTimestampTz(upper.val)
	};
}

/* The same the other way, as the next parameter. */
static void
param_period(DwParams *p, const DwPeriod *period)
{
	RangeBound	lower = {
		.val = TimestampTzGetDatum(period->from),
		.infinite = period->from == DT_NOBEGIN,
		.inclusive = period->from != DT_NOBEGIN,
		.lower = true
	};
	RangeBound	upper = {
		.val = TimestampTzGetDatum(period->until),
		.infinite = period->until == DT_NOEND
	};

	dw_param_datum(p, TSTZRANGEOID,
				   RangeTypePGetDatum(dw_make_range(period_type(), &lower,
													&upper)), false);
}

/* Puts a value that is not NULL into a member; enums may come as text. */
static void
read_value(const DwColumn *column, Datum value, Oid type, char *member)
{
	switch (column->form)
	{
		case DW_FORM_UUID:
			memcpy(member, DatumGetUUIDP(value), sizeof(DwUuid));
			break;
		case DW_FORM_UUID_COPY:
			*(const DwUuid **) member = uuid_copy(value);
			break;
		case DW_FORM_UUIDS:
			*(DwUuids *) member = uuids_copy(value);
			break;
		case DW_FORM_INT8:
		case DW_FORM_TIME:
		case DW_FORM_WIDE_INT4:
			*(int64 *) member = column->form == DW_FORM_WIDE_INT4
				? DatumGetInt32(value) : DatumGetInt64(value);
			break;
		case DW_FORM_INT4:
		case DW_FORM_DATE:
			*(int32 *) member = DatumGetInt32(value);
			break;
		case DW_FORM_FLOAT8:
			*(double *) member = DatumGetFloat8(value);
			break;
		case DW_FORM_BOOL:
			*(bool *) member = DatumGetBool(value);
			break;
		case DW_FORM_PERIOD:
			*(DwPeriod *) member = period_of(value);
			break;
		case DW_FORM_CURRENCY:
			strlcpy(member, TextDatumGetCString(value), column->size);
			break;
		case DW_FORM_JSONB:
		case DW_FORM_TEXTS:
		case DW_FORM_NUMERIC:
		case DW_FORM_BYTEA:
			*(Datum *) member = PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
			break;
		case DW_FORM_DATUM:
			*(Datum *) member = value;
			break;
		case DW_FORM_POINT:
			dw_point_read(value, (DwDegrees *) member);
			break;
		case DW_FORM_TEXT:
		case DW_FORM_LABEL:
			*(char **) member = label_of(column, value, type);
			break;
		case DW_FORM_ENUM:
			*(int *) member = value_of(column, value, type);
			break;
	}
}

/* One row, by the reader's order of columns. */
typedef struct Record
{
	Datum		values[DW_RECORD_MAX];	/* point into SPI's memory */
	bool		nulls[DW_RECORD_MAX];	/* true for NULL */
} Record;

/* Looks up where the columns of a shape stand, unless it is known. */
static void
shape_resolve(DwShape *shape, TupleDesc desc)
{
	if (shape->type == desc->tdtypeid && shape->natts == desc->natts)
		return;
	shape->type = InvalidOid;
	if (shape->count > DW_RECORD_MAX)
		elog(ERROR, "too many columns for a dwello record");
	for (int i = 0; i < shape->count; i++)
	{
		int			column = SPI_fnumber(desc, shape->names[i]);

		if (column <= 0)
			elog(ERROR, "a table of dwello has no column \"%s\"",
				 shape->names[i]);
		shape->attributes[i] = (AttrNumber) column;
		shape->types[i] = TupleDescAttr(desc, column - 1)->atttypid;
	}
	shape->natts = desc->natts;
	shape->type = desc->tdtypeid;
}

/* Takes a row apart. */
static void
record_of(Record *record, DwShape *shape, Datum row)
{
	HeapTupleData tuple = {0};
	TupleDesc	desc;
	Datum	   *values;
	bool	   *nulls;

	tuple.t_data = DatumGetHeapTupleHeader(row);
	tuple.t_len = HeapTupleHeaderGetDatumLength(tuple.t_data);
	desc = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(tuple.t_data),
								  HeapTupleHeaderGetTypMod(tuple.t_data));
	shape_resolve(shape, desc);
	values = palloc(desc->natts * sizeof(Datum));
	nulls = palloc(desc->natts * sizeof(bool));
	heap_deform_tuple(&tuple, desc, values, nulls);
	for (int i = 0; i < shape->count; i++)
	{
		record->values[i] = values[shape->attributes[i] - 1];
		record->nulls[i] = nulls[shape->attributes[i] - 1];
	}
	ReleaseTupleDesc(desc);
	pfree(values);
	pfree(nulls);
}

/* Takes apart a whole row of the last result; 0-based row, 1-based column. */
static void
record_read(Record *record, DwShape *shape, uint64 row, int column)
{
	bool		isnull = true;
	Datum		value = 0;

	if (SPI_tuptable != NULL && row < SPI_processed)
		value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
							  column, &isnull);
	if (isnull)
		elog(ERROR, "dwello statement gave no record");
	record_of(record, shape, value);
}

/* Takes apart a row of the last result by its own columns, in their order. */
static void
record_row(Record *record, uint64 row)
{
	if (SPI_tuptable == NULL || row >= SPI_processed ||
		SPI_tuptable->tupdesc->natts > DW_RECORD_MAX)
		elog(ERROR, "dwello statement gave no such row");
	heap_deform_tuple(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
					  record->values, record->nulls);
}

/* Puts the values of a record into the members of a row. */
static void
read_record(DwTable *table, const Record *record, char *row)
{
	memset(row, 0, table->size);
	for (int i = 0; i < table->count; i++)
	{
		const DwColumn *column = &table->columns[i];

		if (record->nulls[i])
			read_null(column, row + column->offset);
		else
			read_value(column, record->values[i], table->shape.types[i],
					   row + column->offset);
	}
}

/* Reads a row that stands in this column of the result. */
static void
read_row(DwTable *table, uint64 index, int number, void *row)
{
	Record		record;

	table_prepare(table);
	record_read(&record, &table->shape, index, number);
	read_record(table, &record, row);
}

void
dw_table_read(DwTable *table, uint64 index, void *row)
{
	read_row(table, index, 1, row);
}

void
dw_table_read_as(DwTable *table, uint64 index, const char *name, void *row)
{
	int			number = SPI_tuptable == NULL ? 0
		: SPI_fnumber(SPI_tuptable->tupdesc, name);

	if (number <= 0)
		elog(ERROR, "dwello statement gave no column \"%s\"", name);
	read_row(table, index, number, row);
}

/* True when a column of the result is what a field wants. */
static bool
field_fits(const DwColumn *column, Form_pg_attribute attribute)
{
	Oid			type = forms[column->form].type;

	return strcmp(NameStr(attribute->attname), column->name) == 0 &&
		(!OidIsValid(type) || attribute->atttypid == type ||
		 (type == INT4OID && attribute->atttypid == INT2OID));
}

/* Where the columns of the last result stand, most often as before. */
static void
map_resolve(DwMap *map, TupleDesc desc)
{
	for (int i = 0; i < map->count; i++)
	{
		const DwColumn *column = &map->columns[i];
		AttrNumber *at = &map->attributes[i];

		if (*at > 0 && *at <= desc->natts &&
			field_fits(column, TupleDescAttr(desc, *at - 1)))
			continue;
		check_column(column);
		*at = (AttrNumber) SPI_fnumber(desc, column->name);
		if (*at <= 0 || !field_fits(column, TupleDescAttr(desc, *at - 1)))
			elog(ERROR, "dwello statement gave no column \"%s\" of its type",
				 column->name);
	}
}

void
dw_map_read(DwMap *map, uint64 index, void *row)
{
	Record		record;
	TupleDesc	desc;

	record_row(&record, index);
	desc = SPI_tuptable->tupdesc;

	/* a nested call may have left the map at a result of its own */
	if (map->result != dw_result_number() || map->desc != desc)
	{
		map_resolve(map, desc);
		map->result = dw_result_number();
		map->desc = desc;
	}
	for (int i = 0; i < map->count; i++)
	{
		const DwColumn *column = &map->columns[i];
		char	   *member = (char *) row + column->offset;
		int			at = map->attributes[i] - 1;

		if (record.nulls[at])
			read_null(column, member);
		else
			read_value(column, record.values[at],
					   TupleDescAttr(desc, at)->atttypid, member);
	}
}

/* Adds an enum or a label; the number that stands for NULL is NULL. */
static void
param_enum(DwParams *p, const DwColumn *column, const char *member)
{
	Oid			type;
	int			value;

	if (column->form == DW_FORM_LABEL)
	{
		dw_param_enum(p, column->type, *(char *const *) member);
		return;
	}
	type = dw_type_find(column->type);
	value = *(int *) member;
	if (may_be_null(column) && value == column->null)
		dw_param_null(p, type);
	else
		dw_param_datum(p, type, dw_enum_datum(column->labels, type, value),
					   false);
}

/* Adds an id, by itself or behind a pointer. */
static void
param_uuid(DwParams *p, const DwColumn *column, const char *member)
{
	const DwUuid *id = column->form == DW_FORM_UUID_COPY ?
		*(DwUuid *const *) member : (const DwUuid *) member;

	if (id != NULL && may_be_null(column) && dw_uuid_is_nil(id))
		id = NULL;
	dw_param_uuid(p, id);
}

/* Adds a double, or NULL for NaN where that stands for it. */
static void
param_float8(DwParams *p, const DwColumn *column, double value)
{
	dw_param_datum(p, FLOAT8OID, Float8GetDatum(value),
				   may_be_null(column) && isnan(value));
}

/* Adds a number, or NULL where it stands for that. */
static void
param_number(DwParams *p, const DwColumn *column, const char *member)
{
	int64		value = column->form == DW_FORM_INT4
		? *(int32 *) member : *(int64 *) member;

	dw_param_datum(p, forms[column->form].type,
				   column->form == DW_FORM_INT8 ? Int64GetDatum(value)
				   : Int32GetDatum((int32) value),
				   may_be_null(column) && value == column->null);
}

/* Adds a member as the next parameter. */
static void
param_column(DwParams *p, const DwColumn *column, const char *member)
{
	const DwUuids *uuids = (const DwUuids *) member;

	switch (column->form)
	{
		case DW_FORM_UUID:
		case DW_FORM_UUID_COPY:
			param_uuid(p, column, member);
			break;
		case DW_FORM_UUIDS:
			dw_param_uuids(p, uuids->ids, uuids->count);
			break;
		case DW_FORM_INT8:
		case DW_FORM_INT4:
		case DW_FORM_WIDE_INT4:
			param_number(p, column, member);
			break;
		case DW_FORM_FLOAT8:
			param_float8(p, column, *(double *) member);
			break;
		case DW_FORM_BOOL:
			dw_param_bool(p, *(bool *) member);
			break;
		case DW_FORM_TIME:
			dw_param_time(p, *(TimestampTz *) member);
			break;
		case DW_FORM_PERIOD:
			param_period(p, (const DwPeriod *) member);
			break;
		case DW_FORM_DATE:
			dw_param_date(p, *(DateADT *) member);
			break;
		case DW_FORM_TEXT:
			dw_param_text(p, *(char *const *) member);
			break;
		case DW_FORM_CURRENCY:
			dw_param_text(p, *member == '\0' ? NULL : member);
			break;
		case DW_FORM_JSONB:
		case DW_FORM_TEXTS:
		case DW_FORM_NUMERIC:
		case DW_FORM_BYTEA:
		case DW_FORM_DATUM:		/* of no type: no plan is made of it */
			dw_param_datum(p, forms[column->form].type, *(Datum *) member,
						   *(Datum *) member == 0);
			break;
		case DW_FORM_POINT:
			dw_param_point(p, (const DwDegrees *) member);
			break;
		case DW_FORM_LABEL:
		case DW_FORM_ENUM:
			param_enum(p, column, member);
			break;
	}
}

/* True for a column of a new row. */
static bool
is_inserted(const DwColumn *column)
{
	return (column->flags & DW_COLUMN_BORN) == 0;
}

/* True for a column that an update writes from its member. */
static bool
is_updated(const DwColumn *column)
{
	return (column->flags & (DW_COLUMN_KEY | DW_COLUMN_FIXED |
							 DW_COLUMN_COUNTED)) == 0;
}

/* True for one that an update has as a parameter. */
static bool
is_in_update(const DwColumn *column)
{
	return is_updated(column) || (column->flags & DW_COLUMN_KEY) != 0;
}

/* The rows of a batch: an array of the table's row type. */
#define MANY_ROWS	"pg_catalog.unnest($1) AS r"

/* Adds the members of the columns that a statement takes. */
static void
params_of(const DwTable *table, const char *row,
		  bool (*takes) (const DwColumn *column), DwParams *p)
{
	for (int i = 0; i < table->count; i++)
		if (takes(&table->columns[i]))
			param_column(p, &table->columns[i],
						 row + table->columns[i].offset);
}

/* "id, kind" or, for many, "r.id, r.kind"; gives how many there are. */
static int
append_columns(StringInfo sql, const DwTable *table, const char *prefix,
			   bool (*takes) (const DwColumn *column))
{
	int			number = 0;

	for (int i = 0; i < table->count; i++)
		if (takes(&table->columns[i]))
			appendStringInfo(sql, "%s%s%s", number++ > 0 ? ", " : "", prefix,
							 table->columns[i].name);
	return number;
}

/*
 * INSERT INTO dwello.things (id, kind) VALUES ($1, $2)
 * INSERT INTO dwello.things (id, kind) SELECT r.id, r.kind FROM ... AS r
 */
static void
make_insert(DwTable *table)
{
	StringInfoData sql;
	StringInfoData values;
	StringInfoData many;
	int			count;

	initStringInfo(&sql);
	initStringInfo(&values);
	initStringInfo(&many);
	appendStringInfo(&sql, "INSERT INTO dwello.%s (", table->name);
	count = append_columns(&sql, table, "", is_inserted);
	appendStringInfo(&many, "%s) SELECT ", sql.data);
	(void) append_columns(&many, table, "r.", is_inserted);
	appendStringInfoString(&many, " FROM " MANY_ROWS);
	table->insert.many.sql = keep(&many);
	for (int i = 1; i <= count; i++)
		appendStringInfo(&values, i == 1 ? "$%d" : ", $%d", i);
	appendStringInfo(&sql, ") VALUES (%s)", values.data);
	table->insert.one.sql = keep(&sql);

	/*
	 * Of any constraint, not only of the key: an account has its owner, kind
	 * and currency for one too, and of two that are made at once the later
	 * would fail by that.
	 */
	appendStringInfoString(&sql, " ON CONFLICT DO NOTHING");
	table->insert_new.sql = keep(&sql);
}

/*
 * Makes one parameter of many: a row of the table, with NULL in what they do
 * not name.  A batch then has one array for each table and not one for each
 * column, and the statement takes from it only the columns that it names.
 */
static void
params_to_row(DwTable *table, DwParams *p,
			  bool (*takes) (const DwColumn *column))
{
	Oid			type = dw_type_find(table->name);
	TupleDesc	desc = lookup_rowtype_tupdesc(type, -1);
	Datum	   *values = palloc0(desc->natts * sizeof(Datum));
	bool	   *nulls = palloc(desc->natts * sizeof(bool));
	int			number = 0;

	memset(nulls, true, desc->natts);
	shape_resolve(&table->shape, desc);
	for (int i = 0; i < table->count; i++)
		if (takes(&table->columns[i]))
		{
			int			at = table->shape.attributes[i] - 1;

			values[at] = p->values[number];
			nulls[at] = p->nulls[number++] == 'n';
		}
	p->count = 0;
	dw_param_datum(p, type,
				   HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)),
				   false);
	ReleaseTupleDesc(desc);
}

/* Writes now, or holds the row back until the batch ends. */
static void
table_write(DwTable *table, DwWrite *write, DwParams *p,
			bool (*takes) (const DwColumn *column))
{
	if (dw_write_is_batched())
		params_to_row(table, p, takes);
	dw_write(write, p);
}

/* The columns of a new row as parameters. */
static void
insert_params(DwTable *table, const void *row, DwParams *p)
{
	table_prepare(table);
	if (table->insert.one.sql == NULL)
		make_insert(table);
	params_of(table, row, is_inserted, p);
}

void
dw_table_insert(DwTable *table, const void *row)
{
	DwParams	p = DW_PARAMS;

	insert_params(table, row, &p);
	table_write(table, &table->insert, &p, is_inserted);
}

/* INSERT INTO dwello.things (id, kind) VALUES ($1, $2), ($3, $4) */
static char *
insert_rows_text(const DwTable *table, int count)
{
	StringInfoData sql;
	int			width;

	initStringInfo(&sql);
	appendStringInfo(&sql, "INSERT INTO dwello.%s (", table->name);
	width = append_columns(&sql, table, "", is_inserted);
	for (int i = 0; i < count * width; i++)
		appendStringInfo(&sql, "%s$%d", i == 0 ? ") VALUES (" :
						 i % width == 0 ? "), (" : ", ", i + 1);
	appendStringInfoChar(&sql, ')');
	return MemoryContextStrdup(TopMemoryContext, sql.data);
}

void
dw_table_insert_rows(DwTable *table, const void *rows, int count)
{
	const char *row = rows;
	int			taken;

	for (int i = 0; i < count; i += taken, row += taken * table->size)
	{
		DwParams	p = DW_PARAMS;
		int			width;

		/*
		 * As many rows a statement as parameters allow, each number of rows
		 * with a text and a plan of its own: a start of the executor costs
		 * more than a row.
		 */
		taken = 1;
		if (dw_write_is_batched())
		{
			dw_table_insert(table, row);
			continue;
		}
		insert_params(table, row, &p);
		width = p.count;
		while (taken < Min(count - i, DW_ROWS_AT_ONCE) &&
			   p.count + width <= DW_MAX_PARAMS)
			insert_params(table, row + taken++ * table->size, &p);
		if (table->insert_rows[taken - 1].sql == NULL)
			table->insert_rows[taken - 1].sql =
				insert_rows_text(table, taken);
		(void) dw_execute(&table->insert_rows[taken - 1], &p);
	}
}

bool
dw_table_insert_new(DwTable *table, const void *row)
{
	DwParams	p = DW_PARAMS;

	insert_params(table, row, &p);
	return dw_execute(&table->insert_new, &p) == 1;
}

/*
 * UPDATE dwello.things AS t SET kind = $2, version = t.version + 1
 * WHERE t.id = $1
 *
 * and, for many, "= r.kind" FROM ... AS r WHERE t.id = r.id.
 */
static char *
update_text(const DwTable *table, bool is_many)
{
	StringInfoData sql;
	StringInfoData key;
	int			number = 0;
	const char *comma = "";

	initStringInfo(&sql);
	initStringInfo(&key);
	appendStringInfo(&sql, "UPDATE dwello.%s AS t SET ", table->name);
	for (int i = 0; i < table->count; i++)
	{
		const DwColumn *column = &table->columns[i];
		char	   *value = is_many ? psprintf("r.%s", column->name)
			: psprintf("$%d", number + 1);

		number += is_in_update(column);
		if ((column->flags & DW_COLUMN_KEY) != 0)
			appendStringInfo(&key, "%st.%s = %s", key.len > 0 ? " AND " : "",
							 column->name, value);
		else if ((column->flags & DW_COLUMN_COUNTED) != 0)
			appendStringInfo(&sql, "%s%s = t.%s + 1", comma, column->name,
							 column->name);
		else if (is_updated(column))
			appendStringInfo(&sql, "%s%s = %s", comma, column->name, value);
		else
			continue;
		if ((column->flags & DW_COLUMN_KEY) == 0)
			comma = ", ";
	}
	if (is_many)
		appendStringInfoString(&sql, " FROM " MANY_ROWS);
	appendStringInfo(&sql, " WHERE %s", key.data);
	return MemoryContextStrdup(TopMemoryContext, sql.data);
}

void
dw_table_update(DwTable *table, void *row)
{
	DwParams	p = DW_PARAMS;

	table_prepare(table);
	if (table->update.one.sql == NULL)
	{
		table->update.table = table->name;
		table->update.many.sql = update_text(table, true);
		table->update.one.sql = update_text(table, false);
	}
	params_of(table, row, is_in_update, &p);
	table_write(table, &table->update, &p, is_in_update);
	/* the row in memory is as it will be in the table, also in a batch */
	for (int i = 0; i < table->count; i++)
		if ((table->columns[i].flags & DW_COLUMN_COUNTED) != 0)
			(*(int32 *) ((char *) row + table->columns[i].offset))++;
}
