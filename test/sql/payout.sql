--
-- payout.sql
--	A provider is paid: held, confirmed, failed; less what they owe; in another
--	currency; and a chargeback before, between and after.
--
SET client_min_messages = warning;

CREATE VIEW t.leg AS
SELECT n.scope_id, x.transaction_type, n.leg, a.kind AS account, a.psp, n.amount, n.currency, x.id
  FROM dwello.ledger_entries AS n
  JOIN dwello.transactions AS x ON x.scope_id = n.scope_id AND x.id = n.transaction_id
  LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id;
CREATE VIEW t.balance AS
SELECT b.* FROM dwello.provider_balance(t.user('p1')) AS b;
CREATE FUNCTION t.payout(n integer) RETURNS uuid
LANGUAGE sql
AS $$ SELECT id FROM dwello.payouts WHERE user_id = t.user('p1') ORDER BY id OFFSET n - 1 LIMIT 1 $$;

SELECT t.award('pay', 100000);
SELECT t.pay('pay');
SELECT t.destination('p1') IS NOT NULL AS can_receive;
SELECT t.refused('p1', 'request_payout()') AS nothing_yet;
BEGIN;
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('pay'), 50000);
SELECT t.login_as('p1');
SELECT * FROM dwello.provider_balance();
SELECT amount, currency, paid_amount, paid_currency, status, hold_until - now() BETWEEN '47 hours' AND '49 hours' AS held, version, replayed
  FROM dwello.request_payout(20000, idempotency_key => 'one');
SELECT amount, status, version, replayed FROM dwello.request_payout(20000, idempotency_key => 'one');
SELECT * FROM dwello.provider_balance();
SELECT * FROM dwello.reconcile() WHERE false;
COMMIT;
SELECT t.refused('p1', 'request_payout(27501)') AS more, t.refused('p1', 'request_payout(0)') AS zero,
       t.refused('p1', $$request_payout(1, 'XXY')$$) AS unknown,
       t.refused('p1', $$request_payout(1, 'EUR')$$) AS other_currency,
       t.refused('p1', $$request_payout(1, paid_currency => 'JPY')$$) AS no_rate,
       t.refused('p1', $$request_payout(1, payment_method_id => t.user('none'))$$) AS method,
       t.refused('p2', $$request_payout(1, user_id => t.user('p1'))$$) AS another,
       t.refused('h1', 'request_payout(1)') AS homeowner,
       t.refused(NULL, 'request_payout(1)') AS nobody,
       t.refused('p1', $$request_payout(1, idempotency_key => 'one')$$) AS key,
       t.refused('p2', $$provider_balance(t.user('p1'))$$) AS balance;
SELECT t.refused('p1', $$confirm_payout(t.user('p1'), t.payout(1), 'acme', 'o1')$$) AS provider,
       t.refused(NULL, $$confirm_payout(t.user('p1'), t.user('none'), 'acme', 'o1')$$) AS unknown,
       t.refused(NULL, $$confirm_payout(t.user('p2'), t.payout(1), 'acme', 'o1')$$) AS of_another;

------------------------------------------------------------------------
-- Where it goes: the default that can receive, else the only one that can
------------------------------------------------------------------------
BEGIN;
CREATE FUNCTION pg_temp.method(kind dwello.payment_method_type, psp text, is_default boolean DEFAULT false) RETURNS uuid
LANGUAGE sql
AS $$ SELECT m.payment_method_id FROM dwello.add_payment_method(kind, psp, 'tok', is_default => is_default, user_id => t.user('p1')) AS m $$;
CREATE FUNCTION pg_temp.goes_to(method uuid DEFAULT NULL) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM dwello.request_payout(1, payment_method_id => method, user_id => t.user('p1'));
  RETURN (SELECT m.psp FROM dwello.payouts AS o JOIN dwello.payment_methods AS m ON (m.user_id, m.id) = (o.user_id, o.payment_method_id)
           WHERE o.user_id = t.user('p1') AND o.psp = m.psp ORDER BY o.id DESC LIMIT 1);
