/*
 * address_api.c
 *		Entry point of a user's addresses.
 */
#include "postgres.h"

#include "api/account/account_api.h"
#include "core/geo/geo.h"
#include "server/crypto/crypto_server.h"
#include "server/event/event_server.h"
#include "server/setting/setting_server.h"
#include "store/account/account_store.h"

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
	dw_args_need(call, "address_type", "street", "city", "state",
				 "postal_code", "country", "longitude", "latitude",
				 "is_primary", NULL);
	address->user_id = dw_user_argument(call, "user_id");
	address->address_type = dw_arg_label(call, "address_type");
	address->street = dw_arg_text_opt(call, "street",
									  STREET_MAX_LENGTH);
	address->city = dw_arg_text_opt(call, "city", PLACE_MAX_LENGTH);
	address->state = dw_arg_text_opt(call, "state", PLACE_MAX_LENGTH);
	address->postal_code = dw_arg_text_opt(call, "postal_code",
										   POSTAL_CODE_MAX_LENGTH);
	address->country = dw_arg_text_opt(call, "country",
									   PLACE_MAX_LENGTH);
	address->point.longitude = dw_arg_float8(call, "longitude");
	address->point.latitude = dw_arg_float8(call, "latitude");
	address->is_primary = dw_arg_bool(call, "is_primary");
}

/* Judges every value (22023). */
static void
address_check(DwCall *call, const DwAddress *address)
{
	static const char *const texts[] = {"street", "city", "state",
	"postal_code"};

	for (int i = 0; i < (int) lengthof(texts); i++)
		(void) dw_arg_text(call, texts[i], STREET_MAX_LENGTH);
	if (!dw_country_valid(address->country))
		dw_arg_refuse(call, "country", DW_BAD_VALUE,
					  "must be two capital letters, like US");
	if (!dw_geo_valid(address->point.longitude, 0))
		dw_arg_refuse(call, "longitude", DW_BAD_VALUE,
					  "must be from -180 to 180 degrees");
	if (!dw_geo_valid(0, address->point.latitude))
		dw_arg_refuse(call, "latitude", DW_BAD_VALUE,
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
