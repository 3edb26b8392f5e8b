--
-- visibility_matrix.sql
--	Every table and view of dwello × everybody who may look: one table of
--	expectations, held against what each of them really gets.
--
-- A new table without a line fails, and so does one without a row, because
-- an empty table shows nothing.  What an expectation means:
--
--	all	every row
--	own	the rows of which the table's rule holds, for me = the viewer
--	none	no row, and no error
--	denied	42501
--
-- The viewers: h1 who posted, p1 who won, p2 who bid and lost, p3 who has
-- nothing to do with it; the service without a token; support and
-- administrators by their tokens; nobody, by the application's role, for whom
-- none is WD401; and a visitor, for whom all is denied that the second table
-- of expectations does not name.
--
SET client_min_messages = warning;

CREATE TEMP TABLE viewer (n integer, viewer text, name text, role text);
INSERT INTO viewer VALUES
  (1, 'owner', 'h1', 'dwello_app'), (2, 'counterparty', 'p1', 'dwello_app'),
  (3, 'rival', 'p2', 'dwello_app'), (4, 'stranger', 'p3', 'dwello_app'),
  (5, 'service', NULL, 'dwello_service'),
  (6, 'support', 's1', 'dwello_support'), (7, 'admin', 'a1', 'dwello_admin'),
  (8, 'nobody', NULL, 'dwello_app'), (9, 'visitor', NULL, 'dwello_public');

CREATE TEMP TABLE expected (relation text, owner text, counterparty text,
  rival text, stranger text, service text, support text, admin text,
  nobody text, rule text);
