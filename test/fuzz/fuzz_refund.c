/*
 * fuzz_refund.c
 *		Whatever a company tells of a refund, in whatever order, no cent
 *		appears or is lost.
 *
 * A stream of what happens to one refund: it is undone in parts, told of in
 * parts, sent, failed, sent after all, and what had failed goes elsewhere.
 * Beside it the accounts that it moves through.  After each step what is
 * pending, what the company has sent and what the platform bears follow from
 * the rows, and all of it sums to what was asked for.
 */
#include "fuzz.h"

#include "core/refund/refund.h"

#define PARTS_MAX	6
#define RECEIPTS_MAX 32
#define NO_RECEIPT	(-1)

/* A row of it, and the receipt that it failed into. */
typedef struct Part
{
	DwRefundFacts facts;		/* as core decides on it */
	int			receipt;		/* which, or NO_RECEIPT */
}			Part;

/* Where the money is. */
typedef struct Flow
{
	Part		parts[PARTS_MAX];	/* of the refund */
	int			part_count;		/* of them */
	int64_t		receipts[RECEIPTS_MAX]; /* what lies in each */
	int			receipt_count;	/* of them */
	int64_t		asked;			/* for, in all */
	int64_t		pending;		/* with the company, to be sent */
	int64_t		sent;			/* by the company */
	int64_t		escrow;			/* undone before it was sent */
	int64_t		elsewhere;		/* out of receipts, another way */
	int64_t		borne;			/* by the platform */
}			Flow;

/* What must hold of one row, which is a CHECK of its table, too. */
static void
check_row(const DwRefundFacts *row)
{
	check(row->amount > 0);
	check(row->reversed >= 0 && row->loss >= 0);
	check(row->reversed + row->loss <= row->amount);
	check(row->failed >= 0 && row->failed <= row->amount);
}

/* What must hold after every step. */
static void
check_flow(const Flow * flow)
{
	int64_t		amount = 0;
	int64_t		pending = 0;
	int64_t		sent = 0;
	int64_t		borne = 0;
	int64_t		apart = 0;

	for (int i = 0; i < flow->part_count; i++)
	{
		const DwRefundFacts *row = &flow->parts[i].facts;

		check_row(row);
		amount += row->amount;
		pending += dw_refund_pending(row);
		if (row->status != DW_REFUND_COMPLETED)
			continue;
		sent += row->amount - row->reversed;
		borne += row->loss;
	}
	for (int i = 0; i < flow->receipt_count; i++)
	{
		check(flow->receipts[i] >= 0);
		apart += flow->receipts[i];
	}
	check(amount == flow->asked);
	check(pending == flow->pending);
	check(sent == flow->sent);
	check(borne == flow->borne);
	check(pending + sent + apart + flow->escrow + flow->elsewhere - borne ==
		  flow->asked);
}

/* The company says that it has sent so much; 0: it does not say how much. */
static void
tell_sent(Flow * flow, Part * part, int64_t amount)
{
	const DwRefundFacts before = part->facts;
	int64_t		rest = before.amount - before.reversed - before.loss;
	bool		is_there = part->receipt != NO_RECEIPT &&
		flow->receipts[part->receipt] >= rest;
	DwRefundSent sent;

	if (dw_refund_confirm(&part->facts, amount, is_there, &sent) != DW_OK)
	{
		check(memcmp(&before, &part->facts, sizeof(before)) == 0);
		return;
	}
	check(sent.pending >= 0 && sent.apart >= 0 && sent.loss >= 0);
	check(sent.apart == 0 || is_there);
	flow->pending -= sent.pending;
	if (sent.apart > 0)
		flow->receipts[part->receipt] -= sent.apart;
	flow->borne += sent.loss;
	flow->sent += sent.pending + sent.apart + sent.loss;
	part->receipt = NO_RECEIPT;
}

/* The company says that it could not, or that it came back. */
static void
tell_failed(Flow * flow, Part * part)
{
	const DwRefundFacts before = part->facts;
	DwRefundBack back;

	if (flow->receipt_count == RECEIPTS_MAX)
		return;
	if (dw_refund_fail(&part->facts, &back) != DW_OK)
	{
		check(memcmp(&before, &part->facts, sizeof(before)) == 0);
		return;
	}
	check(back.pending >= 0 && back.sent >= 0 && back.loss >= 0);
	flow->pending -= back.pending;
	flow->sent -= back.sent + back.loss;
	flow->borne -= back.loss;
	part->receipt = flow->receipt_count;
	flow->receipts[flow->receipt_count++] = back.pending + back.sent;
}

/* A part of what is asked for is told of by itself. */
static void
split(FuzzInput * input, Flow * flow, Part * part)
{
	const int64_t asked = part->facts.amount - part->facts.reversed;
	Part	   *other = &flow->parts[flow->part_count];

	if (flow->part_count == PARTS_MAX || asked < 2 ||
		part->facts.status == DW_REFUND_COMPLETED)
		return;
	dw_refund_split(&part->facts, fuzz_range(input, 1, asked - 1),
					&other->facts);
	other->receipt = part->receipt;
	flow->part_count++;
}

/* One step of a stream. */
static void
step(FuzzInput * input, Flow * flow)
{
	Part	   *part = &flow->parts[fuzz_range(input, 0,
											   flow->part_count - 1)];
	int64_t		amount = fuzz_range(input, 0, part->facts.amount + 1);

	switch (fuzz_range(input, 0, 5))
	{
		case 0:
			amount = dw_refund_withdraw(&part->facts, amount);
			flow->pending -= amount;
			flow->escrow += amount;
			break;
		case 1:
			tell_sent(flow, part, 0);
			break;
		case 2:
			tell_sent(flow, part, amount);
			break;
		case 3:
			tell_failed(flow, part);
			break;
		case 4:
			split(input, flow, part);
			break;
		default:
			if (part->receipt == NO_RECEIPT)
				break;
			flow->elsewhere += flow->receipts[part->receipt];
			flow->receipts[part->receipt] = 0;
	}
}

/* One stream. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput	input = {data, size};
	Flow		flow = {.part_count = 1};

	flow.asked = fuzz_range(&input, 1, INT64_C(1000000000000000));
	flow.pending = flow.asked;
	flow.parts[0] = (Part)
	{
		.facts =
		{
			.amount = flow.asked
		},.receipt = NO_RECEIPT
	};
	while (input.size > 8)
	{
		step(&input, &flow);
		check_flow(&flow);
	}
	return 0;
}
