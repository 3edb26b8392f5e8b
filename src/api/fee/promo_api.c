/*
 * promo_api.c
 *		Promo codes: making them, and using one on a contract.
 *
 * A code is used after the award is confirmed and before anything is paid:
 * then the fee is known and nobody has reckoned with it yet.  What it waives
 * of the whole contract is taken from the budget at that moment, and is the
 * most that the releases will ever leave out; so a budget is never overdrawn
 * and the quote holds (docs/adr/0005).
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "api/escrow/escrow_api.h"
#include "api/fee/promo_api_int.h"
#include "api/job/job_api.h"
#include "core/base/base.h"
#include "server/error/error_server.h"
#include "server/setting/setting_server.h"
#include "server/sql/sql_server.h"

#define CURRENCY_MAX	20		/* characters; only three can be right */

/* True for 3 to 40 of A-Z, 0-9, _ and -. */
static bool
is_code(const char *text)
{
	size_t		length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
								"0123456789_-");

	return text[length] == '\0' && length >= 3 &&
		length <= DW_PROMO_CODE_MAX;
}

/* Reads when a code counts; 22023 for a time that ends before it begins. */
static void
read_validity(DwCall *call, DwPromo *promo)
{
	promo->valid_from = dw_arg_time_opt(call, "valid_from");
	if (promo->valid_from == DT_NOBEGIN)
		promo->valid_from = dw_now();
	promo->valid_until = dw_arg_time_opt(call, "valid_until");
	if (promo->valid_until == DT_NOBEGIN)
		promo->valid_until = DT_NOEND;
	if (promo->valid_until <= promo->valid_from)
		dw_arg_refuse(call, "valid_until", DW_BAD_VALUE,
					  "must be after valid_from");
}

/* Reads what add_promo_code is given; 22004, 22001, 22023. */
static void
read_promo(DwCall *call, DwPromo *promo)
{
	memset(promo, 0, sizeof(*promo));
	dw_args_need(call, "code", "rate_ppm", NULL);
	promo->code = dw_arg_text(call, "code", DW_PROMO_CODE_MAX);
	promo->currency = dw_arg_text_opt(call, "currency", CURRENCY_MAX);
	if (!is_code(promo->code))
		dw_arg_refuse(call, "code", DW_BAD_VALUE,
					  "must be 3 to 40 of A-Z, 0-9, _ and -");
	promo->rate_ppm = dw_arg_int4(call, "rate_ppm");
	if (promo->rate_ppm < 0 || promo->rate_ppm > DW_PPM)
		dw_arg_refuse(call, "rate_ppm", DW_BAD_VALUE,
					  "must be 0 to 1000000");
	promo->budget = dw_arg_has(call, "budget")
		? dw_arg_int8(call, "budget") : DW_FEE_NO_MAX;
	if (dw_arg_has(call, "budget") && promo->budget < 0)
		dw_arg_refuse(call, "budget", DW_BAD_VALUE,
					  "must not be negative");
	dw_arg_check_currency(call, "currency", promo->currency);
	if (promo->budget != DW_FEE_NO_MAX && promo->currency == NULL)
		dw_arg_refuse(call, "currency", DW_BAD_VALUE,
					  "must be given with a budget");
	read_validity(call, promo);
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

void
dw_promo_into_terms(bool found, const DwPromo *promo, const char *currency,
					DwFeeTerms *terms)
{
	if (!found)
		dw_raise(DW_NOT_FOUND, "no such promo code",
				 "No promo code of that name is in force.", NULL);
	if (promo->currency != NULL && strcmp(promo->currency, currency) != 0)
		dw_raise(DW_CURRENCY_MISMATCH,
				 "the promo code is for another currency",
				 psprintf("It is for %s, the contract is in %s.",
						  promo->currency, currency), NULL);
	if (promo->budget != DW_FEE_NO_MAX && promo->spent >= promo->budget)
		dw_raise(DW_LIMIT_REACHED, "the promo code is used up",
				 "Nothing is left of its budget.", NULL);
	terms->promo_ppm = promo->rate_ppm;
	terms->promo_max = promo->budget == DW_FEE_NO_MAX
		? DW_FEE_NO_MAX : promo->budget - promo->spent;
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
						  dw_uuid_text(&row->job_id)), NULL);
}

/* Takes what the code waives of the contract out of its budget. */
static int64
reserve(const DwPromo *promo, DwEscrowRow *row)
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
	code = dw_arg_text(&call, "code", DW_PROMO_CODE_MAX);
	if (contract_begin(&call, &job, &row))
		return dw_call_return(&call);
	need_untouched(&call, &row);

	found = dw_promo_lock(code, dw_now(), &promo);
	dw_promo_into_terms(found, &promo, row.escrow.currency,
						&row.escrow.terms);
	waived = reserve(&promo, &row);
	emit_applied(&row, code, waived);

	dw_row_escrow(&call, &row);
	dw_row_text(&call, "code", code);
	dw_row_int8(&call, "waived", waived);
	dw_row_int8(&call, "charge", dw_escrow_charge(&row.escrow));
	return dw_call_return(&call);
}
