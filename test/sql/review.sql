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
-- a rating of 6 of a job that is not theirs, and of none
SELECT t.try(format('SELECT dwello.post_review(%L, 6)', t.user('job_done')), 'p2');
SELECT t.try('SELECT dwello.post_review(NULL, 6)');
SELECT count(*) FROM dwello.reviews WHERE job_id = t.user('job_done');
-- completed, but nothing was paid
UPDATE dwello.jobs SET status = 'completed' WHERE id = t.user('job_new');
SELECT t.try(format('SELECT dwello.post_review(%L, 5)', t.user('job_new')), 'h1');
ROLLBACK;

-- answers: by the reviewed side, once, not before it can know of the review
BEGIN;
CREATE FUNCTION t.review_of(job text, who text) RETURNS uuid LANGUAGE sql
AS $$ SELECT id FROM dwello.reviews WHERE job_id = t.user(job) AND reviewee_id = t.user(who) $$;
CREATE FUNCTION t.answer(who text, about text, words text = 'Thanks.', key text = NULL) RETURNS text LANGUAGE sql
AS $$ SELECT regexp_replace(t.try(format('SELECT dwello.respond_to_review(%L, %L, %L, %L)',
                          t.user('job_r'), t.review_of('job_r', about), words, key), who), '[0-9a-f-]{36}', 'X') $$;
SELECT t.play('job_r', 4);
SELECT t.login_as('h1');
SELECT revealed FROM dwello.post_review(t.user('job_r'), 2, comment => 'Late.');
SELECT t.as_system();
SELECT t.answer('p1', 'p1') AS before_reveal;
SELECT t.answer('h1', 'p1') AS by_its_author;
SELECT t.answer('p2', 'p1') AS by_a_stranger;
SELECT t.login_as('p1');
SELECT revealed FROM dwello.post_review(t.user('job_r'), 5, is_public => false);
SELECT response_id IS NOT NULL AS answered, version, replayed
  FROM dwello.respond_to_review(t.user('job_r'), t.review_of('job_r', 'p1'), 'The parts were late.', 'k1');
SELECT response_id IS NOT NULL AS answered, version, replayed
  FROM dwello.respond_to_review(t.user('job_r'), t.review_of('job_r', 'p1'), 'The parts were late.', 'k1');
SELECT t.answer('p1', 'p1', 'Sorry.', 'k1') AS other_words;
SELECT t.answer('p1', 'p1') AS twice;
SELECT t.answer('h1', 'p1') AS by_its_author;
SELECT t.answer('p2', 'p1') AS by_a_stranger;
SELECT t.answer('p2', 'h1') AS by_a_stranger_who_cannot_see;
SELECT t.answer('a1', 'p1') AS by_an_administrator;
SELECT t.answer('h2', 'p1') AS by_a_homeowner_elsewhere;
SELECT t.answer('p1', 'p1', '') AS nothing, t.answer('p1', 'p1', E' \n') AS blank, t.answer('p1', 'p1', NULL) AS null_words;
SELECT t.answer('h1', 'h1', repeat('é', 10001)) AS too_long, t.answer('h1', 'h1', repeat('é', 10000)) AS long_enough;
SELECT t.answer('p1', 'nobody') AS no_review;
SELECT t.try(format('SELECT dwello.respond_to_review(%L, %L, ''x'')', t.user('job_r'), t.user('nothing')), 'p1') AS unknown;
SELECT t.try(format('SELECT dwello.respond_to_review(%L, %L, ''x'')', t.user('nothing'), t.review_of('job_r', 'p1')), 'p1') AS no_job;
-- the author is told, not what was said; the answer is as public as the review
SELECT t.as_system();
SELECT dwello.deliver_events() > 0 AS delivered;
SELECT (payload ->> 'recipient_id')::uuid = t.user('h1') AS to_homeowner, payload::text ~ 'parts|ééé' AS says_it
  FROM dwello.outbox WHERE scope_id = t.user('job_r') AND type = 'review_answered' ORDER BY id;
SELECT user_id = t.user('h1') AS homeowner, title FROM dwello.notifications
 WHERE title = 'Your review was answered' ORDER BY 1;
SELECT t.app_as('p2');
SELECT response, is_public FROM dwello.review_responses;
SELECT t.app_as('h1');
SELECT count(*) FROM dwello.review_responses;
ROLLBACK;

-- reviews_of: who reads what, double-blind against dwello.now
BEGIN;
CREATE FUNCTION t.reads(who text, about text) RETURNS text LANGUAGE plpgsql
AS $$
DECLARE
  ratings text;
