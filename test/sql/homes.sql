--
-- A home is not found: two homes of one rounded place answer alike, whatever
-- somebody else asks, and however often.  So no number of bids, jobs, agents
-- or tiles narrows one down further than that place.
--
BEGIN;
SELECT set_config('dwello.now', '2027-03-01 12:00+00', true) IS NOT NULL AS pinned;

-- Homes in two corners of the square of -122.42, 37.77, more than a mile apart; and one beside it.
CREATE TEMP TABLE home (home text, longitude float8, latitude float8);
INSERT INTO home VALUES ('south-west', -122.42499321, 37.76500123), ('north-east', -122.41500321, 37.77499123), ('next door', -122.41499321, 37.77499123);
CREATE TEMP TABLE answer (question text, answers text);

-- Jobs in a ring of all directions, up to and over the agent's ten miles: so fine that a mile of the distance changes between
-- two of them, and the side of the radius.
CREATE TEMP TABLE ring AS
SELECT n, t.user('ring ' || n) AS job_id, -122.42 + 0.01 * round(r * cos(n)) AS longitude, 37.77 + 0.01 * round(r * sin(n)) AS latitude
  FROM generate_series(1, 60) AS n, LATERAL (SELECT n / 3.5 AS r) AS r;

CREATE FUNCTION pg_temp.note(asked text, query text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  answers text;
BEGIN
  EXECUTE query INTO answers;
  INSERT INTO answer VALUES (asked, answers);
END
$$;

-- What others read of a provider who lives there: their homeowners, rivals in open mode, administrators, an application.
CREATE FUNCTION pg_temp.live_there(h home) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  job record;
BEGIN
  PERFORM t.as_system();
  PERFORM dwello.set_flag('ai_bidding_enabled', rollout_percentage => 100);
  PERFORM dwello.add_address('business', '1 Corner', 'San Francisco', 'CA', '94103', 'US', h.longitude, h.latitude, true, t.user('p1'));
  PERFORM t.login_as('p1');
  PERFORM dwello.configure_agent(is_active => true, max_bid_radius_miles => 10, preferred_categories => '{d0000000-0000-7000-8000-000000000011}');
  FOR job IN SELECT * FROM ring LOOP
    PERFORM t.login_as('h1');
    PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', 'Ring ' || job.n, 'It.', job.longitude, job.latitude,
      budget_max => 100000, bid_mode => 'open', job_id => job.job_id);
    PERFORM dwello.publish_job(job.job_id);
    CONTINUE WHEN job.n > 45; -- an agent decides of those without a bid
    PERFORM t.login_as('p1');
    PERFORM dwello.submit_bid(job.job_id, 90000, timeline_days => 3, bid_id => t.user('ring bid ' || job.n));
  END LOOP;
  PERFORM t.login_as('a1');
  PERFORM pg_temp.note('match_agents', 'SELECT string_agg(r.n || '':'' || m.distance_miles, '' '' ORDER BY r.n) FROM ring AS r, dwello.match_agents(r.job_id) AS m WHERE m.agent_id = t.user(''p1'')');
  PERFORM pg_temp.note('match_providers', 'SELECT string_agg(r.n || '':'' || m.distance_miles, '' '' ORDER BY r.n) FROM ring AS r, dwello.match_providers(r.job_id) AS m WHERE m.provider_id = t.user(''p1'')');
  PERFORM pg_temp.note('decide_agent', 'SELECT string_agg(d.decision || d.reason || regexp_replace(d.trace::text, ''[0-9a-f]{8}-[-0-9a-f]*'', ''X'', ''g''), '' '' ORDER BY r.n) FROM ring AS r, dwello.decide_agent(t.user(''p1''), r.job_id) AS d WHERE r.n > 45');
  PERFORM t.app_as('h1');
  PERFORM pg_temp.note('bids', 'SELECT string_agg(concat_ws('':'', r.n, b.score_inputs, b.score_total), '' '' ORDER BY r.n) FROM pg_temp.ring AS r JOIN dwello.bids AS b USING (job_id)');
  PERFORM t.login_as('h1');
  PERFORM pg_temp.note('rank_bids', 'SELECT string_agg(concat_ws('':'', r.n, b.score, b.total, b.reasons), '' '' ORDER BY r.n) FROM pg_temp.ring AS r, dwello.rank_bids(r.job_id) AS b');
  PERFORM pg_temp.note('explain_bid', 'SELECT string_agg(concat_ws('':'', r.n, e.raw, e.points), '' '' ORDER BY r.n) FROM pg_temp.ring AS r, dwello.explain_bid(r.job_id, t.user(''ring bid '' || r.n)) AS e WHERE r.n <= 45 AND e.criterion = ''distance''');
  PERFORM t.login_as('p2');
  PERFORM pg_temp.note('rank_bids of a rival', 'SELECT string_agg(concat_ws('':'', r.n, b.score, b.total, b.reasons), '' '' ORDER BY r.n) FROM pg_temp.ring AS r, dwello.rank_bids(r.job_id) AS b');
  PERFORM pg_temp.note('provider_summary', 'SELECT (to_jsonb(s) - ''member_since'')::text FROM dwello.provider_summary(t.user(''p1'')) AS s');
  RESET ROLE;
  PERFORM t.as_system();
  PERFORM pg_temp.note('audit_log', 'SELECT count(*)::text FROM dwello.audit_log AS l WHERE l::text ~ ''-122[.]4[12][0-9]{3,}|[^:0-9]37[.]7[67][0-9]{3,}''');
  PERFORM pg_temp.note('outbox', 'SELECT string_agg(o.payload::text, '' '') FROM dwello.outbox AS o WHERE o.payload::text ~ ''-122[.]4|37[.]7''');
  PERFORM pg_temp.note('idempotency_keys', 'SELECT string_agg(i.result::text, '' '') FROM dwello.idempotency_keys AS i WHERE i.result::text ~ ''-122[.]4|37[.]7''');
