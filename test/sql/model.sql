--
-- model.sql
--	Outside models: work is claimed and answered through the agent's guards;
--	what is late, false or repeated is refused, and recorded.
--
SET client_min_messages = warning;
BEGIN;
SELECT count(*) > 0 AS made FROM dwello.ensure_partitions();
CREATE FUNCTION t.job(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', name, 'Words of ' || name, -122.4194, 37.7749,
    budget_min => 80000, budget_max => 120000, estimated_duration_hours => 16, job_id => t.user(name));
  PERFORM dwello.publish_job(t.user(name));
  PERFORM t.as_system();
END
$$;
CREATE TEMP TABLE claim (n integer GENERATED ALWAYS AS IDENTITY, job text, agent text, claim_id uuid, facts jsonb);
-- Claims what there is; how many.
CREATE FUNCTION t.claim(max_rows integer DEFAULT 100, lease integer DEFAULT 60) RETURNS bigint LANGUAGE sql VOLATILE AS $$
  WITH made AS (INSERT INTO claim (job, agent, claim_id, facts)
    SELECT w.facts -> 'job' ->> 'title', (SELECT n FROM unnest(ARRAY['p1', 'p2', 'p3']) AS n WHERE t.user(n) = w.agent_id), w.claim_id, w.facts
      FROM dwello.claim_agent_work(max_rows, lease) AS w RETURNING n)
  SELECT count(*) FROM made
$$;
-- Answers the last claim of an agent about a job, or another.
CREATE FUNCTION t.propose(job text, agent text, amount bigint, other uuid DEFAULT NULL) RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT concat_ws(' ', p.action, p.reason, CASE WHEN p.bid_id IS NOT NULL THEN 'with a bid' END,
                   CASE WHEN p.decision_id IS NULL THEN 'not recorded' END)
    FROM dwello.propose_agent_bid(t.user(job), t.user(agent), coalesce(other,
           (SELECT c.claim_id FROM claim AS c WHERE (c.job, c.agent) = ($1, $2) ORDER BY c.n DESC LIMIT 1)), amount, 3) AS p
$$;
-- What became of an agent's answer: its row, its activity, its bid.
CREATE FUNCTION t.became(job text, agent text) RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT concat_ws('; ', (SELECT a.state FROM dwello.agent_answers AS a WHERE a.job_id = t.user(job) AND a.agent_id = t.user(agent)),
    (SELECT string_agg(concat_ws(' ', a.action_type, a.reason, a.amount, CASE WHEN a.counted_on IS NOT NULL THEN 'counted' END), ', ' ORDER BY a.id)
       FROM dwello.ai_agent_activity AS a WHERE a.job_id = t.user(job) AND a.user_id = t.user(agent)),
    (SELECT 'bid ' || b.bid_amount FROM dwello.bids AS b WHERE b.job_id = t.user(job) AND b.provider_id = t.user(agent)))
$$;
CREATE FUNCTION t.slots(agent text) RETURNS bigint LANGUAGE sql VOLATILE AS $$
  SELECT coalesce(sum(c.bids), 0) FROM dwello.agent_day_counters AS c WHERE c.user_id = t.user(agent)
$$;
SET LOCAL dwello.now = '2030-01-01 10:00+00';
SELECT count(*) > 0 AS made FROM dwello.ensure_partitions(1, '2030-01-01');
SELECT t.login_as('a1');
SELECT rollout_percentage FROM dwello.set_flag('ai_bidding_enabled', rollout_percentage => 100);
SELECT count(t.try(format($$SELECT dwello.configure_agent(is_active => true, mode => %L, uses_model => true, max_bids_per_day => 3,
  preferred_categories => ARRAY['d0000000-0000-7000-8000-000000000011'::uuid], costs => '{"hourly_rate": 3000}')$$, mode), name))
  FROM (VALUES ('p1', 'auto'), ('p2', 'propose'), ('p3', 'shadow')) AS v (name, mode);
SELECT t.as_system();
SELECT t.job('one');

