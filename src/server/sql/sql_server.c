/*
 * sql_server.c
 *		Statements with kept plans: the one way from C to the tables.
 *
 * A plan is made with SPI_prepare at the first use in a backend, forced to a
 * generic plan (the statements go by key, but for those that say otherwise),
 * and kept for the backend's life.  PostgreSQL analyses it anew by itself
 * when a table changes, even after the extension was dropped and made again,
 * because the text names everything.  Parameters of a type of ours have
 * another number then, and the plan is made anew.
 *
 * A stream has its rows handed to a receiver of ours by the executor, so
 * there is neither a cursor nor a copy of rows that nobody asked for.
 *
 * To start an executor costs more than to write a row, so a batch that runs
 * a command a thousand times runs each of its statements once.  Its rows come
 * as arrays, which any node of a cluster can be sent.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_enum.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/params.h"
#include "nodes/parsenodes.h"
#include "tcop/dest.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/datum.h"
#include "utils/fmgrprotos.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
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

void
dw_owner_begin(DwOwnerScope *scope)
{
	GetUserIdAndSecContext(&scope->caller, &scope->context);
	SetUserIdAndSecContext(get_role_oid("dwello_owner", false),
						   scope->context | SECURITY_LOCAL_USERID_CHANGE);
	scope->level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp",
							 PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
							 true, 0, false);
	dw_spi_connect();
}

void
dw_owner_end(const DwOwnerScope *scope)
{
	SPI_finish();
	AtEOXact_GUC(true, scope->level);
	SetUserIdAndSecContext(scope->caller, scope->context);
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

/*
 * Makes and keeps the plan of a statement for these parameters, unless it
 * has one; options of cursors, as the server knows them, or 0.
 */
static void
statement_prepare(DwStatement *statement, const DwParams *p, int options)
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
	statement_prepare(statement, p, 0);
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

void
dw_query_afresh_begin(void)
{
	PushActiveSnapshot(GetTransactionSnapshot());
}

void
dw_query_afresh_end(void)
{
	PopActiveSnapshot();
}

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

/* The receiver: the server's part first. */
typedef struct Stream
{
	DestReceiver receiver;		/* what the executor knows */
	DwStreamTake take;			/* what is done with a row */
	void	   *state;			/* of whoever asked */
	MemoryContext context;		/* in which they did */
} Stream;

/* Hands a row on; what is made of it outlives the statement. */
static bool
stream_receive(TupleTableSlot *slot, DestReceiver *receiver)
{
	Stream	   *stream = (Stream *) receiver;
	MemoryContext executor = MemoryContextSwitchTo(stream->context);
	bool		more = stream->take(stream->state, slot);

	MemoryContextSwitchTo(executor);
	return more;
}

/* Nothing is to be done before the first row. */
static void
stream_startup(DestReceiver *receiver, int operation, TupleDesc desc)
{
}

/* Nor after the last one, nor at the end. */
static void
stream_end(DestReceiver *receiver)
{
}

/* The parameters as the executor wants them. */
static ParamListInfo
stream_params(const DwParams *p)
{
	ParamListInfo list = makeParamList(p->count);

	for (int i = 0; i < p->count; i++)
	{
		list->params[i].value = p->values[i];
		list->params[i].isnull = p->nulls[i] == 'n';
		list->params[i].pflags = PARAM_FLAG_CONST;
		list->params[i].ptype = p->types[i];
	}
	return list;
}

void
dw_stream(DwStatement *statement, const DwParams *p, DwStreamTake take,
		  void *state)
{
	Stream		stream = {
		.receiver = {stream_receive, stream_startup, stream_end, stream_end,
		DestNone},
		.take = take,
		.state = state,
		.context = CurrentMemoryContext
	};
	SPIExecuteOptions options = {
		.params = stream_params(p),
		.read_only = true,
		.dest = &stream.receiver
	};
	int			code;

	statement_prepare(statement, p, CURSOR_OPT_FAST_PLAN);
	code = SPI_execute_plan_extended(statement->plan, &options);
	if (code < 0)
		elog(ERROR, "dwello statement failed: %s",
			 SPI_result_code_string(code));
}

