/*
 * match.h
 *		Which open jobs suit a provider, and how well.
 */
#ifndef DW_MATCH_H
#define DW_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/base/base.h"
#include "core/geo/geo.h"
#include "core/wire/wire.h"

/*
 * What the index on open jobs knows of a job, or of many.
 *
 * A leaf is one job, exactly.  A node stands for all jobs below it by the
 * best that any of them could be: the box of their places, the union of
 * their categories, the latest time, the highest budget, and so on.  Both
 * have one size and are stored as they are, so a change of the layout needs
 * every index to be built anew.  Money is in minor units of the currency,
 * times are microseconds of the server's epoch.
 */

/* What a budget that was not given counts as. */
#define DW_JOB_KEY_NO_MIN	INT64_C(0)
#define DW_JOB_KEY_NO_MAX	INT64_MAX

/* The highest urgency: rank of "urgent" in dwello.urgency. */
#define DW_JOB_KEY_URGENT	3

/* No code of a currency, and how many codes there are. */
#define DW_JOB_KEY_NO_CURRENCY	UINT16_MAX
#define DW_CURRENCY_CODES		(26 * 26 * 26)

typedef struct DwJobKey
{
	int64_t		posted_at;		/* when it was published; the latest */
	uint32_t	requirements;	/* bits of DwCredentialType; what all ask */
	uint16_t	currency;		/* dw_currency_code; set of their bits */
	uint8_t		urgency;		/* 0 to DW_JOB_KEY_URGENT; the highest */
	uint8_t		is_node;		/* 1 for a node, 0 for a leaf */
	union
	{
		struct
		{
			DwPoint		point;	/* where it is */
			DwUuid		category_id;	/* its category */
			int64_t		budget_min; /* or DW_JOB_KEY_NO_MIN */
			int64_t		budget_max; /* or DW_JOB_KEY_NO_MAX */
		}			leaf;		/* one job */
		struct
		{
			DwBbox		box;	/* covers all places */
			uint64_t	categories; /* bits of their categories */
			float		top;	/* not under the highest dw_job_key_top */
			float		old_worth;	/* not under the highest; see below */
			float		young_worth;	/* likewise */
			uint16_t	budget_min; /* the lowest, as a code */
			uint16_t	budget_max; /* the highest, as a code */
		}			node;		/* many jobs */
	};
} DwJobKey;

/*
 * What a job is worth whoever asks: what its budget, urgency and freshness
 * add to a score with the built-in weights, budget reference and freshness.
 * Freshness falls evenly until it is 0, so at any time that is the higher of
 * two lines: what the job is worth when it is old, and what it would be if
 * it never aged that far.  Of many jobs it is no more than that of the
 * highest lines.  Whoever asks with other weights is answered as exactly,
 * but by bounds that are less tight.
 */
#define DW_WORTH_BUDGET		0.20	/* times budget / reference, at most 1 */
#define DW_WORTH_URGENCY	0.10	/* times rank / 3 */
#define DW_WORTH_FRESHNESS	0.15	/* times 1 - age / twice the half age */
#define DW_WORTH_REFERENCE	500000.0	/* minor units */
#define DW_WORTH_HALF_AGE	(72 * 3600e6)	/* microseconds */

/* What a job loses in a microsecond while it is young. */
#define DW_WORTH_LOSS		(DW_WORTH_FRESHNESS / (2.0 * DW_WORTH_HALF_AGE))

/* The highest worth of a node's jobs at a time, not counting those later. */
static inline double
dw_job_key_worth(const DwJobKey *node, int64_t now)
{
	double		old = node->node.old_worth;
	double		young = node->node.young_worth - (double) now * DW_WORTH_LOSS;

	return young > old ? young : old;
}

/* The number of a three-letter code, or DW_JOB_KEY_NO_CURRENCY. */
extern uint16_t dw_currency_code(const char *code);

/* The bit of a currency in a node's set. */
extern uint16_t dw_currency_bit(uint16_t currency);

