/*
 * match.c
 *		Which open jobs suit a provider, and how well.
 */
#include "core/match.h"

#include <math.h>
#include <string.h>

#include "core/category.h"
#include "core/geo.h"
#include "core/label.h"

/*
 * Taken off the bound of a node: sines are not guaranteed to be monotone,
 * nor is a sum of rounded products.
 */
#define BOUND_SLACK 1e-9

/* Microseconds of an hour. */
#define HOUR_US 3600e6

static const char *const match_term_labels[] = {
	[DW_MATCH_NEARNESS] = "nearness",
	[DW_MATCH_BUDGET] = "budget",
	[DW_MATCH_CATEGORY] = "category",
	[DW_MATCH_URGENCY] = "urgency",
	[DW_MATCH_FRESHNESS] = "freshness"
};

DW_LABELS(match_term, DwMatchTerm, match_term_labels);

static const char *const match_miss_labels[] = {
	[DW_MATCH_NOT_OPEN] = "NOT_OPEN",
	[DW_MATCH_EXPIRED] = "EXPIRED",
	[DW_MATCH_OWN_JOB] = "OWN_JOB",
	[DW_MATCH_WRONG_CURRENCY] = "WRONG_CURRENCY",
	[DW_MATCH_TOO_FAR] = "TOO_FAR",
	[DW_MATCH_OTHER_CATEGORY] = "OTHER_CATEGORY",
	[DW_MATCH_BUDGET_APART] = "BUDGET_APART",
	[DW_MATCH_CREDENTIAL_MISSING] = "CREDENTIAL_MISSING",
	[DW_MATCH_POSTED_LATER] = "POSTED_LATER"
};

DW_LABELS(match_miss, DwMatchMiss, match_miss_labels);

/* 0.8 to the power of the depth. */
static const double level_fits[DW_MATCH_LEVELS] = {
	1.0, 0.8, 0.64, 0.512, 0.4096, 0.32768, 0.262144, 0.2097152,
	0.16777216, 0.134217728, 0.1073741824
};

/* The category's slot, or the empty one where it would be. */
static inline uint32_t
slot_find(const DwMatchQuery *query, const DwUuid *id)
{
	uint64_t	half[2];
	uint32_t	slot;

	memcpy(half, id->bytes, sizeof(half));
	half[1] ^= half[0] >> 32 ^ half[0] << 32;
	slot = (uint32_t) (half[1] * UINT64_C(0x9e3779b97f4a7c15) >> 40);
	for (;; slot++)
	{
		const DwMatchSlot *found = &query->slots[slot & query->slot_mask];

		if (found->fit < 0.0 || dw_uuid_equal(&found->category_id, id))
			return slot & query->slot_mask;
	}
}

/* The fit of a category that is so deep; see the header. */
double
dw_match_fit(int depth)
{
	return level_fits[depth < DW_MATCH_LEVELS ? depth : DW_MATCH_LEVELS - 1];
}

/* Slots for a number of categories: at least half of them are empty. */
static uint32_t
slots_for(int category_count)
{
	uint32_t	count = 2;

	if (category_count == 0)
		return 0;
	while (count < (uint32_t) category_count * 2)
		count *= 2;
	return count;
}

/* The size of a query; see the header. */
size_t
dw_match_size(const DwMatchWish *wish)
{
	return sizeof(DwMatchQuery) +
		slots_for(wish->category_count) * sizeof(DwMatchSlot);
}

/* Enters a category into its slot; named twice, its best fit counts. */
static void
query_enter(DwMatchQuery *query, const DwUuid *id, double fit)
{
	DwMatchSlot *slot = &query->slots[slot_find(query, id)];
	uint64_t	bit = dw_category_bit(id);
	int			level = DW_MATCH_LEVELS - 1;

	if (slot->fit >= fit)
		return;
	slot->category_id = *id;
	slot->fit = fit;
	while (level > 0 && level_fits[level] < fit)
		level--;
	query->levels[level] |= bit;
	query->categories |= bit;
}

