--
-- setting.sql
--	The operator's settings: reading.
--
BEGIN;
-- the built-in values
SELECT name, dwello.get_setting(name)
  FROM unnest(ARRAY['platform_name', 'max_bid_radius_miles',
    'job_expiry_days', 'bid_expiry_days', 'job_invites_max',
    'max_photos_per_job', 'email_verification_required',
    'phone_verification_required', 'auto_approve_providers',
    'platform_fee_percentage']) AS name;

-- an operator's value goes before the built-in one
SAVEPOINT s;
INSERT INTO dwello.system_settings (name, value) VALUES ('job_invites_max', '30');
INSERT INTO dwello.fee_schedules (name, rate_ppm) VALUES ('ours', 62500);
SELECT name, value, is_overridden FROM dwello.settings
 WHERE is_overridden OR name IN ('platform_name', 'platform_fee_percentage')
 ORDER BY name;
SELECT dwello.get_setting('job_invites_max'),
       dwello.get_setting('platform_fee_percentage');
-- a schedule for some only is not the default
UPDATE dwello.fee_schedules SET currency = 'EUR' WHERE name = 'ours';
SELECT dwello.get_setting('platform_fee_percentage');
ROLLBACK TO s;

-- any identified actor reads, the view under row-level security, too
SELECT name, t.try($$SELECT dwello.get_setting('platform_name')$$, name)
  FROM unnest(ARRAY['h1', 'p1', 'a1', 's1', 'u1', NULL]) AS name;
SELECT t.app_as('h1');
SELECT dwello.get_setting('platform_name');
SELECT count(*) > 10 AS all_there FROM dwello.settings;
SELECT t.try($$UPDATE dwello.system_settings SET value = '1'$$);
SELECT t.try($$UPDATE dwello.system_settings_defaults SET value = '1'$$);

-- refusals
SELECT args, t.try(format('SELECT dwello.get_setting(%s)', args))
  FROM (VALUES ($$NULL$$), ($$''$$), ($$'no_such_setting'$$),
    ($$'Platform_Name'$$), ($$repeat('x', 1048576)$$)) AS v (args);
SELECT t.app_as(NULL);
SELECT t.try($$SELECT dwello.get_setting(NULL)$$);
SELECT t.try('SELECT count(*) FROM dwello.settings');
SELECT set_config('dwello.token', 'forged', true);
SELECT t.try($$SELECT dwello.get_setting(NULL)$$);
SELECT t.try($$SELECT count(*) FROM dwello.settings$$);
ROLLBACK;

-- it reads only
BEGIN READ ONLY;
SELECT dwello.get_setting('platform_name');
ROLLBACK;

-- every setting takes its own built-in value, so each has a rule
BEGIN;
SELECT count(*) FILTER (WHERE r.value = d.value AND r.version = 2 AND NOT r.replayed)
       = count(*) AS all_set
  FROM dwello.system_settings_defaults AS d, dwello.set_setting(d.name, d.value) AS r;

-- set, read, and go back; the version never goes back
SELECT * FROM dwello.set_setting('market_minimum', '7');
SELECT dwello.get_setting('market_minimum');
SELECT value, is_overridden, version FROM dwello.settings WHERE name = 'market_minimum';
SELECT * FROM dwello.set_setting('market_minimum', NULL);
SELECT value, is_overridden, version FROM dwello.settings WHERE name = 'market_minimum';
SELECT t.try($$SELECT dwello.set_setting('market_minimum', '9', 1)$$);
SELECT * FROM dwello.set_setting('market_minimum', '9', 4);
ROLLBACK;

-- a key answers again, and is the caller's own
BEGIN;
SELECT t.login_as('a1');
SELECT * FROM dwello.set_setting('bid_expiry_days', '10', 1, idempotency_key => 'k');
SELECT * FROM dwello.set_setting('bid_expiry_days', '10', 1, idempotency_key => 'k');
SELECT t.try($$SELECT dwello.set_setting('bid_expiry_days', '11', 1, idempotency_key => 'k')$$);
SELECT t.try($$SELECT dwello.set_setting('job_expiry_days', '10', 1, idempotency_key => 'k')$$);
SELECT t.as_system();
SELECT * FROM dwello.set_setting('bid_expiry_days', '12', idempotency_key => 'k');
SELECT * FROM dwello.set_setting('bid_expiry_days', '12', idempotency_key => 'k');
SELECT rule, detail FROM dwello.check() WHERE rule = 'orphan';

