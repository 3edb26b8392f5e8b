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
-- only these lines are kept, and compared with all that is booked
CREATE FUNCTION t.compare(VARIADIC lines jsonb[]) RETURNS TABLE (line integer, kind text, verdict text, stated text, booked text,
  of_job text, note text)
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.keep(to_jsonb(lines));
  RETURN QUERY SELECT e.line_id::integer, e.kind, e.verdict, e.stated_amount || ' ' || e.stated_currency, e.booked_amount || ' ' || e.booked_currency,
        coalesce(j.title, u.first_name), e.note
        FROM dwello.reconcile_external('bank', '2000-01-01 00:00+00', '2100-01-01 00:00+00') AS e
        LEFT JOIN dwello.jobs AS j ON j.id = e.scope_id LEFT JOIN dwello.users AS u ON u.id = e.scope_id
       ORDER BY e.line_id::integer, e.booked_at, e.transaction_id;
END $$;
CREATE FUNCTION t.keep(lines jsonb, psp text DEFAULT 'bank') RETURNS integer
LANGUAGE plpgsql
AS $$
BEGIN
  DELETE FROM dwello.statement_lines AS l WHERE l.psp = keep.psp;
  RETURN (SELECT i.imported FROM dwello.import_statement(keep.psp, (SELECT coalesce(jsonb_agg(l || jsonb_build_object('line_id', n::text)
           ORDER BY n), '[]') FROM jsonb_array_elements(lines) WITH ORDINALITY AS x (l, n))) AS i);
END $$;
CREATE FUNCTION t.asked(name text) RETURNS uuid
LANGUAGE sql
AS $$ SELECT id FROM dwello.transactions WHERE scope_id = t.user(name) AND transaction_type = 'payment' ORDER BY id DESC LIMIT 1 $$;

CREATE FUNCTION t.refund(amount bigint) RETURNS uuid
LANGUAGE sql
AS $$ SELECT id FROM dwello.refunds AS r WHERE r.psp = 'bank' AND r.amount = refund.amount $$;
CREATE FUNCTION t.sent(event text, amount bigint) RETURNS dwello.refund_status
LANGUAGE sql
AS $$ SELECT s.refund_status FROM dwello.refunds AS r,
        dwello.confirm_refund(r.job_id, 'bank', event, r.transaction_id) AS s
       WHERE r.psp = 'bank' AND r.amount = sent.amount $$;

-- nothing is booked with that company
SELECT * FROM t.compare(VARIADIC '{}');
SELECT line, verdict FROM t.compare(t.line('e', NULL, 'payment', 1));

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
SELECT escrow_status FROM dwello.fail_payment(t.user('ext4'), 'bank', 'ev no', is_final => true);
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

-- a refund is not booked with the company before it says that it has sent it
SELECT * FROM t.compare(t.line('re 1', NULL, 'refund', 3000), t.line(NULL, t.refund(3000)::text, 'refund', 3000)) WHERE kind = 'refund';
SELECT t.sent('re 1', 3000), t.sent('re 2', 7000);

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
SELECT line, verdict FROM t.compare(t.line(NULL, t.refund(3000)::text, 'refund', 3000),
  t.line(NULL, (SELECT transaction_id::text FROM dwello.refunds WHERE id = t.refund(7000)), 'refund', 7000)) WHERE line IS NOT NULL;
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
SELECT t.keep(to_jsonb(t.whole()), 'bank of others') AS kept;
SELECT line_id, verdict FROM dwello.reconcile_external('bank of others') ORDER BY 1;
DELETE FROM dwello.statement_lines WHERE psp = 'bank of others';

-- a chargeback that is won comes back, one that is lost does not move again
BEGIN;
SELECT chargeback_status FROM dwello.close_chargeback(t.user('ext2'), 'bank', 'ev won', true);
SELECT * FROM t.compare(VARIADIC t.whole() || t.line('ev won', NULL, 'chargeback_won', 50000)) WHERE kind ~ 'charge';
ROLLBACK;
BEGIN;
SELECT chargeback_status FROM dwello.close_chargeback(t.user('ext2'), 'bank', 'ev lost', false);
SELECT * FROM t.compare(VARIADIC t.whole()) WHERE kind ~ 'charge' OR verdict <> 'matched';
ROLLBACK;
-- one that is undone is the platform's, not the company's
BEGIN;
SELECT amount FROM (SELECT t.login_as('a1')) AS a, LATERAL (SELECT id FROM dwello.transactions WHERE scope_id = t.user('ext')
  AND transaction_type = 'refund' AND amount = 3000) AS x, LATERAL (SELECT amount FROM dwello.reverse_transaction(t.user('ext'), x.id)) AS r;
