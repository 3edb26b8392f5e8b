/*
 * record_store.c
 *		Records of changes, as a trigger writes them.
 *
 * A record costs what the change itself does, so it goes round the executor:
 * the row is formed here and put into the month's heap and its indexes.  What
 * of a table matters is looked up once in a backend and dropped with the
 * server's own cache of the relation.
 *
 * Values are texts, numbers and booleans of JSON in a form that reads back
 * whatever the settings.  Members of an object stand in the order of jsonb,
 * by length and then by bytes, so the columns are sorted once.
 *
 * What is of a person, in clear or sealed, enters a record only sealed with
 * that person's key, in one piece: {"before": {...}, "after": {...}}.  Once
 * the key is gone, so is what they were; their names stay in "withheld".
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/datum.h"
#include "utils/float.h"
#include "utils/fmgrprotos.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/rangetypes.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"
#include "utils/uuid.h"

#include "core/audit/audit.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/identity/identity_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/audit/audit_store.h"
#include "store/audit/audit_store_int.h"

#define KEY_COLUMNS_MAX 8		/* of a primary key */

/* How the values of a column are put into a record. */
typedef enum Form
{
	FORM_BOOL,
	FORM_INT2,
	FORM_INT4,
	FORM_INT8,
	FORM_NUMERIC,
	FORM_TEXT,
	FORM_UUID,
	FORM_TIME,
	FORM_DATE,
	FORM_FLOAT8,
	FORM_BYTES,
	FORM_JSONB,
	FORM_PERIOD,
	FORM_OTHER					/* by the type's own output function */
} Form;

/* What becomes of the values of a column. */
typedef enum Keeping
{
	KEEP_CLEAR,					/* they enter the record */
	KEEP_SEALED,				/* sealed with the person's key, if there is */
	KEEP_NOTHING				/* their column's name alone enters it */
} Keeping;

/* One column of an audited table. */
typedef struct Recorded
{
	int			index;			/* in a row, from 0 */
	Form		form;			/* of its values */
	Oid			output;			/* function of another form */
	bool		byval;			/* as pg_attribute has it */
	int16		size;			/* likewise */
	Keeping		keeping;		/* of its values */
	bool		is_touch;		/* updated_at */
	char	   *name;			/* of the column */
} Recorded;

/* What is known of an audited table. */
typedef struct Audited
{
	Oid			relation;		/* hash key */
	bool		is_valid;		/* false: to be looked up again */
	MemoryContext memory;		/* of what follows */
	char	   *table;			/* name in the registry, as its trigger says */
	int			count;			/* of columns */
	Recorded   *columns;		/* in the order of jsonb */
	int			key_count;		/* of the primary key */
	Recorded   *keys[KEY_COLUMNS_MAX];	/* its columns, in order */
	Recorded   *person;			/* whose row it is; NULL = nobody's */
} Audited;

/* The two rows of a change, as values; NULL where there is none. */
typedef struct Image
{
	Datum	   *values;			/* by index */
	bool	   *nulls;			/* likewise */
} Image;

/* A record under construction. */
typedef struct Record
{
	const Audited *audited;		/* the table */
	Image		before;			/* no values for an insert */
	Image		after;			/* no values for a delete */
	JsonbValue	old;			/* the object of what was */
	JsonbValue	new;			/* the object of what is */
	JsonbValue	old_sealed;		/* what was, to be sealed */
	JsonbValue	new_sealed;		/* what is, to be sealed */
	Datum	   *withheld;		/* names of columns, as texts */
	int			withheld_count; /* of them */
	bool		is_change;		/* more than updated_at differs */
} Record;

/* The name of a database role, as it was last. */
typedef struct RoleName
{
	Oid			role;			/* InvalidOid: none yet */
	char		name[NAMEDATALEN];	/* of it */
} RoleName;

static HTAB *tables = NULL;		/* Audited by relation */
static RoleName outer_role;
static RoleName session_role;

