/*
 * job_store.c
 *		Rows of dwello.jobs: reading, locking, and writing their life; the
 *		timers of a job and the reports about its work.
 *
 * The lock is FOR NO KEY UPDATE: it keeps every other command off the job,
 * and lets rows that merely point to it be written.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/job/job_store.h"

/*
 * What a command writes of a job's row is its life; what was posted is fixed
 * here and has a list of its own in post_store.c.
 */
static const DwColumn job_columns[] = {
	DW_COLUMN(UUID, DwJob, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwJob, homeowner_id, homeowner_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwJob, provider_id, provider_id, DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwJob, category_id, category_id, DW_COLUMN_FIXED),
	DW_COLUMN_ENUM(job_status, DwJob, status, status, 0,
				   dw_job_status_labels),
	DW_COLUMN(TEXT, DwJob, reason, reason, 0),
	DW_COLUMN(TEXT, DwJob, title, title, DW_COLUMN_FIXED),
	DW_COLUMN(POINT, DwJob, location, place, DW_COLUMN_FIXED),
	DW_COLUMN(CURRENCY, DwJob, currency, currency, DW_COLUMN_FIXED),
	DW_COLUMN_OR(INT8, DwJob, budget_min, budget_min, DW_COLUMN_FIXED,
				 DW_JOB_NO_AMOUNT),
	DW_COLUMN_OR(INT8, DwJob, budget_max, budget_max, DW_COLUMN_FIXED,
				 DW_JOB_NO_AMOUNT),
	DW_COLUMN_ENUM(urgency, DwJob, urgency, urgency, DW_COLUMN_FIXED,
				   dw_urgency_labels),
	DW_COLUMN(BOOL, DwJob, is_emergency, is_emergency, DW_COLUMN_FIXED),
	DW_COLUMN_ENUM(bid_mode, DwJob, bid_mode, bid_mode, DW_COLUMN_FIXED,
				   dw_bid_mode_labels),
	DW_COLUMN_ENUM(scoring_method, DwJob, scoring_method, scoring_method,
				   DW_COLUMN_FIXED, dw_scoring_method_labels),
	DW_COLUMN(JSONB, DwJob, weights, stored_weights, 0),
	DW_COLUMN_OR(INT8, DwJob, reference_amount, reference_amount, 0, 0),
	DW_COLUMN_ENUM_OR(reference_source, DwJob, reference_source,
					  reference_source, 0, dw_reference_source_labels,
					  DW_REFERENCE_NONE),
	DW_COLUMN_OR(INT4, DwJob, estimated_duration_hours, estimated_hours,
				 DW_COLUMN_FIXED, DW_JOB_NO_HOURS),
	DW_COLUMN_OR(INT8, DwJob, expected_materials, expected_materials,
				 DW_COLUMN_FIXED, DW_JOB_NO_AMOUNT),
	DW_COLUMN(DATE, DwJob, preferred_end_date, preferred_end,
			  DW_COLUMN_FIXED),
	DW_COLUMN(INT4, DwJob, terms_version, terms_version, 0),
	DW_COLUMN(INT4, DwJob, version, version, DW_COLUMN_COUNTED),
	DW_COLUMN(BOOL, DwJob, is_listed, is_listed, 0),
	DW_COLUMN(TIME, DwJob, published_at, published_at, 0),
	DW_COLUMN(TIME, DwJob, expires_at, expires_at, 0),
	DW_COLUMN(TIME, DwJob, awarded_at, awarded_at, 0),
	DW_COLUMN(TIME, DwJob, confirm_by, confirm_by, 0),
	DW_COLUMN(TIME, DwJob, confirmed_at, confirmed_at, 0),
	DW_COLUMN(TIME, DwJob, started_at, started_at, 0),
	DW_COLUMN(TIME, DwJob, completed_at, completed_at, 0)
};

static DwTable jobs = DW_TABLE("jobs", DwJob, job_columns);

/* What dw_job_lock_sides() reads. */
static const DwColumn side_fields[] = {
	DW_FIELD(UUID, DwJob, homeowner_id, homeowner_id),
	DW_FIELD(UUID, DwJob, provider_id, provider_id),
	DW_FIELD_ENUM(DwJob, status, status, dw_job_status_labels),
	DW_FIELD(TIME, DwJob, published_at, published_at),
	DW_FIELD(TIME, DwJob, started_at, started_at)
};

