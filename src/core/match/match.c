/*
 * match.c
 *		Which open jobs suit a provider, and how well.
 */
#include "core/match/match.h"

#include <math.h>
#include <string.h>

#include "core/base/base.h"
#include "core/geo/geo.h"
#include "core/job/job.h"

/*
 * Taken off the bound of a node: sines are not guaranteed to be monotone,
 * nor is a sum of rounded products.
 */
#define BOUND_SLACK 1e-9

/* Metres of a degree of latitude, and a little less. */
#define METRES_PER_DEGREE (DW_GEO_RADIUS_M * 0.01745329251)

/* So that 0 times the inverse of a number is 0. */
#define MOST_INVERSE	1e300

/* Slots of the most categories. */
#define SLOTS_MAX		(2 * DW_MATCH_CATEGORIES_MAX)

/* Microseconds of an hour. */
#define HOUR_US 3600e6

/* The lesser of two numbers, of which none is NaN. */
static inline double
lesser(double a, double b)
{
	return a < b ? a : b;
}

/* The greater of them. */
static inline double
greater(double a, double b)
{
	return a > b ? a : b;
}

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

/* The bytes of a query with that many slots, 0 or a power of 2. */
static size_t
query_size(uint32_t slot_count)
{
	return sizeof(DwMatchQuery) + slot_count * sizeof(DwMatchSlot);
}

size_t
dw_match_size(const DwMatchCriteria *criteria)
{
	return query_size(slots_for(criteria->category_count));
}

/* Begins with so many slots, all empty, and everything else zero. */
static void
query_begin(DwMatchQuery *query, uint32_t slot_count)
{
	memset(query, 0, query_size(slot_count));
	query->slot_count = slot_count;
	query->slot_mask = slot_count - 1;
	for (uint32_t i = 0; i < slot_count; i++)
		query->slots[i].fit = -1.0;
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

/*
 * The next category, in an order in which all can be entered again into the
 * same slots; *step is 0 before the first.  NULL after the last.
 *
 * A category lies in the first slot from its own on that was empty when it
 * came.  So, begun behind an empty slot, the order of the slots is one in
 * which each finds the same place again.
 */
static const DwMatchSlot *
query_next(const DwMatchQuery *query, uint32_t *step)
{
	uint32_t	empty = 0;

	if (query->slot_count == 0)
		return NULL;
	while (query->slots[empty].fit >= 0.0)
		empty++;
	while (*step < query->slot_mask)
	{
		const DwMatchSlot *slot =
			&query->slots[(empty + ++*step) & query->slot_mask];

		if (slot->fit >= 0.0)
			return slot;
	}
	return NULL;
}

/* Prepares the weights, so that they sum to 1. */
static void
query_weights(const DwMatchCriteria *criteria, DwMatchQuery *query)
{
	double		largest = 0.0;
	double		sum = 0.0;

	for (int i = 0; i < DW_MATCH_TERM_COUNT; i++)
		largest = greater(largest, criteria->weights[i]);
	for (int i = 0; i < DW_MATCH_TERM_COUNT; i++)
		sum += criteria->weights[i] / largest;
	for (int i = 0; i < DW_MATCH_TERM_COUNT; i++)
		query->weights[i] = criteria->weights[i] / largest / sum;
}

/*
 * Derives what a job may be worth here, as a multiple of what it is worth
 * with the built-in weights: that of the term whose share grows the most.
 */
static void
query_worth(DwMatchQuery *query)
{
	double		budget = query->weights[DW_MATCH_BUDGET] / DW_WORTH_BUDGET *
		greater(1.0, DW_WORTH_REFERENCE * query->per_reference);
	double		urgency = query->weights[DW_MATCH_URGENCY] / DW_WORTH_URGENCY;
	double		freshness = query->weights[DW_MATCH_FRESHNESS] /
		DW_WORTH_FRESHNESS;

	query->old_scale = greater(budget, urgency);
	query->young_scale = query->per_age < 1.0 / (2.0 * DW_WORTH_HALF_AGE)
		? -1.0 : greater(query->old_scale, freshness);
}

/* 1 / a positive number, which may be very small. */
static double
inverse(double number)
{
	return lesser(1.0 / number, MOST_INVERSE);
}

/* Derives what follows from place, radius, budgets, currency and rates. */
static void
query_derive(DwMatchQuery *query)
{
	query->box = dw_bbox_circle(&query->place, query->radius_m);
	query->per_radius = inverse(query->radius_m);
	query->currency_bit = dw_currency_bit(query->currency);
	query->code_min = dw_amount_code_below(query->budget_min);
	query->code_max = dw_amount_code_above(query->budget_max);
	query_worth(query);
}

void
dw_match_prepare(const DwMatchCriteria *criteria, DwMatchQuery *query)
{
	query_begin(query, slots_for(criteria->category_count));
	query->place = dw_place_of(criteria->longitude, criteria->latitude);
	query->radius_m = criteria->radius_miles * DW_GEO_METRES_PER_MILE;
	query->as_of = criteria->as_of;
	query->budget_min = criteria->budget_min;
	query->budget_max = criteria->budget_max;
	query->per_reference = inverse(criteria->reference);
	query->per_age = inverse(2.0 * criteria->freshness_hours * HOUR_US);
	query->others_fit = criteria->others_fit;
	query->ceiling = criteria->ceiling;
	query->capabilities = (uint32_t) criteria->capabilities;
	query->currency = dw_currency_code(criteria->currency);
	for (int i = 0; i < criteria->category_count; i++)
		query_enter(query, &criteria->category_ids[i],
					criteria->fits == NULL ? 1.0 : criteria->fits[i]);
	query_weights(criteria, query);
	query_derive(query);
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
			return greater(level_fits[i], query->others_fit);
	}
	return 1.0;
}

