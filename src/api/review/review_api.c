/*
 * review_api.c
 *		Entry points of reviews: one side of a finished job speaks of the
 *		other, who may answer; and everybody reads.
 *
 * The event of a first review waits until the review is shown: else the
 * running rating of the other side would tell what was said too early.  Until
 * then it exists for nobody but its author: an answer by somebody who has
 * guessed its id is refused, and no list and no cursor tells of it.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/job/job_api.h"
#include "core/review/review.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/escrow/escrow_store.h"
#include "store/review/review_store.h"

/* One axis: its name and its stars. */
static void
review_check_axis(const DwJsonArg *axes, const char *name,
				  DwArgError *error)
{
	static const DwTextRule rule = {DW_REVIEW_AXIS_MAX, true};
	DwArgPlace	place = {"axes", DW_ARG_NO_ITEM, NULL};
	int64		stars = 0;		/* what is no whole number is none */

	dw_arg_error_check_text(error, place, name, rule);
	place.member = name;
	(void) dw_json_arg_int8(axes, name, &stars);
	dw_review_rating_check(stars, place, error);
}

/* The axes: an object of stars by name. */
static void
review_check_axes(Datum value, DwArgError *error)
{
	DwJsonArg	axes;
	char	  **names;
	int			count;

	if (!dw_json_arg_object(value, &axes))
	{
		dw_arg_error_note(error, "axes", DW_BAD_VALUE,
						  "must be a JSON object");
		return;
	}
	names = dw_json_arg_names(&axes, &count);
	if (count > DW_REVIEW_AXES_MAX)
		dw_arg_error_note(error, "axes", DW_BAD_VALUE,
						  "must not have more than 20 members");
	for (int i = 0; i < Min(count, DW_REVIEW_AXES_MAX); i++)
		review_check_axis(&axes, names[i], error);
}

/* Reads the arguments and raises what is wrong with them alone. */
static void
review_read(DwCall *call, DwReview *review)
{
	static const DwTextRule title = {DW_REVIEW_TITLE_MAX, false};
	static const DwTextRule comment = {DW_REVIEW_COMMENT_MAX, false};
	DwArgPlace	place = {"rating", DW_ARG_NO_ITEM, NULL};
	DwArgError	error = {0};

	dw_args_need(call, "job_id", "rating", "axes", "is_public", NULL);
	memset(review, 0, sizeof(*review));
	review->job_id = dw_arg_uuid(call, "job_id");
	review->rating = dw_arg_int4(call, "rating");
	review->title = dw_arg_text_checked(call, &error, "title", title);
	review->comment = dw_arg_text_checked(call, &error, "comment",
										  comment);
	review->axes = dw_arg_jsonb(call, "axes");
	review->is_public = dw_arg_bool(call, "is_public");
	dw_review_rating_check(review->rating, place, &error);
	review_check_axes(review->axes, &error);
	dw_arg_error_raise(call, &error);
}

/* Says who speaks of whom; 42501 unless the caller is a side of the job. */
static void
review_take_sides(DwCall *call, const DwJob *job, DwReview *review)
{
	bool		is_homeowner = dw_uuid_equal(&call->actor.user_id,
											 &job->homeowner_id);

	if (!is_homeowner)
		dw_job_need_provider(call, job);
	review->homeowner_id = job->homeowner_id;
	review->provider_id = job->provider_id;
	review->reviewer_id = call->actor.user_id;
	review->reviewee_id = is_homeowner ? job->provider_id
		: job->homeowner_id;
}

/* True for a job cancelled after its work had begun, or by its provider. */
static bool
is_broken_off(const DwJob *job)
{
	return job->status == DW_JOB_CANCELLED &&
		(job->started_at != DT_NOBEGIN ||
		 job->responsible == DW_JOB_SIDE_PROVIDER);
}

/*
 * WD101 unless the job is completed, or its contract ended after the work
 * had begun or by the provider.  Says whether nothing was paid for it.
 */