-- the agent leaves new work to its model
SELECT t.claim() AS before_the_run;
SELECT jobs, decisions, bids FROM dwello.run_agents();
SELECT jobs, decisions FROM dwello.run_agents();
SELECT t.became('one', 'p1'), (SELECT done_at IS NULL FROM dwello.agent_work WHERE job_id = t.user('one')) AS waits;
SELECT t.claim();
SELECT t.claim() AS again;
SELECT c.agent, c.facts -> 'decision' AS decision, c.facts -> 'reason' AS reason, c.facts -> 'floor' AS floor, c.facts -> 'ceiling' AS ceiling,
       c.facts -> 'amount' AS amount, c.facts -> 'job' ->> 'description' AS words, c.facts -> 'job' ->> 'category' AS category,
       jsonb_typeof(c.facts -> 'inputs') AS inputs
  FROM claim AS c ORDER BY c.agent;
SELECT count(*) AS members FROM claim AS c, jsonb_object_keys(c.facts) WHERE c.agent = 'p1';
SELECT string_agg(k, ' ' ORDER BY k) AS job FROM claim AS c, jsonb_object_keys(c.facts -> 'job') AS k WHERE c.agent = 'p1';

-- one answer each, by mode: a bid with its slot, a proposal, a shadow
SELECT agent, t.propose('one', agent, 95000) FROM unnest(ARRAY['p1', 'p2', 'p3']) AS agent;
SELECT agent, t.became('one', agent), t.slots(agent) FROM unnest(ARRAY['p1', 'p2', 'p3']) AS agent;
SELECT (SELECT done_at IS NOT NULL FROM dwello.agent_work WHERE job_id = t.user('one')) AS done;
SELECT b.bid_amount, b.timeline_days, a.inputs -> 'offer.amount' AS offer, a.core_version IS NOT NULL AS can_be_replayed, a.win_probability > 0 AS chance, a.base_amount
  FROM dwello.bids AS b JOIN dwello.ai_agent_activity AS a ON a.job_id = b.job_id AND a.id = b.decision_id WHERE b.job_id = t.user('one');
SELECT p.amount FROM dwello.open_proposals(agent_id => t.user('p2')) AS p;
-- a second answer is refused, and recorded once
SELECT n, t.propose('one', 'p1', 90000 + n) FROM generate_series(1, 3) AS n;
SELECT t.became('one', 'p1'), t.slots('p1');
SELECT jobs, decisions FROM dwello.run_agents();

-- hostile answers
SELECT t.job(name) FROM unnest(ARRAY['over', 'below', 'cap', 'stale', 'late', 'closed', 'terms', 'switch']) AS name;
SELECT jobs, decisions FROM dwello.run_agents();
SELECT t.claim(1000) AS claimed;
SELECT t.propose('over', 'p1', 120001) AS over_budget, t.propose('over', 'p1', 100000) AS second_try, t.became('over', 'p1');
SELECT t.propose('below', 'p1', 1) AS a_cent, t.became('below', 'p1');
SELECT t.propose('below', 'p2', 1000000000000000) AS the_most, t.became('below', 'p2');
SELECT t.propose('stale', 'p1', 95000, t.user('none')) AS no_claim, t.propose('stale', 'p1', 95000, (SELECT claim_id FROM claim WHERE (job, agent) = ('stale', 'p2'))) AS anothers;
SELECT t.became('stale', 'p1') AS before, t.propose('stale', 'p1', 95000) AS true_claim, t.became('stale', 'p1');
SELECT t.login_as('h1');
SELECT status FROM dwello.cancel_job(t.user('closed'));
SELECT terms_version FROM dwello.edit_job(t.user('terms'), description => 'More of it.');
SELECT t.as_system();
SELECT t.propose('closed', 'p1', 95000), t.became('closed', 'p1');
SELECT t.propose('terms', 'p1', 95000), t.became('terms', 'p1');
SELECT is_on FROM dwello.switch_agents('platform', is_on => false);
SELECT t.propose('switch', 'p1', 95000), t.became('switch', 'p1'), t.propose('switch', 'p1', 95000) AS again;
SELECT is_on FROM dwello.switch_agents('platform', is_on => true);
SELECT t.propose('cap', 'p1', 95000), t.slots('p1');
SELECT t.try('SELECT dwello.configure_agent(max_bids_per_day => 3)', 'p1');
SELECT t.propose('late', 'p1', 95000) AS fourth, t.slots('p1');

