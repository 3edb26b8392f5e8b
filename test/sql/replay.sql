--
-- replay.sql
--	Every command that takes an idempotency key: called once, again with the
--	key, with the key for another request, with a stale version; and once
--	more when the story is over.
--
-- One table of calls, played in order; a command without a line fails.  What
-- "nothing changes" means is a digest of every row of every table.
--
SET client_min_messages = warning;

-- In whose name (NULL: the system), with which arguments, with which others
-- under the same key; and what must be so before, as SQL.
CREATE TEMP TABLE call (
  n integer GENERATED ALWAYS AS IDENTITY,
  command text, actor text, arguments text, other text, before text);

-- people
INSERT INTO call (command, actor, arguments, other) VALUES
  ('register_user', NULL, $$'k1@example.org', 'homeowner', 'Kim', 'One'$$,
   $$'k1@example.org', 'homeowner', 'Kim', 'Two'$$),
  ('register_user', NULL, $$'k2@example.org', 'service_provider', 'Kim', 'Two', phone => '+14155550199', user_id => t.user('k2')$$,
   $$'k2@example.org', 'service_provider', 'Kim', 'Two', user_id => t.user('k2')$$),
  ('verify_user', NULL, $$t.user('k2'), 'email'$$, $$t.user('k2'), 'phone'$$),
  ('verify_user', 'a1', $$t.user('k2'), 'provider'$$, $$t.user('k2'), 'phone'$$),
  ('add_address', NULL, $$'business', '9 Market Street', 'San Francisco', 'CA', '94103', 'US', -122.4194, 37.7749, user_id => t.user('k2')$$,
   $$'business', '8 Market Street', 'San Francisco', 'CA', '94103', 'US', -122.4194, 37.7749, user_id => t.user('k2')$$),
  ('add_credential', 'k2', $$'license', 'Painter', number => 'C-33', valid_until => '2099-12-31'$$,
   $$'license', 'Painter', number => 'C-34', valid_until => '2099-12-31'$$),
  ('set_tax_profile', 'k2', $$'Kim Two', 'US', '1'$$, $$'Kim Two', 'US', '2'$$),
  ('add_payment_method', 'h1', $$'credit_card', 'acme', 'tok_replay'$$,
   $$'credit_card', 'acme', 'tok_other'$$);
INSERT INTO call (command, actor, before, arguments, other) VALUES
  ('verify_credential', 'a1',
   $$INSERT INTO dwello.provider_credentials (user_id, id, credential_type, name)
     VALUES (t.user('k2'), t.user('licence'), 'license', 'Plumber'),
            (t.user('k2'), t.user('other licence'), 'license', 'Roofer')$$,
   $$t.user('k2'), t.user('licence')$$, $$t.user('k2'), t.user('other licence')$$),
  ('delete_search', 'k2',
   $$INSERT INTO dwello.saved_searches (user_id, id, name)
     VALUES (t.user('k2'), t.user('search'), 'One'), (t.user('k2'), t.user('other search'), 'Two')$$,
   $$t.user('search')$$, $$t.user('other search')$$),
  ('remove_payment_method', 'h1',
   $$INSERT INTO dwello.payment_methods (user_id, id, method_type, psp, psp_token)
     VALUES (t.user('h1'), t.user('card'), 'credit_card', 'acme', 'tok'),
            (t.user('h1'), t.user('other card'), 'credit_card', 'acme', 'tok')$$,
   $$t.user('card')$$, $$t.user('other card')$$);
INSERT INTO call (command, actor, before, arguments, other) VALUES
  ('verify_payment_method', 'a1',
   $$INSERT INTO dwello.payment_methods (user_id, id, method_type, psp, psp_token)
     VALUES (t.user('p1'), t.user('account'), 'bank_account', 'acme', 'tok'),
            (t.user('p1'), t.user('other account'), 'bank_account', 'acme', 'tok')$$,
   $$t.user('p1'), t.user('account')$$, $$t.user('p1'), t.user('other account')$$);
