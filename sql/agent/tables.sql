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
    CONSTRAINT ai_bidding_agents_hours_check CHECK (dwello.json_is_valid('working_hours', working_hours) AND dwello.working_hours_are_valid(working_hours)),
  min_margin_ppm integer NOT NULL DEFAULT 150000
    CONSTRAINT ai_bidding_agents_margin_check CHECK (min_margin_ppm BETWEEN 0 AND 10000000),
  approval_threshold bigint CONSTRAINT ai_bidding_agents_threshold_check CHECK (approval_threshold > 0),
  costs jsonb CONSTRAINT ai_bidding_agents_costs_check CHECK (dwello.json_is_valid('agent_costs', costs)),
  currency text NOT NULL DEFAULT 'USD'
    CONSTRAINT ai_bidding_agents_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  goal dwello.agent_goal NOT NULL DEFAULT 'max_profit',
  goal_target bigint CONSTRAINT ai_bidding_agents_target_check CHECK (goal_target > 0),
  max_exposure bigint CONSTRAINT ai_bidding_agents_exposure_check CHECK (max_exposure > 0),
  max_open_jobs integer NOT NULL DEFAULT 5
    CONSTRAINT ai_bidding_agents_open_jobs_check CHECK (max_open_jobs > 0),
  min_win_probability_ppm integer NOT NULL DEFAULT 0
    CONSTRAINT ai_bidding_agents_probability_check CHECK (min_win_probability_ppm BETWEEN 0 AND 1000000),
  paused_until timestamptz,
  parameters_version integer NOT NULL DEFAULT 0
    CONSTRAINT ai_bidding_agents_parameters_check CHECK (parameters_version >= 0),
  mandate_id uuid,
  uses_model boolean NOT NULL DEFAULT false,
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
  key dwello.agent_key GENERATED ALWAYS AS (CASE WHEN longitude IS NOT NULL AND category_ids <> '{}' THEN dwello.agent_key(
    longitude, latitude, max_bid_radius_miles,
    CASE WHEN area IS NOT NULL THEN ARRAY[st_xmin(area), st_ymin(area), st_xmax(area), st_ymax(area)] END,
    category_ids, min_project_value, max_project_value, currency, capability_bits | (account_status::bigint << 16),
    capability_from, capability_until) END) STORED,
  CONSTRAINT ai_bidding_agents_value_check CHECK (min_project_value <= max_project_value),
  -- each is counted by an event of its own, in whatever order these are applied
  CONSTRAINT ai_bidding_agents_won_check CHECK (bids_won >= 0 AND bids_total >= 0)
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
COMMENT ON COLUMN dwello.ai_bidding_agents.preferred_categories IS 'Categories the agent bids in; empty = the provider''s.';
COMMENT ON COLUMN dwello.ai_bidding_agents.working_hours IS 'When the agent works, in the provider''s time zone; NULL = always.';
COMMENT ON COLUMN dwello.ai_bidding_agents.min_margin_ppm IS 'Least margin over cost, in parts per million.';
COMMENT ON COLUMN dwello.ai_bidding_agents.approval_threshold IS 'Above this amount the agent only proposes, in minor units; NULL = none.';
COMMENT ON COLUMN dwello.ai_bidding_agents.costs IS 'What the provider''s work costs; NULL = not known.';
COMMENT ON COLUMN dwello.ai_bidding_agents.goal IS 'What the agent aims at inside its limits.';
COMMENT ON COLUMN dwello.ai_bidding_agents.goal_target IS 'Hours a week, or millionths of the win rate or the margin, as the goal has it; NULL = none.';
COMMENT ON COLUMN dwello.ai_bidding_agents.max_exposure IS 'Most that live bids and unconfirmed awards may add up to, in minor units; NULL = no limit.';
COMMENT ON COLUMN dwello.ai_bidding_agents.max_open_jobs IS 'Awarded jobs and jobs under way beside which the agent still bids.';
COMMENT ON COLUMN dwello.ai_bidding_agents.min_win_probability_ppm IS 'Below this chance to win the agent does not bid, in parts per million.';
COMMENT ON COLUMN dwello.ai_bidding_agents.paused_until IS 'Until when the agent cools down; NULL = it does not.';
COMMENT ON COLUMN dwello.ai_bidding_agents.parameters_version IS 'Which of agent_parameters are live; 0 = what every agent begins with.';
COMMENT ON COLUMN dwello.ai_bidding_agents.mandate_id IS 'The mandate in force; NULL = none was signed.';
COMMENT ON COLUMN dwello.ai_bidding_agents.uses_model IS 'An outside model answers first; the agent itself when that does not come.';
COMMENT ON COLUMN dwello.ai_bidding_agents.bids_total IS 'Bids the agent has made.';
COMMENT ON COLUMN dwello.ai_bidding_agents.bids_won IS 'Bids of the agent that were accepted.';
COMMENT ON COLUMN dwello.ai_bidding_agents.category_ids IS 'Categories it bids in, those below them included: its own, else the provider''s; empty = none.';
COMMENT ON COLUMN dwello.ai_bidding_agents.key IS 'What the index of agents knows of it, made from the other columns; NULL without a place or a category.';
SELECT pg_catalog.pg_extension_config_dump('dwello.ai_bidding_agents', '');
CREATE POLICY ai_bidding_agents_read ON dwello.ai_bidding_agents FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.ai_bidding_agents TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.agent_day_counters (
  user_id uuid NOT NULL CONSTRAINT agent_day_counters_user_id_fkey REFERENCES dwello.users (id),
  day date NOT NULL,
  bids integer NOT NULL DEFAULT 0 CONSTRAINT agent_day_counters_bids_check CHECK (bids >= 0),
  jobs integer NOT NULL DEFAULT 0 CONSTRAINT agent_day_counters_jobs_check CHECK (jobs >= 0),
  clock_offset integer,
  counted_at timestamptz,
  CONSTRAINT agent_day_counters_pkey PRIMARY KEY (user_id, day)
);
COMMENT ON TABLE dwello.agent_day_counters IS 'Bids an agent has made on a day of its provider''s calendar: the hard cap.';
COMMENT ON COLUMN dwello.agent_day_counters.day IS
  'Day of the provider''s calendar; -infinity: counts nothing, and is what is locked of an agent whose bids are counted.';
