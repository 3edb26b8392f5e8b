/*
 * test_access.c
 *		API keys as texts, what lets their bearer in, and scopes.
 */
#include "unit.h"

#include "core/access/access.h"
#include "core/identity/identity.h"

/* As another program has made it of the same bytes. */
#define KNOWN_KEY \
	"dw_live_01tuWckR0Qgud2DqqiTysq_O2nEf5mDx" \
	"Og8IEEjMaq15Lh3rbt3KQvJVEMW8xhnoGK1AaTCf"

/* A key whose bytes count up from one. */
static DwApiKey
some_key(void)
{
	DwApiKey	key = {.kind = DW_KEY_LIVE};

	for (size_t i = 0; i < sizeof(key.id.bytes); i++)
		key.id.bytes[i] = (uint8_t) (i + 1);
	for (size_t i = 0; i < sizeof(key.secret); i++)
		key.secret[i] = (uint8_t) (i + 101);
	return key;
}

/* True when two keys are the same. */
static bool
keys_equal(const DwApiKey *a, const DwApiKey *b)
{
	return a->kind == b->kind && dw_uuid_equal(&a->id, &b->id) &&
		memcmp(a->secret, b->secret, sizeof(a->secret)) == 0;
}

/* What is written reads back; bytes of all ones and all zeros, too. */
static void
test_key_text(void **state)
{
	DwApiKey	keys[3] = {some_key(), some_key(), some_key()};

	keys[1].kind = DW_KEY_TEST;
	keys[2].kind = DW_KEY_SESSION;
	memset(keys[1].id.bytes, 255, sizeof(keys[1].id.bytes));
	memset(keys[1].secret, 255, sizeof(keys[1].secret));
	memset(keys[2].id.bytes, 0, sizeof(keys[2].id.bytes));
	memset(keys[2].secret, 0, sizeof(keys[2].secret));
	for (int i = 0; i < 3; i++)
	{
		char		text[DW_API_KEY_LENGTH + 1];
		DwApiKey	read;

		dw_api_key_write(&keys[i], text);
		assert_int_equal(strlen(text), DW_API_KEY_LENGTH);
		assert_true(dw_api_key_parse(text, DW_API_KEY_LENGTH, &read));
		assert_true(keys_equal(&read, &keys[i]));
	}
}

/* A text that other programs can be held against. */
static void
test_key_known(void **state)
{
	DwApiKey	key = some_key();
	char		text[DW_API_KEY_LENGTH + 1];

	dw_api_key_write(&key, text);
	assert_string_equal(text, KNOWN_KEY);
}

/* Cut, longer, or with any one character another: no key. */
static void
test_key_changed(void **state)
{
	DwApiKey	key = some_key();
	DwApiKey	read;
	char		text[DW_API_KEY_LENGTH + 2];

	dw_api_key_write(&key, text);
	text[DW_API_KEY_LENGTH + 1] = '\0';
	for (size_t length = 0; length < DW_API_KEY_LENGTH; length++)
		assert_false(dw_api_key_parse(text, length, &read));
	assert_false(dw_api_key_parse(text, DW_API_KEY_LENGTH + 1, &read));
	for (int place = 0; place < DW_API_KEY_LENGTH; place++)
	{
		char		was = text[place];

		for (int c = 0; c < 256; c++)
		{
			text[place] = (char) c;
			assert_true(dw_api_key_parse(text, DW_API_KEY_LENGTH, &read) ==
						(text[place] == was));
		}
		text[place] = was;
	}
}

/* Each of the conditions keeps the bearer out. */
static void
test_key_good(void **state)
{
	const DwApiKeyState good = {
		.is_address_allowed = true,.is_secret_known = true
	};
	DwApiKey	key = some_key();
	DwApiKeyState bad[7];

	assert_true(dw_api_key_good(&key, &good));
	for (int i = 0; i < 7; i++)
		bad[i] = good;
	bad[0].is_test = true;		/* its text says live */
	bad[1].is_test = bad[1].here_is_test = true;
	bad[2].here_is_test = true;
	bad[3].is_revoked = true;
	bad[4].is_expired = true;
	bad[5].is_address_allowed = false;
	bad[6].is_secret_known = false;
	for (int i = 0; i < 7; i++)
		assert_false(dw_api_key_good(&key, &bad[i]));
	key.kind = DW_KEY_TEST;
	assert_false(dw_api_key_good(&key, &good));
	assert_true(dw_api_key_good(&key, &bad[1]));
	key.kind = DW_KEY_SESSION;
	assert_false(dw_api_key_good(&key, &good));
	assert_false(dw_api_key_good(&key, &bad[1]));
}

