/*
 * switch_api.c
 *		Entry point of the kill switches.
 *
 * A switch holds from the commit on, for whatever is decided, approved or
 * proposed afterwards; a call that was deciding meanwhile may still end as it
 * began.  What a switch stops is deferred and looked at again.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/sql/sql_server.h"
#include "store/agent/agent_store.h"
#include "store/run/run_store.h"

#define SCOPE_MAX_LENGTH	100 /* characters; only a few words can be right */
#define REASON_MAX			2000

/* What a call asks for. */
typedef struct Request
{
	DwAgentScope scope;			/* what is switched */
	DwUuid		id;				/* of it; nil for the platform */
	bool		is_on;			/* how it shall be */
	char	   *reason;			/* or NULL */
} Request;

static void request_read(DwCall *call, Request *request);
static void request_guard(DwCall *call, const Request *request);
static bool switch_apply(DwCall *call, const Request *request,
						 DwAgentSwitch *row);
static void switch_emit(DwCall *call, const Request *request);

/* True for the scopes whose id is a provider's. */
static bool
is_personal(DwAgentScope scope)
{
	return scope == DW_AGENT_SCOPE_AGENT || scope == DW_AGENT_SCOPE_PROVIDER;
}

/* switch_agents(scope, id, is_on, reason) → scope, id, is_on, … */
DW_FUNCTION(dwello_switch_agents)
{
	DwCall		call;
	Request		request = {0};
	DwAgentSwitch row;

	dw_command_begin(&call, fcinfo, DW_ACTOR_PROVIDER | DW_ACTOR_ADMIN |
					 DW_ACTOR_SYSTEM);
	request_read(&call, &request);
	request_guard(&call, &request);

	dw_switch_lock(request.scope, &request.id, &row);
	if (dw_call_replay(&call, is_personal(request.scope) ?
					   &request.id : &call.actor.user_id))
		return dw_call_return(&call);
	if (switch_apply(&call, &request, &row))
		switch_emit(&call, &request);
	else
		dw_call_replayed(&call);

	dw_row_text(&call, "scope", row.scope);
	dw_row_uuid(&call, "id", &row.id);
	dw_row_bool(&call, "is_on", row.is_on);
	dw_row_text(&call, "reason", row.reason);
	return dw_call_return(&call);
}

/* Reads a request: 22004, 22001, 22023, 22P02. */
static void
request_read(DwCall *call, Request *request)
{
	const char *scope;
	const DwUuid *id = dw_arg_uuid_opt(call, "id");

	dw_args_need(call, "scope", "is_on", NULL);
	scope = dw_arg_text(call, "scope", SCOPE_MAX_LENGTH);
	request->is_on = dw_arg_bool(call, "is_on");
	request->reason = dw_arg_text_opt(call, "reason", REASON_MAX);
	if (!dw_agent_scope_parse(scope, &request->scope))
		dw_arg_refuse(call, "scope", DW_BAD_LABEL,
					  "must be platform, category, agent or provider");
	if (request->scope == DW_AGENT_SCOPE_PLATFORM)
	{
		if (id != NULL)
			dw_arg_refuse(call, "id", DW_BAD_VALUE,
						  "must be left out for the platform");
	}
	else if (id != NULL)
		request->id = *id;
	else if (request->scope == DW_AGENT_SCOPE_AGENT &&
			 call->actor.kind == DW_ACTOR_PROVIDER)
		request->id = call->actor.user_id;
	else
		request->id = dw_arg_uuid(call, "id");
}

/* 42501, P0002, 22023: who may, and whether there is such a thing. */
static void
request_guard(DwCall *call, const Request *request)
{
	if (call->actor.kind == DW_ACTOR_PROVIDER &&
		request->scope != DW_AGENT_SCOPE_AGENT)
		dw_raise(DW_FORBIDDEN, "a provider switches their own agent alone",
				 psprintf("The scope is \"%s\".",
						  dw_agent_scope_label(request->scope)),
				 "Use the scope agent.");
	if (is_personal(request->scope))
		dw_provider_for_command(call, "id", &request->id);
	else if (request->scope == DW_AGENT_SCOPE_CATEGORY)
		dw_categories_need(&request->id, 1);
}

/*
 * Sets the switch; false when it is so already.  What staff has switched off
 * a provider does not switch on: 42501.
 */
static bool
switch_apply(DwCall *call, const Request *request, DwAgentSwitch *row)
{
	bool		is_provider = call->actor.kind == DW_ACTOR_PROVIDER;
	bool		by_provider = is_personal(request->scope) &&
		dw_uuid_equal(&row->actor_id, &request->id);

	if (is_provider && !by_provider && !row->is_on)
	{
		if (request->is_on)
			dw_raise(DW_FORBIDDEN, "the agent was switched off by staff",
					 row->reason == NULL ? "No reason was given." :
					 psprintf("The reason is: %s", row->reason),
					 "Only the service or an administrator switches it on.");
		return false;
	}
	/* staff may take over what a provider has switched off, not the reverse */
	if (row->is_on == request->is_on && (row->is_on ||
										 is_provider == by_provider) &&
		(request->reason == NULL || (row->reason != NULL &&
									 strcmp(request->reason,
											row->reason) == 0)))
		return false;
	row->is_on = request->is_on;
	row->reason = request->reason;
	row->actor_id = call->actor.user_id;
	dw_switch_save(row);
	if (request->is_on && is_personal(request->scope))
		dw_agent_wake(&request->id);
	return true;
}

/*
 * Emits what was switched.  A provider hears of it when it was staff who
 * switched their agent.
 */
static void
switch_emit(DwCall *call, const Request *request)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_text(&payload, "scope", dw_agent_scope_label(request->scope));
	if (request->scope == DW_AGENT_SCOPE_CATEGORY)
		dw_payload_uuid(&payload, "category_id", &request->id);
	if (is_personal(request->scope))
		dw_payload_uuid(&payload, "user_id", &request->id);
	if (is_personal(request->scope) &&
		!dw_uuid_equal(&call->actor.user_id, &request->id))
		dw_payload_uuid(&payload, "provider_id", &request->id);
	dw_event_emit(is_personal(request->scope) ? &request->id :
				  &call->actor.user_id, "agent", &request->id,
				  request->is_on ? "agents_switched_on" :
				  "agents_switched_off", &payload);
}
