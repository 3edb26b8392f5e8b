/*
 * schema.c
 *		Compiles a JSON Schema of draft 7.
 *
 * A first round notes which URIs its parts have.  A second makes a node of
 * each part that a keyword or a reference leads to, from a list of those that
 * wait, so that nothing nests.  A last one sees that no part applies to itself
 * without going into the document: so looking at a document always ends.
 */
#include "core/document/schema_int.h"

/* Lets a part wait. */
static void
push(DwCompiler *compiler, DwSchemaPart *part)
{
	part->next = compiler->waiting;
	compiler->waiting = part;
}

/* Takes a part that waits, or NULL. */
static DwSchemaPart *
pop(DwCompiler *compiler)
{
	DwSchemaPart *part = compiler->waiting;

	dw_arena_pause(compiler->arena);
	if (part != NULL)
		compiler->waiting = part->next;
	return part;
}

/* The member of an object, if it is a string. */
static const DwDocValue *
find_string(const DwDocValue *object, const char *key)
{
	const DwDocValue *value = object->kind != DW_DOC_OBJECT ? NULL :
		dw_doc_find(object, key, (uint32_t) strlen(key));

	return value != NULL && value->kind == DW_DOC_STRING ? value : NULL;
}

/* The path without "." and ".." (RFC 3986, 5.2.4). */
static DwSlice
without_dots(DwArena *arena, DwSlice path)
{
	char	   *kept = dw_arena_take(arena, path.length + 1);
	size_t		length = 0;
	size_t		at = 0;

	while (at < path.length)
	{
		size_t		from = at + (path.text[at] == '/');
		DwSlice		rest = dw_slice_cut(path, from, path.length);
		size_t		end = from + dw_slice_find(rest, '/');
		bool		is_up = end - from == 2 && path.text[from] == '.' &&
			path.text[from + 1] == '.';

		if (is_up)
			while (length > 0 && kept[--length] != '/')
				continue;
		if (is_up || (end - from == 1 && path.text[from] == '.'))
		{
			if (end == path.length && from > at)
				kept[length++] = '/';
		}
		else
		{
			memcpy(kept + length, path.text + at, end - at);
			length += end - at;
		}
		at = end;
	}
	return dw_slice(kept, length);
}

/* The path of a reference behind that of its base, without the last part. */
static DwSlice
merge(DwArena *arena, const DwUri *base, DwSlice path)
{
	DwScript	script = {.arena = arena};
	size_t		keep = base->path.length;

	while (keep > 0 && base->path.text[keep - 1] != '/')
		keep--;
	if (keep == 0 && base->authority.text != NULL)
		dw_script_say(&script, "/");
	dw_script_add(&script, base->path.text, keep);
	dw_script_add(&script, path.text, path.length);
	return dw_slice(script.text, script.length);
}

/* The parts before the fragment, put together. */
static DwSlice
join(DwArena *arena, const DwUri *uri)
{
	DwScript	script = {.arena = arena};

	dw_script_add(&script, uri->scheme.text, uri->scheme.length);
	if (uri->scheme.text != NULL)
		dw_script_say(&script, ":");
	if (uri->authority.text != NULL)
		dw_script_say(&script, "//");
	dw_script_add(&script, uri->authority.text, uri->authority.length);
	dw_script_add(&script, uri->path.text, uri->path.length);
	if (uri->query.text != NULL)
		dw_script_say(&script, "?");
	dw_script_add(&script, uri->query.text, uri->query.length);
	return dw_slice(script.text, script.length);
}

/*
 * The reference as seen from a base (RFC 3986), cut into what precedes the
 * fragment, and the fragment, still encoded.
 */
