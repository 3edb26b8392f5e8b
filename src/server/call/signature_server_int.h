/*
 * signature_server_int.h
 *		What a function is called, takes and returns, remembered by a backend.
 */
#ifndef DW_SIGNATURE_SERVER_INT_H
#define DW_SIGNATURE_SERVER_INT_H

#include "postgres.h"

#include "access/tupdesc.h"

/* A function as its row in pg_proc has it. */
typedef struct DwSignature
{
	const char *name;			/* without the schema */
	TupleDesc	desc;			/* columns of the result; NULL: no columns */
	int			arg_count;		/* input arguments */
	char	  **arg_names;		/* of them, in order; NULL: it has no name */
} DwSignature;

/*
 * The signature of a function, looked up again when it was replaced.  Lives
 * at least until the end of the transaction.
 */
extern const DwSignature *dw_signature(Oid function);

/* The name of an argument, by its position; for messages. */
extern const char *dw_signature_arg(const DwSignature *signature, int arg);

/* The position of an argument by its name; -1 when there is none. */
extern int	dw_signature_find(const DwSignature *signature, const char *name);

#endif							/* DW_SIGNATURE_SERVER_INT_H */
