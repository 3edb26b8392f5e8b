/*
 * schema_int.h
 *		A schema in its compiled form, and while it is compiled.
 */
#ifndef DW_SCHEMA_INT_H
#define DW_SCHEMA_INT_H

#include "core/document/document_int.h"

/*
 * A schema, compiled.  Keywords are in groups by what they look at, and a
 * group without any is NULL.
 */

/* Schemas in the order of the text. */
typedef struct DwSchemaList
{
	struct DwSchema **schemas;	/* some of them */
	uint32_t	count;			/* how many */
} DwSchemaList;

/* Keywords of numbers; NULL where there is none. */
typedef struct DwNumberRules
{
	const DwDocValue *minimum;	/* least */
	const DwDocValue *maximum;	/* largest */
	const DwDocValue *above;	/* exclusiveMinimum */
	const DwDocValue *below;	/* exclusiveMaximum */
	const DwDocValue *factor;	/* multipleOf */
} DwNumberRules;

/* Keywords of strings. */
typedef struct DwStringRules
{
	uint32_t	least;			/* minLength */
	uint32_t	most;			/* maxLength */
	const DwPattern *pattern;	/* or NULL */
	const DwDocValue *pattern_text; /* what it was made of */
	DwFormatTest format;		/* or NULL */
	const DwDocValue *format_name;	/* what is tested */
	bool		is_base64;		/* contentEncoding */
	bool		is_json;		/* contentMediaType */
	DwFormatTest content;		/* of these two, or NULL */
} DwStringRules;

/* Keywords of arrays; a schema that is NULL is not there. */
typedef struct DwArrayRules
{
	uint32_t	least;			/* minItems */
	uint32_t	most;			/* maxItems */
	bool		is_unique;		/* uniqueItems */
	struct DwSchema *every;		/* items, where it is one schema */
	DwSchemaList first;			/* items, where it is a list */
	struct DwSchema *others;	/* additionalItems */
	struct DwSchema *contained; /* contains */
} DwArrayRules;

/* A schema for members whose names match. */
typedef struct DwPatternRule
{
	const DwPattern *pattern;	/* of the name */
	struct DwSchema *schema;	/* of the value */
} DwPatternRule;

/* What must hold where a member is. */
typedef struct DwDependency
{
	DwSlice		key;			/* the member */
	const DwDocValue *needed;	/* an array of names, or NULL */
	struct DwSchema *schema;	/* of the whole object, or NULL */
} DwDependency;

/* A member and its schema. */
typedef struct DwPropertyRule
{
	const char *key;			/* its name */
	uint32_t	length;			/* bytes of it */
	struct DwSchema *schema;	/* of its value */
} DwPropertyRule;

/* Keywords of objects. */
typedef struct DwObjectRules
{
	uint32_t	least;			/* minProperties */
	uint32_t	most;			/* maxProperties */
	const DwDocValue *required; /* an array of names, or NULL */
	DwPropertyRule *properties; /* in the order of members */
	uint32_t	property_count; /* how many */
	DwPatternRule *patterns;	/* patternProperties */
	uint32_t	pattern_count;	/* how many */
	struct DwSchema *others;	/* additionalProperties */
	struct DwSchema *names;		/* propertyNames */
	DwDependency *dependencies; /* dependencies */
	uint32_t	dependency_count;	/* how many */
} DwObjectRules;

/* Schemas that apply to the same value. */
typedef struct DwLogicRules
{
	DwSchemaList all;			/* allOf */
	DwSchemaList any;			/* anyOf */
	DwSchemaList one;			/* oneOf */
	struct DwSchema *without;	/* not */
	struct DwSchema *condition; /* if */
	struct DwSchema *consequence;	/* then */
	struct DwSchema *alternative;	/* else */
} DwLogicRules;

#define DW_TYPE_BIT(kind)	(1u << (kind))
#define DW_TYPE_INTEGER		(1u << 6)	/* a number without a fraction */
#define DW_TYPES_ALL		0x3fu

/* How far a schema is in the search for those that apply to themselves. */
typedef enum DwSchemaVisit
{
	DW_VISIT_NEW,
	DW_VISIT_OPEN,
	DW_VISIT_DONE
} DwSchemaVisit;

