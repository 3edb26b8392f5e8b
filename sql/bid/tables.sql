/*
 * Bids: the live row, its history and its lines of material.  Here
 * provider_id is the bidder.  "The accepted bid" is a partial unique index,
 * because a foreign key from jobs would make a cycle that no dump restores.
 */
CREATE TABLE dwello.bids (
  job_id uuid NOT NULL CONSTRAINT bids_job_id_fkey REFERENCES dwello.jobs (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  homeowner_id uuid NOT NULL,
  provider_id uuid NOT NULL CONSTRAINT bids_provider_id_xfk REFERENCES dwello.users (id),
  status dwello.bid_status NOT NULL DEFAULT 'pending',
  reason text,
  terms_version integer NOT NULL,
  bid_version integer NOT NULL DEFAULT 1,
  labor_cost bigint NOT NULL CONSTRAINT bids_labor_cost_check CHECK (labor_cost >= 0),
  materials_cost bigint NOT NULL CONSTRAINT bids_materials_cost_check CHECK (materials_cost >= 0),
  bid_amount bigint NOT NULL CONSTRAINT bids_amount_check CHECK (bid_amount > 0),
  currency text NOT NULL CONSTRAINT bids_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  materials_included boolean NOT NULL DEFAULT true,
  timeline_days integer CONSTRAINT bids_timeline_check CHECK (timeline_days > 0),
  warranty_months integer NOT NULL DEFAULT 0 CONSTRAINT bids_warranty_check CHECK (warranty_months >= 0),
  description text,
  special_terms text,
  comparable_price bigint NOT NULL CONSTRAINT bids_comparable_price_check CHECK (comparable_price > 0),
  score_total bigint,
  score_inputs jsonb NOT NULL
    CONSTRAINT bids_score_inputs_check CHECK (dwello.json_is_valid('score_inputs', score_inputs)),
  is_inconsistent boolean NOT NULL DEFAULT false,
  decision_id uuid,
  submitted_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  deleted_at timestamptz,
  CONSTRAINT bids_pkey PRIMARY KEY (job_id, id),
  CONSTRAINT bids_sum_check CHECK (bid_amount = labor_cost + materials_cost),
  CONSTRAINT bids_materials_check CHECK (materials_included OR materials_cost = 0),
  CONSTRAINT bids_own_check CHECK (provider_id <> homeowner_id)
);
CREATE UNIQUE INDEX bids_live_key ON dwello.bids (job_id, provider_id)
  WHERE status IN ('pending', 'accepted') AND deleted_at IS NULL;
CREATE UNIQUE INDEX bids_accepted_key ON dwello.bids (job_id) WHERE status = 'accepted';
CREATE INDEX bids_provider_id_idx ON dwello.bids (provider_id, job_id);
CREATE INDEX bids_homeowner_id_idx ON dwello.bids (homeowner_id, job_id);
CREATE INDEX bids_expires_at_idx ON dwello.bids (expires_at, id)
  WHERE status = 'pending' AND deleted_at IS NULL;
COMMENT ON TABLE dwello.bids IS
  'Offers of providers. score_total is in millionths of a point, made from score_inputs against the reference frozen with the job.';
COMMENT ON COLUMN dwello.bids.provider_id IS 'The bidder.';
COMMENT ON COLUMN dwello.bids.decision_id IS 'The agent''s decision that the bid came from: a row of ai_agent_activity; NULL = a person made it.';
SELECT pg_catalog.pg_extension_config_dump('dwello.bids', '');
CREATE POLICY bids_read ON dwello.bids FOR SELECT
  USING ((homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id()) AND deleted_at IS NULL);
GRANT SELECT ON dwello.bids TO dwello_app, dwello_service, dwello_support, dwello_admin;
-- EXPLAIN estimates by all rows: of what rivals must not know it knows nothing
ALTER TABLE dwello.bids ALTER labor_cost SET STATISTICS 0, ALTER materials_cost SET STATISTICS 0, ALTER bid_amount SET STATISTICS 0, ALTER comparable_price SET STATISTICS 0, ALTER score_total SET STATISTICS 0;

CREATE TABLE dwello.bid_versions (
  job_id uuid NOT NULL,
  bid_id uuid NOT NULL,
  bid_version integer NOT NULL,
  homeowner_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  terms_version integer NOT NULL,
  labor_cost bigint NOT NULL,
  materials_cost bigint NOT NULL,
  bid_amount bigint NOT NULL,
  currency text NOT NULL,
  materials_included boolean NOT NULL,
  timeline_days integer,
  warranty_months integer NOT NULL,
  description text,
  special_terms text,
  comparable_price bigint NOT NULL,
  score_total bigint,
  score_inputs jsonb NOT NULL
    CONSTRAINT bid_versions_score_inputs_check CHECK (dwello.json_is_valid('score_inputs', score_inputs)),
  is_inconsistent boolean NOT NULL DEFAULT false,
  submitted_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  CONSTRAINT bid_versions_pkey PRIMARY KEY (job_id, bid_id, bid_version),
  CONSTRAINT bid_versions_bid_fkey FOREIGN KEY (job_id, bid_id) REFERENCES dwello.bids (job_id, id)
);
COMMENT ON TABLE dwello.bid_versions IS 'Every version of a bid, with the inputs its score was made from.';
COMMENT ON COLUMN dwello.bid_versions.provider_id IS 'The bidder.';
SELECT pg_catalog.pg_extension_config_dump('dwello.bid_versions', '');
CREATE POLICY bid_versions_read ON dwello.bid_versions FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id());
GRANT SELECT ON dwello.bid_versions TO dwello_app, dwello_service, dwello_support, dwello_admin;
ALTER TABLE dwello.bid_versions ALTER labor_cost SET STATISTICS 0, ALTER materials_cost SET STATISTICS 0, ALTER bid_amount SET STATISTICS 0, ALTER comparable_price SET STATISTICS 0, ALTER score_total SET STATISTICS 0;

