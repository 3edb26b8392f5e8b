--
-- saved.sql
--	Saved searches, and who is notified of a job by them.
--
-- Everything happens in transactions that are rolled back, so other tests
-- find the cast of setup.sql as it was.
--
\set painting '''d0000000-0000-7000-8000-000000000011''::uuid'
\set plumbing '''d0000000-0000-7000-8000-000000000012''::uuid'
\set home '''d0000000-0000-7000-8000-000000000001''::uuid'
BEGIN;
DELETE FROM dwello.saved_searches;

-- ----------------------------------------------------------------------
-- save_search
-- ----------------------------------------------------------------------
SELECT t.login_as('p1');
SELECT user_id = t.user('p1') AS mine, search_id IS NOT NULL AS has_id, version, replayed
  FROM dwello.save_search('kitchen -tiles', -122.42, 37.77, 10, ARRAY[:home], 10000, 500000, 'USD', 'high', 'Kitchens',
    idempotency_key => 's1');
SELECT version, replayed
  FROM dwello.save_search('kitchen -tiles', -122.42, 37.77, 10, ARRAY[:home], 10000, 500000, 'USD', 'high', 'Kitchens',
    idempotency_key => 's1');
SELECT name, query, words, longitude, latitude, radius_miles, cardinality(category_ids), budget_min, budget_max, currency,
       urgency, key, version FROM dwello.saved_searches WHERE user_id = t.user('p1');
-- as a whole another; a place without a radius has the usual one, no place is anywhere
SELECT id AS kitchens FROM dwello.saved_searches WHERE user_id = t.user('p1') \gset
SELECT version, replayed FROM dwello.save_search(longitude => 1, latitude => 2, search_id => :'kitchens', expected_version => 1);
SELECT name, query, radius_miles, category_ids, key, version FROM dwello.saved_searches WHERE user_id = t.user('p1');
SELECT version FROM dwello.save_search(search_id => :'kitchens', name => 'All');
SELECT longitude, radius_miles, key FROM dwello.saved_searches WHERE user_id = t.user('p1');

-- whose; and what is refused
SELECT who, t.try('SELECT dwello.save_search(name => ''Mine'')', who)
  FROM unnest(ARRAY['h1', 'p2', 'a1', 's1', 'u1']) AS who;
SELECT who, name, t.try(format('SELECT dwello.save_search(name => ''Theirs'', user_id => t.user(%L))', name), who)
  FROM unnest(ARRAY['p2', 'a1']) AS who, unnest(ARRAY['p1', 'h1', 'nobody']) AS name;
SELECT args, t.try(format('SELECT dwello.save_search(%s)', args), 'p1')
  FROM (VALUES
    ($$name => NULL$$), ($$name => ' '$$), ($$name => repeat('x', 101)$$), ($$query => repeat('x', 1001)$$),
    ($$longitude => 1$$), ($$longitude => 181, latitude => 0$$), ($$longitude => 'NaN', latitude => 0$$),
    ($$radius_miles => 5$$), ($$longitude => 0, latitude => 0, radius_miles => 0$$),
    ($$category_ids => '{}'$$), ($$category_ids => ARRAY[NULL]::uuid[]$$), ($$category_ids => ARRAY[t.user('none')]$$),
    ($$budget_min => 0$$), ($$budget_min => 2, budget_max => 1$$), ($$currency => NULL$$), ($$currency => 'XXY'$$),
    ($$search_id => t.user('none')$$),
    ($$name => 'x', idempotency_key => 's1'$$)) AS v (args);
SELECT t.try(format('SELECT dwello.save_search(search_id => %L, expected_version => 1)', :'kitchens'), 'p1');
-- another's search is not there
SELECT t.try(format('SELECT dwello.save_search(search_id => %L)', :'kitchens'), 'p2');
-- not too many; one that is there can be changed still
SELECT t.as_system();
SELECT value FROM dwello.set_setting('saved_searches_max', '3');
SELECT n, t.try(format('SELECT dwello.save_search(name => %L)', n), 'p1') FROM generate_series(1, 3) AS n;
SELECT t.try(format('SELECT dwello.save_search(search_id => %L)', :'kitchens'), 'p1');

-- ----------------------------------------------------------------------
-- delete_search
-- ----------------------------------------------------------------------
SELECT who, t.try(format('SELECT dwello.delete_search(%L)', :'kitchens'), who) FROM unnest(ARRAY['h1', 'p2', 'a1', 's1']) AS who;
SELECT t.try(format('SELECT dwello.delete_search(%L, expected_version => 1)', :'kitchens'), 'p1');
SELECT t.login_as('p1');
SELECT search_id = :'kitchens' AS that, version, replayed FROM dwello.delete_search(:'kitchens', idempotency_key => 'd1');
SELECT search_id = :'kitchens' AS that, version, replayed FROM dwello.delete_search(:'kitchens', idempotency_key => 'd1');
SELECT t.try(format('SELECT dwello.delete_search(%L)', :'kitchens')), t.try('SELECT dwello.delete_search(NULL)');
-- a search that is deleted is gone for its key, too: what it made then is told again, and nothing is made
SELECT version, replayed FROM dwello.save_search('tap', idempotency_key => 'gone');
SELECT id AS gone FROM dwello.saved_searches WHERE user_id = t.user('p1') AND query = 'tap' \gset
SELECT version, replayed FROM dwello.delete_search(:'gone');
SELECT search_id = :'gone' AS that, version, replayed FROM dwello.save_search('tap', idempotency_key => 'gone');
SELECT t.try(format('SELECT dwello.save_search(search_id => %L)', :'gone')), t.try(format('SELECT dwello.delete_search(%L)', :'gone'));
-- whatever is asked: an answer, or an SQLSTATE of the comment with a hint
SAVEPOINT s;
SET LOCAL client_min_messages = warning;
SELECT t.as_system();
SELECT value FROM dwello.set_setting('saved_searches_max', '100');
SELECT answer, count(*) AS calls, string_agg(call, ' ' ORDER BY n) FILTER (WHERE answer <> '22023' AND answer <> 'ok') AS which
  FROM (SELECT n, call, t.verdict('SELECT * FROM dwello.' || call, 'p1') AS answer
          FROM unnest(ARRAY[
            $$save_search(repeat('x ', 500000))$$,
            $$save_search('the of and')$$,
            $$save_search(name => repeat('é', 100))$$,
            $$save_search(name => repeat('é', 101))$$,
            $$save_search(category_ids => array_fill('d0000000-0000-7000-8000-000000000001'::uuid, ARRAY[100000]))$$,
            $$save_search(category_ids => array_fill('d0000000-0000-7000-8000-000000000001'::uuid, ARRAY[2, 2]))$$,
            $$save_search(longitude => 180, latitude => 90)$$,
            $$save_search(longitude => -180, latitude => -90, radius_miles => 12450)$$,
            $$save_search(longitude => 0, latitude => 0, radius_miles => 5e-324)$$,
            $$save_search(longitude => 0, latitude => 'Infinity')$$,
            $$save_search(longitude => 0, latitude => 0, radius_miles => 'NaN')$$,
            $$save_search(budget_min => 1000000000000000, budget_max => 1000000000000000)$$,
            $$save_search(budget_max => -9223372036854775808)$$,
            $$save_search(currency => repeat('U', 1000000))$$,
            $$save_search(currency => 'JPY')$$,
            $$save_search(expected_version => -1)$$,
            $$save_search(search_id => gen_random_uuid())$$,
            $$save_search(user_id => t.user('nobody'))$$,
            $$save_search(user_id => t.user('p2'))$$,
            $$save_search(idempotency_key => repeat('k', 1000000))$$,
            $$save_search(repeat('- ', 500), idempotency_key => 'odd')$$,
            $$save_search(repeat('- ', 500), idempotency_key => 'odd')$$,
            $$save_search(repeat('- ', 499), idempotency_key => 'odd')$$,
            $$delete_search(gen_random_uuid())$$,
            $$delete_search(gen_random_uuid(), t.user('p2'))$$,
            $$delete_search(NULL)$$,
            $$delete_search(gen_random_uuid(), expected_version => -5)$$,
            $$delete_search(gen_random_uuid(), idempotency_key => 'odd')$$]) WITH ORDINALITY AS c (call, n)) AS x
 GROUP BY answer ORDER BY answer COLLATE "C";
ROLLBACK TO s;
SELECT t.as_system();
SELECT type, count(*) FROM dwello.outbox WHERE scope_id = t.user('p1') AND type LIKE 'search%' GROUP BY type ORDER BY type;
ROLLBACK;

-- ----------------------------------------------------------------------
-- A published job: who is notified of it
-- ----------------------------------------------------------------------
BEGIN;
DELETE FROM dwello.saved_searches;
SELECT dwello.deliver_events(100000) >= 0 AS delivered;
-- a search of p1, of p2 and so on, by a name that says what it asks
CREATE FUNCTION t.save(who text, called text, args text) RETURNS void LANGUAGE plpgsql
AS $$ BEGIN PERFORM t.login_as(who); EXECUTE format('SELECT dwello.save_search(name => %L%s)', called, args); PERFORM t.as_system(); END $$;
SELECT t.save('p1', 'place', ', longitude => -122.42, latitude => 37.77, radius_miles => 5'),
       t.save('p1', 'words', ', query => ''CABINETS'''),
       t.save('p2', 'far', ', longitude => -121, latitude => 37.77, radius_miles => 5'),
       t.save('p2', 'other words', ', query => ''roof or "cabinet doors"'''),
       t.save('p2', 'other category', ', category_ids => ARRAY[''d0000000-0000-7000-8000-000000000012'']::uuid[]'),
       t.save('p2', 'other budget', ', budget_min => 120001'),
       t.save('p2', 'other currency', ', currency => ''EUR'''),
       t.save('p2', 'other urgency', ', urgency => ''high'''),
       t.save('p3', 'anything', ', query => ''the''');
