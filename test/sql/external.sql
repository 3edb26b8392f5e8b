--
-- external.sql
--	A payment company's statement is compared with the ledger, line by line.
--
SET client_min_messages = warning;

-- the statement under test: lines of it that are one member different
CREATE FUNCTION t.line(event text, reference text, kind text, amount bigint, currency text DEFAULT 'USD',
  at timestamptz DEFAULT now()) RETURNS jsonb
LANGUAGE sql
AS $$ SELECT jsonb_strip_nulls(jsonb_build_object('event_id', event, 'reference', reference, 'kind', kind, 'amount', amount,
        'currency', currency, 'time', to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))) $$;
CREATE FUNCTION t.compare(VARIADIC lines jsonb[]) RETURNS TABLE (line integer, kind text, verdict text, stated text, booked text,
  of_job text, note text)
LANGUAGE sql
AS $$ SELECT e.line, e.kind, e.verdict, e.stated_amount || ' ' || e.stated_currency, e.booked_amount || ' ' || e.booked_currency,
        coalesce(j.title, u.first_name), e.note
        FROM dwello.reconcile_external('bank', jsonb_build_object('from', '2000-01-01T00:00:00Z', 'to', '2100-01-01T00:00:00Z',
               'lines', to_jsonb(lines))) AS e
        LEFT JOIN dwello.jobs AS j ON j.id = e.scope_id LEFT JOIN dwello.users AS u ON u.id = e.scope_id
       ORDER BY e.line, e.booked_at, e.transaction_id $$;
CREATE FUNCTION t.asked(name text) RETURNS uuid
LANGUAGE sql
AS $$ SELECT id FROM dwello.transactions WHERE scope_id = t.user(name) AND transaction_type = 'payment' ORDER BY id DESC LIMIT 1 $$;

-- nothing is booked with that company
SELECT * FROM t.compare(VARIADIC '{}');
SELECT line, verdict FROM dwello.reconcile_external('bank', jsonb_build_array(t.line('e', NULL, 'payment', 1)));

-- paid, refunded in part, released and paid out
SELECT t.award('ext', 100000), t.award('ext2', 50000), t.award('ext3', 30000), t.award('ext4', 20000);
BEGIN;
SELECT t.login_as('h1');
SELECT amount FROM dwello.fund_escrow(t.user('ext'));
SELECT amount FROM dwello.fund_escrow(t.user('ext2'));
SELECT amount FROM dwello.fund_escrow(t.user('ext3'));
SELECT amount FROM dwello.fund_escrow(t.user('ext4'));
SELECT t.login_as(NULL);
SELECT is_late FROM dwello.confirm_payment(t.user('ext'), 'bank', 'ev 1', 100000, 'USD', psp_reference => 'ch 1');
SELECT is_late FROM dwello.confirm_payment(t.user('ext2'), 'bank', 'ev 2', 50000, 'USD', psp_reference => 'ch 2');
SELECT escrow_status FROM dwello.fail_payment(t.user('ext4'), 'bank', 'ev no');
SELECT is_late FROM dwello.confirm_payment(t.user('ext4'), 'bank', 'ev 4', 20000, 'USD', psp_reference => 'ch 4');
SET LOCAL session_replication_role = replica;
UPDATE dwello.transactions SET psp = 'bank' WHERE id = t.asked('ext3');
SET LOCAL session_replication_role = origin;
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('ext'), 40000);
SELECT amount FROM dwello.refund_escrow(t.user('ext'), 7000);
SELECT amount FROM dwello.refund_escrow(t.user('ext'), 3000);
SELECT t.login_as(NULL);
SELECT t.destination('p1', 'bank') IS NOT NULL AS can_receive;
SELECT t.login_as('p1');
SELECT amount FROM dwello.request_payout(10000);
SELECT amount FROM dwello.request_payout(5000);
SELECT t.login_as(NULL);
SELECT status FROM dwello.confirm_payout(t.user('p1'), (SELECT id FROM dwello.payouts WHERE user_id = t.user('p1') AND amount = 10000),
  'bank', 'ev po', 'wire 1');
SELECT held_amount FROM dwello.open_chargeback(t.user('ext2'), 'bank', 'ev cb', 50000, 'USD', 'cb 1');
COMMIT;

