--
-- payment_method.sql
--	Removing a way to pay.
--
BEGIN;
CREATE FUNCTION t.methods() RETURNS TABLE (psp text, is_default boolean, version integer, removed boolean)
LANGUAGE sql
AS $$ SELECT m.psp, m.is_default, m.version, m.removed_at IS NOT NULL
        FROM dwello.payment_methods m WHERE m.user_id = t.user('h1')
       ORDER BY m.created_at, m.id $$;
SELECT t.login_as('h1');
SELECT payment_method_id AS m1 FROM dwello.add_payment_method('paypal', 'one', 't1') \gset
SELECT payment_method_id AS m2 FROM dwello.add_payment_method('paypal', 'two', 't2') \gset
SELECT payment_method_id AS m3 FROM dwello.add_payment_method('paypal', 'three', 't3') \gset
SELECT payment_method_id AS m4 FROM dwello.add_payment_method('paypal', 'four', 't4') \gset

-- the default leaves the flag to the newest that remains
SELECT user_id = t.user('h1') AS mine, payment_method_id = :'m1' AS is_m1, version, replayed
  FROM dwello.remove_payment_method(:'m1', expected_version => 1, idempotency_key => 'x1');
SELECT user_id = t.user('h1') AS mine, payment_method_id = :'m1' AS is_m1, version, replayed
  FROM dwello.remove_payment_method(:'m1', expected_version => 1, idempotency_key => 'x1');
SELECT * FROM t.methods();
-- another one leaves it where it is
SELECT version, replayed FROM dwello.remove_payment_method(:'m3');
SELECT * FROM t.methods();
-- removed: gone from sight, and for whoever asks without the key
SAVEPOINT s;
SELECT t.app_as('h1');
SELECT psp FROM dwello.payment_methods ORDER BY psp;
ROLLBACK TO s;
SELECT t.as_system();
SELECT replace(replace(args, :'m1', 'm1'), :'m2', 'm2') AS args, who,
       split_part(t.try(format('SELECT dwello.remove_payment_method(%s)', args), who), ':', 1) AS result
  FROM (VALUES
    ('NULL', 's1'), ('NULL', 'u1'), ('NULL', 'h1'), ('NULL, NULL', NULL),
    (format('%L', :'m2'), NULL),
    (format('%L', :'m1'), 'h1'),
    (format('%L, expected_version => 1', :'m1'), 'h1'),
    (format('%L', :'m2'), 'h2'),
    (format('%L, t.user(''h1'')', :'m2'), 'h2'),
    (format('%L, t.user(''nobody'')', :'m2'), 'h2'),
    (format('%L, t.user(''nobody'')', :'m2'), 'a1'),
    (format('%L, t.user(''h2'')', :'m2'), 'a1'),
    ('t.user(''nothing'')', 'h1'),
    (format('%L, expected_version => 7', :'m2'), 'h1'),
    (format('%L, idempotency_key => ''x1''', :'m2'), 'h1'),
    (format('%L, idempotency_key => repeat(''x'', 1048576)', :'m2'), 'h1')
  ) AS v (args, who);
SELECT type, count(*) FROM dwello.outbox
 WHERE scope_id = t.user('h1') AND type = 'payment_method_removed' GROUP BY type;

-- while a payment with it may still arrive, it stays
SELECT t.login_as('h1');
SELECT status FROM dwello.post_job((SELECT id FROM dwello.service_categories
                                     WHERE name = 'Painting & Decorating'),
  'Paint', 'All of it.', -122.4194, 37.7749, budget_max => 100000,
  job_id => t.user('method job'));
SELECT status FROM dwello.publish_job(t.user('method job'));
SELECT t.login_as('p1');
SELECT eligible FROM dwello.submit_bid(t.user('method job'), 90000,
  timeline_days => 2, bid_id => t.user('method bid'));
SELECT t.login_as('h1');
SELECT job_status FROM dwello.accept_bid(t.user('method job'), t.user('method bid'));
SELECT t.login_as('p1');
SELECT job_status FROM dwello.confirm_award(t.user('method job'));
SELECT t.login_as('h1');
SELECT amount, escrow_status FROM dwello.fund_escrow(t.user('method job'), payment_method_id => :'m4');
SELECT split_part(t.try(format('SELECT dwello.remove_payment_method(%L)', :'m4')), ':', 1) AS pending,
       split_part(t.try(format('SELECT dwello.remove_payment_method(%L, expected_version => 7)', :'m4')), ':', 1) AS stale;
SAVEPOINT s;
-- past pay_by it is not waited for
SELECT set_config('dwello.now', (clock_timestamp() + interval '30 days')::text, true) <> '' AS later;
SELECT version FROM dwello.remove_payment_method(:'m4');
ROLLBACK TO s;
SELECT t.as_system();
SELECT escrow_status FROM dwello.confirm_payment(t.user('method job'), 'four', 'evt_method', 90000, 'USD');
SELECT t.login_as('a1');
SELECT version FROM dwello.remove_payment_method(:'m4', t.user('h1'));
SELECT version FROM dwello.remove_payment_method(:'m2', t.user('h1'));
SELECT t.as_system();
SELECT * FROM t.methods();
-- the next one added is the default again
SELECT version FROM dwello.add_payment_method('paypal', 'five', 't5', user_id => t.user('h1'));
SELECT psp, is_default FROM t.methods() WHERE NOT removed;
SELECT t.app_as(NULL);
SELECT t.try('SELECT dwello.remove_payment_method(NULL)');
ROLLBACK;

-- where nothing can be written
BEGIN READ ONLY;
SELECT t.try('SELECT dwello.remove_payment_method(NULL)');
ROLLBACK;
