/*
 * match_store.h
 *		What matching reads: criteria, rules, and the jobs that suit.
 */
#ifndef DW_MATCH_STORE_H
#define DW_MATCH_STORE_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/base/base.h"
#include "core/job/job.h"
#include "core/match/match.h"

/*
 * What a provider is matched by, and the open jobs that suit them.
 */

/* What is known of a provider. */
typedef struct DwMatchProvider
{
	DwUuid		id;				/* users.id */
	double		longitude;		/* of their address, in degrees; NaN = none */
	double		latitude;		/* of it, likewise */
	double		radius_miles;	/* of their agent; 0 = they have none */
	DwUuids		preferred;		/* their categories; none: all alike */
	int64		capabilities;	/* types of their credentials, as bits */
} DwMatchProvider;

/* A job that suits. */
typedef struct DwMatchJob
{
	DwUuid		id;				/* jobs.id */
	DwJobKey	key;			/* jobs.key */
	double		rest;			/* 1 - score */
	Datum		title;			/* text */
	Datum		urgency;		/* dwello.urgency */
	Datum		currency;		/* text */
} DwMatchJob;

/* Where to go on: jobs after this one in the order of the list. */
typedef struct DwMatchCursor
{
	double		rest;			/* 1 - its score; negative: the beginning */
	DwUuid		id;				/* its id; nil: the beginning */
} DwMatchCursor;

/* What is asked for. */
typedef struct DwMatchSearch
{
	DwUuid		provider_id;	/* whose own jobs are left out, or nil */
	TimestampTz now;			/* jobs that expire until then are, too */
	DwMatchQuery *query;		/* what the jobs must be, a job_query; its
								 * ceiling is the score of the cursor */
	const char *urgency;		/* label, or NULL: any */
	DwMatchCursor after;		/* where to go on */
	int			count;			/* of jobs wanted */
} DwMatchSearch;

/*
 * Reads what is known of a provider; false when there is none.  Credentials
 * count while they are valid on that day.
 */
extern bool dw_match_provider(const DwUuid *id, DateADT today,
							  DwMatchProvider *provider);

/* Takes those of the provider's agent instead, if they have one. */
extern void dw_match_preferred(DwMatchProvider *provider);

/* The query of criteria that were judged well, as a job_query. */
extern DwMatchQuery *dw_match_query(const DwMatchCriteria *criteria);

/*
 * The listed open jobs that suit, by falling score, then by id; gives their
 * number, not more than were asked for.
 */
extern int	dw_match_search(const DwMatchSearch *search, DwMatchJob **jobs);

/* What a job that a provider may see lacks to be listed for them. */
typedef struct DwMatchListing
{
	const DwJobKey *key;		/* jobs.key; NULL before it is published */
	bool		is_listed;		/* it is open, and listed */
	bool		is_expired;		/* it takes no more bids */
} DwMatchListing;

/* Reads how a job stands; false when there is none. */
extern bool dw_match_listing(const DwUuid *job_id, TimestampTz now,
							 DwMatchListing *listing);

/*
 * What matching needs of settings and categories, kept in memory.
 *
 * Both change seldom and are asked for at every call, so a backend keeps
 * them until the server tells it that one of their tables has changed: their
 * triggers see to that.  What is kept is what was committed when it was read
 * and what the transaction itself has written, whatever the snapshot of the
 * call is.
 */

/* The operator's settings of matching. */
typedef struct DwMatchRules
{
	double		radius_miles;	/* where a provider has none of their own */
	double		max_radius_miles;	/* farthest a provider may be */
	int32		account_status; /* bits that a provider's must have: 1 e-mail,
								 * 2 telephone, 4 checked */
	double		freshness_hours;	/* as in DwMatchCriteria */
	double		weights[DW_MATCH_TERM_COUNT];	/* as in DwMatchCriteria */
} DwMatchRules;

/* Categories with all below them, and how well each fits. */
typedef struct DwMatchCategories
{
	DwUuid	   *ids;			/* each once */
	double	   *fits;			/* 1 for one that was named, else by depth */
	int			count;			/* of both */
} DwMatchCategories;

/* Watches the tables; once, from _PG_init. */
extern void dw_match_rules_init(void);

/* The settings; wants an open SPI connection. */
extern const DwMatchRules *dw_match_rules(void);

/*
 * The categories that were named with everything below them; those that do
 * not exist are left out.
 */
extern void dw_match_categories(const DwUuid *ids, int count,
								DwMatchCategories *categories);

/* True when there is such a category. */
extern bool dw_match_category_exists(const DwUuid *id);

/* Categories, each beside others of its tree. */
typedef struct DwCategoryPairs
{
	DwUuid	   *ids;			/* the categories */
	DwUuid	   *others;			/* of the same places */
	int			count;			/* of both */
} DwCategoryPairs;

/*
 * Every category with itself and each that is above it, or only with the
 * root of its tree.
 */
extern void dw_category_pairs(DwCategoryPairs *pairs, bool roots_only);

/* A category and all above it, the next one first. */
typedef struct DwMatchPath
{
	DwUuid		ids[DW_CATEGORY_DEPTH_MAX]; /* from the category to its root */
	int			count;			/* of them; 0: there is no such category */
	bool		shares_tag;		/* another has the tag of one of them */
} DwMatchPath;

/* Finds a category and all above it. */
extern void dw_match_path(const DwUuid *id, DwMatchPath *path);

/* True when a category is one of some, or below one; of none, always. */
extern bool dw_match_is_below(const DwUuid *id, const DwUuids *categories);

/*
 * Tells every backend, from the commit on, that the table of that name in
 * schema dwello has changed; a name that is none tells nobody anything.
 */
extern void dw_match_rules_forget(const char *table);

#endif							/* DW_MATCH_STORE_H */
