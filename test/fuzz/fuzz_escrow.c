/*
 * fuzz_escrow.c
 *		Whatever is done to an escrow, no cent appears or is lost.
 *
 * A stream of payments, releases, refunds, asked for or not, disputes,
 * approvals and change orders over a random contract.  After each step: I3
 * and I7, the milestones agree with the escrow, every move is one that the
 * machines permit, and a refusal changed nothing.  At the end the fee is that
 * of one release of the whole, and a cancel for any share leaves nothing
 * behind.
 */
#include "fuzz.h"

#include "core/cancellation/cancellation.h"
#include "core/escrow/escrow.h"
#include "core/offer/offer.h"
#include "core/refund/refund.h"

#define PLAN_MAX	6
#define PLAN_ROOM	(PLAN_MAX + 6)	/* with what change orders add */

/* One contract under fire. */
typedef struct Contract
{
	DwEscrow	escrow;			/* the money */
	DwMilestone plan[PLAN_ROOM];	/* its milestones */
	int			count;			/* how many */
} Contract;

/* Valid terms of any payer. */
static DwFeeTerms
read_terms(FuzzInput *input)
{
	DwFeeTerms	terms = {0};

	terms.rate_ppm = fuzz_range(input, 0, 1000000);
	terms.fixed = fuzz_range(input, 0, 500);
	terms.min_fee = fuzz_range(input, 0, 500);
	terms.max_fee = fuzz_range(input, 0, 1) ? DW_FEE_NO_MAX
		: terms.min_fee + fuzz_range(input, 0, 5000);
	terms.tax_ppm = fuzz_range(input, 0, 300000);
	terms.payer = (DwFeePayer) fuzz_range(input, 0, DW_FEE_PAYER_COUNT - 1);
	terms.step_count = (int) fuzz_range(input, 0, 1);
	terms.steps[0] = (DwFeeStep)
	{
		fuzz_range(input, 1, 100000), fuzz_range(input, 0, 999999)
	};
	terms.promo_ppm = fuzz_range(input, 0, 1000000);
	terms.promo_max = fuzz_range(input, DW_FEE_NO_MAX, 500);
	return terms;
}

/* A contract and its plan; false when the input makes none. */
static bool
read_contract(FuzzInput *input, Contract *made)
{
	DwFeeTerms	terms = read_terms(input);
	int64_t		amount = fuzz_range(input, PLAN_MAX, 1000000);

	memset(made, 0, sizeof(*made));
	made->count = (int) fuzz_range(input, 1, PLAN_MAX);
	if (dw_escrow_open(&made->escrow, "EUR", amount, &terms) != DW_OK)
		return false;
	for (int i = 0; i < made->count; i++)
	{
		made->plan[i].id.bytes[0] = (uint8_t) (i + 1);
		made->plan[i].amount = fuzz_range(input, 1, 1000);
		made->plan[i].is_required = fuzz_range(input, 0, 1);
	}
	return dw_milestones_plan(made->plan, made->count, amount) == DW_OK;
}

/* Any selector, mostly a good one. */
static DwSelector
read_selector(FuzzInput *input, const Contract *contract)
{
	DwSelector	selector = {.has_amount = fuzz_range(input, 0, 1)};

	if (selector.has_amount)
		selector.amount = fuzz_range(input, -1, contract->escrow.held + 1);
	else if (fuzz_range(input, 0, 1))
		selector.milestone_id =
			&contract->plan[fuzz_range(input, 0, PLAN_MAX - 1)].id;
	return selector;
}

/* The sums over the milestones fit each other and the escrow. */
static void
check_milestones(const Contract *contract)
{
	const DwEscrow *escrow = &contract->escrow;
	int64_t		contracted = 0;
	int64_t		released = 0;
	int64_t		funded = 0;

	for (int i = 0; i < contract->count; i++)
	{
		const DwMilestone *one = &contract->plan[i];

		check(one->released >= 0 && one->refunded >= 0 && one->disputed >= 0);
		check(one->amount >= one->funded);
		check(dw_milestone_available(one) >= 0);
		contracted += one->status == DW_MILESTONE_CANCELLED ? 0 : one->amount;
		released += one->released;
		funded += one->funded;
	}
	check(contracted == escrow->contract_amount);
	check(released <= escrow->released && funded <= escrow->funded);
	if (escrow->terms.payer == DW_FEE_PAYER_PROVIDER)
		check(released == escrow->released && funded == escrow->funded);
}

