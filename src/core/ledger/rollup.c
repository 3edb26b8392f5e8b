/*
 * rollup.c
 *		How far the entries of an account may be rolled up into its balance.
 */
#include "core/ledger/ledger.h"

#include "core/base/base.h"

/* 1970-01-01 to 2000-01-01. */
#define EPOCH_DIFFERENCE	(INT64_C(10957) * 86400 * 1000000)

static const char *const rollup_obstacle_labels[] = {
	[DW_ROLLUP_CLEAR] = "",
	[DW_ROLLUP_SNAPSHOT] = "snapshot",
	[DW_ROLLUP_BUSY] = "rollup_balances",
	[DW_ROLLUP_SESSION] = "transaction",
	[DW_ROLLUP_PREPARED] = "prepared_transaction"
};

/* Definitions of the label and parse functions that ledger.h promises. */
DW_LABELS(rollup_obstacle, DwRollupObstacle, rollup_obstacle_labels);

void
dw_rollup_begin(DwRollup *rollup, int64_t now, int64_t margin)
{
	rollup->bound = now;
	rollup->margin = margin;
	rollup->obstacle = DW_ROLLUP_CLEAR;
}

void
dw_rollup_meet(DwRollup *rollup, int64_t started)
{
	if (started < rollup->bound)
		rollup->bound = started;
}

void
dw_rollup_stop(DwRollup *rollup, DwRollupObstacle obstacle)
{
	if (rollup->obstacle == DW_ROLLUP_CLEAR)
		rollup->obstacle = obstacle;
}

int64_t
dw_rollup_time(const DwRollup *rollup)
{
	return rollup->bound - rollup->margin;
}

DwUuid
dw_rollup_below(const DwUuid *id)
{
	DwUuid		below = *id;
	int			i = (int) sizeof(below.bytes) - 1;

	while (i > 0 && below.bytes[i] == 0)
		below.bytes[i--] = 0xff;
	below.bytes[i]--;
	return below;
}

DwUuid
dw_transaction_id_next(const DwUuid *last, const DwUuid *fresh)
{
	DwUuid		next = *last;
	int			i = (int) sizeof(next.bytes) - 1;

	if (dw_uuid_compare(fresh, last) > 0)
		return *fresh;
	while (i > 0 && next.bytes[i] == 0xff)
		next.bytes[i--] = 0;
	next.bytes[i]++;
	return next;
}

DwUuid
dw_rollup_watermark(int64_t time)
{
	static const uint8_t zeros[8];
	uint64_t	unix_us = (uint64_t) (time + EPOCH_DIFFERENCE);
	uint16_t	steps = (uint16_t) (unix_us % 1000 * 4096 / 1000);
	DwUuid		least = dw_uuid_v7(unix_us / 1000, steps, zeros);

	return dw_rollup_below(&least);
}
