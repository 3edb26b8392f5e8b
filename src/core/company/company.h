/*
 * company.h
 *		What a payment company or a bank does with the platform's own money.
 */
#ifndef DW_COMPANY_H
#define DW_COMPANY_H

#include <stdint.h>

#include "core/ledger/ledger.h"
#include "core/posting/posting.h"

/*
 * Facts that belong to no job and no user: a company keeps its fee, pays
 * what it holds into the platform's bank account, a bank takes a fee.  All
 * amounts are minor units; one below zero is the same the other way: a fee
 * that is given back, a settlement that the company collects.
 */
typedef enum DwCompanyFact
{
	DW_COMPANY_FEE,				/* a company keeps its fee */
	DW_COMPANY_SETTLEMENT,		/* it pays the platform's bank */
	DW_COMPANY_BANK_FEE,		/* the bank takes its fee */
	DW_COMPANY_ADJUSTMENT,		/* a company corrects its account, in favour
								 * of the platform */
	DW_COMPANY_WITHDRAWAL,		/* the platform takes what it earned */
	DW_COMPANY_FACT_COUNT
} DwCompanyFact;

/* What each is called where events are kept. */
DW_LABELS_OF(company_fact, DwCompanyFact);

/* The type of its transaction. */
extern DwTransactionType dw_company_type(DwCompanyFact fact);

/*
 * What it books.  psp is the company or bank that tells it, which must
 * outlive the posting.  DW_BAD_VALUE: an amount of 0; DW_OVERFLOW: one whose
 * opposite does not fit.
 */
extern void dw_company_posting(DwPosting *posting, DwCompanyFact fact,
							   const char *psp, const char *currency,
							   int64_t amount);

#endif							/* DW_COMPANY_H */