/* A relation has changed: what is known of it is looked up again. */
static void
tables_forget(Datum argument, Oid relation)
{
	HASH_SEQ_STATUS all;
	Audited    *audited;

	if (OidIsValid(relation))
	{
		audited = hash_search(tables, &relation, HASH_FIND, NULL);
		if (audited != NULL)
			audited->is_valid = false;
		return;
	}
	hash_seq_init(&all, tables);
	while ((audited = hash_seq_search(&all)) != NULL)
		audited->is_valid = false;
}

/* A role has changed: its name is asked for again. */
static void
roles_forget(Datum argument, int cache, uint32 hash)
{
	outer_role.role = InvalidOid;
	session_role.role = InvalidOid;
}

/* Makes the table of tables. */
static void
tables_open(void)
{
	HASHCTL		how = {
		.keysize = sizeof(Oid),.entrysize = sizeof(Audited)
	};

	tables = hash_create("dwello audited tables", 128, &how,
						 HASH_ELEM | HASH_BLOBS);
	dw_relation_watch(tables_forget);
	CacheRegisterSyscacheCallback(AUTHOID, roles_forget, (Datum) 0);
}

/* The form of a type. */
static Form
form_of(Oid type)
{
	static const struct
	{
		Oid			type;
		Form		form;
	}			forms[] = {
		{BOOLOID, FORM_BOOL}, {INT2OID, FORM_INT2}, {INT4OID, FORM_INT4},
		{INT8OID, FORM_INT8}, {NUMERICOID, FORM_NUMERIC},
		{TEXTOID, FORM_TEXT}, {UUIDOID, FORM_UUID},
		{TIMESTAMPTZOID, FORM_TIME}, {DATEOID, FORM_DATE},
		{FLOAT8OID, FORM_FLOAT8}, {BYTEAOID, FORM_BYTES},
		{JSONBOID, FORM_JSONB}, {TSTZRANGEOID, FORM_PERIOD}
	};

	for (size_t i = 0; i < lengthof(forms); i++)
		if (forms[i].type == type)
			return forms[i].form;
	return FORM_OTHER;
}

/* True for a type whose values tell nothing of a person by themselves. */
static bool
is_plain_type(Oid type, Form form)
{
	switch (form)
	{
		case FORM_BOOL:
		case FORM_INT2:
		case FORM_INT4:
		case FORM_INT8:
		case FORM_UUID:
		case FORM_TIME:
			return true;
		default:
			return type_is_enum(type);
	}
}

/*
 * What becomes of the values of a column.  A record is sealed for one person,
 * so it has nothing of what is another's, too.
 */
static Keeping
keeping_of(DwDataClass class, Oid type, Form form)
{
	switch (class)
	{
		case DW_DATA_SECRET:
			return KEEP_NOTHING;
		case DW_DATA_PERSONAL:
		case DW_DATA_SEALED:
			return KEEP_SEALED;
		case DW_DATA_UNKNOWN:
			return is_plain_type(type, form) ? KEEP_CLEAR : KEEP_SEALED;
		default:
			return KEEP_CLEAR;
	}
}

/* Looks a column up. */
static void
recorded_read(Recorded *column, Form_pg_attribute attribute,
			  const DwDataTable *registered)
{
	bool		varlena;

	column->index = attribute->attnum - 1;
	column->form = form_of(attribute->atttypid);
	column->byval = attribute->attbyval;
	column->size = attribute->attlen;
	column->name = pstrdup(NameStr(attribute->attname));
	column->is_touch = strcmp(column->name, "updated_at") == 0;
	column->keeping =
		keeping_of(dw_data_class(registered, column->name),
				   attribute->atttypid, column->form);
	if (column->keeping == KEEP_SEALED && registered != NULL &&
		dw_data_list_has(registered->also, column->name))
		column->keeping = KEEP_NOTHING;
	if (column->form == FORM_OTHER)
		getTypeOutputInfo(attribute->atttypid, &column->output, &varlena);
}

