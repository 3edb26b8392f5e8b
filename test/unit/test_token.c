/*
 * test_token.c
 *		What a token must be to be believed: base64url, JSON, claims, times.
 */
#include "unit.h"

#include <stdio.h>

#include "core/identity/identity.h"
#include "core/identity/json_int.h"

#define SIGNATURE "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define HEADER "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"1\"}"
#define SUB "\"sub\":\"0190a000-0000-7000-8000-000000000001\""
#define CLAIMS SUB ",\"role\":\"homeowner\",\"iat\":1000,\"exp\":1900"
#define PAYLOAD "{" CLAIMS ",\"jti\":\"j\",\"aud\":\"dwello\"}"

/* The digits of some text, zero-terminated. */
static void
encode(const char *text, char *digits, size_t room)
{
	size_t		length;

	length = dw_base64url_encode((const uint8_t *) text, strlen(text), digits,
								 room - 1);
	digits[length] = '\0';
}

/* Reads a token made of header and payload as if it had been verified. */
static DwTokenError
read_token(const char *header, const char *payload, DwClaims *claims)
{
	char		text[DW_TOKEN_MAX];
	size_t		length;
	DwToken		token;

	encode(header, text, sizeof(text));
	strcat(text, ".");
	length = strlen(text);
	encode(payload, text + length, sizeof(text) - length);
	strcat(text, "." SIGNATURE);
	assert_int_equal(dw_token_split(text, strlen(text), &token),
					 DW_TOKEN_FINE);
	return dw_token_read(&token, claims);
}

/* The fault of a payload under a good header. */
static DwTokenError
fault_of(const char *payload)
{
	DwClaims	claims;

	return read_token(HEADER, payload, &claims);
}

/* The vectors of RFC 4648, without padding, and the two last digits. */
static void
test_base64url(void **state)
{
	static const char *const pairs[][2] = {
		{"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foob", "Zm9vYg"},
		{"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff", "-_8"}
	};
	uint8_t		bytes[8];
	char		digits[12];
	size_t		size;

	for (size_t i = 0; i < DW_LENGTH(pairs); i++)
	{
		size_t		length = strlen(pairs[i][1]);

		encode(pairs[i][0], digits, sizeof(digits));
		assert_string_equal(digits, pairs[i][1]);
		assert_int_equal(DW_BASE64URL_LENGTH(strlen(pairs[i][0])), length);
		assert_true(dw_base64url_decode(digits, length, bytes, sizeof(bytes),
										&size));
		assert_int_equal(size, strlen(pairs[i][0]));
		assert_memory_equal(bytes, pairs[i][0], size);
	}
	assert_int_equal(dw_base64url_encode(bytes, 3, digits, 3), 0);
	assert_true(dw_base64url_decode("", 0, bytes, 0, &size));
	assert_int_equal(size, 0);
}

/* Other spellings of the same bytes, other alphabets, no room. */
static void
test_base64url_refused(void **state)
{
	static const char *const wrong[] = {
		"Z", "Zg==", "Zh", "Zm9", "Zm8=", "Zm9v\n", "Zm+v", "Zm/v", "Zm v",
		"Zm9vY", "Zm9\x80", "Zm9vYm"
	};
	uint8_t		bytes[8];
	size_t		size;

	for (size_t i = 0; i < DW_LENGTH(wrong); i++)
		assert_false(dw_base64url_decode(wrong[i], strlen(wrong[i]), bytes,
										 sizeof(bytes), &size));
	assert_false(dw_base64url_decode("Zm9v", 4, bytes, 2, &size));
}

/* How reading a whole text ends. */
static DwJsonStep
read_json(const char *text, DwJsonMember *last)
{
	DwJsonReader reader;
	DwJsonStep	step;

	dw_json_open(&reader, text, strlen(text));
	do
		step = dw_json_next(&reader, last);
	while (step == DW_JSON_MEMBER);
	return step;
}

