/*
 * haversine.c
 *		Nanoseconds of one distance, over those of a loop without it.
 */
#include <stdio.h>
#include <time.h>

#include "core/geo/geo.h"

#define LOOPS 20000000

/* Seconds of CPU. */
static double
cpu(void)
{
	return (double) clock() / CLOCKS_PER_SEC;
}

/* Runs through places; sums their distances, or just their latitudes. */
static double
run(int far)
{
	DwPlace		place = dw_place_of(-122.4, 37.8);
	double		started = cpu();
	volatile double sum = 0;

	for (int i = 0; i < LOOPS; i++)
	{
		DwPoint		point = {-1224000000 + i % 100000 * 70,
		378000000 + i % 100000 * 30};

		sum = sum + (far ? dw_place_distance_m(&place, &point)
					 : point.latitude);
	}
	return cpu() - started;
}

int
main(void)
{
	double		bare = run(0);

	printf("%.0f\n", (run(1) - bare) * 1e9 / LOOPS);
	return 0;
}
