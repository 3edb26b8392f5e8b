/*
 * row_server.c
 *		Fills the columns of a result row by name.
 *
 * Users find result columns by name, and so does the code: a column may be
 * added to the SQL declaration without touching the order here.  A name that
 * the function does not declare is ignored, so that functions which share a
 * row (escrow, say) can share the code that fills it.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

#include "server/call/call_server.h"

/* The 0-based position of a column; -1 when the function has none such. */
static int
row_column(DwCall *call, const char *name)
{
	if (call->desc == NULL)
		return -1;
	for (int i = 0; i < call->desc->natts; i++)
		if (strcmp(NameStr(TupleDescAttr(call->desc, i)->attname), name) == 0)
			return i;
	return -1;
}

/* Sets a column to a value of its own type. */
void
dw_row_datum(DwCall *call, const char *name, Datum value)
{
	int			column = row_column(call, name);

	if (column < 0)
		return;
	call->values[column] = value;
	call->nulls[column] = false;
}

/* Sets a uuid, copied; NULL pointer leaves the column NULL. */
void
dw_row_uuid(DwCall *call, const char *name, const DwUuid *id)
{
	DwUuid	   *copy;

	if (id == NULL)
		return;
	copy = palloc(sizeof(*copy));
	*copy = *id;
	dw_row_datum(call, name, PointerGetDatum(copy));
}

/* Sets a bigint. */
void
dw_row_int8(DwCall *call, const char *name, int64 value)
{
	dw_row_datum(call, name, Int64GetDatum(value));
}

/* Sets an integer. */
void
dw_row_int4(DwCall *call, const char *name, int32 value)
{
	dw_row_datum(call, name, Int32GetDatum(value));
}

/* Sets a boolean. */
void
dw_row_bool(DwCall *call, const char *name, bool value)
{
	dw_row_datum(call, name, BoolGetDatum(value));
}

/* Sets a double precision. */
void
dw_row_float8(DwCall *call, const char *name, double value)
{
	dw_row_datum(call, name, Float8GetDatum(value));
}

/* Sets a time; DT_NOBEGIN leaves the column NULL. */
void
dw_row_time(DwCall *call, const char *name, TimestampTz value)
{
	if (value != DT_NOBEGIN)
		dw_row_datum(call, name, TimestampTzGetDatum(value));
}

void
dw_row_text(DwCall *call, const char *name, const char *value)
{
	int			column = row_column(call, name);
	Oid			type;

	if (column < 0 || value == NULL)
		return;
	type = TupleDescAttr(call->desc, column)->atttypid;
	if (type == TEXTOID)
		dw_row_datum(call, name, CStringGetTextDatum(value));
	else
		dw_row_datum(call, name,
					 DirectFunctionCall2(enum_in, CStringGetDatum(value),
										 ObjectIdGetDatum(type)));
}

/* Sets value / 10^scale as numeric, exactly. */
void
dw_row_decimal(DwCall *call, const char *name, int64 value, int scale)
{
	dw_row_datum(call, name,
				 NumericGetDatum(int64_div_fast_to_numeric(value, scale)));
}

/* Sets an array of texts. */
void
dw_row_texts(DwCall *call, const char *name, const char **items, int count)
{
	Datum	   *datums = palloc((count + 1) * sizeof(Datum));

	for (int i = 0; i < count; i++)
		datums[i] = CStringGetTextDatum(items[i]);
	dw_row_datum(call, name,
				 PointerGetDatum(construct_array(datums, count, TEXTOID, -1,
												 false, TYPALIGN_INT)));
}