/* Strings with escapes, integers to both ends. */
static void
test_json(void **state)
{
	DwJsonMember last;

	assert_int_equal(read_json("{}", &last), DW_JSON_END);
	assert_int_equal(read_json(" { \"a\" : 1 ,\n\"b\":\"x\" } ", &last),
					 DW_JSON_END);
	assert_string_equal(last.key, "b");
	assert_false(last.is_integer);
	assert_string_equal(last.text, "x");
	assert_int_equal(read_json("{\"\\u0061\":\"\\\"\\\\\\/\\u20ac\\ud83d"
							   "\\uDE00\"}", &last), DW_JSON_END);
	assert_string_equal(last.key, "a");
	assert_string_equal(last.text, "\"\\/\xe2\x82\xac\xf0\x9f\x98\x80");
	assert_int_equal(read_json("{\"a\":9223372036854775807}", &last),
					 DW_JSON_END);
	assert_true(last.is_integer);
	assert_int_equal(last.integer, INT64_MAX);
	assert_int_equal(read_json("{\"a\":-9223372036854775808}", &last),
					 DW_JSON_END);
	assert_int_equal(last.integer, INT64_MIN);
}

/* Everything that is not one flat object of strings and integers. */
static void
test_json_refused(void **state)
{
	static const char *const wrong[] = {
		"", " ", "{", "}", "[]", "1", "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
		"{,\"a\":1}", "{\"a\":1}}", "{\"a\":1} x", "{\"a\":1 \"b\":2}",
		"{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "{a:1}", "{'a':1}",
		"{\"a\":true}", "{\"a\":null}", "{\"a\":{}}", "{\"a\":[1]}",
		"{\"a\":01}", "{\"a\":-0}", "{\"a\":+1}", "{\"a\":1.0}",
		"{\"a\":1e3}", "{\"a\":-}", "{\"a\":9223372036854775808}",
		"{\"a\":-9223372036854775809}", "{\"a\":99999999999999999999}",
		"{\"a\":\"\n\"}", "{\"a\":\"\\n\"}", "{\"a\":\"\\u0000\"}",
		"{\"a\":\"\\u001f\"}", "{\"a\":\"\\x41\"}", "{\"a\":\"\\u12\"}",
		"{\"a\":\"\\u12g4\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\"}",
		"{\"a\":\"\\ud800\\u0041\"}", "{\"a\":\"\\udc00\\udc00\"}",
		"{\"a\":\"\xc0\x80\"}",
		"{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xf4\x90\x80\x80\"}",
		"{\"a\":\"\xe2\x82\"}", "{\"a\":\"\xff\"}", "{\"a\":\"x",
		"{\"a\":\"\\", "\xef\xbb\xbf{}",
		"{\"a23456789012345678901234567890123\":1}"
	};
	DwJsonMember last;

	for (size_t i = 0; i < DW_LENGTH(wrong); i++)
	{
		if (read_json(wrong[i], &last) != DW_JSON_BROKEN)
			fail_msg("accepted: %s", wrong[i]);
	}
}

/* A zero byte inside, a value and an object at their limits. */
static void
test_json_limits(void **state)
{
	char		text[400];
	DwJsonReader reader;
	DwJsonMember last;

	memset(text, 'x', sizeof(text));
	memcpy(text, "{\"a\":\"", 6);
	strcpy(text + 6 + 256, "\"}");
	assert_int_equal(read_json(text, &last), DW_JSON_END);
	text[6 + 256] = 'x';
	strcpy(text + 6 + 257, "\"}");
	assert_int_equal(read_json(text, &last), DW_JSON_BROKEN);
	dw_json_open(&reader, "{\"a\":\"\0\"}", 9);
	assert_int_equal(dw_json_next(&reader, &last), DW_JSON_BROKEN);
	strcpy(text, "{\"a\":0");
	for (int i = 1; i < DW_JSON_MEMBERS_MAX; i++)
	{
		char		member[] = ",\"b\":0";

		member[2] = (char) (i < 26 ? 'a' + i : 'A' + i - 26);
		strcat(text, member);
	}
	strcat(text, "}");
	assert_int_equal(read_json(text, &last), DW_JSON_END);
	text[strlen(text) - 1] = '\0';
	strcat(text, ",\"0\":0}");
	assert_int_equal(read_json(text, &last), DW_JSON_BROKEN);
}

