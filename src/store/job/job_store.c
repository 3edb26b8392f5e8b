/*
 * job_store.c
 *		The rows of a job: its life and the reports about its work; and what
 *		was posted: site, requirements and plan.
 *
 * The lock is FOR NO KEY UPDATE: it keeps every other command off the job,
 * and lets rows that merely point to it be written.
 *
 * The job's own row has the place rounded to 0.01 degree, which is what
 * strangers see and what distances are taken from; the exact one is in
 * job_sites, with the street sealed for that row.
 *
 * Milestones are kept by their place in the plan.  To write another plan all
 * rows first move DW_MILESTONES_MAX places up, so that it finds its places
 * free; those cancelled stay there and move on each time.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"
#include "utils/jsonb.h"

#include "core/geo/geo.h"
#include "server/crypto/crypto_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/job/job_store.h"

/*
 * What a command writes of a job's row is its life; what was posted is fixed
 * here and has a list of its own below.
 */
static const DwColumn job_columns[] = {
	DW_COLUMN(UUID, DwJob, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwJob, homeowner_id, homeowner_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwJob, provider_id, provider_id, DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwJob, category_id, category_id, DW_COLUMN_FIXED),
	DW_COLUMN_ENUM(job_status, DwJob, status, status, 0,
				   dw_job_status_labels),
	DW_COLUMN(TEXT, DwJob, reason, reason, 0),
	DW_COLUMN_ENUM_OR(job_side, DwJob, responsible, responsible, 0,
					  dw_job_side_labels, DW_JOB_SIDE_NONE),
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
	DW_COLUMN(BOOL, DwJob, is_invite_only, is_invite_only, DW_COLUMN_FIXED),
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
	DW_COLUMN(TIME, DwJob, fund_by, fund_by, 0),
	DW_COLUMN(BOOL, DwJob, is_escrowed, is_escrowed, 0),
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

/*
 * One weight of the object in the row.  A criterion that is not there weighs
 * nothing, so that a job keeps its meaning when a version adds a criterion.
 */
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

/* Weights from the jsonb of a row; false when there are none. */
static bool
weights_read(Datum stored, DwScoreWeights *weights)
{
	memset(weights, 0, sizeof(*weights));
	if (stored == 0)
		return false;
	for (int i = 0; i < DW_CRITERION_COUNT; i++)
		weights->bps[i] = weight_read(DatumGetJsonbP(stored),
									  (DwCriterion) i);
	return true;
}

/* Weights as the jsonb of a row. */
static Datum
weights_store(const DwScoreWeights *weights)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	for (int i = 0; i < DW_CRITERION_COUNT; i++)
		dw_payload_int8(&payload, dw_criterion_label((DwCriterion) i),
						weights->bps[i]);
	return dw_payload_end(&payload);
}