static void
review_need_ended(const DwJob *job, DwReview *review)
{
	DwEscrowRow row;

	if (job->status != DW_JOB_COMPLETED && !is_broken_off(job))
		dw_raise(DW_INVALID_TRANSITION, "the job is not completed",
				 psprintf("Job %s is in state \"%s\".",
						  dw_uuid_text(&job->id),
						  dw_job_status_label(job->status)),
				 "Reviews are written when the work is done and settled, or"
				 " was broken off.");
	review->is_unpaid = !dw_escrow_lock(&job->id, &row) ||
		row.escrow.released == 0;
}

/* 23505 when this side has written its review. */
static void
review_need_none(const DwReview *review)
{
	if (dw_review_exists(&review->job_id, &review->reviewer_id))
		dw_raise_constraint(DW_ALREADY_EXISTS, "reviews_reviewer_key",
							"the caller has reviewed this job already",
							psprintf("Job %s.",
									 dw_uuid_text(&review->job_id)),
							"A review stays as it was written.");
}

/* Tells the other side, and the rating, when the review is shown. */
static void
review_tell(const DwReview *review)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", &review->job_id);
	dw_payload_uuid(&payload, "homeowner_id", &review->homeowner_id);
	dw_payload_uuid(&payload, "provider_id", &review->provider_id);
	dw_payload_uuid(&payload, "reviewer_id", &review->reviewer_id);
	dw_payload_uuid(&payload, "reviewee_id", &review->reviewee_id);
	dw_payload_int8(&payload, "rating", review->rating);
	if (review->is_unpaid)
		dw_payload_bool(&payload, "is_unpaid", true);
	payload.deliver_after = review->reveal_at;
	dw_event_emit(&review->job_id, "review", &review->id, "review_posted",
				  &payload);
}

/* Writes the review; true when both sides are shown now. */
static bool
review_write(DwReview *review)
{
	bool		is_second = dw_review_exists(&review->job_id,
											 &review->reviewee_id);

	review->id = dw_uuid_fresh();
	review->created_at = dw_now();
	review->reveal_at =
		dw_review_reveal_at(review->created_at, is_second,
							dw_setting_int8("review_reveal_days"));
	dw_review_insert(review);
	if (is_second)
	{
		dw_review_reveal_other(review);
		dw_event_hasten(&review->job_id, "review_posted");
	}
	review_tell(review);
	return is_second;
}

/* post_review(job_id, rating, ...) → job_id, review_id, reviewee_id, ... */
DW_FUNCTION(dwello_post_review)
{
	DwCall		call;
	DwJob		job;
	DwReview	review;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER);
	review_read(&call, &review);
	dw_job_for_command(&call, &review.job_id, &job);
	review_take_sides(&call, &job, &review);
	if (dw_call_replay(&call, &job.id))
		return dw_call_return(&call);
	review_need_ended(&job, &review);
	review_need_none(&review);

	dw_row_bool(&call, "revealed", review_write(&review));
	dw_row_uuid(&call, "job_id", &job.id);
	dw_row_uuid(&call, "review_id", &review.id);
	dw_row_uuid(&call, "reviewee_id", &review.reviewee_id);
	dw_row_int4(&call, "version", 1);
	return dw_call_return(&call);
}

/* P0002: the same words for an unknown and an invisible review. */
pg_noreturn static void
review_refuse_unknown(const DwUuid *id)
{
	dw_raise(DW_NOT_FOUND, psprintf("review %s does not exist",
									dw_uuid_text(id)),
			 "There is no such review, or the caller may not see it.",
			 "dwello.reviews_of() lists those of a user.");
}

/*
 * The review that the caller answers: P0002 when there is none that they may
 * know of, 42501 when it is about somebody else.
 */
static void
review_for_response(DwCall *call, const DwUuid *job_id, const DwUuid *id,
					DwReview *review)
{
	const DwUuid *me = &call->actor.user_id;

	if (!dw_review_find(job_id, id, review))
		review_refuse_unknown(id);
	if (dw_uuid_equal(me, &review->reviewee_id))
		return;
	if (!dw_uuid_equal(me, &review->reviewer_id) &&
		(!review->is_public || review->reveal_at > dw_now()))
		review_refuse_unknown(id);
	dw_raise(DW_FORBIDDEN, "only the reviewed side may answer a review",
			 psprintf("Review %s is about another user.", dw_uuid_text(id)),
			 "Whom it is about may answer, with dwello.respond_to_review().");
}

