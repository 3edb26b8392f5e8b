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
#include "catalog/pg_type_d.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/array.h"

#include "server/crypto/crypto_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/ledger/ledger_store_int.h"

#define ENCODING_VERSION 1		/* first byte of a record in the chain */

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
	appendStringInfoString(&text, dw_account_kind_label(account->kind));
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

bool
dw_account_match(DwAccount *account, const DwUuid *id)
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

DwUuid
dw_transaction_id(void)
{
	(void) GetTopTransactionId();
	return dw_uuid_fresh();
}

void
dw_account_ensure(const DwAccount *account)
{
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.ledger_accounts "
					 "(id, owner_id, kind, currency, psp) VALUES "
					 "($1, $2, $3::text::dwello.ledger_account_kind, $4, $5) "
					 "ON CONFLICT DO NOTHING");
	DwUuid		id = dw_account_id(account);
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &id);
	dw_param_uuid(&p, &account->owner_id);
	dw_param_text(&p, dw_account_kind_label(account->kind));
	dw_param_text(&p, account->currency);
	dw_param_text(&p, account->psp);
	(void) dw_execute(&insert, &p);
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
dw_accounts_ensure(DwAccount *accounts, int count)
{
	qsort(accounts, count, sizeof(DwAccount), account_compare);
	for (int i = 0; i < count; i++)
		dw_account_ensure(&accounts[i]);
}

void
dw_postings_ensure(const DwPosting *postings, int count)
{
	DwAccount  *accounts = palloc(sizeof(DwAccount) * DW_LEGS_MAX *
								  Max(count, 1));
	int			found = 0;

	for (int i = 0; i < count; i++)
		for (int j = 0; j < postings[i].count; j++)
			if (postings[i].legs[j].account.kind != DW_ACCOUNT_ESCROW)
				accounts[found++] = postings[i].legs[j].account;
	dw_accounts_ensure(accounts, found);
	pfree(accounts);
}

/* Reads accounts by their ids into the legs that have them. */
static void
load_accounts(const DwUuid *ids, DwPosting *posting)
{
	static DwStatement select_accounts =
		DW_STATEMENT("SELECT a.id, a.owner_id, a.kind::text, a.currency, "
					 "a.psp FROM dwello.ledger_accounts AS a "
					 "WHERE a.id = ANY ($1)");
	DwParams	p = DW_PARAMS;
	uint64		rows;

	dw_param_uuids(&p, ids, posting->count);
	rows = dw_execute(&select_accounts, &p);
	for (uint64 i = 0; i < rows; i++)
	{
		DwAccount	account;
		DwUuid		id;

		(void) dw_read_uuid(i, 1, &id);
		(void) dw_read_uuid(i, 2, &account.owner_id);
		if (!dw_account_kind_parse(dw_read_text(i, 3), &account.kind))
			elog(ERROR, "account %s has an unknown kind", dw_uuid_text(&id));
		account.currency = dw_read_text(i, 4);
		account.psp = dw_read_text(i, 5);
		for (int leg = 0; leg < posting->count; leg++)
			if (dw_uuid_equal(&ids[leg], &id))
				posting->legs[leg].account = account;
	}
}

