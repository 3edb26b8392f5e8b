/*
 * invite_api.c
 *		Entry points of what a homeowner proposes to one provider:
 *		invite_provider, hire_provider, answer_invite, my_invites.
 *
 * An invitation asks for a bid.  An offer names the amount, and whoever
 * accepts it has the job: a bid of that amount is made, accepted and
 * confirmed in one transaction, by all the gates that a bid passes on its
 * way.  What the homeowner has said with the offer they need not say again.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/bid/bid_api_int.h"
#include "api/job/job_api.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/account/account_store.h"
#include "store/score/score_store.h"
#include "store/run/run_store.h"

/* P0002 unless there is such a provider. */
static void
need_provider(const DwUuid *provider_id, DwUser *provider)
{
	if (dw_user_load(provider_id, provider) &&
		provider->type == DW_USER_PROVIDER)
		return;
	dw_raise(DW_NOT_FOUND, psprintf("provider %s does not exist",
									dw_uuid_text(provider_id)),
			 "There is no such user, or they are no service provider.",
			 "dwello.match_providers() shows who suits the job.");
}

/* WD102, WD101: whether the job takes bids now. */
static void
need_open(const DwJob *job)
{
	if (dw_bidding_over(job))
		dw_bidding_refuse_late(job);
	if (job->status == DW_JOB_OPEN)
		return;
	dw_raise(DW_INVALID_TRANSITION,
			 psprintf("nobody is invited to a job that is %s",
					  dw_job_status_label(job->status)),
			 psprintf("Job %s is in state \"%s\".", dw_uuid_text(&job->id),
					  dw_job_status_label(job->status)),
			 job->status == DW_JOB_DRAFT
			 ? "dwello.publish_job() opens it for bids."
			 : "Only an open job takes bids.");
}

/* 22023 for one who could not take the job as they are. */
static void
need_active(DwCall *call, const DwUser *provider)
{
	if (provider->status != DW_USER_ACTIVE ||
		!dw_provider_verified(&provider->id))
		dw_arg_refuse(call, "provider_id", DW_BAD_VALUE,
					  "must be an active and verified provider");
}

/* 23505 for one who has a bid that is live. */
static void
need_no_bid(const DwJob *job, const DwUuid *provider_id)
{
	DwUuid		live;

	dw_bid_expire_overdue(&job->id, provider_id);
	if (dw_bid_find_live(&job->id, provider_id, &live) == DW_BID_LIVE)
		dw_raise_constraint(DW_ALREADY_EXISTS, "bids_live_key",
							"the provider has a live bid on this job",
							psprintf("It is bid %s.", dw_uuid_text(&live)),
							"See dwello.accept_bid() and"
							" dwello.counter_bid().");
}

#define INVITES_SPENT \
	"Without is_invite_only, whoever is not invited may bid too."

/* WD301 when the job has had all its invitations. */
static void
need_room(const DwJob *job)
{
	int64		most = dw_setting_int8("job_invites_max");
	int64		count = dw_invites_count(&job->id);

	if (count >= most)
		dw_raise(DW_LIMIT_REACHED, "the job has had all its invitations",
				 psprintf("Job %s has had " INT64_FORMAT ", the setting "
						  "job_invites_max allows " INT64_FORMAT ".",
						  dw_uuid_text(&job->id), count, most), INVITES_SPENT);
}

/* True while an invitation is pending and its time is not over. */
static bool
is_pending(const DwInvite *invite)
{
	return invite->status == DW_OFFER_PENDING &&
		(invite->expires_at == DT_NOBEGIN || dw_now() < invite->expires_at);
}

/* True for one that was made and neither taken back nor is over. */
static bool
is_in_force(const DwInvite *invite)
{
	return is_pending(invite) || (invite->status != DW_OFFER_PENDING &&
								  invite->status != DW_OFFER_WITHDRAWN &&
								  invite->status != DW_OFFER_EXPIRED);
}

