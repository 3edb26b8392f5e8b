/*
 * counter_api.c
 *		Entry points of offers back and forth about a bid: counter_bid,
 *		answer_counter.
 *
 * Accepting an amount changes the bid and no more: the homeowner has not
 * accepted the bid, and its provider may still withdraw it.  What the two
 * sides say to each other is theirs alone, in every bid_mode: to anybody
 * else a counter-offer is as unknown as one that does not exist.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/bid/bid_api_int.h"
#include "api/job/job_api.h"
#include "api/score/score_api.h"
#include "core/admin/admin.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"

#define SIDES	(DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER)

/* Locks the bid for either of its sides; P0002, 42501. */
static void
bid_for_side(DwCall *call, const DwJob *job, const DwUuid *bid_id, DwBid *bid)
{
	if (call->actor.kind == DW_ACTOR_PROVIDER)
	{
		dw_bid_for_bidder(call, job, bid_id, bid);
		return;
	}
	if (!dw_bid_lock(&job->id, bid_id, bid))
		dw_bid_refuse_unknown(bid_id);
	dw_job_need_homeowner(call, job);
}

/* WD101 for a bid that was made for other terms than the present ones. */
static void
need_current(const DwJob *job, const DwBid *bid)
{
	if (bid->terms_version == job->terms_version)
		return;
	dw_raise(DW_INVALID_TRANSITION,
			 "the bid was made for older terms of the job",
			 psprintf("Bid %s is for terms version %d, the job has %d.",
					  dw_uuid_text(&bid->id), bid->terms_version,
					  job->terms_version),
			 "It must be confirmed first, see dwello.confirm_bid().");
}

/* A counter-offer that is still pending by its row and over by the clock. */
static bool
is_over(const DwCounterRow *counter)
{
	return dw_now() >= counter->expires_at;
}

/* What the offers about a bid are to core. */
static DwCounterWindow
window_of(const DwBid *bid, const DwCounterRow *rows, int count)
{
	DwCounterBid facts = {
		.amount = bid->bid_amount,
		.bid_version = bid->bid_version,
		.least = dw_setting_amount(DW_SETTING_MIN_BID, bid->currency)
	};
	DwCounter  *counters = palloc0_array(DwCounter, Max(count, 1));

	for (int i = 0; i < count; i++)
		counters[i] = (DwCounter)
	{
		.side = dw_uuid_equal(&rows[i].offered_by, &bid->homeowner_id)
			? DW_ACTOR_HOMEOWNER : DW_ACTOR_PROVIDER,
			.amount = rows[i].amount,
			.bid_version = rows[i].bid_version,
			.status = rows[i].status
	};
	return dw_counter_window(&facts, counters, count);
}

/* WD101, 22023: whether the amount may be the next number. */
static void
counter_check(DwCall *call, const DwBid *bid, const DwCounterWindow *window,
			  int64 amount)
{
	DwResult	result = dw_counter_judge(window, call->actor.kind, amount);

	if (result == DW_INVALID_TRANSITION)
		dw_raise(result, "it is the other side's turn",
				 psprintf("The next number about bid %s is the %s's.",
						  dw_uuid_text(&bid->id),
						  window->turn == DW_ACTOR_HOMEOWNER
						  ? "homeowner" : "provider"),
				 window->turn == DW_ACTOR_HOMEOWNER
				 ? "The bidder can offer another amount with"
				 " dwello.revise_bid()."
				 : "The bidder answers with dwello.answer_counter() or another"
				 " number.");
	if (result != DW_OK)
		dw_raise(result, "amount must be between the two numbers that stand",
				 psprintf("It must be more than " INT64_FORMAT " and less "
						  "than " INT64_FORMAT ".", window->above,
						  window->below),
				 window->below - window->above <= 1
				 ? "There is no amount between: accept the other side's."
				 : "Call dwello.counter_bid() with an amount between, or"
				 " accept the other side's.");
}

/* WD301 when both sides have said enough about the bid. */
static void
counter_check_rounds(const DwBid *bid, int count)
{
	int64		most = dw_setting_int8("counter_rounds_max");

	if (count >= most)
		dw_raise(DW_LIMIT_REACHED, "the bid has had all its counter-offers",
				 psprintf("Bid %s has had %d, the setting counter_rounds_max "
						  "allows " INT64_FORMAT ".", dw_uuid_text(&bid->id),
						  count, most),
				 "Accept what was offered last, or the bid as it is.");
}

/*
 * Until when it stands: as the argument says, or by the setting, and never
 * longer than the bid can be accepted.  22023.
 */
