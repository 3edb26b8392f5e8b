/*
 * uuid_api.c
 *		dwello.uuidv7().
 */
#include "postgres.h"

#include "utils/uuid.h"

#include "server/call/call_server.h"
#include "server/crypto/crypto_server.h"

/* uuidv7() → uuid: the default of every id. */
DW_FUNCTION(dwello_uuidv7)
{
	pg_uuid_t  *result = palloc(sizeof(*result));
	DwUuid		id = dw_uuid_fresh();

	memcpy(result->data, id.bytes, sizeof(id.bytes));
	PG_RETURN_UUID_P(result);
}
