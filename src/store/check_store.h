/*
 * check_store.h
 *		The health check: rules that an installation and its data must obey.
 */
#ifndef DW_CHECK_STORE_H
#define DW_CHECK_STORE_H

#include "postgres.h"

/* One fault found. */
typedef struct DwFinding
{
	const char *rule;			/* name of the rule: "orphan" */
	const char *object;			/* where: a table, a role, a file */
	const char *detail;			/* what was found there */
	const char *hint;			/* what to do about it */
} DwFinding;

/* Called for each fault; it may not use SPI. */
typedef void (*DwFindingSink) (const DwFinding *finding, void *context);

/* Applies every rule and hands each fault to the sink. */
extern void dw_check_run(DwFindingSink sink, void *context);

#endif							/* DW_CHECK_STORE_H */
