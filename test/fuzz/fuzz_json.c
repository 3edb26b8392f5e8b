/*
 * fuzz_json.c
 *		No text makes the reader go beyond it, and what it says is believable.
 *
 * Keys are distinct, strings have no control character, and the object that
 * is written from the members reads back to the same.
 */
#include "fuzz.h"

#include "core/identity/json_int.h"

#define TEXT_MAX	4096

/* Members read, and an object written from them. */
typedef struct Copy
{
	char		text[2 * TEXT_MAX]; /* the object so far */
	size_t		used;			/* bytes of it */
	char		keys[DW_JSON_MEMBERS_MAX][DW_JSON_KEY_SIZE];	/* seen */
	int			count;			/* how many */
} Copy;

/* Adds one byte. */
static void
put(Copy *copy, char byte)
{
	check(copy->used < sizeof(copy->text));
	copy->text[copy->used++] = byte;
}

/* Adds a string with the two escapes that it needs. */
static void
put_string(Copy *copy, const char *text)
{
	put(copy, '"');
	for (; *text != '\0'; text++)
	{
		check((unsigned char) *text >= 0x20 && *text != 0x7f);
		if (*text == '"' || *text == '\\')
			put(copy, '\\');
		put(copy, *text);
	}
	put(copy, '"');
}

/* Adds a member that was read; its key is new. */
static void
put_member(Copy *copy, const DwJsonMember *member)
{
	char		digits[24];

	for (int i = 0; i < copy->count; i++)
		check(strcmp(copy->keys[i], member->key) != 0);
	strcpy(copy->keys[copy->count++], member->key);
	put(copy, copy->count == 1 ? '{' : ',');
	put_string(copy, member->key);
	put(copy, ':');
	snprintf(digits, sizeof(digits), "%lld", (long long) member->integer);
	if (!member->is_integer)
		put_string(copy, member->text);
	for (const char *digit = digits; member->is_integer && *digit; digit++)
		put(copy, *digit);
}

/* Reads a whole object; true when it was accepted. */
static bool
read_all(const char *text, size_t size, Copy *copy)
{
	DwJsonReader reader;
	DwJsonMember member;
	DwJsonStep	step;

	copy->used = 0;
	copy->count = 0;
	dw_json_open(&reader, text, size);
	while ((step = dw_json_next(&reader, &member)) == DW_JSON_MEMBER)
		put_member(copy, &member);
	if (copy->count == 0)
		put(copy, '{');
	put(copy, '}');
	return step == DW_JSON_END;
}

/* One input: any text, in memory of its exact size. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static Copy first;
	static Copy second;
	char	   *text;

	if (size > TEXT_MAX)
		return 0;
	text = malloc(size ? size : 1);
	if (size > 0)
		memcpy(text, data, size);
	if (read_all(text, size, &first))
	{
		check(read_all(first.text, first.used, &second));
		check(first.used == second.used);
		check(memcmp(first.text, second.text, first.used) == 0);
	}
	free(text);
	return 0;
}
