/*
 * part.c
 *		Parts of a schema that is compiled: where they stand, their nodes.
 */
#include "core/document/schema_int.h"

bool
dw_schema_refuse(DwCompiler *compiler, const DwClause *clause,
				 const char *what)
{
	compiler->fault->path = dw_doc_path_text(compiler->arena,
											 clause->part->path,
											 clause->keyword);
	compiler->fault->what = what;
	return false;
}

const DwDocPath *
dw_schema_step(DwCompiler *compiler, const DwDocPath *parent, DwSlice key,
			   int64_t item)
{
	DwDocPath  *path = dw_arena_take(compiler->arena, sizeof(*path));

	*path = (DwDocPath)
	{
		parent, key.text, (uint32_t) key.length, item
	};
	return path;
}

DwSchemaPart *
dw_schema_part(DwCompiler *compiler, const DwDocValue *value,
			   const DwDocPath *path, DwSlice base)
{
	DwSchemaPart *part = dw_arena_take(compiler->arena, sizeof(*part));

	*part = (DwSchemaPart)
	{
		.value = value,.path = path,.base = base
	};
	return part;
}

/* The slot of a value, or the free one where it would be. */
static DwSchemaSlot *
find_slot(const DwCompiler *compiler, const DwDocValue *value)
{
	uint64_t	hash = (uint64_t) (uintptr_t) value *
		UINT64_C(0x9e3779b97f4a7c15);
	uint32_t	mask = compiler->slot_count - 1;
	uint32_t	at = (uint32_t) (hash >> 32) & mask;

	while (compiler->slots[at].value != NULL &&
		   compiler->slots[at].value != value)
		at = (at + 1) & mask;
	return &compiler->slots[at];
}

/* Makes the table twice as large. */
static void
grow_slots(DwCompiler *compiler)
{
	DwSchemaSlot *before = compiler->slots;
	uint32_t	count = compiler->slot_count;
	size_t		size;

	compiler->slot_count = count == 0 ? 64 : 2 * count;
	size = compiler->slot_count * sizeof(DwSchemaSlot);
	compiler->slots = dw_arena_take(compiler->arena, size);
	memset(compiler->slots, 0, size);
	for (uint32_t i = 0; i < count; i++)
		if (before[i].value != NULL)
			*find_slot(compiler, before[i].value) = before[i];
}

DwSchema *
dw_schema_node(DwCompiler *compiler, DwSchemaPart *part)
{
	DwClause	clause = {part, NULL, NULL};
	DwSchemaSlot *slot;

	if (part->value->kind != DW_DOC_OBJECT &&
		part->value->kind != DW_DOC_BOOLEAN)
	{
		(void) dw_schema_refuse(compiler, &clause,
								"must be a schema: an object, true or false");
		return NULL;
	}
	if (2 * compiler->node_count >= compiler->slot_count)
		grow_slots(compiler);
	slot = find_slot(compiler, part->value);
	if (slot->value == NULL)
	{
		compiler->node_count++;
		slot->value = part->value;
		slot->node = dw_arena_take(compiler->arena, sizeof(DwSchema));
		*slot->node = (DwSchema)
		{
			.path = part->path,.types = DW_TYPES_ALL,
				.next = compiler->made
		};
		compiler->made = slot->node;
		part->node = slot->node;
		part->next = compiler->waiting;
		compiler->waiting = part;
	}
	return slot->node;
}
