/*
 * machine.c
 *		Decides what may happen by a table of rules, and judges the table.
 *
 * The tables are short (the longest has some 150 rules) and are read from
 * front to back; no index is worth its upkeep.
 */
#include "core/base/base.h"

#include <string.h>

/* Puts words together into a caller's buffer, cut where it ends. */
typedef struct DwSentence
{
	char	   *text;			/* the caller's, always terminated */
	size_t		size;			/* its bytes */
	size_t		used;			/* of them, without the zero */
} DwSentence;

/* True when the rule is about this state and event. */
static bool
rule_matches(const DwRule *rule, int from, int event)
{
	return rule->from == from && rule->event == event;
}

/* May the actor do this now, and where does it lead? */
DwResult
dw_machine_next(const DwMachine *machine, int from, int event,
				DwActorKind actor, int *to)
{
	bool		known_here = false;

	for (int i = 0; i < machine->rule_count; i++)
	{
		const DwRule *rule = &machine->rules[i];

		if (!rule_matches(rule, from, event))
			continue;
		known_here = true;
		if ((rule->actors & actor) != 0)
		{
			if (to != NULL)
				*to = rule->to;
			return DW_OK;
		}
	}
	if (known_here || (dw_machine_actors(machine, event) & actor) == 0)
		return DW_FORBIDDEN;
	return DW_INVALID_TRANSITION;
}

/* True when a rule leads from this state by this event to exactly "to". */
bool
dw_machine_permits(const DwMachine *machine, int from, int event,
				   DwActorKind actor, int to)
{
	for (int i = 0; i < machine->rule_count; i++)
	{
		const DwRule *rule = &machine->rules[i];

		if (rule_matches(rule, from, event) && rule->to == to &&
			(rule->actors & actor) != 0)
			return true;
	}
	return false;
}

/* Everyone who may do the event in some state. */
DwActorSet
dw_machine_actors(const DwMachine *machine, int event)
{
	DwActorSet	actors = 0;

	for (int i = 0; i < machine->rule_count; i++)
	{
		if (machine->rules[i].event == event)
			actors |= machine->rules[i].actors;
	}
	return actors;
}

/* The states from which the event is known. */
DwStateSet
dw_machine_sources(const DwMachine *machine, int event)
{
	DwStateSet	states = 0;

	for (int i = 0; i < machine->rule_count; i++)
	{
		const DwRule *rule = &machine->rules[i];

		if (rule->event == event && rule->from != DW_STATE_NONE)
			states |= DW_STATE_BIT(rule->from);
	}
	return states;
}

/* Adds words to a sentence. */
static void
say(DwSentence *sentence, const char *words)
{
	size_t		length = strlen(words);
	size_t		room = sentence->size - sentence->used - 1;

	if (sentence->size == 0)
		return;
	if (length > room)
		length = room;
	memcpy(sentence->text + sentence->used, words, length);
	sentence->used += length;
	sentence->text[sentence->used] = '\0';
}

/* Says what is wrong with a state or an event; always false. */
static bool
complain(DwSentence *problem, const char *what, const char *label,
		 const char *fault)
{
	say(problem, what);
	say(problem, " \"");
	say(problem, label);
	say(problem, "\" ");
	say(problem, fault);
	return false;
}

/* Every index of a rule is within its table, and someone may do it. */
static bool
verify_rule(const DwMachine *machine, const DwRule *rule, DwSentence *problem)
{
	if (rule->event >= machine->event_count)
		return complain(problem, "machine", machine->name,
						"has a rule with an unknown event");
	if (rule->to >= machine->state_count ||
		(rule->from >= machine->state_count && rule->from != DW_STATE_NONE))
		return complain(problem, "event", machine->events[rule->event],
						"has a rule with an unknown state");
	if (rule->actors == 0 || (rule->actors & ~DW_ACTOR_ANY) != 0)
		return complain(problem, "event", machine->events[rule->event],
						"has a rule that no one may use");
	return true;
}

