/*
 * reversal_store.h
 *		A booked transaction of a job, as much of it as a reversal needs.
 */
#ifndef DW_REVERSAL_STORE_H
#define DW_REVERSAL_STORE_H

#include "postgres.h"

#include "core/reversal.h"
#include "store/ledger_store.h"

/* What is to be undone. */
typedef struct DwOriginal
{
	DwUuid		id;				/* of the transaction */
	DwTransactionType type;		/* what it did */
	DwTransactionStatus status; /* only a completed one has legs */
	bool		has_milestone;	/* it was of one milestone */
	DwUuid		milestone_id;	/* which */
	const char *psp;			/* payment company, or NULL */
	const char *psp_reference;	/* its name for it, or NULL */
	int64		reversed;		/* amount of it undone before */
	int			leg_count;		/* legs that gained, without the escrow */
	DwUuid		accounts[DW_REVERSAL_LEGS_MAX]; /* their accounts */
	int64		amounts[DW_REVERSAL_LEGS_MAX];	/* what they gained, > 0 */
} DwOriginal;

/* A transaction of a locked job; false when the job has none such. */
extern bool dw_original_load(const DwUuid *job_id, const DwUuid *id,
							 DwOriginal *original);

#endif							/* DW_REVERSAL_STORE_H */
