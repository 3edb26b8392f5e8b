/*
 * call_server.c
 *		One call of a function: who calls, its result, its record, its end.
 *
 * SPI is opened at the beginning and closed at the end of every call; the
 * returned row is formed in the caller's memory before that.  On an error
 * the server's own (sub)transaction cleanup closes SPI.
 *
 * Result columns are found by name, as users find them: one may be added to
 * the SQL declaration without touching the order here.  A name that the
 * function does not declare is ignored, so that functions which share a row
 * (escrow, say) can share the code that fills it.
 *
 * A call with an idempotency key leaves a record: the same key gives the
 * same answer.  A key belongs to its actor: what others sent under the same
 * text is as if it were not there, so that nobody can take a key from
 * another, or ask whether one is taken.  A request is its function and
 * arguments; a record keeps a digest of each argument apart, so that a
 * mismatch can be named.
 * Digests are keyed (HMAC), because a plain hash of an e-mail address or a
 * telephone number can be guessed.  Results are kept as texts by column
 * name; no sealed value is ever among them.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type_d.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/hsearch.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/syscache.h"

#include "server/call/call_server.h"
#include "server/call/call_server_int.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/identity/identity_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"

/*
 * One function that was called in this backend.  One that was made or
 * replaced since has another row in pg_proc, and is looked up anew.  A call
 * of it may be under way then and hold what was remembered: that goes only
 * with the transaction.
 */
typedef struct Known
{
	Oid			function;		/* hash key */
	TransactionId xmin;			/* of its row in pg_proc then */
	ItemPointerData tid;		/* and where that was */
	MemoryContext memory;		/* of the signature; NULL: none yet */
	DwSignature *signature;		/* in it */
} Known;

/* The entry of a function; stale, or without memory. */
static Known *
known_find(Oid function)
{
	static HTAB *functions = NULL;
	Known	   *known;
	bool		found;

	if (functions == NULL)
	{
		HASHCTL		how = {
			.keysize = sizeof(Oid),
			.entrysize = sizeof(Known)
		};

		functions = hash_create("dwello functions", 256, &how,
								HASH_ELEM | HASH_BLOBS);
	}
	known = hash_search(functions, &function, HASH_ENTER, &found);
	if (!found)
		known->memory = NULL;
	return known;
}

/* The names of the input arguments. */
static void
read_names(DwSignature *signature, HeapTuple proc)
{
	bool		nonames;
	bool		nomodes;
	Datum		names = SysCacheGetAttr(PROCOID, proc,
										Anum_pg_proc_proargnames, &nonames);
	Datum		modes = SysCacheGetAttr(PROCOID, proc,
										Anum_pg_proc_proargmodes, &nomodes);

	if (!nonames)
		signature->arg_count =
			get_func_input_arg_names(names, nomodes ? (Datum) 0 : modes,
									 &signature->arg_names);
}

