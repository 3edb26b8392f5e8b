/*
 * record_server.c
 *		Whole rows of a table as one result column, taken apart at once.
 *
 * Where the columns stand is looked up by their names, once for a row type;
 * a type that has gained or lost columns, or another, is looked up anew.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/typcache.h"
#include "utils/uuid.h"

#include "server/sql/sql_server.h"

void
dw_shape_resolve(DwShape *shape, TupleDesc desc)
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
	}
	shape->natts = desc->natts;
	shape->type = desc->tdtypeid;
}

/* Takes a row apart. */
static void
record_of(DwRecord *record, DwShape *shape, Datum row)
{
	HeapTupleData tuple = {0};
	TupleDesc	desc;
	Datum	   *values;
	bool	   *nulls;

	tuple.t_data = DatumGetHeapTupleHeader(row);
	tuple.t_len = HeapTupleHeaderGetDatumLength(tuple.t_data);
	desc = lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(tuple.t_data),
								  HeapTupleHeaderGetTypMod(tuple.t_data));
	dw_shape_resolve(shape, desc);
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

void
dw_record_read(DwRecord *record, DwShape *shape, uint64 row, int column)
{
	bool		isnull;
	Datum		value = dw_read_datum(row, column, &isnull);

	if (isnull)
		elog(ERROR, "dwello statement gave no record");
	record_of(record, shape, value);
}

void
dw_record_row(DwRecord *record, uint64 row)
{
	if (SPI_tuptable == NULL || row >= SPI_processed ||
		SPI_tuptable->tupdesc->natts > DW_RECORD_MAX)
		elog(ERROR, "dwello statement gave no such row");
	heap_deform_tuple(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
					  record->values, record->nulls);
}

/* Copies a uuid out; false, and the nil uuid, when it is NULL. */
bool
dw_record_uuid(const DwRecord *record, int i, DwUuid *out)
{
	if (record->nulls[i])
		memset(out, 0, sizeof(*out));
	else
		memcpy(out->bytes, DatumGetUUIDP(record->values[i])->data,
			   sizeof(out->bytes));
	return !record->nulls[i];
}

/* Gives a bigint; 0 when it is NULL. */
int64
dw_record_int8(const DwRecord *record, int i)
{
	return record->nulls[i] ? 0 : DatumGetInt64(record->values[i]);
}

/* Gives an integer; 0 when it is NULL. */
int32
dw_record_int4(const DwRecord *record, int i)
{
	return record->nulls[i] ? 0 : DatumGetInt32(record->values[i]);
}

/* Gives a timestamptz; DT_NOBEGIN when it is NULL. */
TimestampTz
dw_record_time(const DwRecord *record, int i)
{
	return record->nulls[i] ? DT_NOBEGIN
		: DatumGetTimestampTz(record->values[i]);
}

/* Gives a text as a C string; NULL when it is NULL. */
char *
dw_record_text(const DwRecord *record, int i)
{
	return record->nulls[i] ? NULL : TextDatumGetCString(record->values[i]);
}

char *
dw_record_label(const DwRecord *record, int i)
{
	return record->nulls[i] ? NULL
		: DatumGetCString(DirectFunctionCall1(enum_out, record->values[i]));
}
