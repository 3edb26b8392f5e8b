/*
 * ledger_store.c
 *		Transactions and their entries: double entry, append only, chained;
 *		and the accounts besides the escrows, with what is rolled up into them.
 *
 * Nothing here updates a row that another job's command would touch: the
 * accounts of providers and of the platform are known by their ids and are
 * only ever added to by entries.
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
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "storage/lmgr.h"
#include "utils/backend_status.h"

#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/accounting/accounting_store.h"
#include "store/ledger/ledger_store_int.h"

#define ENCODING_VERSION 1		/* first byte of a record in the chain */

/*
 * Once it is written, only the end of a pending one may change, with what has
 * arrived of its amount: all that its hash is made of is fixed with it.  A
 * trigger of the table holds whoever writes past this list to the same.
 */
#define BOOKING_COLUMNS \
	DW_COLUMN(UUID, DwLedgerRow, scope_id, row.scope_id, DW_COLUMN_KEY), \
	DW_COLUMN(UUID, DwLedgerRow, id, row.id, DW_COLUMN_KEY), \
	DW_COLUMN(UUID, DwLedgerRow, payer_id, row.payer_id, DW_COLUMN_FIXED), \
	DW_COLUMN(UUID, DwLedgerRow, payee_id, row.payee_id, DW_COLUMN_FIXED), \
	DW_COLUMN_LABEL(transaction_type, DwLedgerRow, transaction_type, type, \
					DW_COLUMN_FIXED), \
	DW_COLUMN_LABEL(transaction_status, DwLedgerRow, status, status, 0), \
	DW_COLUMN(INT8, DwLedgerRow, amount, row.amount, 0), \
	DW_COLUMN(TEXT, DwLedgerRow, currency, row.currency, DW_COLUMN_FIXED), \
	DW_COLUMN(INT8, DwLedgerRow, platform_fee, row.platform_fee, \
			  DW_COLUMN_FIXED), \
	DW_COLUMN(INT8, DwLedgerRow, tax, row.tax, DW_COLUMN_FIXED), \
	DW_COLUMN(INT8, DwLedgerRow, net_amount, row.net_amount, 0), \
	DW_COLUMN(UUID_COPY, DwLedgerRow, milestone_id, row.milestone_id, \
			  DW_COLUMN_FIXED), \
	DW_COLUMN(UUID, DwLedgerRow, actor_id, row.actor.user_id, \
			  DW_COLUMN_FIXED), \
	DW_COLUMN(TEXT, DwLedgerRow, actor_role, actor_role, DW_COLUMN_FIXED), \
	DW_COLUMN(UUID_COPY, DwLedgerRow, request_id, row.request_id, \
			  DW_COLUMN_FIXED), \
	DW_COLUMN(TIME, DwLedgerRow, created_at, row.created_at, \
			  DW_COLUMN_FIXED), \
	DW_COLUMN(TIME, DwLedgerRow, completed_at, row.completed_at, 0), \
	DW_COLUMN(DATE, DwLedgerRow, booked_on, row.booked_on, 0), \
	DW_COLUMN(BYTEA, DwLedgerRow, prev_hash, prev_hash, 0), \
	DW_COLUMN(BYTEA, DwLedgerRow, hash, hash, 0)

static const DwColumn transaction_columns[] = {
	BOOKING_COLUMNS,
	DW_COLUMN(UUID_COPY, DwLedgerRow, payment_method_id, row.payment_method_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwLedgerRow, psp, row.psp, 0),
	DW_COLUMN(TEXT, DwLedgerRow, psp_reference, row.psp_reference, 0),
	DW_COLUMN(UUID_COPY, DwLedgerRow, reverses, row.reverses, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwLedgerRow, pay_by, row.pay_by, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwLedgerRow, occurred_at, row.occurred_at, 0)
};

DwTable		dw_transactions =
DW_TABLE("transactions", DwLedgerRow, transaction_columns);

/*
 * What moves between accounts of the platform alone, as a release does, has
 * no more: each column that is named costs, one that stays NULL too.
 */
static const DwColumn booking_columns[] = {
	BOOKING_COLUMNS
};

static DwTable bookings =
DW_TABLE("transactions", DwLedgerRow, booking_columns);

DwMap		dw_transaction_map = DW_MAP(transaction_columns);

