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

\echo create_api_key
SELECT * FROM r.answer('provider_1', NULL,
'SELECT length(api_key), created_at <= now() + interval ''1 minute'' AS is_made
  FROM dwello.create_api_key(name => ''Calendar'', scopes => ''{read,write}'', logins_per_minute => 60)');
ROLLBACK TO example;

\echo rotate_api_key
SELECT * FROM r.answer('provider_1', NULL,
'SELECT length(r.api_key), r.previous_until > now() AS both_are_good
  FROM dwello.create_api_key(name => ''Calendar'', scopes => ''{read}'') AS k,
       dwello.rotate_api_key(key_id => k.key_id, overlap => ''1 day'') AS r');
ROLLBACK TO example;

\echo revoke_api_key
SELECT * FROM r.answer('provider_1', NULL,
'SELECT r.replayed
  FROM dwello.create_api_key(name => ''Calendar'', scopes => ''{read}'') AS k,
       dwello.revoke_api_key(key_id => k.key_id) AS r');
ROLLBACK TO example;

\echo login_api_key
SELECT * FROM r.answer('system', NULL,
'SELECT dwello.login_api_key(api_key => k.api_key) AS user_id
  FROM dwello.create_api_key(''Calendar'', ''{read}'', user_id => ''de000000-0000-7000-8000-000000000001'') AS k');
ROLLBACK TO example;

\echo record_api_key_uses
SELECT * FROM r.answer('system', NULL,
'SELECT dwello.record_api_key_uses()');
ROLLBACK TO example;

\echo issue_code
SELECT * FROM r.answer('system', NULL,
'SELECT length(code) FROM dwello.issue_code(user_id => ''de000000-0000-7000-8000-000000000001'', purpose => ''sign_in'')');
ROLLBACK TO example;

\echo redeem_code
SELECT * FROM r.answer('system', NULL,
'SELECT r.is_redeemed, r.tries_left
  FROM dwello.issue_code(''de000000-0000-7000-8000-000000000001'', ''sign_in'') AS c,
       dwello.redeem_code(''de000000-0000-7000-8000-000000000001'', ''sign_in'', c.code) AS r');
ROLLBACK TO example;

\echo open_session
SELECT * FROM r.answer('system', NULL,
'SELECT length(refresh_token) FROM dwello.open_session(user_id => ''de000000-0000-7000-8000-000000000001'', device => ''Telephone'')');
ROLLBACK TO example;

\echo refresh_session
SELECT * FROM r.answer('system', NULL,
'SELECT r.token IS NOT NULL AS has_token, r.is_reused
  FROM dwello.open_session(''de000000-0000-7000-8000-000000000001'') AS s, dwello.refresh_session(refresh_token => s.refresh_token) AS r');
ROLLBACK TO example;

\echo sessions
SELECT * FROM r.answer('homeowner', NULL,
'SELECT count(*) FROM dwello.sessions()');
ROLLBACK TO example;

\echo end_session
SELECT * FROM r.answer('system', NULL,
'SELECT e.replayed FROM dwello.open_session(''de000000-0000-7000-8000-000000000001'') AS s, dwello.end_session(session_id => s.session_id) AS e');
ROLLBACK TO example;

\echo register_user
SELECT * FROM r.answer('system', NULL,
'SELECT user_type, status, version
  FROM dwello.register_user(email => ''nora@example.com'', user_type => ''homeowner'',
    first_name => ''Nora'', last_name => ''Newcomer'', timezone => ''America/New_York'')');
ROLLBACK TO example;

\echo verify_user
SELECT * FROM r.answer('admin', NULL,
'SELECT status, email_verified, phone_verified
  FROM dwello.verify_user(user_id => ''de000000-0000-7000-8000-000000000001'', what => ''phone'')');
ROLLBACK TO example;

\echo add_address
SELECT * FROM r.answer('homeowner', NULL,
'SELECT user_id, version
  FROM dwello.add_address(address_type => ''billing'', street => ''200 Pine Street'', city => ''San Francisco'',
    state => ''CA'', postal_code => ''94104'', country => ''US'', longitude => -122.4004, latitude => 37.7922)');
ROLLBACK TO example;

\echo add_credential
SELECT * FROM r.answer('provider_1', NULL,
'SELECT user_id, version
  FROM dwello.add_credential(credential_type => ''license'', name => ''C-33 Painting'',
    issuer => ''CSLB'', number => ''1012345'', valid_until => ''2032-06-30'')');
ROLLBACK TO example;

\echo verify_credential
SELECT * FROM r.answer('system', 'a credential',
'SELECT verified_at, version
  FROM dwello.verify_credential(user_id => ''de000000-0000-7000-8000-000000000002'',
    credential_id => (SELECT c.id FROM dwello.provider_credentials AS c))');
ROLLBACK TO example;

\echo add_payment_method
SELECT * FROM r.answer('homeowner', NULL,
'SELECT user_id, version
  FROM dwello.add_payment_method(method_type => ''bank_account'', psp => ''demo-psp'',
    psp_token => ''tok_demo_bank'', last_four => ''6789'')');
ROLLBACK TO example;

\echo verify_payment_method
SELECT * FROM r.answer('system', 'a bank account',
'SELECT can_receive, version
  FROM dwello.verify_payment_method(user_id => ''de000000-0000-7000-8000-000000000003'',
    payment_method_id => (SELECT m.id FROM dwello.payment_methods AS m
      WHERE m.user_id = ''de000000-0000-7000-8000-000000000003''))');
ROLLBACK TO example;

\echo payment_method_abilities
SELECT * FROM r.answer('homeowner', NULL,
'SELECT method_type, can_pay, can_receive FROM dwello.payment_method_abilities()');
ROLLBACK TO example;

\echo remove_payment_method
SELECT * FROM r.answer('homeowner', NULL,
'SELECT user_id, version
  FROM dwello.remove_payment_method(payment_method_id => (SELECT m.id FROM dwello.payment_methods AS m))');
ROLLBACK TO example;

\echo suspend_user
SELECT * FROM r.answer('admin', NULL,
'SELECT status, version
  FROM dwello.suspend_user(user_id => ''de000000-0000-7000-8000-000000000003'', reason => ''Insurance has lapsed.'')');
ROLLBACK TO example;

\echo reinstate_user
SELECT * FROM r.answer('admin', 'provider_2 suspended',
'SELECT status, version
  FROM dwello.reinstate_user(user_id => ''de000000-0000-7000-8000-000000000003'')');
ROLLBACK TO example;

\echo set_password_hash
SELECT * FROM r.answer('system', NULL,
'SELECT version
  FROM dwello.set_password_hash(user_id => ''de000000-0000-7000-8000-000000000001'',
    password_hash => ''$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA'')');
ROLLBACK TO example;

\echo update_profile
SELECT * FROM r.answer('provider_1', NULL,
'SELECT user_id, version
  FROM dwello.update_profile(company_name => ''Bay Brush'', specialties => ARRAY[''painting & decorating''])');
ROLLBACK TO example;

\echo provider_summary
SELECT * FROM r.answer('homeowner', NULL,
'SELECT first_name, last_name, rating, completed_count, provider_verified
  FROM dwello.provider_summary(provider_id => ''de000000-0000-7000-8000-000000000002'')');
ROLLBACK TO example;

\echo login
SELECT * FROM r.answer('system', NULL,
'SELECT dwello.login(token => dwello.issue_token(''de000000-0000-7000-8000-000000000001'')) AS user_id');
ROLLBACK TO example;

\echo create_keyring
SELECT * FROM r.answer('superuser', NULL,
'SELECT kind, created FROM dwello.create_keyring()');
ROLLBACK TO example;

\echo rotate_key
SELECT * FROM r.answer('superuser', NULL,
'SELECT count(r.key_id) AS rotated
  FROM (SELECT ''token'' AS kind WHERE NOT EXISTS (SELECT FROM dwello.key_ids AS k
          WHERE k.kind = ''token'' AND k.made_at > now() - interval ''1 year'')) AS due,
       dwello.rotate_key(due.kind) AS r');
ROLLBACK TO example;

\echo retire_key
SELECT * FROM r.answer('superuser', NULL,
'SELECT count(r.key_id) AS retired
  FROM (SELECT k.kind, k.key_id FROM dwello.key_ids AS k WHERE k.kind = ''token'' AND k.retired_at IS NULL
           AND k.made_at < now() - interval ''13 months'' LIMIT 1) AS old,
       dwello.retire_key(old.kind, old.key_id) AS r');
ROLLBACK TO example;

\echo reseal
SELECT * FROM r.answer('system', NULL,
'SELECT resealed, is_complete FROM dwello.reseal()');
ROLLBACK TO example;

\echo token_audience
SELECT * FROM r.answer('system', NULL,
'SELECT dwello.token_audience() LIKE ''dwello:%'' AS is_own');
ROLLBACK TO example;

\echo issue_token
SELECT * FROM r.answer('system', NULL,
'SELECT dwello.issue_token(user_id => ''de000000-0000-7000-8000-000000000001'', ttl => ''1 hour'') AS token');
ROLLBACK TO example;

\echo revoke_tokens
SELECT * FROM r.answer('homeowner', NULL,
'SELECT user_id FROM dwello.revoke_tokens()');
ROLLBACK TO example;

\echo find_login
SELECT * FROM r.answer('system', NULL,
'SELECT user_id, status FROM dwello.find_login(email => '' Hanna@Example.com'')');
ROLLBACK TO example;

\echo request_contact
SELECT * FROM r.answer('homeowner', 'painting confirmed',
'SELECT dwello.request_contact(user_id => ''de000000-0000-7000-8000-000000000002'',
    reason => ''To agree on a day.'') IS NOT NULL AS is_written');
ROLLBACK TO example;

\echo get_user_contact
SELECT * FROM r.answer('homeowner', NULL,
'SELECT email, phone
  FROM dwello.get_user_contact(user_id => ''de000000-0000-7000-8000-000000000001'',
    reason => ''My own.'')');
ROLLBACK TO example;

\echo export_user_data
SELECT * FROM r.answer('homeowner', NULL,
'SELECT data ->> ''email'' AS email
  FROM dwello.export_user_data(reason => ''My own.'') WHERE table_name = ''users''');
ROLLBACK TO example;

\echo current_user_id
SELECT * FROM r.answer('homeowner', NULL,
'SELECT dwello.current_user_id()');
ROLLBACK TO example;

\echo reads_all
SELECT * FROM r.answer('superuser', NULL,
'SELECT dwello.reads_all()');
ROLLBACK TO example;

\echo own_scopes
SELECT * FROM r.answer('homeowner', NULL,
'SELECT dwello.own_scopes()');
ROLLBACK TO example;

\echo service_areas_are_valid
SELECT * FROM r.answer('system', NULL,
'SELECT dwello.service_areas_are_valid(''{"type": "Polygon", "coordinates": []}'')');
ROLLBACK TO example;

\echo working_hours_are_valid
SELECT * FROM r.answer('system', NULL,
'SELECT dwello.working_hours_are_valid(''{"mon": ["08:00", "17:00"]}'')');
ROLLBACK TO example;

\echo close_period
SELECT * FROM r.answer('admin', NULL,
'SELECT until, replayed FROM dwello.close_period(until => ''2020-12-31'')');
ROLLBACK TO example;

\echo reopen_period
SELECT * FROM r.answer('admin', NULL,
'SELECT o.until, o.is_reopened FROM dwello.close_period(until => ''2020-12-31'') AS c,
  dwello.reopen_period(until => c.until, reason => ''A fee was forgotten.'') AS o');
ROLLBACK TO example;

\echo carry_balances
SELECT * FROM r.answer('system', NULL,
'SELECT dwello.carry_balances()');
ROLLBACK TO example;

\echo post_journal
SELECT * FROM r.answer('admin', NULL,
'SELECT status, amount, currency
  FROM dwello.post_journal(lines => ''[{"kind": "bank", "currency": "USD", "amount": -700},
    {"kind": "platform_loss", "currency": "USD", "amount": 700}]'', reason => ''A transfer was counted twice.'')');
ROLLBACK TO example;

\echo approve_journal
SELECT * FROM r.answer('admin', 'a journal of another administrator',
'SELECT o.status, o.amount
  FROM dwello.journals(status => ''proposed'') AS p, dwello.approve_journal(p.journal_id) AS o');
ROLLBACK TO example;

\echo reject_journal
SELECT * FROM r.answer('admin', 'a journal of another administrator',
'SELECT o.status
  FROM dwello.journals(status => ''proposed'') AS p,
    dwello.reject_journal(p.journal_id, reason => ''Twice the same.'') AS o');
ROLLBACK TO example;

\echo reverse_journal
SELECT * FROM r.answer('admin', 'a journal',
'SELECT o.status, o.amount
  FROM dwello.journals(status => ''posted'') AS p,
    dwello.reverse_journal(p.journal_id, reason => ''It was right.'') AS o');
ROLLBACK TO example;

\echo journals
SELECT * FROM r.answer('admin', 'a journal',
'SELECT status, reason, amount FROM dwello.journals(max_results => 10)');
ROLLBACK TO example;

\echo issue_documents
SELECT * FROM r.answer('system', 'painting released a month ago',
'SELECT transactions, documents FROM dwello.issue_documents(max_rows => 1000)');
ROLLBACK TO example;

\echo invoices
SELECT * FROM r.answer('provider_1', 'painting with documents',
'SELECT kind, document_number, total, currency FROM dwello.invoices(max_results => 10)');
ROLLBACK TO example;

\echo invoice
SELECT * FROM r.answer('provider_1', 'painting with documents',
'SELECT to_jsonb(i) - ''invoice_id'' - ''transaction_id'' - ''issued_at'' AS document
  FROM dwello.invoices(kind => ''receipt'', max_results => 1) AS l, dwello.invoice(l.invoice_id) AS i');
ROLLBACK TO example;

\echo set_tax_profile
SELECT * FROM r.answer('provider_1', NULL,
'SELECT version, country, is_business FROM dwello.set_tax_profile(legal_name => ''Pat Painter'', country => ''US'',
  tax_id => ''123-45-6789'', is_business => true)');
ROLLBACK TO example;

\echo tax_profile
SELECT * FROM r.answer('provider_1', 'a tax profile',
'SELECT legal_name, country, tax_id, version FROM dwello.tax_profile()');
ROLLBACK TO example;

\echo annual_totals
SELECT * FROM r.answer('provider_1', 'painting released',
'SELECT month, currency, transactions, gross, fees, net FROM dwello.annual_totals(year => 2031)');
ROLLBACK TO example;

\echo balance_at
SELECT * FROM r.answer('provider_1', NULL,
'SELECT balance, is_final FROM dwello.balance_at(kind => ''provider_available'', currency => ''USD'')');
ROLLBACK TO example;

\echo account_statement
SELECT * FROM r.answer('provider_1', NULL,
'SELECT line, line_type, transaction_type, amount, balance
  FROM dwello.account_statement(kind => ''provider_available'', currency => ''USD'', from_day => ''2026-01-01'')');
ROLLBACK TO example;

\echo trial_balance
SELECT * FROM r.answer('admin', NULL,
'SELECT currency, sum(balance) AS total FROM dwello.trial_balance() GROUP BY currency ORDER BY currency');
ROLLBACK TO example;

\echo export_ledger
SELECT * FROM r.answer('admin', NULL,
'SELECT text FROM dwello.export_ledger(from_day => ''2026-01-01'') WHERE text NOT LIKE ''%transaction:%''');
ROLLBACK TO example;

\echo get_setting
SELECT * FROM r.answer('homeowner', NULL,
'SELECT dwello.get_setting(name => ''job_expiry_days'')');
ROLLBACK TO example;

\echo set_setting
SELECT * FROM r.answer('admin', NULL,
'SELECT value, version FROM dwello.set_setting(name => ''job_expiry_days'', value => ''45'')');
ROLLBACK TO example;

\echo set_setting_amount
SELECT * FROM r.answer('admin', NULL,
'SELECT amount, version
  FROM dwello.set_setting_amount(name => ''min_bid_amount'', currency => ''EUR'', amount => 4500)');
ROLLBACK TO example;

\echo setting_amounts
SELECT * FROM r.answer('homeowner', NULL,
'SELECT name, amount, is_overridden FROM dwello.setting_amounts(currency => ''USD'') ORDER BY name');
ROLLBACK TO example;

\echo set_flag
SELECT * FROM r.answer('admin', NULL,
'SELECT name, is_enabled, rollout_percentage
  FROM dwello.set_flag(name => ''photo_estimates'', is_enabled => true, rollout_percentage => 25)');
ROLLBACK TO example;

\echo flag_enabled
SELECT * FROM r.answer('provider_1', NULL,
'SELECT dwello.flag_enabled(name => ''mobile_app_notifications'')');
ROLLBACK TO example;

\echo deliver_events
SELECT * FROM r.answer('system', 'painting accepted',
'SELECT dwello.deliver_events(max_rows => 100)');
ROLLBACK TO example;

\echo claim_events
SELECT * FROM r.answer('system', NULL,
'SELECT aggregatetype, type, attempt
  FROM dwello.claim_events(consumer => ''mailer'', types => ARRAY[''job_published''], max_rows => 2)');
ROLLBACK TO example;

\echo ack_events
SELECT * FROM r.answer('system', NULL,
'SELECT a.acked, a.retried, a.dead, a.lost
  FROM (SELECT c.lease_id FROM dwello.claim_events(consumer => ''mailer'', max_rows => 2) AS c LIMIT 1) AS claim,
       dwello.ack_events(consumer => ''mailer'', lease_id => claim.lease_id) AS a');
ROLLBACK TO example;

\echo requeue_events
SELECT * FROM r.answer('system', 'a consumer',
'SELECT count(*) AS requeued FROM dwello.requeue_events(consumer => ''mailer'')');
ROLLBACK TO example;

\echo ensure_partitions
SELECT * FROM r.answer('system', NULL,
'SELECT table_name, partition_name, created
  FROM dwello.ensure_partitions(months_ahead => 0)
 WHERE table_name = ''audit_log''');
ROLLBACK TO example;

\echo check
SELECT * FROM r.answer('admin', 'partitions of today',
'SELECT count(*) AS findings FROM dwello.check() AS c
 WHERE c.rule NOT IN (''preload_missing'', ''keyring_in_data_directory'', ''parameters_logged'')');
ROLLBACK TO example;

\echo load_demo
SELECT * FROM r.answer('superuser', NULL,
'SELECT name, id FROM dwello.load_demo() WHERE name LIKE ''job%''');
ROLLBACK TO example;

\echo error_codes
SELECT * FROM r.answer('homeowner', NULL,
'SELECT code, name, http_status, retryable FROM dwello.error_codes() WHERE code = ''WD103''');
ROLLBACK TO example;

\echo uuidv7
SELECT * FROM r.answer('provider_1', NULL,
'SELECT dwello.uuidv7() < dwello.uuidv7() AS rising');
ROLLBACK TO example;

\echo configure_agent
SELECT * FROM r.answer('provider_1', NULL,
'SELECT is_active, mode, strategy, version
  FROM dwello.configure_agent(mode => ''auto'', max_bids_per_day => 5)');
ROLLBACK TO example;

\echo pause_agent
SELECT * FROM r.answer('provider_1', NULL,
'SELECT is_active, version FROM dwello.pause_agent()');
ROLLBACK TO example;

\echo sign_mandate
SELECT * FROM r.answer('provider_1', NULL,
'SELECT limits, octet_length(digest) AS bytes
  FROM dwello.sign_mandate(max_amount => 250000, max_bids_per_day => 4)');
ROLLBACK TO example;

\echo mandate_text
SELECT * FROM r.answer('provider_1', NULL,
'SELECT dwello.mandate_text(user_id => ''d0000000-0000-7000-8000-000000000011'',
  id => ''d0000000-0000-7000-8000-000000000012'', limits => ''{"max_amount": 250000, "currency": "USD"}'',
  token_id => ''a1'', signed_at => ''2026-01-01 00:00+00'')');
ROLLBACK TO example;

\echo switch_agents
SELECT * FROM r.answer('provider_1', NULL,
'SELECT scope, is_on, reason
  FROM dwello.switch_agents(scope => ''agent'', is_on => false, reason => ''On holiday.'')');
ROLLBACK TO example;

\echo run_agents
SELECT * FROM r.answer('system', NULL,
'SELECT bids >= 0 AS ran FROM dwello.run_agents(max_jobs => 10)');
ROLLBACK TO example;

\echo purge_agent_answers
SELECT * FROM r.answer('system', NULL,
'SELECT dwello.purge_agent_answers(max_rows => 1000) AS deleted');
ROLLBACK TO example;

\echo open_proposals
SELECT * FROM r.answer('provider_1', NULL,
'SELECT count(*) FROM dwello.open_proposals()');
ROLLBACK TO example;

\echo approve_proposal
SELECT * FROM r.answer('provider_1', NULL,
'SELECT count(*) FROM dwello.open_proposals() AS p, dwello.approve_proposal(p.job_id, p.decision_id)');
ROLLBACK TO example;

\echo reject_proposal
SELECT * FROM r.answer('provider_1', NULL,
'SELECT count(*) FROM dwello.open_proposals() AS p, dwello.reject_proposal(p.job_id, p.decision_id)');
ROLLBACK TO example;

\echo claim_agent_work
SELECT * FROM r.answer('system', NULL,
'SELECT count(*) FROM dwello.claim_agent_work(max_rows => 10, lease_seconds => 60)');
ROLLBACK TO example;

\echo propose_agent_bid
SELECT * FROM r.answer('system', NULL,
'SELECT count(p.action) FROM dwello.claim_agent_work() AS w,
  dwello.propose_agent_bid(w.job_id, w.agent_id, w.claim_id, amount => 90000, timeline_days => 3) AS p');
ROLLBACK TO example;

\echo count_users
SELECT * FROM r.answer('superuser', NULL,
'SELECT count(*) FROM dwello.count_users()');
ROLLBACK TO example;

\echo count_jobs
SELECT * FROM r.answer('superuser', NULL,
'SELECT count(*) FROM dwello.count_jobs()');
ROLLBACK TO example;

\echo count_bids
SELECT * FROM r.answer('superuser', NULL,
'SELECT count(*) FROM dwello.count_bids()');
ROLLBACK TO example;

\echo count_contracts
SELECT * FROM r.answer('superuser', NULL,
'SELECT count(*) FROM dwello.count_contracts()');
ROLLBACK TO example;

\echo count_reviews
SELECT * FROM r.answer('superuser', NULL,
'SELECT count(*) FROM dwello.count_reviews()');
ROLLBACK TO example;

\echo agent_query
SELECT * FROM r.answer('system', NULL,
'SELECT count(*) AS agents
  FROM dwello.ai_bidding_agents AS a
 WHERE a.key OPERATOR(dwello.@@@) dwello.agent_query(longitude => -122.42, latitude => 37.77, radius_miles => 25,
    category_ids => ARRAY[''d0000000-0000-7000-8000-000000000011'']::uuid[],
    budget_min => 80000, budget_max => 120000, currency => ''USD'', requirement_bits => 0)');
ROLLBACK TO example;

\echo match_agents
SELECT * FROM r.answer('admin', NULL,
'SELECT agent_id, distance_miles
  FROM dwello.match_agents(job_id => ''de000000-0000-7000-8000-000000000011'')');
ROLLBACK TO example;

\echo match_providers
SELECT * FROM r.answer('admin', NULL,
'SELECT provider_id, distance_miles
  FROM dwello.match_providers(job_id => ''de000000-0000-7000-8000-000000000013'')');
ROLLBACK TO example;

\echo refresh_matching
SELECT * FROM r.answer('system', NULL,
'SELECT dwello.refresh_matching(max_rows => 100)');
ROLLBACK TO example;

\echo seal_logs
SELECT * FROM r.answer('system', NULL,
'SELECT log, sealed, is_complete FROM dwello.seal_logs() WHERE log = ''payment_events''');
ROLLBACK TO example;

\echo verify_audit
SELECT * FROM r.answer('system', NULL,
'SELECT count(*) AS findings FROM dwello.verify_audit()');
ROLLBACK TO example;

\echo audit_history
SELECT * FROM r.answer('admin', NULL,
'SELECT count(*) AS records FROM dwello.audit_history(''system_settings'', ''nobody_set_this'')');
ROLLBACK TO example;

\echo audit_as_of
SELECT * FROM r.answer('system', NULL,
'SELECT a.row_exists, a.image ->> ''user_type'' AS user_type, a.is_complete
  FROM (SELECT created_at, row_key FROM dwello.audit_log
         WHERE table_name = ''users'' AND operation = ''insert'' ORDER BY id LIMIT 1) AS l
  CROSS JOIN LATERAL dwello.audit_as_of(''users'', l.row_key, l.created_at) AS a');
ROLLBACK TO example;

\echo submit_bid
SELECT * FROM r.answer('provider_1', NULL,
'SELECT status, bid_amount, score, eligible
  FROM dwello.submit_bid(job_id => ''de000000-0000-7000-8000-000000000013'',
    labor_cost => 60000, materials_cost => 12000, timeline_days => 2, warranty_months => 12)');
ROLLBACK TO example;

\echo revise_bid
SELECT * FROM r.answer('provider_1', NULL,
'SELECT bid_version, bid_amount, score
  FROM dwello.revise_bid(job_id => ''de000000-0000-7000-8000-000000000011'',
    bid_id => ''de000000-0000-7000-8000-000000000021'',
    labor_cost => 78000, materials_cost => 15000, timeline_days => 3, warranty_months => 24)');
ROLLBACK TO example;

\echo confirm_bid
SELECT * FROM r.answer('provider_1', 'painting edited',
'SELECT bid_version, bid_amount, eligible
  FROM dwello.confirm_bid(job_id => ''de000000-0000-7000-8000-000000000011'',
    bid_id => ''de000000-0000-7000-8000-000000000021'')');
ROLLBACK TO example;

\echo accept_bid
SELECT * FROM r.answer('homeowner', NULL,
'SELECT job_status, bid_status, bid_amount, confirm_by
  FROM dwello.accept_bid(job_id => ''de000000-0000-7000-8000-000000000011'',
    bid_id => ''de000000-0000-7000-8000-000000000021'', expected_amount => 95000)');
ROLLBACK TO example;

\echo confirm_award
SELECT * FROM r.answer('provider_1', 'painting accepted',
'SELECT job_status, escrow_status, amount, currency
  FROM dwello.confirm_award(job_id => ''de000000-0000-7000-8000-000000000011'')');
ROLLBACK TO example;

\echo withdraw_bid
SELECT * FROM r.answer('provider_1', NULL,
'SELECT job_status, bid_status
  FROM dwello.withdraw_bid(job_id => ''de000000-0000-7000-8000-000000000011'',
    bid_id => ''de000000-0000-7000-8000-000000000021'', reason => ''The week is full.'')');
ROLLBACK TO example;

\echo reject_bid
SELECT * FROM r.answer('homeowner', NULL,
'SELECT job_status, bid_status
  FROM dwello.reject_bid(job_id => ''de000000-0000-7000-8000-000000000011'',
    bid_id => ''de000000-0000-7000-8000-000000000022'')');
ROLLBACK TO example;

\echo counter_bid
SELECT * FROM r.answer('homeowner', NULL,
'SELECT round, counter_status, amount
  FROM dwello.counter_bid(job_id => ''de000000-0000-7000-8000-000000000011'',
    bid_id => ''de000000-0000-7000-8000-000000000021'', amount => 88000, message => ''Without the ceiling.'')');
ROLLBACK TO example;

\echo answer_counter
SELECT * FROM r.answer('provider_1', 'painting countered',
'SELECT counter_status, status, bid_version, bid_amount
  FROM dwello.answer_counter(job_id => ''de000000-0000-7000-8000-000000000011'',
    counter_id => (SELECT c.id FROM dwello.counter_offers AS c WHERE c.status = ''pending''), accept => true)');
ROLLBACK TO example;

\echo invite_provider
SELECT * FROM r.answer('homeowner', NULL,
'SELECT invite_status FROM dwello.invite_provider(job_id => ''de000000-0000-7000-8000-000000000013'',
  provider_id => ''de000000-0000-7000-8000-000000000002'', message => ''As last year?'')');
ROLLBACK TO example;

\echo hire_provider
SELECT * FROM r.answer('homeowner', NULL,
'SELECT invite_status, amount, currency
  FROM dwello.hire_provider(job_id => ''de000000-0000-7000-8000-000000000013'',
    provider_id => ''de000000-0000-7000-8000-000000000002'', amount => 70000, timeline_days => 2)');
ROLLBACK TO example;

\echo answer_invite
SELECT * FROM r.answer('provider_1', 'deck offered',
'SELECT invite_status, amount, job_status, escrow_status
  FROM dwello.answer_invite(job_id => ''de000000-0000-7000-8000-000000000013'', accept => true)');
ROLLBACK TO example;

\echo my_invites
SELECT * FROM r.answer('provider_1', 'deck to be bid for',
'SELECT invite_status, title, budget_max, currency, requirements FROM dwello.my_invites()');
ROLLBACK TO example;

\echo expire_bids
SELECT * FROM r.answer('system', 'a month later',
'SELECT expired, lapsed FROM dwello.expire_bids(max_rows => 100)');
ROLLBACK TO example;

\echo expire_contracts
SELECT * FROM r.answer('system', 'a month later',
'SELECT lapsed FROM dwello.expire_contracts(max_rows => 100) AS lapsed');
ROLLBACK TO example;

\echo bid_transitions
SELECT * FROM r.answer('homeowner', NULL,
'SELECT t.* FROM dwello.bid_transitions() AS t WHERE t.state = ''rejected''');
ROLLBACK TO example;

\echo offer_transitions
SELECT * FROM r.answer('homeowner', NULL,
'SELECT t.* FROM dwello.offer_transitions() AS t WHERE t.event = ''withdraw''');
ROLLBACK TO example;

\echo record_psp_fee
SELECT * FROM r.answer('system', NULL,
'SELECT amount, currency, replayed FROM dwello.record_psp_fee(psp => ''demo-psp'', event_id => ''evt_fee_1'', amount => 1190,
  currency => ''USD'', occurred_at => ''2031-03-03 09:00:00+00'')');
ROLLBACK TO example;

\echo record_settlement
SELECT * FROM r.answer('system', NULL,
'SELECT amount, currency, replayed FROM dwello.record_settlement(psp => ''demo-psp'', event_id => ''evt_settlement_1'', amount => 1190,
  currency => ''USD'', occurred_at => ''2031-03-03 09:00:00+00'')');
ROLLBACK TO example;

\echo record_bank_fee
SELECT * FROM r.answer('system', NULL,
'SELECT amount, currency, replayed FROM dwello.record_bank_fee(psp => ''demo-bank'', event_id => ''evt_bank_fee_1'', amount => 1190,
  currency => ''USD'', occurred_at => ''2031-03-03 09:00:00+00'')');
ROLLBACK TO example;

\echo withdraw_fees
SELECT * FROM r.answer('admin', 'painting released',
'SELECT amount, remaining
  FROM dwello.withdraw_fees(amount => 1, currency => ''USD'', reference => ''wire 7'', idempotency_key => ''fees-1'')');
ROLLBACK TO example;

\echo import_statement
SELECT * FROM r.answer('system', NULL,
'SELECT lines, imported
  FROM dwello.import_statement(psp => ''demo-psp'', lines => ''[{"line_id": "txn_1", "event_id": "evt_demo_1", "kind": "payment",
    "amount": 35000, "currency": "USD", "time": "2031-03-03T09:00:00Z"},
    {"line_id": "txn_2", "reference": "evt_demo_1", "kind": "fee", "amount": 1045, "currency": "USD",
    "time": "2031-03-03T09:00:00Z"}]'')');
ROLLBACK TO example;

\echo reconcile_external
SELECT * FROM r.answer('system', 'a statement',
'SELECT line_id, kind, verdict, stated_amount, booked_amount
  FROM dwello.reconcile_external(psp => ''demo-psp'', from_time => ''2031-03-03'', to_time => ''2031-03-04'')');
ROLLBACK TO example;

\echo book_statement_line
SELECT * FROM r.answer('system', 'a statement',
'SELECT line_id, amount, currency, replayed
  FROM dwello.book_statement_line(psp => ''demo-psp'', line_id => ''txn_2'')');
ROLLBACK TO example;

\echo set_psp_units
SELECT * FROM r.answer('admin', NULL,
'SELECT exponent, version
  FROM dwello.set_psp_units(psp => ''demo-psp'', currency => ''ISK'', exponent => 2)');
ROLLBACK TO example;

\echo psp_exponent
SELECT * FROM r.answer('system', NULL,
'SELECT dwello.psp_exponent(psp => ''demo-psp'', currency => ''HUF'') AS huf,
  dwello.psp_exponent(psp => ''demo-psp'', currency => ''USD'') AS usd');
ROLLBACK TO example;

\echo open_dispute
SELECT * FROM r.answer('homeowner', 'painting submitted',
'SELECT dispute_status, disputed_amount, homeowner_offer, answer_by
  FROM dwello.open_dispute(job_id => ''de000000-0000-7000-8000-000000000011'', amount => 80000,
    reason => ''Two doors stick.'')');
ROLLBACK TO example;

\echo answer_dispute
SELECT * FROM r.answer('provider_1', 'painting disputed',
'SELECT dispute_status, homeowner_offer, provider_offer, answer_by
  FROM dwello.answer_dispute(job_id => ''de000000-0000-7000-8000-000000000011'', amount => 90000)');
ROLLBACK TO example;

\echo withdraw_dispute
SELECT * FROM r.answer('homeowner', 'painting disputed',
'SELECT dispute_status, escrow_status
  FROM dwello.withdraw_dispute(job_id => ''de000000-0000-7000-8000-000000000011'')');
ROLLBACK TO example;

\echo resolve_dispute
SELECT * FROM r.answer('support', 'painting disputed',
'SELECT dispute_status, settled_amount, released, refunded
  FROM dwello.resolve_dispute(job_id => ''de000000-0000-7000-8000-000000000011'', homeowner_amount => 10000,
    reason => ''One of the two doors was warped before.'')');
ROLLBACK TO example;

\echo expire_disputes
SELECT * FROM r.answer('system', 'painting disputed for a month',
'SELECT settled FROM dwello.expire_disputes(max_rows => 100)');
ROLLBACK TO example;

\echo open_chargeback
SELECT * FROM r.answer('system', 'painting paid',
'SELECT held_amount, clawed_back, escrow_status
  FROM dwello.open_chargeback(job_id => ''de000000-0000-7000-8000-000000000011'', psp => ''demo-psp'',
    event_id => ''evt_3'', amount => 95000, currency => ''USD'')');
ROLLBACK TO example;

\echo close_chargeback
SELECT * FROM r.answer('system', 'painting charged back',
'SELECT chargeback_status, escrow_status, held
  FROM dwello.close_chargeback(job_id => ''de000000-0000-7000-8000-000000000011'', psp => ''demo-psp'',
    event_id => ''evt_4'', won => true)');
ROLLBACK TO example;

\echo reverse_transaction
SELECT * FROM r.answer('admin', NULL,
'SELECT amount, fee, escrow_status, held
  FROM dwello.reverse_transaction(job_id => ''de000000-0000-7000-8000-000000000012'',
    transaction_id => (SELECT s.transaction_id
                         FROM dwello.escrow_statement(''de000000-0000-7000-8000-000000000012'') AS s
                        WHERE s.transaction_type = ''release''),
    amount => 5000, reason => ''The valve was not replaced.'')');
ROLLBACK TO example;

\echo request_refund
SELECT * FROM r.answer('homeowner', 'painting started',
'SELECT request_status, escrow_status, held
  FROM dwello.request_refund(job_id => ''de000000-0000-7000-8000-000000000011'', amount => 15000,
    reason => ''The ceiling stays as it is.'')');
ROLLBACK TO example;

\echo answer_refund
SELECT * FROM r.answer('provider_1', 'painting to be refunded',
'SELECT request_status, refund, escrow_status, held
  FROM dwello.answer_refund(job_id => ''de000000-0000-7000-8000-000000000011'', is_accepted => true)');
ROLLBACK TO example;

\echo expire_refund_requests
SELECT * FROM r.answer('system', 'a month later',
'SELECT agreed FROM dwello.expire_refund_requests(max_rows => 100) AS agreed');
ROLLBACK TO example;

\echo report_no_show
SELECT * FROM r.answer('homeowner', 'painting started',
'SELECT request_status, escrow_status, held
  FROM dwello.report_no_show(job_id => ''de000000-0000-7000-8000-000000000011'',
    reason => ''Nobody came on Monday, nor called.'')');
ROLLBACK TO example;

\echo answer_no_show
SELECT * FROM r.answer('provider_1', 'painting reported',
'SELECT request_status, refund, status, escrow_status
  FROM dwello.answer_no_show(job_id => ''de000000-0000-7000-8000-000000000011'', is_accepted => true)');
ROLLBACK TO example;

\echo expire_no_shows
SELECT * FROM r.answer('system', 'a month later',
'SELECT ended FROM dwello.expire_no_shows(max_rows => 100) AS ended');
ROLLBACK TO example;

\echo validate_json
SELECT * FROM r.answer('homeowner', NULL,
'SELECT dwello.validate_json(''review_axes'', ''{"quality": 5}'') AS good,
       dwello.validate_json(''review_axes'', ''{"quality": "high"}'') AS bad');
ROLLBACK TO example;

\echo json_errors
SELECT * FROM r.answer('homeowner', NULL,
'SELECT * FROM dwello.json_errors(
  ''{"properties": {"rooms": {"type": "integer", "minimum": 1}}, "required": ["city"]}'',
  ''{"rooms": 0}'')');
ROLLBACK TO example;

\echo set_json_schema
SELECT * FROM r.answer('admin', NULL,
'SELECT name, version FROM dwello.set_json_schema(
  name => ''delivery_note'', schema => ''{"type": "object", "required": ["item"]}'')');
ROLLBACK TO example;

\echo json_is_valid
SELECT * FROM r.answer('system', NULL,
'SELECT dwello.json_is_valid(''review_axes'', ''{"quality": 5}'') AS good,
       dwello.json_is_valid(''review_axes'', ''{"quality": 6}'') AS bad');
ROLLBACK TO example;

\echo builtin_json_schemas
SELECT * FROM r.answer('system', NULL,
'SELECT name, schema FROM dwello.builtin_json_schemas() WHERE name = ''review_axes''');
ROLLBACK TO example;

\echo fund_escrow
SELECT * FROM r.answer('homeowner', 'painting confirmed',
'SELECT amount, currency, pay_by, escrow_status
  FROM dwello.fund_escrow(job_id => ''de000000-0000-7000-8000-000000000011'')');
ROLLBACK TO example;

\echo tip
SELECT * FROM r.answer('homeowner', 'painting released',
'SELECT amount, currency FROM dwello.tip(job_id => ''de000000-0000-7000-8000-000000000011'', amount => 2000)');
ROLLBACK TO example;

\echo confirm_payment
SELECT * FROM r.answer('system', 'painting asked to pay',
'SELECT amount, is_late, escrow_status, held
  FROM dwello.confirm_payment(job_id => ''de000000-0000-7000-8000-000000000011'', psp => ''demo-psp'',
    event_id => ''evt_2'', amount => 95000, currency => ''USD'')');
ROLLBACK TO example;

\echo confirm_authorization
SELECT * FROM r.answer('system', 'painting asked to pay',
'SELECT amount, authorization_status, escrow_status, held
  FROM dwello.confirm_authorization(job_id => ''de000000-0000-7000-8000-000000000011'', psp => ''demo-psp'',
    event_id => ''evt_auth'', amount => 95000, currency => ''USD'', expires_at => ''2031-03-10'')');
ROLLBACK TO example;

\echo request_capture
SELECT * FROM r.answer('homeowner', 'painting authorised',
'SELECT amount, currency, escrow_status
  FROM dwello.request_capture(job_id => ''de000000-0000-7000-8000-000000000011'', amount => 40000)');
ROLLBACK TO example;

\echo expire_authorizations
SELECT * FROM r.answer('system', 'painting authorised',
'SELECT told FROM dwello.expire_authorizations(max_rows => 100) AS told');
ROLLBACK TO example;

\echo receipts
SELECT * FROM r.answer('system', NULL,
'SELECT count(*) AS held FROM dwello.receipts(status => ''held'')');
ROLLBACK TO example;

\echo release_escrow
SELECT * FROM r.answer('homeowner', 'painting submitted',
'SELECT amount, fee, tax, payout, escrow_status, held
  FROM dwello.release_escrow(job_id => ''de000000-0000-7000-8000-000000000011'', amount => 50000)');
ROLLBACK TO example;

\echo approve_milestone
SELECT * FROM r.answer('homeowner', 'painting submitted',
'SELECT amount, fee, payout, escrow_status
  FROM dwello.approve_milestone(job_id => ''de000000-0000-7000-8000-000000000011'',
    milestone_id => (SELECT m.id FROM dwello.job_milestones AS m
                      WHERE m.job_id = ''de000000-0000-7000-8000-000000000011''))');
ROLLBACK TO example;

\echo refund_escrow
SELECT * FROM r.answer('provider_1', 'painting paid',
'SELECT amount, escrow_status, held, refunded
  FROM dwello.refund_escrow(job_id => ''de000000-0000-7000-8000-000000000011'', amount => 15000,
    reason => ''The primer was on hand.'')');
ROLLBACK TO example;

\echo cancel_escrow
SELECT * FROM r.answer('homeowner', 'painting asked to pay',
'SELECT escrow_status, funded
  FROM dwello.cancel_escrow(job_id => ''de000000-0000-7000-8000-000000000011'', reason => ''The house is sold.'')');
ROLLBACK TO example;

\echo cancellation_policy
SELECT * FROM r.answer('homeowner', 'painting accepted',
'SELECT count(*) AS tiers, max(share_ppm) AS greatest
  FROM dwello.cancellation_policy(job_id => ''de000000-0000-7000-8000-000000000011'')');
ROLLBACK TO example;

\echo quote_cancellation
SELECT * FROM r.answer('homeowner', 'painting paid',
'SELECT source, starts_at, share_ppm, price, payout, refund
  FROM dwello.quote_cancellation(job_id => ''de000000-0000-7000-8000-000000000011'')');
ROLLBACK TO example;

\echo abandon_payment
SELECT * FROM r.answer('homeowner', 'painting asked to pay',
'SELECT escrow_status, funded
  FROM dwello.abandon_payment(job_id => ''de000000-0000-7000-8000-000000000011'')');
ROLLBACK TO example;

\echo expire_payments
SELECT * FROM r.answer('system', 'a month later',
'SELECT expired FROM dwello.expire_payments(max_rows => 100) AS expired');
ROLLBACK TO example;

\echo fail_payment
SELECT * FROM r.answer('system', 'painting asked to pay',
'SELECT amount, escrow_status
  FROM dwello.fail_payment(job_id => ''de000000-0000-7000-8000-000000000011'', psp => ''demo-psp'',
    event_id => ''evt_2'', reason => ''card_declined'', is_final => true)');
ROLLBACK TO example;

\echo escrow_transitions
SELECT * FROM r.answer('homeowner', NULL,
'SELECT t.* FROM dwello.escrow_transitions() AS t WHERE t.state = ''created''');
ROLLBACK TO example;

\echo milestone_transitions
SELECT * FROM r.answer('homeowner', NULL,
'SELECT t.* FROM dwello.milestone_transitions() AS t WHERE t.state = ''funded'' AND t.event = ''submit_milestone''');
ROLLBACK TO example;

\echo submit_milestone
SELECT * FROM r.answer('provider_1', 'painting started',
'SELECT milestone_status, amount, auto_release_at
  FROM dwello.submit_milestone(job_id => ''de000000-0000-7000-8000-000000000011'', notes => ''Two coats, dry.'')');
ROLLBACK TO example;

\echo request_changes
SELECT * FROM r.answer('homeowner', 'painting submitted',
'SELECT milestone_status, amount
  FROM dwello.request_changes(job_id => ''de000000-0000-7000-8000-000000000011'', notes => ''One door drips.'')');
ROLLBACK TO example;

\echo propose_change_order
SELECT * FROM r.answer('provider_1', 'painting started',
'SELECT change_order_status, amount, days
  FROM dwello.propose_change_order(job_id => ''de000000-0000-7000-8000-000000000011'',
    title => ''The ceiling, too'', amount => 20000, days => 1)');
ROLLBACK TO example;

\echo answer_change_order
SELECT * FROM r.answer('homeowner', 'painting to be extended',
'SELECT change_order_status, contract_amount, transaction_amount, escrow_status, held
  FROM dwello.answer_change_order(job_id => ''de000000-0000-7000-8000-000000000011'',
    change_order_id => (SELECT c.id FROM dwello.change_orders AS c WHERE c.status = ''pending''), accept => true)');
ROLLBACK TO example;

\echo propose_plan
SELECT * FROM r.answer('provider_1', 'painting started',
'SELECT plan_status, held
  FROM dwello.propose_plan(job_id => ''de000000-0000-7000-8000-000000000011'',
    milestones => ''[{"title": "Doors", "amount": 60000}, {"title": "Drawers", "amount": 35000}]'')');
ROLLBACK TO example;

\echo answer_plan
SELECT * FROM r.answer('homeowner', 'painting to be divided',
'SELECT plan_status, held
  FROM dwello.answer_plan(job_id => ''de000000-0000-7000-8000-000000000011'', is_accepted => true)');
ROLLBACK TO example;

\echo release_due_escrows
SELECT * FROM r.answer('system', 'painting left alone for a month',
'SELECT released, jobs FROM dwello.release_due_escrows(max_rows => 100)');
ROLLBACK TO example;

\echo escrow_next_events
SELECT * FROM r.answer('homeowner', 'painting submitted',
'SELECT event, at, stoppable_by, detail
  FROM dwello.escrow_next_events(job_id => ''de000000-0000-7000-8000-000000000011'')');
ROLLBACK TO example;

\echo confirm_refund
SELECT * FROM r.answer('system', 'painting refunded',
'SELECT amount, refund_status, refunded
  FROM dwello.confirm_refund(job_id => ''de000000-0000-7000-8000-000000000011'', psp => ''demo-psp'',
    event_id => ''evt_5'')');
ROLLBACK TO example;

\echo fail_refund
SELECT * FROM r.answer('system', 'painting refunded',
'SELECT amount, refund_status, receipt_id IS NOT NULL AS has_receipt
  FROM dwello.fail_refund(job_id => ''de000000-0000-7000-8000-000000000011'', psp => ''demo-psp'',
    event_id => ''evt_6'', reason => ''The account is closed.'')');
ROLLBACK TO example;

\echo return_receipt
SELECT * FROM r.answer('system', 'painting to be paid by a receipt',
'SELECT x.amount, x.receipt_status
  FROM dwello.receipts(status => ''held'') AS r
 CROSS JOIN dwello.return_receipt(receipt_id => r.receipt_id) AS x');
ROLLBACK TO example;

\echo assign_receipt
SELECT * FROM r.answer('system', 'painting to be paid by a receipt',
'SELECT x.amount, x.remaining, x.receipt_status, x.escrow_status
  FROM dwello.receipts(status => ''held'') AS r
 CROSS JOIN dwello.assign_receipt(receipt_id => r.receipt_id, job_id => ''de000000-0000-7000-8000-000000000011'') AS x');
ROLLBACK TO example;

\echo retry_refund
SELECT * FROM r.answer('system', 'painting refund failed, and another card',
'SELECT x.amount, x.receipt_status
  FROM dwello.receipts(reason => ''refund_failed'') AS r
  JOIN dwello.payment_methods AS m ON m.user_id = r.user_id AND m.last_four = ''1881''
 CROSS JOIN dwello.retry_refund(receipt_id => r.receipt_id, payment_method_id => m.id) AS x');
ROLLBACK TO example;

\echo escrow_is_valid
SELECT * FROM r.answer('system', NULL,
'SELECT dwello.escrow_is_valid(e.contract_amount, e.funded, e.held, e.released, e.refunded,
         e.charged_back, e.disputed, e.fee_taken, e.tax_taken)
  FROM dwello.escrow_accounts AS e');
ROLLBACK TO example;

\echo milestone_is_valid
SELECT * FROM r.answer('system', NULL,
'SELECT dwello.milestone_is_valid(m.amount, m.funded, m.released, m.refunded, m.disputed,
         m.status, m.dispute_id, m.status_before, m.title)
  FROM dwello.job_milestones AS m
 WHERE m.job_id = ''de000000-0000-7000-8000-000000000012''');
ROLLBACK TO example;

\echo fee_amount
SELECT * FROM r.answer('homeowner', NULL,
'SELECT dwello.fee_amount(amount => 95000, rate_ppm => 50000)');
ROLLBACK TO example;

\echo allocate
SELECT * FROM r.answer('homeowner', NULL,
'SELECT dwello.allocate(amount => 10000, weights => ''{1,1,1}'')');
ROLLBACK TO example;

\echo quote_fee
SELECT * FROM r.answer('homeowner', NULL,
'SELECT fee, tax, payout, charge, payer, rate_ppm FROM dwello.quote_fee(amount => 95000)');
ROLLBACK TO example;

\echo set_fee_schedule
SELECT * FROM r.answer('admin', NULL,
'SELECT version
  FROM dwello.set_fee_schedule(name => ''Painting in spring'', rate_ppm => 40000,
    category_id => ''d0000000-0000-7000-8000-000000000011'', valid_until => ''2031-06-01 00:00+00'')');
ROLLBACK TO example;

\echo end_fee_schedule
SELECT * FROM r.answer('admin', 'a fee schedule',
'SELECT valid_until, version
  FROM dwello.end_fee_schedule(schedule_id => ''de000000-0000-7000-8000-0000000000f2'',
    valid_until => ''2031-04-01 00:00+00'')');
ROLLBACK TO example;

\echo simulate_fees
SELECT * FROM r.answer('admin', NULL,
'SELECT provider_id, releases, fee, simulated_fee, difference
  FROM dwello.simulate_fees(schedule => ''{"rate_ppm": 40000}'', from_time => ''2020-01-01 00:00+00'',
    to_time => ''2040-01-01 00:00+00'')');
ROLLBACK TO example;

\echo add_promo_code
SELECT * FROM r.answer('admin', NULL,
'SELECT code, version FROM dwello.add_promo_code(code => ''SPRING-10'', rate_ppm => 100000)');
ROLLBACK TO example;

\echo apply_promo
SELECT * FROM r.answer('homeowner', 'painting confirmed with a promo code at hand',
'SELECT code, waived, charge
  FROM dwello.apply_promo(job_id => ''de000000-0000-7000-8000-000000000011'', code => ''SPRING-10'')');
ROLLBACK TO example;

\echo post_job
SELECT * FROM r.answer('homeowner', NULL,
'SELECT status, terms_version, version
  FROM dwello.post_job(category_id => ''d0000000-0000-7000-8000-000000000018'', title => ''Shelves'',
    description => ''Three shelves in the hall.'', longitude => -122.4194, latitude => 37.7749,
    budget_min => 10000, budget_max => 20000)');
ROLLBACK TO example;

\echo publish_job
SELECT * FROM r.answer('homeowner', 'a draft',
'SELECT status, expires_at, reference_amount, reference_source
  FROM dwello.publish_job(job_id => ''de000000-0000-7000-8000-000000000099'')');
ROLLBACK TO example;

\echo start_job
SELECT * FROM r.answer('provider_1', 'painting paid',
'SELECT status FROM dwello.start_job(job_id => ''de000000-0000-7000-8000-000000000011'')');
ROLLBACK TO example;

\echo job_site
SELECT * FROM r.answer('homeowner', NULL,
'SELECT street, longitude, latitude
  FROM dwello.job_site(job_id => ''de000000-0000-7000-8000-000000000011'')');
ROLLBACK TO example;

\echo complete_job
SELECT * FROM r.answer('homeowner', 'painting released',
'SELECT status, replayed FROM dwello.complete_job(job_id => ''de000000-0000-7000-8000-000000000011'')');
ROLLBACK TO example;

\echo edit_job
SELECT * FROM r.answer('homeowner', NULL,
'SELECT status, terms_version
  FROM dwello.edit_job(job_id => ''de000000-0000-7000-8000-000000000011'',
    description => ''Twelve doors, eight drawers.'')');
ROLLBACK TO example;

\echo report_progress
SELECT * FROM r.answer('provider_1', 'painting started',
'SELECT progress, created_at
  FROM dwello.report_progress(job_id => ''de000000-0000-7000-8000-000000000011'', progress => 40,
    status_description => ''Doors are primed.'')');
ROLLBACK TO example;

\echo cancel_job
SELECT * FROM r.answer('homeowner', NULL,
'SELECT status FROM dwello.cancel_job(job_id => ''de000000-0000-7000-8000-000000000013'', reason => ''We are moving.'')');
ROLLBACK TO example;

\echo abandon_job
SELECT * FROM r.answer('provider_1', 'painting started',
'SELECT status, responsible, refund FROM dwello.abandon_job(job_id => ''de000000-0000-7000-8000-000000000011'',
    reason => ''I have broken my arm.'')');
ROLLBACK TO example;

\echo expire_jobs
SELECT * FROM r.answer('system', 'a month later',
'SELECT dwello.expire_jobs(max_rows => 100)');
ROLLBACK TO example;

\echo job_next_events
SELECT * FROM r.answer('homeowner', 'painting accepted',
'SELECT event, at, stoppable_by
  FROM dwello.job_next_events(job_id => ''de000000-0000-7000-8000-000000000011'')');
ROLLBACK TO example;

\echo set_timers
SELECT * FROM r.answer('admin', NULL,
'SELECT timers
  FROM dwello.set_timers(job_id => ''de000000-0000-7000-8000-000000000011'', timers => ''{"award_confirm_hours": 72}'')');
ROLLBACK TO example;

\echo job_transitions
SELECT * FROM r.answer('homeowner', NULL,
'SELECT t.* FROM dwello.job_transitions() AS t WHERE t.state = ''draft''');
ROLLBACK TO example;

\echo plan_milestones
SELECT * FROM r.answer('homeowner', 'painting confirmed',
'SELECT title, amount, milestone_status
  FROM dwello.plan_milestones(job_id => ''de000000-0000-7000-8000-000000000011'',
    milestones => ''[{"title": "Doors", "amount": 60000}, {"title": "Drawers", "amount": 35000}]'')');
ROLLBACK TO example;

\echo add_category
SELECT * FROM r.answer('admin', NULL,
'SELECT version
  FROM dwello.add_category(name => ''Wallpaper'', parent_id => ''d0000000-0000-7000-8000-000000000011'')');
ROLLBACK TO example;

\echo edit_category
SELECT * FROM r.answer('admin', NULL,
'SELECT version
  FROM dwello.edit_category(category_id => ''d0000000-0000-7000-8000-000000000017'', reference_amount => 250000,
    currency => ''USD'')');
ROLLBACK TO example;

\echo learn_agents
SELECT * FROM r.answer('system', NULL,
'SELECT * FROM dwello.learn_agents()');
ROLLBACK TO example;

\echo promote_parameters
SELECT * FROM r.answer('provider_1', NULL,
'SELECT parameters_version, replayed FROM dwello.promote_parameters(version => 0)');
ROLLBACK TO example;

\echo revert_agent
SELECT * FROM r.answer('provider_1', NULL,
'SELECT parameters_version, replayed FROM dwello.revert_agent(version => 0)');
ROLLBACK TO example;

\echo verify_ledger
SELECT * FROM r.answer('admin', NULL,
'SELECT count(*) AS problems FROM dwello.verify_ledger()');
ROLLBACK TO example;

\echo reconcile
SELECT * FROM r.answer('admin', NULL,
'SELECT count(*) AS discrepancies FROM dwello.reconcile()');
ROLLBACK TO example;

\echo escrow_statement
SELECT * FROM r.answer('homeowner', NULL,
'SELECT line, transaction_type, amount_in, payout, fee, held
  FROM dwello.escrow_statement(job_id => ''de000000-0000-7000-8000-000000000012'')');
ROLLBACK TO example;

\echo rollup_balances
SELECT * FROM r.answer('system', NULL,
'SELECT created, waits_for FROM dwello.rollup_balances(max_rows => 1000)');
ROLLBACK TO example;

\echo set_fx_rate
SELECT * FROM r.answer('admin', NULL,
'SELECT from_currency, to_currency, numerator, denominator, valid_from
  FROM dwello.set_fx_rate(from_currency => ''USD'', to_currency => ''EUR'', numerator => 92, denominator => 100)');
ROLLBACK TO example;

\echo to_minor
SELECT * FROM r.answer('provider_1', NULL,
'SELECT dwello.to_minor(amount => 950.00, currency => ''USD'')');
ROLLBACK TO example;

\echo from_minor
SELECT * FROM r.answer('provider_1', NULL,
'SELECT dwello.from_minor(amount => 95000, currency => ''USD'')');
ROLLBACK TO example;

\echo transaction_is_valid
SELECT * FROM r.answer('system', NULL,
'SELECT bool_and(dwello.transaction_is_valid(t.amount, t.platform_fee, t.tax, t.net_amount,
         t.status, t.hash, t.completed_at)) AS all_valid FROM dwello.transactions AS t');
ROLLBACK TO example;

\echo rebuild_market_prices
SELECT * FROM r.answer('system', NULL,
'SELECT last_job_id, corrected FROM dwello.rebuild_market_prices()');
ROLLBACK TO example;

\echo job_query
SELECT * FROM r.answer('system', NULL,
'SELECT count(*) AS jobs
  FROM dwello.jobs AS j
 WHERE j.key OPERATOR(dwello.@@@) dwello.job_query(longitude => -122.42, latitude => 37.77, radius_miles => 10,
    as_of => ''2031-03-03 09:00+00'')');
ROLLBACK TO example;

\echo job_score
SELECT * FROM r.answer('system', NULL,
'SELECT round(dwello.job_score(key => j.key, query => dwello.job_query(-122.42, 37.77, 10, ''2031-03-03 09:00+00''))::numeric, 4) AS score
  FROM dwello.jobs AS j WHERE j.id = ''de000000-0000-7000-8000-000000000011''');
ROLLBACK TO example;

\echo match_jobs
SELECT * FROM r.answer('provider_1', NULL,
'SELECT job_id, round(score::numeric, 4) AS score, round(distance_miles::numeric, 2) AS miles, title
  FROM dwello.match_jobs(max_results => 5)');
ROLLBACK TO example;

\echo explain_match
SELECT * FROM r.answer('provider_1', NULL,
'SELECT term, round(value::numeric, 4) AS value, round(weight::numeric, 2) AS weight, matches
  FROM dwello.explain_match(job_id => ''de000000-0000-7000-8000-000000000011'')');
ROLLBACK TO example;

\echo job_key
SELECT * FROM r.answer('system', NULL,
'SELECT dwello.job_key(longitude => -122.42, latitude => 37.77,
    category_id => ''d0000000-0000-7000-8000-000000000011'', published_at => NULL, budget_min => 80000,
    budget_max => 120000, currency => ''USD'', urgency_rank => 1, requirement_bits => 0) IS NULL AS unpublished');
ROLLBACK TO example;

\echo job_matches
SELECT * FROM r.answer('system', NULL,
'SELECT dwello.job_matches(key => j.key, query => dwello.job_query(-122.42, 37.77, 10, ''2031-03-03 09:00+00''))
  FROM dwello.jobs AS j WHERE j.id = ''de000000-0000-7000-8000-000000000011''');
ROLLBACK TO example;

\echo job_distance
SELECT * FROM r.answer('system', NULL,
'SELECT round(dwello.job_distance(key => j.key, query => dwello.job_query(-122.42, 37.77, 10, ''2031-03-03 09:00+00''))::numeric, 4) AS distance
  FROM dwello.jobs AS j WHERE j.id = ''de000000-0000-7000-8000-000000000011''');
ROLLBACK TO example;

\echo agent_key
SELECT * FROM r.answer('system', NULL,
'SELECT dwello.agent_key(longitude => NULL, latitude => NULL, radius_miles => 10, area => NULL,
    category_ids => NULL, budget_min => NULL, budget_max => NULL, currency => NULL,
    capability_bits => NULL) IS NULL AS nowhere');
ROLLBACK TO example;

\echo agent_matches
SELECT * FROM r.answer('system', NULL,
'SELECT dwello.agent_matches(key => a.key, query => dwello.agent_query(-122.42, 37.77, 25,
    ARRAY[''d0000000-0000-7000-8000-000000000011'']::uuid[], 80000, 120000, ''USD'', 0))
  FROM dwello.ai_bidding_agents AS a WHERE a.user_id = ''de000000-0000-7000-8000-000000000002''');
ROLLBACK TO example;

\echo send_message
SELECT * FROM r.answer('provider_1', NULL,
'SELECT job_id, recipient_id, version
  FROM dwello.send_message(job_id => ''de000000-0000-7000-8000-000000000011'',
    content => ''May I see the kitchen on Friday?'')');
ROLLBACK TO example;

\echo mark_read
SELECT * FROM r.answer('homeowner', 'a message',
'SELECT marked FROM dwello.mark_read(job_id => ''de000000-0000-7000-8000-000000000011'')');
ROLLBACK TO example;

\echo threads
SELECT * FROM r.answer('homeowner', 'a message',
'SELECT with_user_id, title, last_content, unread FROM dwello.threads(max_results => 5)');
ROLLBACK TO example;

\echo thread
SELECT * FROM r.answer('homeowner', 'a message',
'SELECT sender_id, content, read_at
  FROM dwello.thread(job_id => ''de000000-0000-7000-8000-000000000011'',
    with_user_id => ''de000000-0000-7000-8000-000000000002'')');
ROLLBACK TO example;

\echo provider_balance
SELECT * FROM r.answer('provider_1', NULL,
'SELECT * FROM dwello.provider_balance()');
ROLLBACK TO example;

\echo request_payout
SELECT * FROM r.answer('provider_1', NULL,
'SELECT amount, currency, paid_amount, status, hold_until FROM dwello.request_payout(amount => 20000)');
ROLLBACK TO example;

\echo request_due_payouts
SELECT * FROM r.answer('system', NULL,
'SELECT providers, payouts FROM dwello.request_due_payouts(max_rows => 100)');
ROLLBACK TO example;

\echo release_reserves
SELECT * FROM r.answer('system', NULL,
'SELECT providers, freed FROM dwello.release_reserves(max_rows => 100)');
ROLLBACK TO example;

\echo cancel_payout
SELECT * FROM r.answer('provider_1', 'a payout',
'SELECT amount, status
  FROM dwello.cancel_payout(payout_id => (SELECT p.id FROM dwello.payouts AS p))');
ROLLBACK TO example;

\echo confirm_payout
SELECT * FROM r.answer('system', 'a payout',
'SELECT amount, paid_amount, status
  FROM dwello.confirm_payout(user_id => ''de000000-0000-7000-8000-000000000002'',
    payout_id => (SELECT p.id FROM dwello.payouts AS p), psp => ''demo-psp'', event_id => ''evt_5'')');
ROLLBACK TO example;

\echo fail_payout
SELECT * FROM r.answer('system', 'a payout',
'SELECT amount, status
  FROM dwello.fail_payout(user_id => ''de000000-0000-7000-8000-000000000002'',
    payout_id => (SELECT p.id FROM dwello.payouts AS p), psp => ''demo-psp'', event_id => ''evt_5'',
    reason => ''account_closed'')');
ROLLBACK TO example;

\echo repay_balance
SELECT * FROM r.answer('provider_1', 'a debt',
'SELECT amount, currency FROM dwello.repay_balance(amount => 1000)');
ROLLBACK TO example;

\echo confirm_repayment
SELECT * FROM r.answer('system', 'a debt',
'SELECT amount, currency
  FROM dwello.confirm_repayment(user_id => ''de000000-0000-7000-8000-000000000002'', psp => ''demo-psp'',
    event_id => ''evt_7'', amount => 1000, currency => ''USD'')');
ROLLBACK TO example;

\echo expire_repayments
SELECT * FROM r.answer('system', NULL,
'SELECT dwello.expire_repayments(max_rows => 100)');
ROLLBACK TO example;

\echo write_off
SELECT * FROM r.answer('admin', 'a debt',
'SELECT amount, currency
  FROM dwello.write_off(user_id => ''de000000-0000-7000-8000-000000000002'', reason => ''Moved abroad.'')');
ROLLBACK TO example;

\echo decide_agent
SELECT * FROM r.answer('provider_1', NULL,
'SELECT decision, reason, amount, currency FROM dwello.decide_agent(
  job_id => ''de000000-0000-7000-8000-000000000013'')');
ROLLBACK TO example;

\echo compare_agent
SELECT * FROM r.answer('provider_1', NULL,
'SELECT item, under_a, under_b FROM dwello.compare_agent(
  job_id => ''de000000-0000-7000-8000-000000000013'', b => ''{"strategy": "premium"}'') WHERE differs');
ROLLBACK TO example;

\echo replay_decision
SELECT * FROM r.answer('provider_1', NULL,
'SELECT count(*) AS replayed, count(*) FILTER (WHERE r.is_equal) AS equal
  FROM dwello.ai_agent_activity AS a, dwello.replay_decision(decision_id => a.id) AS r');
ROLLBACK TO example;

\echo agent_report
SELECT * FROM r.answer('provider_1', NULL,
'SELECT decisions, bids, won, lost, advice FROM dwello.agent_report()');
ROLLBACK TO example;

\echo backtest_agent
SELECT * FROM r.answer('provider_1', NULL,
'SELECT jobs, bids, wins, currency, declines FROM dwello.backtest_agent(
  from_time => ''2026-01-01'', to_time => ''2026-02-01'')');
ROLLBACK TO example;

\echo post_review
SELECT * FROM r.answer('homeowner', 'painting released',
'SELECT reviewee_id, revealed
  FROM dwello.post_review(job_id => ''de000000-0000-7000-8000-000000000011'', rating => 4,
    comment => ''A fine finish, a day late.'', axes => ''{"punctuality": 3}'')');
ROLLBACK TO example;

\echo respond_to_review
SELECT * FROM r.answer('provider_1', NULL,
'SELECT job_id, version
  FROM dwello.respond_to_review(job_id => ''de000000-0000-7000-8000-000000000012'',
    review_id => (SELECT r.review_id FROM dwello.reviews_of(''de000000-0000-7000-8000-000000000002'') AS r),
    response => ''Thank you!'')');
ROLLBACK TO example;

\echo reviews_of
SELECT * FROM r.answer('homeowner', NULL,
'SELECT rating, title, comment, reviewer_type
  FROM dwello.reviews_of(user_id => ''de000000-0000-7000-8000-000000000002'')');
ROLLBACK TO example;

\echo score_bid
SELECT * FROM r.answer('homeowner', NULL,
'SELECT score, total, eligible
  FROM dwello.score_bid(job_id => ''de000000-0000-7000-8000-000000000011'',
    bid_id => ''de000000-0000-7000-8000-000000000021'')');
ROLLBACK TO example;

\echo rank_bids
SELECT * FROM r.answer('homeowner', NULL,
'SELECT rank, provider_id, bid_amount, score, flags
  FROM dwello.rank_bids(job_id => ''de000000-0000-7000-8000-000000000011'')');
ROLLBACK TO example;

\echo award_robustness
SELECT * FROM r.answer('homeowner', NULL,
'SELECT rank, wins, weightings, share, flip_from, flip_to, flip_bps
  FROM dwello.award_robustness(job_id => ''de000000-0000-7000-8000-000000000011'')');
ROLLBACK TO example;

\echo refresh_ranks
SELECT * FROM r.answer('system', NULL,
'SELECT jobs, bids FROM dwello.refresh_ranks(max_rows => 100)');
ROLLBACK TO example;

\echo explain_bid
SELECT * FROM r.answer('homeowner', NULL,
'SELECT criterion, raw, weight_bps, points
  FROM dwello.explain_bid(job_id => ''de000000-0000-7000-8000-000000000011'',
    bid_id => ''de000000-0000-7000-8000-000000000021'')');
ROLLBACK TO example;

\echo search_jobs
SELECT * FROM r.answer('provider_1', NULL,
'SELECT job_id, title, budget_max, round(score::numeric, 4) AS score
  FROM dwello.search_jobs(query => ''cabinet or deck'', longitude => -122.42, latitude => 37.77, radius_miles => 10)');
ROLLBACK TO example;

\echo search_facets
SELECT * FROM r.answer('provider_1', NULL,
'SELECT facet, urgency, lower_bound, upper_bound, jobs
  FROM dwello.search_facets(longitude => -122.42, latitude => 37.77, radius_miles => 10)
 WHERE facet <> ''category''');
ROLLBACK TO example;

\echo save_search
SELECT * FROM r.answer('provider_1', NULL,
'SELECT user_id, version
  FROM dwello.save_search(query => ''deck'', longitude => -122.42, latitude => 37.77, radius_miles => 15, name => ''Decks'')');
ROLLBACK TO example;

\echo delete_search
SELECT * FROM r.answer('provider_1', 'a saved search',
'SELECT user_id, version
  FROM dwello.delete_search(search_id => (SELECT s.id FROM dwello.saved_searches AS s))');
ROLLBACK TO example;

\echo tile_x
SELECT * FROM r.answer('provider_1', NULL,
'SELECT dwello.tile_x(cell => dwello.tile_cell(-122.42, 37.77), zoom => 14)');
ROLLBACK TO example;

\echo tile_y
SELECT * FROM r.answer('provider_1', NULL,
'SELECT dwello.tile_y(cell => dwello.tile_cell(-122.42, 37.77), zoom => 14)');
ROLLBACK TO example;

\echo jobs_mvt
SELECT * FROM r.answer('provider_1', NULL,
'SELECT octet_length(dwello.jobs_mvt(z => 14, x => 2620, y => 6333)) > 0 AS has_jobs');
ROLLBACK TO example;

\echo cluster_jobs
SELECT * FROM r.answer('provider_1', NULL,
'SELECT jobs, category_counts
  FROM dwello.cluster_jobs(west => -122.6, south => 37.6, east => -122.2, north => 37.9, zoom => 12)');
ROLLBACK TO example;

\echo refresh_tiles
SELECT * FROM r.answer('system', NULL,
'SELECT changed, is_complete FROM dwello.refresh_tiles(max_jobs => 2000)');
ROLLBACK TO example;

\echo tile_cell
SELECT * FROM r.answer('provider_1', NULL,
'SELECT dwello.tile_cell(longitude => -122.42, latitude => 37.77)');
ROLLBACK TO example;

ROLLBACK;
\c :before
DROP DATABASE dwello_reference;