bool
dw_posting_load(const DwUuid *scope_id, const DwUuid *transaction_id,
				DwPosting *posting)
{
	static DwStatement select_legs =
		DW_STATEMENT("SELECT n.account_id, n.amount, n.currency "
					 "FROM dwello.ledger_entries AS n "
					 "WHERE n.scope_id = $1 AND n.transaction_id = $2 "
					 "ORDER BY n.leg");
	DwUuid		ids[DW_LEGS_MAX];
	DwParams	p = DW_PARAMS;
	uint64		rows;

	memset(posting, 0, sizeof(*posting));
	dw_param_uuid(&p, scope_id);
	dw_param_uuid(&p, transaction_id);
	rows = dw_execute(&select_legs, &p);
	if (rows > DW_LEGS_MAX)
		elog(ERROR, "transaction %s has too many legs",
			 dw_uuid_text(transaction_id));
	for (uint64 i = 0; i < rows; i++)
	{
		DwLeg	   *leg = &posting->legs[posting->count];

		(void) dw_read_uuid(i, 1, &ids[posting->count++]);
		leg->amount = dw_read_int8(i, 2);
		posting->currency = dw_read_text(i, 3);
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

/* Adds the columns of a transaction but for the chain. */
static void
param_transaction(DwParams *p, const DwTransaction *transaction)
{
	dw_param_uuid(p, &transaction->scope_id);
	dw_param_uuid(p, &transaction->id);
	dw_param_uuid(p, &transaction->payer_id);
	dw_param_uuid(p, &transaction->payee_id);
	dw_param_text(p, dw_transaction_type_label(transaction->type));
	dw_param_text(p, dw_transaction_status_label(transaction->status));
	dw_param_int8(p, transaction->amount);
	dw_param_text(p, transaction->currency);
	dw_param_int8(p, transaction->platform_fee);
	dw_param_int8(p, transaction->tax);
	dw_param_int8(p, transaction->net_amount);
	dw_param_uuid(p, transaction->milestone_id);
	dw_param_uuid(p, transaction->payment_method_id);
	dw_param_text(p, transaction->psp);
	dw_param_text(p, transaction->psp_reference);
	dw_param_uuid(p, transaction->reverses);
	dw_param_uuid(p, &transaction->actor.user_id);
	dw_param_text(p, dw_actor_label(transaction->actor.kind));
	dw_param_text(p, transaction->idempotency_key);
	dw_param_time(p, transaction->pay_by);
	dw_param_time(p, transaction->created_at);
	dw_param_time(p, transaction->completed_at);
}

/* Writes a transaction, with its place in the chain when it has one. */
static void
transaction_write(const DwTransaction *transaction, const uint8 *previous,
				  const uint8 *hash)
{
	static DwWrite insert =
		DW_WRITE("INSERT INTO dwello.transactions (scope_id, id, "
				 "payer_id, payee_id, transaction_type, status, amount, "
				 "currency, platform_fee, tax, net_amount, milestone_id, "
				 "payment_method_id, psp, psp_reference, reverses, "
				 "actor_id, actor_role, idempotency_key, pay_by, "
				 "created_at, completed_at, prev_hash, hash) "
				 "SELECT r.scope_id, r.id, r.payer_id, r.payee_id, "
				 "r.type::dwello.transaction_type, "
				 "r.status::dwello.transaction_status, r.amount, "
				 "r.currency, r.platform_fee, r.tax, r.net_amount, "
				 "r.milestone_id, r.payment_method_id, r.psp, "
				 "r.psp_reference, r.reverses, r.actor_id, r.actor_role, "
				 "r.idempotency_key, r.pay_by, r.created_at, "
				 "r.completed_at, r.prev_hash, r.hash "
				 "FROM " DW_ROWS "(scope_id, id, payer_id, payee_id, type, "
				 "status, amount, currency, platform_fee, tax, net_amount, "
				 "milestone_id, payment_method_id, psp, psp_reference, "
				 "reverses, actor_id, actor_role, idempotency_key, pay_by, "
				 "created_at, completed_at, prev_hash, hash)");
	DwParams	p = DW_PARAMS;

	param_transaction(&p, transaction);
	dw_param_bytes(&p, previous, DW_HASH_BYTES);
	dw_param_bytes(&p, hash, DW_HASH_BYTES);
	dw_write(&insert, &p);
}

void
dw_transaction_insert(const DwTransaction *transaction)
{
	transaction_write(transaction, NULL, NULL);
}

/* Takes the one step of a pending transaction. */
static void
transaction_step(const DwTransaction *transaction, const uint8 *previous,
				 const uint8 *hash)
{
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.transactions SET "
					 "status = $3::text::dwello.transaction_status, "
					 "completed_at = $4, psp = $5, psp_reference = $6, "
					 "prev_hash = $7, hash = $8 "
					 "WHERE scope_id = $1 AND id = $2 "
					 "AND status = 'pending'");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &transaction->scope_id);
	dw_param_uuid(&p, &transaction->id);
	dw_param_text(&p, dw_transaction_status_label(transaction->status));
	dw_param_time(&p, transaction->completed_at);
	dw_param_text(&p, transaction->psp);
	dw_param_text(&p, transaction->psp_reference);
	dw_param_bytes(&p, previous, DW_HASH_BYTES);
	dw_param_bytes(&p, hash, DW_HASH_BYTES);
	if (dw_execute(&update, &p) != 1)
		elog(ERROR, "transaction %s is not pending",
			 dw_uuid_text(&transaction->id));
}

