/*
 * item_api.h
 *		Reads the objects of an argument that is a list of documents.
 *
 * What is wrong goes into the fault of the call and reading goes on, so that
 * the fault told is the first in the order of errors, not of the text.  A
 * member that is JSON null counts as not given; one with a name that nobody
 * knows is a fault: it is a misspelt one.
 */
#ifndef DW_ITEM_API_H
#define DW_ITEM_API_H

#include "api/fault_api.h"
#include "store/document_store.h"

/* The object being read, and where to note what is wrong with it. */
typedef struct DwItem
{
	DwDocument	object;			/* its members */
	DwFaultPlace place;			/* of the object */
	DwFault    *fault;			/* of the call */
} DwItem;

/* Opens the list of item's argument; the number of its items, at most max. */
extern int	dw_item_list(DwCall *call, DwItem *item, int max,
						 DwDocument *list);

/*
 * Opens one item of a list, whose members have these names (NULL-ended);
 * false, and noted, when it is no object.
 */
extern bool dw_item_open(const DwDocument *list, int i, DwItem *item,
						 const char *const *names);

/* Notes a member whose name is not in a NULL-ended list. */
extern void dw_item_names(DwItem *item, const char *const *names);

/* A text member; NULL when it was not given. */
extern char *dw_item_text(DwItem *item, const char *member, DwTextRule rule);

/* A whole number, or what stands for one that was not given. */
extern int64 dw_item_int8(DwItem *item, const char *member, int64 absent);

/* True or false, or what stands for a member that was not given. */
extern bool dw_item_bool(DwItem *item, const char *member, bool absent);

/* Notes a fault of one member. */
extern void dw_item_note(DwItem *item, const char *member, DwResult code,
						 const char *what);

#endif							/* DW_ITEM_API_H */