CREATE TABLE dwello.bid_floors (
  job_id uuid NOT NULL,
  bid_id uuid NOT NULL,
  bid_version integer NOT NULL,
  provider_id uuid NOT NULL,
  lowest_amount bigint NOT NULL CONSTRAINT bid_floors_lowest_amount_check CHECK (lowest_amount > 0),
  score_total bigint NOT NULL,
  quality bigint NOT NULL,
  CONSTRAINT bid_floors_pkey PRIMARY KEY (job_id, bid_id, bid_version),
  CONSTRAINT bid_floors_version_fkey FOREIGN KEY (job_id, bid_id, bid_version)
    REFERENCES dwello.bid_versions (job_id, bid_id, bid_version)
);
COMMENT ON TABLE dwello.bid_floors IS
  'How low a version of a bid goes by itself in open mode; nobody but the bidder may read it, the homeowner and the platform''s staff included.';
COMMENT ON COLUMN dwello.bid_floors.provider_id IS 'The bidder, who alone may see the row.';
COMMENT ON COLUMN dwello.bid_floors.lowest_amount IS 'The lowest bid_amount at which the bid may win, in minor units.';
COMMENT ON COLUMN dwello.bid_floors.score_total IS 'Unclamped score at lowest_amount, by which the winner is found, in millionths of a point.';
COMMENT ON COLUMN dwello.bid_floors.quality IS 'The score less the points of the price, in millionths of a point.';
SELECT pg_catalog.pg_extension_config_dump('dwello.bid_floors', '');
CREATE POLICY bid_floors_read ON dwello.bid_floors FOR SELECT
  USING (provider_id = dwello.current_user_id());
GRANT SELECT ON dwello.bid_floors TO dwello_app, dwello_support, dwello_admin;
ALTER TABLE dwello.bid_floors ALTER lowest_amount SET STATISTICS 0, ALTER score_total SET STATISTICS 0, ALTER quality SET STATISTICS 0;

CREATE TABLE dwello.bid_ranks (
  job_id uuid NOT NULL,
  bid_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  third smallint CONSTRAINT bid_ranks_third_check CHECK (third BETWEEN 1 AND 3),
  due_at timestamptz NOT NULL,
  CONSTRAINT bid_ranks_pkey PRIMARY KEY (job_id, bid_id),
  CONSTRAINT bid_ranks_bid_fkey FOREIGN KEY (job_id, bid_id) REFERENCES dwello.bids (job_id, id)
);
CREATE INDEX bid_ranks_due_at_idx ON dwello.bid_ranks (due_at, bid_id);
COMMENT ON TABLE dwello.bid_ranks IS
  'Live bids on jobs in mode rank_only, with what the bidder may know of their rank; written by refresh_ranks(), never with the bid.';
COMMENT ON COLUMN dwello.bid_ranks.provider_id IS 'The bidder, who alone may see the row.';
COMMENT ON COLUMN dwello.bid_ranks.third IS 'The third of the eligible bids in which it stood, 1 the best; NULL = not known yet, or not eligible.';
COMMENT ON COLUMN dwello.bid_ranks.due_at IS 'From when refresh_ranks() may look again.';
SELECT pg_catalog.pg_extension_config_dump('dwello.bid_ranks', '');
CREATE POLICY bid_ranks_read ON dwello.bid_ranks FOR SELECT
  USING (provider_id = dwello.current_user_id());
