--
-- account_status.sql
--	Suspending and reinstating users, new passwords, tokens taken back.
--
-- Everything happens in transactions that are rolled back.  Tokens are told
-- apart by the second they were issued in, so a token is made before what
-- revokes it, and one made after it is good although the second is the same.
--
BEGIN;
-- Whose token it is, or why it is refused.
CREATE FUNCTION t.whose(token text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  found uuid;
BEGIN
  found := dwello.login(token);
  PERFORM dwello.login(NULL);
  RETURN (SELECT first_name FROM dwello.users WHERE id = found);
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END
$$;
-- An open job of h1 with bids of p1 and p2.
SELECT t.login_as('h1');
SELECT status FROM dwello.post_job((SELECT id FROM dwello.service_categories
                                     WHERE name = 'Painting & Decorating'),
  'Paint', 'All of it.', -122.4194, 37.7749, budget_max => 100000,
  job_id => t.user('status job'));
SELECT status FROM dwello.publish_job(t.user('status job'));
SELECT t.login_as('p1');
SELECT eligible FROM dwello.submit_bid(t.user('status job'), 90000,
  timeline_days => 2, bid_id => t.user('status bid 1'));
SELECT t.login_as('p2');
SELECT eligible FROM dwello.submit_bid(t.user('status job'), 95000,
  timeline_days => 2, bid_id => t.user('status bid 2'));
SELECT t.as_system();

-- ----------------------------------------------------------------------
-- suspend_user
-- ----------------------------------------------------------------------
SELECT t.token('p1') AS p1_token, t.token('p2') AS p2_token,
       t.token('s1') AS s1_token \gset
SELECT version AS p1_version FROM dwello.users WHERE id = t.user('p1') \gset
SELECT t.whose(:'p1_token') AS before;
SELECT t.login_as('a1');
SELECT user_id = t.user('p1') AS is_p1, status,
       version - :p1_version AS versions, replayed
  FROM dwello.suspend_user(t.user('p1'), 'Took the deposit and left.',
                           :p1_version, 's1');
SELECT user_id = t.user('p1') AS is_p1, status,
       version - :p1_version AS versions, replayed
  FROM dwello.suspend_user(t.user('p1'), 'Took the deposit and left.',
                           :p1_version, 's1');
SELECT status, version - :p1_version AS versions, replayed
  FROM dwello.suspend_user(t.user('p1'), 'For another reason.');
SELECT t.try($$SELECT dwello.suspend_user(t.user('p1'), 'For another reason.', NULL, 's1')$$),
       t.try($$SELECT dwello.suspend_user(t.user('p1'), 'For another reason.', 1)$$);
SELECT t.detail($$SELECT dwello.suspend_user(t.user('p1'), 'For another reason.', NULL, 's1')$$);
SELECT t.as_system();
SELECT t.whose(:'p1_token') AS suspended, t.whose(:'p2_token') AS another,
       t.try($$SELECT t.token('p1')$$) AS a_new_one,
       (SELECT status FROM dwello.users WHERE id = t.user('p1'));
-- the reason stands in the log alone
SELECT type, payload = jsonb_build_object('user_id', t.user('p1'), 'actor_id', t.user('a1')) AS only_ids
  FROM dwello.outbox WHERE scope_id = t.user('p1') AND type = 'user_suspended';
SELECT action, details - 'actor_id' AS details, details ->> 'actor_id' = t.user('a1')::text AS by_a1
  FROM dwello.user_activity_logs WHERE user_id = t.user('p1');

-- the job and the bids stay; a gate says no
SELECT t.login_as('h1');
SELECT rank, provider_id = t.user('p1') AS is_p1, eligible, reasons
  FROM dwello.rank_bids(t.user('status job')) ORDER BY rank;
SELECT t.try($$SELECT dwello.accept_bid(t.user('status job'), t.user('status bid 1'))$$);
SELECT t.as_system();
SELECT id = t.user('status bid 1') AS of_p1, status FROM dwello.bids
 WHERE job_id = t.user('status job') ORDER BY id = t.user('status bid 1');
-- a suspended homeowner's job stays open
SAVEPOINT s;
SELECT status FROM dwello.suspend_user(t.user('h1'), 'test');
SELECT status FROM dwello.jobs WHERE id = t.user('status job');
SELECT rank, eligible FROM dwello.rank_bids(t.user('status job')) ORDER BY rank;
ROLLBACK TO s;

-- in the middle of their transaction: their next command is refused
SAVEPOINT s;
SELECT t.login_as('p2');
UPDATE dwello.users SET status = 'suspended' WHERE id = t.user('p2');
SELECT t.try($$SELECT dwello.update_profile(bio => 'x')$$);
ROLLBACK TO s;

-- an administrator by another, nobody themselves, not even without a reason
SELECT who, args, t.try(format('SELECT dwello.suspend_user(%s)', args), who)
  FROM (VALUES
    ('h1', $$NULL, NULL$$),
    ('p2', $$t.user('h1'), 'x'$$),
    ('s1', $$t.user('h1'), 'x'$$),
    ('u1', $$t.user('u1'), 'x'$$),
    ('a1', $$NULL, 'x'$$),
    ('a1', $$t.user('h1'), NULL$$),
    ('a1', $$NULL, repeat('x', 1048576)$$),
    ('a1', $$t.user('a1'), repeat('x', 1048576)$$),
    ('a1', $$t.user('a1'), ' '$$),
    ('a1', $$t.user('h1'), ''$$),
    ('a1', $$t.user('a1'), 'x'$$),
    ('a1', $$t.user('nobody'), 'x', 7$$),
    ('a1', $$t.user('h1'), 'x', 77$$),
    ('a1', $$t.user('h1'), 'x', NULL, repeat('x', 1048576)$$)
  ) AS v (who, args);
SELECT t.login_as('a1');
SELECT status FROM dwello.suspend_user(t.user('s1'), 'test');
SELECT t.as_system();
SELECT t.whose(:'s1_token') AS suspended;
SELECT status FROM dwello.reinstate_user(t.user('s1'));

-- ----------------------------------------------------------------------
-- reinstate_user
-- ----------------------------------------------------------------------
SELECT status, version - :p1_version AS versions, replayed
  FROM dwello.reinstate_user(t.user('p1'), :p1_version + 1, 'r1');
SELECT status, version - :p1_version AS versions, replayed
  FROM dwello.reinstate_user(t.user('p1'), :p1_version + 1, 'r1');
SELECT status, version - :p1_version AS versions, replayed
  FROM dwello.reinstate_user(t.user('p1'));
SELECT t.whose(:'p1_token') AS an_old_token, t.whose(t.token('p1')) AS a_new_one;
SELECT t.login_as('h1');
SELECT rank, eligible, reasons FROM dwello.rank_bids(t.user('status job')) ORDER BY rank;
SELECT t.as_system();
SELECT type, payload = jsonb_build_object('user_id', t.user('p1')) AS only_ids
  FROM dwello.outbox WHERE scope_id = t.user('p1') AND type = 'user_reinstated';
-- they can read why
SELECT t.app_as('p1');
SELECT action, details - 'actor_id' AS details FROM dwello.user_activity_logs ORDER BY id;
SELECT t.as_system();
-- what was never verified is still to be
SAVEPOINT s;
SELECT status FROM dwello.suspend_user(t.user('u1'), 'test');
SELECT status, email_verified FROM dwello.verify_user(t.user('u1'), 'phone');
SELECT status FROM dwello.reinstate_user(t.user('u1'));
SELECT status FROM dwello.suspend_user(t.user('u1'), 'test');
SELECT status, email_verified FROM dwello.verify_user(t.user('u1'), 'email');
SELECT status FROM dwello.reinstate_user(t.user('u1'));
UPDATE dwello.users SET status = 'inactive' WHERE id = t.user('u1');
SELECT t.try($$SELECT dwello.reinstate_user(t.user('u1'))$$) AS inactive;
ROLLBACK TO s;
SELECT who, args, t.try(format('SELECT dwello.reinstate_user(%s)', args), who)
  FROM (VALUES
    ('h1', $$NULL$$),
    ('p2', $$t.user('p2')$$),
    ('a1', $$NULL$$),
    ('a1', $$t.user('nobody')$$),
    ('a1', $$t.user('p1'), 1$$),
    ('a1', $$t.user('p1'), NULL, 's1'$$),
    ('a1', $$t.user('a1')$$)
  ) AS v (who, args);

-- ----------------------------------------------------------------------
-- revoke_tokens
-- ----------------------------------------------------------------------
SELECT t.token('p2') AS old \gset
SELECT t.login_as('p2');
SELECT user_id = t.user('p2') AS mine, not_before <= clock_timestamp() AS now
  FROM dwello.revoke_tokens();
-- their identity holds to the end of the transaction
SELECT dwello.current_user_id() = t.user('p2') AS still_p2;
SELECT t.as_system();
SELECT t.token('p2') AS new \gset
SELECT t.whose(:'old') AS old, t.whose(:'new') AS new;
-- again within the second: what was issued in between is refused, too
SELECT not_before > clock_timestamp() - interval '10 seconds' AS recent
  FROM dwello.revoke_tokens(t.user('p2'));
SELECT t.token('p2') AS newer \gset
SELECT t.whose(:'old') AS old, t.whose(:'new') AS new, t.whose(:'newer') AS newer;
SELECT t.login_as('a1');
SELECT user_id = t.user('p2') AS of_p2 FROM dwello.revoke_tokens(t.user('p2'));
SELECT t.as_system();
SELECT t.whose(:'newer') AS newer, t.whose(t.token('h1')) AS another;
-- a suspension is not shortened by it
SAVEPOINT s;
SELECT status FROM dwello.suspend_user(t.user('p2'), 'test');
SELECT not_before FROM dwello.revoke_tokens(t.user('p2'));
ROLLBACK TO s;
SELECT type, count(*), bool_and(payload = jsonb_build_object('user_id', t.user('p2'))) AS only_ids
  FROM dwello.outbox WHERE scope_id = t.user('p2') AND type = 'tokens_revoked' GROUP BY type;
SELECT who, args, t.try(format('SELECT dwello.revoke_tokens(%s)', args), who)
  FROM (VALUES
    ('h1', $$t.user('h2')$$),
    ('h1', $$t.user('nobody')$$),
    ('s1', $$t.user('h2')$$),
    ('a1', $$t.user('nobody')$$),
    ('u1', ''), ('s1', ''), ('a1', 'NULL'), (NULL, 'NULL'), (NULL, $$t.user('nobody')$$)
  ) AS v (who, args);

-- ----------------------------------------------------------------------
-- set_password_hash
-- ----------------------------------------------------------------------
SELECT t.token('h2') AS h2_token \gset
SELECT version AS h2_version FROM dwello.users WHERE id = t.user('h2') \gset
SELECT user_id = t.user('h2') AS is_h2, version - :h2_version AS versions, replayed
  FROM dwello.set_password_hash(t.user('h2'), '$argon2id$new', :h2_version, 'w1');
SELECT user_id = t.user('h2') AS is_h2, version - :h2_version AS versions, replayed
  FROM dwello.set_password_hash(t.user('h2'), '$argon2id$new', :h2_version, 'w1');
SELECT password_hash, status FROM dwello.find_login('h2@example.org');
SELECT t.whose(:'h2_token') AS before, t.whose(t.token('h2')) AS after;
SELECT type, payload = jsonb_build_object('user_id', t.user('h2')) AS only_ids
  FROM dwello.outbox WHERE scope_id = t.user('h2') AND type = 'password_changed';
-- the hash is in the user's row and nowhere else
SELECT count(*) AS elsewhere
  FROM (SELECT o::text FROM dwello.outbox o UNION ALL
        SELECT k::text FROM dwello.idempotency_keys k UNION ALL
        SELECT l::text FROM dwello.user_activity_logs l) AS r (line)
 WHERE position('argon2id$new' IN line) > 0
    OR position(encode('$argon2id$new', 'hex') IN line) > 0;
SELECT args, who, t.try(format('SELECT dwello.set_password_hash(%s)', args), who)
  FROM (VALUES
    ($$NULL, NULL$$, 'h2'),
    ($$t.user('h2'), 'x'$$, 'h2'),
    ($$t.user('h2'), 'x'$$, 'a1'),
    ($$t.user('h2'), 'x'$$, 's1'),
    ($$NULL, 'x'$$, NULL),
    ($$t.user('h2'), NULL$$, NULL),
    ($$NULL, repeat('x', 1048576)$$, NULL),
    ($$t.user('h2'), repeat('x', 1048576)$$, NULL),
    ($$t.user('h2'), ' '$$, NULL),
    ($$t.user('nobody'), 'x'$$, NULL),
    ($$t.user('h2'), 'x', 1$$, NULL),
    ($$t.user('h2'), 'x', NULL, 'w1'$$, NULL)
  ) AS v (args, who);
SELECT t.detail($$SELECT dwello.set_password_hash(t.user('h2'), 'x', NULL, 'w1')$$);

-- without an identity
SELECT t.app_as(NULL);
SELECT t.try($$SELECT dwello.suspend_user(NULL, NULL)$$),
       t.try($$SELECT dwello.reinstate_user(NULL)$$),
       t.try($$SELECT dwello.revoke_tokens()$$),
       t.try($$SELECT dwello.set_password_hash(NULL, NULL)$$);
ROLLBACK;

-- where nothing can be written
BEGIN READ ONLY;
SELECT t.try('SELECT dwello.suspend_user(NULL, NULL)'),
       t.try('SELECT dwello.reinstate_user(NULL)'),
       t.try('SELECT dwello.revoke_tokens()'),
       t.try('SELECT dwello.set_password_hash(NULL, NULL)');
ROLLBACK;
