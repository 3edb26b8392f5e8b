/*
 * fuzz_decide.c
 *		Whatever an agent is told, its decision keeps to every bound, is the
 *		same again, and prices rise with the strategy.
 */
#include "fuzz.h"

#include "../unit/agent_random.h"

/* A number of the input. */
static int64_t
draw(void *source, int64_t least, int64_t most)
{
	return fuzz_range(source, least, most);
}

/* Sets any number of the inputs to anything, as a stored document could. */
static void
disturb(FuzzInput * input, DwAgentInputs *inputs)
{
	int			field = (int) fuzz_range(input, 0,
										 dw_agent_input_fields.count - 1);
	const DwNumberField *what = &dw_agent_input_fields.fields[field];
	int			index = (int) fuzz_range(input, 0, what->count - 1);
	int64_t		number = fuzz_int64(input);

	/* amounts and minutes stay in the range of the tables' */
	number >>= fuzz_range(input, 2, 63);
	(void) dw_number_set(what, inputs, index, number);
}

/* What is copied field by field decides the same. */
static void
check_same(const DwAgentInputs *inputs, const DwAgentOffer *offer)
{
	DwAgentInputs copy;
	DwAgentDecision first;
	DwAgentDecision second;

	memset(&copy, 0, sizeof(copy));
	for (int i = 0; i < dw_agent_input_fields.count; i++)
	{
		const DwNumberField *field = &dw_agent_input_fields.fields[i];

		for (int j = 0; j < field->count; j++)
			check(dw_number_set(field, &copy, j,
								dw_number_get(field, inputs, j)));
	}
	dw_agent_decide(inputs, offer, &first);
	dw_agent_decide(&copy, offer, &second);
	check(memcmp(&first, &second, sizeof(first)) == 0);
	check(first.reason == DW_AGENT_PASSED ||
		  first.reason == DW_AGENT_OVER_THRESHOLD ||
		  !dw_agent_passes(inputs, offer, first.reason));
	check(first.verdict != DW_AGENT_BID || first.amount <= first.ceiling);
	check(first.verdict != DW_AGENT_BID || first.amount >= first.floor);
}

/* Learns from the decision: what comes of it is valid. */
static void
check_learning(FuzzInput * input, const DwAgentInputs *inputs)
{
	DwAgentParameters parameters;
	DwAgentDecision decision;
	DwFeatures	features;

	dw_agent_decide(inputs, NULL, &decision);
	if (decision.amount == 0)
		return;
	dw_agent_features(inputs, &decision, &features);
	dw_agent_prior(&dw_learning_defaults, &parameters);
	for (int64_t i = fuzz_range(input, 0, 40); i > 0; i--)
	{
		dw_learning_outcome(&dw_learning_defaults, &features,
							fuzz_range(input, 1, 100 * DW_NANOS),
							(DwOutcome) fuzz_range(input, 0,
												   DW_OUTCOME_COUNT - 1),
							&parameters);
		check(dw_agent_parameters_valid(&parameters));
	}
}

/* One input: an agent and a job, then the same disturbed. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FuzzInput	input = {data, size};
	DwAgentInputs inputs;
	DwAgentDecision found[DW_AGENT_STRATEGY_COUNT];
	DwAgentOffer offer = {0};

	random_inputs(draw, &input, &inputs);
	check(strategies_are_ordered(&inputs, found));
	check_learning(&input, &inputs);
	for (int64_t i = fuzz_range(&input, 0, 8); i > 0; i--)
		disturb(&input, &inputs);
	if (!dw_fee_schedule_valid(&inputs.job.fees))
		return 0;
	check_same(&inputs, NULL);
	offer.amount = fuzz_int64(&input);
	offer.timeline_days = fuzz_range(&input, 1, 1000);
	offer.is_approved = fuzz_range(&input, 0, 1) == 1;
	check_same(&inputs, &offer);
	return 0;
}
