/*
 * category_api.c
 *		Entry points of the tree of services: adding and changing categories.
 *
 * A category belongs to no job and no user: the record of a request is in
 * the scope of whoever calls.  A new category's own insert is the lock that
 * lets a retry find the first one's record.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/job/job_api.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/sql/sql_server.h"
#include "store/cancellation/cancellation_store.h"
#include "store/job/job_store.h"

#define NAME_MAX_LENGTH			100
#define DESCRIPTION_MAX_LENGTH	20000
#define URL_MAX_LENGTH			2000
#define CURRENCY_MAX_LENGTH		20	/* only three can be right */

/* What a job of a category usually costs. */
typedef struct Amount
{
	const char *currency;		/* ISO 4217 */
	int64		amount;			/* minor units; 0 = none is given */
} Amount;

static void draft_read(DwCall *call, DwCategoryDraft *draft);
static void edit_read(DwCall *call, DwCategoryEdit *edit);
static Datum tiers_read(DwCall *call);
static void amount_read(DwCall *call, Amount *amount);
static void amount_write(const DwUuid *category_id, const Amount *amount);
pg_noreturn static void category_refuse_unknown(const DwUuid *id);
static void parent_check(const DwCategory *category, const DwUuid *parent_id);
static void move_check(const DwUuid *id, const DwUuid *parent_id);

/* add_category(name, parent_id, …) → category_id, version, replayed */
DW_FUNCTION(dwello_add_category)
{
	DwCall		call;
	DwCategoryDraft draft;
	DwCategory	above;
	Amount		amount;
	bool		inserted;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	draft_read(&call, &draft);
	amount_read(&call, &amount);
	if (draft.parent_id != NULL && !dw_category_load(draft.parent_id, &above))
		category_refuse_unknown(draft.parent_id);

	inserted = dw_category_insert(&draft);
	if (dw_call_replay(&call, &call.actor.user_id))
		return dw_call_return(&call);
	if (!inserted)
		dw_raise_constraint(DW_ALREADY_EXISTS, "service_categories_pkey",
							"category already exists",
							psprintf("There is a category %s.",
									 dw_uuid_text(&draft.id)),
							"Give another category_id, or none.");
	move_check(&draft.id, draft.parent_id);
	amount_write(&draft.id, &amount);

	dw_row_uuid(&call, "category_id", &draft.id);
	dw_row_int4(&call, "version", 1);
	return dw_call_return(&call);
}

/* edit_category(category_id, name, …) → category_id, version, replayed */
DW_FUNCTION(dwello_edit_category)
{
	DwCall		call;
	DwUuid		id;
	DwCategoryEdit edit;
	DwCategory	category;
	DwCategory	above;
	Amount		amount;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	dw_args_need(&call, "category_id", NULL);
	id = dw_arg_uuid(&call, "category_id");
	edit_read(&call, &edit);
	amount_read(&call, &amount);

	if (edit.parent_id != NULL)
		dw_category_lock_tree();
	if (!dw_category_lock(&id, &category))
		category_refuse_unknown(&id);
	if (edit.parent_id != NULL && !dw_uuid_is_nil(edit.parent_id) &&
		!dw_category_load(edit.parent_id, &above))
		category_refuse_unknown(edit.parent_id);
	if (dw_call_replay(&call, &call.actor.user_id))
		return dw_call_return(&call);
	dw_call_version(&call, category.version);
	if (edit.parent_id != NULL)
		parent_check(&category, edit.parent_id);
	dw_category_save(&category, &edit);
	amount_write(&category.id, &amount);

	dw_row_uuid(&call, "category_id", &category.id);
	dw_row_int4(&call, "version", category.version);
	return dw_call_return(&call);
}

/* Reads what add_category is given; 22004, 22001, 22023. */
static void
draft_read(DwCall *call, DwCategoryDraft *draft)
{
	memset(draft, 0, sizeof(*draft));
	dw_args_need(call, "name", "sort_order", NULL);
	draft->parent_id = dw_arg_uuid_opt(call, "parent_id");
	draft->description = dw_arg_text_opt(call, "description",
										 DESCRIPTION_MAX_LENGTH);
	draft->icon_url = dw_arg_text_opt(call, "icon_url", URL_MAX_LENGTH);
	draft->name = dw_arg_text(call, "name", NAME_MAX_LENGTH);
	draft->sort_order = dw_arg_int4(call, "sort_order");
	if (dw_arg_has(call, "cancellation_policy"))
		draft->tiers = tiers_read(call);
	draft->id = dw_call_new_id(call, dw_arg_uuid_opt(call, "category_id"));
}

