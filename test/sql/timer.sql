--
-- timer.sql
--	Timers of a job's own in place of the settings: who sets them, and that
--	each of them is felt, by the deadlines that start from then on alone.
--
SET client_min_messages = warning;

-- A draft of h1.
CREATE FUNCTION t.draft(name text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', name, 'Words.',
    -122.42, 37.77, budget_max => 200000, job_id => t.user(name));
  PERFORM t.login_as(NULL);
END
$$;
-- Calls as the named user; what the call says of its deadline, from now on.
CREATE FUNCTION t.wait(name text, call text, deadline text) RETURNS interval
LANGUAGE plpgsql
AS $$
DECLARE
  wait interval;
BEGIN
  PERFORM t.login_as(name);
  EXECUTE format('SELECT r.%I - now() FROM dwello.%s AS r', deadline, call) INTO STRICT wait;
  PERFORM t.login_as(NULL);
  RETURN wait;
END
$$;
-- Every deadline of a job, in the order in which it comes to them.
CREATE FUNCTION t.waits(name text)
RETURNS TABLE (confirm interval, fund interval, pay interval, release interval, provider interval, homeowner interval, mediation interval)
LANGUAGE plpgsql
AS $$
DECLARE
  job CONSTANT text := format('%L', t.user(name));
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.publish_job(t.user(name));
  PERFORM t.login_as('p1');
  PERFORM dwello.submit_bid(t.user(name), 100000, bid_id => t.user(name || ' bid'));
  confirm := t.wait('h1', format('accept_bid(%s, %L)', job, t.user(name || ' bid')), 'confirm_by');
  PERFORM t.login_as('p1');
  PERFORM dwello.confirm_award(t.user(name));
  SELECT j.fund_by - now() INTO fund FROM dwello.jobs AS j WHERE j.id = t.user(name);
  pay := t.wait('h1', format('fund_escrow(%s)', job), 'pay_by');
  PERFORM dwello.confirm_payment(t.user(name), 'acme', name, 100000, 'USD');
  PERFORM t.login_as('p1');
  PERFORM dwello.start_job(t.user(name));
  release := t.wait('p1', format('submit_milestone(%s)', job), 'auto_release_at');
  provider := t.wait('h1', format('open_dispute(%s, 0, %L)', job, 'No.'), 'answer_by');
  PERFORM t.login_as('h1');
  PERFORM dwello.withdraw_dispute(t.user(name));
  homeowner := t.wait('p1', format('open_dispute(%s, 90000, %L)', job, 'Yes.'), 'answer_by');
  mediation := t.wait('h1', format('answer_dispute(%s, 10000)', job), 'answer_by');
  RETURN NEXT;
END
$$;

------------------------------------------------------------------------
-- each of the seven is felt; a job without goes by the settings
------------------------------------------------------------------------
BEGIN;
SELECT set_config('dwello.now', now()::text, true) IS NOT NULL AS pinned;
SELECT t.draft('timer own'), t.draft('timer some'), t.draft('timer none');
SELECT t.app_as('h1');
SELECT job_id = t.user('timer own') AS is_job, timers, version, replayed
  FROM dwello.set_timers(t.user('timer own'), '{"award_confirm_hours": 1, "fund_days": 4, "payment_minutes_card": 2,
    "auto_release_days": 3.0, "refund_answer_days": 8, "dispute_provider_days": 5, "dispute_homeowner_days": 6, "mediation_days": 7}',
    expected_version => 1, idempotency_key => 'own');
SELECT job_id = t.user('timer own') AS is_job, timers, version, replayed
  FROM dwello.set_timers(t.user('timer own'), '{"award_confirm_hours": 1, "fund_days": 4, "payment_minutes_card": 2,
    "auto_release_days": 3.0, "refund_answer_days": 8, "dispute_provider_days": 5, "dispute_homeowner_days": 6, "mediation_days": 7}',
    expected_version => 1, idempotency_key => 'own');
SELECT timers, version FROM dwello.set_timers(t.user('timer some'), '{"award_confirm_hours": 1}');
SELECT timers, version FROM dwello.set_timers(t.user('timer some'), '{"auto_release_days": 365}');
SELECT t.as_system();
SELECT count(*) AS told FROM dwello.outbox WHERE scope_id = t.user('timer own');
SELECT * FROM t.waits('timer own');
SELECT * FROM t.waits('timer some');
SELECT * FROM t.waits('timer none');
-- the provider reads them
SELECT t.app_as('p1');
SELECT title, timers FROM dwello.jobs WHERE title LIKE 'timer %' ORDER BY title;
ROLLBACK;

