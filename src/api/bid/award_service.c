/*
 * award_service.c
 *		Who has the award of a job: it is given, and falls with its bid.
 *
 * An award lapses when its bidder withdraws or lets confirm_by pass.  The
 * bid that core names takes it over with a confirm_by of its own.  A contract
 * for which nothing was paid lapses, too: when its provider withdraws, or
 * past fund_by, and then nobody takes it over.  Where there
 * is none, the job takes bids again, or has expired if its time is over.
 * Bids that could not take over stay rejected: their bidders may bid anew.
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "api/bid/bid_api_int.h"
#include "api/job/job_api.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "store/authorization/authorization_store.h"
#include "store/admin/admin_store.h"
#include "store/cancellation/cancellation_store.h"
#include "store/fee/fee_store.h"
#include "store/score/score_store.h"

DwBidStatus
dw_bid_next(DwCall *call, const DwBid *bid, DwBidEvent event)
{
	const DwMachine *machine = dw_bid_machine();
	int			next;
	DwResult	result = dw_machine_next(machine, bid->status, event,
										 call->actor.kind, &next);

	if (result == DW_OK)
		return (DwBidStatus) next;
	if ((dw_machine_actors(machine, event) & call->actor.kind) != 0)
		result = DW_INVALID_TRANSITION; /* theirs, but not from here */
	dw_raise(result, psprintf("%s is not possible for a bid that is %s",
							  dw_bid_event_label(event),
							  dw_bid_status_label(bid->status)),
			 psprintf("Bid %s is in state \"%s\".", dw_uuid_text(&bid->id),
					  dw_bid_status_label(bid->status)),
			 "dwello.bid_transitions() lists what is possible.");
}

/*
 * Fixes the amount that a bid has won with as its next version.  Of both
 * sides' numbers only the price is new, so it is scored from what it was.
 */
static void
fix_amount(const DwJob *job, DwBid *bid, int64 amount)
{
	int64		less = bid->bid_amount - amount;
	DwMaterials materials;
	DwScoreJob	terms;
	DwScore		score;

	bid->bid_amount = amount;
	bid->labor_cost -= less;	/* no floor is below the materials */
	bid->price -= less;
	bid->inputs.price = bid->price;
	dw_score_job_read(job, &terms);
	if (dw_bid_score(&terms, &bid->inputs, &score) != DW_OK)
		elog(ERROR, "bid cannot be scored");
	bid->score_total = score.total;
	dw_materials_load(bid, &materials);
	dw_bid_revise(bid, &materials);
}

void
dw_award_give(DwJob *job, DwBid *bid, int64 amount, const char *type)
{
	/*
	 * The job is off the market from now on, so its children are listed no
	 * more; its site stays closed to the bidder until they have confirmed.
	 */
	job->provider_id = bid->provider_id;
	job->awarded_at = dw_now();
	job->confirm_by = job->awarded_at +
		dw_job_timer(&job->id, "award_confirm_hours") * USECS_PER_HOUR;
	job->is_listed = false;
	dw_job_save(job);
	/* what both have seen binds, whatever changes before it is confirmed */
	dw_cancellation_freeze(&job->id, &job->homeowner_id, &bid->provider_id);
	dw_job_list_children(job);
	dw_job_end_invites(job);

	if (amount < bid->bid_amount)
		fix_amount(job, bid, amount);
	bid->status = DW_BID_ACCEPTED;
	bid->reason = NULL;
	dw_bid_save(bid);
	dw_bid_emit(bid, type);
}

/*
 * Locks the bid that takes over the award of a job whose accepted one has
 * just ended, and gives the amount that it wins with; false when there is
 * none.
 */