END
$$;
CREATE FUNCTION pg_temp.without(id uuid) RETURNS void
LANGUAGE sql
AS $$ SELECT FROM dwello.remove_payment_method(id, t.user('p1')) $$;
SELECT t.as_system();
SELECT id AS first FROM dwello.payment_methods WHERE user_id = t.user('p1') \gset
SELECT pg_temp.method('paypal', 'wallet') AS wallet \gset
SELECT pg_temp.goes_to() AS the_default, t.refused(NULL, format('request_payout(1, user_id => t.user(%L), payment_method_id => %L)', 'p1', :'wallet')) AS not_verified;
SELECT can_receive, version, replayed FROM dwello.verify_payment_method(t.user('p1'), :'wallet');
SELECT pg_temp.goes_to(:'wallet') AS named;
SELECT pg_temp.method('debit_card', 'plastic', is_default => true) AS plastic \gset
\echo the default is not verified, and two others are: it must be said
SELECT t.refused(NULL, $$request_payout(1, user_id => t.user('p1'))$$) AS which,
       t.refused(NULL, $$request_payout(1000000, user_id => t.user('p1'))$$) AS more;
SELECT pg_temp.without(:'first');
SELECT pg_temp.goes_to() AS the_only_one;
SELECT pg_temp.without(:'wallet');
SELECT t.refused(NULL, $$request_payout(1, user_id => t.user('p1'))$$) AS none,
       t.refused(NULL, format('request_payout(1, user_id => t.user(%L), payment_method_id => %L)', 'p1', :'wallet')) AS removed;
\echo what was asked for keeps its destination, removed as it is, and can be paid there
SELECT m.removed_at IS NOT NULL AS removed, m.psp, count(*) FROM dwello.payouts AS o
  JOIN dwello.payment_methods AS m ON (m.user_id, m.id) = (o.user_id, o.payment_method_id)
 WHERE o.user_id = t.user('p1') GROUP BY 1, 2 ORDER BY 1, 2;
SELECT status FROM dwello.confirm_payout(t.user('p1'), t.payout(3), 'wallet', 'o wallet');
SELECT count(*) AS booked FROM dwello.transactions AS x JOIN dwello.payouts AS o ON o.transaction_id = x.id
 WHERE o.id = t.payout(3) AND x.payment_method_id = :'wallet';
\echo an expired one cannot receive
SELECT dwello.verify_payment_method(t.user('p1'), :'plastic') IS NOT NULL AS verified;
UPDATE dwello.payment_methods SET expires_on = (now() AT TIME ZONE 'UTC')::date - 1 WHERE id = :'plastic';
SELECT t.refused(NULL, $$request_payout(1, user_id => t.user('p1'))$$) AS expired;
UPDATE dwello.payment_methods SET expires_on = (now() AT TIME ZONE 'UTC')::date WHERE id = :'plastic';
SELECT pg_temp.goes_to() AS last_day;
ROLLBACK;

-- paid, and told twice
SELECT amount, status, version, replayed FROM dwello.confirm_payout(t.user('p1'), t.payout(1), 'acme', 'o1', 'wire 1');
SELECT amount, status, version, replayed FROM dwello.confirm_payout(t.user('p1'), t.payout(1), 'acme', 'o1', 'wire 1');
SELECT amount, status, version, replayed FROM dwello.confirm_payout(t.user('p1'), t.payout(1), 'acme', 'o2', 'wire 1');
SELECT t.refused(NULL, $$fail_payout(t.user('p1'), t.payout(1), 'acme', 'o1')$$) AS type;
SELECT account, psp, amount FROM t.leg WHERE scope_id = t.user('p1') ORDER BY id, leg;
SELECT * FROM t.balance;
SELECT * FROM dwello.reconcile();

-- failed: the balance is whole again
SELECT amount FROM dwello.request_payout(user_id => t.user('p1'));
SELECT pending_payouts, withdrawable FROM t.balance;
SELECT status, replayed FROM dwello.fail_payout(t.user('p1'), t.payout(2), 'acme', 'o4', 'Account closed.');
SELECT status, replayed FROM dwello.fail_payout(t.user('p1'), t.payout(2), 'acme', 'o4', 'Account closed.');
SELECT pending_payouts, withdrawable FROM t.balance;