/* Fills *job from a row of the last result, before the next statement. */
static void
job_read(uint64 index, DwJob *job)
{
	dw_table_read(&jobs, index, job);
	job->has_weights = weights_read(job->stored_weights, &job->weights);
	job->is_whole = true;
	job->is_shared = false;
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

void
dw_job_queue(const DwUuid *id, const DwUuid *user_id)
{
	uint8		both[2 * sizeof(DwUuid)];

	memcpy(both, id, sizeof(DwUuid));
	memcpy(both + sizeof(DwUuid), user_id, sizeof(DwUuid));
	(void) DirectFunctionCall1(pg_advisory_xact_lock_int8,
							   hash_any_extended(both, sizeof(both), 0));
}

bool
dw_job_share(const DwUuid *id, const DwUuid *user_id, bool stays, DwJob *job)
{
	static DwTableQuery share_job =
		DW_TABLE_QUERY(jobs, BY_ID "FOR KEY SHARE");
	static DwTableQuery keep_job =
		DW_TABLE_QUERY(jobs, BY_ID "FOR SHARE");
	DwParams	p = DW_PARAMS;

	dw_job_queue(id, user_id);
	dw_param_uuid(&p, id);
	if (dw_table_execute(stays ? &keep_job : &share_job, &p) == 0)
		return false;
	job_read(0, job);
	job->is_shared = !stays;
	return true;
}

bool
dw_job_lock_sides(const DwUuid *id, DwJob *job)
{
	/*
	 * By name, for the whole row would have its weights and its place taken
	 * apart, and a release asks for neither.
	 */
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
	/* the lock is held, so this waits for nobody and sees the same row */
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

int
dw_job_kind_compare(const DwJob *one, const DwJob *two)
{
	int			order = dw_uuid_compare(&one->category_id, &two->category_id);

	return order != 0 ? order : strcmp(one->currency, two->currency);
}

DwJob *
dw_jobs_load(const DwUuid *ids, int *count)
{
	static DwTableQuery load_jobs =
		DW_TABLE_QUERY(jobs, "WHERE t.id = ANY ($1) "
					   "AND t.deleted_at IS NULL ORDER BY t.id");
	DwParams	p = DW_PARAMS;
	DwJob	   *rows = palloc((*count + 1) * sizeof(DwJob));

	dw_param_uuids(&p, ids, *count);
	*count = (int) dw_table_query(&load_jobs, &p);
	for (int i = 0; i < *count; i++)
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
		? weights_store(&job->weights) : (Datum) 0;
	dw_table_update(&jobs, job);
}

void
dw_job_list_children(const DwJob *job)
{
	/* most jobs have their children listed as they are: no row is written */
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

void
dw_job_unplan(const DwJob *job)
{
	/*
	 * Dropped parts stand past DW_MILESTONES_MAX and stay so.  A proportion
	 * is given for all parts or for none.
	 */
	static DwStatement drop_added =
		DW_STATEMENT("UPDATE dwello.job_milestones AS m "
					 "SET status = 'cancelled', sort_order = m.sort_order "
					 "+ (SELECT GREATEST($2, max(o.sort_order)) "
					 "FROM dwello.job_milestones AS o WHERE o.job_id = $1), "
					 "version = m.version + 1 "
					 "FROM dwello.change_orders AS c "
					 "WHERE m.job_id = $1 AND m.sort_order <= $2 "
					 "AND c.job_id = m.job_id AND c.milestone_id = m.id "
					 "AND c.status = 'accepted' AND c.amount > 0");
	static DwStatement restore =
		DW_STATEMENT("UPDATE dwello.job_milestones AS m "
					 "SET status = 'planned', amount = CASE WHEN EXISTS ("
					 "SELECT FROM dwello.job_milestones AS o "
					 "WHERE o.job_id = $1 AND o.sort_order <= $2 "
					 "AND o.posted_amount IS NULL) THEN NULL "
					 "ELSE m.posted_amount END, "
					 "version = m.version + 1 "
					 "WHERE m.job_id = $1 AND m.sort_order <= $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &job->id);
	dw_param_int4(&p, DW_MILESTONES_MAX);
	(void) dw_execute(&drop_added, &p);
	(void) dw_execute(&restore, &p);
}

/* Cancels the milestones that wait for money; nothing of them is held. */
static void
cancel_planned_milestones(const DwJob *job)
{
	/*
	 * A milestone that was funded in part is planned still and keeps what it
	 * holds; a dispute or a refund ends it.
	 */
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
dw_job_payload(DwPayload *payload, const DwJob *job)
{
	dw_payload_begin(payload);
	dw_payload_uuid(payload, "job_id", &job->id);
	dw_payload_uuid(payload, "homeowner_id", &job->homeowner_id);
	if (!dw_uuid_is_nil(&job->provider_id))
		dw_payload_uuid(payload, "provider_id", &job->provider_id);
	dw_payload_text(payload, "title", job->title);
}

void
dw_job_complete(DwJob *job)
{
	DwPayload	payload;

	/* lock order: the job is locked, its milestones come before the outbox */
	dw_job_fill(job);
	cancel_planned_milestones(job);
	dw_job_end_order(job);
	job->status = DW_JOB_COMPLETED;
	job->completed_at = dw_now();
	/* who releases all of it before the work began accepts it as done */
	if (job->started_at == DT_NOBEGIN)
		job->started_at = job->completed_at;
	dw_job_save(job);
	dw_job_payload(&payload, job);
	if (!job->is_escrowed)
		dw_payload_bool(&payload, "is_unpaid", true);
	dw_event_emit(&job->id, "job", &job->id, "job_completed", &payload);
}

void
dw_job_end(DwJob *job, const char *event)
{
	bool		was_published = job->published_at != DT_NOBEGIN;
	DwPayload	payload;

	cancel_planned_milestones(job);
	dw_job_end_order(job);
	dw_job_end_invites(job);
	job->status = DW_JOB_CANCELLED;
	job->is_listed = false;
	dw_job_save(job);
	dw_job_list_children(job);
	if (!was_published)
		return;
	dw_job_payload(&payload, job);
	dw_payload_text(&payload, "reason", job->reason);
	dw_payload_text(&payload, "responsible",
					dw_job_side_label(job->responsible));
	dw_event_emit(&job->id, "job", &job->id, event, &payload);
}

/* What a homeowner says of the work: the rest of a job's row. */
static const DwColumn draft_columns[] = {
	DW_COLUMN(UUID, DwDraft, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwDraft, homeowner_id, homeowner_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwDraft, category_id, category_id, 0),
	DW_COLUMN(TEXT, DwDraft, title, title, 0),
	DW_COLUMN(TEXT, DwDraft, description, description, 0),
	DW_COLUMN(POINT, DwDraft, location, rounded, 0),
	DW_COLUMN_OR(INT8, DwDraft, budget_min, post.budget_min, 0,
				 DW_POST_ABSENT),
	DW_COLUMN_OR(INT8, DwDraft, budget_max, post.budget_max, 0,
				 DW_POST_ABSENT),
	DW_COLUMN(TEXT, DwDraft, currency, post.currency, DW_COLUMN_FIXED),
	DW_COLUMN_LABEL(urgency, DwDraft, urgency, urgency, 0),
	DW_COLUMN(BOOL, DwDraft, is_emergency, is_emergency, 0),
	DW_COLUMN(DATE, DwDraft, preferred_start_date, post.start_date, 0),
	DW_COLUMN(DATE, DwDraft, preferred_end_date, post.end_date, 0),
	DW_COLUMN_OR(INT4, DwDraft, estimated_duration_hours, post.hours, 0,
				 DW_POST_NONE),
	DW_COLUMN(BOOL, DwDraft, materials_provided, materials_provided, 0),
	DW_COLUMN(TEXT, DwDraft, materials_description, materials_description,
			  0),
	DW_COLUMN_OR(INT8, DwDraft, expected_materials, post.expected_materials,
				 0, DW_POST_ABSENT),
	DW_COLUMN(TEXT, DwDraft, special_requirements, special_requirements, 0),
	DW_COLUMN(TEXTS, DwDraft, photos, photos, 0),
	DW_COLUMN_LABEL(bid_mode, DwDraft, bid_mode, bid_mode, 0),
	DW_COLUMN(BOOL, DwDraft, is_invite_only, is_invite_only, 0),
	DW_COLUMN_LABEL(scoring_method, DwDraft, scoring_method, scoring_method,
					0),
	DW_COLUMN(JSONB, DwDraft, weights, stored_weights, 0),
	DW_COLUMN(JSONB, DwDraft, cancellation_policy, cancellation_policy, 0),
	DW_COLUMN(INT8, DwDraft, requirement_bits, requirement_bits, 0),
	DW_COLUMN(INT4, DwDraft, terms_version, terms_version, DW_COLUMN_BORN),
	DW_COLUMN(INT4, DwDraft, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED),
	DW_COLUMN(TIME, DwDraft, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable drafts = DW_TABLE("jobs", DwDraft, draft_columns);

/* Where a job is. */
typedef struct Site
{
	DwUuid		job_id;			/* whose */
	DwUuid		homeowner_id;	/* of the job */
	bytea	   *point;			/* exact, sealed for this row */
	DwDegrees	place;			/* rounded */
	bytea	   *street;			/* sealed for this row, or NULL */
} Site;

static const DwColumn site_columns[] = {
	DW_COLUMN(UUID, Site, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, Site, homeowner_id, homeowner_id, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, Site, point, point, 0),
	DW_COLUMN(POINT, Site, place, place, 0),
	DW_COLUMN(BYTEA, Site, street, street, 0)
};

static DwTable sites = DW_TABLE("job_sites", Site, site_columns);

/* A requirement as its row has it. */
typedef struct Requirement
{
	DwUuid		job_id;			/* whose */
	DwUuid		id;				/* in the order in which they were posted */
	DwUuid		homeowner_id;	/* of the job */
	DwPostRequirement post;		/* what is asked for */
} Requirement;

static const DwColumn requirement_columns[] = {
	DW_COLUMN(UUID, Requirement, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, Requirement, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, Requirement, homeowner_id, homeowner_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN_ENUM(credential_type, Requirement, requirement_type, post.type,
				   DW_COLUMN_FIXED, dw_credential_type_labels),
	DW_COLUMN(TEXT, Requirement, requirement_value, post.value,
			  DW_COLUMN_FIXED),
	DW_COLUMN(BOOL, Requirement, is_mandatory, post.is_mandatory,
			  DW_COLUMN_FIXED),
	DW_COLUMN(INT4, Requirement, weight, post.weight, DW_COLUMN_FIXED)
};

static DwTable requirements =
DW_TABLE("job_requirements", Requirement, requirement_columns);

/* A milestone of a plan as its row has it. */
typedef struct Milestone
{
	DwUuid		job_id;			/* whose */
	DwUuid		id;				/* its own */
	DwUuid		homeowner_id;	/* of the job */
	DwUuid		provider_id;	/* nil before the award is confirmed */
	int32		sort_order;		/* its place in the plan, from 1 */
	DwPostMilestone post;		/* its words; its amount now */
	int64		posted_amount;	/* the amount as it was posted */
	DateADT		due_date;		/* post.due_date as a date */
	int64		funded;			/* minor units */
	DwMilestoneStatus status;	/* of the contract, or planned */
	int32		version;		/* of the row */
	TimestampTz created_at;		/* when it was written first */
} Milestone;

static const DwColumn milestone_columns[] = {
	DW_COLUMN(UUID, Milestone, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, Milestone, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, Milestone, homeowner_id, homeowner_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, Milestone, provider_id, provider_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(INT4, Milestone, sort_order, sort_order, 0),
	DW_COLUMN(TEXT, Milestone, title, post.title, 0),
	DW_COLUMN(TEXT, Milestone, description, post.description, 0),
	DW_COLUMN(DATE, Milestone, due_date, due_date, 0),
	DW_COLUMN(BOOL, Milestone, is_required, post.is_required, 0),
	DW_COLUMN_OR(INT8, Milestone, amount, post.amount, 0, DW_POST_ABSENT),
	DW_COLUMN_OR(INT8, Milestone, posted_amount, posted_amount, 0,
				 DW_POST_ABSENT),
	DW_COLUMN(INT8, Milestone, funded, funded, 0),
	DW_COLUMN_ENUM(milestone_status, Milestone, status, status, 0,
				   dw_milestone_status_labels),
	DW_COLUMN(INT4, Milestone, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED),
	DW_COLUMN(TIME, Milestone, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable milestones =
DW_TABLE("job_milestones", Milestone, milestone_columns);

void
dw_draft_clear(DwDraft *draft)
{
	memset(draft, 0, sizeof(*draft));
	draft->post.budget_min = DW_POST_ABSENT;
	draft->post.budget_max = DW_POST_ABSENT;
	draft->post.expected_materials = DW_POST_ABSENT;
	draft->post.hours = DW_POST_NONE;
	draft->post.start_date = DW_POST_NONE;
	draft->post.end_date = DW_POST_NONE;
	draft->post.currency = "USD";	/* until it is known */
}

/* Fills the columns that follow from the rest of a draft. */
static void
draft_derive(DwDraft *draft)
{
	draft->rounded = dw_degrees_round(&draft->post.place);
	draft->stored_weights = draft->has_weights
		? weights_store(&draft->weights) : (Datum) 0;
	draft->requirement_bits =
		dw_post_requirement_bits(draft->requirements,
								 draft->requirement_count);
}

/*
 * True when a user has that id: a scope belongs to a user or to a job, or a
 * job could be posted into the idempotency keys and the ledger of somebody
 * else.
 */
static bool
is_user(const DwUuid *id)
{
	static DwStatement find_user =
		DW_STATEMENT("SELECT FROM dwello.users AS u WHERE u.id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, id);
	return dw_execute(&find_user, &p) > 0;
}

/* The site of a draft, sealed. */
static Site
site_of(const DwDraft *draft)
{
	Site		site = {
		.job_id = draft->id,
		.homeowner_id = draft->homeowner_id,
		.point = dw_seal_point(DW_SEAL_SITE_POINT, &draft->id,
							   &draft->post.place),
		.place = draft->rounded,
		.street = dw_seal(DW_SEAL_SITE, &draft->id, draft->street)
	};

	return site;
}

/* Writes the requirements of a draft. */
static void
insert_requirements(const DwDraft *draft)
{
	for (int i = 0; i < draft->requirement_count; i++)
	{
		Requirement row = {
			.job_id = draft->id,
			.id = dw_uuid_fresh(),
			.homeowner_id = draft->homeowner_id,
			.post = draft->requirements[i]
		};

		dw_table_insert(&requirements, &row);
	}
}

/* The day that is written YYYY-MM-DD; core has looked at it. */
static DateADT
day_of(const char *text)
{
	int			year;
	int			month;
	int			day;

	if (text == NULL)
		return DATEVAL_NOBEGIN;
	if (sscanf(text, "%d-%d-%d", &year, &month, &day) != 3)
		elog(ERROR, "a milestone's day is no date");
	return date2j(year, month, day) - POSTGRES_EPOCH_JDATE;
}

/* A day written so; NULL for none. */
static char *
day_text(DateADT day)
{
	int			year;
	int			month;
	int			date;

	if (DATE_IS_NOBEGIN(day))
		return NULL;
	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &date);
	return psprintf("%04d-%02d-%02d", year, month, date);
}

/* Writes the plan of a draft, in which nothing is paid yet. */
static void
insert_milestones(const DwDraft *draft)
{
	for (int i = 0; i < draft->milestone_count; i++)
	{
		Milestone	row = {
			.job_id = draft->id,
			.id = dw_uuid_fresh(),
			.homeowner_id = draft->homeowner_id,
			.sort_order = i + 1,
			.post = draft->milestones[i],
			.posted_amount = draft->milestones[i].amount,
			.due_date = day_of(draft->milestones[i].due_date),
			.status = DW_MILESTONE_PLANNED,
			.created_at = draft->created_at
		};

		dw_table_insert(&milestones, &row);
	}
}

bool
dw_draft_insert(DwDraft *draft)
{
	Site		site;

	/*
	 * The job's row comes first: all others point to it.  A request that is
	 * made twice at once waits there for the first to end, and then finds the
	 * id taken.
	 */
	draft->created_at = dw_now();
	draft_derive(draft);
	if (is_user(&draft->id) || !dw_table_insert_new(&drafts, draft))
		return false;
	site = site_of(draft);
	dw_table_insert(&sites, &site);
	insert_requirements(draft);
	insert_milestones(draft);
	return true;
}

/* Reads the requirements of a job into a draft. */
static void
load_requirements(DwDraft *draft)
{
	static DwTableQuery of_job =
		DW_TABLE_QUERY(requirements, "WHERE t.job_id = $1 ORDER BY t.id");
	DwParams	p = DW_PARAMS;
	Requirement row;

	dw_param_uuid(&p, &draft->id);
	draft->requirement_count = (int) dw_table_execute(&of_job, &p);
	draft->requirements = palloc_array(DwPostRequirement,
									   draft->requirement_count + 1);
	for (int i = 0; i < draft->requirement_count; i++)
	{
		dw_table_read(&requirements, i, &row);
		draft->requirements[i] = row.post;
	}
}

/* Reads the plan of a job into a draft. */
static void
load_milestones(DwDraft *draft)
{
	static DwTableQuery planned =
		DW_TABLE_QUERY(milestones, "WHERE t.job_id = $1 "
					   "AND t.status = 'planned' ORDER BY t.sort_order");
	DwParams	p = DW_PARAMS;
	Milestone	row;

	dw_param_uuid(&p, &draft->id);
	draft->milestone_count = (int) dw_table_execute(&planned, &p);
	draft->milestones = palloc_array(DwPostMilestone,
									 draft->milestone_count + 1);
	for (int i = 0; i < draft->milestone_count; i++)
	{
		dw_table_read(&milestones, i, &row);
		draft->milestones[i] = row.post;
		draft->milestones[i].due_date = day_text(row.due_date);
	}
}

void
dw_draft_load(const DwUuid *id, DwDraft *draft)
{
	static DwTableQuery draft_of_job =
		DW_TABLE_QUERY(drafts, "WHERE t.id = $1");
	static DwTableQuery site_of_job =
		DW_TABLE_QUERY(sites, "WHERE t.job_id = $1");
	DwParams	p = DW_PARAMS;
	Site		site;

	dw_param_uuid(&p, id);
	if (dw_table_execute(&draft_of_job, &p) == 0)
		elog(ERROR, "job %s is gone", dw_uuid_text(id));
	dw_table_read(&drafts, 0, draft);
	draft->has_weights = weights_read(draft->stored_weights,
									  &draft->weights);
	if (dw_table_execute(&site_of_job, &p) == 0)
		elog(ERROR, "job %s has no site", dw_uuid_text(id));
	dw_table_read(&sites, 0, &site);
	draft->post.place = dw_unseal_point(DW_SEAL_SITE_POINT, id, site.point);
	load_requirements(draft);
	load_milestones(draft);
}

/* Takes the requirements or the plan away, to be written anew. */
static void
remove_children(const DwDraft *draft, DwStatement *statement)
{
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &draft->id);
	(void) dw_execute(statement, &p);
}

void
dw_draft_update(DwDraft *draft, DwPostFields changed, DwJob *job)
{
	static DwStatement delete_requirements =
		DW_STATEMENT("DELETE FROM dwello.job_requirements "
					 "WHERE job_id = $1");
	static DwStatement delete_milestones =
		DW_STATEMENT("DELETE FROM dwello.job_milestones WHERE job_id = $1");

	draft->created_at = dw_now();
	draft->terms_version = job->terms_version;
	draft_derive(draft);
	dw_table_update(&drafts, draft);
	job->version = draft->version;
	if ((changed & DW_POST_FIELD(DW_POST_STREET)) != 0)
	{
		/* nobody but the homeowner may see it: there is no provider yet */
		Site		site = site_of(draft);

		dw_table_update(&sites, &site);
	}
	/* nothing points to a requirement, or to a part that was never paid */
	if ((changed & DW_POST_FIELD(DW_POST_REQUIREMENTS)) != 0)
	{
		remove_children(draft, &delete_requirements);
		insert_requirements(draft);
	}
	if ((changed & DW_POST_FIELD(DW_POST_MILESTONES)) != 0)
	{
		remove_children(draft, &delete_milestones);
		insert_milestones(draft);
	}
	dw_job_list_children(job);
}

/* Milestones of which nothing has come but money that they hold. */
#define UNBEGUN \
	"m.status IN ('planned', 'funded') " \
	"AND m.released + m.refunded + m.disputed = 0 "

/* Makes the places free, and gives the rows of the old plan in order. */
static DwUuid *
make_room(const DwUuid *job_id, int *count)
{
	/*
	 * Places are unique, which is checked at the end of each statement: all
	 * rows can move at once, but two could not change places one by one.
	 */
	static DwStatement move_up =
		DW_STATEMENT("UPDATE dwello.job_milestones "
					 "SET sort_order = sort_order + $2 WHERE job_id = $1");
	static DwStatement select_old =
		DW_STATEMENT("SELECT m.id FROM dwello.job_milestones AS m "
					 "WHERE m.job_id = $1 AND " UNBEGUN
					 "ORDER BY m.sort_order");
	DwParams	move = DW_PARAMS;
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&move, job_id);
	dw_param_int4(&move, DW_MILESTONES_MAX);
	(void) dw_execute(&move_up, &move);
	dw_param_uuid(&p, job_id);
	(void) dw_execute(&select_old, &p);
	return dw_read_only_uuids(count);
}

/* Gives those that have begun the first places; how many there are. */
static int
place_begun(const DwUuid *job_id)
{
	static DwStatement select_begun =
		DW_STATEMENT("SELECT m.id FROM dwello.job_milestones AS m "
					 "WHERE m.job_id = $1 AND m.status <> 'cancelled' "
					 "AND NOT (" UNBEGUN ") ORDER BY m.sort_order");
	static DwStatement place =
		DW_STATEMENT("UPDATE dwello.job_milestones SET sort_order = $3 "
					 "WHERE job_id = $1 AND id = $2");
	DwParams	p = DW_PARAMS;
	DwUuid	   *ids;
	int			count;

	dw_param_uuid(&p, job_id);
	(void) dw_execute(&select_begun, &p);
	ids = dw_read_only_uuids(&count);
	for (int i = 0; i < count; i++)
	{
		DwParams	row = DW_PARAMS;

		dw_param_uuid(&row, job_id);
		dw_param_uuid(&row, &ids[i]);
		dw_param_int4(&row, i + 1);
		(void) dw_execute(&place, &row);
	}
	return count;
}

/*
 * Ends a row of the old plan that the new one has no place for.  Transactions
 * and history of a contract point to its milestones, so those are cancelled;
 * in a draft nothing can.
 */
static void
drop_milestone(const DwPlan *plan, const DwUuid *id)
{
	static DwStatement delete_row =
		DW_STATEMENT("DELETE FROM dwello.job_milestones "
					 "WHERE job_id = $1 AND id = $2");
	static DwStatement cancel_row =
		DW_STATEMENT("UPDATE dwello.job_milestones "
					 "SET status = 'cancelled', funded = 0, "
					 "version = version + 1 WHERE job_id = $1 AND id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &plan->job_id);
	dw_param_uuid(&p, id);
	(void) dw_execute(dw_uuid_is_nil(&plan->provider_id)
					  ? &delete_row : &cancel_row, &p);
}

/* A milestone of the new plan as its row will have it. */
static Milestone
milestone_of(const DwPlan *plan, int i)
{
	const DwMilestone *milestone = &plan->milestones[i];
	Milestone	row = {
		.job_id = plan->job_id,
		.id = milestone->id,
		.homeowner_id = plan->homeowner_id,
		.provider_id = plan->provider_id,
		.sort_order = milestone->sort_order,
		.post = plan->words[i],
		.due_date = day_of(plan->words[i].due_date),
		.funded = milestone->funded,
		.status = milestone->status,
		.created_at = dw_now()
	};

	row.post.amount = milestone->amount > 0 ? milestone->amount
		: DW_POST_ABSENT;
	/* what two sides have agreed on is not what bidders are shown later */
	row.posted_amount = dw_uuid_is_nil(&plan->provider_id)
		? row.post.amount : DW_POST_ABSENT;
	return row;
}

void
dw_plan_replace(DwPlan *plan)
{
	int			old_count;
	DwUuid	   *old = make_room(&plan->job_id, &old_count);
	int			begun = place_begun(&plan->job_id);

	for (int i = plan->count; i < old_count; i++)
		drop_milestone(plan, &old[i]);
	for (int i = 0; i < plan->count; i++)
	{
		DwMilestone *milestone = &plan->milestones[i];
		bool		is_kept = i < old_count;
		Milestone	row;

		milestone->sort_order = begun + i + 1;
		milestone->id = is_kept ? old[i] : dw_uuid_fresh();
		row = milestone_of(plan, i);
		if (is_kept)
			dw_table_update(&milestones, &row);
		else
			dw_table_insert(&milestones, &row);
	}
}

void
dw_plan_append(const DwPlan *plan)
{
	Milestone	row = milestone_of(plan, 0);

	dw_table_insert(&milestones, &row);
}
