/*
 * dispute_api.h
 *		What the end of a chargeback makes of disputes.
 */
#ifndef DW_DISPUTE_API_H
#define DW_DISPUTE_API_H

#include "store/escrow/escrow_store.h"

/*
 * Lets the open disputes of an escrow go on after a chargeback.  The bank
 * may have taken money out of their milestones: what nothing is left of has
 * ended, with nothing for the provider.  Nobody could answer while the
 * escrow was frozen, so the time to answer begins anew.
 */
extern void dw_disputes_unfreeze(const DwEscrowRow *row,
								 const DwUuid *transaction_id);

#endif							/* DW_DISPUTE_API_H */
