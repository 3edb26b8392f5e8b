/*
 * arg_server.c
 *		Reads the arguments of a call, and tells what is wrong with them.
 *
 * Only what can be said of an argument alone is said here: NULL where a
 * value is needed (22004), a text over its limit (22001), a blank text
 * (22023).  What an amount or a date may be is for core.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "server/call/call_server.h"
#include "server/call/call_server_int.h"
#include "server/error/error_server.h"

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

TimestampTz
dw_arg_time_opt(DwCall *call, const char *arg)
{
	TimestampTz value;

	if (!dw_arg_has(call, arg))
		return DT_NOBEGIN;
	value = DatumGetTimestampTz(arg_find(call, arg)->value);
	if (TIMESTAMP_NOT_FINITE(value))
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must be finite");
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
	if (bytes > max && pg_mbstrlen_with_len(text, bytes) > max)
		dw_arg_refuse(call, arg, DW_TEXT_TOO_LONG,
					  psprintf("is longer than %d characters", max));
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
	if (value[strspn(value, " \t\r\n")] == '\0')
		dw_arg_refuse(call, arg, DW_BAD_VALUE, "must not be blank");
	return value;
}

int64
dw_arg_seconds(DwCall *call, const char *arg)
{
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
