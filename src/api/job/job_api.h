/*
 * job_api.h
 *		What commands on a job share.
 */
#ifndef DW_JOB_API_H
#define DW_JOB_API_H

#include "core/job/job.h"
#include "server/call/call_server.h"
#include "server/sql/sql_server.h"
#include "store/job/job_store.h"

/*
 * Which job a call is about, and whether its caller may know of it.
 *
 * A job is visible to its homeowner, to the provider who has its award, to
 * support, administrators and the system, and, from the day it was
 * published on, to every active (so verified) provider.  To anybody else an
 * invisible job is as unknown as one that does not exist: P0002.
 */

/* Locks the job of a command; P0002. */
extern void dw_job_for_command(DwCall *call, const DwUuid *id, DwJob *job);

/* The same for a command on its money: see dw_job_lock_sides(). */
extern void dw_job_sides_for_command(DwCall *call, const DwUuid *id,
									 DwJob *job);

/* Reads the job of a query; P0002. */
extern void dw_job_for_query(DwCall *call, const DwUuid *id, DwJob *job);

/* 42501 unless the caller is the job's homeowner. */
extern void dw_job_need_homeowner(DwCall *call, const DwJob *job);

/* 42501 unless the caller is the provider who has the job's award. */
extern void dw_job_need_provider(DwCall *call, const DwJob *job);

/*
 * The state after an event done by the caller; WD101 when there is no such
 * move, 42501 when it is never theirs, with the states from which it is known.
 */
extern DwJobStatus dw_job_next(DwCall *call, const DwJob *job,
							   DwJobEvent event);

/*
 * True when the time for bids is over, whether expire_jobs has marked the
 * job yet or not.
 */
extern bool dw_bidding_over(const DwJob *job);

/* Raises WD102 for such a job. */
pg_noreturn extern void dw_bidding_refuse_late(const DwJob *job);

/*
 * Reads what post_job and edit_job are told of a job.
 *
 * Each reader of a document takes one jsonb argument, notes what is wrong
 * with it and gives what could be read; where something was noted that is of
 * no use.
 */

/*
 * Reads every field that is not NULL into the draft, up to the weights, and
 * raises what is wrong with them alone.  The fields that were given are the
 * result; of the others the draft keeps what it had.
 */
extern DwPostFields dw_post_read(DwCall *call, DwDraft *draft);

/* The scoring method of a draft. */
extern DwScoringMethod dw_draft_method(const DwDraft *draft);

/* P0002 for an unknown category; true when it takes new jobs. */
extern bool dw_post_category(const DwUuid *category_id);

/* Raises 22023 for a category that takes no new jobs. */
pg_noreturn extern void dw_post_refuse_category(DwCall *call);

/* requirements: [{requirement_type, requirement_value, is_mandatory, ...}] */
extern DwPostRequirement *dw_post_requirements(DwCall *call, const char *arg,
											   int *count, DwArgError *error);

/* milestones: [{title, description, amount, due_date, is_required}] */
extern DwPostMilestone *dw_post_milestones(DwCall *call, const char *arg,
										   int *count,
										   DwArgError *error);

/* weights: {criterion: basis points}; a criterion left out has none. */
extern DwScoreWeights dw_post_weights(DwCall *call, const char *arg,
									  DwArgError *error);

#endif							/* DW_JOB_API_H */
