--
-- journal.sql
--	What an accountant books by hand: who may, on which accounts, with a second
--	administrator, taken back; and that every report and check goes with it.
--
SET client_min_messages = warning;
BEGIN;
CREATE FUNCTION pg_temp.as_second() RETURNS void
LANGUAGE sql
AS $$ SELECT dwello.login(NULL); SELECT dwello.login(dwello.issue_token(t.user('s1'))) $$;
-- a line of a journal
CREATE FUNCTION pg_temp.line(kind text, amount bigint, owner uuid DEFAULT NULL, currency text DEFAULT 'USD', psp text DEFAULT NULL)
RETURNS jsonb
LANGUAGE sql
AS $$ SELECT jsonb_strip_nulls(jsonb_build_object('kind', kind, 'amount', amount, 'owner', owner, 'currency', currency, 'psp', psp)) $$;
CREATE FUNCTION pg_temp.lines(VARIADIC lines jsonb[]) RETURNS jsonb
LANGUAGE sql
AS $$ SELECT to_jsonb(lines) $$;
-- the legs of a transaction
CREATE FUNCTION pg_temp.legs(transaction uuid) RETURNS TABLE (kind text, psp text, amount bigint, currency text)
LANGUAGE sql
AS $$
  SELECT a.kind::text, a.psp, n.amount, n.currency
    FROM dwello.ledger_entries AS n JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
   WHERE n.transaction_id = transaction ORDER BY n.leg
$$;
CREATE FUNCTION pg_temp.sick() RETURNS TABLE (object text, detail text)
LANGUAGE sql
AS $$
  SELECT t.as_system();
  SELECT c.rule, c.detail FROM t.check() AS c WHERE c.rule IN ('orphan', 'journal_drift', 'receipt_drift', 'reconcile', 'verify_ledger')
  UNION ALL SELECT r.invariant, r.object FROM dwello.reconcile() AS r
$$;
SELECT t.award('corrected', 100000);
SELECT t.pay('corrected');
SELECT t.start('corrected');
SET LOCAL dwello.now = '2031-03-10 12:00Z';
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('corrected'));

-- between accounts of the platform
SELECT t.login_as('a1');
SELECT journal_id AS id, scope_id, transaction_id AS transaction FROM dwello.post_journal(
  pg_temp.lines(pg_temp.line('bank', -700), pg_temp.line('psp_fee', 300, psp => 'acme'), pg_temp.line('platform_loss', 400)),
  'A transfer was counted twice.', 'memo 7', 'j1') \gset
SELECT :'id' = :'scope_id' AS own_scope;
SELECT status, amount, currency, replayed, journal_id = :'id' AS same FROM dwello.post_journal(
  pg_temp.lines(pg_temp.line('bank', -700), pg_temp.line('psp_fee', 300, psp => 'acme'), pg_temp.line('platform_loss', 400)),
  'A transfer was counted twice.', 'memo 7', 'j1');
SELECT t.refused('a1', $$post_journal('[]', 'Another.', 'memo 7', 'j1')$$) AS empty,
       t.refused('a1', format('post_journal(%L, ''Another.'', ''memo 7'', ''j1'')', pg_temp.lines(pg_temp.line('bank', -7), pg_temp.line('rounding', 7)))) AS another;
SELECT * FROM pg_temp.legs(:'transaction');
SELECT x.transaction_type, x.amount, x.net_amount, x.booked_on, x.payer_id = '00000000-0000-0000-0000-000000000000' AS nobodys
  FROM dwello.transactions AS x WHERE x.id = :'transaction';
SELECT status, lines, amount, reason, reference, proposed_by = decided_by AS by_one FROM dwello.journals(max_results => 1);
SELECT balance FROM dwello.balance_at('bank', 'USD', on_day => '2031-03-10') AS b
 WHERE balance = (SELECT sum(n.amount) FROM dwello.ledger_entries AS n JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
                   WHERE a.kind = 'bank' AND n.currency = 'USD');