-- all of it is missing there, and then none is
SELECT * FROM t.compare(VARIADIC '{}');
CREATE FUNCTION t.whole() RETURNS jsonb[]
LANGUAGE sql
AS $$ SELECT ARRAY[t.line('ev 1', 'ch 1', 'payment', 100000), t.line(NULL, 'ch 2', 'payment', 50000), t.line('ev 4', NULL, 'payment', 20000),
        t.line('re 1', 'ch 1', 'refund', 3000), t.line('re 2', 'ch 1', 'refund', 7000),
        t.line('ev po', NULL, 'payout', 10000), t.line('other', 'cb 1', 'chargeback', 50000)] $$;
SELECT * FROM t.compare(VARIADIC t.whole());
SELECT DISTINCT verdict FROM t.compare(VARIADIC t.whole());
-- by our own ids
SELECT line, verdict FROM t.compare(t.line(NULL, t.asked('ext')::text, 'payment', 100000),
  t.line(NULL, (SELECT id::text FROM dwello.payouts WHERE user_id = t.user('p1') AND amount = 10000), 'payout', 10000)) WHERE line IS NOT NULL;

-- what is not as it should be
SELECT * FROM t.compare(t.line('ev 1', NULL, 'payment', 100001), t.line('ev 2', NULL, 'payment', 50000, 'EUR'),
  t.line('ev 1', NULL, 'payment', 100000), t.line('ev 1', NULL, 'payment', 100000), t.line('ev 1', NULL, 'refund', 100000),
  t.line('nobody', 'knows', 'payment', 5)) WHERE line IS NOT NULL;
\echo in parts, asked for but not booked, and a payout that is under way
SELECT * FROM t.compare(t.line('a', 'ch 1', 'refund', 7000), t.line('b', 'ch 1', 'refund', 1000), t.line('c', 'ch 1', 'refund', 2000),
  t.line(NULL, t.asked('ext3')::text, 'payment', 30000),
  t.line(NULL, (SELECT id::text FROM dwello.payouts WHERE user_id = t.user('p1') AND amount = 5000), 'payout', 5000))
 WHERE line IS NOT NULL;
SELECT line, verdict FROM dwello.reconcile_external('acme', to_jsonb(t.whole())) WHERE line IS NOT NULL;

-- a chargeback that is won comes back, one that is lost does not move again
BEGIN;
SELECT chargeback_status FROM dwello.close_chargeback(t.user('ext2'), 'bank', 'ev won', true);
SELECT * FROM t.compare(VARIADIC t.whole() || t.line('ev won', NULL, 'chargeback_won', 50000)) WHERE kind ~ 'charge';
ROLLBACK;
BEGIN;
SELECT chargeback_status FROM dwello.close_chargeback(t.user('ext2'), 'bank', 'ev lost', false);
SELECT * FROM t.compare(VARIADIC t.whole()) WHERE kind ~ 'charge' OR verdict <> 'matched';
ROLLBACK;
-- a refund that is undone comes back
BEGIN;
SELECT amount FROM (SELECT t.login_as('a1')) AS a, LATERAL (SELECT id FROM dwello.transactions WHERE scope_id = t.user('ext')
  AND transaction_type = 'refund' AND amount = 3000) AS x, LATERAL (SELECT amount FROM dwello.reverse_transaction(t.user('ext'), x.id)) AS r;
SELECT t.login_as(NULL);
SELECT kind, verdict, booked FROM t.compare(VARIADIC t.whole()) WHERE verdict <> 'matched';
ROLLBACK;

-- the time: a booking before from or at to is not missing, but is known to a line
SELECT count(*) FILTER (WHERE verdict = 'missing_there') AS missing, count(*) FILTER (WHERE verdict = 'matched') AS matched
  FROM dwello.reconcile_external('bank', jsonb_build_object('from', '2100-01-01T00:00:00Z', 'to', '2101-01-01T00:00:00+01:00',
         'lines', to_jsonb(t.whole())));
