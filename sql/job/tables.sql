/*
 * The job group's first half: categories (reference), jobs and what belongs
 * to them.  Shard key job_id (jobs: id).  Children carry homeowner_id,
 * provider_id and, where strangers may look, is_listed, so that no policy
 * needs a subquery; the commands keep them.
 */
CREATE TABLE dwello.service_categories (
  id uuid CONSTRAINT service_categories_pkey PRIMARY KEY DEFAULT dwello.uuidv7(),
  parent_id uuid CONSTRAINT service_categories_parent_id_fkey REFERENCES dwello.service_categories (id),
  name text NOT NULL,
  description text,
  icon_url text,
  is_active boolean NOT NULL DEFAULT true,
  sort_order integer NOT NULL DEFAULT 0,
  is_builtin boolean NOT NULL DEFAULT false,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  cancellation_policy jsonb
    CONSTRAINT service_categories_cancellation_policy_check CHECK (dwello.json_is_valid('cancellation_policy', cancellation_policy))
);
CREATE INDEX service_categories_parent_id_idx ON dwello.service_categories (parent_id);
COMMENT ON TABLE dwello.service_categories IS 'The tree of services; built-in rows belong to the version and have fixed ids.';
COMMENT ON COLUMN dwello.service_categories.cancellation_policy IS 'Cancellation policy of its jobs that have none of their own; NULL = that of the category above.';
SELECT pg_catalog.pg_extension_config_dump('dwello.service_categories', 'WHERE NOT is_builtin');

-- a fixed time, so that a restored database equals its original
INSERT INTO dwello.service_categories (id, parent_id, name, description, sort_order, is_builtin, created_at, updated_at)
  SELECT v.id::uuid, v.parent_id::uuid, v.name, v.description, v.sort_order, true, '2026-01-01 00:00+00', '2026-01-01 00:00+00'
    FROM (VALUES
  ('d0000000-0000-7000-8000-000000000001', NULL, 'Home Services', 'Work on and around a home.', 1),
  ('d0000000-0000-7000-8000-000000000002', NULL, 'Home Financing', 'Loans and mortgages for a home.', 2),
  ('d0000000-0000-7000-8000-000000000003', NULL, 'Home Insurance', 'Insurance of a home and what is in it.', 3),
  ('d0000000-0000-7000-8000-000000000004', NULL, 'Real Estate', 'Buying, selling and letting a home.', 4),
  ('d0000000-0000-7000-8000-000000000011', 'd0000000-0000-7000-8000-000000000001', 'Painting & Decorating', 'Walls, ceilings, cabinets, wallpaper.', 1),
  ('d0000000-0000-7000-8000-000000000012', 'd0000000-0000-7000-8000-000000000001', 'Plumbing', 'Pipes, taps, drains, water heaters.', 2),
  ('d0000000-0000-7000-8000-000000000013', 'd0000000-0000-7000-8000-000000000001', 'Electrical', 'Wiring, lights, sockets, panels.', 3),
  ('d0000000-0000-7000-8000-000000000014', 'd0000000-0000-7000-8000-000000000001', 'Cleaning Services', 'Regular and deep cleaning.', 4),
  ('d0000000-0000-7000-8000-000000000015', 'd0000000-0000-7000-8000-000000000001', 'HVAC', 'Heating, ventilation, air conditioning.', 5),
  ('d0000000-0000-7000-8000-000000000016', 'd0000000-0000-7000-8000-000000000001', 'Landscaping', 'Gardens, lawns, trees, decks outdoors.', 6),
  ('d0000000-0000-7000-8000-000000000017', 'd0000000-0000-7000-8000-000000000001', 'Flooring', 'Wood, tile, carpet.', 7),
  ('d0000000-0000-7000-8000-000000000018', 'd0000000-0000-7000-8000-000000000001', 'Handyman', 'Small repairs of every kind.', 8)) AS v (id, parent_id, name, description, sort_order);

