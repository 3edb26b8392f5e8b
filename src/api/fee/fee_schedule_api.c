/*
 * fee_schedule_api.c
 *		Entry points of fee schedules: setting one, ending one.
 *
 * A contract freezes its numbers when it is confirmed, so no schedule ever
 * changes one.  What has begun is history that quote_fee(as_of => ...) can be
 * asked about: it can be ended but not altered.  Two of the same scope and
 * time are refused by the table (23P01).
 *
 * A schedule belongs to no job and no user: the record of a request is in
 * the scope of whoever calls, and the insert of the id is the lock.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/fee/tier_api_int.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/fee/fee_store.h"

#define NAME_LENGTH_MAX	100		/* characters of a name */
#define CURRENCY_MAX	20		/* characters; only three can be right */

/* Reads the numbers beside the tiers, which are the first tier's. */
static void
read_first(DwCall *call, DwArgError *error, DwFeeSchedule *schedule)
{
	DwFeeTier  *first = &schedule->tiers[0];

	first->rate_ppm = dw_arg_has(call, "rate_ppm")
		? dw_arg_int4(call, "rate_ppm") : 0;
	first->fixed = dw_arg_int8(call, "fixed_fee");
	first->min_fee = dw_arg_int8(call, "min_fee");
	first->max_fee = DW_FEE_NO_MAX;
	if (dw_arg_has(call, "max_fee"))
	{
		first->max_fee = dw_arg_int8(call, "max_fee");
		if (first->max_fee < 0)
			dw_arg_error_note(error, "max_fee", DW_BAD_VALUE,
							  "must not be negative");
	}
	schedule->tax_ppm = dw_arg_int4(call, "tax_ppm");
	if (!dw_fee_payer_parse(dw_arg_label(call, "payer"),
							&schedule->payer) ||
		!dw_fee_kind_parse(dw_arg_label(call, "kind"), &schedule->kind))
		elog(ERROR, "unknown label of a fee schedule");
}

/* Reads when the schedule holds. */
static void
read_validity(DwCall *call, DwArgError *error, DwFeeDraft *draft)
{
	draft->valid_from = dw_arg_time_opt(call, "valid_from");
	if (draft->valid_from == DT_NOBEGIN)
		draft->valid_from = dw_now();
	draft->valid_until = dw_arg_time_opt(call, "valid_until");
	if (draft->valid_until == DT_NOBEGIN)
		draft->valid_until = DT_NOEND;
	if (draft->valid_until <= draft->valid_from)
		dw_arg_error_note(error, "valid_until", DW_BAD_VALUE,
						  "must be after valid_from");
}

/* Reads what set_fee_schedule is given; 22004, 22001, 22003, 22023. */
static void
read_draft(DwCall *call, DwFeeDraft *draft)
{
	const DwTextRule name = {NAME_LENGTH_MAX, true};
	const DwTextRule currency = {CURRENCY_MAX, false};
	DwArgError	error = {0};
	DwJsonItem	item = {.place = {"tiers", DW_ARG_NO_ITEM, NULL},
	.error = &error};

	memset(draft, 0, sizeof(*draft));
	dw_args_need(call, "name", "fixed_fee", "min_fee", "tax_ppm", "payer",
				 "kind", "tiers", NULL);
	draft->name = dw_arg_text_checked(call, &error, "name", name);
	draft->currency = dw_arg_text_checked(call, &error, "currency",
										  currency);
	draft->category_id = dw_arg_uuid_opt(call, "category_id");
	draft->tier = dw_arg_label_opt(call, "user_tier");
	read_first(call, &error, &draft->schedule);
	dw_tiers_read(call, &item, NULL, dw_arg_has(call, "rate_ppm"),
				  &draft->schedule);
	dw_schedule_check(&error, "rate_ppm", &draft->schedule);
	read_validity(call, &error, draft);
	dw_arg_error_raise(call, &error);
	dw_arg_check_currency(call, "currency", draft->currency);
	draft->id = dw_call_new_id(call, dw_arg_uuid_opt(call, "schedule_id"));
}

