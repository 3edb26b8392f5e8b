/*
 * machine.h
 *		A state machine as data: what may happen, to what, by whom.
 *
 * A machine is a table of rules.  One rule says: in state "from", the event
 * done by one of "actors" may lead to state "to".  Where the next state
 * follows from amounts (an escrow after a release), each possible one has a
 * rule of its own and the guard says in words when it is that one.
 *
 * An event's label is the name of the SQL function that does the deed, so
 * that a test can list rules whose function does not exist yet; an event
 * that happens by itself or inside another deed is a bare verb ("reoffer").
 *
 * A machine decides whether, by whom and where to.  Amounts, deadlines and
 * ownership of the row are decided elsewhere.
 */
#ifndef DW_MACHINE_H
#define DW_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/actor.h"
#include "core/result.h"

/* "from" of a rule that makes the row: there is no state before it. */
#define DW_STATE_NONE		255

/* At most this many states, so that a set of them is one word. */
#define DW_STATES_MAX		32

/* A set of states as bits. */
typedef uint32_t DwStateSet;

#define DW_STATE_BIT(state) ((DwStateSet) 1 << (state))

/* One possible move. */
typedef struct DwRule
{
	uint8_t		from;			/* state, or DW_STATE_NONE */
	uint8_t		event;			/* index into the machine's events */
	DwActorSet	actors;			/* who may do it; never empty */
	uint8_t		to;				/* next state */
	const char *guard;			/* what else must hold, in words; or NULL */
} DwRule;

/* A machine: constant data, made by the domain's file. */
typedef struct DwMachine
{
	const char *name;			/* noun of the machine: "job" */
	const char *const *states;	/* labels by state */
	const char *const *events;	/* labels by event */
	const DwRule *rules;		/* in the order people read them */
	int			state_count;	/* length of states */
	int			event_count;	/* length of events */
	int			rule_count;		/* length of rules */
	DwStateSet	resting;		/* states in which a row may stay for ever */
	DwStateSet	holding;		/* states in which it may hold money */
} DwMachine;

/*
 * May the actor do this now?  DW_OK and in *to the next state (the first
 * rule's, where several are possible; *to may be NULL).  DW_FORBIDDEN: never
 * his event, or not his from this state.  DW_INVALID_TRANSITION: his, but
 * not from here.  from may be DW_STATE_NONE.
 */
extern DwResult dw_machine_next(const DwMachine *machine, int from, int event,
								DwActorKind actor, int *to);

/* True when a rule leads from this state by this deed to exactly "to". */
extern bool dw_machine_permits(const DwMachine *machine, int from, int event,
							   DwActorKind actor, int to);

/* Everyone who may do the event in some state. */
extern DwActorSet dw_machine_actors(const DwMachine *machine, int event);

/* The states from which the event is known, for a message's hint. */
extern DwStateSet dw_machine_sources(const DwMachine *machine, int event);

/*
 * Is the table sound?  Every state reachable from a rule that makes the row,
 * every event used, no rule ambiguous (rules alike in from, event and actor
 * must each have a guard of its own), a way from every state to one where
 * the row may rest, and no rest where money may be held.  If not, false and
 * in problem a sentence that names the first fault.
 */
extern bool dw_machine_verify(const DwMachine *machine, char *problem,
							  size_t size);

#endif							/* DW_MACHINE_H */
