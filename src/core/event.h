/*
 * event.h
 *		What an event of one shard means for the users in others.
 *
 * The effects of an event are rows of one table: who is told what, and which
 * running sum of a provider it moves.  An event without a row means nothing
 * to users; it is for the outside alone.
 */
#ifndef DW_EVENT_H
#define DW_EVENT_H

#include <stdbool.h>
#include <stdint.h>

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
	DW_EVENT_COUNTS_RATING		/* rating sums += "rating" stars */
} DwEventCount;

/* One effect of one type of event. */
typedef struct DwEventEffect
{
	const char *type;			/* of the event: "bid_submitted" */
	DwEventParty party;			/* whom it concerns */
	DwEventCount count;			/* what it adds to his sums, if a provider */
	const char *notification;	/* label of notification_type */
	const char *title;			/* shown to him */
	const char *message;		/* shown to him */
} DwEventEffect;

/* The name of the payload's member that holds a party's id. */
extern const char *dw_event_party_member(DwEventParty party);

/* All effects, ordered by type; *count is their number. */
extern const DwEventEffect *dw_event_effects(int *count);

/*
 * The pause in seconds before an event that has failed `attempts` (1 or
 * more) times is tried again: first_pause, then twice as long each time, and
 * never more than an hour.
 */
extern int64_t dw_event_pause(int attempts, int64_t first_pause);

#endif							/* DW_EVENT_H */