/* Compares columns as jsonb orders its members. */
static int
recorded_compare(const void *a, const void *b)
{
	const Recorded *left = a;
	const Recorded *right = b;
	size_t		left_size = strlen(left->name);
	size_t		right_size = strlen(right->name);

	if (left_size != right_size)
		return left_size < right_size ? -1 : 1;
	return memcmp(left->name, right->name, left_size);
}

/* The column that stands at an index of a row; NULL for none. */
static Recorded *
recorded_at(Audited *audited, int index)
{
	for (int i = 0; i < audited->count; i++)
		if (audited->columns[i].index == index)
			return &audited->columns[i];
	return NULL;
}

/* Looks up the primary key; 42501 when there is none. */
static void
keys_read(Audited *audited, Relation relation)
{
	Relation	index;

	(void) RelationGetIndexList(relation);
	if (!OidIsValid(relation->rd_pkindex))
		dw_raise(DW_FORBIDDEN,
				 psprintf("table \"%s\" has no primary key",
						  RelationGetRelationName(relation)),
				 NULL, "This trigger belongs to tables of schema dwello alone.");
	index = index_open(relation->rd_pkindex, AccessShareLock);
	audited->key_count = Min(IndexRelationGetNumberOfKeyAttributes(index),
							 KEY_COLUMNS_MAX);
	for (int i = 0; i < audited->key_count; i++)
	{
		AttrNumber	number = index->rd_index->indkey.values[i];
		Recorded   *column = recorded_at(audited, number - 1);

		if (column == NULL)
			elog(ERROR, "column %d of \"%s\" is no column", number,
				 RelationGetRelationName(relation));
		audited->keys[i] = column;
		if (column->form == FORM_UUID && strcmp(column->name, "id") == 0)
		{
			/* what it is unique with only places the row */
			audited->keys[0] = column;
			audited->key_count = 1;
		}
	}
	index_close(index, AccessShareLock);
}

/* Looks up all there is to know of a table. */
static void
audited_read(Audited *audited, Relation relation, const char *table)
{
	TupleDesc	desc = RelationGetDescr(relation);
	const DwDataTable *registered = dw_data_table(table);

	audited->table = pstrdup(table);
	audited->columns = palloc0(sizeof(Recorded) * desc->natts);
	audited->count = 0;
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(desc, i);

		/* what the server makes of other columns tells nothing more */
		if (!attribute->attisdropped && attribute->attgenerated == '\0')
			recorded_read(&audited->columns[audited->count++], attribute,
						  registered);
	}
	qsort(audited->columns, audited->count, sizeof(Recorded),
		  recorded_compare);
	keys_read(audited, relation);
	audited->person = NULL;
	for (int i = 0; registered != NULL && registered->person != NULL &&
		 i < audited->count; i++)
		if (strcmp(audited->columns[i].name, registered->person) == 0 &&
			audited->columns[i].form == FORM_UUID)
			audited->person = &audited->columns[i];
}

