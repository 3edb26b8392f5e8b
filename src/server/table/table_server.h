/*
 * table_server.h
 *		A table as one list of columns: what reads, writes and shows its rows.
 *
 * A store file lists the columns of its table once, each with the member of
 * a struct that holds it:
 *
 * static const DwColumn dispute_columns[] = {
 *		DW_COLUMN(UUID, DwDisputeRow, job_id, job_id, DW_COLUMN_KEY),
 *		DW_COLUMN(INT8, DwDisputeRow, amount, dispute.amount, DW_COLUMN_FIXED),
 * };
 * static DwTable disputes =
 *		DW_TABLE("disputes", DwDisputeRow, dispute_columns);
 *
 * From it come the statements that read whole rows, insert one and update
 * one by its key, each planned once and kept.  A lint holds every list
 * against the catalogue.  A table may have several lists, of the columns
 * that one kind of command writes.
 *
 * What a SELECT gives that is no row of one table is a list of fields: each
 * column of the result goes to the member that has its name.
 *
 * static const DwColumn sum_fields[] = {
 *		DW_FIELD(INT8, DwChargebackSum, amount, amount),
 * };
 * static DwMap sums = DW_MAP(sum_fields);
 */
#ifndef DW_TABLE_SERVER_H
#define DW_TABLE_SERVER_H

#include "postgres.h"

#include "core/base/base.h"
#include "server/sql/sql_server.h"

/* How a column is held in a struct, and what stands for NULL there. */
typedef enum DwForm
{
	DW_FORM_UUID,				/* DwUuid; nil, if it may be NULL */
	DW_FORM_UUID_COPY,			/* const DwUuid *; a NULL pointer */
	DW_FORM_UUIDS,				/* DwUuids, copied; none of them */
	DW_FORM_INT8,				/* int64; the column's null number */
	DW_FORM_INT4,				/* int32, of a smallint too; the null number */
	DW_FORM_WIDE_INT4,			/* int64, of an integer; the null number */
	DW_FORM_FLOAT8,				/* double; 0, or NaN, if it may be NULL */
	DW_FORM_BOOL,				/* bool; none */
	DW_FORM_TIME,				/* TimestampTz; DT_NOBEGIN */
	DW_FORM_PERIOD,				/* DwPeriod; unbounded */
	DW_FORM_DATE,				/* DateADT; DATEVAL_NOBEGIN */
	DW_FORM_TEXT,				/* char *; a NULL pointer */
	DW_FORM_CURRENCY,			/* char[4]; empty */
	DW_FORM_JSONB,				/* Datum, copied; 0 */
	DW_FORM_TEXTS,				/* Datum, a text[], copied; 0 */
	DW_FORM_NUMERIC,			/* Datum, copied; 0 */
	DW_FORM_POINT,				/* DwDegrees, of a geography; never NULL */
	DW_FORM_BYTEA,				/* bytea *, copied; a NULL pointer */
	DW_FORM_DATUM,				/* Datum of whatever type by reference, in
								 * SPI's memory, only read; 0 */
	DW_FORM_LABEL,				/* char *, of an enum; a NULL pointer */
	DW_FORM_ENUM				/* an enum with labels; the null number */
} DwForm;

/* A tstzrange that is not empty: the first moment, and the first after. */
typedef struct DwPeriod
{
	TimestampTz from;			/* DT_NOBEGIN: it always was */
	TimestampTz until;			/* DT_NOEND: until further notice */
} DwPeriod;

#define DW_COLUMN_KEY		1	/* finds the row */
#define DW_COLUMN_FIXED		2	/* written once, when the row is made */
#define DW_COLUMN_NULLABLE	4	/* the stand-in is written as NULL */
#define DW_COLUMN_BORN		8	/* the database fills it in a new row */
#define DW_COLUMN_COUNTED	16	/* every update adds 1, in the row and here */

/* One column. */
typedef struct DwColumn
{
	const char *name;			/* in SQL */
	DwForm		form;			/* how it is held */
	size_t		offset;			/* of the member */
	size_t		size;			/* of the member, to be checked */
	int			flags;			/* DW_COLUMN_* */
	int64		null;			/* the number that stands for NULL */
	const char *type;			/* of an enum or label, in schema dwello */
	const DwLabels *labels;		/* of an enum */
} DwColumn;

#define DW_COLUMN_MEMBER(row, member) \
	.offset = offsetof(row, member), .size = sizeof(((row *) 0)->member)

#define DW_COLUMN(form_, row, name_, member, flags_) \
	{.name = #name_, .form = DW_FORM_##form_, .flags = (flags_), \
	DW_COLUMN_MEMBER(row, member)}

/* A number that may be NULL, and what stands for it then. */
#define DW_COLUMN_OR(form_, row, name_, member, flags_, null_) \
	{.name = #name_, .form = DW_FORM_##form_, \
	.flags = (flags_) | DW_COLUMN_NULLABLE, .null = (null_), \
	DW_COLUMN_MEMBER(row, member)}

