/*
 * message.c
 *		The words of a message, and who may write to whom.
 */
#include "core/message/message.h"

#include "core/base/base.h"

static const char *const message_type_labels[] = {
	[DW_MESSAGE_TEXT] = "text",
	[DW_MESSAGE_IMAGE] = "image",
	[DW_MESSAGE_FILE] = "file",
	[DW_MESSAGE_SYSTEM] = "system"
};

/* Definitions of the functions that message.h promises. */
DW_LABELS(message_type, DwMessageType, message_type_labels);

/* May a sender use this type?  See the header. */
DwResult
dw_message_type_check(DwMessageType type, DwActorKind sender)
{
	if ((type == DW_MESSAGE_SYSTEM) == (sender == DW_ACTOR_SYSTEM))
		return DW_OK;
	return sender == DW_ACTOR_SYSTEM ? DW_BAD_VALUE : DW_FORBIDDEN;
}

/* A provider's message: to the homeowner, in their own thread. */
static DwResult
route_from_provider(const DwMessageJob *job, const DwUuid *recipient,
					DwMessageRoute *route)
{
	route->provider_id = route->sender_id;
	route->recipient_id = job->homeowner_id;
	return recipient == NULL || dw_uuid_equal(recipient, &job->homeowner_id)
		? DW_OK : DW_BAD_VALUE;
}

/* The homeowner's message: to a provider, in the thread with them. */
static DwResult
route_from_homeowner(const DwMessageJob *job, const DwUuid *recipient,
					 DwMessageRoute *route)
{
	route->provider_id = recipient != NULL ? *recipient : job->provider_id;
	route->recipient_id = route->provider_id;
	return dw_uuid_is_nil(&route->provider_id) ||
		dw_uuid_equal(&route->provider_id, &job->homeowner_id)
		? DW_BAD_VALUE : DW_OK;
}

/* The platform's message: to either side, but to somebody by name. */
static DwResult
route_from_system(const DwMessageJob *job, const DwUuid *recipient,
				  DwMessageRoute *route)
{
	if (recipient == NULL)
		return DW_BAD_VALUE;
	route->recipient_id = *recipient;
	route->provider_id = dw_uuid_equal(recipient, &job->homeowner_id)
		? job->provider_id : *recipient;
	return dw_uuid_is_nil(&route->provider_id) ? DW_BAD_VALUE : DW_OK;
}

DwResult
dw_message_route(const DwMessageJob *job, const DwActor *sender,
				 const DwUuid *recipient, DwMessageRoute *route)
{
	route->sender_id = sender->user_id;
	if (sender->kind == DW_ACTOR_SYSTEM)
		return route_from_system(job, recipient, route);
	if (sender->kind == DW_ACTOR_PROVIDER)
		return route_from_provider(job, recipient, route);
	if (sender->kind == DW_ACTOR_HOMEOWNER &&
		dw_uuid_equal(&sender->user_id, &job->homeowner_id))
		return route_from_homeowner(job, recipient, route);
	return DW_FORBIDDEN;
}

/* May this thread be written to?  See the header. */
DwResult
dw_message_ties_check(const DwMessageTies *ties, DwActorKind sender)
{
	return sender == DW_ACTOR_PROVIDER || ties->has_award ||
		ties->has_bid || ties->is_invited || ties->has_written
		? DW_OK : DW_BAD_VALUE;
}
