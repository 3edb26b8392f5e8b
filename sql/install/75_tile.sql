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
SELECT pg_catalog.pg_extension_config_dump('dwello.job_tiles', '');

CREATE TABLE dwello.job_tile_sweep (
  id integer NOT NULL CONSTRAINT job_tile_sweep_pkey PRIMARY KEY DEFAULT 1
    CONSTRAINT job_tile_sweep_id_check CHECK (id = 1),
  seen_id uuid NOT NULL,
  mark_id uuid NOT NULL,
  mark_xid bigint NOT NULL,
  next_tile bigint NOT NULL,
  refreshed_at timestamptz NOT NULL,
  swept_at timestamptz
);
COMMENT ON TABLE dwello.job_tile_sweep IS
  'How far dwello.refresh_tiles() has come; one row, made at its first call, which also keeps it to one worker at a time.';
SELECT pg_catalog.pg_extension_config_dump('dwello.job_tile_sweep', '');