-- no category below itself: at the end of the transaction, for a dump is restored in any order and a subscriber is sent a
-- statement row by row; always, for a subscriber's apply worker writes, too
CREATE CONSTRAINT TRIGGER guard_cycle AFTER INSERT OR UPDATE OF id, parent_id ON dwello.service_categories
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.parent_id IS NOT NULL) EXECUTE FUNCTION dwello.guard_cycle();
ALTER TABLE dwello.service_categories ENABLE ALWAYS TRIGGER guard_cycle;

-- what matching keeps in memory; always, for a replica's backends keep it, too
CREATE TRIGGER forget_row AFTER INSERT OR UPDATE OR DELETE ON dwello.service_categories
  FOR EACH ROW EXECUTE FUNCTION dwello.forget_kept('service_categories');
CREATE TRIGGER forget_all AFTER TRUNCATE ON dwello.service_categories
  FOR EACH STATEMENT EXECUTE FUNCTION dwello.forget_kept('service_categories');
ALTER TABLE dwello.service_categories ENABLE ALWAYS TRIGGER forget_row, ENABLE ALWAYS TRIGGER forget_all;
CREATE POLICY service_categories_read ON dwello.service_categories FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL);
CREATE POLICY service_categories_public ON dwello.service_categories FOR SELECT TO dwello_public USING (true);
GRANT SELECT ON dwello.service_categories TO dwello_app, dwello_service, dwello_support, dwello_admin, dwello_public;

