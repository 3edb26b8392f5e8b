/*
 * numeric.c
 *		Exponential and logarithm of four operations, and fields of structs.
 *
 * Both are sums of Taylor series near their centre, cut where the next term
 * is below the last place.  Whoever changes an operation or its order changes
 * bits of decisions that were stored: test_numeric.c holds golden values, and
 * DW_AGENT_CORE_VERSION has to be raised.
 */
#include "core/numeric/numeric.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __FAST_MATH__
#error "core must not be compiled with -ffast-math"
#endif

/* The bits of an IEEE 754 double. */
#define MANTISSA_BITS	52
#define EXPONENT_BIAS	1023
#define EXPONENT_MASK	0x7FF

/* ln 2 / 32 and ln 2 as a short head, whose products are exact, and a rest */
#define STEPS			32
#define STEP_HEAD		0.021660849219188094
#define STEP_TAIL		1.733101967801894e-10
#define STEPS_PER_UNIT	46.16624130844683
#define LN2_HEAD		0.6931471787393093
#define LN2_TAIL		1.8206359985041462e-09

/* 2^(i / 32) */
static const double power[STEPS] = {
	1.0, 1.0218971486541166, 1.0442737824274138,
	1.0671404006768237, 1.0905077326652577, 1.1143867425958924,
	1.1387886347566916, 1.1637248587775775, 1.189207115002721,
	1.215247359980469, 1.241857812073484, 1.2690509571917332,
	1.2968395546510096, 1.3252366431597413, 1.3542555469368927,
	1.383909881963832, 1.4142135623730951, 1.4451808069770467,
	1.4768261459394993, 1.5091644275934228, 1.5422108254079407,
	1.5759808451078865, 1.6104903319492543, 1.645755478153965,
	1.681792830507429, 1.718619298122478, 1.7562521603732995,
	1.7947090750031072, 1.8340080864093424, 1.8741676341103,
	1.9152065613971474, 1.9571441241754002
};

/* The double of these bits. */
static inline double
from_bits(uint64_t bits)
{
	double		number;

	memcpy(&number, &bits, sizeof(number));
	return number;
}

/* The bits of a double. */
static inline uint64_t
to_bits(double number)
{
	uint64_t	bits;

	memcpy(&bits, &number, sizeof(bits));
	return bits;
}

double
dw_exp(double x)
{
	int			steps;
	double		r;
	double		tail;
	double		head;

	if (!(x > -DW_EXP_MAX))
		x = x < 0 ? -DW_EXP_MAX : 0;
	else if (x > DW_EXP_MAX)
		x = DW_EXP_MAX;

	/* x = steps * ln 2 / 32 + r, and r no more than half a step */
	steps = (int) (x * STEPS_PER_UNIT + (x < 0 ? -0.5 : 0.5));
	r = (x - steps * STEP_HEAD) - steps * STEP_TAIL;
	tail = r + r * r * (1.0 / 2 + r * (1.0 / 6 + r * (1.0 / 24 +
													  r * (1.0 / 120 +
														   r * (1.0 / 720)))));
	head = power[steps & (STEPS - 1)];

	/* times 2^(steps / 32), rounded down: an exponent within +-1011 */
	return (head + head * tail) *
		from_bits((uint64_t) ((steps >> 5) + EXPONENT_BIAS) << MANTISSA_BITS);
}

double
dw_log(double x)
{
	/* above this mantissa the square root of 2 is passed */
	const uint64_t half_way = UINT64_C(0x6A09E667F3BCD);
	const uint64_t mantissa_mask = (UINT64_C(1) << MANTISSA_BITS) - 1;
	uint64_t	bits = to_bits(x);
	uint64_t	mantissa = bits & mantissa_mask;
	int			exponent = (int) (bits >> MANTISSA_BITS);
	int			is_upper = mantissa > half_way;
	double		f;
	double		s;
	double		z;
	double		sum;

	/* a sign, zero, infinity or no number */
	if (exponent == 0 || exponent >= EXPONENT_MASK)
		return -DW_EXP_MAX;

	/* x = 2^exponent * (1 + f), 1 + f between the roots of 1/2 and 2 */
	f = from_bits(mantissa |
				  (uint64_t) (EXPONENT_BIAS - is_upper) << MANTISSA_BITS) - 1;
	exponent += is_upper - EXPONENT_BIAS;

	/* ln(1 + f) = 2 artanh(s) = 2 s + s * sum, and 2 s = f - s * f */
	s = f / (2 + f);
	z = s * s;
	sum = 2.0 / 19 + z * (2.0 / 21);
	sum = 2.0 / 15 + z * (2.0 / 17 + z * sum);
	sum = 2.0 / 11 + z * (2.0 / 13 + z * sum);
	sum = 2.0 / 7 + z * (2.0 / 9 + z * sum);
	sum = z * (2.0 / 3 + z * (2.0 / 5 + z * sum));
	return exponent * LN2_HEAD +
		(f - (s * (f - sum) - exponent * LN2_TAIL));
}

double
dw_from_nanos(int64_t nanos)
{
	return (double) nanos / (double) DW_NANOS;
}

int64_t
dw_to_nanos(double number)
{
	double		nanos = number * (double) DW_NANOS;

	/* the greatest double below 2^63 is far enough from it */
	if (!(nanos > -9e18))
		return nanos < 0 ? -INT64_C(9000000000000000000) : 0;
	if (nanos > 9e18)
		return INT64_C(9000000000000000000);
	return (int64_t) (nanos + (nanos < 0 ? -0.5 : 0.5));
}

/* Where the number at an index lies. */
static size_t
place(const DwNumberField *field, int index)
{
	static const size_t sizes[] = {
		[DW_FIELD_BOOL] = sizeof(bool),
		[DW_FIELD_INT16] = sizeof(int16_t),
		[DW_FIELD_INT32] = sizeof(int32_t),
		[DW_FIELD_INT64] = sizeof(int64_t)
	};

	return field->offset + (size_t) index * sizes[field->type];
}

int64_t
dw_number_get(const DwNumberField *field, const void *base, int index)
{
	const char *at = (const char *) base + place(field, index);
	int64_t		number = 0;
	int32_t		medium;
	int16_t		small;

	switch (field->type)
	{
		case DW_FIELD_BOOL:
			return *(const bool *) at;
		case DW_FIELD_INT16:
			memcpy(&small, at, sizeof(small));
			return small;
		case DW_FIELD_INT32:
			memcpy(&medium, at, sizeof(medium));
			return medium;
		case DW_FIELD_INT64:
			memcpy(&number, at, sizeof(number));
			break;
	}
	return number;
}

bool
dw_number_set(const DwNumberField *field, void *base, int index,
			  int64_t number)
{
	char	   *at = (char *) base + place(field, index);
	int32_t		medium = (int32_t) number;
	int16_t		small = (int16_t) number;

	switch (field->type)
	{
		case DW_FIELD_BOOL:
			if (number != 0 && number != 1)
				return false;
			*(bool *) at = number == 1;
			return true;
		case DW_FIELD_INT16:
			if (small != number)
				return false;
			memcpy(at, &small, sizeof(small));
			return true;
		case DW_FIELD_INT32:
			if (medium != number)
				return false;
			memcpy(at, &medium, sizeof(medium));
			return true;
		case DW_FIELD_INT64:
			memcpy(at, &number, sizeof(number));
			return true;
	}
	return false;
}
