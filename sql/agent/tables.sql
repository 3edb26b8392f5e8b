/*
 * Bidding agents: shard key user_id.  An agent is 1:1 with its provider;
 * agent_id is the provider's user id.
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
  working_hours jsonb
    CONSTRAINT ai_bidding_agents_hours_check CHECK (dwello.working_hours_are_valid(working_hours)),
  min_margin_ppm integer NOT NULL DEFAULT 150000
    CONSTRAINT ai_bidding_agents_margin_check CHECK (min_margin_ppm BETWEEN 0 AND 10000000),
  approval_threshold bigint CONSTRAINT ai_bidding_agents_threshold_check CHECK (approval_threshold > 0),
  costs jsonb CONSTRAINT ai_bidding_agents_costs_check CHECK (dwello.agent_costs_are_valid(costs)),
  currency text NOT NULL DEFAULT 'USD'
    CONSTRAINT ai_bidding_agents_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  learned jsonb NOT NULL DEFAULT '{}',
  bids_total integer NOT NULL DEFAULT 0,
  bids_won integer NOT NULL DEFAULT 0,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  -- what matching knows of the provider, from their other rows; kept by audience_store.c
  account_status integer NOT NULL DEFAULT 0 CONSTRAINT ai_bidding_agents_account_status_check CHECK (account_status BETWEEN 0 AND 7),
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
    category_ids, min_project_value, max_project_value, currency, capability_bits | (account_status::bigint << 16),
    capability_from, capability_until) END) STORED,
  CONSTRAINT ai_bidding_agents_value_check CHECK (min_project_value <= max_project_value),
  CONSTRAINT ai_bidding_agents_won_check CHECK (bids_won BETWEEN 0 AND bids_total)
);
-- key and id answer match_agents() without the rows
CREATE INDEX ai_bidding_agents_key_idx ON dwello.ai_bidding_agents USING gist (key dwello.agent_key_ops)
  INCLUDE (user_id) WHERE is_active AND account_status > 0;
COMMENT ON TABLE dwello.ai_bidding_agents IS 'How a provider''s agent bids for them; one row a provider.';
COMMENT ON COLUMN dwello.ai_bidding_agents.is_active IS 'The provider has switched it on.';
COMMENT ON COLUMN dwello.ai_bidding_agents.mode IS 'How much the agent may do by itself.';
COMMENT ON COLUMN dwello.ai_bidding_agents.strategy IS 'How the agent prices.';
COMMENT ON COLUMN dwello.ai_bidding_agents.tier IS 'Subscription, which caps the bids of a month.';
COMMENT ON COLUMN dwello.ai_bidding_agents.max_bid_radius_miles IS 'Farthest job the agent looks at, in miles.';
COMMENT ON COLUMN dwello.ai_bidding_agents.max_bids_per_day IS 'Bids the agent may make on a day of the provider''s calendar.';
COMMENT ON COLUMN dwello.ai_bidding_agents.min_project_value IS 'Least budget the agent looks at, in minor units.';
COMMENT ON COLUMN dwello.ai_bidding_agents.max_project_value IS 'Greatest budget the agent looks at, in minor units.';
COMMENT ON COLUMN dwello.ai_bidding_agents.preferred_categories IS 'Categories the agent bids in; empty = the provider''s specialties.';
COMMENT ON COLUMN dwello.ai_bidding_agents.working_hours IS 'When the agent works, in the provider''s time zone; NULL = always.';
COMMENT ON COLUMN dwello.ai_bidding_agents.min_margin_ppm IS 'Least margin over cost, in parts per million.';
COMMENT ON COLUMN dwello.ai_bidding_agents.approval_threshold IS 'Above this amount the agent only proposes, in minor units; NULL = none.';
COMMENT ON COLUMN dwello.ai_bidding_agents.costs IS 'What the provider''s work costs; NULL = not known.';
COMMENT ON COLUMN dwello.ai_bidding_agents.learned IS 'Parameters the agent has learned.';
COMMENT ON COLUMN dwello.ai_bidding_agents.bids_total IS 'Bids the agent has made.';
COMMENT ON COLUMN dwello.ai_bidding_agents.bids_won IS 'Bids of the agent that were accepted.';
COMMENT ON COLUMN dwello.ai_bidding_agents.key IS 'What the index of agents knows of it, made from the other columns; NULL without a place.';
SELECT pg_catalog.pg_extension_config_dump('dwello.ai_bidding_agents', '');
CREATE POLICY ai_bidding_agents_read ON dwello.ai_bidding_agents FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.ai_bidding_agents TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.agent_day_counters (
  user_id uuid NOT NULL CONSTRAINT agent_day_counters_user_id_fkey REFERENCES dwello.users (id),
  day date NOT NULL,
  bids integer NOT NULL DEFAULT 0 CONSTRAINT agent_day_counters_bids_check CHECK (bids >= 0),
  CONSTRAINT agent_day_counters_pkey PRIMARY KEY (user_id, day)
);
COMMENT ON TABLE dwello.agent_day_counters IS 'Bids an agent has made on a day of its provider''s calendar: the hard cap.';
COMMENT ON COLUMN dwello.agent_day_counters.day IS 'Day of the provider''s calendar.';
COMMENT ON COLUMN dwello.agent_day_counters.bids IS 'Bids made on that day.';
SELECT pg_catalog.pg_extension_config_dump('dwello.agent_day_counters', '');
CREATE POLICY agent_day_counters_read ON dwello.agent_day_counters FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.agent_day_counters TO dwello_app, dwello_service, dwello_support, dwello_admin;

/*
 * What wakes agents: one row a published version of a job's terms.
 */
