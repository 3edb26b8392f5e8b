--
-- escrow.sql
--	Money in, held, and out: the life of an escrow.
--
SET client_min_messages = warning;

CREATE VIEW t.escrow AS
SELECT job_id, status, funded, held, released, refunded, fee_taken,
       transition_count AS moves, version
  FROM dwello.escrow_accounts;
CREATE VIEW t.milestone AS
SELECT job_id, sort_order AS n, status, amount, funded, released, version
  FROM dwello.job_milestones;
CREATE VIEW t.history AS
SELECT job_id, seq, event, actor_role, from_status, to_status,
       transaction_id IS NOT NULL AS paid
  FROM dwello.escrow_events;
-- Legs with their account named: proves that ids are as documented.
CREATE VIEW t.leg AS
SELECT n.scope_id AS job_id, x.transaction_type, n.leg,
       coalesce(a.kind::text, 'escrow') AS account, a.psp, n.amount,
       a.id IS NOT DISTINCT FROM encode(substr(sha256(uuid_send(a.owner_id) ||
         convert_to(a.kind::text, 'UTF8') || '\x00' ||
         convert_to(a.currency, 'UTF8') || '\x00' ||
         convert_to(a.psp, 'UTF8')), 1, 16), 'hex')::uuid AS is_derived,
       x.completed_at, x.id
  FROM dwello.ledger_entries AS n
  JOIN dwello.transactions AS x ON x.scope_id = n.scope_id AND x.id = n.transaction_id
  LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id;

------------------------------------------------------------------------
-- The story: 950.00, fee 47.50, payout 902.50
------------------------------------------------------------------------
SELECT t.award('story', 95000);
SELECT status, funded, held, moves, version FROM t.escrow WHERE job_id = t.user('story');
SELECT n, status, amount FROM t.milestone WHERE job_id = t.user('story');

BEGIN;
SELECT t.app_as('h1');
SELECT amount, pay_by > now() AS in_time, escrow_status, currency, funded, held,
       released, refunded, charged_back, version, replayed
  FROM dwello.fund_escrow(t.user('story'), idempotency_key => 'fund');
SELECT amount, escrow_status, version, replayed
  FROM dwello.fund_escrow(t.user('story'), idempotency_key => 'fund');
COMMIT;
BEGIN;
SELECT amount, is_late, escrow_status, funded, held, version, replayed
  FROM dwello.confirm_payment(t.user('story'), 'acme', 'evt 1', 95000, 'USD',
                              psp_reference => 'pay 1');
SELECT amount, is_late, escrow_status, funded, held, version, replayed
  FROM dwello.confirm_payment(t.user('story'), 'acme', 'evt 1', 95000, 'USD',
                              psp_reference => 'pay 1');
COMMIT;
SELECT t.start('story');
BEGIN;
SELECT t.app_as('p1');
SELECT milestone_status, amount, currency, auto_release_at - now() > '13 days' AS clock,
       version, replayed
  FROM dwello.submit_milestone(t.user('story'), notes => 'done', photos => '{a,b}',
                               idempotency_key => 'submit');
SELECT milestone_status, version, replayed
  FROM dwello.submit_milestone(t.user('story'), notes => 'done', photos => '{a,b}',
                               idempotency_key => 'submit');
COMMIT;
BEGIN;
SELECT t.app_as('h1');
SELECT amount, fee, tax, payout, escrow_status, funded, held, released, version, replayed
  FROM dwello.release_escrow(t.user('story'), expected_version => 3,
                             idempotency_key => 'release');
SELECT amount, fee, escrow_status, held, version, replayed
  FROM dwello.release_escrow(t.user('story'), expected_version => 3,
                             idempotency_key => 'release');
COMMIT;
SELECT status, completed_at IS NOT NULL AS has_time FROM dwello.jobs WHERE id = t.user('story');
SELECT n, status, funded, released FROM t.milestone WHERE job_id = t.user('story');
SELECT seq, event, actor_role, from_status, to_status, paid
  FROM t.history WHERE job_id = t.user('story') ORDER BY seq;
SELECT transaction_type, leg, account, psp, amount, is_derived
  FROM t.leg WHERE job_id = t.user('story') ORDER BY completed_at, id, leg;
