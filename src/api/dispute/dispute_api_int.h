/*
 * dispute_api_int.h
 *		A chargeback while its event is told: what chargeback_api.c finds and
 *		locks, and chargeback_service.c books.
 */
#ifndef DW_DISPUTE_API_INT_H
#define DW_DISPUTE_API_INT_H

#include "server/call/call_server.h"
#include "store/company/company_store.h"
#include "store/dispute/dispute_store.h"
#include "store/escrow/escrow_store.h"
#include "store/job/job_store.h"
#include "store/receipt/receipt_store.h"

/* What an event of a chargeback says beside the event. */
typedef struct DwBankTold
{
	const char *case_reference; /* the company's name for the case, or NULL */
	const char *reason;			/* in words, or NULL */
	int64		fee;			/* of the company; 0 = none said */
	int64		lost_amount;	/* of a loss; 0 = all of it */
	bool		is_inquiry;		/* no money moves yet */
	bool		is_decision;	/* the bank has decided */
	bool		won;			/* then how it ended */
	TimestampTz occurred_at;	/* by the company's clock, or DT_NOBEGIN */
} DwBankTold;

/* A chargeback, and what it is about. */
typedef struct DwCase
{
	DwCall	   *call;			/* that tells of it */
	DwPaymentEvent event;		/* as every event */
	DwBankTold	told;			/* what it says */
	bool		has_job;		/* it is about one */
	DwJob		job;			/* then this one, locked */
	bool		has_escrow;		/* which has one */
	DwEscrowRow row;			/* then this one */
	bool		has_receipt;	/* money of that charge lies apart */
	DwReceipt	receipt;		/* then in this one, locked */
	DwCharge	charge;			/* that is asked back, as far as is known */
	bool		is_named;		/* the event says which charge it is */
	bool		is_repeated;	/* the case was told of, by another event */
	DwChargebackRow taken;		/* the chargeback */
} DwCase;

/*
 * Books what is told of a case that is found and locked, writes it, and tells
 * everybody; event.transaction_id is the booking's.
 */
extern void dw_case_apply(DwCase *of);

#endif							/* DW_DISPUTE_API_INT_H */
