--
-- proposal.sql
--	Proposals of agents: the list, approval with every guard asked anew, and
--	rejection; each is answered once.
--
SET client_min_messages = warning;
BEGIN;
SELECT count(*) > 0 AS made FROM dwello.ensure_partitions();
CREATE FUNCTION t.job(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', name, 'All of it.', -122.4194, 37.7749,
    budget_min => 80000, budget_max => 120000, estimated_duration_hours => 16, job_id => t.user(name));
  PERFORM dwello.publish_job(t.user(name));
  PERFORM t.as_system();
END
$$;
-- The id of p1's proposal about a job.
CREATE FUNCTION t.proposal(name text) RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT a.id FROM dwello.ai_agent_activity AS a
   WHERE a.job_id = t.user(name) AND a.user_id = t.user('p1') AND a.action_type = 'proposed' ORDER BY a.id DESC LIMIT 1
$$;
CREATE FUNCTION t.approve(name text, who text DEFAULT 'p1') RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT t.try(format('SELECT dwello.approve_proposal(%L, %L)', t.user(name), t.proposal(name)), who)
$$;
CREATE FUNCTION t.reject(name text, who text DEFAULT 'p1') RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT t.try(format('SELECT dwello.reject_proposal(%L, %L)', t.user(name), t.proposal(name)), who)
$$;
-- What became of a job of p1's: rows that follow the proposal, and the bid.
CREATE FUNCTION t.became(name text) RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT concat_ws('; ', (SELECT string_agg(concat_ws(' ', a.action_type, a.reason, CASE WHEN a.actor_id = t.user('p1') THEN 'by p1' END,
                       CASE WHEN a.decision_id = t.proposal(name) THEN 'of it' END, CASE WHEN a.counted_on IS NOT NULL THEN 'counted' END), ', ' ORDER BY a.id)
              FROM dwello.ai_agent_activity AS a WHERE a.job_id = t.user(name) AND a.user_id = t.user('p1') AND a.decision_id IS NOT NULL),
         (SELECT 'bid ' || b.bid_amount || CASE WHEN b.decision_id = t.proposal(name) THEN ' of it' ELSE '' END
            FROM dwello.bids AS b WHERE b.job_id = t.user(name) AND b.provider_id = t.user('p1')))
$$;
CREATE FUNCTION t.slots() RETURNS bigint LANGUAGE sql VOLATILE AS $$
  SELECT coalesce(sum(c.bids), 0) FROM dwello.agent_day_counters AS c WHERE c.user_id = t.user('p1')
$$;
SET LOCAL dwello.now = '2030-01-01 10:00+00';
SELECT count(*) > 0 AS made FROM dwello.ensure_partitions(1, '2030-01-01');
SELECT t.login_as('a1');
SELECT rollout_percentage FROM dwello.set_flag('ai_bidding_enabled', rollout_percentage => 100);
SELECT t.login_as('p1');
SELECT is_active, mode FROM dwello.configure_agent(is_active => true, mode => 'propose', max_bids_per_day => 3,
  preferred_categories => ARRAY['d0000000-0000-7000-8000-000000000011'::uuid], costs => '{"hourly_rate": 3000}');
SELECT t.job(name) FROM unnest(ARRAY['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight']) AS name;
SELECT jobs, decisions, proposals, bids FROM dwello.run_agents();
SELECT t.slots() AS slots_of_proposals;

-- the list: one's own, page by page
SELECT t.app_as('p1');
SELECT version, amount, currency, win_probability BETWEEN 0 AND 1 AS chance, confidence BETWEEN 0 AND 1 AS sure, reason,
       proposed_at, expires_at
  FROM dwello.open_proposals(max_results => 1);
SELECT count(*) AS rest FROM dwello.open_proposals(after_id => (SELECT decision_id FROM dwello.open_proposals(max_results => 1)));
SELECT t.try('SELECT * FROM dwello.open_proposals(agent_id => t.user(''p2''))') AS other, t.try('SELECT * FROM dwello.open_proposals(max_results => 201)') AS many;
SELECT t.app_as('p2');
SELECT count(*) AS of_p2 FROM dwello.open_proposals();
SELECT t.as_system();
SELECT count(*) AS by_system FROM dwello.open_proposals(agent_id => t.user('p1'));
SELECT t.try('SELECT * FROM dwello.open_proposals()') AS system, t.try('SELECT * FROM dwello.open_proposals()', 'h1') AS homeowner;

