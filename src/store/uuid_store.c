/*
 * uuid_store.c
 *		Making identifiers: fresh ones, and those derived from a request.
 */
#include "postgres.h"

#include <time.h>

#include "store/crypto_store.h"
#include "store/uuid_store.h"

#define NANOSECONDS_PER_STEP 244	/* 1 ms / 4096, floored */

/* Steps of 1/4096 ms since 1970, greater at each call in this backend. */
static uint64
clock_steps(void)
{
	static uint64 last = 0;
	struct timespec now;
	uint64		steps;

	clock_gettime(CLOCK_REALTIME, &now);
	steps = (uint64) now.tv_sec * 1000 * 4096 +
		(uint64) (now.tv_nsec / 1000000) * 4096 +
		Min((uint64) (now.tv_nsec % 1000000) / NANOSECONDS_PER_STEP, 4095);
	last = Max(steps, last + 1);
	return last;
}

/* A fresh, time-ordered UUID; see the header. */
DwUuid
dw_uuid_fresh(void)
{
	uint64		steps = clock_steps();
	uint8		random[8];

	dw_random(random, sizeof(random));
	return dw_uuid_v7(steps / 4096, steps % 4096, random);
}

/* A derived UUID; see the header. */
DwUuid
dw_uuid_derived(const void *data, size_t size)
{
	uint8		digest[DW_SHA256_BYTES];

	dw_sha256(data, size, digest);
	return dw_uuid_v8(digest);
}
