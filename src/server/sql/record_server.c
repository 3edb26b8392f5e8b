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
#include "utils/typcache.h"

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
