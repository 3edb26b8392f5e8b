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
  password_hash bytea,
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
-- by the key that a value was made with
CREATE INDEX users_email_key_idx ON dwello.users (pg_catalog.substr(email, 2, 4));
CREATE INDEX users_phone_key_idx ON dwello.users (pg_catalog.substr(phone, 2, 4)) WHERE phone IS NOT NULL;
CREATE INDEX users_password_key_idx ON dwello.users (pg_catalog.substr(password_hash, 2, 4)) WHERE password_hash IS NOT NULL;
CREATE INDEX users_email_index_key_idx ON dwello.users (pg_catalog.substr(email_index, 1, 4));
CREATE INDEX users_phone_index_key_idx ON dwello.users (pg_catalog.substr(phone_index, 1, 4)) WHERE phone_index IS NOT NULL;
COMMENT ON TABLE dwello.users IS 'People: homeowners, providers and administrators. E-mail and phone are sealed.';
COMMENT ON COLUMN dwello.users.user_type IS 'What the user is on the platform.';
COMMENT ON COLUMN dwello.users.status IS 'Status of the account.';
COMMENT ON COLUMN dwello.users.email IS 'E-mail address, sealed.';
COMMENT ON COLUMN dwello.users.phone IS 'Telephone number, sealed; NULL if there is none.';
COMMENT ON COLUMN dwello.users.phone_index IS 'Blind index of the telephone number; NULL if there is none.';
COMMENT ON COLUMN dwello.users.password_hash IS 'Hash made by the app server, sealed; the database never sees a password. NULL if there is none.';
COMMENT ON COLUMN dwello.users.first_name IS 'Given name.';
COMMENT ON COLUMN dwello.users.last_name IS 'Family name.';
COMMENT ON COLUMN dwello.users.email_verified IS 'The e-mail address was verified.';
COMMENT ON COLUMN dwello.users.phone_verified IS 'The telephone number was verified.';
COMMENT ON COLUMN dwello.users.provider_verified IS 'The provider was checked and approved.';
COMMENT ON COLUMN dwello.users.profile_image_url IS 'Where the user''s picture is; NULL = none.';
COMMENT ON COLUMN dwello.users.timezone IS 'Time zone by its IANA name.';
COMMENT ON COLUMN dwello.users.language IS 'Language by its ISO 639 code.';
COMMENT ON COLUMN dwello.users.last_login_at IS 'When a session was last opened for the user; NULL = never.';
SELECT pg_catalog.pg_extension_config_dump('dwello.users', '');
CREATE POLICY users_read ON dwello.users FOR SELECT
  USING (id = dwello.current_user_id() AND deleted_at IS NULL);
GRANT SELECT (id, user_type, status, first_name, last_name, email_verified, phone_verified, provider_verified,
  profile_image_url, timezone, language, last_login_at, version, created_at, updated_at, deleted_at) ON dwello.users
  TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.user_emails (
  email_index bytea CONSTRAINT user_emails_pkey PRIMARY KEY,
  user_id uuid NOT NULL CONSTRAINT user_emails_user_id_xfk REFERENCES dwello.users (id)
);
CREATE INDEX user_emails_user_id_idx ON dwello.user_emails (user_id);
COMMENT ON TABLE dwello.user_emails IS
  'Blind index of every e-mail address, a row for each index key that lives: unique everywhere, and the way to find a login.';
COMMENT ON COLUMN dwello.user_emails.user_id IS 'The user whose address it is.';
SELECT pg_catalog.pg_extension_config_dump('dwello.user_emails', '');

