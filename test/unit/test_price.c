/*
 * test_price.c
 *		Any price: its bounds, its order among strategies, its being the best.
 */
#include "unit.h"

#include "../sim/luck.h"
#include "agent_random.h"

#define CASES	1000000

/*
 * Of the decisions of test_order.  Whoever has to change it changes decisions
 * that were stored, and raises DW_AGENT_CORE_VERSION.
 */
#define DECISIONS	UINT64_C(0x94f1d4b6f7831361)

/* A number of a sequence that looks like chance. */
static int64_t
draw(void *source, int64_t least, int64_t most)
{
	return least + (int64_t) (luck_bits(source) %
							  (uint64_t) (most - least + 1));
}

/* FNV-1a of a decision's bytes, of which none is padding. */
static uint64_t
digest(uint64_t sum, const DwAgentDecision *decision)
{
	const uint8_t *bytes = (const uint8_t *) decision;

	for (size_t i = 0; i < sizeof(*decision); i++)
		sum = (sum ^ bytes[i]) * UINT64_C(0x100000001B3);
	return sum;
}

/*
 * A million agents: aggressive <= balanced <= premium, and no floor, ceiling,
 * mandate or cap is passed by any of them.  All decisions are those of any
 * other compiler and machine, bit by bit.
 */
static void
test_order(void **state)
{
	Luck		luck = {1};
	int			bids = 0;
	int			differ = 0;
	uint64_t	sum = 0;

	for (int i = 0; i < CASES; i++)
	{
		DwAgentInputs inputs;
		DwAgentDecision found[DW_AGENT_STRATEGY_COUNT];

		random_inputs(draw, &luck, &inputs);
		assert_true(strategies_are_ordered(&inputs, found));
		bids += found[DW_AGENT_BALANCED].verdict == DW_AGENT_BID;
		differ += found[DW_AGENT_AGGRESSIVE].amount <
			found[DW_AGENT_PREMIUM].amount;
		sum = digest(sum, &found[DW_AGENT_BALANCED]);
	}
	assert_int_equal(sum, DECISIONS);
	/* or there was nothing to be seen */
	assert_true(bids > CASES / 50);
	assert_true(differ > CASES / 10);
}

/* The floor is the least amount that leaves cost and margin after fees. */
static void
test_floor(void **state)
{
	Luck		luck = {2};

	for (int i = 0; i < CASES / 10; i++)
	{
		DwAgentInputs inputs;
		DwAgentDecision found;
		int64_t		need;

		random_inputs(draw, &luck, &inputs);
		inputs.settings.mandate = usual_mandate;
		inputs.platform.min_bid_amount = 0;
		dw_agent_decide(&inputs, NULL, &found);
		if (found.floor == 0 || found.floor == INT64_MAX)
			continue;
		need = (found.cost * (DW_PPM + inputs.settings.numbers.margin_ppm) +
				DW_PPM - 1) / DW_PPM;
		assert_true(payout_at(&inputs, found.floor) >= need);
		for (int j = 1; j < 20; j++)
		{
			int64_t		below = found.floor - j * inputs.job.unit;

			assert_true(below <= 0 || payout_at(&inputs, below) < need);
		}
	}
}

/* Copies what the list of fields names. */
static void
copy_fields(const DwAgentInputs *from, DwAgentInputs *to)
{
	for (int i = 0; i < dw_agent_input_fields.count; i++)
	{
		const DwNumberField *field = &dw_agent_input_fields.fields[i];

		for (int j = 0; j < field->count; j++)
			assert_true(dw_number_set(field, to, j,
									  dw_number_get(field, from, j)));
	}
}

/* What was stored of the inputs gives the same decision, bit by bit. */
static void
test_replay(void **state)
{
	Luck		luck = {3};

	for (int i = 0; i < CASES / 10; i++)
	{
		DwAgentInputs inputs;
		DwAgentInputs stored = {0};
		DwAgentDecision found;
		DwAgentDecision again;

		random_inputs(draw, &luck, &inputs);
		copy_fields(&inputs, &stored);
		dw_agent_decide(&inputs, NULL, &found);
		dw_agent_decide(&stored, NULL, &again);
		assert_memory_equal(&found, &again, sizeof(found));
	}
}

