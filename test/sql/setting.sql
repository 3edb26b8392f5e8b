--
-- setting.sql
--	The operator's settings: reading.
--
BEGIN;
-- the built-in values
SELECT name, dwello.get_setting(name)
  FROM unnest(ARRAY['platform_name', 'max_bid_radius_miles',
    'job_expiry_days', 'bid_expiry_days', 'min_bid_amount',
    'max_photos_per_job', 'email_verification_required',
    'phone_verification_required', 'auto_approve_providers',
    'platform_fee_percentage']) AS name;

-- an operator's value goes before the built-in one
SAVEPOINT s;
INSERT INTO dwello.system_settings (name, value) VALUES ('min_bid_amount', '7500');
INSERT INTO dwello.fee_schedules (name, rate_ppm) VALUES ('ours', 62500);
SELECT name, value, is_overridden FROM dwello.settings
 WHERE is_overridden OR name IN ('platform_name', 'platform_fee_percentage')
 ORDER BY name;
SELECT dwello.get_setting('min_bid_amount'),
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
SELECT count(*) FROM dwello.settings;
SAVEPOINT s;
SELECT set_config('dwello.token', 'forged', true);
SELECT t.try($$SELECT dwello.get_setting(NULL)$$);
SELECT t.try($$SELECT count(*) FROM dwello.settings$$);
ROLLBACK;

-- it reads only
BEGIN READ ONLY;
SELECT dwello.get_setting('platform_name');
ROLLBACK;
