/*
 * pattern.c
 *		Regular expressions of ECMA 262: reads them into programs.
 *
 * The dialect is that of the u flag, but for what many write all the same: a
 * backslash before any character that is no letter, digit or underscore
 * stands for it, and a brace or bracket that closes nothing for itself.
 * Back references and classes of Unicode properties are understood and not
 * supported; they would cost the promise about time, and tables.
 */
#include <string.h>

#include "core/document/pattern_int.h"

#define STEPS_MAX		20000	/* of an expression */
#define BYTES_MAX		65536	/* likewise */
#define GROUPS_MAX		100		/* open at a time */
#define REPEATS_MAX		1000000 /* larger numbers are read as this */
#define REPEATS_ENDLESS UINT32_MAX
#define LAST_CODE		0x10ffffu

typedef enum NodeKind
{
	NODE_CODE,
	NODE_SET,
	NODE_LIST,					/* children one after the other */
	NODE_CHOICE,				/* one of the children */
	NODE_REPEAT,				/* the child again and again */
	NODE_PLACE,					/* BEGIN, END, WORD or NO_WORD */
	NODE_LOOK					/* the child, looked for from here */
} NodeKind;

/* A part of an expression. */
typedef struct Node
{
	NodeKind	kind;			/* what it is */
	uint32_t	code;			/* of NODE_CODE, or a DwStepKind */
	DwCodeSet  *set;			/* of NODE_SET */
	uint32_t	least;			/* of NODE_REPEAT */
	uint32_t	most;			/* likewise */
	bool		is_backward;	/* of NODE_LOOK: looks behind */
	bool		is_negative;	/* of NODE_LOOK */
	const DwProgram *look;		/* of NODE_LOOK, once it was made */
	struct Node *child;			/* the first of them */
	struct Node *last;			/* of the children */
	struct Node *next;			/* of the same parent */
} Node;

/* Where the reader stands. */
typedef struct Parser
{
	DwArena    *arena;			/* for nodes and programs */
	DwSlice		text;			/* the expression */
	size_t		at;				/* first byte not read yet */
	int			groups;			/* open */
	const char *wrong;			/* what is wrong, or NULL */
	const char *unsupported;	/* what is not supported, or NULL */
} Parser;

static Node *read_choice(Parser *parser);

/* Notes what is wrong, the first time. */
static Node *
refuse(Parser *parser, const char *what)
{
	if (parser->wrong == NULL)
		parser->wrong = what;
	parser->at = parser->text.length;
	return NULL;
}

/* A node without children. */
static Node *
make_node(Parser *parser, NodeKind kind)
{
	Node	   *node = dw_arena_take(parser->arena, sizeof(*node));

	*node = (Node)
	{
		.kind = kind
	};
	return node;
}

/* Adds a child, which may be missing after a fault. */
static void
add_child(Node *parent, Node *child)
{
	if (child == NULL)
		return;
	if (parent->last == NULL)
		parent->child = child;
	else
		parent->last->next = child;
	parent->last = child;
}

/* True at a byte of ASCII that may follow. */
static bool
is_next(const Parser *parser, char byte)
{
	return parser->at < parser->text.length &&
		parser->text.text[parser->at] == byte;
}

/* Takes a word of ASCII, if it follows. */
static bool
take_next(Parser *parser, const char *word)
{
	size_t		length = strlen(word);

	if (parser->text.length - parser->at < length ||
		memcmp(parser->text.text + parser->at, word, length) != 0)
		return false;
	parser->at += length;
	return true;
}

/* Adds a range to a set. */
static void
add_range(Parser *parser, DwCodeSet *set, uint32_t low, uint32_t high)
{
	if (set->count == 0 || (set->count >= 8 &&
							(set->count & (set->count - 1)) == 0))
	{
		size_t		room = set->count == 0 ? 8 : 2 * (size_t) set->count;
		DwCodeRange *larger = dw_arena_take(parser->arena,
											room * sizeof(*larger));

		if (set->count > 0)
			memcpy(larger, set->ranges, set->count * sizeof(*larger));
		set->ranges = larger;
	}
	set->ranges[set->count].low = low;
	set->ranges[set->count++].high = high;
}

