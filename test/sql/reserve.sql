--
-- reserve.sql
--	A part of each release is kept back for some days; what the provider owes
--	comes out of it before they have to pay.
--
SET client_min_messages = warning;
SET timezone = 'UTC';

BEGIN;
CREATE VIEW t.purse AS SELECT b.available, b.receivable, b.reserved, b.withdrawable
  FROM dwello.provider_balance(t.user('p1'), 'USD') AS b;
CREATE FUNCTION t.legs_of(scope uuid, what text) RETURNS text
LANGUAGE sql
AS $$
SELECT string_agg(format('%s %s', coalesce(a.kind::text, 'escrow'), n.amount), ', ' ORDER BY n.leg)
  FROM dwello.ledger_entries AS n LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
 WHERE n.scope_id = scope AND n.transaction_id = (SELECT max(x.id::text)::uuid FROM dwello.transactions AS x
   WHERE x.scope_id = scope AND x.transaction_type::text = what)
$$;
CREATE TABLE t.start AS SELECT clock_timestamp() + interval '1 minute' AS at;
CREATE FUNCTION t.at(after interval) RETURNS void
LANGUAGE sql
AS $$ SELECT set_config('dwello.now', (s.at + after)::text, false) FROM t.start AS s $$;
CREATE FUNCTION t.released(name text, amount bigint) RETURNS bigint
LANGUAGE plpgsql
AS $$
DECLARE
  net bigint;
BEGIN
  PERFORM t.login_as('h1');
  SELECT r.payout INTO net FROM dwello.release_escrow(t.user(name), amount) AS r;
  PERFORM t.as_system();
  RETURN net;
END
$$;
SELECT t.destination('p1') IS NOT NULL AS can_receive;
SELECT t.award('kept', 1000000, '{1,3}');
SELECT t.pay('kept');
SELECT t.award('also', 200000);
SELECT t.pay('also');
SELECT t.at('0');

-- none is kept unless the operator says so
SELECT t.released('kept', 100000), t.legs_of(t.user('kept'), 'release') AS legs;
SELECT * FROM t.purse;
SELECT * FROM dwello.release_reserves();
SELECT t.refused('a1', $$set_setting('reserve_ppm', '1000001')$$) AS more_than_all,
       t.refused('a1', $$set_setting('reserve_days', '0')$$) AS no_days,
       t.refused('p1', 'release_reserves()') AS provider, t.refused('a1', 'release_reserves()') AS admin,
       t.refused(NULL, 'release_reserves(0)') AS no_rows, t.refused(NULL, 'release_reserves(NULL)') AS null_rows;
SELECT value FROM dwello.set_setting('reserve_ppm', '100000');
SELECT value FROM dwello.set_setting('reserve_days', '30');

-- a tenth of what the provider gets, rounded down
SELECT t.released('kept', 100001), t.legs_of(t.user('kept'), 'release') AS legs;
SELECT * FROM t.purse;
SELECT payload->>'amount' AS amount, payload->>'payout' AS payout, payload->>'reserve' AS reserve
  FROM dwello.outbox WHERE scope_id = t.user('kept') AND type = 'escrow_released' ORDER BY id;
SELECT t.refused('p1', 'request_payout(180502)') AS reserved_is_not_paid_out;
SELECT * FROM dwello.release_reserves();
SELECT balance FROM dwello.balance_at('provider_reserve', 'USD', owner => t.user('p1'));
SELECT t.login_as('p1');
SELECT line_type, amount, balance FROM dwello.account_statement('provider_reserve', 'USD', current_date - 1, current_date + 1);
SELECT t.as_system();

