--
-- told.sql
--	What payment companies tell: an event has one meaning for ever (WD104), has
--	no ceiling, and is refused alike in whatever order it comes.
--
SET client_min_messages = warning;

BEGIN;
SELECT set_config('dwello.now', '2026-11-02 12:00:00+00', true) <> '' AS pinned;
------------------------------------------------------------------------
-- A fact of each kind
------------------------------------------------------------------------
SELECT t.award('told', 100000), t.award('told asked', 50000), t.award('told other', 70000), t.award('told done', 90000);
SELECT t.destination('p1') IS NOT NULL AS can_receive;
SELECT t.pay('told other'), t.pay('told done');
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('told done'));
SELECT transaction_id AS payment FROM dwello.fund_escrow(t.user('told')) \gset
SELECT transaction_id AS asked FROM dwello.fund_escrow(t.user('told asked')) \gset
SELECT t.as_system();
SELECT x.id AS other FROM dwello.transactions AS x WHERE x.scope_id = t.user('told other') AND x.transaction_type = 'payment' \gset
SELECT payout_id AS paid FROM dwello.request_payout(20000, user_id => t.user('p1')) \gset
SELECT payout_id AS failed FROM dwello.request_payout(20000, user_id => t.user('p1')) \gset
SELECT held FROM dwello.confirm_payment(t.user('told'), 'tell', 'first', 80000, 'USD', :'payment', 'ch');
SELECT t.login_as('p1');
SELECT amount FROM dwello.refund_escrow(t.user('told'), 30000);
SELECT t.as_system();
SELECT id AS refund FROM dwello.refunds WHERE job_id = t.user('told') \gset
SELECT clawed_back FROM dwello.open_chargeback(t.user('told done'), 'acme', 'told debt', 90000, 'USD');
SELECT t.login_as('p1');
SELECT repayment_id AS owed FROM dwello.repay_balance(1000) \gset
SELECT t.as_system();

