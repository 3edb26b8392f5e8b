/*
 * read_server.c
 *		Reads the last result of a statement.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/uuid.h"

#include "server/sql/sql_server.h"

Datum
dw_read_datum(uint64 row, int column, bool *isnull)
{
	if (SPI_tuptable == NULL || row >= SPI_processed)
		elog(ERROR, "dwello statement gave no row %llu",
			 (unsigned long long) row);
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc,
						 column, isnull);
}

bool
dw_read_null(uint64 row, int column)
{
	bool		isnull;

	(void) dw_read_datum(row, column, &isnull);
	return isnull;
}

bool
dw_read_uuid(uint64 row, int column, DwUuid *out)
{
	bool		isnull;
	Datum		value = dw_read_datum(row, column, &isnull);

	if (isnull)
		memset(out, 0, sizeof(*out));
	else
		memcpy(out->bytes, DatumGetUUIDP(value)->data, sizeof(out->bytes));
	return !isnull;
}

int64
dw_read_int8(uint64 row, int column)
{
	bool		isnull;
	Datum		value = dw_read_datum(row, column, &isnull);

	return isnull ? 0 : DatumGetInt64(value);
}

int32
dw_read_int4(uint64 row, int column)
{
	bool		isnull;
	Datum		value = dw_read_datum(row, column, &isnull);

	return isnull ? 0 : DatumGetInt32(value);
}

bool
dw_read_bool(uint64 row, int column)
{
	bool		isnull;
	Datum		value = dw_read_datum(row, column, &isnull);

	return isnull ? false : DatumGetBool(value);
}

TimestampTz
dw_read_time(uint64 row, int column)
{
	bool		isnull;
	Datum		value = dw_read_datum(row, column, &isnull);

	return isnull ? DT_NOBEGIN : DatumGetTimestampTz(value);
}

char *
dw_read_text(uint64 row, int column)
{
	bool		isnull;
	Datum		value = dw_read_datum(row, column, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

bytea *
dw_read_bytea(uint64 row, int column)
{
	bool		isnull;
	Datum		value = dw_read_datum(row, column, &isnull);

	return isnull ? NULL : DatumGetByteaPCopy(value);
}

char *
dw_uuid_text(const DwUuid *id)
{
	return DatumGetCString(DirectFunctionCall1(uuid_out,
											   PointerGetDatum(id)));
}

/* Holds a statement to the one column that its reader takes. */
static void
check_only(void)
{
	if (SPI_tuptable != NULL && SPI_tuptable->tupdesc->natts != 1)
		elog(ERROR, "dwello statement gave %d columns, not one",
			 SPI_tuptable->tupdesc->natts);
}

bool
dw_read_only_uuid(uint64 row, DwUuid *out)
{
	check_only();
	return dw_read_uuid(row, 1, out);
}

int64
dw_read_only_int8(uint64 row)
{
	check_only();
	return dw_read_int8(row, 1);
}

int32
dw_read_only_int4(uint64 row)
{
	check_only();
	return dw_read_int4(row, 1);
}

bool
dw_read_only_bool(uint64 row)
{
	check_only();
	return dw_read_bool(row, 1);
}

TimestampTz
dw_read_only_time(uint64 row)
{
	check_only();
	return dw_read_time(row, 1);
}

char *
dw_read_only_text(uint64 row)
{
	check_only();
	return dw_read_text(row, 1);
}

Datum
dw_read_only_datum(uint64 row, bool *isnull)
{
	check_only();
	return dw_read_datum(row, 1, isnull);
}

DwUuid *
dw_read_only_uuids(int *count)
{
	DwUuid	   *ids = palloc(sizeof(DwUuid) * Max(SPI_processed, 1));

	*count = (int) SPI_processed;
	for (int i = 0; i < *count; i++)
		(void) dw_read_only_uuid(i, &ids[i]);
	return ids;
}
