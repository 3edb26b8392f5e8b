/*
 * call_api.h
 *		One fmgr entry point = one call: who calls, with what, what returns.
 *
 * A command is   dw_command_begin ▸ dw_arg_* ▸ store locks and loads ▸
 * dw_call_replay ▸ dw_call_version ▸ core decides ▸ store applies ▸
 * dw_row_* ▸ dw_call_return.   The order of those steps is the order of the
 * errors in api.md, so an entry point reads like that page.
 */
#ifndef DW_CALL_API_H
#define DW_CALL_API_H

#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "nodes/pg_list.h"
#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/actor.h"
#include "core/result.h"
#include "core/uuid.h"
#include "store/compat.h"

/* Declares, exports and opens one SQL-callable function. */
#define DW_FUNCTION(name) \
	extern PGDLLEXPORT Datum name(PG_FUNCTION_ARGS); \
	PG_FUNCTION_INFO_V1(name); \
	Datum name(PG_FUNCTION_ARGS)

/* One call in progress. */
typedef struct DwCall
{
	FunctionCallInfo fcinfo;	/* the server's view of it */
	DwActor		actor;			/* who calls; verified */
	MemoryContext result_context;	/* where the returned row must live */
	TupleDesc	desc;			/* columns of the result */
	Datum	   *values;			/* the row under construction */
	bool	   *nulls;			/* true until a value is set */
	int			replayed;		/* column of that name, from 1; 0: not looked
								 * for yet, negative: none */
	DwUuid		scope_id;		/* shard key of the idempotency record */
	char	   *key;			/* idempotency key, NULL if none was given */
	struct DwRequest *request;	/* digested, once the key was looked up */
	bool		spi;			/* this call opened SPI */
	List	   *kept;			/* rows of a set as jsonb, for the record */
} DwCall;

/*
 * Begin.  All four open SPI, raise WD402 for a bad token, WD401 without an
 * identity and 42501 when the actor's kind is not in `actors`.
 *
 * command: also 25006 where nothing can be written, 42501 unless the user is
 *          active.
 * draft:   as command, but a user pending verification may call it.
 * query:   a read; any known user, whatever his standing.
 * open:    a read that needs no identity (pure arithmetic, listings).
 */
extern void dw_command_begin(DwCall *call, FunctionCallInfo fcinfo,
							 DwActorSet actors);
extern void dw_draft_begin(DwCall *call, FunctionCallInfo fcinfo,
						   DwActorSet actors);
extern void dw_query_begin(DwCall *call, FunctionCallInfo fcinfo,
						   DwActorSet actors);
extern void dw_open_begin(DwCall *call, FunctionCallInfo fcinfo);

/*
 * 22004 if one of a set of arguments is NULL, the first of them named.  A
 * missing value is told before any value is judged, so a command asks for
 * all that it needs before it reads the first.
 */
#define DW_ARG(position)	(UINT32_C(1) << (position))
extern void dw_args_need(DwCall *call, uint32 args);

/* Arguments, by position.  The plain ones raise 22004 on NULL. */
extern bool dw_arg_has(DwCall *call, int arg);
extern DwUuid dw_arg_uuid(DwCall *call, int arg);
extern const DwUuid *dw_arg_uuid_opt(DwCall *call, int arg);
extern int64 dw_arg_int8(DwCall *call, int arg);
extern int32 dw_arg_int4(DwCall *call, int arg);
extern const int32 *dw_arg_int4_opt(DwCall *call, int arg);
extern bool dw_arg_bool(DwCall *call, int arg);
extern const bool *dw_arg_bool_opt(DwCall *call, int arg);
extern double dw_arg_float8(DwCall *call, int arg);
extern TimestampTz dw_arg_time_opt(DwCall *call, int arg);	/* or DT_NOBEGIN */
extern Datum dw_arg_jsonb(DwCall *call, int arg);

/* A finite date, or DATEVAL_NOBEGIN for NULL. */
extern DateADT dw_arg_date_opt(DwCall *call, int arg);

