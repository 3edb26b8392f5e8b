/*
 * check_store.c
 *		The health check: rules that the data must obey.
 *
 * A rule that can be asked in SQL is a row of one table: a statement that
 * returns (object, detail) for every fault.  The few that need more are
 * functions.  What the roles, grants and guards of an installation must obey
 * is in installation_store.c.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/varlena.h"

#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/admin/admin_store.h"
#include "store/admin/admin_store_int.h"
#include "store/audience/audience_store.h"
#include "store/ledger/ledger_store.h"
#include "store/market/market_store.h"

/* Pieces of SQL that rules have in common. */

/* How many rows of a log no month holds. */
#define LOG_ROWS(log) \
	"SELECT '" log "_default' AS name, count(*) AS rows " \
	"FROM dwello." log "_default "

/* The awarded provider, whom children know once they have confirmed. */
#define AWARDED "CASE WHEN j.confirmed_at IS NOT NULL THEN j.provider_id END"

/*
 * Rows of a child whose columns differ from their job's.  Where provider_id
 * is another person than the awarded, AWARDED stands for it, and agrees with
 * itself.  The comparison is made in each branch of a UNION, so that no more
 * than what is wrong is gathered.
 */
#define CHILD(relation, key, homeowner, provider, listed) \
	"SELECT '" relation "' AS relation, j.id AS job_id " \
	"FROM dwello." relation " AS c " \
	"JOIN dwello.jobs AS j ON j.id = c." key " " \
	"WHERE " homeowner " IS DISTINCT FROM j.homeowner_id " \
	"OR " provider " IS DISTINCT FROM " AWARDED " " \
	"OR " listed "::boolean <> j.is_listed "
/* The same of what stays when a contract lapses: it names who had it then. */
#define ONCE(provider) \
	"CASE WHEN " provider " IS DISTINCT FROM " AWARDED " " \
	"AND NOT EXISTS (SELECT FROM dwello.escrow_events AS v " \
	"WHERE v.job_id = j.id AND v.event = 'confirm_award' " \
	"AND v.actor_id = " provider ") THEN " provider " " \
	"ELSE " AWARDED " END"
/* The same of what an award makes, and the next one makes anew. */
#define LAST_AWARD(provider) \
	"CASE WHEN j.confirmed_at IS NOT NULL THEN " provider " END"
/* The same of a refund: that of a receipt is no business of a provider's. */
#define REFUNDED(provider) \
	"CASE WHEN c.receipt_id IS NULL THEN " ONCE(provider) " " \
	"ELSE " AWARDED " END"
#define JOB_CHILD(relation, provider, listed) \
	CHILD(relation, "job_id", "c.homeowner_id", provider, listed)

/* Of a transaction: the one of payer and payee who is not the other side. */
#define SIDE(other_side) \
	"CASE c.payer_id WHEN " other_side " THEN c.payee_id ELSE c.payer_id END"

/* Of one that pays the homeowner, the payer is the other side. */
#define PAID_BACK(otherwise) \
	"CASE c.payee_id WHEN j.homeowner_id THEN c.payee_id " \
	"ELSE " otherwise " END"

/* The same of a child of a bid. */
#define BID_CHILD(relation) \
	"SELECT '" relation "' AS relation, c.bid_id " \
	"FROM dwello." relation " AS c JOIN dwello.bids AS b " \
	"ON b.job_id = c.job_id AND b.id = c.bid_id " \
	"WHERE c.homeowner_id <> b.homeowner_id " \
	"OR c.provider_id <> b.provider_id "

/* No id of a job or a user. */
#define NOBODY "'00000000-0000-0000-0000-000000000000'"

/* Ids in a table that nobody has, each once: of a scope, a user, a job. */
#define SCOPE_ORPHANS(relation) \
	"SELECT DISTINCT '" relation "' AS relation, c.scope_id " \
	"FROM dwello." relation " AS c WHERE c.scope_id <> " NOBODY " " \
	"AND NOT EXISTS (SELECT FROM dwello.jobs AS j " \
	"WHERE j.id = c.scope_id) " \
	"AND NOT EXISTS (SELECT FROM dwello.users AS u " \
	"WHERE u.id = c.scope_id) "
/*
 * A fact's scope, a UUID of version 8, is made of a company's own names; a
 * journal's is its own id.
 */
#define FACT_ORPHANS(relation) \
	SCOPE_ORPHANS(relation) \
	"AND pg_catalog.substr(c.scope_id::text, 15, 1) <> '8' " \
	"AND NOT EXISTS (SELECT FROM dwello.journals AS v " \
	"WHERE v.id = c.scope_id) "
#define USER_ORPHANS(relation, column) \
	"SELECT DISTINCT '" relation "' AS relation, c." column " AS user_id " \
	"FROM dwello." relation " AS c WHERE c." column " <> " NOBODY " " \
	"AND NOT EXISTS (SELECT FROM dwello.users AS u " \
	"WHERE u.id = c." column ") "
#define JOB_ORPHANS(relation) \
	"SELECT DISTINCT '" relation "' AS relation, c.job_id " \
	"FROM dwello." relation " AS c WHERE NOT EXISTS " \
	"(SELECT FROM dwello.jobs AS j WHERE j.id = c.job_id) "

/* The currencies that a table names. */
#define CURRENCIES(relation, column) \
	"SELECT '" relation "', " column " FROM dwello." relation " "

