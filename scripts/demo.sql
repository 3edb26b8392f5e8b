-- demo.sql
--	The main job from end to end, played by the people of load_demo() on a
--	new job.  Everybody acts through a token of their own, as an application would:
--	a transaction, the role dwello_app, login, then the call.  (Applications
--	pass a token as a bind parameter; psql 15 has none.)

\set ON_ERROR_STOP on
\pset border 2
\pset footer off
\pset null ''
SET client_min_messages = warning;

\echo '1. Who takes part: made by load_demo(), through the commands of the API'
SELECT * FROM dwello.load_demo() ORDER BY name;
SELECT max(id::text) FILTER (WHERE name = 'homeowner') AS homeowner,
       max(id::text) FILTER (WHERE name = 'provider_1') AS provider_1,
       max(id::text) FILTER (WHERE name = 'provider_2') AS provider_2
FROM dwello.load_demo() \gset

-- The service hands out the tokens.
SELECT dwello.issue_token(:'homeowner') AS homeowner_token,
       dwello.issue_token(:'provider_1') AS provider_1_token,
       dwello.issue_token(:'provider_2') AS provider_2_token \gset
SELECT id AS painting FROM dwello.service_categories
WHERE name = 'Painting & Decorating' \gset

\echo '2. The homeowner posts a job and publishes it: the reference price is frozen'
BEGIN;
SET LOCAL ROLE dwello_app;
SELECT dwello.login(:'homeowner_token') AS me \gset
SELECT job_id AS job FROM dwello.post_job(
    category_id => :'painting',
    title => 'Paint the kitchen cabinets',
    description => 'Eighteen doors and drawers, sanded, primed and painted white.',
    longitude => -122.4194, latitude => 37.7749,
    budget_min => 80000, budget_max => 120000,
    urgency => 'medium', estimated_duration_hours => 16,
    idempotency_key => 'demo-post') \gset
SELECT status, round(reference_amount / 100.0, 2) AS reference,
       reference_source, expires_at::date AS bids_until
FROM dwello.publish_job(job_id => :'job');
COMMIT;

\echo '3. Two providers bid, sealed: neither sees the other'
BEGIN;
SET LOCAL ROLE dwello_app;
SELECT dwello.login(:'provider_1_token') AS me \gset
SELECT status, round(bid_amount / 100.0, 2) AS amount, score, eligible
FROM dwello.submit_bid(
    job_id => :'job', labor_cost => 80000, materials_cost => 15000,
    timeline_days => 3, warranty_months => 24,
    materials => '[{"item_name": "Enamel, white", "quantity": 3, "unit_price": 5000}]',
    description => 'Two coats of enamel, doors sprayed in the workshop.');
COMMIT;
BEGIN;
SET LOCAL ROLE dwello_app;
SELECT dwello.login(:'provider_2_token') AS me \gset
SELECT status, round(bid_amount / 100.0, 2) AS amount, score, eligible
FROM dwello.submit_bid(
    job_id => :'job', labor_cost => 90000, materials_cost => 20000,
    timeline_days => 2, warranty_months => 24,
    materials => '[{"item_name": "Enamel, white", "quantity": 4, "unit_price": 5000}]',
    description => 'Done in two days, painted on site.');
SELECT count(*) AS bids_that_provider_2_sees FROM dwello.bids
WHERE job_id = :'job';
COMMIT;

\echo '4. The homeowner sees the bids ranked'
BEGIN;
SET LOCAL ROLE dwello_app;
SELECT dwello.login(:'homeowner_token') AS me \gset
SELECT bid_id AS bid, bid_amount AS seen FROM dwello.rank_bids(:'job') WHERE rank = 1 \gset
SELECT r.rank, u.first_name AS provider,
       round(r.bid_amount / 100.0, 2) AS amount, r.score, r.eligible
FROM dwello.rank_bids(:'job') r
LEFT JOIN (VALUES (:'provider_1'::uuid, 'provider_1'),
                  (:'provider_2'::uuid, 'provider_2')) AS u (id, first_name)
       ON u.id = r.provider_id
ORDER BY r.rank;

\echo '5. and why the first one leads: its score line by line, and in money'
SELECT criterion, raw, utility, weight_bps AS weight, points,
       round(amount / 100.0, 2) AS amount
FROM dwello.explain_bid(:'job', :'bid')
UNION ALL
SELECT 'total', NULL, NULL, sum(weight_bps), sum(points), NULL
FROM dwello.explain_bid(:'job', :'bid');

\echo '6. The homeowner accepts it at what they saw; the provider confirms, and the escrow opens'
SELECT job_status, bid_status, round(bid_amount / 100.0, 2) AS amount, currency
FROM dwello.accept_bid(job_id => :'job', bid_id => :'bid', expected_amount => :seen);
COMMIT;
BEGIN;
SET LOCAL ROLE dwello_app;
SELECT dwello.login(:'provider_1_token') AS me \gset
SELECT job_status, escrow_status, round(amount / 100.0, 2) AS contract, currency
FROM dwello.confirm_award(job_id => :'job');
COMMIT;

\echo '7. What the platform will take, to the cent, before anybody pays'
BEGIN;
SET LOCAL ROLE dwello_app;
SELECT dwello.login(:'homeowner_token') AS me \gset
SELECT round(amount / 100.0, 2) AS amount, round(fee / 100.0, 2) AS fee,
       round(payout / 100.0, 2) AS payout, round(charge / 100.0, 2) AS charge,
       payer, rate_ppm
