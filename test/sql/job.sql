--
-- job.sql
--	The life of a job: drafts, publication, work, completion.
--
SET client_min_messages = warning;

-- The shortest post: what else is given comes as "name => value, ...".
CREATE FUNCTION t.post(more text DEFAULT '') RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  made record;
BEGIN
  EXECUTE 'SELECT * FROM dwello.post_job(
    ''d0000000-0000-7000-8000-000000000011'', ''Paint the kitchen'',
    ''Cabinets, two coats.'', -122.4194, 37.7749' || more || ')' INTO made;
  RETURN concat_ws(' ', made.status, made.terms_version, made.version,
                   made.replayed);
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ': ' || SQLERRM;
END
$$;

-- post_job: a draft, by a homeowner who need not be verified
BEGIN;
SELECT t.app_as('u1');
SELECT status, terms_version, version, replayed,
       substr(job_id::text, 15, 1) AS uuid_version
  FROM dwello.post_job('d0000000-0000-7000-8000-000000000011',
    'Paint the kitchen', 'Cabinets, two coats.', -122.4194, 37.7749);
SELECT status, is_listed, currency, urgency, bid_mode, scoring_method,
       weights, reference_amount, published_at,
       ST_AsText(location) AS place
  FROM dwello.jobs WHERE homeowner_id = t.user('u1');
SELECT ST_AsText(place) AS site, provider_id
  FROM dwello.job_sites WHERE homeowner_id = t.user('u1');
ROLLBACK;

-- everything that can be said of a job
BEGIN;
SELECT t.login_as('h1');
SELECT job_id = t.user('job_full') AS same_id, status, replayed
  FROM dwello.post_job(
    category_id => 'd0000000-0000-7000-8000-000000000012',
    title => 'Bathroom', description => 'New pipes.',
    longitude => -122.41941, latitude => 37.77493,
    street => '1 Main Street', budget_min => 20000, budget_max => 40000,
    currency => 'USD', urgency => 'urgent', is_emergency => true,
    preferred_start_date => '2026-05-04', preferred_end_date => '2026-05-08',
    estimated_duration_hours => 8, materials_provided => false,
    materials_description => 'Copper.', expected_materials => 0,
    special_requirements => 'Ring twice.',
    photos => ARRAY['https://example.org/1.jpg'],
    requirements => '[{"requirement_type": "license", "requirement_value": "C-36"},
      {"requirement_type": "insurance", "requirement_value": 1000000},
      {"requirement_type": "experience", "requirement_value": "5",
       "is_mandatory": false, "weight": 3}]',
    milestones => '[{"title": "Pipes", "amount": 100, "due_date": "2026-05-06"},
      {"title": "Tiles", "amount": 300.0, "description": "White.",
       "is_required": false}]',
    bid_mode => 'rank_only', scoring_method => 'fixed_budget_quality',
    weights => '{"price": 5000, "rating": 3000, "timeline": 2000}',
    job_id => t.user('job_full'));
SELECT title, description, budget_min, budget_max, urgency, is_emergency,
       preferred_start_date = '2026-05-04' AS starts,
       preferred_end_date = '2026-05-08' AS ends,
       estimated_duration_hours AS hours, materials_provided,
       materials_description, expected_materials, special_requirements,
       photos, bid_mode, scoring_method, weights
  FROM dwello.jobs WHERE id = t.user('job_full');
SELECT street IS NOT NULL AND street <> convert_to('1 Main Street', 'UTF8')
       AS is_sealed, ST_AsText(place) AS site, octet_length(point) AS sealed
  FROM dwello.job_sites WHERE job_id = t.user('job_full');
SELECT requirement_type, requirement_value, is_mandatory, weight, is_listed
  FROM dwello.job_requirements WHERE job_id = t.user('job_full')
 ORDER BY requirement_type;
SELECT sort_order, title, description, due_date::text, amount, is_required,
       status
  FROM dwello.job_milestones WHERE job_id = t.user('job_full')
 ORDER BY sort_order;
-- the same id again, by anybody, without a key
SELECT t.post(format(', job_id => %L', t.user('job_full')));
SELECT t.login_as('h2');
SELECT t.post(format(', job_id => %L', t.user('job_full')));
-- nor a user's, whose keys and ledger would be the job's; nor nobody's
SELECT t.post(format(', job_id => %L', t.user('p1')));
SELECT t.post(format(', job_id => %L', '00000000-0000-0000-0000-000000000000'));
-- a draft is its homeowner's alone
SELECT t.try(format('SELECT dwello.publish_job(%L)', t.user('job_full')));
SELECT t.app_as('h2');
SELECT count(*) FROM dwello.jobs WHERE id = t.user('job_full');
ROLLBACK;