static const DwColumn entry_columns[] = {
	DW_COLUMN(UUID, DwEntryRow, scope_id, scope_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwEntryRow, transaction_id, transaction_id, DW_COLUMN_KEY),
	DW_COLUMN(INT4, DwEntryRow, leg, leg, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwEntryRow, account_id, entry.account_id, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwEntryRow, amount, entry.amount, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwEntryRow, currency, currency, DW_COLUMN_FIXED)
};

static DwTable entries =
DW_TABLE("ledger_entries", DwEntryRow, entry_columns);

DwMap		dw_entry_map = DW_MAP(entry_columns);

DwUuid
dw_fact_id(const char *psp, const char *event_id)
{
	StringInfoData text;
	uint8		digest[DW_SHA256_BYTES];
	DwUuid		id;

	initStringInfo(&text);
	appendStringInfoString(&text, psp);
	appendStringInfoChar(&text, '\0');
	appendStringInfoString(&text, event_id);
	dw_sha256(text.data, text.len, digest);
	pfree(text.data);
	memcpy(id.bytes, digest, sizeof(id.bytes));
	/* version 8 and variant of RFC 9562 */
	id.bytes[6] = (uint8) ((id.bytes[6] & 0x0f) | 0x80);
	id.bytes[8] = (uint8) ((id.bytes[8] & 0x3f) | 0x80);
	return id;
}

DwUuid
dw_transaction_id(void)
{
	(void) GetTopTransactionId();
	return dw_uuid_fresh();
}

/* Reads accounts by their ids into the legs that have them. */
static void
load_accounts(const DwUuid *ids, DwPosting *posting)
{
	DwAccountRow rows[DW_LEGS_MAX];
	int			count = dw_accounts_load(ids, posting->count, false, rows);

	for (int i = 0; i < count; i++)
		for (int leg = 0; leg < posting->count; leg++)
			if (dw_uuid_equal(&ids[leg], &rows[i].id))
				posting->legs[leg].account = rows[i].account;
}

bool
dw_posting_load(const DwUuid *scope_id, const DwUuid *transaction_id,
				DwPosting *posting)
{
	static DwTableQuery of_transaction =
		DW_TABLE_QUERY(entries, "WHERE t.scope_id = $1 "
					   "AND t.transaction_id = $2 ORDER BY t.leg");
	DwUuid		ids[DW_LEGS_MAX];
	DwParams	p = DW_PARAMS;
	uint64		rows;

	memset(posting, 0, sizeof(*posting));
	dw_param_uuid(&p, scope_id);
	dw_param_uuid(&p, transaction_id);
	rows = dw_table_execute(&of_transaction, &p);
	if (rows > DW_LEGS_MAX)
		elog(ERROR, "transaction %s has too many legs",
			 dw_uuid_text(transaction_id));
	for (uint64 i = 0; i < rows; i++)
	{
		DwLeg	   *leg = &posting->legs[posting->count];
		DwEntryRow	row;

		dw_table_read(&entries, i, &row);
		ids[posting->count++] = row.entry.account_id;
		leg->amount = row.entry.amount;
		posting->currency = row.currency;
		leg->account = (DwAccount)
		{
			*scope_id, DW_ACCOUNT_ESCROW, posting->currency, ""
		};
	}
	if (rows > 0)
		load_accounts(ids, posting);
	return rows > 0;
}

/* Adds a uuid to a record; NULL is nil. */
static void
put_uuid(StringInfo record, const DwUuid *id)
{
	static const DwUuid nil;

	appendBinaryStringInfo(record, (const char *) (id ? id : &nil)->bytes,
						   sizeof(id->bytes));
}

/* Adds a text to a record. */
static void
put_text(StringInfo record, const char *text)
{
	pq_sendint64(record, text == NULL ? -1 : (int64) strlen(text));
	if (text != NULL)
		appendStringInfoString(record, text);
}

