/*
 * use_server.c
 *		What a verified token is good for: the scopes of an API key's, and, on
 *		request, one transaction that moves money.
 */
#include "postgres.h"

#include "access/transam.h"
#include "access/xact.h"
#include "utils/guc.h"

#include "core/identity/identity.h"
#include "server/error/error_server.h"
#include "server/identity/identity_server.h"
#include "server/identity/identity_server_int.h"
#include "server/sql/sql_server.h"

/* The setting dwello.money_tokens_once. */
static bool money_tokens_once = false;

void
dw_use_init(void)
{
	DefineCustomBoolVariable("dwello.money_tokens_once",
							 "Lets a token move money in one transaction.",
							 NULL,
							 &money_tokens_once, false,
							 PGC_SUSET, 0, NULL, NULL, NULL);
}

/* Raises 42501 for what no key may call. */
static void
refuse_keys(const char *function)
{
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("dwello.%s is not open to API keys", function),
			 errhint("The user signs in themselves, and calls it with a"
					 " token.")));
}

/* Raises 42501 for the scopes that are missing. */
static void
refuse_scopes(const char *function, DwScopeSet missing)
{
	char		words[DW_SCOPES_TEXT_SIZE];

	dw_scopes_write(missing, words);
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("the API key does not have the scope \"%s\"", words),
			 errdetail("dwello.%s needs it.", function),
			 errhint("dwello.create_api_key() makes one that has it.")));
}

/* Raises 42501 when a key's scopes do not reach as far as a function. */
static void
scopes_check(const char *function, bool read_only)
{
	const DwScopeSet has = dw_token_claims()->scopes;
	const DwScopeSet needs = dw_scopes_needed(function, read_only);

	if (needs == 0)
		refuse_keys(function);
	if ((needs & ~has) != 0)
		refuse_scopes(function, needs & ~has);
}

/* WD402: the token was used, or cannot be told from others. */
pg_noreturn static void
refuse_use(const char *function, const char *reason)
{
	dw_raise(DW_INVALID_TOKEN,
			 psprintf("the token is not good for dwello.%s", function),
			 reason,
			 "Ask for a new token, and send the request again with its"
			 " idempotency_key: what was done is not done twice.");
}

/* Deletes a few of the user's that have expired: nobody comes with them. */
static void
uses_forget(const DwUuid *user_id)
{
	static DwStatement forget =
		DW_STATEMENT("DELETE FROM dwello.token_uses WHERE user_id = $1 "
					 "AND token_id IN (SELECT u.token_id "
					 "FROM dwello.token_uses AS u WHERE u.user_id = $1 "
					 "AND u.expires_at < $2 LIMIT 10 "
					 "FOR UPDATE SKIP LOCKED)");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_time(&p, GetCurrentTimestamp() - USECS_PER_MINUTE);
	(void) dw_execute(&forget, &p);
}

/* Writes that this transaction uses the token; false: another one has. */
static bool
use_write(const DwClaims *claims)
{
	static DwStatement upsert =
		DW_STATEMENT("INSERT INTO dwello.token_uses AS u "
					 "(user_id, token_id, transaction_number, expires_at) "
					 "VALUES ($1, $2, $3, $4) "
					 "ON CONFLICT ON CONSTRAINT token_uses_pkey "
					 "DO UPDATE SET expires_at = EXCLUDED.expires_at "
					 "WHERE u.transaction_number = $3");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &claims->sub);
	dw_param_text(&p, claims->jti);
	dw_param_int8(&p, (int64)
				  U64FromFullTransactionId(GetTopFullTransactionId()));
	dw_param_time(&p, time_t_to_timestamptz(claims->exp));
	return dw_execute(&upsert, &p) > 0;
}

/*
 * Who copied a token can use it until it expires.  With the setting
 * dwello.money_tokens_once the first transaction that moves money by it is
 * the last one: another that comes with it waits for its end, and is refused.
 * What is rolled back has used nothing.  A client whose answer was lost asks
 * again with the same idempotency key and a new token.
 */
static void
token_use(const char *function)
{
	const DwClaims *claims = dw_token_claims();
	const DwScopeSet money = DW_SCOPE_BIT(DW_SCOPE_MONEY);

	if (!money_tokens_once || !(dw_scopes_needed(function, false) & money))
		return;
	if (claims->jti[0] == '\0')
		refuse_use(function, "It has no id (jti).");
	if (!use_write(claims))
		refuse_use(function, "Another transaction has moved money by it.");
	uses_forget(&claims->sub);
}

void
dw_token_allow(const char *function, bool read_only)
{
	if (!dw_token_present())
		return;
	if (dw_token_claims()->scopes != 0)
		scopes_check(function, read_only);
	if (!read_only)
		token_use(function);
}