/* Ends one that is over by the clock, so that another can be made. */
static void
end_overdue(DwInvite *invite)
{
	if (invite->status != DW_OFFER_PENDING || is_pending(invite))
		return;
	invite->status = DW_OFFER_EXPIRED;
	dw_invite_save(invite);
}

/* 23505 for one who has an invitation to the job already. */
static void
refuse_invited(const DwInvite *invite)
{
	dw_raise_constraint(DW_ALREADY_EXISTS, "job_invites_provider_key",
						"the provider is invited already",
						psprintf("Their invitation is %s.",
								 dw_offer_status_label(invite->status)),
						"A pending one can be withdrawn, see"
						" dwello.answer_invite().");
}

/* Writes a new invitation of the caller's. */
static void
invite_write(const DwJob *job, DwInvite *invite)
{
	invite->job_id = job->id;
	invite->id = dw_uuid_fresh();
	invite->homeowner_id = job->homeowner_id;
	invite->status = DW_OFFER_PENDING;
	invite->created_at = dw_now();
	invite->answered_at = DT_NOBEGIN;
	dw_invite_insert(invite);
	/* of a job that is listed their agent knows anyway */
	if (job->is_invite_only && job->status == DW_JOB_OPEN)
		dw_work_renew(&job->id, job->terms_version);
}

/* The columns that all commands on an invitation return. */
static void
row_invite(DwCall *call, const DwJob *job, const DwInvite *invite)
{
	dw_row_uuid(call, "job_id", &job->id);
	dw_row_uuid(call, "provider_id", &invite->provider_id);
	dw_row_uuid(call, "invite_id", &invite->id);
	dw_row_enum(call, "invite_status", &dw_offer_status_labels,
				invite->status);
	if (invite->amount != DW_INVITE_NO_AMOUNT)
	{
		dw_row_int8(call, "amount", invite->amount);
		dw_row_text(call, "currency", invite->currency);
		dw_row_time(call, "expires_at", invite->expires_at);
	}
	dw_row_int4(call, "version", job->version);
}

/* invite_provider(job_id, provider_id, message) → the invitation */
DW_FUNCTION(dwello_invite_provider)
{
	DwCall		call;
	DwUuid		job_id;
	DwInvite	invite = {.amount = DW_INVITE_NO_AMOUNT,
	.expires_at = DT_NOBEGIN};
	DwInvite	last;
	DwUser		provider;
	DwJob		job;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER);
	dw_args_need(&call, "job_id", "provider_id", NULL);
	job_id = dw_arg_uuid(&call, "job_id");
	invite.provider_id = dw_arg_uuid(&call, "provider_id");
	invite.message = dw_arg_text_opt(&call, "message", DW_BID_NOTE_MAX);

	dw_job_for_command(&call, &job_id, &job);
	need_provider(&invite.provider_id, &provider);
	dw_job_need_homeowner(&call, &job);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	need_open(&job);
	need_active(&call, &provider);
	need_no_bid(&job, &invite.provider_id);
	if (dw_invite_find(&job_id, &invite.provider_id, &last))
	{
		if (is_in_force(&last))
			refuse_invited(&last);
		end_overdue(&last);
	}
	need_room(&job);

	invite_write(&job, &invite);
	row_invite(&call, &job, &invite);
	return dw_call_return(&call);
}

/* Reads what is offered; errors of arguments alone. */
static void
hire_read(DwCall *call, DwInvite *offer)
{
	dw_args_need(call, "job_id", "provider_id", "amount", NULL);
	offer->provider_id = dw_arg_uuid(call, "provider_id");
	offer->message = dw_arg_text_opt(call, "message", DW_BID_NOTE_MAX);
	offer->amount = dw_arg_amount(call, "amount");
	if (offer->amount <= 0)
		dw_arg_refuse(call, "amount", DW_BAD_VALUE, "must be positive");
	offer->timeline_days = DW_BID_NO_DAYS;
	if (dw_arg_has(call, "timeline_days"))
	{
		offer->timeline_days = dw_arg_int4(call, "timeline_days");
		if (offer->timeline_days <= 0)
			dw_arg_refuse(call, "timeline_days", DW_BAD_VALUE,
						  "must be positive");
	}
	(void) dw_arg_time_opt(call, "expires_at");
}

