CREATE VIEW dwello.error_codes WITH (security_invoker = true) AS
  SELECT e.code, e.name, e.http_status, e.retryable, e.meaning FROM dwello.error_codes() AS e;
COMMENT ON VIEW dwello.error_codes IS 'The SQLSTATEs of class WD, as dwello.error_codes() lists them.';
COMMENT ON COLUMN dwello.error_codes.code IS 'The SQLSTATE.';
COMMENT ON COLUMN dwello.error_codes.http_status IS 'The HTTP status that fits.';
COMMENT ON COLUMN dwello.error_codes.retryable IS 'The same request may succeed later.';
COMMENT ON COLUMN dwello.error_codes.meaning IS 'What happened, and what to do.';
GRANT SELECT ON dwello.error_codes
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;

/*
 * Settings: the version's defaults, which nobody writes and no dump carries,
 * and the operator's own values over them.
 */
CREATE TABLE dwello.system_settings_defaults (
  name text PRIMARY KEY,
  value text NOT NULL,
  description text NOT NULL
);
COMMENT ON TABLE dwello.system_settings_defaults IS 'Built-in value of every setting; belongs to the version, not to the dump.';

INSERT INTO dwello.system_settings_defaults (name, value, description) VALUES
  ('platform_name', 'Dwello', 'Name of the platform.'),
  ('platform_timezone', 'UTC', 'Time zone whose day is the one on which a transaction is booked.'),
  ('max_bid_radius_miles', '50', 'Farthest a provider may be from a job, in miles.'),
  ('job_expiry_days', '30', 'Days a published job takes bids.'),
  ('bid_expiry_days', '7', 'Days a bid stands, unless it names a time.'),
  ('counter_expiry_hours', '48', 'Hours a counter-offer stands, unless it names a time.'),
  ('job_invites_max', '20', 'Invitations and offers of a job that its homeowner may make.'),
  ('counter_rounds_max', '6', 'Counter-offers that both sides together may make about one bid.'),
  ('bid_revisions_per_day', '10', 'Times in 24 hours that a provider may change what they offer for a job, a bid after one that ended included.'),
  ('rank_refresh_hours', '1', 'Hours between two looks at the third of a rank_only job in which a bid stands.'),
  ('max_photos_per_job', '10', 'Photos a job may have.'),
  ('api_key_environment', 'live', 'Which API keys are made, and let in: live or test. A test database refuses the keys of the live one that it was copied from.'),
  ('api_keys_max', '20', 'API keys that a user may have at a time.'),
  ('codes_per_hour', '5', 'Codes that a user may be sent in an hour, for each purpose.'),
  ('contact_days', '30', 'Days after a job is completed for which its two sides may open how to reach each other, and the provider where it is.'),
  ('contact_minutes', '10', 'Minutes for which a request to open a contact counts.'),
  ('session_days', '30', 'Days after which a session ends unless it is refreshed.'),
  ('sessions_max', '20', 'Open sessions of a user; one more ends the one that was used longest ago.'),
  ('email_verification_required', 'true', 'A user''s e-mail address must be verified before they become active.'),
  ('phone_verification_required', 'false', 'A user''s telephone number must be verified before they become active.'),
  ('auto_approve_providers', 'false', 'A provider becomes active without being checked.'),
  ('journal_second_approver', 'false', 'A journal is booked only once another administrator has approved it.'),
  ('payout_needs_tax_profile', 'false', 'Nobody is paid out who has no tax profile.'),
  ('start_requires', 'first_milestone', 'What must be paid before the work may begin: first_milestone, contract (all of it) or any (something).'),
  ('award_confirm_hours', '48', 'Hours a provider has to confirm an award.'),
  ('fund_days', '7', 'Days after the award is confirmed within which something must be paid, or the contract lapses.'),
  ('payment_minutes_card', '15', 'Minutes a payment by card, or by nobody knows what, may take before it expires.'),
  ('payment_minutes_wallet', '60', 'Minutes a payment by a wallet may take before it expires.'),
  ('payment_days_bank', '14', 'Days a payment from a bank account may take before it expires.'),
  ('auto_release_days', '14', 'Days after which submitted work is released unless the homeowner answers.'),
  ('refund_answer_days', '7', 'Days a provider has to answer a request for a refund; no answer is consent.'),
  ('no_show_answer_days', '4', 'Days a provider has to answer a report that they did not come; no answer is consent.'),
  ('dispute_provider_days', '4', 'Days a provider has to answer a dispute.'),
  ('dispute_homeowner_days', '14', 'Days a homeowner has to answer a dispute.'),
  ('mediation_days', '30', 'Days a mediator has once both sides of a dispute have named a figure.'),
  ('dispute_days_after_release', '30', 'Days after a release within which the homeowner may dispute it; 0 = not at all.'),
  ('payout_schedule', 'manual', 'When request_due_payouts() asks for payouts: manual (never), daily, or weekly_ and a day, such as weekly_monday.'),
  ('authorization_warn_hours', '24', 'Hours before the end of an authorization at which it is told of.'),
  ('tip_fee_ppm', '0', 'Part of a tip that the platform keeps, in parts per million.'),
  ('payout_hold_days', '2', 'Days a payout is held before it may be sent.'),
  ('reserve_ppm', '0', 'Share of what a release brings the provider that is kept back for reserve_days, in parts per million; 0 = none.'),
  ('reserve_days', '90', 'Days after which what was kept back is theirs again.'),
  ('receipt_warn_days', '30', 'Days after which check() tells of money that fits nothing and is still held; 0 = never.'),
  ('receipt_default_surplus', 'return', 'What is done with money that does not fit: return or hold; here, when more arrived than the contract takes.'),
  ('receipt_default_second_charge', 'return', 'What is done with money that does not fit: return or hold; here, when nothing was asked for any more.'),
  ('receipt_default_wrong_currency', 'hold', 'What is done with money that does not fit: return or hold; here, when it is in another currency.'),
  ('receipt_default_unknown_job', 'hold', 'What is done with money that does not fit: return or hold; here, when no job that is there was named.'),
  ('receipt_default_job_over', 'hold', 'What is done with money that does not fit: return or hold; here, when the job is over.'),
  ('receipt_default_late', 'hold', 'What is done with money that does not fit: return or hold; here, when the payment had been given up, or ended.'),
  ('rollup_margin_seconds', '3600', 'Seconds that entries of the ledger rest before they are rolled up: more than any clock here will ever be set back.'),
  ('review_reveal_days', '14', 'Days after which a review is shown although the other side wrote none.'),
  ('market_radius_miles', '50', 'Radius of paid prices that make a market reference, in miles.'),
  ('market_minimum', '5', 'People on each side whose prices a market reference needs.'),
  ('agent_month_bids_basic', '50', 'Bids a month of a bidding agent of the basic tier; 0 = unlimited, as for the others.'),
  ('agent_month_bids_premium', '200', 'Bids a month of a bidding agent of the premium tier.'),
  ('agent_month_bids_enterprise', '0', 'Bids a month of a bidding agent of the enterprise tier.'),
  ('agent_model_minutes', '30', 'Minutes that an agent leaves a job to its outside model before it decides by itself.'),
  ('agent_promote_trials', '30', 'Outcomes that an agent''s parameters in shadow must have foretold before they can be promoted.'),
  ('agent_promote_days', '90', 'Days whose jobs an agent''s parameters in shadow are replayed on before they are promoted.'),
  ('max_agents_per_job', '50', 'Agents that look at a version of a job, the fittest.'),
  ('agent_base_aggressive_ppm', '850000', 'What an aggressive agent multiplies the anchor by, in parts per million.'),
  ('agent_base_balanced_ppm', '1000000', 'The same for a balanced agent.'),
  ('agent_base_premium_ppm', '1150000', 'The same for a premium agent.'),
  ('agent_kappa_aggressive_ppm', '1500000', 'Weight of the chance to win against the profit in an aggressive price, in parts per million.'),
  ('agent_kappa_balanced_ppm', '1000000', 'The same for a balanced agent: the price with the most profit to be expected.'),
  ('agent_kappa_premium_ppm', '600000', 'The same for a premium agent.'),
  ('agent_band_ppm', '100000', 'How far round its base a price is looked for, in parts per million.'),
  ('agent_rivals', '3000000000', 'Rivals that an agent expects before it has learned anything, in billionths.'),
  ('agent_sure_samples', '20', 'Outcomes that the beginning of what agents know is worth, in how sure a shown chance is.'),
  ('agent_pacing', 'true', 'Whether a job waits for better ones of the day when an agent has few bids left.'),
  ('agent_arrivals_weight', '250000', 'What the usual number of jobs a day counts against those of the day, in millionths of a day.'),
  ('agent_recheck_minutes', '60', 'Minutes after which a deferred job is looked at again, unless it is known when.'),
  ('learning_mean_one', '0', 'Where the weight of every bid in the chance to win begins, in billionths.'),
  ('learning_mean_price', '-6000000000', 'Where the weight of the logarithm of the price against the anchor in the chance to win begins, in billionths.'),
  ('learning_mean_rating', '2000000000', 'Where the weight of the rating in the chance to win begins, in billionths.'),
  ('learning_mean_distance', '500000000', 'Where the weight of the nearness in the chance to win begins, in billionths.'),
  ('learning_mean_time', '500000000', 'Where the weight of the days offered in the chance to win begins, in billionths.'),
  ('learning_weight_one', '300000000', 'How firm the beginning of the weight of every bid is, in billionths.'),
  ('learning_weight_price', '10000000000', 'How firm the beginning of the weight of the logarithm of the price against the anchor is, in billionths.'),
  ('learning_weight_rating', '300000000', 'How firm the beginning of the weight of the rating is, in billionths.'),
  ('learning_weight_distance', '300000000', 'How firm the beginning of the weight of the nearness is, in billionths.'),
  ('learning_weight_time', '300000000', 'How firm the beginning of the weight of the days offered is, in billionths.'),
  ('learning_slope_max', '-1000000000', 'Weight of the price at most, whatever is learned, in billionths; below zero.'),
  ('learning_step_max', '500000000', 'By how much one outcome moves a weight at most, in billionths.'),
  ('learning_keep_ppm', '995000', 'What is kept at each outcome of what was learned, in parts per million.'),
  ('learning_shown_weight_shift', '500000000', 'How firm the shift of the shown chance begins, in billionths.'),
  ('learning_shown_weight_scale', '500000000', 'How firm the scale of the shown chance begins, in billionths.'),
  ('learning_shown_keep_ppm', '997000', 'As learning_keep_ppm, for the shown chance.'),
  ('anchor_winners', '5', 'Distinct winners whose prices make an anchor, at least.'),
  ('anchor_share_ppm', '400000', 'Share of one winner in an anchor at most, in parts per million.'),
  ('anchor_band_ppm', '300000', 'How far an anchor may be from the reference of its category, in parts per million.'),
  ('anchor_reference', '3000000', 'What the reference of the job counts in an anchor, as so many prices of today, in millionths.'),
  ('goal_step_ppm', '20000', 'By how much one outcome moves the pace of a goal at most, in parts per million.'),
  ('goal_least_ppm', '800000', 'The pace of a goal at least: what prices are multiplied by, in parts per million.'),
  ('goal_most_ppm', '1250000', 'The pace of a goal at most.'),
  ('match_radius_miles', '25', 'How far jobs are shown to a provider whose agent has no radius, in miles.'),
  ('match_freshness_hours', '72', 'Hours after which a job counts as half as fresh when jobs are matched.'),
  ('match_weight_nearness', '35', 'Weight of the nearness of a job when jobs are matched; the five weights count by their share of the sum.'),
  ('match_weight_budget', '20', 'Weight of the budget of a job.'),
  ('match_weight_category', '20', 'Weight of how well the category of a job fits.'),
  ('match_weight_urgency', '10', 'Weight of the urgency of a job.'),
  ('match_weight_freshness', '15', 'Weight of how lately a job was published.'),
  ('saved_searches_max', '20', 'Searches that a provider may save.'),
  ('event_attempts', '10', 'Times an event is given to a consumer before it is left aside as dead.'),
  ('event_retry_seconds', '5', 'Seconds before a failed event is given again; twice as many after each further failure, up to an hour.'),
  ('token_lag_seconds', '0', 'Seconds that a standby may be behind before it refuses tokens, which may have been revoked meanwhile; 0 = it never does.'),
  ('k_anonymity', '5', 'People whom a group of the views for analysts has at the least.');

