/*
 * fuzz_contact.c
 *		One spelling is its own spelling, and never longer than promised.
 */
#include "fuzz.h"

#include "core/account/account.h"

/* One input: an address and a number. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *) data;
	char		once[DW_EMAIL_MAX + 1];
	char		twice[DW_EMAIL_MAX + 1];

	if (dw_email_normalise(text, size, once) == DW_OK)
	{
		check(strlen(once) <= DW_EMAIL_MAX && strlen(once) <= size);
		check(dw_email_normalise(once, strlen(once), twice) == DW_OK);
		check(strcmp(once, twice) == 0);
		check(!dw_email_usable(once) || strchr(once, '.') != NULL);
	}
	if (dw_phone_normalise(text, size, once) == DW_OK)
	{
		check(strlen(once) <= DW_PHONE_MAX && strlen(once) <= size);
		check(dw_phone_normalise(once, strlen(once), twice) == DW_OK);
		check(strcmp(once, twice) == 0);
		check(dw_phone_usable(once) == (strspn(once + (*once == '+'),
											   "0123456789") >= 7));
	}
	return 0;
}
