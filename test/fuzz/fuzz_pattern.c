/*
 * fuzz_pattern.c
 *		Regular expressions and texts of any bytes.
 *
 * The input is an expression and a text with a zero between them, both of few
 * different bytes, so that they meet.  An expression matches what it matches
 * in a group, as a choice between itself and itself, and looked for ahead.
 */
#include "fuzz.h"

#include "../unit/arena.h"

#define TEXT_MAX	300			/* bytes of either */

/* 1 and 0: it matches or not; -1: it is none. */
static int
matches(DwArena *arena, const char *pattern, size_t length,
		const DwDocValue *text)
{
	DwDocMember member = {.key = "pattern",.length = 7};
	DwDocValue	source = {.kind = DW_DOC_OBJECT,.count = 1};
	DwDocCheck	quick = {.arena = arena};
	DwSchemaFault fault;
	const DwSchema *schema;

	dw_doc_set_string(&member.value, pattern, (uint32_t) length);
	source.as.members = &member;
	schema = dw_schema_compile(arena, &source, &fault);
	if (schema == NULL)
		return -1;
	return dw_schema_check(schema, text, &quick) == DW_DOC_FITS;
}

/* The same with the expression between two texts, twice if there is a bar. */
static int
matches_in(DwArena *arena, const char *form, const char *pattern,
		   size_t length, const DwDocValue *text)
{
	char		whole[3 * TEXT_MAX];
	size_t		used = 0;

	for (; *form != '\0'; form++)
	{
		if (*form == '@')
		{
			memcpy(whole + used, pattern, length);
			used += length;
		}
		else
			whole[used++] = *form;
	}
	return matches(arena, whole, used, text);
}

/* One input. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *pattern = (const char *) data;
	const char *end = size == 0 ? NULL : memchr(pattern, '\0', size);
	size_t		length;
	DwDocValue	text;
	DwArena		arena;
	int			answer;

	if (end == NULL || size > 2 * TEXT_MAX || end - pattern > TEXT_MAX)
		return 0;
	length = (size_t) (end - pattern);
	arena_open(&arena);
	dw_doc_set_string(&text, end + 1, (uint32_t) (size - length - 1));
	answer = matches(&arena, pattern, length, &text);
	if (answer >= 0)
	{
		static const char *const forms[] = {
			"(?:@)", "@|@", "(?<n>@)", "^[^]*(?=@)", "(?<=@)", "^(?![^]*(?:@))"
		};

		for (int i = 0; i < 6; i++)
		{
			int			other = matches_in(&arena, forms[i], pattern, length,
										   &text);

			/* the form may be too large where the expression is not */
			check(other < 0 || other == (i == 5 ? !answer : answer));
		}
	}
	arena_close(&arena);
	return 0;
}
