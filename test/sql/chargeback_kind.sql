--
-- chargeback_kind.sql
--	Chargebacks of what no escrow took: of a tip, of money in a receipt, of
--	a job without an escrow, of nothing that is known.  Each is opened, won,
--	lost, lost in part, decided anew, asked a second time, costs a fee, and
--	may be an inquiry only.
--
SET client_min_messages = warning;

BEGIN;
-- What each account but the companies' came to since the last look.
CREATE TABLE t.seen AS SELECT n.scope_id, n.transaction_id FROM dwello.ledger_entries AS n LIMIT 0;
CREATE FUNCTION t.moved() RETURNS TABLE (account text, currency text, amount numeric)
LANGUAGE plpgsql
AS $$
BEGIN
  RETURN QUERY SELECT coalesce(a.kind::text, 'escrow'), n.currency, sum(n.amount)
    FROM dwello.ledger_entries AS n LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
   WHERE NOT EXISTS (SELECT FROM t.seen AS s WHERE s.scope_id = n.scope_id AND s.transaction_id = n.transaction_id)
   GROUP BY 1, 2 HAVING sum(n.amount) <> 0 ORDER BY 1, 2;
  INSERT INTO t.seen SELECT DISTINCT n.scope_id, n.transaction_id FROM dwello.ledger_entries AS n;
