/*
 * match_best.c
 *		The best jobs that a search has met so far, by 1 - score.
 */
#include "core/match/match.h"

#include <math.h>

size_t
dw_match_best_size(int room)
{
	return sizeof(DwMatchBest) + (size_t) room * sizeof(double);
}

void
dw_match_best_begin(DwMatchBest *best, int room, double after)
{
	best->limit = INFINITY;
	best->after = after;
	best->judged = 0.0;
	best->room = room;
	best->count = 0;
}

/* Lets a rest rise from the end of the heap. */
static void
heap_rise(double *rests, int at, double rest)
{
	while (at > 0 && rests[(at - 1) / 2] < rest)
	{
		rests[at] = rests[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	rests[at] = rest;
}

/* Puts a rest in the place of the highest, and lets it sink. */
static void
heap_sink(double *rests, int count, double rest)
{
	int			at = 0;
	int			next;

	while ((next = 2 * at + 1) < count)
	{
		if (next + 1 < count && rests[next + 1] > rests[next])
			next++;
		if (rests[next] <= rest)
			break;
		rests[at] = rests[next];
		at = next;
	}
	rests[at] = rest;
}

void
dw_match_best_meet(DwMatchBest *best, double rest)
{
	if (rest <= best->after || rest >= best->limit)
		return;
	if (best->count < best->room)
		heap_rise(best->rests, best->count++, rest);
	else
		heap_sink(best->rests, best->count, rest);
	if (best->count == best->room)
		best->limit = best->rests[0];
}
