--
-- agent.sql
--	What a provider tells their agent, and the switch.
--
-- Everything happens in transactions that are rolled back, so other tests
-- find the cast of setup.sql as it was.
--
\set painting '''d0000000-0000-7000-8000-000000000011'''
BEGIN;
-- Calls configure_agent with these arguments, as somebody.
CREATE FUNCTION t.configure(args text, name text DEFAULT 'p1') RETURNS text
LANGUAGE sql
AS $$ SELECT t.try(format('SELECT dwello.configure_agent(%s)', args), name) $$;

-- ----------------------------------------------------------------------
-- configure_agent
-- ----------------------------------------------------------------------
SELECT t.login_as('p1');
-- nothing but the defaults, at the first call
SELECT agent_id = t.user('p1') AS mine, is_active, mode, strategy, version, replayed
  FROM dwello.configure_agent(expected_version => 0);
SELECT agent_id = t.user('p1') AS mine, is_active, mode, strategy, version, replayed
  FROM dwello.configure_agent();
SELECT is_active, mode, strategy, version, replayed
  FROM dwello.configure_agent(is_active => true, mode => 'auto', strategy => 'premium',
    max_bid_radius_miles => 20, max_bids_per_day => 12, min_project_value => 30000,
    max_project_value => 500000, preferred_categories => ARRAY[:painting]::uuid[],
    working_hours => '{"mon": ["08:00", "12:00", "13:00", "18:00"], "sun": []}',
    min_margin_ppm => 200000, approval_threshold => 100000,
    costs => '{"hourly_rate": 4500, "waste_ppm": 100000}', currency => 'EUR',
    expected_version => 1, idempotency_key => 'c1');
SELECT version, replayed
  FROM dwello.configure_agent(min_margin_ppm => 0, idempotency_key => 'c2');
-- the same request again, past its version
SELECT version, replayed
  FROM dwello.configure_agent(min_margin_ppm => 0, idempotency_key => 'c2');
\x on
SELECT is_active, mode, strategy, tier, max_bid_radius_miles, max_bids_per_day, min_project_value,
       max_project_value, preferred_categories, working_hours, min_margin_ppm, approval_threshold,
       costs, currency, version
  FROM dwello.ai_bidding_agents WHERE user_id = t.user('p1');
-- what takes a value away
SELECT version
  FROM dwello.configure_agent(preferred_categories => '{}', working_hours => 'null',
    costs => 'null', approval_threshold => 0, is_active => false);
SELECT is_active, preferred_categories, working_hours, approval_threshold, costs
  FROM dwello.ai_bidding_agents WHERE user_id = t.user('p1');
\x off
-- what it aims at: a target belongs to its goal, and goes with it
CREATE FUNCTION t.aims() RETURNS text
LANGUAGE sql VOLATILE
AS $$ SELECT format('%s %s, exposure %s, jobs %s, win %s', goal, goal_target, max_exposure, max_open_jobs, min_win_probability_ppm)
        FROM dwello.ai_bidding_agents WHERE user_id = t.user('p1') $$;
SELECT args, t.configure(args), t.aims()
  FROM (VALUES
    ($$goal => 'fill_hours'$$), ($$goal_target => 30$$), ($$goal => 'max_profit', goal_target => 30$$),
    ($$goal => 'fill_hours', goal_target => 30$$), ($$goal => 'fill_hours', max_exposure => 900000, max_open_jobs => 2$$),
    ($$goal_target => 169$$), ($$goal_target => 168, min_win_probability_ppm => 150000$$),
    ($$goal => 'target_win_rate'$$), ($$goal => 'target_win_rate', goal_target => 250000$$), ($$goal_target => 0$$),
    ($$goal => 'min_margin', goal_target => 10000001$$), ($$goal => 'min_margin', goal_target => 400000$$),
    ($$goal => 'max_profit', max_exposure => 0, min_win_probability_ppm => 0$$)) AS v (args);
SELECT t.as_system();
SELECT type, count(*), bool_and(payload = jsonb_build_object('user_id', t.user('p1'))) AS only_id
  FROM dwello.outbox
 WHERE scope_id = t.user('p1') AND type LIKE 'agent%' GROUP BY type;

-- whose: their own, or anybody's for administrators and the system
SELECT who, name, t.configure(format('agent_id => t.user(%L), strategy => ''balanced''', name), who)
  FROM unnest(ARRAY['p2', 'a1', 's1', 'h1', 'u1']) AS who,
       unnest(ARRAY['p1', 'h1', 'nobody']) AS name;
