/*
 * match_best.h
 *		The best jobs that a search has met so far, by 1 - score.
 *
 * A search that wants a number of jobs keeps as many of the lowest rests
 * (1 - score) as it met.  What is worse than all of them need not be looked
 * at any further: with the limit, an index turns away most of what it reads.
 * It may have met jobs that are not shown in the end; then the search finds
 * fewer than it wanted, and has to be done again without.
 */
#ifndef DW_MATCH_BEST_H
#define DW_MATCH_BEST_H

#include <stddef.h>

/* The lowest rests. */
typedef struct DwMatchBest
{
	double		limit;			/* what is over it is of no use */
	double		after;			/* what is not over it was had before */
	double		judged;			/* the rest that was asked for last */
	int			room;			/* for so many rests */
	int			count;			/* of them */
	double		rests[];		/* a heap, the highest first */
} DwMatchBest;

/* The bytes that so many rests need. */
extern size_t dw_match_best_size(int room);

/*
 * Begins with none; room is over 0.  Only rests over a number count, which
 * may be negative.
 */
extern void dw_match_best_begin(DwMatchBest *best, int room, double after);

/* Meets a rest: the limit falls as soon as there are enough of them. */
extern void dw_match_best_meet(DwMatchBest *best, double rest);

#endif							/* DW_MATCH_BEST_H */
