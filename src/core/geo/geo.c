/*
 * geo.c
 *		Great-circle distances, and boxes of longitude and latitude.
 *
 * Distances are by the haversine formula:
 *		hav(d / R) = hav(phi2 - phi1) +
 *					 cos phi1 cos phi2 hav(lambda2 - lambda1)
 *		with hav(x) = sin^2(x / 2).
 *
 * sin and cos of differences take care of the antimeridian and the poles by
 * themselves.  atan2 of both halves keeps the last digits near the antipode,
 * where asin of a value close to one would lose them.
 *
 * The envelope of a circle of angular radius r round latitude phi has the
 * half-width asin(sin r / cos phi) in longitude, unless it reaches a pole,
 * where it has every longitude.
 */
#include "core/geo/geo.h"

#include <math.h>

bool
dw_geo_valid(double longitude, double latitude)
{
	return longitude >= -180.0 && longitude <= 180.0 &&
		latitude >= -90.0 && latitude <= 90.0;
}

double
dw_geo_distance_m(double lon1, double lat1, double lon2, double lat2)
{
	double		phi1 = lat1 * DW_GEO_RADIANS;
	double		phi2 = lat2 * DW_GEO_RADIANS;
	double		half_phi = sin((phi2 - phi1) / 2.0);
	double		half_lambda = sin((lon2 - lon1) * DW_GEO_RADIANS / 2.0);
	double		near = half_phi * half_phi +
		cos(phi1) * cos(phi2) * half_lambda * half_lambda;
	double		far = 1.0 - near;

	return 2.0 * DW_GEO_RADIUS_M *
		atan2(sqrt(near), far > 0.0 ? sqrt(far) : 0.0);
}

int64_t
dw_geo_tenthousandth_miles(double lon1, double lat1, double lon2, double lat2)
{
	double		metres = dw_geo_distance_m(lon1, lat1, lon2, lat2);

	return llround(metres * (double) DW_GEO_MILE / DW_GEO_METRES_PER_MILE);
}

int64_t
dw_geo_whole_miles(double lon1, double lat1, double lon2, double lat2)
{
	double		metres = dw_geo_distance_m(lon1, lat1, lon2, lat2);

	return DW_GEO_MILE * llround(metres / DW_GEO_METRES_PER_MILE);
}

double
dw_geo_round(double degrees)
{
	/* adding 0 makes a negative zero a positive one */
	return round(degrees * 100.0) / 100.0 + 0.0;
}

DwDegrees
dw_degrees_round(const DwDegrees *place)
{
	DwDegrees	rounded = {dw_geo_round(place->longitude),
	dw_geo_round(place->latitude)};

	return rounded;
}

void
dw_degrees_write(const DwDegrees *place, uint8_t bytes[DW_DEGREES_BYTES])
{
	DwWire		wire = {.bytes = bytes};
	DwDegrees	copy = *place;

	dw_wire_double(&wire, &copy.longitude);
	dw_wire_double(&wire, &copy.latitude);
}

bool
dw_degrees_read(const uint8_t bytes[DW_DEGREES_BYTES], DwDegrees *place)
{
	DwWire		wire = {.is_reading = true,.next = bytes,
		.end = bytes + DW_DEGREES_BYTES
	};

	dw_wire_double(&wire, &place->longitude);
	dw_wire_double(&wire, &place->latitude);
	return !wire.is_bad && dw_geo_valid(place->longitude, place->latitude);
}

#define QUARTER_TURN	(DW_BBOX_HALF_TURN / 2)

/* Half an angle, in radians, for which a few terms of a series do. */
#define SMALL_HALF		0.045

/* Added to an envelope, in degrees: more than what rounding may lose. */
#define ENVELOPE_MARGIN 1e-6

/*
 * Taken off a lower bound, a share and metres: a bound that rounding had made
 * too high would hide what lies on the edge.
 */
#define BOUND_SHARE		1e-12
#define BOUND_METRES	1e-6

DwPoint
dw_point_of(double longitude, double latitude)
{
	DwPoint		point;

	point.longitude = (int32_t) llround(longitude * DW_BBOX_DEGREE);
	point.latitude = (int32_t) llround(latitude * DW_BBOX_DEGREE);
	if (point.longitude == DW_BBOX_HALF_TURN)
		point.longitude = -DW_BBOX_HALF_TURN;
	return point;
}

