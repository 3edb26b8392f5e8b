/*
 * mandate.c
 *		What a provider may sign, and what becomes of two limits.
 *
 * The limits are those of the settings, so that a mandate can be compared
 * with them; only nothing is signed by a limit that is 0.
 */
#include "core/agent/agent.h"

/* True for no limit, and for one from least to most. */
static bool
is_none_or_within(int64_t limit, int64_t least, int64_t most)
{
	return limit == 0 || (limit >= least && limit <= most);
}

DwMandateLimit
dw_mandate_judge(const DwMandateLimits *limits)
{
	if (limits->max_amount < 0)
		return DW_MANDATE_AMOUNT;
	if (limits->max_exposure < 0)
		return DW_MANDATE_EXPOSURE;
	if (!is_none_or_within(limits->bids_per_day, DW_AGENT_DAY_MIN,
						   DW_AGENT_DAY_MAX))
		return DW_MANDATE_DAY;
	if (!is_none_or_within(limits->radius, DW_AGENT_RADIUS_MIN,
						   DW_AGENT_RADIUS_MAX))
		return DW_MANDATE_RADIUS;
	if (!is_none_or_within(limits->open_jobs, 1, DW_AGENT_OPEN_JOBS_MAX))
		return DW_MANDATE_OPEN_JOBS;
	if (!is_none_or_within(limits->margin_ppm, 1, DW_AGENT_MARGIN_MAX))
		return DW_MANDATE_MARGIN;
	if (!is_none_or_within(limits->bids_per_month, 1, DW_AGENT_MONTH_MAX))
		return DW_MANDATE_MONTH;
	if (limits->threshold < 0)
		return DW_MANDATE_THRESHOLD;
	return DW_MANDATE_FITS;
}

int64_t
dw_limit_min(int64_t a, int64_t b)
{
	if (a == 0 || b == 0)
		return a + b;
	return a < b ? a : b;
}

bool
dw_limit_exceeds(int64_t limit, int64_t other)
{
	return dw_limit_min(limit, other) != limit;
}
