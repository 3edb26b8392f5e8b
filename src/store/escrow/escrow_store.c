/*
 * escrow_store.c
 *		The escrow of a job: reads and writes its row, its milestones and its
 *		history.
 *
 * One statement loads the escrow with its milestones.  Milestones are
 * written only where they changed: a release moves one or two.
 */
#include "postgres.h"

#include "access/xact.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/escrow/escrow_store.h"
#include "store/fee/fee_store.h"

/* Two whole rows, and the steps of the fee, which fee_store.c reads. */
#define ESCROW_COLUMNS "e, m, e.fee_steps"
#define ESCROW_FROM \
	"FROM dwello.escrow_accounts AS e " \
	"JOIN dwello.job_milestones AS m ON m.job_id = e.job_id "
#define ESCROW_OF_JOB	ESCROW_FROM "WHERE e.job_id = $1"

/* Positions in ESCROW_COLUMNS. */
enum
{
	RESULT_ESCROW = 1,
	RESULT_MILESTONE,
	RESULT_STEPS,
	RESULT_JOB					/* where several are read at once */
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
	"status_before", "auto_release_at"
};

/* Positions in milestone_columns. */
#define MILESTONE_VERSION	9
#define MILESTONE_CLOCK		12

/* Reads the terms that were frozen, but for the steps of the fee. */
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
	escrow->given_up = 0;
	escrow->contested = 0;
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

/* Moves the last of n milestones to its place in the plan. */
static void
place_milestone(DwEscrowRow *row, int n)
{
	DwMilestone milestone = row->milestones[n];
	int32		version = row->milestone_versions[n];
	TimestampTz due = row->auto_release_at[n];

	for (; n > 0 && row->milestones[n - 1].sort_order > milestone.sort_order;
		 n--)
	{
		row->milestones[n] = row->milestones[n - 1];
		row->milestone_versions[n] = row->milestone_versions[n - 1];
		row->auto_release_at[n] = row->auto_release_at[n - 1];
	}
	row->milestones[n] = milestone;
	row->milestone_versions[n] = version;
	row->auto_release_at[n] = due;
}

/* Reads the milestones of an escrow from the rows of the last result. */
static void
read_milestones(DwEscrowRow *row, uint64 first, uint64 count)
{
	static DwShape shape = DW_SHAPE(milestone_columns);
	DwRecord	record;

	row->milestone_count = (int) count;
	row->milestones = palloc(count * sizeof(DwMilestone));
	row->stored = palloc(count * sizeof(DwMilestone));
	row->milestone_versions = palloc(count * sizeof(int32));
	row->auto_release_at = palloc(count * sizeof(TimestampTz));
	for (uint64 i = 0; i < count; i++)
	{
		dw_record_read(&record, &shape, first + i, RESULT_MILESTONE);
		read_milestone(&record, &row->milestones[i]);
		row->milestone_versions[i] = dw_record_int4(&record,
													MILESTONE_VERSION);
		row->auto_release_at[i] = dw_record_time(&record, MILESTONE_CLOCK);
		place_milestone(row, (int) i);
	}
	memcpy(row->stored, row->milestones, count * sizeof(DwMilestone));
	for (uint64 i = 0; i < count; i++)
		row->escrow.given_up += row->milestones[i].refunded;
}

/* Reads the end of the chain, unless it has not begun. */
static void
read_hash(const DwRecord *record, DwEscrowRow *row)
{
	row->chain_end.has_link = !record->nulls[COLUMN_HASH];
	if (row->chain_end.has_link)
		memcpy(row->chain_end.hash,
			   VARDATA_ANY(DatumGetByteaPP(record->values[COLUMN_HASH])),
			   DW_HASH_BYTES);
}

/* Reads an escrow from some rows of the last result; false for none. */
static bool
read_row(const DwUuid *job_id, uint64 first, uint64 count, DwEscrowRow *row)
{
	static DwShape shape = DW_SHAPE(escrow_columns);
	DwRecord	record;

	if (count == 0)
		return false;
	memset(row, 0, sizeof(*row));
	row->job_id = *job_id;
	dw_record_read(&record, &shape, first, RESULT_ESCROW);
	(void) dw_record_uuid(&record, COLUMN_HOMEOWNER, &row->homeowner_id);
	(void) dw_record_uuid(&record, COLUMN_PROVIDER, &row->provider_id);
	(void) dw_record_uuid(&record, COLUMN_SCHEDULE, &row->fee_schedule_id);
	read_escrow(&record, &row->escrow);
	dw_fee_steps_read(first, RESULT_STEPS, &row->escrow.terms);
	row->stored_escrow = row->escrow;
	row->stored_psp = row->psp = dw_record_text(&record, COLUMN_PSP);
	row->transition_count = dw_record_int4(&record, COLUMN_TRANSITIONS);
	read_hash(&record, row);
	read_milestones(row, first, count);
	return true;
}

