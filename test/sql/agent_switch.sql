--
-- agent_switch.sql
--	Kill switches: who switches what, and who does not switch it back.
--
SET client_min_messages = warning;
BEGIN;
DELETE FROM dwello.agent_switches;
CREATE FUNCTION t.switch(args text, name text) RETURNS text
LANGUAGE sql
AS $$ SELECT t.try(format('SELECT dwello.switch_agents(%s)', args), name) $$;
CREATE FUNCTION t.switches() RETURNS text
LANGUAGE sql VOLATILE
AS $$ SELECT string_agg(concat_ws(' ', s.scope, CASE WHEN s.is_on THEN 'on' ELSE 'off' END, s.reason,
                                  (SELECT 'by ' || n FROM unnest(ARRAY['p1', 'a1']) AS n WHERE t.user(n) = s.actor_id)),
                        ', ' ORDER BY s.scope, s.id) FROM dwello.agent_switches AS s $$;

-- each scope, by who may
SELECT t.login_as('a1');
SELECT * FROM dwello.switch_agents('platform', is_on => false, reason => 'Prices look wrong.');
SELECT scope, is_on, reason, replayed FROM dwello.switch_agents('platform', is_on => false);
SELECT scope, is_on, reason, replayed FROM dwello.switch_agents('platform', is_on => true);
SELECT scope, id = 'd0000000-0000-7000-8000-000000000011' AS painting, is_on, replayed
  FROM dwello.switch_agents('category', 'd0000000-0000-7000-8000-000000000011', false);
SELECT scope, id = t.user('p1') AS p1, is_on, replayed FROM dwello.switch_agents('provider', t.user('p1'), false, idempotency_key => 's1');
SELECT scope, is_on, replayed FROM dwello.switch_agents('provider', t.user('p1'), false, idempotency_key => 's1');
SELECT t.try($$SELECT dwello.switch_agents('provider', t.user('p1'), true, idempotency_key => 's1')$$);
SELECT t.app_as('p1');
SELECT scope, id = t.user('p1') AS own, is_on, reason, replayed FROM dwello.switch_agents('agent', is_on => false, reason => 'Away.');
SELECT scope, is_on, reason, replayed FROM dwello.switch_agents('agent', t.user('p1'), true);
-- what they may read
SELECT scope, is_on, reason FROM dwello.agent_switches ORDER BY scope COLLATE "C";
SELECT t.app_as('p2');
SELECT scope, is_on FROM dwello.agent_switches ORDER BY scope COLLATE "C";
SELECT t.as_system();
SELECT t.switches();

-- what staff has switched off the provider leaves off, and staff may take over what the provider did
SELECT n, who, is_on, t.switch(format('''agent'', t.user(''p1''), %L, %L', is_on, reason), who), t.switches()
  FROM (VALUES (1, 'p1', false, 'Away.'), (2, 'p1', false, NULL), (3, 'a1', false, NULL), (4, 'p1', false, 'Mine.'), (5, 'p1', true, NULL),
               (6, 'a1', false, 'Fraud.'), (7, 'p1', true, NULL), (8, 'a1', true, NULL), (9, 'p1', false, NULL), (10, 'p1', true, NULL)) AS v (n, who, is_on, reason);
SELECT t.switch($$'agent', t.user('p1'), false, 'Fraud.'$$, 'a1');
SELECT t.login_as('p1');
SELECT t.detail($$SELECT dwello.switch_agents('agent', is_on => true)$$);
SELECT t.as_system();

-- who may not, and what is none
SELECT who, scope, t.switch(format('%L, %s, false', scope, id), who)
  FROM unnest(ARRAY['p1', 'h1', 's1', 'a1']) AS who,
       (VALUES ('platform', 'NULL'), ('category', '''d0000000-0000-7000-8000-000000000011'''), ('agent', 't.user(''p2'')'),
               ('provider', 't.user(''p1'')')) AS v (scope, id);
SELECT args, t.switch(args, 'a1')
  FROM (VALUES ($$NULL, is_on => true$$), ($$'platform'$$), ($$'platform', t.user('p1'), true$$), ($$'agent', is_on => true$$),
    ($$'category', is_on => true$$), ($$'galaxy', is_on => true$$), ($$'', is_on => true$$), ($$repeat('x', 1000000), is_on => true$$),
    ($$'Platform', is_on => true$$), ($$'category', t.user('none'), true$$), ($$'agent', t.user('nobody'), true$$), ($$'agent', t.user('h1'), true$$),
    ($$'provider', '00000000-0000-0000-0000-000000000000', true$$), ($$'platform', is_on => true, reason => repeat('x', 2001)$$)) AS v (args);
SELECT t.try($$SELECT dwello.switch_agents('agent', is_on => true)$$) AS system,
       t.try($$SELECT dwello.switch_agents('agent', t.user('p3'), true)$$) AS system_p3;
SET LOCAL ROLE dwello_app;
SELECT dwello.login(NULL);
SELECT t.try($$SELECT dwello.switch_agents('platform', is_on => false)$$) AS nobody;
RESET ROLE;
SELECT t.as_system();

-- who hears of it: a provider whose agent staff has switched
SELECT dwello.deliver_events() > 0 AS delivered;
SELECT n.title, count(*) FROM dwello.notifications AS n WHERE n.title LIKE 'Your agent%' AND n.user_id = t.user('p1') GROUP BY n.title ORDER BY 1;
SELECT count(*) AS others FROM dwello.notifications AS n WHERE n.title LIKE 'Your agent%' AND n.user_id NOT IN (t.user('p1'), t.user('p2'), t.user('p3'));
SELECT rule, object, detail FROM t.check() WHERE rule <> 'partition_missing';
ROLLBACK;
