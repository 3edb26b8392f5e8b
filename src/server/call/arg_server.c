/*
 * arg_server.c
 *		Reads the arguments of a call, JSON documents among them, and tells
 *		what is wrong with them.
 *
 * Only what can be said of an argument alone is said here: NULL where a
 * value is needed (22004), a text over its limit (22001), a blank text
 * (22023).  What an amount or a date may be is for core.
 *
 * Of documents, lists of objects with known members are read: first any
 * document; then those of an argument, where what is wrong goes into the
 * validation error of the call and reading goes on.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "core/admin/admin.h"
#include "server/call/call_server.h"
#include "server/call/call_server_int.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"

#define AMOUNT_TOO_LARGE	"is beyond 10^15 minor units"

/* The position of an argument by its name; -1 when there is none. */
static int
position_of(DwCall *call, const char *name)
{
	const DwSignature *signature = call->signature;

	for (int arg = 0; arg < signature->arg_count; arg++)
		if (signature->arg_names[arg] != NULL &&
			strcmp(signature->arg_names[arg], name) == 0)
			return arg;
	return -1;
}

/* The argument of a name. */
static NullableDatum *
arg_find(DwCall *call, const char *arg)
{
	int			position = position_of(call, arg);

	if (position < 0 || position >= call->fcinfo->nargs)
		elog(ERROR, "dwello.%s has no argument \"%s\"", dw_call_name(call),
			 arg);
	return &call->fcinfo->args[position];
}

void
dw_arg_refuse(DwCall *call, const char *arg, DwResult code, const char *what)
{
	dw_raise(code, psprintf("%s %s", arg, what), NULL,
			 psprintf("reference.md#%s says what it takes.",
					  dw_call_name(call)));
}

bool
dw_arg_has(DwCall *call, const char *arg)
{
	return !arg_find(call, arg)->isnull;
}

/* Gives the value of an argument that must be there (22004). */
static Datum
arg_value(DwCall *call, const char *arg)
{
	NullableDatum *found = arg_find(call, arg);

	if (found->isnull)
		dw_arg_refuse(call, arg, DW_NULL_VALUE, "must not be NULL");
	return found->value;
}

void
dw_args_need(DwCall *call,...)
{
	const char *arg;
	va_list		names;

	va_start(names, call);
	while ((arg = va_arg(names, const char *)) != NULL)
		(void) arg_value(call, arg);
	va_end(names);
}

bool
dw_arg_exists(DwCall *call, const char *arg)
{
	return position_of(call, arg) >= 0;
}

bool
dw_args_given(DwCall *call, const char *after, const char *before)
{
	int			arg = after == NULL ? 0
		: position_of(call, after) + 1;
	int			end = position_of(call, before);

	/* a name that is not there is -1: without `before` there are none */
	for (; arg < end; arg++)
		if (!call->fcinfo->args[arg].isnull)
			return true;
	return false;
}

Datum
dw_arg_datum(DwCall *call, const char *arg)
{
	return arg_value(call, arg);
}

DwUuid
dw_arg_uuid(DwCall *call, const char *arg)
{
	DwUuid		id;

	memcpy(id.bytes, DatumGetUUIDP(arg_value(call, arg))->data,
		   sizeof(id.bytes));
	return id;
}

const DwUuid *
dw_arg_uuid_opt(DwCall *call, const char *arg)
{
	DwUuid	   *copy;

	if (!dw_arg_has(call, arg))
		return NULL;
	copy = palloc(sizeof(*copy));
	*copy = dw_arg_uuid(call, arg);
	return copy;
}

int64
dw_arg_int8(DwCall *call, const char *arg)
{
	return DatumGetInt64(arg_value(call, arg));
}

/* True for an amount of either sign that is not too large. */
static bool
amount_fits(int64 amount)
{
	return amount >= -DW_AMOUNT_MAX && amount <= DW_AMOUNT_MAX;
}

int64
dw_arg_amount(DwCall *call, const char *arg)
{
	int64		amount = dw_arg_int8(call, arg);

	if (!amount_fits(amount))
		dw_arg_refuse(call, arg, DW_OVERFLOW, AMOUNT_TOO_LARGE);
	return amount;
}

