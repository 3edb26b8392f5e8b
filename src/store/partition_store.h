/*
 * partition_store.h
 *		Monthly partitions of the logs.
 */
#ifndef DW_PARTITION_STORE_H
#define DW_PARTITION_STORE_H

#include "postgres.h"

#include "utils/date.h"

/* The names of the logs (partitioned tables of schema dwello), in order. */
extern char **dw_logs(uint64 *count);

/* The first day of the month that a day lies in. */
extern DateADT dw_month_of(DateADT day);

/* The first day of the month so many months later. */
extern DateADT dw_month_after(DateADT month, int months);

/* The name of a log's partition for a month: user_activity_logs_2026_11. */
extern char *dw_partition_name(const char *log, DateADT month);

/*
 * Makes a log's partition for a month, moving rows that wait in the default
 * partition into it.  False when it is there already.  One caller at a time
 * works on a log; writers of the log wait for the moment of attaching.
 */
extern bool dw_partition_ensure(const char *log, DateADT month);

#endif							/* DW_PARTITION_STORE_H */
