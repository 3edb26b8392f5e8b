--
-- document.sql
--	Documents of transactions: numbers without a gap in the order of days, who
--	gets what, credit notes, and that nothing of it ever changes.
--
SET client_min_messages = warning;
BEGIN;
CREATE FUNCTION pg_temp.on_day(day date) RETURNS void
LANGUAGE plpgsql
AS $$ BEGIN PERFORM set_config('dwello.now', day || ' 12:00Z', true); END $$;
-- a part of a job's price, released on a day
CREATE FUNCTION pg_temp.release(job text, amount bigint, day date) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM pg_temp.on_day(day);
  PERFORM t.login_as('h1');
  PERFORM dwello.release_escrow(t.user(job), amount);
  PERFORM t.as_system();
END
$$;
CREATE FUNCTION pg_temp.who(id uuid) RETURNS text
LANGUAGE sql
AS $$ SELECT CASE id WHEN t.user('h1') THEN 'h1' WHEN t.user('p1') THEN 'p1' WHEN t.user('p2') THEN 'p2' ELSE 'platform' END $$;
SELECT t.award('first', 100000), t.award('second', 60000);
SELECT t.pay('first'), t.pay('second');
SELECT t.start('first'), t.start('second');
UPDATE dwello.escrow_accounts SET provider_id = t.user('p2') WHERE job_id = t.user('second');
-- what the other tests have left has its documents
SELECT pg_temp.on_day('2031-01-01');
SELECT transactions < 10000 AS all_of_it FROM dwello.issue_documents(10000);
CREATE VIEW t.issued AS
  SELECT v.kind, v.series_number - coalesce((SELECT max(o.series_number) FROM dwello.invoices AS o WHERE o.issuer_id = v.issuer_id AND o.kind = v.kind
           AND o.year = v.year AND o.issued_at < '2031-02-01'), 0) AS n, pg_temp.who(v.issuer_id) AS issuer, pg_temp.who(v.recipient_id) AS recipient,
         v.issued_on, v.supplied_on, v.net, v.tax, v.total, v.year, v.issued_at, v.id
    FROM dwello.invoices AS v WHERE v.issued_at > '2031-02-01';

-- a day is over once it is, and some time has passed
SELECT pg_temp.release('first', 10000, '2031-03-05');
SELECT pg_temp.release('second', 10000, '2031-03-05');
SELECT pg_temp.release('first', 20000, '2031-03-06');
SELECT transactions, documents, through, replayed FROM dwello.issue_documents();
SELECT kind, n, issuer, recipient, issued_on, supplied_on, net, tax, total FROM t.issued ORDER BY id;
SELECT transactions, documents FROM dwello.issue_documents();
SET LOCAL dwello.now = '2031-03-07 00:59Z';
SELECT transactions, documents, through FROM dwello.issue_documents();
SET LOCAL dwello.now = '2031-03-07 01:01Z';
SELECT transactions, documents, through FROM dwello.issue_documents();

-- many days in parts: the order is that of days, whoever numbers
SELECT pg_temp.release('second', 20000, '2031-03-07');
SELECT pg_temp.release('first', 30000, '2031-03-08');
SELECT pg_temp.release('second', 30000, '2031-03-08');
SELECT pg_temp.on_day('2031-03-20');
SELECT transactions, documents FROM dwello.issue_documents(1);
SELECT transactions, documents FROM dwello.issue_documents(1);
SELECT transactions, documents FROM dwello.issue_documents(5);
SELECT kind, n, issuer, recipient, issued_on, supplied_on, total FROM t.issued WHERE supplied_on > '2031-03-05' ORDER BY id;
SELECT count(*) AS out_of_order FROM dwello.invoices AS a JOIN dwello.invoices AS b USING (issuer_id, kind, year)
 WHERE a.series_number < b.series_number AND (a.issued_on > b.issued_on OR a.supplied_on > b.supplied_on);

-- undone, it has a credit note that names the document
SELECT t.login_as('a1');
SELECT amount FROM dwello.reverse_transaction(t.user('first'), (SELECT id FROM dwello.transactions WHERE scope_id = t.user('first')
  AND transaction_type = 'release' ORDER BY id LIMIT 1), reason => 'Too early.');
SELECT t.as_system();
SELECT pg_temp.on_day('2032-01-02');
SELECT transactions, documents FROM dwello.issue_documents();
SELECT t.login_as('h1');
SELECT i.kind, i.year, i.number, i.document_number ~ ('^(CRN|REX)-2032-0*' || i.number || '$') AS printed, i.issued_on, i.supplied_on, i.total, o.kind AS corrected, o.issued_on AS corrected_of,
       i.corrects_number = o.document_number AS named
  FROM dwello.invoices() AS i JOIN dwello.invoices AS o ON o.id = i.corrects_id ORDER BY i.issued_at;
