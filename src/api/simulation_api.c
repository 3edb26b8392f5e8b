/*
 * simulation_api.c
 *		Replays releases under another fee schedule: simulate_fees.
 *
 * The releases come currency by currency, in it provider by provider, in it
 * escrow by escrow from its first one on, so one pass with three sums does:
 * what the escrow came to so far, the provider, the currency.
 */
#include "postgres.h"

#include "api/error_api.h"
#include "api/escrow_api.h"
#include "api/tier_api.h"
#include "core/money.h"
#include "store/simulation_store.h"

#define LABEL_MAX	20			/* characters of a label or currency */

/* What releases came to, and would have come to. */
typedef struct DwSum
{
	int32		releases;		/* how many */
	int64		amount;			/* price of the work they paid for */
	DwFeeQuote	was;			/* as it was; charge is not summed */
	DwFeeQuote	now;			/* under the schedule */
} DwSum;

/* Where the pass stands. */
typedef struct DwReplay
{
	DwCall	   *call;			/* where rows go */
	DwFeeSchedule schedule;		/* the one to try */
	DwPastRelease last;			/* release before this one */
	DwFeeTaken	was;			/* of its escrow, as it was */
	DwFeeTaken	now;			/* of its escrow, under the schedule */
	DwSum		provider;		/* of its provider */
	DwSum		total;			/* of its currency */
} DwReplay;

/* Adds to a sum; 22003 when it does not fit. */
static void
add(int64 *sum, int64 amount)
{
	if (dw_money_add(*sum, amount, sum) != DW_OK)
		dw_raise(DW_OVERFLOW, "a sum is out of range", NULL,
				 "Ask for a shorter time.");
}

/* Adds one quote to another. */
static void
add_quote(DwFeeQuote *sum, const DwFeeQuote *quote)
{
	add(&sum->fee, quote->fee);
	add(&sum->tax, quote->tax);
	add(&sum->payout, quote->payout);
}

/* Adds a release to what an escrow came to. */
static void
take(DwFeeTaken *taken, int64 part, const DwFeeQuote *quote)
{
	add(&taken->released, part);
	add(&taken->fee, quote->fee);
	add(&taken->tax, quote->tax);
	add(&taken->borne, quote->charge - part);
}

/* Emits a sum that has releases, and starts it anew. */
static void
emit_sum(DwReplay *replay, DwSum *sum, const DwUuid *provider_id)
{
	DwCall	   *call = replay->call;

	if (sum->releases > 0)
	{
		if (provider_id != NULL)
			dw_row_uuid(call, "provider_id", provider_id);
		dw_row_text(call, "currency", replay->last.currency);
		dw_row_int4(call, "releases", sum->releases);
		dw_row_int8(call, "amount", sum->amount);
		dw_row_int8(call, "fee", sum->was.fee);
		dw_row_int8(call, "tax", sum->was.tax);
		dw_row_int8(call, "payout", sum->was.payout);
		dw_row_int8(call, "simulated_fee", sum->now.fee);
		dw_row_int8(call, "simulated_tax", sum->now.tax);
		dw_row_int8(call, "simulated_payout", sum->now.payout);
		dw_row_int8(call, "difference", sum->now.payout - sum->was.payout);
		dw_list_emit(call);
	}
	memset(sum, 0, sizeof(*sum));
}

/* Ends what the next release (NULL: none is left) no longer belongs to. */
static void
end_groups(DwReplay *replay, const DwPastRelease *next)
{
	const DwPastRelease *last = &replay->last;
	bool		other_currency = next == NULL ||
		strcmp(next->currency, last->currency) != 0;

	if (other_currency ||
		!dw_uuid_equal(&next->provider_id, &last->provider_id))
		emit_sum(replay, &replay->provider, &last->provider_id);
	if (other_currency)
		emit_sum(replay, &replay->total, NULL);
	if (next == NULL || !dw_uuid_equal(&next->job_id, &last->job_id))
	{
		memset(&replay->was, 0, sizeof(replay->was));
		memset(&replay->now, 0, sizeof(replay->now));
	}
}

/* Adds a release and its like under the schedule to a sum. */
static void
add_release(DwSum *sum, int64 part, const DwFeeQuote *was,
			const DwFeeQuote *now)
{
	sum->releases++;
	add(&sum->amount, part);
	add_quote(&sum->was, was);
	add_quote(&sum->now, now);
}