-- what matching keeps in memory; always, for a replica's backends keep it, too
CREATE TRIGGER forget_row AFTER INSERT OR UPDATE OR DELETE ON dwello.system_settings_defaults
  FOR EACH ROW EXECUTE FUNCTION dwello.forget_kept('system_settings_defaults');
CREATE TRIGGER forget_all AFTER TRUNCATE ON dwello.system_settings_defaults
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.forget_kept('system_settings_defaults');
ALTER TABLE dwello.system_settings_defaults ENABLE ALWAYS TRIGGER forget_row, ENABLE ALWAYS TRIGGER forget_all;
CREATE POLICY system_settings_defaults_read ON dwello.system_settings_defaults FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL);
GRANT SELECT ON dwello.system_settings_defaults TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.system_settings (
  name text PRIMARY KEY
    CONSTRAINT system_settings_name_fkey REFERENCES dwello.system_settings_defaults (name),
  value text,
  version integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE dwello.system_settings IS 'An operator''s own value of a setting; NULL once set back to the built-in one.';
SELECT pg_catalog.pg_extension_config_dump('dwello.system_settings', '');
-- what matching keeps in memory; always, for a replica's backends keep it, too
CREATE TRIGGER forget_row AFTER INSERT OR UPDATE OR DELETE ON dwello.system_settings
  FOR EACH ROW EXECUTE FUNCTION dwello.forget_kept('system_settings');
CREATE TRIGGER forget_all AFTER TRUNCATE ON dwello.system_settings
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.forget_kept('system_settings');
ALTER TABLE dwello.system_settings ENABLE ALWAYS TRIGGER forget_row, ENABLE ALWAYS TRIGGER forget_all;
CREATE POLICY system_settings_read ON dwello.system_settings FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL);
GRANT SELECT ON dwello.system_settings TO dwello_app, dwello_service, dwello_support, dwello_admin;

