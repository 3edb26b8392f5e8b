/*
 * job_key.h
 *		What the index on open jobs knows of a job, or of many.
 *
 * A leaf is one job, exactly.  A node stands for all jobs below it by the
 * best that any of them could be: the box of their places, the union of
 * their categories, the latest time, the highest budget, and so on.  Both
 * have one size and are stored as they are, so a change of the layout needs
 * every index to be built anew.  Money is in minor units of the currency,
 * times are microseconds of the server's epoch.
 */
#ifndef DW_JOB_KEY_H
#define DW_JOB_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "core/box.h"
#include "core/uuid.h"

/* What a budget that was not given counts as. */
#define DW_JOB_KEY_NO_MIN	INT64_C(0)
#define DW_JOB_KEY_NO_MAX	INT64_MAX

/* The highest urgency: rank of "urgent" in dwello.urgency. */
#define DW_JOB_KEY_URGENT	3

/* No code of a currency. */
#define DW_JOB_KEY_NO_CURRENCY	UINT16_MAX

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
			DwBox		box;	/* covers all places */
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

/* The highest worth of a node's jobs at a time, not counting those later. */
extern double dw_job_key_worth(const DwJobKey *node, int64_t now);

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

/*
 * The place of a key in a space where what scores alike at a time is near:
 * longitude, latitude, worth.  Coordinates are not negative.
 */
#define DW_JOB_KEY_AXES 3
extern void dw_job_key_place(const DwJobKey *key, int64_t now, double *at);

/* The place of a key on a line through that space. */
extern uint64_t dw_job_key_order(const DwJobKey *key, int64_t now);

#endif							/* DW_JOB_KEY_H */
