/*
 * call_server.h
 *		One fmgr entry point = one call: who calls, with what, what returns.
 */
#ifndef DW_CALL_SERVER_H
#define DW_CALL_SERVER_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "fmgr.h"
#include "funcapi.h"
#include "nodes/pg_list.h"
#include "utils/date.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "core/base/base.h"
#include "server/sql/sql_server.h"

/*
 * A command is   dw_command_begin ▸ dw_arg_* ▸ store locks and loads ▸
 * dw_call_replay ▸ dw_call_version ▸ core decides ▸ store applies ▸
 * dw_row_* ▸ dw_call_return.   The order of those steps is the order of the
 * errors that a caller can rely on (docs/architecture.md).
 */

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
	int			column;			/* of it, that was filled last */
	Datum	   *values;			/* the row under construction */
	bool	   *nulls;			/* true until a value is set */
	int			replayed;		/* column of that name, from 1; 0: not looked
								 * for yet, negative: none */
	DwUuid		scope_id;		/* shard key of the idempotency record */
	char	   *key;			/* idempotency key, NULL if none was given */
	const struct DwSignature *signature;	/* of the function */
	struct DwRequest *request;	/* digested, once the key was looked up */
	bool		spi;			/* this call opened SPI */
	List	   *kept;			/* rows of a set as jsonb, for the record */
} DwCall;

/*
 * Begin.  Both open SPI.  A command is begun by account_api.h.
 *
 * query:   a read; WD402 for a bad token, WD401 without an identity, 42501
 *          when the actor's kind is not in `actors`; any known user may
 *          call, whatever the status of the account.
 */
extern void dw_query_begin(DwCall *call, FunctionCallInfo fcinfo,
						   DwActorSet actors);

/* WD104 for (f(...)).* of commands: by hooks, and as each command begins. */
extern void dw_star_init(void);
extern void dw_star_check(DwCall *call);

/*
 * 22004 if one of the named arguments is NULL, the first of them told.  A
 * missing value is told before any value is judged, so a command asks for
 * all that it needs before it reads the first.  The list ends with NULL.
 */
extern void dw_args_need(DwCall *call,...) __attribute__((sentinel));

/*
 * Arguments, by the names that SQL has for them.  The plain ones raise 22004
 * on NULL.  To ask for an argument that the function does not have is a
 * fault of ours, but for dw_arg_exists().
 */
extern bool dw_arg_exists(DwCall *call, const char *arg);

/* True when some argument between two is given; NULL: from the first. */
extern bool dw_args_given(DwCall *call, const char *after,
						  const char *before);
extern bool dw_arg_has(DwCall *call, const char *arg);
extern DwUuid dw_arg_uuid(DwCall *call, const char *arg);
extern const DwUuid *dw_arg_uuid_opt(DwCall *call, const char *arg);
extern int64 dw_arg_int8(DwCall *call, const char *arg);
extern int32 dw_arg_int4(DwCall *call, const char *arg);

/* An amount somebody asks for; 22003 beyond DW_AMOUNT_MAX. */
extern int64 dw_arg_amount(DwCall *call, const char *arg);

/* 22003 for an amount above the setting max_amount of its currency. */
extern void dw_arg_check_amount(DwCall *call, const char *arg, int64 amount,
								const char *currency);
extern const int32 *dw_arg_int4_opt(DwCall *call, const char *arg);
extern bool dw_arg_bool(DwCall *call, const char *arg);
extern const bool *dw_arg_bool_opt(DwCall *call, const char *arg);
extern double dw_arg_float8(DwCall *call, const char *arg);
extern TimestampTz dw_arg_time_opt(DwCall *call, const char *arg);
extern Datum dw_arg_jsonb(DwCall *call, const char *arg);

/*
 * The arguments of bare arithmetic, which begins no call: a struct with a
 * NullableDatum for each, in the order of names, compared with SQL's.
 */
extern const void *dw_bare_args(FunctionCallInfo fcinfo,
								const char *const *names, int count);

/* The value as it came, of whatever type; not NULL. */
extern Datum dw_arg_datum(DwCall *call, const char *arg);

/* Of the years 1 to 9999, or DATEVAL_NOBEGIN; a NULL time is DT_NOBEGIN. */
extern DateADT dw_arg_date_opt(DwCall *call, const char *arg);

/* A number of rows or the like; 22023 unless 1 ... most. */
extern int32 dw_arg_count(DwCall *call, const char *arg, int32 most);

/* max_results of a list: 1 to DW_PAGE_MAX rows, else 22023. */
#define DW_PAGE_MAX 200
extern int32 dw_arg_page(DwCall *call, const char *arg);

