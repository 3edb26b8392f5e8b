--
-- reversal.sql
--	What was released or refunded is undone: whole, in parts, never twice.
--
SET client_min_messages = warning;

CREATE FUNCTION t.transfer(name text, kind text) RETURNS uuid
LANGUAGE sql
AS $$ SELECT id FROM dwello.transactions WHERE scope_id = t.user(name) AND transaction_type::text = kind ORDER BY id LIMIT 1 $$;

SELECT t.award('undo', 100000, '{1,3}');
SELECT t.pay('undo');
BEGIN;
SELECT t.login_as('h1');
SELECT amount, fee, payout FROM dwello.release_escrow(t.user('undo'), 33333);
SELECT t.login_as('p1');
SELECT amount FROM dwello.refund_escrow(t.user('undo'), 10000);
SELECT t.login_as('a1');
SELECT amount, fee, tax, escrow_status, held, released, refunded, version, replayed
  FROM dwello.reverse_transaction(t.user('undo'), t.transfer('undo', 'release'), 11111, 'Wrong milestone.', idempotency_key => 'u');
SELECT amount, fee, released, replayed
  FROM dwello.reverse_transaction(t.user('undo'), t.transfer('undo', 'release'), 11111, 'Wrong milestone.', idempotency_key => 'u');
SELECT * FROM dwello.provider_balance(t.user('p1'));
COMMIT;
SELECT * FROM dwello.reconcile();
SELECT t.refused('a1', $$reverse_transaction(t.user('undo'), t.transfer('undo', 'release'), 22223)$$) AS more,
       t.refused('a1', $$reverse_transaction(t.user('undo'), t.transfer('undo', 'release'), 0)$$) AS zero,
       t.refused('a1', $$reverse_transaction(t.user('undo'), t.transfer('undo', 'payment'))$$) AS payment,
       t.refused('a1', $$reverse_transaction(t.user('undo'), t.transfer('undo', 'reversal'))$$) AS reversal,
       t.refused('a1', $$reverse_transaction(t.user('undo'), t.user('none'))$$) AS unknown,
       t.refused('a1', $$reverse_transaction(t.user('undo'), NULL)$$) AS null,
       t.refused('h1', $$reverse_transaction(t.user('undo'), t.transfer('undo', 'release'))$$) AS homeowner;
BEGIN;
SELECT t.login_as('a1');
-- the rest of it, to the cent
SELECT amount, fee, held, released FROM dwello.reverse_transaction(t.user('undo'), t.transfer('undo', 'release'));
SELECT t.try($$SELECT dwello.reverse_transaction(t.user('undo'), t.transfer('undo', 'release'))$$) LIKE 'WD202%' AS nothing_left;
-- a refund that came back
SELECT amount, escrow_status, held, refunded FROM dwello.reverse_transaction(t.user('undo'), t.transfer('undo', 'refund'));
SELECT sort_order AS n, status, funded, released, refunded FROM dwello.job_milestones WHERE job_id = t.user('undo') ORDER BY 1;
COMMIT;
SELECT coalesce(a.kind::text, 'escrow') AS account, sum(n.amount)
  FROM dwello.ledger_entries AS n LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
 WHERE n.scope_id = t.user('undo') GROUP BY 1 ORDER BY 1;
SELECT * FROM dwello.reconcile();
-- and all of it goes out again, at the fee of one release; a bank's part is not taken twice
BEGIN;
SELECT t.login_as('h1');
SELECT amount, fee, payout FROM dwello.release_escrow(t.user('undo'));
COMMIT;
SELECT clawed_back FROM dwello.open_chargeback(t.user('undo'), 'acme', 'u1', 1, 'USD');
SELECT t.refused('a1', $$reverse_transaction(t.user('undo'), t.transfer('undo', 'release'))$$) AS frozen;
SELECT escrow_status FROM dwello.close_chargeback(t.user('undo'), 'acme', 'u2', false);
SELECT t.refused('a1', format($$reverse_transaction(t.user('undo'), %L)$$, id)) AS taken_by_the_bank
  FROM dwello.transactions WHERE scope_id = t.user('undo') AND transaction_type = 'release' ORDER BY id DESC LIMIT 1;
