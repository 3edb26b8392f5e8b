/*
 * post_list_api.c
 *		Reads the documents of post_job: lists of objects, and weights.
 *
 * What a member may be is said here (its kind, and whether it must be
 * there); what its value may be is for core.  A member with a name that
 * nobody knows is refused: it is a misspelt one.
 */
#include "postgres.h"

#include "api/fault_api.h"
#include "api/post_api.h"
#include "store/document_store.h"

/* The object being read, and where to note what is wrong with it. */
typedef struct DwItem
{
	DwDocument	object;			/* its members */
	DwFaultPlace place;			/* of the object */
	DwFault    *fault;			/* of the call */
} DwItem;

/* Notes a fault of one member. */
static void
item_note(DwItem *item, const char *member, DwResult code, const char *what)
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
		item_note(item, member, DW_BAD_VALUE, kind);
	else if (found == DW_MEMBER_TOO_LARGE)
		item_note(item, member, DW_OVERFLOW, "is out of range");
	return found == DW_MEMBER_GIVEN;
}

/* A text member; NULL when it was not given. */
static char *
item_text(DwItem *item, const char *member, DwTextRule rule)
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
static int64
item_int8(DwItem *item, const char *member, int64 absent)
{
	int64		value = absent;

	(void) item_given(item, member,
					  dw_document_int8(&item->object, member, &value),
					  "must be a whole number");
	return value;
}

/* True or false, or what stands for a member that was not given. */
static bool
item_bool(DwItem *item, const char *member, bool absent)
{
	bool		value = absent;

	(void) item_given(item, member,
					  dw_document_bool(&item->object, member, &value),
					  "must be true or false");
	return value;
}

/* Notes a member whose name nobody knows. */
static void
item_check_names(DwItem *item, const char *const *names)
{
	char	   *stray = dw_document_stray(&item->object, names);

	if (stray != NULL)
		dw_fault_note_at(item->fault, item->place, DW_BAD_VALUE,
						 psprintf("has an unknown member \"%s\"", stray));
}

/* Opens the list of an argument; the number of its items, at most max. */
static int
list_open(DwCall *call, DwItem *item, int max, DwDocument *list)
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
static bool
list_item(const DwDocument *list, int i, DwItem *item,
		  const char *const *names)
{
	item->place.item = i;
	if (!dw_document_item(list, i, &item->object))
	{
		dw_fault_note_at(item->fault, item->place, DW_BAD_VALUE,
						 "must be a JSON object");
		return false;
	}
	item_check_names(item, names);
	return true;
}

/* The kind of credential of a requirement. */
static DwCredentialType
requirement_type(DwItem *item)
{
	static const DwTextRule rule = {.max = 200};
	char	   *label = item_text(item, "requirement_type", rule);
	DwCredentialType type = DW_CREDENTIAL_LICENSE;

	if (label == NULL)
		item_note(item, "requirement_type", DW_BAD_VALUE, "must be given");
	else if (!dw_credential_type_parse(label, &type))
		item_note(item, "requirement_type", DW_BAD_LABEL,
				  "must be license, insurance, certification, experience "
				  "or equipment");
	return type;
}

/* The value of a requirement: a text, or the number it would spell. */
static const char *
requirement_value(DwItem *item)
{
	static const DwTextRule rule = {.max = 200};
	int64		number;
	char	   *text;

	if (dw_document_int8(&item->object, "requirement_value", &number) ==
		DW_MEMBER_GIVEN)
		return psprintf(INT64_FORMAT, number);
	text = item_text(item, "requirement_value", rule);
	return text == NULL ? "" : text;
}

/* requirements; see the header. */
DwPostRequirement *
dw_post_requirements(DwCall *call, int arg, int *count, DwFault *fault)
{
	static const char *const names[] = {"requirement_type",
		"requirement_value", "is_mandatory", "weight", NULL};
	DwItem		item = {.place = {arg, DW_FAULT_NO_ITEM, NULL},
	.fault = fault};
	DwPostRequirement *requirements;
	DwDocument	list;

	*count = list_open(call, &item, DW_POST_REQUIREMENTS_MAX, &list);
	requirements = palloc0((*count + 1) * sizeof(*requirements));
	for (int i = 0; i < *count; i++)
	{
		DwPostRequirement *requirement = &requirements[i];

		if (!list_item(&list, i, &item, names))
			continue;
		requirement->type = requirement_type(&item);
		requirement->value = requirement_value(&item);
		requirement->is_mandatory = item_bool(&item, "is_mandatory", true);
		requirement->weight = item_int8(&item, "weight", 1);
		dw_post_requirement_check(requirement, item.place, fault);
	}
	return requirements;
}

/* One milestone of the plan. */
static void
milestone_read(DwItem *item, DwPostMilestone *milestone)
{
	static const DwTextRule title = {DW_POST_TITLE_MAX, true};
	static const DwTextRule text = {DW_POST_TEXT_MAX, false};

	milestone->title = item_text(item, "title", title);
	if (milestone->title == NULL)
		item_note(item, "title", DW_BAD_VALUE, "must be given");
	milestone->description = item_text(item, "description", text);
	milestone->due_date = item_text(item, "due_date", text);
	milestone->amount = item_int8(item, "amount", DW_POST_ABSENT);
	milestone->is_required = item_bool(item, "is_required", true);
}

/* milestones; see the header. */
DwPostMilestone *
dw_post_milestones(DwCall *call, int arg, int *count, DwFault *fault)
{
	static const char *const names[] = {"title", "description", "amount",
		"due_date", "is_required", NULL};
	DwItem		item = {.place = {arg, DW_FAULT_NO_ITEM, NULL},
	.fault = fault};
	DwPostMilestone *milestones;
	DwDocument	list;

	*count = list_open(call, &item, DW_MILESTONES_MAX, &list);
	milestones = palloc0((*count + 1) * sizeof(*milestones));
	for (int i = 0; i < *count; i++)
		if (list_item(&list, i, &item, names))
			milestone_read(&item, &milestones[i]);
	dw_post_plan_check(milestones, *count, arg, fault);
	return milestones;
}

/* The weight of one criterion; out of range is for core to refuse. */
static int32
weight_read(DwItem *item, const char *criterion)
{
	int64		bps = item_int8(item, criterion, 0);

	if (bps < 0 || bps > DW_SCORE_WEIGHT)
		return -1;
	return (int32) bps;
}

/* weights; see the header. */
DwScoreWeights
dw_post_weights(DwCall *call, int arg, DwFault *fault)
{
	const char *names[DW_CRITERION_COUNT + 1] = {NULL};
	DwItem		item = {.place = {arg, DW_FAULT_NO_ITEM, NULL},
	.fault = fault};
	DwScoreWeights weights = {{0}};

	if (!dw_document_object(dw_arg_jsonb(call, arg), &item.object))
	{
		dw_fault_note(fault, arg, DW_BAD_VALUE, "must be a JSON object");
		return weights;
	}
	for (int i = 0; i < DW_CRITERION_COUNT; i++)
	{
		names[i] = dw_criterion_label((DwCriterion) i);
		weights.bps[i] = weight_read(&item, names[i]);
	}
	item_check_names(&item, names);
	return weights;
}
