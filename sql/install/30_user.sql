/*
 * The user group: shard key user_id (users: id).  E-mail, phone, street and
 * credential numbers are sealed (bytea of crypto_store), looked up by blind
 * index; neither is granted to anybody.
 */
CREATE TABLE dwello.users (
  id uuid CONSTRAINT users_pkey PRIMARY KEY DEFAULT dwello.uuidv7(),
  user_type dwello.user_type NOT NULL,
  status dwello.user_status NOT NULL DEFAULT 'pending_verification',
  email bytea NOT NULL,
  email_index bytea NOT NULL,
  phone bytea,
  phone_index bytea,
  password_hash text,
  first_name text NOT NULL,
  last_name text NOT NULL,
  email_verified boolean NOT NULL DEFAULT false,
  phone_verified boolean NOT NULL DEFAULT false,
  provider_verified boolean NOT NULL DEFAULT false,
  profile_image_url text,
  timezone text NOT NULL DEFAULT 'UTC',
  language text NOT NULL DEFAULT 'en',
  last_login_at timestamptz,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  deleted_at timestamptz,
  CONSTRAINT users_phone_sealed_check CHECK ((phone IS NULL) = (phone_index IS NULL))
);
COMMENT ON TABLE dwello.users IS 'People: homeowners, providers and administrators. E-mail and phone are sealed.';
SELECT pg_catalog.pg_extension_config_dump('dwello.users', '');

CREATE TABLE dwello.user_emails (
  email_index bytea CONSTRAINT user_emails_pkey PRIMARY KEY,
  user_id uuid NOT NULL CONSTRAINT user_emails_user_id_xfk REFERENCES dwello.users (id)
);
CREATE INDEX user_emails_user_id_idx ON dwello.user_emails (user_id);
COMMENT ON TABLE dwello.user_emails IS 'Blind index of every e-mail address: unique everywhere, and the way to find a login.';
SELECT pg_catalog.pg_extension_config_dump('dwello.user_emails', '');

CREATE TABLE dwello.user_profiles (
  user_id uuid CONSTRAINT user_profiles_pkey PRIMARY KEY
    CONSTRAINT user_profiles_user_id_fkey REFERENCES dwello.users (id),
  bio text,
  company_name text,
  website text,
  years_experience integer CONSTRAINT user_profiles_years_check CHECK (years_experience BETWEEN 0 AND 100),
  specialties text[] NOT NULL DEFAULT '{}',
  service_areas jsonb,
  availability_schedule jsonb,
  emergency_available boolean NOT NULL DEFAULT false,
  insurance_info jsonb,
  license_info jsonb,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  -- what matching knows of a provider, from his other rows; kept by audience_store.c
  standing integer NOT NULL DEFAULT 0 CONSTRAINT user_profiles_standing_check CHECK (standing BETWEEN 0 AND 7),
  longitude float8,
  latitude float8,
  radius_miles float8,
  area geometry(Geometry, 4326),
  category_ids uuid[] NOT NULL DEFAULT '{}',
  capability_bits bigint NOT NULL DEFAULT 0,
  capability_from date,
  capability_until date,
  key dwello.agent_key GENERATED ALWAYS AS (CASE WHEN longitude IS NOT NULL THEN dwello.agent_key(
    longitude, latitude, radius_miles,
    CASE WHEN area IS NOT NULL THEN ARRAY[st_xmin(area), st_ymin(area), st_xmax(area), st_ymax(area)] END,
    category_ids, NULL, NULL, NULL, capability_bits | (standing::bigint << 16),
    capability_from, capability_until) END) STORED
);
-- key and id answer match_providers() without the rows
CREATE INDEX user_profiles_key_idx ON dwello.user_profiles USING gist (key dwello.agent_key_ops)
  INCLUDE (user_id) WHERE standing > 0;
COMMENT ON TABLE dwello.user_profiles IS 'What a user tells of himself, one row a user.';
SELECT pg_catalog.pg_extension_config_dump('dwello.user_profiles', '');

