/*
 * mandate_store.c
 *		Rows of dwello.mandates: what was signed, and the text of it.
 *
 * The digest is over canonical JSON (RFC 8785: members in the order of their
 * bytes, no blanks), so that anybody can compute it from the row with any
 * JSON library.  All values are whole numbers, ids, times and one currency.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/uuid.h"

#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/agent/agent_store.h"

static void json_write(StringInfo text, const JsonbValue *value);

static const DwColumn mandate_columns[] = {
	DW_COLUMN(UUID, DwMandate, user_id, user_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwMandate, id, id, DW_COLUMN_KEY),
	DW_COLUMN(JSONB, DwMandate, limits, stored_limits, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, DwMandate, digest, digest, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwMandate, token_id, token_id, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwMandate, signed_at, signed_at, DW_COLUMN_FIXED)
};

static DwTable mandates =
DW_TABLE("mandates", DwMandate, mandate_columns);

/* The whole numbers of a document, and where they are kept. */
typedef struct NamedLimit
{
	const char *name;			/* member of the document */
	size_t		offset;			/* in DwMandateLimits */
	bool		is_wide;		/* int64, else int32 */
} NamedLimit;

#define LIMIT(name_, member, wide) \
	{.name = (name_), .offset = offsetof(DwMandateLimits, member), \
	.is_wide = (wide)}

static const NamedLimit limit_list[] = {
	LIMIT("approval_threshold", threshold, true),
	LIMIT("max_amount", max_amount, true),
	LIMIT("max_bid_radius_miles", radius, false),
	LIMIT("max_bids_per_day", bids_per_day, false),
	LIMIT("max_bids_per_month", bids_per_month, false),
	LIMIT("max_exposure", max_exposure, true),
	LIMIT("max_open_jobs", open_jobs, false),
	LIMIT("min_margin_ppm", margin_ppm, false)
};

/* A time as ISO 8601 in UTC, whatever the session's settings. */
static char *
time_text(TimestampTz time)
{
	char	   *text = palloc(MAXDATELEN + 1);
	int			utc = 0;

	return JsonEncodeDateTime(text, TimestampTzGetDatum(time),
							  TIMESTAMPTZOID, &utc);
}

/* Begins a member of a document; its value follows. */
static void
member_begin(StringInfo text, const char *name)
{
	appendStringInfo(text, "%s\"%s\": ", text->len > 1 ? ", " : "", name);
}

/* The document of a mandate's limits; what is no limit is left out. */
static Datum
document_make(const DwMandate *mandate)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoChar(&text, '{');
	for (size_t i = 0; i < lengthof(limit_list); i++)
	{
		const char *member =
			(const char *) &mandate->limits + limit_list[i].offset;
		int64		value = limit_list[i].is_wide
			? *(const int64 *) member : *(const int32 *) member;

		if (value == 0)
			continue;
		member_begin(&text, limit_list[i].name);
		appendStringInfo(&text, INT64_FORMAT, value);
	}
	if (mandate->currency[0] != '\0')
	{
		member_begin(&text, "currency");
		escape_json(&text, mandate->currency);
	}
	if (mandate->categories.count > 0)
		member_begin(&text, "categories");
	for (int i = 0; i < mandate->categories.count; i++)
		appendStringInfo(&text, "%c\"%s\"%s", i == 0 ? '[' : ',',
						 dw_uuid_text(&mandate->categories.ids[i]),
						 i == mandate->categories.count - 1 ? "]" : "");
	if (mandate->valid_until != DT_NOBEGIN)
	{
		member_begin(&text, "valid_until");
		escape_json(&text, time_text(mandate->valid_until));
	}
	appendStringInfoChar(&text, '}');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(text.data));
}

/* The categories of a document. */
static DwUuids
categories_read(const DwJsonArg *document)
{
	char	  **texts = NULL;
	int			count = 0;
	DwUuid	   *ids;

	(void) dw_json_arg_texts(document, "categories", &texts, &count);
	ids = palloc_array(DwUuid, Max(count, 1));
	for (int i = 0; i < count; i++)
		memcpy(&ids[i],
			   DatumGetUUIDP(DirectFunctionCall1(uuid_in,
												 CStringGetDatum(texts[i]))),
			   sizeof(ids[i]));
	return (DwUuids)
	{
		.ids = ids,.count = count
	};
}

/* Reads what time_text() wrote. */
static TimestampTz
time_read(char *text)
{
	Datum		value = DirectFunctionCall3(timestamptz_in,
											CStringGetDatum(text),
											ObjectIdGetDatum(InvalidOid),
											Int32GetDatum(-1));

	return DatumGetTimestampTz(value);
}

