/*
 * geo.c
 *		Great-circle distances by the haversine formula:
 *		hav(d / R) = hav(phi2 - phi1) +
 *					 cos phi1 cos phi2 hav(lambda2 - lambda1)
 *		with hav(x) = sin^2(x / 2).
 *
 * sin and cos of differences take care of the antimeridian and the poles by
 * themselves.  atan2 of both halves keeps the last digits near the antipode,
 * where asin of a value close to one would lose them.
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