SELECT t.login_as(NULL);
SELECT kind, verdict, booked FROM t.compare(VARIADIC t.whole()) WHERE verdict <> 'matched';
ROLLBACK;

-- the time: what is booked in it is not missing when a line outside of it is about it
SELECT t.keep(to_jsonb(t.whole())) AS kept;
SELECT count(*) FILTER (WHERE verdict = 'missing_there') AS missing, count(*) FILTER (WHERE verdict = 'matched') AS matched
  FROM dwello.reconcile_external('bank', '2100-01-01 00:00+00', '2101-01-01 00:00+01');
SELECT t.keep(to_jsonb(ARRAY[t.line('ev 1', 'ch 1', 'payment', 100000, at => '2001-01-01'), t.line('no', NULL, 'payment', 1, at => '2001-01-02')])) AS kept;
SELECT line_id, verdict, stated_amount, booked_amount FROM dwello.reconcile_external('bank', '2001-01-01 00:00+00', '2001-01-03 00:00+00');
SELECT count(*) FILTER (WHERE verdict = 'missing_there') AS missing, count(*) FILTER (WHERE booked_amount = 100000) AS stated_then
  FROM dwello.reconcile_external('bank', '2002-01-01 00:00+00');
\echo without a range nothing is missing there
SELECT line_id, verdict FROM dwello.reconcile_external('bank');
SELECT verdict, count(*) FROM dwello.reconcile_external('bank', to_time => '2001-01-02 00:00+00') GROUP BY 1;

-- a payment of 23:59 that is told at 00:01 is in one statement, and missing in none
BEGIN;
SELECT t.login_as(NULL);
SELECT amount FROM dwello.record_psp_fee('night', 'n1', 40, 'USD', occurred_at => '2027-01-01 23:59+00');
SELECT t.keep(to_jsonb(ARRAY[t.line('n1', NULL, 'fee', 40, at => '2027-01-01 23:59+00')]), 'night') AS kept;
SELECT line_id, verdict, booked_at AT TIME ZONE 'UTC' AS booked_at FROM dwello.reconcile_external('night', '2027-01-01 00:00+00', '2027-01-02 00:00+00');
SELECT line_id, verdict FROM dwello.reconcile_external('night', '2027-01-02 00:00+00', '2027-01-03 00:00+00');
SELECT line_id, verdict FROM dwello.reconcile_external('night', now() - interval '1 day', now() + interval '1 day');
ROLLBACK;

-- The legs of a scope, as one text.
CREATE FUNCTION t.leg(scope uuid) RETURNS text
LANGUAGE sql
AS $$
SELECT string_agg(x.transaction_type || ' ' || a.kind || ' ' || n.amount, ', ' ORDER BY n.leg)
  FROM dwello.transactions AS x
  JOIN dwello.ledger_entries AS n ON n.scope_id = x.scope_id AND n.transaction_id = x.id
  JOIN dwello.ledger_accounts AS a ON a.id = n.account_id WHERE x.scope_id = scope
$$;

------------------------------------------------------------------------
-- A line that nothing told of is booked
------------------------------------------------------------------------
BEGIN;
SELECT t.login_as(NULL);
SELECT lines, imported, replayed FROM dwello.import_statement('lineco', '[
  {"line_id": "x1", "reference": "ch 9", "kind": "fee", "amount": 1190, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "x2", "event_id": "dp 9", "reference": "ch 9", "kind": "dispute_fee", "amount": 1500, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "x3", "reference": "ch 9", "kind": "fee", "amount": -190, "currency": "USD", "time": "2027-01-01T12:00:01Z"},
  {"line_id": "x4", "event_id": "po 9", "kind": "settlement", "amount": 90000, "currency": "USD", "time": "2027-01-01T23:00:00Z"},
  {"line_id": "x5", "event_id": "po 8", "kind": "settlement", "amount": -200, "currency": "USD", "time": "2027-01-01T23:00:00+01:00"},
  {"line_id": "x6", "event_id": "ad 9", "kind": "adjustment", "amount": 7, "currency": "USD", "time": "2027-01-01T23:00:00Z"},
  {"line_id": "x7", "event_id": "ad 8", "kind": "adjustment", "amount": -8, "currency": "USD", "time": "2027-01-01T23:00:00Z"},
  {"line_id": "x8", "event_id": "told", "kind": "fee", "amount": 33, "currency": "USD", "time": "2027-01-01T23:00:00Z"},
  {"line_id": "x9", "event_id": "pay 9", "kind": "payment", "amount": 5, "currency": "USD", "time": "2027-01-01T23:00:00Z"}]');