CREATE TABLE dwello.jobs (
  id uuid CONSTRAINT jobs_pkey PRIMARY KEY DEFAULT dwello.uuidv7(),
  homeowner_id uuid NOT NULL CONSTRAINT jobs_homeowner_id_xfk REFERENCES dwello.users (id),
  provider_id uuid CONSTRAINT jobs_provider_id_xfk REFERENCES dwello.users (id),
  category_id uuid NOT NULL CONSTRAINT jobs_category_id_fkey REFERENCES dwello.service_categories (id),
  status dwello.job_status NOT NULL DEFAULT 'draft',
  reason text,
  responsible dwello.job_side,
  title text NOT NULL CONSTRAINT jobs_title_check CHECK (pg_catalog.char_length(title) BETWEEN 1 AND 200),
  description text NOT NULL CONSTRAINT jobs_description_check CHECK (pg_catalog.char_length(description) <= 20000),
  location geography(Point, 4326) NOT NULL,
  budget_min bigint CONSTRAINT jobs_budget_min_check CHECK (budget_min > 0),
  budget_max bigint CONSTRAINT jobs_budget_max_check CHECK (budget_max > 0),
  currency text NOT NULL CONSTRAINT jobs_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  urgency dwello.urgency NOT NULL DEFAULT 'medium',
  is_emergency boolean NOT NULL DEFAULT false,
  preferred_start_date date,
  preferred_end_date date,
  estimated_duration_hours integer CONSTRAINT jobs_hours_check CHECK (estimated_duration_hours > 0),
  materials_provided boolean NOT NULL DEFAULT false,
  materials_description text,
  expected_materials bigint CONSTRAINT jobs_expected_materials_check CHECK (expected_materials >= 0),
  special_requirements text,
  photos text[] NOT NULL DEFAULT '{}',
  bid_mode dwello.bid_mode NOT NULL DEFAULT 'sealed',
  is_invite_only boolean NOT NULL DEFAULT false,
  scoring_method dwello.scoring_method NOT NULL DEFAULT 'value',
  weights jsonb
    CONSTRAINT jobs_weights_check CHECK (dwello.json_is_valid('job_weights', weights)),
  timers jsonb NOT NULL DEFAULT '{}'
    CONSTRAINT jobs_timers_check CHECK (dwello.json_is_valid('job_timers', timers)),
  reference_amount bigint CONSTRAINT jobs_reference_check CHECK (reference_amount > 0),
  reference_source dwello.reference_source,
  terms_version integer NOT NULL DEFAULT 1,
  is_listed boolean NOT NULL DEFAULT false,
  is_escrowed boolean NOT NULL DEFAULT true,
  published_at timestamptz,
  expires_at timestamptz,
  awarded_at timestamptz,
  confirm_by timestamptz,
  confirmed_at timestamptz,
  fund_by timestamptz,
  started_at timestamptz,
  completed_at timestamptz,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  deleted_at timestamptz,
  requirement_bits bigint NOT NULL DEFAULT 0 CONSTRAINT jobs_requirement_bits_check CHECK (requirement_bits BETWEEN 0 AND 31),
  key dwello.job_key GENERATED ALWAYS AS (dwello.job_key(
    st_x(location::geometry), st_y(location::geometry), category_id, published_at, budget_min, budget_max, currency,
    CASE WHEN is_emergency OR urgency = 'urgent' THEN 3 WHEN urgency = 'high' THEN 2 WHEN urgency = 'medium' THEN 1 ELSE 0 END,
    requirement_bits)) STORED,
  cell bigint NOT NULL GENERATED ALWAYS AS (dwello.tile_cell(st_x(location::geometry), st_y(location::geometry))) STORED,
  -- made for open jobs alone, so that the later life of a job pays nothing;
  -- A to Z are made small here: text search may do it by the database's
  -- locale, and Turkish has another small I
  search tsvector GENERATED ALWAYS AS (CASE WHEN status = 'open' THEN
    pg_catalog.setweight(pg_catalog.to_tsvector('pg_catalog.english', pg_catalog.lower(title COLLATE pg_catalog."C")), 'A') ||
    pg_catalog.setweight(pg_catalog.to_tsvector('pg_catalog.english', pg_catalog.lower(description COLLATE pg_catalog."C")), 'B') ||
    pg_catalog.setweight(pg_catalog.to_tsvector('pg_catalog.english', pg_catalog.lower(COALESCE(special_requirements, '') COLLATE pg_catalog."C")), 'C') END) STORED,
  cancellation_policy jsonb
    CONSTRAINT jobs_cancellation_policy_check CHECK (dwello.json_is_valid('cancellation_policy', cancellation_policy)),
  CONSTRAINT jobs_budget_check CHECK (budget_min <= budget_max),
  CONSTRAINT jobs_dates_check CHECK (preferred_start_date <= preferred_end_date),
  CONSTRAINT jobs_own_check CHECK (provider_id <> homeowner_id),
  CONSTRAINT jobs_listed_check CHECK (NOT is_listed OR (status = 'open' AND NOT is_invite_only)),
  CONSTRAINT jobs_awarded_check CHECK (status NOT IN ('awarded', 'in_progress', 'completed', 'disputed') OR provider_id IS NOT NULL)
);
CREATE INDEX jobs_homeowner_id_idx ON dwello.jobs (homeowner_id, id);
CREATE INDEX jobs_provider_id_idx ON dwello.jobs (provider_id, id);
CREATE INDEX jobs_category_id_idx ON dwello.jobs (category_id);
CREATE INDEX jobs_search_idx ON dwello.jobs USING gin (search) WITH (fastupdate = off) WHERE status = 'open';
CREATE INDEX jobs_cell_idx ON dwello.jobs (cell) WHERE status = 'open';
CREATE INDEX jobs_published_at_idx ON dwello.jobs (published_at, id) WHERE status = 'open';
-- of a period, open or over: what a backtest replays.  Rows lie about as they
-- were published, so a few pages say which ones to read
CREATE INDEX jobs_published_at_brin_idx ON dwello.jobs USING brin (published_at)
  WITH (pages_per_range = 32, autosummarize = on);
CREATE INDEX jobs_open_idx ON dwello.jobs (expires_at, id) WHERE status = 'open';
CREATE INDEX jobs_key_idx ON dwello.jobs USING gist (key dwello.job_key_ops) WHERE status = 'open' AND is_listed;
CREATE INDEX jobs_confirm_by_idx ON dwello.jobs (confirm_by, id) WHERE status = 'awarded' AND confirmed_at IS NULL;
CREATE INDEX jobs_fund_by_idx ON dwello.jobs (fund_by, id) WHERE status = 'awarded' AND fund_by IS NOT NULL;
COMMENT ON TABLE dwello.jobs IS
  'What homeowners want done. The location is rounded to 0.01 degree; the exact one is sealed in job_sites.';