GRANT SELECT ON dwello.bid_ranks TO dwello_app, dwello_service, dwello_support, dwello_admin;

CREATE TABLE dwello.bid_materials (
  job_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  bid_id uuid NOT NULL,
  bid_version integer NOT NULL,
  homeowner_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  sort_order integer NOT NULL,
  item_name text NOT NULL CONSTRAINT bid_materials_item_name_check CHECK (pg_catalog.char_length(item_name) BETWEEN 1 AND 200),
  store_name text,
  quantity numeric(18, 6) NOT NULL CONSTRAINT bid_materials_quantity_check CHECK (quantity > 0),
  unit_price bigint NOT NULL CONSTRAINT bid_materials_unit_price_check CHECK (unit_price >= 0),
  total_price bigint NOT NULL CONSTRAINT bid_materials_total_price_check CHECK (total_price >= 0),
  store_url text,
  CONSTRAINT bid_materials_pkey PRIMARY KEY (job_id, id),
  CONSTRAINT bid_materials_version_fkey FOREIGN KEY (job_id, bid_id, bid_version)
    REFERENCES dwello.bid_versions (job_id, bid_id, bid_version)
);
CREATE INDEX bid_materials_bid_idx ON dwello.bid_materials (job_id, bid_id, bid_version);
COMMENT ON TABLE dwello.bid_materials IS 'Lines of material of one version of a bid; total = half-even(quantity × unit price), in minor units.';
COMMENT ON COLUMN dwello.bid_materials.provider_id IS 'The bidder.';
COMMENT ON COLUMN dwello.bid_materials.item_name IS 'What is bought.';
COMMENT ON COLUMN dwello.bid_materials.store_name IS 'Where; NULL if not said.';
COMMENT ON COLUMN dwello.bid_materials.quantity IS 'How many.';
COMMENT ON COLUMN dwello.bid_materials.unit_price IS 'Price of one, in minor units.';
COMMENT ON COLUMN dwello.bid_materials.total_price IS 'quantity × unit_price, rounded half-even, in minor units.';
COMMENT ON COLUMN dwello.bid_materials.store_url IS 'Where to find it; NULL if not said.';
SELECT pg_catalog.pg_extension_config_dump('dwello.bid_materials', '');
CREATE POLICY bid_materials_read ON dwello.bid_materials FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id());
GRANT SELECT ON dwello.bid_materials TO dwello_app, dwello_service, dwello_support, dwello_admin;
ALTER TABLE dwello.bid_materials ALTER unit_price SET STATISTICS 0, ALTER total_price SET STATISTICS 0;

CREATE TABLE dwello.counter_offers (
  job_id uuid NOT NULL,
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  bid_id uuid NOT NULL,
  homeowner_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  round integer NOT NULL CONSTRAINT counter_offers_round_check CHECK (round > 0),
  offered_by uuid NOT NULL,
  bid_version integer NOT NULL,
  amount bigint NOT NULL CONSTRAINT counter_offers_amount_check CHECK (amount > 0),
  currency text NOT NULL CONSTRAINT counter_offers_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  message text,
  status dwello.offer_status NOT NULL DEFAULT 'pending',
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL,
  answered_at timestamptz,
  CONSTRAINT counter_offers_pkey PRIMARY KEY (job_id, id),
  CONSTRAINT counter_offers_bid_fkey FOREIGN KEY (job_id, bid_id) REFERENCES dwello.bids (job_id, id),
  CONSTRAINT counter_offers_round_key UNIQUE (job_id, bid_id, round),
  CONSTRAINT counter_offers_side_check CHECK (offered_by IN (homeowner_id, provider_id)),
  CONSTRAINT counter_offers_answered_check CHECK ((status = 'pending') = (answered_at IS NULL))
);
CREATE UNIQUE INDEX counter_offers_pending_key ON dwello.counter_offers (job_id, bid_id) WHERE status = 'pending';
CREATE INDEX counter_offers_expires_at_idx ON dwello.counter_offers (expires_at, id) WHERE status = 'pending';
COMMENT ON TABLE dwello.counter_offers IS 'Offers back and forth about a bid, in rounds; provider_id is the bidder.';
COMMENT ON COLUMN dwello.counter_offers.round IS 'Number of the offer, from 1; the sides take turns.';
COMMENT ON COLUMN dwello.counter_offers.offered_by IS 'Which of the two sides made it.';
COMMENT ON COLUMN dwello.counter_offers.bid_version IS 'Version of the bid that it was made about.';
COMMENT ON COLUMN dwello.counter_offers.amount IS 'What the bid''s amount would be instead, in minor units.';
COMMENT ON COLUMN dwello.counter_offers.message IS 'Words to the other side; NULL if none.';
COMMENT ON COLUMN dwello.counter_offers.answered_at IS 'When it was answered or ended; NULL while it is pending.';
SELECT pg_catalog.pg_extension_config_dump('dwello.counter_offers', '');
CREATE POLICY counter_offers_read ON dwello.counter_offers FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id());
GRANT SELECT ON dwello.counter_offers TO dwello_app, dwello_service, dwello_support, dwello_admin;
ALTER TABLE dwello.counter_offers ALTER amount SET STATISTICS 0;

