/*
 * json_arg_server.c
 *		Reads the objects of an argument that is a list of documents.
 */
#include "postgres.h"

#include "server/call/call_server.h"

/* Notes a fault of one member. */
void
dw_item_note(DwItem *item, const char *member, DwResult code,
			 const char *what)
{
	DwFaultPlace place = item->place;

	place.member = member;
	dw_fault_note_at(item->fault, place, code, what);
}

/* True when the member was given well; else notes why not, if it matters. */
static bool
item_given(DwItem *item, const char *member, DwMember found,
		   const char *kind)
{
	if (found == DW_MEMBER_WRONG)
		dw_item_note(item, member, DW_BAD_VALUE, kind);
	else if (found == DW_MEMBER_TOO_LARGE)
		dw_item_note(item, member, DW_OVERFLOW, "is out of range");
	return found == DW_MEMBER_GIVEN;
}

/* A text member; see the header. */
char *
dw_item_text(DwItem *item, const char *member, DwTextRule rule)
{
	DwFaultPlace place = item->place;
	char	   *text = NULL;

	if (!item_given(item, member,
					dw_document_text(&item->object, member, &text),
					"must be a string"))
		return NULL;
	place.member = member;
	dw_fault_check_text(item->fault, place, text, rule);
	return text;
}

/* A whole number, or what stands for one that was not given. */
int64
dw_item_int8(DwItem *item, const char *member, int64 absent)
{
	int64		value = absent;

	(void) item_given(item, member,
					  dw_document_int8(&item->object, member, &value),
					  "must be a whole number");
	return value;
}

/* True or false, or what stands for a member that was not given. */
bool
dw_item_bool(DwItem *item, const char *member, bool absent)
{
	bool		value = absent;

	(void) item_given(item, member,
					  dw_document_bool(&item->object, member, &value),
					  "must be true or false");
	return value;
}

/* Notes a member whose name nobody knows. */
void
dw_item_names(DwItem *item, const char *const *names)
{
	char	   *stray = dw_document_stray(&item->object, names);

	if (stray != NULL)
		dw_fault_note_at(item->fault, item->place, DW_BAD_VALUE,
						 psprintf("has an unknown member \"%s\"", stray));
}

/* Opens the list of an argument; the number of its items, at most max. */
int
dw_item_list(DwCall *call, DwItem *item, int max, DwDocument *list)
{
	int			arg = item->place.argument;
	int			count = 0;

	if (!dw_document_list(dw_arg_jsonb(call, arg), list, &count))
		dw_fault_note(item->fault, arg, DW_BAD_VALUE,
					  "must be a JSON array");
	else if (count > max)
		dw_fault_note(item->fault, arg, DW_BAD_VALUE,
					  psprintf("must not have more than %d elements", max));
	return Min(count, max);
}

/* Opens one item of a list; false, and noted, when it is no object. */
bool
dw_item_open(const DwDocument *list, int i, DwItem *item,
			 const char *const *names)
{
	item->place.item = i;
	if (!dw_document_item(list, i, &item->object))
	{
		dw_fault_note_at(item->fault, item->place, DW_BAD_VALUE,
						 "must be a JSON object");
		return false;
	}
	dw_item_names(item, names);
	return true;
}
