/*
 * agent.c
 *		Decides what a provider may set their bidding agent to.
 *
 * CHECK constraints of ai_bidding_agents hold the same limits, for rows that
 * are written past the commands; here the first that is broken is named, in
 * the order of the arguments.
 */
#include "core/agent/agent.h"

#include "core/base/base.h"

#define MINUTES_PER_HOUR	60
#define MINUTES_PER_DAY		1440

static const char *const mode_labels[DW_AGENT_MODE_COUNT] = {
	[DW_AGENT_SHADOW] = "shadow",
	[DW_AGENT_PROPOSE] = "propose",
	[DW_AGENT_AUTO] = "auto"
};

static const char *const strategy_labels[DW_AGENT_STRATEGY_COUNT] = {
	[DW_AGENT_AGGRESSIVE] = "aggressive",
	[DW_AGENT_BALANCED] = "balanced",
	[DW_AGENT_PREMIUM] = "premium"
};

static const char *const tier_labels[DW_AGENT_TIER_COUNT] = {
	[DW_AGENT_TIER_BASIC] = "basic",
	[DW_AGENT_TIER_PREMIUM] = "premium",
	[DW_AGENT_TIER_ENTERPRISE] = "enterprise"
};

static const char *const goal_labels[DW_AGENT_GOAL_COUNT] = {
	[DW_AGENT_MAX_PROFIT] = "max_profit",
	[DW_AGENT_FILL_HOURS] = "fill_hours",
	[DW_AGENT_TARGET_WIN_RATE] = "target_win_rate",
	[DW_AGENT_MIN_MARGIN] = "min_margin"
};

static const char *const action_labels[DW_AGENT_ACTION_COUNT] = {
	[DW_AGENT_BID_SUBMITTED] = "bid_submitted",
	[DW_AGENT_BID_WON] = "bid_won",
	[DW_AGENT_BID_LOST] = "bid_lost",
	[DW_AGENT_BID_EXPIRED] = "bid_expired",
	[DW_AGENT_DECLINED] = "declined",
	[DW_AGENT_PROPOSED] = "proposed",
	[DW_AGENT_DEFERRED] = "deferred",
	[DW_AGENT_SHADOWED] = "shadowed",
	[DW_AGENT_QUARANTINED] = "quarantined",
	[DW_AGENT_REFUSED] = "refused",
	[DW_AGENT_APPROVED] = "approved"
};

static const char *const state_labels[DW_ANSWER_STATE_COUNT] = {
	[DW_ANSWER_WAITING] = "waiting",
	[DW_ANSWER_CLAIMED] = "claimed",
	[DW_ANSWER_DEFERRED] = "deferred",
	[DW_ANSWER_ANSWERED] = "answered",
	[DW_ANSWER_QUARANTINED] = "quarantined"
};

static const char *const scope_labels[DW_AGENT_SCOPE_COUNT] = {
	[DW_AGENT_SCOPE_PLATFORM] = "platform",
	[DW_AGENT_SCOPE_CATEGORY] = "category",
	[DW_AGENT_SCOPE_AGENT] = "agent",
	[DW_AGENT_SCOPE_PROVIDER] = "provider"
};

DW_LABELS(agent_mode, DwAgentMode, mode_labels);
DW_LABELS(agent_strategy, DwAgentStrategy, strategy_labels);
DW_LABELS(agent_tier, DwAgentTier, tier_labels);
DW_LABELS(agent_goal, DwAgentGoal, goal_labels);
DW_LABELS(agent_action, DwAgentAction, action_labels);
DW_LABELS(answer_state, DwAnswerState, state_labels);
DW_LABELS(agent_scope, DwAgentScope, scope_labels);

DwAgentError
dw_agent_judge(const DwAgentNumbers *numbers)
{
	if (numbers->radius < DW_AGENT_RADIUS_MIN ||
		numbers->radius > DW_AGENT_RADIUS_MAX)
		return DW_AGENT_BAD_RADIUS;
	if (numbers->bids_per_day < DW_AGENT_DAY_MIN ||
		numbers->bids_per_day > DW_AGENT_DAY_MAX)
		return DW_AGENT_BAD_DAY;
	if (numbers->min_value <= 0)
		return DW_AGENT_BAD_MIN_VALUE;
	if (numbers->max_value < numbers->min_value)
		return DW_AGENT_BAD_MAX_VALUE;
	if (numbers->margin_ppm < 0 || numbers->margin_ppm > DW_AGENT_MARGIN_MAX)
		return DW_AGENT_BAD_MARGIN;
	if (numbers->threshold < 0)
		return DW_AGENT_BAD_THRESHOLD;
	return DW_AGENT_OK;
}

DwAgentError
dw_agent_judge_aims(const DwAgentAims *aims)
{
	int64_t		most = dw_agent_goal_max(aims->goal);

	if (aims->max_exposure < 0)
		return DW_AGENT_BAD_EXPOSURE;
	if (aims->max_open_jobs < 1 ||
		aims->max_open_jobs > DW_AGENT_OPEN_JOBS_MAX)
		return DW_AGENT_BAD_OPEN_JOBS;
	if (aims->min_win_ppm < 0 || aims->min_win_ppm > DW_PPM)
		return DW_AGENT_BAD_WIN;
	/* a goal with targets is none without one */
	if (aims->goal_target < (most > 0) || aims->goal_target > most)
		return DW_AGENT_BAD_TARGET;
	return DW_AGENT_OK;
}

int64_t
dw_agent_goal_max(DwAgentGoal goal)
{
	static const int64_t most[DW_AGENT_GOAL_COUNT] = {
		[DW_AGENT_FILL_HOURS] = DW_AGENT_WEEK_HOURS,
		[DW_AGENT_TARGET_WIN_RATE] = DW_PPM,
		[DW_AGENT_MIN_MARGIN] = DW_AGENT_MARGIN_MAX
	};

	return most[goal];
}

bool
dw_agent_within_tier(int32_t bids_per_day, int64_t quota)
{
	return quota == DW_AGENT_UNLIMITED || bids_per_day <= quota;
}

/* The value of two digits, or -1. */
static int
two_digits(const char *text)
{
	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return -1;
	return (text[0] - '0') * 10 + (text[1] - '0');
}

int
dw_agent_minute(const char *text)
{
	int			hour;
	int			minute;

	/* always two digits, so that texts sort as times do */
	if (strlen(text) != strlen("HH:MM") || text[2] != ':')
		return -1;
	hour = two_digits(text);
	minute = two_digits(text + 3);
	if (hour < 0 || minute < 0 || minute >= MINUTES_PER_HOUR)
		return -1;
	/* 24:00 ends a day; nothing is later */
	minute += hour * MINUTES_PER_HOUR;
	return minute <= MINUTES_PER_DAY ? minute : -1;
}