-- a category that the key takes for the job's: same tag, same bit
INSERT INTO dwello.service_categories (id, parent_id, name) VALUES ('e0000018-0000-7000-8000-000000000011', :home, 'Twin');
SELECT t.save('p2', 'twin category', ', category_ids => ARRAY[''e0000018-0000-7000-8000-000000000011'']::uuid[]');
-- what they are told of: names of the searches, by who
CREATE FUNCTION t.told() RETURNS TABLE (who text, told text) LANGUAGE sql
AS $$
  SELECT w, string_agg(n.title || ': ' || n.message || CASE WHEN n.data ? 'search_id' AND n.data ->> 'job_id' = t.user('job')::text THEN '' ELSE '?' END, ', ')
    FROM dwello.notifications AS n JOIN unnest(ARRAY['p1', 'p2', 'p3', 'h1']) AS w ON t.user(w) = n.user_id
   WHERE n.data ->> 'event' = 'job_published' GROUP BY w ORDER BY w $$;
CREATE FUNCTION t.publish(args text DEFAULT '') RETURNS void LANGUAGE plpgsql
AS $$ BEGIN
  PERFORM t.login_as('h1');
  EXECUTE 'SELECT dwello.post_job(''d0000000-0000-7000-8000-000000000011'', ''Kitchen cabinets'', ''Paint the doors of a cabinet.'', '
    '-122.4194, 37.7749, budget_min => 80000, budget_max => 120000, job_id => t.user(''job'')' || args || ')';
  PERFORM dwello.publish_job(t.user('job'));
  PERFORM t.as_system();
