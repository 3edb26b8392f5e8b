/*
 * Bidding agents and what else belongs to one user: shard key user_id.  An
 * agent is 1:1 with its provider; agent_id is the provider's user id.
 */
CREATE TABLE dwello.ai_bidding_agents (
  user_id uuid CONSTRAINT ai_bidding_agents_pkey PRIMARY KEY
    CONSTRAINT ai_bidding_agents_user_id_fkey REFERENCES dwello.users (id),
  is_active boolean NOT NULL DEFAULT false,
  mode dwello.agent_mode NOT NULL DEFAULT 'propose',
  strategy dwello.agent_strategy NOT NULL DEFAULT 'balanced',
  tier dwello.subscription_tier NOT NULL DEFAULT 'basic',
  max_bid_radius_miles integer NOT NULL DEFAULT 15
    CONSTRAINT ai_bidding_agents_radius_check CHECK (max_bid_radius_miles BETWEEN 5 AND 50),
  max_bids_per_day integer NOT NULL DEFAULT 8
    CONSTRAINT ai_bidding_agents_day_check CHECK (max_bids_per_day BETWEEN 1 AND 20),
  min_project_value bigint NOT NULL DEFAULT 20000
    CONSTRAINT ai_bidding_agents_min_value_check CHECK (min_project_value > 0),
  max_project_value bigint NOT NULL DEFAULT 200000,
  preferred_categories uuid[] NOT NULL DEFAULT '{}',
  working_hours jsonb,
  min_margin_ppm integer NOT NULL DEFAULT 150000
    CONSTRAINT ai_bidding_agents_margin_check CHECK (min_margin_ppm BETWEEN 0 AND 10000000),
  approval_threshold bigint CONSTRAINT ai_bidding_agents_threshold_check CHECK (approval_threshold > 0),
  costs jsonb,
  currency text NOT NULL DEFAULT 'USD'
    CONSTRAINT ai_bidding_agents_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  learned jsonb NOT NULL DEFAULT '{}',
  bids_total integer NOT NULL DEFAULT 0,
  bids_won integer NOT NULL DEFAULT 0,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  -- what matching knows of the provider, from his other rows; kept by audience_store.c
  standing integer NOT NULL DEFAULT 0 CONSTRAINT ai_bidding_agents_standing_check CHECK (standing BETWEEN 0 AND 7),
  longitude float8,
  latitude float8,
  area geometry(Geometry, 4326),
  category_ids uuid[] NOT NULL DEFAULT '{}',
  capability_bits bigint NOT NULL DEFAULT 0,
  capability_from date,
  capability_until date,
  key dwello.agent_key GENERATED ALWAYS AS (CASE WHEN longitude IS NOT NULL THEN dwello.agent_key(
    longitude, latitude, max_bid_radius_miles,
    CASE WHEN area IS NOT NULL THEN ARRAY[st_xmin(area), st_ymin(area), st_xmax(area), st_ymax(area)] END,
    category_ids, min_project_value, max_project_value, currency, capability_bits | (standing::bigint << 16),
    capability_from, capability_until) END) STORED,
  CONSTRAINT ai_bidding_agents_value_check CHECK (min_project_value <= max_project_value),
  CONSTRAINT ai_bidding_agents_won_check CHECK (bids_won BETWEEN 0 AND bids_total)
);
-- key and id answer match_agents() without the rows
CREATE INDEX ai_bidding_agents_key_idx ON dwello.ai_bidding_agents USING gist (key dwello.agent_key_ops)
  INCLUDE (user_id) WHERE is_active AND standing > 0;
COMMENT ON TABLE dwello.ai_bidding_agents IS 'How a provider''s agent bids for him; one row a provider.';
SELECT pg_catalog.pg_extension_config_dump('dwello.ai_bidding_agents', '');

CREATE TABLE dwello.agent_day_counters (
  user_id uuid NOT NULL CONSTRAINT agent_day_counters_user_id_fkey REFERENCES dwello.users (id),
  day date NOT NULL,
  bids integer NOT NULL DEFAULT 0 CONSTRAINT agent_day_counters_bids_check CHECK (bids >= 0),
  CONSTRAINT agent_day_counters_pkey PRIMARY KEY (user_id, day)
);
COMMENT ON TABLE dwello.agent_day_counters IS 'Bids an agent has made on a day of its provider''s calendar: the hard cap.';
SELECT pg_catalog.pg_extension_config_dump('dwello.agent_day_counters', '');

