--
-- check.sql
--	check(): for every rule a fault is planted, and named.
--
-- One table of faults; test/lint/checks.pl holds it against the rules of the
-- source.  Each is planted in a subtransaction, beside a story that leaves a
-- row in every table.  Faults of a kind that tables share are made from the
-- catalogue, so that a new table is asked for, too.
--
SET client_min_messages = warning;

CREATE TEMP TABLE fault (
  n integer GENERATED ALWAYS AS IDENTITY,
  rule text, object text, sql text);

-- Writes past triggers and foreign keys, as a damaged disk does; the checks
-- of the table have no say either.
CREATE FUNCTION pg_temp.damage(relation regclass, sql text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  name text;
BEGIN
  FOR name IN SELECT conname FROM pg_constraint WHERE conrelid = relation AND contype = 'c' LOOP
    EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', relation, name);
  END LOOP;
  PERFORM set_config('session_replication_role', 'replica', true);
  EXECUTE sql;
  PERFORM set_config('session_replication_role', 'origin', true);
END
$$;

-- the installation
INSERT INTO fault (rule, object, sql) VALUES
  ('preload_missing', 'session_preload_libraries', $$SET LOCAL session_preload_libraries = 'dwello_not'$$),
  ('keyring_unreadable', 'dwello.keyring_file', $$SET LOCAL dwello.keyring_file = '/nonexistent/keyring'$$),
  ('keyring_in_data_directory', 'dwello.keyring_file', $$SET LOCAL dwello.keyring_file = 'keyring'$$),
  ('createrole_member', 'regress_dwello_maker', $$CREATE ROLE regress_dwello_maker CREATEROLE; GRANT dwello_owner TO regress_dwello_maker$$),
  ('createrole_member', 'regress_dwello_member', $$CREATE ROLE regress_dwello_member; GRANT dwello_owner TO regress_dwello_member$$),
  ('function_schema_writable', 'PUBLIC', 'GRANT CREATE ON SCHEMA public TO PUBLIC'),
  ('function_schema_writable', 'regress_dwello_maker',
   $$CREATE ROLE regress_dwello_maker; DO 'BEGIN EXECUTE format(''ALTER DATABASE %I OWNER TO regress_dwello_maker'', current_database()); END'$$),
  ('wrong_owner', 'error_codes()', 'ALTER FUNCTION dwello.error_codes() OWNER TO CURRENT_USER'),
  ('wrong_owner', 'flags', 'ALTER VIEW dwello.flags OWNER TO CURRENT_USER'),
  -- (the settings' own check refuses these two; a dump of another time may hold them)
  ('token_in_settings', 'dwello_app', $$INSERT INTO pg_db_role_setting VALUES (0, 'dwello_app'::regrole, '{dwello.token=x.y.z}')$$),
  ('token_in_settings', 'regress_fixed_identity()',
   $$CREATE FUNCTION public.regress_fixed_identity() RETURNS integer LANGUAGE sql AS 'SELECT 1';
     UPDATE pg_proc SET proconfig = '{dwello.token=x.y.z}' WHERE proname = 'regress_fixed_identity'$$),
  ('token_in_settings', 'regress_fixed_system()',
   $$CREATE FUNCTION public.regress_fixed_system() RETURNS integer LANGUAGE sql AS 'SELECT 1';
     UPDATE pg_proc SET proconfig = '{dwello.act_as_system=on}' WHERE proname = 'regress_fixed_system'$$),
  ('partition_missing', 'data_access_log',
   $$DO 'BEGIN EXECUTE format(''DROP TABLE dwello.%I'', ''data_access_log_'' || to_char(now() AT TIME ZONE ''UTC'', ''YYYY_MM'')); END'$$),
  -- what a careless administrator of the database does
  ('role_attribute', 'dwello_owner', 'ALTER ROLE dwello_owner LOGIN'),
  ('role_attribute', 'dwello_app', 'ALTER ROLE dwello_app BYPASSRLS'),
  ('role_attribute', 'regress_dwello_member', $$CREATE ROLE regress_dwello_member LOGIN SUPERUSER IN ROLE dwello_service$$),
  ('role_attribute', 'regress_dwello_member',
   $$CREATE ROLE regress_dwello_maker IN ROLE dwello_app; CREATE ROLE regress_dwello_member LOGIN BYPASSRLS IN ROLE regress_dwello_maker$$),
  ('role_in_both', 'regress_dwello_member', $$CREATE ROLE regress_dwello_member LOGIN IN ROLE dwello_app, dwello_service$$),
  ('role_in_both', 'regress_dwello_maker', $$CREATE ROLE regress_dwello_maker LOGIN IN ROLE dwello_admin, dwello_service$$),
  ('setting_in_roles', 'dwello_app', $$ALTER ROLE dwello_app SET dwello.session_tokens = on$$),
  ('setting_in_roles', 'contrib_regression',
   $$DO 'BEGIN EXECUTE format(''ALTER DATABASE %I SET dwello.allow_drop = on'', current_database()); END'$$),
  ('parameters_logged', 'log_parameter_max_length', 'SET LOCAL log_parameter_max_length = 20'),
  ('parameters_logged', 'log_parameter_max_length_on_error', 'SET LOCAL log_parameter_max_length_on_error = -1'),
  ('parameters_logged', 'log_statement', 'SET LOCAL log_statement = mod'),
  ('parameters_logged', 'debug_print_plan', 'SET LOCAL debug_print_plan = on'),
  ('wrong_encoding', 'contrib_regression', 'UPDATE pg_database SET encoding = 0 WHERE datname = current_database()'),
  ('role_attribute', 'regress_dwello_member', $$CREATE ROLE regress_dwello_member LOGIN IN ROLE dwello_app, pg_read_server_files$$),
  ('role_attribute', 'regress_dwello_member',
   $$CREATE ROLE regress_dwello_maker IN ROLE pg_read_all_data; CREATE ROLE regress_dwello_member LOGIN IN ROLE dwello_service, regress_dwello_maker$$),
  ('member_altered', 'jobs', $$ALTER POLICY jobs_read ON dwello.jobs USING (true)$$),
  ('member_altered', 'jobs', $$ALTER POLICY jobs_read ON dwello.jobs TO PUBLIC$$),
  ('member_altered', 'current_user_id()',
   $$CREATE OR REPLACE FUNCTION dwello.current_user_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT NULL::uuid'$$),
  ('member_altered', 'reads_all()', 'ALTER FUNCTION dwello.reads_all() LEAKPROOF'),
  ('member_altered', 'own_scopes()', 'ALTER FUNCTION dwello.own_scopes() SECURITY INVOKER'),
  ('member_altered', 'analyst_users', 'ALTER VIEW dwello.analyst_users SET (security_barrier = false)'),
  ('member_altered', 'analyst_users', $$DO 'BEGIN EXECUTE ''CREATE OR REPLACE VIEW dwello.analyst_users WITH (security_barrier = true) AS ''
     || replace(pg_get_viewdef(''dwello.analyst_users''::regclass), '';'', '' WHERE true''); END'$$),
  ('member_altered', 'jobs', $$ALTER TABLE dwello.jobs ALTER status SET DEFAULT 'open'$$),
  ('member_altered', 'bids', 'ALTER TABLE dwello.bids ALTER status DROP NOT NULL'),
  ('member_altered', 'bids', 'ALTER TABLE dwello.bids DROP CONSTRAINT bids_sum_check, ADD CONSTRAINT bids_sum_check CHECK (true)'),
  ('member_altered', 'users', $$CREATE OR REPLACE TRIGGER audit_row AFTER INSERT ON dwello.users FOR EACH ROW EXECUTE FUNCTION dwello.audit_row()$$),
  ('guard_off', 'bids', 'ALTER TABLE dwello.bids DROP CONSTRAINT bids_sum_check'),
  ('added_to_member', 'jobs', 'CREATE RULE planted AS ON UPDATE TO dwello.jobs DO ALSO NOTHING'),
  ('added_to_member', 'jobs', 'ALTER TABLE dwello.jobs ADD CONSTRAINT planted CHECK (true)'),
  ('member_unknown', 'member_parts_defaults', $$UPDATE dwello.member_parts_defaults SET digest = '14' WHERE part = 'server'$$),
  ('default_privileges', 'dwello', 'ALTER DEFAULT PRIVILEGES IN SCHEMA dwello GRANT SELECT ON TABLES TO PUBLIC'),
  ('default_privileges', 'all schemas', 'ALTER DEFAULT PRIVILEGES FOR ROLE dwello_owner GRANT SELECT ON TABLES TO dwello_app'),
  ('view_past_policies', 'planted', $$CREATE VIEW public.planted AS SELECT id FROM dwello.users; GRANT SELECT ON public.planted TO dwello_app$$),
  ('view_past_policies', 'planted',
   $$CREATE MATERIALIZED VIEW public.planted AS SELECT id FROM dwello.jobs; GRANT SELECT ON public.planted TO PUBLIC$$),
  ('path_not_fixed', 'rank_bids(uuid)', 'ALTER FUNCTION dwello.rank_bids RESET search_path'),
  ('path_not_fixed', 'rank_bids(uuid)', 'ALTER FUNCTION dwello.rank_bids SET search_path = public, pg_temp'),
  ('grant_added', 'table bids', 'GRANT TRUNCATE ON dwello.bids TO dwello_service'),
  ('grant_added', 'table bids', 'GRANT SELECT ON dwello.bids TO PUBLIC'),
  ('grant_added', 'column email of table users', 'GRANT SELECT (email) ON dwello.users TO dwello_app'),
  ('grant_added', 'function rank_bids(uuid)', 'GRANT EXECUTE ON FUNCTION dwello.rank_bids TO PUBLIC'),
  ('grant_added', 'schema dwello', 'GRANT CREATE ON SCHEMA dwello TO dwello_app'),
  ('member_not_dumped', 'regress_member',
   $$CREATE TABLE public.regress_member (a integer); ALTER EXTENSION dwello ADD TABLE public.regress_member$$),
  ('foreign_key_without_index', 'jobs', 'DROP INDEX dwello.jobs_category_id_idx');

-- the tables: nothing added, nothing taken away
INSERT INTO fault (rule, object, sql) VALUES
  ('added_to_member', 'jobs', 'ALTER TABLE dwello.jobs ADD COLUMN colour text'),
  ('added_to_member', 'bids', 'CREATE INDEX extra_idx ON dwello.bids (status)'),
  ('added_to_member', 'reviews', 'CREATE POLICY extra ON dwello.reviews FOR SELECT USING (true)'),
  ('added_to_member', 'users',
   $$CREATE FUNCTION public.regress_trigger() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
     CREATE TRIGGER extra BEFORE UPDATE ON dwello.users FOR EACH ROW EXECUTE FUNCTION public.regress_trigger()$$),
  ('guard_off', 'transactions', 'ALTER TABLE dwello.transactions DISABLE TRIGGER guard_append'),
  ('guard_off', 'transactions', 'ALTER TABLE dwello.transactions ENABLE REPLICA TRIGGER guard_append'),
  ('guard_off', 'transactions', 'DROP TRIGGER guard_append ON dwello.transactions'),
  ('guard_off', 'bids', 'DROP POLICY bids_owner ON dwello.bids'),
  ('guard_off', 'bids', 'ALTER TABLE dwello.bids NO FORCE ROW LEVEL SECURITY'),
  ('guard_off', 'bids', 'ALTER TABLE dwello.bids DISABLE ROW LEVEL SECURITY'),
  ('guard_off', 'dwello_guard_drop', 'ALTER EVENT TRIGGER dwello_guard_drop DISABLE');

-- the default partition of every log
INSERT INTO fault (rule, object, sql)
  SELECT 'default_partition_not_empty', c.relname,
         format('DO $x$ DECLARE r dwello.%1$I; BEGIN SELECT * INTO STRICT r FROM dwello.%1$I LIMIT 1; '
                'r.created_at := ''1999-01-01 00:00+00''; INSERT INTO dwello.%1$I SELECT r.*; END $x$', p.relname)
    FROM pg_inherits AS i
    JOIN pg_class AS c ON c.oid = i.inhrelid
    JOIN pg_class AS p ON p.oid = i.inhparent
   WHERE p.relnamespace = 'dwello'::regnamespace AND p.relkind = 'p'
     AND pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT'
   ORDER BY 1, 2;

-- ids that no foreign key watches
INSERT INTO fault (rule, object, sql)
  SELECT 'orphan', relation,
         format('SELECT pg_temp.damage(%L, %L)', 'dwello.' || relation,
                format('UPDATE dwello.%I SET %I = t.user(''nobody'') WHERE %2$I = (SELECT %2$I FROM dwello.%1$I ORDER BY 1 LIMIT 1)',
                       relation, id))
    FROM (VALUES
      ('transactions', 'scope_id'), ('ledger_entries', 'scope_id'), ('refunds', 'scope_id'), ('chargebacks', 'scope_id'), ('invoices', 'scope_id'), ('outbox', 'scope_id'),
      ('outbox_deliveries', 'scope_id'),
      ('idempotency_keys', 'scope_id'), ('data_access_log', 'user_id'), ('user_activity_logs', 'user_id'), ('tax_profiles', 'user_id'),
      ('ai_agent_activity', 'user_id'), ('ai_agent_activity', 'job_id'), ('escrow_events', 'job_id'), ('market_prices', 'job_id'), ('ledger_accounts', 'owner_id'),
      ('ledger_entries', 'account_id')) AS v (relation, id);
INSERT INTO fault (rule, object, sql)
  SELECT 'orphan', 'agent_answers',
         format('SELECT pg_temp.damage(%L, %L)', 'dwello.agent_answers',
                format('UPDATE dwello.agent_answers SET %I = t.user(''nobody'') WHERE agent_id = t.user(''p1'')', id))
    FROM (VALUES ('agent_id'), ('job_id')) AS v (id);
INSERT INTO fault (rule, object, sql) VALUES
  ('orphan', 'statement_lines', $$INSERT INTO dwello.statement_lines (psp, line_id, kind, event_id, amount, currency, occurred_at, created_at,
     scope_id, transaction_id, booked_at) VALUES ('psp', 'line', 'fee', 'event', 1, 'USD', now(), now(), t.user('nobody'), t.user('nobody'), now())$$),
  ('orphan', 'journals', $$INSERT INTO dwello.journals (id, scope_id, status, lines, currency, amount, reason, transaction_id, proposed_by,
     proposed_at, decided_by, decided_at)
     VALUES (t.user('planted'), t.user('planted'), 'posted', '[]', 'USD', 1, 'x', t.user('planted'), t.user('a1'), now(), t.user('a1'), now())$$);
-- every scope_id is in that list
SELECT c.relname AS unwatched
  FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attname = 'scope_id'
 WHERE c.relnamespace = 'dwello'::regnamespace AND c.relkind IN ('r', 'p')
   AND NOT EXISTS (SELECT FROM fault AS f WHERE f.rule = 'orphan' AND f.object = c.relname);

-- the job's columns in every table that has them; where provider_id is a
-- bidder, an invited or one who writes, it is the row's own
INSERT INTO fault (rule, object, sql)
  SELECT 'denormalised_column', c.relname,
         format('SELECT pg_temp.damage(%L, %L)', 'dwello.' || c.relname,
                format('UPDATE dwello.%I SET %I = %s', c.relname, a.attname,
                       CASE a.attname WHEN 'is_listed' THEN 'NOT is_listed' ELSE 't.user(''u1'')' END))
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
   WHERE c.relnamespace = 'dwello'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'jobs'
     AND (a.attname IN ('homeowner_id', 'is_listed') OR c.relname = 'transactions' AND a.attname IN ('payer_id', 'payee_id')
       OR (a.attname = 'provider_id' AND c.relname NOT IN ('bids', 'job_invites', 'messages')))
   ORDER BY c.relname, a.attname;

-- what matching knows of a provider, and of their agent
INSERT INTO fault (rule, object, sql)
  SELECT 'matching_column', 'user_profiles',
         format('SELECT pg_temp.damage(%L, %L)', 'dwello.' || relation, format('UPDATE dwello.%I SET %s WHERE user_id = t.user(''p1'')', relation, change))
    FROM unnest(ARRAY['user_profiles', 'ai_bidding_agents']) AS relation,
         unnest(ARRAY['account_status = 0', 'longitude = 0', 'latitude = 0', 'area = st_makeenvelope(0, 0, 1, 1, 4326)',
           'category_ids = ARRAY[user_id]', 'capability_bits = 31', 'capability_from = ''1999-01-01''',
           'capability_until = ''1999-01-01''', 'radius_miles = 1']) AS change
   WHERE relation = 'user_profiles' OR change NOT LIKE 'radius%';

SELECT version > 0 AS has_password
  FROM dwello.register_user('check@example.org', 'homeowner', 'C', 'K', password_hash => 'a hash');
-- every sealed column; bytea that is none is digests, and that of the audit
-- log is under the keys of persons
INSERT INTO fault (rule, object, sql)
  SELECT 'unsealed_value', c.relname || '.' || a.attname,
         format('SELECT pg_temp.damage(%L, %L)', 'dwello.' || c.relname,
                format('UPDATE dwello.%I SET %I = ''a plain value of thirty-three bytes or more''', c.relname, a.attname))
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
   WHERE c.relnamespace = 'dwello'::regnamespace AND c.relkind IN ('r', 'p')
     AND a.attnum > 0 AND a.atttypid = 'bytea'::regtype AND c.relname NOT LIKE 'audit_log%'
     AND (a.attname !~ '(^|_)(hash|index|digests?)$' OR a.attname = 'password_hash') AND (c.relname, a.attname) <> ('idempotency_keys', 'arguments')
   ORDER BY c.relname, a.attname;
-- and a value of each that does not open, or is no index of what it should be
INSERT INTO fault (rule, object, sql)
  SELECT 'keyring_mismatch', c.relname || '.' || a.attname,
         format('SELECT pg_temp.damage(%L, %L)', 'dwello.' || c.relname,
                format('UPDATE dwello.%I SET %2$I = set_byte(%2$I, 19, get_byte(%2$I, 19) # 1)', c.relname, a.attname))
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
   WHERE c.relnamespace = 'dwello'::regnamespace AND c.relkind IN ('r', 'p')
     AND a.attnum > 0 AND a.atttypid = 'bytea'::regtype AND c.relname NOT LIKE 'audit_log%'
     AND (a.attname !~ '(^|_)(hash|digests?)$' OR a.attname = 'password_hash') AND (c.relname, a.attname) <> ('idempotency_keys', 'arguments')
     AND c.relname NOT IN ('user_emails', 'user_codes')  -- their targets are there for minutes
   ORDER BY c.relname, a.attname;
INSERT INTO fault (rule, object, sql) VALUES
  ('keyring_older_than_data', 'dwello.keyring_file', $$INSERT INTO dwello.key_ids VALUES ('pii', 7, now())$$),
  ('keyring_mismatch', 'dwello.keyring_file', $$UPDATE dwello.key_ids SET key_id = key_id # 1$$);
INSERT INTO fault (rule, object, sql) VALUES
  ('unsealed_value', 'users.email', $$UPDATE dwello.users SET email = '\x01' WHERE id = t.user('h1')$$);

-- documents, categories and people that no command makes so
INSERT INTO fault (rule, object, sql) VALUES
  ('damaged_document', 'user_profiles', $$SELECT pg_temp.damage('dwello.user_profiles',
     'UPDATE dwello.user_profiles SET service_areas = ''"junk"'' WHERE user_id = t.user(''p1'')')$$),
  ('damaged_document', 'user_profiles', $$SELECT pg_temp.damage('dwello.user_profiles',
     'UPDATE dwello.user_profiles SET availability_schedule = ''[1, 2]'' WHERE user_id = t.user(''p1'')')$$),
  ('damaged_document', 'ai_bidding_agents', $$SELECT pg_temp.damage('dwello.ai_bidding_agents',
     'UPDATE dwello.ai_bidding_agents SET working_hours = ''{"foo": 1}''')$$),
  ('damaged_document', 'outbox', $$UPDATE dwello.outbox SET payload = payload ||
     (SELECT jsonb_object_agg('more' || i, i) FROM generate_series(1, 48) AS i)$$),
  ('damaged_document', 'idempotency_keys', $$UPDATE dwello.idempotency_keys SET result = '"none"'$$),
  ('damaged_document', 'escrow_accounts', $$SELECT pg_temp.damage('dwello.escrow_accounts',
     'UPDATE dwello.escrow_accounts SET fee_steps = ''[]''')$$),
  ('category_cycle', 'service_categories', $$SELECT pg_temp.damage('dwello.service_categories',
     'INSERT INTO dwello.service_categories (id, name, parent_id) VALUES (t.user(''c''), ''c'', t.user(''c''))')$$),
  ('category_cycle', 'service_categories', $$SELECT pg_temp.damage('dwello.service_categories',
     'INSERT INTO dwello.service_categories (id, name, parent_id) VALUES (t.user(''c''), ''c'', t.user(''d'')), (t.user(''d''), ''d'', t.user(''c''))')$$),
  ('wrong_user_type', 'jobs', $$SELECT pg_temp.damage('dwello.jobs', 'UPDATE dwello.jobs SET homeowner_id = t.user(''p1'')')$$),
  ('wrong_user_type', 'bids', $$SELECT pg_temp.damage('dwello.bids', 'UPDATE dwello.bids SET provider_id = t.user(''h1'')')$$),
  ('currency_unknown', 'jobs', $$SELECT pg_temp.damage('dwello.jobs', 'UPDATE dwello.jobs SET currency = ''ZZZ''')$$);

-- counters, and the ledger
INSERT INTO fault (rule, object, sql)
  SELECT 'counter_drift', 'provider_stats',
         format('UPDATE dwello.provider_stats SET %I = %1$I + 1 WHERE user_id = t.user(''p1'')', counter)
    FROM unnest(ARRAY['awarded_count', 'completed_count', 'review_count']) AS counter;
INSERT INTO fault (rule, object, sql) VALUES
  ('api_key_unused', 'api_keys', $$UPDATE dwello.api_keys SET created_at = now() - interval '91 days';
     UPDATE dwello.api_key_uses SET used_at = now() - interval '91 days'$$),
  ('event_dead', 'outbox', $$INSERT INTO dwello.outbox_deliveries (scope_id, event_id, consumer, attempts, run_after, claimed_at, dead_at)
     SELECT scope_id, id, 'deliver_events', 10, now(), now(), now() FROM dwello.outbox LIMIT 1$$),
  ('agent_drift', 'agent_answers', $$UPDATE dwello.agent_answers SET state = 'answered', decision_id = t.user('nobody')$$),
  ('agent_drift', 'ai_agent_activity', $$INSERT INTO dwello.ai_agent_activity (job_id, user_id, terms_version, action_type, core_version, created_at)
     SELECT job_id, user_id, 1, 'declined', 1, now() FROM dwello.ai_agent_activity, generate_series(1, 2)$$),
  ('agent_drift', 'bids', $$UPDATE dwello.bids SET decision_id = t.user('nobody')$$),
  ('agent_drift', 'agent_day_counters', $$UPDATE dwello.agent_day_counters SET bids = 3$$),
  ('agent_drift', 'ai_bidding_agents', $$UPDATE dwello.ai_bidding_agents SET bids_total = 1, bids_won = 1$$),
  ('agent_quarantined', 'agent_answers', $$UPDATE dwello.agent_answers SET state = 'quarantined', attempts = 3$$),
  ('agent_quarantined', 'agent_work', $$UPDATE dwello.agent_work SET attempts = 3$$),
  ('period_drift', 'transactions', $$INSERT INTO dwello.accounting_periods (id, closed_until, closed_at, closed_by)
     VALUES (t.user('planted'), '2999-12-31', '2000-01-01Z', t.user('a1'))$$),
  ('period_drift', 'period_balances', $$INSERT INTO dwello.accounting_periods (id, closed_until, closed_at, closed_by)
     VALUES (t.user('planted'), '1999-12-31', '2000-01-01Z', t.user('a1'));
     INSERT INTO dwello.period_balances (period_id, kind, currency, psp, balance) VALUES (t.user('planted'), 'bank', 'USD', '', 1)$$),
  ('document_missing', 'transactions', $$INSERT INTO dwello.invoice_watermark VALUES (true) ON CONFLICT DO NOTHING;
     UPDATE dwello.invoice_watermark SET booked_on = '2999-12-31', transaction_id = t.user('any')$$),
  ('document_gap', 'invoice_series', 'UPDATE dwello.invoice_series SET last_number = last_number + 1'),
  ('journal_drift', 'transactions', $$SELECT pg_temp.damage('dwello.transactions', 'UPDATE dwello.transactions SET transaction_type = ''journal''')$$),
  ('parameters_drift', 'ai_bidding_agents', $$UPDATE dwello.ai_bidding_agents SET parameters_version = 7$$),
  ('mandate_altered', 'mandates', $$SELECT pg_temp.damage('dwello.mandates', 'UPDATE dwello.mandates SET token_id = user_id::text')$$),
  ('mandate_altered', 'ai_bidding_agents', $$UPDATE dwello.ai_bidding_agents SET mandate_id = user_id$$),
  ('market_drift', 'category_statistics', 'UPDATE dwello.category_statistics SET contracts = contracts + 1'),
  ('market_drift', 'market_prices', 'UPDATE dwello.market_prices SET amount = amount + 1'),
  ('requirement_drift', 'jobs', $$UPDATE dwello.jobs SET requirement_bits = 31 WHERE status = 'open'$$),
  ('counter_offer_drift', 'counter_offers', $$UPDATE dwello.counter_offers SET status = 'pending', answered_at = NULL$$),
  ('counter_offer_drift', 'counter_offers', $$UPDATE dwello.counter_offers SET status = 'accepted'$$),
  ('place_drift', 'job_sites', $$UPDATE dwello.job_sites SET place = st_setsrid(st_makepoint(0, st_y(place::geometry)), 4326)$$),
  ('place_drift', 'job_sites', $$UPDATE dwello.job_sites SET place = st_setsrid(st_makepoint(st_x(place::geometry), 0), 4326)$$),
  ('rank_missing', 'bid_ranks', $$DELETE FROM dwello.bid_ranks; UPDATE dwello.jobs SET bid_mode = 'rank_only' WHERE status = 'open'$$),
  ('change_order_drift', 'change_orders', $$UPDATE dwello.jobs SET status = 'cancelled' WHERE status = 'in_progress'$$),
  ('invite_drift', 'job_invites', $$UPDATE dwello.jobs SET status = 'cancelled', is_listed = false WHERE status = 'open'$$),
  ('invite_drift', 'job_invites', $$UPDATE dwello.job_invites SET status = 'accepted', answered_at = now(), amount = 1, currency = 'USD', expires_at = now()$$),
  ('change_order_drift', 'change_orders', $$UPDATE dwello.change_orders SET status = 'accepted', answered_at = now(), contract_amount = 1$$),
  ('contract_drift', 'escrow_accounts', $$UPDATE dwello.escrow_accounts SET contract_amount = contract_amount + 1$$),
  ('contract_drift', 'escrow_accounts', $$UPDATE dwello.job_milestones SET amount = amount + 1$$),
  ('tile_drift', 'job_tiles', $$SELECT dwello.refresh_tiles(); UPDATE dwello.job_tiles SET jobs = jobs + 1 WHERE zoom = 9$$),
  ('tile_stale', 'job_tiles', $$SELECT pg_temp.damage('dwello.jobs', 'UPDATE dwello.jobs SET updated_at = now() - interval ''2 days''')$$),
  ('receipt_waiting', 'receipts', $$SELECT FROM dwello.confirm_payment(NULL, 'acme', 'waits', 5, 'USD');
     UPDATE dwello.receipts SET created_at = now() - interval '31 days' WHERE event_id = 'waits'$$),
  ('authorization_overdue', 'authorizations', $$UPDATE dwello.authorizations SET status = 'open', closed_at = NULL, due_at = now(),
     expires_at = now() - interval '25 hours'$$),
  ('seal_overdue', 'log_chains', $$SELECT dwello.seal_logs(); UPDATE dwello.log_chains SET watermark_at = now() - interval '25 hours'$$),
  ('cancellation_drift', 'cancellation_terms', $$UPDATE dwello.cancellation_terms SET cancelled_at = now(), share_ppm = 1, price = 1, share = 1$$),
  ('cancellation_drift', 'transactions', $$SELECT pg_temp.damage('dwello.transactions',
     'UPDATE dwello.transactions SET transaction_type = ''cancellation'' WHERE transaction_type = ''release''')$$),
  ('receipt_drift', 'receipts', $$SELECT FROM dwello.confirm_payment(NULL, 'acme', 'drift', 5, 'USD'); UPDATE dwello.receipts SET amount = 9, remaining = 9$$),
  ('orphan', 'ledger_accounts', $$SELECT FROM dwello.confirm_payment(NULL, 'acme', 'drift', 5, 'USD'); DELETE FROM dwello.receipts$$),
  ('reconcile', 'I1',
   $$SELECT pg_temp.damage('dwello.ledger_entries', 'UPDATE dwello.ledger_entries SET amount = amount + 1 WHERE leg = 1')$$),
  ('verify_ledger', 'entry_changed',
   $$SELECT pg_temp.damage('dwello.ledger_entries', 'UPDATE dwello.ledger_entries SET amount = amount + 1 WHERE leg = 1')$$),
  ('verify_ledger', 'transaction_changed',
   $$SELECT pg_temp.damage('dwello.transactions', 'UPDATE dwello.transactions SET psp_reference = ''forged''')$$);

-- ----------------------------------------------------------------------
-- Planting
-- ----------------------------------------------------------------------

-- What check() says beside a fault, which is undone.
CREATE FUNCTION pg_temp.found_beside(sql text) RETURNS text[]
LANGUAGE plpgsql
AS $$
DECLARE
  found text[];
BEGIN
  EXECUTE sql;
  SELECT array_agg(DISTINCT c.rule || ' ' || c.object) INTO found FROM dwello.check() AS c
   WHERE c.detail <> '' AND c.hint <> '';
  RAISE EXCEPTION SQLSTATE 'XX123';
EXCEPTION
  WHEN SQLSTATE 'XX123' THEN RETURN coalesce(found, '{}');
END
$$;

BEGIN;
SELECT t.reference();
SELECT t.story('check', 'h1', 'p1', 'p2');
SELECT dwello.deliver_events(100000) > 0 AS delivered;
SELECT count(*) > 0 AS claimed FROM dwello.claim_events('worker');
-- healthy so far
SELECT rule, object, detail FROM t.check();
CREATE TEMP TABLE outcome AS
  SELECT f.n, f.rule, f.object, f.sql, pg_temp.found_beside(f.sql) AS found FROM fault AS f ORDER BY f.n;
-- what was not found: nothing
SELECT rule, object, sql, found FROM outcome
 WHERE NOT rule || ' ' || object = ANY (found) ORDER BY n;
-- what was planted, and what else was said of it
SELECT rule, object, count(*) AS faults,
       (SELECT array_agg(DISTINCT x ORDER BY x) FROM outcome AS a, unnest(a.found) AS x
         WHERE (a.rule, a.object) = (o.rule, o.object) AND x <> o.rule || ' ' || o.object
           AND x NOT IN (SELECT i.rule || ' ' || i.object FROM t.installation AS i)) AS also
  FROM outcome AS o GROUP BY rule, object ORDER BY rule COLLATE "C", object COLLATE "C";
SELECT rule, object, detail FROM t.check();

-- each table that says a currency itself is asked; these take it over from another row
CREATE TEMP VIEW currency AS
  SELECT c.oid::regclass AS relation, c.relname, a.attname FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid
   WHERE c.relnamespace = 'dwello'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attname ~ 'currency$'
     AND c.relname NOT IN ('ai_agent_activity', 'bid_versions', 'category_statistics', 'ledger_entries', 'payment_events', 'transactions');
CREATE FUNCTION pg_temp.say_no_currency() RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  said record;
  part text;
BEGIN
  PERFORM set_config('session_replication_role', 'replica', true);
  FOR said IN SELECT relation, array_agg(attname) AS names FROM pg_temp.currency GROUP BY 1 LOOP
    FOR part IN SELECT format('DROP CONSTRAINT IF EXISTS %I CASCADE', conname) FROM pg_constraint WHERE conrelid = said.relation AND contype NOT IN ('p', 'n')
      UNION ALL SELECT format('ALTER COLUMN %I %s', a.attname, CASE WHEN k.conname IS NULL THEN 'DROP NOT NULL'
                         WHEN a.atttypid = 'uuid'::regtype THEN 'SET DEFAULT gen_random_uuid()' WHEN y.typtype = 'r' THEN 'SET DEFAULT ''empty'''
                         WHEN y.typtype = 'e' THEN format('SET DEFAULT %L', (SELECT min(enumlabel) FROM pg_enum WHERE enumtypid = y.oid))
                         ELSE 'SET DEFAULT 1' END)
                  FROM pg_attribute AS a JOIN pg_type AS y ON y.oid = a.atttypid
                  LEFT JOIN pg_constraint AS k ON k.conrelid = a.attrelid AND k.contype = 'p' AND a.attnum = ANY (k.conkey)
                 WHERE a.attrelid = said.relation AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull LOOP
      EXECUTE format('ALTER TABLE %s %s', said.relation, part);
    END LOOP;
    FOREACH part IN ARRAY said.names LOOP
      EXECUTE format('INSERT INTO %s (%I) VALUES (''ZZZ'')', said.relation, part);
    END LOOP;
  END LOOP;
END
$$;
SELECT count(*) > 20 AS many, array_agg(relname) FILTER (WHERE NOT 'currency_unknown ' || relname = ANY (found)) AS not_asked
  FROM (SELECT DISTINCT relname FROM pg_temp.currency) AS c,
       pg_temp.found_beside('SELECT pg_temp.say_no_currency()') AS found;
ROLLBACK;