END $$;
SELECT t.publish();
SELECT * FROM t.told();
SAVEPOINT published;
-- one notification a user and event, whatever fits and however often it is delivered
SELECT dwello.deliver_events();
SELECT * FROM t.told();
UPDATE dwello.outbox SET applied_at = NULL WHERE scope_id = t.user('job') AND type = 'job_published';
SELECT dwello.deliver_events();
SELECT * FROM t.told();
-- not of a job that is closed by then, nor to somebody who is kept out
ROLLBACK TO published;
SELECT t.login_as('h1');
SELECT status FROM dwello.cancel_job(t.user('job'));
SELECT t.as_system();
SELECT dwello.deliver_events() > 0 AS delivered;
SELECT * FROM t.told();
ROLLBACK TO published;
SELECT t.login_as('a1');
SELECT status FROM dwello.suspend_user(t.user('p1'), 'Spam.');
SELECT t.as_system();
SELECT dwello.deliver_events() > 0 AS delivered;
SELECT * FROM t.told();
-- each of what p2 asks is why they are not notified of it
ROLLBACK TO published;
UPDATE dwello.saved_searches SET currency = 'USD' WHERE user_id = t.user('p2') AND name = 'other currency';
SELECT dwello.deliver_events() > 0 AS delivered;
SELECT * FROM t.told() WHERE who = 'p2';
ROLLBACK;