-- paid all the same, come back, paid, come back: each is booked, none twice
BEGIN;
CREATE FUNCTION pg_temp.now_is() RETURNS text
LANGUAGE sql
AS $$ SELECT format('%s: available %s, receivable %s, promised %s; clearing %s', (SELECT status FROM dwello.payouts WHERE id = t.payout(2)),
        b.available, b.receivable, b.pending_payouts, (SELECT sum(amount) FROM t.leg WHERE account = 'psp_clearing' AND psp = 'acme' AND currency = 'USD'))
        FROM t.balance AS b $$;
SELECT pg_temp.now_is();
SELECT status, transaction_id IS NOT NULL AS booked, version, replayed FROM dwello.confirm_payout(t.user('p1'), t.payout(2), 'acme', 'o5', 'wire 1a');
SELECT pg_temp.now_is();
SELECT status, replayed FROM dwello.confirm_payout(t.user('p1'), t.payout(2), 'acme', 'o5', 'wire 1a');
SELECT status, replayed FROM dwello.confirm_payout(t.user('p1'), t.payout(2), 'acme', 'o5 again', 'wire 1a');
SELECT status, replayed FROM dwello.fail_payout(t.user('p1'), t.payout(2), 'acme', 'o5 back', 'Closed.');
SELECT pg_temp.now_is();
SELECT status, replayed FROM dwello.confirm_payout(t.user('p1'), t.payout(2), 'other', 'o5 on', 'wire 1b');
SELECT pg_temp.now_is();
SELECT status, replayed FROM dwello.fail_payout(t.user('p1'), t.payout(2), 'other', 'o5 off');
SELECT pg_temp.now_is();
SELECT payload->>'reason' AS reason FROM dwello.outbox WHERE scope_id = t.user('p1') AND type IN ('payout_completed', 'payout_failed') ORDER BY id;
SELECT count(*) FILTER (WHERE reverses IS NULL) AS paid, count(reverses) AS came_back, count(DISTINCT reverses) AS each_once
  FROM dwello.transactions WHERE scope_id = t.user('p1');
\echo when it happened is theirs to say; nothing is booked otherwise by it
SELECT status, replayed FROM dwello.confirm_payout(t.user('p1'), t.payout(2), 'acme', 'o5 at', occurred_at => '2026-01-31 23:59+00');
SELECT status, replayed FROM dwello.fail_payout(t.user('p1'), t.payout(2), 'acme', 'o5 at 2', occurred_at => '2026-02-01 00:01+00');
SELECT event_id, occurred_at AT TIME ZONE 'UTC' AS occurred_at FROM dwello.payment_events WHERE event_id LIKE 'o5 at%' ORDER BY event_id;
SELECT occurred_at AT TIME ZONE 'UTC' AS occurred_at, reverses IS NOT NULL AS came_back FROM dwello.transactions
 WHERE scope_id = t.user('p1') ORDER BY id DESC LIMIT 3;
\echo asked for again meanwhile: what is paid twice is owed
SELECT status FROM dwello.confirm_payout(t.user('p1'), (SELECT payout_id FROM dwello.request_payout(user_id => t.user('p1'))), 'acme', 'o5 new');
SELECT status FROM dwello.confirm_payout(t.user('p1'), t.payout(2), 'acme', 'o5 old');
SELECT pg_temp.now_is();
SELECT status FROM dwello.fail_payout(t.user('p1'), t.payout(2), 'acme', 'o5 old back');
SELECT pg_temp.now_is();
\echo cancelled, and paid
SELECT status FROM dwello.fail_payout(t.user('p1'), t.payout(3), 'acme', 'o5 new back');
SELECT payout_id AS given_up FROM dwello.request_payout(100, user_id => t.user('p1')) \gset
SELECT t.login_as('a1');
SELECT status FROM dwello.cancel_payout(:'given_up', t.user('p1'));
SELECT t.as_system();
SELECT status, replayed FROM dwello.fail_payout(t.user('p1'), :'given_up', 'acme', 'o5 given up 1');
SELECT status, replayed FROM dwello.confirm_payout(t.user('p1'), :'given_up', 'acme', 'o5 given up 2');
SELECT status, replayed FROM dwello.fail_payout(t.user('p1'), :'given_up', 'acme', 'o5 given up 3');
SELECT payload->>'reason' AS reason FROM dwello.outbox WHERE scope_id = t.user('p1') AND type = 'payout_completed' ORDER BY id DESC LIMIT 1;
SELECT * FROM dwello.reconcile();
SELECT count(*) AS faults FROM dwello.verify_ledger();
ROLLBACK;