SELECT * FROM dwello.reconcile();

-- where the homeowner pays the fee, parts of reversals leave no cent that cannot go on
SELECT t.award('top', 300, '{101,199}');
UPDATE dwello.escrow_accounts SET fee_payer = 'homeowner' WHERE job_id = t.user('top');
SELECT t.pay('top');
BEGIN;
SELECT t.login_as('h1');
SELECT amount, fee, payout FROM dwello.release_escrow(t.user('top'), milestone_id => t.user('top m1'));
SELECT amount, fee, payout, held FROM dwello.release_escrow(t.user('top'));
SELECT t.login_as('a1');
SELECT amount, fee, held FROM dwello.reverse_transaction(t.user('top'), t.transfer('top', 'release'), 50);
SELECT amount, fee, held FROM dwello.reverse_transaction(t.user('top'), t.transfer('top', 'release'), 7);
SELECT sort_order AS n, status, funded, released FROM dwello.job_milestones WHERE job_id = t.user('top') ORDER BY 1;
SELECT t.login_as('p1');
SELECT amount, held, refunded FROM dwello.refund_escrow(t.user('top'), 20);
SELECT t.login_as('a1');
SELECT amount, held, refunded FROM dwello.reverse_transaction(t.user('top'), t.transfer('top', 'refund'), 13);
SELECT sort_order AS n, status, funded, released, refunded FROM dwello.job_milestones WHERE job_id = t.user('top') ORDER BY 1;
SELECT t.login_as('h1');
SELECT amount, fee, payout, held, released, refunded FROM dwello.release_escrow(t.user('top'));
COMMIT;
SELECT * FROM dwello.reconcile();

-- the job follows: what was disputed is not all that is held any more
SELECT t.award('torn', 100000, '{1,1}');
SELECT t.pay('torn');
BEGIN;
SELECT t.login_as('h1');
SELECT released FROM dwello.release_escrow(t.user('torn'), milestone_id => t.user('torn m1'));
SELECT escrow_status FROM dwello.open_dispute(t.user('torn'), 0, 'No.');
SELECT status FROM dwello.jobs WHERE id = t.user('torn');
SELECT t.login_as('a1');
SELECT escrow_status FROM dwello.reverse_transaction(t.user('torn'), t.transfer('torn', 'release'));
SELECT status FROM dwello.jobs WHERE id = t.user('torn');
COMMIT;
-- a cent that covers no work is as disputed as the rest
SELECT t.award('cent', 300);
UPDATE dwello.escrow_accounts SET fee_payer = 'homeowner' WHERE job_id = t.user('cent');
SELECT t.pay('cent', 10);
BEGIN;
SELECT t.login_as('h1');
SELECT amount FROM dwello.fund_escrow(t.user('cent'), 1);
SELECT disputed_amount, escrow_status FROM dwello.open_dispute(t.user('cent'), 0, 'No.');
COMMIT;
SELECT escrow_status, held FROM dwello.confirm_payment(t.user('cent'), 'acme', 'cent 1', 1, 'USD');
-- what is unknown comes before what is stale, the state before what it is
SELECT t.refused('a1', $$reverse_transaction(t.user('torn'), t.user('none'), expected_version => 1)$$) AS unknown,
       t.refused('a1', $$reverse_transaction(t.user('torn'), t.transfer('torn', 'payment'), expected_version => 1)$$) AS stale;
SELECT escrow_status FROM dwello.open_chargeback(t.user('torn'), 'acme', 'torn 1', 1, 'USD');
SELECT t.refused('a1', $$reverse_transaction(t.user('torn'), t.transfer('torn', 'payment'))$$) AS frozen;
SELECT escrow_status FROM dwello.close_chargeback(t.user('torn'), 'acme', 'torn 2', true);

DROP FUNCTION t.transfer;
DELETE FROM dwello.chargebacks WHERE job_id IN (t.user('undo'), t.user('torn'));
DELETE FROM dwello.disputes WHERE job_id IN (t.user('torn'), t.user('cent'));
SELECT t.forget('undo', 'top', 'torn', 'cent');
