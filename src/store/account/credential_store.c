/*
 * credential_store.c
 *		Rows of dwello.provider_credentials.
 */
#include "postgres.h"

#include "server/crypto/crypto_server.h"
#include "server/sql/sql_server.h"
#include "server/table/table_server.h"
#include "store/account/account_store.h"
#include "store/audience/audience_store.h"

static const DwColumn credential_columns[] = {
	DW_COLUMN(UUID, DwCredential, user_id, user_id, DW_COLUMN_KEY),
	DW_COLUMN(UUID, DwCredential, id, id, DW_COLUMN_KEY),
	DW_COLUMN_LABEL(credential_type, DwCredential, credential_type, type,
					DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwCredential, name, name, DW_COLUMN_FIXED),
	DW_COLUMN(TEXT, DwCredential, issuer, issuer, DW_COLUMN_FIXED),
	DW_COLUMN(BYTEA, DwCredential, number, sealed_number, DW_COLUMN_FIXED),
	DW_COLUMN(DATE, DwCredential, valid_from, valid_from, DW_COLUMN_FIXED),
	DW_COLUMN(DATE, DwCredential, valid_until, valid_until, DW_COLUMN_FIXED),
	DW_COLUMN_OR(INT8, DwCredential, amount, amount, DW_COLUMN_FIXED,
				 DW_CREDENTIAL_NONE),
	DW_COLUMN_OR(INT4, DwCredential, years_experience, years,
				 DW_COLUMN_FIXED, DW_CREDENTIAL_NONE),
	DW_COLUMN(TIME, DwCredential, verified_at, verified_at, DW_COLUMN_BORN),
	DW_COLUMN(TIME, DwCredential, created_at, created_at, DW_COLUMN_FIXED),
	DW_COLUMN(TIME, DwCredential, updated_at, created_at, DW_COLUMN_FIXED),
	DW_COLUMN(INT4, DwCredential, version, version,
			  DW_COLUMN_BORN | DW_COLUMN_COUNTED)
};

static DwTable credentials =
DW_TABLE("provider_credentials", DwCredential, credential_columns);

void
dw_credential_insert(DwCredential *credential)
{
	credential->sealed_number = dw_seal(DW_SEAL_NUMBER, &credential->id,
										credential->number);
	dw_table_insert(&credentials, credential);
}

bool
dw_credential_lock(const DwUuid *user_id, const DwUuid *id,
				   DwCredential *credential)
{
	static DwTableQuery by_key =
		DW_TABLE_QUERY(credentials, "WHERE t.user_id = $1 AND t.id = $2 "
					   "FOR NO KEY UPDATE");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	dw_param_uuid(&p, id);
	if (dw_table_execute(&by_key, &p) == 0)
		return false;
	dw_table_read(&credentials, 0, credential);
	return true;
}

void
dw_credential_verify(DwCredential *credential, TimestampTz now)
{
	credential->verified_at = now;
	dw_table_update(&credentials, credential);
	/* from now on it counts for matching */
	dw_audience_refresh(&credential->user_id);
}
