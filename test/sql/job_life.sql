--
-- job_life.sql
--	What may still happen to a posted job: edits, reports, its end, and what
--	it does by itself.
--
SET client_min_messages = warning;

-- A published job of h1 under that name; more: "name => value, ...".
CREATE FUNCTION t.open_job(name text, more text DEFAULT '') RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('h1');
  EXECUTE format('SELECT dwello.post_job(
    ''d0000000-0000-7000-8000-000000000011'', ''Paint the kitchen'',
    ''Cabinets, two coats.'', -122.4194, 37.7749, street => ''1 Main Street'',
    budget_min => 80000, budget_max => 120000, job_id => %L%s)',
    t.user(name), more);
  PERFORM dwello.publish_job(t.user(name));
END
$$;

-- A bid of a provider on it, whose id follows from both names.
CREATE FUNCTION t.bid(job text, provider text, amount bigint) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as(provider);
  PERFORM dwello.submit_bid(t.user(job), amount,
                            bid_id => t.user(job || provider));
END
$$;

-- p1 has the award and, unless not yet, has confirmed it.
CREATE FUNCTION t.win(job text, is_confirmed boolean DEFAULT true)
RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.bid(job, 'p1', 95000);
  PERFORM t.login_as('h1');
  PERFORM dwello.accept_bid(t.user(job), t.user(job || 'p1'));
  IF is_confirmed THEN
    PERFORM t.login_as('p1');
    PERFORM dwello.confirm_award(t.user(job));
  END IF;
  PERFORM t.login_as('h1');
END
$$;

