/*
 * credential_store.c
 *		Rows of dwello.provider_credentials.
 */
#include "postgres.h"

#include "server/crypto/crypto_server.h"
#include "server/sql/sql_server.h"
#include "store/account/account_store.h"
#include "store/audience/audience_store.h"

static void param_amount(DwParams *p, int64 amount);

void
dw_credential_insert(const DwCredential *credential, TimestampTz now)
{
	static DwStatement insert_credential =
		DW_STATEMENT("INSERT INTO dwello.provider_credentials "
					 "(user_id, id, credential_type, name, issuer, number, "
					 "valid_from, valid_until, amount, years_experience, "
					 "created_at, updated_at) "
					 "VALUES ($1, $2, $3::text::dwello.credential_type, $4, "
					 "$5, $6, $7, $8, $9, $10::integer, $11, $11)");
	bytea	   *number = dw_seal(DW_SEAL_NUMBER, &credential->id,
								 credential->number);
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &credential->user_id);
	dw_param_uuid(&p, &credential->id);
	dw_param_text(&p, credential->credential_type);
	dw_param_text(&p, credential->name);
	dw_param_text(&p, credential->issuer);
	dw_param_datum(&p, BYTEAOID, PointerGetDatum(number), number == NULL);
	dw_param_date(&p, credential->valid_from);
	dw_param_date(&p, credential->valid_until);
	param_amount(&p, credential->amount);
	param_amount(&p, credential->years);
	dw_param_time(&p, now);
	(void) dw_execute(&insert_credential, &p);
}

bool
dw_credential_lock(const DwUuid *user_id, const DwUuid *id,
				   DwCredential *credential)
{
	static DwStatement lock_credential =
		DW_STATEMENT("SELECT c.valid_until, c.verified_at, c.version "
					 "FROM dwello.provider_credentials AS c "
					 "WHERE c.user_id = $1 AND c.id = $2 "
					 "FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	if (dw_execute(&lock_credential, &p) == 0)
		return false;
	memset(credential, 0, sizeof(*credential));
	credential->user_id = *user_id;
	credential->id = *id;
	credential->valid_until = dw_read_date(0, 1);
	credential->verified_at = dw_read_time(0, 2);
	credential->version = dw_read_int4(0, 3);
	return true;
}

void
dw_credential_verify(DwCredential *credential, TimestampTz now)
{
	static DwStatement update_verified =
		DW_STATEMENT("UPDATE dwello.provider_credentials "
					 "SET verified_at = $3, version = version + 1 "
					 "WHERE user_id = $1 AND id = $2 RETURNING version");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, &credential->user_id);
	dw_param_uuid(&p, &credential->id);
	dw_param_time(&p, now);
	(void) dw_execute(&update_verified, &p);
	credential->verified_at = now;
	credential->version = dw_read_only_int4(0);
	dw_audience_refresh(&credential->user_id);
}

/* Adds an amount, or NULL for none. */
static void
param_amount(DwParams *p, int64 amount)
{
	dw_param_datum(p, INT8OID, Int64GetDatum(amount),
				   amount == DW_CREDENTIAL_NONE);
}
