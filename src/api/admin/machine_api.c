/*
 * machine_api.c
 *		job_transitions() and its like: the state machines as rows.
 *
 * The rows come from the very tables that the commands ask, so what they
 * show is what happens.
 */
#include "postgres.h"

#include "core/bid/bid.h"
#include "core/escrow/escrow.h"
#include "core/job/job.h"
#include "core/offer/offer.h"
#include "server/call/call_server.h"

/* Emits one rule for one of its actors. */
static void
machine_list_rule(DwCall *call, const DwMachine *machine, const DwRule *rule,
				  DwActorKind actor)
{
	if (rule->from != DW_STATE_NONE)
		dw_row_text(call, "state", machine->states[rule->from]);
	dw_row_text(call, "event", machine->events[rule->event]);
	dw_row_text(call, "actor", dw_actor_label(actor));
	dw_row_text(call, "next_state", machine->states[rule->to]);
	dw_row_text(call, "guard", rule->guard);
	dw_list_emit(call);
}

/*
 * Emits the rules of a machine into a begun list with the columns state
 * (NULL where the row is made), event, actor, next_state and guard: one row
 * for each rule and actor, in the order of the rules.
 */
static void
machine_list(DwCall *call, const DwMachine *machine)
{
	for (int i = 0; i < machine->rule_count; i++)
	{
		const DwRule *rule = &machine->rules[i];

		for (int actor = 1; actor <= DW_ACTOR_SYSTEM; actor <<= 1)
			if ((rule->actors & actor) != 0)
				machine_list_rule(call, machine, rule, (DwActorKind) actor);
	}
}

/* A whole call that lists one machine. */
static Datum
machine_transitions(FunctionCallInfo fcinfo, const DwMachine *machine)
{
	DwCall		call;

	dw_list_begin(&call, fcinfo);
	machine_list(&call, machine);
	return dw_list_return(&call);
}

/* job_transitions() → state, event, actor, next_state, guard */
DW_FUNCTION(dwello_job_transitions)
{
	return machine_transitions(fcinfo, dw_job_machine());
}

/* bid_transitions() → state, event, actor, next_state, guard */
DW_FUNCTION(dwello_bid_transitions)
{
	return machine_transitions(fcinfo, dw_bid_machine());
}

/* offer_transitions() → state, event, actor, next_state, guard */
DW_FUNCTION(dwello_offer_transitions)
{
	return machine_transitions(fcinfo, dw_offer_machine());
}

/* escrow_transitions() → state, event, actor, next_state, guard */
DW_FUNCTION(dwello_escrow_transitions)
{
	return machine_transitions(fcinfo, dw_escrow_machine());
}

/* milestone_transitions() → state, event, actor, next_state, guard */
DW_FUNCTION(dwello_milestone_transitions)
{
	return machine_transitions(fcinfo, dw_milestone_machine());
}
