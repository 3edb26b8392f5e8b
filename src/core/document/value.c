/*
 * value.c
 *		JSON values: memory, text, numbers set and compared, members found.
 *
 * A number is kept without zeros at its ends, so what is equal looks equal,
 * and what has up to 18 digits is an int64 and an exponent.
 */
#include <string.h>

#include "core/document/document_int.h"

#define BLOCK_LEAST		1024	/* bytes; each block is twice the last */
#define BLOCK_MOST		65536
#define SMALL_DIGITS	18		/* that fit an int64 whatever they are */

void *
dw_arena_take(DwArena *arena, size_t size)
{
	char	   *taken;

	/* nothing has an address, too */
	size = (size + 16) & ~(size_t) 15;
	if (size > arena->left)
	{
		size_t		block = arena->block == 0 ? BLOCK_LEAST : arena->block;

		if (size > block / 4)
			return arena->allocate(arena->owner, size);
		arena->next = arena->allocate(arena->owner, block);
		arena->left = block;
		arena->block = block < BLOCK_MOST ? 2 * block : block;
	}
	taken = arena->next;
	arena->next += size;
	arena->left -= size;
	return taken;
}

void
dw_script_add(DwScript *script, const char *text, size_t length)
{
	if (script->length + length + 1 > script->size)
	{
		size_t		size = 2 * (script->length + length) + 48;
		char	   *larger = dw_arena_take(script->arena, size);

		if (script->length > 0)
			memcpy(larger, script->text, script->length);
		script->text = larger;
		script->size = size;
	}
	if (length > 0)
		memcpy(script->text + script->length, text, length);
	script->length += length;
	script->text[script->length] = '\0';
}

void
dw_script_say(DwScript *script, const char *text)
{
	dw_script_add(script, text, strlen(text));
}

void
dw_script_count(DwScript *script, uint64_t number)
{
	char		digits[20];
	int			at = sizeof(digits);

	do
		digits[--at] = (char) ('0' + number % 10);
	while ((number /= 10) > 0);
	dw_script_add(script, digits + at, sizeof(digits) - (size_t) at);
}

/* Adds a name with what a JSON pointer escapes. */
static void
script_token(DwScript *script, const char *key, uint32_t length)
{
	uint32_t	from = 0;

	for (uint32_t i = 0; i < length; i++)
	{
		if (key[i] != '~' && key[i] != '/')
			continue;
		dw_script_add(script, key + from, i - from);
		dw_script_say(script, key[i] == '~' ? "~0" : "~1");
		from = i + 1;
	}
	dw_script_add(script, key + from, length - from);
}

char *
dw_doc_path_text(DwArena *arena, const DwDocPath *path, const char *keyword)
{
	DwScript	script = {.arena = arena};
	const DwDocPath **steps;
	int			depth = 0;

	for (const DwDocPath *step = path; step != NULL; step = step->parent)
		depth++;
	steps = dw_arena_take(arena, sizeof(*steps) * (size_t) (depth + 1));
	for (int i = depth; i > 0; path = path->parent)
		steps[--i] = path;
	dw_script_add(&script, "", 0);
	for (int i = 0; i < depth; i++)
	{
		if (steps[i]->item == DW_DOC_ROOT)
		{
			dw_script_add(&script, steps[i]->key, steps[i]->length);
			continue;
		}
		dw_script_say(&script, "/");
		if (steps[i]->item >= 0)
			dw_script_count(&script, (uint64_t) steps[i]->item);
		else
			script_token(&script, steps[i]->key, steps[i]->length);
	}
	if (keyword != NULL)
	{
		dw_script_say(&script, "/");
		dw_script_say(&script, keyword);
	}
	return script.text;
}

void
dw_doc_set_small(DwDocValue *value, int64_t small, int exponent)
{
	for (; small != 0 && small % 10 == 0; exponent++)
		small /= 10;
	*value = (DwDocValue)
	{
		.kind = DW_DOC_NUMBER,.flag = true,.as.small = small,
			.exponent = (int16_t) (small == 0 ? 0 : exponent)
	};
}

void
dw_doc_set_number(DwArena *arena, DwDocValue *value,
				  const DwDocDigits *number)
{
	const uint8_t *digits = number->digits;
	uint32_t	count = number->count;
	int32_t		exponent = number->exponent;
	DwDocDigits *large;
	uint8_t    *copy;
	int64_t		small = 0;

	for (; count > 0 && digits[0] == 0; count--)
		digits++;
	for (; count > 0 && digits[count - 1] == 0; count--)
		exponent++;
	if (count == 0)
		exponent = 0;
	if (count <= SMALL_DIGITS && exponent >= -10000 && exponent <= 10000)
	{
		for (uint32_t i = 0; i < count; i++)
			small = 10 * small + digits[i];
		dw_doc_set_small(value, number->is_negative ? -small : small,
						 exponent);
		return;
	}
	large = dw_arena_take(arena, sizeof(*large));
	copy = dw_arena_take(arena, count);
	memcpy(copy, digits, count);
	*large = (DwDocDigits)
	{
		number->is_negative, exponent, count, copy
	};
	*value = (DwDocValue)
	{
		.kind = DW_DOC_NUMBER,.as.digits = large
	};
}

void
dw_doc_set_string(DwDocValue *value, const char *text, uint32_t length)
{
	*value = (DwDocValue)
	{
		.kind = DW_DOC_STRING,.count = length,.as.text = text
	};
}

const DwDocValue *
dw_doc_find(const DwDocValue *object, const char *key, uint32_t length)
{
	const DwDocMember *members = object->as.members;
	uint32_t	low = 0;
	uint32_t	high = object->count;

	while (low < high)
	{
		uint32_t	middle = low + (high - low) / 2;
		int			order = dw_doc_key_compare(members[middle].key,
											   members[middle].length,
											   key, length);

		if (order == 0)
			return &members[middle].value;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* Compares what two numbers are without their signs; neither is 0. */
static int
compare_magnitudes(const DwDocDigits *a, const DwDocDigits *b)
{
	int64_t		a_top = (int64_t) a->exponent + a->count;
	int64_t		b_top = (int64_t) b->exponent + b->count;
	int			order;

	if (a_top != b_top)
		return a_top < b_top ? -1 : 1;
	order = memcmp(a->digits, b->digits,
				   a->count < b->count ? a->count : b->count);
	return order != 0 ? order : (a->count > b->count) - (a->count < b->count);
}

/* -1, 0, 1 */
static int
sign_of(const DwDocDigits *number)
{
	if (number->count == 0)
		return 0;
	return number->is_negative ? -1 : 1;
}

int
dw_number_compare(const DwDocValue *a, const DwDocValue *b)
{
	uint8_t		a_room[DW_SMALL_ROOM];
	uint8_t		b_room[DW_SMALL_ROOM];
	DwDocDigits left;
	DwDocDigits right;
	int			sign;

	if (a->flag && b->flag && a->exponent == b->exponent)
		return a->as.small < b->as.small ? -1 : a->as.small > b->as.small;
	left = dw_number_digits(a, a_room);
	right = dw_number_digits(b, b_room);
	sign = sign_of(&left);
	if (sign != sign_of(&right))
		return sign < sign_of(&right) ? -1 : 1;
	return sign == 0 ? 0 : sign * compare_magnitudes(&left, &right);
}