INSERT INTO call (command, actor, arguments, other) VALUES
  ('update_profile', 'k2', $$bio => 'Twenty years.', specialties => '{walls}'$$,
   $$bio => 'Twenty years.', specialties => '{doors}'$$),
  ('configure_agent', 'k2', $$is_active => true, max_bids_per_day => 9$$,
   $$is_active => true, max_bids_per_day => 10$$),
  ('switch_agents', 'k2', $$'agent', is_on => false, reason => 'Away.'$$, $$'agent', is_on => false, reason => 'Ill.'$$),
  ('sign_mandate', 'k2', $$max_amount => 250000$$, $$max_amount => 250001$$),
  ('pause_agent', 'k2', $$agent_id => NULL$$, $$agent_id => t.user('k2')$$),
  ('save_search', 'k2', $$'paint', name => 'Paint'$$, $$'paint', name => 'Walls'$$),
  ('set_password_hash', NULL, $$t.user('k2'), '$argon2id$v=19$m=65536$c2FsdA$aGFzaA'$$,
   $$t.user('k2'), '$argon2id$v=19$m=65536$c2FsdA$b3RoZXI'$$),
  ('suspend_user', 'a1', $$t.user('h2'), 'Spam.'$$, $$t.user('h2'), 'Fraud.'$$),
  ('reinstate_user', 'a1', $$t.user('h2')$$, $$t.user('h2'), expected_version => 1$$);

-- what an agent learned
INSERT INTO call (command, actor, before, arguments, other) VALUES
  ('promote_parameters', 'k2',
   $$INSERT INTO dwello.agent_parameters (user_id, version, status, based_on, samples, trials, created_at, parameters)
     VALUES (t.user('k2'), 1, 'shadow', 0, 30, 30, now(), '{"shown": [0, 1000000000],
       "weight": [0, -6000000000, 2000000000, 500000000, 500000000], "pace_ppm": 1000000,
       "precision": [300000000, 10000000000, 300000000, 300000000, 300000000], "shown_precision": [4000000000, 20000000000]}')$$,
   $$version => 1$$, $$version => 0$$),
  ('revert_agent', 'k2', NULL, $$version => 0$$, $$version => 1$$);

-- settings
INSERT INTO call (command, actor, arguments, other) VALUES
  ('set_setting', 'a1', $$'bid_expiry_days', '8'$$, $$'bid_expiry_days', '9'$$),
  ('set_psp_units', 'a1', $$'replayed', 'SEK', 0$$, $$'replayed', 'SEK', 1$$),
  ('set_setting_amount', 'a1', $$'min_bid_amount', 'SEK', 8$$, $$'min_bid_amount', 'SEK', 9$$),
  ('set_flag', 'a1', $$'replay', true, 50$$, $$'replay', true, 51$$),
  ('set_json_schema', 'a1', $$'replay', '{"type": "null"}'$$, $$'replay', NULL$$),
  ('add_category', 'a1', $$'Replayed', category_id => t.user('category')$$,
   $$'Replayed twice', category_id => t.user('category')$$),
  ('edit_category', 'a1', $$t.user('category'), description => 'Again.'$$,
   $$t.user('category'), description => 'And again.'$$);

-- fees
INSERT INTO call (command, actor, arguments, other) VALUES
  ('set_fee_schedule', 'a1', $$'Replayed', 40000, currency => 'XOF', schedule_id => t.user('schedule')$$,
   $$'Replayed', 40001, currency => 'XOF', schedule_id => t.user('schedule')$$),
  ('set_fee_schedule', NULL, $$'Derived', 40000, currency => 'XAF'$$, $$'Derived', 40001, currency => 'XAF'$$),
  ('end_fee_schedule', 'a1', $$t.user('schedule')$$, $$t.user('schedule'), '2999-01-01Z'$$),
  ('add_promo_code', 'a1', $$'REPLAYED', 500000, 6000, 'USD'$$, $$'REPLAYED', 500000, 6001, 'USD'$$),
  ('set_fx_rate', NULL, $$'XOF', 'XAF', 1, 1$$, $$'XOF', 'XAF', 1, 2$$),
  ('close_period', 'a1', $$'2020-12-31'$$, $$'2020-12-30'$$),
  ('reopen_period', 'a1', $$'2020-12-31', 'A fee was forgotten.'$$, $$'2020-12-31', 'Another reason.'$$);

