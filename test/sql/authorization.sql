--
-- authorization.sql
--	Money that a payment company may take later: authorised, captured,
--	voided, or over.
--
SET client_min_messages = warning;

CREATE VIEW t.authorized AS
SELECT a.psp_reference AS reference, a.amount, a.captured, a.status, a.is_last AS last, a.closed_at IS NOT NULL AS closed, a.version
  FROM dwello.authorizations AS a WHERE a.job_id = t.user('auth') ORDER BY a.id;
CREATE VIEW t.told AS
SELECT o.type, o.payload ->> 'amount' AS amount, o.payload ->> 'psp_reference' AS reference, o.payload ->> 'exponent' AS exponent
  FROM dwello.outbox AS o
 WHERE o.scope_id = t.user('auth') AND o.type ~ '^(payment|capture|void|authorization|receipt)' ORDER BY o.id;
CREATE VIEW t.held AS
SELECT e.status, e.funded, e.held FROM dwello.escrow_accounts AS e WHERE e.job_id = t.user('auth');
CREATE FUNCTION t.authorize(event text, amount bigint, currency text DEFAULT 'USD', payment uuid DEFAULT NULL, lasts interval DEFAULT '7 days')
RETURNS TABLE (status dwello.authorization_status, escrow dwello.escrow_status, held bigint, again boolean)
LANGUAGE sql
AS $$
  SELECT c.authorization_status, c.escrow_status, c.held, c.replayed
    FROM dwello.confirm_authorization(t.user('auth'), 'acme', authorize.event, authorize.amount, authorize.currency,
      date_trunc('minute', clock_timestamp()) + authorize.lasts, authorize.payment, 'pi ' || authorize.event) AS c
$$;
-- a capture as the homeowner asks for it, and what the company says of it
CREATE FUNCTION t.capture(event text, asked bigint DEFAULT NULL, taken bigint DEFAULT NULL, is_last boolean DEFAULT true)
RETURNS TABLE (asked_for bigint, late boolean, apart bigint, status dwello.escrow_status, held bigint)
LANGUAGE plpgsql
AS $$
DECLARE
  payment record;
BEGIN
  PERFORM t.login_as('h1');
  SELECT c.transaction_id AS id, c.amount INTO payment
    FROM dwello.request_capture(t.user('auth'), capture.asked, is_last => capture.is_last) AS c;
  PERFORM t.login_as(NULL);
  RETURN QUERY SELECT payment.amount, p.is_late, p.receipt_amount, p.escrow_status, p.held
    FROM dwello.confirm_payment(t.user('auth'), 'acme', event, coalesce(taken, payment.amount), 'USD', payment.id, 'pi one') AS p;
END
$$;

------------------------------------------------------------------------
-- Authorised is not held, and moves no money
------------------------------------------------------------------------
BEGIN;
SELECT t.award('auth', 50000);
SELECT t.login_as('h1');
SELECT transaction_id AS payment FROM dwello.fund_escrow(t.user('auth')) \gset
SELECT t.as_system();
SELECT * FROM t.authorize('one', 50000, payment => :'payment');
SELECT * FROM t.authorize('one', 50000, payment => :'payment');
SELECT t.try($$SELECT t.authorize('one', 50001)$$);
SELECT * FROM t.authorized;
SELECT * FROM t.told;
SELECT count(*) AS entries FROM dwello.ledger_entries WHERE scope_id = t.user('auth');
SELECT x.status FROM dwello.transactions AS x WHERE x.id = :'payment';
SAVEPOINT refused;
SELECT call, who, t.verdict('SELECT dwello.' || call, who) FROM (VALUES
    (format($$confirm_authorization(%L, 'acme', 'x', 0, 'USD', now())$$, t.user('auth')), NULL),
    (format($$confirm_authorization(%L, 'acme', 'x', 1, 'XXX', now())$$, t.user('auth')), NULL),
    (format($$confirm_authorization(%L, '', 'x', 1, 'USD', now())$$, t.user('auth')), NULL),
    (format($$confirm_authorization(%L, 'acme', 'x', 1, 'USD', NULL)$$, t.user('auth')), NULL),
    (format($$confirm_authorization(%L, 'acme', 'x', 1, 'USD', now())$$, t.user('nothing')), NULL),
    (format($$confirm_authorization(%L, 'acme', 'x', 1, 'USD', now(), %L)$$, t.user('auth'), t.user('nothing')), NULL),
    (format($$confirm_authorization(%L, 'acme', 'x', 1, 'USD', now())$$, t.user('auth')), 'h1'),
    (format($$request_capture(%L, 0)$$, t.user('auth')), 'h1'), (format($$request_capture(%L, NULL, %L)$$, t.user('auth'), t.user('nothing')), 'h1'),
    (format($$request_capture(%L, 50001)$$, t.user('auth')), 'h1'), (format($$request_capture(%L, is_last => NULL)$$, t.user('auth')), 'h1'),
    (format($$request_capture(%L, expected_version => 77)$$, t.user('auth')), 'h1'),
    (format($$request_capture(%L)$$, t.user('auth')), 'h2'), (format($$request_capture(%L)$$, t.user('auth')), 'p1'),
    (format($$request_capture(%L)$$, t.user('auth')), 's1'), (format($$request_capture(%L)$$, t.user('auth')), 'a1'),
    (format($$request_capture(%L)$$, t.user('auth')), NULL), ('expire_authorizations()', 'h1'), ('expire_authorizations(0)', NULL))
  AS c (call, who);
