/*
 * test_money.c
 *		Checked arithmetic, half-even rounding, allocation, currencies.
 */
#include "unit.h"

#include "core/base/base.h"

/* A quotient that must exist. */
static int64_t
divide(DwWide dividend, int64_t divisor)
{
	int64_t		quotient;

	assert_int_equal(dw_money_divide(dividend, divisor, &quotient), DW_OK);
	return quotient;
}

/* Sums and differences up to the edge and one past it. */
static void
test_checked(void **state)
{
	int64_t		x = 7;

	assert_int_equal(dw_money_add(INT64_MAX - 1, 1, &x), DW_OK);
	assert_int_equal(x, INT64_MAX);
	assert_int_equal(dw_money_add(INT64_MAX, 1, &x), DW_OVERFLOW);
	assert_int_equal(dw_money_subtract(INT64_MIN, 1, &x), DW_OVERFLOW);
	assert_int_equal(dw_money_subtract(0, INT64_MIN, &x), DW_OVERFLOW);
	assert_int_equal(x, INT64_MAX);
	assert_int_equal(dw_money_subtract(-1, INT64_MAX, &x), DW_OK);
	assert_int_equal(x, INT64_MIN);
	assert_int_equal(dw_money_lesser(INT64_MIN, INT64_MAX), INT64_MIN);
	assert_int_equal(dw_money_lesser(3, 2), 2);
}

/* Halves go to the even neighbour, on both sides of zero. */
static void
test_half_even(void **state)
{
	static const int64_t cases[][3] = {
		{0, 2, 0}, {1, 2, 0}, {3, 2, 2}, {5, 2, 2}, {7, 2, 4},
		{-1, 2, 0}, {-3, 2, -2}, {-5, 2, -2}, {-7, 2, -4},
		{1, 3, 0}, {2, 3, 1}, {-1, 3, 0}, {-2, 3, -1},
		{49, 100, 0}, {50, 100, 0}, {51, 100, 1}, {150, 100, 2},
		{INT64_MAX, 1, INT64_MAX}, {INT64_MIN, 1, INT64_MIN},
		{INT64_MAX, INT64_MAX, 1}, {INT64_MIN, INT64_MAX, -1},
		{INT64_MAX / 2, INT64_MAX, 0}, {INT64_MAX / 2 + 1, INT64_MAX, 1},
	};

	for (size_t i = 0; i < DW_LENGTH(cases); i++)
		assert_int_equal(divide(cases[i][0], cases[i][1]), cases[i][2]);
}

/* The wide path rounds as the narrow one, and knows its limits. */
static void
test_wide(void **state)
{
	DwWide		edge = (DwWide) INT64_MAX * 1000000;
	int64_t		x = 7;

	assert_int_equal(divide(edge, 1000000), INT64_MAX);
	assert_int_equal(divide(edge + 499999, 1000000), INT64_MAX);
	assert_int_equal(dw_money_divide(edge + 500000, 1000000, &x),
					 DW_OVERFLOW);
	assert_int_equal(divide(-edge - 1500000, 1000000), INT64_MIN);
	assert_int_equal(dw_money_divide(-edge - 1500001, 1000000, &x),
					 DW_OVERFLOW);
	assert_int_equal(divide(((DwWide) 1 << 63) + 1, 2), INT64_C(1) << 62);
	assert_int_equal(divide(((DwWide) 1 << 63) + 3, 2),
					 (INT64_C(1) << 62) + 2);
	assert_int_equal(dw_money_divide(1, 0, &x), DW_BAD_VALUE);
	assert_int_equal(dw_money_divide(1, -1, &x), DW_BAD_VALUE);
	assert_int_equal(x, 7);
}

/* Rates and material lines. */
static void
test_scale(void **state)
{
	int64_t		x;

	assert_int_equal(dw_money_scale(95000, 50000, DW_PPM, &x), DW_OK);
	assert_int_equal(x, 4750);
	assert_int_equal(dw_money_scale(INT64_MAX, INT64_MAX, INT64_MAX, &x),
					 DW_OK);
	assert_int_equal(x, INT64_MAX);
	assert_int_equal(dw_money_scale(INT64_MAX, 2, 1, &x), DW_OVERFLOW);

	/* 2.5 x 0.05 = 0.125, to the even cent 12; 3 x 19.99 = 59.97 */
	assert_int_equal(dw_money_line_total(5, 2500000, &x), DW_OK);
	assert_int_equal(x, 12);
	assert_int_equal(dw_money_line_total(1999, 3000000, &x), DW_OK);
	assert_int_equal(x, 5997);
	assert_int_equal(dw_money_line_total(INT64_MAX, 2000000, &x),
					 DW_OVERFLOW);
}

