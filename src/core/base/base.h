/*
 * base.h
 *		What every rule is written with: results, labels, tables, amounts, ids.
 */
#ifndef DW_BASE_H
#define DW_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A 128-bit identifier; the layout is that of PostgreSQL's pg_uuid_t. */
typedef struct DwUuid
{
	uint8_t		bytes[16];		/* network order */
} DwUuid;

typedef struct DwUuids
{
	const DwUuid *ids;			/* some of them */
	int			count;			/* how many */
} DwUuids;

/* True when both name the same row. */
extern bool dw_uuid_equal(const DwUuid *a, const DwUuid *b);

/* Byte order: negative, zero or positive as memcmp. */
extern int	dw_uuid_compare(const DwUuid *a, const DwUuid *b);

/* The same of any two things that begin with an id, for qsort and bsearch. */
extern int	dw_id_compare(const void *a, const void *b);

/* True for the nil UUID, which owns the platform's own accounts. */
extern bool dw_uuid_is_nil(const DwUuid *id);

/*
 * A time-ordered version 7: milliseconds of the Unix epoch, a fraction of
 * the millisecond in 1/4096, and 62 of the 64 given random bits.
 */
extern DwUuid dw_uuid_v7(uint64_t unix_ms, uint16_t sub_ms,
						 const uint8_t random[8]);

/* A version 8 made of the first 122 free bits of a hash. */
extern DwUuid dw_uuid_v8(const uint8_t hash[16]);

/*
 * Who acts: the words for a caller that every layer uses.
 *
 * An actor is a bit, so that a rule can name several.  What a caller may be
 * follows from the verified token (docs/user.md); "system" is a worker without
 * a token whose database role is the service's, or a superuser who says so.
 */

typedef enum DwActorKind
{
	DW_ACTOR_NONE = 0,
	DW_ACTOR_HOMEOWNER = 1 << 0,
	DW_ACTOR_PROVIDER = 1 << 1, /* token role service_provider */
	DW_ACTOR_ADMIN = 1 << 2,
	DW_ACTOR_SUPPORT = 1 << 3,
	DW_ACTOR_SYSTEM = 1 << 4,
	DW_ACTOR_VISITOR = 1 << 5	/* has no account: a role of dwello_public */
} DwActorKind;

/* A set of DwActorKind bits. */
typedef uint8_t DwActorSet;

#define DW_ACTOR_USERS \
	(DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER | \
	 DW_ACTOR_ADMIN | DW_ACTOR_SUPPORT)
#define DW_ACTOR_ANY	(DW_ACTOR_USERS | DW_ACTOR_SYSTEM)

/* What is for everybody in the world: functions of role "public". */
#define DW_ACTOR_PUBLIC (DW_ACTOR_ANY | DW_ACTOR_VISITOR)

/* The caller of one statement. */
typedef struct DwActor
{
	DwUuid		user_id;		/* nil for the system, visitors and nobody */
	DwActorKind kind;			/* DW_ACTOR_NONE: no identity */
} DwActor;

/* The word for one kind, as the transition tables write it. */
extern const char *dw_actor_label(DwActorKind kind);

/* True and the kind when text is the word of one; "none" is nobody's. */
extern bool dw_actor_parse(const char *text, DwActorKind *kind);

/*
 * What a decision of core can come to.
 *
 * Core never raises: it returns one of these, and api/error_server.c turns it
 * into an SQLSTATE, a message and a hint from one table.
 */