SELECT t.login_as('p1');
SELECT kind, year, number, description, total FROM dwello.invoices(max_results => 2) ORDER BY kind;
-- a new year begins at 1
SELECT min(series_number), max(series_number), count(*) FROM dwello.invoices WHERE year = 2032 GROUP BY issuer_id, kind;

SELECT t.as_system();
SELECT rule, object FROM t.check() WHERE rule IN ('document_missing', 'document_gap');

-- what is booked late is found, and issued when its day is read again
SELECT pg_temp.release('first', 1000, '2031-03-02');
SELECT pg_temp.on_day('2032-01-04');
SELECT transactions FROM dwello.issue_documents();
SELECT object, regexp_replace(detail, '[0-9a-f-]{36}', '…') AS detail FROM t.check() WHERE rule = 'document_missing';
SELECT transactions, documents FROM dwello.issue_documents(from_day => '2031-03-01');
SELECT transactions, documents FROM dwello.issue_documents(from_day => '2031-03-01');
SELECT transactions, documents FROM dwello.issue_documents();
SELECT rule FROM t.check() WHERE rule IN ('document_missing', 'document_gap');
-- a clock that was set back does not set back the day of issue
SELECT pg_temp.release('first', 1000, '2032-01-05');
SELECT pg_temp.on_day('2032-01-07');
SELECT transactions FROM dwello.issue_documents();
SELECT pg_temp.release('first', 1000, '2032-01-05');
SELECT pg_temp.on_day('2032-01-06');
SELECT transactions FROM dwello.issue_documents();
SELECT kind, n, issued_on, supplied_on FROM t.issued ORDER BY id DESC LIMIT 4;

-- who sees what
CREATE FUNCTION pg_temp.sees(name text) RETURNS TABLE (own bigint, others bigint)
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as(name);
  RETURN QUERY SELECT count(*) FILTER (WHERE name IN (pg_temp.who(i.issuer_id), pg_temp.who(i.recipient_id))),
      count(*) FILTER (WHERE name NOT IN (pg_temp.who(i.issuer_id), pg_temp.who(i.recipient_id))) FROM dwello.invoices(max_results => 200) AS i;
END
$$;
SELECT name, own > 0 AS own, others FROM unnest(ARRAY['h1', 'p1', 'p2', 'h2']) AS name, pg_temp.sees(name);
SELECT id AS of_p2 FROM t.issued WHERE issuer = 'p2' ORDER BY id LIMIT 1 \gset
SELECT name, t.try(format('SELECT dwello.invoice(%L)', :'of_p2'), name)
  FROM unnest(ARRAY['h1', 'h2', 'p1', 'p2', 's1', 'a1']) WITH ORDINALITY AS a (name, n) ORDER BY n;
SELECT t.login_as('p2');
SELECT i.kind, i.total, i.currency, i.corrects_id FROM dwello.invoice(:'of_p2') AS i;
SELECT jsonb_object_keys(to_jsonb(i)) AS member FROM dwello.invoice(:'of_p2') AS i ORDER BY 1;
SELECT t.refused('p1', $$invoices(user_id => t.user('p2'))$$) AS others, t.refused('p1', $$invoices(after_id => t.user('none'))$$) AS after_none,
       t.refused('p1', 'invoices(max_results => 0)') AS zero, t.refused('p1', 'invoice(NULL)') AS nothing,
       t.refused('p1', 'issue_documents()') AS provider, t.refused('a1', 'issue_documents()') AS admin,
       t.refused(NULL, 'issue_documents(0)') AS none, t.refused(NULL, $$issue_documents(from_day => 'infinity')$$) AS never;
SELECT t.login_as('a1');
SELECT count(*) FROM dwello.invoices(t.user('p2'), 'receipt', max_results => 200);
SELECT count(*) = 2 AS pages FROM (SELECT invoice_id FROM dwello.invoices(max_results => 2) ORDER BY issued_at, invoice_id LIMIT 1) AS l,
  LATERAL dwello.invoices(after_id => l.invoice_id, max_results => 2) AS i;
SELECT t.app_as('p1');
SELECT count(*) FROM dwello.invoices WHERE pg_temp.who(issuer_id) <> 'p1' AND pg_temp.who(recipient_id) <> 'p1';

-- nothing of it changes
SELECT t.as_system();
SELECT t.try(statement) FROM unnest(ARRAY['UPDATE dwello.invoices SET total = total + 1, net = net + 1', 'DELETE FROM dwello.invoices',
  'TRUNCATE dwello.invoices']) AS statement;
UPDATE dwello.invoice_series SET last_number = last_number + 1 WHERE issuer_id = t.user('p2') AND kind = 'receipt' AND year = 2031;
SELECT object, regexp_replace(detail, '[0-9a-f-]{36}', '…') AS detail FROM t.check() WHERE rule = 'document_gap';
ROLLBACK;