-- a job, from the post to the reviews
INSERT INTO call (command, actor, arguments, other) VALUES
  ('post_job', 'h1', $$'d0000000-0000-7000-8000-000000000011', 'Paint', 'White.', -122.4194, 37.7749$$,
   $$'d0000000-0000-7000-8000-000000000011', 'Paint', 'Black.', -122.4194, 37.7749$$),
  ('post_job', 'h1', $$'d0000000-0000-7000-8000-000000000011', 'Paint', 'White.', -122.4194, 37.7749,
     budget_max => 200000, milestones => '[{"title": "One"}, {"title": "Two"}]', job_id => t.user('main')$$,
   $$'d0000000-0000-7000-8000-000000000011', 'Paint', 'White.', -122.4194, 37.7749,
     budget_max => 200001, milestones => '[{"title": "One"}, {"title": "Two"}]', job_id => t.user('main')$$),
  ('post_job', 'h1', $$'d0000000-0000-7000-8000-000000000011', 'Sand', 'Floor.', -122.4194, 37.7749, job_id => t.user('cancelled')$$,
   $$'d0000000-0000-7000-8000-000000000011', 'Sand', 'Door.', -122.4194, 37.7749, job_id => t.user('cancelled')$$),
  ('cancel_job', 'h1', $$t.user('cancelled'), 'No money.'$$, $$t.user('cancelled'), 'No time.'$$),
  ('edit_job', 'h1', $$t.user('main'), title => 'Paint it'$$, $$t.user('main'), title => 'Paint all'$$),
  ('set_timers', 'h1', $$t.user('main'), '{"auto_release_days": 7}'$$, $$t.user('main'), '{"auto_release_days": 8}'$$),
  ('publish_job', 'h1', $$t.user('main')$$, $$t.user('main'), expected_version => 1$$),
  ('invite_provider', 'h1', $$t.user('main'), t.user('p3'), 'Please.'$$, $$t.user('main'), t.user('p3'), 'Now.'$$),
  ('answer_invite', 'p3', $$t.user('main'), true$$, $$t.user('main'), false$$),
  ('hire_provider', 'h1', $$t.user('main'), t.user('k2'), 90000$$, $$t.user('main'), t.user('k2'), 90001$$),
  ('submit_bid', 'p1', $$t.user('main'), 100000, timeline_days => 3, bid_id => t.user('main bid')$$,
   $$t.user('main'), 100000, timeline_days => 4, bid_id => t.user('main bid')$$),
  ('submit_bid', 'p2', $$t.user('main'), 90000, 20000, materials => '[{"item_name": "Paint", "quantity": 2, "unit_price": 10000}]'$$,
   $$t.user('main'), 90000, 20000, materials => '[]'$$),
  ('submit_bid', 'p3', $$t.user('main'), 120000, bid_id => t.user('third bid')$$,
   $$t.user('main'), 120001, bid_id => t.user('third bid')$$),
  ('submit_bid', 'k2', $$t.user('main'), 130000, bid_id => t.user('fourth bid')$$,
   $$t.user('main'), 130001, bid_id => t.user('fourth bid')$$),
  ('revise_bid', 'p1', $$t.user('main'), t.user('main bid'), 95000, timeline_days => 3$$,
   $$t.user('main'), t.user('main bid'), 94000, timeline_days => 3$$),
  ('withdraw_bid', 'p3', $$t.user('main'), t.user('third bid'), 'No time.'$$,
   $$t.user('main'), t.user('third bid'), 'No criteria.'$$),
  ('reject_bid', 'h1', $$t.user('main'), t.user('fourth bid'), 'Too dear.'$$,
   $$t.user('main'), t.user('fourth bid')$$),
  ('send_message', 'p1', $$t.user('main'), content => 'Which white?'$$,
   $$t.user('main'), content => 'Which black?'$$),
  ('mark_read', 'h1', $$t.user('main'), t.user('p1')$$, $$t.user('main'), t.user('p2')$$);
INSERT INTO call (command, actor, before, arguments, other) VALUES
  ('confirm_bid', 'p1',
   $$UPDATE dwello.jobs SET terms_version = terms_version + 1 WHERE id = t.user('main')$$,
   $$t.user('main'), t.user('main bid')$$, $$t.user('main'), t.user('main bid'), 2$$);
INSERT INTO call (command, actor, arguments, other) VALUES
  ('counter_bid', 'h1', $$t.user('main'), t.user('main bid'), 90000$$, $$t.user('main'), t.user('main bid'), 90001$$),
  ('answer_counter', 'p1', $$t.user('main'), (SELECT id FROM dwello.counter_offers WHERE job_id = t.user('main')), false$$,
   $$t.user('main'), (SELECT id FROM dwello.counter_offers WHERE job_id = t.user('main')), true$$),
  ('accept_bid', 'h1', $$t.user('main'), t.user('main bid')$$, $$t.user('main'), t.user('third bid')$$),
  ('confirm_award', 'p1', $$t.user('main')$$, $$t.user('main'), t.user('main bid')$$),
  ('plan_milestones', 'h1', $$t.user('main'), '[{"title": "First"}, {"title": "Second"}]'$$,
   $$t.user('main'), '[{"title": "First"}, {"title": "Last"}]'$$),
  ('fund_escrow', 'h1', $$t.user('main')$$, $$t.user('main'), 95000$$);
