/*
 * audit_store_int.h
 *		A row of the audit log, on its way there.
 */
#ifndef DW_AUDIT_STORE_INT_H
#define DW_AUDIT_STORE_INT_H

#include "postgres.h"

/* Columns of dwello.audit_log, in order. */
typedef enum LogColumn
{
	LOG_ID,
	LOG_CREATED_AT,
	LOG_TABLE_NAME,
	LOG_ROW_KEY,
	LOG_OPERATION,
	LOG_USER_ID,
	LOG_ACTOR_ROLE,
	LOG_DATABASE_ROLE,
	LOG_SESSION_ROLE,
	LOG_REQUEST_ID,
	LOG_PERSON_ID,
	LOG_BEFORE,
	LOG_AFTER,
	LOG_SEALED,
	LOG_WITHHELD,
	LOG_COLUMNS
} LogColumn;

/* A row of the log. */
typedef struct LogRow
{
	Datum		values[LOG_COLUMNS];	/* by LOG_* */
	bool		nulls[LOG_COLUMNS]; /* likewise */
} LogRow;

/* What the personal columns of a record are sealed for, beside its id. */
#define RECORD_SEALED	"audit_log.sealed"

/* Puts the row into the month of its LOG_CREATED_AT. */
extern void dw_audit_log_write(LogRow *row);

#endif							/* DW_AUDIT_STORE_INT_H */
