/*
 * test_machine.c
 *		The three answers of a machine, and each fault its verifier finds.
 */
#include "unit.h"

#include "core/base/base.h"

/* States and events of a small machine. */
enum
{
	MADE, OPEN, DONE
};
enum
{
	MAKE, PAY, END
};

static const char *const states[] = {"made", "open", "done"};
static const char *const events[] = {"make", "pay", "end"};

#define HOMEOWNER	DW_ACTOR_HOMEOWNER
#define PROVIDER	DW_ACTOR_PROVIDER

static const DwRule validity_rules[] = {
	{DW_STATE_NONE, MAKE, HOMEOWNER, MADE, NULL},
	{MADE, PAY, HOMEOWNER, OPEN, NULL},
	{OPEN, PAY, HOMEOWNER, OPEN, "more is due"},
	{OPEN, PAY, HOMEOWNER, DONE, "nothing is due"},
	{OPEN, END, PROVIDER, DONE, NULL},
};

/* A machine over the small tables. */
static DwMachine
machine_of(const DwRule *rules, int count)
{
	DwMachine	machine = {
		.name = "small", .states = states, .events = events, .rules = rules,
		.state_count = DW_LENGTH(states), .event_count = DW_LENGTH(events),
		.rule_count = count, .resting = DW_STATE_BIT(DONE),
		.holding = DW_STATE_BIT(OPEN)
	};

	return machine;
}

/* The verifier refuses the rules with this sentence. */
static void
check_refused(const DwMachine *machine, const char *expected)
{
	char		problem[100];

	assert_false(dw_machine_verify(machine, problem, sizeof(problem)));
	assert_string_equal(problem, expected);
}

/* Possible, someone else's, and not from here. */
static void
test_answers(void **state)
{
	DwMachine	small = machine_of(validity_rules, DW_LENGTH(validity_rules));
	int			to = -1;

	assert_int_equal(dw_machine_next(&small, DW_STATE_NONE, MAKE, HOMEOWNER,
									 &to), DW_OK);
	assert_int_equal(to, MADE);
	assert_int_equal(dw_machine_next(&small, OPEN, PAY, HOMEOWNER, NULL),
					 DW_OK);
	assert_int_equal(dw_machine_next(&small, MADE, PAY, PROVIDER, &to),
					 DW_FORBIDDEN);
	assert_int_equal(dw_machine_next(&small, DONE, PAY, PROVIDER, &to),
					 DW_FORBIDDEN);
	assert_int_equal(dw_machine_next(&small, DONE, PAY, HOMEOWNER, &to),
					 DW_INVALID_TRANSITION);
	assert_int_equal(dw_machine_next(&small, MADE, PAY, DW_ACTOR_NONE, &to),
					 DW_FORBIDDEN);
	assert_int_equal(to, MADE);
}

/* Alternatives are told apart by where they lead. */
static void
test_alternatives(void **state)
{
	DwMachine	small = machine_of(validity_rules, DW_LENGTH(validity_rules));

	assert_true(dw_machine_permits(&small, OPEN, PAY, HOMEOWNER, OPEN));
	assert_true(dw_machine_permits(&small, OPEN, PAY, HOMEOWNER, DONE));
	assert_false(dw_machine_permits(&small, OPEN, PAY, HOMEOWNER, MADE));
	assert_false(dw_machine_permits(&small, OPEN, PAY, PROVIDER, DONE));
	assert_int_equal(dw_machine_actors(&small, PAY), HOMEOWNER);
	assert_int_equal(dw_machine_sources(&small, PAY),
					 DW_STATE_BIT(MADE) | DW_STATE_BIT(OPEN));
	assert_int_equal(dw_machine_sources(&small, MAKE), 0);
}

/* A valid table passes, whatever room there is for a problem. */
static void
test_valid(void **state)
{
	DwMachine	small = machine_of(validity_rules, DW_LENGTH(validity_rules));
	char		problem[100] = "left over";

	assert_true(dw_machine_verify(&small, problem, sizeof(problem)));
	assert_string_equal(problem, "");
	assert_true(dw_machine_verify(&small, NULL, 0));
}

/* Planted: a state that no rule leads to, an event that no rule has. */
static void
test_unreached(void **state)
{
	static const DwRule rules[] = {
		{DW_STATE_NONE, MAKE, HOMEOWNER, MADE, NULL},
		{MADE, PAY, HOMEOWNER, DONE, NULL},
		{OPEN, END, HOMEOWNER, DONE, NULL},
	};
	DwMachine	small = machine_of(rules, DW_LENGTH(rules));

	check_refused(&small, "state \"open\" is never reached");
	small.rule_count = 2;
	check_refused(&small, "event \"end\" has no rule");
	assert_false(dw_machine_verify(&small, NULL, 0));
}

/* Planted: ways in which one command has two outcomes. */
static void
test_ambiguous(void **state)
{
	DwRule		rules[DW_LENGTH(validity_rules)];
	DwMachine	small = machine_of(rules, DW_LENGTH(rules));
	const char *sentence = "event \"pay\" is ambiguous in one state";

	memcpy(rules, validity_rules, sizeof(rules));
	rules[3].guard = NULL;
	check_refused(&small, sentence);
	rules[3].guard = "more is due";
	check_refused(&small, sentence);
	rules[3].guard = "nothing is due";
	rules[3].to = OPEN;
	check_refused(&small, sentence);
	rules[3].actors = DW_ACTOR_ADMIN;
	rules[3].guard = NULL;
	assert_true(dw_machine_verify(&small, NULL, 0));
}

/* Planted: no way out, with and without money, and a rest that holds it. */
static void
test_dead_ends(void **state)
{
	static const DwRule rules[] = {
		{DW_STATE_NONE, MAKE, HOMEOWNER, MADE, NULL},
		{MADE, PAY, HOMEOWNER, OPEN, NULL},
		{MADE, END, HOMEOWNER, DONE, NULL},
	};
	DwMachine	small = machine_of(rules, DW_LENGTH(rules));

	check_refused(&small, "state \"open\" is a dead end that may hold money");
	small.holding = 0;
	check_refused(&small, "state \"open\" is a dead end");
	small.holding = DW_STATE_BIT(OPEN);
	small.resting |= DW_STATE_BIT(OPEN);
	check_refused(&small, "state \"open\" may hold money and rest");
}

/* Planted: indexes beyond their tables, and a rule for no one. */
static void
test_unknown(void **state)
{
	DwRule		rules[DW_LENGTH(validity_rules)];
	DwMachine	small = machine_of(rules, DW_LENGTH(rules));
	char		problem[12];

	memcpy(rules, validity_rules, sizeof(rules));
	rules[1].event = 3;
	check_refused(&small,
				  "machine \"small\" has a rule with an unknown event");
	rules[1].event = PAY;
	rules[1].to = 3;
	check_refused(&small, "event \"pay\" has a rule with an unknown state");
	rules[1].to = OPEN;
	rules[1].actors = 0;
	check_refused(&small, "event \"pay\" has a rule that no one may use");
	assert_false(dw_machine_verify(&small, problem, sizeof(problem)));
	assert_string_equal(problem, "event \"pay\"");
}

/* Runs the tests. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_alternatives),
		cmocka_unit_test(test_valid),
		cmocka_unit_test(test_unreached),
		cmocka_unit_test(test_ambiguous),
		cmocka_unit_test(test_dead_ends),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