SELECT * FROM pg_temp.sick();
SELECT t.login_as('a1');

-- of a provider, who sees it and is told; their payouts are looked at again
SELECT available, receivable FROM dwello.provider_balance(t.user('p1')) WHERE currency = 'USD';
SELECT transaction_id AS transaction FROM dwello.post_journal(pg_temp.lines(pg_temp.line('provider_available', -5000, t.user('p1')),
  pg_temp.line('platform_fee', 5000)), 'A fee was forgotten.') \gset
SELECT available, receivable FROM dwello.provider_balance(t.user('p1')) WHERE currency = 'USD';
SELECT transaction_id AS both FROM dwello.post_journal(pg_temp.lines(pg_temp.line('provider_available', -1000, t.user('p1')),
  pg_temp.line('provider_available', 1000, t.user('p2'))), 'Two had worked.') \gset
SELECT t.login_as('p1');
SELECT line_type, transaction_type, amount FROM dwello.account_statement('provider_available', 'USD', '2031-03-10')
 WHERE transaction_type = 'journal' ORDER BY line;
SELECT t.app_as('p1');
SELECT transaction_type, amount FROM dwello.transactions WHERE id IN (:'transaction', :'both') ORDER BY id;
SELECT t.as_system();
SELECT scope_id = t.user('p1') AS p1, payload->>'amount' AS amount, payload->>'transaction_id' IN (:'transaction', :'both') AS named
  FROM dwello.outbox WHERE type = 'balance_adjusted' ORDER BY id;
SELECT t.destination('p1') AS account \gset
SELECT t.login_as('p1');
SELECT status FROM dwello.request_payout(89000);
SELECT t.login_as('a1');
SELECT amount FROM dwello.post_journal(pg_temp.lines(pg_temp.line('provider_available', -100, t.user('p1')), pg_temp.line('bank', 100)), 'A copy.');
SELECT hold_reason FROM dwello.payouts WHERE user_id = t.user('p1') AND status = 'pending' ORDER BY id DESC LIMIT 1;
SELECT * FROM pg_temp.sick();
SELECT t.login_as('a1');

-- out of suspense: the receipt goes with it, and is there again afterwards
SELECT t.as_system();
SELECT amount FROM dwello.confirm_payment(NULL, 'acme', 'journal stray', 9000, 'EUR', NULL, 'ch stray');
SELECT receipt_id AS stray, remaining FROM dwello.receipts(reason => 'unknown_job', max_results => 1) \gset
SELECT t.login_as('a1');
SELECT journal_id AS taken, scope_id = :'stray' AS of_receipt, transaction_id AS transaction FROM dwello.post_journal(pg_temp.lines(
  pg_temp.line('suspense', -4000, :'stray', 'EUR'), pg_temp.line('platform_fee', 4000, currency => 'EUR')), 'Nobody asked for it.') \gset
SELECT :'of_receipt' AS of_receipt;
SELECT * FROM pg_temp.legs(:'transaction');
SELECT remaining, status, closed_at IS NULL AS open FROM dwello.receipts(max_results => 1);
SELECT journal_id AS rest FROM dwello.post_journal(pg_temp.lines(
  pg_temp.line('suspense', -5000, :'stray', 'EUR'), pg_temp.line('bank', 5000, currency => 'EUR')), 'Sent by hand.') \gset
SELECT remaining, status, closed_at IS NULL AS open FROM dwello.receipts(max_results => 1);
SELECT * FROM pg_temp.sick();
SELECT t.login_as('a1');
SELECT status, amount, journal_id <> :'taken' AS own, scope_id = :'stray' AS of_receipt, replayed
  FROM dwello.reverse_journal(:'taken', 'They asked for it.', idempotency_key => 'r1');
SELECT status, replayed FROM dwello.reverse_journal(:'taken', 'They asked for it.', idempotency_key => 'r1');
SELECT remaining, status, closed_at IS NULL AS open FROM dwello.receipts(max_results => 1);
SELECT balance FROM dwello.balance_at('suspense', 'EUR', :'stray');
SELECT status, amount, reverses = :'taken' AS reverses,
       replace(lines::text, :'stray', '<stray>') AS lines FROM dwello.journals(max_results => 1);
