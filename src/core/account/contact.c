/*
 * contact.c
 *		Decides which spellings are the same address or number.
 */
#include "core/account/account.h"

#include <string.h>

/* The fewest digits that are still somebody's number. */
#define PHONE_MIN_DIGITS 4

/* The fewest digits of a number that can be dialled from anywhere. */
#define PHONE_MIN_USABLE 7

/* True for the blanks that people leave around what they paste. */
static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Moves both ends inwards over blanks. */
static void
trim(const char **text, size_t *length)
{
	while (*length > 0 && is_blank(**text))
	{
		(*text)++;
		(*length)--;
	}
	while (*length > 0 && is_blank((*text)[*length - 1]))
		(*length)--;
}

/*
 * True for local@domain: the last @ divides, both sides hold something, and
 * nothing in between is a blank or a control character.  Whether the mailbox
 * exists is for a confirmation mail to find out.
 */
static bool
is_address(const char *text, size_t length)
{
	size_t		at = length;
	size_t		i;

	for (i = 0; i < length; i++)
	{
		unsigned char c = (unsigned char) text[i];

		if (c <= ' ' || c == 127)
			return false;
		if (c == '@')
			at = i;
	}
	return at > 0 && at + 1 < length;
}

/* Writes an e-mail address in its one spelling. */
DwResult
dw_email_normalise(const char *text, size_t length,
				   char space[DW_EMAIL_MAX + 1])
{
	size_t		i;

	trim(&text, &length);
	if (length > DW_EMAIL_MAX)
		return DW_TEXT_TOO_LONG;
	if (!is_address(text, length))
		return DW_BAD_VALUE;
	for (i = 0; i < length; i++)
	{
		char		c = text[i];

		space[i] = c >= 'A' && c <= 'Z' ? (char) (c - 'A' + 'a') : c;
	}
	space[length] = '\0';
	return DW_OK;
}

/* Writes a phone number in its one spelling. */
DwResult
dw_phone_normalise(const char *text, size_t length,
				   char space[DW_PHONE_MAX + 1])
{
	size_t		used = 0;
	size_t		digits = 0;
	size_t		i;

	trim(&text, &length);
	for (i = 0; i < length; i++)
	{
		char		c = text[i];

		if (c >= '0' && c <= '9')
		{
			if (++digits > DW_PHONE_MAX - 1)
				return DW_TEXT_TOO_LONG;
			space[used++] = c;
		}
		else if (c == '+' && i == 0)
			space[used++] = c;
		else if (c == '\0' || strchr(" .-/()", c) == NULL)
			return DW_BAD_VALUE;
	}
	if (digits < PHONE_MIN_DIGITS)
		return DW_BAD_VALUE;
	space[used] = '\0';
	return DW_OK;
}

bool
dw_email_usable(const char *address)
{
	const char *at = strchr(address, '@');
	const char *label;

	if (at == NULL || at == address || strchr(at + 1, '@') != NULL ||
		strchr(at, '.') == NULL)
		return false;
	label = at + 1;
	for (;;)
	{
		size_t		length = strcspn(label, ".");

		if (length == 0)
			return false;
		if (label[length] == '\0')
			return true;
		label += length + 1;
	}
}

/* True when the number can be dialled from anywhere. */
bool
dw_phone_usable(const char *number)
{
	size_t		digits = strlen(number) - (*number == '+');

	return digits >= PHONE_MIN_USABLE && digits < DW_PHONE_MAX;
}