static DwCheckRule rules[] =
{
	RULE("partition_missing",
		 "SELECT c.relname::text, 'There is no partition for ' "
		 "|| to_char(m, 'YYYY-MM') || '.' "
		 "FROM pg_catalog.pg_class AS c "
		 "CROSS JOIN generate_series("
		 "date_trunc('month', now() AT TIME ZONE 'UTC'), "
		 "date_trunc('month', now() AT TIME ZONE 'UTC') "
		 "+ interval '1 month', interval '1 month') AS m "
		 "WHERE c.relnamespace = 'dwello'::regnamespace "
		 "AND c.relkind = 'p' AND NOT EXISTS (SELECT FROM "
		 "pg_catalog.pg_inherits AS i "
		 "JOIN pg_catalog.pg_class AS k ON k.oid = i.inhrelid "
		 "WHERE i.inhparent = c.oid AND k.relname = c.relname "
		 "|| to_char(m, '_YYYY_MM')) ORDER BY 1, 2",
		 "Call dwello.ensure_partitions(), daily."),
	RULE("default_partition_not_empty",
		 "SELECT l.name, l.rows || ' rows' FROM ("
		 LOG_ROWS("user_activity_logs") "UNION ALL "
		 LOG_ROWS("data_access_log") "UNION ALL "
		 LOG_ROWS("ai_agent_activity") "UNION ALL "
		 LOG_ROWS("audit_log") ") AS l WHERE l.rows > 0 ORDER BY 1",
		 "Call dwello.ensure_partitions() with from_month = the oldest row's."),
	RULE("orphan",
		 "SELECT s.relation, 'There is neither a job nor a user ' "
		 "|| s.scope_id || '.' FROM ("
		 FACT_ORPHANS("transactions") "UNION ALL "
		 FACT_ORPHANS("ledger_entries") "UNION ALL "
		 FACT_ORPHANS("refunds") "UNION ALL "
		 FACT_ORPHANS("chargebacks") "UNION ALL "
		 SCOPE_ORPHANS("invoices") "UNION ALL "
		 FACT_ORPHANS("outbox") "UNION ALL "
		 FACT_ORPHANS("outbox_deliveries") "UNION ALL "
		 FACT_ORPHANS("idempotency_keys") ") AS s ORDER BY 1, 2",
		 "Restore the missing row from a backup; without it the row belongs to nobody."),
	RULE("orphan",
		 "SELECT l.relation, 'There is no user ' || l.user_id || '.' FROM ("
		 USER_ORPHANS("data_access_log", "user_id") "UNION ALL "
		 USER_ORPHANS("user_activity_logs", "user_id") "UNION ALL "
		 USER_ORPHANS("tax_profiles", "user_id") "UNION ALL "
		 USER_ORPHANS("ai_agent_activity", "user_id") "UNION ALL "
		 USER_ORPHANS("agent_answers", "agent_id") "UNION ALL "
		 USER_ORPHANS("ledger_accounts", "owner_id")
		 "AND c.kind <> 'suspense' ) AS l ORDER BY 1, 2",
		 "Restore the missing user from a backup."),
	RULE("orphan",
		 "SELECT 'ledger_accounts', 'There is no receipt ' || a.owner_id "
		 "|| '.' FROM dwello.ledger_accounts AS a "
		 "WHERE a.kind = 'suspense' AND NOT EXISTS (SELECT "
		 "FROM dwello.receipts AS r WHERE r.id = a.owner_id) ORDER BY 2",
		 "Restore the missing receipt from a backup: its money belongs to nobody without it."),
	RULE("receipt_drift",
		 "SELECT 'receipts', 'Receipt ' || r.id || ' has ' || r.remaining "
		 "|| ' ' || r.currency || ' left; its account has ' || x.balance "
		 "|| '.' FROM dwello.receipts AS r CROSS JOIN LATERAL ("
		 "SELECT COALESCE(sum(n.amount), 0) AS balance "
		 "FROM dwello.ledger_entries AS n "
		 "JOIN dwello.ledger_accounts AS a ON a.id = n.account_id "
		 "AND a.kind = 'suspense' AND a.owner_id = r.id "
		 "AND a.psp = r.psp AND a.currency = r.currency "
		 "WHERE n.scope_id = r.id) AS x "
		 "WHERE x.balance <> r.remaining ORDER BY 2",
		 "The ledger is right: set remaining, and the status that goes with it."),
	RULE("receipt_waiting",
		 "SELECT 'receipts', count(*) || ' receipts have been held for more "
		 "than ' || s.value || ' days, the first one ' || "
		 "(array_agg(r.id ORDER BY r.created_at, r.id))[1] || '.' "
		 "FROM dwello.settings AS s JOIN dwello.receipts AS r "
		 "ON r.status = 'held' AND s.value <> '0' AND r.created_at < "
		 "now() - s.value::integer * interval '1 day' "
		 "WHERE s.name = 'receipt_warn_days' GROUP BY s.value",
		 "Assign or return each of dwello.receipts('held'), or book it with dwello.post_journal()."),
	RULE("authorization_overdue",
		 "SELECT 'authorizations', count(*) || ' authorizations are open a "
		 "day after their time, the first one of job ' || "
		 "(array_agg(a.job_id ORDER BY a.expires_at, a.id))[1] || '.' "
		 "FROM dwello.authorizations AS a WHERE a.status = 'open' "
		 "AND a.expires_at < now() - interval '1 day' HAVING count(*) > 0",
		 "Call dwello.expire_authorizations() every few minutes."),
	RULE("seal_overdue",
		 "SELECT 'log_chains', 'The log ' || c.log || ' was last sealed at ' "
		 "|| c.watermark_at || '.' FROM dwello.log_chains AS c "
		 "WHERE c.watermark_at < now() - interval '1 day' "
		 "UNION ALL SELECT 'log_chains', 'No log was ever sealed.' "
		 "WHERE NOT EXISTS (SELECT FROM dwello.log_chains) "
		 "AND EXISTS (SELECT FROM dwello.audit_log AS a "
		 "WHERE a.created_at < now() - interval '1 day') ORDER BY 2",
		 "Call dwello.seal_logs() every hour: what is not sealed can be altered unnoticed."),
	RULE("orphan",
		 "SELECT 'journals', 'Journal ' || v.id || ' has no transaction.' "
		 "FROM dwello.journals AS v WHERE v.status = 'posted' "
		 "AND NOT EXISTS (SELECT FROM dwello.transactions AS t "
		 "WHERE t.scope_id = v.scope_id AND t.id = v.transaction_id "
		 "AND t.transaction_type = 'journal' AND t.amount = v.amount "
		 "AND t.currency = v.currency) ORDER BY 2",
		 "Restore the missing transaction from a backup."),
	RULE("cancellation_drift",
		 "SELECT x.relation, 'Job ' || x.job_id || ': its cancellation terms "
		 "and what was booked for them differ.' FROM ("
		 "SELECT 'cancellation_terms' AS relation, c.job_id "
		 "FROM dwello.cancellation_terms AS c WHERE c.share > 0 "
		 "AND NOT EXISTS (SELECT FROM dwello.transactions AS t "
		 "WHERE t.scope_id = c.job_id AND t.id = c.transaction_id "
		 "AND t.transaction_type = 'cancellation' "
		 "AND t.status = 'completed') UNION ALL "
		 "SELECT 'transactions', t.scope_id FROM dwello.transactions AS t "
		 "WHERE t.transaction_type = 'cancellation' AND NOT EXISTS "
		 "(SELECT FROM dwello.cancellation_terms AS c "
		 "WHERE c.job_id = t.scope_id AND c.transaction_id = t.id "
		 "AND c.share > 0)) AS x ORDER BY 1, 2",
		 "The ledger is right: set cancellation_terms to what it says."),
	RULE("document_missing",
		 "SELECT 'transactions', 'Transaction ' || t.id || ' of ' "
		 "|| t.booked_on || ' has no document.' "
		 "FROM dwello.invoice_watermark AS w "
		 "JOIN dwello.transactions AS t "
		 "ON (t.booked_on, t.id) <= (w.booked_on, w.transaction_id) "
		 "LEFT JOIN dwello.escrow_accounts AS e ON e.job_id = t.scope_id "
		 "WHERE (t.transaction_type = 'fee' OR e.job_id IS NOT NULL "
		 "AND t.transaction_type IN ('release', 'dispute', 'cancellation', "
		 "'reversal', 'tip')) AND t.platform_fee + t.tax + t.net_amount > 0 "
		 "AND NOT EXISTS (SELECT FROM dwello.invoices AS v "
		 "WHERE v.scope_id = t.scope_id AND v.transaction_id = t.id) "
		 "ORDER BY 2",
		 "It was booked late, after a clock or the time zone was set back: SELECT dwello.issue_documents(from_day => ...)."),
	RULE("document_gap",
		 "SELECT 'invoice_series', s.kind || ' of ' || s.issuer_id || ' in ' "
		 "|| s.year || ' is at ' || s.last_number || '; there are ' "
		 "|| x.numbers || ' to ' || x.last || '.' "
		 "FROM dwello.invoice_series AS s CROSS JOIN LATERAL ("
		 "SELECT count(DISTINCT v.series_number) AS numbers, count(*) AS documents, "
		 "COALESCE(max(v.series_number), 0) AS last FROM dwello.invoices AS v "
		 "WHERE v.issuer_id = s.issuer_id AND v.kind = s.kind "
		 "AND v.year = s.year) AS x WHERE x.numbers <> s.last_number "
		 "OR x.documents <> s.last_number OR x.last <> s.last_number "
		 "ORDER BY 2",
		 "Restore what is missing from a backup: numbers of documents have no gap."),
	RULE("journal_drift",
		 "SELECT 'transactions', 'Transaction ' || t.id "
		 "|| ' is of no journal.' FROM dwello.transactions AS t "
		 "WHERE t.transaction_type = 'journal' AND NOT EXISTS (SELECT "
		 "FROM dwello.journals AS v WHERE v.scope_id = t.scope_id "
		 "AND v.transaction_id = t.id) ORDER BY 2",
		 "Restore the journal from a backup: it says why this was booked."),
	RULE("orphan",
		 "SELECT l.relation, 'There is no job ' || l.job_id || '.' FROM ("
		 JOB_ORPHANS("ai_agent_activity") "UNION ALL "
		 JOB_ORPHANS("agent_answers") "UNION ALL "
		 JOB_ORPHANS("escrow_events") "UNION ALL "
		 JOB_ORPHANS("market_prices") ") AS l ORDER BY 1, 2",
		 "Restore the missing job from a backup."),
	RULE("orphan",
		 "SELECT 'ledger_entries', 'There is no account ' || l.account_id "
		 "|| '.' FROM dwello.ledger_entries AS l WHERE NOT EXISTS "
		 "(SELECT FROM dwello.ledger_accounts AS a WHERE a.id = l.account_id) "
		 "AND NOT EXISTS (SELECT FROM dwello.escrow_accounts AS a "
		 "WHERE a.job_id = l.account_id) GROUP BY l.account_id ORDER BY 2",
		 "Restore the missing account from a backup; stop payouts until then."),
	RULE("period_drift",
		 "SELECT 'transactions', 'Transaction ' || t.id || ' is booked on ' "
		 "|| t.booked_on || ', which was closed before.' "
		 "FROM (SELECT max(p.closed_until) OVER w AS closed_until, "
		 "p.closed_at, lead(p.closed_at, 1, 'infinity') OVER w "
		 "AS next_closed_at "
		 "FROM dwello.accounting_periods AS p "
		 "WHERE p.reopened_at IS NULL "
		 "WINDOW w AS (ORDER BY p.closed_at)) AS p "
		 "JOIN dwello.transactions AS t ON t.completed_at > p.closed_at "
		 "AND t.completed_at <= p.next_closed_at "
		 "AND t.booked_on <= p.closed_until ORDER BY 2",
		 "Reports of that period were signed without it: find who wrote it."),
	RULE("period_drift",
		 "SELECT 'period_balances', 'The balances of ' || b.currency "
		 "|| ' at the end of ' || p.closed_until || ' sum to ' "
		 "|| pg_catalog.sum(b.balance) || '.' "
		 "FROM dwello.accounting_periods AS p "
		 "JOIN dwello.period_balances AS b ON b.period_id = p.id "
		 "WHERE p.reopened_at IS NULL GROUP BY p.closed_until, b.currency "
		 "HAVING pg_catalog.sum(b.balance) <> 0 ORDER BY 2",
		 "Delete them, set carried_at to NULL and call dwello.carry_balances()."),
	RULE("orphan",
		 "SELECT 'statement_lines', 'Line ' || l.line_id || ' of ' || l.psp "
		 "|| ': there is no transaction ' || l.transaction_id || '.' "
		 "FROM dwello.statement_lines AS l "
		 "WHERE l.transaction_id IS NOT NULL AND NOT EXISTS "
		 "(SELECT FROM dwello.transactions AS t "
		 "WHERE t.scope_id = l.scope_id AND t.id = l.transaction_id) "
		 "ORDER BY 2",
		 "Restore the missing transaction from a backup."),
	RULE("matching_column",
		 "SELECT 'user_profiles', 'User ' || d.user_id || ': what matching "
		 "knows of them, or of their agent, is out of date.' "
		 "FROM (" DW_AUDIENCE_DRIFT ") AS d ORDER BY 2",
		 "Call dwello.refresh_matching() until it is 0."),
	RULE("denormalised_column",
		 "SELECT DISTINCT k.relation, 'Job ' || k.job_id || ': homeowner_id, "
		 "provider_id or is_listed differs from the job''s.' FROM ("
		 JOB_CHILD("job_requirements", "c.provider_id", "c.is_listed") "UNION ALL "
		 JOB_CHILD("job_milestones", "c.provider_id", "c.is_listed") "UNION ALL "
		 JOB_CHILD("job_sites", "c.provider_id", "NULL") "UNION ALL "
		 JOB_CHILD("job_progress", "c.provider_id", "NULL") "UNION ALL "
		 JOB_CHILD("refund_requests", "c.provider_id", "NULL") "UNION ALL "
		 JOB_CHILD("authorizations", ONCE("c.provider_id"), "NULL") "UNION ALL "
		 JOB_CHILD("cancellation_terms", LAST_AWARD("c.provider_id"), "NULL")
		 "UNION ALL "
		 JOB_CHILD("change_orders", ONCE("c.provider_id"), "NULL") "UNION ALL "
		 JOB_CHILD("escrow_accounts", ONCE("c.provider_id"), "NULL") "UNION ALL "
		 JOB_CHILD("escrow_events", ONCE("c.provider_id"), "NULL") "UNION ALL "
		 JOB_CHILD("disputes", "c.provider_id", "NULL") "UNION ALL "
		 JOB_CHILD("chargebacks", ONCE("c.provider_id"), "NULL") "UNION ALL "
		 JOB_CHILD("refunds", REFUNDED("c.provider_id"), "NULL") "UNION ALL "
		 JOB_CHILD("reviews", "c.provider_id", "NULL") "UNION ALL "
		 JOB_CHILD("review_responses", "c.provider_id", "NULL") "UNION ALL "
		 JOB_CHILD("market_prices", "c.provider_id", "NULL") "UNION ALL "
		 CHILD("transactions", "scope_id", PAID_BACK(SIDE(AWARDED)),
			   ONCE(SIDE("j.homeowner_id")), "NULL") "UNION ALL "
		 JOB_CHILD("bids", AWARDED, "NULL") "UNION ALL "
		 JOB_CHILD("job_invites", AWARDED, "NULL") "UNION ALL "
		 JOB_CHILD("messages", AWARDED, "NULL") ") AS k ORDER BY 1, 2",
		 "Set the columns to the job's; policies go by them."),
	RULE("denormalised_column",
		 "SELECT DISTINCT k.relation, 'Bid ' || k.bid_id || ': homeowner_id or "
		 "provider_id differs from the bid''s.' FROM ("
		 BID_CHILD("bid_versions") "UNION ALL "
		 BID_CHILD("bid_materials") "UNION ALL "
		 BID_CHILD("counter_offers") ") AS k ORDER BY 1, 2",
		 "Set the columns to the bid's; policies go by them."),
	RULE("denormalised_column",
		 "SELECT r.relation, 'Bid ' || r.bid_id || ': provider_id differs "
		 "from the bid''s.' FROM (SELECT 'bid_ranks' AS relation, job_id, "
		 "bid_id, provider_id FROM dwello.bid_ranks UNION ALL "
		 "SELECT 'bid_floors', job_id, bid_id, provider_id "
		 "FROM dwello.bid_floors) AS r "
		 "JOIN dwello.bids AS b ON b.job_id = r.job_id AND b.id = r.bid_id "
		 "WHERE r.provider_id <> b.provider_id ORDER BY 1, 2",
		 "Set the columns to the bid's; policies go by them."),
	RULE("place_drift",
		 "SELECT 'job_sites', 'Job ' || s.job_id || ': the place of its site "
		 "is not that of the job.' FROM dwello.job_sites AS s "
		 "JOIN dwello.jobs AS j ON j.id = s.job_id "
		 "WHERE st_x(s.place::geometry) <> st_x(j.location::geometry) "
		 "OR st_y(s.place::geometry) <> st_y(j.location::geometry) ORDER BY 2",
		 "Set place to the job's location."),
	RULE("rank_missing",
		 "SELECT 'bid_ranks', 'Bid ' || b.id || ' has no row, so its bidder "
		 "is not told its third.' FROM dwello.jobs AS j "
		 "JOIN dwello.bids AS b ON b.job_id = j.id "
		 "WHERE j.status = 'open' AND j.bid_mode = 'rank_only' "
		 "AND j.deleted_at IS NULL AND b.deleted_at IS NULL "
		 "AND b.status = 'pending' AND NOT EXISTS ("
		 "SELECT FROM dwello.bid_ranks AS r WHERE r.job_id = b.job_id "
		 "AND r.bid_id = b.id) ORDER BY 2",
		 "Write a row for it, due now."),
	RULE("api_key_unused",
		 "SELECT 'api_keys', 'API key ' || k.id || ' of user ' || k.user_id "
		 "|| ' was last used ' || COALESCE('on ' || k.last_used_at::date, "
		 "'never') || '.' FROM dwello.api_keys AS k "
		 "WHERE k.revoked_at IS NULL "
		 "AND COALESCE(k.expires_at, 'infinity') > now() "
		 "AND COALESCE(k.last_used_at, k.created_at) "
		 "< now() - interval '90 days' "
		 "AND NOT EXISTS (SELECT FROM dwello.api_key_uses AS n "
		 "WHERE n.key_id = k.id AND n.used_at >= now() - interval '90 days') "
		 "ORDER BY 2",
		 "Ask its user, and revoke it: SELECT dwello.revoke_api_key(key_id)."),
	RULE("event_dead",
		 "SELECT 'outbox', 'Event ' || d.event_id || ' of ' || d.scope_id "
		 "|| ' reaches nobody after ' || d.attempts || ' attempts: ' "
		 "|| coalesce(d.last_error, '') || '.' "
		 "FROM dwello.outbox_deliveries AS d "
		 "WHERE d.consumer = 'deliver_events' AND d.dead_at IS NOT NULL "
		 "ORDER BY 2",
		 "Mend what the error names, then SELECT "
		 "dwello.requeue_events('deliver_events')."),
	RULE("counter_drift",
		 "SELECT 'provider_stats', 'Provider ' || s.user_id || ' has ' "
		 "|| s.awarded_count || ' awards, ' || s.completed_count "
		 "|| ' completions, ' || s.review_count || ' reviews; their jobs "
		 "have ' || COALESCE(a.awarded, 0) || ', ' "
		 "|| COALESCE(a.completed, 0) || ', ' || COALESCE(a.reviewed, 0) "
		 "|| '.' FROM dwello.provider_stats AS s "
		 "LEFT JOIN (SELECT e.user_id, "
		 "count(*) FILTER (WHERE e.type = 'contract_funded') "
		 "- count(*) FILTER (WHERE e.type = 'contract_cancelled') AS awarded, "
		 "count(*) FILTER (WHERE e.type = 'job_completed') AS completed, "
		 "count(*) FILTER (WHERE e.type = 'review_posted') AS reviewed "
		 "FROM (SELECT o.type, CASE o.type WHEN 'review_posted' "
		 "THEN o.payload ->> 'reviewee_id' "
		 "ELSE o.payload ->> 'provider_id' END AS user_id "
		 "FROM dwello.outbox AS o WHERE o.applied_at IS NOT NULL "
		 "AND o.payload ->> 'is_unpaid' IS NULL "
		 "AND o.type IN ('contract_funded', 'contract_cancelled', 'job_completed', "
		 "'review_posted')) AS e GROUP BY e.user_id) AS a "
		 "ON a.user_id = s.user_id::text "
		 "WHERE s.awarded_count <> COALESCE(a.awarded, 0) "
		 "OR s.completed_count <> COALESCE(a.completed, 0) "
		 "OR s.review_count <> COALESCE(a.reviewed, 0) ORDER BY 2",
		 "Restore provider_stats, or count the provider's jobs anew."),
	RULE("agent_drift",
		 "SELECT 'agent_answers', 'Job ' || w.job_id || ', agent ' "
		 "|| w.agent_id || ': the answer names no decision of theirs.' "
		 "FROM dwello.agent_answers AS w JOIN dwello.jobs AS j "
		 "ON j.id = w.job_id AND j.status = 'open' "
		 "WHERE w.state = 'answered' AND NOT EXISTS (SELECT "
		 "FROM dwello.ai_agent_activity AS a WHERE a.job_id = w.job_id "
		 "AND a.user_id = w.agent_id AND a.id = w.decision_id) ORDER BY 2",
		 "Restore the row of ai_agent_activity from a backup."),
	RULE("agent_drift",
		 "SELECT 'ai_agent_activity', 'Job ' || a.job_id || ', agent ' "
		 "|| a.user_id || ': terms ' || a.terms_version "
		 "|| ' were answered ' || count(*) || ' times.' "
		 "FROM dwello.ai_agent_activity AS a WHERE a.decision_id IS NULL "
		 "AND a.action_type IN ('bid_submitted', 'declined', 'proposed', "
		 "'shadowed') AND a.core_version IS NOT NULL "
		 "GROUP BY a.job_id, a.user_id, a.terms_version "
		 "HAVING count(*) > 1 ORDER BY 2",
		 "An agent answers once: look who writes there besides the commands."),
	RULE("agent_drift",
		 "SELECT 'bids', 'Bid ' || b.id || ' names a decision that its "
		 "bidder''s agent has not made.' FROM dwello.bids AS b "
		 "WHERE b.decision_id IS NOT NULL AND NOT EXISTS (SELECT "
		 "FROM dwello.ai_agent_activity AS a WHERE a.job_id = b.job_id "
		 "AND a.user_id = b.provider_id AND a.id = b.decision_id) ORDER BY 2",
		 "Restore the row of ai_agent_activity from a backup."),
	RULE("agent_drift",
		 "SELECT 'agent_day_counters', 'Agent ' "
		 "|| COALESCE(c.user_id, a.user_id) || ', ' "
		 "|| COALESCE(c.day, a.day) || ': ' || COALESCE(c.bids, 0) "
		 "|| ' bids are counted, ' || COALESCE(a.bids, 0) || ' were made.' "
		 "FROM (SELECT * FROM dwello.agent_day_counters WHERE bids > 0) AS c "
		 "FULL JOIN (SELECT k.user_id, k.counted_on AS day, "
		 "count(*) AS bids FROM dwello.ai_agent_activity AS k "
		 "WHERE k.counted_on IS NOT NULL GROUP BY 1, 2) AS a "
		 "ON a.user_id = c.user_id AND a.day = c.day "
		 "WHERE c.bids IS DISTINCT FROM a.bids ORDER BY 2",
		 "Set bids to what was made; the daily cap goes by it."),
	RULE("agent_drift",
		 "SELECT 'ai_bidding_agents', 'Agent ' || g.user_id || ' has ' "
		 "|| g.bids_won || ' bids won; its outcomes have ' "
		 "|| COALESCE(o.won, 0) || '.' FROM dwello.ai_bidding_agents AS g "
		 "LEFT JOIN (SELECT user_id, count(*) AS won "
		 "FROM dwello.agent_outcomes WHERE outcome = 'won' GROUP BY 1) AS o "
		 "ON o.user_id = g.user_id "
		 "WHERE g.bids_won <> COALESCE(o.won, 0) ORDER BY 2",
		 "Set bids_won to the number of outcomes."),
	RULE("agent_quarantined",
		 "SELECT 'agent_answers', 'Job ' || w.job_id || ', terms ' "
		 "|| w.terms_version || ', agent ' || w.agent_id || ': ' "
		 "|| CASE WHEN w.attempts >= 3 THEN w.attempts "
		 "|| ' server processes died over it.' "
		 "ELSE 'it fails with an error.' END FROM dwello.agent_answers AS w WHERE w.state = 'quarantined' "
		 "ORDER BY 2",
		 "Keep the server's log and report it; docs/operation.md says how it is tried again."),
	RULE("agent_quarantined",
		 "SELECT 'agent_work', 'Job ' || w.job_id || ', terms ' "
		 "|| w.terms_version || ': ' || w.attempts || ' server processes "
		 "died while its agents were looked for.' "
		 "FROM dwello.agent_work AS w WHERE w.attempts >= 3 ORDER BY 2",
		 "Keep the server's log and report it; set attempts and claimed_at back once it is understood."),
	RULE("market_drift",
		 "SELECT 'category_statistics', 'Category ' || category_id "
		 "|| ' has ' || coalesce(s.contracts, 0) || ' contracts in ' "
		 "|| currency || '; its prices are ' || coalesce(m.prices, 0) "
		 "|| '.' FROM dwello.category_statistics AS s "
		 "FULL JOIN (SELECT m.category_id, m.currency, count(*) AS prices "
		 "FROM dwello.market_prices AS m GROUP BY 1, 2) AS m "
		 "USING (category_id, currency) "
		 "WHERE s.contracts IS DISTINCT FROM coalesce(m.prices, 0) "
		 "ORDER BY 2",
		 "Call dwello.rebuild_market_prices() until last_job_id is NULL."),
	RULE("requirement_drift",
		 "SELECT 'jobs', 'Job ' || j.id || ' has the bits ' "
		 "|| j.requirement_bits || '; its mandatory requirements make ' "
		 "|| r.bits || '.' FROM dwello.jobs AS j "
		 "CROSS JOIN LATERAL (SELECT COALESCE(bit_or(1 << array_position("
		 "enum_range(q.requirement_type), q.requirement_type) - 1), 0) "
		 "AS bits FROM dwello.job_requirements AS q "
		 "WHERE q.job_id = j.id AND q.is_mandatory) AS r "
		 "WHERE j.requirement_bits <> r.bits ORDER BY 2",
		 "Providers without the credential are shown the job, or those with it are not: set requirement_bits."),
	RULE("counter_offer_drift",
		 "SELECT 'counter_offers', 'Counter-offer ' || c.id || ' about bid ' "
		 "|| c.bid_id || ' is ' || c.status || ', and the bid, which is ' "
		 "|| b.status || ', does not go with that.' "
		 "FROM dwello.counter_offers AS c "
		 "JOIN dwello.bids AS b ON b.job_id = c.job_id AND b.id = c.bid_id "
		 "JOIN dwello.jobs AS j ON j.id = c.job_id "
		 "WHERE (c.status = 'pending' AND (b.status <> 'pending' "
		 "OR b.bid_version <> c.bid_version "
		 "OR b.terms_version <> j.terms_version)) "
		 "OR (c.status = 'accepted' AND NOT EXISTS ("
		 "SELECT FROM dwello.bid_versions AS v WHERE v.job_id = c.job_id "
		 "AND v.bid_id = c.bid_id AND v.bid_version = c.bid_version + 1 "
		 "AND v.bid_amount = c.amount)) ORDER BY 2",
		 "Set a pending one to expired; an accepted one must be in the bid's history: restore that from a backup."),
	RULE("invite_drift",
		 "SELECT 'job_invites', 'Invitation ' || i.id || ' to job ' "
		 "|| i.job_id || ' is ' || i.status || ', and the job is ' "
		 "|| j.status || ' or the provider has no such bid.' "
		 "FROM dwello.job_invites AS i "
		 "JOIN dwello.jobs AS j ON j.id = i.job_id "
		 "WHERE (i.status = 'pending' AND j.status <> 'open') "
		 "OR (i.status = 'accepted' AND i.amount IS NOT NULL "
		 "AND NOT EXISTS (SELECT FROM dwello.bid_versions AS v "
		 "WHERE v.job_id = i.job_id AND v.provider_id = i.provider_id "
		 "AND v.bid_amount = i.amount)) ORDER BY 2",
		 "Set a pending one to expired; the bid of an accepted offer is to be restored from a backup."),
	RULE("change_order_drift",
		 "SELECT 'change_orders', 'Change order ' || c.id || ' of job ' "
		 "|| c.job_id || ' is ' || c.status || ', and the job is ' "
		 "|| j.status || ' or lacks its milestone.' "
		 "FROM dwello.change_orders AS c "
		 "JOIN dwello.jobs AS j ON j.id = c.job_id "
		 "WHERE (c.status = 'pending' AND j.status NOT IN "
		 "('awarded', 'in_progress', 'disputed')) "
		 "OR (c.status = 'accepted' AND c.amount > 0 AND NOT EXISTS ("
		 "SELECT FROM dwello.job_milestones AS m WHERE m.job_id = c.job_id "
		 "AND m.id = c.milestone_id)) ORDER BY 2",
		 "Set a pending one to expired; the milestone of an accepted one is to be restored from a backup."),
	RULE("contract_drift",
		 "SELECT 'escrow_accounts', 'The milestones of job ' || e.job_id "
		 "|| ' come to ' || sum(m.amount) || ', its contract is ' "
		 "|| e.contract_amount || '.' FROM dwello.escrow_accounts AS e "
		 "JOIN dwello.jobs AS j ON j.id = e.job_id AND j.status IN "
		 "('awarded', 'in_progress', 'disputed') "
		 "JOIN dwello.job_milestones AS m ON m.job_id = e.job_id "
		 "AND m.status <> 'cancelled' WHERE e.status <> 'cancelled' "
		 "GROUP BY e.job_id, e.contract_amount "
		 "HAVING sum(m.amount) <> e.contract_amount ORDER BY 2",
		 "Hold releases of the job, and find which row was written by hand."),
	RULE("tile_drift",
		 "SELECT 'job_tiles', count(*) || ' tiles are not the sum of their "
		 "quarters.' FROM (SELECT * FROM dwello.job_tiles WHERE zoom < 14) "
		 "AS t FULL JOIN (SELECT zoom - 1 AS zoom, tile >> 2 AS tile, "
		 "category_id, sum(jobs) AS jobs, sum(x_sum) AS x_sum, "
		 "sum(y_sum) AS y_sum FROM dwello.job_tiles WHERE zoom > 3 "
		 "GROUP BY 1, 2, 3) AS q USING (zoom, tile, category_id) "
		 "WHERE (t.jobs, t.x_sum, t.y_sum) "
		 "IS DISTINCT FROM (q.jobs, q.x_sum, q.y_sum) "
		 "HAVING count(*) > 0",
		 "Empty job_tiles and job_tile_refresh, and call dwello.refresh_tiles() until is_complete."),
	RULE("tile_stale",
		 "SELECT 'job_tiles', count(*) || ' tiles differ from the jobs that "
		 "have been as they are for a day.' FROM (SELECT tile, "
		 "sum(jobs) AS jobs FROM dwello.job_tiles WHERE zoom = 14 "
		 "GROUP BY tile) AS t FULL JOIN (SELECT j.cell >> 34 AS tile, "
		 "count(*) FILTER (WHERE j.status = 'open' AND j.is_listed "
		 "AND j.deleted_at IS NULL AND j.expires_at > now()) AS jobs, "
		 "bool_and(j.updated_at < now() - interval '1 day' "
		 "AND (j.expires_at BETWEEN now() - interval '1 day' AND now()) "
		 "IS NOT TRUE) AS is_settled FROM dwello.jobs AS j GROUP BY 1) AS s "
		 "USING (tile) WHERE COALESCE(s.is_settled, true) "
		 "AND COALESCE(t.jobs, 0) <> COALESCE(s.jobs, 0) "
		 "HAVING count(*) > 0",
		 "Call dwello.refresh_tiles() every few seconds."),
	RULE("damaged_document",
		 "SELECT d.relation, d.owner || ': ' || d.name || ' cannot be read.' "
		 "FROM (SELECT 'user_profiles' AS relation, "
		 "'User ' || user_id AS owner, 'service_areas' AS name "
		 "FROM dwello.user_profiles "
		 "WHERE NOT dwello.json_is_valid('service_areas', service_areas) "
		 "OR NOT dwello.service_areas_are_valid(service_areas) "
		 "UNION ALL SELECT 'user_profiles', 'User ' || user_id, "
		 "'a document' FROM dwello.user_profiles "
		 "WHERE NOT dwello.json_is_valid('availability_schedule', "
		 "availability_schedule) "
		 "OR NOT dwello.json_is_valid('insurance_info', insurance_info) "
		 "OR NOT dwello.json_is_valid('license_info', license_info) "
		 "UNION ALL SELECT 'ai_bidding_agents', 'User ' || user_id, "
		 "'a document' FROM dwello.ai_bidding_agents "
		 "WHERE NOT dwello.working_hours_are_valid(working_hours) "
		 "OR NOT dwello.json_is_valid('agent_costs', costs) "
	/* what a release writes has no CHECK of them */
		 "UNION ALL SELECT 'outbox', 'Scope ' || scope_id, 'a payload' "
		 "FROM dwello.outbox "
		 "WHERE NOT dwello.json_is_valid('event_payload', payload) "
		 "UNION ALL SELECT 'idempotency_keys', 'Scope ' || scope_id, "
		 "'a result' FROM dwello.idempotency_keys "
		 "WHERE NOT dwello.json_is_valid('call_result', result) "
		 "UNION ALL SELECT 'escrow_accounts', 'Job ' || job_id, "
		 "'fee_steps' FROM dwello.escrow_accounts "
		 "WHERE NOT dwello.json_is_valid('fee_steps', fee_steps)) "
		 "AS d ORDER BY 1, 2",
		 "Write the document anew through a command of dwello, or restore it from a backup."),
	RULE("category_cycle",
		 "WITH RECURSIVE up AS (SELECT c.id, c.parent_id, 1 AS levels "
		 "FROM dwello.service_categories AS c "
		 "UNION ALL SELECT up.id, c.parent_id, up.levels + 1 FROM up "
		 "JOIN dwello.service_categories AS c ON c.id = up.parent_id "
		 "WHERE up.levels < 100 AND up.parent_id <> up.id) "
		 "SELECT 'service_categories', 'Category ' || up.id "
		 "|| ' lies below itself.' FROM up WHERE up.parent_id = up.id "
		 "ORDER BY 2",
		 "Set parent_id of one of them to the category above, or to NULL."),
	RULE("wrong_user_type",
		 "SELECT r.relation, r.object || ' belongs to user ' || r.user_id "
		 "|| ', who is a ' || u.user_type || '.' FROM ("
		 "SELECT 'jobs' AS relation, 'Job ' || id AS object, "
		 "homeowner_id AS user_id, 'homeowner' AS wanted FROM dwello.jobs "
		 "UNION ALL SELECT 'bids', 'Bid ' || id, provider_id, "
		 "'service_provider' FROM dwello.bids "
		 "UNION ALL SELECT 'ai_bidding_agents', 'An agent', user_id, "
		 "'service_provider' FROM dwello.ai_bidding_agents) AS r "
		 "JOIN dwello.users AS u ON u.id = r.user_id "
		 "WHERE u.user_type::text <> r.wanted ORDER BY 1, 2",
		 "Restore the row from a backup: no command writes it so."),
	RULE("parameters_drift",
		 "SELECT 'ai_bidding_agents', 'Provider ' || a.user_id || ' has an "
		 "agent of version ' || a.parameters_version || '; live is ' "
		 "|| COALESCE(p.version, 0) || '.' "
		 "FROM dwello.ai_bidding_agents AS a "
		 "LEFT JOIN dwello.agent_parameters AS p "
		 "ON p.user_id = a.user_id AND p.status = 'live' "
		 "WHERE a.parameters_version <> COALESCE(p.version, 0) ORDER BY 2",
		 "Call dwello.revert_agent() with an older version; 0 is always there."),
	RULE("mandate_altered",
		 "SELECT 'mandates', 'Mandate ' || m.id || ' of provider ' "
		 "|| m.user_id || ' has another digest than what it says.' "
		 "FROM dwello.mandates AS m WHERE m.digest <> sha256(convert_to("
		 "dwello.mandate_text(m.user_id, m.id, m.limits, m.token_id, "
		 "m.signed_at), 'UTF8')) ORDER BY 2",
		 "Somebody wrote past the commands: pause the agent until its provider has signed another mandate."),
	RULE("mandate_altered",
		 "SELECT 'ai_bidding_agents', 'Provider ' || a.user_id || ' has not "
		 "signed mandate ' || a.mandate_id || '.' "
		 "FROM dwello.ai_bidding_agents AS a WHERE a.mandate_id IS NOT NULL "
		 "AND NOT EXISTS (SELECT FROM dwello.mandates AS m "
		 "WHERE m.user_id = a.user_id AND m.id = a.mandate_id) ORDER BY 2",
		 "Restore the mandate, or have the provider sign another."),
	RULE("unsealed_value",
		 "SELECT v.object, 'Row ' || v.id || ' is not sealed.' FROM ("
		 "SELECT 'users.email' AS object, id, email AS sealed FROM dwello.users "
		 "UNION ALL SELECT 'users.phone', id, phone FROM dwello.users "
		 "UNION ALL SELECT 'users.password_hash', id, password_hash "
		 "FROM dwello.users "
		 "UNION ALL SELECT 'user_codes.target', id, target "
		 "FROM dwello.user_codes "
		 "UNION ALL SELECT 'user_addresses.street', id, street "
		 "FROM dwello.user_addresses "
		 "UNION ALL SELECT 'user_addresses.point', id, point "
		 "FROM dwello.user_addresses "
		 "UNION ALL SELECT 'provider_credentials.number', id, number "
		 "FROM dwello.provider_credentials "
		 "UNION ALL SELECT 'job_sites.street', job_id, street "
		 "FROM dwello.job_sites "
		 "UNION ALL SELECT 'job_sites.point', job_id, point "
		 "FROM dwello.job_sites "
		 "UNION ALL SELECT 'tax_profiles.legal_name', id, legal_name "
		 "FROM dwello.tax_profiles "
		 "UNION ALL SELECT 'tax_profiles.tax_id', id, tax_id "
		 "FROM dwello.tax_profiles "
		 "UNION ALL SELECT 'tax_profiles.vat_id', id, vat_id "
		 "FROM dwello.tax_profiles "
		 "UNION ALL SELECT 'person_keys.key', user_id, key "
		 "FROM dwello.person_keys) AS v "
		 "WHERE octet_length(v.sealed) < 33 OR get_byte(v.sealed, 0) <> 2 "
		 "ORDER BY 1, 2",
		 "Write the value through a command of dwello; never by hand."),
};