COMMENT ON COLUMN dwello.jobs.responsible IS 'Which side a cancelled contract ended by; NULL = neither, or there was no contract.';
COMMENT ON COLUMN dwello.jobs.homeowner_id IS 'The homeowner who posted the job.';
COMMENT ON COLUMN dwello.jobs.provider_id IS 'The awarded provider; NULL before the award.';
COMMENT ON COLUMN dwello.jobs.location IS 'Place rounded to 0.01 degree, which strangers see and matching uses.';
COMMENT ON COLUMN dwello.jobs.urgency IS 'How soon the job must be done.';
COMMENT ON COLUMN dwello.jobs.is_emergency IS 'It cannot wait.';
COMMENT ON COLUMN dwello.jobs.preferred_start_date IS 'When the work should begin; NULL if not said.';
COMMENT ON COLUMN dwello.jobs.preferred_end_date IS 'When the work should be done; NULL if not said.';
COMMENT ON COLUMN dwello.jobs.estimated_duration_hours IS 'How long the work takes, as the homeowner sees it; NULL if not said.';
COMMENT ON COLUMN dwello.jobs.materials_provided IS 'The homeowner has the materials.';
COMMENT ON COLUMN dwello.jobs.materials_description IS 'Which materials; NULL if not said.';
COMMENT ON COLUMN dwello.jobs.expected_materials IS 'What the homeowner expects to pay for materials that a bid leaves out, in minor units; NULL if not said.';
COMMENT ON COLUMN dwello.jobs.special_requirements IS 'Anything a bidder must know; NULL if nothing.';
COMMENT ON COLUMN dwello.jobs.bid_mode IS 'What bidders see of each other.';
COMMENT ON COLUMN dwello.jobs.is_invite_only IS 'Only who is invited sees the job while it is open, and can bid.';
COMMENT ON COLUMN dwello.jobs.scoring_method IS 'How bids are scored.';
COMMENT ON COLUMN dwello.jobs.weights IS 'Weight of each criterion in basis points, frozen with the terms; NULL before.';
COMMENT ON COLUMN dwello.jobs.timers IS 'Its own timers by name of setting, in the setting''s unit; what is not there goes by the setting.';
COMMENT ON COLUMN dwello.jobs.reference_source IS 'Where the reference came from; NULL before it is published.';
COMMENT ON COLUMN dwello.jobs.published_at IS 'When the job was published; NULL before.';
COMMENT ON COLUMN dwello.jobs.expires_at IS 'Until when bids are taken; NULL before it is published.';
COMMENT ON COLUMN dwello.jobs.awarded_at IS 'When a bid was accepted; NULL before.';
COMMENT ON COLUMN dwello.jobs.confirm_by IS 'Until when the provider must confirm the award; NULL before there is one.';
COMMENT ON COLUMN dwello.jobs.confirmed_at IS 'When the provider confirmed the award; NULL before.';
COMMENT ON COLUMN dwello.jobs.fund_by IS 'Until when something must be paid for the contract, or it lapses; NULL before the award is confirmed, and where nothing is paid through escrow.';
COMMENT ON COLUMN dwello.jobs.is_escrowed IS 'The work is paid through escrow: whether that was on for the homeowner when the award was confirmed.';
COMMENT ON COLUMN dwello.jobs.started_at IS 'When the work began; NULL before.';
COMMENT ON COLUMN dwello.jobs.requirement_bits IS 'Types of credentials that are mandatory, a bit each: license 1, insurance 2, certification 4, experience 8, equipment 16.';
COMMENT ON COLUMN dwello.jobs.key IS 'What the index of matching knows of the job, made from the other columns; NULL before it is published.';
COMMENT ON COLUMN dwello.jobs.cell IS 'The place as a number, see dwello.tile_cell().';
COMMENT ON COLUMN dwello.jobs.cancellation_policy IS 'Its own cancellation policy, which a contract freezes; NULL = that of its category.';
COMMENT ON COLUMN dwello.jobs.search IS 'Words of title (A), description (B) and special requirements (C) of an open job, for search_jobs(); else NULL.';
SELECT pg_catalog.pg_extension_config_dump('dwello.jobs', '');
-- never an INSERT, which a restore does; not ALWAYS, for what a subscriber is sent was enqueued where it was done
CREATE TRIGGER enqueue_agents AFTER UPDATE OF status, terms_version ON dwello.jobs
  FOR EACH ROW EXECUTE FUNCTION dwello.enqueue_agents();
