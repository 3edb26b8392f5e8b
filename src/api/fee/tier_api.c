/*
 * tier_api.c
 *		Reads the tiers of a fee schedule from a document.
 *
 * Numbers that make no sense are read as they are: whether a schedule is
 * valid is for core to judge, once, over all of it.
 */
#include "postgres.h"

#include "api/fee/tier_api_int.h"

static const char *const flat_names[] = {"from_amount", "rate_ppm", "fixed",
"min_fee", "max_fee", NULL};
static const char *const marginal_names[] = {"from_amount", "rate_ppm", NULL};

/* Opens the list of tiers; how many there are. */
static int
open_list(DwCall *call, DwJsonItem *item, const DwJsonArg *object,
		  DwJsonArg *list)
{
	DwJsonArg	inside;
	int			count = 0;

	if (object == NULL)
		return dw_json_item_list(call, item, DW_FEE_TIERS_MAX, list);
	if (!dw_json_arg_member_list(object, "tiers", &inside, &count))
		dw_arg_error_note(item->error, item->place.argument, DW_BAD_VALUE,
						  "has a member \"tiers\" that is no JSON array");
	else if (count > DW_FEE_TIERS_MAX)
		dw_arg_error_note(item->error, item->place.argument, DW_BAD_VALUE,
						  psprintf("must not have more than %d tiers",
								   DW_FEE_TIERS_MAX));
	*list = inside;
	return Min(count, DW_FEE_TIERS_MAX);
}

int64
dw_limit_read(DwJsonItem *item, int64 absent)
{
	int64		limit = dw_json_item_int8(item, "max_fee", PG_INT64_MIN);

	if (limit == PG_INT64_MIN)
		return absent;
	if (limit < 0)
		dw_json_item_note(item, "max_fee", DW_BAD_VALUE,
						  "must not be negative");
	return limit;
}

/* Reads one tier; what it does not say is as in `base`. */
static void
read_tier(DwJsonItem *item, DwFeeKind kind, const DwFeeTier *base,
		  DwFeeTier *tier)
{
	tier->from_amount = dw_json_item_int8(item, "from_amount", -1);
	tier->rate_ppm = dw_json_item_int8(item, "rate_ppm", -1);
	if (kind == DW_FEE_KIND_MARGINAL)
	{
		tier->max_fee = DW_FEE_NO_MAX;
		return;
	}
	tier->fixed = dw_json_item_int8(item, "fixed", base->fixed);
	tier->min_fee = dw_json_item_int8(item, "min_fee", base->min_fee);
	tier->max_fee = dw_limit_read(item, base->max_fee);
}

void
dw_tiers_read(DwCall *call, DwJsonItem *item, const DwJsonArg *object,
			  bool has_rate, DwFeeSchedule *schedule)
{
	bool		is_flat = schedule->kind == DW_FEE_KIND_FLAT;
	DwFeeTier	base = schedule->tiers[0];
	DwJsonArg	list;
	int			count = open_list(call, item, object, &list);

	schedule->tier_count = has_rate ? 1 : 0;
	for (int i = 0; i < count; i++)
	{
		DwFeeTier	tier = {0};

		if (!dw_json_item_open(&list, i, item,
							   is_flat ? flat_names : marginal_names))
			continue;
		read_tier(item, schedule->kind, &base, &tier);
		if (schedule->tier_count == 0 && !is_flat)
		{
			tier.fixed = base.fixed;
			tier.min_fee = base.min_fee;
			tier.max_fee = base.max_fee;
		}
		if (schedule->tier_count < DW_FEE_TIERS_MAX)
			schedule->tiers[schedule->tier_count++] = tier;
		else
			dw_arg_error_note(item->error, item->place.argument, DW_BAD_VALUE,
							  "has too many tiers");
	}
}

void
dw_schedule_check(DwArgError *error, const char *argument,
				  const DwFeeSchedule *schedule)
{
	if (schedule->tier_count == 0)
		dw_arg_error_note(error, argument, DW_BAD_VALUE,
						  "must be given, or else a tier from 0");
	else if (!dw_fee_schedule_valid(schedule))
		dw_arg_error_note(error, argument, DW_BAD_VALUE,
						  "and the other numbers make a fee that is negative, "
						  "falls, or outgrows the amount");
}
