/*
 * event_api.c
 *		Commands of workers that carry events on.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/identity/identity_server.h"
#include "store/admin/admin_store.h"

#define DELIVER_MAX_ROWS 100000
#define CONSUMER_MAX 100		/* characters of a consumer, or of a type */
#define ERROR_MAX 10000			/* characters of what a worker says */

DW_FUNCTION(dwello_deliver_events)
{
	DwCall		call;
	int32		max_rows;
	int64		applied;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	max_rows = dw_arg_count(&call, "max_rows", DELIVER_MAX_ROWS);
	applied = dw_events_deliver(max_rows);
	dw_heartbeat_write();
	return dw_call_return_datum(&call, Int32GetDatum((int32) applied), true,
								sizeof(int32));
}

DW_FUNCTION(dwello_claim_events)
{
	DwCall		call;
	DwClaim		claim = {0};

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	dw_rows_begin(&call);
	dw_args_need(&call, "consumer", "max_rows", "lease", NULL);
	claim.consumer = dw_arg_text(&call, "consumer", CONSUMER_MAX);
	if (strcmp(claim.consumer, DW_DELIVERY_CONSUMER) == 0)
		dw_arg_refuse(&call, "consumer", DW_BAD_VALUE,
					  "is a name that deliver_events() has itself");
	claim.max_rows = dw_arg_max_rows(&call);
	claim.lease_seconds = dw_arg_seconds(&call, "lease");
	if (dw_arg_has(&call, "types"))
		claim.types = dw_arg_texts(&call, "types", CONSUMER_MAX,
								   &claim.type_count);
	if (claim.types != NULL && claim.type_count == 0)
		dw_arg_refuse(&call, "types", DW_BAD_VALUE,
					  "must name a type; NULL means all");
	if (claim.lease_seconds < 1 || claim.lease_seconds > SECS_PER_DAY)
		dw_arg_refuse(&call, "lease", DW_BAD_VALUE,
					  "must be from one second to one day");

	dw_events_claim(&call, &claim);
	return dw_list_return(&call);
}

/* ack_events(consumer, lease_id, …) → acked, retried, dead, lost. */
DW_FUNCTION(dwello_ack_events)
{
	DwCall		call;
	DwAck		ack = {0};
	DwAckResult result;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	dw_args_need(&call, "consumer", "lease_id", "failed_ids", NULL);
	ack.consumer = dw_arg_text(&call, "consumer", CONSUMER_MAX);
	ack.lease_id = dw_arg_uuid(&call, "lease_id");
	ack.ids = dw_arg_uuids_opt(&call, "ids", &ack.id_count);
	ack.failed_ids = dw_arg_uuids_opt(&call, "failed_ids", &ack.failed_count);
	ack.error = dw_arg_text_opt(&call, "error", ERROR_MAX);

	result = dw_events_ack(&ack);
	dw_row_int4(&call, "acked", result.acked);
	dw_row_int4(&call, "retried", result.retried);
	dw_row_int4(&call, "dead", result.dead);
	dw_row_int4(&call, "lost", result.lost);
	return dw_call_return(&call);
}

/* requeue_events(consumer, event_ids, max_rows) → events. */
DW_FUNCTION(dwello_requeue_events)
{
	DwCall		call;
	DwRequeue	requeue = {0};

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	dw_rows_begin(&call);
	dw_args_need(&call, "consumer", "max_rows", NULL);
	requeue.consumer = dw_arg_text(&call, "consumer", CONSUMER_MAX);
	requeue.ids = dw_arg_uuids_opt(&call, "event_ids", &requeue.id_count);
	requeue.max_rows = dw_arg_max_rows(&call);

	if (!dw_events_requeue(&call, &requeue))
		dw_raise(DW_NOT_FOUND, "no such consumer",
				 psprintf("\"%s\" has never claimed events.",
						  requeue.consumer),
				 "dwello.claim_events() makes one at its first claim.");
	return dw_list_return(&call);
}
