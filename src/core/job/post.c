/*
 * post.c
 *		What may be posted as a job: the rules for each value alone.
 */
#include "core/job/job.h"

#include <string.h>

#include "core/base/base.h"
#include "core/geo/geo.h"

#define MORE_THAN_NONE "must be greater than zero"

/*
 * Three classes of fields, see docs/job.md.  What a published job's bids are
 * measured by, or were made under: a homeowner who could move it might pick
 * the winner after the fact.
 */
#define FROZEN_FIELDS \
	(DW_POST_FIELD(DW_POST_BUDGET_MIN) | DW_POST_FIELD(DW_POST_BUDGET_MAX) | \
	 DW_POST_FIELD(DW_POST_CURRENCY) | DW_POST_FIELD(DW_POST_BID_MODE) | \
	 DW_POST_FIELD(DW_POST_SCORING_METHOD) | DW_POST_FIELD(DW_POST_WEIGHTS) | \
	 DW_POST_FIELD(DW_POST_INVITE_ONLY))

/* What bidders do not price; all the rest makes new terms. */
#define UNPRICED_FIELDS \
	(DW_POST_FIELD(DW_POST_TITLE) | DW_POST_FIELD(DW_POST_STREET) | \
	 DW_POST_FIELD(DW_POST_PHOTOS) | DW_POST_FIELD(DW_POST_JOB_ID))

DwPostFields
dw_post_frozen(DwPostFields changed)
{
	return changed & FROZEN_FIELDS;
}

/* The arguments that give the fields. */
static const char *const field_names[] = {
	[DW_POST_CATEGORY_ID] = "category_id",
	[DW_POST_TITLE] = "title",
	[DW_POST_DESCRIPTION] = "description",
	[DW_POST_LONGITUDE] = "longitude",
	[DW_POST_LATITUDE] = "latitude",
	[DW_POST_STREET] = "street",
	[DW_POST_BUDGET_MIN] = "budget_min",
	[DW_POST_BUDGET_MAX] = "budget_max",
	[DW_POST_CURRENCY] = "currency",
	[DW_POST_URGENCY] = "urgency",
	[DW_POST_IS_EMERGENCY] = "is_emergency",
	[DW_POST_START_DATE] = "preferred_start_date",
	[DW_POST_END_DATE] = "preferred_end_date",
	[DW_POST_HOURS] = "estimated_duration_hours",
	[DW_POST_MATERIALS_PROVIDED] = "materials_provided",
	[DW_POST_MATERIALS_DESCRIPTION] = "materials_description",
	[DW_POST_EXPECTED_MATERIALS] = "expected_materials",
	[DW_POST_SPECIAL_REQUIREMENTS] = "special_requirements",
	[DW_POST_PHOTOS] = "photos",
	[DW_POST_REQUIREMENTS] = "requirements",
	[DW_POST_MILESTONES] = "milestones",
	[DW_POST_BID_MODE] = "bid_mode",
	[DW_POST_SCORING_METHOD] = "scoring_method",
	[DW_POST_WEIGHTS] = "weights",
	[DW_POST_JOB_ID] = "job_id",
	[DW_POST_INVITE_ONLY] = "is_invite_only",
	[DW_POST_CANCELLATION] = "cancellation_policy"
};

const char *
dw_post_field_name(DwPostField field)
{
	return field_names[field];
}

bool
dw_post_reprices(DwPostFields changed)
{
	return (changed & ~(FROZEN_FIELDS | UNPRICED_FIELDS)) != 0;
}

/* Notes a bad value of a field. */
static void
note(DwArgError *error, DwPostField field, const char *what)
{
	dw_arg_error_note(error, field_names[field], DW_BAD_VALUE, what);
}

/* Notes a number that is given and below the least allowed. */
static void
check_least(DwArgError *error, DwPostField field, int64_t value,
			int64_t least)
{
	if (value == DW_POST_ABSENT || value >= least)
		return;
	note(error, field,
		 least > 0 ? MORE_THAN_NONE : "must not be negative");
}

/* The place is on the globe; NaN is nowhere. */
static void
check_place(const DwPost *post, DwArgError *error)
{
	if (!dw_geo_valid(post->place.longitude, 0))
		note(error, DW_POST_LONGITUDE,
			 "must be between -180 and 180 degrees");
	if (!dw_geo_valid(0, post->place.latitude))
		note(error, DW_POST_LATITUDE,
			 "must be between -90 and 90 degrees");
}

