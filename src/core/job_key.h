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
			int64_t		top;	/* highest dw_job_key_top */
			float		budget_min; /* not over the lowest budget_min */
			float		budget_max; /* not under the highest budget_max */
		}			node;		/* many jobs */
	};
} DwJobKey;

/* The number of a three-letter code, or DW_JOB_KEY_NO_CURRENCY. */
extern uint16_t dw_currency_code(const char *code);

/* The bit of a currency in a node's set. */
extern uint16_t dw_currency_bit(uint16_t currency);

/* The most a leaf would pay: its budget_max, else budget_min, else 0. */
extern int64_t dw_job_key_top(const DwJobKey *leaf);

/* The node of one leaf; a node is given back as it is. */
extern DwJobKey dw_job_key_node(const DwJobKey *key);

/* Extends a node until it stands for what another key stands for, too. */
extern void dw_job_key_extend(DwJobKey *node, const DwJobKey *other);

/*
 * What it costs to put a key below a node: how much the node grows, and
 * something for what the node promises beyond the key.
 */
extern float dw_job_key_penalty(const DwJobKey *node, const DwJobKey *other);

/* True when two keys are the same. */
extern bool dw_job_key_equal(const DwJobKey *a, const DwJobKey *b);

/*
 * The place of a key in a space where what scores alike is near: longitude,
 * latitude, budget, urgency, category.  Coordinates are not negative.
 */
#define DW_JOB_KEY_AXES 5
extern void dw_job_key_place(const DwJobKey *key, double *at);

/* The place of a key on a line through that space. */
extern uint64_t dw_job_key_order(const DwJobKey *key);

#endif							/* DW_JOB_KEY_H */
