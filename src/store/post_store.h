/*
 * post_store.h
 *		What was posted: the job, its site, requirements, milestones.
 */
#ifndef DW_POST_STORE_H
#define DW_POST_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/post.h"
#include "core/uuid.h"
#include "store/job_store.h"

/* All that a draft is made of; every value has been checked. */
typedef struct DwDraft
{
	DwUuid		id;				/* of the job */
	DwUuid		homeowner_id;	/* who posts it */
	DwUuid		category_id;	/* it exists */
	char	   *title;			/* not blank */
	char	   *description;	/* not blank */
	char	   *street;			/* in plain; NULL = not known */
	DwPost		post;			/* the numbers */
	char	   *urgency;		/* label */
	bool		is_emergency;	/* counts as urgent */
	bool		materials_provided; /* the homeowner has them */
	char	   *materials_description;	/* or NULL */
	char	   *special_requirements;	/* or NULL */
	Datum		photos;			/* text[]; 0 = as they are */
	char	   *bid_mode;		/* label */
	char	   *scoring_method; /* label */
	bool		has_weights;	/* given */
	DwScoreWeights weights;		/* as given */
	int			requirement_count;	/* of the next */
	DwPostRequirement *requirements;	/* in the caller's order */
	int			milestone_count;	/* of the next */
	DwPostMilestone *milestones;	/* in the order of the work */
	TimestampTz created_at;		/* out: when it was written */
} DwDraft;

/*
 * The street of the user's nearest address within 100 m of a place, opened;
 * NULL when he has none there.
 */
extern char *dw_draft_street(const DwUuid *user_id, double longitude,
							 double latitude);

/* A draft of which nothing is known yet. */
extern void dw_draft_clear(DwDraft *draft);

/* Writes everything; false, and nothing is written, when the id is taken. */
extern bool dw_draft_insert(DwDraft *draft);

/*
 * Reads what was posted as a locked job, but for its street, which stays
 * sealed, and its photos.  Texts are copied.
 */
extern void dw_draft_load(const DwJob *job, DwDraft *draft);

/*
 * Writes the changed fields of a locked job, and its terms_version, and
 * counts its version up, in the row and in *job.  For DW_POST_STREET the
 * site is written anew, with draft->street in it.
 */
extern void dw_draft_update(DwDraft *draft, DwPostFields changed, DwJob *job);

#endif							/* DW_POST_STORE_H */
