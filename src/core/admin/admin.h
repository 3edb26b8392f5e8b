/*
 * admin.h
 *		Settings, feature flags, and what an event means for users.
 */
#ifndef DW_ADMIN_H
#define DW_ADMIN_H

#include <stdbool.h>
#include <stdint.h>

#include "core/account/account.h"
#include "core/base/base.h"

/*
 * What an event of one shard means for the users in others.
 *
 * The effects of an event are rows of one table: who is told what, and which
 * running sum of a provider it moves.  An event without a row means nothing
 * to users; it is for the outside alone.
 */

/* Whom an effect concerns: a member of the event's payload. */
typedef enum DwEventParty
{
	DW_EVENT_HOMEOWNER,			/* "homeowner_id" */
	DW_EVENT_PROVIDER,			/* "provider_id" */
	DW_EVENT_REVIEWEE,			/* "reviewee_id" */
	DW_EVENT_RECIPIENT,			/* "recipient_id" */
	DW_EVENT_PARTY_COUNT
} DwEventParty;

/* Which running sum of provider_stats an effect moves. */
typedef enum DwEventCount
{
	DW_EVENT_COUNTS_NOTHING,
	DW_EVENT_COUNTS_AWARD,		/* awarded += 1 */
	DW_EVENT_COUNTS_COMPLETION, /* completed += 1 */
	DW_EVENT_COUNTS_RATING,		/* rating sums += "rating" stars */
	DW_EVENT_COUNTS_CANCELLATION	/* awarded -= 1, as of "funded_on" */
} DwEventCount;

/* One effect of one type of event. */
typedef struct DwEventEffect
{
	const char *type;			/* of the event: "bid_submitted" */
	DwEventParty party;			/* whom it concerns */
	DwEventCount count;			/* what it adds to their sums, if a provider */
	const char *notification;	/* label of notification_type */
	const char *title;			/* shown to them; NULL = nothing is */
	const char *message;		/* shown to them */
} DwEventEffect;

/* All effects, ordered by type; *count is their number. */
extern const DwEventEffect *dw_event_effects(int *count);

/*
 * The pause in seconds before an event that has failed `attempts` (1 or
 * more) times is tried again: first_pause, then twice as long each time, and
 * never more than an hour.
 */
extern int64_t dw_event_pause(int attempts, int64_t first_pause);

/*
 * Whether a feature is on for a user.
 *
 * A flag that is off is off for all.  One that is on is on for the users it
 * names, whatever else it says; of the others for those whom its targets
 * fit and whose bucket lies in the rollout.  A bucket follows from flag and
 * user alone: raising the percentage only ever adds users, and who is in
 * one flag's share says nothing of another's.
 */

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
	bool		is_named;		/* the flag names them */
	DwUserType	type;			/* what they are */
	const char *country;		/* of the primary address, or NULL */
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

/*
 * What each of the operator's settings may be.
 *
 * Settings travel as texts.  A rule says which texts are values of a
 * setting; there is one for every row of dwello.system_settings_defaults.
 */

/* Shown among the settings, but kept by the fee schedules. */
#define DW_SETTING_FEE	"platform_fee_percentage"

/* What kind of value a setting has. */
typedef enum DwSettingKind
{
	DW_SETTING_INTEGER,			/* digits, as the server writes them */
	DW_SETTING_BOOLEAN,			/* "true" or "false" */
	DW_SETTING_TEXT,			/* any text that says something */
	DW_SETTING_ZONE,			/* a time zone, as far as the server knows */
	DW_SETTING_CHOICE			/* one of a few words */
} DwSettingKind;

/* The values one setting may have. */
typedef struct DwSettingRule
{
	const char *name;			/* of the setting */
	DwSettingKind kind;			/* of its value */
	int64_t		min;			/* smallest integer */
	int64_t		max;			/* largest integer; characters of a text */
	bool		is_timer;		/* a job may have its own */
	const char *choices;		/* of a choice, a blank between two */
} DwSettingRule;

/* The rule of a setting; a null pointer when there is none so named. */
extern const DwSettingRule *dw_setting_rule(const char *name);

/* True for a number that an integer setting may have. */
extern bool dw_setting_in_range(const DwSettingRule *rule, int64_t number);

/*
 * DW_OK for a value of the setting, else DW_BAD_VALUE, or DW_TEXT_TOO_LONG
 * for a text of too many characters; characters is how many value has.  An
 * integer has one spelling: no sign but a minus, no zero before it.
 */
extern DwResult dw_setting_check(const DwSettingRule *rule, const char *value,
								 int64_t characters);

/*
 * Settings that are amounts of money, in minor units: one for each currency,
 * since the same number is worth another thing in each.
 */
#define DW_SETTING_MIN_BID		"min_bid_amount"
#define DW_SETTING_BUDGET		"match_budget_reference"
#define DW_SETTING_MIN_PAYOUT	"payout_minimum"
#define DW_SETTING_PAYOUT_FEE	"payout_fee"
#define DW_SETTING_MAX_AMOUNT	"max_amount"

/* The names of those settings; *count is their number. */
extern const char *const *dw_setting_amount_names(int *count);

/* True when there is such a setting and it may have the amount. */
extern bool dw_setting_amount_fits(const char *name, int64_t amount);

/* The built-in amount of a setting for a currency; 0 = none. */
extern int64_t dw_setting_amount_builtin(const char *name,
										 const char *currency);

#endif							/* DW_ADMIN_H */