/*
 * Settings that are amounts of money: the operator's own, one for a currency.
 */
CREATE TABLE dwello.setting_amounts (
  name text NOT NULL
    CONSTRAINT setting_amounts_name_check CHECK (name IN ('max_amount', 'min_bid_amount', 'match_budget_reference', 'payout_minimum', 'payout_fee')),
  currency text NOT NULL CONSTRAINT setting_amounts_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  amount bigint CONSTRAINT setting_amounts_amount_check CHECK (amount BETWEEN 0 AND 1000000000000000),
  version integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT setting_amounts_pkey PRIMARY KEY (name, currency)
);
COMMENT ON TABLE dwello.setting_amounts IS
  'An operator''s own amounts: the largest that anybody may name, the smallest eligible bid, the budget that counts in full when jobs are matched, the smallest payout, what a payout costs the provider; dwello.setting_amounts() has those in force.';
COMMENT ON COLUMN dwello.setting_amounts.amount IS 'In minor units; 0 = none, NULL = the built-in one.';
SELECT pg_catalog.pg_extension_config_dump('dwello.setting_amounts', '');
-- what is kept in memory; always, for a replica's backends keep it, too
CREATE TRIGGER forget_row AFTER INSERT OR UPDATE OR DELETE ON dwello.setting_amounts
  FOR EACH ROW EXECUTE FUNCTION dwello.forget_kept('setting_amounts');