/* Writes the record that is hashed, in the order the header promises. */
static void
put_transaction(StringInfo record, const DwTransaction *transaction)
{
	pq_sendbyte(record, ENCODING_VERSION);
	put_uuid(record, &transaction->scope_id);
	put_uuid(record, &transaction->id);
	put_uuid(record, &transaction->payer_id);
	put_uuid(record, &transaction->payee_id);
	put_text(record, dw_transaction_type_label(transaction->type));
	pq_sendint64(record, transaction->amount);
	put_text(record, transaction->currency);
	pq_sendint64(record, transaction->platform_fee);
	pq_sendint64(record, transaction->tax);
	pq_sendint64(record, transaction->net_amount);
	put_uuid(record, transaction->milestone_id);
	put_uuid(record, transaction->payment_method_id);
	put_text(record, transaction->psp);
	put_text(record, transaction->psp_reference);
	put_uuid(record, transaction->reverses);
	put_uuid(record, &transaction->actor.user_id);
	put_text(record, dw_actor_label(transaction->actor.kind));
	put_uuid(record, transaction->request_id);
	pq_sendint64(record, transaction->pay_by);
	pq_sendint64(record, transaction->created_at);
	pq_sendint64(record, transaction->completed_at);
	pq_sendint64(record, transaction->occurred_at);
	pq_sendint64(record, transaction->booked_on);
}

/* Adds the legs to a record. */
static void
put_legs(StringInfo record, const DwTransaction *transaction,
		 const DwLegs *legs)
{
	pq_sendint64(record, legs->count);
	for (int i = 0; i < legs->count; i++)
	{
		pq_sendint64(record, i + 1);
		put_uuid(record, &legs->entries[i].account_id);
		pq_sendint64(record, legs->entries[i].amount);
		put_text(record, transaction->currency);
	}
}

void
dw_ledger_hash(const uint8 *previous, const DwTransaction *transaction,
			   const DwLegs *legs, uint8 *hash)
{
	StringInfoData record;

	initStringInfo(&record);
	appendBinaryStringInfo(&record, (const char *) previous, DW_HASH_BYTES);
	put_transaction(&record, transaction);
	put_legs(&record, transaction, legs);
	dw_sha256(record.data, record.len, hash);
	pfree(record.data);
}

/* A link of the chain as it is stored; NULL for none. */
static bytea *
stored_hash(const uint8 *hash)
{
	bytea	   *stored;

	if (hash == NULL)
		return NULL;
	stored = palloc(VARHDRSZ + DW_HASH_BYTES);
	SET_VARSIZE(stored, VARHDRSZ + DW_HASH_BYTES);
	memcpy(VARDATA(stored), hash, DW_HASH_BYTES);
	return stored;
}

/* Whether a transaction has none of the columns that bookings leave out. */
static bool
is_booking(const DwTransaction *transaction)
{
	return transaction->payment_method_id == NULL &&
		transaction->psp == NULL && transaction->psp_reference == NULL &&
		transaction->reverses == NULL &&
		transaction->pay_by == DT_NOBEGIN &&
		transaction->occurred_at == DT_NOBEGIN;
}

/*
 * Writes a transaction, with its place in the chain when it has one; or its
 * end, when it is there and pending.  The table refuses any other change.
 */
static void
transaction_write(const DwTransaction *transaction, const uint8 *previous,
				  const uint8 *hash, bool is_there)
{
	DwLedgerRow row = {
		.row = *transaction,
		.type = dw_transaction_type_label(transaction->type),
		.status = dw_transaction_status_label(transaction->status),
		.actor_role = dw_actor_label(transaction->actor.kind),
		.prev_hash = stored_hash(previous),
		.hash = stored_hash(hash)
	};

	if (is_there)
		dw_table_update(&dw_transactions, &row);
	else if (is_booking(transaction))
		dw_table_insert(&bookings, &row);
	else
		dw_table_insert(&dw_transactions, &row);
}

void
dw_transaction_insert(const DwTransaction *transaction)
{
	transaction_write(transaction, NULL, NULL, false);
}

void
dw_transaction_end(const DwTransaction *transaction,
				   DwTransactionStatus status)
{
	DwTransaction ended = *transaction;

	ended.status = status;
	ended.completed_at = dw_now();
	ended.booked_on = DATEVAL_NOBEGIN;
	transaction_write(&ended, NULL, NULL, true);
}

/* Writes the legs of one transaction. */
static void
legs_write(const DwTransaction *transaction, const DwLegs *legs)
{
	DwEntryRow	rows[DW_LEGS_MAX];

	for (int i = 0; i < legs->count; i++)
		rows[i] = (DwEntryRow)
	{
		transaction->scope_id, transaction->id, i + 1, legs->entries[i],
			transaction->currency
	};
	dw_table_insert_rows(&entries, rows, legs->count);
}

