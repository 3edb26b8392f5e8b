/*
 * post_api.c
 *		post_job: a homeowner writes down what he wants done.
 *
 * A job is its own scope: the id is given, or follows from the idempotency
 * key, so that a retry meets its own row.  A draft concerns nobody else and
 * tells nobody: the first event of a job is its publication.
 */
#include "postgres.h"

#include "utils/date.h"

#include "api/error_api.h"
#include "api/fault_api.h"
#include "api/post_api.h"
#include "core/job.h"
#include "store/category_store.h"
#include "store/job_store.h"
#include "store/plan_store.h"
#include "store/post_store.h"
#include "store/setting_store.h"

/* What post_job cannot do without. */
#define POST_NEEDS \
	(DW_ARG(DW_POST_CATEGORY_ID) | DW_ARG(DW_POST_TITLE) | \
	 DW_ARG(DW_POST_DESCRIPTION) | DW_ARG(DW_POST_LONGITUDE) | \
	 DW_ARG(DW_POST_LATITUDE) | DW_ARG(DW_POST_CURRENCY) | \
	 DW_ARG(DW_POST_URGENCY) | DW_ARG(DW_POST_IS_EMERGENCY) | \
	 DW_ARG(DW_POST_MATERIALS_PROVIDED) | DW_ARG(DW_POST_PHOTOS) | \
	 DW_ARG(DW_POST_REQUIREMENTS) | DW_ARG(DW_POST_MILESTONES) | \
	 DW_ARG(DW_POST_BID_MODE) | DW_ARG(DW_POST_SCORING_METHOD))

/* A bigint or, when it was not given, what core calls absent. */
static int64
post_amount(DwCall *call, DwPostField field)
{
	return dw_arg_has(call, field) ? dw_arg_int8(call, field)
		: DW_POST_ABSENT;
}

/* A date in days, likewise. */
static int64
post_date(DwCall *call, DwPostField field)
{
	if (!dw_arg_has(call, field))
		return DW_POST_ABSENT;
	return DatumGetDateADT(call->fcinfo->args[field].value);
}

/* The texts of a draft. */
static void
post_read_texts(DwCall *call, DwDraft *draft, DwFault *fault)
{
	static const DwTextRule title = {DW_POST_TITLE_MAX, true};
	static const DwTextRule description = {DW_POST_TEXT_MAX, true};
	static const DwTextRule street = {DW_POST_STREET_MAX, true};
	static const DwTextRule text = {DW_POST_TEXT_MAX, false};

	draft->title = dw_fault_arg_text(call, fault, DW_POST_TITLE, title);
	draft->description = dw_fault_arg_text(call, fault,
										   DW_POST_DESCRIPTION, description);
	draft->street = dw_fault_arg_text(call, fault, DW_POST_STREET, street);
	draft->materials_description =
		dw_fault_arg_text(call, fault, DW_POST_MATERIALS_DESCRIPTION, text);
	draft->special_requirements =
		dw_fault_arg_text(call, fault, DW_POST_SPECIAL_REQUIREMENTS, text);
}

/* The photos: each is a text that says where it is. */
static void
post_read_photos(DwCall *call, DwDraft *draft, DwFault *fault)
{
	static const DwTextRule rule = {DW_POST_PHOTO_MAX, true};
	char	  **photos;
	int			count;

	photos = dw_arg_texts(call, DW_POST_PHOTOS, MaxAllocSize, &count);
	for (int i = 0; i < count; i++)
	{
		DwFaultPlace place = {DW_POST_PHOTOS, i, NULL};

		dw_fault_check_text(fault, place, photos[i], rule);
	}
	draft->photos = call->fcinfo->args[DW_POST_PHOTOS].value;
	draft->post.photo_count = count;
	draft->post.photo_max = dw_setting_int8("max_photos_per_job");
}

