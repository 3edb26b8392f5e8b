/*
 * bid_api.c
 *		Entry points of the bidder: submit_bid, revise_bid, confirm_bid.
 *
 * A bid that fails a gate is kept all the same, with its reasons: it may
 * become eligible later (a credential is verified, a setting changes).
 * Accepting it asks the gates again.  Each offer is a version of the bid and
 * none is lost: a revision replaces all that was offered before, and a
 * confirmation repeats it for the job's present terms.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/bid/bid_api_int.h"
#include "api/bid/offer_api_int.h"
#include "api/job/job_api.h"
#include "api/score/score_api.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/bid/bid_store.h"

#define CURRENCY_MAX	20		/* characters; only three can be right */

static void job_check(DwCall *call, const DwJob *job, DwBid *bid);
static void bid_identify(DwCall *call, const DwJob *job, DwBid *bid);
static void bid_replace_offer(DwBid *bid, const DwBid *offer);
static Datum revision_return(DwCall *call, const DwJob *job, DwBid *bid,
							 const DwMaterials *materials, const char *type);

/* submit_bid(…) → the bid with its score and its reasons */
DW_FUNCTION(dwello_submit_bid)
{
	DwCall		call;
	DwJob		job;
	DwBid		bid;
	DwMaterials materials;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER);
	dw_offer_need_verified(&call);
	memset(&bid, 0, sizeof(bid));
	bid.job_id = dw_arg_uuid(&call, "job_id");
	dw_offer_read(&call, &bid, &materials);
	(void) dw_arg_time_opt(&call, "expires_at");

	dw_job_for_command(&call, &bid.job_id, &job);
	if (dw_uuid_equal(&job.homeowner_id, &call.actor.user_id))
		dw_raise(DW_FORBIDDEN, "nobody may bid on their own job", NULL, NULL);
	if (dw_call_replay(&call, &job.id))
		return dw_call_return(&call);
	job_check(&call, &job, &bid);
	dw_offer_date(&call, "expires_at", &bid);
	bid_identify(&call, &job, &bid);
	dw_offer_score(&call, "labor_cost", &job, &bid, &materials);

	dw_bid_insert(&bid, &materials);
	dw_bid_emit(&bid, "bid_submitted");
	dw_row_offer(&call, &job, &bid);
	return dw_call_return(&call);
}

/* revise_bid(job_id, bid_id, …) → the bid with its new score */
DW_FUNCTION(dwello_revise_bid)
{
	DwCall		call;
	DwUuid		job_id;
	DwUuid		bid_id;
	DwJob		job;
	DwBid		bid;
	DwBid		offer;
	DwMaterials materials;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER);
	dw_offer_need_verified(&call);
	job_id = dw_arg_uuid(&call, "job_id");
	bid_id = dw_arg_uuid(&call, "bid_id");
	memset(&offer, 0, sizeof(offer));
	dw_offer_read(&call, &offer, &materials);
	(void) dw_arg_time_opt(&call, "expires_at");

	dw_job_for_command(&call, &job_id, &job);
	dw_bid_for_bidder(&call, &job, &bid_id, &bid);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, bid.version);
	dw_offer_need_terms(&call, "terms_version", &job);
	bid.status = dw_bid_next_in_time(&call, &job, &bid, DW_BID_EVENT_REVISE);

	bid_replace_offer(&bid, &offer);
	dw_offer_date(&call, "expires_at", &bid);
	dw_offer_score(&call, "labor_cost", &job, &bid, &materials);
	return revision_return(&call, &job, &bid, &materials, "bid_revised");
}

/* confirm_bid(job_id, bid_id, …) → the bid, for the job's present terms */
DW_FUNCTION(dwello_confirm_bid)
{
	DwCall		call;
	DwUuid		job_id;
	DwUuid		bid_id;
	DwJob		job;
	DwBid		bid;
	DwMaterials materials;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER);
	dw_offer_need_verified(&call);
	job_id = dw_arg_uuid(&call, "job_id");
	bid_id = dw_arg_uuid(&call, "bid_id");

	dw_job_for_command(&call, &job_id, &job);
	dw_bid_for_bidder(&call, &job, &bid_id, &bid);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, bid.version);
	dw_offer_need_terms(&call, "terms_version", &job);
	bid.status = dw_bid_next_in_time(&call, &job, &bid,
									 DW_BID_EVENT_CONFIRM_TERMS);
	if (bid.terms_version == job.terms_version)
	{
		dw_call_replayed(&call);	/* it stands for them already */
		dw_row_offer(&call, &job, &bid);
		return dw_call_return(&call);
	}

	dw_materials_load(&job_id, &bid_id, &materials);
	bid.submitted_at = dw_now();
	dw_offer_score(&call, "bid_id", &job, &bid, &materials);
	return revision_return(&call, &job, &bid, &materials, "bid_confirmed");
}

