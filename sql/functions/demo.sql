CREATE OR REPLACE FUNCTION dwello.load_demo()
  RETURNS TABLE (name text, id uuid)
  LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
AS $$
DECLARE
  homeowner CONSTANT uuid := 'de000000-0000-7000-8000-000000000001';
  provider_1 CONSTANT uuid := 'de000000-0000-7000-8000-000000000002';
  provider_2 CONSTANT uuid := 'de000000-0000-7000-8000-000000000003';
  admin CONSTANT uuid := 'de000000-0000-7000-8000-000000000004';
  job_painting CONSTANT uuid := 'de000000-0000-7000-8000-000000000011';
  job_plumbing CONSTANT uuid := 'de000000-0000-7000-8000-000000000012';
  job_deck CONSTANT uuid := 'de000000-0000-7000-8000-000000000013';
  bid_950 CONSTANT uuid := 'de000000-0000-7000-8000-000000000021';
  bid_1100 CONSTANT uuid := 'de000000-0000-7000-8000-000000000022';
  bid_350 CONSTANT uuid := 'de000000-0000-7000-8000-000000000023';
  painting CONSTANT uuid := 'd0000000-0000-7000-8000-000000000011';
  plumbing CONSTANT uuid := 'd0000000-0000-7000-8000-000000000012';
  landscaping CONSTANT uuid := 'd0000000-0000-7000-8000-000000000016';
