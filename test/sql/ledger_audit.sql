--
-- ledger_audit.sql
--	reconcile: a superuser changes the ledger with the guards off.  Whatever
--	invariant that breaks is named, of the changed job and of no other.
--
SET client_min_messages = warning;

-- A job with every kind of transaction, and one in another currency.
SELECT t.award('all', 100000, '{1,1,1}'), t.award('yen', 7000, currency => 'JPY');
SELECT t.pay('all', 60000), t.pay('all'), t.pay('yen');
SELECT t.start('all');
BEGIN;
SELECT t.login_as('h1');
SELECT amount FROM dwello.release_escrow(t.user('all'), 30000, idempotency_key => 'one');
SELECT amount FROM dwello.release_escrow(t.user('all'), 9000, idempotency_key => 'two');
SELECT t.login_as('p1');
SELECT amount FROM dwello.refund_escrow(t.user('all'), 10000);
SELECT t.login_as('a1');
SELECT amount FROM dwello.reverse_transaction(t.user('all'), (SELECT id FROM dwello.transactions
  WHERE scope_id = t.user('all') AND amount = 9000), 4000);
SELECT t.login_as('h1');
SELECT dispute_status FROM dwello.open_dispute(t.user('all'), 5000, 'No.', t.user('all m3'));
SELECT t.login_as('p1');
SELECT dispute_status FROM dwello.answer_dispute(t.user('all'), 5000);
COMMIT;
SELECT held_amount FROM dwello.open_chargeback(t.user('all'), 'acme', 'all out', 2000, 'USD');
SELECT transaction_type, count(*) FROM dwello.transactions WHERE scope_id = t.user('all') GROUP BY 1 ORDER BY 1;
SELECT * FROM dwello.reconcile();

-- Does one thing to the ledger, past the guards, and says what is found; then
-- it never was.  $job is the job, $(type) a transaction of that type.
CREATE FUNCTION t.meddle(change text, since timestamptz DEFAULT NULL) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  found text;
  kind text;
BEGIN
  SET LOCAL session_replication_role = replica;
  ALTER TABLE dwello.transactions DROP CONSTRAINT transactions_valid_check;
  ALTER TABLE dwello.escrow_accounts DROP CONSTRAINT escrow_accounts_valid_check;
  FOREACH kind IN ARRAY enum_range(NULL::dwello.transaction_type)::text[] LOOP
    change := replace(change, '$(' || kind || ')', '(SELECT min(x.id::text)::uuid FROM dwello.transactions AS x
      WHERE x.scope_id = $job AND x.transaction_type = ' || quote_literal(kind) || ')');
  END LOOP;
  EXECUTE replace(change, '$job', quote_literal(t.user('all')));
  SELECT string_agg(DISTINCT concat_ws(' ', r.invariant, CASE WHEN r.invariant <> 'I6' THEN r.object END), ', ') INTO found
    FROM dwello.reconcile(since) AS r;
  RAISE SQLSTATE 'XX998' USING MESSAGE = coalesce(found, 'nothing');
EXCEPTION WHEN SQLSTATE 'XX998' THEN
  RETURN SQLERRM;
END
$$;

