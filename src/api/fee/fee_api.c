/*
 * fee_api.c
 *		What a fee comes to, how an amount divides, and promo codes.
 *
 * fee_amount, allocate, to_minor and from_minor are bare arithmetic: no
 * identity, no table.  The exponents of ISO 4217 are compiled in, so amounts
 * can be converted in an index or a generated column.  quote_fee looks its
 * schedule up as confirm_award does, so that what it says is what will be
 * charged.
 *
 * A promo code is used after the award is confirmed and before anything is
 * paid: then the fee is known and nobody has reckoned with it yet.  What it
 * waives of the whole contract is taken from the budget at that moment, and is
 * the most that the releases will ever leave out; so a budget is never
 * overdrawn and the quote holds (docs/adr/0005).
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/fee/fee_api.h"
#include "api/job/job_api.h"
#include "core/base/base.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/fee/fee_store.h"

#define CURRENCY_MAX	20		/* characters; only three can be right */
#define TIER_MAX		50		/* characters of a tier */
#define CODE_MAX		40		/* characters of a promo code */
#define PARTS_MAX		100000	/* of allocate */

/* Labels of type subscription_tier. */
static const char *const tiers[] = {"basic", "premium", "enterprise"};

/* Raises why the arithmetic failed. */
pg_noreturn static void
refuse_arithmetic(DwResult result)
{
	if (result == DW_OVERFLOW)
		dw_raise(result, "the amount is out of range", NULL,
				 "Amounts are bigint minor units.");
	dw_raise(result, "amount or terms are not possible",
			 "Amounts and fees are not negative, rates are at most 1000000, "
			 "max_fee is not below min_fee, weights are not all zero.",
			 "reference.md#fee_amount says what it takes.");
}

/* Arguments of fee_amount. */
typedef struct FeeArgs
{
	NullableDatum amount;		/* minor units */
	NullableDatum rate_ppm;		/* as in DwFeeTerms, all of these */
	NullableDatum fixed;		/* added after the rate */
	NullableDatum min_fee;		/* at least */
	NullableDatum max_fee;		/* at most; NULL = no limit */
} FeeArgs;

/* Called once a row by reports: nothing here but the arithmetic. */
DW_FUNCTION(dwello_fee_amount)
{
	static const char *const names[] = {"amount", "rate_ppm", "fixed",
	"min_fee", "max_fee"};
	const FeeArgs *args = dw_bare_args(fcinfo, names, lengthof(names));
	DwFeeTerms	terms;
	DwResult	result;
	int64		fee;

	if (args->amount.isnull || args->rate_ppm.isnull || args->fixed.isnull ||
		args->min_fee.isnull)
		dw_raise(DW_NULL_VALUE, "only max_fee may be NULL", NULL,
				 "Give 0 for what there is not.");
	terms.rate_ppm = DatumGetInt64(args->rate_ppm.value);
	terms.fixed = DatumGetInt64(args->fixed.value);
	terms.min_fee = DatumGetInt64(args->min_fee.value);
	terms.max_fee = args->max_fee.isnull ? DW_FEE_NO_MAX
		: DatumGetInt64(args->max_fee.value);
	terms.tax_ppm = 0;
	terms.payer = DW_FEE_PAYER_PROVIDER;
	terms.promo_ppm = 0;
	terms.promo_max = 0;
	terms.step_count = 0;
	if (terms.max_fee < 0 && !args->max_fee.isnull)
		refuse_arithmetic(DW_BAD_VALUE);
	result = dw_fee_amount(&terms, DatumGetInt64(args->amount.value), &fee);
	if (result != DW_OK)
		refuse_arithmetic(result);
	PG_RETURN_INT64(fee);
}