END
$$;
GRANT SELECT ON ring TO PUBLIC;
GRANT ALL ON answer TO PUBLIC;

-- each in a world of its own; what was answered is carried out of it
SAVEPOINT before;
SELECT pg_temp.live_there(h) IS NOT NULL AS lived FROM home AS h WHERE home = 'south-west';
SELECT string_agg(concat_ws(': ', question, answers), E'\n' ORDER BY question COLLATE "C") AS seen FROM answer \gset one_
SELECT question, left(answers, 60) AS begins FROM answer ORDER BY question COLLATE "C";
ROLLBACK TO before;
SELECT pg_temp.live_there(h) IS NOT NULL AS lived FROM home AS h WHERE home = 'north-east';
SELECT string_agg(concat_ws(': ', question, answers), E'\n' ORDER BY question COLLATE "C") AS seen FROM answer \gset two_
ROLLBACK TO before;
SELECT pg_temp.live_there(h) IS NOT NULL AS lived FROM home AS h WHERE home = 'next door';
SELECT string_agg(concat_ws(': ', question, answers), E'\n' ORDER BY question COLLATE "C") AS seen FROM answer \gset three_
ROLLBACK TO before;
SELECT :'one_seen' = :'two_seen' AS alike, :'one_seen' <> :'three_seen' AS another_square_is_told_apart,
       length(:'one_seen') > 5000 AS much_was_asked;

