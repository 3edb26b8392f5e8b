/*
 * ledger_store.c
 *		Transactions and their entries: double entry, append only, chained.
 *
 * Nothing here updates a row that another job's command would touch: the
 * accounts of providers and of the platform are known by their ids and are
 * only ever added to by entries.
 */
#include "postgres.h"

#include "access/xact.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"

#include "server/crypto/crypto_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/ledger/ledger_store_int.h"

#define ENCODING_VERSION 1		/* first byte of a record in the chain */

/*
 * Once it is written, only the end of a pending one may change: all that its
 * hash is made of is fixed with it.  A trigger of the table holds whoever
 * writes past this list to the same.
 */
static const DwColumn transaction_columns[] = {
	DW_COLUMN(UUID, DwLedgerRow, scope_id, row.scope_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwLedgerRow, id, row.id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwLedgerRow, payer_id, row.payer_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwLedgerRow, payee_id, row.payee_id, DW_COLUMN_FIXED),
	DW_COLUMN_LABEL(transaction_type, DwLedgerRow, transaction_type, type,
					DW_COLUMN_FIXED),
	DW_COLUMN_LABEL(transaction_status, DwLedgerRow, status, status, 0),
	DW_COLUMN(INT8, DwLedgerRow, amount, row.amount, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwLedgerRow, currency, row.currency, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwLedgerRow, platform_fee, row.platform_fee,
			  DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwLedgerRow, tax, row.tax, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwLedgerRow, net_amount, row.net_amount, DW_COLUMN_FIXED),
	DW_COLUMN(UUID_COPY, DwLedgerRow, milestone_id, row.milestone_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID_COPY, DwLedgerRow, payment_method_id, row.payment_method_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwLedgerRow, psp, row.psp, 0),
	DW_COLUMN(TEXT, DwLedgerRow, psp_reference, row.psp_reference, 0),
	DW_COLUMN(UUID_COPY, DwLedgerRow, reverses, row.reverses, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwLedgerRow, actor_id, row.actor.user_id, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwLedgerRow, actor_role, actor_role, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwLedgerRow, idempotency_key, row.idempotency_key,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwLedgerRow, pay_by, row.pay_by, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwLedgerRow, created_at, row.created_at, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwLedgerRow, completed_at, row.completed_at, 0),
	DW_COLUMN(BYTEA, DwLedgerRow, prev_hash, prev_hash, 0),
	DW_COLUMN(BYTEA, DwLedgerRow, hash, hash, 0)
};

DwTable		dw_transactions =
DW_TABLE("transactions", DwLedgerRow, transaction_columns);

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
	put_text(record, transaction->idempotency_key);
	pq_sendint64(record, transaction->pay_by);
	pq_sendint64(record, transaction->created_at);
	pq_sendint64(record, transaction->completed_at);
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
	dw_ledger_hash(previous, transaction, &legs, end->hash);
	end->has_link = true;
	transaction_write(transaction, previous, end->hash, is_pending);
	legs_write(transaction, &legs);
}

void
dw_ledger_book_user(DwTransaction *transaction, const DwPosting *posting)
{
	static DwTableQuery last_of_chain =
		DW_TABLE_QUERY(dw_transactions, "WHERE t.scope_id = $1 "
					   "AND t.hash IS NOT NULL ORDER BY t.id DESC LIMIT 1");
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
