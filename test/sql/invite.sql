--
-- invite.sql
--	Invitations, jobs that only who is invited sees, and direct hire.
--
-- Each part is a transaction of its own that is rolled back, on a clock that
-- stands still.
--
SET client_min_messages = warning;
SET dwello.now = '2027-03-01 12:00:00+00';
SET timezone = 'UTC';
\set VERBOSITY sqlstate

-- An open job of h1 that is by invitation, or not.
CREATE FUNCTION t.invite_job(is_invite_only boolean DEFAULT true, requirements jsonb DEFAULT '[]',
  name text DEFAULT 'job')
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job(
    category_id => 'd0000000-0000-7000-8000-000000000011',
    title => 'Oak panelling', description => 'As in the test of invitations.',
    longitude => -122.4194, latitude => 37.7749, budget_min => 80000, budget_max => 120000,
    requirements => requirements, milestones => '[{"title": "First"}, {"title": "Second"}]',
    job_id => t.user(name), is_invite_only => is_invite_only);
  PERFORM dwello.publish_job(job_id => t.user(name));
  PERFORM t.as_system();
END
$$;

-- What a command gives somebody, or what they are refused with; ids are
-- hidden.
CREATE FUNCTION t.invite_try(as_name text, command text, columns text DEFAULT 'invite_status')
RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  detail text;
  outcome text;
BEGIN
  PERFORM t.login_as(as_name);
  EXECUTE format('SELECT concat_ws('' '', %s) FROM dwello.%s', columns, command) INTO outcome;
  PERFORM t.as_system();
  RETURN outcome;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN regexp_replace(concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, '')),
    '[0-9a-f-]{36}', '<>', 'g');
END
$$;
CREATE FUNCTION t.invite(who text, more text DEFAULT NULL, as_name text DEFAULT 'h1') RETURNS text
LANGUAGE sql
AS $$ SELECT t.invite_try(as_name, format('invite_provider(%s)', concat_ws(', ', quote_nullable(t.user('job')), quote_nullable(t.user(who)), more))) $$;
CREATE FUNCTION t.hire(who text, amount bigint, more text DEFAULT NULL, as_name text DEFAULT 'h1') RETURNS text
LANGUAGE sql
AS $$ SELECT t.invite_try(as_name, format('hire_provider(%s)', concat_ws(', ', quote_nullable(t.user('job')), quote_nullable(t.user(who)),
  coalesce(amount::text, 'NULL'), more)), 'invite_status, amount, currency, expires_at') $$;
CREATE FUNCTION t.reply(who text, accept boolean DEFAULT true, more text DEFAULT NULL) RETURNS text
LANGUAGE sql
AS $$ SELECT t.invite_try(who, format('answer_invite(%s)', concat_ws(', ', quote_nullable(t.user('job')), coalesce(accept::text, 'NULL'), more)),
  'invite_status, amount, job_status, escrow_status') $$;
CREATE FUNCTION t.bid(who text, amount bigint DEFAULT 95000) RETURNS text
LANGUAGE sql
AS $$ SELECT t.invite_try(who, format('submit_bid(%L, %s, bid_id => %L)', t.user('job'), amount, t.user('bid ' || who)), 'status, eligible') $$;

CREATE VIEW t.invite_rows AS
  SELECT u.first_name AS provider, i.amount, i.status, i.expires_at, i.answered_at
    FROM dwello.job_invites AS i JOIN dwello.users AS u ON u.id = i.provider_id
   WHERE i.job_id = t.user('job') ORDER BY i.id;
CREATE VIEW t.invite_wrong AS
  SELECT c.rule || ': ' || c.detail AS wrong FROM t.check() AS c WHERE c.rule <> 'partition_missing'
  UNION ALL SELECT r.invariant || ' ' || r.object FROM dwello.reconcile() AS r;

--
-- By invitation: nobody else knows of the job
--
BEGIN;
SELECT t.login_as('p3');
SELECT version FROM dwello.save_search(query => 'oak', name => 'Oak', search_id => NULL);
SELECT t.invite_job();
SELECT is_listed, is_invite_only, status FROM dwello.jobs WHERE id = t.user('job');
SELECT count(*) AS agent_work FROM dwello.agent_work WHERE job_id = t.user('job');
-- the same, but listed, so that the lists are known to have something
SELECT t.invite_job(false, name => 'listed');
SELECT count(*) AS agent_work FROM dwello.agent_work WHERE job_id = t.user('listed');
SELECT dwello.refresh_tiles() IS NOT NULL AS refreshed;
SELECT sum(jobs) AS on_maps FROM dwello.job_tiles WHERE zoom = 14;