SELECT amount FROM dwello.record_psp_fee('lineco', 'told', 33, 'USD');
SELECT line_id, verdict FROM dwello.reconcile_external('lineco') ORDER BY 1;
SELECT b.line_id, b.amount, b.replayed FROM generate_series(1, 8) AS n, dwello.book_statement_line('lineco', 'x' || n) AS b;
\echo again nothing is booked, and every line names its own transaction
SELECT count(*) AS lines, count(DISTINCT b.transaction_id) AS transactions, bool_and(b.replayed) AS replayed
  FROM generate_series(1, 8) AS n, dwello.book_statement_line('lineco', 'x' || n) AS b;
SELECT line_id, verdict, booked_amount, booked_at = stated_at AS at_its_time FROM dwello.reconcile_external('lineco', '2027-01-01 00:00+00', '2027-01-02 00:00+00') ORDER BY 1;
SELECT l.line_id, x.transaction_type, a.kind, n.amount, x.psp_reference
  FROM dwello.statement_lines AS l
  JOIN dwello.transactions AS x ON x.scope_id = l.scope_id AND x.id = l.transaction_id
  JOIN dwello.ledger_entries AS n ON n.scope_id = x.scope_id AND n.transaction_id = x.id
  JOIN dwello.ledger_accounts AS a ON a.id = n.account_id WHERE l.psp = 'lineco' ORDER BY 1, n.leg;
\echo told afterwards by its event, it is known; told otherwise it is refused
SELECT amount, replayed FROM dwello.record_settlement('lineco', 'po 9', 90000, 'USD');
SELECT t.try($$SELECT dwello.record_settlement('lineco', 'po 9', 90001, 'USD')$$) AS other_amount,
       t.try($$SELECT dwello.record_psp_fee('lineco', 'po 9', 90000, 'USD')$$) AS other_fact;
SELECT count(*) AS wrong FROM dwello.reconcile();
SELECT rule, object FROM dwello.check() WHERE rule = 'orphan';
\echo what a line cannot be
SELECT t.try($$SELECT dwello.book_statement_line('lineco', 'x9')$$) AS payment, t.try($$SELECT dwello.book_statement_line('lineco', 'x0')$$) AS none,
       t.try($$SELECT dwello.book_statement_line('other', 'x1')$$) AS of_another, t.try($$SELECT dwello.book_statement_line('lineco', NULL)$$) AS nothing;
SELECT lines, imported, replayed FROM dwello.import_statement('lineco', '[
  {"line_id": "y1", "event_id": "po 9", "kind": "settlement", "amount": 90000, "currency": "USD", "time": "2027-01-01T23:00:00Z"},
  {"line_id": "y2", "event_id": "po 9", "kind": "fee", "amount": 90000, "currency": "USD", "time": "2027-01-01T23:00:00Z"}]');
SELECT t.try($$SELECT dwello.book_statement_line('lineco', 'y1')$$) AS another_lines, t.try($$SELECT dwello.book_statement_line('lineco', 'y2')$$) AS another_fact;
SELECT line_id, verdict, note FROM dwello.reconcile_external('lineco') WHERE line_id LIKE 'y%';
\echo a payment that is booked with another amount is not to be told a second time
SELECT replayed FROM dwello.confirm_payment(NULL, 'lineco', 'pay 8', 50000, 'USD', psp_reference => 'ch 8');
SELECT lines FROM dwello.import_statement('lineco', '[{"line_id": "z1", "reference": "ch 8", "kind": "payment", "amount": 50100, "currency": "USD", "time": "2027-01-01T23:00:00Z"}]');
SELECT regexp_replace(t.detail($$SELECT dwello.book_statement_line('lineco', 'z1')$$), '[0-9a-f-]{36}', 'X');
\echo but its difference can be accepted, and the company then has what it says
SELECT t.refused('h1', $$book_statement_line('lineco', 'z1', true)$$) AS homeowner,
       t.try($$SELECT dwello.book_statement_line('lineco', 'x9', true)$$) AS not_booked,
       t.try($$SELECT dwello.book_statement_line('lineco', 'z1', NULL)$$) AS nothing;
SELECT line_id, verdict, stated_amount, booked_amount, note FROM dwello.reconcile_external('lineco') WHERE line_id ~ 'z1';
SELECT amount, difference, replayed FROM dwello.book_statement_line('lineco', 'z1', accept_difference => true);
SELECT amount, difference, replayed FROM dwello.book_statement_line('lineco', 'z1');
SELECT t.leg(l.scope_id) FROM dwello.statement_lines AS l WHERE l.psp = 'lineco' AND l.line_id = 'z1';
SELECT line_id, verdict, stated_amount, booked_amount, note FROM dwello.reconcile_external('lineco') WHERE line_id = 'z1';
SELECT count(*) AS missing_there FROM dwello.reconcile_external('lineco', '2027-01-01 23:00+00', '2027-01-01 23:01+00')
 WHERE verdict = 'missing_there' AND kind IN ('payment', 'adjustment');