double
dw_match_distance_m(const DwMatchQuery *query, const DwJobKey *leaf)
{
	return dw_place_distance_m(&query->place, &leaf->leaf.point);
}

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

/* The term of a distance. */
static inline double
term_nearness(const DwMatchQuery *query, double metres)
{
	return greater(1.0 - metres * query->per_radius, 0.0);
}

/* The term of what a job would pay at most. */
static inline double
term_budget(const DwMatchQuery *query, double top)
{
	return lesser(top * query->per_reference, 1.0);
}

/* The term of an urgency. */
static inline double
term_urgency(const DwJobKey *key)
{
	return key->urgency * (1.0 / DW_JOB_KEY_URGENT);
}

/* The term of the time at which a job was published. */
static inline double
term_freshness(const DwMatchQuery *query, int64_t posted_at)
{
	double		age = (double) query->as_of - (double) posted_at;

	return lesser(greater(1.0 - age * query->per_age, 0.0), 1.0);
}

void
dw_match_terms(const DwMatchQuery *query, const DwJobKey *leaf,
			   double metres, double *terms)
{
	terms[DW_MATCH_NEARNESS] = term_nearness(query, metres);
	terms[DW_MATCH_BUDGET] = term_budget(query,
										 (double) dw_job_key_top(leaf));
	terms[DW_MATCH_CATEGORY] =
		greater(query_fit(query, &leaf->leaf.category_id), 0.0);
	terms[DW_MATCH_URGENCY] = term_urgency(leaf);
	terms[DW_MATCH_FRESHNESS] = term_freshness(query, leaf->posted_at);
}

/* What budget, urgency and freshness add to the score of a leaf. */
static inline double
leaf_worth(const DwMatchQuery *query, const DwJobKey *leaf)
{
	const double *weights = query->weights;

	return weights[DW_MATCH_BUDGET] *
		term_budget(query, (double) dw_job_key_top(leaf)) +
		weights[DW_MATCH_URGENCY] * term_urgency(leaf) +
		weights[DW_MATCH_FRESHNESS] * term_freshness(query, leaf->posted_at);
}

/* 1 - score, its parts always being added in this order. */
static inline double
rest_of(const DwMatchQuery *query, double worth, double fit, double metres)
{
	return 1.0 - (worth + query->weights[DW_MATCH_CATEGORY] * fit +
				  query->weights[DW_MATCH_NEARNESS] *
				  term_nearness(query, metres));
}

double
dw_match_rest(const DwMatchQuery *query, const DwJobKey *leaf, double metres)
{
	double		fit = query_fit(query, &leaf->leaf.category_id);

	return greater(rest_of(query, leaf_worth(query, leaf), greater(fit, 0.0),
						   metres), 0.0);
}

/* True when a leaf passes all that takes neither its place nor its fit. */
static inline bool
leaf_passes(const DwMatchQuery *query, const DwJobKey *leaf)
{
	return dw_bbox_covers(&query->box, &leaf->leaf.point) &&
		leaf->currency == query->currency &&
		leaf->posted_at <= query->as_of &&
		(leaf->requirements & ~query->capabilities) == 0 &&
		leaf->leaf.budget_min <= query->budget_max &&
		leaf->leaf.budget_max >= query->budget_min;
}

