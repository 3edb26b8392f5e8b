/*
 * test_numeric.c
 *		The bits of exponential and logarithm, and how near they are.
 */
#include "unit.h"

#include <math.h>

#include "core/numeric/numeric.h"

/* What must come out wherever this runs. */
typedef struct Golden
{
	double		x;				/* given */
	double		exp;			/* e^x */
	double		log;			/* ln of e^x as it came out */
}			Golden;

static const Golden golden[] = {
	{-699.5, 1.6255858439919856e-304,
	-699.5},
	{-100.25, 2.897198083210148e-44,
	-100.25},
	{-17.3, 3.066941294563555e-08,
	-17.3},
	{-3.14159, 0.043214032935936834,
	-3.14159},
	{-1.0, 0.36787944117144233,
	-1.0},
	{-0.7, 0.4965853037914095,
	-0.7},
	{-0.1, 0.9048374180359595,
	-0.10000000000000006},
	{-1e-05, 0.9999900000499998,
	-1.0000000000005732e-05},
	{1e-10, 1.0000000001,
	1.000000082690371e-10},
	{0.02, 1.0202013400267558,
	0.019999999999999966},
	{0.1, 1.1051709180756475,
	0.09999999999999988},
	{0.333, 1.3951472984698037,
	0.3330000000000001},
	{0.5, 1.6487212707001282,
	0.5},
	{0.6931471805599453, 2.0,
	0.6931471805599453},
	{1.0, 2.718281828459045,
	1.0},
	{1.5, 4.4816890703380645,
	1.5},
	{2.718281828, 15.15426223452277,
	2.718281828},
	{7.77, 2368.47128835535,
	7.77},
	{42.0, 1.7392749415205012e+18,
	42.0},
	{300.125, 2.201057464963801e+130,
	300.125},
	{699.9, 9.177151136957065e+303,
	699.9}
};

/* Bit for bit: a replay compares what it comes to with what was stored. */
static void
test_golden(void **state)
{
	for (int i = 0; i < DW_LENGTH(golden); i++)
	{
		double		e = dw_exp(golden[i].x);
		double		l = dw_log(e);

		assert_memory_equal(&e, &golden[i].exp, sizeof(e));
		assert_memory_equal(&l, &golden[i].log, sizeof(l));
	}
}

/* Within two units of the last place of what the C library says. */
static void
test_near(void **state)
{
	for (int i = -700000; i <= 700000; i += 7)
	{
		double		x = i / 1000.0;
		double		e = exp(x);

		assert_true(fabs(dw_exp(x) - e) <= 4.5e-16 * e);
		assert_true(fabs(dw_log(e) - log(e)) <= 4.5e-16 * fabs(log(e)));
	}
	for (int i = 1; i < 100000; i++)
	{
		double		x = 1 + i * 1e-9;

		assert_true(fabs(dw_log(x) - log(x)) <= 4.5e-16 * log(x));
	}
}

/* What is no number, or far away, has a result too. */
static void
test_edges(void **state)
{
	assert_true(dw_exp(0) == 1);
	assert_true(dw_exp(NAN) == 1);
	assert_true(dw_exp(INFINITY) == dw_exp(DW_EXP_MAX));
	assert_true(dw_exp(-INFINITY) == dw_exp(-DW_EXP_MAX));
	assert_true(dw_exp(-1e300) > 0);
	assert_true(dw_log(1) == 0);
	assert_true(dw_log(0) == -DW_EXP_MAX);
	assert_true(dw_log(-1) == -DW_EXP_MAX);
	assert_true(dw_log(INFINITY) == -DW_EXP_MAX);
	assert_true(dw_log(NAN) == -DW_EXP_MAX);
	assert_true(dw_log(5e-324) == -DW_EXP_MAX);
}

/* Neither function falls where it should rise. */
static void
test_rising(void **state)
{
	for (int i = 1; i < 200000; i++)
	{
		assert_true(dw_exp(i * 1e-4 - 10) > dw_exp((i - 1) * 1e-4 - 10));
		assert_true(dw_log(1 + i * 1e-4) > dw_log(1 + (i - 1) * 1e-4));
	}
}

/* Nanos there and back, and past their range. */
static void
test_nanos(void **state)
{
	for (int64_t n = -5000000000; n < 5000000000; n += 12345677)
		assert_int_equal(dw_to_nanos(dw_from_nanos(n)), n);
	assert_int_equal(dw_to_nanos(0.5e-9), 1);
	assert_int_equal(dw_to_nanos(-0.5e-9), -1);
	assert_int_equal(dw_to_nanos(1e300), INT64_C(9000000000000000000));
	assert_int_equal(dw_to_nanos(-INFINITY), -INT64_C(9000000000000000000));
	assert_int_equal(dw_to_nanos(NAN), 0);
}

/* One of each type of field. */
typedef struct Sample
{
	bool		flag;			/* 0 or 1 */
	int16_t		small[2];		/* two */
	int32_t		medium;			/* one */
	int64_t		large;			/* one */
}			Sample;

/* A field holds what its type holds, and refuses the rest. */
static void
test_fields(void **state)
{
	static const DwNumberField fields[] = {
		{"flag", DW_FIELD_BOOL, offsetof(Sample, flag), 1},
		{"small", DW_FIELD_INT16, offsetof(Sample, small), 2},
		{"medium", DW_FIELD_INT32, offsetof(Sample, medium), 1},
		{"large", DW_FIELD_INT64, offsetof(Sample, large), 1}
	};
	Sample		sample = {0};

	assert_true(dw_number_set(&fields[0], &sample, 0, 1));
	assert_false(dw_number_set(&fields[0], &sample, 0, 2));
	assert_true(dw_number_set(&fields[1], &sample, 1, -32768));
	assert_false(dw_number_set(&fields[1], &sample, 0, 32768));
	assert_true(dw_number_set(&fields[2], &sample, 0, INT32_MAX));
	assert_false(dw_number_set(&fields[2], &sample, 0,
							   (int64_t) INT32_MAX + 1));
	assert_true(dw_number_set(&fields[3], &sample, 0, INT64_MIN));
	assert_true(sample.flag);
	assert_int_equal(sample.small[0], 0);
	assert_int_equal(sample.small[1], -32768);
	assert_int_equal(dw_number_get(&fields[0], &sample, 0), 1);
	assert_int_equal(dw_number_get(&fields[1], &sample, 1), -32768);
	assert_int_equal(dw_number_get(&fields[2], &sample, 0), INT32_MAX);
	assert_int_equal(dw_number_get(&fields[3], &sample, 0), INT64_MIN);
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_near),
		cmocka_unit_test(test_edges),
		cmocka_unit_test(test_rising),
		cmocka_unit_test(test_nanos),
		cmocka_unit_test(test_fields),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
