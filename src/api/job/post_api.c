/*
 * post_api.c
 *		What a homeowner says of a job: post_job, publish_job, edit_job.
 *
 * A job is its own scope: the id is given, or follows from the idempotency
 * key, so that a retry meets its own row.  A draft concerns nobody else and
 * tells nobody: the first event of a job is its publication, which freezes
 * what bids are measured by: the weights of the method, and the reference
 * amount.  Nothing that happens later, and no bid, moves them.
 *
 * A draft is its homeowner's alone, and everything in it may change.  Once
 * it is published, what is frozen stays; a change of what bidders have priced
 * makes new terms, for which each of them must speak again; and what nobody
 * prices just changes.  A value that is given but is no other is no change,
 * so that an application may send back a whole form.
 *
 * What the one command cannot do without is optional to the other, so a
 * field that is NULL, or no argument at all, is passed over when it is read,
 * and post_job asks for what it needs before.  The kind of a member, and
 * whether it must be there, is said here; what its value may be is for core.
 */
#include "postgres.h"

#include "port/pg_bitutils.h"
#include "utils/array.h"
#include "utils/date.h"

#include "api/account/account_api.h"
#include "api/job/job_api.h"
#include "core/geo/geo.h"
#include "core/job/job.h"
#include "core/search/search.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/bid/bid_store.h"
#include "store/job/job_store.h"
#include "store/market/market_store.h"

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

/* requirements: [{requirement_type, requirement_value, is_mandatory, ...}] */
static DwPostRequirement *
read_requirements(DwCall *call, const char *arg, int *count,
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
	milestone->amount = dw_json_item_amount(item, "amount", DW_POST_ABSENT);
	milestone->is_required = dw_json_item_bool(item, "is_required", true);
}

DwPostMilestone *
dw_post_milestones(Datum jsonb, int *count, DwArgError *error)
{
	static const char *const names[] = {"title", "description", "amount",
	"due_date", "is_required", NULL};
	DwJsonItem	item = {.place = {"milestones", DW_ARG_NO_ITEM, NULL},
	.error = error};
	DwPostMilestone *milestones;
	DwJsonArg	list;

	*count = 0;
	if (!dw_json_arg_list(jsonb, &list, count))
		dw_arg_error_note(error, "milestones", DW_BAD_VALUE,
						  "must be a JSON array");
	else if (*count > DW_MILESTONES_MAX)
		dw_arg_error_note(error, "milestones", DW_BAD_VALUE,
						  psprintf("must not have more than %d elements",
								   DW_MILESTONES_MAX));
	*count = Min(*count, DW_MILESTONES_MAX);
	milestones = palloc0((*count + 1) * sizeof(*milestones));
	for (int i = 0; i < *count; i++)
		if (dw_json_item_open(&list, i, &item, names))
			milestone_read(&item, &milestones[i]);
	dw_post_plan_check(milestones, *count, "milestones", error);
	return milestones;
}

/* weights: {criterion: basis points}; a criterion left out has none. */
static DwScoreWeights
read_weights(DwCall *call, const char *arg, DwArgError *error)
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

/* A draft being read. */
typedef struct Reading
{
	DwCall	   *call;			/* whose arguments are read */
	DwDraft    *draft;			/* what they say */
	DwPostFields given;			/* the fields that are not NULL */
	DwArgError	error;			/* of all, the one to tell */
} Reading;

/* The argument that gives a field, noted as given; NULL when it does not. */
static const char *
given(Reading *reading, DwPostField field)
{
	const char *arg = dw_post_field_name(field);

	if (!dw_arg_exists(reading->call, arg) || !dw_arg_has(reading->call, arg))
		return NULL;
	reading->given |= DW_POST_FIELD(field);
	return arg;
}

/* What a field is, in SQL and in DwDraft. */
typedef enum FieldKind
{
	FIELD_UUID,
	FIELD_TEXT,
	FIELD_LABEL,				/* of an enum, as text */
	FIELD_INT8,
	FIELD_INT4,
	FIELD_DATE,					/* in days */
	FIELD_BOOL,
	FIELD_FLOAT8
} FieldKind;