/* Metres that are surely between a leaf and the centre: those northwards. */
static inline double
leaf_metres_bound(const DwMatchQuery *query, const DwJobKey *leaf)
{
	return METRES_PER_DEGREE *
		fabs((double) leaf->leaf.point.latitude / DW_BBOX_DEGREE -
			 query->place.latitude);
}

/*
 * 1 - score of a leaf that is wanted.  What costs more comes
 * last: most leaves are worth too little whatever their category, and most
 * of the others in theirs, even if they lie as near as they may.
 */
double
dw_match_leaf_rest(const DwMatchQuery *query, const DwJobKey *leaf,
				   double limit)
{
	const double least = 1.0 - limit - BOUND_SLACK;
	const double category = query->weights[DW_MATCH_CATEGORY];
	double		worth;
	double		hope;
	double		fit;
	double		metres;
	double		rest;

	if (!leaf_passes(query, leaf))
		return DW_MATCH_UNWANTED;
	worth = leaf_worth(query, leaf);
	hope = worth + query->weights[DW_MATCH_NEARNESS] *
		term_nearness(query, leaf_metres_bound(query, leaf));
	if (hope + category < least)
		return DW_MATCH_UNWANTED;
	fit = query_fit(query, &leaf->leaf.category_id);
	if (fit < 0.0 || hope + category * fit < least)
		return DW_MATCH_UNWANTED;
	metres = dw_match_distance_m(query, leaf);
	rest = greater(rest_of(query, worth, fit, metres), 0.0);
	return metres <= query->radius_m && rest <= limit &&
		1.0 - rest <= query->ceiling ? rest : DW_MATCH_UNWANTED;
}

/* False when it is certain that no job below a node is wanted. */
static bool
node_passes(const DwMatchQuery *query, const DwJobKey *node)
{
	return dw_bbox_overlaps(&query->box, &node->node.box) &&
		(node->currency & query->currency_bit) != 0 &&
		(node->requirements & ~query->capabilities) == 0 &&
		node->node.budget_min <= query->code_max &&
		node->node.budget_max >= query->code_min &&
		(query->others_fit >= 0.0 ||
		 (query->categories & node->node.categories) != 0);
}

/*
 * Upper bound of what budget, urgency and freshness add to the score of a
 * job below a node: its best corner, or what is known of their sum.
 */
static double
node_worth(const DwMatchQuery *query, const DwJobKey *node)
{
	const double *weights = query->weights;
	double		fresh = weights[DW_MATCH_FRESHNESS] *
		term_freshness(query, node->posted_at);
	double		corner = weights[DW_MATCH_BUDGET] *
		term_budget(query, node->node.top) +
		weights[DW_MATCH_URGENCY] * term_urgency(node);
	double		worth = lesser(corner, query->old_scale *
							   node->node.old_worth) + fresh;

	if (query->young_scale < 0.0)
		return worth;
	return lesser(worth, query->young_scale *
				  dw_job_key_worth(node, query->as_of));
}

double
dw_match_rest_bound(const DwMatchQuery *query, const DwJobKey *node)
{
	double		fit = query_fit_bound(query, node->node.categories);
	double		metres = dw_place_bound_m(&query->place, &node->node.box);

	return greater(rest_of(query, node_worth(query, node), greater(fit, 0.0),
						   metres) - BOUND_SLACK, 0.0);
}

double
dw_match_node_rest(const DwMatchQuery *query, const DwJobKey *node,
				   double limit)
{
	double		rest;

	if (!node_passes(query, node))
		return DW_MATCH_UNWANTED;
	rest = dw_match_rest_bound(query, node);
	return rest <= limit ? rest : DW_MATCH_UNWANTED;
}