BEGIN
  IF dwello.current_user_id() IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = '42501',
      MESSAGE = 'a user may not call dwello.load_demo',
      HINT = 'Call it without a token, as a superuser or a member of dwello_service.';
  END IF;
  IF NOT EXISTS (SELECT FROM dwello.users AS u WHERE u.id = homeowner) THEN
    PERFORM dwello.ensure_partitions();
    PERFORM dwello.set_flag('ai_bidding_enabled', rollout_percentage => 100,
      targets => '{"user_types": ["service_provider"]}');

    -- the people
    PERFORM dwello.register_user(email => 'hanna@example.com', user_type => 'homeowner',
      first_name => 'Hanna', last_name => 'Homeowner', phone => '+14155550101',
      timezone => 'America/Los_Angeles', user_id => homeowner);
    PERFORM dwello.register_user(email => 'paul@example.com', user_type => 'service_provider',
      first_name => 'Paul', last_name => 'Painter', phone => '+14155550102',
      timezone => 'America/Los_Angeles', user_id => provider_1);
    PERFORM dwello.register_user(email => 'petra@example.com', user_type => 'service_provider',
      first_name => 'Petra', last_name => 'Premium', phone => '+14155550103',
      timezone => 'America/Los_Angeles', user_id => provider_2);
    PERFORM dwello.register_user(email => 'ada@example.com', user_type => 'admin',
      first_name => 'Ada', last_name => 'Admin', user_id => admin);
    PERFORM dwello.verify_user(user_id => u, what => 'email')
      FROM unnest(ARRAY[homeowner, provider_1, provider_2, admin]) AS u;
    PERFORM dwello.verify_user(user_id => u, what => 'provider')
      FROM unnest(ARRAY[provider_1, provider_2]) AS u;
    PERFORM dwello.add_address(address_type => 'home', street => '1 Market Street',
      city => 'San Francisco', state => 'CA', postal_code => '94105', country => 'US',
      longitude => -122.4194, latitude => 37.7749, is_primary => true, user_id => homeowner);
    PERFORM dwello.add_address(address_type => 'business', street => '20 Columbus Avenue',
      city => 'San Francisco', state => 'CA', postal_code => '94111', country => 'US',
      longitude => -122.4094, latitude => 37.7849, is_primary => true, user_id => provider_1);
    PERFORM dwello.add_address(address_type => 'business', street => '5 Embarcadero',
      city => 'San Francisco', state => 'CA', postal_code => '94111', country => 'US',
      longitude => -122.3994, latitude => 37.7949, is_primary => true, user_id => provider_2);
    PERFORM dwello.configure_agent(agent_id => provider_1, is_active => true, strategy => 'balanced',
      max_bid_radius_miles => 15, max_bids_per_day => 8, min_project_value => 20000, max_project_value => 200000);
    PERFORM dwello.configure_agent(agent_id => provider_2, is_active => true, strategy => 'premium',
      max_bid_radius_miles => 20, max_bids_per_day => 12, min_project_value => 30000, max_project_value => 500000);

    -- the plumbing job: bid on, won, done, paid and reviewed
    PERFORM dwello.login(dwello.issue_token(homeowner));
    PERFORM dwello.add_payment_method(method_type => 'credit_card', psp => 'demo-psp',
      psp_token => 'tok_demo_hanna', last_four => '4242', is_default => true);
    PERFORM dwello.post_job(category_id => plumbing, title => 'Bathroom plumbing repair',
      description => 'The tap leaks and the drain is slow.', longitude => -122.4194, latitude => 37.7749,
      budget_min => 20000, budget_max => 40000, urgency => 'urgent', is_emergency => true,
      estimated_duration_hours => 4, job_id => job_plumbing);
    PERFORM dwello.publish_job(job_id => job_plumbing);
    PERFORM dwello.login(NULL);
    PERFORM dwello.login(dwello.issue_token(provider_1));
    PERFORM dwello.submit_bid(job_id => job_plumbing, labor_cost => 25000, materials_cost => 10000,
      timeline_days => 1, warranty_months => 12, description => 'New washer, drain cleaned, today.',
      materials => '[{"item_name": "Tap cartridge", "store_name": "City Plumbing Supply", "quantity": 2, "unit_price": 3500},
                     {"item_name": "Drain kit", "store_name": "City Plumbing Supply", "quantity": 1, "unit_price": 3000}]',
      bid_id => bid_350);
    PERFORM dwello.login(NULL);
    PERFORM dwello.login(dwello.issue_token(homeowner));
    PERFORM dwello.accept_bid(job_id => job_plumbing, bid_id => bid_350);
    PERFORM dwello.login(NULL);
    PERFORM dwello.login(dwello.issue_token(provider_1));
    PERFORM dwello.confirm_award(job_id => job_plumbing);
    PERFORM dwello.login(NULL);
    PERFORM dwello.login(dwello.issue_token(homeowner));
    PERFORM dwello.fund_escrow(job_id => job_plumbing);
    PERFORM dwello.login(NULL);
    PERFORM dwello.confirm_payment(job_id => job_plumbing, psp => 'demo-psp', event_id => 'evt_demo_1',
      amount => 35000, currency => 'USD', psp_reference => 'pay_demo_1');
    PERFORM dwello.login(dwello.issue_token(provider_1));
    PERFORM dwello.start_job(job_id => job_plumbing);
    PERFORM dwello.submit_milestone(job_id => job_plumbing, notes => 'Tap and drain work again.');
    PERFORM dwello.login(NULL);
    PERFORM dwello.login(dwello.issue_token(homeowner));
    PERFORM dwello.release_escrow(job_id => job_plumbing);
    PERFORM dwello.post_review(job_id => job_plumbing, rating => 5, title => 'Quick and clean',
      comment => 'Came the same day and left no mess.');
    PERFORM dwello.login(NULL);
    PERFORM dwello.login(dwello.issue_token(provider_1));
    PERFORM dwello.post_review(job_id => job_plumbing, rating => 5, title => 'A pleasure',
      comment => 'Clear description, paid at once.');
    PERFORM dwello.login(NULL);
    PERFORM dwello.deliver_events();

    -- the painting job: open, two bids
    PERFORM dwello.login(dwello.issue_token(homeowner));
    PERFORM dwello.post_job(category_id => painting, title => 'Kitchen cabinet painting',
      description => 'Twelve doors and six drawers, from oak to white.', longitude => -122.4194,
      latitude => 37.7749, budget_min => 80000, budget_max => 120000, urgency => 'medium',
      estimated_duration_hours => 16, job_id => job_painting);
    PERFORM dwello.publish_job(job_id => job_painting);
    PERFORM dwello.login(NULL);
    PERFORM dwello.login(dwello.issue_token(provider_1));
    PERFORM dwello.submit_bid(job_id => job_painting, labor_cost => 80000, materials_cost => 15000,
      timeline_days => 3, warranty_months => 24, description => 'Sanded, primed, two coats by spray gun.',
      materials => '[{"item_name": "Cabinet enamel, gallon", "store_name": "Bay Paint", "quantity": 2, "unit_price": 5400},
                     {"item_name": "Bonding primer, gallon", "store_name": "Bay Paint", "quantity": 1, "unit_price": 4200}]',
      bid_id => bid_950);
    PERFORM dwello.login(NULL);
    PERFORM dwello.login(dwello.issue_token(provider_2));
    PERFORM dwello.submit_bid(job_id => job_painting, labor_cost => 90000, materials_cost => 20000,
      timeline_days => 2, warranty_months => 24, description => 'Premium enamel, doors taken to the workshop.',
      materials => '[{"item_name": "Premium enamel, gallon", "store_name": "Bay Paint", "quantity": 2.5, "unit_price": 8000}]',
      bid_id => bid_1100);

    -- the deck: open, no bid yet
    PERFORM dwello.login(NULL);
    PERFORM dwello.login(dwello.issue_token(homeowner));
    PERFORM dwello.post_job(category_id => landscaping, title => 'Deck staining',
      description => 'About 300 square feet of redwood.', longitude => -122.4194, latitude => 37.7749,
      budget_min => 60000, budget_max => 90000, urgency => 'low', job_id => job_deck);
    PERFORM dwello.publish_job(job_id => job_deck);
    PERFORM dwello.login(NULL);
    PERFORM dwello.deliver_events();
  END IF;

  RETURN QUERY VALUES
    ('homeowner', homeowner), ('provider_1', provider_1), ('provider_2', provider_2), ('admin', admin),
    ('job_painting', job_painting), ('job_plumbing', job_plumbing), ('job_deck', job_deck),
    ('bid_950', bid_950), ('bid_1100', bid_1100), ('bid_350', bid_350),
    ('agent_balanced', provider_1), ('agent_premium', provider_2);
END
$$;
COMMENT ON FUNCTION dwello.load_demo() IS
  'Plays a small story through the commands: one homeowner, two providers and an administrator in San Francisco; a plumbing job done, paid and reviewed, a painting job with two bids, a deck job without any; an agent of each provider that asks before it bids. Returns the ids by name, an agent''s being its provider''s; a second call returns the same rows and changes nothing. For trials, as a superuser or dwello_service without a token. Errors: those of the commands; WD601 without a keyring.';
GRANT EXECUTE ON FUNCTION dwello.load_demo() TO dwello_service;
