/*
 * Where a job lies on the map, for a column and its index.
 */

CREATE OR REPLACE FUNCTION dwello.tile_cell(longitude double precision, latitude double precision)
RETURNS bigint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_tile_cell';
GRANT EXECUTE ON FUNCTION dwello.tile_cell
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.tile_cell IS
'A place as a number: its tile of zoom 31 of a web map (2 cm), bits of row and column in turn, so that what lies in one tile of any zoom is one run of numbers. Arguments: longitude and latitude in degrees; beyond 85.0511 north or south it is on the edge of the map. Returns 0 to 2^62 - 1. Errors: 22023 off the globe.';