/* Turns the accounts of a posting into ids; raises what breaks I1. */
static void
legs_resolve(const DwTransaction *transaction, const DwPosting *posting,
			 DwLegs *legs)
{
	if (!dw_posting_is_valid(posting) ||
		strcmp(posting->currency, transaction->currency) != 0)
		elog(ERROR, "legs of transaction %s do not balance",
			 dw_uuid_text(&transaction->id));
	legs->count = posting->count;
	for (int i = 0; i < posting->count; i++)
	{
		legs->entries[i].account_id =
			dw_account_id(&posting->legs[i].account);
		legs->entries[i].amount = posting->legs[i].amount;
	}
}

void
dw_ledger_book(DwChainEnd *end, DwTransaction *transaction,
			   const DwPosting *posting, bool is_pending)
{
	uint8		previous[DW_HASH_BYTES];
	DwLegs		legs;

	legs_resolve(transaction, posting, &legs);
	memcpy(previous, end->hash, DW_HASH_BYTES);
	transaction->status = DW_TRANSACTION_COMPLETED;
	transaction->completed_at = dw_now();
	transaction->booked_on = dw_booking_day(transaction->completed_at);
	dw_ledger_hash(previous, transaction, &legs, end->hash);
	end->has_link = true;
	transaction_write(transaction, previous, end->hash, is_pending);
	legs_write(transaction, &legs);
}

void
dw_ledger_book_tail(DwTransaction *transaction, const DwPosting *posting)
{
	/*
	 * The last one up to the end of this chain: an order of both columns, of
	 * which neither is said, is the index's whatever statistics say of the
	 * chain, and reads one row of it.
	 */
	static DwTableQuery last_of_chain =
		DW_TABLE_QUERY(dw_transactions, "WHERE t.scope_id = $1 AND t.id = "
					   "(SELECT x.id FROM dwello.transactions AS x "
					   "WHERE (x.scope_id, x.id) <= ($1, "
					   "'ffffffff-ffff-ffff-ffff-ffffffffffff') "
					   "AND x.hash IS NOT NULL "
					   "ORDER BY x.scope_id DESC, x.id DESC LIMIT 1)");
	DwChainEnd	end = {0};
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &transaction->scope_id);
	if (dw_table_execute(&last_of_chain, &p) > 0)
	{
		DwLedgerRow last;

		dw_table_read(&dw_transactions, 0, &last);
		transaction->id = dw_transaction_id_next(&last.row.id,
												 &transaction->id);
		memcpy(end.hash, VARDATA(last.hash), DW_HASH_BYTES);
	}
	dw_ledger_book(&end, transaction, posting, false);
}

#define NIL_UUID "'00000000-0000-0000-0000-000000000000'::uuid"

/* The entries of accounts in the range from $1 to $2. */
#define ENTRIES_IN_RANGE \
	"FROM dwello.ledger_entries AS n WHERE n.transaction_id > $1 " \
	"AND n.transaction_id <= $2 AND n.account_id <> n.scope_id "

static const DwColumn account_columns[] = {
	DW_COLUMN(UUID, DwAccountRow, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwAccountRow, owner_id, account.owner_id, DW_COLUMN_FIXED),
	DW_COLUMN_ENUM(ledger_account_kind, DwAccountRow, kind, account.kind,
				   DW_COLUMN_FIXED, dw_account_kind_labels),
	DW_COLUMN(TEXT, DwAccountRow, currency, account.currency, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwAccountRow, psp, account.psp, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwAccountRow, rolled_up_balance, rolled_up_balance, 0),
	DW_COLUMN(UUID, DwAccountRow, rolled_up_through, rolled_up_through,
			  DW_COLUMN_NULLABLE)
};

static DwTable accounts =
DW_TABLE("ledger_accounts", DwAccountRow, account_columns);

/* Makes the id of an account. */
static DwUuid
account_id_make(const DwAccount *account)
{
	StringInfoData text;
	uint8		digest[DW_SHA256_BYTES];
	DwUuid		id;

	initStringInfo(&text);
	appendBinaryStringInfo(&text, (const char *) account->owner_id.bytes,
						   sizeof(account->owner_id.bytes));
	appendStringInfoString(&text,
						   dw_account_kind_labels.labels[account->kind]);
	appendStringInfoChar(&text, '\0');
	appendStringInfoString(&text, account->currency);
	appendStringInfoChar(&text, '\0');
	appendStringInfoString(&text, account->psp);
	dw_sha256(text.data, text.len, digest);
	memcpy(id.bytes, digest, sizeof(id.bytes));
	pfree(text.data);
	return id;
}