-- what a provider is shown of the two, wherever they look
CREATE FUNCTION t.invite_sees(who text) RETURNS TABLE (place text, listed bigint, invited bigint)
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.app_as(who);
  RETURN QUERY SELECT v.place, count(*) FILTER (WHERE v.id = t.user('listed')), count(*) FILTER (WHERE v.id = t.user('job'))
    FROM (SELECT 'jobs' AS place, j.id FROM dwello.jobs AS j
          UNION ALL SELECT 'job_requirements', r.job_id FROM dwello.job_requirements AS r
          UNION ALL SELECT 'job_milestones', m.job_id FROM dwello.job_milestones AS m WHERE m.sort_order = 1
          UNION ALL SELECT 'match_jobs', m.job_id FROM dwello.match_jobs() AS m
          UNION ALL SELECT 'search_jobs', s.job_id FROM dwello.search_jobs('oak panelling') AS s
          UNION ALL SELECT 'search_jobs, no words', s.job_id FROM dwello.search_jobs(longitude => -122.4194, latitude => 37.7749, radius_miles => 5) AS s
          UNION ALL SELECT 'my_invites', i.job_id FROM dwello.my_invites() AS i) AS v
   GROUP BY v.place ORDER BY v.place COLLATE "C";
  PERFORM t.as_system();
END
$$;
SELECT * FROM t.invite_sees('p1');
SELECT t.login_as('p1');
SELECT max(f.jobs) AS in_facets FROM dwello.search_facets('oak') AS f;
SELECT t.as_system();
SELECT 'match_agents' AS list, count(*) FILTER (WHERE n = 'listed') AS listed, count(*) FILTER (WHERE n = 'job') AS invited
  FROM unnest(ARRAY['job', 'listed']) AS n, dwello.match_providers(t.user(n));
-- to those who are not invited it is as if it were not there
SELECT t.bid('p1'), t.bid('p2');
SELECT command, t.invite_try('p1', command, 'true') FROM (VALUES
  ($$explain_match(NULL, t.user('job'))$$), ($$rank_bids(t.user('job'))$$), ($$send_message(t.user('job'), content => 'Hello?')$$),
  ($$job_next_events(t.user('job'))$$), ($$answer_invite(t.user('job'), true)$$),
  ($$confirm_award(t.user('job'))$$), ($$refund_escrow(t.user('job'))$$), ($$propose_change_order(t.user('job'), 'x', 1)$$)) AS v (command);

-- the invited one sees it, and bids
SELECT t.app_as('h1');
SELECT job_id = t.user('job') AS is_job, provider_id = t.user('p1') AS is_p1, invite_status, version, replayed
  FROM dwello.invite_provider(t.user('job'), t.user('p1'), 'As last year?', idempotency_key => 'invite-1');
SELECT invite_status, version, replayed
  FROM dwello.invite_provider(t.user('job'), t.user('p1'), 'As last year?', idempotency_key => 'invite-1');
RESET ROLE;
SELECT t.invite('p2', '''Now?'', idempotency_key => ''invite-1''');
SELECT * FROM t.invite_sees('p1');
SELECT t.app_as('p1');
SELECT invite_status, message, amount, title, description, budget_min, budget_max, currency, is_invite_only, terms_version,
       longitude, latitude, requirements, milestones, answer_by, expires_at
  FROM dwello.my_invites();
RESET ROLE;
SELECT t.bid('p1'), t.bid('p2');
SELECT * FROM t.invite_rows;
SELECT t.login_as('h1');
SELECT bid_amount, eligible FROM dwello.rank_bids(t.user('job'));
SELECT job_status FROM dwello.accept_bid(t.user('job'), t.user('bid p1'));
SELECT t.login_as('p1');
SELECT job_status, escrow_status FROM dwello.confirm_award(t.user('job'));
SELECT t.bid('p3'), t.bid('p1');
SELECT t.as_system();
SELECT dwello.deliver_events(1000) > 0 AS delivered;
SELECT u.first_name, n.title FROM dwello.notifications AS n JOIN dwello.users AS u ON u.id = n.user_id
 WHERE n.title LIKE '%invit%' ORDER BY n.id;
