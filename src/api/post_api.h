/*
 * post_api.h
 *		Reads what post_job and edit_job are told of a job.
 *
 * Each reader of a document takes one jsonb argument, notes what is wrong
 * with it and gives what could be read; where something was noted that is of
 * no use.
 */
#ifndef DW_POST_API_H
#define DW_POST_API_H

#include "api/call_api.h"
#include "core/post.h"
#include "store/post_store.h"

#define DW_POST_NOWHERE (-1)	/* a function has no such argument */

/* The position of a field among the arguments of a function. */
typedef int (*DwPostPlace) (DwPostField field);

/*
 * Reads every field that is not NULL into the draft, up to the weights, and
 * raises what is wrong with them alone.  The fields that were given are the
 * result; of the others the draft keeps what it had.
 */
extern DwPostFields dw_post_read(DwCall *call, DwPostPlace place,
								 DwDraft *draft);

/* The scoring method of a draft. */
extern DwScoringMethod dw_draft_method(const DwDraft *draft);

/* P0002 for an unknown category; true when it takes new jobs. */
extern bool dw_post_category(const DwUuid *category_id);

/* Raises 22023 for a category that takes no new jobs. */
pg_noreturn extern void dw_post_refuse_category(DwCall *call,
												DwPostPlace place);

/* requirements: [{requirement_type, requirement_value, is_mandatory, ...}] */
extern DwPostRequirement *dw_post_requirements(DwCall *call, int arg,
											   int *count, DwFault *fault);

/* milestones: [{title, description, amount, due_date, is_required}] */
extern DwPostMilestone *dw_post_milestones(DwCall *call, int arg, int *count,
										   DwFault *fault);

/* weights: {criterion: basis points}; a criterion left out has none. */
extern DwScoreWeights dw_post_weights(DwCall *call, int arg, DwFault *fault);

#endif							/* DW_POST_API_H */
