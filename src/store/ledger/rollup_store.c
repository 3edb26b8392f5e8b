/*
 * rollup_store.c
 *		Rolls up old entries of accounts into their balances.
 *
 * Entries are rolled up in the order of their transactions' ids, those of all
 * accounts alike, so what is to be rolled up lies in the newest pages of the
 * table and costs an index of a few bytes a page.  Only the clearing
 * accounts of payment companies have a watermark of their own.
 *
 * Safe is what lies below every transaction in flight.  The order of looking
 * matters: first the clock, then the sessions, then what is prepared, and
 * only then the entries, each in a newer snapshot.  A session without an xid
 * when the sessions are looked at makes ids later than the clock was read;
 * one that has an xid is seen with its start, or has ended and is visible to
 * what follows.
 * A caller whose snapshot is older (REPEATABLE READ) cannot roll up.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/lmgr.h"
#include "utils/backend_status.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/ledger/ledger_store_int.h"

#define NIL_UUID "'00000000-0000-0000-0000-000000000000'::uuid"

/* The entries of accounts in the range from $1 to $2. */
#define ENTRIES_IN_RANGE \
	"FROM dwello.ledger_entries AS n WHERE n.transaction_id > $1 " \
	"AND n.transaction_id <= $2 AND n.account_id <> n.scope_id "

/* A range of ids to roll up, of clearing accounts or of all others. */
typedef struct DwRollupRange
{
	bool		of_clearing;	/* which accounts */
	DwUuid		from;			/* rolled up so far; nil = nothing */
	DwUuid		through;		/* to be rolled up */
} DwRollupRange;

/*
 * Takes the one place of a rollup until the end of the transaction; false
 * while another has it.  Nobody who books anything takes or minds this lock.
 */
static bool
take_place(void)
{
	RangeVar   *table = makeRangeVar("dwello", "ledger_accounts", -1);
	Oid			relation = RangeVarGetRelid(table, NoLock, false);

	return ConditionalLockRelationOid(relation, ShareUpdateExclusiveLock);
}

/* Looks at every session that writes to this database. */
static void
meet_sessions(DwRollup *rollup)
{
	int			count;

	pgstat_clear_backend_activity_snapshot();
	count = pgstat_fetch_stat_numbackends();
	for (int i = 1; i <= count; i++)
	{
		LocalPgBackendStatus *session = dw_backend_status(i);
		TimestampTz started;

		if (session == NULL || !TransactionIdIsValid(session->backend_xid) ||
			session->backendStatus.st_procpid == MyProcPid ||
			(OidIsValid(session->backendStatus.st_databaseid) &&
			 session->backendStatus.st_databaseid != MyDatabaseId))
			continue;
		started = session->backendStatus.st_xact_start_timestamp;
		if (started == 0)
			dw_rollup_stop(rollup, DW_ROLLUP_SESSION);
		dw_rollup_meet(rollup, started);
	}
}

/* Transactions that are prepared in this database; nothing says since when. */
static void
meet_prepared(DwRollup *rollup)
{
	static DwStatement select_prepared =
		DW_STATEMENT("SELECT FROM pg_catalog.pg_prepared_xacts AS x "
					 "WHERE x.database = pg_catalog.current_database()");
	DwParams	p = DW_PARAMS;

	if (dw_execute(&select_prepared, &p) > 0)
		dw_rollup_stop(rollup, DW_ROLLUP_PREPARED);
}

/* Finds out what is in flight. */
static void
find_bound(DwRollup *rollup)
{
	if (IsolationUsesXactSnapshot())
		dw_rollup_stop(rollup, DW_ROLLUP_SNAPSHOT);
	else if (!take_place())
		dw_rollup_stop(rollup, DW_ROLLUP_BUSY);
	meet_sessions(rollup);
	meet_prepared(rollup);
}

/*
 * A payment that is asked for is booked under its old id when it arrives, on
 * the escrow and the company's clearing: so that account waits for it.
 *
 * Beneath row-level security the planner does not know how few payments are
 * pending; a range of scopes whose ends it cannot see, though it is all of
 * them, takes it to their index.
 */
