/*
 * due_store.c
 *		Due work, claimed for one worker, and the timers that make it due.
 *
 * What is due is found by a plain read, and the jobs it belongs to are then
 * locked by their keys, so that each shard of a cluster can do both.  Whoever
 * writes what belongs to a job holds the job's lock: what was found may have
 * changed before the lock and cannot afterwards, so the worker looks again.
 *
 * A job that somebody else has locked is passed over, and what is next in
 * time takes its place: any number of workers go on side by side.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/job/job_store.h"

/*
 * A read of a few rows costs as much as one of a hundred, and the more
 * workers there are, the more of what is found others have locked.
 */
#define FOUND_MIN	100			/* rows found at once, at least */

static const DwColumn due_fields[] = {
	DW_FIELD(TIME, DwDue, due, at),
	DW_FIELD(UUID, DwDue, id, id),
	DW_FIELD(UUID, DwDue, job_id, job_id)
};

static DwMap dues = DW_MAP(due_fields);

/* A claim in progress. */
typedef struct Claim
{
	DwStatement *find;			/* finds what is due */
	TimestampTz now;			/* by when */
	DwDue	   *rows;			/* claimed so far */
	int			count;			/* of them */
	int			wanted;			/* as many as that at most */
	bool		is_alone;		/* none that somebody shares */
} Claim;

/* Finds what is due next behind a row, at most max_rows of it. */
static DwDue *
find_due(const Claim *claim, const DwDue *after, int max_rows, int *count)
{
	DwParams	p = DW_PARAMS;
	DwDue	   *rows;

	dw_param_time(&p, claim->now);
	dw_param_time(&p, after->at);
	dw_param_uuid(&p, &after->id);
	dw_param_int4(&p, max_rows);
	*count = (int) dw_execute(claim->find, &p);
	rows = palloc_array(DwDue, Max(*count, 1));
	for (int i = 0; i < *count; i++)
		dw_map_read(&dues, i, &rows[i]);
	SPI_freetuptable(SPI_tuptable);
	return rows;
}

/*
 * Locks the jobs of some rows that nobody else has locked; sorted by id.
 * Waiting is never part of it, so the order of locks cannot make a deadlock,
 * and several rows of one job count once.
 */
static DwUuid *
lock_jobs(const Claim *claim, const DwDue *rows, int count, int *locked)
{
	static DwStatement lock =
		DW_STATEMENT("SELECT j.id FROM dwello.jobs AS j "
					 "WHERE j.id = ANY ($1) AND j.deleted_at IS NULL "
					 "FOR NO KEY UPDATE SKIP LOCKED");
	static DwStatement lock_alone =
		DW_STATEMENT("SELECT j.id FROM dwello.jobs AS j "
					 "WHERE j.id = ANY ($1) AND j.deleted_at IS NULL "
					 "FOR UPDATE SKIP LOCKED");
	DwParams	p = DW_PARAMS;
	DwUuid	   *ids = palloc_array(DwUuid, count);

	for (int i = 0; i < count; i++)
		ids[i] = rows[i].job_id;
	dw_param_uuids(&p, ids, count);
	*locked = (int) dw_execute(claim->is_alone ? &lock_alone : &lock, &p);
	for (int i = 0; i < *locked; i++)
		(void) dw_read_only_uuid(i, &ids[i]);
	SPI_freetuptable(SPI_tuptable);
	qsort(ids, *locked, sizeof(DwUuid), dw_id_compare);
	return ids;
}

/* Claims those of some rows whose job can be locked. */
static void
claim_rows(Claim *claim, const DwDue *rows, int count)
{
	int			locked;
	DwUuid	   *jobs = lock_jobs(claim, rows, count, &locked);

	for (int i = 0; i < count; i++)
		if (bsearch(&rows[i].job_id, jobs, locked, sizeof(DwUuid),
					dw_id_compare) != NULL)
			claim->rows[claim->count++] = rows[i];
	pfree(jobs);
}

