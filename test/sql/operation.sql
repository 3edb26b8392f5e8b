-- What an operator calls: ensure_partitions() and check().
\set VERBOSITY terse

-- months are made once, on UTC bounds, and rows move out of the default
BEGIN;
SET LOCAL dwello.now = '2031-05-17 12:00+00';
INSERT INTO dwello.user_activity_logs (user_id, action, created_at)
  SELECT 'd1000000-0000-7000-8000-000000000001', 'seen', t
    FROM unnest(ARRAY['2031-03-31 23:59:59.999999+00', '2031-04-01 00:00+00',
      '2031-05-31 23:59+00', '2031-08-01 00:00+00']::timestamptz[]) AS t;
SELECT tableoid::regclass AS partition, count(*) FROM dwello.user_activity_logs
 WHERE user_id = 'd1000000-0000-7000-8000-000000000001' GROUP BY 1;
SELECT * FROM dwello.ensure_partitions(months_ahead => 1, from_month => '2031-03-31')
 ORDER BY table_name, partition_name;
SELECT * FROM dwello.ensure_partitions(months_ahead => 0);
SELECT tableoid::regclass AS partition, created_at AT TIME ZONE 'UTC' AS at FROM dwello.user_activity_logs
 WHERE user_id = 'd1000000-0000-7000-8000-000000000001' ORDER BY created_at;
-- a month has its own key, forced row-level security and the owner's policy
SELECT c.relrowsecurity, c.relforcerowsecurity, pg_get_userbyid(c.relowner) AS owner,
       (SELECT count(*) FROM pg_policy AS p WHERE p.polrelid = c.oid) AS policies,
       (SELECT count(*) FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary) AS keys,
       (SELECT count(*) FROM pg_depend AS d WHERE d.objid = c.oid AND d.deptype = 'e') AS member
  FROM pg_class AS c WHERE c.oid = 'dwello.user_activity_logs_2031_04'::regclass;
ROLLBACK;

-- refusals of ensure_partitions
\set VERBOSITY sqlstate
SELECT * FROM dwello.ensure_partitions(months_ahead => NULL);
SELECT * FROM dwello.ensure_partitions(months_ahead => -1);
SELECT * FROM dwello.ensure_partitions(months_ahead => 121);
SELECT * FROM dwello.ensure_partitions(from_month => 'infinity');
SELECT * FROM dwello.ensure_partitions(from_month => '9999-01-01');
BEGIN READ ONLY;
SELECT * FROM dwello.ensure_partitions();
ROLLBACK;
BEGIN;
SET LOCAL ROLE dwello_app;
SELECT * FROM dwello.ensure_partitions();
ROLLBACK;
\set VERBOSITY terse

-- check(): healthy, then faults as it tells them; check.sql plants one for every rule
SELECT count(*) > 0 AS made FROM dwello.ensure_partitions();
SELECT rule, object FROM t.check();
BEGIN READ ONLY;
SELECT count(*) FROM t.check();
ROLLBACK;

BEGIN;
CREATE ROLE regress_dwello_maker CREATEROLE;
-- until 16 such a role can join dwello_owner by itself
SELECT count(*) = (current_setting('server_version_num')::integer < 160000)::integer AS as_told
  FROM dwello.check() WHERE rule = 'createrole_member' AND object = 'regress_dwello_maker';
ALTER ROLE regress_dwello_maker NOCREATEROLE;
GRANT dwello_owner TO regress_dwello_maker;
SELECT rule, object FROM dwello.check() WHERE rule = 'createrole_member';
ROLLBACK;

BEGIN;
INSERT INTO dwello.user_activity_logs (user_id, action, created_at)
  VALUES ('d1000000-0000-7000-8000-000000000001', 'seen', '1999-01-01 00:00+00');
SELECT rule, object, detail FROM t.check();
ROLLBACK;

BEGIN;
INSERT INTO dwello.outbox (scope_id, aggregatetype, aggregateid, type, payload, created_at)
  VALUES ('d1000000-0000-7000-8000-0000000000ff', 'job', 'x', 'nothing', '{}', now());
SELECT rule, object, detail FROM t.check();
ROLLBACK;

BEGIN;
ALTER TABLE dwello.transactions DISABLE TRIGGER guard_append;
ALTER TABLE dwello.bids NO FORCE ROW LEVEL SECURITY;
SELECT rule, object, detail FROM t.check();
ROLLBACK;

BEGIN;
ALTER EVENT TRIGGER dwello_guard_drop DISABLE;
SELECT rule, object, detail FROM t.check();
ROLLBACK;

BEGIN;
ALTER TABLE dwello.jobs ADD COLUMN colour text;
CREATE INDEX extra_idx ON dwello.bids (status);
CREATE POLICY extra ON dwello.reviews FOR SELECT USING (true);
CREATE FUNCTION public.regress_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER extra BEFORE UPDATE ON dwello.users FOR EACH ROW EXECUTE FUNCTION public.regress_trigger();
SELECT rule, object, detail FROM t.check();
ROLLBACK;

BEGIN;
DROP INDEX dwello.jobs_category_id_idx;
SELECT rule, object, detail FROM t.check();
ROLLBACK;

-- the ledger belongs to it
BEGIN;
SET LOCAL session_replication_role = replica;
INSERT INTO dwello.escrow_accounts (job_id, homeowner_id, provider_id, bid_id, currency, contract_amount, funded, held,
  fee_schedule_id, fee_payer, fee_rate_ppm, fee_fixed, fee_min, fee_tax_ppm)
  VALUES ('d1000000-0000-7000-8000-0000000000fd', t.user('h1'), t.user('p1'), t.user('p1'), 'USD', 1000, 1000, 1000,
  'd0000000-0000-7000-8000-0000000000f1', 'provider', 50000, 0, 0, 0);
SELECT rule, object, detail FROM t.check() ORDER BY 1, 2, 3;
ROLLBACK;

-- the drop guard: by itself, by cascade, in a session that has not used dwello
\set VERBOSITY sqlstate
DROP EXTENSION dwello CASCADE;
DROP EXTENSION postgis CASCADE;

\c -
DROP EXTENSION dwello CASCADE;
SELECT dwello.guard_drop();
BEGIN;
SET LOCAL dwello.allow_drop = on;
SET LOCAL client_min_messages = warning;
DROP EXTENSION dwello CASCADE;
SELECT count(*) FROM pg_class WHERE relnamespace = 'dwello'::regnamespace;
ROLLBACK;
SELECT count(*) > 0 AS all_there FROM dwello.system_settings_defaults;
BEGIN;
SET LOCAL ROLE dwello_app;
SET LOCAL dwello.allow_drop = on;
ROLLBACK;
\set VERBOSITY terse

-- who may ask
\set VERBOSITY sqlstate
BEGIN;
SET LOCAL ROLE dwello_app;
SELECT * FROM dwello.check();
ROLLBACK;
BEGIN;
SET LOCAL ROLE dwello_service;
SELECT count(*) FROM t.check();
ROLLBACK;