/* Works a signature out in memory of its own. */
static void
known_learn(Known *known, HeapTuple proc)
{
	MemoryContext memory = AllocSetContextCreate(CurrentMemoryContext,
												 "dwello function",
												 ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(memory);
	DwSignature *signature = palloc0(sizeof(*signature));

	signature->name =
		pstrdup(NameStr(((Form_pg_proc) GETSTRUCT(proc))->proname));
	signature->is_volatile =
		((Form_pg_proc) GETSTRUCT(proc))->provolatile == PROVOLATILE_VOLATILE;
	signature->desc = build_function_result_tupdesc_t(proc);
	if (signature->desc != NULL)
		(void) BlessTupleDesc(signature->desc);
	read_names(signature, proc);
	MemoryContextSwitchTo(old);

	/*
	 * All is made before any of it is kept, so that an error leaves the old
	 * entry whole; only then does the new one get a parent that lasts.
	 */
	if (known->memory != NULL)
		MemoryContextSetParent(known->memory, TopTransactionContext);
	MemoryContextSetParent(memory, TopMemoryContext);
	known->memory = memory;
	known->signature = signature;
	known->tid = proc->t_self;
	known->xmin = HeapTupleHeaderGetRawXmin(proc->t_data);
}

/* The signature of a function; lives at least until the transaction ends. */
static const DwSignature *
signature_of(Oid function)
{
	HeapTuple	proc = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
	Known	   *known;

	if (!HeapTupleIsValid(proc))
		elog(ERROR, "cache lookup failed for function %u", function);
	known = known_find(function);
	if (known->memory == NULL ||
		known->xmin != HeapTupleHeaderGetRawXmin(proc->t_data) ||
		!ItemPointerEquals(&known->tid, &proc->t_self))
		known_learn(known, proc);
	ReleaseSysCache(proc);
	return known->signature;
}

const void *
dw_bare_args(FunctionCallInfo fcinfo, const char *const *names, int count)
{
	FmgrInfo   *function = fcinfo->flinfo;

	if (function->fn_extra == NULL)
	{
		const DwSignature *signature = signature_of(function->fn_oid);

		if (signature->arg_count != count)
			elog(ERROR, "dwello.%s has other arguments", signature->name);
		for (int i = 0; i < count; i++)
			if (strcmp(signature->arg_names[i], names[i]) != 0)
				elog(ERROR, "dwello.%s has no argument \"%s\" there",
					 signature->name, names[i]);
		/* once a call site: what follows only takes by position */
		function->fn_extra = (void *) names;
	}
	return fcinfo->args;
}

/* Makes room for one row of the function's declared result. */
static void
call_prepare_row(DwCall *call)
{
	TupleDesc	desc;

	call->signature = signature_of(call->fcinfo->flinfo->fn_oid);
	desc = call->signature->desc;
	if (desc == NULL &&
		get_call_result_type(call->fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		return;					/* a scalar result has no columns */
	call->desc = BlessTupleDesc(desc);
	call->values = palloc0(desc->natts * sizeof(Datum));
	call->nulls = palloc(desc->natts * sizeof(bool));
	memset(call->nulls, true, desc->natts * sizeof(bool));
}

/* Sets the call up and opens SPI; nothing is checked yet. */
static void
call_open(DwCall *call, FunctionCallInfo fcinfo)
{
	memset(call, 0, sizeof(*call));
	call->fcinfo = fcinfo;
	call->result_context = CurrentMemoryContext;
	call_prepare_row(call);
	dw_spi_connect();
	call->spi = true;
}

/* WD402, WD401, then 42501 by the actor's kind, and by an API key's scopes. */
static void
call_identify(DwCall *call, DwActorSet actors)
{
	call->actor = dw_identity();
	if (call->actor.kind == DW_ACTOR_NONE)
		dw_raise(DW_NOT_AUTHENTICATED,
				 psprintf("dwello.%s needs an identity", dw_call_name(call)),
				 NULL, dw_identity_hint());
	if ((call->actor.kind & actors) == 0)
		dw_raise(DW_FORBIDDEN,
				 psprintf("the role %s may not call dwello.%s",
						  dw_actor_label(call->actor.kind),
						  dw_call_name(call)),
				 NULL,
				 psprintf("reference.md#%s says who may call it.",
						  dw_call_name(call)));
	dw_token_allow(dw_call_name(call), !call->signature->is_volatile);
}

void
dw_query_begin(DwCall *call, FunctionCallInfo fcinfo, DwActorSet actors)
{
	call_open(call, fcinfo);
	call_identify(call, actors);
}

const char *
dw_call_name(DwCall *call)
{
	return call->signature->name;
}

/*
 * The 0-based position of a column; -1 when the function has none such.  Rows
 * are filled in the order of their columns, mostly, so the search begins
 * behind the last one.
 */
static int
row_column(DwCall *call, const char *name)
{
	if (call->desc == NULL)
		return -1;
	for (int i = 0; i < call->desc->natts; i++)
	{
		int			column = (call->column + 1 + i) % call->desc->natts;

		if (strcmp(NameStr(TupleDescAttr(call->desc, column)->attname),
				   name) == 0)
			return call->column = column;
	}
	return -1;
}

void
dw_row_datum(DwCall *call, const char *name, Datum value)
{
	int			column = row_column(call, name);

	if (column < 0)
		return;
	call->values[column] = value;
	call->nulls[column] = false;
}

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

void
dw_row_int8(DwCall *call, const char *name, int64 value)
{
	dw_row_datum(call, name, Int64GetDatum(value));
}

void
dw_row_int4(DwCall *call, const char *name, int32 value)
{
	dw_row_datum(call, name, Int32GetDatum(value));
}

void
dw_row_bool(DwCall *call, const char *name, bool value)
{
	dw_row_datum(call, name, BoolGetDatum(value));
}

void
dw_row_float8(DwCall *call, const char *name, double value)
{
	dw_row_datum(call, name, Float8GetDatum(value));
}

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

void
dw_row_enum(DwCall *call, const char *name, const DwLabels *labels, int value)
{
	if (value >= 0 && value < labels->count)
		dw_row_text(call, name, labels->labels[value]);
}

void
dw_row_decimal(DwCall *call, const char *name, int64 value, int scale)
{
	dw_row_datum(call, name,
				 NumericGetDatum(int64_div_fast_to_numeric(value, scale)));
}

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

void
dw_call_replayed(DwCall *call)
{
	dw_row_bool(call, "replayed", true);
}

void
dw_call_version(DwCall *call, int32 version)
{
	const int32 *expected = dw_arg_int4_opt(call, "expected_version");

	if (expected == NULL || *expected == version)
		return;
	dw_raise(DW_STALE_VERSION, "the row has changed since it was read",
			 psprintf("Expected version %d, found version %d.",
					  *expected, version),
			 "Read the row again and decide anew.");
}

#define KEY_MAX			200		/* characters of a key */
#define RECORD_LIFE		(INT64CONST(30) * USECS_PER_DAY)
#define DIGEST_SIZE		8		/* bytes kept of each argument's digest */

/* A request in the form that records are compared by. */
typedef struct DwRequest
{
	int			count;			/* arguments without the key itself */
	uint8	   *digests;		/* count × DIGEST_SIZE bytes */
	bool		outdated;		/* a record that expired is in the way */
} DwRequest;

/* A record, as far as it is compared and answers. */
typedef struct Record
{
	char	   *function;		/* SQL name without schema */
	bytea	   *digests;		/* of the arguments */
	Datum		result;			/* an object, or an array of them */
	TimestampTz expires_at;		/* from then on it is none */
} Record;

static const DwColumn record_columns[] = {
	DW_COLUMN(TEXT, Record, function_name, function, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, Record, arguments, digests, DW_COLUMN_FIXED),
	DW_COLUMN(JSONB, Record, result, result, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, Record, expires_at, expires_at, DW_COLUMN_FIXED)
};

static DwTable records = DW_TABLE("idempotency_keys", Record, record_columns);

/* The index key that arguments are digested with, while they are. */
static const DwKey *digest_key = NULL;

/* Digests the bytes of one argument together with its position. */
static void
digest_bytes(uint8 *out, int position, const void *data, size_t size)
{
	uint8		mac[DW_SHA256_BYTES];
	uint8	   *input = palloc(size + sizeof(position));

	memcpy(input, &position, sizeof(position));
	memcpy(input + sizeof(position), data, size);
	dw_hmac(digest_key, input, size + sizeof(position), mac);
	memcpy(out, mac, DIGEST_SIZE);
	pfree(input);
}

/* Digests one argument by its value, whatever the session's settings. */
static void
digest_argument(uint8 *out, FunctionCallInfo fcinfo, int position, Oid type)
{
	Datum		value = fcinfo->args[position].value;
	int16		length;
	bool		byval;

	if (fcinfo->args[position].isnull)
	{
		memset(out, 0, DIGEST_SIZE);
		return;
	}
	get_typlenbyval(type, &length, &byval);
	if (type_is_enum(type))
	{
		char	   *label = DatumGetCString(DirectFunctionCall1(enum_out,
																value));

		digest_bytes(out, position, label, strlen(label));
	}
	else if (byval)
		digest_bytes(out, position, &value, sizeof(value));
	else if (length > 0)
		digest_bytes(out, position, DatumGetPointer(value), length);
	else
	{
		struct varlena *plain = PG_DETOAST_DATUM_PACKED(value);

		digest_bytes(out, position, VARDATA_ANY(plain),
					 VARSIZE_ANY_EXHDR(plain));
	}
}

/*
 * Digests a call under an index key; its last argument names the request and
 * is left out.
 */
static DwRequest *
request_make(const DwCall *call, const DwKey *key)
{
	FunctionCallInfo fcinfo = call->fcinfo;
	DwRequest  *request = palloc(sizeof(*request));
	Oid		   *types;
	int			count;

	/* not from the call's expression: a fastpath call has none */
	(void) get_func_signature(fcinfo->flinfo->fn_oid, &types, &count);
	request->count = fcinfo->nargs - 1;
	request->digests = palloc(request->count * DIGEST_SIZE + 1);
	request->outdated = false;
	digest_key = key;
	for (int i = 0; i < request->count; i++)
		digest_argument(request->digests + i * DIGEST_SIZE, fcinfo, i,
						types[i]);
	return request;
}

/* The name of an argument, by its position; for messages. */
static const char *
argument_name(const DwSignature *signature, int arg)
{
	if (arg < signature->arg_count && signature->arg_names[arg] != NULL)
		return signature->arg_names[arg];
	return psprintf("argument %d", arg + 1);
}

/* What a request has that the record has otherwise; NULL: nothing. */
static const char *
request_differs(const DwCall *call, const DwRequest *request,
				const Record *record)
{
	if (strcmp(record->function, call->signature->name) != 0 ||
		(int) VARSIZE_ANY_EXHDR(record->digests) !=
		request->count * DIGEST_SIZE)
		return "another function";
	for (int i = 0; i < request->count; i++)
		if (memcmp(VARDATA_ANY(record->digests) + i * DIGEST_SIZE,
				   request->digests + i * DIGEST_SIZE, DIGEST_SIZE) != 0)
			return psprintf("another value of %s",
							argument_name(call->signature, i));
	return NULL;
}

/* True when an older index key made the record of this very request. */
static bool
request_is_of_old_key(const DwCall *call, const Record *record)
{
	const DwKeyring *ring = dw_keyring_load();

	for (int i = 0; i < ring->count; i++)
	{
		if (ring->keys[i].kind == DW_KEY_INDEX &&
			request_differs(call, request_make(call, &ring->keys[i]),
							record) == NULL)
			return true;
	}
	return false;
}

/*
 * Finds the record of this very request; WD104 when it was another.  The
 * caller holds the lock of the scope: a record that is not there yet cannot
 * come before this call has written its own.
 */
static bool
record_find(DwCall *call, const DwUuid *scope_id, Record *record)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(records, "WHERE t.scope_id = $1 AND t.actor_id = $2 "
					   "AND t.actor_role = $3 AND t.key = $4");
	DwParams	p = DW_PARAMS;
	const char *differs;

	call->scope_id = *scope_id;
	call->key = dw_arg_text_opt(call, "idempotency_key", KEY_MAX);
	if (call->key == NULL)
		return false;
	call->request = request_make(call, dw_keyring_need(DW_KEY_INDEX));
	dw_param_uuid(&p, scope_id);
	dw_param_uuid(&p, &call->actor.user_id);
	dw_param_text(&p, dw_actor_label(call->actor.kind));
	dw_param_text(&p, call->key);
	if (dw_table_execute(&by_key, &p) == 0)
		return false;
	dw_table_read(&records, 0, record);
	call->request->outdated = record->expires_at <= dw_now();
	if (call->request->outdated)
		return false;
	differs = request_differs(call, call->request, record);
	if (differs != NULL && !request_is_of_old_key(call, record))
		dw_raise(DW_IDEMPOTENCY_MISMATCH,
				 "the idempotency key was used for another request",
				 psprintf("Under this key the request had %s.", differs),
				 "Use a new key for a new request, and the same arguments for a retry.");
	call->key = NULL;			/* the record is there already */
	return true;
}

/* Fills the row of a call from an object of texts by column. */
static void
result_fill(DwCall *call, JsonbContainer *object)
{
	TupleDesc	desc = call->desc;

	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);
		JsonbValue	found;
		Oid			input;
		Oid			ioparam;

		if (getKeyJsonValueFromContainer(object,
										 NameStr(column->attname),
										 strlen(NameStr(column->attname)),
										 &found) == NULL)
			continue;
		getTypeInputInfo(column->atttypid, &input, &ioparam);
		call->values[i] = OidInputFunctionCall(input,
											   pnstrdup(found.val.string.val,
														found.val.string.len),
											   ioparam, -1);
		call->nulls[i] = false;
	}
}

