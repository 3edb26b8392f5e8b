/*
 * test_document.c
 *		JSON values, regular expressions, formats, and schemas that are wrong.
 */
#include "unit.h"

#include <stdio.h>

#include "arena.h"

#define LONG_TEXT	100000

/* Errors as they are told, one a line. */
typedef struct Told
{
	char		text[4096];		/* "path keyword message schema_path\n" */
	int			count;			/* of errors */
	int			most;			/* false after so many */
} Told;

static DwArena arena;

static int
open_arena(void **state)
{
	arena_open(&arena);
	return 0;
}

static int
close_arena(void **state)
{
	arena_close(&arena);
	return 0;
}

/* A document that must be JSON; quotes may be single ones. */
static const DwDocValue *
doc(const char *text)
{
	DwDocValue *value = dw_arena_take(&arena, sizeof(*value));
	char	   *copy = dw_arena_take(&arena, strlen(text) + 1);

	strcpy(copy, text);
	for (char *byte = copy; *byte != '\0'; byte++)
		if (*byte == '\'')
			*byte = '"';
	assert_true(dw_doc_read(&arena, copy, strlen(copy), value));
	return value;
}

/* Whether a document fits a schema. */
static bool
fits(const char *schema, const char *document)
{
	DwDocCheck	check = {.arena = &arena};
	DwSchemaFault fault = {"", ""};
	const DwSchema *compiled = dw_schema_compile(&arena, doc(schema), &fault);

	if (compiled == NULL)
		fail_msg("%s: at %s it %s", schema, fault.path, fault.what);
	return dw_schema_check(compiled, doc(document), &check) == DW_DOC_FITS;
}

/* The fault of a schema, as "path what". */
static const char *
fault_of(const DwDocValue *schema)
{
	static char text[400];
	DwSchemaFault fault = {"", ""};

	if (dw_schema_compile(&arena, schema, &fault) != NULL)
		return "none";
	snprintf(text, sizeof(text), "%s %s", fault.path, fault.what);
	return text;
}

/* Notes an error. */
static bool
tell(void *owner, const DwDocError *error)
{
	Told	   *told = owner;
	size_t		used = strlen(told->text);

	snprintf(told->text + used, sizeof(told->text) - used, "%s %s %s %s\n",
			 error->path, error->keyword, error->message,
			 error->schema_path);
	return ++told->count < told->most;
}

/* All the errors of a document. */
static const char *
errors(const char *schema, const char *document, int most)
{
	static Told told;
	DwDocCheck	check = {.arena = &arena,.report = tell,.owner = &told};
	DwSchemaFault fault;
	const DwSchema *compiled = dw_schema_compile(&arena, doc(schema), &fault);
	DwDocVerdict verdict;

	told = (Told)
	{
		.most = most
	};
	assert_non_null(compiled);
	verdict = dw_schema_check(compiled, doc(document), &check);
	assert_int_equal(verdict == DW_DOC_FITS, told.count == 0);
	return told.text;
}

/* What is JSON and what is not. */
static void
test_text(void **state)
{
	static const char *const good[] = {
		"0", "-0", "1e5", "1.5E-10", "\"\\u00e9\\ud83d\\ude00\\n\"", " [ ] ",
		"{\"a\":1,\"a\":2}", "\"\\u0000\"", "\"\\ud800\"", "true", "[[[]]]"
	};
	static const char *const bad[] = {
		"", " ", "01", "1.", ".5", "+1", "1e", "-", "nul", "[1,]", "[,]", "[",
		"{\"a\"}", "{a:1}", "{\"a\":1,}", "\"a", "\"\n\"", "\"\\x\"",
		"\"\\u12\"", "1 2", "\"\\ud800\\u0041\"", "NaN", "Infinity"
	};
	DwDocValue	value;

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(dw_doc_read(&arena, good[i], strlen(good[i]), &value));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(dw_doc_read(&arena, bad[i], strlen(bad[i]), &value));
	assert_int_equal(doc("{'a':1,'a':2}")->count, 1);
	assert_int_equal(dw_doc_find(doc("{'bb':3,'a':1,'a':2}"), "a",
								 1)->as.small, 2);
	assert_null(dw_doc_find(doc("{'bb':3,'a':1}"), "c", 1));
	assert_memory_equal(doc("'\\ud83d\\ude00'")->as.text, "\xf0\x9f\x98\x80", 4);
}