int64
dw_arg_amount_checked(DwCall *call, DwArgError *error, const char *arg)
{
	int64		amount = dw_arg_int8(call, arg);

	if (!amount_fits(amount))
		dw_arg_error_note(error, arg, DW_OVERFLOW, AMOUNT_TOO_LARGE);
	return amount;
}

void
dw_arg_check_amount(DwCall *call, const char *arg, int64 amount,
					const char *currency)
{
	if (amount > dw_setting_amount(DW_SETTING_MAX_AMOUNT, currency))
		dw_arg_refuse(call, arg, DW_OVERFLOW,
					  psprintf("is above the largest amount in %s",
							   currency));
}

int32
dw_arg_int4(DwCall *call, const char *arg)
{
	return DatumGetInt32(arg_value(call, arg));
}

int32
dw_arg_count(DwCall *call, const char *arg, int32 most)
{
	int32		count = dw_arg_int4(call, arg);

	if (count < 1 || count > most)
		dw_arg_refuse(call, arg, DW_BAD_VALUE,
					  psprintf("must be from 1 to %d", most));
	return count;
}

int32
dw_arg_page(DwCall *call, const char *arg)
{
	return dw_arg_count(call, arg, DW_PAGE_MAX);
}

void
dw_arg_check_currency(DwCall *call, const char *arg, const char *currency)
{
	if (currency != NULL &&
		dw_currency_exponent(currency) == DW_CURRENCY_UNKNOWN)
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "is no currency of ISO 4217");
}

int32
dw_arg_max_rows(DwCall *call)
{
	return dw_arg_count(call, "max_rows", DW_ROWS_MAX);
}

const int32 *
dw_arg_int4_opt(DwCall *call, const char *arg)
{
	int32	   *copy;

	if (!dw_arg_has(call, arg))
		return NULL;
	copy = palloc(sizeof(*copy));
	*copy = dw_arg_int4(call, arg);
	return copy;
}

const bool *
dw_arg_bool_opt(DwCall *call, const char *arg)
{
	bool	   *copy;

	if (!dw_arg_has(call, arg))
		return NULL;
	copy = palloc(sizeof(*copy));
	*copy = dw_arg_bool(call, arg);
	return copy;
}

bool
dw_arg_bool(DwCall *call, const char *arg)
{
	return DatumGetBool(arg_value(call, arg));
}

double
dw_arg_float8(DwCall *call, const char *arg)
{
	return DatumGetFloat8(arg_value(call, arg));
}

/*
 * Days of the years that arguments may lie in, counted from 2000-01-01: dates
 * of JSON have four digits, and no reckoning with a day of these overflows.
 */
#define FIRST_DAY	(-INT64CONST(730119))	/* 0001-01-01 */
#define LAST_DAY	INT64CONST(2921939) /* 9999-12-31 */
#define OTHER_YEAR	"must be in the years 1 to 9999"

TimestampTz
dw_arg_time_opt(DwCall *call, const char *arg)
{
	TimestampTz value;

	if (!dw_arg_has(call, arg))
		return DT_NOBEGIN;
	/* -infinity is what stands for NULL in C, and no deadline is infinite */
	value = DatumGetTimestampTz(arg_find(call, arg)->value);
	if (TIMESTAMP_NOT_FINITE(value))
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must be finite");
	if (value < FIRST_DAY * USECS_PER_DAY ||
		value >= (LAST_DAY + 1) * USECS_PER_DAY)
		dw_arg_refuse(call, arg, DW_BAD_VALUE, OTHER_YEAR);
	return value;
}

DateADT
dw_arg_date_opt(DwCall *call, const char *arg)
{
	DateADT		value;

	if (!dw_arg_has(call, arg))
		return DATEVAL_NOBEGIN;
	value = DatumGetDateADT(arg_find(call, arg)->value);
	if (DATE_NOT_FINITE(value))
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must be finite");
	if (value < FIRST_DAY || value > LAST_DAY)
		dw_arg_refuse(call, arg, DW_BAD_VALUE, OTHER_YEAR);
	return value;
}