/* A field that is one value. */
typedef struct FieldRule
{
	DwPostField field;			/* which it is */
	FieldKind	kind;			/* and what */
	size_t		offset;			/* in DwDraft */
	DwTextRule	rule;			/* of a text */
} FieldRule;

#define TEXT(field, member, max, is_needed) \
	{DW_POST_##field, FIELD_TEXT, offsetof(DwDraft, member), \
	{max, is_needed}}
#define VALUE(field, kind, member) \
	{DW_POST_##field, FIELD_##kind, offsetof(DwDraft, member), {0}}

/* Texts come in the order in which what is wrong with them is told. */
static const FieldRule field_rules[] = {
	TEXT(TITLE, title, DW_POST_TITLE_MAX, true),
	TEXT(DESCRIPTION, description, DW_POST_TEXT_MAX, true),
	TEXT(STREET, street, DW_POST_STREET_MAX, true),
	TEXT(MATERIALS_DESCRIPTION, materials_description, DW_POST_TEXT_MAX,
		 false),
	TEXT(SPECIAL_REQUIREMENTS, special_requirements, DW_POST_TEXT_MAX,
		 false),
	TEXT(CURRENCY, post.currency, MaxAllocSize, false),
	VALUE(CATEGORY_ID, UUID, category_id),
	VALUE(LONGITUDE, FLOAT8, post.place.longitude),
	VALUE(LATITUDE, FLOAT8, post.place.latitude),
	VALUE(BUDGET_MIN, INT8, post.budget_min),
	VALUE(BUDGET_MAX, INT8, post.budget_max),
	VALUE(EXPECTED_MATERIALS, INT8, post.expected_materials),
	VALUE(START_DATE, DATE, post.start_date),
	VALUE(END_DATE, DATE, post.end_date),
	VALUE(HOURS, INT4, post.hours),
	VALUE(URGENCY, LABEL, urgency),
	VALUE(IS_EMERGENCY, BOOL, is_emergency),
	VALUE(MATERIALS_PROVIDED, BOOL, materials_provided),
	VALUE(BID_MODE, LABEL, bid_mode),
	VALUE(INVITE_ONLY, BOOL, is_invite_only),
	VALUE(SCORING_METHOD, LABEL, scoring_method)
};

/* Reads such a field, if it is given. */
static void
read_field(Reading *reading, const FieldRule *rule)
{
	const char *arg = given(reading, rule->field);
	char	   *member = (char *) reading->draft + rule->offset;

	if (arg == NULL)
		return;
	switch (rule->kind)
	{
		case FIELD_UUID:
			*(DwUuid *) member = dw_arg_uuid(reading->call, arg);
			break;
		case FIELD_TEXT:
			*(char **) member = dw_arg_text_checked(reading->call,
													&reading->error, arg,
													rule->rule);
			break;
		case FIELD_LABEL:
			*(char **) member = dw_arg_label(reading->call, arg);
			break;
		case FIELD_INT8:
			*(int64 *) member = dw_arg_amount_checked(reading->call,
													  &reading->error, arg);
			break;
		case FIELD_INT4:
			*(int32 *) member = dw_arg_int4(reading->call, arg);
			break;
		case FIELD_DATE:
			*(int32 *) member = dw_arg_date_opt(reading->call, arg);
			break;
		case FIELD_BOOL:
			*(bool *) member = dw_arg_bool(reading->call, arg);
			break;
		case FIELD_FLOAT8:
			*(double *) member = dw_arg_float8(reading->call, arg);
			break;
	}
}

/* The photos, and how many there may be. */
static void
read_photos(Reading *reading)
{
	DwDraft    *draft = reading->draft;

	if (given(reading, DW_POST_PHOTOS) == NULL)
		return;
	draft->photos = dw_job_photos(reading->call, &reading->error,
								  &draft->post.photo_count);
	draft->post.photo_max = dw_setting_int8("max_photos_per_job");
}

/* The scoring method of a draft. */
static DwScoringMethod
draft_method(const DwDraft *draft)
{
	DwScoringMethod method = DW_SCORING_METHOD_VALUE;

	if (draft->scoring_method != NULL &&
		!dw_scoring_method_parse(draft->scoring_method, &method))
		elog(ERROR, "core does not know scoring method \"%s\"",
			 draft->scoring_method);
	return method;
}

/* The weights, which must go with the method. */
static void
read_own_weights(Reading *reading)
{
	DwDraft    *draft = reading->draft;
	const char *weights = given(reading, DW_POST_WEIGHTS);

	if (weights == NULL)
		return;
	draft->has_weights = true;
	draft->weights = read_weights(reading->call, weights, &reading->error);
	dw_post_weights_check(&draft->weights, draft_method(draft),
						  &reading->error);
}

/* The lists of a draft. */
static void
read_lists(Reading *reading)
{
	DwDraft    *draft = reading->draft;
	const char *requirements = given(reading, DW_POST_REQUIREMENTS);
	const char *milestones = given(reading, DW_POST_MILESTONES);

	if (given(reading, DW_POST_CANCELLATION) != NULL)
		draft->cancellation_policy =
			dw_cancellation_arg(reading->call, &reading->error);
	if (requirements != NULL)
		draft->requirements = read_requirements(reading->call, requirements,
												&draft->requirement_count,
												&reading->error);
	if (milestones != NULL)
		draft->milestones =
			dw_post_milestones(dw_arg_jsonb(reading->call, milestones),
							   &draft->milestone_count, &reading->error);
}

/* Notes a place of which only one coordinate is given. */
static void
check_pair(Reading *reading)
{
	bool		has_longitude =
		(reading->given & DW_POST_FIELD(DW_POST_LONGITUDE)) != 0;
	bool		has_latitude =
		(reading->given & DW_POST_FIELD(DW_POST_LATITUDE)) != 0;

	if (has_longitude != has_latitude)
		dw_arg_error_note(&reading->error,
						  has_longitude ? "latitude" : "longitude",
						  DW_BAD_VALUE, "must be given with the other coordinate");
}

/* 22003: what is above the largest amount in the currency of the job. */
static void
check_amounts(DwCall *call, const DwDraft *draft)
{
	const char *currency = draft->post.currency;

	dw_arg_check_amount(call, "budget_min", draft->post.budget_min, currency);
	dw_arg_check_amount(call, "budget_max", draft->post.budget_max, currency);
	dw_arg_check_amount(call, "expected_materials",
						draft->post.expected_materials, currency);
	for (int i = 0; i < draft->milestone_count; i++)
		dw_arg_check_amount(call, "milestones", draft->milestones[i].amount,
							currency);
}

/*
 * Reads every field that is given into the draft and raises what is wrong
 * with them alone; of the others the draft keeps what it had.
 */
static DwPostFields
read_draft(DwCall *call, DwDraft *draft)
{
	Reading		reading = {
		.call = call,
		.draft = draft
	};

	for (int i = 0; i < (int) lengthof(field_rules); i++)
		read_field(&reading, &field_rules[i]);
	read_photos(&reading);
	read_own_weights(&reading);
	read_lists(&reading);
	check_pair(&reading);
	dw_post_check(&draft->post, &reading.error);
	dw_arg_error_raise(call, &reading.error);
	check_amounts(call, draft);
	return reading.given;
}

/* P0002 for an unknown category; true when it takes new jobs. */
static bool
category_is_active(const DwUuid *category_id)
{
	DwCategory	category;

	if (!dw_category_load(category_id, &category))
		dw_raise(DW_NOT_FOUND, psprintf("category %s does not exist",
										dw_uuid_text(category_id)),
				 NULL, "The view dwello.categories lists them all.");
	return category.is_active;
}

/* Raises 22023 for a category that takes no new jobs. */
pg_noreturn static void
refuse_category(DwCall *call)
{
	dw_arg_refuse(call, "category_id", DW_BAD_VALUE,
				  "is a category that takes no new jobs");
}

/* Reads all arguments and raises what is wrong with them alone. */
static void
post_read(DwCall *call, DwDraft *draft)
{
	dw_args_need(call, "category_id", "title", "description", "longitude",
				 "latitude", "currency", "urgency", "is_emergency",
				 "materials_provided", "photos", "requirements",
				 "milestones", "bid_mode", "scoring_method",
				 "is_invite_only", NULL);
	dw_draft_clear(draft);
	draft->id = dw_call_new_id(call, dw_arg_uuid_opt(call, "job_id"));
	draft->homeowner_id = call->actor.user_id;
	(void) read_draft(call, draft);
}

/* Raises 23505: the id belongs to a job already. */
static void
post_refuse_id(const DwDraft *draft)
{
	dw_raise_constraint(DW_ALREADY_EXISTS, "jobs_pkey",
						psprintf("job %s exists already",
								 dw_uuid_text(&draft->id)),
						NULL,
						"Leave job_id out, or give an idempotency_key to "
						"repeat a request safely.");
}

/* Writes the draft; false when it turns out that it was written before. */
static bool
post_write(DwCall *call, DwDraft *draft)
{
	DwJob		job;

	if (draft->street == NULL)
		draft->street = dw_address_street(&draft->homeowner_id,
										  &draft->post.place);
	if (dw_draft_insert(draft))
		return true;
	/* the id is taken, perhaps by this very request made twice at once */
	(void) dw_job_lock(&draft->id, &job);
	if (!dw_call_replay(call, &draft->id))
		post_refuse_id(draft);
	return false;
}

/* post_job(...) → job_id, status, terms_version, created_at, ... */
DW_FUNCTION(dwello_post_job)
{
	DwCall		call;
	DwDraft		draft;
	bool		is_active;

	dw_draft_begin(&call, fcinfo,
				   dw_machine_actors(dw_job_machine(), DW_JOB_EVENT_POST));
	post_read(&call, &draft);
	is_active = category_is_active(&draft.category_id);
	if (dw_call_replay(&call, &draft.id))
		return dw_call_return(&call);
	if (!is_active)
		refuse_category(&call);
	if (!post_write(&call, &draft))
		return dw_call_return(&call);

	dw_row_uuid(&call, "job_id", &draft.id);
	dw_row_enum(&call, "status", &dw_job_status_labels, DW_JOB_DRAFT);
	dw_row_int4(&call, "terms_version", 1);
	dw_row_time(&call, "created_at", draft.created_at);
	dw_row_int4(&call, "version", 1);
	return dw_call_return(&call);
}

/*
 * Freezes the weights that the method works with, also the built-in ones: a
 * version that ships others must not rescore a job that has bids.
 */
static void
publish_freeze_weights(DwJob *job)
{
	bool		is_urgent = job->is_emergency ||
		job->urgency == DW_URGENCY_URGENT;
	DwScoreWeights given = job->has_weights ? job->weights
		: dw_score_weights_default(is_urgent);

	if (dw_score_weights_choose(job->scoring_method, &given,
								&job->weights) != DW_OK)
		dw_raise(DW_CHECK_VIOLATION,
				 "the weights leave the scoring method no criterion",
				 NULL, "Give one of its criteria a weight above zero.");
	job->has_weights = true;
}

/* Freezes the reference; 22023 when the method needs one and has none. */
static void
publish_freeze_reference(DwJob *job)
{
	DwReferenceFacts facts;
	DwReference reference;

	dw_reference_load(job, &facts);
	reference = dw_reference_choose(&facts);
	if (reference.source == DW_REFERENCE_NONE &&
		job->scoring_method == DW_SCORING_METHOD_VALUE)
		dw_raise(DW_BAD_VALUE, "there is nothing to measure prices by",
				 "The job has no budget_max, and neither its neighbourhood "
				 "nor its category has a price.",
				 "Give it a budget_max with dwello.edit_job(), or another"
				 " scoring_method.");
	job->reference_amount = reference.amount;
	job->reference_source = reference.source;
}

/* Opens the job for bids and tells everybody. */
static void
publish_write(DwJob *job)
{
	DwPayload	payload;

	/* children are listed after the job, which their policies rely on */
	job->published_at = dw_now();
	job->expires_at = job->published_at +
		dw_setting_int8("job_expiry_days") * USECS_PER_DAY;
	job->is_listed = !job->is_invite_only;
	dw_job_save(job);
	dw_job_list_children(job);
	dw_job_payload(&payload, job);
	dw_payload_uuid(&payload, "category_id", &job->category_id);
	dw_payload_text(&payload, "currency", job->currency);
	dw_payload_int8(&payload, "terms_version", job->terms_version);
	dw_event_emit(&job->id, "job", &job->id, "job_published", &payload);
}

/* The row of publish_job. */
static Datum
publish_return(DwCall *call, const DwJob *job)
{
	dw_row_uuid(call, "job_id", &job->id);
	dw_row_enum(call, "status", &dw_job_status_labels, job->status);
	dw_row_int4(call, "terms_version", job->terms_version);
	dw_row_time(call, "published_at", job->published_at);
	dw_row_time(call, "expires_at", job->expires_at);
	if (job->reference_amount > 0)
		dw_row_int8(call, "reference_amount", job->reference_amount);
	dw_row_enum(call, "reference_source", &dw_reference_source_labels,
				job->reference_source);
	dw_row_int4(call, "version", job->version);
	return dw_call_return(call);
}

/* publish_job(job_id) → job_id, status, terms_version, ... */
DW_FUNCTION(dwello_publish_job)
{
	DwCall		call;
	DwUuid		job_id;
	DwJob		job;

	dw_command_begin(&call, fcinfo,
					 dw_machine_actors(dw_job_machine(),
									   DW_JOB_EVENT_PUBLISH));
	job_id = dw_arg_uuid(&call, "job_id");
	dw_job_for_command(&call, &job_id, &job);
	dw_job_need_homeowner(&call, &job);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, job.version);
	job.status = dw_job_next(&call, &job, DW_JOB_EVENT_PUBLISH);
	publish_freeze_weights(&job);
	publish_freeze_reference(&job);
	publish_write(&job);
	return publish_return(&call, &job);
}

