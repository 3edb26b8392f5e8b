/*
 * settings_service.c
 *		Other settings of an agent: what a report asks "what if" with.
 *
 * The names are those of configure_agent()'s arguments, and so are the limits.
 * They are judged twice: alone, before anything is read, and again over the
 * settings that stay.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"
#include "utils/uuid.h"

#include "api/report/report_api_int.h"
#include "core/numeric/numeric.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/number/number_server.h"
#include "server/sql/sql_server.h"
#include "store/agent/agent_store.h"
#include "store/learning/learning_store.h"
#include "store/run/run_store.h"

#define DOCUMENT_BYTES_MAX	20480
#define PPM					1000000

#define NUMBER(name, type, member) \
	{#name, DW_FIELD_##type, offsetof(DwAgentSettings, member), 1}

/* The settings that are whole numbers. */
static const DwNumberField numbers[] = {
	NUMBER(max_bid_radius_miles, INT32, numbers.radius),
	NUMBER(max_bids_per_day, INT32, numbers.bids_per_day),
	NUMBER(min_project_value, INT64, numbers.min_value),
	NUMBER(max_project_value, INT64, numbers.max_value),
	NUMBER(min_margin_ppm, INT32, numbers.margin_ppm),
	NUMBER(approval_threshold, INT64, numbers.threshold),
	NUMBER(goal_target, INT64, goal_target),
	NUMBER(max_exposure, INT64, max_exposure),
	NUMBER(max_open_jobs, INT64, max_open_jobs),
	NUMBER(min_win_probability_ppm, INT64, min_win_ppm)
};

/* All of them. */
static const char *const names[] = {
	"is_active", "mode", "strategy", "goal", "max_bid_radius_miles",
	"max_bids_per_day", "min_project_value", "max_project_value",
	"min_margin_ppm", "approval_threshold", "goal_target", "max_exposure",
	"max_open_jobs", "min_win_probability_ppm", "preferred_categories",
	"working_hours", "costs", "parameters_version", NULL
};

/* Raises 22023 about the argument. */
pg_noreturn static void
refuse(const DwOtherSettings *other, const char *what)
{
	dw_arg_refuse(other->call, other->arg, DW_BAD_VALUE, what);
}

/* Raises 22023 about a member of it. */
pg_noreturn static void
refuse_member(const DwOtherSettings *other, const char *name,
			  const char *what)
{
	refuse(other, psprintf("must have %s as %s", name, what));
}

/* A member as it is; false when there is none. */
static bool
member_find(const DwOtherSettings *other, const char *name, JsonbValue *value)
{
	return getKeyJsonValueFromContainer(other->object.root, name,
										strlen(name), value) != NULL;
}

/* A member that is a whole number; false when there is none. */
static bool
member_number(const DwOtherSettings *other, const char *name, int64 *number)
{
	switch (dw_json_arg_int8(&other->object, name, number))
	{
		case DW_MEMBER_GIVEN:
			return true;
		case DW_MEMBER_ABSENT:
			return false;
		default:
			refuse_member(other, name, "a whole number");
	}
}

/* "one of aggressive, competitive", and so on. */
static const char *
one_of(const DwLabels *labels)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int i = 0; i < labels->count; i++)
		if (labels->labels[i] != NULL)
			appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "one of ",
							 labels->labels[i]);
	return text.data;
}

/* A member that is a label: its number, or what it was before. */
static int
member_label(const DwOtherSettings *other, const char *name,
			 const DwLabels *labels, int before)
{
	char	   *label = NULL;
	int			found;

	switch (dw_json_arg_text(&other->object, name, &label))
	{
		case DW_MEMBER_ABSENT:
			return before;
		case DW_MEMBER_GIVEN:
			found = dw_label_find(labels->labels, labels->count, label);
			if (found >= 0)
				return found;
			/* FALLTHROUGH */
		default:
			refuse_member(other, name, one_of(labels));
	}
}

/* A member that is a document of the agent; false when there is none. */
static bool
member_document(const DwOtherSettings *other, const char *name,
				const char *(*error) (Datum), Datum *document)
{
	JsonbValue	value;
	const char *what;

	*document = (Datum) 0;
	if (!member_find(other, name, &value))
		return false;
	if (value.type == jbvNull)
		return true;
	*document = JsonbPGetDatum(JsonbValueToJsonb(&value));
	what = error(*document);
	if (what != NULL)
		refuse(other, psprintf("must have valid %s: it %s", name, what));
	return true;
}