void
dw_row_from_jsonb(DwCall *call, Datum jsonb)
{
	result_fill(call, &DatumGetJsonbP(jsonb)->root);
}

bool
dw_call_replay(DwCall *call, const DwUuid *scope_id)
{
	Record		record;

	if (!record_find(call, scope_id, &record))
		return false;
	dw_row_from_jsonb(call, record.result);
	dw_call_replayed(call);
	return true;
}

bool
dw_list_replay(DwCall *call, const DwUuid *scope_id)
{
	Record		record;
	JsonbContainer *rows;

	if (!record_find(call, scope_id, &record))
		return false;
	rows = &DatumGetJsonbP(record.result)->root;
	for (int i = 0; i < (int) JsonContainerSize(rows); i++)
	{
		JsonbValue *row = getIthJsonbValueFromContainer(rows, i);

		result_fill(call, row->val.binary.data);
		dw_call_replayed(call);
		dw_list_emit(call);
	}
	return true;
}

/* Begins what names a request: who sends it.  The NULs keep parts apart. */
static void
request_begin(StringInfo request, const DwCall *call)
{
	initStringInfo(request);
	appendBinaryStringInfo(request, (char *) call->actor.user_id.bytes,
						   sizeof(call->actor.user_id.bytes));
	appendStringInfo(request, "%s%c", dw_actor_label(call->actor.kind), '\0');
}

