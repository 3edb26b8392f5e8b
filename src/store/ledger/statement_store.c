/*
 * statement_store.c
 *		An escrow's account as its sides read it, and what comes next.
 */
#include "postgres.h"

#include "server/call/call_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/ledger/ledger_store.h"

/* A completed transaction of a scope, and its link of the chain. */
typedef struct Link
{
	DwUuid		id;				/* of the transaction */
	bytea	   *prev_hash;		/* of the one before */
	bytea	   *hash;			/* its own */
	bool		is_placed;		/* it has its place */
} Link;

static const DwColumn link_fields[] = {
	DW_FIELD(UUID, Link, id, id),
	DW_FIELD(BYTEA, Link, prev_hash, prev_hash),
	DW_FIELD(BYTEA, Link, hash, hash)
};

static DwMap link_map = DW_MAP(link_fields);

/* True when a link follows on a hash; the first one follows on zeros. */
static bool
link_follows(const Link *link, const uint8 *hash)
{
	return !link->is_placed && link->prev_hash != NULL &&
		VARSIZE(link->prev_hash) == VARHDRSZ + DW_HASH_BYTES &&
		memcmp(VARDATA(link->prev_hash), hash, DW_HASH_BYTES) == 0;
}

/* The link that follows; NULL where the chain ends, or is broken. */
static Link *
link_next(Link *links, int count, const uint8 *hash)
{
	for (int i = 0; i < count; i++)
		if (link_follows(&links[i], hash))
			return &links[i];
	return NULL;
}

/*
 * The transactions of a scope in the order of its chain.  What a broken one
 * does not lead to comes last, by id.
 */
static DwUuid *
chain_order(const DwUuid *scope_id, int *count)
{
	static DwStatement select_links =
		DW_STATEMENT("SELECT t.id, t.prev_hash, t.hash "
					 "FROM dwello.transactions AS t "
					 "WHERE t.scope_id = $1 AND t.hash IS NOT NULL "
					 "ORDER BY t.id");
	uint8		hash[DW_HASH_BYTES] = {0};
	DwParams	p = DW_PARAMS;
	Link	   *links;
	Link	   *next;
	DwUuid	   *order;
	int			placed = 0;

	dw_param_uuid(&p, scope_id);
	*count = (int) dw_query(&select_links, &p);
	links = palloc0(sizeof(Link) * Max(*count, 1));
	order = palloc(sizeof(DwUuid) * Max(*count, 1));
	for (int i = 0; i < *count; i++)
		dw_map_read(&link_map, i, &links[i]);
	while ((next = link_next(links, *count, hash)) != NULL)
	{
		next->is_placed = true;
		order[placed++] = next->id;
		if (VARSIZE(next->hash) != VARHDRSZ + DW_HASH_BYTES)
			break;
		memcpy(hash, VARDATA(next->hash), DW_HASH_BYTES);
	}
	for (int i = 0; i < *count; i++)
		if (!links[i].is_placed)
			order[placed++] = links[i].id;
	return order;
}

/*
 * What a chargeback's transaction t did: it is asked for, given back, gone,
 * or given back although it was gone.
 */
#define CHARGEBACK_STEP \
	"(SELECT 'Chargeback ' || " \
	"CASE WHEN c.asked > 0 THEN 'opened' " \
	"WHEN c.asked IS NULL AND c.gone IS NULL THEN 'raised' " \
	"WHEN c.asked IS NULL THEN 'won after all' " \
	"WHEN c.gone IS NULL THEN 'won' ELSE 'lost' END " \
	"FROM (SELECT sum(n.amount) " \
	"FILTER (WHERE a.kind = 'chargeback_clearing') AS asked, " \
	"sum(n.amount) " \
	"FILTER (WHERE a.kind = 'psp_clearing') AS gone " \
	"FROM dwello.ledger_entries AS n " \
	"JOIN dwello.ledger_accounts AS a " \
	"ON a.id = n.account_id " \
	"WHERE n.scope_id = t.scope_id " \
	"AND n.transaction_id = t.id) AS c) "

void
dw_statement_list(DwCall *call, const DwUuid *job_id)
{
	static DwStatement select_lines =
		DW_STATEMENT("SELECT x.*, "
					 "x.amount_out - x.payout - x.fee - x.tax AS refund "
					 "FROM (SELECT "
					 "(row_number() OVER chain)::integer AS line, "
					 "t.completed_at AS at, t.transaction_type, "
					 "CASE t.transaction_type "
					 "WHEN 'payment' THEN 'Payment of the homeowner' "
					 "WHEN 'release' THEN 'Release to the provider' "
					 "WHEN 'refund' THEN 'Refund to the homeowner' "
					 "WHEN 'dispute' THEN 'Dispute settled' "
					 "WHEN 'cancellation' THEN 'Cancelled by the homeowner' "
					 "WHEN 'chargeback' THEN " CHARGEBACK_STEP
					 "WHEN 'reversal' THEN 'Reversal' "
					 "WHEN 'refund_payment' THEN 'Refund sent' "
					 "WHEN 'tip_payment' THEN 'Tip of the homeowner' "
					 "WHEN 'tip' THEN CASE WHEN t.reverses IS NULL "
					 "THEN 'Tip to the provider' ELSE 'Tip given back' END "
					 "ELSE t.transaction_type::text END "
					 "|| coalesce(': ' || m.title, '') AS description, "
					 "t.id AS transaction_id, t.currency, "
					 "greatest(x.moved, 0) AS amount_in, "
					 "greatest(-x.moved, 0) AS amount_out, "
					 "CASE WHEN x.pays THEN t.net_amount ELSE 0 END AS payout, "
					 "CASE WHEN x.pays THEN t.platform_fee ELSE 0 END AS fee, "
					 "CASE WHEN x.pays THEN t.tax ELSE 0 END AS tax, "
					 "(sum(coalesce(x.moved, 0)) OVER chain)::bigint AS held, "
					 "t.amount "
					 "FROM pg_catalog.unnest($2) WITH ORDINALITY "
					 "AS o (id, place) "
					 "JOIN dwello.transactions AS t "
					 "ON t.scope_id = $1 AND t.id = o.id "
					 "CROSS JOIN LATERAL ("
					 "SELECT sum(n.amount)::bigint AS moved, "
					 "t.transaction_type "
					 "IN ('release', 'dispute', 'cancellation', 'tip') "
					 "AND t.reverses IS NULL AS pays "
					 "FROM dwello.ledger_entries AS n "
					 "WHERE n.scope_id = t.scope_id "
					 "AND n.transaction_id = t.id "
					 "AND n.account_id = t.scope_id) AS x "
					 "LEFT JOIN dwello.job_milestones AS m "
					 "ON m.job_id = t.scope_id AND m.id = t.milestone_id "
					 "WINDOW chain AS (ORDER BY o.place)"
					 ") AS x ORDER BY x.line");
	DwParams	p = DW_PARAMS;
	DwUuid	   *order;
	int			count;

	order = chain_order(job_id, &count);
	dw_param_uuid(&p, job_id);
	dw_param_uuids(&p, order, count);
	dw_list_query(call, &select_lines, &p);
}

