/*
 * category_store.c
 *		The tree of services: finding, adding and changing its categories.
 */
#include "postgres.h"

#include "utils/fmgrprotos.h"
#include "utils/snapmgr.h"

#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/job/job_store.h"

static const DwColumn category_columns[] = {
	DW_COLUMN(UUID, DwCategoryDraft, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID_COPY, DwCategoryDraft, parent_id, parent_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwCategoryDraft, name, name, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwCategoryDraft, description, description,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwCategoryDraft, icon_url, icon_url, DW_COLUMN_FIXED),
	DW_COLUMN(INT4, DwCategoryDraft, sort_order, sort_order,
			  DW_COLUMN_FIXED),
	DW_COLUMN(JSONB, DwCategoryDraft, cancellation_policy, tiers,
			  DW_COLUMN_FIXED)
};

static DwTable categories =
DW_TABLE("service_categories", DwCategoryDraft, category_columns);

/* What a job of a category usually costs, in one currency. */
typedef struct CategoryAmount
{
	DwUuid		category_id;	/* service_categories.id */
	const char *currency;		/* ISO 4217 */
	int64		amount;			/* minor units */
} CategoryAmount;

static const DwColumn amount_columns[] = {
	DW_COLUMN(UUID, CategoryAmount, category_id, category_id,
			  DW_COLUMN_KEY),
	DW_COLUMN(TEXT, CategoryAmount, currency, currency, DW_COLUMN_KEY),
	DW_COLUMN(INT8, CategoryAmount, amount, amount, 0)
};

static DwTable amounts =
DW_TABLE("category_amounts", CategoryAmount, amount_columns);

static const DwColumn category_fields[] = {
	DW_FIELD(UUID, DwCategory, id, id),
	DW_FIELD(UUID, DwCategory, parent_id, parent_id),
	DW_FIELD(BOOL, DwCategory, is_builtin, is_builtin),
	DW_FIELD(BOOL, DwCategory, is_active, is_active),
	DW_FIELD(INT4, DwCategory, version, version)
};

static DwMap in_force = DW_MAP(category_fields);

static const DwColumn move_fields[] = {
	DW_FIELD(BOOL, DwCategoryMove, is_below_itself, is_below_itself),
	DW_FIELD(INT4, DwCategoryMove, parent_depth, parent_depth),
	DW_FIELD(INT4, DwCategoryMove, height, height)
};

static DwMap moves = DW_MAP(move_fields);