typedef enum DwResult
{
	DW_OK = 0,

	/* class WD: dwello's own conditions */
	DW_INVALID_TRANSITION,		/* WD101 no such move from this state */
	DW_DEADLINE_PASSED,			/* WD102 */
	DW_STALE_VERSION,			/* WD103 */
	DW_IDEMPOTENCY_MISMATCH,	/* WD104 */
	DW_CURRENCY_MISMATCH,		/* WD201 */
	DW_INSUFFICIENT_FUNDS,		/* WD202 */
	DW_INEXACT_AMOUNT,			/* WD203 */
	DW_LIMIT_REACHED,			/* WD301 */
	DW_NOT_AUTHENTICATED,		/* WD401 */
	DW_INVALID_TOKEN,			/* WD402 */
	DW_INVALID_DOCUMENT,		/* WD501 */
	DW_KEYRING_UNAVAILABLE,		/* WD601 */
	DW_SEALED_VALUE_UNREADABLE, /* WD602 */
	DW_KEYRING_MISMATCH,		/* WD603 */
	DW_DROP_REFUSED,			/* WD901 */

	/* the standard's conditions that dwello raises itself */
	DW_NULL_VALUE,				/* 22004 */
	DW_TEXT_TOO_LONG,			/* 22001 */
	DW_OVERFLOW,				/* 22003 */
	DW_BAD_VALUE,				/* 22023 */
	DW_BAD_LABEL,				/* 22P02 */
	DW_CHECK_VIOLATION,			/* 23514 */
	DW_NOT_FOUND,				/* P0002 */
	DW_FORBIDDEN,				/* 42501 */
	DW_ALREADY_EXISTS,			/* 23505 */

	DW_RESULT_COUNT
} DwResult;

/*
 * What is wrong with the arguments of a call, told once and in order.
 *
 * A caller who got several arguments wrong is told of one fault, and it is
 * always the same one: the first in the order of DwResult (a text too long
 * before a bad value before a broken rule), and of those the first found.
 * So the checks can be made in whatever order is easiest to read.
 */

#define DW_ARG_NO_ITEM	(-1)	/* the whole argument is at fault */

/* The place of a fault: an argument, or a member of one item of its list. */
typedef struct DwArgPlace
{
	const char *argument;		/* its name in SQL */
	int			item;			/* of a list, from 0; or DW_ARG_NO_ITEM */
	const char *member;			/* name within the item, or NULL */
} DwArgPlace;

/* The fault to tell; all zero before the first check. */
typedef struct DwArgError
{
	DwResult	code;			/* DW_OK: none was found */
	DwArgPlace	place;			/* where it is */
	const char *what;			/* the end of a sentence: "must be ..." */
} DwArgError;

/* Notes a fault, unless one that comes before it is known already. */
extern void dw_arg_error_note_at(DwArgError *error, DwArgPlace place,
								 DwResult code, const char *what);

/* The same for a whole argument. */
extern void dw_arg_error_note(DwArgError *error, const char *argument,
							  DwResult code, const char *what);

/*
 * The words of an enum, which travel between C and SQL as their labels: a
 * header promises them with DW_LABELS_OF, a source gives them by DW_LABELS.
 */

#define DW_LENGTH(array)	((int) (sizeof(array) / sizeof((array)[0])))

/* The index of text in labels, or -1; a value may have no label. */
extern int	dw_label_find(const char *const *labels, int count,
						  const char *text);

/* The words of an enum, by value. */
typedef struct DwLabels
{
	const char *const *labels;	/* of values 0, 1, ... */
	int			count;			/* how many there are */
} DwLabels;

/*
 * dw_<noun>_labels: all of them; dw_<noun>_label: one, NULL for a value
 * outside the enum; dw_<noun>_parse: true and the value when a text is a
 * label, byte for byte.
 */
#define DW_LABELS_OF(noun, Type) \
extern const DwLabels dw_##noun##_labels; \
extern const char *dw_##noun##_label(Type value); \
extern bool dw_##noun##_parse(const char *text, Type *value)

#define DW_LABELS(noun, Type, list) \
const char * \
dw_##noun##_label(Type value) \
{ \
	if ((int) value < 0 || (int) value >= DW_LENGTH(list)) \
		return NULL; \
	return list[value]; \
} \
\
bool \
dw_##noun##_parse(const char *text, Type *value) \
{ \
	int			found = dw_label_find(list, DW_LENGTH(list), text); \
\
	if (found < 0) \
		return false; \
	*value = (Type) found; \
	return true; \
} \
\
const DwLabels dw_##noun##_labels = {list, DW_LENGTH(list)}

/*
 * A state machine as data: what may happen, to what, by whom.
 *
 * A machine is a table of rules.  One rule says: in state "from", the event
 * done by one of "actors" may lead to state "to".  Where the next state
 * follows from amounts (an escrow after a release), each possible one has a
 * rule of its own and the guard says in words when it is that one.
 *
 * An event's label is the name of the SQL function that does it, so
 * that a test can list rules whose function does not exist yet; an event
 * that happens by itself or inside another command is a bare verb ("reoffer").
 *
 * A machine decides whether, by whom and where to.  Amounts, deadlines and
 * ownership of the row are decided elsewhere.
 */

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
 * an event of theirs, or not theirs from this state.  DW_INVALID_TRANSITION:
 * theirs, but not from here.  from may be DW_STATE_NONE.
 */
