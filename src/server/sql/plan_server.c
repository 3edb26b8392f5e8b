/*
 * plan_server.c
 *		Statements with kept plans: the one way from C to the tables.
 *
 * A plan is made with SPI_prepare at the first use in a backend, forced to a
 * generic plan (the statements go by key, but for those that say otherwise),
 * and kept for the backend's life.  PostgreSQL analyses it anew by itself
 * when a table changes, even after the extension was dropped and made again,
 * because the text names everything.  Parameters of a type of ours have
 * another number then, and the plan is made anew.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "lib/stringinfo.h"
#include "nodes/parsenodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/lsyscache.h"
#include "utils/uuid.h"

#include "server/sql/sql_server.h"

/* Adds a parameter of any type. */
void
dw_param_datum(DwParams *p, Oid type, Datum value, bool isnull)
{
	if (p->count >= DW_MAX_PARAMS)
		elog(ERROR, "too many parameters for a dwello statement");
	p->types[p->count] = type;
	p->values[p->count] = isnull ? (Datum) 0 : value;
	p->nulls[p->count] = isnull ? 'n' : ' ';
	p->count++;
}

/* Adds an SQL NULL of the given type. */
void
dw_param_null(DwParams *p, Oid type)
{
	dw_param_datum(p, type, (Datum) 0, true);
}

/* Adds a uuid; NULL pointer = NULL.  The pointer must outlive the call. */
void
dw_param_uuid(DwParams *p, const DwUuid *id)
{
	dw_param_datum(p, UUIDOID, PointerGetDatum(id), id == NULL);
}

/* Adds a bigint. */
void
dw_param_int8(DwParams *p, int64 value)
{
	dw_param_datum(p, INT8OID, Int64GetDatum(value), false);
}

/* Adds a bigint[]. */
void
dw_param_int8s(DwParams *p, Datum *values, int count)
{
	dw_param_datum(p, INT8ARRAYOID,
				   PointerGetDatum(construct_array(values, count, INT8OID,
												   sizeof(int64),
												   FLOAT8PASSBYVAL,
												   TYPALIGN_DOUBLE)), false);
}

/* Adds a float8[]. */
void
dw_param_float8s(DwParams *p, Datum *values, int count)
{
	dw_param_datum(p, FLOAT8ARRAYOID,
				   PointerGetDatum(construct_array(values, count, FLOAT8OID,
												   sizeof(float8),
												   FLOAT8PASSBYVAL,
												   TYPALIGN_DOUBLE)), false);
}

/* Adds an integer. */
void
dw_param_int4(DwParams *p, int32 value)
{
	dw_param_datum(p, INT4OID, Int32GetDatum(value), false);
}

/* Adds a boolean. */
void
dw_param_bool(DwParams *p, bool value)
{
	dw_param_datum(p, BOOLOID, BoolGetDatum(value), false);
}

/* Adds a double precision. */
void
dw_param_float8(DwParams *p, double value)
{
	dw_param_datum(p, FLOAT8OID, Float8GetDatum(value), false);
}

/* Adds a date; DATEVAL_NOBEGIN = NULL. */
void
dw_param_date(DwParams *p, DateADT value)
{
	dw_param_datum(p, DATEOID, DateADTGetDatum(value),
				   DATE_IS_NOBEGIN(value));
}

/* Adds a timestamptz; DT_NOBEGIN (0 has a meaning of its own) = NULL. */
void
dw_param_time(DwParams *p, TimestampTz value)
{
	dw_param_datum(p, TIMESTAMPTZOID, TimestampTzGetDatum(value),
				   value == DT_NOBEGIN);
}

/* Adds a text, copied; NULL pointer = NULL. */
void
dw_param_text(DwParams *p, const char *value)
{
	dw_param_datum(p, TEXTOID,
				   value ? CStringGetTextDatum(value) : (Datum) 0,
				   value == NULL);
}

/* Adds a bytea, copied; NULL pointer = NULL. */
void
dw_param_bytes(DwParams *p, const void *data, size_t size)
{
	bytea	   *copy = NULL;

	if (data != NULL)
	{
		copy = palloc(VARHDRSZ + size);
		SET_VARSIZE(copy, VARHDRSZ + size);
		memcpy(VARDATA(copy), data, size);
	}
	dw_param_datum(p, BYTEAOID, PointerGetDatum(copy), copy == NULL);
}

/* Adds an array of uuids, copied. */
void
dw_param_uuids(DwParams *p, const DwUuid *ids, int count)
{
	Datum	   *items = palloc(sizeof(Datum) * (count + 1));

	for (int i = 0; i < count; i++)
		items[i] = PointerGetDatum(&ids[i]);
	dw_param_datum(p, UUIDARRAYOID,
				   PointerGetDatum(construct_array(items, count, UUIDOID,
												   UUID_LEN, false,
												   TYPALIGN_CHAR)), false);
	pfree(items);
}

