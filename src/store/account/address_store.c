/*
 * address_store.c
 *		Rows of dwello.user_addresses.
 *
 * The caller has locked the user, so the primary address is theirs to move.
 */
#include "postgres.h"

#include "server/crypto/crypto_server.h"
#include "server/sql/sql_server.h"
#include "store/account/account_store.h"
#include "store/audience/audience_store.h"

static void primary_yield(const DwUuid *user_id);

/* True when the user has a primary address. */
bool
dw_address_has_primary(const DwUuid *user_id)
{
	static DwStatement select_primary =
		DW_STATEMENT("SELECT FROM dwello.user_addresses AS a "
					 "WHERE a.user_id = $1 AND a.is_primary");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	return dw_execute(&select_primary, &p) > 0;
}

void
dw_address_insert(const DwAddress *address)
{
	static DwStatement insert_address =
		DW_STATEMENT("INSERT INTO dwello.user_addresses "
					 "(user_id, id, address_type, street, city, state, "
					 "postal_code, country, location, is_primary, "
					 "created_at, updated_at) "
					 "VALUES ($1, $2, $3::text::dwello.address_type, $4, $5, "
					 "$6, $7, $8, "
					 "ST_SetSRID(ST_MakePoint($9, $10), 4326)::geography, "
					 "$11, $12, $12)");
	bytea	   *street = dw_seal(DW_SEAL_STREET, &address->id,
								 address->street);
	DwParams	p = DW_PARAMS;

	if (address->is_primary)
		primary_yield(&address->user_id);
	dw_param_uuid(&p, &address->user_id);
	dw_param_uuid(&p, &address->id);
	dw_param_text(&p, address->address_type);
	dw_param_datum(&p, BYTEAOID, PointerGetDatum(street), false);
	dw_param_text(&p, address->city);
	dw_param_text(&p, address->state);
	dw_param_text(&p, address->postal_code);
	dw_param_text(&p, address->country);
	dw_param_float8(&p, address->longitude);
	dw_param_float8(&p, address->latitude);
	dw_param_bool(&p, address->is_primary);
	dw_param_time(&p, address->created_at);
	(void) dw_execute(&insert_address, &p);
	if (address->is_primary)
		dw_audience_refresh(&address->user_id);
}

/* Takes the flag from the primary address, if there is one. */
static void
primary_yield(const DwUuid *user_id)
{
	static DwStatement update_primary =
		DW_STATEMENT("UPDATE dwello.user_addresses "
					 "SET is_primary = false, version = version + 1 "
					 "WHERE user_id = $1 AND is_primary");
	DwParams	p = DW_PARAMS;

	dw_param_uuid(&p, user_id);
	(void) dw_execute(&update_primary, &p);
}
