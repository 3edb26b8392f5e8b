/*
 * escrow_store.c
 *		The escrow of a job: its row, its milestones, its history.
 *
 * One statement loads the escrow with its milestones.  Milestones are
 * written one statement each, but only those that changed: a release moves
 * one or two.
 */
#include "postgres.h"

#include "store/escrow_store.h"
#include "store/fee_store.h"
#include "store/plan_store.h"
#include "store/setting_store.h"

#define ESCROW_COLUMNS \
	"e.homeowner_id, e.provider_id, e.fee_schedule_id, e.status::text, " \
	"e.currency, e.is_frozen, e.version, e.contract_amount, e.funded, " \
	"e.held, e.released, e.refunded, e.charged_back, e.disputed, " \
	"e.fee_taken, e.tax_taken, e.fee_payer::text, e.fee_rate_ppm, " \
	"e.fee_fixed, e.fee_min, e.fee_max, e.fee_tax_ppm, e.fee_steps, " \
	"e.promo_ppm, e.promo_max, e.psp, " \
	"e.transition_count, e.last_hash, m.id, m.status::text, m.sort_order, " \
	"m.is_required, m.amount, m.funded, m.released, m.refunded, " \
	"m.disputed, m.version, m.dispute_id, m.status_before::text "
#define ESCROW_FROM \
	"FROM dwello.escrow_accounts AS e " \
	"JOIN dwello.job_milestones AS m ON m.job_id = e.job_id " \
	"WHERE e.job_id = $1 ORDER BY m.sort_order"

/* Positions in ESCROW_COLUMNS. */
enum
{
	COLUMN_HOMEOWNER = 1,
	COLUMN_PROVIDER,
	COLUMN_SCHEDULE,
	COLUMN_STATUS,
	COLUMN_CURRENCY,
	COLUMN_FROZEN,
	COLUMN_VERSION,
	COLUMN_CONTRACT,
	COLUMN_FUNDED,
	COLUMN_HELD,
	COLUMN_RELEASED,
	COLUMN_REFUNDED,
	COLUMN_CHARGED_BACK,
	COLUMN_DISPUTED,
	COLUMN_FEE_TAKEN,
	COLUMN_TAX_TAKEN,
	COLUMN_PAYER,
	COLUMN_RATE,
	COLUMN_FIXED,
	COLUMN_MIN,
	COLUMN_MAX,
	COLUMN_TAX_RATE,
	COLUMN_STEPS,
	COLUMN_PROMO,
	COLUMN_PROMO_MAX,
	COLUMN_PSP,
	COLUMN_TRANSITIONS,
	COLUMN_HASH,
	COLUMN_MILESTONE
};

/* Reads the terms that were frozen when the escrow was opened. */
static void
read_terms(DwFeeTerms *terms)
{
	if (!dw_fee_payer_parse(dw_read_text(0, COLUMN_PAYER), &terms->payer))
		elog(ERROR, "escrow has an unknown fee payer");
	terms->rate_ppm = dw_read_int4(0, COLUMN_RATE);
	terms->fixed = dw_read_int8(0, COLUMN_FIXED);
	terms->min_fee = dw_read_int8(0, COLUMN_MIN);
	terms->max_fee = dw_read_null(0, COLUMN_MAX)
		? DW_FEE_NO_MAX : dw_read_int8(0, COLUMN_MAX);
	terms->tax_ppm = dw_read_int4(0, COLUMN_TAX_RATE);
	dw_fee_steps_read(0, COLUMN_STEPS, terms);
	terms->promo_ppm = dw_read_int4(0, COLUMN_PROMO);
	terms->promo_max = dw_read_null(0, COLUMN_PROMO_MAX)
		? DW_FEE_NO_MAX : dw_read_int8(0, COLUMN_PROMO_MAX);
}

