--
-- batch.sql
--	A batch of due releases is the same as single ones: the same money to the
--	cent, the same history, the same events, whatever the terms and the past.
--
SET client_min_messages = warning;
SET timezone = 'UTC';

CREATE FUNCTION pg_temp.chance(low bigint, high bigint) RETURNS bigint
LANGUAGE sql VOLATILE
AS $$ SELECT low + floor(random() * (high - low + 1))::bigint $$;

CREATE FUNCTION pg_temp.one_of(VARIADIC words text[]) RETURNS text
LANGUAGE sql VOLATILE
AS $$ SELECT words[pg_temp.chance(1, cardinality(words))] $$;

-- Any terms that are valid: rate, fixed part, limits, tax, steps, promo, payer.
CREATE FUNCTION pg_temp.set_terms(job uuid) RETURNS void
LANGUAGE sql
AS $$
  UPDATE dwello.escrow_accounts SET
         fee_payer = pg_temp.one_of('provider', 'homeowner', 'split')::dwello.fee_payer,
         fee_rate_ppm = pg_temp.chance(0, 250000), fee_fixed = pg_temp.chance(0, 300),
         fee_min = pg_temp.chance(0, 200), fee_max = nullif(pg_temp.chance(0, 1), 0) * pg_temp.chance(600, 9000),
         fee_tax_ppm = pg_temp.chance(0, 1) * pg_temp.chance(0, 200000),
         fee_steps = CASE pg_temp.chance(1, 3) WHEN 1 THEN
           jsonb_build_array(jsonb_build_object('from_amount', 20000, 'rate_ppm', pg_temp.chance(0, 250000)),
                             jsonb_build_object('from_amount', 50000, 'rate_ppm', pg_temp.chance(0, 250000))) END,
         promo_ppm = pg_temp.chance(0, 1) * pg_temp.chance(1, 1000000),
         promo_max = nullif(pg_temp.chance(0, 1), 0) * pg_temp.chance(1, 900)
   WHERE job_id = job
$$;

-- A job with a past by chance: paid in whole or in part, some of it delivered
-- or approved, released and taken back, disputed, charged back or frozen.
CREATE FUNCTION pg_temp.live(name text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  job uuid := t.user(name);
  parts bigint[] := ARRAY(SELECT pg_temp.chance(1, 9) FROM generate_series(1, pg_temp.chance(1, 5)));
  amount bigint := pg_temp.chance(10000, 150000);
  currency text := pg_temp.one_of('USD', 'EUR', 'JPY', 'KWD');
  step text;
  call text;
BEGIN
  PERFORM t.award(name, amount, parts, currency);
  PERFORM pg_temp.set_terms(job);
  PERFORM t.pay(name, CASE pg_temp.chance(1, 4) WHEN 1 THEN pg_temp.chance(2000, 9000) END);
  PERFORM t.start(name);
  FOR i IN 1 .. pg_temp.chance(1, 2 + cardinality(parts)) LOOP
    step := pg_temp.one_of('submit', 'submit', 'submit', 'submit', 'submit', 'submit', 'submit', 'approve', 'release', 'reverse',
                           'dispute', 'chargeback', 'won', 'refund', 'send back');
    call := CASE step
      WHEN 'submit' THEN 'submit_milestone($1)'
      WHEN 'approve' THEN format('approve_milestone($1, %L)', t.user(name || ' m' || pg_temp.chance(1, cardinality(parts))))
      WHEN 'release' THEN format('release_escrow($1, %s)', pg_temp.chance(1, 2000))
      WHEN 'refund' THEN format('refund_escrow($1, %s)', pg_temp.chance(1, 2000))
      WHEN 'send back' THEN format('request_changes($1, %L)', t.user(name || ' m1'))
      WHEN 'dispute' THEN format('open_dispute($1, 0, ''No.'', %L)', t.user(name || ' m' || pg_temp.chance(1, cardinality(parts))))
      WHEN 'reverse' THEN 'reverse_transaction($1, (SELECT id FROM dwello.transactions
                             WHERE scope_id = $1 AND transaction_type = ''release'' LIMIT 1))'
      WHEN 'chargeback' THEN format('open_chargeback($1, ''acme'', %L, %s, %L)', name || ' out ' || i, pg_temp.chance(1, 3000), currency)
      WHEN 'won' THEN format('close_chargeback($1, ''acme'', %L, ''won'')', name || ' out ' || i - 1)
    END;
    PERFORM t.try('SELECT dwello.' || replace(call, '$1', quote_literal(job)),
      CASE step WHEN 'submit' THEN 'p1' WHEN 'reverse' THEN 'a1' WHEN 'refund' THEN 'a1'
                WHEN 'approve' THEN 'h1' WHEN 'release' THEN 'h1' WHEN 'dispute' THEN 'h1' WHEN 'send back' THEN 'h1' END);
  END LOOP;
  PERFORM t.login_as(NULL);