INSERT INTO call (command, actor, before, arguments, other) VALUES
  ('start_job', 'p1',
   $$SELECT dwello.confirm_payment(t.user('main'), 'acme', 'evt replay', 95000, 'USD')$$,
   $$t.user('main')$$, $$t.user('main'), 5$$),
  ('propose_change_order', 'p1', NULL, $$t.user('main'), 'Stairs', 1000$$, $$t.user('main'), 'Stairs', 1001$$),
  ('answer_change_order', 'h1', NULL, $$t.user('main'), (SELECT id FROM dwello.change_orders WHERE job_id = t.user('main')), false$$,
   $$t.user('main'), (SELECT id FROM dwello.change_orders WHERE job_id = t.user('main')), true$$),
  ('report_progress', 'p1', NULL, $$t.user('main'), 50, 'Primed.'$$, $$t.user('main'), 51, 'Primed.'$$),
  ('submit_milestone', 'p1', NULL,
   $$t.user('main'), (SELECT id FROM dwello.job_milestones WHERE job_id = t.user('main') AND sort_order = 1), notes => 'Done.'$$,
   $$t.user('main'), (SELECT id FROM dwello.job_milestones WHERE job_id = t.user('main') AND sort_order = 1), notes => 'Done!'$$),
  ('request_changes', 'h1', NULL, $$t.user('main'), notes => 'Whiter.'$$, $$t.user('main'), notes => 'Darker.'$$),
  ('approve_milestone', 'h1', NULL,
   $$t.user('main'), (SELECT id FROM dwello.job_milestones WHERE job_id = t.user('main') AND sort_order = 1)$$,
   $$t.user('main'), (SELECT id FROM dwello.job_milestones WHERE job_id = t.user('main') AND sort_order = 2)$$);
INSERT INTO call (command, actor, arguments, other) VALUES
  ('refund_escrow', 'p1', $$t.user('main'), 5000$$, $$t.user('main'), 5000, reason => 'Less paint.'$$),
  ('release_escrow', 'h1', $$t.user('main'), 10000$$, $$t.user('main'), 10001$$),
  ('release_escrow', 'h1', $$t.user('main')$$, $$t.user('main'), 1$$),
  ('reverse_transaction', 'a1',
   $$t.user('main'), (SELECT id FROM dwello.transactions WHERE scope_id = t.user('main') AND transaction_type = 'refund'), 1000$$,
   $$t.user('main'), (SELECT id FROM dwello.transactions WHERE scope_id = t.user('main') AND transaction_type = 'refund'), 1001$$),
  ('release_escrow', 'h1', $$t.user('main')$$, $$t.user('main'), 2$$),
  ('request_payout', 'p1', '1000', '1001'),
  ('cancel_payout', 'p1', $$(SELECT id FROM dwello.payouts WHERE user_id = t.user('p1') AND amount = 1000)$$,
   $$(SELECT id FROM dwello.payouts WHERE user_id = t.user('p1') AND amount = 1000), expected_version => 1$$);
INSERT INTO call (command, actor, before, arguments, other) VALUES
  -- (the last release completed the job; one that it did not is made)
  ('complete_job', 'h1',
   $$UPDATE dwello.jobs SET status = 'in_progress', completed_at = NULL WHERE id = t.user('main')$$,
   $$t.user('main')$$, $$t.user('main'), 1$$);
INSERT INTO call (command, actor, arguments, other) VALUES
  ('post_review', 'h1', $$t.user('main'), 5, 'Good', axes => '{"quality": 5}'$$, $$t.user('main'), 4, 'Good', axes => '{"quality": 5}'$$),
  ('post_review', 'p1', $$t.user('main'), 5$$, $$t.user('main'), 5, is_public => false$$),
  ('respond_to_review', 'p1',
   $$t.user('main'), (SELECT id FROM dwello.reviews WHERE job_id = t.user('main') AND reviewer_id = t.user('h1')), 'Thanks.'$$,
   $$t.user('main'), (SELECT id FROM dwello.reviews WHERE job_id = t.user('main') AND reviewer_id = t.user('h1')), 'Thank you.'$$);

-- one with disputes: taken back, settled by answers, decided
INSERT INTO call (command, actor, before, arguments, other) VALUES
  ('open_dispute', 'h1', $$SELECT t.award('quarrel', 50000, '{1,1}'), t.pay('quarrel')$$,
   $$t.user('quarrel'), 0, 'Stains.', t.user('quarrel m1')$$, $$t.user('quarrel'), 1, 'Stains.', t.user('quarrel m1')$$),
  ('withdraw_dispute', 'h1', NULL, $$t.user('quarrel')$$, $$t.user('quarrel'), expected_version => 4$$),
  ('open_dispute', 'p1', NULL, $$t.user('quarrel'), 50000, 'Pay.'$$, $$t.user('quarrel'), 50000, 'Pay!'$$),
  ('answer_dispute', 'h1', NULL, $$t.user('quarrel'), 10000$$, $$t.user('quarrel'), 10000, notes => 'No.'$$),
  ('resolve_dispute', 's1', NULL, $$t.user('quarrel'), 30000$$, $$t.user('quarrel'), 30000, 20000$$);

