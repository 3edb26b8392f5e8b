/*
 * fault.h
 *		What is wrong with the arguments of a call, told once and in order.
 *
 * A caller who got several arguments wrong is told of one fault, and it is
 * always the same one: the first in the order of DwResult (a text too long
 * before a bad value before a broken rule), and of those the first found.
 * So the checks can be made in whatever order is easiest to read.
 */
#ifndef DW_FAULT_H
#define DW_FAULT_H

#include <stddef.h>

#include "core/result.h"

#define DW_FAULT_NO_ITEM	(-1)	/* the whole argument is at fault */

/* The place of a fault: an argument, or a member of one item of its list. */
typedef struct DwFaultPlace
{
	int			argument;		/* position, from 0 */
	int			item;			/* of a list, from 0; or DW_FAULT_NO_ITEM */
	const char *member;			/* name within the item, or NULL */
} DwFaultPlace;

/* The fault to tell; all zero before the first check. */
typedef struct DwFault
{
	DwResult	code;			/* DW_OK: none was found */
	DwFaultPlace place;			/* where it is */
	const char *what;			/* the end of a sentence: "must be ..." */
} DwFault;

/* Notes a fault, unless one that comes before it is known already. */
static inline void
dw_fault_note_at(DwFault *fault, DwFaultPlace place, DwResult code,
				 const char *what)
{
	if (fault->code != DW_OK && fault->code <= code)
		return;
	fault->code = code;
	fault->place = place;
	fault->what = what;
}

/* The same for a whole argument. */
static inline void
dw_fault_note(DwFault *fault, int argument, DwResult code, const char *what)
{
	DwFaultPlace place = {argument, DW_FAULT_NO_ITEM, NULL};

	dw_fault_note_at(fault, place, code, what);
}

#endif							/* DW_FAULT_H */
