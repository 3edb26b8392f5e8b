--
-- setup.sql
--	:jobs jobs with a funded escrow each, and the peers' tables beside them.
--
-- One job goes through the commands up to a held escrow; the others are its
-- copies.  Each copy has a provider of its own, but for those numbered above
-- :jobs, which all belong to one: they are the hot ones.
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

SELECT FROM dwello.register_user(email => 'h@example.test',
  user_type => 'homeowner', first_name => 'H', last_name => 'Bench',
  user_id => bench.id('homeowner', 0));
SELECT FROM dwello.verify_user(bench.id('homeowner', 0), 'email');
SELECT FROM dwello.register_user(email => 'p@example.test',
  user_type => 'service_provider', first_name => 'P', last_name => 'Bench',
  user_id => bench.id('provider', 0));
SELECT FROM unnest(ARRAY['email', 'provider']) AS what,
  dwello.verify_user(bench.id('provider', 0), what);
SELECT FROM unnest(ARRAY['homeowner', 'provider']) AS who,
  dwello.add_address('business',
    '1 Market Street', 'San Francisco', 'CA', '94103', 'US', -122.42, 37.77,
    is_primary => true, user_id => bench.id(who, 0));

BEGIN;
SELECT FROM bench.login(bench.id('homeowner', 0));
SELECT FROM dwello.add_payment_method(method_type => 'credit_card',
  psp => 'bench', psp_token => 'tok_bench', is_default => true);
SELECT FROM dwello.post_job(job_id => bench.id('job', 0),
  category_id => (SELECT id FROM dwello.service_categories
                   WHERE name = 'Painting & Decorating'),
  title => 'Bench', description => 'Bench.', longitude => -122.42,
  latitude => 37.77, budget_min => 50000000, budget_max => 100000000,
  estimated_duration_hours => 16);
SELECT FROM dwello.publish_job(job_id => bench.id('job', 0));
COMMIT;
BEGIN;
SELECT FROM bench.login(bench.id('provider', 0));
SELECT FROM dwello.submit_bid(job_id => bench.id('job', 0),
  labor_cost => 90000000, timeline_days => 9, bid_id => bench.id('bid', 0));
COMMIT;
BEGIN;
SELECT FROM bench.login(bench.id('homeowner', 0));
SELECT FROM dwello.accept_bid(bench.id('job', 0), bench.id('bid', 0));
COMMIT;
BEGIN;
SELECT FROM bench.login(bench.id('provider', 0));
SELECT FROM dwello.confirm_award(bench.id('job', 0));
COMMIT;
BEGIN;
SELECT FROM bench.login(bench.id('homeowner', 0));
SELECT FROM dwello.fund_escrow(bench.id('job', 0));
COMMIT;
SELECT FROM dwello.confirm_payment(bench.id('job', 0), psp => 'bench',
  event_id => 'evt', amount => 90000000, currency => 'USD');

-- Copies the rows of job 0 in one table for the jobs up to n.
CREATE FUNCTION bench.copy(name text, key text, n integer, cold integer,
                           provider text DEFAULT 'provider_id')
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  EXECUTE format('CREATE TEMP TABLE copy AS
                  SELECT i AS number, t.* FROM dwello.%I AS t, generate_series(1, %s) AS i
                   WHERE t.%I = bench.id(''job'', 0)', name, n, key);
  IF name = 'ledger_entries' THEN
    UPDATE copy SET account_id = bench.id('job', copy.number)
     WHERE account_id = bench.id('job', 0);
  END IF;
  EXECUTE format('UPDATE copy SET %I = bench.id(''job'', number)', key);
  IF provider IS NOT NULL THEN
    EXECUTE format('UPDATE copy SET %I = bench.id(''provider'', CASE WHEN number <= %s THEN number ELSE 0 END)',
                   provider, cold);
  END IF;
  ALTER TABLE copy DROP COLUMN number;
  EXECUTE (SELECT format('INSERT INTO dwello.%I (%s) SELECT %2$s FROM copy', name, string_agg(quote_ident(attname), ', '))
             FROM pg_attribute
            WHERE attrelid = ('dwello.' || name)::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '');
  DROP TABLE copy;
END
$$;
SET session_replication_role = replica;
SELECT FROM bench.copy('jobs', 'id', 2 * :jobs, :jobs);
SELECT FROM bench.copy('bids', 'job_id', 2 * :jobs, :jobs);
SELECT FROM bench.copy('job_milestones', 'job_id', 2 * :jobs, :jobs);
SELECT FROM bench.copy('escrow_accounts', 'job_id', 2 * :jobs, :jobs);
SELECT FROM bench.copy('escrow_events', 'job_id', 2 * :jobs, :jobs);
SELECT FROM bench.copy('transactions', 'scope_id', 2 * :jobs, :jobs, 'payee_id');
SELECT FROM bench.copy('ledger_entries', 'scope_id', 2 * :jobs, :jobs, NULL);
RESET session_replication_role;

-- The id of a ledger account, as ledger_store.h has it.
CREATE FUNCTION bench.account(owner uuid, kind text, currency text) RETURNS uuid
LANGUAGE sql IMMUTABLE
AS $$ SELECT encode(substr(sha256(uuid_send(owner) || convert_to(kind, 'UTF8') || '\x00'
             || convert_to(currency, 'UTF8') || '\x00'), 1, 16), 'hex')::uuid $$;

INSERT INTO dwello.ledger_accounts (id, owner_id, kind, currency)
SELECT bench.account(p, 'provider_available', 'USD'), p, 'provider_available', 'USD'
  FROM generate_series(1, :jobs) AS n, bench.id('provider', n) AS p;

CREATE TABLE bench.job (n integer PRIMARY KEY, id uuid NOT NULL);
INSERT INTO bench.job SELECT n, bench.id('job', n) FROM generate_series(1, 2 * :jobs) AS n;
CREATE SEQUENCE bench.turn;

-- The tables of a release that knows no rule.  The platform's balance is a
-- row a job, so that no way pays for a row with thousands of dead versions.
CREATE TABLE bench.escrow (
  id uuid PRIMARY KEY,
  provider_account uuid NOT NULL,
  platform_account uuid NOT NULL,
  held bigint NOT NULL CHECK (held >= 0),
  released bigint NOT NULL
) WITH (fillfactor = 70);
CREATE TABLE bench.balance (
  id uuid PRIMARY KEY,
  amount bigint NOT NULL
) WITH (fillfactor = 70);
CREATE TABLE bench.entry (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  account_id uuid NOT NULL,
  amount bigint NOT NULL CHECK (amount <> 0)
);
CREATE INDEX ON bench.entry (account_id);
INSERT INTO bench.escrow
SELECT id, bench.id('provider', n), bench.id('platform', n), 90000000, 0
  FROM bench.job;
INSERT INTO bench.balance SELECT provider_account, 0 FROM bench.escrow;
INSERT INTO bench.balance SELECT platform_account, 0 FROM bench.escrow;
