/*
 * company.c
 *		What a payment company or a bank does with the platform's own money,
 *		and what makes good the losses of a charge.
 */
#include "core/company/company.h"

#include "core/base/base.h"

/* One kind of fact: what it is called, and between which accounts. */
typedef struct CompanyRule
{
	DwPostingEvent event;		/* what is posted */
	DwTransactionType type;		/* of the transaction */
	DwAccountKind gives;		/* who gives an amount above zero */
	DwAccountKind gains;		/* and who gains it */
} CompanyRule;

static const CompanyRule company_rules[] = {
	[DW_COMPANY_FEE] = {DW_POSTING_PSP_FEE, DW_TRANSACTION_PSP_FEE,
	DW_ACCOUNT_PSP_FEE, DW_ACCOUNT_PSP_CLEARING},
	[DW_COMPANY_SETTLEMENT] = {DW_POSTING_SETTLED, DW_TRANSACTION_SETTLEMENT,
	DW_ACCOUNT_BANK, DW_ACCOUNT_PSP_CLEARING},
	[DW_COMPANY_BANK_FEE] = {DW_POSTING_BANK_FEE, DW_TRANSACTION_BANK_FEE,
	DW_ACCOUNT_PSP_FEE, DW_ACCOUNT_BANK},
	[DW_COMPANY_ADJUSTMENT] = {DW_POSTING_ADJUSTMENT,
		DW_TRANSACTION_ADJUSTMENT, DW_ACCOUNT_PSP_CLEARING,
	DW_ACCOUNT_PLATFORM_LOSS},
	[DW_COMPANY_WITHDRAWAL] = {DW_POSTING_WITHDRAWAL,
		DW_TRANSACTION_WITHDRAWAL, DW_ACCOUNT_PLATFORM_FEE,
	DW_ACCOUNT_BANK}
};

static const char *const company_fact_labels[] = {
	[DW_COMPANY_FEE] = "psp_fee",
	[DW_COMPANY_SETTLEMENT] = "settlement",
	[DW_COMPANY_BANK_FEE] = "bank_fee",
	[DW_COMPANY_ADJUSTMENT] = "adjustment",
	[DW_COMPANY_WITHDRAWAL] = "withdrawal"
};

/* Definitions of the label and parse functions that company.h promises. */
DW_LABELS(company_fact, DwCompanyFact, company_fact_labels);

/* The account of a kind: what companies hold and take is told by company. */
static DwAccount
account_of(DwAccountKind kind, const char *psp, const char *currency)
{
	return kind == DW_ACCOUNT_PSP_CLEARING || kind == DW_ACCOUNT_PSP_FEE
		? dw_account_of_psp(kind, currency, psp)
		: dw_account_of_platform(kind, currency);
}

DwTransactionType
dw_company_type(DwCompanyFact fact)
{
	return company_rules[fact].type;
}

void
dw_company_posting(DwPosting *posting, DwCompanyFact fact, const char *psp,
				   const char *currency, int64_t amount)
{
	const CompanyRule *rule = &company_rules[fact];
	DwAccount	gives = account_of(rule->gives, psp, currency);
	DwAccount	gains = account_of(rule->gains, psp, currency);

	if (amount >= 0)
		dw_posting_move(posting, rule->event, &gives, &gains, amount);
	else if (amount == INT64_MIN)
	{
		dw_posting_move(posting, rule->event, &gives, &gains, 0);
		posting->result = DW_OVERFLOW;
	}
	else
		dw_posting_move(posting, rule->event, &gains, &gives, -amount);
}

int
dw_cover_losses(const int64_t *losses, int loss_count, const int64_t *lies,
				int place_count, DwCovered *covered)
{
	int			count = 0;
	int			loss = 0;
	int			place = 0;
	int64_t		made_good = 0;	/* of this loss, so far */
	int64_t		taken = 0;		/* out of this place, so far */

	while (loss < loss_count && place < place_count)
	{
		const int64_t part = dw_money_lesser(losses[loss] - made_good,
											 lies[place] - taken);

		if (part > 0)
			covered[count++] = (DwCovered)
		{
			loss, place, part
		};
		made_good += part;
		taken += part;
		if (taken == lies[place])
		{
			place++;
			taken = 0;
		}
		if (made_good == losses[loss])
		{
			loss++;
			made_good = 0;
		}
	}
	return count;
}
