--
-- refund_unasked.sql
--	Refunds that a payment company made by itself, and those that it sent in
--	parts: each is booked out of what is there, and the platform bears the
--	rest.
--
SET client_min_messages = warning;

BEGIN;
CREATE VIEW t.leg AS
SELECT n.scope_id, x.transaction_type AS type, n.leg, coalesce(a.kind::text, 'escrow') AS account, n.amount, x.id
  FROM dwello.ledger_entries AS n
  JOIN dwello.transactions AS x ON x.scope_id = n.scope_id AND x.id = n.transaction_id
  LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id;
CREATE VIEW t.refund AS
SELECT job_id, psp_reference AS payment, amount, loss, status, is_unasked, event_id, receipt_id IS NOT NULL AS of_receipt
  FROM dwello.refunds;
-- Lets an amount arrive under a reference that is the name of the event, too.
CREATE FUNCTION t.pay_by(name text, amount bigint, reference text, psp text DEFAULT 'acme', currency text DEFAULT 'USD')
RETURNS TABLE (held bigint, receipt_reason dwello.receipt_reason)
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as(NULL);
  RETURN QUERY SELECT c.held, c.receipt_reason
    FROM dwello.confirm_payment(t.user(name), psp, reference, pay_by.amount, pay_by.currency, psp_reference => reference) AS c;
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
-- What a company holds, by what it told: the negative of its clearing.
CREATE FUNCTION t.with_company(psp text, currency text DEFAULT 'USD') RETURNS numeric
LANGUAGE sql STABLE
AS $$
  SELECT -coalesce(sum(n.amount), 0) FROM dwello.ledger_entries AS n JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
   WHERE a.kind = 'psp_clearing' AND a.psp = with_company.psp AND a.currency = with_company.currency
$$;

------------------------------------------------------------------------
-- Nobody asked: out of what is held, as a refund that is sent at once
------------------------------------------------------------------------
SELECT t.award('dash', 100000, '{4,6}');
SELECT * FROM t.pay_by('dash', 100000, 'ch d');
SELECT t.with_company('acme') AS before \gset
SELECT t.refused(NULL, $$confirm_refund(t.user('dash'), 'acme', 'd 1', psp_reference => 'ch d')$$) AS no_amount,
       t.refused(NULL, $$confirm_refund(t.user('dash'), 'acme', 'd 1', psp_reference => 'ch d', amount => 0)$$) AS zero,
       t.refused(NULL, $$confirm_refund(t.user('dash'), 'acme', 'd 1', psp_reference => 'ch d', amount => 1, currency => 'XXX')$$) AS currency,
       t.refused(NULL, format($$confirm_refund(t.user('dash'), 'acme', 'd 1', amount => 1, refund_id => %L)$$, t.user('none'))) AS not_there,
       t.refused(NULL, format($$confirm_refund(t.user('dash'), 'acme', 'd 1', %L, amount => 1)$$, t.user('none'))) AS nor_this;
SELECT amount, refund_status, escrow_status, held, refunded, replayed
  FROM dwello.confirm_refund(t.user('dash'), 'acme', 'd 1', amount => 30000, psp_reference => 'ch d', reason => 'fraudulent',
    occurred_at => '2031-02-03 04:05+00');
SELECT amount, replayed FROM dwello.confirm_refund(t.user('dash'), 'acme', 'd 1', amount => 30000, psp_reference => 'ch d');
SELECT t.refused(NULL, $$confirm_refund(t.user('dash'), 'acme', 'd 1', amount => 30001, psp_reference => 'ch d')$$) AS another;
SELECT type, account, amount FROM t.leg WHERE scope_id = t.user('dash') AND type IN ('refund', 'refund_payment') ORDER BY id, leg;
SELECT payment, amount, loss, status, is_unasked, event_id FROM t.refund WHERE job_id = t.user('dash');
SELECT sort_order, status, funded, refunded FROM dwello.job_milestones WHERE job_id = t.user('dash') ORDER BY 1;
SELECT type, payload ->> 'amount' AS amount, payload ->> 'reason' AS reason FROM dwello.outbox
 WHERE scope_id = t.user('dash') AND type IN ('refund_requested', 'refund_completed', 'escrow_refunded') ORDER BY id;
