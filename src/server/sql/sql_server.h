/*
 * sql_server.h
 *		Statements with kept plans, their rows, and what servers differ in.
 */
#ifndef DW_SQL_SERVER_H
#define DW_SQL_SERVER_H

#include "postgres.h"

#include "access/attnum.h"
#include "catalog/pg_type_d.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "storage/lockdefs.h"
#include "utils/date.h"
#include "utils/inval.h"
#include "utils/timestamp.h"

#include "core/base/base.h"
#include "core/geo/geo.h"

/*
 * What differs between the supported servers, 15 to 18.
 */

/* VARDATA and its kin; 16 moved them out of postgres.h. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* Before a declaration: it does not return.  18 has it and no other. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn _Noreturn
#endif

/* The local id of a process's transaction; 17 moved the field. */
#if PG_VERSION_NUM >= 170000
#define dw_proc_lxid(proc)	((proc)->vxid.lxid)
#else
#define dw_proc_lxid(proc)	((proc)->lxid)
#endif

/* Memory of a string setting's value; 16 gave it a context of its own. */
#if PG_VERSION_NUM >= 160000
#define dw_guc_malloc(size) guc_malloc(LOG, size)
#define dw_guc_free(value)	guc_free(value)
#else
#define dw_guc_malloc(size) malloc(size)
#define dw_guc_free(value)	free(value)
#endif

/* The state of a session, 1 to how many there are; 16 renamed it. */
#if PG_VERSION_NUM >= 160000
#define dw_backend_status(i) pgstat_get_local_beentry_by_index(i)
#else
#define dw_backend_status(i) pgstat_fetch_stat_local_beentry(i)
#endif

/* A range that is not empty; 16 gave it a place for soft errors. */
#if PG_VERSION_NUM >= 160000
#define dw_make_range(type, lower, upper) \
	make_range(type, lower, upper, false, NULL)
#else
#define dw_make_range(type, lower, upper) make_range(type, lower, upper, false)
#endif

/* Where a column lies in a tuple, or -1; 18 moved what reading has learnt. */
#if PG_VERSION_NUM >= 180000
#define dw_attribute_offset(desc, i) TupleDescCompactAttr(desc, i)->attcacheoff
#else
#define dw_attribute_offset(desc, i) TupleDescAttr(desc, i)->attcacheoff
#endif

/*
 * Statements with kept plans: the one way from C to the tables.
 *
 * A statement is a static constant of SQL text.  It is planned once per
 * backend with a generic plan and kept; every caller runs as dwello_owner
 * with the one pinned search_path, so the plan stays valid (architecture.md).
 * All functions here want an open SPI connection.  Results stand in
 * SPI_tuptable until the next statement and live until SPI_finish.
 */

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
 * Text without regard to the case of A to Z, whatever the locale of the
 * database: in Turkish "PLUMBING" is not "plumbing", and under C, which a
 * database without an encoding has, no other letter has a case.
 */
#define DW_FOLDED(text) \
	"pg_catalog.lower(" text " COLLATE pg_catalog.\"C\")"

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

/* A place as a geography. */
extern void dw_param_point(DwParams *p, const DwDegrees *place);

/* The place of a geography that is a point. */
extern void dw_point_read(Datum geography, DwDegrees *place);

/* A value of an enum of ours, by its label. */
extern void dw_param_enum(DwParams *p, const char *type, const char *label);

/* Arrays, copied; a NULL pointer to texts is NULL. */
extern void dw_param_uuids(DwParams *p, const DwUuid *ids, int count);
extern void dw_param_texts(DwParams *p, char **texts, int count);

/* Opens SPI for a C function that is not a call of call_server.h. */
extern void dw_spi_connect(void);

/* What dw_owner_end() puts back. */
typedef struct DwOwnerScope
{
	Oid			caller;			/* who ran before */
	int			context;		/* its security context */
	int			level;			/* of settings */
} DwOwnerScope;

/*
 * Opens SPI as dwello_owner with a path of our own, for a function that
 * runs as a caller of any role and any search_path.  Should an error come,
 * the end of the (sub)transaction puts user and path back.
 */
extern void dw_owner_begin(DwOwnerScope *scope);

/* Closes SPI, and is the caller again. */
extern void dw_owner_end(const DwOwnerScope *scope);

/* Runs a statement that may write or lock; sees this command's own writes. */
extern uint64 dw_execute(DwStatement *statement, const DwParams *p);

/* Runs a read in the caller's snapshot, as STABLE functions must. */
extern uint64 dw_query(DwStatement *statement, const DwParams *p);

/*
 * Between these a command's dw_query() sees what has committed by now, as
 * after a lock that was waited for, where the isolation level allows it.
 */
extern void dw_query_afresh_begin(void);
extern void dw_query_afresh_end(void);

/* Tells one result from the next: how many statements there were. */
extern uint64 dw_result_number(void);

/*
 * Readers of a last result that has one column: 0-based row.  NULL is 0,
 * false, DT_NOBEGIN or a NULL pointer; for a uuid false, and the nil one.
 */
