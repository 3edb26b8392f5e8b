/*
 * arena.h
 *		An arena of malloc for tests of documents.
 */
#ifndef DW_TEST_ARENA_H
#define DW_TEST_ARENA_H

#include <stdlib.h>

#include "core/document/document.h"

/* A block and the one before it. */
typedef struct ArenaBlock
{
	struct ArenaBlock *before;	/* NULL: the first */
	size_t		size;			/* keeps what follows aligned */
	char		bytes[];		/* what was asked for */
}			ArenaBlock;

/* Gives a block of the exact size, so that a sanitizer sees its end. */
static inline void *
arena_allocate(void *owner, size_t size)
{
	ArenaBlock **last = owner;
	ArenaBlock *block = malloc(sizeof(ArenaBlock) + size);

	if (block == NULL)
		abort();
	block->before = *last;
	block->size = size;
	*last = block;
	return block->bytes;
}

/* Opens one without blocks. */
static inline void
arena_open(DwArena *arena)
{
	*arena = (DwArena)
	{
		.allocate = arena_allocate,.owner = calloc(1, sizeof(ArenaBlock *))
	};
}

/* Frees all that was taken. */
static inline void
arena_close(DwArena *arena)
{
	ArenaBlock *block = *(ArenaBlock * *) arena->owner;

	while (block != NULL)
	{
		ArenaBlock *before = block->before;

		free(block);
		block = before;
	}
	free(arena->owner);
}

#endif							/* DW_TEST_ARENA_H */
