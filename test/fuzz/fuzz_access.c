/*
 * fuzz_access.c
 *		A text is no API key, or the one that is written of what it says; and
 *		words of scopes are a set, or none.
 */
#include "fuzz.h"

#include "core/access/access.h"

/* Reads a text that may be a key. */
static void
read_key(const char *text, size_t length)
{
	char		written[DW_API_KEY_LENGTH + 1];
	DwApiKey	key;

	if (!dw_api_key_parse(text, length, &key))
		return;
	dw_api_key_write(&key, written);
	check(length == DW_API_KEY_LENGTH);
	check(memcmp(written, text, length) == 0);
}

/* A key of random bytes, and what a change of it by the input is. */
static void
write_key(FuzzInput * input)
{
	char		text[DW_API_KEY_LENGTH + 1];
	DwApiKey	key = {.kind = (DwApiKeyKind) fuzz_range(input, 0, 2)};
	DwApiKey	read;
	uint8_t		change[2];

	fuzz_read(input, &key.id, sizeof(key.id));
	fuzz_read(input, key.secret, sizeof(key.secret));
	dw_api_key_write(&key, text);
	check(dw_api_key_parse(text, DW_API_KEY_LENGTH, &read));
	check(read.kind == key.kind && dw_uuid_equal(&read.id, &key.id));
	check(memcmp(read.secret, key.secret, sizeof(key.secret)) == 0);
	fuzz_read(input, change, sizeof(change));
	text[change[0] % DW_API_KEY_LENGTH] = (char) change[1];
	read_key(text, DW_API_KEY_LENGTH);
}

/* Words of scopes, zero-terminated. */
static void
read_scopes(const char *text)
{
	char		written[DW_SCOPES_TEXT_SIZE];
	DwScopeSet	scopes;
	DwScopeSet	again;

	(void) dw_scopes_listed(text);
	if (!dw_scopes_parse(text, &scopes))
		return;
	check(scopes != 0 && scopes < DW_SCOPE_BIT(DW_SCOPE_COUNT));
	dw_scopes_write(scopes, written);
	check(strlen(written) == strlen(text));
	check(dw_scopes_parse(written, &again) && again == scopes);
}

/* One input, in memory of its exact size. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput	input = {data, size};
	char	   *text = malloc(size + 1);

	if (size > 0)
		memcpy(text, data, size);
	read_key(text, size);
	text[size] = '\0';
	read_scopes(text);
	free(text);
	write_key(&input);
	return 0;
}
