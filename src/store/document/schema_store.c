/*
 * schema_store.c
 *		Schemas compiled once in a backend, and documents looked at.
 *
 * A compiled schema is kept by what it was compiled of, and what an operator
 * changes is another schema.  Which one a name stands for is kept, too, until
 * word comes that some name stands for another (a trigger sends it).
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

#include "server/error/error_server.h"
#include "server/json/json_server.h"
#include "server/sql/sql_server.h"
#include "store/document/schema_store.h"

#define KEPT_MOST		16		/* schemas of operators and of calls */
#define KEPT_BYTES		(256 * 1024)	/* that one may have as jsonb */

/* A schema that is kept. */
typedef struct Kept
{
	MemoryContext context;		/* with all of it; NULL: free */
	Jsonb	   *source;			/* a copy of what it was compiled of */
	const DwSchema *schema;		/* compiled */
	uint64		used;			/* the turn of its last use */
	char		name[DW_SCHEMA_NAME_MAX + 1];	/* an operator's, or empty */
	uint64		word;			/* when the name stood for it */
} Kept;

static Kept kept[KEPT_MOST];
static uint64 turn = 0;
static uint64 word = 0;			/* rises with word of changes */
static bool hears_word = false;
static Oid	custom_schemas = InvalidOid;	/* the operators' table */
static const DwSchema **builtin = NULL; /* by place; NULL: not compiled yet */

/* Reads a built-in schema's text in a context; it is never at fault. */
static const DwSchema *
compile_builtin(const DwBuiltinSchema *source, MemoryContext context)
{
	DwArena		arena;
	DwDocValue *value;
	DwSchemaFault fault;
	const DwSchema *schema;

	dw_json_arena(&arena, context);
	value = dw_arena_take(&arena, sizeof(*value));
	if (!dw_doc_read(&arena, source->text, strlen(source->text), value))
		elog(ERROR, "schema \"%s\" is no JSON", source->name);
	schema = dw_schema_compile(&arena, value, &fault);
	if (schema == NULL)
		elog(ERROR, "schema \"%s\": \"%s\" %s", source->name, fault.path,
			 fault.what);
	return schema;
}

const DwSchema *
dw_builtin_schema(int place)
{
	int			count;
	const DwBuiltinSchema *sources = dw_builtin_schemas(&count);
	MemoryContext context;

	Assert(place >= 0 && place < count);
	if (builtin == NULL)
		builtin = MemoryContextAllocZero(TopMemoryContext,
										 count * sizeof(*builtin));
	if (builtin[place] == NULL)
	{
		/* of the call until it is whole: an error leaves nothing behind */
		context = AllocSetContextCreate(CurrentMemoryContext,
										"dwello built-in schema",
										ALLOCSET_SMALL_SIZES);
		builtin[place] = compile_builtin(&sources[place], context);
		MemoryContextSetParent(context, TopMemoryContext);
	}
	return builtin[place];
}

/* A sentence about a place; an empty path is all of it. */
static char *
place_text(const char *path, const char *what)
{
	if (path[0] == '\0')
		return psprintf("It %s.", what);
	return psprintf("At \"%s\" it %s.", path, what);
}

/* Compiles a schema in a context, which it must share with its source. */
static const DwSchema *
compile(Jsonb *source, MemoryContext context)
{
	DwArena		arena;
	DwDocValue *value;
	DwSchemaFault fault;
	const DwSchema *schema;

	dw_json_arena(&arena, context);
	value = dw_arena_take(&arena, sizeof(*value));
	dw_json_read(&arena, source, false, value);
	schema = dw_schema_compile(&arena, value, &fault);
	if (schema == NULL)
		dw_raise(DW_BAD_VALUE, "JSON schema is not valid",
				 place_text(fault.path, fault.what),
				 "Schemas are those of draft 7: see docs/documents.md.");
	return schema;
}

/* The place of a schema that is kept, or of the one to give way. */
static Kept *
find_kept(const Jsonb *source, bool *is_found)
{
	Kept	   *oldest = &kept[0];

	for (int i = 0; i < KEPT_MOST; i++)
	{
		Kept	   *one = &kept[i];

		*is_found = one->context != NULL &&
			VARSIZE(one->source) == VARSIZE(source) &&
			memcmp(one->source, source, VARSIZE(source)) == 0;
		if (*is_found)
			return one;
		if (one->context == NULL ||
			(oldest->context != NULL && one->used < oldest->used))
			oldest = one;
	}
	return oldest;
}

/*
 * The place of a schema, compiled now if it was not.  The one that gives way
 * is not at work: nothing that looks at a document runs SQL.
 */
static Kept *
keep(const Jsonb *source)
{
	bool		is_found;
	Kept	   *place = find_kept(source, &is_found);
	Kept		one = {.context = NULL};
	MemoryContext context;

	if (!is_found)
	{
		context = AllocSetContextCreate(CurrentMemoryContext,
										"dwello schema", ALLOCSET_SMALL_SIZES);
		one.source = MemoryContextAlloc(context, VARSIZE(source));
		memcpy(one.source, source, VARSIZE(source));
		one.schema = compile(one.source, context);
		MemoryContextSetParent(context, TopMemoryContext);
		one.context = context;
		context = place->context;
		*place = one;
		if (context != NULL)
			MemoryContextDelete(context);
	}
	place->used = ++turn;
	return place;
}

const DwSchema *
dw_schema_of(Datum jsonb)
{
	Jsonb	   *source = DatumGetJsonbP(jsonb);

	if (VARSIZE(source) > KEPT_BYTES)
		return compile(source, CurrentMemoryContext);
	return keep(source)->schema;
}

/* Word of a change of the operators' schemas. */
static void
hear_word(Datum arg, Oid relation)
{
	if (relation == InvalidOid || relation == custom_schemas)
		word++;
}

