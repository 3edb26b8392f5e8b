/*
 * dispute_api.h
 *		What the commands on disputes, and the end of a chargeback, share.
 */
#ifndef DW_DISPUTE_API_H
#define DW_DISPUTE_API_H

#include "api/escrow/escrow_api.h"
#include "store/dispute/dispute_store.h"

/* When a dispute that begins to wait now has waited long enough. */
extern TimestampTz dw_dispute_deadline(const DwUuid *job_id,
									   const DwDispute *dispute);

/* The members of a payload that every event of a dispute has. */
extern void dw_dispute_payload(DwPayload *payload, const DwEscrowRow *row,
							   const DwDisputeRow *dispute);

/* How a dispute ends. */
typedef struct DwEnding
{
	int64		figure;			/* what the provider is paid */
	DwDisputeStatus status;		/* settled or resolved */
	DwEscrowEvent event;		/* what ended it */
	DwActor		actor;			/* who did */
	const char *key;			/* idempotency key of the call, or NULL */
} DwEnding;

/*
 * Books the end of a dispute, both ways in one transaction, writes escrow
 * and dispute, asks the workers for the refunds, tells both sides, and lets
 * the job follow.
 */
extern void dw_dispute_end(DwJob *job, DwEscrowRow *row,
						   DwDisputeRow *dispute, const DwEnding *ending);

/*
 * Lets the open disputes of an escrow go on after a chargeback.  The bank
 * may have taken money out of their milestones: what nothing is left of has
 * ended, with nothing for the provider.  Nobody could answer while the
 * escrow was frozen, so the time to answer begins anew.
 */
extern void dw_disputes_unfreeze(const DwEscrowRow *row,
								 const DwUuid *transaction_id);

#endif							/* DW_DISPUTE_API_H */
