/*
 * keyword.c
 *		The keywords of draft 7: what each puts into a schema's node.
 */
#include "core/document/schema_int.h"

/* The node of a schema that a keyword holds. */
static bool
held_node(DwCompiler *compiler, const DwClause *clause, DwSchema **node)
{
	const DwDocPath *path = dw_schema_step(compiler, clause->part->path,
										   dw_slice_of(clause->keyword),
										   DW_DOC_NO_ITEM);

	*node = dw_schema_node(compiler,
						   dw_schema_part(compiler, clause->value, path,
										  clause->part->base));
	return *node != NULL;
}

/* The node of a member or an item of what a keyword has. */
static DwSchema *
inner_node(DwCompiler *compiler, const DwClause *clause,
		   const DwDocValue *value, DwSlice key, int64_t item)
{
	const DwDocPath *path = dw_schema_step(compiler, clause->part->path,
										   dw_slice_of(clause->keyword),
										   DW_DOC_NO_ITEM);

	path = dw_schema_step(compiler, path, key, item);
	return dw_schema_node(compiler, dw_schema_part(compiler, value, path,
												   clause->part->base));
}

/* The nodes of a list of schemas. */
static bool
held_list(DwCompiler *compiler, const DwClause *clause, DwSchemaList *list)
{
	const DwDocValue *value = clause->value;
	const DwSlice none = {0};

	if (value->kind != DW_DOC_ARRAY)
		return dw_schema_refuse(compiler, clause, "must be an array of schemas");
	list->count = value->count;
	list->schemas = dw_arena_take(compiler->arena,
								  value->count * sizeof(DwSchema *));
	for (uint32_t i = 0; i < value->count; i++)
	{
		list->schemas[i] = inner_node(compiler, clause, &value->as.items[i],
									  none, i);
		if (list->schemas[i] == NULL)
			return false;
	}
	return true;
}

/* The groups of keywords, made with the first of them. */
#define GROUP(Type, member, ...) \
static Type * \
member##_rules(DwCompiler *compiler, DwSchema *node) \
{ \
	if (node->member == NULL) \
	{ \
		node->member = dw_arena_take(compiler->arena, sizeof(Type)); \
		*node->member = (Type) {__VA_ARGS__}; \
	} \
	return node->member; \
}

GROUP(DwNumberRules, number,.minimum = NULL)
GROUP(DwStringRules, string,.most = UINT32_MAX)
GROUP(DwArrayRules, array,.most = UINT32_MAX)
GROUP(DwObjectRules, object,.most = UINT32_MAX)
GROUP(DwLogicRules, logic,.without = NULL)

/* A number of a schema. */
static bool
set_number(DwCompiler *compiler, const DwClause *clause,
		   const DwDocValue **place)
{
	if (clause->value->kind != DW_DOC_NUMBER)
		return dw_schema_refuse(compiler, clause, "must be a number");
	*place = clause->value;
	return true;
}

/* A count of a schema; what is beyond UINT32_MAX is that. */
static bool
set_count(DwCompiler *compiler, const DwClause *clause, uint32_t *place)
{
	const DwDocValue *value = clause->value;
	int64_t		count = value->flag ? value->as.small : INT64_MAX;

	if (value->kind != DW_DOC_NUMBER || !dw_number_is_integer(value) ||
		count < 0 || (!value->flag && value->as.digits->is_negative))
		return dw_schema_refuse(compiler, clause, "must be a whole number from 0");
	for (int i = 0; value->flag && i < value->exponent &&
		 count <= UINT32_MAX; i++)
		count *= 10;
	*place = count > UINT32_MAX ? UINT32_MAX : (uint32_t) count;
	return true;
}

/* True for an array of strings and nothing else. */
static bool
are_strings(const DwDocValue *value)
{
	if (value->kind != DW_DOC_ARRAY)
		return false;
	for (uint32_t i = 0; i < value->count; i++)
		if (value->as.items[i].kind != DW_DOC_STRING)
			return false;
	return true;
}

