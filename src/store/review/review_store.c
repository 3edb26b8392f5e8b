/*
 * review_store.c
 *		Rows of dwello.reviews: writing, and showing both sides at once.
 */
#include "postgres.h"

#include "server/sql/sql_server.h"
#include "store/review/review_store.h"

/* True when that side of the job has written its review. */
bool
dw_review_exists(const DwUuid *job_id, const DwUuid *reviewer_id)
{
	static DwStatement find_review =
		DW_STATEMENT("SELECT true FROM dwello.reviews AS r "
					 "WHERE r.job_id = $1 AND r.reviewer_id = $2 "
					 "AND r.deleted_at IS NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, reviewer_id);
	return dw_execute(&find_review, &p) > 0;
}

/* Writes the review, version 1. */
void
dw_review_insert(const DwReview *review)
{
	static DwStatement insert_review =
		DW_STATEMENT("INSERT INTO dwello.reviews (job_id, id, homeowner_id, "
					 "provider_id, reviewer_id, reviewee_id, rating, title, "
					 "comment, axes, is_public, reveal_at, created_at) "
					 "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
					 "$12, $13)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &review->job_id);
	dw_param_uuid(&p, &review->id);
	dw_param_uuid(&p, &review->homeowner_id);
	dw_param_uuid(&p, &review->provider_id);
	dw_param_uuid(&p, &review->reviewer_id);
	dw_param_uuid(&p, &review->reviewee_id);
	dw_param_int4(&p, review->rating);
	dw_param_text(&p, review->title);
	dw_param_text(&p, review->comment);
	dw_param_datum(&p, JSONBOID, review->axes, false);
	dw_param_bool(&p, review->is_public);
	dw_param_time(&p, review->reveal_at);
	dw_param_time(&p, review->created_at);
	(void) dw_execute(&insert_review, &p);
}

void
dw_review_reveal_other(const DwReview *review)
{
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