void
dw_transaction_end(const DwTransaction *transaction,
				   DwTransactionStatus status)
{
	DwTransaction ended = *transaction;

	ended.status = status;
	ended.completed_at = dw_now();
	transaction_step(&ended, NULL, NULL);
}

/* An array of the accounts of the legs, or of their amounts. */
static Datum
legs_array(const DwLegs *legs, bool of_amounts)
{
	Datum		values[DW_LEGS_MAX];
	ArrayType  *array;

	for (int i = 0; i < legs->count; i++)
		values[i] = of_amounts ? Int64GetDatum(legs->entries[i].amount)
			: PointerGetDatum(&legs->entries[i].account_id);
	array = of_amounts
		? construct_array(values, legs->count, INT8OID, sizeof(int64),
						  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE)
		: construct_array(values, legs->count, UUIDOID, sizeof(DwUuid),
						  false, TYPALIGN_CHAR);
	return PointerGetDatum(array);
}

/* Adds the legs of a transaction to those of others. */
static void
legs_batch(const DwTransaction *transaction, const DwLegs *legs)
{
	static DwWrite insert =
		DW_WRITE("INSERT INTO dwello.ledger_entries (scope_id, "
				 "transaction_id, leg, account_id, amount, currency) "
				 "SELECT r.* FROM " DW_ROWS);

	for (int i = 0; i < legs->count; i++)
	{
		DwParams	p = DW_PARAMS;

		dw_param_uuid(&p, &transaction->scope_id);
		dw_param_uuid(&p, &transaction->id);
		dw_param_int4(&p, i + 1);
		dw_param_uuid(&p, &legs->entries[i].account_id);
		dw_param_int8(&p, legs->entries[i].amount);
		dw_param_text(&p, transaction->currency);
		dw_write(&insert, &p);
	}
}

/* Writes the legs of one transaction, all in one statement. */
static void
legs_write(const DwTransaction *transaction, const DwLegs *legs)
{
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.ledger_entries (scope_id, "
					 "transaction_id, leg, account_id, amount, currency) "
					 "SELECT $1, $2, u.leg, u.account_id, u.amount, $5 "
					 "FROM unnest($3::uuid[], $4::bigint[]) "
					 "WITH ORDINALITY AS u (account_id, amount, leg)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &transaction->scope_id);
	dw_param_uuid(&p, &transaction->id);
	dw_param_datum(&p, UUIDARRAYOID, legs_array(legs, false), false);
	dw_param_datum(&p, INT8ARRAYOID, legs_array(legs, true), false);
	dw_param_text(&p, transaction->currency);
	(void) dw_execute(&insert, &p);
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
	if (is_pending)
		transaction_step(transaction, previous, end->hash);
	else
		transaction_write(transaction, previous, end->hash);
	if (dw_write_is_batched())
		legs_batch(transaction, &legs);
	else
		legs_write(transaction, &legs);
}

void
dw_ledger_book_user(DwTransaction *transaction, const DwPosting *posting)
{
	static DwStatement select_end =
		DW_STATEMENT("SELECT t.id, t.hash FROM dwello.transactions AS t "
					 "WHERE t.scope_id = $1 AND t.hash IS NOT NULL "
					 "ORDER BY t.id DESC LIMIT 1");
	DwChainEnd	end = {0};
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &transaction->scope_id);
	if (dw_execute(&select_end, &p) > 0)
	{
		DwUuid		last;

		(void) dw_read_uuid(0, 1, &last);
		transaction->id = dw_transaction_id_next(&last, &transaction->id);
		memcpy(end.hash, VARDATA_ANY(dw_read_bytea(0, 2)), DW_HASH_BYTES);
	}
	dw_ledger_book(&end, transaction, posting, false);
}
