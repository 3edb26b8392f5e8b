/*
 * setting.c
 *		What each of the operator's settings may be: one table.
 */
#include "core/admin/admin.h"

#include <stddef.h>
#include <string.h>

#define INTEGER(name, min, max) \
	{name, DW_SETTING_INTEGER, min, max, false, NULL}
#define BOOLEAN(name)			{name, DW_SETTING_BOOLEAN, 0, 0, false, NULL}
#define TEXT(name, max)			{name, DW_SETTING_TEXT, 0, max, false, NULL}
#define ZONE(name)				{name, DW_SETTING_ZONE, 0, 100, false, NULL}
#define TIMER(name, max)		{name, DW_SETTING_INTEGER, 1, max, true, NULL}
#define CHOICE(name, words)		{name, DW_SETTING_CHOICE, 0, 0, false, words}

#define DIGITS_MAX 18			/* of an integer: it always fits */

static const DwSettingRule rules[] = {
	TEXT("platform_name", 100),
	ZONE("platform_timezone"),
	INTEGER("max_bid_radius_miles", 1, 12450),	/* half the globe */
	INTEGER("job_expiry_days", 1, 365),
	INTEGER("bid_expiry_days", 1, 365),
	INTEGER("counter_expiry_hours", 1, 720),
	INTEGER("counter_rounds_max", 0, 100),
	INTEGER("job_invites_max", 0, 1000),
	INTEGER("bid_revisions_per_day", 0, 1000),
	INTEGER("rank_refresh_hours", 1, 168),
	INTEGER("max_photos_per_job", 0, 100),
	CHOICE("api_key_environment", "live test"),
	INTEGER("api_keys_max", 0, 1000),
	INTEGER("codes_per_hour", 1, 1000),
	INTEGER("contact_minutes", 1, 1440),
	INTEGER("contact_days", 0, 365),
	INTEGER("session_days", 1, 365),
	INTEGER("sessions_max", 1, 1000),
	BOOLEAN("email_verification_required"),
	BOOLEAN("phone_verification_required"),
	BOOLEAN("auto_approve_providers"),
	BOOLEAN("journal_second_approver"),
	BOOLEAN("payout_needs_tax_profile"),
	CHOICE("start_requires", "first_milestone contract any"),
	TIMER("award_confirm_hours", 720),
	TIMER("fund_days", 365),
	TIMER("payment_minutes_card", 10080),
	TIMER("payment_minutes_wallet", 10080),
	TIMER("payment_days_bank", 60),
	TIMER("auto_release_days", 365),
	TIMER("refund_answer_days", 365),
	TIMER("no_show_answer_days", 365),
	TIMER("dispute_provider_days", 365),
	TIMER("dispute_homeowner_days", 365),
	TIMER("mediation_days", 365),
	INTEGER("dispute_days_after_release", 0, 365),
	INTEGER("tip_fee_ppm", 0, 1000000),
	INTEGER("authorization_warn_hours", 0, 720),
	INTEGER("payout_hold_days", 0, 5),
	INTEGER("reserve_ppm", 0, 1000000),
	INTEGER("reserve_days", 1, 365),
	CHOICE("payout_schedule", "manual daily weekly_monday weekly_tuesday "
		   "weekly_wednesday weekly_thursday weekly_friday weekly_saturday "
		   "weekly_sunday"),
	INTEGER("receipt_warn_days", 0, 3650),
	CHOICE("receipt_default_surplus", "return hold"),
	CHOICE("receipt_default_second_charge", "return hold"),
	CHOICE("receipt_default_wrong_currency", "return hold"),
	CHOICE("receipt_default_unknown_job", "return hold"),
	CHOICE("receipt_default_job_over", "return hold"),
	CHOICE("receipt_default_late", "return hold"),
	INTEGER("rollup_margin_seconds", 1, 604800),
	INTEGER("review_reveal_days", 1, 365),
	INTEGER("market_radius_miles", 1, 250),
	INTEGER("market_minimum", 5, 200),
	INTEGER("agent_month_bids_basic", 0, 1000000),
	INTEGER("agent_month_bids_premium", 0, 1000000),
	INTEGER("agent_month_bids_enterprise", 0, 1000000),
	INTEGER("agent_promote_trials", 1, 1000000),
	INTEGER("agent_promote_days", 1, 365),
	INTEGER("agent_model_minutes", 1, 10080),
	INTEGER("max_agents_per_job", 1, 1000),
	/* in this order, or aggressive is not below balanced below premium */
	INTEGER("agent_base_aggressive_ppm", 500000, 950000),
	INTEGER("agent_base_balanced_ppm", 950000, 1050000),
	INTEGER("agent_base_premium_ppm", 1050000, 2000000),
	INTEGER("agent_kappa_aggressive_ppm", 1200000, 10000000),
	INTEGER("agent_kappa_balanced_ppm", 800000, 1200000),
	INTEGER("agent_kappa_premium_ppm", 0, 800000),
	INTEGER("agent_band_ppm", 0, 500000),
	INTEGER("agent_rivals", 1, INT64_C(1000000000000)),
	INTEGER("agent_sure_samples", 1, 1000000),
	BOOLEAN("agent_pacing"),
	INTEGER("agent_arrivals_weight", 1, INT64_C(1000000000)),
	INTEGER("agent_recheck_minutes", 1, 1440),
	INTEGER("learning_mean_one", -INT64_C(100000000000), INT64_C(100000000000)),
	INTEGER("learning_mean_price", -INT64_C(100000000000), -1),
	INTEGER("learning_mean_rating", -INT64_C(100000000000), INT64_C(100000000000)),
	INTEGER("learning_mean_distance", -INT64_C(100000000000), INT64_C(100000000000)),
	INTEGER("learning_mean_time", -INT64_C(100000000000), INT64_C(100000000000)),
	INTEGER("learning_weight_one", 1, INT64_C(1000000000000)),
	INTEGER("learning_weight_price", 1, INT64_C(1000000000000)),
	INTEGER("learning_weight_rating", 1, INT64_C(1000000000000)),
	INTEGER("learning_weight_distance", 1, INT64_C(1000000000000)),
	INTEGER("learning_weight_time", 1, INT64_C(1000000000000)),
	INTEGER("learning_slope_max", -INT64_C(100000000000), -1),
	INTEGER("learning_step_max", 1, INT64_C(100000000000)),
	INTEGER("learning_keep_ppm", 0, 1000000),
	INTEGER("learning_shown_weight_shift", 1, INT64_C(1000000000000)),
	INTEGER("learning_shown_weight_scale", 1, INT64_C(1000000000000)),
	INTEGER("learning_shown_keep_ppm", 0, 1000000),
	INTEGER("anchor_winners", 5, 1000),
	INTEGER("anchor_share_ppm", 1, 400000),
	INTEGER("anchor_band_ppm", 0, 999999),
	INTEGER("anchor_reference", 0, INT64_C(1000000000)),
	INTEGER("goal_step_ppm", 0, 1000000),
	INTEGER("goal_least_ppm", 100000, 1000000),
	INTEGER("goal_most_ppm", 1000000, 10000000),
	INTEGER("match_radius_miles", 1, 12450),
	INTEGER("match_freshness_hours", 1, 87600),
	INTEGER("match_weight_nearness", 0, 10000),
	INTEGER("match_weight_budget", 0, 10000),
	INTEGER("match_weight_category", 0, 10000),
	INTEGER("match_weight_urgency", 0, 10000),
	INTEGER("match_weight_freshness", 0, 10000),
	INTEGER("saved_searches_max", 0, 1000),
	INTEGER("event_attempts", 1, 100),
	INTEGER("event_retry_seconds", 1, 3600),
	INTEGER("token_lag_seconds", 0, 86400),
	INTEGER("k_anonymity", 2, 1000)
};

