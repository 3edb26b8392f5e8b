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

CREATE TABLE dwello.system_settings (
  name text PRIMARY KEY
    CONSTRAINT system_settings_name_fkey REFERENCES dwello.system_settings_defaults (name),
  value text,
  version integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE dwello.system_settings IS 'An operator''s own value of a setting; NULL once he has gone back to the built-in one.';
SELECT pg_catalog.pg_extension_config_dump('dwello.system_settings', '');

INSERT INTO dwello.system_settings_defaults (name, value, description) VALUES
  ('platform_name', 'Dwello', 'Name of the platform.'),
  ('max_bid_radius_miles', '50', 'Farthest a provider may be from a job, in miles.'),
  ('job_expiry_days', '30', 'Days a published job takes bids.'),
  ('bid_expiry_days', '7', 'Days a bid stands, unless it names a time.'),
  ('min_bid_amount', '5000', 'Smallest eligible bid, in minor units.'),
  ('max_photos_per_job', '10', 'Photos a job may have.'),
  ('email_verification_required', 'true', 'A user must have his e-mail address verified to become active.'),
  ('phone_verification_required', 'false', 'A user must have his telephone number verified to become active.'),
  ('auto_approve_providers', 'false', 'A provider becomes active without being checked.'),
  ('award_confirm_hours', '48', 'Hours a provider has to confirm an award.'),
  ('payment_minutes', '15', 'Minutes a payment may take before it counts as failed.'),
  ('auto_release_days', '14', 'Days after which submitted work is released unless the homeowner answers.'),
  ('dispute_provider_days', '4', 'Days a provider has to answer a dispute.'),
  ('dispute_homeowner_days', '14', 'Days a homeowner has to answer a dispute.'),
  ('mediation_days', '30', 'Days a mediator has once both sides of a dispute have named a figure.'),
  ('payout_hold_days', '2', 'Days a payout is held before it may be sent.'),
  ('fold_margin_seconds', '3600', 'Seconds that entries of the ledger rest before they are folded: more than any clock here will ever be set back.'),
  ('review_reveal_days', '14', 'Days after which a review is shown although the other side wrote none.'),
  ('market_radius_miles', '50', 'Radius of winning prices that make a market reference, in miles.'),
  ('market_minimum', '5', 'Winning prices needed for a market reference.'),
  ('agent_month_bids_basic', '50', 'Bids a month of a bidding agent of the basic tier; 0 = unlimited, as for the others.'),
  ('agent_month_bids_premium', '200', 'Bids a month of a bidding agent of the premium tier.'),
  ('agent_month_bids_enterprise', '0', 'Bids a month of a bidding agent of the enterprise tier.'),
  ('match_radius_miles', '25', 'How far jobs are shown to a provider whose agent has no radius, in miles.'),
  ('match_budget_reference', '500000', 'Budget that counts in full when jobs are matched, in minor units, unless the provider names one.'),
  ('match_freshness_hours', '72', 'Hours after which a job counts as half as fresh when jobs are matched.'),
  ('match_weight_nearness', '35', 'Weight of the nearness of a job when jobs are matched; the five weights count by their share of the sum.'),
  ('match_weight_budget', '20', 'Weight of the budget of a job.'),
  ('match_weight_category', '20', 'Weight of how well the category of a job fits.'),
  ('match_weight_urgency', '10', 'Weight of the urgency of a job.'),
  ('match_weight_freshness', '15', 'Weight of how lately a job was published.'),
  ('saved_searches_max', '20', 'Searches that a provider may save.'),
  ('event_attempts', '10', 'Times an event is given to a consumer before it is left aside as dead.'),
  ('event_retry_seconds', '5', 'Seconds before a failed event is given again; twice as many after each further failure, up to an hour.');

CREATE POLICY system_settings_defaults_read ON dwello.system_settings_defaults FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL);
CREATE POLICY system_settings_read ON dwello.system_settings FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL);
GRANT SELECT ON dwello.system_settings_defaults, dwello.system_settings
  TO dwello_app, dwello_service, dwello_support, dwello_admin;

/*
 * Feature flags, in the same two layers.  A flag that is off is off for all;
 * on, it is on for the users it names, and for the rollout's share of those
 * whom its targets fit.
 */
CREATE TABLE dwello.feature_flags_defaults (
  name text CONSTRAINT feature_flags_defaults_pkey PRIMARY KEY,
  is_enabled boolean NOT NULL,
  rollout_percentage integer NOT NULL,
  targets jsonb NOT NULL,
  description text NOT NULL
);
COMMENT ON TABLE dwello.feature_flags_defaults IS 'Built-in state of every feature flag; belongs to the version, not to the dump.';

CREATE TABLE dwello.feature_flags (
  name text CONSTRAINT feature_flags_pkey PRIMARY KEY,
  is_enabled boolean NOT NULL,
  rollout_percentage integer NOT NULL
    CONSTRAINT feature_flags_rollout_check CHECK (rollout_percentage BETWEEN 0 AND 100),
  targets jsonb NOT NULL DEFAULT '{}',
  user_ids uuid[] NOT NULL DEFAULT '{}',
  version integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE dwello.feature_flags IS 'An operator''s own state of a flag, or a flag of his own.';
SELECT pg_catalog.pg_extension_config_dump('dwello.feature_flags', '');

INSERT INTO dwello.feature_flags_defaults (name, is_enabled, rollout_percentage, targets, description) VALUES
  ('ai_bidding_enabled', true, 50, '{"user_types": ["service_provider"], "minimum_rating": 4.0}', 'Agents bid for providers.'),
  ('video_calls_enabled', false, 0, '{}', 'Video calls between the two sides of a job.'),
  ('advanced_analytics', true, 100, '{"user_types": ["admin"]}', 'Reports for administrators.'),
  ('mobile_app_notifications', true, 100, '{}', 'Notifications in the mobile app.'),
  ('escrow_payments', true, 100, '{"regions": ["US", "CA"]}', 'Payment through escrow.');

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

CREATE POLICY feature_flags_defaults_read ON dwello.feature_flags_defaults FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL);
CREATE POLICY feature_flags_read ON dwello.feature_flags FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL);
GRANT SELECT ON dwello.feature_flags_defaults, dwello.flags
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
GRANT SELECT (name, is_enabled, rollout_percentage, targets, version, updated_at)
  ON dwello.feature_flags TO dwello_app, dwello_service, dwello_support, dwello_admin;
