/*
 * What work costs.  The rows are made of contracts that were paid for and
 * released in full: deliver_events() keeps them from events, never a
 * trigger, and rebuild_market_prices() makes them anew.  There is no foreign
 * key to the escrow, whose row a worker would lock by it: check() finds what
 * is missing.
 */
CREATE TABLE dwello.market_prices (
  job_id uuid CONSTRAINT market_prices_pkey PRIMARY KEY,
  homeowner_id uuid NOT NULL,
  provider_id uuid NOT NULL,
  category_id uuid NOT NULL CONSTRAINT market_prices_category_id_fkey REFERENCES dwello.service_categories (id),
  currency text NOT NULL CONSTRAINT market_prices_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  longitude float8 NOT NULL CONSTRAINT market_prices_longitude_check CHECK (longitude BETWEEN -180 AND 180),
  latitude float8 NOT NULL CONSTRAINT market_prices_latitude_check CHECK (latitude BETWEEN -90 AND 90),
  -- half a degree square, in which prices are looked for around a place; core/market/market.h has the same
  cell integer NOT NULL GENERATED ALWAYS AS ((pg_catalog.floor(latitude * 2)::integer + 180) * 720
    + (pg_catalog.floor(longitude * 2)::integer + 360) % 720) STORED,
  released_on date NOT NULL,
  amount bigint NOT NULL CONSTRAINT market_prices_amount_check CHECK (amount > 0),
  base_amount bigint NOT NULL CONSTRAINT market_prices_base_check CHECK (base_amount > 0),
  stars integer CONSTRAINT market_prices_stars_check CHECK (stars BETWEEN 1 AND 5)
);
-- newest first, in a cell and everywhere, answered by the index alone where the table has been vacuumed
CREATE INDEX market_prices_cell_idx ON dwello.market_prices (category_id, currency, cell, released_on DESC, job_id DESC)
  INCLUDE (homeowner_id, provider_id, longitude, latitude, amount, base_amount, stars);
CREATE INDEX market_prices_newest_idx ON dwello.market_prices (category_id, currency, released_on DESC, job_id DESC)
  INCLUDE (homeowner_id, provider_id, longitude, latitude, amount, base_amount, stars);
COMMENT ON TABLE dwello.market_prices IS
  'Contracts that were paid for and released in full, one row each: what references and anchors are made of. For nobody to read but the system.';
COMMENT ON COLUMN dwello.market_prices.homeowner_id IS 'Who paid.';
COMMENT ON COLUMN dwello.market_prices.provider_id IS 'Who was paid.';
COMMENT ON COLUMN dwello.market_prices.longitude IS 'Place of the job as strangers see it, in degrees east.';
COMMENT ON COLUMN dwello.market_prices.latitude IS 'The same, in degrees north.';
COMMENT ON COLUMN dwello.market_prices.cell IS 'The half degree square of the place.';
COMMENT ON COLUMN dwello.market_prices.released_on IS 'Day, of UTC, on which the last of the money was released.';
COMMENT ON COLUMN dwello.market_prices.amount IS 'Price of the work, without fees, in minor units.';
COMMENT ON COLUMN dwello.market_prices.base_amount IS 'The same without what the strategy of the agent that won had multiplied, in minor units: agents'' anchors are made of it.';
COMMENT ON COLUMN dwello.market_prices.stars IS 'What the homeowner gave the work, once it is revealed; NULL = nothing.';
SELECT pg_catalog.pg_extension_config_dump('dwello.market_prices', '');
GRANT SELECT ON dwello.market_prices TO dwello_service;

/*
 * What is known of a category's market, for everybody: kept with the prices.
 * A figure of fewer than five people on either side is not shown, or not made.
 */
CREATE TABLE dwello.category_statistics (
  category_id uuid NOT NULL
    CONSTRAINT category_statistics_category_id_fkey REFERENCES dwello.service_categories (id),
  currency text NOT NULL,
  contracts bigint NOT NULL DEFAULT 0,
  people integer NOT NULL DEFAULT 0,
  reference_amount bigint CONSTRAINT category_statistics_reference_check CHECK (reference_amount > 0),
  rating numeric(3, 2) CONSTRAINT category_statistics_rating_check CHECK (rating BETWEEN 1 AND 5),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT category_statistics_pkey PRIMARY KEY (category_id, currency)
);
COMMENT ON TABLE dwello.category_statistics IS
  'What contracts of a category were paid for, all over the platform, in each currency; kept by deliver_events(). Users see those of five homeowners and five providers or more.';
COMMENT ON COLUMN dwello.category_statistics.category_id IS 'The category, without those below it.';
COMMENT ON COLUMN dwello.category_statistics.currency IS 'ISO 4217 code of the contracts'' money.';
COMMENT ON COLUMN dwello.category_statistics.contracts IS 'Contracts that were paid for and released in full.';
COMMENT ON COLUMN dwello.category_statistics.people IS 'Homeowners, and as many providers, whose newest contracts the figures are made of; 200 at most.';
COMMENT ON COLUMN dwello.category_statistics.reference_amount IS 'Median of these contracts, the younger the heavier, in minor units, rounded to two digits; NULL = too few.';
COMMENT ON COLUMN dwello.category_statistics.rating IS 'Mean of the stars that their homeowners gave, 1 to 5; NULL = fewer than five gave any.';
SELECT pg_catalog.pg_extension_config_dump('dwello.category_statistics', '');
CREATE POLICY category_statistics_read ON dwello.category_statistics FOR SELECT
  USING (dwello.current_user_id() IS NOT NULL AND people >= 5);
GRANT SELECT ON dwello.category_statistics TO dwello_app, dwello_service, dwello_support, dwello_admin;
