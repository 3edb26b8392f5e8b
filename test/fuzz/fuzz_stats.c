/*
 * fuzz_stats.c
 *		Whatever a provider's history, a five never lowers the rating, a one
 *		never raises it, and sums stay sums that ratings can have.
 */
#include "fuzz.h"

#include "core/score/score.h"

#define MAX_EVENTS	64

/* A five now must not hurt, a one must not help. */
static void
check_moves(const DwStats *stats)
{
	int64_t		before = dw_stats_rating(stats);
	DwStats		up = *stats;
	DwStats		down = *stats;

	check(before >= 0 && before <= DW_STATS_ONE);
	check(dw_stats_add_rating(&up, 5) == DW_OK);
	check(dw_stats_add_rating(&down, 1) == DW_OK);
	check(dw_stats_rating(&up) >= before);
	check(dw_stats_rating(&down) <= before);
}

/* Lives through some events: many ratings of a kind, or days gone by. */
static void
live(FuzzInput *input, DwStats *stats)
{
	int64_t		times = fuzz_range(input, 0, 255);
	int			stars = (int) fuzz_range(input, 0, 6);

	dw_stats_decay(stats, fuzz_range(input, -1, 400));
	if (times > 200)
		check(dw_stats_add_award(stats) == DW_OK);
	if (times > 230)
		check(dw_stats_add_completion(stats) == DW_OK);
	while (times-- > 0)
		check((dw_stats_add_rating(stats, stars) == DW_OK) ==
			  (stars >= 1 && stars <= 5));
	check(dw_stats_valid(stats));
}

/* One input: a history. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput	input = {data, size};
	DwStats		stats = {0};

	for (int i = 0; i < MAX_EVENTS && input.size > 0; i++)
	{
		live(&input, &stats);
		check_moves(&stats);
		check(dw_stats_reliability(&stats) <= DW_STATS_ONE);
	}
	check(dw_decay_weight(DW_DECAY_MARKET, fuzz_int64(&input)) >= 0);
	return 0;
}