CREATE TRIGGER forget_all AFTER TRUNCATE ON dwello.setting_amounts
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.forget_kept('setting_amounts');
ALTER TABLE dwello.setting_amounts ENABLE ALWAYS TRIGGER forget_row, ENABLE ALWAYS TRIGGER forget_all;
CREATE POLICY setting_amounts_read ON dwello.setting_amounts FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL);
GRANT SELECT ON dwello.setting_amounts TO dwello_app, dwello_service, dwello_support, dwello_admin;

/*
 * Feature flags, in the same two layers.  A flag that is off is off for all;
 * on, it is on for the users it names, and for the rollout's share of those
 * whom its targets fit.
 */
CREATE TABLE dwello.feature_flags_defaults (
  name text CONSTRAINT feature_flags_defaults_pkey PRIMARY KEY,
  is_enabled boolean NOT NULL,
  rollout_percentage integer NOT NULL,
  targets jsonb NOT NULL
    CONSTRAINT feature_flags_defaults_targets_check CHECK (dwello.json_is_valid('flag_targets', targets)),
  description text NOT NULL
);
COMMENT ON TABLE dwello.feature_flags_defaults IS 'Built-in state of every feature flag; belongs to the version, not to the dump.';

INSERT INTO dwello.feature_flags_defaults (name, is_enabled, rollout_percentage, targets, description) VALUES
  ('ai_bidding_enabled', true, 50, '{"user_types": ["service_provider"], "minimum_rating": 4.0}', 'Agents bid for providers.'),
  ('video_calls_enabled', false, 0, '{}', 'Video calls between the two sides of a job.'),
  ('advanced_analytics', true, 100, '{"user_types": ["admin"]}', 'Reports for administrators.'),
  ('mobile_app_notifications', true, 100, '{}', 'Notifications in the mobile app.'),
  ('escrow_payments', true, 100, '{"regions": ["US", "CA"]}', 'Payment through escrow.');