/* Amounts are positive, in order, and of a currency that exists. */
static void
check_money(const DwPost *post, DwArgError *error)
{
	check_least(error, DW_POST_BUDGET_MIN, post->budget_min, 1);
	check_least(error, DW_POST_BUDGET_MAX, post->budget_max, 1);
	check_least(error, DW_POST_EXPECTED_MATERIALS,
				post->expected_materials, 0);
	if (post->budget_max != DW_POST_ABSENT &&
		post->budget_min > post->budget_max)
		note(error, DW_POST_BUDGET_MIN,
			 "must not be greater than budget_max");
	if (dw_currency_exponent(post->currency) == DW_CURRENCY_UNKNOWN)
		note(error, DW_POST_CURRENCY,
			 "must be an active ISO 4217 code in upper case");
}

/* The work does not end before it begins, and takes some time. */
static void
check_times(const DwPost *post, DwArgError *error)
{
	if (post->end_date != DW_POST_NONE && post->start_date > post->end_date)
		note(error, DW_POST_START_DATE,
			 "must not be after preferred_end_date");
	if (post->hours != DW_POST_NONE)
		check_least(error, DW_POST_HOURS, post->hours, 1);
}

void
dw_post_check(const DwPost *post, DwArgError *error)
{
	check_place(post, error);
	check_money(post, error);
	check_times(post, error);
	if (post->photo_count > post->photo_max)
		note(error, DW_POST_PHOTOS,
			 "has more than the setting max_photos_per_job allows");
}

/* True for one to eighteen decimal digits: a count that fits an int64. */
static bool
is_count(const char *text)
{
	size_t		length = strspn(text, "0123456789");

	return length >= 1 && length <= 18 && text[length] == '\0';
}

void
dw_post_requirement_check(const DwPostRequirement *requirement,
						  DwArgPlace place, DwArgError *error)
{
	if (dw_credential_type_counts(requirement->type) &&
		!is_count(requirement->value))
	{
		place.member = "requirement_value";
		dw_arg_error_note_at(error, place, DW_BAD_VALUE,
							 requirement->type == DW_CREDENTIAL_INSURANCE
							 ? "must be an amount in minor units"
							 : "must be a number of years");
	}
	if (requirement->weight < 0 || requirement->weight > DW_POST_WEIGHT_MAX)
	{
		place.member = "weight";
		dw_arg_error_note_at(error, place, DW_BAD_VALUE,
							 "must be between 0 and 10000");
	}
}

/* The number that so many digits make; they have been looked at. */
static int64_t
digits_value(const char *text, size_t count)
{
	int64_t		value = 0;

	for (size_t i = 0; i < count; i++)
		value = value * 10 + (text[i] - '0');
	return value;
}

/* A letter of A to Z in lower case; all else as it is. */
static char
folded(char letter)
{
	return letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter;
}

/* True when a text is the one wanted, but for the case of A to Z. */
static bool
is_named(const char *text, const char *wanted)
{
	if (text == NULL)
		return false;
	while (*text != '\0' && folded(*text) == folded(*wanted))
	{
		text++;
		wanted++;
	}
	return *text == *wanted;
}

bool
dw_requirement_met(const DwPostRequirement *requirement,
				   const DwCredentialFacts *credential)
{
	/*
	 * A requirement without a value is of a kind that is not counted, or was
	 * written before numbers were asked for: any credential meets it.  One
	 * whose value should be a number and is none is met by nobody.
	 */
	const char *value = requirement->value;

	if (credential->type != requirement->type)
		return false;
	if (*value == '\0')
		return true;
	if (!dw_credential_type_counts(requirement->type))
		return is_named(credential->issuer, value) ||
			is_named(credential->name, value);
	if (!is_count(value))
		return false;
	return (requirement->type == DW_CREDENTIAL_INSURANCE ? credential->amount
			: credential->years) >= digits_value(value, strlen(value));
}

/* Days of a month; 0 when there is no such month. */
static int
month_days(int64_t year, int64_t month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30,
	31, 31, 30, 31, 30, 31};
	bool		leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	if (month < 1 || month > 12)
		return 0;
	return days[month - 1] + (month == 2 && leap);
}

bool
dw_post_date_valid(const char *text)
{
	static const char form[] = "dddd-dd-dd";
	int64_t		year;
	int64_t		day;

	if (strlen(text) != sizeof(form) - 1)
		return false;
	for (int i = 0; form[i] != '\0'; i++)
	{
		bool		is_digit = text[i] >= '0' && text[i] <= '9';

		if (form[i] == 'd' ? !is_digit : text[i] != form[i])
			return false;
	}
	year = digits_value(text, 4);
	day = digits_value(text + 8, 2);
	return year >= 1 && day >= 1 &&
		day <= month_days(year, digits_value(text + 5, 2));
}