--
-- The same of a job: wherever in its square the house stands, who looks for it sees one thing
--
CREATE FUNCTION pg_temp.post_there(h home) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  seen text;
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', 'House', 'It.', h.longitude, h.latitude, street => '1 Corner',
    budget_max => 100000, job_id => t.user('house'));
  PERFORM dwello.publish_job(t.user('house'));
  PERFORM t.as_system();
  PERFORM dwello.refresh_tiles(1000);
  PERFORM t.app_as('p1');
  seen := (SELECT ST_AsText(j.location) || j.cell || j.key FROM dwello.jobs AS j WHERE j.id = t.user('house'));
  seen := seen || (SELECT coalesce(string_agg(s::text, ' ' ORDER BY x, y), 'none') FROM generate_series(-3, 3) AS x, generate_series(-3, 3) AS y,
    dwello.search_jobs('house', -122.42 + x * 0.00123456, 37.77 + y * 0.00123456, radius_miles => 1) AS s);
  seen := seen || coalesce((SELECT string_agg(m::text, ' ') FROM dwello.match_jobs() AS m WHERE m.job_id = t.user('house')), 'none');
  -- every tile over the square, down to a few metres
  seen := seen || (SELECT string_agg(md5(dwello.jobs_mvt(z, floor((57.58 + d) / 360 * 2 ^ z)::integer, floor((0.5 - ln(tan(pi() / 4 + radians(37.77 + d) / 2)) / (2 * pi())) * 2 ^ z)::integer)), ' ' ORDER BY z, d)
    FROM (SELECT z::integer, d FROM generate_series(0, 22) AS z, unnest(ARRAY[-0.004, 0, 0.004]) AS d) AS tile);
  seen := seen || (SELECT coalesce(string_agg(c::text, ' ' ORDER BY zoom), 'none') FROM generate_series(3, 14) AS zoom, dwello.cluster_jobs(-122.44, 37.76, -122.40, 37.79, zoom) AS c);
  seen := seen || (SELECT count(*) FROM dwello.job_sites AS s WHERE s.job_id = t.user('house'));
  RESET ROLE;
  PERFORM t.as_system();
  RETURN seen;
END
$$;
SAVEPOINT before;
SELECT pg_temp.post_there(h) AS seen FROM home AS h WHERE home = 'south-west' \gset one_
ROLLBACK TO before;
SELECT pg_temp.post_there(h) AS seen FROM home AS h WHERE home = 'north-east' \gset two_
ROLLBACK TO before;
SELECT pg_temp.post_there(h) AS seen FROM home AS h WHERE home = 'next door' \gset three_
ROLLBACK TO before;
SELECT :'one_seen' = :'two_seen' AS alike, :'one_seen' <> :'three_seen' AS another_square_is_told_apart, length(:'one_seen') > 5000 AS much_was_asked;

--
-- A saved search round a home keeps its square, and statistics of places are not shown
--
SELECT t.login_as('p1');
SELECT count(dwello.save_search(longitude => h.longitude, latitude => h.latitude, radius_miles => 3, name => h.home)) FROM home AS h;
SELECT s.name, s.longitude, s.latitude, s.key::text = first_value(s.key::text) OVER (ORDER BY s.name DESC) AS same_key FROM dwello.saved_searches AS s
 WHERE s.user_id = t.user('p1') ORDER BY s.name DESC;
ANALYZE dwello.user_addresses, dwello.job_sites, dwello.user_profiles, dwello.ai_bidding_agents, dwello.saved_searches;
SELECT t.app_as('p2');
SELECT count(*) AS statistics FROM pg_stats
 WHERE schemaname = 'dwello' AND tablename IN ('user_addresses', 'job_sites', 'user_profiles', 'ai_bidding_agents', 'saved_searches');
RESET ROLE;

--
-- Nothing but a rounded place can be written, whoever writes it
--
SELECT pg_temp.post_there(h) IS NOT NULL AS posted FROM home AS h WHERE home = 'next door';
SELECT t.try(statement) AS refused FROM unnest(ARRAY[
  'UPDATE dwello.user_addresses SET place = ST_MakePoint(-122.4201, 37.77)',
  'UPDATE dwello.user_addresses SET place = ST_MakePoint(-122.42, 37.7701)',
  'UPDATE dwello.job_sites SET place = ST_MakePoint(-122.4201, 37.77)',
  'UPDATE dwello.saved_searches SET longitude = -122.4201 WHERE longitude IS NOT NULL',
  'UPDATE dwello.saved_searches SET latitude = 37.7701 WHERE longitude IS NOT NULL']) AS statement;
-- every hundredth of a degree can
SELECT count(*) AS kept FROM generate_series(-18000, 18000) AS n WHERE round(n / 100::float8 * 100) / 100 = n / 100::float8;
ROLLBACK;