/* Raises P0002 for a schedule. */
pg_noreturn static void
refuse_unknown(const DwUuid *id)
{
	dw_raise(DW_NOT_FOUND, "no such fee schedule",
			 psprintf("Fee schedule %s does not exist.", dw_uuid_text(id)),
			 NULL);
}

/* WD101 for a schedule that belongs to the version, or has begun. */
static void
need_future(const DwUuid *id, const DwFeeLife *life)
{
	if (life->is_builtin)
		dw_raise(DW_INVALID_TRANSITION,
				 "the built-in fee schedule cannot be changed",
				 psprintf("Fee schedule %s belongs to the version of dwello.",
						  dw_uuid_text(id)),
				 "Set one of your own: it goes before the built-in one.");
	if (life->valid_from <= dw_now())
		dw_raise(DW_INVALID_TRANSITION,
				 "a fee schedule that has begun cannot be changed",
				 psprintf("Fee schedule %s holds since %s.",
						  dw_uuid_text(id),
						  timestamptz_to_str(life->valid_from)),
				 "End it with dwello.end_fee_schedule(), and set another.");
}

DW_FUNCTION(dwello_set_fee_schedule)
{
	DwCall		call;
	DwFeeDraft	draft;
	DwFeeLife	life = {.version = 1};
	bool		inserted;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	read_draft(&call, &draft);
	if (draft.category_id != NULL &&
		!dw_fee_category_exists(draft.category_id))
		dw_raise(DW_NOT_FOUND, "no such category",
				 psprintf("Category %s does not exist.",
						  dw_uuid_text(draft.category_id)), NULL);

	/* once before the insert, which could overlap; once with the lock */
	if (dw_call_replay(&call, &call.actor.user_id))
		return dw_call_return(&call);
	inserted = dw_fee_schedule_insert(&draft);
	if (!inserted && !dw_fee_schedule_lock(&draft.id, &life))
		refuse_unknown(&draft.id);	/* withdrawn at this very moment */
	if (!inserted)
	{
		if (dw_call_replay(&call, &call.actor.user_id))
			return dw_call_return(&call);
		need_future(&draft.id, &life);
		dw_fee_schedule_replace(&draft, ++life.version);
	}

	dw_row_uuid(&call, "schedule_id", &draft.id);
	dw_row_int4(&call, "version", life.version);
	return dw_call_return(&call);
}

/* The moment at which a schedule shall end; WD101, 22023. */
static TimestampTz
end_of(DwCall *call, const DwUuid *id, const DwFeeLife *life)
{
	TimestampTz now = dw_now();
	TimestampTz until = dw_arg_time_opt(call, "valid_until");

	if (life->is_builtin)
		need_future(id, life);
	if (life->valid_until <= now)
		dw_raise(DW_INVALID_TRANSITION, "the fee schedule has ended already",
				 psprintf("Fee schedule %s ended at %s.", dw_uuid_text(id),
						  timestamptz_to_str(life->valid_until)), NULL);
	if (until == DT_NOBEGIN)
		return now;
	if (until < now)
		dw_arg_refuse(call, "valid_until", DW_BAD_VALUE,
					  "must not be in the past");
	return until;
}

DW_FUNCTION(dwello_end_fee_schedule)
{
	DwCall		call;
	DwUuid		id;
	DwFeeLife	life;
	TimestampTz until;
	bool		found;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	dw_args_need(&call, "schedule_id", NULL);
	id = dw_arg_uuid(&call, "schedule_id");
	(void) dw_arg_time_opt(&call, "valid_until");
	found = dw_fee_schedule_lock(&id, &life);
	if (dw_call_replay(&call, &call.actor.user_id))
		return dw_call_return(&call);
	if (!found)
		refuse_unknown(&id);

	until = end_of(&call, &id, &life);
	life.version++;
	if (until <= life.valid_from)
		dw_fee_schedule_delete(&id);
	else
	{
		dw_fee_schedule_end(&id, until, life.version);
		dw_row_time(&call, "valid_until", until);
	}
	dw_row_uuid(&call, "schedule_id", &id);
	dw_row_int4(&call, "version", life.version);
	return dw_call_return(&call);
}