static DwMap sides = DW_MAP(side_fields);

static const DwColumn progress_columns[] = {
	DW_COLUMN(UUID, DwProgress, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwProgress, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwProgress, homeowner_id, homeowner_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwProgress, provider_id, provider_id, DW_COLUMN_FIXED),
	DW_COLUMN(INT4, DwProgress, progress, progress, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwProgress, status_description, status_description,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TEXTS, DwProgress, photos, photos, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwProgress, notes, notes, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwProgress, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable progresses =
DW_TABLE("job_progress", DwProgress, progress_columns);

static const DwColumn timer_fields[] = {
	DW_FIELD_ENUM(DwTimerRow, timer, timer, dw_timer_labels),
	DW_FIELD(TIME, DwTimerRow, due, at)
};

static DwMap timers = DW_MAP(timer_fields);

/* One weight of the object in the row; 0 when it is not there. */
static int32
weight_read(Jsonb *object, DwCriterion criterion)
{
	const char *label = dw_criterion_label(criterion);
	JsonbValue	value;
	Datum		number;

	if (getKeyJsonValueFromContainer(&object->root, label, strlen(label),
									 &value) == NULL)
		return 0;
	if (value.type != jbvNumeric)
		elog(ERROR, "job has a weight that is no number");
	number = NumericGetDatum(value.val.numeric);
	return DatumGetInt32(DirectFunctionCall1(numeric_int4, number));
}

bool
dw_weights_read(Datum stored, DwScoreWeights *weights)
{
	memset(weights, 0, sizeof(*weights));
	if (stored == 0)
		return false;
	for (int i = 0; i < DW_CRITERION_COUNT; i++)
		weights->bps[i] = weight_read(DatumGetJsonbP(stored),
									  (DwCriterion) i);
	return true;
}

Datum
dw_weights_store(const DwScoreWeights *weights)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	for (int i = 0; i < DW_CRITERION_COUNT; i++)
		dw_payload_int8(&payload, dw_criterion_label((DwCriterion) i),
						weights->bps[i]);
	return dw_payload_end(&payload);
}

/* Fills *job from a row of the last result. */
static void
job_read(uint64 index, DwJob *job)
{
	dw_table_read(&jobs, index, job);
	job->has_weights = dw_weights_read(job->stored_weights, &job->weights);
	job->is_whole = true;
}

/* Where a command or a query finds its job. */
#define BY_ID "WHERE t.id = $1 AND t.deleted_at IS NULL "

bool
dw_job_lock(const DwUuid *id, DwJob *job)
{
	static DwTableQuery lock_job =
		DW_TABLE_QUERY(jobs, BY_ID "FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	if (dw_table_execute(&lock_job, &p) == 0)
		return false;
	job_read(0, job);
	return true;
}

bool
dw_job_lock_sides(const DwUuid *id, DwJob *job)
{
	static DwStatement lock_job =
		DW_STATEMENT("SELECT t.homeowner_id, t.provider_id, t.status, "
					 "t.published_at, t.started_at FROM dwello.jobs AS t "
					 BY_ID "FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	if (dw_execute(&lock_job, &p) == 0)
		return false;
	memset(job, 0, sizeof(*job));
	job->id = *id;
	dw_map_read(&sides, 0, job);
	return true;
}

void
dw_job_fill(DwJob *job)
{
	DwUuid		id = job->id;

	if (!job->is_whole && !dw_job_lock(&id, job))
		elog(ERROR, "a locked job is gone");
}

DwJob *
dw_jobs_load_locked(const DwUuid *ids, int count)
{
	static DwTableQuery load_jobs =
		DW_TABLE_QUERY(jobs, "WHERE t.id = ANY ($1) "
					   "AND t.deleted_at IS NULL ORDER BY t.id");
	DwParams	p = DW_PARAMS;
	DwJob	   *rows = palloc(count * sizeof(DwJob));

	dw_param_uuids(&p, ids, count);
	if (dw_table_execute(&load_jobs, &p) != (uint64) count)
		elog(ERROR, "a locked job is gone");
	for (int i = 0; i < count; i++)
		job_read(i, &rows[i]);
	SPI_freetuptable(SPI_tuptable);
	return rows;
}

bool
dw_job_load(const DwUuid *id, DwJob *job)
{
	static DwTableQuery load_job = DW_TABLE_QUERY(jobs, BY_ID);
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	if (dw_table_query(&load_job, &p) == 0)
		return false;
	job_read(0, job);
	return true;
}

void
dw_job_save(DwJob *job)
{
	job->stored_weights = job->has_weights
		? dw_weights_store(&job->weights) : (Datum) 0;
	dw_table_update(&jobs, job);
}

void
dw_job_list_children(const DwJob *job)
{
	static DwStatement list_requirements =
		DW_STATEMENT("UPDATE dwello.job_requirements SET is_listed = $2 "
					 "WHERE job_id = $1 AND is_listed <> $2");
	static DwStatement list_milestones =
		DW_STATEMENT("UPDATE dwello.job_milestones SET is_listed = $2 "
					 "WHERE job_id = $1 AND is_listed <> $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &job->id);
	dw_param_bool(&p, job->is_listed);
	(void) dw_execute(&list_requirements, &p);
	(void) dw_execute(&list_milestones, &p);
}

void
dw_job_assign_children(const DwJob *job)
{
	static DwStatement assign_site =
		DW_STATEMENT("UPDATE dwello.job_sites SET provider_id = $2 "
					 "WHERE job_id = $1");
	static DwStatement assign_requirements =
		DW_STATEMENT("UPDATE dwello.job_requirements SET provider_id = $2 "
					 "WHERE job_id = $1");
	static DwStatement assign_milestones =
		DW_STATEMENT("UPDATE dwello.job_milestones SET provider_id = $2 "
					 "WHERE job_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &job->id);
	dw_param_uuid(&p, dw_uuid_is_nil(&job->provider_id) ? NULL
				  : &job->provider_id);
	(void) dw_execute(&assign_site, &p);
	(void) dw_execute(&assign_requirements, &p);
	(void) dw_execute(&assign_milestones, &p);
}

/* Cancels the milestones that wait for money; nothing of them is held. */
static void
cancel_planned_milestones(const DwJob *job)
{
	static DwWrite cancel_milestones =
		DW_WRITE("UPDATE dwello.job_milestones AS m SET "
				 "status = 'cancelled', version = m.version + 1 "
				 "FROM " DW_ROWS "(job_id) WHERE m.job_id = r.job_id "
				 "AND m.status = 'planned' "
				 "AND m.funded = m.released + m.refunded");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &job->id);
	dw_write(&cancel_milestones, &p);
}

void
dw_job_complete(DwJob *job)
{
	DwPayload	payload;

	dw_job_fill(job);
	cancel_planned_milestones(job);
	job->status = DW_JOB_COMPLETED;
	job->completed_at = dw_now();
	dw_job_save(job);
	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", &job->id);
	dw_payload_uuid(&payload, "homeowner_id", &job->homeowner_id);
	dw_payload_uuid(&payload, "provider_id", &job->provider_id);
	dw_payload_text(&payload, "title", job->title);
	dw_event_emit(&job->id, "job", &job->id, "job_completed", &payload);
}

void
dw_job_end(DwJob *job, const char *event)
{
	bool		was_published = job->published_at != DT_NOBEGIN;
	DwPayload	payload;

	cancel_planned_milestones(job);
	job->status = DW_JOB_CANCELLED;
	job->is_listed = false;
	dw_job_save(job);
	dw_job_list_children(job);
	if (!was_published)
		return;
	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", &job->id);
	dw_payload_uuid(&payload, "homeowner_id", &job->homeowner_id);
	if (!dw_uuid_is_nil(&job->provider_id))
		dw_payload_uuid(&payload, "provider_id", &job->provider_id);
	dw_payload_text(&payload, "title", job->title);
	dw_payload_text(&payload, "reason", job->reason);
	dw_event_emit(&job->id, "job", &job->id, event, &payload);
}

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
					 "SELECT 'fail_payment', t.pay_by "
					 "FROM dwello.transactions AS t "
					 "WHERE t.scope_id = $1 AND t.status = 'pending' "
					 "AND t.transaction_type = 'payment' "
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

void
dw_progress_insert(const DwJob *job, DwProgress *progress)
{
	progress->job_id = job->id;
	progress->homeowner_id = job->homeowner_id;
	progress->provider_id = job->provider_id;
	dw_table_insert(&progresses, progress);
}