void
dw_wire_point(DwWire *wire, DwPoint *point)
{
	point->longitude = (int32_t) dw_wire_range(wire, point->longitude,
											   -DW_BBOX_HALF_TURN,
											   DW_BBOX_HALF_TURN - 1);
	point->latitude = (int32_t) dw_wire_range(wire, point->latitude,
											  -QUARTER_TURN, QUARTER_TURN);
}

DwPlace
dw_place_of(double longitude, double latitude)
{
	DwPlace		place = {longitude, latitude, cos(latitude * DW_GEO_RADIANS),
	sin(fabs(latitude) * DW_GEO_RADIANS)};

	return place;
}

/*
 * The square of the sine of half an angle in degrees.  Up to 5 degrees the
 * first terms of the sine's series are exact to a double: with x < 0.045 the
 * next one, x^8 / 9!, is less than 5e-17 of it.
 */
static inline double
half_sine_square(double degrees)
{
	double		half = degrees * (DW_GEO_RADIANS / 2.0);
	double		square = half * half;
	double		sine;

	if (square < SMALL_HALF * SMALL_HALF)
		sine = half * (1.0 + square * (-1.0 / 6.0 + square *
									   (1.0 / 120.0 - square / 5040.0)));
	else
		sine = sin(half);
	return sine * sine;
}

/*
 * The cosine of a latitude in degrees, from 0 to 90.  Near the place's own
 * it is that of a sum, cos(a + b) = cos a cos b - sin a sin b, with the
 * series of the difference; what they leave out is less than 5e-16.
 */
static inline double
cos_of_latitude(const DwPlace *place, double polar)
{
	double		angle = (polar - fabs(place->latitude)) * DW_GEO_RADIANS;
	double		square = angle * angle;
	double		cosine;

	if (square >= SMALL_HALF * SMALL_HALF)
		return cos(polar * DW_GEO_RADIANS);
	cosine = place->cos_latitude *
		(1.0 + square * (-1.0 / 2.0 + square *
						 (1.0 / 24.0 - square / 720.0))) -
		place->sin_polar * angle *
		(1.0 + square * (-1.0 / 6.0 + square *
						 (1.0 / 120.0 - square / 5040.0)));
	return cosine > 0.0 ? cosine : 0.0;
}

/*
 * Metres of a haversine: the square of the sine of half the angle.  A small
 * one has a short series, that of asin(x) / x, of which the next term is less
 * than 2e-18; beyond it both halves keep the last digits near the antipode,
 * where the arc sine would lose them.
 */
static inline double
haversine_metres(double near)
{
	double		far = 1.0 - near;

	if (near < SMALL_HALF * SMALL_HALF)
		return 2.0 * DW_GEO_RADIUS_M * sqrt(near) *
			(1.0 + near *
			 (1.0 / 6.0 + near *
			  (3.0 / 40.0 + near *
			   (15.0 / 336.0 + near *
				(105.0 / 3456.0 + near * (945.0 / 42240.0))))));
	return 2.0 * DW_GEO_RADIUS_M *
		atan2(sqrt(near), far > 0.0 ? sqrt(far) : 0.0);
}

double
dw_place_distance_m(const DwPlace *place, const DwPoint *point)
{
	double		longitude = (double) point->longitude / DW_BBOX_DEGREE;
	double		latitude = (double) point->latitude / DW_BBOX_DEGREE;

	return haversine_metres(half_sine_square(latitude - place->latitude) +
							place->cos_latitude *
							cos_of_latitude(place, fabs(latitude)) *
							half_sine_square(longitude - place->longitude));
}

/* How far a value is from a range, in the units of both. */
static double
range_gap(double value, double least, double most)
{
	if (value < least)
		return least - value;
	return value > most ? value - most : 0.0;
}

/* Degrees of longitude between a place and a box, at most 180. */
static double
longitude_gap(double longitude, const DwBbox *box)
{
	double		west = (double) box->west / DW_BBOX_DEGREE;
	double		east = (double) box->east / DW_BBOX_DEGREE;
	double		here = range_gap(longitude, west, east);
	double		further = range_gap(longitude + 360.0, west, east);
	double		back = range_gap(longitude - 360.0, west, east);

	if (further < here)
		here = further;
	return back < here ? back : here;
}