/* 22023: what is offered against the row; and until when it stands. */
static void
hire_check(DwCall *call, const DwJob *job, DwInvite *offer)
{
	TimestampTz wanted = dw_arg_time_opt(call, "expires_at");
	int64		hours = dw_job_timer(&job->id, "award_confirm_hours");

	dw_arg_check_amount(call, "amount", offer->amount, job->currency);
	dw_bid_need_least(call, "amount", offer->amount, job->currency);
	offer->expires_at = wanted;
	if (wanted == DT_NOBEGIN)
		offer->expires_at = Min(dw_now() + hours * USECS_PER_HOUR,
								job->expires_at);
	if (offer->expires_at <= dw_now())
		dw_arg_refuse(call, "expires_at", DW_BAD_VALUE,
					  "must be in the future");
	if (offer->expires_at > job->expires_at)
		dw_arg_refuse(call, "expires_at", DW_BAD_VALUE,
					  "must not be after the job's end of bidding");
	strlcpy(offer->currency, job->currency, sizeof(offer->currency));
}

/*
 * Makes room for an offer: 23505 while another is pending; an invitation to
 * bid is replaced by it.  Who declined one may be made another.
 */
static void
hire_replace(const DwJob *job, const DwUuid *provider_id)
{
	DwInvite	other;

	if (dw_hire_find(&job->id, &other))
	{
		if (is_pending(&other))
			dw_raise_constraint(DW_ALREADY_EXISTS, "job_invites_hire_key",
								"the job is offered to a provider already",
								psprintf("Job %s is offered until %s.",
										 dw_uuid_text(&job->id),
										 timestamptz_to_str(other.expires_at)),
								"Withdraw the offer first, see"
								" dwello.answer_invite().");
		end_overdue(&other);
	}
	if (!dw_invite_find(&job->id, provider_id, &other) ||
		!is_pending(&other))
		return;
	other.status = DW_OFFER_WITHDRAWN;
	dw_invite_save(&other);
}

/* hire_provider(job_id, provider_id, amount, …) → the offer */
DW_FUNCTION(dwello_hire_provider)
{
	DwCall		call;
	DwUuid		job_id;
	DwInvite	offer = {.amount = DW_INVITE_NO_AMOUNT};
	DwUser		provider;
	DwJob		job;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER);
	hire_read(&call, &offer);
	job_id = dw_arg_uuid(&call, "job_id");

	dw_job_for_command(&call, &job_id, &job);
	need_provider(&offer.provider_id, &provider);
	dw_job_need_homeowner(&call, &job);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, job.version);
	need_open(&job);
	need_active(&call, &provider);
	hire_check(&call, &job, &offer);
	need_no_bid(&job, &offer.provider_id);
	hire_replace(&job, &offer.provider_id);
	need_room(&job);

	invite_write(&job, &offer);
	row_invite(&call, &job, &offer);
	return dw_call_return(&call);
}

/* The bid that accepting an offer makes. */
static void
hire_bid(DwCall *call, const DwJob *job, const DwInvite *offer, DwBid *bid)
{
	DwMaterials none = {0};

	memset(bid, 0, sizeof(*bid));
	bid->job_id = job->id;
	bid->id = dw_uuid_fresh();
	bid->homeowner_id = job->homeowner_id;
	bid->provider_id = offer->provider_id;
	bid->status = DW_BID_PENDING;
	bid->terms_version = job->terms_version;
	bid->bid_version = 1;
	bid->version = 1;
	bid->labor_cost = offer->amount;
	bid->bid_amount = offer->amount;
	strlcpy(bid->currency, offer->currency, sizeof(bid->currency));
	bid->materials_included = true;
	bid->timeline_days = offer->timeline_days;
	bid->description = offer->message;
	bid->submitted_at = dw_now();
	bid->expires_at = bid->submitted_at +
		dw_setting_int8("bid_expiry_days") * USECS_PER_DAY;
	dw_bid_price(call, "job_id", job, bid, &none);
	dw_bid_insert(job, bid, &none);
}