CREATE POLICY feature_flags_defaults_read ON dwello.feature_flags_defaults FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL);
GRANT SELECT ON dwello.feature_flags_defaults TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.feature_flags (
  name text CONSTRAINT feature_flags_pkey PRIMARY KEY,
  is_enabled boolean NOT NULL,
  rollout_percentage integer NOT NULL
    CONSTRAINT feature_flags_rollout_check CHECK (rollout_percentage BETWEEN 0 AND 100),
  targets jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT feature_flags_targets_check CHECK (dwello.json_is_valid('flag_targets', targets)),
  user_ids uuid[] NOT NULL DEFAULT '{}',
  version integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE dwello.feature_flags IS 'An operator''s own state of a flag, or a flag of their own.';
COMMENT ON COLUMN dwello.feature_flags.user_ids IS 'Users who have it whatever the rollout and the targets say.';
SELECT pg_catalog.pg_extension_config_dump('dwello.feature_flags', '');
CREATE POLICY feature_flags_read ON dwello.feature_flags FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL);
GRANT SELECT (name, is_enabled, rollout_percentage, targets, version, updated_at) ON dwello.feature_flags
  TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE VIEW dwello.flags WITH (security_invoker = true) AS
  SELECT COALESCE(f.name, d.name) AS name,
         COALESCE(f.is_enabled, d.is_enabled) AS is_enabled,
         COALESCE(f.rollout_percentage, d.rollout_percentage) AS rollout_percentage,
         COALESCE(f.targets, d.targets) AS targets,
         f.name IS NOT NULL AS is_overridden,
         COALESCE(f.version, 1) AS version,
         d.description
    FROM dwello.feature_flags_defaults AS d
    FULL JOIN dwello.feature_flags AS f USING (name);
COMMENT ON VIEW dwello.flags IS 'Every feature flag with the state in force: the operator''s, else the built-in one. Whom a flag names is in feature_flags, for the owner alone.';
GRANT SELECT ON dwello.flags TO dwello_app, dwello_service, dwello_support, dwello_admin;

/*
 * Every setting with the value in force.  The platform's percentage is no
 * setting of its own: there is one source of it, the default fee schedule.
 */
