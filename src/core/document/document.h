/*
 * document.h
 *		JSON documents as values, and JSON Schema, draft 7, over them.
 *
 * A document is a tree of values in memory that an arena gives; strings point
 * into what the caller read and must outlive it.  A schema is such a tree,
 * compiled once and used for any number of documents.  docs/documents.md says
 * what is understood.
 */
#ifndef DW_DOCUMENT_H
#define DW_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Levels of a document, and of schemas that apply to one place of it. */
#define DW_DOC_DEPTH_MAX	1000

/*
 * Where memory comes from, and who may lose patience.  Nothing is given back
 * piece by piece: whoever made the arena ends all of it.
 */
typedef struct DwArena
{
	void	   *(*allocate) (void *owner, size_t size); /* never NULL */
	void		(*pause) (void *owner); /* called often, also where calls
										 * nest: may not come back, or NULL */
	void	   *owner;			/* of the two */
	char	   *next;			/* free bytes of the last block */
	size_t		left;			/* how many */
	size_t		block;			/* bytes of the next block; 0: the least */
} DwArena;

/* Memory of that size, aligned for anything. */
extern void *dw_arena_take(DwArena *arena, size_t size);

/* Lets the arena's owner interrupt. */
static inline void
dw_arena_pause(DwArena *arena)
{
	if (arena->pause != NULL)
		arena->pause(arena->owner);
}

typedef enum DwDocKind
{
	DW_DOC_NULL,
	DW_DOC_BOOLEAN,
	DW_DOC_NUMBER,
	DW_DOC_STRING,
	DW_DOC_ARRAY,
	DW_DOC_OBJECT
} DwDocKind;

/* A number that is no small one: digits * 10^exponent. */
typedef struct DwDocDigits
{
	bool		is_negative;	/* its sign */
	int32_t		exponent;		/* of the last digit */
	uint32_t	count;			/* of digits */
	const uint8_t *digits;		/* 0 ... 9 each; the first and the last are
								 * not 0 */
} DwDocDigits;

/* One value; fill it by the functions below, and read it as you like. */
typedef struct DwDocValue
{
	uint8_t		kind;			/* a DwDocKind */
	bool		flag;			/* a boolean's value; of a number, that it is
								 * small * 10^exponent */
	int16_t		exponent;		/* of a small number, whose last digit is not
								 * 0, but for 0 itself */
	uint32_t	count;			/* bytes, items or members */
	union
	{
		int64_t		small;		/* of a small number */
		const DwDocDigits *digits;	/* of another */
		const char *text;		/* UTF-8, without an end */
		const struct DwDocValue *items; /* of an array */
		const struct DwDocMember *members;	/* of an object */
	}			as;				/* by kind */
} DwDocValue;

/* A member; they stand in the order of dw_doc_key_compare, each name once. */
typedef struct DwDocMember
{
	const char *key;			/* its name, UTF-8 */
	uint32_t	length;			/* bytes of it */
	uint32_t	order;			/* where it stood in the text */
	DwDocValue	value;			/* what it has */
} DwDocMember;

/* The order of jsonb: shorter names first, then by bytes. */
static inline int
dw_doc_key_compare(const char *a, uint32_t a_length, const char *b,
				   uint32_t b_length)
{
	if (a_length != b_length)
		return a_length < b_length ? -1 : 1;
	return __builtin_memcmp(a, b, a_length);
}

/*
 * A number of any digits, 0 ... 9 each, times 10^exponent; zeros at either
 * end are left out.
 */
extern void dw_doc_set_number(DwArena *arena, DwDocValue *value,
							  const DwDocDigits *number);

/* small * 10^exponent, |exponent| <= 10000 */
extern void dw_doc_set_small(DwDocValue *value, int64_t small, int exponent);

/* A string, which is not copied. */
extern void dw_doc_set_string(DwDocValue *value, const char *text,
							  uint32_t length);

/* Reads JSON text (RFC 8259); false when it is none, or nests too deep. */
extern bool dw_doc_read(DwArena *arena, const char *text, size_t length,
						DwDocValue *value);

/* The member of that name, or NULL. */
extern const DwDocValue *dw_doc_find(const DwDocValue *object,
									 const char *key, uint32_t length);

/* A schema, compiled. */
typedef struct DwSchema DwSchema;

/* What is wrong with a schema. */
typedef struct DwSchemaFault
{
	const char *path;			/* JSON pointer to it */
	const char *what;			/* the end of a sentence: "must be ..." */
} DwSchemaFault;

/*
 * Compiles a schema; the value and the arena must live as long.  NULL, and the
 * fault, when it is none of draft 7, refers to what is not in it, or applies
 * to itself without going into the document.
 */
extern const DwSchema *dw_schema_compile(DwArena *arena,
										 const DwDocValue *source,
										 DwSchemaFault *fault);

/* True when only the kind and the count of a document's root matter. */
extern bool dw_schema_is_shallow(const DwSchema *schema);

/* One thing in which a document does not fit. */
typedef struct DwDocError
{
	const char *path;			/* JSON pointer into the document */
	const char *keyword;		/* of the schema */
	const char *message;		/* the end of a sentence: "must be ..." */
	const char *schema_path;	/* JSON pointer to the keyword, after the
								 * schema's URI where it is another one */
} DwDocError;

/* Is told an error; false ends the look. */
typedef bool (*DwDocReport) (void *owner, const DwDocError *error);

/* How a document is looked at. */
typedef struct DwDocCheck
{
	DwArena    *arena;			/* for paths and messages, and to interrupt */
	bool		skips_formats;	/* format and content are not looked at */
	DwDocReport report;			/* NULL: the first error ends it */
	void	   *owner;			/* of report */
} DwDocCheck;

/* What looking came to. */
typedef enum DwDocVerdict
{
	DW_DOC_FITS,				/* the document is valid */
	DW_DOC_FITS_NOT,			/* it is not */
	DW_DOC_TOO_DEEP				/* too many levels of document and schema */
} DwDocVerdict;

/* Looks whether a document fits a schema. */
extern DwDocVerdict dw_schema_check(const DwSchema *schema,
									const DwDocValue *document,
									const DwDocCheck *check);

/* A schema of the library. */
typedef struct DwBuiltinSchema
{
	const char *name;			/* of it, [a-z0-9_]+ */
	const char *text;			/* JSON */
} DwBuiltinSchema;

/* All of them, by name; the draft-7 meta-schema is "json_schema". */
extern const DwBuiltinSchema *dw_builtin_schemas(int *count);

/* The place of one in that list, or -1. */
extern int	dw_builtin_schema_find(const char *name, size_t length);

#endif							/* DW_DOCUMENT_H */