/* One allocation against parts written by hand. */
static void
assert_parts(int64_t amount, const int64_t *weights, size_t count,
			 const int64_t *expected)
{
	int64_t		parts[8];

	assert_int_equal(dw_allocate(amount, weights, count, parts), DW_OK);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(parts[i], expected[i]);
}

/* Largest remainder, ties in leg order, zero weights get nothing. */
static void
test_allocate(void **state)
{
	assert_parts(100, (int64_t[]) {1, 1, 1}, 3, (int64_t[]) {34, 33, 33});
	assert_parts(101, (int64_t[]) {1, 1, 1}, 3, (int64_t[]) {34, 34, 33});
	assert_parts(-101, (int64_t[]) {1, 1, 1}, 3,
				 (int64_t[]) {-34, -34, -33});
	assert_parts(10, (int64_t[]) {3, 3, 4}, 3, (int64_t[]) {3, 3, 4});
	assert_parts(100, (int64_t[]) {1, 2, 4}, 3, (int64_t[]) {14, 29, 57});
	assert_parts(1, (int64_t[]) {0, 1, 1}, 3, (int64_t[]) {0, 1, 0});
	assert_parts(2, (int64_t[]) {1, 5, 1, 5}, 4, (int64_t[]) {0, 1, 0, 1});
	assert_parts(0, (int64_t[]) {1, 9}, 2, (int64_t[]) {0, 0});
	assert_parts(INT64_MIN, (int64_t[]) {5}, 1, (int64_t[]) {INT64_MIN});
	assert_parts(INT64_MAX, (int64_t[]) {INT64_MAX - 1, 1}, 2,
				 (int64_t[]) {INT64_MAX - 1, 1});
}

/* Weights that say nothing are refused. */
static void
test_allocate_refuses(void **state)
{
	int64_t		parts[2];

	assert_int_equal(dw_allocate(1, NULL, 0, parts), DW_BAD_VALUE);
	assert_int_equal(dw_allocate(1, (int64_t[]) {0, 0}, 2, parts),
					 DW_BAD_VALUE);
	assert_int_equal(dw_allocate(1, (int64_t[]) {2, -1}, 2, parts),
					 DW_BAD_VALUE);
	assert_int_equal(dw_allocate(1, (int64_t[]) {INT64_MAX, 1}, 2, parts),
					 DW_OVERFLOW);
}

/* Every kind of exponent, and what is no currency. */
static void
test_currency(void **state)
{
	assert_int_equal(dw_currency_exponent("USD"), 2);
	assert_int_equal(dw_currency_exponent("ZWG"), 2);
	assert_int_equal(dw_currency_exponent("JPY"), 0);
	assert_int_equal(dw_currency_exponent("BIF"), 0);
	assert_int_equal(dw_currency_exponent("XPF"), 0);
	assert_int_equal(dw_currency_exponent("TND"), 3);
	assert_int_equal(dw_currency_exponent("CLF"), 4);
	assert_int_equal(dw_currency_exponent("UYW"), 4);
	assert_int_equal(dw_currency_exponent("usd"), DW_CURRENCY_UNKNOWN);
	assert_int_equal(dw_currency_exponent(""), DW_CURRENCY_UNKNOWN);
	assert_int_equal(dw_currency_exponent("US"), DW_CURRENCY_UNKNOWN);
	assert_int_equal(dw_currency_exponent("USDX"), DW_CURRENCY_UNKNOWN);
	assert_int_equal(dw_currency_exponent("SD "), DW_CURRENCY_UNKNOWN);
	assert_int_equal(dw_currency_exponent("XAU"), DW_CURRENCY_UNKNOWN);
	assert_int_equal(dw_currency_exponent("HRK"), DW_CURRENCY_UNKNOWN);
}

/* Runs all of them. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_checked),
		cmocka_unit_test(test_half_even),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_scale),
		cmocka_unit_test(test_allocate),
		cmocka_unit_test(test_allocate_refuses),
		cmocka_unit_test(test_currency),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
