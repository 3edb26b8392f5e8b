/*
 * seal_store.c
 *		Seals: chains of hashes over the rows of the logs.
 *
 * A row of dwello.log_seals holds the keys of up to a thousand rows of one
 * month of a log, in the order of their times, sixteen bytes of the SHA-256
 * of each, and the hash of it all with the hash of the seal before.  So it
 * can be said which row was altered, is missing or was added behind the
 * time of a seal, and no row of a log is ever updated for it.  All digests
 * are of text that SQL makes the same under all settings: anybody can follow
 * them with SQL alone (docs/audit.md).
 *
 * What is sealed is final.  A call sets a mark, a time and the number of the
 * next transaction; once all before that number have ended, nothing older
 * than the mark can come any more.  The mark is some seconds old, for a time
 * is taken before the row that carries it is written.
 */
#include "postgres.h"

#include "utils/builtins.h"

#include "server/crypto/crypto_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/audit/audit_store.h"

#define MARK_LAG	(10 * USECS_PER_SEC)	/* between a mark and the clock */
#define FINDINGS	"100"		/* that a look at a log tells of */

/* Sixteen bytes of a digest of texts, times and documents, as SQL. */
#define DIGEST(columns) \
	"substr(sha256(convert_to(jsonb_build_array(" columns ")::text, " \
	"'UTF8')), 1, 16)"

#define MOMENT(column) "extract(epoch FROM " column ")"

/* Each sealed log: its name, the key of a row t, and its digest. */
#define LOGS(LOG) \
	LOG("audit_log", "t.id::text", \
		"t.id, " MOMENT("t.created_at") ", t.table_name, t.row_key, " \
		"t.operation, t.user_id, t.actor_role, t.database_role, " \
		"t.session_role, t.request_id, t.person_id, t.before, t.after, " \
		"encode(t.sealed, 'hex'), t.withheld") \
	LOG("data_access_log", "t.id::text", \
		"t.id, " MOMENT("t.created_at") ", t.user_id, t.actor_id, " \
		"t.actor_role, t.what, t.reason") \
	LOG("payment_events", "t.psp || '/' || t.event_id", \
		"t.psp, t.event_id, " MOMENT("t.created_at") ", t.job_id, " \
		"t.user_id, t.transaction_id, t.capture_id, t.event_type, t.amount, " \
		"t.currency, t.psp_reference, t.result, " MOMENT("t.occurred_at") \
		", t.told") \
	LOG("user_activity_logs", "t.id::text", \
		"t.id, " MOMENT("t.created_at") ", t.user_id, t.action, t.details")

#define LOG_NAME(name, key, columns) name,

const char *const dw_sealed_logs[] = {LOGS(LOG_NAME) NULL};

/* The rows of a log, as the statements below want them. */
#define ROWS(name, key, columns) \
	"SELECT (" key ") COLLATE \"C\" AS key, t.created_at, " \
	DIGEST(columns) " AS digest FROM dwello." name " AS t "

/*
 * Rows after $1, $2 and before $3, in pieces of a seal: at most $4 rows, each
 * piece of one month and $5 rows.
 */
#define PIECES(name, key, columns) \
	DW_STATEMENT("SELECT x.month, array_agg(x.key ORDER BY x.n) AS keys, " \
				 "string_agg(x.digest, '' ORDER BY x.n) AS digests, " \
				 "count(*)::integer AS row_count, " \
				 "max(x.created_at) AS last_at, " \
				 "(array_agg(x.key ORDER BY x.n DESC))[1] AS last_key, " \
				 "sha256(convert_to(jsonb_build_array('" name "', x.month, " \
				 "array_agg(x.key ORDER BY x.n))::text, 'UTF8')) AS named " \
				 "FROM (SELECT r.*, row_number() OVER (PARTITION BY r.month " \
				 "ORDER BY r.created_at, r.key) AS n FROM (" \
				 "SELECT q.*, date_trunc('month', " \
				 "q.created_at AT TIME ZONE 'UTC')::date AS month " \
				 "FROM (" ROWS(name, key, columns) \
				 "WHERE t.created_at >= $1 AND t.created_at < $3 " \
				 "AND (t.created_at, (" key ") COLLATE \"C\") > ($1, $2) " \
				 "ORDER BY t.created_at, (" key ") COLLATE \"C\" " \
				 "LIMIT $4) AS q) AS r) AS x " \
				 "GROUP BY x.month, (x.n - 1) / $5 ORDER BY min(x.created_at), min(x.n)"),

