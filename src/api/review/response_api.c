/*
 * response_api.c
 *		Entry points of answers to reviews, and of reading both.
 *
 * A review that is not revealed yet exists for nobody but its author: the
 * other side's answer to one whose id it guessed is refused, and no list and
 * no cursor tells of it.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/job/job_api.h"
#include "core/review/review.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/review/review_store.h"

static void review_for_response(DwCall *call, const DwUuid *job_id,
								const DwUuid *id, DwReview *review);
static void response_need_state(const DwReview *review);
static void response_tell(const DwReview *review, const DwResponse *response);
static void reviews_row(DwCall *call, uint64 row);
pg_noreturn static void review_refuse_unknown(const DwUuid *id);

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

	dw_job_for_command(&call, &job_id, &job);
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
	uint64		count;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	dw_args_need(&call, "user_id", "max_results", NULL);
	reader.reviewee_id = dw_arg_uuid(&call, "user_id");
	reader.user_id = call.actor.user_id;
	reader.has_duty = (call.actor.kind & (DW_ACTOR_ADMIN | DW_ACTOR_SUPPORT |
										  DW_ACTOR_SYSTEM)) != 0;
	reader.now = dw_now();
	max_results = dw_arg_page(&call, "max_results");
	after_id = dw_arg_uuid_opt(&call, "after_id");
	if (after_id != NULL && !dw_reviews_seek(&reader, after_id, &after))
		review_refuse_unknown(after_id);

	dw_rows_begin(&call);
	count = dw_reviews_list(&reader, &after, max_results);
	for (uint64 row = 0; row < count; row++)
		reviews_row(&call, row);
	return dw_list_return(&call);
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
			 NULL);
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
							NULL);
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

/* One review. */
static void
reviews_row(DwCall *call, uint64 row)
{
	bool		isnull;
	DwUuid		id;

	(void) dw_read_uuid(row, 1, &id);
	dw_row_uuid(call, "review_id", &id);
	(void) dw_read_uuid(row, 2, &id);
	dw_row_uuid(call, "job_id", &id);
	dw_row_int4(call, "rating", dw_read_int4(row, 3));
	dw_row_text(call, "title", dw_read_text(row, 4));
	dw_row_text(call, "comment", dw_read_text(row, 5));
	dw_row_datum(call, "axes", dw_read_datum(row, 6, &isnull));
	dw_row_text(call, "reviewer_type", dw_read_text(row, 7));
	dw_row_text(call, "response", dw_read_text(row, 8));
	dw_row_time(call, "created_at", dw_read_time(row, 9));
	dw_list_emit(call);
}

/* P0002: the same words for an unknown and an invisible review. */
static void
review_refuse_unknown(const DwUuid *id)
{
	dw_raise(DW_NOT_FOUND, psprintf("review %s does not exist",
									dw_uuid_text(id)),
			 "There is no such review, or the caller may not see it.", NULL);
}
