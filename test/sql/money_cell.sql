--
-- money_cell.sql
--	Every command and event of money in every state of what it is about, by
--	every actor: the SQLSTATE, or the state that it leads to.  A new command
--	is a line of t.commands; a new state is a line of t.states.
--
SET client_min_messages = warning;

BEGIN;
CREATE TABLE t.states (position serial, thing text, state text, steps text[]);
CREATE TABLE t.commands (position serial, thing text, name text, call text);
CREATE TABLE t.actors (position serial, actor text, name text);
INSERT INTO t.actors (actor, name) VALUES ('none', NULL), ('homeowner', 'h1'), ('provider', 'p1'), ('other', 'p2'), ('support', 's1'),
  ('admin', 'a1'), ('service', NULL);

-- A word for who does a step; what follows is a call. "later" sets the clock, "policy" the cancellation policy of the contract.
INSERT INTO t.states (thing, state, steps) VALUES
  ('escrow', 'created', '{}'),
  ('escrow', 'funding', '{"h1 fund_escrow({job})"}'),
  ('escrow', 'part paid', '{"h1 fund_escrow({job}, 40000)", "service confirm_payment({job}, ''acme'', ''e1'', 40000, ''USD'')"}'),
  ('escrow', 'held', '{"h1 fund_escrow({job})", "service confirm_payment({job}, ''acme'', ''e1'', 100000, ''USD'')"}'),
  ('escrow', 'begun', '{"@held", "p1 start_job({job})"}'),
  ('escrow', 'submitted', '{"@begun", "p1 submit_milestone({job}, {m1})"}'),
  ('escrow', 'refund asked', '{"@begun", "h1 request_refund({job}, 30000)"}'),
  ('escrow', 'plan proposed', '{"@held", "h1 propose_plan({job}, ''[{\"title\": \"All\", \"amount\": 100000}]'')"}'),
  ('escrow', 'no show', '{"@begun", "h1 report_no_show({job})"}'),
  ('escrow', 'part released', '{"@begun", "h1 release_escrow({job}, 30000)"}'),
  ('escrow', 'released', '{"@begun", "h1 release_escrow({job})"}'),
  ('escrow', 'part refunded', '{"@begun", "p1 refund_escrow({job}, 30000)"}'),
  ('escrow', 'refunded', '{"@held", "h1 refund_escrow({job})"}'),
  ('escrow', 'disputed', '{"@begun", "h1 open_dispute({job}, 30000, ''Stains.'')"}'),
  ('escrow', 'mediated', '{"@disputed", "p1 answer_dispute({job}, 70000)"}'),
  ('escrow', 'frozen', '{"@part released", "service open_chargeback({job}, ''acme'', ''e2'', 80000, ''USD'')"}'),
  ('escrow', 'release undone', '{"@released", "a1 reverse_transaction({job}, {release})"}'),
  ('escrow', 'part release undone', '{"@part released", "a1 reverse_transaction({job}, {release})"}'),
  ('escrow', 'charged back', '{"@frozen", "service close_chargeback({job}, ''acme'', ''e3'', false)"}'),
  ('escrow', 'cancelled', '{"h1 cancel_escrow({job})"}'),
  ('escrow', 'job cancelled', '{"h1 cancel_job({job})"}'),
  ('escrow', 'abandoned', '{"@begun", "p1 abandon_job({job}, ''Ill.'')"}'),
  ('escrow', 'held by policy', '{"policy", "@held"}'),
  ('escrow', 'part paid by policy', '{"policy", "@part paid"}'),
  ('escrow', 'part released by policy', '{"@held by policy", "h1 release_escrow({job}, 30000)"}'),
  ('escrow', 'cancelled by policy', '{"@held by policy", "h1 cancel_job({job})"}'),
  ('payment', 'open', '{"h1 fund_escrow({job})"}'),
  ('payment', 'attempt failed', '{"@open", "service fail_payment({job}, ''acme'', ''e1'', {payment})"}'),
  ('payment', 'failed', '{"@open", "service fail_payment({job}, ''acme'', ''e1'', {payment}, is_final => true)"}'),
  ('payment', 'given up', '{"@open", "h1 abandon_payment({job})"}'),
  ('payment', 'overdue', '{"@open", "later 15 minutes"}'),
  ('payment', 'expired', '{"@overdue", "service expire_payments()"}'),
  ('payment', 'job cancelled', '{"@open", "h1 cancel_job({job})"}'),
  ('payment', 'completed', '{"@open", "service confirm_payment({job}, ''acme'', ''e1'', 100000, ''USD'', {payment})"}'),
  ('refund', 'pending', '{"h1 fund_escrow({job})", "service confirm_payment({job}, ''acme'', ''e1'', 100000, ''USD'')", "h1 refund_escrow({job}, 30000)"}'),
  ('refund', 'completed', '{"@pending", "service confirm_refund({job}, ''acme'', ''e2'', refund_id => {refund})"}'),
  ('refund', 'withdrawn', '{"@pending", "a1 reverse_transaction({job}, {original})"}'),
  ('refund', 'sent although withdrawn', '{"@withdrawn", "service confirm_refund({job}, ''acme'', ''e2'', refund_id => {refund})"}'),
  ('refund', 'failed', '{"@pending", "service fail_refund({job}, ''acme'', ''e3'', refund_id => {refund})"}'),
  ('refund', 'failed after it was sent', '{"@completed", "service fail_refund({job}, ''acme'', ''e3'', refund_id => {refund})"}'),
  ('refund', 'sent another way', '{"@failed", "a1 retry_refund({receipt}, {way})"}'),
  ('receipt', 'held', '{"service confirm_payment({job}, ''acme'', ''e1'', 700, ''EUR'')"}'),
  ('receipt', 'returned', '{"h1 fund_escrow({job})", "service confirm_payment({job}, ''acme'', ''e1'', 100700, ''USD'')"}'),
  ('receipt', 'sent back', '{"@returned", "service confirm_refund({job}, ''acme'', ''e2'', refund_id => {refund})"}'),
  ('payout', 'pending', '{"@@released", "p1 request_payout(20000)"}'),
  ('payout', 'held', '{"@pending", "service open_chargeback({job}, ''acme'', ''e2'', 90000, ''USD'')", "service deliver_events(1000)"}'),
  ('payout', 'sent', '{"@pending", "later 3 days", "service claim_events(''cell'', 1000, ''{payout_requested}'')"}'),
  ('payout', 'completed', '{"@sent", "service confirm_payout({p1}, {payout}, ''acme'', ''e5'')"}'),
  ('payout', 'failed', '{"@sent", "service fail_payout({p1}, {payout}, ''acme'', ''e5'')"}'),
  ('payout', 'cancelled', '{"@pending", "p1 cancel_payout({payout})"}'),
  ('payout', 'returned', '{"@completed", "service fail_payout({p1}, {payout}, ''acme'', ''e6'')"}'),
  ('payout', 'paid after failed', '{"@failed", "service confirm_payout({p1}, {payout}, ''acme'', ''e6'')"}'),
  ('repayment', 'pending', '{"@@released", "service open_chargeback({job}, ''acme'', ''e2'', 90000, ''USD'')", "p1 request_payout(5000)", "service confirm_payout({p1}, {payout}, ''acme'', ''e3'')", "service open_chargeback({job}, ''acme'', ''e4'', 9000, ''USD'')", "p1 repay_balance()"}'),
  ('repayment', 'part paid', '{"@pending", "service confirm_repayment({p1}, ''acme'', ''e5'', 1000, ''USD'', {repayment})"}'),
  ('repayment', 'completed', '{"@pending", "service confirm_repayment({p1}, ''acme'', ''e5'', 10000, ''USD'', {repayment})"}'),
  ('repayment', 'asked anew', '{"@pending", "p1 repay_balance(1000)"}'),
  ('repayment', 'expired', '{"@pending", "later 15 days", "service expire_repayments()"}');