-- ten days later: by itself, and the settlement of a dispute
SELECT t.at('10 days');
SELECT t.start('kept'), t.start('also');
SELECT t.login_as('p1');
SELECT milestone_status FROM dwello.submit_milestone(t.user('kept'), (SELECT id FROM dwello.job_milestones WHERE job_id = t.user('kept') ORDER BY sort_order LIMIT 1), 'Done.');
SELECT t.as_system();
SELECT t.at('24 days 1 hour');
SELECT released FROM dwello.release_due_escrows(100);
SELECT t.legs_of(t.user('kept'), 'release') AS legs;
SELECT t.login_as('h1');
SELECT disputed_amount, homeowner_offer FROM dwello.open_dispute(t.user('also'), 100000, 'Half of it.');
SELECT t.login_as('p1');
SELECT dispute_status, settled_amount FROM dwello.answer_dispute(t.user('also'), 100000);
SELECT t.as_system();
SELECT t.legs_of(t.user('also'), 'dispute') AS legs;
SELECT * FROM t.purse;

-- thirty days after the second release its part is free, booked or not
SELECT t.at('29 days 23:59');
SELECT * FROM dwello.release_reserves();
SELECT * FROM t.purse;
SELECT t.at('30 days 00:01');
SELECT * FROM t.purse;
SELECT t.refused('p1', 'request_payout(318252)') AS not_yet_that_much;
SELECT t.login_as('p1');
SELECT amount FROM dwello.request_payout();
SELECT t.as_system();
SELECT t.legs_of(t.user('p1'), 'reserve') AS legs;
SELECT * FROM t.purse;
SELECT status FROM dwello.confirm_payout(t.user('p1'), (SELECT id FROM dwello.payouts WHERE user_id = t.user('p1')), 'acme', 'kept 1');
SELECT * FROM t.purse;

-- what they owe comes out of available, then out of the reserve; then they owe
SELECT clawed_back FROM dwello.open_chargeback(t.user('kept'), 'acme', 'kept c1', 760000, 'USD');
SELECT t.legs_of(t.user('kept'), 'chargeback') AS legs;
SELECT * FROM t.purse;
SELECT t.refused('p1', 'repay_balance(1)') AS covered_by_the_reserve;
SELECT applied > 0 AS applied FROM (SELECT sum(d) AS applied FROM (SELECT dwello.deliver_events(1000) AS d) AS e) AS f;
SELECT t.legs_of(t.user('p1'), 'reserve') AS legs;
SELECT * FROM t.purse;
SELECT payload->>'amount' AS amount, payload->>'reason' AS reason FROM dwello.outbox
 WHERE scope_id = t.user('p1') AND type = 'reserve_freed' ORDER BY id;
-- won: it is theirs, and is not kept back again
SELECT escrow_status FROM dwello.close_chargeback(t.user('kept'), 'acme', 'kept c2', true);
SELECT * FROM t.purse;

-- a release that is undone takes its reserve with it, through what they owe
SELECT t.released('kept', 50000), t.legs_of(t.user('kept'), 'release') AS legs;
SELECT * FROM t.purse;
SELECT t.login_as('a1');
SELECT amount FROM dwello.reverse_transaction(t.user('kept'), (SELECT max(id::text)::uuid FROM dwello.transactions
   WHERE scope_id = t.user('kept') AND transaction_type = 'release'));
SELECT t.as_system();
SELECT t.legs_of(t.user('kept'), 'reversal') AS legs;
SELECT * FROM t.purse;

-- switched off, what is kept back is still free in its time, oldest first
SELECT t.at('40 days');
SELECT t.released('kept', 100000), t.legs_of(t.user('kept'), 'release') AS legs;
SELECT value FROM dwello.set_setting('reserve_ppm', '0');
SELECT t.released('kept', 10000), t.legs_of(t.user('kept'), 'release') AS legs;
SELECT * FROM dwello.release_reserves();
SELECT * FROM t.purse;
SELECT t.at('61 days');
SELECT * FROM dwello.release_reserves();
SELECT * FROM dwello.release_reserves();
SELECT * FROM t.purse;
SELECT t.at('70 days 00:01');
SELECT * FROM dwello.release_reserves(1);
SELECT * FROM t.purse;
-- nothing is left, and not a cent is missing
SELECT kind, currency, balance FROM dwello.trial_balance() WHERE kind = 'provider_reserve' AND balance <> 0;
SELECT * FROM dwello.reconcile();
SELECT count(*) AS tampered FROM dwello.verify_ledger();
ROLLBACK;
RESET dwello.now;