-- approved once: a bid that names the proposal, a slot taken, a row that names both
SELECT t.app_as('p1');
SELECT job_id = t.user('one') AS job, decision_id = t.proposal('one') AS decision, status, bid_amount, currency, expires_at, version, replayed
  FROM dwello.approve_proposal(t.user('one'), t.proposal('one'), expected_version => 1, idempotency_key => 'a1');
SELECT status, bid_amount, replayed FROM dwello.approve_proposal(t.user('one'), t.proposal('one'), expected_version => 1, idempotency_key => 'a1');
SELECT t.try(format('SELECT dwello.reject_proposal(%L, %L, idempotency_key => ''a1'')', t.user('one'), t.proposal('one'))) AS other_request;
SELECT t.as_system();
SELECT t.became('one'), t.slots(), t.approve('one') AS again, t.reject('one') AS rejected_then;
SELECT j.status, b.labor_cost, b.materials_cost, b.materials_included, b.timeline_days, b.score_total IS NOT NULL AS scored, b.expires_at
  FROM dwello.bids AS b JOIN dwello.jobs AS j ON j.id = b.job_id WHERE b.job_id = t.user('one');
SELECT type, payload ? 'amount' AS amount FROM dwello.outbox WHERE scope_id = t.user('one') AND type LIKE 'bid%';

-- rejected once: no bid, no slot, and the agent does not come back
SELECT t.app_as('p1');
SELECT job_id = t.user('two') AS job, decision_id = t.proposal('two') AS decision, version, replayed
  FROM dwello.reject_proposal(t.user('two'), t.proposal('two'), idempotency_key => 'r1');
SELECT replayed FROM dwello.reject_proposal(t.user('two'), t.proposal('two'), idempotency_key => 'r1');
SELECT t.as_system();
SELECT t.became('two'), t.slots(), t.reject('two') AS again, t.approve('two') AS approved_then;
SELECT jobs, proposals FROM dwello.run_agents();
SELECT count(*) AS open FROM dwello.open_proposals(agent_id => t.user('p1'));

-- whose, and what is none
SELECT who, t.approve('three', who), t.reject('three', who) FROM unnest(ARRAY['p2', 'h1', 'a1', 's1']) AS who;
SELECT t.try(format('SELECT dwello.approve_proposal(%L, %L)', t.user('three'), t.proposal('three'))) AS system;
SELECT args, t.try(format('SELECT dwello.approve_proposal(%s)', args), 'p1'), t.try(format('SELECT dwello.reject_proposal(%s)', args), 'p1')
  FROM (VALUES ('NULL, NULL'), ('t.user(''three''), NULL'), ('t.user(''none''), t.proposal(''three'')'), ('t.user(''three''), t.proposal(''four'')'),
    ('t.user(''three''), t.user(''none'')'), ('t.user(''three''), t.proposal(''three''), 2')) AS v (args);
SELECT t.try(format('SELECT dwello.approve_proposal(%L, a.id)', t.user('one')) || format(' FROM dwello.ai_agent_activity AS a WHERE a.job_id = %L AND a.action_type = ''approved''', t.user('one')), 'p1') AS no_proposal;

-- nor a service, whatever token it has made itself
CREATE ROLE t_worker NOLOGIN IN ROLE dwello_service, dwello_app;
SELECT t.login_as('p1');
SELECT set_config('t.three', t.proposal('three')::text, true) IS NOT NULL AS kept;
SET LOCAL ROLE dwello_service;
SELECT t.try(format('SELECT dwello.approve_proposal(%L, %L)', t.user('three'), current_setting('t.three'))) AS service;
SET LOCAL ROLE t_worker;
SELECT t.try(format('SELECT dwello.approve_proposal(%L, %L)', t.user('three'), current_setting('t.three'))) AS both;
RESET ROLE;
SELECT t.as_system();

