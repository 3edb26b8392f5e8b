/*
 * fee_store.h
 *		Finds the fee schedule that applies.
 *
 * Of the schedules in force: that of the category, then of its ancestors,
 * then of all; there the tier's before any tier's, the currency's before
 * any currency's; an operator's before the built-in one.
 */
#ifndef DW_FEE_STORE_H
#define DW_FEE_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/fee.h"
#include "core/uuid.h"

/* The tier of a provider without a subscription. */
#define DW_TIER_DEFAULT "basic"

/* What a schedule is looked up by. */
typedef struct DwFeeScope
{
	const DwUuid *category_id;	/* NULL: only schedules of all categories */
	const char *currency;		/* ISO 4217 */
	const char *tier;			/* label of subscription_tier */
	TimestampTz as_of;			/* when it must be in force */
} DwFeeScope;

/* A schedule as a contract freezes it. */
typedef struct DwFeeSchedule
{
	DwUuid		id;				/* its row */
	DwFeeTerms	terms;			/* its numbers */
} DwFeeSchedule;

/* The schedule that applies; false when none does. */
extern bool dw_fee_schedule_find(const DwFeeScope *scope,
								 DwFeeSchedule *schedule);

/* True when there is such a category. */
extern bool dw_fee_category_exists(const DwUuid *category_id);

#endif							/* DW_FEE_STORE_H */