------------------------------------------------------------------------
-- A chargeback after the payout: the provider owes it, and it is netted; then
-- it is won, and they have it back
------------------------------------------------------------------------
SELECT held_amount, clawed_back FROM dwello.open_chargeback(t.user('pay'), 'acme', 'c1', 60000, 'USD');
SELECT * FROM t.balance;
SELECT amount FROM dwello.request_payout(user_id => t.user('p1'));
SELECT status FROM dwello.confirm_payout(t.user('p1'), t.payout(3), 'acme', 'o6', 'wire 2');
SELECT account, amount FROM t.leg WHERE scope_id = t.user('p1')
   AND id = (SELECT transaction_id FROM dwello.payouts WHERE id = t.payout(3)) ORDER BY leg;
SELECT * FROM t.balance;
SELECT * FROM dwello.reconcile();
SELECT chargeback_status, escrow_status FROM dwello.close_chargeback(t.user('pay'), 'acme', 'c2', true);
SELECT * FROM t.balance;
SELECT * FROM dwello.reconcile();
SELECT amount FROM dwello.request_payout(user_id => t.user('p1'));
SELECT status FROM dwello.confirm_payout(t.user('p1'), t.payout(4), 'acme', 'o7');
SELECT * FROM t.balance;
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- A chargeback between request and payment: paid all the same, and owed
------------------------------------------------------------------------
BEGIN;
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('pay'));
COMMIT;
SELECT amount FROM dwello.request_payout(user_id => t.user('p1'));
SELECT held_amount, clawed_back FROM dwello.open_chargeback(t.user('pay'), 'acme', 'c3', 10000, 'USD');
SELECT * FROM t.balance;
SELECT status FROM dwello.confirm_payout(t.user('p1'), t.payout(5), 'acme', 'o8');
SELECT * FROM t.balance;
SELECT chargeback_status FROM dwello.close_chargeback(t.user('pay'), 'acme', 'c4', false);
SELECT t.refused('p1', 'request_payout(1)') AS owes;
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- Later releases make it good; and the rest is sent in another currency
------------------------------------------------------------------------
SELECT t.award('more', 40000);
SELECT t.pay('more');
BEGIN;
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('more'));
COMMIT;
SELECT * FROM t.balance;
INSERT INTO dwello.fx_rates (from_currency, to_currency, valid, numerator, denominator)
  VALUES ('USD', 'JPY', '[2020-01-01,)', 3, 2);
SELECT amount, currency, paid_amount, paid_currency FROM dwello.request_payout(1001, paid_currency => 'JPY', user_id => t.user('p1'));
UPDATE dwello.fx_rates SET numerator = 4 WHERE to_currency = 'JPY';
SELECT status, paid_amount, paid_currency FROM dwello.confirm_payout(t.user('p1'), t.payout(6), 'bank', 'o9');
SELECT account, psp, amount, currency FROM t.leg WHERE scope_id = t.user('p1') ORDER BY id DESC, leg LIMIT 7;
SELECT * FROM t.balance;
SELECT * FROM dwello.reconcile();
SELECT type, payload->>'amount' AS amount, payload->>'paid_amount' AS paid FROM dwello.outbox
 WHERE scope_id = t.user('p1') AND type LIKE 'payout%' ORDER BY id;
-- the chain is whole
SELECT count(*) AS links, count(*) FILTER (WHERE NOT EXISTS (SELECT FROM dwello.transactions AS x
         WHERE x.scope_id = t.scope_id AND x.prev_hash = t.hash)) AS ends, count(DISTINCT prev_hash) AS befores
  FROM dwello.transactions AS t WHERE scope_id = t.user('p1');

