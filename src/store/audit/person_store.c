/*
 * person_store.c
 *		All that the database has of a person, as the registry finds it.
 *
 * A statement for each table that has a person, made of the registry: a
 * table that is added there is exported.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "core/audit/audit.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/audit/audit_store.h"

#define TABLES_MAX	128			/* of the registry */

/* A row of somebody. */
typedef struct PersonRow
{
	DwUuid		id;				/* what its sealed values are bound to */
	Datum		data;			/* the row, as an object */
} PersonRow;

static const DwColumn person_fields[] = {
	DW_FIELD(UUID, PersonRow, id, id),
	DW_FIELD(JSONB, PersonRow, data, data)
};
static DwMap person_map = DW_MAP(person_fields);

/* True when a table has a column of that name. */
static bool
has_column(const DwDataTable *table, const char *column)
{
	Oid			relation = get_relname_relid(table->name,
											 get_namespace_oid("dwello", false));

	return get_attnum(relation, column) != InvalidAttrNumber;
}

/* The column whose id rows and their sealed values go by. */
static const char *
id_column(const DwDataTable *table)
{
	static const char *const candidates[] = {"id", "job_id", "transaction_id"};

	for (size_t i = 0; i < lengthof(candidates); i++)
		if (has_column(table, candidates[i]))
			return candidates[i];
	return table->person;
}

/* True when a table's rows are shown to others than their person. */
static bool
is_shown(const DwDataTable *table)
{
	return table->others != NULL || table->through != NULL;
}

/* Adds the names of a list that are not in another to a text. */
static void
names_add(StringInfo text, const char *list, const char *except)
{
	char	   *copy = pstrdup(list == NULL ? "" : list);
	char	   *rest = NULL;

	for (char *name = strtok_r(copy, " ", &rest); name != NULL;
		 name = strtok_r(NULL, " ", &rest))
		if (!dw_data_list_has(except, name))
			appendStringInfo(text, "%s%s", text->len > 0 ? " " : "", name);
}

/* Adds the condition that one of the table's others is $1. */
static void
others_add(StringInfo sql, const DwDataTable *table)
{
	char	   *copy = pstrdup(table->others);
	char	   *rest = NULL;
	const char *word = "(";

	for (char *name = strtok_r(copy, " ", &rest); name != NULL;
		 name = strtok_r(NULL, " ", &rest))
	{
		appendStringInfo(sql, "%st.%s = $1", word, name);
		word = " OR ";
	}
	appendStringInfoChar(sql, ')');
}

/* Adds the condition of rows that are shown to who is not their person. */
static void
shown_add(StringInfo sql, const DwDataTable *table)
{
	if (table->through != NULL)
	{
		appendStringInfo(sql, "(t.scope_id, t.transaction_id) IN "
						 "(SELECT t.scope_id, t.id FROM dwello.%s AS t WHERE ",
						 table->through);
		others_add(sql, dw_data_table(table->through));
		appendStringInfoChar(sql, ')');
	}
	else
		others_add(sql, table);
	if (table->person != NULL)
		appendStringInfo(sql, " AND t.%s IS DISTINCT FROM $1", table->person);
	if (has_column(table, "deleted_at"))
		appendStringInfoString(sql, " AND t.deleted_at IS NULL");
	if (has_column(table, "reveal_at"))
		appendStringInfoString(sql, " AND t.reveal_at <= "
							   "pg_catalog.statement_timestamp()");
}

/* Adds the SELECT of a table's rows without some columns. */
static void
select_add(StringInfo sql, const DwDataTable *table, const char *hidden,
		   bool as_app)
{
	appendStringInfo(sql,
					 "SELECT t.%s AS id, pg_catalog.to_jsonb(t) "
					 "- pg_catalog.string_to_array('%s', ' ') "
					 "- ARRAY(SELECT a.attname::text "
					 "FROM pg_catalog.pg_attribute AS a "
					 "WHERE a.attrelid = 'dwello.%s'::pg_catalog.regclass "
					 "AND a.attnum > 0 AND NOT a.attisdropped "
					 "AND (a.attgenerated <> ''%s)) AS data "
					 "FROM dwello.%s AS t WHERE ",
					 id_column(table), hidden, table->name,
					 as_app ? " OR NOT pg_catalog.has_column_privilege("
					 "'dwello_app', a.attrelid, a.attnum, 'SELECT')" : "",
					 table->name);
}

/*
 * The text of the statement that reads a table's rows of a person, and those
 * that name the person besides another.
 */
