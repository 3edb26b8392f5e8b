/*
 * geo.h
 *		Distances on the sphere, and the places that may be shown.
 *
 * The canonical sphere has the radius that PostGIS uses for
 * ST_Distance(geography, geography, false), so both agree.  Degrees in,
 * metres or miles out.  What enters a score is an integer, in 1/10000 mile.
 */
#ifndef DW_GEO_H
#define DW_GEO_H

#include <stdbool.h>
#include <stdint.h>

#define DW_GEO_RADIUS_M			6371008.7714
#define DW_GEO_METRES_PER_MILE	1609.344

/* A distance in 1/10000 mile; absent when a place is not known. */
#define DW_GEO_MILE				INT64_C(10000)
#define DW_GEO_NO_DISTANCE		INT64_C(-1)

extern bool dw_geo_valid(double longitude, double latitude);
extern double dw_geo_distance_m(double lon1, double lat1,
								double lon2, double lat2);
extern int64_t dw_geo_tenthousandth_miles(double lon1, double lat1,
										  double lon2, double lat2);
extern double dw_geo_round(double degrees);

#endif							/* DW_GEO_H */
