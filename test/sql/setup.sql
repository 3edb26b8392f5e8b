--
-- setup.sql
--	What every other test stands on: the extension, a keyring, helpers in
--	schema t, and a cast of users whose ids follow from their names.
--
--	h1 h2	homeowners, at home in San Francisco
--	p1 p2 p3	providers, active, at home in San Francisco
--	a1	administrator
--	s1	administrator who signs in as support
--	u1	homeowner who is not verified yet
--
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS dwello CASCADE;
SELECT kind FROM dwello.create_keyring() ORDER BY kind;

CREATE SCHEMA t;
GRANT USAGE ON SCHEMA t TO PUBLIC;

-- What this installation breaks by itself: a stock one does not load the
-- library at the start of a session, keeps the keyring with the data, and
-- writes parameters into its log.
CREATE TABLE t.installation AS
  SELECT c.rule, c.object FROM dwello.check() AS c
   WHERE c.rule IN ('preload_missing', 'keyring_in_data_directory', 'parameters_logged');
GRANT SELECT ON t.installation TO PUBLIC;

-- What check() says beside that, and that changes were recorded before a test
-- has made a month for them.
CREATE FUNCTION t.check()
RETURNS TABLE (rule text, object text, detail text, hint text)
LANGUAGE sql
AS $$
  SELECT c.* FROM dwello.check() AS c
   WHERE (c.rule, c.object) NOT IN (SELECT i.rule, i.object
                                      FROM t.installation AS i)
     AND (c.rule, c.object) <> ('default_partition_not_empty', 'audit_log_default')
$$;

-- The id of a named user, or of any other named thing: always the same.
CREATE FUNCTION t.user(name text) RETURNS uuid
LANGUAGE sql IMMUTABLE
AS $$ SELECT md5('dwello test ' || name)::uuid $$;

-- A token for a named user; the session's own role issues it.
CREATE FUNCTION t.token(name text, ttl interval DEFAULT '1 hour')
RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  role_before text := current_setting('role');
  token text;
BEGIN
  PERFORM set_config('role', 'none', true);
  PERFORM dwello.login(NULL);
  token := dwello.issue_token(t.user(name), ttl,
    CASE WHEN name LIKE 's_' THEN 'support' END);
  PERFORM set_config('role', role_before, true);
  RETURN token;
END
$$;

