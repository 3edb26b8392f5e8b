/*
 * job_store.c
 *		Rows of dwello.jobs: reading, locking, and writing their life.
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
#include "store/job/job_store.h"

/* The whole row, and its place, which only PostGIS can read. */
#define JOB_COLUMNS \
	"j, st_x(j.location::geometry), st_y(j.location::geometry)"

#define JOB_FROM \
	" FROM dwello.jobs AS j WHERE j.deleted_at IS NULL AND "

/* What is read of a job's row, in the order of the readers below. */
static const char *const job_columns[] = {
	"id", "homeowner_id", "provider_id", "category_id",
	"status", "urgency", "bid_mode", "scoring_method", "reference_source",
	"reason", "title", "currency",
	"budget_min", "budget_max", "reference_amount", "expected_materials",
	"estimated_duration_hours", "is_emergency", "materials_provided",
	"is_listed", "preferred_start_date", "preferred_end_date",
	"terms_version", "version",
	"published_at", "expires_at", "awarded_at", "confirm_by",
	"confirmed_at", "started_at", "completed_at", "weights"
};

/* Reads an enum's label into *value; the catalogue and core agree. */
#define READ_ENUM(record, column, parse, value) \
	do { \
		if (!parse(dw_record_label(record, column), value)) \
			elog(ERROR, "job has an unknown label in \"%s\"", \
				 job_columns[column]); \
	} while (0)

/* A bigint, or -1 for NULL. */
static int64
read_amount(const DwRecord *record, int column)
{
	return record->nulls[column] ? DW_JOB_NO_AMOUNT
		: dw_record_int8(record, column);
}

/* The enums of a job: columns 4 to 8. */
static void
job_read_labels(const DwRecord *record, DwJob *job)
{
	READ_ENUM(record, 4, dw_job_status_parse, &job->status);
	READ_ENUM(record, 5, dw_urgency_parse, &job->urgency);
	READ_ENUM(record, 6, dw_bid_mode_parse, &job->bid_mode);
	READ_ENUM(record, 7, dw_scoring_method_parse, &job->scoring_method);
	job->reference_source = DW_REFERENCE_NONE;
	if (!record->nulls[8])
		READ_ENUM(record, 8, dw_reference_source_parse,
				  &job->reference_source);
}

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

/* The times of a job (columns 24 to 30) and its weights (31). */
static void
job_read_life(const DwRecord *record, DwJob *job)
{
	job->published_at = dw_record_time(record, 24);
	job->expires_at = dw_record_time(record, 25);
	job->awarded_at = dw_record_time(record, 26);
	job->confirm_by = dw_record_time(record, 27);
	job->confirmed_at = dw_record_time(record, 28);
	job->started_at = dw_record_time(record, 29);
	job->completed_at = dw_record_time(record, 30);
	job->has_weights = !record->nulls[31];
	for (int i = 0; i < DW_CRITERION_COUNT; i++)
		job->weights.bps[i] = job->has_weights
			? weight_read(DatumGetJsonbP(record->values[31]),
						  (DwCriterion) i) : 0;
}

/* Fills *job from a row of the last result. */
static void
job_read(uint64 row, DwJob *job)
{
	static DwShape shape = DW_SHAPE(job_columns);
	DwRecord	record;

	dw_record_read(&record, &shape, row, 1);
	(void) dw_record_uuid(&record, 0, &job->id);
	(void) dw_record_uuid(&record, 1, &job->homeowner_id);
	(void) dw_record_uuid(&record, 2, &job->provider_id);
	(void) dw_record_uuid(&record, 3, &job->category_id);
	job_read_labels(&record, job);
	job->reason = dw_record_text(&record, 9);
	job->title = dw_record_text(&record, 10);
	strlcpy(job->currency, dw_record_text(&record, 11),
			sizeof(job->currency));
	job->budget_min = read_amount(&record, 12);
	job->budget_max = read_amount(&record, 13);
	job->reference_amount = dw_record_int8(&record, 14);
	job->expected_materials = read_amount(&record, 15);
	job->estimated_hours = record.nulls[16] ? DW_JOB_NO_HOURS
		: dw_record_int4(&record, 16);
	job->is_emergency = dw_record_bool(&record, 17);
	job->materials_provided = dw_record_bool(&record, 18);
	job->is_listed = dw_record_bool(&record, 19);
	job->preferred_start = dw_record_date(&record, 20);
	job->preferred_end = dw_record_date(&record, 21);
	job->longitude = dw_read_float8(row, 2);
	job->latitude = dw_read_float8(row, 3);
	job->terms_version = dw_record_int4(&record, 22);
	job->version = dw_record_int4(&record, 23);
	job_read_life(&record, job);
	job->is_whole = true;
}

