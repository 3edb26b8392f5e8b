/*
 * anchor.c
 *		What a job usually costs: its own reference mixed with prices that won.
 *
 * An anchor that takes in what agents bid feeds on itself: agents that go
 * below it pull it down, and then go below that.  So a win of an agent enters
 * without what its strategy multiplied the anchor by (base_amount of a
 * decision), and the mix stays within a band
 * round the category's reference.
 *
 * Nothing of one rival's price can be read from it: fewer than five winners,
 * or one that weighs more than two fifths, count as none, and what they come
 * to has two digits.  The difference of two exact means, with and without a
 * winner, would be that winner's price.  It is rounded before the job's own
 * reference is mixed in: who may choose that reference could else try which
 * ones make the rounded mix jump, and halve the way to the exact mean.
 */
#include "core/learning/learning.h"

#include "core/base/base.h"
#include "core/market/market.h"
#include "core/score/score.h"

/* What the winning prices come to. */
typedef struct Winners
{
	DwWide		sum;			/* of weight * amount */
	int64_t		weight;			/* of all, millionths */
	int64_t		most;			/* of one winner */
	int			count;			/* distinct ones */
} Winners;

/* Adds up the prices; those of one winner stand together. */
static Winners
add_up(const DwWinningPrice *prices, int count)
{
	Winners		winners = {0};
	int64_t		own = 0;

	for (int i = 0; i < count; i++)
	{
		int64_t		weight = dw_decay_weight(DW_DECAY_MARKET,
											 prices[i].days);

		if (i == 0 || prices[i].winner != prices[i - 1].winner)
			own = 0;
		winners.count += own == 0 && weight > 0;
		own += weight;
		if (own > winners.most)
			winners.most = own;
		winners.sum += (DwWide) weight * prices[i].amount;
		winners.weight += weight;
	}
	return winners;
}

/* amount * ppm / 1e6, rounded half-even; no overflow for a ppm below two. */
static int64_t
share(int64_t amount, int64_t ppm)
{
	int64_t		part = INT64_MAX;

	(void) dw_money_scale(amount, ppm, DW_PPM, &part);
	return part;
}

/* What the winners come to, two digits of it. */
static int64_t
rounded_mean(const Winners *winners)
{
	int64_t		mean = 0;

	(void) dw_money_divide(winners->sum, winners->weight, &mean);
	return dw_market_round(mean);
}

int64_t
dw_anchor(const DwLearningSettings *settings, const DwAnchorJob *job,
		  const DwWinningPrice *prices, int count)
{
	Winners		winners = add_up(prices, count);
	int64_t		anchor = job->reference;
	int64_t		middle = job->category_reference;
	int64_t		low = share(middle, DW_PPM - settings->anchor_band_ppm);
	int64_t		high = share(middle, DW_PPM + settings->anchor_band_ppm);

	if (winners.count >= settings->anchor_winners &&
		(DwWide) winners.most * DW_PPM <=
		(DwWide) winners.weight * settings->anchor_share_ppm)
	{
		int64_t		own = anchor > 0 ? settings->anchor_reference : 0;

		(void) dw_money_divide((DwWide) winners.weight *
							   rounded_mean(&winners) +
							   (DwWide) own * anchor,
							   winners.weight + own, &anchor);
	}
	if (middle <= 0)
		return anchor;
	if (anchor <= 0)
		return middle;
	return anchor < low ? low : anchor > high ? high : anchor;
}
