--
-- bid.sql
--	A bid is offered, accepted, confirmed; and everything that refuses one.
--
-- Each part is a transaction of its own that is rolled back, on a clock that
-- stands still.
--
SET client_min_messages = warning;
SET dwello.now = '2027-03-01 12:00:00+00';
SET timezone = 'UTC';
\set VERBOSITY sqlstate

-- An open job of h1 in San Francisco, reference 1000.00; its id.
CREATE FUNCTION t.bid_job(name text, mode dwello.bid_mode DEFAULT 'sealed',
  requirements jsonb DEFAULT '[]', expected bigint DEFAULT NULL)
RETURNS uuid
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job(
    category_id => 'd0000000-0000-7000-8000-000000000011',
    title => name, description => 'As in the test of bids.',
    longitude => -122.4194, latitude => 37.7749, budget_min => 80000,
    budget_max => 120000, estimated_duration_hours => 16,
    bid_mode => mode, requirements => requirements,
    expected_materials => expected, job_id => t.user(name));
  PERFORM dwello.publish_job(job_id => t.user(name));
  RETURN t.user(name);
END
$$;

-- Bids of p1 (950.00) and p2 (1100.00) on it, with ids of their names.
CREATE FUNCTION t.bid_two(name text) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.login_as('p1');
  PERFORM dwello.submit_bid(job_id => t.user(name), labor_cost => 80000,
    materials_cost => 15000, timeline_days => 3, warranty_months => 24,
    bid_id => t.user('bid 950'));
  PERFORM t.login_as('p2');
  PERFORM dwello.submit_bid(job_id => t.user(name), labor_cost => 90000,
    materials_cost => 20000, timeline_days => 2, warranty_months => 24,
    bid_id => t.user('bid 1100'));
END
$$;

-- What a statement is refused with, as the named user; and its detail, ids
-- by their names.
CREATE FUNCTION t.bid_refusal(as_name text, statement text) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  detail text;
  name text;
  constraint_name text;
BEGIN
  PERFORM t.login_as(as_name);
  EXECUTE statement;
  RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL,
    constraint_name = CONSTRAINT_NAME;
  RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(constraint_name, ''),
    nullif(regexp_replace(detail, '[0-9a-f-]{36}', '<id>', 'g'), ''));
END
$$;

-- The SQLSTATE of submit_bid with these arguments, as the named user.
CREATE FUNCTION t.bid_state(arguments text, as_name text DEFAULT 'p1',
  job_name text DEFAULT 'job')
RETURNS text
LANGUAGE sql
AS $$
  SELECT t.bid_refusal(as_name,
    format('SELECT dwello.submit_bid(job_id => %L, %s)', t.user(job_name),
           arguments))
$$;

--
-- The happy line: two bids, one accepted, one award confirmed
--
BEGIN;
SELECT t.bid_job('job') = t.user('job') AS posted;
SELECT t.app_as('p1');
SELECT bid_id = t.user('bid 950') AS has_id, provider_id = t.user('p1') AS is_p1,
       status, bid_version, bid_amount, currency, score, eligible, reasons,
       flags, expires_at, version, replayed
  FROM dwello.submit_bid(job_id => t.user('job'), labor_cost => 80000,
    materials_cost => 15000, timeline_days => 3, warranty_months => 24,
    materials => '[{"item_name": "Enamel", "store_name": "Paint & Co",
                    "quantity": 2.5, "unit_price": 4001},
                   {"item_name": "Brushes", "quantity": 1, "unit_price": 4998,
                    "store_url": "https://example.org/brushes"}]',
    description => 'Two coats.', bid_id => t.user('bid 950'),
    idempotency_key => 'bid-1');
-- the same request again, and another under the same key
SELECT bid_id = t.user('bid 950') AS has_id, bid_amount, score, reasons,
       flags, version, replayed
  FROM dwello.submit_bid(job_id => t.user('job'), labor_cost => 80000,
    materials_cost => 15000, timeline_days => 3, warranty_months => 24,
    materials => '[{"item_name": "Enamel", "store_name": "Paint & Co",
                    "quantity": 2.5, "unit_price": 4001},
                   {"item_name": "Brushes", "quantity": 1, "unit_price": 4998,
                    "store_url": "https://example.org/brushes"}]',
    description => 'Two coats.', bid_id => t.user('bid 950'),
    idempotency_key => 'bid-1');