Datum
dw_arg_jsonb(DwCall *call, const char *arg)
{
	return PointerGetDatum(PG_DETOAST_DATUM(arg_value(call, arg)));
}

/* 22001 when a text has more than max characters. */
static void
arg_check_length(DwCall *call, const char *arg, const char *text, int bytes,
				 int max)
{
	/* a character has at least one byte: most texts need no counting */
	if (bytes > max && pg_mbstrlen_with_len(text, bytes) > max)
		dw_arg_refuse(call, arg, DW_TEXT_TOO_LONG,
					  psprintf("is longer than %d characters", max));
}

/* True for nothing but white space. */
static bool
is_blank(const char *value)
{
	return value[strspn(value, " \t\r\n")] == '\0';
}

char *
dw_arg_text_opt(DwCall *call, const char *arg, int max)
{
	text	   *value;

	if (!dw_arg_has(call, arg))
		return NULL;
	value = DatumGetTextPP(arg_find(call, arg)->value);
	arg_check_length(call, arg, VARDATA_ANY(value),
					 VARSIZE_ANY_EXHDR(value), max);
	return text_to_cstring(value);
}

char *
dw_arg_text(DwCall *call, const char *arg, int max)
{
	char	   *value;

	(void) arg_value(call, arg);
	value = dw_arg_text_opt(call, arg, max);
	if (is_blank(value))
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must not be blank");
	return value;
}

char *
dw_arg_name_opt(DwCall *call, const char *arg, int max)
{
	char	   *value = dw_arg_text_opt(call, arg, max);

	return value == NULL || is_blank(value) ? NULL : value;
}

int64
dw_arg_seconds(DwCall *call, const char *arg)
{
	/* months have 30 days and days 24 hours, as where intervals are ordered */
	const Interval *span = DatumGetIntervalP(arg_value(call, arg));
	int64		days = (int64) span->month * DAYS_PER_MONTH + span->day;

	/* at most 6.5e10 days and 9.2e12 seconds: no overflow */
	return days * SECS_PER_DAY + span->time / USECS_PER_SEC;
}

DwUuid *
dw_arg_uuids_opt(DwCall *call, const char *arg, int *count)
{
	ArrayType  *array;
	Datum	   *items;
	bool	   *nulls;
	DwUuid	   *ids;

	*count = 0;
	if (!dw_arg_has(call, arg))
		return NULL;
	array = DatumGetArrayTypeP(arg_value(call, arg));
	if (ARR_NDIM(array) > 1)
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must have one dimension");
	deconstruct_array(array, UUIDOID, UUID_LEN, false, TYPALIGN_CHAR, &items,
					  &nulls, count);
	ids = palloc((*count + 1) * sizeof(DwUuid));
	for (int i = 0; i < *count; i++)
	{
		if (nulls[i])
			dw_arg_refuse(call, arg, DW_NULL_VALUE,
						  "must not have a NULL element");
		memcpy(ids[i].bytes, DatumGetUUIDP(items[i])->data, UUID_LEN);
	}
	return ids;
}

char	  **
dw_arg_texts(DwCall *call, const char *arg, int max, int *count)
{
	ArrayType  *array = DatumGetArrayTypeP(arg_value(call, arg));
	Datum	   *items;
	bool	   *nulls;
	char	  **texts;

	if (ARR_NDIM(array) > 1)
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must have one dimension");
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &items, &nulls,
					  count);
	texts = palloc((*count + 1) * sizeof(char *));
	for (int i = 0; i < *count; i++)
	{
		text	   *item;

		if (nulls[i])
			dw_arg_refuse(call, arg, DW_NULL_VALUE,
						  "must not have a NULL element");
		item = DatumGetTextPP(items[i]);
		arg_check_length(call, arg, VARDATA_ANY(item),
						 VARSIZE_ANY_EXHDR(item), max);
		texts[i] = text_to_cstring(item);
	}
	return texts;
}

char *
dw_arg_label_opt(DwCall *call, const char *arg)
{
	if (!dw_arg_has(call, arg))
		return NULL;
	return DatumGetCString(DirectFunctionCall1(enum_out,
											   arg_find(call, arg)->value));
}

char *
dw_arg_label(DwCall *call, const char *arg)
{
	(void) arg_value(call, arg);
	return dw_arg_label_opt(call, arg);
}

