/*
 * reference.h
 *		The amount a job's bids are measured against, frozen at publish.
 */
#ifndef DW_REFERENCE_H
#define DW_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/result.h"

#define DW_REFERENCE_ABSENT		INT64_C(-1) /* no such number is known */
#define DW_REFERENCE_MIN_PRICES 5	/* fewer winning prices are no market */

/* Where a reference comes from, best first. */
typedef enum DwReferenceSource
{
	DW_REFERENCE_NONE,			/* nothing to go by: label NULL */
	DW_REFERENCE_BUDGET_MIDPOINT,	/* both ends of the budget */
	DW_REFERENCE_BUDGET_MAX,	/* 80 % of the upper end */
	DW_REFERENCE_MARKET,		/* decayed median of winning prices */
	DW_REFERENCE_CATEGORY_DEFAULT,	/* service_categories.reference_amount */
	DW_REFERENCE_COUNT
} DwReferenceSource;

/* What may serve as a reference; minor units or DW_REFERENCE_ABSENT. */
typedef struct DwReferenceFacts
{
	int64_t		budget_min;		/* of the job */
	int64_t		budget_max;		/* of the job */
	int64_t		market;			/* dw_reference_market() */
	int64_t		category_default;	/* of the category or an ancestor */
} DwReferenceFacts;

/* The reference of a job: amount > 0, or zero with no source. */
typedef struct DwReference
{
	int64_t		amount;			/* minor units */
	DwReferenceSource source;	/* which of the facts it is */
} DwReference;

/* One winning price of category, currency and neighbourhood. */
typedef struct DwMarketPrice
{
	int64_t		amount;			/* minor units */
	int64_t		age_days;		/* since it won */
} DwMarketPrice;

/* The first of the facts that gives a positive amount. */
extern DwReference dw_reference_choose(const DwReferenceFacts *facts);

/*
 * The median of prices weighed by age, or DW_REFERENCE_ABSENT when fewer
 * than five are left with a weight.  Sorts the prices in place.
 */
extern int64_t dw_reference_market(DwMarketPrice *prices, size_t count);

/* The label of a source (NULL for none), and back. */
extern const char *dw_reference_source_label(DwReferenceSource source);
extern bool dw_reference_source_parse(const char *label,
									  DwReferenceSource *source);

#endif							/* DW_REFERENCE_H */