SELECT transaction_type, status, amount, platform_fee, net_amount, psp,
       psp_reference, request_id IS NOT NULL AS has_key
  FROM dwello.transactions WHERE scope_id = t.user('story') ORDER BY id;
SELECT type, payload->>'amount' AS amount FROM dwello.outbox
 WHERE scope_id = t.user('story') AND aggregatetype = 'escrow' ORDER BY id;
SELECT * FROM dwello.reconcile();

-- The chain: each link is the SHA-256 of the one before and of the columns,
-- in the encoding that src/store/ledger_store.h documents.
CREATE FUNCTION t.put(value text) RETURNS bytea
LANGUAGE sql
AS $$
  SELECT CASE WHEN value IS NULL THEN int8send(-1)
         ELSE int8send(octet_length(value)) || convert_to(value, 'UTF8') END
$$;
CREATE FUNCTION t.put(value uuid) RETURNS bytea
LANGUAGE sql
AS $$ SELECT uuid_send(coalesce(value, '00000000-0000-0000-0000-000000000000')) $$;
CREATE FUNCTION t.put(value timestamptz) RETURNS bytea
LANGUAGE sql
AS $$ SELECT coalesce(timestamptz_send(value), int8send(-9223372036854775808)) $$;
CREATE VIEW t.chain AS
SELECT x.scope_id AS job_id, x.id, x.completed_at, x.prev_hash, x.hash,
       sha256(x.prev_hash || '\x01' || t.put(x.scope_id) || t.put(x.id) ||
         t.put(x.payer_id) || t.put(x.payee_id) || t.put(x.transaction_type::text) ||
         int8send(x.amount) || t.put(x.currency) || int8send(x.platform_fee) ||
         int8send(x.tax) || int8send(x.net_amount) || t.put(x.milestone_id) ||
         t.put(x.payment_method_id) || t.put(x.psp) || t.put(x.psp_reference) ||
         t.put(x.reverses) || t.put(x.actor_id) || t.put(x.actor_role) ||
         t.put(x.request_id) || t.put(x.pay_by) || t.put(x.created_at) ||
         t.put(x.completed_at) || t.put(x.occurred_at) ||
         int8send(x.booked_on - date '2000-01-01') || n.legs) = x.hash AS is_right,
       lag(x.hash, 1, decode(repeat('00', 32), 'hex'))
         OVER (PARTITION BY x.scope_id ORDER BY x.completed_at, x.id) = x.prev_hash AS follows
  FROM dwello.transactions AS x
  CROSS JOIN LATERAL (
    SELECT int8send(count(*)) || string_agg(int8send(e.leg) || t.put(e.account_id) ||
             int8send(e.amount) || t.put(e.currency), '' ORDER BY e.leg) AS legs
      FROM dwello.ledger_entries AS e
     WHERE e.scope_id = x.scope_id AND e.transaction_id = x.id) AS n
 WHERE x.status = 'completed';
SELECT count(*), bool_and(is_right) AS is_right, bool_and(follows) AS follows,
       bool_or(hash = (SELECT last_hash FROM dwello.escrow_accounts
                        WHERE job_id = t.user('story'))) AS has_end
  FROM t.chain WHERE job_id = t.user('story');

-- the day of a booking is the platform's, whatever zone the session has
BEGIN;
SELECT t.award(name, 5000) FROM unnest(ARRAY['tokyo', 'before', 'utc']) AS name;
SET LOCAL timezone = 'America/New_York';
SELECT value FROM dwello.set_setting('platform_timezone', 'Asia/Tokyo');
CREATE FUNCTION t.pay_at(name text, at time) RETURNS void
LANGUAGE sql
AS $$
  SELECT set_config('dwello.now', (current_timestamp AT TIME ZONE 'UTC')::date + 1 || ' ' || at || '+00', true);
  SELECT t.pay(name);