void
dw_arg_error_raise(DwCall *call, const DwArgError *error)
{
	StringInfoData message;

	if (error->code == DW_OK)
		return;
	initStringInfo(&message);
	appendStringInfoString(&message, error->place.argument);
	if (error->place.item != DW_ARG_NO_ITEM)
		appendStringInfo(&message, "[%d]", error->place.item);
	if (error->place.member != NULL)
		appendStringInfo(&message, ".%s", error->place.member);
	appendStringInfo(&message, " %s", error->what);
	dw_raise(error->code, message.data, NULL,
			 psprintf("reference.md#%s says what it takes.",
					  dw_call_name(call)));
}

void
dw_arg_error_check_text(DwArgError *error, DwArgPlace place,
						const char *text,
						DwTextRule rule)
{
	size_t		length;

	if (text == NULL)
		return;
	length = strlen(text);
	if (length > (size_t) rule.max && pg_mbstrlen(text) > rule.max)
		dw_arg_error_note_at(error, place, DW_TEXT_TOO_LONG,
							 psprintf("is longer than %d characters",
									  rule.max));
	if (rule.is_needed && text[strspn(text, " \t\r\n")] == '\0')
		dw_arg_error_note_at(error, place, DW_BAD_VALUE, "must not be blank");
}

char *
dw_arg_text_checked(DwCall *call, DwArgError *error, const char *arg,
					DwTextRule rule)
{
	DwArgPlace	place = {arg, DW_ARG_NO_ITEM, NULL};
	char	   *text = dw_arg_text_opt(call, arg, MaxAllocSize);

	dw_arg_error_check_text(error, place, text, rule);
	return text;
}

bool
dw_json_arg_list(Datum jsonb, DwJsonArg *list, int *count)
{
	Jsonb	   *document = DatumGetJsonbP(jsonb);

	/* a scalar is kept as an array of one element, and is no list */
	if (!JB_ROOT_IS_ARRAY(document) || JB_ROOT_IS_SCALAR(document))
		return false;
	list->root = &document->root;
	*count = JB_ROOT_COUNT(document);
	return true;
}

bool
dw_json_arg_object(Datum jsonb, DwJsonArg *object)
{
	Jsonb	   *document = DatumGetJsonbP(jsonb);

	if (!JB_ROOT_IS_OBJECT(document))
		return false;
	object->root = &document->root;
	return true;
}

bool
dw_json_arg_is_null(Datum jsonb)
{
	JsonbContainer *root = &DatumGetJsonbP(jsonb)->root;
	JsonbValue	value;

	return JsonContainerIsScalar(root) && JsonbExtractScalar(root, &value) &&
		value.type == jbvNull;
}

bool
dw_json_arg_item(const DwJsonArg *list, int item, DwJsonArg *object)
{
	JsonbValue *value = getIthJsonbValueFromContainer(list->root, item);

	if (value == NULL || value->type != jbvBinary ||
		!JsonContainerIsObject(value->val.binary.data))
		return false;
	object->root = value->val.binary.data;
	return true;
}

/* Finds a member of the wanted type. */
static DwMember
document_member(const DwJsonArg *object, const char *name,
				enum jbvType type, JsonbValue *value)
{
	if (getKeyJsonValueFromContainer(object->root, name, strlen(name),
									 value) == NULL ||
		value->type == jbvNull)
		return DW_MEMBER_ABSENT;
	return value->type == type ? DW_MEMBER_GIVEN : DW_MEMBER_WRONG;
}

DwMember
dw_json_arg_text(const DwJsonArg *object, const char *name, char **value)
{
	JsonbValue	found;
	DwMember	result = document_member(object, name, jbvString, &found);

	if (result == DW_MEMBER_GIVEN)
		*value = pnstrdup(found.val.string.val, found.val.string.len);
	return result;
}

bool
dw_json_arg_member_list(const DwJsonArg *object, const char *name,
						DwJsonArg *list, int *count)
{
	JsonbValue	found;
	DwMember	result = document_member(object, name, jbvBinary, &found);

	*count = 0;
	if (result != DW_MEMBER_GIVEN)
		return result == DW_MEMBER_ABSENT;
	list->root = found.val.binary.data;
	if (!JsonContainerIsArray(list->root))
		return false;
	*count = JsonContainerSize(list->root);
	return true;
}

