/*
 * json_arg_server.c
 *		Reads the objects of an argument that is a list of documents.
 */
#include "postgres.h"

#include "server/call/call_server.h"

/* Notes a fault of one member. */
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

/* A whole number, or what stands for one that was not given. */
int64
dw_json_item_int8(DwJsonItem *item, const char *member, int64 absent)
{
	int64		value = absent;

	(void) item_given(item, member,
					  dw_json_arg_int8(&item->object, member, &value),
					  "must be a whole number");
	return value;
}

/* True or false, or what stands for a member that was not given. */
bool
dw_json_item_bool(DwJsonItem *item, const char *member, bool absent)
{
	bool		value = absent;

	(void) item_given(item, member,
					  dw_json_arg_bool(&item->object, member, &value),
					  "must be true or false");
	return value;
}

/* Notes a member whose name nobody knows. */
void
dw_json_item_names(DwJsonItem *item, const char *const *names)
{
	char	   *stray = dw_json_arg_stray(&item->object, names);

	if (stray != NULL)
		dw_arg_error_note_at(item->error, item->place, DW_BAD_VALUE,
							 psprintf("has an unknown member \"%s\"", stray));
}

/* Opens the list of an argument; the number of its items, at most max. */
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

/* Opens one item of a list; false, and noted, when it is no object. */
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
