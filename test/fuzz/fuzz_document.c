/*
 * fuzz_document.c
 *		No schema and no document makes a look go wrong.
 *
 * The input is two JSON texts with a zero between them.  What a quick look
 * says, a full one says too, with errors that have all their parts; a schema
 * and its double negation say the same; a document is equal to itself; and
 * what the library takes for a schema fits the meta-schema, but for what
 * that does not know.
 */
#include "fuzz.h"

#include "../unit/arena.h"

#define ERRORS_MOST		50		/* that one look tells */

/* Counts an error that is whole. */
static bool
tell(void *owner, const DwDocError *error)
{
	int		   *count = owner;

	check(error->path[0] == '\0' || error->path[0] == '/');
	check(error->keyword[0] != '\0' && error->message[0] != '\0');
	check(error->schema_path != NULL);
	return ++* count < ERRORS_MOST;
}

/* An object with one member. */
static DwDocValue
wrapped(DwArena *arena, const char *key, const DwDocValue *value)
{
	DwDocMember *member = dw_arena_take(arena, sizeof(*member));

	*member = (DwDocMember)
	{
		.key = key,.length = (uint32_t) strlen(key),.value = *value
	};
	return (DwDocValue)
	{
		.kind = DW_DOC_OBJECT,.count = 1,.as.members = member
	};
}

/* Looks at a document in all the ways. */
static void
look(DwArena *arena, const DwDocValue *source, const DwDocValue *document)
{
	int			count = 0;
	DwDocCheck	quick = {.arena = arena};
	DwDocCheck	full = {.arena = arena,.report = tell,.owner = &count};
	DwSchemaFault fault;
	DwDocVerdict verdict;
	DwDocValue	inner = wrapped(arena, "not", source);
	DwDocValue	outer = wrapped(arena, "not", &inner);
	DwDocValue	same = wrapped(arena, "const", document);
	const DwSchema *schema = dw_schema_compile(arena, &same, &fault);

	check(schema != NULL);
	check(dw_schema_check(schema, document, &quick) == DW_DOC_FITS);
	schema = dw_schema_compile(arena, source, &fault);
	if (schema == NULL)
	{
		check(fault.path[0] == '\0' || fault.path[0] == '/' ||
			  fault.path[0] == 'h');
		check(fault.what[0] != '\0');
		return;
	}
	verdict = dw_schema_check(schema, document, &quick);
	check(dw_schema_check(schema, document, &full) == verdict ||
		  verdict == DW_DOC_TOO_DEEP);
	check(verdict == DW_DOC_TOO_DEEP ||
		  (verdict == DW_DOC_FITS) == (count == 0));
	check(!dw_schema_is_shallow(schema) || verdict != DW_DOC_TOO_DEEP);
	schema = dw_schema_compile(arena, &outer, &fault);
	if (schema != NULL)
		check(dw_schema_check(schema, document, &quick) == verdict);
}

/* One input. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *) data;
	const char *end = size == 0 ? NULL : memchr(text, '\0', size);
	DwDocValue	schema;
	DwDocValue	document;
	DwArena		arena;

	if (end == NULL)
		return 0;
	arena_open(&arena);
	if (dw_doc_read(&arena, text, (size_t) (end - text), &schema) &&
		dw_doc_read(&arena, end + 1, size - (size_t) (end + 1 - text),
					&document))
		look(&arena, &schema, &document);
	arena_close(&arena);
	return 0;
}