/* The fields of a query that the others are derived from. */
static void
query_fields(DwWire *wire, DwMatchQuery *query)
{
	dw_wire_double(wire, &query->place.longitude);
	dw_wire_double(wire, &query->place.latitude);
	dw_wire_double(wire, &query->radius_m);
	dw_wire_int64(wire, &query->as_of);
	dw_wire_int64(wire, &query->budget_min);
	dw_wire_int64(wire, &query->budget_max);
	query->currency = (uint16_t) dw_wire_range(wire, query->currency, 0,
											   DW_CURRENCY_CODES - 1);
	query->capabilities = (uint32_t) dw_wire_range(wire, query->capabilities,
												   0, UINT32_MAX);
	for (int i = 0; i < DW_MATCH_TERM_COUNT; i++)
		dw_wire_double(wire, &query->weights[i]);
	dw_wire_double(wire, &query->per_reference);
	dw_wire_double(wire, &query->per_age);
	dw_wire_double(wire, &query->others_fit);
	dw_wire_double(wire, &query->ceiling);
}

/* True for a number from least to most; NaN is none. */
static bool
is_within(double value, double least, double most)
{
	return value >= least && value <= most;
}

/* True when weights sum to 1 but for rounding, none below 0. */
static bool
weights_are_valid(const double *weights)
{
	double		sum = 0.0;

	for (int i = 0; i < DW_MATCH_TERM_COUNT; i++)
	{
		if (!is_within(weights[i], 0.0, 1.0))
			return false;
		sum += weights[i];
	}
	return is_within(sum, 1.0 - BOUND_SLACK, 1.0 + BOUND_SLACK);
}

/* True when these fields are such as criteria in order have. */
static bool
query_is_valid(const DwMatchQuery *query)
{
	return dw_geo_valid(query->place.longitude, query->place.latitude) &&
		query->radius_m > 0.0 && query->radius_m <= DW_BBOX_RADIUS_MAX_M &&
		query->budget_min >= 0 && query->budget_max >= query->budget_min &&
		is_within(query->per_reference, 0.0, MOST_INVERSE) &&
		is_within(query->per_age, 0.0, MOST_INVERSE) &&
		(query->others_fit == DW_MATCH_EXCLUDED ||
		 is_within(query->others_fit, 0.0, 1.0)) &&
		is_within(query->ceiling, 0.0, DW_MATCH_NO_CEILING) &&
		weights_are_valid(query->weights);
}

/* The number of slots of a query that is read, which is a power of 2. */
static uint32_t
slots_read(DwWire *wire)
{
	uint32_t	slots = (uint32_t) dw_wire_range(wire, 0, 0, SLOTS_MAX);

	if (slots == 1 || (slots & (slots - 1)) != 0)
		wire->is_bad = true;
	return wire->is_bad ? 0 : slots;
}

/* The bytes of a query that is read. */
static size_t
query_measure(DwWire *wire)
{
	return query_size(slots_read(wire));
}

/* Reads the categories; half of the slots at least are empty. */
static void
categories_read(DwWire *wire, DwMatchQuery *query)
{
	int64_t		count = dw_wire_range(wire, 0, 0, query->slot_count / 2);

	for (int64_t i = 0; i < count; i++)
	{
		DwUuid		id;
		double		fit;

		dw_wire_uuid(wire, &id);
		dw_wire_double(wire, &fit);
		if (!is_within(fit, 0.0, 1.0) || wire->is_bad)
		{
			wire->is_bad = true;
			return;
		}
		query_enter(query, &id, fit);
	}
}

/* Reads a query: nothing is derived of what is not valid. */
static bool
query_read(DwWire *wire, void *value)
{
	DwMatchQuery *query = value;

	query_begin(query, slots_read(wire));
	categories_read(wire, query);
	query_fields(wire, query);
	if (wire->is_bad || !query_is_valid(query))
		return false;
	query->place = dw_place_of(query->place.longitude, query->place.latitude);
	query_derive(query);
	return true;
}

/* Writes a query. */
static void
query_write(DwWire *wire, const void *value)
{
	const DwMatchQuery *query = value;
	DwMatchQuery own = *query;
	const DwMatchSlot *slot;
	uint32_t	count = 0;
	uint32_t	step = 0;

	while (query_next(query, &step) != NULL)
		count++;
	(void) dw_wire_range(wire, query->slot_count, 0, SLOTS_MAX);
	(void) dw_wire_range(wire, count, 0, SLOTS_MAX);
	step = 0;
	while ((slot = query_next(query, &step)) != NULL)
	{
		DwMatchSlot category = *slot;

		dw_wire_uuid(wire, &category.category_id);
		dw_wire_double(wire, &category.fit);
	}
	query_fields(wire, &own);
}

const DwWireType dw_match_query_wire = {
	"dwello.job_query", 1, query_measure, query_read, query_write
};