/* The switch, and what else is a label. */
static void
labels_lay(const DwOtherSettings *other, DwAgentSettings *settings)
{
	JsonbValue	value;
	DwAgentGoal goal = settings->goal;

	if (member_find(other, "is_active", &value))
	{
		if (value.type != jbvBool)
			refuse_member(other, "is_active", "true or false");
		settings->is_active = value.val.boolean;
		if (settings->is_active)
			settings->paused_until = 0;
	}
	settings->mode = member_label(other, "mode", &dw_agent_mode_labels,
								  settings->mode);
	settings->strategy = member_label(other, "strategy",
									  &dw_agent_strategy_labels,
									  settings->strategy);
	settings->goal = member_label(other, "goal", &dw_agent_goal_labels, goal);
	/* the target of one goal means nothing to another */
	if (settings->goal != goal)
		settings->goal_target = 0;
}

/* The whole numbers; 0 is no limit of max_exposure. */
static void
numbers_lay(const DwOtherSettings *other, DwAgentSettings *settings)
{
	for (int i = 0; i < (int) lengthof(numbers); i++)
	{
		int64		number;

		if (!member_number(other, numbers[i].name, &number))
			continue;
		/* none of them is negative, whatever -1 means to core */
		if (number < 0 ||
			!dw_number_set(&numbers[i], settings, 0, number))
			refuse_member(other, numbers[i].name, "a number in its limits");
	}
	if (settings->max_exposure == 0)
		settings->max_exposure = DW_AGENT_NO_LIMIT;
}

/* The categories, of which there may be none. */
static void
categories_lay(const DwOtherSettings *other, DwUuids *categories)
{
	char	  **texts;
	int			count = 0;
	DwUuid	   *ids;

	if (dw_json_arg_texts(&other->object, "preferred_categories", &texts,
						  &count) == DW_MEMBER_WRONG ||
		count > DW_AGENT_CATEGORIES_MAX)
		refuse_member(other, "preferred_categories",
					  "a list of up to 100 ids");
	if (count == 0)
		return;					/* the provider's own, as they are */
	ids = palloc(sizeof(DwUuid) * count);
	for (int i = 0; i < count; i++)
		memcpy(&ids[i],
			   DatumGetUUIDP(DirectFunctionCall1(uuid_in,
												 CStringGetDatum(texts[i]))),
			   sizeof(DwUuid));
	categories->ids = ids;
	categories->count = count;
}

/* Hours and costs; JSON null takes them away. */
static void
documents_lay(const DwOtherSettings *other, DwAgentSettings *settings)
{
	Datum		document;

	if (member_document(other, "working_hours", dw_agent_hours_error,
						&document))
		dw_agent_hours_read(document, &settings->hours);
	if (member_document(other, "costs", dw_agent_costs_error, &document))
		dw_agent_costs_read(document, &settings->costs);
}

/* What the settings aim at, as core judges it. */
static DwAgentAims
aims_of(const DwAgentSettings *settings)
{
	return (DwAgentAims)
	{
		.goal = settings->goal,
			.goal_target = settings->goal_target,
			.max_exposure = Max(settings->max_exposure, 0),
			.max_open_jobs = (int32)
			Min(settings->max_open_jobs, PG_INT32_MAX),
			.min_win_ppm = (int32) Min(settings->min_win_ppm, PG_INT32_MAX)
	};
}

/* What is wrong with settings. */
static DwAgentError
settings_judge(const DwAgentSettings *settings)
{
	DwAgentAims aims = aims_of(settings);
	DwAgentError error = dw_agent_judge(&settings->numbers);

	return error == DW_AGENT_OK ? dw_agent_judge_aims(&aims) : error;
}

/* 22023 for settings that are outside their limits. */
static void
settings_check(const DwOtherSettings *other, DwAgentError error)
{
	static const char *const what[] = {
		[DW_AGENT_BAD_RADIUS] = "must have a max_bid_radius_miles from 5 to 50",
		[DW_AGENT_BAD_DAY] = "must have a max_bids_per_day from 1 to 20",
		[DW_AGENT_BAD_MIN_VALUE] = "must have a min_project_value above zero",
		[DW_AGENT_BAD_MAX_VALUE] = "must have a max_project_value that is not below min_project_value",
		[DW_AGENT_BAD_MARGIN] = "must have a min_margin_ppm from 0 to 10000000",
		[DW_AGENT_BAD_THRESHOLD] = "must have an approval_threshold that is not negative",
		[DW_AGENT_BAD_EXPOSURE] = "must have a max_exposure that is not negative",
		[DW_AGENT_BAD_OPEN_JOBS] = "must have a max_open_jobs from 1 to 1000",
		[DW_AGENT_BAD_WIN] = "must have a min_win_probability_ppm from 0 to 1000000",
		[DW_AGENT_BAD_TARGET] = "must have a goal_target in the limits of its goal"
	};

	if (error != DW_AGENT_OK)
		refuse(other, what[error]);
}