static char *
rows_sql(const DwDataTable *table)
{
	StringInfoData sql;
	StringInfoData hidden;

	initStringInfo(&sql);
	initStringInfo(&hidden);
	names_add(&hidden, table->secret, NULL);
	if (table->person != NULL)
	{
		select_add(&sql, table, hidden.data, false);
		appendStringInfo(&sql, "t.%s = $1", table->person);
	}
	if (is_shown(table))
	{
		if (table->person != NULL)
			appendStringInfoString(&sql, " UNION ALL ");
		names_add(&hidden, table->sealed, NULL);
		names_add(&hidden, table->personal, table->also);
		select_add(&sql, table, hidden.data, true);
		shown_add(&sql, table);
	}
	appendStringInfoString(&sql, " ORDER BY 1, 2");
	return sql.data;
}

/* That statement, kept. */
static DwStatement *
rows_statement(int index, const DwDataTable *table)
{
	static DwStatement statements[TABLES_MAX];

	if (index >= TABLES_MAX)
		elog(ERROR, "the registry has more tables than %d", TABLES_MAX);
	if (statements[index].sql == NULL)
		statements[index].sql = MemoryContextStrdup(TopMemoryContext,
													rows_sql(table));
	return &statements[index];
}

/* A sealed value of a row, opened; a place as longitude and latitude. */
static char *
value_open(const char *column, const DwUuid *id, char *bytes)
{
	Datum		value = DirectFunctionCall1(byteain, CStringGetDatum(bytes));
	const bytea *sealed = DatumGetByteaPP(value);
	DwDegrees	place;

	if (strcmp(column, DW_SEAL_POINT) != 0 &&
		strcmp(column, DW_SEAL_SITE_POINT) != 0)
		return dw_unseal(column, id, sealed);
	place = dw_unseal_point(column, id, sealed);
	return psprintf("%.6f %.6f", place.longitude, place.latitude);
}

/* An object with one member, a text. */
static Datum
object_make(char *name, char *text)
{
	JsonbValue	object = {.type = jbvObject};
	JsonbPair	pair = {
		.key.type = jbvString,.value.type = jbvString
	};

	pair.key.val.string.val = name;
	pair.key.val.string.len = strlen(name);
	pair.value.val.string.val = text;
	pair.value.val.string.len = strlen(text);
	object.val.object.nPairs = 1;
	object.val.object.pairs = &pair;
	return JsonbPGetDatum(JsonbValueToJsonb(&object));
}

/* The row with a sealed column opened; as it is when that is NULL. */
static Datum
column_open(const DwDataTable *table, const PersonRow *row, char *name)
{
	Jsonb	   *data = DatumGetJsonbP(row->data);
	JsonbValue *member = getKeyJsonValueFromContainer(&data->root, name,
													  strlen(name), NULL);
	char	   *text;

	if (member == NULL || member->type != jbvString)
		return row->data;
	text = value_open(psprintf("%s.%s", table->name, name), &row->id,
					  pnstrdup(member->val.string.val,
							   member->val.string.len));
	return DirectFunctionCall2(jsonb_concat, row->data,
							   object_make(name, text));
}

/* Adds a row to the set, opened. */
static void
row_emit(DwCall *call, const DwDataTable *table, PersonRow *row)
{
	char	   *list = pstrdup(table->sealed == NULL ? "" : table->sealed);
	char	   *rest = NULL;

	for (char *name = strtok_r(list, " ", &rest); name != NULL;
		 name = strtok_r(NULL, " ", &rest))
		row->data = column_open(table, row, name);
	dw_row_text(call, "table_name", table->name);
	dw_row_text(call, "row_key", dw_uuid_text(&row->id));
	dw_row_datum(call, "data", row->data);
	dw_list_emit(call);
}

/* Adds a table's rows of a person. */
static void
table_export(DwCall *call, int index, const DwUuid *person)
{
	const DwDataTable *table = dw_data_table_at(index);
	DwParams	p = DW_PARAMS;
	PersonRow  *rows;
	int			count;

	dw_param_uuid(&p, person);
	count = (int) dw_execute(rows_statement(index, table), &p);
	rows = palloc0(sizeof(PersonRow) * Max(count, 1));
	for (int i = 0; i < count; i++)
		dw_map_read(&person_map, i, &rows[i]);
	for (int i = 0; i < count; i++)
		row_emit(call, table, &rows[i]);
}

void
dw_person_export(DwCall *call, const DwUuid *person)
{
	for (int i = 0; dw_data_table_at(i) != NULL; i++)
	{
		const DwDataTable *table = dw_data_table_at(i);

		if (table->person != NULL || is_shown(table))
			table_export(call, i, person);
	}
}
