/*
 * match_rule_store.h
 *		What matching needs of settings and categories, kept in memory.
 *
 * Both change seldom and are asked for at every call, so a backend keeps
 * them until the server tells it that one of their tables has changed: their
 * triggers see to that.  What is kept is what was committed when it was read
 * and what the transaction itself has written, whatever the snapshot of the
 * call is.
 */
#ifndef DW_MATCH_RULE_STORE_H
#define DW_MATCH_RULE_STORE_H

#include "postgres.h"

#include "core/category.h"
#include "core/match.h"

/* The operator's settings of matching. */
typedef struct DwMatchRules
{
	double		radius_miles;	/* where a provider has none of his own */
	double		max_radius_miles;	/* farthest a provider may be */
	int32		standing;		/* bits that a provider's must have: 1 e-mail,
								 * 2 telephone, 4 checked */
	double		freshness_hours;	/* as in DwMatchWish */
	double		reference;		/* as in DwMatchWish */
	double		weights[DW_MATCH_TERM_COUNT];	/* as in DwMatchWish */
} DwMatchRules;

/* Categories with all below them, and how well each fits. */
typedef struct DwMatchCategories
{
	DwUuid	   *ids;			/* each once */
	double	   *fits;			/* 1 for one that was named, else by depth */
	int			count;			/* of both */
} DwMatchCategories;

/* Watches the tables; once, from _PG_init. */
extern void dw_match_rules_init(void);

/* The settings; wants an open SPI connection. */
extern const DwMatchRules *dw_match_rules(void);

/*
 * The categories that were named with everything below them; those that do
 * not exist are left out.
 */
extern void dw_match_categories(const DwUuid *ids, int count,
								DwMatchCategories *categories);

/* True when there is such a category. */
extern bool dw_match_category_exists(const DwUuid *id);

/* A category and all above it, the next one first. */
typedef struct DwMatchPath
{
	DwUuid		ids[DW_CATEGORY_DEPTH_MAX]; /* from the category to its root */
	int			count;			/* of them; 0: there is no such category */
	bool		shares_tag;		/* another has the tag of one of them */
} DwMatchPath;

/* Finds a category and all above it. */
extern void dw_match_path(const DwUuid *id, DwMatchPath *path);

/* Tells every backend, from the commit on, that a table has changed. */
extern void dw_match_rules_forget(Oid relation);

#endif							/* DW_MATCH_RULE_STORE_H */
