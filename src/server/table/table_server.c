/*
 * table_server.c
 *		A table as one list of columns: what reads, writes and shows its rows.
 *
 * Rows are read whole, as one column of the result: the server spends some
 * 2000 instructions on the description of each column, at every execution.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/memutils.h"

#include "server/table/table_server.h"

#define VERSION		"version"	/* the column that counts updates */

/* What each form takes in a struct. */
static const size_t form_sizes[] = {
	[DW_FORM_UUID] = sizeof(DwUuid),
	[DW_FORM_INT8] = sizeof(int64),
	[DW_FORM_INT4] = sizeof(int32),
	[DW_FORM_BOOL] = sizeof(bool),
	[DW_FORM_TIME] = sizeof(TimestampTz),
	[DW_FORM_DATE] = sizeof(DateADT),
	[DW_FORM_TEXT] = sizeof(char *),
	[DW_FORM_ENUM] = sizeof(int)
};

/* True for the column that counts updates. */
static bool
is_version(const DwColumn *column)
{
	return strcmp(column->name, VERSION) == 0;
}

/* Keeps a text for the life of the backend. */
static const char *
keep(StringInfo text)
{
	return MemoryContextStrdup(TopMemoryContext, text->data);
}

/* Looks the list over, once, and names its columns for the reader. */
static void
table_prepare(DwTable *table)
{
	const char **names;

	if (table->shape.names != NULL)
		return;
	for (int i = 0; i < table->count; i++)
		if (table->columns[i].size != form_sizes[table->columns[i].form] ||
			table->count > DW_RECORD_MAX)
			elog(ERROR, "column %s.%s does not fit its struct", table->name,
				 table->columns[i].name);
	names = MemoryContextAlloc(TopMemoryContext,
							   table->count * sizeof(char *));
	for (int i = 0; i < table->count; i++)
		names[i] = table->columns[i].name;
	table->shape.count = table->count;
	table->shape.names = names;
}

/* Makes the statement of a query. */
static DwStatement *
query_statement(DwTableQuery *query)
{
	StringInfoData sql;

	table_prepare(query->table);
	if (query->statement.sql == NULL)
	{
		initStringInfo(&sql);
		appendStringInfo(&sql, "SELECT t FROM dwello.%s AS t %s",
						 query->table->name, query->tail);
		query->statement.sql = keep(&sql);
	}
	return &query->statement;
}

uint64
dw_table_execute(DwTableQuery *query, const DwParams *p)
{
	return dw_execute(query_statement(query), p);
}

/* An enum by its label. */
static int
read_enum(const DwTable *table, const DwColumn *column, const char *label)
{
	int			value = label == NULL ? -1
		: dw_label_find(column->labels->labels, column->labels->count, label);

	if (value < 0)
		elog(ERROR, "%s.%s has an unknown label", table->name, column->name);
	return value;
}

/* Puts one value of a record into its member. */
static void
read_column(const DwTable *table, const DwRecord *record, int i, char *member)
{
	const DwColumn *column = &table->columns[i];
	bool		isnull = record->nulls[i];

	switch (column->form)
	{
		case DW_FORM_UUID:
			(void) dw_record_uuid(record, i, (DwUuid *) member);
			break;
		case DW_FORM_INT8:
			*(int64 *) member = isnull ? column->null
				: dw_record_int8(record, i);
			break;
		case DW_FORM_INT4:
			*(int32 *) member = isnull ? (int32) column->null
				: dw_record_int4(record, i);
			break;
		case DW_FORM_BOOL:
			*(bool *) member = dw_record_bool(record, i);
			break;
		case DW_FORM_TIME:
			*(TimestampTz *) member = dw_record_time(record, i);
			break;
		case DW_FORM_DATE:
			*(DateADT *) member = dw_record_date(record, i);
			break;
		case DW_FORM_TEXT:
			*(char **) member = dw_record_text(record, i);
			break;
		case DW_FORM_ENUM:
			*(int *) member = read_enum(table, column,
										dw_record_label(record, i));
			break;
	}
}

void
dw_table_read(DwTable *table, uint64 index, void *row)
{
	DwRecord	record;

	dw_record_read(&record, &table->shape, index, 1);
	memset(row, 0, table->size);
	for (int i = 0; i < table->count; i++)
		read_column(table, &record, i,
					(char *) row + table->columns[i].offset);
}