DwMember
dw_json_arg_texts(const DwJsonArg *object, const char *name,
				  char ***values, int *count)
{
	JsonbValue	found;
	JsonbContainer *list;
	DwMember	result = document_member(object, name, jbvBinary, &found);

	if (result != DW_MEMBER_GIVEN)
		return result;
	list = found.val.binary.data;
	if (!JsonContainerIsArray(list))
		return DW_MEMBER_WRONG;
	*count = JsonContainerSize(list);
	*values = palloc((*count + 1) * sizeof(char *));
	for (int i = 0; i < *count; i++)
	{
		JsonbValue *item = getIthJsonbValueFromContainer(list, i);

		if (item->type != jbvString)
			return DW_MEMBER_WRONG;
		(*values)[i] = pnstrdup(item->val.string.val, item->val.string.len);
	}
	return DW_MEMBER_GIVEN;
}

DwMember
dw_json_arg_numeric(const DwJsonArg *object, const char *name,
					Numeric *value)
{
	JsonbValue	found;
	DwMember	result = document_member(object, name, jbvNumeric, &found);

	if (result == DW_MEMBER_GIVEN)
		*value = found.val.numeric;
	return result;
}

DwMember
dw_json_arg_int8(const DwJsonArg *object, const char *name, int64 *value)
{
	Numeric		number;
	Datum		trimmed;
	char	   *text;
	char	   *end;
	int64		read;
	DwMember	result = dw_json_arg_numeric(object, name, &number);

	if (result != DW_MEMBER_GIVEN)
		return result;
	/* 5.00 is a whole number; 5.01 is none, and is never rounded to one */
	trimmed = DirectFunctionCall1(numeric_trim_scale,
								  NumericGetDatum(number));
	text = DatumGetCString(DirectFunctionCall1(numeric_out, trimmed));
	if (strchr(text, '.') != NULL)
		return DW_MEMBER_WRONG;
	errno = 0;
	read = strtoi64(text, &end, 10);
	if (errno == ERANGE)
		return DW_MEMBER_TOO_LARGE;
	*value = read;
	return DW_MEMBER_GIVEN;
}

/* A member that is true or false. */
static DwMember
json_arg_bool(const DwJsonArg *object, const char *name, bool *value)
{
	JsonbValue	found;
	DwMember	result = document_member(object, name, jbvBool, &found);

	if (result == DW_MEMBER_GIVEN)
		*value = found.val.boolean;
	return result;
}

char	  **
dw_json_arg_names(const DwJsonArg *object, int *count)
{
	char	  **names = palloc((JsonContainerSize(object->root) + 1) *
							   sizeof(char *));
	JsonbIterator *iterator = JsonbIteratorInit(object->root);
	JsonbValue	name;
	JsonbIteratorToken token;

	*count = 0;
	/* without going into nested values, whose members are their own */
	while ((token = JsonbIteratorNext(&iterator, &name, true)) != WJB_DONE)
		if (token == WJB_KEY)
			names[(*count)++] = pnstrdup(name.val.string.val,
										 name.val.string.len);
	return names;
}

/* True when a name is in a NULL-ended list. */
static bool
is_known(const char *name, const char *const *known)
{
	for (; *known != NULL; known++)
		if (strcmp(*known, name) == 0)
			return true;
	return false;
}

char *
dw_json_arg_stray(const DwJsonArg *object, const char *const *names)
{
	int			count;
	char	  **given = dw_json_arg_names(object, &count);

	for (int i = 0; i < count; i++)
		if (!is_known(given[i], names))
			return given[i];
	return NULL;
}

void
dw_json_item_note(DwJsonItem *item, const char *member, DwResult code,
				  const char *what)
{
	DwArgPlace	place = item->place;

	place.member = member;
	dw_arg_error_note_at(item->error, place, code, what);
}