-- one that is authorised
INSERT INTO call (command, actor, before, arguments, other) VALUES
  ('request_capture', 'h1', $$SELECT t.award('authorised', 50000), dwello.confirm_authorization(t.user('authorised'), 'acme', 'authorised', 50000, 'USD', now() + interval '1 day')$$,
   $$t.user('authorised'), 2000$$, $$t.user('authorised'), 2001$$);

-- one with a tip
INSERT INTO call (command, actor, before, arguments, other) VALUES
  ('tip', 'h1', $$SELECT t.award('tipped', 50000), t.pay('tipped'), t.start('tipped'), t.refused('h1', 'release_escrow(t.user(''tipped''))')$$,
   $$t.user('tipped'), 2000$$, $$t.user('tipped'), 2001$$);

-- one whose money both agree to give back
INSERT INTO call (command, actor, before, arguments, other) VALUES
  ('request_refund', 'h1', $$SELECT t.award('agreed', 50000), t.pay('agreed'), t.start('agreed')$$,
   $$t.user('agreed'), 10000$$, $$t.user('agreed'), 10001$$),
  ('answer_refund', 'p1', NULL, $$t.user('agreed'), true$$, $$t.user('agreed'), false$$);

-- one whose provider does not come
INSERT INTO call (command, actor, before, arguments, other) VALUES
  ('report_no_show', 'h1', $$SELECT t.award('empty', 50000), t.pay('empty')$$,
   $$t.user('empty'), 'Nobody.'$$, $$t.user('empty'), 'Nobody came.'$$),
  ('answer_no_show', 'p1', NULL, $$t.user('empty'), true$$, $$t.user('empty'), false$$);

-- one whose plan both change
INSERT INTO call (command, actor, before, arguments, other) VALUES
  ('propose_plan', 'p1', $$SELECT t.award('planned', 50000), t.pay('planned')$$,
   $$t.user('planned'), '[{"title": "First"}, {"title": "Second"}]'$$, $$t.user('planned'), '[{"title": "First"}, {"title": "Last"}]'$$),
  ('answer_plan', 'h1', NULL, $$t.user('planned'), true$$, $$t.user('planned'), false$$);

-- one that its provider breaks off
INSERT INTO call (command, actor, before, arguments, other) VALUES
  ('abandon_job', 'p1', $$SELECT t.award('left', 50000), t.pay('left')$$,
   $$t.user('left'), 'Ill.'$$, $$t.user('left'), 'Hurt.'$$);

-- another one, given up before it was paid
INSERT INTO call (command, actor, before, arguments, other) VALUES
  ('cancel_escrow', 'h1', $$SELECT t.award('given up', 50000)$$,
   $$t.user('given up')$$, $$t.user('given up'), 'Too dear.'$$),
  ('abandon_payment', 'h1',
   $$SELECT t.award('let go', 50000), t.login_as('h1'), dwello.fund_escrow(t.user('let go')), t.login_as(NULL)$$,
   $$t.user('let go')$$, $$t.user('let go'), expected_version => 2$$),
  ('apply_promo', 'p1', $$SELECT t.award('promoted', 50000)$$,
   $$t.user('promoted'), 'REPLAYED'$$, $$t.user('promoted'), 'OTHER'$$);