CREATE POLICY jobs_read ON dwello.jobs FOR SELECT
  USING ((homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id()
    OR (dwello.current_user_id() IS NOT NULL AND is_listed)) AND deleted_at IS NULL);
GRANT SELECT ON dwello.jobs TO dwello_app, dwello_service, dwello_support, dwello_admin;
-- what is listed is everybody's, but not whose it is
CREATE POLICY jobs_public ON dwello.jobs FOR SELECT TO dwello_public USING (is_listed AND deleted_at IS NULL);
GRANT SELECT (id, category_id, status, title, description, location, budget_min, budget_max, currency, urgency, is_emergency,
  preferred_start_date, preferred_end_date, estimated_duration_hours, materials_provided, materials_description,
  special_requirements, photos, bid_mode, scoring_method, is_listed, published_at, expires_at) ON dwello.jobs TO dwello_public;

CREATE TABLE dwello.job_sites (
  job_id uuid CONSTRAINT job_sites_pkey PRIMARY KEY
    CONSTRAINT job_sites_job_id_fkey REFERENCES dwello.jobs (id),
  homeowner_id uuid NOT NULL,
  provider_id uuid,
  point bytea NOT NULL,
  place geography(Point, 4326) NOT NULL CONSTRAINT job_sites_place_check
    CHECK (pg_catalog.round(st_x(place::geometry) * 100) / 100 = st_x(place::geometry)
      AND pg_catalog.round(st_y(place::geometry) * 100) / 100 = st_y(place::geometry)),
  street bytea
);
CREATE INDEX job_sites_point_key_idx ON dwello.job_sites (pg_catalog.substr(point, 2, 4));
CREATE INDEX job_sites_street_key_idx ON dwello.job_sites (pg_catalog.substr(street, 2, 4)) WHERE street IS NOT NULL;
COMMENT ON TABLE dwello.job_sites IS
  'Exact place and street of a job, both sealed; dwello.job_site() opens them.';
COMMENT ON COLUMN dwello.job_sites.provider_id IS 'The provider who confirmed the award; NULL before.';
COMMENT ON COLUMN dwello.job_sites.point IS 'Exact place: longitude and latitude, sealed.';
COMMENT ON COLUMN dwello.job_sites.place IS 'The place of the job, rounded to 0.01 degree.';
SELECT pg_catalog.pg_extension_config_dump('dwello.job_sites', '');
CREATE POLICY job_sites_read ON dwello.job_sites FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id());
GRANT SELECT (job_id, homeowner_id, provider_id, place) ON dwello.job_sites
  TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.job_requirements (
  job_id uuid NOT NULL CONSTRAINT job_requirements_job_id_fkey REFERENCES dwello.jobs (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  homeowner_id uuid NOT NULL,
  provider_id uuid,
  is_listed boolean NOT NULL DEFAULT false,
  requirement_type dwello.credential_type NOT NULL,
  requirement_value text NOT NULL DEFAULT '',
  is_mandatory boolean NOT NULL DEFAULT true,
  weight integer NOT NULL DEFAULT 1 CONSTRAINT job_requirements_weight_check CHECK (weight BETWEEN 0 AND 10000),
  CONSTRAINT job_requirements_pkey PRIMARY KEY (job_id, id)
);
COMMENT ON TABLE dwello.job_requirements IS 'Credentials that a job asks of bidders: mandatory ones are gates, the others count by weight.';
COMMENT ON COLUMN dwello.job_requirements.requirement_type IS 'Kind of credential asked for.';
COMMENT ON COLUMN dwello.job_requirements.requirement_value IS 'Which one: a name, an issuer, an amount or years; empty = any.';
COMMENT ON COLUMN dwello.job_requirements.is_mandatory IS 'A bidder without it is not eligible; else it counts by weight.';
COMMENT ON COLUMN dwello.job_requirements.weight IS 'How much it counts beside the other optional ones.';
SELECT pg_catalog.pg_extension_config_dump('dwello.job_requirements', '');
CREATE POLICY job_requirements_read ON dwello.job_requirements FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id()
    OR (dwello.current_user_id() IS NOT NULL AND is_listed));
