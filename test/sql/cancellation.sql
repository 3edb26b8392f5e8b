--
-- cancellation.sql
--	What a homeowner's cancel of a contract pays the provider: policies of
--	categories and of jobs, what a contract freezes of them, and the money.
--
-- Each part is a transaction of its own that is rolled back, on a clock that
-- stands still.
--
SET client_min_messages = warning;
SET dwello.now = '2027-03-01 12:00:00+00';
SET timezone = 'UTC';
\set VERBOSITY sqlstate

-- A job of h1 with this policy (NULL: of its category), to begin on that day.
CREATE FUNCTION t.offered(name text, policy jsonb, start date DEFAULT '2027-03-11', plan bigint[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job(
    category_id => 'd0000000-0000-7000-8000-000000000011', title => name,
    description => 'As it was.', longitude => -122.4194, latitude => 37.7749,
    street => '1 Main St', budget_min => 80000, budget_max => 120000, job_id => t.user(name),
    preferred_start_date => start, cancellation_policy => policy,
    milestones => coalesce((SELECT jsonb_agg(jsonb_build_object('title', 'part ' || n, 'amount', part) ORDER BY n)
      FROM unnest(plan) WITH ORDINALITY AS p (part, n)), '[]'));
  PERFORM dwello.publish_job(t.user(name));
END
$$;
-- The same with a bid of p1 that is accepted and confirmed.
CREATE FUNCTION t.agreed(name text, policy jsonb, amount bigint DEFAULT 100001, start date DEFAULT '2027-03-11', plan bigint[] DEFAULT '{}')
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.offered(name, policy, start, plan);
  PERFORM t.login_as('p1');
  PERFORM dwello.submit_bid(t.user(name), amount, bid_id => t.user(name || ' bid'), expires_at => '2027-06-01');
  PERFORM t.login_as('h1');
  PERFORM dwello.accept_bid(t.user(name), t.user(name || ' bid'));
  PERFORM t.login_as('p1');
  PERFORM dwello.confirm_award(t.user(name));
  PERFORM t.as_system();
END
$$;
-- 20 % from 72 hours before the start on, half from 24 hours on.
CREATE FUNCTION t.usual() RETURNS jsonb IMMUTABLE
RETURN '[{"hours_before_start": 24, "share_ppm": 500000}, {"hours_before_start": 72, "share_ppm": 200000}]'::jsonb;
-- What a cancel would pay now, without the job.
CREATE FUNCTION t.quote(name text, OUT source text, OUT starts_at timestamptz, OUT hours integer, OUT ppm integer, OUT next_at timestamptz,
  OUT next_ppm integer, OUT price bigint, OUT amount bigint, OUT fee bigint, OUT tax bigint, OUT payout bigint, OUT refund bigint)
LANGUAGE sql
AS $$
  SELECT q.source, q.starts_at, q.hours_before_start, q.share_ppm, q.next_at, q.next_share_ppm, q.price, q.amount, q.fee, q.tax, q.payout, q.refund
    FROM dwello.quote_cancellation(t.user(name)) AS q
$$;
-- The homeowner cancels, and what it came to.
CREATE FUNCTION t.cancel(name text, OUT ppm integer, OUT amount bigint, OUT fee bigint, OUT tax bigint, OUT payout bigint, OUT refund bigint)
LANGUAGE sql
AS $$
  SELECT t.login_as('h1');
  SELECT c.share_ppm, c.amount, c.fee, c.tax, c.payout, c.refund FROM dwello.cancel_job(t.user(name)) AS c;
$$;
-- How a job and its money stand.
CREATE FUNCTION t.ended(name text, OUT job dwello.job_status, OUT responsible dwello.job_side, OUT escrow dwello.escrow_status, OUT funded bigint,
  OUT held bigint, OUT released bigint, OUT refunded bigint, OUT fee bigint, OUT plan text)
LANGUAGE sql
AS $$
  SELECT j.status, j.responsible, e.status, e.funded, e.held, e.released, e.refunded, e.fee_taken,
         (SELECT string_agg(concat_ws(' ', m.amount, m.status), ', ' ORDER BY m.sort_order)
            FROM dwello.job_milestones AS m WHERE m.job_id = j.id)
    FROM dwello.jobs AS j JOIN dwello.escrow_accounts AS e ON e.job_id = j.id
   WHERE j.id = t.user(name)
$$;
-- The legs of a cancel.
CREATE FUNCTION t.divided(name text) RETURNS text
LANGUAGE sql
AS $$
  SELECT string_agg(concat_ws(' ', coalesce(a.kind::text, 'escrow'), nullif(a.psp, ''), n.amount), ', ' ORDER BY n.leg)
    FROM dwello.cancellation_terms AS c
    JOIN dwello.ledger_entries AS n ON n.scope_id = c.job_id AND n.transaction_id = c.transaction_id
    LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
   WHERE c.job_id = t.user(name)
$$;
-- Nothing is wrong with the money.
CREATE FUNCTION t.faults() RETURNS text
LANGUAGE sql
AS $$
  SELECT t.as_system();
  SELECT coalesce((SELECT string_agg(r.invariant || ' ' || r.object, ', ') FROM dwello.reconcile() AS r), 'none');
$$;

--
-- Policies of a category are an administrator's, and inherited
--
BEGIN;
SELECT t.login_as('a1');
SELECT * FROM dwello.cancellation_policy(category_id => 'd0000000-0000-7000-8000-000000000011');
SELECT version FROM dwello.edit_category('d0000000-0000-7000-8000-000000000001', cancellation_policy => t.usual());
SELECT * FROM dwello.cancellation_policy(category_id => 'd0000000-0000-7000-8000-000000000011');
SELECT name, cancellation_policy FROM dwello.categories WHERE cancellation_policy IS NOT NULL;
-- what is not given stays; the nearest one counts; none at all is one, too
SELECT version FROM dwello.edit_category('d0000000-0000-7000-8000-000000000001', sort_order => 1);
SELECT version FROM dwello.edit_category('d0000000-0000-7000-8000-000000000011',
  cancellation_policy => '[{"hours_before_start": 48, "share_ppm": 100000}]');
SELECT * FROM dwello.cancellation_policy(category_id => 'd0000000-0000-7000-8000-000000000011');
SELECT version FROM dwello.edit_category('d0000000-0000-7000-8000-000000000011', cancellation_policy => '[]');
SELECT * FROM dwello.cancellation_policy(category_id => 'd0000000-0000-7000-8000-000000000011');
SELECT version FROM dwello.edit_category('d0000000-0000-7000-8000-000000000011', cancellation_policy => 'null');
SELECT hours_before_start FROM dwello.cancellation_policy(category_id => 'd0000000-0000-7000-8000-000000000011');
-- an operator's own category
SELECT version FROM dwello.add_category('Walls', 'd0000000-0000-7000-8000-000000000011', category_id => t.user('walls'));
SELECT hours_before_start, source FROM dwello.cancellation_policy(category_id => t.user('walls'));
SELECT version FROM dwello.edit_category(t.user('walls'), cancellation_policy => '[{"hours_before_start": 1, "share_ppm": 1}]');
SELECT hours_before_start, source FROM dwello.cancellation_policy(category_id => t.user('walls'));
SELECT version FROM dwello.edit_category(t.user('walls'), name => 'Walls and ceilings');
SELECT hours_before_start FROM dwello.cancellation_policy(category_id => t.user('walls'));
SELECT version FROM dwello.edit_category(t.user('walls'), cancellation_policy => 'null');
SELECT hours_before_start FROM dwello.cancellation_policy(category_id => t.user('walls'));
SELECT version FROM dwello.add_category('Ceilings', 'd0000000-0000-7000-8000-000000000011', category_id => t.user('ceilings'),
  cancellation_policy => '[{"hours_before_start": 2, "share_ppm": 2}]');
SELECT hours_before_start FROM dwello.cancellation_policy(category_id => t.user('ceilings'));
-- versions and keys as for any edit
SELECT version, replayed FROM dwello.edit_category(t.user('walls'), cancellation_policy => '[]', expected_version => 4, idempotency_key => 'k');
SELECT version, replayed FROM dwello.edit_category(t.user('walls'), cancellation_policy => '[]', expected_version => 4, idempotency_key => 'k');
SELECT t.try('SELECT dwello.edit_category(t.user(''walls''), cancellation_policy => ''null'', idempotency_key => ''k'')');
SELECT t.try('SELECT dwello.edit_category(t.user(''walls''), cancellation_policy => ''[]'', expected_version => 4)');
-- whose it is not
SELECT n, t.try(format('SELECT dwello.edit_category(%L, cancellation_policy => %L)', t.user('walls'), t.usual()), n)
  FROM unnest(ARRAY['h1', 'p1', 's1']) AS n;
-- what makes no sense
SELECT p, t.try(format('SELECT dwello.edit_category(%L, cancellation_policy => %L)', t.user('walls'), p)) FROM unnest(ARRAY['{}', '1', '[1]',
  '[{}]', '[{"hours_before_start": 1}]', '[{"share_ppm": 1}]', '[{"hours_before_start": -1, "share_ppm": 1}]',
  '[{"hours_before_start": 8761, "share_ppm": 1}]', '[{"hours_before_start": 1, "share_ppm": -1}]',
  '[{"hours_before_start": 1, "share_ppm": 1000001}]', '[{"hours_before_start": 1.5, "share_ppm": 1}]',
  '[{"hours_before_start": "1", "share_ppm": 1}]', '[{"hours_before_start": 99999999999999999999, "share_ppm": 1}]',
  '[{"hours_before_start": 1, "share_ppm": 1}, {"hours_before_start": 1, "share_ppm": 2}]',
  '[{"hours_before_start": 1, "share_ppm": 1}, {"hours_before_start": 2, "share_ppm": 2}]',
  '[{"hours_before_start": 1, "share_ppm": 1, "fee": 1}]']) AS p;
SELECT t.try(format('SELECT dwello.edit_category(%L, cancellation_policy => %L)', t.user('walls'),
  (SELECT jsonb_agg(jsonb_build_object('hours_before_start', n, 'share_ppm', 0)) FROM generate_series(1, 11) AS n))) AS eleven;
SELECT t.try('SELECT dwello.add_category(''X'', cancellation_policy => ''[{}]'')');
-- neither, both, unknown
SELECT t.try('SELECT * FROM dwello.cancellation_policy()');
SELECT t.try('SELECT * FROM dwello.cancellation_policy(t.user(''x''), t.user(''walls''))');
SELECT t.try('SELECT * FROM dwello.cancellation_policy(category_id => t.user(''x''))');
SELECT t.try('SELECT * FROM dwello.cancellation_policy(t.user(''x''))');
ROLLBACK;

--
-- A job's own is a part of its terms; everybody who sees the job reads it
--
BEGIN;
SELECT t.login_as('a1');
SELECT version FROM dwello.edit_category('d0000000-0000-7000-8000-000000000001', cancellation_policy => t.usual());
SELECT t.offered('job', NULL);
SELECT hours_before_start, share_ppm, holds_from, source FROM dwello.cancellation_policy(t.user('job'));
SELECT terms_version, version FROM dwello.edit_job(t.user('job'), cancellation_policy => '[{"hours_before_start": 12, "share_ppm": 300000}]');
-- as it is already, in another order of members: no change
SELECT terms_version, version, replayed FROM dwello.edit_job(t.user('job'), cancellation_policy => '[{"share_ppm": 300000, "hours_before_start": 12}]');
SELECT n, t.login_as(n), hours_before_start, share_ppm, source FROM unnest(ARRAY['h1', 'p1', 'p2', 'a1', 's1']) AS n,
  LATERAL dwello.cancellation_policy(t.user('job')) ORDER BY n;
SELECT t.login_as('p1');
SELECT j.cancellation_policy FROM dwello.jobs AS j WHERE j.id = t.user('job');
SELECT t.login_as('h1');
-- a bid for the old terms must be confirmed again
SELECT t.login_as('p1');
SELECT bid_amount FROM dwello.submit_bid(t.user('job'), 90000, bid_id => t.user('b'));
SELECT t.login_as('h1');
SELECT terms_version FROM dwello.edit_job(t.user('job'), cancellation_policy => 'null');
SELECT hours_before_start, source FROM dwello.cancellation_policy(t.user('job'));
SELECT t.try('SELECT dwello.accept_bid(t.user(''job''), t.user(''b''))');
SELECT terms_version FROM dwello.edit_job(t.user('job'), cancellation_policy => '[]');
SELECT hours_before_start, source FROM dwello.cancellation_policy(t.user('job'));
SELECT t.try('SELECT dwello.edit_job(t.user(''job''), cancellation_policy => ''[{}]'')');
SELECT t.try('SELECT dwello.post_job(''d0000000-0000-7000-8000-000000000011'', ''a'', ''a'', 0, 0, cancellation_policy => ''{}'')');
SELECT t.try('SELECT dwello.edit_job(t.user(''job''), cancellation_policy => ''[]'')', 'h2');
-- before there is a contract a cancel pays nothing, and a bidder asks for no quote
SELECT * FROM t.quote('job');
SELECT n, t.try('SELECT dwello.quote_cancellation(t.user(''job''))', n) FROM unnest(ARRAY['h2', 'p1', 'a1', 's1']) AS n;
SELECT t.try('SELECT dwello.quote_cancellation(NULL)');
SELECT * FROM t.cancel('job');
ROLLBACK;

--
-- What a contract freezes
--
BEGIN;
SELECT t.login_as('a1');
SELECT version FROM dwello.edit_category('d0000000-0000-7000-8000-000000000011', cancellation_policy => t.usual());
SELECT t.agreed('job', NULL);
SELECT t.login_as('a1');
SELECT version FROM dwello.edit_category('d0000000-0000-7000-8000-000000000011', cancellation_policy => '[{"hours_before_start": 8760, "share_ppm": 1000000}]');
SELECT n, t.login_as(n), hours_before_start, share_ppm, holds_from, source FROM unnest(ARRAY['h1', 'p1', 's1']) AS n,
  LATERAL dwello.cancellation_policy(t.user('job')) ORDER BY n, 3 DESC;
SELECT t.login_as('h1');
SELECT t.try('SELECT dwello.edit_job(t.user(''job''), cancellation_policy => ''[]'')');
SELECT * FROM t.quote('job');
-- another contract of the job has terms of its own
SELECT t.login_as('p1');
SELECT bid_status FROM dwello.withdraw_bid(t.user('job'), t.user('job bid'));
SELECT t.login_as('h1');
SELECT hours_before_start, source FROM dwello.cancellation_policy(t.user('job'));
SELECT terms_version FROM dwello.edit_job(t.user('job'), cancellation_policy => '[{"hours_before_start": 5, "share_ppm": 5}]', preferred_start_date => '2027-03-20');
SELECT t.login_as('p2');
SELECT bid_amount FROM dwello.submit_bid(t.user('job'), 90000, bid_id => t.user('b2'));
SELECT t.login_as('h1');
SELECT job_status FROM dwello.accept_bid(t.user('job'), t.user('b2'));
SELECT t.login_as('p2');
SELECT job_status FROM dwello.confirm_award(t.user('job'));
SELECT hours_before_start, holds_from, source FROM dwello.cancellation_policy(t.user('job'));
SELECT policy, starts_at, version FROM dwello.cancellation_terms;
ROLLBACK;

--
-- The start: the day that was posted, where the homeowner is
--
BEGIN;
SELECT t.as_system();
UPDATE dwello.users SET timezone = 'America/Los_Angeles' WHERE id = t.user('h1');
SELECT t.agreed('day', t.usual());
SELECT t.agreed('today', t.usual(), start => '2027-03-01');
SELECT t.agreed('over', t.usual(), start => '2027-02-28');
SELECT t.agreed('none', t.usual(), start => NULL);
SELECT t.login_as('h1');
SELECT n, q.* FROM unnest(ARRAY['day', 'today', 'over', 'none']) AS n, LATERAL t.quote(n) AS q;
SET LOCAL dwello.now = '2028-03-01 12:00:00+00';
SELECT n, q.starts_at, q.ppm FROM unnest(ARRAY['day', 'today', 'over', 'none']) AS n, LATERAL t.quote(n) AS q;
ROLLBACK;

--
-- Another start takes both sides; from then on a cancel pays by it
--
BEGIN;
SELECT t.agreed('job', t.usual(), start => NULL);
SELECT t.pay('job');
SELECT t.login_as('h1');
SELECT ppm, payout, refund FROM t.quote('job');
SELECT t, t.try(format('SELECT dwello.propose_change_order(t.user(''job''), ''Later'', 0, starts_at => %L)', t)) FROM unnest(ARRAY[NULL,
  '2027-03-01 12:00+00', '2027-02-28', 'infinity', '-infinity']) AS t;
SELECT amount, days, starts_at FROM dwello.propose_change_order(t.user('job'), 'When you come', 0, starts_at => '2027-03-05 09:30+00');
SELECT id AS o FROM dwello.change_orders WHERE job_id = t.user('job') AND status = 'pending' \gset
SELECT type, payload ->> 'starts_at' AS starts_at FROM dwello.outbox WHERE scope_id = t.user('job') AND type LIKE 'change_order%';
SELECT starts_at FROM t.quote('job');
SAVEPOINT s;
-- not theirs to accept, and not once it is over
SELECT t.try(format('SELECT dwello.answer_change_order(t.user(''job''), %L, true)', :'o'), 'h1');
SET LOCAL dwello.now = '2027-03-05 09:30+00';
SELECT t.try(format('SELECT dwello.answer_change_order(t.user(''job''), %L, true)', :'o'), 'p1');
ROLLBACK TO s;
SELECT t.login_as('p1');
SELECT change_order_status FROM dwello.answer_change_order(t.user('job'), :'o', false);
SELECT starts_at FROM t.quote('job');
ROLLBACK TO s;
SELECT t.login_as('p1');
SELECT change_order_status, amount, days, starts_at, contract_amount, held FROM dwello.answer_change_order(t.user('job'), :'o', true);
SELECT starts_at, ppm, next_at FROM t.quote('job');
-- from the other side, with more work
SELECT amount, starts_at FROM dwello.propose_change_order(t.user('job'), 'The ceiling, too', 20000, starts_at => '2027-03-20 08:00+00');
SELECT id AS o FROM dwello.change_orders WHERE job_id = t.user('job') AND status = 'pending' \gset
SELECT t.login_as('h1');
SELECT change_order_status, starts_at, contract_amount, transaction_amount FROM dwello.answer_change_order(t.user('job'), :'o', true);
SELECT t.as_system();
SELECT held FROM dwello.confirm_payment(t.user('job'), 'acme', 'more', 20000, 'USD');
SELECT starts_at, ppm, next_at, price, refund FROM t.quote('job');
SET LOCAL dwello.now = '2027-03-17 08:00+00';
SELECT * FROM t.cancel('job');
SELECT * FROM t.ended('job');
SELECT t.faults();
ROLLBACK TO s;
-- nor once the work has begun
SELECT id AS o FROM dwello.change_orders WHERE job_id = t.user('job') \gset
SELECT t.login_as('p1');
SELECT status FROM dwello.start_job(t.user('job'));
SELECT t.try(format('SELECT dwello.answer_change_order(t.user(''job''), %L, true)', :'o'));
SELECT t.try('SELECT dwello.propose_change_order(t.user(''job''), ''Later'', 0, starts_at => ''2027-03-06'')');
ROLLBACK;

--
-- Each tier, to the microsecond; what was quoted is what is paid
--
BEGIN;
SELECT t.agreed('job', t.usual());
SELECT t.pay('job');
SELECT t.login_as('h1');
SELECT * FROM t.quote('job');
SAVEPOINT s;
SELECT * FROM t.cancel('job');
SELECT * FROM t.ended('job');
SELECT transaction_type, amount, platform_fee, net_amount FROM dwello.transactions WHERE scope_id = t.user('job') ORDER BY id;
SELECT price, share_ppm, share, cancelled_at, transaction_id IS NOT NULL AS moved FROM dwello.cancellation_terms;
SELECT t.faults();
ROLLBACK TO s;
SET LOCAL dwello.now = '2027-03-07 23:59:59.999999+00';
SELECT * FROM t.quote('job');
SELECT * FROM t.cancel('job');
ROLLBACK TO s;
SET LOCAL dwello.now = '2027-03-08 00:00:00+00';
SELECT * FROM t.quote('job');
SELECT n, t.login_as(n), q.payout, q.refund FROM unnest(ARRAY['p1', 's1', 'a1']) AS n, LATERAL t.quote('job') AS q;
SELECT * FROM t.cancel('job');
SELECT * FROM t.ended('job');
SELECT transaction_type, amount, platform_fee, tax, net_amount FROM dwello.transactions WHERE scope_id = t.user('job') ORDER BY id;
SELECT t.divided('job') AS legs;
SELECT description, amount_in, amount_out, payout, fee, tax, refund, held FROM dwello.escrow_statement(t.user('job')) ORDER BY line;
SELECT event, from_status, to_status, actor_role FROM dwello.escrow_events WHERE job_id = t.user('job') ORDER BY seq DESC LIMIT 1;
SELECT t.faults();
SELECT type, payload - 'job_id' - 'homeowner_id' - 'provider_id' - 'transaction_id' AS payload FROM dwello.outbox
 WHERE scope_id = t.user('job') AND type IN ('cancellation_paid', 'job_cancelled') ORDER BY id;
SELECT type, payload ->> 'amount' AS amount, payload ->> 'psp' AS psp, payload ->> 'reason' AS reason FROM dwello.outbox
 WHERE scope_id = t.user('job') AND type = 'refund_requested';
-- over is over
SELECT t.try('SELECT dwello.cancel_job(t.user(''job''))', 'h1');
SELECT t.try('SELECT dwello.refund_escrow(t.user(''job''))', 'p1');
SELECT * FROM t.quote('job');
ROLLBACK TO s;
SET LOCAL dwello.now = '2027-03-10 00:00:00+00';
SELECT * FROM t.cancel('job');
SELECT * FROM t.ended('job');
ROLLBACK TO s;
-- past the start, and nobody has begun: the last tier still holds
SET LOCAL dwello.now = '2027-04-10 00:00:00+00';
SELECT * FROM t.quote('job');
ROLLBACK TO s;
-- the award counts no more: it was the homeowner who cancelled
SELECT t.as_system();
SELECT dwello.deliver_events(10000) > 0 AS delivered;
CREATE TEMP TABLE counted ON COMMIT DROP AS SELECT awarded_count, completed_count, awarded FROM dwello.provider_stats WHERE user_id = t.user('p1');
SET LOCAL dwello.now = '2027-03-10 00:00:00+00';
SELECT * FROM t.cancel('job');
SELECT t.as_system();
SELECT dwello.deliver_events(10000) > 0 AS delivered;
SELECT s.awarded_count - c.awarded_count AS awarded, s.completed_count - c.completed_count AS completed, s.awarded < c.awarded AS is_less
  FROM dwello.provider_stats AS s, counted AS c WHERE s.user_id = t.user('p1');
SELECT payload ->> 'funded_on' AS funded_on FROM dwello.outbox WHERE scope_id = t.user('job') AND type = 'contract_cancelled';
SELECT n.notification_type, n.title FROM dwello.notifications AS n JOIN dwello.outbox AS o ON o.id = n.event_id
 WHERE o.scope_id = t.user('job') AND o.type IN ('cancellation_paid', 'job_cancelled', 'contract_cancelled') ORDER BY n.title;
SELECT rule FROM dwello.check() WHERE rule = 'counter_drift';
ROLLBACK TO s;
-- repeated by its key, and not by another
SET LOCAL dwello.now = '2027-03-10 00:00:00+00';
SELECT t.login_as('h1');
SELECT payout, refund, replayed FROM dwello.cancel_job(t.user('job'), idempotency_key => 'k');
SELECT payout, refund, replayed FROM dwello.cancel_job(t.user('job'), idempotency_key => 'k');
SELECT t.try('SELECT dwello.cancel_job(t.user(''job''), ''Moved.'', idempotency_key => ''k'')');
SELECT count(*) FROM dwello.transactions WHERE scope_id = t.user('job') AND transaction_type = 'cancellation';
ROLLBACK;

--
-- The homeowner does not walk round it: what they pay stays until then
--
BEGIN;
SELECT t.agreed('job', t.usual());
SELECT t.pay('job');
SELECT c, t.try(format('SELECT dwello.' || c, t.user('job')), 'h1') FROM unnest(ARRAY['refund_escrow(%L)', 'refund_escrow(%L, 1)',
  'cancel_escrow(%L)', 'request_refund(%L)', 'abandon_payment(%L)']) AS c;
-- the provider and an administrator give back without a share, in parts, too
SAVEPOINT s;
SELECT t.login_as('p1');
SELECT amount, held FROM dwello.refund_escrow(t.user('job'), 1);
SELECT amount, held FROM dwello.refund_escrow(t.user('job'));
SELECT t.login_as('h1');
SELECT * FROM t.cancel('job');
SELECT * FROM t.ended('job');
SELECT t.faults();
ROLLBACK TO s;
SELECT t.login_as('a1');
SELECT amount, held FROM dwello.refund_escrow(t.user('job'));
ROLLBACK TO s;
-- nor does the provider, who ends it themselves, nor one who did not come, nor less work by consent
SET LOCAL dwello.now = '2027-03-10 12:00:00+00';
SELECT t.login_as('p1');
SELECT refund FROM dwello.abandon_job(t.user('job'), 'I am ill.');
SELECT * FROM t.ended('job');
ROLLBACK TO s;
SET LOCAL dwello.now = '2027-03-11 12:00:00+00';
SELECT t.login_as('h1');
SELECT request_status FROM dwello.report_no_show(t.user('job'));
SAVEPOINT r;
SELECT t.login_as('p1');
SELECT status, refunded FROM dwello.answer_no_show(t.user('job'), true);
ROLLBACK TO r;
-- who cancels all the same, pays
SELECT * FROM t.cancel('job');
SET LOCAL dwello.now = '2027-03-30 12:00:00+00';
SELECT t.as_system();
SELECT dwello.expire_no_shows();
SELECT * FROM t.ended('job');
SELECT t.faults();
ROLLBACK TO s;
-- a dispute before the work, which holds what is held
SET LOCAL dwello.now = '2027-03-10 12:00:00+00';
SELECT t.login_as('h1');
SELECT dispute_status FROM dwello.open_dispute(t.user('job'), 0, 'No.');
SELECT t.try('SELECT dwello.cancel_job(t.user(''job''))');
SELECT * FROM t.quote('job');
ROLLBACK TO s;
-- once the work has begun it takes the provider
SELECT t.login_as('p1');
SELECT status FROM dwello.start_job(t.user('job'));
SELECT t.try('SELECT dwello.cancel_job(t.user(''job''))', 'h1');
SELECT t.try('SELECT dwello.refund_escrow(t.user(''job''))', 'h1');
SELECT t.login_as('h1');
SELECT * FROM t.quote('job');
SELECT request_status FROM dwello.request_refund(t.user('job'));
SELECT t.login_as('p1');
SELECT request_status, refunded FROM dwello.answer_refund(t.user('job'), true);
SELECT * FROM t.ended('job');
ROLLBACK;
-- without one that can pay anything they give it back themselves, and a cancel does
BEGIN;
SELECT t.agreed('job', '[{"hours_before_start": 24, "share_ppm": 0}]');
SELECT t.pay('job');
SELECT t.login_as('h1');
SELECT amount, held FROM dwello.refund_escrow(t.user('job'), 1);
SET LOCAL dwello.now = '2027-03-10 12:00:00+00';
SELECT * FROM t.cancel('job');
SELECT * FROM t.ended('job');
SELECT price, share_ppm, share FROM dwello.cancellation_terms;
SELECT type FROM dwello.outbox WHERE scope_id = t.user('job') ORDER BY id DESC LIMIT 4;
SELECT t.faults();
ROLLBACK;

--
-- Paid in part, released in part, a bank that took some, fees of every payer
--
BEGIN;
SELECT t.agreed('job', t.usual(), plan => '{30000,50000,20001}');
SELECT t.pay('job', 35000);
SET LOCAL dwello.now = '2027-03-08 12:00:00+00';
SAVEPOINT s;
SELECT * FROM t.cancel('job');
SELECT * FROM t.ended('job');
SELECT t.faults();
ROLLBACK TO s;
-- no more than is there
SET LOCAL dwello.now = '2027-03-10 12:00:00+00';
SELECT * FROM t.cancel('job');
SELECT * FROM t.ended('job');
SELECT t.faults();
ROLLBACK TO s;
-- a payment under way is given up, and one that comes all the same is a receipt
SELECT t.login_as('h1');
SELECT amount FROM dwello.fund_escrow(t.user('job'));
SELECT * FROM t.quote('job');
SELECT * FROM t.cancel('job');
SELECT t.as_system();
SELECT held, receipt_amount, receipt_reason FROM dwello.confirm_payment(t.user('job'), 'acme', 'late', 65001, 'USD');
SELECT t.faults();
ROLLBACK TO s;
-- the first part was released: its price is not cancelled
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('job'), milestone_id => t.part('job', 1));
SELECT * FROM t.quote('job');
SELECT * FROM t.cancel('job');
SELECT * FROM t.ended('job');
SELECT t.faults();
ROLLBACK TO s;
-- a bank asks for it: nothing moves until it is decided
SELECT t.as_system();
SELECT held FROM dwello.open_chargeback(t.user('job'), 'acme', 'cb', 5000, 'USD');
SELECT t.try('SELECT dwello.cancel_job(t.user(''job''))', 'h1');
SELECT t.login_as('h1');
SELECT * FROM t.quote('job');
SELECT t.as_system();
SELECT held FROM dwello.close_chargeback(t.user('job'), 'acme', 'lost', false);
SELECT * FROM t.cancel('job');
SELECT * FROM t.ended('job');
SELECT t.faults();
ROLLBACK TO s;
-- undone by an administrator, it is held again, and goes either way
SELECT * FROM t.cancel('job');
SELECT t.login_as('a1');
SELECT amount, held FROM dwello.reverse_transaction(t.user('job'),
  (SELECT transaction_id FROM dwello.cancellation_terms WHERE job_id = t.user('job')));
SELECT amount, held FROM dwello.refund_escrow(t.user('job'));
SELECT t.faults();
ROLLBACK;
-- all of it
BEGIN;
SELECT t.agreed('job', '[{"hours_before_start": 8760, "share_ppm": 1000000}]');
SELECT t.pay('job');
SELECT * FROM t.quote('job');
SELECT * FROM t.cancel('job');
SELECT * FROM t.ended('job');
SELECT t.faults();
ROLLBACK;
-- the homeowner bears the fee, with tax on it: what they paid of it for the rest goes back
BEGIN;
SELECT t.as_system();
SELECT dwello.set_fee_schedule('on top', 50000, tax_ppm => 100000, payer => 'homeowner') IS NOT NULL AS set;
SELECT t.agreed('job', t.usual());
SELECT t.pay('job');
SET LOCAL dwello.now = '2027-03-08 12:00:00+00';
SELECT t.login_as('h1');
SELECT * FROM t.quote('job');
SELECT * FROM t.cancel('job');
SELECT * FROM t.ended('job');
SELECT t.faults();
ROLLBACK;
-- half each, with a reserve of the provider's
BEGIN;
SELECT t.as_system();
SELECT dwello.set_fee_schedule('shared', 50000, payer => 'split') IS NOT NULL AS set;
SELECT dwello.set_setting('reserve_ppm', '100000') IS NOT NULL AS set;
SELECT t.agreed('job', t.usual());
SELECT t.pay('job');
SET LOCAL dwello.now = '2027-03-10 12:00:00+00';
SELECT * FROM t.cancel('job');
SELECT t.divided('job') AS legs;
SELECT t.faults();
ROLLBACK;
-- authorised is not held: it is voided, and pays nothing
BEGIN;
SELECT t.agreed('job', t.usual(), start => '2027-03-02');
SELECT t.login_as('h1');
SELECT amount FROM dwello.fund_escrow(t.user('job'));
SELECT t.as_system();
SELECT escrow_status FROM dwello.confirm_authorization(t.user('job'), 'acme', 'auth', 100001, 'USD', '2027-03-20');
SELECT * FROM t.quote('job');
SAVEPOINT s;
SELECT * FROM t.cancel('job');
SELECT * FROM t.ended('job');
SELECT status FROM dwello.authorizations WHERE job_id = t.user('job');
ROLLBACK TO s;
-- what was captured before is
SELECT t.as_system();
SELECT amount FROM dwello.request_capture(t.user('job'), 50000, is_last => false);
SELECT held FROM dwello.confirm_payment(t.user('job'), 'acme', 'cap', 50000, 'USD');
SELECT * FROM t.cancel('job');
SELECT status FROM dwello.authorizations WHERE job_id = t.user('job');
SELECT t.faults();
ROLLBACK;
-- nobody has not come before the start, so a report is no way round the policy
BEGIN;
SELECT t.agreed('job', t.usual());
SELECT t.pay('job');
SELECT t.login_as('h1');
SET LOCAL dwello.now = '2027-03-10 23:59:59+00';
SELECT t.try($$SELECT dwello.report_no_show(t.user('job'))$$, 'h1') AS before;
SET LOCAL dwello.now = '2027-03-11 00:00:00+00';
SELECT t.try($$SELECT dwello.report_no_show(t.user('job'))$$, 'h1') AS then;
ROLLBACK;

--
-- What both sides have seen when the bid is accepted binds
--
BEGIN;
SELECT t.login_as('a1');
SELECT version FROM dwello.edit_category('d0000000-0000-7000-8000-000000000011', cancellation_policy => t.usual());
SELECT t.offered('job', NULL);
SELECT n, t.login_as(n), count(*) FROM unnest(ARRAY['p1', 'p2']) AS n, LATERAL dwello.cancellation_policy(t.user('job')) GROUP BY n ORDER BY n;
SELECT t.login_as('p1');
SELECT bid_amount FROM dwello.submit_bid(t.user('job'), 100001, bid_id => t.user('b'), expires_at => '2027-06-01');
SELECT t.login_as('h1');
SELECT job_status FROM dwello.accept_bid(t.user('job'), t.user('b'));
-- at once, for both sides and staff; the job takes no bids, and is no other's
SELECT n, t.login_as(n), hours_before_start, share_ppm, holds_from, source FROM unnest(ARRAY['h1', 'p1', 's1']) AS n,
  LATERAL dwello.cancellation_policy(t.user('job')) ORDER BY n, 3 DESC;
SELECT t.try('SELECT * FROM dwello.cancellation_policy(t.user(''job''))', 'p2') AS other;
-- neither another policy of the category nor another time zone changes it
SELECT t.login_as('a1');
SELECT version FROM dwello.edit_category('d0000000-0000-7000-8000-000000000011', cancellation_policy => '[{"hours_before_start": 8000, "share_ppm": 1000000}]');
SELECT t.login_as('h1');
SELECT version FROM dwello.update_profile(timezone => 'Etc/GMT+12');
SELECT t.login_as('p1');
SELECT job_status FROM dwello.confirm_award(t.user('job'));
SELECT t.login_as('h1');
SELECT hours_before_start, share_ppm, holds_from, source FROM dwello.cancellation_policy(t.user('job'));
SELECT t.pay('job');
SELECT * FROM t.cancel('job');
SELECT t.try('SELECT * FROM dwello.cancellation_policy(t.user(''job''))', 'p2') AS other;
SELECT t.as_system();
SELECT count(*) FROM dwello.check() WHERE rule IN ('denormalised_column', 'cancellation_drift');
ROLLBACK;
-- those of an award that lapses are the next one's
BEGIN;
SELECT t.offered('job', t.usual());
SELECT t.login_as('p1');
SELECT bid_amount FROM dwello.submit_bid(t.user('job'), 100001, bid_id => t.user('b'), expires_at => '2027-06-01');
SELECT t.login_as('h1');
SELECT job_status FROM dwello.accept_bid(t.user('job'), t.user('b'));
SELECT t.login_as('p1');
SELECT bid_status FROM dwello.withdraw_bid(t.user('job'), t.user('b'));
SELECT t.login_as('h1');
SELECT holds_from, source FROM dwello.cancellation_policy(t.user('job'));
SELECT terms_version FROM dwello.edit_job(t.user('job'), preferred_start_date => '2027-03-20');
SELECT t.as_system();
SELECT count(*) FROM dwello.check() WHERE rule = 'denormalised_column';
SELECT t.login_as('p2');
SELECT bid_amount FROM dwello.submit_bid(t.user('job'), 90000, bid_id => t.user('b2'));
SELECT t.login_as('h1');
SELECT job_status FROM dwello.accept_bid(t.user('job'), t.user('b2'));
SELECT n, t.login_as(n), holds_from, source FROM unnest(ARRAY['h1', 'p2']) AS n, LATERAL dwello.cancellation_policy(t.user('job'));
SELECT t.try('SELECT * FROM dwello.cancellation_policy(t.user(''job''))', 'p1') AS lapsed;
ROLLBACK;
-- days that no calendar goes to
BEGIN;
SELECT t.offered('job', t.usual());
SELECT d, t.try(format($$SELECT t.offered('far', NULL, %L)$$, d)) AS post,
       t.try(format($$SELECT dwello.edit_job(t.user('job'), preferred_start_date => %L)$$, d), 'h1') AS edit,
       t.try(format($$SELECT dwello.edit_job(t.user('job'), preferred_end_date => %L)$$, d), 'h1') AS until,
       t.try(format($$SELECT dwello.propose_change_order(t.user('job'), 'Later', 1, starts_at => %L)$$, d), 'h1') AS later
  FROM unnest(ARRAY['10000-01-01', '294276-12-31', '0001-12-31 BC']) AS d;
SELECT t.try($$SELECT t.offered('far', NULL, '5874897-12-31')$$) AS post;
SELECT t.agreed('last', t.usual(), start => '9999-12-31');
SELECT t.login_as('h1');
SELECT starts_at FROM t.quote('last');
ROLLBACK;