\echo a refund of which more was sent, a fee that was told with less, a payment of which a part fits nothing, another currency
SELECT t.award('differs', 50000), t.award('euros', 700, currency => 'EUR');
SELECT held FROM dwello.confirm_payment(t.user('differs'), 'lineco', 'd 1', 60000, 'USD', psp_reference => 'ch d');
SELECT held FROM dwello.confirm_payment(t.user('euros'), 'lineco', 'd 2', 700, 'EUR', psp_reference => 'ch e');
SELECT t.login_as('a1');
SELECT refunded FROM dwello.refund_escrow(t.user('differs'), 20000);
SELECT t.login_as(NULL);
SELECT refund_status FROM dwello.refunds AS r, dwello.confirm_refund(t.user('differs'), 'lineco', 'd 3', refund_id => r.id)
 WHERE r.job_id = t.user('differs') AND r.receipt_id IS NULL;
SELECT amount FROM dwello.record_psp_fee('lineco', 'd 4', 30, 'USD');
SELECT lines FROM dwello.import_statement('lineco', '[
  {"line_id": "d1", "event_id": "d 1", "kind": "payment", "amount": 60100, "currency": "USD", "time": "2027-01-02T23:00:00Z"},
  {"line_id": "d2", "event_id": "d 2", "kind": "payment", "amount": 700, "currency": "USD", "time": "2027-01-02T23:00:00Z"},
  {"line_id": "d3", "event_id": "d 3", "kind": "refund", "amount": 20001, "currency": "USD", "time": "2027-01-02T23:00:00Z"},
  {"line_id": "d4", "event_id": "d 4", "kind": "fee", "amount": 35, "currency": "USD", "time": "2027-01-02T23:00:00Z"}]');
SELECT l, t.try(format('SELECT dwello.book_statement_line(%L, %L, true)', 'lineco', l)) FROM unnest('{d1,d2,d3,d4}'::text[]) AS l;
SELECT l.line_id, l.difference, t.leg(l.scope_id) FROM dwello.statement_lines AS l WHERE l.psp = 'lineco' AND l.line_id ~ '^d' AND l.difference <> 0 ORDER BY 1;
SELECT line_id, verdict, stated_amount, booked_amount, note FROM dwello.reconcile_external('lineco', '2027-01-02 23:00+00', '2027-01-02 23:01+00');
\echo fees of one event, which was the payment that they are of: each has a name of its own
SELECT lines FROM dwello.import_statement('lineco', '[
  {"line_id": "w1", "event_id": "d 1", "kind": "fee", "amount": 90, "currency": "USD", "time": "2027-01-03T23:00:00Z"},
  {"line_id": "w2", "event_id": "f 1", "kind": "fee", "amount": 91, "currency": "USD", "time": "2027-01-03T23:00:00Z"},
  {"line_id": "w3", "event_id": "f 1", "kind": "dispute_fee", "amount": 91, "currency": "USD", "time": "2027-01-03T23:00:00Z"},
  {"line_id": "w4", "event_id": "f 1", "kind": "fee", "amount": 92, "currency": "USD", "time": "2027-01-03T23:00:00Z"},
  {"line_id": "w5", "event_id": "f 1", "kind": "fee", "amount": 91, "currency": "USD", "time": "2027-01-03T23:00:00Z"}]');
SELECT l, t.try(format('SELECT dwello.book_statement_line(%L, %L)', 'lineco', l)) FROM unnest('{w1,w2,w3,w4,w5}'::text[]) AS l;
SELECT line_id, verdict, booked_amount FROM dwello.reconcile_external('lineco') WHERE line_id ~ '^w' ORDER BY 1;
SELECT psp, event_id, event_type, amount FROM dwello.payment_events WHERE psp = 'lineco' AND created_at > now() - interval '1 day' ORDER BY 2;
\echo what is missing there says by what it was told
SELECT replayed FROM dwello.confirm_payment(NULL, 'lineco', 'm 1', 12, 'USD', psp_reference => 'ch m');
SELECT amount FROM dwello.record_psp_fee('lineco', 'm 2', 13, 'USD', psp_reference => 'ch m');
SELECT held FROM dwello.confirm_payment(t.user('euros'), 'lineco', 'm 3', 14, 'EUR');
SELECT charged_back FROM dwello.open_chargeback(t.user('differs'), 'lineco', 'm 4', 15, 'USD', psp_reference => 'ch d');
SELECT t.login_as('p1');
SELECT refunded FROM dwello.refund_escrow(t.user('euros'), 700);
SELECT t.login_as(NULL);
SELECT refund_status FROM dwello.confirm_refund(t.user('euros'), 'lineco', 'm 5', amount => 700);
SELECT f.refund_status FROM dwello.refunds AS r, dwello.fail_refund(t.user('euros'), 'lineco', 'm 6', refund_id => r.id) AS f WHERE r.job_id = t.user('euros') AND r.confirmation_id IS NOT NULL;
SELECT kind, event_id, reference, booked_amount, transaction_id IS NOT NULL AS booked
  FROM dwello.reconcile_external('lineco', now() - interval '1 day', now() + interval '1 day') ORDER BY 1, 2, 3, 4;