------------------------------------------------------------------------
-- What the bank sends back goes where it came from, leg by leg
------------------------------------------------------------------------
BEGIN;
CREATE TEMP TABLE before ON COMMIT DROP AS SELECT a.kind, a.currency, a.psp, sum(n.amount) AS amount
  FROM dwello.ledger_accounts AS a JOIN dwello.ledger_entries AS n ON n.account_id = a.id GROUP BY a.id;
SELECT status, amount, paid_amount, transaction_id IS NOT NULL AS booked, version, replayed
  FROM dwello.fail_payout(t.user('p1'), t.payout(6), 'bank', 'back 1', 'No such account.');
SELECT account, psp, amount, currency FROM t.leg WHERE scope_id = t.user('p1') ORDER BY id DESC, leg LIMIT 7;
SELECT * FROM t.balance;
SELECT * FROM dwello.reconcile();
SELECT count(*) AS faults FROM dwello.verify_ledger();
SELECT status, replayed FROM dwello.fail_payout(t.user('p1'), t.payout(6), 'bank', 'back 1', 'No such account.');
SELECT status, replayed FROM dwello.fail_payout(t.user('p1'), t.payout(6), 'bank', 'back 2');
\echo and again, both halves at the rate of the request
SAVEPOINT back;
SELECT status, paid_amount, replayed FROM dwello.confirm_payout(t.user('p1'), t.payout(6), 'bank', 'back 3');
SELECT account, psp, amount, currency FROM t.leg WHERE scope_id = t.user('p1') ORDER BY id DESC, leg LIMIT 7;
SELECT status, replayed FROM dwello.fail_payout(t.user('p1'), t.payout(6), 'bank', 'back 3 back');
SELECT account, psp, amount, currency FROM t.leg WHERE scope_id = t.user('p1') ORDER BY id DESC, leg LIMIT 7;
SELECT * FROM dwello.reconcile();
ROLLBACK TO back;
\echo one that made a debt good: they owe it again
SELECT status, amount FROM dwello.fail_payout(t.user('p1'), t.payout(3), 'acme', 'back 4');
SELECT account, amount FROM t.leg WHERE scope_id = t.user('p1') ORDER BY id DESC, leg LIMIT 3;
SELECT * FROM dwello.reconcile();
SELECT b.kind, b.currency, b.amount AS before, sum(n.amount) AS after FROM before AS b
  JOIN dwello.ledger_accounts AS a ON (a.kind, a.currency, a.psp) = (b.kind, b.currency, b.psp)
  JOIN dwello.ledger_entries AS n ON n.account_id = a.id
 GROUP BY 1, 2, 3 HAVING b.amount <> sum(n.amount) ORDER BY 1, 2;
SELECT x.reverses IS NOT NULL AS mirrored, count(*) FROM dwello.transactions AS x WHERE scope_id = t.user('p1') GROUP BY 1 ORDER BY 1;
SELECT imported FROM dwello.import_statement('bank', '[{"line_id": "1", "event_id": "back 1", "kind": "payout_returned", "amount": 1501,
  "currency": "JPY", "time": "2026-01-01T00:00:00Z"}]');
SELECT kind, verdict, booked_amount FROM dwello.reconcile_external('bank', '2000-01-01 00:00+00')
 WHERE kind LIKE 'payout%' ORDER BY line_id;
SELECT type, payload->>'reason' AS reason FROM dwello.outbox WHERE scope_id = t.user('p1') ORDER BY id DESC LIMIT 2;
ROLLBACK;

-- an event names one payout, however alike another is
SELECT payout_id AS one FROM dwello.request_payout(1, user_id => t.user('p1')) \gset
SELECT payout_id AS other FROM dwello.request_payout(1, user_id => t.user('p1')) \gset
SELECT status FROM dwello.confirm_payout(t.user('p1'), :'one', 'acme', 'o9');
SELECT t.refused(NULL, format($$confirm_payout(t.user('p1'), %L, 'acme', 'o9')$$, :'other')) AS other,
       t.refused(NULL, format($$confirm_payout(t.user('p1'), %L, 'acme', 'o9')$$, :'one')) AS again;

