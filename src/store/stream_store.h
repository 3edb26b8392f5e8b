/*
 * stream_store.h
 *		Reads the rows of a statement one by one, for as long as they are
 *		wanted.
 */
#ifndef DW_STREAM_STORE_H
#define DW_STREAM_STORE_H

#include "postgres.h"

#include "executor/tuptable.h"

#include "store/plan_store.h"

/*
 * Takes one row, which is gone afterwards: what is kept must be copied.
 * False ends the statement.
 */
typedef bool (*DwStreamTake) (void *state, TupleTableSlot *slot);

/*
 * Runs a read in the caller's snapshot, planned for its first rows, and
 * hands each row to take().
 */
extern void dw_stream(DwStatement *statement, const DwParams *p,
					  DwStreamTake take, void *state);

/* The type of that name in schema dwello, for a parameter. */
extern Oid	dw_type_find(const char *name);

#endif							/* DW_STREAM_STORE_H */
