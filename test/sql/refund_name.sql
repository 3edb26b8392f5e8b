--
-- refund_name.sql
--	Which refund a payment company means: by its own name for it, by what its
--	amount and its charge say, and by a line of its statement.
--
SET client_min_messages = warning;

BEGIN;
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
-- What an escrow holds, and what lies with a company by its word.
CREATE VIEW t.stand AS
SELECT e.job_id, e.held, e.refunded, e.status,
       (SELECT -sum(n.amount) FROM dwello.ledger_accounts AS a JOIN dwello.ledger_entries AS n ON n.account_id = a.id
         WHERE a.psp = e.psp AND a.kind = 'psp_clearing') AS with_company,
       (SELECT sum(c.remaining) FROM dwello.receipts AS c WHERE c.job_id = e.job_id) AS apart
  FROM dwello.escrow_accounts AS e;
-- A contract of 1000.00 that was paid through a company of its own by the charge "ch", of which so much was asked back.
CREATE FUNCTION t.asked(name text, amount bigint) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.award(name, 100000);
  PERFORM t.login_as(NULL);
  PERFORM dwello.confirm_payment(t.user(name), name, name || ' 0', 100000, 'USD', psp_reference => 'ch');
  RETURN t.does('a1', format('refund_escrow(t.user(%L), %s)', name, amount));
END
$$;

------------------------------------------------------------------------
-- A name of the company's own
------------------------------------------------------------------------
SELECT t.asked('named', 20000);
SELECT amount, refund_status, replayed FROM dwello.confirm_refund(t.user('named'), 'named', 'n 1', amount => 20000, psp_reference => 'ch', refund_reference => 're 1');
-- told again, whatever the event: once
SELECT amount, refund_status, replayed FROM dwello.confirm_refund(t.user('named'), 'named', 'n 2', amount => 20000, psp_reference => 'ch', refund_reference => 're 1');
SELECT amount, job_id = t.user('named') AS found, replayed FROM dwello.confirm_refund(NULL, 'named', 'n 3', refund_reference => 're 1');
-- it has one amount and one currency
SELECT t.refused(NULL, $$confirm_refund(NULL, 'named', 'n 4', amount => 20001, refund_reference => 're 1')$$) AS amount,
       t.refused(NULL, $$confirm_refund(NULL, 'named', 'n 4', currency => 'EUR', refund_reference => 're 1')$$) AS currency,
       t.refused(NULL, $$confirm_refund(NULL, 'named', 'n 4', refund_reference => ' ')$$) AS blank;
-- another name is another refund, however alike
SELECT amount, held, replayed FROM dwello.confirm_refund(t.user('named'), 'named', 'n 5', amount => 20000, psp_reference => 'ch', refund_reference => 're 2');
SELECT amount, held, replayed FROM dwello.confirm_refund(t.user('named'), 'named', 'n 6', amount => 20000, psp_reference => 'ch', refund_reference => 're 2');
SELECT refund_reference, amount, status, is_unasked FROM dwello.refunds WHERE job_id = t.user('named') ORDER BY 1;
SELECT held, with_company FROM t.stand WHERE job_id = t.user('named');
SELECT DISTINCT payload ->> 'refund_reference' AS told FROM dwello.outbox WHERE scope_id = t.user('named') AND type = 'refund_completed' ORDER BY 1;
-- just that one fails; what has no such name yet is too early
SELECT t.refused(NULL, $$fail_refund(t.user('named'), 'named', 'n 7', psp_reference => 'ch', refund_reference => 're 3')$$) AS early;
SELECT amount, refund_status, job_id = t.user('named') AS found FROM dwello.fail_refund(NULL, 'named', 'n 7', refund_reference => 're 2');
SELECT amount, refund_status, replayed FROM dwello.fail_refund(NULL, 'named', 'n 8', refund_reference => 're 2');
SELECT refund_reference, amount, status FROM dwello.refunds WHERE job_id = t.user('named') ORDER BY 1;
SELECT held, with_company, apart FROM t.stand WHERE job_id = t.user('named');
-- and was sent after all
SELECT amount, refund_status, replayed FROM dwello.confirm_refund(NULL, 'named', 'n 9', amount => 20000, refund_reference => 're 2');
SELECT held, with_company, apart FROM t.stand WHERE job_id = t.user('named');