/* The table of a trigger, looked up if need be. */
static Audited *
audited_find(Relation relation, const char *table)
{
	Oid			id = RelationGetRelid(relation);
	Audited    *audited;
	MemoryContext old;
	bool		found;

	if (tables == NULL)
		tables_open();
	audited = hash_search(tables, &id, HASH_ENTER, &found);
	if (!found)
	{
		audited->is_valid = false;
		audited->memory = NULL;
	}
	if (audited->is_valid && strcmp(audited->table, table) == 0)
		return audited;
	audited->is_valid = false;
	if (audited->memory != NULL)
		MemoryContextDelete(audited->memory);
	audited->memory = NULL;
	audited->memory = AllocSetContextCreate(CacheMemoryContext,
											"dwello audited table",
											ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(audited->memory);
	audited_read(audited, relation, table);
	MemoryContextSwitchTo(old);
	audited->is_valid = true;
	return audited;
}

/* A string of JSON. */
static void
string_fill(JsonbValue *value, char *text, int length)
{
	value->type = jbvString;
	value->val.string.val = text;
	value->val.string.len = length;
}

/* A whole number of JSON. */
static void
number_fill(JsonbValue *value, int64 number)
{
	value->type = jbvNumeric;
	value->val.numeric = int64_to_numeric(number);
}

/* The bytes of a uuid as text. */
static char *
uuid_text(Datum value)
{
	static const char digits[] = "0123456789abcdef";
	const pg_uuid_t *id = DatumGetUUIDP(value);
	char	   *text = palloc(37);
	char	   *end = text;

	for (int i = 0; i < UUID_LEN; i++)
	{
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*end++ = '-';
		*end++ = digits[id->data[i] >> 4];
		*end++ = digits[id->data[i] & 15];
	}
	*end = '\0';
	return text;
}

/* A time or a day in the standard form, a time in UTC. */
static char *
time_text(Datum value, Oid type)
{
	static const int utc = 0;

	return JsonEncodeDateTime(palloc(MAXDATELEN + 1), value, type,
							  type == DATEOID ? NULL : &utc);
}

/* Bytes as bytea takes them, whatever bytea_output says. */
static char *
bytes_text(Datum value)
{
	bytea	   *bytes = DatumGetByteaPP(value);
	size_t		size = VARSIZE_ANY_EXHDR(bytes);
	char	   *text = palloc(2 * size + 3);

	memcpy(text, "\\x", 2);
	text[2 + hex_encode(VARDATA_ANY(bytes), size, text + 2)] = '\0';
	return text;
}

/* One end of a period; nothing where it has none. */
static const char *
bound_text(const RangeBound * bound)
{
	return bound->infinite ? "" : time_text(bound->val, TIMESTAMPTZOID);
}

/* A period as tstzrange takes it, in UTC. */
static char *
period_text(Datum value)
{
	RangeType  *range = DatumGetRangeTypeP(value);
	TypeCacheEntry *type = lookup_type_cache(RangeTypeGetOid(range),
											 TYPECACHE_RANGE_INFO);
	RangeBound	lower;
	RangeBound	upper;
	bool		empty;

	range_deserialize(type, range, &lower, &upper, &empty);
	if (empty)
		return pstrdup("empty");
	return psprintf("%c%s,%s%c", lower.inclusive ? '[' : '(',
					bound_text(&lower), bound_text(&upper),
					upper.inclusive ? ']' : ')');
}

/* The shortest number that reads back as the same double. */
static char *
double_text(Datum value)
{
	int			digits = extra_float_digits;
	char	   *text;

	extra_float_digits = 1;
	text = float8out_internal(DatumGetFloat8(value));
	extra_float_digits = digits;
	return text;
}

/* The text of a value whose form is one. */
static char *
value_text(const Recorded *column, Datum value)
{
	switch (column->form)
	{
		case FORM_UUID:
			return uuid_text(value);
		case FORM_TIME:
			return time_text(value, TIMESTAMPTZOID);
		case FORM_DATE:
			return time_text(value, DATEOID);
		case FORM_FLOAT8:
			return double_text(value);
		case FORM_BYTES:
			return bytes_text(value);
		case FORM_PERIOD:
			return period_text(value);
		case FORM_BOOL:
			return pstrdup(DatumGetBool(value) ? "true" : "false");
		case FORM_INT2:
			return psprintf("%d", DatumGetInt16(value));
		case FORM_INT4:
			return psprintf("%d", DatumGetInt32(value));
		case FORM_INT8:
			return psprintf(INT64_FORMAT, DatumGetInt64(value));
		case FORM_NUMERIC:
			return DatumGetCString(DirectFunctionCall1(numeric_out, value));
		case FORM_TEXT:
			return TextDatumGetCString(value);
		case FORM_JSONB:
			return DatumGetCString(DirectFunctionCall1(jsonb_out, value));
		case FORM_OTHER:
			break;
	}
	return OidOutputFunctionCall(column->output, value);
}

/* A document as a part of another one. */
static void
document_fill(JsonbValue *value, Datum document)
{
	Jsonb	   *jsonb = DatumGetJsonbP(document);
	JsonbIterator *walk;
	JsonbParseState *state = NULL;
	JsonbValue	part;
	JsonbValue *whole = NULL;
	JsonbIteratorToken token;

	if (JsonbExtractScalar(&jsonb->root, value))
		return;
	walk = JsonbIteratorInit(&jsonb->root);
	while ((token = JsonbIteratorNext(&walk, &part, false)) != WJB_DONE)
		whole = pushJsonbValue(&state, token,
							   token < WJB_BEGIN_ARRAY ? &part : NULL);
	*value = *whole;
}

/* A value of a row as one of JSON. */
static void
value_fill(JsonbValue *out, const Recorded *column, Datum value, bool isnull)
{
	text	   *string;
	char	   *plain;

	if (isnull)
	{
		out->type = jbvNull;
		return;
	}
	switch (column->form)
	{
		case FORM_BOOL:
			out->type = jbvBool;
			out->val.boolean = DatumGetBool(value);
			break;
		case FORM_INT2:
			number_fill(out, DatumGetInt16(value));
			break;
		case FORM_INT4:
			number_fill(out, DatumGetInt32(value));
			break;
		case FORM_INT8:
			number_fill(out, DatumGetInt64(value));
			break;
		case FORM_TEXT:
			string = DatumGetTextPP(value);
			string_fill(out, VARDATA_ANY(string), VARSIZE_ANY_EXHDR(string));
			break;
		case FORM_JSONB:
			document_fill(out, value);
			break;
		default:
			plain = value_text(column, value);
			string_fill(out, plain, strlen(plain));
			break;
	}
}

/* True when a column is another in the row after; long ones by their bytes. */
static bool
is_changed(const Record *record, const Recorded *column)
{
	int			i = column->index;
	Datum		before = record->before.values[i];
	Datum		after = record->after.values[i];

	if (record->before.nulls[i] || record->after.nulls[i])
		return record->before.nulls[i] != record->after.nulls[i];
	if (column->byval)
		return before != after;
	if (column->size == -1 &&
		VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(before)) &&
		VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(after)) &&
		memcmp(DatumGetPointer(before), DatumGetPointer(after),
			   VARSIZE_EXTERNAL(DatumGetPointer(before))) == 0)
		return false;			/* the very same value, out of line */
	return !datum_image_eq(before, after, column->byval, column->size);
}