-- a second one of the same amount is another, and needs no job: its payment says whose it is
SELECT amount, held, refunded FROM dwello.confirm_refund(NULL, 'acme', 'd 2', amount => 30000, psp_reference => 'ch d');
SELECT amount, replayed FROM dwello.confirm_refund(t.user('dash'), 'acme', 'd 2', amount => 30000);
-- what is asked for now is what is left, and goes to the payment that has room
SELECT t.does('a1', $$refund_escrow(t.user('dash'), 10000)$$);
-- above what is asked for: the rest nobody asked for; above what is held: the platform's
SELECT amount, refund_status, held FROM dwello.confirm_refund(t.user('dash'), 'acme', 'd 3', amount => 50000, psp_reference => 'ch d');
SELECT amount, loss, status, is_unasked FROM t.refund WHERE job_id = t.user('dash') ORDER BY event_id, is_unasked;
SELECT escrow_status, held, refunded FROM dwello.confirm_refund(t.user('dash'), 'acme', 'd 3', amount => 50000);
SELECT :before - t.with_company('acme') AS sent;
SELECT event, actor_role, from_status, to_status FROM dwello.escrow_events WHERE job_id = t.user('dash') ORDER BY seq OFFSET 2;
SELECT status FROM dwello.jobs WHERE id = t.user('dash');
-- one that came back lies in a receipt, and what the platform had borne it has again
SELECT id AS loser FROM dwello.refunds WHERE job_id = t.user('dash') AND loss > 0 \gset
SELECT amount, refund_status, receipt_id IS NOT NULL AS receipt FROM dwello.fail_refund(t.user('dash'), 'acme', 'd 4', refund_id => :'loser');
SELECT amount, reason, status FROM dwello.receipts(job_id => t.user('dash'));
SELECT * FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();

-- more was sent than was asked for, and all of it came back
SELECT t.award('above', 100000);
SELECT * FROM t.pay_by('above', 100000, 'ch u');
SELECT t.does('a1', $$refund_escrow(t.user('above'), 10000)$$);
SELECT id AS above FROM dwello.refunds WHERE job_id = t.user('above') \gset
SELECT t.with_company('acme') AS before \gset
SELECT amount, held FROM dwello.confirm_refund(t.user('above'), 'acme', 'u 1', refund_id => :'above', amount => 12000);
SELECT amount, refund_status FROM dwello.fail_refund(t.user('above'), 'acme', 'u 2', refund_id => :'above');
SELECT amount, status, is_unasked, failure_id IS NOT NULL AS apart FROM dwello.refunds WHERE job_id = t.user('above') ORDER BY is_unasked;
SELECT remaining, reason FROM dwello.receipts(job_id => t.user('above'));
-- and was sent once more
SELECT amount, refund_status FROM dwello.confirm_refund(t.user('above'), 'acme', 'u 3', refund_id => :'above', amount => 12000);
SELECT amount, status, is_unasked FROM dwello.refunds WHERE job_id = t.user('above') ORDER BY id;
SELECT remaining, reason FROM dwello.receipts(job_id => t.user('above'));
SELECT :before - t.with_company('acme') AS sent;
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- One that is pending, told in parts
------------------------------------------------------------------------
SELECT t.award('parts', 100000);
SELECT * FROM t.pay_by('parts', 100000, 'ch p');
SELECT t.does('a1', $$refund_escrow(t.user('parts'), 60000)$$);
SELECT id AS refund, transaction_id AS asked FROM dwello.refunds WHERE job_id = t.user('parts') \gset
SELECT amount, refund_status, refund_id <> :'refund' AS of_its_own
  FROM dwello.confirm_refund(t.user('parts'), 'acme', 'p 1', refund_id => :'refund', amount => 20000);
