/*
 * person_store.c
 *		All that the database has of a person, as the registry finds it.
 *
 * A statement for each table that has a person, made of the registry: a
 * table that is added there is exported.
 */
#include "postgres.h"

#include "catalog/namespace.h"
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

/* The column whose id rows and their sealed values go by. */
static const char *
id_column(const DwDataTable *table)
{
	Oid			relation = get_relname_relid(table->name,
											 get_namespace_oid("dwello", false));

	if (get_attnum(relation, "id") != InvalidAttrNumber)
		return "id";
	if (get_attnum(relation, "job_id") != InvalidAttrNumber)
		return "job_id";
	return table->person;
}

/* The text of the statement that reads a table's rows of a person. */
static char *
rows_sql(const DwDataTable *table)
{
	static const char form[] =
		"SELECT t.%s AS id, pg_catalog.to_jsonb(t) "
		"- pg_catalog.string_to_array('%s', ' ') "
		"- ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute AS a "
		"WHERE a.attrelid = 'dwello.%s'::pg_catalog.regclass "
		"AND a.attgenerated <> '') AS data "
		"FROM dwello.%s AS t WHERE t.%s = $1 ORDER BY 1";

	return psprintf(form, id_column(table),
					table->secret == NULL ? "" : table->secret,
					table->name, table->name, table->person);
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
		if (dw_data_table_at(i)->person != NULL)
			table_export(call, i, person);
}
