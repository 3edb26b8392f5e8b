--
-- receipt.sql
--	Money that has arrived and fits no payment: in parts, too much, twice,
--	in another currency, for a job nobody knows, too late.
--
SET client_min_messages = warning;

CREATE VIEW t.receipt AS
SELECT r.event_id, r.job_id IS NOT NULL AS of_job, r.user_id = t.user('h1') AS of_h1, r.psp_reference AS reference, r.amount,
       r.remaining AS rest, r.currency, r.reason, r.status, r.closed_at IS NOT NULL AS closed, r.version
  FROM dwello.receipts AS r;
-- every leg in the scope of a receipt
CREATE VIEW t.receipt_leg AS
SELECT r.event_id, x.transaction_type AS type, n.leg, a.kind AS account, n.amount, x.completed_at, x.id
  FROM dwello.receipts AS r
  JOIN dwello.transactions AS x ON x.scope_id = r.id
  JOIN dwello.ledger_entries AS n ON n.scope_id = x.scope_id AND n.transaction_id = x.id
  LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id;
CREATE VIEW t.asked_back AS
SELECT o.payload ->> 'amount' AS amount, o.payload ->> 'psp_reference' AS reference, o.payload ->> 'reason' AS reason
  FROM dwello.outbox AS o WHERE o.type = 'refund_requested' ORDER BY o.id;
CREATE VIEW t.escrow AS
SELECT e.status, e.funded, e.held, e.transition_count AS moves, e.version FROM dwello.escrow_accounts AS e;
-- what the company holds, by the books
CREATE VIEW t.company AS
SELECT a.psp, n.currency, - sum(n.amount) AS holds
  FROM dwello.ledger_entries AS n JOIN dwello.ledger_accounts AS a ON a.id = n.account_id AND a.kind = 'psp_clearing'
 WHERE a.psp LIKE 'r %' GROUP BY 1, 2;
CREATE FUNCTION t.ask_for(name text, amount bigint DEFAULT NULL) RETURNS uuid
LANGUAGE plpgsql
AS $$
DECLARE
  asked uuid;
BEGIN
  PERFORM t.login_as('h1');
  SELECT f.transaction_id INTO STRICT asked FROM dwello.fund_escrow(t.user(name), ask_for.amount) AS f;
  PERFORM t.login_as(NULL);
  RETURN asked;
END
$$;
CREATE FUNCTION t.arrive(name text, event text, amount bigint, currency text DEFAULT 'USD', payment uuid DEFAULT NULL,
  reference text DEFAULT NULL)
RETURNS TABLE (is_late boolean, apart bigint, reason dwello.receipt_reason, status dwello.escrow_status, held bigint, again boolean)
LANGUAGE sql
AS $$
  SELECT c.is_late, c.receipt_amount, c.receipt_reason, c.escrow_status, c.held, c.replayed
    FROM dwello.confirm_payment(t.user(arrive.name), 'r one', arrive.event, arrive.amount, arrive.currency, arrive.payment,
      arrive.reference) AS c
$$;

BEGIN;
------------------------------------------------------------------------
-- Too much: the contract's part is held, the rest goes back by its charge
------------------------------------------------------------------------
SELECT t.award('over', 50000);
SELECT t.ask_for('over') IS NOT NULL AS asked;
SELECT * FROM t.arrive('over', 'over 1', 50100, reference => 'ch over');
SELECT * FROM t.arrive('over', 'over 1', 50100, reference => 'ch over');
SELECT * FROM t.receipt;
SELECT type, leg, account, amount FROM t.receipt_leg ORDER BY id, leg;
SELECT * FROM t.asked_back;
SELECT o.type FROM dwello.outbox AS o WHERE o.scope_id = t.user('over') AND o.aggregatetype = 'escrow' ORDER BY o.id;
SELECT * FROM t.company;
-- the company has sent it: booked with the receipt, once; the escrow is as it was
SELECT c.refund_status, c.amount, c.held, c.refunded, c.replayed
  FROM dwello.refunds AS r, dwello.confirm_refund(t.user('over'), 'r one', 'over back', refund_id => r.id) AS c WHERE r.receipt_id IS NOT NULL;
SELECT c.refund_status, c.amount, c.replayed
  FROM dwello.refunds AS r, dwello.confirm_refund(t.user('over'), 'r one', 'over back too', r.transaction_id) AS c WHERE r.receipt_id IS NOT NULL;
SELECT t.try(format('SELECT dwello.confirm_refund(%L, %L, %L, refund_id => %L)', t.user('over'), 'r two', 'over else', r.id))
  FROM dwello.refunds AS r;
SELECT type, leg, account, amount FROM t.receipt_leg ORDER BY id, leg;
SELECT * FROM t.company;
SELECT * FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();
SELECT rule, detail FROM dwello.check() WHERE rule ~ 'receipt|orphan|denormalised';
ROLLBACK;