/* Reads what edit_category is given; 22001, 22023. */
static void
edit_read(DwCall *call, DwCategoryEdit *edit)
{
	memset(edit, 0, sizeof(*edit));
	edit->parent_id = dw_arg_uuid_opt(call, "parent_id");
	edit->description = dw_arg_text_opt(call, "description",
										DESCRIPTION_MAX_LENGTH);
	edit->icon_url = dw_arg_text_opt(call, "icon_url", URL_MAX_LENGTH);
	if (dw_arg_has(call, "name"))
		edit->name = dw_arg_text(call, "name", NAME_MAX_LENGTH);
	edit->has_is_active = dw_arg_has(call, "is_active");
	if (edit->has_is_active)
		edit->is_active = dw_arg_bool(call, "is_active");
	edit->has_sort_order = dw_arg_has(call, "sort_order");
	if (edit->has_sort_order)
		edit->sort_order = dw_arg_int4(call, "sort_order");
	edit->has_tiers = dw_arg_has(call, "cancellation_policy");
	if (edit->has_tiers)
		edit->tiers = tiers_read(call);
}

Datum
dw_cancellation_arg(DwCall *call, DwArgError *error)
{
	static const char *const names[] = {"hours_before_start", "share_ppm",
	NULL};
	DwJsonItem	item = {.place = {"cancellation_policy", DW_ARG_NO_ITEM, NULL},
	.error = error};
	DwCancellationPolicy policy = {0};
	DwJsonArg	list;
	int			count;

	if (dw_json_arg_is_null(dw_arg_jsonb(call, item.place.argument)))
		return (Datum) 0;
	count = dw_json_item_list(call, &item, DW_CANCELLATION_TIERS_MAX, &list);
	for (int i = 0; i < count; i++)
	{
		DwCancellationTier *tier = &policy.tiers[policy.count];

		if (!dw_json_item_open(&list, i, &item, names))
			continue;
		tier->hours_before_start =
			dw_json_item_int8(&item, "hours_before_start", -1);
		tier->share_ppm = dw_json_item_int8(&item, "share_ppm", -1);
		policy.count++;
	}
	dw_cancellation_check(&policy, "cancellation_policy", error);
	return dw_cancellation_jsonb(&policy);
}

/* The same for a category; 22023. */
static Datum
tiers_read(DwCall *call)
{
	DwArgError	error = {0};
	Datum		tiers = dw_cancellation_arg(call, &error);

	dw_arg_error_raise(call, &error);
	return tiers;
}

/*
 * What a job costs in a currency, or an amount of 0 for none given.  22003,
 * 22023 for one that is not above zero, or without a currency.
 */
static void
amount_read(DwCall *call, Amount *amount)
{
	memset(amount, 0, sizeof(*amount));
	amount->currency = dw_arg_text_opt(call, "currency", CURRENCY_MAX_LENGTH);
	if (dw_arg_has(call, "reference_amount"))
		amount->amount = dw_arg_amount(call, "reference_amount");
	if (dw_arg_has(call, "reference_amount") && amount->amount <= 0)
		dw_arg_refuse(call, "reference_amount", DW_BAD_VALUE,
					  "must be more than zero");
	dw_arg_check_currency(call, "currency", amount->currency);
	if (dw_arg_has(call, "reference_amount") != (amount->currency != NULL))
		dw_arg_refuse(call, "currency", DW_BAD_VALUE,
					  "must be given with a reference_amount, and only then");
	if (amount->amount > 0)
		dw_arg_check_amount(call, "reference_amount", amount->amount,
							amount->currency);
}

/* Writes the amount of a category, if one is given. */
static void
amount_write(const DwUuid *category_id, const Amount *amount)
{
	if (amount->amount > 0)
		dw_category_amount_save(category_id, amount->currency,
								amount->amount);
}

/* Raises P0002 for a category. */
static void
category_refuse_unknown(const DwUuid *id)
{
	dw_raise(DW_NOT_FOUND,
			 psprintf("category %s does not exist", dw_uuid_text(id)), NULL,
			 "The view dwello.categories lists them all.");
}

/* 22023 or 23514 unless the category may move below the parent. */
static void
parent_check(const DwCategory *category, const DwUuid *parent_id)
{
	if (dw_uuid_equal(parent_id, &category->parent_id))
		return;
	if (category->is_builtin)
		dw_raise(DW_BAD_VALUE, "a built-in category keeps its parent",
				 psprintf("Category %s belongs to the version of dwello.",
						  dw_uuid_text(&category->id)),
				 "Add a category of your own, and make this one inactive.");
	move_check(&category->id, parent_id);
}

/* 23514 when the category would be its own ancestor, or too deep. */
static void
move_check(const DwUuid *id, const DwUuid *parent_id)
{
	DwCategoryMove move;

	dw_category_measure(id, parent_id, &move);
	switch (dw_category_judge(&move))
	{
		case DW_CATEGORY_FINE:
			return;
		case DW_CATEGORY_CYCLE:
			dw_raise_constraint(DW_CHECK_VIOLATION, "category_cycle",
								"a category cannot be below itself",
								psprintf("Category %s is %s or below it.",
										 dw_uuid_text(parent_id),
										 dw_uuid_text(id)),
								"Move the other one away first.");
		case DW_CATEGORY_TOO_DEEP:
			dw_raise_constraint(DW_CHECK_VIOLATION, "category_depth",
								"the tree of categories would be too deep",
								psprintf("It may have %d levels; this one "
										 "would have %d.",
										 DW_CATEGORY_DEPTH_MAX,
										 move.parent_depth + move.height),
								"Choose a parent nearer to the root.");
	}
}