/* 22023 unless a currency, if one is given, is one of ISO 4217. */
extern void dw_arg_check_currency(DwCall *call, const char *arg,
								  const char *currency);

#define DW_ROWS_MAX		10000	/* that one call of a worker may ask for */

/* The argument max_rows of a batch; 22023 unless 1 ... DW_ROWS_MAX. */
extern int32 dw_arg_max_rows(DwCall *call);

/* Over `max`: 22001; the plain one wants a non-blank, a blank name is NULL. */
extern char *dw_arg_text(DwCall *call, const char *arg, int max);
extern char *dw_arg_text_opt(DwCall *call, const char *arg, int max);
extern char *dw_arg_name_opt(DwCall *call, const char *arg, int max);

/* An interval in whole seconds, a month as thirty days. */
extern int64 dw_arg_seconds(DwCall *call, const char *arg);

/* An array of uuids without NULLs; a NULL pointer for NULL. */
extern DwUuid *dw_arg_uuids_opt(DwCall *call, const char *arg, int *count);

/* An array of texts without NULLs; elements over `max` characters 22001. */
extern char **dw_arg_texts(DwCall *call, const char *arg, int max, int *count);

/* The label of an enum argument; NULL when it is NULL (opt). */
extern char *dw_arg_label(DwCall *call, const char *arg);
extern char *dw_arg_label_opt(DwCall *call, const char *arg);

/* The SQL name of the function, for messages. */
extern const char *dw_call_name(DwCall *call);

/* Raises code for an argument, naming it: "X <what>". */
pg_noreturn extern void dw_arg_refuse(DwCall *call, const char *arg,
									  DwResult code,
									  const char *what);

/*
 * Idempotency.  After the scope's row is locked: true when this very request
 * was done before, and then the row is filled from the record (go straight
 * to dw_call_return).  Raises WD104 when this actor used the key otherwise;
 * another's is as if it were not there.  The last argument must be
 * idempotency_key.  dw_call_return writes the record.
 */
extern bool dw_call_replay(DwCall *call, const DwUuid *scope_id);

/* A keyed digest of actor and key, for the ledger; NULL without a key. */
extern const DwUuid *dw_call_request_id(const DwCall *call);

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

/* The label of a value, as an enum or a text; one without a label = NULL. */
extern void dw_row_enum(DwCall *call, const char *name,
						const DwLabels *labels, int value);

/* value / 10^scale as numeric, exactly. */
extern void dw_row_decimal(DwCall *call, const char *name, int64 value,
						   int scale);
extern void dw_row_texts(DwCall *call, const char *name, const char **items,
						 int count);

/*
 * The row as {"column": "text"}, without those that are NULL, in a form that
 * reads back whatever the settings; and a row of the same function from it.
 */
extern Datum dw_row_jsonb(const DwCall *call);
extern void dw_row_from_jsonb(DwCall *call, Datum jsonb);

/*
 * Fills columns of the row from the first row of a read in the caller's
 * snapshot, as dw_list_query() does; false when the read gave none.
 */
extern bool dw_row_query(DwCall *call, DwStatement *statement,
						 const DwParams *p);

/* The same with a statement that writes and returns what it wrote. */
extern bool dw_row_execute(DwCall *call, DwStatement *statement,
						   const DwParams *p);

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

/*
 * Runs a read in the caller's snapshot and adds all its rows to the set: a
 * column of the SELECT fills the result column of the same name and type.
 */
extern void dw_list_query(DwCall *call, DwStatement *statement,
						  const DwParams *p);

/* The same with a statement that writes and returns what it wrote. */
extern void dw_list_execute(DwCall *call, DwStatement *statement,
							const DwParams *p);
extern Datum dw_list_return(DwCall *call);

/*
 * Tells what core found wrong with the arguments of a call.
 */

/* A text to be read; anything wrong with it goes into the fault. */
typedef struct DwTextRule
{
	int			max;			/* characters */
	bool		is_needed;		/* must not be blank when it is given */
} DwTextRule;

/* Raises the fault, if there is one: "milestones[0].title must not ...". */
extern void dw_arg_error_raise(DwCall *call, const DwArgError *error);

/* Notes what is wrong with a text at a place; NULL is always right. */
extern void dw_arg_error_check_text(DwArgError *error,
									DwArgPlace place,
									const char *text, DwTextRule rule);

/* As dw_arg_amount(), into the fault. */
extern int64 dw_arg_amount_checked(DwCall *call, DwArgError *error,
								   const char *arg);

