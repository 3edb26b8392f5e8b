/*
 * refund_find_service.c
 *		Finds and locks what an event of a refund is about.
 *
 * A refund is its job's, whose lock holds it, too when it is of a receipt;
 * one of a receipt without a job is held by the receipt's lock.  Receipts are
 * locked before the job, so which they are is looked up without a lock, and
 * again with it.
 */
#include "postgres.h"

#include "api/escrow/escrow_api.h"
#include "api/refund/refund_api_int.h"
#include "store/payout/payout_store.h"

/*
 * How near a refund is to what an event means that does not name it: one that
 * is pending, one that was asked for and sent, what was sent unasked, others.
 */
static int
nearness(const DwRefundRow *refund)
{
	switch (refund->facts.status)
	{
		case DW_REFUND_PENDING:
			return 3;
		case DW_REFUND_COMPLETED:
			return refund->is_unasked ? 1 : 2;
		default:
			return 0;
	}
}

/* Picks the last of the nearest; it is clear where no other is as near. */
static void
pick(DwRefundWork *work)
{
	int			nearest = 0;
	int			count = 0;

	work->picked = -1;
	for (int i = 0; i < work->row_count; i++)
	{
		const int	near = nearness(&work->rows[i]);

		if (near < nearest)
			continue;
		count = near > nearest ? 1 : count + 1;
		nearest = near;
		work->picked = i;
	}
	work->is_clear = nearest == 0 || count == 1;
}

/*
 * Where an event names nothing but the job, its only payment through the
 * company is meant, too.
 */
static void
find_only(DwRefundWork *work)
{
	DwRefundNames *names = &work->told->names;
	DwCharge	only;

	work->reference = names->psp_reference;
	names->payment_id = NULL;
	if (names->psp_reference != NULL || work->told->is_by_id ||
		dw_uuid_is_nil(&names->job_id) ||
		!dw_charge_find_only(&names->job_id, names->psp, &only) ||
		dw_uuid_is_nil(&only.id))
		return;
	work->only_id = only.id;
	names->payment_id = &work->only_id;
	work->reference = only.psp_reference;
}

/* Reads what the company calls so, if anything is. */
static bool
find_called(DwRefundWork *work)
{
	const DwRefundNames *names = &work->told->names;

	if (names->refund_reference == NULL)
		return false;
	work->rows = dw_refunds_called(names->psp, names->refund_reference,
								   &work->row_count);
	return work->row_count > 0;
}

/*
 * Reads the rows that are called so, whatever else is said; else those that
 * the names fit, of the currency that is said.
 */
static void
find_rows(DwRefundWork *work)
{
	const char *currency = work->told->currency;
	int			kept = 0;

	find_only(work);
	work->is_known = find_called(work);
	if (!work->is_known)
		work->rows = dw_refunds_named(&work->told->names, &work->row_count);
	for (int i = 0; i < work->row_count; i++)
		if (work->is_known || currency == NULL ||
			strcmp(currency, work->rows[i].currency) == 0)
			work->rows[kept++] = work->rows[i];
	work->row_count = kept;
	pick(work);
	if (work->reference == NULL && work->picked >= 0)
		work->reference = work->rows[work->picked].psp_reference;
}

/*
 * Locks the charge, and the receipts that the event may write: that of a
 * refund without a job, the one that the refund had failed into, and those of
 * the charge.
 */
static void
lock_receipts(DwRefundWork *work)
{
	DwUuid	   *ids;
	int			count = 0;

	find_rows(work);
	ids = palloc_array(DwUuid, 2 * work->row_count + 1);
	for (int i = 0; i < work->row_count; i++)
	{
		const DwRefundRow *refund = &work->rows[i];

		if (i != work->picked && !work->is_known)
			continue;
		if (dw_uuid_is_nil(&refund->job_id))
			ids[count++] = refund->scope_id;
		if (!dw_uuid_is_nil(&refund->failure_id))
			ids[count++] = refund->failure_id;
	}
	dw_charge_lock(work->told->names.psp, work->reference);
	work->receipts = dw_receipts_lock(ids, count, work->told->names.psp,
									  work->reference,
									  &work->receipt_count);
}

/* True when the job has a refund that was asked for and fits the names. */
static bool
was_asked_for(DwRefundWork *work)
{
	find_rows(work);
	for (int i = 0; i < work->row_count; i++)
		if (!work->rows[i].is_unasked)
			return true;
	return false;
}

/* Finds the charge of this name, told for this job. */
static bool
find_charge(DwRefundWork *work, const char *reference, const DwUuid *job_id)
{
	const DwChargeNames names = {
		.psp = work->told->names.psp,
		.psp_reference = reference,
		.job_id = *job_id
	};

	return dw_charge_find(&names, &work->charge);
}

/*
 * Finds whose refund it is: the job's of what the company calls so, of the
 * one that is named, or that was asked for; else the charge says so, whatever
 * job it is told for.
 */
static void
find_job(DwRefundWork *work)
{
	DwRefundNames *names = &work->told->names;
	const DwUuid *told_id = &work->told->event.told_job_id;

	names->job_id = *told_id;
	if (find_called(work))
	{
		const DwRefundRow *first = &work->rows[0];

		if (!dw_uuid_is_nil(&first->job_id))
			names->job_id = first->job_id;
		(void) find_charge(work, first->psp_reference, &names->job_id);
	}
	else if (work->told->is_by_id)
	{
		if (dw_uuid_is_nil(&names->job_id))
			dw_refund_find_job(names, &names->job_id);
	}
	else if (find_charge(work, names->psp_reference, told_id) &&
			 (names->or_none || !was_asked_for(work)) &&
			 (work->charge.kind == DW_CHARGE_REPAYMENT ||
			  !dw_uuid_is_nil(&work->charge.job_id)))
		names->job_id = work->charge.job_id;
}

/* Locks the job; one that is not there is none. */
static void
lock_job(DwRefundTold *told)
{
	DwUuid	   *job_id = &told->names.job_id;

	told->has_job = !dw_uuid_is_nil(job_id) &&
		dw_job_lock(job_id, &told->job);
	if (!told->has_job)
		memset(job_id, 0, sizeof(*job_id));
	told->event.job_id = *job_id;
}

/*
 * Lets nobody else tell of what the company calls so until the end of the
 * transaction: no row may stand for it yet.
 */
static void
lock_name(const DwRefundNames *names)
{
	DwUuid		id;

	if (names->refund_reference == NULL)
		return;
	id = dw_fact_id(names->psp, psprintf("refund %s",
										 names->refund_reference));
	dw_fact_lock(&id);
}

void
dw_refund_lock(DwRefundWork *work)
{
	DwRefundTold *told = work->told;

	told->is_by_id = told->names.id != NULL ||
		told->names.transaction_id != NULL;
	lock_name(&told->names);
	told->event.told_job_id = told->names.job_id;
	told->names.or_none = dw_uuid_is_nil(&told->names.job_id);
	find_job(work);
	lock_receipts(work);
	/* a receipt may have become a job's payment while its lock was awaited */
	find_job(work);
	dw_charge_lock_jobs(told->names.psp, work->reference);
	lock_job(told);
	if (work->charge.kind == DW_CHARGE_REPAYMENT)
		dw_payout_mark_user(&work->charge.user_id);
	find_rows(work);
	if (work->reference != NULL)
		(void) find_charge(work, work->reference, &told->names.job_id);
	else
		(void) dw_charge_find_only(&told->names.job_id, told->names.psp,
								   &work->charge);
}