/* An edit: what is wanted, and what becomes of the job. */
typedef struct Edit
{
	DwUuid		job_id;			/* the job to edit */
	DwPostFields given;			/* fields that the caller gives */
	DwDraft		wanted;			/* their values */
	bool		is_active;		/* the category given takes new jobs */
	DwDraft		draft;			/* as posted, then as it will be */
	DwPostFields changed;		/* fields that really are others */
	int64		cell_before;	/* where the map had it */
} Edit;

/* True, and noted as changed, when a field is given and differs. */
static bool
edit_takes(Edit *edit, DwPostField field, bool differs)
{
	if (!differs || (edit->given & DW_POST_FIELD(field)) == 0)
		return false;
	edit->changed |= DW_POST_FIELD(field);
	return true;
}

/* True when two texts differ; what is given is never NULL. */
static bool
texts_differ(const char *wanted, const char *text)
{
	return wanted != NULL && (text == NULL || strcmp(wanted, text) != 0);
}

/* True when a list that is given is another, or takes the place of none. */
static bool
lists_differ(const Edit *edit, DwPostField field, Datum wanted, Datum current)
{
	struct varlena *one;
	struct varlena *other;

	if ((edit->given & DW_POST_FIELD(field)) == 0)
		return false;
	if (wanted == (Datum) 0 || current == (Datum) 0)
		return wanted != current;
	/* equal ones could lie otherwise in memory: that changes nobody's price */
	one = PG_DETOAST_DATUM(wanted);
	other = PG_DETOAST_DATUM(current);
	return VARSIZE(one) != VARSIZE(other) ||
		memcmp(one, other, VARSIZE(other)) != 0;
}

