/*
 * fuzz.h
 *		What every fuzz target shares: a reader of the input, and check().
 *
 * A short input reads as zeros, so every input means something.
 */
#ifndef DW_FUZZ_H
#define DW_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The bytes not yet read. */
typedef struct FuzzInput
{
	const uint8_t *data;		/* next byte */
	size_t		size;			/* bytes left */
} FuzzInput;

/* Stops the run on the input that broke a property. */
#define check(holds) \
	do { \
		if (!(holds)) \
		{ \
			fprintf(stderr, "%s:%d: %s does not hold\n", \
					__FILE__, __LINE__, #holds); \
			abort(); \
		} \
	} while (0)

/* Fills a value of any type from the input. */
static inline void
fuzz_read(FuzzInput *input, void *value, size_t size)
{
	size_t		have = input->size < size ? input->size : size;

	memset(value, 0, size);
	if (have == 0)
		return;
	memcpy(value, input->data, have);
	input->data += have;
	input->size -= have;
}

/* Any 64-bit number. */
static inline int64_t
fuzz_int64(FuzzInput *input)
{
	int64_t		value;

	fuzz_read(input, &value, sizeof(value));
	return value;
}

/* A number from least to most, both included. */
static inline int64_t
fuzz_range(FuzzInput *input, int64_t least, int64_t most)
{
	uint64_t	width = (uint64_t) most - (uint64_t) least + 1;
	uint64_t	value = (uint64_t) fuzz_int64(input);

	return (int64_t) ((uint64_t) least + (width ? value % width : value));
}

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif							/* DW_FUZZ_H */