#define WATCHERS_MAX	16		/* functions that are told of relations */

/* Who is told of relations that change. */
static struct
{
	RelcacheCallbackFunction told[WATCHERS_MAX];	/* as they came */
	int			count;			/* of them */
}			watchers;

/* Tells all of them. */
static void
relation_changed(Datum argument, Oid relation)
{
	for (int i = 0; i < watchers.count; i++)
		watchers.told[i] (argument, relation);
}

void
dw_relation_watch(RelcacheCallbackFunction changed)
{
	if (watchers.count == WATCHERS_MAX)
		elog(ERROR, "too many functions are told of relations");
	if (watchers.count == 0)
		CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
	watchers.told[watchers.count++] = changed;
}

#define TYPES_KEPT 32			/* types whose numbers are remembered */

static int	types_known = 0;

/* A type was changed: forgets them all. */
static void
types_forget(Datum arg, int cacheid, uint32 hashvalue)
{
	types_known = 0;
}

Oid
dw_type_find(const char *name)
{
	static struct
	{
		const char *name;		/* a literal of ours */
		Oid			type;		/* its number */
	}			known[TYPES_KEPT];
	static bool is_told = false;
	Oid			type;

	for (int i = 0; i < types_known; i++)
		if (known[i].name == name)
			return known[i].type;
	if (!is_told)
		CacheRegisterSyscacheCallback(TYPEOID, types_forget, (Datum) 0);
	is_told = true;
	type = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid,
						   CStringGetDatum(name),
						   ObjectIdGetDatum(get_namespace_oid("dwello",
															  false)));
	if (!OidIsValid(type))
		elog(ERROR, "there is no type dwello.%s", name);
	if (types_known < TYPES_KEPT)
	{
		known[types_known].name = name;
		known[types_known++].type = type;
	}
	return type;
}

#define ENUMS_KEPT 64			/* lists of labels whose types are known */

/* The members of an enum type that have the labels of one of our enums. */
typedef struct EnumMembers
{
	const DwLabels *labels;		/* of ours */
	Oid			type;			/* the server's; 0 = not looked up */
	Oid		   *members;		/* by our values; 0 = it has no such label */
} EnumMembers;

/* Looks the members of a type up by their labels. */
static void
members_find(EnumMembers *found, Oid type)
{
	const DwLabels *labels = found->labels;

	found->type = InvalidOid;
	for (int i = 0; i < labels->count; i++)
		found->members[i] = labels->labels[i] == NULL ? InvalidOid
			: GetSysCacheOid2(ENUMTYPOIDNAME, Anum_pg_enum_oid,
							  ObjectIdGetDatum(type),
							  CStringGetDatum(labels->labels[i]));
	found->type = type;
}

/*
 * The members of a type, looked up once.  A member keeps its number as long
 * as its type lives, wherever ALTER TYPE puts new ones, and a type made anew
 * has a number of its own.
 */
static const Oid *
enum_members(const DwLabels *labels, Oid type)
{
	static EnumMembers known[ENUMS_KEPT];
	EnumMembers *found = known;

	while (found->labels != NULL && found->labels != labels)
		if (++found == known + ENUMS_KEPT)
			elog(ERROR, "too many enums for dwello");
	if (found->labels == NULL)
	{
		found->members = MemoryContextAlloc(TopMemoryContext,
											labels->count * sizeof(Oid));
		found->labels = labels;
	}
	if (found->type != type)
		members_find(found, type);
	return found->members;
}

Datum
dw_enum_datum(const DwLabels *labels, Oid type, int value)
{
	Oid			member = value >= 0 && value < labels->count
		? enum_members(labels, type)[value] : InvalidOid;

	if (!OidIsValid(member))
		elog(ERROR, "type %u has no label for %d", type, value);
	return ObjectIdGetDatum(member);
}

int
dw_enum_value(const DwLabels *labels, Oid type, Datum member)
{
	const Oid  *members = enum_members(labels, type);

	for (int i = 0; i < labels->count; i++)
		if (members[i] == DatumGetObjectId(member))
			return i;
	elog(ERROR, "type %u has a label that dwello does not know", type);
}