/* Replays one release. */
static void
replay_release(DwReplay *replay, const DwPastRelease *release)
{
	int64		part = dw_fee_part(release->payer, &replay->was,
								   &release->quote);
	DwFeeTerms	terms;
	DwFeeQuote	quote;

	dw_fee_schedule_terms(&replay->schedule, release->contract_amount,
						  &terms);
	if (dw_fee_release(&terms, &replay->now, part, &quote) != DW_OK)
		dw_raise(DW_OVERFLOW, "a fee is out of range", NULL, NULL);
	take(&replay->was, part, &release->quote);
	take(&replay->now, part, &quote);
	if (!release->counts)
		return;
	add_release(&replay->provider, part, &release->quote, &quote);
	add_release(&replay->total, part, &release->quote, &quote);
}

/* Reads a label of the schedule; notes 22P02 for one that is none. */
static void
read_labels(DwItem *item, DwFeeSchedule *schedule)
{
	const DwTextRule rule = {LABEL_MAX, true};
	char	   *kind = dw_item_text(item, "kind", rule);
	char	   *payer = dw_item_text(item, "payer", rule);

	schedule->kind = DW_FEE_KIND_FLAT;
	schedule->payer = DW_FEE_PAYER_PROVIDER;
	if (kind != NULL && !dw_fee_kind_parse(kind, &schedule->kind))
		dw_item_note(item, "kind", DW_BAD_LABEL, "is no kind of fee");
	if (payer != NULL && !dw_fee_payer_parse(payer, &schedule->payer))
		dw_item_note(item, "payer", DW_BAD_LABEL, "is no payer of fees");
}

/* Reads the numbers beside the tiers. */
static void
read_first(DwItem *item, DwFeeSchedule *schedule)
{
	DwFeeTier  *first = &schedule->tiers[0];

	first->rate_ppm = dw_item_int8(item, "rate_ppm", 0);
	first->fixed = dw_item_int8(item, "fixed_fee", 0);
	first->min_fee = dw_item_int8(item, "min_fee", 0);
	first->max_fee = dw_limit_read(item, DW_FEE_NO_MAX);
	schedule->tax_ppm = dw_item_int8(item, "tax_ppm", 0);
}

/* Reads the schedule to try; the currency it is for, or NULL. */
static char *
read_schedule(DwCall *call, DwFeeSchedule *schedule)
{
	static const char *const names[] = {"kind", "payer", "rate_ppm",
		"fixed_fee", "min_fee", "max_fee", "tax_ppm", "tiers", "currency",
	NULL};
	const DwTextRule rule = {LABEL_MAX, true};
	DwFault		fault = {0};
	DwItem		item = {.place = {0, DW_FAULT_NO_ITEM, NULL},
	.fault = &fault};
	char	   *currency = NULL;
	int64		rate;

	memset(schedule, 0, sizeof(*schedule));
	if (!dw_document_object(dw_arg_jsonb(call, 0), &item.object))
		dw_fault_note(&fault, 0, DW_BAD_VALUE, "must be a JSON object");
	else
	{
		DwDocument	object = item.object;

		dw_item_names(&item, names);
		currency = dw_item_text(&item, "currency", rule);
		if (currency != NULL &&
			dw_currency_exponent(currency) == DW_CURRENCY_UNKNOWN)
			dw_item_note(&item, "currency", DW_BAD_VALUE,
						 "is no currency of ISO 4217");
		read_labels(&item, schedule);
		read_first(&item, schedule);
		dw_tiers_read(call, &item, &object,
					  dw_document_int8(&object, "rate_ppm", &rate) !=
					  DW_MEMBER_ABSENT, schedule);
		dw_schedule_check(&fault, 0, schedule);
	}
	dw_fault_raise(call, &fault);
	return currency;
}

/* simulate_fees(schedule, from_time, to_time): see its COMMENT. */
DW_FUNCTION(dwello_simulate_fees)
{
	DwCall		call;
	DwReplay	replay;
	DwPastRelease release;
	char	   *currency;
	TimestampTz from_time;
	TimestampTz to_time;
	uint64		count;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	dw_rows_begin(&call);
	dw_args_need(&call, DW_ARG(0) | DW_ARG(1) | DW_ARG(2));
	memset(&replay, 0, sizeof(replay));
	replay.call = &call;
	currency = read_schedule(&call, &replay.schedule);
	from_time = dw_arg_time_opt(&call, 1);
	to_time = dw_arg_time_opt(&call, 2);
	if (to_time <= from_time)
		dw_arg_refuse(&call, 2, DW_BAD_VALUE, "must be after from_time");

	count = dw_releases_find(from_time, to_time, currency);
	for (uint64 i = 0; i < count; i++)
	{
		dw_release_read(i, &release);
		if (i > 0)
			end_groups(&replay, &release);
		replay_release(&replay, &release);
		replay.last = release;
	}
	if (count > 0)
		end_groups(&replay, NULL);
	return dw_list_return(&call);
}
