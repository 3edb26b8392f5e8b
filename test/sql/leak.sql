--
-- leak.sql
--	What a stranger learns of others by a way round row-level security: every
--	table and view by functions that cost nothing, by errors, by plans made
--	for others, by workers, cursors and writes; every function by what it
--	answers, and by whether a thing is there.
--
-- The strangers: p3, a provider, and h2, a homeowner, in a story of h1, p1
-- and p2; and a visitor.  What they may see by a plain SELECT is held to its
-- rules in visibility_matrix.sql; here nothing shows more than that.
--
SET client_min_messages = warning;

CREATE TEMP TABLE stranger (n integer, who text, name text, role text);
INSERT INTO stranger VALUES (1, 'provider', 'p3', 'dwello_app'), (2, 'homeowner', 'h2', 'dwello_app'), (3, 'visitor', NULL, 'dwello_public');

CREATE TEMP VIEW relation AS
  SELECT c.oid, c.relname::text AS relation FROM pg_class AS c
   WHERE c.relnamespace = 'dwello'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition;
GRANT SELECT ON relation TO PUBLIC;

-- What a stranger may read of a relation, as texts; NULL: nothing at all.
CREATE FUNCTION pg_temp.columns_of(relation text, role text) RETURNS text
LANGUAGE sql STABLE
AS $$
  SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute AS a
   WHERE a.attrelid = ('dwello.' || quote_ident(relation))::regclass AND a.attnum > 0 AND NOT a.attisdropped
     AND has_column_privilege(role, a.attrelid, a.attnum, 'SELECT')
$$;
-- a stranger makes such functions themselves; these count what they are given
CREATE FUNCTION pg_temp.peek(a anyelement) RETURNS boolean
LANGUAGE plpgsql COST 0.0000001
AS $$
BEGIN
  PERFORM set_config('leak.peeked', (current_setting('leak.peeked')::bigint + 1)::text, true);
  RETURN true;
