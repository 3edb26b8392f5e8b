/*
 * post_api.h
 *		Reads the documents of post_job: lists of objects, and weights.
 *
 * Each reader takes one jsonb argument, notes what is wrong with it and
 * gives what could be read; where something was noted that is of no use.
 */
#ifndef DW_POST_API_H
#define DW_POST_API_H

#include "api/call_api.h"
#include "core/post.h"

/* requirements: [{requirement_type, requirement_value, is_mandatory, ...}] */
extern DwPostRequirement *dw_post_requirements(DwCall *call, int arg,
											   int *count, DwFault *fault);

/* milestones: [{title, description, amount, due_date, is_required}] */
extern DwPostMilestone *dw_post_milestones(DwCall *call, int arg, int *count,
										   DwFault *fault);

/* weights: {criterion: basis points}; a criterion left out has none. */
extern DwScoreWeights dw_post_weights(DwCall *call, int arg, DwFault *fault);

#endif							/* DW_POST_API_H */
