/*
 * fuzz_dispute.c
 *		Whatever is disputed, no cent appears or is lost.
 *
 * Disputes are opened, answered, withdrawn and ended between payments,
 * releases and refunds, whoever pays the fee.  After each step I3 and I7
 * hold, what is disputed is what the milestones say, both machines permit
 * the move, a refusal changed nothing, and the fee is that of one release.
 */
#include "fuzz.h"

#include "core/dispute/dispute.h"

#define PLAN_MAX	5
#define DISPUTES_MAX 8

/* One contract under fire. */
typedef struct Contract
{
	DwEscrow	escrow;			/* the money */
	DwMilestone plan[PLAN_MAX]; /* its milestones */
	int			count;			/* how many */
	DwDispute	disputes[DISPUTES_MAX]; /* the open ones among them */
	int			dispute_count;	/* opened so far */
} Contract;

/* A contract and its plan; false when the input makes none. */
static bool
read_contract(FuzzInput *input, Contract *made)
{
	DwFeeTerms	terms = {
		.rate_ppm = (int32_t) fuzz_range(input, 0, 1000000),
		.fixed = fuzz_range(input, 0, 500),
		.min_fee = fuzz_range(input, 0, 500),
		.max_fee = DW_FEE_NO_MAX,
		.tax_ppm = (int32_t) fuzz_range(input, 0, 300000),
		.payer = (DwFeePayer) fuzz_range(input, 0, DW_FEE_PAYER_COUNT - 1)
	};
	int64_t		amount = fuzz_range(input, PLAN_MAX, 1000000);

	if (fuzz_range(input, 0, 1))
		terms.max_fee = terms.min_fee + fuzz_range(input, 0, 5000);
	memset(made, 0, sizeof(*made));
	made->count = (int) fuzz_range(input, 1, PLAN_MAX);
	if (dw_escrow_open(&made->escrow, "EUR", amount, &terms) != DW_OK)
		return false;
	for (int i = 0; i < made->count; i++)
	{
		made->plan[i].id.bytes[0] = (uint8_t) (i + 1);
		made->plan[i].amount = fuzz_range(input, 1, 1000);
	}
	return dw_milestones_plan(made->plan, made->count, amount) == DW_OK;
}

/* What must hold after every step. */
static void
check_valid(const Contract *contract)
{
	const DwEscrow *escrow = &contract->escrow;
	int64_t		disputed = 0;
	int64_t		open = 0;
	int64_t		released = 0;
	DwFeeQuote	quote;

	check(dw_escrow_is_valid(escrow));
	check(dw_escrow_status(escrow) == escrow->status);
	for (int i = 0; i < contract->count; i++)
	{
		const DwMilestone *one = &contract->plan[i];

		check(one->released >= 0 && one->refunded >= 0 && one->disputed >= 0);
		check(dw_milestone_available(one) >= 0 && one->funded <= one->amount);
		check((one->disputed > 0) == (one->status == DW_MILESTONE_DISPUTED));
		check((one->disputed > 0) == !dw_uuid_is_nil(&one->dispute_id));
		disputed += one->disputed;
		released += one->released;
	}
	for (int i = 0; i < contract->dispute_count; i++)
		if (dw_dispute_is_open(&contract->disputes[i]))
			open += contract->disputes[i].amount;
	check(disputed == open);
	check(escrow->disputed == dw_escrow_disputed(escrow, contract->plan,
												 contract->count));
	check(dw_fee_quote(&escrow->terms, released, &quote) == DW_OK);
	check(escrow->fee_taken == quote.fee && escrow->tax_taken <= quote.tax);
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
		if (before->plan[i].status != after->plan[i].status)
			check(dw_machine_permits(dw_milestone_machine(),
									 before->plan[i].status, milestone_event,
									 actor, after->plan[i].status));
}

/* A payment is asked for, and some of what is asked for arrives. */
static void
step_payment(FuzzInput *input, Contract *contract)
{
	DwEscrow   *escrow = &contract->escrow;
	int64_t		amount = fuzz_range(input, -1, dw_escrow_missing(escrow) + 1);
	int64_t		arrives;

	(void) dw_escrow_fund(escrow, &amount);
	arrives = fuzz_range(input, 0, escrow->pending);
	(void) dw_escrow_confirm(escrow, contract->plan, contract->count,
							 arrives);
}

/* A release, a refund, or a delivery. */
static void
step_move(FuzzInput *input, Contract *contract)
{
	DwSelector	selector = {.has_amount = fuzz_range(input, 0, 1)};
	DwMilestone *one = &contract->plan[fuzz_range(input, 0,
												  contract->count - 1)];
	Contract	before = *contract;
	DwResult	result;
	DwRelease	out;

	selector.amount = selector.has_amount
		? fuzz_range(input, 1, contract->escrow.held + 1) : 0;
	switch (fuzz_range(input, 0, 2))
	{
		case 0:
			result = dw_escrow_release(&contract->escrow, contract->plan,
									   contract->count, &selector, &out);
			break;
		case 1:
			result = dw_escrow_refund(&contract->escrow, contract->plan,
									  contract->count, &selector, &out);
			break;
		default:
			(void) dw_milestone_submit(one);
			return;
	}
	if (result != DW_OK)
		check(memcmp(&before, contract, sizeof(before)) == 0);
}