$$;
SELECT t.pay_at('before', '14:59:59'), t.pay_at('tokyo', '15:00:00');
SELECT value FROM dwello.set_setting('platform_timezone', NULL);
SELECT t.pay_at('utc', '15:00:00');
SELECT j.name, x.booked_on - (now() AT TIME ZONE 'UTC')::date AS days, x.occurred_at
  FROM unnest(ARRAY['tokyo', 'before', 'utc']) AS j (name)
  JOIN dwello.transactions AS x ON x.scope_id = t.user(j.name) ORDER BY j.name;
SELECT count(*) AS tampered FROM dwello.verify_ledger();
ROLLBACK;

------------------------------------------------------------------------
-- Parts: any way of cutting pays the same fee
------------------------------------------------------------------------
SELECT t.award('parts', 100001, '{1,2,0}') AS plan_half_given;
SELECT t.award('parts', 100001, '{1,2,4}');
SELECT n, status, amount FROM t.milestone WHERE job_id = t.user('parts') ORDER BY n;
SELECT t.pay('parts');
SELECT t.start('parts');
BEGIN;
SELECT t.app_as('h1');
SELECT amount, fee, payout, escrow_status, held FROM dwello.release_escrow(t.user('parts'), 10);
SELECT amount, fee, payout, escrow_status, held FROM dwello.release_escrow(t.user('parts'), 10);
SELECT amount, fee, payout, escrow_status, held FROM dwello.release_escrow(t.user('parts'), 20000);
SELECT amount, fee, payout, escrow_status, held
  FROM dwello.approve_milestone(t.user('parts'), t.user('parts m3'));
SELECT amount, fee, payout, escrow_status, held
  FROM dwello.release_escrow(t.user('parts'), milestone_id => t.user('parts m2'));
COMMIT;
SELECT n, status, funded, released, version FROM t.milestone WHERE job_id = t.user('parts') ORDER BY n;
SELECT status, released, fee_taken, dwello.fee_amount(100001, 50000) AS at_once
  FROM t.escrow WHERE job_id = t.user('parts');
SELECT status FROM dwello.jobs WHERE id = t.user('parts');

------------------------------------------------------------------------
-- Paid in two parts; approved before it was paid
------------------------------------------------------------------------
SELECT t.award('topup', 90000, '{1,1}');
SELECT t.pay('topup', 60000);
SELECT n, status, amount, funded FROM t.milestone WHERE job_id = t.user('topup') ORDER BY n;
BEGIN;
SELECT t.login_as('h1');
SELECT transaction_id, amount, fee, payout, escrow_status, held, version
  FROM dwello.approve_milestone(t.user('topup'), t.user('topup m2'));
COMMIT;
SELECT n, status FROM t.milestone WHERE job_id = t.user('topup') ORDER BY n;
SELECT t.pay('topup');
SELECT n, status, funded, released FROM t.milestone WHERE job_id = t.user('topup') ORDER BY n;
SELECT seq, event, actor_role, from_status, to_status, paid
  FROM t.history WHERE job_id = t.user('topup') ORDER BY seq;
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- A payment that is late: a new one replaces it, and what arrives is kept apart
------------------------------------------------------------------------
SELECT t.award('late', 50000);
SELECT set_config('dwello.now', (now() - interval '1 hour')::text, false) IS NOT NULL AS an_hour_ago;
BEGIN;
SELECT t.login_as('h1');
SELECT transaction_id AS first, amount FROM dwello.fund_escrow(t.user('late')) \gset
COMMIT;
RESET dwello.now;
BEGIN;
SELECT t.login_as('h1');
SELECT transaction_id AS second, escrow_status, version
  FROM dwello.fund_escrow(t.user('late')) \gset
SELECT :'escrow_status' AS escrow_status, :version AS version;
COMMIT;
SELECT transaction_id <> :'first' AS is_another, is_late, amount, escrow_status, funded, held, version
  FROM dwello.confirm_payment(t.user('late'), 'acme', 'late 1', 50000, 'USD', :'first');
SELECT is_late, replayed
  FROM dwello.confirm_payment(t.user('late'), 'acme', 'late 1', 50000, 'USD', :'first');
SELECT is_late, escrow_status, funded, held, version
  FROM dwello.confirm_payment(t.user('late'), 'acme', 'late 2', 50000, 'USD');