ROLLBACK TO refused;
-- nothing can begin before it is captured
SELECT t.try(format('SELECT dwello.start_job(%L)', t.user('auth')), 'p1');
SELECT t.as_system();
SAVEPOINT authorized;

------------------------------------------------------------------------
-- Captured is held: at once, in parts, more, or by the company itself
------------------------------------------------------------------------
SELECT * FROM t.capture('all');
SELECT * FROM t.authorized;
SELECT * FROM t.told;
SELECT t.try(format('SELECT dwello.request_capture(%L)', t.user('auth')), 'h1');
SELECT invariant, object FROM dwello.reconcile();
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
ROLLBACK TO authorized;
SELECT * FROM t.capture('part 1', 20000, is_last => false);
SELECT * FROM t.authorized;
SELECT t.try(format('SELECT dwello.request_capture(%L, 30001)', t.user('auth')), 'h1');
SELECT * FROM t.capture('part 2', 10000);
SELECT * FROM t.authorized;
SELECT t.try(format('SELECT dwello.request_capture(%L)', t.user('auth')), 'h1');
SELECT * FROM t.held;
SELECT invariant, object FROM dwello.reconcile();
ROLLBACK TO authorized;
-- two halves go by one name, and are two; each told again under another name is itself
SELECT * FROM t.capture('half 1', 25000, is_last => false);
SELECT * FROM t.capture('half 2', 25000, is_last => false);
SELECT e.event_id, p.replayed, p.transaction_id = e.transaction_id AS itself
  FROM dwello.payment_events AS e, LATERAL dwello.confirm_payment(t.user('auth'), 'acme', e.event_id || ' again', 25000, 'USD', e.transaction_id, 'pi one') AS p
 WHERE e.event_id LIKE 'half _' ORDER BY 1;
SELECT * FROM t.authorized;
SELECT * FROM t.held;
ROLLBACK TO authorized;
SELECT * FROM t.capture('less than asked', 20000, 15000);
SELECT * FROM t.authorized;
ROLLBACK TO authorized;
SELECT * FROM t.capture('more than there is', NULL, 50100);
SELECT * FROM t.authorized;
ROLLBACK TO authorized;
SELECT is_late, held FROM dwello.confirm_payment(t.user('auth'), 'acme', 'unasked', 50000, 'USD', psp_reference => 'pi one');
SELECT * FROM t.authorized;
ROLLBACK TO authorized;
-- who captures it may name the payment that was asked for first
SELECT is_late, held FROM dwello.confirm_payment(t.user('auth'), 'acme', 'by the first', 20000, 'USD', :'payment');
SELECT * FROM t.authorized;
ROLLBACK TO authorized;
SELECT t.login_as('h1');
SELECT amount FROM dwello.request_capture(t.user('auth'), 30000);
SELECT t.as_system();
SELECT is_late, held FROM dwello.confirm_payment(t.user('auth'), 'acme', 'by the first', 30000, 'USD', :'payment');
SELECT * FROM t.authorized;
SELECT x.status, x.amount FROM dwello.transactions AS x WHERE x.scope_id = t.user('auth') ORDER BY x.id;
ROLLBACK TO authorized;
-- a capture that fails or is given up leaves it open; what the system asks for, too
SELECT t.login_as(NULL);
SELECT amount, currency, escrow_status, replayed FROM dwello.request_capture(t.user('auth'), 20000);
SELECT t.try(format('SELECT dwello.request_capture(%L)', t.user('auth')));
SELECT escrow_status FROM dwello.fail_payment(t.user('auth'), 'acme', 'no', is_final => true);
SELECT * FROM t.authorized;
SELECT t.login_as('h1');
SELECT amount, replayed FROM dwello.request_capture(t.user('auth'), 20000, idempotency_key => 'c');
SELECT amount, replayed FROM dwello.request_capture(t.user('auth'), 20000, idempotency_key => 'c');
SELECT escrow_status FROM dwello.abandon_payment(t.user('auth'));
SELECT * FROM t.authorized;
-- given up once more, the authorization goes
SELECT transaction_id IS NULL AS no_payment, escrow_status FROM dwello.abandon_payment(t.user('auth'));
SELECT t.as_system();
SELECT * FROM t.authorized;
SELECT * FROM t.told;