-- and nobody else was told of it, nor was found for it
SELECT name, count(*) FILTER (WHERE n.user_id NOT IN (t.user('h1'), t.user('p1'))) > 0 AS strangers_told
  FROM unnest(ARRAY['job', 'listed']) AS name LEFT JOIN dwello.notifications AS n ON n.data->>'job_id' = t.user(name)::text
 GROUP BY name ORDER BY name;
SELECT * FROM t.invite_wrong;
ROLLBACK;

-- an accepted and a declined invitation are withdrawn: the job is gone for them, but for a bid of theirs
BEGIN;
SELECT t.invite_job();
SELECT t.invite('p1'), t.reply('p1'), t.bid('p1'), t.invite('p2'), t.reply('p2', false);
SELECT t.reply('h1', false, format('provider_id => %L', t.user('p1'))), t.reply('h1', false, format('provider_id => %L', t.user('p2')));
SELECT * FROM t.invite_rows;
SELECT t.app_as('p1');
SELECT count(*) FROM dwello.my_invites();
RESET ROLE;
SELECT t.bid('p2'), t.reply('p1'), t.invite_try('p1', format('withdraw_bid(%L, %L)', t.user('job'), t.user('bid p1')), 'bid_status'), t.bid('p1');
-- a job that is decided lets nobody go
SELECT t.invite('p2'), t.reply('p2'), t.bid('p2');
SELECT t.login_as('h1');
SELECT job_status FROM dwello.accept_bid(t.user('job'), t.user('bid p2'));
SELECT t.as_system();
SELECT t.reply('h1', false, format('provider_id => %L', t.user('p2')));
SELECT * FROM t.invite_wrong;
ROLLBACK;

-- an award that lapses opens the job again, and it is not listed then either
BEGIN;
SELECT t.invite_job();
SELECT t.invite('p1'), t.invite('p2'), t.bid('p1');
SELECT t.login_as('h1');
SELECT job_status FROM dwello.accept_bid(t.user('job'), t.user('bid p1'));
SELECT t.as_system();
SELECT * FROM t.invite_rows;
SELECT t.login_as('p1');
SELECT job_status FROM dwello.withdraw_bid(t.user('job'), t.user('bid p1'));
SELECT t.as_system();
SELECT status, is_listed FROM dwello.jobs WHERE id = t.user('job');
SELECT bool_or(is_listed) AS listed FROM dwello.job_milestones WHERE job_id = t.user('job');
SELECT t.bid('p2'), t.bid('p3'), t.invite('p2'), t.invite('p3');
SELECT * FROM t.invite_rows;
SELECT * FROM t.invite_wrong;
ROLLBACK;

-- a draft may become one, an open job not; nothing else is listed by an edit
BEGIN;
SELECT t.login_as('h1');
SELECT status FROM dwello.post_job('d0000000-0000-7000-8000-000000000011', 'Oak', 'All.', -122.4194, 37.7749,
  budget_max => 100000, job_id => t.user('job'));
SELECT t.invite('p1');
SELECT t.login_as('h1');
SELECT version FROM dwello.edit_job(t.user('job'), is_invite_only => true);
SELECT status FROM dwello.publish_job(t.user('job'));
SELECT t.invite_try('h1', format('edit_job(%L, is_invite_only => false)', t.user('job')), 'version');
SELECT t.invite_try('h1', format('edit_job(%L, is_invite_only => true, description => ''More.'')', t.user('job')), 'terms_version');
SELECT is_listed, is_invite_only FROM dwello.jobs WHERE id = t.user('job');
SELECT t.invite_try('h1', format('post_job(%L, ''Oak'', ''All.'', 1, 1, is_invite_only => NULL)', t.user('x')), 'status');
ROLLBACK;