-- of several that are pending that of its amount is meant, or that of its id
SELECT t.asked('several', 3000);
SELECT t.does('a1', $$refund_escrow(t.user('several'), 4000)$$), t.does('a1', $$refund_escrow(t.user('several'), 4000)$$);
SELECT id AS last FROM dwello.refunds WHERE job_id = t.user('several') ORDER BY id DESC LIMIT 1 \gset
SELECT amount, refund_status, refund_id = :'last' AS this FROM dwello.confirm_refund(t.user('several'), 'several', 's 1', amount => 4000, psp_reference => 'ch', refund_id => :'last', refund_reference => 're 1');
SELECT amount, refund_status, refund_id = :'last' AS this FROM dwello.confirm_refund(t.user('several'), 'several', 's 2', amount => 4000, psp_reference => 'ch', refund_reference => 're 2');
SELECT amount, refund_status FROM dwello.confirm_refund(t.user('several'), 'several', 's 3', psp_reference => 'ch', refund_reference => 're 3');
SELECT refund_reference, amount, status, is_unasked FROM dwello.refunds WHERE job_id = t.user('several') ORDER BY 1;
-- one that was told without a name has it by its id; by another name it was sent twice
SELECT t.does('a1', $$refund_escrow(t.user('several'), 500)$$);
SELECT id AS last FROM dwello.refunds WHERE job_id = t.user('several') ORDER BY id DESC LIMIT 1 \gset
SELECT amount, replayed FROM dwello.confirm_refund(t.user('several'), 'several', 's 4', refund_id => :'last');
SELECT amount, replayed FROM dwello.confirm_refund(t.user('several'), 'several', 's 5', amount => 500, refund_id => :'last', refund_reference => 're 4');
SELECT amount, replayed, refund_id = :'last' AS this FROM dwello.confirm_refund(t.user('several'), 'several', 's 6', amount => 500, refund_id => :'last', refund_reference => 're 5');
SELECT refund_reference, amount, is_unasked FROM dwello.refunds WHERE job_id = t.user('several') AND amount = 500 ORDER BY 1;
-- that attempt failed, and was never told as sent: nothing moved
SELECT amount, refund_status, replayed FROM dwello.fail_refund(t.user('several'), 'several', 's 7', refund_id => :'last', refund_reference => 're 6');
-- one that never was sent fails by its id, and has the name
SELECT t.does('a1', $$refund_escrow(t.user('several'), 600)$$);
SELECT id AS last FROM dwello.refunds WHERE job_id = t.user('several') ORDER BY id DESC LIMIT 1 \gset
SELECT amount, refund_status FROM dwello.fail_refund(t.user('several'), 'several', 's 8', refund_id => :'last', refund_reference => 're 7');
SELECT refund_reference, amount, status FROM dwello.refunds WHERE id = :'last';
-- more than was asked for: both rows have the name, and both come back
SELECT t.asked('more', 20000);
SELECT amount, held FROM dwello.confirm_refund(t.user('more'), 'more', 'm 1', amount => 25000, psp_reference => 'ch', refund_reference => 're 1');
SELECT refund_reference, amount, is_unasked FROM dwello.refunds WHERE job_id = t.user('more') ORDER BY 2;
SELECT amount, refund_status FROM dwello.fail_refund(t.user('more'), 'more', 'm 2', refund_reference => 're 1');
SELECT amount, status, is_unasked FROM dwello.refunds WHERE job_id = t.user('more') ORDER BY 1;
SELECT held, with_company, apart FROM t.stand WHERE job_id = t.user('more');
SELECT amount, refund_status FROM dwello.confirm_refund(t.user('more'), 'more', 'm 3', amount => 25000, refund_reference => 're 1');
SELECT amount, status, is_unasked FROM dwello.refunds WHERE job_id = t.user('more') ORDER BY 1;
SELECT held, with_company, apart FROM t.stand WHERE job_id = t.user('more');
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- Without it: what the events told is compared
------------------------------------------------------------------------
SELECT t.asked('alike', 20000);
SELECT amount, held, replayed FROM dwello.confirm_refund(t.user('alike'), 'alike', 'a 1', amount => 25000, psp_reference => 'ch');
SELECT amount, held, replayed FROM dwello.confirm_refund(t.user('alike'), 'alike', 'a 2', amount => 25000, psp_reference => 'ch');
SELECT amount, held, replayed FROM dwello.confirm_refund(t.user('alike'), 'alike', 'a 3', amount => 20000, psp_reference => 'ch');
-- two that were asked for, told as one
SELECT t.asked('both', 3000);
SELECT t.does('a1', $$refund_escrow(t.user('both'), 4000)$$);
SELECT amount, held, replayed FROM dwello.confirm_refund(t.user('both'), 'both', 'o 1', amount => 7000, psp_reference => 'ch');
SELECT amount, held, replayed FROM dwello.confirm_refund(t.user('both'), 'both', 'o 2', amount => 7000, psp_reference => 'ch');
SELECT amount, status, is_unasked FROM dwello.refunds WHERE job_id = t.user('both') ORDER BY 1;