/* Adds a member as the next parameter. */
static void
param_column(DwParams *p, const DwColumn *column, const char *member)
{
	bool		nullable = (column->flags & DW_COLUMN_NULLABLE) != 0;

	switch (column->form)
	{
		case DW_FORM_UUID:
			dw_param_uuid(p, nullable && dw_uuid_is_nil((DwUuid *) member)
						  ? NULL : (const DwUuid *) member);
			break;
		case DW_FORM_INT8:
			dw_param_datum(p, INT8OID, Int64GetDatum(*(int64 *) member),
						   nullable && *(int64 *) member == column->null);
			break;
		case DW_FORM_INT4:
			dw_param_datum(p, INT4OID, Int32GetDatum(*(int32 *) member),
						   nullable && *(int32 *) member == column->null);
			break;
		case DW_FORM_BOOL:
			dw_param_bool(p, *(bool *) member);
			break;
		case DW_FORM_TIME:
			dw_param_time(p, *(TimestampTz *) member);
			break;
		case DW_FORM_DATE:
			dw_param_date(p, *(DateADT *) member);
			break;
		case DW_FORM_TEXT:
			dw_param_text(p, *(char *const *) member);
			break;
		case DW_FORM_ENUM:
			dw_param_text(p, column->labels->labels[*(int *) member]);
			break;
	}
}

/* Writes a parameter as SQL has it: labels come as text. */
static void
append_parameter(StringInfo sql, const DwColumn *column, int number)
{
	if (column->form == DW_FORM_ENUM)
		appendStringInfo(sql, "$%d::text::dwello.%s", number, column->type);
	else
		appendStringInfo(sql, "$%d", number);
}

/* INSERT INTO dwello.things (id, kind) VALUES ($1, $2) */
static void
make_insert(DwTable *table)
{
	StringInfoData sql;
	StringInfoData values;
	int			number = 0;

	initStringInfo(&sql);
	initStringInfo(&values);
	appendStringInfo(&sql, "INSERT INTO dwello.%s (", table->name);
	for (int i = 0; i < table->count; i++)
	{
		const DwColumn *column = &table->columns[i];
		const char *comma = number > 0 ? ", " : "";

		if ((column->flags & DW_COLUMN_BORN) != 0)
			continue;
		appendStringInfo(&sql, "%s%s", comma, column->name);
		appendStringInfoString(&values, comma);
		append_parameter(&values, column, ++number);
	}
	appendStringInfo(&sql, ") VALUES (%s)", values.data);
	table->insert.sql = keep(&sql);
}

void
dw_table_insert(DwTable *table, const void *row)
{
	DwParams	p = DW_PARAMS;

	table_prepare(table);
	if (table->insert.sql == NULL)
		make_insert(table);
	for (int i = 0; i < table->count; i++)
		if ((table->columns[i].flags & DW_COLUMN_BORN) == 0)
			param_column(&p, &table->columns[i],
						 (const char *) row + table->columns[i].offset);
	(void) dw_execute(&table->insert, &p);
}

/* True for a column that an update writes from its member. */
static bool
is_updated(const DwColumn *column)
{
	return (column->flags & (DW_COLUMN_KEY | DW_COLUMN_FIXED)) == 0 &&
		!is_version(column);
}

/* UPDATE dwello.things SET kind = $2, version = version + 1 WHERE id = $1 */
static void
make_update(DwTable *table)
{
	StringInfoData sql;
	StringInfoData key;
	int			number = 0;
	const char *comma = "";

	initStringInfo(&sql);
	initStringInfo(&key);
	appendStringInfo(&sql, "UPDATE dwello.%s SET ", table->name);
	for (int i = 0; i < table->count; i++)
	{
		const DwColumn *column = &table->columns[i];

		if ((column->flags & DW_COLUMN_KEY) != 0)
			appendStringInfo(&key, "%s%s = $%d", key.len > 0 ? " AND " : "",
							 column->name, ++number);
		else if (is_version(column))
		{
			appendStringInfo(&sql, "%s" VERSION " = " VERSION " + 1", comma);
			comma = ", ";
		}
		else if (is_updated(column))
		{
			appendStringInfo(&sql, "%s%s = ", comma, column->name);
			append_parameter(&sql, column, ++number);
			comma = ", ";
		}
	}
	appendStringInfo(&sql, " WHERE %s", key.data);
	table->update.sql = keep(&sql);
}

void
dw_table_update(DwTable *table, void *row)
{
	DwParams	p = DW_PARAMS;

	table_prepare(table);
	if (table->update.sql == NULL)
		make_update(table);
	for (int i = 0; i < table->count; i++)
	{
		const DwColumn *column = &table->columns[i];
		char	   *member = (char *) row + column->offset;

		if (is_updated(column) || (column->flags & DW_COLUMN_KEY) != 0)
			param_column(&p, column, member);
	}
	if (dw_execute(&table->update, &p) != 1)
		elog(ERROR, "no row of %s has this key", table->name);
	for (int i = 0; i < table->count; i++)
		if (is_version(&table->columns[i]))
			(*(int32 *) ((char *) row + table->columns[i].offset))++;
}