-- It is paid for: all of it is held.
CREATE FUNCTION t.hold(job text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.fund_escrow(t.user(job));
  PERFORM t.login_as(NULL);
  PERFORM dwello.confirm_payment(t.user(job), 'psp', 'evt_' || job, 95000, 'USD');
  PERFORM t.login_as('h1');
END
$$;

-- An edit by whoever calls: its result, or its error.
CREATE FUNCTION t.edit(job text, more text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  made record;
BEGIN
  EXECUTE format('SELECT * FROM dwello.edit_job(%L, %s)', t.user(job), more)
     INTO made;
  RETURN concat_ws(' ', made.status, 'terms', made.terms_version, 'version',
                   made.version, made.replayed);
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ': ' || SQLERRM;
END
$$;

--
-- edit_job of a draft: everything may change, nobody is told
--
BEGIN;
SELECT t.login_as('h1');
SELECT status FROM dwello.post_job('d0000000-0000-7000-8000-000000000011',
  'Paint', 'White.', -122.4194, 37.7749, budget_max => 100000,
  job_id => t.user('draft'));
SELECT t.edit('draft', $$
    category_id => 'd0000000-0000-7000-8000-000000000012',
    title => 'Bathroom', description => 'New pipes.',
    longitude => -122.42941, latitude => 37.78493,
    street => '2 Main Street', budget_min => 20000, budget_max => 40000,
    urgency => 'urgent', is_emergency => true,
    preferred_start_date => '2026-05-04', preferred_end_date => '2026-05-08',
    estimated_duration_hours => 8, materials_provided => true,
    materials_description => 'Copper.', expected_materials => 0,
    special_requirements => 'Ring twice.',
    photos => ARRAY['https://example.org/1.jpg'],
    requirements => '[{"requirement_type": "license", "requirement_value": "C-36"}]',
    milestones => '[{"title": "Pipes", "amount": 100, "due_date": "2026-05-06"},
      {"title": "Tiles", "amount": 300}]',
    bid_mode => 'rank_only', scoring_method => 'fixed_budget_quality',
    weights => '{"price": 5000, "rating": 3000, "timeline": 2000}'$$);
SELECT category_id, title, description, budget_min, budget_max, currency,
       urgency, is_emergency, preferred_start_date = '2026-05-04' AS starts,
       preferred_end_date = '2026-05-08' AS ends,
       estimated_duration_hours AS hours, materials_provided,
       materials_description, expected_materials, special_requirements,
       photos, bid_mode, scoring_method, weights, terms_version, version,
       ST_AsText(location) AS place
  FROM dwello.jobs WHERE id = t.user('draft');
SELECT ST_AsText(place) AS site, street IS NOT NULL AS has_street
  FROM dwello.job_sites WHERE job_id = t.user('draft');
SELECT requirement_type, requirement_value, homeowner_id = t.user('h1') AS mine,
       is_listed
  FROM dwello.job_requirements WHERE job_id = t.user('draft');
SELECT sort_order, title, amount, due_date::text, is_listed
  FROM dwello.job_milestones WHERE job_id = t.user('draft')
 ORDER BY sort_order;
-- one field alone; the others stay
SELECT t.edit('draft', 'title => ''Bath''');
-- nothing given, or what is there already: nothing is written
SELECT t.edit('draft', 'title => NULL');
SELECT t.edit('draft', $$title => 'Bath', is_emergency => true,
    photos => ARRAY['https://example.org/1.jpg'],
    weights => '{"price": 5000, "rating": 3000, "timeline": 2000}'$$);
SELECT t.edit('draft', 'photos => ARRAY[''https://example.org/2.jpg'']');
SELECT t.edit('draft', 'photos => ARRAY[''https://example.org/1.jpg'']');
-- a street cannot be compared, and is written
SELECT t.edit('draft', 'street => ''2 Main Street''');
SELECT t.edit('draft', 'milestones => ''[]'', requirements => ''[]''');
SELECT title, description, photos, weights
  FROM dwello.jobs WHERE id = t.user('draft');
SELECT count(*) FROM dwello.job_milestones WHERE job_id = t.user('draft');
-- another place and no street: there is none nearby
SELECT t.edit('draft', 'longitude => 10, latitude => 50');
SELECT ST_AsText(place) AS site, street
  FROM dwello.job_sites WHERE job_id = t.user('draft');
SELECT count(*) FROM dwello.outbox WHERE scope_id = t.user('draft');
-- what is given must go with what stays
SELECT t.edit('draft', 'budget_min => 40001');
SELECT t.edit('draft', 'budget_max => 19999');
SELECT t.edit('draft', 'preferred_end_date => ''2026-05-03''');
SELECT t.edit('draft', 'weights => ''{"price": 10000}''');
SELECT t.edit('draft', 'scoring_method => ''value'', weights => ''{"price": 10000}''');
SELECT t.edit('draft', 'scoring_method => ''fixed_budget_quality''');
-- values alone
SELECT more, t.edit('draft', more) AS answer
  FROM unnest(ARRAY['title => '' ''', 'title => repeat(''t'', 201)',
    'description => ''''', 'street => '' ''', 'budget_min => 0',
    'expected_materials => -1', 'estimated_duration_hours => 0',
    'budget_min => 2, budget_max => 1', 'longitude => 1', 'latitude => 91',
    'longitude => ''NaN'', latitude => 1',
    'preferred_start_date => ''infinity''', 'preferred_start_date => ''10000-01-01''', 'photos => ARRAY[NULL::text]',
    'photos => array_fill(''a''::text, ARRAY[11])', 'photos => ''{}''',
    'requirements => ''{}''', 'requirements => ''[{"requirement_type": "x"}]''',
    'milestones => ''[{"title": "a", "amount": 0}]''',
    'weights => ''{"price": 1}''', 'weights => ''[]''',
    'category_id => ''d0000000-0000-7000-8000-0000000000ff''',
    -- two at once
    'budget_min => 0, title => repeat(''t'', 201)',
    'weights => ''{"price": 1}'', longitude => 1',
    'category_id => ''d0000000-0000-7000-8000-0000000000ff'', budget_min => 0',
    'category_id => ''d0000000-0000-7000-8000-0000000000ff'', expected_version => 99',
    'expected_version => 99, budget_min => 40001'])
       WITH ORDINALITY AS c (more, place) ORDER BY place;
SELECT t.try('SELECT dwello.edit_job(NULL, title => '''')');
SELECT t.try('SELECT dwello.edit_job(t.user(''draft''), urgency => ''soon'')');
SELECT t.try('SELECT dwello.edit_job(t.user(''nothing''), title => ''a'')');
-- a draft is its homeowner's alone
SELECT t.try('SELECT dwello.edit_job(t.user(''draft''), title => ''a'')', 'h2');
SELECT t.try('SELECT dwello.edit_job(t.user(''draft''), title => ''a'')', 'p1');
SELECT t.try('SELECT dwello.edit_job(t.user(''draft''), title => ''a'')', 'u1');
SELECT t.try('SELECT dwello.edit_job(t.user(''draft''), title => ''a'')', 'a1');
-- what was edited can be published
SELECT status, reference_amount, reference_source, terms_version
  FROM dwello.publish_job(t.user('draft'));
ROLLBACK;

--
-- edit_job of an open job
--
BEGIN;
SELECT t.open_job('job', $$, requirements =>
  '[{"requirement_type": "license"}, {"requirement_type": "insurance", "requirement_value": 5}]',
  milestones => '[{"title": "All", "due_date": "2026-05-06"}]'$$);
SELECT t.bid('job', 'p1', 95000);
SELECT t.login_as('h1');
-- nobody prices these
SELECT t.edit('job', $$title => 'Kitchen', photos => ARRAY['a'], street => '3 Main Street'$$);
-- the same values are no change, in whatever order the requirements come
SELECT t.edit('job', $$category_id => 'd0000000-0000-7000-8000-000000000011',
  title => 'Kitchen', description => 'Cabinets, two coats.',
  longitude => -122.4194, latitude => 37.7749, budget_min => 80000,
  budget_max => 120000, urgency => 'medium', is_emergency => false,
  materials_provided => false, bid_mode => 'sealed', scoring_method => 'value',
  requirements => '[{"requirement_type": "insurance", "requirement_value": "5"},
    {"requirement_type": "license", "is_mandatory": true, "weight": 1}]',
  milestones => '[{"title": "All", "due_date": "2026-05-06"}]'$$);
-- the exact place moves, the one that bidders know does not
SELECT t.edit('job', 'longitude => -122.4196, latitude => 37.7748');
SELECT ST_AsText(s.place) AS site, s.street IS NULL AS is_lost,
       ST_AsText(j.location) AS place, j.terms_version
  FROM dwello.job_sites AS s JOIN dwello.jobs AS j ON j.id = s.job_id
 WHERE s.job_id = t.user('job');
-- each of these makes new terms
SELECT t.edit('job', more) FROM unnest(ARRAY[
  'category_id => ''d0000000-0000-7000-8000-000000000012''',
  'description => ''One coat.''', 'longitude => -122.5, latitude => 37.8',
  'urgency => ''urgent''', 'is_emergency => true',
  'preferred_start_date => ''2026-05-04''',
  'preferred_end_date => ''2026-05-05''', 'estimated_duration_hours => 4',
  'materials_provided => true', 'materials_description => ''Paint.''',
  'expected_materials => 100', 'special_requirements => ''Shoes off.''',
  'requirements => ''[{"requirement_type": "license"}]''',
  'milestones => ''[{"title": "Half"}, {"title": "Rest"}]'''])
       WITH ORDINALITY AS c (more, place) ORDER BY place;
