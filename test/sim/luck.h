/*
 * luck.h
 *		Numbers that look like chance, the same on every machine.
 */
#ifndef DW_SIM_LUCK_H
#define DW_SIM_LUCK_H

#include <stdint.h>

/* A sequence of numbers that looks like chance: splitmix64. */
typedef struct Luck
{
	uint64_t	state;			/* the seed at first */
}			Luck;

/* 64 bits. */
static inline uint64_t
luck_bits(Luck * luck)
{
	uint64_t	z = luck->state += UINT64_C(0x9E3779B97F4A7C15);

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

/* From 0 to below 1. */
static inline double
luck_share(Luck * luck)
{
	return (double) (luck_bits(luck) >> 11) / 9007199254740992.0;
}

/* Nearly normal, mean 0 and deviation 1: a sum of twelve. */
static inline double
luck_normal(Luck * luck)
{
	double		sum = -6;

	for (int i = 0; i < 12; i++)
		sum += luck_share(luck);
	return sum;
}

#endif							/* DW_SIM_LUCK_H */
