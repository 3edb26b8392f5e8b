--
-- million.sql
--	:rows prices and events, and what bench.costs() asks of them.
--
SET client_min_messages = warning;
CREATE EXTENSION dwello CASCADE;
SELECT count(*) FROM dwello.create_keyring();
SELECT count(*) FROM dwello.ensure_partitions();
CREATE SCHEMA bench;

CREATE FUNCTION bench.id(kind text, n bigint) RETURNS uuid
LANGUAGE sql IMMUTABLE
AS $$ SELECT md5(kind || n)::uuid $$;
-- a number from 0 to 1 that follows from its arguments
CREATE FUNCTION bench.u(n bigint, aspect integer) RETURNS float8
LANGUAGE sql IMMUTABLE
AS $$ SELECT (hashint8extended(n, aspect) & 1048575) / 1048576.0::float8 $$;

-- as a restore does it: no trigger or foreign key has a say
SET session_replication_role = replica;

-- people: a tenth as many providers as rows
INSERT INTO dwello.users (id, user_type, status, email, email_index, first_name, last_name, email_verified, provider_verified)
SELECT bench.id(kind, n), CASE kind WHEN 'p' THEN 'service_provider' ELSE 'homeowner' END::dwello.user_type, 'active', '',
       sha256((kind || n)::bytea), 'A', 'B', true, true
  FROM unnest(ARRAY['h', 'p']) AS kind, generate_series(1, greatest(:rows / 10, 100)) AS n;
INSERT INTO dwello.provider_stats (user_id, as_of, awarded_count, completed_count)
SELECT bench.id('p', n), current_date, 10, 0 FROM generate_series(1, greatest(:rows / 10, 100)) AS n;

-- events: awards that are applied, and done by a consumer but for the last thousand
INSERT INTO dwello.outbox (scope_id, id, aggregatetype, aggregateid, type, payload, created_at, applied_at)
SELECT bench.id('j', n), ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'bid', 'x', 'award_confirmed',
       jsonb_build_object('provider_id', bench.id('p', 1 + n % greatest(:rows / 10, 100)), 'homeowner_id', bench.id('h', 1)), now(), now()
  FROM generate_series(1, :rows::bigint) AS n;
INSERT INTO dwello.outbox_consumers (consumer, settled_id, watermark_id, watermark_xid, created_at)
  SELECT 'bench', o.id, o.id, 0, now() FROM dwello.outbox AS o ORDER BY o.id OFFSET :rows - 1000 LIMIT 1;
INSERT INTO dwello.outbox_deliveries (scope_id, event_id, consumer, attempts, run_after, claimed_at, done_at)
SELECT o.scope_id, o.id, 'bench', 1, now(), now(), now() FROM dwello.outbox AS o ORDER BY o.id LIMIT :rows - 1000;

-- a user with very many notifications, a thousand of them unread
INSERT INTO dwello.notifications (user_id, event_id, notification_type, title, message, read_at, created_at)
SELECT bench.id('h', 1), bench.id('e', n), 'system', 'Something', 'It happened.', CASE WHEN n % 100 <> 0 THEN now() END, now()
  FROM generate_series(1, :rows / 5) AS n;

-- prices of ten years: half of them in one city and category, a tenth of
-- those of one provider; the rest all over the country
INSERT INTO dwello.market_prices (job_id, homeowner_id, provider_id, category_id, currency, longitude, latitude, released_on,
  amount, base_amount)
SELECT bench.id('j', n), bench.id('h', 1 + (n * 7919) % greatest(:rows / 10, 100)),
       bench.id('p', CASE WHEN bench.u(n, 1) < 0.1 THEN 1 ELSE 1 + (n * 104729) % greatest(:rows / 10, 100) END),
       CASE WHEN n % 2 = 0 THEN 'd0000000-0000-7000-8000-000000000012'::uuid
            ELSE ('d0000000-0000-7000-8000-0000000000' || 11 + n % 8)::uuid END, 'USD',
       round((CASE WHEN n % 2 = 0 THEN -122.42 + bench.u(n, 2) - 0.5 ELSE -120 + 45 * bench.u(n, 2) END)::numeric, 2),
       round((CASE WHEN n % 2 = 0 THEN 37.77 + bench.u(n, 3) - 0.5 ELSE 30 + 15 * bench.u(n, 3) END)::numeric, 2),
       current_date - (3650 * bench.u(n, 4))::integer, 5000 + (100000 * bench.u(n, 5))::bigint, 5000
  FROM generate_series(1, :rows::bigint) AS n;
