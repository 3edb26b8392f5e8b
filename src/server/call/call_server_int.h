/*
 * call_server_int.h
 *		What the files of a call share: the signature of its function.
 */
#ifndef DW_CALL_SERVER_INT_H
#define DW_CALL_SERVER_INT_H

#include "postgres.h"

#include "access/tupdesc.h"

#include "server/call/call_server.h"

/* A function as its row in pg_proc has it, remembered by a backend. */
typedef struct DwSignature
{
	const char *name;			/* without the schema */
	bool		is_volatile;	/* it may change something */
	TupleDesc	desc;			/* columns of the result; NULL: no columns */
	int			arg_count;		/* input arguments */
	char	  **arg_names;		/* of them, in order; NULL: it has no name */
} DwSignature;

#endif							/* DW_CALL_SERVER_INT_H */
