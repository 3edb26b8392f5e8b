/*
 * escrow_store.c
 *		The escrow of a job: reads its row and its milestones.
 *
 * One statement loads the escrow with its milestones; settle_store.c writes
 * them.
 */
#include "postgres.h"

#include "access/xact.h"
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
	row->psp = dw_record_text(&record, COLUMN_PSP);
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

/* Loads for a command; see the header. */
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

/* Locks and loads those of many jobs; see the header. */
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

/* Loads without a lock, in the caller's snapshot; see the header. */
bool
dw_escrow_load(const DwUuid *job_id, DwEscrowRow *row)
{
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	return read_row(job_id, 0, dw_query(&select_escrow, &p), row);
}

/* The stored row version of a milestone of the row. */
int32
dw_escrow_milestone_version(const DwEscrowRow *row,
							const DwMilestone *milestone)
{
	return row->milestone_versions[milestone - row->milestones];
}

/* True when the milestone's release is due; see the header. */
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