INSERT INTO t.commands (thing, name, call) VALUES
  ('escrow', 'fund', 'fund_escrow({job}, 10000)'),
  ('escrow', 'payment arrives', 'confirm_payment({job}, ''acme'', ''new'', 100000, ''USD'')'),
  ('escrow', 'plan', 'plan_milestones({job}, ''[{"title": "All", "amount": 100000}]'')'),
  ('escrow', 'propose plan', 'propose_plan({job}, ''[{"title": "All", "amount": 100000}]'')'),
  ('escrow', 'agree to plan', 'answer_plan({job}, true)'),
  ('escrow', 'refuse plan', 'answer_plan({job}, false)'),
  ('escrow', 'change order', 'propose_change_order({job}, amount => 5000, title => ''More'')'),
  ('escrow', 'start', 'start_job({job})'),
  ('escrow', 'submit', 'submit_milestone({job}, {m1})'),
  ('escrow', 'request changes', 'request_changes({job}, {m1})'),
  ('escrow', 'approve', 'approve_milestone({job}, {m1})'),
  ('escrow', 'release', 'release_escrow({job}, 10000)'),
  ('escrow', 'release all', 'release_escrow({job})'),
  ('escrow', 'refund', 'refund_escrow({job}, 10000)'),
  ('escrow', 'refund all', 'refund_escrow({job})'),
  ('escrow', 'refund, unasked', 'confirm_refund({job}, ''acme'', ''new'', amount => 1000)'),
  ('escrow', 'ask for refund', 'request_refund({job}, 10000)'),
  ('escrow', 'agree to refund', 'answer_refund({job}, true)'),
  ('escrow', 'refuse refund', 'answer_refund({job}, false)'),
  ('escrow', 'dispute', 'open_dispute({job}, 1000, ''Stains.'')'),
  ('escrow', 'answer dispute', 'answer_dispute({job}, 60000)'),
  ('escrow', 'mediate', 'resolve_dispute({job}, 1000)'),
  ('escrow', 'withdraw dispute', 'withdraw_dispute({job})'),
  ('escrow', 'chargeback', 'open_chargeback({job}, ''acme'', ''new'', 1000, ''USD'')'),
  ('escrow', 'inquiry', 'open_chargeback({job}, ''acme'', ''new'', 1000, ''USD'', is_inquiry => true)'),
  ('escrow', 'chargeback won', 'close_chargeback({job}, ''acme'', ''new'', true)'),
  ('escrow', 'chargeback lost', 'close_chargeback({job}, ''acme'', ''new'', false)'),
  ('escrow', 'undo release', 'reverse_transaction({job}, {release})'),
  ('escrow', 'cancel escrow', 'cancel_escrow({job})'),
  ('escrow', 'cancel job', 'cancel_job({job})'),
  ('escrow', 'quote a cancel', 'quote_cancellation({job})'),
  ('escrow', 'abandon job', 'abandon_job({job}, ''Ill.'')'),
  ('escrow', 'report no show', 'report_no_show({job})'),
  ('escrow', 'admit no show', 'answer_no_show({job}, true)'),
  ('escrow', 'deny no show', 'answer_no_show({job}, false)'),
  ('escrow', 'complete job', 'complete_job({job})'),
  ('escrow', 'tip', 'tip({job}, 500)'),
  ('payment', 'ask anew', 'fund_escrow({job})'),
  ('payment', 'arrives', 'confirm_payment({job}, ''acme'', ''new'', 100000, ''USD'', {payment})'),
  ('payment', 'arrives, unnamed', 'confirm_payment({job}, ''acme'', ''new'', 100000, ''USD'')'),
  ('payment', 'arrives in part', 'confirm_payment({job}, ''acme'', ''new'', 40000, ''USD'', {payment})'),
  ('payment', 'more arrives', 'confirm_payment({job}, ''acme'', ''new'', 100001, ''USD'', {payment})'),
  ('payment', 'other currency', 'confirm_payment({job}, ''acme'', ''new'', 100000, ''EUR'', {payment})'),
  ('payment', 'attempt fails', 'fail_payment({job}, ''acme'', ''new'', {payment})'),
  ('payment', 'fails', 'fail_payment({job}, ''acme'', ''new'', {payment}, is_final => true)'),
  ('payment', 'give up', 'abandon_payment({job})'),
  ('payment', 'expire', 'expire_payments()'),
  ('refund', 'is sent', 'confirm_refund({job}, ''acme'', ''new'', refund_id => {refund})'),
  ('refund', 'is sent in part', 'confirm_refund({job}, ''acme'', ''new'', refund_id => {refund}, amount => 1000)'),
  ('refund', 'more is sent', 'confirm_refund({job}, ''acme'', ''new'', refund_id => {refund}, amount => 50000)'),
  ('refund', 'is sent, unnamed', 'confirm_refund({job}, ''acme'', ''new'', amount => 30000)'),
  ('refund', 'fails', 'fail_refund({job}, ''acme'', ''new'', refund_id => {refund})'),
  ('refund', 'send another way', 'retry_refund({receipt}, {way})'),
  ('refund', 'is undone', 'reverse_transaction({job}, {original})'),
  ('receipt', 'is sent', 'confirm_refund({job}, ''acme'', ''new'', refund_id => {refund})'),
  ('receipt', 'told again', 'confirm_payment({job}, ''acme'', ''e1'', 700, ''EUR'')'),
  ('receipt', 'give back', 'return_receipt({receipt})'),
  ('receipt', 'bank asks', 'open_chargeback({job}, ''acme'', ''new'', 500, ''EUR'', transaction_id => (SELECT x.transaction_id FROM dwello.receipts AS x WHERE x.event_id = ''e1''))'),
  ('receipt', 'bank asks, no job', 'open_chargeback(NULL, ''acme'', ''new'', 500, ''CHF'')'),
  ('receipt', 'send another way', 'retry_refund({receipt}, {way})'),
  ('receipt', 'assign', 'assign_receipt({receipt}, {job})'),
  ('receipt', 'list', 'receipts()'),
  ('payout', 'ask for another', 'request_payout(1000, user_id => {p1})'),
  ('payout', 'cancel', 'cancel_payout({payout}, {p1})'),
  ('payout', 'is paid', 'confirm_payout({p1}, {payout}, ''acme'', ''new'')'),
  ('payout', 'fails', 'fail_payout({p1}, {payout}, ''acme'', ''new'')'),
  ('repayment', 'ask anew', 'repay_balance(user_id => {p1})'),
  ('repayment', 'arrives', 'confirm_repayment({p1}, ''acme'', ''new'', 1000, ''USD'', {repayment})'),
  ('repayment', 'expire', 'expire_repayments()'),
  ('repayment', 'write off', 'write_off({p1}, ''Gone.'', 1000)');

