/*
 * timer.h
 *		What happens to a job by itself when its time comes.
 *
 * A timer is a time in a row that nobody needs to act on: a worker does the
 * deed, or the time alone does it.  Somebody may be able to act before.
 */
#ifndef DW_TIMER_H
#define DW_TIMER_H

#include <stdbool.h>

#include "core/actor.h"

/* What runs out. */
typedef enum DwTimer
{
	DW_TIMER_EXPIRE_JOB,		/* jobs.expires_at, while open */
	DW_TIMER_LAPSE_AWARD,		/* jobs.confirm_by, while not confirmed */
	DW_TIMER_FAIL_PAYMENT,		/* pay_by of a pending payment */
	DW_TIMER_RELEASE_MILESTONE, /* auto_release_at of a submitted milestone */
	DW_TIMER_END_DISPUTE,		/* answer_by of an open dispute */
	DW_TIMER_REVEAL_REVIEW		/* reveal_at of a review */
} DwTimer;

/* What is to be known of a timer. */
typedef struct DwTimerFacts
{
	DwActorSet	stoppable_by;	/* who can stop it before its time */
	const char *detail;			/* what happens then, and how to stop it */
} DwTimerFacts;

extern const char *dw_timer_label(DwTimer value);
extern bool dw_timer_parse(const char *text, DwTimer *value);

/* The facts about a timer. */
extern const DwTimerFacts *dw_timer_facts(DwTimer timer);

#endif							/* DW_TIMER_H */