/* One fault found: where, and what. */
typedef struct Fault
{
	const char *object;			/* a table, a role, a file */
	const char *detail;			/* what was found there */
} Fault;

/* Puts a fault into the result, with its rule and what to do about it. */
static void
report(DwCall *call, const char *rule, const Fault *fault, const char *hint)
{
	dw_row_text(call, "rule", rule);
	dw_row_text(call, "object", fault->object);
	dw_row_text(call, "detail", fault->detail);
	dw_row_text(call, "hint", hint);
	dw_list_emit(call);
}

/* True when the library is loaded at the start of every session. */
static bool
library_is_preloaded(void)
{
	static const char *const settings[] = {
		"session_preload_libraries", "shared_preload_libraries"
	};

	for (size_t i = 0; i < lengthof(settings); i++)
	{
		const char *setting = GetConfigOption(settings[i], false, false);
		char	   *value = pstrdup(setting);
		List	   *names;
		ListCell   *cell;

		if (!SplitDirectoriesString(value, ',', &names))
			continue;
		foreach(cell, names)
		{
			char	   *slash = strrchr(lfirst(cell), '/');

			if (strcmp(slash ? slash + 1 : lfirst(cell), "dwello") == 0)
				return true;
		}
	}
	return false;
}

/* The rules that look outside the database. */
static void
check_surroundings(DwCall *call)
{
	static const Fault preload = {
		"session_preload_libraries",
		"The library is not loaded at the start of a session."
	};
	static const Fault place = {
		"dwello.keyring_file",
		"A base backup carries the keys beside what they seal."
	};
	Fault		unreadable = {.object = "dwello.keyring_file"};
	const char *objection = dw_keyring_objection();

	if (!library_is_preloaded())
		report(call, "preload_missing", &preload,
			   "Set session_preload_libraries = 'dwello' in postgresql.conf and reload.");
	if (dw_keyring_in_data_directory())
		report(call, "keyring_in_data_directory", &place,
			   "Move the file out of the data directory and set dwello.keyring_file.");
	if (objection == NULL)
		return;
	unreadable.detail = psprintf("The keyring file cannot be used: %s.",
								 objection);
	report(call, "keyring_unreadable", &unreadable,
		   "Restore the keyring file, or make one with dwello.create_keyring().");
}