-- two alike cannot be told apart: the statement's line of the second books it
SELECT t.asked('stated', 20000);
SELECT amount, held, replayed FROM dwello.confirm_refund(t.user('stated'), 'stated', 't 1', amount => 20000, psp_reference => 'ch');
SELECT amount, held, replayed FROM dwello.confirm_refund(t.user('stated'), 'stated', 't 2', amount => 20000, psp_reference => 'ch');
SELECT imported FROM dwello.import_statement('stated', '[
  {"line_id": "l 0", "event_id": "stated 0", "kind": "payment", "amount": 100000, "currency": "USD", "time": "2031-01-01T00:00:00Z"},
  {"line_id": "l 1", "event_id": "t 1", "kind": "refund", "amount": 20000, "currency": "USD", "time": "2031-01-01T00:00:00Z"},
  {"line_id": "l 2", "event_id": "t 2", "kind": "refund", "amount": 20000, "currency": "USD", "time": "2031-01-02T00:00:00Z"},
  {"line_id": "l 3", "event_id": "t 2", "kind": "refund", "amount": 20000, "currency": "USD", "time": "2031-01-03T00:00:00Z"}]');
SELECT line_id, verdict, note FROM dwello.reconcile_external('stated') ORDER BY 1;
SAVEPOINT whichever;
SELECT line_id, amount, replayed FROM dwello.book_statement_line('stated', 'l 1');
SELECT line_id, amount, replayed FROM dwello.book_statement_line('stated', 'l 2');
SELECT held, with_company FROM t.stand WHERE job_id = t.user('stated');
ROLLBACK TO whichever;
-- in the other order just so
SELECT line_id, amount, replayed FROM dwello.book_statement_line('stated', 'l 2');
SELECT line_id, amount, replayed FROM dwello.book_statement_line('stated', 'l 1');
SELECT line_id, amount, replayed FROM dwello.book_statement_line('stated', 'l 1');
SELECT held, with_company FROM t.stand WHERE job_id = t.user('stated');
-- one event is one refund, stated twice or not
SELECT t.refused(NULL, $$book_statement_line('stated', 'l 3')$$) AS twice;
SELECT line_id, verdict, note FROM dwello.reconcile_external('stated') ORDER BY 1;
-- told as an event, a line's refund has what any has
SELECT amount, held, funded, refunded, escrow_status, replayed FROM dwello.confirm_refund(t.user('stated'), 'stated', 'l 1', amount => 20000);
-- a line by the company's name for it
SELECT t.asked('lines', 20000);
SELECT amount, held FROM dwello.confirm_refund(t.user('lines'), 'lines', 'i 1', amount => 20000, psp_reference => 'ch', refund_reference => 're 1');
SELECT imported FROM dwello.import_statement('lines', '[
  {"line_id": "l 0", "event_id": "lines 0", "kind": "payment", "amount": 100000, "currency": "USD", "time": "2031-01-01T00:00:00Z"},
  {"line_id": "l 1", "reference": "re 1", "kind": "refund", "amount": 20000, "currency": "USD", "time": "2031-01-01T00:00:00Z"},
  {"line_id": "l 2", "reference": "re 1", "kind": "refund", "amount": 20000, "currency": "USD", "time": "2031-01-02T00:00:00Z"}]');