SELECT reversed_by IS NOT NULL AS reversed FROM dwello.journals() WHERE journal_id = :'taken';
SELECT t.refused('a1', format('reverse_journal(%L, ''Again.'')', :'taken')) AS again,
       t.refused('a1', format('reverse_journal(%L, ''Back.'')', journal_id)) AS of_a_reversal
  FROM dwello.journals(max_results => 1);
SELECT * FROM pg_temp.sick();

-- who may, and what
SELECT name, t.try(statement, name) FROM unnest(ARRAY['h1', 'p1', 's1', NULL]) WITH ORDINALITY AS a (name, n),
  unnest(ARRAY[$$SELECT dwello.post_journal('[]', 'x')$$, $$SELECT dwello.approve_journal(t.user('none'))$$,
    $$SELECT dwello.reject_journal(t.user('none'), 'x')$$, $$SELECT dwello.reverse_journal(t.user('none'), 'x')$$,
    'SELECT count(*) > 0 FROM dwello.journals()']) WITH ORDINALITY AS s (statement, m) ORDER BY n, m;
SELECT n, t.try(format('SELECT dwello.post_journal(%L, ''Why.'')', lines), 'a1')
  FROM unnest(ARRAY[NULL, '[]'::jsonb, '{}', '[7]', '[{}]', pg_temp.lines(pg_temp.line('bank', 1)),
    pg_temp.lines(pg_temp.line('bank', 1), pg_temp.line('rounding', 1)),
    pg_temp.lines(pg_temp.line('bank', 1), pg_temp.line('bank', -1)),
    pg_temp.lines(pg_temp.line('bank', 0), pg_temp.line('rounding', 1)),
    pg_temp.lines(pg_temp.line('bank', 1), pg_temp.line('rounding', -1, currency => 'EUR')),
    pg_temp.lines(pg_temp.line('bank', 1), pg_temp.line('rounding', -1, currency => 'XXY')),
    pg_temp.lines(pg_temp.line('bank', 1), pg_temp.line('rounding', -1, currency => repeat('x', 21))),
    pg_temp.lines(pg_temp.line('bank', 1, t.user('p1')), pg_temp.line('rounding', -1)),
    pg_temp.lines(pg_temp.line('bank', 1, psp => 'acme'), pg_temp.line('rounding', -1)),
    pg_temp.lines(pg_temp.line('bank', 1), pg_temp.line('provider_available', -1)),
    pg_temp.lines(pg_temp.line('bank', 1), '{"kind": "provider_available", "amount": -1, "currency": "USD", "owner": "me"}'),
    pg_temp.lines(pg_temp.line('bank', 1), '{"kind": "rounding", "amount": -1, "currency": "USD", "note": "x"}'),
    pg_temp.lines(pg_temp.line('bank', 1), pg_temp.line('provider_available', -1, t.user('nobody'))),
    pg_temp.lines(pg_temp.line('bank', 1), pg_temp.line('provider_available', -1, t.user('h1'))),
    pg_temp.lines(pg_temp.line('bank', 1), pg_temp.line('suspense', -1, t.user('nobody'))),
    pg_temp.lines(pg_temp.line('bank', -1, currency => 'EUR'), pg_temp.line('suspense', 1, :'stray', 'EUR')),
    pg_temp.lines(pg_temp.line('bank', 1), pg_temp.line('suspense', -1, :'stray')),
    pg_temp.lines(pg_temp.line('bank', 4001, currency => 'EUR'), pg_temp.line('suspense', -4001, :'stray', 'EUR')),
    pg_temp.lines(pg_temp.line('bank', 100000), pg_temp.line('provider_available', -100000, t.user('p1'))),
    pg_temp.lines(pg_temp.line('bank', -1), pg_temp.line('provider_receivable', 1, t.user('p1'))),
    pg_temp.lines(pg_temp.line('bank', 9000000000), pg_temp.line('tax_payable', -9000000000)),
    pg_temp.lines(pg_temp.line('bank', 1000000000000001), pg_temp.line('rounding', -1000000000000001)),
    pg_temp.lines(pg_temp.line('bank', -3), pg_temp.line('provider_available', 1, t.user('p1')),
      pg_temp.line('provider_available', 1, t.user('p2')), pg_temp.line('provider_available', 1, t.user('p3')))])
  WITH ORDINALITY AS a (lines, n) ORDER BY n;
