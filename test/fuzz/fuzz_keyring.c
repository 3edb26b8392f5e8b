/*
 * fuzz_keyring.c
 *		A text is refused as a whole, or it is a keyring that is written back
 *		byte for byte.
 */
#include "fuzz.h"

#include "core/identity/identity.h"

/* One input: a file. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static DwKeyring ring;
	static char text[DW_KEYRING_MAX_TEXT];
	int			line;

	if (dw_keyring_parse(&ring, (const char *) data, size, &line) != DW_OK)
	{
		check(ring.count == 0 && line > 0);
		return 0;
	}
	check(line == 0);
	check(dw_keyring_write(&ring, text, sizeof(text)) == size);
	check(memcmp(text, data, size) == 0);
	return 0;
}
