/*
 * match_store.h
 *		What a provider is matched by, and the open jobs that suit him.
 */
#ifndef DW_MATCH_STORE_H
#define DW_MATCH_STORE_H

#include "postgres.h"

#include "utils/date.h"
#include "utils/timestamp.h"

#include "core/match.h"
#include "core/uuid.h"

/* What is known of a provider. */
typedef struct DwMatchProvider
{
	DwUuid		id;				/* users.id */
	bool		has_place;		/* he has an address */
	double		longitude;		/* of it, in degrees */
	double		latitude;		/* of it, in degrees */
	double		radius_miles;	/* of his agent; 0 = he has none */
	int64		capabilities;	/* types of his credentials, as bits */
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
	DwUuid		id;				/* its id */
} DwMatchCursor;

/* What is asked for. */
typedef struct DwMatchSearch
{
	DwUuid		provider_id;	/* whose own jobs are left out */
	TimestampTz now;			/* jobs that expire until then are, too */
	DwMatchQuery *query;		/* what the jobs must be, a job_query */
	DwMatchCursor after;		/* where to go on */
	int			count;			/* of jobs wanted */
} DwMatchSearch;

/*
 * Reads what is known of a provider; false when there is none.  Credentials
 * count while they are valid on that day.
 */
extern bool dw_match_provider(const DwUuid *id, DateADT today,
							  DwMatchProvider *provider);

/* The categories that a provider's agent prefers; *count = 0 = none. */
extern DwUuid *dw_match_preferred(const DwUuid *id, int *count);

/* The query of a wish that was judged well, as a job_query. */
extern DwMatchQuery *dw_match_query(const DwMatchWish *wish);

/*
 * The listed open jobs that suit, by falling score, then by id; gives their
 * number, not more than were asked for.
 */
extern int	dw_match_search(const DwMatchSearch *search, DwMatchJob **jobs);

/* What a job that a provider may see lacks to be listed for him. */
typedef struct DwMatchStanding
{
	DwJobKey	key;			/* jobs.key */
	bool		has_key;		/* it was published */
	bool		is_listed;		/* it is open, and listed */
	bool		is_expired;		/* it takes no more bids */
} DwMatchStanding;

/* Reads how a job stands; false when there is none. */
extern bool dw_match_standing(const DwUuid *job_id, TimestampTz now,
							  DwMatchStanding *standing);

#endif							/* DW_MATCH_STORE_H */
