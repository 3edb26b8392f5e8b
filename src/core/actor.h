/*
 * actor.h
 *		Who acts: the words for a caller that every layer uses.
 *
 * An actor is a bit, so that a rule can name several.  What a caller may be
 * follows from the verified token (trust.md); "system" is a worker without
 * a token whose database role is a member of dwello_service.
 */
#ifndef DW_ACTOR_H
#define DW_ACTOR_H

#include "core/uuid.h"

typedef enum DwActorKind
{
	DW_ACTOR_NONE = 0,
	DW_ACTOR_HOMEOWNER = 1 << 0,
	DW_ACTOR_PROVIDER = 1 << 1, /* token role service_provider */
	DW_ACTOR_ADMIN = 1 << 2,
	DW_ACTOR_SUPPORT = 1 << 3,
	DW_ACTOR_SYSTEM = 1 << 4
} DwActorKind;

/* A set of DwActorKind bits. */
typedef uint8_t DwActorSet;

#define DW_ACTOR_USERS \
	(DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER | \
	 DW_ACTOR_ADMIN | DW_ACTOR_SUPPORT)
#define DW_ACTOR_ANY	(DW_ACTOR_USERS | DW_ACTOR_SYSTEM)

/* The caller of one statement. */
typedef struct DwActor
{
	DwUuid		user_id;		/* nil for the system and for nobody */
	DwActorKind kind;			/* DW_ACTOR_NONE: no identity */
} DwActor;

/* The word for one kind, as api.md and the transition tables write it. */
extern const char *dw_actor_label(DwActorKind kind);

/* True and the kind when text is the word of one; "none" is nobody's. */
extern bool dw_actor_parse(const char *text, DwActorKind *kind);

#endif							/* DW_ACTOR_H */