static const DwColumn fault_fields[] = {
	DW_FIELD(TEXT, Fault, object, object),
	DW_FIELD(TEXT, Fault, detail, detail)
};
static DwMap fault_map = DW_MAP(fault_fields);

/* Rules asked in SQL. */
static void
check_rules(DwCall *call, DwCheckRule *rule, int count)
{
	for (int i = 0; i < count; i++, rule++)
	{
		uint64		faults = dw_query(&rule->statement, NULL);

		for (uint64 k = 0; k < faults; k++)
		{
			Fault		fault;

			dw_map_read(&fault_map, k, &fault);
			report(call, rule->name, &fault, rule->hint);
		}
	}
}

/*
 * Every currency is one of ISO 4217.  Rows that take theirs over from another
 * (legs, transactions, events of payments, versions of bids, what agents did,
 * statistics) are not asked: that one is.
 */
static void
check_currencies(DwCall *call)
{
	static DwCheckRule currencies =
		RULE("currency_unknown",
			 CURRENCIES("ai_bidding_agents", "currency") "UNION "
			 CURRENCIES("authorizations", "currency") "UNION "
			 CURRENCIES("bids", "currency") "UNION "
			 CURRENCIES("category_amounts", "currency") "UNION "
			 CURRENCIES("change_orders", "currency") "UNION "
			 CURRENCIES("chargebacks", "currency") "UNION "
			 CURRENCIES("counter_offers", "currency") "UNION "
			 CURRENCIES("disputes", "currency") "UNION "
			 CURRENCIES("escrow_accounts", "currency") "UNION "
			 CURRENCIES("fee_schedules", "currency") "UNION "
			 CURRENCIES("fx_rates", "from_currency") "UNION "
			 CURRENCIES("fx_rates", "to_currency") "UNION "
			 CURRENCIES("invoices", "currency") "UNION "
			 CURRENCIES("job_invites", "currency") "UNION "
			 CURRENCIES("jobs", "currency") "UNION "
			 CURRENCIES("journals", "currency") "UNION "
			 CURRENCIES("ledger_accounts", "currency") "UNION "
			 CURRENCIES("market_prices", "currency") "UNION "
			 CURRENCIES("payouts", "currency") "UNION "
			 CURRENCIES("payouts", "paid_currency") "UNION "
			 CURRENCIES("period_balances", "currency") "UNION "
			 CURRENCIES("promo_codes", "currency") "UNION "
			 CURRENCIES("psp_units", "currency") "UNION "
			 CURRENCIES("receipts", "currency") "UNION "
			 CURRENCIES("refund_requests", "currency") "UNION "
			 CURRENCIES("refunds", "currency") "UNION "
			 CURRENCIES("repayments", "currency") "UNION "
			 CURRENCIES("saved_searches", "currency") "UNION "
			 CURRENCIES("setting_amounts", "currency") "UNION "
			 CURRENCIES("statement_lines", "currency")
			 "ORDER BY 1, 2",
			 "Write the row anew through a command of dwello: amounts of it have no minor unit.");
	uint64		count = dw_query(&currencies.statement, NULL);

	for (uint64 i = 0; i < count; i++)
	{
		Fault		fault;

		dw_map_read(&fault_map, i, &fault);
		if (fault.detail == NULL ||
			dw_currency_exponent(fault.detail) != DW_CURRENCY_UNKNOWN)
			continue;
		fault.detail = psprintf("The currency %s is none of ISO 4217.",
								fault.detail);
		report(call, currencies.name, &fault, currencies.hint);
	}
}

