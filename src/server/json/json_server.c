/*
 * json_server.c
 *		jsonb as the values of core/document, and memory for these.
 *
 * Strings and names stay where they are.  The server's names of members are
 * in the order that core wants, each once.
 */
#include "postgres.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"

#include "server/error/error_server.h"
#include "server/json/json_server.h"

/* The signs of a number on the wire (numeric_send). */
#define SIGN_NEGATIVE	0x4000
#define SIGN_SPECIAL	0xc000	/* NaN and the two infinities */

#define GROUP_DIGITS	4		/* decimal digits of a digit on the wire */
#define SMALL_GROUPS	4		/* so many fit an int64 */
#define SMALL_EXPONENT	9900	/* of what is set as a small number */

/* Where a reader stands. */
typedef struct Reader
{
	DwArena    *arena;			/* for arrays and members */
	JsonbIterator *iterator;	/* over the document */
	int			depth;			/* containers open */
} Reader;

static void read_value(Reader *reader, JsonbIteratorToken token,
					   const JsonbValue *found, DwDocValue *value);

/* Memory of a context, of any size. */
static void *
allocate(void *owner, size_t size)
{
	return MemoryContextAllocHuge(owner, size);
}

/* Lets the server interrupt, and sees to the stack. */
static void
pause_here(void *owner)
{
	CHECK_FOR_INTERRUPTS();
	check_stack_depth();
}

void
dw_json_arena(DwArena *arena, MemoryContext context)
{
	*arena = (DwArena)
	{
		.allocate = allocate,.pause = pause_here,.owner = context
	};
}

/* Two bytes from the wire. */
static int
wire_int2(const uint8 *bytes)
{
	return (int16) (bytes[0] << 8 | bytes[1]);
}

/* A number of more digits than fit an int64. */
static void
read_long_number(DwArena *arena, const uint8 *groups, DwDocDigits number,
				 DwDocValue *value)
{
	uint8	   *digits = palloc(number.count);

	for (uint32 i = 0; i < number.count; i += GROUP_DIGITS)
	{
		int			group = wire_int2(groups + i / 2);

		for (int j = GROUP_DIGITS - 1; j >= 0; j--)
		{
			digits[i + j] = group % 10;
			group /= 10;
		}
	}
	number.digits = digits;
	dw_doc_set_number(arena, value, &number);
	pfree(digits);
}

/*
 * A number by its form on the wire: groups of four digits, of which zeros at
 * either end are left out, so that 1e131071 is short.
 */
static void
read_number(DwArena *arena, Numeric numeric, DwDocValue *value)
{
	bytea	   *wire =
		DatumGetByteaPP(DirectFunctionCall1(numeric_send,
											NumericGetDatum(numeric)));
	const uint8 *bytes = (const uint8 *) VARDATA_ANY(wire);
	int			count = wire_int2(bytes);
	int			exponent = GROUP_DIGITS * (wire_int2(bytes + 2) - count + 1);
	int			sign = wire_int2(bytes + 4) & 0xffff;
	const uint8 *groups = bytes + 8;
	int64		small = 0;
	DwDocDigits number = {0};

	if ((sign & SIGN_SPECIAL) == SIGN_SPECIAL)
		elog(ERROR, "a number of a jsonb is none");
	if (count <= SMALL_GROUPS && abs(exponent) <= SMALL_EXPONENT)
	{
		for (int i = 0; i < count; i++)
			small = 10000 * small + wire_int2(groups + 2 * i);
		dw_doc_set_small(value, sign == SIGN_NEGATIVE ? -small : small,
						 exponent);
	}
	else
	{
		number.is_negative = sign == SIGN_NEGATIVE;
		number.exponent = exponent;
		number.count = (uint32) (GROUP_DIGITS * count);
		read_long_number(arena, groups, number, value);
	}
	pfree(wire);
}