SELECT status, amount, hash IS NOT NULL AS chained
  FROM dwello.transactions WHERE scope_id = t.user('late') ORDER BY id;
SELECT transaction_type, leg, account, amount
  FROM t.leg WHERE job_id = t.user('late') ORDER BY completed_at, id, leg;
SELECT type FROM dwello.outbox
 WHERE scope_id = t.user('late') AND aggregatetype = 'escrow' ORDER BY id;
SELECT seq, event, actor_role, from_status, to_status, paid
  FROM t.history WHERE job_id = t.user('late') ORDER BY seq;

-- late with nothing in its place: it is held apart, each time anew
SELECT t.award('late2', 50000);
SELECT set_config('dwello.now', (now() - interval '1 hour')::text, false) IS NOT NULL AS an_hour_ago;
BEGIN;
SELECT t.login_as('h1');
SELECT transaction_id AS first FROM dwello.fund_escrow(t.user('late2')) \gset
COMMIT;
RESET dwello.now;
SELECT transaction_id = :'first' AS is_same, is_late, escrow_status, funded, held, version
  FROM dwello.confirm_payment(t.user('late2'), 'acme', 'late 3', 50000, 'USD');
SELECT is_late, receipt_amount, receipt_reason FROM dwello.confirm_payment(t.user('late2'), 'acme', 'late 4', 50000, 'USD');
SELECT t.pay('late2');
SELECT status, held, moves FROM t.escrow WHERE job_id = t.user('late2');
SELECT bool_and(is_right) AS is_right, bool_and(follows) AS follows FROM t.chain;
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- Refusals
------------------------------------------------------------------------
SELECT t.award('refuse', 50000, '{1,1}');
\set VERBOSITY sqlstate
CREATE FUNCTION t.method(name text, expires_on date, removed boolean)
RETURNS uuid
LANGUAGE sql
AS $$
  INSERT INTO dwello.payment_methods (user_id, id, method_type, psp, psp_token,
                                      expires_on, removed_at)
  VALUES (t.user(name), gen_random_uuid(), 'credit_card', 'acme', 'tok',
          expires_on, CASE WHEN removed THEN now() END)
  RETURNING id
$$;
SELECT t.method('h1', '2020-01-01', false) AS expired,
       t.method('h1', NULL, true) AS removed,
       t.method('h2', NULL, false) AS of_another \gset
SELECT set_config('t.expired', :'expired', false) = '' AS x,
       set_config('t.removed', :'removed', false) = '' AS y,
       set_config('t.another', :'of_another', false) = '' AS z;

-- fund_escrow
SELECT t.refused('p1', $$fund_escrow(NULL)$$) AS provider,
       t.refused('a1', $$fund_escrow(NULL)$$) AS admin,
       t.refused('u1', $$fund_escrow(NULL)$$) AS unverified,
       t.refused('h1', $$fund_escrow(NULL)$$) AS no_job,
       t.refused('h1', $$fund_escrow(t.user('refuse'), 0)$$) AS zero,
       t.refused('h1', $$fund_escrow(t.user('refuse'), -5)$$) AS negative,
       t.refused('h1', $$fund_escrow(t.user('refuse'), currency => 'DOLLARS')$$) AS no_currency,
       t.refused('h1', $$fund_escrow(t.user('refuse'), currency => 'ZZZ')$$) AS unknown_currency,
       t.refused('h1', $$fund_escrow(t.user('nothing'))$$) AS unknown,
       t.refused('h2', $$fund_escrow(t.user('refuse'))$$) AS invisible,
       t.refused('h1', $$fund_escrow(t.user('refuse'), payment_method_id => t.user('no'))$$) AS no_method,
       t.refused('h1', $$fund_escrow(t.user('refuse'), payment_method_id => current_setting('t.removed')::uuid)$$) AS removed,
       t.refused('h1', $$fund_escrow(t.user('refuse'), payment_method_id => current_setting('t.another')::uuid)$$) AS anothers,
       t.refused('h1', $$fund_escrow(t.user('refuse'), payment_method_id => current_setting('t.expired')::uuid)$$) AS expired,
       t.refused('h1', $$fund_escrow(t.user('refuse'), expected_version => 7)$$) AS stale,
       t.refused('h1', $$fund_escrow(t.user('refuse'), currency => 'EUR')$$) AS currency,
       t.refused('h1', $$fund_escrow(t.user('refuse'), 50001)$$) AS too_much,
       t.refused('h1', $$fund_escrow(t.user('story'))$$) AS completed;