SELECT amount, loss, status, is_unasked, event_id FROM t.refund WHERE job_id = t.user('parts') ORDER BY amount;
SELECT * FROM dwello.reconcile();
SELECT amount, refund_status FROM dwello.confirm_refund(t.user('parts'), 'acme', 'p 2', amount => 20000, psp_reference => 'ch p');
SELECT amount, refund_status, replayed FROM dwello.confirm_refund(t.user('parts'), 'acme', 'p 2', amount => 20000, psp_reference => 'ch p');
-- what is left is undone in part, and the company sends all of the rest
SELECT t.does('a1', format($$reverse_transaction(t.user('parts'), %L, 5000)$$, :'asked'));
SELECT amount, refund_status, held FROM dwello.confirm_refund(t.user('parts'), 'acme', 'p 3', refund_id => :'refund', amount => 20000);
SELECT amount, loss, status, is_unasked FROM t.refund WHERE job_id = t.user('parts') ORDER BY event_id;
-- the same told under another name is the same
SELECT amount, replayed FROM dwello.confirm_refund(t.user('parts'), 'acme', 'p 4', refund_id => :'refund');
SELECT amount, replayed FROM dwello.confirm_refund(t.user('parts'), 'acme', 'p 5', amount => 20000, psp_reference => 'ch p');
-- of several that are pending the one of that amount is meant, else the first
SELECT t.does('a1', $$refund_escrow(t.user('parts'), 9000)$$), t.does('a1', $$refund_escrow(t.user('parts'), 4000)$$);
SELECT t.refused(NULL, $$confirm_refund(t.user('parts'), 'acme', 'p 6')$$) AS which;
SELECT amount, refund_status FROM dwello.confirm_refund(t.user('parts'), 'acme', 'p 6', amount => 4000);
SELECT amount, refund_status FROM dwello.confirm_refund(t.user('parts'), 'acme', 'p 7', amount => 1000);
SELECT amount, status, event_id FROM t.refund WHERE job_id = t.user('parts') AND event_id > 'p 5' OR status = 'pending' ORDER BY event_id;
-- a part fails: what the platform bore of that charge comes out of it first; and what failed is sent in parts after all
SELECT id AS last FROM dwello.refunds WHERE job_id = t.user('parts') AND status = 'pending' \gset
SELECT amount, refund_status FROM dwello.fail_refund(t.user('parts'), 'acme', 'p 8', refund_id => :'last');
SELECT amount, refund_status FROM dwello.confirm_refund(t.user('parts'), 'acme', 'p 9', refund_id => :'last', amount => 500);
SELECT remaining FROM dwello.receipts(job_id => t.user('parts'));
SELECT * FROM dwello.reconcile();
SELECT amount, refund_status FROM dwello.confirm_refund(t.user('parts'), 'acme', 'p 10', refund_id => :'last');
SELECT remaining, status FROM dwello.receipts(job_id => t.user('parts'));
SELECT * FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();

------------------------------------------------------------------------
-- The money of a receipt comes out of its suspense
------------------------------------------------------------------------
SELECT t.award('apart', 100000);
SELECT * FROM t.pay_by('apart', 100000, 'ch a');
SELECT t.does('a1', $$set_setting('receipt_default_second_charge', 'hold')$$);
SELECT * FROM t.pay_by('apart', 7000, 'ch b');
SELECT amount, held, currency FROM dwello.confirm_refund(NULL, 'acme', 'a 1', amount => 2000, psp_reference => 'ch b');
SELECT remaining, status FROM dwello.receipts(job_id => t.user('apart'));
-- more than lies there: it is not the escrow's, so the platform bears it
SELECT amount, held FROM dwello.confirm_refund(t.user('apart'), 'acme', 'a 2', amount => 6000, psp_reference => 'ch b');
SELECT remaining, status FROM dwello.receipts(job_id => t.user('apart'));
SELECT payment, amount, loss, status, is_unasked, of_receipt, event_id FROM t.refund WHERE job_id = t.user('apart') ORDER BY event_id, loss;
-- of a surplus what lies apart goes first, and then what is held
SELECT t.award('more', 50000);
SELECT * FROM t.pay_by('more', 50600, 'ch c');
SELECT amount, held FROM dwello.confirm_refund(t.user('more'), 'acme', 'a 3', amount => 1000, psp_reference => 'ch c');
SELECT amount, loss, of_receipt FROM t.refund WHERE job_id = t.user('more') ORDER BY of_receipt DESC;
-- without a job, in its own currency; and of nothing that is known
SELECT receipt_reason FROM dwello.confirm_payment(NULL, 'acme', 'ch e', 900, 'EUR', psp_reference => 'ch e');
SELECT amount, currency, job_id FROM dwello.confirm_refund(NULL, 'acme', 'a 4', amount => 900, psp_reference => 'ch e');
SELECT t.refused(NULL, $$confirm_refund(NULL, 'acme', 'a 5', amount => 900, psp_reference => 'nobody')$$) AS no_currency;
SELECT amount, currency, refund_status FROM dwello.confirm_refund(NULL, 'acme', 'a 5', amount => 900, psp_reference => 'nobody', currency => 'CHF');
SELECT amount, currency, job_id FROM dwello.confirm_refund(t.user('no job'), 'acme', 'a 6', amount => 800, currency => 'CHF');
-- another currency than the escrow's is none of its money
SELECT amount, currency, held FROM dwello.confirm_refund(t.user('apart'), 'acme', 'a 7', amount => 500, psp_reference => 'ch a', currency => 'EUR');
SELECT account, amount FROM t.leg WHERE scope_id = t.user('apart') AND id = (SELECT confirmation_id FROM dwello.refunds WHERE event_id = 'a 7') ORDER BY leg;
SELECT t.does('a1', $$set_setting('receipt_default_second_charge', NULL)$$);
SELECT * FROM dwello.reconcile();
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';