bool
dw_category_load(const DwUuid *id, DwCategory *category)
{
	static DwStatement select_category =
		DW_STATEMENT("SELECT c.id, c.parent_id, c.is_builtin, "
					 "COALESCE(o.is_active, c.is_active) AS is_active, "
					 "COALESCE(o.version, c.version) AS version "
					 "FROM dwello.service_categories AS c "
					 "LEFT JOIN dwello.category_overrides AS o "
					 "ON o.category_id = c.id WHERE c.id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	if (dw_execute(&select_category, &p) == 0)
		return false;
	dw_map_read(&in_force, 0, category);
	return true;
}

bool
dw_category_lock(const DwUuid *id, DwCategory *category)
{
	/* two statements: one that has waited would see the old override */
	static DwStatement lock_category =
		DW_STATEMENT("SELECT FROM dwello.service_categories AS c "
					 "WHERE c.id = $1 FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	return dw_execute(&lock_category, &p) > 0 &&
		dw_category_load(id, category);
}

void
dw_category_lock_tree(void)
{
	/* "dwellotr" */
	(void) DirectFunctionCall1(pg_advisory_xact_lock_int8,
							   Int64GetDatum(0x6477656C6C6F7472));
}

void
dw_category_measure(const DwUuid *id, const DwUuid *parent_id,
					DwCategoryMove *move)
{
	/* both walks end by themselves in a tree; the bound is for another */
	static DwStatement measure_move =
		DW_STATEMENT("WITH RECURSIVE up (id, parent_id, level) AS ("
					 "SELECT c.id, c.parent_id, 1 "
					 "FROM dwello.service_categories AS c WHERE c.id = $2 "
					 "UNION ALL SELECT c.id, c.parent_id, up.level + 1 "
					 "FROM up JOIN dwello.service_categories AS c "
					 "ON c.id = up.parent_id WHERE up.level < 100), "
					 "down (id, level) AS (SELECT $1::uuid, 1 "
					 "UNION ALL SELECT c.id, down.level + 1 "
					 "FROM down JOIN dwello.service_categories AS c "
					 "ON c.parent_id = down.id "
					 "WHERE down.level < 100) "
					 "SELECT EXISTS (SELECT FROM up WHERE up.id = $1) "
					 "AS is_below_itself, "
					 "COALESCE((SELECT max(up.level) FROM up), 0) "
					 "AS parent_depth, "
					 "(SELECT max(down.level) FROM down) AS height");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	dw_param_uuid(&p, parent_id);
	dw_category_lock_tree();
	CommandCounterIncrement();
	PushActiveSnapshot(GetLatestSnapshot());
	(void) dw_query(&measure_move, &p);
	PopActiveSnapshot();
	dw_map_read(&moves, 0, move);
}

bool
dw_category_insert(const DwCategoryDraft *draft)
{
	return dw_table_insert_new(&categories, draft);
}

/* The parameters that both kinds of rows take, $1 to $8. */
static void
param_edit(DwParams *p, const DwUuid *id, const DwCategoryEdit *edit)
{
	dw_param_uuid(p, id);
	dw_param_text(p, edit->name);
	dw_param_text(p, edit->description);
	dw_param_text(p, edit->icon_url);
	dw_param_datum(p, BOOLOID, BoolGetDatum(edit->is_active),
				   !edit->has_is_active);
	dw_param_datum(p, INT4OID, Int32GetDatum(edit->sort_order),
				   !edit->has_sort_order);
	dw_param_datum(p, JSONBOID, edit->tiers, edit->tiers == (Datum) 0);
	dw_param_bool(p, edit->has_tiers);
}

/* Changes an operator's category in place. */
static void
category_update(const DwUuid *id, const DwCategoryEdit *edit)
{
	static DwStatement update_category =
		DW_STATEMENT("UPDATE dwello.service_categories AS c SET "
					 "name = COALESCE($2, c.name), "
					 "description = COALESCE($3, c.description), "
					 "icon_url = COALESCE($4, c.icon_url), "
					 "is_active = COALESCE($5, c.is_active), "
					 "sort_order = COALESCE($6, c.sort_order), "
					 "cancellation_policy = CASE WHEN $8 THEN $7 "
					 "ELSE c.cancellation_policy END, "
					 "parent_id = CASE WHEN $9::uuid IS NULL "
					 "THEN c.parent_id ELSE NULLIF($9, "
					 "'00000000-0000-0000-0000-000000000000') END, "
					 "version = c.version + 1 WHERE c.id = $1");
	DwParams	p = DW_PARAMS;

	param_edit(&p, id, edit);
	dw_param_uuid(&p, edit->parent_id);
	(void) dw_execute(&update_category, &p);
}

/* Adds to what the operator has changed about a built-in category. */
static void
category_override(const DwUuid *id, const DwCategoryEdit *edit, int32 version)
{
	static DwStatement override_category =
		DW_STATEMENT("INSERT INTO dwello.category_overrides AS o "
					 "(category_id, name, description, icon_url, "
					 "is_active, sort_order, cancellation_policy, version) "
					 "VALUES ($1, $2, $3, $4, $5, $6, $7, $9) "
					 "ON CONFLICT (category_id) DO UPDATE SET "
					 "name = COALESCE(EXCLUDED.name, o.name), "
					 "description = "
					 "COALESCE(EXCLUDED.description, o.description), "
					 "icon_url = COALESCE(EXCLUDED.icon_url, o.icon_url), "
					 "is_active = COALESCE(EXCLUDED.is_active, o.is_active), "
					 "sort_order = "
					 "COALESCE(EXCLUDED.sort_order, o.sort_order), "
					 "cancellation_policy = CASE WHEN $8 THEN $7 "
					 "ELSE o.cancellation_policy END, "
					 "version = EXCLUDED.version");
	DwParams	p = DW_PARAMS;

	param_edit(&p, id, edit);
	dw_param_int4(&p, version);
	(void) dw_execute(&override_category, &p);
}

void
dw_category_save(DwCategory *category, const DwCategoryEdit *edit)
{
	category->version++;
	if (category->is_builtin)
		category_override(&category->id, edit, category->version);
	else
		category_update(&category->id, edit);
}

void
dw_category_amount_save(const DwUuid *id, const char *currency, int64 amount)
{
	CategoryAmount row = {*id, currency, amount};

	if (!dw_table_insert_new(&amounts, &row))
		dw_table_update(&amounts, &row);
}