/* Of \d, \w and \s, two numbers a range. */
static const uint32_t digit_ranges[] = {'0', '9'};
static const uint32_t word_ranges[] = {'0', '9', 'A', 'Z', '_', '_', 'a', 'z'};
static const uint32_t space_ranges[] = {
	'\t', '\r', ' ', ' ', 0xa0, 0xa0, 0x1680, 0x1680, 0x2000, 0x200a,
	0x2028, 0x2029, 0x202f, 0x202f, 0x205f, 0x205f, 0x3000, 0x3000,
	0xfeff, 0xfeff
};
static const uint32_t line_ranges[] = {'\n', '\n', '\r', '\r', 0x2028, 0x2029};

/* A set of constants: count numbers, in rising order. */
typedef struct Ranges
{
	const uint32_t *codes;		/* two a range */
	int			count;			/* of numbers */
} Ranges;

#define RANGES(list) ((Ranges) {list, (int) (sizeof(list) / sizeof(list[0]))})

/* Adds a class of characters, or all that is not in it. */
static void
add_class(Parser *parser, DwCodeSet *set, Ranges ranges, bool is_negative)
{
	uint32_t	next = 0;

	for (int i = 0; i < ranges.count; i += 2)
	{
		if (!is_negative)
			add_range(parser, set, ranges.codes[i], ranges.codes[i + 1]);
		else if (ranges.codes[i] > next)
			add_range(parser, set, next, ranges.codes[i] - 1);
		next = ranges.codes[i + 1] + 1;
	}
	if (is_negative)
		add_range(parser, set, next, UINT32_MAX);
}

/* Adds the class of \d and its kin; false when the letter names none. */
static bool
add_class_named(Parser *parser, DwCodeSet *set, char letter)
{
	bool		is_negative = letter < 'a';

	if ((letter | 32) == 'd')
		add_class(parser, set, RANGES(digit_ranges), is_negative);
	else if ((letter | 32) == 'w')
		add_class(parser, set, RANGES(word_ranges), is_negative);
	else if ((letter | 32) == 's')
		add_class(parser, set, RANGES(space_ranges), is_negative);
	else
		return false;
	return true;
}

/* True when a code point is in the ranges of a set. */
static bool
in_ranges(const DwCodeSet *set, uint32_t code)
{
	for (uint32_t i = 0; i < set->count; i++)
		if (code >= set->ranges[i].low && code <= set->ranges[i].high)
			return true;
	return false;
}

/* A node of a set that is complete. */
static Node *
set_node(Parser *parser, DwCodeSet *set)
{
	Node	   *node = make_node(parser, NODE_SET);

	for (uint32_t code = 0; code < 128; code++)
		if (in_ranges(set, code) != set->is_negative)
			set->ascii[code / 64] |= UINT64_C(1) << code % 64;
	node->set = set;
	return node;
}

/* A set without a member. */
static DwCodeSet *
make_set(Parser *parser)
{
	DwCodeSet  *set = dw_arena_take(parser->arena, sizeof(*set));

	memset(set, 0, sizeof(*set));
	return set;
}

/* Reads hexadecimal digits, from least to most of them. */
static bool
read_hex_code(Parser *parser, int least, int most, uint32_t *code)
{
	int			count = 0;

	for (*code = 0; count < most && parser->at < parser->text.length; count++)
	{
		int			digit = dw_hex_digit(parser->text.text[parser->at]);

		if (digit < 0)
			break;
		*code = *code << 4 | (uint32_t) digit;
		parser->at++;
	}
	return count >= least;
}

/* Reads what follows \u: four digits, two times four, or braces. */
static bool
read_unicode(Parser *parser, uint32_t *code)
{
	uint32_t	low;
	size_t		at;

	if (take_next(parser, "{"))
		return read_hex_code(parser, 1, 6, code) && *code <= LAST_CODE &&
			take_next(parser, "}");
	if (!read_hex_code(parser, 4, 4, code))
		return false;
	at = parser->at;
	if (*code >= 0xd800 && *code < 0xdc00 && take_next(parser, "\\u"))
	{
		if (read_hex_code(parser, 4, 4, &low) && low >= 0xdc00 &&
			low <= 0xdfff)
			*code = 0x10000 + ((*code - 0xd800) << 10) + (low - 0xdc00);
		else
			parser->at = at;
	}
	return true;
}

