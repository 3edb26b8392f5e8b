/*
 * read_server.c
 *		Reads the last result of a statement: values, places in a list, whole
 *		rows.
 *
 * A whole row of a table is one column of a result, taken apart at once.
 * Where its columns stand is looked up by their names, once for a row type; a
 * type that has gained or lost columns, or another, is looked up anew.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/typcache.h"
#include "utils/uuid.h"

#include "server/sql/sql_server.h"

/* A value of the last result: 0-based row, 1-based column. */
static Datum
value_at(uint64 row, int column, bool *isnull)
{
	if (SPI_tuptable == NULL || row >= SPI_processed)
		elog(ERROR, "dwello statement gave no row %llu",
			 (unsigned long long) row);
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
						 column, isnull);
}

Datum
dw_read_only_datum(uint64 row, bool *isnull)
{
	if (SPI_tuptable != NULL && SPI_tuptable->tupdesc->natts != 1)
		elog(ERROR, "dwello statement gave %d columns, not one",
			 SPI_tuptable->tupdesc->natts);
	return value_at(row, 1, isnull);
}

bool
dw_read_only_uuid(uint64 row, DwUuid *out)
{
	bool		isnull;
	Datum		value = dw_read_only_datum(row, &isnull);

	if (isnull)
		memset(out, 0, sizeof(*out));
	else
		memcpy(out->bytes, DatumGetUUIDP(value)->data, sizeof(out->bytes));
	return !isnull;
}

int64
dw_read_only_int8(uint64 row)
{
	bool		isnull;
	Datum		value = dw_read_only_datum(row, &isnull);

	return isnull ? 0 : DatumGetInt64(value);
}

int32
dw_read_only_int4(uint64 row)
{
	bool		isnull;
	Datum		value = dw_read_only_datum(row, &isnull);

	return isnull ? 0 : DatumGetInt32(value);
}

bool
dw_read_only_bool(uint64 row)
{
	bool		isnull;
	Datum		value = dw_read_only_datum(row, &isnull);

	return isnull ? false : DatumGetBool(value);
}

TimestampTz
dw_read_only_time(uint64 row)
{
	bool		isnull;
	Datum		value = dw_read_only_datum(row, &isnull);

	return isnull ? DT_NOBEGIN : DatumGetTimestampTz(value);
}

char *
dw_read_only_text(uint64 row)
{
	bool		isnull;
	Datum		value = dw_read_only_datum(row, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

char *
dw_uuid_text(const DwUuid *id)
{
	return DatumGetCString(DirectFunctionCall1(uuid_out,
											   PointerGetDatum(id)));
}

DwUuid *
dw_read_only_uuids(int *count)
{
	DwUuid	   *ids = palloc_extended(sizeof(DwUuid) * Max(SPI_processed, 1),
									  MCXT_ALLOC_HUGE);

	*count = (int) SPI_processed;
	for (int i = 0; i < *count; i++)
		(void) dw_read_only_uuid(i, &ids[i]);
	return ids;
}

void
dw_param_cursor(DwParams *p, const DwCursor *cursor)
{
	dw_param_time(p, cursor->created_at);
	dw_param_uuid(p, &cursor->id);
}

bool
dw_read_cursor(uint64 rows, const DwUuid *id, DwCursor *cursor)
{
	if (rows == 0)
		return false;
	cursor->created_at = dw_read_only_time(0);
	cursor->id = *id;
	return true;
}

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
	Datum		value = value_at(row, column, &isnull);

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