SET session_replication_role = origin;
VACUUM ANALYZE;

-- who publishes: a homeowner of the city, whose jobs have no budget
INSERT INTO dwello.category_amounts (category_id, currency, amount) VALUES ('d0000000-0000-7000-8000-000000000012', 'USD', 30000);
BEGIN;
SELECT dwello.login(dwello.issue_token(bench.id('h', 1))) IS NOT NULL AS somebody;
SELECT count(dwello.post_job('d0000000-0000-7000-8000-000000000012', 'A tap', 'It drips.', p.longitude, p.latitude,
         job_id => bench.id(p.place, n)))
  FROM (VALUES ('city', -122.42, 37.77), ('country', -100, 40)) AS p (place, longitude, latitude), generate_series(1, 4) AS n;
COMMIT;

-- What a call costs: milliseconds, and the buffers that it looks at.
CREATE FUNCTION bench.cost(statement text, OUT ms float8, OUT buffers bigint)
LANGUAGE plpgsql
AS $$
DECLARE
  plan jsonb;
BEGIN
  EXECUTE 'EXPLAIN (ANALYZE, BUFFERS, TIMING off, FORMAT json) ' || statement INTO plan;
  ms := (plan -> 0 ->> 'Execution Time')::float8;
  buffers := (plan -> 0 -> 'Plan' ->> 'Shared Hit Blocks')::bigint + (plan -> 0 -> 'Plan' ->> 'Shared Read Blocks')::bigint;
END
$$;

-- The calls; %s is a number that differs from one to the next.
CREATE FUNCTION bench.costs() RETURNS TABLE (call text, ms numeric, buffers bigint)
LANGUAGE plpgsql
AS $$
DECLARE
  task record;
  found record;
  costs float8[];
  most bigint;
BEGIN
  FOR task IN SELECT * FROM (VALUES
    ('publish_job without a budget, dense city', 'h', 'SELECT dwello.publish_job(bench.id(''city'', %s))'),
    ('the same where prices are few', 'h', 'SELECT dwello.publish_job(bench.id(''country'', %s))'),
    ('claim_events(100), all older events done', NULL, 'SELECT count(*) FROM dwello.claim_events(''bench'', max_rows => 100, lease => ''%s seconds'')'),
    ('unread notifications of a heavy user, 20', 'h',
     'SELECT id FROM dwello.notifications WHERE user_id = bench.id(''h'', 1) AND read_at IS NULL AND %s > 0 ORDER BY id DESC LIMIT 20'),
    ('the number of them', 'h', 'SELECT count(*) FROM dwello.notifications WHERE user_id = bench.id(''h'', 1) AND read_at IS NULL AND %s > 0'),
    ('check()', NULL, 'SELECT count(*) FROM dwello.check() WHERE rule <> ''%s''')) AS t (call, caller, statement) LOOP
    costs := '{}';
    FOR n IN 1 .. 4 LOOP
      IF task.caller IS NOT NULL THEN
        PERFORM dwello.login(dwello.issue_token(bench.id('h', 1)));
      END IF;
      SELECT * INTO found FROM bench.cost(format(task.statement, n));
      PERFORM dwello.login(NULL);
      -- the first prepares its plans
      IF n > 1 THEN
        costs := costs || found.ms;
        most := found.buffers;
      END IF;
    END LOOP;
    call := task.call;
    ms := round((SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY c) FROM unnest(costs) AS c)::numeric, 2);
    buffers := most;
    RETURN NEXT;
  END LOOP;
END
$$;
