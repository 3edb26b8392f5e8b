/*
 * post_list_api.c
 *		Reads the documents of post_job: lists of objects, and weights.
 *
 * What a member may be is said here (its kind, and whether it must be
 * there); what its value may be is for core.  A member with a name that
 * nobody knows is refused: it is a misspelt one.
 */
#include "postgres.h"

#include "api/job/job_api.h"
#include "server/call/call_server.h"

/* A weight of up to 10000; what cannot be one is for core to refuse. */
static int32
weight_read(DwJsonItem *item, const char *member, int32 absent)
{
	int64		weight = dw_json_item_int8(item, member, absent);

	return weight < 0 || weight > DW_SCORE_WEIGHT ? -1 : (int32) weight;
}

/* The kind of credential of a requirement. */
static DwCredentialType
requirement_type(DwJsonItem *item)
{
	static const DwTextRule rule = {.max = 200};
	char	   *label = dw_json_item_text(item, "requirement_type", rule);
	DwCredentialType type = DW_CREDENTIAL_LICENSE;

	if (label == NULL)
		dw_json_item_note(item, "requirement_type", DW_BAD_VALUE,
						  "must be given");
	else if (!dw_credential_type_parse(label, &type))
		dw_json_item_note(item, "requirement_type", DW_BAD_LABEL,
						  "must be license, insurance, certification, experience "
						  "or equipment");
	return type;
}

/* The value of a requirement: a text, or the number it would spell. */
static const char *
requirement_value(DwJsonItem *item)
{
	static const DwTextRule rule = {.max = 200};
	int64		number;
	char	   *text;

	if (dw_json_arg_int8(&item->object, "requirement_value", &number) ==
		DW_MEMBER_GIVEN)
		return psprintf(INT64_FORMAT, number);
	text = dw_json_item_text(item, "requirement_value", rule);
	return text == NULL ? "" : text;
}

DwPostRequirement *
dw_post_requirements(DwCall *call, const char *arg, int *count,
					 DwArgError *error)
{
	static const char *const names[] = {"requirement_type",
	"requirement_value", "is_mandatory", "weight", NULL};
	DwJsonItem	item = {.place = {arg, DW_ARG_NO_ITEM, NULL},
	.error = error};
	DwPostRequirement *requirements;
	DwJsonArg	list;

	*count = dw_json_item_list(call, &item, DW_POST_REQUIREMENTS_MAX, &list);
	requirements = palloc0((*count + 1) * sizeof(*requirements));
	for (int i = 0; i < *count; i++)
	{
		DwPostRequirement *requirement = &requirements[i];

		if (!dw_json_item_open(&list, i, &item, names))
			continue;
		requirement->type = requirement_type(&item);
		requirement->value = requirement_value(&item);
		requirement->is_mandatory = dw_json_item_bool(&item, "is_mandatory",
													  true);
		requirement->weight = weight_read(&item, "weight", 1);
		dw_post_requirement_check(requirement, item.place, error);
	}
	return requirements;
}

/* One milestone of the plan. */
static void
milestone_read(DwJsonItem *item, DwPostMilestone *milestone)
{
	static const DwTextRule title = {DW_POST_TITLE_MAX, true};
	static const DwTextRule text = {DW_POST_TEXT_MAX, false};

	milestone->title = dw_json_item_text(item, "title", title);
	if (milestone->title == NULL)
		dw_json_item_note(item, "title", DW_BAD_VALUE, "must be given");
	milestone->description = dw_json_item_text(item, "description", text);
	milestone->due_date = dw_json_item_text(item, "due_date", text);
	milestone->amount = dw_json_item_int8(item, "amount", DW_POST_ABSENT);
	milestone->is_required = dw_json_item_bool(item, "is_required", true);
}

DwPostMilestone *
dw_post_milestones(DwCall *call, const char *arg, int *count,
				   DwArgError *error)
{
	static const char *const names[] = {"title", "description", "amount",
	"due_date", "is_required", NULL};
	DwJsonItem	item = {.place = {arg, DW_ARG_NO_ITEM, NULL},
	.error = error};
	DwPostMilestone *milestones;
	DwJsonArg	list;

	*count = dw_json_item_list(call, &item, DW_MILESTONES_MAX, &list);
	milestones = palloc0((*count + 1) * sizeof(*milestones));
	for (int i = 0; i < *count; i++)
		if (dw_json_item_open(&list, i, &item, names))
			milestone_read(&item, &milestones[i]);
	dw_post_plan_check(milestones, *count, arg, error);
	return milestones;
}

DwScoreWeights
dw_post_weights(DwCall *call, const char *arg, DwArgError *error)
{
	const char *names[DW_CRITERION_COUNT + 1] = {NULL};
	DwJsonItem	item = {.place = {arg, DW_ARG_NO_ITEM, NULL},
	.error = error};
	DwScoreWeights weights = {{0}};

	if (!dw_json_arg_object(dw_arg_jsonb(call, arg), &item.object))
	{
		dw_arg_error_note(error, arg, DW_BAD_VALUE, "must be a JSON object");
		return weights;
	}
	for (int i = 0; i < DW_CRITERION_COUNT; i++)
	{
		names[i] = dw_criterion_label((DwCriterion) i);
		weights.bps[i] = weight_read(&item, names[i], 0);
	}
	dw_json_item_names(&item, names);
	return weights;
}
