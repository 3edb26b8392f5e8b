/*
 * code.c
 *		Codes for once: what they are for, and their digits.
 */
#include "core/access/access.h"

static const char *const purpose_labels[DW_CODE_PURPOSE_COUNT] = {
	[DW_CODE_EMAIL] = "email",
	[DW_CODE_PHONE] = "phone",
	[DW_CODE_PASSWORD] = "password",
	[DW_CODE_SIGN_IN] = "sign_in"
};

DW_LABELS(code_purpose, DwCodePurpose, purpose_labels);

void
dw_code_write(uint64_t number, char text[DW_CODE_DIGITS + 1])
{
	text[DW_CODE_DIGITS] = '\0';
	for (int place = DW_CODE_DIGITS - 1; place >= 0; place--)
	{
		text[place] = (char) ('0' + number % 10);
		number /= 10;
	}
}

bool
dw_code_has_target(DwCodePurpose purpose)
{
	return purpose == DW_CODE_EMAIL || purpose == DW_CODE_PHONE;
}