-- what a setting may be
SELECT name, value, t.try(format('SELECT dwello.set_setting(%L, %L)', name, value))
  FROM (VALUES ('job_expiry_days', '0'), ('job_expiry_days', '366'), ('job_expiry_days', ' 7'),
    ('job_expiry_days', '7.5'), ('job_expiry_days', '07'), ('job_expiry_days', ''),
    ('job_invites_max', '-1'), ('job_invites_max', '99999999999999999999'), ('min_bid_amount', '1'),
    ('auto_approve_providers', 'yes'), ('auto_approve_providers', 'TRUE'),
    ('platform_timezone', 'Mars/Olympus'), ('platform_timezone', ' '), ('platform_timezone', 'ABC3'),
    ('platform_timezone', 'Asia/Tokyo'), ('platform_name', ' '), ('platform_name', repeat('ä', 100)), ('platform_name', repeat('x', 101)),
    ('platform_fee_percentage', '4')) AS v (name, value);
-- two errors at once: the one that comes first
SELECT args, t.try(format('SELECT dwello.set_setting(%s)', args))
  FROM (VALUES ($$NULL, 'x'$$), ($$'no_such_setting', repeat('x', 1001)$$), ($$'no_such_setting', 'x'$$),
    ($$'job_expiry_days', 'x', 99$$), ($$'job_expiry_days', '8', 99$$)) AS v (args);
SELECT name, t.try($$SELECT dwello.set_setting(NULL, NULL)$$, name)
  FROM unnest(ARRAY['h1', 'p1', 's1', 'u1', 'a1']) AS name;
ROLLBACK;
BEGIN READ ONLY;
SELECT t.try($$SELECT dwello.set_setting('platform_name', 'x')$$);
ROLLBACK;

-- a pinned time is kept with its offset, so that no TimeZone of a parallel
-- worker reads another one out of it
BEGIN;
SET LOCAL TimeZone = 'America/New_York';
SET LOCAL dwello.now = '2026-06-01 12:00 Z';
SHOW dwello.now;
SET LOCAL dwello.now = '2026-06-01 12:00';
SHOW dwello.now;
ROLLBACK;

-- what is no time is refused, whatever is wrong with it
SET dwello.now = 'rubbish';
SET dwello.now = 'infinity';
SET dwello.now = '2031-01-01 Foo/Bar';
SET dwello.now = '2031-01-01 12:00 America/NoWhere';
SET dwello.now = '2031-02-30';
SET dwello.now = '10000-01-01';
SET dwello.now = '1969-12-31 12:00+00';
SET dwello.now = '2031-01-01 12:00 America/New_York';
SHOW dwello.now;
RESET dwello.now;

-- and no cancel is held back after it
BEGIN;
SET LOCAL statement_timeout = '200ms';
DO $$
BEGIN
  BEGIN
    PERFORM set_config('dwello.now', '2031-01-01 12:00 Foo/Bar', true);
  EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'refused: %', SQLSTATE;
  END;
  PERFORM pg_sleep(60);
EXCEPTION WHEN query_canceled THEN
  RAISE WARNING 'cancelled: %', SQLSTATE;
END
$$;
ROLLBACK;

-- a function that is replaced and called anew while a call of it is under way
-- still gives that call its columns
BEGIN;
CREATE FUNCTION t.replace_and_call() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
AS $$
BEGIN
  IF pg_trigger_depth() = 1 THEN
    FOR i IN 1..20 LOOP
      EXECUTE pg_get_functiondef('dwello.set_setting'::regproc);
      PERFORM dwello.set_setting('platform_name', 'inner ' || i);
    END LOOP;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER replace_and_call AFTER INSERT OR UPDATE ON dwello.system_settings
  FOR EACH ROW EXECUTE FUNCTION t.replace_and_call();
SELECT t.app_as('a1');
SELECT name, value, replayed FROM dwello.set_setting('platform_name', 'outer');
SELECT dwello.get_setting('platform_name');
ROLLBACK;