END
$$;

-- All that a release writes, as text, without what must differ: ids that are
-- drawn, hashes of them, who asked, and by which function.
CREATE FUNCTION pg_temp.ledger() RETURNS SETOF text
LANGUAGE sql
AS $$
  WITH moved AS (SELECT t.*, row_number() OVER (PARTITION BY t.scope_id ORDER BY t.id) AS n
                  FROM dwello.transactions AS t)
  SELECT format('escrow %s', to_jsonb(e) - '{last_hash,updated_at}'::text[]) FROM dwello.escrow_accounts AS e
  UNION ALL SELECT format('milestone %s', to_jsonb(m) - 'updated_at') FROM dwello.job_milestones AS m
  UNION ALL SELECT format('job %s', to_jsonb(j) - 'updated_at') FROM dwello.jobs AS j
  UNION ALL SELECT format('transaction %s %s', d.n, to_jsonb(d)
      - '{id,hash,prev_hash,actor_id,actor_role,reverses}'::text[]) FROM moved AS d
  UNION ALL SELECT format('chain %s %s %s', d.scope_id, d.n, d.prev_hash IS NOT DISTINCT FROM p.hash)
    FROM moved AS d LEFT JOIN moved AS p ON p.scope_id = d.scope_id AND p.n = d.n - 1
  UNION ALL SELECT format('entry %s %s', d.n, to_jsonb(l) - 'transaction_id')
    FROM dwello.ledger_entries AS l JOIN moved AS d ON d.scope_id = l.scope_id AND d.id = l.transaction_id
  UNION ALL SELECT format('event %s %s %s', d.n, v.event IN ('release_escrow', 'release_due_escrows'), to_jsonb(v)
      - '{transaction_id,event,actor_id,actor_role}'::text[])
    FROM dwello.escrow_events AS v LEFT JOIN moved AS d ON d.scope_id = v.job_id AND d.id = v.transaction_id
  UNION ALL SELECT format('outbox %s %s %s', row_number() OVER (PARTITION BY o.scope_id ORDER BY o.id), d.n,
      jsonb_set(to_jsonb(o) - 'id', '{payload}', o.payload - 'transaction_id'))
    FROM dwello.outbox AS o
    LEFT JOIN moved AS d ON d.scope_id = o.scope_id AND d.id::text = o.payload->>'transaction_id'
   ORDER BY 1
$$;

-- The ledger after a batch, or after single calls for the same milestones.
CREATE FUNCTION pg_temp.after(way text, OUT released bigint, OUT lines text[], OUT faults bigint)
LANGUAGE plpgsql
AS $$
BEGIN
  IF way = 'batch' THEN
    released := (SELECT r.released FROM dwello.release_due_escrows(10000) AS r);
  ELSIF way = 'batches' THEN
    released := (SELECT sum(r.released) FROM generate_series(1, 200) AS n, dwello.release_due_escrows(1 + n % 3) AS r);
  ELSE
    PERFORM t.login_as('a1');
    released := (SELECT count(*) FILTER (WHERE t.try(format('SELECT dwello.release_escrow(%L, NULL, %L)', d.job_id, d.id)) = 'ok')
                   FROM (SELECT m.* FROM dwello.job_milestones AS m
                          WHERE (m.status = 'submitted' AND m.auto_release_at <= current_setting('dwello.now')::timestamptz)
                             OR (m.status = 'approved' AND m.funded = m.amount)
                          ORDER BY m.job_id, m.sort_order) AS d);
    PERFORM t.login_as(NULL);
  END IF;
  lines := ARRAY(SELECT pg_temp.ledger());
  faults := (SELECT count(*) FROM dwello.reconcile()) + (SELECT count(*) FROM dwello.verify_ledger());
  RAISE SQLSTATE 'XX999';
