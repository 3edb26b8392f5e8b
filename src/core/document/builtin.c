/*
 * builtin.c
 *		The schemas of the library: the meta-schema of draft 7, and what CHECKs
 *		of columns ask for.
 *
 * A schema that was released never changes: a new version has a new name
 * beside it, and the CHECK takes both.
 */
#include <string.h>

#include "core/document/document.h"

/* JSON as it is, without a backslash before each quote. */
#define JSON(...) #__VA_ARGS__

static const DwBuiltinSchema schemas[] = {
#include "core/document/schemas.def"
};

const DwBuiltinSchema *
dw_builtin_schemas(int *count)
{
	*count = (int) (sizeof(schemas) / sizeof(schemas[0]));
	return schemas;
}

int
dw_builtin_schema_find(const char *name, size_t length)
{
	int			low = 0;
	int			high = (int) (sizeof(schemas) / sizeof(schemas[0])) - 1;

	while (low <= high)
	{
		int			middle = (low + high) / 2;
		int			order = strncmp(schemas[middle].name, name, length);

		if (order == 0 && schemas[middle].name[length] != '\0')
			order = 1;
		if (order == 0)
			return middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return -1;
}
