/*
 * admin_store_int.h
 *		What the rules of the health check have in common.
 */
#ifndef DW_ADMIN_STORE_INT_H
#define DW_ADMIN_STORE_INT_H

#include "server/sql/sql_server.h"

/* One rule asked in SQL. */
typedef struct DwCheckRule
{
	const char *name;			/* of the rule */
	const char *hint;			/* what to do about a fault */
	DwStatement statement;		/* gives object and detail of each fault */
} DwCheckRule;

#define RULE(rule, text, todo) \
	{.name = (rule), .hint = (todo), .statement = \
	DW_STATEMENT("SELECT f.object, f.detail FROM (" text \
				 ") AS f (object, detail)")}

/* The rules about the installation: roles, grants, settings, guards. */
extern DwCheckRule dw_installation_rules[];
extern const int dw_installation_rule_count;

#endif							/* DW_ADMIN_STORE_INT_H */