/* Text of brackets nested so deep. */
static char *
nested(int depth, const char *open, const char *inner, char close)
{
	size_t		length = strlen(open);
	char	   *text = dw_arena_take(&arena, depth * (length + 1) +
									 strlen(inner) + 1);

	for (int i = 0; i < depth; i++)
		memcpy(text + i * length, open, length);
	strcpy(text + depth * length, inner);
	memset(text + depth * length + strlen(inner), close, depth);
	text[depth * (length + 1) + strlen(inner)] = '\0';
	return text;
}

/* Documents, and documents and schemas together, have a bottom. */
static void
test_depth(void **state)
{
	DwDocCheck	check = {.arena = &arena};
	DwSchemaFault fault;
	DwDocValue	value;
	char	   *text = nested(DW_DOC_DEPTH_MAX + 1, "[", "", ']');
	const DwSchema *schema;

	assert_false(dw_doc_read(&arena, text, strlen(text), &value));
	assert_true(fits("{'items':{'$ref':'#'}}",
					 nested(DW_DOC_DEPTH_MAX, "[", "", ']')));
	schema = dw_schema_compile(&arena,
							   doc("{'items':{'allOf':[{'allOf':[{'allOf':[{'$ref':'#'}]}]}]}}"),
							   &fault);
	assert_int_equal(dw_schema_check(schema,
									 doc(nested(DW_DOC_DEPTH_MAX, "[", "", ']')),
									 &check), DW_DOC_TOO_DEEP);
}

/* Numbers are exact, whatever their digits. */
static void
test_numbers(void **state)
{
	assert_true(fits("{'const':1}", "1.0"));
	assert_true(fits("{'const':100}", "1e2"));
	assert_true(fits("{'const':0}", "-0.0"));
	assert_false(fits("{'const':1}", "1.0000000000000000000001"));
	assert_true(fits("{'type':'integer'}", "1e400000"));
	assert_false(fits("{'type':'integer'}", "1e-400000"));
	assert_true(fits("{'minimum':1e400000}", "2e400000"));
	assert_false(fits("{'minimum':1e400000}", "-2e400000"));
	assert_true(fits("{'maximum':9007199254740993}", "9007199254740993"));
	assert_false(fits("{'maximum':9007199254740992}", "9007199254740993"));
	assert_true(fits("{'multipleOf':0.01}", "19.99"));
	assert_true(fits("{'multipleOf':0.1}", "1e300"));
	assert_false(fits("{'multipleOf':7}", "1e300"));
	assert_true(fits("{'multipleOf':123456789012345678901234567890}",
					 "246913578024691357802469135780e10"));
	assert_false(fits("{'multipleOf':123456789012345678901234567890}",
					  "246913578024691357802469135781e10"));
	assert_true(fits("{'multipleOf':3}",
					 "123456789012345678901234567890e1000"));
	assert_false(fits("{'multipleOf':10}", "5"));
	assert_true(fits("{'maxLength':4294967296}", "'abc'"));
	assert_false(fits("{'maxLength':2.0}", "'abc'"));
	assert_false(fits("{'minLength':1e400000}", "'abc'"));
}

/* A regular expression and a text that it matches, or not. */
typedef struct Match
{
	const char *pattern;		/* of ECMA 262 */
	const char *text;			/* looked at */
	bool		is_match;		/* what must come */
}			Match;

