/*
 * escrow_amount.c
 *		Reckons with the amounts of an escrow: what work costs with its fee,
 *		what money covers, what is missing, disputed or unearned, and the
 *		state that follows.
 *
 * Milestones count prices, the escrow counts money; where the homeowner
 * bears a part of the fee the two differ, and the milestones follow.
 */
#include "core/escrow/escrow.h"

/* What the homeowner pays in for a part of the contract; it cannot fail. */
int64_t
dw_escrow_charge_of(const DwEscrow *escrow, int64_t price)
{
	DwFeeQuote	quote = {.charge = price};

	(void) dw_fee_quote(&escrow->terms, price, &quote);
	return quote.charge;
}

/* The highest price of work that money paid in covers with its charge. */
int64_t
dw_escrow_covered(const DwEscrow *escrow, int64_t money)
{
	int64_t		low = 0;
	int64_t		high = escrow->contract_amount;

	if (escrow->terms.payer == DW_FEE_PAYER_PROVIDER)
		return money;
	while (low < high)
	{
		int64_t		middle = low + (high - low + 1) / 2;

		if (dw_escrow_charge_of(escrow, middle) <= money)
			low = middle;
		else
			high = middle - 1;
	}
	return low;
}

/* What the homeowner has to pay in all. */
int64_t
dw_escrow_charge(const DwEscrow *escrow)
{
	return dw_escrow_charge_of(escrow, escrow->contract_amount);
}

/* Money that neither went back nor was lost to a bank. */
int64_t
dw_escrow_kept(const DwEscrow *escrow)
{
	return escrow->funded - escrow->refunded - escrow->charged_back +
		escrow->contested;
}

/* Of the work that is not given up, what is neither paid nor under way. */
int64_t
dw_escrow_missing(const DwEscrow *escrow)
{
	int64_t		price = escrow->contract_amount - escrow->given_up;
	int64_t		missing = dw_escrow_charge_of(escrow, price) -
		dw_escrow_kept(escrow) - escrow->pending;

	return missing > 0 ? missing : 0;
}

/* Price of work that is paid for and not given up. */
int64_t
dw_escrow_price_paid(const DwMilestone *milestones, int count)
{
	int64_t		sum = 0;

	for (int i = 0; i < count; i++)
		sum += milestones[i].funded - milestones[i].refunded;
	return sum;
}

/* What the releases so far came to. */
DwFeeTaken
dw_escrow_taken(const DwEscrow *escrow, const DwMilestone *milestones,
				int count)
{
	DwFeeTaken	taken = {.fee = escrow->fee_taken,.tax = escrow->tax_taken};

	for (int i = 0; i < count; i++)
		taken.released += milestones[i].released;
	taken.borne = escrow->released - taken.released;
	return taken;
}

/* What lies there beyond the charge of the work that stays paid. */
int64_t
dw_escrow_unearned(const DwEscrow *escrow, const DwMilestone *milestones,
				   int count, int64_t price)
{
	int64_t		stays = dw_escrow_price_paid(milestones, count) - price;

	return dw_escrow_kept(escrow) - dw_escrow_charge_of(escrow, stays);
}

/* Of what is held, the part that is under dispute; see the header. */
int64_t
dw_escrow_disputed(const DwEscrow *escrow, const DwMilestone *milestones,
				   int count)
{
	int64_t		covered = dw_escrow_price_paid(milestones, count);
	int64_t		disputed = 0;
	int64_t		part;

	for (int i = 0; i < count; i++)
		disputed += milestones[i].disputed;
	if (disputed == 0)
		return 0;
	if (dw_milestones_available(milestones, count) == 0)
		return escrow->held;
	part = dw_escrow_charge_of(escrow, covered) -
		dw_escrow_charge_of(escrow, covered - disputed);
	return part < escrow->held ? part : escrow->held;
}

/* The state of an escrow in which nothing is held any more. */
static DwEscrowStatus
status_of_empty(const DwEscrow *escrow)
{
	if (escrow->charged_back > 0)
		return DW_ESCROW_CHARGED_BACK;
	if (escrow->refunded == escrow->funded)
		return DW_ESCROW_REFUNDED;
	if (dw_escrow_charge_of(escrow, escrow->contract_amount -
							escrow->given_up) > dw_escrow_kept(escrow))
		return DW_ESCROW_PARTIALLY_RELEASED;	/* a top-up is still due */
	if (escrow->released == escrow->funded)
		return DW_ESCROW_RELEASED;
	return DW_ESCROW_SETTLED;
}

/* The state that follows from amounts and flags. */
DwEscrowStatus
dw_escrow_status(const DwEscrow *escrow)
{
	if (escrow->frozen)
		return DW_ESCROW_FROZEN;
	if (escrow->funded == 0)
		return escrow->status;
	if (escrow->held == 0)
		return status_of_empty(escrow);
	if (escrow->disputed == escrow->held)
		return DW_ESCROW_DISPUTED;
	return escrow->released > 0 ? DW_ESCROW_PARTIALLY_RELEASED
		: DW_ESCROW_HELD;
}

/* True when the amounts are possible. */
bool
dw_escrow_is_valid(const DwEscrow *escrow)
{
	__int128	sum = (__int128) escrow->held + escrow->released +
		escrow->refunded + escrow->charged_back;

	return escrow->pending >= 0 && escrow->held >= 0 &&
		escrow->released >= 0 && escrow->refunded >= 0 &&
		escrow->charged_back >= 0 && escrow->disputed >= 0 &&
		escrow->fee_taken >= 0 && escrow->tax_taken >= 0 &&
		sum == escrow->funded && escrow->disputed <= escrow->held &&
		escrow->tax_taken <= escrow->released - escrow->fee_taken;
}

/* Sets what follows; see the header. */
void
dw_escrow_derive(DwEscrow *escrow, const DwMilestone *milestones, int count)
{
	escrow->given_up = 0;
	for (int i = 0; i < count; i++)
		escrow->given_up += milestones[i].refunded;
	escrow->disputed = dw_escrow_disputed(escrow, milestones, count);
	escrow->status = dw_escrow_status(escrow);
}