/* Reads state and amounts. */
static void
read_escrow(DwEscrow *escrow)
{
	if (!dw_escrow_status_parse(dw_read_text(0, COLUMN_STATUS),
								&escrow->status))
		elog(ERROR, "escrow has an unknown status");
	strlcpy(escrow->currency, dw_read_text(0, COLUMN_CURRENCY),
			sizeof(escrow->currency));
	escrow->frozen = dw_read_bool(0, COLUMN_FROZEN);
	escrow->version = dw_read_int4(0, COLUMN_VERSION);
	escrow->contract_amount = dw_read_int8(0, COLUMN_CONTRACT);
	escrow->pending = 0;		/* the caller reads a pending payment */
	escrow->funded = dw_read_int8(0, COLUMN_FUNDED);
	escrow->held = dw_read_int8(0, COLUMN_HELD);
	escrow->released = dw_read_int8(0, COLUMN_RELEASED);
	escrow->refunded = dw_read_int8(0, COLUMN_REFUNDED);
	escrow->charged_back = dw_read_int8(0, COLUMN_CHARGED_BACK);
	escrow->disputed = dw_read_int8(0, COLUMN_DISPUTED);
	escrow->fee_taken = dw_read_int8(0, COLUMN_FEE_TAKEN);
	escrow->tax_taken = dw_read_int8(0, COLUMN_TAX_TAKEN);
	read_terms(&escrow->terms);
}

/* Reads a milestone whose columns begin at `first`. */
static void
read_milestone(uint64 index, int first, DwMilestone *milestone)
{
	memset(milestone, 0, sizeof(*milestone));
	(void) dw_read_uuid(index, first, &milestone->id);
	if (!dw_milestone_status_parse(dw_read_text(index, first + 1),
								   &milestone->status))
		elog(ERROR, "milestone has an unknown status");
	milestone->sort_order = dw_read_int4(index, first + 2);
	milestone->is_required = dw_read_bool(index, first + 3);
	milestone->amount = dw_read_int8(index, first + 4);
	milestone->funded = dw_read_int8(index, first + 5);
	milestone->released = dw_read_int8(index, first + 6);
	milestone->refunded = dw_read_int8(index, first + 7);
	milestone->disputed = dw_read_int8(index, first + 8);
	if (dw_read_uuid(index, first + 10, &milestone->dispute_id) &&
		!dw_milestone_status_parse(dw_read_text(index, first + 11),
								   &milestone->status_before))
		elog(ERROR, "milestone has an unknown status before its dispute");
}

/* Reads all milestones of the last result. */
static void
read_milestones(DwEscrowRow *row, uint64 count, int first)
{
	row->milestone_count = (int) count;
	row->milestones = palloc(count * sizeof(DwMilestone));
	row->stored = palloc(count * sizeof(DwMilestone));
	row->milestone_versions = palloc(count * sizeof(int32));
	for (uint64 i = 0; i < count; i++)
	{
		read_milestone(i, first, &row->milestones[i]);
		row->milestone_versions[i] = dw_read_int4(i, first + 9);
	}
	memcpy(row->stored, row->milestones, count * sizeof(DwMilestone));
}

/* Reads the last result; false when it is empty. */
static bool
read_row(const DwUuid *job_id, uint64 count, DwEscrowRow *row)
{
	bytea	   *hash;

	if (count == 0)
		return false;
	memset(row, 0, sizeof(*row));
	row->job_id = *job_id;
	(void) dw_read_uuid(0, COLUMN_HOMEOWNER, &row->homeowner_id);
	(void) dw_read_uuid(0, COLUMN_PROVIDER, &row->provider_id);
	(void) dw_read_uuid(0, COLUMN_SCHEDULE, &row->fee_schedule_id);
	read_escrow(&row->escrow);
	row->psp = dw_read_text(0, COLUMN_PSP);
	row->transition_count = dw_read_int4(0, COLUMN_TRANSITIONS);
	hash = dw_read_bytea(0, COLUMN_HASH);
	row->has_hash = hash != NULL;
	if (row->has_hash)
		memcpy(row->last_hash, VARDATA_ANY(hash), DW_HASH_BYTES);
	read_milestones(row, count, COLUMN_MILESTONE);
	return true;
}

/* Locks and loads; see the header. */
bool
dw_escrow_lock(const DwUuid *job_id, DwEscrowRow *row)
{
	static DwStatement select_locked =
		DW_STATEMENT("SELECT " ESCROW_COLUMNS ESCROW_FROM " FOR UPDATE OF e");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	return read_row(job_id, dw_execute(&select_locked, &p), row);
}

