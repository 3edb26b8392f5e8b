/*
 * response_store.c
 *		Answers to reviews, and reading both.
 */
#include "postgres.h"

#include "server/sql/sql_server.h"
#include "store/review/review_store.h"

/* What a reader is shown: parameters $1 to $4. */
#define REVIEW_SHOWN \
	"r.reviewee_id = $1 AND r.reveal_at <= $4 AND r.deleted_at IS NULL " \
	"AND (r.is_public OR $3 OR r.reviewee_id = $2 OR r.reviewer_id = $2)"

/* The parameters of REVIEW_SHOWN. */
static void
param_reader(DwParams *p, const DwReviewReader *reader)
{
	dw_param_uuid(p, &reader->reviewee_id);
	dw_param_uuid(p, &reader->user_id);
	dw_param_bool(p, reader->has_duty);
	dw_param_time(p, reader->now);
}

bool
dw_review_find(const DwUuid *job_id, const DwUuid *id, DwReview *review)
{
	static DwStatement select_review =
		DW_STATEMENT("SELECT r.homeowner_id, r.provider_id, r.reviewer_id, "
					 "r.reviewee_id, r.is_public, r.reveal_at "
					 "FROM dwello.reviews AS r WHERE r.job_id = $1 "
					 "AND r.id = $2 AND r.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;

	memset(review, 0, sizeof(*review));
	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, id);
	if (dw_execute(&select_review, &p) == 0)
		return false;
	review->job_id = *job_id;
	review->id = *id;
	(void) dw_read_uuid(0, 1, &review->homeowner_id);
	(void) dw_read_uuid(0, 2, &review->provider_id);
	(void) dw_read_uuid(0, 3, &review->reviewer_id);
	(void) dw_read_uuid(0, 4, &review->reviewee_id);
	review->is_public = dw_read_bool(0, 5);
	review->reveal_at = dw_read_time(0, 6);
	return true;
}

/* True when the review was answered. */
bool
dw_response_exists(const DwReview *review)
{
	static DwStatement select_response =
		DW_STATEMENT("SELECT FROM dwello.review_responses AS s "
					 "WHERE s.job_id = $1 AND s.review_id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &review->job_id);
	dw_param_uuid(&p, &review->id);
	return dw_execute(&select_response, &p) > 0;
}

void
dw_response_insert(const DwReview *review, const DwResponse *response)
{
	static DwStatement insert_response =
		DW_STATEMENT("INSERT INTO dwello.review_responses "
					 "(job_id, id, review_id, homeowner_id, provider_id, "
					 "responder_id, response, is_public, created_at) "
					 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &review->job_id);
	dw_param_uuid(&p, &response->id);
	dw_param_uuid(&p, &review->id);
	dw_param_uuid(&p, &review->homeowner_id);
	dw_param_uuid(&p, &review->provider_id);
	dw_param_uuid(&p, &review->reviewee_id);
	dw_param_text(&p, response->response);
	dw_param_bool(&p, review->is_public);
	dw_param_time(&p, response->created_at);
	(void) dw_execute(&insert_response, &p);
}

bool
dw_reviews_seek(const DwReviewReader *reader, const DwUuid *id,
				DwCursor *cursor)
{
	static DwStatement select_place =
		DW_STATEMENT("SELECT r.created_at FROM dwello.reviews AS r "
					 "WHERE " REVIEW_SHOWN " AND r.id = $5");
	DwParams	p = DW_PARAMS;

	param_reader(&p, reader);
	dw_param_uuid(&p, id);
	return dw_read_cursor(dw_query(&select_place, &p), id, cursor);
}

uint64
dw_reviews_list(const DwReviewReader *reader, const DwCursor *after,
				int32 max_results)
{
	static DwStatement select_reviews =
		DW_STATEMENT("SELECT r.id, r.job_id, r.rating, r.title, r.comment, "
					 "r.axes, CASE WHEN r.reviewer_id = r.homeowner_id "
					 "THEN 'homeowner' ELSE 'service_provider' END, "
					 "s.response, r.created_at FROM dwello.reviews AS r "
					 "LEFT JOIN dwello.review_responses AS s "
					 "ON s.job_id = r.job_id AND s.review_id = r.id "
					 "WHERE " REVIEW_SHOWN
					 " AND (r.created_at, r.id) < ($5, $6) "
					 "ORDER BY r.created_at DESC, r.id DESC LIMIT $7");
	DwParams	p = DW_PARAMS;

	param_reader(&p, reader);
	dw_param_cursor(&p, after);
	dw_param_int4(&p, max_results);
	return dw_query(&select_reviews, &p);
}