#define MARKET_FINDINGS 100		/* the first of them are enough */
#define MARKET_STEP		1000	/* contracts that a turn looks at */

/* What the walk over contracts has found. */
typedef struct MarketCheck
{
	DwMarketWalk walk;			/* its next step */
	DwUuid		jobs[MARKET_FINDINGS];	/* whose rows differ */
	int			count;			/* of them */
} MarketCheck;

/* One step of that walk. */
static bool
market_turn(int turn, void *argument)
{
	MarketCheck *check = argument;
	bool		goes_on = dw_market_step(&check->walk);

	for (int i = 0; i < check->walk.found; i++)
		if (check->count < MARKET_FINDINGS)
			check->jobs[check->count++] = check->walk.jobs[i];
	return goes_on && check->count < MARKET_FINDINGS;
}

/* The market's prices are those of the contracts. */
static void
check_market(DwCall *call)
{
	MarketCheck check = {.walk.count = MARKET_STEP};
	Fault		fault = {.object = "market_prices"};

	check.walk.jobs = palloc(sizeof(DwUuid) * MARKET_STEP);
	dw_each_turn(INT_MAX, market_turn, &check);
	for (int i = 0; i < check.count; i++)
	{
		fault.detail = psprintf("The price of job %s is not what its contract "
								"says.", dw_uuid_text(&check.jobs[i]));
		report(call, "market_drift", &fault,
			   "Call dwello.rebuild_market_prices() until last_job_id is NULL.");
	}
}