const DwSettingRule *
dw_setting_rule(const char *name)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
	{
		if (strcmp(rules[i].name, name) == 0)
			return &rules[i];
	}
	return NULL;
}

bool
dw_setting_in_range(const DwSettingRule *rule, int64_t number)
{
	return number >= rule->min && number <= rule->max;
}

/* Reads an integer in its one spelling; false for anything else. */
static bool
integer_read(const char *text, int64_t *value)
{
	bool		is_negative = *text == '-';
	const char *digits = text + is_negative;
	size_t		count = strspn(digits, "0123456789");

	if (count == 0 || count > DIGITS_MAX || digits[count] != '\0')
		return false;
	if (digits[0] == '0' && (count > 1 || is_negative))
		return false;
	*value = 0;
	for (size_t i = 0; i < count; i++)
		*value = *value * 10 + (digits[i] - '0');
	if (is_negative)
		*value = -*value;
	return true;
}

/* True when a list of words, which blanks part, begins with a text. */
static bool
begins_with_word(const char *list, const char *text, size_t length)
{
	return strncmp(list, text, length) == 0 &&
		(list[length] == ' ' || list[length] == '\0');
}

/* True when a text is one of the words of such a list. */
static bool
is_choice(const char *list, const char *text)
{
	size_t		length = strcspn(text, " ");

	if (length == 0 || text[length] != '\0')
		return false;
	while (!begins_with_word(list, text, length))
	{
		list = strchr(list, ' ');
		if (list == NULL)
			return false;
		list++;
	}
	return true;
}