/* minimum */
static bool
apply_minimum(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	return set_number(compiler, clause,
					  &number_rules(compiler, node)->minimum);
}

/* maximum */
static bool
apply_maximum(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	return set_number(compiler, clause,
					  &number_rules(compiler, node)->maximum);
}

/* exclusiveMinimum */
static bool
apply_above(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	return set_number(compiler, clause, &number_rules(compiler, node)->above);
}

/* exclusiveMaximum */
static bool
apply_below(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	return set_number(compiler, clause, &number_rules(compiler, node)->below);
}

/* multipleOf */
static bool
apply_factor(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	const DwDocValue zero = {.kind = DW_DOC_NUMBER,.flag = true};

	if (clause->value->kind != DW_DOC_NUMBER ||
		dw_number_compare(clause->value, &zero) <= 0)
		return dw_schema_refuse(compiler, clause, "must be a number above 0");
	number_rules(compiler, node)->factor = clause->value;
	return true;
}

/* minLength */
static bool
apply_min_length(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	return set_count(compiler, clause, &string_rules(compiler, node)->least);
}

/* maxLength */
static bool
apply_max_length(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	return set_count(compiler, clause, &string_rules(compiler, node)->most);
}

/* Compiles a regular expression; the fault says what is wrong with it. */
static bool
set_pattern(DwCompiler *compiler, const DwClause *clause, DwSlice text,
			const DwPattern **pattern)
{
	DwScript	script = {.arena = compiler->arena};
	const char *what;

	if (dw_pattern_compile(compiler->arena, text, pattern, &what) ==
		DW_PATTERN_OK)
		return true;
	dw_script_say(&script, "must be a regular expression, but \"");
	dw_script_add(&script, text.text, text.length < 100 ? text.length : 0);
	dw_script_say(&script, text.length < 100 ? "\" " : "...\" ");
	dw_script_say(&script, what);
	return dw_schema_refuse(compiler, clause, script.text);
}

/* pattern */
static bool
apply_pattern(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	DwStringRules *rules = string_rules(compiler, node);

	if (clause->value->kind != DW_DOC_STRING)
		return dw_schema_refuse(compiler, clause, "must be a string");
	rules->pattern_text = clause->value;
	return set_pattern(compiler, clause, dw_string_slice(clause->value),
					   &rules->pattern);
}

/* The test of a format; NULL for one that is not known. */
static DwFormatTest
find_format(DwSlice name)
{
	for (const DwFormat *format = dw_formats; format->name != NULL; format++)
		if (dw_slice_equal(dw_slice_of(format->name), name))
			return format->test;
	return NULL;
}

/* format */
static bool
apply_format(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	DwStringRules *rules = string_rules(compiler, node);

	if (clause->value->kind != DW_DOC_STRING)
		return dw_schema_refuse(compiler, clause, "must be a string");
	rules->format = find_format(dw_string_slice(clause->value));
	rules->format_name = clause->value;
	return true;
}

/* Notes what strings hold: of the two keywords, the last has both known. */
static bool
set_content(DwCompiler *compiler, DwSchema *node, const DwClause *clause,
			const char *known, bool *is_known)
{
	DwStringRules *rules = string_rules(compiler, node);
	const char *name = "";

	if (clause->value->kind != DW_DOC_STRING)
		return dw_schema_refuse(compiler, clause, "must be a string");
	if (dw_slice_equal(dw_string_slice(clause->value), dw_slice_of(known)))
		*is_known = true;
	if (rules->is_json)
		name = rules->is_base64 ? "base64/json" : "/json";
	else if (rules->is_base64)
		name = "base64/";
	rules->content = find_format(dw_slice_of(name));
	return true;
}

/* contentEncoding */
static bool
apply_encoding(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	return set_content(compiler, node, clause, "base64",
					   &string_rules(compiler, node)->is_base64);
}

/* contentMediaType */
static bool
apply_media_type(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	return set_content(compiler, node, clause, "application/json",
					   &string_rules(compiler, node)->is_json);
}

/* minItems */
static bool
apply_min_items(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	return set_count(compiler, clause, &array_rules(compiler, node)->least);
}