-- Names for what there is: {job} and its like become literals.
CREATE FUNCTION t.fill(call text) RETURNS text
LANGUAGE sql
AS $$
SELECT coalesce(max(r.filled), call) FROM (
  WITH RECURSIVE r (n, filled) AS (
    SELECT 0, call
    UNION ALL
    SELECT r.n + 1, replace(r.filled, w.word, coalesce(quote_literal(w.id), 'NULL'))
      FROM r JOIN (VALUES
        (1, '{job}', t.user('cell')), (2, '{m1}', t.user('cell m1')), (3, '{p1}', t.user('p1')),
        (4, '{payment}', (SELECT x.id FROM dwello.transactions AS x WHERE x.scope_id = t.user('cell')
            AND x.transaction_type = 'payment' ORDER BY x.id LIMIT 1)),
        (5, '{release}', (SELECT x.id FROM dwello.transactions AS x WHERE x.scope_id = t.user('cell')
            AND x.transaction_type = 'release' ORDER BY x.id LIMIT 1)),
        (6, '{refund}', (SELECT x.id FROM dwello.refunds AS x WHERE x.psp = 'acme' AND x.job_id = t.user('cell') ORDER BY x.id LIMIT 1)),
        (7, '{original}', (SELECT x.id FROM dwello.transactions AS x WHERE x.scope_id = t.user('cell')
            AND x.transaction_type = 'refund' ORDER BY x.id LIMIT 1)),
        (8, '{payout}', (SELECT x.id FROM dwello.payouts AS x WHERE x.user_id = t.user('p1') ORDER BY x.id LIMIT 1)),
        (10, '{receipt}', (SELECT x.id FROM dwello.receipts AS x WHERE x.job_id = t.user('cell') ORDER BY x.id LIMIT 1)),
        (11, '{way}', (SELECT x.id FROM dwello.payment_methods AS x WHERE x.user_id = t.user('h1') ORDER BY x.id DESC LIMIT 1)),
        (9, '{repayment}', (SELECT x.id FROM dwello.repayments AS x WHERE x.user_id = t.user('p1') ORDER BY x.id LIMIT 1))
      ) AS w (n, word, id) ON w.n = r.n + 1)
  SELECT r.filled FROM r ORDER BY r.n DESC LIMIT 1) AS r
