/*
 * review_store.h
 *		Rows of dwello.reviews: writing, and showing both sides at once.
 */
#ifndef DW_REVIEW_STORE_H
#define DW_REVIEW_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/uuid.h"

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
	TimestampTz reveal_at;		/* from when it is shown */
	TimestampTz created_at;		/* now */
} DwReview;

/* True when that side of the job has written its review. */
extern bool dw_review_exists(const DwUuid *job_id, const DwUuid *reviewer_id);

/* Writes the review, version 1. */
extern void dw_review_insert(const DwReview *review);

/* Shows the other side's review from now on, if it is not shown yet. */
extern void dw_review_reveal_other(const DwReview *review);

#endif							/* DW_REVIEW_STORE_H */
