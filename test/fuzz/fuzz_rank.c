/*
 * fuzz_rank.c
 *		The order of bids depends on no other bid and on no arrival; an
 *		ineligible bid is never first; the price that leads, leads; a proxy
 *		bid wins with the highest amount that wins.
 */
#include "score_input.h"

#include "core/score/score.h"

#define MAX_BIDS	16

/* A few bids with many ties. */
static size_t
read_bids(FuzzInput * input, const DwScoreJob *job, DwRankedBid *bids)
{
	size_t		count = (size_t) fuzz_range(input, 1, MAX_BIDS);
	int64_t		scale = read_sized(input, 1);

	for (size_t i = 0; i < count; i++)
	{
		DwRankedBid bid = {.position = (uint32_t) i};

		bid.id.bytes[0] = (uint8_t) i;
		bid.price = fuzz_range(input, 0, 15) * (scale / 16);
		bid.bid_amount = bid.price - bid.price / 4 * fuzz_range(input, 0, 1);
		bid.submitted_at = fuzz_range(input, 0, 3);
		bid.reasons = (DwGateSet) (fuzz_range(input, 0, 5) == 0);
		bid.quality = fuzz_range(input, 0, 3) * 20000000;
		bid.total = dw_score_total(job, bid.price, bid.quality);
		if (bid.bid_amount > 0 && fuzz_range(input, 0, 1) == 0)
			bid.lowest_amount = fuzz_range(input, 1, bid.bid_amount);
		bids[i] = bid;
	}
	return count;
}

/* Ranked from the back to the front, and without one of them. */
static void
check_order(const DwRankedBid *ranked, size_t count, size_t gone)
{
	DwRankedBid rest[MAX_BIDS];
	size_t		left = 0;

	for (size_t i = count; i-- > 0;)
	{
		if (i != gone)
			rest[left++] = ranked[i];
	}
	dw_score_rank(rest, left);
	for (size_t i = 0; i < left; i++)
		check(rest[i].position == ranked[i + (i >= gone)].position);
}

/* Each bid before the next, all eligible ones before the others. */
static void
check_ranked(const DwRankedBid *bids, size_t count)
{
	for (size_t i = 1; i < count; i++)
	{
		check(dw_rank_compare(&bids[i - 1], &bids[i]) < 0);
		check(bids[i - 1].reasons == 0 || bids[i].reasons != 0);
		if (bids[i].reasons == 0)
			check(dw_rank_gap(&bids[0], &bids[i]) >= 0);
	}
}

/* The amount to lead leads, and one unit more does not. */
static void
check_lead(const DwScoreJob *job, DwRankedBid bid, const DwRankedBid *rival)
{
	int64_t		extra = bid.price - bid.bid_amount;
	int64_t		amount;

	if (!dw_rank_amount_to_lead(job, &bid, rival, 0, &amount))
		return;
	check(amount > 0);
	for (int more = 0; more <= 1; more++)
	{
		bid.price = amount + extra + more;
		bid.total = dw_score_total(job, bid.price, bid.quality);
		check((dw_rank_compare(&bid, rival) < 0) == !more);
	}
}

/* The bid at another amount. */
static DwRankedBid
bid_at(const DwScoreJob *job, const DwRankedBid *bid, int64_t amount)
{
	DwRankedBid moved = *bid;

	moved.price += amount - bid->bid_amount;
	moved.bid_amount = amount;
	moved.total = dw_score_total(job, moved.price, moved.quality);
	return moved;
}

/* True when a bid ranks before all eligible others at their lowest. */
static bool
beats_all(const DwScoreJob *job, const DwRankedBid *bid,
		  const DwRankedBid *bids, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		DwRankedBid rival = bids[i];

		if (rival.reasons != 0 || rival.position == bid->position)
			continue;
		if (rival.lowest_amount > 0)
			rival = bid_at(job, &rival, rival.lowest_amount);
		if (dw_rank_compare(bid, &rival) > 0)
			return false;
	}
	return true;
}

/* Who is changed wins, by what they ask, and would not by a unit more. */
static void
check_settle(const DwScoreJob *job, const DwRankedBid *bids, size_t count)
{
	DwRankedBid settled[MAX_BIDS];

	memcpy(settled, bids, count * sizeof(*bids));
	dw_proxy_settle(job, settled, count);
	for (size_t i = 0; i < count; i++)
	{
		DwRankedBid more = bid_at(job, &settled[i],
								  settled[i].bid_amount + 1);

		check(settled[i].position == bids[i].position);
		if (settled[i].bid_amount == bids[i].bid_amount)
			continue;
		check(settled[i].bid_amount < bids[i].bid_amount);
		check(settled[i].bid_amount >= bids[i].lowest_amount);
		check(beats_all(job, &settled[i], bids, count));
		check(!beats_all(job, &more, bids, count));
	}
	dw_score_rank(settled, count);
	check(settled[0].reasons != 0 || !dw_proxy_makes_sense(job) ||
		  beats_all(job, &settled[0], bids, count));
}

/* The weightings are all won, and the least change is one. */
static void
check_robustness(FuzzInput * input, const DwScoreJob *job, size_t count)
{
	DwRobustBid bids[MAX_BIDS];
	DwWeightShift shift;
	int			wins;

	for (size_t i = 0; i < count; i++)
	{
		bids[i].price = read_sized(input, 0);
		for (int k = 0; k < DW_CRITERION_COUNT; k++)
			bids[i].utility[k] = fuzz_range(input, 0, DW_SCORE_UNITY);
	}
	wins = -dw_robustness_share(job, bids, count);
	for (size_t i = 0; i < count; i++)
		wins += bids[i].wins;
	check(wins == 0);
	if (!dw_robustness_flip(job, bids, count, &shift))
		return;
	check(shift.from != shift.to && shift.winner < count);
	check(shift.bps > 0 && shift.bps <= job->weights.bps[shift.from]);
}

/* One input: a job and its bids. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput	input = {data, size};
	DwScoreJob	job = read_job(&input);
	DwRankedBid bids[MAX_BIDS];
	size_t		count = read_bids(&input, &job, bids);

	check_settle(&job, bids, count);
	dw_rank_flag(bids, count, job.reference);
	check_ranked(bids, count);
	check_order(bids, count, (size_t) fuzz_range(&input, 0, MAX_BIDS));
	if (count > 1)
	{
		check_lead(&job, bids[1], &bids[0]);
		check_lead(&job, bids[0], &bids[1]);
	}
	if (fuzz_range(&input, 0, 1023) == 0)
		check_robustness(&input, &job, count);
	return 0;
}
