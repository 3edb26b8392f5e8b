/*
 * ledger.c
 *		The words of the ledger, what each event of money books, the ids of
 *		transactions, how far entries may be rolled up, and exchange.
 *
 * Every leg of the ledger is decided here.  An event whose other legs are
 * given closes with one leg that balances them, so that it cannot but sum to
 * zero; where all legs are given (a payout) dw_posting_is_valid() has the
 * last word, as it has on everything before it is booked.
 */
#include "core/base/base.h"
#include "core/ledger/ledger.h"

#include <string.h>

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
	[DW_ACCOUNT_CHARGEBACK_CLEARING] = "chargeback_clearing"
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
		value == DW_ACCOUNT_CHARGEBACK_CLEARING;
}

static const char *const transaction_type_labels[] = {
	[DW_TRANSACTION_PAYMENT] = "payment",
	[DW_TRANSACTION_REFUND] = "refund",
	[DW_TRANSACTION_DISPUTE] = "dispute",
	[DW_TRANSACTION_FEE] = "fee",
	[DW_TRANSACTION_RELEASE] = "release",
	[DW_TRANSACTION_CHARGEBACK] = "chargeback",
	[DW_TRANSACTION_PAYOUT] = "payout",
	[DW_TRANSACTION_REVERSAL] = "reversal"
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
dw_fx_convert(int64_t amount, const DwFxRate *rate, DwFxTrade *trade)
{
	DwWide		bought;
	DwWide		cost;

	if (amount < 0 || rate->numerator <= 0 || rate->denominator <= 0)
		return DW_BAD_VALUE;
	/* rounded down: the exchange never gives out more than it was given */
	bought = (DwWide) amount * rate->numerator / rate->denominator;
	if (bought > INT64_MAX)
		return DW_OVERFLOW;

	/* rounded up, and yet at most the amount, for that buys as much */
	cost = bought * rate->denominator;
	trade->bought = (int64_t) bought;
	trade->used = (int64_t) ((cost + rate->numerator - 1) / rate->numerator);
	trade->remainder = amount - trade->used;
	return DW_OK;
}

#define KIND(kind)	(1u << DW_ACCOUNT_##kind)

/* Whom an event may take from, and whom it may give to. */
typedef struct DwPostingRule
{
	uint32_t	gives;			/* kinds with legs below zero */
	uint32_t	gains;			/* kinds with legs above zero */
} DwPostingRule;

/* Released money, and what a provider has: netting may go both ways. */
#define EARNINGS	(KIND(PROVIDER_AVAILABLE) | KIND(PLATFORM_FEE) | \
					 KIND(TAX_PAYABLE))
#define BALANCE		(KIND(PROVIDER_AVAILABLE) | KIND(PROVIDER_RECEIVABLE))
#define TAKEN_FROM	(KIND(ESCROW) | KIND(PROVIDER_RECEIVABLE) | \
					 KIND(PLATFORM_LOSS))
#define ANYTHING	(~0u)

/*
 * A leg outside its event's rule is never booked, whatever has computed it:
 * a mistake in an amount may misplace money between the parties of an event,
 * but cannot reach an account that the event has nothing to do with.
 */