-- What each command is told first, in this order, and with what it may not be told again.
CREATE TEMP TABLE told (n int, command text, first jsonb, again jsonb);
INSERT INTO told
SELECT n, command, first || jsonb_build_object('psp', 'tell', 'event_id', 'told ' || n), again
  FROM (VALUES
    (1, 'confirm_payment', jsonb_build_object('job_id', t.user('told'), 'amount', 20000, 'currency', 'USD', 'transaction_id', :'payment'::uuid, 'psp_reference', 'ch 2'),
        jsonb_build_object('job_id', t.user('told other'), 'amount', 20001, 'currency', 'EUR', 'transaction_id', t.user('x'), 'psp_reference', 'ch 3')),
    (2, 'confirm_authorization', jsonb_build_object('job_id', t.user('told asked'), 'amount', 50000, 'currency', 'USD', 'expires_at', '2031-01-01Z', 'transaction_id', :'asked'::uuid, 'psp_reference', 'pi'),
        jsonb_build_object('job_id', t.user('told other'), 'amount', 50001, 'currency', 'EUR', 'transaction_id', t.user('x'), 'psp_reference', 'pi 2')),
    (3, 'fail_payment', jsonb_build_object('job_id', t.user('told asked'), 'transaction_id', :'asked'::uuid, 'is_final', false),
        jsonb_build_object('job_id', t.user('told other'), 'transaction_id', t.user('x'), 'is_final', true)),
    (4, 'confirm_refund', jsonb_build_object('job_id', t.user('told'), 'amount', 30000, 'currency', 'USD', 'transaction_id', NULL, 'refund_id', :'refund'::uuid, 'psp_reference', 'ch', 'refund_reference', 're'),
        jsonb_build_object('amount', 30001, 'currency', 'EUR', 'transaction_id', t.user('x'), 'refund_id', t.user('x'), 'psp_reference', 'ch 2', 'refund_reference', 're 2')),
    (5, 'fail_refund', jsonb_build_object('job_id', t.user('told'), 'transaction_id', NULL, 'refund_id', :'refund'::uuid, 'psp_reference', 'ch', 'refund_reference', 're'),
        jsonb_build_object('transaction_id', t.user('x'), 'refund_id', t.user('x'), 'psp_reference', 'ch 2', 'refund_reference', 're 2')),
    (6, 'open_chargeback', jsonb_build_object('job_id', t.user('told'), 'amount', 7000, 'currency', 'USD', 'fee', 1500, 'psp_reference', 'ch', 'case_reference', 'dp', 'is_inquiry', false, 'transaction_id', :'payment'::uuid),
        jsonb_build_object('amount', 7001, 'currency', 'EUR', 'fee', 1501, 'psp_reference', 'ch 2', 'case_reference', 'dp 2', 'is_inquiry', true, 'transaction_id', :'other'::uuid)),
    (7, 'close_chargeback', jsonb_build_object('job_id', t.user('told'), 'won', false, 'lost_amount', 6000, 'psp_reference', 'ch', 'case_reference', 'dp'),
        jsonb_build_object('won', true, 'lost_amount', 6001, 'psp_reference', 'ch 2', 'case_reference', 'dp 2', 'chargeback_id', t.user('x'))),
    (8, 'confirm_payout', jsonb_build_object('user_id', t.user('p1'), 'payout_id', :'paid'::uuid, 'psp_reference', 'po'),
        jsonb_build_object('user_id', t.user('p2'), 'payout_id', :'failed'::uuid, 'psp_reference', 'po 2')),
    (9, 'fail_payout', jsonb_build_object('user_id', t.user('p1'), 'payout_id', :'failed'::uuid),
        jsonb_build_object('user_id', t.user('p2'), 'payout_id', :'paid'::uuid)),
    (10, 'confirm_repayment', jsonb_build_object('user_id', t.user('p1'), 'amount', 1000, 'currency', 'USD', 'repayment_id', :'owed'::uuid, 'psp_reference', 'ch 4'),
        jsonb_build_object('user_id', t.user('p2'), 'amount', 1001, 'currency', 'EUR', 'repayment_id', t.user('x'), 'psp_reference', 'ch 5')),
    (11, 'record_psp_fee', '{"amount": 300, "currency": "USD", "psp_reference": "ch"}', '{"amount": 301, "currency": "EUR", "psp_reference": "ch 2"}'),
    (12, 'record_settlement', '{"amount": 300, "currency": "USD", "psp_reference": "po"}', '{"amount": 301, "currency": "EUR", "psp_reference": "po 2"}'),
    (13, 'record_bank_fee', '{"amount": 300, "currency": "USD", "psp_reference": "wire"}', '{"amount": 301, "currency": "EUR", "psp_reference": "wire 2"}')
  ) AS v (n, command, first, again);
CREATE FUNCTION pg_temp.call(command text, arguments jsonb) RETURNS text
LANGUAGE sql
AS $$
  SELECT format('SELECT replayed FROM dwello.%I(%s)', command, string_agg(format('%I => %L', key, value), ', '))
    FROM jsonb_each_text(arguments)
$$;
-- "booked", "replayed", or the SQLSTATE and what it says.
CREATE FUNCTION pg_temp.tell(command text, arguments jsonb) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  replayed boolean;
  message text;
BEGIN
  EXECUTE pg_temp.call(command, arguments) INTO replayed;
  RETURN CASE WHEN replayed THEN 'replayed' ELSE 'booked' END;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS message = PG_EXCEPTION_DETAIL;
  RETURN SQLSTATE || ' ' || regexp_replace(coalesce(message, SQLERRM), '[0-9a-f]{8}-[0-9a-f-]{27}', '…', 'g');
END
$$;

