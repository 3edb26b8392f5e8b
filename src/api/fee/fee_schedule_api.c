/*
 * fee_schedule_api.c
 *		Fee schedules: setting one, ending one, and trying one on past
 *		releases (simulate_fees).
 *
 * A contract freezes its numbers when it is confirmed, so no schedule ever
 * changes one.  What has begun is history that quote_fee(as_of => ...) can be
 * asked about: it can be ended but not altered.  Two of the same scope and
 * time are refused by the table (23P01).
 *
 * A schedule belongs to no job and no user: the record of a request is in
 * the scope of whoever calls, and the insert of the id is the lock.
 *
 * A simulation gets the releases currency by currency, in it provider by
 * provider, in it escrow by escrow from its first one on, so one pass with
 * three sums does: what the escrow came to so far, the provider, the currency.
 * A reversal undoes a part of a release: of each of its legs it undoes the
 * same part under the schedule, and the price of work that it gave back,
 * which the next release pays for anew, is the same under both.
 */
#include "postgres.h"

#include "miscadmin.h"

#include "api/account/account_api.h"
#include "api/fee/fee_api.h"
#include "core/base/base.h"
#include "core/dispute/dispute.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/fee/fee_store.h"

#define NAME_LENGTH_MAX	100		/* characters of a name */
#define CURRENCY_MAX	20		/* characters; only three can be right */
#define LABEL_MAX		20		/* the same of a label */

static const char *const flat_names[] = {"from_amount", "rate_ppm", "fixed",
"min_fee", "max_fee", NULL};
static const char *const marginal_names[] = {"from_amount", "rate_ppm", NULL};

/* Opens the list of tiers; how many there are. */
static int
open_list(DwCall *call, DwJsonItem *item, const DwJsonArg *object,
		  DwJsonArg *list)
{
	DwJsonArg	inside;
	int			count = 0;

	if (object == NULL)
		return dw_json_item_list(call, item, DW_FEE_TIERS_MAX, list);
	if (!dw_json_arg_member_list(object, "tiers", &inside, &count))
		dw_arg_error_note(item->error, item->place.argument, DW_BAD_VALUE,
						  "has a member \"tiers\" that is no JSON array");
	else if (count > DW_FEE_TIERS_MAX)
		dw_arg_error_note(item->error, item->place.argument, DW_BAD_VALUE,
						  psprintf("must not have more than %d tiers",
								   DW_FEE_TIERS_MAX));
	*list = inside;
	return Min(count, DW_FEE_TIERS_MAX);
}

/*
 * The member max_fee, or what stands for one that was not given; notes a
 * negative one, which in core stands for none.
 */
static int64
read_limit(DwJsonItem *item, int64 absent)
{
	int64		limit = dw_json_item_amount(item, "max_fee", PG_INT64_MIN);

	if (limit == PG_INT64_MIN)
		return absent;
	if (limit < 0)
		dw_json_item_note(item, "max_fee", DW_BAD_VALUE,
						  "must not be negative");
	return limit;
}

/* Reads one tier; what it does not say is as in `base`. */
static void
read_tier(DwJsonItem *item, DwFeeKind kind, const DwFeeTier *base,
		  DwFeeTier *tier)
{
	tier->from_amount = dw_json_item_amount(item, "from_amount", -1);
	tier->rate_ppm = dw_json_item_int8(item, "rate_ppm", -1);
	if (kind == DW_FEE_KIND_MARGINAL)
	{
		tier->max_fee = DW_FEE_NO_MAX;
		return;
	}
	tier->fixed = dw_json_item_amount(item, "fixed", base->fixed);
	tier->min_fee = dw_json_item_amount(item, "min_fee", base->min_fee);
	tier->max_fee = read_limit(item, base->max_fee);
}

/*
 * Reads the list of tiers in an argument, or in its member "tiers" when
 * `object` is not NULL, into a schedule whose kind is set and whose first
 * tier has the numbers beside the list.  What a tier of a flat schedule does
 * not say is as in the first.  Without a rate beside the list (has_rate
 * false) the first of the list is the first tier, and begins at 0.  Numbers
 * that make no sense are read as they are: core judges the whole.
 */
