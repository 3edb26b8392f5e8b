/*
 * books_store.h
 *		Goes through the books, and finds what is in doubt.
 *
 * All that belongs to a scope is read once, with that of some hundred others,
 * and every invariant of reconcile_store.h is put to it in C, where an entry
 * costs little.  A scope that breaks one, or that is too strange to tell, is
 * in doubt: the queries of reconcile_store.c then say what is wrong with it.
 * The chain (I6) is followed on the way.
 */
#ifndef DW_BOOKS_STORE_H
#define DW_BOOKS_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "store/verify_store.h"

/* What is in doubt, and whose chain is broken. */
typedef struct DwDoubts
{
	bool		all;			/* everything was looked at */
	int			scope_count;	/* of scopes */
	DwUuid	   *scopes;			/* whose sums, or history, do not add up */
	int			owing_count;	/* of accounts */
	DwUuid	   *owing;			/* that may be below zero and must not */
	int			strange_count;	/* of accounts */
	DwUuid	   *strange;		/* without a row, or with another currency */
	int			tampering_count;	/* of tamperings */
	DwTampering *tamperings;	/* the first fault of each chain */
} DwDoubts;

/*
 * Goes through all scopes, or those in which something happened since (an
 * account is then in doubt if anything left it).  DT_NOBEGIN = all.
 */
extern void dw_books_check(TimestampTz since, DwDoubts *doubts);

/* Goes through the chains alone, all of them or that of one scope. */
extern void dw_books_verify(const DwUuid *scope_id, DwDoubts *doubts);

#endif							/* DW_BOOKS_STORE_H */