/* Takes a field that is one value. */
static void
edit_field(Edit *edit, const FieldRule *rule)
{
	static const size_t sizes[] = {
		[FIELD_UUID] = sizeof(DwUuid),
		[FIELD_TEXT] = sizeof(char *),
		[FIELD_LABEL] = sizeof(char *),
		[FIELD_INT8] = sizeof(int64),
		[FIELD_INT4] = sizeof(int32),
		[FIELD_DATE] = sizeof(int32),
		[FIELD_BOOL] = sizeof(bool),
		[FIELD_FLOAT8] = sizeof(double)
	};
	char	   *wanted = (char *) &edit->wanted + rule->offset;
	char	   *current = (char *) &edit->draft + rule->offset;
	bool		is_text = rule->kind == FIELD_TEXT ||
		rule->kind == FIELD_LABEL;

	if (edit_takes(edit, rule->field, is_text
				   ? texts_differ(*(char **) wanted, *(char **) current)
				   : memcmp(wanted, current, sizes[rule->kind]) != 0))
		memcpy(current, wanted, sizes[rule->kind]);
}

/* The fields that are taken together, as a place. */
#define SITE_FIELDS \
	(DW_POST_FIELD(DW_POST_LONGITUDE) | DW_POST_FIELD(DW_POST_LATITUDE) | \
	 DW_POST_FIELD(DW_POST_STREET))