/* True when a schema's pattern matches. */
static bool
matches(const char *pattern, const char *text)
{
	DwDocMember member = {.key = "pattern",.length = 7};
	DwDocValue	schema = {.kind = DW_DOC_OBJECT,.count = 1};
	DwDocCheck	check = {.arena = &arena};
	DwSchemaFault fault = {"", ""};
	DwDocValue	value;
	const DwSchema *compiled;

	dw_doc_set_string(&member.value, pattern, (uint32_t) strlen(pattern));
	schema.as.members = &member;
	compiled = dw_schema_compile(&arena, &schema, &fault);
	if (compiled == NULL)
		fail_msg("%s: it %s", pattern, fault.what);
	dw_doc_set_string(&value, text, (uint32_t) strlen(text));
	/* a run leaves nothing behind that the next one trips over */
	(void) dw_schema_check(compiled, &value, &check);
	return dw_schema_check(compiled, &value, &check) == DW_DOC_FITS;
}

/* The dialect, one thing a line. */
static void
test_patterns(void **state)
{
	static const Match cases[] = {
		{"", "", true}, {"b", "abc", true}, {"^b", "abc", false},
		{"c$", "abc", true}, {"^abc$", "abc\n", false}, {"^.$", "\xc3\xa9", true},
		{"^..$", "\xc3\xa9", false}, {"^.$", "\n", false},
		{"^.$", "\xe2\x80\xa8", false}, {"^a{2}$", "aa", true},
		{"^a{2}$", "aaa", false}, {"^a{2,}$", "aaaa", true},
		{"^a{2,3}$", "a", false}, {"^a{2,3}?$", "aaa", true},
		{"a{", "a{", true}, {"a{,3}", "a{,3}", true}, {"]}", "]}", true},
		{"^(a|bc)*$", "abcbca", true}, {"^(a|bc)*$", "abb", false},
		{"^(?:ab)+?$", "abab", true}, {"^(?<x>a)b$", "ab", true},
		{"^(a*)*$", "aaaa", true}, {"^(a+)+$", "aaab", false},
		{"^(|a)+$", "aa", true}, {"^[a-c]+$", "abcd", false},
		{"^[^a-c]+$", "xyz", true}, {"^[]a]", "]", false},
		{"^[a\\]]+$", "a]", true}, {"^[a-]+$", "-a", true},
		{"^[\\d-x]+$", "1-x", true}, {"^\\d$", "\xd9\xa3", false},
		{"^\\w+$", "aZ_9", true}, {"^\\w$", "\xc3\xa9", false},
		{"^\\s$", "\xc2\xa0", true}, {"^\\S$", "\xc2\xa0", false},
		{"^\\D\\W$", "a-", true}, {"\\bfoo\\b", "a foo b", true},
		{"\\bfoo\\b", "afoo", false}, {"a\\Bb", "ab", true},
		{"^[\\b]$", "\b", true}, {"^\\x41\\u0042\\u{43}$", "ABC", true},
		{"^\\ud83d\\ude00$", "\xf0\x9f\x98\x80", true}, {"^\\cJ$", "\n", true},
		{"^\\/\\-\\\"$", "/-\"", true}, {"^[\\u00e0-\\u00ff]$", "\xc3\xa9", true},
		{"^(?=.*\\d)(?=.*[a-z]).{4,}$", "abc1", true},
		{"^(?=.*\\d)(?=.*[a-z]).{4,}$", "abcd", false},
		{"^(?!admin)", "admins", false}, {"^(?!admin)", "user", true},
		{"(?<=\\$)\\d+", "cost $12", true}, {"(?<=\\$)\\d+", "cost 12", false},
		{"(?<!a)b", "ab", false}, {"(?<!a)b", "cb", true},
		{"(?<=ab(?=c))c", "abc", true}, {"(?<=^ab)c", "abc", true},
		{"^\xe5\xae\x9f+$", "\xe5\xae\x9f\xe5\xae\x9f", true},
		{"^[^x]$", "\xff", true}, {"(?:){5}x", "x", true}
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (matches(cases[i].pattern, cases[i].text) != cases[i].is_match)
			fail_msg("%s on %s", cases[i].pattern, cases[i].text);
}

/* No expression takes long. */
static void
test_slow_patterns(void **state)
{
	static char text[LONG_TEXT + 1];

	memset(text, 'a', LONG_TEXT);
	assert_true(matches("^(a+)+$", text));
	text[LONG_TEXT - 1] = 'b';
	assert_false(matches("^(a+)+$", text));
	assert_false(matches("^(a|a)*$", text));
	assert_false(matches("^(a?){50}a{50}c", text));
	assert_false(matches("(.*)(.*)(.*)(.*)c", text));
}

/* What is wrong with a schema is told with its place. */
static void
test_faults(void **state)
{
	static const char *const cases[][2] = {
		{"1", " must be a schema: an object, true or false"},
		{"{'type':'objekt'}", "/type must be a type of JSON or an array of such"},
		{"{'minLength':-1}", "/minLength must be a whole number from 0"},
		{"{'minLength':1.5}", "/minLength must be a whole number from 0"},
		{"{'multipleOf':0}", "/multipleOf must be a number above 0"},
		{"{'maximum':'1'}", "/maximum must be a number"},
		{"{'properties':{'a/b':{'items':{'not':3}}}}",
		"/properties/a~1b/items/not must be a schema: an object, true or false"},
		{"{'allOf':{}}", "/allOf must be an array of schemas"},
		{"{'required':[1]}", "/required must be an array of names"},
		{"{'uniqueItems':1}", "/uniqueItems must be true or false"},
		{"{'$schema':'http://json-schema.org/draft-04/schema#'}",
		"/$schema must be \"http://json-schema.org/draft-07/schema#\""},
		{"{'$ref':'#'}",
		" must not apply to itself without going into the document"},
		{"{'items':{'$ref':'http://example.com/x'}}",
			"/items/$ref must refer to a part of the schema or to the "
		"meta-schema of draft 7, and there is no \"http://example.com/x\""},
		{"{'$id':'http://a/b','definitions':{'x':{'$id':'c#y'},'z':{'$id':'c#y'}}}",
		"/definitions/x/$id must not be that of another part"},
		{"{'pattern':'(a'}",
			"/pattern must be a regular expression, but \"(a\" has a group "
		"that is not closed"},
		{"{'pattern':'(a)\\\\1'}",
			"/pattern must be a regular expression, but \"(a)\\1\" has a back "
		"reference, which is not supported"},
		{"{'pattern':'(a{1000}){1000}'}",
			"/pattern must be a regular expression, but \"(a{1000}){1000}\" "
		"is too large: it repeats too much"}
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(fault_of(doc(cases[i][0])), cases[i][1]);
}

/* Expressions that are none. */
static void
test_bad_patterns(void **state)
{
	static const char *const bad[] = {
		"*", "a**", "a{2,1}", "(", ")", "(?x)", "[", "[z-a]", "[a-\\\\d]",
		"\\\\", "\\\\Z", "\\\\A", "^*", "(?=a)*", "\\\\u12", "\\\\c1", "(?<>a)",
		"\\\\_", "\\\\01"
	};
	char		schema[100];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
	{
		snprintf(schema, sizeof(schema), "{'pattern':'%s'}", bad[i]);
		if (strstr(fault_of(doc(schema)), "/pattern must be") == NULL)
			fail_msg("%s is taken", bad[i]);
		snprintf(schema, sizeof(schema), "'%s'", bad[i]);
		assert_false(fits("{'format':'regex'}", schema));
	}
	assert_true(fits("{'format':'regex'}", "'(a)\\\\1\\\\p{L}'"));
}

/* Many schemas that lead to one another are refused, or counted. */
static void
test_chains(void **state)
{
	assert_string_equal(fault_of(doc(nested(999, "{'not':", "true", '}'))),
						"none");
	assert_string_equal(fault_of(doc("{'definitions':{"
									 "'a':{'allOf':[{'$ref':'#/definitions/b'}]},"
									 "'b':{'dependencies':{'x':{'$ref':'#/definitions/c'}}},"
									 "'c':{'if':{'$ref':'#/definitions/a'}}}}")),
						"/definitions/a/allOf/0 must not apply to itself without "
						"going into the document");
}

/* Errors have all four parts, and end when told to. */
static void
test_errors(void **state)
{
	const char *schema = "{'properties':{'a':{'type':'integer','minimum':2.50},"
		"'b':{'items':{'enum':[1]}},'c':false},"
		"'required':['d'],'additionalProperties':{'$ref':'#/definitions/s'},"
		"'definitions':{'s':{'maxLength':1}},'propertyNames':{'maxLength':2}}";

	assert_string_equal(errors(schema, "{'a':1.5,'b':[1,2],'c':1,'e':'xy','fgh':1}",
							   100),
						" required must have the member \"d\" /required\n"
						" propertyNames must not have a member named \"fgh\" /propertyNames\n"
						"/a type must be an integer /properties/a/type\n"
						"/a minimum must be at least 2.5 /properties/a/minimum\n"
						"/b/1 enum must be one of the values that are listed /properties/b/items/enum\n"
						"/c false must not be there /properties/c\n"
						"/e maxLength must have at most 1 characters /definitions/s/maxLength\n");
	assert_string_equal(errors(schema, "{'a':1.5}", 1),
						" required must have the member \"d\" /required\n");
	assert_string_equal(errors(schema, "{'d':1}", 100), "");
	assert_string_equal(errors("{'$ref':'http://json-schema.org/draft-07/schema#'}",
							   "{'maximum':'1'}", 100),
						"/maximum type must be a number "
						"http://json-schema.org/draft-07/schema#/properties/maximum/type\n");
	assert_string_equal(errors("{'type':['null','string'],'anyOf':[true]}",
							   "{}", 100),
						" type must be null or a string /type\n");
}

/* Formats, beyond what the public suite has. */
static void
test_formats(void **state)
{
	static const struct
	{
		const char *format;		/* its name */
		const char *text;		/* looked at */
		bool		fits;		/* what must come */
	}			cases[] =
	{
		{"date", "2024-02-29", true}, {"date", "2023-02-29", false},
		{"date", "1900-02-29", false}, {"date", "2024-13-01", false},
		{"time", "23:59:60Z", true}, {"time", "12:00:60Z", false},
		{"time", "15:59:60-08:00", true}, {"time", "24:00:00Z", false},
		{"time", "12:00:00", false}, {"time", "12:00:00.Z", false},
		{"date-time", "2024-02-29T12:00:00+01:00", true},
		{"date-time", "2024-02-29 12:00:00Z", false},
		{"email", "a.b+c@example.com", true}, {"email", "a..b@example.com", false},
		{"email", "a@[127.0.0.1]", true}, {"email", "a@[IPv6:::1]", true},
		{"email", "@example.com", false}, {"email", "a@", false},
		{"hostname", "a.b.", false}, {"hostname", "", false},
		{"ipv4", "1.2.3.256", false}, {"ipv4", "01.2.3.4", false},
		{"ipv6", "::", true}, {"ipv6", "1::", true}, {"ipv6", ":::", false},
		{"ipv6", "1:2:3:4:5:6:7::", true}, {"ipv6", "1:2:3:4:5:6:7:8::", false},
		{"ipv6", "::ffff:1.2.3.4", true}, {"ipv6", "12345::", false},
		{"ipv6", "fe80::1%eth0", false}, {"ipv6", "1:2", false},
		{"uuid", "0189d7c2-7b1e-7cc4-9f0a-0123456789ab", true},
		{"uuid", "0189d7c27b1e7cc49f0a0123456789ab", false},
		{"uri", "http://[::1]:80/?#", true}, {"uri", "http://[::1", false},
		{"uri", "http://a/%zz", false}, {"uri", "1a:b", false},
		{"uri", "http://[v1.x]/", true}, {"uri", "a:", true},
		{"uri-reference", "a:b/../c", true}, {"uri-reference", "1a:b", false},
		{"uri-reference", "", true},
		{"uri-template", "/{+a,b:3,c*}{?q}", true},
		{"uri-template", "/{a:}", false}, {"uri-template", "/{}", false},
		{"uri-template", "/}", false}, {"uri-template", "/{a.b}%41", true},
		{"relative-json-pointer", "01", false},
		{"relative-json-pointer", "10#", true},
		{"json-pointer", "/a~0~1", true}, {"idn-hostname", "b\xc3\xbc" "cher.de", true},
		{"idn-hostname", "a..b", false}, {"unknown", "anything", true}
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		char		schema[100];
		char		text[100];

		snprintf(schema, sizeof(schema), "{'format':'%s'}", cases[i].format);
		snprintf(text, sizeof(text), "'%s'", cases[i].text);
		if (fits(schema, text) != cases[i].fits)
			fail_msg("%s: %s", cases[i].format, cases[i].text);
	}
}

/* References within a schema, by pointer, by name and by URI. */
static void
test_references(void **state)
{
	assert_false(fits("{'$id':'http://a/b/c','items':{'$ref':'d'},"
					  "'definitions':{'x':{'$id':'d','type':'null'}}}", "[1]"));
	assert_false(fits("{'$id':'http://a/x/y','items':{'$ref':'../x/./d'},"
					  "'definitions':{'x':{'$id':'d','type':'null'}}}", "[1]"));
	assert_false(fits("{'items':{'$ref':'#n'},"
					  "'definitions':{'x':{'$id':'#n','type':'null'}}}", "[1]"));
	assert_false(fits("{'items':{'$ref':'#/x/1/y%25~0'},'x':[0,{'y%~':false}]}",
					  "[1]"));
	assert_true(fits("{'enum':[{'$id':'#n','$ref':'#z'}]}",
					 "{'$id':'#n','$ref':'#z'}"));
	assert_string_equal(fault_of(doc("{'items':{'$ref':'#/x/01'},'x':[1,true]}")),
						"/items/$ref must refer to a part of the schema or to "
						"the meta-schema of draft 7, and there is no \"#/x/01\"");
}

/* Arrays of any length have no two equal items. */
static void
test_unique(void **state)
{
	char	   *text = dw_arena_take(&arena, 200000);
	size_t		used = 1;

	text[0] = '[';
	for (int i = 0; i < 10000; i++)
		used += (size_t) sprintf(text + used, "{\"a\":[%d]},", i);
	strcpy(text + used, "1.50,null]");
	assert_true(fits("{'uniqueItems':true}", text));
	strcpy(text + used, "{\"a\":[ 5000.0 ]}]");
	assert_false(fits("{'uniqueItems':true}", text));
	assert_true(fits("{'uniqueItems':true}",
					 "[1,true,'1',[1],{'a':1},null,0,false,'',[],{}]"));
}

/* Every schema of the library is one of draft 7, and found by its name. */
static void
test_builtin(void **state)
{
	int			count;
	const DwBuiltinSchema *schemas = dw_builtin_schemas(&count);

	for (int i = 0; i < count; i++)
	{
		size_t		length = strlen(schemas[i].name);

		assert_int_equal(dw_builtin_schema_find(schemas[i].name, length), i);
		assert_int_equal(dw_builtin_schema_find(schemas[i].name, length - 1),
						 -1);
		assert_true(fits("{'$ref':'http://json-schema.org/draft-07/schema#'}",
						 schemas[i].text));
		assert_string_equal(fault_of(doc(schemas[i].text)), "none");
	}
	assert_int_equal(dw_builtin_schema_find("zz", 2), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_slow_patterns),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_bad_patterns),
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_formats),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_unique),
		cmocka_unit_test(test_builtin)
	};

	return cmocka_run_group_tests(tests, open_arena, close_arena);
}
