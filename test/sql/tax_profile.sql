--
-- tax_profile.sql
--	Who people are to a tax office: sealed, by version, kept by documents as it
--	was, and asked for before a payout where the operator wants that.
--
SET client_min_messages = warning;
BEGIN;
SELECT t.award('taxed', 100000);
SELECT t.pay('taxed');
SELECT t.start('taxed');
SELECT t.login_as('p1');
SELECT t.refused('p1', 'tax_profile()') AS none;
SELECT t.login_as('p1');
SELECT user_id = t.user('p1') AS own, version, country, is_business, replayed
  FROM dwello.set_tax_profile('Pat Painter', 'US', '123-45-6789', idempotency_key => 'k1');
SELECT version, replayed FROM dwello.set_tax_profile('Pat Painter', 'US', '123-45-6789', idempotency_key => 'k1');
SELECT t.try($$SELECT dwello.set_tax_profile('Pat Painter', 'US', '123-45-6780', idempotency_key => 'k1')$$);
SELECT legal_name, country, tax_id, vat_id, is_business, version FROM dwello.tax_profile();

-- what it must be, and whose
SELECT n, t.try('SELECT dwello.set_tax_profile(' || arguments || ')', 'p1')
  FROM unnest(ARRAY[$$NULL, 'US'$$, $$' ', 'US'$$, $$repeat('x', 301), 'US'$$, $$'Pat', NULL$$, $$'Pat', 'usa'$$, $$'Pat', repeat('U', 21)$$,
    $$'Pat', 'US', repeat('1', 51)$$, $$'Pat', 'US', vat_id => ' '$$, $$'Pat', 'US', is_business => NULL$$,
    $$'Pat', 'US', user_id => t.user('p2')$$, $$'Pat', 'US', user_id => '00000000-0000-0000-0000-000000000000'$$])
  WITH ORDINALITY AS a (arguments, n) ORDER BY n;
SELECT t.refused('s1', $$set_tax_profile('Pat', 'US')$$) AS support, t.refused(NULL, $$set_tax_profile('Pat', 'US', user_id => t.user('p1'))$$) AS system,
       t.refused('u1', $$set_tax_profile('Pat', 'US')$$) AS unverified, t.refused('a1', $$set_tax_profile('Pat', 'US', user_id => t.user('none'))$$) AS nobody,
       t.refused('p2', $$tax_profile(t.user('p1'))$$) AS others, t.refused('s1', $$tax_profile(t.user('p1'))$$) AS of_support,
       t.refused('a1', $$tax_profile(t.user('p2'))$$) AS has_none;
SELECT t.login_as('a1');
SELECT legal_name, tax_id FROM dwello.tax_profile(t.user('p1'));

-- sealed, and for whoever may read the table without what is
SELECT t.app_as('p1');
SELECT user_id = t.user('p1') AS own, version, country FROM dwello.tax_profiles;
SELECT t.try('SELECT legal_name FROM dwello.tax_profiles');
SELECT t.as_system();
SELECT count(*) AS plain FROM dwello.tax_profiles AS x WHERE position('Painter'::bytea IN legal_name) > 0 OR position('123'::bytea IN tax_id) > 0;
SELECT t.try(statement) FROM unnest(ARRAY[$$UPDATE dwello.tax_profiles SET country = 'CA'$$, 'DELETE FROM dwello.tax_profiles']) AS statement;

-- documents keep what was in force when they were issued
SELECT t.login_as('h1');
SELECT version FROM dwello.set_tax_profile('Hilda House', 'CA', '777');
SELECT amount FROM dwello.release_escrow(t.user('taxed'), 50000);
SELECT t.login_as('a1');
SELECT version, user_id FROM dwello.set_tax_profile('Dwello Inc.', 'US', '99-1', 'EU99', true, '00000000-0000-0000-0000-000000000000');
SELECT t.as_system();
SELECT set_config('dwello.now', (now() + interval '2 days')::text, true) <> '' AS later;
SELECT transactions > 0 AS issued FROM dwello.issue_documents(10000);
SELECT t.login_as('p1');
SELECT version FROM dwello.set_tax_profile('Painter Ltd.', 'US', '55', 'US55', true);
SELECT t.login_as('h1');
SELECT version FROM dwello.set_tax_profile('Hilda Home', 'US');
SELECT amount FROM dwello.release_escrow(t.user('taxed'), 10000);
SELECT t.as_system();
SELECT set_config('dwello.now', (now() + interval '4 days')::text, true) <> '' AS later;
SELECT transactions AS issued FROM dwello.issue_documents(10000);
SELECT t.login_as('a1');
SELECT d.kind, d.total, d.issuer_name, d.issuer_country, d.issuer_tax_id, d.issuer_vat_id, d.recipient_name, d.recipient_country, d.recipient_vat_id
  FROM dwello.invoices AS v, dwello.invoice(v.id) AS d WHERE v.scope_id = t.user('taxed') ORDER BY v.id;