bool
dw_job_lock(const DwUuid *id, DwJob *job)
{
	static DwStatement lock_job =
		DW_STATEMENT("SELECT " JOB_COLUMNS JOB_FROM "j.id = $1 FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	if (dw_execute(&lock_job, &p) == 0)
		return false;
	job_read(0, job);
	return true;
}

bool
dw_job_lock_sides(const DwUuid *id, DwJob *job)
{
	static DwStatement lock_job =
		DW_STATEMENT("SELECT j.homeowner_id, j.provider_id, j.status::text, "
					 "j.published_at, j.started_at" JOB_FROM
					 "j.id = $1 FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	if (dw_execute(&lock_job, &p) == 0)
		return false;
	memset(job, 0, sizeof(*job));
	job->id = *id;
	(void) dw_read_uuid(0, 1, &job->homeowner_id);
	(void) dw_read_uuid(0, 2, &job->provider_id);
	if (!dw_job_status_parse(dw_read_text(0, 3), &job->status))
		elog(ERROR, "job has an unknown status");
	job->published_at = dw_read_time(0, 4);
	job->started_at = dw_read_time(0, 5);
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
	static DwStatement load_jobs =
		DW_STATEMENT("SELECT " JOB_COLUMNS JOB_FROM "j.id = ANY ($1) "
					 "ORDER BY j.id");
	DwParams	p = DW_PARAMS;
	DwJob	   *jobs = palloc(count * sizeof(DwJob));

	dw_param_uuids(&p, ids, count);
	if (dw_execute(&load_jobs, &p) != (uint64) count)
		elog(ERROR, "a locked job is gone");
	for (int i = 0; i < count; i++)
		job_read(i, &jobs[i]);
	SPI_freetuptable(SPI_tuptable);
	return jobs;
}

bool
dw_job_load(const DwUuid *id, DwJob *job)
{
	static DwStatement load_job =
		DW_STATEMENT("SELECT " JOB_COLUMNS JOB_FROM "j.id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	if (dw_query(&load_job, &p) == 0)
		return false;
	job_read(0, job);
	return true;
}

/* The provider of a job as a parameter: nil is NULL. */
static void
param_provider(DwParams *p, const DwJob *job)
{
	dw_param_uuid(p, dw_uuid_is_nil(&job->provider_id) ? NULL
				  : &job->provider_id);
}

void
dw_param_weights(DwParams *p, const DwScoreWeights *weights)
{
	DwPayload	payload;

	if (weights == NULL)
	{
		dw_param_null(p, JSONBOID);
		return;
	}
	dw_payload_begin(&payload);
	for (int i = 0; i < DW_CRITERION_COUNT; i++)
		dw_payload_int8(&payload, dw_criterion_label((DwCriterion) i),
						weights->bps[i]);
	dw_param_datum(p, JSONBOID, dw_payload_end(&payload), false);
}

void
dw_job_save(DwJob *job)
{
	static DwWrite update_job =
		DW_WRITE("UPDATE dwello.jobs AS j SET "
				 "status = r.status::dwello.job_status, reason = r.reason, "
				 "provider_id = r.provider_id, "
				 "reference_amount = r.reference_amount, "
				 "reference_source = "
				 "r.reference_source::dwello.reference_source, "
				 "is_listed = r.is_listed, terms_version = r.terms_version, "
				 "published_at = r.published_at, expires_at = r.expires_at, "
				 "awarded_at = r.awarded_at, confirm_by = r.confirm_by, "
				 "confirmed_at = r.confirmed_at, started_at = r.started_at, "
				 "completed_at = r.completed_at, weights = r.weights, "
				 "version = j.version + 1 "
				 "FROM " DW_ROWS "(id, status, reason, provider_id, "
				 "reference_amount, reference_source, is_listed, "
				 "terms_version, published_at, expires_at, awarded_at, "
				 "confirm_by, confirmed_at, started_at, completed_at, "
				 "weights) WHERE j.id = r.id");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &job->id);
	dw_param_text(&p, dw_job_status_label(job->status));
	dw_param_text(&p, job->reason);
	param_provider(&p, job);
	dw_param_datum(&p, INT8OID, Int64GetDatum(job->reference_amount),
				   job->reference_amount == 0);
	dw_param_text(&p, dw_reference_source_label(job->reference_source));
	dw_param_bool(&p, job->is_listed);
	dw_param_int4(&p, job->terms_version);
	dw_param_time(&p, job->published_at);
	dw_param_time(&p, job->expires_at);
	dw_param_time(&p, job->awarded_at);
	dw_param_time(&p, job->confirm_by);
	dw_param_time(&p, job->confirmed_at);
	dw_param_time(&p, job->started_at);
	dw_param_time(&p, job->completed_at);
	dw_param_weights(&p, job->has_weights ? &job->weights : NULL);
	dw_write(&update_job, &p);
	job->version++;
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
	param_provider(&p, job);
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