/* Somebody opens a dispute. */
static void
step_open(FuzzInput *input, Contract *contract)
{
	Contract	before;
	DwDispute  *dispute = &contract->disputes[contract->dispute_count];
	const DwUuid *id = NULL;
	int64_t		offer = fuzz_range(input, -1, contract->escrow.held + 1);

	if (contract->dispute_count == DISPUTES_MAX)
		return;
	if (fuzz_range(input, 0, 2))
		id = &contract->plan[fuzz_range(input, 0, contract->count - 1)].id;
	dispute->id.bytes[15] = (uint8_t) (contract->dispute_count + 1);
	dispute->by_homeowner = fuzz_range(input, 0, 1);
	dispute->homeowner_offer = dispute->provider_offer = offer;
	before = *contract;
	if (dw_dispute_open(&contract->escrow, contract->plan, contract->count,
						id, dispute) != DW_OK)
	{
		check(memcmp(&before, contract, sizeof(before)) == 0);
		return;
	}
	contract->dispute_count++;
	check_permitted(&before, contract, DW_ESCROW_EVENT_OPEN_DISPUTE,
					DW_MILESTONE_EVENT_OPEN_DISPUTE, DW_ACTOR_PROVIDER);
}

/* Ends a dispute at a figure: conservation, I7, and no fee twice. */
static void
end_at(Contract *contract, DwDispute *dispute, int64_t figure,
	   DwDisputeStatus status)
{
	Contract	before = *contract;
	DwSettlement out = {.figure = figure};

	if (dw_dispute_settle(&contract->escrow, contract->plan, contract->count,
						  dispute, &out) != DW_OK)
	{
		check(memcmp(&before, contract, sizeof(before)) == 0);
		check(!dw_dispute_is_open(dispute) || figure < 0 ||
			  figure > dispute->amount);
		return;
	}
	dispute->status = status;
	check(out.release.fee + out.release.tax + out.release.payout ==
		  out.release.amount);
	check(out.release.fee >= 0 && out.release.tax >= 0 &&
		  out.release.payout >= 0 && out.refund >= 0);
	check((figure == 0) == (out.release.amount == 0));
	check(out.refund >= dispute->amount - figure);
	check(before.escrow.held - contract->escrow.held ==
		  out.release.amount + out.refund);
	check_permitted(&before, contract,
					status == DW_DISPUTE_RESOLVED
					? DW_ESCROW_EVENT_RESOLVE_DISPUTE
					: DW_ESCROW_EVENT_DEFAULT_DECISION,
					status == DW_DISPUTE_RESOLVED
					? DW_MILESTONE_EVENT_RESOLVE_DISPUTE
					: DW_MILESTONE_EVENT_DEFAULT_DECISION,
					status == DW_DISPUTE_RESOLVED
					? DW_ACTOR_SUPPORT : DW_ACTOR_SYSTEM);
}

/* A dispute is answered, withdrawn, left to the deadline or to a mediator. */
static void
step_dispute(FuzzInput *input, Contract *contract)
{
	DwDispute  *dispute = &contract->disputes[fuzz_range(input, 0,
														 DISPUTES_MAX - 1)];
	Contract	before;
	int64_t		figure;

	if (dispute->amount == 0)
		return;
	figure = fuzz_range(input, -1, dispute->amount + 1);
	switch (fuzz_range(input, 0, 3))
	{
		case 0:
			if (dw_dispute_offer(dispute, fuzz_range(input, 0, 1),
								 figure) == DW_OK &&
				dw_dispute_meets(dispute, &figure))
			{
				check(figure >= dispute->provider_offer &&
					  figure <= dispute->homeowner_offer);
				end_at(contract, dispute, figure, DW_DISPUTE_SETTLED);
				check(!dw_dispute_is_open(dispute));
			}
			break;
		case 1:
			end_at(contract, dispute, figure, DW_DISPUTE_RESOLVED);
			break;
		case 2:
			if (dw_dispute_is_open(dispute))
				end_at(contract, dispute, dw_dispute_default_figure(dispute),
					   DW_DISPUTE_SETTLED);
			break;
		default:
			before = *contract;
			if (dw_dispute_withdraw(&contract->escrow, contract->plan,
									contract->count, dispute) == DW_OK)
				check_permitted(&before, contract,
								DW_ESCROW_EVENT_WITHDRAW_DISPUTE,
								DW_MILESTONE_EVENT_WITHDRAW_DISPUTE,
								DW_ACTOR_HOMEOWNER);
	}
}

/* One input: a contract and a stream of events. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const steps[]) (FuzzInput *, Contract *) = {
		step_payment, step_move, step_open, step_dispute
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
	}
	return 0;
}
