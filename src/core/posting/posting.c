/*
 * posting.c
 *		What each event of money books: its legs, and who may be touched.
 *
 * Every leg of the ledger is decided here.  An event whose other legs are
 * given closes with one leg that balances them, so that it cannot but sum to
 * zero; where all legs are given (a payout) dw_posting_is_valid() has the
 * last word, as it has on everything before it is booked.
 */
#include "core/posting/posting.h"

#include <string.h>

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
#define RELEASED	(EARNINGS | KIND(PROVIDER_RESERVE))
#define BALANCE		(KIND(PROVIDER_AVAILABLE) | KIND(PROVIDER_RECEIVABLE))
#define TAKEN_FROM	(KIND(ESCROW) | KIND(PROVIDER_RECEIVABLE) | \
					 KIND(PLATFORM_LOSS))
#define GIVEN_BACK	(KIND(REFUND_PENDING) | KIND(PLATFORM_LOSS))
#define ANYTHING	(~0u)

/*
 * What no other row keeps a sum of, but for a receipt's: companies tell what
 * they hold and what they were asked to send back, chargebacks what banks
 * took, and reserves what is kept back.
 */
#define ACCOUNTANTS	(BALANCE | KIND(PLATFORM_FEE) | KIND(TAX_PAYABLE) | \
					 KIND(PSP_FEE) | KIND(PLATFORM_LOSS) | KIND(ROUNDING) | \
					 KIND(FX_LIQUIDITY) | KIND(SUSPENSE) | KIND(BANK))

/*
 * A leg outside its event's rule is never booked, whatever has computed it:
 * a mistake in an amount may misplace money between the parties of an event,
 * but cannot reach an account that the event has nothing to do with.
 */