/*
 * An amount that is not negative in 16 bits, rounded down or up; codes are
 * in the order of the amounts.
 */
extern uint16_t dw_amount_code_below(int64_t amount);
extern uint16_t dw_amount_code_above(int64_t amount);

/* The most a leaf would pay: its budget_max, else budget_min, else 0. */
static inline int64_t
dw_job_key_top(const DwJobKey *leaf)
{
	return leaf->leaf.budget_max != DW_JOB_KEY_NO_MAX ? leaf->leaf.budget_max
		: leaf->leaf.budget_min;
}

/* The node of one leaf; a node is given back as it is. */
extern DwJobKey dw_job_key_node(const DwJobKey *key);

/* Extends a node until it stands for what another key stands for, too. */
extern void dw_job_key_extend(DwJobKey *node, const DwJobKey *other);

/*
 * What it costs to put a node of one key below a node: how much the latter
 * grows, and something for what it promises beyond the key.
 */
extern float dw_job_key_penalty(const DwJobKey *node, const DwJobKey *other);

/* True when two keys are the same. */
extern bool dw_job_key_equal(const DwJobKey *a, const DwJobKey *b);

/* How a leaf travels. */
extern const DwWireType dw_job_key_wire;

/*
 * The place of a key in a space where what scores alike at a time is near:
 * longitude, latitude, worth.  Coordinates are not negative.
 */
#define DW_JOB_KEY_AXES 3
extern void dw_job_key_place(const DwJobKey *key, int64_t now, double *at);

/* The place of a key on a line through that space. */
extern uint64_t dw_job_key_order(const DwJobKey *key, int64_t now);

/*
 * The best jobs that a search has met so far, by 1 - score.
 *
 * A search that wants a number of jobs keeps as many of the lowest rests
 * (1 - score) as it met.  What is worse than all of them need not be looked
 * at any further: with the limit, an index turns away most of what it reads.
 * It may have met jobs that are not shown in the end; then the search finds
 * fewer than it wanted, and has to be done again without.
 */

/* The lowest rests. */
typedef struct DwMatchBest
{
	double		limit;			/* what is over it is of no use */
	double		after;			/* what is not over it was had before */
	double		judged;			/* the rest that was asked for last */
	int			room;			/* for so many rests */
	int			count;			/* of them */
	double		rests[];		/* a heap, the highest first */
} DwMatchBest;

/* The bytes that so many rests need. */
extern size_t dw_match_best_size(int room);

/*
 * Begins with none; room is over 0.  Only rests over a number count, which
 * may be negative.
 */
extern void dw_match_best_begin(DwMatchBest *best, int room, double after);

/* Meets a rest: the limit falls as soon as there are enough of them. */
extern void dw_match_best_meet(DwMatchBest *best, double rest);

/*
 * Which open jobs suit a provider, and how well.
 *
 * A query is what a provider asks for, prepared once; it is matched with the
 * keys of jobs (match.h).  A score is the sum of five terms, each from 0
 * to 1 and each by one attribute of the job, times weights that sum to 1.
 * So the best corner of a node is no worse than any job below it, and an
 * index can give jobs in the order of their scores.  The same functions
 * serve the index and every other caller: a score is the same to the last
 * bit wherever it was computed.
 */

/* The terms of a score. */
typedef enum DwMatchTerm
{
	DW_MATCH_NEARNESS,			/* 1 - distance / radius */
	DW_MATCH_BUDGET,			/* top budget / reference, at most 1 */
	DW_MATCH_CATEGORY,			/* the fit of the category */
	DW_MATCH_URGENCY,			/* rank / 3 */
	DW_MATCH_FRESHNESS,			/* 1 - age / twice the half age, at least 0 */
	DW_MATCH_TERM_COUNT
} DwMatchTerm;

DW_LABELS_OF(match_term, DwMatchTerm);

