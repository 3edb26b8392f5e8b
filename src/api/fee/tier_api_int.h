/*
 * tier_api_int.h
 *		Reads the tiers of a fee schedule from a document.
 */
#ifndef DW_TIER_API_INT_H
#define DW_TIER_API_INT_H

#include "core/fee/fee.h"
#include "server/call/call_server.h"

/*
 * Reads the list of tiers in an argument, or in its member "tiers" when
 * `object` is not NULL, into a schedule whose kind is set and whose first
 * tier has the numbers beside the list.  What a tier of a flat schedule does
 * not say is as in the first.  Without a rate beside the list (has_rate
 * false) the first of the list is the first tier, and begins at 0.
 */
extern void dw_tiers_read(DwCall *call, DwJsonItem *item,
						  const DwJsonArg *object, bool has_rate,
						  DwFeeSchedule *schedule);

/*
 * Reads the member max_fee, or what stands for one that was not given; notes
 * a negative one, which in core stands for none.
 */
extern int64 dw_limit_read(DwJsonItem *item, int64 absent);

/*
 * Notes 22023 in the fault when some F of the schedule is not valid; argument
 * is the one to be blamed.
 */
extern void dw_schedule_check(DwArgError *error, const char *argument,
							  const DwFeeSchedule *schedule);

#endif							/* DW_TIER_API_INT_H */
