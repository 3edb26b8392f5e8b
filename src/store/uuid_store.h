/*
 * uuid_store.h
 *		Making identifiers: fresh ones, and those derived from a request.
 */
#ifndef DW_UUID_STORE_H
#define DW_UUID_STORE_H

#include "postgres.h"

#include "core/uuid.h"

/*
 * A fresh, time-ordered UUID (version 7, RFC 9562): milliseconds of the
 * clock, their fraction in 12 bits, and random bits.  Within a backend each
 * is greater than the one before, also when the clock steps back.
 */
extern DwUuid dw_uuid_fresh(void);

/* A version 8 UUID made of SHA-256 over the bytes: same bytes, same id. */
extern DwUuid dw_uuid_derived(const void *data, size_t size);

#endif							/* DW_UUID_STORE_H */
