/*
 * job_api.h
 *		What commands on a job share.
 */
#ifndef DW_JOB_API_H
#define DW_JOB_API_H

#include "core/job/job.h"
#include "server/call/call_server.h"
#include "server/sql/sql_server.h"
#include "store/escrow/escrow_store.h"
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

/*
 * Reads the job of a command that leaves it as it is, and waits for what else
 * its caller does about the job.  stays: whoever changes the job waits, or is
 * waited for, and all who share it go on.  P0002.
 */
extern void dw_job_shared_for_command(DwCall *call, const DwUuid *id,
									  bool stays, DwJob *job);

/* Locks the job of a command on its money: see dw_job_lock_sides(). */
extern void dw_job_sides_for_command(DwCall *call, const DwUuid *id,
									 DwJob *job);

/* Raises P0002: the same words for an unknown and an invisible job. */
extern void dw_job_refuse_unknown(const DwUuid *id);

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

/*
 * WD102 when a contract has lapsed: nothing was ever paid for it, fund_by is
 * over, and no payment is under way, whether expire_contracts has marked it
 * or not.
 */
extern void dw_contract_need_time(const DwJob *job, const DwEscrow *escrow);

/*
 * WD102 when the time to answer what the homeowner asks for or reports is
 * over: what silence has agreed to comes first, marked or not.
 */
extern void dw_contract_need_answered(const DwEscrowRow *row);

/* Raises WD102 for a job whose time for bids is over. */
pg_noreturn extern void dw_bidding_refuse_late(const DwJob *job);

/* WD102, WD101: whether a job takes bids. */
extern void dw_bidding_need_open(const DwJob *job);

/*
 * The photos of the argument of that name, text[], and how many; each is a
 * text that says where it is, and what is wrong with one is noted.
 */
extern Datum dw_job_photos(DwCall *call, DwArgError *error, int32 *count);

/*
 * milestones: [{title, description, amount, due_date, is_required}], of an
 * argument of that name or kept; what is wrong is noted, and then the result
 * is of no use.
 */
extern DwPostMilestone *dw_post_milestones(Datum jsonb, int *count,
										   DwArgError *error);

/*
 * The tiers of an argument cancellation_policy that is given, as they are
 * stored; 0 for JSON null.  What is wrong with them is noted.
 */
extern Datum dw_cancellation_arg(DwCall *call, DwArgError *error);

#endif							/* DW_JOB_API_H */
