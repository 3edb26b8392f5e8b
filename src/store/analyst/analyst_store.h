/*
 * analyst_store.h
 *		Counts of many people, for who may see nothing else.
 */
#ifndef DW_ANALYST_STORE_H
#define DW_ANALYST_STORE_H

#include "server/call/call_server.h"

/* What is counted: the views analyst_*. */
typedef enum DwAnalystView
{
	DW_ANALYST_USERS,
	DW_ANALYST_JOBS,
	DW_ANALYST_BIDS,
	DW_ANALYST_CONTRACTS,
	DW_ANALYST_REVIEWS
} DwAnalystView;

/*
 * Adds the groups of a view to the call's set: of quarters that are over, and
 * of no fewer people than the setting k_anonymity on any side.
 */
extern void dw_analyst_list(DwCall *call, DwAnalystView view);

#endif							/* DW_ANALYST_STORE_H */
