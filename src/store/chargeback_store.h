/*
 * chargeback_store.h
 *		Payments that a homeowner's bank has taken back.
 *
 * The rows of one job; its commands lock the job first, so nobody else
 * writes them meanwhile.
 */
#ifndef DW_CHARGEBACK_STORE_H
#define DW_CHARGEBACK_STORE_H

#include "postgres.h"

#include "core/chargeback.h"
#include "core/uuid.h"
#include "store/escrow_store.h"

/* A row of dwello.chargebacks. */
typedef struct DwChargebackRow
{
	DwUuid		id;				/* its key beside the job's */
	const char *psp;			/* payment company that tells of it */
	const char *psp_reference;	/* its name for it, or NULL */
	DwUuid		transaction_id; /* that opened it */
	DwChargeback chargeback;	/* state and amounts */
} DwChargebackRow;

/* The one with this id, or, for NULL, the first open one of the company. */
extern bool dw_chargeback_find(const DwUuid *job_id, const DwUuid *id,
							   const char *psp, DwChargebackRow *row);

/* How many of a job are open through a company. */
extern int	dw_chargeback_count_open(const DwUuid *job_id, const char *psp);

/* The sums over those that are not won; but not of `except`, unless NULL. */
extern void dw_chargeback_sum(const DwUuid *job_id, const DwUuid *except,
							  DwChargebackSum *sum);

/* What came in through a company and was not charged back through it. */
extern int64 dw_chargeback_room(const DwUuid *job_id, const char *psp);

/* Writes a new one, and the end of one. */
extern void dw_chargeback_insert(const DwEscrowRow *escrow,
								 const DwChargebackRow *row);
extern void dw_chargeback_end(const DwUuid *job_id,
							  const DwChargebackRow *row);

/*
 * The last one open has just ended: submitted milestones are given the time
 * for review back that the escrow was frozen.
 */
extern void dw_chargeback_free_clocks(const DwUuid *job_id,
									  const DwUuid *last);

#endif							/* DW_CHARGEBACK_STORE_H */