static void
read_tiers(DwCall *call, DwJsonItem *item, const DwJsonArg *object,
		   bool has_rate, DwFeeSchedule *schedule)
{
	bool		is_flat = schedule->kind == DW_FEE_KIND_FLAT;
	DwFeeTier	base = schedule->tiers[0];
	DwJsonArg	list;
	int			count = open_list(call, item, object, &list);

	schedule->tier_count = has_rate ? 1 : 0;
	for (int i = 0; i < count; i++)
	{
		DwFeeTier	tier = {0};

		if (!dw_json_item_open(&list, i, item,
							   is_flat ? flat_names : marginal_names))
			continue;
		read_tier(item, schedule->kind, &base, &tier);
		if (schedule->tier_count == 0 && !is_flat)
		{
			tier.fixed = base.fixed;
			tier.min_fee = base.min_fee;
			tier.max_fee = base.max_fee;
		}
		if (schedule->tier_count < DW_FEE_TIERS_MAX)
			schedule->tiers[schedule->tier_count++] = tier;
		else
			dw_arg_error_note(item->error, item->place.argument, DW_BAD_VALUE,
							  "has too many tiers");
	}
}

/* Notes 22023 at the argument when amounts have no currency. */
static void
check_currency(DwArgError *error, const char *argument,
			   const DwFeeSchedule *schedule, const char *currency)
{
	if (currency == NULL && dw_fee_schedule_has_amounts(schedule))
		dw_arg_error_note(error, argument, DW_BAD_VALUE,
						  "must be given: numbers beside the rates are "
						  "amounts");
}

/* Notes 22023 at the argument when some F of the schedule is not valid. */
static void
check_schedule(DwArgError *error, const char *argument,
			   const DwFeeSchedule *schedule)
{
	if (schedule->tier_count == 0)
		dw_arg_error_note(error, argument, DW_BAD_VALUE,
						  "must be given, or else a tier from 0");
	else if (!dw_fee_schedule_valid(schedule))
		dw_arg_error_note(error, argument, DW_BAD_VALUE,
						  "and the other numbers make a fee that is negative, "
						  "falls, or outgrows the amount");
}