DwUuid
dw_account_id(const DwAccount *account)
{
	/* those of the platform are remembered */
	static struct
	{
		char		currency[4];	/* whose id it is; "" = none yet */
		DwUuid		id;
	}			known[DW_ACCOUNT_KIND_COUNT];

	if (account->kind == DW_ACCOUNT_ESCROW)
		return account->owner_id;
	if (!dw_uuid_is_nil(&account->owner_id) || account->psp[0] != '\0')
		return account_id_make(account);
	if (strcmp(known[account->kind].currency, account->currency) != 0)
	{
		known[account->kind].id = account_id_make(account);
		strlcpy(known[account->kind].currency, account->currency,
				sizeof(known[account->kind].currency));
	}
	return known[account->kind].id;
}

/* True, and the kind is set, when some kind of account has this id. */
static bool
account_match(DwAccount *account, const DwUuid *id)
{
	for (int kind = 0; kind < DW_ACCOUNT_KIND_COUNT; kind++)
	{
		DwUuid		made;

		account->kind = (DwAccountKind) kind;
		made = dw_account_id(account);
		if (dw_uuid_equal(&made, id))
			return true;
	}
	return false;
}

/* Makes the row of one account unless it is there. */
static void
account_ensure(const DwAccount *account)
{
	DwAccountRow row = {
		.id = dw_account_id(account),
		.account = *account
	};

	(void) dw_table_insert_new(&accounts, &row);
}

/* Orders accounts by id. */
static int
account_compare(const void *a, const void *b)
{
	DwUuid		left = dw_account_id(a);
	DwUuid		right = dw_account_id(b);

	return dw_uuid_compare(&left, &right);
}

void
dw_accounts_ensure(DwAccount *wanted, int count)
{
	qsort(wanted, count, sizeof(DwAccount), account_compare);
	for (int i = 0; i < count; i++)
		account_ensure(&wanted[i]);
}

void
dw_postings_ensure(const DwPosting *postings, int count)
{
	DwAccount  *touched = palloc(sizeof(DwAccount) * DW_LEGS_MAX *
								 Max(count, 1));
	int			found = 0;

	for (int i = 0; i < count; i++)
		for (int j = 0; j < postings[i].count; j++)
			if (postings[i].legs[j].account.kind != DW_ACCOUNT_ESCROW)
				touched[found++] = postings[i].legs[j].account;
	dw_accounts_ensure(touched, found);
	pfree(touched);
}

int
dw_accounts_load(const DwUuid *ids, int count, bool is_read,
				 DwAccountRow *rows)
{
	static DwTableQuery by_ids =
		DW_TABLE_QUERY(accounts, "WHERE t.id = ANY ($1)");
	DwParams	p = DW_PARAMS;
	int			found;

	dw_param_uuids(&p, ids, count);
	found = (int) (is_read ? dw_table_query(&by_ids, &p)
				   : dw_table_execute(&by_ids, &p));
	for (int i = 0; i < found; i++)
		dw_table_read(&accounts, i, &rows[i]);
	SPI_freetuptable(SPI_tuptable);
	return found;
}

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

/* Finds out what is in flight beside the caller, who may roll up. */
static void
find_bound(DwRollup *rollup, bool rolls_up)
{
	dw_rollup_begin(rollup, GetCurrentTimestamp(),
					dw_setting_int8("rollup_margin_seconds") * USECS_PER_SEC);
	if (IsolationUsesXactSnapshot())
		dw_rollup_stop(rollup, DW_ROLLUP_SNAPSHOT);
	else if (rolls_up && !take_place())
		dw_rollup_stop(rollup, DW_ROLLUP_BUSY);
	meet_sessions(rollup);
	meet_prepared(rollup);
}

