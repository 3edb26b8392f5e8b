/*
 * pace.c
 *		How the price of all jobs moves towards what the provider is after.
 *
 * One number for a goal, moved by a small step at a time: it multiplies the
 * base price, and every guard holds as without it.
 */
#include "core/decision/decision.h"

#include "core/agent/agent.h"
#include "core/base/base.h"
#include "core/learning/learning.h"

void
dw_agent_pace(const DwLearningSettings *settings,
			  const DwAgentSettings *agent, int64_t reached,
			  DwAgentParameters *parameters)
{
	int64_t		pace = parameters->pace_ppm;
	int64_t		miss = DW_PPM;

	/* by how much of the target, at most all of it */
	if (reached <= 0)
		miss = -DW_PPM;
	else if (reached / 2 < agent->goal_target)
		(void) dw_money_scale(reached - agent->goal_target, DW_PPM,
							  agent->goal_target, &miss);

	/* hours and wins come by asking less, a margin by asking more */
	if (agent->goal == DW_AGENT_MIN_MARGIN)
		miss = -miss;
	if (agent->goal == DW_AGENT_MAX_PROFIT || agent->goal_target <= 0)
		miss = DW_PPM - pace;
	pace += pace * (settings->goal_step_ppm * miss / DW_PPM) / DW_PPM;
	if (pace < settings->goal_least_ppm)
		pace = settings->goal_least_ppm;
	if (pace > settings->goal_most_ppm)
		pace = settings->goal_most_ppm;
	parameters->pace_ppm = pace;
}
