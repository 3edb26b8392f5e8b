--
-- visibility.sql
--	Who sees which rows: the owner, the counterparty, a rival, strangers,
--	staff, the service, nobody; and what a bad token is worth.
--
-- Two jobs of h1: one that p1 and p2 bid on, that p1 gets and is paid for,
-- and a draft.  Everything happens in transactions that are rolled back.
--
-- What one caller sees of this test's rows, through a role of the platform:
-- their identity is set, the role is taken, and then it is plain SELECTs.
CREATE FUNCTION t.sees(name text, role text DEFAULT 'dwello_app',
  OUT jobs bigint, OUT drafts bigint, OUT sites bigint, OUT bids bigint,
  OUT versions bigint, OUT escrows bigint, OUT transactions bigint,
  OUT entries bigint, OUT users bigint, OUT notifications bigint)
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as(name);
  PERFORM set_config('role', role, true);
  SELECT count(*) INTO jobs FROM dwello.jobs WHERE id = t.user('job');
  SELECT count(*) INTO drafts FROM dwello.jobs WHERE id = t.user('draft');
  SELECT count(*) INTO sites FROM dwello.job_sites
   WHERE job_id = t.user('job');
  SELECT count(*) INTO bids FROM dwello.bids WHERE job_id = t.user('job');
  SELECT count(*) INTO versions FROM dwello.bid_versions
   WHERE job_id = t.user('job');
  SELECT count(*) INTO escrows FROM dwello.escrow_accounts
   WHERE job_id = t.user('job');
  SELECT count(*) INTO transactions FROM dwello.transactions
   WHERE scope_id = t.user('job');
  SELECT count(*) INTO entries FROM dwello.ledger_entries
   WHERE scope_id = t.user('job');
  -- of the cast of setup.sql
  SELECT count(*) INTO users FROM dwello.users WHERE last_name = 'Test';
  SELECT count(*) INTO notifications FROM dwello.notifications
   WHERE data ->> 'job_id' = t.user('job')::text;
  PERFORM t.as_system();
END
$$;
CREATE VIEW t.eyes AS
  SELECT v.who, v.name, s.*
    FROM (VALUES (1, 'owner', 'h1'), (2, 'winner', 'p1'), (3, 'rival', 'p2'),
                 (4, 'provider', 'p3'), (5, 'stranger', 'h2'),
                 (6, 'unverified', 'u1'), (7, 'admin', 'a1'),
                 (8, 'support', 's1'))
         AS v (n, who, name)
    CROSS JOIN LATERAL t.sees(v.name) AS s
   ORDER BY v.n;

-- Two bids on an open job, and a draft.
CREATE FUNCTION t.two_bids() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  painting uuid := (SELECT id FROM dwello.service_categories
                     WHERE name = 'Painting & Decorating');
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job(painting, 'Paint', 'All of it.', -122.4194, 37.7749,
    street => '12 Hidden Lane', budget_min => 80000, budget_max => 120000,
    job_id => t.user('job'));
  PERFORM dwello.post_job(painting, 'Draft', 'Perhaps.', -122.4194, 37.7749,
    job_id => t.user('draft'));
  PERFORM dwello.publish_job(t.user('job'));
  PERFORM t.login_as('p1');
  PERFORM dwello.submit_bid(t.user('job'), 95000, timeline_days => 3,
    bid_id => t.user('bid 1'));
  PERFORM t.login_as('p2');
  PERFORM dwello.submit_bid(t.user('job'), 110000, timeline_days => 2,
    bid_id => t.user('bid 2'));
  PERFORM t.as_system();
END
$$;

-- ----------------------------------------------------------------------
-- The rows that each one sees
-- ----------------------------------------------------------------------
BEGIN;
SELECT t.two_bids();
-- open: everybody identified sees the job, rivals nothing of each other
SELECT * FROM t.eyes;
SELECT t.try('SELECT t.sees(NULL)') AS nobody;

-- awarded and confirmed: the job is no longer listed, the winner sees where
SELECT t.login_as('h1');
SELECT job_status, bid_status
  FROM dwello.accept_bid(t.user('job'), t.user('bid 1'));
SELECT t.login_as('p1');
SELECT job_status, escrow_status FROM dwello.confirm_award(t.user('job'));
SELECT t.as_system();
SELECT * FROM t.eyes;

-- paid and released, everybody told
SELECT t.login_as('h1');
SELECT amount, escrow_status FROM dwello.fund_escrow(t.user('job'));
SELECT t.as_system();
SELECT escrow_status
  FROM dwello.confirm_payment(t.user('job'), 'psp', 'evt_visibility', 95000,
                              'USD');
SELECT t.login_as('p1');
SELECT status FROM dwello.start_job(t.user('job'));
SELECT t.login_as('h1');
SELECT released, escrow_status FROM dwello.release_escrow(t.user('job'), 30000);
SELECT t.as_system();
SELECT dwello.deliver_events(100000) > 0 AS delivered;
SELECT * FROM t.eyes;