CREATE TABLE dwello.user_profiles (
  user_id uuid CONSTRAINT user_profiles_pkey PRIMARY KEY
    CONSTRAINT user_profiles_user_id_fkey REFERENCES dwello.users (id),
  bio text,
  company_name text,
  website text,
  years_experience integer CONSTRAINT user_profiles_years_check CHECK (years_experience BETWEEN 0 AND 100),
  specialties text[] NOT NULL DEFAULT '{}',
  categories uuid[] NOT NULL DEFAULT '{}',
  service_areas jsonb CONSTRAINT user_profiles_service_areas_check
    CHECK (dwello.json_is_valid('service_areas', service_areas) AND dwello.service_areas_are_valid(service_areas)),
  availability_schedule jsonb
    CONSTRAINT user_profiles_schedule_check CHECK (dwello.json_is_valid('availability_schedule', availability_schedule)),
  emergency_available boolean NOT NULL DEFAULT false,
  insurance_info jsonb CONSTRAINT user_profiles_insurance_check CHECK (dwello.json_is_valid('insurance_info', insurance_info)),
  license_info jsonb CONSTRAINT user_profiles_license_check CHECK (dwello.json_is_valid('license_info', license_info)),
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  -- what matching knows of a provider, from their other rows; kept by audience_store.c
  account_status integer NOT NULL DEFAULT 0 CONSTRAINT user_profiles_account_status_check CHECK (account_status BETWEEN 0 AND 7),
  longitude float8,
  latitude float8,
  radius_miles float8,
  area geometry(Geometry, 4326),
  category_ids uuid[] NOT NULL DEFAULT '{}',
  capability_bits bigint NOT NULL DEFAULT 0,
  capability_from date,
  capability_until date,
  key dwello.agent_key GENERATED ALWAYS AS (CASE WHEN longitude IS NOT NULL AND category_ids <> '{}' THEN dwello.agent_key(
    longitude, latitude, radius_miles,
    CASE WHEN area IS NOT NULL THEN ARRAY[st_xmin(area), st_ymin(area), st_xmax(area), st_ymax(area)] END,
    category_ids, NULL, NULL, NULL, capability_bits | (account_status::bigint << 16),
    capability_from, capability_until) END) STORED
);
-- key and id answer match_providers() without the rows
CREATE INDEX user_profiles_key_idx ON dwello.user_profiles USING gist (key dwello.agent_key_ops)
  INCLUDE (user_id) WHERE account_status > 0;
