/*
 * milestone_store.h
 *		Writes another plan of milestones for a job.
 *
 * The caller has locked the job.  Milestones are kept by their place in the
 * plan: the first of the new plan takes the row, and so the id, of the first
 * of the old.  What is left over is deleted from a draft, which nobody else
 * has seen, and cancelled in a contract.
 */
#ifndef DW_MILESTONE_STORE_H
#define DW_MILESTONE_STORE_H

#include "postgres.h"

#include "core/milestone.h"
#include "core/post.h"
#include "core/uuid.h"

/* A plan to be written, its milestones in order. */
typedef struct DwPlan
{
	DwUuid		job_id;			/* whose plan it is */
	DwUuid		homeowner_id;	/* of the job */
	DwUuid		provider_id;	/* nil: a draft, nobody has the award */
	int			count;			/* of both arrays */
	const DwPostMilestone *words;	/* title, description, day, required */
	DwMilestone *milestones;	/* amount (0 = NULL), funded, status; the ids
								 * and places are set here */
} DwPlan;

/* Writes the plan in place of the one that is there. */
extern void dw_plan_replace(DwPlan *plan);

#endif							/* DW_MILESTONE_STORE_H */
