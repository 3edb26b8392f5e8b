/*
 * test_uuid.c
 *		The text of identifiers and the bits of made ones.
 */
#include "unit.h"

#include "core/base/base.h"
#include "core/identity/identity.h"

static const char text[] = "00112233-4455-6677-8899-aabbccddeeff";

/* Both cases are read, lower case is written. */
static void
test_text(void **state)
{
	char		written[DW_SUBJECT_LENGTH + 1];
	DwUuid		id;
	DwUuid		same;

	assert_true(dw_subject_parse(text, DW_SUBJECT_LENGTH, &id));
	for (int i = 0; i < 16; i++)
		assert_int_equal(id.bytes[i], i * 0x11);
	assert_true(dw_subject_parse("00112233-4455-6677-8899-AABBCCDDEEFF",
								 DW_SUBJECT_LENGTH, &same));
	assert_true(dw_uuid_equal(&id, &same));
	dw_subject_format(&id, written);
	assert_string_equal(written, text);
}

/* Every other spelling is refused and writes nothing. */
static void
test_refused(void **state)
{
	static const char *const wrong[] = {
		"", "0", "00112233-4455-6677-8899-aabbccddeef",
		"00112233-4455-6677-8899-aabbccddeeff0",
		"{0112233-4455-6677-8899-aabbccddeef}",
		"00112233-4455-6677-8899-aabbccddeefg",
		"00112233-4455-6677-8899aabbccddeefff",
		"0011223-34455-6677-8899-aabbccddeeff",
		"00112233 4455 6677 8899 aabbccddeeff",
		"00112233-4455-6677-8899- abbccddeeff",
		"00000000-0000-0000-0000-000000000000",
	};
	DwUuid		id = {{1}};

	for (size_t i = 0; i < DW_LENGTH(wrong); i++)
		assert_false(dw_subject_parse(wrong[i], strlen(wrong[i]), &id));
	for (size_t place = 0; place < DW_SUBJECT_LENGTH; place++)
	{
		char		broken[sizeof(text)];

		memcpy(broken, text, sizeof(text));
		broken[place] = broken[place] == '-' ? '0' : '-';
		assert_false(dw_subject_parse(broken, DW_SUBJECT_LENGTH, &id));
		broken[place] = '\0';
		assert_false(dw_subject_parse(broken, DW_SUBJECT_LENGTH, &id));
	}
	assert_int_equal(id.bytes[0], 1);
}

/* Version 7: time first, so that later ones sort later. */
static void
test_v7(void **state)
{
	const uint8_t ones[8] = {255, 255, 255, 255, 255, 255, 255, 255};
	const uint8_t zeros[8] = {0};
	char		written[DW_SUBJECT_LENGTH + 1];
	DwUuid		first = dw_uuid_v7(0x0123456789ab, 0xcde, ones);
	DwUuid		later = dw_uuid_v7(0x0123456789ab, 0xcdf, zeros);
	DwUuid		last = dw_uuid_v7(0x0123456789ac, 0, zeros);

	dw_subject_format(&first, written);
	assert_string_equal(written, "01234567-89ab-7cde-bfff-ffffffffffff");
	dw_subject_format(&later, written);
	assert_string_equal(written, "01234567-89ab-7cdf-8000-000000000000");
	assert_true(dw_uuid_compare(&first, &later) < 0);
	assert_true(dw_uuid_compare(&later, &last) < 0);
}

/* A fraction or a time beyond its bits cannot spoil version and variant. */
static void
test_v7_limits(void **state)
{
	const uint8_t zeros[8] = {0};
	char		written[DW_SUBJECT_LENGTH + 1];
	DwUuid		id = dw_uuid_v7(UINT64_MAX, UINT16_MAX, zeros);

	dw_subject_format(&id, written);
	assert_string_equal(written, "ffffffff-ffff-7fff-8000-000000000000");
}

/* Version 8: the hash but for six bits. */
static void
test_v8(void **state)
{
	uint8_t		hash[16];
	char		written[DW_SUBJECT_LENGTH + 1];
	DwUuid		id;

	memset(hash, 0xff, sizeof(hash));
	id = dw_uuid_v8(hash);
	dw_subject_format(&id, written);
	assert_string_equal(written, "ffffffff-ffff-8fff-bfff-ffffffffffff");
	memset(hash, 0, sizeof(hash));
	id = dw_uuid_v8(hash);
	dw_subject_format(&id, written);
	assert_string_equal(written, "00000000-0000-8000-8000-000000000000");
	assert_false(dw_uuid_is_nil(&id));
}

/* Runs the tests. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_v7),
		cmocka_unit_test(test_v7_limits),
		cmocka_unit_test(test_v8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
