/*
 * code_api.c
 *		Entry points of codes: issued to be sent, and said back.
 *
 * A code that is wrong is an answer and no error: an error would undo that it
 * was tried, as would anybody who rolls back what they tried; so the service
 * alone redeems them.  Neither command takes an idempotency key, for no code
 * and no address may be kept in a record.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "core/access/access.h"
#include "core/account/account.h"
#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/identity/identity_server.h"
#include "server/setting/setting_server.h"
#include "store/access/access_store.h"
#include "store/account/account_store.h"

#define TARGET_MAX	DW_EMAIL_MAX	/* characters of what a code is sent to */
#define SAID_MAX	100			/* of what is said to be one */

/* The purpose of the argument. */
static DwCodePurpose
purpose_read(DwCall *call)
{
	DwCodePurpose purpose;

	if (!dw_code_purpose_parse(dw_arg_label(call, "purpose"), &purpose))
		elog(ERROR, "unknown purpose of a code");
	return purpose;
}

/*
 * The code as it is kept: an HMAC over it and its row, so that neither
 * another row nor a list of all codes helps who reads the table.  NULL when
 * the key is gone.
 */
static bytea *
code_digest(const DwCodeRow *row, const char *code)
{
	const DwKey *key = dw_keyring_get(dw_keyring_load(), DW_KEY_INDEX,
									  row->key_id);
	char	   *text = psprintf("code %s %s", dw_uuid_text(&row->id), code);
	bytea	   *mac = palloc(VARHDRSZ + DW_SHA256_BYTES);

	if (key == NULL)
		return NULL;
	SET_VARSIZE(mac, VARHDRSZ + DW_SHA256_BYTES);
	dw_hmac(key, text, strlen(text), (uint8 *) VARDATA(mac));
	return mac;
}

/* What a code for an address or a number verifies. */
static DwVerifiable
verifiable_of(DwCodePurpose purpose)
{
	return purpose == DW_CODE_EMAIL ? DW_VERIFY_EMAIL : DW_VERIFY_PHONE;
}

/* What a code changes to, in its one spelling (22023); NULL for nothing. */
static const char *
target_read(DwCall *call, DwCodePurpose purpose)
{
	const char *target = dw_arg_text_opt(call, "target", TARGET_MAX);

	if (target == NULL)
		return NULL;
	if (!dw_code_has_target(purpose))
		dw_arg_refuse(call, "target", DW_BAD_VALUE,
					  "must be NULL for this purpose");
	return dw_contact_spell(call, "target", verifiable_of(purpose), target);
}

/* 42501 for a suspended user, 22023 for one without a number to verify. */
static void
issue_guard(DwCall *call, const DwUser *user, DwCodePurpose purpose,
			const char *target)
{
	if (user->status == DW_USER_SUSPENDED)
		dw_raise(DW_FORBIDDEN, "user is suspended", NULL,
				 "dwello.reinstate_user() lets them in again.");
	if (purpose == DW_CODE_PHONE && target == NULL && user->phone == NULL)
		dw_arg_refuse(call, "target", DW_NULL_VALUE,
					  "must not be null: the user has no number");
}

/* WD301 when the user got all the codes of an hour. */
static void
issue_count_check(const DwCodeRow *row)
{
	int64		most = dw_setting_int8("codes_per_hour");

	if (dw_code_count(&row->user_id, row->purpose,
					  row->created_at - USECS_PER_HOUR) < most)
		return;
	dw_raise(DW_LIMIT_REACHED, "the user was sent as many codes as they may",
			 psprintf("codes_per_hour allows " INT64_FORMAT
					  " for each purpose.", most),
			 "Wait an hour.");
}

/* Draws a code, and keeps it. */
static const char *
code_make(DwCodeRow *row, const char *target)
{
	char	   *code = palloc(DW_CODE_DIGITS + 1);
	uint64		number;

	dw_random(&number, sizeof(number));
	dw_code_write(number, code);
	row->id = dw_uuid_fresh();
	row->key_id = dw_keyring_need(DW_KEY_INDEX)->id;
	row->digest = code_digest(row, code);
	row->redeemed_at = DT_NOBEGIN;
	row->target = dw_seal(DW_SEAL_CODE, &row->id, target);
	dw_code_insert(row);
	return code;
}

/* issue_code(user_id, purpose, target) → code, expires_at */
DW_FUNCTION(dwello_issue_code)
{
	DwCall		call;
	DwCodeRow	row = {.created_at = GetCurrentTimestamp()};
	DwUser		user;
	const char *target;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	dw_args_need(&call, "user_id", "purpose", NULL);
	row.user_id = dw_arg_uuid(&call, "user_id");
	row.purpose = purpose_read(&call);
	target = target_read(&call, row.purpose);

	dw_user_for_command(&call, &row.user_id, &user);
	issue_guard(&call, &user, row.purpose, target);
	issue_count_check(&row);
	dw_row_text(&call, "code", code_make(&row, target));
	dw_row_time(&call, "expires_at",
				row.created_at + DW_CODE_SECONDS * USECS_PER_SEC);
	return dw_call_return(&call);
}