-- the service sees every row, but no sealed column and no secret
SELECT jobs, drafts, sites, bids, versions, escrows, transactions, entries,
       users, notifications = (SELECT count(*) FROM dwello.notifications
                                WHERE data ->> 'job_id' = t.user('job')::text)
       AS all_notifications
  FROM t.sees(NULL, 'dwello_service');
SELECT role, relation, columns, t.try(format(
         $$SELECT set_config('role', %L, true); SELECT %s FROM dwello.%s$$,
         role, columns, relation), 'h1')
  FROM (VALUES ('email', 'users'), ('phone', 'users'), ('email_index', 'users'),
    ('password_hash', 'users'), ('user_id', 'user_emails'),
    ('street', 'user_addresses'), ('number', 'provider_credentials'),
    ('psp_token', 'payment_methods'), ('street', 'job_sites'),
    ('arguments', 'idempotency_keys')) AS c (columns, relation),
       unnest(ARRAY['dwello_app', 'dwello_service', 'dwello_support',
                    'dwello_admin']) WITH ORDINALITY AS r (role, n)
 WHERE t.try(format(
         $$SELECT set_config('role', %L, true); SELECT %s FROM dwello.%s$$,
         role, columns, relation), 'h1') NOT LIKE '42501: permission denied for table %';

-- an analyst has none of the tables
SELECT relation, t.try(format($$SELECT set_config('role', 'dwello_analyst', true); SELECT count(*) FROM dwello.%s$$, relation))
  FROM unnest(ARRAY['jobs', 'bids', 'escrow_accounts', 'transactions',
                    'users', 'notifications']) AS relation;

-- nobody writes, whoever they are
SELECT role, count(*) AS refused
  FROM unnest(ARRAY['jobs', 'bids', 'escrow_accounts', 'transactions',
                    'users', 'notifications']) AS relation,
       unnest(ARRAY['dwello_app', 'dwello_service', 'dwello_support',
                    'dwello_analyst', 'dwello_admin', 'dwello_public']) AS role,
       (VALUES ('INSERT INTO dwello.%s DEFAULT VALUES'),
               ('UPDATE dwello.%s SET created_at = now()'),
               ('DELETE FROM dwello.%s'), ('TRUNCATE dwello.%s'))
         AS w (statement)
 WHERE t.try(format($$SELECT set_config('role', %L, true); $$ || statement,
                    role, relation), 'h1') LIKE '42501: permission denied %'
 GROUP BY role ORDER BY role;

-- deleted: gone for its owner
SAVEPOINT s;
UPDATE dwello.jobs SET deleted_at = now() WHERE id = t.user('draft');
UPDATE dwello.bids SET deleted_at = now() WHERE id = t.user('bid 2');
SELECT * FROM t.eyes WHERE who IN ('owner', 'rival');
SELECT t.app_as('h2');
SELECT count(id) FROM dwello.users;
SET LOCAL ROLE NONE;
UPDATE dwello.users SET deleted_at = now() WHERE id = t.user('h2');
SET LOCAL ROLE dwello_app;
SELECT count(id) FROM dwello.users;
ROLLBACK TO s;
ROLLBACK;

-- ----------------------------------------------------------------------
-- Ways around the policies
-- ----------------------------------------------------------------------
BEGIN;
SELECT t.two_bids();
-- a plan made for one serves no other
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT t.app_as('h1');
PREPARE live AS SELECT count(*) AS bids, max(bid_amount) AS highest
  FROM dwello.bids WHERE job_id = t.user('job');
EXECUTE live;
SELECT t.app_as('p1');
EXECUTE live;
SELECT t.app_as('p3');
EXECUTE live;
SELECT t.app_as(NULL);
SELECT t.try('EXECUTE live');
DEALLOCATE live;

-- a cheap function in the condition runs after the policy
SELECT t.app_as('p1');
CREATE FUNCTION pg_temp.peek(amount bigint) RETURNS boolean
LANGUAGE plpgsql COST 0.0000001
AS $$ BEGIN RAISE NOTICE 'peeked at %', amount; RETURN true; END $$;
SET LOCAL client_min_messages = notice;
SELECT count(*) FROM dwello.bids
 WHERE pg_temp.peek(bid_amount) AND job_id = t.user('job');
RESET client_min_messages;

-- turning row security off gives an error, never a row
SET LOCAL row_security = off;
SELECT relation, t.try(format('SELECT count(*) FROM dwello.%s', relation))
  FROM unnest(ARRAY['jobs', 'bids', 'escrow_accounts', 'transactions',
                    'users', 'notifications']) AS relation;
ROLLBACK;