/* What must hold after every step. */
static void
check_valid(const Contract *contract)
{
	check(dw_escrow_is_valid(&contract->escrow));
	check(dw_escrow_status(&contract->escrow) == contract->escrow.status);
	check(contract->escrow.terms.payer != DW_FEE_PAYER_PROVIDER ||
		  contract->escrow.funded + contract->escrow.pending <=
		  dw_escrow_charge(&contract->escrow));
	check_milestones(contract);
}

/* The step was one that both tables know. */
static void
check_permitted(const Contract *before, const Contract *after,
				DwEscrowEvent event, DwMilestoneEvent milestone_event,
				DwActorKind actor)
{
	check(dw_machine_permits(dw_escrow_machine(), before->escrow.status,
							 event, actor, after->escrow.status));
	for (int i = 0; i < after->count; i++)
	{
		if (before->plan[i].status != after->plan[i].status ||
			after->plan[i].moved != 0)
			check(dw_machine_permits(dw_milestone_machine(),
									 before->plan[i].status, milestone_event,
									 actor, after->plan[i].status));
	}
}

/* A payment is asked for, and arrives or fails. */
static void
step_payment(FuzzInput *input, Contract *contract)
{
	DwEscrow   *escrow = &contract->escrow;
	int64_t		amount = fuzz_range(input, -1, dw_escrow_missing(escrow) + 1);
	DwEscrowStatus was = escrow->status;
	Contract	before;

	if (dw_escrow_fund(escrow, &amount) == DW_OK)
		check(dw_machine_permits(dw_escrow_machine(), was,
								 DW_ESCROW_EVENT_FUND, DW_ACTOR_HOMEOWNER,
								 escrow->status));
	dw_milestones_rest(contract->plan, contract->count);
	before = *contract;
	if (fuzz_range(input, 0, 7) == 0)
	{
		if (dw_escrow_fail(escrow, escrow->pending) == DW_OK)
			check_permitted(&before, contract, DW_ESCROW_EVENT_FAIL_PAYMENT,
							DW_MILESTONE_EVENT_CONFIRM_PAYMENT,
							DW_ACTOR_SYSTEM);
		return;
	}
	if (dw_escrow_confirm(escrow, contract->plan, contract->count,
						  escrow->pending) == DW_OK)
		check_permitted(&before, contract, DW_ESCROW_EVENT_CONFIRM_PAYMENT,
						DW_MILESTONE_EVENT_CONFIRM_PAYMENT, DW_ACTOR_SYSTEM);
}

/* A release: I7, and both tables know it. */
static void
step_release(FuzzInput *input, Contract *contract)
{
	DwSelector	selector = read_selector(input, contract);
	Contract	before = *contract;
	DwRelease	out;

	if (dw_escrow_release(&contract->escrow, contract->plan, contract->count,
						  &selector, &out) != DW_OK)
	{
		check(memcmp(&before, contract, sizeof(before)) == 0);
		return;
	}
	check(out.fee >= 0 && out.tax >= 0 && out.payout >= 0);
	check(out.fee + out.tax + out.payout == out.amount);
	check(before.escrow.held - contract->escrow.held == out.amount);
	check_permitted(&before, contract, DW_ESCROW_EVENT_RELEASE,
					DW_MILESTONE_EVENT_RELEASE, DW_ACTOR_HOMEOWNER);
}

/* A refund. */
static void
step_refund(FuzzInput *input, Contract *contract)
{
	DwSelector	selector = read_selector(input, contract);
	Contract	before = *contract;
	DwRelease	out;

	if (dw_escrow_refund(&contract->escrow, contract->plan, contract->count,
						 &selector, &out) != DW_OK)
	{
		check(memcmp(&before, contract, sizeof(before)) == 0);
		return;
	}
	check(out.amount == out.payout && out.fee == 0 && out.tax == 0);
	check(before.escrow.held - contract->escrow.held == out.amount);
	check_permitted(&before, contract, DW_ESCROW_EVENT_REFUND,
					DW_MILESTONE_EVENT_REFUND, DW_ACTOR_PROVIDER);
}