-- several at once count as one
SELECT t.edit('job', 'description => ''Three coats.'', estimated_duration_hours => 12');
-- frozen: what bids are measured by
SELECT more, t.edit('job', more) AS answer
  FROM unnest(ARRAY['budget_min => 80001', 'budget_max => 130000',
    'bid_mode => ''open''', 'scoring_method => ''meat''',
    'weights => ''{"price": 10000}''',
    'budget_max => 1', 'description => ''x'', budget_max => 130000'])
       WITH ORDINALITY AS c (more, place) ORDER BY place;
SELECT reference_amount, reference_source, weights ->> 'price' AS price,
       is_listed, status, terms_version
  FROM dwello.jobs WHERE id = t.user('job');
SELECT bool_and(is_listed) AS requirements FROM dwello.job_requirements
 WHERE job_id = t.user('job');
SELECT bool_and(is_listed) AS milestones, count(*) FROM dwello.job_milestones
 WHERE job_id = t.user('job');
-- the bid stays live, and is for old terms until it is confirmed
SELECT status, terms_version FROM dwello.bids WHERE job_id = t.user('job');
SELECT 'STALE_TERMS' = ANY (reasons) AS is_stale
  FROM dwello.rank_bids(t.user('job'));
SELECT t.try('SELECT dwello.accept_bid(t.user(''job''), t.user(''jobp1''))') LIKE '22023%' AS refused;
SELECT t.login_as('p2');
SELECT t.try('SELECT dwello.submit_bid(t.user(''job''), 90000, terms_version => 1)');
SELECT t.try(format('SELECT dwello.submit_bid(t.user(''job''), 90000, terms_version => %s)',
  (SELECT terms_version FROM dwello.jobs WHERE id = t.user('job'))));
