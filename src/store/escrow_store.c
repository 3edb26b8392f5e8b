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
#include "store/record_store.h"
#include "store/setting_store.h"

/* Two whole rows, and the steps of the fee, which fee_store.c reads. */
#define ESCROW_COLUMNS "e, m, e.fee_steps "
#define ESCROW_FROM \
	"FROM dwello.escrow_accounts AS e " \
	"JOIN dwello.job_milestones AS m ON m.job_id = e.job_id " \
	"WHERE e.job_id = $1 ORDER BY m.sort_order"

/* Positions in ESCROW_COLUMNS. */
enum
{
	RESULT_ESCROW = 1,
	RESULT_MILESTONE,
	RESULT_STEPS
};

/* What is read of an escrow's row. */
enum
{
	COLUMN_HOMEOWNER,
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
	COLUMN_PROMO,
	COLUMN_PROMO_MAX,
	COLUMN_PSP,
	COLUMN_TRANSITIONS,
	COLUMN_HASH
};

/* Their names. */
static const char *const escrow_columns[] = {
	[COLUMN_HOMEOWNER] = "homeowner_id",
	[COLUMN_PROVIDER] = "provider_id",
	[COLUMN_SCHEDULE] = "fee_schedule_id",
	[COLUMN_STATUS] = "status",
	[COLUMN_CURRENCY] = "currency",
	[COLUMN_FROZEN] = "is_frozen",
	[COLUMN_VERSION] = "version",
	[COLUMN_CONTRACT] = "contract_amount",
	[COLUMN_FUNDED] = "funded",
	[COLUMN_HELD] = "held",
	[COLUMN_RELEASED] = "released",
	[COLUMN_REFUNDED] = "refunded",
	[COLUMN_CHARGED_BACK] = "charged_back",
	[COLUMN_DISPUTED] = "disputed",
	[COLUMN_FEE_TAKEN] = "fee_taken",
	[COLUMN_TAX_TAKEN] = "tax_taken",
	[COLUMN_PAYER] = "fee_payer",
	[COLUMN_RATE] = "fee_rate_ppm",
	[COLUMN_FIXED] = "fee_fixed",
	[COLUMN_MIN] = "fee_min",
	[COLUMN_MAX] = "fee_max",
	[COLUMN_TAX_RATE] = "fee_tax_ppm",
	[COLUMN_PROMO] = "promo_ppm",
	[COLUMN_PROMO_MAX] = "promo_max",
	[COLUMN_PSP] = "psp",
	[COLUMN_TRANSITIONS] = "transition_count",
	[COLUMN_HASH] = "last_hash"
};

/* What is read of a milestone's row, in the order of read_milestone(). */
static const char *const milestone_columns[] = {
	"id", "status", "sort_order", "is_required", "amount", "funded",
	"released", "refunded", "disputed", "version", "dispute_id",
	"status_before"
};

#define MILESTONE_VERSION 9		/* position in milestone_columns */

/* Reads the terms that were frozen when the escrow was opened. */
static void
read_terms(const DwRecord *record, DwFeeTerms *terms)
{
	if (!dw_fee_payer_parse(dw_record_label(record, COLUMN_PAYER),
							&terms->payer))
		elog(ERROR, "escrow has an unknown fee payer");
	terms->rate_ppm = dw_record_int4(record, COLUMN_RATE);
	terms->fixed = dw_record_int8(record, COLUMN_FIXED);
	terms->min_fee = dw_record_int8(record, COLUMN_MIN);
	terms->max_fee = record->nulls[COLUMN_MAX]
		? DW_FEE_NO_MAX : dw_record_int8(record, COLUMN_MAX);
	terms->tax_ppm = dw_record_int4(record, COLUMN_TAX_RATE);
	dw_fee_steps_read(0, RESULT_STEPS, terms);
	terms->promo_ppm = dw_record_int4(record, COLUMN_PROMO);
	terms->promo_max = record->nulls[COLUMN_PROMO_MAX]
		? DW_FEE_NO_MAX : dw_record_int8(record, COLUMN_PROMO_MAX);
}