-- a street that the homeowner has nearby is taken, one far away is not
BEGIN;
SELECT t.login_as('h1');
SELECT version FROM dwello.add_address('home', '12 Oak Street',
  'San Francisco', 'CA', '94103', 'US', -122.4194, 37.7752, true);
SELECT t.post(format(', job_id => %L', t.user('job_near')));
SELECT status FROM dwello.post_job('d0000000-0000-7000-8000-000000000011',
  'Far', 'Away.', -122.4194, 37.7772, job_id => t.user('job_far'));
SELECT s.street IS NOT NULL AS has_street
  FROM dwello.job_sites AS s
 WHERE s.job_id IN (t.user('job_near'), t.user('job_far'))
 ORDER BY 1;
ROLLBACK;

-- retries meet their own row
BEGIN;
SELECT t.login_as('h1');
CREATE TEMP TABLE first AS
  SELECT * FROM dwello.post_job('d0000000-0000-7000-8000-000000000011',
    'Paint', 'White.', -122.4194, 37.7749, idempotency_key => 'k1');
SELECT a.job_id = f.job_id AS same_id, a.created_at = f.created_at AS same_time,
       a.status, a.version, a.replayed, f.replayed AS first_replayed,
       substr(a.job_id::text, 15, 1) AS uuid_version
  FROM dwello.post_job('d0000000-0000-7000-8000-000000000011',
    'Paint', 'White.', -122.4194, 37.7749, idempotency_key => 'k1') AS a,
       first AS f;
SELECT t.try($$SELECT dwello.post_job('d0000000-0000-7000-8000-000000000011',
  'Paint', 'Black.', -122.4194, 37.7749, idempotency_key => 'k1')$$);
-- the same key of another homeowner is another request
SELECT t.login_as('h2');
SELECT a.job_id <> f.job_id AS other_id, a.replayed
  FROM dwello.post_job('d0000000-0000-7000-8000-000000000011',
    'Paint', 'White.', -122.4194, 37.7749, idempotency_key => 'k1') AS a,
       first AS f;
SELECT count(*) FROM dwello.jobs WHERE title = 'Paint' AND created_at >= now();
DROP TABLE first;
ROLLBACK;

-- who may not post
\set VERBOSITY sqlstate
SELECT t.post();
BEGIN;
SELECT t.login_as('p1');
SELECT t.post();
SELECT t.login_as('a1');
SELECT t.post();
SELECT t.login_as('h2');
UPDATE dwello.users SET status = 'suspended' WHERE id = t.user('h2');
SELECT t.post(', budget_min => -1');
ROLLBACK;
BEGIN;
SELECT set_config('dwello.token', 'no token', true);
SELECT t.post();
ROLLBACK;
BEGIN;
SET LOCAL ROLE dwello_app;
SELECT t.post();
ROLLBACK;