-- Every command that is told an event is here, with each of its arguments but for what only says something of the fact, and whose
-- it is where the charge says so; a command or an argument more has to be added.
SELECT p.proname AS command, a.name AS missing
  FROM pg_proc AS p
  CROSS JOIN LATERAL unnest(p.proargnames, p.proargtypes::oid[]) AS a (name, type)
  LEFT JOIN told AS c ON c.command = p.proname
 WHERE p.pronamespace = 'dwello'::regnamespace AND 'event_id' = ANY (p.proargnames[1:p.pronargs]) AND a.type IS NOT NULL
   AND a.name NOT IN ('psp', 'event_id', 'occurred_at', 'reason', 'expires_at')
   AND NOT (a.name = 'job_id' AND p.proname ~ '(refund|chargeback)$')
   AND (c.again IS NULL OR NOT c.again ? a.name);

-- each is told, and told again as it was
SELECT n, command, pg_temp.tell(command, first) AS first, pg_temp.tell(command, first) AS again FROM told ORDER BY n;
-- told again with anything else: another event
SELECT c.command, a.key AS argument, pg_temp.tell(c.command, c.first - CASE a.key WHEN 'won' THEN 'lost_amount' ELSE '' END || jsonb_build_object(a.key, a.value)) AS says
  FROM told AS c CROSS JOIN jsonb_each(c.again) AS a
 WHERE c.first -> a.key <> 'null' ORDER BY c.n, a.key;
-- what was not said the first time may be said, and what was said may be left out
SELECT c.command, a.key AS argument, pg_temp.tell(c.command, c.first - a.key) AS less
  FROM told AS c CROSS JOIN jsonb_each(c.again) AS a
 WHERE c.first -> a.key <> 'null' AND a.key NOT IN ('job_id', 'user_id', 'payout_id', 'amount', 'currency', 'won')
   AND pg_temp.tell(c.command, c.first - a.key) <> 'replayed' ORDER BY c.n, a.key;
-- two kinds of event, one name
SELECT pg_temp.tell('confirm_refund', c.first || '{"event_id": "told 11"}') AS says FROM told AS c WHERE n = 4;
SELECT pg_temp.tell('record_psp_fee', c.first || '{"event_id": "told 2"}') AS says FROM told AS c WHERE n = 11;
-- nothing of all that was booked
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- What happened has no ceiling
------------------------------------------------------------------------
-- each by a company of its own, of which nothing else is known; what is lost of a case is at most that
SELECT c.command, a.key AS argument,
       pg_temp.tell(c.command, c.first - '{transaction_id,refund_id,repayment_id}'::text[]
                      || jsonb_build_object('psp', 'huge ' || a.key, a.key, 2000000000000000)) AS says
  FROM told AS c CROSS JOIN LATERAL jsonb_each(c.again) AS a
 WHERE a.key ~ 'amount|fee' ORDER BY c.n, a.key;
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- A blank name is none
------------------------------------------------------------------------
SELECT c.command, a.key AS argument,
       pg_temp.tell(c.command, c.first || jsonb_build_object('event_id', 'blank ' || c.n || a.key, a.key, ' ')) ~ '^(booked|replayed)' AS taken
  FROM told AS c CROSS JOIN LATERAL jsonb_each(c.again) AS a
 WHERE a.key ~ 'reference$' ORDER BY c.n, a.key;
SELECT imported FROM dwello.import_statement('tell', '[{"line_id": "blank", "event_id": "", "reference": "ch", "kind": "fee", "amount": 1, "currency": "USD", "time": "2026-11-02T12:00:00Z"}]');
SELECT event_id IS NULL AS none, reference FROM dwello.statement_lines WHERE psp = 'tell' AND line_id = 'blank';
SELECT t.refused(NULL, $$import_statement('tell', '[{"line_id": "none", "event_id": "", "reference": " ", "kind": "fee", "amount": 1, "currency": "USD", "time": "2026-11-02T12:00:00Z"}]')$$) AS no_name;
ROLLBACK;