------------------------------------------------------------------------
-- an administrator at any time: what runs stays, what starts goes by them
------------------------------------------------------------------------
BEGIN;
SELECT set_config('dwello.now', now()::text, true) IS NOT NULL AS pinned;
SELECT t.award('timer late', 100000, '{1,1}'), t.pay('timer late'), t.start('timer late');
SELECT t.wait('p1', $$submit_milestone(t.user('timer late'))$$, 'auto_release_at');
SELECT t.login_as('a1');
SELECT timers, version FROM dwello.set_timers(t.user('timer late'), '{"auto_release_days": 2}');
SELECT t.wait('p1', $$submit_milestone(t.user('timer late'))$$, 'auto_release_at');
SELECT sort_order, auto_release_at - submitted_at AS wait FROM dwello.job_milestones
 WHERE job_id = t.user('timer late') ORDER BY 1;
SELECT t.login_as('h1');
SELECT milestone_status FROM dwello.request_changes(t.user('timer late'), t.user('timer late m1'));
-- back to the settings, whatever they have become
SELECT t.as_system();
SELECT value FROM dwello.set_setting('auto_release_days', '9');
SELECT timers, version FROM dwello.set_timers(t.user('timer late'), '{}');
SELECT t.wait('p1', $$submit_milestone(t.user('timer late'))$$, 'auto_release_at');
ROLLBACK;

------------------------------------------------------------------------
-- refusals
------------------------------------------------------------------------
BEGIN;
SELECT t.draft('timer bad');
SELECT t.award('timer won', 100000);
SELECT timers, t.refused('h1', format('set_timers(t.user(%L), %L)', 'timer bad', timers))
  FROM (VALUES ('[]'), ('null'), ('7'), ('"x"'), ('{"auto_release_days": null}'), ('{"auto_release_days": "7"}'),
    ('{"auto_release_days": true}'), ('{"auto_release_days": [7]}'), ('{"auto_release_days": 7.5}'),
    ('{"auto_release_days": 0}'), ('{"auto_release_days": -1}'), ('{"auto_release_days": 366}'),
    ('{"award_confirm_hours": 721}'), ('{"payment_minutes_card": 10081}'), ('{"dispute_provider_days": 366}'),
    ('{"dispute_homeowner_days": 366}'), ('{"mediation_days": 366}'), ('{"mediation_days": 1e30}'),
    ('{"job_expiry_days": 7}'), ('{"no_such": 7}'), ('{"": 7}'), ('{"Mediation_days": 7}'),
    ('{"mediation_days": 7, "no_such": null}')) AS v (timers);
SELECT timers, t.refused('h1', format('set_timers(t.user(%L), %L)', 'timer bad', timers))
  FROM (VALUES ('{"award_confirm_hours": 720, "payment_minutes_card": 10080, "payment_days_bank": 60, "auto_release_days": 365,
    "dispute_provider_days": 365, "dispute_homeowner_days": 365, "mediation_days": 365}')) AS v (timers);
SELECT t.login_as('h1');
SELECT t.detail($$SELECT dwello.set_timers(t.user('timer bad'), '{"payment_minutes_card": 0}')$$);
SELECT t.detail($$SELECT dwello.set_timers(t.user('timer bad'), '{"no_such": 0}')$$);
SELECT version FROM dwello.set_timers(t.user('timer bad'), '{}', idempotency_key => 'bad');
SELECT t.as_system();
-- in the order of errors
SELECT t.refused('h1', $$set_timers(NULL, '[]')$$) AS no_job,
       t.refused('h1', $$set_timers(t.user('timer bad'), NULL)$$) AS no_timers,
       t.refused('h1', $$set_timers(t.user('nobody'), '[]')$$) AS value_first,
       t.refused('h1', $$set_timers(t.user('nobody'), '{}')$$) AS unknown,
       t.refused('h2', $$set_timers(t.user('timer bad'), '{}')$$) AS unseen,
       t.refused('h2', $$set_timers(t.user('timer won'), '{}')$$) AS unseen_too,
       t.refused('p1', $$set_timers(t.user('timer won'), NULL)$$) AS provider,
       t.refused('s1', $$set_timers(t.user('timer won'), NULL)$$) AS support,
       t.refused('u1', $$set_timers(t.user('timer bad'), NULL)$$) AS unverified,
       t.refused('h1', $$set_timers(t.user('timer bad'), '{"mediation_days": 1}', idempotency_key => 'bad')$$) AS other,
       t.refused('h1', $$set_timers(t.user('timer won'), '{}', 9)$$) AS stale_first,
       t.refused('a1', $$set_timers(t.user('timer won'), '{}', 9)$$) AS stale,
       t.refused('h1', $$set_timers(t.user('timer won'), '{}')$$) AS no_draft,
       t.refused('a1', $$set_timers(t.user('timer won'), '{}')$$) AS admin,
       t.refused(NULL, $$set_timers(t.user('timer won'), '{}')$$) AS system;
SELECT t.app_as(NULL);
SELECT t.try($$SELECT dwello.set_timers(NULL, NULL)$$);
ROLLBACK;
BEGIN READ ONLY;
SELECT substr(t.try($$SELECT dwello.set_timers(t.user('timer won'), '{}')$$), 1, 5);
ROLLBACK;
DROP FUNCTION t.draft, t.wait, t.waits;