-- values that are refused, each alone
BEGIN;
SELECT t.login_as('h1');
SELECT more, t.post(', ' || more) AS answer
  FROM unnest(ARRAY[
    'budget_min => 0', 'budget_max => -5', 'budget_min => 2, budget_max => 1',
    'expected_materials => -1', 'currency => ''XXX''', 'currency => ''usd''',
    'currency => NULL', 'currency => ''''', 'street => ''  ''',
    'estimated_duration_hours => 0',
    'preferred_start_date => ''2026-02-02'', preferred_end_date => ''2026-02-01''',
    'preferred_start_date => ''infinity''', 'preferred_start_date => ''10000-01-01''',
    'photos => array_fill(''a''::text, ARRAY[11])', 'photos => ARRAY['' '']',
    'photos => ARRAY[NULL::text]', 'photos => NULL',
    'photos => ARRAY[ARRAY[''a'']]',
    'photos => ARRAY[repeat(''a'', 2001)]',
    'special_requirements => repeat(''a'', 20001)',
    'street => repeat(''a'', 1000000)',
    'urgency => NULL', 'is_emergency => NULL', 'materials_provided => NULL',
    'bid_mode => NULL', 'scoring_method => NULL', 'requirements => NULL',
    'milestones => NULL',
    'idempotency_key => ''''', 'idempotency_key => repeat(''k'', 201)'])
       WITH ORDINALITY AS c (more, place)
 WHERE length(more) < 200
 ORDER BY place;
-- places
SELECT longitude, latitude,
       t.try(format('SELECT dwello.post_job(%L, %L, %L, %L, %L)',
         'd0000000-0000-7000-8000-000000000011', 'a', 'b', longitude,
         latitude)) AS answer
  FROM (VALUES (180, 90), (-180, -90), (180.1, 0), (0, -90.5), ('NaN', 0),
               (0, 'NaN'), ('Infinity', 0), (NULL, 0), (0, NULL))
       AS p (longitude, latitude);
-- texts and categories
SELECT t.try(format('SELECT dwello.post_job(%L, %L, %L, 0, 0)', category,
                    title, description)) AS answer
  FROM (VALUES ('d0000000-0000-7000-8000-000000000011', repeat('t', 200), repeat('d', 20000)),
               ('d0000000-0000-7000-8000-000000000011', repeat('t', 201), 'd'),
               ('d0000000-0000-7000-8000-000000000011', 't', repeat('d', 20001)),
               ('d0000000-0000-7000-8000-000000000011', '', 'd'),
               ('d0000000-0000-7000-8000-000000000011', 't', E' \n'),
               ('d0000000-0000-7000-8000-000000000011', NULL, 'd'),
               ('d0000000-0000-7000-8000-000000000011', 't', NULL),
               (NULL, 't', 'd'),
               ('d0000000-0000-7000-8000-0000000000ff', 't', 'd'))
       AS c (category, title, description);
-- documents
SELECT document, t.post(format(', requirements => %L', document)) AS answer
  FROM unnest(ARRAY['{}', '"a"', 'null', '[1]', '[{}]',
    '[{"requirement_type": 1}]', '[{"requirement_type": "diploma"}]',
    '[{"requirement_type": "license", "is_mandatory": "yes"}]',
    '[{"requirement_type": "license", "weight": -1}]',
    '[{"requirement_type": "license", "weight": 1.5}]',
    '[{"requirement_type": "license", "weight": 1e30}]',
    '[{"requirement_type": "license"}, {"requirement_type": "insurance"}]',
    '[{"requirement_type": "experience", "requirement_value": -3}]',
    '[{"requirement_type": "license", "is_mandatry": true}]',
    '[{"requirement_type": "equipment", "weight": null}]',
    '[]']) AS document;
SELECT document, t.post(format(', milestones => %L', document)) AS answer
  FROM unnest(ARRAY['{}', '[[]]', '[{}]', '[{"title": " "}]',
    '[{"title": 7}]', '[{"title": "a", "amount": 0}]',
    '[{"title": "a", "amount": "1"}]',
    '[{"title": "a", "amount": 1}, {"title": "b"}]',
    '[{"title": "a", "amount": 9223372036854775807}, {"title": "b", "amount": 1}]',
    '[{"title": "a", "amount": 9223372036854775808}]',
    '[{"title": "a", "due_date": "2026-02-29"}]',
    '[{"title": "a", "due_date": "today"}]',
    '[{"title": "a", "sort_order": 1}]',
    '[{"title": "a"}, {"title": "b"}]']) AS document;
SELECT t.post(format(', milestones => %L',
  (SELECT jsonb_agg('{"title": "a"}'::jsonb) FROM generate_series(1, 101))));
SELECT t.post(format(', milestones => %L',
  jsonb_build_array(jsonb_build_object('title', repeat('a', 201)))));
SELECT document, method, t.post(format(', weights => %L, scoring_method => %L',
                                       document, method)) AS answer
  FROM (VALUES ('[]', 'value'), ('{}', 'value'), ('{"price": 10000}', 'value'),
    ('{"price": 9999}', 'value'), ('{"price": 10001, "rating": -1}', 'value'),
    ('{"price": 1e12}', 'value'), ('{"price": 0.5}', 'value'),
    ('{"price": "a"}', 'value'), ('{"prize": 10000}', 'value'),
    ('{"price": 10000}', 'fixed_budget_quality'),
    ('{"price": 10000}', 'lowest_price')) AS w (document, method);

-- two faults at once: the one that is checked first
SELECT t.post(', budget_min => 0, currency => NULL');
SELECT t.post(', budget_min => 0, street => repeat(''a'', 501)');
SELECT t.post(', budget_min => 0, weights => ''{"price": 1}''');
SELECT t.post(', weights => ''{"price": 1}'', requirements => ''[{"requirement_type": "x"}]''');
SELECT t.post(', budget_min => 0, milestones => ''[{"title": "a", "amount": 1e20}]''');
SELECT t.try($$SELECT dwello.post_job('d0000000-0000-7000-8000-0000000000ff',
  'a', 'b', 0, 91)$$);
SELECT t.try($$SELECT dwello.post_job('d0000000-0000-7000-8000-000000000011',
  'a', 'b', 'x', 1)$$);
SELECT count(*) FROM dwello.jobs WHERE created_at >= now();
ROLLBACK;

-- a category that takes no jobs
BEGIN;
INSERT INTO dwello.service_categories (id, name, is_active)
VALUES (t.user('closed'), 'Closed', false);
SELECT t.login_as('h1');
SELECT t.try(format('SELECT dwello.post_job(%L, %L, %L, 0, 0)',
                    t.user('closed'), 'a', 'b'));
ROLLBACK;

-- publish_job: weights and reference are frozen, and providers may look
BEGIN;
SELECT t.login_as('h1');
SELECT t.post(format(', job_id => %L, budget_min => 80000, budget_max => 120000, '
  'requirements => ''[{"requirement_type": "license"}]'', '
  'milestones => ''[{"title": "All"}]''', t.user('job_1')));
SELECT t.try(format('SELECT dwello.publish_job(%L, 2)', t.user('job_1')));
SELECT status, terms_version, reference_amount, reference_source, version,
       replayed, expires_at - published_at AS takes_bids
  FROM dwello.publish_job(t.user('job_1'), 1, 'once');
SELECT status, version, replayed
  FROM dwello.publish_job(t.user('job_1'), 1, 'once');
SELECT t.try(format('SELECT dwello.publish_job(%L, 1, %L)', t.user('job_1'), 'twice'));
SELECT t.try(format('SELECT dwello.publish_job(%L)', t.user('job_1')));
SELECT t.try(format('SELECT dwello.publish_job(%L, 2, %L)', t.user('job_1'), 'once'));
SELECT weights, is_listed FROM dwello.jobs WHERE id = t.user('job_1');
SELECT is_listed FROM dwello.job_requirements WHERE job_id = t.user('job_1');
SELECT is_listed FROM dwello.job_milestones WHERE job_id = t.user('job_1');
SELECT aggregatetype, type, payload - 'job_id' - 'homeowner_id' AS payload
  FROM dwello.outbox WHERE scope_id = t.user('job_1');
-- strangers see the rounded place and no site; whoever is nobody sees nothing
SELECT t.app_as('p1');
SELECT ST_AsText(location) AS place FROM dwello.jobs WHERE id = t.user('job_1');
SELECT count(*) FROM dwello.job_sites WHERE job_id = t.user('job_1');
SELECT count(*) FROM dwello.job_requirements WHERE job_id = t.user('job_1');
SELECT t.try('SELECT street FROM dwello.job_sites');
SELECT t.try($$UPDATE dwello.jobs SET title = 'mine'$$);
-- visible, but not theirs to do; another homeowner may not know of it
SELECT t.try(format('SELECT dwello.publish_job(%L)', t.user('job_1')), 'p1');
SELECT t.try(format('SELECT dwello.start_job(%L)', t.user('job_1')), 'p1');
SELECT t.try(format('SELECT dwello.publish_job(%L)', t.user('job_1')), 'h2');
SELECT t.try(format('SELECT dwello.complete_job(%L)', t.user('job_1')), 'h2');
SELECT t.try(format('SELECT dwello.complete_job(%L)', t.user('job_1')), 'h1');
SELECT t.try('SELECT dwello.publish_job(NULL)', 'h1');
SELECT t.try(format('SELECT dwello.publish_job(%L)', t.user('nothing')), 'h1');
SELECT t.as_system();
SELECT t.try(format('SELECT dwello.publish_job(%L)', t.user('job_1')));
SELECT dwello.login(NULL);
SET LOCAL ROLE dwello_app;
SELECT count(*) FROM dwello.jobs;
ROLLBACK;

-- a user who is not verified has drafts and nothing else
BEGIN;
SELECT t.login_as('u1');
SELECT t.post(format(', job_id => %L, budget_max => 100', t.user('job_u')));
SELECT t.try(format('SELECT dwello.publish_job(%L)', t.user('job_u')));
ROLLBACK;

-- where the reference comes from, and the weights of methods and urgency
BEGIN;
SELECT t.login_as('h1');
SELECT more, t.post(format(', job_id => %L, ', t.user(more)) || more) AS posted
  FROM unnest(ARRAY['budget_max => 100000', 'budget_min => 100000',
    'budget_min => 100000, scoring_method => ''lowest_price''',
    'budget_min => 3, budget_max => 4, urgency => ''urgent''',
    'budget_max => 10, is_emergency => true',
    'budget_max => 1, scoring_method => ''fixed_budget_quality''',
    'scoring_method => ''meat''']) AS more;
SELECT title, t.try(format('SELECT dwello.publish_job(%L)', id)) AS answer
  FROM dwello.jobs WHERE created_at >= now() ORDER BY created_at, id;
SELECT scoring_method, urgency, is_emergency, status, reference_amount,
       reference_source, weights
  FROM dwello.jobs
 WHERE created_at >= now()
 ORDER BY scoring_method, budget_min, budget_max;
-- a category's own price, or that of the category above
INSERT INTO dwello.service_categories (id, parent_id, name)
VALUES (t.user('above'), NULL, 'Above'),
       (t.user('below'), t.user('above'), 'Below');
INSERT INTO dwello.category_amounts (category_id, currency, amount)
VALUES (t.user('above'), 'USD', 70000), (t.user('below'), 'EUR', 60000);
SELECT status FROM dwello.post_job(t.user('below'), 'Odd job', 'Any.', 0, 0,
  job_id => t.user('job_odd'));
SELECT reference_amount, reference_source
  FROM dwello.publish_job(t.user('job_odd'));
ROLLBACK;

-- the moves of a job, as anybody may ask
SELECT state, event, actor, next_state, guard
  FROM dwello.job_transitions()
 WHERE event IN ('post_job', 'publish_job', 'start_job', 'complete_job');
SELECT count(*) > 0 AS some FROM dwello.milestone_transitions();

-- start_job and complete_job: work needs money, and ends without any held
BEGIN;
SELECT t.login_as('h1');
SELECT t.post(format(', job_id => %L, budget_min => 80000, budget_max => 120000',
                     t.user('job_2')));
SELECT status FROM dwello.publish_job(t.user('job_2'));
SELECT t.login_as('p1');
SELECT status, eligible FROM dwello.submit_bid(t.user('job_2'), 80000, 15000,
  bid_id => t.user('bid_2'));
SELECT t.login_as('h1');
SELECT job_status FROM dwello.accept_bid(t.user('job_2'), t.user('bid_2'));
-- not confirmed, not paid, not theirs, not from here
SELECT t.try(format('SELECT dwello.start_job(%L)', t.user('job_2')), 'p1');
SELECT t.try(format('SELECT dwello.complete_job(%L)', t.user('job_2')), 'h1');
-- where payment through escrow is off for the homeowner at the confirmation, none is waited for, whatever the flag says later
SAVEPOINT s;
SELECT t.as_system();
SELECT rollout_percentage FROM dwello.set_flag('escrow_payments',
  rollout_percentage => 0, user_ids => ARRAY[t.user('h1')]);
SELECT t.login_as('p1');
SELECT job_status FROM dwello.confirm_award(t.user('job_2'));
SELECT is_escrowed FROM dwello.jobs WHERE id = t.user('job_2');
ROLLBACK TO s;
SELECT t.as_system();
SELECT is_enabled FROM dwello.set_flag('escrow_payments', false);
SELECT t.login_as('p1');
SELECT job_status FROM dwello.confirm_award(t.user('job_2'));
SELECT t.as_system();
SELECT is_enabled FROM dwello.set_flag('escrow_payments', true);
SELECT is_escrowed, fund_by FROM dwello.jobs WHERE id = t.user('job_2');
SELECT t.try(format('SELECT dwello.fund_escrow(%L)', t.user('job_2')), 'h1');
SELECT t.try(format('SELECT dwello.fund_escrow(%L, expected_version => 99)',
                    t.user('job_2')), 'h1');
SELECT t.try(format('SELECT dwello.start_job(%L)', t.user('job_2')), 'p1');
ROLLBACK TO s;
SELECT t.login_as('p1');
SELECT job_status FROM dwello.confirm_award(t.user('job_2'));
SELECT t.try(format('SELECT dwello.start_job(%L)', t.user('job_2')), 'p1');
SELECT t.try(format('SELECT dwello.start_job(%L)', t.user('job_2')), 'p2');
SELECT t.try(format('SELECT dwello.start_job(%L)', t.user('job_2')), 'h1');
-- a payment on its way, then arrived
SELECT t.login_as('h1');
SELECT escrow_status FROM dwello.fund_escrow(t.user('job_2'), 40000);
SELECT t.try(format('SELECT dwello.start_job(%L)', t.user('job_2')), 'p1');
SELECT t.as_system();
SELECT escrow_status, held FROM dwello.confirm_payment(t.user('job_2'), 'psp',
  'evt_job_2', 40000, 'USD');
-- how much must be paid is a setting
SELECT t.try(format('SELECT dwello.start_job(%L)', t.user('job_2')), 'p1');
SELECT t.as_system();
SELECT value FROM dwello.set_setting('start_requires', 'any');
SELECT t.login_as('p1');
SELECT t.try(format('SELECT dwello.start_job(%L, 1)', t.user('job_2')));
SELECT j.status, j.replayed, j.version - before.version AS steps
  FROM (SELECT version FROM dwello.jobs WHERE id = t.user('job_2')) AS before,
       dwello.start_job(t.user('job_2'), before.version, 'begin') AS j;
SELECT j.status, j.replayed
  FROM dwello.start_job(t.user('job_2'),
    (SELECT version - 1 FROM dwello.jobs WHERE id = t.user('job_2')),
    'begin') AS j;
SELECT t.try(format('SELECT dwello.start_job(%L)', t.user('job_2')));
SELECT t.try(format('SELECT dwello.complete_job(%L)', t.user('job_2')), 'p1');
SELECT t.try(format('SELECT dwello.complete_job(%L)', t.user('job_2')), 'h1');
-- nothing is held any more, part of the plan is not paid for: they may end it
SELECT t.login_as('h1');
SELECT escrow_status, held FROM dwello.release_escrow(t.user('job_2'));
SELECT status FROM dwello.jobs WHERE id = t.user('job_2');
SELECT t.try(format('SELECT dwello.complete_job(%L, 1)', t.user('job_2')));
SELECT status, completed_at IS NOT NULL AS has_time, replayed
  FROM dwello.complete_job(t.user('job_2'), idempotency_key => 'end');
SELECT status, replayed
  FROM dwello.complete_job(t.user('job_2'), idempotency_key => 'end');
SELECT status, replayed FROM dwello.complete_job(t.user('job_2'), 1);
SELECT status, amount, funded, released
  FROM dwello.job_milestones WHERE job_id = t.user('job_2');
SELECT type FROM dwello.outbox
 WHERE scope_id = t.user('job_2') AND aggregatetype = 'job'
 ORDER BY id;
ROLLBACK;

-- a job that is paid in full completes by itself, and says so afterwards
BEGIN;
SELECT t.login_as('h1');
SELECT t.post(format(', job_id => %L, budget_min => 80000, budget_max => 120000',
                     t.user('job_3')));
SELECT status FROM dwello.publish_job(t.user('job_3'));
SELECT t.login_as('p1');
SELECT status FROM dwello.submit_bid(t.user('job_3'), 95000,
  bid_id => t.user('bid_3'));
SELECT t.login_as('h1');
SELECT job_status FROM dwello.accept_bid(t.user('job_3'), t.user('bid_3'));
SELECT t.login_as('p1');
SELECT job_status FROM dwello.confirm_award(t.user('job_3'));
SELECT t.login_as('h1');
SELECT amount FROM dwello.fund_escrow(t.user('job_3'));
SELECT t.as_system();
SELECT held FROM dwello.confirm_payment(t.user('job_3'), 'psp', 'evt_job_3',
  95000, 'USD');
SELECT t.login_as('p1');
SELECT status FROM dwello.start_job(t.user('job_3'));
SELECT milestone_status FROM dwello.submit_milestone(t.user('job_3'));
SELECT t.login_as('h1');
SELECT amount, fee, payout FROM dwello.release_escrow(t.user('job_3'));
SELECT status, completed_at IS NOT NULL AS has_time, replayed
  FROM dwello.complete_job(t.user('job_3'));
SELECT type FROM dwello.outbox
 WHERE scope_id = t.user('job_3') AND aggregatetype = 'job'
 ORDER BY id;
-- the site is for the two of them
SELECT t.app_as('p1');
SELECT count(*) FROM dwello.job_sites WHERE job_id = t.user('job_3');
SELECT t.app_as('p2');
SELECT count(*) FROM dwello.job_sites WHERE job_id = t.user('job_3');
ROLLBACK;

DROP FUNCTION t.post(text);