------------------------------------------------------------------------
-- Voided with the contract, or for there is no use for it
------------------------------------------------------------------------
ROLLBACK TO authorized;
SELECT t.login_as('h1');
SELECT status FROM dwello.cancel_job(t.user('auth'), 'It is done already.');
SELECT t.as_system();
SELECT * FROM t.authorized;
SELECT * FROM t.told;
SELECT * FROM t.authorize('over', 100);
ROLLBACK TO authorized;
SELECT t.login_as('h1');
SELECT escrow_status FROM dwello.cancel_escrow(t.user('auth'));
SELECT t.as_system();
SELECT * FROM t.authorized;
ROLLBACK TO authorized;
SELECT set_config('dwello.now', (clock_timestamp() + interval '8 days')::text, true) IS NOT NULL AS later;
SELECT dwello.expire_contracts();
SELECT status FROM t.authorized;
ROLLBACK TO authorized;
SELECT * FROM t.authorize('euros', 50000, 'EUR');
SELECT amount, currency, replayed FROM dwello.confirm_authorization(t.user('auth'), 'acme', 'euros', 50000, 'EUR', '2031-01-01');
SELECT * FROM t.authorize('ended', 50000, payment => :'payment');
SELECT * FROM t.authorize('past', 50000, lasts => '-1 minute');
SELECT * FROM t.authorize('another', 10000);
SELECT * FROM t.authorized;
ROLLBACK TO authorized;
SELECT t.login_as('h1');
SELECT transaction_id AS second FROM dwello.fund_escrow(t.user('auth'), 20000) \gset
SELECT t.as_system();
SELECT set_config('dwello.now', (clock_timestamp() + interval '16 minutes')::text, true) IS NOT NULL AS later;
SELECT * FROM t.authorize('too late', 20000, payment => :'second');
SELECT * FROM t.authorized;

------------------------------------------------------------------------
-- Its time: somebody is told before, and it is over
------------------------------------------------------------------------
ROLLBACK TO authorized;
SELECT dwello.expire_authorizations() AS too_early;
SELECT set_config('dwello.now', (clock_timestamp() + interval '6 days 1 hour')::text, true) IS NOT NULL AS later;
SELECT dwello.expire_authorizations() AS warned;
SELECT dwello.expire_authorizations() AS again;
SELECT * FROM t.authorized;
SELECT t.try(format('SELECT dwello.request_capture(%L)', t.user('auth')), 'h1');
SELECT t.as_system();
UPDATE dwello.jobs SET fund_by = NULL WHERE id = t.user('auth');
SELECT set_config('dwello.now', (clock_timestamp() + interval '7 days 1 hour')::text, true) IS NOT NULL AS later;
SELECT t.try(format('SELECT dwello.request_capture(%L)', t.user('auth')), 'h1');
SELECT t.as_system();
SELECT dwello.expire_authorizations() AS ended;
SELECT dwello.expire_authorizations() AS again;
SELECT * FROM t.authorized;
SELECT * FROM t.told;
SELECT dwello.deliver_events() > 0 AS told;
SELECT u.name, n.title FROM dwello.notifications AS n JOIN (VALUES ('h1'), ('p1')) AS u (name) ON n.user_id = t.user(u.name)
 WHERE n.data ->> 'event' ~ 'authoriz' ORDER BY 1, 2;
ROLLBACK;

------------------------------------------------------------------------
-- What is open when its job is completed or ends is voided at once
------------------------------------------------------------------------
BEGIN;
CREATE VIEW t.voided AS
SELECT j.title, j.status AS job, a.status, a.captured,
       (SELECT count(*) FROM dwello.outbox AS o WHERE o.scope_id = j.id AND o.type = 'void_requested') AS asked
  FROM dwello.jobs AS j JOIN dwello.authorizations AS a ON a.job_id = j.id;
-- a job of which a part is captured and held, and work has begun
CREATE FUNCTION t.captured(name text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.award(name, 100000, '{3,2}');
  PERFORM t.login_as('h1');
  PERFORM dwello.fund_escrow(t.user(name));
  PERFORM t.as_system();
  PERFORM dwello.confirm_authorization(t.user(name), 'acme', 'void ' || name, 100000, 'USD', clock_timestamp() + interval '7 days');
  PERFORM dwello.request_capture(t.user(name), 60000, is_last => false);
  PERFORM dwello.confirm_payment(t.user(name), 'acme', 'captured ' || name, 60000, 'USD');
  PERFORM t.start(name);
END
$$;
SELECT t.captured('by hand'), t.captured('by itself'), t.captured('refunded'), t.captured('in part');
SELECT * FROM t.voided ORDER BY 1;
SELECT t.login_as('h1');
SELECT escrow_status FROM dwello.release_escrow(t.user('by hand'));
SELECT status FROM dwello.complete_job(t.user('by hand'));
SELECT amount FROM dwello.fund_escrow(t.user('by itself'));
SELECT t.as_system();
SELECT held FROM dwello.confirm_payment(t.user('by itself'), 'acme', 'the rest', 40000, 'USD');
SELECT t.login_as('h1');
SELECT escrow_status FROM dwello.release_escrow(t.user('by itself'));
SELECT t.login_as('p1');
SELECT escrow_status FROM dwello.refund_escrow(t.user('refunded'));
SELECT escrow_status FROM dwello.refund_escrow(t.user('in part'), 10000);
SELECT t.as_system();
SELECT * FROM t.voided ORDER BY 1;
SELECT * FROM dwello.reconcile();
ROLLBACK;
DROP VIEW t.authorized, t.told, t.held;
DROP FUNCTION t.authorize, t.capture;