BEGIN;
-- less than asked is held as what it is; what comes unasked fills the rest, and what is over is a second charge
SELECT t.award('parts', 50000);
SELECT t.ask_for('parts') IS NOT NULL AS asked;
SELECT * FROM t.arrive('parts', 'parts 1', 20000);
SELECT x.status, x.amount, x.net_amount FROM dwello.transactions AS x WHERE x.scope_id = t.user('parts');
SELECT * FROM t.arrive('parts', 'parts 2', 10000);
SELECT * FROM t.arrive('parts', 'parts 3', 25000);
SELECT * FROM t.escrow;
SELECT * FROM t.receipt;
-- while another payment is open, what it asks for is not missing
SELECT t.award('both', 50000);
SELECT t.ask_for('both', 20000) AS first \gset
SELECT * FROM t.arrive('both', 'both 1', 20000, payment => :'first');
SELECT t.ask_for('both') IS NOT NULL AS asked_for_the_rest;
SELECT * FROM t.arrive('both', 'both 2', 20000, payment => :'first');
SELECT * FROM t.arrive('both', 'both 3', 30000);
-- more than was asked for fills what is missing besides
SELECT t.award('wide', 50000);
SELECT t.ask_for('wide', 20000) IS NOT NULL AS asked;
SELECT * FROM t.arrive('wide', 'wide 1', 50001);
-- nothing was asked for at all, or nothing is contracted
SELECT t.award('unasked', 50000);
SELECT * FROM t.arrive('unasked', 'unasked 1', 1000);
SELECT event, from_status, to_status FROM dwello.escrow_events WHERE job_id = t.user('unasked') ORDER BY seq;
SELECT * FROM dwello.reconcile();
ROLLBACK;

BEGIN;
------------------------------------------------------------------------
-- Charged twice: two charges are booked, one charge told twice is not
------------------------------------------------------------------------
SELECT t.award('twice', 50000);
SELECT t.ask_for('twice') AS asked \gset
SELECT * FROM t.arrive('twice', 'twice 1', 50000, reference => 'ch_1');
SELECT * FROM t.arrive('twice', 'twice 2', 50000, reference => 'ch_1');
SELECT * FROM t.arrive('twice', 'twice 3', 50000, reference => 'ch_2');
SELECT * FROM t.arrive('twice', 'twice 4', 50000, payment => :'asked', reference => 'ch_3');
SELECT event_id, reference, rest, reason, status FROM t.receipt ORDER BY event_id;
SELECT * FROM t.asked_back;
SELECT * FROM t.company;
SELECT * FROM dwello.reconcile();
-- told for another job as well it is the same charge, and that job has nothing
SELECT t.award('other', 50000);
SELECT t.ask_for('other') IS NOT NULL AS asked;
SELECT p.job_id = t.user('twice') AS is_of_the_first, p.held, p.replayed
  FROM dwello.confirm_payment(t.user('other'), 'r one', 'other 1', 50000, 'USD', psp_reference => 'ch_1') AS p;
-- no reference is no name: two such are two payments
SELECT * FROM t.arrive('other', 'other 2', 20000, reference => ' ');
SELECT * FROM t.arrive('other', 'other 3', 20000, reference => '');
SELECT * FROM t.company;
SELECT * FROM dwello.reconcile();

-- another currency, and the payment that was asked for still comes
SELECT t.award('euro', 50000);
SELECT t.ask_for('euro') IS NOT NULL AS asked;
SELECT * FROM t.arrive('euro', 'euro 1', 50000, 'EUR');
SELECT * FROM t.arrive('euro', 'euro 2', 50000);
-- a job that nobody knows, or none: the same is told again with it or without
SELECT job_id, is_late, amount, currency, receipt_reason, escrow_status, held, version, replayed
  FROM dwello.confirm_payment(NULL, 'r one', 'none 1', 700, 'USD');
SELECT job_id, receipt_reason, replayed FROM dwello.confirm_payment(t.user('nothing'), 'r one', 'none 1', 700, 'USD');
SELECT job_id, receipt_reason, replayed FROM dwello.confirm_payment(t.user('nothing'), 'r one', 'none 2', 800, 'USD', psp_reference => 'ch_n',
  occurred_at => '2026-01-02 03:04:05+00');
SELECT job_id, receipt_reason, replayed FROM dwello.confirm_payment(NULL, 'r one', 'none 2', 800, 'USD');
SELECT job_id, receipt_reason, replayed FROM dwello.confirm_payment(NULL, 'r one', 'none 3', 800, 'USD', psp_reference => 'ch_n');
SELECT t.refused(NULL, $$confirm_payment(NULL, 'r one', 'none 1', 701, 'USD')$$) AS another_amount,
       t.refused(NULL, $$confirm_payment(NULL, 'r one', 'none 1', 700, 'EUR')$$) AS another_currency,
       t.refused(NULL, $$confirm_payment(NULL, 'r one', 'none 9', 700, 'USD', t.user('no'))$$) AS too_early,
       t.refused(NULL, $$fail_payment(t.user('euro'), 'r one', 'none 1')$$) AS another_type;
