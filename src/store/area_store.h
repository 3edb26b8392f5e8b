/*
 * area_store.h
 *		Service areas: GeoJSON documents that are areas on the globe.
 */
#ifndef DW_AREA_STORE_H
#define DW_AREA_STORE_H

#include "postgres.h"

/*
 * What is wrong with a detoasted jsonb as a service area, in words that
 * follow the argument's name; NULL when it is a GeoJSON Polygon or
 * MultiPolygon on the globe whose rings are closed and do not cross.
 * Wants an open SPI connection.
 */
extern const char *dw_area_fault(Datum jsonb);

#endif							/* DW_AREA_STORE_H */