/* Reads an escape that stands for one code point; the backslash is read. */
static bool
read_escaped_code(Parser *parser, uint32_t *code)
{
	static const char letters[] = "tnvfr";
	static const char controls[] = "\t\n\v\f\r";
	const char *found;
	char		letter;

	if (parser->at == parser->text.length)
		return false;
	letter = parser->text.text[parser->at];
	if ((letter & 0x80) != 0)
	{
		*code = dw_utf8_next(parser->text, &parser->at);
		return true;
	}
	parser->at++;
	if (letter != '\0' && (found = strchr(letters, letter)) != NULL)
		*code = (uint32_t) controls[found - letters];
	else if (letter == 'x')
		return read_hex_code(parser, 2, 2, code);
	else if (letter == 'u')
		return read_unicode(parser, code);
	else if (letter == 'c' && parser->at < parser->text.length &&
			 (parser->text.text[parser->at] | 32) >= 'a' &&
			 (parser->text.text[parser->at] | 32) <= 'z')
		*code = (uint32_t) parser->text.text[parser->at++] & 31;
	else if (letter == '0' &&
			 !(parser->at < parser->text.length &&
			   parser->text.text[parser->at] >= '0' &&
			   parser->text.text[parser->at] <= '9'))
		*code = 0;
	else if (dw_is_word(letter))
		return false;
	else
		*code = (uint32_t) letter;
	return true;
}

/* Passes over \p{...}, \1 and \k<name>; false when none of them follows. */
static bool
skip_unsupported(Parser *parser)
{
	char		letter = parser->text.text[parser->at];
	const char *what = NULL;
	char		close = '\0';

	if (letter >= '1' && letter <= '9')
		what = "has a back reference, which is not supported";
	else if (take_next(parser, "k<"))
	{
		what = "has a back reference, which is not supported";
		close = '>';
	}
	else if (take_next(parser, "p{") || take_next(parser, "P{"))
	{
		what = "has a class by Unicode property, which is not supported";
		close = '}';
	}
	if (what == NULL)
		return false;
	while (close != '\0' ? !is_next(parser, close) :
		   parser->at < parser->text.length &&
		   parser->text.text[parser->at] >= '0' &&
		   parser->text.text[parser->at] <= '9')
	{
		if (parser->at == parser->text.length)
			return false;
		parser->at++;
	}
	if (close != '\0')
		parser->at++;
	if (parser->unsupported == NULL)
		parser->unsupported = what;
	return true;
}

/* Reads an escape outside of brackets; the backslash is read. */
static Node *
read_escape_node(Parser *parser)
{
	DwCodeSet  *set = make_set(parser);
	Node	   *node;
	uint32_t	code;

	if (parser->at == parser->text.length)
		return refuse(parser, "ends with a backslash");
	if (add_class_named(parser, set, parser->text.text[parser->at]))
	{
		parser->at++;
		return set_node(parser, set);
	}
	if (is_next(parser, 'b') || is_next(parser, 'B'))
	{
		node = make_node(parser, NODE_PLACE);
		node->code = is_next(parser, 'b') ? DW_STEP_WORD : DW_STEP_NO_WORD;
		parser->at++;
		return node;
	}
	if (skip_unsupported(parser))
		return make_node(parser, NODE_LIST);
	if (!read_escaped_code(parser, &code))
		return refuse(parser, "has an escape that ECMA 262 does not know");
	node = make_node(parser, NODE_CODE);
	node->code = code;
	return node;
}

/*
 * Reads one end of a range within brackets; false when it is a class, which
 * was added.
 */
static bool
read_set_code(Parser *parser, DwCodeSet *set, uint32_t *code)
{
	if (!take_next(parser, "\\"))
	{
		*code = dw_utf8_next(parser->text, &parser->at);
		return true;
	}
	if (parser->at < parser->text.length &&
		add_class_named(parser, set, parser->text.text[parser->at]))
	{
		parser->at++;
		return false;
	}
	if (take_next(parser, "b"))
		*code = '\b';
	else if (parser->at < parser->text.length &&
			 (is_next(parser, 'p') || is_next(parser, 'P')) &&
			 skip_unsupported(parser))
		return false;
	else if (!read_escaped_code(parser, code))
	{
		(void) refuse(parser, "has an escape that ECMA 262 does not know");
		return false;
	}
	return true;
}