/* True when the member was given well; else notes why not, if it matters. */
static bool
item_given(DwJsonItem *item, const char *member, DwMember found,
		   const char *kind)
{
	if (found == DW_MEMBER_WRONG)
		dw_json_item_note(item, member, DW_BAD_VALUE, kind);
	else if (found == DW_MEMBER_TOO_LARGE)
		dw_json_item_note(item, member, DW_OVERFLOW, "is out of range");
	return found == DW_MEMBER_GIVEN;
}

char *
dw_json_item_text(DwJsonItem *item, const char *member, DwTextRule rule)
{
	DwArgPlace	place = item->place;
	char	   *text = NULL;

	if (!item_given(item, member,
					dw_json_arg_text(&item->object, member, &text),
					"must be a string"))
		return NULL;
	place.member = member;
	dw_arg_error_check_text(item->error, place, text, rule);
	return text;
}

/* The value of a hexadecimal digit, or -1. */
static int
hex_digit(char digit)
{
	const char *digits = "0123456789abcdef";
	const char *found;

	found = strchr(digits, pg_ascii_tolower((unsigned char) digit));
	return digit == '\0' || found == NULL ? -1 : (int) (found - digits);
}

/* Reads 8-4-4-4-12 digits. */
static bool
uuid_read(const char *text, DwUuid *id)
{
	for (int i = 0; i < (int) sizeof(id->bytes); i++)
	{
		int			high;
		int			low;

		if ((i == 4 || i == 6 || i == 8 || i == 10) && *text++ != '-')
			return false;
		high = hex_digit(text[0]);
		low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0)
			return false;
		id->bytes[i] = (uint8) (high << 4 | low);
		text += 2;
	}
	return *text == '\0';
}

bool
dw_json_item_uuid(DwJsonItem *item, const char *member, DwUuid *id)
{
	static const DwTextRule rule = {.max = 36};
	char	   *text = dw_json_item_text(item, member, rule);

	if (text == NULL)
		return false;
	if (!uuid_read(text, id))
		dw_json_item_note(item, member, DW_BAD_LABEL, "must be a UUID");
	return true;
}

int64
dw_json_item_int8(DwJsonItem *item, const char *member, int64 absent)
{
	int64		value = absent;

	(void) item_given(item, member,
					  dw_json_arg_int8(&item->object, member, &value),
					  "must be a whole number");
	return value;
}

int64
dw_json_item_amount(DwJsonItem *item, const char *member, int64 absent)
{
	int64		amount = dw_json_item_int8(item, member, absent);

	if (amount != absent && !amount_fits(amount))
		dw_json_item_note(item, member, DW_OVERFLOW, AMOUNT_TOO_LARGE);
	return amount;
}

bool
dw_json_item_bool(DwJsonItem *item, const char *member, bool absent)
{
	bool		value = absent;

	(void) item_given(item, member,
					  json_arg_bool(&item->object, member, &value),
					  "must be true or false");
	return value;
}

void
dw_json_item_names(DwJsonItem *item, const char *const *names)
{
	char	   *stray = dw_json_arg_stray(&item->object, names);

	if (stray != NULL)
		dw_arg_error_note_at(item->error, item->place, DW_BAD_VALUE,
							 psprintf("has an unknown member \"%s\"", stray));
}

int
dw_json_item_list(DwCall *call, DwJsonItem *item, int max, DwJsonArg *list)
{
	const char *arg = item->place.argument;
	int			count = 0;

	if (!dw_json_arg_list(dw_arg_jsonb(call, arg), list, &count))
		dw_arg_error_note(item->error, arg, DW_BAD_VALUE,
						  "must be a JSON array");
	else if (count > max)
		dw_arg_error_note(item->error, arg, DW_BAD_VALUE,
						  psprintf("must not have more than %d elements",
								   max));
	/* too many is noted; the first of them are still looked at for worse */
	return Min(count, max);
}

bool
dw_json_item_open(const DwJsonArg *list, int i, DwJsonItem *item,
				  const char *const *names)
{
	item->place.item = i;
	if (!dw_json_arg_item(list, i, &item->object))
	{
		dw_arg_error_note_at(item->error, item->place, DW_BAD_VALUE,
							 "must be a JSON object");
		return false;
	}
	dw_json_item_names(item, names);
	return true;
}