/* reject_bid(job_id, bid_id, …) → the bid, declined by the homeowner */
DW_FUNCTION(dwello_reject_bid)
{
	DwCall		call;
	DwUuid		job_id;
	DwUuid		bid_id;
	char	   *note;
	DwJob		job;
	DwBid		bid;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER);
	job_id = dw_arg_uuid(&call, "job_id");
	bid_id = dw_arg_uuid(&call, "bid_id");
	note = dw_arg_text_opt(&call, "reason", DW_BID_NOTE_MAX);

	dw_job_for_command(&call, &job_id, &job);
	if (!dw_bid_lock(&job_id, &bid_id, &bid))
		dw_bid_refuse_unknown(&bid_id);
	dw_job_need_homeowner(&call, &job);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, bid.version);
	bid.status = dw_bid_next_in_time(&call, &job, &bid, DW_BID_EVENT_REJECT);

	dw_bid_end(&bid, DW_BID_REASON_DECLINED, note);
	dw_row_bid_end(&call, &job, &bid);
	return dw_call_return(&call);
}

/* WD103, WD101, WD102, WD201: whether the job takes such a bid now. */
static void
job_check(DwCall *call, const DwJob *job, DwBid *bid)
{
	const char *currency = dw_arg_text_opt(call, "currency",
										   CURRENCY_MAX);

	dw_offer_need_terms(call, "terms_version", job);
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
	if (currency != NULL && strcmp(currency, job->currency) != 0)
		dw_raise(DW_CURRENCY_MISMATCH,
				 "the bid is in another currency than the job",
				 psprintf("Job %s is in %s.", dw_uuid_text(&job->id),
						  job->currency), NULL);
	strlcpy(bid->currency, job->currency, sizeof(bid->currency));
	bid->terms_version = job->terms_version;
}

/*
 * 23505: gives the bid its id and owner.  A bid of the same provider whose
 * time is over stands in nobody's way.
 */
static void
bid_identify(DwCall *call, const DwJob *job, DwBid *bid)
{
	const DwUuid *given = dw_arg_uuid_opt(call, "bid_id");
	DwUuid		live;

	bid->homeowner_id = job->homeowner_id;
	bid->provider_id = call->actor.user_id;
	bid->status = DW_BID_PENDING;
	bid->bid_version = 1;
	bid->version = 1;
	dw_bid_expire_overdue(&job->id, &bid->provider_id);
	if (dw_bid_find_live(&job->id, &bid->provider_id, &live))
		dw_raise_constraint(DW_ALREADY_EXISTS, "bids_live_key",
							"the provider has a live bid on this job",
							psprintf("It is bid %s.", dw_uuid_text(&live)),
							"Withdraw or revise it.");
	if (given != NULL && dw_bid_exists(&job->id, given))
		dw_raise_constraint(DW_ALREADY_EXISTS, "bids_pkey",
							"the job has a bid of this id", NULL, NULL);
	bid->id = given != NULL ? *given : dw_uuid_fresh();
}

/* Puts what is offered in the place of what was; see submit for the rest. */
static void
bid_replace_offer(DwBid *bid, const DwBid *offer)
{
	bid->labor_cost = offer->labor_cost;
	bid->materials_cost = offer->materials_cost;
	bid->bid_amount = offer->bid_amount;
	bid->materials_included = offer->materials_included;
	bid->timeline_days = offer->timeline_days;
	bid->warranty_months = offer->warranty_months;
	bid->description = offer->description;
	bid->special_terms = offer->special_terms;
}

/* Writes a scored offer as the next version of the bid, and returns it. */
static Datum
revision_return(DwCall *call, const DwJob *job, DwBid *bid,
				const DwMaterials *materials, const char *type)
{
	bid->terms_version = job->terms_version;
	dw_bid_revise(bid, materials);
	dw_bid_emit(bid, type);
	dw_row_offer(call, job, bid);
	return dw_call_return(call);
}
