/*
 * fuzz_posting.c
 *		Whatever happens to money, the legs sum to zero in their currency,
 *		none is on an account that the event may not touch, and what is
 *		undone is the mirror of what was done.
 *
 * The table of kinds is this file's own, not that of the code under test.
 */
#include "fuzz.h"

#include "core/dispute/dispute.h"
#include "core/posting/posting.h"

#define PARTS_MAX	14
#define STEPS_MAX	8

#define BIT(kind)	(1u << DW_ACCOUNT_##kind)
#define BACK		(BIT(REFUND_PENDING) | BIT(PLATFORM_LOSS))
#define PROVIDER	(BIT(PROVIDER_AVAILABLE) | BIT(PROVIDER_RECEIVABLE))

/* The kinds of account that an event may touch at all. */
static const uint32_t touched[DW_POSTING_EVENT_COUNT] = {
	[DW_POSTING_PAYMENT] = BIT(PSP_CLEARING) | BIT(PLATFORM_LOSS) |
	BIT(ESCROW),
	[DW_POSTING_RELEASE] = BIT(ESCROW) | BIT(PROVIDER_AVAILABLE) |
	BIT(PROVIDER_RESERVE) | BIT(PLATFORM_FEE) | BIT(TAX_PAYABLE),
	[DW_POSTING_REFUND] = BIT(ESCROW) | BACK,
	[DW_POSTING_SETTLEMENT] = BIT(ESCROW) | BIT(PROVIDER_AVAILABLE) |
	BIT(PROVIDER_RESERVE) | BIT(PLATFORM_FEE) | BIT(TAX_PAYABLE) | BACK,
	[DW_POSTING_CHARGEBACK_OPENED] = BIT(ESCROW) | BIT(PLATFORM_LOSS) |
	BIT(PROVIDER_RECEIVABLE) | BIT(CHARGEBACK_CLEARING),
	[DW_POSTING_CHARGEBACK_WON] = BIT(ESCROW) | BIT(PLATFORM_LOSS) |
	BIT(PROVIDER_RECEIVABLE) | BIT(CHARGEBACK_CLEARING) | BIT(PSP_CLEARING),
	[DW_POSTING_CHARGEBACK_LOST] = BIT(CHARGEBACK_CLEARING) |
	BIT(PSP_CLEARING),
	[DW_POSTING_CHARGEBACK_COVERED] = BIT(SUSPENSE) | BIT(PLATFORM_LOSS),
	[DW_POSTING_REVERSAL] = BIT(ESCROW) | BIT(PROVIDER_RECEIVABLE) |
	BIT(PLATFORM_FEE) | BIT(TAX_PAYABLE) | BACK,
	[DW_POSTING_TAKEN_BACK] = PROVIDER | BIT(PLATFORM_FEE) |
	BIT(TAX_PAYABLE) | BIT(PLATFORM_LOSS) | BIT(ESCROW),
	[DW_POSTING_PAYOUT] = PROVIDER | BIT(PSP_CLEARING),
	[DW_POSTING_EXCHANGE] = PROVIDER | BIT(FX_LIQUIDITY) | BIT(ROUNDING),
	[DW_POSTING_EXCHANGED_PAYOUT] = BIT(FX_LIQUIDITY) | BIT(PSP_CLEARING),
	[DW_POSTING_PAYOUT_RETURNED] = PROVIDER | BIT(FX_LIQUIDITY) |
	BIT(ROUNDING) | BIT(PSP_CLEARING),
	[DW_POSTING_RECEIPT] = BIT(PSP_CLEARING) | BIT(SUSPENSE),
	[DW_POSTING_RECEIPT_ASSIGNED] = BIT(SUSPENSE) | BIT(PSP_CLEARING),
	[DW_POSTING_RECEIPT_RETURNED] = BIT(SUSPENSE) | BIT(REFUND_PENDING),
	[DW_POSTING_REFUND_PAID] = BACK | BIT(SUSPENSE) | BIT(PSP_CLEARING),
	[DW_POSTING_REFUND_FAILED] = BACK | BIT(PSP_CLEARING) | BIT(SUSPENSE),
	[DW_POSTING_PSP_FEE] = BIT(PSP_CLEARING) | BIT(PSP_FEE),
	[DW_POSTING_SETTLED] = BIT(PSP_CLEARING) | BIT(BANK),
	[DW_POSTING_BANK_FEE] = BIT(BANK) | BIT(PSP_FEE),
	[DW_POSTING_WITHDRAWAL] = BIT(PLATFORM_FEE) | BIT(BANK),
	[DW_POSTING_ADJUSTMENT] = BIT(PSP_CLEARING) | BIT(PLATFORM_LOSS),
	[DW_POSTING_TIP] = BIT(ESCROW) | BIT(PROVIDER_AVAILABLE) |
	BIT(PLATFORM_FEE) | BIT(TAX_PAYABLE),
	[DW_POSTING_PAYOUT_FEE] = PROVIDER | BIT(PLATFORM_FEE),
	[DW_POSTING_RESERVE_FREED] = BIT(PROVIDER_AVAILABLE) |
	BIT(PROVIDER_RESERVE),
	[DW_POSTING_REPAYMENT] = PROVIDER | BIT(PSP_CLEARING),
	[DW_POSTING_WRITE_OFF] = BIT(PLATFORM_LOSS) | BIT(PROVIDER_RECEIVABLE),
	[DW_POSTING_JOURNAL] = PROVIDER | BIT(PLATFORM_FEE) | BIT(TAX_PAYABLE) |
	BIT(PSP_FEE) | BIT(PLATFORM_LOSS) | BIT(ROUNDING) | BIT(FX_LIQUIDITY) |
	BIT(SUSPENSE) | BIT(BANK),
	[DW_POSTING_CANCELLATION] = BIT(ESCROW) | BIT(PROVIDER_AVAILABLE) |
	BIT(PROVIDER_RESERVE) | BIT(PLATFORM_FEE) | BIT(TAX_PAYABLE) | BACK,
	[DW_POSTING_REFUND_OWED] = BIT(PROVIDER_RECEIVABLE) |
	BIT(PLATFORM_LOSS) | BIT(PSP_CLEARING),
	[DW_POSTING_TIP_RETURNED] = PROVIDER | BIT(PLATFORM_FEE) |
	BIT(TAX_PAYABLE) | BACK,
	[DW_POSTING_LOSS_OWED] = BIT(PROVIDER_RECEIVABLE) | BIT(PLATFORM_LOSS),
	[DW_POSTING_CHARGEBACK_RAISED] = BIT(ESCROW) | BIT(PROVIDER_RECEIVABLE) |
	BIT(PLATFORM_LOSS)
};