INSERT INTO expected VALUES
  -- people
  ('users', 'own', 'own', 'own', 'own', 'all', 'own', 'own', 'none', 'me = id AND deleted_at IS NULL'),
  ('user_emails', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('user_profiles', 'own', 'own', 'own', 'own', 'all', 'own', 'own', 'none', 'me = user_id'),
  ('user_addresses', 'own', 'own', 'own', 'own', 'all', 'none', 'none', 'none', 'me = user_id'),
  ('provider_credentials', 'none', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me = user_id'),
  ('provider_stats', 'none', 'own', 'own', 'own', 'all', 'none', 'none', 'none', 'me = user_id'),
  ('payment_methods', 'own', 'own', 'none', 'none', 'all', 'none', 'none', 'none', 'me = user_id AND removed_at IS NULL'),
  ('payouts', 'none', 'own', 'none', 'none', 'all', 'none', 'none', 'none', 'me = user_id'),
  ('repayments', 'none', 'own', 'none', 'none', 'all', 'none', 'none', 'none', 'me = user_id'),
  ('api_keys', 'none', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me = user_id'),
  ('user_sessions', 'none', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me = user_id'),
  ('contact_requests', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('token_uses', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('user_codes', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('used_refresh_tokens', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('api_key_uses', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('token_cutoffs', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('data_identity', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('heartbeat', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('person_keys', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('key_ids', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('notifications', 'own', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me = user_id'),
  ('saved_searches', 'none', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me = user_id'),
  ('ai_bidding_agents', 'none', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me = user_id'),
  ('agent_day_counters', 'none', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me = user_id'),
  ('agent_wakes', 'denied', 'denied', 'denied', 'denied', 'all', 'denied', 'denied', 'denied', NULL),
  ('agent_parameters', 'none', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me = user_id'),
  ('mandates', 'none', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me = user_id'),
  ('agent_outcomes', 'none', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me = user_id'),
  -- jobs: the listed are everybody's who is somebody
  ('jobs', 'own', 'own', 'own', 'own', 'all', 'own', 'own', 'none', '(me IN (homeowner_id, provider_id) OR is_listed) AND deleted_at IS NULL'),
  ('job_requirements', 'own', 'own', 'own', 'own', 'all', 'own', 'own', 'none', 'me IN (homeowner_id, provider_id) OR is_listed'),
  ('job_milestones', 'own', 'own', 'own', 'own', 'all', 'own', 'own', 'none', 'me IN (homeowner_id, provider_id) OR is_listed'),
  ('job_sites', 'own', 'own', 'none', 'none', 'all', 'none', 'none', 'none', 'me IN (homeowner_id, provider_id)'),
  ('job_progress', 'own', 'own', 'none', 'none', 'all', 'none', 'none', 'none', 'me IN (homeowner_id, provider_id)'),
  ('job_invites', 'own', 'none', 'own', 'none', 'all', 'none', 'none', 'none', 'me IN (homeowner_id, provider_id)'),
  ('agent_work', 'denied', 'denied', 'denied', 'denied', 'all', 'denied', 'denied', 'denied', NULL),
  ('agent_answers', 'none', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me = agent_id'),
  ('job_tiles', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('job_tile_refresh', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('ai_agent_activity', 'none', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me = user_id'),
  ('ai_agent_activity_default', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  -- bids: provider_id is the bidder
  ('bids', 'own', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me IN (homeowner_id, provider_id) AND deleted_at IS NULL'),
  ('bid_versions', 'own', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me IN (homeowner_id, provider_id)'),
  ('bid_floors', 'none', 'own', 'own', 'none', 'denied', 'none', 'none', 'none', 'me = provider_id'),
  ('bid_ranks', 'none', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me = provider_id'),
  ('bid_materials', 'own', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me IN (homeowner_id, provider_id)'),
  ('counter_offers', 'own', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me IN (homeowner_id, provider_id)'),
  ('change_orders', 'own', 'own', 'none', 'none', 'all', 'none', 'none', 'none', 'me IN (homeowner_id, provider_id)'),
  ('refund_requests', 'own', 'own', 'none', 'none', 'all', 'none', 'none', 'none', 'me IN (homeowner_id, provider_id)'),
  ('messages', 'own', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me IN (sender_id, recipient_id) AND deleted_at IS NULL'),
  ('reviews', 'own', 'own', 'own', 'own', 'all', 'own', 'own', 'none',
   '(me = reviewer_id OR (reveal_at <= now() AND (is_public OR me = reviewee_id))) AND deleted_at IS NULL'),
  ('review_responses', 'own', 'own', 'own', 'own', 'all', 'own', 'own', 'none', 'me IN (homeowner_id, provider_id) OR is_public'),
  -- money
  ('escrow_accounts', 'own', 'own', 'none', 'none', 'all', 'none', 'none', 'none', 'me IN (homeowner_id, provider_id)'),
  ('escrow_events', 'own', 'own', 'none', 'none', 'all', 'none', 'none', 'none', 'me IN (homeowner_id, provider_id)'),
  ('transactions', 'own', 'own', 'none', 'none', 'all', 'none', 'none', 'none', 'me IN (payer_id, payee_id)'),
  ('ledger_entries', 'own', 'own', 'none', 'none', 'all', 'none', 'none', 'none',
   'scope_id = me OR scope_id IN (SELECT job_id FROM dwello.escrow_accounts WHERE me IN (homeowner_id, provider_id))'),
  ('ledger_accounts', 'none', 'own', 'none', 'none', 'all', 'none', 'none', 'none', 'me = owner_id'),
  ('disputes', 'own', 'own', 'none', 'none', 'all', 'none', 'none', 'none', 'me IN (homeowner_id, provider_id)'),
  ('chargebacks', 'own', 'own', 'none', 'none', 'all', 'none', 'none', 'none', 'me IN (homeowner_id, provider_id)'),
  ('receipts', 'own', 'none', 'none', 'none', 'all', 'none', 'none', 'none', 'me = user_id'),
  ('statement_lines', 'denied', 'denied', 'denied', 'denied', 'all', 'denied', 'denied', 'denied', NULL),
  ('authorizations', 'own', 'own', 'none', 'none', 'all', 'none', 'none', 'none', 'me IN (homeowner_id, provider_id)'),
  ('cancellation_terms', 'own', 'own', 'none', 'none', 'all', 'none', 'none', 'none', 'me IN (homeowner_id, provider_id)'),
  ('refunds', 'own', 'own', 'none', 'none', 'all', 'none', 'none', 'none', 'me IN (homeowner_id, provider_id)'),
  ('payment_events', 'denied', 'denied', 'denied', 'denied', 'all', 'denied', 'denied', 'denied', NULL),
  ('market_prices', 'denied', 'denied', 'denied', 'denied', 'all', 'denied', 'denied', 'denied', NULL),
  ('category_statistics', 'none', 'none', 'none', 'none', 'all', 'none', 'none', 'none', NULL),
  ('promo_codes', 'denied', 'denied', 'denied', 'denied', 'all', 'denied', 'denied', 'denied', NULL),
  -- between the groups
  ('outbox', 'denied', 'denied', 'denied', 'denied', 'all', 'denied', 'denied', 'denied', NULL),
  ('outbox_consumers', 'denied', 'denied', 'denied', 'denied', 'all', 'denied', 'denied', 'denied', NULL),
  ('outbox_deliveries', 'denied', 'denied', 'denied', 'denied', 'all', 'denied', 'denied', 'denied', NULL),
  ('idempotency_keys', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  -- reference
  ('service_categories', 'all', 'all', 'all', 'all', 'all', 'all', 'all', 'none', NULL),
  ('category_overrides', 'all', 'all', 'all', 'all', 'all', 'all', 'all', 'none', NULL),
  ('category_amounts', 'all', 'all', 'all', 'all', 'all', 'all', 'all', 'none', NULL),
  ('fee_schedules', 'all', 'all', 'all', 'all', 'all', 'all', 'all', 'none', NULL),
  ('period_balances', 'denied', 'denied', 'denied', 'denied', 'all', 'denied', 'denied', 'denied', NULL),
  ('accounting_periods', 'denied', 'denied', 'denied', 'denied', 'all', 'denied', 'denied', 'denied', NULL),
  ('invoices', 'own', 'own', 'none', 'none', 'all', 'none', 'none', 'none', 'me IN (issuer_id, recipient_id)'),
  ('invoice_series', 'denied', 'denied', 'denied', 'denied', 'all', 'denied', 'denied', 'denied', NULL),
  ('invoice_watermark', 'denied', 'denied', 'denied', 'denied', 'all', 'denied', 'denied', 'denied', NULL),
  ('tax_profiles', 'own', 'own', 'none', 'none', 'all', 'none', 'none', 'none', 'me = user_id'),
  ('journals', 'denied', 'denied', 'denied', 'denied', 'all', 'denied', 'denied', 'denied', NULL),
  ('fx_rates', 'all', 'all', 'all', 'all', 'all', 'all', 'all', 'none', NULL),
  ('custom_json_schemas', 'all', 'all', 'all', 'all', 'all', 'all', 'all', 'none', NULL),
  ('psp_units', 'all', 'all', 'all', 'all', 'all', 'all', 'all', 'none', NULL),
  ('setting_amounts', 'all', 'all', 'all', 'all', 'all', 'all', 'all', 'none', NULL),
  ('system_settings', 'all', 'all', 'all', 'all', 'all', 'all', 'all', 'none', NULL),
  ('system_settings_defaults', 'all', 'all', 'all', 'all', 'all', 'all', 'all', 'none', NULL),
  ('feature_flags', 'all', 'all', 'all', 'all', 'all', 'all', 'all', 'none', NULL),
  ('feature_flags_defaults', 'all', 'all', 'all', 'all', 'all', 'all', 'all', 'none', NULL),
  ('agent_switches', 'own', 'own', 'own', 'own', 'all', 'own', 'own', 'none', $$me = id OR scope IN ('platform', 'category')$$),
  ('member_parts_defaults', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  -- logs: by the parent, never by a partition
  ('user_activity_logs', 'own', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me = user_id'),
  ('user_activity_logs_default', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('data_access_log', 'own', 'own', 'own', 'none', 'all', 'none', 'none', 'none', 'me = user_id'),
  ('data_access_log_default', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('audit_log', 'denied', 'denied', 'denied', 'denied', 'all', 'denied', 'denied', 'denied', NULL),
  ('audit_log_default', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('log_chains', 'denied', 'denied', 'denied', 'denied', 'all', 'denied', 'denied', 'denied', NULL),
  ('log_seals', 'denied', 'denied', 'denied', 'denied', 'all', 'denied', 'denied', 'denied', NULL),
  ('platform_metrics', 'denied', 'denied', 'denied', 'denied', 'all', 'denied', 'denied', 'denied', NULL),
  -- views, which run as whoever reads them
  ('categories', 'all', 'all', 'all', 'all', 'all', 'all', 'all', 'none', NULL),
  ('settings', 'all', 'all', 'all', 'all', 'all', 'all', 'all', 'none', NULL),
  ('flags', 'all', 'all', 'all', 'all', 'all', 'all', 'all', 'none', NULL),
  ('json_schemas', 'all', 'all', 'all', 'all', 'all', 'all', 'all', 'none', NULL),
  ('error_codes', 'all', 'all', 'all', 'all', 'all', 'all', 'all', 'all', NULL),
  ('analyst_users', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('analyst_jobs', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('analyst_bids', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('analyst_contracts', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('analyst_reviews', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL),
  ('member_parts', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', 'denied', NULL);

CREATE TEMP TABLE public (relation text, visitor text, rule text);
INSERT INTO public VALUES
  ('service_categories', 'all', NULL), ('category_overrides', 'all', NULL), ('category_amounts', 'all', NULL), ('categories', 'all', NULL),
  ('jobs', 'own', 'is_listed AND deleted_at IS NULL'), ('job_requirements', 'own', 'is_listed'),
  ('reviews', 'own', 'reveal_at <= now() AND is_public AND reviewee_id = provider_id AND deleted_at IS NULL'),
  ('review_responses', 'own', 'is_public AND responder_id = provider_id');

-- the lines and the catalogue name the same relations; a month made at run
-- time has the line of its log's default
CREATE TEMP VIEW relation AS
  SELECT c.oid, c.relname::text AS relation,
         CASE WHEN c.relispartition THEN
           regexp_replace(c.relname, '_\d{4}_\d{2}$', '_default')
         ELSE c.relname END::text AS line
    FROM pg_class AS c
   WHERE c.relnamespace = 'dwello'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f');
SELECT r.relation AS without_a_line FROM relation AS r
 WHERE NOT EXISTS (SELECT FROM expected AS e WHERE e.relation = r.line);
SELECT e.relation AS no_relation FROM expected AS e
 WHERE NOT EXISTS (SELECT FROM relation AS r WHERE r.relation = e.relation);

-- One line a relation and viewer.
CREATE TEMP VIEW expectation AS
  SELECT r.relation, v.n, v.viewer, v.name, v.role,
         CASE WHEN v.viewer = 'visitor' THEN coalesce(p.visitor, 'denied') ELSE to_jsonb(e) ->> v.viewer END AS expectation,
         CASE WHEN v.viewer = 'visitor' THEN p.rule ELSE e.rule END AS rule
    FROM relation AS r
    JOIN expected AS e ON e.relation = r.line
    LEFT JOIN public AS p ON p.relation = e.relation
    CROSS JOIN viewer AS v;

-- ----------------------------------------------------------------------
-- A row in every table
-- ----------------------------------------------------------------------

-- What t.story() leaves out, because no valid database has it or for long:
-- reviews that are not revealed or deleted, rows that no month holds.
CREATE FUNCTION pg_temp.odd(prefix text, h text, p text, rival text) RETURNS void
LANGUAGE sql
AS $$
  INSERT INTO dwello.reviews (job_id, id, homeowner_id, provider_id, reviewer_id, reviewee_id, rating,
    is_public, reveal_at, created_at, deleted_at)
    VALUES
      (t.user(prefix || ' open'), t.user(prefix || ' hidden'), t.user(h), t.user(p), t.user(h), t.user(p), 1, true, now() + interval '1 day', now(), NULL),
      (t.user(prefix || ' open'), t.user(prefix || ' erased'), t.user(h), t.user(p), t.user(p), t.user(h), 1, true, now() - interval '1 day', now(), now()),
      (t.user(prefix || ' open'), t.user(prefix || ' of homeowner'), t.user(h), t.user(p), t.user(p), t.user(h), 4, true, now() - interval '1 day', now(), NULL);
  INSERT INTO dwello.ai_agent_activity (job_id, user_id, terms_version, action_type, created_at)
    SELECT t.user(prefix || ' open'), t.user(name), 1, 'declined', '1999-01-01 00:00+00'
      FROM unnest(ARRAY[p, rival]) AS name;
  INSERT INTO dwello.user_activity_logs (user_id, action, created_at)
    SELECT t.user(name), 'login', '1999-01-01 00:00+00' FROM unnest(ARRAY[h, p, rival]) AS name;
  INSERT INTO dwello.data_access_log (user_id, actor_id, actor_role, what, reason, created_at)
    VALUES (t.user(h), t.user('a1'), 'admin', 'contact', 'odd', '1999-01-01 00:00+00');
  INSERT INTO dwello.audit_log (table_name, row_key, operation, user_id, actor_role, database_role, session_role,
    before, after, created_at)
    VALUES ('jobs', 'x', 'update', t.user(h), 'homeowner', 'postgres', 'postgres', '{}', '{}', '1999-01-01 00:00+00');
  SELECT FROM dwello.confirm_payment(t.user(prefix || ' paid'), 'acme', prefix || ' over event', 500, 'USD');
$$;

-- ----------------------------------------------------------------------
-- Looking
-- ----------------------------------------------------------------------

-- The rows of a relation as texts, of the columns that a role may read.
CREATE FUNCTION pg_temp.rows_of(relation text, role text, condition text)
RETURNS text[]
LANGUAGE plpgsql
AS $$
DECLARE
  columns text;
  found text[];
BEGIN
  SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) INTO columns
    FROM pg_attribute AS a
   WHERE a.attrelid = ('dwello.' || quote_ident(relation))::regclass
     AND a.attnum > 0 AND NOT a.attisdropped
     AND has_column_privilege(role, a.attrelid, a.attnum, 'SELECT');
  EXECUTE format('SELECT coalesce(array_agg(x::text ORDER BY x::text COLLATE "C"), ''{}'')
                    FROM (SELECT %s FROM dwello.%I WHERE %s) AS x',
                 coalesce(columns, '1'), relation, condition) INTO found;
  RETURN found;
END
$$;

-- What a viewer really gets; NULL rows where they are refused.
CREATE FUNCTION pg_temp.look(name text, role text, OUT relation text, OUT rows text[])
RETURNS SETOF record
LANGUAGE plpgsql
AS $$
DECLARE
  relations text[] := ARRAY(SELECT r.relation FROM relation AS r);
BEGIN
  PERFORM t.login_as(name);
  PERFORM set_config('role', role, true);
  FOREACH relation IN ARRAY relations LOOP
    BEGIN
      rows := pg_temp.rows_of(relation, role, 'true');
    EXCEPTION
      WHEN insufficient_privilege THEN
        rows := NULL;
      WHEN SQLSTATE 'WD401' THEN
        rows := '{WD401}';
    END;
    RETURN NEXT;
  END LOOP;
  PERFORM t.as_system();
END
$$;

-- What they should get, read by a superuser.
CREATE FUNCTION pg_temp.should_see(relation text, name text, role text, expectation text, rule text)
RETURNS text[]
LANGUAGE sql
AS $$
  SELECT CASE expectation
         WHEN 'all' THEN pg_temp.rows_of(relation, role, 'true')
         WHEN 'none' THEN CASE WHEN name IS NULL AND role = 'dwello_app' THEN '{WD401}'::text[] ELSE '{}' END
         WHEN 'own' THEN pg_temp.rows_of(relation, role, regexp_replace(rule, '\mme\M',
           coalesce(quote_literal(t.user(name)) || '::uuid', 'NULL::uuid'), 'g'))
         END
$$;

BEGIN;
SELECT count(t.register(name, 'service_provider')) FROM unnest(ARRAY['p8', 'p9']) AS name;
SELECT count(dwello.verify_user(t.user(name), what))
  FROM unnest(ARRAY['p8', 'p9']) AS name, unnest(ARRAY['email', 'provider']) AS what;
SELECT count(dwello.add_address('business', '8 Market Street', 'San Francisco', 'CA', '94103', 'US',
                                -122.4194, 37.7749, user_id => t.user(name)))
  FROM unnest(ARRAY['p8', 'p9']) AS name;
-- one story of ours, and one of people whom no viewer knows
SELECT t.reference();
SELECT t.story('ours', 'h1', 'p1', 'p2');
SELECT pg_temp.odd('ours', 'h1', 'p1', 'p2');
SELECT t.story('theirs', 'h2', 'p8', 'p9');
SELECT pg_temp.odd('theirs', 'h2', 'p8', 'p9');
SELECT dwello.deliver_events(100000) > 0 AS delivered;
SELECT count(*) > 0 AS claimed FROM dwello.claim_events('worker');
SELECT changed > 0 AS counted FROM dwello.refresh_tiles();
SELECT imported FROM dwello.import_statement('acme', '[{"line_id": "seen", "event_id": "seen", "kind": "fee", "amount": 1, "currency": "USD",
  "time": "2027-01-01T00:00:00Z"}]');

-- every table has a row
CREATE TEMP TABLE everything AS
  SELECT r.relation, cardinality(pg_temp.rows_of(r.relation, 'postgres', 'true')) AS rows
    FROM relation AS r;
SELECT relation AS empty FROM everything WHERE rows = 0
   AND relation NOT SIMILAR TO '%\_[0-9]{4}\_[0-9]{2}|analyst\_%' ORDER BY 1;

CREATE TEMP VIEW outcome_now AS
  SELECT e.*, l.rows AS seen,
         pg_temp.should_see(e.relation, e.name, e.role, e.expectation, e.rule) AS should_see
    FROM expectation AS e
    JOIN (SELECT v.viewer, l.* FROM viewer AS v, LATERAL pg_temp.look(v.name, v.role) AS l) AS l
      USING (viewer, relation);
CREATE TEMP TABLE outcome AS SELECT * FROM outcome_now;

-- what is not as expected: nothing
SELECT relation, viewer, expectation, cardinality(seen) AS seen, cardinality(should_see) AS should_see
  FROM outcome
 WHERE seen IS DISTINCT FROM should_see
 ORDER BY relation, n;
-- an expectation that proves nothing, because own is all or is nothing
SELECT o.relation, o.viewer, cardinality(o.should_see) AS own, e.rows
  FROM outcome AS o JOIN everything AS e USING (relation)
 WHERE o.expectation = 'own' AND cardinality(o.should_see) IN (0, e.rows)
 ORDER BY o.relation, o.n;
-- everybody was compared with every relation
SELECT viewer, count(*) = (SELECT count(*) FROM relation) AS complete
  FROM outcome GROUP BY n, viewer ORDER BY n;

-- faults that are planted are found: a row too many, a row too few, a column
SAVEPOINT fault;
CREATE POLICY leak ON dwello.bids FOR SELECT TO dwello_app USING (bid_amount > 95000);
ALTER POLICY job_progress_read ON dwello.job_progress USING (homeowner_id = dwello.current_user_id());
REVOKE SELECT ON dwello.fx_rates FROM dwello_admin;
ALTER POLICY jobs_public ON dwello.jobs USING (deleted_at IS NULL);
SELECT relation, viewer, expectation, cardinality(seen) > cardinality(should_see) AS too_many
  FROM outcome_now
 WHERE seen IS DISTINCT FROM should_see
 ORDER BY relation, n;
ROLLBACK TO fault;

-- a token is no less needed by the roles of support and administrators
SELECT role, l.relation
  FROM unnest(ARRAY['dwello_support', 'dwello_admin']) AS role,
       LATERAL pg_temp.look(NULL, role) AS l
 WHERE l.rows IS DISTINCT FROM '{WD401}' AND l.rows IS NOT NULL ORDER BY role, relation;
-- and the application's role makes nobody less than the staff they are
SELECT relation, v.viewer FROM viewer AS v, LATERAL pg_temp.look(v.name, 'dwello_app') AS l
  JOIN outcome AS o USING (relation)
 WHERE v.viewer IN ('support', 'admin') AND o.viewer = v.viewer
   AND l.rows IS DISTINCT FROM o.seen;
-- an analyst has none of them but views of their own, see analyst.sql
SELECT relation FROM pg_temp.look(NULL, 'dwello_analyst') AS l
 WHERE l.rows IS NOT NULL ORDER BY relation;
-- reviews of a provider are a visitor's to read, of a homeowner only for who
-- is signed in; their functions agree with the tables
CREATE FUNCTION pg_temp.reviews_for(name text, role text, whose text) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
  found bigint;
BEGIN
  PERFORM t.login_as(name);
  PERFORM set_config('role', role, true);
  found := (SELECT count(*) FROM dwello.reviews_of(t.user(whose)));
  PERFORM t.as_system();
  RETURN found;
END
$$;
SELECT whose, pg_temp.reviews_for('p3', 'dwello_app', whose) AS stranger, pg_temp.reviews_for(NULL, 'dwello_public', whose) AS visitor
  FROM unnest(ARRAY['p1', 'h1']) AS whose;
ROLLBACK;

-- ----------------------------------------------------------------------
-- Columns
-- ----------------------------------------------------------------------

-- the columns of readable tables that no role of an application may read
SELECT r.relation, string_agg(a.attname, ', ' ORDER BY a.attnum) AS hidden
  FROM relation AS r
  JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE has_any_column_privilege('dwello_app', r.oid, 'SELECT')
   AND NOT EXISTS (SELECT FROM unnest(ARRAY['dwello_app', 'dwello_service', 'dwello_support',
                                            'dwello_analyst', 'dwello_admin', 'dwello_public']) AS role
                    WHERE has_column_privilege(role, r.oid, a.attnum, 'SELECT'))
 GROUP BY r.relation ORDER BY r.relation;
-- secrets, tried: none of the roles gets one
SELECT r.relation, a.attname, role
  FROM relation AS r
  JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  CROSS JOIN unnest(ARRAY['dwello_app', 'dwello_service', 'dwello_support',
                          'dwello_analyst', 'dwello_admin', 'dwello_public']) AS role
 WHERE a.attname IN ('password_hash', 'email', 'email_index', 'phone', 'phone_index', 'street',
                     'number', 'psp_token', 'key_hash')
   AND t.try(format($$SELECT set_config('role', %L, true); SELECT %I FROM dwello.%I$$,
                    role, a.attname, r.relation), 'h1') NOT LIKE '42501: permission denied for %'
 ORDER BY 1, 2, 3;
-- what a visitor may read, and of whose it is only the provider
SELECT r.relation, string_agg(a.attname, ', ' ORDER BY a.attnum) AS for_visitors
  FROM relation AS r
  JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
 WHERE has_column_privilege('dwello_public', r.oid, a.attnum, 'SELECT')
 GROUP BY r.relation ORDER BY r.relation;
-- what is sealed or digested is bytea: of those, only links of chains and
-- digests of mandates are read
SELECT r.relation, a.attname, array_agg(substr(role, 8) ORDER BY role) AS roles
  FROM relation AS r
  JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped
  CROSS JOIN unnest(ARRAY['dwello_app', 'dwello_service', 'dwello_support',
                          'dwello_analyst', 'dwello_admin', 'dwello_public']) AS role
 WHERE a.atttypid = 'bytea'::regtype AND has_column_privilege(role, r.oid, a.attnum, 'SELECT')
 GROUP BY r.relation, a.attname ORDER BY 1, 2;