RESET ROLE;
SELECT t.bid_state('labor_cost => 1, idempotency_key => ''bid-1''');
SELECT t.app_as('p2');
SELECT bid_amount, score, eligible, reasons, flags
  FROM dwello.submit_bid(job_id => t.user('job'), labor_cost => 90000,
    materials_cost => 20000, timeline_days => 2, warranty_months => 24,
    bid_id => t.user('bid 1100'));
-- sealed: a bidder sees their own bid alone
SELECT bid_amount FROM dwello.bids WHERE job_id = t.user('job');
SELECT count(*) FROM dwello.bid_materials WHERE job_id = t.user('job');
RESET ROLE;
-- half-even: 2.5 × 40.01 = 100.025
SELECT sort_order, item_name, store_name, quantity, unit_price, total_price,
       store_url
  FROM dwello.bid_materials WHERE job_id = t.user('job') ORDER BY sort_order;
SELECT bid_version, bid_amount, comparable_price,
       v.score_total = b.score_total AS same_total, v.terms_version
  FROM dwello.bid_versions AS v JOIN dwello.bids AS b USING (job_id, bid_amount, bid_version, comparable_price)
 WHERE v.job_id = t.user('job') ORDER BY bid_amount;
SELECT score_inputs FROM dwello.bids WHERE id = t.user('bid 950');

SELECT t.app_as('h1');
SELECT job_id = t.user('job') AS is_job, provider_id = t.user('p1') AS is_p1,
       job_status, bid_status, bid_amount, currency, confirm_by, version,
       replayed
  FROM dwello.accept_bid(t.user('job'), t.user('bid 950'), 95000, 2, 'accept-1');
SELECT job_status, confirm_by, version, replayed
  FROM dwello.accept_bid(t.user('job'), t.user('bid 950'), 95000, 2, 'accept-1');
RESET ROLE;
SELECT status, provider_id = t.user('p1') AS is_p1, is_listed, awarded_at,
       confirm_by FROM dwello.jobs WHERE id = t.user('job');
SELECT bid_amount, status, reason, version FROM dwello.bids
 WHERE job_id = t.user('job') ORDER BY bid_amount;
-- the address is not for the provider before they have confirmed
SELECT provider_id IS NULL AS hidden FROM dwello.job_sites
 WHERE job_id = t.user('job');
SELECT t.app_as('p1');
SELECT bid_id = t.user('bid 950') AS is_950, job_status, escrow_status,
       amount, currency, fee_schedule_id IS NOT NULL AS has_fee, version,
       replayed
  FROM dwello.confirm_award(t.user('job'), idempotency_key => 'confirm-1');
SELECT escrow_status, amount, version, replayed
  FROM dwello.confirm_award(t.user('job'), idempotency_key => 'confirm-1');
RESET ROLE;
SELECT provider_id = t.user('p1') AS shown FROM dwello.job_sites
 WHERE job_id = t.user('job');
SELECT confirmed_at FROM dwello.jobs WHERE id = t.user('job');
SELECT type, payload->>'amount' AS amount, payload->>'currency' AS currency,
       payload->>'reason' AS reason,
       payload->>'provider_id' = t.user('p1')::text AS is_p1,
       payload->>'homeowner_id' = t.user('h1')::text AS is_h1
  FROM dwello.outbox
 WHERE scope_id = t.user('job') AND aggregatetype = 'bid' ORDER BY id;
ROLLBACK;

--
-- submit_bid: who may not
--
BEGIN;
SELECT t.bid_job('job') IS NOT NULL AS posted;
SELECT t.as_system();
SELECT t.try(format('SELECT dwello.submit_bid(%L, 1)', t.user('job')));
SELECT name, t.bid_state('labor_cost => NULL', name)
  FROM unnest(ARRAY['h1', 'h2', 'a1', 's1']) AS name;