-- a lease that is over: the answer comes too late, and somebody else may have the work
SET LOCAL dwello.now = '2030-01-01 10:01+00';
SELECT t.propose('late', 'p2', 95000), t.became('late', 'p2');
SELECT t.claim(1000, 3600) > 0 AS claimed;
SELECT t.propose('late', 'p2', 95000, (SELECT claim_id FROM claim WHERE (job, agent) = ('late', 'p2') ORDER BY n LIMIT 1)) AS old_claim,
       t.propose('late', 'p2', 95000) AS new_claim, t.became('late', 'p2');
-- what the switch deferred came back when it was on again, to the model first
SELECT count(*) AS of_switch FROM claim WHERE (job, agent) = ('switch', 'p1');
SELECT t.propose('switch', 'p1', 95000), t.slots('p1');
SET LOCAL dwello.now = '2030-01-01 12:00+00';
-- and to the agent itself when nobody answers
SELECT t.job('nobody');
SELECT jobs, decisions FROM dwello.run_agents() ;
SET LOCAL dwello.now = '2030-01-01 12:29+00';
SELECT count(*) AS early FROM dwello.run_agents() AS r WHERE r.decisions > 0 AND EXISTS (SELECT FROM dwello.ai_agent_activity AS a WHERE a.job_id = t.user('nobody'));
SET LOCAL dwello.now = '2030-01-02 12:31+00';
SELECT decisions > 0 AS decided FROM dwello.run_agents();
SELECT agent, t.became('nobody', agent) FROM unnest(ARRAY['p1', 'p2', 'p3']) AS agent;
SELECT t.propose('nobody', 'p1', 95000, t.user('none')) AS too_late;

-- who claims and dies keeps nothing: until its time is over the model may claim again, and then it is the agent's
SAVEPOINT s;
SELECT t.job('dies');
SELECT jobs FROM dwello.run_agents();
SELECT t.claim(1000) AS claimed;
SET LOCAL dwello.now = '2030-01-02 12:40+00';
SELECT decisions FROM dwello.run_agents();
SELECT t.claim(1000) AS claimed_again;
SET LOCAL dwello.now = '2030-01-02 13:02+00';
SELECT t.claim(1000) AS claimed_too_late;
SELECT decisions FROM dwello.run_agents();
SELECT t.became('dies', 'p3');
ROLLBACK TO s;

-- nor does a lease last longer than that time, or what nobody has claimed is claimed after it
SAVEPOINT s;
SELECT t.job('long');
SELECT jobs FROM dwello.run_agents();
SELECT t.claim(1, 86400) AS claimed;
SET LOCAL dwello.now = '2030-01-02 13:02+00';
SELECT t.claim(1000) AS claimed_too_late;
SELECT t.propose('long', (SELECT agent FROM claim ORDER BY n DESC LIMIT 1), 95000) AS too_late;
SELECT decisions FROM dwello.run_agents();
ROLLBACK TO s;

-- answers to past terms keep no model from its work, however little it asks for at once
SAVEPOINT s;
SELECT t.job('old ' || n) FROM generate_series(1, 5) AS n;
SELECT jobs FROM dwello.run_agents();
SELECT t.login_as('h1');
SELECT count(terms_version) FROM generate_series(1, 5) AS n, dwello.edit_job(t.user('old ' || n), description => 'More of it.');
SELECT t.as_system();
SELECT jobs FROM dwello.run_agents();
SELECT t.claim(1) AS claimed FROM generate_series(1, 5);
ROLLBACK TO s;