/* A figure as text. */
static char *
figure(Datum value)
{
	return DatumGetCString(DirectFunctionCall1(numeric_out, value));
}

/* A discrepancy of reconcile() is one of the installation. */
static void
report_discrepancy(const DwDiscrepancy *found, void *context)
{
	DwCall	   *call = context;
	Fault		fault = {.object = found->invariant};

	fault.detail = psprintf("%s %s: expected %s, found %s.", found->object,
							dw_uuid_is_nil(&found->object_id)
							? found->currency
							: dw_uuid_text(&found->object_id),
							figure(found->expected), figure(found->actual));
	report(call, "reconcile", &fault,
		   "See dwello.reconcile(); stop payouts until it is understood.");
}

/* The chains: what verify_ledger() tells. */
static void
check_chains(DwCall *call, const DwSuspects *suspects)
{
	for (int i = 0; i < suspects->tampering_count; i++)
	{
		const DwTampering *tampering = &suspects->tamperings[i];
		Fault		fault = {.object = tampering->problem};

		fault.detail = psprintf("%s of the chain of %s, leg %d.",
								tampering->has_transaction
								? dw_uuid_text(&tampering->transaction_id)
								: "A transaction",
								dw_uuid_text(&tampering->scope_id),
								tampering->leg);
		report(call, "verify_ledger", &fault,
			   "Somebody has changed the ledger: compare with a backup.");
	}
}

/*
 * Asks all the rules.  None is worth compiling: without statistics, as after
 * a restore, the planner takes small tables for large ones, and compiling
 * then takes ten times as long as the rules themselves.
 */
static void
check_all_rules(DwCall *call)
{
	int			level = NewGUCNestLevel();

	(void) set_config_option("jit", "off", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	check_rules(call, dw_installation_rules, dw_installation_rule_count);
	check_rules(call, rules, lengthof(rules));
	check_currencies(call);
	check_market(call);
	AtEOXact_GUC(true, level);
}

void
dw_check_run(DwCall *call)
{
	DwSuspects	suspects;

	check_surroundings(call);
	check_all_rules(call);
	dw_audit_check(DT_NOBEGIN, &suspects);
	dw_discrepancies_find(&suspects, report_discrepancy, call);
	check_chains(call, &suspects);
}
