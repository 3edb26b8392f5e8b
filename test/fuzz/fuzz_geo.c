/*
 * fuzz_geo.c
 *		A distance is finite, symmetric, at most half way round, and zero
 *		at home.
 */
#include "fuzz.h"

#include <math.h>

#include "core/geo/geo.h"

/* One input: two places. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput	input = {data, size};
	double		place[4];
	double		metres;

	fuzz_read(&input, place, sizeof(place));
	if (!dw_geo_valid(place[0], place[1]) ||
		!dw_geo_valid(place[2], place[3]))
		return 0;

	metres = dw_geo_distance_m(place[0], place[1], place[2], place[3]);
	check(metres >= 0.0 && metres <= 3.1415926536 * DW_GEO_RADIUS_M);
	check(metres == dw_geo_distance_m(place[2], place[3],
									  place[0], place[1]));
	check(dw_geo_distance_m(place[0], place[1], place[0], place[1]) == 0.0);
	check(fabs(dw_geo_round(place[0]) - place[0]) <= 0.0050001);
	check(dw_geo_valid(dw_geo_round(place[0]), dw_geo_round(place[1])));
	return 0;
}