/* The same in dw_now()'s time, which a test may have set. */
TimestampTz
dw_ledger_settled(void)
{
	TimestampTz now = dw_now();
	DwRollup	rollup;

	find_bound(&rollup, false);
	if (rollup.obstacle != DW_ROLLUP_CLEAR)
		return DT_NOBEGIN;
	return now - (GetCurrentTimestamp() - dw_rollup_time(&rollup));
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
					 "AND t.transaction_type IN ('payment', 'tip_payment') "
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

/*
 * What fits into the balance that a row keeps.  An account whose sum does
 * not, for all that a payment company reports is booked, counts as never
 * rolled up until it fits again; all others go on.
 */
#define FITS_BALANCE(sum) \
	"(" sum " BETWEEN -9223372036854775808 AND 9223372036854775807)"

/* Rolls up all entries of one account up to an id, at once, if they fit. */
static void
adopt_account(DwAccountRow *account, const DwUuid *through)
{
	static DwStatement of_platform =
		DW_STATEMENT("SELECT COALESCE(pg_catalog.sum(n.amount), 0)::bigint "
					 "FROM dwello.ledger_entries AS n "
					 "WHERE n.account_id = $1 AND n.transaction_id <= $2 "
					 "HAVING "
					 FITS_BALANCE("COALESCE(pg_catalog.sum(n.amount), 0)"));
	static DwStatement of_provider =
		DW_STATEMENT("SELECT COALESCE(pg_catalog.sum(n.amount), 0)::bigint "
					 DW_ENTRIES_OF_PROVIDER("$3")
					 "WHERE n.account_id = $1 AND t.id <= $2 HAVING "
					 FITS_BALANCE("COALESCE(pg_catalog.sum(n.amount), 0)"));
	static DwStatement of_receipt =
		DW_STATEMENT("SELECT COALESCE(pg_catalog.sum(n.amount), 0)::bigint "
					 "FROM dwello.ledger_entries AS n "
					 "WHERE n.account_id = $1 AND n.transaction_id <= $2 "
					 "AND n.scope_id = $3 HAVING "
					 FITS_BALANCE("COALESCE(pg_catalog.sum(n.amount), 0)"));
	bool		is_owned = !dw_uuid_is_nil(&account->account.owner_id);
	bool		is_receipt = account->account.kind == DW_ACCOUNT_SUSPENSE;
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &account->id);
	dw_param_uuid(&p, through);
	if (is_owned)
		dw_param_uuid(&p, &account->account.owner_id);
	if (dw_execute(!is_owned ? &of_platform
				   : is_receipt ? &of_receipt : &of_provider, &p) == 0)
		return;
	account->rolled_up_balance = dw_read_only_int8(0);
	account->rolled_up_through = *through;
	dw_table_update(&accounts, account);
}

/* The same for those that a query gives; how many. */
static int
adopt_all(DwTableQuery *query, const DwParams *p, const DwUuid *through)
{
	int			count = (int) dw_table_execute(query, p);
	DwAccountRow *fresh = palloc(sizeof(DwAccountRow) * Max(count, 1));

	for (int i = 0; i < count; i++)
		dw_table_read(&accounts, i, &fresh[i]);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		adopt_account(&fresh[i], through);
	}
	return count;
}

/*
 * Brings accounts that were never rolled up to where the others are.  They are
 * new, or older than their rows, which were lost and made again.
 */
static void
adopt_accounts(const DwRollupRange *range)
{
	static DwTableQuery fresh =
		DW_TABLE_QUERY(accounts,
					   "WHERE (t.kind = 'psp_clearing') = $3 "
					   "AND t.rolled_up_through IS NULL AND t.id IN ("
					   "SELECT n.account_id " ENTRIES_IN_RANGE ")");
	DwParams	p = DW_PARAMS;

	if (dw_uuid_is_nil(&range->from))
		return;
	param_range(&p, range);
	(void) adopt_all(&fresh, &p, &range->from);
}

/*
 * Brings receivable and reserve accounts of providers to where a range ends,
 * unless they are there: few ever have an entry, and without a watermark each
 * balance would be read from the provider's first entry on.
 */
static void
adopt_receivables(const DwRollupRange *range, int max_rows, DwRollupRun *run)
{
	static DwTableQuery fresh =
		DW_TABLE_QUERY(accounts,
					   "JOIN dwello.ledger_accounts AS a "
					   "ON a.owner_id = t.owner_id "
					   "AND a.kind = 'provider_available' "
					   "AND a.currency = t.currency AND a.psp = t.psp "
					   "WHERE t.kind IN ('provider_receivable', "
					   "'provider_reserve') "
					   "AND t.rolled_up_through IS NULL "
					   "AND a.rolled_up_through IS NOT NULL LIMIT $1");
	DwParams	p = DW_PARAMS;

	dw_param_int4(&p, max_rows);
	run->accounts += adopt_all(&fresh, &p, &range->through);
}