SELECT kind, t.try(format('SELECT dwello.post_journal(%L, ''Why.'')', pg_temp.lines(pg_temp.line(kind, -1), pg_temp.line('bank', 1))), 'a1')
  FROM unnest(enum_range(NULL::dwello.ledger_account_kind)::text[] || '{escrow,cash}'::text[]) WITH ORDINALITY AS k (kind, n)
 WHERE kind NOT IN ('bank') ORDER BY n;
SELECT t.try(format('SELECT dwello.post_journal(%L, %L, %L)', pg_temp.lines(pg_temp.line('bank', -1), pg_temp.line('rounding', 1)), reason, reference), 'a1')
  FROM (VALUES (NULL, NULL), (' ', NULL), (repeat('x', 1001), NULL), ('Why.', repeat('x', 501))) AS v (reason, reference);
SELECT t.refused('a1', 'approve_journal(NULL)') AS nothing, t.refused('a1', 'approve_journal(t.user(''none''))') AS none,
       t.refused('a1', 'reject_journal(t.user(''none''), ''x'')') AS reject_none, t.refused('a1', 'reverse_journal(t.user(''none''), ''x'')') AS reverse_none,
       t.refused('a1', 'journals(after_id => t.user(''none''))') AS after_none, t.refused('a1', 'journals(max_results => 0)') AS zero;
SELECT t.refused('a1', format('approve_journal(%L)', :'rest')) AS own, t.refused('a1', format('reject_journal(%L, ''x'')', :'rest')) AS posted;

-- with a second administrator
SELECT t.login_as('a1');
SELECT value FROM dwello.set_setting('journal_second_approver', 'true');
SELECT journal_id AS waits, status, transaction_id IS NULL AS not_booked FROM dwello.post_journal(pg_temp.lines(
  pg_temp.line('provider_available', -200, t.user('p2')), pg_temp.line('platform_loss', 200)), 'A gift was too large.', idempotency_key => 'w1') \gset
SELECT :'status' AS status, :'not_booked' AS not_booked;
SELECT journal_id AS lost, status FROM dwello.post_journal(pg_temp.lines(pg_temp.line('bank', -1), pg_temp.line('rounding', 1)), 'Wrong.') \gset
SELECT count(*) AS booked FROM dwello.transactions WHERE scope_id IN (:'waits', :'lost');
SELECT t.refused('a1', format('approve_journal(%L)', :'waits')) AS own;
SELECT t.login_as('a1');
SELECT status, decided_by IS NULL AS undecided FROM dwello.journals('proposed');
SELECT pg_temp.as_second();
SAVEPOINT later;
SET LOCAL dwello.now = '2031-03-12 12:00Z';
SELECT status, amount, transaction_id IS NOT NULL AS booked, replayed FROM dwello.approve_journal(:'waits', 'ok');
SELECT status, replayed FROM dwello.approve_journal(:'waits', 'ok');
SELECT status, replayed FROM dwello.reject_journal(:'lost', 'Twice the same.', 'no');
SELECT status, replayed FROM dwello.reject_journal(:'lost', 'Twice the same.', 'no');
SELECT j.status, proposed_by = t.user('a1') AS by_a1, decided_by = t.user('s1') AS by_s1, rejected_for, x.booked_on
  FROM dwello.journals(max_results => 2) AS j LEFT JOIN dwello.transactions AS x ON x.scope_id = j.scope_id AND x.id = j.transaction_id
 ORDER BY journal_id;
