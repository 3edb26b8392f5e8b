/*
 * json_server.h
 *		jsonb as the values of core/document, and memory for these.
 */
#ifndef DW_JSON_SERVER_H
#define DW_JSON_SERVER_H

#include "postgres.h"

#include "utils/jsonb.h"

#include "core/document/document.h"

/*
 * An arena in a memory context, which ends with it.  A statement that takes
 * long in it can be cancelled, and one that nests too deep raises 54001.
 */
extern void dw_json_arena(DwArena *arena, MemoryContext context);

/*
 * Reads a document, which must outlive the value.  22023 when it nests deeper
 * than DW_DOC_DEPTH_MAX.  Only the root's kind and count when it is shallow.
 */
extern void dw_json_read(DwArena *arena, Jsonb *jsonb, bool is_shallow,
						 DwDocValue *value);

#endif							/* DW_JSON_SERVER_H */