/* Prepares the categories. */
static void
query_categories(const DwMatchWish *wish, DwMatchQuery *query)
{
	query->others_fit = wish->others_fit;
	query->slot_count = slots_for(wish->category_count);
	query->slot_mask = query->slot_count - 1;
	for (uint32_t i = 0; i < query->slot_count; i++)
		query->slots[i].fit = -1.0;
	for (int i = 0; i < wish->category_count; i++)
		query_enter(query, &wish->category_ids[i],
					wish->fits == NULL ? 1.0 : wish->fits[i]);
}

/* Prepares the weights, so that they sum to 1. */
static void
query_weights(const DwMatchWish *wish, DwMatchQuery *query)
{
	double		largest = 0.0;
	double		sum = 0.0;

	for (int i = 0; i < DW_MATCH_TERM_COUNT; i++)
		largest = fmax(largest, wish->weights[i]);
	for (int i = 0; i < DW_MATCH_TERM_COUNT; i++)
		sum += wish->weights[i] / largest;
	for (int i = 0; i < DW_MATCH_TERM_COUNT; i++)
		query->weights[i] = wish->weights[i] / largest / sum;
}

/* Prepares a wish; see the header. */
void
dw_match_prepare(const DwMatchWish *wish, DwMatchQuery *query)
{
	memset(query, 0, dw_match_size(wish));
	query->place = dw_place_of(wish->longitude, wish->latitude);
	query->radius_m = wish->radius_miles * DW_GEO_METRES_PER_MILE;
	query->box = dw_box_circle(&query->place, query->radius_m);
	query->as_of = wish->as_of;
	query->budget_min = wish->budget_min;
	query->budget_max = wish->budget_max;
	query->reference = wish->reference;
	query->freshness = wish->freshness_hours * HOUR_US;
	query->ceiling = wish->ceiling;
	query->capabilities = (uint32_t) wish->capabilities;
	query->currency = dw_currency_code(wish->currency);
	query->currency_bit = dw_currency_bit(query->currency);
	query_categories(wish, query);
	query_weights(wish, query);
}

/* The fit of a job's category. */
static inline double
query_fit(const DwMatchQuery *query, const DwUuid *category_id)
{
	double		fit = -1.0;

	if (query->slot_count > 0)
		fit = query->slots[slot_find(query, category_id)].fit;
	return fit < 0.0 ? query->others_fit : fit;
}

/* The best fit that a set of categories may have. */
static double
query_fit_bound(const DwMatchQuery *query, uint64_t categories)
{
	if ((query->categories & categories) == 0 || query->others_fit >= 1.0)
		return query->others_fit;
	for (int i = 0; i < DW_MATCH_LEVELS; i++)
	{
		if ((query->levels[i] & categories) != 0)
			return fmax(level_fits[i], query->others_fit);
	}
	return 1.0;
}

/* Metres from the centre; see the header. */
double
dw_match_distance_m(const DwMatchQuery *query, const DwJobKey *leaf)
{
	return dw_place_distance_m(&query->place, &leaf->leaf.point);
}

/* True when a leaf passes all that costs little; see the header. */
bool
dw_match_admits(const DwMatchQuery *query, const DwJobKey *leaf)
{
	return dw_box_covers(&query->box, &leaf->leaf.point) &&
		leaf->currency == query->currency &&
		leaf->posted_at <= query->as_of &&
		(leaf->requirements & ~query->capabilities) == 0 &&
		leaf->leaf.budget_min <= query->budget_max &&
		leaf->leaf.budget_max >= query->budget_min &&
		query_fit(query, &leaf->leaf.category_id) >= 0.0;
}

/* True when a leaf passes the rest, too; see the header. */
bool
dw_match_reaches(const DwMatchQuery *query, const DwJobKey *leaf,
				 double metres)
{
	return metres <= query->radius_m &&
		(query->ceiling >= 1.0 ||
		 1.0 - dw_match_rest(query, leaf, metres) <= query->ceiling);
}

