/*
 * idempotency_server.c
 *		Records of requests done: the same key gives the same answer.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"

#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"

/* How long a record is kept: thirty days. */
#define RECORD_LIFE		(INT64CONST(30) * USECS_PER_DAY)

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
	memcpy(out, mac, DW_REQUEST_DIGEST);
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
		memset(out, 0, DW_REQUEST_DIGEST);
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

void
dw_request_digest(DwRequest *request, FunctionCallInfo fcinfo,
				  const DwActor *actor, const char *function)
{
	Oid		   *types;
	int			count;

	/* not from the call's expression: a fastpath call has none */
	(void) get_func_signature(fcinfo->flinfo->fn_oid, &types, &count);
	request->actor = *actor;
	request->function = function;
	request->count = fcinfo->nargs - 1;
	request->digests = palloc(request->count * DW_REQUEST_DIGEST + 1);
	request->result = (Datum) 0;
	request->outdated = false;
	for (int i = 0; i < request->count; i++)
		digest_argument(request->digests + i * DW_REQUEST_DIGEST, fcinfo, i,
						types[i]);
}

/* Compares a request with the record read last (columns as selected). */
static int
request_compare(const DwRequest *request)
{
	DwUuid		actor_id;
	bytea	   *digests = dw_read_bytea(0, 4);
	int			size = request->count * DW_REQUEST_DIGEST;

	(void) dw_read_uuid(0, 1, &actor_id);
	if (!dw_uuid_equal(&actor_id, &request->actor.user_id) ||
		strcmp(dw_read_text(0, 2), dw_actor_label(request->actor.kind)) != 0)
		return DW_REQUEST_ACTOR;
	if (strcmp(dw_read_text(0, 3), request->function) != 0 ||
		(int) VARSIZE_ANY_EXHDR(digests) != size)
		return DW_REQUEST_FUNCTION;
	for (int i = 0; i < request->count; i++)
		if (memcmp(VARDATA_ANY(digests) + i * DW_REQUEST_DIGEST,
				   request->digests + i * DW_REQUEST_DIGEST,
				   DW_REQUEST_DIGEST) != 0)
			return i;
	return DW_REQUEST_SAME;
}

bool
dw_request_find(const DwUuid *scope_id, const char *key, DwRequest *request,
				int *differs)
{
	static DwStatement select_record =
		DW_STATEMENT("SELECT k.actor_id, k.actor_role, k.function_name, "
					 "k.arguments, k.result, k.expires_at "
					 "FROM dwello.idempotency_keys AS k "
					 "WHERE k.scope_id = $1 AND k.key = $2");
	DwParams	p = DW_PARAMS;
	bool		isnull;

	dw_param_uuid(&p, scope_id);
	dw_param_text(&p, key);
	if (dw_execute(&select_record, &p) == 0)
		return false;
	request->outdated = dw_read_time(0, 6) <= dw_now();
	if (request->outdated)
		return false;
	*differs = request_compare(request);
	request->result = dw_read_datum(0, 5, &isnull);
	return true;
}

/* Fills a row from an object of texts by column. */
static void
result_fill(JsonbContainer *object, TupleDesc desc, Datum *values,
			bool *nulls)
{
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
		values[i] = OidInputFunctionCall(input,
										 pnstrdup(found.val.string.val,
												  found.val.string.len),
										 ioparam, -1);
		nulls[i] = false;
	}
}

void
dw_request_result(const DwRequest *request, TupleDesc desc, Datum *values,
				  bool *nulls)
{
	result_fill(&DatumGetJsonbP(request->result)->root, desc, values, nulls);
}

bool
dw_request_result_row(const DwRequest *request, int i, TupleDesc desc,
					  Datum *values, bool *nulls)
{
	Jsonb	   *result = DatumGetJsonbP(request->result);
	JsonbValue *row = getIthJsonbValueFromContainer(&result->root, i);

	if (row == NULL)
		return false;
	result_fill(row->val.binary.data, desc, values, nulls);
	return true;
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
dw_request_jsonb(TupleDesc desc, Datum *values, bool *nulls)
{
	DwPayload	result;

	dw_payload_begin(&result);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(desc, i);

		if (!nulls[i])
			dw_payload_text(&result, NameStr(column->attname),
							result_text(column->atttypid, values[i]));
	}
	return dw_payload_end(&result);
}

Datum
dw_request_jsonb_list(const Datum *rows, int count)
{
	JsonbParseState *state = NULL;

	pushJsonbValue(&state, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < count; i++)
	{
		Jsonb	   *row = DatumGetJsonbP(rows[i]);
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

/*
 * Keeps the record of a request; an expired one under the key gives way.  A
 * key that another call has used meanwhile is a 23505: only one was done.
 */
void
dw_request_keep(const DwUuid *scope_id, const char *key,
				const DwRequest *request, Datum result)
{
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
	TimestampTz now = dw_now();
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, scope_id);
	dw_param_text(&p, key);
	dw_param_uuid(&p, &request->actor.user_id);
	dw_param_text(&p, dw_actor_label(request->actor.kind));
	dw_param_text(&p, request->function);
	dw_param_bytes(&p, request->digests, request->count * DW_REQUEST_DIGEST);
	dw_param_datum(&p, JSONBOID, result, false);
	dw_param_time(&p, now);
	dw_param_time(&p, now + RECORD_LIFE);
	(void) dw_execute(request->outdated ? &replace_record : &insert_record,
					  &p);
}