SELECT count(*) AS wrong FROM dwello.reconcile();
\echo a line whose transaction is gone
UPDATE dwello.statement_lines SET transaction_id = t.user('none') WHERE psp = 'lineco' AND line_id = 'x8';
SELECT rule, object, left(detail, 34) AS detail FROM dwello.check() WHERE rule = 'orphan';
ROLLBACK;

------------------------------------------------------------------------
-- A dispute, and a refund that came back, by every name of theirs
------------------------------------------------------------------------
BEGIN;
SELECT t.award('named', 90000);
SELECT t.login_as(NULL);
SELECT held FROM dwello.confirm_payment(t.user('named'), 'nameco', 'n 1', 90000, 'USD', psp_reference => 'ch n');
SELECT held FROM dwello.open_chargeback(t.user('named'), 'nameco', 'n 2', 60000, 'USD', psp_reference => 'ch n', case_reference => 'dp n', fee => 1500);
SELECT chargeback_status FROM dwello.close_chargeback(t.user('named'), 'nameco', 'n 3', false, lost_amount => 15000, case_reference => 'dp n');
SELECT refund_status FROM dwello.confirm_refund(t.user('named'), 'nameco', 'n 4', amount => 4000, currency => 'USD', psp_reference => 'ch n', refund_reference => 're n');
SELECT refund_status FROM dwello.fail_refund(t.user('named'), 'nameco', 'n 5', refund_reference => 're n');
SELECT lines FROM dwello.import_statement('nameco', '[
  {"line_id": "1", "reference": "dp n", "kind": "chargeback", "amount": 60000, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "2", "reference": "dp n", "kind": "dispute_fee", "amount": 1500, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "3", "reference": "dp n", "kind": "chargeback_won", "amount": 45000, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "4", "reference": "re n", "kind": "refund", "amount": 4000, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "5", "reference": "re n", "kind": "refund_returned", "amount": 4000, "currency": "USD", "time": "2027-01-01T12:00:00Z"}]');
SELECT line_id, kind, verdict, booked_amount FROM dwello.reconcile_external('nameco') ORDER BY 1;
SELECT kind FROM dwello.reconcile_external('nameco', now() - interval '1 day', now() + interval '1 day') WHERE verdict <> 'matched';
\echo what is missing there is told by the event that told it, also what a bank gave back of a case that it won in part
SAVEPOINT stated;
DELETE FROM dwello.statement_lines WHERE psp = 'nameco';
SELECT kind, booked_amount, event_id, reference FROM dwello.reconcile_external('nameco', now() - interval '1 day', now() + interval '1 day') ORDER BY 2, 1;
ROLLBACK TO stated;
\echo none of them is booked twice
SELECT b.line_id, b.replayed FROM generate_series(1, 5) AS n, dwello.book_statement_line('nameco', n::text) AS b;
\echo by the event of each, and of the charge
DELETE FROM dwello.statement_lines WHERE psp = 'nameco';
SELECT lines FROM dwello.import_statement('nameco', '[
  {"line_id": "1", "event_id": "n 2", "kind": "dispute_fee", "amount": 1500, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "2", "event_id": "n 3", "kind": "chargeback_won", "amount": 45000, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "3", "event_id": "n 5", "kind": "refund_returned", "amount": 4000, "currency": "USD", "time": "2027-01-01T12:00:00Z"}]');
SELECT b.line_id, b.replayed FROM generate_series(1, 3) AS n, dwello.book_statement_line('nameco', n::text) AS b;
DELETE FROM dwello.statement_lines WHERE psp = 'nameco';
SELECT lines FROM dwello.import_statement('nameco', '[
  {"line_id": "1", "reference": "ch n", "kind": "dispute_fee", "amount": 1500, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "2", "reference": "ch n", "kind": "chargeback_won", "amount": 45000, "currency": "USD", "time": "2027-01-01T12:00:00Z"}]');
