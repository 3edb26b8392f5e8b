/*
 * uuid_server.c
 *		Making identifiers: fresh ones, and those derived from a request.
 */
#include "postgres.h"

#include <time.h>

#include "server/crypto/crypto_server.h"

#define NANOSECONDS_PER_STEP 244	/* 1 ms / 4096, floored */

#define RANDOM_BYTES	8		/* of a fresh identifier */

/* Identifiers drawn for at once: a draw costs the same, whatever its size. */
#define RANDOM_STOCK	32

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

/* Random bytes for one identifier, used once. */
static const uint8 *
stock_draw(void)
{
	static uint8 stock[RANDOM_STOCK][RANDOM_BYTES];
	static int	left = 0;

	if (left == 0)
	{
		dw_random(stock, sizeof(stock));
		left = RANDOM_STOCK;
	}
	return stock[--left];
}

DwUuid
dw_uuid_fresh(void)
{
	uint64		steps = clock_steps();
	const uint8 *random = stock_draw();

	return dw_uuid_v7(steps / 4096, steps % 4096, random);
}

DwUuid
dw_uuid_derived(const void *data, size_t size)
{
	uint8		digest[DW_SHA256_BYTES];

	dw_sha256(data, size, digest);
	return dw_uuid_v8(digest);
}