const DwUuid *
dw_call_request_id(const DwCall *call)
{
	StringInfoData request;
	uint8		digest[DW_SHA256_BYTES];
	DwUuid	   *id;

	if (call->key == NULL)
		return NULL;
	request_begin(&request, call);
	appendStringInfoString(&request, call->key);
	dw_hmac(dw_keyring_need(DW_KEY_INDEX), request.data, request.len, digest);
	id = palloc(sizeof(*id));
	*id = dw_uuid_v8(digest);
	return id;
}

DwUuid
dw_call_new_id(DwCall *call, const DwUuid *given)
{
	StringInfoData request;
	uint8		digest[DW_SHA256_BYTES];
	char	   *key = dw_arg_text_opt(call, "idempotency_key", KEY_MAX);

	if (given != NULL && dw_uuid_is_nil(given))
		dw_raise(DW_BAD_VALUE, "a new row cannot have the nil UUID as its id",
				 "It stands for the platform, and for nobody.",
				 "Leave the id out to get a fresh one.");
	if (given != NULL)
		return *given;
	if (key == NULL)
		return dw_uuid_fresh();
	request_begin(&request, call);
	appendStringInfo(&request, "%s%c%s", dw_call_name(call), '\0', key);
	dw_sha256(request.data, request.len, digest);
	return dw_uuid_v8(digest);
}

