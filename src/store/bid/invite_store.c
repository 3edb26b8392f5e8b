/*
 * invite_store.c
 *		Rows of dwello.job_invites.
 *
 * An index allows a provider one invitation to a job that is pending, and a
 * job one offer.  What ends with
 * its job says nothing: the event of the job does.
 */
#include "postgres.h"

#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/bid/bid_store.h"

static const DwColumn invite_columns[] = {
	DW_COLUMN(UUID, DwInvite, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwInvite, id, id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwInvite, homeowner_id, homeowner_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwInvite, provider_id, provider_id, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwInvite, message, message, DW_COLUMN_FIXED),
	DW_COLUMN_OR(INT8, DwInvite, amount, amount, DW_COLUMN_FIXED,
				 DW_INVITE_NO_AMOUNT),
	DW_COLUMN(CURRENCY, DwInvite, currency, currency,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN_OR(INT4, DwInvite, timeline_days, timeline_days,
				 DW_COLUMN_FIXED, DW_BID_NO_DAYS),
	DW_COLUMN_ENUM(offer_status, DwInvite, status, status, 0,
				   dw_offer_status_labels),
	DW_COLUMN(TIME, DwInvite, expires_at, expires_at,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(TIME, DwInvite, created_at, created_at, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwInvite, answered_at, answered_at, DW_COLUMN_NULLABLE)
};

static DwTable invites = DW_TABLE("job_invites", DwInvite, invite_columns);

bool
dw_invite_exists(const DwUuid *job_id, const DwUuid *provider_id)
{
	static DwStatement find_invite =
		DW_STATEMENT("SELECT true FROM dwello.job_invites AS i "
					 "WHERE i.job_id = $1 AND i.provider_id = $2 "
					 "AND i.status <> 'withdrawn' UNION ALL "
					 "SELECT true FROM dwello.bids AS b "
					 "WHERE b.job_id = $1 AND b.provider_id = $2 "
					 "AND b.status IN ('pending', 'accepted') "
					 "AND b.deleted_at IS NULL LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, provider_id);
	return dw_query(&find_invite, &p) > 0;
}

bool
dw_invite_find(const DwUuid *job_id, const DwUuid *provider_id,
			   DwInvite *invite)
{
	static DwTableQuery last =
		DW_TABLE_QUERY(invites, "WHERE t.job_id = $1 AND t.provider_id = $2 "
					   "ORDER BY t.created_at DESC, t.id DESC LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, provider_id);
	if (dw_table_execute(&last, &p) == 0)
		return false;
	dw_table_read(&invites, 0, invite);
	return true;
}

bool
dw_hire_find(const DwUuid *job_id, DwInvite *invite)
{
	static DwTableQuery pending =
		DW_TABLE_QUERY(invites, "WHERE t.job_id = $1 "
					   "AND t.status = 'pending' AND t.amount IS NOT NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	if (dw_table_execute(&pending, &p) == 0)
		return false;
	dw_table_read(&invites, 0, invite);
	return true;
}

int64
dw_invites_count(const DwUuid *job_id)
{
	static DwStatement count_invites =
		DW_STATEMENT("SELECT count(*) FROM dwello.job_invites AS i "
					 "WHERE i.job_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	(void) dw_execute(&count_invites, &p);
	return dw_read_only_int8(0);
}

void
dw_invite_insert(const DwInvite *invite)
{
	dw_table_insert(&invites, invite);
	dw_invite_emit(invite, invite->amount == DW_INVITE_NO_AMOUNT
				   ? "job_invited" : "job_offered", &invite->provider_id);
}

void
dw_invite_save(DwInvite *invite)
{
	invite->answered_at = dw_now();
	dw_table_update(&invites, invite);
}

void
dw_invite_emit(const DwInvite *invite, const char *type,
			   const DwUuid *recipient_id)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", &invite->job_id);
	dw_payload_uuid(&payload, "invite_id", &invite->id);
	dw_payload_uuid(&payload, "homeowner_id", &invite->homeowner_id);
	dw_payload_uuid(&payload, "provider_id", &invite->provider_id);
	dw_payload_uuid(&payload, "recipient_id", recipient_id);
	dw_payload_text(&payload, "message", invite->message);
	if (invite->amount != DW_INVITE_NO_AMOUNT)
	{
		dw_payload_int8(&payload, "amount", invite->amount);
		dw_payload_text(&payload, "currency", invite->currency);
	}
	dw_event_emit(&invite->job_id, "job", &invite->job_id, type, &payload);
}

void
dw_invites_list(DwCall *call, const DwUuid *after_id, int32 max_results)
{
	/* the jobs of the page are few, so what belongs to each is read with it */
	static DwStatement select_invites =
		DW_STATEMENT("SELECT i.id AS invite_id, i.status AS invite_status, "
					 "i.message, i.amount, i.timeline_days, "
					 "i.created_at AS invited_at, i.expires_at AS answer_by, "
					 "j.id AS job_id, j.category_id, j.title, j.description, "
					 "j.budget_min, j.budget_max, j.currency, j.urgency, "
					 "j.is_emergency, j.preferred_start_date, "
					 "j.preferred_end_date, j.estimated_duration_hours, "
					 "j.materials_provided, j.materials_description, "
					 "j.expected_materials, j.special_requirements, "
					 "j.photos, j.bid_mode, j.scoring_method, "
					 "j.is_invite_only, j.terms_version, j.expires_at, "
					 "st_x(j.location::geometry) AS longitude, "
					 "st_y(j.location::geometry) AS latitude, "
					 "(SELECT coalesce(jsonb_agg(jsonb_build_object("
					 "'requirement_type', r.requirement_type, "
					 "'requirement_value', r.requirement_value, "
					 "'is_mandatory', r.is_mandatory, 'weight', r.weight) "
					 "ORDER BY r.id), '[]') FROM dwello.job_requirements AS r "
					 "WHERE r.job_id = j.id) AS requirements, "
					 "(SELECT coalesce(jsonb_agg(jsonb_strip_nulls("
					 "jsonb_build_object('title', m.title, "
					 "'description', m.description, 'amount', m.amount, "
					 "'due_date', m.due_date, 'is_required', m.is_required)) "
					 "ORDER BY m.sort_order), '[]') "
					 "FROM dwello.job_milestones AS m "
					 "WHERE m.job_id = j.id) AS milestones "
					 "FROM dwello.job_invites AS i "
					 "JOIN dwello.jobs AS j ON j.id = i.job_id "
					 "AND j.status = 'open' AND j.deleted_at IS NULL "
					 "AND j.expires_at > $2 "
					 "WHERE i.provider_id = $1 AND i.status <> 'withdrawn' "
					 "AND ($3 IS NULL OR i.id < $3) "
					 "ORDER BY i.id DESC LIMIT $4");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &call->actor.user_id);
	dw_param_time(&p, dw_now());
	dw_param_uuid(&p, after_id);
	dw_param_int4(&p, max_results);
	dw_list_query(call, &select_invites, &p);
}

void
dw_invite_take_up(const DwBid *bid)
{
	DwInvite	invite;

	if (!dw_invite_find(&bid->job_id, &bid->provider_id, &invite) ||
		invite.status != DW_OFFER_PENDING)
		return;
	/* a bid is what was asked for, or another offer than the homeowner's */
	invite.status = invite.amount == DW_INVITE_NO_AMOUNT
		? DW_OFFER_ACCEPTED : DW_OFFER_COUNTERED;
	dw_invite_save(&invite);
}

#define END_PENDING \
	"UPDATE dwello.job_invites AS i SET status = 'expired', " \
	"answered_at = $1 "

void
dw_hires_overtake(const DwUuid *job_id)
{
	static DwStatement overtake =
		DW_STATEMENT(END_PENDING "WHERE i.job_id = $2 "
					 "AND i.status = 'pending' AND i.amount IS NOT NULL");
	DwParams	p = DW_PARAMS;

	dw_param_time(&p, dw_now());
	dw_param_uuid(&p, job_id);
	(void) dw_execute(&overtake, &p);
}

DwDue *
dw_hires_claim_overdue(int max_rows, int *count)
{
	static DwStatement find_hires =
		DW_STATEMENT("SELECT i.expires_at AS due, i.id, i.job_id "
					 "FROM dwello.job_invites AS i "
					 "WHERE i.status = 'pending' AND i.expires_at <= $1 "
					 "AND (i.expires_at, i.id) > ($2, $3) "
					 "ORDER BY i.expires_at, i.id LIMIT $4");

	return dw_due_claim(&find_hires, max_rows, count);
}

/* Those that a statement has ended. */
typedef struct Ended
{
	DwInvite   *rows;			/* in the order of their ids */
	int			count;			/* of them */
} Ended;

/* Orders them by id, for qsort: RETURNING has no order, events want one. */
static int
invite_compare(const void *a, const void *b)
{
	return dw_uuid_compare(&((const DwInvite *) a)->id,
						   &((const DwInvite *) b)->id);
}

/* Writes the events; work for dw_write_batch(). */
static void
emit_expired(void *argument)
{
	const Ended *ended = argument;

	for (int i = 0; i < ended->count; i++)
		dw_invite_emit(&ended->rows[i], "offer_expired",
					   &ended->rows[i].homeowner_id);
}

int
dw_hires_expire(const DwDue *due, int count)
{
	/* the condition is asked again: it may have been answered meanwhile */
	static DwStatement expire =
		DW_STATEMENT(END_PENDING "FROM unnest($2, $3) AS d (job_id, id) "
					 "WHERE i.job_id = d.job_id AND i.id = d.id "
					 "AND i.status = 'pending' AND i.expires_at <= $1 "
					 "RETURNING i AS invite");
	DwUuid	   *jobs = palloc_array(DwUuid, Max(count, 1));
	DwUuid	   *ids = palloc_array(DwUuid, Max(count, 1));
	DwParams	p = DW_PARAMS;
	Ended		ended;

	for (int i = 0; i < count; i++)
	{
		jobs[i] = due[i].job_id;
		ids[i] = due[i].id;
	}
	dw_param_time(&p, dw_now());
	dw_param_uuids(&p, jobs, count);
	dw_param_uuids(&p, ids, count);
	ended.count = (int) dw_execute(&expire, &p);
	ended.rows = palloc_array(DwInvite, Max(ended.count, 1));
	for (int i = 0; i < ended.count; i++)
		dw_table_read_as(&invites, i, "invite", &ended.rows[i]);
	qsort(ended.rows, ended.count, sizeof(DwInvite), invite_compare);
	if (ended.count > 0)
		dw_write_batch(emit_expired, &ended);
	return ended.count;
}