-- confirmed, it stands for the new terms
SELECT t.login_as('p1');
SELECT b.status, b.reasons
  FROM dwello.confirm_bid(t.user('job'), t.user('jobp1')) AS b;
SELECT t.login_as('h1');
SELECT bid_amount, reasons FROM dwello.rank_bids(t.user('job'));
-- everyone who may know of the edits hears of them
SELECT payload ->> 'title' AS title, payload ->> 'terms_version' AS terms
  FROM dwello.outbox
 WHERE scope_id = t.user('job') AND type = 'job_edited'
 ORDER BY id LIMIT 4;
-- replay, mismatch, stale version
SELECT t.login_as('h1');
SELECT e.terms_version - j.terms_version AS terms, e.version - j.version AS steps,
       e.replayed
  FROM (SELECT terms_version, version FROM dwello.jobs
         WHERE id = t.user('job')) AS j,
       dwello.edit_job(t.user('job'), description => 'Four coats.',
         expected_version => j.version, idempotency_key => 'edit') AS e;
SELECT e.terms_version - j.terms_version AS terms, e.version - j.version AS steps,
       e.replayed
  FROM (SELECT terms_version, version FROM dwello.jobs
         WHERE id = t.user('job')) AS j,
       dwello.edit_job(t.user('job'), description => 'Four coats.',
         expected_version => j.version - 1, idempotency_key => 'edit') AS e;
SELECT t.edit('job', 'description => ''Five.'', idempotency_key => ''edit''');
SELECT t.edit('job', 'description => ''Five.'', idempotency_key => ''other'', expected_version => 1');
-- not theirs
SELECT t.try('SELECT dwello.edit_job(t.user(''job''), title => ''a'')', 'h2');
SELECT t.try('SELECT dwello.edit_job(t.user(''job''), title => ''a'')', 'p1');
-- the end of bidding, marked or not; a frozen field is told after it
SELECT set_config('dwello.now', (expires_at)::text, true) <> '' AS is_late
  FROM dwello.jobs WHERE id = t.user('job');
SELECT t.edit('job', 'title => ''Late''');
SELECT t.edit('job', 'budget_max => 1');
SELECT t.edit('job', 'title => ''Late'', expected_version => 1');
SELECT t.as_system();
SELECT dwello.expire_jobs();
SELECT t.login_as('h1');
SELECT t.edit('job', 'title => ''Late''');
ROLLBACK;

-- a category that takes no jobs stays where it is, and is not chosen anew
BEGIN;
INSERT INTO dwello.service_categories (id, name, is_active)
VALUES (t.user('closed'), 'Closed', false);
SELECT t.open_job('job');
SELECT t.edit('job', format('category_id => %L', t.user('closed')));
UPDATE dwello.jobs SET category_id = t.user('closed') WHERE id = t.user('job');
SELECT t.edit('job', format('category_id => %L', t.user('closed')));
ROLLBACK;

--
-- report_progress
--
BEGIN;
SELECT t.open_job('job');
SELECT t.win('job');
SELECT t.hold('job');
SELECT t.try('SELECT dwello.report_progress(t.user(''job''), 10)', 'p1');
SELECT t.login_as('p1');
SELECT status FROM dwello.start_job(t.user('job'));
SELECT p.progress, p.created_at IS NOT NULL AS has_time, p.replayed,
       p.version = j.version AS same_version
  FROM (SELECT version FROM dwello.jobs WHERE id = t.user('job')) AS j,
       dwello.report_progress(t.user('job'), 60, 'Primed.', ARRAY['a', 'b'],
                              'Dry by noon.', 'once') AS p;
SELECT progress, replayed FROM dwello.report_progress(t.user('job'), 60,
  'Primed.', ARRAY['a', 'b'], 'Dry by noon.', 'once');
