CREATE TABLE dwello.saved_searches (
  user_id uuid NOT NULL CONSTRAINT saved_searches_user_id_fkey REFERENCES dwello.users (id),
  id uuid NOT NULL DEFAULT dwello.uuidv7(),
  name text NOT NULL,
  query text,
  longitude float8,
  latitude float8,
  radius_miles float8,
  category_ids uuid[] NOT NULL DEFAULT '{}',
  budget_min bigint,
  budget_max bigint,
  currency text NOT NULL DEFAULT 'USD' CONSTRAINT saved_searches_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
  urgency dwello.urgency,
  words tsquery GENERATED ALWAYS AS (
    pg_catalog.websearch_to_tsquery('pg_catalog.english', pg_catalog.lower(query COLLATE pg_catalog."C"))) STORED,
  -- without a place anywhere on the map
  key dwello.agent_key GENERATED ALWAYS AS (dwello.agent_key(longitude, latitude, radius_miles,
    CASE WHEN longitude IS NULL THEN '{-180,-90,180,90}'::float8[] END,
    category_ids, budget_min, budget_max, currency, NULL)) STORED,
  version integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  updated_at timestamptz NOT NULL DEFAULT pg_catalog.now(),
  CONSTRAINT saved_searches_pkey PRIMARY KEY (user_id, id),
  CONSTRAINT saved_searches_place_check CHECK ((longitude IS NULL) = (latitude IS NULL)
    AND (longitude IS NULL) = (radius_miles IS NULL)),
  CONSTRAINT saved_searches_rounded_check CHECK (pg_catalog.round(longitude * 100) / 100 = longitude
    AND pg_catalog.round(latitude * 100) / 100 = latitude),
  CONSTRAINT saved_searches_budget_check CHECK (budget_min <= budget_max)
);
CREATE INDEX saved_searches_key_idx ON dwello.saved_searches USING gist (key dwello.agent_key_ops);
COMMENT ON TABLE dwello.saved_searches IS 'Searches whose owner is notified when a job is published and fits.';
COMMENT ON COLUMN dwello.saved_searches.query IS 'Words that are searched for; NULL = any.';
COMMENT ON COLUMN dwello.saved_searches.longitude IS 'Degrees east of the place, rounded to 0.01; NULL = anywhere.';
COMMENT ON COLUMN dwello.saved_searches.latitude IS 'Degrees north of the place, rounded to 0.01; NULL = anywhere.';
COMMENT ON COLUMN dwello.saved_searches.radius_miles IS 'Radius round the place.';
COMMENT ON COLUMN dwello.saved_searches.urgency IS 'How soon the job must be done; NULL = any.';
COMMENT ON COLUMN dwello.saved_searches.words IS 'The same, parsed.';
COMMENT ON COLUMN dwello.saved_searches.key IS 'What the index of searches knows of it, made from the other columns.';
SELECT pg_catalog.pg_extension_config_dump('dwello.saved_searches', '');
CREATE POLICY saved_searches_read ON dwello.saved_searches FOR SELECT
  USING (user_id = dwello.current_user_id());
GRANT SELECT ON dwello.saved_searches TO dwello_app, dwello_service, dwello_support, dwello_admin;

/*
 * Open jobs counted by tiles of the map, for zooms at which a tile would hold
 * too many of them.  Derived from jobs by dwello.refresh_tiles(), in neither
 * group; nothing else writes here, so no command waits for a count.
 */
CREATE TABLE dwello.job_tiles (
  zoom smallint NOT NULL CONSTRAINT job_tiles_zoom_check CHECK (zoom BETWEEN 3 AND 14),
  tile bigint NOT NULL CONSTRAINT job_tiles_tile_check CHECK (tile >= 0),
  category_id uuid NOT NULL,
  jobs integer NOT NULL CONSTRAINT job_tiles_jobs_check CHECK (jobs > 0),
  x_sum bigint NOT NULL,
  y_sum bigint NOT NULL,
  CONSTRAINT job_tiles_pkey PRIMARY KEY (zoom, tile, category_id)
);
COMMENT ON TABLE dwello.job_tiles IS
  'How many visible open jobs of a root category lie in a tile of the map, and their mean place; kept by dwello.refresh_tiles().';
COMMENT ON COLUMN dwello.job_tiles.zoom IS 'Zoom of the tile.';
COMMENT ON COLUMN dwello.job_tiles.tile IS 'Number of the tile at its zoom, in Z-order: its four quarters are 4n to 4n + 3.';
COMMENT ON COLUMN dwello.job_tiles.category_id IS 'The category at the root of the tree.';
COMMENT ON COLUMN dwello.job_tiles.jobs IS 'How many visible open jobs there are.';
COMMENT ON COLUMN dwello.job_tiles.x_sum IS 'Sum of their columns of cells (zoom 31), for their mean place.';
COMMENT ON COLUMN dwello.job_tiles.y_sum IS 'Sum of their rows of cells (zoom 31), for their mean place.';
SELECT pg_catalog.pg_extension_config_dump('dwello.job_tiles', '');

CREATE TABLE dwello.job_tile_refresh (
  id integer NOT NULL CONSTRAINT job_tile_refresh_pkey PRIMARY KEY DEFAULT 1
    CONSTRAINT job_tile_refresh_id_check CHECK (id = 1),
  seen_id uuid NOT NULL,
  watermark_id uuid NOT NULL,
  watermark_xid bigint NOT NULL,
  next_tile bigint NOT NULL,
  refreshed_at timestamptz NOT NULL,
  completed_at timestamptz
);
COMMENT ON TABLE dwello.job_tile_refresh IS
  'How far dwello.refresh_tiles() has come; one row, made at its first call, which also keeps it to one worker at a time.';
COMMENT ON COLUMN dwello.job_tile_refresh.seen_id IS 'Id in the outbox up to which all events are counted.';
COMMENT ON COLUMN dwello.job_tile_refresh.next_tile IS 'Tile of zoom 14 with which the refresh goes on.';
COMMENT ON COLUMN dwello.job_tile_refresh.refreshed_at IS 'When it was called last.';
COMMENT ON COLUMN dwello.job_tile_refresh.completed_at IS 'When a refresh last came to the end of the map; NULL before the first.';
SELECT pg_catalog.pg_extension_config_dump('dwello.job_tile_refresh', '');
