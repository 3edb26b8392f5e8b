--
-- verify.sql
--	verify_ledger: a superuser changes the ledger with the guards off, and is
--	found, row by row.
--
SET client_min_messages = warning;

SELECT t.award('books', 100000, '{1,1}');
SELECT t.pay('books', 60000), t.pay('books');
BEGIN;
SELECT t.login_as('h1');
SELECT amount, fee FROM dwello.release_escrow(t.user('books'), 30000);
SELECT amount, fee FROM dwello.release_escrow(t.user('books'), 20000);
SELECT t.login_as('p1');
SELECT amount FROM dwello.refund_escrow(t.user('books'), 10000);
COMMIT;
SELECT * FROM dwello.verify_ledger();
SELECT * FROM dwello.verify_ledger(t.user('books'));

-- The transactions of the job by their place in the chain, from 1.
CREATE VIEW t.link AS
SELECT t.id, row_number() OVER (ORDER BY v.seq) AS n, t.transaction_type AS type
  FROM dwello.escrow_events AS v
  JOIN dwello.transactions AS t ON t.scope_id = v.job_id AND t.id = v.transaction_id AND v.event <> 'fund_escrow'
 WHERE v.job_id = t.user('books');
SELECT n, type FROM t.link ORDER BY n;

-- Does one thing to the ledger, past the guards, and says what is found: the
-- problem, where in the chain, which leg; then it never was.
CREATE FUNCTION t.tamper(change text, nth integer DEFAULT 1) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  links uuid[] := ARRAY(SELECT id FROM t.link ORDER BY n);
  found text;
BEGIN
  SET LOCAL session_replication_role = replica;
  EXECUTE replace(replace(change, '$id', quote_literal(links[nth])), '$job', quote_literal(t.user('books')));
  SELECT string_agg(concat_ws(' ', v.problem, coalesce('of ' || array_position(links, v.transaction_id), 'of ?'),
                              'leg ' || v.leg), ', ') INTO found
    FROM dwello.verify_ledger() AS v;
  RAISE EXCEPTION USING MESSAGE = coalesce(found, 'nothing');
EXCEPTION WHEN raise_exception THEN
  RETURN SQLERRM;
END
$$;

SELECT change, nth, t.tamper(change, nth) AS found FROM (VALUES
  ('UPDATE dwello.ledger_entries SET amount = amount + 1 WHERE transaction_id = $id AND leg = 1', 1),
  ('UPDATE dwello.ledger_entries SET amount = amount + 1 WHERE transaction_id = $id AND leg = 2', 3),
  ('UPDATE dwello.ledger_entries SET amount = amount + CASE leg WHEN 2 THEN 1 ELSE -1 END WHERE transaction_id = $id AND leg IN (2, 3)', 3),
  ('UPDATE dwello.ledger_entries SET account_id = scope_id WHERE transaction_id = $id AND leg = 3', 4),
  ('UPDATE dwello.ledger_entries SET account_id = gen_random_uuid() WHERE transaction_id = $id AND leg = 2', 5),
  ('UPDATE dwello.ledger_entries SET currency = ''EUR'' WHERE transaction_id = $id AND leg = 2', 2),
  ('INSERT INTO dwello.ledger_entries SELECT scope_id, transaction_id, account_id, 5, 4, currency FROM dwello.ledger_entries WHERE transaction_id = $id AND leg = 2', 3),
  ('DELETE FROM dwello.ledger_entries WHERE transaction_id = $id AND leg = 1', 3),
  ('DELETE FROM dwello.ledger_entries WHERE transaction_id = $id AND leg = 3', 3),
  ('DELETE FROM dwello.ledger_entries WHERE transaction_id = $id', 4),
  ('UPDATE dwello.ledger_entries SET amount = 2 * amount WHERE transaction_id = $id', 2),
  ('UPDATE dwello.transactions SET amount = amount + 1 WHERE id = $id', 2),
  ('UPDATE dwello.transactions SET platform_fee = 0, net_amount = amount WHERE id = $id', 3),
  ('UPDATE dwello.transactions SET payee_id = payer_id WHERE id = $id', 4),
  ('UPDATE dwello.transactions SET completed_at = completed_at + interval ''1 microsecond'' WHERE id = $id', 4),
  ('UPDATE dwello.transactions SET occurred_at = ''2026-01-01 00:00+00'' WHERE id = $id', 2),
  ('UPDATE dwello.transactions SET booked_on = booked_on - 1 WHERE id = $id', 3),
  ('UPDATE dwello.transactions SET booked_on = NULL WHERE id = $id', 3),
  ('UPDATE dwello.transactions SET psp_reference = ''other'' WHERE id = $id', 1),
  ('UPDATE dwello.transactions SET actor_role = ''nobody'' WHERE id = $id', 5),
  ('UPDATE dwello.transactions SET actor_role = ''admin'' WHERE id = $id', 5),
  ('UPDATE dwello.transactions SET status = ''failed'', hash = NULL WHERE id = $id', 3),
  ('DELETE FROM dwello.transactions WHERE id = $id', 1),
  ('DELETE FROM dwello.transactions WHERE id = $id', 5),
  ('DELETE FROM dwello.transactions WHERE id = $id; DELETE FROM dwello.ledger_entries WHERE transaction_id = $id', 3),
  ('DELETE FROM dwello.transactions WHERE scope_id = $job', 1),
  ('UPDATE dwello.transactions SET prev_hash = decode(repeat(''ab'', 32), ''hex'') WHERE id = $id', 3),
  ('UPDATE dwello.transactions SET hash = decode(repeat(''ab'', 32), ''hex'') WHERE id = $id', 3),
  ('UPDATE dwello.transactions SET hash = decode(repeat(''ab'', 32), ''hex'') WHERE id = $id', 5),
  ('UPDATE dwello.escrow_accounts SET last_hash = decode(repeat(''ab'', 32), ''hex'') WHERE job_id = $job', 1),
  ('UPDATE dwello.escrow_accounts SET last_hash = NULL WHERE job_id = $job', 1)
) AS d (change, nth);

-- the first of several; the others of the same chain rest on it
SELECT t.tamper('UPDATE dwello.transactions SET net_amount = net_amount + 1 WHERE scope_id = $job') AS all_of_them;

-- reconcile and check say so, too
BEGIN;
SET LOCAL session_replication_role = replica;
UPDATE dwello.transactions SET psp_reference = 'other' WHERE id = (SELECT id FROM t.link WHERE n = 2);
SELECT v.leg, v.problem, l.n FROM dwello.verify_ledger(t.user('books')) AS v JOIN t.link AS l ON l.id = v.transaction_id;
SELECT r.invariant, r.object, r.currency, r.expected, r.actual, l.n FROM dwello.reconcile() AS r JOIN t.link AS l ON l.id = r.object_id;
SELECT count(*) AS since_later FROM dwello.reconcile(now() + interval '1 hour');
SELECT rule, object, hint FROM dwello.check() WHERE rule IN ('verify_ledger', 'reconcile');
ROLLBACK;

-- whose business it is
SELECT who, t.refused(who, 'verify_ledger()') FROM unnest(ARRAY['h1', 'p1', 'a1', 's1', NULL]) AS who;
SELECT t.refused('a1', $$verify_ledger(t.user('no job'))$$) AS unknown;
BEGIN READ ONLY;
SELECT count(*) FROM dwello.verify_ledger();
ROLLBACK;
SELECT t.forget('books');
DROP VIEW t.link;
DROP FUNCTION t.tamper;
