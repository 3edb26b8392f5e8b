/*
 * fuzz_match.c
 *		The bound of a union is no worse than any member's score, and what
 *		wants a member may want the union, however the union was made.
 */
#include "fuzz.h"

#include <math.h>

#include "core/geo/geo.h"
#include "core/match/match.h"

#define MAX_KEYS	24
#define CATEGORIES	6

/* A longitude or latitude: anywhere, or near a corner of the globe. */
static double
read_degrees(FuzzInput *input, double limit)
{
	double		degrees =
		(double) fuzz_range(input, -1000000, 1000000) / 1e6 * limit;

	switch (fuzz_range(input, 0, 3))
	{
		case 0:
			return limit - fabs(degrees) / 1e4;
		case 1:
			return fabs(degrees) / 1e4 - limit;
		default:
			return degrees;
	}
}

/* One of a few categories. */
static DwUuid
read_category(FuzzInput *input)
{
	DwUuid		id = {{(uint8_t) fuzz_range(input, 0, CATEGORIES)}};

	return id;
}

/* A leaf; attributes often coincide with those of the query. */
static DwJobKey
read_leaf(FuzzInput *input)
{
	DwJobKey	key = {0};

	key.posted_at = fuzz_range(input, -4, 4) * INT64_C(3600000000);
	key.requirements = (uint32_t) fuzz_range(input, 0, 31);
	key.currency = (uint16_t) fuzz_range(input, 0, 40);
	key.urgency = (uint8_t) fuzz_range(input, 0, 3);
	key.leaf.point = dw_point_of(read_degrees(input, 180.0),
								 read_degrees(input, 90.0));
	key.leaf.category_id = read_category(input);
	key.leaf.budget_min = fuzz_range(input, 0, 8) *
		fuzz_range(input, 0, INT64_MAX / 16);
	key.leaf.budget_max = fuzz_range(input, 0, 3) == 0 ? DW_JOB_KEY_NO_MAX
		: key.leaf.budget_min + fuzz_range(input, 0, INT64_MAX / 16);
	return key;
}

/* A criteria with up to three categories; it may be a bad one. */
static void
read_criteria(FuzzInput *input, DwMatchCriteria *criteria, DwUuid *ids,
			  double *fits)
{
	static const char *const currencies[] = {"AAA", "AAB", "ABO"};

	memset(criteria, 0, sizeof(*criteria));
	criteria->longitude = read_degrees(input, 180.0);
	criteria->latitude = read_degrees(input, 90.0);
	criteria->radius_miles = pow(10.0, (double) fuzz_range(input, -3,
														   40) / 10.0);
	criteria->as_of = fuzz_range(input, -4, 4) * INT64_C(3600000000);
	criteria->category_ids = ids;
	criteria->fits = fits;
	criteria->category_count = (int) fuzz_range(input, 0, 3);
	for (int i = 0; i < criteria->category_count; i++)
	{
		ids[i] = read_category(input);
		fits[i] = (double) fuzz_range(input, 0, 100) / 100.0;
	}
	criteria->others_fit = fuzz_range(input, 0, 2) == 0 ? DW_MATCH_EXCLUDED
		: (double) fuzz_range(input, 0, 2) / 2.0;
	criteria->budget_min = fuzz_range(input, 0, INT64_MAX / 8);
	criteria->budget_max = fuzz_range(input, criteria->budget_min, INT64_MAX);
	criteria->currency = currencies[fuzz_range(input, 0, 2)];
	criteria->capabilities = fuzz_range(input, 0, 31);
	for (int i = 0; i < DW_MATCH_TERM_COUNT; i++)
		criteria->weights[i] = (double) fuzz_range(input, 0, 10);
	criteria->reference = (double) fuzz_range(input, 0, INT64_MAX / 4);
	criteria->freshness_hours = (double) fuzz_range(input, 0, 100);
	criteria->ceiling = fuzz_range(input, 0, 1) == 0 ? DW_MATCH_NO_CEILING
		: (double) fuzz_range(input, 0, 100) / 100.0;
}

/* The union of keys from one to another, made in halves. */
static DwJobKey
unite(const DwJobKey *keys, int count)
{
	DwJobKey	left;
	DwJobKey	right;

	if (count == 1)
		return dw_job_key_node(keys);
	left = unite(keys, count / 2);
	right = unite(keys + count / 2, count - count / 2);
	dw_job_key_extend(&left, &right);
	return left;
}

/* Holds the members of a union against it. */
static void
check_union(const DwMatchQuery *query, const DwJobKey *keys, int count)
{
	DwJobKey	node = unite(keys, count);
	double		bound = dw_match_rest_bound(query, &node);

	check(bound >= 0.0 && bound <= 1.0);
	for (int i = 0; i < count; i++)
	{
		double		metres = dw_match_distance_m(query, &keys[i]);
		double		rest = dw_match_rest(query, &keys[i], metres);
		double		given = dw_match_leaf_rest(query, &keys[i], INFINITY);
		bool		wanted = given != DW_MATCH_UNWANTED;
		DwJobKey	one = dw_job_key_node(&keys[i]);

		check(rest >= 0.0 && rest <= 1.0);
		check(1.0 - (1.0 - rest) == rest);
		check(bound <= rest);
		check(!wanted || given == rest);
		check(dw_match_leaf_rest(query, &keys[i], rest) == given);
		check(dw_match_node_rest(query, &node, rest) <= given);
		check(wanted == (dw_match_misses(query, &keys[i], metres) == 0 &&
						 1.0 - rest <= query->ceiling));
		check(dw_job_key_penalty(&node, &one) >= 0.0f);
	}
}

/* One input: criteria and a few jobs. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static _Alignas(16) char memory[4096];
	FuzzInput	input = {data, size};
	DwJobKey	keys[MAX_KEYS];
	DwMatchCriteria criteria;
	DwUuid		ids[3];
	double		fits[3];
	DwMatchField field;
	const char *what;
	int			count;

	read_criteria(&input, &criteria, ids, fits);
	count = (int) fuzz_range(&input, 1, MAX_KEYS);
	for (int i = 0; i < count; i++)
		keys[i] = read_leaf(&input);
	if (!dw_match_judge(&criteria, &field, &what))
		return 0;
	check(dw_match_size(&criteria) <= sizeof(memory));
	dw_match_prepare(&criteria, (DwMatchQuery *) memory);
	check_union((const DwMatchQuery *) memory, keys, count);
	return 0;
}
