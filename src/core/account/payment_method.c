/*
 * payment_method.c
 *		Decides what may be kept of a way to pay.
 */
#include "core/account/account.h"

#include <string.h>

#define CARD_MIN_DIGITS 12
#define CARD_MAX_DIGITS 19

/* True for exactly four digits. */
bool
dw_last_four_valid(const char *text)
{
	return strlen(text) == 4 && strspn(text, "0123456789") == 4;
}

bool
dw_card_number_like(const char *text)
{
	size_t		i = strlen(text);
	int			digits = 0;
	int			sum = 0;

	/* from the right: every second digit counts double, by its digit sum */
	while (i-- > 0)
	{
		int			value = text[i] - '0';

		if (text[i] == ' ' || text[i] == '-')
			continue;
		if (value < 0 || value > 9 || digits == CARD_MAX_DIGITS)
			return false;
		if (digits++ % 2 == 1)
			value = value < 5 ? 2 * value : 2 * value - 9;
		sum += value;
	}
	return digits >= CARD_MIN_DIGITS && sum % 10 == 0;
}