#define DW_COLUMN_ENUM(type_, row, name_, member, flags_, labels_) \
	{.name = #name_, .form = DW_FORM_ENUM, .flags = (flags_), \
	.type = #type_, .labels = &(labels_), DW_COLUMN_MEMBER(row, member)}

/* An enum that may be NULL, and what stands for it then. */
#define DW_COLUMN_ENUM_OR(type_, row, name_, member, flags_, labels_, null_) \
	{.name = #name_, .form = DW_FORM_ENUM, \
	.flags = (flags_) | DW_COLUMN_NULLABLE, .null = (null_), \
	.type = #type_, .labels = &(labels_), DW_COLUMN_MEMBER(row, member)}

/* The label of an enum, of whatever value. */
#define DW_COLUMN_LABEL(type_, row, name_, member, flags_) \
	{.name = #name_, .form = DW_FORM_LABEL, .flags = (flags_), \
	.type = #type_, DW_COLUMN_MEMBER(row, member)}

/* The same for what is only read. */
#define DW_FIELD(form_, row, name_, member) \
	DW_COLUMN(form_, row, name_, member, 0)
#define DW_FIELD_OR(form_, row, name_, member, null_) \
	DW_COLUMN_OR(form_, row, name_, member, 0, null_)
#define DW_FIELD_ENUM(row, name_, member, labels_) \
	DW_COLUMN_ENUM(, row, name_, member, 0, labels_)
#define DW_FIELD_ENUM_OR(row, name_, member, labels_, null_) \
	DW_COLUMN_ENUM_OR(, row, name_, member, 0, labels_, null_)

#define DW_RECORD_MAX 48		/* columns that a table or a map may name */

/* Where the columns of a table stand in its rows. */
typedef struct DwShape
{
	const char *const *names;	/* the columns, without repetition */
	int			count;			/* how many, at most DW_RECORD_MAX */
	Oid			type;			/* row type they were looked up in, or 0 */
	int			natts;			/* how many columns it had then */
	AttrNumber	attributes[DW_RECORD_MAX];	/* where they stand in it */
	Oid			types[DW_RECORD_MAX];	/* of them */
} DwShape;

/* Columns of a result and members of a struct. */
typedef struct DwMap
{
	const DwColumn *columns;	/* all that the result has */
	int			count;			/* of columns */
	uint64		result;			/* that they were looked up in last */
	TupleDesc	desc;			/* of it */
	AttrNumber	attributes[DW_RECORD_MAX];	/* where they stood */
} DwMap;

#define DW_MAP(columns_) \
	{.columns = (columns_), .count = lengthof(columns_)}

/*
 * Reads a row of the last result, 0-based, by the names of its columns;
 * members that are not named stay as they are.  A column that is missing or
 * of another type is a fault of ours.
 */
extern void dw_map_read(DwMap *map, uint64 index, void *row);

#define DW_ROWS_AT_ONCE 8		/* that one statement inserts, alone */

/* A table; below the first four members is what was made of them. */
typedef struct DwTable
{
	const char *name;			/* without the schema */
	const DwColumn *columns;	/* all that the struct holds */
	int			count;			/* of columns */
	size_t		size;			/* of the struct */
	DwShape		shape;			/* where the columns stand in a row */
	DwWrite		insert;			/* a row */
	DwWrite		update;			/* a row, by its key */
	DwStatement insert_new;		/* a row, unless it is there */
	DwStatement insert_rows[DW_ROWS_AT_ONCE];	/* so many, and one */
} DwTable;

#define DW_TABLE(name_, row, columns_) \
	{.name = (name_), .columns = (columns_), .count = lengthof(columns_), \
	.size = sizeof(row)}

/* A statement that reads whole rows: SELECT t FROM the table AS t, ... */
typedef struct DwTableQuery
{
	DwTable    *table;			/* whose rows */
	const char *tail;			/* what follows: WHERE, ORDER BY, FOR UPDATE */
	DwStatement statement;		/* made of both, once */
} DwTableQuery;

#define DW_TABLE_QUERY(table_, tail_) {.table = &(table_), .tail = (tail_)}

/*
 * Runs a query and gives the number of rows, to be read before the next
 * statement: one that may lock, or, for STABLE functions, in the caller's
 * snapshot.
 */
extern uint64 dw_table_execute(DwTableQuery *query, const DwParams *p);
extern uint64 dw_table_query(DwTableQuery *query, const DwParams *p);

/*
 * Reads one of them into a struct, and clears what is not in the list; texts
 * are copied into SPI's memory.  read_as() takes the column of that name from
 * a result that has several.
 */
extern void dw_table_read(DwTable *table, uint64 index, void *row);
extern void dw_table_read_as(DwTable *table, uint64 index, const char *name,
							 void *row);

/*
 * Writes a new row, all columns but those that the database fills.  Inside
 * dw_write_batch() this and update wait for its end.
 */
extern void dw_table_insert(DwTable *table, const void *row);

/* Writes several, an array of the struct, by as few statements as it takes. */
extern void dw_table_insert_rows(DwTable *table, const void *rows, int count);

/* Writes one at once; false when a row with one of its keys is there. */
extern bool dw_table_insert_new(DwTable *table, const void *row);

/*
 * Writes a row by its key, all columns that are not fixed.  An internal
 * error when there is no such row.
 */
extern void dw_table_update(DwTable *table, void *row);

#endif							/* DW_TABLE_SERVER_H */