/* Reads the document of a row into the members that it is about. */
static void
limits_read(DwMandate *mandate)
{
	DwJsonArg	document;
	char	   *currency = NULL;
	char	   *until = NULL;

	if (!dw_json_arg_object(mandate->stored_limits, &document))
		elog(ERROR, "mandate is no document");
	memset(&mandate->limits, 0, sizeof(mandate->limits));
	for (size_t i = 0; i < lengthof(limit_list); i++)
	{
		char	   *member =
			(char *) &mandate->limits + limit_list[i].offset;
		int64		value = 0;

		(void) dw_json_arg_int8(&document, limit_list[i].name, &value);
		if (limit_list[i].is_wide)
			*(int64 *) member = value;
		else
			*(int32 *) member = (int32) value;
	}
	mandate->categories = categories_read(&document);
	(void) dw_json_arg_text(&document, "currency", &currency);
	strlcpy(mandate->currency, currency == NULL ? "" : currency,
			sizeof(mandate->currency));
	mandate->valid_until = DT_NOBEGIN;
	if (dw_json_arg_text(&document, "valid_until", &until) == DW_MEMBER_GIVEN)
		mandate->valid_until = time_read(until);
}

/* Compares the names of two members by their bytes. */
static int
compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

/* Writes an object, its members in the order of their names. */
static void
json_write_object(StringInfo text, JsonbContainer *object)
{
	DwJsonArg	members = {object};
	int			count;
	char	  **names = dw_json_arg_names(&members, &count);

	qsort(names, count, sizeof(char *), compare_names);
	for (int i = 0; i < count; i++)
	{
		JsonbValue	value;

		appendStringInfoChar(text, i == 0 ? '{' : ',');
		escape_json(text, names[i]);
		appendStringInfoChar(text, ':');
		(void) getKeyJsonValueFromContainer(object, names[i],
											strlen(names[i]), &value);
		json_write(text, &value);
	}
	appendStringInfoString(text, count == 0 ? "{}" : "}");
}

/* Writes an array. */
static void
json_write_array(StringInfo text, JsonbContainer *array)
{
	int			count = JsonContainerSize(array);

	for (int i = 0; i < count; i++)
	{
		appendStringInfoChar(text, i == 0 ? '[' : ',');
		json_write(text, getIthJsonbValueFromContainer(array, i));
	}
	appendStringInfoString(text, count == 0 ? "[]" : "]");
}

/* Writes a value as canonical JSON. */
static void
json_write(StringInfo text, const JsonbValue *value)
{
	check_stack_depth();
	if (value->type == jbvString)
		escape_json(text, pnstrdup(value->val.string.val,
								   value->val.string.len));
	else if (value->type == jbvNumeric)
	{
		Datum		number = NumericGetDatum(value->val.numeric);

		number = DirectFunctionCall1(numeric_out, number);
		appendStringInfoString(text, DatumGetCString(number));
	}
	else if (value->type == jbvBool)
		appendStringInfoString(text, value->val.boolean ? "true" : "false");
	else if (value->type != jbvBinary)
		appendStringInfoString(text, "null");
	else if (JsonContainerIsObject(value->val.binary.data))
		json_write_object(text, value->val.binary.data);
	else
		json_write_array(text, value->val.binary.data);
}

char *
dw_mandate_text(const DwMandate *mandate)
{
	Jsonb	   *limits = DatumGetJsonbP(mandate->stored_limits);
	JsonbValue	value = {.type = jbvBinary};
	StringInfoData text;

	value.val.binary.data = &limits->root;
	value.val.binary.len = VARSIZE(limits) - VARHDRSZ;
	initStringInfo(&text);
	appendStringInfo(&text, "{\"id\":\"%s\",\"limits\":",
					 dw_uuid_text(&mandate->id));
	json_write(&text, &value);
	appendStringInfo(&text, ",\"signed_at\":\"%s\",\"token_id\":",
					 time_text(mandate->signed_at));
	if (mandate->token_id == NULL)
		appendStringInfoString(&text, "null");
	else
		escape_json(&text, mandate->token_id);
	appendStringInfo(&text, ",\"user_id\":\"%s\"}",
					 dw_uuid_text(&mandate->user_id));
	return text.data;
}

void
dw_mandate_sign(DwMandate *mandate)
{
	bytea	   *digest = palloc(VARHDRSZ + DW_SHA256_BYTES);
	char	   *text;

	mandate->id = dw_uuid_fresh();
	mandate->signed_at = dw_now();
	mandate->stored_limits = document_make(mandate);
	text = dw_mandate_text(mandate);
	SET_VARSIZE(digest, VARHDRSZ + DW_SHA256_BYTES);
	dw_sha256(text, strlen(text), (uint8 *) VARDATA(digest));
	mandate->digest = digest;
	dw_table_insert(&mandates, mandate);
}

bool
dw_mandate_load(const DwUuid *user_id, const DwUuid *id, DwMandate *mandate)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(mandates, "WHERE t.user_id = $1 AND t.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	if (dw_table_execute(&by_key, &p) == 0)
		return false;
	dw_table_read(&mandates, 0, mandate);
	limits_read(mandate);
	return true;
}
