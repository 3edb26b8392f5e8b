/*
 * message.h
 *		The words of a message, and who may write to whom.
 *
 * A thread is a job, its homeowner and one provider.  A provider may write
 * to the homeowner of every job that they can see.  The homeowner may write to
 * a provider who has something to do with the job, and so may the platform,
 * which can also tell the homeowner something in the awarded provider's
 * thread.
 */
#ifndef DW_MESSAGE_H
#define DW_MESSAGE_H

#include <stdbool.h>

#include "core/base/base.h"

#define DW_MESSAGE_CONTENT_MAX	10000	/* characters */
#define DW_MESSAGE_SUBJECT_MAX	200 /* characters */

/* Type message_type. */
typedef enum DwMessageType
{
	DW_MESSAGE_TEXT,			/* words */
	DW_MESSAGE_IMAGE,			/* a picture, in the attachments */
	DW_MESSAGE_FILE,			/* a file, in the attachments */
	DW_MESSAGE_SYSTEM			/* from the platform, nobody's words */
} DwMessageType;

/* The two people of a job, as far as messages need them. */
typedef struct DwMessageJob
{
	DwUuid		homeowner_id;	/* who posted it */
	DwUuid		provider_id;	/* who has the award; nil = nobody */
} DwMessageJob;

/* What a provider has to do with a job. */
typedef struct DwMessageTies
{
	bool		has_award;		/* it is theirs */
	bool		has_bid;		/* they have bid, whatever became of it */
	bool		is_invited;		/* the homeowner has asked them to bid */
	bool		has_written;	/* they have written to the homeowner */
} DwMessageTies;

/* Where a message goes. */
typedef struct DwMessageRoute
{
	DwUuid		provider_id;	/* in whose thread with the homeowner */
	DwUuid		sender_id;		/* nil = the platform */
	DwUuid		recipient_id;	/* one of the two */
} DwMessageRoute;

DW_LABELS_OF(message_type, DwMessageType);

/*
 * May a sender use this type?  DW_FORBIDDEN when a user speaks for the
 * platform, DW_BAD_VALUE when the platform speaks as a user.
 */
extern DwResult dw_message_type_check(DwMessageType type, DwActorKind sender);

/*
 * Where a message goes.  recipient NULL is the homeowner for a provider and
 * the awarded provider for the homeowner; the platform must name somebody.
 * DW_BAD_VALUE when the recipient is not the other side of any thread of the
 * sender's, or there is none; DW_FORBIDDEN for a sender who has no threads
 * on the job.
 */
extern DwResult dw_message_route(const DwMessageJob *job,
								 const DwActor *sender,
								 const DwUuid *recipient,
								 DwMessageRoute *route);

/*
 * May the sender open or go on with the thread of a provider with these
 * ties?  DW_BAD_VALUE when not.
 */
extern DwResult dw_message_ties_check(const DwMessageTies *ties,
									  DwActorKind sender);

#endif							/* DW_MESSAGE_H */