SELECT event_id, reference, amount, currency, reason, status FROM t.receipt WHERE NOT of_job ORDER BY event_id;
-- the company's own time, in the books and with the event
SELECT x.occurred_at, e.occurred_at, r.occurred_at FROM dwello.receipts AS r
  JOIN dwello.transactions AS x ON x.scope_id = r.id
  JOIN dwello.payment_events AS e ON e.psp = r.psp AND e.event_id = r.event_id WHERE r.event_id = 'none 2';
SELECT * FROM dwello.reconcile();
SELECT c.rule, c.object FROM dwello.check() AS c WHERE c.rule IN ('orphan', 'receipt_drift');
ROLLBACK;

BEGIN;
------------------------------------------------------------------------
-- Too late, replaced, or for a job that is over
------------------------------------------------------------------------
SELECT t.award('late', 50000);
SELECT set_config('dwello.now', (now() - interval '1 hour')::text, true) IS NOT NULL AS an_hour_ago;
SELECT t.ask_for('late') AS first \gset
SELECT set_config('dwello.now', '', true) = '' AS now;
SELECT * FROM t.arrive('late', 'late 1', 50000, payment => :'first');
SELECT * FROM t.escrow;
SELECT t.ask_for('late') IS NOT NULL AS asked_anew;
SELECT * FROM t.arrive('late', 'late 2', 50000, payment => :'first');
SELECT * FROM t.arrive('late', 'late 3', 50000);
SELECT event_id, rest, reason, status FROM t.receipt ORDER BY event_id;
SELECT t.award('gone', 50000);
SELECT t.ask_for('gone') AS gone \gset
SELECT t.login_as('h1');
SELECT status FROM dwello.cancel_job(t.user('gone'));
SELECT t.login_as(NULL);
SELECT * FROM t.arrive('gone', 'gone 1', 50000, payment => :'gone');
SELECT * FROM t.asked_back;
-- whoever decides otherwise says so
SELECT value FROM dwello.set_setting('receipt_default_job_over', 'return');
SELECT * FROM t.arrive('gone', 'gone 2', 50000);
SELECT * FROM t.asked_back;
SELECT t.refused(NULL, $$set_setting('receipt_default_job_over', 'keep')$$) AS no_such_way;
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- The list
------------------------------------------------------------------------
SELECT event_id, reason, status FROM dwello.receipts(max_results => 2);
SELECT event_id FROM dwello.receipts(after_id => (SELECT r.receipt_id FROM dwello.receipts(max_results => 2) AS r OFFSET 1));
SELECT event_id, remaining FROM dwello.receipts(status => 'held', reason => 'job_over');
SELECT event_id FROM dwello.receipts(job_id => t.user('late'), status => 'returned');
SELECT t.refused('h1', 'receipts()') AS homeowner, t.refused('p1', 'receipts()') AS provider,
       t.refused('s1', 'receipts()') AS support, t.refused('a1', 'receipts()') AS admin,
       t.refused(NULL, 'receipts(max_results => 0)') AS none, t.refused(NULL, 'receipts(after_id => t.user(''no''))') AS unknown;
-- who paid reads their own; they are told
SELECT t.app_as('h1');
SELECT count(*) AS own FROM dwello.receipts;
SELECT t.app_as('p1');
SELECT count(*) AS none FROM dwello.receipts;
SELECT t.as_system();
SELECT dwello.deliver_events(100000) > 0 AS delivered;
SELECT n.user_id = t.user('h1') AS is_h1, n.title, count(*) FROM dwello.notifications AS n
 WHERE n.data ->> 'event' IN ('receipt_held', 'receipt_returned') GROUP BY 1, 2 ORDER BY 1, 2;
ROLLBACK;

BEGIN;
-- what came in another currency goes back in it, whatever the escrow's is
SELECT t.award('yen', 50000);
SELECT value FROM dwello.set_setting('receipt_default_wrong_currency', 'return');
SELECT * FROM t.arrive('yen', 'yen 1', 7000, 'JPY');
SELECT c.refund_status, c.amount, c.currency
  FROM dwello.refunds AS r, dwello.confirm_refund(t.user('yen'), 'r one', 'yen back', refund_id => r.id) AS c;
SELECT type, leg, account, amount FROM t.receipt_leg ORDER BY id, leg;
SELECT * FROM t.company;
SELECT * FROM dwello.reconcile();
ROLLBACK;

DROP FUNCTION t.ask_for, t.arrive;
DROP VIEW t.receipt, t.receipt_leg, t.asked_back, t.escrow, t.company;