/* Reads the weights of allocate: one dimension, no NULL, some element. */
static int64 *
read_weights(ArrayType *array, int *count)
{
	Datum	   *items;
	bool	   *nulls;
	int64	   *weights;

	deconstruct_array(array, INT8OID, sizeof(int64), FLOAT8PASSBYVAL,
					  TYPALIGN_DOUBLE, &items, &nulls, count);
	if (ARR_NDIM(array) != 1 || *count > PARTS_MAX)
		dw_raise(DW_BAD_VALUE, "weights must be a list of one dimension",
				 psprintf("It has from 1 to %d elements.", PARTS_MAX),
				 "Give an array such as ARRAY[1, 2].");
	weights = palloc(*count * sizeof(int64));
	for (int i = 0; i < *count; i++)
	{
		if (nulls[i])
			dw_raise(DW_NULL_VALUE, "weights must not have a NULL element",
					 NULL,
					 "Give 0 for a part that gets nothing.");
		weights[i] = DatumGetInt64(items[i]);
	}
	return weights;
}

/* Arguments of allocate. */
typedef struct AllocateArgs
{
	NullableDatum amount;		/* to be divided, minor units */
	NullableDatum weights;		/* one for each part */
} AllocateArgs;

DW_FUNCTION(dwello_allocate)
{
	static const char *const names[] = {"amount", "weights"};
	const AllocateArgs *args = dw_bare_args(fcinfo, names, lengthof(names));
	int64	   *weights;
	int64	   *parts;
	Datum	   *items;
	DwResult	result;
	int			count;

	if (args->amount.isnull || args->weights.isnull)
		dw_raise(DW_NULL_VALUE, "amount and weights must not be NULL", NULL,
				 "Give both.");
	weights = read_weights(DatumGetArrayTypeP(args->weights.value), &count);
	parts = palloc(count * sizeof(int64));
	items = palloc(count * sizeof(Datum));
	result = dw_allocate(DatumGetInt64(args->amount.value), weights,
						 (size_t) count, parts);
	if (result != DW_OK)
		refuse_arithmetic(result);
	for (int i = 0; i < count; i++)
		items[i] = Int64GetDatum(parts[i]);
	PG_RETURN_ARRAYTYPE_P(construct_array(items, count, INT8OID,
										  sizeof(int64), FLOAT8PASSBYVAL,
										  TYPALIGN_DOUBLE));
}

/* Reads by what quote_fee looks its schedule up; errors of arguments. */
static int64
read_scope(DwCall *call, DwFeeScope *scope)
{
	int64		amount;

	dw_args_need(call, "amount", "currency", NULL);
	scope->currency = dw_arg_text(call, "currency", CURRENCY_MAX);
	scope->tier = dw_arg_text_opt(call, "user_tier", TIER_MAX);
	(void) dw_arg_text_opt(call, "promo_code", CODE_MAX);
	amount = dw_arg_int8(call, "amount");
	if (amount <= 0)
		dw_arg_refuse(call, "amount", DW_BAD_VALUE, "must be more than zero");
	dw_arg_check_currency(call, "currency", scope->currency);
	scope->as_of = dw_arg_time_opt(call, "as_of");
	if (scope->as_of == DT_NOBEGIN)
		scope->as_of = dw_now();
	if (scope->tier == NULL)
		scope->tier = dw_fee_tier_of(&call->actor.user_id);
	if (dw_label_find(tiers, DW_LENGTH(tiers), scope->tier) < 0)
		dw_arg_refuse(call, "user_tier", DW_BAD_LABEL,
					  "is no subscription tier");
	scope->category_id = dw_arg_uuid_opt(call, "category_id");
	return amount;
}

/* P0002 for a category that is not there. */
static void
check_category(const DwFeeScope *scope)
{
	if (scope->category_id != NULL &&
		!dw_fee_category_exists(scope->category_id))
		dw_raise(DW_NOT_FOUND, "no such category",
				 psprintf("Category %s does not exist.",
						  dw_uuid_text(scope->category_id)),
				 "The view dwello.categories lists them all.");
}

/*
 * Puts a code into the terms of a contract in a currency: its rate, and what
 * is left of its budget.  P0002: found is false.  WD201: it is for another
 * currency.  WD301: nothing is left.
 */