GRANT SELECT ON dwello.job_requirements TO dwello_app, dwello_service, dwello_support, dwello_admin;
CREATE POLICY job_requirements_public ON dwello.job_requirements FOR SELECT TO dwello_public USING (is_listed);
GRANT SELECT (job_id, id, requirement_type, requirement_value, is_mandatory, weight) ON dwello.job_requirements TO dwello_public;

CREATE TABLE dwello.category_overrides (
  category_id uuid CONSTRAINT category_overrides_pkey PRIMARY KEY
    CONSTRAINT category_overrides_category_id_fkey REFERENCES dwello.service_categories (id),
  name text,
  description text,
  icon_url text,
  is_active boolean,
  sort_order integer,
  version integer NOT NULL DEFAULT 1,
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  cancellation_policy jsonb
    CONSTRAINT category_overrides_cancellation_policy_check CHECK (dwello.json_is_valid('cancellation_policy', cancellation_policy))
);
COMMENT ON COLUMN dwello.category_overrides.cancellation_policy IS 'Cancellation policy of its jobs that have none of their own; NULL = that of the category above.';
COMMENT ON TABLE dwello.category_overrides IS 'What an operator has changed about a built-in category; NULL = as built in.';
SELECT pg_catalog.pg_extension_config_dump('dwello.category_overrides', '');
CREATE POLICY category_overrides_read ON dwello.category_overrides FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL);
CREATE POLICY category_overrides_public ON dwello.category_overrides FOR SELECT TO dwello_public USING (true);
GRANT SELECT ON dwello.category_overrides TO dwello_app, dwello_service, dwello_support, dwello_admin, dwello_public;

CREATE TABLE dwello.category_amounts (
  category_id uuid NOT NULL CONSTRAINT category_amounts_category_id_fkey REFERENCES dwello.service_categories (id),
  currency text NOT NULL CONSTRAINT category_amounts_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  amount bigint NOT NULL CONSTRAINT category_amounts_amount_check CHECK (amount > 0),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT category_amounts_pkey PRIMARY KEY (category_id, currency)
);
COMMENT ON TABLE dwello.category_amounts IS 'What an operator says that a job of a category usually costs, in each currency.';
SELECT pg_catalog.pg_extension_config_dump('dwello.category_amounts', '');
CREATE POLICY category_amounts_read ON dwello.category_amounts FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL);
CREATE POLICY category_amounts_public ON dwello.category_amounts FOR SELECT TO dwello_public USING (true);
GRANT SELECT ON dwello.category_amounts TO dwello_app, dwello_service, dwello_support, dwello_admin, dwello_public;

CREATE VIEW dwello.categories WITH (security_invoker = true) AS
  SELECT c.id, c.parent_id,
         COALESCE(o.name, c.name) AS name,
         COALESCE(o.description, c.description) AS description,
         COALESCE(o.icon_url, c.icon_url) AS icon_url,
         (SELECT pg_catalog.jsonb_object_agg(a.currency, a.amount)
            FROM dwello.category_amounts AS a WHERE a.category_id = c.id) AS reference_amounts,
         COALESCE(o.is_active, c.is_active) AS is_active,
         COALESCE(o.sort_order, c.sort_order) AS sort_order,
         c.is_builtin,
         COALESCE(o.version, c.version) AS version,
         COALESCE(o.cancellation_policy, c.cancellation_policy) AS cancellation_policy
    FROM dwello.service_categories AS c
    LEFT JOIN dwello.category_overrides AS o ON o.category_id = c.id;