/* Rows that do not fit their seals. */
#define COMPARED(name, key, columns) \
	DW_STATEMENT("WITH sealed AS (SELECT s.seq, s.month, u.key, u.n, " \
				 "substr(s.digests, (u.n::integer - 1) * 16 + 1, 16) " \
				 "AS digest FROM dwello.log_seals AS s " \
				 "CROSS JOIN LATERAL unnest(s.keys) " \
				 "WITH ORDINALITY AS u (key, n) WHERE s.log = '" name "'), " \
				 "present AS (" ROWS(name, key, columns) \
				 "JOIN dwello.log_chains AS c ON c.log = '" name "' " \
				 "AND (t.created_at, (" key ") COLLATE \"C\") " \
				 "<= (c.settled_at, c.settled_key)) " \
				 "SELECT '" name "' AS log, coalesce(s.month, " \
				 "date_trunc('month', p.created_at AT TIME ZONE 'UTC')::date) " \
				 "AS month, s.seq, CASE WHEN p.key IS NULL THEN 'row_missing' " \
				 "WHEN s.key IS NULL THEN 'row_added' ELSE 'row_changed' END " \
				 "AS problem, coalesce(s.key, p.key) AS row_key " \
				 "FROM sealed AS s FULL JOIN present AS p " \
				 "ON p.key = s.key COLLATE \"C\" " \
				 "WHERE s.digest IS DISTINCT FROM p.digest " \
				 "ORDER BY month, s.seq, s.n, row_key LIMIT " FINDINGS),

/* The head of a log's chain. */
typedef struct Chain
{
	const char *log;			/* its name */
	int32		seq;			/* of the last seal; 0: none */
	bytea	   *hash;			/* of the last seal; zeros before the first */
	TimestampTz settled_at;		/* time of the last row that is sealed */
	const char *settled_key;	/* its key */
	TimestampTz final_at;		/* nothing older can come any more */
	TimestampTz watermark_at;	/* the next final_at */
	int64		watermark_xid;	/* once all before have ended */
} Chain;

static const DwColumn chain_columns[] = {
	DW_COLUMN(TEXT, Chain, log, log, DW_COLUMN_KEY),
	DW_COLUMN(INT4, Chain, seq, seq, 0),
	DW_COLUMN(BYTEA, Chain, hash, hash, 0),
	DW_COLUMN(TIME, Chain, settled_at, settled_at, 0),
	DW_COLUMN(TEXT, Chain, settled_key, settled_key, 0),
	DW_COLUMN(TIME, Chain, final_at, final_at, 0),
	DW_COLUMN(TIME, Chain, watermark_at, watermark_at, 0),
	DW_COLUMN(INT8, Chain, watermark_xid, watermark_xid, 0)
};

static DwTable chains = DW_TABLE("log_chains", Chain, chain_columns);

/* One seal. */
typedef struct Seal
{
	const char *log;			/* of which log */
	int32		seq;			/* number in it, from 1 */
	DateADT		month;			/* of its rows */
	int32		row_count;		/* how many */
	Datum		keys;			/* of the rows, in order */
	bytea	   *digests;		/* sixteen bytes each */
	bytea	   *prev_hash;		/* of the seal before */
	bytea	   *hash;			/* of this one */
	TimestampTz created_at;		/* when it was made */
} Seal;

