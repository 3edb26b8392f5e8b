/*
 * post_store.c
 *		What was posted: the job, its site, requirements, milestones.
 *
 * The job's own row has the place rounded to 0.01 degree, which is what
 * strangers see and what distances are taken from; the exact one is in
 * job_sites, with the street sealed for that row.
 */
#include "postgres.h"

#include "utils/date.h"

#include "core/geo/geo.h"
#include "server/crypto/crypto_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/job/job_store.h"

void
dw_draft_clear(DwDraft *draft)
{
	memset(draft, 0, sizeof(*draft));
	draft->post.budget_min = DW_POST_ABSENT;
	draft->post.budget_max = DW_POST_ABSENT;
	draft->post.expected_materials = DW_POST_ABSENT;
	draft->post.hours = DW_POST_ABSENT;
	draft->post.start_date = DW_POST_ABSENT;
	draft->post.end_date = DW_POST_ABSENT;
	draft->post.currency = "USD";	/* until it is known */
}

char *
dw_draft_street(const DwUuid *user_id, double longitude, double latitude)
{
	static DwStatement find_address =
		DW_STATEMENT("SELECT a.id, a.street "
					 "FROM dwello.user_addresses AS a, "
					 "(SELECT st_setsrid(st_makepoint($2, $3), 4326)"
					 "::geography AS point) AS site "
					 "WHERE a.user_id = $1 "
					 "AND st_dwithin(a.location, site.point, 100, false) "
					 "ORDER BY st_distance(a.location, site.point, false), "
					 "a.id "
					 "LIMIT 1");
	DwParams	p = DW_PARAMS;
	DwUuid		address_id;

	dw_param_uuid(&p, user_id);
	dw_param_float8(&p, longitude);
	dw_param_float8(&p, latitude);
	if (dw_execute(&find_address, &p) == 0)
		return NULL;
	(void) dw_read_uuid(0, 1, &address_id);
	return dw_unseal(DW_SEAL_STREET, &address_id, dw_read_bytea(0, 2));
}

/* Adds a bigint that may not have been given. */
static void
param_amount(DwParams *p, int64 value)
{
	dw_param_datum(p, INT8OID, Int64GetDatum(value),
				   value == DW_POST_ABSENT);
}

/* Adds a date that may not have been given. */
static void
param_date(DwParams *p, int64 days)
{
	dw_param_datum(p, DATEOID, DateADTGetDatum((DateADT) days),
				   days == DW_POST_ABSENT);
}

/* Adds what the row of a job has of a draft, as $1 to $24. */
static void
param_draft(DwParams *p, const DwDraft *draft)
{
	dw_param_uuid(p, &draft->id);
	dw_param_uuid(p, &draft->homeowner_id);
	dw_param_uuid(p, &draft->category_id);
	dw_param_text(p, draft->title);
	dw_param_text(p, draft->description);
	dw_param_float8(p, dw_geo_round(draft->post.longitude));
	dw_param_float8(p, dw_geo_round(draft->post.latitude));
	param_amount(p, draft->post.budget_min);
	param_amount(p, draft->post.budget_max);
	dw_param_text(p, draft->post.currency);
	dw_param_text(p, draft->urgency);
	dw_param_bool(p, draft->is_emergency);
	param_date(p, draft->post.start_date);
	param_date(p, draft->post.end_date);
	param_amount(p, draft->post.hours);
	dw_param_bool(p, draft->materials_provided);
	dw_param_text(p, draft->materials_description);
	param_amount(p, draft->post.expected_materials);
	dw_param_text(p, draft->special_requirements);
	dw_param_datum(p, TEXTARRAYOID, draft->photos,
				   DatumGetPointer(draft->photos) == NULL);
	dw_param_text(p, draft->bid_mode);
	dw_param_text(p, draft->scoring_method);
	dw_param_weights(p, draft->has_weights ? &draft->weights : NULL);
	dw_param_int8(p, dw_post_requirement_bits(draft->requirements,
											  draft->requirement_count));
}

/*
 * Writes the row of the job; false when the id is taken.  A user's id is:
 * a scope belongs to one of the two, or a job could be posted into the
 * idempotency keys and the books of somebody else.
 */