UPDATE dwello.users SET provider_verified = false WHERE id = t.user('p1');
SELECT t.bid_state('labor_cost => NULL');
UPDATE dwello.users SET provider_verified = true, status = 'suspended'
 WHERE id = t.user('p1');
SELECT left(t.bid_state('labor_cost => NULL'), 5);
UPDATE dwello.users SET status = 'pending_verification'
 WHERE id = t.user('p1');
SELECT left(t.bid_state('labor_cost => NULL'), 5);
UPDATE dwello.users SET status = 'active' WHERE id = t.user('p1');
-- a job that became their own
UPDATE dwello.jobs SET homeowner_id = t.user('p1') WHERE id = t.user('job');
SELECT t.bid_state('labor_cost => 80000, terms_version => 7');
ROLLBACK;

--
-- submit_bid: arguments alone, each before the job is looked for
--
BEGIN;
SELECT arguments, t.bid_state(arguments, job_name => 'nothing')
  FROM unnest(ARRAY[
    'labor_cost => NULL',
    'labor_cost => 1, materials_cost => NULL',
    'labor_cost => 1, warranty_months => NULL',
    'labor_cost => 1, materials_included => NULL',
    'labor_cost => -1, materials => NULL',
    'labor_cost => -1, description => repeat(''x'', 20001)',
    'labor_cost => -1, special_terms => repeat(''x'', 20001)',
    'labor_cost => 9223372036854775807, materials_cost => 1, warranty_months => -1',
    'labor_cost => -1',
    'labor_cost => 0',
    'labor_cost => 5, materials_cost => -1',
    'labor_cost => 5, materials_cost => 1, materials_included => false',
    'labor_cost => 5, warranty_months => -1',
    'labor_cost => 5, timeline_days => 0',
    'labor_cost => 5, timeline_days => -3',
    'labor_cost => 5, expires_at => ''infinity''',
    'labor_cost => 5, expires_at => ''-infinity''',
    'labor_cost => 5'
  ]) WITH ORDINALITY AS a (arguments, n) ORDER BY n;
SELECT materials,
       t.bid_state(format('labor_cost => 5, materials => %L', materials),
                   job_name => 'nothing')
  FROM unnest(ARRAY[
    '{}', '7', 'null', '[7]', '[[]]', '[{}]',
    '[{"item_name": " ", "quantity": 1, "unit_price": 1}]',
    '[{"item_name": 7, "quantity": 1, "unit_price": 1}]',
    '[{"item_name": "a", "quantity": 0, "unit_price": 1}]',
    '[{"item_name": "a", "quantity": -1, "unit_price": 1}]',
    '[{"item_name": "a", "quantity": "1", "unit_price": 1}]',
    '[{"item_name": "a", "quantity": 0.0000001, "unit_price": 1}]',
    '[{"item_name": "a", "quantity": 1, "unit_price": 1.5}]',
    '[{"item_name": "a", "quantity": 1, "unit_price": -1}]',
    '[{"item_name": "a", "quantity": 1}]',
    '[{"item_name": "a", "quantity": 1, "unit_price": 1, "store_url": 1}]',
    '[{"item_name": "a", "quantity": 1e300, "unit_price": 1}]',
    '[{"item_name": "a", "quantity": 1000000000000, "unit_price": 1}]',
    '[{"item_name": "a", "quantity": 2, "unit_price": 9223372036854775807}]',
    '[{"item_name": "a", "quantity": 1, "unit_price": 9223372036854775807},
      {"item_name": "b", "quantity": 1, "unit_price": 1}]',
    '[{"item_name": "a", "quantity": 1.50000000, "unit_price": 2.0,
       "store_name": null, "colour": "white"}]'
  ]) WITH ORDINALITY AS m (materials, n) ORDER BY n;
