/*
 * category_store.h
 *		The tree of services: finding, adding and changing its categories.
 *
 * An operator's category is a row of dwello.service_categories; what he
 * changes about a built-in one is in dwello.category_overrides.  Either way
 * the row of service_categories is what is locked.
 *
 * What keeps the tree a tree: whoever moves a category has locked all of
 * them, in the order of their ids, and whoever adds one has locked its
 * parent FOR SHARE.  So no two moves look at the tree at once, and no
 * parent sinks while it gets a child.
 */
#ifndef DW_CATEGORY_STORE_H
#define DW_CATEGORY_STORE_H

#include "postgres.h"

#include "core/category.h"
#include "core/uuid.h"

/* A category to be added. */
typedef struct DwCategoryDraft
{
	DwUuid		id;				/* service_categories.id */
	const DwUuid *parent_id;	/* NULL: a root */
	const char *name;			/* as shown */
	const char *description;	/* or NULL */
	const char *icon_url;		/* or NULL */
	int64		reference_amount;	/* minor units; 0 = none */
	int32		sort_order;		/* among its siblings */
} DwCategoryDraft;

/* What is changed about a category; what is not given stays. */
typedef struct DwCategoryEdit
{
	const DwUuid *parent_id;	/* NULL: stays; nil: becomes a root */
	const char *name;			/* NULL: stays, as the next two */
	const char *description;	/* as shown */
	const char *icon_url;		/* as shown */
	int64		reference_amount;	/* minor units; 0 = stays */
	bool		has_is_active;	/* else it stays */
	bool		is_active;		/* takes new jobs */
	bool		has_sort_order; /* else it stays */
	int32		sort_order;		/* among its siblings */
} DwCategoryEdit;

/* A category as it is in force. */
typedef struct DwCategory
{
	DwUuid		id;				/* service_categories.id */
	DwUuid		parent_id;		/* nil: it is a root */
	bool		is_builtin;		/* belongs to the version */
	bool		is_active;		/* takes new jobs */
	int32		version;		/* of the row, or of what overrides it */
} DwCategory;

/* Reads a category without a lock; false when there is none. */
extern bool dw_category_load(const DwUuid *id, DwCategory *category);

/* Locks and reads a category; false when there is none. */
extern bool dw_category_lock(const DwUuid *id, DwCategory *category);

/* Locks every category, for a move; then lock the one it is about. */
extern void dw_category_lock_all(void);

/* Locks a parent-to-be where it is; false when there is none. */
extern bool dw_category_lock_parent(const DwUuid *id);

/* The facts about a move below a parent; NULL or nil: to the top. */
extern void dw_category_measure(const DwUuid *id, const DwUuid *parent_id,
								DwCategoryMove *move);

/* Writes a new category; false, and nothing written, when the id is taken. */
extern bool dw_category_insert(const DwCategoryDraft *draft);

/* Applies an edit to a locked category, and counts its version up. */
extern void dw_category_save(DwCategory *category,
							 const DwCategoryEdit *edit);

#endif							/* DW_CATEGORY_STORE_H */
