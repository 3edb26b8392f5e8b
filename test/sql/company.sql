--
-- company.sql
--	Companies keep fees and pay the platform's bank, banks take theirs, and
--	the platform takes what it earned: each a fact of its own, told once.
--
SET client_min_messages = warning;

CREATE VIEW t.fact_leg AS
SELECT x.transaction_type AS type, n.leg, a.kind AS account, a.psp, n.amount, n.currency, x.psp_reference AS reference,
       x.occurred_at AT TIME ZONE 'UTC' AS occurred_at
  FROM dwello.ledger_entries AS n
  JOIN dwello.transactions AS x ON x.scope_id = n.scope_id AND x.id = n.transaction_id
  LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
 WHERE x.payer_id = '00000000-0000-0000-0000-000000000000' AND x.transaction_type <> 'payout'
 ORDER BY x.id, n.leg;

BEGIN;
SELECT t.login_as(NULL);
SELECT amount, currency, replayed FROM dwello.record_psp_fee('fees-co', 'f1', 1190, 'USD', 'ch 1', '2027-01-01 23:59+00');
SELECT amount, currency, replayed FROM dwello.record_psp_fee('fees-co', 'f2', -90, 'USD');
SELECT amount, currency, replayed FROM dwello.record_settlement('fees-co', 's1', 50000, 'USD');
SELECT amount, currency, replayed FROM dwello.record_settlement('fees-co', 's2', -700, 'USD', occurred_at => '2027-01-02 00:00+00');
SELECT amount, currency, replayed FROM dwello.record_bank_fee('a bank', 'b1', 25, 'USD');
SELECT amount, currency, replayed FROM dwello.record_bank_fee('a bank', 'b2', -5, 'USD');
SELECT * FROM t.fact_leg;
\echo told twice; the fact is a scope with a chain of its own
SELECT f.amount, f.replayed, f.transaction_id = x.id AS same, substr(f.scope_id::text, 15, 1) AS uuid_version,
       f.scope_id = x.scope_id AS scope, x.prev_hash = decode(repeat('00', 32), 'hex') AS first_of_chain
  FROM dwello.record_psp_fee('fees-co', 'f1', 1190, 'USD') AS f
  JOIN dwello.transactions AS x ON x.psp_reference = 'ch 1' AND x.transaction_type = 'psp_fee';
SELECT count(*) AS facts, count(DISTINCT scope_id) AS scopes FROM dwello.transactions WHERE psp IN ('fees-co', 'a bank');
SELECT event_id, event_type, job_id, user_id, amount, currency FROM dwello.payment_events WHERE psp IN ('fees-co', 'a bank') ORDER BY 1;
\echo the books hold
SELECT count(*) AS wrong FROM dwello.reconcile();
SELECT count(*) AS tampered FROM dwello.verify_ledger();
SELECT rule, object FROM dwello.check() WHERE rule IN ('orphan', 'denormalised_column', 'ledger');
COMMIT;

-- what is refused
SELECT t.refused(NULL, $$record_psp_fee('fees-co', 'f1', 1191, 'USD')$$) AS amount,
       t.refused(NULL, $$record_psp_fee('fees-co', 'f1', 1190, 'EUR')$$) AS currency,
       t.refused(NULL, $$record_settlement('fees-co', 'f1', 1190, 'USD')$$) AS other_fact,
       t.refused(NULL, $$fail_payment(t.user('none'), 'fees-co', 'f1')$$) AS no_job;
SELECT t.refused(NULL, $$record_psp_fee('fees-co', 'f3', 0, 'USD')$$) AS nothing,
       t.refused(NULL, $$record_psp_fee('fees-co', 'f3', '-9223372036854775808', 'USD')$$) AS huge,
       t.refused(NULL, $$record_psp_fee('fees-co', 'f3', 1, 'XXY')$$) AS unknown,
       t.refused(NULL, $$record_psp_fee('fees-co', NULL, 1, 'USD')$$) AS no_event,
       t.refused(NULL, $$record_psp_fee(repeat('x', 101), 'f3', 1, 'USD')$$) AS long,
       t.refused(NULL, $$record_settlement('fees-co', ' ', 1, 'USD')$$) AS blank,
       t.refused(NULL, $$record_bank_fee(NULL, 'f3', 1, 'USD')$$) AS no_bank;