/* What criteria may be wrong in; labels are the arguments' names. */
typedef enum DwMatchField
{
	DW_MATCH_LONGITUDE,
	DW_MATCH_LATITUDE,
	DW_MATCH_RADIUS,
	DW_MATCH_CATEGORIES,
	DW_MATCH_FITS,
	DW_MATCH_OTHERS,
	DW_MATCH_BUDGET_MIN,
	DW_MATCH_BUDGET_MAX,
	DW_MATCH_CURRENCY,
	DW_MATCH_CAPABILITIES,
	DW_MATCH_WEIGHTS,
	DW_MATCH_REFERENCE,
	DW_MATCH_FRESHNESS_HOURS,
	DW_MATCH_CEILING
} DwMatchField;

DW_LABELS_OF(match_field, DwMatchField);

#define DW_MATCH_EXCLUDED		(-1.0)	/* fit: the job is not shown */
#define DW_MATCH_CATEGORIES_MAX 4096	/* categories of the criteria */
#define DW_MATCH_NO_CEILING		2.0 /* above every score */

/* What a provider asks for. */
typedef struct DwMatchCriteria
{
	double		longitude;		/* degrees */
	double		latitude;		/* degrees */
	double		radius_miles;	/* over 0, to DW_BBOX_RADIUS_MAX_MILES */
	int64_t		as_of;			/* microseconds; ages are taken to it */
	const DwUuid *category_ids; /* those named, with all below them */
	const double *fits;			/* 0 to 1, of each; NULL: all 1 */
	int			category_count; /* of them */
	double		others_fit;		/* of other categories, or EXCLUDED */
	int64_t		budget_min;		/* or DW_JOB_KEY_NO_MIN */
	int64_t		budget_max;		/* or DW_JOB_KEY_NO_MAX */
	const char *currency;		/* three letters */
	int64_t		capabilities;	/* bits of DwCredentialType */
	double		weights[DW_MATCH_TERM_COUNT];	/* not negative, not all 0 */
	double		reference;		/* budget that counts as 1; over 0 */
	double		freshness_hours;	/* age that counts as 1/2; over 0 */
	double		ceiling;		/* highest score wanted, 0 to NO_CEILING */
} DwMatchCriteria;

/* One category of a query, in a table by its hash. */
typedef struct DwMatchSlot
{
	DwUuid		category_id;	/* the category */
	double		fit;			/* its fit; negative: the slot is empty */
} DwMatchSlot;

/* Fits by depth below what was named: 1, 0.8, 0.64, ... */
#define DW_MATCH_LEVELS 11

/* A prepared criteria. */
typedef struct DwMatchQuery
{
	char		reserved[8];	/* a header, for whoever stores it */
	DwPlace		place;			/* the centre */
	DwBbox		box;			/* the envelope of the circle */
	double		radius_m;		/* metres */
	int64_t		as_of;			/* as in the criteria */
	int64_t		budget_min;		/* as in the criteria */
	int64_t		budget_max;		/* as in the criteria */
	double		per_radius;		/* 1 / radius */
	double		per_reference;	/* 1 / the criteria's reference */
	double		per_age;		/* 1 / twice its freshness, in microseconds */
	double		others_fit;		/* as in the criteria */
	double		ceiling;		/* as in the criteria */
	double		weights[DW_MATCH_TERM_COUNT];	/* they sum to 1 */
	double		old_scale;		/* what an old job may be worth, in worths */
	double		young_scale;	/* likewise a young one; negative: unknown */
	uint64_t	levels[DW_MATCH_LEVELS];	/* category bits by their fit */
	uint64_t	categories;		/* all of these bits */
	uint32_t	capabilities;	/* as in the criteria */
	uint16_t	currency;		/* code */
	uint16_t	currency_bit;	/* and its bit in a node */
	uint16_t	code_min;		/* budget_min as a node has it */
	uint16_t	code_max;		/* budget_max likewise */
	uint32_t	slot_mask;		/* number of slots - 1 */
	uint32_t	slot_count;		/* number of slots, a power of 2; or 0 */
	DwMatchSlot slots[];		/* the categories */
} DwMatchQuery;

