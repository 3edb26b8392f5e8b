--
-- order.sql
--	Events of one thing told in whatever order: where the company says when
--	each happened (occurred_at), every permutation ends as the true order does.
--	What is told too early (WD101) is told again when the others were.
--
SET client_min_messages = warning;

BEGIN;
-- All orders of n things.
CREATE FUNCTION t.orders(n integer) RETURNS SETOF integer[]
LANGUAGE sql
AS $$
  WITH RECURSIVE x AS (
    SELECT '{}'::integer[] AS p
    UNION ALL SELECT x.p || i FROM x, generate_series(1, n) AS i WHERE cardinality(x.p) < n AND NOT i = ANY (x.p))
  SELECT p FROM x WHERE cardinality(p) = n ORDER BY p
$$;
-- What the job, the provider and the companies have in the end: balances, and how the thing ended.
CREATE FUNCTION t.outcome(state text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  balances text;
  ended text;
  broken bigint;
BEGIN
  SELECT string_agg(format('%s %s', x.account, x.amount), ', ' ORDER BY x.account) INTO balances
    FROM (SELECT coalesce(a.kind::text, 'escrow') || ' ' || coalesce(nullif(a.psp, ''), '-') AS account, sum(n.amount) AS amount
            FROM dwello.ledger_entries AS n LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
           WHERE NOT EXISTS (SELECT FROM t.seen AS s WHERE s.scope_id = n.scope_id AND s.transaction_id = n.transaction_id)
           GROUP BY 1 HAVING sum(n.amount) <> 0) AS x;
  EXECUTE state INTO ended;
  SELECT count(*) INTO broken FROM dwello.reconcile();
  RETURN format('%s | %s | %s', ended, balances, broken);
END
$$;
-- Tells the events in an order, and whatever was too early again, and undoes it all; what it ended in.
CREATE FUNCTION t.tell(events text[], told integer[], state text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  waiting integer[] := told;
  early integer[];
  ended text;
  i integer;
BEGIN
  BEGIN
    WHILE waiting <> '{}' LOOP
      early := '{}';
      FOREACH i IN ARRAY waiting LOOP
        BEGIN
          EXECUTE 'SELECT * FROM dwello.' || events[i];
        EXCEPTION WHEN SQLSTATE 'WD101' THEN
          early := early || i;
        END;
      END LOOP;
      EXIT WHEN early = waiting;
      waiting := early;
    END LOOP;
    ended := t.outcome(state) || CASE WHEN waiting <> '{}' THEN ' | left ' || waiting::text ELSE '' END;
    RAISE EXCEPTION SQLSTATE 'TT003';
  EXCEPTION WHEN SQLSTATE 'TT003' THEN
    NULL;
  END;
  RETURN ended;
END
$$;
-- How the true order ends, how many orders there are, and those that end otherwise.
CREATE FUNCTION t.in_order(events text[], state text)
RETURNS TABLE (orders bigint, ends text, otherwise text)
LANGUAGE plpgsql
AS $$
DECLARE
  truth text := t.tell(events, (SELECT array_agg(i) FROM generate_series(1, cardinality(events)) AS i), state);
BEGIN
  RETURN QUERY SELECT count(*), truth, string_agg(x.p::text || ' ends ' || x.ended, E'\n') FILTER (WHERE x.ended IS DISTINCT FROM truth)
    FROM (SELECT p, t.tell(events, p, state) AS ended FROM t.orders(cardinality(events)) AS p) AS x;
END
$$;
CREATE TABLE t.seen AS SELECT n.scope_id, n.transaction_id FROM dwello.ledger_entries AS n LIMIT 0;
CREATE FUNCTION t.look() RETURNS void
LANGUAGE sql
AS $$
  DELETE FROM t.seen;
  INSERT INTO t.seen SELECT DISTINCT n.scope_id, n.transaction_id FROM dwello.ledger_entries AS n;
$$;
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

-- a refund that was asked for: sent, failed after all, sent once more, failed again
SELECT t.award('order', 100000);
SELECT held FROM dwello.confirm_payment(t.user('order'), 'seq', 'o 0', 100000, 'USD', psp_reference => 'ch o');
SELECT t.does('a1', $$refund_escrow(t.user('order'), 30000)$$);
SELECT id AS refund FROM dwello.refunds WHERE job_id = t.user('order') \gset
SELECT t.look();
SELECT set_config('t.refund', :'refund', true) IS NOT NULL AS named;
SELECT * FROM t.in_order(ARRAY[
  $$confirm_refund(t.user('order'), 'seq', 'o 1', refund_id => current_setting('t.refund')::uuid, occurred_at => '2031-01-01 01:00+00')$$,
  $$fail_refund(t.user('order'), 'seq', 'o 2', refund_id => current_setting('t.refund')::uuid, occurred_at => '2031-01-01 02:00+00')$$],
  $$SELECT string_agg(r.status::text, ' ' ORDER BY r.id) FROM dwello.refunds AS r WHERE r.job_id = t.user('order')$$);
SELECT * FROM t.in_order(ARRAY[
  $$fail_refund(t.user('order'), 'seq', 'o 1', refund_id => current_setting('t.refund')::uuid, occurred_at => '2031-01-01 01:00+00')$$,
  $$confirm_refund(t.user('order'), 'seq', 'o 2', refund_id => current_setting('t.refund')::uuid, occurred_at => '2031-01-01 02:00+00')$$],
  $$SELECT string_agg(r.status::text, ' ' ORDER BY r.id) FROM dwello.refunds AS r WHERE r.job_id = t.user('order')$$);
SELECT * FROM t.in_order(ARRAY[
  $$confirm_refund(t.user('order'), 'seq', 'o 1', refund_id => current_setting('t.refund')::uuid, occurred_at => '2031-01-01 01:00+00')$$,
  $$fail_refund(t.user('order'), 'seq', 'o 2', refund_id => current_setting('t.refund')::uuid, occurred_at => '2031-01-01 02:00+00')$$,
  $$confirm_refund(t.user('order'), 'seq', 'o 3', refund_id => current_setting('t.refund')::uuid, occurred_at => '2031-01-01 03:00+00')$$,
  $$fail_refund(t.user('order'), 'seq', 'o 4', refund_id => current_setting('t.refund')::uuid, occurred_at => '2031-01-01 04:00+00')$$],
  $$SELECT string_agg(r.status::text, ' ' ORDER BY r.id) FROM dwello.refunds AS r WHERE r.job_id = t.user('order')$$);
-- one that was asked for, between two that nobody had asked for
SELECT * FROM t.in_order(ARRAY[
  $$confirm_refund(t.user('order'), 'seq', 'o 1', amount => 500, psp_reference => 'ch o', occurred_at => '2031-01-01 01:00+00')$$,
  $$confirm_refund(t.user('order'), 'seq', 'o 2', amount => 30000, refund_id => current_setting('t.refund')::uuid, occurred_at => '2031-01-01 02:00+00')$$,
  $$confirm_refund(t.user('order'), 'seq', 'o 3', amount => 700, psp_reference => 'ch o', occurred_at => '2031-01-01 03:00+00')$$],
  $$SELECT sum(r.amount - r.reversed) || ' ' || r.status FROM dwello.refunds AS r WHERE r.job_id = t.user('order') GROUP BY r.status$$);

-- two refunds, of which one comes back, and a bank takes a part of the rest: told by its id, or by the company's names
SELECT * FROM t.in_order(ARRAY[
  $$confirm_refund(t.user('order'), 'seq', 'o 1', amount => 30000, refund_id => current_setting('t.refund')::uuid, occurred_at => '2031-01-01 01:00+00')$$,
  $$confirm_refund(t.user('order'), 'seq', 'o 2', amount => 20000, psp_reference => 'ch o', occurred_at => '2031-01-01 02:00+00')$$,
  $$fail_refund(t.user('order'), 'seq', 'o 3', refund_id => current_setting('t.refund')::uuid, occurred_at => '2031-01-01 03:00+00')$$,
  $$open_chargeback(t.user('order'), 'seq', 'b 1', 40000, 'USD', 'ch o', occurred_at => '2031-01-01 04:00+00')$$],
  $$SELECT e.held || ' ' || e.refunded || ' ' || sum(c.remaining) FROM dwello.escrow_accounts AS e JOIN dwello.receipts AS c USING (job_id)
     WHERE job_id = t.user('order') GROUP BY e.held, e.refunded$$);
SELECT * FROM t.in_order(ARRAY[
  $$confirm_refund(t.user('order'), 'seq', 'o 1', amount => 30000, psp_reference => 'ch o', refund_reference => 're 1', occurred_at => '2031-01-01 01:00+00')$$,
  $$confirm_refund(NULL, 'seq', 'o 2', amount => 30000, psp_reference => 'ch o', refund_reference => 're 2', occurred_at => '2031-01-01 02:00+00')$$,
  $$fail_refund(NULL, 'seq', 'o 3', refund_reference => 're 1', occurred_at => '2031-01-01 03:00+00')$$,
  $$open_chargeback(t.user('order'), 'seq', 'b 1', 40000, 'USD', 'ch o', occurred_at => '2031-01-01 04:00+00')$$],
  $$SELECT e.held || ' ' || e.refunded || ' ' || sum(c.remaining) FROM dwello.escrow_accounts AS e JOIN dwello.receipts AS c USING (job_id)
     WHERE job_id = t.user('order') GROUP BY e.held, e.refunded$$);
-- the one that nobody asked for comes back, and is sent after all
SELECT * FROM t.in_order(ARRAY[
  $$confirm_refund(t.user('order'), 'seq', 'o 1', amount => 30000, psp_reference => 'ch o', refund_reference => 're 1', occurred_at => '2031-01-01 01:00+00')$$,
  $$confirm_refund(NULL, 'seq', 'o 2', amount => 20000, psp_reference => 'ch o', refund_reference => 're 2', occurred_at => '2031-01-01 02:00+00')$$,
  $$fail_refund(NULL, 'seq', 'o 3', refund_reference => 're 2', occurred_at => '2031-01-01 03:00+00')$$,
  $$confirm_refund(NULL, 'seq', 'o 4', amount => 20000, refund_reference => 're 2', occurred_at => '2031-01-01 04:00+00')$$],
  $$SELECT e.held || ' ' || e.refunded || ' ' || (SELECT coalesce(sum(c.remaining), 0) FROM dwello.receipts AS c WHERE c.job_id = e.job_id)
      FROM dwello.escrow_accounts AS e WHERE e.job_id = t.user('order')$$);

-- a chargeback: opened, won, lost after all, lost in part; and won after it was lost
SELECT * FROM t.in_order(ARRAY[
  $$open_chargeback(t.user('order'), 'seq', 'b 1', 20000, 'USD', 'ch o', occurred_at => '2031-01-01 01:00+00')$$,
  $$close_chargeback(NULL, 'seq', 'b 2', true, psp_reference => 'ch o', occurred_at => '2031-01-01 02:00+00')$$,
  $$close_chargeback(NULL, 'seq', 'b 3', false, psp_reference => 'ch o', occurred_at => '2031-01-01 03:00+00')$$,
  $$close_chargeback(NULL, 'seq', 'b 4', false, lost_amount => 5000, psp_reference => 'ch o', occurred_at => '2031-01-01 04:00+00')$$],
  $$SELECT string_agg(c.status::text || ' ' || c.lost_amount, ' ') FROM dwello.chargebacks AS c WHERE c.job_id = t.user('order')$$);
SELECT * FROM t.in_order(ARRAY[
  $$open_chargeback(t.user('order'), 'seq', 'b 1', 20000, 'USD', 'ch o', occurred_at => '2031-01-01 01:00+00')$$,
  $$close_chargeback(NULL, 'seq', 'b 2', false, psp_reference => 'ch o', occurred_at => '2031-01-01 02:00+00')$$,
  $$close_chargeback(NULL, 'seq', 'b 3', true, psp_reference => 'ch o', occurred_at => '2031-01-01 03:00+00')$$],
  $$SELECT string_agg(c.status::text, ' ') || ' ' || e.status || ' ' || e.held FROM dwello.chargebacks AS c JOIN dwello.escrow_accounts AS e USING (job_id)
     WHERE c.job_id = t.user('order') GROUP BY e.status, e.held$$);
-- of a receipt of no job
SELECT receipt_reason FROM dwello.confirm_payment(NULL, 'seq', 'o 5', 900, 'EUR', psp_reference => 'ch e');
SELECT t.look();
SELECT * FROM t.in_order(ARRAY[
  $$open_chargeback(NULL, 'seq', 'b 1', 900, 'EUR', 'ch e', occurred_at => '2031-01-01 01:00+00')$$,
  $$close_chargeback(NULL, 'seq', 'b 2', true, psp_reference => 'ch e', occurred_at => '2031-01-01 02:00+00')$$,
  $$close_chargeback(NULL, 'seq', 'b 3', false, lost_amount => 300, psp_reference => 'ch e', occurred_at => '2031-01-01 03:00+00')$$],
  $$SELECT string_agg(c.status::text, ' ') || ' ' || (SELECT r.remaining FROM dwello.receipts AS r WHERE r.event_id = 'o 5')
      FROM dwello.chargebacks AS c WHERE c.psp_reference = 'ch e'$$);

-- a payment that succeeded, and of which a failed attempt, and then its end, was told
SELECT t.award('paid', 10000);
SELECT t.does('h1', $$fund_escrow(t.user('paid'))$$);
SELECT set_config('t.payment', x.id::text, true) IS NOT NULL AS named FROM dwello.transactions AS x WHERE x.scope_id = t.user('paid');
SELECT t.look();
SELECT * FROM t.in_order(ARRAY[
  $$fail_payment(t.user('paid'), 'seq', 'p 1', current_setting('t.payment')::uuid, occurred_at => '2031-01-01 01:00+00')$$,
  $$confirm_payment(t.user('paid'), 'seq', 'p 2', 10000, 'USD', current_setting('t.payment')::uuid, occurred_at => '2031-01-01 02:00+00')$$,
  $$fail_payment(t.user('paid'), 'seq', 'p 3', current_setting('t.payment')::uuid, is_final => true, occurred_at => '2031-01-01 03:00+00')$$],
  $$SELECT e.status || ' ' || e.held FROM dwello.escrow_accounts AS e WHERE e.job_id = t.user('paid')$$);

-- one that failed for good, and then succeeded all the same; a tip
SELECT * FROM t.in_order(ARRAY[
  $$fail_payment(t.user('paid'), 'seq', 'p 1', current_setting('t.payment')::uuid, is_final => true, occurred_at => '2031-01-01 01:00+00')$$,
  $$confirm_payment(t.user('paid'), 'seq', 'p 2', 10000, 'USD', current_setting('t.payment')::uuid, occurred_at => '2031-01-01 02:00+00')$$,
  $$fail_payment(t.user('paid'), 'seq', 'p 3', current_setting('t.payment')::uuid, is_final => true, occurred_at => '2031-01-01 03:00+00')$$],
  $$SELECT e.status || ' ' || e.held FROM dwello.escrow_accounts AS e WHERE e.job_id = t.user('paid')$$);
SELECT t.award('tipped', 10000);
SELECT held FROM dwello.confirm_payment(t.user('tipped'), 'seq', 't 1', 10000, 'USD');
SELECT t.start('tipped');
SELECT t.does('h1', $$release_escrow(t.user('tipped'))$$), t.does('h1', $$tip(t.user('tipped'), 2000)$$);
SELECT set_config('t.tip', x.id::text, true) IS NOT NULL AS named FROM dwello.transactions AS x WHERE x.scope_id = t.user('tipped') AND x.status = 'pending';
SELECT t.look();
SELECT * FROM t.in_order(ARRAY[
  $$fail_payment(t.user('tipped'), 'seq', 't 2', current_setting('t.tip')::uuid, is_final => true, occurred_at => '2031-01-01 01:00+00')$$,
  $$confirm_payment(t.user('tipped'), 'seq', 't 3', 2000, 'USD', current_setting('t.tip')::uuid, occurred_at => '2031-01-01 02:00+00')$$],
  $$SELECT count(*)::text FROM dwello.receipts AS r WHERE r.event_id = 't 3'$$);

-- a payment, a refund and a chargeback of it, told in any order and for no job, or for one that awaits nothing: the loss ends alike,
-- and so does what the company holds; what is held for somebody is what it holds
CREATE FUNCTION t.ends(events text[], told integer[]) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  ended text;
BEGIN
  ended := t.tell(events, told, $q$
    SELECT string_agg(format('%s %s', y.account, y.amount), ', ' ORDER BY y.account)
      FROM (SELECT CASE WHEN a.kind IN ('psp_clearing', 'chargeback_clearing', 'platform_loss') THEN a.kind::text ELSE 'held' END AS account,
                   sum(n.amount) AS amount
              FROM dwello.ledger_entries AS n LEFT JOIN dwello.ledger_accounts AS a ON a.id = n.account_id
             WHERE NOT EXISTS (SELECT FROM t.seen AS s WHERE s.scope_id = n.scope_id AND s.transaction_id = n.transaction_id)
             GROUP BY 1 HAVING sum(n.amount) <> 0) AS y$q$);
  RETURN regexp_replace(ended, ' \| .* \| ', ' | ');
END
$$;
CREATE FUNCTION t.all_end(events text[]) RETURNS TABLE (orders bigint, ends text, otherwise text)
LANGUAGE sql
AS $$
  WITH x AS MATERIALIZED (SELECT p, t.ends(events, p) AS ended FROM t.orders(cardinality(events)) AS p),
  truth AS (SELECT x.ended FROM x ORDER BY x.p LIMIT 1)
  SELECT count(*), min(truth.ended), string_agg(x.p::text || ' ends ' || x.ended, E'\n') FILTER (WHERE x.ended <> truth.ended) FROM x, truth
$$;
SELECT t.award('any', 100000);
SELECT t.award('none', 100000);
SELECT t.look();
SELECT x.job, y.story, e.* FROM (VALUES ('NULL'), ($$t.user('any')$$)) AS x (job), LATERAL (VALUES
  ('refunded', ARRAY['P', 'R']),
  ('refunded whole', ARRAY['P', 'R whole']),
  ('in parts', ARRAY['P', 'R', 'R 2']),
  ('won', ARRAY['P', 'CB', 'won']),
  ('lost', ARRAY['P', 'CB', 'lost']),
  ('lost in part', ARRAY['P', 'CB', 'part']),
  ('both, won', ARRAY['P', 'R', 'CB', 'won']),
  ('both, lost', ARRAY['P', 'R', 'CB', 'lost']),
  ('both, lost in part', ARRAY['P', 'R', 'CB', 'part']),
  ('more than was paid', ARRAY['P', 'R', 'CB 2']),
  ('two payments', ARRAY['P', 'P 2', 'R', 'R whole'])) AS y (story, names),
  LATERAL (SELECT array_agg(format(z.call, x.job) ORDER BY o.i) AS events FROM unnest(y.names) WITH ORDINALITY AS o (name, i)
    JOIN (VALUES
      ('P', $$confirm_payment(%s, 'seq', 'z 1', 100000, 'USD', psp_reference => 'ch z', occurred_at => '2031-01-01 01:00+00')$$),
      ('P 2', $$confirm_payment(%s, 'seq', 'z 1b', 50000, 'USD', psp_reference => 'ch z', occurred_at => '2031-01-01 01:00+00')$$),
      ('R', $$confirm_refund(%s, 'seq', 'z 2', amount => 40000, psp_reference => 'ch z', currency => 'USD', occurred_at => '2031-01-01 02:00+00')$$),
      ('R 2', $$confirm_refund(%s, 'seq', 'z 3', amount => 35000, psp_reference => 'ch z', currency => 'USD', occurred_at => '2031-01-01 02:00+00')$$),
      ('R whole', $$confirm_refund(%s, 'seq', 'z 4', amount => 100000, psp_reference => 'ch z', currency => 'USD', occurred_at => '2031-01-01 02:00+00')$$),
      ('CB', $$open_chargeback(%s, 'seq', 'z 5', 60000, 'USD', 'ch z', case_reference => 'dp z', occurred_at => '2031-01-01 03:00+00')$$),
      ('CB 2', $$open_chargeback(%s, 'seq', 'z 6', 90000, 'USD', 'ch z', case_reference => 'dp y', occurred_at => '2031-01-01 03:00+00')$$),
      ('won', $$close_chargeback(%s, 'seq', 'z 7', true, case_reference => 'dp z', occurred_at => '2031-01-01 04:00+00')$$),
      ('lost', $$close_chargeback(%s, 'seq', 'z 8', false, case_reference => 'dp z', occurred_at => '2031-01-01 04:00+00')$$),
      ('part', $$close_chargeback(%s, 'seq', 'z 9', false, lost_amount => 20000, case_reference => 'dp z', occurred_at => '2031-01-01 04:00+00')$$))
      AS z (name, call) ON z.name = o.name) AS w,
  LATERAL t.all_end(w.events) AS e;
-- told for another job than the payment, which says whose they are once it is known
SELECT * FROM t.all_end(ARRAY[
  $$confirm_payment(t.user('any'), 'seq', 'z 1', 100000, 'USD', psp_reference => 'ch z', occurred_at => '2031-01-01 01:00+00')$$,
  $$confirm_refund(t.user('none'), 'seq', 'z 2', amount => 40000, psp_reference => 'ch z', occurred_at => '2031-01-01 02:00+00')$$,
  $$open_chargeback(t.user('none'), 'seq', 'z 3', 60000, 'USD', 'ch z', occurred_at => '2031-01-01 03:00+00')$$]);
-- a repayment
SELECT * FROM t.all_end(ARRAY[
  $$confirm_repayment(t.user('p2'), 'seq', 'z 1', 100000, 'USD', psp_reference => 'ch z', occurred_at => '2031-01-01 01:00+00')$$,
  $$confirm_refund(NULL, 'seq', 'z 2', amount => 30000, psp_reference => 'ch z', currency => 'USD', occurred_at => '2031-01-01 02:00+00')$$,
  $$open_chargeback(NULL, 'seq', 'z 3', 60000, 'USD', 'ch z', case_reference => 'dp z', occurred_at => '2031-01-01 03:00+00')$$,
  $$close_chargeback(NULL, 'seq', 'z 4', false, lost_amount => 20000, case_reference => 'dp z', occurred_at => '2031-01-01 04:00+00')$$]);

-- what comes back to a charge, or lies in a receipt of it, makes good what refunds and banks have taken of it, in every order
SELECT y.story, e.* FROM (VALUES
  ('failed, all taken', ARRAY['P', 'R', 'F', 'CB']),
  ('failed, all taken, won', ARRAY['P', 'R', 'F', 'CB', 'won']),
  ('failed, all refunded', ARRAY['P', 'R', 'F', 'R all']),
  ('failed, taken in two cases', ARRAY['P', 'R', 'F', 'CB 60', 'CB 40']),
  ('won, all refunded', ARRAY['P', 'CB 60', 'won 60', 'R all']),
  ('all refunded, won', ARRAY['P', 'CB 60', 'R all', 'won 60']),
  ('two cases, one won', ARRAY['P', 'CB 60', 'CB', 'won']),
  ('two cases, the other won', ARRAY['P', 'CB 60', 'CB', 'won 60']),
  ('repaid, failed, all taken', ARRAY['RP', 'R', 'F', 'CB']),
  ('repaid, failed, all taken, won', ARRAY['RP', 'R', 'F', 'CB', 'won'])) AS y (story, names),
  LATERAL (SELECT array_agg(z.call ORDER BY o.i) AS events FROM unnest(y.names) WITH ORDINALITY AS o (name, i)
    JOIN (VALUES
      ('P', $$confirm_payment(NULL, 'seq', 'z 1', 100000, 'USD', psp_reference => 'ch z', occurred_at => '2031-01-01 01:00+00')$$),
      ('RP', $$confirm_repayment(t.user('p2'), 'seq', 'z 1', 100000, 'USD', psp_reference => 'ch z', occurred_at => '2031-01-01 01:00+00')$$),
      ('R', $$confirm_refund(NULL, 'seq', 'z 2', amount => 40000, psp_reference => 'ch z', refund_reference => 're z', currency => 'USD', occurred_at => '2031-01-01 02:00+00')$$),
      ('F', $$fail_refund(NULL, 'seq', 'z 3', refund_reference => 're z', occurred_at => '2031-01-01 03:00+00')$$),
      ('R all', $$confirm_refund(NULL, 'seq', 'z 4', amount => 100000, psp_reference => 'ch z', refund_reference => 're y', currency => 'USD', occurred_at => '2031-01-01 05:00+00')$$),
      ('CB', $$open_chargeback(NULL, 'seq', 'z 5', 100000, 'USD', 'ch z', case_reference => 'dp z', occurred_at => '2031-01-01 04:00+00')$$),
      ('CB 60', $$open_chargeback(NULL, 'seq', 'z 6', 60000, 'USD', 'ch z', case_reference => 'dp y', occurred_at => '2031-01-01 04:00+00')$$),
      ('CB 40', $$open_chargeback(NULL, 'seq', 'z 7', 40000, 'USD', 'ch z', case_reference => 'dp x', occurred_at => '2031-01-01 04:30+00')$$),
      ('won', $$close_chargeback(NULL, 'seq', 'z 8', true, case_reference => 'dp z', occurred_at => '2031-01-01 06:00+00')$$),
      ('won 60', $$close_chargeback(NULL, 'seq', 'z 9', true, case_reference => 'dp y', occurred_at => '2031-01-01 06:00+00')$$))
      AS z (name, call) ON z.name = o.name) AS w,
  LATERAL t.all_end(w.events) AS e;

-- the same of what comes back to a provider, who had repaid it or had it as a tip
SELECT t.award('thanked', 100000);
SELECT held FROM dwello.confirm_payment(t.user('thanked'), 'seq', 'th 1', 100000, 'USD');
SELECT t.start('thanked');
SELECT t.does('h1', $$release_escrow(t.user('thanked'))$$), t.does('h1', $$tip(t.user('thanked'), 100000)$$);
SELECT set_config('t.thanks', x.id::text, true) IS NOT NULL AS named FROM dwello.transactions AS x WHERE x.scope_id = t.user('thanked') AND x.status = 'pending';
SELECT t.look();
SELECT x.of_what, y.story, e.* FROM (VALUES ('repayment', $$confirm_repayment(t.user('p2'), 'seq', 'z 1', 100000, 'USD'$$),
    ('tip', $$confirm_payment(t.user('thanked'), 'seq', 'z 1', 100000, 'USD', current_setting('t.thanks')::uuid$$)) AS x (of_what, paid),
  LATERAL (VALUES
  ('won, all refunded', ARRAY['P', 'CB 60', 'won 60', 'R all']),
  ('all refunded, won', ARRAY['P', 'CB 60', 'R all', 'won 60']),
  ('two cases, one won', ARRAY['P', 'CB 60', 'CB', 'won 60']),
  ('two cases, the other won', ARRAY['P', 'CB 60', 'CB', 'won']),
  ('two cases, one won, one lost in part', ARRAY['P', 'CB 60', 'CB', 'won 60', 'part']),
  ('failed, all taken, won', ARRAY['P', 'R', 'F', 'CB', 'won'])) AS y (story, names),
  LATERAL (SELECT array_agg(replace(z.call, '%', x.paid) ORDER BY o.i) AS events FROM unnest(y.names) WITH ORDINALITY AS o (name, i)
    JOIN (VALUES
      ('P', $$%, psp_reference => 'ch z', occurred_at => '2031-01-01 01:00+00')$$),
      ('R', $$confirm_refund(NULL, 'seq', 'z 2', amount => 40000, psp_reference => 'ch z', refund_reference => 're z', currency => 'USD', occurred_at => '2031-01-01 02:00+00')$$),
      ('F', $$fail_refund(NULL, 'seq', 'z 3', refund_reference => 're z', occurred_at => '2031-01-01 03:00+00')$$),
      ('R all', $$confirm_refund(NULL, 'seq', 'z 4', amount => 100000, psp_reference => 'ch z', refund_reference => 're y', currency => 'USD', occurred_at => '2031-01-01 05:00+00')$$),
      ('CB', $$open_chargeback(NULL, 'seq', 'z 5', 100000, 'USD', 'ch z', case_reference => 'dp z', occurred_at => '2031-01-01 04:00+00')$$),
      ('CB 60', $$open_chargeback(NULL, 'seq', 'z 6', 60000, 'USD', 'ch z', case_reference => 'dp y', occurred_at => '2031-01-01 04:00+00')$$),
      ('won', $$close_chargeback(NULL, 'seq', 'z 8', true, case_reference => 'dp z', occurred_at => '2031-01-01 06:00+00')$$),
      ('part', $$close_chargeback(NULL, 'seq', 'z 7', false, lost_amount => 70000, case_reference => 'dp z', occurred_at => '2031-01-01 06:00+00')$$),
      ('won 60', $$close_chargeback(NULL, 'seq', 'z 9', true, case_reference => 'dp y', occurred_at => '2031-01-01 06:00+00')$$))
      AS z (name, call) ON z.name = o.name) AS w,
  LATERAL t.all_end(w.events) AS e;

-- the same of what comes back to an escrow, out of which nobody is paid then
SELECT y.story, e.* FROM (VALUES
  ('won, all refunded', ARRAY['P', 'CB 60', 'won 60', 'R all']),
  ('all refunded, won', ARRAY['P', 'CB 60', 'R all', 'won 60']),
  ('all taken, refunded, won', ARRAY['P', 'CB', 'R', 'won']),
  ('all refunded, lost in part', ARRAY['P', 'CB', 'R all', 'part']),
  ('failed, all refunded', ARRAY['P', 'R', 'F', 'R all'])) AS y (story, names),
  LATERAL (SELECT array_agg(z.call ORDER BY o.i) AS events FROM unnest(y.names) WITH ORDINALITY AS o (name, i)
    JOIN (VALUES
      ('P', $$confirm_payment(t.user('any'), 'seq', 'z 1', 100000, 'USD', psp_reference => 'ch z', occurred_at => '2031-01-01 01:00+00')$$),
      ('R', $$confirm_refund(NULL, 'seq', 'z 2', amount => 40000, psp_reference => 'ch z', refund_reference => 're z', currency => 'USD', occurred_at => '2031-01-01 02:00+00')$$),
      ('F', $$fail_refund(NULL, 'seq', 'z 3', refund_reference => 're z', occurred_at => '2031-01-01 03:00+00')$$),
      ('R all', $$confirm_refund(NULL, 'seq', 'z 4', amount => 100000, psp_reference => 'ch z', refund_reference => 're y', currency => 'USD', occurred_at => '2031-01-01 05:00+00')$$),
      ('CB', $$open_chargeback(NULL, 'seq', 'z 5', 100000, 'USD', 'ch z', case_reference => 'dp z', occurred_at => '2031-01-01 04:00+00')$$),
      ('CB 60', $$open_chargeback(NULL, 'seq', 'z 6', 60000, 'USD', 'ch z', case_reference => 'dp y', occurred_at => '2031-01-01 04:00+00')$$),
      ('won', $$close_chargeback(NULL, 'seq', 'z 8', true, case_reference => 'dp z', occurred_at => '2031-01-01 06:00+00')$$),
      ('part', $$close_chargeback(NULL, 'seq', 'z 7', false, lost_amount => 30000, case_reference => 'dp z', occurred_at => '2031-01-01 06:00+00')$$),
      ('won 60', $$close_chargeback(NULL, 'seq', 'z 9', true, case_reference => 'dp y', occurred_at => '2031-01-01 06:00+00')$$))
      AS z (name, call) ON z.name = o.name) AS w,
  LATERAL t.all_end(w.events) AS e;
-- and two cases of one payment of which one is won: the other takes what it would have taken alone, of an escrow that nobody was
-- paid out of, and of one that was released
SELECT y.story, e.* FROM (VALUES
  ('one won', ARRAY['P', 'CB 60', 'CB 70', 'won 60']),
  ('one won, one lost', ARRAY['P', 'CB 60', 'CB 70', 'won 60', 'lost 70']),
  ('one lost, one won', ARRAY['P', 'CB 60', 'CB 70', 'lost 60', 'won 70']),
  ('one won, one lost in part', ARRAY['P', 'CB 60', 'CB 70', 'won 60', 'part 70']),
  ('lost in part, one won', ARRAY['P', 'CB 60', 'CB 70', 'part 60', 'won 70']),
  ('both won', ARRAY['P', 'CB 60', 'CB 70', 'won 60', 'won 70']),
  ('failed, all taken', ARRAY['P', 'R', 'F', 'CB 100'])) AS y (story, names),
  LATERAL (SELECT array_agg(z.call ORDER BY o.i) AS events FROM unnest(y.names) WITH ORDINALITY AS o (name, i)
    JOIN (VALUES
      ('P', $$confirm_payment(t.user('any'), 'seq', 'z 1', 100000, 'USD', psp_reference => 'ch z', occurred_at => '2031-01-01 01:00+00')$$),
      ('R', $$confirm_refund(NULL, 'seq', 'z 2', amount => 40000, psp_reference => 'ch z', refund_reference => 're z', currency => 'USD', occurred_at => '2031-01-01 02:00+00')$$),
      ('F', $$fail_refund(NULL, 'seq', 'z 3', refund_reference => 're z', occurred_at => '2031-01-01 03:00+00')$$),
      ('CB 60', $$open_chargeback(NULL, 'seq', 'z 4', 60000, 'USD', 'ch z', case_reference => 'dp y', occurred_at => '2031-01-01 04:00+00')$$),
      ('CB 70', $$open_chargeback(NULL, 'seq', 'z 5', 70000, 'USD', 'ch z', case_reference => 'dp z', occurred_at => '2031-01-01 05:00+00')$$),
      ('CB 100', $$open_chargeback(NULL, 'seq', 'z 6', 100000, 'USD', 'ch z', case_reference => 'dp x', occurred_at => '2031-01-01 05:00+00')$$),
      ('won 60', $$close_chargeback(NULL, 'seq', 'z 7', true, case_reference => 'dp y', occurred_at => '2031-01-01 06:00+00')$$),
      ('lost 60', $$close_chargeback(NULL, 'seq', 'z 8', false, case_reference => 'dp y', occurred_at => '2031-01-01 06:00+00')$$),
      ('part 60', $$close_chargeback(NULL, 'seq', 'z 9', false, lost_amount => 50000, case_reference => 'dp y', occurred_at => '2031-01-01 06:00+00')$$),
      ('won 70', $$close_chargeback(NULL, 'seq', 'z 10', true, case_reference => 'dp z', occurred_at => '2031-01-01 07:00+00')$$),
      ('lost 70', $$close_chargeback(NULL, 'seq', 'z 11', false, case_reference => 'dp z', occurred_at => '2031-01-01 07:00+00')$$),
      ('part 70', $$close_chargeback(NULL, 'seq', 'z 12', false, lost_amount => 50000, case_reference => 'dp z', occurred_at => '2031-01-01 07:00+00')$$))
      AS z (name, call) ON z.name = o.name) AS w,
  LATERAL t.all_end(w.events) AS e;
SELECT t.award('worked', 100000);
SELECT held FROM dwello.confirm_payment(t.user('worked'), 'seq', 'wo 1', 100000, 'USD', psp_reference => 'ch w', occurred_at => '2031-01-01 01:00+00');
SELECT t.start('worked');
SELECT t.does('h1', $$release_escrow(t.user('worked'), amount => 50000)$$);
SELECT t.look();
SELECT y.story, e.* FROM (VALUES
  ('one won', ARRAY['CB 60', 'CB 70', 'won 60']),
  ('one won, one lost', ARRAY['CB 60', 'CB 70', 'won 60', 'lost 70']),
  ('one lost, one won', ARRAY['CB 60', 'CB 70', 'lost 60', 'won 70']),
  ('one won, one lost in part', ARRAY['CB 60', 'CB 70', 'won 60', 'part 70']),
  ('lost in part, one won', ARRAY['CB 60', 'CB 70', 'part 60', 'won 70']),
  ('all taken, one won', ARRAY['CB 60', 'CB 100', 'won 60']),
  ('both won', ARRAY['CB 60', 'CB 70', 'won 60', 'won 70'])) AS y (story, names),
  LATERAL (SELECT array_agg(z.call ORDER BY o.i) AS events FROM unnest(y.names) WITH ORDINALITY AS o (name, i)
    JOIN (VALUES
      ('CB 60', $$open_chargeback(NULL, 'seq', 'z 4', 60000, 'USD', 'ch w', case_reference => 'dp y', occurred_at => '2031-01-01 04:00+00')$$),
      ('CB 70', $$open_chargeback(NULL, 'seq', 'z 5', 70000, 'USD', 'ch w', case_reference => 'dp z', occurred_at => '2031-01-01 05:00+00')$$),
      ('CB 100', $$open_chargeback(NULL, 'seq', 'z 6', 100000, 'USD', 'ch w', case_reference => 'dp x', occurred_at => '2031-01-01 05:00+00')$$),
      ('won 60', $$close_chargeback(NULL, 'seq', 'z 7', true, case_reference => 'dp y', occurred_at => '2031-01-01 06:00+00')$$),
      ('lost 60', $$close_chargeback(NULL, 'seq', 'z 8', false, case_reference => 'dp y', occurred_at => '2031-01-01 06:00+00')$$),
      ('part 60', $$close_chargeback(NULL, 'seq', 'z 9', false, lost_amount => 50000, case_reference => 'dp y', occurred_at => '2031-01-01 06:00+00')$$),
      ('won 70', $$close_chargeback(NULL, 'seq', 'z 10', true, case_reference => 'dp z', occurred_at => '2031-01-01 07:00+00')$$),
      ('lost 70', $$close_chargeback(NULL, 'seq', 'z 11', false, case_reference => 'dp z', occurred_at => '2031-01-01 07:00+00')$$),
      ('part 70', $$close_chargeback(NULL, 'seq', 'z 12', false, lost_amount => 50000, case_reference => 'dp z', occurred_at => '2031-01-01 07:00+00')$$))
      AS z (name, call) ON z.name = o.name) AS w,
  LATERAL t.all_end(w.events) AS e;
-- one that failed, was put into the escrow again, and is sent after all goes out of the escrow
SELECT held FROM dwello.confirm_payment(t.user('any'), 'seq', 'z 1', 100000, 'USD', psp_reference => 'ch z');
SELECT held FROM dwello.confirm_refund(t.user('any'), 'seq', 'z 2', amount => 40000, psp_reference => 'ch z', refund_reference => 're z');
SELECT refund_status FROM dwello.fail_refund(t.user('any'), 'seq', 'z 3', refund_reference => 're z');
SELECT t.does('a1', format($$assign_receipt(%L, t.user('any'))$$, id)) FROM dwello.receipts WHERE event_id = 'z 3';
SELECT escrow_status, held, refunded, amount FROM dwello.confirm_refund(t.user('any'), 'seq', 'z 4', amount => 40000, psp_reference => 'ch z', refund_reference => 're z');
SELECT r.status, r.reversed, r.loss FROM dwello.refunds AS r WHERE r.refund_reference = 're z';
SELECT * FROM dwello.reconcile();
SELECT t.does('a1', $$refund_escrow(t.user('any'), 60001)$$) AS more_than_is_left, t.does('a1', $$refund_escrow(t.user('any'), 60000)$$) AS all_of_it;

-- a receipt that became payments of two jobs: a refund or a bank takes all that it became, whichever job an event is told for
SELECT t.award('one', 100000), t.award('other', 50000);
SELECT receipt_reason FROM dwello.confirm_payment(NULL, 'seq', 's 1', 160000, 'USD', psp_reference => 'ch s', occurred_at => '2031-01-01 01:00+00');
SELECT t.does('a1', format($$assign_receipt(%L, t.user('one'))$$, id)), t.does('a1', format($$assign_receipt(%L, t.user('other'))$$, id))
  FROM dwello.receipts WHERE event_id = 's 1';
SELECT t.look();
SELECT x.job, y.story, e.* FROM (VALUES ('NULL'), ($$t.user('other')$$)) AS x (job), LATERAL (VALUES
  ('all refunded', ARRAY['R all']),
  ('refunded in parts', ARRAY['R 30', 'R 130']),
  ('refunded, failed', ARRAY['R all', 'F']),
  ('all taken', ARRAY['CB']),
  ('won', ARRAY['CB', 'won']),
  ('lost', ARRAY['CB', 'lost']),
  ('lost in part', ARRAY['CB', 'part']),
  ('won, lost after all', ARRAY['CB', 'won', 'lost 7']),
  ('a part refunded, the rest taken', ARRAY['R 30', 'CB 130', 'lost']),
  ('two cases', ARRAY['CB 130', 'CB 30', 'lost'])) AS y (story, names),
  LATERAL (SELECT array_agg(format(z.call, x.job) ORDER BY o.i) AS events FROM unnest(y.names) WITH ORDINALITY AS o (name, i)
    JOIN (VALUES
      ('R all', $$confirm_refund(%s, 'seq', 'v 1', amount => 160000, psp_reference => 'ch s', refund_reference => 're v', currency => 'USD', occurred_at => '2031-01-01 02:00+00')$$),
      ('R 30', $$confirm_refund(%s, 'seq', 'v 2', amount => 30000, psp_reference => 'ch s', refund_reference => 're u', currency => 'USD', occurred_at => '2031-01-01 02:00+00')$$),
      ('R 130', $$confirm_refund(%s, 'seq', 'v 3', amount => 130000, psp_reference => 'ch s', refund_reference => 're w', currency => 'USD', occurred_at => '2031-01-01 02:30+00')$$),
      ('F', $$fail_refund(%s, 'seq', 'v 4', refund_reference => 're v', occurred_at => '2031-01-01 03:00+00')$$),
      ('CB', $$open_chargeback(%s, 'seq', 'v 5', 160000, 'USD', 'ch s', case_reference => 'dp v', occurred_at => '2031-01-01 04:00+00')$$),
      ('CB 130', $$open_chargeback(%s, 'seq', 'v 6', 130000, 'USD', 'ch s', case_reference => 'dp v', occurred_at => '2031-01-01 04:00+00')$$),
      ('CB 30', $$open_chargeback(%s, 'seq', 'v 7', 30000, 'USD', 'ch s', case_reference => 'dp u', occurred_at => '2031-01-01 04:00+00')$$),
      ('won', $$close_chargeback(%s, 'seq', 'v 8', true, case_reference => 'dp v', occurred_at => '2031-01-01 05:00+00')$$),
      ('lost', $$close_chargeback(%s, 'seq', 'v 9', false, case_reference => 'dp v', occurred_at => '2031-01-01 05:00+00')$$),
      ('lost 7', $$close_chargeback(%s, 'seq', 'v 10', false, case_reference => 'dp v', occurred_at => '2031-01-01 07:00+00')$$),
      ('part', $$close_chargeback(%s, 'seq', 'v 11', false, lost_amount => 120000, case_reference => 'dp v', occurred_at => '2031-01-01 05:00+00')$$))
      AS z (name, call) ON z.name = o.name) AS w,
  LATERAL t.all_end(w.events) AS e;
-- one case on a receipt that was won, of what has become payments since: lost after all it takes the jobs' money, and gives it back
SELECT receipt_reason FROM dwello.confirm_payment(NULL, 'seq', 's 2', 160000, 'USD', psp_reference => 'ch r');
SELECT held_amount, covered_amount FROM dwello.open_chargeback(NULL, 'seq', 's 3', 160000, 'USD', 'ch r', case_reference => 'dp r');
SELECT chargeback_status, covered_amount FROM dwello.close_chargeback(NULL, 'seq', 's 4', true, case_reference => 'dp r');
SELECT t.award('first', 100000), t.award('second', 50000);
SELECT t.does('a1', format($$assign_receipt(%L, t.user('first'))$$, id)), t.does('a1', format($$assign_receipt(%L, t.user('second'))$$, id))
  FROM dwello.receipts WHERE event_id = 's 2';
CREATE FUNCTION t.lies(name text) RETURNS TABLE (what text, amount bigint)
LANGUAGE sql
AS $$
  SELECT 'escrow ' || e.status, e.held FROM dwello.escrow_accounts AS e WHERE e.job_id IN (SELECT x.scope_id FROM dwello.transactions AS x WHERE x.psp_reference = name)
  UNION ALL SELECT 'receipt ' || r.status, r.remaining FROM dwello.receipts AS r WHERE r.psp_reference = name
  UNION ALL SELECT 'loss', coalesce(sum(-n.amount), 0) FROM dwello.ledger_entries AS n JOIN dwello.ledger_accounts AS a ON a.id = n.account_id AND a.kind = 'platform_loss'
   WHERE n.scope_id IN (SELECT x.scope_id FROM dwello.transactions AS x WHERE x.psp_reference = name)
  ORDER BY 1, 2
$$;
SELECT * FROM t.lies('ch r');
SELECT job_id = t.user('first') AS of_job, chargeback_status, covered_amount FROM dwello.close_chargeback(NULL, 'seq', 's 5', false, case_reference => 'dp r');
SELECT * FROM t.lies('ch r');
SELECT * FROM dwello.reconcile();
SELECT job_id = t.user('first') AS of_job, chargeback_status, covered_amount FROM dwello.close_chargeback(NULL, 'seq', 's 6', true, case_reference => 'dp r');
SELECT * FROM t.lies('ch r');
-- what failed to go back and became a payment of another job
SELECT t.award('failed', 100000), t.award('better', 40000);
SELECT held FROM dwello.confirm_payment(t.user('failed'), 'seq', 'f 1', 100000, 'USD', psp_reference => 'ch f');
SELECT held FROM dwello.confirm_refund(t.user('failed'), 'seq', 'f 2', amount => 40000, psp_reference => 'ch f', refund_reference => 're f');
SELECT refund_status FROM dwello.fail_refund(NULL, 'seq', 'f 3', refund_reference => 're f');
SELECT t.does('a1', format($$assign_receipt(%L, t.user('better'))$$, id)) FROM dwello.receipts WHERE event_id = 'f 3';
SELECT * FROM t.lies('ch f');
SELECT held_amount, covered_amount FROM dwello.open_chargeback(NULL, 'seq', 'f 4', 100000, 'USD', 'ch f');
SELECT * FROM t.lies('ch f');
SELECT * FROM dwello.reconcile();
SELECT count(*) AS findings FROM dwello.verify_ledger();

-- a payout: paid, come back, paid after all, and come back
SELECT held FROM dwello.confirm_payment(t.user('paid'), 'seq', 'p 4', 10000, 'USD', current_setting('t.payment')::uuid);
SELECT t.start('paid');
SELECT t.does('h1', $$release_escrow(t.user('paid'))$$);
SELECT t.destination('p1', 'seq') IS NOT NULL AS can_receive;
SELECT t.does('p1', $$request_payout(5000)$$);
SELECT set_config('t.payout', o.id::text, true) IS NOT NULL AS named FROM dwello.payouts AS o WHERE o.user_id = t.user('p1') ORDER BY o.id DESC LIMIT 1;
SELECT t.look();
SELECT * FROM t.in_order(ARRAY[
  $$confirm_payout(t.user('p1'), current_setting('t.payout')::uuid, 'seq', 'y 1', occurred_at => '2031-01-01 01:00+00')$$,
  $$fail_payout(t.user('p1'), current_setting('t.payout')::uuid, 'seq', 'y 2', occurred_at => '2031-01-01 02:00+00')$$],
  $$SELECT o.status::text FROM dwello.payouts AS o WHERE o.id = current_setting('t.payout')::uuid$$);
SELECT * FROM t.in_order(ARRAY[
  $$fail_payout(t.user('p1'), current_setting('t.payout')::uuid, 'seq', 'y 1', occurred_at => '2031-01-01 01:00+00')$$,
  $$confirm_payout(t.user('p1'), current_setting('t.payout')::uuid, 'seq', 'y 2', occurred_at => '2031-01-01 02:00+00')$$,
  $$fail_payout(t.user('p1'), current_setting('t.payout')::uuid, 'seq', 'y 3', occurred_at => '2031-01-01 03:00+00')$$,
  $$confirm_payout(t.user('p1'), current_setting('t.payout')::uuid, 'seq', 'y 4', occurred_at => '2031-01-01 04:00+00')$$],
  $$SELECT o.status::text FROM dwello.payouts AS o WHERE o.id = current_setting('t.payout')::uuid$$);
ROLLBACK;
