/*
 * escrow_store_int.h
 *		What the files of this folder share.
 */
#ifndef DW_ESCROW_STORE_INT_H
#define DW_ESCROW_STORE_INT_H

#include "store/escrow/escrow_store.h"

/*
 * Writes an escrow that was opened, all that its award froze, and that it
 * was; is_reopened: over the row of a contract that lapsed.
 */
extern void dw_escrow_write_opened(DwEscrowRow *row,
								   const DwTransition *opening,
								   bool is_reopened);

#endif							/* DW_ESCROW_STORE_INT_H */
