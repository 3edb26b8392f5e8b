/*
 * reference_store.h
 *		What a job's reference amount may come from.
 */
#ifndef DW_REFERENCE_STORE_H
#define DW_REFERENCE_STORE_H

#include "postgres.h"

#include "core/reference.h"
#include "store/job_store.h"

/*
 * The facts about a job: its budget, the decayed median of winning prices
 * in its category and currency within the setting market_radius_miles, and
 * the default of its category or the nearest ancestor that has one.
 */
extern void dw_reference_load(const DwJob *job, DwReferenceFacts *facts);

#endif							/* DW_REFERENCE_STORE_H */