static const char *const companies[] = {"a", "b", "c"};
static const DwParties parties = {{{1}}, {{2}}, "EUR"};

/* Mostly small amounts, sometimes any, so that sums overflow and do not. */
static int64_t
read_amount(FuzzInput * input)
{
	switch (fuzz_range(input, 0, 7))
	{
		case 0:
			return fuzz_int64(input);
		case 1:
			return INT64_MAX - fuzz_range(input, 0, 3);
		case 2:
			return -fuzz_range(input, 0, 3);
		default:
			return fuzz_range(input, 0, 1000000);
	}
}

/* A posting has legs and can be booked, or says why it cannot. */
static void
check_posting(const DwPosting *posting, DwPostingEvent event)
{
	DwWide		sum = 0;

	check(posting->event == event);
	if (posting->result != DW_OK)
	{
		check(posting->result == DW_BAD_VALUE ||
			  posting->result == DW_OVERFLOW);
		check(posting->count == 0 && !dw_posting_is_valid(posting));
		return;
	}
	check(posting->count >= 1 && posting->count <= DW_LEGS_MAX);
	for (int i = 0; i < posting->count; i++)
	{
		const DwLeg *leg = &posting->legs[i];

		check(leg->amount != 0);
		check(touched[event] & (1u << leg->account.kind));
		check(dw_posting_may(event, leg->account.kind, leg->amount));
		check(strcmp(leg->account.currency, posting->currency) == 0);
		sum += leg->amount;
	}
	check((sum == 0 && posting->count > 1) == dw_posting_is_valid(posting));
}

/* The same, and it is never one that does not balance. */
static void
check_balanced(const DwPosting *posting, DwPostingEvent event)
{
	check_posting(posting, event);
	check(posting->result != DW_OK || dw_posting_is_valid(posting));
}

/* One undoes the other, leg by leg. */
static void
check_mirror(const DwPosting *one, const DwPosting *other)
{
	check(one->count == other->count);
	for (int i = 0; i < one->count; i++)
	{
		check(one->legs[i].amount == -other->legs[i].amount);
		check(one->legs[i].account.kind == other->legs[i].account.kind);
		check(strcmp(one->legs[i].account.psp,
					 other->legs[i].account.psp) == 0);
		check(dw_uuid_equal(&one->legs[i].account.owner_id,
							&other->legs[i].account.owner_id));
	}
}