SELECT b.line_id, b.replayed FROM generate_series(1, 2) AS n, dwello.book_statement_line('nameco', n::text) AS b;
\echo a line about a booking that another line has by another name has nothing to accept: it is one more
DELETE FROM dwello.statement_lines WHERE psp = 'nameco';
SELECT lines FROM dwello.import_statement('nameco', '[
  {"line_id": "1", "reference": "re n", "kind": "refund", "amount": 4000, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "2", "reference": "ch n", "kind": "refund", "amount": 1000, "currency": "USD", "time": "2027-01-01T12:00:00Z"}]');
SELECT line_id, verdict, note FROM dwello.reconcile_external('nameco') ORDER BY 1;
SELECT t.detail($$SELECT dwello.book_statement_line('nameco', '2', accept_difference => true)$$);
SELECT amount, difference, replayed FROM dwello.book_statement_line('nameco', '2');
SELECT line_id, verdict, booked_amount FROM dwello.reconcile_external('nameco') ORDER BY 1;
SELECT count(*) AS wrong FROM dwello.reconcile();
ROLLBACK;

------------------------------------------------------------------------
-- A fee's line is booked before the event that it shares is told
------------------------------------------------------------------------
BEGIN;
SELECT t.award('early', 40000);
SELECT t.login_as(NULL);
SELECT lines FROM dwello.import_statement('earlyco', '[
  {"line_id": "f", "event_id": "e 1", "reference": "ch e", "kind": "fee", "amount": 1200, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "f2", "event_id": "e 1", "reference": "ch e", "kind": "fee", "amount": 1200, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "g", "event_id": "e 2", "kind": "fee", "amount": 300, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "p", "event_id": "e 1", "reference": "ch e", "kind": "payment", "amount": 40000, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "c", "event_id": "e 3", "reference": "dp e", "kind": "chargeback", "amount": 40000, "currency": "USD", "time": "2027-01-02T12:00:00Z"},
  {"line_id": "d", "event_id": "e 3", "reference": "dp e", "kind": "dispute_fee", "amount": 1500, "currency": "USD", "time": "2027-01-02T12:00:00Z"}]');
SELECT l, t.try(format('SELECT dwello.book_statement_line(%L, %L)', 'earlyco', l)) FROM unnest('{f,f2,g,d}'::text[]) AS l;
SELECT held FROM dwello.confirm_payment(t.user('early'), 'earlyco', 'e 1', 40000, 'USD', psp_reference => 'ch e');
\echo the fee is known by its event, though the payment has that, too; with another amount it is refused
SELECT amount, replayed FROM dwello.record_psp_fee('earlyco', 'e 1', 1200, 'USD');
SELECT amount, replayed FROM dwello.record_psp_fee('earlyco', 'e 2', 300, 'USD');
SELECT t.try($$SELECT dwello.record_psp_fee('earlyco', 'e 2', 301, 'USD')$$) AS other_amount,
       t.try($$SELECT dwello.record_psp_fee('earlyco', 'e 2', 300, 'EUR')$$) AS other_currency;
\echo a dispute is taken, and its fee is not booked again
SELECT charged_back, held FROM dwello.open_chargeback(t.user('early'), 'earlyco', 'e 3', 40000, 'USD', psp_reference => 'ch e', case_reference => 'dp e', fee => 1500);
SELECT line_id, kind, verdict, booked_amount FROM dwello.reconcile_external('earlyco') ORDER BY 1;
SELECT x.transaction_type, sum(x.amount) FROM dwello.transactions AS x WHERE x.psp = 'earlyco' GROUP BY 1 ORDER BY 1;
SELECT count(*) AS wrong FROM dwello.reconcile();
ROLLBACK;

-- Each fee is a fact of its own: that of a payment, and that of its dispute.
BEGIN;
SELECT t.award('fees', 100000), t.award('fees 2', 100000);
SELECT t.login_as(NULL);
SELECT held FROM dwello.confirm_payment(t.user('fees'), 'feeco', 'g 1', 100000, 'USD', psp_reference => 'ch g');
SAVEPOINT paid;
SELECT held FROM dwello.open_chargeback(t.user('fees'), 'feeco', 'g 2', 20000, 'USD', psp_reference => 'ch g', case_reference => 'dp g', fee => 1500);
SELECT lines FROM dwello.import_statement('feeco', '[
  {"line_id": "1", "reference": "ch g", "kind": "fee", "amount": 1190, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "2", "reference": "ch g", "kind": "dispute_fee", "amount": 1500, "currency": "USD", "time": "2027-01-01T12:00:00Z"}]');