--
-- Invitations to any job: answers
--
BEGIN;
SELECT t.invite_job(false);
SELECT t.invite('p1'), t.reply('p1'), t.reply('p1', false);
SELECT t.invite('p2'), t.reply('p2', false), t.bid('p2');
SELECT t.invite('p3'), t.reply('h1', false, format('provider_id => %L', t.user('p3'))), t.reply('p3'), t.invite('p3');
SELECT t.invite('p1'), t.invite('p2');
SELECT * FROM t.invite_rows;
SELECT o.type, u.first_name AS recipient, o.payload->>'message' AS message
  FROM dwello.outbox AS o JOIN dwello.users AS u ON u.id = (o.payload->>'recipient_id')::uuid
 WHERE o.scope_id = t.user('job') AND (o.type LIKE 'invite%' OR o.type = 'job_invited') ORDER BY o.id;
-- the homeowner withdraws what was answered; neither side does so twice
SELECT t.reply('h1', false, format('provider_id => %L', t.user('p1'))), t.reply('h1', false, format('provider_id => %L', t.user('p1'))),
       t.reply('p1'), t.invite('p1'), t.reply('p2', false);
-- what ends the job ends what is pending
SELECT t.login_as('h1');
SELECT status FROM dwello.cancel_job(t.user('job'));
SELECT t.reply('p3'), t.invite('p1');
SELECT t.as_system();
SELECT * FROM t.invite_rows;
SELECT * FROM t.invite_wrong;
ROLLBACK;
BEGIN;
SELECT t.invite_job(false);
SELECT t.invite('p1');
SET LOCAL dwello.now = '2027-03-31 12:00:00+00';
SELECT t.reply('p1'), t.invite('p2'), t.hire('p2', 90000);
SELECT t.as_system();
SELECT * FROM dwello.expire_jobs();
SELECT * FROM t.invite_rows;
ROLLBACK;

-- refusals
BEGIN;
SELECT t.invite_job(false);
SELECT who, t.invite(who) FROM unnest(ARRAY['h1', 'h2', 'a1', 'nobody', NULL]) AS who;
SELECT who, t.invite('p1', as_name => who) FROM unnest(ARRAY['h2', 'p1', 'p2', 'a1', 's1', 'u1']) AS who;
SELECT t.invite('p1', 'repeat(''x'', 2001)');
SELECT t.bid('p1'), t.invite('p1'), t.hire('p1', 90000);
SELECT t.login_as('a1');
SELECT status FROM dwello.suspend_user(t.user('p2'), 'Test.');
SELECT t.invite('p2'), t.hire('p2', 90000), t.reply('p2');
SELECT t.login_as('a1');
SELECT name, value FROM dwello.set_setting('job_invites_max', '1');
SELECT t.as_system();
SELECT t.register('p9', 'service_provider') IS NOT NULL AS registered;
SELECT t.invite('p9'), t.invite('p3'), t.hire('p3', 90000);
SELECT t.login_as('a1');
SELECT name, value FROM dwello.set_setting('job_invites_max', '0');
SELECT t.invite('p9');
SELECT who, accept, t.reply(who, accept) FROM unnest(ARRAY['h1', 'h2', 'a1', 's1', 'u1']) AS who, unnest(ARRAY[true, false, NULL]) AS accept;
SELECT t.reply('h1', false, format('provider_id => %L', t.user('p1'))), t.reply('h1', true, format('provider_id => %L', t.user('p3'))),
       t.reply('p1', false, format('provider_id => %L', t.user('p3'))), t.reply('p1', true);
SELECT who, t.invite_try(who, 'my_invites()', 'true') FROM unnest(ARRAY['h1', 'a1', 'p2']) AS who;
SELECT t.invite_try('p1', 'my_invites(max_results => 0)', 'true');
ROLLBACK;

-- pages, newest first
BEGIN;
SELECT t.invite_job(n % 2 = 0, name => 'job ' || n) FROM generate_series(1, 3) AS n;
SELECT t.login_as('h1');
SELECT invite_status FROM generate_series(1, 3) AS n, dwello.invite_provider(t.user('job ' || n), t.user('p1'), n::text);
SELECT t.login_as('p1');
SELECT message, is_invite_only FROM dwello.my_invites(max_results => 2);
SELECT message FROM dwello.my_invites((SELECT invite_id FROM dwello.my_invites(max_results => 2) AS i WHERE i.message = '2'));
ROLLBACK;

--
-- Direct hire
--
BEGIN;
SELECT t.invite_job();
SELECT t.app_as('h1');
SELECT invite_status, amount, currency, expires_at, version, replayed
  FROM dwello.hire_provider(t.user('job'), t.user('p1'), 90000, 'Panels are there.', 4, expected_version => 2, idempotency_key => 'hire-1');
