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
  multiplier_ppm integer NOT NULL DEFAULT 1000000 CONSTRAINT market_prices_multiplier_check CHECK (multiplier_ppm > 0),
  stars integer CONSTRAINT market_prices_stars_check CHECK (stars BETWEEN 1 AND 5)
);
-- newest first in a cell, answered by the index alone where the table has been vacuumed
CREATE INDEX market_prices_cell_idx ON dwello.market_prices (category_id, currency, cell, released_on DESC, job_id DESC)
  INCLUDE (homeowner_id, provider_id, longitude, latitude, amount, multiplier_ppm, stars);
COMMENT ON TABLE dwello.market_prices IS
  'Contracts that were paid for and released in full, one row each: what references and anchors are made of. For nobody to read but the system.';
COMMENT ON COLUMN dwello.market_prices.homeowner_id IS 'Who paid.';
COMMENT ON COLUMN dwello.market_prices.provider_id IS 'Who was paid.';
COMMENT ON COLUMN dwello.market_prices.longitude IS 'Place of the job as strangers see it, in degrees east.';
COMMENT ON COLUMN dwello.market_prices.latitude IS 'The same, in degrees north.';
COMMENT ON COLUMN dwello.market_prices.cell IS 'The half degree square of the place.';
COMMENT ON COLUMN dwello.market_prices.released_on IS 'Day, of UTC, on which the last of the money was released.';
COMMENT ON COLUMN dwello.market_prices.amount IS 'Price of the work, without fees, in minor units.';
COMMENT ON COLUMN dwello.market_prices.multiplier_ppm IS 'By what an agent''s strategy had multiplied its anchor, in parts per million; 1000000 where no agent made the bid.';
COMMENT ON COLUMN dwello.market_prices.stars IS 'What the homeowner gave the work, once it is revealed; NULL = nothing.';
SELECT pg_catalog.pg_extension_config_dump('dwello.market_prices', '');
GRANT SELECT ON dwello.market_prices TO dwello_service;