/* WD101 before the review is shown, 23505 when it was answered. */
static void
response_need_state(const DwReview *review)
{
	if (review->reveal_at > dw_now())
		dw_raise(DW_INVALID_TRANSITION, "the review is not revealed yet",
				 psprintf("Job %s.", dw_uuid_text(&review->job_id)),
				 "Write a review of your own to see it, or wait.");
	if (dw_response_exists(review))
		dw_raise_constraint(DW_ALREADY_EXISTS, "review_responses_review_key",
							"the review was answered already",
							psprintf("Review %s.", dw_uuid_text(&review->id)),
							"An answer stays as it was written.");
}

/* Tells the reviewer, but not what the answer says. */
static void
response_tell(const DwReview *review, const DwResponse *response)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", &review->job_id);
	dw_payload_uuid(&payload, "review_id", &review->id);
	dw_payload_uuid(&payload, "response_id", &response->id);
	dw_payload_uuid(&payload, "homeowner_id", &review->homeowner_id);
	dw_payload_uuid(&payload, "provider_id", &review->provider_id);
	dw_payload_uuid(&payload, "recipient_id", &review->reviewer_id);
	dw_event_emit(&review->job_id, "review", &review->id, "review_answered",
				  &payload);
}

/* respond_to_review(job_id, review_id, response) → response_id, ... */
DW_FUNCTION(dwello_respond_to_review)
{
	DwCall		call;
	DwUuid		job_id;
	DwUuid		review_id;
	DwJob		job;
	DwReview	review;
	DwResponse	response;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER);
	dw_args_need(&call, "job_id", "review_id", NULL);
	job_id = dw_arg_uuid(&call, "job_id");
	review_id = dw_arg_uuid(&call, "review_id");
	response.response = dw_arg_text(&call, "response",
									DW_REVIEW_COMMENT_MAX);

	dw_job_shared_for_command(&call, &job_id, false, &job);
	review_for_response(&call, &job_id, &review_id, &review);
	if (dw_call_replay(&call, &job.id))
		return dw_call_return(&call);
	response_need_state(&review);

	response.id = dw_uuid_fresh();
	response.created_at = dw_now();
	dw_response_insert(&review, &response);
	response_tell(&review, &response);

	dw_row_uuid(&call, "job_id", &job.id);
	dw_row_uuid(&call, "review_id", &review.id);
	dw_row_uuid(&call, "response_id", &response.id);
	dw_row_int4(&call, "version", 1);
	return dw_call_return(&call);
}

/* reviews_of(user_id, after_id, max_results) → review_id, job_id, ... */
DW_FUNCTION(dwello_reviews_of)
{
	DwCall		call;
	DwReviewReader reader;
	DwCursor	after = DW_CURSOR_NEWEST;
	const DwUuid *after_id;
	int32		max_results;

	dw_query_begin(&call, fcinfo, DW_ACTOR_PUBLIC);
	dw_args_need(&call, "user_id", "max_results", NULL);
	reader.reviewee_id = dw_arg_uuid(&call, "user_id");
	reader.user_id = call.actor.user_id;
	reader.has_duty = (call.actor.kind & (DW_ACTOR_ADMIN | DW_ACTOR_SUPPORT |
										  DW_ACTOR_SYSTEM)) != 0;
	reader.is_known = call.actor.kind != DW_ACTOR_VISITOR;
	reader.now = dw_now();
	max_results = dw_arg_page(&call, "max_results");
	after_id = dw_arg_uuid_opt(&call, "after_id");
	if (after_id != NULL && !dw_reviews_seek(&reader, after_id, &after))
		review_refuse_unknown(after_id);

	dw_rows_begin(&call);
	dw_reviews_list(&call, &reader, &after, max_results);
	return dw_list_return(&call);
}
