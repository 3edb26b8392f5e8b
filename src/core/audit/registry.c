/*
 * registry.c
 *		The registry of personal data, and looking into it.
 */
#include "core/audit/audit.h"

#include <stddef.h>
#include <string.h>

static const DwDataTable tables[] = {
#define DW_DATA(name_, person_, erasure_, ...) \
	{.name = name_, .person = person_, .erasure = erasure_, __VA_ARGS__},
#include "core/audit/registry.def"
#undef DW_DATA
};

static const char *const erasure_labels[] = {
	[DW_ERASE_NOTHING] = "nothing",
	[DW_ERASE_SCRUB] = "scrubbed",
	[DW_ERASE_DELETE] = "deleted",
	[DW_ERASE_KEEP] = "kept"
};

DW_LABELS(erasure, DwErasure, erasure_labels);

const DwDataTable *
dw_data_table(const char *name)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		if (strcmp(tables[i].name, name) == 0)
			return &tables[i];
	return NULL;
}

const DwDataTable *
dw_data_table_at(int index)
{
	return (size_t) index < sizeof(tables) / sizeof(tables[0])
		? &tables[index] : NULL;
}

bool
dw_data_list_has(const char *list, const char *name)
{
	size_t		length = strlen(name);

	while (list != NULL && *list != '\0')
	{
		size_t		size = strcspn(list, " ");

		if (size == length && memcmp(list, name, size) == 0)
			return true;
		list += size + strspn(list + size, " ");
	}
	return false;
}

DwDataClass
dw_data_class(const DwDataTable *table, const char *column)
{
	if (table == NULL)
		return DW_DATA_UNKNOWN;
	if (dw_data_list_has(table->secret, column))
		return DW_DATA_SECRET;
	if (dw_data_list_has(table->sealed, column))
		return DW_DATA_SEALED;
	if (dw_data_list_has(table->personal, column))
		return DW_DATA_PERSONAL;
	return dw_data_list_has(table->plain, column)
		? DW_DATA_PLAIN : DW_DATA_UNKNOWN;
}
