/*
 * audit_store.h
 *		The audit log: what a trigger writes of each change, the chains that
 *		seal it and other logs, and its history of a row.
 */
#ifndef DW_AUDIT_STORE_H
#define DW_AUDIT_STORE_H

#include "postgres.h"

#include "commands/trigger.h"
#include "utils/timestamp.h"

#include "server/call/call_server.h"

/*
 * Records the change that an AFTER trigger of a row is told of, as a row of
 * dwello.audit_log.  `table` is the name by which the registry knows the
 * trigger's table.  A change that leaves a row as it was, but for updated_at,
 * is none.  What is personal is sealed with the key of the person, which is
 * made if need be.  42501 for a table without a primary key.
 */
extern void dw_audit_record(TriggerData *data, const char *table);

/*
 * The logs that are sealed, by their names, in order; NULL after the last.
 * A log's rows are bound in the order of their times into seals of up to
 * DW_SEAL_ROWS, and each seal to the one before.
 */
extern const char *const dw_sealed_logs[];

#define DW_SEAL_ROWS	1000	/* rows of one seal */

/* What a call of sealing has done with a log. */
typedef struct DwSealed
{
	int64		rows;			/* sealed by it */
	int32		seals;			/* made by it */
	bool		is_complete;	/* all that is final has been sealed */
} DwSealed;

/*
 * Seals up to max_rows rows of a log, oldest first, that are final: every
 * transaction that could still bring an older one has ended.  So what is
 * written now is sealed by the call after the next.  One caller at a time
 * works on a log.
 */
extern DwSealed dw_log_seal(const char *log, int32 max_rows);

/*
 * Fills a set with what does not fit the seals of a log: log, month, seq,
 * problem, row_key; the first of them first, and no more than a hundred.
 */
extern void dw_log_verify(DwCall *call, const char *log);

/* The row of which records are asked for. */
typedef struct DwAuditedRow
{
	const char *table;			/* its table */
	const char *key;			/* as the log has it */
} DwAuditedRow;

/*
 * Fills a set with the records of a row, newest first, those before an id if
 * there is one.
 */
extern void dw_audit_history(DwCall *call, const DwAuditedRow *row,
							 const DwUuid *before_id, int32 max_results);

/*
 * Fills the row of a call with what the records up to a time make of a row;
 * false when there is none.
 */
extern bool dw_audit_as_of(DwCall *call, const DwAuditedRow *row,
						   TimestampTz time);

/*
 * Fills a set with all rows of a person: table_name, row_key, data; in the
 * order of the registry.  Sealed columns are opened, secrets and what the
 * database makes of other columns are left out.  Rows that name them besides
 * another are among these as applications may read them: without what is
 * personal of the other, what is deleted, and what is not shown yet.
 */
extern void dw_person_export(DwCall *call, const DwUuid *person);

#endif							/* DW_AUDIT_STORE_H */