-- two at once: the earlier in the order of checks wins
SELECT t.refused('p1', $$fund_escrow(t.user('nothing'), -5)$$) AS role_before_value,
       t.refused('h1', $$fund_escrow(t.user('nothing'), -5)$$) AS value_before_unknown,
       t.refused('h1', $$fund_escrow(t.user('story'), expected_version => 7)$$) AS version_before_state,
       t.refused('h1', $$fund_escrow(t.user('story'), currency => 'EUR')$$) AS state_before_currency,
       t.refused('h1', $$fund_escrow(t.user('refuse'), 50001, currency => 'EUR')$$) AS currency_before_amount;

-- confirm_payment
SELECT t.refused('h1', $$confirm_payment(NULL, NULL, NULL, NULL, NULL)$$) AS not_service,
       t.refused('a1', $$confirm_payment(NULL, NULL, NULL, NULL, NULL)$$) AS admin,
       t.refused(NULL, $$confirm_payment(t.user('refuse'), 'acme', NULL, 1, 'USD')$$) AS no_event,
       t.refused(NULL, $$confirm_payment(t.user('refuse'), 'acme', ' ', 1, 'USD')$$) AS blank_event,
       t.refused(NULL, $$confirm_payment(t.user('refuse'), repeat('x', 101), NULL, 1, 'USD')$$) AS null_before_long,
       t.refused(NULL, $$confirm_payment(t.user('refuse'), repeat('x', 101), 'e', 0, 'USD')$$) AS long_before_zero,
       t.refused(NULL, $$confirm_payment(t.user('refuse'), 'acme', 'e', 0, 'USD')$$) AS zero,
       t.refused(NULL, $$confirm_payment(t.user('refuse'), 'acme', 'e', 1, 'ZZZ')$$) AS unknown_currency,
       t.refused(NULL, $$confirm_payment(t.user('refuse'), 'acme', 'e', 1, 'USD', t.user('no'))$$) AS too_early,
       t.refused(NULL, $$confirm_payment(t.user('nothing'), 'acme', 'e', 1, 'USD', t.user('no'))$$) AS too_early_for_none,
       t.refused(NULL, $$confirm_payment(t.user('refuse'), 'acme', 'evt 1', 95000, 'USD')$$) AS event_of_another,
       t.refused(NULL, $$confirm_payment(t.user('story'), 'acme', 'evt 1', 95001, 'USD')$$) AS event_differs;
BEGIN;
SELECT t.login_as('h1');
SELECT escrow_status FROM dwello.fund_escrow(t.user('refuse'), 20000);
SELECT t.refused('h1', $$fund_escrow(t.user('refuse'), 20000)$$) AS anew,
       t.refused('h1', $$fund_escrow(t.user('refuse'), 50001, currency => 'EUR')$$) AS currency_first,
       t.refused('h1', $$release_escrow(t.user('refuse'))$$) AS release;
COMMIT;
SELECT escrow_status, held FROM dwello.confirm_payment(t.user('refuse'), 'acme', 'refuse 1', 20000, 'USD');

-- submit_milestone
SELECT t.refused('h1', $$submit_milestone(NULL)$$) AS homeowner,
       t.refused('p1', $$submit_milestone(NULL)$$) AS no_job,
       t.refused('p1', $$submit_milestone(t.user('refuse'), photos => NULL)$$) AS no_photos,
       t.refused('p1', $$submit_milestone(t.user('refuse'), notes => repeat('x', 10001))$$) AS long,
       t.refused('p1', $$submit_milestone(t.user('refuse'), photos => array_fill('x'::text, '{11}'))$$) AS photos,
       t.refused('p1', $$submit_milestone(t.user('nothing'))$$) AS unknown,
       t.refused('p1', $$submit_milestone(t.user('refuse'), t.user('no'))$$) AS no_milestone,
       t.refused('p2', $$submit_milestone(t.user('refuse'))$$) AS rival,
       t.refused('p2', $$submit_milestone(t.user('refuse'), t.user('no'))$$) AS unknown_first,
       t.refused('p1', $$submit_milestone(t.user('refuse'), t.user('refuse m1'), expected_version => 9)$$) AS stale,
       t.refused('p1', $$submit_milestone(t.user('refuse'))$$) AS not_begun;