static bool
lock_next(const DwJob *job, DwBid *next, int64 *amount)
{
	DwRanking	ranking;
	DwScoreJob	terms;
	DwUuid	   *bidders;
	const DwRankedBid *best;

	dw_ranking_load(job, NULL, true, &ranking);
	bidders = palloc((ranking.count + 1) * sizeof(DwUuid));
	for (int i = 0; i < ranking.count; i++)
		bidders[i] = ranking.contenders[i].provider_id;
	dw_score_job_read(job, &terms);
	best = dw_rank_successor(&terms, ranking.bids, ranking.count, bidders);
	if (best == NULL)
		return false;
	*amount = best->bid_amount;
	return dw_bid_lock(&job->id, &best->id, next);
}

/* Takes the award back: the job is open again, or has expired. */
static void
job_give_up(DwJob *job, DwJobEvent event)
{
	DwPayload	payload;

	memset(&job->provider_id, 0, sizeof(job->provider_id));
	job->awarded_at = DT_NOBEGIN;
	job->confirm_by = DT_NOBEGIN;
	if (event != DW_JOB_EVENT_REOPEN)
	{
		dw_bids_abandon(job);
		job->reason = pstrdup(DW_JOB_REASON_EXPIRED);
		dw_job_end(job, "job_expired");
		return;
	}
	job->is_listed = !job->is_invite_only;
	dw_job_save(job);
	dw_job_list_children(job);

	dw_job_payload(&payload, job);
	dw_event_emit(&job->id, "job", &job->id, "job_reopened", &payload);
}

/*
 * Gives the award of a job whose accepted bid has just ended to the next in
 * rank, if one may be asked; else the job is open again, or has expired.
 */
static void
award_pass_on(DwCall *call, DwJob *job, bool may_ask_next)
{
	DwBid		next;
	int64		amount = 0;
	bool		has_next = may_ask_next && lock_next(job, &next, &amount);
	DwJobEvent	event;

	event = dw_job_after_lapse(has_next, dw_now(), job->expires_at);
	job->status = dw_job_next(call, job, event);
	if (!has_next)
	{
		job_give_up(job, event);
		return;
	}
	(void) dw_bid_next(call, &next, DW_BID_EVENT_REOFFER);
	dw_award_give(job, &next, amount, "bid_reoffered");
}

void
dw_award_lapse(DwCall *call, DwJob *job, DwBid *bid, DwBidReason reason,
			   const char *note)
{
	dw_bid_end(bid, reason, note);
	award_pass_on(call, job, true);
}

/*
 * Ends the escrow of a contract that nothing was paid for, and the payment
 * that was asked for, overdue or not.
 */
static void
escrow_lapse(DwCall *call, const DwJob *job)
{
	DwTransition transition = {.event = DW_ESCROW_EVENT_LAPSE,
	.actor = call->actor};
	DwEscrowRow row;
	DwTransaction payment;

	if (!dw_escrow_lock(&job->id, &row))
		elog(ERROR, "a confirmed award has no escrow");
	transition.from = row.escrow.status;
	if (dw_payment_find(&job->id, NULL, &payment))
	{
		dw_payment_cancel(&row, &payment);
		transition.transaction_id = &payment.id;
	}
	dw_authorizations_void(&row);
	if (dw_escrow_lapse(&row.escrow) != DW_OK)
		elog(ERROR, "a contract that was paid for lapses");
	dw_promo_return(&job->id);
	/* one that its homeowner gave up before has made its move */
	if (transition.from != DW_ESCROW_CANCELLED)
		dw_escrow_apply(&row, &transition);
}

void
dw_contract_lapse(DwCall *call, DwJob *job, DwBid *bid, DwBidReason reason,
				  const char *note)
{
	DwPayload	payload;

	/* lock order: job, bid, escrow with its milestones, then the outbox */
	dw_bid_end_contract(bid, reason, note);
	escrow_lapse(call, job);
	dw_job_unplan(job);
	dw_job_end_order(job);
	dw_job_payload(&payload, job);
	dw_payload_text(&payload, "reason", bid->reason);
	dw_event_emit(&job->id, "job", &job->id, "contract_lapsed", &payload);
	job->confirmed_at = DT_NOBEGIN;
	job->fund_by = DT_NOBEGIN;
	job->is_escrowed = true;
	/* the exact place is closed to who was the provider */
	memset(&job->provider_id, 0, sizeof(job->provider_id));
	dw_job_assign_children(job);
	award_pass_on(call, job, reason == DW_BID_REASON_WITHDRAWN);
}