-- the end of a chain is found by reading one row, however long it is
CREATE FUNCTION t.rows_read(call text, relation regclass) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
  before bigint := (SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relid = relation);
BEGIN
  EXECUTE 'SELECT FROM dwello.' || call;
  RETURN (SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relid = relation) - before;
END
$$;
CREATE FUNCTION t.pay_out(name text, psp text) RETURNS bigint
LANGUAGE sql
AS $$
SELECT t.rows_read(format('confirm_payout(%L, %L, %L, %L)', r.user_id, r.payout_id, psp, name), 'dwello.transactions')
  FROM dwello.request_payout(1, user_id => t.user('p1')) AS r
$$;
DISCARD PLANS;
SET enable_seqscan = off;
SET plan_cache_mode = force_custom_plan;
BEGIN;
SELECT count(t.pay_out('many ' || n, 'acme')) AS paid FROM generate_series(1, 40) AS n;
UPDATE dwello.ledger_accounts AS a SET rolled_up_through = (SELECT id FROM dwello.transactions WHERE scope_id = t.user('p1')
         ORDER BY id DESC LIMIT 1),
       rolled_up_balance = (SELECT coalesce(sum(amount), 0) FROM dwello.ledger_entries WHERE account_id = a.id)
 WHERE owner_id = t.user('p1');
SELECT (SELECT count(*) FROM dwello.transactions WHERE scope_id = t.user('p1')) > 40 AS long, t.pay_out('last', 'acme') IS NOT NULL AS paid;
SELECT * FROM dwello.verify_ledger();
SAVEPOINT valid;
SET LOCAL session_replication_role = replica;
UPDATE dwello.ledger_entries SET amount = amount + 1 WHERE leg = 2 AND transaction_id = (SELECT id FROM dwello.transactions
 WHERE scope_id = t.user('p1') ORDER BY id OFFSET 20 LIMIT 1);
SELECT job_id = t.user('p1') AS of_payouts, leg, problem FROM dwello.verify_ledger();
ROLLBACK TO valid;
-- and the next id is above the last one, though that is ahead of the clock
SET LOCAL session_replication_role = replica;
CREATE TEMP TABLE ahead ON COMMIT DROP AS SELECT x.id, x.hash FROM dwello.transactions AS x
 WHERE scope_id = t.user('p1') ORDER BY id DESC LIMIT 1;
UPDATE dwello.transactions SET id = 'ffffffff-ffff-7fff-bfff-ffffffffffff' FROM ahead WHERE transactions.id = ahead.id;
SET LOCAL session_replication_role = origin;
SELECT t.pay_out('after', 'acme') IS NOT NULL AS paid;
SELECT x.id, x.prev_hash = a.hash AS goes_on FROM dwello.transactions AS x, ahead AS a
 WHERE scope_id = t.user('p1') ORDER BY x.id DESC LIMIT 1;
ROLLBACK;
RESET enable_seqscan;
RESET plan_cache_mode;
DISCARD PLANS;

BEGIN;
SET LOCAL session_replication_role = replica;
DELETE FROM dwello.fx_rates WHERE to_currency = 'JPY';
DELETE FROM dwello.chargebacks WHERE job_id = t.user('pay');
DELETE FROM dwello.payouts WHERE user_id = t.user('p1');
DELETE FROM dwello.payment_events WHERE user_id = t.user('p1');
DROP VIEW t.leg, t.balance;
DROP FUNCTION t.payout, t.rows_read, t.pay_out;
SET LOCAL session_replication_role = replica;
DELETE FROM dwello.ledger_entries WHERE scope_id = t.user('p1');
DELETE FROM dwello.transactions WHERE scope_id = t.user('p1');
DELETE FROM dwello.idempotency_keys WHERE scope_id = t.user('p1');
DELETE FROM dwello.outbox WHERE scope_id = t.user('p1') AND type LIKE 'payout%';
SET LOCAL session_replication_role = origin;
SELECT t.forget('pay', 'more');
COMMIT;
