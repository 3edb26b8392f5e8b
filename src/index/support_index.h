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

#include "core/match/match.h"

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

/* A query; one that was just made is not copied, which is tried first. */
static inline const DwMatchQuery *
dw_job_query_of(Datum value)
{
	if (VARATT_IS_4B_U(DatumGetPointer(value)))
		return (const DwMatchQuery *) DatumGetPointer(value);
	return (const DwMatchQuery *) PG_DETOAST_DATUM(value);
}

#endif							/* DW_SUPPORT_INDEX_H */
