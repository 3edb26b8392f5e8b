/*
 * contact.h
 *		The one spelling of an e-mail address and of a phone number.
 *
 * Two spellings of the same address must meet in the same blind index, so
 * what is indexed is never what a person typed but what these functions make
 * of it.  Bytes above 127 pass as they are.
 */
#ifndef DW_CONTACT_H
#define DW_CONTACT_H

#include <stdbool.h>
#include <stddef.h>

#include "core/result.h"

#define DW_EMAIL_MAX	254		/* RFC 5321: the longest usable address */
#define DW_PHONE_MAX	16		/* E.164: a plus and fifteen digits */

/*
 * Writes the address trimmed and with ASCII letters in lower case, ended by
 * a zero.  DW_BAD_VALUE unless it is local@domain without blanks or control
 * characters; DW_TEXT_TOO_LONG over DW_EMAIL_MAX bytes.
 */
extern DwResult dw_email_normalise(const char *text, size_t length,
								   char space[DW_EMAIL_MAX + 1]);

/*
 * Writes the digits, and the plus if the number begins with one, ended by a
 * zero.  Blanks, dots, hyphens, slashes and parentheses are left out;
 * anything else, or fewer than four digits, is DW_BAD_VALUE; more than
 * fifteen digits are DW_TEXT_TOO_LONG.
 */
extern DwResult dw_phone_normalise(const char *text, size_t length,
								   char space[DW_PHONE_MAX + 1]);

/*
 * What a new account must have, asked of the one spelling.  Stricter than
 * the spelling itself: an account is looked up by whatever was typed, but
 * made only with what mail can be sent to and what can be dialled.
 *
 * address: one @, no blanks or control characters, and a domain of at least
 * two labels.  number: seven to fifteen digits (E.164).
 */
extern bool dw_email_usable(const char *address);
extern bool dw_phone_usable(const char *number);

#endif							/* DW_CONTACT_H */
