/*
 * hours_int.h
 *		When an agent works: minutes of the provider's clock, which may jump.
 *
 * Inline, for every decision asks on its way.
 */
#ifndef DW_HOURS_INT_H
#define DW_HOURS_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/decision/decision.h"

#define MINUTES_PER_DAY	1440
#define THURSDAY		3		/* of 1970-01-01, from Monday */

/* a / b, rounded down. */
static inline int64_t
floor_divide(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Minutes that the provider's clock is ahead at a minute. */
static inline int64_t
offset_at(const DwAgentClock *clock, int64_t minute)
{
	return clock->change_at != 0 && minute >= clock->change_at
		? clock->offset_after : clock->offset;
}

/* The day of the week of a local day; 0 is Monday. */
static inline int
weekday(int64_t day)
{
	int64_t		since = day + THURSDAY;

	return (int) (since - floor_divide(since, DW_AGENT_WEEK) * DW_AGENT_WEEK);
}

/* Times of a day of the week, never more than fit. */
static inline int
times(const DwAgentHours *hours, int weekday)
{
	int			count = hours->count[weekday];

	return count < 0 ? 0 : count > DW_AGENT_HOURS_MAX ? DW_AGENT_HOURS_MAX :
		count & ~1;
}

/* True when the agent works at a minute. */
static inline bool
works_at(const DwAgentHours *hours, const DwAgentClock *clock, int64_t minute)
{
	int64_t		local = minute + offset_at(clock, minute);
	int64_t		day = floor_divide(local, MINUTES_PER_DAY);
	int			at = (int) (local - day * MINUTES_PER_DAY);
	int			today = weekday(day);

	if (!hours->is_limited)
		return true;
	for (int i = 0; i < times(hours, today); i += 2)
		if (at >= hours->minute[today][i] && at < hours->minute[today][i + 1])
			return true;
	return false;
}

/* True when the agent works at some time. */
static inline bool
works_ever(const DwAgentHours *hours)
{
	for (int i = 0; hours->is_limited && i < DW_AGENT_WEEK; i++)
		if (times(hours, i) > 0)
			return true;
	return !hours->is_limited;
}

/*
 * The first minute after now that a local time falls on, or INT64_MAX: a
 * time that the clock skips has none, one that comes twice the earlier.
 */
static inline int64_t
minute_of(const DwAgentClock *clock, int64_t local)
{
	int64_t		offsets[] = {clock->offset, clock->offset_after};
	int64_t		first = INT64_MAX;

	for (int i = 0; i < (clock->change_at != 0 ? 2 : 1); i++)
	{
		int64_t		minute = local - offsets[i];

		if (minute > clock->now && minute < first &&
			offset_at(clock, minute) == offsets[i])
			first = minute;
	}
	return first;
}

/*
 * The first minute after now at which work begins, within two weeks; else
 * INT64_MAX.  A clock that is put forward may skip a beginning: then work
 * begins with the jump.
 */
static inline int64_t
next_begin(const DwAgentHours *hours, const DwAgentClock *clock)
{
	int64_t		today = dw_agent_local_day(clock);
	int64_t		first = INT64_MAX;

	if (clock->change_at > clock->now &&
		works_at(hours, clock, clock->change_at))
		first = clock->change_at;
	for (int64_t day = today; day <= today + 2 * DW_AGENT_WEEK; day++)
		for (int i = 0; i < times(hours, weekday(day)); i += 2)
		{
			int64_t		minute = minute_of(clock, day * MINUTES_PER_DAY +
										   hours->minute[weekday(day)][i]);

			if (minute < first)
				first = minute;
		}
	return first;
}

/* Minutes of work on the provider's day: all of it, and what is left. */
static inline void
day_minutes(const DwAgentInputs *in, int64_t *all, int64_t *left)
{
	const DwAgentHours *hours = &in->settings.hours;
	const DwAgentClock *clock = &in->provider.clock;
	int64_t		day = dw_agent_local_day(clock);
	int64_t		now = clock->now + offset_at(clock, clock->now) -
		day * MINUTES_PER_DAY;
	int			today = weekday(day);

	*all = hours->is_limited ? 0 : MINUTES_PER_DAY;
	*left = *all == 0 ? 0 : MINUTES_PER_DAY - now;
	for (int i = 0; hours->is_limited && i < times(hours, today); i += 2)
	{
		int64_t		from = hours->minute[today][i];
		int64_t		to = hours->minute[today][i + 1];

		*all += to - from;
		*left += to <= now ? 0 : to - (from > now ? from : now);
	}
}

#endif							/* DW_HOURS_INT_H */