static bool
draft_insert_job(const DwDraft *draft)
{
	static DwStatement insert_job =
		DW_STATEMENT("INSERT INTO dwello.jobs (id, homeowner_id, "
					 "category_id, title, description, location, "
					 "budget_min, budget_max, currency, urgency, "
					 "is_emergency, preferred_start_date, "
					 "preferred_end_date, estimated_duration_hours, "
					 "materials_provided, materials_description, "
					 "expected_materials, special_requirements, photos, "
					 "bid_mode, scoring_method, weights, "
					 "requirement_bits, created_at) "
					 "SELECT $1, $2, $3, $4, $5, "
					 "st_setsrid(st_makepoint($6, $7), 4326)::geography, "
					 "$8, $9, $10, $11::text::dwello.urgency, $12, $13, $14, "
					 "$15::bigint::integer, $16, $17, $18, $19, $20, "
					 "$21::text::dwello.bid_mode, "
					 "$22::text::dwello.scoring_method, $23, $24, $25 "
					 "WHERE NOT EXISTS (SELECT FROM dwello.users AS u "
					 "WHERE u.id = $1) "
					 "ON CONFLICT (id) DO NOTHING");
	DwParams	p = DW_PARAMS;

	param_draft(&p, draft);
	dw_param_time(&p, draft->created_at);
	return dw_execute(&insert_job, &p) == 1;
}

/* Writes the exact place and the sealed street. */
static void
draft_insert_site(const DwDraft *draft)
{
	static DwStatement insert_site =
		DW_STATEMENT("INSERT INTO dwello.job_sites "
					 "(job_id, homeowner_id, location, street) VALUES ($1, "
					 "$2, st_setsrid(st_makepoint($3, $4), 4326)::geography, "
					 "$5)");
	DwParams	p = DW_PARAMS;
	bytea	   *street = dw_seal(DW_SEAL_SITE, &draft->id, draft->street);

	dw_param_uuid(&p, &draft->id);
	dw_param_uuid(&p, &draft->homeowner_id);
	dw_param_float8(&p, draft->post.longitude);
	dw_param_float8(&p, draft->post.latitude);
	dw_param_datum(&p, BYTEAOID, PointerGetDatum(street), street == NULL);
	(void) dw_execute(&insert_site, &p);
}

/* Writes one requirement. */
static void
draft_insert_requirement(const DwDraft *draft,
						 const DwPostRequirement *requirement)
{
	static DwStatement insert_requirement =
		DW_STATEMENT("INSERT INTO dwello.job_requirements (job_id, "
					 "homeowner_id, requirement_type, requirement_value, "
					 "is_mandatory, weight) VALUES ($1, $2, "
					 "$3::text::dwello.credential_type, $4, $5, "
					 "$6::bigint::integer)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &draft->id);
	dw_param_uuid(&p, &draft->homeowner_id);
	dw_param_text(&p, dw_credential_type_label(requirement->type));
	dw_param_text(&p, requirement->value);
	dw_param_bool(&p, requirement->is_mandatory);
	dw_param_int8(&p, requirement->weight);
	(void) dw_execute(&insert_requirement, &p);
}

/* Writes one milestone of the plan. */
static void
draft_insert_milestone(const DwDraft *draft, int item)
{
	static DwStatement insert_milestone =
		DW_STATEMENT("INSERT INTO dwello.job_milestones (job_id, "
					 "homeowner_id, sort_order, title, description, "
					 "due_date, is_required, amount, created_at) VALUES "
					 "($1, $2, $3, $4, $5, $6::text::date, $7, $8, $9)");
	const DwPostMilestone *milestone = &draft->milestones[item];
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &draft->id);
	dw_param_uuid(&p, &draft->homeowner_id);
	dw_param_int4(&p, item + 1);
	dw_param_text(&p, milestone->title);
	dw_param_text(&p, milestone->description);
	dw_param_text(&p, milestone->due_date);
	dw_param_bool(&p, milestone->is_required);
	param_amount(&p, milestone->amount);
	dw_param_time(&p, draft->created_at);
	(void) dw_execute(&insert_milestone, &p);
}

