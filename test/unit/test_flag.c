/*
 * test_flag.c
 *		Rollout, targets and named users.
 *
 * Buckets are taken from the very hash that the server takes, over many
 * made-up users; the bounds are five standard deviations, and nothing is
 * random, so a passing test passes for ever.
 */
#include "unit.h"

#include <stdlib.h>

#include <openssl/sha.h>

#include "core/admin/admin.h"

#define USERS 100000

/* The bucket of the i-th user in a flag. */
static uint32_t
bucket(const char *flag, uint32_t i)
{
	uint8_t		text[128] = {0};
	uint8_t		digest[SHA256_DIGEST_LENGTH];
	size_t		length = strlen(flag);

	memcpy(text, flag, length);
	for (int byte = 0; byte < 4; byte++)
		text[length + byte] = (uint8_t) (i >> 8 * byte);
	SHA256(text, length + 16, digest);
	return dw_flag_bucket(digest);
}

/* A flag that is on for a share of all, and the user it is asked for. */
static bool
is_on(int32_t percentage, uint32_t bucket_of_user)
{
	const DwFlag flag = {.is_enabled = true, .rollout_percentage = percentage};
	const DwFlagUser user = {.bucket = bucket_of_user};

	return dw_flag_is_on(&flag, &user);
}

/* A digest is read as one big-endian number. */
static void
test_bucket(void **state)
{
	const uint8_t one[DW_FLAG_DIGEST] = {0, 0, 0, 0, 0, 0, 0, 1};
	const uint8_t all[DW_FLAG_DIGEST] = {255, 255, 255, 255, 255, 255, 255,
	255};

	assert_int_equal(dw_flag_bucket(one), 1);
	assert_int_equal(dw_flag_bucket(all), UINT64_MAX % 10000);
	/* fixed for ever: another hash would turn features on and off */
	assert_int_equal(bucket("ai_bidding_enabled", 1), 1279);
}

/* Each tenth of the buckets gets its tenth of the users. */
static void
test_distribution(void **state)
{
	int			tenths[10] = {0};

	for (uint32_t i = 0; i < USERS; i++)
		tenths[bucket("distribution", i) / (DW_FLAG_BUCKETS / 10)]++;
	for (int i = 0; i < 10; i++)
		assert_true(abs(tenths[i] - USERS / 10) <= 475);
}

/* A larger share has everyone of a smaller one; 0 nobody, 100 all. */
static void
test_monotone(void **state)
{
	for (uint32_t b = 0; b < DW_FLAG_BUCKETS; b++)
	{
		bool		before = false;

		assert_false(is_on(0, b));
		assert_true(is_on(100, b));
		for (int32_t percentage = 1; percentage <= 100; percentage++)
		{
			bool		now = is_on(percentage, b);

			assert_true(now || !before);
			assert_int_equal(now, b < (uint32_t) percentage * 100);
			before = now;
		}
	}
}

/* Who is in the half of one flag is in that of another by chance. */
static void
test_independence(void **state)
{
	int			both = 0;

	for (uint32_t i = 0; i < USERS; i++)
		both += is_on(50, bucket("one_flag", i)) &&
			is_on(50, bucket("other_flag", i));
	assert_true(abs(both - USERS / 4) <= 685);
}

/* A named user wins over rollout and targets, not over the switch. */
static void
test_named(void **state)
{
	DwFlag		flag = {
		.rollout_percentage = 0,
		.targets = {.user_types = 1 << DW_USER_ADMIN}
	};
	DwFlagUser	user = {.is_named = true, .type = DW_USER_HOMEOWNER};

	assert_false(dw_flag_is_on(&flag, &user));
	flag.is_enabled = true;
	assert_true(dw_flag_is_on(&flag, &user));
	user.is_named = false;
	assert_false(dw_flag_is_on(&flag, &user));
}

/* Types and regions: none said fits all, else one of those said. */
static void
test_types_and_regions(void **state)
{
	const DwFlagRegion regions[] = {"US", "CA"};
	DwFlagTargets targets = {0};
	DwFlagUser	user = {.type = DW_USER_PROVIDER};

	assert_true(dw_flag_targets_fit(&targets, &user));
	targets.user_types = 1 << DW_USER_HOMEOWNER | 1 << DW_USER_ADMIN;
	assert_false(dw_flag_targets_fit(&targets, &user));
	user.type = DW_USER_ADMIN;
	assert_true(dw_flag_targets_fit(&targets, &user));

	targets.regions = regions;
	targets.region_count = DW_LENGTH(regions);
	assert_false(dw_flag_targets_fit(&targets, &user));
	user.country = "DE";
	assert_false(dw_flag_targets_fit(&targets, &user));
	user.country = "CA";
	assert_true(dw_flag_targets_fit(&targets, &user));
}

/* The mean against the minimum, at its edge and at the ends of the sums. */
static void
test_rating(void **state)
{
	DwFlagTargets targets = {.minimum_rating = 4 * DW_FLAG_STAR};
	DwFlagUser	user = {0};

	assert_false(dw_flag_targets_fit(&targets, &user));
	user.rating_weight = 1000000;
	user.rating_sum = 750000;
	assert_true(dw_flag_targets_fit(&targets, &user));
	user.rating_sum = 749999;
	assert_false(dw_flag_targets_fit(&targets, &user));

	user.rating_weight = INT64_C(1000000000000);
	user.rating_sum = user.rating_weight;
	targets.minimum_rating = DW_FLAG_STARS_MAX * DW_FLAG_STAR;
	assert_true(dw_flag_targets_fit(&targets, &user));
	user.rating_sum--;
	assert_false(dw_flag_targets_fit(&targets, &user));

	/* less than one star asks for no more than a rating */
	user.rating_sum = 0;
	targets.minimum_rating = 1;
	assert_true(dw_flag_targets_fit(&targets, &user));
	user.rating_weight = 0;
	assert_false(dw_flag_targets_fit(&targets, &user));
	targets.minimum_rating = 0;
	assert_true(dw_flag_targets_fit(&targets, &user));
}

/* Names are words of three to sixty-three small letters, digits, "_". */
static void
test_name(void **state)
{
	char		name[DW_FLAG_NAME_MAX + 2];

	memset(name, 'a', sizeof(name));
	name[DW_FLAG_NAME_MAX + 1] = '\0';
	assert_false(dw_flag_name_valid(name));
	name[DW_FLAG_NAME_MAX] = '\0';
	assert_true(dw_flag_name_valid(name));
	assert_true(dw_flag_name_valid("a_1"));
	assert_false(dw_flag_name_valid("ab"));
	assert_false(dw_flag_name_valid(""));
	assert_false(dw_flag_name_valid("1ab"));
	assert_false(dw_flag_name_valid("_ab"));
	assert_false(dw_flag_name_valid("aBc"));
	assert_false(dw_flag_name_valid("a b"));
	assert_false(dw_flag_name_valid("abc\n"));
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bucket),
		cmocka_unit_test(test_distribution),
		cmocka_unit_test(test_monotone),
		cmocka_unit_test(test_independence),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_types_and_regions),
		cmocka_unit_test(test_rating),
		cmocka_unit_test(test_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