static DwSlice
resolve(DwArena *arena, DwSlice base, DwSlice reference,
		DwSlice *fragment)
{
	DwUri		from = dw_uri_split(base);
	DwUri		uri = dw_uri_split(reference);

	*fragment = uri.fragment;
	if (uri.scheme.text != NULL || uri.authority.text != NULL)
		uri.path = without_dots(arena, uri.path);
	else if (uri.path.length == 0)
	{
		uri.path = from.path;
		if (uri.query.text == NULL)
			uri.query = from.query;
	}
	else if (uri.path.text[0] == '/')
		uri.path = without_dots(arena, uri.path);
	else
		uri.path = without_dots(arena, merge(arena, &from, uri.path));
	if (uri.scheme.text == NULL)
	{
		if (uri.authority.text == NULL)
			uri.authority = from.authority;
		uri.scheme = from.scheme;
	}
	return join(arena, &uri);
}

/* The base of a part: its own $id, or what it stands in. */
static DwSlice
base_of(DwCompiler *compiler, const DwDocValue *value, DwSlice base,
		DwSlice *fragment)
{
	const DwDocValue *id = find_string(value, "$id");

	*fragment = DW_NO_SLICE;
	if (id == NULL || find_string(value, "$ref") != NULL)
		return base;
	return resolve(compiler->arena, base, dw_string_slice(id), fragment);
}

/* The part of that URI, or NULL. */
static const DwSchemaPart *
find_name(DwCompiler *compiler, DwSlice uri, DwSlice fragment)
{
	for (const DwSchemaName *name = compiler->names; name != NULL;
		 name = name->next)
		if (dw_slice_equal(name->uri, uri) &&
			dw_slice_equal(name->fragment, fragment))
			return name->part;
	return NULL;
}

/* Notes that a part has a URI; false when another one has it. */
static bool
add_name(DwCompiler *compiler, const DwSchemaPart *part, DwSlice fragment)
{
	const DwSchemaPart *other = find_name(compiler, part->base, fragment);
	DwClause	clause = {part, "$id", NULL};
	DwSchemaName *name;

	dw_arena_pause(compiler->arena);
	if (other != NULL)
		return other->value == part->value ||
			dw_schema_refuse(compiler, &clause, "must not be that of another part");
	name = dw_arena_take(compiler->arena, sizeof(*name));
	*name = (DwSchemaName)
	{
		part->base, fragment, part, compiler->names
	};
	compiler->names = name;
	return true;
}

/* The keyword that a member is, or NULL. */
static const DwKeyword *
find_keyword(const DwDocMember *member)
{
	for (const DwKeyword *keyword = dw_keywords; keyword->name != NULL;
		 keyword++)
		if (strlen(keyword->name) == member->length &&
			memcmp(keyword->name, member->key, member->length) == 0)
			return keyword;
	return NULL;
}

/* The way to a member. */
static const DwDocPath *
member_path(DwCompiler *compiler, const DwDocPath *path,
			const DwDocMember *member)
{
	return dw_schema_step(compiler, path,
						  dw_slice(member->key, member->length),
						  DW_DOC_NO_ITEM);
}

/* Lets a schema wait that stands in another. */
static void
push_inner(DwCompiler *compiler, const DwDocValue *value,
		   const DwDocPath *path, const DwSchemaPart *outer)
{
	push(compiler, dw_schema_part(compiler, value, path, outer->base));
}

/* Lets the schemas wait that a keyword of a part holds. */
static void
push_held(DwCompiler *compiler, const DwSchemaPart *part,
		  const DwDocMember *member)
{
	const DwKeyword *keyword = find_keyword(member);
	const DwDocValue *value = &member->value;
	const DwDocPath *path;

	if (keyword == NULL || keyword->holds == DW_HOLDS_NONE)
		return;
	path = member_path(compiler, part->path, member);
	if (value->kind == DW_DOC_ARRAY && keyword->holds != DW_HOLDS_MEMBERS)
		for (uint32_t i = 0; i < value->count; i++)
			push_inner(compiler, &value->as.items[i],
					   dw_schema_step(compiler, path, DW_NO_SLICE, i), part);
	else if (value->kind == DW_DOC_OBJECT &&
			 keyword->holds == DW_HOLDS_MEMBERS)
		for (uint32_t i = 0; i < value->count; i++)
			push_inner(compiler, &value->as.members[i].value,
					   member_path(compiler, path, &value->as.members[i]),
					   part);
	else
		push_inner(compiler, value, path, part);
}