extern bool dw_read_only_uuid(uint64 row, DwUuid *out);
extern int64 dw_read_only_int8(uint64 row);
extern int32 dw_read_only_int4(uint64 row);
extern bool dw_read_only_bool(uint64 row);
extern TimestampTz dw_read_only_time(uint64 row);
extern char *dw_read_only_text(uint64 row);

/* The same of an enum: its value.  NULL is a fault of ours. */
extern int	dw_read_only_enum(uint64 row, const DwLabels *labels);
extern Datum dw_read_only_datum(uint64 row, bool *isnull);

/* The whole column, in SPI's memory, and how many rows it has. */
extern DwUuid *dw_read_only_uuids(int *count);


/* A uuid as text, for messages; allocated in the current context. */
extern char *dw_uuid_text(const DwUuid *id);

/*
 * A place in a list that is read newest first, page by page.
 *
 * Rows are in the order of created_at and id, which together name a place;
 * a page goes on with what comes after it, so nothing is counted over.
 */

/* A place in the list; DW_CURSOR_NEWEST is before the newest row. */
typedef struct DwCursor
{
	TimestampTz created_at;		/* of the row it stands at */
	DwUuid		id;				/* its id */
} DwCursor;

#define DW_CURSOR_NEWEST	{.created_at = DT_NOEND}

/* Adds two parameters, to be compared with the row (created_at, id). */
extern void dw_param_cursor(DwParams *p, const DwCursor *cursor);

/*
 * Places the cursor at the row of that id, whose created_at is the one
 * column of the last result; false when that has no rows.
 */
extern bool dw_read_cursor(uint64 rows, const DwUuid *id, DwCursor *cursor);

/*
 * Reads the rows of a statement one by one, for as long as they are
 * wanted.
 */

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

/*
 * Calls a function whenever a relation, or with InvalidOid any, may have
 * changed; it must neither allocate nor read.  All of ours share one place
 * in the server's list, which has room for ten of everybody's.
 */
extern void dw_relation_watch(RelcacheCallbackFunction changed);

/* The type of that name in schema dwello, for a parameter. */
extern Oid	dw_type_find(const char *name);

/*
 * A value of an enum of ours as a member of a type that has its labels, and
 * back.  By labels and not by positions: ALTER TYPE ... ADD VALUE BEFORE
 * moves these, and a dump gives the members other numbers.  A value without a
 * member, or the other way, is a fault of ours.
 */
extern Datum dw_enum_datum(const DwLabels *labels, Oid type, int value);
extern int	dw_enum_value(const DwLabels *labels, Oid type, Datum member);

/*
 * Statements that write one row, or those of many commands at once.
 *
 * Those of server/table are made of its lists.  The text of another takes
 * its rows FROM DW_ROWS, a relation with one column for each parameter:
 *
 * UPDATE dwello.things AS t SET kind = r.kind
 * FROM DW_ROWS (id, kind) WHERE t.id = r.id
 *
 * Written alone, DW_ROWS is a sub-select of the parameters, which the planner
 * takes away; in a batch, it is unnested arrays.
 */

/* Where the rows of a statement stand in its text; r is their name. */
#define DW_ROWS		"@rows AS r "

/* A statement that writes rows, and its two kept plans. */
typedef struct DwWrite
{
	const char *sql;			/* as above */
	DwStatement one;			/* for a row alone */
	DwStatement many;			/* for rows of a batch, as arrays */
	const char *table;			/* where each must meet a row, or NULL */
} DwWrite;

#define DW_WRITE(text) {.sql = (text)}

/* Writes a row: at once, or, inside dw_write_batch(), when that ends. */
extern void dw_write(DwWrite *write, const DwParams *row);

/* True inside dw_write_batch(). */
extern bool dw_write_is_batched(void);

/*
 * Does some work, and holds back what it writes with dw_write(); in the end
 * each statement runs once, for all its rows, in the order in which they
 * were first used.  The work must not read what it writes, nor write a row
 * of a table twice.  If it raises, nothing is written.
 */
typedef void (*DwWork) (void *argument);
extern void dw_write_batch(DwWork work, void *argument);

/* One turn of a batch, 0 ... count - 1; false ends the batch after it. */
typedef bool (*DwTurn) (int turn, void *argument);

/*
 * Does the turns of a batch.  What a turn allocates and what its statements
 * return is gone with it, so that memory does not grow with the batch; it
 * may write into what was allocated before, but keep no pointer there.  A
 * batch can be cancelled between two turns.
 */
extern void dw_each_turn(int count, DwTurn turn, void *argument);

/*
 * Takes a lock of a table that others keep using, until the end of the
 * transaction.  Each try waits for a tenth of a second, so nobody waits
 * behind it for longer.  False, or with or_raise 55P03, after the last.
 */
extern bool dw_relation_lock(Oid relation, LOCKMODE mode, int tries,
							 bool or_raise);

#endif							/* DW_SQL_SERVER_H */