/* Adds a member to an object, which has room for all once it has one. */
static void
member_add(const Record *record, JsonbValue *object, const Recorded *column,
		   const Image *image)
{
	JsonbPair  *pair;

	if (object->val.object.nPairs == 0)
		object->val.object.pairs =
			palloc(sizeof(JsonbPair) * record->audited->count);
	pair = &object->val.object.pairs[object->val.object.nPairs];
	string_fill(&pair->key, column->name, strlen(column->name));
	pair->order = object->val.object.nPairs++;
	value_fill(&pair->value, column, image->values[column->index],
			   image->nulls[column->index]);
}

/* Adds what a column was and is, or that it is another. */
static void
column_add(Record *record, const Recorded *column)
{
	bool		is_update = record->before.values != NULL &&
		record->after.values != NULL;
	bool		is_clear = column->keeping == KEEP_CLEAR;
	const Image *image = record->before.values != NULL
		? &record->before : &record->after;

	if (is_update ? (column->is_touch || !is_changed(record, column))
		: image->nulls[column->index])
		return;
	record->is_change = true;
	if (!is_clear)
		record->withheld[record->withheld_count++] =
			CStringGetTextDatum(column->name);
	if (column->keeping == KEEP_NOTHING)
		return;
	if (record->before.values != NULL)
		member_add(record, is_clear ? &record->old : &record->old_sealed,
				   column, &record->before);
	if (record->after.values != NULL)
		member_add(record, is_clear ? &record->new : &record->new_sealed,
				   column, &record->after);
}

