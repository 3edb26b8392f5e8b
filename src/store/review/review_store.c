/*
 * review_store.c
 *		Rows of dwello.reviews and of the answers to them; who is shown which.
 */
#include "postgres.h"

#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/review/review_store.h"

static const DwColumn review_columns[] = {
	DW_COLUMN(UUID, DwReview, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwReview, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwReview, homeowner_id, homeowner_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwReview, provider_id, provider_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwReview, reviewer_id, reviewer_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwReview, reviewee_id, reviewee_id, DW_COLUMN_FIXED),
	DW_COLUMN(INT4, DwReview, rating, rating, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwReview, title, title, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwReview, comment, comment, DW_COLUMN_FIXED),
	DW_COLUMN(JSONB, DwReview, axes, axes, DW_COLUMN_FIXED),
	DW_COLUMN(BOOL, DwReview, is_public, is_public, DW_COLUMN_FIXED),
	DW_COLUMN(BOOL, DwReview, is_unpaid, is_unpaid, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwReview, reveal_at, reveal_at, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwReview, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable reviews = DW_TABLE("reviews", DwReview, review_columns);

static const DwColumn response_columns[] = {
	DW_COLUMN(UUID, DwResponse, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwResponse, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwResponse, review_id, review_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwResponse, homeowner_id, homeowner_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwResponse, provider_id, provider_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwResponse, responder_id, responder_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwResponse, response, response, DW_COLUMN_FIXED),
	DW_COLUMN(BOOL, DwResponse, is_public, is_public, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwResponse, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable responses =
DW_TABLE("review_responses", DwResponse, response_columns);

bool
dw_review_exists(const DwUuid *job_id, const DwUuid *reviewer_id)
{
	static DwStatement find_review =
		DW_STATEMENT("SELECT FROM dwello.reviews AS r "
					 "WHERE r.job_id = $1 AND r.reviewer_id = $2 "
					 "AND r.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, reviewer_id);
	return dw_execute(&find_review, &p) > 0;
}

void
dw_review_insert(const DwReview *review)
{
	dw_table_insert(&reviews, review);
}

void
dw_review_reveal_other(const DwReview *review)
{
	/* whose time has come already keeps it: readers may have seen it */
	static DwStatement reveal_review =
		DW_STATEMENT("UPDATE dwello.reviews SET reveal_at = $3, "
					 "version = version + 1 WHERE job_id = $1 "
					 "AND reviewer_id = $2 AND deleted_at IS NULL "
					 "AND reveal_at > $3");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &review->job_id);
	dw_param_uuid(&p, &review->reviewee_id);
	dw_param_time(&p, review->created_at);
	(void) dw_execute(&reveal_review, &p);
}

bool
dw_review_find(const DwUuid *job_id, const DwUuid *id, DwReview *review)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(reviews, "WHERE t.job_id = $1 AND t.id = $2 "
					   "AND t.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, id);
	if (dw_table_execute(&by_key, &p) == 0)
		return false;
	dw_table_read(&reviews, 0, review);
	return true;
}

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
dw_response_insert(const DwReview *review, DwResponse *response)
{
	response->job_id = review->job_id;
	response->review_id = review->id;
	response->homeowner_id = review->homeowner_id;
	response->provider_id = review->provider_id;
	response->responder_id = review->reviewee_id;
	response->is_public = review->is_public;
	dw_table_insert(&responses, response);
}

/*
 * What a reader is shown: parameters $1 to $5.  The only place that decides
 * it, for the list and for the cursor into it alike, or a cursor would tell
 * of a review that no list shows.
 */
#define REVIEW_SHOWN \
	"r.reviewee_id = $1 AND r.reveal_at <= $4 AND r.deleted_at IS NULL " \
	"AND ((r.is_public AND ($5 OR r.reviewee_id = r.provider_id)) " \
	"OR $3 OR r.reviewee_id = $2 OR r.reviewer_id = $2)"

/* The parameters of REVIEW_SHOWN. */
static void
param_reader(DwParams *p, const DwReviewReader *reader)
{
	dw_param_uuid(p, &reader->reviewee_id);
	dw_param_uuid(p, &reader->user_id);
	dw_param_bool(p, reader->has_duty);
	dw_param_time(p, reader->now);
	dw_param_bool(p, reader->is_known);
}

bool
dw_reviews_seek(const DwReviewReader *reader, const DwUuid *id,
				DwCursor *cursor)
{
	static DwStatement select_place =
		DW_STATEMENT("SELECT r.created_at FROM dwello.reviews AS r "
					 "WHERE " REVIEW_SHOWN " AND r.id = $6");
	DwParams	p = DW_PARAMS;

	param_reader(&p, reader);
	dw_param_uuid(&p, id);
	return dw_read_cursor(dw_query(&select_place, &p), id, cursor);
}

void
dw_reviews_list(DwCall *call, const DwReviewReader *reader,
				const DwCursor *after, int32 max_results)
{
	static DwStatement select_reviews =
		DW_STATEMENT("SELECT r.id AS review_id, r.job_id, r.rating, "
					 "r.title, r.comment, r.axes, CASE WHEN r.reviewer_id = r.homeowner_id "
					 "THEN 'homeowner'::dwello.user_type "
					 "ELSE 'service_provider' END AS reviewer_type, "
					 "s.response, r.created_at, r.is_unpaid "
					 "FROM dwello.reviews AS r "
					 "LEFT JOIN dwello.review_responses AS s "
					 "ON s.job_id = r.job_id AND s.review_id = r.id "
					 "WHERE " REVIEW_SHOWN
					 " AND (r.created_at, r.id) < ($6, $7) "
					 "ORDER BY r.created_at DESC, r.id DESC LIMIT $8");
	DwParams	p = DW_PARAMS;

	param_reader(&p, reader);
	dw_param_cursor(&p, after);
	dw_param_int4(&p, max_results);
	dw_list_query(call, &select_reviews, &p);
}