/* Reads the requirements of a job into a draft. */
static void
draft_load_requirements(DwDraft *draft)
{
	static DwStatement load_requirements =
		DW_STATEMENT("SELECT r.requirement_type::text, r.requirement_value, "
					 "r.is_mandatory, r.weight "
					 "FROM dwello.job_requirements AS r "
					 "WHERE r.job_id = $1 ORDER BY r.id");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &draft->id);
	draft->requirement_count = (int) dw_execute(&load_requirements, &p);
	draft->requirements = palloc0((draft->requirement_count + 1) *
								  sizeof(DwPostRequirement));
	for (int i = 0; i < draft->requirement_count; i++)
	{
		DwPostRequirement *requirement = &draft->requirements[i];

		if (!dw_credential_type_parse(dw_read_text(i, 1),
									  &requirement->type))
			elog(ERROR, "requirement has an unknown type");
		requirement->value = dw_read_text(i, 2);
		requirement->is_mandatory = dw_read_bool(i, 3);
		requirement->weight = dw_read_int4(i, 4);
	}
}

/* Reads the plan of a job into a draft. */
static void
draft_load_milestones(DwDraft *draft)
{
	static DwStatement load_milestones =
		DW_STATEMENT("SELECT m.title, m.description, "
					 "to_char(m.due_date, 'YYYY-MM-DD'), m.amount, "
					 "m.is_required FROM dwello.job_milestones AS m "
					 "WHERE m.job_id = $1 AND m.status = 'planned' "
					 "ORDER BY m.sort_order");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &draft->id);
	draft->milestone_count = (int) dw_execute(&load_milestones, &p);
	draft->milestones = palloc0((draft->milestone_count + 1) *
								sizeof(DwPostMilestone));
	for (int i = 0; i < draft->milestone_count; i++)
	{
		DwPostMilestone *milestone = &draft->milestones[i];

		milestone->title = dw_read_text(i, 1);
		milestone->description = dw_read_text(i, 2);
		milestone->due_date = dw_read_text(i, 3);
		milestone->amount = dw_read_null(i, 4) ? DW_POST_ABSENT
			: dw_read_int8(i, 4);
		milestone->is_required = dw_read_bool(i, 5);
	}
}

/* A number of a job's row as a post has it. */
static int64
post_number(int64 value)
{
	StaticAssertStmt(DW_JOB_NO_AMOUNT == DW_JOB_NO_HOURS,
					 "absent numbers of a job are all the same");
	return value == DW_JOB_NO_AMOUNT ? DW_POST_ABSENT : value;
}

/* A date of a job's row as a post has it. */
static int64
post_date(DateADT date)
{
	return DATE_IS_NOBEGIN(date) ? DW_POST_ABSENT : date;
}

/* Takes over what DwJob knows of a draft. */
static void
draft_take_job(const DwJob *job, DwDraft *draft)
{
	draft->id = job->id;
	draft->homeowner_id = job->homeowner_id;
	draft->category_id = job->category_id;
	draft->title = job->title;
	draft->urgency = pstrdup(dw_urgency_label(job->urgency));
	draft->is_emergency = job->is_emergency;
	draft->materials_provided = job->materials_provided;
	draft->bid_mode = pstrdup(dw_bid_mode_label(job->bid_mode));
	draft->scoring_method =
		pstrdup(dw_scoring_method_label(job->scoring_method));
	draft->has_weights = job->has_weights;
	draft->weights = job->weights;
	draft->post.currency = pstrdup(job->currency);
	draft->post.budget_min = post_number(job->budget_min);
	draft->post.budget_max = post_number(job->budget_max);
	draft->post.expected_materials = post_number(job->expected_materials);
	draft->post.hours = post_number(job->estimated_hours);
	draft->post.start_date = post_date(job->preferred_start);
	draft->post.end_date = post_date(job->preferred_end);
}