static const DwPostingRule posting_rules[DW_POSTING_EVENT_COUNT] = {
	[DW_POSTING_STORED] = {ANYTHING, ANYTHING},
	[DW_POSTING_PAYMENT] = {KIND(PSP_CLEARING), KIND(ESCROW)},
	[DW_POSTING_LATE_PAYMENT] = {KIND(PSP_CLEARING), KIND(PSP_CLEARING)},
	[DW_POSTING_RELEASE] = {KIND(ESCROW), EARNINGS},
	[DW_POSTING_REFUND] = {KIND(ESCROW), KIND(PSP_CLEARING)},
	[DW_POSTING_SETTLEMENT] = {KIND(ESCROW), EARNINGS | KIND(PSP_CLEARING)},
	[DW_POSTING_CHARGEBACK_OPENED] = {TAKEN_FROM, KIND(CHARGEBACK_CLEARING)},
	[DW_POSTING_CHARGEBACK_WON] = {KIND(CHARGEBACK_CLEARING), TAKEN_FROM},
	[DW_POSTING_CHARGEBACK_LOST] = {KIND(CHARGEBACK_CLEARING),
	KIND(PSP_CLEARING)},
	[DW_POSTING_REVERSAL] = {KIND(PROVIDER_RECEIVABLE) | KIND(PLATFORM_FEE) |
	KIND(TAX_PAYABLE) | KIND(PSP_CLEARING), KIND(ESCROW)},
	[DW_POSTING_PAYOUT] = {BALANCE, BALANCE | KIND(PSP_CLEARING)},
	[DW_POSTING_EXCHANGE] = {BALANCE, BALANCE | KIND(FX_LIQUIDITY) |
	KIND(ROUNDING)},
	[DW_POSTING_EXCHANGED_PAYOUT] = {KIND(FX_LIQUIDITY), KIND(PSP_CLEARING)},
	[DW_POSTING_PAYOUT_RETURNED] = {BALANCE | KIND(PSP_CLEARING) |
	KIND(FX_LIQUIDITY) | KIND(ROUNDING), BALANCE | KIND(FX_LIQUIDITY)}
};

bool
dw_posting_may(DwPostingEvent event, DwAccountKind kind, int64_t amount)
{
	const DwPostingRule *rule = &posting_rules[event];

	return ((amount < 0 ? rule->gives : rule->gains) & (1u << kind)) != 0;
}

bool
dw_posting_is_valid(const DwPosting *posting)
{
	DwWide		sum = 0;

	if (posting->result != DW_OK || posting->count < 2)
		return false;
	for (int i = 0; i < posting->count; i++)
	{
		const DwLeg *leg = &posting->legs[i];

		if (leg->amount == 0 ||
			strcmp(leg->account.currency, posting->currency) != 0 ||
			!dw_posting_may(posting->event, leg->account.kind, leg->amount))
			return false;
		sum += leg->amount;
	}
	return sum == 0;
}

/* An event with no legs yet. */
static void
begin(DwPosting *posting, DwPostingEvent event, const char *currency)
{
	posting->event = event;
	posting->result = DW_OK;
	posting->currency = currency;
	posting->count = 0;
}

/* It cannot be booked; the first reason stays. */
static void
fail(DwPosting *posting, DwResult result)
{
	if (posting->result == DW_OK)
		posting->result = result;
	posting->count = 0;
}

/* Adds a leg of whatever sign, unless it moves nothing. */
static void
add_leg(DwPosting *posting, DwAccount account, int64_t amount)
{
	if (posting->result != DW_OK || amount == 0)
		return;
	if (posting->count == DW_LEGS_MAX)
	{
		fail(posting, DW_OVERFLOW);
		return;
	}
	posting->legs[posting->count].account = account;
	posting->legs[posting->count].amount = amount;
	posting->count++;
}

/* The account gains an amount. */
static void
gain(DwPosting *posting, DwAccount account, int64_t amount)
{
	if (amount < 0)
		fail(posting, DW_BAD_VALUE);
	else
		add_leg(posting, account, amount);
}

/* The account gives an amount. */
static void
give(DwPosting *posting, DwAccount account, int64_t amount)
{
	if (amount < 0)
		fail(posting, DW_BAD_VALUE);
	else
		add_leg(posting, account, -amount);
}

/* An account of the platform's, or of a company's. */
static DwAccount
platform(DwAccountKind kind, const char *currency, const char *psp)
{
	return (DwAccount)
	{
		.kind = kind,.currency = currency,.psp = psp
	};
}

/* An account of a user's, or a job's escrow. */
static DwAccount
owned(DwAccountKind kind, const DwUuid *owner_id, const char *currency)
{
	return (DwAccount)
	{
		.owner_id = *owner_id,.kind = kind,.currency = currency,.psp = ""
	};
}