-- what a provider takes from the model is the agent's at once, claimed or not
SAVEPOINT s;
SELECT t.job(name) FROM unnest(ARRAY['out', 'in']) AS name;
SELECT jobs FROM dwello.run_agents();
SELECT t.claim(1) AS claimed;
SELECT max(job) AS out FROM claim WHERE n = (SELECT max(n) FROM claim) \gset
SELECT agent AS whose FROM claim WHERE n = (SELECT max(n) FROM claim) \gset
SELECT t.try('SELECT dwello.configure_agent(uses_model => false)', name) FROM unnest(ARRAY['p1', 'p2', 'p3']) AS name;
SELECT t.claim() AS handed_out;
SELECT t.propose(:'out', :'whose', 95000), t.propose(:'out', :'whose', 95000) AS again;
SELECT decisions FROM dwello.run_agents();
SELECT a.state, a.is_model, count(*) FROM dwello.agent_answers AS a WHERE a.job_id IN (t.user('out'), t.user('in')) GROUP BY 1, 2;
ROLLBACK TO s;

-- the same request again, and another under its key
SELECT t.job('key');
SELECT jobs FROM dwello.run_agents();
SELECT t.claim(1000) > 0 AS claimed;
PREPARE propose AS SELECT action, reason, bid_id IS NOT NULL AS bid, replayed
  FROM dwello.propose_agent_bid(t.user('key'), t.user('p1'), (SELECT claim_id FROM claim WHERE (job, agent) = ('key', 'p1')), $1, 3, 'k1');
EXECUTE propose(95000);
EXECUTE propose(95000);
SELECT t.try('EXECUTE propose(96000)');

-- who, and what is none
SELECT who, t.try('SELECT * FROM dwello.claim_agent_work()', who) AS claim,
       t.try('SELECT dwello.propose_agent_bid(t.user(''key''), t.user(''p2''), t.user(''none''), 5, 5)', who) AS propose
  FROM unnest(ARRAY['p1', 'h1', 'a1', 's1']) AS who;
SELECT call, t.try('SELECT * FROM dwello.' || call)
  FROM unnest(ARRAY['claim_agent_work(0)', 'claim_agent_work(1001)', 'claim_agent_work(NULL)', 'claim_agent_work(1, 0)', 'claim_agent_work(1, 86401)',
    'claim_agent_work(1, NULL)', 'propose_agent_bid(NULL, NULL, NULL, NULL, NULL)',
    'propose_agent_bid(t.user(''key''), t.user(''p2''), t.user(''none''), 0, 5)', 'propose_agent_bid(t.user(''key''), t.user(''p2''), t.user(''none''), -9223372036854775808, 5)',
    'propose_agent_bid(t.user(''key''), t.user(''p2''), t.user(''none''), 5, 0)', 'propose_agent_bid(t.user(''key''), t.user(''p2''), t.user(''none''), NULL, 5)',
    'propose_agent_bid(t.user(''none''), t.user(''p2''), t.user(''none''), 5, 5)', 'propose_agent_bid(t.user(''key''), t.user(''h1''), t.user(''none''), 5, 5)']) AS call;

-- each decision about an offer comes out again with the same bits, also where a guard fires before a price
SELECT a.action_type, a.reason, r.is_equal, r.differences, count(*), count(*) FILTER (WHERE r.amount IS NULL) AS no_price
  FROM dwello.ai_agent_activity AS a, LATERAL (SELECT * FROM dwello.replay_decision(a.id, a.user_id) OFFSET 0) AS r
 WHERE a.core_version IS NOT NULL AND a.inputs ? 'offer.amount' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2;
SELECT DISTINCT reason, t.try(format('SELECT dwello.replay_decision(%L, %L)', id, user_id)) AS replay
  FROM dwello.ai_agent_activity WHERE core_version IS NULL ORDER BY reason;
SELECT rule, object, detail FROM t.check() WHERE rule NOT IN ('partition_missing', 'default_partition_not_empty');
ROLLBACK;