-- who bears the fee gets the invoice, and the homeowner has all that left the
-- escrow for the provider; also of a settled dispute, and of a tip
CREATE TABLE t.borne (payer text, kind dwello.document_kind, total bigint, tax bigint, recipient text);
CREATE FUNCTION pg_temp.bear(payer text) RETURNS TABLE (documents bigint, wrong bigint, of_homeowner bigint, left_escrow bigint)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
  job uuid := t.user('borne');
BEGIN
  PERFORM t.login_as('a1');
  PERFORM dwello.set_fee_schedule(payer, 100000, tax_ppm => 200000, payer => payer::dwello.fee_payer, currency => 'USD');
  PERFORM t.award('borne', 99999), t.pay('borne'), t.start('borne');
  PERFORM t.login_as('h1');
  PERFORM dwello.release_escrow(job, 33333);
  PERFORM dwello.open_dispute(job, 30000, 'Half of it.');
  PERFORM t.login_as('a1');
  PERFORM dwello.resolve_dispute(job, 20000);
  PERFORM t.login_as('h1');
  PERFORM dwello.tip(job, 5000);
  PERFORM t.as_system();
  PERFORM dwello.confirm_payment(job, 'acme', 'borne tip', 5000, 'USD');
  PERFORM set_config('dwello.now', (now() + interval '2 days')::text, true);
  PERFORM dwello.issue_documents(10000);
  INSERT INTO t.borne SELECT payer, v.kind, v.total, v.tax, CASE v.recipient_id WHEN t.user('h1') THEN 'homeowner' ELSE 'provider' END
    FROM dwello.invoices AS v WHERE v.scope_id = job ORDER BY v.id;
  RETURN QUERY SELECT count(*), count(*) FILTER (WHERE v.net + v.tax <> v.total),
         sum(v.total) FILTER (WHERE v.recipient_id = t.user('h1'))::bigint,
         (SELECT e.released FROM dwello.escrow_accounts AS e WHERE e.job_id = job)
    FROM dwello.invoices AS v WHERE v.scope_id = job;
END
$$;
BEGIN;
SELECT * FROM pg_temp.bear('provider');
SELECT * FROM t.borne;
ROLLBACK;
BEGIN;
SELECT * FROM pg_temp.bear('homeowner');
SELECT * FROM t.borne;
ROLLBACK;
BEGIN;
SELECT * FROM pg_temp.bear('split');
SELECT * FROM t.borne;
ROLLBACK;
DROP TABLE t.borne;

--
-- What a payout costs: an invoice to the provider, and a credit note when it
-- goes back
--
BEGIN;
SELECT t.destination('p1') IS NOT NULL AS can_receive;
SELECT t.award('paid out', 100000), t.pay('paid out');
SELECT t.login_as('h1');
SELECT payout FROM dwello.release_escrow(t.user('paid out'));
SELECT t.login_as('a1');
SELECT amount FROM dwello.set_setting_amount('payout_fee', 'USD', 250);
SELECT t.as_system();
SELECT payout_id FROM dwello.request_payout(20000, user_id => t.user('p1')) \gset paid_
SELECT payout_id FROM dwello.request_payout(1000, user_id => t.user('p1')) \gset gone_
SELECT status FROM dwello.confirm_payout(t.user('p1'), :'paid_payout_id', 'acme', 'document paid');
SELECT t.login_as('p1');
SELECT status FROM dwello.cancel_payout(:'gone_payout_id');
SELECT t.as_system();
SELECT set_config('dwello.now', (now() + interval '2 days')::text, true) <> '' AS later;
SELECT transactions > 3 AS some FROM dwello.issue_documents(10000);
CREATE VIEW t.cost AS
  SELECT v.kind, v.description, v.total, v.tax, v.issuer_id = '00000000-0000-0000-0000-000000000000' AS by_platform, v.recipient_id = t.user('p1') AS to_p1,
         v.corrects_number = (SELECT o.document_number FROM dwello.invoices AS o WHERE o.scope_id = t.user('p1') AND o.transaction_id
           = (SELECT x.reverses FROM dwello.transactions AS x WHERE x.scope_id = t.user('p1') AND x.id = v.transaction_id)) AS corrects
    FROM dwello.invoices(max_results => 100) AS v WHERE v.scope_id = t.user('p1');
SELECT t.login_as('p1');
SELECT * FROM t.cost ORDER BY kind;
SELECT t.as_system();
SELECT transactions, documents FROM dwello.issue_documents();
-- paid and returned, it goes back, too
SELECT status FROM dwello.fail_payout(t.user('p1'), :'paid_payout_id', 'acme', 'document back');
SELECT set_config('dwello.now', (now() + interval '4 days')::text, true) <> '' AS later;
SELECT transactions, documents FROM dwello.issue_documents();
SELECT kind, count(*), sum(total), count(corrects) AS corrected FROM t.cost GROUP BY kind ORDER BY kind;
SELECT count(*) FROM dwello.check() WHERE rule LIKE 'document%';
ROLLBACK;
