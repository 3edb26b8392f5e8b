/*
 * flag_store.h
 *		Feature flags: asking them, and the operator's own state of them.
 *
 * An operator's flag is a row of dwello.feature_flags over the version's of
 * the same name in dwello.feature_flags_defaults, or without one.
 */
#ifndef DW_FLAG_STORE_H
#define DW_FLAG_STORE_H

#include "postgres.h"

#include "core/flag.h"
#include "core/uuid.h"

/* What a flag says of a user. */
typedef enum DwFlagState
{
	DW_FLAG_OFF,				/* off for him */
	DW_FLAG_ON,					/* on for him */
	DW_FLAG_UNKNOWN,			/* there is no such flag */
	DW_FLAG_NOBODY				/* there is no such user (any more) */
} DwFlagState;

/* What an operator changes about a flag. */
typedef struct DwFlagEdit
{
	const char *name;			/* of the flag */
	bool		has_is_enabled; /* else it stays */
	bool		is_enabled;		/* on at all */
	bool		has_rollout;	/* else it stays */
	int32		rollout_percentage; /* 0 ... 100 */
	bool		has_targets;	/* else they stay */
	Datum		targets;		/* jsonb that dw_flag_targets_read() takes */
	bool		has_user_ids;	/* else they stay */
	Datum		user_ids;		/* uuid[] of those it names */
} DwFlagEdit;

/* A flag as an edit has left it. */
typedef struct DwFlagRow
{
	bool		is_enabled;		/* on at all */
	int32		rollout_percentage; /* 0 ... 100 */
	int32		version;		/* of the row */
} DwFlagRow;

/*
 * True when a flag of ours is on for the user: the one question that other
 * domains ask.  False for a user there is not.
 */
extern bool dw_flag_enabled(const char *name, const DwUuid *user_id);

/* What any flag says of any user. */
extern DwFlagState dw_flag_state(const char *name, const DwUuid *user_id);

/*
 * Reads targets from a detoasted jsonb.  NULL, or what is wrong with them:
 * a sentence's end for "targets ...".
 */
extern const char *dw_flag_targets_read(Datum jsonb, DwFlagTargets *targets);

/*
 * Locks the operator's row of a flag and gives its version.  It is made
 * where there was none: with the built-in state and version 1, or for a
 * name of his own off, for all, with version 0.
 */
extern int32 dw_flag_lock(const char *name);

/* Applies an edit to a locked flag, and counts its version up. */
extern void dw_flag_save(const DwFlagEdit *edit, DwFlagRow *row);

#endif							/* DW_FLAG_STORE_H */