/* A payment. */
static void
run_payment(FuzzInput * input)
{
	int64_t		amount = read_amount(input);
	int64_t		added = read_amount(input);
	DwPosting	posting;

	dw_posting_payment(&posting, &parties, "a", amount, added);
	check_balanced(&posting, DW_POSTING_PAYMENT);
	check((amount >= 0 && added >= 0 && amount <= INT64_MAX - added &&
		   amount + added > 0) == (posting.result == DW_OK));
}

/* One amount from any account to any other, whatever the event. */
static void
run_move(FuzzInput * input)
{
	int64_t		amount = read_amount(input);
	DwPostingEvent event = (DwPostingEvent)
		fuzz_range(input, DW_POSTING_PAYMENT, DW_POSTING_EVENT_COUNT - 1);
	DwAccountKind from = (DwAccountKind)
		fuzz_range(input, 0, DW_ACCOUNT_ESCROW);
	DwAccountKind to = (DwAccountKind) fuzz_range(input, 0, DW_ACCOUNT_ESCROW);
	DwAccount	a = dw_account_of_psp(from, "EUR", "a");
	DwAccount	b = dw_account_of_psp(to, "EUR", "b");
	DwPosting	posting;

	dw_posting_move(&posting, event, &a, &b, amount);
	check((amount > 0) == (posting.result == DW_OK));
	check(!dw_posting_is_valid(&posting) ||
		  ((touched[event] & (1u << from)) != 0 &&
		   (touched[event] & (1u << to)) != 0));
}

/* What legs on a kind of account come to. */
static DwWide
sum_of(const DwPosting *posting, DwAccountKind kind)
{
	DwWide		sum = 0;

	for (int i = 0; i < posting->count; i++)
		if (posting->legs[i].account.kind == kind)
			sum += posting->legs[i].amount;
	return sum;
}

/* Undone to the end, in whatever parts, it is the mirror of what was done. */
static void
run_reversals(FuzzInput * input, const DwPosting *original)
{
	static const struct
	{
		DwAccountKind done;
		DwAccountKind undone;
	}			pairs[] = {
		{DW_ACCOUNT_ESCROW, DW_ACCOUNT_ESCROW},
		{DW_ACCOUNT_PROVIDER_AVAILABLE, DW_ACCOUNT_PROVIDER_RECEIVABLE},
		{DW_ACCOUNT_PLATFORM_FEE, DW_ACCOUNT_PLATFORM_FEE},
		{DW_ACCOUNT_TAX_PAYABLE, DW_ACCOUNT_TAX_PAYABLE},
		{DW_ACCOUNT_REFUND_PENDING, DW_ACCOUNT_REFUND_PENDING},
		{DW_ACCOUNT_PLATFORM_LOSS, DW_ACCOUNT_PLATFORM_LOSS}
	};

	/* what was sent is the platform's: those two are one */
	enum
	{
	BACK_FIRST = 4};
	int64_t		left = (int64_t) -sum_of(original, DW_ACCOUNT_ESCROW);
	int64_t		whole = left;
	DwWide		undone[DW_LENGTH(pairs)] = {0};

	for (int step = 0; left > 0; step++)
	{
		int64_t		amount = step == STEPS_MAX ? 0
			: fuzz_range(input, 0, left);
		DwGivenBack pending[DW_LENGTH(companies)];
		DwReversal	reversal = {
			.pending = pending,.pending_count = DW_LENGTH(companies)
		};
		DwPosting	posting;

		/* a company has all of it still, or a part, and sent the rest */
		for (int i = 0; i < DW_LENGTH(companies); i++)
			pending[i] = (DwGivenBack)
		{
			companies[i], fuzz_range(input, 0, 1) ? INT64_MAX
				: fuzz_range(input, 0, left)
		};
		check(dw_reversal_decide(original, whole - left, &amount, &reversal,
								 &posting) == DW_OK);
		check_balanced(&posting, DW_POSTING_REVERSAL);
		check(amount > 0 && amount <= left);
		check(reversal.released + reversal.refunded == amount);
		check(reversal.fee >= 0 && reversal.tax >= 0 &&
			  reversal.fee + reversal.tax <= reversal.released);
		for (int i = 0; i < DW_LENGTH(pairs); i++)
			undone[i] += sum_of(&posting, pairs[i].undone);
		left -= amount;
	}
	/* what was kept back is owed as what was not */
	undone[1] += sum_of(original, DW_ACCOUNT_PROVIDER_RESERVE);
	for (int i = 0; i < BACK_FIRST; i++)
		check(undone[i] == -sum_of(original, pairs[i].done));
	check(undone[BACK_FIRST] + undone[BACK_FIRST + 1] ==
		  -sum_of(original, pairs[BACK_FIRST].done) -
		  sum_of(original, pairs[BACK_FIRST + 1].done));
	check(undone[BACK_FIRST] <= 0 &&
		  undone[BACK_FIRST] >= -sum_of(original, pairs[BACK_FIRST].done));
}

