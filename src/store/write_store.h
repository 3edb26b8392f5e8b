/*
 * write_store.h
 *		Statements that write one row, or those of many commands at once.
 *
 * The text of such a statement takes its rows FROM DW_ROWS, a relation with
 * one column for each parameter:
 *
 *		INSERT INTO dwello.things (id, kind)
 *		SELECT r.id, r.kind::dwello.kind FROM DW_ROWS (id, kind)
 *		UPDATE dwello.things AS t SET kind = r.kind::dwello.kind
 *		FROM DW_ROWS (id, kind) WHERE t.id = r.id
 *
 * Written alone, DW_ROWS is a sub-select of the parameters, which the planner
 * takes away; gathered, it is a named tuplestore, as the transition tables of
 * triggers are.
 */
#ifndef DW_WRITE_STORE_H
#define DW_WRITE_STORE_H

#include "postgres.h"

#include "store/plan_store.h"

/* Where the rows of a statement stand in its text; r is their name. */
#define DW_ROWS		"@rows AS r "

/* A statement that writes rows, and its two kept plans. */
typedef struct DwWrite
{
	const char *sql;			/* as above */
	DwStatement one;			/* for a row alone */
	DwStatement many;			/* for rows that were gathered */
} DwWrite;

#define DW_WRITE(text) {.sql = (text)}

/* Writes a row: at once, or, inside dw_gather(), when that ends. */
extern void dw_write(DwWrite *write, const DwParams *row);

/* True inside dw_gather(). */
extern bool dw_gathering(void);

/*
 * Does some work, and holds back what it writes with dw_write(); in the end
 * each statement runs once, for all its rows, in the order in which they
 * were first used.  The work must not read what it writes, nor write a row
 * of a table twice.  If it raises, nothing is written.
 */
typedef void (*DwWork) (void *argument);
extern void dw_gather(DwWork work, void *argument);

#endif							/* DW_WRITE_STORE_H */
