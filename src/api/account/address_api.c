/*
 * address_api.c
 *		Entry point of a user's addresses.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "core/geo/geo.h"
#include "server/crypto/crypto_server.h"
#include "server/error/error_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "store/account/account_store.h"

/* Positions of add_address's arguments. */
enum
{
	ADDRESS_TYPE,
	ADDRESS_STREET,
	ADDRESS_CITY,
	ADDRESS_STATE,
	ADDRESS_POSTAL_CODE,
	ADDRESS_COUNTRY,
	ADDRESS_LONGITUDE,
	ADDRESS_LATITUDE,
	ADDRESS_IS_PRIMARY,
	ADDRESS_USER_ID
};

#define STREET_MAX_LENGTH		200
#define PLACE_MAX_LENGTH		100 /* characters of a city, a state */
#define POSTAL_CODE_MAX_LENGTH	20

static void address_read(DwCall *call, DwAddress *address);
static void address_check(DwCall *call, const DwAddress *address);
static void address_announce(const DwAddress *address);

/* add_address(address_type, street, …) → user_id, address_id, … */
DW_FUNCTION(dwello_add_address)
{
	DwCall		call;
	DwAddress	address;
	DwUser		user;

	dw_command_begin(&call, fcinfo, DW_ACTOR_ANY);
	address_read(&call, &address);
	address_check(&call, &address);

	dw_user_for_command(&call, &address.user_id, &user);
	if (dw_call_replay(&call, &user.id))
		return dw_call_return(&call);

	/* somebody with one address has a primary one */
	if (!address.is_primary)
		address.is_primary = !dw_address_has_primary(&user.id);
	address.id = dw_uuid_fresh();
	address.created_at = dw_now();
	dw_address_insert(&address);
	address_announce(&address);

	dw_row_uuid(&call, "user_id", &user.id);
	dw_row_uuid(&call, "address_id", &address.id);
	dw_row_int4(&call, "version", 1);
	return dw_call_return(&call);
}

/* Reads what is there (22004), none of it over its limit (22001). */
static void
address_read(DwCall *call, DwAddress *address)
{
	/* everything but the key is needed; user_id is by dw_user_argument */
	dw_args_need(call, DW_ARG(ADDRESS_USER_ID) - 1);
	address->user_id = dw_user_argument(call, ADDRESS_USER_ID);
	address->address_type = dw_arg_label(call, ADDRESS_TYPE);
	address->street = dw_arg_text_opt(call, ADDRESS_STREET,
									  STREET_MAX_LENGTH);
	address->city = dw_arg_text_opt(call, ADDRESS_CITY, PLACE_MAX_LENGTH);
	address->state = dw_arg_text_opt(call, ADDRESS_STATE, PLACE_MAX_LENGTH);
	address->postal_code = dw_arg_text_opt(call, ADDRESS_POSTAL_CODE,
										   POSTAL_CODE_MAX_LENGTH);
	address->country = dw_arg_text_opt(call, ADDRESS_COUNTRY,
									   PLACE_MAX_LENGTH);
	address->longitude = dw_arg_float8(call, ADDRESS_LONGITUDE);
	address->latitude = dw_arg_float8(call, ADDRESS_LATITUDE);
	address->is_primary = dw_arg_bool(call, ADDRESS_IS_PRIMARY);
}

/* Judges every value (22023). */
static void
address_check(DwCall *call, const DwAddress *address)
{
	for (int arg = ADDRESS_STREET; arg < ADDRESS_COUNTRY; arg++)
		(void) dw_arg_text(call, arg, STREET_MAX_LENGTH);
	if (!dw_country_valid(address->country))
		dw_arg_refuse(call, ADDRESS_COUNTRY, DW_BAD_VALUE,
					  "must be two capital letters, like US");
	if (!dw_geo_valid(address->longitude, 0))
		dw_arg_refuse(call, ADDRESS_LONGITUDE, DW_BAD_VALUE,
					  "must be from -180 to 180 degrees");
	if (!dw_geo_valid(0, address->latitude))
		dw_arg_refuse(call, ADDRESS_LATITUDE, DW_BAD_VALUE,
					  "must be from -90 to 90 degrees");
}

/* Tells the outside, but not where the address is. */
static void
address_announce(const DwAddress *address)
{
	DwPayload	payload;

	dw_payload_begin(&payload);
	dw_payload_uuid(&payload, "user_id", &address->user_id);
	dw_payload_uuid(&payload, "address_id", &address->id);
	dw_event_emit(&address->user_id, "user", &address->user_id,
				  "address_added", &payload);
}