COMMENT ON VIEW dwello.categories IS 'The tree of services as it is in force: built-in rows with the operator''s changes, and the operator''s own rows.';
COMMENT ON COLUMN dwello.categories.cancellation_policy IS 'Cancellation policy of its jobs that have none of their own; NULL = that of the category above, see dwello.cancellation_policy().';
COMMENT ON COLUMN dwello.categories.reference_amounts IS 'What a job of the category usually costs, in minor units by currency; NULL = not said.';
GRANT SELECT ON dwello.categories TO dwello_app, dwello_service, dwello_support, dwello_admin, dwello_public;

CREATE TABLE dwello.job_progress (
  job_id uuid NOT NULL CONSTRAINT job_progress_job_id_fkey REFERENCES dwello.jobs (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  homeowner_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  progress integer NOT NULL CONSTRAINT job_progress_progress_check CHECK (progress BETWEEN 0 AND 100),
  status_description text,
  photos text[] NOT NULL DEFAULT '{}',
  notes text,
  created_at timestamptz NOT NULL,
  CONSTRAINT job_progress_pkey PRIMARY KEY (job_id, id)
);
COMMENT ON TABLE dwello.job_progress IS 'What a provider has told of a job under way.';
COMMENT ON COLUMN dwello.job_progress.progress IS 'How much is done, 0 to 100.';
COMMENT ON COLUMN dwello.job_progress.status_description IS 'How it stands, in the provider''s words.';
SELECT pg_catalog.pg_extension_config_dump('dwello.job_progress', '');
CREATE POLICY job_progress_read ON dwello.job_progress FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id());
GRANT SELECT ON dwello.job_progress TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.job_invites (
  job_id uuid NOT NULL CONSTRAINT job_invites_job_id_fkey REFERENCES dwello.jobs (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  homeowner_id uuid NOT NULL,
  provider_id uuid NOT NULL CONSTRAINT job_invites_provider_id_xfk REFERENCES dwello.users (id),
  message text,
  amount bigint CONSTRAINT job_invites_amount_check CHECK (amount > 0),
  currency text CONSTRAINT job_invites_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  timeline_days integer CONSTRAINT job_invites_timeline_check CHECK (timeline_days > 0),
  status dwello.offer_status NOT NULL DEFAULT 'pending',
  expires_at timestamptz,
  created_at timestamptz NOT NULL,
  answered_at timestamptz,
  CONSTRAINT job_invites_pkey PRIMARY KEY (job_id, id),
  CONSTRAINT job_invites_hire_check CHECK ((amount IS NULL) = (currency IS NULL) AND (amount IS NULL) = (expires_at IS NULL)),
  CONSTRAINT job_invites_answered_check CHECK ((status = 'pending') = (answered_at IS NULL))
);
CREATE UNIQUE INDEX job_invites_provider_key ON dwello.job_invites (job_id, provider_id) WHERE status = 'pending';
CREATE UNIQUE INDEX job_invites_hire_key ON dwello.job_invites (job_id) WHERE status = 'pending' AND amount IS NOT NULL;
CREATE INDEX job_invites_provider_id_idx ON dwello.job_invites (provider_id, job_id);
CREATE INDEX job_invites_expires_at_idx ON dwello.job_invites (expires_at, id) WHERE status = 'pending';
COMMENT ON TABLE dwello.job_invites IS
  'Providers whom a homeowner has asked to bid, or offered the job at an amount; provider_id is the one invited.';
COMMENT ON COLUMN dwello.job_invites.message IS 'Words to the provider; NULL if none.';
COMMENT ON COLUMN dwello.job_invites.amount IS 'What the homeowner offers for the job, in minor units; NULL = they ask for a bid.';
COMMENT ON COLUMN dwello.job_invites.timeline_days IS 'Days of work that go with the amount; NULL if not said.';
COMMENT ON COLUMN dwello.job_invites.expires_at IS 'Until when the job is offered at the amount; NULL = as long as the job takes bids.';
COMMENT ON COLUMN dwello.job_invites.answered_at IS 'When it was answered or ended; NULL while it is pending.';
SELECT pg_catalog.pg_extension_config_dump('dwello.job_invites', '');
CREATE POLICY job_invites_read ON dwello.job_invites FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id());
GRANT SELECT ON dwello.job_invites TO dwello_app, dwello_service, dwello_support, dwello_admin;