/* Claims as many as are wanted. */
static DwDue *
claim_due(Claim *claim, int *count)
{
	DwDue		last = {.at = MIN_TIMESTAMP};
	int			asked;
	int			found;

	claim->now = dw_now();
	claim->rows = palloc_array(DwDue, Max(claim->wanted, 1));
	do
	{
		DwDue	   *rows;

		asked = Max(claim->wanted - claim->count, FOUND_MIN);
		rows = find_due(claim, &last, asked, &found);
		for (int i = 0; i < found && claim->count < claim->wanted;)
		{
			int			some = Min(found - i, claim->wanted - claim->count);

			claim_rows(claim, &rows[i], some);
			i += some;
		}
		if (found > 0)
			last = rows[found - 1];
		pfree(rows);
	} while (found == asked && claim->count < claim->wanted);
	*count = claim->count;
	return claim->rows;
}

DwDue *
dw_due_claim(DwStatement *find, int max_rows, int *count)
{
	Claim		claim = {.find = find,.wanted = max_rows};

	return claim_due(&claim, count);
}

DwDue *
dw_due_claim_alone(DwStatement *find, int max, int *count)
{
	Claim		claim = {.find = find,.wanted = max,.is_alone = true};

	return claim_due(&claim, count);
}

DwDue *
dw_jobs_claim_expired(int max_rows, int *count)
{
	static DwStatement find_jobs =
		DW_STATEMENT("SELECT j.expires_at AS due, j.id, j.id AS job_id "
					 "FROM dwello.jobs AS j "
					 "WHERE j.status = 'open' AND j.expires_at <= $1 "
					 "AND j.deleted_at IS NULL "
					 "AND (j.expires_at, j.id) > ($2, $3) "
					 "ORDER BY j.expires_at, j.id LIMIT $4");

	return dw_due_claim(&find_jobs, max_rows, count);
}

DwDue *
dw_contracts_claim_unfunded(int max_rows, int *count)
{
	static DwStatement find_jobs =
		DW_STATEMENT("SELECT j.fund_by AS due, j.id, j.id AS job_id "
					 "FROM dwello.jobs AS j "
					 "JOIN dwello.escrow_accounts AS e "
					 "ON e.job_id = j.id AND e.funded = 0 "
					 "WHERE j.status = 'awarded' AND j.fund_by <= $1 "
					 "AND j.deleted_at IS NULL "
					 "AND (j.fund_by, j.id) > ($2, $3) "
					 "AND NOT EXISTS (SELECT FROM dwello.transactions AS t "
					 "WHERE t.scope_id = j.id AND t.status = 'pending' "
					 "AND t.transaction_type = 'payment' AND t.pay_by > $1) "
					 "ORDER BY j.fund_by, j.id LIMIT $4");

	return dw_due_claim(&find_jobs, max_rows, count);
}

DwDue *
dw_awards_claim_lapsed(int max_rows, int *count)
{
	static DwStatement find_jobs =
		DW_STATEMENT("SELECT j.confirm_by AS due, j.id, j.id AS job_id "
					 "FROM dwello.jobs AS j "
					 "WHERE j.status = 'awarded' AND j.confirmed_at IS NULL "
					 "AND j.confirm_by <= $1 AND j.deleted_at IS NULL "
					 "AND (j.confirm_by, j.id) > ($2, $3) "
					 "ORDER BY j.confirm_by, j.id LIMIT $4");

	return dw_due_claim(&find_jobs, max_rows, count);
}

static const DwColumn timer_fields[] = {
	DW_FIELD_ENUM(DwTimerRow, timer, timer, dw_timer_labels),
	DW_FIELD(TIME, DwTimerRow, due, at)
};

static DwMap timers = DW_MAP(timer_fields);

/* The time of a request for a refund that waits for an answer. */
#define UNANSWERED_REFUND \
	"SELECT CASE WHEN q.is_no_show THEN 'expire_no_shows' " \
	"ELSE 'expire_refund_requests' END, q.answer_by " \
	"FROM dwello.refund_requests AS q JOIN dwello.escrow_accounts AS e " \
	"ON e.job_id = q.job_id AND NOT e.is_frozen " \
	"WHERE q.job_id = $1 AND q.status = 'pending' "

