/*
 * job_api.c
 *		Which job a call is about, and whether its caller may know of it.
 *
 * A command's caller is active when it gets here (dw_command_begin); a
 * query's need not be, so the status is asked for where it counts.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "api/job/job_api.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/account/account_store.h"
#include "store/bid/bid_store.h"
#include "store/escrow/escrow_store.h"

/* True when the caller is one of the two sides of the job. */
static bool
job_is_party(DwCall *call, const DwJob *job)
{
	const DwUuid *me = &call->actor.user_id;

	return dw_uuid_equal(me, &job->homeowner_id) ||
		(!dw_uuid_is_nil(me) && dw_uuid_equal(me, &job->provider_id));
}

/*
 * True when the caller may know of the job.  A provider who has been suspended
 * since they signed in keeps what is theirs, and sees no other job; of one
 * that is by invitation only those know who are invited.
 */
static bool
job_is_visible(DwCall *call, DwJob *job)
{
	if ((call->actor.kind &
		 (DW_ACTOR_SYSTEM | DW_ACTOR_ADMIN | DW_ACTOR_SUPPORT)) != 0)
		return true;
	if (job_is_party(call, job))
		return true;
	if (call->actor.kind != DW_ACTOR_PROVIDER ||
		job->published_at == DT_NOBEGIN ||
		dw_user_status(&call->actor.user_id) != DW_USER_ACTIVE)
		return false;
	dw_job_fill(job);
	return !job->is_invite_only ||
		dw_invite_exists(&job->id, &call->actor.user_id);
}

void
dw_job_refuse_unknown(const DwUuid *id)
{
	dw_raise(DW_NOT_FOUND, psprintf("job %s does not exist",
									dw_uuid_text(id)),
			 "There is no such job, or the caller may not see it.",
			 "dwello.jobs has the jobs that you may see.");
}

void
dw_job_for_command(DwCall *call, const DwUuid *id, DwJob *job)
{
	if (!dw_job_lock(id, job) || !job_is_visible(call, job))
		dw_job_refuse_unknown(id);
}

void
dw_job_shared_for_command(DwCall *call, const DwUuid *id, bool stays,
						  DwJob *job)
{
	if (!dw_job_share(id, &call->actor.user_id, stays, job) ||
		!job_is_visible(call, job))
		dw_job_refuse_unknown(id);
}

void
dw_job_sides_for_command(DwCall *call, const DwUuid *id, DwJob *job)
{
	if (!dw_job_lock_sides(id, job) || !job_is_visible(call, job))
		dw_job_refuse_unknown(id);
}

void
dw_job_for_query(DwCall *call, const DwUuid *id, DwJob *job)
{
	if (!dw_job_load(id, job) || !job_is_visible(call, job))
		dw_job_refuse_unknown(id);
}

void
dw_job_need_homeowner(DwCall *call, const DwJob *job)
{
	if (!dw_uuid_equal(&call->actor.user_id, &job->homeowner_id))
		dw_raise(DW_FORBIDDEN, psprintf("only the homeowner of a job may "
										"call dwello.%s", dw_call_name(call)),
				 psprintf("Job %s belongs to another user.",
						  dw_uuid_text(&job->id)),
				 "Log in as the homeowner who posted the job.");
}

void
dw_job_need_provider(DwCall *call, const DwJob *job)
{
	if (dw_uuid_is_nil(&job->provider_id) ||
		!dw_uuid_equal(&call->actor.user_id, &job->provider_id))
		dw_raise(DW_FORBIDDEN, psprintf("only the provider of a job may "
										"call dwello.%s", dw_call_name(call)),
				 psprintf("Job %s is not awarded to the caller.",
						  dw_uuid_text(&job->id)),
				 "It is for the bidder once dwello.accept_bid() has chosen"
				 " them.");
}

/* "draft" or "awarded, in_progress": where an event is known. */
static char *
job_sources(DwJobEvent event)
{
	const DwMachine *machine = dw_job_machine();
	DwStateSet	states = dw_machine_sources(machine, event);
	StringInfoData text;

	initStringInfo(&text);
	for (int state = 0; state < machine->state_count; state++)
		if ((states & DW_STATE_BIT(state)) != 0)
			appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "",
							 machine->states[state]);
	return text.data;
}