/* Reads a class in brackets; the first one is read. */
static Node *
read_set(Parser *parser)
{
	DwCodeSet  *set = make_set(parser);
	uint32_t	low;
	uint32_t	high;

	set->is_negative = take_next(parser, "^");
	while (!is_next(parser, ']'))
	{
		if (parser->at == parser->text.length)
			return refuse(parser, "has a bracket that is not closed");
		if (!read_set_code(parser, set, &low))
			continue;
		high = low;
		if (is_next(parser, '-') && parser->at + 1 < parser->text.length &&
			parser->text.text[parser->at + 1] != ']')
		{
			parser->at++;
			if (!read_set_code(parser, set, &high))
				return refuse(parser, "has a range that ends with a class");
			if (high < low)
				return refuse(parser, "has a range that goes backwards");
		}
		add_range(parser, set, low, high);
	}
	parser->at++;
	return set_node(parser, set);
}

/* Reads the name of a group up to its end. */
static bool
read_name(Parser *parser)
{
	size_t		from = parser->at;

	while (parser->at < parser->text.length && !is_next(parser, '>') &&
		   !is_next(parser, ')') && !is_next(parser, '('))
		parser->at++;
	return parser->at > from && take_next(parser, ">");
}

/* Reads a group; its bracket is read. */
static Node *
read_group(Parser *parser)
{
	Node	   *look = NULL;
	Node	   *inner;

	if (++parser->groups > GROUPS_MAX)
		return refuse(parser, "nests too many groups");
	dw_arena_pause(parser->arena);
	if (take_next(parser, "?=") || take_next(parser, "?!") ||
		take_next(parser, "?<=") || take_next(parser, "?<!"))
	{
		const char *behind = parser->text.text + parser->at;

		look = make_node(parser, NODE_LOOK);
		look->is_negative = behind[-1] == '!';
		look->is_backward = behind[-2] == '<';
	}
	else if (!take_next(parser, "?:") && take_next(parser, "?"))
	{
		if (!take_next(parser, "<") || !read_name(parser))
			return refuse(parser,
						  "has a group that ECMA 262 does not know");
	}
	inner = read_choice(parser);
	if (!take_next(parser, ")"))
		return refuse(parser, "has a group that is not closed");
	parser->groups--;
	if (look == NULL)
		return inner;
	add_child(look, inner);
	return look;
}

/* Reads a number; false when there is none. */
static bool
read_repeats(Parser *parser, uint32_t *number)
{
	size_t		from = parser->at;

	*number = 0;
	while (parser->at < parser->text.length &&
		   parser->text.text[parser->at] >= '0' &&
		   parser->text.text[parser->at] <= '9')
	{
		*number = 10 * *number +
			(uint32_t) (parser->text.text[parser->at++] - '0');
		if (*number > REPEATS_MAX)
			*number = REPEATS_MAX;
	}
	return parser->at > from;
}

/* Reads how often; false, and nothing read, when that is not said. */
static bool
read_quantifier(Parser *parser, uint32_t *least, uint32_t *most)
{
	size_t		from = parser->at;

	*least = is_next(parser, '+');
	*most = is_next(parser, '?') ? 1 : REPEATS_ENDLESS;
	if (take_next(parser, "*") || take_next(parser, "+") ||
		take_next(parser, "?"))
		return true;
	if (take_next(parser, "{") && read_repeats(parser, least))
	{
		if (!take_next(parser, ","))
			*most = *least;
		else if (!is_next(parser, '}') && !read_repeats(parser, most))
			*most = REPEATS_ENDLESS;
		if (take_next(parser, "}"))
			return true;
	}
	parser->at = from;
	return false;
}

/* Reads what one character or bracket begins, without a quantifier. */
static Node *
read_atom(Parser *parser)
{
	DwCodeSet  *set;
	Node	   *node;

	if (take_next(parser, "("))
		return read_group(parser);
	if (take_next(parser, "["))
		return read_set(parser);
	if (take_next(parser, "\\"))
		return read_escape_node(parser);
	if (take_next(parser, "."))
	{
		set = make_set(parser);
		add_class(parser, set, RANGES(line_ranges), true);
		return set_node(parser, set);
	}
	if (is_next(parser, '^') || is_next(parser, '$'))
	{
		node = make_node(parser, NODE_PLACE);
		node->code = is_next(parser, '^') ? DW_STEP_BEGIN : DW_STEP_END;
		parser->at++;
		return node;
	}
	node = make_node(parser, NODE_CODE);
	node->code = dw_utf8_next(parser->text, &parser->at);
	return node;
}