FROM dwello.quote_fee(amount => 95000, category_id => :'painting');

\echo '8. The homeowner funds the escrow; the payment company says it was paid'
SELECT escrow_status, round(amount / 100.0, 2) AS amount, currency
FROM dwello.fund_escrow(job_id => :'job', idempotency_key => 'demo-fund');
COMMIT;
BEGIN;
SET LOCAL ROLE dwello_service;
SELECT escrow_status, round(funded / 100.0, 2) AS funded,
       round(held / 100.0, 2) AS held, replayed
FROM dwello.confirm_payment(
    job_id => :'job', psp => 'stripe', event_id => 'evt_demo_' || :'job',
    amount => 95000, currency => 'USD');
COMMIT;

\echo '9. The provider does the work and delivers'
BEGIN;
SET LOCAL ROLE dwello_app;
SELECT dwello.login(:'provider_1_token') AS me \gset
SELECT status FROM dwello.start_job(job_id => :'job');
SELECT milestone_status, round(amount / 100.0, 2) AS amount,
       auto_release_at::date AS released_by_itself_on
FROM dwello.submit_milestone(
    job_id => :'job', notes => 'All doors are hung and dry.');
COMMIT;

\echo '10. The homeowner releases the money: fee and payout as quoted'
BEGIN;
SET LOCAL ROLE dwello_app;
SELECT dwello.login(:'homeowner_token') AS me \gset
SELECT round(amount / 100.0, 2) AS amount, round(fee / 100.0, 2) AS fee,
       round(payout / 100.0, 2) AS payout, escrow_status,
       round(held / 100.0, 2) AS still_held
FROM dwello.release_escrow(job_id => :'job', idempotency_key => 'demo-release');
\echo '    the same request again changes nothing and gets the same answer'
SELECT round(amount / 100.0, 2) AS amount, round(fee / 100.0, 2) AS fee,
       round(payout / 100.0, 2) AS payout, escrow_status, replayed
FROM dwello.release_escrow(job_id => :'job', idempotency_key => 'demo-release');

\echo '11. With all released the job is complete; both sides write a review'
SELECT status, replayed AS by_itself FROM dwello.complete_job(job_id => :'job');
SELECT revealed AS review_shown FROM dwello.post_review(
    job_id => :'job', rating => 5, title => 'Like new',
    comment => 'Clean work, and on time.');
COMMIT;
BEGIN;
SET LOCAL ROLE dwello_app;
SELECT dwello.login(:'provider_1_token') AS me \gset
SELECT revealed AS reviews_shown FROM dwello.post_review(
    job_id => :'job', rating => 5, title => 'A pleasure',
    comment => 'Clear about what was wanted.');
COMMIT;

\echo '12. The ledger of the job: every transaction sums to nothing'
SELECT t.transaction_type AS transaction, e.leg,
       coalesce(a.kind::text, 'escrow') AS account,
       round(e.amount / 100.0, 2) AS amount, e.currency
FROM dwello.ledger_entries e
JOIN dwello.transactions t
  ON t.scope_id = e.scope_id AND t.id = e.transaction_id
LEFT JOIN dwello.ledger_accounts a ON a.id = e.account_id
WHERE e.scope_id = :'job'
ORDER BY t.completed_at, t.id, e.leg;

\echo '13. Events are delivered to the users; the ledger and the installation are healthy'
SELECT dwello.deliver_events() AS events_applied;
SELECT (SELECT count(*) FROM dwello.reconcile()) AS differences_in_the_books,
       (SELECT count(*) FROM dwello.check()) AS findings_of_check;

\echo '14. Agents look at the third job of load_demo(): a provider says what their work costs'
SELECT id AS deck, category_id AS decks FROM dwello.jobs
WHERE id = (SELECT id FROM dwello.load_demo() WHERE name = 'job_deck') \gset
BEGIN;
SET LOCAL ROLE dwello_app;
SELECT dwello.login(:'provider_1_token') AS me \gset
SELECT mode, strategy FROM dwello.configure_agent(
    is_active => true, mode => 'propose', max_project_value => 10000000,
    preferred_categories => ARRAY[:'decks']::uuid[],
    costs => '{"overhead": 10000, "travel_per_mile": 60}');
COMMIT;
BEGIN;
SET LOCAL ROLE dwello_service;
SELECT jobs, decisions, bids, proposals, declines FROM dwello.run_agents();
COMMIT;
BEGIN;
SET LOCAL ROLE dwello_app;
SELECT dwello.login(:'provider_1_token') AS me \gset
\echo '    what it decided, and whether that comes out again'
SELECT a.action_type AS decided, a.reason,
       round(a.amount / 100.0, 2) AS amount,
       round(a.win_probability::numeric, 3) AS chance, r.is_equal AS replayed
FROM dwello.ai_agent_activity a, dwello.replay_decision(a.id) r
WHERE a.job_id = :'deck';
\echo '    what it is made of, and what another strategy would ask'
SELECT item, under_a AS balanced, under_b AS premium
FROM dwello.compare_agent(job_id => :'deck', a => '{"strategy": "balanced"}',
                          b => '{"strategy": "premium"}');
COMMIT;