------------------------------------------------------------------------
-- In every state: disputed, frozen, released, before the work and under way
------------------------------------------------------------------------
-- what is disputed stays, the platform bears what is not there
SELECT t.award('contest', 100000, '{4,6}');
SELECT * FROM t.pay_by('contest', 100000, 'ch f');
SELECT t.start('contest');
SELECT t.does('h1', $$open_dispute(t.user('contest'), 10000, 'Stains.', milestone_id => t.part('contest', 1))$$);
SELECT held, escrow_status FROM dwello.confirm_refund(t.user('contest'), 'acme', 'f 1', amount => 70000, psp_reference => 'ch f');
SELECT amount, loss FROM t.refund WHERE job_id = t.user('contest');
SELECT status FROM dwello.jobs WHERE id = t.user('contest');
-- frozen by a bank: what it left is there
SELECT t.award('frozen', 100000, '{4,6}');
SELECT * FROM t.pay_by('frozen', 100000, 'ch g');
SELECT held, escrow_status FROM dwello.open_chargeback(t.user('frozen'), 'acme', 'g 1', 30000, 'USD', 'ch g');
SELECT held, escrow_status FROM dwello.confirm_refund(t.user('frozen'), 'acme', 'g 2', amount => 50000, psp_reference => 'ch g');
SELECT held, escrow_status FROM dwello.close_chargeback(t.user('frozen'), 'acme', 'g 3', true);
SELECT sort_order, status, funded, refunded FROM dwello.job_milestones WHERE job_id = t.user('frozen') ORDER BY 1;
-- all of it under way: the job ends, as for any refund
SELECT t.award('ended', 100000);
SELECT * FROM t.pay_by('ended', 100000, 'ch i');
SELECT t.start('ended');
SELECT held, escrow_status FROM dwello.confirm_refund(t.user('ended'), 'acme', 'i 1', amount => 100000, psp_reference => 'ch i');
SELECT status, reason FROM dwello.jobs WHERE id = t.user('ended');
-- with a request of the homeowner's on its way, which has nothing left to ask for
SELECT t.award('both', 100000);
SELECT * FROM t.pay_by('both', 100000, 'ch k');
SELECT t.start('both');
SELECT t.does('h1', $$request_refund(t.user('both'), 60000)$$);
SELECT held, escrow_status FROM dwello.confirm_refund(t.user('both'), 'acme', 'k 1', amount => 70000, psp_reference => 'ch k');
SELECT t.does('p1', $$answer_refund(t.user('both'), true)$$);
SELECT held, refunded FROM dwello.escrow_accounts WHERE job_id = t.user('both');
-- released and settled: nothing is held
SELECT t.award('gone', 100000);
SELECT * FROM t.pay_by('gone', 100000, 'ch l');
SELECT t.start('gone');
SELECT t.does('h1', $$release_escrow(t.user('gone'))$$);
SELECT held, released, escrow_status FROM dwello.confirm_refund(t.user('gone'), 'acme', 'l 1', amount => 100, psp_reference => 'ch l');
SELECT amount, loss FROM t.refund WHERE job_id = t.user('gone');
-- a tip's money is not the escrow's
SELECT t.does('h1', $$tip(t.user('gone'), 2000)$$);
SELECT * FROM t.pay_by('gone', 2000, 'ch m');
SELECT held, released FROM dwello.confirm_refund(t.user('gone'), 'acme', 'm 1', amount => 2000, psp_reference => 'ch m');
SELECT amount, loss FROM t.refund WHERE job_id = t.user('gone') ORDER BY event_id;
-- the fee on top goes back with the work that is no longer paid
SAVEPOINT top;
SELECT t.does('a1', $$set_fee_schedule('on top', 50000, payer => 'homeowner')$$);
SELECT t.award('top', 100000, '{4,6}');
SELECT * FROM t.pay_by('top', 105000, 'ch n');
SELECT held, refunded FROM dwello.confirm_refund(t.user('top'), 'acme', 'n 1', amount => 10000, psp_reference => 'ch n');
SELECT sort_order, status, funded, refunded FROM dwello.job_milestones WHERE job_id = t.user('top') ORDER BY 1;
SELECT t.does('a1', $$refund_escrow(t.user('top'))$$);
SELECT held, refunded FROM dwello.escrow_accounts WHERE job_id = t.user('top');
SELECT * FROM dwello.reconcile();
ROLLBACK TO top;
SELECT * FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();

