/*
 * rank.c
 *		Gates, order and flags of the bids of one job.
 */
#include "core/score/score.h"

#include "core/base/base.h"

_Static_assert(sizeof(DwRankedBid) <= DW_SORT_MAX_SIZE,
			   "a ranked bid must fit the scratch of dw_sort()");

/* The flags that follow from the other bids. */
#define COMPARED_FLAGS \
	(1u << DW_BID_FLAG_ABNORMALLY_LOW | \
	 1u << DW_BID_FLAG_IDENTICAL_PRICE | \
	 1u << DW_BID_FLAG_SINGLE_BID)

#define FEWEST_FOR_MEDIAN	3	/* bids that make one abnormal */

static const char *const gate_labels[DW_GATE_COUNT] = {
	[DW_GATE_BID_NOT_LIVE] = "BID_NOT_LIVE",
	[DW_GATE_STALE_TERMS] = "STALE_TERMS",
	[DW_GATE_PROVIDER_INACTIVE] = "PROVIDER_INACTIVE",
	[DW_GATE_CURRENCY] = "CURRENCY",
	[DW_GATE_REQUIREMENT_MISSING] = "REQUIREMENT_MISSING",
	[DW_GATE_OUTSIDE_RADIUS] = "OUTSIDE_RADIUS",
	[DW_GATE_NO_PLACE] = "NO_PLACE",
	[DW_GATE_BELOW_MINIMUM] = "BELOW_MINIMUM",
};

static const char *const flag_labels[DW_BID_FLAG_COUNT] = {
	[DW_BID_FLAG_ABNORMALLY_LOW] = "ABNORMALLY_LOW",
	[DW_BID_FLAG_IDENTICAL_PRICE] = "IDENTICAL_PRICE",
	[DW_BID_FLAG_SINGLE_BID] = "SINGLE_BID",
	[DW_BID_FLAG_INCONSISTENT_TOTAL] = "INCONSISTENT_TOTAL",
};

/* The gates a bid fails; it expires at expires_at, not after it. */
DwGateSet
dw_gate_check(const DwGateFacts *facts)
{
	const bool	failed[DW_GATE_COUNT] = {
		[DW_GATE_BID_NOT_LIVE] =
		!facts->is_live || facts->now >= facts->expires_at,
		[DW_GATE_STALE_TERMS] =
		facts->terms_version != facts->job_terms_version,
		[DW_GATE_PROVIDER_INACTIVE] =
		!facts->is_active || !facts->is_verified,
		[DW_GATE_CURRENCY] = !facts->is_same_currency,
		[DW_GATE_REQUIREMENT_MISSING] = facts->missing_requirements > 0,
		[DW_GATE_OUTSIDE_RADIUS] = facts->radius >= 0 &&
		facts->distance > facts->radius,
		[DW_GATE_NO_PLACE] = facts->distance < 0,
		[DW_GATE_BELOW_MINIMUM] = facts->bid_amount < facts->min_bid_amount,
	};
	DwGateSet	reasons = 0;

	for (int i = 0; i < DW_GATE_COUNT; i++)
		reasons |= (DwGateSet) failed[i] << i;
	return reasons;
}

/* The reason code of a gate. */
const char *
dw_gate_label(DwGate gate)
{
	return gate_labels[gate];
}

/* The label of a flag. */
const char *
dw_bid_flag_label(DwBidFlag flag)
{
	return flag_labels[flag];
}