static const DwColumn seal_columns[] = {
	DW_COLUMN(TEXT, Seal, log, log, DW_COLUMN_KEY),
	DW_COLUMN(INT4, Seal, seq, seq, DW_COLUMN_KEY),
	DW_COLUMN(DATE, Seal, month, month, DW_COLUMN_FIXED),
	DW_COLUMN(INT4, Seal, row_count, row_count, DW_COLUMN_FIXED),
	DW_COLUMN(TEXTS, Seal, keys, keys, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, Seal, digests, digests, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, Seal, prev_hash, prev_hash, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, Seal, hash, hash, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, Seal, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable seals = DW_TABLE("log_seals", Seal, seal_columns);

/* Rows that are to be sealed together. */
typedef struct Piece
{
	DateADT		month;			/* of all of them */
	Datum		keys;			/* in order */
	bytea	   *digests;		/* sixteen bytes each */
	int32		row_count;		/* how many */
	TimestampTz last_at;		/* time of the last */
	const char *last_key;		/* its key */
	bytea	   *named;			/* digest of log, month and keys */
} Piece;

static const DwColumn piece_fields[] = {
	DW_FIELD(DATE, Piece, month, month),
	DW_FIELD(TEXTS, Piece, keys, keys),
	DW_FIELD(BYTEA, Piece, digests, digests),
	DW_FIELD(INT4, Piece, row_count, row_count),
	DW_FIELD(TIME, Piece, last_at, last_at),
	DW_FIELD(TEXT, Piece, last_key, last_key),
	DW_FIELD(BYTEA, Piece, named, named)
};

static DwMap pieces = DW_MAP(piece_fields);

/* The place of a log among those that are sealed. */
static int
log_index(const char *log)
{
	for (int i = 0; dw_sealed_logs[i] != NULL; i++)
		if (strcmp(dw_sealed_logs[i], log) == 0)
			return i;
	elog(ERROR, "\"%s\" is not sealed", log);
}

/* Bytes as a bytea. */
static bytea *
bytes_of(const uint8 *data, size_t size)
{
	bytea	   *bytes = palloc(VARHDRSZ + size);

	SET_VARSIZE(bytes, VARHDRSZ + size);
	memcpy(VARDATA(bytes), data, size);
	return bytes;
}

/* Sets another mark. */
static void
mark_set(Chain *chain)
{
	DwUuid		id;

	dw_watermark_take(&id, &chain->watermark_xid);
	chain->watermark_at = dw_now() - MARK_LAG;
}

/* Locks the head of a log's chain, which is made if need be. */
static void
chain_lock(Chain *chain, const char *log)
{
	static DwTableQuery lock =
		DW_TABLE_QUERY(chains, "WHERE t.log = $1 FOR UPDATE");
	static const uint8 zeros[DW_SHA256_BYTES];
	DwParams	p = DW_PARAMS;

	memset(chain, 0, sizeof(*chain));
	chain->log = log;
	chain->hash = bytes_of(zeros, sizeof(zeros));
	chain->settled_at = chain->final_at = SetEpochTimestamp();
	chain->settled_key = "";
	mark_set(chain);
	(void) dw_table_insert_new(&chains, chain);
	dw_param_text(&p, log);
	if (dw_table_execute(&lock, &p) == 0)
		elog(ERROR, "the chain of \"%s\" is gone", log);
	dw_table_read(&chains, 0, chain);
	if (dw_watermark_is_safe(chain->watermark_xid))
	{
		chain->final_at = Max(chain->final_at, chain->watermark_at);
		mark_set(chain);
	}
}

/* Seals one piece. */
static void
piece_seal(Chain *chain, const Piece *piece)
{
	Seal		seal = {
		.log = chain->log,.seq = chain->seq + 1,.month = piece->month,
		.row_count = piece->row_count,.keys = piece->keys,
		.digests = piece->digests,.prev_hash = chain->hash,
		.created_at = dw_now()
	};
	uint8		hash[DW_SHA256_BYTES];
	StringInfoData text;

	initStringInfo(&text);
	appendBinaryStringInfo(&text, VARDATA_ANY(chain->hash),
						   VARSIZE_ANY_EXHDR(chain->hash));
	for (int shift = 24; shift >= 0; shift -= 8)
		appendStringInfoChar(&text, (char) (seal.seq >> shift));
	appendBinaryStringInfo(&text, VARDATA_ANY(piece->named),
						   VARSIZE_ANY_EXHDR(piece->named));
	appendBinaryStringInfo(&text, VARDATA_ANY(piece->digests),
						   VARSIZE_ANY_EXHDR(piece->digests));
	dw_sha256(text.data, text.len, hash);
	seal.hash = bytes_of(hash, sizeof(hash));
	dw_table_insert(&seals, &seal);
	chain->seq = seal.seq;
	chain->hash = seal.hash;
	chain->settled_at = piece->last_at;
	chain->settled_key = piece->last_key;
}

DwSealed
dw_log_seal(const char *log, int32 max_rows)
{
	static DwStatement select_pieces[] = {LOGS(PIECES)};
	DwParams	p = DW_PARAMS;
	DwSealed	sealed = {0};
	Chain		chain;
	Piece	   *found;

	chain_lock(&chain, log);
	dw_param_time(&p, chain.settled_at);
	dw_param_text(&p, chain.settled_key);
	dw_param_time(&p, chain.final_at);
	dw_param_int4(&p, max_rows);
	dw_param_int4(&p, DW_SEAL_ROWS);
	sealed.seals = (int32) dw_execute(&select_pieces[log_index(log)], &p);
	found = palloc(sizeof(Piece) * (sealed.seals + 1));
	for (int i = 0; i < sealed.seals; i++)
		dw_map_read(&pieces, i, &found[i]);
	for (int i = 0; i < sealed.seals; i++)
	{
		piece_seal(&chain, &found[i]);
		sealed.rows += found[i].row_count;
	}
	sealed.is_complete = sealed.rows < max_rows;
	dw_table_update(&chains, &chain);
	return sealed;
}

/* Seals that are not what they were, or do not hold together. */
static void
chain_verify(DwCall *call, const char *log)
{
	static DwStatement select_broken =
		DW_STATEMENT("WITH seal AS (SELECT s.*, "
					 "lag(s.seq) OVER w AS seq_before, "
					 "lag(s.hash) OVER w AS hash_before, "
					 "lead(s.seq) OVER w IS NULL AS is_last "
					 "FROM dwello.log_seals AS s WHERE s.log = $1 "
					 "WINDOW w AS (ORDER BY s.seq)), "
					 "chain AS (SELECT c.seq, c.hash "
					 "FROM dwello.log_chains AS c WHERE c.log = $1), "
					 "broken AS (SELECT s.month, s.seq, 'seal_missing' AS problem "
					 "FROM seal AS s WHERE s.seq <> coalesce(s.seq_before, 0) + 1 "
					 "UNION ALL SELECT s.month, s.seq, 'seal_changed' FROM seal AS s "
					 "WHERE (s.keys IS NOT NULL AND s.hash <> sha256(s.prev_hash "
					 "|| int4send(s.seq) || sha256(convert_to(jsonb_build_array("
					 "s.log, s.month, s.keys)::text, 'UTF8')) || s.digests)) "
					 "OR s.prev_hash <> coalesce(s.hash_before, decode(repeat('00', 32), 'hex')) "
					 "AND s.seq = coalesce(s.seq_before, 0) + 1 "
					 "UNION ALL SELECT NULL, c.seq, 'seal_missing' FROM chain AS c "
					 "WHERE c.seq > 0 AND NOT EXISTS (SELECT FROM seal AS s "
					 "WHERE s.is_last AND s.seq = c.seq AND s.hash = c.hash) "
					 "UNION ALL SELECT s.month, s.seq, 'chain_missing' FROM seal AS s "
					 "WHERE s.is_last AND NOT EXISTS (SELECT FROM chain)) "
					 "SELECT $1 AS log, b.month, b.seq, b.problem, "
					 "NULL::text AS row_key FROM broken AS b "
					 "ORDER BY b.seq, b.problem LIMIT " FINDINGS);
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, log);
	dw_list_query(call, &select_broken, &p);
}

void
dw_log_verify(DwCall *call, const char *log)
{
	static DwStatement select_unfit[] = {LOGS(COMPARED)};

	chain_verify(call, log);
	dw_list_query(call, &select_unfit[log_index(log)], NULL);
}