SELECT t.configure('is_active => true', 'h1') AS homeowner, t.configure('is_active => true', 'a1') AS admin;
SELECT t.try('SELECT dwello.configure_agent(is_active => true)') AS system;
SELECT version FROM dwello.configure_agent(agent_id => t.user('p3'), tier => 'premium');
SELECT tier FROM dwello.ai_bidding_agents WHERE user_id = t.user('p3');

-- the same key for something else, and a version that has passed
SELECT args, t.configure(args)
  FROM (VALUES
    ($$min_margin_ppm => 1, idempotency_key => 'c2'$$),
    ($$min_margin_ppm => 1, expected_version => 1$$),
    ($$expected_version => 1$$)) AS v (args);

-- values that are none, alone and against the row
SELECT left(args, 75) AS args, t.configure(args)
  FROM (VALUES
    ($$max_bid_radius_miles => 4$$), ($$max_bid_radius_miles => 51$$),
    ($$max_bids_per_day => 0$$), ($$max_bids_per_day => 21$$),
    ($$min_project_value => 0$$), ($$max_project_value => 0$$),
    ($$min_project_value => 5, max_project_value => 4$$),
    ($$min_project_value => 500001$$), ($$max_project_value => 29999$$),
    ($$min_margin_ppm => -1$$), ($$min_margin_ppm => 10000001$$),
    ($$approval_threshold => -1$$), ($$max_exposure => -1$$),
    ($$max_open_jobs => 0$$), ($$max_open_jobs => 1001$$), ($$goal_target => -1$$),
    ($$min_win_probability_ppm => -1$$), ($$min_win_probability_ppm => 1000001$$),
    ($$currency => 'XXY'$$), ($$currency => repeat('x', 1048576)$$),
    ($$tier => 'gold'$$), ($$tier => 'basic'$$),
    ($$preferred_categories => ARRAY[t.user('none')]$$),
    ($$preferred_categories => ARRAY[NULL]::uuid[]$$),
    ($$preferred_categories => array_fill(t.user('none'), ARRAY[101])$$),
    ($$working_hours => '[]'$$), ($$working_hours => '{"monday": []}'$$),
    ($$working_hours => '{"mon": "08:00"}'$$), ($$working_hours => '{"mon": [8]}'$$),
    ($$working_hours => '{"mon": ["08:00"]}'$$),
    ($$working_hours => '{"mon": ["08:00", "8:30"]}'$$),
    ($$working_hours => '{"mon": ["08:00", "24:01"]}'$$),
    ($$working_hours => '{"mon": ["18:00", "08:00"]}'$$),
    ($$working_hours => '{"mon": ["01:00", "02:00", "03:00", "04:00", "05:00", "06:00", "07:00", "08:00", "09:00", "10:00"]}'$$),
    ($$working_hours => jsonb_build_object('mon', repeat('x', 30000))$$),
    ($$costs => '7'$$), ($$costs => '{"rate": 1}'$$), ($$costs => '{"hourly_rate": -1}'$$),
    ($$costs => '{"hourly_rate": 1.5}'$$), ($$costs => '{"overhead": 1e30}'$$),
    ($$costs => '{"waste_ppm": 1000001}'$$), ($$costs => '{"travel_per_mile": 1000000000001}'$$)
  ) AS v (args);

-- no more bids a day than the tier has in a month, but by an administrator
SELECT value FROM dwello.set_setting('agent_month_bids_basic', '10');
SELECT who, t.configure('agent_id => t.user(''p1''), max_bids_per_day => ' || bids, who)
  FROM unnest(ARRAY['p1', 'a1']) AS who, unnest(ARRAY[10, 11]) AS bids;
-- what is above it already stays, and other things can be changed
SELECT t.configure('strategy => ''aggressive''');
SELECT tier, max_bids_per_day, strategy FROM dwello.ai_bidding_agents WHERE user_id = t.user('p1');

-- ----------------------------------------------------------------------
-- pause_agent
-- ----------------------------------------------------------------------
SELECT t.login_as('p1');
SELECT is_active FROM dwello.configure_agent(is_active => true);
SELECT agent_id = t.user('p1') AS mine, is_active, mode, strategy, replayed FROM dwello.pause_agent();
SELECT is_active, replayed FROM dwello.pause_agent();
SELECT who, name, t.try(format('SELECT dwello.pause_agent(t.user(%L))', name), who)
  FROM unnest(ARRAY['p1', 'a1', 'h1', 's1']) AS who,
       unnest(ARRAY['p1', 'p2', 'h1', 'nobody']) AS name;