SELECT t.start('refuse');
SELECT t.refused('p1', $$submit_milestone(t.user('refuse'), t.user('refuse m1'))$$) AS not_funded,
       t.refused('p1', $$submit_milestone(t.user('refuse'))$$) AS nothing_waits;

-- release_escrow and approve_milestone
SELECT t.refused('p1', $$release_escrow(NULL)$$) AS provider,
       t.refused('s1', $$release_escrow(NULL)$$) AS support,
       t.refused(NULL, $$release_escrow(t.user('refuse'))$$) AS system,
       t.refused('h1', $$release_escrow(NULL)$$) AS no_job,
       t.refused('h1', $$release_escrow(t.user('refuse'), 0)$$) AS zero,
       t.refused('h1', $$release_escrow(t.user('refuse'), -1)$$) AS negative,
       t.refused('h1', $$release_escrow(t.user('refuse'), 1, t.user('refuse m1'))$$) AS both,
       t.refused('h2', $$release_escrow(t.user('refuse'))$$) AS invisible,
       t.refused('h1', $$release_escrow(t.user('refuse'), milestone_id => t.user('no'))$$) AS no_milestone,
       t.refused('h1', $$release_escrow(t.user('refuse'), milestone_id => t.user('refuse m2'))$$) AS nothing_in_it,
       t.refused('h1', $$release_escrow(t.user('refuse'), expected_version => 9)$$) AS stale,
       t.refused('h1', $$release_escrow(t.user('refuse'), 20001)$$) AS too_much,
       t.refused('h1', $$release_escrow(t.user('refuse'), 9223372036854775807)$$) AS overflow,
       t.refused('h1', $$release_escrow(t.user('story'))$$) AS all_out,
       t.refused('h1', $$release_escrow(t.user('story'), expected_version => 9)$$) AS stale_first,
       t.refused('h1', $$release_escrow(t.user('story'), milestone_id => t.user('no'))$$) AS unknown_first,
       t.refused('h1', $$release_escrow(t.user('nothing'), 0)$$) AS value_first;
SELECT t.refused('p1', $$approve_milestone(NULL, NULL)$$) AS provider,
       t.refused('h1', $$approve_milestone(NULL, NULL)$$) AS no_job,
       t.refused('h1', $$approve_milestone(t.user('refuse'), NULL)$$) AS no_milestone,
       t.refused('h1', $$approve_milestone(t.user('refuse'), t.user('no'))$$) AS unknown,
       t.refused('h2', $$approve_milestone(t.user('refuse'), t.user('refuse m1'))$$) AS invisible,
       t.refused('h1', $$approve_milestone(t.user('parts'), t.user('parts m1'))$$) AS over;
-- a key stands for one request
BEGIN;
SELECT t.login_as('h1');
SELECT amount, replayed FROM dwello.release_escrow(t.user('refuse'), 100, idempotency_key => 'k');
SELECT t.refused('h1', $$release_escrow(t.user('refuse'), 101, idempotency_key => 'k')$$) AS another_amount,
       t.refused('h1', $$approve_milestone(t.user('refuse'), t.user('refuse m1'), idempotency_key => 'k')$$) AS another_function,
       t.refused('h1', $$release_escrow(t.user('refuse'), 101, expected_version => 99, idempotency_key => 'k')$$) AS key_first;
COMMIT;
-- an administrator may
BEGIN;
SELECT t.login_as('a1');
SELECT amount, fee, payout FROM dwello.release_escrow(t.user('refuse'), 100);
COMMIT;
SELECT status, held, released, moves, version FROM t.escrow WHERE job_id = t.user('refuse');
\set VERBOSITY default

