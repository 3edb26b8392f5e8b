/*
 * geo.h
 *		Places on the globe: distances between them, and boxes round them.
 */
#ifndef DW_GEO_H
#define DW_GEO_H

#include <stdbool.h>
#include <stdint.h>

#include "core/wire/wire.h"

/*
 * Distances on the sphere, and the places that may be shown.
 *
 * The canonical sphere has the radius that PostGIS uses for
 * ST_Distance(geography, geography, false), so both agree.  Degrees in,
 * metres or miles out.  What enters a score is an integer, in 1/10000 mile.
 */

#define DW_GEO_PI				3.14159265358979323846
#define DW_GEO_RADIANS			(DW_GEO_PI / 180.0) /* of a degree */
#define DW_GEO_RADIUS_M			6371008.7714
#define DW_GEO_METRES_PER_MILE	1609.344

/* A distance in 1/10000 mile; absent when a place is not known. */
#define DW_GEO_MILE				INT64_C(10000)
#define DW_GEO_NO_DISTANCE		INT64_C(-1)

/* A place in degrees, as geography has it. */
typedef struct DwDegrees
{
	double		longitude;		/* -180 to 180 */
	double		latitude;		/* -90 to 90 */
} DwDegrees;

/* True when the place lies on the globe; NaN and infinities do not. */
extern bool dw_geo_valid(double longitude, double latitude);

/* Metres along the sphere between two places in degrees. */
extern double dw_geo_distance_m(double lon1, double lat1,
								double lon2, double lat2);

/* The same distance in 1/10000 mile, rounded to the nearest. */
extern int64_t dw_geo_tenthousandth_miles(double lon1, double lat1,
										  double lon2, double lat2);

/*
 * The same in whole miles, halves up, times DW_GEO_MILE: what may be shown
 * of a person's distance, so that no three of them find a home.
 */
extern int64_t dw_geo_whole_miles(double lon1, double lat1,
								  double lon2, double lat2);

/*
 * A coordinate rounded to 0.01 degree, the precision that strangers see.
 * Never a negative zero, so equal places are equal in text too.
 */
extern double dw_geo_round(double degrees);
extern DwDegrees dw_degrees_round(const DwDegrees *place);

/* A place as bytes: two doubles in network order. */
#define DW_DEGREES_BYTES		16
extern void dw_degrees_write(const DwDegrees *place,
							 uint8_t bytes[DW_DEGREES_BYTES]);

/* Reads them; false when they are no place on the globe. */
extern bool dw_degrees_read(const uint8_t bytes[DW_DEGREES_BYTES],
							DwDegrees *place);

/*
 * Boxes of longitude and latitude, and how far a place is from one.
 *
 * What the indexes on places keep.  Coordinates are integers of 1e-7 degree
 * (1.1 cm), so that boxes compare exactly.  The longitude of a point is at
 * least -180 and less than 180 degrees: 180 is written as -180.  A box may
 * cross the antimeridian: its west is written like a point's, its east may
 * run past 180 (as far as an int32 goes, 214 degrees); what would need more
 * has all longitudes.  A point is looked for at its longitude and 360
 * degrees further east.
 */

#define DW_BBOX_DEGREE		10000000	/* units of a degree */
#define DW_BBOX_HALF_TURN	1800000000	/* 180 degrees */

/* Half the way round the globe and a little more: no radius is larger. */
#define DW_BBOX_RADIUS_MAX_MILES 12450.0
#define DW_BBOX_RADIUS_MAX_M \
	(DW_BBOX_RADIUS_MAX_MILES * DW_GEO_METRES_PER_MILE)

/* A point of the globe. */
typedef struct DwPoint
{
	int32_t		longitude;		/* 1e-7 degree, less than 180 degrees */
	int32_t		latitude;		/* 1e-7 degree */
} DwPoint;

/* West to east and south to north, both ends included. */
typedef struct DwBbox
{
	int32_t		west;			/* longitude, less than 180 degrees */
	int32_t		south;			/* latitude */
	int32_t		east;			/* longitude, not less than west */
	int32_t		north;			/* latitude */
} DwBbox;

/* A place that distances are taken from, with what they need of it. */
typedef struct DwPlace
{
	double		longitude;		/* degrees */
	double		latitude;		/* degrees */
	double		cos_latitude;	/* the cosine of the latitude */
	double		sin_polar;		/* the sine of its absolute value */
} DwPlace;

/* The point of a valid place (dw_geo_valid), in degrees. */
extern DwPoint dw_point_of(double longitude, double latitude);

/* A point of the globe, as fields of a value. */
extern void dw_wire_point(DwWire *wire, DwPoint *point);

/* Prepares a valid place, in degrees. */
extern DwPlace dw_place_of(double longitude, double latitude);

/*
 * Metres along the sphere from a place to a point: dw_geo_distance_m of the
 * same two, with the place's part of the work done before.
 */
extern double dw_place_distance_m(const DwPlace *place, const DwPoint *point);

/*
 * A lower bound of dw_place_distance_m for every point of the box, in
 * metres; 0 when the place is in the box.
 */
extern double dw_place_bound_m(const DwPlace *place, const DwBbox *box);

/* The box of one point. */
extern DwBbox dw_bbox_of(const DwPoint *point);

/* The envelope of a circle; the radius is in metres and not negative. */
extern DwBbox dw_bbox_circle(const DwPlace *centre, double radius_m);

/* Extends a box until it covers another. */
extern void dw_bbox_extend(DwBbox *box, const DwBbox *other);

/* Once round the globe. */
#define DW_BBOX_TURN			(2 * INT64_C(1800000000))

/* True when the point lies in the box, or on its edge. */
static inline bool
dw_bbox_covers(const DwBbox *box, const DwPoint *point)
{
	if (point->latitude < box->south || point->latitude > box->north)
		return false;
	return (point->longitude >= box->west && point->longitude <= box->east) ||
		point->longitude + DW_BBOX_TURN <= box->east;
}

/* True when two boxes have a point in common. */
static inline bool
dw_bbox_overlaps(const DwBbox *box, const DwBbox *other)
{
	if (box->south > other->north || other->south > box->north)
		return false;
	return (box->west <= other->east && other->west <= box->east) ||
		other->west + DW_BBOX_TURN <= box->east ||
		box->west + DW_BBOX_TURN <= other->east;
}

/*
 * Spreads the bits of a number so that another's fit between them: both
 * together are a place in Z-order, which keeps neighbours together.
 */
extern uint64_t dw_geo_spread(uint32_t value);

#endif							/* DW_GEO_H */