/*
 * What is wrong with criteria: false, the field and the end of a sentence
 * ("must be ...").  True when it can be prepared.
 */
extern bool dw_match_judge(const DwMatchCriteria *criteria,
						   DwMatchField *field,
						   const char **what);

/* The bytes of a prepared criteria, and the preparation of one in order. */
extern size_t dw_match_size(const DwMatchCriteria *criteria);
extern void dw_match_prepare(const DwMatchCriteria *criteria,
							 DwMatchQuery *query);

/*
 * A query under way: what a search hands to the index instead of its query,
 * so that the index knows the best that it has met.  It is no value of the
 * type but the body of one of the server's expanded objects, behind the
 * header: it lives as long as the search wants, in this process alone, and
 * wherever the value is copied or stored, the server asks for the query.
 */
typedef struct DwMatchUnderWay
{
	const DwMatchQuery *query;	/* the value */
	DwMatchBest *best;			/* what the search has met */
} DwMatchUnderWay;

/* How a query travels. */
extern const DwWireType dw_match_query_wire;

/* The fit of a category that is so many levels below one that was named. */
extern double dw_match_fit(int depth);

/* Metres from the centre to a leaf. */
extern double dw_match_distance_m(const DwMatchQuery *query,
								  const DwJobKey *leaf);

/* Why a job is not shown to a provider; labels in upper case. */
typedef enum DwMatchMiss
{
	DW_MATCH_NOT_OPEN,			/* not published, not open or not listed */
	DW_MATCH_EXPIRED,			/* takes no more bids */
	DW_MATCH_OWN_JOB,			/* it is their own */
	DW_MATCH_WRONG_CURRENCY,	/* another than was asked for */
	DW_MATCH_TOO_FAR,			/* outside the circle */
	DW_MATCH_OTHER_CATEGORY,	/* of a category that is excluded */
	DW_MATCH_BUDGET_APART,		/* budgets do not overlap */
	DW_MATCH_CREDENTIAL_MISSING,	/* a mandatory one is not held */
	DW_MATCH_POSTED_LATER,		/* published after as_of */
	DW_MATCH_MISS_COUNT
} DwMatchMiss;

DW_LABELS_OF(match_miss, DwMatchMiss);

/*
 * A set of reasons, bit 1 << DwMatchMiss: those for which a query does not
 * want a leaf, whatever its ceiling is; empty = it does.
 */
extern uint32_t dw_match_misses(const DwMatchQuery *query,
								const DwJobKey *leaf, double metres);

/* The terms of a leaf's score; a category that is excluded has the fit 0. */
extern void dw_match_terms(const DwMatchQuery *query, const DwJobKey *leaf,
						   double metres, double *terms);

/*
 * 1 - score, from 0 to 1.  The score itself is 1 - this: rounded so that
 * both say the same.
 */
extern double dw_match_rest(const DwMatchQuery *query, const DwJobKey *leaf,
							double metres);

/* Over every limit: the query does not want it. */
#define DW_MATCH_UNWANTED 2.0

/*
 * 1 - score of a leaf that the query wants, if it is not over a limit (which
 * may be infinite); else DW_MATCH_UNWANTED.
 */
extern double dw_match_leaf_rest(const DwMatchQuery *query,
								 const DwJobKey *leaf, double limit);

/* Not more than dw_match_rest of any job below a node. */
extern double dw_match_rest_bound(const DwMatchQuery *query,
								  const DwJobKey *node);

/*
 * The same for a node below which the query may want a job, if it is not over
 * a limit; else DW_MATCH_UNWANTED.
 */
extern double dw_match_node_rest(const DwMatchQuery *query,
								 const DwJobKey *node, double limit);

#endif							/* DW_MATCH_H */
