/*
 * promote_api.c
 *		Which version of its parameters an agent decides by: promotion of
 *		the one in shadow, and the way back.
 *
 * A version is promoted when shadow and backtest agree: by what it foretold
 * of outcomes that it had not seen, beside the version that it is to replace,
 * and by what both would have made of the jobs of the agent's past.  Going
 * back needs no proof; what was learnt from the version that is left goes
 * with it.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/report/report_api.h"
#include "core/learning/learning.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/agent/agent_store.h"
#include "store/learning/learning_store.h"

/* Who has to do with the agent of a provider. */
#define PROMOTE_ACTORS \
	(DW_ACTOR_PROVIDER | DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM)

/* One call: an agent, and the version that it shall decide by. */
typedef struct Change
{
	DwUuid		agent_id;		/* the provider */
	DwAgent		agent;			/* locked */
	int32		version;		/* that is asked for */
	DwParameters target;		/* the same, opened */
} Change;

static void change_begin(DwCall *call, Change *change);
static bool change_lock(DwCall *call, Change *change);
static void promote_check(const Change *change);
static void replay_check(const Change *change);
static void revert_check(const Change *change);
static Datum change_apply(DwCall *call, Change *change, const char *type);
static Datum change_return(DwCall *call, const Change *change);
pg_noreturn static void refuse(const Change *change, const char *message,
							   const char *hint);

/* promote_parameters(agent_id, version) → parameters_version, … */
DW_FUNCTION(dwello_promote_parameters)
{
	DwCall		call;
	Change		change;

	dw_command_begin(&call, fcinfo, PROMOTE_ACTORS);
	change_begin(&call, &change);
	if (change_lock(&call, &change))
		return dw_call_return(&call);
	if (change.version == change.agent.parameters_version)
	{
		dw_call_replayed(&call);
		return change_return(&call, &change);
	}
	promote_check(&change);
	replay_check(&change);
	return change_apply(&call, &change, "parameters_promoted");
}

/* revert_agent(agent_id, version) → agent_id, parameters_version, … */
DW_FUNCTION(dwello_revert_agent)
{
	DwCall		call;
	Change		change;

	dw_command_begin(&call, fcinfo, PROMOTE_ACTORS);
	change_begin(&call, &change);
	if (change_lock(&call, &change))
		return dw_call_return(&call);
	/* where it stands already, one in shadow may still have to go */
	if (change.version == change.agent.parameters_version &&
		!dw_parameters_retire(&change.agent_id, change.version))
	{
		dw_call_replayed(&call);
		return change_return(&call, &change);
	}
	revert_check(&change);
	return change_apply(&call, &change, "agent_reverted");
}

/* Reads the arguments: 22004, 22023. */
static void
change_begin(DwCall *call, Change *change)
{
	memset(change, 0, sizeof(*change));
	dw_args_need(call, "version", NULL);
	change->agent_id = dw_user_argument(call, "agent_id");
	change->version = dw_arg_int4(call, "version");
	if (change->version < 0)
		dw_arg_refuse(call, "version", DW_BAD_VALUE,
					  "must not be negative");
}

/*
 * Locks the agent and opens the version (P0002); true when the call was made
 * before under its key.
 */
static bool
change_lock(DwCall *call, Change *change)
{
	DwLearningSettings settings;

	dw_provider_for_command(call, "agent_id", &change->agent_id);
	if (!dw_agent_lock_known(&change->agent_id, &change->agent))
		dw_raise(DW_NOT_FOUND, "agent does not exist",
				 psprintf("Provider %s has none.",
						  dw_uuid_text(&change->agent_id)),
				 "dwello.configure_agent() makes it.");
	dw_learning_settings(&settings);
	if (!dw_parameters_lock(&settings, &change->agent_id, change->version,
							&change->target))
		dw_raise(DW_NOT_FOUND, "version does not exist",
				 psprintf("The agent has no version %d of its parameters.",
						  change->version),
				 "The table dwello.agent_parameters has them all.");
	if (dw_call_replay(call, &change->agent_id))
		return true;
	dw_call_version(call, change->agent.version);
	/* what cannot be read would decide as the prior does, unsaid */
	if (change->version > 0 && !dw_parameters_readable(&change->target))
		refuse(change, "the version cannot be read",
			   "Choose another; 0 is what every agent begins with.");
	return false;
}