-- the order of checks, not of lines: 22001, 22003, 22023
SELECT t.bid_state(format('labor_cost => 5, materials => %L', materials),
                   job_name => 'nothing')
  FROM (SELECT '[{}, {"item_name": "a", "quantity": 1e300, "unit_price": 1}, {"item_name": "'
               || repeat('x', 201) || '"}]') AS m (materials);
SELECT t.bid_state(format('labor_cost => 5, materials => %L',
    '[{}, {"item_name": "a", "quantity": 1e300, "unit_price": 1}]'),
                   job_name => 'nothing');
SELECT t.bid_state(format('labor_cost => 5, materials => %L',
    (SELECT jsonb_agg('{"item_name": "a", "quantity": 1, "unit_price": 1}'::jsonb)
       FROM generate_series(1, 201))), job_name => 'nothing');
SELECT count(*) FROM dwello.bids WHERE provider_id = t.user('p1');
ROLLBACK;

--
-- submit_bid: the job
--
BEGIN;
SELECT t.bid_job('job') IS NOT NULL AS posted;
SELECT t.bid_state('labor_cost => 5, currency => ''EUR''');
SELECT t.bid_state('labor_cost => 5, currency => ''EUR'', terms_version => 7');
SELECT t.bid_state('labor_cost => 5, terms_version => 0');
SELECT t.bid_state('labor_cost => 5, expires_at => ''2027-03-01 12:00+00''');
SELECT t.bid_state('labor_cost => 80000, currency => ''USD'', terms_version => 1');
-- a second live bid: nothing is written, not even an event
SELECT count(*) FROM dwello.outbox
 WHERE scope_id = t.user('job') AND aggregatetype = 'bid';
SELECT t.bid_state('labor_cost => 80000');
SELECT t.bid_state('labor_cost => 5, currency => ''EUR''');
SELECT count(*) FROM dwello.outbox
 WHERE scope_id = t.user('job') AND aggregatetype = 'bid';
SELECT count(*) FROM dwello.bids WHERE job_id = t.user('job');
SELECT t.bid_state(format('labor_cost => 80000, bid_id => %L',
  (SELECT id FROM dwello.bids WHERE job_id = t.user('job'))), 'p2');
-- an expired one, marked or not, is in nobody's way
SET LOCAL dwello.now = '2027-03-08 12:00:00+00';
SELECT t.bid_state('labor_cost => 81000');
SELECT bid_amount, status, reason FROM dwello.bids
 WHERE job_id = t.user('job') ORDER BY bid_amount;
-- too late, whatever else is wrong; old terms before that
SET LOCAL dwello.now = '2027-03-31 12:00:00+00';
SELECT t.bid_state('labor_cost => 5, currency => ''EUR''', 'p2');
SELECT left(t.bid_state('labor_cost => 5, terms_version => 7', 'p2'), 5);
UPDATE dwello.jobs SET status = 'cancelled', reason = 'expired',
  is_listed = false WHERE id = t.user('job');
SELECT t.bid_state('labor_cost => 5, currency => ''EUR''', 'p2');
-- cancelled, awarded, completed
UPDATE dwello.jobs SET reason = NULL WHERE id = t.user('job');
SELECT t.bid_state('labor_cost => 5, currency => ''EUR''', 'p2');
UPDATE dwello.jobs SET status = 'awarded', provider_id = t.user('p1')
 WHERE id = t.user('job');
SELECT t.bid_state('labor_cost => 5', 'p2');
UPDATE dwello.jobs SET status = 'completed' WHERE id = t.user('job');
SELECT t.bid_state('labor_cost => 5', 'p2');
-- a draft is nobody else's business
UPDATE dwello.jobs SET status = 'draft', provider_id = NULL,
  published_at = NULL WHERE id = t.user('job');
SELECT t.bid_state('labor_cost => 5', 'p2');
ROLLBACK;

--
-- submit_bid: what a bid costs the homeowner
--
BEGIN;
SELECT t.bid_job('job', expected => 7000) IS NOT NULL AS posted;
SELECT t.login_as('p1');
SELECT bid_amount, eligible, flags
  FROM dwello.submit_bid(t.user('job'), 80000, materials_included => false,
    materials => '[{"item_name": "a", "quantity": 1, "unit_price": 500}]');