/* maxItems */
static bool
apply_max_items(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	return set_count(compiler, clause, &array_rules(compiler, node)->most);
}

/* uniqueItems */
static bool
apply_unique_items(DwCompiler *compiler, DwSchema *node,
				   const DwClause *clause)
{
	if (clause->value->kind != DW_DOC_BOOLEAN)
		return dw_schema_refuse(compiler, clause, "must be true or false");
	array_rules(compiler, node)->is_unique = clause->value->flag;
	return true;
}

/* items */
static bool
apply_items(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	DwArrayRules *rules = array_rules(compiler, node);

	if (clause->value->kind == DW_DOC_ARRAY)
		return held_list(compiler, clause, &rules->first);
	return held_node(compiler, clause, &rules->every);
}

/* additionalItems */
static bool
apply_additional_items(DwCompiler *compiler, DwSchema *node,
					   const DwClause *clause)
{
	return held_node(compiler, clause, &array_rules(compiler, node)->others);
}

/* contains */
static bool
apply_contains(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	return held_node(compiler, clause,
					 &array_rules(compiler, node)->contained);
}

/* minProperties */
static bool
apply_min_properties(DwCompiler *compiler, DwSchema *node,
					 const DwClause *clause)
{
	return set_count(compiler, clause, &object_rules(compiler, node)->least);
}

/* maxProperties */
static bool
apply_max_properties(DwCompiler *compiler, DwSchema *node,
					 const DwClause *clause)
{
	return set_count(compiler, clause, &object_rules(compiler, node)->most);
}

/* required */
static bool
apply_required(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	if (!are_strings(clause->value))
		return dw_schema_refuse(compiler, clause, "must be an array of names");
	object_rules(compiler, node)->required = clause->value;
	return true;
}

/* properties */
static bool
apply_properties(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	DwObjectRules *rules = object_rules(compiler, node);
	const DwDocValue *value = clause->value;

	if (value->kind != DW_DOC_OBJECT)
		return dw_schema_refuse(compiler, clause, "must be an object of schemas");
	rules->property_count = value->count;
	rules->properties = dw_arena_take(compiler->arena, value->count *
									  sizeof(DwPropertyRule));
	for (uint32_t i = 0; i < value->count; i++)
	{
		const DwDocMember *member = &value->as.members[i];
		DwSlice		key = {member->key, member->length};
		DwSchema   *schema = inner_node(compiler, clause, &member->value, key,
										DW_DOC_NO_ITEM);

		rules->properties[i] = (DwPropertyRule)
		{
			member->key, member->length, schema
		};
		if (schema == NULL)
			return false;
	}
	return true;
}

/* patternProperties */
static bool
apply_pattern_properties(DwCompiler *compiler, DwSchema *node,
						 const DwClause *clause)
{
	DwObjectRules *rules = object_rules(compiler, node);
	const DwDocValue *value = clause->value;

	if (value->kind != DW_DOC_OBJECT)
		return dw_schema_refuse(compiler, clause, "must be an object of schemas");
	rules->pattern_count = value->count;
	rules->patterns = dw_arena_take(compiler->arena, value->count *
									sizeof(DwPatternRule));
	for (uint32_t i = 0; i < value->count; i++)
	{
		const DwDocMember *member = &value->as.members[i];
		DwSlice		key = {member->key, member->length};

		rules->patterns[i].schema = inner_node(compiler, clause,
											   &member->value, key,
											   DW_DOC_NO_ITEM);
		if (rules->patterns[i].schema == NULL ||
			!set_pattern(compiler, clause, key, &rules->patterns[i].pattern))
			return false;
	}
	return true;
}

/* additionalProperties */
static bool
apply_additional_properties(DwCompiler *compiler, DwSchema *node,
							const DwClause *clause)
{
	return held_node(compiler, clause, &object_rules(compiler, node)->others);
}

/* propertyNames */
static bool
apply_property_names(DwCompiler *compiler, DwSchema *node,
					 const DwClause *clause)
{
	return held_node(compiler, clause, &object_rules(compiler, node)->names);
}