/* Loads without a lock, in the caller's snapshot; see the header. */
bool
dw_escrow_load(const DwUuid *job_id, DwEscrowRow *row)
{
	static DwStatement select_escrow =
		DW_STATEMENT("SELECT " ESCROW_COLUMNS ESCROW_FROM);
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	return read_row(job_id, dw_query(&select_escrow, &p), row);
}

/* The stored row version of a milestone of the row. */
int32
dw_escrow_milestone_version(const DwEscrowRow *row,
							const DwMilestone *milestone)
{
	return row->milestone_versions[milestone - row->milestones];
}

/* Writes what a decision may change of the escrow's own row. */
static void
update_escrow(const DwEscrowRow *row)
{
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.escrow_accounts SET "
					 "status = $2::text::dwello.escrow_status, funded = $3, "
					 "held = $4, released = $5, refunded = $6, "
					 "charged_back = $7, disputed = $8, fee_taken = $9, "
					 "tax_taken = $10, is_frozen = $11, psp = $12, "
					 "transition_count = $13, last_hash = $14, version = $15 "
					 "WHERE job_id = $1");
	const DwEscrow *escrow = &row->escrow;
	DwParams	p = DW_PARAMS;

	if (!dw_escrow_is_sound(escrow))
		elog(ERROR, "escrow of job %s would not add up",
			 dw_uuid_text(&row->job_id));
	dw_param_uuid(&p, &row->job_id);
	dw_param_text(&p, dw_escrow_status_label(escrow->status));
	dw_param_int8(&p, escrow->funded);
	dw_param_int8(&p, escrow->held);
	dw_param_int8(&p, escrow->released);
	dw_param_int8(&p, escrow->refunded);
	dw_param_int8(&p, escrow->charged_back);
	dw_param_int8(&p, escrow->disputed);
	dw_param_int8(&p, escrow->fee_taken);
	dw_param_int8(&p, escrow->tax_taken);
	dw_param_bool(&p, escrow->frozen);
	dw_param_text(&p, row->psp);
	dw_param_int4(&p, row->transition_count);
	dw_param_bytes(&p, row->has_hash ? row->last_hash : NULL, DW_HASH_BYTES);
	dw_param_int4(&p, escrow->version);
	(void) dw_execute(&update, &p);
}

/* True when a decision left the milestone as it is stored. */
static bool
milestone_is_stored(const DwMilestone *now, const DwMilestone *stored)
{
	return now->status == stored->status && now->funded == stored->funded &&
		now->released == stored->released &&
		now->refunded == stored->refunded &&
		now->disputed == stored->disputed;
}

/* Writes one milestone of the row, and when it was over. */
static void
update_milestone(DwEscrowRow *row, int index)
{
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.job_milestones SET "
					 "status = $3::text::dwello.milestone_status, "
					 "funded = $4, released = $5, refunded = $6, "
					 "disputed = $7, version = $8, "
					 "completed_at = CASE WHEN $9 "
					 "THEN COALESCE(completed_at, $10) END, "
					 "auto_release_at = CASE WHEN $11 "
					 "THEN auto_release_at END, "
					 "dispute_id = $12, "
					 "status_before = $13::text::dwello.milestone_status "
					 "WHERE job_id = $1 AND id = $2");
	const DwMilestone *milestone = &row->milestones[index];
	bool		disputed = milestone->status == DW_MILESTONE_DISPUTED;
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &row->job_id);
	dw_param_uuid(&p, &milestone->id);
	dw_param_text(&p, dw_milestone_status_label(milestone->status));
	dw_param_int8(&p, milestone->funded);
	dw_param_int8(&p, milestone->released);
	dw_param_int8(&p, milestone->refunded);
	dw_param_int8(&p, milestone->disputed);
	dw_param_int4(&p, ++row->milestone_versions[index]);
	dw_param_bool(&p, milestone->status == DW_MILESTONE_RELEASED ||
				  milestone->status == DW_MILESTONE_REFUNDED);
	dw_param_time(&p, dw_now());
	dw_param_bool(&p, milestone->status == DW_MILESTONE_SUBMITTED ||
				  (disputed &&
				   milestone->status_before == DW_MILESTONE_SUBMITTED));
	dw_param_uuid(&p, disputed ? &milestone->dispute_id : NULL);
	dw_param_text(&p, disputed
				  ? dw_milestone_status_label(milestone->status_before)
				  : NULL);
	(void) dw_execute(&update, &p);
	row->stored[index] = *milestone;
}