/* Sets of words, there and back, in one order. */
static void
test_scopes_text(void **state)
{
	static const char *const wrong[] = {
		"", " ", "read ", " read", "read  write", "read read", "reads",
		"rea", "READ", "read,write", "none"
	};
	DwScopeSet	scopes = 0;

	for (DwScopeSet set = 1; set < DW_SCOPE_BIT(DW_SCOPE_COUNT); set++)
	{
		char		text[DW_SCOPES_TEXT_SIZE];

		dw_scopes_write(set, text);
		assert_true(dw_scopes_parse(text, &scopes));
		assert_int_equal(scopes, set);
	}
	assert_true(dw_scopes_parse("admin read", &scopes));
	assert_int_equal(scopes, DW_SCOPE_BIT(DW_SCOPE_ADMIN) |
					 DW_SCOPE_BIT(DW_SCOPE_READ));
	for (int i = 0; i < DW_LENGTH(wrong); i++)
		assert_false(dw_scopes_parse(wrong[i], &scopes));
}

/* What is not listed is for reading, or not for keys. */
static void
test_scopes_needed(void **state)
{
	assert_int_equal(dw_scopes_needed("release_escrow", false),
					 DW_SCOPE_BIT(DW_SCOPE_MONEY));
	assert_int_equal(dw_scopes_needed("write_off", false),
					 DW_SCOPE_BIT(DW_SCOPE_MONEY) |
					 DW_SCOPE_BIT(DW_SCOPE_ADMIN));
	assert_int_equal(dw_scopes_needed("create_api_key", false), 0);
	assert_int_equal(dw_scopes_needed("create_api_key", true), 0);
	assert_int_equal(dw_scopes_needed("add_address", false),
					 DW_SCOPE_BIT(DW_SCOPE_WRITE));
	assert_int_equal(dw_scopes_needed("no_such", true),
					 DW_SCOPE_BIT(DW_SCOPE_READ));
	assert_int_equal(dw_scopes_needed("no_such", false), 0);
	/* parts of names are none */
	assert_false(dw_scopes_listed(""));
	assert_false(dw_scopes_listed("address"));
	assert_false(dw_scopes_listed("add_addres"));
	assert_false(dw_scopes_listed("add_address add_credential "));
	assert_true(dw_scopes_listed("add_address"));
}

/* A token carries them. */
static void
test_scopes_claim(void **state)
{
	char		text[DW_TOKEN_WRITE_SIZE + 44];
	DwClaims	claims = {.sub.bytes[0] = 1,.role = DW_ACTOR_PROVIDER,
	.scopes = DW_SCOPE_BIT(DW_SCOPE_COUNT) - 1,.iat = 1,.exp = 2};
	DwClaims	read = {0};
	DwToken		token;
	size_t		length = dw_token_write(&claims, 1, text, DW_TOKEN_WRITE_SIZE);

	assert_true(length > 0);
	memset(text + length, 'A', 44);
	text[length] = '.';
	assert_int_equal(dw_token_split(text, length + 44, &token),
					 DW_TOKEN_FINE);
	assert_int_equal(dw_token_read(&token, &read), DW_TOKEN_FINE);
	assert_int_equal(read.scopes, claims.scopes);
}

/* All digits of a code are there, and hang on the whole number. */
static void
test_code(void **state)
{
	char		text[DW_CODE_DIGITS + 1];

	dw_code_write(0, text);
	assert_string_equal(text, "00000000");
	dw_code_write(UINT64_MAX, text);
	assert_string_equal(text, "09551615");
	assert_true(dw_code_has_target(DW_CODE_EMAIL));
	assert_true(dw_code_has_target(DW_CODE_PHONE));
	assert_false(dw_code_has_target(DW_CODE_PASSWORD));
	assert_false(dw_code_has_target(DW_CODE_SIGN_IN));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key_text),
		cmocka_unit_test(test_key_known),
		cmocka_unit_test(test_key_changed),
		cmocka_unit_test(test_key_good),
		cmocka_unit_test(test_scopes_text),
		cmocka_unit_test(test_scopes_needed),
		cmocka_unit_test(test_scopes_claim),
		cmocka_unit_test(test_code)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
