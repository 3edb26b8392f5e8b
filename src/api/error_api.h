/*
 * error_api.h
 *		From a result code to an SQL error: the only way api/ raises.
 */
#ifndef DW_ERROR_API_H
#define DW_ERROR_API_H

#include "postgres.h"

#include "core/result.h"
#include "store/compat.h"

/*
 * Raises the condition `code`.  The message is lower case without a full
 * stop; detail (ids and states) and hint (the next call) are sentences, or
 * NULL.  Never quote another tenant's data or a sealed value.
 */
pg_noreturn extern void dw_raise(DwResult code, const char *message,
								 const char *detail, const char *hint);

/* The same with the name of the constraint or rule that was broken. */
pg_noreturn extern void dw_raise_constraint(DwResult code,
											const char *constraint,
											const char *message,
											const char *detail,
											const char *hint);

#endif							/* DW_ERROR_API_H */