DwResult
dw_setting_check(const DwSettingRule *rule, const char *value,
				 int64_t characters)
{
	int64_t		number;
	bool		fits = false;

	switch (rule->kind)
	{
		case DW_SETTING_INTEGER:
			fits = integer_read(value, &number) &&
				dw_setting_in_range(rule, number);
			break;
		case DW_SETTING_BOOLEAN:
			fits = strcmp(value, "true") == 0 || strcmp(value, "false") == 0;
			break;
		case DW_SETTING_TEXT:
		case DW_SETTING_ZONE:
			if (characters > rule->max)
				return DW_TEXT_TOO_LONG;
			fits = value[strspn(value, " \t\r\n")] != '\0';
			break;
		case DW_SETTING_CHOICE:
			fits = is_choice(rule->choices, value);
			break;
	}
	return fits ? DW_OK : DW_BAD_VALUE;
}

/* A setting that is an amount, and what is built in. */
typedef struct AmountRule
{
	int64_t		min;			/* smallest that may be set; 0 is none */
	int64_t		dollars;		/* in USD; 0 = none */
	int64_t		others;			/* in every other currency; 0 = none */
} AmountRule;

static const char *const amount_names[] = {
	DW_SETTING_MAX_AMOUNT, DW_SETTING_MIN_BID, DW_SETTING_BUDGET,
	DW_SETTING_MIN_PAYOUT, DW_SETTING_PAYOUT_FEE
};

static const AmountRule amount_rules[] = {
	{1, DW_AMOUNT_MAX, DW_AMOUNT_MAX}, {0, 5000, 0}, {0, 500000, 0}, {0, 0, 0},
	{0, 0, 0}
};

const char *const *
dw_setting_amount_names(int *count)
{
	*count = (int) (sizeof(amount_names) / sizeof(amount_names[0]));
	return amount_names;
}

/* The rule of a setting, or a null pointer. */
static const AmountRule *
amount_rule(const char *name)
{
	for (size_t i = 0; i < sizeof(amount_names) / sizeof(amount_names[0]); i++)
		if (strcmp(amount_names[i], name) == 0)
			return &amount_rules[i];
	return NULL;
}

bool
dw_setting_amount_fits(const char *name, int64_t amount)
{
	const AmountRule *rule = amount_rule(name);

	return rule != NULL && amount >= rule->min && amount <= DW_AMOUNT_MAX;
}

int64_t
dw_setting_amount_builtin(const char *name, const char *currency)
{
	const AmountRule *rule = amount_rule(name);

	if (rule == NULL)
		return 0;
	return strcmp(currency, "USD") == 0 ? rule->dollars : rule->others;
}
