--
-- seal.sql
--	Logs are sealed as they become final, and each kind of tampering is named.
--
SET client_min_messages = warning;
-- what is there now may not be final: a transaction in flight could bring more
SELECT sum(sealed) >= 0 AS sealed FROM dwello.seal_logs();
-- an hour later it is, once the call before has set its mark; what tests
-- before this one have left is sealed
SET dwello.now = '2999-01-01';
SELECT sum(sealed) >= 0 AS sealed FROM dwello.seal_logs();
DO $$
BEGIN
  FOR i IN 1 .. 1000 LOOP
    EXIT WHEN (SELECT bool_and(is_complete) FROM dwello.seal_logs());
  END LOOP;
END
$$;
RESET dwello.now;
SELECT log, sealed, seals, is_complete FROM dwello.seal_logs();
INSERT INTO dwello.psp_units (psp, currency, exponent) VALUES ('seal-co', 'USD', 2), ('seal-co', 'EUR', 2);
UPDATE dwello.psp_units SET exponent = 1 WHERE psp = 'seal-co';
INSERT INTO dwello.user_activity_logs (user_id, action, created_at)
  SELECT t.user('h1'), 'seal', now() + interval '1 minute' * n FROM generate_series(1, 3) AS n;
INSERT INTO dwello.data_access_log (user_id, actor_id, actor_role, what, reason, created_at)
  SELECT t.user('h1'), t.user('a1'), 'admin', 'contact', 'seal ' || n, now() + interval '1 minute' * n FROM generate_series(1, 3) AS n;
INSERT INTO dwello.payment_events (psp, event_id, event_type, amount, currency, created_at)
  SELECT 'seal-co', 'event ' || n, 'psp_fee', n, 'USD', now() + interval '1 minute' * n FROM generate_series(1, 3) AS n;
-- one call does what it is asked to
SELECT log, sealed, seals, is_complete FROM dwello.seal_logs(2);
SELECT log, sealed, seals, is_complete FROM dwello.seal_logs();
SELECT t.try('SELECT dwello.seal_logs(0)') AS none, t.try('SELECT dwello.seal_logs(10001)') AS many, t.try('SELECT dwello.seal_logs(NULL)') AS nothing;
BEGIN;
SELECT t.try('SELECT dwello.seal_logs()', 'a1') AS admin, t.try('SELECT dwello.verify_audit()', 'h1') AS homeowner,
       t.try('SELECT dwello.verify_audit()', 'a1') AS admin_looks, t.try($$SELECT dwello.verify_audit('jobs')$$) AS no_log;
ROLLBACK;
-- every row stands under a seal, and SQL alone can follow the chain
SELECT c.log, sum(s.row_count) = CASE c.log WHEN 'audit_log' THEN (SELECT count(*) FROM dwello.audit_log)
         WHEN 'payment_events' THEN (SELECT count(*) FROM dwello.payment_events) ELSE sum(s.row_count) END AS all_rows,
       bool_and(s.hash = sha256(s.prev_hash || int4send(s.seq)
         || sha256(convert_to(jsonb_build_array(s.log, s.month, s.keys)::text, 'UTF8')) || s.digests)) AS hashes
  FROM dwello.log_chains AS c JOIN dwello.log_seals AS s USING (log) GROUP BY c.log, c.seq ORDER BY c.log COLLATE "C";
-- and is as it was
SELECT * FROM dwello.verify_audit();
SET timezone = 'Asia/Kathmandu';
SET datestyle = 'German';
SET bytea_output = 'escape';
SET extra_float_digits = -3;
SELECT * FROM dwello.verify_audit();
RESET timezone;
RESET datestyle;
RESET bytea_output;
RESET extra_float_digits;