/* Why a leaf is not wanted; see the header. */
uint32_t
dw_match_misses(const DwMatchQuery *query, const DwJobKey *leaf,
				double metres)
{
	const bool	missed[DW_MATCH_MISS_COUNT] = {
		[DW_MATCH_WRONG_CURRENCY] = leaf->currency != query->currency,
		[DW_MATCH_TOO_FAR] = metres > query->radius_m,
		[DW_MATCH_OTHER_CATEGORY] =
		query_fit(query, &leaf->leaf.category_id) < 0.0,
		[DW_MATCH_BUDGET_APART] =
		leaf->leaf.budget_min > query->budget_max ||
		leaf->leaf.budget_max < query->budget_min,
		[DW_MATCH_CREDENTIAL_MISSING] =
		(leaf->requirements & ~query->capabilities) != 0,
		[DW_MATCH_POSTED_LATER] = leaf->posted_at > query->as_of
	};
	uint32_t	misses = 0;

	for (int i = 0; i < DW_MATCH_MISS_COUNT; i++)
		misses |= (uint32_t) missed[i] << i;
	return misses;
}

/* True when the query may want a job below a node; see the header. */
bool
dw_match_may_want(const DwMatchQuery *query, const DwJobKey *node)
{
	return dw_box_overlaps(&query->box, &node->node.box) &&
		(node->currency & query->currency_bit) != 0 &&
		(node->requirements & ~query->capabilities) == 0 &&
		(double) node->node.budget_min <= (double) query->budget_max &&
		(double) node->node.budget_max >= (double) query->budget_min &&
		(query->others_fit >= 0.0 ||
		 (query->categories & node->node.categories) != 0);
}

/* The term of a distance. */
static inline double
term_nearness(const DwMatchQuery *query, double metres)
{
	return fmax(1.0 - metres / query->radius_m, 0.0);
}

/* The term of what a job would pay at most. */
static inline double
term_budget(const DwMatchQuery *query, int64_t top)
{
	return fmin((double) top / query->reference, 1.0);
}

/* The term of the time at which a job was published. */
static inline double
term_freshness(const DwMatchQuery *query, int64_t posted_at)
{
	double		age = (double) query->as_of - (double) posted_at;

	return age <= 0.0 ? 1.0 : query->freshness / (query->freshness + age);
}

/* The terms of a score; see the header. */
void
dw_match_terms(const DwMatchQuery *query, const DwJobKey *leaf,
			   double metres, double *terms)
{
	terms[DW_MATCH_NEARNESS] = term_nearness(query, metres);
	terms[DW_MATCH_BUDGET] = term_budget(query, dw_job_key_top(leaf));
	terms[DW_MATCH_CATEGORY] =
		fmax(query_fit(query, &leaf->leaf.category_id), 0.0);
	terms[DW_MATCH_URGENCY] = leaf->urgency / (double) DW_JOB_KEY_URGENT;
	terms[DW_MATCH_FRESHNESS] = term_freshness(query, leaf->posted_at);
}

/* The weighted sum of terms, always in the same order. */
static inline double
terms_sum(const DwMatchQuery *query, const double *terms)
{
	double		sum = 0.0;

	for (int i = 0; i < DW_MATCH_TERM_COUNT; i++)
		sum += query->weights[i] * terms[i];
	return sum;
}

/* 1 - score of a leaf; see the header. */
double
dw_match_rest(const DwMatchQuery *query, const DwJobKey *leaf, double metres)
{
	double		terms[DW_MATCH_TERM_COUNT];

	dw_match_terms(query, leaf, metres, terms);
	return fmax(1.0 - terms_sum(query, terms), 0.0);
}

/* Lower bound of 1 - score; see the header. */
double
dw_match_rest_bound(const DwMatchQuery *query, const DwJobKey *node)
{
	double		terms[DW_MATCH_TERM_COUNT];

	terms[DW_MATCH_NEARNESS] =
		term_nearness(query, dw_place_bound_m(&query->place,
											  &node->node.box));
	terms[DW_MATCH_BUDGET] = term_budget(query, node->node.top);
	terms[DW_MATCH_CATEGORY] =
		fmax(query_fit_bound(query, node->node.categories), 0.0);
	terms[DW_MATCH_URGENCY] = node->urgency / (double) DW_JOB_KEY_URGENT;
	terms[DW_MATCH_FRESHNESS] = term_freshness(query, node->posted_at);
	return fmax(1.0 - terms_sum(query, terms) - BOUND_SLACK, 0.0);
}
