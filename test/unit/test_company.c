/*
 * test_company.c
 *		What companies and banks do with the platform's own money.
 */
#include "unit.h"

#include "core/company/company.h"

/* Who gives and who gains an amount above zero. */
typedef struct Expected
{
	DwPostingEvent event;		/* of the posting */
	DwTransactionType type;		/* of the transaction */
	DwAccount	gives;			/* an amount above zero */
	DwAccount	gains;			/* it */
}			Expected;

#define PLATFORM(kind_) \
	{.kind = DW_ACCOUNT_##kind_, .currency = "EUR", .psp = ""}
#define COMPANY(kind_) \
	{.kind = DW_ACCOUNT_##kind_, .currency = "EUR", .psp = "acme"}

static const Expected expected[] = {
	[DW_COMPANY_FEE] = {DW_POSTING_PSP_FEE, DW_TRANSACTION_PSP_FEE,
	COMPANY(PSP_FEE), COMPANY(PSP_CLEARING)},
	[DW_COMPANY_SETTLEMENT] = {DW_POSTING_SETTLED, DW_TRANSACTION_SETTLEMENT,
	PLATFORM(BANK), COMPANY(PSP_CLEARING)},
	[DW_COMPANY_BANK_FEE] = {DW_POSTING_BANK_FEE, DW_TRANSACTION_BANK_FEE,
	COMPANY(PSP_FEE), PLATFORM(BANK)},
	[DW_COMPANY_ADJUSTMENT] = {DW_POSTING_ADJUSTMENT,
		DW_TRANSACTION_ADJUSTMENT, COMPANY(PSP_CLEARING),
	PLATFORM(PLATFORM_LOSS)},
	[DW_COMPANY_WITHDRAWAL] = {DW_POSTING_WITHDRAWAL,
		DW_TRANSACTION_WITHDRAWAL, PLATFORM(PLATFORM_FEE),
	PLATFORM(BANK)}
};

/* A leg is of this account and amount. */
static void
check_leg(const DwLeg *leg, const DwAccount *account, int64_t amount)
{
	assert_true(dw_uuid_is_nil(&leg->account.owner_id));
	assert_int_equal(leg->account.kind, account->kind);
	assert_string_equal(leg->account.psp, account->psp);
	assert_string_equal(leg->account.currency, account->currency);
	assert_int_equal(leg->amount, amount);
}

/* Each fact moves its amount between its two accounts, either way. */
static void
test_posting(void **state)
{
	const int64_t amounts[] = {1, 1190, INT64_MAX};

	assert_int_equal(DW_LENGTH(expected), DW_COMPANY_FACT_COUNT);
	for (int fact = 0; fact < DW_COMPANY_FACT_COUNT; fact++)
		for (int i = 0; i < DW_LENGTH(amounts); i++)
		{
			const		Expected *e = &expected[fact];
			DwPosting	posting;

			dw_company_posting(&posting, (DwCompanyFact) fact, "acme", "EUR",
							   amounts[i]);
			assert_true(dw_posting_is_valid(&posting));
			assert_int_equal(posting.event, e->event);
			assert_int_equal(posting.count, 2);
			check_leg(&posting.legs[0], &e->gives, -amounts[i]);
			check_leg(&posting.legs[1], &e->gains, amounts[i]);

			dw_company_posting(&posting, (DwCompanyFact) fact, "acme", "EUR",
							   -amounts[i]);
			assert_true(dw_posting_is_valid(&posting));
			check_leg(&posting.legs[0], &e->gains, -amounts[i]);
			check_leg(&posting.legs[1], &e->gives, amounts[i]);
		}
}

/* Nothing, and an amount without an opposite, cannot be booked. */
static void
test_refused(void **state)
{
	for (int fact = 0; fact < DW_COMPANY_FACT_COUNT; fact++)
	{
		DwPosting	posting;

		dw_company_posting(&posting, (DwCompanyFact) fact, "acme", "EUR", 0);
		assert_int_equal(posting.result, DW_BAD_VALUE);
		dw_company_posting(&posting, (DwCompanyFact) fact, "acme", "EUR",
						   INT64_MIN);
		assert_int_equal(posting.result, DW_OVERFLOW);
		assert_false(dw_posting_is_valid(&posting));
	}
}

/* The type of the transaction, and the word that the event is kept by. */
static void
test_words(void **state)
{
	for (int fact = 0; fact < DW_COMPANY_FACT_COUNT; fact++)
	{
		DwTransactionType type = dw_company_type((DwCompanyFact) fact);
		DwCompanyFact parsed;

		assert_int_equal(type, expected[fact].type);
		assert_string_equal(dw_company_fact_label((DwCompanyFact) fact),
							dw_transaction_type_label(type));
		assert_true(dw_company_fact_parse(dw_transaction_type_label(type),
										  &parsed));
		assert_int_equal(parsed, fact);
	}
}

/* Amounts as a company counts them: coarser, the same, finer. */
static void
test_units(void **state)
{
	int64_t		theirs;

	(void) state;
	assert_int_equal(dw_psp_unit("HUF", 0), 100);
	assert_int_equal(dw_psp_unit("HUF", 2), 1);
	assert_int_equal(dw_psp_unit("UGX", 2), 1);
	assert_int_equal(dw_psp_unit("CLF", 0), 10000);
	assert_int_equal(dw_psp_amount("HUF", 0, 123400, &theirs), DW_OK);
	assert_int_equal(theirs, 1234);
	assert_int_equal(dw_psp_amount("HUF", 0, -100, &theirs), DW_OK);
	assert_int_equal(theirs, -1);
	assert_int_equal(dw_psp_amount("HUF", 0, 123450, &theirs), DW_BAD_VALUE);
	assert_int_equal(dw_psp_amount("USD", 2, 5, &theirs), DW_OK);
	assert_int_equal(theirs, 5);
	assert_int_equal(dw_psp_amount("UGX", 2, 5000, &theirs), DW_OK);
	assert_int_equal(theirs, 500000);
	assert_int_equal(dw_psp_amount("UGX", 2, INT64_MAX / 10, &theirs),
					 DW_OVERFLOW);
	assert_int_equal(theirs, 500000);
}

/*
 * Losses of 0 to 3 each against money of 0 to 3 in each place, in any order:
 * as much is made good as there is of both, of each no more than it has, and
 * none out of a later place while an earlier one has any.
 */
static void
test_cover(void **state)
{
	(void) state;
	for (int at = 0; at < 4 * 4 * 4 * 4 * 4 * 4; at++)
	{
		int64_t		losses[3];
		int64_t		lies[3];
		int64_t		loss = 0;
		int64_t		money = 0;
		int64_t		made_good = 0;
		DwCovered	covered[5];
		int			count;

		for (int i = 0, rest = at; i < 3; i++, rest /= 16)
		{
			loss += losses[i] = rest % 4;
			money += lies[i] = rest / 4 % 4;
		}
		count = dw_cover_losses(losses, 3, lies, 3, covered);
		assert_true(count >= 0 && count <= 5);
		for (int i = 0; i < count; i++)
		{
			assert_true(covered[i].amount > 0);
			losses[covered[i].loss] -= covered[i].amount;
			lies[covered[i].place] -= covered[i].amount;
			made_good += covered[i].amount;
			for (int before = 0; before < covered[i].loss; before++)
				assert_int_equal(losses[before], 0);
			for (int before = 0; before < covered[i].place; before++)
				assert_int_equal(lies[before], 0);
		}
		for (int i = 0; i < 3; i++)
			assert_true(losses[i] >= 0 && lies[i] >= 0);
		assert_int_equal(made_good, loss < money ? loss : money);
	}
	assert_int_equal(dw_cover_losses(NULL, 0, NULL, 0, NULL), 0);
}

/* Runs the tests. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_units),
		cmocka_unit_test(test_posting),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_cover)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