SELECT t.login_as('p2');
SELECT bid_amount, eligible, flags
  FROM dwello.submit_bid(t.user('job'), 80000, 15000,
    materials => '[{"item_name": "a", "quantity": 1, "unit_price": 23394}]');
SELECT bid_amount, comparable_price FROM dwello.bids
 WHERE job_id = t.user('job') ORDER BY bid_amount;
SELECT t.bid_state('labor_cost => 9223372036854775807, materials_included => false', 'p3');
UPDATE dwello.jobs SET expected_materials = NULL WHERE id = t.user('job');
SELECT t.login_as('p3');
SELECT bid_amount FROM dwello.submit_bid(t.user('job'), 70000,
    materials_included => false,
    materials => '[{"item_name": "a", "quantity": 1, "unit_price": 500}]');
SELECT comparable_price FROM dwello.bids
 WHERE job_id = t.user('job') AND provider_id = t.user('p3');
ROLLBACK;

--
-- A bid that fails gates is kept, and cannot be accepted
--
BEGIN;
SELECT t.bid_job('job', requirements => '[
  {"requirement_type": "license", "requirement_value": "C-33"},
  {"requirement_type": "insurance", "requirement_value": "100000000"},
  {"requirement_type": "experience", "requirement_value": "5", "is_mandatory": false, "weight": 3},
  {"requirement_type": "equipment", "requirement_value": "Sprayer", "is_mandatory": false, "weight": 1}]')
  IS NOT NULL AS posted;
UPDATE dwello.user_addresses SET place = ST_MakePoint(-118.24, 34.05)
 WHERE user_id = t.user('p2');
DELETE FROM dwello.user_addresses WHERE user_id = t.user('p3');
SELECT t.login_as('p1');
SELECT status, score, eligible, reasons
  FROM dwello.submit_bid(t.user('job'), 4999, bid_id => t.user('low'));
SELECT t.login_as('p2');
SELECT status, score, eligible, reasons
  FROM dwello.submit_bid(t.user('job'), 80000);
SELECT t.login_as('p3');
SELECT status, score, eligible, reasons
  FROM dwello.submit_bid(t.user('job'), 80000, bid_id => t.user('nowhere'));
SELECT t.bid_refusal('h1', format('SELECT dwello.accept_bid(%L, %L)',
  t.user('job'), t.user('low')));
SELECT t.bid_refusal('h1', format('SELECT dwello.accept_bid(%L, %L)',
  t.user('job'), t.user('nowhere')));
-- credentials count once they are verified, and while they are valid
INSERT INTO dwello.provider_credentials (user_id, credential_type, name,
  issuer, amount, years_experience, valid_until, verified_at)
VALUES (t.user('p1'), 'license', 'c-33', NULL, NULL, NULL, '2027-02-28', now()),
       (t.user('p1'), 'insurance', 'Liability', 'Any', 99999999, NULL, NULL, now()),
       (t.user('p1'), 'experience', 'Painter', NULL, NULL, 5, NULL, now()),
       (t.user('p1'), 'equipment', 'sprayer', NULL, NULL, NULL, NULL, NULL);
SELECT t.as_system();
SELECT reasons FROM dwello.score_bid(t.user('job'), t.user('low'));
UPDATE dwello.provider_credentials SET valid_until = '2027-03-01', amount = amount + 1
 WHERE user_id = t.user('p1');
SELECT reasons FROM dwello.score_bid(t.user('job'), t.user('low'));
UPDATE dwello.jobs SET preferred_end_date = '2027-03-02' WHERE id = t.user('job');
SELECT reasons FROM dwello.score_bid(t.user('job'), t.user('low'));
UPDATE dwello.provider_credentials SET valid_until = NULL
 WHERE user_id = t.user('p1');
-- optional ones weigh: 3 of 4, when the bid was made
UPDATE dwello.bids SET status = 'withdrawn' WHERE id = t.user('low');
SELECT t.login_as('p1');
SELECT eligible, reasons
  FROM dwello.submit_bid(t.user('job'), 5000, bid_id => t.user('least'));
