/*
 * result.h
 *		What a decision of core can come to.
 *
 * Core never raises: it returns one of these, and api/error_api.c turns it
 * into an SQLSTATE, a message and a hint from one table.
 */
#ifndef DW_RESULT_H
#define DW_RESULT_H

typedef enum DwResult
{
	DW_OK = 0,

	/* class WD: dwello's own conditions */
	DW_INVALID_TRANSITION,		/* WD101 no such move from this state */
	DW_DEADLINE_PASSED,			/* WD102 */
	DW_STALE_VERSION,			/* WD103 */
	DW_IDEMPOTENCY_MISMATCH,	/* WD104 */
	DW_CURRENCY_MISMATCH,		/* WD201 */
	DW_INSUFFICIENT_FUNDS,		/* WD202 */
	DW_INEXACT_AMOUNT,			/* WD203 */
	DW_LIMIT_REACHED,			/* WD301 */
	DW_NOT_AUTHENTICATED,		/* WD401 */
	DW_INVALID_TOKEN,			/* WD402 */
	DW_INVALID_DOCUMENT,		/* WD501 */
	DW_KEYRING_UNAVAILABLE,		/* WD601 */
	DW_SEALED_VALUE_UNREADABLE, /* WD602 */
	DW_DROP_REFUSED,			/* WD901 */

	/* the standard's conditions that dwello raises itself */
	DW_NULL_VALUE,				/* 22004 */
	DW_TEXT_TOO_LONG,			/* 22001 */
	DW_OVERFLOW,				/* 22003 */
	DW_BAD_VALUE,				/* 22023 */
	DW_BAD_LABEL,				/* 22P02 */
	DW_CHECK_VIOLATION,			/* 23514 */
	DW_NOT_FOUND,				/* P0002 */
	DW_FORBIDDEN,				/* 42501 */
	DW_ALREADY_EXISTS,			/* 23505 */

	DW_RESULT_COUNT
} DwResult;

#endif							/* DW_RESULT_H */
