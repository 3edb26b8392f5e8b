/*
 * uuid.c
 *		Comparing identifiers, and making them from given bits.
 */
#include "core/base/base.h"

#define UUID_VERSION_BYTE	6	/* high half: the version */
#define UUID_VARIANT_BYTE	8	/* top two bits: the variant, binary 10 */

bool
dw_uuid_equal(const DwUuid *a, const DwUuid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

int
dw_uuid_compare(const DwUuid *a, const DwUuid *b)
{
	return memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

int
dw_id_compare(const void *a, const void *b)
{
	return dw_uuid_compare(a, b);
}

bool
dw_uuid_is_nil(const DwUuid *id)
{
	static const DwUuid nil;

	return dw_uuid_equal(id, &nil);
}

/* Writes version and the RFC's variant over the bits they own. */
static void
set_version(DwUuid *id, int version)
{
	id->bytes[UUID_VERSION_BYTE] =
		(uint8_t) ((id->bytes[UUID_VERSION_BYTE] & 0x0f) | version << 4);
	id->bytes[UUID_VARIANT_BYTE] =
		(uint8_t) ((id->bytes[UUID_VARIANT_BYTE] & 0x3f) | 0x80);
}

/* A time-ordered version 7. */
DwUuid
dw_uuid_v7(uint64_t unix_ms, uint16_t sub_ms, const uint8_t random[8])
{
	DwUuid		id;

	for (int i = 0; i < 6; i++)
		id.bytes[i] = (uint8_t) (unix_ms >> (40 - 8 * i));
	id.bytes[6] = (uint8_t) (sub_ms >> 8);
	id.bytes[7] = (uint8_t) sub_ms;
	memcpy(&id.bytes[8], random, 8);
	set_version(&id, 7);
	return id;
}

/* A version 8 made of the first 122 free bits of a hash. */
DwUuid
dw_uuid_v8(const uint8_t hash[16])
{
	DwUuid		id;

	memcpy(id.bytes, hash, sizeof(id.bytes));
	set_version(&id, 8);
	return id;
}