/* The first round over a document: notes the URIs of its parts. */
static bool
note_names(DwCompiler *compiler, DwSchemaPart *root)
{
	DwSchemaPart *part;

	push(compiler, root);
	while ((part = pop(compiler)) != NULL)
	{
		const DwDocValue *value = part->value;
		DwSlice		inherited = part->base;
		DwSlice		fragment;

		if (value->kind != DW_DOC_OBJECT)
			continue;
		part->base = base_of(compiler, value, part->base, &fragment);
		part->is_based = true;
		if (fragment.length > 0 && !add_name(compiler, part, fragment))
			return false;
		if ((part == root || !dw_slice_equal(part->base, inherited)) &&
			!add_name(compiler, part, DW_NO_SLICE))
			return false;
		for (uint32_t i = 0; i < value->count; i++)
			push_held(compiler, part, &value->as.members[i]);
	}
	return true;
}

/* The fragment of a reference with its percent signs resolved. */
static DwSlice
decoded(DwCompiler *compiler, DwSlice text)
{
	char	   *copy = dw_arena_take(compiler->arena, text.length + 1);
	size_t		length = 0;

	for (size_t i = 0; i < text.length; i++)
	{
		int			code = 0;
		int			digits = 0;

		while (text.text[i] == '%' && digits < 2 &&
			   i + 1 + (size_t) digits < text.length)
		{
			char		digit = text.text[i + 1 + (size_t) digits];

			if (digit >= '0' && digit <= '9')
				code = 16 * code + (digit - '0');
			else if ((digit | 32) >= 'a' && (digit | 32) <= 'f')
				code = 16 * code + ((digit | 32) - 'a' + 10);
			else
				break;
			digits++;
		}
		copy[length++] = digits == 2 ? (char) code : text.text[i];
		i += digits == 2 ? 2 : 0;
	}
	return dw_slice(copy, length);
}

/* Cuts the next part off a JSON pointer and resolves its escapes. */
static DwSlice
next_token(DwCompiler *compiler, DwSlice *pointer)
{
	char	   *copy = dw_arena_take(compiler->arena, pointer->length);
	size_t		length = 0;
	size_t		at = 1;			/* behind the slash */

	for (; at < pointer->length && pointer->text[at] != '/'; at++)
	{
		char		byte = pointer->text[at];

		if (byte == '~' && at + 1 < pointer->length &&
			(pointer->text[at + 1] == '0' || pointer->text[at + 1] == '1'))
			byte = pointer->text[++at] == '0' ? '~' : '/';
		copy[length++] = byte;
	}
	pointer->text += at;
	pointer->length -= at;
	return dw_slice(copy, length);
}

/* The item of an array that a token names, or NULL. */
static const DwDocValue *
find_item(const DwDocValue *array, DwSlice token, int64_t *item)
{
	size_t		at = 0;

	for (*item = 0; at < token.length && at < 9 &&
		 dw_is_digit(token.text[at]); at++)
		*item = 10 * *item + (token.text[at] - '0');
	if (at == 0 || at < token.length || (at > 1 && token.text[0] == '0') ||
		*item >= array->count)
		return NULL;
	return &array->as.items[*item];
}

/* The part that a JSON pointer leads to from another, or NULL. */
static DwSchemaPart *
follow(DwCompiler *compiler, const DwSchemaPart *from, DwSlice pointer)
{
	DwSchemaPart *part = dw_schema_part(compiler, from->value, from->path,
										from->base);
	DwSlice		fragment;

	part->is_based = true;
	while (pointer.length > 0)
	{
		const DwDocValue *value = part->value;
		DwSlice		token = next_token(compiler, &pointer);
		int64_t		item = DW_DOC_NO_ITEM;

		dw_arena_pause(compiler->arena);
		if (!part->is_based)
			part->base = base_of(compiler, value, part->base, &fragment);
		part->is_based = false;
		if (part->value->kind == DW_DOC_ARRAY)
			part->value = find_item(value, token, &item);
		else if (part->value->kind == DW_DOC_OBJECT)
			part->value = dw_doc_find(value, token.text,
									  (uint32_t) token.length);
		else
			part->value = NULL;
		if (part->value == NULL)
			return NULL;
		part->path = dw_schema_step(compiler, part->path, token, item);
	}
	return part;
}

