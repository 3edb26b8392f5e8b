/*
 * error_server.h
 *		From a result code to an SQL error: the only way dwello raises.
 */
#ifndef DW_ERROR_SERVER_H
#define DW_ERROR_SERVER_H

#include "postgres.h"

#include "utils/elog.h"

#include "core/base/base.h"
#include "server/sql/sql_server.h"

/* What one result code is outside the server. */
typedef struct DwErrorCode
{
	int			sqlstate;		/* packed as by MAKE_SQLSTATE */
	const char *name;			/* one word, for programs; NULL: not ours */
	int			http;			/* status a gateway should answer with */
	bool		retryable;		/* the same call may succeed later */
	const char *meaning;		/* one sentence, for people */
} DwErrorCode;

/* What a result code, but DW_OK, is outside; of static storage. */
extern const DwErrorCode *dw_error_code(DwResult code);

/*
 * Raises the condition `code`.  The message is lower case without a full
 * stop; detail (ids and states) and hint (the next call) are sentences, or
 * NULL.  Never quote another tenant's data or a sealed value.
 */
#define dw_raise(code, message, detail, hint) \
	dw_raise_constraint(code, NULL, message, detail, hint)

/* The same with the name of the constraint or rule that was broken. */
#define dw_raise_constraint(code, constraint, message, detail, hint) \
	do { \
		ereport(ERROR, \
				dw_error_set(code, constraint, message, detail, hint)); \
		pg_unreachable(); \
	} while (0)

/*
 * Sets the fields of the error that is being raised, which so has the place
 * of the macro.
 */
extern int	dw_error_set(DwResult code, const char *constraint,
						 const char *message, const char *detail,
						 const char *hint);

/*
 * Does some work in a subtransaction; NULL when it is done.  An error that
 * the same work would raise again undoes what it wrote and is returned, in
 * the caller's memory.  What comes of the surroundings (conflicts, resources,
 * locks, a cancel, the system) is raised again.
 */
extern ErrorData * dw_attempt(void (*work) (void *argument), void *argument);

/* Warns of an error that left out what `whose`, a sentence, names. */
extern void dw_warn_left_out(const ErrorData * error, const char *whose);

/*
 * The SQLSTATEs of class WD, dwello's own.
 *
 * Classes A to H belong to the SQL standard and I to Z to implementations,
 * so WD clashes with nothing.  dwello.error_codes lists the same codes with
 * their HTTP status; a test holds the two against each other.
 */

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
#define ERRCODE_DW_KEYRING_MISMATCH \
	MAKE_SQLSTATE('W','D','6','0','3')

/* WD9xx: guards of the installation */
#define ERRCODE_DW_DROP_REFUSED \
	MAKE_SQLSTATE('W','D','9','0','1')

#endif							/* DW_ERROR_SERVER_H */