static void
promo_into_terms(bool found, const DwPromo *promo, const char *currency,
				 DwFeeTerms *terms)
{
	if (!found)
		dw_raise(DW_NOT_FOUND, "no such promo code",
				 "No promo code of that name is in force.",
				 "Look how it is spelt, and until when it holds.");
	if (promo->currency != NULL && strcmp(promo->currency, currency) != 0)
		dw_raise(DW_CURRENCY_MISMATCH,
				 "the promo code is for another currency",
				 psprintf("It is for %s, the contract is in %s.",
						  promo->currency, currency),
				 "Use a code of the contract's currency, or none.");
	if (promo->budget != DW_FEE_NO_MAX && promo->spent >= promo->budget)
		dw_raise(DW_LIMIT_REACHED, "the promo code is used up",
				 "Nothing is left of its budget.",
				 "Use another code, or none.");
	terms->promo_ppm = promo->rate_ppm;
	terms->promo_max = promo->budget == DW_FEE_NO_MAX
		? DW_FEE_NO_MAX : promo->budget - promo->spent;
}

/* The terms that a contract would get, a promo code included. */
static DwUuid
find_terms(DwCall *call, const DwFeeScope *scope, int64 amount,
		   DwFeeTerms *terms)
{
	char	   *code = dw_arg_text_opt(call, "promo_code", CODE_MAX);
	DwFeeRow	row;
	DwPromo		promo;

	if (!dw_fee_schedule_find(scope, &row))
		elog(ERROR, "dwello has no built-in fee schedule");
	dw_fee_schedule_terms(&row.schedule, amount, terms);
	if (code != NULL)
	{
		bool		found = dw_promo_find(code, scope->as_of, false,
										  &promo);

		promo_into_terms(found, &promo, scope->currency, terms);
	}
	return row.id;
}

DW_FUNCTION(dwello_quote_fee)
{
	DwCall		call;
	DwFeeScope	scope;
	DwFeeTerms	terms;
	DwFeeQuote	quote;
	DwUuid		schedule_id;
	DwResult	result;
	int64		amount;
	int64		waived = 0;

	dw_query_begin(&call, fcinfo, DW_ACTOR_ANY);
	amount = read_scope(&call, &scope);
	check_category(&scope);
	schedule_id = find_terms(&call, &scope, amount, &terms);
	result = dw_fee_quote(&terms, amount, &quote);
	if (result == DW_OK)
		result = dw_fee_waived(&terms, amount, &waived);
	if (result != DW_OK)
		refuse_arithmetic(result);

	dw_row_uuid(&call, "schedule_id", &schedule_id);
	dw_row_int8(&call, "amount", amount);
	dw_row_text(&call, "currency", scope.currency);
	dw_row_int8(&call, "fee", quote.fee);
	dw_row_int8(&call, "tax", quote.tax);
	dw_row_int8(&call, "waived", waived);
	dw_row_int8(&call, "payout", quote.payout);
	dw_row_int8(&call, "charge", quote.charge);
	dw_row_enum(&call, "payer", &dw_fee_payer_labels, terms.payer);
	dw_row_int4(&call, "rate_ppm", (int32) terms.rate_ppm);
	return dw_call_return(&call);
}

/* Arguments of to_minor and from_minor. */
typedef struct MoneyArgs
{
	NullableDatum amount;		/* decimal, or minor units */
	NullableDatum currency;		/* ISO 4217 */
} MoneyArgs;

/*
 * The arguments, and the minor digits of the currency.  22004 unless both are
 * given, 22023 for a currency that is none.
 */
static Datum
money_args(FunctionCallInfo fcinfo, int *digits)
{
	static const char *const names[] = {"amount", "currency"};
	const MoneyArgs *args = dw_bare_args(fcinfo, names, lengthof(names));

	if (args->amount.isnull || args->currency.isnull)
		dw_raise(DW_NULL_VALUE, "amount and currency must not be NULL", NULL,
				 "Give both.");
	*digits =
		dw_currency_exponent(TextDatumGetCString(args->currency.value));
	if (*digits == DW_CURRENCY_UNKNOWN)
		dw_raise(DW_BAD_VALUE, "currency is no currency of ISO 4217", NULL,
				 "Codes are three upper-case letters, like USD.");
	return args->amount.value;
}

/* A numeric times a power of ten, as a numeric. */
static Datum
shifted(Numeric amount, int digits)
{
	Numeric		power = int64_div_fast_to_numeric(1, -digits);

	return DirectFunctionCall2(numeric_mul, NumericGetDatum(amount),
							   NumericGetDatum(power));
}

