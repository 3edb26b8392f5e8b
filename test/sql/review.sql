--
-- review.sql
--	What the two sides of a finished job say of each other.
--
SET client_min_messages = warning;

-- Plays a job of h1 and p1 up to a point: published, awarded, started, paid.
CREATE FUNCTION t.play(name text, stage integer) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
  job uuid := t.user(name);
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000012', name,
    'Pipes.', -122.4194, 37.7749, budget_min => 20000, budget_max => 40000,
    job_id => job);
  PERFORM dwello.publish_job(job);
  IF stage < 2 THEN RETURN; END IF;
  PERFORM t.login_as('p1');
  PERFORM dwello.submit_bid(job, 35000, bid_id => t.user(name || ' bid'));
  PERFORM t.login_as('h1');
  PERFORM dwello.accept_bid(job, t.user(name || ' bid'));
  PERFORM t.login_as('p1');
  PERFORM dwello.confirm_award(job);
  IF stage < 3 THEN RETURN; END IF;
  PERFORM t.login_as('h1');
  PERFORM dwello.fund_escrow(job);
  PERFORM t.as_system();
  PERFORM dwello.confirm_payment(job, 'psp', 'evt ' || name, 35000, 'USD');
  PERFORM t.login_as('p1');
  PERFORM dwello.start_job(job);
  PERFORM dwello.submit_milestone(job);
  IF stage < 4 THEN RETURN; END IF;
  PERFORM t.login_as('h1');
  PERFORM dwello.release_escrow(job);
END
$$;

-- both sides speak, and neither hears the other first
BEGIN;
SELECT t.play('job_r', 4);
SELECT status FROM dwello.jobs WHERE id = t.user('job_r');
SELECT t.as_system();
SELECT dwello.deliver_events() > 0 AS delivered;
SELECT t.login_as('h1');
SELECT job_id = t.user('job_r') AS same_job,
       reviewee_id = t.user('p1') AS of_provider, revealed, version, replayed
  FROM dwello.post_review(t.user('job_r'), 5, 'Quick', 'Clean work.',
    '{"quality": 5, "punctuality": 4}', idempotency_key => 'r1');
SELECT revealed, version, replayed
  FROM dwello.post_review(t.user('job_r'), 5, 'Quick', 'Clean work.',
    '{"quality": 5, "punctuality": 4}', idempotency_key => 'r1');
SELECT t.try(format('SELECT dwello.post_review(%L, 4, %L, %L, idempotency_key => %L)',
                    t.user('job_r'), 'Quick', 'Clean work.', 'r1'));
SELECT t.try(format('SELECT dwello.post_review(%L, 5)', t.user('job_r')));
SELECT rating, title, comment, axes, is_public, reveal_at - created_at AS wait
  FROM dwello.reviews WHERE job_id = t.user('job_r');
-- the rating waits, too
SELECT t.as_system();
SELECT dwello.deliver_events() AS delivered;
SELECT review_count FROM dwello.provider_stats WHERE user_id = t.user('p1');
SELECT t.app_as('h1');
SELECT count(*) AS homeowner_sees FROM dwello.reviews
 WHERE job_id = t.user('job_r');
SELECT t.app_as('p1');
SELECT count(*) AS provider_sees FROM dwello.reviews
 WHERE job_id = t.user('job_r');
SELECT reviewee_id = t.user('h1') AS of_homeowner, revealed
  FROM dwello.post_review(t.user('job_r'), 4, is_public => false);
SELECT count(*) AS provider_sees FROM dwello.reviews
 WHERE job_id = t.user('job_r');
SELECT t.app_as('h1');
SELECT count(*) AS homeowner_sees FROM dwello.reviews
 WHERE job_id = t.user('job_r');
SELECT t.app_as('p2');
SELECT count(*) AS stranger_sees, min(rating) AS public_one FROM dwello.reviews
 WHERE job_id = t.user('job_r');
SELECT t.try('DELETE FROM dwello.reviews');
SELECT t.as_system();
SELECT dwello.deliver_events() AS delivered;
SELECT review_count FROM dwello.provider_stats WHERE user_id = t.user('p1');
SELECT type, payload->>'rating' AS rating,
       (payload->>'reviewee_id')::uuid = t.user('p1') AS of_provider
  FROM dwello.outbox
 WHERE scope_id = t.user('job_r') AND aggregatetype = 'review'
 ORDER BY id;
ROLLBACK;

-- alone, it is shown when the time has come
BEGIN;
SELECT t.play('job_r', 4);
SELECT t.login_as('p1');
SELECT revealed FROM dwello.post_review(t.user('job_r'), 3);
UPDATE dwello.reviews SET reveal_at = now() - interval '1 second'
 WHERE job_id = t.user('job_r');
SELECT t.app_as('h1');
SELECT rating FROM dwello.reviews
 WHERE job_id = t.user('job_r');
ROLLBACK;

-- refusals
BEGIN;
SELECT t.play('job_open', 1);
SELECT t.play('job_new', 2);
SELECT t.play('job_busy', 3);
SELECT t.play('job_done', 4);
SELECT t.try(format('SELECT dwello.post_review(%L, 5)', t.user('job_done')), 'p2');
SELECT t.try(format('SELECT dwello.post_review(%L, 5)', t.user('job_done')), 'h2');
SELECT t.try(format('SELECT dwello.post_review(%L, 5)', t.user('job_done')), 'a1');
SELECT t.try(format('SELECT dwello.post_review(%L, 5)', t.user('job_done')), 'u1');
SELECT t.try(format('SELECT dwello.post_review(%L, 5)', t.user('nothing')), 'h1');
SELECT t.try(format('SELECT dwello.post_review(%L, 5)', t.user('job_open')), 'h1');
SELECT t.try(format('SELECT dwello.post_review(%L, 5)', t.user('job_open')), 'p1');
SELECT t.try(format('SELECT dwello.post_review(%L, 5)', t.user('job_new')), 'p1');
SELECT t.try(format('SELECT dwello.post_review(%L, 5)', t.user('job_busy')), 'h1');
SELECT t.login_as('h1');
SELECT arguments,
       t.try(format('SELECT dwello.post_review(%L, ', t.user('job_done')) ||
             arguments || ')') AS answer
  FROM unnest(ARRAY['0', '6', '-1', 'NULL', '5, axes => NULL',
    '5, is_public => NULL', '5, axes => ''[]''',
    '5, axes => ''{"quality": 6}''', '5, axes => ''{"quality": 4.5}''',
    '5, axes => ''{"quality": "5"}''', '5, axes => ''{"quality": null}''',
    '5, axes => ''{" ": 5}''',
    '6, title => repeat(''t'', 201)', '6, repeat(''t'', 200)',
    '5, comment => repeat(''c'', 10001)',
    '5, axes => jsonb_build_object(repeat(''a'', 51), 5)',
    '5, axes => (SELECT jsonb_object_agg(i, 5) FROM generate_series(1, 21) AS i)'])
       AS arguments;
-- a rating of 6 of a job that is not his, and of none
SELECT t.try(format('SELECT dwello.post_review(%L, 6)', t.user('job_done')), 'p2');
SELECT t.try('SELECT dwello.post_review(NULL, 6)');
SELECT count(*) FROM dwello.reviews WHERE job_id = t.user('job_done');
-- completed, but nothing was paid
UPDATE dwello.jobs SET status = 'completed' WHERE id = t.user('job_new');
SELECT t.try(format('SELECT dwello.post_review(%L, 5)', t.user('job_new')), 'h1');
ROLLBACK;

DROP FUNCTION t.play(text, integer);