static const DwPostingRule posting_rules[DW_POSTING_EVENT_COUNT] = {
	[DW_POSTING_STORED] = {ANYTHING, ANYTHING},
	[DW_POSTING_PAYMENT] = {KIND(PSP_CLEARING) | KIND(PLATFORM_LOSS),
	KIND(ESCROW)},
	[DW_POSTING_RELEASE] = {KIND(ESCROW), RELEASED},
	[DW_POSTING_REFUND] = {KIND(ESCROW), GIVEN_BACK},
	[DW_POSTING_SETTLEMENT] = {KIND(ESCROW), RELEASED | GIVEN_BACK},
	[DW_POSTING_CHARGEBACK_OPENED] = {TAKEN_FROM, KIND(CHARGEBACK_CLEARING)},
	[DW_POSTING_CHARGEBACK_WON] = {KIND(CHARGEBACK_CLEARING) |
	KIND(PSP_CLEARING), TAKEN_FROM},
	[DW_POSTING_CHARGEBACK_LOST] = {KIND(CHARGEBACK_CLEARING),
	KIND(PSP_CLEARING)},
	[DW_POSTING_CHARGEBACK_COVERED] = {KIND(SUSPENSE) | KIND(PLATFORM_LOSS),
	KIND(SUSPENSE) | KIND(PLATFORM_LOSS)},
	[DW_POSTING_REVERSAL] = {KIND(PROVIDER_RECEIVABLE) | KIND(PLATFORM_FEE) |
	KIND(TAX_PAYABLE) | GIVEN_BACK, KIND(ESCROW)},
	[DW_POSTING_TAKEN_BACK] = {BALANCE | KIND(PLATFORM_FEE) |
	KIND(TAX_PAYABLE) | KIND(PLATFORM_LOSS), KIND(ESCROW)},
	[DW_POSTING_PAYOUT] = {BALANCE, BALANCE | KIND(PSP_CLEARING)},
	[DW_POSTING_EXCHANGE] = {BALANCE, BALANCE | KIND(FX_LIQUIDITY) |
	KIND(ROUNDING)},
	[DW_POSTING_EXCHANGED_PAYOUT] = {KIND(FX_LIQUIDITY), KIND(PSP_CLEARING)},
	[DW_POSTING_PAYOUT_RETURNED] = {BALANCE | KIND(PSP_CLEARING) |
	KIND(FX_LIQUIDITY) | KIND(ROUNDING), BALANCE | KIND(FX_LIQUIDITY)},
	[DW_POSTING_RECEIPT] = {KIND(PSP_CLEARING), KIND(SUSPENSE)},
	[DW_POSTING_RECEIPT_ASSIGNED] = {KIND(SUSPENSE), KIND(PSP_CLEARING)},
	[DW_POSTING_RECEIPT_RETURNED] = {KIND(SUSPENSE), KIND(REFUND_PENDING)},
	[DW_POSTING_REFUND_PAID] = {GIVEN_BACK | KIND(SUSPENSE),
	KIND(PSP_CLEARING)},
	[DW_POSTING_REFUND_FAILED] = {KIND(REFUND_PENDING) | KIND(PSP_CLEARING),
	KIND(SUSPENSE) | KIND(PLATFORM_LOSS)},
	[DW_POSTING_PSP_FEE] = {KIND(PSP_FEE) | KIND(PSP_CLEARING),
	KIND(PSP_CLEARING) | KIND(PSP_FEE)},
	[DW_POSTING_SETTLED] = {KIND(BANK) | KIND(PSP_CLEARING),
	KIND(PSP_CLEARING) | KIND(BANK)},
	[DW_POSTING_BANK_FEE] = {KIND(PSP_FEE) | KIND(BANK),
	KIND(BANK) | KIND(PSP_FEE)},
	[DW_POSTING_WITHDRAWAL] = {KIND(PLATFORM_FEE) | KIND(BANK),
	KIND(BANK) | KIND(PLATFORM_FEE)},
	[DW_POSTING_ADJUSTMENT] = {KIND(PSP_CLEARING) | KIND(PLATFORM_LOSS),
	KIND(PSP_CLEARING) | KIND(PLATFORM_LOSS)},
	[DW_POSTING_TIP] = {KIND(ESCROW), EARNINGS},
	[DW_POSTING_PAYOUT_FEE] = {BALANCE | KIND(PLATFORM_FEE),
	BALANCE | KIND(PLATFORM_FEE)},
	[DW_POSTING_RESERVE_FREED] = {KIND(PROVIDER_RESERVE),
	KIND(PROVIDER_AVAILABLE)},
	[DW_POSTING_REPAYMENT] = {KIND(PSP_CLEARING), BALANCE},
	[DW_POSTING_WRITE_OFF] = {KIND(PLATFORM_LOSS), KIND(PROVIDER_RECEIVABLE)},
	[DW_POSTING_JOURNAL] = {ACCOUNTANTS, ACCOUNTANTS},
	[DW_POSTING_CANCELLATION] = {KIND(ESCROW), RELEASED | GIVEN_BACK},
	[DW_POSTING_REFUND_OWED] = {KIND(PROVIDER_RECEIVABLE) |
	KIND(PLATFORM_LOSS), KIND(PSP_CLEARING)},
	[DW_POSTING_TIP_RETURNED] = {BALANCE | KIND(PLATFORM_FEE) |
	KIND(TAX_PAYABLE) | KIND(PLATFORM_LOSS), KIND(REFUND_PENDING)},
	[DW_POSTING_LOSS_OWED] = {KIND(PROVIDER_RECEIVABLE), KIND(PLATFORM_LOSS)},
	[DW_POSTING_CHARGEBACK_RAISED] = {KIND(ESCROW) | KIND(PROVIDER_RECEIVABLE),
	KIND(PLATFORM_LOSS)}
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

DwAccount
dw_account_of_psp(DwAccountKind kind, const char *currency, const char *psp)
{
	return (DwAccount)
	{
		.kind = kind,.currency = currency,.psp = psp
	};
}

DwAccount
dw_account_of_platform(DwAccountKind kind, const char *currency)
{
	return dw_account_of_psp(kind, currency, "");
}

DwAccount
dw_account_of(DwAccountKind kind, const DwUuid *owner_id,
			  const char *currency)
{
	return (DwAccount)
	{
		.owner_id = *owner_id,.kind = kind,.currency = currency,.psp = ""
	};
}

DwAccount
dw_account_of_receipt(const DwUuid *receipt_id, const char *currency,
					  const char *psp)
{
	return (DwAccount)
	{
		.owner_id = *receipt_id,.kind = DW_ACCOUNT_SUSPENSE,
			.currency = currency,.psp = psp
	};
}

/* The company's clearing account. */
static DwAccount
clearing(const char *currency, const char *psp)
{
	return dw_account_of_psp(DW_ACCOUNT_PSP_CLEARING, currency, psp);
}

/* What a company was asked to send back and has not. */
static DwAccount
refund_pending(const char *currency, const char *psp)
{
	return dw_account_of_psp(DW_ACCOUNT_REFUND_PENDING, currency, psp);
}

/* The job's own account. */
static DwAccount
escrow(const DwParties *parties)
{
	return dw_account_of(DW_ACCOUNT_ESCROW, &parties->job_id,
						 parties->currency);
}

/* What a provider can be paid out. */
static DwAccount
available(const DwUuid *provider_id, const char *currency)
{
	return dw_account_of(DW_ACCOUNT_PROVIDER_AVAILABLE, provider_id,
						 currency);
}

/* What they owe. */
static DwAccount
receivable(const DwUuid *provider_id, const char *currency)
{
	return dw_account_of(DW_ACCOUNT_PROVIDER_RECEIVABLE, provider_id,
						 currency);
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
dw_posting_move(DwPosting *posting, DwPostingEvent event,
				const DwAccount *from, const DwAccount *to, int64_t amount)
{
	begin(posting, event, from->currency);
	give(posting, *from, amount);
	gain(posting, *to, amount);
	end(posting);
}

void
dw_posting_payment(DwPosting *posting, const DwParties *parties,
				   const char *psp, int64_t amount, int64_t added)
{
	const int64_t shares[] = {amount, added};

	begin(posting, DW_POSTING_PAYMENT, parties->currency);
	give(posting, clearing(parties->currency, psp), amount);
	give(posting, dw_account_of_platform(DW_ACCOUNT_PLATFORM_LOSS,
										 parties->currency), added);
	gain(posting, escrow(parties),
		 total(posting, shares, DW_LENGTH(shares), 0));
	end(posting);
}

/* Fee, tax and what is left of them, in two parts, go where they belong. */
static void
gain_earnings(DwPosting *posting, const DwParties *parties,
			  const DwEarnings *earnings)
{
	const char *currency = parties->currency;

	if (earnings->reserve < 0 || earnings->reserve > earnings->payout)
	{
		fail(posting, DW_BAD_VALUE);
		return;
	}
	gain(posting, available(&parties->provider_id, currency),
		 earnings->payout - earnings->reserve);
	gain(posting, dw_account_of(DW_ACCOUNT_PROVIDER_RESERVE,
								&parties->provider_id, currency),
		 earnings->reserve);
	gain(posting, dw_account_of_platform(DW_ACCOUNT_PLATFORM_FEE, currency),
		 earnings->fee);
	gain(posting, dw_account_of_platform(DW_ACCOUNT_TAX_PAYABLE, currency),
		 earnings->tax);
}

/* True when both are the same company, or none. */
static bool
is_same_psp(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

/* True when a part before this one went through the same company. */
static bool
psp_was_seen(const DwGivenBack *parts, int part)
{
	for (int i = 0; i < part; i++)
		if (is_same_psp(parts[i].psp, parts[part].psp))
			return true;
	return false;
}

/*
 * Each company is asked for what came through it.  The sums are parts of
 * what total() has checked.
 */
static void
gain_refunds(DwPosting *posting, const char *currency,
			 const DwGivenBack *parts, int count)
{
	for (int i = 0; i < count && posting->result == DW_OK; i++)
	{
		int64_t		sum = 0;

		if (psp_was_seen(parts, i))
			continue;
		for (int j = i; j < count; j++)
			if (is_same_psp(parts[j].psp, parts[i].psp))
				sum += parts[j].amount;
		gain(posting, parts[i].psp != NULL
			 ? refund_pending(currency, parts[i].psp)
			 : dw_account_of_platform(DW_ACCOUNT_PLATFORM_LOSS, currency),
			 sum);
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
	gain_refunds(posting, parties->currency, parts, count);
	end(posting);
}

void
dw_posting_release(DwPosting *posting, const DwParties *parties,
				   const DwEarnings *earnings)
{
	dw_posting_settlement(posting, parties, earnings, NULL, 0);
	posting->event = DW_POSTING_RELEASE;
}

void
dw_posting_cancellation(DwPosting *posting, const DwParties *parties,
						const DwEarnings *earnings, const DwGivenBack *parts,
						int count)
{
	dw_posting_settlement(posting, parties, earnings, parts, count);
	posting->event = DW_POSTING_CANCELLATION;
}

void
dw_posting_tip(DwPosting *posting, const DwParties *parties,
			   const DwEarnings *earnings)
{
	dw_posting_settlement(posting, parties, earnings, NULL, 0);
	posting->event = DW_POSTING_TIP;
}

/* What a company's banks took of no payment by name is not there any more. */
static void
take_unnamed(DwPaidIn *payments, int count)
{
	for (int i = 0; i < count; i++)
	{
		int64_t		rest = payments[i].unnamed;
		bool		was_seen = false;

		for (int k = 0; k < i && !was_seen; k++)
			was_seen = is_same_psp(payments[k].psp, payments[i].psp);
		for (int k = i; k < count && rest > 0 && !was_seen; k++)
		{
			int64_t		part;

			if (payments[k].room <= 0 ||
				!is_same_psp(payments[k].psp, payments[i].psp))
				continue;
			part = dw_money_lesser(rest, payments[k].room);
			payments[k].room -= part;
			rest -= part;
		}
	}
}

int64_t
dw_refund_spread(DwPaidIn *payments, int count, int64_t amount)
{
	take_unnamed(payments, count);
	for (int i = 0; i < count; i++)
	{
		payments[i].back = payments[i].room > 0
			? dw_money_lesser(payments[i].room, amount) : 0;
		if (payments[i].unit > 1)
			payments[i].back -= payments[i].back % payments[i].unit;
		amount -= payments[i].back;
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
dw_posting_refund_paid(DwPosting *posting, const char *currency,
					   const char *psp, int64_t pending, int64_t loss)
{
	const int64_t parts[] = {pending, loss};
	int64_t		sum;

	begin(posting, DW_POSTING_REFUND_PAID, currency);
	sum = total(posting, parts, DW_LENGTH(parts), 0);
	give(posting, refund_pending(currency, psp), pending);
	give(posting, dw_account_of_platform(DW_ACCOUNT_PLATFORM_LOSS, currency),
		 loss);
	gain(posting, clearing(currency, psp), sum);
	end(posting);
}

void
dw_posting_refund_owed(DwPosting *posting, const DwParties *parties,
					   const char *psp, int64_t owed, int64_t loss)
{
	const int64_t parts[] = {owed, loss};
	const char *currency = parties->currency;
	int64_t		sum;

	begin(posting, DW_POSTING_REFUND_OWED, currency);
	sum = total(posting, parts, DW_LENGTH(parts), 0);
	give(posting, receivable(&parties->provider_id, currency), owed);
	give(posting, dw_account_of_platform(DW_ACCOUNT_PLATFORM_LOSS, currency),
		 loss);
	gain(posting, clearing(currency, psp), sum);
	end(posting);
}

void
dw_posting_refund_failed(DwPosting *posting, const DwAccount *receipt,
						 int64_t pending, int64_t sent, int64_t loss)
{
	const char *currency = receipt->currency;
	const int64_t kept[] = {pending, sent};
	const int64_t back[] = {sent, loss};
	int64_t		cleared;

	begin(posting, DW_POSTING_REFUND_FAILED, currency);
	cleared = total(posting, back, DW_LENGTH(back), 0);
	give(posting, refund_pending(currency, receipt->psp), pending);
	give(posting, clearing(currency, receipt->psp), cleared);
	gain(posting, *receipt, total(posting, kept, DW_LENGTH(kept), 0));
	gain(posting, dw_account_of_platform(DW_ACCOUNT_PLATFORM_LOSS, currency),
		 loss);
	end(posting);
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
	give(posting, receivable(&parties->provider_id, currency),
		 taken->clawed_back);
	give(posting, dw_account_of_platform(DW_ACCOUNT_PLATFORM_LOSS, currency),
		 taken->loss);
	gain(posting, dw_account_of_psp(DW_ACCOUNT_CHARGEBACK_CLEARING, currency,
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
dw_posting_chargeback_regained(DwPosting *posting, const DwParties *parties,
							   const DwTakenBack *taken)
{
	dw_posting_chargeback_won(posting, parties, taken);
	for (int i = 0; i < posting->count; i++)
		if (posting->legs[i].account.kind == DW_ACCOUNT_CHARGEBACK_CLEARING)
			posting->legs[i].account = clearing(parties->currency, taken->psp);
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
	give(posting, dw_account_of_psp(DW_ACCOUNT_CHARGEBACK_CLEARING, currency,
									taken->psp), sum);
	gain(posting, clearing(currency, taken->psp), sum);
	end(posting);
}

void
dw_posting_chargeback_raise(DwPosting *posting, const DwParties *parties,
							const DwTakenBack *taken)
{
	const int64_t shares[] = {taken->held, taken->clawed_back};
	const char *currency = parties->currency;
	int64_t		sum;

	begin(posting, DW_POSTING_CHARGEBACK_RAISED, currency);
	sum = total(posting, shares, DW_LENGTH(shares), 0);
	give(posting, escrow(parties), taken->held);
	give(posting, receivable(&parties->provider_id, currency),
		 taken->clawed_back);
	gain(posting, dw_account_of_platform(DW_ACCOUNT_PLATFORM_LOSS, currency),
		 sum);
	end(posting);
}

/* What a leg gives back when a part of it is undone. */
typedef struct Undone
{
	DwAccount	owing;			/* the provider's, who may have been paid */
	int64_t		owed;			/* by them */
	int64_t		loss;			/* the platform's */
} Undone;

/* What a company has still to send of a refund. */
static int64_t
still_pending(const char *psp, const DwGivenBack *pending, int count)
{
	for (int i = 0; i < count; i++)
		if (is_same_psp(pending[i].psp, psp))
			return pending[i].amount;
	return 0;
}

/*
 * Undoes a part of a leg.  The provider may have been paid out since: what
 * they got becomes what they owe, and is netted with what they earn next.
 */
static void
undo_leg(DwPosting *posting, const DwLeg *leg, int64_t part, int64_t pending,
		 Undone *undone)
{
	int64_t		unsent = part < pending ? part : pending;

	switch (leg->account.kind)
	{
		case DW_ACCOUNT_PROVIDER_AVAILABLE:
		case DW_ACCOUNT_PROVIDER_RESERVE:
			undone->owing = receivable(&leg->account.owner_id,
									   leg->account.currency);
			undone->owed += part;
			break;
		case DW_ACCOUNT_REFUND_PENDING:
			give(posting, leg->account, unsent);
			undone->loss += part - unsent;
			break;
		case DW_ACCOUNT_PLATFORM_LOSS:
			undone->loss += part;
			break;
		default:
			give(posting, leg->account, part);
			break;
	}
}

void
dw_posting_reversal(DwPosting *posting, const DwPosting *original,
					const int64_t *parts, const DwGivenBack *pending,
					int pending_count)
{
	DwAccount	held = {.kind = DW_ACCOUNT_ESCROW};
	Undone		undone = {.owed = 0};
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
		undo_leg(posting, leg, parts[part],
				 still_pending(leg->account.psp, pending, pending_count),
				 &undone);
		part++;
	}
	if (held.currency == NULL)
		fail(posting, DW_BAD_VALUE);	/* not out of an escrow */
	give(posting, undone.owing, undone.owed);
	give(posting, dw_account_of_platform(DW_ACCOUNT_PLATFORM_LOSS,
										 original->currency), undone.loss);
	gain(posting, held, sum);
	end(posting);
}

/* Who had it gives it to an account. */
static void
put_back(DwPosting *posting, const DwParties *parties,
		 const DwPutBack *parts, const DwAccount *to)
{
	const int64_t shares[] = {parts->available, parts->owed, parts->loss,
	parts->fee, parts->tax};
	const char *currency = parties->currency;
	int64_t		sum = total(posting, shares, DW_LENGTH(shares), 0);

	give(posting, available(&parties->provider_id, currency),
		 parts->available);
	give(posting, receivable(&parties->provider_id, currency), parts->owed);
	give(posting, dw_account_of_platform(DW_ACCOUNT_PLATFORM_LOSS, currency),
		 parts->loss);
	give(posting, dw_account_of_platform(DW_ACCOUNT_PLATFORM_FEE, currency),
		 parts->fee);
	give(posting, dw_account_of_platform(DW_ACCOUNT_TAX_PAYABLE, currency),
		 parts->tax);
	gain(posting, *to, sum);
	end(posting);
}

void
dw_posting_take_back(DwPosting *posting, const DwParties *parties,
					 const DwPutBack *parts)
{
	const DwAccount to = escrow(parties);

	begin(posting, DW_POSTING_TAKEN_BACK, parties->currency);
	put_back(posting, parties, parts, &to);
}

void
dw_posting_tip_returned(DwPosting *posting, const DwParties *parties,
						const DwPutBack *parts, const char *psp)
{
	const DwAccount to = dw_account_of_psp(DW_ACCOUNT_REFUND_PENDING,
										   parties->currency, psp);

	begin(posting, DW_POSTING_TIP_RETURNED, parties->currency);
	put_back(posting, parties, parts, &to);
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
	add_leg(&postings[0], available(&paid->provider_id, from),
			paid->available);
	add_leg(&postings[0], receivable(&paid->provider_id, from),
			paid->receivable);
	if (is_exchange)
	{
		if (dw_money_add(paid->available, paid->receivable, &sum) != DW_OK ||
			dw_money_add(sum, paid->remainder, &sum) != DW_OK ||
			dw_money_subtract(0, sum, &sum) != DW_OK)
			fail(&postings[0], DW_OVERFLOW);
		gain(&postings[0],
			 dw_account_of_platform(DW_ACCOUNT_FX_LIQUIDITY, from), sum);
		gain(&postings[0], dw_account_of_platform(DW_ACCOUNT_ROUNDING, from),
			 paid->remainder);
		end(&postings[0]);
		begin(last, DW_POSTING_EXCHANGED_PAYOUT, to);
		give(last, dw_account_of_platform(DW_ACCOUNT_FX_LIQUIDITY, to),
			 paid->paid_amount);
	}
	gain(last, clearing(to, paid->psp), paid->paid_amount);
	end(last);
	return is_exchange ? 2 : 1;
}

/* Takes a leg out. */
static void
remove_leg(DwPosting *posting, int index)
{
	posting->count--;
	for (int i = index; i < posting->count; i++)
		posting->legs[i] = posting->legs[i + 1];
}

/* Makes one of two legs that are on the same account, if they are. */
static void
merge_next(DwPosting *posting, int index)
{
	DwLeg	   *leg = &posting->legs[index];

	if (index + 1 == posting->count ||
		leg[1].account.kind != leg->account.kind)
		return;
	if (dw_money_add(leg->amount, leg[1].amount, &leg->amount) != DW_OK)
	{
		fail(posting, DW_OVERFLOW);
		return;
	}
	remove_leg(posting, index + 1);
	if (leg->amount == 0)
		remove_leg(posting, index);
}

/*
 * A payout may have made available what a provider was owed, and another has
 * taken it since.  So what would come out of there when the first comes back
 * is taken from what they are owed again, which no payout makes too small.
 */
static void
spare_available(DwPosting *posting)
{
	for (int i = 0; i < posting->count; i++)
	{
		DwLeg	   *leg = &posting->legs[i];

		if (leg->account.kind == DW_ACCOUNT_PROVIDER_AVAILABLE &&
			leg->amount < 0)
		{
			leg->account.kind = DW_ACCOUNT_PROVIDER_RECEIVABLE;
			merge_next(posting, i);
			return;
		}
	}
}

void
dw_posting_payout_returned(DwPosting *posting, const DwPosting *original)
{
	*posting = *original;
	posting->event = DW_POSTING_PAYOUT_RETURNED;
	mirror(posting);
	spare_available(posting);
	end(posting);
}

/* True when both are the same account. */
static bool
is_same_account(const DwAccount *a, const DwAccount *b)
{
	return a->kind == b->kind && dw_uuid_equal(&a->owner_id, &b->owner_id) &&
		strcmp(a->psp, b->psp) == 0;
}

/* Why a leg cannot follow those of a journal, or DW_OK. */
static DwResult
judge_leg(const DwPosting *posting, const DwLeg *leg)
{
	if (strcmp(leg->account.currency, posting->currency) != 0)
		return DW_CURRENCY_MISMATCH;
	if (leg->amount == 0 || leg->amount == INT64_MIN ||
		!dw_posting_may(DW_POSTING_JOURNAL, leg->account.kind, leg->amount))
		return DW_BAD_VALUE;
	for (int i = 0; i < posting->count; i++)
		if (is_same_account(&posting->legs[i].account, &leg->account))
			return DW_BAD_VALUE;
	return DW_OK;
}

void
dw_posting_journal(DwPosting *posting, const DwLeg *legs, int count)
{
	int64_t		gained;

	begin(posting, DW_POSTING_JOURNAL,
		  count > 0 ? legs[0].account.currency : "");
	for (int i = 0; i < count && posting->result == DW_OK; i++)
	{
		DwResult	result = judge_leg(posting, &legs[i]);

		if (result != DW_OK)
			fail(posting, result);
		add_leg(posting, legs[i].account, legs[i].amount);
	}
	end(posting);
	if (posting->result == DW_OK &&
		dw_posting_gained(posting, &gained) != DW_OK)
		fail(posting, DW_OVERFLOW);
	if (posting->result == DW_OK && !dw_posting_is_valid(posting))
		fail(posting, DW_BAD_VALUE);
}

void
dw_posting_journal_reversed(DwPosting *posting, const DwPosting *original)
{
	*posting = *original;
	posting->event = DW_POSTING_JOURNAL;
	mirror(posting);
	end(posting);
}

DwResult
dw_posting_gained(const DwPosting *posting, int64_t *sum)
{
	*sum = 0;
	for (int i = 0; i < posting->count; i++)
		if (posting->legs[i].amount > 0 &&
			dw_money_add(*sum, posting->legs[i].amount, sum) != DW_OK)
			return DW_OVERFLOW;
	return DW_OK;
}

void
dw_posting_payout_fee(DwPosting *posting, const DwPaid *fee)
{
	begin(posting, DW_POSTING_PAYOUT_FEE, fee->currency);
	add_leg(posting, available(&fee->provider_id, fee->currency),
			fee->available);
	add_leg(posting, receivable(&fee->provider_id, fee->currency),
			fee->receivable);
	gain(posting, dw_account_of_platform(DW_ACCOUNT_PLATFORM_FEE,
										 fee->currency), fee->paid_amount);
	end(posting);
}

void
dw_posting_fee_returned(DwPosting *posting, const DwPosting *original)
{
	dw_posting_payout_returned(posting, original);
	posting->event = DW_POSTING_PAYOUT_FEE;
}
