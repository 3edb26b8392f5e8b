/*
 * delivery_store.h
 *		Applying events to users: notifications and the sums of providers.
 */
#ifndef DW_DELIVERY_STORE_H
#define DW_DELIVERY_STORE_H

#include "postgres.h"

/*
 * Claims up to max_rows events that are due, skipping those another worker
 * has, applies each once, and gives their number.  Rows of provider_stats
 * are locked in the order of their ids after all events are claimed, so
 * that workers cannot deadlock.
 */
extern int64 dw_events_deliver(int32 max_rows);

#endif							/* DW_DELIVERY_STORE_H */