/* Money leaves the escrow, to either side or both, and comes again. */
static void
run_outflow(FuzzInput * input)
{
	DwEarnings	earnings = {read_amount(input), read_amount(input),
	read_amount(input), fuzz_range(input, 0, 2) == 0 ? read_amount(input) : 0};
	DwGivenBack parts[PARTS_MAX];
	int			count = (int) fuzz_range(input, 0, PARTS_MAX);
	DwPosting	posting;

	for (int i = 0; i < count; i++)
		parts[i] = (DwGivenBack)
	{
		companies[fuzz_range(input, 0, DW_LENGTH(companies) - 1)],
			read_amount(input)
	};
	dw_posting_settlement(&posting, &parties, &earnings, parts, count);
	check_balanced(&posting, DW_POSTING_SETTLEMENT);
	check(posting.result != DW_OK || posting.count <= 1 + 4 + 3);
	run_reversals(input, &posting);
	dw_posting_cancellation(&posting, &parties, &earnings, parts, count);
	check_balanced(&posting, DW_POSTING_CANCELLATION);
	run_reversals(input, &posting);
	dw_posting_release(&posting, &parties, &earnings);
	check_balanced(&posting, DW_POSTING_RELEASE);
	run_reversals(input, &posting);
	dw_posting_refund(&posting, &parties, parts, count);
	check_balanced(&posting, DW_POSTING_REFUND);
	run_reversals(input, &posting);
}

/* Every part of a refund is given back once, and by who has it. */
static void
run_spread(FuzzInput * input)
{
	DwPaidIn	payments[PARTS_MAX] = {0};
	DwPaidIn	before[PARTS_MAX];
	int			count = (int) fuzz_range(input, 0, PARTS_MAX);
	int64_t		refund = read_amount(input) & INT64_MAX;
	int64_t		left;

	for (int i = 0; i < count; i++)
		payments[i] = (DwPaidIn)
	{
		companies[fuzz_range(input, 0, DW_LENGTH(companies) - 1)],
			read_amount(input), read_amount(input), -1,
			fuzz_range(input, 0, 100)
	};
	memcpy(before, payments, sizeof(before));
	left = dw_refund_spread(payments, count, refund);
	check(left >= 0 && left <= refund);
	for (int i = 0; i < count; i++)
	{
		check(payments[i].back >= 0);
		check(payments[i].room <= before[i].room);
		check(payments[i].back == 0 || payments[i].back <= payments[i].room);
		check(payments[i].unit <= 1 ||
			  payments[i].back % payments[i].unit == 0);
		/* nothing is left over while a payment has room for a unit */
		check(left == 0 || payments[i].room <= 0 ||
			  payments[i].room - payments[i].back <
			  (payments[i].unit > 1 ? payments[i].unit : 1) ||
			  left < payments[i].unit);
		refund -= payments[i].back;
	}
	check(refund == left);
}

