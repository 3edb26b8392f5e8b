/*
 * Where a job lies on the map, for a column and its index.
 */

/*
 * tile_cell
 *	A place as a number: its tile of zoom 31 of a web map (2 cm). Bits of
 *	row and column stand in turn, so that what lies in one tile of any
 *	zoom is one run of numbers.
 *
 * role: app, service, support, analyst, admin
 * args:
 *	longitude: degrees east
 *	latitude: degrees north; beyond 85.0511 north or south it is on the
 *	  edge of the map
 * returns: 0 to 2^62 - 1
 * errors:
 *	22023: off the globe
 * example: provider_1
 *	SELECT dwello.tile_cell(longitude => -122.42, latitude => 37.77);
 */
CREATE OR REPLACE FUNCTION dwello.tile_cell(longitude double precision, latitude double precision)
RETURNS bigint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'dwello_tile_cell';
GRANT EXECUTE ON FUNCTION dwello.tile_cell
  TO dwello_app, dwello_service, dwello_support, dwello_analyst, dwello_admin;
COMMENT ON FUNCTION dwello.tile_cell IS
  'A place as a number: its tile of zoom 31 of a web map (2 cm). Errors: 22023. See reference.md#tile_cell.';