SELECT line_id, verdict, note FROM dwello.reconcile_external('lines', '2000-01-01', '2040-01-01') ORDER BY 1;
SELECT line_id, amount, replayed FROM dwello.book_statement_line('lines', 'l 1');
SELECT line_id, amount, replayed FROM dwello.book_statement_line('lines', 'l 2');
SELECT line_id, verdict, note FROM dwello.reconcile_external('lines', '2000-01-01', '2040-01-01') ORDER BY 1;
SELECT held, with_company FROM t.stand WHERE job_id = t.user('lines');
SELECT * FROM dwello.reconcile();

------------------------------------------------------------------------
-- What nothing else names
------------------------------------------------------------------------
-- the only charge of the company needs no name: what failed was sent after all
SELECT t.asked('only', 40000);
SELECT amount, refund_status FROM dwello.fail_refund(t.user('only'), 'only', 'y 1', psp_reference => 'ch');
SAVEPOINT failed;
SELECT amount, held, refund_status FROM dwello.confirm_refund(t.user('only'), 'only', 'y 2', amount => 40000);
SELECT amount, held, replayed FROM dwello.confirm_refund(t.user('only'), 'only', 'y 3', amount => 40000);
SELECT held, with_company, apart FROM t.stand WHERE job_id = t.user('only');
ROLLBACK TO failed;
-- a refund of the job's receipt is one of those that are pending
SELECT t.login_as('h1');
SELECT payment_method_id AS method FROM dwello.add_payment_method(method_type => 'bank_account', psp => 'other', psp_token => 'tok') \gset
SELECT t.login_as(NULL);
SELECT r.amount FROM dwello.receipts AS c, dwello.retry_refund(c.id, :'method') AS r WHERE c.job_id = t.user('only');
SAVEPOINT retried;
SELECT amount, held, refund_status FROM dwello.confirm_refund(t.user('only'), 'other', 'y 4', amount => 40000);
ROLLBACK TO retried;
SELECT amount, held, refund_status FROM dwello.confirm_refund(t.user('only'), 'other', 'y 4');
ROLLBACK TO retried;
SELECT amount, refund_status, receipt_id IS NOT NULL AS receipt FROM dwello.fail_refund(t.user('only'), 'other', 'y 4');
SELECT held, with_company, apart FROM t.stand WHERE job_id = t.user('only');
-- one that was withdrawn was sent all the same
SELECT t.asked('undone', 40000);
SELECT transaction_id AS asked FROM dwello.refunds WHERE job_id = t.user('undone') \gset
SELECT t.does('a1', format($$reverse_transaction(t.user('undone'), %L)$$, :'asked'));
SAVEPOINT withdrawn;
SELECT amount, held, refund_status FROM dwello.confirm_refund(t.user('undone'), 'undone', 'u 1');
SELECT amount, loss, is_unasked FROM dwello.refunds WHERE job_id = t.user('undone');
ROLLBACK TO withdrawn;
-- another amount is not that one
SELECT amount, held, refund_status FROM dwello.confirm_refund(t.user('undone'), 'undone', 'u 2', amount => 1000);
SELECT amount, loss, is_unasked FROM dwello.refunds WHERE job_id = t.user('undone') AND status = 'completed';
-- of no charge nothing can be said
SELECT t.refused(NULL, $$confirm_refund(NULL, 'undone', 'u 3', refund_reference => 're 9')$$) AS amount;