/* The company's clearing account. */
static DwAccount
clearing(const char *currency, const char *psp)
{
	return platform(DW_ACCOUNT_PSP_CLEARING, currency, psp);
}

/* The job's own account. */
static DwAccount
escrow(const DwParties *parties)
{
	return owned(DW_ACCOUNT_ESCROW, &parties->job_id, parties->currency);
}

/* What all legs of an event must come to, or 0 when it cannot be booked. */
static int64_t
total(DwPosting *posting, const int64_t *amounts, int count, int64_t sum)
{
	for (int i = 0; i < count; i++)
	{
		if (amounts[i] < 0)
			fail(posting, DW_BAD_VALUE);
		else if (dw_money_add(sum, amounts[i], &sum) != DW_OK)
			fail(posting, DW_OVERFLOW);
		if (posting->result != DW_OK)
			return 0;
	}
	return sum;
}

/* An event that moves nothing is none. */
static void
end(DwPosting *posting)
{
	if (posting->result == DW_OK && posting->count == 0)
		fail(posting, DW_BAD_VALUE);
}

void
dw_posting_payment(DwPosting *posting, const DwParties *parties,
				   const char *psp, int64_t amount)
{
	begin(posting, DW_POSTING_PAYMENT, parties->currency);
	give(posting, clearing(parties->currency, psp), amount);
	gain(posting, escrow(parties), amount);
	end(posting);
}

void
dw_posting_late_payment(DwPosting *posting, const char *currency,
						const char *psp, int64_t amount)
{
	/*
	 * The escrow takes no more, so the money only passes through: both legs
	 * are on the company's account and leave its balance as it was.
	 */
	begin(posting, DW_POSTING_LATE_PAYMENT, currency);
	give(posting, clearing(currency, psp), amount);
	gain(posting, clearing(currency, psp), amount);
	end(posting);
}

/* Fee, tax and what is left of them go where they belong. */
static void
gain_earnings(DwPosting *posting, const DwParties *parties,
			  const DwEarnings *earnings)
{
	const char *currency = parties->currency;

	gain(posting, owned(DW_ACCOUNT_PROVIDER_AVAILABLE, &parties->provider_id,
						currency), earnings->payout);
	gain(posting, platform(DW_ACCOUNT_PLATFORM_FEE, currency, ""),
		 earnings->fee);
	gain(posting, platform(DW_ACCOUNT_TAX_PAYABLE, currency, ""),
		 earnings->tax);
}

/* True when a part before this one went through the same company. */
static bool
psp_was_seen(const DwGivenBack *parts, int part)
{
	for (int i = 0; i < part; i++)
		if (strcmp(parts[i].psp, parts[part].psp) == 0)
			return true;
	return false;
}

/*
 * Each company gets back what came through it.  The sums are parts of what
 * total() has checked.
 */
static void
gain_clearings(DwPosting *posting, const char *currency,
			   const DwGivenBack *parts, int count)
{
	for (int i = 0; i < count && posting->result == DW_OK; i++)
	{
		int64_t		sum = 0;

		if (psp_was_seen(parts, i))
			continue;
		for (int j = i; j < count; j++)
			if (strcmp(parts[j].psp, parts[i].psp) == 0)
				sum += parts[j].amount;
		gain(posting, clearing(currency, parts[i].psp), sum);
	}
}

/* The sum of what goes back, added to what else leaves. */
static int64_t
total_parts(DwPosting *posting, const DwGivenBack *parts, int count,
			int64_t sum)
{
	for (int i = 0; i < count; i++)
		sum = total(posting, &parts[i].amount, 1, sum);
	return sum;
}

