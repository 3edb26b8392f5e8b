/*
 * post_api.c
 *		post_job: a homeowner writes down what they want done.
 *
 * A job is its own scope: the id is given, or follows from the idempotency
 * key, so that a retry meets its own row.  A draft concerns nobody else and
 * tells nobody: the first event of a job is its publication.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/job/job_api.h"
#include "core/job/job.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"
#include "store/job/job_store.h"

/* Reads all arguments and raises what is wrong with them alone. */
static void
post_read(DwCall *call, DwDraft *draft)
{
	dw_args_need(call, "category_id", "title", "description", "longitude",
				 "latitude", "currency", "urgency", "is_emergency", "materials_provided", "photos", "requirements", "milestones", "bid_mode", "scoring_method", NULL);
	dw_draft_clear(draft);
	draft->id = dw_call_new_id(call, dw_arg_uuid_opt(call, "job_id"));
	draft->homeowner_id = call->actor.user_id;
	(void) dw_post_read(call, draft);
}

/* Raises 23505: the id belongs to a job already. */
static void
post_refuse_id(const DwDraft *draft)
{
	dw_raise_constraint(DW_ALREADY_EXISTS, "jobs_pkey",
						psprintf("job %s exists already",
								 dw_uuid_text(&draft->id)),
						NULL,
						"Leave job_id out, or give an idempotency_key to "
						"repeat a request safely.");
}

/* Writes the draft; false when it turns out that it was written before. */
static bool
post_write(DwCall *call, DwDraft *draft)
{
	DwJob		job;

	if (draft->street == NULL)
		draft->street = dw_draft_street(&draft->homeowner_id,
										&draft->post.place);
	if (dw_draft_insert(draft))
		return true;
	/* the id is taken, perhaps by this very request made twice at once */
	(void) dw_job_lock(&draft->id, &job);
	if (!dw_call_replay(call, &draft->id))
		post_refuse_id(draft);
	return false;
}

/* post_job(...) → job_id, status, terms_version, created_at, ... */
DW_FUNCTION(dwello_post_job)
{
	DwCall		call;
	DwDraft		draft;
	bool		is_active;

	dw_draft_begin(&call, fcinfo,
				   dw_machine_actors(dw_job_machine(), DW_JOB_EVENT_POST));
	post_read(&call, &draft);
	is_active = dw_post_category(&draft.category_id);
	if (dw_call_replay(&call, &draft.id))
		return dw_call_return(&call);
	if (!is_active)
		dw_post_refuse_category(&call);
	if (!post_write(&call, &draft))
		return dw_call_return(&call);

	dw_row_uuid(&call, "job_id", &draft.id);
	dw_row_text(&call, "status", dw_job_status_label(DW_JOB_DRAFT));
	dw_row_int4(&call, "terms_version", 1);
	dw_row_time(&call, "created_at", draft.created_at);
	dw_row_int4(&call, "version", 1);
	return dw_call_return(&call);
}
