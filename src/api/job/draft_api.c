/*
 * draft_api.c
 *		Reads what post_job and edit_job are told of a job.
 *
 * What the one cannot do without is optional to the other, so a field that
 * is NULL, or no argument at all, is passed over here, and post_job asks for
 * what it needs before.
 */
#include "postgres.h"

#include "utils/date.h"

#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/job/job_store.h"

/* A draft being read. */
typedef struct Reading
{
	DwCall	   *call;			/* whose arguments are read */
	DwDraft    *draft;			/* what they say */
	DwPostFields given;			/* the fields that are not NULL */
	DwArgError	error;			/* of all, the one to tell */
} Reading;

/* True, and the field is noted as given, when its argument is not NULL. */
static bool
has_field(Reading *reading, DwPostField field)
{
	const char *arg = dw_post_field_name(field);

	if (!dw_arg_exists(reading->call, arg) || !dw_arg_has(reading->call, arg))
		return false;
	reading->given |= DW_POST_FIELD(field);
	return true;
}

/* A text that may be NULL. */
static void
read_text(Reading *reading, DwPostField field, DwTextRule rule, char **text)
{
	if (has_field(reading, field))
		*text = dw_arg_text_checked(reading->call, &reading->error,
									dw_post_field_name(field), rule);
}

/* A bigint that may be NULL. */
static void
read_amount(Reading *reading, DwPostField field, int64 *value)
{
	if (has_field(reading, field))
		*value = dw_arg_int8(reading->call, dw_post_field_name(field));
}

/* A date that may be NULL, in days. */
static void
read_date(Reading *reading, DwPostField field, int32 *days)
{
	if (has_field(reading, field))
		*days = dw_arg_date_opt(reading->call, dw_post_field_name(field));
}

/* A coordinate that may be NULL. */
static void
read_degrees(Reading *reading, DwPostField field, double *degrees)
{
	if (has_field(reading, field))
		*degrees = dw_arg_float8(reading->call, dw_post_field_name(field));
}

/* A boolean that may be NULL. */
static void
read_bool(Reading *reading, DwPostField field, bool *value)
{
	if (has_field(reading, field))
		*value = dw_arg_bool(reading->call, dw_post_field_name(field));
}

/* A label that may be NULL. */
static void
read_label(Reading *reading, DwPostField field, char **label)
{
	if (has_field(reading, field))
		*label = dw_arg_label(reading->call, dw_post_field_name(field));
}

/* The texts of a draft. */
static void
read_texts(Reading *reading)
{
	static const DwTextRule title = {DW_POST_TITLE_MAX, true};
	static const DwTextRule description = {DW_POST_TEXT_MAX, true};
	static const DwTextRule street = {DW_POST_STREET_MAX, true};
	static const DwTextRule text = {DW_POST_TEXT_MAX, false};
	DwDraft    *draft = reading->draft;

	read_text(reading, DW_POST_TITLE, title, &draft->title);
	read_text(reading, DW_POST_DESCRIPTION, description,
			  &draft->description);
	read_text(reading, DW_POST_STREET, street, &draft->street);
	read_text(reading, DW_POST_MATERIALS_DESCRIPTION, text,
			  &draft->materials_description);
	read_text(reading, DW_POST_SPECIAL_REQUIREMENTS, text,
			  &draft->special_requirements);
}

/* The numbers of a draft, and its category. */
static void
read_numbers(Reading *reading)
{
	static const DwTextRule any = {MaxAllocSize, false};
	DwPost	   *post = &reading->draft->post;
	char	   *currency = NULL;

	if (has_field(reading, DW_POST_CATEGORY_ID))
		reading->draft->category_id =
			dw_arg_uuid(reading->call,
						dw_post_field_name(DW_POST_CATEGORY_ID));
	read_degrees(reading, DW_POST_LONGITUDE, &post->place.longitude);
	read_degrees(reading, DW_POST_LATITUDE, &post->place.latitude);
	read_amount(reading, DW_POST_BUDGET_MIN, &post->budget_min);
	read_amount(reading, DW_POST_BUDGET_MAX, &post->budget_max);
	read_amount(reading, DW_POST_EXPECTED_MATERIALS,
				&post->expected_materials);
	read_text(reading, DW_POST_CURRENCY, any, &currency);
	if (currency != NULL)
		post->currency = currency;
	read_date(reading, DW_POST_START_DATE, &post->start_date);
	read_date(reading, DW_POST_END_DATE, &post->end_date);
	if (has_field(reading, DW_POST_HOURS))
		post->hours = dw_arg_int4(reading->call,
								  dw_post_field_name(DW_POST_HOURS));
}

