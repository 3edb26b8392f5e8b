-- Made by scripts/reference.sh from the contracts in sql/ and
-- scripts/reference_head.sql.  Every example of docs/reference.md, run by
-- somebody of the demonstration in a database of its own, at a pinned time.
-- Ids are shown by the demonstration's names for them; others are masked, as
-- are times of the clock, tokens and hashes.
SET client_min_messages = warning;
\set before :DBNAME
DROP DATABASE IF EXISTS dwello_reference;
CREATE DATABASE dwello_reference TEMPLATE template0 ENCODING 'UTF8';
\c dwello_reference
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET dwello.now = '2031-03-03 09:00+00';
CREATE EXTENSION dwello CASCADE;
SELECT count(*) AS kinds FROM dwello.create_keyring();
CREATE SCHEMA r;
GRANT USAGE ON SCHEMA r TO PUBLIC;
CREATE TABLE r.demo AS SELECT * FROM dwello.load_demo();
-- an agent has its provider's id, and the provider's name is enough
DELETE FROM r.demo WHERE name LIKE 'agent%';

-- From here on somebody acts: one of the demonstration, or the system, which
-- dwello_service is no longer in a transaction that has seen a token.
CREATE FUNCTION r.act(who text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM set_config('role', 'none', true);
  PERFORM dwello.login(NULL);
  IF who = 'support' THEN
    PERFORM dwello.login(dwello.issue_token(d.id, role => 'support')) FROM r.demo AS d WHERE d.name = 'admin';
  ELSIF who NOT IN ('system', 'superuser') THEN
    PERFORM dwello.login(dwello.issue_token(d.id)) FROM r.demo AS d WHERE d.name = who;
  END IF;
  PERFORM set_config('role', CASE WHEN who IN ('superuser', 'system') THEN 'none'
    WHEN who IN ('support', 'admin') THEN 'dwello_' || who ELSE 'dwello_app' END, true);
END
$$;

-- A journal that waits for a second administrator: another has posted it.
CREATE FUNCTION r.propose_journal() RETURNS void
LANGUAGE sql
AS $$
  INSERT INTO dwello.journals (id, scope_id, status, lines, currency, amount, reason, proposed_by, proposed_at)
  VALUES ('de000000-0000-7000-8000-0000000000f3', 'de000000-0000-7000-8000-0000000000f3', 'proposed',
          '[{"kind": "bank", "currency": "USD", "amount": -700}, {"kind": "platform_loss", "currency": "USD", "amount": 700}]',
          'USD', 700, 'A transfer was counted twice.', 'de000000-0000-7000-8000-0000000000f4', '2031-03-10 09:00+00')
$$;

-- The states that an example can begin with, each after another.
CREATE TABLE r.step (state text PRIMARY KEY, after text, who text, command text);
INSERT INTO r.step VALUES
  ('painting accepted', NULL, 'homeowner',
   'dwello.accept_bid(job_id => :painting, bid_id => :bid_950)'),
  ('painting confirmed', 'painting accepted', 'provider_1', 'dwello.confirm_award(job_id => :painting)'),
  ('painting asked to pay', 'painting confirmed', 'homeowner',
   'dwello.fund_escrow(job_id => :painting)'),
  ('painting authorised', 'painting asked to pay', 'system',
   'dwello.confirm_authorization(job_id => :painting, psp => ''demo-psp'', event_id => ''evt_auth'', amount => 95000, currency => ''USD'', expires_at => ''2031-03-10'')'),
  ('painting paid', 'painting asked to pay', 'system',
   'dwello.confirm_payment(job_id => :painting, psp => ''demo-psp'', event_id => ''evt_2'', amount => 95000, currency => ''USD'')'),
  ('painting started', 'painting paid', 'provider_1', 'dwello.start_job(job_id => :painting)'),
  ('painting submitted', 'painting started', 'provider_1',
   'dwello.submit_milestone(job_id => :painting, notes => ''Two coats, dry.'')'),
  ('painting to be extended', 'painting started', 'provider_1',
   'dwello.propose_change_order(job_id => :painting, title => ''The ceiling, too'', amount => 20000, days => 1)'),
  ('painting to be refunded', 'painting started', 'homeowner',
   'dwello.request_refund(job_id => :painting, amount => 15000, reason => ''The ceiling stays as it is.'')'),
  ('painting reported', 'painting started', 'homeowner',
   'dwello.report_no_show(job_id => :painting, reason => ''Nobody came on Monday, nor called.'')'),
  ('painting to be divided', 'painting started', 'provider_1',
   'dwello.propose_plan(job_id => :painting, milestones => ''[{"title": "Doors", "amount": 60000}, {"title": "Drawers", "amount": 35000}]'')'),
  ('painting disputed', 'painting submitted', 'homeowner',
   'dwello.open_dispute(job_id => :painting, amount => 80000, reason => ''Two doors stick.'')'),
  ('painting released', 'painting submitted', 'homeowner', 'dwello.release_escrow(job_id => :painting)'),
  ('painting released a month ago', 'painting released', 'superuser',
   'set_config(''dwello.now'', ''2031-04-10 09:00+00'', true)'),
  ('painting with documents', 'painting released a month ago', 'system', 'dwello.issue_documents()'),
  ('deck to be bid for', NULL, 'homeowner',
   'dwello.invite_provider(job_id => ''de000000-0000-7000-8000-000000000013'', provider_id => ''de000000-0000-7000-8000-000000000002'')'),
  ('deck offered', NULL, 'homeowner',
   'dwello.hire_provider(job_id => ''de000000-0000-7000-8000-000000000013'', provider_id => ''de000000-0000-7000-8000-000000000002'', amount => 70000)'),
  ('painting countered', NULL, 'homeowner',
   'dwello.counter_bid(job_id => :painting, bid_id => :bid_950, amount => 88000)'),
  ('painting edited', NULL, 'homeowner',
   'dwello.edit_job(job_id => :painting, description => ''Twelve doors, eight drawers.'')'),
  ('a draft', NULL, 'homeowner',
   'dwello.post_job(category_id => ''d0000000-0000-7000-8000-000000000018'', title => ''Shelves'', description => ''Three shelves in the hall.'', longitude => -122.4194, latitude => 37.7749, budget_min => 10000, budget_max => 20000, job_id => ''de000000-0000-7000-8000-000000000099'')'),
  ('a message', NULL, 'provider_1',
   'dwello.send_message(job_id => :painting, content => ''May I see the kitchen on Friday?'')'),
  ('a saved search', NULL, 'provider_1',
   'dwello.save_search(query => ''deck'', name => ''Decks'', search_id => NULL)'),
  ('a credential', NULL, 'provider_1',
   'dwello.add_credential(credential_type => ''license'', name => ''C-33 Painting'', valid_until => ''2032-06-30'')'),
  ('provider_2 suspended', NULL, 'admin',
   'dwello.suspend_user(user_id => ''de000000-0000-7000-8000-000000000003'', reason => ''Insurance has lapsed.'')'),
  ('a month later', NULL, 'superuser', 'set_config(''dwello.now'', ''2031-04-10 09:00+00'', true)'),
  ('painting left alone for a month', 'painting submitted', 'superuser',
   'set_config(''dwello.now'', ''2031-04-10 09:00+00'', true)'),
  ('painting disputed for a month', 'painting disputed', 'superuser',
   'set_config(''dwello.now'', ''2031-04-10 09:00+00'', true)'),
  ('painting refunded', 'painting paid', 'provider_1',
   'dwello.refund_escrow(job_id => :painting, amount => 15000)'),
  ('painting refund failed', 'painting refunded', 'system',
   'dwello.fail_refund(job_id => :painting, psp => ''demo-psp'', event_id => ''evt_6'')'),
  ('painting refund failed, and another card', 'painting refund failed', 'homeowner',
   'dwello.add_payment_method(method_type => ''credit_card'', psp => ''demo-psp'', psp_token => ''tok_demo_new'', last_four => ''1881'')'),
  ('painting to be paid by a receipt', 'painting asked to pay', 'system',
   'dwello.confirm_payment(job_id => NULL, psp => ''demo-psp'', event_id => ''evt_7'', amount => 95000, currency => ''USD'')'),
  ('painting charged back', 'painting paid', 'system',
   'dwello.open_chargeback(job_id => :painting, psp => ''demo-psp'', event_id => ''evt_3'', amount => 95000, currency => ''USD'')'),
  ('a bank account', NULL, 'system',
   'dwello.add_payment_method(method_type => ''bank_account'', psp => ''demo-psp'', psp_token => ''tok_demo_petra'', user_id => ''de000000-0000-7000-8000-000000000003'')'),
  ('a debt', NULL, 'system',
   'dwello.open_chargeback(job_id => ''de000000-0000-7000-8000-000000000012'', psp => ''demo-psp'', event_id => ''evt_3'', amount => 35000, currency => ''USD'')'),
  ('a statement', NULL, 'system',
   'dwello.import_statement(psp => ''demo-psp'', lines => ''[{"line_id": "txn_1", "event_id": "evt_demo_1", "kind": "payment", "amount": 35000, "currency": "USD", "time": "2031-03-03T09:00:00Z"}, {"line_id": "txn_2", "reference": "evt_demo_1", "kind": "fee", "amount": 1045, "currency": "USD", "time": "2031-03-03T09:00:00Z"}]'')'),
  ('a tax profile', NULL, 'provider_1',
   'dwello.set_tax_profile(legal_name => ''Pat Painter'', country => ''US'', tax_id => ''123-45-6789'')'),
  ('a journal', NULL, 'admin',
   'dwello.post_journal(lines => ''[{"kind": "bank", "currency": "USD", "amount": -700}, {"kind": "platform_loss", "currency": "USD", "amount": 700}]'', reason => ''A transfer was counted twice.'')'),
  ('a journal of another administrator', NULL, 'superuser', 'r.propose_journal()'),
  ('a payout', NULL, 'provider_1', 'dwello.request_payout(amount => 20000)'),
  ('a fee schedule', NULL, 'admin',
   'dwello.set_fee_schedule(name => ''Spring'', rate_ppm => 40000, currency => ''USD'', schedule_id => ''de000000-0000-7000-8000-0000000000f2'')'),
  ('painting confirmed with a promo code at hand', 'painting confirmed', 'admin',
   'dwello.add_promo_code(code => ''SPRING-10'', rate_ppm => 100000)'),
  ('the clock of today', NULL, 'superuser', 'set_config(''dwello.now'', '''', true)'),
  ('partitions of today', 'the clock of today', 'system', 'dwello.ensure_partitions()'),
  ('a consumer', NULL, 'system', 'dwello.claim_events(consumer => ''mailer'')');

-- Brings the demonstration into a state.
CREATE FUNCTION r.given(wanted text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  step r.step;
BEGIN
  SELECT s.* INTO STRICT step FROM r.step AS s WHERE s.state = wanted;
  IF step.after IS NOT NULL THEN
    PERFORM r.given(step.after);
  END IF;
  PERFORM r.act(step.who);
  EXECUTE 'SELECT * FROM ' || replace(replace(step.command,
    ':painting', quote_literal('de000000-0000-7000-8000-000000000011')),
    ':bid_950', quote_literal('de000000-0000-7000-8000-000000000021'));
  PERFORM r.act('superuser');
END
$$;

-- A row of an answer, without what differs from one run to the next.
CREATE FUNCTION r.masked(answer text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  demo r.demo;
BEGIN
  FOR demo IN SELECT * FROM r.demo LOOP
    answer := replace(answer, demo.id::text, demo.name);
  END LOOP;
  answer := regexp_replace(answer, '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}', '(id)', 'g');
  answer := regexp_replace(answer, 'eyJ[\w.-]+', '(token)', 'g');
  answer := regexp_replace(answer, '\\{1,2}x[0-9a-f]{16,}', '(bytes)', 'g');
  RETURN regexp_replace(answer, '"20(?!31)\d\d-\d\d-\d\dT[^"\\]*', '"(time)', 'g');
END
$$;

-- What somebody gets who runs commands in a state: of the last, every row.
CREATE FUNCTION r.answer(who text, state text, VARIADIC commands text[])
RETURNS TABLE (answer text)
LANGUAGE plpgsql
AS $$
DECLARE
  line json;
  lines text[] := '{}';
BEGIN
  IF state IS NOT NULL THEN
    PERFORM r.given(state);
  END IF;
  PERFORM r.act(who);
  FOR i IN 1 .. cardinality(commands) - 1 LOOP
    EXECUTE commands[i];
  END LOOP;
  FOR line IN EXECUTE format('SELECT row_to_json(x) FROM (%s) AS x', commands[cardinality(commands)]) LOOP
    lines := lines || line::text;
  END LOOP;
  PERFORM set_config('role', 'none', true);
  RETURN QUERY SELECT r.masked(l) FROM unnest(lines) AS l;
END
$$;

\pset format unaligned
\pset tuples_only on
BEGIN;
SAVEPOINT example;
