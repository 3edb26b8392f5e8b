/*
 * pattern_run.c
 *		Runs the programs that regular expressions were read into.
 *
 * A run follows all ways through the program at once, one code point after the
 * other, and enters a step once at each: so no expression makes it take longer
 * than the product of the two lengths.
 */
#include "core/document/pattern_int.h"

#define PAUSE_STEPS		256		/* entered without a pause */

/* One run. */
typedef struct Run
{
	DwArena    *arena;			/* to be interrupted by */
	const DwProgram *pattern;	/* what is run */
	DwSlice		text;			/* over what */
	size_t		at;				/* the place, in bytes */
	uint64_t	turn;			/* marks steps that were reached at it */
	uint32_t	count;			/* steps alive at the next place */
	uint32_t   *alive;			/* which */
} Run;

static bool run_from(DwArena *arena, const DwProgram *pattern, DwSlice text,
					 size_t at, bool is_search);

/* True where one side is of a word and the other is not. */
static bool
is_word_edge(const Run *run)
{
	const char *bytes = run->text.text;
	bool		before = run->at > 0 && dw_is_word(bytes[run->at - 1]);
	bool		behind = run->at < run->text.length &&
		dw_is_word(bytes[run->at]);

	return before != behind;
}

/* True when a step that reads nothing lets pass. */
static bool
passes(const Run *run, const DwStep *step)
{
	switch (step->kind)
	{
		case DW_STEP_BEGIN:
			return run->at == 0;
		case DW_STEP_END:
			return run->at == run->text.length;
		case DW_STEP_WORD:
			return is_word_edge(run);
		case DW_STEP_NO_WORD:
			return !is_word_edge(run);
		default:
			return run_from(run->arena, step->look, run->text, run->at,
							false) == (step->kind == DW_STEP_LOOK);
	}
}

/*
 * Enters a step and all that follow without reading; true when the program
 * matches.
 */
static bool
enter(Run *run, uint32_t first)
{
	const DwProgram *pattern = run->pattern;
	uint32_t   *stack = pattern->stack;
	uint32_t	depth = 0;

	stack[depth++] = first;
	while (depth > 0)
	{
		uint32_t	at = stack[--depth];
		const DwStep *step = &pattern->steps[at];

		if (pattern->seen[at] == run->turn)
			continue;
		pattern->seen[at] = run->turn;
		switch (step->kind)
		{
			case DW_STEP_MATCH:
				return true;
			case DW_STEP_CODE:
			case DW_STEP_SET:
				run->alive[run->count++] = at;
				break;
			case DW_STEP_SPLIT:
				stack[depth++] = step->to;
				stack[depth++] = at + 1;
				break;
			case DW_STEP_JUMP:
				stack[depth++] = step->to;
				break;
			default:
				if (passes(run, step))
					stack[depth++] = at + 1;
				break;
		}
	}
	return false;
}

/* True when a code point is in a set. */
static bool
has(const DwCodeSet *set, uint32_t code)
{
	if (code < 128)
		return (set->ascii[code / 64] >> code % 64 & 1) != 0;
	for (uint32_t i = 0; i < set->count; i++)
		if (code >= set->ranges[i].low && code <= set->ranges[i].high)
			return !set->is_negative;
	return set->is_negative;
}

/* True when a step reads this code point. */
static bool
reads(const DwStep *step, uint32_t code)
{
	return step->kind == DW_STEP_CODE ? step->code == code :
		has(step->set, code);
}

/* Runs a program from a place on, or from each, if it is a search. */
static bool
run_from(DwArena *arena, const DwProgram *pattern, DwSlice text, size_t at,
		 bool is_search)
{
	Run			run = {.arena = arena,.pattern = pattern,.text = text};
	size_t		end = pattern->is_backward ? 0 : text.length;
	int			next = 0;

	run.at = at;
	/* turns go on where the last run ended: no mark is taken for a new one */
	run.turn = ++pattern->seen[pattern->count];
	run.alive = pattern->lists[next];
	for (bool is_first = true;; is_first = false)
	{
		uint32_t	count;
		uint32_t   *alive;
		uint32_t	code;

		dw_arena_pause(arena);
		if ((is_first || is_search) && enter(&run, 0))
			return true;
		if (run.at == end || (run.count == 0 && !is_search))
			return false;
		code = pattern->is_backward ? dw_utf8_previous(text, &run.at) :
			dw_utf8_next(text, &run.at);
		count = run.count;
		alive = run.alive;
		run.count = 0;
		run.turn = ++pattern->seen[pattern->count];
		run.alive = pattern->lists[next = !next];
		for (uint32_t i = 0; i < count; i++)
		{
			if (i % PAUSE_STEPS == PAUSE_STEPS - 1)
				dw_arena_pause(arena);
			if (reads(&pattern->steps[alive[i]], code) &&
				enter(&run, alive[i] + 1))
				return true;
		}
	}
}

bool
dw_pattern_matches(DwArena *arena, const DwPattern *pattern, DwSlice text)
{
	return run_from(arena, (const DwProgram *) pattern, text, 0, true);
}
