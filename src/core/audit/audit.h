/*
 * audit.h
 *		What the database keeps of a change, and what of it is anybody's.
 */
#ifndef DW_AUDIT_H
#define DW_AUDIT_H

#include <stdbool.h>

#include "core/base/base.h"

/*
 * The registry of personal data: what each column of each table holds.
 *
 * A column of a table that the registry does not name is personal, unless
 * its type can hold nothing of a person (numbers, times, ids, enums).
 */

/* What a column holds. */
typedef enum DwDataClass
{
	DW_DATA_UNKNOWN,			/* the registry does not say */
	DW_DATA_PLAIN,				/* nothing of a person */
	DW_DATA_PERSONAL,			/* of a person, in clear */
	DW_DATA_SEALED,				/* of a person, sealed */
	DW_DATA_SECRET				/* never shown or copied to anybody */
} DwDataClass;

/* What becomes of a table's rows of a person who is erased. */
typedef enum DwErasure
{
	DW_ERASE_NOTHING,			/* they are nobody's */
	DW_ERASE_SCRUB,				/* they stay, without what is personal */
	DW_ERASE_DELETE,			/* they go */
	DW_ERASE_KEEP				/* they stay as they are */
} DwErasure;

DW_LABELS_OF(erasure, DwErasure);

/* One table; the lists are names with a blank between two, or NULL. */
typedef struct DwDataTable
{
	const char *name;			/* without the schema */
	const char *person;			/* the column whose person it is; or NULL */
	DwErasure	erasure;		/* what becomes of the person's rows */
	const char *plain;			/* columns that hold nothing of a person */
	const char *personal;		/* columns of a person, in clear */
	const char *sealed;			/* columns of a person, sealed */
	const char *secret;			/* columns that nobody is shown */
	const char *also;			/* another column that names a person, and
								 * what of the row goes with that one, too */
	const char *others;			/* further columns of people whose export has
								 * the row, without what is personal of it */
	const char *through;		/* the table whose people are those of its
								 * rows, which are of a transaction */
	const char *kept;			/* why rows stay as they are: law, money, key
								 * (of no use without one) or counts */
} DwDataTable;

/* A table by its name; NULL when the registry does not have it. */
extern const DwDataTable *dw_data_table(const char *name);

/* A table by its place, from 0; NULL after the last. */
extern const DwDataTable *dw_data_table_at(int index);

/* What a column of it holds; UNKNOWN also of a NULL table. */
extern DwDataClass dw_data_class(const DwDataTable *table,
								 const char *column);

/* True when a list of names, or NULL, has that one. */
extern bool dw_data_list_has(const char *list, const char *name);

#endif							/* DW_AUDIT_H */