SELECT score_inputs->>'optional_met' AS met, score_inputs->>'optional_all' AS of
  FROM dwello.bids WHERE id = t.user('least');
SELECT t.bid_refusal('h1', format('SELECT dwello.accept_bid(%L, %L)',
  t.user('job'), t.user('low')));
-- old terms, another currency and a suspended provider, as of the call
UPDATE dwello.jobs SET terms_version = 2, currency = 'EUR'
 WHERE id = t.user('job');
UPDATE dwello.users SET status = 'suspended' WHERE id = t.user('p1');
SELECT t.bid_refusal('h1', format('SELECT dwello.accept_bid(%L, %L)',
  t.user('job'), t.user('least')));
ROLLBACK;

--
-- accept_bid: refusals
--
BEGIN;
SELECT t.bid_job('job') IS NOT NULL AS posted;
SELECT t.bid_two('job');
SELECT name, t.bid_refusal(name, format('SELECT dwello.accept_bid(%L, %L)',
    t.user('job'), t.user('bid 950')))
  FROM unnest(ARRAY['p1', 'p2', 'h2', 'a1', 's1', 'u1']) AS name;
SELECT t.bid_refusal('h1', format('SELECT dwello.accept_bid(NULL, %L, expected_version => 7)',
  t.user('bid 950')));
SELECT t.bid_refusal('h1', format('SELECT dwello.accept_bid(%L, NULL, expected_version => 7)',
  t.user('nothing')));
SELECT t.bid_refusal('h1', format('SELECT dwello.accept_bid(%L, %L)',
  t.user('nothing'), t.user('bid 950')));
SELECT t.bid_refusal('h1', format('SELECT dwello.accept_bid(%L, %L, expected_version => 7)',
  t.user('job'), t.user('nothing')));
SELECT t.bid_refusal('h1', format('SELECT dwello.accept_bid(%L, %L, expected_version => 7)',
  t.user('job'), t.user('bid 950')));
-- the homeowner accepts what they have seen, or nothing: a revision makes no
-- new version of the job
SAVEPOINT seen;
SELECT t.login_as('h1');
SELECT bid_amount AS seen, j.version AS job_version FROM dwello.rank_bids(t.user('job')) AS r, dwello.jobs AS j
 WHERE r.bid_id = t.user('bid 950') AND j.id = t.user('job') \gset
SELECT t.login_as('p1');
SELECT bid_amount FROM dwello.revise_bid(t.user('job'), t.user('bid 950'), 9500000);
SELECT expected, t.bid_refusal('h1', format('SELECT dwello.accept_bid(%L, %L, %s, %s)',
    t.user('job'), t.user('bid 950'), expected, :job_version))
  FROM unnest(ARRAY[:seen, 9499999, 0, -1, 9223372036854775807]) AS expected;
SELECT t.login_as('h1');
SELECT job_status, bid_amount FROM dwello.accept_bid(t.user('job'), t.user('bid 950'), 9500000, :job_version);
ROLLBACK TO seen;
-- past its own time, marked or not: a gate
SET LOCAL dwello.now = '2027-03-08 12:00:00+00';
SELECT t.bid_refusal('h1', format('SELECT dwello.accept_bid(%L, %L)',
  t.user('job'), t.user('bid 950')));
UPDATE dwello.bids SET status = 'expired', reason = 'expired'
 WHERE id = t.user('bid 950');
SELECT t.bid_refusal('h1', format('SELECT dwello.accept_bid(%L, %L)',
  t.user('job'), t.user('bid 950')));
-- withdrawn, and the job's time is over: the state comes first
SET LOCAL dwello.now = '2027-03-31 12:00:00+00';
SELECT t.bid_refusal('h1', format('SELECT dwello.accept_bid(%L, %L)',
  t.user('job'), t.user('bid 1100')));
UPDATE dwello.bids SET status = 'withdrawn', reason = 'withdrawn'
 WHERE id = t.user('bid 1100');