static void
wait_for_payments(DwUuid *through)
{
	static DwStatement select_pending =
		DW_STATEMENT("SELECT t.id FROM dwello.transactions AS t "
					 "WHERE t.status = 'pending' "
					 "AND t.transaction_type = 'payment' "
					 "AND t.scope_id >= $1 AND t.scope_id <= $2 "
					 "ORDER BY t.id LIMIT 1");
	DwParams	p = DW_PARAMS;
	DwUuid		pending;
	DwUuid		least = {{0}};
	DwUuid		greatest;

	memset(greatest.bytes, 0xff, sizeof(greatest.bytes));
	dw_param_uuid(&p, &least);
	dw_param_uuid(&p, &greatest);
	if (dw_execute(&select_pending, &p) == 0)
		return;
	(void) dw_read_only_uuid(0, &pending);
	if (dw_uuid_compare(&pending, through) <= 0)
		*through = dw_rollup_below(&pending);
}

/* How far these accounts have been rolled up; nil for not at all. */
static DwUuid
rolled_up_so_far(bool of_clearing)
{
	static DwStatement select_last =
		DW_STATEMENT("SELECT a.rolled_up_through "
					 "FROM dwello.ledger_accounts AS a "
					 "WHERE (a.kind = 'psp_clearing') = $1 "
					 "AND a.rolled_up_through IS NOT NULL "
					 "ORDER BY a.rolled_up_through DESC LIMIT 1");
	DwParams	p = DW_PARAMS;
	DwUuid		last = {{0}};

	dw_param_bool(&p, of_clearing);
	if (dw_execute(&select_last, &p) > 0)
		(void) dw_read_only_uuid(0, &last);
	return last;
}

/* The parameters that every statement about a range begins with. */
static void
param_range(DwParams *p, const DwRollupRange *range)
{
	dw_param_uuid(p, &range->from);
	dw_param_uuid(p, &range->through);
	dw_param_bool(p, range->of_clearing);
}

/* Ends a range with the transaction of its max_rows-th entry. */
static void
cut_range(DwRollupRange *range, int max_rows)
{
	static DwStatement select_cut =
		DW_STATEMENT("SELECT n.transaction_id " ENTRIES_IN_RANGE
					 "AND EXISTS (SELECT FROM dwello.ledger_accounts AS a "
					 "WHERE a.id = n.account_id "
					 "AND (a.kind = 'psp_clearing') = $3) "
					 "ORDER BY n.transaction_id OFFSET $4 LIMIT 1");
	DwParams	p = DW_PARAMS;

	param_range(&p, range);
	dw_param_int4(&p, max_rows - 1);
	if (dw_execute(&select_cut, &p) > 0)
		(void) dw_read_only_uuid(0, &range->through);
}

