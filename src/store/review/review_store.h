/*
 * review_store.h
 *		Reviews, and the answers to them.
 */
#ifndef DW_REVIEW_STORE_H
#define DW_REVIEW_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/base/base.h"
#include "server/call/call_server.h"
#include "server/sql/sql_server.h"

/*
 * Rows of dwello.reviews: writing, and showing both sides at once.
 */

/* A review that is to be written; the job's row is locked. */
typedef struct DwReview
{
	DwUuid		job_id;			/* a completed, paid job */
	DwUuid		id;				/* fresh */
	DwUuid		homeowner_id;	/* of the job */
	DwUuid		provider_id;	/* of the job */
	DwUuid		reviewer_id;	/* one of the two */
	DwUuid		reviewee_id;	/* the other */
	int32		rating;			/* stars, 1 ... 5 */
	char	   *title;			/* or NULL */
	char	   *comment;		/* or NULL */
	Datum		axes;			/* jsonb: stars by axis */
	bool		is_public;		/* others may read it, too */
	bool		is_unpaid;		/* nothing was released: counts nowhere */
	TimestampTz reveal_at;		/* from when it is shown */
	TimestampTz created_at;		/* now */
} DwReview;

/* True when that side of the job has written its review. */
extern bool dw_review_exists(const DwUuid *job_id, const DwUuid *reviewer_id);

/* Writes the review, version 1. */
extern void dw_review_insert(const DwReview *review);

/* Shows the other side's review from now on, if it is not shown yet. */
extern void dw_review_reveal_other(const DwReview *review);

/*
 * Answers to reviews, and reading both.
 *
 * Who may read a review is decided here, in one place: nobody before it is
 * revealed, its two sides and those with a duty after that, and everybody
 * else when it is public.
 */

/* An answer that is to be written; the job's row is locked. */
typedef struct DwResponse
{
	DwUuid		job_id;			/* of the review; set by writing */
	DwUuid		id;				/* fresh */
	DwUuid		review_id;		/* what is answered; set by writing */
	DwUuid		homeowner_id;	/* of the job; set by writing */
	DwUuid		provider_id;	/* of the job; set by writing */
	DwUuid		responder_id;	/* the reviewed side; set by writing */
	bool		is_public;		/* as the review; set by writing */
	const char *response;		/* what it says */
	TimestampTz created_at;		/* now */
} DwResponse;

/* Who reads the reviews of whom, and when. */
typedef struct DwReviewReader
{
	DwUuid		reviewee_id;	/* whose reviews */
	DwUuid		user_id;		/* who reads */
	bool		has_duty;		/* reads what is not public, too */
	bool		is_known;		/* reads of homeowners: not a visitor */
	TimestampTz now;			/* what is revealed by then is shown */
} DwReviewReader;

/* Reads a review; false when there is none. */
extern bool dw_review_find(const DwUuid *job_id, const DwUuid *id,
						   DwReview *review);

/* True when the review was answered. */
extern bool dw_response_exists(const DwReview *review);

/* Writes the reviewed side's answer, as public as the review. */
extern void dw_response_insert(const DwReview *review,
							   DwResponse *response);

/* Places the cursor at a review that is shown; false when there is none. */
extern bool dw_reviews_seek(const DwReviewReader *reader, const DwUuid *id,
							DwCursor *cursor);

/* Adds the reviews that are shown after the cursor, newest first. */
extern void dw_reviews_list(DwCall *call, const DwReviewReader *reader,
							const DwCursor *after, int32 max_results);

#endif							/* DW_REVIEW_STORE_H */