/* Reads an atom and how often it comes. */
static Node *
read_term(Parser *parser)
{
	uint32_t	least;
	uint32_t	most;
	Node	   *atom;
	Node	   *repeat;

	if (read_quantifier(parser, &least, &most))
		return refuse(parser, "repeats nothing");
	atom = read_atom(parser);
	if (atom == NULL || !read_quantifier(parser, &least, &most))
		return atom;
	(void) take_next(parser, "?");
	if (atom->kind == NODE_PLACE || atom->kind == NODE_LOOK)
		return refuse(parser, "repeats a place");
	if (least > most)
		return refuse(parser, "repeats from more to less");
	repeat = make_node(parser, NODE_REPEAT);
	repeat->least = least;
	repeat->most = most;
	add_child(repeat, atom);
	return repeat;
}

/* Reads terms up to the end of the choice they belong to. */
static Node *
read_list(Parser *parser)
{
	Node	   *list = make_node(parser, NODE_LIST);

	while (parser->at < parser->text.length && !is_next(parser, '|') &&
		   !is_next(parser, ')'))
		add_child(list, read_term(parser));
	return list;
}

/* Reads alternatives up to the end of their group. */
static Node *
read_choice(Parser *parser)
{
	Node	   *choice = make_node(parser, NODE_CHOICE);

	do
		add_child(choice, read_list(parser));
	while (take_next(parser, "|"));
	return choice->child == choice->last ? choice->child : choice;
}

static bool emit(DwArena *arena, DwProgram *pattern, Node *node);

/* Adds a step; false when there are too many. */
static bool
emit_step(DwArena *arena, DwProgram *pattern, DwStep step)
{
	if (*pattern->left == 0)
		return false;
	(*pattern->left)--;
	if (pattern->count == pattern->size)
	{
		uint32_t	size = pattern->size == 0 ? 16 : 2 * pattern->size;
		DwStep	   *larger = dw_arena_take(arena, size * sizeof(*larger));

		if (pattern->count > 0)
			memcpy(larger, pattern->steps, pattern->count * sizeof(*larger));
		pattern->steps = larger;
		pattern->size = size;
	}
	pattern->steps[pattern->count++] = step;
	return true;
}

/* Adds a step that reads nothing. */
static bool
emit_plain(DwArena *arena, DwProgram *pattern, DwStepKind kind, uint32_t to)
{
	const DwStep step = {.kind = kind,.to = to};

	return emit_step(arena, pattern, step);
}

/* Adds a child, or a way past it. */
static bool
emit_optional(DwArena *arena, DwProgram *pattern, Node *child,
			  bool is_loop)
{
	uint32_t	split = pattern->count;

	if (!emit_plain(arena, pattern, DW_STEP_SPLIT, 0) ||
		!emit(arena, pattern, child))
		return false;
	if (is_loop &&
		!emit_plain(arena, pattern, DW_STEP_JUMP, split))
		return false;
	pattern->steps[split].to = pattern->count;
	return true;
}

/* Adds a child as often as it must and may come. */
static bool
emit_repeat(DwArena *arena, DwProgram *pattern, Node *node)
{
	uint32_t	before = pattern->count;
	uint32_t	rest = node->most;

	for (uint32_t i = 0; i < node->least; i++)
	{
		dw_arena_pause(arena);
		before = pattern->count;
		if (!emit(arena, pattern, node->child))
			return false;
		if (pattern->count == before)
			return true;		/* nothing, again and again */
	}
	if (rest == REPEATS_ENDLESS && node->least > 0)
		return emit_plain(arena, pattern, DW_STEP_SPLIT, before);
	if (rest == REPEATS_ENDLESS)
		return emit_optional(arena, pattern, node->child, true);
	for (rest -= node->least; rest > 0; rest--)
	{
		dw_arena_pause(arena);
		if (!emit_optional(arena, pattern, node->child, false))
			return false;
	}
	return true;
}