SELECT status, transaction_id IS NULL AS not_booked FROM dwello.reverse_journal(:'waits', 'It was not.');
SELECT t.login_as('a1');
SELECT t.refused('a1', format('reverse_journal(%L, ''x'')', :'waits')) AS twice, t.refused('a1', format('reverse_journal(%L, ''x'')', :'lost')) AS rejected,
       t.refused('a1', format('approve_journal(%L)', :'lost')) AS own;
SELECT t.login_as('a1');
SELECT journal_id AS reversal FROM dwello.journals('proposed') \gset
SELECT replace(lines::text, t.user('p2')::text, '<p2>') AS what_is_approved FROM dwello.journals('proposed');
SELECT status, transaction_id IS NOT NULL AS booked FROM dwello.approve_journal(:'reversal');
SELECT available FROM dwello.provider_balance(t.user('p2')) WHERE currency = 'USD';
SELECT * FROM pg_temp.sick();
SELECT t.login_as('a1');
-- what is not there any more when it is approved
ROLLBACK TO later;
SELECT t.login_as('a1');
SELECT value FROM dwello.set_setting('journal_second_approver', NULL);
SELECT amount FROM dwello.post_journal(pg_temp.lines(pg_temp.line('provider_available', -1000, t.user('p2')), pg_temp.line('bank', 1000)), 'All of it.');
SELECT pg_temp.as_second();
SELECT t.try(format('SELECT dwello.approve_journal(%L)', :'waits')) AS gone;

-- closed days take none, and what is put there past the commands is found
SELECT t.login_as('a1');
SET LOCAL dwello.now = '2031-03-12 12:00Z';
SELECT until FROM dwello.close_period('2031-03-11');
SET LOCAL dwello.now = '2031-03-10 12:00Z';
SELECT transaction_id AS transaction FROM dwello.post_journal(pg_temp.lines(pg_temp.line('bank', -1), pg_temp.line('rounding', 1)), 'Late.') \gset
SELECT booked_on FROM dwello.transactions WHERE id = :'transaction';
SELECT t.as_system();
SELECT * FROM pg_temp.sick();
UPDATE dwello.journals SET transaction_id = t.user('nothing') WHERE transaction_id = :'transaction';
SELECT object, regexp_replace(detail, '[0-9a-f-]{36}', '…') AS detail FROM t.check() WHERE rule IN ('journal_drift', 'orphan');
ROLLBACK;

--
-- Tax that was paid over is owed back when its release is undone
--
BEGIN;
SELECT t.as_system();
SELECT version FROM dwello.set_fee_schedule('with tax', 50000, tax_ppm => 200000);
SELECT t.award('taxed', 100000);
SELECT t.login_as('h1');
SELECT amount FROM dwello.fund_escrow(t.user('taxed'));
SELECT t.as_system();
SELECT held FROM dwello.confirm_payment(t.user('taxed'), 'acme', 'taxed', 100000, 'USD');
SELECT t.login_as('h1');
SELECT fee, tax FROM dwello.release_escrow(t.user('taxed'));
SELECT t.login_as('a1');
SELECT status, amount FROM dwello.post_journal('[{"kind": "bank", "amount": 1000, "currency": "USD"},
  {"kind": "tax_payable", "amount": -1000, "currency": "USD"}]', 'The tax of March.');
SELECT x.tax, x.held FROM dwello.transactions AS t, LATERAL dwello.reverse_transaction(t.scope_id, t.id) AS x
 WHERE t.scope_id = t.user('taxed') AND t.transaction_type = 'release';
SELECT balance FROM dwello.balance_at('tax_payable', 'USD');
SELECT invariant, object FROM dwello.reconcile();
-- nobody books more of it by hand
SELECT t.try($$SELECT dwello.post_journal('[{"kind": "bank", "amount": 1, "currency": "USD"},
  {"kind": "tax_payable", "amount": -1, "currency": "USD"}]', 'More.')$$, 'a1') AS more;
ROLLBACK;