/* max_results of a list: 1 to DW_PAGE_MAX rows, else 22023. */
#define DW_PAGE_MAX 200
extern int32 dw_arg_page(DwCall *call, int arg);

/* Texts: over `max` characters is 22001; the plain one wants a non-blank. */
extern char *dw_arg_text(DwCall *call, int arg, int max);
extern char *dw_arg_text_opt(DwCall *call, int arg, int max);

/* An interval in whole seconds, a month as thirty days. */
extern int64 dw_arg_seconds(DwCall *call, int arg);

/* An array of uuids without NULLs; a NULL pointer for NULL. */
extern DwUuid *dw_arg_uuids_opt(DwCall *call, int arg, int *count);

/* An array of texts without NULLs; elements over `max` characters 22001. */
extern char **dw_arg_texts(DwCall *call, int arg, int max, int *count);

/* The label of an enum argument; NULL when it is NULL (opt). */
extern char *dw_arg_label(DwCall *call, int arg);
extern char *dw_arg_label_opt(DwCall *call, int arg);

/* The SQL name of an argument, and of the function, for messages. */
extern const char *dw_arg_name(DwCall *call, int arg);
extern const char *dw_call_name(DwCall *call);

/* Raises code for an argument, naming it: "X <what>". */
pg_noreturn extern void dw_arg_refuse(DwCall *call, int arg, DwResult code,
									  const char *what);

/*
 * Idempotency.  After the scope's row is locked: true when this very request
 * was done before, and then the row is filled from the record (go straight
 * to dw_call_return).  Raises WD104 when the key was used otherwise.  The
 * last argument must be idempotency_key.  dw_call_return writes the record.
 */
extern bool dw_call_replay(DwCall *call, const DwUuid *scope_id);

/*
 * The id of a row that is its own scope (a user, a job): the one given, else
 * one derived from actor, function and idempotency key, so that a retry
 * meets its own row, else a fresh one.
 */
extern DwUuid dw_call_new_id(DwCall *call, const DwUuid *given);

/* WD103 unless expected_version (last argument but one) is NULL or equal. */
extern void dw_call_version(DwCall *call, int32 version);

/* A call whose work was done before, found by the state of the row. */
extern void dw_call_replayed(DwCall *call);

/* Columns of the row by name; a name the function does not have is ignored. */
extern void dw_row_datum(DwCall *call, const char *name, Datum value);
extern void dw_row_uuid(DwCall *call, const char *name, const DwUuid *id);
extern void dw_row_int8(DwCall *call, const char *name, int64 value);
extern void dw_row_int4(DwCall *call, const char *name, int32 value);
extern void dw_row_bool(DwCall *call, const char *name, bool value);
extern void dw_row_float8(DwCall *call, const char *name, double value);
extern void dw_row_time(DwCall *call, const char *name, TimestampTz value);

/* A text, or the label of an enum column; NULL pointer = NULL. */
extern void dw_row_text(DwCall *call, const char *name, const char *value);

/* value / 10^scale as numeric, exactly. */
extern void dw_row_decimal(DwCall *call, const char *name, int64 value,
						   int scale);
extern void dw_row_texts(DwCall *call, const char *name, const char **items,
						 int count);

/* Ends a call that returns one row; sets replayed, writes the record. */
extern Datum dw_call_return(DwCall *call);

/* Ends a call that returns a single value which is not a row. */
extern Datum dw_call_return_datum(DwCall *call, Datum value, bool byval,
								  int length);

/*
 * Lists.  rows_begin turns a begun call into a set-returning one; list_begin
 * is for a list that needs no identity and no table.
 */
extern void dw_rows_begin(DwCall *call);

/*
 * dw_call_replay for a command that returns a set: true when this very
 * request was done before, and then the set is filled (go straight to
 * dw_list_return, which else writes the record).
 */
extern bool dw_list_replay(DwCall *call, const DwUuid *scope_id);
extern void dw_list_begin(DwCall *call, FunctionCallInfo fcinfo);
extern void dw_list_emit(DwCall *call);
extern Datum dw_list_return(DwCall *call);

#endif							/* DW_CALL_API_H */