CREATE TABLE t.change (n serial, change text);
INSERT INTO t.change (change) VALUES
  ('UPDATE dwello.ledger_entries SET amount = amount + 1 WHERE transaction_id = $(payment) AND leg = 1'),
  ('UPDATE dwello.ledger_entries SET amount = amount + 1 WHERE transaction_id = $(release) AND account_id = scope_id'),
  ('UPDATE dwello.ledger_entries SET amount = 2 * amount WHERE transaction_id = $(release)'),
  ('UPDATE dwello.ledger_entries SET amount = 2 * amount WHERE transaction_id = $(payment)'),
  ('UPDATE dwello.ledger_entries SET amount = 2 * amount WHERE transaction_id = $(refund)'),
  ('UPDATE dwello.ledger_entries SET amount = 2 * amount WHERE transaction_id = $(dispute)'),
  ('UPDATE dwello.ledger_entries SET amount = 2 * amount WHERE transaction_id = $(reversal)'),
  ('UPDATE dwello.ledger_entries SET amount = 2 * amount WHERE transaction_id = $(chargeback)'),
  ('UPDATE dwello.ledger_entries SET amount = 50 * amount WHERE transaction_id = $(refund)'),
  ('UPDATE dwello.ledger_entries SET amount = -amount WHERE transaction_id = $(release)'),
  ('UPDATE dwello.ledger_entries SET currency = ''EUR'' WHERE transaction_id = $(release)'),
  ('UPDATE dwello.ledger_entries SET currency = ''EUR'' WHERE transaction_id = $(release) AND leg = 2'),
  ('UPDATE dwello.ledger_entries SET account_id = gen_random_uuid() WHERE transaction_id = $(release) AND leg = 2'),
  ('UPDATE dwello.ledger_entries SET account_id = scope_id WHERE transaction_id = $(refund)'),
  ('UPDATE dwello.ledger_entries SET account_id = t.user(''yen'') WHERE transaction_id = $(release) AND account_id <> scope_id'),
  ('UPDATE dwello.ledger_entries SET scope_id = t.user(''yen'') WHERE transaction_id = $(release)'),
  ('UPDATE dwello.ledger_entries SET transaction_id = gen_random_uuid() WHERE transaction_id = $(release)'),
  ('UPDATE dwello.ledger_entries SET transaction_id = $(payment), leg = leg + 10 WHERE transaction_id = $(release)'),
  ('DELETE FROM dwello.ledger_entries WHERE transaction_id = $(release)'),
  ('DELETE FROM dwello.ledger_entries WHERE transaction_id = $(release) AND leg > 1'),
  ('DELETE FROM dwello.ledger_entries WHERE scope_id = $job'),
  ('UPDATE dwello.transactions SET status = ''pending'' WHERE id = $(release)'),
  ('UPDATE dwello.transactions SET status = ''disputed'' WHERE id = $(release)'),
  ('UPDATE dwello.transactions SET status = ''disputed'' WHERE id = $(refund)'),
  ('UPDATE dwello.transactions SET amount = amount + 1 WHERE id = $(release)'),
  ('UPDATE dwello.transactions SET amount = amount + 1, net_amount = net_amount + 1 WHERE id = $(release)'),
  ('UPDATE dwello.transactions SET amount = amount + 1 WHERE id = $(refund)'),
  ('UPDATE dwello.transactions SET amount = amount + 1 WHERE id = $(dispute)'),
  ('UPDATE dwello.transactions SET platform_fee = platform_fee + 1 WHERE id = $(dispute)'),
  ('UPDATE dwello.transactions SET tax = tax + 1, platform_fee = platform_fee - 1 WHERE id = $(release)'),
  ('UPDATE dwello.transactions SET amount = 90000 WHERE id = $(reversal)'),
  ('UPDATE dwello.transactions SET reverses = gen_random_uuid() WHERE id = $(reversal)'),
  ('UPDATE dwello.transactions SET transaction_type = ''refund'' WHERE id = $(release)'),
  ('UPDATE dwello.transactions SET transaction_type = ''payment'' WHERE id = $(refund)'),
  ('UPDATE dwello.transactions SET currency = ''EUR'' WHERE id = $(payment)'),
  ('DELETE FROM dwello.transactions WHERE id = $(release)'),
  ('DELETE FROM dwello.transactions WHERE scope_id = $job'),
  ('DELETE FROM dwello.escrow_accounts WHERE job_id = $job'),
  ('UPDATE dwello.escrow_accounts SET held = held + 1, funded = funded + 1 WHERE job_id = $job'),
  ('UPDATE dwello.escrow_accounts SET held = held + 1, released = released - 1 WHERE job_id = $job'),
  ('UPDATE dwello.escrow_accounts SET released = released + 1, refunded = refunded - 1 WHERE job_id = $job'),
  ('UPDATE dwello.escrow_accounts SET charged_back = charged_back + 1, refunded = refunded - 1 WHERE job_id = $job'),
  ('UPDATE dwello.escrow_accounts SET fee_taken = fee_taken + 1 WHERE job_id = $job'),
  ('UPDATE dwello.escrow_accounts SET tax_taken = tax_taken + 1 WHERE job_id = $job'),
  ('UPDATE dwello.escrow_accounts SET currency = ''EUR'' WHERE job_id = $job'),
  ('UPDATE dwello.escrow_accounts SET funded = -1 WHERE job_id = $job'),
  ('UPDATE dwello.escrow_accounts SET status = ''settled'' WHERE job_id = $job'),
  ('UPDATE dwello.escrow_accounts SET transition_count = transition_count + 1 WHERE job_id = $job'),
  ('DELETE FROM dwello.escrow_events WHERE job_id = $job'),
  ('DELETE FROM dwello.escrow_events WHERE job_id = $job AND seq = 1'),
  ('DELETE FROM dwello.escrow_events WHERE job_id = $job AND seq = 3'),
  ('UPDATE dwello.escrow_events SET from_status = ''failed'' WHERE job_id = $job AND seq = 3'),
  ('UPDATE dwello.escrow_events SET from_status = NULL WHERE job_id = $job AND seq = 3'),
  ('UPDATE dwello.escrow_events SET seq = seq + 1 WHERE job_id = $job AND seq = (SELECT max(v.seq) FROM dwello.escrow_events AS v WHERE v.job_id = $job)'),
  ('DELETE FROM dwello.ledger_accounts WHERE kind = ''provider_available'''),
  ('UPDATE dwello.ledger_accounts SET currency = ''CHF'' WHERE kind = ''platform_fee'' AND currency = ''USD'''),
  ('UPDATE dwello.ledger_accounts SET kind = ''suspense'' WHERE kind = ''psp_clearing'''),
  ('UPDATE dwello.ledger_accounts SET rolled_up_balance = 5 WHERE kind = ''tax_payable'''),
  ('UPDATE dwello.ledger_accounts SET kind = ''platform_fee'' WHERE kind = ''refund_pending'''),
  ('DELETE FROM dwello.refunds WHERE scope_id = $job'),
  ('UPDATE dwello.refunds SET reversed = reversed + 1 WHERE scope_id = $job AND amount = 10000'),
  ('UPDATE dwello.refunds SET psp = ''bank'' WHERE scope_id = $job AND amount = 10000');
