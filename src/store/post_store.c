/*
 * post_store.c
 *		Writes a new draft: the job, its site, requirements, milestones.
 *
 * The job's own row has the place rounded to 0.01 degree, which is what
 * strangers see and what distances are taken from; the exact one is in
 * job_sites, with the street sealed for that row.
 */
#include "postgres.h"

#include "utils/date.h"

#include "core/geo.h"
#include "store/crypto_store.h"
#include "store/job_store.h"
#include "store/plan_store.h"
#include "store/post_store.h"
#include "store/setting_store.h"

/* The street of the user's address nearby; see the header. */
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

/* Writes the row of the job; false when the id is taken. */
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
					 "bid_mode, scoring_method, weights, created_at) "
					 "VALUES ($1, $2, $3, $4, $5, "
					 "st_setsrid(st_makepoint($6, $7), 4326)::geography, "
					 "$8, $9, $10, $11::text::dwello.urgency, $12, $13, $14, "
					 "$15::bigint::integer, $16, $17, $18, $19, $20, "
					 "$21::text::dwello.bid_mode, "
					 "$22::text::dwello.scoring_method, $23, $24) "
					 "ON CONFLICT (id) DO NOTHING");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &draft->id);
	dw_param_uuid(&p, &draft->homeowner_id);
	dw_param_uuid(&p, &draft->category_id);
	dw_param_text(&p, draft->title);
	dw_param_text(&p, draft->description);
	dw_param_float8(&p, dw_geo_round(draft->post.longitude));
	dw_param_float8(&p, dw_geo_round(draft->post.latitude));
	param_amount(&p, draft->post.budget_min);
	param_amount(&p, draft->post.budget_max);
	dw_param_text(&p, draft->post.currency);
	dw_param_text(&p, draft->urgency);
	dw_param_bool(&p, draft->is_emergency);
	param_date(&p, draft->post.start_date);
	param_date(&p, draft->post.end_date);
	param_amount(&p, draft->post.hours);
	dw_param_bool(&p, draft->materials_provided);
	dw_param_text(&p, draft->materials_description);
	param_amount(&p, draft->post.expected_materials);
	dw_param_text(&p, draft->special_requirements);
	dw_param_datum(&p, TEXTARRAYOID, draft->photos, false);
	dw_param_text(&p, draft->bid_mode);
	dw_param_text(&p, draft->scoring_method);
	dw_param_weights(&p, draft->has_weights ? &draft->weights : NULL);
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

/* Writes everything; see the header. */
bool
dw_draft_insert(DwDraft *draft)
{
	draft->created_at = dw_now();
	if (!draft_insert_job(draft))
		return false;
	draft_insert_site(draft);
	for (int i = 0; i < draft->requirement_count; i++)
		draft_insert_requirement(draft, &draft->requirements[i]);
	for (int i = 0; i < draft->milestone_count; i++)
		draft_insert_milestone(draft, i);
	return true;
}