/* One milestone: its amount and date; true when it has an amount. */
static bool
check_milestone(const DwPostMilestone *milestone, DwArgPlace place,
				DwArgError *error)
{
	if (milestone->due_date != NULL &&
		!dw_post_date_valid(milestone->due_date))
	{
		place.member = "due_date";
		dw_arg_error_note_at(error, place, DW_BAD_VALUE,
							 "must be a date written YYYY-MM-DD");
	}
	if (milestone->amount == DW_POST_ABSENT)
		return false;
	if (milestone->amount <= 0)
	{
		place.member = "amount";
		dw_arg_error_note_at(error, place, DW_BAD_VALUE, MORE_THAN_NONE);
	}
	return true;
}

/* The sum of the amounts that are given fits. */
static bool
plan_sum_fits(const DwPostMilestone *milestones, int count)
{
	/* they become parts of a contract, whose amount is one number */
	int64_t		sum = 0;

	for (int i = 0; i < count; i++)
	{
		if (milestones[i].amount > 0 &&
			dw_money_add(sum, milestones[i].amount, &sum) != DW_OK)
			return false;
	}
	return true;
}

void
dw_post_plan_check(const DwPostMilestone *milestones, int count,
				   const char *argument, DwArgError *error)
{
	int			given = 0;

	for (int i = 0; i < count; i++)
	{
		DwArgPlace	place = {argument, i, NULL};

		if (check_milestone(&milestones[i], place, error))
			given++;
	}
	if (count > DW_MILESTONES_MAX)
		dw_arg_error_note(error, argument, DW_BAD_VALUE,
						  "must not have more than 100 elements");
	if (given != 0 && given != count)
		dw_arg_error_note(error, argument, DW_BAD_VALUE,
						  "must have an amount in every element or in none");
	if (!plan_sum_fits(milestones, count))
		dw_arg_error_note(error, argument, DW_OVERFLOW,
						  "has amounts whose sum is too large");
}

/* True when both texts are the same; NULL is the same as NULL alone. */
static bool
texts_equal(const char *left, const char *right)
{
	if (left == NULL || right == NULL)
		return left == right;
	return strcmp(left, right) == 0;
}

/*
 * How many of a list are exactly this one.  Lists are compared as multisets:
 * a form that sends the same requirements in another order changes nothing,
 * and must not make every bidder confirm again.
 */
static int
requirement_count(const DwPostRequirement *list, int count,
				  const DwPostRequirement *wanted)
{
	int			found = 0;

	for (int i = 0; i < count; i++)
		found += list[i].type == wanted->type &&
			list[i].is_mandatory == wanted->is_mandatory &&
			list[i].weight == wanted->weight &&
			texts_equal(list[i].value, wanted->value);
	return found;
}

bool
dw_post_requirements_equal(const DwPostRequirement *left, int left_count,
						   const DwPostRequirement *right, int right_count)
{
	if (left_count != right_count)
		return false;
	for (int i = 0; i < left_count; i++)
	{
		if (requirement_count(left, left_count, &left[i]) !=
			requirement_count(right, right_count, &left[i]))
			return false;
	}
	return true;
}

bool
dw_post_plan_equal(const DwPostMilestone *left, int left_count,
				   const DwPostMilestone *right, int right_count)
{
	if (left_count != right_count)
		return false;
	for (int i = 0; i < left_count; i++)
	{
		if (!texts_equal(left[i].title, right[i].title) ||
			!texts_equal(left[i].description, right[i].description) ||
			!texts_equal(left[i].due_date, right[i].due_date) ||
			left[i].amount != right[i].amount ||
			left[i].is_required != right[i].is_required)
			return false;
	}
	return true;
}

void
dw_post_weights_check(const DwScoreWeights *weights, DwScoringMethod method,
					  DwArgError *error)
{
	DwScoreWeights chosen;

	if (dw_score_weights_check(weights) != DW_OK)
		dw_arg_error_note(error, "weights", DW_CHECK_VIOLATION,
						  "must be between 0 and 10000 each and sum to 10000");
	else if (dw_score_weights_choose(method, weights, &chosen) != DW_OK)
		dw_arg_error_note(error, "weights", DW_CHECK_VIOLATION,
						  "must leave the scoring method a criterion");
}

int64_t
dw_post_requirement_bits(const DwPostRequirement *requirements, int count)
{
	int64_t		bits = 0;

	for (int i = 0; i < count; i++)
	{
		if (requirements[i].is_mandatory)
			bits |= DW_CREDENTIAL_BIT(requirements[i].type);
	}
	return bits;
}
