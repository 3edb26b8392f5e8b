/*
 * test_draft7.c
 *		The public suite of JSON Schema, draft 7, on core alone.
 *
 * The Debian package json-schema-test-suite has the cases.  refRemote.json
 * wants schemas over the network and is left out.  test/t/draft7.pl sends the
 * same cases through SQL.
 */
#include "unit.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"

#define SUITE			"/usr/share/json-schema-test-suite/tests/draft7"
#define MANDATORY		408		/* without those of refRemote.json */
#define OPTIONAL		143
#define OPTIONAL_LEAST	143		/* that must pass */

/* What a folder of the suite came to. */
typedef struct Tally
{
	int			cases;			/* seen */
	int			passed;			/* of them */
} Tally;

/* The whole of a file. */
static char *
read_all(const char *path, size_t *length)
{
	FILE	   *file = fopen(path, "rb");
	char	   *text = calloc(1, 1 << 20);

	assert_non_null(file);
	*length = fread(text, 1, 1 << 20, file);
	fclose(file);
	return text;
}

/* A member that must be there. */
static const DwDocValue *
member(const DwDocValue *object, const char *key)
{
	const DwDocValue *value = dw_doc_find(object, key,
										  (uint32_t) strlen(key));

	assert_non_null(value);
	return value;
}

/* Runs the cases of one schema. */
static void
run_group(DwArena *arena, const char *path, const DwDocValue *group,
		  Tally *tally)
{
	const DwDocValue *tests = member(group, "tests");
	DwSchemaFault fault = {0};
	DwDocCheck	check = {.arena = arena};
	const DwSchema *schema = dw_schema_compile(arena, member(group, "schema"),
											   &fault);

	if (schema == NULL)
		printf("%s: %s %s\n", path, fault.path, fault.what);
	for (uint32_t i = 0; i < tests->count; i++)
	{
		const DwDocValue *test = &tests->as.items[i];
		const DwDocValue *name = member(test, "description");
		DwDocVerdict wanted = member(test, "valid")->flag ? DW_DOC_FITS :
			DW_DOC_FITS_NOT;

		tally->cases++;
		if (schema != NULL &&
			dw_schema_check(schema, member(test, "data"), &check) == wanted)
			tally->passed++;
		else
			printf("%s: %.*s\n", path, (int) name->count, name->as.text);
	}
}

/* Runs the files of a folder, but for those that want the network. */
static Tally
run_folder(const char *folder)
{
	Tally		tally = {0};
	DIR		   *directory = opendir(folder);
	struct dirent *entry;

	assert_non_null(directory);
	while ((entry = readdir(directory)) != NULL)
	{
		char		path[512];
		size_t		length;
		char	   *text;
		DwDocValue	groups;
		DwArena		arena;

		if (strstr(entry->d_name, ".json") == NULL ||
			strcmp(entry->d_name, "refRemote.json") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		text = read_all(path, &length);
		arena_open(&arena);
		assert_true(dw_doc_read(&arena, text, length, &groups));
		for (uint32_t i = 0; i < groups.count; i++)
			run_group(&arena, path, &groups.as.items[i], &tally);
		arena_close(&arena);
		free(text);
	}
	closedir(directory);
	return tally;
}

/* Every case that an implementation must pass. */
static void
test_mandatory(void **state)
{
	Tally		tally = run_folder(SUITE);

	assert_int_equal(tally.cases, MANDATORY);
	assert_int_equal(tally.passed, MANDATORY);
}

/* Numbers of any size, content, and the formats. */
static void
test_optional(void **state)
{
	Tally		tally = run_folder(SUITE "/optional");
	Tally		formats = run_folder(SUITE "/optional/format");

	assert_int_equal(tally.cases + formats.cases, OPTIONAL);
	assert_true(tally.passed + formats.passed >= OPTIONAL_LEAST);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mandatory),
		cmocka_unit_test(test_optional)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