CREATE VIEW dwello.settings WITH (security_invoker = true) AS
  SELECT d.name,
         COALESCE(s.value, d.value) AS value,
         s.value IS NOT NULL AS is_overridden,
         COALESCE(s.version, 1) AS version,
         d.description
    FROM dwello.system_settings_defaults AS d
    LEFT JOIN dwello.system_settings AS s USING (name)
  UNION ALL
  SELECT 'platform_fee_percentage',
         pg_catalog.trim_scale(f.rate_ppm / 10000.0)::text,
         NOT f.is_builtin,
         1,
         'Percentage of the default fee schedule.'
    FROM (SELECT f.rate_ppm, f.is_builtin
            FROM dwello.fee_schedules AS f
           WHERE f.category_id IS NULL AND f.currency IS NULL AND f.user_tier IS NULL
             AND f.valid @> pg_catalog.now()
           ORDER BY f.is_builtin
           LIMIT 1) AS f;
COMMENT ON VIEW dwello.settings IS 'Every setting with the value in force: the operator''s, else the built-in one.';
GRANT SELECT ON dwello.settings TO dwello_app, dwello_service, dwello_support, dwello_admin;

/*
 * Events that leave a command's own shard, and the records of requests.
 * Both go by scope_id, a job's or a user's id, without a foreign key.
 */
CREATE TABLE dwello.outbox (
  scope_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  aggregatetype text NOT NULL,
  aggregateid text NOT NULL,
  type text NOT NULL,
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  deliver_after timestamptz,
  applied_at timestamptz,
  CONSTRAINT outbox_pkey PRIMARY KEY (scope_id, id)
);
CREATE INDEX outbox_unapplied_idx ON dwello.outbox (id) WHERE applied_at IS NULL;
CREATE INDEX outbox_id_idx ON dwello.outbox (id);
CREATE INDEX outbox_payout_idx ON dwello.outbox (id) WHERE type = 'payout_requested';
COMMENT ON TABLE dwello.outbox IS
  'Events that commands emit, in the transaction of the command; dwello.deliver_events() applies them to users.';
COMMENT ON COLUMN dwello.outbox.aggregatetype IS 'Kind of the thing that changed.';
COMMENT ON COLUMN dwello.outbox.aggregateid IS 'Its id.';
COMMENT ON COLUMN dwello.outbox.type IS 'What happened to it.';
COMMENT ON COLUMN dwello.outbox.payload IS 'The event itself.';
COMMENT ON COLUMN dwello.outbox.deliver_after IS 'Not before this time it is delivered; put off when that failed, to infinity when too often.';
COMMENT ON COLUMN dwello.outbox.applied_at IS 'When it was applied to users; NULL = not yet.';
SELECT pg_catalog.pg_extension_config_dump('dwello.outbox', '');
GRANT SELECT ON dwello.outbox TO dwello_service;

CREATE TABLE dwello.outbox_consumers (
  consumer text NOT NULL,
  types text[],
  settled_id uuid NOT NULL,
  watermark_id uuid NOT NULL,
  watermark_xid bigint NOT NULL,
  created_at timestamptz NOT NULL,
  CONSTRAINT outbox_consumers_pkey PRIMARY KEY (consumer)
);
COMMENT ON TABLE dwello.outbox_consumers IS
  'Who reads the outbox by dwello.claim_events(), and from which event on; every worker of a consumer shares its row.';
COMMENT ON COLUMN dwello.outbox_consumers.types IS 'The types of events the consumer takes, in order; NULL = all.';
COMMENT ON COLUMN dwello.outbox_consumers.settled_id IS 'Every event before this id was given to the consumer, or is none of its types.';
SELECT pg_catalog.pg_extension_config_dump('dwello.outbox_consumers', '');
GRANT SELECT ON dwello.outbox_consumers TO dwello_service;

