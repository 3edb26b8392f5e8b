/*
 * json_arg_server.c
 *		Reads JSON documents: lists of objects with known members.
 *
 * First any document; then those of an argument, where what is wrong goes
 * into the validation error of the call and reading goes on.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/numeric.h"

#include "server/call/call_server.h"

bool
dw_json_arg_list(Datum jsonb, DwJsonArg *list, int *count)
{
	Jsonb	   *document = DatumGetJsonbP(jsonb);

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

int64
dw_json_item_int8(DwJsonItem *item, const char *member, int64 absent)
{
	int64		value = absent;

	(void) item_given(item, member,
					  dw_json_arg_int8(&item->object, member, &value),
					  "must be a whole number");
	return value;
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
