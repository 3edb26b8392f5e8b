/*
 * test_trust.c
 *		Token roles and lives, and the readers of a contact.
 */
#include "unit.h"

#include "core/account/account.h"

/* Both ends of a token's life belong to it. */
static void
test_ttl(void **state)
{
	assert_int_equal(dw_ttl_check(0), DW_BAD_VALUE);
	assert_int_equal(dw_ttl_check(-1), DW_BAD_VALUE);
	assert_int_equal(dw_ttl_check(1), DW_OK);
	assert_int_equal(dw_ttl_check(30 * 86400), DW_OK);
	assert_int_equal(dw_ttl_check(30 * 86400 + 1), DW_BAD_VALUE);
	assert_int_equal(dw_ttl_check(INT64_MAX), DW_BAD_VALUE);
	assert_int_equal(dw_ttl_check(INT64_MIN), DW_BAD_VALUE);
}

/* A token carries the user's type, or support for an administrator. */
static void
test_role(void **state)
{
	static const DwUserType types[] = {
		DW_USER_HOMEOWNER, DW_USER_PROVIDER, DW_USER_ADMIN
	};
	static const DwActorKind own[] = {
		DW_ACTOR_HOMEOWNER, DW_ACTOR_PROVIDER, DW_ACTOR_ADMIN
	};
	static const char *const asked[] = {
		"homeowner", "service_provider", "admin", "support"
	};
	DwActorKind role;
	int			i;
	int			j;

	for (i = 0; i < 3; i++)
	{
		assert_int_equal(dw_token_role(types[i], NULL, &role), DW_OK);
		assert_int_equal(role, own[i]);
		for (j = 0; j < 4; j++)
		{
			bool		may = i == j || (i == 2 && j == 3);

			assert_int_equal(dw_token_role(types[i], asked[j], &role),
							 may ? DW_OK : DW_BAD_VALUE);
			if (may)
				assert_string_equal(dw_actor_label(role), asked[j]);
		}
	}
	assert_int_equal(dw_token_role(DW_USER_ADMIN, "system", &role),
					 DW_BAD_VALUE);
	assert_int_equal(dw_token_role(DW_USER_ADMIN, "", &role), DW_BAD_VALUE);
	assert_int_equal(dw_token_role(DW_USER_ADMIN, "Admin", &role),
					 DW_BAD_VALUE);
}

/* A contact is for the user, staff and a partner; for nobody else. */
static void
test_contact(void **state)
{
	const DwUuid user = {{1}};
	const DwUuid other = {{2}};
	DwActor		caller = {other, DW_ACTOR_HOMEOWNER};

	assert_false(dw_contact_visible(&caller, &user, false));
	assert_true(dw_contact_visible(&caller, &user, true));
	assert_true(dw_contact_visible(&caller, &other, false));
	caller.kind = DW_ACTOR_PROVIDER;
	assert_false(dw_contact_visible(&caller, &user, false));
	caller.kind = DW_ACTOR_ADMIN;
	assert_true(dw_contact_visible(&caller, &user, false));
	caller.kind = DW_ACTOR_SUPPORT;
	assert_true(dw_contact_visible(&caller, &user, false));
	caller.kind = DW_ACTOR_SYSTEM;
	assert_true(dw_contact_visible(&caller, &user, false));
	caller.kind = DW_ACTOR_NONE;
	caller.user_id = user;
	assert_false(dw_contact_visible(&caller, &user, true));
}

/* Runs the tests of this file. */
int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ttl),
		cmocka_unit_test(test_role),
		cmocka_unit_test(test_contact),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