/* Reads the meta-schema in, which is a document of its own; NULL: a fault. */
static const DwSchemaPart *
load_meta(DwCompiler *compiler)
{
	int			count;
	const DwBuiltinSchema *schemas = dw_builtin_schemas(&count);
	const char *text = schemas[dw_builtin_schema_find("json_schema", 11)].text;
	DwDocValue *value = dw_arena_take(compiler->arena, sizeof(*value));
	DwSchemaPart *waiting = compiler->waiting;
	DwSchemaPart *root;
	bool		is_read;

	is_read = dw_doc_read(compiler->arena, text, strlen(text), value);
	root = dw_schema_part(compiler, value,
						  dw_schema_step(compiler, NULL, dw_slice_of(DW_META_URI "#"),
										 DW_DOC_ROOT), DW_NO_SLICE);
	compiler->waiting = NULL;
	is_read = is_read && note_names(compiler, root);
	compiler->waiting = waiting;
	return is_read ? root : NULL;
}

/* Puts what a $ref refers to into a node. */
static bool
apply_ref(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	DwScript	script = {.arena = compiler->arena};
	DwSlice		text = dw_string_slice(clause->value);
	DwSlice		fragment;
	DwSlice		uri = resolve(compiler->arena, clause->part->base,
							  text, &fragment);
	const DwSchemaPart *document = find_name(compiler, uri, DW_NO_SLICE);
	DwSchemaPart *part = NULL;

	if (document == NULL && dw_slice_equal(uri, dw_slice_of(DW_META_URI)))
		document = load_meta(compiler);
	fragment = decoded(compiler, fragment);
	if (fragment.length > 0 && fragment.text[0] != '/')
	{
		document = find_name(compiler, uri, fragment);
		fragment.length = 0;
	}
	if (document != NULL)
		part = follow(compiler, document, fragment);
	if (part == NULL)
	{
		dw_script_say(&script, "must refer to a part of the schema or to "
					  "the meta-schema of draft 7, and there is no \"");
		dw_script_add(&script, text.text, text.length < 200 ? text.length : 0);
		dw_script_say(&script, text.length < 200 ? "\"" : "...\"");
		return dw_schema_refuse(compiler, clause, script.text);
	}
	node->ref = dw_schema_node(compiler, part);
	return node->ref != NULL;
}

/* Fills the node of a part. */
static bool
compile_part(DwCompiler *compiler, DwSchemaPart *part)
{
	const DwDocValue *value = part->value;
	const DwDocValue *ref = find_string(value, "$ref");
	const DwClause refers = {part, "$ref", ref};
	DwSlice		fragment;

	if (value->kind == DW_DOC_BOOLEAN)
	{
		part->node->is_never = !value->flag;
		return true;
	}
	if (!part->is_based)
		part->base = base_of(compiler, value, part->base, &fragment);
	if (ref != NULL)
		return apply_ref(compiler, part->node, &refers);
	for (uint32_t i = 0; i < value->count; i++)
	{
		const DwKeyword *keyword = find_keyword(&value->as.members[i]);
		DwClause	clause = {part, NULL, &value->as.members[i].value};

		if (keyword == NULL)
			continue;
		clause.keyword = keyword->name;
		if (!keyword->apply(compiler, part->node, &clause))
			return false;
	}
	return true;
}

static bool visit(DwCompiler *compiler, DwSchema *node, DwSchema *from,
				  int depth);

/* Visits the nodes of a list. */
static bool
visit_list(DwCompiler *compiler, const DwSchemaList *list, DwSchema *from,
		   int depth)
{
	for (uint32_t i = 0; i < list->count; i++)
		if (!visit(compiler, list->schemas[i], from, depth))
			return false;
	return true;
}