/* Rolls up all entries of one account up to an id. */
static void
adopt_account(const DwUuid *id, const DwUuid *owner_id, const DwUuid *through)
{
	static DwStatement of_platform =
		DW_STATEMENT("UPDATE dwello.ledger_accounts SET rolled_up_through = $3, "
					 "rolled_up_balance = COALESCE(("
					 "SELECT pg_catalog.sum(n.amount) "
					 "FROM dwello.ledger_entries AS n "
					 "WHERE n.account_id = $1 "
					 "AND n.transaction_id <= $3), 0)::bigint "
					 "WHERE id = $1 AND owner_id = $2");
	static DwStatement of_provider =
		DW_STATEMENT("UPDATE dwello.ledger_accounts SET rolled_up_through = $3, "
					 "rolled_up_balance = COALESCE(("
					 "SELECT pg_catalog.sum(n.amount) "
					 DW_ENTRIES_OF_PROVIDER("$2")
					 "WHERE n.account_id = $1 "
					 "AND t.id <= $3), 0)::bigint "
					 "WHERE id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	dw_param_uuid(&p, owner_id);
	dw_param_uuid(&p, through);
	(void) dw_execute(dw_uuid_is_nil(owner_id) ? &of_platform : &of_provider,
					  &p);
}

/*
 * Brings accounts that were never rolled up to where the others are.  They are
 * new, or older than their rows, which were lost and made again.
 */
static void
adopt_accounts(const DwRollupRange *range)
{
	static DwStatement select_new =
		DW_STATEMENT("SELECT a.id, a.owner_id "
					 "FROM dwello.ledger_accounts AS a "
					 "WHERE (a.kind = 'psp_clearing') = $3 "
					 "AND a.rolled_up_through IS NULL AND a.id IN ("
					 "SELECT n.account_id " ENTRIES_IN_RANGE ")");
	DwParams	p = DW_PARAMS;
	DwUuid	   *ids;
	int			count;

	if (dw_uuid_is_nil(&range->from))
		return;
	param_range(&p, range);
	count = (int) dw_execute(&select_new, &p);
	ids = palloc(sizeof(DwUuid) * 2 * Max(count, 1));
	for (int i = 0; i < count * 2; i++)
		(void) dw_read_uuid(i / 2, i % 2 + 1, &ids[i]);
	for (int i = 0; i < count * 2; i += 2)
	{
		CHECK_FOR_INTERRUPTS();
		adopt_account(&ids[i], &ids[i + 1], &range->from);
	}
}

/*
 * Brings the receivable accounts of providers to where a range ends, unless
 * they are there: few ever have an entry, and without a watermark each
 * balance would be read from the provider's first entry on.
 */
static void
adopt_receivables(const DwRollupRange *range, int max_rows, DwRollupRun *run)
{
	static DwStatement select_new =
		DW_STATEMENT("SELECT r.id, r.owner_id "
					 "FROM dwello.ledger_accounts AS r "
					 "JOIN dwello.ledger_accounts AS a "
					 "ON a.owner_id = r.owner_id "
					 "AND a.kind = 'provider_available' "
					 "AND a.currency = r.currency AND a.psp = r.psp "
					 "WHERE r.kind = 'provider_receivable' "
					 "AND r.rolled_up_through IS NULL "
					 "AND a.rolled_up_through IS NOT NULL LIMIT $1");
	DwParams	p = DW_PARAMS;
	DwUuid	   *ids;
	int			count;

	dw_param_int4(&p, max_rows);
	count = (int) dw_execute(&select_new, &p);
	ids = palloc(sizeof(DwUuid) * 2 * Max(count, 1));
	for (int i = 0; i < count * 2; i++)
		(void) dw_read_uuid(i / 2, i % 2 + 1, &ids[i]);
	for (int i = 0; i < count * 2; i += 2)
	{
		CHECK_FOR_INTERRUPTS();
		adopt_account(&ids[i], &ids[i + 1], &range->through);
	}
	run->accounts += count;
}

/* Rolls up a range. */
static void
rollup_range(const DwRollupRange *range, DwRollupRun *run)
{
	static DwStatement rollup =
		DW_STATEMENT("WITH part AS (SELECT n.account_id, "
					 "pg_catalog.sum(n.amount) AS total, "
					 "pg_catalog.count(*) AS entries " ENTRIES_IN_RANGE
					 "GROUP BY n.account_id), "
					 "done AS (UPDATE dwello.ledger_accounts AS a SET "
					 "rolled_up_through = $2, "
					 "rolled_up_balance = (a.rolled_up_balance + p.total)::bigint "
					 "FROM part AS p WHERE a.id = p.account_id "
					 "AND (a.kind = 'psp_clearing') = $3 "
					 "RETURNING p.entries) "
					 "SELECT pg_catalog.count(*)::integer, "
					 "COALESCE(pg_catalog.sum(d.entries), 0)::bigint "
					 "FROM done AS d");
	DwParams	p = DW_PARAMS;

	param_range(&p, range);
	(void) dw_execute(&rollup, &p);
	run->accounts += dw_read_int4(0, 1);
	run->entries += dw_read_int8(0, 2);
}

/* Makes the row of an account that only entries know; false if it cannot. */
static bool
make_account(const DwUuid *scope_id, const DwUuid *transaction_id,
			 const DwUuid *id)
{
	static DwStatement select_owners =
		DW_STATEMENT("SELECT DISTINCT o.owner_id, n.currency, c.psp "
					 "FROM dwello.transactions AS t "
					 "JOIN dwello.ledger_entries AS n ON n.scope_id = "
					 "t.scope_id AND n.transaction_id = t.id "
					 "AND n.account_id = $3 "
					 "CROSS JOIN LATERAL (VALUES (t.payer_id), (t.payee_id), "
					 "(" NIL_UUID ")) AS o (owner_id) "
					 "CROSS JOIN LATERAL (SELECT '' AS psp UNION SELECT "
					 "x.psp FROM dwello.transactions AS x "
					 "WHERE x.scope_id = t.scope_id) AS c "
					 "WHERE t.scope_id = $1 AND t.id = $2 "
					 "AND c.psp IS NOT NULL");
	DwParams	p = DW_PARAMS;
	uint64		count;

	dw_param_uuid(&p, scope_id);
	dw_param_uuid(&p, transaction_id);
	dw_param_uuid(&p, id);
	count = dw_execute(&select_owners, &p);
	for (uint64 i = 0; i < count; i++)
	{
		DwAccount	account = {
			.currency = dw_read_text(i, 2),
			.psp = dw_read_text(i, 3)
		};

		(void) dw_read_uuid(i, 1, &account.owner_id);
		if (dw_account_match(&account, id))
		{
			dw_account_ensure(&account);
			return true;
		}
	}
	return false;
}

/* Makes the rows of accounts in the range that have none; how many. */
static int
make_accounts(const DwRollupRange *range)
{
	static DwStatement select_missing =
		DW_STATEMENT("SELECT DISTINCT ON (n.account_id) n.account_id, "
					 "n.scope_id, n.transaction_id " ENTRIES_IN_RANGE
					 "AND NOT EXISTS (SELECT FROM dwello.ledger_accounts "
					 "AS a WHERE a.id = n.account_id) "
					 "ORDER BY n.account_id, n.transaction_id");
	DwParams	p = DW_PARAMS;
	DwUuid	   *ids;
	int			count;
	int			created = 0;

	dw_param_uuid(&p, &range->from);
	dw_param_uuid(&p, &range->through);
	count = (int) dw_execute(&select_missing, &p);
	ids = palloc(sizeof(DwUuid) * 3 * Max(count, 1));
	for (int i = 0; i < count * 3; i++)
		(void) dw_read_uuid(i / 3, i % 3 + 1, &ids[i]);
	for (int i = 0; i < count * 3; i += 3)
	{
		CHECK_FOR_INTERRUPTS();
		created += make_account(&ids[i + 1], &ids[i + 2], &ids[i]);
	}
	return created;
}

void
dw_balances_rollup(int max_rows, DwRollupRun *run)
{
	DwRollup	rollup;

	memset(run, 0, sizeof(*run));
	dw_rollup_begin(&rollup, GetCurrentTimestamp(),
					dw_setting_int8("rollup_margin_seconds") * USECS_PER_SEC);
	dw_rollup_meet(&rollup, GetCurrentTransactionStartTimestamp());
	find_bound(&rollup);
	run->obstacle = rollup.obstacle;
	run->through = dw_rollup_time(&rollup);
	if (rollup.obstacle != DW_ROLLUP_CLEAR)
		return;
	for (int pass = 0; pass < 2 && run->entries < max_rows; pass++)
	{
		DwRollupRange range = {
			.of_clearing = pass > 0,
			.from = rolled_up_so_far(pass > 0),
			.through = dw_rollup_watermark(run->through)
		};

		if (range.of_clearing)
			wait_for_payments(&range.through);
		run->created += make_accounts(&range);
		cut_range(&range, max_rows - (int) run->entries);
		adopt_accounts(&range);
		rollup_range(&range, run);
		if (!range.of_clearing)
			adopt_receivables(&range, max_rows, run);
	}
}