-- what p1 owes in euros once a bank has taken the one payment back
INSERT INTO call (command, actor, before, arguments, other) VALUES
  ('repay_balance', 'p1',
   $$SELECT t.award('owing', 50000, '{1}', 'EUR'), t.pay('owing'), t.login_as('h1'), dwello.release_escrow(t.user('owing')),
            t.as_system(), dwello.open_chargeback(t.user('owing'), 'acme', 'replay c1', 50000, 'EUR')$$, $$100, 'EUR'$$, $$101, 'EUR'$$),
  ('import_statement', 'a1', NULL, $$'acme', '[{"line_id": "replayed", "event_id": "e", "kind": "fee", "amount": 1, "currency": "USD",
     "time": "2027-01-01T00:00:00Z"}]'$$, $$'acme', '[]'$$),
  ('withdraw_fees', 'a1', NULL, $$1, 'USD'$$, $$2, 'USD'$$),
  ('post_journal', 'a1', NULL, $$'[{"kind": "bank", "currency": "USD", "amount": 1}, {"kind": "rounding", "currency": "USD", "amount": -1}]', 'Cent.'$$,
   $$'[{"kind": "bank", "currency": "USD", "amount": 2}, {"kind": "rounding", "currency": "USD", "amount": -2}]', 'Cent.'$$),
  ('approve_journal', 'a1',
   $$INSERT INTO dwello.journals (id, scope_id, status, lines, currency, amount, reason, proposed_by, proposed_at)
     SELECT t.user(name), t.user(name), 'proposed', '[{"kind": "bank", "currency": "USD", "amount": 1},
       {"kind": "rounding", "currency": "USD", "amount": -1}]', 'USD', 1, 'Cent.', t.user('s1'), now()
       FROM unnest(ARRAY['proposal', 'other proposal', 'third proposal']) AS name$$,
   $$t.user('proposal')$$, $$t.user('other proposal')$$),
  ('reject_journal', 'a1', NULL, $$t.user('other proposal'), 'No.'$$, $$t.user('third proposal'), 'No.'$$),
  ('reverse_journal', 'a1', NULL, $$t.user('proposal'), 'Two.'$$, $$t.user('proposal'), 'Three.'$$),
  ('write_off', 'a1', NULL, $$t.user('p1'), 'Gone.', 100, 'EUR'$$, $$t.user('p1'), 'Gone.', 101, 'EUR'$$);

-- money that a job's payer paid too much, and that goes another way
CREATE FUNCTION t.receipt_of(event text) RETURNS uuid
LANGUAGE sql SECURITY DEFINER
AS $$ SELECT r.id FROM dwello.receipts AS r WHERE r.event_id = event $$;
INSERT INTO call (command, actor, before, arguments, other) VALUES
  ('retry_refund', 's1',
   $$INSERT INTO dwello.payment_methods (id, user_id, method_type, psp, psp_token)
     VALUES (t.user('another card'), t.user('h1'), 'credit_card', 'acme', 'tok_another');
     SELECT t.award('too much', 50000), dwello.confirm_payment(t.user('too much'), 'acme', 'replay much', 5, 'EUR')$$,
   $$t.receipt_of('replay much'), t.user('another card')$$, $$t.receipt_of('replay much'), t.user('another card'), 'Other.'$$),
  ('return_receipt', 's1', $$SELECT dwello.confirm_payment(t.user('too much'), 'acme', 'replay more', 5, 'EUR')$$,
   $$t.receipt_of('replay more')$$, $$t.receipt_of('replay more'), 'Other.'$$),
  ('assign_receipt', 's1', $$SELECT dwello.confirm_payment(NULL, 'acme', 'replay stray', 5, 'USD')$$,
   $$t.receipt_of('replay stray'), t.user('too much')$$, $$t.receipt_of('replay stray'), t.user('main')$$);

-- what an agent proposes, and what an outside model answers for it
CREATE FUNCTION pg_temp.agent_job(name text, uses_model boolean) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM t.as_system();
  PERFORM dwello.set_flag('ai_bidding_enabled', rollout_percentage => 100);
  PERFORM dwello.configure_agent(t.user('p3'), is_active => true, uses_model => uses_model, costs => '{"hourly_rate": 3000}',
    preferred_categories => ARRAY['d0000000-0000-7000-8000-000000000011'::uuid]);
  PERFORM t.login_as('h1');
  PERFORM dwello.post_job('d0000000-0000-7000-8000-000000000011', name, 'White.', -122.4194, 37.7749, budget_max => 120000,
    estimated_duration_hours => 16, job_id => t.user(name));
  PERFORM dwello.publish_job(t.user(name));
  PERFORM t.as_system();
  PERFORM dwello.run_agents(1000);
  PERFORM dwello.claim_agent_work(1000, 3600);
  UPDATE dwello.ai_agent_activity SET id = job_id WHERE job_id = t.user(name) AND user_id = t.user('p3');
  UPDATE dwello.agent_answers SET claim_id = job_id WHERE job_id = t.user(name) AND agent_id = t.user('p3') AND state = 'claimed';
END
$$;
INSERT INTO call (command, actor, before, arguments, other) VALUES
  ('approve_proposal', 'p3', $$SELECT pg_temp.agent_job('approved', false)$$,
   $$t.user('approved'), t.user('approved')$$, $$t.user('approved'), t.user('approved'), expected_version => 1$$),
  ('reject_proposal', 'p3', $$SELECT pg_temp.agent_job('rejected', false)$$,
   $$t.user('rejected'), t.user('rejected')$$, $$t.user('rejected'), t.user('rejected'), expected_version => 1$$),
  ('propose_agent_bid', NULL, $$SELECT pg_temp.agent_job('modelled', true)$$,
   $$t.user('modelled'), t.user('p3'), t.user('modelled'), 100000, 3$$, $$t.user('modelled'), t.user('p3'), t.user('modelled'), 100001, 3$$);

