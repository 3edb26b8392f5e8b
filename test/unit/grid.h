/*
 * grid.h
 *		Holds every cell of a machine against an expectation in plain text.
 *
 * One line of the grid is
 *		event ACTORS from>to from>to|to ...
 * with the actors' letters H(omeowner) P(rovider) A(dmin) S(upport) Y(stem)
 * and "-" for the state before the row is made.  A cell that no line names
 * must be refused: DW_FORBIDDEN where the actor has no line with the event,
 * or another actor has this cell; else DW_INVALID_TRANSITION.
 */
#ifndef DW_GRID_H
#define DW_GRID_H

#include "unit.h"

#include "core/base/base.h"

#define GRID_EVENTS 32			/* more than any machine has */
#define GRID_ACTORS 5			/* bits of a DwActorKind */

/* What the text expects; index 0 of from is "-", then the states. */
typedef struct Grid
{
	const DwMachine *machine;	/* the one under test */
	DwStateSet	to[DW_STATES_MAX + 1][GRID_EVENTS][GRID_ACTORS]; /* cells */
} Grid;

/* The place of a word among labels; the test stops at an unknown one. */
static int
grid_find(const char *const *labels, int count, const char *word,
		  size_t length)
{
	for (int i = 0; i < count; i++)
	{
		if (strlen(labels[i]) == length &&
			memcmp(labels[i], word, length) == 0)
			return i;
	}
	fail_msg("unknown word: %.*s", (int) length, word);
	return -1;
}

/* Enters "from>to|to" for these actors. */
static void
grid_enter(Grid *grid, int event, const char *actors, const char *moves)
{
	static const char letters[] = "HPASY";
	const DwMachine *machine = grid->machine;
	size_t		length = strcspn(moves, ">");
	int			from = 0;

	if (moves[0] != '-')
		from = 1 + grid_find(machine->states, machine->state_count, moves,
							 length);
	for (moves += length; *moves == '>' || *moves == '|'; moves += length)
	{
		int			to;

		moves++;
		length = strcspn(moves, "| ");
		to = grid_find(machine->states, machine->state_count, moves, length);
		for (int i = 0; i < GRID_ACTORS; i++)
		{
			if (memchr(actors, letters[i], strcspn(actors, " ")) != NULL)
				grid->to[from][event][i] |= DW_STATE_BIT(to);
		}
	}
}

/* Reads one line. */
static void
grid_read_line(Grid *grid, const char *line)
{
	size_t		length = strcspn(line, " ");
	int			event = grid_find(grid->machine->events,
								  grid->machine->event_count, line, length);
	const char *actors = line + length + 1;
	const char *moves = strchr(actors, ' ');

	while (moves != NULL)
	{
		grid_enter(grid, event, actors, moves + 1);
		moves = strchr(moves + 1, ' ');
	}
}

/* What dw_machine_next has to say about one cell. */
static DwResult
grid_expects(const Grid *grid, int from, int event, int actor)
{
	DwStateSet	others = 0;
	DwStateSet	elsewhere = 0;

	if (grid->to[from][event][actor] != 0)
		return DW_OK;
	for (int i = 0; i < GRID_ACTORS; i++)
		others |= grid->to[from][event][i];
	for (int i = 0; i <= grid->machine->state_count; i++)
		elsewhere |= grid->to[i][event][actor];
	return others != 0 || elsewhere == 0 ? DW_FORBIDDEN
		: DW_INVALID_TRANSITION;
}

/* Holds one cell against the machine. */
static void
grid_check_cell(const Grid *grid, int from, int event, int actor)
{
	const DwMachine *machine = grid->machine;
	DwActorKind kind = (DwActorKind) (1 << actor);
	int			state = from == 0 ? DW_STATE_NONE : from - 1;
	int			to = -1;
	DwStateSet	found = 0;
	DwResult	result = dw_machine_next(machine, state, event, kind, &to);

	for (int i = 0; i < machine->state_count; i++)
	{
		if (dw_machine_permits(machine, state, event, kind, i))
			found |= DW_STATE_BIT(i);
	}
	if (found != grid->to[from][event][actor] ||
		result != grid_expects(grid, from, event, actor) ||
		(result == DW_OK && (found & DW_STATE_BIT(to)) == 0))
		fail_msg("%s: %s in state %s by %s: result %d, states %#x, not %#x",
				 machine->name, machine->events[event],
				 from == 0 ? "-" : machine->states[state],
				 dw_actor_label(kind), result, found,
				 grid->to[from][event][actor]);
}

/* Holds every cell of the machine against the lines. */
static void
grid_check(const DwMachine *machine, const char *const *lines, size_t count)
{
	Grid		grid = {.machine = machine};

	assert_true(machine->event_count <= GRID_EVENTS);
	for (size_t i = 0; i < count; i++)
		grid_read_line(&grid, lines[i]);
	for (int from = 0; from <= machine->state_count; from++)
	{
		for (int event = 0; event < machine->event_count; event++)
		{
			for (int actor = 0; actor < GRID_ACTORS; actor++)
				grid_check_cell(&grid, from, event, actor);
		}
	}
}

/* The verifier finds nothing. */
static void
grid_check_valid(const DwMachine *machine)
{
	char		problem[200];

	if (!dw_machine_verify(machine, problem, sizeof(problem)))
		fail_msg("%s", problem);
}

#endif							/* DW_GRID_H */
