/*
 * amount_server.c
 *		Settings that are amounts of money: one for each currency.
 *
 * The operator's own are rows of dwello.setting_amounts over the built-in
 * ones of core.  All are kept in memory, for every bid asks: they are valid
 * until the table's cached description is out of date, which its triggers
 * bring about at each change.  The latest snapshot reads them, so that a
 * change which it does not see has its message still to come; in a parallel
 * operation no snapshot may be taken, and what the active one saw is not
 * kept.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "core/admin/admin.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"

#define TABLE_NAME "setting_amounts"

/* A row of the table. */
typedef struct Row
{
	char	   *name;			/* of the setting */
	char	   *currency;		/* ISO 4217 */
	int64		amount;			/* minor units; ROW_BUILTIN for that */
	int32		version;		/* counts up at each change */
} Row;

#define ROW_BUILTIN	(-1)		/* NULL in the table */

static const DwColumn row_columns[] = {
	DW_COLUMN(TEXT, Row, name, name, DW_COLUMN_KEY),
	DW_COLUMN(TEXT, Row, currency, currency, DW_COLUMN_KEY),
	DW_COLUMN_OR(INT8, Row, amount, amount, 0, ROW_BUILTIN),
	DW_COLUMN(INT4, Row, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED)
};

static DwTable rows = DW_TABLE(TABLE_NAME, Row, row_columns);

/* All rows. */
static struct
{
	bool		is_valid;		/* nothing has changed since */
	Oid			relation;		/* the table */
	MemoryContext context;		/* holds the array and its texts */
	Row		   *rows;			/* in no order */
	int			count;			/* of them */
}			kept;

/* Called wherever the server takes in messages: it may not read. */
static void
amounts_invalidate(Datum arg, Oid relation)
{
	if (relation == InvalidOid || relation == kept.relation)
		kept.is_valid = false;
}

void
dw_setting_amounts_init(void)
{
	dw_relation_watch(amounts_invalidate);
}

/* Reads the table with the snapshot that is pushed. */
static void
amounts_read(void)
{
	static DwTableQuery all = DW_TABLE_QUERY(rows, "");
	int			count = (int) dw_table_query(&all, NULL);
	MemoryContext old = MemoryContextSwitchTo(kept.context);

	kept.rows = palloc(sizeof(Row) * (count + 1));
	for (int i = 0; i < count; i++)
	{
		Row			row;

		dw_table_read(&rows, i, &row);
		row.name = pstrdup(row.name);
		row.currency = pstrdup(row.currency);
		kept.rows[kept.count++] = row;
	}
	MemoryContextSwitchTo(old);
}

/* Reads all, unless what is kept is valid; valid before it is read. */
static void
amounts_load(void)
{
	if (kept.is_valid)
		return;
	if (kept.context == NULL)
		kept.context = AllocSetContextCreate(CacheMemoryContext,
											 "dwello amounts",
											 ALLOCSET_SMALL_SIZES);
	MemoryContextReset(kept.context);
	kept.count = 0;
	kept.relation = get_relname_relid(TABLE_NAME,
									  get_namespace_oid("dwello", false));
	PushActiveSnapshot(IsInParallelMode() ? GetActiveSnapshot()
					   : GetLatestSnapshot());
	kept.is_valid = true;
	PG_TRY();
	{
		amounts_read();
	}
	PG_CATCH();
	{
		kept.is_valid = false;
		PG_RE_THROW();
	}
	PG_END_TRY();
	PopActiveSnapshot();
	if (IsInParallelMode())
		kept.is_valid = false;
}

/* The row of a setting for a currency, or NULL. */
static const Row *
amount_find(const char *name, const char *currency)
{
	amounts_load();
	for (int i = 0; i < kept.count; i++)
		if (strcmp(kept.rows[i].name, name) == 0 &&
			strcmp(kept.rows[i].currency, currency) == 0)
			return &kept.rows[i];
	return NULL;
}

int64
dw_setting_amount(const char *name, const char *currency)
{
	const Row  *row = amount_find(name, currency);

	if (row != NULL && row->amount != ROW_BUILTIN)
		return row->amount;
	return dw_setting_amount_builtin(name, currency);
}

bool
dw_setting_amount_is_own(const char *name, const char *currency,
						 int32 *version)
{
	const Row  *row = amount_find(name, currency);

	*version = row == NULL ? 1 : row->version;
	return row != NULL && row->amount != ROW_BUILTIN;
}

int32
dw_setting_amount_lock(const char *name, const char *currency)
{
	static DwTableQuery lock =
		DW_TABLE_QUERY(rows, "WHERE t.name = $1 AND t.currency = $2 "
					   "FOR NO KEY UPDATE OF t");
	Row			row = {
		pstrdup(name), pstrdup(currency), ROW_BUILTIN, 1
	};
	DwParams	p = DW_PARAMS;

	(void) dw_table_insert_new(&rows, &row);
	dw_param_text(&p, name);
	dw_param_text(&p, currency);
	if (dw_table_execute(&lock, &p) == 0)
		elog(ERROR, "amount \"%s\" in %s is gone", name, currency);
	dw_table_read(&rows, 0, &row);
	return row.version;
}

void
dw_setting_amount_save(const char *name, const char *currency,
					   const int64 *amount, int32 version)
{
	Row			row = {
		pstrdup(name), pstrdup(currency),
		amount == NULL ? ROW_BUILTIN : *amount, version
	};

	dw_table_update(&rows, &row);
}
