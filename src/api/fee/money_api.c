/*
 * money_api.c
 *		Between decimal amounts and minor units: to_minor, from_minor.
 *
 * Bare arithmetic: no identity, no table.  The exponents of ISO 4217 are
 * compiled in, so both can be used in an index or a generated column.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

#include "core/base/base.h"
#include "server/call/call_server.h"
#include "server/error/error_server.h"

/* The minor digits of a currency that is known; 22023. */
static int
exponent_of(text * currency)
{
	int			digits = dw_currency_exponent(text_to_cstring(currency));

	if (digits == DW_CURRENCY_UNKNOWN)
		dw_raise(DW_BAD_VALUE, "currency is no currency of ISO 4217", NULL,
				 "Codes are three upper-case letters, like USD.");
	return digits;
}

/* 22004 unless both arguments are given. */
static void
need_both(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		dw_raise(DW_NULL_VALUE, "amount and currency must not be NULL", NULL,
				 NULL);
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

	need_both(fcinfo);
	amount = PG_GETARG_NUMERIC(0);
	digits = exponent_of(PG_GETARG_TEXT_PP(1));
	if (numeric_is_nan(amount) || numeric_is_inf(amount))
		dw_raise(DW_BAD_VALUE, "amount must be a number", NULL, NULL);

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

	need_both(fcinfo);
	digits = exponent_of(PG_GETARG_TEXT_PP(1));
	PG_RETURN_NUMERIC(int64_div_fast_to_numeric(PG_GETARG_INT64(0), digits));
}