extern DwResult dw_machine_next(const DwMachine *machine, int from, int event,
								DwActorKind actor, int *to);

/* True when a rule leads from this state by this event to exactly "to". */
extern bool dw_machine_permits(const DwMachine *machine, int from, int event,
							   DwActorKind actor, int to);

/* Everyone who may do the event in some state. */
extern DwActorSet dw_machine_actors(const DwMachine *machine, int event);

/* The states from which the event is known, for a message's hint. */
extern DwStateSet dw_machine_sources(const DwMachine *machine, int event);

/*
 * Is the table valid?  Every state reachable from a rule that makes the row,
 * every event used, no rule ambiguous (rules alike in from, event and actor
 * must each have a guard of its own), a way from every state to one where
 * the row may rest, and no rest where money may be held.  If not, false and
 * in problem a sentence that names the first fault.
 */
extern bool dw_machine_verify(const DwMachine *machine, char *problem,
							  size_t size);

/*
 * Arithmetic on amounts: exact, checked, rounded half-even and once.
 *
 * An amount is an int64 of minor units; its currency travels beside it.
 * Products are taken in 128 bits.  A function that can fail returns DW_OK or
 * the reason, and writes its result only with DW_OK: DW_OVERFLOW when the
 * result does not fit, DW_BAD_VALUE when the question makes no sense.
 */

#define DW_PPM		INT64_C(1000000)	/* a rate of one */
#define DW_MICROS	INT64_C(1000000)	/* a quantity of one */

#define DW_CURRENCY_UNKNOWN	(-1)	/* no active ISO 4217 code */

/*
 * No amount that anybody asks for or agrees on is above this: sums of
 * thousands of the largest still fit.  What payment companies report is not
 * bound by it.
 */
#define DW_AMOUNT_MAX	INT64_C(1000000000000000)

/* A product of two amounts before it is divided. */
typedef __int128 DwWide;

/* DW_OVERFLOW, and nothing is written, when the result does not fit. */
extern DwResult dw_money_add(int64_t a, int64_t b, int64_t *sum);
extern DwResult dw_money_subtract(int64_t a, int64_t b, int64_t *difference);

/* The lesser of two amounts of one currency. */
extern int64_t dw_money_lesser(int64_t a, int64_t b);

/* half-even(dividend / divisor), divisor > 0 */
extern DwResult dw_money_divide(DwWide dividend, int64_t divisor,
								int64_t *quotient);

/* half-even(amount * numerator / denominator), denominator > 0 */
extern DwResult dw_money_scale(int64_t amount, int64_t numerator,
							   int64_t denominator, int64_t *scaled);

/* half-even(quantity * unit_price), the quantity in millionths */
extern DwResult dw_money_line_total(int64_t unit_price,
									int64_t quantity_micros, int64_t *total);

/*
 * Splits an amount in proportion to weights by largest remainder, ties in
 * leg order; the parts always sum to it.  Weights are not negative and not
 * all zero (a zero weight gets nothing).  The arrays may not overlap.
 */
extern DwResult dw_allocate(int64_t amount, const int64_t *weights,
							size_t count, int64_t *parts);

#define DW_CURRENCY_SIZE 4		/* of a code with its terminating zero */

/* Minor digits (0, 2, 3, 4) of a currency, or DW_CURRENCY_UNKNOWN. */
extern int	dw_currency_exponent(const char *code);

/*
 * Sorting in place without memory: a heapsort.
 *
 * It is not stable, so an order must be total where that can be seen.
 */

#define DW_SORT_MAX_SIZE	128 /* bytes of an item at most */

/* Negative when a comes before b, zero when it does not matter. */
typedef int (*DwCompare) (const void *a, const void *b);

/* Sorts in place, in O(n log n); an item has at most DW_SORT_MAX_SIZE. */
extern void dw_sort(void *items, size_t count, size_t size,
					DwCompare compare);

#endif							/* DW_BASE_H */