-- nobody but the commands writes, and history stays
BEGIN;
SELECT t.app_as('h1');
SELECT substr(t.try('UPDATE dwello.escrow_accounts SET held = 0'), 1, 5) AS escrow,
       substr(t.try('DELETE FROM dwello.transactions'), 1, 5) AS transactions,
       substr(t.try('SELECT * FROM dwello.payment_events'), 1, 5) AS events,
       substr(t.try('SELECT * FROM dwello.reconcile()'), 1, 5) AS reconcile;
SELECT count(*) > 0 AS sees_his FROM dwello.escrow_accounts;
SELECT t.app_as('p2');
SELECT count(*) AS sees_others FROM dwello.escrow_accounts;
SELECT count(*) AS sees_others FROM dwello.transactions;
SELECT count(*) AS sees_others FROM dwello.ledger_entries;
ROLLBACK;
SELECT t.try('UPDATE dwello.transactions SET amount = amount + 1');
SELECT t.try('DELETE FROM dwello.ledger_entries');
SELECT t.try('UPDATE dwello.escrow_events SET event = ''x''');
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- Reconcile: each invariant finds the fault that was planted for it
------------------------------------------------------------------------
-- Breaks the ledger by a statement, past every guard, and lists what is said.
CREATE FUNCTION t.planted(fault text, since timestamptz DEFAULT NULL)
RETURNS TABLE (invariant text, object text, about text, currency text,
               wrong_by numeric)
LANGUAGE plpgsql
AS $$
BEGIN
  SET LOCAL session_replication_role = replica;
  EXECUTE fault;
  SET LOCAL session_replication_role = origin;
  RETURN QUERY
    SELECT r.invariant, r.object, coalesce(j.title, a.kind::text, x.transaction_type::text),
           r.currency, r.actual - r.expected
      FROM dwello.reconcile(since) AS r
      LEFT JOIN dwello.jobs AS j ON j.id = r.object_id
      LEFT JOIN dwello.ledger_accounts AS a ON a.id = r.object_id
      LEFT JOIN dwello.transactions AS x ON x.id = r.object_id
     ORDER BY 1, 2, 3;
END
$$;

BEGIN;
\echo one entry grows
SELECT * FROM t.planted($$
  UPDATE dwello.ledger_entries SET amount = amount + 1
   WHERE (scope_id, transaction_id, leg) IN (
     SELECT scope_id, id, 2 FROM dwello.transactions
      WHERE scope_id = t.user('story') AND transaction_type = 'release')$$);
ROLLBACK;
BEGIN;
\echo an entry is lost
SELECT * FROM t.planted($$
  DELETE FROM dwello.ledger_entries
   WHERE (scope_id, transaction_id, leg) IN (
     SELECT scope_id, id, 1 FROM dwello.transactions
      WHERE scope_id = t.user('story') AND transaction_type = 'payment')$$);
ROLLBACK;
BEGIN;
\echo a transaction is lost
SELECT * FROM t.planted($$
  DELETE FROM dwello.transactions
   WHERE scope_id = t.user('story') AND transaction_type = 'payment'$$);
ROLLBACK;
BEGIN;
\echo what was reversed is not there
SELECT * FROM t.planted($$
  UPDATE dwello.transactions SET reverses = t.user('nobody')
   WHERE scope_id = t.user('story') AND transaction_type = 'release'$$);
ROLLBACK;
BEGIN;
\echo a pending payment has entries
SELECT * FROM t.planted($$
  INSERT INTO dwello.transactions (scope_id, id, payer_id, payee_id,
    transaction_type, status, amount, currency, net_amount, actor_id,
    actor_role, created_at)
  VALUES (t.user('story'), t.user('x'), t.user('h1'), t.user('p1'), 'payment',
    'pending', 1, 'USD', 1, t.user('h1'), 'homeowner', now());
  INSERT INTO dwello.ledger_entries (scope_id, transaction_id, leg, account_id, amount, currency)
  SELECT t.user('story'), t.user('x'), n, account_id, CASE n WHEN 1 THEN 1 ELSE -1 END, 'USD'
    FROM (SELECT account_id FROM dwello.ledger_entries
           WHERE scope_id = t.user('story') AND account_id <> scope_id LIMIT 1) AS a,
         generate_series(1, 2) AS n$$);