SELECT t.try('SELECT dwello.report_progress(t.user(''job''), 61, idempotency_key => ''once'')');
SELECT progress FROM dwello.report_progress(t.user('job'), 0);
SELECT progress FROM dwello.report_progress(t.user('job'), 100);
SELECT progress, status_description, photos, notes,
       homeowner_id = t.user('h1') AS for_h1, provider_id = t.user('p1') AS by_p1
  FROM dwello.job_progress WHERE job_id = t.user('job') ORDER BY id;
SELECT payload ->> 'progress' AS progress FROM dwello.outbox
 WHERE scope_id = t.user('job') AND type = 'progress_reported' ORDER BY id;
SELECT t.try('SELECT dwello.report_progress(' || arguments || ')') AS answer
  FROM unnest(ARRAY['NULL, 1', 't.user(''job''), NULL',
    't.user(''job''), -1', 't.user(''job''), 101',
    't.user(''job''), 101, photos => NULL',
    't.user(''job''), 101, notes => repeat(''n'', 10001)',
    't.user(''job''), 1, repeat(''s'', 2001)',
    't.user(''job''), 1, photos => ARRAY['' '']',
    't.user(''job''), 1, photos => array_fill(''a''::text, ARRAY[11])',
    't.user(''nothing''), 1', 't.user(''nothing''), 101'])
       WITH ORDINALITY AS c (arguments, place) ORDER BY place;
SELECT t.try('SELECT dwello.report_progress(t.user(''job''), 10)', 'p2');
SELECT t.try('SELECT dwello.report_progress(t.user(''job''), 10)', 'h1');
SELECT t.try('SELECT dwello.report_progress(t.user(''job''), 10)', 'h2');
-- once it is done there is nothing to report
SELECT t.login_as('h1');
SELECT escrow_status FROM dwello.release_escrow(t.user('job'));
SELECT t.try('SELECT dwello.report_progress(t.user(''job''), 10)', 'p1');
-- the two of them see the reports
SELECT t.app_as('h1');
SELECT count(*) FROM dwello.job_progress WHERE job_id = t.user('job');
SELECT t.app_as('p2');
SELECT count(*) FROM dwello.job_progress WHERE job_id = t.user('job');
ROLLBACK;

--
-- cancel_job: a draft
--
BEGIN;
SELECT t.login_as('h1');
SELECT status FROM dwello.post_job('d0000000-0000-7000-8000-000000000011',
  'Paint', 'White.', -122.4194, 37.7749, milestones => '[{"title": "All"}]',
  job_id => t.user('draft'));
SELECT t.try('SELECT dwello.cancel_job(t.user(''draft''))', 'h2');
SELECT t.try('SELECT dwello.cancel_job(t.user(''draft''))', 'p1');
SELECT t.try('SELECT dwello.cancel_job(t.user(''draft''))', 'a1');
SELECT t.try('SELECT dwello.cancel_job(NULL)');
SELECT t.try('SELECT dwello.cancel_job(t.user(''nothing''))');
SELECT t.try('SELECT dwello.cancel_job(t.user(''nothing''), repeat(''r'', 10001))');
SELECT t.try('SELECT dwello.cancel_job(t.user(''draft''), ''expired'')');
SELECT t.try('SELECT dwello.cancel_job(t.user(''draft''), expected_version => 2)');
SELECT status, version, replayed FROM dwello.cancel_job(t.user('draft'),
  'No money.', 1, 'stop');
SELECT status, version, replayed FROM dwello.cancel_job(t.user('draft'),
  'No money.', 1, 'stop');
SELECT t.try('SELECT dwello.cancel_job(t.user(''draft''), idempotency_key => ''stop'')');
SELECT t.try('SELECT dwello.cancel_job(t.user(''draft''), expected_version => 1)');
SELECT t.try('SELECT dwello.cancel_job(t.user(''draft''))');
SELECT reason FROM dwello.jobs WHERE id = t.user('draft');
SELECT status FROM dwello.job_milestones WHERE job_id = t.user('draft');
SELECT count(*) FROM dwello.outbox WHERE scope_id = t.user('draft');
SELECT t.edit('draft', 'title => ''a''');
SELECT t.try('SELECT dwello.publish_job(t.user(''draft''))');
ROLLBACK;

