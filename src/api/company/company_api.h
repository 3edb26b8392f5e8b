/*
 * company_api.h
 *		What the commands on companies' facts have in common.
 */
#ifndef DW_COMPANY_API_H
#define DW_COMPANY_API_H

#include "core/company/company.h"
#include "server/call/call_server.h"

/* A fact that belongs to no job and no user. */
typedef struct DwCompanyEvent
{
	DwCompanyFact fact;			/* what happened */
	DwUuid		scope_id;		/* its own, of dw_fact_id() */
	const char *psp;			/* company or bank; NULL for the platform */
	const char *event_id;		/* its name for the event */
	const char *psp_reference;	/* what it is about, or NULL */
	const char *currency;		/* ISO 4217 */
	int64		amount;			/* minor units; below zero: the other way */
	TimestampTz occurred_at;	/* by who told of it, or DT_NOBEGIN */
} DwCompanyEvent;

/*
 * Books a fact; the transaction's id.  The caller has made the accounts
 * (dw_postings_ensure) and then locked the fact's scope, in this order.
 */
extern DwUuid dw_company_book(DwCall *call, const DwCompanyEvent *fact,
							  const DwPosting *posting);

#endif							/* DW_COMPANY_API_H */
