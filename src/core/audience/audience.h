/*
 * audience.h
 *		The audience of a new job: agents, providers and saved searches.
 *
 * Each of them has a key: where it wants jobs, of which categories, budgets
 * and currency, and which credentials are held.  A leaf is one of them; a
 * node of the index stands for all below it by what any of them might want.
 * The job asks.  Its query carries the bits of its category and of all that
 * are above it, so a key need not know what is below its own.
 *
 * A leaf is exact but for three things, for which whoever asks looks at the
 * row: its categories, when they are too many or when another has the tag of
 * one of the job's; the form of an area, of which the key has the bbox; and
 * the days on which credentials are valid.
 *
 * Days are those of the server's epoch, money is in minor units of the
 * currency.  A key is stored as it is, so a change of the layout needs every
 * index to be built anew.
 */
#ifndef DW_AUDIENCE_H
#define DW_AUDIENCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/base.h"
#include "core/geo/geo.h"
#include "core/job/job.h"
#include "core/match/match.h"
#include "core/wire/wire.h"

#define DW_AUDIENCE_TAGS		8	/* categories that a leaf knows exactly */
#define DW_AUDIENCE_ANYWHERE	UINT64_MAX	/* bits: every category */
#define DW_AUDIENCE_ANY_CURRENCY	UINT16_MAX
#define DW_AUDIENCE_ALL_CREDENTIALS	UINT32_MAX
#define DW_AUDIENCE_ALWAYS		INT32_MIN	/* valid_from: no first day */
#define DW_AUDIENCE_EVER		INT32_MAX	/* valid_until: no last day */
#define DW_AUDIENCE_HELD		UINT32_C(0xffff)	/* of capabilities */
#define DW_AUDIENCE_ACCOUNT_STATUS	16	/* bits of account status begin here */

/* What a key is. */
typedef enum DwAudienceKind
{
	DW_AUDIENCE_CIRCLE,			/* a leaf: a circle of its own radius */
	DW_AUDIENCE_POINT,			/* a leaf: the query's radius round a point */
	DW_AUDIENCE_AREA,			/* a leaf: the bbox of its area */
	DW_AUDIENCE_NODE			/* many of them */
} DwAudienceKind;

typedef struct DwAudienceKey
{
	union
	{
		struct
		{
			DwPoint		centre; /* their place */
			double		radius_m;	/* metres; unused for a POINT */
		}			circle;		/* CIRCLE and POINT */
		DwBbox		box;		/* AREA and NODE */
	};
	uint64_t	categories;		/* bits of what it wants */
	int64_t		budget_min;		/* of the jobs it wants; the least */
	int64_t		budget_max;		/* likewise; the greatest */
	uint16_t	tags[DW_AUDIENCE_TAGS]; /* of its categories; 0 = no more; the
										 * first is 0 when they are too many */
	uint32_t	capabilities;	/* bits of credentials and account status;
								 * what any has */
	uint16_t	currency;		/* code, or ANY; of a node the set of bits */
	uint8_t		kind;			/* a DwAudienceKind */
	union
	{
		uint8_t		has_more;	/* a leaf: more categories than tags */
		uint8_t		has_points; /* a node: a POINT is below it */
	};
	int32_t		valid_from;		/* a leaf: all its credentials are */
	int32_t		valid_until;	/* valid from the first to the last day */
} DwAudienceKey;

/* What a job asks with. */
typedef struct DwAudienceQuery
{
	DwPlace		place;			/* the job's */
	DwPoint		point;			/* the same in units */
	double		radius_m;		/* of a POINT, in metres */
	uint64_t	categories;		/* bits of its category and those above */
	int64_t		budget_min;		/* or DW_JOB_KEY_NO_MIN */
	int64_t		budget_max;		/* or DW_JOB_KEY_NO_MAX */
	uint32_t	requirements;	/* bits of capabilities that it needs */
	uint16_t	currency;		/* code */
	uint16_t	tag_count;		/* of them */
	uint16_t	tags[DW_CATEGORY_DEPTH_MAX];	/* of the same categories */
	int32_t		day;			/* on which credentials must be valid */
} DwAudienceQuery;

/* The tag of a category: 16 bits of its id, never 0. */
extern uint16_t dw_category_tag(const DwUuid *id);

/* Sets the categories of a leaf; none: it wants all. */
extern void dw_audience_set_categories(DwAudienceKey *leaf, const DwUuid *ids,
									   int count);

/*
 * What an open job asks with, by its key: a leaf of the index on jobs.  Its
 * categories, a radius and a day are still to be added.
 */
extern DwAudienceQuery dw_audience_query_of(const DwJobKey *job);

/* Adds a category to a query; false when there are too many. */
extern bool dw_audience_add_category(DwAudienceQuery *query, const DwUuid *id);

/* The bbox that covers corners in degrees, which lie on the globe. */
extern DwBbox dw_audience_bbox(double west, double south, double east,
							   double north);

/* The node of one leaf; a node is given back as it is. */
extern DwAudienceKey dw_audience_node(const DwAudienceKey *key);

/* Extends a node until it stands for what another key stands for, too. */
extern void dw_audience_extend(DwAudienceKey *node,
							   const DwAudienceKey *other);

/* True when the leaf wants the job, as far as a key knows. */
extern bool dw_audience_matches(const DwAudienceQuery *query,
								const DwAudienceKey *leaf);

/*
 * True when a leaf that matches wants the job for certain, provided that no
 * other category has a tag of the query's.
 */
extern bool dw_audience_is_certain(const DwAudienceQuery *query,
								   const DwAudienceKey *leaf);

/* False when nothing below the node wants the job. */
extern bool dw_audience_may_match(const DwAudienceQuery *query,
								  const DwAudienceKey *node);

/* What it costs to put a key below a node: by how much more it is asked. */
extern float dw_audience_penalty(const DwAudienceKey *node,
								 const DwAudienceKey *other);

/*
 * Where to divide nodes that stand in some order: the number of those that
 * go left, a quarter to three quarters of them, so that the two halves are
 * asked as seldom as can be; *cost is how seldom.  count is 2 or more, room
 * has as many places.
 */
extern int	dw_audience_divide(const DwAudienceKey *nodes, int count,
							   double *room,
							   double *cost);

/* How a leaf travels, and what a job asks with. */
extern const DwWireType dw_audience_key_wire;
extern const DwWireType dw_audience_query_wire;

/* True when two keys are the same. */
extern bool dw_audience_equal(const DwAudienceKey *a, const DwAudienceKey *b);

/*
 * The place of a key in an order that keeps together what is asked for
 * together: the Z-order of its place.  Categories have no part in it, for
 * most want several and a page of neighbours wants nearly all.
 */
extern uint64_t dw_audience_order(const DwAudienceKey *key);

#endif							/* DW_AUDIENCE_H */