/* Adds alternatives. */
static bool
emit_choice(DwArena *arena, DwProgram *pattern, Node *node)
{
	uint32_t	jump = UINT32_MAX;	/* the last of a chain of jumps */

	for (Node *child = node->child; child != NULL; child = child->next)
	{
		uint32_t	split = pattern->count;
		bool		is_last = child->next == NULL;

		if (!is_last &&
			!emit_plain(arena, pattern, DW_STEP_SPLIT, 0))
			return false;
		if (!emit(arena, pattern, child))
			return false;
		if (is_last)
			break;
		if (!emit_plain(arena, pattern, DW_STEP_JUMP, jump))
			return false;
		jump = pattern->count - 1;
		pattern->steps[split].to = pattern->count;
	}
	while (jump != UINT32_MAX)
	{
		uint32_t	before = pattern->steps[jump].to;

		pattern->steps[jump].to = pattern->count;
		jump = before;
	}
	return true;
}

/* Adds the parts of a list, the last first where the program goes back. */
static bool
emit_list(DwArena *arena, DwProgram *pattern, Node *node)
{
	Node	  **parts;
	uint32_t	count = 0;

	for (Node *part = node->child; part != NULL; part = part->next)
		count++;
	parts = dw_arena_take(arena, (count + 1) * sizeof(*parts));
	count = 0;
	for (Node *part = node->child; part != NULL; part = part->next)
		parts[count++] = part;
	for (uint32_t i = 0; i < count; i++)
		if (!emit(arena, pattern,
				  parts[pattern->is_backward ? count - 1 - i : i]))
			return false;
	return true;
}

/* A program of its own; NULL when it has too many steps. */
static DwProgram *
make_program(DwArena *arena, Node *node, bool is_backward, uint32_t *left)
{
	DwProgram  *pattern = dw_arena_take(arena, sizeof(*pattern));
	size_t		words;

	*pattern = (DwProgram)
	{
		.left = left,.is_backward = is_backward
	};
	if (!emit(arena, pattern, node) ||
		!emit_plain(arena, pattern, DW_STEP_MATCH, 0))
		return NULL;
	words = (pattern->count + 1) * sizeof(uint32_t);
	pattern->lists[0] = dw_arena_take(arena, words);
	pattern->lists[1] = dw_arena_take(arena, words);
	pattern->stack = dw_arena_take(arena, 2 * words);
	pattern->seen = dw_arena_take(arena, 2 * words);
	memset(pattern->seen, 0, 2 * words);
	return pattern;
}

/* Adds the steps of a node; false when they are too many. */
static bool
emit(DwArena *arena, DwProgram *pattern, Node *node)
{
	DwStep		step = {.kind = DW_STEP_CODE,.code = node->code};

	switch (node->kind)
	{
		case NODE_CODE:
			break;
		case NODE_SET:
			step.kind = DW_STEP_SET;
			step.set = node->set;
			break;
		case NODE_PLACE:
			step.kind = (DwStepKind) node->code;
			break;
		case NODE_LOOK:
			step.kind = node->is_negative ? DW_STEP_NO_LOOK : DW_STEP_LOOK;
			if (node->look == NULL)
				node->look = make_program(arena, node->child,
										  node->is_backward, pattern->left);
			if (node->look == NULL)
				return false;
			step.look = node->look;
			break;
		case NODE_LIST:
			return emit_list(arena, pattern, node);
		case NODE_CHOICE:
			return emit_choice(arena, pattern, node);
		case NODE_REPEAT:
			return emit_repeat(arena, pattern, node);
	}
	return emit_step(arena, pattern, step);
}

DwPatternResult
dw_pattern_compile(DwArena *arena, DwSlice text, const DwPattern **pattern,
				   const char **what)
{
	Parser		parser = {.arena = arena,.text = text};
	uint32_t   *left = dw_arena_take(arena, sizeof(*left));
	Node	   *node;
	DwProgram  *program;

	*what = "is longer than 65536 bytes";
	if (text.length > BYTES_MAX)
		return DW_PATTERN_UNSUPPORTED;
	node = read_choice(&parser);
	if (parser.at < text.length)
		(void) refuse(&parser, "closes a group that is not open");
	*what = parser.wrong != NULL ? parser.wrong : parser.unsupported;
	if (parser.wrong != NULL)
		return DW_PATTERN_WRONG;
	if (parser.unsupported != NULL)
		return DW_PATTERN_UNSUPPORTED;
	*left = STEPS_MAX;
	program = make_program(arena, node, false, left);
	*what = "is too large: it repeats too much";
	if (program == NULL)
		return DW_PATTERN_UNSUPPORTED;
	program->head.matches = dw_pattern_matches;
	*pattern = &program->head;
	return DW_PATTERN_OK;
}