/* The numbers of a draft. */
static void
post_read_numbers(DwCall *call, DwPost *post)
{
	static const DwTextRule any = {MaxAllocSize, false};
	DwFault		none = {0};

	post->longitude = dw_arg_float8(call, DW_POST_LONGITUDE);
	post->latitude = dw_arg_float8(call, DW_POST_LATITUDE);
	post->budget_min = post_amount(call, DW_POST_BUDGET_MIN);
	post->budget_max = post_amount(call, DW_POST_BUDGET_MAX);
	post->expected_materials = post_amount(call, DW_POST_EXPECTED_MATERIALS);
	post->currency = dw_fault_arg_text(call, &none, DW_POST_CURRENCY, any);
	post->start_date = post_date(call, DW_POST_START_DATE);
	post->end_date = post_date(call, DW_POST_END_DATE);
	post->hours = dw_arg_has(call, DW_POST_HOURS)
		? dw_arg_int4(call, DW_POST_HOURS) : DW_POST_ABSENT;
}

/* The choices of a draft, and the weights that must go with the method. */
static void
post_read_choices(DwCall *call, DwDraft *draft, DwFault *fault)
{
	DwScoringMethod method;

	draft->urgency = dw_arg_label(call, DW_POST_URGENCY);
	draft->is_emergency = dw_arg_bool(call, DW_POST_IS_EMERGENCY);
	draft->materials_provided = dw_arg_bool(call,
											DW_POST_MATERIALS_PROVIDED);
	draft->bid_mode = dw_arg_label(call, DW_POST_BID_MODE);
	draft->scoring_method = dw_arg_label(call, DW_POST_SCORING_METHOD);
	draft->has_weights = dw_arg_has(call, DW_POST_WEIGHTS);
	if (!draft->has_weights)
		return;
	if (!dw_scoring_method_parse(draft->scoring_method, &method))
		elog(ERROR, "core does not know scoring method \"%s\"",
			 draft->scoring_method);
	draft->weights = dw_post_weights(call, DW_POST_WEIGHTS, fault);
	dw_post_weights_check(&draft->weights, method, fault);
}

/* Reads all arguments and raises what is wrong with them alone. */
static void
post_read(DwCall *call, DwDraft *draft)
{
	DwFault		fault = {0};

	dw_args_need(call, POST_NEEDS);
	memset(draft, 0, sizeof(*draft));
	draft->id = dw_call_new_id(call, dw_arg_uuid_opt(call, DW_POST_JOB_ID));
	draft->homeowner_id = call->actor.user_id;
	draft->category_id = dw_arg_uuid(call, DW_POST_CATEGORY_ID);
	post_read_texts(call, draft, &fault);
	post_read_numbers(call, &draft->post);
	post_read_photos(call, draft, &fault);
	post_read_choices(call, draft, &fault);
	draft->requirements = dw_post_requirements(call, DW_POST_REQUIREMENTS,
											   &draft->requirement_count,
											   &fault);
	draft->milestones = dw_post_milestones(call, DW_POST_MILESTONES,
										   &draft->milestone_count, &fault);
	dw_post_check(&draft->post, &fault);
	dw_fault_raise(call, &fault);
}

/* P0002 for an unknown category; true when it takes new jobs. */
static bool
post_category_is_active(const DwDraft *draft)
{
	DwCategory	category;

	if (!dw_category_load(&draft->category_id, &category))
		dw_raise(DW_NOT_FOUND, psprintf("category %s does not exist",
										dw_uuid_text(&draft->category_id)),
				 NULL, "The view dwello.categories lists them all.");
	return category.is_active;
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
		draft->street = dw_draft_street(&draft->homeowner_id,
										draft->post.longitude,
										draft->post.latitude);
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
	is_active = post_category_is_active(&draft);
	if (dw_call_replay(&call, &draft.id))
		return dw_call_return(&call);
	if (!is_active)
		dw_arg_refuse(&call, DW_POST_CATEGORY_ID, DW_BAD_VALUE,
					  "is a category that takes no new jobs");
	if (!post_write(&call, &draft))
		return dw_call_return(&call);

	dw_row_uuid(&call, "job_id", &draft.id);
	dw_row_text(&call, "status", dw_job_status_label(DW_JOB_DRAFT));
	dw_row_int4(&call, "terms_version", 1);
	dw_row_time(&call, "created_at", draft.created_at);
	dw_row_int4(&call, "version", 1);
	return dw_call_return(&call);
}