struct DwSchema
{
	const DwDocPath *path;		/* where it stands in its document */
	struct DwSchema *ref;		/* $ref: nothing else counts then */
	bool		is_never;		/* the schema false */
	uint8_t		types;			/* bits of kinds; DW_TYPES_ALL: any */
	uint8_t		visit;			/* a DwSchemaVisit */
	uint32_t	height;			/* schemas that lead to one another from it */
	struct DwSchema *next;		/* made before it */
	const DwDocValue *choices;	/* enum, or NULL */
	const DwDocValue *constant; /* const, or NULL */
	DwNumberRules *number;		/* or NULL, as the next */
	DwStringRules *string;		/* keywords of strings */
	DwArrayRules *array;		/* of arrays */
	DwObjectRules *object;		/* of objects */
	DwLogicRules *logic;		/* of other schemas */
};

/*
 * While it is compiled.
 */

/* The meta-schema, which schemas may refer to. */
#define DW_META_URI	"http://json-schema.org/draft-07/schema"

/* A part of a schema that waits. */
typedef struct DwSchemaPart
{
	const DwDocValue *value;	/* its text */
	const DwDocPath *path;		/* where it stands */
	DwSlice		base;			/* URI of what it stands in */
	bool		is_based;		/* its own $id is in base */
	DwSchema   *node;			/* to be filled; NULL in the first round */
	struct DwSchemaPart *next;	/* waits, too */
} DwSchemaPart;

/* A part that has a URI of its own. */
typedef struct DwSchemaName
{
	DwSlice		uri;			/* without a fragment */
	DwSlice		fragment;		/* a plain name; no text: the whole of it */
	const DwSchemaPart *part;	/* with the URI as its base */
	struct DwSchemaName *next;	/* noted before */
} DwSchemaName;

/* A slot of the table of nodes. */
typedef struct DwSchemaSlot
{
	const DwDocValue *value;	/* NULL: free */
	DwSchema   *node;			/* its node */
} DwSchemaSlot;

/* A schema while it is compiled. */
typedef struct DwCompiler
{
	DwArena    *arena;			/* for everything */
	DwSchemaFault *fault;		/* what is wrong */
	DwSchemaPart *waiting;		/* parts to go on with */
	DwSchemaName *names;		/* parts with URIs */
	DwSchemaSlot *slots;		/* nodes by value */
	uint32_t	slot_count;		/* a power of two */
	uint32_t	node_count;		/* slots in use */
	DwSchema   *made;			/* the last node */
} DwCompiler;

/* A keyword's place and value. */
typedef struct DwClause
{
	const DwSchemaPart *part;	/* the schema it is of */
	const char *keyword;		/* its name */
	const DwDocValue *value;	/* what it says */
} DwClause;

/* How the value of a keyword holds schemas. */
typedef enum DwHolds
{
	DW_HOLDS_NONE,
	DW_HOLDS_ONE,				/* it is one */
	DW_HOLDS_LIST,				/* an array of them */
	DW_HOLDS_EITHER,			/* one, or an array */
	DW_HOLDS_MEMBERS			/* an object of them, or of other things */
} DwHolds;

/* Puts one keyword into a node; false, with the fault noted. */
typedef bool (*DwApply) (DwCompiler *compiler, DwSchema *node,
						 const DwClause *clause);

/* A keyword. */
typedef struct DwKeyword
{
	const char *name;			/* of it */
	DwHolds		holds;			/* which schemas */
	DwApply		apply;			/* NULL: nothing follows from it */
} DwKeyword;

/* True when both have the same bytes. */
static inline bool
dw_slice_equal(DwSlice a, DwSlice b)
{
	return a.length == b.length &&
		(a.length == 0 || memcmp(a.text, b.text, a.length) == 0);
}

/* A constant as a slice. */
static inline DwSlice
dw_slice_of(const char *text)
{
	return dw_slice(text, strlen(text));
}

#define DW_NO_SLICE	dw_slice(NULL, 0)

/* A string as a slice. */
static inline DwSlice
dw_string_slice(const DwDocValue *string)
{
	return dw_slice(string->as.text, string->count);
}

/* All keywords that mean anything, up to one without a name. */
extern const DwKeyword dw_keywords[];

/* Notes what is wrong with a keyword; false. */
extern bool dw_schema_refuse(DwCompiler *compiler, const DwClause *clause,
							 const char *what);

/* One step further on a way. */
extern const DwDocPath *dw_schema_step(DwCompiler *compiler,
									   const DwDocPath *parent, DwSlice key,
									   int64_t item);

/* A part without a node. */
extern DwSchemaPart *dw_schema_part(DwCompiler *compiler,
									const DwDocValue *value,
									const DwDocPath *path, DwSlice base);

/*
 * The node of a part, which waits to be filled if it is new; NULL, with the
 * fault, for what is no schema.
 */
extern DwSchema *dw_schema_node(DwCompiler *compiler, DwSchemaPart *part);

#endif							/* DW_SCHEMA_INT_H */