int
dw_read_only_enum(uint64 row, const DwLabels *labels)
{
	bool		isnull;
	Datum		member = dw_read_only_datum(row, &isnull);

	if (isnull)
		elog(ERROR, "dwello statement gave no label");
	return dw_enum_value(labels, SPI_gettypeid(SPI_tuptable->tupdesc, 1),
						 member);
}

#define WRITE_BATCHES_MAX	16	/* statements used by one piece of work */
#define ROWS_FIRST	64			/* rows that a batch has room for at first */
#define MARK		"@rows"		/* of DW_ROWS */

/* A column of rows that wait. */
typedef struct WriteColumn
{
	Oid			type;			/* of its values */
	int16		length;			/* as pg_type has them */
	bool		byval;			/* the same */
	char		align;			/* the same */
	Datum	   *values;			/* copies */
	bool	   *nulls;			/* which are NULL */
} WriteColumn;

/* Rows that wait for one statement. */
typedef struct WriteBatch
{
	DwWrite    *write;			/* what they wait for */
	int			count;			/* how many */
	int			room;			/* how many its columns hold */
	int			width;			/* columns: the statement's parameters */
	WriteColumn columns[DW_MAX_PARAMS]; /* the first `width` of them */
} WriteBatch;

/* What is being gathered. */
typedef struct WriteBatches
{
	MemoryContext context;		/* of the rows */
	int			count;			/* of batches */
	WriteBatch *batches[WRITE_BATCHES_MAX]; /* in the order of first use */
} WriteBatches;

static WriteBatches *open_batches = NULL;

/* A text with its rows coming from there, for the backend's life. */
static const char *
text_from(const char *sql, const char *source)
{
	const char *mark = strstr(sql, MARK);
	char	   *text;

	if (mark == NULL)
		elog(ERROR, "a dwello statement takes no rows: %s", sql);
	text = psprintf("%.*s%s%s", (int) (mark - sql), sql, source,
					mark + strlen(MARK));
	return MemoryContextStrdup(TopMemoryContext, text);
}

/* (SELECT $1, $2) */
static char *
source_of_one(int columns)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 1; i <= columns; i++)
		appendStringInfo(&text, i == 1 ? "(SELECT $%d" : ", $%d", i);
	appendStringInfoChar(&text, ')');
	return text.data;
}

/* ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) */
static char *
source_of_many(int columns)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoString(&text, "ROWS FROM (");
	for (int i = 1; i <= columns; i++)
		appendStringInfo(&text, "%spg_catalog.unnest($%d)",
						 i == 1 ? "" : ", ", i);
	appendStringInfoChar(&text, ')');
	return text.data;
}

/* Makes room for more rows. */
static void
batch_grow(WriteBatch *batch)
{
	batch->room *= 2;
	for (int i = 0; i < batch->width; i++)
	{
		WriteColumn *column = &batch->columns[i];

		column->values = repalloc_huge(column->values,
									   batch->room * sizeof(Datum));
		column->nulls = repalloc_huge(column->nulls,
									  batch->room * sizeof(bool));
	}
}

/* A batch without rows. */
static WriteBatch *
batch_make(DwWrite *write, const DwParams *row)
{
	WriteBatch *batch = palloc0(sizeof(WriteBatch));

	batch->write = write;
	batch->room = ROWS_FIRST;
	batch->width = row->count;
	for (int i = 0; i < batch->width; i++)
	{
		WriteColumn *column = &batch->columns[i];

		column->type = row->types[i];
		get_typlenbyvalalign(column->type, &column->length, &column->byval,
							 &column->align);
		column->values = palloc(batch->room * sizeof(Datum));
		column->nulls = palloc(batch->room * sizeof(bool));
	}
	return batch;
}

/* The batch of a statement, made when it is not there yet. */
static WriteBatch *
batch_find(DwWrite *write, const DwParams *row)
{
	for (int i = 0; i < open_batches->count; i++)
		if (open_batches->batches[i]->write == write)
			return open_batches->batches[i];
	if (open_batches->count >= WRITE_BATCHES_MAX)
		elog(ERROR, "too many dwello statements to gather for");
	return open_batches->batches[open_batches->count++] =
		batch_make(write, row);
}

