/*
 * test_message.c
 *		The words of a message, and every pair of people who may write.
 */
#include "unit.h"

#include "core/message/message.h"

static const DwUuid homeowner = {{1}};
static const DwUuid provider = {{2}};
static const DwUuid rival = {{3}};
static const DwUuid nobody;

/* A job of the homeowner's, with or without an award. */
static DwMessageJob
job_of(const DwUuid *awarded)
{
	DwMessageJob job = {homeowner, *awarded};

	return job;
}

/* Asserts where a message goes. */
static void
assert_route(const DwMessageJob *job, DwActor sender,
			 const DwUuid *recipient, const DwUuid *thread)
{
	DwMessageRoute route;
	const DwUuid *to = sender.kind == DW_ACTOR_PROVIDER ? &homeowner
		: recipient != NULL ? recipient : thread;

	assert_int_equal(dw_message_route(job, &sender, recipient, &route),
					 DW_OK);
	assert_true(dw_uuid_equal(&route.provider_id, thread));
	assert_true(dw_uuid_equal(&route.sender_id, &sender.user_id));
	assert_true(dw_uuid_equal(&route.recipient_id, to));
}

/* Asserts that a message goes nowhere. */
static void
assert_no_route(const DwMessageJob *job, DwActor sender,
				const DwUuid *recipient, DwResult why)
{
	DwMessageRoute route;

	assert_int_equal(dw_message_route(job, &sender, recipient, &route), why);
}

/* A provider writes to the homeowner, whoever has the award. */
static void
provider_writes_to_homeowner(void **state)
{
	DwActor		sender = {rival, DW_ACTOR_PROVIDER};
	const DwUuid *awards[] = {&nobody, &provider, &rival};

	for (size_t i = 0; i < DW_LENGTH(awards); i++)
	{
		DwMessageJob job = job_of(awards[i]);

		assert_route(&job, sender, NULL, &rival);
		assert_route(&job, sender, &homeowner, &rival);
		assert_no_route(&job, sender, &provider, DW_BAD_VALUE);
		assert_no_route(&job, sender, &rival, DW_BAD_VALUE);
		assert_no_route(&job, sender, &nobody, DW_BAD_VALUE);
	}
}

/* The homeowner writes to whom they name, else to who has the award. */
static void
homeowner_writes_to_provider(void **state)
{
	DwActor		sender = {homeowner, DW_ACTOR_HOMEOWNER};
	DwMessageJob open = job_of(&nobody);
	DwMessageJob awarded = job_of(&provider);

	assert_route(&awarded, sender, NULL, &provider);
	assert_route(&awarded, sender, &rival, &rival);
	assert_route(&open, sender, &provider, &provider);
	assert_no_route(&open, sender, NULL, DW_BAD_VALUE);
	assert_no_route(&awarded, sender, &homeowner, DW_BAD_VALUE);
	assert_no_route(&awarded, sender, &nobody, DW_BAD_VALUE);
}

/* The platform writes to either side, but names it. */
static void
platform_writes_to_either(void **state)
{
	DwActor		sender = {nobody, DW_ACTOR_SYSTEM};
	DwMessageJob open = job_of(&nobody);
	DwMessageJob awarded = job_of(&provider);

	assert_route(&awarded, sender, &provider, &provider);
	assert_route(&awarded, sender, &homeowner, &provider);
	assert_route(&open, sender, &rival, &rival);
	assert_no_route(&awarded, sender, NULL, DW_BAD_VALUE);
	assert_no_route(&open, sender, &homeowner, DW_BAD_VALUE);
	assert_no_route(&open, sender, &nobody, DW_BAD_VALUE);
}

/* Nobody else has a thread on the job. */
static void
others_write_to_nobody(void **state)
{
	static const DwActorKind kinds[] = {
		DW_ACTOR_NONE, DW_ACTOR_HOMEOWNER, DW_ACTOR_ADMIN, DW_ACTOR_SUPPORT
	};
	DwMessageJob job = job_of(&provider);

	for (size_t i = 0; i < DW_LENGTH(kinds); i++)
	{
		DwActor		sender = {rival, kinds[i]};

		assert_no_route(&job, sender, NULL, DW_FORBIDDEN);
		assert_no_route(&job, sender, &homeowner, DW_FORBIDDEN);
		assert_no_route(&job, sender, &provider, DW_FORBIDDEN);
	}
}

/* One tie is enough; a provider needs none. */
static void
any_tie_is_enough(void **state)
{
	for (int bits = 0; bits < 16; bits++)
	{
		DwMessageTies ties = {
			(bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0
		};
		DwResult	others = bits != 0 ? DW_OK : DW_BAD_VALUE;

		assert_int_equal(dw_message_ties_check(&ties, DW_ACTOR_PROVIDER),
						 DW_OK);
		assert_int_equal(dw_message_ties_check(&ties, DW_ACTOR_HOMEOWNER),
						 others);
		assert_int_equal(dw_message_ties_check(&ties, DW_ACTOR_SYSTEM),
						 others);
	}
}

/* The platform speaks as itself, and nobody else does. */
static void
types_belong_to_senders(void **state)
{
	for (DwMessageType type = DW_MESSAGE_TEXT; type <= DW_MESSAGE_SYSTEM;
		 type++)
	{
		bool		is_system = type == DW_MESSAGE_SYSTEM;

		assert_int_equal(dw_message_type_check(type, DW_ACTOR_HOMEOWNER),
						 is_system ? DW_FORBIDDEN : DW_OK);
		assert_int_equal(dw_message_type_check(type, DW_ACTOR_PROVIDER),
						 is_system ? DW_FORBIDDEN : DW_OK);
		assert_int_equal(dw_message_type_check(type, DW_ACTOR_SYSTEM),
						 is_system ? DW_OK : DW_BAD_VALUE);
	}
}

/* Every label is read back as the value it was written for. */
static void
labels_are_read_both_ways(void **state)
{
	DwMessageType read;

	for (DwMessageType type = DW_MESSAGE_TEXT; type <= DW_MESSAGE_SYSTEM;
		 type++)
	{
		assert_true(dw_message_type_parse(dw_message_type_label(type),
										  &read));
		assert_int_equal(read, type);
	}
	assert_null(dw_message_type_label(DW_MESSAGE_SYSTEM + 1));
	assert_false(dw_message_type_parse("Text", &read));
	assert_false(dw_message_type_parse("", &read));
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(provider_writes_to_homeowner),
		cmocka_unit_test(homeowner_writes_to_provider),
		cmocka_unit_test(platform_writes_to_either),
		cmocka_unit_test(others_write_to_nobody),
		cmocka_unit_test(any_tie_is_enough),
		cmocka_unit_test(types_belong_to_senders),
		cmocka_unit_test(labels_are_read_both_ways),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