/* dependencies */
static bool
apply_dependencies(DwCompiler *compiler, DwSchema *node,
				   const DwClause *clause)
{
	DwObjectRules *rules = object_rules(compiler, node);
	const DwDocValue *value = clause->value;

	if (value->kind != DW_DOC_OBJECT)
		return dw_schema_refuse(compiler, clause,
								"must be an object of schemas and arrays of names");
	rules->dependency_count = value->count;
	rules->dependencies = dw_arena_take(compiler->arena, value->count *
										sizeof(DwDependency));
	for (uint32_t i = 0; i < value->count; i++)
	{
		const DwDocMember *member = &value->as.members[i];
		DwDependency *dependency = &rules->dependencies[i];

		*dependency = (DwDependency)
		{
			.key =
			{
				member->key, member->length
			}
		};
		if (are_strings(&member->value))
		{
			dependency->needed = &member->value;
			continue;
		}
		dependency->schema = inner_node(compiler, clause, &member->value,
										dependency->key, DW_DOC_NO_ITEM);
		if (dependency->schema == NULL)
			return false;
	}
	return true;
}

/* The bits of a type's name; 0: there is none. */
static uint8_t
type_bits(const DwDocValue *name)
{
	static const struct
	{
		const char *name;		/* in schemas */
		unsigned	bits;		/* of kinds */
	}			types[] =
	{
		{"null", DW_TYPE_BIT(DW_DOC_NULL)},
		{"boolean", DW_TYPE_BIT(DW_DOC_BOOLEAN)},
		{"number", DW_TYPE_BIT(DW_DOC_NUMBER)},
		{"integer", DW_TYPE_INTEGER},
		{"string", DW_TYPE_BIT(DW_DOC_STRING)},
		{"array", DW_TYPE_BIT(DW_DOC_ARRAY)},
		{"object", DW_TYPE_BIT(DW_DOC_OBJECT)}
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (name->kind == DW_DOC_STRING &&
			dw_slice_equal(dw_string_slice(name), dw_slice_of(types[i].name)))
			return (uint8_t) types[i].bits;
	return 0;
}

/* type */
static bool
apply_type(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	const DwDocValue *value = clause->value;
	bool		is_list = value->kind == DW_DOC_ARRAY;
	uint32_t	count = is_list ? value->count : 1;

	node->types = 0;
	for (uint32_t i = 0; i < count; i++)
	{
		uint8_t		bits = type_bits(is_list ? &value->as.items[i] : value);

		if (bits == 0)
			return dw_schema_refuse(compiler, clause,
									"must be a type of JSON or an array of such");
		node->types |= bits;
	}
	return true;
}

/* enum */
static bool
apply_enum(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	if (clause->value->kind != DW_DOC_ARRAY)
		return dw_schema_refuse(compiler, clause, "must be an array");
	node->choices = clause->value;
	return true;
}

/* const */
static bool
apply_const(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	node->constant = clause->value;
	return true;
}

/* allOf */
static bool
apply_all_of(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	return held_list(compiler, clause, &logic_rules(compiler, node)->all);
}

/* anyOf */
static bool
apply_any_of(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	return held_list(compiler, clause, &logic_rules(compiler, node)->any);
}

/* oneOf */
static bool
apply_one_of(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	return held_list(compiler, clause, &logic_rules(compiler, node)->one);
}

/* not */
static bool
apply_not(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	return held_node(compiler, clause, &logic_rules(compiler, node)->without);
}

/* if */
static bool
apply_if(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	return held_node(compiler, clause,
					 &logic_rules(compiler, node)->condition);
}

/* then */
static bool
apply_then(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	return held_node(compiler, clause,
					 &logic_rules(compiler, node)->consequence);
}

/* else */
static bool
apply_else(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	return held_node(compiler, clause,
					 &logic_rules(compiler, node)->alternative);
}

/* Compiles what nothing may refer to: a fault there is one, too. */
static bool
apply_definitions(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	const DwDocValue *value = clause->value;

	if (value->kind != DW_DOC_OBJECT)
		return dw_schema_refuse(compiler, clause, "must be an object of schemas");
	for (uint32_t i = 0; i < value->count; i++)
	{
		const DwDocMember *member = &value->as.members[i];
		DwSlice		key = {member->key, member->length};

		if (inner_node(compiler, clause, &member->value, key,
					   DW_DOC_NO_ITEM) == NULL)
			return false;
	}
	return true;
}

/* $id */
static bool
apply_id(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	return clause->value->kind == DW_DOC_STRING ||
		dw_schema_refuse(compiler, clause, "must be a string");
}

/* $schema, of draft 7 alone */
static bool
apply_schema(DwCompiler *compiler, DwSchema *node, const DwClause *clause)
{
	DwSlice		text = dw_string_slice(clause->value);

	if (clause->value->kind == DW_DOC_STRING && text.length > 0 &&
		text.text[text.length - 1] == '#')
		text.length--;
	return (clause->value->kind == DW_DOC_STRING &&
			dw_slice_equal(text, dw_slice_of(DW_META_URI))) ||
		dw_schema_refuse(compiler, clause, "must be \"" DW_META_URI "#\"");
}

const DwKeyword dw_keywords[] = {
	{"$id", DW_HOLDS_NONE, apply_id},
	{"$schema", DW_HOLDS_NONE, apply_schema},
	{"additionalItems", DW_HOLDS_ONE, apply_additional_items},
	{"additionalProperties", DW_HOLDS_ONE, apply_additional_properties},
	{"allOf", DW_HOLDS_LIST, apply_all_of},
	{"anyOf", DW_HOLDS_LIST, apply_any_of},
	{"const", DW_HOLDS_NONE, apply_const},
	{"contains", DW_HOLDS_ONE, apply_contains},
	{"contentEncoding", DW_HOLDS_NONE, apply_encoding},
	{"contentMediaType", DW_HOLDS_NONE, apply_media_type},
	{"definitions", DW_HOLDS_MEMBERS, apply_definitions},
	{"dependencies", DW_HOLDS_MEMBERS, apply_dependencies},
	{"else", DW_HOLDS_ONE, apply_else},
	{"enum", DW_HOLDS_NONE, apply_enum},
	{"exclusiveMaximum", DW_HOLDS_NONE, apply_below},
	{"exclusiveMinimum", DW_HOLDS_NONE, apply_above},
	{"format", DW_HOLDS_NONE, apply_format},
	{"if", DW_HOLDS_ONE, apply_if},
	{"items", DW_HOLDS_EITHER, apply_items},
	{"maxItems", DW_HOLDS_NONE, apply_max_items},
	{"maxLength", DW_HOLDS_NONE, apply_max_length},
	{"maxProperties", DW_HOLDS_NONE, apply_max_properties},
	{"maximum", DW_HOLDS_NONE, apply_maximum},
	{"minItems", DW_HOLDS_NONE, apply_min_items},
	{"minLength", DW_HOLDS_NONE, apply_min_length},
	{"minProperties", DW_HOLDS_NONE, apply_min_properties},
	{"minimum", DW_HOLDS_NONE, apply_minimum},
	{"multipleOf", DW_HOLDS_NONE, apply_factor},
	{"not", DW_HOLDS_ONE, apply_not},
	{"oneOf", DW_HOLDS_LIST, apply_one_of},
	{"pattern", DW_HOLDS_NONE, apply_pattern},
	{"patternProperties", DW_HOLDS_MEMBERS, apply_pattern_properties},
	{"properties", DW_HOLDS_MEMBERS, apply_properties},
	{"propertyNames", DW_HOLDS_ONE, apply_property_names},
	{"required", DW_HOLDS_NONE, apply_required},
	{"then", DW_HOLDS_ONE, apply_then},
	{"type", DW_HOLDS_NONE, apply_type},
	{"uniqueItems", DW_HOLDS_NONE, apply_unique_items},
	{NULL, DW_HOLDS_NONE, NULL}
};
