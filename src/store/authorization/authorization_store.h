/*
 * authorization_store.h
 *		What payment companies may still take of homeowners' cards.
 */
#ifndef DW_AUTHORIZATION_STORE_H
#define DW_AUTHORIZATION_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/authorization/authorization.h"
#include "core/base/base.h"
#include "store/escrow/escrow_store.h"

/*
 * Rows of dwello.authorizations: what is authorised is no money yet, and in
 * no ledger.  The caller has locked the job, whose rows they are.
 */

#define DW_AUTHORIZATION_CONFIRMED "authorization_confirmed"

/* An authorization as its row has it. */
typedef struct DwAuthorization
{
	DwUuid		job_id;			/* key, with the next */
	DwUuid		id;				/* unique within the job */
	DwUuid		homeowner_id;	/* of the job: whose card it is */
	DwUuid		provider_id;	/* who has the award */
	const DwUuid *payment_method_id;	/* or NULL */
	const char *psp;			/* payment company */
	const char *psp_reference;	/* its name for it, or NULL */
	int64		amount;			/* minor units, > 0 */
	int64		captured;		/* of it, 0 to all */
	const char *currency;		/* ISO 4217 */
	DwAuthorizationStatus status;	/* what became of it */
	DwUuid		transaction_id; /* the payment that it answers; nil = none */
	DwUuid		payment_id;		/* last capture asked for; nil = none */
	bool		is_last;		/* then the rest is voided */
	TimestampTz expires_at;		/* by the company */
	TimestampTz due_at;			/* when somebody is told next, while open */
	TimestampTz occurred_at;	/* by the company's clock, or DT_NOBEGIN */
	TimestampTz created_at;		/* when it was told */
	TimestampTz closed_at;		/* DT_NOBEGIN while it is open */
	int32		version;		/* counted by dw_authorization_save() */
} DwAuthorization;

/* Writes a new one; writes what became of one. */
extern void dw_authorization_insert(const DwAuthorization *authorization);
extern void dw_authorization_save(DwAuthorization *authorization);

/*
 * Reads the one of a job with this id, or, for NULL, of those that can be
 * captured the one that expires first.  False: there is none.
 */
extern bool dw_authorization_find(const DwUuid *job_id, const DwUuid *id,
								  DwAuthorization *authorization);

/*
 * The open one that money belongs to: of this payment, asked for first or to
 * be captured (NULL: unknown), or by the company's name for it.  False: none.
 */
extern bool dw_authorization_find_for(const DwUuid *job_id,
									  const DwUuid *payment_id,
									  const char *psp,
									  const char *psp_reference,
									  DwAuthorization *authorization);

/* Takes what has arrived of an open one, and closes what is complete. */
extern void dw_authorization_take(DwAuthorization *authorization,
								  int64 amount);

/* Emits what became of one. */
extern void dw_authorization_emit(const DwEscrowRow *row,
								  const DwAuthorization *authorization,
								  const char *type);

/* Voids one, or all that are open of a job: tells their workers. */
extern void dw_authorization_void(const DwEscrowRow *row,
								  DwAuthorization *authorization);
extern void dw_authorizations_void(const DwEscrowRow *row);

/*
 * Tells of those of a job that are over, which ends them, or will be soon;
 * how many.
 */
extern int	dw_authorizations_pass(const DwEscrowRow *row);

/* Claims the jobs of at most max_rows that are due, as dw_due_claim(). */
extern DwUuid *dw_authorizations_claim_due(int max_rows, int *count);

#endif							/* DW_AUTHORIZATION_STORE_H */
