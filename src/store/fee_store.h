/*
 * fee_store.h
 *		Finds the fee schedule that applies; keeps an operator's.
 *
 * Of the schedules in force: that of the category, then of its ancestors,
 * then of all; there the tier's before any tier's, the currency's before
 * any currency's; an operator's before the built-in one.
 */
#ifndef DW_FEE_STORE_H
#define DW_FEE_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/fee_schedule.h"
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

/* A schedule that was found. */
typedef struct DwFeeRow
{
	DwUuid		id;				/* its row */
	DwFeeSchedule schedule;		/* its numbers */
} DwFeeRow;

/* A schedule to be written: what for, from when to when. */
typedef struct DwFeeDraft
{
	DwUuid		id;				/* of its row */
	const char *name;			/* for people */
	const DwUuid *category_id;	/* NULL = all */
	const char *currency;		/* NULL = any */
	const char *tier;			/* NULL = any */
	DwFeeSchedule schedule;		/* its numbers */
	TimestampTz valid_from;		/* first moment */
	TimestampTz valid_until;	/* first moment after; DT_NOEND = none */
} DwFeeDraft;

/* The life of a schedule that is stored. */
typedef struct DwFeeLife
{
	TimestampTz valid_from;		/* DT_NOBEGIN: always was */
	TimestampTz valid_until;	/* DT_NOEND: until further notice */
	bool		is_builtin;		/* belongs to the version of dwello */
	int32		version;		/* of the row */
} DwFeeLife;

/* The schedule that applies; false when none does. */
extern bool dw_fee_schedule_find(const DwFeeScope *scope, DwFeeRow *row);

/* True when there is such a category. */
extern bool dw_fee_category_exists(const DwUuid *category_id);

/* The subscription tier of a provider, for his fee. */
extern char *dw_fee_tier_of(const DwUuid *user_id);

/* Steps of terms in a column: as jsonb text (NULL for none), and back. */
extern char *dw_fee_steps_text(const DwFeeTerms *terms);
extern void dw_fee_steps_read(uint64 row, int column, DwFeeTerms *terms);

/* Writes a new schedule; false when the id is taken.  23P01: overlap. */
extern bool dw_fee_schedule_insert(const DwFeeDraft *draft);

/* Locks a schedule and reads its life; false when there is none. */
extern bool dw_fee_schedule_lock(const DwUuid *id, DwFeeLife *life);

/* Replaces one that has not begun.  23P01: overlap. */
extern void dw_fee_schedule_replace(const DwFeeDraft *draft, int32 version);

/* Writes when it ends, and takes away one that will never begin. */
extern void dw_fee_schedule_end(const DwUuid *id, TimestampTz valid_until,
								int32 version);
extern void dw_fee_schedule_delete(const DwUuid *id);

#endif							/* DW_FEE_STORE_H */
