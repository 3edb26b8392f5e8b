--
-- setup.sql
--	Books of any size whose chains hold: one job goes through the commands up
--	to its award, the others are its copies; each is paid and released by the
--	commands, so that the ledger is what dwello writes, whatever that is.
--
SET client_min_messages = warning;
CREATE EXTENSION dwello CASCADE;
SELECT FROM dwello.create_keyring();
CREATE SCHEMA bench;

-- The id of the nth of a kind of things.
CREATE FUNCTION bench.id(kind text, n integer) RETURNS uuid
LANGUAGE sql IMMUTABLE
AS $$ SELECT md5(kind || n)::uuid $$;

-- CPU that this backend has used, in nanoseconds.  The kernel brings the
-- figure up to date when the process sleeps.
CREATE FUNCTION bench.cpu() RETURNS bigint
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM pg_sleep(0.000001);
  RETURN split_part(pg_read_file('/proc/self/schedstat'), ' ', 1);
END
$$;

-- Acts as a user until the transaction ends.
CREATE FUNCTION bench.login(who uuid) RETURNS void
LANGUAGE sql
AS $$ SELECT FROM dwello.login(dwello.issue_token(who)) $$;

SELECT FROM dwello.load_demo();
CREATE TABLE bench.person AS
SELECT DISTINCT ON (user_type) user_type, id FROM dwello.users ORDER BY user_type, id;
CREATE FUNCTION bench.person(kind text) RETURNS uuid
LANGUAGE sql STABLE
AS $$ SELECT id FROM bench.person WHERE user_type::text = kind $$;

BEGIN;
SELECT FROM bench.login(bench.person('homeowner'));
SELECT FROM dwello.post_job(job_id => bench.id('job', 0),
  category_id => (SELECT id FROM dwello.service_categories WHERE name = 'Painting & Decorating'),
  title => 'Bench', description => 'Bench.', longitude => -122.42, latitude => 37.77,
  budget_min => 800000, budget_max => 1000000, estimated_duration_hours => 16,
  milestones => (SELECT jsonb_agg(jsonb_build_object('title', 'Part ' || n)) FROM generate_series(1, :parts) AS n));
SELECT FROM dwello.publish_job(job_id => bench.id('job', 0));
COMMIT;
BEGIN;
SELECT FROM bench.login(bench.person('service_provider'));
SELECT FROM dwello.submit_bid(job_id => bench.id('job', 0), labor_cost => 950000, bid_id => bench.id('bid', 0));
COMMIT;
BEGIN;
SELECT FROM bench.login(bench.person('homeowner'));
SELECT FROM dwello.accept_bid(bench.id('job', 0), bench.id('bid', 0));
COMMIT;
BEGIN;
SELECT FROM bench.login(bench.person('service_provider'));
SELECT FROM dwello.confirm_award(bench.id('job', 0));
COMMIT;

-- Copies the rows of job 0 in one table for the jobs first to last.
CREATE FUNCTION bench.copy(name text, key text, first integer, last integer) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  EXECUTE format('CREATE TEMP TABLE copy AS
                  SELECT i AS number, t.* FROM dwello.%I AS t, generate_series(%s, %s) AS i
                   WHERE t.%I = bench.id(''job'', 0)', name, first, last, key);
  EXECUTE format('UPDATE copy SET %I = bench.id(''job'', number)', key);
  ALTER TABLE copy DROP COLUMN number;
  EXECUTE (SELECT format('INSERT INTO dwello.%I (%s) SELECT %2$s FROM copy', name, string_agg(quote_ident(attname), ', '))
             FROM pg_attribute
            WHERE attrelid = ('dwello.' || name)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '');
  DROP TABLE copy;
END
$$;

-- Pays one job.
CREATE FUNCTION bench.pay(job uuid) RETURNS void
LANGUAGE sql
AS $$
  SELECT FROM bench.login(bench.person('homeowner'));
  SELECT FROM dwello.fund_escrow(job);
  SELECT FROM dwello.login(NULL);
  SELECT FROM dwello.confirm_payment(job, psp => 'bench', event_id => job::text, amount => 950000, currency => 'USD');
$$;

-- Jobs first to last: awarded, paid, delivered but for the last part, and
-- released for want of an answer.
CREATE PROCEDURE bench.fill(first integer, last integer)
LANGUAGE plpgsql
AS $$
BEGIN
  SET LOCAL session_replication_role = replica;
  PERFORM bench.copy(part, key, first, last)
    FROM (VALUES ('jobs', 'id'), ('bids', 'job_id'), ('job_milestones', 'job_id'),
                 ('escrow_accounts', 'job_id'), ('escrow_events', 'job_id')) AS c (part, key);
  COMMIT;
  FOR n IN first .. last LOOP
    PERFORM bench.pay(bench.id('job', n));
    IF n % 500 = 0 THEN
      COMMIT;
    END IF;
  END LOOP;
  UPDATE dwello.job_milestones AS m
     SET status = 'submitted', submitted_at = now() - interval '20 days', auto_release_at = now() - interval '1 day'
    FROM generate_series(first, last) AS n
   WHERE m.job_id = bench.id('job', n)
     AND m.sort_order < (SELECT max(x.sort_order) FROM dwello.job_milestones AS x WHERE x.job_id = m.job_id);
  COMMIT;
  WHILE (SELECT r.released > 0 FROM dwello.release_due_escrows(5000) AS r) LOOP
    COMMIT;
  END LOOP;
  COMMIT;
END
$$;

-- Entries that a call checks in a second of CPU, given how many there are.
CREATE FUNCTION bench.rate(call text, entries bigint) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
  started bigint := bench.cpu();
  faults bigint;
BEGIN
  EXECUTE format('SELECT count(*) FROM dwello.%s', call) INTO faults;
  IF faults > 0 THEN
    RAISE 'the ledger is not in order';
  END IF;
  RETURN entries * 1000000000 / (bench.cpu() - started);
END
$$;