static TimestampTz
counter_expiry(DwCall *call, const DwJob *job, const DwBid *bid)
{
	TimestampTz last = Min(bid->expires_at, job->expires_at);
	TimestampTz wanted = dw_arg_time_opt(call, "expires_at");
	int64		hours = dw_setting_int8("counter_expiry_hours");

	if (wanted == DT_NOBEGIN)
		return Min(dw_now() + hours * USECS_PER_HOUR, last);
	if (wanted <= dw_now())
		dw_arg_refuse(call, "expires_at", DW_BAD_VALUE,
					  "must be in the future");
	if (wanted > last)
		dw_arg_refuse(call, "expires_at", DW_BAD_VALUE,
					  "must not be after the bid's end");
	return wanted;
}

/* Ends the one that is pending: it is answered by another, or is over. */
static void
counter_end_pending(DwCounterRow *rows, int count)
{
	for (int i = 0; i < count; i++)
	{
		if (rows[i].status != DW_OFFER_PENDING)
			continue;
		rows[i].status = is_over(&rows[i]) ? DW_OFFER_EXPIRED
			: DW_OFFER_COUNTERED;
		dw_counter_save(&rows[i]);
	}
}

/* The columns of both commands that are the counter-offer's. */
static void
row_counter(DwCall *call, const DwCounterRow *counter)
{
	dw_row_uuid(call, "job_id", &counter->job_id);
	dw_row_uuid(call, "counter_id", &counter->id);
	dw_row_uuid(call, "bid_id", &counter->bid_id);
	dw_row_uuid(call, "provider_id", &counter->provider_id);
	dw_row_text(call, "counter_status",
				dw_offer_status_label(counter->status));
	dw_row_int8(call, "amount", counter->amount);
	dw_row_text(call, "currency", counter->currency);
}

/* Writes the next number about a locked bid. */
static void
counter_write(DwCall *call, const DwBid *bid, DwCounterRow *counter)
{
	counter->job_id = bid->job_id;
	counter->id = dw_uuid_fresh();
	counter->bid_id = bid->id;
	counter->homeowner_id = bid->homeowner_id;
	counter->provider_id = bid->provider_id;
	counter->offered_by = call->actor.user_id;
	counter->bid_version = bid->bid_version;
	strlcpy(counter->currency, bid->currency, sizeof(counter->currency));
	counter->status = DW_OFFER_PENDING;
	counter->created_at = dw_now();
	counter->answered_at = DT_NOBEGIN;
	dw_counter_insert(counter);
}

/* counter_bid(job_id, bid_id, amount, …) → the counter-offer */
DW_FUNCTION(dwello_counter_bid)
{
	DwCall		call;
	DwUuid		job_id;
	DwUuid		bid_id;
	DwCounterRow counter = {0};
	DwCounterRow *rows;
	DwCounterWindow window;
	DwJob		job;
	DwBid		bid;
	int			count;

	dw_command_begin(&call, fcinfo, SIDES);
	if (call.actor.kind == DW_ACTOR_PROVIDER)
		dw_bid_need_verified(&call);
	dw_args_need(&call, "job_id", "bid_id", "amount", NULL);
	job_id = dw_arg_uuid(&call, "job_id");
	bid_id = dw_arg_uuid(&call, "bid_id");
	counter.message = dw_arg_text_opt(&call, "message", DW_BID_NOTE_MAX);
	counter.amount = dw_arg_amount(&call, "amount");
	if (counter.amount <= 0)
		dw_arg_refuse(&call, "amount", DW_BAD_VALUE, "must be positive");
	(void) dw_arg_time_opt(&call, "expires_at");

	dw_job_for_command(&call, &job_id, &job);
	bid_for_side(&call, &job, &bid_id, &bid);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, bid.version);
	bid.status = dw_bid_next_in_time(&call, &job, &bid, DW_BID_EVENT_COUNTER);
	need_current(&job, &bid);
	rows = dw_counters_load(&bid, &count);
	window = window_of(&bid, rows, count);
	counter_check(&call, &bid, &window, counter.amount);
	counter.expires_at = counter_expiry(&call, &job, &bid);
	counter_check_rounds(&bid, count);

	counter_end_pending(rows, count);
	counter.round = count + 1;
	counter_write(&call, &bid, &counter);
	row_counter(&call, &counter);
	dw_row_int4(&call, "round", counter.round);
	dw_row_time(&call, "expires_at", counter.expires_at);
	dw_row_int4(&call, "version", bid.version);
	return dw_call_return(&call);
}

/* Raises P0002: the same words for one that is unknown and one of others. */
static void
refuse_unknown(const DwUuid *id)
{
	dw_raise(DW_NOT_FOUND, psprintf("counter-offer %s does not exist",
									dw_uuid_text(id)),
			 "There is no such counter-offer, or the caller may not see it.",
			 "dwello.counter_offers has those that you may see.");
}

/*
 * Reads the counter-offer that the caller answers, and locks its bid: P0002,
 * 42501.
 */