static const DwColumn done_fields[] = {
	DW_FIELD(INT4, DwRollupRun, accounts, accounts),
	DW_FIELD(INT8, DwRollupRun, entries, entries)
};

static DwMap done_map = DW_MAP(done_fields);

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
					 "rolled_up_through = CASE WHEN "
					 FITS_BALANCE("a.rolled_up_balance + p.total")
					 " THEN $2 END, rolled_up_balance = CASE WHEN "
					 FITS_BALANCE("a.rolled_up_balance + p.total")
					 " THEN (a.rolled_up_balance + p.total)::bigint "
					 "ELSE 0 END "
					 "FROM part AS p WHERE a.id = p.account_id "
					 "AND (a.kind = 'psp_clearing') = $3 "
					 "AND (a.rolled_up_through IS NOT NULL OR $1 = "
					 "'00000000-0000-0000-0000-000000000000') "
					 "RETURNING p.entries) "
					 "SELECT pg_catalog.count(*)::integer AS accounts, "
					 "COALESCE(pg_catalog.sum(d.entries), 0)::bigint "
					 "AS entries FROM done AS d");
	DwParams	p = DW_PARAMS;
	DwRollupRun done;

	param_range(&p, range);
	(void) dw_execute(&rollup, &p);
	dw_map_read(&done_map, 0, &done);
	run->accounts += done.accounts;
	run->entries += done.entries;
}

static const DwColumn guess_fields[] = {
	DW_FIELD(UUID, DwAccountRow, id, id),
	DW_FIELD(UUID, DwAccountRow, owner_id, account.owner_id),
	DW_FIELD(TEXT, DwAccountRow, currency, account.currency),
	DW_FIELD(TEXT, DwAccountRow, psp, account.psp)
};

static DwMap guess_map = DW_MAP(guess_fields);

/*
 * Makes the rows of accounts in the range that have none; how many.  Whose an
 * account is follows from its id, which is made of that: the parties of its
 * first transaction, and the companies of that scope, are tried.
 */
static int
make_accounts(const DwRollupRange *range)
{
	static DwStatement select_guesses =
		DW_STATEMENT("SELECT DISTINCT n.account_id AS id, o.owner_id, "
					 "n.currency, c.psp FROM ("
					 "SELECT DISTINCT ON (n.account_id) n.* "
					 ENTRIES_IN_RANGE
					 "AND NOT EXISTS (SELECT FROM dwello.ledger_accounts "
					 "AS a WHERE a.id = n.account_id) "
					 "ORDER BY n.account_id, n.transaction_id) AS n "
					 "JOIN dwello.transactions AS t "
					 "ON t.scope_id = n.scope_id AND t.id = n.transaction_id "
					 "CROSS JOIN LATERAL (VALUES (t.payer_id), (t.payee_id), "
					 "(t.scope_id), (" NIL_UUID ")) AS o (owner_id) "
					 "CROSS JOIN LATERAL (SELECT '' AS psp UNION SELECT "
					 "x.psp FROM dwello.transactions AS x "
					 "WHERE x.scope_id = t.scope_id) AS c "
					 "WHERE c.psp IS NOT NULL");
	DwParams	p = DW_PARAMS;
	DwAccountRow *guesses;
	int			count;
	int			created = 0;

	dw_param_uuid(&p, &range->from);
	dw_param_uuid(&p, &range->through);
	count = (int) dw_execute(&select_guesses, &p);
	guesses = palloc0(sizeof(DwAccountRow) * Max(count, 1));
	for (int i = 0; i < count; i++)
		dw_map_read(&guess_map, i, &guesses[i]);
	for (int i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		if (account_match(&guesses[i].account, &guesses[i].id))
			created += dw_table_insert_new(&accounts, &guesses[i]);
	}
	return created;
}

void
dw_balances_rollup(int max_rows, DwRollupRun *run)
{
	DwRollup	rollup;

	memset(run, 0, sizeof(*run));
	find_bound(&rollup, true);
	dw_rollup_meet(&rollup, GetCurrentTransactionStartTimestamp());
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
