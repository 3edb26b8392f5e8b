/*
 * fold.h
 *		How far the entries of an account may be folded into its balance.
 *
 * Transactions have time-ordered ids, made from the clock once their
 * database transaction has its own id (an xid).  So what has ended before
 * the oldest transaction still in flight began is complete: nothing will be
 * booked below it.  The margin is for clocks that are set back, or that of
 * the server which takes over from another.
 *
 * Times are microseconds since 2000-01-01 00:00 UTC.
 */
#ifndef DW_FOLD_H
#define DW_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/uuid.h"

/* Why nothing may be folded at present. */
typedef enum DwFoldObstacle
{
	DW_FOLD_CLEAR,				/* nothing is in the way */
	DW_FOLD_SNAPSHOT,			/* the caller sees an older state */
	DW_FOLD_BUSY,				/* somebody else is folding */
	DW_FOLD_SESSION,			/* one whose start is not known */
	DW_FOLD_PREPARED			/* prepared, so nobody knows its start */
} DwFoldObstacle;

/* What is found out about transactions in flight. */
typedef struct DwFold
{
	int64_t		bound;			/* none of them began before */
	int64_t		margin;			/* below it, microseconds */
	DwFoldObstacle obstacle;	/* the first one met */
} DwFold;

extern const char *dw_fold_obstacle_label(DwFoldObstacle value);
extern bool dw_fold_obstacle_parse(const char *text, DwFoldObstacle *value);

/* Begins at the time of the call, as of before the sessions are looked at. */
extern void dw_fold_begin(DwFold *fold, int64_t now, int64_t margin);

/* A transaction in flight began then. */
extern void dw_fold_meet(DwFold *fold, int64_t started);

/* Nothing can be folded; the first reason stays. */
extern void dw_fold_stop(DwFold *fold, DwFoldObstacle obstacle);

/* The time of the watermark: nothing will be booked before it. */
extern int64_t dw_fold_time(const DwFold *fold);

/* The greatest id that is older than a time, of 1970 or later. */
extern DwUuid dw_fold_watermark(int64_t time);

/* The greatest id below this one, which is not nil. */
extern DwUuid dw_fold_below(const DwUuid *id);

#endif							/* DW_FOLD_H */