CREATE TABLE dwello.saved_searches (
  user_id uuid NOT NULL CONSTRAINT saved_searches_user_id_fkey REFERENCES dwello.users (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  name text NOT NULL,
  query text,
  longitude float8,
  latitude float8,
  radius_miles float8,
  category_ids uuid[] NOT NULL DEFAULT '{}',
  budget_min bigint,
  budget_max bigint,
  currency text NOT NULL DEFAULT 'USD' CONSTRAINT saved_searches_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  urgency dwello.urgency,
  words tsquery GENERATED ALWAYS AS (pg_catalog.websearch_to_tsquery('pg_catalog.english', query)) STORED,
  -- without a place anywhere on the map
  key dwello.agent_key GENERATED ALWAYS AS (dwello.agent_key(longitude, latitude, radius_miles,
    CASE WHEN longitude IS NULL THEN '{-180,-90,180,90}'::float8[] END,
    category_ids, budget_min, budget_max, currency, NULL)) STORED,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT saved_searches_pkey PRIMARY KEY (user_id, id),
  CONSTRAINT saved_searches_place_check CHECK ((longitude IS NULL) = (latitude IS NULL)
    AND (longitude IS NULL) = (radius_miles IS NULL)),
  CONSTRAINT saved_searches_budget_check CHECK (budget_min <= budget_max)
);
CREATE INDEX saved_searches_key_idx ON dwello.saved_searches USING gist (key dwello.agent_key_ops);
COMMENT ON TABLE dwello.saved_searches IS 'Searches that a provider wants to hear of when a job fits.';
SELECT pg_catalog.pg_extension_config_dump('dwello.saved_searches', '');

CREATE TABLE dwello.payouts (
  user_id uuid NOT NULL CONSTRAINT payouts_user_id_fkey REFERENCES dwello.users (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  payment_method_id uuid,
  status dwello.payout_status NOT NULL DEFAULT 'pending',
  amount bigint NOT NULL CONSTRAINT payouts_amount_check CHECK (amount > 0),
  currency text NOT NULL CONSTRAINT payouts_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  paid_amount bigint NOT NULL CONSTRAINT payouts_paid_amount_check CHECK (paid_amount > 0),
  paid_currency text NOT NULL CONSTRAINT payouts_paid_currency_check CHECK (paid_currency ~ '^[A-Z]{3}$'),
  remainder bigint NOT NULL DEFAULT 0 CONSTRAINT payouts_remainder_check CHECK (remainder >= 0 AND remainder < amount),
  psp text,
  psp_reference text,
  hold_until timestamptz,
  transaction_id uuid,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  completed_at timestamptz,
  CONSTRAINT payouts_pkey PRIMARY KEY (user_id, id),
  CONSTRAINT payouts_exchange_check CHECK (paid_currency <> currency OR (paid_amount = amount AND remainder = 0)),
  CONSTRAINT payouts_method_fkey FOREIGN KEY (user_id, payment_method_id) REFERENCES dwello.payment_methods (user_id, id)
);
CREATE INDEX payouts_method_idx ON dwello.payouts (user_id, payment_method_id);
COMMENT ON TABLE dwello.payouts IS 'Money on its way from a provider''s balance to his bank.';
SELECT pg_catalog.pg_extension_config_dump('dwello.payouts', '');

CREATE TABLE dwello.api_keys (
  key_hash bytea CONSTRAINT api_keys_pkey PRIMARY KEY
    CONSTRAINT api_keys_hash_check CHECK (pg_catalog.octet_length(key_hash) = 32),
  user_id uuid NOT NULL CONSTRAINT api_keys_user_id_xfk REFERENCES dwello.users (id),
  prefix text NOT NULL,
  name text NOT NULL,
  scopes text[] NOT NULL DEFAULT '{}',
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
CREATE INDEX api_keys_user_id_idx ON dwello.api_keys (user_id);
COMMENT ON TABLE dwello.api_keys IS 'SHA-256 of API keys, which are shown once and stored nowhere.';
SELECT pg_catalog.pg_extension_config_dump('dwello.api_keys', '');

CREATE POLICY ai_bidding_agents_read ON dwello.ai_bidding_agents FOR SELECT
  USING (user_id = dwello.current_user_id());
CREATE POLICY agent_day_counters_read ON dwello.agent_day_counters FOR SELECT
  USING (user_id = dwello.current_user_id());
CREATE POLICY saved_searches_read ON dwello.saved_searches FOR SELECT
  USING (user_id = dwello.current_user_id());
CREATE POLICY payouts_read ON dwello.payouts FOR SELECT
  USING (user_id = dwello.current_user_id());
CREATE POLICY api_keys_read ON dwello.api_keys FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.ai_bidding_agents, dwello.agent_day_counters, dwello.saved_searches, dwello.payouts
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
GRANT SELECT (user_id, prefix, name, scopes, expires_at, last_used_at, revoked_at, created_at)
  ON dwello.api_keys TO dwello_app, dwello_service, dwello_support, dwello_admin;