DW_FUNCTION(dwello_to_minor)
{
	Numeric		amount;
	Datum		exact;
	Datum		whole;
	int64		minor;
	int			digits;

	amount = DatumGetNumeric(money_args(fcinfo, &digits));
	if (numeric_is_nan(amount) || numeric_is_inf(amount))
		dw_raise(DW_BAD_VALUE, "amount must be a number", NULL,
				 "Neither NaN nor infinity is an amount of money.");

	exact = shifted(amount, digits);
	whole = DirectFunctionCall2(numeric_trunc, exact, Int32GetDatum(0));
	minor = DatumGetInt64(DirectFunctionCall1(numeric_int8, whole));
	if (!DatumGetBool(DirectFunctionCall2(numeric_eq, exact, whole)))
		dw_raise(DW_INEXACT_AMOUNT,
				 "amount has more digits than its currency",
				 psprintf("The currency has %d.", digits),
				 "Round it first: dwello never loses a part silently.");
	PG_RETURN_INT64(minor);
}

DW_FUNCTION(dwello_from_minor)
{
	int			digits;
	int64		amount = DatumGetInt64(money_args(fcinfo, &digits));

	PG_RETURN_NUMERIC(int64_div_fast_to_numeric(amount, digits));
}

DwPeriod
dw_period_read(DwCall *call, DwArgError *error)
{
	static const char *const what = "must be after valid_from";
	DwPeriod	period = {
		.from = dw_arg_time_opt(call, "valid_from"),
		.until = dw_arg_time_opt(call, "valid_until")
	};

	if (period.from == DT_NOBEGIN)
		period.from = dw_now();
	if (period.until == DT_NOBEGIN)
		period.until = DT_NOEND;
	if (period.until <= period.from && error == NULL)
		dw_arg_refuse(call, "valid_until", DW_BAD_VALUE, what);
	if (period.until <= period.from)
		dw_arg_error_note(error, "valid_until", DW_BAD_VALUE, what);
	return period;
}

/* True for 3 to 40 of A-Z, 0-9, _ and -. */
static bool
is_code(const char *text)
{
	size_t		length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
								"0123456789_-");

	return text[length] == '\0' && length >= 3 &&
		length <= CODE_MAX;
}

/* Reads what add_promo_code is given; 22004, 22001, 22023. */
static void
read_promo(DwCall *call, DwPromo *promo)
{
	memset(promo, 0, sizeof(*promo));
	dw_args_need(call, "code", "rate_ppm", NULL);
	promo->code = dw_arg_text(call, "code", CODE_MAX);
	promo->currency = dw_arg_text_opt(call, "currency", CURRENCY_MAX);
	promo->budget = dw_arg_has(call, "budget")
		? dw_arg_amount(call, "budget") : DW_FEE_NO_MAX;
	if (!is_code(promo->code))
		dw_arg_refuse(call, "code", DW_BAD_VALUE,
					  "must be 3 to 40 of A-Z, 0-9, _ and -");
	promo->rate_ppm = dw_arg_int4(call, "rate_ppm");
	if (promo->rate_ppm < 0 || promo->rate_ppm > DW_PPM)
		dw_arg_refuse(call, "rate_ppm", DW_BAD_VALUE,
					  "must be 0 to 1000000");
	if (dw_arg_has(call, "budget") && promo->budget < 0)
		dw_arg_refuse(call, "budget", DW_BAD_VALUE,
					  "must not be negative");
	dw_arg_check_currency(call, "currency", promo->currency);
	if (promo->budget != DW_FEE_NO_MAX && promo->currency == NULL)
		dw_arg_refuse(call, "currency", DW_BAD_VALUE,
					  "must be given with a budget");
	if (promo->budget != DW_FEE_NO_MAX)
		dw_arg_check_amount(call, "budget", promo->budget, promo->currency);
	promo->valid = dw_period_read(call, NULL);
}

