/*
 * flag.c
 *		Whether a feature is on for a user: named, targeted, rolled out.
 */
#include "core/admin/admin.h"

#include <stddef.h>
#include <string.h>

#define NAME_MIN 3				/* characters of a name */

uint32_t
dw_flag_bucket(const uint8_t digest[DW_FLAG_DIGEST])
{
	uint64_t	number = 0;

	for (int i = 0; i < DW_FLAG_DIGEST; i++)
		number = number << 8 | digest[i];
	return (uint32_t) (number % DW_FLAG_BUCKETS);
}

/* True when one of the regions is the user's country. */
static bool
region_fits(const DwFlagTargets *targets, const char *country)
{
	if (country == NULL)
		return false;
	for (int i = 0; i < targets->region_count; i++)
	{
		if (strcmp(targets->regions[i], country) == 0)
			return true;
	}
	return false;
}

/*
 * True when the user's mean is at least the minimum.  A review of x stars
 * weighs w in rating_weight and w * (x - 1) / 4 in rating_sum (score.h), so
 * the mean is 1 + 4 * sum / weight.  Both are at most DW_STATS_MAX_WEIGHT,
 * and no product leaves 64 bits.
 */
static bool
rating_fits(int64_t minimum, const DwFlagUser *user)
{
	if (user->rating_weight <= 0)
		return false;
	return 4 * DW_FLAG_STAR * user->rating_sum >=
		(minimum - DW_FLAG_STAR) * user->rating_weight;
}

bool
dw_flag_targets_fit(const DwFlagTargets *targets, const DwFlagUser *user)
{
	if (targets->user_types != 0 &&
		(targets->user_types & UINT32_C(1) << user->type) == 0)
		return false;
	if (targets->region_count > 0 && !region_fits(targets, user->country))
		return false;
	return targets->minimum_rating == 0 ||
		rating_fits(targets->minimum_rating, user);
}

bool
dw_flag_is_on(const DwFlag *flag, const DwFlagUser *user)
{
	const uint32_t share = (uint32_t) flag->rollout_percentage *
		(DW_FLAG_BUCKETS / 100);

	if (!flag->is_enabled)
		return false;
	if (user->is_named)
		return true;
	return dw_flag_targets_fit(&flag->targets, user) && user->bucket < share;
}

bool
dw_flag_name_valid(const char *name)
{
	size_t		length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return name[length] == '\0' && length >= NAME_MIN &&
		length <= DW_FLAG_NAME_MAX && name[0] >= 'a' && name[0] <= 'z';
}