void
dw_posting_settlement(DwPosting *posting, const DwParties *parties,
					  const DwEarnings *earnings, const DwGivenBack *parts,
					  int count)
{
	const int64_t shares[] = {earnings->payout, earnings->fee, earnings->tax};
	int64_t		sum;

	begin(posting, DW_POSTING_SETTLEMENT, parties->currency);
	sum = total(posting, shares, DW_LENGTH(shares), 0);
	sum = total_parts(posting, parts, count, sum);
	give(posting, escrow(parties), sum);
	gain_earnings(posting, parties, earnings);
	gain_clearings(posting, parties->currency, parts, count);
	end(posting);
}

void
dw_posting_release(DwPosting *posting, const DwParties *parties,
				   const DwEarnings *earnings)
{
	dw_posting_settlement(posting, parties, earnings, NULL, 0);
	posting->event = DW_POSTING_RELEASE;
}

/* True when one company brought both; of a damaged row it may be NULL. */
static bool
is_of_same_company(const DwPaidIn *a, const DwPaidIn *b)
{
	if (a->psp == NULL || b->psp == NULL)
		return a->psp == b->psp;
	return strcmp(a->psp, b->psp) == 0;
}

/* What is still there of a payment: its company's later ones have first. */
static int64_t
paid_in_left(const DwPaidIn *payments, int count, int i)
{
	int64_t		left = payments[i].room;

	for (int k = i + 1; k < count && left > 0; k++)
		if (payments[k].amount > 0 &&
			is_of_same_company(&payments[k], &payments[i]))
			left -= payments[k].amount;
	if (left > payments[i].amount)
		left = payments[i].amount;
	return left > 0 ? left : 0;
}

int64_t
dw_refund_spread(DwPaidIn *payments, int count, int64_t amount)
{
	for (int i = 0; i < count; i++)
	{
		int64_t		left = paid_in_left(payments, count, i);

		if (i + 1 == count || left > amount)
			left = amount;
		payments[i].back = left;
		amount -= left;
	}
	return amount;
}

void
dw_posting_refund(DwPosting *posting, const DwParties *parties,
				  const DwGivenBack *parts, int count)
{
	static const DwEarnings nothing;

	dw_posting_settlement(posting, parties, &nothing, parts, count);
	posting->event = DW_POSTING_REFUND;
}

void
dw_posting_chargeback_open(DwPosting *posting, const DwParties *parties,
						   const DwTakenBack *taken)
{
	const int64_t shares[] = {taken->held, taken->clawed_back, taken->loss};
	const char *currency = parties->currency;
	int64_t		sum;

	begin(posting, DW_POSTING_CHARGEBACK_OPENED, currency);
	sum = total(posting, shares, DW_LENGTH(shares), 0);
	give(posting, escrow(parties), taken->held);
	give(posting, owned(DW_ACCOUNT_PROVIDER_RECEIVABLE,
						&parties->provider_id, currency), taken->clawed_back);
	give(posting, platform(DW_ACCOUNT_PLATFORM_LOSS, currency, ""),
		 taken->loss);
	gain(posting, platform(DW_ACCOUNT_CHARGEBACK_CLEARING, currency,
						   taken->psp), sum);
	end(posting);
}

/* Turns the signs of all legs.  None is INT64_MIN: each mirrors a gain. */
static void
mirror(DwPosting *posting)
{
	for (int i = 0; i < posting->count; i++)
	{
		if (posting->legs[i].amount == INT64_MIN)
		{
			fail(posting, DW_OVERFLOW);
			return;
		}
		posting->legs[i].amount = -posting->legs[i].amount;
	}
}

void
dw_posting_chargeback_won(DwPosting *posting, const DwParties *parties,
						  const DwTakenBack *taken)
{
	dw_posting_chargeback_open(posting, parties, taken);
	posting->event = DW_POSTING_CHARGEBACK_WON;
	mirror(posting);
}