/* A day as ISO 8601 has it, whatever the session's DateStyle. */
static char *
day_text(DateADT day)
{
	struct pg_tm tm = {0};
	char		text[MAXDATELEN + 1];

	if (DATE_NOT_FINITE(day))
		EncodeSpecialDate(day, text);
	else
	{
		j2date(day + POSTGRES_EPOCH_JDATE, &tm.tm_year, &tm.tm_mon,
			   &tm.tm_mday);
		EncodeDateOnly(&tm, USE_ISO_DATES, text);
	}
	return pstrdup(text);
}

/*
 * A column's value as text that reads back under any settings.  The common
 * types go straight to their output function.
 */
static char *
result_text(Oid type, Datum value)
{
	Oid			output;
	bool		varlena;

	switch (type)
	{
		case TIMESTAMPTZOID:
			return pstrdup(timestamptz_to_str(DatumGetTimestampTz(value)));
		case DATEOID:
			return day_text(DatumGetDateADT(value));
		case INT8OID:
			return DatumGetCString(DirectFunctionCall1(int8out, value));
		case UUIDOID:
			return DatumGetCString(DirectFunctionCall1(uuid_out, value));
		case TEXTOID:
			return TextDatumGetCString(value);
		default:
			getTypeOutputInfo(type, &output, &varlena);
			return OidOutputFunctionCall(output, value);
	}
}