$$;
-- The state that a thing is in.
CREATE FUNCTION t.state_of(thing text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  state text;
BEGIN
  CASE thing
    WHEN 'escrow' THEN
      SELECT format('%s/%s', e.status, j.status) INTO state FROM dwello.escrow_accounts AS e, dwello.jobs AS j
       WHERE e.job_id = t.user('cell') AND j.id = e.job_id;
    WHEN 'payment' THEN
      SELECT format('%s/%s', x.status, e.status) INTO state FROM dwello.transactions AS x, dwello.escrow_accounts AS e
       WHERE e.job_id = t.user('cell') AND x.scope_id = e.job_id AND x.transaction_type = 'payment' ORDER BY x.id LIMIT 1;
    WHEN 'refund' THEN
      SELECT format('%s/%s', x.status, e.status) INTO state FROM dwello.refunds AS x, dwello.escrow_accounts AS e
       WHERE e.job_id = t.user('cell') AND x.job_id = e.job_id ORDER BY x.id LIMIT 1;
    WHEN 'receipt' THEN
      SELECT string_agg(x.status::text, ' ' ORDER BY x.id) INTO state FROM dwello.receipts AS x WHERE x.job_id = t.user('cell');
    WHEN 'payout' THEN
      SELECT string_agg(CASE WHEN x.hold_reason IS NOT NULL THEN 'held' WHEN x.status = 'pending' AND x.sent_at IS NOT NULL THEN 'sent'
          ELSE x.status::text END, ' ' ORDER BY x.id) INTO state FROM dwello.payouts AS x WHERE x.user_id = t.user('p1');
    WHEN 'repayment' THEN
      SELECT string_agg(x.status::text, ' ' ORDER BY x.id) INTO state FROM dwello.repayments AS x WHERE x.user_id = t.user('p1');
  END CASE;
  RETURN coalesce(state, 'nothing');
END
$$;
-- Makes a state; "@state" is another one of the thing, "@@state" of the escrow.
CREATE FUNCTION t.make(what text, wanted text) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  step text;
BEGIN
  FOREACH step IN ARRAY (SELECT s.steps FROM t.states AS s WHERE s.thing = what AND s.state = wanted) LOOP
    IF step LIKE '@@%' THEN
      PERFORM t.make('escrow', substr(step, 3));
    ELSIF step LIKE '@%' THEN
      PERFORM t.make(what, substr(step, 2));
    ELSIF step LIKE 'later %' THEN
      PERFORM set_config('dwello.now', (clock_timestamp() + substr(step, 7)::interval)::text, true);
    ELSIF step = 'policy' THEN
      UPDATE dwello.cancellation_terms SET policy = '[{"hours_before_start": 8760, "share_ppm": 200000}]', starts_at = clock_timestamp() + '1 day'
       WHERE job_id = t.user('cell');
    ELSE
      PERFORM t.login_as(nullif(split_part(step, ' ', 1), 'service'));
      EXECUTE 'SELECT count(*) FROM dwello.' || t.fill(substr(step, strpos(step, ' ') + 1));
      PERFORM t.as_system();
    END IF;
  END LOOP;
END
$$;
-- What comes of a call: all of it is taken back.
CREATE FUNCTION t.cell(what text, who text, as_name text, call text) RETURNS text
LANGUAGE plpgsql
AS $$
BEGIN
  IF who = 'none' THEN
    PERFORM t.app_as(NULL);
  ELSE
    PERFORM t.login_as(as_name);
  END IF;
  EXECUTE 'SELECT count(*) FROM dwello.' || call;
  PERFORM t.as_system();
  RAISE EXCEPTION SQLSTATE 'TT001' USING MESSAGE = t.state_of(what);
EXCEPTION
  WHEN SQLSTATE 'TT001' THEN
    RETURN SQLERRM;
  WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
CREATE TABLE t.cells (thing text, state text, command text, actor text, outcome text);
CREATE FUNCTION t.walk(what text, wanted text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  found text;
  cells jsonb;
BEGIN
  BEGIN
    PERFORM t.award('cell', 100000, '{1,1}');
    IF what = 'refund' THEN
      PERFORM t.destination('h1');
      PERFORM dwello.add_payment_method('credit_card', 'acme', 'other', user_id => t.user('h1'));
    END IF;
    PERFORM t.make(what, wanted);
    found := t.state_of(what);
    SELECT jsonb_agg(jsonb_build_object('command', c.name, 'actor', a.actor,
             'outcome', t.cell(what, a.actor, a.name, t.fill(c.call))) ORDER BY c.position, a.position)
      INTO cells FROM t.commands AS c, t.actors AS a WHERE c.thing = what;
    RAISE EXCEPTION SQLSTATE 'TT002';
  EXCEPTION WHEN SQLSTATE 'TT002' THEN
    NULL;
  END;
  INSERT INTO t.cells SELECT what, wanted, x.command, x.actor, x.outcome
    FROM jsonb_to_recordset(cells) AS x (command text, actor text, outcome text);
  RETURN found;
END
$$;
-- whatever other tests have left of the provider is out of the way until the end
SET LOCAL session_replication_role = replica;
DELETE FROM dwello.ledger_entries WHERE account_id IN (SELECT a.id FROM dwello.ledger_accounts AS a WHERE a.owner_id = t.user('p1'));
DELETE FROM dwello.ledger_accounts WHERE owner_id = t.user('p1');
DELETE FROM dwello.payouts WHERE user_id = t.user('p1');
DELETE FROM dwello.repayments WHERE user_id = t.user('p1');
DELETE FROM dwello.payment_methods WHERE user_id = t.user('p1');
SET LOCAL session_replication_role = origin;
SELECT t.destination('p1') IS NOT NULL AS can_receive;
SELECT s.thing, s.state, t.walk(s.thing, s.state) AS found FROM t.states AS s ORDER BY s.position;

-- Who else gets there from which states; a cell stands in one line.
CREATE VIEW t.lines AS
SELECT g.thing, g.c, g.command, g.actors, g.outcome, string_agg(g.state, ', ' ORDER BY g.s) AS states, min(g.s) AS first
  FROM (SELECT x.thing, c.position AS c, x.command, s.position AS s, x.state, x.outcome,
          string_agg(x.actor, ' ' ORDER BY a.position) AS actors
          FROM t.cells AS x JOIN t.states AS s USING (thing, state) JOIN t.actors AS a USING (actor)
          JOIN t.commands AS c ON c.thing = x.thing AND c.name = x.command
         GROUP BY 1, 2, 3, 4, 5, 6) AS g
 GROUP BY 1, 2, 3, 4, 5;
-- nobody without an identity does anything, no stranger to a job, and no error is ours
SELECT * FROM t.cells WHERE actor = 'none' AND outcome NOT IN ('WD401', '42501');
SELECT * FROM t.cells WHERE actor = 'other' AND outcome <> '42501' AND thing NOT IN ('payout', 'repayment');
SELECT * FROM t.cells WHERE outcome !~ '^(WD|22|42501|23505|P0002|[a-z])' OR outcome = 'nothing';
\pset format unaligned
\pset fieldsep ' | '
SELECT command, actors, outcome, states FROM t.lines WHERE thing = 'escrow' AND outcome NOT IN ('WD401', '42501') ORDER BY c, actors, first, outcome;
SELECT command, actors, outcome, states FROM t.lines WHERE thing = 'payment' AND outcome NOT IN ('WD401', '42501') ORDER BY c, actors, first, outcome;
SELECT command, actors, outcome, states FROM t.lines WHERE thing = 'refund' AND outcome NOT IN ('WD401', '42501') ORDER BY c, actors, first, outcome;
SELECT command, actors, outcome, states FROM t.lines WHERE thing = 'receipt' AND outcome NOT IN ('WD401', '42501') ORDER BY c, actors, first, outcome;
SELECT command, actors, outcome, states FROM t.lines WHERE thing = 'payout' AND outcome NOT IN ('WD401', '42501') ORDER BY c, actors, first, outcome;
SELECT command, actors, outcome, states FROM t.lines WHERE thing = 'repayment' AND outcome NOT IN ('WD401', '42501') ORDER BY c, actors, first, outcome;
-- and who may not
SELECT thing, command, actors, outcome, count(*) AS states FROM (SELECT x.thing, c.position, x.command, x.state, x.outcome,
    string_agg(x.actor, ' ' ORDER BY a.position) AS actors FROM t.cells AS x JOIN t.actors AS a USING (actor)
    JOIN t.commands AS c ON c.thing = x.thing AND c.name = x.command WHERE x.outcome IN ('WD401', '42501') GROUP BY 1, 2, 3, 4, 5) AS g
 GROUP BY thing, position, command, actors, outcome ORDER BY min(position), actors, outcome;
SELECT count(*) AS cells FROM t.cells;
\pset format aligned
ROLLBACK;
