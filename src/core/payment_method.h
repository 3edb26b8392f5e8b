/*
 * payment_method.h
 *		What may be kept of a way to pay: never the number itself.
 */
#ifndef DW_PAYMENT_METHOD_H
#define DW_PAYMENT_METHOD_H

#include <stdbool.h>

/* True for exactly four digits: all of a card that may be shown. */
extern bool dw_last_four_valid(const char *text);

/*
 * True for what can only be a card's own number: 12 to 19 digits, blanks and
 * hyphens among them, with a right check digit (Luhn).  A payment company's
 * token never is one, so that keeps a mistake of the caller off the disk.
 */
extern bool dw_card_number_like(const char *text);

#endif							/* DW_PAYMENT_METHOD_H */