-- From here to the end of the transaction the named user calls; NULL: no
-- user does, which for the session's own role means the system.
CREATE FUNCTION t.login_as(name text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM dwello.login(CASE WHEN name IS NOT NULL THEN t.token(name) END);
  PERFORM set_config('t.name', coalesce(name, ''), true);
END
$$;

-- The same through a role that an application has: row-level security holds.
CREATE FUNCTION t.app_as(name text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as(name);
  PERFORM set_config('role', 'dwello_app', true);
END
$$;

-- From here to the end of the transaction the system calls.
CREATE FUNCTION t.as_system() RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM set_config('role', 'none', true);
  PERFORM t.login_as(NULL);
END
$$;

-- Runs one statement, as the named user or as whoever calls now, in a
-- subtransaction: "ok", or the SQLSTATE and the message.
CREATE FUNCTION t.try(statement text, as_name text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  name_before text := nullif(current_setting('t.name', true), '');
BEGIN
  IF as_name IS NOT NULL THEN
    PERFORM t.login_as(as_name);
  END IF;
  EXECUTE statement;
  IF as_name IS NOT NULL THEN
    PERFORM t.login_as(name_before);
  END IF;
  RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ': ' || SQLERRM;
END
$$;

-- Runs one statement as somebody: its SQLSTATE, and whether a hint lacks.
CREATE FUNCTION t.verdict(statement text, as_name text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  hint text;
BEGIN
  PERFORM t.login_as(as_name);
  EXECUTE statement;
  RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
  RETURN SQLSTATE || CASE WHEN hint = '' THEN ', and no hint' ELSE '' END;
END
$$;

-- Runs one statement that must fail, and gives the detail of its error.
CREATE FUNCTION t.detail(statement text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  detail text;
BEGIN
  EXECUTE statement;
  RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN SQLSTATE || ': ' || detail;
END
$$;

-- Registers a named user, who is not verified yet.
CREATE FUNCTION t.register(name text, user_type dwello.user_type)
RETURNS uuid
LANGUAGE sql
AS $$
  SELECT r.user_id
    FROM dwello.register_user(email => name || '@example.org',
                              user_type => user_type,
                              first_name => name,
                              last_name => 'Test',
                              phone => '+1415555' || lpad(ascii(name)::text, 4, '0'),
                              user_id => t.user(name)) AS r
$$;

-- A story that leaves a row in every table which belongs to a job or a user:
-- two jobs of one cast, one open and one under way, as the commands make
-- them; what has no command yet is inserted.  Ids begin with the prefix.
CREATE FUNCTION t.story(prefix text, h text, p text, rival text)
RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  open uuid := t.user(prefix || ' open');
  won uuid := t.user(prefix || ' won');
  bid uuid := t.user(prefix || ' bid');
  lost uuid := t.user(prefix || ' lost');
  paid uuid := t.user(prefix || ' paid');
  milestone uuid;
  material CONSTANT jsonb := '[{"item_name": "Paint", "quantity": 2, "unit_price": 5000}]';
BEGIN
  -- people
  PERFORM dwello.add_credential('license', 'Painter', number => 'C-33', user_id => t.user(name))
    FROM unnest(ARRAY[p, rival]) AS name;
  PERFORM dwello.add_payment_method('credit_card', 'acme', 'tok', user_id => t.user(name))
    FROM unnest(ARRAY[h, p]) AS name;
  INSERT INTO dwello.payment_methods (user_id, method_type, psp, psp_token, removed_at)
    VALUES (t.user(h), 'credit_card', 'acme', 'old', now());
  PERFORM t.login_as(name), dwello.request_contact(t.user(name), 'story'), dwello.get_user_contact(t.user(name), 'story')
    FROM unnest(ARRAY[h, p, rival]) AS name;
  PERFORM t.as_system();

  -- jobs
  PERFORM t.login_as(h);
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', id::text, 'All of it.',
    -122.4194, 37.7749, street => '12 Hidden Lane', budget_min => 80000, budget_max => 120000,
    requirements => '[{"requirement_type": "license", "requirement_value": "C-33", "is_mandatory": false}]',
    milestones => '[{"title": "All"}]', job_id => id)
    FROM unnest(ARRAY[open, won, t.user(prefix || ' draft'), t.user(prefix || ' gone')]) AS id;
  UPDATE dwello.jobs SET deleted_at = now() WHERE id = t.user(prefix || ' gone');
  PERFORM dwello.publish_job(id) FROM unnest(ARRAY[open, won]) AS id;
  PERFORM t.login_as(p);
  PERFORM dwello.submit_bid(won, 80000, 10000, materials => material, timeline_days => 3, bid_id => bid);
  PERFORM dwello.submit_bid(open, 95000, timeline_days => 3);
  PERFORM t.login_as(rival);
  PERFORM dwello.submit_bid(won, 90000, 10000, materials => material, timeline_days => 2, bid_id => lost);
  PERFORM dwello.submit_bid(open, 99000, timeline_days => 3, bid_id => t.user(prefix || ' withdrawn'));
  UPDATE dwello.bids SET deleted_at = now(), status = 'withdrawn'
   WHERE id = t.user(prefix || ' withdrawn');
  PERFORM dwello.send_message(won, content => 'Which white?');
  PERFORM t.login_as(h);
  PERFORM dwello.send_message(won, t.user(name), 'Yours.') FROM unnest(ARRAY[p, rival]) AS name;
  PERFORM dwello.counter_bid(won, b, 85000) FROM unnest(ARRAY[bid, lost]) AS b;
  PERFORM dwello.accept_bid(won, bid);
  PERFORM t.login_as(p);
  PERFORM dwello.confirm_award(won);
  PERFORM dwello.send_message(won, content => 'Deleted.', message_id => t.user(prefix || ' message'));
  UPDATE dwello.messages SET deleted_at = now() WHERE id = t.user(prefix || ' message');

  -- money
  PERFORM t.login_as(h);
  PERFORM dwello.fund_escrow(won, idempotency_key => prefix || ' fund');
  PERFORM t.as_system();
  PERFORM dwello.confirm_payment(won, 'acme', prefix || ' event', 90000, 'USD');
  PERFORM t.login_as(p);
  PERFORM dwello.start_job(won);
  PERFORM dwello.propose_change_order(won, 'One more wall', 10000);
  PERFORM t.login_as(h);
  PERFORM dwello.invite_provider(open, t.user(rival), 'Please.');
  PERFORM dwello.release_escrow(won, 30000);
  PERFORM t.as_system();
  SELECT m.id INTO STRICT milestone FROM dwello.job_milestones AS m WHERE m.job_id = won;

  -- a contract that is paid in full, and with that a price
  PERFORM t.login_as(h);
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', 'Paid', 'All of it.', -122.4194, 37.7749,
    budget_max => 120000, job_id => paid);
  PERFORM dwello.publish_job(paid);
  PERFORM t.login_as(p);
  PERFORM dwello.submit_bid(paid, 70000, bid_id => t.user(prefix || ' paid bid'));
  PERFORM t.login_as(h);
  PERFORM dwello.accept_bid(paid, t.user(prefix || ' paid bid'));
  PERFORM t.login_as(p);
  PERFORM dwello.confirm_award(paid);
  PERFORM t.login_as(h);
  PERFORM dwello.fund_escrow(paid);
  PERFORM t.as_system();
  PERFORM dwello.confirm_payment(paid, 'acme', prefix || ' paid event', 70000, 'USD');
  PERFORM t.login_as(h);
  PERFORM dwello.release_escrow(paid);
  PERFORM t.as_system();

  -- by hand: commands of later times
  INSERT INTO dwello.job_progress (job_id, homeowner_id, provider_id, progress, created_at)
    VALUES (won, t.user(h), t.user(p), 50, now());
  INSERT INTO dwello.disputes (job_id, homeowner_id, provider_id, milestone_id, status, opened_by,
    reason, disputed_amount, currency, created_at, closed_at)
    VALUES (won, t.user(h), t.user(p), milestone, 'withdrawn', t.user(h), 'Stains.', 1000, 'USD', now(), now());
  INSERT INTO dwello.refund_requests (job_id, homeowner_id, provider_id, amount, currency, status, answer_by,
    created_at, answered_at)
    VALUES (won, t.user(h), t.user(p), 1000, 'USD', 'withdrawn', now(), now(), now());
  INSERT INTO dwello.chargebacks (scope_id, job_id, homeowner_id, provider_id, status, psp, amount, currency,
    created_at, closed_at)
    VALUES (won, won, t.user(h), t.user(p), 'won', 'acme', 1000, 'USD', now(), now());
  INSERT INTO dwello.authorizations (job_id, homeowner_id, provider_id, status, psp, amount, currency, expires_at,
    created_at, closed_at)
    VALUES (won, t.user(h), t.user(p), 'voided', 'acme', 1000, 'USD', now(), now(), now());
  INSERT INTO dwello.refunds (scope_id, job_id, homeowner_id, provider_id, transaction_id, psp, amount, reversed,
    currency, status, created_at)
    VALUES (won, won, t.user(h), t.user(p), won, 'acme', 1000, 1000, 'USD', 'failed', now());
  PERFORM t.login_as(h);
  PERFORM dwello.set_tax_profile('Somebody', 'US', '12-3456789', 'US1');
  PERFORM t.login_as(p);
  PERFORM dwello.set_tax_profile('Somebody', 'US', '12-3456789', 'US1');
  PERFORM t.as_system();
  WITH counted AS (
    INSERT INTO dwello.invoice_series (issuer_id, kind, year, last_number) VALUES (t.user(p), 'receipt', 2001, 1)
      ON CONFLICT (issuer_id, kind, year) DO UPDATE SET last_number = invoice_series.last_number + 1 RETURNING last_number)
  INSERT INTO dwello.invoices (scope_id, id, transaction_id, kind, issuer_id, recipient_id, net, tax, total, currency, description, year, series_number,
    document_number, issued_on, supplied_on, issued_at)
  SELECT won, won, won, 'receipt', t.user(p), t.user(h), 1000, 0, 1000, 'USD', 'Won', 2001, c.last_number, 'REC-2001', '2001-01-02', '2001-01-01',
         '2001-01-02 00:00+00' FROM counted AS c;
  INSERT INTO dwello.bid_floors (job_id, bid_id, bid_version, provider_id, lowest_amount, score_total, quality)
    SELECT v.job_id, v.bid_id, v.bid_version, v.provider_id, 80000, 0, 0 FROM dwello.bid_versions AS v WHERE v.job_id = open;
  INSERT INTO dwello.bid_ranks (job_id, bid_id, provider_id, third, due_at)
    SELECT b.job_id, b.id, b.provider_id, 1, now() FROM dwello.bids AS b WHERE b.job_id = open;
  INSERT INTO dwello.payouts (user_id, payment_method_id, amount, currency, paid_amount, paid_currency, psp)
    SELECT m.user_id, m.id, 1000, 'USD', 1000, 'USD', m.psp FROM dwello.payment_methods AS m WHERE m.user_id = t.user(p);
  INSERT INTO dwello.repayments (user_id, status, amount, currency, pay_by, completed_at)
    VALUES (t.user(p), 'cancelled', 1000, 'USD', '2001-01-02 00:00+00', '2001-01-02 00:00+00');
  -- revealed both, one of them private
  INSERT INTO dwello.reviews (job_id, id, homeowner_id, provider_id, reviewer_id, reviewee_id, rating,
    is_public, reveal_at, created_at)
    VALUES
      (won, t.user(prefix || ' review'), t.user(h), t.user(p), t.user(h), t.user(p), 5, true, now() - interval '1 day', now()),
      (won, t.user(prefix || ' private'), t.user(h), t.user(p), t.user(p), t.user(h), 3, false, now() - interval '1 day', now());
  INSERT INTO dwello.review_responses (job_id, review_id, homeowner_id, provider_id, responder_id, response,
    is_public, created_at)
    VALUES (won, t.user(prefix || ' review'), t.user(h), t.user(p), t.user(p), 'Thanks.', true, now()),
           (won, t.user(prefix || ' private'), t.user(h), t.user(p), t.user(h), 'Why?', false, now());
  INSERT INTO dwello.api_keys (id, user_id, name, role, is_test, secret_hash, scopes)
    SELECT t.user(prefix || name || ' key'), t.user(name), 'key', 'service_provider', false, sha256(convert_to(prefix || name, 'UTF8')), '{read}'
      FROM unnest(ARRAY[p, rival]) AS name;
  INSERT INTO dwello.api_key_uses (key_id, id, used_at)
    SELECT t.user(prefix || name || ' key'), t.user(name), now() FROM unnest(ARRAY[p, rival]) AS name;
  INSERT INTO dwello.user_sessions (id, user_id, token_hash, created_at, refreshed_at, expires_at)
    SELECT t.user(prefix || name || ' session'), t.user(name), sha256(convert_to(prefix || name, 'UTF8')), now(), now(), now() + interval '1 day'
      FROM unnest(ARRAY[p, rival]) AS name;
  INSERT INTO dwello.token_uses (user_id, token_id, transaction_number, expires_at)
    VALUES (t.user(prefix || p), 'story', 1, clock_timestamp() + interval '1 hour');
  INSERT INTO dwello.used_refresh_tokens (session_id, token_hash) VALUES (t.user(prefix || p || ' session'), sha256(''));
  INSERT INTO dwello.user_codes (user_id, id, purpose, key_id, code_digest, tries, created_at)
    VALUES (t.user(p), t.user(prefix || 'code'), 'sign_in', 1, sha256(''), 5, now());
  INSERT INTO dwello.saved_searches (user_id, name)
    SELECT t.user(name), 'near' FROM unnest(ARRAY[p, rival]) AS name;
  PERFORM dwello.configure_agent(agent_id => t.user(name)) FROM unnest(ARRAY[p, rival]) AS name;
  INSERT INTO dwello.agent_day_counters (user_id, day, bids)
    SELECT t.user(name), current_date, 0 FROM unnest(ARRAY[p, rival]) AS name;
  INSERT INTO dwello.agent_work (job_id, terms_version, created_at)
    VALUES (open, 1, now()) ON CONFLICT DO NOTHING;
  INSERT INTO dwello.ai_agent_activity (job_id, user_id, terms_version, action_type, created_at)
    SELECT open, t.user(name), 1, 'declined', now() FROM unnest(ARRAY[p, rival]) AS name;
  INSERT INTO dwello.agent_answers (job_id, terms_version, agent_id, created_at)
    SELECT open, 1, t.user(name), now() FROM unnest(ARRAY[p, rival]) AS name;
  INSERT INTO dwello.agent_parameters (user_id, version, status, parameters, based_on, samples, created_at)
    SELECT t.user(name), 1, 'shadow', '{}', 0, 0, now() FROM unnest(ARRAY[p, rival]) AS name;
  INSERT INTO dwello.agent_outcomes (user_id, job_id, decision_id, outcome, amount, decided_at)
    SELECT t.user(name), won, t.user(prefix || ' decision'), 'lost', 90000, now() FROM unnest(ARRAY[p, rival]) AS name;
  INSERT INTO dwello.mandates (user_id, id, limits, digest, signed_at)
    SELECT t.user(name), milestone, '{}', sha256(convert_to(dwello.mandate_text(t.user(name), milestone, '{}', NULL, now()), 'UTF8')),
           now() FROM unnest(ARRAY[p, rival]) AS name;
  INSERT INTO dwello.agent_switches (scope, id, is_on, actor_id)
    SELECT 'agent', t.user(name), true, t.user(name) FROM unnest(ARRAY[p, rival]) AS name;
  INSERT INTO dwello.user_activity_logs (user_id, action, created_at)
    SELECT t.user(name), 'login', now() FROM unnest(ARRAY[h, p, rival]) AS name;
  INSERT INTO dwello.audit_log (table_name, row_key, operation, user_id, actor_role, database_role, session_role,
    before, after, created_at)
    VALUES ('jobs', open::text, 'update', t.user(h), 'homeowner', 'postgres', 'postgres', '{}', '{}', now());
  INSERT INTO dwello.token_cutoffs (user_id, not_before)
    SELECT t.user(name), '1999-01-01 00:00+00' FROM unnest(ARRAY[h, p]) AS name;
END
$$;

-- A row in every table that belongs to nobody; and the months of now, as the
-- logs need them.
CREATE FUNCTION t.reference() RETURNS void
LANGUAGE sql
AS $$
  SELECT count(*) FROM dwello.ensure_partitions();
  INSERT INTO dwello.category_overrides (category_id, sort_order)
    VALUES ('d0000000-0000-7000-8000-000000000012', 2) ON CONFLICT DO NOTHING;
  INSERT INTO dwello.category_amounts (category_id, currency, amount)
    VALUES ('d0000000-0000-7000-8000-000000000012', 'USD', 30000) ON CONFLICT DO NOTHING;
  INSERT INTO dwello.promo_codes (code, rate_ppm) VALUES ('STORY', 10000);
  INSERT INTO dwello.log_chains (log, seq, hash, settled_at, settled_key, final_at, watermark_at, watermark_xid)
    VALUES ('story', 0, sha256('story'), now(), '', now(), now(), 1);
  INSERT INTO dwello.log_seals (log, seq, month, row_count, keys, digests, prev_hash, hash, created_at)
    VALUES ('story', 1, '2026-01-01', 1, '{story}', substr(sha256('story'), 1, 16), sha256('story'), sha256('story'), now());
  INSERT INTO dwello.fx_rates (from_currency, to_currency, valid, numerator, denominator)
    VALUES ('EUR', 'USD', '[2020-01-01, 2020-02-01)', 11, 10);
  INSERT INTO dwello.accounting_periods (id, closed_until, closed_at, closed_by)
    VALUES (t.user('story period'), '2000-12-31', '2001-01-02 00:00+00', t.user('a1'));
  INSERT INTO dwello.period_balances (period_id, kind, currency, psp, balance)
    VALUES (t.user('story period'), 'bank', 'USD', '', 0);
  INSERT INTO dwello.journals (id, scope_id, status, lines, currency, amount, reason, proposed_by, proposed_at, decided_by, decided_at, rejected_for)
    VALUES (t.user('story journal'), t.user('story journal'), 'rejected', '[]', 'USD', 1, 'A cent.', t.user('a1'), '2001-01-02 00:00+00',
            t.user('a1'), '2001-01-02 00:00+00', 'None.');
  INSERT INTO dwello.invoice_watermark (is_there) VALUES (true) ON CONFLICT DO NOTHING;
  INSERT INTO dwello.custom_json_schemas (name, schema) VALUES ('story', '{}');
  INSERT INTO dwello.system_settings (name, value) VALUES ('platform_name', 'Story')
    ON CONFLICT DO NOTHING;
  INSERT INTO dwello.setting_amounts (name, currency, amount) VALUES ('payout_minimum', 'XOF', 1);
  INSERT INTO dwello.feature_flags (name, is_enabled, rollout_percentage)
    VALUES ('story', true, 100);
  INSERT INTO dwello.platform_metrics (name, measured_at, value) VALUES ('story', now(), 1);
  INSERT INTO dwello.agent_switches (scope, id, is_on, actor_id)
    VALUES ('category', 'd0000000-0000-7000-8000-000000000012', true, t.user('a1'));
$$;

SELECT count(t.register(name, 'homeowner'))
  FROM unnest(ARRAY['h1', 'h2', 'u1']) AS name;
SELECT count(t.register(name, 'service_provider'))
  FROM unnest(ARRAY['p1', 'p2', 'p3']) AS name;
SELECT count(t.register(name, 'admin'))
  FROM unnest(ARRAY['a1', 's1']) AS name;

SELECT name, v.status
  FROM unnest(ARRAY['a1', 'h1', 'h2', 'p1', 'p2', 'p3', 's1']) AS name,
       dwello.verify_user(t.user(name), 'email') AS v;
SELECT name, v.status
  FROM unnest(ARRAY['p1', 'p2', 'p3']) AS name,
       dwello.verify_user(t.user(name), 'provider') AS v;
SELECT count(a.address_id)
  FROM unnest(ARRAY['p1', 'p2', 'p3']) WITH ORDINALITY AS p (name, n),
       dwello.add_address('business', n || ' Market Street', 'San Francisco',
                          'CA', '94103', 'US', -122.4194, 37.7749,
                          user_id => t.user(name)) AS a;
SELECT count(a.address_id)
  FROM unnest(ARRAY['h1', 'h2']) WITH ORDINALITY AS h (name, n),
       dwello.add_address('home', n || ' Haight Street', 'San Francisco',
                          'CA', '94117', 'US', -122.4481, 37.7699,
                          user_id => t.user(name)) AS a;

-- They do all that is built in; what they chose is not what their tests ask.
UPDATE dwello.user_profiles AS p
   SET categories = ARRAY(SELECT c.id FROM dwello.service_categories AS c WHERE c.is_builtin ORDER BY c.id)
 WHERE p.user_id IN (t.user('p1'), t.user('p2'), t.user('p3'));
SELECT dwello.refresh_matching();

-- Jobs on which money moves.
--
-- A job of h1 that p1 won and confirmed, with a plan of these proportions.
CREATE FUNCTION t.award(name text, amount bigint, plan bigint[] DEFAULT '{}',
                        currency text DEFAULT 'USD')
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  INSERT INTO dwello.jobs (id, homeowner_id, provider_id, category_id, status,
    title, description, location, currency, published_at, expires_at,
    awarded_at, confirm_by)
  VALUES (t.user(name), t.user('h1'), t.user('p1'),
    'd0000000-0000-7000-8000-000000000011', 'awarded', name, '',
    ST_MakePoint(-122.42, 37.77), currency, now(), now() + '30 days', now(),
    now() + '2 days');
  INSERT INTO dwello.job_milestones (job_id, id, homeowner_id, sort_order,
                                     title, amount)
  SELECT t.user(name), t.user(name || ' m' || n), t.user('h1'), n, 'part ' || n,
         nullif(part, 0)
    FROM unnest(plan) WITH ORDINALITY AS p (part, n);
  INSERT INTO dwello.bids (job_id, id, homeowner_id, provider_id, status,
    terms_version, labor_cost, materials_cost, bid_amount, currency,
    comparable_price, score_inputs, submitted_at, expires_at)
  VALUES (t.user(name), t.user(name || ' bid'), t.user('h1'), t.user('p1'),
    'accepted', 1, amount, 0, amount, currency, amount, '{}', now(),
    now() + '7 days');
  INSERT INTO dwello.cancellation_terms (job_id, homeowner_id, provider_id,
    policy, created_at)
  VALUES (t.user(name), t.user('h1'), t.user('p1'), '[]', now());
  PERFORM t.login_as('p1');
  PERFORM dwello.confirm_award(t.user(name));
  PERFORM t.login_as(NULL);
END
$$;

-- Asks for what is missing, and lets it arrive.
CREATE FUNCTION t.pay(name text, amount bigint DEFAULT NULL) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  asked record;
BEGIN
  PERFORM t.login_as('h1');
  SELECT * INTO asked FROM dwello.fund_escrow(t.user(name), amount);
  PERFORM t.login_as(NULL);
  PERFORM dwello.confirm_payment(t.user(name), 'acme', asked.transaction_id::text,
    asked.amount, asked.currency);
END
$$;

CREATE FUNCTION t.start(name text) RETURNS void
LANGUAGE sql
AS $$
  UPDATE dwello.jobs SET status = 'in_progress', started_at = now()
   WHERE id = t.user(name);
$$;

-- The SQLSTATE of a call, or "ok", as the named user; NULL is the system.
CREATE FUNCTION t.refused(name text, call text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  answer text;
BEGIN
  PERFORM t.login_as(name);
  answer := t.try('SELECT dwello.' || call);
  PERFORM t.login_as(NULL);
  RETURN substr(answer, 1, 5);
END
$$;

-- Leaves the stage as it was, past the guards: these jobs never were.
CREATE FUNCTION t.forget(VARIADIC names text[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  ids uuid[] := ARRAY(SELECT t.user(name) FROM unnest(names) AS name);
BEGIN
  SET LOCAL session_replication_role = replica;
  ids := ids || ARRAY(SELECT r.id FROM dwello.receipts AS r WHERE r.job_id = ANY (ids));
  DELETE FROM dwello.receipts WHERE id = ANY (ids);
  DELETE FROM dwello.ledger_entries WHERE scope_id = ANY (ids);
  DELETE FROM dwello.transactions WHERE scope_id = ANY (ids);
  DELETE FROM dwello.idempotency_keys WHERE scope_id = ANY (ids);
  DELETE FROM dwello.outbox WHERE scope_id = ANY (ids);
  DELETE FROM dwello.payment_events WHERE job_id = ANY (ids);
  DELETE FROM dwello.escrow_events WHERE job_id = ANY (ids);
  DELETE FROM dwello.authorizations WHERE job_id = ANY (ids);
  DELETE FROM dwello.cancellation_terms WHERE job_id = ANY (ids);
  DELETE FROM dwello.refunds WHERE scope_id = ANY (ids);
  DELETE FROM dwello.disputes WHERE job_id = ANY (ids);
  DELETE FROM dwello.escrow_accounts WHERE job_id = ANY (ids);
  DELETE FROM dwello.job_milestones WHERE job_id = ANY (ids);
  DELETE FROM dwello.bids WHERE job_id = ANY (ids);
  DELETE FROM dwello.job_sites WHERE job_id = ANY (ids);
  DELETE FROM dwello.jobs WHERE id = ANY (ids);
  DELETE FROM dwello.payment_methods WHERE psp_token = 'tok';
  DELETE FROM dwello.ledger_accounts AS a
   WHERE NOT EXISTS (SELECT FROM dwello.ledger_entries AS n WHERE n.account_id = a.id);
  SET LOCAL session_replication_role = origin;
END
$$;

-- Where a provider's payouts go: a new default method that can receive; its
-- id. The system calls.
CREATE FUNCTION t.destination(name text, psp text DEFAULT 'acme') RETURNS uuid
LANGUAGE sql
AS $$
SELECT v.payment_method_id
  FROM dwello.add_payment_method('bank_account', psp, 'tok', is_default => true, user_id => t.user(name)) AS m,
       dwello.verify_payment_method(m.user_id, m.payment_method_id) AS v
$$;

-- A job of h1 with the bid of p1 accepted and confirmed, in parts.
CREATE FUNCTION t.contract(name text, amount bigint, plan bigint[] DEFAULT '{}') RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job(
    category_id => 'd0000000-0000-7000-8000-000000000011', title => name,
    description => 'As it was.', longitude => -122.4194, latitude => 37.7749,
    street => '1 Main St', budget_min => 80000, budget_max => 120000, job_id => t.user(name),
    milestones => coalesce((SELECT jsonb_agg(jsonb_build_object('title', 'part ' || n, 'amount', part) ORDER BY n)
      FROM unnest(plan) WITH ORDINALITY AS p (part, n)), '[]'));
  PERFORM dwello.publish_job(t.user(name));
  PERFORM t.login_as('p1');
  PERFORM dwello.submit_bid(t.user(name), amount, bid_id => t.user(name || ' bid'), expires_at => '2027-06-01');
  PERFORM t.login_as('h1');
  PERFORM dwello.accept_bid(t.user(name), t.user(name || ' bid'));
  PERFORM t.login_as('p1');
  PERFORM dwello.confirm_award(t.user(name));
  PERFORM t.as_system();
END
$$;
-- The id of a part.
CREATE FUNCTION t.part(name text, n integer) RETURNS uuid
LANGUAGE sql
AS $$ SELECT m.id FROM dwello.job_milestones AS m WHERE m.job_id = t.user(name) ORDER BY m.sort_order LIMIT 1 OFFSET n - 1 $$;
-- What is left of an escrow, and what the provider has.
CREATE FUNCTION t.left(name text)
RETURNS TABLE (job dwello.job_status, escrow dwello.escrow_status, held bigint, released bigint, refunded bigint,
  fee bigint, tax bigint, plan text, available bigint, receivable bigint)
LANGUAGE sql
AS $$
  SELECT j.status, e.status, e.held, e.released, e.refunded, e.fee_taken, e.tax_taken,
         (SELECT string_agg(concat_ws(' ', m.status, m.released, m.refunded), ', ' ORDER BY m.sort_order)
            FROM dwello.job_milestones AS m WHERE m.job_id = j.id),
         (SELECT sum(n.amount) FROM dwello.ledger_entries AS n JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
           WHERE n.scope_id = j.id AND a.kind = 'provider_available'),
         (SELECT sum(n.amount) FROM dwello.ledger_entries AS n JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
           WHERE n.scope_id = j.id AND a.kind = 'provider_receivable')
    FROM dwello.jobs AS j JOIN dwello.escrow_accounts AS e ON e.job_id = j.id
   WHERE j.id = t.user(name)
$$;

SELECT first_name, user_type, status, provider_verified
  FROM dwello.users
 ORDER BY first_name;

-- the helpers do what they say
BEGIN;
SELECT t.login_as('h1');
SELECT dwello.current_user_id() = t.user('h1') AS is_h1;
SELECT t.try('SELECT 1/0');
SELECT t.try('SELECT dwello.issue_token(t.user(''h1''))', 'a1');
SELECT dwello.current_user_id() = t.user('h1') AS is_h1;
SELECT t.app_as('p1');
SELECT dwello.current_user_id() = t.user('p1') AS is_p1, current_user;
SELECT t.as_system();
SELECT dwello.current_user_id(), current_user = session_user AS is_self;
COMMIT;