-- sent, failed, and that it was sent told again, by name and by id; sent anew later is news
SELECT t.asked('twice', 40000);
SELECT id AS refund FROM dwello.refunds WHERE job_id = t.user('twice') \gset
SELECT amount, refund_status FROM dwello.confirm_refund(t.user('twice'), 'twice', 't 1', refund_reference => 're 1', refund_id => :'refund', occurred_at => '2027-03-02');
SELECT amount, refund_status FROM dwello.fail_refund(t.user('twice'), 'twice', 't 2', refund_reference => 're 1', occurred_at => '2027-03-04');
SELECT refund_status, replayed FROM dwello.confirm_refund(t.user('twice'), 'twice', 't 3', refund_reference => 're 1', amount => 40000, occurred_at => '2027-03-02');
SELECT refund_status, replayed FROM dwello.confirm_refund(t.user('twice'), 'twice', 't 4', refund_id => :'refund', occurred_at => '2027-03-02');
SELECT held, with_company, apart FROM t.stand WHERE job_id = t.user('twice');
SELECT count(*) AS bookings FROM dwello.transactions WHERE psp = 'twice' AND transaction_type IN ('refund_payment', 'refund_return');
SELECT amount, refund_status, replayed FROM dwello.confirm_refund(t.user('twice'), 'twice', 't 5', refund_reference => 're 1', amount => 40000, occurred_at => '2027-03-05');
SELECT held, with_company, apart FROM t.stand WHERE job_id = t.user('twice');
-- so is one that was booked in two parts: out of what another had failed into, and out of the escrow
SELECT t.asked('halves', 400);
SELECT amount, held FROM dwello.confirm_refund(t.user('halves'), 'halves', 'h 1', amount => 400, psp_reference => 'ch', refund_reference => 're 1', occurred_at => '2027-03-01');
SELECT amount, refund_status FROM dwello.fail_refund(NULL, 'halves', 'h 2', refund_reference => 're 1', occurred_at => '2027-03-02');
SELECT amount FROM dwello.confirm_refund(t.user('halves'), 'halves', 'h 3', amount => 500, psp_reference => 'ch', refund_reference => 're 2', occurred_at => '2027-03-03');
SELECT amount FROM dwello.fail_refund(NULL, 'halves', 'h 4', refund_reference => 're 2', occurred_at => '2027-03-04');
SELECT held, with_company, apart FROM t.stand WHERE job_id = t.user('halves');
SELECT amount, replayed FROM dwello.confirm_refund(t.user('halves'), 'halves', 'h 5', amount => 500, psp_reference => 'ch', refund_reference => 're 2', occurred_at => '2027-03-03');
SELECT amount, replayed FROM dwello.fail_refund(NULL, 'halves', 'h 6', refund_reference => 're 2', occurred_at => '2027-03-04');
SELECT held, with_company, apart FROM t.stand WHERE job_id = t.user('halves');
SELECT amount, replayed FROM dwello.confirm_refund(t.user('halves'), 'halves', 'h 7', amount => 500, psp_reference => 'ch', refund_reference => 're 2', occurred_at => '2027-03-05');
SELECT held, with_company, apart FROM t.stand WHERE job_id = t.user('halves');
-- what is booked in two parts, of two scopes, is one line
SELECT t.asked('parts', 1000);
SELECT FROM dwello.confirm_payment(t.user('parts'), 'parts', 'p 1', 50000, 'USD', psp_reference => 'ch b', occurred_at => '2027-03-02');
SELECT id AS back FROM dwello.refunds WHERE psp = 'parts' AND psp_reference = 'ch b' \gset
SELECT FROM dwello.confirm_refund(t.user('parts'), 'parts', 'p 2', amount => 49000, psp_reference => 'ch b', refund_reference => 're 1', occurred_at => '2027-03-03');
SELECT FROM dwello.confirm_refund(t.user('parts'), 'parts', 'p 3', amount => 50000, refund_id => :'back', refund_reference => 're 2', occurred_at => '2027-03-04');
SELECT lines FROM dwello.import_statement('parts', '[{"line_id": "1", "event_id": "p 2", "kind": "refund", "amount": 49000, "currency": "USD", "time": "2027-03-03T00:00:00Z"},
  {"line_id": "2", "event_id": "p 3", "kind": "refund", "amount": 50000, "currency": "USD", "time": "2027-03-04T00:00:00Z"}]');
