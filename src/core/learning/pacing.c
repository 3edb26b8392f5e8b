/*
 * pacing.c
 *		What is learnt of a day: how many jobs come, and what they are worth.
 */
#include "core/learning/learning.h"

#include "core/base/base.h"

/* closer where few of many jobs are wanted */
const int64_t dw_pacing_levels[DW_PACING_MARKS] = {
	100000, 200000, 300000, 400000, 500000, 600000, 700000, 800000,
	850000, 900000, 930000, 950000, 970000, 980000, 990000, 995000
};

/* The order of values. */
static int
compare_values(const void *a, const void *b)
{
	int64_t		left = *(const int64_t *) a;
	int64_t		right = *(const int64_t *) b;

	return (left > right) - (left < right);
}

void
dw_pacing_learn(int64_t *values, int count, int64_t days,
				DwAgentParameters *parameters)
{
	if (days <= 0)
		return;
	parameters->arrivals = count * DW_MICROS / days;
	dw_sort(values, (size_t) count, sizeof(*values), compare_values);
	for (int i = 0; i < DW_PACING_MARKS; i++)
		parameters->value[i] = count == 0 ? 0 :
			values[count * dw_pacing_levels[i] / DW_PPM];
}