/* The schema that a name is known to stand for, or NULL. */
static const DwSchema *
find_named(const char *name)
{
	for (int i = 0; i < KEPT_MOST; i++)
	{
		if (kept[i].context != NULL && kept[i].word == word &&
			strcmp(kept[i].name, name) == 0)
		{
			kept[i].used = ++turn;
			return kept[i].schema;
		}
	}
	return NULL;
}

/* Reads an operator's schema as the active snapshot has it. */
static Jsonb *
read_named(const char *name)
{
	static DwStatement select_schema =
		DW_STATEMENT("SELECT s.schema FROM dwello.custom_json_schemas AS s "
					 "WHERE s.name = $1 AND s.schema IS NOT NULL");
	DwParams	p = DW_PARAMS;
	bool		isnull;

	dw_param_text(&p, name);
	if (dw_query(&select_schema, &p) == 0)
		dw_raise(DW_NOT_FOUND, "JSON schema does not exist",
				 psprintf("There is no schema \"%s\".", name),
				 "The view dwello.json_schemas lists them all.");
	return DatumGetJsonbP(dw_read_only_datum(0, &isnull));
}

/*
 * Reads by the latest snapshot, for what is kept serves later statements; it
 * is kept unless word came meanwhile.  Where a transaction sees one snapshot
 * all along, it reads by that, and keeps no name.
 */
const DwSchema *
dw_schema_named(const char *name)
{
	int			place = dw_builtin_schema_find(name, strlen(name));
	const DwSchema *schema = place >= 0 ? dw_builtin_schema(place) : NULL;
	uint64		heard;
	Jsonb	   *source;
	Kept	   *one;

	if (schema != NULL)
		return schema;
	if (IsolationUsesXactSnapshot())
		return dw_schema_of(JsonbPGetDatum(read_named(name)));
	if (!hears_word)
		dw_relation_watch(hear_word);
	hears_word = true;
	/* what was committed since this transaction began has to be heard, too */
	AcceptInvalidationMessages();
	schema = find_named(name);
	if (schema != NULL)
		return schema;
	custom_schemas = get_relname_relid("custom_json_schemas",
									   get_namespace_oid("dwello", false));
	heard = word;
	PushActiveSnapshot(GetLatestSnapshot());
	source = read_named(name);
	PopActiveSnapshot();
	if (VARSIZE(source) > KEPT_BYTES)
		return compile(source, CurrentMemoryContext);
	one = keep(source);
	strlcpy(one->name, name, sizeof(one->name));
	one->word = heard;
	return one->schema;
}

bool
dw_document_fits(const DwSchema *schema, Datum jsonb, const DwDocCheck *check)
{
	DwArena		arena;
	DwDocCheck	own = *check;
	DwDocValue	value;
	DwDocVerdict verdict;

	dw_json_arena(&arena, CurrentMemoryContext);
	own.arena = &arena;
	dw_json_read(&arena, DatumGetJsonbP(jsonb), dw_schema_is_shallow(schema),
				 &value);
	verdict = dw_schema_check(schema, &value, &own);
	if (verdict == DW_DOC_TOO_DEEP)
		ereport(ERROR,
				(errcode(ERRCODE_STATEMENT_TOO_COMPLEX),
				 errmsg("schema and document nest too deep together"),
				 errhint("Refer to fewer schemas that apply to one place, or send a document with fewer levels.")));
	return verdict == DW_DOC_FITS;
}

/* The first thing that does not fit. */
typedef struct First
{
	bool		is_found;		/* there is one */
	DwDocError	error;			/* what it is */
} First;

/* Keeps the first error and ends the look. */
static bool
keep_first(void *owner, const DwDocError *error)
{
	First	   *first = owner;

	if (!first->is_found)
		first->error = *error;
	first->is_found = true;
	return false;
}

void
dw_arg_check_document(DwCall *call, const char *arg, Datum jsonb,
					  const char *schema)
{
	First		first = {false};
	DwDocCheck	check = {.report = keep_first,.owner = &first};
	int			place = dw_builtin_schema_find(schema, strlen(schema));

	if (dw_document_fits(dw_builtin_schema(place), jsonb, &check))
		return;
	dw_raise(DW_BAD_VALUE,
			 psprintf("%s does not fit its schema", arg),
			 place_text(first.error.path, first.error.message),
			 psprintf("Change \"%s%s\": the rule is at \"%s\" of the schema \"%s\" in dwello.json_schemas.",
					  arg, first.error.path, first.error.schema_path, schema));
}

int32
dw_custom_schema_lock(const char *name)
{
	static DwStatement insert_schema =
		DW_STATEMENT("INSERT INTO dwello.custom_json_schemas (name, version) "
					 "VALUES ($1, 0) ON CONFLICT (name) DO NOTHING");
	static DwStatement lock_schema =
		DW_STATEMENT("SELECT s.version FROM dwello.custom_json_schemas AS s "
					 "WHERE s.name = $1 FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, name);
	(void) dw_execute(&insert_schema, &p);
	if (dw_execute(&lock_schema, &p) == 0)
		elog(ERROR, "schema \"%s\" is gone", name);
	return dw_read_only_int4(0);
}

void
dw_custom_schema_save(DwCall *call, const char *name, Datum schema)
{
	static DwStatement update_schema =
		DW_STATEMENT("UPDATE dwello.custom_json_schemas AS s "
					 "SET schema = $2, version = s.version + 1 "
					 "WHERE s.name = $1 RETURNING s.name, s.version");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, name);
	dw_param_datum(&p, JSONBOID, schema, schema == (Datum) 0);
	(void) dw_row_execute(call, &update_schema, &p);
}