------------------------------------------------------------------------
-- Refused alike, in whatever order
------------------------------------------------------------------------
BEGIN;
CREATE FUNCTION pg_temp.say(call text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  hint text;
BEGIN
  EXECUTE 'SELECT dwello.' || call;
  RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
  RETURN concat_ws(' | ', SQLSTATE, SQLERRM, hint);
END
$$;
-- a homeowner owes nothing that could be repaid
SELECT pg_temp.say($$confirm_repayment(t.user('h1'), 'tell', 'h 1', 1000, 'USD')$$) AS homeowner;
-- of what was asked for and what was not, that which was asked for has failed, whether it was sent yet or not
SELECT t.award('told fail', 100000);
SELECT held FROM dwello.confirm_payment(t.user('told fail'), 'tell', 'f 0', 100000, 'USD', psp_reference => 'ch f');
SELECT t.login_as('p1');
SELECT amount FROM dwello.refund_escrow(t.user('told fail'), 30000);
SELECT t.as_system();
SAVEPOINT asked;
SELECT amount, is_unasked, status FROM dwello.refunds WHERE job_id = t.user('told fail') ORDER BY amount;
SELECT amount, refund_status FROM dwello.confirm_refund(NULL, 'tell', 'f 1', amount => 30000, psp_reference => 'ch f', occurred_at => '2026-11-02 01:00Z');
SELECT amount, refund_status FROM dwello.confirm_refund(NULL, 'tell', 'f 2', amount => 20000, psp_reference => 'ch f', occurred_at => '2026-11-02 02:00Z');
SELECT amount, refund_status FROM dwello.fail_refund(NULL, 'tell', 'f 3', psp_reference => 'ch f', occurred_at => '2026-11-02 03:00Z');
SELECT amount, is_unasked, status FROM dwello.refunds WHERE job_id = t.user('told fail') ORDER BY amount;
ROLLBACK TO asked;
SELECT amount, refund_status FROM dwello.fail_refund(NULL, 'tell', 'f 3', psp_reference => 'ch f', occurred_at => '2026-11-02 03:00Z');
SELECT amount, refund_status, replayed FROM dwello.confirm_refund(NULL, 'tell', 'f 1', amount => 30000, psp_reference => 'ch f', occurred_at => '2026-11-02 01:00Z');
SELECT amount, refund_status FROM dwello.confirm_refund(NULL, 'tell', 'f 2', amount => 20000, psp_reference => 'ch f', occurred_at => '2026-11-02 02:00Z');
SELECT amount, is_unasked, status FROM dwello.refunds WHERE job_id = t.user('told fail') ORDER BY amount;
ROLLBACK TO asked;
-- two that are as near: too early, until another event says which
SELECT t.login_as('p1');
SELECT amount FROM dwello.refund_escrow(t.user('told fail'), 20000);
SELECT t.as_system();
SELECT pg_temp.say($$fail_refund(NULL, 'tell', 'f 4', psp_reference => 'ch f')$$) AS either,
       pg_temp.say($$confirm_refund(NULL, 'tell', 'f 4', psp_reference => 'ch f')$$) AS sent;
SELECT amount, refund_status FROM dwello.confirm_refund(NULL, 'tell', 'f 5', amount => 30000, psp_reference => 'ch f');
SELECT amount, refund_status FROM dwello.fail_refund(NULL, 'tell', 'f 4', psp_reference => 'ch f');
SELECT amount, status FROM dwello.refunds WHERE job_id = t.user('told fail') ORDER BY amount;
-- what the charge would say, before it is told
SELECT pg_temp.say($$confirm_refund(NULL, 'tell', 'f 6', amount => 100, psp_reference => 'ch unheard')$$) AS early,
       pg_temp.say($$confirm_refund(NULL, 'tell', 'f 6', amount => 100)$$) AS of_nothing;
-- two cases are open
SELECT held_amount FROM dwello.open_chargeback(NULL, 'tell', 'f 7', 10000, 'USD', psp_reference => 'ch f', case_reference => 'dp 1');
SELECT held_amount FROM dwello.open_chargeback(NULL, 'tell', 'f 8', 10000, 'USD', psp_reference => 'ch f', case_reference => 'dp 2');
SELECT pg_temp.say($$close_chargeback(NULL, 'tell', 'f 9', true, psp_reference => 'ch f')$$) AS two_are_open;
SELECT chargeback_status FROM dwello.close_chargeback(NULL, 'tell', 'f 10', true, case_reference => 'dp 2');
SELECT chargeback_status FROM dwello.close_chargeback(NULL, 'tell', 'f 9', false, psp_reference => 'ch f');
-- a decision, and a payout's end, that were overtaken and are told once more under another name: they are known, and nothing is booked
SELECT c.id AS case_id FROM dwello.chargebacks AS c WHERE c.psp = 'tell' AND c.case_reference = 'dp 1' \gset
CREATE FUNCTION pg_temp.known(call text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  before bigint := (SELECT count(*) FROM dwello.transactions);
  replayed boolean;
BEGIN
  EXECUTE 'SELECT replayed FROM dwello.' || call INTO replayed;
  RETURN format('%s, %s booked', CASE WHEN replayed THEN 'replayed' ELSE 'news' END, (SELECT count(*) FROM dwello.transactions) - before);
END
$$;
SELECT pg_temp.known(format($$close_chargeback(NULL, 'tell', 'g 1', true, chargeback_id => %L, occurred_at => '2031-01-01 02:00+00')$$, :'case_id')) AS won,
       pg_temp.known($$close_chargeback(NULL, 'tell', 'g 2', false, lost_amount => 4000, case_reference => 'dp 1', occurred_at => '2031-01-01 01:00+00')$$) AS lost_before,
       pg_temp.known($$close_chargeback(NULL, 'tell', 'g 3', false, lost_amount => 4000, case_reference => 'dp 1', occurred_at => '2031-01-01 01:00+00')$$) AS again,
       pg_temp.known($$close_chargeback(NULL, 'tell', 'g 4', false, case_reference => 'dp 1', occurred_at => '2031-01-01 01:00+00')$$) AS without_amount,
       pg_temp.known($$close_chargeback(NULL, 'tell', 'g 5', false, lost_amount => 3000, case_reference => 'dp 1', occurred_at => '2031-01-01 03:00+00')$$) AS lost_after_all;
SELECT status, lost_amount FROM dwello.chargebacks WHERE id = :'case_id';
SELECT t.destination('p1') IS NOT NULL AS can_receive;
SELECT t.award('told more', 50000), t.pay('told more');
SELECT t.login_as('h1');
SELECT amount FROM dwello.release_escrow(t.user('told more'));
SELECT t.as_system();
SELECT x.payout_id AS sent FROM dwello.request_payout(1000, user_id => t.user('p1')) AS x \gset
SELECT pg_temp.known(format($$confirm_payout(t.user('p1'), %L, 'tell', 'g 6', occurred_at => '2031-01-01 01:00+00')$$, :'sent')) AS paid,
       pg_temp.known(format($$fail_payout(t.user('p1'), %L, 'tell', 'g 7', occurred_at => '2031-01-01 02:00+00')$$, :'sent')) AS came_back,
       pg_temp.known(format($$confirm_payout(t.user('p1'), %L, 'tell', 'g 8', occurred_at => '2031-01-01 01:00+00')$$, :'sent')) AS again,
       pg_temp.known(format($$confirm_payout(t.user('p1'), %L, 'tell', 'g 9', occurred_at => '2031-01-01 03:00+00')$$, :'sent')) AS paid_after_all,
       pg_temp.known(format($$fail_payout(t.user('p1'), %L, 'tell', 'g 10', occurred_at => '2031-01-01 02:00+00')$$, :'sent')) AS fails_again;
SELECT * FROM dwello.reconcile();
ROLLBACK;