/*
 * The provider takes the job at the offer: the bid is made, passes the gates,
 * has the award and confirms it.  What fails on the way undoes all of it.
 */
static void
hire(DwCall *call, DwJob *job, DwInvite *offer)
{
	DwEscrowRow escrow;
	DwBid		bid;

	need_no_bid(job, &offer->provider_id);
	hire_bid(call, job, offer, &bid);
	(void) dw_award_eligible_amount(job, &bid);
	job->status = dw_job_next(call, job, DW_JOB_EVENT_HIRE);
	bid.status = dw_bid_next(call, &bid, DW_BID_EVENT_HIRE);
	/* before the award ends what is pending */
	dw_invite_save(offer);
	dw_award_give(job, &bid, offer->amount, "bid_hired");
	dw_bids_end(job, &bid.id, DW_BID_REASON_NOT_SELECTED);
	dw_award_confirm(call, job, &bid, &escrow);

	dw_row_uuid(call, "bid_id", &bid.id);
	dw_row_enum(call, "escrow_status", &dw_escrow_status_labels,
				escrow.escrow.status);
}

/* The provider that the homeowner names; 22004. */
static DwUuid
named_provider_id(DwCall *call)
{
	if (!dw_arg_has(call, "provider_id"))
		dw_arg_refuse(call, "provider_id", DW_NULL_VALUE,
					  "must name whose invitation the homeowner withdraws");
	return dw_arg_uuid(call, "provider_id");
}

/*
 * Whose invitation is answered: the caller's own, or, by the homeowner, the
 * one that they withdraw.  22004, 42501.
 */
static DwUuid
invite_provider_id(DwCall *call)
{
	const DwUuid *given = dw_arg_uuid_opt(call, "provider_id");

	if (call->actor.kind == DW_ACTOR_HOMEOWNER)
		return named_provider_id(call);
	if (given != NULL && !dw_uuid_equal(given, &call->actor.user_id))
		dw_raise(DW_FORBIDDEN, "the invitation is another provider's",
				 NULL, "Leave provider_id out for your own.");
	return call->actor.user_id;
}

/* Reads the invitation that the caller answers: 42501, P0002. */
static DwOfferEvent
invite_for_side(DwCall *call, const DwJob *job, const DwUuid *provider_id,
				DwInvite *invite)
{
	bool		is_homeowner = call->actor.kind == DW_ACTOR_HOMEOWNER;
	DwOfferEvent event;

	if (is_homeowner)
		dw_job_need_homeowner(call, job);
	if (!dw_invite_find(&job->id, provider_id, invite))
		dw_raise(DW_NOT_FOUND, "no such invitation",
				 psprintf("Provider %s is not invited to job %s.",
						  dw_uuid_text(provider_id), dw_uuid_text(&job->id)),
				 is_homeowner
				 ? "dwello.invite_provider() invites them."
				 : "dwello.my_invites() shows your own.");
	if (dw_offer_answer(is_homeowner, dw_arg_bool(call, "accept"),
						&event) != DW_OK)
		dw_raise(DW_FORBIDDEN, "only the provider can accept an invitation",
				 NULL, "accept => false withdraws it.");
	/* it still has the provider see the job, whatever they have said */
	if (event == DW_OFFER_EVENT_WITHDRAW &&
		invite->amount == DW_INVITE_NO_AMOUNT &&
		invite->status != DW_OFFER_PENDING)
		event = DW_OFFER_EVENT_RECALL;
	return event;
}