CREATE TABLE dwello.user_addresses (
  user_id uuid NOT NULL CONSTRAINT user_addresses_user_id_fkey REFERENCES dwello.users (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  address_type dwello.address_type NOT NULL,
  street bytea NOT NULL,
  city text NOT NULL,
  state text NOT NULL,
  postal_code text NOT NULL,
  country text NOT NULL,
  location geography(Point, 4326) NOT NULL,
  is_primary boolean NOT NULL DEFAULT false,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT user_addresses_pkey PRIMARY KEY (user_id, id)
);
CREATE UNIQUE INDEX user_addresses_primary_key ON dwello.user_addresses (user_id) WHERE is_primary;
COMMENT ON TABLE dwello.user_addresses IS 'Addresses of a user; the street is sealed, at most one is primary.';
SELECT pg_catalog.pg_extension_config_dump('dwello.user_addresses', '');

CREATE TABLE dwello.provider_credentials (
  user_id uuid NOT NULL CONSTRAINT provider_credentials_user_id_fkey REFERENCES dwello.users (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  credential_type dwello.credential_type NOT NULL,
  name text NOT NULL,
  issuer text,
  number bytea,
  valid_from date,
  valid_until date,
  amount bigint CONSTRAINT provider_credentials_amount_check CHECK (amount >= 0),
  years_experience integer CONSTRAINT provider_credentials_years_check CHECK (years_experience BETWEEN 0 AND 100),
  verified_at timestamptz,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT provider_credentials_pkey PRIMARY KEY (user_id, id),
  CONSTRAINT provider_credentials_dates_check CHECK (valid_from <= valid_until)
);
COMMENT ON TABLE dwello.provider_credentials IS 'Licences, insurances and the like of a provider; the number is sealed. Only a verified one counts.';
SELECT pg_catalog.pg_extension_config_dump('dwello.provider_credentials', '');

CREATE TABLE dwello.provider_stats (
  user_id uuid CONSTRAINT provider_stats_pkey PRIMARY KEY
    CONSTRAINT provider_stats_user_id_fkey REFERENCES dwello.users (id),
  as_of date NOT NULL,
  rating_weight bigint NOT NULL DEFAULT 0 CONSTRAINT provider_stats_rating_weight_check CHECK (rating_weight >= 0),
  rating_sum bigint NOT NULL DEFAULT 0 CONSTRAINT provider_stats_rating_sum_check CHECK (rating_sum >= 0),
  rating_square_sum bigint NOT NULL DEFAULT 0 CONSTRAINT provider_stats_rating_square_sum_check CHECK (rating_square_sum >= 0),
  completed bigint NOT NULL DEFAULT 0 CONSTRAINT provider_stats_completed_check CHECK (completed >= 0),
  awarded bigint NOT NULL DEFAULT 0 CONSTRAINT provider_stats_awarded_check CHECK (awarded >= 0),
  review_count integer NOT NULL DEFAULT 0,
  completed_count integer NOT NULL DEFAULT 0,
  awarded_count integer NOT NULL DEFAULT 0,
  median_reply_minutes integer CONSTRAINT provider_stats_reply_check CHECK (median_reply_minutes >= 0),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE dwello.provider_stats IS
  'Running sums of a provider, in millionths, decayed to the day as_of; kept by dwello.deliver_events().';
SELECT pg_catalog.pg_extension_config_dump('dwello.provider_stats', '');

CREATE TABLE dwello.payment_methods (
  user_id uuid NOT NULL CONSTRAINT payment_methods_user_id_fkey REFERENCES dwello.users (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  method_type dwello.payment_method_type NOT NULL,
  psp text NOT NULL,
  psp_token text NOT NULL,
  last_four text CONSTRAINT payment_methods_last_four_check CHECK (last_four ~ '^[0-9]{4}$'),
  expires_on date,
  is_default boolean NOT NULL DEFAULT false,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  removed_at timestamptz,
  CONSTRAINT payment_methods_pkey PRIMARY KEY (user_id, id)
);
CREATE UNIQUE INDEX payment_methods_default_key ON dwello.payment_methods (user_id)
  WHERE is_default AND removed_at IS NULL;
COMMENT ON TABLE dwello.payment_methods IS 'Tokens of payment companies (psp) by which a user pays; never a card or account number.';
SELECT pg_catalog.pg_extension_config_dump('dwello.payment_methods', '');

CREATE TABLE dwello.token_cutoffs (
  user_id uuid CONSTRAINT token_cutoffs_pkey PRIMARY KEY
    CONSTRAINT token_cutoffs_user_id_fkey REFERENCES dwello.users (id),
  not_before timestamptz NOT NULL
);
COMMENT ON TABLE dwello.token_cutoffs IS 'Tokens of the user issued before this time are refused.';
SELECT pg_catalog.pg_extension_config_dump('dwello.token_cutoffs', '');

CREATE TABLE dwello.notifications (
  user_id uuid NOT NULL CONSTRAINT notifications_user_id_fkey REFERENCES dwello.users (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  event_id uuid NOT NULL,
  notification_type dwello.notification_type NOT NULL,
  title text NOT NULL,
  message text NOT NULL,
  data jsonb NOT NULL DEFAULT '{}',
  channels text[] NOT NULL DEFAULT '{in_app}',
  read_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT notifications_pkey PRIMARY KEY (user_id, id),
  CONSTRAINT notifications_event_key UNIQUE (user_id, event_id)
);
COMMENT ON TABLE dwello.notifications IS 'What a user is told; one row a user and event.';
SELECT pg_catalog.pg_extension_config_dump('dwello.notifications', '');

CREATE POLICY users_read ON dwello.users FOR SELECT
  USING (id = dwello.current_user_id() AND deleted_at IS NULL);
CREATE POLICY user_profiles_read ON dwello.user_profiles FOR SELECT
  USING (user_id = dwello.current_user_id());
CREATE POLICY user_addresses_read ON dwello.user_addresses FOR SELECT
  USING (user_id = dwello.current_user_id());
CREATE POLICY provider_credentials_read ON dwello.provider_credentials FOR SELECT
  USING (user_id = dwello.current_user_id());
CREATE POLICY provider_stats_read ON dwello.provider_stats FOR SELECT
  USING (user_id = dwello.current_user_id());
CREATE POLICY payment_methods_read ON dwello.payment_methods FOR SELECT
  USING (user_id = dwello.current_user_id() AND removed_at IS NULL);
CREATE POLICY notifications_read ON dwello.notifications FOR SELECT
  USING (user_id = dwello.current_user_id());

GRANT SELECT (id, user_type, status, first_name, last_name, email_verified, phone_verified, provider_verified,
  profile_image_url, timezone, language, last_login_at, version, created_at, updated_at, deleted_at)
  ON dwello.users TO dwello_app, dwello_service, dwello_support, dwello_admin;
GRANT SELECT ON dwello.user_profiles, dwello.provider_stats, dwello.notifications
  TO dwello_app, dwello_service, dwello_support, dwello_admin;
GRANT SELECT (user_id, id, address_type, city, state, postal_code, country, location, is_primary, version,
  created_at, updated_at)
  ON dwello.user_addresses TO dwello_app, dwello_service, dwello_support, dwello_admin;
GRANT SELECT (user_id, id, credential_type, name, issuer, valid_from, valid_until, amount, years_experience,
  verified_at, version, created_at, updated_at)
  ON dwello.provider_credentials TO dwello_app, dwello_service, dwello_support, dwello_admin;
GRANT SELECT (user_id, id, method_type, psp, last_four, expires_on, is_default, version, created_at, updated_at,
  removed_at)
  ON dwello.payment_methods TO dwello_app, dwello_service, dwello_support, dwello_admin;