SELECT line_id, kind, verdict, booked_amount FROM dwello.reconcile_external('feeco') ORDER BY 1;
SELECT b.line_id, b.replayed FROM generate_series(1, 2) AS n, dwello.book_statement_line('feeco', n::text) AS b;
SELECT line_id, kind, verdict, booked_amount FROM dwello.reconcile_external('feeco') ORDER BY 1;
DELETE FROM dwello.statement_lines WHERE psp = 'feeco';
\echo what no line is about is listed as what it is
SELECT kind, verdict, booked_amount, event_id, reference FROM dwello.reconcile_external('feeco', now() - interval '1 day', now() + interval '1 day') WHERE kind ~ 'fee' ORDER BY booked_amount;
\echo a company that parts them nowhere, or only there: equal is equal, and another amount is another fee
SELECT lines FROM dwello.import_statement('feeco', '[
  {"line_id": "3", "event_id": "g 2", "kind": "fee", "amount": 1500, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "4", "reference": "ch g", "kind": "dispute_fee", "amount": 1190, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "5", "reference": "dp g", "kind": "dispute_fee", "amount": 1600, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "6", "reference": "dp g", "kind": "fee", "amount": 1600, "currency": "USD", "time": "2027-01-01T12:00:00Z"}]');
SELECT line_id, kind, verdict, booked_amount FROM dwello.reconcile_external('feeco') ORDER BY 1;
ROLLBACK TO paid;
\echo booked from the statement before the dispute is told, by its charge alone: two lines are the fees of two cases, whichever is told first
SELECT lines FROM dwello.import_statement('feeco', '[
  {"line_id": "1", "reference": "ch g", "kind": "dispute_fee", "amount": 1500, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "2", "reference": "dp h", "kind": "dispute_fee", "amount": 1500, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "3", "reference": "ch g", "kind": "fee", "amount": 1500, "currency": "USD", "time": "2027-01-01T12:00:00Z"}]');
SELECT b.line_id, b.replayed FROM generate_series(1, 3) AS n, dwello.book_statement_line('feeco', n::text) AS b;
SELECT held FROM dwello.open_chargeback(t.user('fees'), 'feeco', 'g 2', 20000, 'USD', psp_reference => 'ch g', case_reference => 'dp h', fee => 1500);
SELECT held FROM dwello.open_chargeback(t.user('fees'), 'feeco', 'g 3', 10000, 'USD', psp_reference => 'ch g', case_reference => 'dp i', fee => 1500);
SELECT line_id, kind, verdict, booked_amount FROM dwello.reconcile_external('feeco') WHERE kind ~ 'fee' ORDER BY 1;
SELECT c.case_reference, l.line_id FROM dwello.chargebacks AS c JOIN dwello.statement_lines AS l ON l.transaction_id = c.fee_id WHERE c.psp = 'feeco' ORDER BY 1;
\echo a third case has no line: its fee is booked
SELECT held FROM dwello.open_chargeback(t.user('fees'), 'feeco', 'g 4', 10000, 'USD', psp_reference => 'ch g', case_reference => 'dp j', fee => 1500);
SELECT count(*), sum(x.amount) FROM dwello.transactions AS x WHERE x.psp = 'feeco' AND x.transaction_type = 'psp_fee';
SELECT count(*) AS wrong FROM dwello.reconcile();
ROLLBACK;

-- a refund by its own name, which nothing has told, is told first: then the line is about it
BEGIN;
SELECT t.award('unheard', 40000);
SELECT t.login_as(NULL);
SELECT held FROM dwello.confirm_payment(t.user('unheard'), 'unheardco', 'u 1', 40000, 'USD', psp_reference => 'ch u');
SELECT lines FROM dwello.import_statement('unheardco', '[
  {"line_id": "r", "reference": "re u", "kind": "refund", "amount": 1000, "currency": "USD", "time": "2027-01-01T12:00:00Z"},
  {"line_id": "s", "reference": "ch u", "kind": "refund", "amount": 2000, "currency": "USD", "time": "2027-01-01T12:00:00Z"}]');
SELECT t.try($$SELECT dwello.book_statement_line('unheardco', 'r')$$), t.detail($$SELECT dwello.book_statement_line('unheardco', 'r')$$);
SELECT replayed FROM dwello.book_statement_line('unheardco', 's');
SELECT amount, refund_status, held FROM dwello.confirm_refund(t.user('unheard'), 'unheardco', 'u 2', amount => 1000, currency => 'USD', psp_reference => 'ch u', refund_reference => 're u');
SELECT transaction_id IS NOT NULL AS noted FROM dwello.book_statement_line('unheardco', 'r');
SELECT psp_reference, refund_reference, amount, loss, status FROM dwello.refunds WHERE psp = 'unheardco' ORDER BY amount;
SELECT line_id, verdict FROM dwello.reconcile_external('unheardco') ORDER BY 1;
SELECT sum(n.amount) AS with_company FROM dwello.ledger_entries AS n JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
 WHERE a.psp = 'unheardco' AND a.kind = 'psp_clearing';