-- ----------------------------------------------------------------------
-- The lines and the catalogue
-- ----------------------------------------------------------------------
CREATE TEMP VIEW command AS
  SELECT p.proname::text AS command, 'expected_version' = ANY (p.proargnames) AS has_version
    FROM pg_proc AS p
   WHERE p.pronamespace = 'dwello'::regnamespace AND p.provolatile = 'v'
     AND 'idempotency_key' = ANY (p.proargnames);
SELECT command AS without_a_line FROM command
 WHERE command NOT IN (SELECT c.command FROM call AS c) ORDER BY 1;
SELECT command AS no_command FROM call
 WHERE command NOT IN (SELECT c.command FROM command AS c) ORDER BY 1;
-- a key comes last, a version before it, and the row says if it was replayed
SELECT p.proname FROM pg_proc AS p JOIN command AS c ON c.command = p.proname
 WHERE p.pronamespace = 'dwello'::regnamespace
   AND (p.proargnames[p.pronargs] <> 'idempotency_key'
     OR c.has_version AND p.proargnames[p.pronargs - 1] <> 'expected_version'
     OR NOT 'replayed' = ANY (p.proargnames));
-- what changes something without a key: each has another way to be repeated,
-- or none to be repeated by
SELECT p.proname FROM pg_proc AS p
 WHERE p.pronamespace = 'dwello'::regnamespace AND p.provolatile = 'v'
   AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
   AND p.proname NOT IN (SELECT command FROM command)
 ORDER BY 1;

-- ----------------------------------------------------------------------
-- Playing
-- ----------------------------------------------------------------------

-- A digest of the content of every table; the audit log only grows.
CREATE FUNCTION pg_temp.content() RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  relation text;
  part text;
  whole text := '';
BEGIN
  FOR relation IN
    SELECT quote_ident(c.relname) FROM pg_class AS c
     WHERE c.relnamespace = 'dwello'::regnamespace AND c.relkind = 'r' ORDER BY 1
  LOOP
    EXECUTE format('SELECT %s FROM dwello.%s AS x',
                   CASE WHEN relation LIKE 'audit_log%' THEN 'count(*)'
                   ELSE 'md5(string_agg(x::text, E''\n'' ORDER BY x::text COLLATE "C"))' END, relation) INTO part;
    whole := whole || relation || coalesce(part, '-');
  END LOOP;
  RETURN md5(whole);
END
$$;

-- One call in somebody's name: the rows it returns, or the SQLSTATE.
CREATE FUNCTION pg_temp.answer(command text, actor text, arguments text, key text, more text DEFAULT '')
RETURNS jsonb
LANGUAGE plpgsql
AS $$
DECLARE
  rows jsonb;
BEGIN
  PERFORM t.login_as(actor);
  EXECUTE format('SELECT jsonb_agg(to_jsonb(r)) FROM dwello.%I(%s, idempotency_key => %L%s) AS r',
                 command, arguments, key, more) INTO rows;
  PERFORM t.as_system();
  RETURN rows;
EXCEPTION WHEN OTHERS THEN
  PERFORM t.as_system();
  RETURN to_jsonb(CASE WHEN SQLSTATE LIKE 'WD%' THEN SQLSTATE ELSE SQLSTATE || ': ' || SQLERRM END);
END
$$;

-- An answer without the word that it is one again.
CREATE FUNCTION pg_temp.plain(rows jsonb) RETURNS jsonb
LANGUAGE sql
AS $$ SELECT jsonb_agg(r - 'replayed') FROM jsonb_array_elements(rows) AS r $$;

-- True, false or mixed.
CREATE FUNCTION pg_temp.replayed(rows jsonb) RETURNS text
LANGUAGE sql
AS $$ SELECT string_agg(DISTINCT r ->> 'replayed', ', ') FROM jsonb_array_elements(rows) AS r $$;

-- A stranger has used the key for every scope there is: keys of others are as
-- if they were not there.
CREATE FUNCTION pg_temp.occupy(key text) RETURNS void
LANGUAGE sql
AS $$
  INSERT INTO dwello.idempotency_keys (scope_id, actor_id, actor_role, key, function_name, arguments, result, created_at, expires_at)
  SELECT s.id, a.id, a.role, $1, 'login', '', '{}', now(), 'infinity'
    FROM (SELECT id FROM dwello.users UNION SELECT id FROM dwello.jobs
          UNION SELECT '00000000-0000-0000-0000-000000000000') AS s
    CROSS JOIN (VALUES (t.user('stranger'), 'homeowner'), (t.user('stranger'), 'service_provider'),
                       ('00000000-0000-0000-0000-000000000000', 'stranger')) AS a (id, role);