void
dw_draft_load(const DwJob *job, DwDraft *draft)
{
	static DwStatement load_rest =
		DW_STATEMENT("SELECT j.description, j.materials_description, "
					 "j.special_requirements, st_x(s.location::geometry), "
					 "st_y(s.location::geometry) FROM dwello.jobs AS j "
					 "JOIN dwello.job_sites AS s ON s.job_id = j.id "
					 "WHERE j.id = $1");
	DwParams	p = DW_PARAMS;

	memset(draft, 0, sizeof(*draft));
	draft_take_job(job, draft);
	dw_param_uuid(&p, &job->id);
	if (dw_execute(&load_rest, &p) == 0)
		elog(ERROR, "job %s has no site", dw_uuid_text(&job->id));
	draft->description = dw_read_text(0, 1);
	draft->materials_description = dw_read_text(0, 2);
	draft->special_requirements = dw_read_text(0, 3);
	draft->post.longitude = dw_read_float8(0, 4);
	draft->post.latitude = dw_read_float8(0, 5);
	draft_load_requirements(draft);
	draft_load_milestones(draft);
}

/* Writes the row of the job. */
static void
draft_update_job(const DwDraft *draft, DwJob *job)
{
	static DwStatement update_job =
		DW_STATEMENT("UPDATE dwello.jobs SET category_id = $3, title = $4, "
					 "description = $5, location = "
					 "st_setsrid(st_makepoint($6, $7), 4326)::geography, "
					 "budget_min = $8, budget_max = $9, "
					 "urgency = $11::text::dwello.urgency, "
					 "is_emergency = $12, preferred_start_date = $13, "
					 "preferred_end_date = $14, "
					 "estimated_duration_hours = $15::bigint::integer, "
					 "materials_provided = $16, materials_description = $17, "
					 "expected_materials = $18, special_requirements = $19, "
					 "photos = COALESCE($20, photos), "
					 "bid_mode = $21::text::dwello.bid_mode, "
					 "scoring_method = $22::text::dwello.scoring_method, "
					 "weights = $23, requirement_bits = $24, "
					 "terms_version = $25, "
					 "version = version + 1 WHERE id = $1");
	DwParams	p = DW_PARAMS;

	param_draft(&p, draft);
	dw_param_int4(&p, job->terms_version);
	(void) dw_execute(&update_job, &p);
	job->version++;
}

/* Takes the site, the requirements or the plan away, to be written anew. */
static void
draft_remove(const DwDraft *draft, DwPostField field)
{
	static DwStatement delete_site =
		DW_STATEMENT("DELETE FROM dwello.job_sites WHERE job_id = $1");
	static DwStatement delete_requirements =
		DW_STATEMENT("DELETE FROM dwello.job_requirements "
					 "WHERE job_id = $1");
	static DwStatement delete_milestones =
		DW_STATEMENT("DELETE FROM dwello.job_milestones WHERE job_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &draft->id);
	if (field == DW_POST_STREET)
		(void) dw_execute(&delete_site, &p);
	else if (field == DW_POST_REQUIREMENTS)
		(void) dw_execute(&delete_requirements, &p);
	else
		(void) dw_execute(&delete_milestones, &p);
}

/* Writes the requirements of a draft. */
static void
draft_insert_requirements(const DwDraft *draft)
{
	for (int i = 0; i < draft->requirement_count; i++)
		draft_insert_requirement(draft, &draft->requirements[i]);
}

/* Writes the plan of a draft. */
static void
draft_insert_milestones(const DwDraft *draft)
{
	for (int i = 0; i < draft->milestone_count; i++)
		draft_insert_milestone(draft, i);
}

bool
dw_draft_insert(DwDraft *draft)
{
	draft->created_at = dw_now();
	if (!draft_insert_job(draft))
		return false;
	draft_insert_site(draft);
	draft_insert_requirements(draft);
	draft_insert_milestones(draft);
	return true;
}

void
dw_draft_update(DwDraft *draft, DwPostFields changed, DwJob *job)
{
	draft->created_at = dw_now();
	draft_update_job(draft, job);
	if ((changed & DW_POST_FIELD(DW_POST_STREET)) != 0)
	{
		draft_remove(draft, DW_POST_STREET);
		draft_insert_site(draft);
	}
	if ((changed & DW_POST_FIELD(DW_POST_REQUIREMENTS)) != 0)
	{
		draft_remove(draft, DW_POST_REQUIREMENTS);
		draft_insert_requirements(draft);
	}
	if ((changed & DW_POST_FIELD(DW_POST_MILESTONES)) != 0)
	{
		draft_remove(draft, DW_POST_MILESTONES);
		draft_insert_milestones(draft);
	}
	dw_job_list_children(job);
}