/* Two dots and a signature of 32 bytes, within 4096. */
static void
test_split(void **state)
{
	static const char *const wrong[] = {
		"", ".", "..", "a.b", "a.b.", "a.b.c", "." "b." SIGNATURE,
		"a.." SIGNATURE, "a.b.c." SIGNATURE, "a.b." SIGNATURE ".",
		"a.b." SIGNATURE "=", "a.b." SIGNATURE "A", "a.b.B" SIGNATURE,
		"a.b.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB"
	};
	char		large[DW_TOKEN_MAX + 1];
	DwToken		token;

	for (size_t i = 0; i < DW_LENGTH(wrong); i++)
		assert_int_equal(dw_token_split(wrong[i], strlen(wrong[i]), &token),
						 DW_TOKEN_MALFORMED);
	assert_int_equal(dw_token_split("abc.de." SIGNATURE, 50, &token),
					 DW_TOKEN_FINE);
	assert_int_equal(token.header_length, 3);
	assert_int_equal(token.payload_length, 2);
	assert_int_equal(token.signed_length, 6);
	assert_memory_equal(token.payload, "de", 2);
	memset(large, 'a', sizeof(large));
	memcpy(large, "a.", 2);
	memcpy(large + sizeof(large) - 44, "." SIGNATURE, 44);
	assert_int_equal(dw_token_split(large, sizeof(large), &token),
					 DW_TOKEN_MALFORMED);
	assert_int_equal(dw_token_split(large + 1, sizeof(large) - 1, &token),
					 DW_TOKEN_MALFORMED);
}

/* A good token, and one with members that mean nothing here. */
static void
test_read(void **state)
{
	DwClaims	claims;

	assert_int_equal(read_token(HEADER, PAYLOAD, &claims), DW_TOKEN_FINE);
	assert_int_equal(claims.sub.bytes[15], 1);
	assert_int_equal(claims.role, DW_ACTOR_HOMEOWNER);
	assert_int_equal(claims.iat, 1000);
	assert_int_equal(claims.nbf, 1000);
	assert_int_equal(claims.exp, 1900);
	assert_string_equal(claims.jti, "j");
	assert_string_equal(claims.aud, "dwello");
	assert_int_equal(read_token("{\"kid\":7,\"alg\":\"HS256\"}",
								"{" CLAIMS ",\"aud\":\"dwello\",\"nbf\":1500,"
								"\"name\":\"Zo\xc3\xab\"}", &claims),
					 DW_TOKEN_FINE);
	assert_string_equal(claims.jti, "");
	assert_int_equal(claims.nbf, 1500);
}

/* Headers that ask for another algorithm, or for more. */
static void
test_header_refused(void **state)
{
	static const char *const wrong[] = {
		"{\"alg\":\"none\"}", "{\"alg\":\"None\"}", "{\"alg\":\"hs256\"}",
		"{\"alg\":\"HS512\"}", "{\"alg\":\"RS256\"}", "{\"typ\":\"JWT\"}",
		"{\"alg\":256}", "{\"alg\":\"HS256\",\"alg\":\"none\"}",
		"{\"alg\":\"HS256\",\"crit\":\"exp\"}",
		"{\"alg\":\"HS256\",\"b64\":0}",
		"{\"alg\":\"HS256\"}x", "alg", "{}"
	};
	DwClaims	claims;

	for (size_t i = 0; i < DW_LENGTH(wrong); i++)
		assert_int_equal(read_token(wrong[i], PAYLOAD, &claims),
						 DW_TOKEN_BAD_HEADER);
}

