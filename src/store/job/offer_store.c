/*
 * offer_store.c
 *		What is offered about a job ends with what it is about.
 *
 * An invitation ends when the job is off the market, a change order when the
 * contract is over; neither says so, for the event of the job does.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/job/job_store.h"

void
dw_job_end_invites(const DwJob *job)
{
	static DwWrite overtake =
		DW_WRITE("UPDATE dwello.job_invites AS i SET "
				 "status = 'expired', answered_at = r.at "
				 "FROM " DW_ROWS "(job_id, at) WHERE i.job_id = r.job_id "
				 "AND i.status = 'pending'");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &job->id);
	dw_param_time(&p, dw_now());
	dw_write(&overtake, &p);
}

void
dw_job_end_order(const DwJob *job)
{
	static DwWrite overtake =
		DW_WRITE("UPDATE dwello.change_orders AS c SET "
				 "status = 'expired', answered_at = r.at "
				 "FROM " DW_ROWS "(job_id, at) WHERE c.job_id = r.job_id "
				 "AND c.status = 'pending'");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &job->id);
	dw_param_time(&p, dw_now());
	dw_write(&overtake, &p);
}