COMMENT ON TABLE dwello.user_profiles IS 'What a user tells of themselves, one row a user.';
COMMENT ON COLUMN dwello.user_profiles.bio IS 'What the user says of themselves.';
COMMENT ON COLUMN dwello.user_profiles.company_name IS 'Name of the user''s company.';
COMMENT ON COLUMN dwello.user_profiles.website IS 'Address of the user''s web site.';
COMMENT ON COLUMN dwello.user_profiles.specialties IS 'What the provider does best, in their own words.';
COMMENT ON COLUMN dwello.user_profiles.categories IS 'Categories that the provider has chosen; empty = those that the words of specialties name.';
COMMENT ON COLUMN dwello.user_profiles.category_ids IS 'Categories of the provider, those below them included; empty = none: nothing is matched with them.';
COMMENT ON COLUMN dwello.user_profiles.service_areas IS 'Where the provider works, as GeoJSON.';
COMMENT ON COLUMN dwello.user_profiles.availability_schedule IS 'When the provider works, as a document.';
COMMENT ON COLUMN dwello.user_profiles.emergency_available IS 'Takes emergencies outside these hours.';
COMMENT ON COLUMN dwello.user_profiles.insurance_info IS 'What the provider says of their insurance, as a document.';
COMMENT ON COLUMN dwello.user_profiles.license_info IS 'What the provider says of their licences, as a document.';
COMMENT ON COLUMN dwello.user_profiles.radius_miles IS 'Radius of the provider''s agent; NULL = that of the settings.';
COMMENT ON COLUMN dwello.user_profiles.key IS 'What the index of providers knows of the provider, made from the other columns; NULL without a place or a category.';
SELECT pg_catalog.pg_extension_config_dump('dwello.user_profiles', '');
CREATE POLICY user_profiles_read ON dwello.user_profiles FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.user_profiles TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.user_addresses (
  user_id uuid NOT NULL CONSTRAINT user_addresses_user_id_fkey REFERENCES dwello.users (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  address_type dwello.address_type NOT NULL,
  street bytea NOT NULL,
  city text NOT NULL,
  state text NOT NULL,
  postal_code text NOT NULL,
  country text NOT NULL,
  point bytea NOT NULL,
  place geography(Point, 4326) NOT NULL CONSTRAINT user_addresses_place_check
    CHECK (pg_catalog.round(st_x(place::geometry) * 100) / 100 = st_x(place::geometry)
      AND pg_catalog.round(st_y(place::geometry) * 100) / 100 = st_y(place::geometry)),
  is_primary boolean NOT NULL DEFAULT false,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT user_addresses_pkey PRIMARY KEY (user_id, id)
);
CREATE UNIQUE INDEX user_addresses_primary_key ON dwello.user_addresses (user_id) WHERE is_primary;
CREATE INDEX user_addresses_street_key_idx ON dwello.user_addresses (pg_catalog.substr(street, 2, 4));
CREATE INDEX user_addresses_point_key_idx ON dwello.user_addresses (pg_catalog.substr(point, 2, 4));
COMMENT ON TABLE dwello.user_addresses IS 'Addresses of a user; street and point are sealed, at most one is primary.';
COMMENT ON COLUMN dwello.user_addresses.address_type IS 'What the address is used for.';
COMMENT ON COLUMN dwello.user_addresses.city IS 'City.';
COMMENT ON COLUMN dwello.user_addresses.state IS 'State or province.';
COMMENT ON COLUMN dwello.user_addresses.postal_code IS 'Postal code.';
COMMENT ON COLUMN dwello.user_addresses.country IS 'Country by its ISO 3166 code.';
COMMENT ON COLUMN dwello.user_addresses.point IS 'Exact place: longitude and latitude, sealed.';
COMMENT ON COLUMN dwello.user_addresses.place IS 'Place rounded to 0.01 degree, which distances are taken from.';
COMMENT ON COLUMN dwello.user_addresses.is_primary IS 'The user''s main address; at most one.';
SELECT pg_catalog.pg_extension_config_dump('dwello.user_addresses', '');
CREATE POLICY user_addresses_read ON dwello.user_addresses FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT (user_id, id, address_type, city, state, postal_code, country, place, is_primary, version,
  created_at, updated_at) ON dwello.user_addresses
  TO dwello_app, dwello_service, dwello_support, dwello_admin;

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
CREATE INDEX provider_credentials_number_key_idx ON dwello.provider_credentials (pg_catalog.substr(number, 2, 4))
  WHERE number IS NOT NULL;
COMMENT ON TABLE dwello.provider_credentials IS 'Licences, insurances and the like of a provider; the number is sealed. Only a verified one counts.';
COMMENT ON COLUMN dwello.provider_credentials.credential_type IS 'Kind of credential.';
COMMENT ON COLUMN dwello.provider_credentials.issuer IS 'Who issued it.';
COMMENT ON COLUMN dwello.provider_credentials.number IS 'Its number, sealed; NULL if it has none.';
COMMENT ON COLUMN dwello.provider_credentials.valid_from IS 'First day it is valid; NULL = always was.';
COMMENT ON COLUMN dwello.provider_credentials.valid_until IS 'Last day it is valid; NULL = without end.';
COMMENT ON COLUMN dwello.provider_credentials.amount IS 'Sum insured, in minor units of the user''s currency; NULL if it has none.';
COMMENT ON COLUMN dwello.provider_credentials.verified_at IS 'When it was checked; only then it counts.';
SELECT pg_catalog.pg_extension_config_dump('dwello.provider_credentials', '');
CREATE POLICY provider_credentials_read ON dwello.provider_credentials FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT (user_id, id, credential_type, name, issuer, valid_from, valid_until, amount, years_experience,
  verified_at, version, created_at, updated_at) ON dwello.provider_credentials
  TO dwello_app, dwello_service, dwello_support, dwello_admin;

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
  payouts_asked_on date NOT NULL DEFAULT '-infinity',
  reserve_seen_on date NOT NULL DEFAULT '-infinity',
  median_reply_minutes integer CONSTRAINT provider_stats_reply_check CHECK (median_reply_minutes >= 0),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
CREATE INDEX provider_stats_payouts_idx ON dwello.provider_stats (payouts_asked_on, user_id);
COMMENT ON TABLE dwello.provider_stats IS
  'Running sums of a provider, in millionths, decayed to the day as_of; kept by dwello.deliver_events().';
COMMENT ON COLUMN dwello.provider_stats.as_of IS 'The day to which the sums are decayed.';
COMMENT ON COLUMN dwello.provider_stats.rating_weight IS 'Sum of the weights of the provider''s reviews, in millionths.';
COMMENT ON COLUMN dwello.provider_stats.rating_sum IS 'Weighted sum of the provider''s ratings on a scale of 0 to 1, in millionths.';
COMMENT ON COLUMN dwello.provider_stats.rating_square_sum IS 'Weighted sum of their squares, in millionths.';
COMMENT ON COLUMN dwello.provider_stats.completed IS 'Weighted number of jobs the provider completed, in millionths.';
COMMENT ON COLUMN dwello.provider_stats.awarded IS 'Weighted number of jobs awarded to the provider, in millionths.';
COMMENT ON COLUMN dwello.provider_stats.review_count IS 'Number of the provider''s reviews.';
COMMENT ON COLUMN dwello.provider_stats.completed_count IS 'Number of jobs the provider completed.';
COMMENT ON COLUMN dwello.provider_stats.awarded_count IS 'Number of jobs awarded to the provider.';
COMMENT ON COLUMN dwello.provider_stats.payouts_asked_on IS 'The last day on which dwello.request_due_payouts() looked at the provider.';
COMMENT ON COLUMN dwello.provider_stats.reserve_seen_on IS 'The last day on which dwello.release_reserves() looked at the provider.';
COMMENT ON COLUMN dwello.provider_stats.median_reply_minutes IS 'Median time to the provider''s first reply; NULL = unknown.';
SELECT pg_catalog.pg_extension_config_dump('dwello.provider_stats', '');
CREATE POLICY provider_stats_read ON dwello.provider_stats FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.provider_stats TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.payment_methods (
  user_id uuid NOT NULL CONSTRAINT payment_methods_user_id_fkey REFERENCES dwello.users (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  method_type dwello.payment_method_type NOT NULL,
  psp text NOT NULL,
  psp_token text NOT NULL,
  last_four text CONSTRAINT payment_methods_last_four_check CHECK (last_four ~ '^[0-9]{4}$'),
  expires_on date,
  is_default boolean NOT NULL DEFAULT false,
  can_receive boolean NOT NULL DEFAULT false,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  removed_at timestamptz,
  CONSTRAINT payment_methods_pkey PRIMARY KEY (user_id, id)
);
CREATE UNIQUE INDEX payment_methods_default_key ON dwello.payment_methods (user_id)
  WHERE is_default AND removed_at IS NULL;
COMMENT ON TABLE dwello.payment_methods IS 'Tokens of payment companies (psp) by which a user pays; never a card or account number.';
COMMENT ON COLUMN dwello.payment_methods.method_type IS 'Kind of payment method.';
COMMENT ON COLUMN dwello.payment_methods.psp_token IS 'The payment company''s token for the method.';
COMMENT ON COLUMN dwello.payment_methods.last_four IS 'Last four digits, for the user to recognise it.';
COMMENT ON COLUMN dwello.payment_methods.expires_on IS 'Day on which the method expires; NULL = never.';
COMMENT ON COLUMN dwello.payment_methods.is_default IS 'Used when no other is named; at most one.';
COMMENT ON COLUMN dwello.payment_methods.can_receive IS 'True once it was verified: payouts may go to it.';
COMMENT ON COLUMN dwello.payment_methods.removed_at IS 'When the user removed it; NULL until then.';
SELECT pg_catalog.pg_extension_config_dump('dwello.payment_methods', '');
CREATE POLICY payment_methods_read ON dwello.payment_methods FOR SELECT
  USING (user_id = dwello.current_user_id() AND removed_at IS NULL);
GRANT SELECT (user_id, id, method_type, psp, last_four, expires_on, is_default, can_receive, version, created_at,
  updated_at, removed_at) ON dwello.payment_methods
  TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.token_cutoffs (
  user_id uuid CONSTRAINT token_cutoffs_pkey PRIMARY KEY
    CONSTRAINT token_cutoffs_user_id_fkey REFERENCES dwello.users (id),
  not_before timestamptz NOT NULL
);
COMMENT ON TABLE dwello.token_cutoffs IS 'Tokens of the user issued before this time are refused.';
COMMENT ON COLUMN dwello.token_cutoffs.not_before IS 'Tokens issued before this are refused.';
SELECT pg_catalog.pg_extension_config_dump('dwello.token_cutoffs', '');

/*
 * What the database knows of the keyring file, whose keys it never holds.
 */
CREATE TABLE dwello.data_identity (
  is_only boolean NOT NULL DEFAULT true CONSTRAINT data_identity_pkey PRIMARY KEY
    CONSTRAINT data_identity_only_check CHECK (is_only),
  data_id uuid NOT NULL,
  made_at timestamptz NOT NULL
);
COMMENT ON TABLE dwello.data_identity IS
  'Which data this is, in one row that is made with the first keyring or sealed value: sealed values open with it alone, and move with it.';
COMMENT ON COLUMN dwello.data_identity.is_only IS 'True: there is one row.';
COMMENT ON COLUMN dwello.data_identity.data_id IS 'What sealed values are bound to; 128 random bits.';
COMMENT ON COLUMN dwello.data_identity.made_at IS 'When it was made.';
SELECT pg_catalog.pg_extension_config_dump('dwello.data_identity', '');
-- what is kept in memory; always, for a replica's backends keep it, too
CREATE TRIGGER forget_row AFTER INSERT OR UPDATE OR DELETE ON dwello.data_identity
  FOR EACH ROW EXECUTE FUNCTION dwello.forget_kept('data_identity');
CREATE TRIGGER forget_all AFTER TRUNCATE ON dwello.data_identity
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.forget_kept('data_identity');
ALTER TABLE dwello.data_identity ENABLE ALWAYS TRIGGER forget_row, ENABLE ALWAYS TRIGGER forget_all;

CREATE TABLE dwello.heartbeat (
  is_only boolean NOT NULL DEFAULT true CONSTRAINT heartbeat_pkey PRIMARY KEY
    CONSTRAINT heartbeat_only_check CHECK (is_only),
  beat_at timestamptz NOT NULL
);
COMMENT ON TABLE dwello.heartbeat IS
  'When a worker was last at work, in one row, at most every five seconds: a standby tells by it how far it is behind.';
COMMENT ON COLUMN dwello.heartbeat.is_only IS 'True: there is one row.';
COMMENT ON COLUMN dwello.heartbeat.beat_at IS 'By the clock of the primary.';
SELECT pg_catalog.pg_extension_config_dump('dwello.heartbeat', '');

/*
 * The key of each person.  There is no foreign key: a key is made as the
 * first row of its person is recorded, wherever that stands.
 */
CREATE TABLE dwello.person_keys (
  user_id uuid CONSTRAINT person_keys_pkey PRIMARY KEY,
  key bytea,
  made_at timestamptz NOT NULL,
  erased_at timestamptz,
  CONSTRAINT person_keys_erased_check CHECK ((key IS NULL) = (erased_at IS NOT NULL))
);
CREATE INDEX person_keys_key_key_idx ON dwello.person_keys (pg_catalog.substr(key, 2, 4)) WHERE key IS NOT NULL;
COMMENT ON TABLE dwello.person_keys IS
  'The key of each person, under which their data is sealed where it outlives its row; a row without a key forbids another one.';
COMMENT ON COLUMN dwello.person_keys.user_id IS 'The person.';
COMMENT ON COLUMN dwello.person_keys.key IS 'Their key, sealed with the keyring; NULL once they were erased.';
COMMENT ON COLUMN dwello.person_keys.made_at IS 'When it was made.';
COMMENT ON COLUMN dwello.person_keys.erased_at IS 'When it was taken away, and with it all that it had sealed.';
SELECT pg_catalog.pg_extension_config_dump('dwello.person_keys', '');
-- what backends keep of it ends with any change but a new key
CREATE TRIGGER forget_row AFTER UPDATE OR DELETE ON dwello.person_keys
  FOR EACH ROW EXECUTE FUNCTION dwello.forget_kept('person_keys');
CREATE TRIGGER forget_all AFTER TRUNCATE ON dwello.person_keys
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.forget_kept('person_keys');
ALTER TABLE dwello.person_keys ENABLE ALWAYS TRIGGER forget_row, ENABLE ALWAYS TRIGGER forget_all;

CREATE TABLE dwello.key_ids (
  kind text NOT NULL CONSTRAINT key_ids_kind_check CHECK (kind IN ('token', 'pii', 'index')),
  key_id integer NOT NULL CONSTRAINT key_ids_key_check CHECK (key_id > 0),
  made_at timestamptz NOT NULL,
  retired_at timestamptz,
  CONSTRAINT key_ids_pkey PRIMARY KEY (kind, key_id)
);
COMMENT ON TABLE dwello.key_ids IS 'Ids of the keys that the database has used, the keys themselves are in the keyring file: no id is used twice.';
COMMENT ON COLUMN dwello.key_ids.kind IS 'token, pii or index.';
COMMENT ON COLUMN dwello.key_ids.key_id IS 'The id, random.';
COMMENT ON COLUMN dwello.key_ids.made_at IS 'When it was noted here, as a rule when the key was made.';
COMMENT ON COLUMN dwello.key_ids.retired_at IS 'When it was taken out of the keyring; NULL = it must be there.';
SELECT pg_catalog.pg_extension_config_dump('dwello.key_ids', '');

-- partitioned by month, as sql/admin/tables.sql says of all logs
CREATE TABLE dwello.user_activity_logs (
  user_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  action text NOT NULL,
  details jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT user_activity_logs_details_check CHECK (dwello.json_is_valid('activity_details', details)),
  created_at timestamptz NOT NULL
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE dwello.user_activity_logs IS 'What was done to get in as users, and about them, by month.';
COMMENT ON COLUMN dwello.user_activity_logs.action IS 'What was done: signed_in, password_changed, suspended and so on.';
COMMENT ON COLUMN dwello.user_activity_logs.details IS 'More about it, without personal data.';
SELECT pg_catalog.pg_extension_config_dump('dwello.user_activity_logs', '');
CREATE TRIGGER guard_append BEFORE UPDATE OR DELETE ON dwello.user_activity_logs
  FOR EACH ROW EXECUTE FUNCTION dwello.guard_append();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON dwello.user_activity_logs
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_append();
CREATE POLICY user_activity_logs_read ON dwello.user_activity_logs FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.user_activity_logs TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.user_activity_logs_default PARTITION OF dwello.user_activity_logs DEFAULT;
COMMENT ON TABLE dwello.user_activity_logs_default IS 'Rows for which no month has been made; empty in health.';
SELECT pg_catalog.pg_extension_config_dump('dwello.user_activity_logs_default', '');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON dwello.user_activity_logs_default
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_append();

CREATE TABLE dwello.data_access_log (
  user_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  actor_id uuid NOT NULL,
  actor_role text NOT NULL,
  what text NOT NULL,
  reason text NOT NULL,
  created_at timestamptz NOT NULL
) PARTITION BY RANGE (created_at);
COMMENT ON TABLE dwello.data_access_log IS 'Who had whose personal data opened, what and why, by month.';
COMMENT ON COLUMN dwello.data_access_log.user_id IS 'The user whose personal data was opened.';
COMMENT ON COLUMN dwello.data_access_log.what IS 'Which data was opened.';
COMMENT ON COLUMN dwello.data_access_log.reason IS 'Why, in the words of who looked.';
SELECT pg_catalog.pg_extension_config_dump('dwello.data_access_log', '');
CREATE TRIGGER guard_append BEFORE UPDATE OR DELETE ON dwello.data_access_log
  FOR EACH ROW EXECUTE FUNCTION dwello.guard_append();
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON dwello.data_access_log
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_append();
CREATE POLICY data_access_log_read ON dwello.data_access_log FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.data_access_log TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.data_access_log_default PARTITION OF dwello.data_access_log DEFAULT;
COMMENT ON TABLE dwello.data_access_log_default IS 'Rows for which no month has been made; empty in health.';
SELECT pg_catalog.pg_extension_config_dump('dwello.data_access_log_default', '');
CREATE TRIGGER guard_truncate BEFORE TRUNCATE ON dwello.data_access_log_default
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.guard_append();
