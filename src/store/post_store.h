/*
 * post_store.h
 *		Writes a new draft: the job, its site, requirements, milestones.
 */
#ifndef DW_POST_STORE_H
#define DW_POST_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/post.h"
#include "core/uuid.h"

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
	Datum		photos;			/* text[] */
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

/* Writes everything; false, and nothing is written, when the id is taken. */
extern bool dw_draft_insert(DwDraft *draft);

#endif							/* DW_POST_STORE_H */