SELECT count(*) AS missing FROM dwello.reconcile_external('bank', jsonb_build_object('from', '2000-01-01T00:00:00Z', 'to',
  (SELECT to_char(min(completed_at) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') FROM dwello.transactions WHERE psp = 'bank'),
  'lines', '[]'::jsonb));
\echo a bare list covers its lines
SELECT count(*) FILTER (WHERE verdict = 'missing_there') AS missing
  FROM dwello.reconcile_external('bank', jsonb_build_array(t.line('ev 1', NULL, 'payment', 100000, at => '2000-01-01'),
         t.line('ev 2', NULL, 'payment', 50000, at => '2001-01-01')));
SELECT count(*) FILTER (WHERE verdict = 'missing_there') AS missing
  FROM dwello.reconcile_external('bank', jsonb_build_array(t.line('ev 1', NULL, 'payment', 100000, at => '2000-01-01'),
         t.line('ev 2', NULL, 'payment', 50000, at => now() + interval '1 hour')));

-- refusals
SELECT s, t.try(format('SELECT dwello.reconcile_external(%L, %L)', 'bank', s)) FROM unnest(ARRAY[NULL, '[]', '{}', '"x"', '5',
  '{"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T00:00:00Z", "lines": []}',
  '{"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}',
  '{"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "lines": {}}',
  '{"from": "yesterday", "to": "2026-01-02T00:00:00Z", "lines": []}',
  '{"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z", "lines": [], "psp": "x"}',
  '[1]', '[{"kind": "payment", "amount": 1, "currency": "USD", "time": "2026-01-01T00:00:00Z"}]']) AS s;
SELECT c, t.try(format('SELECT dwello.reconcile_external(%L, %L)', 'bank',
    jsonb_build_array('{"reference": "a", "kind": "payment", "amount": 1, "currency": "USD", "time": "2026-01-01T00:00:00Z"}'::jsonb,
      '{"reference": "a", "kind": "payment", "amount": 1, "currency": "USD", "time": "2026-01-01T00:00:00Z"}'::jsonb || c)))
  FROM unnest(ARRAY['{"reference": " "}', '{"event_id": 5}', '{"kind": "fee"}', '{"kind": null}', '{"amount": 0}', '{"amount": -1}', '{"amount": 1.5}',
    '{"amount": "1"}', '{"amount": 9223372036854775808}', '{"currency": "usd"}', '{"currency": null}', '{"time": "2026-02-30T00:00:00Z"}',
    '{"time": null}', '{"note": "x"}', '{"event_id": null}']::jsonb[]) AS c;
SELECT t.try(format('SELECT dwello.reconcile_external(%L, %L)', 'bank', jsonb_build_array(t.line(repeat('x', 501), NULL, 'payment', 1)))) AS long,
       t.try($$SELECT dwello.reconcile_external(NULL, '[]')$$) AS nobody;
SELECT t.refused('h1', $$reconcile_external('bank', '[]')$$) AS homeowner, t.refused('s1', $$reconcile_external('bank', '[]')$$) AS support,
       t.refused('a1', format('reconcile_external(%L, %L)', 'bank', to_jsonb(t.whole()))) AS admin;

-- a statement of a hundred thousand lines, all of one name
\set lines 100000
SET statement_timeout = '60s';
SELECT verdict, count(*) FROM dwello.reconcile_external('bank', (SELECT jsonb_agg(t.line('e' || n, 'ch 1', 'refund', n)) FROM
  generate_series(1, :lines) AS n)) WHERE line IS NOT NULL GROUP BY 1 ORDER BY 1;
SELECT t.try(format('SELECT dwello.reconcile_external(%L, %L)', 'bank', (SELECT jsonb_agg(1) FROM generate_series(1, 200001)))) AS too_many;
RESET statement_timeout;

SET session_replication_role = replica;
DELETE FROM dwello.payouts WHERE user_id = t.user('p1') AND amount IN (5000, 10000);
DELETE FROM dwello.payment_events WHERE psp = 'bank';
DELETE FROM dwello.outbox WHERE scope_id = t.user('p1') AND type LIKE 'payout%';
DELETE FROM dwello.ledger_entries AS n USING dwello.transactions AS x WHERE x.scope_id = t.user('p1') AND x.psp = 'bank'
   AND n.scope_id = x.scope_id AND n.transaction_id = x.id;
DELETE FROM dwello.transactions WHERE scope_id = t.user('p1') AND psp = 'bank';
DELETE FROM dwello.chargebacks WHERE psp = 'bank';
SET session_replication_role = origin;
SELECT t.forget('ext', 'ext2', 'ext3', 'ext4');
DROP FUNCTION t.line, t.compare, t.asked, t.whole;