CREATE TABLE dwello.change_orders (
  job_id uuid NOT NULL CONSTRAINT change_orders_job_id_fkey REFERENCES dwello.jobs (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  homeowner_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  offered_by uuid NOT NULL,
  title text NOT NULL CONSTRAINT change_orders_title_check CHECK (pg_catalog.char_length(title) BETWEEN 1 AND 200),
  description text,
  amount bigint NOT NULL,
  currency text NOT NULL CONSTRAINT change_orders_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  days integer CONSTRAINT change_orders_days_check CHECK (days <> 0),
  due_date date,
  starts_at timestamptz,
  milestones jsonb
    CONSTRAINT change_orders_milestones_check CHECK (dwello.json_is_valid('milestone_plan', milestones)),
  status dwello.offer_status NOT NULL DEFAULT 'pending',
  milestone_id uuid,
  transaction_id uuid,
  contract_amount bigint,
  created_at timestamptz NOT NULL,
  answered_at timestamptz,
  CONSTRAINT change_orders_pkey PRIMARY KEY (job_id, id),
  CONSTRAINT change_orders_side_check CHECK (offered_by IN (homeowner_id, provider_id)),
  CONSTRAINT change_orders_amount_check CHECK (amount <> 0 OR days IS NOT NULL OR starts_at IS NOT NULL OR milestones IS NOT NULL),
  CONSTRAINT change_orders_due_date_check CHECK (amount > 0 OR due_date IS NULL),
  CONSTRAINT change_orders_answered_check CHECK ((status = 'pending') = (answered_at IS NULL)),
  CONSTRAINT change_orders_contract_check CHECK ((status = 'accepted') = (contract_amount IS NOT NULL))
);
CREATE UNIQUE INDEX change_orders_pending_key ON dwello.change_orders (job_id) WHERE status = 'pending';
COMMENT ON TABLE dwello.change_orders IS
  'Changes of a contract that one side proposes after the award; accepted, more work is a milestone, and less is taken off.';
COMMENT ON COLUMN dwello.change_orders.offered_by IS 'Which of the two sides proposed it.';
COMMENT ON COLUMN dwello.change_orders.title IS 'What is changed; accepted, the title of the milestone.';
COMMENT ON COLUMN dwello.change_orders.description IS 'The reason, and the work in detail; NULL if not said.';
COMMENT ON COLUMN dwello.change_orders.amount IS 'By how much the price of the work changes, in minor units: less than 0 for less work, 0 for time alone.';
COMMENT ON COLUMN dwello.change_orders.days IS 'By how many days the work takes longer, or less than 0 shorter; NULL if not said.';
COMMENT ON COLUMN dwello.change_orders.due_date IS 'When more work should be done; NULL if not said.';
COMMENT ON COLUMN dwello.change_orders.starts_at IS 'When the work is to begin instead; NULL = as it was agreed.';
COMMENT ON COLUMN dwello.change_orders.milestones IS 'Another plan of what has not begun, which changes nothing else; NULL for any other change.';
COMMENT ON COLUMN dwello.change_orders.milestone_id IS 'The milestone that more work became, or that less is taken from; NULL before, or for none in particular.';
COMMENT ON COLUMN dwello.change_orders.transaction_id IS 'The payment that was asked for, or the refund; NULL for none.';
COMMENT ON COLUMN dwello.change_orders.contract_amount IS 'The contract afterwards, in minor units; NULL unless accepted.';
COMMENT ON COLUMN dwello.change_orders.answered_at IS 'When it was answered or ended; NULL while it is pending.';
SELECT pg_catalog.pg_extension_config_dump('dwello.change_orders', '');
CREATE POLICY change_orders_read ON dwello.change_orders FOR SELECT
  USING (homeowner_id = dwello.current_user_id() OR provider_id = dwello.current_user_id());
GRANT SELECT ON dwello.change_orders TO dwello_app, dwello_service, dwello_support, dwello_admin;
ALTER TABLE dwello.change_orders ALTER amount SET STATISTICS 0, ALTER contract_amount SET STATISTICS 0;