DwJobStatus
dw_job_next(DwCall *call, const DwJob *job, DwJobEvent event)
{
	int			next;
	DwResult	result = dw_machine_next(dw_job_machine(), job->status, event,
										 call->actor.kind, &next);

	if (result == DW_OK)
		return (DwJobStatus) next;
	if ((dw_machine_actors(dw_job_machine(), event) & call->actor.kind) != 0)
		result = DW_INVALID_TRANSITION; /* theirs, but not from here */
	dw_raise(result, psprintf("%s is not possible for a job that is %s",
							  dw_job_event_label(event),
							  dw_job_status_label(job->status)),
			 psprintf("Job %s is in state \"%s\".", dw_uuid_text(&job->id),
					  dw_job_status_label(job->status)),
			 psprintf("It is possible in: %s.", job_sources(event)));
}

bool
dw_bidding_over(const DwJob *job)
{
	/* a worker may be hours behind, so the time alone decides */
	if (job->status == DW_JOB_OPEN)
		return dw_now() >= job->expires_at;
	return job->status == DW_JOB_CANCELLED && job->reason != NULL &&
		strcmp(job->reason, DW_JOB_REASON_EXPIRED) == 0;
}

void
dw_bidding_refuse_late(const DwJob *job)
{
	dw_raise(DW_DEADLINE_PASSED, "the time for bids is over",
			 psprintf("Job %s took bids until %s.", dw_uuid_text(&job->id),
					  timestamptz_to_str(job->expires_at)),
			 "dwello.match_jobs() shows the jobs that take bids.");
}

void
dw_bidding_need_open(const DwJob *job)
{
	if (dw_bidding_over(job))
		dw_bidding_refuse_late(job);
	if (job->status != DW_JOB_OPEN)
		dw_raise(DW_INVALID_TRANSITION,
				 psprintf("a job that is %s takes no bids",
						  dw_job_status_label(job->status)),
				 psprintf("Job %s is in state \"%s\".",
						  dw_uuid_text(&job->id),
						  dw_job_status_label(job->status)),
				 "Only an open job takes bids.");
}

void
dw_contract_need_time(const DwJob *job, const DwEscrow *escrow)
{
	DwTransaction payment;
	bool		has_payment;
	TimestampTz until;

	if (job->status != DW_JOB_AWARDED || job->fund_by == DT_NOBEGIN ||
		escrow->funded > 0 || dw_now() < job->fund_by)
		return;
	has_payment = dw_payment_find(&job->id, NULL, &payment);
	until = dw_contract_lapses_at(job->fund_by, has_payment,
								  has_payment ? payment.pay_by : 0);
	if (dw_now() >= until)
		dw_raise(DW_DEADLINE_PASSED, "the time to fund the contract is over",
				 psprintf("Something had to be paid for job %s by %s.",
						  dw_uuid_text(&job->id), timestamptz_to_str(until)),
				 "The contract lapses when dwello.expire_contracts() runs"
				 " next; the job takes bids again.");
}

Datum
dw_job_photos(DwCall *call, DwArgError *error, int32 *count)
{
	static const DwTextRule rule = {DW_POST_PHOTO_MAX, true};
	char	  **photos = dw_arg_texts(call, "photos", MaxAllocSize, count);

	for (int i = 0; i < *count; i++)
	{
		DwArgPlace	place = {"photos", i, NULL};

		dw_arg_error_check_text(error, place, photos[i], rule);
	}
	return dw_arg_datum(call, "photos");
}

void
dw_contract_need_answered(const DwEscrowRow *row)
{
	if (dw_escrow_is_agreed(row, dw_now()))
		dw_raise(DW_DEADLINE_PASSED, "the time to answer the request is over",
				 psprintf("What the homeowner asks for on job %s could be "
						  "answered until %s.", dw_uuid_text(&row->job_id),
						  timestamptz_to_str(row->consent_at)),
				 "No answer is consent: it is carried out when"
				 " dwello.expire_refund_requests() or"
				 " dwello.expire_no_shows() runs next.");
}