/* Reads the numbers beside the tiers, which are the first tier's. */
static void
read_first(DwCall *call, DwArgError *error, DwFeeSchedule *schedule)
{
	DwFeeTier  *first = &schedule->tiers[0];

	first->rate_ppm = dw_arg_has(call, "rate_ppm")
		? dw_arg_int4(call, "rate_ppm") : 0;
	first->fixed = dw_arg_amount_checked(call, error, "fixed_fee");
	first->min_fee = dw_arg_amount_checked(call, error, "min_fee");
	first->max_fee = DW_FEE_NO_MAX;
	if (dw_arg_has(call, "max_fee"))
	{
		first->max_fee = dw_arg_amount_checked(call, error, "max_fee");
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

/* Reads what set_fee_schedule is given; 22004, 22001, 22003, 22023. */
static void
read_draft(DwCall *call, DwFeeRow *draft)
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
	read_tiers(call, &item, NULL, dw_arg_has(call, "rate_ppm"),
			   &draft->schedule);
	check_schedule(&error, "rate_ppm", &draft->schedule);
	check_currency(&error, "currency", &draft->schedule, draft->currency);
	draft->valid = dw_period_read(call, &error);
	dw_arg_error_raise(call, &error);
	dw_arg_check_currency(call, "currency", draft->currency);
	draft->id = dw_call_new_id(call, dw_arg_uuid_opt(call, "schedule_id"));
}

/* WD101 for a schedule that belongs to the version, or has begun. */
static void
need_future(const DwFeeRow *row)
{
	if (row->is_builtin)
		dw_raise(DW_INVALID_TRANSITION,
				 "the built-in fee schedule cannot be changed",
				 psprintf("Fee schedule %s belongs to the version of dwello.",
						  dw_uuid_text(&row->id)),
				 "Set one of your own: it goes before the built-in one.");
	if (row->valid.from <= dw_now())
		dw_raise(DW_INVALID_TRANSITION,
				 "a fee schedule that has begun cannot be changed",
				 psprintf("Fee schedule %s holds since %s.",
						  dw_uuid_text(&row->id),
						  timestamptz_to_str(row->valid.from)),
				 "End it with dwello.end_fee_schedule(), and set another.");
}

DW_FUNCTION(dwello_set_fee_schedule)
{
	DwCall		call;
	DwFeeRow	draft;
	DwFeeRow	stored;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	read_draft(&call, &draft);
	if (draft.category_id != NULL &&
		!dw_fee_category_exists(draft.category_id))
		dw_raise(DW_NOT_FOUND, "no such category",
				 psprintf("Category %s does not exist.",
						  dw_uuid_text(draft.category_id)),
				 "The view dwello.categories lists them all.");

	/* once before the insert, which could overlap; once with the lock */
	if (dw_call_replay(&call, &call.actor.user_id))
		return dw_call_return(&call);
	if (!dw_fee_schedule_insert(&draft, &stored))
	{
		if (dw_call_replay(&call, &call.actor.user_id))
			return dw_call_return(&call);
		need_future(&stored);
		draft.version = stored.version;
		dw_fee_schedule_replace(&draft);
	}

	dw_row_uuid(&call, "schedule_id", &draft.id);
	dw_row_int4(&call, "version", draft.version);
	return dw_call_return(&call);
}

/* The moment at which a schedule shall end; WD101, 22023. */
static TimestampTz
end_of(DwCall *call, const DwFeeRow *row)
{
	TimestampTz now = dw_now();
	TimestampTz until = dw_arg_time_opt(call, "valid_until");

	if (row->is_builtin)
		need_future(row);
	if (row->valid.until <= now)
		dw_raise(DW_INVALID_TRANSITION, "the fee schedule has ended already",
				 psprintf("Fee schedule %s ended at %s.",
						  dw_uuid_text(&row->id),
						  timestamptz_to_str(row->valid.until)),
				 "Make another with dwello.set_fee_schedule().");
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
	DwFeeRow	row;
	TimestampTz until;
	bool		found;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	dw_args_need(&call, "schedule_id", NULL);
	id = dw_arg_uuid(&call, "schedule_id");
	(void) dw_arg_time_opt(&call, "valid_until");
	found = dw_fee_schedule_lock(&id, &row);
	if (dw_call_replay(&call, &call.actor.user_id))
		return dw_call_return(&call);
	if (!found)
		dw_raise(DW_NOT_FOUND, "no such fee schedule",
				 psprintf("Fee schedule %s does not exist.",
						  dw_uuid_text(&id)),
				 "dwello.fee_schedules has them all.");

	until = end_of(&call, &row);
	if (until <= row.valid.from)
	{
		dw_fee_schedule_delete(&id);
		row.version++;
	}
	else
	{
		dw_fee_schedule_end(&row, until);
		dw_row_time(&call, "valid_until", until);
	}
	dw_row_uuid(&call, "schedule_id", &id);
	dw_row_int4(&call, "version", row.version);
	return dw_call_return(&call);
}

/* What releases came to, and would have come to. */
typedef struct DwSum
{
	bool		is_used;		/* there is something in it */
	int32		releases;		/* how many, reversed or not */
	int64		amount;			/* price of the work they paid for */
	DwFeeQuote	was;			/* as it was */
	DwFeeQuote	now;			/* under the schedule */
} DwSum;

/* A release of the escrow at hand. */
typedef struct DwSimulated
{
	DwUuid		id;				/* its transaction */
	DwFeeQuote	was;			/* as it was */
	DwFeeQuote	now;			/* under the schedule */
	DwFeeQuote	undone;			/* of `was`, by reversals */
} DwSimulated;

/* Where the pass stands. */
typedef struct DwReplay
{
	DwCall	   *call;			/* where rows go */
	DwFeeSchedule schedule;		/* the one to try */
	DwPastRelease last;			/* release before this one */
	DwSimulated *releases;		/* of its escrow, oldest first */
	int64		release_count;	/* of them */
	DwFeeTaken	was;			/* of its escrow, as it was */
	DwFeeTaken	now;			/* of its escrow, under the schedule */
	DwSum		provider;		/* of its provider */
	DwSum		total;			/* of its currency */
} DwReplay;

/* Adds to a sum; 22003 when it does not fit. */
static void
add(int64 *sum, int64 amount)
{
	if (dw_money_add(*sum, amount, sum) != DW_OK)
		dw_raise(DW_OVERFLOW, "a sum is out of range", NULL,
				 "Ask for a shorter time.");
}

/* Adds one quote to another, sign times: 1 or -1. */
static void
add_quote(DwFeeQuote *sum, const DwFeeQuote *quote, int sign)
{
	add(&sum->fee, sign * quote->fee);
	add(&sum->tax, sign * quote->tax);
	add(&sum->payout, sign * quote->payout);
	add(&sum->charge, sign * quote->charge);
}

/* Adds a release to what an escrow came to, or (sign -1) takes one off. */
static void
take(DwFeeTaken *taken, int64 part, const DwFeeQuote *quote, int sign)
{
	add(&taken->released, sign * part);
	add(&taken->fee, sign * quote->fee);
	add(&taken->tax, sign * quote->tax);
	add(&taken->borne, sign * (quote->charge - part));
}

/* Emits a sum that has anything in it, and starts it anew. */
static void
emit_sum(DwReplay *replay, DwSum *sum, const DwUuid *provider_id)
{
	DwCall	   *call = replay->call;

	if (sum->is_used)
	{
		if (provider_id != NULL)
			dw_row_uuid(call, "provider_id", provider_id);
		dw_row_text(call, "currency", replay->last.currency);
		dw_row_int4(call, "releases", sum->releases);
		dw_row_int8(call, "amount", sum->amount);
		dw_row_int8(call, "fee", sum->was.fee);
		dw_row_int8(call, "tax", sum->was.tax);
		dw_row_int8(call, "payout", sum->was.payout);
		dw_row_int8(call, "simulated_fee", sum->now.fee);
		dw_row_int8(call, "simulated_tax", sum->now.tax);
		dw_row_int8(call, "simulated_payout", sum->now.payout);
		dw_row_int8(call, "difference", sum->now.payout - sum->was.payout);
		dw_list_emit(call);
	}
	memset(sum, 0, sizeof(*sum));
}

/* Ends what the next release (NULL: none is left) no longer belongs to. */
static void
end_groups(DwReplay *replay, const DwPastRelease *next)
{
	const DwPastRelease *last = &replay->last;
	bool		other_currency = next == NULL ||
		strcmp(next->currency, last->currency) != 0;

	if (other_currency ||
		!dw_uuid_equal(&next->provider_id, &last->provider_id))
		emit_sum(replay, &replay->provider, &last->provider_id);
	if (other_currency)
		emit_sum(replay, &replay->total, NULL);
	if (next == NULL || !dw_uuid_equal(&next->job_id, &last->job_id))
	{
		memset(&replay->was, 0, sizeof(replay->was));
		memset(&replay->now, 0, sizeof(replay->now));
		replay->release_count = 0;
	}
}

/* Adds a release, or with sign -1 a reversal, to the sums it counts in. */
static void
add_release(DwReplay *replay, int64 part, const DwFeeQuote *was,
			const DwFeeQuote *now, int sign)
{
	DwSum	   *const sums[] = {&replay->provider, &replay->total};

	for (size_t i = 0; i < lengthof(sums); i++)
	{
		sums[i]->is_used = true;
		if (sign > 0)
			sums[i]->releases++;
		add(&sums[i]->amount, sign * part);
		add_quote(&sums[i]->was, was, sign);
		add_quote(&sums[i]->now, now, sign);
	}
}

/* Replays one release. */
static void
replay_release(DwReplay *replay, const DwPastRelease *release)
{
	int64		part = dw_fee_part(release->payer, &replay->was,
								   &release->quote);
	DwSimulated *past = &replay->releases[replay->release_count++];
	DwFeeTerms	terms;

	dw_fee_schedule_terms(&replay->schedule, release->contract_amount,
						  &terms);
	memset(past, 0, sizeof(*past));
	past->id = release->id;
	past->was = release->quote;
	if (dw_fee_release(&terms, &replay->now, part, &past->now) != DW_OK)
		dw_raise(DW_OVERFLOW, "a fee is out of range", NULL,
				 "Choose a lower rate or fixed part.");
	take(&replay->was, part, &past->was, 1);
	take(&replay->now, part, &past->now, 1);
	if (release->counts)
		add_release(replay, part, &past->was, &past->now, 1);
}

/* Orders releases by their transaction, for bsearch. */
static int
release_compare(const void *a, const void *b)
{
	return dw_uuid_compare(&((const DwSimulated *) a)->id,
						   &((const DwSimulated *) b)->id);
}

/*
 * The release of the escrow at hand that a reversal undoes; they were read in
 * the order of their ids.
 */
static DwSimulated *
find_release(DwReplay *replay, const DwPastRelease *reversal)
{
	DwSimulated key = {.id = reversal->reverses};
	DwSimulated *found = bsearch(&key, replay->releases,
								 replay->release_count, sizeof(key),
								 release_compare);

	if (found == NULL)
		elog(ERROR, "reversal %s is of no release",
			 dw_uuid_text(&reversal->id));
	return found;
}

/* Of a leg under the schedule, what is undone when `done` of `was` is. */
static int64
undone_leg(const DwSimulated *past, int64 now, int64 was, int64 done)
{
	/* a leg that was none follows the whole */
	return was > 0 ? dw_reversal_share(now, done, was)
		: dw_reversal_share(now, past->undone.charge, past->was.charge);
}

/* What reversals so far have undone of a release under the schedule. */
static DwFeeQuote
undone_now(const DwSimulated *past)
{
	DwFeeQuote	undone = {
		.fee = undone_leg(past, past->now.fee, past->was.fee,
						  past->undone.fee),
		.tax = undone_leg(past, past->now.tax, past->was.tax,
						  past->undone.tax),
		.payout = undone_leg(past, past->now.payout, past->was.payout,
							 past->undone.payout)
	};

	undone.charge = undone.payout + undone.fee + undone.tax;
	return undone;
}

/*
 * The price of work that a reversal gave back, once its quote is taken off
 * what the escrow came to: as dw_escrow_reverse decides it.
 */
static int64
price_back(const DwFeeTaken *was, DwFeePayer payer)
{
	int64		price = dw_fee_borne(payer, was->fee + was->tax) - was->borne;

	return Max(Min(price, was->released), 0);
}

/* Replays one reversal. */
static void
replay_reversal(DwReplay *replay, const DwPastRelease *reversal)
{
	const DwFeeQuote nothing = {0};
	DwSimulated *past = find_release(replay, reversal);
	DwFeeQuote	before = undone_now(past);
	DwFeeQuote	now;
	int64		price;

	add_quote(&past->undone, &reversal->quote, 1);
	now = undone_now(past);
	add_quote(&now, &before, -1);
	take(&replay->was, 0, &reversal->quote, -1);
	take(&replay->now, 0, &now, -1);
	price = price_back(&replay->was, reversal->payer);
	take(&replay->was, price, &nothing, -1);
	take(&replay->now, price, &nothing, -1);
	if (reversal->counts)
		add_release(replay, price, &reversal->quote, &now, -1);
}

/* Reads a label of the schedule; notes 22P02 for one that is none. */
static void
read_labels(DwJsonItem *item, DwFeeSchedule *schedule)
{
	const DwTextRule rule = {LABEL_MAX, true};
	char	   *kind = dw_json_item_text(item, "kind", rule);
	char	   *payer = dw_json_item_text(item, "payer", rule);

	schedule->kind = DW_FEE_KIND_FLAT;
	schedule->payer = DW_FEE_PAYER_PROVIDER;
	if (kind != NULL && !dw_fee_kind_parse(kind, &schedule->kind))
		dw_json_item_note(item, "kind", DW_BAD_LABEL, "is no kind of fee");
	if (payer != NULL && !dw_fee_payer_parse(payer, &schedule->payer))
		dw_json_item_note(item, "payer", DW_BAD_LABEL, "is no payer of fees");
}

/* Reads the numbers beside the tiers. */
static void
read_first_of(DwJsonItem *item, DwFeeSchedule *schedule)
{
	DwFeeTier  *first = &schedule->tiers[0];

	first->rate_ppm = dw_json_item_int8(item, "rate_ppm", 0);
	first->fixed = dw_json_item_amount(item, "fixed_fee", 0);
	first->min_fee = dw_json_item_amount(item, "min_fee", 0);
	first->max_fee = read_limit(item, DW_FEE_NO_MAX);
	schedule->tax_ppm = dw_json_item_int8(item, "tax_ppm", 0);
}

/* Reads the schedule to try; the currency it is for, or NULL. */
static char *
read_schedule(DwCall *call, DwFeeSchedule *schedule)
{
	static const char *const names[] = {"kind", "payer", "rate_ppm",
		"fixed_fee", "min_fee", "max_fee", "tax_ppm", "tiers", "currency",
	NULL};
	const DwTextRule rule = {LABEL_MAX, true};
	DwArgError	error = {0};
	DwJsonItem	item = {.place = {"schedule", DW_ARG_NO_ITEM, NULL},
	.error = &error};
	char	   *currency = NULL;
	int64		rate;

	memset(schedule, 0, sizeof(*schedule));
	if (!dw_json_arg_object(dw_arg_jsonb(call, "schedule"), &item.object))
		dw_arg_error_note(&error, "schedule", DW_BAD_VALUE,
						  "must be a JSON object");
	else
	{
		DwJsonArg	object = item.object;

		dw_json_item_names(&item, names);
		currency = dw_json_item_text(&item, "currency", rule);
		if (currency != NULL &&
			dw_currency_exponent(currency) == DW_CURRENCY_UNKNOWN)
			dw_json_item_note(&item, "currency", DW_BAD_VALUE,
							  "is no currency of ISO 4217");
		read_labels(&item, schedule);
		read_first_of(&item, schedule);
		read_tiers(call, &item, &object,
				   dw_json_arg_int8(&object, "rate_ppm", &rate) !=
				   DW_MEMBER_ABSENT, schedule);
		check_schedule(&error, "schedule", schedule);
		check_currency(&error, "schedule.currency", schedule, currency);
	}
	dw_arg_error_raise(call, &error);
	return currency;
}

DW_FUNCTION(dwello_simulate_fees)
{
	DwCall		call;
	DwReplay	replay;
	DwPastRelease release;
	char	   *currency;
	TimestampTz from_time;
	TimestampTz to_time;
	uint64		count;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	dw_rows_begin(&call);
	dw_args_need(&call, "schedule", "from_time", "to_time", NULL);
	memset(&replay, 0, sizeof(replay));
	replay.call = &call;
	currency = read_schedule(&call, &replay.schedule);
	from_time = dw_arg_time_opt(&call, "from_time");
	to_time = dw_arg_time_opt(&call, "to_time");
	if (to_time <= from_time)
		dw_arg_refuse(&call, "to_time", DW_BAD_VALUE,
					  "must be after from_time");

	count = dw_releases_find(from_time, to_time, currency);
	replay.releases = palloc_extended(sizeof(DwSimulated) * Max(count, 1),
									  MCXT_ALLOC_HUGE);
	for (uint64 i = 0; i < count; i++)
	{
		CHECK_FOR_INTERRUPTS();
		dw_release_read(i, &release);
		if (i > 0)
			end_groups(&replay, &release);
		if (release.is_reversal)
			replay_reversal(&replay, &release);
		else
			replay_release(&replay, &release);
		replay.last = release;
	}
	if (count > 0)
		end_groups(&replay, NULL);
	return dw_list_return(&call);
}