/* True when a code can still be said. */
static bool
code_is_live(const DwCodeRow *row)
{
	return row->redeemed_at == DT_NOBEGIN && row->tries < DW_CODE_TRIES &&
		GetCurrentTimestamp() <
		row->created_at + DW_CODE_SECONDS * USECS_PER_SEC;
}

/* Counts a try; true when what was said is the code. */
static bool
code_try(DwCodeRow *row, const char *said)
{
	bytea	   *mac = code_digest(row, said);
	bool		right = mac != NULL &&
		dw_secret_equal(VARDATA(mac), VARDATA_ANY(row->digest),
						DW_SHA256_BYTES);

	row->tries++;
	if (right)
		row->redeemed_at = GetCurrentTimestamp();
	dw_code_save(row);
	return right;
}

/* Changes to another address; gives the one before. */
static const char *
email_change(DwUser *user, const char *target)
{
	const char *before = dw_unseal(DW_SEAL_EMAIL, &user->id, user->email);

	if (!dw_user_change_email(user, target))
		dw_raise_constraint(DW_ALREADY_EXISTS, "user_emails_pkey",
							"the e-mail address is taken",
							"Another account has it.",
							"Ask for a code to another address.");
	return before;
}

/* Changes to another number; gives the one before, or NULL. */
static const char *
phone_change(DwUser *user, const char *target)
{
	const char *before = dw_unseal(DW_SEAL_PHONE, &user->id, user->phone);

	dw_user_change_phone(user, target);
	return before;
}

/* Tells the outside, and the user, what was done, and not to what. */
static void
code_emit(const DwCall *call, const DwUser *user, const char *type)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "user_id", &user->id);
	dw_event_emit(&user->id, "user", &user->id, type, &payload);
	dw_user_log(&user->id, &call->actor, type, NULL);
}

/* Verifies the address or number, changed or not; gives the one before. */
static const char *
contact_verify(DwCall *call, DwUser *user, const DwCodeRow *row)
{
	const bool	is_email = row->purpose == DW_CODE_EMAIL;
	const char *target = dw_unseal(DW_SEAL_CODE, &row->id, row->target);
	const char *before = NULL;

	if (target != NULL)
	{
		before = is_email ? email_change(user, target)
			: phone_change(user, target);
		dw_codes_void(&user->id);
		code_emit(call, user, is_email ? "email_changed" : "phone_changed");
	}
	dw_user_verify(call, user, verifiable_of(row->purpose));
	return before;
}

/* Whoever had the old password is out, and so is what they made with it. */
static void
password_reset(const DwCall *call, const DwUser *user)
{
	(void) dw_tokens_revoke(&user->id);
	dw_sessions_end(&user->id, "password_reset");
	dw_codes_void(&user->id);
	code_emit(call, user, "password_reset");
	if (dw_api_keys_revoke(&user->id, GetCurrentTimestamp()) > 0)
		code_emit(call, user, "api_keys_revoked");
}

/* What follows from a code that was right. */
static void
code_apply(DwCall *call, DwUser *user, const DwCodeRow *row)
{
	const char *before = NULL;

	if (dw_code_has_target(row->purpose))
		before = contact_verify(call, user, row);
	if (row->purpose == DW_CODE_PASSWORD)
		password_reset(call, user);
	dw_row_text(call, "previous", before);
}

/* redeem_code(user_id, purpose, code) → is_redeemed, tries_left, … */
DW_FUNCTION(dwello_redeem_code)
{
	DwCall		call;
	DwCodeRow	row;
	DwUser		user;
	DwUuid		user_id;
	DwCodePurpose purpose;
	const char *said;
	bool		is_redeemed = false;
	int32		left = 0;

	dw_command_begin(&call, fcinfo, DW_ACTOR_SYSTEM);
	dw_args_need(&call, "user_id", "purpose", "code", NULL);
	user_id = dw_arg_uuid(&call, "user_id");
	purpose = purpose_read(&call);
	said = dw_arg_text(&call, "code", SAID_MAX);

	/* the user's row, so that of two at once one waits for the other */
	dw_user_for_command(&call, &user_id, &user);
	if (user.status != DW_USER_SUSPENDED &&
		dw_code_lock(&user_id, purpose, &row) && code_is_live(&row))
	{
		is_redeemed = code_try(&row, said);
		left = is_redeemed ? 0 : DW_CODE_TRIES - row.tries;
		if (is_redeemed)
			code_apply(&call, &user, &row);
	}
	dw_row_uuid(&call, "user_id", &user_id);
	dw_row_bool(&call, "is_redeemed", is_redeemed);
	dw_row_int4(&call, "tries_left", left);
	dw_row_enum(&call, "status", &dw_user_status_labels, user.status);
	return dw_call_return(&call);
}