/* Takes all of them, but for the place. */
static void
edit_fields(Edit *edit)
{
	for (int i = 0; i < (int) lengthof(field_rules); i++)
		if ((DW_POST_FIELD(field_rules[i].field) & SITE_FIELDS) == 0)
			edit_field(edit, &field_rules[i]);
}

/*
 * Takes place and street.  Others know the rounded place alone, so the exact
 * one counts as the street; a street that is not given for another place is
 * looked up as post_job does.
 */
static void
edit_site(Edit *edit)
{
	DwPost	   *wanted = &edit->wanted.post;
	DwPost	   *post = &edit->draft.post;
	bool		has_street = edit->wanted.street != NULL;
	bool		has_place =
		(edit->given & DW_POST_FIELD(DW_POST_LONGITUDE)) != 0;
	bool		moves = has_place &&
		(wanted->place.longitude != post->place.longitude ||
		 wanted->place.latitude != post->place.latitude);

	if (moves)
	{
		DwDegrees	before = dw_degrees_round(&post->place);
		DwDegrees	after = dw_degrees_round(&wanted->place);

		(void) edit_takes(edit, DW_POST_LONGITUDE,
						  after.longitude != before.longitude);
		(void) edit_takes(edit, DW_POST_LATITUDE,
						  after.latitude != before.latitude);
		post->place = wanted->place;
	}
	if (!moves && !has_street)
		return;
	edit->changed |= DW_POST_FIELD(DW_POST_STREET);
	edit->draft.street = has_street ? edit->wanted.street :
		dw_address_street(&edit->draft.homeowner_id, &post->place);
}