-- every guard is asked anew, and what one stops is not listed
CREATE FUNCTION t.hint(name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  hint text;
BEGIN
  PERFORM t.login_as('p1');
  PERFORM dwello.approve_proposal(t.user(name), t.proposal(name));
  RETURN 'approved';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
  RETURN hint;
END
$$;
CREATE FUNCTION t.guarded(change text, name text DEFAULT 'three', hinted boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text;
BEGIN
  BEGIN
    PERFORM t.as_system();
    EXECUTE change;
    PERFORM t.as_system();
    SELECT CASE WHEN hinted THEN t.hint(name) ELSE concat_ws(', ', t.approve(name), listed) END INTO answer
      FROM (SELECT max('listed') AS listed FROM dwello.open_proposals(agent_id => t.user('p1')) AS o
             WHERE o.job_id = t.user(name) OFFSET 0) AS l;
    RAISE EXCEPTION USING ERRCODE = 'P0099', MESSAGE = answer;
  EXCEPTION WHEN SQLSTATE 'P0099' THEN
    PERFORM t.as_system();
    RETURN answer;
  END;
END
$$;
SELECT change, t.guarded(change)
  FROM unnest(ARRAY[
    $$SELECT dwello.switch_agents('platform', is_on => false)$$,
    $$SELECT dwello.switch_agents('category', 'd0000000-0000-7000-8000-000000000001', false)$$,
    $$SELECT dwello.switch_agents('agent', t.user('p1'), false)$$,
    $$SELECT dwello.switch_agents('provider', t.user('p1'), false)$$,
    $$SELECT dwello.set_flag('ai_bidding_enabled', false)$$,
    $$SELECT dwello.set_setting('agent_month_bids_basic', '1')$$,
    $$SELECT dwello.pause_agent(t.user('p1'))$$,
    $$SELECT dwello.pause_agent(t.user('p1'), now() + interval '10 years')$$,
    $$SELECT dwello.configure_agent(t.user('p1'), max_bids_per_day => 1)$$,
    $$SELECT dwello.configure_agent(t.user('p1'), max_exposure => 150000)$$,
    $$SELECT dwello.configure_agent(t.user('p1'), min_margin_ppm => 2000000)$$,
    $$SELECT dwello.configure_agent(t.user('p1'), max_project_value => 60000)$$,
    $$SELECT dwello.configure_agent(t.user('p1'), currency => 'EUR')$$,
    $$SELECT dwello.configure_agent(t.user('p1'), preferred_categories => ARRAY['d0000000-0000-7000-8000-000000000012'::uuid])$$,
    $$SELECT t.try('SELECT dwello.sign_mandate(max_amount => 50000)', 'p1')$$,
    $$SELECT t.try('SELECT dwello.sign_mandate(max_bids_per_day => 1)', 'p1')$$,
    $$SELECT t.try('SELECT dwello.sign_mandate(categories => ARRAY[''d0000000-0000-7000-8000-000000000012''::uuid])', 'p1')$$,
    $$SELECT t.try('SELECT dwello.sign_mandate(valid_until => ''2030-01-01 10:30+00'')', 'p1'), set_config('dwello.now', '2030-01-01 10:31+00', true)$$,
    $$SELECT dwello.suspend_user(t.user('p1'), 'Fraud.')$$,
    $$SELECT t.try('SELECT dwello.submit_bid(t.user(''three''), 99000)', 'p1')$$,
    $$SELECT t.try('SELECT dwello.edit_job(t.user(''three''), description => ''More.'')', 'h1')$$,
    $$SELECT t.try('SELECT dwello.cancel_job(t.user(''three''))', 'h1')$$]) AS change;
-- each with a hint that fits it
SELECT change, (SELECT t.guarded(change, hinted => true)) AS hint
  FROM unnest(ARRAY[
    $$SELECT dwello.switch_agents('agent', t.user('p1'), false)$$,
    $$SELECT dwello.switch_agents('platform', is_on => false)$$,
    $$SELECT dwello.pause_agent(t.user('p1'))$$,
    $$SELECT dwello.configure_agent(t.user('p1'), max_exposure => 150000)$$,
    $$SELECT dwello.configure_agent(t.user('p1'), currency => 'EUR')$$,
    $$SELECT t.try('SELECT dwello.submit_bid(t.user(''three''), 99000)', 'p1')$$]) AS change;
SELECT t.hint('two') AS of_a_rejected_one;
SELECT t.as_system();
-- what only pace, hours and the least chance would stop is the provider's to decide
SELECT change, t.guarded(change)
  FROM unnest(ARRAY[
    $$SELECT dwello.configure_agent(t.user('p1'), working_hours => '{"sun": ["08:00", "09:00"]}')$$,
    $$SELECT dwello.configure_agent(t.user('p1'), min_win_probability_ppm => 1000000)$$,
    $$SELECT dwello.configure_agent(t.user('p1'), mode => 'shadow')$$]) AS change;

-- nor is a job by invitation once that is withdrawn
SELECT t.job('invited') IS NOT NULL AS made, t.try('SELECT dwello.run_agents()') AS run;
UPDATE dwello.jobs SET is_invite_only = true, is_listed = false WHERE id = t.user('invited');
SELECT t.guarded($$SELECT 1$$, 'invited') AS not_asked,
       t.guarded($$SELECT t.try('SELECT dwello.invite_provider(t.user(''invited''), t.user(''p1''))', 'h1')$$, 'invited') AS asked,
       t.guarded($$SELECT t.try('SELECT dwello.invite_provider(t.user(''invited''), t.user(''p1''))', 'h1'),
         t.try('SELECT dwello.answer_invite(t.user(''invited''), false, t.user(''p1''))', 'h1')$$, 'invited') AS withdrawn;
UPDATE dwello.jobs SET status = 'cancelled', is_listed = false WHERE id = t.user('invited');

-- what cannot be read is not listed, and a page has its rows from what follows
SELECT t.as_system();
SELECT count(*) AS listed FROM dwello.open_proposals(agent_id => t.user('p1'), max_results => 2);
SAVEPOINT damaged;
UPDATE dwello.ai_agent_activity SET inputs = '{"job.anchor": "x"}' WHERE action_type = 'proposed' AND id <> t.proposal('five');
SELECT j.title FROM dwello.open_proposals(agent_id => t.user('p1'), max_results => 1) AS o JOIN dwello.jobs AS j ON j.id = o.job_id;
ROLLBACK TO damaged;

-- the cap is full with the third slot
SELECT name, t.approve(name), t.slots() FROM unnest(ARRAY['three', 'four', 'five']) AS name;
-- a proposal does not stand for ever, nor beyond its job
SET LOCAL dwello.now = '2030-01-08 09:59:59+00';
SELECT count(*) AS open FROM dwello.open_proposals(agent_id => t.user('p1'));
SELECT t.approve('six');
SET LOCAL dwello.now = '2030-01-08 10:00+00';
SELECT count(*) AS open FROM dwello.open_proposals(agent_id => t.user('p1'));
SELECT t.approve('seven') AS old, t.reject('seven') AS but_rejected;
SET LOCAL dwello.now = '2030-03-01 10:00+00';
SELECT t.approve('eight') AS over;

-- an auto agent asks above what its provider has signed, and bids below
SELECT t.try('SELECT dwello.configure_agent(mode => ''auto'', max_bids_per_day => 20)', 'p1') AS configured,
       t.try('SELECT dwello.sign_mandate(approval_threshold => 60000)', 'p1') AS signed;
SELECT t.job('nine'), t.try('SELECT dwello.run_agents()') AS run;
SELECT t.try('SELECT dwello.sign_mandate(approval_threshold => 100000)', 'p1') AS signed;
SELECT t.job('ten'), t.try('SELECT dwello.run_agents()') AS run;
SELECT t.try('SELECT dwello.sign_mandate(max_bids_per_month => 1)', 'p1') AS signed;
SELECT t.job('eleven'), t.try('SELECT dwello.run_agents()') AS run;
SELECT n AS job, a.action_type, a.reason, a.amount, a.mandate_id = (SELECT m.id FROM dwello.mandates AS m WHERE m.user_id = a.user_id
         AND m.signed_at <= a.created_at ORDER BY m.id DESC OFFSET 2 - k LIMIT 1) AS names_its_mandate
  FROM (VALUES ('nine', 0), ('ten', 1), ('eleven', 2)) AS v (n, k)
  JOIN dwello.ai_agent_activity AS a ON a.job_id = t.user(n) AND a.user_id = t.user('p1') ORDER BY k;
SELECT rule, object, detail FROM t.check() WHERE rule NOT IN ('partition_missing', 'default_partition_not_empty');
ROLLBACK;