CREATE TABLE dwello.outbox_deliveries (
  scope_id uuid NOT NULL,
  event_id uuid NOT NULL,
  consumer text NOT NULL,
  attempts integer NOT NULL,
  is_waiting boolean NOT NULL DEFAULT false,
  lease_id uuid,
  run_after timestamptz NOT NULL,
  claimed_at timestamptz NOT NULL,
  done_at timestamptz,
  dead_at timestamptz,
  last_error text,
  CONSTRAINT outbox_deliveries_pkey PRIMARY KEY (scope_id, event_id, consumer),
  CONSTRAINT outbox_deliveries_event_fkey FOREIGN KEY (scope_id, event_id)
    REFERENCES dwello.outbox (scope_id, id) ON DELETE CASCADE,
  CONSTRAINT outbox_deliveries_end_check CHECK (done_at IS NULL OR dead_at IS NULL)
);
CREATE INDEX outbox_deliveries_open_idx ON dwello.outbox_deliveries (consumer, run_after)
  WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_deliveries_lease_idx ON dwello.outbox_deliveries (lease_id)
  WHERE done_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_deliveries_dead_idx ON dwello.outbox_deliveries (consumer, event_id)
  WHERE dead_at IS NOT NULL;
COMMENT ON TABLE dwello.outbox_deliveries IS
  'Events that were given to a consumer: under way, to be given again, done, or dead after too many attempts; and, as of the consumer deliver_events, those that could not be applied to users.';
COMMENT ON COLUMN dwello.outbox_deliveries.event_id IS 'The event that was given.';
COMMENT ON COLUMN dwello.outbox_deliveries.attempts IS 'How often it was given.';
COMMENT ON COLUMN dwello.outbox_deliveries.is_waiting IS 'True while it was not given yet: an intent of a payout that may not be sent.';
COMMENT ON COLUMN dwello.outbox_deliveries.lease_id IS 'The claim under which a worker has it; NULL once that has said that it failed.';
COMMENT ON COLUMN dwello.outbox_deliveries.run_after IS 'When it is given again unless it is done: the end of the lease, or of the pause after a failure.';
COMMENT ON COLUMN dwello.outbox_deliveries.dead_at IS 'When it was left aside after too many attempts; NULL = it was not.';
COMMENT ON COLUMN dwello.outbox_deliveries.last_error IS 'What the worker said when it failed last.';
SELECT pg_catalog.pg_extension_config_dump('dwello.outbox_deliveries', '');
GRANT SELECT ON dwello.outbox_deliveries TO dwello_service;

CREATE TABLE dwello.idempotency_keys (
  scope_id uuid NOT NULL,
  actor_id uuid NOT NULL,
  actor_role text NOT NULL,
  key text NOT NULL,
  function_name text NOT NULL,
  arguments bytea NOT NULL,
  result jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  CONSTRAINT idempotency_keys_pkey PRIMARY KEY (scope_id, actor_id, actor_role, key)
);
CREATE INDEX idempotency_keys_expires_at_idx ON dwello.idempotency_keys (expires_at);
COMMENT ON TABLE dwello.idempotency_keys IS
  'Requests done under a key, with keyed digests of their arguments and the row they returned; kept 30 days.';
COMMENT ON COLUMN dwello.idempotency_keys.key IS 'The key that the caller chose; another actor''s is another key.';
COMMENT ON COLUMN dwello.idempotency_keys.function_name IS 'The command that was called.';
COMMENT ON COLUMN dwello.idempotency_keys.arguments IS 'Keyed digests of its arguments.';
SELECT pg_catalog.pg_extension_config_dump('dwello.idempotency_keys', '');

CREATE TABLE dwello.platform_metrics (
  name text NOT NULL,
  measured_at timestamptz NOT NULL,
  value numeric NOT NULL,
  labels jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT platform_metrics_labels_check CHECK (dwello.json_is_valid('metric_labels', labels)),
  CONSTRAINT platform_metrics_pkey PRIMARY KEY (name, measured_at)
);
COMMENT ON TABLE dwello.platform_metrics IS 'Figures of the business over time.';
COMMENT ON COLUMN dwello.platform_metrics.measured_at IS 'When it was measured.';
COMMENT ON COLUMN dwello.platform_metrics.labels IS 'What the figure is broken down by.';
SELECT pg_catalog.pg_extension_config_dump('dwello.platform_metrics', '');
GRANT SELECT ON dwello.platform_metrics TO dwello_service;