SELECT t.bid_refusal('h1', format('SELECT dwello.accept_bid(%L, %L)',
  t.user('job'), t.user('bid 1100')));
UPDATE dwello.jobs SET status = 'cancelled', is_listed = false
 WHERE id = t.user('job');
SELECT t.bid_refusal('h1', format('SELECT dwello.accept_bid(%L, %L)',
  t.user('job'), t.user('bid 1100')));
UPDATE dwello.jobs SET reason = 'expired' WHERE id = t.user('job');
SELECT t.bid_refusal('h1', format('SELECT dwello.accept_bid(%L, %L)',
  t.user('job'), t.user('bid 950')));
ROLLBACK;

-- a rival whose time is over has expired, and is not told that they lost
BEGIN;
SELECT t.bid_job('job') IS NOT NULL AS posted;
SELECT t.bid_two('job');
UPDATE dwello.bids SET expires_at = '2027-03-02' WHERE id = t.user('bid 1100');
SET LOCAL dwello.now = '2027-03-02 12:00:00+00';
SELECT t.login_as('h1');
SELECT bid_status FROM dwello.accept_bid(t.user('job'), t.user('bid 950'));
SELECT bid_amount, status, reason FROM dwello.bids
 WHERE job_id = t.user('job') ORDER BY bid_amount;
SELECT type FROM dwello.outbox
 WHERE scope_id = t.user('job') AND aggregatetype = 'bid' ORDER BY id;
-- and an award is given once
SELECT t.bid_refusal('h1', format('SELECT dwello.accept_bid(%L, %L)',
  t.user('job'), t.user('bid 950')));
ROLLBACK;

--
-- confirm_award: refusals
--
BEGIN;
SELECT t.bid_job('job') IS NOT NULL AS posted;
SELECT t.bid_two('job');
SELECT t.bid_refusal('p1', 'SELECT dwello.confirm_award(NULL)');
SELECT t.bid_refusal('h1', 'SELECT dwello.confirm_award(NULL)');
SELECT t.bid_refusal('p1', format('SELECT dwello.confirm_award(%L)',
  t.user('nothing')));
-- nothing is accepted yet
SELECT t.bid_refusal('p1', format('SELECT dwello.confirm_award(%L)',
  t.user('job')));
SELECT t.bid_refusal('p1', format('SELECT dwello.confirm_award(%L, %L)',
  t.user('job'), t.user('bid 950')));
-- a rival's sealed bid is as unknown as one that does not exist
SELECT t.bid_refusal('p1', format('SELECT dwello.confirm_award(%L, %L)',
  t.user('job'), t.user('bid 1100')));
SELECT t.bid_refusal('p1', format('SELECT dwello.confirm_award(%L, %L)',
  t.user('job'), t.user('nothing')));
SELECT t.login_as('h1');
SELECT bid_status FROM dwello.accept_bid(t.user('job'), t.user('bid 950'));
SELECT t.bid_refusal('p2', format('SELECT dwello.confirm_award(%L)',
  t.user('job')));
SELECT t.bid_refusal('p2', format('SELECT dwello.confirm_award(%L, %L)',
  t.user('job'), t.user('bid 1100')));
SELECT t.bid_refusal('p1', format(
  'SELECT dwello.confirm_award(%L, expected_version => 2)', t.user('job')));
SET LOCAL dwello.now = '2027-03-03 12:00:00+00';
SELECT t.bid_refusal('p1', format('SELECT dwello.confirm_award(%L)',
  t.user('job')));
SELECT count(*) FROM dwello.escrow_accounts WHERE job_id = t.user('job');
SET LOCAL dwello.now = '2027-03-03 11:59:59+00';
SELECT t.login_as('p1');
SELECT escrow_status FROM dwello.confirm_award(t.user('job'), t.user('bid 950'));
SELECT t.bid_refusal('p1', format('SELECT dwello.confirm_award(%L)',
  t.user('job')));
ROLLBACK;

DROP FUNCTION t.bid_state, t.bid_refusal, t.bid_two, t.bid_job;
