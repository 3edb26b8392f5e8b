/*
 * error_server.c
 *		The table of result codes: SQLSTATE, name, HTTP status, meaning.
 *
 * dwello.error_codes() shows the class WD part of it; docs/reference.md is
 * written from that.  Every error of api/ passes through dw_raise().
 */
#include "postgres.h"

#include "access/xact.h"
#include "server/error/error_server.h"

static const DwErrorCode error_codes[DW_RESULT_COUNT] = {
	[DW_INVALID_TRANSITION] = {
		ERRCODE_DW_INVALID_TRANSITION, "invalid_transition", 409, false,
		"The state machine has no such move from the present state."
	},
	[DW_DEADLINE_PASSED] = {
		ERRCODE_DW_DEADLINE_PASSED, "deadline_passed", 409, false,
		"The time in which this was possible is over."
	},
	[DW_STALE_VERSION] = {
		ERRCODE_DW_STALE_VERSION, "stale_version", 409, false,
		"The row has changed since it was read; read it again."
	},
	[DW_IDEMPOTENCY_MISMATCH] = {
		ERRCODE_DW_IDEMPOTENCY_MISMATCH, "idempotency_mismatch", 422, false,
		"The idempotency key was used before for another request, or one statement would send a request more than once."
	},
	[DW_CURRENCY_MISMATCH] = {
		ERRCODE_DW_CURRENCY_MISMATCH, "currency_mismatch", 422, false,
		"The amount is in another currency than the job."
	},
	[DW_INSUFFICIENT_FUNDS] = {
		ERRCODE_DW_INSUFFICIENT_FUNDS, "insufficient_funds", 422, false,
		"More was asked for than is held and undisputed."
	},
	[DW_INEXACT_AMOUNT] = {
		ERRCODE_DW_INEXACT_AMOUNT, "inexact_amount", 422, false,
		"The amount cannot be expressed in minor units without rounding."
	},
	[DW_LIMIT_REACHED] = {
		ERRCODE_DW_LIMIT_REACHED, "limit_reached", 429, true,
		"A limit of the agent, the tier or the rate is reached."
	},
	[DW_NOT_AUTHENTICATED] = {
		ERRCODE_DW_NOT_AUTHENTICATED, "not_authenticated", 401, false,
		"The call needs an identity and there is no token."
	},
	[DW_INVALID_TOKEN] = {
		ERRCODE_DW_INVALID_TOKEN, "invalid_token", 401, false,
		"The token is forged, expired, revoked or malformed."
	},
	[DW_INVALID_DOCUMENT] = {
		ERRCODE_DW_INVALID_DOCUMENT, "invalid_document", 422, false,
		"The document does not fit its schema; the detail has the path."
	},
	[DW_KEYRING_UNAVAILABLE] = {
		ERRCODE_DW_KEYRING_UNAVAILABLE, "keyring_unavailable", 503, true,
		"The keyring file is missing, unreadable or unsafe."
	},
	[DW_SEALED_VALUE_UNREADABLE] = {
		ERRCODE_DW_SEALED_VALUE_UNREADABLE, "sealed_value_unreadable", 500,
		false, "A sealed value does not open with any key of the keyring."
	},
	[DW_KEYRING_MISMATCH] = {
		ERRCODE_DW_KEYRING_MISMATCH, "keyring_mismatch", 503, true,
		"The keyring lacks keys that the data needs."
	},
	[DW_DROP_REFUSED] = {
		ERRCODE_DW_DROP_REFUSED, "drop_refused", 409, false,
		"Dropping the extension would drop every row, and is guarded."
	},
	[DW_NULL_VALUE] = {
		.sqlstate = ERRCODE_NULL_VALUE_NOT_ALLOWED
	},
	[DW_TEXT_TOO_LONG] = {
		.sqlstate = ERRCODE_STRING_DATA_RIGHT_TRUNCATION
	},
	[DW_OVERFLOW] = {
		.sqlstate = ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE
	},
	[DW_BAD_VALUE] = {
		.sqlstate = ERRCODE_INVALID_PARAMETER_VALUE
	},
	[DW_BAD_LABEL] = {
		.sqlstate = ERRCODE_INVALID_TEXT_REPRESENTATION
	},
	[DW_CHECK_VIOLATION] = {
		.sqlstate = ERRCODE_CHECK_VIOLATION
	},
	[DW_NOT_FOUND] = {
		.sqlstate = ERRCODE_NO_DATA_FOUND
	},
	[DW_FORBIDDEN] = {
		.sqlstate = ERRCODE_INSUFFICIENT_PRIVILEGE
	},
	[DW_ALREADY_EXISTS] = {
		.sqlstate = ERRCODE_UNIQUE_VIOLATION
	}
};

/* What a result code is outside. */
const DwErrorCode *
dw_error_code(DwResult code)
{
	Assert(code > DW_OK && code < DW_RESULT_COUNT);
	return &error_codes[code];
}

int
dw_error_set(DwResult code, const char *constraint, const char *message,
			 const char *detail, const char *hint)
{
	errcode(dw_error_code(code)->sqlstate);
	errmsg("%s", message);
	if (detail != NULL)
		errdetail("%s", detail);
	if (hint != NULL)
		errhint("%s", hint);
	if (constraint != NULL)
		err_generic_string(PG_DIAG_CONSTRAINT_NAME, constraint);
	return 0;
}

/* True for an error that the same work would raise again. */
static bool
is_of_work(void)
{
	switch (ERRCODE_TO_CATEGORY(geterrcode()))
	{
		case MAKE_SQLSTATE('4', '0', '0', '0', '0'):	/* conflicts */
		case MAKE_SQLSTATE('5', '3', '0', '0', '0'):	/* resources */
		case MAKE_SQLSTATE('5', '5', '0', '0', '0'):	/* locks */
		case MAKE_SQLSTATE('5', '7', '0', '0', '0'):	/* a cancel */
		case MAKE_SQLSTATE('5', '8', '0', '0', '0'):	/* the system */
			return false;
		default:
			return true;
	}
}

ErrorData *
dw_attempt(void (*work) (void *argument), void *argument)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		work(argument);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		if (!is_of_work())
			PG_RE_THROW();
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return error;
}

void
dw_warn_left_out(const ErrorData * error, const char *whose)
{
	ereport(WARNING,
			(errcode(error->sqlerrcode),
			 errmsg("left out: %s", error->message),
			 errdetail_internal("%s", whose)));
}
