/*
 * edit_api.c
 *		edit_job: a homeowner changes what they have posted.
 *
 * A draft is theirs alone, and everything may change.  Once published, what
 * bids are measured by is frozen; a change of what bidders have priced makes
 * new terms, for which each of them must speak again; and what nobody prices
 * just changes.  A value that is given but is no other is no change, so that
 * an application may send back a whole form.
 */
#include "postgres.h"

#include "port/pg_bitutils.h"

#include "api/account/account_api.h"
#include "api/job/job_api.h"
#include "core/geo/geo.h"
#include "core/search/search.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"

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

/* Takes a text. */
static void
edit_text(Edit *edit, DwPostField field, char *wanted, char **text)
{
	bool		differs = wanted != NULL &&
		(*text == NULL || strcmp(wanted, *text) != 0);

	if (edit_takes(edit, field, differs))
		*text = wanted;
}

/* Takes a number. */
static void
edit_number(Edit *edit, DwPostField field, int64 wanted, int64 *number)
{
	if (edit_takes(edit, field, wanted != *number))
		*number = wanted;
}

/* Takes a day, or a number of hours. */
static void
edit_days(Edit *edit, DwPostField field, int32 wanted, int32 *number)
{
	if (edit_takes(edit, field, wanted != *number))
		*number = wanted;
}

/* Takes a yes or no. */
static void
edit_flag(Edit *edit, DwPostField field, bool wanted, bool *flag)
{
	if (edit_takes(edit, field, wanted != *flag))
		*flag = wanted;
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
		dw_draft_street(&edit->draft.homeowner_id, &post->place);
}

/* Takes what the job is, in words, pictures and parts. */
static void
edit_work(Edit *edit)
{
	DwDraft    *wanted = &edit->wanted;
	DwDraft    *draft = &edit->draft;

	if (edit_takes(edit, DW_POST_CATEGORY_ID,
				   !dw_uuid_equal(&wanted->category_id,
								  &draft->category_id)))
		draft->category_id = wanted->category_id;
	edit_text(edit, DW_POST_TITLE, wanted->title, &draft->title);
	edit_text(edit, DW_POST_DESCRIPTION, wanted->description,
			  &draft->description);
	edit_text(edit, DW_POST_MATERIALS_DESCRIPTION,
			  wanted->materials_description, &draft->materials_description);
	edit_text(edit, DW_POST_SPECIAL_REQUIREMENTS,
			  wanted->special_requirements, &draft->special_requirements);
	if (edit_takes(edit, DW_POST_PHOTOS, true))
		draft->photos = wanted->photos;
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
}

/* Takes when it is to be done, for how much, and how bids are chosen. */
static void
edit_terms(Edit *edit)
{
	DwDraft    *wanted = &edit->wanted;
	DwDraft    *draft = &edit->draft;
	DwPost	   *post = &draft->post;

	edit_number(edit, DW_POST_BUDGET_MIN, wanted->post.budget_min,
				&post->budget_min);
	edit_number(edit, DW_POST_BUDGET_MAX, wanted->post.budget_max,
				&post->budget_max);
	edit_days(edit, DW_POST_START_DATE, wanted->post.start_date,
			  &post->start_date);
	edit_days(edit, DW_POST_END_DATE, wanted->post.end_date,
			  &post->end_date);
	edit_days(edit, DW_POST_HOURS, wanted->post.hours, &post->hours);
	edit_number(edit, DW_POST_EXPECTED_MATERIALS,
				wanted->post.expected_materials, &post->expected_materials);
	edit_text(edit, DW_POST_URGENCY, wanted->urgency, &draft->urgency);
	edit_flag(edit, DW_POST_IS_EMERGENCY, wanted->is_emergency,
			  &draft->is_emergency);
	edit_flag(edit, DW_POST_MATERIALS_PROVIDED, wanted->materials_provided,
			  &draft->materials_provided);
	edit_text(edit, DW_POST_BID_MODE, wanted->bid_mode, &draft->bid_mode);
	edit_text(edit, DW_POST_SCORING_METHOD, wanted->scoring_method,
			  &draft->scoring_method);
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
							  dw_draft_method(&edit->draft), &error);
	dw_arg_error_raise(call, &error);
	if ((edit->changed & DW_POST_FIELD(DW_POST_CATEGORY_ID)) != 0 &&
		!edit->is_active)
		dw_post_refuse_category(call);
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
		job->terms_version++;
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
	edit->given = dw_post_read(call, &edit->wanted);
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
		edit.is_active = dw_post_category(&edit.wanted.category_id);
	dw_job_need_homeowner(&call, &job);
	if (dw_call_replay(&call, &job.id))
		return dw_call_return(&call);
	dw_call_version(&call, job.version);
	if (dw_bidding_over(&job))
		dw_bidding_refuse_late(&job);
	job.status = dw_job_next(&call, &job, DW_JOB_EVENT_EDIT);

	dw_draft_load(&job.id, &edit.draft);
	edit.cell_before = site_cell(&edit.draft.post);
	edit_work(&edit);
	edit_terms(&edit);
	edit_site(&edit);
	if (job.status == DW_JOB_OPEN)
		edit_check_frozen(&edit);
	edit_check(&call, &edit);
	edit_write(&edit, &job);

	dw_row_uuid(&call, "job_id", &job.id);
	dw_row_text(&call, "status", dw_job_status_label(job.status));
	dw_row_int4(&call, "terms_version", job.terms_version);
	dw_row_int4(&call, "version", job.version);
	return dw_call_return(&call);
}
