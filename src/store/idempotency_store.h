/*
 * idempotency_store.h
 *		Records of requests done: the same key gives the same answer.
 *
 * A request is its actor, function and arguments; a record keeps a digest of
 * each argument apart, so that a mismatch can be named.  Digests are keyed
 * (HMAC), because a plain hash of an e-mail address or a telephone number
 * can be guessed.  Results are kept as texts by column name; no sealed value
 * is ever among them.
 */
#ifndef DW_IDEMPOTENCY_STORE_H
#define DW_IDEMPOTENCY_STORE_H

#include "postgres.h"

#include "access/tupdesc.h"
#include "fmgr.h"

#include "core/actor.h"
#include "core/uuid.h"

#define DW_REQUEST_DIGEST 8		/* bytes kept of each argument's digest */

/* Answers of dw_request_find besides the position of an argument. */
#define DW_REQUEST_SAME		(-1)
#define DW_REQUEST_ACTOR	(-2)
#define DW_REQUEST_FUNCTION (-3)

/* A request in the form that records are compared by. */
typedef struct DwRequest
{
	DwActor		actor;			/* who asks */
	const char *function;		/* SQL name without schema */
	int			count;			/* arguments without the key itself */
	uint8	   *digests;		/* count × DW_REQUEST_DIGEST bytes */
	Datum		result;			/* jsonb of a found record */
	bool		outdated;		/* a record that expired is in the way */
} DwRequest;

/* Digests a call; its last argument is the key and is left out. */
extern void dw_request_digest(DwRequest *request, FunctionCallInfo fcinfo,
							  const DwActor *actor, const char *function);

/*
 * Looks the key up.  False: never used.  True: `differs` says what is
 * different, or DW_REQUEST_SAME, and request->result is set.
 */
extern bool dw_request_find(const DwUuid *scope_id, const char *key,
							DwRequest *request, int *differs);

/* A result row as {"column": "text"}; NULL columns are left out. */
extern Datum dw_request_jsonb(TupleDesc desc, Datum *values, bool *nulls);

/* Such rows as one jsonb array, for a function that returns a set. */
extern Datum dw_request_jsonb_list(const Datum *rows, int count);

/* Fills a row of the same function from a found record. */
extern void dw_request_result(const DwRequest *request, TupleDesc desc,
							  Datum *values, bool *nulls);

/* The same for row i of a set; false when there are not that many. */
extern bool dw_request_result_row(const DwRequest *request, int i,
								  TupleDesc desc, Datum *values,
								  bool *nulls);

/* Keeps the record of a request that has just succeeded. */
extern void dw_request_keep(const DwUuid *scope_id, const char *key,
							const DwRequest *request, Datum result);

#endif							/* DW_IDEMPOTENCY_STORE_H */
