/*
 * settle_store.c
 *		Writes the escrow of a job: its row, its milestones, its history.
 *
 * Milestones are written only where they changed: a release moves one or two.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/escrow/escrow_store.h"

/* Writes what a decision may change of the escrow's own row. */
static void
update_escrow(const DwEscrowRow *row)
{
	static DwWrite update =
		DW_WRITE("UPDATE dwello.escrow_accounts AS e SET "
				 "status = r.status::dwello.escrow_status, "
				 "funded = r.funded, held = r.held, released = r.released, "
				 "refunded = r.refunded, charged_back = r.charged_back, "
				 "disputed = r.disputed, fee_taken = r.fee_taken, "
				 "tax_taken = r.tax_taken, is_frozen = r.is_frozen, "
				 "psp = r.psp, transition_count = r.transition_count, "
				 "last_hash = r.last_hash, version = r.version, "
				 "updated_at = r.now "
				 "FROM " DW_ROWS "(job_id, status, funded, held, released, "
				 "refunded, charged_back, disputed, fee_taken, tax_taken, "
				 "is_frozen, psp, transition_count, last_hash, version, now) "
				 "WHERE e.job_id = r.job_id");
	const DwEscrow *escrow = &row->escrow;
	DwParams	p = DW_PARAMS;

	if (!dw_escrow_is_valid(escrow))
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
	dw_param_bytes(&p, row->chain_end.has_link ? row->chain_end.hash : NULL,
				   DW_HASH_BYTES);
	dw_param_int4(&p, escrow->version);
	dw_param_time(&p, dw_now());
	dw_write(&update, &p);
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
	static DwWrite update =
		DW_WRITE("UPDATE dwello.job_milestones AS m SET "
				 "status = r.status::dwello.milestone_status, "
				 "funded = r.funded, released = r.released, "
				 "refunded = r.refunded, disputed = r.disputed, "
				 "version = r.version, updated_at = r.now, "
				 "completed_at = CASE WHEN r.is_over "
				 "THEN COALESCE(m.completed_at, r.now) END, "
				 "auto_release_at = CASE WHEN r.is_clock_on "
				 "THEN m.auto_release_at END, "
				 "dispute_id = r.dispute_id, "
				 "status_before = r.status_before::dwello.milestone_status "
				 "FROM " DW_ROWS "(job_id, id, status, funded, released, "
				 "refunded, disputed, version, is_over, now, is_clock_on, "
				 "dispute_id, status_before) "
				 "WHERE m.job_id = r.job_id AND m.id = r.id");
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
	dw_write(&update, &p);
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

/* Counts a decision and records its event; see the header. */
void
dw_escrow_advance(DwEscrowRow *row, const DwTransition *transition)
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
	dw_escrow_record(row, transition);
}

/* Writes the rows that decisions have changed; see the header. */
void
dw_escrow_settle(DwEscrowRow *row)
{
	update_escrow(row);
	dw_escrow_save_milestones(row);
}

/* Writes a decision; see the header. */
void
dw_escrow_apply(DwEscrowRow *row, const DwTransition *transition)
{
	dw_escrow_advance(row, transition);
	dw_escrow_settle(row);
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
	static DwWrite insert =
		DW_WRITE("INSERT INTO dwello.escrow_events (job_id, seq, "
				 "homeowner_id, provider_id, event, actor_id, actor_role, "
				 "from_status, to_status, transaction_id, created_at) "
				 "SELECT r.job_id, r.seq, r.homeowner_id, r.provider_id, "
				 "r.event, r.actor_id, r.actor_role, "
				 "r.from_status::dwello.escrow_status, "
				 "r.to_status::dwello.escrow_status, r.transaction_id, "
				 "r.created_at "
				 "FROM " DW_ROWS "(job_id, seq, homeowner_id, provider_id, "
				 "event, actor_id, actor_role, from_status, to_status, "
				 "transaction_id, created_at)");
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
	dw_write(&insert, &p);
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

/* A fresh transaction of an escrow; see the header. */
void
dw_escrow_begin_transaction(const DwEscrowRow *row,
							DwTransaction *transaction,
							DwTransactionType type, const DwActor *actor)
{
	memset(transaction, 0, sizeof(*transaction));
	transaction->scope_id = row->job_id;
	transaction->id = dw_transaction_id();
	transaction->payer_id = row->homeowner_id;
	transaction->payee_id = row->provider_id;
	transaction->type = type;
	transaction->status = DW_TRANSACTION_PENDING;
	transaction->currency = row->escrow.currency;
	transaction->actor = *actor;
	transaction->pay_by = DT_NOBEGIN;
	transaction->created_at = dw_now();
	transaction->completed_at = DT_NOBEGIN;
}

/* Makes the accounts of a payment; see the header. */
void
dw_escrow_ensure_accounts(const DwEscrowRow *row, const char *psp)
{
	const char *currency = row->escrow.currency;
	DwAccount	accounts[] = {
		{{{0}}, DW_ACCOUNT_PSP_CLEARING, currency, psp},
		{row->provider_id, DW_ACCOUNT_PROVIDER_AVAILABLE, currency, ""},
		{{{0}}, DW_ACCOUNT_PLATFORM_FEE, currency, ""},
		{{{0}}, DW_ACCOUNT_TAX_PAYABLE, currency, ""}
	};

	dw_accounts_ensure(accounts, lengthof(accounts));
}