/* Takes pictures, cancellation, requirements, parts and weights. */
static void
edit_lists(Edit *edit)
{
	DwDraft    *wanted = &edit->wanted;
	DwDraft    *draft = &edit->draft;

	if (edit_takes(edit, DW_POST_PHOTOS,
				   lists_differ(edit, DW_POST_PHOTOS, wanted->photos,
								draft->photos)))
		draft->photos = wanted->photos;
	if (edit_takes(edit, DW_POST_CANCELLATION,
				   lists_differ(edit, DW_POST_CANCELLATION,
								wanted->cancellation_policy,
								draft->cancellation_policy)))
		draft->cancellation_policy = wanted->cancellation_policy;
	if (edit_takes(edit, DW_POST_REQUIREMENTS,
				   !dw_post_requirements_equal(draft->requirements,
											   draft->requirement_count,
											   wanted->requirements,
											   wanted->requirement_count)))
	{
		draft->requirements = wanted->requirements;
		draft->requirement_count = wanted->requirement_count;
	}
	if (edit_takes(edit, DW_POST_MILESTONES,
				   !dw_post_plan_equal(draft->milestones,
									   draft->milestone_count,
									   wanted->milestones,
									   wanted->milestone_count)))
	{
		draft->milestones = wanted->milestones;
		draft->milestone_count = wanted->milestone_count;
	}
	if (edit_takes(edit, DW_POST_WEIGHTS, !draft->has_weights ||
				   memcmp(&wanted->weights, &draft->weights,
						  sizeof(draft->weights)) != 0))
	{
		draft->weights = wanted->weights;
		draft->has_weights = true;
	}
}

/* 22023 when what bids are measured by would change under them. */
static void
edit_check_frozen(const Edit *edit)
{
	DwPostFields frozen = dw_post_frozen(edit->changed);
	DwPostField first;

	if (frozen == 0)
		return;
	first = (DwPostField) pg_rightmost_one_pos32(frozen);
	dw_raise(DW_BAD_VALUE,
			 psprintf("%s is frozen once the job is published",
					  dw_post_field_name(first)),
			 psprintf("Bids on job %s are measured by it.",
					  dw_uuid_text(&edit->job_id)),
			 "Leave it as it is, or cancel the job and post it anew.");
}

