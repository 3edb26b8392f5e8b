--
-- run.sql
--	What wakes agents.
--
-- Everything happens in transactions that are rolled back.
--
SET client_min_messages = warning;
\set painting '''d0000000-0000-7000-8000-000000000011''::uuid'

-- ----------------------------------------------------------------------
-- Publishing wakes agents, once for each version of the terms
-- ----------------------------------------------------------------------
BEGIN;
CREATE VIEW pg_temp.work AS
  SELECT w.terms_version, w.attempts, w.run_after, w.claimed_at, w.done_at
    FROM dwello.agent_work AS w WHERE w.job_id = t.user('run') ORDER BY 1;
SELECT t.login_as('h1');
SELECT status FROM dwello.post_job(:painting, 'Hall', 'All of it.', -122.4194, 37.7749,
  budget_min => 80000, budget_max => 120000, job_id => t.user('run'));
TABLE pg_temp.work;
SELECT status FROM dwello.edit_job(t.user('run'), title => 'The hall');
TABLE pg_temp.work;
SELECT status FROM dwello.publish_job(t.user('run'));
TABLE pg_temp.work;
-- a new version of the row is no new version of the terms
SELECT terms_version FROM dwello.edit_job(t.user('run'), title => 'My hall');
TABLE pg_temp.work;
SELECT terms_version FROM dwello.edit_job(t.user('run'), description => 'More of it.');
TABLE pg_temp.work;
-- neither another update, nor terms that fall, nor a version that was there
UPDATE dwello.jobs SET status = 'awarded', provider_id = t.user('p1'), is_listed = false WHERE id = t.user('run');
UPDATE dwello.jobs SET status = 'open', provider_id = NULL, is_listed = true WHERE id = t.user('run');
UPDATE dwello.jobs SET terms_version = 1 WHERE id = t.user('run');
UPDATE dwello.jobs SET terms_version = 2 WHERE id = t.user('run');
TABLE pg_temp.work;
ROLLBACK;

-- never an INSERT, as a restore does it, nor what a subscriber is sent
BEGIN;
INSERT INTO dwello.jobs (id, homeowner_id, category_id, status, title, description, location, currency,
  published_at, expires_at, is_listed)
  VALUES (t.user('run'), t.user('h1'), :painting, 'open', 'Hall', '', ST_MakePoint(-122.42, 37.77), 'USD',
    now(), now() + '30 days', true);
SELECT count(*) FROM dwello.agent_work WHERE job_id = t.user('run');
SET LOCAL session_replication_role = replica;
UPDATE dwello.jobs SET terms_version = 2 WHERE id = t.user('run');
SELECT count(*) FROM dwello.agent_work WHERE job_id = t.user('run');
ROLLBACK;

-- the application cannot write the work itself
BEGIN;
SELECT t.app_as('h1');
SELECT t.try($$INSERT INTO dwello.agent_work (job_id, terms_version, created_at) VALUES (t.user('run'), 1, now())$$),
       t.try($$SELECT FROM dwello.agent_answers$$);
ROLLBACK;