END
$$;
-- What comes of a query with %s for the row: an answer, or the error's text.
CREATE FUNCTION pg_temp.ask(query text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  answer text;
  detail text;
  hint text;
BEGIN
  EXECUTE query INTO answer;
  RETURN answer;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RETURN concat_ws(' ', SQLSTATE, SQLERRM, detail, hint);
END
$$;

-- Everything that is tried on one relation by one stranger: how many rows a
-- SELECT gives them, and what the other ways gave.
CREATE FUNCTION pg_temp.pry(name text, role text, relation text, OUT way text, OUT gives text, OUT may text)
RETURNS SETOF record
LANGUAGE plpgsql
AS $$
DECLARE
  columns text := pg_temp.columns_of(relation, role);
  rows text[];
  row_text text;
  row_only text;
BEGIN
  IF columns IS NULL THEN
    RETURN;
  END IF;
  row_text := format('ROW(%s)::text', columns);
  row_only := format('ROW(%s)', columns);
  EXECUTE format('SELECT coalesce(array_agg(%s), ''{}'') FROM dwello.%I', row_text, relation) INTO rows;
  may := cardinality(rows)::text;

  way := 'a function that costs nothing';
  PERFORM set_config('leak.peeked', '0', true);
  EXECUTE format('SELECT count(*) FROM dwello.%I WHERE pg_temp.peek(%s)', relation, row_only);
  gives := current_setting('leak.peeked');
  RETURN NEXT;
  way := 'the same, below a join';
  PERFORM set_config('leak.peeked', '0', true);
  EXECUTE format('SELECT count(*) FROM dwello.%1$I CROSS JOIN (SELECT 1 WHERE true) AS one WHERE pg_temp.peek(%2$s)', relation, row_only);
  gives := current_setting('leak.peeked');
  RETURN NEXT;
  way := 'the same, in CASE';
  PERFORM set_config('leak.peeked', '0', true);
  EXECUTE format('SELECT count(*) FROM dwello.%1$I WHERE CASE WHEN pg_temp.peek(%2$s) THEN true END', relation, row_only);
  gives := current_setting('leak.peeked');
  RETURN NEXT;

  -- an error says only what a row of theirs has
  way := 'division';
  gives := pg_temp.ask(format('SELECT 0 FROM dwello.%I WHERE 1 / length(left(%s, 0)) = 1 LIMIT 1', relation, row_text));
  gives := CASE WHEN gives IS NULL OR gives LIKE '22012%' AND may <> '0' THEN may ELSE gives END;
  RETURN NEXT;
  way := 'cast';
  gives := pg_temp.ask(format('SELECT 0 FROM dwello.%I WHERE (%s)::integer = 1 LIMIT 1', relation, row_text));
  gives := CASE WHEN gives IS NULL OR gives LIKE '22P02%' AND EXISTS (SELECT FROM unnest(rows) AS r WHERE position(r IN gives) > 0)
           THEN may ELSE gives END;
  RETURN NEXT;

  -- other plans
  way := 'a generic plan';
  EXECUTE format('PREPARE pried AS SELECT count(*) FROM dwello.%I', relation);
  PERFORM set_config('plan_cache_mode', 'force_generic_plan', true);
  EXECUTE 'EXECUTE pried' INTO gives;
  PERFORM set_config('plan_cache_mode', 'auto', true);
  DEALLOCATE pried;
  RETURN NEXT;
  way := 'a worker';
  PERFORM set_config(s.name, 'on', true) FROM pg_settings AS s WHERE s.name IN ('force_parallel_mode', 'debug_parallel_query');
  EXECUTE format('SELECT count(*) FROM dwello.%I', relation) INTO gives;
  PERFORM set_config(s.name, 'off', true) FROM pg_settings AS s WHERE s.name IN ('force_parallel_mode', 'debug_parallel_query');
  RETURN NEXT;
  way := 'a sample';
  IF EXISTS (SELECT FROM pg_class AS c WHERE c.oid = ('dwello.' || quote_ident(relation))::regclass AND c.relkind <> 'v') THEN
    EXECUTE format('SELECT count(*) FROM dwello.%I TABLESAMPLE SYSTEM (100)', relation) INTO gives;
    RETURN NEXT;
  END IF;
  way := 'statistics';
  EXECUTE 'SELECT count(*) FROM pg_stats WHERE schemaname = ''dwello'' AND tablename = $1' INTO gives USING relation;
  may := CASE WHEN EXISTS (SELECT FROM pg_class AS c WHERE c.oid = ('dwello.' || quote_ident(relation))::regclass AND c.relkind = 'v')
         THEN gives ELSE '0' END;
  RETURN NEXT;
END
$$;

-- What no stranger may do to a relation at all: write, lock, refer to it.
CREATE FUNCTION pg_temp.refused(relation text) RETURNS TABLE (way text, answer text)
LANGUAGE plpgsql
AS $$
DECLARE
  column_name text := (SELECT quote_ident(a.attname) FROM pg_attribute AS a
                        WHERE a.attrelid = ('dwello.' || quote_ident(relation))::regclass AND a.attnum = 1);
BEGIN
  RETURN QUERY
    -- 0A000: before PostgreSQL 17 a view takes no MERGE at all
    SELECT s.way, replace(left(pg_temp.ask(format(s.statement, relation, column_name)), 5), '0A000', '55000')
      FROM (VALUES
        ('insert', 'INSERT INTO dwello.%1$I DEFAULT VALUES'),
        ('conflict', 'INSERT INTO dwello.%1$I (%2$s) SELECT NULL ON CONFLICT DO NOTHING'),
        ('update', 'UPDATE dwello.%1$I SET %2$s = DEFAULT'),
        ('delete', 'DELETE FROM dwello.%1$I WHERE pg_temp.peek(%2$s)'),
        ('merge', 'MERGE INTO dwello.%1$I AS m USING (SELECT 1 AS a) AS s ON true WHEN MATCHED THEN DELETE'),
        ('truncate', 'TRUNCATE dwello.%1$I'),
        ('lock', 'LOCK TABLE dwello.%1$I IN SHARE MODE'),
        ('for update', 'SELECT 1 FROM dwello.%1$I FOR UPDATE'),
        ('foreign key', 'CREATE TEMP TABLE probe (a uuid REFERENCES dwello.%1$I)'),
        ('index', 'CREATE INDEX ON dwello.%1$I (%2$s)'),
        ('copy in', 'COPY dwello.%1$I FROM ''/dev/null'''),
        ('comment', 'COMMENT ON TABLE dwello.%1$I IS ''x'''),
        ('policy', 'CREATE POLICY mine ON dwello.%1$I USING (true)'),
        ('trigger', 'CREATE TRIGGER mine AFTER INSERT ON dwello.%1$I EXECUTE FUNCTION dwello.touch_updated_at()'),
        ('rule', 'CREATE RULE mine AS ON INSERT TO dwello.%1$I DO NOTHING')) AS s (way, statement);
END
$$;

BEGIN;
SELECT t.reference();
SELECT t.story('ours', 'h1', 'p1', 'p2');
SELECT dwello.deliver_events(100000) > 0 AS delivered;
-- a text that says where it comes from, in every column that people write to
SET LOCAL session_replication_role = replica;
CREATE TEMP TABLE marker (place text, mark text);
CREATE FUNCTION pg_temp.mark(relation text, column_name text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  EXECUTE format('UPDATE dwello.%1$I SET %2$I = ''zq'' || md5(%3$L || ctid::text) WHERE %2$I IS NOT NULL', relation, column_name,
                 relation || '.' || column_name);
  EXECUTE format('INSERT INTO pg_temp.marker SELECT %3$L, %2$I FROM dwello.%1$I WHERE %2$I IS NOT NULL', relation, column_name,
                 relation || '.' || column_name);
EXCEPTION WHEN check_violation OR unique_violation OR invalid_parameter_value OR generated_always THEN
  NULL;
END
$$;
SELECT count(pg_temp.mark(r.relation, a.attname)) > 20 AS marked
  FROM relation AS r JOIN pg_attribute AS a ON a.attrelid = r.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = 'text'::regtype
  JOIN pg_class AS c ON c.oid = r.oid AND c.relkind IN ('r', 'p')
 WHERE a.attname ~ '^(title|description|content|comment|reason|note|notes|city|first_name|last_name|bio|company_name|response|status_description|item_name|store_name|issuer|resolution|message|error|last_error)$'
   AND r.relation !~ '(_defaults|categor|setting|flag|schema|promo|fee_schedules)';
SET LOCAL session_replication_role = origin;

-- ----------------------------------------------------------------------
-- Relations
-- ----------------------------------------------------------------------
CREATE FUNCTION pg_temp.pry_all(OUT who text, OUT relation text, OUT way text, OUT gives text, OUT may text)
RETURNS SETOF record
LANGUAGE plpgsql
AS $$
DECLARE
  s pg_temp.stranger;
  relations text[] := ARRAY(SELECT r.relation FROM pg_temp.relation AS r ORDER BY 1);
BEGIN
  FOR s IN SELECT * FROM pg_temp.stranger ORDER BY n LOOP
    who := s.who;
    PERFORM t.login_as(s.name);
    PERFORM set_config('role', s.role, true);
    FOREACH relation IN ARRAY relations LOOP
      RETURN QUERY SELECT s.who, pry_all.relation, p.way, p.gives, p.may FROM pg_temp.pry(s.name, s.role, pry_all.relation) AS p;
    END LOOP;
    PERFORM t.as_system();
  END LOOP;
END
$$;
GRANT SELECT ON stranger TO PUBLIC;
CREATE TEMP TABLE pried AS SELECT * FROM pg_temp.pry_all();
SELECT who, count(DISTINCT relation) > 5 AS relations, count(DISTINCT way) AS ways, count(*) FILTER (WHERE may <> '0') > 10 AS see_some
  FROM pried GROUP BY who ORDER BY who;
SELECT who, relation, way, gives, may FROM pried WHERE gives IS DISTINCT FROM may ORDER BY 1, 2, 3 LIMIT 10;

CREATE FUNCTION pg_temp.refused_all() RETURNS TABLE (way text, answer text, count bigint)
LANGUAGE plpgsql
AS $$
DECLARE
  relations text[] := ARRAY(SELECT r.relation FROM pg_temp.relation AS r);
BEGIN
  PERFORM t.app_as('p3');
  RETURN QUERY SELECT f.way, f.answer, count(*) FROM unnest(relations) AS r, LATERAL pg_temp.refused(r) AS f GROUP BY 1, 2;
  PERFORM t.as_system();
END
$$;
SELECT way, string_agg(answer || CASE WHEN count > 1 THEN '' ELSE ' once' END, ', ' ORDER BY answer) AS answers
  FROM pg_temp.refused_all() GROUP BY way ORDER BY way;

-- ----------------------------------------------------------------------
-- Functions
-- ----------------------------------------------------------------------

-- The ids that an argument can name, of a job and of a user.
CREATE TEMP TABLE named (argument text, owner uuid, id uuid);
INSERT INTO named
  SELECT DISTINCT a.argument, a.owner, a.id FROM (
    SELECT 'job_id', j.id, j.id FROM dwello.jobs AS j
    UNION ALL SELECT 'bid_id', b.job_id, b.id FROM dwello.bids AS b
    UNION ALL SELECT 'milestone_id', m.job_id, m.id FROM dwello.job_milestones AS m
    UNION ALL SELECT 'message_id', m.job_id, m.id FROM dwello.messages AS m
    UNION ALL SELECT 'after_id', m.job_id, m.id FROM dwello.messages AS m
    UNION ALL SELECT 'review_id', r.job_id, r.id FROM dwello.reviews AS r
    UNION ALL SELECT 'dispute_id', d.job_id, d.id FROM dwello.disputes AS d
    UNION ALL SELECT 'chargeback_id', c.job_id, c.id FROM dwello.chargebacks AS c
    UNION ALL SELECT 'counter_offer_id', c.job_id, c.id FROM dwello.counter_offers AS c
    UNION ALL SELECT 'change_order_id', c.job_id, c.id FROM dwello.change_orders AS c
    UNION ALL SELECT 'invite_id', i.job_id, i.id FROM dwello.job_invites AS i
    UNION ALL SELECT 'refund_id', r.scope_id, r.id FROM dwello.refunds AS r
    UNION ALL SELECT 'request_id', r.job_id, r.id FROM dwello.refund_requests AS r
    UNION ALL SELECT 'transaction_id', t.scope_id, t.id FROM dwello.transactions AS t
    UNION ALL SELECT 'invoice_id', i.scope_id, i.id FROM dwello.invoices AS i
    UNION ALL SELECT 'document_id', i.scope_id, i.id FROM dwello.invoices AS i
    UNION ALL SELECT v.argument, u.id, u.id FROM dwello.users AS u,
      unnest(ARRAY['user_id', 'provider_id', 'agent_id', 'recipient_id', 'counterpart_id', 'with_user_id']) AS v (argument)
    UNION ALL SELECT 'payment_method_id', m.user_id, m.id FROM dwello.payment_methods AS m
    UNION ALL SELECT 'address_id', a.user_id, a.id FROM dwello.user_addresses AS a
    UNION ALL SELECT 'credential_id', c.user_id, c.id FROM dwello.provider_credentials AS c
    UNION ALL SELECT 'search_id', s.user_id, s.id FROM dwello.saved_searches AS s
    UNION ALL SELECT 'payout_id', p.user_id, p.id FROM dwello.payouts AS p
    UNION ALL SELECT 'mandate_id', m.user_id, m.id FROM dwello.mandates AS m
    UNION ALL SELECT 'decision_id', o.user_id, o.decision_id FROM dwello.agent_outcomes AS o
    UNION ALL SELECT 'journal_id', NULL, j.id FROM dwello.journals AS j
  ) AS a (argument, owner, id);
-- whom a call is about: a job and people of the story
CREATE TEMP TABLE story_case (n integer, what text, job uuid, person uuid);
INSERT INTO story_case VALUES
  (1, 'a draft', t.user('ours draft'), t.user('h1')), (2, 'deleted', t.user('ours gone'), t.user('h1')),
  (3, 'open', t.user('ours open'), t.user('p2')), (4, 'under way', t.user('ours won'), t.user('p1')),
  (5, 'over', t.user('ours paid'), t.user('p1')), (6, 'unknown', gen_random_uuid(), gen_random_uuid());

-- A call of a function about a case, with what else it must be given; bare:
-- with nothing but that.
CREATE FUNCTION pg_temp.call_about(called oid, job uuid, person uuid, bare boolean) RETURNS text
LANGUAGE sql
AS $$
  SELECT format('SELECT string_agg(x::text, '' '') FROM dwello.%I(%s) AS x', p.proname, coalesce(string_agg(format('%I => %s::%s', coalesce(a.name, ''),
      CASE WHEN a.type = 'uuid'::regtype THEN quote_nullable(coalesce(
             (SELECT n.id FROM pg_temp.named AS n WHERE n.argument = a.name AND n.owner IN (job, person) ORDER BY n.owner = job DESC, n.id LIMIT 1),
             md5(a.name || job)::uuid))
           ELSE coalesce(CASE a.type WHEN 'text'::regtype THEN '''USD''' WHEN 'bigint'::regtype THEN '100' WHEN 'integer'::regtype THEN '1'
             WHEN 'boolean'::regtype THEN 'true' WHEN 'jsonb'::regtype THEN '''{}''' WHEN 'timestamptz'::regtype THEN 'now()'
             WHEN 'date'::regtype THEN 'current_date' WHEN 'double precision'::regtype THEN '37.77' WHEN 'uuid[]'::regtype THEN 'ARRAY[' || quote_literal(job) || ']'
             WHEN 'text[]'::regtype THEN '''{USD}''' WHEN 'bigint[]'::regtype THEN '''{1}''' WHEN 'interval'::regtype THEN '''1 day''' END,
             (SELECT quote_literal(e.enumlabel) FROM pg_enum AS e WHERE e.enumtypid = a.type ORDER BY e.enumsortorder LIMIT 1), 'NULL') END,
      format_type(a.type, NULL)), ', ' ORDER BY a.n) FILTER (WHERE a.name <> ''), ''))
    FROM pg_proc AS p
    LEFT JOIN LATERAL (
      SELECT i.n, i.type, p.proargnames[CASE WHEN p.proargmodes IS NULL THEN i.n::integer ELSE
               (SELECT (array_agg(m.n ORDER BY m.n))[i.n] FROM unnest(p.proargmodes) WITH ORDINALITY AS m (mode, n) WHERE m.mode IN ('i', 'b', 'v'))::integer END] AS name
        FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS i (type, n)) AS a
      ON a.n <= p.pronargs - p.pronargdefaults OR (NOT bare AND a.type = 'uuid'::regtype)
   WHERE p.oid = called GROUP BY p.proname
$$;
CREATE TEMP TABLE called AS
  SELECT p.oid, p.proname::text AS name, c.n, c.what || CASE WHEN l.bare THEN ', bare' ELSE '' END AS what, c.job,
         pg_temp.call_about(p.oid, c.job, c.person, l.bare) AS call
    FROM pg_proc AS p, story_case AS c JOIN unnest(ARRAY[false, true]) AS l (bare) ON NOT l.bare OR c.what = 'open'
   WHERE p.pronamespace = 'dwello'::regnamespace AND p.prosecdef
     AND NOT (l.bare AND p.proname = 'export_user_data')  -- all of one's own
     AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype);
-- in turn: as it ends, nothing stays
CREATE FUNCTION pg_temp.try_call(call text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  answer text;
  detail text;
  hint text;
BEGIN
  EXECUTE call INTO answer;
  RAISE EXCEPTION USING ERRCODE = 'UX001';
EXCEPTION
  WHEN SQLSTATE 'UX001' THEN
    RETURN 'ok ' || coalesce(answer, '');
  WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' ', SQLSTATE, SQLERRM, detail, hint);
END
$$;
CREATE FUNCTION pg_temp.try_all(OUT who text, OUT name text, OUT what text, OUT call text, OUT answer text)
RETURNS SETOF record
LANGUAGE plpgsql
AS $$
DECLARE
  s pg_temp.stranger;
  c record;
  calls jsonb := (SELECT jsonb_agg(to_jsonb(x) ORDER BY x.name, x.n) FROM pg_temp.called AS x);
BEGIN
  FOR s IN SELECT * FROM pg_temp.stranger ORDER BY n LOOP
    who := s.who;
    PERFORM t.login_as(s.name);
    PERFORM set_config('role', s.role, true);
    FOR c IN SELECT x.name, x.what, x.call FROM jsonb_to_recordset(calls) AS x (name text, n integer, what text, call text) LOOP
      name := c.name; what := c.what; call := c.call;
      answer := pg_temp.try_call(c.call);
      RETURN NEXT;
    END LOOP;
    PERFORM t.as_system();
  END LOOP;
END
$$;
CREATE TEMP TABLE answered AS SELECT * FROM pg_temp.try_all();
SELECT who, count(DISTINCT name) > 150 AS functions, count(DISTINCT name) FILTER (WHERE answer LIKE 'ok%') > 5 AS answer,
       count(*) FILTER (WHERE answer LIKE 'XX%') AS faults
  FROM answered GROUP BY who ORDER BY who;

-- what people wrote, and where a function shows it to strangers: that is all
SELECT a.who, a.name, string_agg(DISTINCT m.place, ' ' ORDER BY m.place) AS shows
  FROM answered AS a JOIN marker AS m ON position(m.mark IN a.answer) > 0
 GROUP BY a.who, a.name ORDER BY a.who, a.name COLLATE "C";
-- the ids of what they cannot see, other than those they named themselves:
-- none in an answer, none in an error
CREATE TEMP TABLE secret AS
  SELECT DISTINCT n.argument, n.id FROM named AS n
   WHERE n.id NOT IN (t.user('ours open'), t.user('ours review')) AND n.argument NOT IN ('user_id', 'provider_id', 'agent_id', 'recipient_id',
     'counterpart_id', 'with_user_id') AND n.id NOT IN (SELECT u.id FROM dwello.users AS u);
SELECT a.who, a.name, a.what, s.argument, left(a.answer, 100) AS answer
  FROM answered AS a JOIN secret AS s ON position(s.id::text IN a.answer) > 0 AND position(s.id::text IN a.call) = 0
 ORDER BY 1, 2, 3 LIMIT 20;
-- whether a thing is there: a draft, or what is deleted, is answered as what
-- never was
CREATE FUNCTION pg_temp.plain(answer text) RETURNS text
LANGUAGE sql
AS $$ SELECT regexp_replace(answer, '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}', 'id', 'g') $$;
SELECT a.who, a.name, a.what, left(pg_temp.plain(a.answer), 80) AS answer, left(pg_temp.plain(u.answer), 80) AS of_unknown
  FROM answered AS a JOIN answered AS u ON u.who = a.who AND u.name = a.name AND u.what = 'unknown'
 WHERE a.what IN ('a draft', 'deleted') AND left(pg_temp.plain(a.answer), 200) <> left(pg_temp.plain(u.answer), 200)
 ORDER BY 1, 2, 3;

-- ----------------------------------------------------------------------
-- What the planner says
-- ----------------------------------------------------------------------
-- of p1, who has half of many bids: whatever amount is asked for, as many
CREATE FUNCTION pg_temp.estimates(OUT amounts bigint)
LANGUAGE plpgsql
AS $$
DECLARE
  plan json;
  estimates integer[] := '{}';
BEGIN
  PERFORM t.app_as('p1');
  FOR n IN 1 .. 20 LOOP
    EXECUTE format('EXPLAIN (FORMAT json) SELECT FROM dwello.bids WHERE bid_amount < %s', 200000 + n * 10000) INTO plan;
    estimates := estimates || (plan -> 0 -> 'Plan' ->> 'Plan Rows')::integer;
  END LOOP;
  PERFORM t.as_system();
  amounts := (SELECT count(DISTINCT e) FROM unnest(estimates) AS e);
END
$$;
SET LOCAL session_replication_role = replica;
INSERT INTO dwello.bids (job_id, id, homeowner_id, provider_id, status, terms_version, labor_cost, materials_cost, bid_amount, currency,
  comparable_price, score_inputs, submitted_at, expires_at)
  SELECT t.user('many'), t.user('many ' || n), t.user('h2'), CASE WHEN n % 2 = 0 THEN t.user('p1') ELSE t.user('many p ' || n) END, 'rejected', 1,
         n * 1000, 0, n * 1000, 'USD', n * 1000, '{}', now(), now() FROM generate_series(1, 400) AS n;
SET LOCAL session_replication_role = origin;
ANALYZE dwello.bids;
SELECT amounts AS different_estimates FROM pg_temp.estimates();

-- ----------------------------------------------------------------------
-- Faults that are planted are found
-- ----------------------------------------------------------------------
-- a function that is said not to leak, an error that quotes, a policy
SAVEPOINT planted;
ALTER FUNCTION pg_temp.peek(anyelement) LEAKPROOF;
SELECT DISTINCT way FROM pg_temp.pry_all() WHERE gives IS DISTINCT FROM may ORDER BY 1;
ROLLBACK TO planted;
CREATE POLICY planted ON dwello.bids FOR SELECT TO dwello_app USING (pg_temp.peek(bids.*::text));
SELECT DISTINCT relation FROM pg_temp.pry_all() WHERE gives IS DISTINCT FROM may ORDER BY 1;
ROLLBACK TO planted;
ALTER TABLE dwello.bids ALTER bid_amount SET STATISTICS 100;
ANALYZE dwello.bids;
SELECT amounts > 5 AS different_estimates FROM pg_temp.estimates();
ROLLBACK TO planted;
CREATE FUNCTION dwello.planted(job_id uuid) RETURNS text LANGUAGE sql SECURITY DEFINER
AS $$ SELECT string_agg(b.id::text, ' ') FROM dwello.bids AS b WHERE b.job_id = planted.job_id $$;
GRANT EXECUTE ON FUNCTION dwello.planted TO PUBLIC;
CREATE FUNCTION dwello.planted_error(job_id uuid) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
AS $$ BEGIN RAISE EXCEPTION 'no %', (SELECT j.title FROM dwello.jobs AS j WHERE j.id = planted_error.job_id); END $$;
GRANT EXECUTE ON FUNCTION dwello.planted_error TO PUBLIC;
DELETE FROM called;
INSERT INTO called
  SELECT p.oid, p.proname::text, c.n, c.what, c.job, pg_temp.call_about(p.oid, c.job, c.person, false) FROM pg_proc AS p, story_case AS c
   WHERE p.pronamespace = 'dwello'::regnamespace AND p.proname LIKE 'planted%';
TRUNCATE answered;
INSERT INTO answered SELECT * FROM pg_temp.try_all();
SELECT DISTINCT a.name, s.argument FROM answered AS a JOIN secret AS s ON position(s.id::text IN a.answer) > 0 AND position(s.id::text IN a.call) = 0 ORDER BY 1;
SELECT DISTINCT a.name, m.place FROM answered AS a JOIN marker AS m ON position(m.mark IN a.answer) > 0 ORDER BY 1;
SELECT DISTINCT a.name, a.what FROM answered AS a JOIN answered AS u ON u.who = a.who AND u.name = a.name AND u.what = 'unknown'
 WHERE a.what IN ('a draft', 'deleted') AND pg_temp.plain(a.answer) <> pg_temp.plain(u.answer) ORDER BY 1, 2;
ROLLBACK;