EXCEPTION WHEN SQLSTATE 'XX999' THEN
  NULL;  -- as if nothing had happened
END
$$;

BEGIN;
SELECT setseed(0.7);
SELECT count(pg_temp.live('batch ' || n)) FROM generate_series(1, 90) AS n;
SELECT set_config('dwello.now', (now() + '15 days')::text, true) IS NOT NULL AS pinned;
CREATE TEMP TABLE result ON COMMIT DROP AS
  SELECT w.way, a.* FROM unnest(ARRAY['batch', 'batches', 'single']) AS w (way), LATERAL pg_temp.after(w.way) AS a;
-- the set has enough of everything
SELECT count(DISTINCT e.currency) AS currencies, count(DISTINCT e.fee_payer) AS payers,
       count(*) FILTER (WHERE e.fee_steps IS NOT NULL) > 9 AS steps, count(*) FILTER (WHERE e.promo_ppm > 0) > 9 AS promos,
       count(*) FILTER (WHERE e.status = 'frozen') > 2 AS frozen, count(*) FILTER (WHERE e.disputed > 0) > 5 AS disputed,
       (SELECT count(*) FROM dwello.ledger_accounts WHERE kind = 'provider_receivable') > 0 AS receivables,
       (SELECT count(*) FROM (SELECT FROM dwello.job_milestones WHERE status = 'submitted'
         GROUP BY job_id HAVING count(*) > 1) AS m) > 9 AS several
  FROM dwello.escrow_accounts AS e;
SELECT way, released > 40 AS many, faults FROM result ORDER BY way;
SELECT count(DISTINCT released) AS counts, count(DISTINCT lines) AS ledgers FROM result;
-- the first differences, if any
(SELECT s.way, line FROM result AS s, unnest(s.lines) AS line
 EXCEPT ALL SELECT s.way, line FROM result AS s, result AS b, unnest(b.lines) AS line WHERE b.way = 'batch')
 ORDER BY 2 LIMIT 4;
(SELECT s.way, line FROM result AS s, result AS b, unnest(b.lines) AS line WHERE b.way = 'batch'
 EXCEPT ALL SELECT s.way, line FROM result AS s, unnest(s.lines) AS line)
 ORDER BY 2 LIMIT 4;
ROLLBACK;

-- one row that does not add up does not stop the others, and is not touched
BEGIN;
SELECT t.award('bad', 20000), t.award('good', 20000);
SELECT t.pay('bad'), t.pay('good');
SELECT t.start('bad'), t.start('good');
SELECT t.login_as('p1');
SELECT milestone_status FROM dwello.submit_milestone(t.user('bad'));
SELECT milestone_status FROM dwello.submit_milestone(t.user('good'));
SELECT t.as_system();
ALTER TABLE dwello.escrow_accounts DROP CONSTRAINT escrow_accounts_valid_check;
UPDATE dwello.escrow_accounts SET held = held - 1 WHERE job_id = t.user('bad');
SELECT set_config('dwello.now', (now() + '15 days')::text, true) IS NOT NULL AS pinned;
SELECT * FROM dwello.release_due_escrows();
SELECT j.title, e.status, e.held, e.released, e.transition_count FROM dwello.escrow_accounts AS e
  JOIN dwello.jobs AS j ON j.id = e.job_id WHERE j.title IN ('bad', 'good') ORDER BY 1;
ROLLBACK;