/* A row of a change; no values where there is none. */
static Image
image_read(HeapTuple row, TupleDesc desc)
{
	Image		image = {0};

	if (row == NULL)
		return image;
	image.values = palloc(sizeof(Datum) * desc->natts);
	image.nulls = palloc(sizeof(bool) * desc->natts);
	heap_deform_tuple(row, desc, image.values, image.nulls);
	return image;
}

/* Compares the rows; false when there is nothing to tell. */
static bool
record_fill(Record *record, TriggerData *data, const Audited *audited)
{
	TupleDesc	desc = RelationGetDescr(data->tg_relation);
	TriggerEvent event = data->tg_event;

	memset(record, 0, sizeof(*record));
	record->audited = audited;
	if (!TRIGGER_FIRED_BY_INSERT(event))
		record->before = image_read(data->tg_trigtuple, desc);
	if (!TRIGGER_FIRED_BY_DELETE(event))
		record->after = image_read(TRIGGER_FIRED_BY_INSERT(event)
								   ? data->tg_trigtuple : data->tg_newtuple,
								   desc);
	record->old.type = jbvObject;
	record->new.type = jbvObject;
	record->withheld = palloc(sizeof(Datum) * audited->count);
	for (int i = 0; i < audited->count; i++)
		column_add(record, &audited->columns[i]);
	return record->is_change;
}

/* The key of the row: its id, or its values with a slash between two. */
static Datum
key_text(const Record *record)
{
	const Audited *audited = record->audited;
	const Image *image = record->after.values != NULL
		? &record->after : &record->before;
	const Recorded *first = audited->keys[0];
	StringInfoData text;

	if (audited->key_count == 1)
		return CStringGetTextDatum(value_text(first,
											  image->values[first->index]));
	initStringInfo(&text);
	for (int i = 0; i < audited->key_count; i++)
	{
		const Recorded *key = audited->keys[i];

		if (i > 0)
			appendStringInfoChar(&text, '/');
		appendStringInfoString(&text,
							   value_text(key, image->values[key->index]));
	}
	return CStringGetTextDatum(text.data);
}

/* Fills a column of a row of the log; a NULL pointer leaves it NULL. */
static void
log_set(LogRow *row, int column, Datum value)
{
	row->values[column] = value;
	row->nulls[column] = DatumGetPointer(value) == NULL;
}

/* Fills a text of a row of the log. */
static void
log_set_text(LogRow *row, int column, const char *text)
{
	if (text != NULL)
		log_set(row, column, CStringGetTextDatum(text));
}

/* The name of a role; kept until another one acts. */
static const char *
role_name(RoleName *kept, Oid role)
{
	char	   *name;

	if (kept->role == role)
		return kept->name;
	name = GetUserNameFromId(role, true);
	strlcpy(kept->name, name == NULL ? "" : name, sizeof(kept->name));
	kept->role = role;
	return kept->name;
}

/* Fills who it was. */
static void
who_fill(LogRow *row, DwActor *actor)
{
	*actor = dw_identity();
	if (!dw_uuid_is_nil(&actor->user_id))
		log_set(row, LOG_USER_ID, PointerGetDatum(&actor->user_id));
	log_set_text(row, LOG_ACTOR_ROLE, dw_actor_label(actor->kind));
	log_set_text(row, LOG_DATABASE_ROLE,
				 role_name(&outer_role, GetOuterUserId()));
	log_set_text(row, LOG_SESSION_ROLE,
				 role_name(&session_role, GetSessionUserId()));
	log_set_text(row, LOG_REQUEST_ID, dw_request_id());
}

