--
-- hint.sql
--	What an error says to do next: of bids, offers, invitations, change
--	orders, payments, work and agents.
--
-- Each part is a transaction of its own that is rolled back.
--
SET client_min_messages = warning;
SET dwello.now = '2027-03-01 12:00:00+00';
SET timezone = 'UTC';
\pset format unaligned
\pset tuples_only on

-- What a call is refused with as somebody, and its hint; ids are hidden.
CREATE FUNCTION pg_temp.hint(as_name text, call text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  hint text;
BEGIN
  PERFORM t.login_as(as_name);
  EXECUTE 'SELECT dwello.' || call;
  RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
  RETURN regexp_replace(concat_ws(' | ', SQLSTATE, SQLERRM, hint), '[0-9a-f-]{36}', '<>', 'g');
END
$$;

--
-- Before the award: an open job of h1 with a bid of p1.
--
BEGIN;
DO $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job(
    category_id => 'd0000000-0000-7000-8000-000000000011',
    title => 'job', description => 'As in the test of hints.',
    longitude => -122.4194, latitude => 37.7749, budget_min => 80000,
    budget_max => 120000, job_id => t.user('job'));
  PERFORM dwello.publish_job(job_id => t.user('job'));
  PERFORM t.login_as('p1');
  PERFORM dwello.submit_bid(t.user('job'), 95000, bid_id => t.user('b1'));
  PERFORM t.as_system();
END
$$;
SELECT pg_temp.hint(who, call) FROM (VALUES
  ('p1', 'explain_match(NULL, t.user(''nothing''))'),
  ('h2', 'publish_job(t.user(''job''))'),
  ('p1', 'revise_bid(t.user(''job''), t.user(''nothing''), 5, 1)'),
  ('p1', 'submit_bid(t.user(''job''), 5, currency => ''EUR'')'),
  ('p2', 'submit_bid(t.user(''job''), 5, bid_id => t.user(''b1''))'),
  ('h1', 'counter_bid(t.user(''job''), t.user(''b1''), 95000)'),
  ('h1', 'answer_counter(t.user(''job''), t.user(''nothing''), true)'),
  ('h1', 'invite_provider(t.user(''job''), t.user(''h2''))'),
  ('h1', 'hire_provider(t.user(''job''), t.user(''nobody''), 90000)'),
  ('h1', 'answer_invite(t.user(''job''), false)'),
  ('h1', 'answer_invite(t.user(''job''), false, t.user(''p2''))'),
  ('p2', 'answer_invite(t.user(''job''), true)'),
  ('p2', 'answer_invite(t.user(''job''), true, t.user(''p1''))'),
  ('p1', 'start_job(t.user(''job''))'),
  ('h1', 'set_timers(t.user(''job''), ''{"rest": 1}'')'),
  ('p1', 'submit_bid(t.user(''job''), 90000)'),
  ('h1', 'hire_provider(t.user(''job''), t.user(''p2''), 4999)')) AS v (who, call);
-- a bid for earlier terms is the bidder's to confirm
SELECT t.login_as('h1');
SELECT terms_version FROM dwello.edit_job(t.user('job'), description => 'Other words.');
SELECT pg_temp.hint('h1', 'accept_bid(t.user(''job''), t.user(''b1''))');
-- a draft is opened first, and needs the upper end of a budget
SELECT t.login_as('h1');
SELECT status FROM dwello.post_job(
  category_id => 'd0000000-0000-7000-8000-000000000011', title => 'draft',
  description => 'As above.', longitude => -122.4194, latitude => 37.7749,
  budget_min => 80000, bid_mode => 'open', job_id => t.user('draft'));
SELECT pg_temp.hint('h1', call) FROM (VALUES
  ('invite_provider(t.user(''draft''), t.user(''p1''))'),
  ('publish_job(t.user(''draft''))')) AS v (call);
SELECT t.login_as('h1');
SELECT version FROM dwello.edit_job(t.user('draft'), budget_max => 120000);
SELECT status FROM dwello.publish_job(t.user('draft'));
SELECT pg_temp.hint('p1', 'submit_bid(t.user(''draft''), 90000, lowest_amount => 4999)');
ROLLBACK;

--
-- After it: the contract, its change orders and payments.
--
BEGIN;
RESET dwello.now;
SELECT t.award('job', 95000);
SELECT pg_temp.hint(who, call) FROM (VALUES
  ('p2', 'start_job(t.user(''job''))'),
  ('p2', 'confirm_award(t.user(''job''))'),
  ('h2', 'cancel_job(t.user(''job''))'),
  ('p1', 'answer_change_order(t.user(''job''), t.user(''nothing''), true)'),
  ('h1', 'fund_escrow(t.user(''job''), currency => ''EUR'')')) AS v (who, call);
SELECT t.login_as('h1');
SELECT amount FROM dwello.fund_escrow(t.user('job'));
SELECT pg_temp.hint(NULL, call) FROM (VALUES
  ('confirm_payment(t.user(''job''), ''acme'', ''e1'', 95000, ''USD'', t.user(''nothing''))')) AS v (call);
SELECT t.as_system();
SELECT held FROM dwello.confirm_payment(t.user('job'), 'acme', 'e1', 95000, 'USD');
SELECT pg_temp.hint('h1', 'release_escrow(t.user(''job''), 95001)');
ROLLBACK;

--
-- Money: what is under way, what a bank took, what could not go back.
--
BEGIN;
-- the same with the names of what was made
CREATE FUNCTION pg_temp.money_hint(as_name text, call text) RETURNS text
LANGUAGE sql
AS $$
SELECT regexp_replace(pg_temp.hint(as_name, call), '\d{4}-\d\d-\d\d \d\d:\d\d:\d\d[.\d]*\+00', '<time>', 'g')
$$;
SET LOCAL dwello.now = '';
SELECT t.award('under way', 100000), t.award('taken', 100000), t.award('tipped', 100000), t.award('back', 100000);
-- a payment under way, with another held
SELECT t.login_as('h1');
SELECT amount FROM dwello.fund_escrow(t.user('under way'), 40000);
SELECT t.login_as(NULL);
SELECT held FROM dwello.confirm_payment(t.user('under way'), 'acme', 'h 1', 40000, 'USD');
SELECT t.login_as('h1');
SELECT amount FROM dwello.fund_escrow(t.user('under way'), 10000);
SELECT pg_temp.money_hint('h1', 'fund_escrow(t.user(''under way''))');
-- a tip under way
SELECT t.login_as('h1');
SELECT amount FROM dwello.fund_escrow(t.user('tipped'));
SELECT t.login_as(NULL);
SELECT held FROM dwello.confirm_payment(t.user('tipped'), 'acme', 'h 2', 100000, 'USD');
SELECT t.login_as('h1');
SELECT escrow_status FROM dwello.release_escrow(t.user('tipped'));
SELECT amount FROM dwello.tip(t.user('tipped'), 500);
SELECT pg_temp.money_hint('h1', 'tip(t.user(''tipped''), 500)');
-- what a bank took, in part and all of it
SELECT t.login_as('h1');
SELECT amount FROM dwello.fund_escrow(t.user('taken'));
SELECT t.login_as(NULL);
SELECT held FROM dwello.confirm_payment(t.user('taken'), 'acme', 'h 3', 100000, 'USD');
SELECT held FROM dwello.open_chargeback(t.user('taken'), 'acme', 'h 4', 30000, 'USD');
SELECT held, charged_back FROM dwello.close_chargeback(t.user('taken'), 'acme', 'h 5', false);
SELECT pg_temp.money_hint('h1', 'fund_escrow(t.user(''taken''))');
SELECT t.as_system();
SELECT held FROM dwello.open_chargeback(t.user('taken'), 'acme', 'h 6', 70000, 'USD');
SELECT held, escrow_status FROM dwello.close_chargeback(t.user('taken'), 'acme', 'h 7', false);
SELECT pg_temp.money_hint('h1', 'fund_escrow(t.user(''taken''))');
-- a refund through another company, and one that failed
SELECT t.destination('h1') AS way \gset
SELECT t.login_as('h1');
SELECT amount FROM dwello.fund_escrow(t.user('back'), payment_method_id => :'way');
SELECT t.login_as(NULL);
SELECT held FROM dwello.confirm_payment(t.user('back'), 'acme', 'h 8', 100000, 'USD');
SELECT t.login_as('h1');
SELECT amount, transaction_id AS refund FROM dwello.refund_escrow(t.user('back')) \gset
SELECT pg_temp.money_hint(NULL, format('confirm_refund(%L, ''other'', ''h 9'', %L)', t.user('back'), :'refund'));
SELECT t.as_system();
SELECT receipt_id AS receipt FROM dwello.fail_refund(t.user('back'), 'acme', 'h 9') \gset
SELECT pg_temp.money_hint('a1', format('return_receipt(%L)', :'receipt'));
SELECT pg_temp.money_hint('a1', format('retry_refund(%L, %L)', :'receipt', :'way'));
ROLLBACK;

--
-- Agents: the argument that there is, and the values that there are.
--
BEGIN;
SELECT pg_temp.hint('p1', call) FROM (VALUES
  ('configure_agent(agent_id => t.user(''p2''))'),
  ('sign_mandate(agent_id => t.user(''p2''), max_amount => 5)'),
  ('pause_agent(agent_id => t.user(''p2''))'),
  ('update_profile(user_id => t.user(''p2''))'),
  ('decide_agent(job_id => t.user(''job''), settings => ''{"strategy": "cheap"}'')'),
  ('decide_agent(job_id => t.user(''job''), settings => ''{"mode": 1}'')'),
  ('decide_agent(job_id => t.user(''job''), settings => ''{"goal": "rest"}'')'),
  ('decide_agent(job_id => t.user(''job''), settings => ''{"stratgy": "premium"}'')'),
  ('decide_agent(job_id => t.user(''job''), settings => ''{"tier": "premium"}'')'),
  ('backtest_agent(t.user(''p1''), ''2026-03-01'', ''2026-03-04'', ''{"unknown": 1}'')')) AS v (call);
SELECT pg_temp.hint(NULL, 'requeue_events(''nobody'')');
ROLLBACK;

--
-- A setting beyond the mandate: how far that reaches.
--
BEGIN;
CREATE FUNCTION pg_temp.detail(call text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  detail text;
BEGIN
  EXECUTE 'SELECT dwello.' || call;
  RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN regexp_replace(concat_ws(' | ', SQLSTATE, detail), 'Mandate [0-9a-f-]{36}', 'Mandate <>');
END
$$;
SELECT t.login_as('p1');
SELECT is_active FROM dwello.configure_agent();
SELECT version FROM dwello.sign_mandate(max_bids_per_day => 3,
  max_bid_radius_miles => 20, max_open_jobs => 2, min_margin_ppm => 200000,
  max_exposure => 300000, approval_threshold => 90000,
  categories => ARRAY['d0000000-0000-7000-8000-000000000011']::uuid[]);
SELECT pg_temp.detail('configure_agent(' || args || ')') FROM (VALUES
  ('max_bids_per_day => 4'), ('max_bid_radius_miles => 21'),
  ('max_open_jobs => 3'), ('min_margin_ppm => 199999'),
  ('max_exposure => 300001'), ('approval_threshold => 90001'),
  ('currency => ''EUR'''),
  ('preferred_categories => ARRAY[''d0000000-0000-7000-8000-000000000012'']::uuid[]')) AS v (args);
ROLLBACK;