SELECT who, t.refused(who, $$record_psp_fee('fees-co', 'f3', 1, 'USD')$$) AS fee,
       t.refused(who, $$record_settlement('fees-co', 'f3', 1, 'USD')$$) AS settlement,
       t.refused(who, $$record_bank_fee('fees-co', 'f3', 1, 'USD')$$) AS bank_fee
  FROM unnest(ARRAY['h1', 'p1', 's1', 'a1']) AS who;

------------------------------------------------------------------------
-- The platform takes what it earned
------------------------------------------------------------------------
SELECT who, t.refused(who, $$withdraw_fees(1, 'USD')$$) AS withdrawal FROM unnest(ARRAY[NULL, 'h1', 'p1', 's1']) AS who;
SELECT t.refused('a1', $$withdraw_fees(1, 'NOK')$$) AS nothing_earned, t.refused('a1', $$withdraw_fees(0, 'USD')$$) AS zero,
       t.refused('a1', $$withdraw_fees(-1, 'USD')$$) AS negative, t.refused('a1', $$withdraw_fees(NULL, 'USD')$$) AS no_amount,
       t.refused('a1', $$withdraw_fees(1, 'XXY')$$) AS unknown, t.refused('a1', $$withdraw_fees(9223372036854775807, 'USD')$$) AS more;
SELECT t.award('fees', 100000);
SELECT t.pay('fees');
BEGIN;
SELECT t.login_as('h1');
SELECT fee FROM dwello.release_escrow(t.user('fees'), 50000);
SELECT t.login_as('a1');
SELECT w.remaining + w.amount AS earned FROM dwello.withdraw_fees(1, 'USD') AS w \gset
\echo one minor unit more than there is, then all of it, once
SELECT t.try(format('SELECT dwello.withdraw_fees(%s, %L)', :earned, 'USD')) AS more;
SELECT w.remaining, w.replayed, w.amount = :earned - 1 AS all_of_it
  FROM dwello.withdraw_fees(:earned - 1, 'USD', 'wire 7', '2027-01-03 12:00+00', idempotency_key => 'fees') AS w;
SELECT w.remaining, w.replayed FROM dwello.withdraw_fees(:earned - 1, 'USD', 'wire 7', '2027-01-03 12:00+00', idempotency_key => 'fees') AS w;
SELECT t.try(format('SELECT dwello.withdraw_fees(%s, %L, idempotency_key => %L)', :earned, 'USD', 'fees')) AS other_request;
SELECT account, psp, sign(amount), currency, reference, occurred_at FROM t.fact_leg WHERE reference = 'wire 7';
\echo a release whose fee was taken out is undone: the platform owes it
SELECT amount FROM dwello.reverse_transaction(t.user('fees'),
  (SELECT id FROM dwello.transactions WHERE scope_id = t.user('fees') AND transaction_type = 'release'));
SELECT t.login_as(NULL);
SELECT sum(n.amount) < 0 AS owes FROM dwello.ledger_entries AS n JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
 WHERE a.kind = 'platform_fee' AND a.currency = 'USD';
SELECT count(*) AS wrong FROM dwello.reconcile();
ROLLBACK;

SET session_replication_role = replica;
DELETE FROM dwello.ledger_entries AS n USING dwello.transactions AS x WHERE x.psp IN ('fees-co', 'a bank')
   AND n.scope_id = x.scope_id AND n.transaction_id = x.id;
DELETE FROM dwello.transactions WHERE psp IN ('fees-co', 'a bank');
DELETE FROM dwello.payment_events WHERE psp IN ('fees-co', 'a bank');
DELETE FROM dwello.ledger_accounts WHERE psp IN ('fees-co', 'a bank') OR kind = 'bank';
SET session_replication_role = origin;
SELECT t.forget('fees');
DROP VIEW t.fact_leg;
