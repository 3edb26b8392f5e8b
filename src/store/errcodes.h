/*
 * errcodes.h
 *		The SQLSTATEs of class WD, dwello's own.
 *
 * Classes A to H belong to the SQL standard and I to Z to implementations,
 * so WD clashes with nothing.  dwello.error_codes lists the same codes with
 * their HTTP status; a test holds the two against each other.
 */
#ifndef DW_ERRCODES_H
#define DW_ERRCODES_H

#include "utils/elog.h"

/* WD1xx: the object is not in the state that the command needs */
#define ERRCODE_DW_INVALID_TRANSITION \
	MAKE_SQLSTATE('W','D','1','0','1')
#define ERRCODE_DW_DEADLINE_PASSED \
	MAKE_SQLSTATE('W','D','1','0','2')
#define ERRCODE_DW_STALE_VERSION \
	MAKE_SQLSTATE('W','D','1','0','3')
#define ERRCODE_DW_IDEMPOTENCY_MISMATCH \
	MAKE_SQLSTATE('W','D','1','0','4')

/* WD2xx: money */
#define ERRCODE_DW_CURRENCY_MISMATCH \
	MAKE_SQLSTATE('W','D','2','0','1')
#define ERRCODE_DW_INSUFFICIENT_FUNDS \
	MAKE_SQLSTATE('W','D','2','0','2')
#define ERRCODE_DW_INEXACT_AMOUNT \
	MAKE_SQLSTATE('W','D','2','0','3')

/* WD3xx: limits */
#define ERRCODE_DW_LIMIT_REACHED \
	MAKE_SQLSTATE('W','D','3','0','1')

/* WD4xx: identity */
#define ERRCODE_DW_NOT_AUTHENTICATED \
	MAKE_SQLSTATE('W','D','4','0','1')
#define ERRCODE_DW_INVALID_TOKEN \
	MAKE_SQLSTATE('W','D','4','0','2')

/* WD5xx: documents */
#define ERRCODE_DW_INVALID_DOCUMENT \
	MAKE_SQLSTATE('W','D','5','0','1')

/* WD6xx: secrets */
#define ERRCODE_DW_KEYRING_UNAVAILABLE \
	MAKE_SQLSTATE('W','D','6','0','1')
#define ERRCODE_DW_SEALED_VALUE_UNREADABLE \
	MAKE_SQLSTATE('W','D','6','0','2')

/* WD9xx: guards of the installation */
#define ERRCODE_DW_DROP_REFUSED \
	MAKE_SQLSTATE('W','D','9','0','1')

#endif							/* DW_ERRCODES_H */