BEGIN
  PERFORM t.login_as(who);
  SELECT coalesce(string_agg(r.rating || CASE WHEN r.response IS NULL THEN '' ELSE '+' END, ' '), '-')
    INTO ratings FROM dwello.reviews_of(t.user(about)) AS r;
  PERFORM t.login_as(NULL);
  RETURN ratings;
END
$$;
SELECT t.play(name, 4) FROM unnest(ARRAY['job_1', 'job_2', 'job_3']) AS name;
-- job_1 both ways, p1's own is private; job_2 one way only; job_3 not at all
SET LOCAL dwello.now = '2040-03-01 10:00+00';
SELECT t.login_as('h1');
SELECT revealed FROM dwello.post_review(t.user('job_1'), 5, 'Quick', 'Clean.', '{"quality": 5}');
SET LOCAL dwello.now = '2040-03-01 11:00+00';
SELECT revealed FROM dwello.post_review(t.user('job_2'), 1);
SET LOCAL dwello.now = '2040-03-01 12:00+00';
SELECT t.login_as('p1');
SELECT revealed FROM dwello.post_review(t.user('job_1'), 4, is_public => false);
SELECT a.version FROM dwello.reviews AS r, dwello.respond_to_review(r.job_id, r.id, 'Gladly.') AS a
 WHERE r.job_id = t.user('job_1') AND r.reviewee_id = t.user('p1');
SELECT t.as_system();
SELECT who, t.reads(who, 'p1') AS of_provider, t.reads(who, 'h1') AS of_homeowner, t.reads(who, 'p2') AS of_nobody
  FROM unnest(ARRAY['h1', 'p1', 'p2', 'h2', 'u1', 'a1', 's1', NULL]) AS who;
-- the day before, and the moment that the lone one is shown
SET LOCAL dwello.now = '2040-03-15 10:59:59+00';
SELECT t.reads('p1', 'p1') AS not_yet, t.reads('h1', 'p1') AS not_to_its_author;
SET LOCAL dwello.now = '2040-03-15 11:00+00';
SELECT t.reads('p1', 'p1') AS now_shown, t.reads('p2', 'p1') AS to_all;
SELECT t.app_as('p2');
SELECT rating, title, comment, axes, reviewer_type, response, to_char(created_at AT TIME ZONE 'UTC', 'HH24:MI') AS at,
       job_id = t.user('job_1') AS of_job_1
  FROM dwello.reviews_of(t.user('p1'));
SELECT rating, reviewer_type FROM dwello.reviews_of(t.user('h1'));
-- paging
SELECT b.rating FROM (SELECT review_id FROM dwello.reviews_of(t.user('p1'), max_results => 1)) AS a,
       LATERAL dwello.reviews_of(t.user('p1'), a.review_id, 1) AS b;
SELECT count(*) FROM (SELECT review_id FROM dwello.reviews_of(t.user('p1')) OFFSET 1) AS a,
       LATERAL dwello.reviews_of(t.user('p1'), a.review_id) AS b;
-- a cursor tells nothing of a review that is not shown to the caller
SELECT t.as_system();
SET LOCAL dwello.now = '2040-03-02 00:00+00';
SELECT left(t.try(format('SELECT dwello.reviews_of(%L, %L)', t.user('p1'), r.id), 'p1'), 5) AS hidden
  FROM dwello.reviews AS r WHERE r.job_id = t.user('job_2');
SELECT left(t.try(format('SELECT dwello.reviews_of(%L, %L)', t.user('h1'), r.id), 'p2'), 5) AS private
  FROM dwello.reviews AS r WHERE r.job_id = t.user('job_1') AND r.reviewee_id = t.user('h1');
SELECT t.try(format('SELECT dwello.reviews_of(%L, %L)', t.user('p1'), t.user('nothing')), 'p2') AS unknown;
SELECT t.try('SELECT dwello.reviews_of(NULL)', 'p2') AS no_user;
SELECT t.try(format('SELECT dwello.reviews_of(%L, max_results => %s)', t.user('p1'), n), 'p2')
  FROM unnest(ARRAY['NULL', '0', '1', '200', '201']) AS n;
-- a deleted one is gone
UPDATE dwello.reviews SET deleted_at = now() WHERE job_id = t.user('job_1');
SELECT t.reads('p1', 'p1') AS of_provider, t.reads('a1', 'h1') AS of_homeowner;
-- nobody reads nothing; a transaction that cannot write reads
SET TRANSACTION READ ONLY;
SET LOCAL dwello.now = '2040-03-15 11:00+00';
SELECT t.reads('p1', 'p1') AS read_only;
SET LOCAL ROLE dwello_app;
SELECT t.try(format('SELECT dwello.reviews_of(%L)', t.user('p1'))) AS nobody;
ROLLBACK;

DROP FUNCTION t.play(text, integer);
