/*
 * match_rule_store.c
 *		What matching needs of settings and categories, kept in memory.
 *
 * The tree is kept in preorder: what is below a category follows it, up to
 * the next one that is not deeper.  Validity is what a relation's cached
 * description has: a message to all backends when the transaction that
 * wrote commits.  Reading with the latest snapshot leaves no gap, for a
 * change that it does not see has its message still to come.  In a parallel
 * operation no snapshot may be taken: then the active one reads, and what it
 * saw serves that snapshot alone.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "storage/proc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "core/audience/audience.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/match/match_store.h"

/* The tables that are watched. */
static const char *const tables[] = {
	"system_settings", "system_settings_defaults", "service_categories"
};

/* A category of the tree in preorder. */
typedef struct TreeItem
{
	DwUuid		id;				/* the category */
	int			depth;			/* 0: a root */
	int			parent;			/* its place in the tree; -1: a root */
	bool		shares_tag;		/* another has its tag */
} TreeItem;

static const DwColumn tree_fields[] = {
	DW_FIELD(UUID, TreeItem, id, id),
	DW_FIELD(INT4, TreeItem, depth, depth)
};

static DwMap tree_items = DW_MAP(tree_fields);

/* A place in the tree by id. */
typedef struct TreePlace
{
	DwUuid		id;				/* the category */
	int			item;			/* its place in the tree */
} TreePlace;

/*
 * What tells one snapshot of a transaction from another: whatever ends
 * between the two raises xmax or leaves fewer in progress.
 */
typedef struct SnapshotMark
{
	LocalTransactionId transaction; /* of this process */
	TransactionId xmax;			/* the first that it does not see */
	uint32		running;		/* transactions in progress */
	int32		subrunning;		/* subtransactions in progress */
	CommandId	command;		/* of its own, the first not seen */
} SnapshotMark;

/* All that is kept. */
static struct
{
	bool		is_valid;		/* nothing has changed since */
	bool		is_bound;		/* it serves the marked snapshot alone */
	SnapshotMark mark;			/* of it, if so */
	MemoryContext context;		/* holds the arrays */
	Oid			relations[lengthof(tables)];	/* the tables */
	DwMatchRules rules;			/* the settings */
	TreeItem   *tree;			/* preorder */
	TreePlace  *places;			/* by id */
	int			count;			/* of both */
}			kept;

/*
 * Called when the description of a relation is out of date.  It must neither
 * allocate nor read: it runs wherever the server takes in messages.
 */
static void
rules_invalidate(Datum arg, Oid relation)
{
	for (size_t i = 0; i < lengthof(tables); i++)
	{
		if (relation == InvalidOid || relation == kept.relations[i])
			kept.is_valid = false;
	}
}

void
dw_match_rules_init(void)
{
	dw_relation_watch(rules_invalidate);
}

void
dw_match_rules_forget(const char *table)
{
	Oid			schema = get_namespace_oid("dwello", true);
	Oid			relation = get_relname_relid(table, schema);

	if (OidIsValid(relation))
		CacheInvalidateRelcacheByRelid(relation);
}

/* Reads the settings. */
static void
rules_load_settings(void)
{
	DwMatchRules *rules = &kept.rules;

	rules->radius_miles = dw_setting_float8("match_radius_miles");
	rules->max_radius_miles = dw_setting_float8("max_bid_radius_miles");
	rules->account_status =
		(dw_setting_bool("email_verification_required") ? 1 : 0) |
		(dw_setting_bool("phone_verification_required") ? 2 : 0) |
		(dw_setting_bool("auto_approve_providers") ? 0 : 4);
	rules->freshness_hours = dw_setting_float8("match_freshness_hours");
	for (int i = 0; i < DW_MATCH_TERM_COUNT; i++)
		rules->weights[i] =
			dw_setting_float8(psprintf("match_weight_%s",
									   dw_match_term_label((DwMatchTerm) i)));
}

/* By id. */
static int
place_compare(const void *a, const void *b)
{
	return dw_uuid_compare(&((const TreePlace *) a)->id,
						   &((const TreePlace *) b)->id);
}