/* The time of a contract for which nothing was paid. */
#define UNPAID_CONTRACT \
	"SELECT 'expire_contracts', GREATEST(j.fund_by, " \
	"(SELECT t.pay_by FROM dwello.transactions AS t " \
	"WHERE t.scope_id = $1 AND t.status = 'pending' " \
	"AND t.transaction_type = 'payment')) " \
	"FROM dwello.jobs AS j JOIN dwello.escrow_accounts AS e " \
	"ON e.job_id = j.id AND e.funded = 0 " \
	"WHERE j.id = $1 AND j.status = 'awarded' " \
	"AND j.fund_by IS NOT NULL "

DwTimerRow *
dw_timers_load(const DwUuid *job_id, const DwUuid *reviewer_id, int *count)
{
	static DwStatement load_timers =
		DW_STATEMENT("SELECT 'expire_jobs' AS timer, j.expires_at AS due "
					 "FROM dwello.jobs AS j "
					 "WHERE j.id = $1 AND j.status = 'open' "
					 "UNION ALL "
					 "SELECT 'lapse', j.confirm_by FROM dwello.jobs AS j "
					 "WHERE j.id = $1 AND j.status = 'awarded' "
					 "AND j.confirmed_at IS NULL "
					 "UNION ALL "
					 UNPAID_CONTRACT "UNION ALL "
					 UNANSWERED_REFUND "UNION ALL "
					 "SELECT 'fail_payment', t.pay_by "
					 "FROM dwello.transactions AS t "
					 "WHERE t.scope_id = $1 AND t.status = 'pending' "
					 "AND t.transaction_type IN ('payment', 'tip_payment') "
					 "UNION ALL "
					 "SELECT 'release_due_escrows', m.auto_release_at "
					 "FROM dwello.job_milestones AS m "
					 "JOIN dwello.escrow_accounts AS e "
					 "ON e.job_id = m.job_id AND NOT e.is_frozen "
					 "WHERE m.job_id = $1 AND m.status = 'submitted' "
					 "AND m.auto_release_at IS NOT NULL "
					 "UNION ALL "
					 "SELECT 'default_decision', d.answer_by "
					 "FROM dwello.disputes AS d "
					 "JOIN dwello.escrow_accounts AS e "
					 "ON e.job_id = d.job_id AND NOT e.is_frozen "
					 "WHERE d.job_id = $1 "
					 "AND d.status IN ('open', 'answered') "
					 "UNION ALL "
					 "SELECT 'reveal_review', r.reveal_at "
					 "FROM dwello.reviews AS r "
					 "WHERE r.job_id = $1 AND r.deleted_at IS NULL "
					 "AND r.reveal_at > $3 "
					 "AND ($2 IS NULL OR r.reviewer_id = $2) "
					 "ORDER BY due, timer");
	DwParams	p = DW_PARAMS;
	DwTimerRow *rows;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, reviewer_id);
	dw_param_time(&p, dw_now());
	*count = (int) dw_query(&load_timers, &p);
	rows = palloc((*count + 1) * sizeof(*rows));
	for (int i = 0; i < *count; i++)
		dw_map_read(&timers, i, &rows[i]);
	return rows;
}

int64
dw_job_timer(const DwUuid *job_id, const char *name)
{
	/* of a timer that is not in the object, the operator's setting */
	static DwStatement select_timer =
		DW_STATEMENT("SELECT COALESCE((j.timers ->> $2)::bigint, "
					 "s.value::bigint) "
					 "FROM dwello.jobs AS j, dwello.settings AS s "
					 "WHERE j.id = $1 AND s.name = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_text(&p, name);
	if (dw_execute(&select_timer, &p) == 0)
		elog(ERROR, "a locked job or setting \"%s\" is gone", name);
	return dw_read_only_int8(0);
}

void
dw_job_timers_save(const DwUuid *job_id, Datum own)
{
	static DwStatement update_job =
		DW_STATEMENT("UPDATE dwello.jobs SET timers = $2, "
					 "version = version + 1 WHERE id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_datum(&p, JSONBOID, own, false);
	(void) dw_execute(&update_job, &p);
}
