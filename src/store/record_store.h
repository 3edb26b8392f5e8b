/*
 * record_store.h
 *		Whole rows of a table as one result column, taken apart at once.
 *
 * "SELECT j FROM dwello.jobs AS j" returns the row as one value.  The server
 * spends some 2000 instructions a column of a result on its description, at
 * every execution; a row read this way costs one column, however wide it is.
 */
#ifndef DW_RECORD_STORE_H
#define DW_RECORD_STORE_H

#include "postgres.h"

#include "access/attnum.h"

#include "store/plan_store.h"

#define DW_RECORD_MAX 48		/* columns that a reader may take */

/* The columns of a table that a reader takes, in his order. */
typedef struct DwShape
{
	const char *const *names;	/* the columns, without repetition */
	int			count;			/* how many, at most DW_RECORD_MAX */
	Oid			type;			/* row type they were looked up in, or 0 */
	int			natts;			/* how many columns it had then */
	AttrNumber	attributes[DW_RECORD_MAX];	/* where they stand in it */
} DwShape;

#define DW_SHAPE(list)	{.names = (list), .count = lengthof(list)}

/* One row, by the reader's order of columns. */
typedef struct DwRecord
{
	Datum		values[DW_RECORD_MAX];	/* point into SPI's memory */
	bool		nulls[DW_RECORD_MAX];	/* true for NULL */
} DwRecord;

/* Takes apart a whole row of the last result; 0-based row, 1-based column. */
extern void dw_record_read(DwRecord *record, DwShape *shape, uint64 row,
						   int column);

/* Takes apart a row of the last result by its own columns, in their order. */
extern void dw_record_row(DwRecord *record, uint64 row);

/* Takes apart a row that came as an argument. */
extern void dw_record_of(DwRecord *record, DwShape *shape, Datum row);

/* Readers by 0-based position in the shape; NULL as dw_read_* have it. */
extern bool dw_record_uuid(const DwRecord *record, int i, DwUuid *out);
extern int64 dw_record_int8(const DwRecord *record, int i);
extern int32 dw_record_int4(const DwRecord *record, int i);
extern bool dw_record_bool(const DwRecord *record, int i);
extern DateADT dw_record_date(const DwRecord *record, int i);
extern TimestampTz dw_record_time(const DwRecord *record, int i);
extern char *dw_record_text(const DwRecord *record, int i);

/* The label of an enum; NULL when it is NULL. */
extern char *dw_record_label(const DwRecord *record, int i);

#endif							/* DW_RECORD_STORE_H */