/* Adds an array of texts; NULL pointer = NULL. */
void
dw_param_texts(DwParams *p, char **texts, int count)
{
	Datum	   *items = palloc((count + 1) * sizeof(Datum));

	for (int i = 0; i < count; i++)
		items[i] = CStringGetTextDatum(texts[i]);
	dw_param_datum(p, TEXTARRAYOID,
				   PointerGetDatum(construct_array(items, count, TEXTOID, -1,
												   false, TYPALIGN_INT)),
				   texts == NULL);
}

/*
 * A point as PostGIS's binary functions have it: EWKB, in the byte order of
 * this machine, which the first byte names.
 */
#define POINT_TYPE		0x20000001	/* a point, with the id of its system */
#define POINT_SYSTEM	4326	/* degrees */
#define POINT_HEAD		9		/* bytes before the two doubles */

#ifdef WORDS_BIGENDIAN
#define POINT_ORDER		0
#else
#define POINT_ORDER		1
#endif

/* The type geography, on the search_path that our functions have. */
static Oid
geography_type(void)
{
	Oid			type = TypenameGetTypid("geography");

	if (!OidIsValid(type))
		elog(ERROR, "there is no type geography");
	return type;
}

void
dw_param_point(DwParams *p, const DwDegrees *place)
{
	Oid			type = geography_type();
	uint32		head[] = {POINT_TYPE, POINT_SYSTEM};
	StringInfoData bytes;
	Oid			receive;
	Oid			element;

	initStringInfo(&bytes);
	appendStringInfoChar(&bytes, POINT_ORDER);
	appendBinaryStringInfo(&bytes, (char *) head, sizeof(head));
	appendBinaryStringInfo(&bytes, (char *) &place->longitude,
						   sizeof(double));
	appendBinaryStringInfo(&bytes, (char *) &place->latitude, sizeof(double));
	getTypeBinaryInputInfo(type, &receive, &element);
	dw_param_datum(p, type,
				   OidReceiveFunctionCall(receive, &bytes, element, -1),
				   false);
}

void
dw_point_read(Datum geography, DwDegrees *place)
{
	Oid			send;
	bool		is_varlena;
	bytea	   *bytes;

	getTypeBinaryOutputInfo(geography_type(), &send, &is_varlena);
	bytes = OidSendFunctionCall(send, geography);
	if (VARSIZE(bytes) != VARHDRSZ + POINT_HEAD + 2 * sizeof(double) ||
		*VARDATA(bytes) != POINT_ORDER)
		elog(ERROR, "geography is no point");
	memcpy(&place->longitude, VARDATA(bytes) + POINT_HEAD, sizeof(double));
	memcpy(&place->latitude, VARDATA(bytes) + POINT_HEAD + sizeof(double),
		   sizeof(double));
}

void
dw_param_enum(DwParams *p, const char *type, const char *label)
{
	Oid			oid = dw_type_find(type);

	if (label == NULL)
		dw_param_null(p, oid);
	else
		dw_param_datum(p, oid,
					   DirectFunctionCall2(enum_in, CStringGetDatum(label),
										   ObjectIdGetDatum(oid)), false);
}

/* Opens SPI; a failure is a can't-happen of the server. */
void
dw_spi_connect(void)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "SPI_connect failed");
}

/* True when the kept plan is for parameters of these types. */
static bool
plan_fits(SPIPlanPtr plan, const DwParams *p)
{
	if (plan == NULL)
		return false;
	for (int i = 0; i < p->count; i++)
		if (SPI_getargtypeid(plan, i) != p->types[i])
			return false;
	return true;
}

void
dw_statement_prepare(DwStatement *statement, const DwParams *p, int options)
{
	SPIPlanPtr	plan;

	if (plan_fits(statement->plan, p))
		return;
	plan = SPI_prepare_cursor(statement->sql, p->count,
							  (Oid *) p->types,
							  options | (statement->is_custom ?
										 CURSOR_OPT_CUSTOM_PLAN :
										 CURSOR_OPT_GENERIC_PLAN));
	if (plan == NULL)
		elog(ERROR, "could not prepare a dwello statement: %s",
			 SPI_result_code_string(SPI_result));
	if (SPI_keepplan(plan) != 0)
		elog(ERROR, "could not keep the plan of a dwello statement");
	if (statement->plan != NULL)
		(void) SPI_freeplan(statement->plan);
	statement->plan = plan;
}

static uint64 statements_run = 0;

uint64
dw_result_number(void)
{
	return statements_run;
}

/* Runs a statement and gives the number of rows it touched or returned. */
static uint64
statement_run(DwStatement *statement, const DwParams *p, bool read_only)
{
	static const DwParams none;
	int			code;

	if (p == NULL)
		p = &none;
	dw_statement_prepare(statement, p, 0);
	statements_run++;
	code = SPI_execute_plan(statement->plan, (Datum *) p->values,
							p->nulls, read_only, 0);
	if (code < 0)
		elog(ERROR, "dwello statement failed: %s",
			 SPI_result_code_string(code));
	return SPI_processed;
}

uint64
dw_execute(DwStatement *statement, const DwParams *p)
{
	return statement_run(statement, p, false);
}

uint64
dw_query(DwStatement *statement, const DwParams *p)
{
	return statement_run(statement, p, true);
}
