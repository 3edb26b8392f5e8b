/*
 * ledger.c
 *		The words of the ledger, the ids of transactions, how far entries may
 *		be rolled up, and exchange.
 */
#include "core/base/base.h"
#include "core/ledger/ledger.h"

/* 1970-01-01 to 2000-01-01. */
#define EPOCH_DIFFERENCE	(INT64_C(10957) * 86400 * 1000000)

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
	[DW_ACCOUNT_CHARGEBACK_CLEARING] = "chargeback_clearing",
	[DW_ACCOUNT_SUSPENSE] = "suspense",
	[DW_ACCOUNT_REFUND_PENDING] = "refund_pending",
	[DW_ACCOUNT_BANK] = "bank",
	[DW_ACCOUNT_PROVIDER_RESERVE] = "provider_reserve"
};

DW_LABELS(account_kind, DwAccountKind, account_kind_labels);

bool
dw_account_kind_may_owe(DwAccountKind value)
{
	return value == DW_ACCOUNT_PSP_CLEARING ||
		value == DW_ACCOUNT_PROVIDER_RECEIVABLE ||
		value == DW_ACCOUNT_PLATFORM_LOSS ||
		value == DW_ACCOUNT_FX_LIQUIDITY ||
		value == DW_ACCOUNT_ROUNDING ||
		value == DW_ACCOUNT_CHARGEBACK_CLEARING ||
		value == DW_ACCOUNT_PSP_FEE ||
		value == DW_ACCOUNT_PLATFORM_FEE ||
	/* of a release that is undone after its tax was paid over */
		value == DW_ACCOUNT_TAX_PAYABLE ||
		value == DW_ACCOUNT_BANK;
}

static const char *const transaction_type_labels[] = {
	[DW_TRANSACTION_PAYMENT] = "payment",
	[DW_TRANSACTION_REFUND] = "refund",
	[DW_TRANSACTION_DISPUTE] = "dispute",
	[DW_TRANSACTION_FEE] = "fee",
	[DW_TRANSACTION_RELEASE] = "release",
	[DW_TRANSACTION_CHARGEBACK] = "chargeback",
	[DW_TRANSACTION_PAYOUT] = "payout",
	[DW_TRANSACTION_REVERSAL] = "reversal",
	[DW_TRANSACTION_RECEIPT] = "receipt",
	[DW_TRANSACTION_REFUND_PAYMENT] = "refund_payment",
	[DW_TRANSACTION_REFUND_RETURN] = "refund_return",
	[DW_TRANSACTION_PSP_FEE] = "psp_fee",
	[DW_TRANSACTION_SETTLEMENT] = "settlement",
	[DW_TRANSACTION_BANK_FEE] = "bank_fee",
	[DW_TRANSACTION_WITHDRAWAL] = "withdrawal",
	[DW_TRANSACTION_ADJUSTMENT] = "adjustment",
	[DW_TRANSACTION_TIP] = "tip",
	[DW_TRANSACTION_REPAYMENT] = "repayment",
	[DW_TRANSACTION_WRITE_OFF] = "write_off",
	[DW_TRANSACTION_RESERVE] = "reserve",
	[DW_TRANSACTION_JOURNAL] = "journal",
	[DW_TRANSACTION_TIP_PAYMENT] = "tip_payment",
	[DW_TRANSACTION_CANCELLATION] = "cancellation"
};

static const char *const transaction_status_labels[] = {
	[DW_TRANSACTION_PENDING] = "pending",
	[DW_TRANSACTION_COMPLETED] = "completed",
	[DW_TRANSACTION_FAILED] = "failed",
	[DW_TRANSACTION_CANCELLED] = "cancelled",
	[DW_TRANSACTION_DISPUTED] = "disputed"
};

DW_LABELS(transaction_type, DwTransactionType, transaction_type_labels);
DW_LABELS(transaction_status, DwTransactionStatus,
		  transaction_status_labels);

static const char *const rollup_obstacle_labels[] = {
	[DW_ROLLUP_CLEAR] = "",
	[DW_ROLLUP_SNAPSHOT] = "snapshot",
	[DW_ROLLUP_BUSY] = "rollup_balances",
	[DW_ROLLUP_SESSION] = "transaction",
	[DW_ROLLUP_PREPARED] = "prepared_transaction"
};

DW_LABELS(rollup_obstacle, DwRollupObstacle, rollup_obstacle_labels);

void
dw_rollup_begin(DwRollup *rollup, int64_t now, int64_t margin)
{
	/* the clock is read first of all: what comes later can only lower it */
	rollup->bound = now;
	rollup->margin = margin;
	rollup->obstacle = DW_ROLLUP_CLEAR;
}

void
dw_rollup_meet(DwRollup *rollup, int64_t started)
{
	if (started < rollup->bound)
		rollup->bound = started;
}

void
dw_rollup_stop(DwRollup *rollup, DwRollupObstacle obstacle)
{
	if (rollup->obstacle == DW_ROLLUP_CLEAR)
		rollup->obstacle = obstacle;
}

int64_t
dw_rollup_time(const DwRollup *rollup)
{
	return rollup->bound - rollup->margin;
}

DwUuid
dw_rollup_below(const DwUuid *id)
{
	DwUuid		below = *id;
	int			i = (int) sizeof(below.bytes) - 1;

	/* the next smaller number of 128 bits, in network order: borrow */
	while (i > 0 && below.bytes[i] == 0)
		below.bytes[i--] = 0xff;
	below.bytes[i]--;
	return below;
}

DwUuid
dw_transaction_id_next(const DwUuid *last, const DwUuid *fresh)
{
	DwUuid		next = *last;
	int			i = (int) sizeof(next.bytes) - 1;

	/*
	 * The next id of 128 bits, where a clock that stepped back has made a
	 * fresh one that does not rise.
	 */
	if (dw_uuid_compare(fresh, last) > 0)
		return *fresh;
	while (i > 0 && next.bytes[i] == 0xff)
		next.bytes[i--] = 0;
	next.bytes[i]++;
	return next;
}

DwUuid
dw_rollup_watermark(int64_t time)
{
	static const uint8_t zeros[8];
	uint64_t	unix_us = (uint64_t) (time + EPOCH_DIFFERENCE);
	uint16_t	steps = (uint16_t) (unix_us % 1000 * 4096 / 1000);
	DwUuid		least = dw_uuid_v7(unix_us / 1000, steps, zeros);

	return dw_rollup_below(&least);
}

DwResult
dw_fx_convert(int64_t amount, const DwFxRate *rate, int64_t unit,
			  DwFxTrade *trade)
{
	DwWide		bought;
	DwWide		cost;

	if (amount < 0 || rate->numerator <= 0 || rate->denominator <= 0)
		return DW_BAD_VALUE;
	/* rounded down: the exchange never gives out more than it was given */
	bought = (DwWide) amount * rate->numerator / rate->denominator;
	bought -= bought % unit;
	if (bought > INT64_MAX)
		return DW_OVERFLOW;

	/* rounded up, and yet at most the amount, for that buys as much */
	cost = bought * rate->denominator;
	trade->bought = (int64_t) bought;
	trade->used = (int64_t) ((cost + rate->numerator - 1) / rate->numerator);
	trade->remainder = amount - trade->used;
	return DW_OK;
}
