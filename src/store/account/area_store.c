/*
 * area_store.c
 *		Reads a GeoJSON area and has PostGIS look at its shape.
 *
 * PostGIS raises an error of its own for a text that is no GeoJSON, looks up
 * a "crs", and takes a place off the globe without a word.  So the document
 * is walked here first, and PostGIS is only asked what it alone knows: do
 * the rings cross?  Coordinates are planar degrees (RFC 7946): an area
 * across the antimeridian is a MultiPolygon cut there.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "core/geo/geo.h"
#include "server/call/call_server.h"
#include "server/sql/sql_server.h"
#include "store/account/account_store.h"

#define RING_MIN 4				/* positions: a triangle, closed */

/* One position of a ring. */
typedef struct Position
{
	double		longitude;		/* degrees */
	double		latitude;		/* degrees */
} Position;

static const char *polygons_fault(JsonbContainer *polygons);
static const char *polygon_fault(JsonbContainer *rings);
static const char *ring_fault(JsonbContainer *ring);
static bool position_read(JsonbContainer *ring, int i, Position *position);
static bool degree_read(JsonbContainer *position, int i, double *degree);
static JsonbContainer *list_item(JsonbContainer *list, int i);
static bool rings_cross(Datum jsonb);

const char *
dw_area_fault(Datum jsonb)
{
	const char *fault = dw_area_shape_fault(jsonb);

	if (fault == NULL && rings_cross(jsonb))
		fault = "must have rings that do not cross or overlap";
	return fault;
}

const char *
dw_area_shape_fault(Datum jsonb)
{
	static const char *const names[] = {"type", "coordinates", NULL};
	DwJsonArg	area;
	JsonbValue	found;
	JsonbContainer *coordinates;
	char	   *type = NULL;

	if (!dw_json_arg_object(jsonb, &area) ||
		dw_json_arg_text(&area, "type", &type) != DW_MEMBER_GIVEN ||
		(strcmp(type, "Polygon") != 0 && strcmp(type, "MultiPolygon") != 0))
		return "must be a GeoJSON Polygon or MultiPolygon";
	if (dw_json_arg_stray(&area, names) != NULL)
		return "must have the members type and coordinates only";
	if (getKeyJsonValueFromContainer(area.root, "coordinates",
									 strlen("coordinates"), &found) == NULL ||
		found.type != jbvBinary ||
		!JsonContainerIsArray(found.val.binary.data))
		return "must have coordinates, an array";
	coordinates = found.val.binary.data;
	return strcmp(type, "Polygon") == 0 ? polygon_fault(coordinates)
		: polygons_fault(coordinates);
}

/* The same of the coordinates of a MultiPolygon. */
static const char *
polygons_fault(JsonbContainer *polygons)
{
	int			count = JsonContainerSize(polygons);

	for (int i = 0; i < count; i++)
	{
		JsonbContainer *rings = list_item(polygons, i);
		const char *fault = rings == NULL ? "must have polygons that are arrays"
			: polygon_fault(rings);

		if (fault != NULL)
			return fault;
	}
	return count == 0 ? "must have a polygon" : NULL;
}

/* The same of the coordinates of a Polygon. */
static const char *
polygon_fault(JsonbContainer *rings)
{
	int			count = JsonContainerSize(rings);

	for (int i = 0; i < count; i++)
	{
		JsonbContainer *ring = list_item(rings, i);
		const char *fault = ring == NULL ? "must have rings that are arrays"
			: ring_fault(ring);

		if (fault != NULL)
			return fault;
	}
	return count == 0 ? "must have a ring in each polygon" : NULL;
}

/* The same of one ring. */
static const char *
ring_fault(JsonbContainer *ring)
{
	int			count = JsonContainerSize(ring);
	Position	first = {0};
	Position	position = {0};

	for (int i = 0; i < count; i++)
	{
		if (!position_read(ring, i, &position))
			return "must have positions that are [longitude, latitude] on the globe";
		if (i == 0)
			first = position;
	}
	if (count < RING_MIN || first.longitude != position.longitude ||
		first.latitude != position.latitude)
		return "must have closed rings of at least four positions";
	return NULL;
}

/* Reads one position; false when it is none on the globe. */
static bool
position_read(JsonbContainer *ring, int i, Position *position)
{
	JsonbContainer *item = list_item(ring, i);

	return item != NULL && JsonContainerSize(item) == 2 &&
		degree_read(item, 0, &position->longitude) &&
		degree_read(item, 1, &position->latitude) &&
		dw_geo_valid(position->longitude, position->latitude);
}

/* Reads one number; false when it is none. */
static bool
degree_read(JsonbContainer *position, int i, double *degree)
{
	JsonbValue *item = getIthJsonbValueFromContainer(position, i);
	Datum		value;

	if (item->type != jbvNumeric)
		return false;
	value = NumericGetDatum(item->val.numeric);
	*degree = DatumGetFloat8(DirectFunctionCall1(numeric_float8_no_overflow,
												 value));
	return true;
}

/* An item that is a list itself, else NULL. */
static JsonbContainer *
list_item(JsonbContainer *list, int i)
{
	JsonbValue *item = getIthJsonbValueFromContainer(list, i);

	if (item->type != jbvBinary ||
		!JsonContainerIsArray(item->val.binary.data))
		return NULL;
	return item->val.binary.data;
}

/* Asks PostGIS.  The plain ST_IsValid would say it as a NOTICE, too. */
static bool
rings_cross(Datum jsonb)
{
	static DwStatement select_valid =
		DW_STATEMENT("SELECT d.valid "
					 "FROM ST_IsValidDetail(ST_GeomFromGeoJSON($1)) AS d");
	DwParams	p = DW_PARAMS;

	dw_param_datum(&p, JSONBOID, jsonb, false);
	(void) dw_query(&select_valid, &p);
	return !dw_read_only_bool(0);
}