/* The codes of failed gates: "NO_PLACE, BELOW_MINIMUM". */
static char *
gates_text(DwGateSet reasons)
{
	StringInfoData text;

	initStringInfo(&text);
	for (int gate = 0; gate < DW_GATE_COUNT; gate++)
		if ((reasons & (1u << gate)) != 0)
			appendStringInfo(&text, "%s%s", text.len > 0 ? ", " : "",
							 dw_gate_label((DwGate) gate));
	return text.data;
}

int64
dw_award_eligible_amount(const DwJob *job, const DwBid *bid)
{
	bool		is_open = job->bid_mode == DW_BID_MODE_OPEN;
	DwRanking	ranking;
	const DwRankedBid *ranked;

	dw_ranking_load(job, is_open ? NULL : &bid->id, true, &ranking);
	dw_ranking_settle(job, &ranking, false);
	ranked = &ranking.bids[dw_ranking_place(&ranking, &bid->id)];
	if (ranked->reasons == 0)
		return ranked->bid_amount;
	dw_raise(DW_BAD_VALUE, "the bid is not eligible",
			 psprintf("Bid %s: %s.", dw_uuid_text(&bid->id),
					  gates_text(ranked->reasons)),
			 ranked->reasons == 1u << DW_GATE_STALE_TERMS
			 ? "The bidder lets it stand with dwello.confirm_bid()."
			 : "Accept another one, see dwello.rank_bids().");
}

void
dw_award_need_amount(DwCall *call, int64 amount, const char *currency)
{
	int64		expected;

	if (!dw_arg_has(call, "expected_amount"))
		return;
	expected = dw_arg_int8(call, "expected_amount");
	if (expected == amount)
		return;
	dw_raise(DW_STALE_VERSION, "the amount has changed since it was read",
			 psprintf("Expected " INT64_FORMAT " and found " INT64_FORMAT
					  ", in minor units of %s.", expected, amount, currency),
			 "Read it again and decide anew.");
}

/* Opens the escrow; 22023 when its plan does not divide the amount. */
static void
open_escrow(DwCall *call, const DwJob *job, const DwBid *bid,
			DwEscrowRow *row)
{
	DwAward		confirmed = {
		.job_id = job->id,
		.homeowner_id = job->homeowner_id,
		.provider_id = bid->provider_id,
		.category_id = job->category_id,
		.bid_id = bid->id,
		.title = job->title,
		.amount = bid->bid_amount,
		.currency = bid->currency,
		.actor = call->actor
	};
	DwResult	result = dw_escrow_open_for_award(&confirmed, row);

	if (result != DW_OK)
		dw_raise(result, "the milestones do not divide the bid's amount",
				 psprintf("Job %s has more milestones than there is money"
						  " to share.", dw_uuid_text(&job->id)),
				 "Choose a larger bid, or have fewer milestones.");
}

void
dw_award_confirm(DwCall *call, DwJob *job, const DwBid *bid,
				 DwEscrowRow *escrow)
{
	/* lock order: job, bid, escrow with its milestones, then the outbox */
	open_escrow(call, job, bid, escrow);
	job->confirmed_at = dw_now();
	job->is_escrowed = dw_flag_enabled(DW_FLAG_ESCROW, &job->homeowner_id);
	job->fund_by = !job->is_escrowed ? DT_NOBEGIN : job->confirmed_at +
		dw_job_timer(&job->id, "fund_days") * USECS_PER_DAY;
	dw_job_save(job);
	dw_job_assign_children(job);
	dw_bid_emit(bid, "award_confirmed");
	dw_bids_decide(&job->id);
}