SELECT t.login_as('h1');
SELECT d.issuer_tax_id, to_jsonb(d)->>'recipient_name' AS recipient, to_jsonb(d) ? 'recipient_tax_id' AS tells_tax_id
  FROM dwello.invoices(kind => 'receipt', max_results => 1) AS l, dwello.invoice(l.invoice_id) AS d;
-- and are the same without one
SELECT count(*) FROM dwello.invoices AS v, dwello.invoice(v.id) AS d WHERE v.issuer_profile IS NULL AND d.issuer_name IS NOT NULL;

-- a year, as the receipts have it; the country is that of the profile
SELECT t.login_as('a1');
SELECT amount FROM dwello.reverse_transaction(t.user('taxed'), (SELECT id FROM dwello.transactions WHERE scope_id = t.user('taxed')
  AND transaction_type = 'release' ORDER BY id LIMIT 1), 20000, 'Too much.');
SELECT t.as_system();
SELECT set_config('dwello.now', (now() + interval '8 days')::text, true) <> '' AS later;
SELECT transactions AS issued FROM dwello.issue_documents(10000);
SELECT t.login_as('p1');
CREATE TEMP VIEW years AS
  SELECT DISTINCT EXTRACT(year FROM v.supplied_on)::integer AS year FROM dwello.invoices AS v WHERE v.issuer_id = t.user('p1');
SELECT country, currency, sum(gross) - sum(refunds) - sum(fees) = sum(net) AS net, sum(refunds) AS refunds, bool_or(is_final) AS is_final
  FROM years, LATERAL dwello.annual_totals(year) AS a WHERE currency = 'USD' GROUP BY 1, 2;
CREATE TEMP VIEW receipts AS
  SELECT EXTRACT(year FROM v.supplied_on)::integer AS year, EXTRACT(month FROM v.supplied_on)::integer AS month, v.currency,
         sum(v.total) FILTER (WHERE v.kind = 'receipt') AS gross, sum(v.total) FILTER (WHERE v.kind = 'receipt_credit') AS refunds
    FROM dwello.invoices AS v WHERE v.issuer_id = t.user('p1') GROUP BY 1, 2, 3;
SELECT count(*) FILTER (WHERE a.gross = coalesce(r.gross, 0) AND a.refunds = coalesce(r.refunds, 0)) = count(*) AS all_equal
  FROM receipts AS r, dwello.annual_totals(r.year) AS a WHERE (a.month, a.currency) = (r.month, r.currency);
SELECT t.refused('p2', format('annual_totals(2031, %L)', t.user('p1'))) AS others, t.refused('h1', 'annual_totals(2031)') AS homeowner,
       t.refused('p1', 'annual_totals(1969)') AS early, t.refused('p1', 'annual_totals(NULL)') AS none;
SELECT t.login_as('s1');
SELECT count(*) FROM dwello.annual_totals(2029);

-- asked for before a payout, where the operator wants that
SELECT t.as_system();
SELECT t.destination('p1') IS NOT NULL AS account, t.destination('p2') IS NOT NULL AS other_account;
SELECT t.login_as('a1');
SELECT value FROM dwello.set_setting('payout_needs_tax_profile', 'true');
SELECT amount FROM dwello.post_journal(jsonb_build_array(
  jsonb_build_object('kind', 'provider_available', 'owner', t.user('p2'), 'currency', 'USD', 'amount', 9000),
  '{"kind": "platform_loss", "currency": "USD", "amount": -9000}'::jsonb), 'A gift.');
SELECT t.try('SELECT dwello.request_payout(5000)', 'p2');
SELECT t.login_as('a1');
SELECT value FROM dwello.set_setting('payout_schedule', 'daily');
SELECT t.as_system();
SELECT payouts > 0 AS asked FROM dwello.request_due_payouts();
SELECT count(*) AS of_p2 FROM dwello.payouts WHERE user_id = t.user('p2') AND status = 'pending';
SELECT t.login_as('p2');
SELECT version FROM dwello.set_tax_profile('Perl Plumber', 'US', '8');
SELECT status FROM dwello.request_payout(5000);
ROLLBACK;
