/*
 * learning_store.h
 *		What agents have learnt, and the outcomes that they learn from.
 *
 * Whoever writes here holds the lock of the agent's row.  An agent decides by
 * the version that its row names, and learns into one that is in shadow: that
 * is written again and again, any other never.
 */
#ifndef DW_LEARNING_STORE_H
#define DW_LEARNING_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/base/base.h"
#include "core/learning/learning.h"

#define DW_PARAMETERS_LIVE		"live"
#define DW_PARAMETERS_SHADOW	"shadow"
#define DW_PARAMETERS_RETIRED	"retired"

/* A version of an agent's parameters. */
typedef struct DwParameters
{
	DwUuid		user_id;		/* the agent's provider */
	int32		version;		/* 0 = the prior, which has no row */
	char	   *status;			/* one of the above */
	Datum		document;		/* as stored; see dw_parameters_open() */
	int32		based_on;		/* the version that it began as */
	int32		samples;		/* outcomes learnt from in all */
	int32		trials;			/* outcomes foretold before they were learnt */
	int64		trial_loss;		/* log loss over them, nanos */
	int64		live_loss;		/* the same of based_on */
	TimestampTz learned_until;	/* the last outcome's; DT_NOBEGIN = none */
	TimestampTz created_at;		/* when it began */
	DwAgentParameters values;	/* of the document, once it was opened */
} DwParameters;

/* What came of a decision, and what that was made from. */
typedef struct DwOutcomeRow
{
	DwUuid		user_id;		/* the agent's provider */
	DwUuid		job_id;			/* with the next, the decision's key */
	DwUuid		decision_id;	/* row of ai_agent_activity */
	DwOutcome	outcome;		/* what came of it */
	int64		amount;			/* that was asked in the end */
	TimestampTz decided_at;		/* when that was decided */
	int32		learned_version;	/* -1 = not yet */
	Datum		inputs;			/* of the decision; 0 = it is gone */
} DwOutcomeRow;

/* The constants of learning, as the settings have them. */
extern void dw_learning_settings(DwLearningSettings *settings);

/*
 * Agents with outcomes to learn from, in the order of their ids after one
 * (nil: from the first), at most so many; none is locked.
 */
extern DwUuid *dw_learners_find(const DwUuid *after, int32 max_agents,
								int *count);

/*
 * A version: the one of that number (0 gives the prior), or the one in
 * shadow; false when there is none.  Its values are opened.
 */
extern bool dw_parameters_load(const DwLearningSettings *settings,
							   const DwUuid *user_id, int32 version,
							   DwParameters *parameters);
extern bool dw_parameters_load_shadow(const DwLearningSettings *settings,
									  const DwUuid *user_id,
									  DwParameters *parameters);

/*
 * The same of that number, as it is once the agent is locked: the caller's
 * snapshot may be older than what learning has written meanwhile.
 */
extern bool dw_parameters_lock(const DwLearningSettings *settings,
							   const DwUuid *user_id, int32 version,
							   DwParameters *parameters);

/* True when its values are those of its document, not the prior's instead. */
extern bool dw_parameters_readable(const DwParameters *parameters);

/* Makes a version of a locked agent live, no other being so. */
extern void dw_parameters_promote(const DwUuid *user_id, int32 version);

/* True for one that has been live, and for the prior. */
extern bool dw_parameters_were_live(const DwUuid *user_id, int32 version);

/*
 * Retires all versions of a locked agent that are not, but one; false when
 * there was none.
 */
extern bool dw_parameters_retire(const DwUuid *user_id, int32 but);

/* The number of the next version of a locked agent. */
extern int32 dw_parameters_next(const DwUuid *user_id);

/* Writes a new version, and one that is there; both with their values. */
extern void dw_parameters_insert(DwParameters *parameters);
extern void dw_parameters_save(DwParameters *parameters);

/*
 * Outcomes in the order in which they are learnt: those not learnt yet, at
 * most so many; and those learnt that were decided within a period.
 */
extern DwOutcomeRow *dw_outcomes_waiting(const DwUuid *user_id,
										 int32 max_rows, int *count);
extern DwOutcomeRow *dw_outcomes_learned(const DwUuid *user_id,
										 TimestampTz from, TimestampTz until,
										 int *count);

/* Marks outcomes of one agent as learnt by a version. */
extern void dw_outcomes_mark(const DwOutcomeRow *outcomes, int count,
							 int32 version);

/*
 * What the decisions before a moment were made from that reached a price, the
 * last one of each job, the newest first; at most so many.
 */
extern Datum *dw_decisions_priced(const DwUuid *user_id, TimestampTz from,
								  TimestampTz until, int *count);

#endif							/* DW_LEARNING_STORE_H */
