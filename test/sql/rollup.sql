--
-- rollup.sql
--	Entries are rolled up into the balances of their accounts; every sum stays
--	as it was, and what can still come is waited for.
--
SET client_min_messages = warning;

-- what readers are told of the ledger
CREATE VIEW t.told AS
SELECT (SELECT jsonb_agg(to_jsonb(b) ORDER BY b.currency) FROM dwello.provider_balance(t.user('p1')) AS b) AS balance,
       (SELECT jsonb_agg(to_jsonb(s) ORDER BY s.line) FROM dwello.escrow_statement(t.user('rollup')) AS s) AS statement,
       (SELECT count(*) FROM dwello.reconcile()) + (SELECT count(*) FROM dwello.reconcile(now() - interval '1 day')) AS faults,
       t.refused('p1', 'request_payout(1000000000)') AS payout;
-- an account's rolled up part and its tail, in two ways
CREATE VIEW t.account AS
SELECT a.kind, a.rolled_up_balance, a.rolled_up_balance + coalesce(sum(n.amount) FILTER (WHERE n.transaction_id > a.rolled_up_through
         OR a.rolled_up_through IS NULL), 0) = coalesce(sum(n.amount), 0) AS same,
       count(*) FILTER (WHERE n.transaction_id > a.rolled_up_through OR a.rolled_up_through IS NULL) AS tail
  FROM dwello.ledger_accounts AS a
  JOIN dwello.ledger_entries AS n ON n.account_id = a.id
 GROUP BY a.id;
CREATE FUNCTION t.rollup_all(max_rows integer DEFAULT 100000)
  RETURNS TABLE (calls integer, entries bigint, created bigint, waits_for text)
LANGUAGE plpgsql
AS $$
DECLARE
  step record;
BEGIN
  SELECT 0, 0, 0 INTO calls, entries, created;
  LOOP
    SELECT * INTO step FROM dwello.rollup_balances(max_rows);
    entries := entries + step.entries;
    created := created + step.created;
    waits_for := step.waits_for;
    EXIT WHEN step.accounts = 0 AND step.created = 0;
    calls := calls + 1;
  END LOOP;
  RETURN NEXT;
END
$$;

SELECT t.award('rollup', 100000, '{50000, 50000}');
SELECT t.pay('rollup', 60000);
BEGIN;
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('rollup'), 20000);
SELECT payout FROM dwello.release_escrow(t.user('rollup'), 10000);
SELECT amount FROM dwello.refund_escrow(t.user('rollup'), 1000);
COMMIT;
CREATE TEMP TABLE before AS SELECT * FROM t.told;

-- nothing younger than the margin is rolled up
SELECT rolled_up_before <= now() - interval '1 hour' AS margin, accounts, entries FROM dwello.rollup_balances();
SELECT value FROM dwello.set_setting('rollup_margin_seconds', '1');
BEGIN;
SELECT rolled_up_before <= now() - interval '1 second' AS margin, waits_for FROM dwello.rollup_balances();
SELECT count(*) AS too_young FROM dwello.ledger_accounts AS a WHERE rolled_up_through >= dwello.uuidv7();
ROLLBACK;
SELECT pg_sleep(1.2);

-- entry by entry, but a transaction at a time; then nothing is left
BEGIN;
SELECT calls > 3 AS several, entries = (SELECT count(*) FROM dwello.ledger_entries WHERE account_id <> scope_id) AS all_of_them,
       created, waits_for FROM t.rollup_all(1);
SELECT kind, rolled_up_balance <> 0 AS rolled_up, same, tail FROM t.account ORDER BY kind;
SELECT before = told AS all_as_before, told.faults FROM before, t.told AS told;
SELECT accounts, entries, created FROM dwello.rollup_balances();
-- a rolled up balance that is wrong, and an old entry that is, are found
SAVEPOINT valid;
SET LOCAL session_replication_role = replica;
UPDATE dwello.ledger_accounts SET rolled_up_balance = rolled_up_balance + 3 WHERE kind = 'platform_fee';
SELECT invariant, object, actual - expected AS wrong_by FROM dwello.reconcile();
ROLLBACK TO valid;
SET LOCAL session_replication_role = replica;
UPDATE dwello.ledger_entries AS n SET amount = amount + 1 FROM dwello.ledger_accounts AS a
 WHERE n.scope_id = t.user('rollup') AND a.id = n.account_id AND a.kind = 'platform_fee';
SELECT invariant, object, actual - expected AS wrong_by FROM dwello.reconcile() WHERE object = 'account';
ROLLBACK;

-- what the caller books goes to the tail, and counts
BEGIN;
SELECT calls, created FROM t.rollup_all();
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('rollup'), 5000);
SELECT t.login_as(NULL);
SELECT entries FROM t.rollup_all();
SELECT kind, same, tail FROM t.account WHERE tail > 0 ORDER BY kind;
SELECT * FROM dwello.reconcile();
ROLLBACK;

-- a pending payment is booked under its old id: the clearing waits for it
BEGIN;
SELECT t.login_as('h1');
SELECT amount FROM dwello.fund_escrow(t.user('rollup'));
COMMIT;
SELECT t.login_as(NULL);
SELECT pg_sleep(1.2);
BEGIN;
SELECT t.login_as('h1');
SELECT amount FROM dwello.release_escrow(t.user('rollup'), 4000);
SELECT amount FROM dwello.refund_escrow(t.user('rollup'), 2000);
COMMIT;
SELECT t.login_as(NULL);
SELECT pg_sleep(1.2);
BEGIN;
SELECT waits_for FROM t.rollup_all();
SELECT kind, same, tail FROM t.account WHERE tail > 0 ORDER BY kind;
SELECT psp, amount, is_late FROM dwello.confirm_payment(t.user('rollup'), 'acme', 'rollup late', 40000, 'USD'),
  LATERAL (SELECT 'acme' AS psp) AS p;