------------------------------------------------------------------------
-- Of a charge that nobody has told of: never the escrow's good money
------------------------------------------------------------------------
SELECT t.award('early', 100000);
SELECT t.login_as('h1');
SELECT amount FROM dwello.fund_escrow(t.user('early'));
SELECT t.login_as(NULL);
SELECT t.does(NULL, $$confirm_refund(t.user('early'), 'acme', 'z 1', amount => 100000, psp_reference => 'ch z')$$) AS refund,
       t.does(NULL, $$open_chargeback(t.user('early'), 'acme', 'z 2', 100000, 'USD', psp_reference => 'ch z')$$) AS chargeback;
SELECT held FROM t.pay_by('early', 100000, 'ch z');
SELECT amount, held, escrow_status FROM dwello.confirm_refund(t.user('early'), 'acme', 'z 1', amount => 30000, psp_reference => 'ch z');
-- no payment is under way, and the money of that charge, or of that company, is not the escrow's
SELECT amount, held, escrow_status FROM dwello.confirm_refund(t.user('early'), 'acme', 'z 3', amount => 500, psp_reference => 'ch 2nd');
SELECT amount, held, escrow_status FROM dwello.confirm_refund(t.user('early'), 'zcme', 'z 4', amount => 60, psp_reference => 'ch z');
SELECT amount, held, escrow_status FROM dwello.confirm_refund(t.user('early'), 'zcme', 'z 5', amount => 7);
SELECT payment, amount, loss, status, event_id FROM t.refund WHERE job_id = t.user('early') ORDER BY event_id;
SELECT t.with_company('zcme');

------------------------------------------------------------------------
-- A statement's line is such an event, too
------------------------------------------------------------------------
SELECT t.award('line', 100000);
SELECT * FROM t.pay_by('line', 60000, 'ch x', 'lined');
SELECT * FROM t.pay_by('line', 40000, 'ch y', 'lined');
SELECT t.does('a1', $$refund_escrow(t.user('line'), 5000)$$);
SELECT id AS asked FROM dwello.refunds WHERE job_id = t.user('line') \gset
SELECT imported FROM dwello.import_statement('lined', format('[
  {"line_id": "l1", "reference": "ch x", "kind": "payment", "amount": 60000, "currency": "USD", "time": "2031-01-01T00:00:00Z"},
  {"line_id": "l2", "reference": "ch y", "kind": "payment", "amount": 40000, "currency": "USD", "time": "2031-01-01T00:00:00Z"},
  {"line_id": "l3", "reference": "%s", "kind": "refund", "amount": 9000, "currency": "USD", "time": "2031-01-01T00:00:00Z"},
  {"line_id": "l4", "event_id": "re 4", "reference": "ch y", "kind": "refund", "amount": 1000, "currency": "USD", "time": "2031-01-01T00:00:00Z"},
  {"line_id": "l5", "event_id": "re 5", "kind": "refund", "amount": 200, "currency": "USD", "time": "2031-01-01T00:00:00Z"}]', :'asked')::jsonb);
SELECT line_id, amount, replayed FROM dwello.book_statement_line('lined', 'l3');
SELECT line_id, amount, replayed FROM dwello.book_statement_line('lined', 'l3');
SELECT line_id, amount, replayed FROM dwello.book_statement_line('lined', 'l4');
SELECT line_id, amount, replayed FROM dwello.book_statement_line('lined', 'l5');
SELECT payment, amount, loss, status, is_unasked, event_id FROM t.refund WHERE job_id = t.user('line') OR event_id = 're 5' ORDER BY event_id, is_unasked;
SELECT held, refunded FROM dwello.escrow_accounts WHERE job_id = t.user('line');
SELECT line_id, kind, verdict, stated_amount, booked_amount, note FROM dwello.reconcile_external('lined') ORDER BY 1;
SELECT line_id, kind, verdict, stated_amount, booked_amount, note
  FROM dwello.reconcile_external('lined', from_time => '2000-01-01 00:00+00') WHERE verdict <> 'matched';
-- told by the webhook afterwards, each is replayed
SELECT amount, refund_id = :'asked' AS this, replayed
  FROM dwello.confirm_refund(t.user('line'), 'lined', 'l3', refund_id => :'asked', amount => 9000);
SELECT amount, job_id = t.user('line') AS of_job, replayed FROM dwello.confirm_refund(NULL, 'lined', 're 4', amount => 1000, psp_reference => 'ch y');
SELECT t.with_company('lined');
SELECT * FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
ROLLBACK;
