/*
 * number_server.h
 *		Structs of numbers as jsonb documents.
 */
#ifndef DW_NUMBER_SERVER_H
#define DW_NUMBER_SERVER_H

#include "postgres.h"

#include "core/numeric/numeric.h"

/*
 * The struct as a jsonb object: {"name": number, or an array of the numbers}.
 * What is zero is left out, and so are the zeroes at the end of an array.
 */
extern Datum dw_numbers_write(const DwNumberFields *fields, const void *base);

/*
 * Fills the fields of a struct from such an object, 0 where it has nothing;
 * members of other names are passed over.  False when a member is no number,
 * or too many, or does not fit.
 */
extern bool dw_numbers_read(const DwNumberFields *fields, Datum jsonb,
							void *base);

#endif							/* DW_NUMBER_SERVER_H */