/* Visits the nodes that apply to the same value as one does. */
static bool
visit_same(DwCompiler *compiler, DwSchema *node, int depth)
{
	const DwLogicRules *logic = node->logic;
	const DwObjectRules *object = node->object;

	if (node->ref != NULL)
		return visit(compiler, node->ref, node, depth);
	for (uint32_t i = 0; object != NULL && i < object->dependency_count; i++)
		if (!visit(compiler, object->dependencies[i].schema, node, depth))
			return false;
	return logic == NULL ||
		(visit_list(compiler, &logic->all, node, depth) &&
		 visit_list(compiler, &logic->any, node, depth) &&
		 visit_list(compiler, &logic->one, node, depth) &&
		 visit(compiler, logic->without, node, depth) &&
		 visit(compiler, logic->condition, node, depth) &&
		 visit(compiler, logic->consequence, node, depth) &&
		 visit(compiler, logic->alternative, node, depth));
}

/*
 * False, with the fault, when a node comes back to itself, or stands at the
 * top of too many.
 */
static bool
visit(DwCompiler *compiler, DwSchema *node, DwSchema *from, int depth)
{
	DwSchemaFault *fault = compiler->fault;
	DwScript	script = {.arena = compiler->arena};

	dw_arena_pause(compiler->arena);
	if (node == NULL)
		return true;
	if (node->visit == DW_VISIT_OPEN)
	{
		fault->path = dw_doc_path_text(compiler->arena, node->path, NULL);
		fault->what =
			"must not apply to itself without going into the document";
		return false;
	}
	if (depth <= DW_DOC_DEPTH_MAX && node->visit == DW_VISIT_NEW)
	{
		node->visit = DW_VISIT_OPEN;
		if (!visit_same(compiler, node, depth + 1))
			return false;
		node->visit = DW_VISIT_DONE;
	}
	if (from != NULL && from->height <= node->height)
		from->height = node->height + 1;
	if (depth <= DW_DOC_DEPTH_MAX && node->height <= DW_DOC_DEPTH_MAX)
		return true;
	dw_script_say(&script, "must not have more than ");
	dw_script_count(&script, DW_DOC_DEPTH_MAX);
	dw_script_say(&script, " schemas that apply to one place");
	fault->path = "";
	fault->what = script.text;
	return false;
}

const DwSchema *
dw_schema_compile(DwArena *arena, const DwDocValue *source,
				  DwSchemaFault *fault)
{
	DwCompiler	compiler = {.arena = arena,.fault = fault};
	DwSchemaPart *root = dw_schema_part(&compiler, source, NULL,
										DW_NO_SLICE);
	DwSchemaPart *part;
	DwSchema   *node;

	if (!note_names(&compiler, root))
		return NULL;
	node = dw_schema_node(&compiler, root);
	if (node == NULL)
		return NULL;
	while ((part = pop(&compiler)) != NULL)
		if (!compile_part(&compiler, part))
			return NULL;
	for (DwSchema *made = compiler.made; made != NULL; made = made->next)
		if (!visit(&compiler, made, NULL, 0))
			return NULL;
	return node;
}

bool
dw_schema_is_shallow(const DwSchema *schema)
{
	const DwArrayRules *array = schema->array;
	const DwObjectRules *object = schema->object;

	return schema->ref == NULL && schema->choices == NULL &&
		schema->constant == NULL && schema->number == NULL &&
		schema->string == NULL && schema->logic == NULL &&
		(schema->types & DW_TYPE_INTEGER) == 0 &&
		(array == NULL ||
		 (!array->is_unique && array->every == NULL &&
		  array->first.count == 0 && array->contained == NULL)) &&
		(object == NULL ||
		 (object->required == NULL && object->property_count == 0 &&
		  object->pattern_count == 0 && object->others == NULL &&
		  object->names == NULL && object->dependency_count == 0));
}