/* The order of two numbers, the smaller first. */
static int
compare_numbers(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

int
dw_rank_compare(const DwRankedBid *a, const DwRankedBid *b)
{
	int			order = (a->reasons != 0) - (b->reasons != 0);

	if (order == 0 && a->reasons == 0)
	{
		order = compare_numbers(b->total, a->total);
		if (order == 0)
			order = compare_numbers(a->price, b->price);
	}
	if (order == 0)
		order = compare_numbers(a->submitted_at, b->submitted_at);
	return order != 0 ? order : dw_uuid_compare(&a->id, &b->id);
}

/* dw_rank_compare() as dw_sort() calls it. */
static int
compare_ranks(const void *a, const void *b)
{
	return dw_rank_compare(a, b);
}

/* Eligible bids first, the cheaper before the dearer. */
static int
compare_prices(const void *a, const void *b)
{
	const DwRankedBid *left = a;
	const DwRankedBid *right = b;
	int			order = (left->reasons != 0) - (right->reasons != 0);

	return order != 0 ? order : compare_numbers(left->price, right->price);
}

/* Sorts the bids of one job: best first, ineligible last. */
void
dw_score_rank(DwRankedBid *bids, size_t count)
{
	dw_sort(bids, count, sizeof(*bids), compare_ranks);
}

/*
 * Flags bids in the order of their prices that are far below the middle of
 * the field and the reference; where not even the second is near, somebody
 * should look.
 */
static void
flag_low(DwRankedBid *bids, size_t count, int64_t reference)
{
	const DwRankedBid *upper = &bids[count / 2];
	const DwRankedBid *lower = &bids[(count - 1) / 2];
	__int128	median2 = (__int128) upper->price + lower->price;

	for (size_t i = 0; i < count; i++)
	{
		__int128	price = bids[i].price;

		if (price * 20 >= median2 * 7 ||
			price * 4 >= (__int128) reference * 3)
			break;
		bids[i].flags |= 1u << DW_BID_FLAG_ABNORMALLY_LOW;
		bids[i].needs_review = i == 0 &&
			price * 100 <= (__int128) bids[1].price * 65;
	}
}

/* Flags bids in the order of their prices that share one. */
static void
flag_identical(DwRankedBid *bids, size_t count)
{
	for (size_t i = 1; i < count; i++)
	{
		if (bids[i - 1].price != bids[i].price)
			continue;
		bids[i - 1].flags |= 1u << DW_BID_FLAG_IDENTICAL_PRICE;
		bids[i].flags |= 1u << DW_BID_FLAG_IDENTICAL_PRICE;
	}
}

/* Flags the bids by their neighbours in price, then ranks them. */
void
dw_rank_flag(DwRankedBid *bids, size_t count, int64_t reference)
{
	size_t		eligible = 0;

	for (size_t i = 0; i < count; i++)
	{
		bids[i].flags &= ~COMPARED_FLAGS;
		bids[i].needs_review = false;
		eligible += bids[i].reasons == 0;
	}

	dw_sort(bids, count, sizeof(*bids), compare_prices);
	if (eligible == 1)
		bids[0].flags |= 1u << DW_BID_FLAG_SINGLE_BID;
	flag_identical(bids, eligible);
	if (eligible >= FEWEST_FOR_MEDIAN && reference > 0)
		flag_low(bids, eligible, reference);
	dw_score_rank(bids, count);
}

/* The points a bid is behind; totals are bounded, so this fits. */
int64_t
dw_rank_gap(const DwRankedBid *leader, const DwRankedBid *bid)
{
	return leader->total - bid->total;
}

/* True when the bid, at that amount, would rank before the rival. */
static bool
leads_at(const DwScoreJob *job, const DwRankedBid *bid,
		 const DwRankedBid *rival, int64_t amount)
{
	DwRankedBid trial = *bid;

	trial.price = amount + (bid->price - bid->bid_amount);
	trial.total = dw_score_total(job, trial.price, bid->quality);
	return dw_rank_compare(&trial, rival) < 0;
}

/*
 * A lower amount never ranks worse, so the highest that leads is found by
 * bisection, with the very function that scores: no rounding can differ.
 */
bool
dw_rank_amount_to_lead(const DwScoreJob *job, const DwRankedBid *bid,
					   const DwRankedBid *rival, int64_t minimum,
					   int64_t *amount)
{
	int64_t		low = minimum > 1 ? minimum : 1;
	int64_t		high = INT64_MAX - (bid->price - bid->bid_amount);

	if (bid->reasons != 0 || low > high ||
		!leads_at(job, bid, rival, low) || leads_at(job, bid, rival, high))
		return false;

	while (high - low > 1)
	{
		int64_t		middle = low + (high - low) / 2;

		if (leads_at(job, bid, rival, middle))
			low = middle;
		else
			high = middle;
	}
	*amount = low;
	return true;
}
