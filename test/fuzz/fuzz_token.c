/*
 * fuzz_token.c
 *		No text makes the token reader go beyond it or believe too much.
 *
 * The input is a token as it comes, then its halves are header and payload
 * in plain text, then changes to a good token, then claims that are written
 * and must read back.
 */
#include "fuzz.h"

#include "core/identity/identity.h"

/* Reads a token whose signature we pretend to have verified. */
static void
read_token(const char *text, size_t length)
{
	DwToken		token;
	DwClaims	claims;
	DwClaimsTime time;

	if (dw_token_split(text, length, &token) != DW_TOKEN_FINE)
		return;
	check(token.signed_length ==
		  token.header_length + 1 + token.payload_length);
	check(token.signed_length + 1 + 43 == length);
	if (dw_token_read(&token, &claims) != DW_TOKEN_FINE)
		return;
	check((claims.role & DW_ACTOR_USERS) != 0);
	check((claims.role & (claims.role - 1)) == 0);
	check(claims.exp > claims.iat && claims.iat >= 0);
	check(!dw_uuid_is_nil(&claims.sub));
	check(memchr(claims.jti, 0, sizeof(claims.jti)) != NULL);
	check(memchr(claims.aud, 0, sizeof(claims.aud)) != NULL);
	time.clock = time.statement = claims.exp;
	check(dw_claims_check(&claims, claims.aud, &time) == DW_TOKEN_EXPIRED);
	check(dw_claims_check(&claims, "another", &time) ==
		  DW_TOKEN_WRONG_AUDIENCE || strcmp(claims.aud, "another") == 0);
}

/* Adds bytes in base64url and a dot; what decodes is what was encoded. */
static size_t
add_part(char *text, size_t used, size_t room, const uint8_t *data,
		 size_t size)
{
	static uint8_t back[DW_TOKEN_MAX];
	size_t		length;
	size_t		decoded;

	length = dw_base64url_encode(data, size, text + used, room - used);
	check(length == DW_BASE64URL_LENGTH(size));
	check(dw_base64url_decode(text + used, length, back, sizeof(back),
							  &decoded));
	check(decoded == size && memcmp(back, data, size) == 0);
	text[used + length] = '.';
	return used + length + 1;
}

/* Header and payload in plain text, behind a signature. */
static void
read_plain(const uint8_t *header, size_t header_size, const uint8_t *payload,
		   size_t payload_size)
{
	static const uint8_t signature[DW_TOKEN_SIGNATURE_SIZE];
	char		text[2 * DW_TOKEN_MAX];
	size_t		used;

	used = add_part(text, 0, sizeof(text), header, header_size);
	used = add_part(text, used, sizeof(text), payload, payload_size);
	used = add_part(text, used, sizeof(text), signature, sizeof(signature));
	read_token(text, used - 1);
}

/* A good token with a few bytes changed by the input. */
static void
read_changed(FuzzInput * input)
{
	static const char header[] = "{\"alg\":\"HS256\"}";
	char		payload[] = "{\"sub\":\"0190a000-0000-7000-8000-"
		"000000000001\",\"role\":\"admin\",\"iat\":1000,\"nbf\":1000,"
		"\"exp\":1900,\"jti\":\"j\",\"aud\":\"dwello\",\"x\":\"0\"}";

	while (input->size > 0)
	{
		uint8_t		change[2];

		fuzz_read(input, change, sizeof(change));
		payload[change[0] % (sizeof(payload) - 1)] = (char) change[1];
		read_plain((const uint8_t *) header, sizeof(header) - 1,
				   (const uint8_t *) payload, sizeof(payload) - 1);
	}
}

/* Claims that the input makes are written and read back. */
static void
write_claims(FuzzInput * input)
{
	char		text[DW_TOKEN_WRITE_SIZE + 44];
	DwClaims	claims;
	DwClaims	read;
	DwToken		token;
	size_t		length;

	memset(&claims, 0, sizeof(claims));
	fuzz_read(input, &claims.sub, sizeof(claims.sub));
	claims.sub.bytes[0] |= 1;
	claims.role = (DwActorKind) (1 << fuzz_range(input, 0, 3));
	claims.scopes = (DwScopeSet) fuzz_range(input, 0,
											DW_SCOPE_BIT(DW_SCOPE_COUNT) - 1);
	claims.iat = claims.nbf = fuzz_range(input, 0, INT64_MAX - 1);
	claims.exp = fuzz_range(input, claims.iat + 1, INT64_MAX);
	dw_subject_format(&claims.sub, claims.jti);
	dw_audience_write(claims.sub.bytes, claims.aud);
	length = dw_token_write(&claims, (int) fuzz_int64(input), text,
							DW_TOKEN_WRITE_SIZE);
	check(length > 0 && text[length] == '\0');
	memset(text + length, 'A', 44);
	text[length] = '.';
	check(dw_token_split(text, length + 44, &token) == DW_TOKEN_FINE);
	memset(&read, 0, sizeof(read));
	check(dw_token_read(&token, &read) == DW_TOKEN_FINE);
	check(memcmp(&read, &claims, sizeof(claims)) == 0);
}

/* One input, in memory of its exact size. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput	input = {data, size};
	char	   *text = malloc(size ? size : 1);

	if (size > 0)
		memcpy(text, data, size);
	read_token(text, size);
	free(text);
	if (size <= DW_TOKEN_MAX / 2)
		read_plain(data, size / 2, data + size / 2, size - size / 2);
	write_claims(&input);
	if (size <= 256)
		read_changed(&input);
	return 0;
}