/* Adds a row to the batch of its statement. */
static void
batch_add(DwWrite *write, const DwParams *row)
{
	MemoryContext old = MemoryContextSwitchTo(open_batches->context);
	WriteBatch *batch = batch_find(write, row);

	if (batch->count == batch->room)
		batch_grow(batch);
	for (int i = 0; i < batch->width; i++)
	{
		WriteColumn *column = &batch->columns[i];
		bool		isnull = row->nulls[i] == 'n';

		column->nulls[batch->count] = isnull;
		column->values[batch->count] = isnull ? (Datum) 0
			: datumCopy(row->values[i], column->byval, column->length);
	}
	batch->count++;
	MemoryContextSwitchTo(old);
}

/* Adds a column of a batch as one parameter. */
static void
param_column(DwParams *p, const WriteColumn *column, int count)
{
	int			lower = 1;
	ArrayType  *array = construct_md_array(column->values, column->nulls, 1,
										   &count, &lower, column->type,
										   column->length, column->byval,
										   column->align);

	dw_param_datum(p, get_array_type(column->type), PointerGetDatum(array),
				   false);
}

/* Holds a statement to the rows that it must have met. */
static void
check_met(const DwWrite *write, uint64 met, uint64 given)
{
	if (write->table != NULL && met != given)
		elog(ERROR, "no row of %s has this key", write->table);
}

/* Writes all rows of a batch. */
static void
batch_write(const WriteBatch *batch)
{
	DwWrite    *write = batch->write;
	DwParams	p = DW_PARAMS;

	if (write->many.sql == NULL)
		write->many.sql = text_from(write->sql,
									source_of_many(batch->width));
	for (int i = 0; i < batch->width; i++)
		param_column(&p, &batch->columns[i], batch->count);
	check_met(write, dw_execute(&write->many, &p), batch->count);
}

void
dw_write(DwWrite *write, const DwParams *row)
{
	if (open_batches != NULL)
	{
		batch_add(write, row);
		return;
	}
	if (write->one.sql == NULL)
		write->one.sql = text_from(write->sql, source_of_one(row->count));
	check_met(write, dw_execute(&write->one, row), 1);
}

bool
dw_write_is_batched(void)
{
	return open_batches != NULL;
}

/*
 * Has what is too long for a page compressed by lz4 where the server was built
 * with it, a tenth of the work of pglz for a fifth more bytes; unless the
 * column says otherwise.  It is a setting of the writer and not of the table,
 * so that a dump can be restored where there is no lz4.
 */
static void
compress_quickly(void)
{
#ifdef USE_LZ4
	(void) set_config_option("default_toast_compression", "lz4", PGC_USERSET,
							 PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
#endif
}

void
dw_write_batch(DwWork work, void *argument)
{
	WriteBatches here = {.context = CurrentMemoryContext};
	int			nest_level;

	Assert(open_batches == NULL);
	open_batches = &here;
	PG_TRY();
	{
		work(argument);
	}
	PG_FINALLY();
	{
		open_batches = NULL;
	}
	PG_END_TRY();
	nest_level = NewGUCNestLevel();
	compress_quickly();
	for (int i = 0; i < here.count; i++)
		batch_write(here.batches[i]);
	AtEOXact_GUC(true, nest_level);
}

void
dw_each_turn(int count, DwTurn turn, void *argument)
{
	bool		goes_on = true;

	/*
	 * What a statement returns stays until its SPI connection is finished,
	 * and so it would pile up over a batch.  Each turn has a connection of
	 * its own, and with it a memory context of its own.
	 */
	for (int i = 0; i < count && goes_on; i++)
	{
		CHECK_FOR_INTERRUPTS();
		dw_spi_connect();
		goes_on = turn(i, argument);
		if (SPI_finish() != SPI_OK_FINISH)
			elog(ERROR, "SPI_finish failed");
	}
}