/* Appends a value as JSON: simple ones without a detour by a document. */
static void
value_append(StringInfo text, JsonbValue *value)
{
	Jsonb	   *document;

	switch (value->type)
	{
		case jbvNull:
			appendStringInfoString(text, "null");
			break;
		case jbvString:
			escape_json(text, pnstrdup(value->val.string.val,
									   value->val.string.len));
			break;
		default:
			document = JsonbValueToJsonb(value);
			(void) JsonbToCString(text, &document->root, VARSIZE(document));
			break;
	}
}

/* Appends an object as a member of a text that is one. */
static void
object_append(StringInfo text, const char *name, const JsonbValue *object)
{
	appendStringInfo(text, "%c\"%s\": ", text->len == 0 ? '{' : ',', name);
	for (int i = 0; i < object->val.object.nPairs; i++)
	{
		JsonbPair  *pair = &object->val.object.pairs[i];

		appendStringInfoString(text, i == 0 ? "{" : ", ");
		escape_json(text, pair->key.val.string.val);
		appendStringInfoString(text, ": ");
		value_append(text, &pair->value);
	}
	appendStringInfoString(text, object->val.object.nPairs == 0 ? "{}" : "}");
}

/* Fills what is sealed for a person; nothing for one who was erased. */
static void
sealed_fill(LogRow *row, const Record *record, const DwUuid *person)
{
	const DwUuid *id = (const DwUuid *)
		DatumGetPointer(row->values[LOG_ID]);
	StringInfoData text;

	initStringInfo(&text);
	if (record->before.values != NULL)
		object_append(&text, "before", &record->old_sealed);
	if (record->after.values != NULL)
		object_append(&text, "after", &record->new_sealed);
	appendStringInfoChar(&text, '}');
	log_set(row, LOG_SEALED,
			PointerGetDatum(dw_person_seal(person, RECORD_SEALED, id,
										   text.data)));
}

/* Fills whose row it is, and what is theirs. */
static void
person_fill(LogRow *row, const Record *record)
{
	const Recorded *person = record->audited->person;
	const Image *image = record->before.values != NULL
		? &record->before : &record->after;
	Datum		value;

	if (person == NULL || image->nulls[person->index])
		return;
	value = image->values[person->index];
	log_set(row, LOG_PERSON_ID, value);
	if (record->old_sealed.val.object.nPairs > 0 ||
		record->new_sealed.val.object.nPairs > 0)
		sealed_fill(row, record, (const DwUuid *) DatumGetUUIDP(value));
}

/* Fills what has changed. */
static void
what_fill(LogRow *row, Record *record)
{
	log_set_text(row, LOG_TABLE_NAME, record->audited->table);
	log_set(row, LOG_ROW_KEY, key_text(record));
	log_set_text(row, LOG_OPERATION,
				 record->before.values == NULL ? "insert" :
				 record->after.values == NULL ? "delete" : "update");
	person_fill(row, record);
	if (record->before.values != NULL)
		log_set(row, LOG_BEFORE,
				PointerGetDatum(JsonbValueToJsonb(&record->old)));
	if (record->after.values != NULL)
		log_set(row, LOG_AFTER,
				PointerGetDatum(JsonbValueToJsonb(&record->new)));
	if (record->withheld_count > 0)
		log_set(row, LOG_WITHHELD,
				PointerGetDatum(construct_array(record->withheld,
												record->withheld_count,
												TEXTOID, -1, false,
												TYPALIGN_INT)));
}

void
dw_audit_record(TriggerData *data, const char *table)
{
	Record		record;
	LogRow		row;
	DwActor		actor;
	DwUuid		id;

	if (!record_fill(&record, data, audited_find(data->tg_relation, table)))
		return;
	memset(row.values, 0, sizeof(row.values));
	memset(row.nulls, true, sizeof(row.nulls));
	id = dw_uuid_fresh();
	log_set(&row, LOG_ID, PointerGetDatum(&id));
	log_set(&row, LOG_CREATED_AT,
			TimestampTzGetDatum(GetCurrentTimestamp()));
	who_fill(&row, &actor);
	what_fill(&row, &record);
	dw_audit_log_write(&row);
}
