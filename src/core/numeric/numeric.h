/*
 * numeric.h
 *		Exponential and logarithm that give the same bits everywhere.
 *
 * A decision is recomputed from what was stored, on another machine or with
 * another C library, and must come to the same amount.  So these use the four
 * operations of IEEE 754 doubles only, in a fixed order, and core is compiled
 * without contraction to fused operations.
 */
#ifndef DW_NUMERIC_H
#define DW_NUMERIC_H

#include <stdbool.h>
#include <stdint.h>

#define DW_NANOS	INT64_C(1000000000) /* a number of one, in nanos */
#define DW_EXP_MAX	700.0		/* exponents are held within +- this */

/* e^x with an error below 2 units of the last place; NaN counts as 0. */
extern double dw_exp(double x);

/* ln x of a positive normal number; -DW_EXP_MAX for any other. */
extern double dw_log(double x);

/* A number from its nanos, and back: half away from zero, saturated. */
extern double dw_from_nanos(int64_t nanos);
extern int64_t dw_to_nanos(double number);

/*
 * One field of a struct of integers, so that what stores or fills the struct
 * needs no list of its own.
 */
typedef enum DwFieldType
{
	DW_FIELD_BOOL,				/* bool */
	DW_FIELD_INT16,				/* int16_t */
	DW_FIELD_INT32,				/* int32_t or an enum */
	DW_FIELD_INT64				/* int64_t */
} DwFieldType;

typedef struct DwNumberField
{
	const char *name;			/* unique in its list */
	DwFieldType type;			/* of each number */
	uint16_t	offset;			/* of the first number in the struct */
	uint16_t	count;			/* numbers that lie there, 1 or more */
} DwNumberField;

/* The fields of a struct, in the order in which they are written. */
typedef struct DwNumberFields
{
	const DwNumberField *fields;	/* constant */
	int			count;			/* how many */
} DwNumberFields;

/* The number at an index of a field of the struct; a bool is 0 or 1. */
extern int64_t dw_number_get(const DwNumberField *field, const void *base,
							 int index);

/* Sets it; false, and nothing is set, when the type does not hold it. */
extern bool dw_number_set(const DwNumberField *field, void *base, int index,
						  int64_t number);

#endif							/* DW_NUMERIC_H */