DW_FUNCTION(dwello_add_promo_code)
{
	DwCall		call;
	DwPromo		promo;
	bool		inserted;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ADMIN | DW_ACTOR_SYSTEM);
	read_promo(&call, &promo);
	inserted = dw_promo_insert(&promo);
	if (dw_call_replay(&call, &call.actor.user_id))
		return dw_call_return(&call);
	if (!inserted)
		dw_raise_constraint(DW_ALREADY_EXISTS, "promo_codes_pkey",
							"promo code already exists",
							psprintf("There is a code \"%s\".", promo.code),
							"Give another code.");

	dw_row_text(&call, "code", promo.code);
	dw_row_int4(&call, "version", 1);
	return dw_call_return(&call);
}

/*
 * Locks job and escrow for one of the two who made the contract, in the
 * order of errors.  True: done before.
 */
static bool
contract_begin(DwCall *call, DwJob *job, DwEscrowRow *row)
{
	DwUuid		job_id = dw_arg_uuid(call, "job_id");
	bool		found;

	dw_job_for_command(call, &job_id, job);
	found = dw_escrow_lock(&job_id, row);
	if (!dw_uuid_equal(&job->homeowner_id, &call->actor.user_id))
		dw_job_need_provider(call, job);
	if (dw_call_replay(call, &job_id))
		return true;
	dw_escrow_need(&job_id, found);
	dw_call_version(call, row->escrow.version);
	return false;
}

/* WD101 once money is under way, or a code is in use. */
static void
need_untouched(DwCall *call, const DwEscrowRow *row)
{
	if (row->escrow.status != DW_ESCROW_CREATED &&
		row->escrow.status != DW_ESCROW_FAILED)
		dw_escrow_refuse(call, row, DW_INVALID_TRANSITION);
	if (dw_promo_of(&row->job_id) != NULL)
		dw_raise(DW_INVALID_TRANSITION,
				 "the contract has a promo code already",
				 psprintf("Job %s takes one code.",
						  dw_uuid_text(&row->job_id)),
				 "The code that was applied stays.");
}

/* Takes what the code waives of the contract out of its budget. */
static int64
reserve(DwPromo *promo, DwEscrowRow *row)
{
	DwFeeTerms *terms = &row->escrow.terms;
	int64		waived = 0;

	if (dw_fee_waived(terms, row->escrow.contract_amount, &waived) != DW_OK)
		elog(ERROR, "promo code makes terms that are not valid");
	if (terms->promo_max != DW_FEE_NO_MAX)
		terms->promo_max = waived;
	dw_promo_spend(promo, waived);
	row->escrow.version++;
	dw_promo_apply(&row->job_id, promo->code, terms, row->escrow.version);
	return waived;
}

/* Emits that a code is in use. */
static void
emit_applied(const DwEscrowRow *row, const char *code, int64 waived)
{
	DwPayload	payload;

	dw_escrow_payload(&payload, row);
	dw_payload_text(&payload, "promo_code", code);
	dw_payload_int8(&payload, "amount", waived);
	dw_event_emit(&row->job_id, "escrow", &row->job_id, "promo_applied",
				  &payload);
}

DW_FUNCTION(dwello_apply_promo)
{
	DwCall		call;
	DwJob		job;
	DwEscrowRow row;
	DwPromo		promo;
	const char *code;
	bool		found;
	int64		waived;

	dw_command_begin(&call, fcinfo, DW_ACTOR_HOMEOWNER | DW_ACTOR_PROVIDER);
	dw_args_need(&call, "job_id", "code", NULL);
	code = dw_arg_text(&call, "code", CODE_MAX);
	if (contract_begin(&call, &job, &row))
		return dw_call_return(&call);
	need_untouched(&call, &row);

	found = dw_promo_find(code, dw_now(), true, &promo);
	promo_into_terms(found, &promo, row.escrow.currency,
					 &row.escrow.terms);
	waived = reserve(&promo, &row);
	emit_applied(&row, code, waived);

	dw_row_escrow(&call, &row);
	dw_row_text(&call, "code", code);
	dw_row_int8(&call, "waived", waived);
	dw_row_int8(&call, "charge", dw_escrow_charge(&row.escrow));
	return dw_call_return(&call);
}