/* A given amount goes through the same guards and has the same chance. */
static void
test_offer(void **state)
{
	Luck		luck = {4};

	for (int i = 0; i < CASES / 10; i++)
	{
		DwAgentInputs inputs;
		DwAgentDecision found;
		DwAgentDecision offered;
		DwAgentOffer offer = {0};

		random_inputs(draw, &luck, &inputs);
		dw_agent_decide(&inputs, NULL, &found);
		if (found.amount == 0)
			continue;
		offer.amount = found.amount;
		offer.timeline_days = found.timeline_days;
		dw_agent_decide(&inputs, &offer, &offered);
		assert_int_equal(offered.reason, found.reason);
		assert_int_equal(offered.verdict, found.verdict);
		/* known before it is priced, an amount may be too much at once */
		assert_true(offered.win_probability == found.win_probability ||
					found.reason == DW_AGENT_EXPOSURE);
		offer.amount = draw(&luck, 0, 500000);
		dw_agent_decide(&inputs, &offer, &offered);
		if (offered.verdict == DW_AGENT_BID)
			assert_true(bid_is_allowed(&inputs, &offered) &&
						offer.amount >= offered.floor &&
						offer.amount <= offered.ceiling);
	}
}

/* The reason is the first guard that fails: every one before it holds. */
static void
test_reason(void **state)
{
	Luck		luck = {5};

	for (int i = 0; i < CASES / 20; i++)
	{
		DwAgentInputs inputs;
		DwAgentDecision found;

		random_inputs(draw, &luck, &inputs);
		dw_agent_decide(&inputs, NULL, &found);
		if (found.reason == DW_AGENT_PASSED ||
			found.reason == DW_AGENT_OVER_THRESHOLD)
			continue;
		assert_false(dw_agent_passes(&inputs, NULL, found.reason));
		for (int guard = 1; guard < (int) found.reason; guard++)
			assert_true(dw_agent_passes(&inputs, NULL, guard));
	}
}

/* Profit to be expected at a multiple of the anchor, without bounds. */
static double
profit_at(const DwAgentInputs *inputs, int64_t multiple, int64_t cost)
{
	DwAgentDecision at = {.anchor = inputs->job.anchor,.timeline_days = 2};
	DwFeatures	features;
	double		odds;

	at.amount = inputs->job.anchor * multiple / 100;
	dw_agent_features(inputs, &at, &features);
	odds = dw_learning_rivals(&inputs->parameters, &features,
							  inputs->platform.rivals);
	return (double) (payout_at(inputs, at.amount) - cost) / (1 + odds);
}

/* With kappa = 1 the price is the one of the window that earns most. */
static void
test_best(void **state)
{
	Luck		luck = {6};

	for (int i = 0; i < 1000; i++)
	{
		DwAgentInputs inputs;
		DwAgentDecision found;
		int64_t		best = 90;

		usual_inputs(&inputs);
		inputs.job.anchor = 1000000;
		inputs.job.budget_max = 0;
		inputs.settings.numbers.max_value = 2000000;
		inputs.settings.numbers.margin_ppm = 0;
		inputs.settings.costs.hourly_rate = draw(&luck, 20000, 45000);
		inputs.parameters.weight[DW_FEATURE_PRICE] =
			draw(&luck, -20 * DW_NANOS, -2 * DW_NANOS);
		dw_agent_decide(&inputs, NULL, &found);
		for (int64_t k = 90; k <= 110; k++)
			if (profit_at(&inputs, k, found.cost) >
				profit_at(&inputs, best, found.cost))
				best = k;
		assert_true(found.amount == best * 10000 ||
					found.amount == found.floor);
	}
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_floor),
		cmocka_unit_test(test_replay),
		cmocka_unit_test(test_offer),
		cmocka_unit_test(test_reason),
		cmocka_unit_test(test_best),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
