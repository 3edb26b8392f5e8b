/*
 * post_store.c
 *		What was posted: the job, its site, its requirements and its plan.
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

#include "utils/date.h"
#include "utils/datetime.h"

#include "core/geo/geo.h"
#include "server/crypto/crypto_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/job/job_store.h"

/* What a homeowner says of the work; the rest is in job_store.c. */
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
	DW_COLUMN_LABEL(scoring_method, DwDraft, scoring_method, scoring_method,
					0),
	DW_COLUMN(JSONB, DwDraft, weights, stored_weights, 0),
	DW_COLUMN(INT8, DwDraft, requirement_bits, requirement_bits, 0),
	DW_COLUMN(INT4, DwDraft, terms_version, terms_version, DW_COLUMN_BORN),
	DW_COLUMN(INT4, DwDraft, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED),
	DW_COLUMN(TIME, DwDraft, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable drafts = DW_TABLE("jobs", DwDraft, draft_columns);

/* The exact place of a job. */
typedef struct Site
{
	DwUuid		job_id;			/* whose */
	DwUuid		homeowner_id;	/* of the job */
	DwDegrees	place;			/* exact */
	bytea	   *street;			/* sealed for this row, or NULL */
} Site;

static const DwColumn site_columns[] = {
	DW_COLUMN(UUID, Site, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, Site, homeowner_id, homeowner_id, DW_COLUMN_FIXED),
	DW_COLUMN(POINT, Site, location, place, 0),
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
	DwPostMilestone post;		/* its words; the amount as posted */
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
	DW_COLUMN(INT8, Milestone, funded, funded, 0),
	DW_COLUMN_ENUM(milestone_status, Milestone, status, status, 0,
				   dw_milestone_status_labels),
	DW_COLUMN(INT4, Milestone, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED),
	DW_COLUMN(TIME, Milestone, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable milestones =
DW_TABLE("job_milestones", Milestone, milestone_columns);

static const DwColumn address_fields[] = {
	DW_FIELD(UUID, Site, id, job_id),
	DW_FIELD(BYTEA, Site, street, street)
};

static DwMap addresses = DW_MAP(address_fields);

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

char *
dw_draft_street(const DwUuid *user_id, const DwDegrees *place)
{
	static DwStatement find_address =
		DW_STATEMENT("SELECT a.id, a.street "
					 "FROM dwello.user_addresses AS a "
					 "WHERE a.user_id = $1 "
					 "AND st_dwithin(a.location, $2, 100, false) "
					 "ORDER BY st_distance(a.location, $2, false), a.id "
					 "LIMIT 1");
	DwParams	p = DW_PARAMS;
	Site		address;

	dw_param_uuid(&p, user_id);
	dw_param_point(&p, place);
	if (dw_execute(&find_address, &p) == 0)
		return NULL;
	dw_map_read(&addresses, 0, &address);
	return dw_unseal(DW_SEAL_STREET, &address.job_id, address.street);
}

/* Fills the columns that follow from the rest of a draft. */
static void
draft_derive(DwDraft *draft)
{
	draft->rounded = dw_degrees_round(&draft->post.place);
	draft->stored_weights = draft->has_weights
		? dw_weights_store(&draft->weights) : (Datum) 0;
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

/* The exact place of a draft, with its street sealed. */
static Site
site_of(const DwDraft *draft)
{
	Site		site = {
		.job_id = draft->id,
		.homeowner_id = draft->homeowner_id,
		.place = draft->post.place,
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
	draft->has_weights = dw_weights_read(draft->stored_weights,
										 &draft->weights);
	if (dw_table_execute(&site_of_job, &p) == 0)
		elog(ERROR, "job %s has no site", dw_uuid_text(id));
	dw_table_read(&sites, 0, &site);
	draft->post.place = site.place;
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
		Site		site = site_of(draft);

		dw_table_update(&sites, &site);
	}
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

/* Makes the places free, and gives the rows of the old plan in order. */
static DwUuid *
make_room(const DwUuid *job_id, int *count)
{
	static DwStatement move_up =
		DW_STATEMENT("UPDATE dwello.job_milestones "
					 "SET sort_order = sort_order + $2 WHERE job_id = $1");
	static DwStatement select_old =
		DW_STATEMENT("SELECT m.id FROM dwello.job_milestones AS m "
					 "WHERE m.job_id = $1 AND m.status <> 'cancelled' "
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

/* Ends a row of the old plan that the new one has no place for. */
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
	return row;
}

void
dw_plan_replace(DwPlan *plan)
{
	int			old_count;
	DwUuid	   *old = make_room(&plan->job_id, &old_count);

	for (int i = plan->count; i < old_count; i++)
		drop_milestone(plan, &old[i]);
	for (int i = 0; i < plan->count; i++)
	{
		DwMilestone *milestone = &plan->milestones[i];
		bool		is_kept = i < old_count;
		Milestone	row;

		milestone->sort_order = i + 1;
		milestone->id = is_kept ? old[i] : dw_uuid_fresh();
		row = milestone_of(plan, i);
		if (is_kept)
			dw_table_update(&milestones, &row);
		else
			dw_table_insert(&milestones, &row);
	}
}