/* Claims that are missing, of another kind, or impossible. */
static void
test_claims_refused(void **state)
{
	static const char *const wrong[] = {
		"{}", "{" CLAIMS "}", "[" CLAIMS "]", PAYLOAD ",",
		"{" SUB ",\"role\":\"homeowner\",\"iat\":1,\"aud\":\"dwello\"}",
		"{" SUB ",\"role\":\"homeowner\",\"exp\":1,\"aud\":\"dwello\"}",
		"{" SUB ",\"iat\":1,\"exp\":2,\"aud\":\"dwello\"}",
		"{" SUB ",\"role\":\"system\",\"iat\":1,\"exp\":2,"
		"\"aud\":\"dwello\"}",
		"{" SUB ",\"role\":\"none\",\"iat\":1,\"exp\":2,\"aud\":\"dwello\"}",
		"{" SUB ",\"role\":\"Admin\",\"iat\":1,\"exp\":2,"
		"\"aud\":\"dwello\"}",
		"{" SUB ",\"role\":2,\"iat\":1,\"exp\":2,\"aud\":\"dwello\"}",
		"{" SUB ",\"role\":\"admin\",\"iat\":\"1\",\"exp\":2,"
		"\"aud\":\"dwello\"}",
		"{" SUB ",\"role\":\"admin\",\"iat\":-1,\"exp\":2,"
		"\"aud\":\"dwello\"}",
		"{" SUB ",\"role\":\"admin\",\"iat\":2,\"exp\":2,"
		"\"aud\":\"dwello\"}",
		"{" CLAIMS ",\"aud\":1}", "{" CLAIMS ",\"aud\":[\"dwello\"]}",
		"{" CLAIMS ",\"aud\":\"dwello\",\"jti\":1}",
		"{" CLAIMS ",\"aud\":\"dwello\",\"exp\":9999}",
		"{\"sub\":\"1\",\"role\":\"admin\",\"iat\":1,\"exp\":2,"
		"\"aud\":\"dwello\"}",
		"{\"sub\":\"00000000-0000-0000-0000-000000000000\","
		"\"role\":\"admin\",\"iat\":1,\"exp\":2,\"aud\":\"dwello\"}"
	};

	for (size_t i = 0; i < DW_LENGTH(wrong); i++)
	{
		if (fault_of(wrong[i]) != DW_TOKEN_BAD_CLAIMS)
			fail_msg("accepted: %s", wrong[i]);
	}
}

/* Whom it is for: the whole text, in its case; never one that is too long. */
static void
test_audience(void **state)
{
	static const DwClaimsTime now = {1000, 1000};
	static const uint8_t hash[8] = {1, 35, 69, 103, 137, 171, 205, 239};
	static const char *const others[] = {"", "Dwello", "dwell", "dwello2"};
	char		text[300];
	DwClaims	claims;

	assert_int_equal(read_token(HEADER, PAYLOAD, &claims), DW_TOKEN_FINE);
	assert_int_equal(dw_claims_check(&claims, "dwello", &now), DW_TOKEN_FINE);
	for (size_t i = 0; i < DW_LENGTH(others); i++)
		assert_int_equal(dw_claims_check(&claims, others[i], &now),
						 DW_TOKEN_WRONG_AUDIENCE);
	for (size_t length = 100; length <= 101; length++)
	{
		char		audience[102];

		memset(audience, 'a', length);
		audience[length] = '\0';
		snprintf(text, sizeof(text), "{" CLAIMS ",\"aud\":\"%s\"}", audience);
		assert_int_equal(read_token(HEADER, text, &claims), DW_TOKEN_FINE);
		assert_string_equal(claims.aud, length == 100 ? audience : "");
		assert_int_equal(dw_audience_valid(audience), length == 100);
	}
	assert_true(dw_audience_valid("https://example.org/a:b"));
	assert_false(dw_audience_valid(""));
	assert_false(dw_audience_valid("a b"));
	assert_false(dw_audience_valid("a\"b"));
	assert_false(dw_audience_valid("a\\b"));
	assert_false(dw_audience_valid("a\x7f"));
	assert_false(dw_audience_valid("\xc3\xa4"));
	dw_audience_write(hash, text);
	assert_string_equal(text, "dwello:0123456789abcdef");
	assert_true(dw_audience_valid(text));
}

