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
  DELETE FROM dwello.ledger_entries WHERE scope_id = ANY (ids);
  DELETE FROM dwello.transactions WHERE scope_id = ANY (ids);
  DELETE FROM dwello.idempotency_keys WHERE scope_id = ANY (ids);
  DELETE FROM dwello.outbox WHERE scope_id = ANY (ids);
  DELETE FROM dwello.payment_events WHERE job_id = ANY (ids);
  DELETE FROM dwello.escrow_events WHERE job_id = ANY (ids);
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