Datum
dw_row_jsonb(const DwCall *call)
{
	DwPayload	result;

	dw_payload_begin(&result);
	for (int i = 0; i < call->desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(call->desc, i);

		if (!call->nulls[i])
			dw_payload_text(&result, NameStr(column->attname),
							result_text(column->atttypid, call->values[i]));
	}
	return dw_payload_end(&result);
}

/* All rows that were kept as one array. */
static Datum
rows_jsonb(const List *kept)
{
	JsonbParseState *state = NULL;
	ListCell   *cell;

	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	foreach(cell, kept)
	{
		Jsonb	   *row = lfirst(cell);
		JsonbValue	value;

		value.type = jbvBinary;
		value.val.binary.data = &row->root;
		value.val.binary.len = VARSIZE(row) - VARHDRSZ;
		pushJsonbValue(&state, WJB_ELEM, &value);
	}
	return JsonbPGetDatum(JsonbValueToJsonb(pushJsonbValue(&state,
														   WJB_END_ARRAY,
														   NULL)));
}

#define INSERT_RECORD \
	"INSERT INTO dwello.idempotency_keys AS k " \
	"(scope_id, actor_id, actor_role, key, function_name, " \
	"arguments, result, created_at, expires_at) " \
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"

/* Writes the record of a keyed request: the row kept, or all rows of a set. */
static void
record_write(DwCall *call, bool is_set)
{
	/*
	 * A key that another call has used meanwhile is a 23505: only one was
	 * done.  An expired record under the key gives way.
	 */
	static DwStatement insert_record = DW_STATEMENT(INSERT_RECORD);
	static DwStatement replace_record =
		DW_STATEMENT(INSERT_RECORD
					 " ON CONFLICT ON CONSTRAINT idempotency_keys_pkey DO UPDATE "
					 "SET function_name = EXCLUDED.function_name, "
					 "arguments = EXCLUDED.arguments, "
					 "result = EXCLUDED.result, "
					 "created_at = EXCLUDED.created_at, "
					 "expires_at = EXCLUDED.expires_at");
	const DwRequest *request = call->request;
	TimestampTz now = dw_now();
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &call->scope_id);
	dw_param_uuid(&p, &call->actor.user_id);
	dw_param_text(&p, dw_actor_label(call->actor.kind));
	dw_param_text(&p, call->key);
	dw_param_text(&p, call->signature->name);
	dw_param_bytes(&p, request->digests, request->count * DIGEST_SIZE);
	dw_param_datum(&p, JSONBOID, is_set ? rows_jsonb(call->kept)
				   : PointerGetDatum(linitial(call->kept)), false);
	dw_param_time(&p, now);
	dw_param_time(&p, now + RECORD_LIFE);
	(void) dw_execute(request->outdated ? &replace_record : &insert_record,
					  &p);
}

/* Gives "replayed" its value, unless it has one. */
static void
call_mark_first(DwCall *call)
{
	int			column;

	if (call->replayed == 0)
		call->replayed = SPI_fnumber(call->desc, "replayed");
	column = call->replayed;
	if (column > 0 && call->nulls[column - 1])
	{
		call->nulls[column - 1] = false;
		call->values[column - 1] = BoolGetDatum(false);
	}
}

/* Keeps the row under construction for the record of a keyed request. */
static void
row_keep(DwCall *call)
{
	call->kept = lappend(call->kept, DatumGetPointer(dw_row_jsonb(call)));
}

Datum
dw_call_return(DwCall *call)
{
	MemoryContext old;
	HeapTuple	tuple;
	Datum		result;

	call_mark_first(call);
	if (call->key != NULL)
	{
		row_keep(call);
		record_write(call, false);
	}
	old = MemoryContextSwitchTo(call->result_context);
	tuple = heap_form_tuple(call->desc, call->values, call->nulls);
	result = HeapTupleGetDatum(tuple);
	MemoryContextSwitchTo(old);
	SPI_finish();
	return result;
}