void
dw_posting_chargeback_lost(DwPosting *posting, const DwParties *parties,
						   const DwTakenBack *taken)
{
	const int64_t shares[] = {taken->held, taken->clawed_back, taken->loss};
	const char *currency = parties->currency;
	int64_t		sum;

	begin(posting, DW_POSTING_CHARGEBACK_LOST, currency);
	sum = total(posting, shares, DW_LENGTH(shares), 0);
	give(posting, platform(DW_ACCOUNT_CHARGEBACK_CLEARING, currency,
						   taken->psp), sum);
	gain(posting, clearing(currency, taken->psp), sum);
	end(posting);
}

void
dw_posting_reversal(DwPosting *posting, const DwPosting *original,
					const int64_t *parts)
{
	DwAccount	receivable = {.kind = DW_ACCOUNT_PROVIDER_RECEIVABLE};
	DwAccount	held = {.kind = DW_ACCOUNT_ESCROW};
	int64_t		owed = 0;
	int64_t		sum = 0;
	int			part = 0;

	begin(posting, DW_POSTING_REVERSAL, original->currency);
	for (int i = 0; i < original->count; i++)
	{
		const DwLeg *leg = &original->legs[i];

		if (leg->account.kind == DW_ACCOUNT_ESCROW)
			held = leg->account;
		if (leg->amount <= 0 || leg->account.kind == DW_ACCOUNT_ESCROW)
			continue;
		sum = total(posting, &parts[part], 1, sum);

		/*
		 * The provider may have been paid out since: what they got becomes
		 * what they owe, and is netted with what they earn next.
		 */
		if (leg->account.kind == DW_ACCOUNT_PROVIDER_AVAILABLE)
		{
			receivable.owner_id = leg->account.owner_id;
			receivable.currency = leg->account.currency;
			receivable.psp = "";
			owed += parts[part];
		}
		else
			give(posting, leg->account, parts[part]);
		part++;
	}
	if (held.currency == NULL)
		fail(posting, DW_BAD_VALUE);	/* not out of an escrow */
	give(posting, receivable, owed);
	gain(posting, held, sum);
	end(posting);
}

int
dw_posting_payout(DwPosting postings[2], const DwPaid *paid)
{
	const bool	is_exchange = strcmp(paid->currency, paid->paid_currency) != 0;
	const char *from = paid->currency;
	const char *to = paid->paid_currency;
	DwPosting  *last = &postings[is_exchange ? 1 : 0];
	int64_t		sum = 0;

	/*
	 * A transaction is in one currency, so an exchange takes two: the first
	 * sells into the platform's liquidity, the second pays out of it.
	 */
	begin(&postings[0], is_exchange ? DW_POSTING_EXCHANGE : DW_POSTING_PAYOUT,
		  from);
	add_leg(&postings[0], owned(DW_ACCOUNT_PROVIDER_AVAILABLE,
								&paid->provider_id, from), paid->available);
	add_leg(&postings[0], owned(DW_ACCOUNT_PROVIDER_RECEIVABLE,
								&paid->provider_id, from), paid->receivable);
	if (is_exchange)
	{
		if (dw_money_add(paid->available, paid->receivable, &sum) != DW_OK ||
			dw_money_add(sum, paid->remainder, &sum) != DW_OK ||
			dw_money_subtract(0, sum, &sum) != DW_OK)
			fail(&postings[0], DW_OVERFLOW);
		gain(&postings[0], platform(DW_ACCOUNT_FX_LIQUIDITY, from, ""), sum);
		gain(&postings[0], platform(DW_ACCOUNT_ROUNDING, from, ""),
			 paid->remainder);
		end(&postings[0]);
		begin(last, DW_POSTING_EXCHANGED_PAYOUT, to);
		give(last, platform(DW_ACCOUNT_FX_LIQUIDITY, to, ""),
			 paid->paid_amount);
	}
	gain(last, clearing(to, paid->psp), paid->paid_amount);
	end(last);
	return is_exchange ? 2 : 1;
}

void
dw_posting_payout_returned(DwPosting *posting, const DwPosting *original)
{
	*posting = *original;
	posting->event = DW_POSTING_PAYOUT_RETURNED;
	mirror(posting);
	end(posting);
}