-- an open job: its live bids are rejected, one past its time expires
BEGIN;
SELECT t.open_job('job', ', milestones => ''[{"title": "All"}]''');
SELECT t.bid('job', 'p1', 95000);
SELECT t.bid('job', 'p2', 96000);
SELECT t.bid('job', 'p3', 97000);
UPDATE dwello.bids SET expires_at = submitted_at WHERE provider_id = t.user('p3')
   AND job_id = t.user('job');
SELECT t.login_as('h1');
SELECT status FROM dwello.cancel_job(t.user('job'));
SELECT bid_amount, status, reason FROM dwello.bids
 WHERE job_id = t.user('job') ORDER BY bid_amount;
SELECT status, reason, is_listed FROM dwello.jobs WHERE id = t.user('job');
SELECT status, is_listed FROM dwello.job_milestones WHERE job_id = t.user('job');
SELECT type, count(*) FROM dwello.outbox WHERE scope_id = t.user('job')
 GROUP BY type ORDER BY type;
SELECT t.try('SELECT dwello.submit_bid(t.user(''job''), 90000)', 'p1');
SELECT t.try('SELECT dwello.accept_bid(t.user(''job''), t.user(''jobp1''))', 'h1');
SELECT t.app_as('p1');
SELECT count(*) FROM dwello.jobs WHERE id = t.user('job');
ROLLBACK;

-- awarded, and not confirmed
BEGIN;
SELECT t.open_job('job');
SELECT t.win('job', false);
SELECT t.try('SELECT dwello.cancel_job(t.user(''job''))', 'p1');
SELECT status FROM dwello.cancel_job(t.user('job'));
SELECT status, reason FROM dwello.bids WHERE job_id = t.user('job');
SELECT t.try('SELECT dwello.confirm_award(t.user(''job''))', 'p1') LIKE 'WD101%' AS refused;
ROLLBACK;

-- past its time to be confirmed, too
BEGIN;
SELECT t.open_job('job');
SELECT t.win('job', false);
SELECT set_config('dwello.now', confirm_by::text, true) <> '' AS is_late
  FROM dwello.jobs WHERE id = t.user('job');
SELECT status FROM dwello.cancel_job(t.user('job'));
SELECT t.as_system();
SELECT expired FROM dwello.expire_bids();
SELECT status, reason FROM dwello.bids WHERE job_id = t.user('job');
ROLLBACK;

-- awarded, with an escrow that waits for its first payment
BEGIN;
SELECT t.open_job('job', ', milestones => ''[{"title": "a"}, {"title": "b"}]''');
SELECT t.win('job');
SELECT status FROM dwello.cancel_job(t.user('job'));
SELECT status, transition_count, version FROM dwello.escrow_accounts
 WHERE job_id = t.user('job');
SELECT seq, event, actor_role, from_status, to_status, transaction_id IS NULL AS no_money
  FROM dwello.escrow_events WHERE job_id = t.user('job') ORDER BY seq;
SELECT status FROM dwello.job_milestones WHERE job_id = t.user('job');
SELECT t.try('SELECT dwello.fund_escrow(t.user(''job''))');
SELECT t.as_system();
SELECT count(*) FROM dwello.reconcile();
SELECT count(*) FROM dwello.check() WHERE rule = 'denormalised_column';
ROLLBACK;

-- with a payment under way, which arrives all the same: it is given back
BEGIN;
SELECT t.open_job('job');
SELECT t.win('job');
SELECT escrow_status FROM dwello.fund_escrow(t.user('job'));
SELECT status FROM dwello.cancel_job(t.user('job'));
SELECT seq, event, from_status, to_status, transaction_id IS NULL AS no_money
  FROM dwello.escrow_events WHERE job_id = t.user('job') ORDER BY seq;
SELECT status, amount FROM dwello.transactions WHERE scope_id = t.user('job');
SELECT t.as_system();
SELECT escrow_status, funded, held, replayed
  FROM dwello.confirm_payment(t.user('job'), 'psp', 'evt_late', 95000, 'USD');
SELECT escrow_status, funded, held, replayed
  FROM dwello.confirm_payment(t.user('job'), 'psp', 'evt_late', 95000, 'USD');
SELECT status, amount FROM dwello.transactions WHERE scope_id = t.user('job')
 ORDER BY id;
