--
-- charge.sql
--	A charge says whose it is, whatever job or user an event about it is told
--	for, and counts once whatever it is told as; a bank's case has a name.
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
CREATE FUNCTION t.loss() RETURNS numeric
LANGUAGE sql
AS $$
  SELECT coalesce(sum(n.amount), 0) FROM dwello.ledger_entries AS n JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
   WHERE a.kind = 'platform_loss' AND n.currency = 'USD'
$$;
SELECT t.award('mine', 100000), t.award('other', 100000);
SELECT held FROM dwello.confirm_payment(t.user('mine'), 'whose', 'w 1', 100000, 'USD', psp_reference => 'ch mine');
SELECT held FROM dwello.confirm_payment(t.user('other'), 'whose', 'w 2', 100000, 'USD', psp_reference => 'ch other');
SELECT t.loss() AS loss \gset

-- a refund, its failure and a chargeback that are told for another job are those of the charge's own
SELECT job_id = t.user('mine') AS of_mine, amount, held, refund_status
  FROM dwello.confirm_refund(t.user('other'), 'whose', 'w 3', amount => 30000, psp_reference => 'ch mine');
SELECT job_id = t.user('mine') AS of_mine, amount, replayed
  FROM dwello.confirm_refund(t.user('other'), 'whose', 'w 3', amount => 30000, psp_reference => 'ch mine');
SELECT job_id = t.user('mine') AS of_mine, amount, replayed
  FROM dwello.confirm_refund(NULL, 'whose', 'w 3', amount => 30000, psp_reference => 'ch mine');
SELECT job_id = t.user('mine') AS of_mine, amount, refund_status
  FROM dwello.fail_refund(t.user('other'), 'whose', 'w 4', psp_reference => 'ch mine');
SELECT job_id = t.user('mine') AS of_mine, held_amount, covered_amount, escrow_status
  FROM dwello.open_chargeback(t.user('other'), 'whose', 'w 5', 20000, 'USD', 'ch mine');
SELECT job_id = t.user('mine') AS of_mine, replayed
  FROM dwello.open_chargeback(t.user('other'), 'whose', 'w 5', 20000, 'USD', 'ch mine');
SELECT job_id = t.user('mine') AS of_mine, chargeback_status, escrow_status
  FROM dwello.close_chargeback(t.user('other'), 'whose', 'w 6', true, psp_reference => 'ch mine');
SELECT job_id = t.user('mine') AS of_mine, replayed
  FROM dwello.close_chargeback(t.user('other'), 'whose', 'w 6', true, psp_reference => 'ch mine');
SELECT x.name, e.status, e.held, e.refunded, e.charged_back FROM (VALUES ('mine'), ('other')) AS x (name)
  JOIN dwello.escrow_accounts AS e ON e.job_id = t.user(x.name) ORDER BY 1;
-- a payment that is awaited is none that a bank could take
SELECT t.award('awaited', 5000);
SELECT t.does('h1', $$fund_escrow(t.user('awaited'))$$);
SELECT id AS awaited FROM dwello.transactions WHERE scope_id = t.user('awaited') \gset
SELECT t.does(NULL, format($$open_chargeback(t.user('awaited'), 'whose', 'w 7', 5000, 'USD', transaction_id => %L)$$, :'awaited')) AS early;

-- the same event with another fee is another event; without one it is the same
SELECT held_amount FROM dwello.open_chargeback(NULL, 'whose', 'w 8', 1000, 'USD', 'ch other', fee => 1500);
SELECT t.does(NULL, $$open_chargeback(NULL, 'whose', 'w 8', 1000, 'USD', 'ch other', fee => 1600)$$) AS other_fee;
SELECT held_amount, replayed FROM dwello.open_chargeback(NULL, 'whose', 'w 8', 1000, 'USD', 'ch other');
SELECT chargeback_status FROM dwello.close_chargeback(NULL, 'whose', 'w 9', true, psp_reference => 'ch other');

