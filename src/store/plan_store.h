/*
 * plan_store.h
 *		Statements with kept plans: the one way from C to the tables.
 *
 * A statement is a static constant of SQL text.  It is planned once per
 * backend with a generic plan and kept; every caller runs as dwello_owner
 * with the one pinned search_path, so the plan stays valid (architecture.md).
 * All functions here want an open SPI connection.  Results stand in
 * SPI_tuptable until the next statement and live until SPI_finish.
 */
#ifndef DW_PLAN_STORE_H
#define DW_PLAN_STORE_H

#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "executor/spi.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/uuid.h"

#define DW_MAX_PARAMS 40

/* One SQL statement and, once used, its kept plan. */
typedef struct DwStatement
{
	const char *sql;			/* schema-qualified text */
	bool		is_custom;		/* planned for the values of each execution */
	SPIPlanPtr	plan;			/* NULL until first used in this backend */
} DwStatement;

#define DW_STATEMENT(text) {.sql = (text), .plan = NULL}

/*
 * Text without regard to case: by Unicode's own rule, whatever the locale of
 * the database (in Turkish "PLUMBING" is not "plumbing").
 */
#define DW_FOLDED(text) \
	"pg_catalog.lower(" text " COLLATE pg_catalog.\"und-x-icu\")"

/*
 * One whose best plan hangs on its values: which of many filters are given,
 * how common a word is.  It is parsed once, and planned at every execution.
 */
#define DW_STATEMENT_CUSTOM(text) \
	{.sql = (text), .is_custom = true, .plan = NULL}

/* The typed parameters of one execution, in order of $1, $2, ... */
typedef struct DwParams
{
	int			count;			/* parameters added so far */
	Oid			types[DW_MAX_PARAMS];	/* their SQL types */
	Datum		values[DW_MAX_PARAMS];	/* their values */
	char		nulls[DW_MAX_PARAMS];	/* 'n' for NULL, ' ' otherwise */
} DwParams;

#define DW_PARAMS		{0}

/*
 * Parameters are added in order.  A NULL pointer is an SQL NULL; texts and
 * byte strings are copied into the current memory context.
 */
extern void dw_param_datum(DwParams *p, Oid type, Datum value, bool isnull);
extern void dw_param_null(DwParams *p, Oid type);
extern void dw_param_uuid(DwParams *p, const DwUuid *id);
extern void dw_param_int8(DwParams *p, int64 value);
extern void dw_param_int8s(DwParams *p, Datum *values, int count);
extern void dw_param_float8s(DwParams *p, Datum *values, int count);
extern void dw_param_int4(DwParams *p, int32 value);
extern void dw_param_bool(DwParams *p, bool value);
extern void dw_param_float8(DwParams *p, double value);
extern void dw_param_date(DwParams *p, DateADT value);
extern void dw_param_time(DwParams *p, TimestampTz value);
extern void dw_param_text(DwParams *p, const char *value);
extern void dw_param_bytes(DwParams *p, const void *data, size_t size);

/* Arrays, copied; a NULL pointer to texts is NULL. */
extern void dw_param_uuids(DwParams *p, const DwUuid *ids, int count);
extern void dw_param_texts(DwParams *p, char **texts, int count);

/* Opens SPI for a C function that is not a call of call_api.h. */
extern void dw_spi_connect(void);

/*
 * Makes and keeps the plan of a statement for these parameters, unless it
 * has one; options of cursors, as the server knows them, or 0.
 */
extern void dw_statement_prepare(DwStatement *statement, const DwParams *p,
								 int options);

/* Runs a statement that may write or lock; sees this command's own writes. */
extern uint64 dw_execute(DwStatement *statement, const DwParams *p);

/* Runs a read in the caller's snapshot, as STABLE functions must. */
extern uint64 dw_query(DwStatement *statement, const DwParams *p);

/* Readers of the last result: 0-based row, 1-based column. */
extern bool dw_read_null(uint64 row, int column);
extern Datum dw_read_datum(uint64 row, int column, bool *isnull);
extern bool dw_read_uuid(uint64 row, int column, DwUuid *out);
extern int64 dw_read_int8(uint64 row, int column);
extern int32 dw_read_int4(uint64 row, int column);
extern bool dw_read_bool(uint64 row, int column);
extern double dw_read_float8(uint64 row, int column);
extern DateADT dw_read_date(uint64 row, int column);
extern TimestampTz dw_read_time(uint64 row, int column);
extern char *dw_read_text(uint64 row, int column);
extern bytea *dw_read_bytea(uint64 row, int column);

/* A uuid as text, for messages; allocated in the current context. */
extern char *dw_uuid_text(const DwUuid *id);

#endif							/* DW_PLAN_STORE_H */