COMMENT ON COLUMN dwello.agent_day_counters.bids IS 'Bids made on that day.';
COMMENT ON COLUMN dwello.agent_day_counters.jobs IS 'Jobs worth a bid that came on that day: by them bids are spread over it.';
COMMENT ON COLUMN dwello.agent_day_counters.clock_offset IS
  'Minutes that the provider''s clock was ahead of UTC at the last of these bids; NULL = none was made.';
COMMENT ON COLUMN dwello.agent_day_counters.counted_at IS 'When the last of these bids was made; NULL = none was.';
SELECT pg_catalog.pg_extension_config_dump('dwello.agent_day_counters', '');
CREATE POLICY agent_day_counters_read ON dwello.agent_day_counters FOR SELECT
  USING (user_id = dwello.current_user_id() AND day > '-infinity');
GRANT SELECT ON dwello.agent_day_counters TO dwello_app, dwello_service, dwello_support, dwello_admin;

/*
 * What wakes answers that an agent has put off.  A change of an agent locks
 * no job of others: run_agents() does, and deletes the row.
 */
CREATE TABLE dwello.agent_wakes (
  user_id uuid NOT NULL CONSTRAINT agent_wakes_user_id_fkey REFERENCES dwello.users (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  created_at timestamptz NOT NULL,
  CONSTRAINT agent_wakes_pkey PRIMARY KEY (user_id, id)
);
COMMENT ON TABLE dwello.agent_wakes IS
  'Agents that were changed, so that what they have put off is looked at again; gone once a worker has seen to it.';
SELECT pg_catalog.pg_extension_config_dump('dwello.agent_wakes', '');
GRANT SELECT ON dwello.agent_wakes TO dwello_service;

/*
 * What agents learn.  Version 0, with which every agent begins, is in the
 * library and has no row.
 */
CREATE TABLE dwello.agent_parameters (
  user_id uuid NOT NULL CONSTRAINT agent_parameters_user_id_fkey REFERENCES dwello.users (id),
  version integer NOT NULL CONSTRAINT agent_parameters_version_check CHECK (version > 0),
  status text NOT NULL CONSTRAINT agent_parameters_status_check CHECK (status IN ('live', 'shadow', 'retired')),
  parameters jsonb NOT NULL
    CONSTRAINT agent_parameters_parameters_check CHECK (dwello.json_is_valid('agent_parameters', parameters)),
  based_on integer NOT NULL CONSTRAINT agent_parameters_based_on_check CHECK (based_on BETWEEN 0 AND version - 1),
  samples integer NOT NULL CONSTRAINT agent_parameters_samples_check CHECK (samples >= 0),
  trials integer NOT NULL DEFAULT 0 CONSTRAINT agent_parameters_trials_check CHECK (trials >= 0),
  trial_loss bigint NOT NULL DEFAULT 0,
  live_loss bigint NOT NULL DEFAULT 0,
  learned_until timestamptz,
  promoted_at timestamptz,
  created_at timestamptz NOT NULL,
  CONSTRAINT agent_parameters_live_check CHECK (status <> 'live' OR promoted_at IS NOT NULL),
  CONSTRAINT agent_parameters_pkey PRIMARY KEY (user_id, version)
);
-- an agent learns into one version, and decides by one
CREATE UNIQUE INDEX agent_parameters_shadow_key ON dwello.agent_parameters (user_id) WHERE status = 'shadow';
CREATE UNIQUE INDEX agent_parameters_live_key ON dwello.agent_parameters (user_id) WHERE status = 'live';
COMMENT ON TABLE dwello.agent_parameters IS 'What agents have learned, in versions; user_id is the agent''s provider.';
COMMENT ON COLUMN dwello.agent_parameters.version IS 'Number of the version, from 1; 0 is what every agent begins with, and has no row.';
COMMENT ON COLUMN dwello.agent_parameters.status IS 'live: in force; shadow: run beside those in force; retired: neither.';
COMMENT ON COLUMN dwello.agent_parameters.parameters IS 'The parameters, and what learning goes on from.';
COMMENT ON COLUMN dwello.agent_parameters.based_on IS 'The version that learning went on from.';
COMMENT ON COLUMN dwello.agent_parameters.samples IS 'Outcomes that were learned from in all.';
COMMENT ON COLUMN dwello.agent_parameters.trials IS 'Outcomes that this version foretold before it learned from them, beside the one it is based on.';
COMMENT ON COLUMN dwello.agent_parameters.trial_loss IS 'Its log loss over them, in billionths: the less, the better it foretold.';
COMMENT ON COLUMN dwello.agent_parameters.live_loss IS 'The same of the version it is based on.';
COMMENT ON COLUMN dwello.agent_parameters.learned_until IS 'When the last of its outcomes was decided; NULL = none was learned yet.';
COMMENT ON COLUMN dwello.agent_parameters.promoted_at IS 'When it was live first; NULL = never: nobody goes back to it.';
SELECT pg_catalog.pg_extension_config_dump('dwello.agent_parameters', '');
CREATE POLICY agent_parameters_read ON dwello.agent_parameters FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.agent_parameters TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.mandates (
  user_id uuid NOT NULL CONSTRAINT mandates_user_id_fkey REFERENCES dwello.users (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  limits jsonb NOT NULL
    CONSTRAINT mandates_limits_check CHECK (dwello.json_is_valid('mandate_limits', limits)),
  digest bytea NOT NULL CONSTRAINT mandates_digest_check CHECK (pg_catalog.octet_length(digest) = 32),
  token_id text,
  signed_at timestamptz NOT NULL,
  CONSTRAINT mandates_pkey PRIMARY KEY (user_id, id)
);
COMMENT ON TABLE dwello.mandates IS 'Limits that providers have signed for their agents; append only.';
COMMENT ON COLUMN dwello.mandates.limits IS 'The limits.';
COMMENT ON COLUMN dwello.mandates.digest IS 'SHA-256 of the provider and the limits.';
COMMENT ON COLUMN dwello.mandates.token_id IS 'Id of the token with which the provider signed; NULL = it had none.';
COMMENT ON COLUMN dwello.mandates.signed_at IS 'When they signed.';
SELECT pg_catalog.pg_extension_config_dump('dwello.mandates', '');
CREATE TRIGGER guard_append BEFORE UPDATE OR DELETE ON dwello.mandates
  FOR EACH ROW EXECUTE FUNCTION dwello.guard_append();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON dwello.mandates
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_append();
CREATE POLICY mandates_read ON dwello.mandates FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.mandates TO dwello_app, dwello_service, dwello_support, dwello_admin;

-- small, read by every decision: reference
CREATE TABLE dwello.agent_switches (
  scope text NOT NULL
    CONSTRAINT agent_switches_scope_check CHECK (scope IN ('platform', 'category', 'agent', 'provider')),
  id uuid NOT NULL,
  is_on boolean NOT NULL,
  reason text,
  actor_id uuid NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT agent_switches_pkey PRIMARY KEY (scope, id),
  CONSTRAINT agent_switches_platform_check
    CHECK ((scope = 'platform') = (id = '00000000-0000-0000-0000-000000000000'))
);
COMMENT ON TABLE dwello.agent_switches IS 'Switches by which agents are stopped; where there is no row they are on.';
COMMENT ON COLUMN dwello.agent_switches.scope IS 'What is switched: platform, category (with those below it), agent, or provider.';
COMMENT ON COLUMN dwello.agent_switches.id IS 'The category, or the provider; the nil UUID for the platform.';
COMMENT ON COLUMN dwello.agent_switches.is_on IS 'Agents may work.';
COMMENT ON COLUMN dwello.agent_switches.reason IS 'Why it was switched; NULL if not said.';
SELECT pg_catalog.pg_extension_config_dump('dwello.agent_switches', '');
CREATE POLICY agent_switches_read ON dwello.agent_switches FOR SELECT
  USING (id = dwello.current_user_id()
    OR (scope IN ('platform', 'category') AND dwello.current_user_id() IS NOT NULL));
GRANT SELECT (scope, id, is_on, reason, updated_at) ON dwello.agent_switches
  TO dwello_app, dwello_support, dwello_admin;
GRANT SELECT ON dwello.agent_switches TO dwello_service;

/*
 * What came of a decision, as its provider may know it: whether they won,
 * and never what a rival asked.
 */
CREATE TABLE dwello.agent_outcomes (
  user_id uuid NOT NULL CONSTRAINT agent_outcomes_user_id_fkey REFERENCES dwello.users (id),
  job_id uuid NOT NULL,
  decision_id uuid NOT NULL,
  outcome text NOT NULL
    CONSTRAINT agent_outcomes_outcome_check CHECK (outcome IN ('won', 'lost', 'censored')),
  amount bigint NOT NULL CONSTRAINT agent_outcomes_amount_check CHECK (amount > 0),
  decided_at timestamptz NOT NULL,
  learned_version integer,
  CONSTRAINT agent_outcomes_pkey PRIMARY KEY (user_id, job_id, decision_id)
);
-- what is still to be learned
CREATE INDEX agent_outcomes_unlearned_idx ON dwello.agent_outcomes (user_id, decided_at)
  WHERE learned_version IS NULL;
COMMENT ON TABLE dwello.agent_outcomes IS 'What came of the bids of agents; user_id is the agent''s provider.';
COMMENT ON COLUMN dwello.agent_outcomes.decision_id IS 'The decision that the bid came from: a row of ai_agent_activity.';
COMMENT ON COLUMN dwello.agent_outcomes.outcome IS 'won; lost: another bid won; censored: the job ended otherwise, or the bid was taken back.';
COMMENT ON COLUMN dwello.agent_outcomes.amount IS 'What the agent''s bid asked in the end, in minor units.';
COMMENT ON COLUMN dwello.agent_outcomes.decided_at IS 'When it was decided.';
COMMENT ON COLUMN dwello.agent_outcomes.learned_version IS 'The version of parameters that learned from it; NULL = none yet.';
SELECT pg_catalog.pg_extension_config_dump('dwello.agent_outcomes', '');
CREATE POLICY agent_outcomes_read ON dwello.agent_outcomes FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.agent_outcomes TO dwello_app, dwello_service, dwello_support, dwello_admin;

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
-- what no worker has made answers of yet
CREATE INDEX agent_work_waiting_idx ON dwello.agent_work (created_at, job_id) WHERE claimed_at IS NULL;
COMMENT ON TABLE dwello.agent_work IS 'Jobs that agents have to look at, once for each version of their terms.';
COMMENT ON COLUMN dwello.agent_work.attempts IS 'How often a server process died while its agents were looked for; at three it is left.';
COMMENT ON COLUMN dwello.agent_work.run_after IS 'Not before this time it is worked on; NULL = at once.';
COMMENT ON COLUMN dwello.agent_work.claimed_at IS 'When its answers were made; NULL = not yet.';
COMMENT ON COLUMN dwello.agent_work.done_at IS 'When the last of its answers was given; NULL = not yet.';
SELECT pg_catalog.pg_extension_config_dump('dwello.agent_work', '');
GRANT SELECT ON dwello.agent_work TO dwello_service;

/*
 * That an agent answers a version of a job's terms once: its key is what
 * makes it once.  The row is also what it waits for and who has it.  Ids are
 * those of rows that are locked or were just read when it is written; a
 * foreign key would lock them anew for each row, which is half of what a
 * decision costs.
 */
CREATE TABLE dwello.agent_answers (
  job_id uuid NOT NULL,
  terms_version integer NOT NULL,
  agent_id uuid NOT NULL,
  state dwello.answer_state NOT NULL DEFAULT 'waiting',
  run_after timestamptz NOT NULL DEFAULT pg_catalog.now(),
  attempts integer NOT NULL DEFAULT 0 CONSTRAINT agent_answers_attempts_check CHECK (attempts >= 0),
  is_model boolean NOT NULL DEFAULT false,
  claim_id uuid,
  lease_until timestamptz,
  decision_id uuid,
  arrived_on date,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT agent_answers_pkey PRIMARY KEY (job_id, terms_version, agent_id),
  CONSTRAINT agent_answers_claim_check CHECK (state <> 'claimed' OR (claim_id IS NOT NULL AND lease_until IS NOT NULL)),
  CONSTRAINT agent_answers_decision_check CHECK (state <> 'answered' OR decision_id IS NOT NULL)
);
CREATE INDEX agent_answers_agent_id_idx ON dwello.agent_answers (agent_id, job_id);
CREATE INDEX agent_answers_due_idx ON dwello.agent_answers (run_after, job_id)
  WHERE state IN ('waiting', 'deferred');
-- what is decided alone, for a server process died over it
CREATE INDEX agent_answers_suspect_idx ON dwello.agent_answers (job_id)
  WHERE attempts > 0 AND state IN ('waiting', 'deferred');
CREATE INDEX agent_answers_model_idx ON dwello.agent_answers (run_after, job_id)
  WHERE is_model AND state <> 'answered';
CREATE INDEX agent_answers_lease_idx ON dwello.agent_answers (lease_until, job_id)
  WHERE state = 'claimed';
CREATE INDEX agent_answers_quarantined_idx ON dwello.agent_answers (job_id)
  WHERE state = 'quarantined';
COMMENT ON TABLE dwello.agent_answers IS
  'Which agents look at a published version of a job''s terms, each once; until it has answered, what it waits for and who has it.';
COMMENT ON COLUMN dwello.agent_answers.agent_id IS 'The agent''s provider.';
COMMENT ON COLUMN dwello.agent_answers.state IS 'How far it is.';
COMMENT ON COLUMN dwello.agent_answers.run_after IS 'Not before this time it is decided.';
COMMENT ON COLUMN dwello.agent_answers.attempts IS 'How often a server process died over it; at three it is quarantined.';
COMMENT ON COLUMN dwello.agent_answers.is_model IS 'An outside model may claim it until run_after; then the agent itself decides.';
COMMENT ON COLUMN dwello.agent_answers.claim_id IS 'The claim under which an outside model has it; NULL = none has.';
COMMENT ON COLUMN dwello.agent_answers.lease_until IS 'Until when that claim holds.';
COMMENT ON COLUMN dwello.agent_answers.decision_id IS 'The last decision: a row of ai_agent_activity; NULL = none yet.';
COMMENT ON COLUMN dwello.agent_answers.arrived_on IS 'Day of the provider''s calendar on which the job counted as one worth a bid; NULL = not yet.';
SELECT pg_catalog.pg_extension_config_dump('dwello.agent_answers', '');
CREATE POLICY agent_answers_read ON dwello.agent_answers FOR SELECT
  USING (agent_id = dwello.current_user_id());
GRANT SELECT ON dwello.agent_answers TO dwello_service;
-- to the provider when their agent looks again, but no claim
GRANT SELECT (job_id, terms_version, agent_id, state, run_after, decision_id, created_at)
  ON dwello.agent_answers TO dwello_app, dwello_support, dwello_admin;

-- partitioned by month, as sql/admin/tables.sql says of all logs
CREATE TABLE dwello.ai_agent_activity (
  job_id uuid NOT NULL,
  user_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  terms_version integer NOT NULL,
  action_type dwello.agent_action NOT NULL,
  reason text,
  confidence numeric CONSTRAINT ai_agent_activity_confidence_check CHECK (confidence BETWEEN 0 AND 1),
  win_probability float8 CONSTRAINT ai_agent_activity_probability_check CHECK (win_probability BETWEEN 0 AND 1),
  amount bigint,
  base_amount bigint,
  currency text,
  inputs jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT ai_agent_activity_inputs_check CHECK (dwello.json_is_valid('decision_inputs', inputs)),
  parameters_version integer,
  mandate_id uuid,
  core_version integer,
  counted_on date,
  decision_id uuid,
  actor_id uuid,
  created_at timestamptz NOT NULL
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE dwello.ai_agent_activity IS 'Every decision of every agent, and what came of it, by month; user_id is the agent''s provider.';
COMMENT ON COLUMN dwello.ai_agent_activity.user_id IS 'The agent''s provider.';
COMMENT ON COLUMN dwello.ai_agent_activity.action_type IS 'What the agent did.';
COMMENT ON COLUMN dwello.ai_agent_activity.confidence IS 'How sure the agent was, 0 to 1.';
COMMENT ON COLUMN dwello.ai_agent_activity.reason IS 'Code of the reason; NULL where nothing needs saying.';
COMMENT ON COLUMN dwello.ai_agent_activity.win_probability IS 'Chance to win at this amount, as decided on, 0 to 1; NULL where no price was reached.';
COMMENT ON COLUMN dwello.ai_agent_activity.amount IS 'What was bid or proposed, in minor units; NULL where no price was reached.';
COMMENT ON COLUMN dwello.ai_agent_activity.base_amount IS 'The same without the strategy''s multiplier, in minor units: what a win adds to reference prices.';
COMMENT ON COLUMN dwello.ai_agent_activity.inputs IS 'Everything the decision was made from: it can be recomputed from this.';
COMMENT ON COLUMN dwello.ai_agent_activity.parameters_version IS 'Which of agent_parameters it was made with; 0 = what every agent begins with.';
COMMENT ON COLUMN dwello.ai_agent_activity.mandate_id IS 'The mandate it was made under; NULL = none.';
COMMENT ON COLUMN dwello.ai_agent_activity.core_version IS 'Version of the rules it was made by; NULL on a row that decides nothing.';
COMMENT ON COLUMN dwello.ai_agent_activity.counted_on IS 'Day of the provider''s calendar on which a bid counts; NULL where none was counted.';
COMMENT ON COLUMN dwello.ai_agent_activity.decision_id IS 'The decision that this row follows; NULL on a decision itself.';
COMMENT ON COLUMN dwello.ai_agent_activity.actor_id IS 'Who approved, rejected or proposed it; NULL = the agent.';
SELECT pg_catalog.pg_extension_config_dump('dwello.ai_agent_activity', '');
CREATE POLICY ai_agent_activity_read ON dwello.ai_agent_activity FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.ai_agent_activity TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.ai_agent_activity_default PARTITION OF dwello.ai_agent_activity DEFAULT;
COMMENT ON TABLE dwello.ai_agent_activity_default IS 'Rows for which no month has been made; empty in health.';
SELECT pg_catalog.pg_extension_config_dump('dwello.ai_agent_activity_default', '');