Datum
dw_call_return_datum(DwCall *call, Datum value, bool byval, int length)
{
	MemoryContext old = MemoryContextSwitchTo(call->result_context);
	Datum		result = datumCopy(value, byval, length);

	MemoryContextSwitchTo(old);
	SPI_finish();
	return result;
}

void
dw_rows_begin(DwCall *call)
{
	InitMaterializedSRF(call->fcinfo, 0);
	if (call->desc == NULL)
	{
		ReturnSetInfo *info = (ReturnSetInfo *) call->fcinfo->resultinfo;

		call->desc = info->setDesc;
		call->values = palloc0(call->desc->natts * sizeof(Datum));
		call->nulls = palloc(call->desc->natts * sizeof(bool));
		memset(call->nulls, true, call->desc->natts * sizeof(bool));
	}
}

void
dw_list_begin(DwCall *call, FunctionCallInfo fcinfo)
{
	memset(call, 0, sizeof(*call));
	call->fcinfo = fcinfo;
	call->result_context = CurrentMemoryContext;
	call_prepare_row(call);
	dw_rows_begin(call);
}

void
dw_list_emit(DwCall *call)
{
	ReturnSetInfo *info = (ReturnSetInfo *) call->fcinfo->resultinfo;

	CHECK_FOR_INTERRUPTS();
	call_mark_first(call);
	if (call->key != NULL)
		row_keep(call);
	tuplestore_putvalues(info->setResult, info->setDesc, call->values,
						 call->nulls);
	memset(call->nulls, true, call->desc->natts * sizeof(bool));
}

/* The result column of each column of the last result; from 1. */
static int *
list_places(DwCall *call, TupleDesc from)
{
	int		   *places = palloc(from->natts * sizeof(int));

	for (int i = 0; i < from->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(from, i);

		places[i] = SPI_fnumber(call->desc, NameStr(column->attname));
		if (places[i] <= 0 || column->atttypid !=
			TupleDescAttr(call->desc, places[i] - 1)->atttypid)
			elog(ERROR, "dwello.%s has no such result column \"%s\"",
				 dw_call_name(call), NameStr(column->attname));
	}
	return places;
}

/* Fills the row with a row of the last result. */
static void
list_fill(DwCall *call, const int *places, uint64 row)
{
	TupleDesc	from = SPI_tuptable->tupdesc;

	for (int i = 0; i < from->natts; i++)
		call->values[places[i] - 1] =
			SPI_getbinval(SPI_tuptable->vals[row], from, i + 1,
						  &call->nulls[places[i] - 1]);
}

/* Adds all rows of the last result to the set. */
static void
list_emit_all(DwCall *call, uint64 count)
{
	int		   *places = list_places(call, SPI_tuptable->tupdesc);

	for (uint64 row = 0; row < count; row++)
	{
		list_fill(call, places, row);
		dw_list_emit(call);
	}
}

void
dw_list_query(DwCall *call, DwStatement *statement, const DwParams *p)
{
	list_emit_all(call, dw_query(statement, p));
}

void
dw_list_execute(DwCall *call, DwStatement *statement, const DwParams *p)
{
	list_emit_all(call, dw_execute(statement, p));
}

bool
dw_row_query(DwCall *call, DwStatement *statement, const DwParams *p)
{
	if (dw_query(statement, p) == 0)
		return false;
	list_fill(call, list_places(call, SPI_tuptable->tupdesc), 0);
	return true;
}

bool
dw_row_execute(DwCall *call, DwStatement *statement, const DwParams *p)
{
	if (dw_execute(statement, p) == 0)
		return false;
	list_fill(call, list_places(call, SPI_tuptable->tupdesc), 0);
	return true;
}

Datum
dw_list_return(DwCall *call)
{
	if (call->key != NULL)
		record_write(call, true);
	if (call->spi)
		SPI_finish();
	call->fcinfo->isnull = true;
	return (Datum) 0;
}
