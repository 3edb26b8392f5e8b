/*
 * schema_store.h
 *		Schemas by name or by text, compiled once in a backend, and operators'
 *		own ones.
 */
#ifndef DW_SCHEMA_STORE_H
#define DW_SCHEMA_STORE_H

#include "postgres.h"

#include "core/document/document.h"
#include "server/call/call_server.h"

#define DW_SCHEMA_NAME_MAX	63	/* characters of a name */

/* A schema of the library by its place in the list; kept. */
extern const DwSchema *dw_builtin_schema(int place);

/*
 * The schema that a document is.  It is kept while it is among those used
 * last, and else lives as long as the current memory context.  22023 when it
 * is none; the detail has the path.
 */
extern const DwSchema *dw_schema_of(Datum jsonb);

/*
 * The schema of that name, of the library or an operator's own: P0002 when
 * there is none.  Wants SPI.
 */
extern const DwSchema *dw_schema_named(const char *name);

/*
 * Looks at a document, with or without formats and content.  54001 when
 * schema and document nest too deep together.  Without a report it ends with
 * the first thing that does not fit.
 */
extern bool dw_document_fits(const DwSchema *schema, Datum jsonb,
							 const DwDocCheck *check);

/*
 * 22023 unless an argument fits a schema of the library; the detail names the
 * place, the hint what must be there.
 */
extern void dw_arg_check_document(DwCall *call, const char *arg,
								  Datum jsonb, const char *schema);

/* Locks an operator's schema, made first if need be; gives its version. */
extern int32 dw_custom_schema_lock(const char *name);

/* Writes a locked schema, a null Datum for none, and fills the row. */
extern void dw_custom_schema_save(DwCall *call, const char *name,
								  Datum schema);

#endif							/* DW_SCHEMA_STORE_H */
