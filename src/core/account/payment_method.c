/*
 * payment_method.c
 *		Decides what may be kept of a way to pay, and what it can.
 */
#include "core/account/account.h"

#include <string.h>

static const char *const payment_method_type_labels[] = {
	[DW_METHOD_CREDIT_CARD] = "credit_card",
	[DW_METHOD_DEBIT_CARD] = "debit_card",
	[DW_METHOD_BANK_ACCOUNT] = "bank_account",
	[DW_METHOD_PAYPAL] = "paypal",
	[DW_METHOD_STRIPE] = "stripe"
};

/* Definitions of the label and parse functions that the header promises. */
DW_LABELS(payment_method_type, DwPaymentMethodType,
		  payment_method_type_labels);

/*
 * A credit card is a line of credit, not an account: companies send back to
 * it what came from it, and nothing else.
 */
static const DwMethodAbility abilities[DW_METHOD_TYPE_COUNT] = {
	[DW_METHOD_CREDIT_CARD] = {.can_pay = true},
	[DW_METHOD_DEBIT_CARD] = {.can_pay = true,.can_receive = true},
	[DW_METHOD_BANK_ACCOUNT] = {.can_pay = true,.can_receive = true},
	[DW_METHOD_PAYPAL] = {.can_pay = true,.can_receive = true},
	[DW_METHOD_STRIPE] = {.can_pay = true,.can_receive = true}
};

DwMethodAbility
dw_method_ability(DwPaymentMethodType type)
{
	return abilities[type];
}

const DwDestination *
dw_destination_choose(const DwDestination *all, int count)
{
	const DwDestination *only = NULL;
	int			able = 0;

	for (int i = 0; i < count; i++)
	{
		if (!all[i].can_receive)
			continue;
		if (all[i].is_default)
			return &all[i];
		only = &all[i];
		able++;
	}
	return able == 1 ? only : NULL;
}

#define CARD_MIN_DIGITS 12
#define CARD_MAX_DIGITS 19

/* True for exactly four digits. */
bool
dw_last_four_valid(const char *text)
{
	return strlen(text) == 4 && strspn(text, "0123456789") == 4;
}

bool
dw_card_number_like(const char *text)
{
	size_t		i = strlen(text);
	int			digits = 0;
	int			sum = 0;

	/* from the right: every second digit counts double, by its digit sum */
	while (i-- > 0)
	{
		int			value = text[i] - '0';

		if (text[i] == ' ' || text[i] == '-')
			continue;
		if (value < 0 || value > 9 || digits == CARD_MAX_DIGITS)
			return false;
		if (digits++ % 2 == 1)
			value = value < 5 ? 2 * value : 2 * value - 9;
		sum += value;
	}
	return digits >= CARD_MIN_DIGITS && sum % 10 == 0;
}