/* A text argument or NULL, checked. */
extern char *dw_arg_text_checked(DwCall *call, DwArgError *error,
								 const char *arg,
								 DwTextRule rule);

/*
 * Reads JSON documents: lists of objects with known members.  A member that
 * is JSON null counts as not given.  Texts are palloc'd.
 */

/* An object or a list inside a jsonb value, which must outlive it. */
typedef struct DwJsonArg
{
	JsonbContainer *root;		/* not copied */
} DwJsonArg;

/* What reading a member came to; only GIVEN sets the value. */
typedef enum DwMember
{
	DW_MEMBER_ABSENT,			/* there is none, or it is null */
	DW_MEMBER_GIVEN,			/* read */
	DW_MEMBER_WRONG,			/* of another kind; a fraction */
	DW_MEMBER_TOO_LARGE			/* an integer beyond int64 */
} DwMember;

/* A detoasted jsonb as a list or as an object; false when it is not one. */
extern bool dw_json_arg_list(Datum jsonb, DwJsonArg *list, int *count);
extern bool dw_json_arg_object(Datum jsonb, DwJsonArg *object);

/* True for the document that is JSON null. */
extern bool dw_json_arg_is_null(Datum jsonb);

/* An object in a list, from 0; false when the item is no object. */
extern bool dw_json_arg_item(const DwJsonArg *list, int item,
							 DwJsonArg *object);

/* A member that is a list; no items when there is none, false for else. */
extern bool dw_json_arg_member_list(const DwJsonArg *object,
									const char *name, DwJsonArg *list,
									int *count);

/* A member that is a string. */
extern DwMember dw_json_arg_text(const DwJsonArg *object, const char *name,
								 char **value);

/* A member that is a list of strings; WRONG also for one that is not. */
extern DwMember dw_json_arg_texts(const DwJsonArg *object, const char *name,
								  char ***values, int *count);

/* A member that is a whole number. */
extern DwMember dw_json_arg_int8(const DwJsonArg *object, const char *name,
								 int64 *value);

/* A member that is any number. */
extern DwMember dw_json_arg_numeric(const DwJsonArg *object,
									const char *name, Numeric *value);

/* The names of all members, in the order that jsonb keeps. */
extern char **dw_json_arg_names(const DwJsonArg *object, int *count);

/* The first member whose name is not in a NULL-ended list, or NULL. */
extern char *dw_json_arg_stray(const DwJsonArg *object,
							   const char *const *names);

/*
 * Reads the objects of an argument that is a list of documents.
 * What is wrong goes into the fault of the call and reading goes on, so that
 * the fault told is the first in the order of errors, not of the text.  A
 * member that is JSON null counts as not given; one with a name that nobody
 * knows is a fault: it is a misspelt one.
 */

/* The object being read, and where to note what is wrong with it. */
typedef struct DwJsonItem
{
	DwJsonArg	object;			/* its members */
	DwArgPlace	place;			/* of the object */
	DwArgError *error;			/* of the call */
} DwJsonItem;

/* Opens the list of item's argument; the number of its items, at most max. */
extern int	dw_json_item_list(DwCall *call, DwJsonItem *item, int max,
							  DwJsonArg *list);

/*
 * Opens one item of a list, whose members have these names (NULL-ended);
 * false, and noted, when it is no object.
 */
extern bool dw_json_item_open(const DwJsonArg *list, int i, DwJsonItem *item,
							  const char *const *names);

/* Notes a member whose name is not in a NULL-ended list. */
extern void dw_json_item_names(DwJsonItem *item, const char *const *names);

/* A text member; NULL when it was not given. */
extern char *dw_json_item_text(DwJsonItem *item, const char *member,
							   DwTextRule rule);

/* A uuid, noted as 22P02 when it is none; false when it was not given. */
extern bool dw_json_item_uuid(DwJsonItem *item, const char *member,
							  DwUuid *id);

/* A whole number, or what stands for one that was not given. */
extern int64 dw_json_item_int8(DwJsonItem *item, const char *member,
							   int64 absent);

/* An amount, as dw_arg_amount() takes one. */
extern int64 dw_json_item_amount(DwJsonItem *item, const char *member,
								 int64 absent);

/* True or false, or what stands for a member that was not given. */
extern bool dw_json_item_bool(DwJsonItem *item, const char *member,
							  bool absent);

/* Notes a fault of one member. */
extern void dw_json_item_note(DwJsonItem *item, const char *member,
							  DwResult code,
							  const char *what);

#endif							/* DW_CALL_SERVER_H */