/* WD101, WD102: the state of the invitation after the event. */
static DwOfferStatus
invite_next(DwCall *call, const DwJob *job, const DwInvite *invite,
			DwOfferEvent event)
{
	int			next;

	if (invite->expires_at != DT_NOBEGIN &&
		dw_now() >= invite->expires_at &&
		(invite->status == DW_OFFER_PENDING ||
		 invite->status == DW_OFFER_EXPIRED))
		dw_raise(DW_DEADLINE_PASSED, "the time to answer the offer is over",
				 psprintf("Job %s was offered until %s.",
						  dw_uuid_text(&job->id),
						  timestamptz_to_str(invite->expires_at)),
				 "The homeowner can offer it again with"
				 " dwello.hire_provider().");
	if (dw_machine_next(dw_offer_machine(), invite->status, event,
						call->actor.kind, &next) != DW_OK)
		dw_raise(DW_INVALID_TRANSITION,
				 psprintf("an invitation that is %s cannot be answered",
						  dw_offer_status_label(invite->status)),
				 psprintf("Invitation %s is in state \"%s\".",
						  dw_uuid_text(&invite->id),
						  dw_offer_status_label(invite->status)),
				 "dwello.offer_transitions() lists what is possible.");
	if (event == DW_OFFER_EVENT_ACCEPT || event == DW_OFFER_EVENT_RECALL)
		need_open(job);
	return (DwOfferStatus) next;
}

/* Tells the other side of an answer; of a hire the award tells. */
static void
emit_answer(const DwInvite *invite)
{
	bool		is_homeowners = invite->status == DW_OFFER_WITHDRAWN;
	const char *type = is_homeowners ? "invite_withdrawn"
		: invite->status == DW_OFFER_REJECTED ? "invite_rejected"
		: "invite_accepted";

	dw_invite_emit(invite, type, is_homeowners ? &invite->provider_id
				   : &invite->homeowner_id);
}

/* answer_invite(job_id, accept, …) → the invitation, and the job */
DW_FUNCTION(dwello_answer_invite)
{
	DwCall		call;
	DwUuid		job_id;
	DwUuid		provider_id;
	DwInvite	invite;
	DwOfferEvent event;
	DwJob		job;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER);
	if (call.actor.kind == DW_ACTOR_PROVIDER)
		dw_bid_need_verified(&call);
	dw_args_need(&call, "job_id", "accept", NULL);
	job_id = dw_arg_uuid(&call, "job_id");
	provider_id = invite_provider_id(&call);

	/* what makes a bid waits for one that the provider is making */
	dw_job_queue(&job_id, &provider_id);
	dw_job_for_command(&call, &job_id, &job);
	event = invite_for_side(&call, &job, &provider_id, &invite);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, job.version);
	invite.status = invite_next(&call, &job, &invite, event);
	if (event == DW_OFFER_EVENT_ACCEPT &&
		invite.amount != DW_INVITE_NO_AMOUNT)
	{
		dw_award_need_amount(&call, invite.amount, invite.currency);
		hire(&call, &job, &invite);
	}
	else
	{
		dw_invite_save(&invite);
		emit_answer(&invite);
	}

	row_invite(&call, &job, &invite);
	dw_row_enum(&call, "job_status", &dw_job_status_labels, job.status);
	return dw_call_return(&call);
}

/* my_invites(after_id, max_results) → invitations with their jobs */
DW_FUNCTION(dwello_my_invites)
{
	DwCall		call;
	const DwUuid *after_id;
	int32		max_results;

	dw_query_begin(&call, fcinfo, DW_ACTOR_PROVIDER);
	after_id = dw_arg_uuid_opt(&call, "after_id");
	max_results = dw_arg_page(&call, "max_results");
	dw_rows_begin(&call);
	/* a suspended provider sees no job but their own */
	if (dw_user_status(&call.actor.user_id) == DW_USER_ACTIVE)
		dw_invites_list(&call, after_id, max_results);
	return dw_list_return(&call);
}
