/*
 * statement_store.c
 *		An escrow's account as its sides read it, and what comes next.
 */
#include "postgres.h"

#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/ledger/ledger_store.h"

uint64
dw_statement_load(const DwUuid *job_id)
{
	static DwStatement select_lines =
		DW_STATEMENT("SELECT t.completed_at, t.transaction_type::text, "
					 "CASE WHEN x.moved IS NULL THEN "
					 "'Payment that came too late, given back' "
					 "ELSE CASE t.transaction_type "
					 "WHEN 'payment' THEN 'Payment of the homeowner' "
					 "WHEN 'release' THEN 'Release to the provider' "
					 "WHEN 'refund' THEN 'Refund to the homeowner' "
					 "WHEN 'dispute' THEN 'Dispute settled' "
					 "WHEN 'chargeback' THEN 'Chargeback of a payment' "
					 "WHEN 'reversal' THEN 'Reversal' "
					 "ELSE t.transaction_type::text END "
					 "|| coalesce(': ' || m.title, '') END, "
					 "t.id, t.currency, greatest(x.moved, 0), "
					 "greatest(-x.moved, 0), "
					 "CASE WHEN x.pays THEN t.net_amount ELSE 0 END, "
					 "CASE WHEN x.pays THEN t.platform_fee ELSE 0 END, "
					 "CASE WHEN x.pays THEN t.tax ELSE 0 END, "
					 "(sum(coalesce(x.moved, 0)) OVER (ORDER BY "
					 "t.completed_at, v.seq, t.id))::bigint "
					 "FROM dwello.transactions AS t CROSS JOIN LATERAL ("
					 "SELECT sum(n.amount)::bigint AS moved, "
					 "t.transaction_type IN ('release', 'dispute') AS pays "
					 "FROM dwello.ledger_entries AS n "
					 "WHERE n.scope_id = t.scope_id "
					 "AND n.transaction_id = t.id "
					 "AND n.account_id = t.scope_id) AS x "
					 "LEFT JOIN LATERAL (SELECT max(e.seq) AS seq "
					 "FROM dwello.escrow_events AS e "
					 "WHERE e.job_id = t.scope_id "
					 "AND e.transaction_id = t.id) AS v ON true "
					 "LEFT JOIN dwello.job_milestones AS m "
					 "ON m.job_id = t.scope_id AND m.id = t.milestone_id "
					 "WHERE t.scope_id = $1 AND t.hash IS NOT NULL "
					 "ORDER BY t.completed_at, v.seq, t.id");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	return dw_query(&select_lines, &p);
}

void
dw_statement_read(uint64 index, DwStatementLine *line)
{
	line->at = dw_read_time(index, 1);
	line->type = dw_read_text(index, 2);
	line->description = dw_read_text(index, 3);
	(void) dw_read_uuid(index, 4, &line->transaction_id);
	line->currency = dw_read_text(index, 5);
	line->amount_in = dw_read_int8(index, 6);
	line->amount_out = dw_read_int8(index, 7);
	line->payout = dw_read_int8(index, 8);
	line->fee = dw_read_int8(index, 9);
	line->tax = dw_read_int8(index, 10);
	line->refund = line->amount_out - line->payout - line->fee - line->tax;
	line->balance = dw_read_int8(index, 11);
}

uint64
dw_next_events_load(const DwUuid *job_id)
{
	static DwStatement select_events =
		DW_STATEMENT("SELECT 'fail_payment' AS event, t.pay_by AS due, "
					 "'system' AS stoppable_by, "
					 "'The payment counts as failed unless it arrives "
					 "before; one that comes later is given back.' AS detail "
					 "FROM dwello.transactions AS t "
					 "WHERE t.scope_id = $1 AND t.status = 'pending' "
					 "AND t.transaction_type = 'payment' "
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
					 "ORDER BY due, event, detail");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, job_id);
	return dw_query(&select_events, &p);
}

void
dw_next_event_read(uint64 index, DwNextEvent *next)
{
	next->event = dw_read_text(index, 1);
	next->at = dw_read_time(index, 2);
	next->stoppable_by = next->at <= dw_now()
		? NULL : dw_read_text(index, 3);
	next->detail = dw_read_text(index, 4);
}