/*
 * The parent of the last item of the tree in the making: in preorder, the
 * last one before it that is less deep.  What lies between is passed over by
 * way of its parents.
 */
static int
tree_parent(int item)
{
	int			above = item - 1;

	while (above >= 0 && kept.tree[above].depth >= kept.tree[item].depth)
		above = kept.tree[above].parent;
	return above;
}

/*
 * Finds the categories whose tag another has: for a job in one of those a
 * key of the audience index is not certain, and its row is looked at.
 */
static void
tree_mark_tags(void)
{
	uint8	   *seen = palloc0(UINT16_MAX + 1);

	for (int i = 0; i < kept.count; i++)
	{
		uint8	   *times = &seen[dw_category_tag(&kept.tree[i].id)];

		*times = Min(*times + 1, 2);
	}
	for (int i = 0; i < kept.count; i++)
		kept.tree[i].shares_tag =
			seen[dw_category_tag(&kept.tree[i].id)] > 1;
	pfree(seen);
}

/* Reads the tree. */
static void
rules_load_tree(void)
{
	static DwStatement select_tree =
		DW_STATEMENT("WITH RECURSIVE tree (id, depth, path) AS ("
					 "SELECT c.id, 0, ARRAY[c.id] "
					 "FROM dwello.service_categories AS c "
					 "WHERE c.parent_id IS NULL UNION ALL "
					 "SELECT c.id, t.depth + 1, t.path || c.id "
					 "FROM tree AS t JOIN dwello.service_categories AS c "
					 "ON c.parent_id = t.id) "
					 "SELECT t.id, t.depth FROM tree AS t ORDER BY t.path");
	int			count = (int) dw_query(&select_tree, NULL);

	kept.tree = MemoryContextAlloc(kept.context,
								   (count + 1) * sizeof(*kept.tree));
	kept.places = MemoryContextAlloc(kept.context,
									 (count + 1) * sizeof(*kept.places));
	kept.count = count;
	for (int i = 0; i < count; i++)
	{
		dw_map_read(&tree_items, i, &kept.tree[i]);
		kept.tree[i].parent = tree_parent(i);
		kept.places[i].id = kept.tree[i].id;
		kept.places[i].item = i;
	}
	qsort(kept.places, count, sizeof(*kept.places), place_compare);
	tree_mark_tags();
}

/* The mark of the active snapshot. */
static SnapshotMark
snapshot_mark(void)
{
	Snapshot	snapshot = GetActiveSnapshot();
	SnapshotMark mark = {
		.transaction = dw_proc_lxid(MyProc),
		.xmax = snapshot->xmax,
		.running = snapshot->xcnt,
		.subrunning = snapshot->subxcnt,
		.command = snapshot->curcid
	};

	return mark;
}

/*
 * True when what is kept serves the active snapshot.  What was read in a
 * parallel operation is no longer good outside of it: there the latest
 * snapshot is read, which may be newer.
 */
static bool
rules_are_current(void)
{
	SnapshotMark now;

	if (!kept.is_valid || !kept.is_bound)
		return kept.is_valid;
	if (!IsInParallelMode())
		return false;
	now = snapshot_mark();
	return now.transaction == kept.mark.transaction &&
		now.xmax == kept.mark.xmax &&
		now.running == kept.mark.running &&
		now.subrunning == kept.mark.subrunning &&
		now.command == kept.mark.command;
}

/* The snapshot to read with. */
static Snapshot
rules_snapshot(void)
{
	kept.is_bound = IsInParallelMode();
	if (!kept.is_bound)
		return GetLatestSnapshot();
	kept.mark = snapshot_mark();
	return GetActiveSnapshot();
}

/*
 * Reads everything, unless it is valid.  It counts as valid before it is
 * read, so that a message which comes meanwhile is not lost.
 */