/* A value that is no container. */
static void
read_scalar(DwArena *arena, const JsonbValue *found, DwDocValue *value)
{
	switch (found->type)
	{
		case jbvNull:
			*value = (DwDocValue)
			{
				.kind = DW_DOC_NULL
			};
			break;
		case jbvBool:
			*value = (DwDocValue)
			{
				.kind = DW_DOC_BOOLEAN,.flag = found->val.boolean
			};
			break;
		case jbvNumeric:
			read_number(arena, found->val.numeric, value);
			break;
		case jbvString:
			dw_doc_set_string(value, found->val.string.val,
							  (uint32) found->val.string.len);
			break;
		default:
			elog(ERROR, "unexpected type %d of a jsonb", found->type);
	}
}

/* Takes the next token and reads the value that it begins. */
static void
read_next(Reader *reader, DwDocValue *value)
{
	JsonbValue	found;
	JsonbIteratorToken token = JsonbIteratorNext(&reader->iterator, &found,
												 false);

	read_value(reader, token, &found, value);
}

/* The items of an array, whose begin was taken. */
static void
read_items(Reader *reader, uint32 count, DwDocValue *value)
{
	JsonbValue	end;
	DwDocValue *items = dw_arena_take(reader->arena,
									  count * sizeof(*items));

	for (uint32 i = 0; i < count; i++)
		read_next(reader, &items[i]);
	(void) JsonbIteratorNext(&reader->iterator, &end, false);
	*value = (DwDocValue)
	{
		.kind = DW_DOC_ARRAY,.count = count,.as.items = items
	};
}

/* The members of an object, whose begin was taken. */
static void
read_members(Reader *reader, uint32 count, DwDocValue *value)
{
	JsonbValue	key;
	DwDocMember *members = dw_arena_take(reader->arena,
										 count * sizeof(*members));

	for (uint32 i = 0; i < count; i++)
	{
		(void) JsonbIteratorNext(&reader->iterator, &key, false);
		members[i].key = key.val.string.val;
		members[i].length = (uint32) key.val.string.len;
		members[i].order = i;
		read_next(reader, &members[i].value);
	}
	(void) JsonbIteratorNext(&reader->iterator, &key, false);
	*value = (DwDocValue)
	{
		.kind = DW_DOC_OBJECT,.count = count,.as.members = members
	};
}

/* Reads the value that a token begins. */
static void
read_value(Reader *reader, JsonbIteratorToken token, const JsonbValue *found,
		   DwDocValue *value)
{
	pause_here(NULL);
	if (token != WJB_BEGIN_ARRAY && token != WJB_BEGIN_OBJECT)
	{
		read_scalar(reader->arena, found, value);
		return;
	}
	if (++reader->depth > DW_DOC_DEPTH_MAX)
		dw_raise(DW_BAD_VALUE, "JSON document nests too deep",
				 psprintf("It has more than %d levels.", DW_DOC_DEPTH_MAX),
				 "Send a document with fewer levels of arrays and objects.");
	if (token == WJB_BEGIN_ARRAY)
		read_items(reader, (uint32) found->val.array.nElems, value);
	else
		read_members(reader, (uint32) found->val.object.nPairs, value);
	reader->depth--;
}

/* The root's kind and count. */
static void
read_root(const JsonbContainer *root, DwDocValue *value)
{
	*value = (DwDocValue)
	{
		.kind = JsonContainerIsArray(root) ? DW_DOC_ARRAY : DW_DOC_OBJECT,
			.count = JsonContainerSize(root)
	};
}

void
dw_json_read(DwArena *arena, Jsonb *jsonb, bool is_shallow,
			 DwDocValue *value)
{
	Reader		reader = {.arena = arena};
	JsonbValue	found;
	JsonbIteratorToken token;

	if (is_shallow && !JsonContainerIsScalar(&jsonb->root))
	{
		read_root(&jsonb->root, value);
		return;
	}
	reader.iterator = JsonbIteratorInit(&jsonb->root);
	token = JsonbIteratorNext(&reader.iterator, &found, false);
	/* a scalar is the one item of an array that is not there */
	if (token == WJB_BEGIN_ARRAY && found.val.array.rawScalar)
		token = JsonbIteratorNext(&reader.iterator, &found, false);
	read_value(&reader, token, &found, value);
}