/* Two rules that one event matches must each say when they apply. */
static bool
are_ambiguous(const DwRule *a, const DwRule *b)
{
	if (!rule_matches(a, b->from, b->event) || (a->actors & b->actors) == 0)
		return false;
	if (a->guard == NULL || b->guard == NULL || a->to == b->to)
		return true;
	return strcmp(a->guard, b->guard) == 0;
}

/* No event has two outcomes that no guard tells apart. */
static bool
verify_unambiguous(const DwMachine *machine, DwSentence *problem)
{
	for (int i = 0; i < machine->rule_count; i++)
	{
		const DwRule *rule = &machine->rules[i];

		for (int j = 0; j < i; j++)
		{
			if (are_ambiguous(rule, &machine->rules[j]))
				return complain(problem, "event",
								machine->events[rule->event],
								rule->from == DW_STATE_NONE
								? "is ambiguous before the row is made"
								: "is ambiguous in one state");
		}
	}
	return true;
}

/* Every event has a rule. */
static bool
verify_events(const DwMachine *machine, DwSentence *problem)
{
	for (int event = 0; event < machine->event_count; event++)
	{
		if (dw_machine_actors(machine, event) == 0)
			return complain(problem, "event", machine->events[event],
							"has no rule");
	}
	return true;
}

/* The states that can be come to from a rule that makes the row. */
static DwStateSet
reachable_states(const DwMachine *machine)
{
	DwStateSet	reached = 0;
	DwStateSet	before;

	do
	{
		before = reached;
		for (int i = 0; i < machine->rule_count; i++)
		{
			const DwRule *rule = &machine->rules[i];

			if (rule->from == DW_STATE_NONE ||
				(reached & DW_STATE_BIT(rule->from)) != 0)
				reached |= DW_STATE_BIT(rule->to);
		}
	} while (reached != before);
	return reached;
}

/* The states from which one of the goals can be come to, goals included. */
static DwStateSet
states_leading_to(const DwMachine *machine, DwStateSet goals)
{
	DwStateSet	leading = goals;
	DwStateSet	before;

	do
	{
		before = leading;
		for (int i = 0; i < machine->rule_count; i++)
		{
			const DwRule *rule = &machine->rules[i];

			if (rule->from != DW_STATE_NONE &&
				(leading & DW_STATE_BIT(rule->to)) != 0)
				leading |= DW_STATE_BIT(rule->from);
		}
	} while (leading != before);
	return leading;
}

/* Every state is come to, can be left if it must be, and keeps no money. */
static bool
verify_states(const DwMachine *machine, DwSentence *problem)
{
	DwStateSet	reached = reachable_states(machine);
	DwStateSet	ending = states_leading_to(machine, machine->resting);

	for (int state = 0; state < machine->state_count; state++)
	{
		const char *label = machine->states[state];
		DwStateSet	bit = DW_STATE_BIT(state);
		bool		holds = (machine->holding & bit) != 0;

		if ((reached & bit) == 0)
			return complain(problem, "state", label, "is never reached");
		if ((machine->resting & bit) != 0 && holds)
			return complain(problem, "state", label,
							"may hold money and rest");
		if ((ending & bit) == 0)
			return complain(problem, "state", label, holds
							? "is a dead end that may hold money"
							: "is a dead end");
	}
	return true;
}

/* Is the table valid?  If not, the first fault is in problem. */
bool
dw_machine_verify(const DwMachine *machine, char *problem, size_t size)
{
	DwSentence	sentence = {problem, size, 0};

	if (size > 0)
		problem[0] = '\0';
	if (machine->state_count > DW_STATES_MAX)
		return complain(&sentence, "machine", machine->name,
						"has too many states");
	for (int i = 0; i < machine->rule_count; i++)
	{
		if (!verify_rule(machine, &machine->rules[i], &sentence))
			return false;
	}
	return verify_unambiguous(machine, &sentence) &&
		verify_events(machine, &sentence) &&
		verify_states(machine, &sentence);
}