/*
 * Lower bound for a box.  The haversine is the sum of a part
 * that grows with the difference of latitude and one that grows with the
 * difference of longitude and with the cosine of the point's latitude; each
 * is taken where it is least in the box.
 */
double
dw_place_bound_m(const DwPlace *place, const DwBbox *box)
{
	double		south = (double) box->south / DW_BBOX_DEGREE;
	double		north = (double) box->north / DW_BBOX_DEGREE;
	double		polar = -south > north ? -south : north;
	double		across = longitude_gap(place->longitude, box);
	double		near = half_sine_square(range_gap(place->latitude,
												  south, north));
	double		metres;

	if (across > 0.0)
		near += place->cos_latitude * cos_of_latitude(place, polar) *
			half_sine_square(across);
	if (near <= 0.0)
		return 0.0;
	metres = haversine_metres(near);
	metres -= metres * BOUND_SHARE + BOUND_METRES;
	return metres > 0.0 ? metres : 0.0;
}

DwBbox
dw_bbox_of(const DwPoint *point)
{
	DwBbox		box = {point->longitude, point->latitude,
	point->longitude, point->latitude};

	return box;
}

/* Degrees, rounded down and kept on the globe. */
static int32_t
units_below(double degrees, int32_t limit)
{
	double		units = floor(degrees * DW_BBOX_DEGREE);

	return units < -limit ? -limit : (int32_t) units;
}

/* Degrees, rounded up and kept on the globe. */
static int32_t
units_above(double degrees, int32_t limit)
{
	double		units = ceil(degrees * DW_BBOX_DEGREE);

	return units > limit ? limit : (int32_t) units;
}

/* Sets the longitudes of an envelope from a half-width in degrees. */
static void
box_widen(DwBbox *box, double longitude, double half)
{
	double		west = longitude - half;

	if (west < -180.0)
		west += 360.0;
	if (half >= 180.0 ||
		(west + 2.0 * half) * DW_BBOX_DEGREE + 1.0 > INT32_MAX)
		return;
	box->west = (int32_t) floor(west * DW_BBOX_DEGREE);
	box->east = (int32_t) ceil((west + 2.0 * half) * DW_BBOX_DEGREE);
}

DwBbox
dw_bbox_circle(const DwPlace *centre, double radius_m)
{
	double		radius = radius_m / DW_GEO_RADIUS_M;
	double		reach = radius / DW_GEO_RADIANS + ENVELOPE_MARGIN;
	double		south = centre->latitude - reach;
	double		north = centre->latitude + reach;
	DwBbox		box = {-DW_BBOX_HALF_TURN, 0, DW_BBOX_HALF_TURN, 0};

	box.south = units_below(south, QUARTER_TURN);
	box.north = units_above(north, QUARTER_TURN);
	if (south > -90.0 && north < 90.0)
	{
		double		sine = sin(radius) / centre->cos_latitude;

		if (sine < 1.0)
			box_widen(&box, centre->longitude,
					  asin(sine) / DW_GEO_RADIANS + ENVELOPE_MARGIN);
	}
	return box;
}

void
dw_bbox_extend(DwBbox *box, const DwBbox *other)
{
	if (other->west < box->west)
		box->west = other->west;
	if (other->south < box->south)
		box->south = other->south;
	if (other->east > box->east)
		box->east = other->east;
	if (other->north > box->north)
		box->north = other->north;
}

uint64_t
dw_geo_spread(uint32_t value)
{
	uint64_t	bits = value;

	bits = (bits | bits << 16) & UINT64_C(0x0000FFFF0000FFFF);
	bits = (bits | bits << 8) & UINT64_C(0x00FF00FF00FF00FF);
	bits = (bits | bits << 4) & UINT64_C(0x0F0F0F0F0F0F0F0F);
	bits = (bits | bits << 2) & UINT64_C(0x3333333333333333);
	return (bits | bits << 1) & UINT64_C(0x5555555555555555);
}