SELECT line_id, verdict, stated_amount FROM dwello.reconcile_external('parts') WHERE line_id IS NOT NULL ORDER BY line_id;

------------------------------------------------------------------------
-- The company's own mistake, undone: back to the escrow it was taken from
------------------------------------------------------------------------
SELECT t.asked('back', 1000);
SELECT amount, refund_status FROM dwello.confirm_refund(t.user('back'), 'back', 'k 1', refund_reference => 're 1', psp_reference => 'ch');
SELECT amount, held, escrow_status FROM dwello.confirm_refund(t.user('back'), 'back', 'k 2', amount => 99000, refund_reference => 're 2', psp_reference => 'ch');
SELECT amount, escrow_status FROM dwello.fail_refund(NULL, 'back', 'k 3', refund_reference => 're 2');
SELECT receipt_id AS mistake FROM dwello.receipts(job_id => t.user('back')) \gset
-- only an administrator undoes it
SELECT t.does('s1', format($$assign_receipt(%L, t.user('back'))$$, :'mistake')) AS support;
SELECT t.login_as('a1');
SELECT amount, receipt_status, remaining, held, refunded, escrow_status, transaction_id AS restored
  FROM dwello.assign_receipt(:'mistake', t.user('back'), idempotency_key => 'restore') \gset
SELECT :'amount' AS amount, :'receipt_status' AS status, :'remaining' AS remaining, :'held' AS held, :'refunded' AS refunded, :'escrow_status' AS escrow;
SELECT amount, transaction_id = :'restored' AS this, replayed FROM dwello.assign_receipt(:'mistake', t.user('back'), idempotency_key => 'restore');
SELECT t.login_as(NULL);
SELECT held, with_company, apart FROM t.stand WHERE job_id = t.user('back');
SELECT status, funded, refunded FROM dwello.job_milestones WHERE job_id = t.user('back');
SELECT amount, reversed, loss, status FROM dwello.refunds WHERE job_id = t.user('back') ORDER BY 1;
SELECT t.does('a1', format($$assign_receipt(%L, t.user('back'))$$, :'mistake')) AS again;
-- the contract goes on, and the payment can give it back
SELECT t.start('back');
SAVEPOINT goes_on;
SELECT t.does('a1', $$refund_escrow(t.user('back'), 99000)$$);
SELECT amount, psp_reference, status FROM dwello.refunds WHERE job_id = t.user('back') AND status = 'pending';
SELECT * FROM dwello.reconcile();
ROLLBACK TO goes_on;
SELECT t.does('h1', $$release_escrow(t.user('back'))$$);
-- sent after all, the platform bears it
SELECT amount, refund_status, held FROM dwello.confirm_refund(NULL, 'back', 'k 4', refund_reference => 're 2', amount => 99000);
SELECT amount, reversed, loss, status FROM dwello.refunds WHERE job_id = t.user('back') ORDER BY 1;
SELECT * FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
ROLLBACK;