SELECT count(*) AS wrong FROM dwello.reconcile();
ROLLBACK;

-- a line counts once
BEGIN;
SELECT t.login_as(NULL);
SELECT lines, imported, replayed FROM dwello.import_statement('lineco', '[]');
SELECT lines, imported, replayed FROM dwello.import_statement('lineco', jsonb_build_array(t.line('e', NULL, 'fee', 1, at => '2027-01-01') || '{"line_id": "a"}'));
SELECT lines, imported, replayed FROM dwello.import_statement('lineco', jsonb_build_array(t.line('e', NULL, 'fee', 1, at => '2027-01-01') || '{"line_id": "a"}',
  t.line('f', NULL, 'fee', 1, at => '2027-01-01') || '{"line_id": "b"}', t.line('f', NULL, 'fee', 1, at => '2027-01-01') || '{"line_id": "b"}'));
SELECT lines, imported, replayed FROM dwello.import_statement('lineco', jsonb_build_array(t.line('e', NULL, 'fee', 1, at => '2027-01-01') || '{"line_id": "a"}'));
SELECT c, t.try(format('SELECT dwello.import_statement(%L, %L)', 'lineco', jsonb_build_array(t.line('e', NULL, 'fee', 1, at => '2027-01-01') || '{"line_id": "a"}' || c)))
  FROM unnest(ARRAY['{"event_id": "f"}', '{"reference": "r"}', '{"kind": "dispute_fee"}', '{"amount": 2}', '{"currency": "EUR"}', '{"time": "2027-01-02T00:00:00Z"}']::jsonb[]) AS c;
ROLLBACK;

-- refusals
SELECT s, t.try(format('SELECT dwello.import_statement(%L, %L)', 'bank', s)) FROM unnest(ARRAY[NULL, '{}', '"x"', '5', '{"lines": []}', '[1]',
  '[{"line_id": "a", "kind": "payment", "amount": 1, "currency": "USD", "time": "2026-01-01T00:00:00Z"}]']) AS s;
SELECT c, t.try(format('SELECT dwello.import_statement(%L, %L)', 'bank',
    jsonb_build_array('{"line_id": "a", "reference": "a", "kind": "payment", "amount": 1, "currency": "USD", "time": "2026-01-01T00:00:00Z"}'::jsonb,
      '{"line_id": "b", "reference": "a", "kind": "payment", "amount": 1, "currency": "USD", "time": "2026-01-01T00:00:00Z"}'::jsonb || c)))
  FROM unnest(ARRAY['{"reference": " "}', '{"event_id": 5}', '{"kind": "gift"}', '{"kind": null}', '{"amount": 0}', '{"amount": -1}', '{"amount": 1.5}',
    '{"amount": "1"}', '{"amount": 9223372036854775808}', '{"kind": "fee", "amount": -9223372036854775808}', '{"currency": "usd"}', '{"currency": null}',
    '{"time": "2026-02-30T00:00:00Z"}', '{"time": null}', '{"note": "x"}', '{"reference": null}', '{"line_id": null}', '{"line_id": ""}']::jsonb[]) AS c;
SELECT t.try(format('SELECT dwello.import_statement(%L, %L)', 'bank', jsonb_build_array(t.line(repeat('x', 501), NULL, 'payment', 1) || '{"line_id": "a"}'))) AS long,
       t.try($$SELECT dwello.import_statement(NULL, '[]')$$) AS nobody, t.try($$SELECT dwello.reconcile_external(NULL)$$) AS no_company,
       t.try($$SELECT dwello.reconcile_external('bank', '2027-01-02', '2027-01-02')$$) AS no_time;
SELECT who, t.refused(who, $$reconcile_external('bank')$$) AS compare, t.refused(who, $$import_statement('bank', '[]')$$) AS import,
       t.refused(who, $$book_statement_line('bank', 'none')$$) AS book FROM unnest(ARRAY['h1', 'p1', 's1', 'a1']) AS who;

-- a statement of twenty thousand lines, all of one name
\set lines 20000
SET statement_timeout = '60s';
SELECT t.keep((SELECT jsonb_agg(t.line('e' || n, 'ch 1', 'refund', n)) FROM generate_series(1, :lines) AS n)) AS kept;
SELECT verdict, count(*) FROM dwello.reconcile_external('bank') GROUP BY 1 ORDER BY 1;
SELECT t.try(format('SELECT dwello.import_statement(%L, %L)', 'bank', (SELECT jsonb_agg(1) FROM generate_series(1, 1000001)))) AS too_many;
RESET statement_timeout;
DELETE FROM dwello.statement_lines WHERE psp = 'bank';

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
DROP FUNCTION t.leg, t.line, t.compare, t.keep, t.asked, t.whole, t.refund, t.sent;