END
$$;
-- Does a call as somebody; 'ok', or its SQLSTATE.
CREATE FUNCTION t.does(name text, call text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  outcome text := t.refused(name, call);
BEGIN
  PERFORM t.login_as(NULL);
  RETURN outcome;
END
$$;
-- The events of a bank about one charge, the charge being named; what each moved.
CREATE FUNCTION t.story_of(reference text, amount bigint, currency text)
RETURNS TABLE (step text, outcome text, account text, cur text, moved numeric)
LANGUAGE plpgsql
AS $$
DECLARE
  told text[];
BEGIN
  FOREACH told SLICE 1 IN ARRAY ARRAY[
    ['inquiry', 'open_chargeback(NULL, ''bank'', ''%1$s q'', %2$s, %3$L, %1$L, is_inquiry => true)'],
    ['opened', 'open_chargeback(NULL, ''bank'', ''%1$s 1'', %2$s, %3$L, %1$L, fee => 15)'],
    ['again', 'open_chargeback(NULL, ''bank'', ''%1$s 1'', %2$s, %3$L, %1$L, fee => 15)'],
    ['won', 'close_chargeback(NULL, ''bank'', ''%1$s 2'', true, psp_reference => %1$L)'],
    ['lost after all', 'close_chargeback(NULL, ''bank'', ''%1$s 3'', false, psp_reference => %1$L)'],
    ['lost in part', 'close_chargeback(NULL, ''bank'', ''%1$s 4'', false, lost_amount => %2$s / 4, psp_reference => %1$L)'],
    ['told twice', 'close_chargeback(NULL, ''bank'', ''%1$s 5'', false, lost_amount => %2$s / 4, psp_reference => %1$L)'],
    ['a second one', 'open_chargeback(NULL, ''bank'', ''%1$s 6'', %2$s, %3$L, %1$L)'],
    ['won again', 'close_chargeback(NULL, ''bank'', ''%1$s 7'', true, psp_reference => %1$L)']]
  LOOP
    step := told[1];
    outcome := t.does(NULL, format(told[2], reference, amount, currency));
    account := NULL;
    FOR account, cur, moved IN SELECT m.account, m.currency, m.amount FROM t.moved() AS m LOOP
      RETURN NEXT;
      outcome := NULL;
      step := NULL;
    END LOOP;
    IF step IS NOT NULL THEN
      cur := NULL;
      moved := NULL;
      RETURN NEXT;
    END IF;
  END LOOP;
END
$$;
SELECT t.does('a1', $$set_setting('receipt_default_second_charge', 'hold')$$);
INSERT INTO t.seen SELECT DISTINCT n.scope_id, n.transaction_id FROM dwello.ledger_entries AS n;

-- a tip: the provider owes it, as anything that was released
SELECT t.award('tipped', 10000);
SELECT held FROM dwello.confirm_payment(t.user('tipped'), 'bank', 'k 1', 10000, 'USD', psp_reference => 'k 1');
SELECT t.start('tipped');
SELECT t.does('h1', $$release_escrow(t.user('tipped'))$$), t.does('h1', $$tip(t.user('tipped'), 2000)$$);
SELECT held FROM dwello.confirm_payment(t.user('tipped'), 'bank', 'k 2', 2000, 'USD', psp_reference => 'k 2');
SELECT count(*) > 0 AS moved FROM t.moved();
SELECT * FROM t.story_of('k 2', 2000, 'USD');
SELECT status, amount, lost_amount, held_amount, clawed_back, covered_amount, is_detached, job_id = t.user('tipped') AS of_job
  FROM dwello.chargebacks WHERE psp_reference = 'k 2' ORDER BY id;
SELECT status, held, released FROM dwello.escrow_accounts WHERE job_id = t.user('tipped');
SELECT type, count(*) FROM dwello.outbox WHERE scope_id = t.user('tipped') AND type LIKE 'chargeback%' GROUP BY 1 ORDER BY 1;
-- what was released of the job is not less for it
SELECT clawed_back, held_amount FROM dwello.open_chargeback(t.user('tipped'), 'bank', 'k 3', 10000, 'USD', 'k 1');
SELECT chargeback_status, escrow_status FROM dwello.close_chargeback(t.user('tipped'), 'bank', 'k 4', true);
SELECT sum(amount) FROM t.moved() WHERE account = 'provider_receivable';

-- a receipt without a job: out of its suspense, and back there
SELECT receipt_reason FROM dwello.confirm_payment(NULL, 'bank', 'k 5', 4000, 'EUR', psp_reference => 'k 5');
SELECT count(*) > 0 AS moved FROM t.moved();
SELECT * FROM t.story_of('k 5', 4000, 'EUR');
SELECT status, amount, lost_amount, covered_amount, job_id, receipt_id IS NOT NULL AS of_receipt
  FROM dwello.chargebacks WHERE psp_reference = 'k 5' ORDER BY id;
SELECT status, remaining FROM dwello.receipts WHERE event_id = 'k 5';
SELECT id AS receipt FROM dwello.receipts WHERE event_id = 'k 5' \gset
-- only the rest goes back
SELECT amount, receipt_status FROM dwello.return_receipt(:'receipt');
SELECT amount, refund_status FROM dwello.confirm_refund(NULL, 'bank', 'k 6', psp_reference => 'k 5');
-- more than lies there: what is not there is the platform's
SELECT covered_amount, amount FROM dwello.open_chargeback(NULL, 'bank', 'k 7', 500, 'EUR', 'k 5');
SELECT account, sum(amount) FROM t.moved() GROUP BY 1 ORDER BY 1;

-- a receipt of a job, part of which is assigned: the rest is there
SELECT t.award('half', 3000);
SELECT receipt_reason FROM dwello.confirm_payment(NULL, 'bank', 'k 8', 5000, 'USD', psp_reference => 'k 8');
SELECT id AS stray FROM dwello.receipts WHERE event_id = 'k 8' \gset
SELECT covered_amount, amount, job_id FROM dwello.open_chargeback(NULL, 'bank', 'k 9', 1000, 'USD', 'k 8');
SELECT amount, remaining, held FROM dwello.assign_receipt(:'stray', t.user('half'));
-- the bank takes all of it: what was assigned is the escrow's, and the rest the receipt's
SELECT held_amount, covered_amount, amount, escrow_status, job_id = t.user('half') AS of_job
  FROM dwello.open_chargeback(NULL, 'bank', 'k 10', 4000, 'USD', 'k 8');
SELECT status, remaining FROM dwello.receipts WHERE id = :'stray';
SELECT chargeback_status, escrow_status, held, covered_amount FROM dwello.close_chargeback(t.user('half'), 'bank', 'k 11', true);
SELECT status, remaining FROM dwello.receipts WHERE id = :'stray';
SELECT account, sum(amount) FROM t.moved() GROUP BY 1 ORDER BY 1;

-- a refund that failed lies in a receipt of the charge: the bank finds it there, and nobody is paid twice
SELECT t.award('twice', 100000);
SELECT held FROM dwello.confirm_payment(t.user('twice'), 'bank', 'k 12', 100000, 'USD', psp_reference => 'k 12');
SELECT t.does('a1', $$refund_escrow(t.user('twice'), 40000)$$);
SELECT refund_status FROM dwello.fail_refund(t.user('twice'), 'bank', 'k 13');
SELECT count(*) > 0 AS moved FROM t.moved();
SELECT held_amount, covered_amount FROM dwello.open_chargeback(t.user('twice'), 'bank', 'k 14', 100000, 'USD', 'k 12');
SELECT * FROM t.moved();
SELECT chargeback_status, escrow_status FROM dwello.close_chargeback(NULL, 'bank', 'k 15', false, lost_amount => 70000, psp_reference => 'k 12');
SELECT * FROM t.moved();
SELECT status, remaining FROM dwello.receipts(job_id => t.user('twice'));

-- a job without an escrow, one that is not there, and nothing at all
SELECT receipt_reason, job_id = t.user('draft job') AS of_job FROM dwello.confirm_payment(t.user('draft job'), 'bank', 'k 16', 700, 'USD', psp_reference => 'k 16');
SELECT * FROM t.story_of('unknown', 800, 'CHF');
SELECT covered_amount, held_amount, amount, currency, job_id FROM dwello.open_chargeback(t.user('no job'), 'bank', 'k 17', 300, 'USD', 'k 16');
SELECT t.does(NULL, $$close_chargeback(NULL, 'bank', 'k 18', true)$$) AS which,
       t.does(NULL, $$close_chargeback(NULL, 'bank', 'k 18', true, psp_reference => 'no case')$$) AS no_case,
       t.does(NULL, format($$close_chargeback(NULL, 'bank', 'k 18', true, chargeback_id => %L)$$, t.user('none'))) AS none,
       t.does(NULL, format($$open_chargeback(NULL, 'bank', 'k 18', 1, 'USD', transaction_id => %L)$$, t.user('none'))) AS early,
       t.does('a1', $$close_chargeback(NULL, 'bank', 'k 18', true, psp_reference => 'k 16')$$) AS admin;
-- by the company's own name of the case
SELECT amount FROM dwello.open_chargeback(NULL, 'bank', 'k 19', 100, 'USD', 'case 9');
SELECT chargeback_status, currency FROM dwello.close_chargeback(NULL, 'bank', 'k 20', false, psp_reference => 'case 9');
SELECT chargeback_status, replayed FROM dwello.close_chargeback(NULL, 'bank', 'k 20', false, psp_reference => 'case 9');
-- its line of the statement is matched
SELECT imported FROM dwello.import_statement('bank', '[
  {"line_id": "b1", "event_id": "k 19", "kind": "chargeback", "amount": 100, "currency": "USD", "time": "2031-01-01T00:00:00Z"},
  {"line_id": "b2", "event_id": "k 9", "kind": "chargeback", "amount": 1000, "currency": "USD", "time": "2031-01-01T00:00:00Z"}]');
SELECT line_id, verdict FROM dwello.reconcile_external('bank') ORDER BY 1;
SELECT * FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
ROLLBACK;
