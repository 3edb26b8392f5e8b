/*
 * ledger.c
 *		The words of the ledger: kinds of account.
 */
#include "core/ledger/ledger.h"

#include "core/base/base.h"

static const char *const account_kind_labels[] = {
	[DW_ACCOUNT_PSP_CLEARING] = "psp_clearing",
	[DW_ACCOUNT_PROVIDER_AVAILABLE] = "provider_available",
	[DW_ACCOUNT_PROVIDER_RECEIVABLE] = "provider_receivable",
	[DW_ACCOUNT_PLATFORM_FEE] = "platform_fee",
	[DW_ACCOUNT_TAX_PAYABLE] = "tax_payable",
	[DW_ACCOUNT_PSP_FEE] = "psp_fee",
	[DW_ACCOUNT_PLATFORM_LOSS] = "platform_loss",
	[DW_ACCOUNT_ROUNDING] = "rounding",
	[DW_ACCOUNT_FX_LIQUIDITY] = "fx_liquidity",
	[DW_ACCOUNT_CHARGEBACK_CLEARING] = "chargeback_clearing"
};

/* Definitions of the label and parse functions that ledger.h promises. */
DW_LABELS(account_kind, DwAccountKind, account_kind_labels);

bool
dw_account_kind_may_owe(DwAccountKind value)
{
	return value == DW_ACCOUNT_PSP_CLEARING ||
		value == DW_ACCOUNT_PROVIDER_RECEIVABLE ||
		value == DW_ACCOUNT_PLATFORM_LOSS ||
		value == DW_ACCOUNT_FX_LIQUIDITY ||
		value == DW_ACCOUNT_ROUNDING ||
		value == DW_ACCOUNT_CHARGEBACK_CLEARING;
}