SELECT invite_status, amount, replayed
  FROM dwello.hire_provider(t.user('job'), t.user('p1'), 90000, 'Panels are there.', 4, expected_version => 2, idempotency_key => 'hire-1');
RESET ROLE;
SELECT t.hire('p1', 90001, 'idempotency_key => ''hire-1''');
SELECT t.hire('p2', 90000), t.hire('p1', 90000), t.invite('p1');
-- another one is in the running meanwhile
SELECT t.invite('p2'), t.bid('p2');
SELECT t.app_as('p1');
SELECT invite_status, amount, timeline_days, answer_by, message FROM dwello.my_invites();
SELECT invite_status, amount, currency, bid_id IS NOT NULL AS is_bid, job_status, escrow_status, version, replayed
  FROM dwello.answer_invite(t.user('job'), true, expected_version => 2, idempotency_key => 'take-1');
SELECT invite_status, job_status, escrow_status, version, replayed
  FROM dwello.answer_invite(t.user('job'), true, expected_version => 2, idempotency_key => 'take-1');
RESET ROLE;
SELECT t.as_system();
SELECT * FROM t.invite_rows;
SELECT u.first_name, b.status, b.reason, b.bid_amount, b.labor_cost, b.timeline_days, b.description, b.score_total IS NOT NULL AS scored
  FROM dwello.bids AS b JOIN dwello.users AS u ON u.id = b.provider_id WHERE b.job_id = t.user('job') ORDER BY 1;
SELECT u.first_name AS provider, j.status, j.awarded_at, j.confirmed_at, j.version
  FROM dwello.jobs AS j JOIN dwello.users AS u ON u.id = j.provider_id WHERE j.id = t.user('job');
SELECT m.title, m.amount, m.status, m.provider_id = t.user('p1') AS is_p1 FROM dwello.job_milestones AS m WHERE m.job_id = t.user('job') ORDER BY m.sort_order;
SELECT o.type FROM dwello.outbox AS o WHERE o.scope_id = t.user('job') ORDER BY o.id;
-- the contract goes on as any other
SELECT t.login_as('h1');
SELECT escrow_status, amount FROM dwello.fund_escrow(t.user('job'));
SELECT t.as_system();
SELECT escrow_status FROM dwello.transactions AS x, dwello.confirm_payment(t.user('job'), 'acme', 'e', x.amount, 'USD') WHERE x.scope_id = t.user('job');
SELECT t.login_as('p1');
SELECT status FROM dwello.start_job(t.user('job'));
SELECT t.as_system();
SELECT dwello.deliver_events(1000) > 0 AS delivered;
SELECT u.first_name, n.title FROM dwello.notifications AS n JOIN dwello.users AS u ON u.id = n.user_id
 WHERE n.data->>'job_id' = t.user('job')::text ORDER BY n.id;
SELECT awarded_count FROM dwello.provider_stats WHERE user_id = t.user('p1');
SELECT * FROM t.invite_wrong;
ROLLBACK;

-- an offer that was made anew, for less: who names what they saw does not take it
BEGIN;
SELECT t.invite_job();
SELECT t.hire('p1', 90000), t.reply('h1', false, format('provider_id => %L', t.user('p1'))), t.hire('p1', 9000);
SELECT t.reply('p1', true, 'expected_amount => 90000, expected_version => 2');
SELECT t.as_system();
SELECT * FROM t.invite_rows;
SELECT t.reply('p1', true, 'expected_amount => 9000');
ROLLBACK;

-- every gate is asked when the offer is taken, and what fails undoes all of it
BEGIN;
SELECT t.invite_job(true, '[{"requirement_type": "license", "requirement_value": "C-33"}]');
SELECT t.hire('p1', 90000), t.reply('p1');
SELECT count(*) AS bids FROM dwello.bids WHERE job_id = t.user('job');
SELECT t.as_system();
SELECT v.verified_at IS NOT NULL AS verified FROM dwello.add_credential('license', 'Painter', number => '1', issuer => 'C-33', user_id => t.user('p1')) AS c,
  dwello.verify_credential(t.user('p1'), c.credential_id) AS v;
