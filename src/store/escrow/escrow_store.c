/*
 * escrow_store.c
 *		The escrow of a job: reads and writes its row, its milestones, its
 *		history and its payments.
 *
 * One statement loads the escrow with its milestones, each a whole row.
 * Milestones are written only where they changed: a release moves one or two.
 *
 * Whoever comes here has locked the job, which is the one lock of all that
 * is below; accounts of the ledger are only added to.  So what was read
 * holds until the transaction ends, and no statement needs a condition on
 * what it was.
 */
#include "postgres.h"

#include "access/xact.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/company/company_store.h"
#include "store/escrow/escrow_store_int.h"
#include "store/fee/fee_store.h"
#include "store/job/job_store.h"

/*
 * An escrow.  Its version and transition_count are numbers that C has
 * counted, not "+ 1" in the UPDATE: the event that is appended with it says
 * which transition it was, and several may come before one UPDATE.
 */
static const DwColumn escrow_columns[] = {
	DW_COLUMN(UUID, DwEscrowRow, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwEscrowRow, homeowner_id, homeowner_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwEscrowRow, provider_id, provider_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, DwEscrowRow, bid_id, bid_id, DW_COLUMN_FIXED),
	DW_COLUMN_ENUM(escrow_status, DwEscrowRow, status, escrow.status, 0,
				   dw_escrow_status_labels),
	DW_COLUMN(CURRENCY, DwEscrowRow, currency, escrow.currency,
			  DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwEscrowRow, contract_amount, escrow.contract_amount, 0),
	DW_COLUMN(INT8, DwEscrowRow, funded, escrow.funded, 0),
	DW_COLUMN(INT8, DwEscrowRow, held, escrow.held, 0),
	DW_COLUMN(INT8, DwEscrowRow, released, escrow.released, 0),
	DW_COLUMN(INT8, DwEscrowRow, refunded, escrow.refunded, 0),
	DW_COLUMN(INT8, DwEscrowRow, charged_back, escrow.charged_back, 0),
	DW_COLUMN(INT8, DwEscrowRow, disputed, escrow.disputed, 0),
	DW_COLUMN(INT8, DwEscrowRow, fee_taken, escrow.fee_taken, 0),
	DW_COLUMN(INT8, DwEscrowRow, tax_taken, escrow.tax_taken, 0),
	DW_COLUMN(BOOL, DwEscrowRow, is_frozen, escrow.frozen, 0),
	DW_COLUMN(TEXT, DwEscrowRow, psp, psp, 0),
	DW_COLUMN(TEXT, DwEscrowRow, last_failure, last_failure, 0),
	DW_COLUMN(TIME, DwEscrowRow, consent_at, consent_at,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwEscrowRow, fee_schedule_id, fee_schedule_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN_ENUM(fee_payer, DwEscrowRow, fee_payer, escrow.terms.payer,
				   DW_COLUMN_FIXED, dw_fee_payer_labels),
	DW_COLUMN(INT4, DwEscrowRow, fee_rate_ppm, fee_rate_ppm,
			  DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwEscrowRow, fee_fixed, escrow.terms.fixed,
			  DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwEscrowRow, fee_min, escrow.terms.min_fee,
			  DW_COLUMN_FIXED),
	DW_COLUMN_OR(INT8, DwEscrowRow, fee_max, escrow.terms.max_fee,
				 DW_COLUMN_FIXED, DW_FEE_NO_MAX),
	DW_COLUMN(INT4, DwEscrowRow, fee_tax_ppm, fee_tax_ppm, DW_COLUMN_FIXED),
	DW_COLUMN(JSONB, DwEscrowRow, fee_steps, fee_steps, DW_COLUMN_FIXED),
	DW_COLUMN(INT4, DwEscrowRow, promo_ppm, promo_ppm, DW_COLUMN_FIXED),
	DW_COLUMN_OR(INT8, DwEscrowRow, promo_max, escrow.terms.promo_max,
				 DW_COLUMN_FIXED, DW_FEE_NO_MAX),
	DW_COLUMN(INT4, DwEscrowRow, transition_count, transition_count, 0),
	DW_COLUMN(BYTEA, DwEscrowRow, last_hash, last_hash, 0),
	DW_COLUMN(INT4, DwEscrowRow, version, escrow.version, 0),
	DW_COLUMN(TIME, DwEscrowRow, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable escrows =
DW_TABLE("escrow_accounts", DwEscrowRow, escrow_columns);

/*
 * What another award makes of the escrow of a contract that lapsed: its
 * history, and the chain of its transactions, go on.
 */
static const DwColumn reopened_escrow_columns[] = {
	DW_COLUMN(UUID, DwEscrowRow, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwEscrowRow, provider_id, provider_id, 0),
	DW_COLUMN(UUID, DwEscrowRow, bid_id, bid_id, 0),
	DW_COLUMN_ENUM(escrow_status, DwEscrowRow, status, escrow.status, 0,
				   dw_escrow_status_labels),
	DW_COLUMN(INT8, DwEscrowRow, contract_amount, escrow.contract_amount, 0),
	DW_COLUMN(UUID, DwEscrowRow, fee_schedule_id, fee_schedule_id, 0),
	DW_COLUMN_ENUM(fee_payer, DwEscrowRow, fee_payer, escrow.terms.payer,
				   0, dw_fee_payer_labels),
	DW_COLUMN(INT4, DwEscrowRow, fee_rate_ppm, fee_rate_ppm, 0),
	DW_COLUMN(INT8, DwEscrowRow, fee_fixed, escrow.terms.fixed, 0),
	DW_COLUMN(INT8, DwEscrowRow, fee_min, escrow.terms.min_fee, 0),
	DW_COLUMN_OR(INT8, DwEscrowRow, fee_max, escrow.terms.max_fee, 0,
				 DW_FEE_NO_MAX),
	DW_COLUMN(INT4, DwEscrowRow, fee_tax_ppm, fee_tax_ppm, 0),
	DW_COLUMN(JSONB, DwEscrowRow, fee_steps, fee_steps, 0),
	DW_COLUMN(INT4, DwEscrowRow, promo_ppm, promo_ppm, 0),
	DW_COLUMN_OR(INT8, DwEscrowRow, promo_max, escrow.terms.promo_max, 0,
				 DW_FEE_NO_MAX),
	DW_COLUMN(INT4, DwEscrowRow, transition_count, transition_count, 0),
	DW_COLUMN(INT4, DwEscrowRow, version, escrow.version, 0),
	DW_COLUMN(TIME, DwEscrowRow, created_at, created_at, 0)
};

static DwTable reopened_escrows =
DW_TABLE("escrow_accounts", DwEscrowRow, reopened_escrow_columns);

/*
 * What alone a release changes of an escrow.  A column costs the server some
 * 1500 instructions in an UPDATE, so that writes no others.
 */
static const DwColumn moved_escrow_columns[] = {
	DW_COLUMN(UUID, DwEscrowRow, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN_ENUM(escrow_status, DwEscrowRow, status, escrow.status, 0,
				   dw_escrow_status_labels),
	DW_COLUMN(INT8, DwEscrowRow, held, escrow.held, 0),
	DW_COLUMN(INT8, DwEscrowRow, released, escrow.released, 0),
	DW_COLUMN(INT8, DwEscrowRow, fee_taken, escrow.fee_taken, 0),
	DW_COLUMN(INT8, DwEscrowRow, tax_taken, escrow.tax_taken, 0),
	DW_COLUMN(INT4, DwEscrowRow, transition_count, transition_count, 0),
	DW_COLUMN(BYTEA, DwEscrowRow, last_hash, last_hash, 0),
	DW_COLUMN(INT4, DwEscrowRow, version, escrow.version, 0)
};

static DwTable moved_escrows =
DW_TABLE("escrow_accounts", DwEscrowRow, moved_escrow_columns);

/* A dispute interrupts no dispute: stands for no state before one. */
#define NOT_INTERRUPTED DW_MILESTONE_DISPUTED

/* What commands on the contract read of a milestone, and change. */
static const DwColumn milestone_columns[] = {
	DW_COLUMN(UUID, DwMilestoneRow, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwMilestoneRow, id, milestone.id, DW_COLUMN_KEY),
	DW_COLUMN_ENUM(milestone_status, DwMilestoneRow, status,
				   milestone.status, 0, dw_milestone_status_labels),
	DW_COLUMN(INT4, DwMilestoneRow, sort_order, milestone.sort_order,
			  DW_COLUMN_FIXED),
	DW_COLUMN(BOOL, DwMilestoneRow, is_required, milestone.is_required, 0),
	DW_COLUMN_OR(INT8, DwMilestoneRow, amount, milestone.amount, 0, 0),
	DW_COLUMN(INT8, DwMilestoneRow, funded, milestone.funded, 0),
	DW_COLUMN(INT8, DwMilestoneRow, released, milestone.released, 0),
	DW_COLUMN(INT8, DwMilestoneRow, refunded, milestone.refunded, 0),
	DW_COLUMN(INT8, DwMilestoneRow, disputed, milestone.disputed, 0),
	DW_COLUMN(UUID, DwMilestoneRow, dispute_id, milestone.dispute_id,
			  DW_COLUMN_NULLABLE),
	DW_COLUMN_ENUM_OR(milestone_status, DwMilestoneRow, status_before,
					  milestone.status_before, 0, dw_milestone_status_labels,
					  NOT_INTERRUPTED),
	DW_COLUMN(TIME, DwMilestoneRow, submitted_at, submitted_at,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwMilestoneRow, auto_release_at, auto_release_at, 0),
	DW_COLUMN(TIME, DwMilestoneRow, completed_at, completed_at, 0),
	DW_COLUMN(INT4, DwMilestoneRow, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED)
};

static DwTable milestones =
DW_TABLE("job_milestones", DwMilestoneRow, milestone_columns);

/* What alone a release changes of a milestone. */
static const DwColumn moved_milestone_columns[] = {
	DW_COLUMN(UUID, DwMilestoneRow, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwMilestoneRow, id, milestone.id, DW_COLUMN_KEY),
	DW_COLUMN_ENUM(milestone_status, DwMilestoneRow, status,
				   milestone.status, 0, dw_milestone_status_labels),
	DW_COLUMN(INT8, DwMilestoneRow, released, milestone.released, 0),
	DW_COLUMN(TIME, DwMilestoneRow, auto_release_at, auto_release_at, 0),
	DW_COLUMN(TIME, DwMilestoneRow, completed_at, completed_at, 0),
	DW_COLUMN(INT4, DwMilestoneRow, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED)
};

static DwTable moved_milestones =
DW_TABLE("job_milestones", DwMilestoneRow, moved_milestone_columns);

/*
 * A transition as its row has it.  Sides are copied into it, so that its
 * policy looks at no other table.
 */
typedef struct Event
{
	DwUuid		job_id;			/* of the escrow */
	int32		seq;			/* its number, from 1 */
	DwUuid		homeowner_id;	/* who may read it */
	DwUuid		provider_id;	/* so may they */
	const char *event;			/* what happened */
	DwUuid		actor_id;		/* who did it */
	const char *actor_role;		/* as what */
	int			from_status;	/* DwEscrowStatus before, or NO_STATUS */
	DwEscrowStatus to_status;	/* after it */
	const DwUuid *transaction_id;	/* of its money, or NULL */
	TimestampTz created_at;		/* when */
} Event;

#define NO_STATUS	(-1)		/* before an escrow was opened */

static const DwColumn event_columns[] = {
	DW_COLUMN(UUID, Event, job_id, job_id, DW_COLUMN_KEY),
	DW_COLUMN(INT4, Event, seq, seq, DW_COLUMN_KEY),
	DW_COLUMN(UUID, Event, homeowner_id, homeowner_id, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, Event, provider_id, provider_id, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, Event, event, event, DW_COLUMN_FIXED),
	DW_COLUMN(UUID, Event, actor_id, actor_id, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, Event, actor_role, actor_role, DW_COLUMN_FIXED),
	DW_COLUMN_ENUM_OR(escrow_status, Event, from_status, from_status,
					  DW_COLUMN_FIXED, dw_escrow_status_labels, NO_STATUS),
	DW_COLUMN_ENUM(escrow_status, Event, to_status, to_status,
				   DW_COLUMN_FIXED, dw_escrow_status_labels),
	DW_COLUMN(UUID_COPY, Event, transaction_id, transaction_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TIME, Event, created_at, created_at, DW_COLUMN_FIXED)
};

static DwTable events = DW_TABLE("escrow_events", Event, event_columns);

/*
 * A payment with the role of who asked for it, as a word.  All that the
 * record of the hash chain has is read: a pending payment is chained when it
 * arrives (dw_ledger_book).
 */
typedef struct PaymentRow
{
	DwTransaction payment;		/* all that a payment has */
	char	   *actor_role;		/* for payment.actor.kind */
} PaymentRow;

static const DwColumn payment_columns[] = {
	DW_COLUMN(UUID, PaymentRow, scope_id, payment.scope_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, PaymentRow, id, payment.id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, PaymentRow, payer_id, payment.payer_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID, PaymentRow, payee_id, payment.payee_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN_ENUM(transaction_type, PaymentRow, transaction_type,
				   payment.type, DW_COLUMN_FIXED,
				   dw_transaction_type_labels),
	DW_COLUMN_ENUM(transaction_status, PaymentRow, status, payment.status,
				   DW_COLUMN_FIXED, dw_transaction_status_labels),
	DW_COLUMN(INT8, PaymentRow, amount, payment.amount, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, PaymentRow, currency, payment.currency,
			  DW_COLUMN_FIXED),
	DW_COLUMN(INT8, PaymentRow, net_amount, payment.net_amount,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID_COPY, PaymentRow, payment_method_id,
			  payment.payment_method_id, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, PaymentRow, psp, payment.psp, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, PaymentRow, psp_reference, payment.psp_reference,
			  DW_COLUMN_FIXED),
	DW_COLUMN(UUID, PaymentRow, actor_id, payment.actor.user_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, PaymentRow, actor_role, actor_role, DW_COLUMN_FIXED),
	DW_COLUMN(UUID_COPY, PaymentRow, request_id, payment.request_id,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TIME, PaymentRow, pay_by, payment.pay_by, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, PaymentRow, created_at, payment.created_at,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TIME, PaymentRow, completed_at, payment.completed_at,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TIME, PaymentRow, occurred_at, payment.occurred_at,
			  DW_COLUMN_FIXED)
};

static DwTable payments =
DW_TABLE("transactions", PaymentRow, payment_columns);

static const DwColumn payment_event_columns[] = {
	DW_COLUMN(TEXT, DwPaymentEvent, psp, psp, DW_COLUMN_KEY),
	DW_COLUMN(TEXT, DwPaymentEvent, event_id, event_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwPaymentEvent, job_id, job_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwPaymentEvent, user_id, user_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwPaymentEvent, transaction_id, transaction_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(UUID, DwPaymentEvent, capture_id, capture_id,
			  DW_COLUMN_FIXED | DW_COLUMN_NULLABLE),
	DW_COLUMN(TEXT, DwPaymentEvent, event_type, type, DW_COLUMN_FIXED),
	DW_COLUMN(INT8, DwPaymentEvent, amount, amount, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwPaymentEvent, currency, currency, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwPaymentEvent, psp_reference, psp_reference,
			  DW_COLUMN_FIXED),
	DW_COLUMN(JSONB, DwPaymentEvent, result, result, DW_COLUMN_FIXED),
	DW_COLUMN(JSONB, DwPaymentEvent, told, told, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwPaymentEvent, occurred_at, occurred_at,
			  DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwPaymentEvent, created_at, created_at,
			  DW_COLUMN_FIXED)
};

static DwTable payment_events =
DW_TABLE("payment_events", DwPaymentEvent, payment_event_columns);

static const DwColumn source_fields[] = {
	DW_FIELD(UUID, DwPaymentSource, id, id),
	DW_FIELD(TEXT, DwPaymentSource, psp, psp),
	DW_FIELD(TEXT, DwPaymentSource, type, type),
	DW_FIELD(BOOL, DwPaymentSource, is_expired, is_expired)
};

static DwMap sources = DW_MAP(source_fields);

/* Takes an escrow from the row, beside what its columns say of it. */
static void
read_escrow(uint64 index, DwEscrowRow *row)
{
	DwFeeTerms *terms = &row->escrow.terms;

	dw_table_read_as(&escrows, index, "e", row);
	terms->rate_ppm = row->fee_rate_ppm;
	terms->tax_ppm = row->fee_tax_ppm;
	terms->promo_ppm = row->promo_ppm;
	dw_fee_steps_read(row->fee_steps, terms);
	row->stored_escrow = row->escrow;
	row->stored_psp = row->psp;
	row->stored_failure = row->last_failure;
	row->chain_end.has_link = row->last_hash != NULL;
	if (row->chain_end.has_link)
		memcpy(row->chain_end.hash, VARDATA_ANY(row->last_hash),
			   DW_HASH_BYTES);
}

/*
 * Adds a milestone behind those of the escrow that have been read, at its
 * place in the plan: the statement that reads one escrow does not sort.
 */
static void
add_milestone(DwEscrowRow *row)
{
	int			n = row->milestone_count++;
	DwMilestoneRow added = row->stored[n];

	for (; n > 0 && row->stored[n - 1].milestone.sort_order >
		 added.milestone.sort_order; n--)
		row->stored[n] = row->stored[n - 1];
	row->stored[n] = added;
	row->escrow.given_up += added.milestone.refunded;
}

/*
 * Reads the escrows of the last result, which has a row a milestone, those
 * of one job side by side.  An escrow without a milestone does not exist:
 * the award makes one at least.
 */
static int
read_escrows(uint64 total, DwEscrowRow *rows)
{
	DwMilestoneRow *stored = palloc(total * sizeof(DwMilestoneRow));
	DwMilestone *decided = palloc(total * sizeof(DwMilestone));
	DwEscrowRow *row = rows - 1;

	for (uint64 i = 0; i < total; i++)
	{
		dw_table_read_as(&milestones, i, "m", &stored[i]);
		if (row < rows || !dw_uuid_equal(&stored[i].job_id, &row->job_id))
		{
			read_escrow(i, ++row);
			row->stored = &stored[i];
			row->milestones = &decided[i];
		}
		add_milestone(row);
	}
	for (int i = 0; i <= row - rows; i++)
		for (int n = 0; n < rows[i].milestone_count; n++)
			rows[i].milestones[n] = rows[i].stored[n].milestone;
	return (int) (row - rows) + 1;
}

/* Two whole rows: each further column of a result costs some 2000 steps. */
#define SELECT_ESCROW \
	"SELECT e, m FROM dwello.escrow_accounts AS e " \
	"JOIN dwello.job_milestones AS m ON m.job_id = e.job_id "

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
	static DwStatement select_escrow =
		DW_STATEMENT(SELECT_ESCROW "WHERE e.job_id = $1");
	DwParams	p = DW_PARAMS;

	if (IsolationUsesXactSnapshot())
		check_snapshot(job_id);
	dw_param_uuid(&p, job_id);
	return read_escrows(dw_execute(&select_escrow, &p), row) > 0;
}

bool
dw_escrow_load(const DwUuid *job_id, DwEscrowRow *row)
{
	static DwStatement select_escrow =
		DW_STATEMENT(SELECT_ESCROW "WHERE e.job_id = $1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	return read_escrows(dw_query(&select_escrow, &p), row) > 0;
}

DwEscrowRow *
dw_escrows_lock(const DwUuid *job_ids, int job_count, int *count)
{
	static DwStatement select_locked =
		DW_STATEMENT(SELECT_ESCROW "WHERE e.job_id = ANY ($1) "
					 "ORDER BY e.job_id, m.sort_order FOR UPDATE OF e");
	DwParams	p = DW_PARAMS;
	DwEscrowRow *rows = palloc(job_count * sizeof(DwEscrowRow));

	dw_param_uuids(&p, job_ids, job_count);
	*count = read_escrows(dw_execute(&select_locked, &p), rows);
	SPI_freetuptable(SPI_tuptable);
	return rows;
}

/* A milestone that is due, in an escrow that pays out. */
#define SELECT_DUE(since) \
	"SELECT " since " AS due, m.id, m.job_id " \
	"FROM dwello.job_milestones AS m " \
	"JOIN dwello.escrow_accounts AS e ON e.job_id = m.job_id " \
	"AND NOT e.is_frozen AND e.status IN ('held', 'partially_released') "

DwUuid *
dw_releases_claim_due(int max_rows, int *count)
{
	/* what was approved has no clock: in the order in which it was made */
	static DwStatement find_approved =
		DW_STATEMENT(SELECT_DUE("$1") "WHERE m.status = 'approved' "
					 "AND m.funded = m.amount AND m.auto_release_at IS NULL "
					 "AND ($1, m.id) > ($2, $3) ORDER BY m.id LIMIT $4");
	static DwStatement find_submitted =
		DW_STATEMENT(SELECT_DUE("m.auto_release_at")
					 "WHERE m.status = 'submitted' "
					 "AND m.auto_release_at <= $1 "
					 "AND (m.auto_release_at, m.id) > ($2, $3) "
					 "ORDER BY m.auto_release_at, m.id LIMIT $4");
	int			approved;
	int			submitted;
	DwDue	   *first = dw_due_claim(&find_approved, max_rows, &approved);
	DwDue	   *then = dw_due_claim(&find_submitted, max_rows - approved,
									&submitted);
	int			total = approved + submitted;
	DwUuid	   *ids = palloc_array(DwUuid, Max(total, 1));

	for (int i = 0; i < total; i++)
		ids[i] = i < approved ? first[i].job_id : then[i - approved].job_id;
	qsort(ids, total, sizeof(DwUuid), dw_id_compare);
	*count = 0;
	for (int i = 0; i < total; i++)
		if (*count == 0 || !dw_uuid_equal(&ids[i], &ids[*count - 1]))
			ids[(*count)++] = ids[i];
	return ids;
}

/* True when a decision changed nothing but what a release does. */
static bool
escrow_only_moved(const DwEscrowRow *row)
{
	const DwEscrow *now = &row->escrow;
	const DwEscrow *stored = &row->stored_escrow;

	return now->contract_amount == stored->contract_amount &&
		now->funded == stored->funded &&
		now->refunded == stored->refunded &&
		now->charged_back == stored->charged_back &&
		now->disputed == stored->disputed &&
		now->frozen == stored->frozen && row->psp == row->stored_psp &&
		row->last_failure == row->stored_failure;
}

void
dw_escrow_save(DwEscrowRow *row)
{
	/* the CHECK of the table asks the same, but cannot name the job */
	if (!dw_escrow_is_valid(&row->escrow))
		elog(ERROR, "escrow of job %s would not add up",
			 dw_uuid_text(&row->job_id));
	if (row->chain_end.has_link)
	{
		row->last_hash = palloc(VARHDRSZ + DW_HASH_BYTES);
		SET_VARSIZE(row->last_hash, VARHDRSZ + DW_HASH_BYTES);
		memcpy(VARDATA(row->last_hash), row->chain_end.hash, DW_HASH_BYTES);
	}
	dw_table_update(escrow_only_moved(row) ? &moved_escrows : &escrows, row);
	row->stored_escrow = row->escrow;
	row->stored_psp = row->psp;
	row->stored_failure = row->last_failure;
}

/* True when a decision changed nothing but status and what is released. */
static bool
milestone_only_moved(const DwMilestone *now, const DwMilestone *stored)
{
	return now->amount == stored->amount && now->funded == stored->funded &&
		now->refunded == stored->refunded && now->disputed == stored->disputed;
}

/* True when a decision left the milestone as it is stored. */
static bool
milestone_is_stored(const DwMilestone *now, const DwMilestone *stored)
{
	return now->status == stored->status &&
		now->released == stored->released && milestone_only_moved(now, stored);
}

/* Writes what a decision made of a milestone, and what follows from it. */
static void
save_milestone(DwEscrowRow *row, int index)
{
	DwMilestoneRow *stored = &row->stored[index];
	DwMilestone *milestone = &stored->milestone;
	bool		only_moved = milestone_only_moved(&row->milestones[index],
												  milestone) &&
		milestone->status != DW_MILESTONE_DISPUTED &&
		row->milestones[index].status != DW_MILESTONE_DISPUTED;
	DwMilestoneStatus interrupted;

	*milestone = row->milestones[index];
	interrupted = milestone->status;
	if (milestone->status == DW_MILESTONE_DISPUTED)
		interrupted = milestone->status_before;
	else
	{
		memset(&milestone->dispute_id, 0, sizeof(milestone->dispute_id));
		milestone->status_before = NOT_INTERRUPTED;
	}
	/* a dispute only stops the clock: the time is kept, and set forward */
	if (interrupted != DW_MILESTONE_SUBMITTED)
		stored->auto_release_at = DT_NOBEGIN;	/* nothing to wait for */
	if (milestone->status != DW_MILESTONE_RELEASED &&
		milestone->status != DW_MILESTONE_REFUNDED)
		stored->completed_at = DT_NOBEGIN;
	else if (stored->completed_at == DT_NOBEGIN)
		stored->completed_at = dw_now();
	dw_table_update(only_moved ? &moved_milestones : &milestones, stored);
}

void
dw_escrow_save_milestones(DwEscrowRow *row)
{
	for (int i = 0; i < row->milestone_count; i++)
		if (!milestone_is_stored(&row->milestones[i],
								 &row->stored[i].milestone))
			save_milestone(row, i);
}

/* Appends a transition, already counted, to the history. */
static void
record(const DwEscrowRow *row, const DwTransition *transition)
{
	Event		event = {
		.job_id = row->job_id,
		.seq = row->transition_count,
		.homeowner_id = row->homeowner_id,
		.provider_id = row->provider_id,
		.event = dw_escrow_event_label(transition->event),
		.actor_id = transition->actor.user_id,
		.actor_role = dw_actor_label(transition->actor.kind),
		.from_status = row->transition_count == 1
		? NO_STATUS : (int) transition->from,
		.to_status = row->escrow.status,
		.transaction_id = transition->transaction_id,
		.created_at = dw_now()
	};

	dw_table_insert(&events, &event);
}

void
dw_escrow_write_opened(DwEscrowRow *row, const DwTransition *opening,
					   bool is_reopened)
{
	if (is_reopened)
		dw_table_update(&reopened_escrows, row);
	else
		dw_table_insert(&escrows, row);
	record(row, opening);
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
	/* who waits for an answer knows the milestone's version, not this one */
	row->transition_count++;
	if (transition->event != DW_ESCROW_EVENT_SUBMIT &&
		transition->event != DW_ESCROW_EVENT_REQUEST_CHANGES)
		row->escrow.version++;
	record(row, transition);
}

void
dw_escrow_settle(DwEscrowRow *row)
{
	dw_escrow_save(row);
	dw_escrow_save_milestones(row);
}

/* Emits that the first money has come: from now on the award counts. */
static void
emit_funded(const DwEscrowRow *row)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "job_id", &row->job_id);
	dw_payload_uuid(&payload, "homeowner_id", &row->homeowner_id);
	dw_payload_uuid(&payload, "provider_id", &row->provider_id);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "contract_funded",
				  &payload);
}

void
dw_escrow_apply(DwEscrowRow *row, const DwTransition *transition)
{
	bool		is_first = row->stored_escrow.funded == 0 &&
		row->escrow.funded > 0;

	dw_escrow_advance(row, transition);
	dw_escrow_settle(row);
	if (is_first)
		emit_funded(row);
}

void
dw_escrow_deliver(DwEscrowRow *row, const DwMilestone *milestone,
				  const DwDelivery *delivery)
{
	static DwStatement update =
		DW_STATEMENT("UPDATE dwello.job_milestones SET notes = $3, "
					 "photos = $4, submitted_at = $5, auto_release_at = $6, "
					 "status = $7, version = $8 "
					 "WHERE job_id = $1 AND id = $2");
	DwMilestoneRow *stored = &row->stored[milestone - row->milestones];
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &row->job_id);
	dw_param_uuid(&p, &milestone->id);
	dw_param_text(&p, delivery->notes);
	dw_param_datum(&p, TEXTARRAYOID, delivery->photos, false);
	dw_param_time(&p, delivery->submitted_at);
	dw_param_time(&p, delivery->auto_release_at);
	dw_param_enum(&p, "milestone_status",
				  dw_milestone_status_label(milestone->status));
	dw_param_int4(&p, ++stored->version);
	(void) dw_execute(&update, &p);
	stored->milestone = *milestone;
	stored->submitted_at = delivery->submitted_at;
	stored->auto_release_at = delivery->auto_release_at;
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
	transaction->occurred_at = DT_NOBEGIN;
	transaction->booked_on = DATEVAL_NOBEGIN;
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

/*
 * Payments that were asked for, ways to pay, and the events of payment
 * companies (psp).
 */

bool
dw_payment_method_find(const DwUuid *user_id, const DwUuid *id,
					   DwPaymentSource *method)
{
	static DwStatement select_method =
		DW_STATEMENT("SELECT m.id, m.psp, m.method_type::text AS type, "
					 "COALESCE(x.is_expired, false) AS is_expired "
					 "FROM dwello.payment_methods AS m "
					 "CROSS JOIN LATERAL (SELECT m.expires_on < "
					 "($3 AT TIME ZONE 'UTC')::date AS is_expired) AS x "
					 "WHERE m.user_id = $1 AND m.removed_at IS NULL "
					 "AND (m.id = $2 "
					 "OR $2 IS NULL AND x.is_expired IS NOT TRUE) "
					 "ORDER BY m.is_default DESC, m.id DESC LIMIT 1 "
					 "FOR SHARE OF m");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	dw_param_time(&p, dw_now());
	if (dw_execute(&select_method, &p) == 0)
		return false;
	dw_map_read(&sources, 0, method);
	return true;
}

bool
dw_payment_event_find(const char *psp, const char *event_id,
					  DwPaymentEvent *event)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(payment_events,
					   "WHERE t.psp = $1 AND t.event_id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, psp);
	dw_param_text(&p, event_id);
	if (dw_table_execute(&by_key, &p) == 0)
		return false;
	dw_table_read(&payment_events, 0, event);
	return true;
}

bool
dw_payment_event_find_same(const DwPaymentEvent *event, DwPaymentEvent *same)
{
	static DwTableQuery by_reference =
		DW_TABLE_QUERY(payment_events,
					   "WHERE t.psp = $1 AND t.psp_reference = $2 "
					   "AND $3 IN ('" DW_PAYMENT_CONFIRMED "', '"
					   DW_REPAYMENT_CONFIRMED "') "
					   "AND t.event_type IN ('" DW_PAYMENT_CONFIRMED "', '"
					   DW_REPAYMENT_CONFIRMED "') "
					   "AND t.amount = $4 AND t.currency = $5 "
					   "AND ($6 IS NULL OR t.transaction_id = $6) "
					   "ORDER BY (t.transaction_id = $7) DESC NULLS LAST "
					   "LIMIT 1");
	const DwUuid *capture_id = dw_uuid_is_nil(&event->capture_id)
		? NULL : &event->capture_id;
	DwParams	p = DW_PARAMS;

	dw_param_text(&p, event->psp);
	dw_param_text(&p, event->psp_reference);
	dw_param_text(&p, event->type);
	dw_param_int8(&p, event->amount);
	dw_param_text(&p, event->currency);
	dw_param_uuid(&p, capture_id);
	dw_param_uuid(&p, &event->transaction_id);
	if (dw_table_execute(&by_reference, &p) == 0)
		return false;
	dw_table_read(&payment_events, 0, same);
	return true;
}

bool
dw_payment_event_keep(DwPaymentEvent *event)
{
	event->created_at = dw_now();
	return dw_table_insert_new(&payment_events, event);
}

bool
dw_payment_event_is_overtaken(const DwPaymentEvent *event, const char *object,
							  const DwUuid *object_id, const char *type,
							  const char *other)
{
	static DwStatement select_later =
		DW_STATEMENT("SELECT FROM dwello.payment_events AS e "
					 "WHERE e.psp = $1 AND e.event_type IN ($2, $3) "
					 "AND e.occurred_at > $4 AND e.result ->> $5 = $6 "
					 "AND (e.job_id = $7 OR e.user_id = $8 "
					 "OR e.psp_reference = $9) LIMIT 1");
	DwParams	p = DW_PARAMS;

	if (event->occurred_at == DT_NOBEGIN)
		return false;
	dw_param_text(&p, event->psp);
	dw_param_text(&p, type);
	dw_param_text(&p, other);
	dw_param_time(&p, event->occurred_at);
	dw_param_text(&p, object);
	dw_param_text(&p, dw_uuid_text(object_id));
	dw_param_uuid(&p, &event->job_id);
	dw_param_uuid(&p, &event->user_id);
	dw_param_text(&p, event->psp_reference);
	return dw_execute(&select_later, &p) > 0;
}

bool
dw_payment_event_is_known(const DwPaymentEvent *event, const char *object,
						  const DwUuid *object_id)
{
	static DwStatement select_same =
		DW_STATEMENT("SELECT FROM dwello.payment_events AS e "
					 "WHERE e.psp = $1 AND e.event_type = $2 "
					 "AND e.occurred_at = $3 AND e.result ->> $4 = $5 "
					 "AND (e.job_id = $6 OR e.user_id = $7 "
					 "OR e.psp_reference = $8) "
					 "AND (e.amount = $9 OR $9 = 0) LIMIT 1");
	DwParams	p = DW_PARAMS;

	if (event->occurred_at == DT_NOBEGIN)
		return false;
	dw_param_text(&p, event->psp);
	dw_param_text(&p, event->type);
	dw_param_time(&p, event->occurred_at);
	dw_param_text(&p, object);
	dw_param_text(&p, dw_uuid_text(object_id));
	dw_param_uuid(&p, &event->job_id);
	dw_param_uuid(&p, &event->user_id);
	dw_param_text(&p, event->psp_reference);
	dw_param_int8(&p, event->amount);
	return dw_execute(&select_same, &p) > 0;
}

bool
dw_payment_has_arrived(const DwUuid *job_id, const DwUuid *transaction_id)
{
	static DwStatement select_event =
		DW_STATEMENT("SELECT FROM dwello.payment_events AS e "
					 "WHERE e.job_id = $1 AND e.transaction_id = $2 "
					 "AND e.event_type = '" DW_PAYMENT_CONFIRMED "'");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, transaction_id);
	return dw_execute(&select_event, &p) > 0;
}

bool
dw_payment_has_failed_at(const DwUuid *job_id, const DwUuid *transaction_id)
{
	static DwStatement select_event =
		DW_STATEMENT("SELECT FROM dwello.payment_events AS e "
					 "WHERE e.job_id = $1 AND e.transaction_id = $2 "
					 "AND e.event_type = '" DW_PAYMENT_FAILED "' "
					 "AND e.occurred_at IS NOT NULL");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_uuid(&p, transaction_id);
	return dw_execute(&select_event, &p) > 0;
}

/*
 * The first row of a query for payments; false when there is none.  Not
 * locked: whoever ends a payment has locked its job.
 */
static bool
read_payment(DwTableQuery *query, const DwParams *p, DwTransaction *payment)
{
	PaymentRow	row;

	if (dw_table_execute(query, p) == 0)
		return false;
	dw_table_read(&payments, 0, &row);
	if (!dw_actor_parse(row.actor_role, &row.payment.actor.kind))
		elog(ERROR, "transaction has an unknown actor");
	*payment = row.payment;
	return true;
}

/* A payment of a job or of a tip, of which one at most is pending. */
#define PAYMENT_OF_JOB \
	"WHERE t.scope_id = $1 " \
	"AND t.transaction_type IN ('payment', 'tip_payment') "

bool
dw_payment_find(const DwUuid *job_id, const DwUuid *id,
				DwTransaction *payment)
{
	static DwTableQuery pending =
		DW_TABLE_QUERY(payments, PAYMENT_OF_JOB "AND t.status = 'pending'");
	static DwTableQuery by_id =
		DW_TABLE_QUERY(payments, PAYMENT_OF_JOB "AND t.id = $2");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	if (id != NULL)
		dw_param_uuid(&p, id);
	return read_payment(id == NULL ? &pending : &by_id, &p, payment);
}

DwUuid *
dw_payments_claim_overdue(int max_rows, int *count)
{
	static DwStatement find_payments =
		DW_STATEMENT("SELECT t.pay_by AS due, t.id, t.scope_id AS job_id "
					 "FROM dwello.transactions AS t "
					 "JOIN dwello.escrow_accounts AS e "
					 "ON e.job_id = t.scope_id "
					 "WHERE t.status = 'pending' "
					 "AND t.transaction_type IN ('payment', 'tip_payment') "
					 "AND t.pay_by <= $1 AND (t.pay_by, t.id) > ($2, $3) "
					 "ORDER BY t.pay_by, t.id LIMIT $4");

	DwDue	   *rows = dw_due_claim(&find_payments, max_rows, count);
	DwUuid	   *ids = palloc_array(DwUuid, Max(*count, 1));

	for (int i = 0; i < *count; i++)
		ids[i] = rows[i].job_id;
	return ids;
}

bool
dw_payment_find_last(const DwUuid *job_id, DwTransaction *payment)
{
	static DwTableQuery last =
		DW_TABLE_QUERY(payments, PAYMENT_OF_JOB "ORDER BY t.id DESC LIMIT 1");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	return read_payment(&last, &p, payment);
}

void
dw_escrow_payload(DwPayload *payload, const DwEscrowRow *row)
{
	dw_payload_begin(payload);
	dw_payload_uuid(payload, "job_id", &row->job_id);
	dw_payload_uuid(payload, "homeowner_id", &row->homeowner_id);
	dw_payload_uuid(payload, "provider_id", &row->provider_id);
	dw_payload_text(payload, "currency", row->escrow.currency);
}

void
dw_payment_emit(const DwEscrowRow *row, const DwTransaction *payment,
				const char *type)
{
	DwPayload	payload;

	dw_escrow_payload(&payload, row);
	dw_payload_uuid(&payload, "transaction_id", &payment->id);
	dw_payload_uuid(&payload, "payment_method_id",
					payment->payment_method_id);
	dw_payload_text(&payload, "psp", payment->psp);
	dw_payload_text(&payload, "psp_reference", payment->psp_reference);
	dw_payload_int8(&payload, "amount", payment->amount);
	if (strcmp(type, "payment_requested") == 0 ||
		strcmp(type, "capture_requested") == 0)
		dw_payload_psp_amount(&payload, payment->psp, payment->currency,
							  payment->amount);
	if (payment->type == DW_TRANSACTION_TIP_PAYMENT)
		dw_payload_text(&payload, "purpose", "tip");
	if (payment->pay_by != DT_NOBEGIN)
		dw_payload_text(&payload, "pay_by",
						timestamptz_to_str(payment->pay_by));
	dw_event_emit(&row->job_id, "escrow", &row->job_id, type, &payload);
}

void
dw_payment_cancel(const DwEscrowRow *row, const DwTransaction *pending)
{
	dw_transaction_end(pending, DW_TRANSACTION_CANCELLED);
	dw_payment_emit(row, pending, "payment_cancelled");
}

bool
dw_escrow_is_agreed(const DwEscrowRow *row, TimestampTz now)
{
	return row->consent_at != DT_NOBEGIN && row->consent_at <= now &&
		!row->escrow.frozen;
}