/* 22023, 23514: what is given does not go with what stays. */
static void
edit_check(DwCall *call, const Edit *edit)
{
	DwPostFields scoring = DW_POST_FIELD(DW_POST_SCORING_METHOD) |
		DW_POST_FIELD(DW_POST_WEIGHTS);
	DwArgError	error = {0};

	dw_post_check(&edit->draft.post, &error);
	if (edit->draft.has_weights && (edit->changed & scoring) != 0)
		dw_post_weights_check(&edit->draft.weights,
							  draft_method(&edit->draft), &error);
	dw_arg_error_raise(call, &error);
	if ((edit->changed & DW_POST_FIELD(DW_POST_CATEGORY_ID)) != 0 &&
		!edit->is_active)
		refuse_category(call);
}

/* The cell of a place as others know it; see search.h. */
static int64
site_cell(const DwPost *post)
{
	DwDegrees	shown = dw_degrees_round(&post->place);

	return dw_tile_cell(shown.longitude, shown.latitude);
}

/*
 * Writes the edit, and tells of it once the job is published.  Of one that
 * moves the event says from where, for the map must be counted anew there.
 */
static void
edit_write(Edit *edit, DwJob *job)
{
	DwPayload	payload;

	if (job->status == DW_JOB_OPEN && dw_post_reprices(edit->changed))
	{
		job->terms_version++;
		dw_counters_overtake(&job->id);
		dw_hires_overtake(&job->id);
	}
	dw_draft_update(&edit->draft, edit->changed, job);
	if (job->status == DW_JOB_DRAFT)
		return;
	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", &job->id);
	dw_payload_uuid(&payload, "homeowner_id", &job->homeowner_id);
	dw_payload_uuid(&payload, "category_id", &edit->draft.category_id);
	dw_payload_text(&payload, "title", edit->draft.title);
	dw_payload_int8(&payload, "terms_version", job->terms_version);
	if (site_cell(&edit->draft.post) != edit->cell_before)
		dw_payload_int8(&payload, "cell_before", edit->cell_before);
	dw_event_emit(&job->id, "job", &job->id, "job_edited", &payload);
}

/* Reads the arguments and raises what is wrong with them alone. */
static void
edit_read(DwCall *call, Edit *edit)
{
	memset(edit, 0, sizeof(*edit));
	dw_args_need(call, "job_id", NULL);
	edit->job_id = dw_arg_uuid(call, "job_id");
	dw_draft_clear(&edit->wanted);
	edit->given = read_draft(call, &edit->wanted);
}

/* edit_job(job_id, ...) → job_id, status, terms_version, version, ... */
DW_FUNCTION(dwello_edit_job)
{
	DwCall		call;
	DwJob		job;
	Edit		edit;

	dw_command_begin(&call, fcinfo,
					 dw_machine_actors(dw_job_machine(), DW_JOB_EVENT_EDIT));
	edit_read(&call, &edit);
	dw_job_for_command(&call, &edit.job_id, &job);
	if ((edit.given & DW_POST_FIELD(DW_POST_CATEGORY_ID)) != 0)
		edit.is_active = category_is_active(&edit.wanted.category_id);
	dw_job_need_homeowner(&call, &job);
	if (dw_call_replay(&call, &job.id))
		return dw_call_return(&call);
	dw_call_version(&call, job.version);
	if (dw_bidding_over(&job))
		dw_bidding_refuse_late(&job);
	job.status = dw_job_next(&call, &job, DW_JOB_EVENT_EDIT);

	dw_draft_load(&job.id, &edit.draft);
	edit.cell_before = site_cell(&edit.draft.post);
	edit_fields(&edit);
	edit_lists(&edit);
	edit_site(&edit);
	if (job.status == DW_JOB_OPEN)
		edit_check_frozen(&edit);
	edit_check(&call, &edit);
	if (edit.changed == 0)
		dw_call_replayed(&call);	/* a form sent back as it was */
	else
		edit_write(&edit, &job);

	dw_row_uuid(&call, "job_id", &job.id);
	dw_row_enum(&call, "status", &dw_job_status_labels, job.status);
	dw_row_int4(&call, "terms_version", job.terms_version);
	dw_row_int4(&call, "version", job.version);
	return dw_call_return(&call);
}