/* A company gives back by itself what is held and nobody disputes. */
static void
step_unasked(FuzzInput *input, Contract *contract)
{
	DwEscrow   *escrow = &contract->escrow;
	int64_t		amount = fuzz_range(input, 0, escrow->held + 1);
	int64_t		free = escrow->held - escrow->disputed;
	Contract	before = *contract;
	int64_t		part = dw_refund_take(escrow, contract->plan,
									  contract->count, amount);

	check(part == dw_money_lesser(amount, free));
	check(before.escrow.held - escrow->held == part);
	if (part == 0)
		check(memcmp(&before, contract, sizeof(before)) == 0);
	else
		check_permitted(&before, contract, DW_ESCROW_EVENT_REFUND_SENT,
						DW_MILESTONE_EVENT_REFUND_SENT, DW_ACTOR_SYSTEM);
}

/* One milestone is delivered, sent back, or approved. */
static void
step_work(FuzzInput *input, Contract *contract)
{
	DwMilestone *one = &contract->plan[fuzz_range(input, 0,
												  contract->count - 1)];
	Contract	before = *contract;
	DwMilestone *found;
	DwRelease	out;

	switch (fuzz_range(input, 0, 2))
	{
		case 0:
			(void) dw_escrow_submit(&contract->escrow, contract->plan,
									contract->count, &one->id, &found);
			break;
		case 1:
			(void) dw_milestone_request_changes(one);
			break;
		default:
			if (dw_escrow_approve(&contract->escrow, contract->plan,
								  contract->count, &one->id, &out) != DW_OK)
				check(memcmp(&before, contract, sizeof(before)) == 0);
			else if (out.amount > 0)
				check_permitted(&before, contract, DW_ESCROW_EVENT_APPROVE,
								DW_MILESTONE_EVENT_APPROVE,
								DW_ACTOR_HOMEOWNER);
	}
}

/* Both sides agree on more work, or on less. */
static void
step_change(FuzzInput *input, Contract *contract)
{
	DwEscrow   *escrow = &contract->escrow;
	DwContractChange change = {
		.amount = fuzz_range(input, -escrow->contract_amount - 1, 1000000)
	};
	Contract	before;
	int			count = contract->count;

	if (dw_machine_next(dw_escrow_machine(), escrow->status,
						DW_ESCROW_EVENT_CHANGE, DW_ACTOR_PROVIDER,
						NULL) != DW_OK ||
		escrow->disputed > 0 || escrow->pending > 0 || change.amount == 0)
		return;
	if (change.amount < 0 && fuzz_range(input, 0, 1))
		change.milestone_id = &contract->plan[fuzz_range(input, 0,
														 PLAN_MAX - 1)].id;
	if (change.amount > 0 && count == PLAN_ROOM)
		return;
	if (change.amount > 0)
	{
		contract->plan[count].id.bytes[0] = (uint8_t) (count + 1);
		contract->plan[count++].amount = change.amount;
	}
	dw_milestones_rest(contract->plan, count);
	before = *contract;
	if (dw_contract_change(escrow, contract->plan, count, &change) != DW_OK)
	{
		check(memcmp(&before, contract, sizeof(before)) == 0);
		memset(&contract->plan[contract->count], 0,
			   sizeof(DwMilestone) * (size_t) (count - contract->count));
		return;
	}
	contract->count = count;
	/* what the work costs that is not given up moved by just that much */
	check(escrow->contract_amount - escrow->given_up -
		  (before.escrow.contract_amount - before.escrow.given_up) ==
		  change.amount);
	check(before.escrow.held - escrow->held == change.refund.amount);
	check(change.amount > 0 || change.refund.part + change.cut ==
		  -change.amount);
	check_permitted(&before, contract, DW_ESCROW_EVENT_CHANGE,
					DW_MILESTONE_EVENT_CHANGE_ORDER, DW_ACTOR_PROVIDER);
}

/* Freezes or unfreezes; disputes or frees what is left of a milestone. */
static void
step_trouble(FuzzInput *input, Contract *contract)
{
	DwEscrow   *escrow = &contract->escrow;
	DwMilestone *one = &contract->plan[fuzz_range(input, 0,
												  contract->count - 1)];

	if (fuzz_range(input, 0, 3) == 0)
		escrow->frozen = escrow->funded > 0 && !escrow->frozen;
	else if (one->disputed > 0)
	{
		escrow->disputed -= one->disputed;
		one->disputed = 0;
		one->status = one->funded == one->amount
			? DW_MILESTONE_FUNDED : DW_MILESTONE_PLANNED;
	}
	else if (dw_milestone_available(one) > 0 && !escrow->frozen &&
			 escrow->terms.payer == DW_FEE_PAYER_PROVIDER)
	{
		one->disputed = dw_milestone_available(one);
		one->status = DW_MILESTONE_DISPUTED;
		escrow->disputed += one->disputed;
	}
	if (!escrow->frozen && escrow->status == DW_ESCROW_FROZEN)
		escrow->status = DW_ESCROW_HELD;
	escrow->status = dw_escrow_status(escrow);
}

