/*
 * audit_store.c
 *		Goes through the books, and finds what is in doubt.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "server/sql/sql_server.h"
#include "store/ledger/invariant_store_int.h"
#include "store/ledger/ledger_store.h"

#define PORTION		500			/* scopes that are read together */

/* A walk through the books. */
typedef struct Walk
{
	MemoryContext outer;		/* of what is found */
	DwSuspects *suspects;		/* what is found */
	DwAccounts *accounts;		/* NULL: only the chains */
} Walk;

/* Runs a statement that lists scopes. */
static void
list_scopes(DwStatement *statement, const DwParams *p, DwScopes *scopes)
{
	DwUuid	   *ids;

	scopes->count = (int) dw_query(statement, p);
	ids = palloc_extended(sizeof(DwUuid) * Max(scopes->count, 1),
						  MCXT_ALLOC_HUGE);
	for (int i = 0; i < scopes->count; i++)
		(void) dw_read_uuid(i, 1, &ids[i]);
	SPI_freetuptable(SPI_tuptable);
	scopes->ids = ids;
}

/* All scopes. */
static void
list_all(DwScopes *scopes)
{
	static DwStatement select_scopes =
		DW_STATEMENT("SELECT t.scope_id FROM dwello.transactions AS t "
					 "UNION SELECT n.scope_id "
					 "FROM dwello.ledger_entries AS n "
					 "UNION SELECT e.job_id "
					 "FROM dwello.escrow_accounts AS e ORDER BY 1");

	list_scopes(&select_scopes, NULL, scopes);
	scopes->is_range = true;
}

/* The scopes in which something happened since then. */
static void
list_recent(TimestampTz since, DwScopes *scopes)
{
	static DwStatement select_scopes =
		DW_STATEMENT("SELECT t.scope_id FROM dwello.transactions AS t "
					 "WHERE t.created_at BETWEEN $1 AND $2 "
					 "OR t.completed_at BETWEEN $1 AND $2 "
					 "UNION SELECT e.job_id "
					 "FROM dwello.escrow_accounts AS e "
					 "WHERE e.updated_at >= $1 ORDER BY 1");
	DwParams	p = DW_PARAMS;

	dw_param_time(&p, since);
	dw_param_time(&p, DT_NOEND);	/* a range is planned for as a part */
	list_scopes(&select_scopes, &p, scopes);
	scopes->is_range = false;
}

/* Makes room in an array of the outer context for one more. */
static void *
grow(const Walk *walk, void *items, int count, size_t size)
{
	if (count == 0)
		return MemoryContextAlloc(walk->outer, size);
	if ((count & (count - 1)) != 0)
		return items;			/* it was doubled at each power of two */
	return repalloc_huge(items, size * count * 2);
}

/* Notes a scope that is in doubt. */
static void
suspect_scope(const Walk *walk, const DwUuid *scope_id)
{
	DwSuspects *suspects = walk->suspects;

	suspects->scopes = grow(walk, suspects->scopes, suspects->scope_count,
							sizeof(DwUuid));
	suspects->scopes[suspects->scope_count++] = *scope_id;
}

/* Notes a chain that does not hold. */
static void
suspect_chain(const Walk *walk, const DwTampering *tampering)
{
	DwSuspects *suspects = walk->suspects;

	suspects->tamperings = grow(walk, suspects->tamperings,
								suspects->tampering_count,
								sizeof(DwTampering));
	suspects->tamperings[suspects->tampering_count++] = *tampering;
}

/* Checks some scopes. */
static void
check_portion(const Walk *walk, const DwScopes *scopes)
{
	DwChain    *chains = dw_chains_load(scopes, walk->accounts);
	DwTampering tampering;
	bool	   *has_history = NULL;

	if (walk->accounts != NULL)
	{
		dw_accounts_resolve(walk->accounts);
		has_history = dw_histories_check(chains, scopes);
	}
	for (int i = 0; i < scopes->count; i++)
	{
		if (has_history != NULL &&
			!(has_history[i] && dw_invariants_check(&chains[i],
													walk->accounts)))
			suspect_scope(walk, &scopes->ids[i]);
		if (!dw_chain_verify(&chains[i], &tampering))
			suspect_chain(walk, &tampering);
	}
}

/* Goes through scopes in memory that is used again. */
static void
check_scopes(Walk *walk, const DwScopes *scopes)
{
	MemoryContext turn = AllocSetContextCreate(CurrentMemoryContext,
											   "dwello books",
											   ALLOCSET_DEFAULT_SIZES);

	walk->outer = MemoryContextSwitchTo(turn);
	for (int i = 0; i < scopes->count; i += PORTION)
	{
		DwScopes	portion = {
			.ids = &scopes->ids[i],
			.count = Min(PORTION, scopes->count - i),
			.is_range = scopes->is_range
		};

		check_portion(walk, &portion);
		MemoryContextReset(turn);
	}
	MemoryContextSwitchTo(walk->outer);
	MemoryContextDelete(turn);
}

/* Goes through the books; see the header. */
void
dw_audit_check(TimestampTz since, DwSuspects *suspects)
{
	bool		all = since == DT_NOBEGIN;
	Walk		walk = {
		.suspects = suspects,
		.accounts = dw_accounts_begin()
	};
	DwScopes	scopes;

	memset(suspects, 0, sizeof(*suspects));
	suspects->all = all;
	if (all)
		list_all(&scopes);
	else
		list_recent(since, &scopes);
	check_scopes(&walk, &scopes);
	suspects->owing = dw_accounts_owing(walk.accounts, all,
										&suspects->owing_count);
	suspects->strange = dw_accounts_strange(walk.accounts,
											&suspects->strange_count);
}

/* Goes through the chains; see the header. */
void
dw_audit_verify(const DwUuid *scope_id, DwSuspects *suspects)
{
	Walk		walk = {.suspects = suspects};
	DwScopes	scopes = {
		.ids = scope_id,
		.count = 1,
		.is_range = true
	};

	memset(suspects, 0, sizeof(*suspects));
	if (scope_id == NULL)
		list_all(&scopes);
	check_scopes(&walk, &scopes);
}