SELECT count(*), sum(amount) FROM dwello.ledger_entries
 WHERE scope_id = t.user('job');
SELECT type, payload ->> 'amount' AS amount FROM dwello.outbox
 WHERE scope_id = t.user('job') AND type LIKE 'refund%' ORDER BY id;
SELECT count(*) FROM dwello.reconcile();
ROLLBACK;

-- a first payment that has failed does not stand in the way
BEGIN;
SELECT t.open_job('job');
SELECT t.win('job');
SELECT escrow_status FROM dwello.fund_escrow(t.user('job'));
SELECT set_config('dwello.now', (now() + interval '1 hour')::text, true) <> '' AS is_late;
SELECT status FROM dwello.cancel_job(t.user('job'));
SELECT status FROM dwello.escrow_accounts WHERE job_id = t.user('job');
SELECT status FROM dwello.transactions WHERE scope_id = t.user('job');
ROLLBACK;

-- while money is held, which goes back, and once work has begun or is done
BEGIN;
SELECT t.open_job('job');
SELECT t.win('job');
SELECT t.hold('job');
SELECT t.try('SELECT dwello.cancel_job(t.user(''job''), expected_version => 1)');
SAVEPOINT s;
SELECT t.login_as('h1');
SELECT status, payout, refund = (SELECT e.funded FROM dwello.escrow_accounts AS e WHERE e.job_id = t.user('job')) AS all_of_it
  FROM dwello.cancel_job(t.user('job'));
ROLLBACK TO s;
SELECT t.login_as('p1');
SELECT status FROM dwello.start_job(t.user('job'));
SELECT t.try('SELECT dwello.cancel_job(t.user(''job''))', 'h1');
SELECT t.login_as('h1');
SELECT t.edit('job', 'title => ''a''');
SELECT escrow_status FROM dwello.release_escrow(t.user('job'));
SELECT t.try('SELECT dwello.cancel_job(t.user(''job''))');
SELECT status FROM dwello.bids WHERE job_id = t.user('job');
ROLLBACK;

-- past its time it is for expire_jobs to end, marked or not
BEGIN;
SELECT t.open_job('job');
SELECT set_config('dwello.now', (expires_at)::text, true) <> '' AS is_late
  FROM dwello.jobs WHERE id = t.user('job');
SELECT t.try('SELECT dwello.cancel_job(t.user(''job''))');
SELECT t.as_system();
SELECT dwello.expire_jobs();
SELECT t.try('SELECT dwello.cancel_job(t.user(''job''))', 'h1');
ROLLBACK;

--
-- expire_jobs
--
BEGIN;
SELECT t.open_job('job_1', ', milestones => ''[{"title": "All"}]''');
SELECT t.open_job('job_2');
SELECT t.open_job('job_3');
SELECT t.open_job('job_4');
SELECT t.win('job_4');
SELECT t.bid('job_1', 'p1', 95000);
SELECT t.bid('job_1', 'p2', 96000);
UPDATE dwello.bids SET expires_at = submitted_at + interval '90 days'
 WHERE id = t.user('job_1p1');
SELECT t.as_system();
SELECT dwello.expire_jobs();
UPDATE dwello.jobs SET expires_at = expires_at + interval '1 day'
 WHERE id = t.user('job_3');
SELECT set_config('dwello.now', max(expires_at)::text, true) <> '' AS is_late
  FROM dwello.jobs WHERE id IN (t.user('job_1'), t.user('job_2'));
SELECT dwello.expire_jobs(1);
SELECT dwello.expire_jobs();
SELECT dwello.expire_jobs();
SELECT n, j.status, j.reason, j.is_listed
  FROM generate_series(1, 4) AS n
  JOIN dwello.jobs AS j ON j.id = t.user('job_' || n) ORDER BY n;
SELECT bid_amount, status, reason FROM dwello.bids
 WHERE job_id = t.user('job_1') ORDER BY bid_amount;
SELECT status, is_listed FROM dwello.job_milestones WHERE job_id = t.user('job_1');
SELECT aggregatetype, type, count(*) FROM dwello.outbox
 WHERE scope_id = t.user('job_1') AND type LIKE '%expired'
 GROUP BY 1, 2 ORDER BY 1;