/* However it was cut, the fee is that of the work released. */
static void
check_fee(const Contract *contract)
{
	const DwEscrow *escrow = &contract->escrow;
	int64_t		released = 0;
	DwFeeQuote	quote;

	for (int i = 0; i < contract->count; i++)
		released += contract->plan[i].released;
	check(dw_fee_quote(&escrow->terms, released, &quote) == DW_OK);
	check(escrow->fee_taken == quote.fee);
	check(escrow->tax_taken <= quote.tax);
	if (escrow->tax_taken == quote.tax)
		check(escrow->released == quote.charge);
}

/*
 * The last cent can always leave: what is missing comes in, all of the work
 * is released, and what lies there still goes back.
 */
static void
check_end(Contract *contract)
{
	const DwSelector all = {.has_amount = false};
	DwEscrow   *escrow = &contract->escrow;
	int64_t		amount = 0;
	DwRelease	out;

	escrow->frozen = false;
	for (int i = 0; i < contract->count; i++)
	{
		contract->plan[i].disputed = 0;
		if (contract->plan[i].status == DW_MILESTONE_DISPUTED)
			contract->plan[i].status = DW_MILESTONE_FUNDED;
	}
	dw_escrow_derive(escrow, contract->plan, contract->count);
	escrow->pending = 0;
	if (dw_escrow_fund(escrow, &amount) == DW_OK)
		check(dw_escrow_confirm(escrow, contract->plan, contract->count,
								amount) == DW_OK);
	if (dw_milestones_available(contract->plan, contract->count) > 0)
		check(dw_escrow_release(escrow, contract->plan, contract->count,
								&all, &out) == DW_OK);
	for (int i = 0; i < contract->count; i++)
		check(dw_escrow_missing(escrow) > 0 ||
			  contract->plan[i].status == DW_MILESTONE_CANCELLED ||
			  contract->plan[i].released + contract->plan[i].refunded ==
			  contract->plan[i].amount);
	if (escrow->held > 0)
		check(dw_escrow_refund(escrow, contract->plan, contract->count, &all,
							   &out) == DW_OK);
	check(escrow->held == 0);
}

/* The homeowner cancels for any share, or is refused and nothing changes. */
static void
check_cancel(FuzzInput *input, Contract contract)
{
	const Contract before = contract;
	const int64_t share_ppm = fuzz_range(input, 0, DW_PPM);
	DwCancellation out = {.unit = fuzz_range(input, 0, 3) * 50};
	DwResult	result = dw_escrow_cancel_held(&contract.escrow,
											   contract.plan, contract.count,
											   share_ppm, &out);

	if (result != DW_OK)
	{
		check(before.escrow.held == 0 || before.escrow.disputed > 0 ||
			  before.escrow.frozen);
		check(memcmp(&before, &contract, sizeof(before)) == 0);
		return;
	}
	check(contract.escrow.held == 0 && dw_escrow_is_valid(&contract.escrow));
	check(out.share.amount + out.refund == before.escrow.held);
	check(out.share.fee + out.share.tax + out.share.payout ==
		  out.share.amount);
	check(out.share.part <= out.price);
	check_permitted(&before, &contract, DW_ESCROW_EVENT_CANCEL_JOB,
					DW_MILESTONE_EVENT_CANCEL_JOB, DW_ACTOR_HOMEOWNER);
	check_fee(&contract);
}

/* One input: a contract and a stream of events. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const steps[]) (FuzzInput *, Contract *) = {
		step_payment, step_release, step_refund, step_work, step_trouble,
		step_change, step_unasked
	};
	FuzzInput	input = {data, size};
	Contract	contract;

	if (!read_contract(&input, &contract))
		return 0;
	while (input.size > 0)
	{
		uint8_t		step;

		fuzz_read(&input, &step, sizeof(step));
		steps[step % (sizeof(steps) / sizeof(steps[0]))] (&input, &contract);
		check_valid(&contract);
		check_fee(&contract);
	}
	check_cancel(&input, contract);
	check_end(&contract);
	return 0;
}