SELECT n, t.meddle(change) AS found FROM t.change ORDER BY n;
-- with a date, the same is found of what is newer and nothing of what is older
SELECT n, t.meddle(change) AS all, t.meddle(change, now() - interval '1 day') AS since FROM t.change
 WHERE t.meddle(change) IS DISTINCT FROM t.meddle(change, now() - interval '1 day') ORDER BY n;
SELECT DISTINCT t.meddle(change, now() + interval '1 day') AS later FROM t.change ORDER BY 1;
DROP TABLE t.change;
DROP FUNCTION t.meddle(text, timestamptz);
SET session_replication_role = replica;
DELETE FROM dwello.chargebacks WHERE job_id = t.user('all');
RESET session_replication_role;
SELECT t.forget('all', 'yen');

-- a scope with very many reversals takes about the time of one without: a
-- minute where each is compared with each, which no busy machine explains
BEGIN;
SET LOCAL session_replication_role = replica;
INSERT INTO dwello.transactions (scope_id, id, payer_id, payee_id, amount, net_amount, created_at, transaction_type, status, actor_id, currency, actor_role)
SELECT md5('scope')::uuid, md5('transaction' || n)::uuid, md5('payer')::uuid, md5('payee')::uuid, 100, 100, now(), 'reversal', 'pending',
       md5('payer')::uuid, 'USD', 'homeowner'
  FROM generate_series(1, 60000) AS n;
DO $$
DECLARE
  start timestamptz;
  took interval[] := '{}';
BEGIN
  FOR i IN 1..2 LOOP
    start := clock_timestamp();
    IF (SELECT count(*) FROM dwello.reconcile()) > 0 THEN
      RAISE 'the scope is suspected';
    END IF;
    took := took || (clock_timestamp() - start);
    UPDATE dwello.transactions SET reverses = id WHERE scope_id = md5('scope')::uuid;
  END LOOP;
  IF took[2] > 5 * took[1] + interval '20 s' THEN
    RAISE 'without reversals %, with them %', took[1], took[2];
  END IF;
END
$$;
ROLLBACK;
