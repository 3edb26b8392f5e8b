/*
 * idempotency_server.c
 *		Records of requests done: the same key gives the same answer.
 *
 * A request is its actor, function and arguments; a record keeps a digest of
 * each argument apart, so that a mismatch can be named.  Digests are keyed
 * (HMAC), because a plain hash of an e-mail address or a telephone number
 * can be guessed.  Results are kept as texts by column name; no sealed value
 * is ever among them.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

#include "server/call/call_server.h"
#include "server/call/call_server_int.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"

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
	DwUuid		actor_id;		/* who asked */
	char	   *actor_role;		/* as what */
	char	   *function;		/* SQL name without schema */
	bytea	   *digests;		/* of the arguments */
	Datum		result;			/* an object, or an array of them */
	TimestampTz expires_at;		/* from then on it is none */
} Record;

static const DwColumn record_columns[] = {
	DW_COLUMN(UUID, Record, actor_id, actor_id, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, Record, actor_role, actor_role, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, Record, function_name, function, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, Record, arguments, digests, DW_COLUMN_FIXED),
	DW_COLUMN(JSONB, Record, result, result, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, Record, expires_at, expires_at, DW_COLUMN_FIXED)
};

static DwTable records = DW_TABLE("idempotency_keys", Record, record_columns);

/* Digests the bytes of one argument together with its position. */
static void
digest_bytes(uint8 *out, int position, const void *data, size_t size)
{
	uint8		mac[DW_SHA256_BYTES];
	uint8	   *input = palloc(size + sizeof(position));

	memcpy(input, &position, sizeof(position));
	memcpy(input + sizeof(position), data, size);
	dw_hmac(dw_keyring_need(DW_KEY_INDEX), input, size + sizeof(position),
			mac);
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

/* Digests a call; its last argument is the key and is left out. */
static DwRequest *
request_make(const DwCall *call)
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
request_differs(const DwCall *call, const Record *record)
{
	const DwRequest *request = call->request;

	if (!dw_uuid_equal(&record->actor_id, &call->actor.user_id) ||
		strcmp(record->actor_role, dw_actor_label(call->actor.kind)) != 0)
		return "another actor";
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

/*
 * Finds the record of this very request; WD104 when it was another.  The
 * caller holds the lock of the scope: a record that is not there yet cannot
 * come before this call has written its own.
 */
static bool
record_find(DwCall *call, const DwUuid *scope_id, Record *record)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(records, "WHERE t.scope_id = $1 AND t.key = $2");
	DwParams	p = DW_PARAMS;
	const char *differs;

	call->scope_id = *scope_id;
	call->key = dw_arg_text_opt(call, "idempotency_key", KEY_MAX);
	if (call->key == NULL)
		return false;
	call->request = request_make(call);
	dw_param_uuid(&p, scope_id);
	dw_param_text(&p, call->key);
	if (dw_table_execute(&by_key, &p) == 0)
		return false;
	dw_table_read(&records, 0, record);
	call->request->outdated = record->expires_at <= dw_now();
	if (call->request->outdated)
		return false;
	differs = request_differs(call, record);
	if (differs != NULL)
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
	/* the NULs keep the parts apart */
	initStringInfo(&request);
	appendBinaryStringInfo(&request, (char *) call->actor.user_id.bytes,
						   sizeof(call->actor.user_id.bytes));
	appendStringInfo(&request, "%s%c%s%c%s",
					 dw_actor_label(call->actor.kind), '\0',
					 dw_call_name(call), '\0', key);
	dw_sha256(request.data, request.len, digest);
	return dw_uuid_v8(digest);
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
	"(scope_id, key, actor_id, actor_role, function_name, " \
	"arguments, result, created_at, expires_at) " \
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"

void
dw_record_write(DwCall *call, bool is_set)
{
	/*
	 * A key that another call has used meanwhile is a 23505: only one was
	 * done.  An expired record under the key gives way.
	 */
	static DwStatement insert_record = DW_STATEMENT(INSERT_RECORD);
	static DwStatement replace_record =
		DW_STATEMENT(INSERT_RECORD
					 " ON CONFLICT ON CONSTRAINT idempotency_keys_pkey DO UPDATE "
					 "SET actor_id = EXCLUDED.actor_id, "
					 "actor_role = EXCLUDED.actor_role, "
					 "function_name = EXCLUDED.function_name, "
					 "arguments = EXCLUDED.arguments, "
					 "result = EXCLUDED.result, "
					 "created_at = EXCLUDED.created_at, "
					 "expires_at = EXCLUDED.expires_at");
	const DwRequest *request = call->request;
	TimestampTz now = dw_now();
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &call->scope_id);
	dw_param_text(&p, call->key);
	dw_param_uuid(&p, &call->actor.user_id);
	dw_param_text(&p, dw_actor_label(call->actor.kind));
	dw_param_text(&p, call->signature->name);
	dw_param_bytes(&p, request->digests, request->count * DIGEST_SIZE);
	dw_param_datum(&p, JSONBOID, is_set ? rows_jsonb(call->kept)
				   : PointerGetDatum(linitial(call->kept)), false);
	dw_param_time(&p, now);
	dw_param_time(&p, now + RECORD_LIFE);
	(void) dw_execute(request->outdated ? &replace_record : &insert_record,
					  &p);
}
