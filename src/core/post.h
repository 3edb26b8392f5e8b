/*
 * post.h
 *		What may be posted as a job: the rules for each value alone.
 *
 * Nothing here knows the database: whether a category exists, or a street
 * is known, is asked elsewhere.  Every check notes what is wrong in a
 * DwFault, so that all of them can be made and the right one is told.
 */
#ifndef DW_POST_H
#define DW_POST_H

#include <stdbool.h>
#include <stdint.h>

#include "core/credential.h"
#include "core/fault.h"
#include "core/milestone.h"
#include "core/score.h"

#define DW_POST_ABSENT		INT64_MIN	/* a number that was not given */
#define DW_POST_DATE_MIN	INT64_C(-2147483648)	/* -infinity */
#define DW_POST_DATE_MAX	INT64_C(2147483647) /* infinity */

/* Limits of texts, in characters. */
#define DW_POST_TITLE_MAX	200
#define DW_POST_TEXT_MAX	20000
#define DW_POST_STREET_MAX	500
#define DW_POST_PHOTO_MAX	2000

#define DW_POST_REQUIREMENTS_MAX	50	/* of one job */
#define DW_POST_WEIGHT_MAX	10000	/* of one requirement */

/* The arguments of post_job, by position. */
typedef enum DwPostField
{
	DW_POST_CATEGORY_ID,
	DW_POST_TITLE,
	DW_POST_DESCRIPTION,
	DW_POST_LONGITUDE,
	DW_POST_LATITUDE,
	DW_POST_STREET,
	DW_POST_BUDGET_MIN,
	DW_POST_BUDGET_MAX,
	DW_POST_CURRENCY,
	DW_POST_URGENCY,
	DW_POST_IS_EMERGENCY,
	DW_POST_START_DATE,
	DW_POST_END_DATE,
	DW_POST_HOURS,
	DW_POST_MATERIALS_PROVIDED,
	DW_POST_MATERIALS_DESCRIPTION,
	DW_POST_EXPECTED_MATERIALS,
	DW_POST_SPECIAL_REQUIREMENTS,
	DW_POST_PHOTOS,
	DW_POST_REQUIREMENTS,
	DW_POST_MILESTONES,
	DW_POST_BID_MODE,
	DW_POST_SCORING_METHOD,
	DW_POST_WEIGHTS,
	DW_POST_JOB_ID
} DwPostField;

/* A set of fields as bits. */
typedef uint32_t DwPostFields;

#define DW_POST_FIELD(field) (UINT32_C(1) << (field))

/* The numbers of a post; money in minor units, DW_POST_ABSENT = NULL. */
typedef struct DwPost
{
	double		longitude;		/* degrees, exact place */
	double		latitude;		/* degrees, exact place */
	int64_t		budget_min;		/* what the homeowner wants to spend */
	int64_t		budget_max;		/* what he wants to spend at most */
	const char *currency;		/* ISO 4217 */
	int64_t		start_date;		/* days of any epoch */
	int64_t		end_date;		/* days of the same epoch */
	int64_t		hours;			/* estimate */
	int64_t		expected_materials; /* for what a bid leaves out */
	int32_t		photo_count;	/* photos given */
	int32_t		photo_max;		/* setting max_photos_per_job */
} DwPost;

/* One credential that bidders must or should have. */
typedef struct DwPostRequirement
{
	DwCredentialType type;		/* kind of the credential */
	const char *value;			/* name, minor units or years; or "" */
	bool		is_mandatory;	/* a gate, else it counts by weight */
	int64_t		weight;			/* among the optional ones */
} DwPostRequirement;

/* One part in which the job is to be paid. */
typedef struct DwPostMilestone
{
	const char *title;			/* what is done by then */
	const char *description;	/* or NULL */
	const char *due_date;		/* "2026-05-31", or NULL */
	int64_t		amount;			/* proportion, or DW_POST_ABSENT */
	bool		is_required;	/* the job is not complete without it */
} DwPostMilestone;

/*
 * Of the changed fields, those that nobody may change any more once the job
 * is published: bids are measured by them, or were made under them.
 */
extern DwPostFields dw_post_frozen(DwPostFields changed);

/*
 * True when a change of these fields changes what bidders have priced, so
 * that the job's terms_version rises.  A place is one when its rounded form
 * changes; the exact one and the street are not known to bidders.
 */
extern bool dw_post_reprices(DwPostFields changed);

/* Place, money, dates, hours, photos. */
extern void dw_post_check(const DwPost *post, DwFault *fault);

/* The types of the mandatory requirements, as bits. */
extern int64_t dw_post_requirement_bits(const DwPostRequirement *requirements,
										int count);

/* A requirement of the list argument given; item is its place there. */
extern void dw_post_requirement_check(const DwPostRequirement *requirement,
									  DwFaultPlace place, DwFault *fault);

/*
 * The milestones of a plan as a whole: not too many, all amounts given and
 * positive or none, a sum that fits, dates that exist.
 */
extern void dw_post_plan_check(const DwPostMilestone *milestones, int count,
							   int argument, DwFault *fault);

/* True when both lists ask for the same, in whatever order. */
extern bool dw_post_requirements_equal(const DwPostRequirement *left,
									   int left_count,
									   const DwPostRequirement *right,
									   int right_count);

/* True when both plans are the same, part for part. */
extern bool dw_post_plan_equal(const DwPostMilestone *left, int left_count,
							   const DwPostMilestone *right, int right_count);

/* Weights as given, and whether the method can work with them. */
extern void dw_post_weights_check(const DwScoreWeights *weights,
								  DwScoringMethod method, DwFault *fault);

/* True for a day of the Gregorian calendar written YYYY-MM-DD. */
extern bool dw_post_date_valid(const char *text);

#endif							/* DW_POST_H */