/* Writes the milestones that a decision changed. */
void
dw_escrow_save_milestones(DwEscrowRow *row)
{
	for (int i = 0; i < row->milestone_count; i++)
		if (!milestone_is_stored(&row->milestones[i], &row->stored[i]))
			update_milestone(row, i);
}

/* Writes a decision; see the header. */
void
dw_escrow_apply(DwEscrowRow *row, const DwTransition *transition)
{
	if (!dw_machine_permits(dw_escrow_machine(), transition->from,
							transition->event, transition->actor.kind,
							row->escrow.status))
		elog(ERROR, "no rule takes an escrow from %s to %s by %s",
			 dw_escrow_status_label(transition->from),
			 dw_escrow_status_label(row->escrow.status),
			 dw_escrow_event_label(transition->event));
	row->transition_count++;
	if (transition->event != DW_ESCROW_EVENT_SUBMIT &&
		transition->event != DW_ESCROW_EVENT_REQUEST_CHANGES)
		row->escrow.version++;
	update_escrow(row);
	dw_escrow_save_milestones(row);
	dw_escrow_record(row, transition);
}

/* Writes the escrow's row alone; see the header. */
void
dw_escrow_save(const DwEscrowRow *row)
{
	update_escrow(row);
}

/* Appends a transition to the history; see the header. */
void
dw_escrow_record(const DwEscrowRow *row, const DwTransition *transition)
{
	static DwStatement insert =
		DW_STATEMENT("INSERT INTO dwello.escrow_events (job_id, seq, "
					 "homeowner_id, provider_id, event, actor_id, "
					 "actor_role, from_status, to_status, transaction_id, "
					 "created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, "
					 "$8::text::dwello.escrow_status, "
					 "$9::text::dwello.escrow_status, $10, $11)");
	bool		opens = transition->event == DW_ESCROW_EVENT_OPEN;
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &row->job_id);
	dw_param_int4(&p, row->transition_count);
	dw_param_uuid(&p, &row->homeowner_id);
	dw_param_uuid(&p, &row->provider_id);
	dw_param_text(&p, dw_escrow_event_label(transition->event));
	dw_param_uuid(&p, &transition->actor.user_id);
	dw_param_text(&p, dw_actor_label(transition->actor.kind));
	dw_param_text(&p, opens ? NULL
				  : dw_escrow_status_label(transition->from));
	dw_param_text(&p, dw_escrow_status_label(row->escrow.status));
	dw_param_uuid(&p, transition->transaction_id);
	dw_param_time(&p, dw_now());
	(void) dw_execute(&insert, &p);
}

/* Writes what a provider delivered, and starts the clock. */
void
dw_escrow_deliver(DwEscrowRow *row, const DwMilestone *milestone,
				  const DwDelivery *delivery)
{
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.job_milestones SET notes = $3, "
					 "photos = $4, submitted_at = $5, auto_release_at = $6, "
					 "status = $7::text::dwello.milestone_status, "
					 "version = $8 WHERE job_id = $1 AND id = $2");
	int			index = (int) (milestone - row->milestones);
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &row->job_id);
	dw_param_uuid(&p, &milestone->id);
	dw_param_text(&p, delivery->notes);
	dw_param_datum(&p, TEXTARRAYOID, delivery->photos, false);
	dw_param_time(&p, delivery->submitted_at);
	dw_param_time(&p, delivery->auto_release_at);
	dw_param_text(&p, dw_milestone_status_label(milestone->status));
	dw_param_int4(&p, ++row->milestone_versions[index]);
	(void) dw_execute(&update, &p);
	row->stored[index] = *milestone;
}