/* Reads state and amounts. */
static void
read_escrow(const DwRecord *record, DwEscrow *escrow)
{
	if (!dw_escrow_status_parse(dw_record_label(record, COLUMN_STATUS),
								&escrow->status))
		elog(ERROR, "escrow has an unknown status");
	strlcpy(escrow->currency, dw_record_text(record, COLUMN_CURRENCY),
			sizeof(escrow->currency));
	escrow->frozen = dw_record_bool(record, COLUMN_FROZEN);
	escrow->version = dw_record_int4(record, COLUMN_VERSION);
	escrow->contract_amount = dw_record_int8(record, COLUMN_CONTRACT);
	escrow->pending = 0;		/* the caller reads a pending payment */
	escrow->funded = dw_record_int8(record, COLUMN_FUNDED);
	escrow->held = dw_record_int8(record, COLUMN_HELD);
	escrow->released = dw_record_int8(record, COLUMN_RELEASED);
	escrow->refunded = dw_record_int8(record, COLUMN_REFUNDED);
	escrow->charged_back = dw_record_int8(record, COLUMN_CHARGED_BACK);
	escrow->disputed = dw_record_int8(record, COLUMN_DISPUTED);
	escrow->fee_taken = dw_record_int8(record, COLUMN_FEE_TAKEN);
	escrow->tax_taken = dw_record_int8(record, COLUMN_TAX_TAKEN);
	read_terms(record, &escrow->terms);
}

/* Reads a milestone. */
static void
read_milestone(const DwRecord *record, DwMilestone *milestone)
{
	memset(milestone, 0, sizeof(*milestone));
	(void) dw_record_uuid(record, 0, &milestone->id);
	if (!dw_milestone_status_parse(dw_record_label(record, 1),
								   &milestone->status))
		elog(ERROR, "milestone has an unknown status");
	milestone->sort_order = dw_record_int4(record, 2);
	milestone->is_required = dw_record_bool(record, 3);
	milestone->amount = dw_record_int8(record, 4);
	milestone->funded = dw_record_int8(record, 5);
	milestone->released = dw_record_int8(record, 6);
	milestone->refunded = dw_record_int8(record, 7);
	milestone->disputed = dw_record_int8(record, 8);
	if (dw_record_uuid(record, 10, &milestone->dispute_id) &&
		!dw_milestone_status_parse(dw_record_label(record, 11),
								   &milestone->status_before))
		elog(ERROR, "milestone has an unknown status before its dispute");
}

/* Reads all milestones of the last result. */
static void
read_milestones(DwEscrowRow *row, uint64 count)
{
	static DwShape shape = DW_SHAPE(milestone_columns);
	DwRecord	record;

	row->milestone_count = (int) count;
	row->milestones = palloc(count * sizeof(DwMilestone));
	row->stored = palloc(count * sizeof(DwMilestone));
	row->milestone_versions = palloc(count * sizeof(int32));
	for (uint64 i = 0; i < count; i++)
	{
		dw_record_read(&record, &shape, i, RESULT_MILESTONE);
		read_milestone(&record, &row->milestones[i]);
		row->milestone_versions[i] = dw_record_int4(&record,
													MILESTONE_VERSION);
	}
	memcpy(row->stored, row->milestones, count * sizeof(DwMilestone));
}

/* Reads the end of the chain, unless it has not begun. */
static void
read_hash(const DwRecord *record, DwEscrowRow *row)
{
	row->has_hash = !record->nulls[COLUMN_HASH];
	if (row->has_hash)
		memcpy(row->last_hash,
			   VARDATA_ANY(DatumGetByteaPP(record->values[COLUMN_HASH])),
			   DW_HASH_BYTES);
}

/* Reads the last result; false when it is empty. */
static bool
read_row(const DwUuid *job_id, uint64 count, DwEscrowRow *row)
{
	static DwShape shape = DW_SHAPE(escrow_columns);
	DwRecord	record;

	if (count == 0)
		return false;
	memset(row, 0, sizeof(*row));
	row->job_id = *job_id;
	dw_record_read(&record, &shape, 0, RESULT_ESCROW);
	(void) dw_record_uuid(&record, COLUMN_HOMEOWNER, &row->homeowner_id);
	(void) dw_record_uuid(&record, COLUMN_PROVIDER, &row->provider_id);
	(void) dw_record_uuid(&record, COLUMN_SCHEDULE, &row->fee_schedule_id);
	read_escrow(&record, &row->escrow);
	row->psp = dw_record_text(&record, COLUMN_PSP);
	row->transition_count = dw_record_int4(&record, COLUMN_TRANSITIONS);
	read_hash(&record, row);
	read_milestones(row, count);
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