static DwOfferEvent
counter_for_side(DwCall *call, const DwUuid *job_id, DwCounterRow *counter,
				 DwBid *bid)
{
	const DwUuid *me = &call->actor.user_id;
	DwUuid		id = dw_arg_uuid(call, "counter_id");
	DwOfferEvent event;

	if (!dw_counter_load(job_id, &id, counter) ||
		(!dw_uuid_equal(me, &counter->homeowner_id) &&
		 !dw_uuid_equal(me, &counter->provider_id)))
		refuse_unknown(&id);
	if (!dw_bid_lock(job_id, &counter->bid_id, bid))
		refuse_unknown(&id);	/* it went with its bid */
	if (dw_offer_answer(dw_uuid_equal(me, &counter->offered_by),
						dw_arg_bool(call, "accept"), &event) != DW_OK)
		dw_raise(DW_FORBIDDEN, "only the other side can accept an offer",
				 psprintf("Counter-offer %s is the caller's own.",
						  dw_uuid_text(&id)),
				 "accept => false withdraws it.");
	return event;
}

/* WD101, WD102: the state of the counter-offer after the event. */
static DwOfferStatus
counter_next(DwCall *call, const DwCounterRow *counter, DwOfferEvent event)
{
	int			next;

	/* over by the clock, marked or not; overtaken is another thing */
	if (is_over(counter) && (counter->status == DW_OFFER_PENDING ||
							 counter->status == DW_OFFER_EXPIRED))
		dw_raise(DW_DEADLINE_PASSED,
				 "the time to answer the counter-offer is over",
				 psprintf("Counter-offer %s had to be answered by %s.",
						  dw_uuid_text(&counter->id),
						  timestamptz_to_str(counter->expires_at)),
				 "Make one with dwello.counter_bid().");
	if (dw_machine_next(dw_offer_machine(), counter->status, event,
						call->actor.kind, &next) != DW_OK)
		dw_raise(DW_INVALID_TRANSITION,
				 psprintf("a counter-offer that is %s cannot be answered",
						  dw_offer_status_label(counter->status)),
				 psprintf("Counter-offer %s is in state \"%s\".",
						  dw_uuid_text(&counter->id),
						  dw_offer_status_label(counter->status)),
				 "dwello.offer_transitions() lists what is possible.");
	return (DwOfferStatus) next;
}

/*
 * Gives the bid the amount that was agreed on.  The counter-offer is written
 * first, for the new version overtakes what is pending about the old one.
 */
static void
counter_agree(DwCall *call, const DwJob *job, DwBid *bid,
			  DwCounterRow *counter)
{
	bid->status = dw_bid_next_in_time(call, job, bid, DW_BID_EVENT_AGREE);
	need_current(job, bid);
	bid->bid_amount = counter->amount;
	dw_counter_divide(bid->bid_amount, &bid->labor_cost,
					  &bid->materials_cost);
	/* what was agreed on stays: it goes down by itself no more */
	bid->lowest_amount = DW_BID_NO_FLOOR;
	dw_counter_save(counter);
	dw_bid_repeat(call, "counter_id", job, bid);
}

/* Emits the end of a counter-offer, to the side that did not cause it. */
static void
emit_answer(DwCall *call, const DwCounterRow *counter)
{
	static const char *const types[] = {
		[DW_OFFER_ACCEPTED] = "counter_accepted",
		[DW_OFFER_REJECTED] = "counter_rejected",
		[DW_OFFER_WITHDRAWN] = "counter_withdrawn"
	};
	bool		is_homeowner = dw_uuid_equal(&call->actor.user_id,
											 &counter->homeowner_id);

	dw_counter_emit(counter, types[counter->status], is_homeowner
					? &counter->provider_id : &counter->homeowner_id);
}

/* answer_counter(job_id, counter_id, accept, …) → it, and the bid */
DW_FUNCTION(dwello_answer_counter)
{
	DwCall		call;
	DwUuid		job_id;
	DwCounterRow counter;
	DwOfferEvent event;
	DwJob		job;
	DwBid		bid;

	dw_command_begin(&call, fcinfo, SIDES);
	if (call.actor.kind == DW_ACTOR_PROVIDER)
		dw_bid_need_verified(&call);
	dw_args_need(&call, "job_id", "counter_id", "accept", NULL);
	job_id = dw_arg_uuid(&call, "job_id");

	dw_job_for_command(&call, &job_id, &job);
	event = counter_for_side(&call, &job_id, &counter, &bid);
	if (dw_call_replay(&call, &job_id))
		return dw_call_return(&call);
	dw_call_version(&call, bid.version);
	counter.status = counter_next(&call, &counter, event);

	if (event == DW_OFFER_EVENT_ACCEPT)
		counter_agree(&call, &job, &bid, &counter);
	else
	{
		dw_counter_save(&counter);
		dw_row_bid(&call, &job, &bid);
	}
	emit_answer(&call, &counter);
	row_counter(&call, &counter);
	return dw_call_return(&call);
}
