/*
 * address_store.h
 *		Rows of dwello.user_addresses.
 */
#ifndef DW_ADDRESS_STORE_H
#define DW_ADDRESS_STORE_H

#include "postgres.h"

#include "utils/timestamp.h"

#include "core/uuid.h"

/* An address to be added; the street is sealed on the way in. */
typedef struct DwAddress
{
	DwUuid		user_id;		/* whose it is */
	DwUuid		id;				/* user_addresses.id */
	const char *address_type;	/* label of address_type */
	const char *street;			/* plain */
	const char *city;			/* as given, as the next two */
	const char *state;			/* or province, or the like */
	const char *postal_code;	/* as the country writes it */
	const char *country;		/* ISO 3166 alpha-2 */
	double		longitude;		/* degrees east */
	double		latitude;		/* degrees north */
	bool		is_primary;		/* the one that counts as his place */
	TimestampTz created_at;		/* now */
} DwAddress;

/* True when the user has a primary address. */
extern bool dw_address_has_primary(const DwUuid *user_id);

/* Writes the address; a primary one takes the flag from the one before. */
extern void dw_address_insert(const DwAddress *address);

#endif							/* DW_ADDRESS_STORE_H */
