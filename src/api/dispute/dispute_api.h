/*
 * dispute_api.h
 *		What others make of disputes: the end of a chargeback, and a no to a
 *		refund.
 */
#ifndef DW_DISPUTE_API_H
#define DW_DISPUTE_API_H

#include "server/call/call_server.h"
#include "store/dispute/dispute_store.h"
#include "store/escrow/escrow_store.h"

/*
 * Lets the open disputes of an escrow go on after a chargeback.  The bank
 * may have taken money out of their milestones: what nothing is left of has
 * ended, with nothing for the provider.  Nobody could answer while the
 * escrow was frozen, so the time to answer begins anew.
 */
extern void dw_disputes_unfreeze(const DwEscrowRow *row,
								 const DwUuid *transaction_id);

/*
 * Opens a dispute about all that is held and undisputed, in which the
 * homeowner names a figure (homeowner_offer, reason and opened_by are given)
 * and the provider all of it.  False: nothing is, or one is open.
 */
extern bool dw_dispute_disagree(DwCall *call, DwEscrowRow *row,
								DwDisputeRow *dispute);

#endif							/* DW_DISPUTE_API_H */