$$;

-- What is wrong with one call, or NULL; its answer is kept in "played".
CREATE TEMP TABLE played (n integer, key text, rows jsonb);
CREATE FUNCTION pg_temp.play(c call) RETURNS text
LANGUAGE plpgsql
AS $$
DECLARE
  key text := 'replay ' || c.n;
  has_version boolean := (SELECT m.has_version FROM command AS m WHERE m.command = c.command);
  content text;
  answer jsonb;
  again jsonb;
BEGIN
  IF c.before IS NOT NULL THEN
    EXECUTE c.before;
  END IF;
  PERFORM pg_temp.occupy(key);
  content := pg_temp.content();
  IF has_version THEN
    answer := pg_temp.answer(c.command, c.actor, c.arguments, key, ', expected_version => 999999');
    IF answer <> '"WD103"' THEN
      RETURN 'stale version: ' || answer::text;
    ELSIF pg_temp.content() <> content THEN
      RETURN 'a stale version changes something';
    END IF;
  END IF;

  answer := pg_temp.answer(c.command, c.actor, c.arguments, key);
  IF jsonb_typeof(answer) <> 'array' OR pg_temp.replayed(answer) <> 'false' THEN
    RETURN 'first: ' || answer::text;
  ELSIF pg_temp.content() = content THEN
    RETURN 'the first call changes nothing';
  END IF;
  INSERT INTO played VALUES (c.n, key, answer);

  content := pg_temp.content();
  again := pg_temp.answer(c.command, c.actor, c.arguments, key);
  IF jsonb_typeof(again) <> 'array' OR pg_temp.replayed(again) <> 'true' THEN
    RETURN 'again: ' || again::text;
  ELSIF pg_temp.plain(again) <> pg_temp.plain(answer) THEN
    RETURN 'another row: ' || answer::text || again::text;
  END IF;
  again := pg_temp.answer(c.command, c.actor, c.other, key);
  IF again <> '"WD104"' THEN
    RETURN 'another request: ' || again::text;
  ELSIF has_version THEN
    -- a version is an argument, too: not told to be stale, but to differ
    again := pg_temp.answer(c.command, c.actor, c.arguments, key, ', expected_version => 999999');
    IF again <> '"WD104"' THEN
      RETURN 'another version: ' || again::text;
    END IF;
  END IF;
  IF pg_temp.content() <> content THEN
    RETURN 'a replay changes something';
  END IF;
  RETURN NULL;
END
$$;

BEGIN;
-- what is wrong: nothing
CREATE TEMP TABLE verdict AS
  SELECT c.n, c.command, pg_temp.play(c) AS wrong FROM (SELECT * FROM call ORDER BY n) AS c;
SELECT n, command, wrong FROM verdict WHERE wrong IS NOT NULL ORDER BY n;
SELECT count(*) = (SELECT count(*) FROM played) AS all_played FROM verdict;

-- when the story is over each call is still the one that was done, whatever
-- has become of the rows since, and however the session writes its dates
SELECT dwello.deliver_events(100000) > 0 AS delivered;
SET LOCAL datestyle = 'SQL, DMY';
SET LOCAL extra_float_digits = -3;
SELECT pg_temp.content() AS content \gset
SELECT c.n, c.command, pg_temp.answer(c.command, c.actor, c.arguments, p.key) AS answer, p.rows
  INTO TEMP again
  FROM call AS c JOIN played AS p USING (n) ORDER BY c.n;
SELECT n, command, answer FROM again
 WHERE pg_temp.replayed(answer) IS DISTINCT FROM 'true'
    OR pg_temp.plain(answer) <> pg_temp.plain(rows);
SELECT count(*) = (SELECT count(*) FROM call) AS all_again FROM again;
SELECT pg_temp.content() = :'content' AS nothing_changed;

-- what two sides of a job do under one key are two requests
SAVEPOINT s;
SELECT pg_temp.replayed(pg_temp.answer('send_message', 'h1', $$t.user('main'), t.user('p1'), content => 'Which white?'$$, p.key))
  FROM played AS p JOIN call AS c USING (n) WHERE c.command = 'send_message';
ROLLBACK TO s;

-- that the digest bites: one character in one row
SAVEPOINT s;
UPDATE dwello.users SET first_name = first_name || '.' WHERE id = t.user('k2');
SELECT pg_temp.content() = :'content' AS nothing_changed;
ROLLBACK TO s;
SELECT pg_temp.content() = :'content' AS nothing_changed;
ROLLBACK;
