/*
 * test_keyring.c
 *		A keyring is read as it was written, or not at all.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/identity/identity.h"

#define HEADER	"dwello-keyring 1\n"
#define SECRET \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define CREATED "2025-11-21T22:37:00Z"
#define LINE	" 1 " SECRET " " CREATED "\n"

static DwKeyring ring;

/* Gives the first bad line of a text; 0 when it is a keyring. */
static int
bad_line_of(const char *text)
{
	size_t		length = strlen(text);
	char	   *copy = malloc(length + 1);
	int			line;
	DwResult	result;

	/* no zero behind it, so that ASan sees a step too far */
	copy = realloc(copy, length ? length : 1);
	memcpy(copy, text, length);
	result = dw_keyring_parse(&ring, copy, length, &line);
	free(copy);
	assert_int_equal(result, line == 0 ? DW_OK : DW_BAD_VALUE);
	assert_true(line == 0 || ring.count == 0);
	return line;
}

/* Every kind is read, with its id, its secret and its time. */
static void
test_read(void **state)
{
	const DwKey *key;

	assert_int_equal(bad_line_of(HEADER "token" LINE "pii" LINE "index" LINE),
					 0);
	assert_int_equal(ring.count, 3);
	key = dw_keyring_get(&ring, DW_KEY_PII, 1);
	assert_non_null(key);
	assert_int_equal(key->bytes[0], 0x00);
	assert_int_equal(key->bytes[31], 0x1f);
	assert_string_equal(key->created, CREATED);
	assert_null(dw_keyring_get(&ring, DW_KEY_PII, 2));
	assert_int_equal(bad_line_of(HEADER), 0);
	assert_null(dw_keyring_newest(&ring, DW_KEY_TOKEN));
}

/* What is not exactly the form is refused, and the line is named. */
static void
test_refuse(void **state)
{
	assert_int_equal(bad_line_of(""), 1);
	assert_int_equal(bad_line_of("dwello-keyring 2\n"), 1);
	assert_int_equal(bad_line_of("dwello-keyring 1"), 1);
	assert_int_equal(bad_line_of(HEADER "\n"), 2);
	assert_int_equal(bad_line_of(HEADER "token" LINE "token" LINE), 3);
	assert_int_equal(bad_line_of(HEADER "other" LINE), 2);
	assert_int_equal(bad_line_of(HEADER "token 0 " SECRET " " CREATED "\n"), 2);
	assert_int_equal(bad_line_of(HEADER "token 01 " SECRET " " CREATED "\n"),
					 2);
	assert_int_equal(bad_line_of(HEADER "token 2147483648 " SECRET " "
								 CREATED "\n"), 2);
	assert_int_equal(bad_line_of(HEADER "token 1 " SECRET "00 " CREATED "\n"),
					 2);
	assert_int_equal(bad_line_of(HEADER "token 1 " SECRET " 2025-11-21\n"), 2);
	assert_int_equal(bad_line_of(HEADER "token" LINE "x"), 3);
}

/* A file cut at any byte but a line's end is refused. */
static void
test_cut(void **state)
{
	static const char whole[] = HEADER "token" LINE "pii" LINE;
	size_t		length;
	int			line;

	for (length = 0; length < sizeof(whole) - 1; length++)
	{
		bool		at_end = length > 0 && whole[length - 1] == '\n';

		assert_int_equal(dw_keyring_parse(&ring, whole, length, &line),
						 at_end ? DW_OK : DW_BAD_VALUE);
	}
}

/* A full ring is written into the space promised for it, and read again. */
static void
test_write(void **state)
{
	static DwKeyring again;
	char	   *text = malloc(DW_KEYRING_MAX_TEXT);
	size_t		length;
	int			line;
	int			i;

	ring.count = 0;
	for (i = 0; i < DW_KEYRING_MAX_KEYS; i++)
	{
		DwKeyKind	kind = i % DW_KEY_KIND_COUNT;
		DwKey	   *key = dw_keyring_append(&ring, kind, 1000 - i);

		assert_non_null(key);
		assert_int_equal(key->id, 1000 - i);
		/* the last of its kind is the newest, whatever its id */
		assert_ptr_equal(dw_keyring_newest(&ring, kind), key);
		memset(key->bytes, i, sizeof(key->bytes));
		memcpy(key->created, CREATED, sizeof(key->created));
	}
	assert_null(dw_keyring_append(&ring, DW_KEY_TOKEN, 1));
	ring.keys[63].id = INT32_MAX;
	length = dw_keyring_write(&ring, text, DW_KEYRING_MAX_TEXT);
	assert_true(length > 0);
	assert_int_equal(dw_keyring_parse(&again, text, length, &line), DW_OK);
	assert_int_equal(again.count, ring.count);
	assert_memory_equal(again.keys, ring.keys, sizeof(ring.keys));
	assert_ptr_equal(dw_keyring_newest(&ring, DW_KEY_TOKEN), &ring.keys[63]);
	assert_int_equal(dw_keyring_write(&ring, text, 100), 0);
	free(text);
}

/* No id twice in a kind; one taken out leaves the order of the others. */
static void
test_change(void **state)
{
	ring.count = 0;
	assert_non_null(dw_keyring_append(&ring, DW_KEY_PII, 7));
	assert_null(dw_keyring_append(&ring, DW_KEY_PII, 7));
	assert_non_null(dw_keyring_append(&ring, DW_KEY_TOKEN, 7));
	assert_non_null(dw_keyring_append(&ring, DW_KEY_PII, 5));
	assert_non_null(dw_keyring_append(&ring, DW_KEY_PII, 6));
	assert_false(dw_keyring_remove(&ring, DW_KEY_INDEX, 7));
	assert_true(dw_keyring_remove(&ring, DW_KEY_PII, 5));
	assert_false(dw_keyring_remove(&ring, DW_KEY_PII, 5));
	assert_int_equal(ring.count, 3);
	assert_int_equal(ring.keys[0].id, 7);
	assert_int_equal(ring.keys[1].kind, DW_KEY_TOKEN);
	assert_int_equal(ring.keys[2].id, 6);
	assert_int_equal(ring.keys[3].id, 0);
	assert_true(dw_keyring_remove(&ring, DW_KEY_PII, 6));
	assert_int_equal(dw_keyring_newest(&ring, DW_KEY_PII)->id, 7);
}

/* The words of kinds are read as they are written. */
static void
test_kind(void **state)
{
	DwKeyKind	kind = DW_KEY_KIND_COUNT;

	for (int i = 0; i < DW_KEY_KIND_COUNT; i++)
	{
		assert_true(dw_key_kind_parse(dw_key_kind_label(i), &kind));
		assert_int_equal(kind, i);
	}
	assert_false(dw_key_kind_parse("", &kind));
	assert_false(dw_key_kind_parse("PII", &kind));
	assert_false(dw_key_kind_parse("tokens", &kind));
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_change),
		cmocka_unit_test(test_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