/* All members over settings. */
static void
settings_lay(const DwOtherSettings *other, DwAgentSettings *settings,
			 DwUuids *categories)
{
	labels_lay(other, settings);
	numbers_lay(other, settings);
	documents_lay(other, settings);
	categories_lay(other, categories);
}

void
dw_other_settings_lay(void *argument, DwAgentSettings *settings,
					  DwUuids *categories)
{
	const DwOtherSettings *other = argument;

	if (!other->is_given)
		return;
	settings_lay(other, settings, categories);
	settings_check(other, settings_judge(settings));
}

/* Judges the members alone, over settings that are valid. */
static void
settings_check_alone(const DwOtherSettings *other)
{
	DwAgentSettings alone = {
		.numbers.radius = DW_AGENT_RADIUS_MIN,
		.numbers.bids_per_day = DW_AGENT_DAY_MIN,
		.numbers.min_value = 1,
		.numbers.max_value = PG_INT64_MAX,
		.max_exposure = DW_AGENT_NO_LIMIT,
		.max_open_jobs = 1
	};
	DwUuids		categories = {0};
	DwAgentError error;

	settings_lay(other, &alone, &categories);
	error = settings_judge(&alone);
	/* a goal and its target may be those that stay */
	if (error != DW_AGENT_BAD_TARGET)
		settings_check(other, error);
}

void
dw_other_settings(DwCall *call, const char *arg, DwOtherSettings *other)
{
	Datum		document;
	char	   *stray;
	int64		version;

	memset(other, 0, sizeof(*other));
	other->call = call;
	other->arg = arg;
	other->parameters_version = -1;
	if (!dw_arg_has(call, arg))
		return;
	document = dw_arg_jsonb(call, arg);
	if (VARSIZE(DatumGetPointer(document)) > DOCUMENT_BYTES_MAX)
		refuse(other, psprintf("must not be larger than %d bytes",
							   DOCUMENT_BYTES_MAX));
	if (!dw_json_arg_object(document, &other->object))
		refuse(other, "must be a JSON object");
	stray = dw_json_arg_stray(&other->object, names);
	if (stray != NULL)
		dw_raise(DW_BAD_VALUE,
				 psprintf("%s must have settings of an agent only;"
						  " \"%s\" is none", arg, stray),
				 NULL,
				 "They are parameters_version and the arguments of"
				 " dwello.configure_agent(), but for tier and currency.");
	other->is_given = true;
	if (member_number(other, "parameters_version", &version))
	{
		if (version < 0 || version > PG_INT32_MAX)
			refuse_member(other, "parameters_version", "a number that is not negative");
		other->parameters_version = (int32) version;
	}
	settings_check_alone(other);
}

DwUuid
dw_report_agent(DwCall *call)
{
	DwUuid		agent_id;

	if (!dw_arg_has(call, "agent_id") &&
		call->actor.kind == DW_ACTOR_PROVIDER)
		return call->actor.user_id;
	agent_id = dw_arg_uuid(call, "agent_id");
	if (call->actor.kind == DW_ACTOR_PROVIDER &&
		!dw_uuid_equal(&agent_id, &call->actor.user_id))
		dw_raise(DW_FORBIDDEN, "only staff looks at another's agent",
				 psprintf("User %s does not call.", dw_uuid_text(&agent_id)),
				 "Leave agent_id out for your own.");
	return agent_id;
}

void
dw_other_parameters(const DwOtherSettings *other, const DwUuid *agent_id,
					DwAgentParameters *parameters)
{
	DwLearningSettings settings;
	DwParameters row;

	if (other->parameters_version < 0)
		return;
	dw_learning_settings(&settings);
	if (!dw_parameters_load(&settings, agent_id, other->parameters_version,
							&row))
		dw_raise(DW_NOT_FOUND, "version does not exist",
				 psprintf("The agent has no version %d of its parameters.",
						  other->parameters_version),
				 "The table dwello.agent_parameters has them all.");
	*parameters = row.values;
}

Datum
dw_share_numeric(double share)
{
	int64		ppm = (int64) (share * PPM + 0.5);

	return NumericGetDatum(int64_div_fast_to_numeric(ppm, 6));
}

bool
dw_decision_again(Datum document, DwAgentInputs *inputs,
				  DwAgentDecision *decision)
{
	DwAgentOffer offer;

	memset(inputs, 0, sizeof(*inputs));
	memset(decision, 0, sizeof(*decision));
	if (document == (Datum) 0 ||
		!dw_numbers_read(&dw_agent_input_fields, document, inputs) ||
		!dw_numbers_read(&dw_agent_offer_fields, document, &offer))
		return false;
	dw_agent_decide(inputs, offer.amount > 0 ? &offer : NULL, decision);
	return true;
}
