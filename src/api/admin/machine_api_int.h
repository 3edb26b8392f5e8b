/*
 * machine_api_int.h
 *		Shows a state machine of core as rows.
 */
#ifndef DW_MACHINE_API_INT_H
#define DW_MACHINE_API_INT_H

#include "core/base/base.h"
#include "server/call/call_server.h"

/*
 * Emits the rules of a machine into a begun list with the columns state
 * (NULL where the row is made), event, actor, next_state and guard: one row
 * for each rule and actor, in the order of the rules.
 */
extern void dw_machine_list(DwCall *call, const DwMachine *machine);

#endif							/* DW_MACHINE_API_INT_H */