/* WD101 unless the version in shadow has foretold better than the live one. */
static void
promote_check(const Change *change)
{
	const DwParameters *target = &change->target;
	int64		least = dw_setting_int8("agent_promote_trials");

	if (target->version == 0 ||
		strcmp(target->status, DW_PARAMETERS_SHADOW) != 0)
		refuse(change, "the version is not in shadow",
			   "dwello.agent_parameters says which is; one that was live before"
			   " comes back by dwello.revert_agent().");
	if (target->based_on != change->agent.parameters_version)
		refuse(change, "the version is based on another than the live one",
			   "dwello.learn_agents() begins another.");
	if (target->trials < least)
		refuse(change, psprintf("the version has foretold too few outcomes,"
								" %d of " INT64_FORMAT, target->trials,
								least),
			   "Let dwello.learn_agents() go on.");
	if (target->trial_loss > target->live_loss)
		dw_raise(DW_INVALID_TRANSITION,
				 "the version foretells worse than the live one",
				 psprintf("Of %d outcomes version %d has a log loss of "
						  INT64_FORMAT " nanos; the live version %d "
						  INT64_FORMAT ".", target->trials, target->version,
						  target->trial_loss,
						  change->agent.parameters_version,
						  target->live_loss),
				 "Let dwello.learn_agents() go on.");
}

/*
 * WD101 when the version would have made less of the agent's past than the
 * live one.  The judge of both is the version itself, whose chances were just
 * found good on outcomes that it had not seen.  Both go at the live one's
 * pace, which the goal sets and no price is better for.
 */
static void
replay_check(const Change *change)
{
	int64		days = dw_setting_int8("agent_promote_days");
	DwAgentParameters values = change->target.values;
	DwLearningSettings settings;
	DwParameters live;
	DwVersionReplay replay = {
		.agent_id = change->agent_id,
		.from = dw_now() - days * USECS_PER_DAY,
		.judge = &values
	};
	DwVersionWorth is;
	DwVersionWorth was;

	dw_learning_settings(&settings);
	if (!dw_parameters_load(&settings, &change->agent_id,
							change->agent.parameters_version, &live))
		elog(ERROR, "the live version is gone");
	values.pace_ppm = live.values.pace_ppm;
	replay.parameters = &values;
	dw_backtest_version(&replay, &is);
	replay.parameters = &live.values;
	dw_backtest_version(&replay, &was);
	if (is.worth >= was.worth)
		return;
	dw_raise(DW_INVALID_TRANSITION,
			 "the version would have made less of the agent's past",
			 psprintf("Of the " INT64_FORMAT " jobs of the last " INT64_FORMAT
					  " days version %d would have made " INT64_FORMAT
					  " minor units of %s with " INT64_FORMAT " bids; the live"
					  " version %d " INT64_FORMAT " with " INT64_FORMAT ".",
					  is.jobs, days, change->version, is.worth,
					  change->agent.currency, is.bids,
					  change->agent.parameters_version, was.worth, was.bids),
			 "Let dwello.learn_agents() go on, or throw the version away by"
			 " dwello.revert_agent().");
}

/* WD101 unless the version was live before, or is where all begin. */
static void
revert_check(const Change *change)
{
	if (change->version > change->agent.parameters_version ||
		!dw_parameters_were_live(&change->agent_id, change->version))
		refuse(change, "the version was not live before",
			   "Those that were have a promoted_at in dwello.agent_parameters;"
			   " one in shadow takes dwello.promote_parameters().");
}

/* Has the agent decide by the version, and retires what it leaves. */
static Datum
change_apply(DwCall *call, Change *change, const char *type)
{
	DwAgent    *agent = &change->agent;
	DwPayload	payload;

	/* of the live ones there is one, so the old one goes first */
	(void) dw_parameters_retire(&change->agent_id, change->version);
	if (change->version > 0)
		dw_parameters_promote(&change->agent_id, change->version);
	agent->parameters_version = change->version;
	dw_agent_save(agent);

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "user_id", &change->agent_id);
	dw_payload_int8(&payload, "parameters_version", change->version);
	if (!dw_uuid_equal(&call->actor.user_id, &change->agent_id))
		dw_payload_uuid(&payload, "provider_id", &change->agent_id);
	dw_event_emit(&change->agent_id, "agent", &change->agent_id, type,
				  &payload);
	return change_return(call, change);
}

/* The row that both return. */
static Datum
change_return(DwCall *call, const Change *change)
{
	dw_row_uuid(call, "agent_id", &change->agent_id);
	dw_row_int4(call, "parameters_version",
				change->agent.parameters_version);
	dw_row_int4(call, "samples", change->target.samples);
	dw_row_int4(call, "version", change->agent.version);
	return dw_call_return(call);
}

/* Raises WD101 with the version that was asked for and the live one. */
static void
refuse(const Change *change, const char *message, const char *hint)
{
	dw_raise(DW_INVALID_TRANSITION, message,
			 psprintf("Version %d was asked for; the agent decides by"
					  " version %d.", change->version,
					  change->agent.parameters_version), hint);
}