SELECT t.try('SELECT dwello.expire_jobs(0)');
SELECT t.try('SELECT dwello.expire_jobs(10001)');
SELECT t.try('SELECT dwello.expire_jobs(NULL)');
SELECT t.try('SELECT dwello.expire_jobs()', 'a1');
SELECT t.try('SELECT dwello.submit_bid(t.user(''job_1''), 90000)', 'p3');
SELECT t.app_as('h1');
SELECT t.try('SELECT dwello.expire_jobs()');
ROLLBACK;

--
-- job_next_events: what happens by itself
--
BEGIN;
SELECT t.login_as('h1');
SELECT status FROM dwello.post_job('d0000000-0000-7000-8000-000000000011',
  'Paint', 'White.', -122.4194, 37.7749, job_id => t.user('draft'));
SELECT count(*) FROM dwello.job_next_events(t.user('draft'));
SELECT t.open_job('job');
SELECT e.event, e.at = j.expires_at AS on_time, e.actor, e.stoppable_by, e.detail
  FROM dwello.jobs AS j, dwello.job_next_events(j.id) AS e
 WHERE j.id = t.user('job');
-- whoever is no side of it may not ask
SELECT t.try('SELECT dwello.job_next_events(t.user(''job''))', 'p1');
SELECT t.try('SELECT dwello.job_next_events(t.user(''job''))', 'h2');
SELECT t.try('SELECT dwello.job_next_events(t.user(''draft''))', 'p1');
SELECT t.try('SELECT dwello.job_next_events(NULL)');
SELECT t.win('job', false);
SELECT t.login_as('p1');
SELECT e.event, e.at = j.confirm_by AS on_time, e.actor, e.stoppable_by, e.detail
  FROM dwello.jobs AS j, dwello.job_next_events(j.id) AS e
 WHERE j.id = t.user('job');
-- past it nobody can stop it any more
SELECT set_config('dwello.now', confirm_by::text, true) <> '' AS is_late
  FROM dwello.jobs WHERE id = t.user('job');
SELECT event, stoppable_by FROM dwello.job_next_events(t.user('job'));
SELECT set_config('dwello.now', '', true);
SELECT job_status FROM dwello.confirm_award(t.user('job'));
SELECT count(*) FROM dwello.job_next_events(t.user('job'));
SELECT t.login_as('h1');
SELECT escrow_status FROM dwello.fund_escrow(t.user('job'));
SELECT e.event, e.at = f.pay_by AS on_time, e.stoppable_by, e.detail
  FROM dwello.transactions AS f, dwello.job_next_events(f.scope_id) AS e
 WHERE f.scope_id = t.user('job');
SELECT t.as_system();
SELECT held FROM dwello.confirm_payment(t.user('job'), 'psp', 'evt_job', 95000, 'USD');
SELECT t.login_as('p1');
SELECT status FROM dwello.start_job(t.user('job'));
SELECT milestone_status FROM dwello.submit_milestone(t.user('job'));
SELECT t.login_as('s1');
SELECT e.event, e.at = m.auto_release_at AS on_time, e.stoppable_by, e.detail
  FROM dwello.job_milestones AS m, dwello.job_next_events(m.job_id) AS e
 WHERE m.job_id = t.user('job');
SELECT t.login_as('h1');
SELECT escrow_status FROM dwello.release_escrow(t.user('job'));
SELECT revealed FROM dwello.post_review(t.user('job'), 5);
SELECT e.event, e.at = r.reveal_at AS on_time, e.stoppable_by, e.detail
  FROM dwello.reviews AS r, dwello.job_next_events(r.job_id) AS e
 WHERE r.job_id = t.user('job');
-- that there is a review is nothing the other side may learn
SELECT t.login_as('p1');
SELECT count(*) FROM dwello.job_next_events(t.user('job'));
SELECT t.as_system();
SET LOCAL transaction_read_only = on;
SELECT event FROM dwello.job_next_events(t.user('job'));
SET LOCAL ROLE dwello_app;
SELECT t.try('SELECT dwello.job_next_events(t.user(''job''))');
ROLLBACK;
DROP FUNCTION t.open_job(text, text), t.bid(text, text, bigint),
  t.win(text, boolean), t.hold(text), t.edit(text, text);
