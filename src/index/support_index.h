/*
 * support_index.h
 *		What the support functions of the operator classes share.
 *
 * They run inside the access method: no SQL, no SPI, no catalogue.  Values
 * of dwello.job_key are a DwJobKey, of fixed length; a dwello.job_query is a
 * varlena that begins with the reserved bytes of a DwMatchQuery.
 */
#ifndef DW_SUPPORT_INDEX_H
#define DW_SUPPORT_INDEX_H

#include "postgres.h"

#include "fmgr.h"
#include "utils/expandeddatum.h"

#include "core/match/match.h"
#include "core/wire/wire.h"

#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* Before a declaration: it does not return.  18 has it and no other. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn _Noreturn
#endif

/* Declares, exports and opens one support function. */
#define DW_SUPPORT_FUNCTION(name) \
	extern PGDLLEXPORT Datum name(PG_FUNCTION_ARGS); \
	PG_FUNCTION_INFO_V1(name); \
	Datum name(PG_FUNCTION_ARGS)

/* The arguments of these types. */
#define DW_GETARG_JOB_KEY(n)	((const DwJobKey *) PG_GETARG_POINTER(n))
#define DW_GETARG_JOB_QUERY(n) dw_job_query_of(PG_GETARG_DATUM(n))

/* The search that a query is under way for, or NULL. */
static inline const DwMatchUnderWay *
dw_under_way_of(Datum value)
{
	varatt_expanded at;

	if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(value)))
		return NULL;
	/* DatumGetEOHP() inline: it is asked at every key of an index */
	memcpy(&at, VARDATA_EXTERNAL(DatumGetPointer(value)), sizeof(at));
	return (const DwMatchUnderWay *)
		((const char *) at.eohptr + MAXALIGN(sizeof(ExpandedObjectHeader)));
}

/* A query; one that was just made is not copied, which is tried first. */
static inline const DwMatchQuery *
dw_job_query_of(Datum value)
{
	const DwMatchUnderWay *under_way;

	if (VARATT_IS_4B_U(DatumGetPointer(value)))
		return (const DwMatchQuery *) DatumGetPointer(value);
	under_way = dw_under_way_of(value);
	if (under_way != NULL)
		return under_way->query;
	return (const DwMatchQuery *) PG_DETOAST_DATUM(value);
}

/*
 * The input of a type, as text (22P02) and in binary (22P03): the value, and
 * its size in memory.
 */
extern void *dw_type_in(FunctionCallInfo fcinfo, const DwWireType *type,
						Size * room);
extern void *dw_type_recv(FunctionCallInfo fcinfo, const DwWireType *type,
						  Size * room);

/* Its output: a C string, and a bytea. */
extern Datum dw_type_out(const DwWireType *type, const void *value);
extern Datum dw_type_send(const DwWireType *type, const void *value);

#endif							/* DW_SUPPORT_INDEX_H */
