/*
 * compat.h
 *		What differs between the supported servers, 15 to 18.
 */
#ifndef DW_COMPAT_H
#define DW_COMPAT_H

#include "postgres.h"

/* VARDATA and its kin; 16 moved them out of postgres.h. */
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

/* Before a declaration: it does not return.  18 has it and no other. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn _Noreturn
#endif

/* The local id of a process's transaction; 17 moved the field. */
#if PG_VERSION_NUM >= 170000
#define dw_proc_lxid(proc)	((proc)->vxid.lxid)
#else
#define dw_proc_lxid(proc)	((proc)->lxid)
#endif

/* Memory of a string setting's value; 16 gave it a context of its own. */
#if PG_VERSION_NUM >= 160000
#define dw_guc_malloc(size) guc_malloc(LOG, size)
#define dw_guc_free(value)	guc_free(value)
#else
#define dw_guc_malloc(size) malloc(size)
#define dw_guc_free(value)	free(value)
#endif

/* The state of a session, 1 to how many there are; 16 renamed it. */
#if PG_VERSION_NUM >= 160000
#define dw_backend_status(i) pgstat_get_local_beentry_by_index(i)
#else
#define dw_backend_status(i) pgstat_fetch_stat_local_beentry(i)
#endif

#endif							/* DW_COMPAT_H */