CREATE TABLE dwello.agent_work (
  job_id uuid NOT NULL CONSTRAINT agent_work_job_id_fkey REFERENCES dwello.jobs (id),
  terms_version integer NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  run_after timestamptz,
  claimed_at timestamptz,
  done_at timestamptz,
  created_at timestamptz NOT NULL,
  CONSTRAINT agent_work_pkey PRIMARY KEY (job_id, terms_version)
);
COMMENT ON TABLE dwello.agent_work IS 'Jobs that agents have to look at, once for each version of their terms.';
COMMENT ON COLUMN dwello.agent_work.attempts IS 'How often it was tried.';
COMMENT ON COLUMN dwello.agent_work.run_after IS 'Not before this time it is worked on; NULL = at once.';
SELECT pg_catalog.pg_extension_config_dump('dwello.agent_work', '');
GRANT SELECT ON dwello.agent_work TO dwello_service;

-- partitioned by month, as sql/admin/tables.sql says of all logs
CREATE TABLE dwello.ai_agent_activity (
  job_id uuid NOT NULL,
  user_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  terms_version integer NOT NULL,
  action_type dwello.agent_action NOT NULL,
  reason text,
  confidence numeric CONSTRAINT ai_agent_activity_confidence_check CHECK (confidence BETWEEN 0 AND 1),
  amount bigint,
  currency text,
  trace jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE dwello.ai_agent_activity IS 'Every decision of every agent, by month; user_id is the agent''s provider.';
COMMENT ON COLUMN dwello.ai_agent_activity.user_id IS 'The agent''s provider.';
COMMENT ON COLUMN dwello.ai_agent_activity.action_type IS 'What the agent did.';
COMMENT ON COLUMN dwello.ai_agent_activity.confidence IS 'How sure the agent was, 0 to 1.';
COMMENT ON COLUMN dwello.ai_agent_activity.trace IS 'Everything the decision was made from.';
SELECT pg_catalog.pg_extension_config_dump('dwello.ai_agent_activity', '');
CREATE POLICY ai_agent_activity_read ON dwello.ai_agent_activity FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.ai_agent_activity TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.ai_agent_activity_default PARTITION OF dwello.ai_agent_activity DEFAULT;
COMMENT ON TABLE dwello.ai_agent_activity_default IS 'Rows for which no month has been made; empty in health.';
SELECT pg_catalog.pg_extension_config_dump('dwello.ai_agent_activity_default', '');
