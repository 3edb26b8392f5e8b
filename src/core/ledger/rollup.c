/*
 * rollup.c
 *		How far the entries of an account may be folded into its balance.
 */
#include "core/ledger/ledger.h"

#include "core/base/base.h"

/* 1970-01-01 to 2000-01-01. */
#define EPOCH_DIFFERENCE	(INT64_C(10957) * 86400 * 1000000)

static const char *const fold_obstacle_labels[] = {
	[DW_FOLD_CLEAR] = "",
	[DW_FOLD_SNAPSHOT] = "snapshot",
	[DW_FOLD_BUSY] = "fold_accounts",
	[DW_FOLD_SESSION] = "transaction",
	[DW_FOLD_PREPARED] = "prepared_transaction"
};

/* Definitions of the label and parse functions that ledger.h promises. */
DW_LABELS(fold_obstacle, DwFoldObstacle, fold_obstacle_labels);

/* Begins at the time of the call. */
void
dw_fold_begin(DwFold *fold, int64_t now, int64_t margin)
{
	fold->bound = now;
	fold->margin = margin;
	fold->obstacle = DW_FOLD_CLEAR;
}

/* A transaction in flight began then. */
void
dw_fold_meet(DwFold *fold, int64_t started)
{
	if (started < fold->bound)
		fold->bound = started;
}

/* Nothing can be folded; the first reason stays. */
void
dw_fold_stop(DwFold *fold, DwFoldObstacle obstacle)
{
	if (fold->obstacle == DW_FOLD_CLEAR)
		fold->obstacle = obstacle;
}

/* The time of the watermark. */
int64_t
dw_fold_time(const DwFold *fold)
{
	return fold->bound - fold->margin;
}

/* The greatest id below this one. */
DwUuid
dw_fold_below(const DwUuid *id)
{
	DwUuid		below = *id;
	int			i = (int) sizeof(below.bytes) - 1;

	while (i > 0 && below.bytes[i] == 0)
		below.bytes[i--] = 0xff;
	below.bytes[i]--;
	return below;
}

/* The greatest id older than a time: below the least one of its step. */
DwUuid
dw_fold_watermark(int64_t time)
{
	static const uint8_t zeros[8];
	uint64_t	unix_us = (uint64_t) (time + EPOCH_DIFFERENCE);
	uint16_t	steps = (uint16_t) (unix_us % 1000 * 4096 / 1000);
	DwUuid		least = dw_uuid_v7(unix_us / 1000, steps, zeros);

	return dw_fold_below(&least);
}