SELECT t.reply('p1');
SELECT * FROM t.invite_rows;
SELECT * FROM t.invite_wrong;
ROLLBACK;

-- declined, withdrawn, over by the clock, for older terms, answered by a bid
BEGIN;
SELECT t.invite_job();
SELECT t.hire('p1', 90000), t.reply('p1', false), t.hire('p1', 91000);
SELECT t.reply('h1', false, format('provider_id => %L', t.user('p1')));
SELECT t.hire('p2', 90000), t.reply('h1', false, format('provider_id => %L', t.user('p2'))), t.reply('p2'), t.hire('p2', 91000);
SET LOCAL dwello.now = '2027-03-03 12:00:00+00';
SELECT t.reply('p2'), t.hire('p3', 90000);
SELECT t.login_as('h1');
SELECT terms_version FROM dwello.edit_job(t.user('job'), description => 'More oak.');
SELECT t.reply('p3'), t.hire('p3', 95000), t.bid('p3'), t.reply('p3');
SELECT t.hire('p1', 92000);
SELECT * FROM t.invite_rows;
SELECT * FROM t.invite_wrong;
ROLLBACK;

-- expire_bids marks what is over, and tells the homeowner
BEGIN;
SELECT t.invite_job();
SELECT t.hire('p1', 90000, 'expires_at => ''2027-03-02 12:00Z''');
SET LOCAL dwello.now = '2027-03-02 12:00:00+00';
SELECT * FROM dwello.expire_bids();
SELECT * FROM dwello.expire_bids();
SELECT t.reply('p1');
SELECT * FROM t.invite_rows;
SELECT o.type, o.payload->>'recipient_id' = t.user('h1')::text AS to_h1 FROM dwello.outbox AS o WHERE o.scope_id = t.user('job') ORDER BY o.id DESC LIMIT 1;
ROLLBACK;

-- refusals
BEGIN;
SELECT t.invite_job(false);
SELECT amount, t.hire('p1', amount) FROM unnest(ARRAY[0, -1, NULL, 4999]) AS amount;
SELECT more, t.hire('p2', 90000, more) FROM unnest(ARRAY['timeline_days => 0', 'timeline_days => -1', 'message => repeat(''x'', 2001)',
  'expires_at => ''2027-03-01 12:00Z''', 'expires_at => ''2027-03-31 12:00:01Z''', 'expires_at => ''infinity''', 'expected_version => 9']) AS more;
SELECT who, t.hire(who, 90000) FROM unnest(ARRAY['h1', 'h2', 'a1', 'nobody', NULL]) AS who;
SELECT who, t.hire('p1', 90000, as_name => who) FROM unnest(ARRAY['h2', 'p1', 'p2', 'a1', 's1', 'u1']) AS who;
-- an invitation to bid is replaced by an offer; a bid that is live stands in its way
SELECT t.invite('p3'), t.hire('p3', 90000), t.bid('p3'), t.reply('p3');
SELECT * FROM t.invite_rows;
-- the job is another's by now
SELECT t.login_as('h1');
SELECT job_status FROM dwello.accept_bid(t.user('job'), t.user('bid p3'));
SELECT t.reply('p3'), t.hire('p2', 90000);
SELECT t.as_system();
SELECT * FROM t.invite_wrong;
ROLLBACK;
BEGIN;
SELECT t.invite_job(false);
SELECT t.hire('p1', 1000000000000000), t.reply('p1');
SELECT t.reply('p1', false), t.reply('h1', false, format('provider_id => %L', t.user('p1')));
ROLLBACK;

-- nobody
BEGIN;
SELECT t.invite_job();
SELECT dwello.login(NULL);
SET LOCAL ROLE dwello_app;
SAVEPOINT nobody;
SELECT dwello.invite_provider(t.user('job'), t.user('p1'));
ROLLBACK TO nobody;
SELECT dwello.hire_provider(t.user('job'), t.user('p1'), 90000);
ROLLBACK TO nobody;
SELECT dwello.answer_invite(t.user('job'), true);
ROLLBACK TO nobody;
SELECT dwello.my_invites();
ROLLBACK TO nobody;
ROLLBACK;

DROP VIEW t.invite_rows, t.invite_wrong;
DROP FUNCTION t.invite_job, t.invite_try, t.invite, t.hire, t.reply, t.bid;