-- ----------------------------------------------------------------------
-- Tampering, past the guards; undone each time
-- ----------------------------------------------------------------------
CREATE FUNCTION pg_temp.tamper(sql text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  found text;
BEGIN
  SET LOCAL session_replication_role = replica;
  EXECUTE sql;
  SET LOCAL session_replication_role = origin;
  SELECT string_agg(x.log || ' ' || x.problem || CASE WHEN x.row_key IS NULL THEN '' WHEN x.row_key = current_setting('t.key', true) THEN ' the row' ELSE ' ' || regexp_replace(x.row_key, '^[0-9a-f]{8}-.*', 'another') END, ', ') INTO found
    FROM (SELECT v.* FROM dwello.verify_audit() AS v LIMIT 3) AS x;
  RAISE EXCEPTION SQLSTATE 'XX123' USING MESSAGE = coalesce(found, 'nothing');
EXCEPTION
  WHEN SQLSTATE 'XX123' THEN RETURN SQLERRM;
END
$$;

-- each column of a row of each log
CREATE TEMP TABLE sealed (log text, relation regclass, place tid, key text);
INSERT INTO sealed
  SELECT 'audit_log', tableoid, ctid, id::text FROM dwello.audit_log WHERE table_name = 'psp_units' AND row_key = 'seal-co/USD' AND operation = 'update';
INSERT INTO sealed SELECT 'user_activity_logs', tableoid, ctid, id::text FROM dwello.user_activity_logs WHERE action = 'seal' ORDER BY created_at LIMIT 1;
INSERT INTO sealed SELECT 'data_access_log', tableoid, ctid, id::text FROM dwello.data_access_log WHERE reason = 'seal 2';
INSERT INTO sealed SELECT 'payment_events', tableoid, ctid, 'seal-co/event 2' FROM dwello.payment_events WHERE psp = 'seal-co' AND event_id = 'event 2';
SELECT s.log, a.attname AS column,
       CASE WHEN set_config('t.key', s.key, false) <> '' THEN pg_temp.tamper(format('UPDATE %s SET %I = %s WHERE ctid = %L',
         s.relation, a.attname,
         CASE a.atttypid WHEN 'uuid'::regtype THEN 'gen_random_uuid()' WHEN 'timestamptz'::regtype THEN format('coalesce(%I, now()) - interval ''1 microsecond''', a.attname)
           WHEN 'jsonb'::regtype THEN '''{"a": "1"}''' WHEN 'bigint'::regtype THEN '77' WHEN 'text[]'::regtype THEN '''{x}'''
           ELSE CASE a.attname WHEN 'operation' THEN '''insert'', before = NULL' WHEN 'currency' THEN '''EUR''' ELSE '''x''' END END, s.place)) END AS found
  FROM sealed AS s JOIN pg_attribute AS a ON a.attrelid = ('dwello.' || s.log)::regclass AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY s.log COLLATE "C", a.attnum;
-- rows that go, come, or take each other's place
SELECT s.log, CASE WHEN set_config('t.key', s.key, false) <> '' THEN pg_temp.tamper(format('DELETE FROM %s WHERE ctid = %L', s.relation, s.place)) END AS deleted
  FROM sealed AS s ORDER BY s.log COLLATE "C";
SELECT set_config('t.key', '', false);
SELECT pg_temp.tamper($$INSERT INTO dwello.payment_events (psp, event_id, event_type, amount, currency, created_at)
                        SELECT psp, 'late', event_type, amount, currency, created_at - interval '1 microsecond' FROM dwello.payment_events
                         WHERE psp = 'seal-co' AND event_id = 'event 2'$$) AS added,
       pg_temp.tamper($$UPDATE dwello.payment_events AS t SET created_at = x.created_at FROM dwello.payment_events AS x
                         WHERE t.psp = 'seal-co' AND x.psp = t.psp AND (t.event_id, x.event_id) IN (('event 1', 'event 2'), ('event 2', 'event 1'))$$) AS swapped,
       pg_temp.tamper($$DELETE FROM dwello.payment_events WHERE psp = 'seal-co' AND event_id = 'event 1'$$) AS the_first,
       pg_temp.tamper($$DELETE FROM dwello.payment_events WHERE psp = 'seal-co' AND event_id = 'event 3'$$) AS the_last,
       pg_temp.tamper($$DELETE FROM dwello.payment_events WHERE psp = 'seal-co'$$) AS all_three;
-- seals, and the head of the chain
SELECT x AS change, pg_temp.tamper(format('UPDATE dwello.log_seals SET %s WHERE log = ''payment_events'' AND seq = (SELECT max(seq) - 1 FROM dwello.log_seals WHERE log = ''payment_events'')', x)) AS found
  FROM unnest(ARRAY[
    'hash = sha256(''x'')', 'prev_hash = sha256(''x'')', 'digests = overlay(digests PLACING ''\x00'' FROM 3)', 'keys[1] = ''x''',
    'month = month - 40', 'seq = 1000', 'log = ''data_access_log'', seq = 1000',
    'hash = sha256(prev_hash || int4send(seq) || sha256(convert_to(jsonb_build_array(log, month, keys)::text, ''UTF8'')) || overlay(digests PLACING ''\x00'' FROM 3)), digests = overlay(digests PLACING ''\x00'' FROM 3)']) AS x;
SELECT pg_temp.tamper($$DELETE FROM dwello.log_seals WHERE log = 'payment_events' AND seq = (SELECT max(seq) - 1 FROM dwello.log_seals WHERE log = 'payment_events')$$) AS a_seal,
       pg_temp.tamper($$DELETE FROM dwello.log_seals WHERE log = 'payment_events' AND seq = (SELECT max(seq) FROM dwello.log_seals WHERE log = 'payment_events')$$) AS last_seal,
       split_part(pg_temp.tamper($$DELETE FROM dwello.log_chains WHERE log = 'payment_events'$$), ',', 1) AS chain,
       pg_temp.tamper($$UPDATE dwello.log_chains SET hash = sha256('x') WHERE log = 'payment_events'$$) AS head;
-- the guards stand before all of it
SELECT t.try('UPDATE dwello.log_seals SET seq = seq') AS seal_changed, t.try('DELETE FROM dwello.log_seals') AS deleted, t.try('TRUNCATE dwello.log_seals') AS truncated,
       t.try('UPDATE dwello.payment_events SET amount = amount') AS event_changed, t.try('DELETE FROM dwello.payment_events') AS event_deleted,
       t.try('TRUNCATE dwello.payment_events') AS events, regexp_replace(t.try('DELETE FROM dwello.data_access_log'), '_(default|[0-9]{4}_[0-9]{2})"', '"') AS access, t.try('TRUNCATE dwello.data_access_log_default') AS accesses,
       regexp_replace(t.try('UPDATE dwello.user_activity_logs SET action = ''x'''), '_(default|[0-9]{4}_[0-9]{2})"', '"') AS activity, t.try('TRUNCATE dwello.user_activity_logs') AS activities;

-- ----------------------------------------------------------------------
-- The history of a row, and what it was
-- ----------------------------------------------------------------------
SELECT operation, actor_role, database_role = session_role AS same, request_id, before, after - 'updated_at' AS after, withheld
  FROM dwello.audit_history('psp_units', 'seal-co/EUR');
SELECT operation FROM dwello.audit_history('psp_units', 'seal-co/EUR', max_results => 1);
SELECT operation FROM dwello.audit_history('psp_units', 'seal-co/EUR',
  before_id => (SELECT id FROM dwello.audit_history('psp_units', 'seal-co/EUR', max_results => 1)));
DELETE FROM dwello.psp_units WHERE psp = 'seal-co';
SELECT h.operation, a.row_exists, a.image - 'updated_at' AS image, a.is_complete, a.changed_at = h.created_at AS then
  FROM dwello.audit_history('psp_units', 'seal-co/EUR') AS h
  CROSS JOIN LATERAL dwello.audit_as_of('psp_units', 'seal-co/EUR', h.created_at) AS a ORDER BY h.id;
SELECT t.try($$SELECT dwello.audit_as_of('psp_units', 'seal-co/EUR', '1999-01-01')$$) AS before, t.try($$SELECT dwello.audit_as_of('psp_units', 'none', now())$$) AS none,
       t.try($$SELECT dwello.audit_as_of('psp_units', NULL, now())$$) AS no_key, t.try($$SELECT dwello.audit_history('psp_units', 'x', max_results => 0)$$) AS no_rows;
-- the image at any time is the row as it was
CREATE TEMP TABLE was (at timestamptz, image jsonb);
INSERT INTO dwello.fee_schedules (id, name, rate_ppm, valid) VALUES (t.user('seal'), 'Seal', 1000, '[2998-01-01,2998-02-01)');
INSERT INTO was SELECT clock_timestamp(), to_jsonb(f) FROM dwello.fee_schedules AS f WHERE id = t.user('seal');
UPDATE dwello.fee_schedules SET rate_ppm = 2000, name = 'Sealed' WHERE id = t.user('seal');
INSERT INTO was SELECT clock_timestamp(), to_jsonb(f) FROM dwello.fee_schedules AS f WHERE id = t.user('seal');
UPDATE dwello.fee_schedules SET rate_ppm = 3000, name = 'Again', valid = '[2998-01-01,2998-03-01)' WHERE id = t.user('seal');
INSERT INTO was SELECT clock_timestamp(), to_jsonb(f) FROM dwello.fee_schedules AS f WHERE id = t.user('seal');
SELECT count(*) AS times, count(*) FILTER (WHERE to_jsonb(jsonb_populate_record(NULL::dwello.fee_schedules, a.image)) - 'updated_at' = w.image - 'updated_at') AS same
  FROM was AS w CROSS JOIN LATERAL dwello.audit_as_of('fee_schedules', t.user('seal')::text, w.at) AS a;
DELETE FROM dwello.fee_schedules WHERE id = t.user('seal');
BEGIN;
SELECT t.try($$SELECT dwello.audit_history('users', 'x')$$, 'h1') AS homeowner, t.try($$SELECT dwello.audit_as_of('users', 'x', now())$$, 's1') AS support,
       t.try($$SELECT dwello.audit_history('users', 'x')$$, 'a1') AS admin;
ROLLBACK;

-- as it was before
SET session_replication_role = replica;
DELETE FROM dwello.log_seals;
DELETE FROM dwello.log_chains;
DELETE FROM dwello.payment_events WHERE psp = 'seal-co';
DELETE FROM dwello.data_access_log WHERE reason LIKE 'seal _';
DELETE FROM dwello.user_activity_logs WHERE action = 'seal';
DELETE FROM dwello.audit_log WHERE table_name IN ('psp_units', 'fee_schedules');
RESET session_replication_role;
