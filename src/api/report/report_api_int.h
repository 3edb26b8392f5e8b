/*
 * report_api_int.h
 *		What reports about agents share: other settings, and decisions made
 *		again.
 */
#ifndef DW_REPORT_API_INT_H
#define DW_REPORT_API_INT_H

#include "postgres.h"

#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "core/decision/decision.h"
#include "server/call/call_server.h"

/* Who may look at the agent of a provider. */
#define DW_REPORT_ACTORS \
	(DW_ACTOR_PROVIDER | DW_ACTOR_ADMIN | DW_ACTOR_SUPPORT | DW_ACTOR_SYSTEM)

/*
 * The agent that a report is about: the caller's, unless staff or the system
 * name another.  42501 for another's.
 */
extern DwUuid dw_report_agent(DwCall *call);

/* Other settings of an agent, as an argument gives them. */
typedef struct DwOtherSettings
{
	DwCall	   *call;			/* whose argument it is */
	const char *arg;			/* its name */
	bool		is_given;		/* not NULL */
	DwJsonArg	object;			/* {"name of the setting": value} */
	int32		parameters_version; /* -1 = not given */
} DwOtherSettings;

/*
 * Reads the argument and judges it alone: 22023 for what is no setting, or no
 * value of one.
 */
extern void dw_other_settings(DwCall *call, const char *arg,
							  DwOtherSettings *other);

/*
 * Lays them over an agent's settings, for dw_facts_lay(); 22023 when they do
 * not go with those that stay.
 */
extern void dw_other_settings_lay(void *argument, DwAgentSettings *settings,
								  DwUuids *categories);

/*
 * The parameters that they ask for; P0002 for a version that the agent has
 * not.  Nothing is done when they ask for none.
 */
extern void dw_other_parameters(const DwOtherSettings *other,
								const DwUuid *agent_id,
								DwAgentParameters *parameters);

/*
 * How a decision was come to: {"as_of", "core_version", "guards": [{"guard",
 * "passes"}, …] in their order, "price": {…}, "inputs": {…}}.
 */
extern Datum dw_decision_trace(const DwAgentInputs *inputs,
							   const DwAgentDecision *decision,
							   TimestampTz as_of);

/* A share, 0 ... 1, as numeric to six places. */
extern Datum dw_share_numeric(double share);

/*
 * Makes the decision of a row again from what is stored with it; false when
 * that cannot be read.
 */
extern bool dw_decision_again(Datum document, DwAgentInputs *inputs,
							  DwAgentDecision *decision);

#endif							/* DW_REPORT_API_INT_H */
