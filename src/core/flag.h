/*
 * flag.h
 *		Whether a feature is on for a user.
 *
 * A flag that is off is off for all.  One that is on is on for the users it
 * names, whatever else it says; of the others for those whom its targets
 * fit and whose bucket lies in the rollout.  A bucket follows from flag and
 * user alone: raising the percentage only ever adds users, and who is in
 * one flag's share says nothing of another's.
 */
#ifndef DW_FLAG_H
#define DW_FLAG_H

#include <stdbool.h>
#include <stdint.h>

#include "core/user.h"

/* The flags that core features ask for. */
#define DW_FLAG_ESCROW		"escrow_payments"

#define DW_FLAG_BUCKETS		10000	/* one is a hundredth of a per cent */
#define DW_FLAG_DIGEST		8	/* bytes of a hash that make a bucket */
#define DW_FLAG_STAR		INT64_C(1000000)	/* unit of a rating */
#define DW_FLAG_STARS_MAX	5	/* best rating */
#define DW_FLAG_NAME_MAX	63	/* characters of a name */

/* A country in the form of ISO 3166 alpha-2, zero-terminated. */
typedef char DwFlagRegion[3];

/* Which users a flag is meant for; all that is said must hold. */
typedef struct DwFlagTargets
{
	uint32_t	user_types;		/* a bit for each DwUserType; 0 = every one */
	const DwFlagRegion *regions;	/* countries; the caller's memory */
	int			region_count;	/* 0 = everywhere */
	int64_t		minimum_rating; /* millionths of a star; 0 = none needed */
} DwFlagTargets;

/* A flag as it is in force. */
typedef struct DwFlag
{
	bool		is_enabled;		/* false: off for all */
	int32_t		rollout_percentage; /* 0 ... 100 of those targeted */
	DwFlagTargets targets;		/* whom it is meant for */
} DwFlag;

/* What a flag wants to know of a user. */
typedef struct DwFlagUser
{
	bool		is_named;		/* the flag names him */
	DwUserType	type;			/* what he is */
	const char *country;		/* of his primary address; NULL without one */
	int64_t		rating_weight;	/* of provider_stats; 0 = not rated */
	int64_t		rating_sum;		/* of provider_stats */
	uint32_t	bucket;			/* dw_flag_bucket() */
} DwFlagUser;

/*
 * The bucket, 0 ... 9999, from the first bytes of SHA-256 over the flag's
 * name and the sixteen bytes of the user's id.
 */
extern uint32_t dw_flag_bucket(const uint8_t digest[DW_FLAG_DIGEST]);

/* True when the flag is on for the user. */
extern bool dw_flag_is_on(const DwFlag *flag, const DwFlagUser *user);

/* True when the targets fit the user.  Nobody unrated meets a minimum. */
extern bool dw_flag_targets_fit(const DwFlagTargets *targets,
								const DwFlagUser *user);

/* True for [a-z][a-z0-9_]{2,62}. */
extern bool dw_flag_name_valid(const char *name);

#endif							/* DW_FLAG_H */