-- one case, told by two events: an inquiry, what it became, and what it cost
SELECT chargeback_id, amount FROM dwello.open_chargeback(NULL, 'whose', 'c 1', 30000, 'USD', 'ch other', is_inquiry => true, case_reference => 'dp 1');
SELECT held_amount, replayed FROM dwello.open_chargeback(NULL, 'whose', 'c 2', 30000, 'USD', 'ch other', case_reference => 'dp 1');
SELECT amount, held_amount, escrow_status, held, replayed
  FROM dwello.open_chargeback(t.user('other'), 'whose', 'c 3', 30000, 'USD', 'ch other', fee => 1500, case_reference => 'dp 1');
SELECT amount, replayed FROM dwello.open_chargeback(t.user('mine'), 'whose', 'c 4', 30000, 'USD', case_reference => 'dp 1');
SELECT t.does(NULL, $$open_chargeback(NULL, 'whose', 'c 5', 40000, 'USD', 'ch other', case_reference => 'dp 1')$$) AS other_amount,
       t.does(NULL, $$open_chargeback(NULL, 'whose', 'c 5', 30000, 'EUR', 'ch other', case_reference => 'dp 1')$$) AS other_currency,
       t.does(NULL, $$open_chargeback(NULL, 'whose', 'c 5', 30000, 'USD', 'ch other', fee => 1600, case_reference => 'dp 1')$$) AS other_fee,
       t.does(NULL, $$open_chargeback(NULL, 'whose', 'c 5', 30000, 'USD', 'ch other', case_reference => repeat('x', 501))$$) AS long;
-- a second case on the charge: each is closed by its name
SELECT held_amount FROM dwello.open_chargeback(NULL, 'whose', 'c 6', 30000, 'USD', 'ch other', case_reference => 'dp 2');
SELECT case_reference, psp_reference, amount, fee, status FROM dwello.chargebacks WHERE psp = 'whose' AND case_reference IS NOT NULL ORDER BY id;
SELECT t.does(NULL, $$close_chargeback(NULL, 'whose', 'c 7', true, psp_reference => 'ch other')$$) AS several,
       t.does(NULL, $$close_chargeback(NULL, 'whose', 'c 7', true, case_reference => 'dp 3')$$) AS unknown,
       t.does(NULL, $$close_chargeback(NULL, 'whose', 'c 7', true, psp_reference => 'ch mine', case_reference => 'dp 2')$$) AS of_another,
       t.does(NULL, $$close_chargeback(NULL, 'whose', 'c 7', true)$$) AS none;
SELECT chargeback_status, escrow_status, held FROM dwello.close_chargeback(NULL, 'whose', 'c 8', true, case_reference => 'dp 2');
SELECT chargeback_status, escrow_status, held FROM dwello.close_chargeback(t.user('mine'), 'whose', 'c 9', false, psp_reference => 'ch other', case_reference => 'dp 1');
SELECT chargeback_status, replayed FROM dwello.close_chargeback(NULL, 'whose', 'c 10', false, case_reference => 'dp 1');
-- a name that is no charge's is the case's: told again it is the same one, of another amount it is another
SELECT held_amount, payment_id IS NOT NULL AS known FROM dwello.open_chargeback(t.user('other'), 'whose', 'c 11', 500, 'USD', 'dp 4');
SELECT held_amount, replayed FROM dwello.open_chargeback(t.user('other'), 'whose', 'c 12', 500, 'USD', 'dp 4');
SELECT held_amount, replayed FROM dwello.open_chargeback(t.user('other'), 'whose', 'c 13', 500, 'USD', case_reference => 'dp 4');
SELECT held_amount, replayed FROM dwello.open_chargeback(t.user('other'), 'whose', 'c 14', 600, 'USD', 'dp 4');
SELECT x.chargeback_status FROM dwello.chargebacks AS c, dwello.close_chargeback(NULL, 'whose', 'c 15', true, chargeback_id => c.id) AS x
 WHERE c.psp = 'whose' AND c.amount = 600;
