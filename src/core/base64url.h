/*
 * base64url.h
 *		Bytes as the text of a token: RFC 4648 section 5, no padding.
 *
 * Only the canonical text is read: no padding, no blank, no other alphabet,
 * and the unused bits of the last digit are zero.  So two different texts
 * never mean the same bytes.
 */
#ifndef DW_BASE64URL_H
#define DW_BASE64URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Digits for n bytes, bytes in n digits. */
#define DW_BASE64URL_LENGTH(n)		(((n) * 4 + 2) / 3)
#define DW_BASE64URL_BYTES(n)		((n) * 3 / 4)

/*
 * Writes DW_BASE64URL_LENGTH(size) digits to text, no terminating zero, and
 * returns how many; 0 when text has no room for them.
 */
extern size_t dw_base64url_encode(const uint8_t *bytes, size_t size,
								  char *text, size_t room);

/*
 * Reads length digits; true and the number of bytes in *size when text is
 * canonical and bytes has room.
 */
extern bool dw_base64url_decode(const char *text, size_t length,
								uint8_t *bytes, size_t room, size_t *size);

#endif							/* DW_BASE64URL_H */
