/*
 * audit_store.h
 *		The audit log: what a trigger writes of each change.
 */
#ifndef DW_AUDIT_STORE_H
#define DW_AUDIT_STORE_H

#include "postgres.h"

#include "commands/trigger.h"

/*
 * Records the change that an AFTER trigger of a row is told of, as a row of
 * dwello.audit_log.  `table` is the name by which the registry knows the
 * trigger's table.  A change that leaves a row as it was, but for updated_at,
 * is none.  Opens no SPI.  42501 for a table without a primary key.
 */
extern void dw_audit_record(TriggerData *data, const char *table);

#endif							/* DW_AUDIT_STORE_H */