SELECT t.try('SELECT dwello.pause_agent(expected_version => 1)');
-- until a time: the switch stays as it is, and switching it on ends the pause
SELECT is_active, paused_until FROM dwello.configure_agent(is_active => true);
SELECT is_active, paused_until > now() AS pauses, replayed FROM dwello.pause_agent(paused_until => now() + interval '1 hour');
SELECT is_active, paused_until = now() + interval '1 hour' AS an_hour, replayed
  FROM dwello.pause_agent(paused_until => now() + interval '1 hour');
SELECT is_active, paused_until, replayed FROM dwello.pause_agent();
SELECT is_active, paused_until > now() AS pauses FROM dwello.pause_agent(paused_until => now() + interval '2 hours');
SELECT is_active, paused_until FROM dwello.configure_agent(is_active => true);
SELECT v AS paused_until, t.try(format('SELECT dwello.pause_agent(paused_until => %L)', v))
  FROM unnest(ARRAY['infinity', '-infinity', '2001-01-01 00:00+00']) AS v;

-- whatever is asked: an answer, or an SQLSTATE of the comment with a hint
SET LOCAL client_min_messages = warning;
SELECT t.as_system();
SELECT answer, count(*) AS calls, string_agg(call, ' ' ORDER BY n) FILTER (WHERE answer <> '22023') AS which
  FROM (SELECT n, call, t.verdict('SELECT * FROM dwello.' || call, 'p1') AS answer
          FROM unnest(ARRAY[
            $$configure_agent(max_bid_radius_miles => 2147483647)$$,
            $$configure_agent(max_bid_radius_miles => -2147483648)$$,
            $$configure_agent(max_bids_per_day => 2147483647)$$,
            $$configure_agent(min_project_value => -9223372036854775808)$$,
            $$configure_agent(min_project_value => 1000000000000000, max_project_value => 1000000000000000)$$,
            $$configure_agent(approval_threshold => 1000000000000000)$$,
            $$configure_agent(min_margin_ppm => 2147483647)$$,
            $$configure_agent(goal => 'min_margin', goal_target => 1000000000000000)$$,
            $$configure_agent(goal_target => -9223372036854775808)$$,
            $$configure_agent(max_exposure => -9223372036854775808)$$,
            $$configure_agent(max_open_jobs => 2147483647)$$,
            $$configure_agent(min_win_probability_ppm => -2147483648)$$,
            $$pause_agent(paused_until => 'infinity')$$,
            $$configure_agent(preferred_categories => ARRAY[NULL]::uuid[])$$,
            $$configure_agent(preferred_categories => array_fill(t.user('none'), ARRAY[100000]))$$,
            $$configure_agent(preferred_categories => array_fill(t.user('none'), ARRAY[2, 2]))$$,
            $$configure_agent(preferred_categories => array_fill('d0000000-0000-7000-8000-000000000011'::uuid, ARRAY[100]))$$,
            $$configure_agent(preferred_categories => '[5:5]={d0000000-0000-7000-8000-000000000011}')$$,
            $$configure_agent(preferred_categories => '{00000000-0000-0000-0000-000000000000}')$$,
            $$configure_agent(working_hours => jsonb_build_object('mon', array_fill('08:00'::text, ARRAY[100000])))$$,
            $$configure_agent(working_hours => (repeat('[', 3000) || repeat(']', 3000))::jsonb)$$,
            $$configure_agent(costs => '{"hourly_rate": 1e400}')$$,
            $$configure_agent(costs => '{"hourly_rate": "NaN"}')$$,
            $$configure_agent(currency => repeat('A', 1000000))$$,
            $$configure_agent(currency => '€€€')$$,
            $$configure_agent(tier => 'enterprise')$$,
            $$configure_agent(agent_id => t.user('p2'))$$,
            $$configure_agent(agent_id => 'ffffffff-ffff-ffff-ffff-ffffffffffff')$$,
            $$configure_agent(expected_version => -1)$$,
            $$pause_agent(t.user('p2'))$$,
            $$pause_agent(gen_random_uuid(), expected_version => -1)$$,
            $$match_agents(t.user('none'))$$,
            $$match_providers(NULL)$$]) WITH ORDINALITY AS c (call, n)) AS x
 GROUP BY answer ORDER BY answer COLLATE "C";
ROLLBACK;