static void
rules_load(void)
{
	Oid			schema;

	if (rules_are_current())
		return;
	if (kept.context == NULL)
		kept.context = AllocSetContextCreate(CacheMemoryContext,
											 "dwello matching",
											 ALLOCSET_SMALL_SIZES);
	MemoryContextReset(kept.context);
	kept.count = 0;
	schema = get_namespace_oid("dwello", false);
	for (size_t i = 0; i < lengthof(tables); i++)
		kept.relations[i] = get_relname_relid(tables[i], schema);
	PushActiveSnapshot(rules_snapshot());
	kept.is_valid = true;
	PG_TRY();
	{
		rules_load_settings();
		rules_load_tree();
	}
	PG_CATCH();
	{
		kept.is_valid = false;
		PG_RE_THROW();
	}
	PG_END_TRY();
	PopActiveSnapshot();
}

const DwMatchRules *
dw_match_rules(void)
{
	rules_load();
	return &kept.rules;
}

/* The place of a category in the tree; -1 for none. */
static int
tree_find(const DwUuid *id)
{
	const TreePlace *place = bsearch(id, kept.places, kept.count,
									 sizeof(*kept.places), place_compare);

	return place == NULL ? -1 : place->item;
}

/*
 * Adds a category; one that is there already keeps its best fit, so that the
 * order in which categories are named does not matter.
 */
static void
categories_add(DwMatchCategories *categories, int *entries, int item,
			   double fit)
{
	if (entries[item] < 0)
	{
		entries[item] = categories->count++;
		categories->ids[entries[item]] = kept.tree[item].id;
		categories->fits[entries[item]] = fit;
	}
	else if (fit > categories->fits[entries[item]])
		categories->fits[entries[item]] = fit;
}

void
dw_match_categories(const DwUuid *ids, int count,
					DwMatchCategories *categories)
{
	int		   *entries;

	rules_load();
	entries = palloc((kept.count + 1) * sizeof(*entries));
	memset(entries, -1, (kept.count + 1) * sizeof(*entries));
	categories->ids = palloc((kept.count + 1) * sizeof(DwUuid));
	categories->fits = palloc((kept.count + 1) * sizeof(double));
	categories->count = 0;
	for (int i = 0; i < count; i++)
	{
		int			top = tree_find(&ids[i]);
		int			item = top;

		if (top < 0)
			continue;
		do
		{
			categories_add(categories, entries, item,
						   dw_match_fit(kept.tree[item].depth -
										kept.tree[top].depth));
			item++;
		} while (item < kept.count &&
				 kept.tree[item].depth > kept.tree[top].depth);
	}
}

bool
dw_match_category_exists(const DwUuid *id)
{
	rules_load();
	return tree_find(id) >= 0;
}

void
dw_category_pairs(DwCategoryPairs *pairs, bool roots_only)
{
	int			room = 0;

	rules_load();
	for (int item = 0; item < kept.count; item++)
		room += kept.tree[item].depth + 1;
	pairs->ids = palloc((room + 1) * sizeof(DwUuid));
	pairs->others = palloc((room + 1) * sizeof(DwUuid));
	pairs->count = 0;
	for (int item = 0; item < kept.count; item++)
	{
		for (int at = item; at >= 0; at = kept.tree[at].parent)
		{
			if (roots_only && kept.tree[at].parent >= 0)
				continue;
			pairs->ids[pairs->count] = kept.tree[item].id;
			pairs->others[pairs->count++] = kept.tree[at].id;
		}
	}
}

void
dw_match_path(const DwUuid *id, DwMatchPath *path)
{
	rules_load();
	path->count = 0;
	path->shares_tag = false;
	for (int item = tree_find(id);
		 item >= 0 && path->count < DW_CATEGORY_DEPTH_MAX;
		 item = kept.tree[item].parent)
	{
		path->ids[path->count++] = kept.tree[item].id;
		path->shares_tag |= kept.tree[item].shares_tag;
	}
}

bool
dw_match_is_below(const DwUuid *id, const DwUuids *categories)
{
	DwMatchPath path;

	if (categories->count == 0)
		return true;
	dw_match_path(id, &path);
	for (int i = 0; i < path.count; i++)
		for (int j = 0; j < categories->count; j++)
			if (dw_uuid_equal(&path.ids[i], &categories->ids[j]))
				return true;
	return false;
}
