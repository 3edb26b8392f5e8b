/*
 * fee_api.c
 *		What a fee comes to, and how an amount divides.
 *
 * fee_amount and allocate are bare arithmetic: no identity, no table.
 * quote_fee looks its schedule up as confirm_award does, so that what it
 * says is what will be charged.
 */
#include "postgres.h"

#include "catalog/pg_type_d.h"
#include "utils/array.h"

#include "api/fee/promo_api_int.h"
#include "core/base/base.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"
#include "store/fee/fee_store.h"

#define CURRENCY_MAX	20		/* characters; only three can be right */
#define TIER_MAX		50		/* characters of a tier */
#define PARTS_MAX		100000	/* of allocate */

/* Labels of type subscription_tier. */
static const char *const tiers[] = {"basic", "premium", "enterprise"};

/* Raises what the arithmetic said no with. */
pg_noreturn static void
refuse_arithmetic(DwResult result)
{
	if (result == DW_OVERFLOW)
		dw_raise(result, "the amount is out of range", NULL,
				 "Amounts are bigint minor units.");
	dw_raise(result, "amount or terms are not possible",
			 "Amounts and fees are not negative, rates are at most 1000000, "
			 "max_fee is not below min_fee, weights are not all zero.", NULL);
}

/*
 * fee_amount(amount, rate_ppm, fixed, min_fee, max_fee).
 * Called once a row by reports: nothing here but the arithmetic.
 */
DW_FUNCTION(dwello_fee_amount)
{
	DwFeeTerms	terms;
	DwResult	result;
	int64		fee;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2) ||
		PG_ARGISNULL(3))
		dw_raise(DW_NULL_VALUE, "only max_fee may be NULL", NULL, NULL);
	terms.rate_ppm = PG_GETARG_INT64(1);
	terms.fixed = PG_GETARG_INT64(2);
	terms.min_fee = PG_GETARG_INT64(3);
	terms.max_fee = PG_ARGISNULL(4) ? DW_FEE_NO_MAX : PG_GETARG_INT64(4);
	terms.tax_ppm = 0;
	terms.payer = DW_FEE_PAYER_PROVIDER;
	terms.promo_ppm = 0;
	terms.promo_max = 0;
	terms.step_count = 0;
	if (terms.max_fee < 0 && !PG_ARGISNULL(4))
		refuse_arithmetic(DW_BAD_VALUE);
	result = dw_fee_amount(&terms, PG_GETARG_INT64(0), &fee);
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
				 psprintf("It has from 1 to %d elements.", PARTS_MAX), NULL);
	weights = palloc(*count * sizeof(int64));
	for (int i = 0; i < *count; i++)
	{
		if (nulls[i])
			dw_raise(DW_NULL_VALUE, "weights must not have a NULL element",
					 NULL, NULL);
		weights[i] = DatumGetInt64(items[i]);
	}
	return weights;
}

DW_FUNCTION(dwello_allocate)
{
	int64	   *weights;
	int64	   *parts;
	Datum	   *items;
	DwResult	result;
	int			count;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		dw_raise(DW_NULL_VALUE, "amount and weights must not be NULL", NULL,
				 NULL);
	weights = read_weights(PG_GETARG_ARRAYTYPE_P(1), &count);
	parts = palloc(count * sizeof(int64));
	items = palloc(count * sizeof(Datum));
	result = dw_allocate(PG_GETARG_INT64(0), weights, (size_t) count, parts);
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
	(void) dw_arg_text_opt(call, "promo_code", DW_PROMO_CODE_MAX);
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
						  dw_uuid_text(scope->category_id)), NULL);
}

/* The terms that a contract would get, a promo code included. */
static DwUuid
find_terms(DwCall *call, const DwFeeScope *scope, int64 amount,
		   DwFeeTerms *terms)
{
	char	   *code = dw_arg_text_opt(call, "promo_code", DW_PROMO_CODE_MAX);
	DwFeeRow	row;
	DwPromo		promo;

	if (!dw_fee_schedule_find(scope, &row))
		elog(ERROR, "dwello has no built-in fee schedule");
	dw_fee_schedule_terms(&row.schedule, amount, terms);
	if (code != NULL)
	{
		bool		found = dw_promo_load(code, scope->as_of, &promo);

		dw_promo_into_terms(found, &promo, scope->currency, terms);
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
	dw_row_text(&call, "payer", dw_fee_payer_label(terms.payer));
	dw_row_int4(&call, "rate_ppm", (int32) terms.rate_ppm);
	return dw_call_return(&call);
}