SELECT kind, same, tail FROM t.account WHERE tail > 0 ORDER BY kind;
SELECT * FROM dwello.reconcile();
ROLLBACK;

-- the rows of accounts that are missing are made again, with the same ids
BEGIN;
SET LOCAL session_replication_role = replica;
CREATE TEMP TABLE lost ON COMMIT DROP AS SELECT id, owner_id, kind, currency, psp FROM dwello.ledger_accounts
 WHERE id IN (SELECT account_id FROM dwello.ledger_entries);
DELETE FROM dwello.ledger_accounts;
SET LOCAL session_replication_role = origin;
SELECT count(*) > 0 AS faults FROM dwello.reconcile();
SELECT created = (SELECT count(*) FROM lost) AS all_made FROM t.rollup_all();
SELECT count(*) AS different FROM lost AS l FULL JOIN dwello.ledger_accounts AS a
    ON (a.id, a.owner_id, a.kind, a.currency, a.psp) = (l.id, l.owner_id, l.kind, l.currency, l.psp)
 WHERE l.id IS NULL OR a.id IS NULL;
SELECT * FROM dwello.reconcile();
ROLLBACK;
BEGIN;
\echo an account that nothing explains stays unknown
SET LOCAL session_replication_role = replica;
UPDATE dwello.ledger_entries SET account_id = t.user('nobody') WHERE scope_id = t.user('rollup') AND leg = 3;
SET LOCAL session_replication_role = origin;
SELECT created FROM t.rollup_all();
SELECT DISTINCT invariant, object FROM dwello.reconcile() WHERE object = 'entry_account';
ROLLBACK;

-- a balance is read from what is not rolled up yet, though the provider never owed anything
CREATE FUNCTION t.rows_read(call text) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
  before bigint := (SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'transactions');
BEGIN
  EXECUTE 'SELECT FROM dwello.' || call;
  RETURN (SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'transactions') - before;
END
$$;
BEGIN;
SELECT t.login_as('h1');
SELECT count(dwello.release_escrow(t.user('rollup'), 100 + n)) AS released FROM generate_series(1, 40) AS n;
COMMIT;
SELECT pg_sleep(1.2);
SELECT created, waits_for FROM t.rollup_all();
SELECT kind, currency, rolled_up_balance <> 0 AS has_entries, rolled_up_through IS NOT NULL AS is_rolled_up
  FROM dwello.ledger_accounts WHERE owner_id = t.user('p1') ORDER BY kind;
DISCARD PLANS;
SET enable_seqscan = off;
SELECT available = rolled_up_balance AS same, t.rows_read($$provider_balance(t.user('p1'))$$) AS rows_read
  FROM dwello.provider_balance(t.user('p1')), dwello.ledger_accounts
 WHERE owner_id = t.user('p1') AND kind = 'provider_available';
RESET enable_seqscan;
DISCARD PLANS;
\echo and whole again once the row is lost, until that is made anew
BEGIN;
CREATE TEMP TABLE told ON COMMIT DROP AS SELECT * FROM dwello.provider_balance(t.user('p1'));
SET LOCAL session_replication_role = replica;
DELETE FROM dwello.ledger_accounts WHERE owner_id = t.user('p1');
SET LOCAL session_replication_role = origin;
SELECT b = o AS same FROM told AS o, dwello.provider_balance(t.user('p1'), 'USD') AS b;
SELECT accounts, entries, created FROM dwello.rollup_balances();
SELECT b = o AS same FROM told AS o, dwello.provider_balance(t.user('p1'), 'USD') AS b;
ROLLBACK;

-- an older snapshot rolls up nothing
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT * FROM dwello.rollup_balances();
COMMIT;

-- refusals
SELECT n, t.try(format('SELECT dwello.rollup_balances(%s)', n))
  FROM unnest(ARRAY['NULL', '0', '-1', '1000001']) AS n;
SELECT t.refused('h1', 'rollup_balances()') AS homeowner, t.refused('a1', 'rollup_balances()') AS admin;

-- a tip that was asked for before is booked on the provider's account after
SELECT t.award('tipped', 10000);
SELECT t.pay('tipped'), t.start('tipped');
BEGIN;
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('tipped'));
SELECT amount FROM dwello.tip(t.user('tipped'), 700);
COMMIT;
BEGIN;
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('rollup'), 1000);
COMMIT;
SELECT t.login_as(NULL);
SELECT pg_sleep(1.2);
BEGIN;
SELECT calls > 0 AS rolled_up, waits_for FROM t.rollup_all();
SELECT kind, same, tail FROM t.account WHERE tail > 0 ORDER BY kind;
SELECT is_late FROM dwello.confirm_payment(t.user('tipped'), 'acme', 'tipped', 700, 'USD');
SELECT kind, same, tail FROM t.account WHERE tail > 0 ORDER BY kind;
SELECT * FROM dwello.reconcile();
ROLLBACK;

SELECT t.forget('rollup', 'tipped');
DROP VIEW t.told, t.account;
DROP FUNCTION t.rollup_all, t.rows_read;
DELETE FROM dwello.system_settings WHERE name = 'rollup_margin_seconds';