/* What is said of claims by these clocks. */
static DwTokenError
check_at(const DwClaims *claims, int64_t clock, int64_t statement)
{
	const DwClaimsTime time = {clock, statement};

	return dw_claims_check(claims, "", &time);
}

/* The second at which it begins, and the one at which it ends. */
static void
test_times(void **state)
{
	DwClaims	claims = {.iat = 1000,.nbf = 1000,.exp = 1900};

	assert_int_equal(check_at(&claims, 939, 939), DW_TOKEN_NOT_YET_VALID);
	assert_int_equal(check_at(&claims, 940, 940), DW_TOKEN_FINE);
	assert_int_equal(check_at(&claims, 1899, 1899), DW_TOKEN_FINE);
	assert_int_equal(check_at(&claims, 1900, 1900), DW_TOKEN_EXPIRED);
	/* a statement that began long before the token, or before its end */
	assert_int_equal(check_at(&claims, 1000, 0), DW_TOKEN_FINE);
	assert_int_equal(check_at(&claims, 9000, 1899), DW_TOKEN_FINE);
	claims.nbf = 1500;
	assert_int_equal(check_at(&claims, 1439, 1439), DW_TOKEN_NOT_YET_VALID);
	claims.exp = INT64_MAX;
	claims.iat = claims.nbf = 0;
	assert_int_equal(check_at(&claims, INT64_MAX - 1, INT64_MAX - 1),
					 DW_TOKEN_FINE);
}

/* What is written reads back, however long; without room it is not. */
static void
test_write(void **state)
{
	char		text[DW_TOKEN_WRITE_SIZE + 44];
	DwClaims	claims = {
		.sub = {{1, 2, 3}},.role = DW_ACTOR_PROVIDER,.iat = INT64_MAX - 1,
		.nbf = INT64_MAX - 1,.exp = INT64_MAX
	};
	DwClaims	read;
	DwToken		token;
	size_t		length;

	memset(claims.jti, 'j', DW_TOKEN_ID_SIZE - 1);
	memset(claims.aud, 'a', DW_TOKEN_AUDIENCE_SIZE - 1);
	length = dw_token_write(&claims, INT32_MIN, text, DW_TOKEN_WRITE_SIZE);
	assert_int_equal(length, strlen(text));
	assert_int_not_equal(length, 0);
	for (size_t room = 0; room <= length; room++)
	{
		char		small[DW_TOKEN_WRITE_SIZE];

		assert_int_equal(dw_token_write(&claims, INT32_MIN, small, room), 0);
	}
	strcat(text, "." SIGNATURE);
	assert_int_equal(dw_token_split(text, strlen(text), &token),
					 DW_TOKEN_FINE);
	assert_int_equal(token.signed_length, length);
	memset(&read, 0, sizeof(read));
	assert_int_equal(dw_token_read(&token, &read), DW_TOKEN_FINE);
	assert_memory_equal(&read.sub, &claims.sub, sizeof(claims.sub));
	assert_int_equal(read.role, DW_ACTOR_PROVIDER);
	assert_int_equal(read.exp, INT64_MAX);
	assert_string_equal(read.jti, claims.jti);
	assert_string_equal(read.aud, claims.aud);
	claims.aud[0] = '\\';
	assert_int_equal(dw_token_write(&claims, 1, text, sizeof(text)), 0);
	claims.aud[0] = 'a';
	claims.jti[0] = '"';
	assert_int_equal(dw_token_write(&claims, 1, text, sizeof(text)), 0);
}

/* Runs the tests. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64url),
		cmocka_unit_test(test_base64url_refused),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_refused),
		cmocka_unit_test(test_json_limits),
		cmocka_unit_test(test_split),
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_header_refused),
		cmocka_unit_test(test_claims_refused),
		cmocka_unit_test(test_audience),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