/* A bank takes, and gives back or keeps what it took, or both in turn. */
static void
run_chargeback(FuzzInput * input)
{
	DwTakenBack taken = {"a", read_amount(input), read_amount(input),
	read_amount(input)};
	DwPosting	opened;
	DwPosting	closed;
	DwPosting	regained;

	dw_posting_chargeback_open(&opened, &parties, &taken);
	check_balanced(&opened, DW_POSTING_CHARGEBACK_OPENED);
	dw_posting_chargeback_won(&closed, &parties, &taken);
	check_balanced(&closed, DW_POSTING_CHARGEBACK_WON);
	check(opened.result == closed.result);
	check_mirror(&opened, &closed);
	dw_posting_chargeback_lost(&closed, &parties, &taken);
	check_balanced(&closed, DW_POSTING_CHARGEBACK_LOST);
	check(sum_of(&opened, DW_ACCOUNT_CHARGEBACK_CLEARING) ==
		  -sum_of(&closed, DW_ACCOUNT_CHARGEBACK_CLEARING));
	dw_posting_chargeback_raise(&regained, &parties, &taken);
	check_balanced(&regained, DW_POSTING_CHARGEBACK_RAISED);
	dw_posting_chargeback_regained(&regained, &parties, &taken);
	check_balanced(&regained, DW_POSTING_CHARGEBACK_WON);
	check(regained.result == closed.result);
	check(sum_of(&regained, DW_ACCOUNT_CHARGEBACK_CLEARING) == 0);
	check(sum_of(&regained, DW_ACCOUNT_PSP_CLEARING) ==
		  -sum_of(&closed, DW_ACCOUNT_PSP_CLEARING));
}

/* A refund is sent, or fails, before or after that. */
static void
run_refund(FuzzInput * input)
{
	const DwAccount receipt =
		dw_account_of_receipt(&parties.job_id, "EUR", "a");
	const int64_t pending = read_amount(input);
	const int64_t sent = read_amount(input);
	const int64_t loss = read_amount(input);
	DwPosting	posting;

	dw_posting_refund_paid(&posting, "EUR", "a", pending, loss);
	check_balanced(&posting, DW_POSTING_REFUND_PAID);
	dw_posting_refund_owed(&posting, &parties, "a", pending, loss);
	check_balanced(&posting, DW_POSTING_REFUND_OWED);
	dw_posting_refund_failed(&posting, &receipt, pending, sent, loss);
	check_balanced(&posting, DW_POSTING_REFUND_FAILED);
	check(posting.result != DW_OK ||
		  sum_of(&posting, DW_ACCOUNT_SUSPENSE) == (DwWide) pending + sent);
}

/* A provider is paid, and their bank sends it back. */
static void
run_payout(FuzzInput * input)
{
	DwPaid		paid = {
		.provider_id = parties.provider_id,
		.currency = "EUR",
		.available = ~read_amount(input),
		.receivable = read_amount(input),
		.remainder = read_amount(input),
		.psp = "a",
		.paid_currency = fuzz_range(input, 0, 1) ? "EUR" : "USD",
		.paid_amount = read_amount(input)
	};
	DwPosting	postings[2];
	DwPosting	returned;
	int			count;

	if (fuzz_range(input, 0, 1))	/* amounts that belong together */
		paid.paid_amount = (int64_t) -((uint64_t) paid.available +
									   (uint64_t) paid.receivable);
	count = dw_posting_payout(postings, &paid);
	check(count == (strcmp(paid.paid_currency, "EUR") == 0 ? 1 : 2));
	if (count == 1)
		check_posting(&postings[0], DW_POSTING_PAYOUT);
	else
	{
		check_balanced(&postings[0], DW_POSTING_EXCHANGE);
		check_balanced(&postings[1], DW_POSTING_EXCHANGED_PAYOUT);
	}
	for (int i = 0; i < count; i++)
	{
		if (!dw_posting_is_valid(&postings[i]))
			continue;
		dw_posting_payout_returned(&returned, &postings[i]);
		check_posting(&returned, DW_POSTING_PAYOUT_RETURNED);
		if (returned.result != DW_OK)
			continue;
		check(sum_of(&returned, DW_ACCOUNT_PROVIDER_AVAILABLE) >= 0);
		if (sum_of(&postings[i], DW_ACCOUNT_PROVIDER_AVAILABLE) <= 0)
			check_mirror(&postings[i], &returned);
		else
			check(sum_of(&returned, DW_ACCOUNT_PROVIDER_RECEIVABLE) ==
				  -sum_of(&postings[i], DW_ACCOUNT_PROVIDER_RECEIVABLE) -
				  sum_of(&postings[i], DW_ACCOUNT_PROVIDER_AVAILABLE));
	}
}

/* One input: one event after the other. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const events[]) (FuzzInput *) = {
		run_payment, run_outflow, run_chargeback, run_payout, run_spread,
		run_refund, run_move
	};
	FuzzInput	input = {data, size};

	while (input.size > 0)
	{
		uint8_t		event;

		fuzz_read(&input, &event, sizeof(event));
		events[event % DW_LENGTH(events)] (&input);
	}
	return 0;
}