-- ----------------------------------------------------------------------
-- Bad tokens: each raises on each table, and on each command
-- ----------------------------------------------------------------------
SELECT t.token('h1') AS foreign_token \gset

BEGIN;
SELECT t.two_bids();
-- each of the six tables has a row: a policy is asked of rows
DO $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.accept_bid(t.user('job'), t.user('bid 1'));
  PERFORM t.login_as('p1');
  PERFORM dwello.confirm_award(t.user('job'));
  PERFORM t.login_as('h1');
  PERFORM dwello.fund_escrow(t.user('job'));
  PERFORM t.as_system();
  PERFORM dwello.deliver_events(100000);
END
$$;

CREATE TABLE t.tokens AS
  SELECT good, split_part(good, '.', 1) AS head,
         split_part(good, '.', 2) AS body, split_part(good, '.', 3) AS seal,
         t.token('h1', '1 second') AS short
    FROM t.token('h1') AS good;
GRANT SELECT ON t.tokens TO dwello_app;
-- base64url of a text
CREATE FUNCTION t.base64url(plain text) RETURNS text
LANGUAGE sql IMMUTABLE
AS $$ SELECT rtrim(translate(encode(convert_to(plain, 'UTF8'), 'base64'), E'+/\n', '-_'), '=') $$;
SELECT pg_sleep(1.1);

CREATE VIEW t.forgeries AS
  SELECT v.*
    FROM t.tokens AS k, LATERAL (VALUES
      (1, 'forged', head || '.' || body || '.' || reverse(seal)),
      (2, 'other body', head || '.' || t.base64url(format(
        '{"sub":"%s","role":"admin","aud":"dwello","iat":1,"nbf":1,"exp":32503680000,"jti":"x"}',
        t.user('a1'))) || '.' || seal),
      (3, 'expired', short),
      (4, 'alg none', t.base64url('{"alg":"none","typ":"JWT"}') || '.' || body || '.'),
      (5, 'alg none, sealed', t.base64url('{"alg":"none","typ":"JWT"}') || '.' || body || '.' || seal),
      (6, 'truncated', left(good, -1)),
      (7, 'no seal', head || '.' || body || '.'),
      (8, 'two parts', head || '.' || body),
      (9, 'longer', good || 'A'),
      (10, 'blank around', ' ' || good),
      (11, 'a word', 'h1'),
      (12, 'a megabyte', repeat('x', 1048576))) AS v (n, kind, token);
GRANT SELECT ON t.forgeries TO dwello_app;

-- one try: under the application's role, a token, a statement
CREATE FUNCTION t.try_token(token text, statement text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM set_config('role', 'dwello_app', true);
  PERFORM set_config('dwello.token', token, true);
  RETURN t.try(statement);
END
$$;
CREATE VIEW t.targets AS
  SELECT v.* FROM (VALUES
    ('jobs', 'SELECT count(*) FROM dwello.jobs'),
    ('bids', 'SELECT count(*) FROM dwello.bids'),
    ('escrow_accounts', 'SELECT count(*) FROM dwello.escrow_accounts'),
    ('transactions', 'SELECT count(*) FROM dwello.transactions'),
    ('own_scopes', 'SELECT cardinality(dwello.own_scopes()) > 1'),
    ('users', 'SELECT count(id) FROM dwello.users'),
    ('notifications', 'SELECT count(*) FROM dwello.notifications'),
    ('a command', 'SELECT dwello.publish_job(NULL)'),
    ('login', 'SELECT dwello.login(current_setting(''t.token''))'))
    AS v (target, statement);

-- the good one opens what the bad ones do not
SELECT target, t.try_token(good, statement)
  FROM t.tokens, t.targets WHERE target <> 'login';
SELECT t.as_system();
SELECT f.kind, min(r.result) AS result, count(*) AS targets,
       count(DISTINCT r.result) AS results
  FROM t.forgeries AS f, t.targets AS x,
       LATERAL (SELECT set_config('t.token', f.token, true) AS token OFFSET 0) AS k,
       LATERAL (SELECT t.try_token(k.token, x.statement) AS result OFFSET 0) AS r
 GROUP BY f.n, f.kind ORDER BY f.n;
SELECT t.as_system();

-- revoked
SAVEPOINT s;
INSERT INTO dwello.token_cutoffs VALUES (t.user('h1'), clock_timestamp());
SELECT target, t.try_token(good, statement)
  FROM t.tokens, t.targets WHERE target IN ('jobs', 'a command');
ROLLBACK TO s;
ROLLBACK;

-- set in another transaction: a pooler's next client is not that user
SET dwello.token = :'foreign_token';
BEGIN;
SET LOCAL ROLE dwello_app;
SELECT t.try('SELECT count(*) FROM dwello.users');
ROLLBACK;
RESET dwello.token;

DROP VIEW t.eyes;
DROP FUNCTION t.sees, t.two_bids;