SELECT chargeback_status FROM dwello.close_chargeback(NULL, 'whose', 'c 16', true, case_reference => 'dp 4');
-- a statement's line may go by the name of the case
SELECT imported FROM dwello.import_statement('whose', '[
  {"line_id": "s1", "reference": "dp 2", "kind": "chargeback", "amount": 30000, "currency": "USD", "time": "2031-01-01T00:00:00Z"}]');
SELECT line_id, verdict FROM dwello.reconcile_external('whose') WHERE line_id IS NOT NULL;

-- one charge told as a repayment and as a payment, in both orders, is one
SELECT transaction_id IS NOT NULL AS booked FROM dwello.confirm_repayment(t.user('p1'), 'whose', 'r 1', 700, 'USD', psp_reference => 'ch both');
SELECT amount, receipt_id, replayed FROM dwello.confirm_payment(NULL, 'whose', 'r 2', 700, 'USD', psp_reference => 'ch both');
SELECT receipt_amount, replayed FROM dwello.confirm_payment(NULL, 'whose', 'r 3', 800, 'USD', psp_reference => 'ch first');
SELECT amount, user_id, replayed FROM dwello.confirm_repayment(t.user('p1'), 'whose', 'r 4', 800, 'USD', psp_reference => 'ch first');
SELECT event_id, amount FROM dwello.receipts WHERE psp = 'whose' AND reason <> 'refund_failed' ORDER BY 1;

-- a repayment that is taken back is owed anew: by its bank, and by the company
SELECT t.destination('p2', 'whose') IS NOT NULL AS can_receive;
SELECT transaction_id IS NOT NULL AS booked FROM dwello.confirm_repayment(t.user('p2'), 'whose', 'd 1', 50000, 'USD', psp_reference => 'rp');
SELECT t.does('p2', $$request_payout(20000)$$);
SELECT job_id, held_amount, clawed_back, escrow_status FROM dwello.open_chargeback(t.user('mine'), 'whose', 'd 2', 40000, 'USD', 'rp', case_reference => 'dp 5');
SELECT currency, available, receivable, withdrawable FROM dwello.provider_balance(t.user('p2'));
SELECT status, hold_reason FROM dwello.payouts WHERE user_id = t.user('p2');
-- more than the provider paid is the platform's
SELECT job_id, amount, refund_status FROM dwello.confirm_refund(t.user('mine'), 'whose', 'd 3', amount => 15000, psp_reference => 'rp');
SELECT t.loss() - :loss AS loss;
SELECT currency, available, receivable, withdrawable FROM dwello.provider_balance(t.user('p2'));
SELECT provider_id = t.user('p2') AS of_p2, homeowner_id = t.user('p2') AS to_p2, amount, loss, status FROM dwello.refunds WHERE psp = 'whose' AND psp_reference = 'rp';
-- what comes back to the provider makes that loss good first: the company has 5000 of the charge, then 35000
SELECT chargeback_status, held FROM dwello.close_chargeback(NULL, 'whose', 'd 4', false, lost_amount => 30000, case_reference => 'dp 5');
SELECT receivable FROM dwello.provider_balance(t.user('p2'));
SELECT chargeback_status FROM dwello.close_chargeback(NULL, 'whose', 'd 5', true, case_reference => 'dp 5');
SELECT receivable, withdrawable FROM dwello.provider_balance(t.user('p2'));
SELECT status, hold_reason FROM dwello.payouts WHERE user_id = t.user('p2');
SELECT chargeback_status FROM dwello.close_chargeback(NULL, 'whose', 'd 6', false, case_reference => 'dp 5');
SELECT receivable FROM dwello.provider_balance(t.user('p2'));
-- what the company could not send lies in a receipt of the provider's
SELECT amount, refund_status FROM dwello.fail_refund(NULL, 'whose', 'd 7', psp_reference => 'rp');
SELECT user_id = t.user('p2') AS of_p2, reason, remaining FROM dwello.receipts WHERE event_id = 'd 7';
SELECT receivable FROM dwello.provider_balance(t.user('p2'));
SELECT t.loss() - :loss AS loss;

SELECT t.loss() - :loss AS loss;
SELECT * FROM dwello.reconcile();
SELECT * FROM dwello.verify_ledger();
ROLLBACK;
