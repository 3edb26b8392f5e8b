/*
 * ledger.h
 *		The words of the ledger: kinds of account.
 *
 * An escrow is an account of its own (its id is the job's) and has no kind.
 */
#ifndef DW_LEDGER_H
#define DW_LEDGER_H

#include <stdbool.h>

/* Type ledger_account_kind. */
typedef enum DwAccountKind
{
	DW_ACCOUNT_PSP_CLEARING,	/* what a payment company holds for us, < 0 */
	DW_ACCOUNT_PROVIDER_AVAILABLE,	/* what a provider can be paid out */
	DW_ACCOUNT_PROVIDER_RECEIVABLE, /* what he owes after a chargeback, < 0 */
	DW_ACCOUNT_PLATFORM_FEE,	/* fees earned */
	DW_ACCOUNT_TAX_PAYABLE,		/* tax on fees, owed to the state */
	DW_ACCOUNT_PSP_FEE,			/* what payment companies keep */
	DW_ACCOUNT_PLATFORM_LOSS,	/* what nobody else bears, < 0 */
	DW_ACCOUNT_ROUNDING,		/* remainders of conversions */
	DW_ACCOUNT_FX_LIQUIDITY,	/* the two halves of conversions */
	DW_ACCOUNT_CHARGEBACK_CLEARING, /* taken by banks, not yet decided */
	DW_ACCOUNT_KIND_COUNT
} DwAccountKind;

extern const char *dw_account_kind_label(DwAccountKind value);
extern bool dw_account_kind_parse(const char *text, DwAccountKind *value);

/* True when the balance of such an account may be below zero (I5). */
extern bool dw_account_kind_may_owe(DwAccountKind value);

#endif							/* DW_LEDGER_H */