ROLLBACK;
BEGIN;
\echo money between two escrows
SELECT * FROM t.planted($$
  UPDATE dwello.escrow_accounts SET held = held - 7, funded = funded - 7 WHERE job_id = t.user('late');
  UPDATE dwello.escrow_accounts SET held = held + 7, funded = funded + 7 WHERE job_id = t.user('late2')$$);
ROLLBACK;
BEGIN;
\echo an account row is lost
SELECT * FROM t.planted($$DELETE FROM dwello.ledger_accounts WHERE kind = 'platform_fee'$$);
ROLLBACK;
BEGIN;
\echo a rolled up balance is wrong
SELECT * FROM t.planted($$UPDATE dwello.ledger_accounts SET rolled_up_balance = 5 WHERE kind = 'tax_payable'$$);
ROLLBACK;
BEGIN;
\echo an amount vanishes
ALTER TABLE dwello.escrow_accounts DROP CONSTRAINT escrow_accounts_valid_check;
SELECT * FROM t.planted($$UPDATE dwello.escrow_accounts SET funded = funded + 1 WHERE job_id = t.user('late')$$);
SELECT * FROM t.planted($$UPDATE dwello.escrow_accounts SET funded = funded - 1, refunded = -1 WHERE job_id = t.user('late')$$);
ROLLBACK;
BEGIN;
\echo the provider owes
SELECT DISTINCT object, about, wrong_by < 0 AS owes FROM t.planted($$
  UPDATE dwello.ledger_entries AS n SET amount = -n.amount
    FROM dwello.ledger_accounts AS a
   WHERE a.id = n.account_id AND a.kind = 'provider_available'$$)
 WHERE invariant = 'I5';
DELETE FROM dwello.ledger_accounts WHERE kind = 'provider_receivable';
UPDATE dwello.ledger_accounts SET kind = 'provider_receivable' WHERE kind = 'provider_available';
SELECT count(*) FROM dwello.reconcile() WHERE invariant = 'I5';
ROLLBACK;
BEGIN;
\echo the fee is not what was taken
SELECT * FROM t.planted($$
  UPDATE dwello.transactions SET platform_fee = platform_fee + 1
   WHERE scope_id = t.user('story') AND transaction_type = 'release'$$);
ROLLBACK;
BEGIN;
\echo a key paid twice
DROP INDEX dwello.transactions_request_key;
SELECT * FROM t.planted($$
  UPDATE dwello.transactions SET request_id = t.user('same') WHERE scope_id = t.user('parts')$$);
ROLLBACK;
BEGIN;
\echo a piece of history is lost
SELECT * FROM t.planted($$DELETE FROM dwello.escrow_events WHERE job_id = t.user('story') AND seq = 2$$);
ROLLBACK;
BEGIN;
\echo the last event is another
SELECT * FROM t.planted($$UPDATE dwello.escrow_accounts SET status = 'settled' WHERE job_id = t.user('story')$$);
ROLLBACK;
BEGIN;
\echo what is older than since is not looked at
SELECT count(*) FROM t.planted($$
  UPDATE dwello.ledger_entries SET amount = amount + 1 WHERE scope_id = t.user('story')$$,
  now() + interval '1 day');
SELECT count(*) > 0 AS found FROM dwello.reconcile(now() - interval '1 day');
ROLLBACK;

-- who may ask, and what
BEGIN;
SELECT t.app_as('h1');
SELECT t.try('SELECT dwello.reconcile()');
SELECT t.app_as('a1');
SELECT count(*) FROM dwello.reconcile();
SELECT t.try('SELECT dwello.reconcile(''infinity'')');
ROLLBACK;
BEGIN READ ONLY;
SELECT count(*) FROM dwello.reconcile();
COMMIT;

-- leave the stage as it was
SELECT t.forget('story', 'parts', 'topup', 'late', 'late2', 'refuse');
DROP VIEW t.escrow, t.milestone, t.history, t.leg, t.chain;
DROP FUNCTION t.put(text), t.put(uuid), t.put(timestamptz), t.method, t.planted;