/* The photos: each is a text that says where it is. */
static void
read_photos(Reading *reading)
{
	static const DwTextRule rule = {DW_POST_PHOTO_MAX, true};
	DwDraft    *draft = reading->draft;
	char	  **photos;
	int			count;

	if (!has_field(reading, DW_POST_PHOTOS))
		return;
	photos = dw_arg_texts(reading->call, "photos", MaxAllocSize, &count);
	for (int i = 0; i < count; i++)
	{
		DwArgPlace	place = {"photos", i, NULL};

		dw_arg_error_check_text(&reading->error, place, photos[i], rule);
	}
	draft->photos = dw_arg_datum(reading->call, "photos");
	draft->post.photo_count = count;
	draft->post.photo_max = dw_setting_int8("max_photos_per_job");
}

/* The choices of a draft, and the weights that must go with the method. */
static void
read_choices(Reading *reading)
{
	DwDraft    *draft = reading->draft;

	read_label(reading, DW_POST_URGENCY, &draft->urgency);
	read_bool(reading, DW_POST_IS_EMERGENCY, &draft->is_emergency);
	read_bool(reading, DW_POST_MATERIALS_PROVIDED,
			  &draft->materials_provided);
	read_label(reading, DW_POST_BID_MODE, &draft->bid_mode);
	read_label(reading, DW_POST_SCORING_METHOD, &draft->scoring_method);
	if (!has_field(reading, DW_POST_WEIGHTS))
		return;
	draft->has_weights = true;
	draft->weights = dw_post_weights(reading->call,
									 dw_post_field_name(DW_POST_WEIGHTS),
									 &reading->error);
	dw_post_weights_check(&draft->weights, dw_draft_method(draft),
						  &reading->error);
}

/* The lists of a draft. */
static void
read_lists(Reading *reading)
{
	DwDraft    *draft = reading->draft;

	if (has_field(reading, DW_POST_REQUIREMENTS))
		draft->requirements =
			dw_post_requirements(reading->call,
								 dw_post_field_name(DW_POST_REQUIREMENTS),
								 &draft->requirement_count,
								 &reading->error);
	if (has_field(reading, DW_POST_MILESTONES))
		draft->milestones =
			dw_post_milestones(reading->call,
							   dw_post_field_name(DW_POST_MILESTONES),
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

DwPostFields
dw_post_read(DwCall *call, DwDraft *draft)
{
	Reading		reading = {
		.call = call,
		.draft = draft
	};

	read_texts(&reading);
	read_numbers(&reading);
	read_photos(&reading);
	read_choices(&reading);
	read_lists(&reading);
	check_pair(&reading);
	dw_post_check(&draft->post, &reading.error);
	dw_arg_error_raise(call, &reading.error);
	return reading.given;
}

DwScoringMethod
dw_draft_method(const DwDraft *draft)
{
	DwScoringMethod method = DW_SCORING_METHOD_VALUE;

	if (draft->scoring_method != NULL &&
		!dw_scoring_method_parse(draft->scoring_method, &method))
		elog(ERROR, "core does not know scoring method \"%s\"",
			 draft->scoring_method);
	return method;
}

bool
dw_post_category(const DwUuid *category_id)
{
	DwCategory	category;

	if (!dw_category_load(category_id, &category))
		dw_raise(DW_NOT_FOUND, psprintf("category %s does not exist",
										dw_uuid_text(category_id)),
				 NULL, "The view dwello.categories lists them all.");
	return category.is_active;
}

/* Raises 22023 for a category that takes no new jobs. */
void
dw_post_refuse_category(DwCall *call)
{
	dw_arg_refuse(call, "category_id", DW_BAD_VALUE,
				  "is a category that takes no new jobs");
}
