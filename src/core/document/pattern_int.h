/*
 * pattern_int.h
 *		Regular expressions between their reader and their matcher.
 */
#ifndef DW_PATTERN_INT_H
#define DW_PATTERN_INT_H

#include "core/document/document_int.h"

/* Code points from one to another. */
typedef struct DwCodeRange
{
	uint32_t	low;			/* first */
	uint32_t	high;			/* last */
} DwCodeRange;

/* A set of code points. */
typedef struct DwCodeSet
{
	DwCodeRange *ranges;		/* in any order */
	uint32_t	count;			/* of them */
	bool		is_negative;	/* what is in none of them */
	uint64_t	ascii[2];		/* bits of what is in the set below 128 */
} DwCodeSet;

typedef enum DwStepKind
{
	DW_STEP_CODE,				/* one code point */
	DW_STEP_SET,				/* one of a set */
	DW_STEP_JUMP,				/* goes on elsewhere */
	DW_STEP_SPLIT,				/* goes on here and elsewhere */
	DW_STEP_BEGIN,				/* where the text begins */
	DW_STEP_END,				/* where it ends */
	DW_STEP_WORD,				/* where a word begins or ends */
	DW_STEP_NO_WORD,			/* where none does */
	DW_STEP_LOOK,				/* where another pattern matches */
	DW_STEP_NO_LOOK,			/* where it does not */
	DW_STEP_MATCH				/* it matches */
} DwStepKind;

/* One step of a program. */
typedef struct DwStep
{
	DwStepKind	kind;			/* what it wants */
	uint32_t	code;			/* of DW_STEP_CODE */
	uint32_t	to;				/* where else it goes on */
	const DwCodeSet *set;		/* of DW_STEP_SET */
	const struct DwProgram *look;	/* of DW_STEP_LOOK */
} DwStep;

/*
 * A program.  Its room is written while it runs, so that it runs once at a
 * time; what it holds before does not matter.
 */
typedef struct DwProgram
{
	DwPattern	head;			/* what others know of it */
	DwStep	   *steps;			/* the first one begins */
	uint32_t	count;			/* of them */
	uint32_t	size;			/* room for them */
	uint32_t   *left;			/* steps that the expression may still add */
	bool		is_backward;	/* reads towards the start */
	uint32_t   *lists[2];		/* steps that are alive, now and next */
	uint32_t   *stack;			/* steps to go on with */
	uint64_t   *seen;			/* the turn in which a step was reached, and,
								 * behind the last, the last turn of all */
} DwProgram;

/* True for what \w matches. */
static inline bool
dw_is_word(char byte)
{
	return dw_is_letter(byte) || dw_is_digit(byte) || byte == '_';
}

/* True when the program of a pattern finds a place in the text. */
extern bool dw_pattern_matches(DwArena *arena, const DwPattern *pattern,
							   DwSlice text);

#endif							/* DW_PATTERN_INT_H */