static DwStatement select_escrow =
DW_STATEMENT("SELECT " ESCROW_COLUMNS " " ESCROW_OF_JOB);

/*
 * 40001 when the row has changed since the transaction's snapshot was taken.
 * The job's lock keeps others out, but such a snapshot would go on showing
 * the escrow as it was before they came.
 */
static void
check_snapshot(const DwUuid *job_id)
{
	static DwStatement select_locked =
		DW_STATEMENT("SELECT FROM dwello.escrow_accounts AS e "
					 "WHERE e.job_id = $1 FOR UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	(void) dw_execute(&select_locked, &p);
}

bool
dw_escrow_lock(const DwUuid *job_id, DwEscrowRow *row)
{
	DwParams	p = DW_PARAMS;

	if (IsolationUsesXactSnapshot())
		check_snapshot(job_id);
	dw_param_uuid(&p, job_id);
	return read_row(job_id, 0, dw_execute(&select_escrow, &p), row);
}

/* How many rows of the last result, from one on, are of the same job. */
static uint64
count_of_job(uint64 first, uint64 total, DwUuid *job_id)
{
	uint64		next = first;
	DwUuid		id;

	(void) dw_read_uuid(first, RESULT_JOB, job_id);
	do
	{
		if (++next == total)
			break;
		(void) dw_read_uuid(next, RESULT_JOB, &id);
	} while (dw_uuid_equal(&id, job_id));
	return next - first;
}

DwEscrowRow *
dw_escrows_lock(const DwUuid *job_ids, int job_count, int *count)
{
	static DwStatement select_locked =
		DW_STATEMENT("SELECT " ESCROW_COLUMNS ", e.job_id " ESCROW_FROM
					 "WHERE e.job_id = ANY ($1) "
					 "ORDER BY e.job_id, m.sort_order FOR UPDATE OF e");
	DwParams	p = DW_PARAMS;
	DwEscrowRow *rows = palloc(job_count * sizeof(DwEscrowRow));
	uint64		total;
	uint64		first = 0;
	DwUuid		id;

	dw_param_uuids(&p, job_ids, job_count);
	total = dw_execute(&select_locked, &p);
	for (*count = 0; first < total; (*count)++)
	{
		uint64		of_job = count_of_job(first, total, &id);

		(void) read_row(&id, first, of_job, &rows[*count]);
		first += of_job;
	}
	SPI_freetuptable(SPI_tuptable);
	return rows;
}

int32
dw_escrow_milestone_version(const DwEscrowRow *row,
							const DwMilestone *milestone)
{
	return row->milestone_versions[milestone - row->milestones];
}

bool
dw_escrow_milestone_is_due(const DwEscrowRow *row, int index,
						   TimestampTz now)
{
	const DwMilestone *milestone = &row->milestones[index];
	TimestampTz due = row->auto_release_at[index];

	if (milestone->status == DW_MILESTONE_APPROVED)
		return milestone->funded == milestone->amount;
	return milestone->status == DW_MILESTONE_SUBMITTED &&
		due != DT_NOBEGIN && due <= now;
}

/* True when a decision changed nothing but what a release does. */
static bool
escrow_only_moved(const DwEscrowRow *row)
{
	const DwEscrow *now = &row->escrow;
	const DwEscrow *stored = &row->stored_escrow;

	return now->funded == stored->funded &&
		now->refunded == stored->refunded &&
		now->charged_back == stored->charged_back &&
		now->disputed == stored->disputed &&
		now->frozen == stored->frozen && row->psp == row->stored_psp;
}

/* A column costs the server some 1500 instructions. */
#define ESCROW_UPDATE(rarely) \
	DW_WRITE("UPDATE dwello.escrow_accounts AS e SET " rarely \
			 "status = r.status::dwello.escrow_status, held = r.held, " \
			 "released = r.released, fee_taken = r.fee_taken, " \
			 "tax_taken = r.tax_taken, version = r.version, " \
			 "transition_count = r.transition_count, " \
			 "last_hash = r.last_hash, updated_at = r.now " \
			 "FROM " DW_ROWS "(job_id, status, funded, held, released, " \
			 "refunded, charged_back, disputed, fee_taken, tax_taken, " \
			 "is_frozen, psp, transition_count, last_hash, version, now) " \
			 "WHERE e.job_id = r.job_id")

void
dw_escrow_save(DwEscrowRow *row)
{
	static DwWrite update_moved = ESCROW_UPDATE("");
	static DwWrite update_all =
		ESCROW_UPDATE("funded = r.funded, refunded = r.refunded, "
					  "charged_back = r.charged_back, "
					  "disputed = r.disputed, is_frozen = r.is_frozen, "
					  "psp = r.psp, ");
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
	dw_write(escrow_only_moved(row) ? &update_moved : &update_all, &p);
	row->stored_escrow = *escrow;
	row->stored_psp = row->psp;
}

/* True when a decision changed nothing but status and what is released. */
static bool
milestone_only_moved(const DwMilestone *now, const DwMilestone *stored)
{
	return now->funded == stored->funded &&
		now->refunded == stored->refunded && now->disputed == stored->disputed;
}

/* True when a decision left the milestone as it is stored. */
static bool
milestone_is_stored(const DwMilestone *now, const DwMilestone *stored)
{
	return now->status == stored->status &&
		now->released == stored->released && milestone_only_moved(now, stored);
}

#define MILESTONE_UPDATE(rarely) \
	DW_WRITE("UPDATE dwello.job_milestones AS m SET " rarely \
			 "status = r.status::dwello.milestone_status, " \
			 "released = r.released, version = r.version, " \
			 "updated_at = r.now, completed_at = CASE WHEN r.is_over " \
			 "THEN COALESCE(m.completed_at, r.now) END, " \
			 "auto_release_at = CASE WHEN r.is_clock_on " \
			 "THEN m.auto_release_at END " \
			 "FROM " DW_ROWS "(job_id, id, status, funded, released, " \
			 "refunded, disputed, version, is_over, now, is_clock_on, " \
			 "dispute_id, status_before) " \
			 "WHERE m.job_id = r.job_id AND m.id = r.id")

/* Writes one milestone of the row, and when it was over. */
static void
update_milestone(DwEscrowRow *row, int index)
{
	static DwWrite update_moved = MILESTONE_UPDATE("");
	static DwWrite update_all =
		MILESTONE_UPDATE("funded = r.funded, refunded = r.refunded, "
						 "disputed = r.disputed, dispute_id = r.dispute_id, "
						 "status_before = "
						 "r.status_before::dwello.milestone_status, ");
	const DwMilestone *milestone = &row->milestones[index];
	const DwMilestone *stored = &row->stored[index];
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
	dw_write(milestone_only_moved(milestone, stored) && !disputed &&
			 stored->status != DW_MILESTONE_DISPUTED
			 ? &update_moved : &update_all, &p);
	row->stored[index] = *milestone;
}

void
dw_escrow_save_milestones(DwEscrowRow *row)
{
	for (int i = 0; i < row->milestone_count; i++)
		if (!milestone_is_stored(&row->milestones[i], &row->stored[i]))
			update_milestone(row, i);
}

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

void
dw_escrow_settle(DwEscrowRow *row)
{
	dw_escrow_save(row);
	dw_escrow_save_milestones(row);
}

void
dw_escrow_apply(DwEscrowRow *row, const DwTransition *transition)
{
	dw_escrow_advance(row, transition);
	dw_escrow_settle(row);
}

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

void
dw_escrow_ensure_accounts(const DwEscrowRow *row, const char *psp)
{
	const char *currency = row->escrow.currency;
	DwAccount	accounts[] = {
		{{{0}}, DW_ACCOUNT_PSP_CLEARING, currency, psp},
		{row->provider_id, DW_ACCOUNT_PROVIDER_AVAILABLE, currency, ""},
		{row->provider_id, DW_ACCOUNT_PROVIDER_RECEIVABLE, currency, ""},
		{{{0}}, DW_ACCOUNT_PLATFORM_FEE, currency, ""},
		{{{0}}, DW_ACCOUNT_TAX_PAYABLE, currency, ""}
	};

	dw_accounts_ensure(accounts, lengthof(accounts));
}
