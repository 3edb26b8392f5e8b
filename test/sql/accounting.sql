--
-- accounting.sql
--	Closed periods: what is booked late goes to the first open day, and two
--	administrators open a period again.
--
SET client_min_messages = warning;
BEGIN;
CREATE FUNCTION pg_temp.as_second() RETURNS void
LANGUAGE sql
AS $$ SELECT dwello.login(NULL); SELECT dwello.login(dwello.issue_token(t.user('s1'))) $$;
CREATE FUNCTION pg_temp.release(amount bigint) RETURNS TABLE (booked_on date, "at" text)
LANGUAGE plpgsql
AS $$
DECLARE
  released uuid;
BEGIN
  PERFORM t.login_as('h1');
  SELECT r.transaction_id INTO released FROM dwello.release_escrow(t.user('books'), amount) AS r;
  PERFORM t.login_as(NULL);
  RETURN QUERY SELECT x.booked_on, to_char(x.completed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')
    FROM dwello.transactions AS x WHERE x.id = released;
END
$$;
SELECT t.award('books', 100000);
SELECT t.pay('books');
SELECT t.start('books');

-- the day is that of platform_timezone
SET LOCAL dwello.now = '2031-03-10 12:00Z';
SELECT * FROM pg_temp.release(1000);
SAVEPOINT zone;
SELECT value FROM dwello.set_setting('platform_timezone', 'Pacific/Kiritimati');
SELECT * FROM pg_temp.release(1000);
SELECT t.try($$SELECT dwello.close_period('2031-03-11')$$);
SELECT until FROM dwello.close_period('2031-03-10');
ROLLBACK TO zone;

-- who may close, and which days
SELECT t.try('SELECT dwello.close_period(''2031-03-09'')', name) FROM unnest(ARRAY['h1', 'p1', 's1']) AS name;
SELECT n, t.try('SELECT dwello.close_period(' || arguments || ')', 'a1')
  FROM unnest(ARRAY['NULL', $$'infinity'$$, $$'-infinity'$$, $$'2031-03-10'$$, $$'2031-03-11'$$])
  WITH ORDINALITY AS a (arguments, n) ORDER BY n;
SELECT t.login_as('a1');
SELECT until, replayed FROM dwello.close_period('2031-03-08', 'one');
SELECT until, replayed FROM dwello.close_period('2031-03-08', 'one');
SELECT until, replayed FROM dwello.close_period('2031-03-08', 'two');
SELECT t.try($$SELECT dwello.close_period('2031-03-07', 'one')$$);
SELECT t.try($$SELECT dwello.close_period('2031-03-07')$$);
SELECT until, replayed FROM dwello.close_period('2031-03-09');

-- what comes late is booked on the first open day
SELECT * FROM pg_temp.release(1000);
SET LOCAL dwello.now = '2031-03-11 12:00Z';
SELECT t.login_as(NULL);
SELECT until FROM dwello.close_period('2031-03-10');
SET LOCAL dwello.now = '2031-03-10 23:59Z';
SELECT * FROM pg_temp.release(1000);
SET LOCAL dwello.now = '2031-02-01 12:00Z';
SELECT * FROM pg_temp.release(1000);
SET LOCAL dwello.now = '2031-03-12 12:00Z';
SELECT * FROM pg_temp.release(1000);
SELECT count(*) AS drift FROM t.check() WHERE rule = 'period_drift';
-- a rollback to before takes the close back
SAVEPOINT closed;
SELECT until FROM dwello.close_period('2031-03-11');
SET LOCAL dwello.now = '2031-03-11 12:00Z';
SELECT * FROM pg_temp.release(1000);
ROLLBACK TO closed;
SET LOCAL dwello.now = '2031-03-11 12:00Z';
SELECT * FROM pg_temp.release(1000);

-- a statement goes by the chain, whatever the clock said
SELECT t.login_as('h1');
SELECT line, to_char("at" AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') AS "at", amount_out, held
  FROM dwello.escrow_statement(t.user('books')) WHERE line > 1;

-- opening again takes two administrators, and the last period first
SELECT t.try($$SELECT dwello.reopen_period('2031-03-10', 'Fee.')$$, name)
  FROM unnest(ARRAY['h1', 'p1', 's1']) AS name;
SELECT t.as_system();
SELECT t.try($$SELECT dwello.reopen_period('2031-03-10', 'Fee.')$$);
SELECT n, t.try('SELECT dwello.reopen_period(' || arguments || ')', 'a1')
  FROM unnest(ARRAY[$$NULL, 'Fee.'$$, $$'2031-03-10', NULL$$, $$'2031-03-10', ' '$$,
    $$'2031-03-10', repeat('x', 1001)$$, $$'infinity', 'Fee.'$$, $$'2031-03-09', 'Fee.'$$,
    $$'2031-03-11', 'Fee.'$$, $$NULL, repeat('x', 1001)$$])
  WITH ORDINALITY AS a (arguments, n) ORDER BY n;
SELECT t.login_as('a1');
SELECT until, is_reopened, replayed FROM dwello.reopen_period('2031-03-10', 'A fee was forgotten.', 'ask');
SELECT until, is_reopened, replayed FROM dwello.reopen_period('2031-03-10', 'A fee was forgotten.', 'ask');
SELECT until, is_reopened, replayed FROM dwello.reopen_period('2031-03-10', 'Again.', 'ask again');
SELECT t.try($$SELECT dwello.reopen_period('2031-03-10', 'Another.', 'ask')$$);
SET LOCAL dwello.now = '2031-03-10 12:00Z';
SELECT * FROM pg_temp.release(1000);
SELECT pg_temp.as_second();
SELECT until, is_reopened, replayed FROM dwello.reopen_period('2031-03-10', 'Yes.');
SELECT * FROM pg_temp.release(1000);
SELECT closed_until, closed_by = t.user('a1') AS by_a1, reopen_reason, reopen_asked_by = t.user('a1') AS asked_by_a1,
       reopened_by = t.user('s1') AS by_s1
  FROM dwello.accounting_periods WHERE closed_until > '2031-01-01' ORDER BY closed_until;
SELECT t.login_as(NULL);
SET LOCAL dwello.now = '2031-03-13 12:00Z';
SELECT until, replayed FROM dwello.close_period('2031-03-10');
SELECT until, replayed FROM dwello.close_period('2031-03-12');
SELECT count(*) AS drift FROM t.check() WHERE rule = 'period_drift';
SELECT invariant FROM dwello.reconcile();
SELECT problem FROM dwello.verify_ledger();

-- what is booked past all commands on a closed day is found
INSERT INTO dwello.transactions (scope_id, payer_id, payee_id, amount, net_amount, created_at, completed_at, booked_on,
    transaction_type, status, actor_id, currency, actor_role, hash)
  VALUES (t.user('books'), t.user('h1'), t.user('p1'), 1, 1, '2031-03-14Z', '2031-03-14Z', '2031-03-12',
    'release', 'completed', t.user('p1'), 'USD', 'system', repeat('x', 32)::bytea);
SELECT object, regexp_replace(detail, '[0-9a-f-]{36}', '…') AS detail FROM t.check() WHERE rule = 'period_drift';
ROLLBACK;

--
-- Reports by days: what was at the end of one, whatever came later.
--
BEGIN;
SELECT count(*) AS dirty FROM dwello.trial_balance() HAVING sum(balance) <> 0;
SELECT t.award('reported', 100000);
SELECT t.pay('reported');
SELECT t.start('reported');
CREATE FUNCTION pg_temp.on_day(day date) RETURNS void
LANGUAGE plpgsql
AS $$ BEGIN PERFORM set_config('dwello.now', day || ' 12:00Z', true); END $$;
-- what releases of this transaction add to an account, and what the reports say
CREATE FUNCTION pg_temp.change(kind text, day date) RETURNS numeric
LANGUAGE sql
AS $$ SELECT sum(balance) FROM dwello.trial_balance(day) AS b WHERE b.kind = $1 AND b.currency = 'USD' $$;
CREATE TEMP TABLE start AS
  SELECT kind, pg_temp.change(kind, '2031-01-01') AS balance
    FROM unnest(ARRAY['escrow', 'provider_available', 'platform_fee', 'psp_clearing']) AS kind;
CREATE FUNCTION pg_temp.seen(day date) RETURNS TABLE (kind text, change numeric)
LANGUAGE sql
AS $$ SELECT s.kind, coalesce(pg_temp.change(s.kind, day), 0) - coalesce(s.balance, 0) FROM start AS s ORDER BY s.kind $$;
SELECT pg_temp.on_day('2031-01-05');
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('reported'), 10000);
SELECT pg_temp.on_day('2031-01-10');
SELECT payout FROM dwello.release_escrow(t.user('reported'), 20000);
SELECT pg_temp.on_day('2031-02-10');
SELECT t.login_as('p1');
SELECT amount FROM dwello.refund_escrow(t.user('reported'), 5000);
SELECT t.login_as(NULL);
SELECT day, s.* FROM unnest(ARRAY['2031-01-04', '2031-01-05', '2031-01-09', '2031-01-31', '2031-02-10']::date[]) AS day,
       pg_temp.seen(day) AS s ORDER BY day, kind;
SELECT on_day, count(*) AS unbalanced
  FROM unnest(ARRAY['2031-01-04', '2031-01-05', '2031-01-31', '2031-02-10']::date[]) AS on_day,
       LATERAL (SELECT currency FROM dwello.trial_balance(on_day) GROUP BY currency HAVING sum(balance) <> 0) AS x
 GROUP BY on_day;
SELECT day, b.* FROM unnest(ARRAY['2031-01-04', '2031-01-05', '2031-01-31', '2031-02-10']::date[]) AS day,
       dwello.balance_at('escrow', 'USD', t.user('reported'), day) AS b ORDER BY day;
SELECT line, line_type, booked_on, transaction_type, amount, balance, is_final
  FROM dwello.account_statement('escrow', 'USD', '2031-01-06', '2031-02-28', t.user('reported'));
SELECT t.login_as('p1');
CREATE TEMP TABLE line AS
  SELECT * FROM dwello.account_statement('provider_available', 'USD', '2031-01-05', '2031-01-31');
SELECT line, line_type, booked_on, transaction_type, amount, balance - first_value(balance) OVER (ORDER BY line) AS since,
       is_final, scope_id = t.user('reported') AS reported FROM line ORDER BY line;
SELECT (SELECT balance FROM line WHERE line_type = 'opening') = (SELECT balance FROM dwello.balance_at('provider_available', 'USD',
         on_day => '2031-01-04')) AS opening,
       (SELECT balance FROM line WHERE line_type = 'closing') = (SELECT balance FROM dwello.balance_at('provider_available', 'USD',
         on_day => '2031-01-31')) AS closing;

-- a balance of the platform, of one company and of all
SELECT t.as_system();
SELECT (SELECT sum(balance) FROM dwello.trial_balance('2031-02-10') WHERE kind = 'psp_clearing' AND currency = 'USD')
         = (SELECT balance FROM dwello.balance_at('psp_clearing', 'USD', on_day => '2031-02-10')) AS all_of_them,
       (SELECT balance FROM dwello.trial_balance('2031-02-10') WHERE kind = 'psp_clearing' AND currency = 'USD' AND psp = 'acme')
         = (SELECT balance FROM dwello.balance_at('psp_clearing', 'USD', on_day => '2031-02-10', psp => 'acme')) AS acme,
       (SELECT balance FROM dwello.balance_at('psp_clearing', 'USD', psp => 'nobody')) AS nobody,
       (SELECT balance FROM dwello.balance_at('suspense', 'USD', t.user('nothing'))) AS nothing,
       (SELECT balance FROM dwello.balance_at('bank', 'XOF')) AS no_account;

-- closed and carried forward, everything says the same, and that it is final
CREATE TEMP VIEW report AS
  SELECT (SELECT jsonb_agg(to_jsonb(b) - 'is_final') FROM dwello.trial_balance('2031-01-31') AS b) AS trial,
         (SELECT jsonb_agg(to_jsonb(b) - 'is_final') FROM dwello.trial_balance('2031-02-10') AS b) AS later,
         (SELECT jsonb_agg(to_jsonb(l) - 'is_final') FROM dwello.account_statement('platform_fee', 'USD',
            '2031-01-10', '2031-02-28') AS l) AS fees,
         (SELECT balance FROM dwello.balance_at('platform_fee', 'USD', on_day => '2031-02-10')) AS fee;
CREATE TEMP TABLE before AS SELECT * FROM report;
SELECT pg_temp.on_day('2031-03-01');
SELECT until FROM dwello.close_period('2031-01-05');
SELECT until FROM dwello.close_period('2031-01-31');
SELECT r = b AS same FROM report AS r, before AS b;
SELECT dwello.carry_balances();
SELECT dwello.carry_balances();
SELECT r = b AS same FROM report AS r, before AS b;
SELECT count(*) FILTER (WHERE balance <> 0) > 3 AS carried FROM dwello.period_balances;
SELECT day, bool_and(is_final) AS is_final FROM unnest(ARRAY['2031-01-31', '2031-02-01']::date[]) AS day,
       dwello.trial_balance(day) GROUP BY day ORDER BY day;
SELECT day, is_final FROM unnest(ARRAY['2031-01-31', '2031-02-01']::date[]) AS day,
       dwello.balance_at('bank', 'USD', on_day => day) ORDER BY day;
SELECT to_day, bool_and(is_final) AS is_final FROM unnest(ARRAY['2031-01-31', '2031-02-01']::date[]) AS to_day,
       dwello.account_statement('bank', 'USD', '2031-01-01', to_day) GROUP BY to_day ORDER BY to_day;
SELECT rule, object FROM t.check() WHERE rule IN ('period_drift', 'reconcile', 'verify_ledger');
-- that they are read, and that a wrong one is found
SAVEPOINT wrong;
UPDATE dwello.period_balances SET balance = balance + 1 WHERE kind = 'platform_fee' AND currency = 'USD';
SELECT r.trial = b.trial AS trial, r.later = b.later AS later, r.fees = b.fees AS fees, r.fee - b.fee AS fee
  FROM report AS r, before AS b;
SELECT object, regexp_replace(detail, 'USD at.*', 'USD') AS detail FROM t.check() WHERE rule = 'period_drift';
ROLLBACK TO wrong;
-- a journal for other programs, of a closed day
SELECT regexp_replace(text, '[0-9a-f]{8}-[0-9a-f-]{27}', '…', 'g') AS text FROM dwello.export_ledger('2031-01-06', '2031-01-31')
 WHERE text LIKE '%* release%' OR text ~ '(escrow|available).* (-200|190)\.00$' ORDER BY line;
-- opened again they are not
SELECT t.login_as('a1');
SELECT is_reopened FROM dwello.reopen_period('2031-01-31', 'A fee.');
SELECT dwello.login(NULL);
SELECT dwello.login(dwello.issue_token(t.user('s1')));
SELECT is_reopened FROM dwello.reopen_period('2031-01-31', 'A fee.');
SELECT r = b AS same FROM report AS r, before AS b;
SELECT t.login_as('h1');
SELECT pg_temp.on_day('2031-01-20');
SELECT payout FROM dwello.release_escrow(t.user('reported'), 1000);
SELECT t.login_as('a1');
SELECT r.trial = b.trial AS trial, r.fee > b.fee AS fee FROM report AS r, before AS b;

-- who may ask for what
SELECT name, t.try(statement, name) FROM unnest(ARRAY['h1', 'p1', 's1']) AS name,
  unnest(ARRAY['SELECT * FROM dwello.trial_balance()', 'SELECT * FROM dwello.balance_at(''bank'', ''USD'')',
    $$SELECT * FROM dwello.account_statement('provider_reserve', 'USD', '2031-01-01', owner => t.user('p1'))$$,
    $$SELECT * FROM dwello.balance_at('provider_available', 'USD', t.user('p2'))$$,
    $$SELECT * FROM dwello.balance_at('escrow', 'USD', t.user('reported'))$$,
    'SELECT * FROM dwello.export_ledger(''2031-01-01'')', 'SELECT * FROM dwello.carry_balances()']) AS statement;
SELECT n, t.try('SELECT dwello.' || call, 'a1')
  FROM unnest(ARRAY[$$balance_at(NULL, 'USD')$$, $$balance_at('bank', NULL)$$, $$balance_at('bank', 'ABC')$$,
    $$balance_at('cash', 'USD')$$, $$balance_at('bank', repeat('x', 21))$$, $$balance_at('bank', 'USD', psp => repeat('x', 101))$$,
    $$balance_at('bank', 'USD', t.user('p1'))$$, $$balance_at('escrow', 'USD')$$, $$balance_at('suspense', 'USD')$$,
    $$balance_at('bank', 'USD', on_day => 'infinity')$$, $$balance_at('bank', 'USD', on_day => '4000-01-01')$$,
    $$trial_balance('-infinity')$$, $$trial_balance('0900-01-01')$$,
    $$account_statement('bank', 'USD', NULL)$$, $$account_statement('bank', 'USD', '2031-01-02', '2031-01-01')$$,
    $$account_statement('bank', 'USD', 'infinity')$$,
    $$export_ledger(NULL)$$, $$export_ledger('2031-01-01', format => NULL)$$, $$export_ledger('2031-01-01', format => 'ledger')$$,
    $$export_ledger('2031-01-01', format => repeat('x', 51))$$, $$export_ledger('2031-01-02', '2031-01-01')$$])
  WITH ORDINALITY AS c (call, n) ORDER BY n;
ROLLBACK;

-- a day that was not given is told by its default
SELECT t.try($$SELECT * FROM dwello.export_ledger(from_day => '2900-01-01')$$) AS export,
       t.try($$SELECT * FROM dwello.account_statement('bank', 'USD', from_day => '2900-01-01')$$) AS statement,
       t.try($$SELECT * FROM dwello.export_ledger(from_day => '2026-01-02', to_day => '2026-01-01')$$) AS given;