/* The time of a request for a refund that waits for an answer. */
#define UNANSWERED_REFUND \
	"SELECT CASE WHEN q.is_no_show THEN 'end_contract' " \
	"ELSE 'answer_refund' END, q.answer_by, " \
	"'homeowner, service_provider', CASE WHEN q.is_no_show " \
	"THEN 'The contract ends by the provider and what is held goes back, " \
	"unless the provider answers or the homeowner withdraws the report " \
	"before.' " \
	"ELSE 'What the homeowner asks for goes back, unless the provider " \
	"answers or the homeowner withdraws the request before.' END " \
	"FROM dwello.refund_requests AS q JOIN dwello.escrow_accounts AS e " \
	"ON e.job_id = q.job_id AND NOT e.is_frozen " \
	"WHERE q.job_id = $1 AND q.status = 'pending' "

/* The time of a contract for which nothing was paid. */
#define UNPAID_CONTRACT \
	"SELECT 'lapse', GREATEST(j.fund_by, (SELECT t.pay_by " \
	"FROM dwello.transactions AS t WHERE t.scope_id = $1 " \
	"AND t.status = 'pending' " \
	"AND t.transaction_type = 'payment')), " \
	"'homeowner, service_provider, system', " \
	"'The contract lapses and the job takes bids again, " \
	"unless a payment arrives, the provider withdraws or " \
	"the homeowner cancels the job before.' " \
	"FROM dwello.jobs AS j JOIN dwello.escrow_accounts AS e " \
	"ON e.job_id = j.id AND e.funded = 0 " \
	"WHERE j.id = $1 AND j.status = 'awarded' " \
	"AND j.fund_by IS NOT NULL "

void
dw_next_events_list(DwCall *call, const DwUuid *job_id)
{
	static DwStatement select_events =
		DW_STATEMENT("SELECT x.event, x.due AS at, 'system' AS actor, "
					 "CASE WHEN x.due > $2 THEN x.stoppable_by END "
					 "AS stoppable_by, x.detail FROM ("
					 "SELECT 'fail_payment' AS event, t.pay_by AS due, "
					 "'system' AS stoppable_by, "
					 "'The payment counts as failed unless it arrives "
					 "before; one that comes later is given back.' AS detail "
					 "FROM dwello.transactions AS t "
					 "WHERE t.scope_id = $1 AND t.status = 'pending' "
					 "AND t.transaction_type IN ('payment', 'tip_payment') "
					 "UNION ALL "
					 UNPAID_CONTRACT "UNION ALL " UNANSWERED_REFUND
					 "UNION ALL "
					 "SELECT 'release_due_escrows', m.auto_release_at, "
					 "'homeowner, service_provider', 'The milestone \"' || "
					 "m.title || '\" is released, unless changes are "
					 "requested, it is refunded or a dispute is opened "
					 "before.' "
					 "FROM dwello.job_milestones AS m "
					 "JOIN dwello.escrow_accounts AS e "
					 "ON e.job_id = m.job_id AND NOT e.is_frozen "
					 "WHERE m.job_id = $1 AND m.status = 'submitted' "
					 "UNION ALL "
					 "SELECT 'default_decision', d.answer_by, "
					 "'homeowner, service_provider, admin, support', "
					 "CASE WHEN d.status = 'answered' "
					 "THEN 'The dispute settles half way between the "
					 "figures, unless they meet, a mediator decides or it "
					 "is withdrawn before.' "
					 "WHEN d.homeowner_offer IS NULL "
					 "THEN 'The provider''s figure holds, unless the "
					 "homeowner answers, a mediator decides or the dispute "
					 "is withdrawn before.' "
					 "ELSE 'The homeowner''s figure holds, unless the "
					 "provider answers, a mediator decides or the dispute "
					 "is withdrawn before.' END "
					 "FROM dwello.disputes AS d "
					 "JOIN dwello.escrow_accounts AS e "
					 "ON e.job_id = d.job_id AND NOT e.is_frozen "
					 "WHERE d.job_id = $1 "
					 "AND d.status IN ('open', 'answered') "
					 ") AS x ORDER BY x.due, x.event, x.detail");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	dw_param_time(&p, dw_now());
	dw_list_query(call, &select_events, &p);
}
